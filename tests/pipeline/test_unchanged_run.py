"""A run with nothing changed: the plan is not run, and what is told is what a run would tell."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ipsdata.run
from conftest import LETTER, ROOT, Playground, copy_lists
from ipsdata import cli, unchanged
from ipsdata.contracts import load_contracts
from ipsdata.plan import Step
from ipsdata.release.index import LATEST, RELEASES, ReleaseIndex, read_index, write_index
from ipsdata.run import run_pipeline
from ipsdata.runreport import RunReport
from ipsdata.settings import Settings
from ipsdata.unchanged import take_inputs, unchanged_report

DEPLOYMENTS = f"{LETTER}/deployments.csv"
KEPT = f"processed/.cache/{unchanged.KEPT}"
RAN = "internal error: RuntimeError: the plan ran"


def fail(*_: object) -> None:
    raise RuntimeError("the plan ran")


def settings_of(folder: Path) -> Settings:
    return Settings(folder / "raw", folder / "processed", folder / "schemas")


def ipsdata_run(folder: Path, *options: str) -> Result:
    """Run `ipsdata run` in this process."""
    settings = settings_of(folder)
    folders = {
        "--raw-dir": settings.raw_dir,
        "--processed-dir": settings.processed_dir,
        "--schemas-dir": settings.schemas_dir,
    }
    given = [part for option, path in folders.items() for part in (option, str(path))]

    @cli.click.command()
    def program() -> None:
        cli.main([*given, "run", "-q", *options])

    return CliRunner().invoke(program, [])


def installed(folder: Path) -> Path:
    copy_lists(folder / "raw")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "ipsdata", folder / "ipsdata", ignore=ignored)
    return folder


def released(folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unchanged, "PACKAGE", folder / "ipsdata")
        result = ipsdata_run(folder)
    assert "Published release" in result.stdout, result.output
    return folder


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation that was run once, with all of its rows published."""
    return released(installed(tmp_path_factory.mktemp("faultless")))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation that was run once, with a row rejected."""
    folder = installed(tmp_path_factory.mktemp("faulty"))
    Playground(settings_of(folder)).edit(DEPLOYMENTS, "EUMA Armenië", "EUMA Armenie")
    return released(folder)


def copied(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "known"
    shutil.copytree(released, here, symlinks=True)
    monkeypatch.setattr(unchanged, "PACKAGE", here / "ipsdata")
    return here


@pytest.fixture
def known(faulty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an installation that was run, free to be changed."""
    return copied(faulty, tmp_path, monkeypatch)


