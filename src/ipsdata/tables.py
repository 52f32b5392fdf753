"""Arrow tables made by a contract: built from rows, ordered by key, the same bytes each time."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ipsdata.contracts import Contract
from ipsdata.errors import DataError

ROW_GROUP_ROWS = 1_048_576
PARQUET_OPTIONS: Mapping[str, Any] = {
    "compression": "snappy",
    "version": "2.6",
    "write_page_checksum": True,
}
PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "int32": (int,),
    "int64": (int,),
    "float64": (float, int),
    "bool": (bool,),
    "string": (str,),
    "date": (dt.date,),
    "timestamp": (dt.datetime,),
}


def table_from_rows(contract: Contract, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Build the contract's table; a column that a row lacks is empty there."""
    return sorted_by_key(contract, unsorted_table(contract, rows))


def unsorted_table(contract: Contract, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Build the contract's table in the order of `rows`.

    Raises:
        DataError: a value is not of its column's type; Arrow alone would cut 1.5 down to 1.
    """
    kept = [{name: row.get(name) for name in contract.names} for row in rows]
    for column in contract.columns:
        allowed = PYTHON_TYPES[column.type]
        for row in kept:
            if row[column.name] is not None and type(row[column.name]) not in allowed:
                raise DataError(
                    f"{contract.table}, column {column.name}: found {row[column.name]!r}, expected "
                    f"a value of type {column.type}"
                )
    return pa.Table.from_pylist(kept, schema=contract.arrow_schema)


def sorted_by_key(contract: Contract, table: pa.Table) -> pa.Table:
    """Return `table` in the order of the contract's primary key."""
    return table.sort_by([(name, "ascending") for name in contract.primary_key])


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write `table` so that equal tables give equal bytes and a flipped bit is noticed."""
    pq.write_table(table, path, row_group_size=ROW_GROUP_ROWS, **PARQUET_OPTIONS)


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file, verifying the checksum of each page."""
    return pq.ParquetFile(path, page_checksum_verification=True).read()


def content_hash(table: pa.Table) -> str:
    """SHA-256 of a table's schema and values, whatever wrote its bytes.

    Parquet bytes change with the writer's version; this hash does not.
    """
    buffer = io.BytesIO()
    pa_csv.write_csv(table, buffer)
    digest = hashlib.sha256(_schema_text(table.schema).encode())
    digest.update(buffer.getbuffer())
    return digest.hexdigest()


def _schema_text(schema: pa.Schema) -> str:
    lines = []
    for field in schema:
        metadata = sorted((field.metadata or {}).items())
        lines.append(f"{field.name} {field.type} {field.nullable} {metadata}")
    return "\n".join(lines)
