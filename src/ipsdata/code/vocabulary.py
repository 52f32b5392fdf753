"""The words that numbers are printed with, a language at a time, in lower case."""

from enum import StrEnum


class Precision(StrEnum):
    """What a text says about how close a number is to the truth."""

    EXACT = "exact"
    ROUNDED = "rounded"
    TRUNCATED = "truncated"
    APPROXIMATE = "approximate"
    MORE_THAN = "more_than"
    AT_LEAST = "at_least"
    LESS_THAN = "less_than"
    AT_MOST = "at_most"
    JUST_UNDER = "just_under"
    JUST_OVER = "just_over"
    DERIVED = "derived"


# The CLDR locale whose separators a language's numbers are checked against. Swiss federal offices
# print 1'090.5 in every official language, unlike CLDR's fr_CH.
LOCALES = {
    "nl": "nl_NL",
    "en": "en_GB",
    "de": "de_DE",
    "fr": "fr_FR",
    "de-CH": "de_CH",
    "fr-CH": "de_CH",
}

# The separators that may stand in a number, next to the spaces and apostrophes that group digits
# in every language. Babel lets "12.5" through as French, so this is checked before it.
SEPARATORS = {"nl": ".,", "en": ".,", "de": ".,", "fr": ",", "de-CH": ".", "fr-CH": "."}

# Where the words of a regional language are found.
WORDS_OF = {"nl": "nl", "en": "en", "de": "de", "fr": "fr", "de-CH": "de", "fr-CH": "fr"}

THOUSAND, MILLION, BILLION, TRILLION = 10**3, 10**6, 10**9, 10**12

SCALES: dict[str, dict[str, int]] = {
    "nl": {
        "duizend": THOUSAND,
        "miljoen": MILLION,
        "mln": MILLION,
        "mln.": MILLION,
        "mio": MILLION,
        "mio.": MILLION,
        "miljard": BILLION,
        "mrd": BILLION,
        "mrd.": BILLION,
        "mld": BILLION,
        "mld.": BILLION,
        "biljoen": TRILLION,
    },
    "en": {
        "thousand": THOUSAND,
        "million": MILLION,
        "mln": MILLION,
        "mn": MILLION,
        "m": MILLION,
        "billion": BILLION,
        "bn": BILLION,
        "trillion": TRILLION,
    },
    "de": {
        "million": MILLION,
        "millionen": MILLION,
        "mio": MILLION,
        "mio.": MILLION,
        "milliarde": BILLION,
        "milliarden": BILLION,
        "mrd": BILLION,
        "mrd.": BILLION,
        "billion": TRILLION,
        "billionen": TRILLION,
    },
    "fr": {
        "million": MILLION,
        "millions": MILLION,
        "milliard": BILLION,
        "milliards": BILLION,
    },
}

# "600m" is 600 million; "600 m" may be a length.
SCALES_WITHOUT_SPACE = frozenset({"m"})

UNITS_OF_ANY_LANGUAGE = {"%": "percent", "fte": "fte", "fte's": "fte", "ftes": "fte"}

UNITS: dict[str, dict[str, str]] = {
    "nl": {"procent": "percent"},
    "en": {"percent": "percent", "per cent": "percent"},
    "de": {"prozent": "percent"},
    "fr": {"pour cent": "percent"},
}

QUALIFIERS_OF_ANY_LANGUAGE = {
    "±": Precision.APPROXIMATE,
    "~": Precision.APPROXIMATE,
    "≈": Precision.APPROXIMATE,
    ">": Precision.MORE_THAN,
    "≥": Precision.AT_LEAST,
    "<": Precision.LESS_THAN,
    "≤": Precision.AT_MOST,
}

