"""Regular expressions of numbers in running text: digits, number words, ordinals, references.

All are pieces for one larger expression that ignores case. Repetitions are bounded, or cannot
give back what they took, so that no text makes matching slow.
"""

import re
from collections.abc import Iterable

from ipsdata.code import vocabulary as vocab

NOTHING = "(?!)"
SPACES = " \u00a0\u2007\u2008\u2009\u200a\u202f"
GAP = r"\s{1,4}"
ACCENTS = "\u0300-\u036f"
LETTER = r"[^\W\d_]"

WORD_START = rf"(?<![\w{ACCENTS}])"
WORD_END = rf"(?![\w{ACCENTS}])"

# "19" in "COVID-19", "7" in "24/7", "5" in ".5" and "12" in "’12" start no number.
_DIGITS_START = r"(?<!\w[-/])(?<![0-9][.,:'’])(?<!\s[.,])(?<!^[.,])(?!(?<=['’])[0-9]{2}(?![0-9.,]))"
# "24" in "24/7", "12" in "12a" and "2" in "2 ½" are no numbers; "12" in "12-jarige" is.
DIGITS_END = (
    rf"(?!\w)(?![/:.,'’]\d)(?!-(?:\d|{LETTER}(?!{LETTER})))(?!\s?[‰‱¼-¾⅐-⅞])(?![{ACCENTS}])"
)
START = rf"(?=[\w−-]){WORD_START}(?:(?![0-9])|{_DIGITS_START})"

_THREE = "[0-9]{3}(?![0-9])"
_GROUPED = rf"[0-9]{{1,3}}(?P<mark>[.,'’{SPACES}]){_THREE}(?:(?P=mark){_THREE})*+"
# A minus sign is part of the number, a hyphen is not.
_DIGITS = rf"(?:(?<![^\s(])[-−])?(?:{_GROUPED}(?:[.,][0-9]+)?|[0-9]+(?:[.,][0-9]+)?)"


def any_of(words: Iterable[str]) -> str:
    """Return the pattern of any of these words, the longest that fits."""
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    found = "|".join(re.escape(word).replace(r"\ ", GAP) for word in longest_first)
    return f"(?:{found})".replace("'", "['’]") if found else NOTHING


def amount_pattern(words: str | None) -> str:
    """Return the pattern of a number with its scale, its unit and a qualifier behind it.

    Its groups are "number" (digits), "number_word" and "percentage" (the unit).
    """
    attached = rf"\s{{0,4}}(?:{scale_pattern(words)}|{_percent(words)}|{_other_units(words)})"
    digits = rf"(?P<number>{_DIGITS})(?:(?={attached})|{DIGITS_END})"
    spelt = rf"(?P<number_word>{number_words(words)})"
    return rf"(?:{digits}|{spelt}){tail_pattern(words)}"


def tail_pattern(words: str | None) -> str:
    """Return the pattern, which may match nothing, of a scale, a unit, a qualifier behind."""
    unit = rf"(?P<percentage>{_percent(words)})|{_other_units(words)}"
    behind = any_of(vocab.QUALIFIERS_BEHIND.get(words or "", ()))
    return (
        rf"(?:\s{{0,4}}{scale_pattern(words)})?(?:\s{{0,4}}(?:{unit}))?"
        rf"(?:{GAP}{behind}{WORD_END}|\+(?!\w))?"
    )


def counted_pattern(words: str | None) -> str:
    """Return the pattern of what follows a number and never a year: a scale, a unit."""
    return rf"{GAP}(?:{scale_pattern(words)}|{_percent(words)}|{_other_units(words)})|\s?%|\+(?!\w)"


def sharing_pattern(words: str | None) -> str:
    """Return the pattern of what stands between two numbers of which the last has the scale."""
    return (
        rf"(?:{GAP}{any_of(vocab.SHARING_JOINTS.get(words or '', ()))}{GAP}|\s{{0,4}}[-–]\s{{0,4}})"
    )


def scale_pattern(words: str | None) -> str:
    """Return the pattern of a scale word, behind digits or words."""
    scales = set(vocab.SCALES.get(words or "", ()))
    glued = any_of(scales & vocab.SCALES_WITHOUT_SPACE)
    return rf"(?:{any_of(scales - vocab.SCALES_WITHOUT_SPACE)}|(?<=[0-9]){glued}){WORD_END}"


def _percent(words: str | None) -> str:
    spelt = (word for word, unit in _units(words).items() if unit == "percent" and word != "%")
    return f"(?:%|{any_of(spelt)}{WORD_END})"


def _other_units(words: str | None) -> str:
    return any_of(word for word, unit in _units(words).items() if unit != "percent") + WORD_END


def _units(words: str | None) -> dict[str, str]:
    return vocab.UNITS_OF_ANY_LANGUAGE | vocab.UNITS.get(words or "", {})


def reference_pattern(words: str | None) -> str:
    """Return the pattern of digits that name something: "p. 3", "29 911, nr. 454"."""
    names = any_of(vocab.REFERENCES.get(words or "", ()))
    dossier = rf"(?:[0-9]{{2}}[{SPACES}]?[0-9]{{3}}(?:[-{SPACES}][IVXLC]{{1,6}})?,?\s{{0,4}})?"
    return rf"{dossier}(?<!\w){names}\s{{0,4}}(?:\w++(?<=[0-9])(?:(?:[-/]|[.,:](?=\d))\w++)*+)"


# Number words and ordinals


def number_words(words: str | None) -> str:
    """Return the pattern of a number in words, without its last scale."""
    if words == "nl":
        return _dutch_words()
    return _english_words() if words == "en" else NOTHING


