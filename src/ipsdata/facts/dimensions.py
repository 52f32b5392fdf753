"""The dimensions of a captured row: each is taken, and nothing may be left over."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from ipsdata.code.codelists import CodingError
from ipsdata.code.dates import EdtfError, parse_edtf_period
from ipsdata.rejection import quoted

OF_THE_CAPTURE = ("row", "as_printed")
MAX_DIGITS = 9


class DimensionError(CodingError):
    """A captured row lacks a dimension, has one too many, or one with an impossible value."""

    def __init__(self, message: str) -> None:
        """Give the reason that all of them share."""
        super().__init__("dimension", message)


def take(
    fields: Mapping[str, str], required: Collection[str], optional: Collection[str] = ()
) -> dict[str, str]:
    """Return the fields of a captured row that have a text, `row` and `as_printed` among them.

    Raises:
        DimensionError: a required dimension is missing or empty, or there is one of another name.
    """
    given = {name: text for name, text in fields.items() if text}
    missing = [name for name in (*OF_THE_CAPTURE, *required) if name not in given]
    left_over = sorted(fields.keys() - {*OF_THE_CAPTURE, *required, *optional})
    if missing or left_over:
        problems = [f"misses {name}" for name in missing]
        problems += [f"has {quoted(name)}, which is unknown" for name in left_over]
        also = f" and perhaps {', '.join(optional)}" if optional else ""
        raise DimensionError(
            f"dimensions: the row {', '.join(problems)}; expected {', '.join(required)}{also}"
        )
    return given


def whole(taken: Mapping[str, str], name: str) -> int | None:
    """Return the dimension `name` as a whole number; `None` if it is not given.

    Raises:
        DimensionError: it is anything else.
    """
    text = taken.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise DimensionError(
            f"dimension {name}: found {quoted(text)}, expected a whole number such as 16"
        )
    return int(text)


def moment(taken: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return the dimension `name`, a partial date, with the first and last day it may mean.

    Raises:
        EdtfError: it is no EDTF level 0 string.
    """
    text = taken.get(name)
    earliest, latest = _bounds(text, name) if text else (None, None)
    return {name: text, f"{name}_earliest": earliest, f"{name}_latest": latest}


def _bounds(text: str, name: str) -> tuple[dt.date, dt.date]:
    try:
        period = parse_edtf_period(text)
    except EdtfError as error:
        raise EdtfError(f"dimension {name}: {error}") from None
    return period.start, period.end


def day_of(document: Mapping[str, Any]) -> dt.date:
    """Return the day on which a document's names must mean something."""
    day: dt.date = document["published_on"] or document["retrieved_on"]
    return day