# Words before a number.
QUALIFIERS: dict[str, dict[Precision, tuple[str, ...]]] = {
    "nl": {
        Precision.MORE_THAN: ("meer dan", "boven", "boven de", "over de"),
        Precision.AT_LEAST: (
            "minstens",
            "ten minste",
            "tenminste",
            "minimaal",
            "op zijn minst",
            "niet minder dan",
            "vanaf",
            "zeker",
            "min.",
        ),
        Precision.LESS_THAN: ("minder dan", "onder", "onder de", "nog geen"),
        Precision.AT_MOST: (
            "hooguit",
            "hoogstens",
            "ten hoogste",
            "maximaal",
            "op zijn hoogst",
            "niet meer dan",
            "max.",
        ),
        Precision.JUST_UNDER: (
            "bijna",
            "nagenoeg",
            "net geen",
            "iets minder dan",
            "net onder",
            "net onder de",
            "een kleine",
            "krap",
            "tegen de",
        ),
        Precision.JUST_OVER: (
            "ruim",
            "iets meer dan",
            "net iets meer dan",
            "net boven",
            "net boven de",
        ),
        Precision.APPROXIMATE: (
            "circa",
            "ca.",
            "ca",
            "ongeveer",
            "zo'n",
            "rond",
            "rond de",
            "om en nabij",
            "om en nabij de",
            "naar schatting",
            "bij benadering",
            "plusminus",
        ),
    },
    "en": {
        Precision.MORE_THAN: ("more than", "over", "well over", "above", "in excess of"),
        Precision.AT_LEAST: (
            "at least",
            "no fewer than",
            "not fewer than",
            "no less than",
            "not less than",
        ),
        Precision.LESS_THAN: ("less than", "fewer than", "under", "below"),
        Precision.AT_MOST: ("at most", "up to", "no more than", "not more than"),
        Precision.JUST_UNDER: (
            "almost",
            "nearly",
            "just under",
            "just below",
            "a little under",
            "slightly less than",
            "slightly fewer than",
        ),
        Precision.JUST_OVER: (
            "just over",
            "just above",
            "a little over",
            "a little more than",
            "slightly more than",
            "slightly over",
        ),
        Precision.APPROXIMATE: (
            "about",
            "around",
            "approximately",
            "approx.",
            "approx",
            "roughly",
            "some",
            "circa",
            "ca.",
            "an estimated",
        ),
    },
    "de": {
        Precision.MORE_THAN: ("über", "mehr als"),
        Precision.AT_LEAST: ("mindestens",),
        Precision.LESS_THAN: ("unter", "weniger als"),
        Precision.AT_MOST: ("höchstens",),
        Precision.JUST_UNDER: ("fast", "knapp"),
        Precision.APPROXIMATE: ("rund", "etwa", "ungefähr", "circa", "ca."),
    },
    "fr": {
        Precision.MORE_THAN: ("plus de",),
        Precision.AT_LEAST: ("au moins",),
        Precision.LESS_THAN: ("moins de",),
        Precision.AT_MOST: ("au plus",),
        Precision.JUST_UNDER: ("près de",),
        Precision.APPROXIMATE: ("environ",),
    },
}

# "ruim zes jaar" may be six years to the day, where "iets meer dan zes" may not be six.
JUST_OVER_OR_EQUAL = frozenset({"ruim"})

# Words that stress a number and say nothing about its precision.
EMPHASIS: dict[str, tuple[str, ...]] = {
    "nl": ("liefst", "maar liefst", "in totaal", "al"),
    "en": ("in total", "a total of"),
    "de": ("insgesamt",),
    "fr": ("au total",),
}

# Words behind a number and its unit.
QUALIFIERS_BEHIND_OF_ANY_LANGUAGE = {"+": Precision.AT_LEAST}
QUALIFIERS_BEHIND: dict[str, dict[str, Precision]] = {
    "nl": {"of meer": Precision.AT_LEAST},
    "en": {"or more": Precision.AT_LEAST},
    "de": {"oder mehr": Precision.AT_LEAST},
    "fr": {"ou plus": Precision.AT_LEAST},
}

