"""Quantities: every number and date of a running text, each with its place.

Two passes. The first finds what has a grammar: dates, periods, amounts with their qualifier, scale
and unit, ordinals, references. The second sweeps up every digit that is left, as a code: nothing
with a digit is ever missed. Among words, finding too much is the lesser evil.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import zip_longest

from ipsdata.code import vocabulary as vocab
from ipsdata.code.date_patterns import FOUR_DIGITS, date_pattern, period_pattern
from ipsdata.code.numbers import NumberError, PrintedNumber, parse_number
from ipsdata.code.patterns import (
    GAP,
    START,
    WORD_START,
    amount_pattern,
    any_of,
    ordinal_pattern,
    reference_pattern,
    scale_pattern,
    sharing_pattern,
)

# The first that a match has names its kind; a percentage is a number, or number words, as well.
KINDS = ("code", "period", "date", "ordinal", "percentage", "number", "number_word")
AMOUNTS = frozenset({"percentage", "number", "number_word"})

# No qualifier is longer; and no text has more of them before one number.
QUALIFIER_WINDOW = 48
MAX_QUALIFIERS = 3

BARE_YEAR = re.compile(FOUR_DIGITS)
YEARS = re.compile(rf"({FOUR_DIGITS})\D+({FOUR_DIGITS})")
JOINT = re.compile(r"\s+(?:en|and)\s+", re.IGNORECASE)

# Words, and digits joined by marks: "COVID-19", "24/7-noodhulp", "’24".
CLUMP = re.compile(r"['’]?\w++(?:(?:[-/]|(?<=\d)[.,:'’](?=\d))\w++)*+%?")
WORDS_BEHIND_CODE = re.compile(r"(?P<rest>\w*)(?:[-/]\w{3,})+")


@dataclass(frozen=True)
class Quantity:
    """A number or date found in a text.

    Attributes:
        start: where it starts, from 0.
        end: where it ends, itself excluded.
        text: the text from `start` to `end`.
        kind: "date", "period", "number", "percentage", "number_word", "ordinal" or "code".
        number: what the text says, where all of it can be read as a number.
    """

    start: int
    end: int
    text: str
    kind: str
    number: PrintedNumber | None


def find_quantities(text: str, language: str) -> tuple[Quantity, ...]:
    """Find every number, number word, percentage and date, in order and without overlap.

    Number words and month names are known in Dutch and English, month names in German and French
    too; of any other language only digits are found.
    """
    found: list[Quantity] = []
    end = 0
    for match in _grammar(_words_of(language)).finditer(text):
        found.extend(_codes(text, end, match.start()))
        found.extend(_from_match(match, found[-1].end if found else 0, language))
        end = match.end()
    found.extend(_codes(text, end, len(text)))
    return tuple(_without_shared_scales(text, found, _words_of(language)))


def _words_of(language: str) -> str | None:
    return vocab.WORDS_OF.get(language)


@cache
def _grammar(words: str | None) -> re.Pattern[str]:
    named = {
        "code": reference_pattern(words),
        "period": period_pattern(words),
        "date": date_pattern(words),
        "ordinal": ordinal_pattern(words),
    }
    forms = [f"(?P<{kind}>{pattern})" for kind, pattern in named.items()]
    return re.compile(rf"{START}(?:{'|'.join([*forms, amount_pattern(words)])})", re.IGNORECASE)


def _from_match(match: re.Match[str], floor: int, language: str) -> list[Quantity]:
    """Return the quantity of a match, or two: "honderd en tweehonderd" is no one number."""
    kind = next(kind for kind in KINDS if match[kind] is not None)
    text, (start, end) = match.string, match.span()
    qualifier_start = _qualifier_start(text, start, floor, language)
    if kind == "date" and _is_amount(text, qualifier_start, start, match[0], language):
        kind = "number"
    if kind == "period" and _ends_before_it_starts(match[0]):
        kind = "code"
    if kind not in AMOUNTS:
        return [Quantity(start, end, match[0], kind, None)]
    whole = _amount(text, (qualifier_start, end), kind, language)
    return [whole] if whole.number else _halves(text, whole, language) or [whole]


def _amount(text: str, span: tuple[int, int], kind: str, language: str) -> Quantity:
    printed = text[slice(*span)]
    return Quantity(*span, printed, kind, _read(printed, language))


@lru_cache(maxsize=1024)
def _read(printed: str, language: str) -> PrintedNumber | None:
    try:
        return parse_number(printed, language if language in vocab.LOCALES else None)
    except NumberError:
        return None


def _halves(text: str, whole: Quantity, language: str) -> list[Quantity]:
    """Return the two numbers that "and" joins, if there are two."""
    joints = list(JOINT.finditer(whole.text))
    if len(joints) != 1:
        return []
    middle, last = (whole.start + place for place in joints[0].span())
    first = _amount(text, (whole.start, middle), "number_word", language)
    second = _amount(text, (last, whole.end), whole.kind, language)
    return [first, second] if first.number and second.number else []


def _ends_before_it_starts(period: str) -> bool:
    years = YEARS.fullmatch(period)
    return years is not None and years[1] >= years[2]


# Qualifiers


@cache
def _qualifier_behind(words: str | None) -> re.Pattern[str]:
    """Match a qualifier, the longest, at the end of a text; emphasis may stand behind it."""
    by_meaning = vocab.QUALIFIERS.get(words or "", {})
    phrases = any_of(phrase for known in by_meaning.values() for phrase in known)
    emphasis = any_of(vocab.EMPHASIS.get(words or "", ()))
    marks = any_of(vocab.QUALIFIERS_OF_ANY_LANGUAGE)
    return re.compile(
        rf"(?:{WORD_START}{phrases}(?:{GAP}|(?<=\.))|{marks}\s{{0,4}})(?:{emphasis}{GAP})?\Z",
        re.IGNORECASE,
    )


def _qualifier_start(text: str, start: int, floor: int, language: str) -> int:
    """Return where a number starts, its qualifiers included."""
    pattern = _qualifier_behind(_words_of(language))
    for _ in range(MAX_QUALIFIERS):
        found = pattern.search(text, max(floor, start - QUALIFIER_WINDOW), start)
        if not found:
            break
        start = found.start()
    return start


def _is_amount(text: str, qualifier: int, start: int, date: str, language: str) -> bool:
    """Whether four digits are no year, as the qualifier says: "meer dan 2000"."""
    of_amounts = vocab.QUALIFIERS_OF_AMOUNTS.get(_words_of(language) or "", frozenset())
    phrase = " ".join(text[qualifier:start].lower().split())
    return BARE_YEAR.fullmatch(date) is not None and phrase in of_amounts


# Scales and units that two numbers share


def _without_shared_scales(
    text: str, found: list[Quantity], words: str | None
) -> Iterator[Quantity]:
    """Leave open what "2" says in "2 à 3 miljoen": two, or two million."""
    joint, scale = _sharing(words)
    for quantity, following in zip_longest(found, found[1:]):
        if (
            following
            and quantity.kind in AMOUNTS
            and joint.fullmatch(text, quantity.end, following.start)
            and _has_scale(following, scale)
            and not _has_scale(quantity, scale)
        ):
            yield replace(quantity, number=None)
        else:
            yield quantity


@cache
def _sharing(words: str | None) -> tuple[re.Pattern[str], re.Pattern[str]]:
    joint = re.compile(sharing_pattern(words), re.IGNORECASE)
    return joint, re.compile(
        rf"\s{scale_pattern(words)}|[0-9]{scale_pattern(words)}", re.IGNORECASE
    )


def _has_scale(quantity: Quantity, scale: re.Pattern[str]) -> bool:
    is_scaled = quantity.kind in AMOUNTS and scale.search(quantity.text) is not None
    return is_scaled or quantity.kind == "percentage"


# What is left


def _codes(text: str, start: int, end: int) -> Iterator[Quantity]:
    """Yield all that has a digit between two places; hyphened words behind are left out."""
    for clump in CLUMP.finditer(text, start, end):
        digits = [n for n, character in enumerate(clump[0]) if character.isnumeric()]
        if digits:
            behind = WORDS_BEHIND_CODE.fullmatch(clump[0], digits[-1] + 1)
            printed = clump[0][: behind.end("rest")] if behind else clump[0]
            yield Quantity(clump.start(), clump.start() + len(printed), printed, "code", None)
