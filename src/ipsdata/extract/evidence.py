"""Evidence: whether a printed text can be what the coded value of a column rests on.

Only what both say is compared, so that a slip of the pen is found: a month or day that the text
names and the value contradicts, or another number. What the text leaves open is for a person.
"""

from ipsdata.code.dates import EdtfError, Period, parse_edtf_period
from ipsdata.code.numbers import NumberError, parse_number
from ipsdata.code.printed_periods import printed_period

JUST_PAST = (" jl.", " j.l.")  # Dutch for "last": the year is that of the letter


def contradicts(value: str, text: str, language: str) -> bool:
    """Whether a text says another date or number than the coded value of the column.

    Args:
        value: an EDTF level 0 string or a whole number; of anything else nothing is known.
        text: as printed; a date without a year is read in the years of the value.
    """
    if value.isascii() and value.isdigit() and len(value) < 4:
        return _other_number(int(value), text, language)
    try:
        coded = parse_edtf_period(value)
    except EdtfError:
        return False
    said = _said(text, coded, language)
    return bool(said) and not any(period.overlaps(coded) for period in said)


def _other_number(value: int, text: str, language: str) -> bool:
    try:
        return value not in parse_number(text, language).interval
    except NumberError:
        return False


def _said(text: str, coded: Period, language: str) -> list[Period]:
    """Return what the text says, completed by each year that the value spans if it names none."""
    whole = printed_period(text, language)
    if whole is not None:
        return [whole]
    bare = text
    for mark in JUST_PAST:
        bare = bare.removesuffix(mark)
    years = range(coded.start.year, coded.end.year + 1)
    found = (printed_period(f"{bare} {year}", language) for year in years)
    return [period for period in found if period is not None]
