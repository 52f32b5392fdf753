"""`ipsdata diff` and `ipsdata history`, on releases of a small store."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ipsdata.cli import cli
from ipsdata.errors import ConfigurationError
from ipsdata.release.sides import side_of
from small_store import figures, release


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processed")
    rows = figures(["EULEX", "UNMISS"])
    release(folder, {"figures": rows})
    release(folder, {"figures": [rows[0], {**rows[1], "value": 7}]})
    release(folder, {"figures": [{**rows[1], "value": 7}]})
    return folder


def run(processed: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--processed-dir", str(processed), *arguments])


def test_diff_tells_the_change_between_any_two(processed: Path) -> None:
    found = run(processed, "diff", "2026-11-24.0", "latest", "--json")
    assert [(row["key"], row["change"]) for row in json.loads(found.output)] == [
        ("figure_id=0", "removed"),
        ("figure_id=1", "revised"),
    ]
    text = run(processed, "diff", "previous", "latest").output
    assert "# Release 2026-11-24.2 against 2026-11-24.1" in text
    assert "| figures (`figures`) | 0 | 0 | 1 |" in text
    folder = str(processed / "releases" / "2026-11-24.0")
    assert "Nothing changed" in run(processed, "diff", folder, "2026-11-24.0").output


def test_diff_is_what_the_release_carries(processed: Path) -> None:
    carried = (processed / "releases" / "2026-11-24.2" / "changes.md").read_text("utf-8")
    assert run(processed, "diff", "previous", "latest").output == carried


def test_diff_of_a_table_that_is_none(processed: Path) -> None:
    found = run(processed, "diff", "previous", "latest", "--table", "nope")
    assert found.exit_code == 2
    assert "neither release has a table nope" in found.output


@pytest.mark.parametrize(
    ("name", "told"), [("2020-01-01.0", "found no release '2020-01-01.0'"), ("", "no release")]
)
def test_a_release_that_is_none(processed: Path, name: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        side_of(processed, name)


def test_the_first_release_has_no_previous_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="found no release: run"):
        side_of(tmp_path, "latest")
    release(tmp_path, {"figures": []})
    with pytest.raises(ConfigurationError, match="is the first"):
        side_of(tmp_path, "previous")


def test_history_tells_each_state_of_a_figure(processed: Path) -> None:
    found = json.loads(run(processed, "history", "figures:figure_id=1", "--json").output)
    assert [(s["since"], s["until"], s["row"]["value"]) for s in found["states"]] == [
        ("2026-11-24.0", "2026-11-24.0", 1),
        ("2026-11-24.1", "2026-11-24.2", 7),
    ]
    gone = json.loads(run(processed, "history", "figures:0", "--json").output)
    assert [s["row"] and s["row"]["value"] for s in gone["states"]] == [0, None]
    assert "not there" in run(processed, "history", "figures:0").output
