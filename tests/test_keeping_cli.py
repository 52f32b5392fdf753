"""Releases as somebody keeps them on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ipsdata import cli
from small_store import figures, release

RUNNER = CliRunner()


def invoke(processed: Path, *arguments: str) -> Result:
    @cli.click.command(context_settings={"ignore_unknown_options": True})
    def program() -> None:
        cli.main(["--processed-dir", str(processed), *arguments])

    return RUNNER.invoke(program, [])


@pytest.fixture
def store(tmp_path: Path) -> tuple[Path, list[str]]:
    """Four releases, of one to four rows."""
    published = [release(tmp_path, {"figures": figures("abcd"[:n])}) for n in range(1, 5)]
    return tmp_path, [each.release_id for each in published]


def test_tag_rollback_prune(store: tuple[Path, list[str]]) -> None:
    folder, names = store
    assert invoke(folder, "releases", "tag", names[0], "sent").stdout == (
        f"release {names[0]} has the name sent\n"
    )
    assert (
        invoke(folder, "rollback").stdout == f"release {names[2]} is current; it was {names[3]}\n"
    )
    lines = invoke(folder, "releases").stdout.splitlines()
    assert [line[0] for line in lines] == [" ", " ", "*", " "]
    assert lines[0].endswith("2 tables, 2 rows  sent")
    assert lines[3].endswith("2 tables, 5 rows  (rolled back)")
    dry = invoke(folder, "prune", "--keep", "2", "--dry-run")
    assert dry.stdout.splitlines()[0] == f"{names[1]}  would be removed"
    done = invoke(folder, "prune", "--keep", "2", "--json")
    assert json.loads(done.stdout)["removed"] == [names[1]]
    told = json.loads(invoke(folder, "releases", "--json").stdout)
    assert [entry["release_id"] for entry in told["releases"]] == [names[0], *names[2:]]
    assert (told["current"], told["tags"]) == (names[2], {"sent": names[0]})
    assert told["rolled_back"] == [names[3]]
    assert invoke(folder, "releases", "untag", "sent").exit_code == 0


def test_fewer_than_two_can_not_be_kept(store: tuple[Path, list[str]]) -> None:
    folder, _ = store
    result = invoke(folder, "prune", "--keep", "1")
    assert result.exit_code == 2
    assert "1 is not in the range x>=2" in result.stderr


def test_verify_all_says_which_release_to_go_back_to(store: tuple[Path, list[str]]) -> None:
    folder, names = store
    fine = invoke(folder, "verify", "--all")
    assert fine.exit_code == 0
    assert fine.stdout.count("contracts hold") == 4
    path = folder / "latest" / "figures.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    broken = invoke(folder, "verify", "--all")
    assert broken.exit_code == 1
    assert "figures.parquet: found SHA-256" in broken.stdout
    assert f"or go back to the newest sound one by `ipsdata rollback {names[2]}`" in broken.stderr
    told = json.loads(invoke(folder, "verify", "--all", "--json").stdout)
    assert told["restore"] == names[2]
    both = invoke(folder, "verify", "--all", names[0])
    assert (both.exit_code, "not both" in both.stderr) == (2, True)
