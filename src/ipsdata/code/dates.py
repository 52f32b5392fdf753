"""Printed dates and periods: strict, never completed from today's date."""

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass

DATE_SETTINGS = {"STRICT_PARSING": True, "DATE_ORDER": "DMY", "PARSERS": ["absolute-time"]}

_EDTF_PART = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


class DateError(ValueError):
    """A printed text is no complete date."""


class EdtfError(ValueError):
    """A text is no date, month, year or period of the Extended Date/Time Format, level 0."""


@dataclass(frozen=True)
class Period:
    """The days from `start` to `end`, both included; one day if they are equal."""

    start: dt.date
    end: dt.date

    @property
    def is_day(self) -> bool:
        """Whether the period is one day."""
        return self.start == self.end

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days + 1

    def overlaps(self, other: "Period") -> bool:
        """Whether a day lies in both periods."""
        return self.start <= other.end and other.start <= self.end


def parse_date(text: str, language: str) -> dt.date:
    """Read a full date as printed ("14 mei 2025") in one language.

    Raises:
        DateError: the text is not a complete, existing date in that language.
    """
    import dateparser  # noqa: PLC0415 - slow to import, needed for captions only

    found = dateparser.parse(text, languages=[language], settings=DATE_SETTINGS)
    if found is None:
        raise DateError(
            f"found {text!r}, expected a full date in language {language!r}, such as '14 mei 2025'"
        )
    day: dt.date = found.date()
    return day


def parse_edtf_period(text: str) -> Period:
    """Read an EDTF level 0 string (ISO 8601 date, month, year or `start/end`) as the days it spans.

    Raises:
        EdtfError: the text is anything else, or an interval that ends before it starts.
    """
    start_text, slash, end_text = text.partition("/")
    start = _span(start_text, text)
    end = _span(end_text, text) if slash else start
    if end.end < start.start:
        raise EdtfError(f"found {text!r}, a period that ends before it starts")
    return Period(start.start, end.end)


def _span(part: str, text: str) -> Period:
    completed = {4: f"{part}-01-01", 7: f"{part}-01", 10: part}.get(len(part), "")
    try:
        first = dt.date.fromisoformat(completed) if _EDTF_PART.fullmatch(part) else None
    except ValueError:
        first = None
    if first is None:
        raise EdtfError(
            f"found {text!r}, expected a date (2024-12-31), month (2024-12), year (2024) or "
            "period (2013-04-09/2013-12-31)"
        )
    if len(part) == 4:
        return Period(first, first.replace(month=12, day=31))
    last_day = monthrange(first.year, first.month)[1]
    return Period(first, first.replace(day=last_day) if len(part) == 7 else first)
