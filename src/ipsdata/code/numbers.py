"""Printed numbers: what a text such as "ruim 4,9 miljoen" says, as a value and an interval.

A wrong interval is the worst error that this package can make, so a text is read in full and in
one language, or not at all; nothing is completed or guessed.

*Quanta.* The unit of the last printed digit of "93,1 miljoen" is 0.1 million. The *conservative*
quantum is the unit of the last digit that is not zero: of "960.000", ten thousand.

*Counts* are exact: "397.804", "zeven", "vijfendertigduizend".

*Rounded to the last printed digit*, half a quantum on either side, are:
- numbers with a scale word: "93,1 miljoen" is [93.05, 93.15) million, "vijftien miljard" is
  [14.5, 15.5) milliard; "a half" has a quantum of a half;
- decimal fractions;
- quantities that are measured: percentages, full-time equivalents (fte) and what the caller calls
  `continuous`, such as a mean: "28%" is [27.5, 28.5).

*Qualifiers*, with v the value and q the conservative quantum:
- more than: (v, ∞); at least: [v, ∞); less than: [0, v); at most: [0, v];
- just under ("bijna"): (v - q, v); just over: (v, v + q), and with "ruim" [v, v + q);
- approximately: [v - q, v + q].

*Stated* by the caller, who knows it from elsewhere: as the qualifiers; rounded and truncated
counts have the conservative quantum ("861900" rounded is [861850, 861950)); truncated is
[v, v + q); derived is a quotient of two printed numbers, "200778 / 1.30".

No interval goes below zero.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache

from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from text_to_num import text2num

from ipsdata.code import vocabulary
from ipsdata.code.vocabulary import Precision
from ipsdata.intervals import ZERO, Interval

__all__ = ["NumberError", "Precision", "PrintedNumber", "parse_number", "truncated"]

MAX_LENGTH = 200
MAX_DIGITS = 15  # as many as every float64 holds exactly
EXAMPLE = Decimal("1234567.89")
QUOTIENTS = Context(prec=MAX_DIGITS, rounding=ROUND_HALF_EVEN)

TYPOGRAPHIC_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2008\u2009\u200a\u202f"), " ")
TYPOGRAPHIC_APOSTROPHES = {ord("’"): "'"}

DIGITS_AND_REST = re.compile(r"(?P<digits>[0-9](?:[0-9.,' ]*[0-9])?)(?P<rest>.*)", re.DOTALL)
GROUPED_IN_ANY_LANGUAGE = re.compile(
    r"[1-9][0-9]{0,2}(?P<mark>[ '])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:[.,][0-9]+)?"
)
SPELT = re.compile(r"[a-zéèëï]+(?:[ -][a-zéèëï]+)*")


class NumberError(ValueError):
    """A printed text is no number, or its meaning is not certain."""


@dataclass(frozen=True)
class PrintedNumber:
    """A number as printed, and the numbers that the text allows."""

    as_printed: str
    value: Decimal
    precision: Precision
    interval: Interval
    quantum: Decimal
    unit: str | None


@dataclass(frozen=True)
class _Amount:
    """A number without qualifier or unit; `is_rounded` where its form tells that it is no count."""

    value: Decimal
    last_digit: Decimal
    last_nonzero_digit: Decimal
    is_rounded: bool

    def scaled(self, factor: int) -> "_Amount":
        quanta = self.last_digit * factor, self.last_nonzero_digit * factor
        return _Amount(self.value * factor, *quanta, is_rounded=True)


@dataclass(frozen=True)
class _Phrase:
    """A text taken apart."""

    amount: _Amount
    unit: str | None
    qualifiers: tuple[str, ...]
    precision: Precision | None


def parse_number(
    text: str,
    language: str | None,
    *,
    stated: Precision | None = None,
    continuous: bool = False,
) -> PrintedNumber:
    """Read one printed number; the rules are in the docstring of this module.

    Args:
        text: the number as printed, with its qualifier and unit, and nothing else.
        language: "nl", "en", "fr", "de", "de-CH", "fr-CH", or None where it is unknown: then only
            digits are read whose meaning is the same in every language.
        stated: the precision, where the caller knows it from elsewhere.
        continuous: whether the quantity is measured rather than counted, as a mean is.

    Raises:
        NumberError: the text is no number, or means different things in different languages, or
            contradicts `stated`.
    """
    if language is not None and language not in vocabulary.LOCALES:
        known = ", ".join(vocabulary.LOCALES)
        raise NumberError(f"found the language {language!r}, expected one of {known}, or None")
    if stated is Precision.DERIVED:
        return _parse_quotient(text, language)
    phrase = _take_apart(text, language)
    amount, is_measured = phrase.amount, continuous or phrase.unit is not None
    if is_measured:
        amount = replace(amount, is_rounded=True)
    precision = _settle(text, phrase.precision, stated, amount)
    quantum = _quantum(amount, precision)
    interval = _interval(text, amount.value, quantum, precision)
    if precision is Precision.JUST_OVER and _excludes_equality(phrase.qualifiers):
        interval = replace(interval, low_closed=False)
    return PrintedNumber(
        text, _plain(amount.value), precision, interval, _plain(quantum), phrase.unit
    )


def truncated(number: PrintedNumber) -> Interval:
    """Return the interval if the digits had been cut off rather than rounded.

    "93,1 miljoen" gives [93.1, 93.2) million. A number that is not rounded keeps its interval.
    """
    if number.precision is not Precision.ROUNDED:
        return number.interval
    return Interval(number.value, number.value + number.quantum, high_closed=False)


# What the precision means


_MEANINGS: dict[Precision, Callable[[Decimal, Decimal], Interval]] = {
    Precision.EXACT: lambda v, _: Interval.point(v),
    Precision.ROUNDED: lambda v, q: Interval(_clip(v - q / 2), v + q / 2, high_closed=False),
    Precision.TRUNCATED: lambda v, q: Interval(v, v + q, high_closed=False),
    Precision.APPROXIMATE: lambda v, q: Interval(_clip(v - q), v + q),
    Precision.MORE_THAN: lambda v, _: Interval(v, None, low_closed=False),
    Precision.AT_LEAST: lambda v, _: Interval(v, None),
    Precision.LESS_THAN: lambda v, _: Interval(ZERO, v, high_closed=False),
    Precision.AT_MOST: lambda v, _: Interval(ZERO, v),
    Precision.JUST_UNDER: lambda v, q: Interval(_clip(v - q), v, False, False),
    Precision.JUST_OVER: lambda v, q: Interval(v, v + q, high_closed=False),
}


def _clip(bound: Decimal) -> Decimal:
    return max(bound, ZERO)


def _interval(text: str, value: Decimal, quantum: Decimal, precision: Precision) -> Interval:
    interval_of = _MEANINGS[precision]
    try:
        return interval_of(_plain(value), _plain(quantum))
    except ValueError:
        raise NumberError(
            f"found {text!r}, which is below zero; expected a number of at least 0"
        ) from None


def _quantum(amount: _Amount, precision: Precision) -> Decimal:
    if precision is Precision.EXACT:
        return amount.last_digit
    if precision in (Precision.ROUNDED, Precision.TRUNCATED) and amount.is_rounded:
        return amount.last_digit
    return amount.last_nonzero_digit


def _settle(
    text: str, printed: Precision | None, stated: Precision | None, amount: _Amount
) -> Precision:
    if printed and stated and printed is not stated:
        raise NumberError(
            f"found {text!r}, which says {printed.value!r}, with the stated precision "
            f"{stated.value!r}; expected them to agree: correct the one that is wrong"
        )
    natural = Precision.ROUNDED if amount.is_rounded else Precision.EXACT
    return printed or stated or natural


def _excludes_equality(qualifiers: tuple[str, ...]) -> bool:
    return bool(qualifiers) and vocabulary.JUST_OVER_OR_EQUAL.isdisjoint(qualifiers)


def _parse_quotient(text: str, language: str | None) -> PrintedNumber:
    """Read a quotient of two printed numbers.

    The value, cut to 15 digits, may fall outside the quotient of two exact counts: the interval
    is widened to hold it.
    """
    parts = text.split("/")
    if len(parts) != 2:
        raise NumberError(f"found {text!r}, expected two numbers and a slash, such as '200778 / 2'")
    dividend, divisor = (parse_number(part, language) for part in parts)
    if dividend.unit or divisor.unit:
        raise NumberError(f"found {text!r}, expected a quotient of two numbers without a unit")
    if dividend.interval.high is None or divisor.interval.high is None:
        raise NumberError(f"found {text!r}, expected a quotient of two numbers with bounds")
    try:
        interval = dividend.interval.divided_by(divisor.interval)
    except ValueError as error:
        raise NumberError(f"found {text!r}, expected a quotient with bounds: {error}") from None
    value = QUOTIENTS.divide(dividend.value, divisor.value)
    held = _widened(interval, value)
    return PrintedNumber(text, _plain(value), Precision.DERIVED, held, Decimal(1), None)


def _widened(interval: Interval, value: Decimal) -> Interval:
    if interval.low is not None and value <= interval.low:
        return replace(interval, low=value, low_closed=True)
    if interval.high is not None and value >= interval.high:
        return replace(interval, high=value, high_closed=True)
    return interval


# How a text is taken apart


def _take_apart(text: str, language: str | None) -> _Phrase:
    words = vocabulary.WORDS_OF[language] if language else None
    phrases, body = _split_qualifiers(_normalised(text), words)
    before = [meaning for phrase in phrases if (meaning := _qualifiers(words)[phrase])]
    behind, body = _split_qualifier_behind(body, words)
    meanings = {*before, *behind}
    if len(meanings) > 1:
        found = " and ".join(sorted(meanings))
        raise NumberError(f"found {text!r}, which says {found}; expected one qualifier")
    digits = DIGITS_AND_REST.fullmatch(body)
    try:
        if digits:
            amount, unit = _read_digits(digits["digits"], digits["rest"], language)
        else:
            amount, unit = _read_words(body, language)
    except NumberError as error:
        raise NumberError(f"found {text!r}: {error}") from None
    return _Phrase(amount, unit, phrases, next(iter(meanings), None))


def _normalised(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise NumberError(f"found a text of {len(text)} characters, expected one printed number")
    body = unicodedata.normalize("NFC", text).translate(
        TYPOGRAPHIC_SPACES | TYPOGRAPHIC_APOSTROPHES
    )
    if not body.strip():
        raise NumberError(f"found {text!r}, which is empty; expected a number")
    if "/" in body:
        raise NumberError(
            f"found {text!r}, expected no quotient; if it is one, state it as derived"
        )
    if any(character.isnumeric() and not character.isascii() for character in body):
        raise NumberError(f"found {text!r}, expected the digits 0 to 9 only")
    return body.strip().lower()


@cache
def _qualifiers(words: str | None) -> dict[str, Precision | None]:
    """Return what each phrase before a number means; emphasis means nothing."""
    known: dict[str, Precision | None] = dict(vocabulary.QUALIFIERS_OF_ANY_LANGUAGE)
    if words:
        known |= dict.fromkeys(vocabulary.EMPHASIS[words])
        for precision, phrases in vocabulary.QUALIFIERS[words].items():
            known |= dict.fromkeys(phrases, precision)
    return known


@cache
def _qualifier_pattern(words: str | None) -> re.Pattern[str]:
    """Match one phrase, the longest that fits; a letter may not follow a letter."""
    longest_first = sorted(_qualifiers(words), key=len, reverse=True)
    phrases = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest_first)
    return re.compile(rf"(?P<phrase>{phrases})(?:(?<!\w)|(?!\w))\s*")


def _split_qualifiers(body: str, words: str | None) -> tuple[tuple[str, ...], str]:
    phrases = []
    while found := _qualifier_pattern(words).match(body):
        phrases.append(" ".join(found["phrase"].split()))
        body = body[found.end() :]
    return tuple(phrases), body


def _split_qualifier_behind(body: str, words: str | None) -> tuple[set[Precision], str]:
    known = vocabulary.QUALIFIERS_BEHIND_OF_ANY_LANGUAGE
    if words:
        known = known | vocabulary.QUALIFIERS_BEHIND[words]
    for phrase, precision in known.items():
        if body.endswith(phrase):
            return {precision}, body.removesuffix(phrase).rstrip()
    return set(), body


def _units(language: str | None) -> dict[str, str]:
    own = vocabulary.UNITS[vocabulary.WORDS_OF[language]] if language else {}
    return vocabulary.UNITS_OF_ANY_LANGUAGE | own


def _scales(language: str | None) -> dict[str, int]:
    return vocabulary.SCALES[vocabulary.WORDS_OF[language]] if language else {}


# Numbers in digits


def _read_digits(digits: str, rest: str, language: str | None) -> tuple[_Amount, str | None]:
    amount = _amount(_parse_digits(digits, language))
    scale, unit = _read_tail(rest, language)
    return (amount.scaled(scale) if scale else amount), unit


def _read_tail(rest: str, language: str | None) -> tuple[int | None, str | None]:
    """Read what follows the digits: a scale, a unit, both or neither."""
    tail, scales, units = " ".join(rest.split()), _scales(language), _units(language)
    if not tail:
        return None, None
    if tail in units:
        return None, units[tail]
    word, _, unit = tail.partition(" ")
    if word not in scales or (unit and unit not in units):
        raise NumberError(_unknown_words(tail, language))
    if word in vocabulary.SCALES_WITHOUT_SPACE and rest[0].isspace():
        raise NumberError(f"expected no space before {word!r}, or the scale in full")
    return scales[word], units.get(unit)


def _unknown_words(words: str, language: str | None) -> str:
    if language is None:
        return f"{words!r} can be read in a known language only; give the language"
    return (
        f"{words!r} is no number word, scale, unit or qualifier in language {language!r}; expected "
        "one number and nothing else"
    )


def _parse_digits(digits: str, language: str | None) -> Decimal:
    """Read digits with their separators; babel is strict only within the limits checked here."""
    if len(re.sub("[^0-9]", "", digits).lstrip("0")) > MAX_DIGITS:
        raise NumberError(f"expected at most {MAX_DIGITS} digits: more cannot be stored exactly")
    if re.match("0[0-9]", digits):
        raise NumberError("a number does not start with a zero, a code may; expected a number")
    plain = _ungrouped(digits)
    marks = set(plain) - set("0123456789")
    if language is None:
        return _parse_in_any_language(plain, marks)
    if not marks <= set(vocabulary.SEPARATORS[language]):
        raise NumberError(_malformed(digits, language))
    try:
        return parse_decimal(plain, locale=vocabulary.LOCALES[language], strict=True)
    except NumberFormatError:
        raise NumberError(_malformed(digits, language)) from None


def _ungrouped(digits: str) -> str:
    """Remove the spaces or apostrophes that group digits in threes, in any language."""
    if not set(digits) & set(" '"):
        return digits
    found = GROUPED_IN_ANY_LANGUAGE.fullmatch(digits)
    if not found:
        raise NumberError("expected one number, its digits in groups of three or not at all")
    return digits.replace(found["mark"], "")


def _malformed(digits: str, language: str) -> str:
    example = format_decimal(EXAMPLE, locale=vocabulary.LOCALES[language])
    return (
        f"{digits!r} is no number in language {language!r}; expected the form of {example}: check "
        "the digits and the language"
    )


def _parse_in_any_language(digits: str, marks: set[str]) -> Decimal:
    if not marks:
        return Decimal(digits)
    readings = ", ".join(_reading(digits, language) for language in ("nl", "en"))
    raise NumberError(f"{digits!r} is ambiguous ({readings}); give the language")


def _reading(digits: str, language: str) -> str:
    try:
        return f"{_plain(_parse_digits(digits, language))} in {language!r}"
    except NumberError:
        return f"no number in {language!r}"


# Numbers in words


def _read_words(body: str, language: str | None) -> tuple[_Amount, str | None]:
    if language is None:
        raise NumberError(_unknown_words(body, None))
    words, unit = _split_unit(" ".join(body.split()), language)
    head, _, last = words.rpartition(" ")
    scale = _scales(language).get(last)
    if not head or not scale or last in vocabulary.SCALES_WITHOUT_SPACE:
        return _words_amount(_one_for_a(words, language, unit), language), unit
    return _words_amount(_one_for_a(head, language, last), language).scaled(scale), unit


def _split_unit(words: str, language: str) -> tuple[str, str | None]:
    for word, unit in _units(language).items():
        if words.endswith(f" {word}"):
            return words.removesuffix(word).rstrip(), unit
    return words, None


def _one_for_a(words: str, language: str, noun: str | None) -> str:
    """Write "one" for the article of "a hundred" and, before a scale or unit, of "a million"."""
    if language != "en":
        return words
    if noun:
        words = "half" if words == "half a" else words
    return re.sub(r"^a\b" if noun else "^a(?= (?:hundred|thousand))", "one", words)


def _words_amount(words: str, language: str) -> _Amount:
    half = Decimal("0.5")
    if words in vocabulary.HALVES.get(language, ()):
        return _Amount(half, half, half, is_rounded=True)
    if words in vocabulary.ONE_AND_A_HALF.get(language, ()):
        return _Amount(1 + half, half, half, is_rounded=True)
    halved = re.fullmatch(vocabulary.AND_A_HALF.get(language, "(?P<whole>)"), words)
    if halved:
        return _Amount(_count(halved["whole"], language) + half, half, half, is_rounded=True)
    return _amount(Decimal(_count(words, language)))


def _count(words: str, language: str) -> int:
    """Read number words, and refuse what text2num reads past: "nul vijf" is not 5."""
    spelling = SPELLINGS.get(language)
    if spelling is None or not SPELT.fullmatch(words):
        raise NumberError(_unknown_words(words, language))
    folded = _without_accents(words).replace("-", " ")
    try:
        number = int(text2num(_as_text2num_spells(folded, language), language))
    except ValueError:
        raise NumberError(_unknown_words(words, language)) from None
    if number >= vocabulary.MILLION or not re.fullmatch(spelling(number), folded):
        raise NumberError(f"{words!r} is not one number, well spelt; expected digits")
    return number


SPELLINGS: dict[str, Callable[[int], str]] = {
    "nl": vocabulary.dutch_spelling,
    "en": vocabulary.english_spelling,
}


def _without_accents(words: str) -> str:
    decomposed = unicodedata.normalize("NFD", words)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _as_text2num_spells(words: str, language: str) -> str:
    """Put back the one diaeresis that text2num needs: it reads "tweeën" and not "tweeen"."""
    return re.sub("(twee|drie)en", r"\1ën", words) if language == "nl" else words


# Decimals


def _amount(value: Decimal) -> _Amount:
    """Return a number in digits, or that could have been printed so, with its quanta."""
    last_digit = Decimal(1).scaleb(_exponent(value))
    last_nonzero_digit = Decimal(1).scaleb(_exponent(value.normalize())) if value else last_digit
    return _Amount(value, last_digit, last_nonzero_digit, is_rounded=last_digit < 1)


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)


def _plain(number: Decimal) -> Decimal:
    """Return the same number without trailing zeros or exponent: 93100000, not 93100000.0."""
    return Decimal(int(number)) if number == int(number) else number.normalize()