HALVES: dict[str, frozenset[str]] = {
    "nl": frozenset({"half", "een half", "één half", "halve", "een halve", "één halve"}),
    "en": frozenset({"half", "one half"}),
}
ONE_AND_A_HALF: dict[str, frozenset[str]] = {
    "nl": frozenset({"anderhalf", "anderhalve"}),
    "en": frozenset(),
}
# A whole number and a half: "tweeënhalf", "twee en een half"; "two and a half".
AND_A_HALF: dict[str, str] = {
    "nl": r"(?P<whole>.+?)(?: en |en|ën)(?:een|één)? ?hal(?:f|ve)",
    "en": r"(?P<whole>.+?)[ -]and[ -]a[ -]half",
}

DUTCH_BELOW_TWENTY = (
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien"
).split()
DUTCH_TENS = "twintig dertig veertig vijftig zestig zeventig tachtig negentig".split()
ENGLISH_BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def dutch_spelling(number: int) -> str:
    """Return the pattern of how a whole number below a million is spelt in Dutch, without accents.

    "tweeduizend vijfhonderd", "vijfentwintighonderd" and "honderd en vijf" are spelt as they
    should; "honderd vijf" are two numbers.
    """
    if number < 20:
        return DUTCH_BELOW_TWENTY[number]
    if number < 100:
        tens, unit = DUTCH_TENS[number // 10 - 2], number % 10
        return f"{DUTCH_BELOW_TWENTY[unit]}en{tens}" if unit else tens
    if number < THOUSAND:
        return _dutch_multiple(number, 100, "honderd", "(?:en| en )?")
    thousands = _dutch_multiple(number, THOUSAND, "duizend", "(?: |en| en )?")
    if number % THOUSAND < 100 or number >= 10 * THOUSAND:
        return thousands
    hundreds = _dutch_multiple(number, 100, "honderd", "(?:en| en )?")
    return f"(?:{thousands}|{hundreds})"


def _dutch_multiple(number: int, base: int, word: str, joint: str) -> str:
    times, rest = divmod(number, base)
    head = word if times == 1 else dutch_spelling(times) + word
    return f"{head}{joint}{dutch_spelling(rest)}" if rest else head


def english_spelling(number: int) -> str:
    """Return the pattern of how a whole number below a million is spelt in English, no hyphens."""
    if number < 20:
        return ENGLISH_BELOW_TWENTY[number]
    if number < 100:
        tens, unit = ENGLISH_TENS[number // 10 - 2], number % 10
        return f"{tens} {ENGLISH_BELOW_TWENTY[unit]}" if unit else tens
    if number < THOUSAND:
        return _english_multiple(number, 100, "hundred")
    thousands = _english_multiple(number, THOUSAND, "thousand")
    if number % THOUSAND < 100 or number >= 10 * THOUSAND:
        return thousands
    return f"(?:{thousands}|{_english_multiple(number, 100, 'hundred')})"


def _english_multiple(number: int, base: int, word: str) -> str:
    times, rest = divmod(number, base)
    head = f"{english_spelling(times)} {word}"
    return f"{head}(?: and)? {english_spelling(rest)}" if rest else head


# Words that stand for numbers without saying which.
VAGUE_NUMBERS: dict[str, tuple[str, ...]] = {
    "nl": ("tientallen", "honderden", "duizenden", "miljoenen", "miljarden", "kwart"),
    "en": ("dozens", "hundreds", "thousands", "millions", "billions"),
}

DUTCH_IRREGULAR_ORDINALS = {"een": "eerste", "drie": "derde"}
ENGLISH_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
# What is written behind the digits of an ordinal.
ORDINAL_ENDINGS: dict[str, tuple[str, ...]] = {
    "nl": ("e", "de", "ste"),
    "en": ("st", "nd", "rd", "th"),
    "fr": ("er", "re", "e", "ème"),
}


def dutch_ordinal(word: str) -> str:
    """Return the ordinal of a Dutch number word: "zesde", "achtste", "twintigste"."""
    ending = "ste" if word.endswith(("acht", "ig", "honderd", "duizend", "miljoen")) else "de"
    return DUTCH_IRREGULAR_ORDINALS.get(word, word + ending)


def english_ordinal(word: str) -> str:
    """Return the ordinal of an English number word: "sixth", "third", "twentieth"."""
    regular = f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"
    return ENGLISH_IRREGULAR_ORDINALS.get(word, regular)


# Qualifiers that stand before an amount only: "meer dan 2000" is no year, "rond 2000" may be one.
QUALIFIERS_OF_AMOUNTS: dict[str, frozenset[str]] = {
    "nl": frozenset({"meer dan", "minder dan", "iets meer dan", "iets minder dan", "ruim"}),
    "en": frozenset({"more than", "less than", "fewer than", "in excess of", "no more than"}),
    "de": frozenset({"mehr als", "weniger als"}),
    "fr": frozenset({"plus de", "moins de"}),
}

# What stands before a number that names something: "p. 3", "nr. 454", "artikel 26".
REFERENCES: dict[str, tuple[str, ...]] = {
    "nl": tuple("nr. nrs. no. p. pp. blz. pag. art. artikel artikelen resolutie".split()),
    "en": tuple("no. nos. p. pp. art. article articles resolution".split()),
    "de": tuple("nr. s. art. artikel".split()),
    "fr": tuple("n° no. p. art. article articles".split()),
}

# Between the days of "7 en 8 april".
DAY_JOINTS: dict[str, tuple[str, ...]] = {
    "nl": ("en", "of", "op"),
    "en": ("and", "or"),
    "de": ("und",),
    "fr": ("et",),
}
# Between the first and the last day, month or year of a period.
UNTIL: dict[str, tuple[str, ...]] = {
    "nl": ("tot en met", "tot", "t/m"),
    "en": ("up to", "to", "until", "through"),
    "de": ("bis",),
    "fr": ("au", "à", "jusqu'à"),
}
# Between numbers that may share the scale or unit of the last: "2 à 3 miljoen", "5 tot 6 procent".
SHARING_JOINTS: dict[str, tuple[str, ...]] = {
    "nl": ("à", "tot", "en", "of", "tot en met", "t/m"),
    "en": ("to", "and", "or"),
    "de": ("bis", "und", "oder"),
    "fr": ("à", "et", "ou"),
}
# Before a date, as a part of it: "begin 2026", "eind mei", "half 2025", "zomer van 2025".
PARTS_OF_DATES: dict[str, tuple[str, ...]] = {
    "nl": tuple("begin eind einde medio half najaar voorjaar zomer winter herfst lente".split()),
    "en": tuple("early late mid end beginning spring summer autumn fall winter".split()),
    "de": tuple("anfang ende mitte frühjahr sommer herbst winter".split()),
    "fr": ("début", "fin", "mi", "printemps", "été", "automne", "hiver"),
}
# Behind an ordinal and before a year: "eerste helft van 2025".
PARTS_OF_YEARS: dict[str, tuple[str, ...]] = {
    "nl": ("helft", "halfjaar", "half jaar", "kwartaal", "trimester", "semester"),
    "en": ("half", "half-year", "quarter", "trimester", "semester"),
}
OF: dict[str, str] = {"nl": "van", "en": "of", "de": "des", "fr": "de"}
# Behind a date, as a part of it.
BEHIND_DATES: dict[str, tuple[str, ...]] = {"nl": ("jl.", "j.l.", "jl", "a.s.")}

MORE_ABBREVIATED_MONTHS: dict[str, tuple[str, ...]] = {"nl": ("sept",), "en": ("Sep", "Sept")}
MONTH_FIRST = frozenset({"en"})
# English words that are months only with a capital letter, and alone only behind such a word.
MONTHS_THAT_ARE_WORDS: dict[str, tuple[str, ...]] = {"en": ("May", "March", "Mar", "August")}
BEFORE_MONTHS: dict[str, tuple[str, ...]] = {
    "en": tuple("in since until till by during from of last next this and early late mid".split()),
}
