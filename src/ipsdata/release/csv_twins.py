"""The CSV twin of each table: for spreadsheets, and for whoever can't read Parquet.

`csv/<table>.csv` is UTF-8 with a byte order mark (Excel takes it for another encoding without one),
by RFC 4180: a header of column names, comma as separator, CRLF, a cell in double quotes where it
needs them, dates as 2024-03-31, moments as 2024-03-31T12:00:00Z,
a dot as decimal point, an empty cell where there is no value.

A text that a spreadsheet would take for a formula (it starts, after blanks if any, with `=`, `+`,
`-`, `@`, a tab or a carriage return) has an apostrophe before it; numbers never do. A text that
starts with an apostrophe itself gets one more, so that taking one off gives the text again.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from ipsdata.contracts import Column
from ipsdata.release.companions import File, ReleaseContent

FOLDER = "csv"
BOM = "\ufeff"
LIKE_A_FORMULA = re.compile(r"[ \u00a0]*[=+\-@\t\r]|'")
MAX_ROWS = 1_048_575  # what a sheet holds below its header

Cell = Callable[[Any], str]


def csv_twins(content: ReleaseContent) -> Iterator[File]:
    """Make the CSV twin of each table that is one file, and a note on what they are.

    A table that is split into files, or has more rows than a spreadsheet, has none.
    """
    twins = [name for name, table in sorted(content.tables.items()) if table.num_rows <= MAX_ROWS]
    for name in twins:
        columns = content.contracts[name].columns
        yield f"{FOLDER}/{name}.csv", csv_bytes(content.tables[name], columns)
    without = sorted(content.contracts.keys() - set(twins))
    yield f"{FOLDER}/README.md", _note(without).encode()


def csv_bytes(table: pa.Table, columns: tuple[Column, ...]) -> bytes:
    """Write a table as its CSV twin.

    Args:
        columns: those of its contract.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    cells = [
        list(map(WRITERS[column.type], table.column(column.name).to_pylist())) for column in columns
    ]
    writer.writerows(zip(*cells, strict=True))
    return (BOM + buffer.getvalue()).encode()


def _text(value: str | None) -> str:
    if value is None:
        return ""
    return f"'{value}" if LIKE_A_FORMULA.match(value) else value


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)


def _bool(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def _date(value: dt.date | None) -> str:
    return "" if value is None else value.isoformat()


def _moment(value: dt.datetime | None) -> str:
    return "" if value is None else value.isoformat().replace("+00:00", "Z")


WRITERS: Mapping[str, Cell] = {
    "int32": _number,
    "int64": _number,
    "float64": _number,
    "bool": _bool,
    "string": _text,
    "date": _date,
    "timestamp": _moment,
}


def _note(without: list[str]) -> str:
    lines = [
        "# CSV twins",
        "",
        "Each file holds what the Parquet file of the same name holds, for spreadsheets: UTF-8",
        "with a byte order mark, comma, CRLF, dates as 2024-03-31, a dot as decimal point, an",
        "empty cell where there is no value. The Parquet files are the reference.",
        "",
        "A text that a spreadsheet would take for a formula, or that starts with an apostrophe,",
        "has an apostrophe before it; numbers never do.",
    ]
    if without:
        names = ", ".join(f"`{name}`" for name in without)
        lines += ["", f"Without a twin, as they are larger than a sheet or split by year: {names}."]
    return "\n".join(lines) + "\n"
