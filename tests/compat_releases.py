"""The releases that every engine has to read, and what PyArrow and the contracts say is in them."""

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from compat_summary import Column, Seen, seen
from conftest import NOON, ROOT
from daily import counts_file, many, plain, row, small_installation, write_daily
from ipsdata.contracts import Contract, contract_from_mapping, load_contracts
from ipsdata.release.index import read_index
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings
from small_store import DOCUMENTS, made_up_contract
from small_store import release as publish

SHIPPED, DAILY, HOSTILE = "shipped", "daily", "hostile"
SPLIT = "sis_daily_counts"
PARTITION = "year"
VALUES, NOTHING = "values", "nothing"
DAILY_TABLES = (SPLIT, "sis_daily_partitions", "sis_monthly_counts", "rejected_rows")
TABLES = (
    *((SHIPPED, table) for table in load_contracts(ROOT / "schemas")),
    *((DAILY, table) for table in DAILY_TABLES),
    (HOSTILE, VALUES),
    (HOSTILE, NOTHING),
)
ARROW_TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
TYPES = ("int64", "int32", "float64", "bool", "string", "date", "timestamp")
TEXTS = (
    "=1+1",
    "+31 6 12345678",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.invalid","x")',
    "'single' and \"double\"",
    "two\nlines",
    "carriage\r\nreturn",
    "a,b;c\td|e\\f",
    "'; DROP TABLE values; --",
    "Curaçao, Oekraïne, Türkiye, Łódź, Ελλάδα, България",
    "e\u0301 is not \u00e9",
    "Ünïcode ﷽ 🚓",
    "right\u202eto left",
    " blanks ",
    "non\u00a0breaking",
    "NA",
    "NULL",
    "None",
    "true",
    "007",
    "1.090",
    "1,090",
    "24/7",
    "2024-12",
    "2024-12-31",
    "1e5",
    "0x1F",
    "x" * 32_000,
)
INTEGERS = (0, -1, 2**53 - 1, 2**53 + 1, 2**63 - 1, -(2**63))
SMALL_INTEGERS = (0, -1, 2**31 - 1, -(2**31))
FLOATS = (0.1, -0.5, 1 / 3, 1e-300, 1.5e308, 93_195_404.0)
DATES = tuple(
    dt.date.fromisoformat(day)
    for day in ("2024-02-29", "1970-01-01", "1969-12-31", "1900-01-01", "1900-03-01", "9999-12-31")
)
MOMENTS = tuple(
    dt.datetime.fromisoformat(moment)
    for moment in (
        "2024-03-31T01:30:00+00:00",  # the hour that summer time leaves out
        "2024-10-27T00:30:00+00:00",
        "1969-12-31T23:59:59.999999+00:00",
        "2026-11-24T12:00:00.000001+00:00",
        "1900-01-01T00:00:00+00:00",
    )
)


@dataclass(frozen=True)
class Release:
    """A published release.

    Attributes:
        name: which of the three it is.
        processed: the store that it lies in.
    """

    name: str
    processed: Path

    @cached_property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.processed / "releases" / str(read_index(self.processed).current)

    def contract(self, table: str) -> Contract:
        """Return a table's contract, as the release carries it."""
        told = json.loads((self.folder / "contracts" / f"{table}.json").read_text("utf-8"))
        return contract_from_mapping(told)

    def types(self, table: str) -> dict[str, str]:
        """Return the type of each column that the contract declares, by name."""
        return {column.name: column.type for column in self.contract(table).columns}

    def place(self, table: str) -> Path:
        """Return what a reader is given: a file, or the folder of a table that is split."""
        whole = self.folder / f"{table}.parquet"
        return whole if whole.exists() else self.folder / table

    def files(self, table: str) -> list[Path]:
        """Return the table's files."""
        place = self.place(table)
        return sorted(place.rglob("*.parquet")) if place.is_dir() else [place]

    def is_partitioned(self, table: str) -> bool:
        """Tell whether the table's folders name the year, as `year=2024`."""
        return any(path.parent.name.startswith(f"{PARTITION}=") for path in self.files(table))

    def arrow(self, table: str) -> pa.Table:
        """Read the table's files, one after the other, by nothing but Arrow's Parquet reader."""
        return pa.concat_tables([pq.ParquetFile(path).read() for path in self.files(table)])

    def expected(self, table: str) -> Seen:
        """Return what every engine should see: the contract's types, and the values in the files.

        Raises:
            AssertionError: a file has other columns or types than the contract.
        """
        declared, found = self.types(table), self.arrow(table)
        wanted = {name: ARROW_TYPES[kind] for name, kind in declared.items()}
        assert dict(zip(found.schema.names, found.schema.types, strict=True)) == wanted
        return seen(
            {name: Column(kind, found[name].to_pylist()) for name, kind in declared.items()}
        )


def make_shipped(folder: Path) -> Release:
    """Publish what the project's raw data come to."""
    settings = Settings(
        raw_dir=ROOT / "data" / "raw",
        processed_dir=folder / "processed",
        schemas_dir=ROOT / "schemas",
    )
    run_pipeline(settings, now=NOON)
    return Release(SHIPPED, settings.processed_dir)


def make_daily(folder: Path) -> Release:
    """Publish daily counts of two years, and a row that is refused."""
    site = small_installation(folder)
    rows = [
        *many(5, date="2023-12-31"),
        *many(7, date="2024-02-29", state="DE"),
        row(state="FR", count=3_000_000_000),
        row(count="1.5"),
    ]
    write_daily(site.raw, counts_file("counts.csv", plain(*rows), "2023/2024"))
    site.run()
    return Release(DAILY, site.processed)


def make_hostile(folder: Path) -> Release:
    """Publish a table of values at the edges of each type, and one without rows."""
    columns = {"id": "int64", **{f"{kind}_value": kind for kind in TYPES}}
    contracts = {
        "documents": DOCUMENTS,
        VALUES: made_up_contract(VALUES, columns),
        NOTHING: made_up_contract(NOTHING, columns),
    }
    publish(folder / "processed", {VALUES: edge_rows()}, contracts)
    return Release(HOSTILE, folder / "processed")


def edge_rows() -> list[dict[str, Any]]:
    """Return rows of which each column is empty where its values have run out."""
    edges: dict[str, tuple[Any, ...]] = {
        "int64_value": INTEGERS,
        "int32_value": SMALL_INTEGERS,
        "float64_value": FLOATS,
        "bool_value": (True, False),
        "string_value": TEXTS,
        "date_value": DATES,
        "timestamp_value": MOMENTS,
    }
    return [
        {
            "id": n,
            **{name: values[n] if n < len(values) else None for name, values in edges.items()},
        }
        for n in range(len(TEXTS) + 1)
    ]


MAKERS = {SHIPPED: make_shipped, DAILY: make_daily, HOSTILE: make_hostile}
