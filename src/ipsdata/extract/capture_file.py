"""The file `captures.csv` of an edition: its lines read, verified and turned into printed rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipsdata.extract.captures import Capture, CaptureError, parse_dimensions
from ipsdata.extract.lists import delimited_rows
from ipsdata.extract.passages import Passage, text_range
from ipsdata.extract.printed import SUPPORT, PrintedRow, with_problem
from ipsdata.extract.verification import capture_rows, captured_row
from ipsdata.layouts import Layout

FIGURES = "figures"
FROM_THE_LINE = frozenset({"as_printed", "language", "place", "note"})


def capture_file_rows(
    document: Mapping[str, Any],
    source: Mapping[str, Any],
    passages: Sequence[Passage] | None,
    layouts: Mapping[str, Layout],
    raw_dir: Path,
) -> Iterator[PrintedRow]:
    """Read the captures of an edition and verify them against the document that they quote.

    Args:
        document: the row of the inventory of the captures.
        source: that of the document.
        passages: the document's, `None` if it is not at hand or could not be read.

    Raises:
        ReadError: the file can't be read, or its header does not fit its layout.
    """
    lines = delimited_rows(document, layouts["captures"], raw_dir)
    read = [
        _line(line, document["path"], source, layouts[FIGURES], at_hand=passages is not None)
        for line in lines
    ]
    return capture_rows(read, source, passages)


def _line(
    line: PrintedRow, path: str, source: Mapping[str, Any], figures: Layout, *, at_hand: bool
) -> tuple[PrintedRow, Capture | None]:
    # A line that can't be used counts for the document all the same, as does every other.
    unusable = {**line, "document_id": source["document_id"], "role": SUPPORT}
    if line["problem"] is not None:
        return unusable, None
    try:
        capture = _capture(line)
        fields = _fields(capture, source, figures)
    except CaptureError as error:
        return with_problem(unusable, ("capture", str(error))), None
    return captured_row(capture, source, path, fields, at_hand=at_hand), capture


def _capture(line: PrintedRow) -> Capture:
    cells: dict[str, str] = json.loads(line["fields"])
    return Capture(
        line=int(line["found_at"].removeprefix("line ")),
        table=cells["table"].strip(),
        row=cells["row"].strip(),
        dimensions=parse_dimensions(cells["dimensions"]),
        as_printed=cells["as_printed"],
        locator=cells["locator"].strip(),
        note=cells.get("note", "").strip(),
    )


def _fields(capture: Capture, source: Mapping[str, Any], figures: Layout) -> dict[str, str]:
    """Return the fields of the row that the line makes, as its table's code expects them."""
    if capture.table == figures.table and capture.supports is None:
        return _figure_fields(capture, source, figures)
    return {**capture.dimensions, "row": capture.row, "as_printed": capture.as_printed}


def _figure_fields(capture: Capture, source: Mapping[str, Any], figures: Layout) -> dict[str, str]:
    known = set(figures.headers) - FROM_THE_LINE
    unknown = sorted(set(capture.dimensions) - known)
    missing = sorted((figures.required & known) - set(capture.dimensions))
    if unknown or missing:
        raise CaptureError(
            f"column dimensions: found {unknown or 'nothing'} too many and {missing or 'nothing'} "
            f"missing, expected {sorted(known & figures.required)} of {capture.table}"
        )
    place = text_range(capture.locator)
    return {
        **capture.dimensions,
        "row": capture.row,
        "as_printed": capture.as_printed,
        "language": str(source["language"]),
        "place": place.key if place else "",
        "note": capture.note,
    }
