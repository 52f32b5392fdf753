"""Printed dates and periods: strict, never completed from today's date."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

DATE_SETTINGS = {"STRICT_PARSING": True, "DATE_ORDER": "DMY", "PARSERS": ["absolute-time"]}


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


@cache
def parse_edtf_period(text: str) -> Period:
    """Read an EDTF level 0 string (ISO 8601 date, month, year or `start/end`) as the days it spans.

    Raises:
        EdtfError: the text is anything else, or an interval that ends before it starts.
    """
    from edtf import EDTFParseException, parse_edtf  # noqa: PLC0415 - slow to import
    from edtf.parser.parser_classes import Date, Interval  # noqa: PLC0415

    try:
        parsed = parse_edtf(text)
    except (EDTFParseException, ValueError):
        parsed = None
    if type(parsed) not in (Date, Interval):
        raise EdtfError(
            f"found {text!r}, expected a date (2024-12-31), month (2024-12), year (2024) or "
            "period (2013-04-09/2013-12-31)"
        )
    start, end = (dt.date(*bound[:3]) for bound in (parsed.lower_strict(), parsed.upper_strict()))
    if end < start:
        raise EdtfError(f"found {text!r}, a period that ends before it starts")
    return Period(start, end)
