"""Captures: figures that a person took from the prose of a document, each tied to its place.

A line of `captures.csv` says which text stands where, and what it means. Nothing of it is believed:
where the document is at hand, this very text must stand at that very place, and may not cut a
number or its qualifier in two ("vier miljard" is no capture where "meer dan vier miljard" stands).

A line either makes a row (its dimensions are the row's), or supports one of the same table and
name: `gives=<column>` says that this text is what that column rests on. A line of the table
`no_figure` says why a number is no figure. A row whose support fails is rejected with it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ipsdata.extract.evidence import contradicts
from ipsdata.extract.passages import Passage, TextRange, text_range
from ipsdata.extract.printed import (
    SUPPORT,
    UNVERIFIED,
    VERIFIED,
    PrintedRow,
    Problem,
    printed_row,
    with_problem,
)
from ipsdata.extract.quantities import Quantity, find_quantities
from ipsdata.layouts import printed_form
from ipsdata.rejection import quoted

NO_FIGURE = "no_figure"
GIVES = "gives"
NO_FIGURE_REASONS = (
    "date",
    "document_number",
    "page_number",
    "ordinal",
    "name",
    "duration",
    "no_count",
)
SHOWN_PLACES = 3
CACHED_PASSAGES = 4_096  # of one document, which every capture of it asks for
DIMENSION = re.compile(r"\s*(?P<key>[a-z][a-z0-9_]*)\s*=(?P<value>[^;]*)")


@dataclass(frozen=True)
class Capture:
    """A line of `captures.csv`.

    Attributes:
        line: its line in the file.
        row: the name of the row that it makes or supports.
        dimensions: what the text means, by column of the table.
    """

    line: int
    table: str
    row: str
    dimensions: Mapping[str, str]
    as_printed: str
    locator: str
    note: str = ""

    @property
    def supports(self) -> str | None:
        """The column of another line's row that rests on this text; `None` if it makes a row."""
        return self.dimensions.get(GIVES)

    @property
    def range(self) -> TextRange | None:
        """The characters it names, if its locator names any."""
        return text_range(self.locator)


Makers = Mapping[tuple[str, str], Sequence[Capture]]


class CaptureError(ValueError):
    """A line of captures is malformed."""


def parse_dimensions(text: str) -> dict[str, str]:
    """Read "key=value; key=value".

    Raises:
        CaptureError: it is anything else, or a key stands twice.
    """
    found: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        match = DIMENSION.fullmatch(part)
        if match is None:
            raise CaptureError(f"column dimensions: found {quoted(part)}, expected key=value")
        if match["key"] in found:
            raise CaptureError(f"column dimensions: found {match['key']} twice, expected it once")
        found[match["key"]] = match["value"].strip()
    return found


def write_dimensions(dimensions: Mapping[str, str]) -> str:
    """Write dimensions as `parse_dimensions` reads them."""
    return "; ".join(f"{key}={value}" for key, value in dimensions.items())


def capture_rows(
    captures: Sequence[tuple[PrintedRow, Capture | None]],
    source: Mapping[str, Any],
    passages: Sequence[Passage] | None,
) -> Iterator[PrintedRow]:
    """Verify captures and return one printed row a line, in order.

    Args:
        captures: each line's printed row, and the capture it holds if it could be read.
        source: the row of the inventory of the document that they quote.
        passages: those of that document; `None` if it is not at hand.
    """
    lines = [capture for _, capture in captures if capture is not None]
    makers = _makers(lines)
    verdicts = {c.line: _problem(c, makers, source, passages) for c in lines}
    failed = {(c.table, c.row): c for c in lines if c.supports and verdicts[c.line]}
    for row, capture in captures:
        if capture is None:
            yield row
            continue
        problem = verdicts[capture.line]
        fallen = failed.get((capture.table, capture.row))
        if problem is None and fallen and not capture.supports:
            problem = ("evidence", _fallen(fallen))
        yield with_problem(row, problem) if problem else row


def _makers(lines: Iterable[Capture]) -> Makers:
    """Return the lines that make the row of each table and name."""
    found: dict[tuple[str, str], list[Capture]] = {}
    for capture in lines:
        if capture.supports is None:
            found.setdefault((capture.table, capture.row), []).append(capture)
    return found


def _fallen(support: Capture) -> str:
    return (
        f"line {support.line}, which {support.supports} of this row rests on, does not hold: "
        "correct that line, or this row"
    )


def _problem(
    capture: Capture,
    makers: Makers,
    source: Mapping[str, Any],
    passages: Sequence[Passage] | None,
) -> Problem | None:
    told = _shape_problem(capture, makers)
    if told is not None:
        return "capture", told
    other = _contradiction(capture, makers, str(source["language"]))
    if other is not None:
        return "evidence", other
    return None if passages is None else _place_problem(capture, str(source["language"]), passages)


# The line itself


CAPTURED = ("sis_statistics", "caribbean_staffing", "cooperation_register", "cooperation_partners")


