"""The calendar: every day of whole years, with the periods and names by which figures are grouped.

Half-years are those of the letters to parliament; weeks and weekdays are those of ISO 8601. The
names of months and weekdays are those of the Unicode Common Locale Data Repository (CLDR).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from babel.dates import get_day_names, get_month_names

FIRST_YEAR = 1995
LANGUAGES = {"": "en", "_nl": "nl"}
HALVES = {
    "": {1: "First half of {year}", 2: "Second half of {year}"},
    "_nl": {1: "Eerste helft van {year}", 2: "Tweede helft van {year}"},
}
HALF_ENDS = {1: (6, 30), 2: (12, 31)}
SATURDAY = 6

Columns = Mapping[str, tuple[Any, ...]]


def years_of(days: Iterable[dt.date]) -> tuple[int, int]:
    """Return the first and the last year of the calendar of these days; 1995 is always in it."""
    years = {FIRST_YEAR, *(day.year for day in days)}
    return min(years), max(years)


@cache
def calendar(first_year: int, last_year: int) -> Columns:
    """Return the columns of `dim_date` by name, a value a day, in order of the days.

    Args:
        first_year: its 1 January is the first day.
        last_year: its 31 December is the last day.
    """
    first = dt.date(first_year, 1, 1).toordinal()
    last = dt.date(last_year, 12, 31).toordinal()
    rows = [_row(dt.date.fromordinal(number)) for number in range(first, last + 1)]
    return {name: tuple(row[name] for row in rows) for name in rows[0]}


def half_year(day: dt.date) -> str:
    """Return the half-year of a day, such as 2025-H1."""
    return f"{day.year:04}-H{_half(day)}"


def _row(day: dt.date) -> dict[str, Any]:
    iso = day.isocalendar()
    half = _half(day)
    return {
        "date": day,
        "year": day.year,
        "half_year": half_year(day),
        "half_year_start": dt.date(day.year, 6 * half - 5, 1),
        "half_year_end": dt.date(day.year, *HALF_ENDS[half]),
        **{f"half_year_label{end}": HALVES[end][half].format(year=day.year) for end in LANGUAGES},
        "quarter": f"{day.year:04}-Q{(day.month + 2) // 3}",
        "month": f"{day.year:04}-{day.month:02}",
        "month_number": day.month,
        **{f"month_name{end}": _months(language)[day.month] for end, language in LANGUAGES.items()},
        "weekday_number": iso.weekday,
        **{
            f"weekday_name{end}": _weekdays(language)[day.weekday()]
            for end, language in LANGUAGES.items()
        },
        "iso_week": f"{iso.year:04}-W{iso.week:02}",
        "is_weekend": iso.weekday >= SATURDAY,
    }


def _half(day: dt.date) -> int:
    return 1 if day.month <= HALF_ENDS[1][0] else 2


@cache
def _months(language: str) -> Mapping[int, str]:
    return dict(get_month_names("wide", context="stand-alone", locale=language))


@cache
def _weekdays(language: str) -> Mapping[int, str]:
    """Return the names of weekdays; 0 is Monday, as in `datetime.date.weekday`."""
    return dict(get_day_names("wide", context="stand-alone", locale=language))
