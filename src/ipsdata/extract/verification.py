"""Verification: captures looked up in their document, and turned into printed rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ipsdata.extract.capture_lines import line_problem, number_problem
from ipsdata.extract.capture_places import context_problem, place_problem
from ipsdata.extract.captures import CAPTURED, NO_FIGURE, Capture, Makers
from ipsdata.extract.passages import Passage
from ipsdata.extract.printed import (
    SUPPORT,
    UNVERIFIED,
    VERIFIED,
    PrintedRow,
    Problem,
    printed_row,
    with_problem,
)


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
    failed = {
        (c.table, c.row): c
        for c in lines
        if c.supports is not None and c.row and c.table in CAPTURED and verdicts[c.line]
    }
    for row, capture in captures:
        if capture is None:
            yield row
            continue
        problem = verdicts[capture.line]
        fallen = failed.get((capture.table, capture.row))
        if problem is None and fallen and capture.makes_row:
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
        f"line {support.line}, which {support.supports or 'a column'} of this row rests on, does "
        "not hold: correct that line, or this row"
    )


def _problem(
    capture: Capture,
    makers: Makers,
    source: Mapping[str, Any],
    passages: Sequence[Passage] | None,
) -> Problem | None:
    language = str(source["language"])
    found = line_problem(capture, makers, language)
    if found is None and passages is not None:
        found = place_problem(capture, language, passages)
    found = found or number_problem(capture, language)
    if found is None and passages is not None and capture.is_figure:
        found = context_problem(capture, language, passages)
    return found


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
    return made if capture.makes_row else {**made, "role": SUPPORT}
