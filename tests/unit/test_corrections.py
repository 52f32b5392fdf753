"""Corrections as written: what a file must say, and how one that doesn't is told."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.contracts import load_contract_of
from ipsdata.corrections import load_corrections
from ipsdata.errors import ConfigurationError
from ipsdata.settings import Settings
from ipsdata.validate import validate_file

OVERRIDE: dict[str, Any] = {
    "id": "list-eulex",
    "document": "letters/2025-06-12/deployments.csv",
    "table": "deployments",
    "place": "line 3",
    "expect": {"mission": "EULEX Kosovo", "count": "3"},
    "action": "override",
    "corrected": {"count": "4"},
    "reason": "The text of the letter counts four.",
    "author_role": "data_steward",
    "decided_on": "2026-11-25",
}
DROP = {key: value for key, value in OVERRIDE.items() if key != "corrected"} | {
    "id": "list-twice",
    "place": "line 4",
    "action": "drop",
}


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    (tmp_path / "corrections").mkdir()
    shutil.copytree(ROOT / "schemas" / "meta", tmp_path / "meta")
    return tmp_path


def write(schemas: Path, *entries: dict[str, Any], name: str = "some.yaml") -> Path:
    path = schemas / "corrections" / name
    items = "".join(f"  - {json.dumps(entry)}\n" for entry in entries)
    path.write_text(f"# A comment.\ncorrections:\n{items}", "utf-8")
    return path


def refused(schemas: Path, *entries: dict[str, Any]) -> str:
    write(schemas, *entries)
    with pytest.raises(ConfigurationError) as error:
        load_corrections(schemas)
    return str(error.value)


def test_a_correction_is_read_with_its_file_and_line(schemas: Path) -> None:
    write(schemas, OVERRIDE, DROP)
    override, drop = load_corrections(schemas)
    assert override.correction_id == "list-eulex"
    assert override.corrected == {"count": "4"}
    assert override.expect == {"mission": "EULEX Kosovo", "count": "3"}
    assert override.decided_on == dt.date(2026, 11, 25)
    assert override.name == "correction 'list-eulex' (corrections/some.yaml, line 3)"
    assert (drop.action, drop.corrected, drop.line) == ("drop", {}, 4)


def test_files_are_read_in_the_order_of_their_names(schemas: Path) -> None:
    write(schemas, DROP, name="b.yaml")
    write(schemas, OVERRIDE, name="a.yaml")
    (schemas / "corrections" / "README.md").write_text("# Not a correction")
    assert [c.defined_in for c in load_corrections(schemas)] == [
        "corrections/a.yaml",
        "corrections/b.yaml",
    ]


def test_without_the_folder_there_are_none(tmp_path: Path) -> None:
    assert load_corrections(tmp_path) == ()


def test_the_project_s_own_corrections_are_valid() -> None:
    ids = [correction.correction_id for correction in load_corrections(ROOT / "schemas")]
    assert len(ids) == len(set(ids))
    assert (ROOT / "schemas" / "corrections" / "README.md").is_file()


@pytest.mark.parametrize("name", ["some.yml", "old.yaml.bak", "notes.txt"])
def test_a_stray_file_is_not_passed_over(schemas: Path, name: str) -> None:
    write(schemas, OVERRIDE, name=name)
    with pytest.raises(ConfigurationError, match=rf"{name}: .*expected \*\.yaml"):
        load_corrections(schemas)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"author_role": "Jan de Vries"}, "author_role"),
        ({"decided_on": "25-11-2026"}, "decided_on"),
        ({"decided_on": "2026-02-30"}, "decided_on"),
        ({"table": "sis_daily_counts"}, "table"),
        ({"action": "replace"}, "action"),
        ({"action": "drop"}, "corrected"),
        ({"expect": {}}, "expect"),
        ({"expect": {"count": 3}}, "expect.count"),
        ({"reason": "wrong"}, "reason"),
        ({"reason": "a line\nand another one"}, "reason"),
        ({"place": " "}, "place"),
        ({"id": "With Spaces"}, "id"),
        ({"remark": "no such key"}, "remark"),
    ],
)
def test_what_breaks_the_schema_is_told_by_file_and_line(
    schemas: Path, change: dict[str, Any], told: str
) -> None:
    message = refused(schemas, DROP, OVERRIDE | change)
    assert "some.yaml, line 4, key corrections[1]" in message
    assert told in message


@pytest.mark.parametrize("key", sorted(DROP))
def test_every_key_is_needed(schemas: Path, key: str) -> None:
    message = refused(schemas, {k: value for k, value in DROP.items() if k != key})
    assert f"'{key}' is a required property" in message


def test_an_override_says_what_should_have_been_printed(schemas: Path) -> None:
    assert "'corrected' is a required" in refused(schemas, DROP | {"action": "override"})


def test_a_field_is_overridden_only_where_something_is_expected_of_it(schemas: Path) -> None:
    message = refused(schemas, OVERRIDE | {"expect": {"mission": "EULEX Kosovo"}})
    assert "corrections/some.yaml, line 3" in message
    assert "key corrected: found count, of which nothing is expected" in message


def test_a_correction_that_changes_nothing_is_refused(schemas: Path) -> None:
    message = refused(schemas, OVERRIDE | {"corrected": {"count": "3"}})
    assert "line 3), key corrected: found count as expected: it would change nothing" in message


def test_an_id_stands_once_in_all_files(schemas: Path) -> None:
    write(schemas, DROP | {"id": "list-eulex"}, name="other.yaml")
    message = refused(schemas, OVERRIDE)
    assert "corrections/some.yaml, line 3): the same id as in corrections/other.yaml" in message


def test_a_row_has_one_correction(schemas: Path) -> None:
    message = refused(schemas, OVERRIDE, DROP | {"place": "line 3"})
    assert "'list-twice' (corrections/some.yaml, line 4): found a second correction" in message
    assert "'list-eulex' (corrections/some.yaml, line 3)" in message


def test_roles_and_tables_are_those_of_the_contract() -> None:
    contract = load_contract_of("corrections", ROOT / "schemas")
    domains = {column.name: list(column.domain) for column in contract.columns}
    meta = json.loads((ROOT / "schemas" / "meta" / "correction.schema.json").read_text("utf-8"))
    keys = meta["properties"]["corrections"]["items"]["properties"]
    assert domains["author_role"] == keys["author_role"]["enum"]
    assert domains["target"] == keys["table"]["enum"]
    assert domains["action"] == keys["action"]["enum"]


def test_validate_checks_a_file_of_corrections(schemas: Path) -> None:
    fine = write(schemas, OVERRIDE, DROP)
    assert validate_file(fine, Settings()).verdict == "2 valid corrections"
    broken = write(schemas, OVERRIDE | {"table": "x"})
    found = validate_file(broken, Settings())
    assert found.verdict == "has no valid corrections"
    assert "line 3, key corrections[0].table" in found.problems[0]