def ordinal_pattern(words: str | None) -> str:
    """Return the pattern of an ordinal, in words or in digits: "zesde", "6e"."""
    endings = any_of(vocab.ORDINAL_ENDINGS.get(words or "", ()))
    spelt = _dutch_ordinals() if words == "nl" else NOTHING
    spelt = _english_ordinals() if words == "en" else spelt
    return rf"(?:[0-9]{{1,9}}{endings}|{spelt}){WORD_END}"


_ACUTE_E = "(?:é|e\u0301)"
_DUTCH_ONE = f"(?:{_ACUTE_E}{_ACUTE_E}n|{_ACUTE_E}en)"
_DUTCH_AND = "(?:en|ën|e\u0308n)"
_DUTCH_ATOMS = [*vocab.DUTCH_BELOW_TWENTY[1:], *vocab.DUTCH_TENS, "honderd", "duizend"]
_DUTCH_ATOM = f"(?:{any_of(_DUTCH_ATOMS)}|{_DUTCH_ONE})"
_HALF = "hal(?:f|ve)"


def _dutch_words() -> str:
    """Take "honderd en vijf" and "twee en een half" as one, "twee en drie" as two.

    The article "een" is a number before a scale or a half only. What follows a scale ("twee
    miljoen driehonderdduizend") or a half ("half vijf") belongs to the number.
    """
    one, scale = f"(?:een|{_DUTCH_ONE})", _full_scales("nl")
    solid = f"{_DUTCH_ATOM}(?:{_DUTCH_AND}?{_DUTCH_ATOM}){{0,12}}(?:{_DUTCH_AND}{one}?{_HALF})?"
    token = f"(?:(?!een{WORD_END})(?:{solid}|nul){WORD_END})"
    more = (
        f"(?<=honderd|duizend){GAP}(?:en{GAP})?{token}|{GAP}komma{GAP}{token}|-en-{token}"
        f"|(?:{GAP}|-)en(?:{GAP}|-){one}(?:{GAP}|-){_HALF}{WORD_END}"
    )
    fractions = any_of([*map(vocab.dutch_ordinal, vocab.DUTCH_BELOW_TWENTY[3:11]), "kwart"])
    forms = [
        f"(?!een){_DUTCH_ATOM}(?:{GAP}|-)?{fractions}{WORD_END}",
        f"{token}(?:{more}){{0,4}}(?:{GAP}{scale}{GAP}{token})?",
        f"een(?={GAP}{scale})",
        f"(?:{one}{GAP})?{_HALF}{WORD_END}(?:{GAP}{token})?",
        f"anderhal(?:f|ve){WORD_END}",
        _vague("nl"),
    ]
    return "|".join(forms)


def _english_words() -> str:
    """Take "two hundred and five" as one, "two and three" as two; "a" before a hundred or so."""
    scale, big = _full_scales("en"), "(?:hundred|thousand)"
    joint, tens = f"(?:{GAP}|-)", any_of(vocab.ENGLISH_TENS)
    small = f"(?:(?:{tens}(?:{joint}{_english_below(10)})?|{_english_below(20)}){WORD_END})"
    more = (
        f"{joint}{big}{WORD_END}(?:{joint}(?:and{joint})?{small})?"
        f"|{joint}and{joint}a{joint}half{WORD_END}|{GAP}point{GAP}{small}"
    )
    ordinals = [vocab.english_ordinal(word) for word in vocab.ENGLISH_BELOW_TWENTY[3:11]]
    parts = any_of([*(f"{word}s" for word in ordinals), "quarters", "halves"])
    forms = [
        f"(?:{small}{joint}{parts}|one{joint}{any_of([*ordinals, 'quarter'])}){WORD_END}",
        f"{small}(?:{more}){{0,4}}(?:{GAP}{scale}{GAP}{small})?",
        f"a{GAP}{big}{WORD_END}(?:{joint}(?:and{joint})?{small})?(?:{more}){{0,4}}",
        f"a(?={GAP}{scale})",
        f"half(?:{GAP}an?(?={GAP}{scale}))?{WORD_END}",
        _vague("en"),
    ]
    return "|".join(forms)


def _english_below(number: int) -> str:
    return any_of(vocab.ENGLISH_BELOW_TWENTY[1 if number == 10 else 0 : number])


def _full_scales(words: str) -> str:
    full = (word for word in ("hundred", *vocab.SCALES[words]) if word.isalpha() and len(word) > 3)
    return any_of(full) + WORD_END


def _vague(words: str) -> str:
    vague = any_of(vocab.VAGUE_NUMBERS[words])
    return f"{vague}{WORD_END}(?:{GAP}{vague}{WORD_END})?|{_full_scales(words)}"


def _dutch_ordinals() -> str:
    words = [*vocab.DUTCH_BELOW_TWENTY, *vocab.DUTCH_TENS, "honderd", "duizend", "miljoen"]
    last = any_of(map(vocab.dutch_ordinal, words))
    return f"(?:{_DUTCH_ATOM}{_DUTCH_AND}?){{0,12}}{last}n?"


def _english_ordinals() -> str:
    words = [*vocab.ENGLISH_BELOW_TWENTY, *vocab.ENGLISH_TENS]
    big = any_of(map(vocab.english_ordinal, ("hundred", "thousand", "million")))
    units = any_of(map(vocab.english_ordinal, vocab.ENGLISH_BELOW_TWENTY[1:10]))
    joint = f"(?:{GAP}|-)"
    return (
        f"(?:{any_of(vocab.ENGLISH_TENS)}{joint}{units}|{any_of(map(vocab.english_ordinal, words))}"
        f"|(?:(?:{_english_below(20)}|{any_of(vocab.ENGLISH_TENS)}){joint})?{big})"
    )
