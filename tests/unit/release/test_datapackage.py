"""`datapackage.json`, by the official JSON profile and by frictionless."""

import csv
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from frictionless import Package
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.release.about import LICENCE_ID, table_files
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.datapackage import data_package
from ipsdata.release.metadata import metadata_files
from standards import (
    AWKWARD,
    awkward_release,
    contract,
    copied,
    document,
    partition,
    read_json,
    release,
    schema_problems,
    shipped_release,
)

PROFILE = "data-package-2.0.json"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


def frictionless_problems(folder: Path) -> list[tuple[str, str]]:
    """Return table and kind of each problem that frictionless finds in a release."""
    report = Package(str(folder / "datapackage.json")).validate()
    found = [("", error.type) for error in report.errors]
    return found + [(task.name, error.type) for task in report.tasks for error in task.errors]


def resource(package: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [entry for entry in package["resources"] if entry["name"] == name]
    return dict(found)


def test_a_release_of_the_shipped_data_is_valid_by_the_official_profile(
    shipped: ReleaseContent,
) -> None:
    package = read_json(shipped.folder / "datapackage.json")
    assert schema_problems(package, PROFILE) == []
    assert {entry["name"] for entry in package["resources"]} == shipped.contracts.keys()
    assert package["version"] == shipped.release_id


def test_frictionless_reads_every_table_of_the_shipped_data_and_finds_its_keys(
    shipped: ReleaseContent,
) -> None:
    assert frictionless_problems(shipped.folder) == []


def test_frictionless_would_see_what_the_contract_forbids(
    shipped: ReleaseContent, tmp_path: Path
) -> None:
    wrong = [
        ("mission_id", "NO_SUCH_MISSION", "foreign-key"),
        ("measure", "foreseen", "constraint-error"),
        ("document_id", "abc", "constraint-error"),
        ("mission_as_printed", "", "constraint-error"),
        ("reference_date", "14 mei 2025", "type-error"),
        ("value", "acht", "type-error"),
    ]
    folder = copied(shipped, tmp_path / "release")
    path = folder / "csv" / "deployments.csv"
    header, *rows = csv.reader(path.read_text("utf-8-sig").splitlines())
    for row, (column, value, _) in zip(rows, wrong, strict=False):
        row[header.index(column)] = value
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    report = Package(str(folder / "datapackage.json")).validate()
    (task,) = [task for task in report.tasks if task.name == "deployments"]
    found = {(getattr(error, "row_number", None), error.type) for error in task.errors}
    assert {(number, kind) for number, (_, _, kind) in enumerate(wrong, start=2)} <= found


def test_size_and_hash_are_those_of_the_files(shipped: ReleaseContent) -> None:
    package = read_json(shipped.folder / "datapackage.json")
    described = [file for entry in package["resources"] for file in files_of(entry)]
    assert len(described) >= 2 * len(shipped.tables)
    for file in described:
        data = (shipped.folder / file["path"]).read_bytes()
        assert file["bytes"] == len(data)
        assert file["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"


def files_of(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [*entry.get("files", [entry]), *entry.get("alternatives", [])]


def test_a_field_has_unit_titles_and_constraints_of_its_contract(shipped: ReleaseContent) -> None:
    package = read_json(shipped.folder / "datapackage.json")
    fields = {f["name"]: f for f in resource(package, "documents")["schema"]["fields"]}
    assert fields["size_bytes"]["unit"] == "byte"
    assert fields["size_bytes"]["type"] == "integer"
    assert fields["size_bytes"]["constraints"] == {"minimum": 0}
    assert (fields["title"]["title"], fields["title"]["title_nl"]) == ("Title", "Titel")
    assert fields["language"]["constraints"]["enum"] == ["nl", "en", "fr", "de", "de-CH"]
    assert fields["language"]["constraints"]["required"] is True


def test_licences_of_sources_stand_apart_from_that_of_the_package(
    shipped: ReleaseContent,
) -> None:
    package = read_json(shipped.folder / "datapackage.json")
    assert [licence["name"] for licence in package["licenses"]] == [LICENCE_ID]
    editions = {s["edition_id"]: s for s in package["sources"] if "edition_id" in s}
    letter = editions["letters/2025-06-12"]
    assert letter["licence"] == "Public domain (Auteurswet, article 15b)"
    assert letter["citation"].endswith("Kamerstuk 29 628, nr. 1277, 12 juni 2025")
    assert letter["version"] == "2025-06-12"
    assert "path" not in editions["sis/1999-2024"]  # each of its rows names its own source
    quoted = {s["path"] for s in package["sources"] if "edition_id" not in s}
    told = set(shipped.tables["sis_statistics"]["source_url"].to_pylist())
    assert quoted == told - {None}


def test_awkward_texts_sources_without_address_and_empty_tables(tmp_path: Path) -> None:
    content = awkward_release(tmp_path / "release")
    package = read_json(content.folder / "datapackage.json")
    assert schema_problems(package, PROFILE) == []
    assert frictionless_problems(content.folder) == []
    first, second, third = package["sources"]
    assert (first["title"], first["licence"], first["citation"]) == (AWKWARD,) * 3
    assert "path" not in first
    assert "path" not in second  # a space is no part of an address
    assert third["path"] == "https://example.org/kst-1.html"
    assert resource(package, "deployments")["rows"] == 0


def test_a_split_table_without_twin_is_a_resource_of_its_years(tmp_path: Path) -> None:
    content = release(
        tmp_path,
        {"documents": [document()], "sis_daily_partitions": [partition()]},
        years=(2023, 2024),
    )
    (tmp_path / "csv" / "sis_daily_counts.csv").unlink(missing_ok=True)
    package = data_package(content, table_files(content))
    assert schema_problems(package, PROFILE) == []
    daily = resource(package, "sis_daily_counts")
    assert daily["path"] == [
        f"sis_daily_counts/year={year}/part-0.parquet" for year in (2023, 2024)
    ]
    assert [file["path"] for file in daily["files"]] == daily["path"]
    assert daily["mediatype"] == "application/vnd.apache.parquet"


def test_the_same_content_gives_the_same_bytes(shipped: ReleaseContent) -> None:
    made = dict(metadata_files(shipped))
    assert made.keys() == {
        "CITATION.cff",
        "csv/csv-metadata.json",
        "datapackage.json",
        "dcat.jsonld",
    }
    for name, data in made.items():
        assert data == (shipped.folder / name).read_bytes(), name


def test_a_source_without_terms_says_none(small: ReleaseContent) -> None:
    rows = [document(licence="", citation="")]
    documents = pa.Table.from_pylist(rows, schema=contract("documents").arrow_schema)
    package = data_package(replace(small, tables={"documents": documents}), table_files(small))
    assert schema_problems(package, PROFILE) == []
    assert {"licence", "citation"}.isdisjoint(package["sources"][0])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return release(tmp_path_factory.mktemp("small"), {"documents": [document()]})


@given(text=st.text(min_size=1))
@settings(max_examples=40, deadline=None)
def test_no_text_of_a_source_breaks_the_profile(small: ReleaseContent, text: str) -> None:
    row = document(title=text, citation=text, licence=text, publisher=text, url=text)
    documents = pa.Table.from_pylist([row], schema=contract("documents").arrow_schema)
    package = data_package(replace(small, tables={"documents": documents}), table_files(small))
    assert schema_problems(package, PROFILE) == []
    assert package["sources"][0]["title"] == text
