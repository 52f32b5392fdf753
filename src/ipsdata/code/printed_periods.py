"""The days that a printed date may mean: a day, a month or a year, as far as the text says it."""

import re
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError

from ipsdata.code.dates import DateError, EdtfError, Period, parse_date, parse_edtf_period

YEAR = re.compile(r"(?:1[89]|20)[0-9]{2}")
JOINT = re.compile(r"\s+(?:tot en met|tot|t/m|en|to|until|and)\s+|\s*[–-]\s*")
PARTS = re.compile(
    r"^(?:begin|eind|medio|half|voorjaar|najaar|zomer|winter|early|late|mid)[ -]", re.IGNORECASE
)


def printed_period(text: str, language: str) -> Period | None:
    """Return the days that a date or period as printed spans; `None` where it names no year.

    "november 2023" is the month, "begin 2026" the year: a part such as "begin" has no fixed days.
    Of a period, both ends must name their year, or share that of the last.
    """
    whole = _single(text, language)
    if whole is not None:
        return whole
    ends = JOINT.split(text)
    return _between(ends[0], ends[1], language) if len(ends) == 2 else None


def _between(first: str, last: str, language: str) -> Period | None:
    end = _single(last, language)
    rest = last.split()
    completions = (first, *(" ".join([first, *rest[n:]]) for n in range(len(rest) - 1, 0, -1)))
    start = next((p for c in completions if (p := _single(c, language)) is not None), None)
    if start is None or end is None or end.end < start.start:
        return None
    return Period(start.start, end.end)


def _single(text: str, language: str) -> Period | None:
    bare = PARTS.sub("", " ".join(text.split()))
    if YEAR.fullmatch(bare):
        return parse_edtf_period(bare)
    month = _month_and_year(bare, language)
    if month is not None:
        return month
    try:
        day = parse_date(bare, language)
    except (DateError, EdtfError):
        return None
    return Period(day, day)


def _month_and_year(text: str, language: str) -> Period | None:
    name, _, year = text.rpartition(" ")
    number = _months(language).get(name.lower())
    if number is None or not YEAR.fullmatch(year):
        return None
    return parse_edtf_period(f"{year}-{number:02}")


@cache
def _months(language: str) -> dict[str, int]:
    try:
        names = Locale(language.partition("-")[0]).months["format"]["wide"]
    except UnknownLocaleError:
        return {}
    return {name.lower(): number for number, name in names.items()}
