"""Releases for the tests of their descriptions, and the validators of the standards."""

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from conftest import ROOT, installation
from ipsdata.contracts import Contract, load_contract
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.csv_twins import csv_twins
from ipsdata.release.metadata import metadata_files
from ipsdata.release.store import load_content

RULES = ROOT / "tests" / "fixtures" / "standards"
MOMENT = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
AWKWARD = '=1+1 "Ministerie", van\nJustitie & <Veiligheid> — Ελλάδα'


@cache
def contract(table: str) -> Contract:
    return load_contract(ROOT / "schemas" / "tables" / f"{table}.yaml", ROOT / "schemas")


def document(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a row of `documents`; `changes` are its columns."""
    row: dict[str, Any] = dict.fromkeys(contract("documents").names)
    row |= {
        "document_id": f"{number:064x}",
        "edition_id": f"letters/2025-0{number}-01",
        "path": f"letters/2025-0{number}-01/letter.txt",
        "collection": "letters",
        "title": "Brief",
        "publisher": "Ministerie",
        "retrieved_on": dt.date(2026, 11, 24),
        "attribution": "certain",
        "language": "nl",
        "licence": "Public domain",
        "citation": "Ministerie, brief",
        "media_type": "text/plain",
        "at_hand": False,
        "rows_read": 0,
        "rows_published": 0,
        "rows_total": 0,
        "rows_supporting": 0,
        "rows_rejected": 0,
    }
    return row | changes


def partition(**changes: Any) -> dict[str, Any]:
    """Return a row of `sis_daily_partitions` for 2024; `changes` are its columns."""
    row: dict[str, Any] = dict.fromkeys(contract("sis_daily_partitions").names)
    row |= {
        "year": 2024,
        "rows": 0,
        "rejected": 0,
        "first_date": dt.date(2024, 3, 1),
        "last_date": dt.date(2024, 3, 31),
        "days": 31,
        "members": 1,
        "files": 1,
        "edition_id": "letters/2025-01-01",
        "sha256": "0" * 64,
        "content_sha256": "0" * 64,
    }
    return row | changes


def release(
    folder: Path, rows: Mapping[str, Iterable[Mapping[str, Any]]], years: Iterable[int] = ()
) -> ReleaseContent:
    """Write a small release with these tables into a folder, its descriptions included.

    Tables that these refer to and that are not given are there too, without rows.

    Args:
        years: of `sis_daily_counts`, each an empty file; without, the release has no such table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    split = {"sis_daily_counts"} if years else set()
    tables = {
        name: pa.Table.from_pylist(list(rows.get(name, ())), schema=contract(name).arrow_schema)
        for name in referred_to({*rows, *split}) - split
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    parts = {"sis_daily_counts": tuple(_year(folder, year) for year in years)} if years else {}
    names = sorted({*tables, *parts})
    content = ReleaseContent(
        folder=folder,
        release_id="2026-11-24.0",
        published_at=MOMENT,
        contracts={name: contract(name) for name in names},
        tables=tables,
        parts=parts,
        entries={
            name: {"rows": tables[name].num_rows if name in tables else 0, "content_sha256": name}
            for name in names
        },
        previous=None,
        previous_id=None,
        schema_version="1.0.0",
    )
    describe(content)
    return content


def referred_to(tables: Iterable[str]) -> set[str]:
    """Return these tables and those that their keys refer to, directly or not."""
    found: set[str] = set()
    left = set(tables)
    while left:
        found |= left
        left = {key.table for name in left for key in contract(name).foreign_keys} - found
    return found


def _year(folder: Path, year: int) -> Path:
    path = folder / "sis_daily_counts" / f"year={year}" / "part-0.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(contract("sis_daily_counts").arrow_schema.empty_table(), path)
    return path


def describe(content: ReleaseContent) -> None:
    """Write the CSV twins and the descriptions of a release into its folder."""
    shutil.rmtree(content.folder / "csv", ignore_errors=True)
    for companion in (csv_twins, metadata_files):
        for name, data in companion(content):
            path = content.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def read_yaml(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_bytes())
    return found


def schema_problems(value: Mapping[str, Any], rules: str) -> list[str]:
    """Return how a value breaks a JSON Schema of the folder of rules."""
    validator = jsonschema.Draft7Validator(
        read_json(RULES / rules), format_checker=jsonschema.FormatChecker()
    )
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator.iter_errors(value)
    ]


def shipped_release(factory: pytest.TempPathFactory) -> ReleaseContent:
    """Return a release of the project's own data; it is made once a session."""
    folder = factory.getbasetemp() / "shipped"
    if not folder.is_dir():
        shutil.copytree(ROOT / "data" / "raw", folder / "raw")
        installation(folder).run()
    return load_content(folder / "processed")


def copied(content: ReleaseContent, folder: Path) -> Path:
    """Return a copy of a release's folder, to be damaged."""
    return Path(shutil.copytree(content.folder, folder))


def awkward_release(folder: Path) -> ReleaseContent:
    """Return a release with texts that trip readers, a source without address, an empty table."""
    return release(
        folder,
        {
            "documents": [
                document(
                    title=AWKWARD, publisher=AWKWARD, citation=AWKWARD, licence=AWKWARD, url=None
                ),
                document(2, url="https://example.org/a b", document_number="29 628, nr. 1"),
                document(3, url="https://example.org/kst-1.html"),
            ],
            "deployments": [],
        },
    )
