"""Regular expressions of dates and periods in running text, a language at a time.

A year is four digits from 1900 to 2099 that nothing after them makes a count. Patterns ignore
case, but for English months that are words.
"""

import re

from babel.dates import get_month_names

from ipsdata.code import vocabulary as vocab
from ipsdata.code.patterns import (
    DIGITS_END,
    GAP,
    NOTHING,
    WORD_END,
    any_of,
    counted_pattern,
    ordinal_pattern,
)

FOUR_DIGITS = "(?:19|20)[0-9]{2}"
_DAY_NUMBER = "(?:3[01]|[12][0-9]|0?[1-9])"
_MONTH_NUMBER = "(?:1[0-2]|0?[1-9])"
_ISO = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DAY_ENDINGS: dict[str, str] = {"en": "(?:st|nd|rd|th)?", "de": r"\.?", "fr": "(?:er)?"}


def date_pattern(words: str | None) -> str:
    """Return the pattern of a day, days of one month, a month or a year, as exact as printed."""
    parts = any_of(vocab.PARTS_OF_DATES.get(words or "", ()))
    behind = any_of(vocab.BEHIND_DATES.get(words or "", ()))
    part = rf"(?:{parts}(?:{GAP}|-)(?:{_of(words)}{GAP})?)?"
    forms = [*_numeric_dates(), *_month_dates(words), _year(words)]
    return rf"{part}(?:{'|'.join(forms)})(?:{GAP}{behind}{WORD_END})?"


def period_pattern(words: str | None) -> str:
    """Return the pattern of a period: "april tot juni", "2019-2021", "eerste helft van 2025"."""
    date, day, month = date_pattern(words), _day(words), _month(words)
    until = rf"(?:{GAP}{any_of(vocab.UNTIL.get(words or '', ()))}{GAP}|\s{{0,4}}[-–]\s{{0,4}})"
    year = rf"(?:,?{GAP}{_year(words)})?"
    part = any_of(vocab.PARTS_OF_YEARS.get(words or "", ()))
    forms = [
        rf"{day}{until}{day}{GAP}{month}{year}",
        rf"{FOUR_DIGITS}(?!\d){until}{_year(words)}",
        rf"{month}{until}{month},?{GAP}{_year(words)}",
        rf"{date}{until}{date}",
        rf"{ordinal_pattern(words)}{GAP}{part}{GAP}(?:{_of(words)}{GAP})?"
        rf"(?:{month}{year}|{_year(words)})",
    ]
    if words in vocab.MONTH_FIRST:
        forms.insert(0, rf"{month}{GAP}{day}{until}{day}{_no_amount(words)}{year}")
    return "|".join(forms)


def _numeric_dates() -> list[str]:
    in_any_order = f"(?:{_DAY_NUMBER}M{_MONTH_NUMBER}|{_MONTH_NUMBER}M{_DAY_NUMBER})M[0-9]{{4}}"
    forms = [in_any_order.replace("M", re.escape(mark)) for mark in "-/."]
    return [f"(?:{form}){DIGITS_END}" for form in (_ISO, *forms)]


def _month_dates(words: str | None) -> list[str]:
    if words is None:
        return []
    day, month, year = _day(words), _month(words), _year(words)
    joint = any_of(vocab.DAY_JOINTS[words])
    days = rf"{day}(?:,{GAP}{day}){{0,3}}(?:{GAP}{joint}{GAP}{day})?"
    forms = [
        rf"{days}{GAP}(?:{_of(words)}{GAP})?{month}(?:,?{GAP}{year})?",
        rf"{month},?{GAP}(?:{_of(words)}{GAP})?{year}",
        _bare_month(words),
    ]
    if words in vocab.MONTH_FIRST:
        forms.insert(0, rf"{month}{GAP}{day}{_no_amount(words)}(?:,?{GAP}{year})?")
    return forms


def _day(words: str | None) -> str:
    return rf"{_DAY_NUMBER}{_DAY_ENDINGS.get(words or '', '')}(?!\w)(?![.,:/]\d)"


def _month(words: str | None) -> str:
    """Return the pattern of a month that has a day or a year."""
    if words is None:
        return NOTHING
    short = {name.rstrip(".") for name in get_month_names("abbreviated", locale=words).values()}
    short |= {*vocab.MORE_ABBREVIATED_MONTHS.get(words, ())}
    names = {*_wide_months(words), *short}
    words_too = {*vocab.MONTHS_THAT_ARE_WORDS.get(words, ())}
    capitals = f"(?-i:{any_of({*words_too, *(name.upper() for name in words_too)})})"
    return rf"(?:{any_of(names - words_too)}|{capitals})\.?{WORD_END}"


def _bare_month(words: str) -> str:
    """Return the pattern of a month that stands alone: the full name, and no other word."""
    words_too = vocab.MONTHS_THAT_ARE_WORDS.get(words, ())
    wide = _wide_months(words)
    before = "|".join(rf"(?<=\b{word}\s)" for word in vocab.BEFORE_MONTHS.get(words, ()))
    capitals = rf"(?:{before or NOTHING})(?-i:{any_of(wide & {*words_too})})"
    return rf"(?:{any_of(wide - {*words_too})}|{capitals}){WORD_END}"


def _wide_months(words: str) -> set[str]:
    return set(get_month_names("wide", locale=words).values())


def _year(words: str | None) -> str:
    return rf"{FOUR_DIGITS}{DIGITS_END}(?!{counted_pattern(words)})"


def _no_amount(words: str | None) -> str:
    return rf"(?![.,]\d)(?!{counted_pattern(words)})"


def _of(words: str | None) -> str:
    return vocab.OF.get(words or "", NOTHING)
