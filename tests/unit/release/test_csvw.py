"""`csv/csv-metadata.json`, by a library that reads and validates CSV on the Web."""

import csv
from pathlib import Path
from typing import Any

import pytest
from csvw import CSVW, TableGroup

from ipsdata.release.about import table_files
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.csvw import csvw_metadata
from standards import awkward_release, contract, copied, read_json, shipped_release


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


def csvw_problems(folder: Path) -> list[str]:
    """Return what the library finds in all CSV twins of a release, keys included."""
    described = CSVW(str(folder / "csv" / "csv-metadata.json"), validate=True)
    try:
        return [] if described.is_valid else [str(w.message) for w in described.warnings]
    except ValueError as error:
        return [str(error)]


def table(metadata: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [entry for entry in metadata["tables"] if entry["url"] == f"{name}.csv"]
    return dict(found)


def test_the_shipped_data_are_valid_with_their_keys(shipped: ReleaseContent) -> None:
    assert csvw_problems(shipped.folder) == []


def test_every_csv_twin_is_described(shipped: ReleaseContent) -> None:
    metadata = read_json(shipped.folder / "csv" / "csv-metadata.json")
    described = {entry["url"] for entry in metadata["tables"]}
    assert described == {path.name for path in (shipped.folder / "csv").glob("*.csv")}


def test_awkward_texts_and_empty_tables_are_valid(tmp_path: Path) -> None:
    assert csvw_problems(awkward_release(tmp_path).folder) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("mission_id", "NO_SUCH_MISSION"),
        ("measure", "foreseen"),
        ("measure", ""),
        ("reference_date", "14 mei 2025"),
    ],
)
def test_a_reader_would_see_what_the_contract_forbids(
    shipped: ReleaseContent, tmp_path: Path, column: str, value: str
) -> None:
    folder = copied(shipped, tmp_path / "release")
    path = folder / "csv" / "deployments.csv"
    header, first, *rows = csv.reader(path.read_text("utf-8-sig").splitlines())
    first[header.index(column)] = value
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, first, *rows])
    assert csvw_problems(folder)


def test_values_are_read_with_their_types(shipped: ReleaseContent) -> None:
    group = TableGroup.from_file(shipped.folder / "csv" / "csv-metadata.json")
    (found,) = [t for t in group.tables if t.url.string == "documents.csv"]
    read = sorted(found, key=lambda row: str(row["document_id"]))
    documents = shipped.tables["documents"].sort_by("document_id")
    for name in ("size_bytes", "at_hand", "title", "url"):
        assert [row[name] for row in read] == documents[name].to_pylist(), name
    days = [row["retrieved_on"].date() for row in read]  # the library makes a date a midnight
    assert days == documents["retrieved_on"].to_pylist()


def test_titles_are_in_both_languages_and_hold_the_header(shipped: ReleaseContent) -> None:
    metadata = read_json(shipped.folder / "csv" / "csv-metadata.json")
    columns = table(metadata, "deployments")["tableSchema"]["columns"]
    (date,) = [column for column in columns if column["name"] == "reference_date"]
    assert date["titles"] == {"en": ["reference_date", "Reference date"], "nl": ["Peildatum"]}
    assert [column["name"] for column in columns] == list(contract("deployments").names)


def test_a_key_that_may_be_empty_is_not_declared(shipped: ReleaseContent) -> None:
    metadata = read_json(shipped.folder / "csv" / "csv-metadata.json")
    schema = table(metadata, "cooperation_partners")["tableSchema"]
    keys = [key["columnReference"] for key in schema["foreignKeys"]]
    assert ["document_id"] in keys
    assert ["country_code"] not in keys  # an organisation has no country


def test_without_csv_twins_there_is_no_metadata(tmp_path: Path) -> None:
    content = awkward_release(tmp_path)
    for path in (tmp_path / "csv").glob("*.csv"):
        path.unlink()
    assert csvw_metadata(content, table_files(content)) is None