@pytest.fixture
def idle(known: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return one in which a plan that runs is found out."""
    monkeypatch.setattr(ipsdata.run, "PLAN", (Step("inventory", "collect", (), fail),))
    return known


@pytest.mark.parametrize(("name", "exit_code"), [("faultless", 0), ("faulty", 1)])
def test_the_plan_is_not_run_and_the_report_is_that_of_a_run(
    name: str,
    exit_code: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = copied(request.getfixturevalue(name), tmp_path, monkeypatch)
    settings = settings_of(known)
    whole = run_pipeline(settings)
    printed = [ipsdata_run(known, "--full", *form) for form in ((), ("--json",))]
    monkeypatch.setattr(ipsdata.run, "PLAN", (Step("inventory", "collect", (), fail),))
    quick = unchanged_report(settings, take_inputs(settings))
    assert quick is not None
    assert quick.publication is not None
    assert quick.publication.is_new is False
    for field in fields(RunReport):
        assert getattr(quick, field.name) == getattr(whole, field.name), field.name
    assert list(quick.tables) == list(whole.tables), "in the same order"
    assert quick.exit_code == whole.exit_code == exit_code
    for form, before in zip(((), ("--json",)), printed, strict=True):
        now = ipsdata_run(known, *form)
        assert (now.exit_code, now.stdout, now.stderr) == (before.exit_code, before.stdout, "")
        assert before.exit_code == exit_code
    assert len(read_index(settings.processed_dir).releases) == 1


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def current(here: Path) -> Path:
    return (here / "processed" / LATEST).resolve()


def roll_back(here: Path) -> None:
    """Put an index in place that knows an earlier release alone, as a backup would."""
    index = read_index(here / "processed")
    earlier = replace(index.entry(str(index.current)), release_id="2026-01-01.0")
    write_index(here / "processed", ReleaseIndex(earlier.release_id, [earlier]))


def add_manifest_of_other(here: Path) -> None:
    index = read_index(here / "processed")
    entry = replace(index.releases[0], manifest_sha256="0" * 64)
    write_index(here / "processed", replace(index, releases=[entry]))


def point_elsewhere(here: Path) -> None:
    (here / "processed" / LATEST).unlink()
    (here / "processed" / LATEST).symlink_to(Path(RELEASES) / "2026-01-01.0")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a bit of a raw file": lambda here: flip(here / "raw" / DEPLOYMENTS),
    "a new raw file": lambda here: (here / "raw" / LETTER / "new.txt").touch(),
    "a raw file is gone": lambda here: (here / "raw" / DEPLOYMENTS).unlink(),
    "a raw file is renamed": lambda here: (here / "raw" / DEPLOYMENTS).rename(
        here / "raw" / LETTER / "other.csv"
    ),
    "no raw data": lambda here: shutil.rmtree(here / "raw"),
    "a contract": lambda here: append(here / "schemas/tables/deployments.yaml", "# note\n"),
    "a code list": lambda here: append(here / "schemas/codes/missions.csv", "\n"),
    "a source file": lambda here: append(here / "ipsdata/intervals.py", "# note\n"),
    "a bit of the release": lambda here: flip(current(here) / "sis_statistics.parquet"),
    "a bit of its manifest": lambda here: flip(current(here) / "manifest.json"),
    "a bit in a folder of it": lambda here: flip(current(here) / "contracts/missions.json"),
    "a file of it is gone": lambda here: (current(here) / "missions.parquet").unlink(),
    "a file more in it": lambda here: (current(here) / "more.parquet").touch(),
    "the release is gone": lambda here: shutil.rmtree(current(here)),
    "the note is gone": lambda here: (here / KEPT).unlink(),
    "the note is damaged": lambda here: flip(here / KEPT),
    "the note is empty": lambda here: (here / KEPT).write_bytes(b""),
    "the note is no note": lambda here: (here / KEPT).write_text('["release_id"]'),
    "the note lacks something": lambda here: (here / KEPT).write_text('{"release_id": "x"}'),
    "the cache is gone": lambda here: shutil.rmtree(here / "processed/.cache"),
    "an old index": roll_back,
    "an index of another manifest": add_manifest_of_other,
    "no index": lambda here: (here / "processed/releases.json").unlink(),
    "a damaged index": lambda here: (here / "processed/releases.json").write_text("{"),
    "latest is gone": lambda here: (here / "processed" / LATEST).unlink(),
    "latest is another": point_elsewhere,
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_runs_the_plan(change: str, idle: Path) -> None:
    assert ipsdata_run(idle).exit_code == 1, "a row was rejected"
    CHANGES[change](idle)
    result = ipsdata_run(idle)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (4, RAN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IPSDATA_LIMIT_PAGES", "499"),
        ("IPSDATA_MAX_BAD_SHARE", "0.5"),
        ("PANDERA_VALIDATION_ENABLED", "False"),
        ("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY"),
    ],
)
def test_environment_that_counts_runs_the_plan(
    name: str, value: str, idle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert RAN in ipsdata_run(idle).stderr


def test_document_that_may_be_read_the_next_time_is_tried_again(
    idle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the reason is that of the rejected row; a crowded machine would give others."""
    contract = load_contracts(idle / "schemas")["rejected_rows"]
    (domain,) = (column.domain for column in contract.columns if column.name == "reason")
    assert set(unchanged.PASSING) <= set(domain)
    monkeypatch.setattr(unchanged, "PASSING", ("unknown_code",))
    assert RAN in ipsdata_run(idle).stderr


def test_the_plan_is_run_if_it_is_asked_for(idle: Path) -> None:
    assert RAN in ipsdata_run(idle, "--full").stderr


def test_what_no_run_reads_does_not_run_the_plan(idle: Path) -> None:
    (idle / "raw" / LETTER / ".~lock.deployments.csv#").touch()
    (idle / "processed" / RELEASES / ".incoming-2026-11-25.0").mkdir()
    for path in idle.rglob("*.csv"):
        os.utime(path, (0, 0))
    result = ipsdata_run(idle)
    assert result.exit_code == 1
    assert "Nothing changed since release" in result.stdout


def test_change_that_changes_no_table_costs_one_run(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(known / "ipsdata/intervals.py", "# note\n")
    whole = ipsdata_run(known)
    assert "Nothing changed since release" in whole.stdout
    monkeypatch.setattr(ipsdata.run, "PLAN", (Step("inventory", "collect", (), fail),))
    quick = ipsdata_run(known)
    assert (quick.exit_code, quick.stdout) == (whole.exit_code, whole.stdout)


def test_change_during_a_run_is_seen_by_the_next(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run read the old bytes; the new ones stand there when it ends."""
    stray = known / "raw" / LETTER / "late.txt"

    def and_then(*arguments: object, **given: object) -> object:
        stray.touch()
        return publish(*arguments, **given)  # type: ignore[arg-type]

    publish = ipsdata.run.publish
    monkeypatch.setattr(ipsdata.run, "publish", and_then)
    append(known / "ipsdata/intervals.py", "# note\n")
    assert "Nothing changed since release" in ipsdata_run(known).stdout
    monkeypatch.setattr(ipsdata.run, "PLAN", (Step("inventory", "collect", (), fail),))
    assert RAN in ipsdata_run(known).stderr


def test_run_that_was_refused_is_not_noted(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (known / KEPT).read_bytes()
    append(known / "ipsdata/intervals.py", "# note\n")
    monkeypatch.setattr(ipsdata.run, "standing_errors", lambda _staging: ["a figure that failed"])
    result = ipsdata_run(known)
    assert result.exit_code == 1
    assert "No release: 1 figures failed a reconciliation" in result.stdout
    assert (known / KEPT).read_bytes() == before
    monkeypatch.setattr(ipsdata.run, "PLAN", (Step("inventory", "collect", (), fail),))
    assert RAN in ipsdata_run(known).stderr


PROGRAM = """
import sys
from pathlib import Path
from ipsdata import unchanged
from ipsdata.cli import main
here = Path(sys.argv[1])
unchanged.PACKAGE = here / "ipsdata"
folders = [f"--{name}-dir={here / name}" for name in ("raw", "processed", "schemas")]
try:
    main([*folders, "run", "-q", "--json"])
finally:
    heavy = {"pandas", "pandera", "dagster", "babel", "dateparser", "jsonschema", "ruamel.yaml"}
    print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def program(here: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(here)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_nothing_heavy_is_imported(known: Path) -> None:
    done = program(known)
    assert done.stderr == "[]\n"
    assert json.loads(done.stdout)["is_new"] is False


def test_disabled_validation_is_refused_as_ever(known: Path) -> None:
    done = program(known, PANDERA_VALIDATION_ENABLED="False")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "Pandera validation is switched off" in done.stderr
