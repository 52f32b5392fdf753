"""Lists and transcribed figures in comma-separated text: rows as printed, each with its line."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ipsdata.extract.printed import (
    TOTAL,
    UNVERIFIED,
    PrintedRow,
    Problem,
    printed_row,
    with_problem,
)
from ipsdata.layouts import Layout, LayoutError
from ipsdata.read.delimited import ReadError, ReadRow, cell_problem, read_delimited
from ipsdata.read.readings import read_bytes
from ipsdata.rejection import cells_json


def delimited_rows(
    document: Mapping[str, Any], layout: Layout, raw_dir: Path
) -> Iterator[PrintedRow]:
    """Read a document of the inventory that is comma-separated text, by its layout.

    A row whose cells can't be used is returned with its `problem`, so that it is counted like every
    other.

    Raises:
        ReadError: the file can't be read, or its header does not fit the layout.
    """
    name = document["path"]
    text = read_delimited(read_bytes(document, raw_dir), name)
    try:
        fields = layout.assign(text.header)
    except LayoutError as error:
        raise ReadError("columns", f"{name}, line 1: {error}: correct the header") from None
    for row in text.rows:
        yield _printed(document, layout, fields, row)


def _printed(
    document: Mapping[str, Any], layout: Layout, names: list[str], row: ReadRow
) -> PrintedRow:
    problem = _row_problem(names, row)
    fields = dict(zip(names, row.cells, strict=True)) if problem is None else {}
    made = printed_row(
        document,
        layout.table,
        found_at=f"line {row.line}",
        fields=fields,
        verification=UNVERIFIED,
    )
    made["caption"] = json.loads(document["options"]).get("caption")
    if problem is not None:
        return with_problem(made, problem, cells_json(row.cells))
    return {**made, "role": TOTAL} if layout.is_total(fields) else made


def _row_problem(names: list[str], row: ReadRow) -> Problem | None:
    """Return why a row's cells can't be used, or `None` if they can."""
    problem = cell_problem(row.cells)
    if problem is None and len(row.cells) != len(names):
        found = f"found {len(row.cells)}, expected {len(names)} cells"
        return "malformed_row", f"{found}: check commas and quotes"
    return problem
