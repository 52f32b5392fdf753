"""Fixtures shared by all tests: a copy of the raw data that a test may damage."""

import datetime as dt
import hashlib
import os
import re
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipsdata.run import RunReport, run_pipeline
from ipsdata.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
REAL_DIR = Path(os.environ.get("IPSDATA_REAL_DIR") or ROOT.parent / "shared" / "raw")
LETTER = "letters/2025-06-12"
NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Playground:
    """An installation in a temporary folder, with the project's own raw data and schemas."""

    settings: Settings

    @property
    def raw(self) -> Path:
        """The raw data, free to be changed."""
        return self.settings.raw_dir

    @property
    def processed(self) -> Path:
        """The release store."""
        return self.settings.processed_dir

    def run(self, now: dt.datetime = NOON) -> RunReport:
        """Run the whole pipeline."""
        return run_pipeline(self.settings, now=now)

    def write(self, name: str, data: bytes | str) -> None:
        """Replace a raw file and put its new SHA-256 into the sidecar."""
        path = self.raw / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        self.seal(name)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the one `old` in a raw file, and put its SHA-256 into the sidecar."""
        text = (self.raw / name).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def seal(self, name: str) -> None:
        """Put the SHA-256 of a raw file into its sidecar."""
        path = self.raw / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sidecar = path.parent / "source.yaml"
        entry = re.compile(rf"(path: {re.escape(path.name)}\n(?:.*\n)*?\s+sha256: )\S+")
        text, count = entry.subn(rf"\g<1>{digest}", sidecar.read_text("utf-8"), count=1)
        assert count == 1, f"{sidecar} has no entry for {path.name}"
        sidecar.write_text(text, "utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may be missing: a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture
def playground(tmp_path: Path) -> Playground:
    """Return a fresh installation with lists: the project's raw data, the letter transcribed."""
    copy_lists(tmp_path / "raw")
    return installation(tmp_path)


def copy_lists(raw: Path) -> None:
    """Copy the project's raw data with the letter's edition as two lists, typed from it.

    The project's own edition of the letter has captures, which are tested on their own.
    """
    shutil.copytree(ROOT / "data" / "raw", raw)
    shutil.rmtree(raw / LETTER)
    shutil.copytree(ROOT / "tests" / "fixtures" / "transcribed" / "2025-06-12", raw / LETTER)


def installation(tmp_path: Path) -> Playground:
    """Return an installation in a folder whose raw data lie in `raw`."""
    return Playground(
        Settings(
            raw_dir=tmp_path / "raw",
            processed_dir=tmp_path / "processed",
            schemas_dir=ROOT / "schemas",
        )
    )


@pytest.fixture
def own_schemas(playground: Playground, tmp_path: Path) -> Playground:
    """Return an installation whose schemas may be changed too."""
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    settings = playground.settings
    return Playground(
        Settings(settings.raw_dir, settings.processed_dir, schemas_dir=tmp_path / "schemas")
    )


@pytest.fixture(scope="session")
def real_dir() -> Path:
    """Return the folder of real documents, which the project does not carry."""
    if not REAL_DIR.is_dir():
        pytest.skip(f"the real documents are not here ({REAL_DIR}): set IPSDATA_REAL_DIR")
    return REAL_DIR
