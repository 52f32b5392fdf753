"""The Vega runtime: where it is kept, and that nothing else than what it made is ever used."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import vl_convert

from ipsdata.release.report import vega

MADE = 'window.vegaEmbed = "é";'


class Bundler:
    """Makes scripts in no time, and counts them."""

    def __init__(self, script: str = MADE) -> None:
        self.script = script
        self.count = 0

    def __call__(self, snippet: str) -> str:
        assert "window.vegaEmbed" in snippet
        self.count += 1
        return self.script


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    vega.runtime.cache_clear()
    yield tmp_path / "ipsdata"
    vega.runtime.cache_clear()


@pytest.fixture
def bundler(monkeypatch: pytest.MonkeyPatch) -> Bundler:
    made = Bundler()
    monkeypatch.setattr(vl_convert, "javascript_bundle", made)
    return made


def in_a_new_process() -> str:
    vega.runtime.cache_clear()
    return without_licences(vega.runtime())


def without_licences(script: str) -> str:
    return script.partition("*/\n")[2]


def kept(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_the_script_is_made_once(folder: Path, bundler: Bundler) -> None:
    assert [in_a_new_process() for _ in range(3)] == [MADE] * 3
    assert bundler.count == 1
    assert vl_convert.__version__ in kept(folder).name
    assert stat.S_IMODE(kept(folder).stat().st_mode) == 0o600


@pytest.mark.parametrize("left", [0, 10, 64, 65, 80])
def test_a_copy_that_was_cut_short_is_made_again(folder: Path, bundler: Bundler, left: int) -> None:
    in_a_new_process()
    whole = kept(folder).read_bytes()
    kept(folder).write_bytes(whole[:left])
    assert in_a_new_process() == MADE
    assert bundler.count == 2
    assert kept(folder).read_bytes() == whole


def test_a_copy_that_was_changed_is_made_again(folder: Path, bundler: Bundler) -> None:
    in_a_new_process()
    kept(folder).write_bytes(kept(folder).read_bytes().replace(b"window", b"wind0w"))
    assert in_a_new_process() == MADE
    assert bundler.count == 2


def test_a_copy_that_others_can_write_is_not_trusted(
    folder: Path, bundler: Bundler, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_new_process()
    kept(folder).chmod(0o666)
    assert in_a_new_process() == MADE
    assert bundler.count == 2
    monkeypatch.setattr("os.geteuid", lambda: 1 + kept(folder).stat().st_uid)
    assert in_a_new_process() == MADE
    assert bundler.count == 3


def test_without_a_folder_it_is_made_each_time(folder: Path, bundler: Bundler) -> None:
    folder.write_text("A file is where the folder should be.", "utf-8")
    assert [in_a_new_process() for _ in range(2)] == [MADE] * 2
    assert bundler.count == 2


def test_without_a_home_it_is_made_each_time(
    bundler: Bundler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the specification says to ignore
    monkeypatch.setattr(Path, "expanduser", homeless)
    assert [in_a_new_process() for _ in range(2)] == [MADE] * 2
    assert bundler.count == 2
    assert list(tmp_path.iterdir()) == []
    vega.runtime.cache_clear()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("risky", ["</script>", "</SCRIPT >", "<script>", "<!-- x"])
def test_nothing_ends_the_script_element(bundler: Bundler, risky: str) -> None:
    bundler.script = f"const text = '{risky}';"
    assert without_licences(vega.runtime()) == f"const text = '\\x3c{risky[1:]}';"


def test_the_real_runtime_defines_what_the_page_calls() -> None:
    vega.runtime.cache_clear()
    script = vega.runtime()
    assert "window.vegaEmbed=" in script
    assert re.search(r"</script|<script|<!--", script, re.IGNORECASE) is None
    assert len(script.encode()) < 1_200_000
    for licence in ("BSD-3-Clause", "University of Washington", "Mike Bostock", "ISC", "MIT"):
        assert licence in script.partition("*/")[0]
