"""`ipsdata report`: where the pages of a release are, or made anew."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ipsdata.cli import cli
from ipsdata.errors import ConfigurationError
from ipsdata.release.companions import ReleaseContent
from standards import shipped_release


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


def report(content: ReleaseContent, *arguments: str) -> Result:
    processed = content.folder.parents[1]
    return CliRunner().invoke(cli, ["--processed-dir", str(processed), "report", *arguments])


def test_it_names_the_pages_that_the_release_carries(shipped: ReleaseContent) -> None:
    found = report(shipped)
    assert found.exit_code == 0
    pages = [Path(line) for line in found.output.splitlines()]
    assert [page.name for page in pages] == ["index.html", "nl.html"]
    assert all(page.is_file() for page in pages)
    assert report(shipped, shipped.release_id).output == found.output


def test_it_makes_them_anew_in_a_folder(shipped: ReleaseContent, tmp_path: Path) -> None:
    told = json.loads(report(shipped, "--out", str(tmp_path), "--json").output)
    assert told["release_id"] == shipped.release_id
    assert told["pages"] == [str(tmp_path / name) for name in ("index.html", "nl.html")]
    for name in told["pages"]:
        carried = shipped.folder / "report" / Path(name).name
        assert Path(name).read_bytes() == carried.read_bytes()


def test_a_release_that_is_none(shipped: ReleaseContent) -> None:
    found = report(shipped, "2020-01-01.0")
    assert isinstance(found.exception, ConfigurationError)
