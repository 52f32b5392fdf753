"""Extract the rows of lists and transcribed figures, as printed, each with its place."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.layouts import Layout, LayoutError
from ipsdata.read.delimited import (
    DelimitedText,
    ReadError,
    ReadRow,
    cell_problem,
    read_delimited,
)
from ipsdata.rejection import Rejection, cells_json, reject_document


@dataclass(frozen=True)
class Extraction:
    """The rows found in documents.

    Attributes:
        rows: one mapping a printed row, with the columns of the table `printed_rows`.
        rejections: the documents that could not be read at all.
    """

    rows: tuple[Mapping[str, Any], ...]
    rejections: tuple[Rejection, ...]


def extract(
    documents: Sequence[Mapping[str, Any]], layouts: Mapping[str, Layout], raw_dir: Path
) -> Extraction:
    """Read each document of the inventory and return its rows as printed.

    A document that can't be read is rejected as a whole and does not stop the others. A row whose
    cells can't be used is returned with its `problem`, so that it is counted like every other.
    """
    rows: list[Mapping[str, Any]] = []
    rejections: list[Rejection] = []
    for document in documents:
        layout = layouts[document["layout"]]
        try:
            rows.extend(_document_rows(document, layout, raw_dir))
        except ReadError as error:
            rejections.append(_refused(document, layout, error.reason, str(error)))
        except LayoutError as error:
            message = f"{document['path']}, line 1: {error}: correct the header"
            rejections.append(_refused(document, layout, "columns", message))
    return Extraction(tuple(rows), tuple(rejections))


def _refused(document: Mapping[str, Any], layout: Layout, reason: str, message: str) -> Rejection:
    return reject_document(
        document["path"],
        "read",
        reason,
        message,
        edition_id=document["edition_id"],
        document_id=document["document_id"],
        target=layout.table,
    )


def _document_rows(
    document: Mapping[str, Any], layout: Layout, raw_dir: Path
) -> Iterator[Mapping[str, Any]]:
    text = _read(document, raw_dir)
    fields = layout.assign(text.header)
    for row in text.rows:
        yield _printed_row(document, layout, fields, row)


def _read(document: Mapping[str, Any], raw_dir: Path) -> DelimitedText:
    name = document["path"]
    try:
        data = (raw_dir / name).read_bytes()
    except OSError as error:
        raise ReadError("unreadable", f"{name}: can't be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != document["document_id"]:
        raise ReadError("hash_mismatch", f"{name}: changed while the run was reading it: run again")
    return read_delimited(data, name)


def _printed_row(
    document: Mapping[str, Any], layout: Layout, fields: list[str], row: ReadRow
) -> dict[str, Any]:
    problem = cell_problem(row.cells)
    if problem is None and len(row.cells) != len(fields):
        found = f"found {len(row.cells)}, expected {len(fields)} cells"
        problem = ("malformed_row", f"{found}: check commas and quotes")
    usable = problem is None
    cells = dict(zip(fields, row.cells, strict=True)) if usable else None
    locator = f"line {row.line}"
    return {
        "document_id": document["document_id"],
        "edition_id": document["edition_id"],
        "path": document["path"],
        "target": layout.table,
        "role": "total" if cells is not None and layout.is_total(cells) else "data",
        "locator": locator,
        "line": row.line,
        "fields": json.dumps(cells, ensure_ascii=False) if usable else cells_json(row.cells),
        "reason": None if problem is None else problem[0],
        "problem": None if problem is None else f"{document['path']}, {locator}: {problem[1]}",
    }