def _shape_problem(capture: Capture, makers: Makers) -> str | None:
    if capture.range is None:
        return (
            f"column locator: found {quoted(capture.locator)}, expected a place with characters, "
            "such as '“Verenigde Naties”, paragraph 1, characters 5-13'"
        )
    if not capture.as_printed.strip():
        return "column as_printed: found nothing, expected the text as it stands in the document"
    if capture.table == NO_FIGURE:
        return _no_figure_problem(capture)
    if capture.table not in CAPTURED:
        known = ", ".join((*CAPTURED, NO_FIGURE))
        return f"column table: found {quoted(capture.table)}, expected one of {known}"
    return _row_problem(capture, makers.get((capture.table, capture.row), []))


def _no_figure_problem(capture: Capture) -> str | None:
    reason = capture.dimensions.get("reason", "")
    if set(capture.dimensions) == {"reason"} and reason in NO_FIGURE_REASONS:
        return None
    known = ", ".join(NO_FIGURE_REASONS)
    return f"found {dict(capture.dimensions)}, expected reason=… and nothing else, one of {known}"


def _row_problem(capture: Capture, mains: Sequence[Capture]) -> str | None:
    if capture.supports is None:
        if capture.row and len(mains) > 1:
            return f"column row: found {quoted(capture.row)} on {len(mains)} lines, expected one"
        return None
    if len(mains) != 1 or not capture.row:
        found = f"found support for the row {quoted(capture.row)} of {capture.table}"
        return f"{found}, expected one line that makes that row: add it, or correct the name"
    if set(capture.dimensions) != {GIVES}:
        return f"found {sorted(capture.dimensions)}, expected {GIVES}=<column> and nothing else"
    return None


def _contradiction(capture: Capture, makers: Makers, language: str) -> str | None:
    if capture.supports is None:
        return None
    mains = makers.get((capture.table, capture.row), [])
    value = next((c.dimensions.get(capture.supports) for c in mains), None)
    if value is None or not contradicts(value, capture.as_printed, language):
        return None
    return (
        f"found {quoted(capture.as_printed)} as what {capture.supports}={value} rests on, which "
        "says something else: correct one of the two"
    )


# Its place in the document


def _place_problem(capture: Capture, language: str, passages: Sequence[Passage]) -> Problem | None:
    wanted, text = capture.range, printed_form(capture.as_printed)
    passage = next((p for p in passages if wanted and p.key == wanted.key), None)
    if wanted is None or passage is None or passage.text[wanted.start : wanted.end] != text:
        return "not_at_place", _moved(text, language, passages, passage is None)
    whole = _cut_quantity(wanted, passage, language)
    if whole is not None:
        return "cut_number", (
            f"found {quoted(text)}, which cuts the number {quoted(whole)} that stands there: "
            "capture it whole, with its qualifier, scale and unit"
        )
    return None


def _moved(text: str, language: str, passages: Sequence[Passage], is_unknown: bool) -> str:
    places = list(_occurrences(text, language, passages))
    found = "no such place in the document" if is_unknown else "another text there"
    expected = f"found {found}, expected {quoted(text)}"
    if not places:
        return f"{expected}, which stands nowhere in the document: remove the line, or correct it"
    more = f" and {len(places) - SHOWN_PLACES} more" if len(places) > SHOWN_PLACES else ""
    shown = " and at ".join(places[:SHOWN_PLACES])
    return f"{expected}, which now stands at {shown}{more}: correct the locator"


def _occurrences(text: str, language: str, passages: Sequence[Passage]) -> Iterator[str]:
    for passage in passages:
        start = passage.text.find(text)
        while start >= 0:
            found = TextRange(passage.key, start, start + len(text))
            if _cut_quantity(found, passage, language) is None:
                yield passage.locator(start, start + len(text))
            start = passage.text.find(text, start + 1)


@lru_cache(maxsize=CACHED_PASSAGES)
def _quantities(text: str, language: str) -> tuple[Quantity, ...]:
    return find_quantities(text, language)


def _cut_quantity(wanted: TextRange, passage: Passage, language: str) -> str | None:
    """Return a number or date of the passage that the range holds in part only."""
    for quantity in _quantities(passage.text, language):
        found = TextRange(passage.key, quantity.start, quantity.end)
        if wanted.overlaps(found) and not wanted.contains(found):
            return quantity.text
    return None


# Lines as printed rows


def captured_row(
    capture: Capture,
    source: Mapping[str, Any],
    path: str,
    fields: Mapping[str, str],
    *,
    at_hand: bool,
) -> PrintedRow:
    """Return the printed row of a capture; it counts for the document that it quotes."""
    is_known = capture.table in (*CAPTURED, NO_FIGURE)
    made = printed_row(
        {**source, "path": path},
        capture.table if is_known else None,
        found_at=f"line {capture.line}",
        locator=capture.locator,
        fields=fields,
        verification=VERIFIED if at_hand else UNVERIFIED,
    )
    makes_a_row = capture.table in CAPTURED and capture.supports is None
    return made if makes_a_row else {**made, "role": SUPPORT}
