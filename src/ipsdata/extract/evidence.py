"""Evidence: whether a printed text can be what the coded value of a column rests on.

Only what both say is compared, so that a slip of the pen is found: a month or day that the text
names and the value contradicts, or another number. What the text leaves open is for a person.
"""

import re
from collections.abc import Callable

from ipsdata.code import vocabulary
from ipsdata.code.dates import EdtfError, Period, parse_edtf_period
from ipsdata.code.printed_periods import printed_period
from ipsdata.extract.quantities import find_quantities

MAX_DIGITS = 9
LEADING_DIGITS = re.compile(f"[0-9]{{1,{MAX_DIGITS}}}(?![0-9])")
SPELT_ORDINALS: dict[str, Callable[[int], str]] = {
    "nl": lambda number: vocabulary.dutch_ordinal(vocabulary.dutch_spelling(number)),
    "en": lambda number: vocabulary.english_ordinal(vocabulary.english_spelling(number)),
}
JUST_PAST = (" jl.", " j.l.")  # Dutch for "last": the year is that of the letter


def contradicts(value: str, text: str, language: str) -> bool:
    """Whether a text says another date or number than the coded value of the column.

    Args:
        value: an EDTF level 0 string or a whole number; of anything else nothing is known.
        text: as printed; a date without a year is read in the years of the value.
    """
    is_number = value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS
    names_day = printed_period(text, language) is not None
    if is_number and not names_day and _other_number(int(value), text, language):
        return True
    try:
        coded = parse_edtf_period(value)
    except EdtfError:
        return False
    said = _said(text, coded, language)
    return bool(said) and not any(period.overlaps(coded) for period in said)


def _other_number(value: int, text: str, language: str) -> bool:
    """Whether the one number or ordinal in a text is another; of several nothing is known."""
    found = find_quantities(text, language)
    if len(found) != 1:
        return False
    if found[0].kind == "ordinal":
        return _other_ordinal(value, found[0].text.lower(), language)
    return found[0].number is not None and value not in found[0].number.interval


def _other_ordinal(value: int, text: str, language: str) -> bool:
    digits = LEADING_DIGITS.match(text)
    if digits:
        return int(digits[0]) != value
    spell = SPELT_ORDINALS.get(language)
    return spell is not None and value < 100 and text != spell(value)


def _said(text: str, coded: Period, language: str) -> list[Period]:
    """Return what the text says, completed by the value's first and last year if it names none."""
    whole = printed_period(text, language)
    if whole is not None:
        return [whole]
    bare = text
    for mark in JUST_PAST:
        bare = bare.removesuffix(mark)
    years = sorted({coded.start.year, coded.end.year})
    found = (printed_period(f"{bare} {year}", language) for year in years)
    return [period for period in found if period is not None]
