"""What a line of captures must be by itself: its shape, and one number where it says one."""

from collections.abc import Sequence

from ipsdata.extract.captures import (
    CAPTURED,
    GIVES,
    NO_FIGURE,
    NO_FIGURE_REASONS,
    Capture,
    Makers,
    write_dimensions,
)
from ipsdata.extract.evidence import contradicts
from ipsdata.extract.printed import Problem
from ipsdata.extract.quantities import Quantity, find_quantities
from ipsdata.layouts import printed_form
from ipsdata.rejection import quoted

# The columns that hold a number, a date or a document's number.
MEASURED = ("end", "groups", "members", "rank", "reference_number", "start", "time_period")
COUNTED = ("number", "number_word", "percentage")


def line_problem(capture: Capture, makers: Makers, language: str) -> Problem | None:
    """Return why a line can't be used, whatever its document says; `None` if it can.

    Args:
        makers: the lines that make a row, by table and name.
        language: that of the document.
    """
    told = _shape_problem(capture, makers)
    if told is not None:
        return "capture", told
    other = _contradiction(capture, makers, language)
    return None if other is None else ("evidence", other)


def is_one_number(quantity: Quantity) -> bool:
    """Whether a quantity says one number: no year, no code, nothing that shares its scale."""
    return quantity.kind in COUNTED and quantity.number is not None


def number_problem(capture: Capture, language: str) -> Problem | None:
    """Return why a text says not as many numbers as its line should; `None` if it does.

    A figure is one number; a decision is on one number or date, evidence on one at most.
    """
    told = _numbers_told(capture, language)
    return None if told is None else ("capture", told)


def _numbers_told(capture: Capture, language: str) -> str | None:
    text = printed_form(capture.as_printed)
    found = find_quantities(text, language)
    is_whole = len(found) == 1 and found[0].text == text
    if capture.is_figure and not (is_whole and is_one_number(found[0])):
        return f"column as_printed: found {quoted(text)}, expected one number and nothing else"
    if capture.dimensions.get("number") == "none" and found:
        return f"column as_printed: found {quoted(found[0].text)}, expected no number: number=none"
    if capture.table == NO_FIGURE and not is_whole:
        return f"column as_printed: found {quoted(text)}, expected one number or date, as it stands"
    if capture.supports is not None and len(found) > 1:
        told = ", ".join(quoted(quantity.text) for quantity in found)
        return f"column as_printed: found several numbers ({told}), expected a line for each"
    if capture.supports is not None and found and capture.supports not in MEASURED:
        return (
            f"found the number {quoted(found[0].text)} as what {capture.supports} rests on, which "
            f"holds none, expected one of {', '.join(MEASURED)}, or a line of {NO_FIGURE} for it"
        )
    return None


def _shape_problem(capture: Capture, makers: Makers) -> str | None:
    if capture.range is None:
        return (
            f"column locator: found {quoted(capture.locator)}, expected a place with characters, "
            "such as '“Verenigde Naties”, paragraph 1, characters 5-13'"
        )
    if not capture.as_printed.strip():
        return "column as_printed: found nothing, expected the text as it stands in the document"
    if capture.range.end - capture.range.start != len(printed_form(capture.as_printed)):
        found = f"{quoted(capture.as_printed)}, {len(printed_form(capture.as_printed))} characters"
        place = quoted(capture.locator)
        return f"found {found} at {place}, expected as many there: correct one of the two"
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
    if set(capture.dimensions) != {GIVES} or not mains[0].dimensions.get(capture.supports):
        given = ", ".join(key for key, value in mains[0].dimensions.items() if value)
        found = f"found {write_dimensions(capture.dimensions)!r}"
        return f"{found}, expected {GIVES}=<column> and nothing else, the column one of {given}"
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
