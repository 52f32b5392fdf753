"""Printed dates and periods: strict, never completed from today's date."""

import datetime as dt
import re
from calendar import monthrange
from dataclasses import dataclass

from ipsdata.rejection import quoted

# A day and a year in digits; dateparser, left to itself, reads less (and 05-14-2025) as well.
_DAY_MONTH_YEAR = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
)
_YEAR_MONTH_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH_IN_WORDS = re.compile(
    r"[0-9]{1,2}(?:\.|er|st|nd|rd|th)? [^\W\d_]+\.? [0-9]{4}|[^\W\d_]+\.? [0-9]{1,2},? [0-9]{4}"
)
MONTH_FIRST_LANGUAGES = frozenset({"en"})

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
    """Read a full date as printed ("14 mei 2025", "14-05-2025") in one language.

    A date in digits alone is day first, and is refused in English, where it may be month first.

    Raises:
        DateError: the text is not a complete, existing date in that language.
    """
    printed = " ".join(text.split())
    digits = _DAY_MONTH_YEAR.fullmatch(printed)
    if digits and language not in MONTH_FIRST_LANGUAGES:
        found = _existing(*(int(digits[part]) for part in ("year", "month", "day")))
    elif _YEAR_MONTH_DAY.fullmatch(printed):
        found = _existing(*map(int, printed.split("-")))
    else:
        found = _in_words(printed, language) if _MONTH_IN_WORDS.fullmatch(printed) else None
    if found is None:
        raise DateError(
            f"found {quoted(text)}, expected a full, existing date in language {language!r}, such "
            "as '14 mei 2025' in 'nl' or '2025-05-14' in any"
        )
    return found


def _existing(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _in_words(printed: str, language: str) -> dt.date | None:
    import dateparser  # noqa: PLC0415 - slow to import, needed for captions only

    base_language = language.partition("-")[0]
    found = dateparser.parse(printed, languages=[base_language], settings=DATE_SETTINGS)
    return None if found is None else found.date()


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
            f"found {quoted(text)}, expected a date (2024-12-31), month (2024-12), year (2024) or "
            "period (2013-04-09/2013-12-31)"
        )
    if len(part) == 4:
        return Period(first, first.replace(month=12, day=31))
    last_day = monthrange(first.year, first.month)[1]
    return Period(first, first.replace(day=last_day) if len(part) == 7 else first)
