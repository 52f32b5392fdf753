"""Printed numbers: what each form says, what is refused, and what holds for every number."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.code import vocabulary
from ipsdata.code.numbers import NumberError, Precision, PrintedNumber, parse_number, truncated
from ipsdata.intervals import Interval

LANGUAGES = sorted(vocabulary.LOCALES)
OPEN_AT_VALUE = {
    Precision.MORE_THAN,
    Precision.LESS_THAN,
    Precision.JUST_UNDER,
    Precision.JUST_OVER,
}


def interval(written: str) -> Interval:
    """Read an interval in the notation of the issue: "[1, 2)", with k, m or bn and ∞."""
    if written[0] not in "[(":
        return Interval.point(decimal(written))
    low, high = written[1:-1].split(", ")
    upper = None if high == "∞" else decimal(high)
    return Interval(decimal(low), upper, written[0] == "[", written[-1] == "]")


def decimal(written: str) -> Decimal:
    scales = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
    number, scale = re.fullmatch("([0-9.]+)(k|m|bn)?", written).groups()  # type: ignore[union-attr]
    return Decimal(number) * scales.get(scale, 1)


def summary(number: PrintedNumber) -> tuple[Decimal, str, Interval, str | None]:
    return number.value, number.precision.value, number.interval, number.unit


COUNTS = [
    ("397.804", "nl", "397804"),
    ("397804", "nl", "397804"),
    ("397,804", "en", "397804"),
    ("8826856", "en", "8826856"),
    ("1.090", "nl", "1090"),
    ("1.090", "de", "1090"),
    ("15.044.676.229", "nl", "15044676229"),
    ("45", "nl", "45"),
    ("0", "nl", "0"),
    (" 45 ", "nl", "45"),
    ("999999999999999", "en", "999999999999999"),
    # Spaces and apostrophes group in every language, and where it is unknown.
    ("1 090", "nl", "1090"),
    ("1\u00a0090", "nl", "1090"),
    ("1\u202f090", "nl", "1090"),
    ("1\u2009090\u2009123", "fr", "1090123"),
    ("1'090", "de-CH", "1090"),
    ("1’090", "de-CH", "1090"),
    ("1’090", "fr-CH", "1090"),
    ("1’090", "nl", "1090"),
    ("1 090", None, "1090"),
    ("1'090", None, "1090"),
    ("1090", None, "1090"),
    # Words.
    ("zeven", "nl", "7"),
    ("Zeven", "nl", "7"),
    ("elf", "nl", "11"),
    ("nul", "nl", "0"),
    ("één", "nl", "1"),
    ("e\u0301e\u0301n", "nl", "1"),
    ("vijfendertig", "nl", "35"),
    ("drieëndertig", "nl", "33"),
    ("drieendertig", "nl", "33"),
    ("honderd en vijf", "nl", "105"),
    ("duizend", "nl", "1000"),
    ("vijftienhonderd", "nl", "1500"),
    ("tweeduizend vijfhonderd", "nl", "2500"),
    ("vijfendertigduizend", "nl", "35000"),
    ("liefst zeven", "nl", "7"),
    ("in totaal 93", "nl", "93"),
    ("seven", "en", "7"),
    ("twenty-three", "en", "23"),
    ("twenty three", "en", "23"),
    ("a hundred and five", "en", "105"),
    ("fifteen hundred", "en", "1500"),
    ("one thousand two hundred", "en", "1200"),
    ("a total of 93", "en", "93"),
]


@pytest.mark.parametrize(("text", "language", "value"), COUNTS)
def test_counts_are_exact(text: str, language: str | None, value: str) -> None:
    number = parse_number(text, language)
    assert summary(number) == (Decimal(value), "exact", Interval.point(int(value)), None)
    assert (number.as_printed, number.quantum) == (text, Decimal(1))


ROUNDED = [
    ("vijftien miljard", "nl", "15bn", "[14.5bn, 15.5bn)", "1bn"),
    ("liefst vijftien miljard", "nl", "15bn", "[14.5bn, 15.5bn)", "1bn"),
    ("maar liefst 15 miljard", "nl", "15bn", "[14.5bn, 15.5bn)", "1bn"),
    ("93,1 miljoen", "nl", "93.1m", "[93.05m, 93.15m)", "0.1m"),
    ("93,10 miljoen", "nl", "93.1m", "[93.095m, 93.105m)", "0.01m"),
    ("4,9 miljoen", "nl", "4.9m", "[4.85m, 4.95m)", "0.1m"),
    ("4,9\u00a0miljoen", "nl", "4.9m", "[4.85m, 4.95m)", "0.1m"),
    ("93,1\nmiljoen", "nl", "93.1m", "[93.05m, 93.15m)", "0.1m"),
    ("4,9 mln", "nl", "4.9m", "[4.85m, 4.95m)", "0.1m"),
    ("4,9 mln.", "nl", "4.9m", "[4.85m, 4.95m)", "0.1m"),
    ("4,9mln", "nl", "4.9m", "[4.85m, 4.95m)", "0.1m"),
    ("3 mrd", "nl", "3bn", "[2.5bn, 3.5bn)", "1bn"),
    ("2 biljoen", "nl", "2000bn", "[1500bn, 2500bn)", "1000bn"),
    ("41 miljoen", "nl", "41m", "[40.5m, 41.5m)", "1m"),
    ("90 miljoen", "nl", "90m", "[89.5m, 90.5m)", "1m"),
    ("1.200 miljoen", "nl", "1.2bn", "[1199.5m, 1200.5m)", "1m"),
    ("driehonderd miljoen", "nl", "300m", "[299.5m, 300.5m)", "1m"),
    ("12 duizend", "nl", "12k", "[11.5k, 12.5k)", "1k"),
    ("vijfendertig duizend", "nl", "35k", "[34.5k, 35.5k)", "1k"),
    ("een miljoen", "nl", "1m", "[0.5m, 1.5m)", "1m"),
    ("een half miljoen", "nl", "0.5m", "[0.25m, 0.75m)", "0.5m"),
    ("anderhalf miljoen", "nl", "1.5m", "[1.25m, 1.75m)", "0.5m"),
    ("tweeënhalf miljoen", "nl", "2.5m", "[2.25m, 2.75m)", "0.5m"),
    ("tweeëneenhalf miljoen", "nl", "2.5m", "[2.25m, 2.75m)", "0.5m"),
    ("zevenenhalf miljard", "nl", "7.5bn", "[7.25bn, 7.75bn)", "0.5bn"),
    ("twee en een half miljoen", "nl", "2.5m", "[2.25m, 2.75m)", "0.5m"),
    ("12,5", "nl", "12.5", "[12.45, 12.55)", "0.1"),
    ("1.090,50", "nl", "1090.5", "[1090.495, 1090.505)", "0.01"),
    ("1,090", "nl", "1.09", "[1.0895, 1.0905)", "0.001"),
    ("0,0", "nl", "0", "[0, 0.05)", "0.1"),
    ("20 million", "en", "20m", "[19.5m, 20.5m)", "1m"),
    ("1.7 billion", "en", "1.7bn", "[1.65bn, 1.75bn)", "0.1bn"),
    ("600m", "en", "600m", "[599.5m, 600.5m)", "1m"),
    ("2bn", "en", "2bn", "[1.5bn, 2.5bn)", "1bn"),
    ("2 trillion", "en", "2000bn", "[1500bn, 2500bn)", "1000bn"),
    ("twenty thousand", "en", "20k", "[19.5k, 20.5k)", "1k"),
    ("half a million", "en", "0.5m", "[0.25m, 0.75m)", "0.5m"),
    ("a half million", "en", "0.5m", "[0.25m, 0.75m)", "0.5m"),
    ("a million", "en", "1m", "[0.5m, 1.5m)", "1m"),
    ("two and a half million", "en", "2.5m", "[2.25m, 2.75m)", "0.5m"),
    ("12 Millionen", "de", "12m", "[11.5m, 12.5m)", "1m"),
    ("1 Million", "de", "1m", "[0.5m, 1.5m)", "1m"),
    ("3,7 Milliarden", "de", "3.7bn", "[3.65bn, 3.75bn)", "0.1bn"),
    ("3.7 Milliarden", "de-CH", "3.7bn", "[3.65bn, 3.75bn)", "0.1bn"),
    ("2 Billionen", "de", "2000bn", "[1500bn, 2500bn)", "1000bn"),
    ("1,5 million", "fr", "1.5m", "[1.45m, 1.55m)", "0.1m"),
    ("3 milliards", "fr", "3bn", "[2.5bn, 3.5bn)", "1bn"),
    ("1\u202f090,5", "fr", "1090.5", "[1090.45, 1090.55)", "0.1"),
    ("1 090,5", "fr", "1090.5", "[1090.45, 1090.55)", "0.1"),
    ("1'090.5", "fr-CH", "1090.5", "[1090.45, 1090.55)", "0.1"),
]


@pytest.mark.parametrize(("text", "language", "value", "expected", "quantum"), ROUNDED)
def test_scales_and_fractions_are_rounded_to_the_last_printed_digit(
    text: str, language: str, value: str, expected: str, quantum: str
) -> None:
    number = parse_number(text, language)
    assert summary(number) == (decimal(value), "rounded", interval(expected), None)
    assert number.quantum == decimal(quantum)


MEASURED = [
    ("28%", "nl", "28", "[27.5, 28.5)", "percent"),
    ("30%", "nl", "30", "[29.5, 30.5)", "percent"),
    ("28 %", None, "28", "[27.5, 28.5)", "percent"),
    ("0%", "nl", "0", "[0, 0.5)", "percent"),
    ("20,1 %", "nl", "20.1", "[20.05, 20.15)", "percent"),
    ("20,1 procent", "nl", "20.1", "[20.05, 20.15)", "percent"),
    ("een half procent", "nl", "0.5", "[0.25, 0.75)", "percent"),
    ("veertig procent", "nl", "40", "[39.5, 40.5)", "percent"),
    ("31 percent", "en", "31", "[30.5, 31.5)", "percent"),
    ("31 per cent", "en", "31", "[30.5, 31.5)", "percent"),
    ("a percent", "en", "1", "[0.5, 1.5)", "percent"),
    ("31 Prozent", "de", "31", "[30.5, 31.5)", "percent"),
    ("31 pour cent", "fr", "31", "[30.5, 31.5)", "percent"),
    ("2 fte", "nl", "2", "[1.5, 2.5)", "fte"),
    ("2,5 fte", "nl", "2.5", "[2.45, 2.55)", "fte"),
    ("2.5 FTE", "en", "2.5", "[2.45, 2.55)", "fte"),
    ("2 fte’s", "nl", "2", "[1.5, 2.5)", "fte"),
    ("twee fte", "nl", "2", "[1.5, 2.5)", "fte"),
    ("anderhalve fte", "nl", "1.5", "[1.25, 1.75)", "fte"),
    ("1,2 duizend fte", "nl", "1200", "[1150, 1250)", "fte"),
]


@pytest.mark.parametrize(("text", "language", "value", "expected", "unit"), MEASURED)
def test_percentages_and_fte_are_rounded(
    text: str, language: str | None, value: str, expected: str, unit: str
) -> None:
    found = summary(parse_number(text, language))
    assert found == (Decimal(value), "rounded", interval(expected), unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.090", "[1089.5, 1090.5)"),
        ("45", "[44.5, 45.5)"),
        ("41 miljoen", "[40.5m, 41.5m)"),
        ("zeven", "[6.5, 7.5)"),
        ("0", "[0, 0.5)"),
    ],
)
def test_a_mean_is_rounded_to_its_last_printed_digit(text: str, expected: str) -> None:
    number = parse_number(text, "nl", continuous=True)
    assert (number.precision, number.interval) == (Precision.ROUNDED, interval(expected))


QUALIFIED = [
    ("meer dan vier miljard", "nl", "more_than", "(4bn, ∞)"),
    ("boven de 4 miljard", "nl", "more_than", "(4bn, ∞)"),
    ("minstens 600", "nl", "at_least", "[600, ∞)"),
    ("ten minste 600", "nl", "at_least", "[600, ∞)"),
    ("tenminste 600", "nl", "at_least", "[600, ∞)"),
    ("minimaal 600", "nl", "at_least", "[600, ∞)"),
    ("vanaf 600", "nl", "at_least", "[600, ∞)"),
    ("niet minder dan 600", "nl", "at_least", "[600, ∞)"),
    ("600+", "nl", "at_least", "[600, ∞)"),
    ("4 miljoen+", "nl", "at_least", "[4m, ∞)"),
    ("600 of meer", "nl", "at_least", "[600, ∞)"),
    ("minder dan 600", "nl", "less_than", "[0, 600)"),
    ("onder de 600", "nl", "less_than", "[0, 600)"),
    ("hooguit 600", "nl", "at_most", "[0, 600]"),
    ("hoogstens 600", "nl", "at_most", "[0, 600]"),
    ("ten hoogste 600", "nl", "at_most", "[0, 600]"),
    ("maximaal 600", "nl", "at_most", "[0, 600]"),
    ("niet meer dan 600", "nl", "at_most", "[0, 600]"),
    ("bijna 71 miljoen", "nl", "just_under", "(70m, 71m)"),
    ("bijna 90 miljoen", "nl", "just_under", "(80m, 90m)"),
    ("bijna twintig", "nl", "just_under", "(10, 20)"),
    ("bijna 7", "nl", "just_under", "(6, 7)"),
    ("bijna 1", "nl", "just_under", "(0, 1)"),
    ("net geen 960.000", "nl", "just_under", "(950k, 960k)"),
    ("ruim een half miljoen", "nl", "just_over", "[0.5m, 1m)"),
    ("ruim 4,9 miljoen", "nl", "just_over", "[4.9m, 5m)"),
    ("al ruim zes", "nl", "just_over", "[6, 7)"),
    ("iets meer dan 4,9 miljoen", "nl", "just_over", "(4.9m, 5m)"),
    ("circa 960.000", "nl", "approximate", "[950k, 970k]"),
    ("ca. 960.000", "nl", "approximate", "[950k, 970k]"),
    ("ca.600", "nl", "approximate", "[500, 700]"),
    ("Ongeveer 71 miljoen", "nl", "approximate", "[70m, 72m]"),
    ("ongeveer zo'n 71 miljoen", "nl", "approximate", "[70m, 72m]"),
    ("zo’n 71  miljoen", "nl", "approximate", "[70m, 72m]"),
    ("rond  de 90 miljoen", "nl", "approximate", "[80m, 100m]"),
    ("plusminus 600", "nl", "approximate", "[500, 700]"),
    ("±600", "nl", "approximate", "[500, 700]"),
    ("± 600", None, "approximate", "[500, 700]"),
    ("circa een half miljoen", "nl", "approximate", "[0, 1m]"),
    ("circa 1", "nl", "approximate", "[0, 2]"),
    ("circa 0", "nl", "approximate", "[0, 1]"),
    ("circa 30%", "nl", "approximate", "[20, 40]"),
    ("maar liefst meer dan 4 miljard", "nl", "more_than", "(4bn, ∞)"),
    ("more than 600m", "en", "more_than", "(600m, ∞)"),
    ("over 600", "en", "more_than", "(600, ∞)"),
    ("at least 600", "en", "at_least", "[600, ∞)"),
    ("no fewer than 600", "en", "at_least", "[600, ∞)"),
    ("less than half a million", "en", "less_than", "[0, 0.5m)"),
    ("under 600", "en", "less_than", "[0, 600)"),
    ("fewer than 600", "en", "less_than", "[0, 600)"),
    ("at most 600", "en", "at_most", "[0, 600]"),
    ("up to 600", "en", "at_most", "[0, 600]"),
    ("no more than 600", "en", "at_most", "[0, 600]"),
    ("almost 71 million", "en", "just_under", "(70m, 71m)"),
    ("almost 1.7 million", "en", "just_under", "(1.6m, 1.7m)"),
    ("nearly 71 million", "en", "just_under", "(70m, 71m)"),
    ("just under 71 million", "en", "just_under", "(70m, 71m)"),
    ("just over 71 million", "en", "just_over", "(71m, 72m)"),
    ("slightly more than 71 million", "en", "just_over", "(71m, 72m)"),
    ("a little over 71 million", "en", "just_over", "(71m, 72m)"),
    ("about 600", "en", "approximate", "[500, 700]"),
    ("around 600", "en", "approximate", "[500, 700]"),
    ("approximately 600", "en", "approximate", "[500, 700]"),
    ("roughly 600", "en", "approximate", "[500, 700]"),
    ("some 600", "en", "approximate", "[500, 700]"),
    ("fast 12 Millionen", "de", "just_under", "(11m, 12m)"),
    ("knapp 12 Millionen", "de-CH", "just_under", "(11m, 12m)"),
    ("rund 12 Millionen", "de", "approximate", "[11m, 13m]"),
    ("etwa 12 Millionen", "de", "approximate", "[11m, 13m]"),
    ("über 12 Millionen", "de", "more_than", "(12m, ∞)"),
    ("u\u0308ber 12 Millionen", "de", "more_than", "(12m, ∞)"),
    ("mehr als 12 Millionen", "de", "more_than", "(12m, ∞)"),
    ("mindestens 12", "de", "at_least", "[12, ∞)"),
    ("höchstens 12", "de", "at_most", "[0, 12]"),
    ("plus de 3 milliards", "fr", "more_than", "(3bn, ∞)"),
    ("près de 3 milliards", "fr", "just_under", "(2bn, 3bn)"),
    ("environ 12", "fr-CH", "approximate", "[11, 13]"),
    ("au moins 12", "fr", "at_least", "[12, ∞)"),
    ("au plus 12", "fr", "at_most", "[0, 12]"),
]


@pytest.mark.parametrize(("text", "language", "precision", "expected"), QUALIFIED)
def test_a_qualifier_gives_an_interval_of_the_conservative_quantum(
    text: str, language: str | None, precision: str, expected: str
) -> None:
    number = parse_number(text, language)
    assert (number.precision.value, number.interval) == (precision, interval(expected))


STATED = [
    ("50000000", "exact", False, "50m"),
    ("50000000", "rounded", False, "[45m, 55m)"),
    ("861900", "rounded", False, "[861850, 861950)"),
    ("983001", "rounded", False, "[983000.5, 983001.5)"),
    ("0", "rounded", False, "[0, 0.5)"),
    ("20", "rounded", True, "[19.5, 20.5)"),
    ("20.1", "rounded", True, "[20.05, 20.15)"),
    ("20%", "rounded", False, "[19.5, 20.5)"),
    ("90 million", "rounded", False, "[89.5m, 90.5m)"),
    ("861900", "truncated", False, "[861900, 862k)"),
    ("20", "truncated", True, "[20, 21)"),
    ("93.1 million", "truncated", False, "[93.1m, 93.2m)"),
    ("20", "exact", True, "20"),
    ("71000000", "just_under", False, "(70m, 71m)"),
    ("71000000", "just_over", False, "[71m, 72m)"),
    ("960000", "approximate", False, "[950k, 970k]"),
    ("10", "approximate", True, "[0, 20]"),
    ("6000000000", "at_least", False, "[6bn, ∞)"),
    ("6000000000", "more_than", False, "(6bn, ∞)"),
    ("10", "at_most", True, "[0, 10]"),
    ("10", "less_than", True, "[0, 10)"),
    ("about 960000", "approximate", False, "[950k, 970k]"),
]


@pytest.mark.parametrize(("text", "stated", "continuous", "expected"), STATED)
def test_a_stated_precision_stands_for_the_qualifier(
    text: str, stated: str, continuous: bool, expected: str
) -> None:
    number = parse_number(text, "en", stated=Precision(stated), continuous=continuous)
    assert (number.precision.value, number.interval) == (stated, interval(expected))


@pytest.mark.parametrize("stated", [p for p in Precision if p is not Precision.APPROXIMATE])
def test_a_stated_precision_must_not_contradict_the_text(stated: Precision) -> None:
    with pytest.raises(NumberError):
        parse_number("about 600", "en", stated=stated)


def test_a_quotient_lies_between_the_quotients_of_the_bounds() -> None:
    number = parse_number("200778 / 1.30", "en", stated=Precision.DERIVED)
    assert number.value == Decimal("154444.615384615")
    assert (number.precision, number.quantum) == (Precision.DERIVED, Decimal(1))
    assert number.unit is None
    # The quotients have no end; the bounds are rounded outward.
    low, high = Decimal(200778) / Decimal("1.305"), Decimal(200778) / Decimal("1.295")
    assert number.interval.low == low
    assert number.interval.high == high.next_plus()
    assert (number.interval.low_closed, number.interval.high_closed) == (False, True)


def test_a_quotient_of_a_scaled_number() -> None:
    number = parse_number("8.350 billion / 0.65", "en", stated=Precision.DERIVED)
    assert number.value == Decimal("12846153846.1538")
    assert number.interval.contains(interval("[12.75bn, 12.94bn]"))
    assert number.interval.is_disjoint(interval("(0, 12.74bn]"))


@pytest.mark.parametrize("text", ["1/3", "2/3", "0/3", "0 / 1.30", "10/2", "7,300 / 365"])
def test_a_quotient_holds_its_value(text: str) -> None:
    number = parse_number(text, "en", stated=Precision.DERIVED)
    assert number.value in number.interval


@pytest.mark.parametrize(
    "text", ["12", "1/0", "1/0.0", "1/2/3", "5% / 2", "more than 5 / 2", "/ 2", "1 /", "1 / x"]
)
def test_no_quotient(text: str) -> None:
    with pytest.raises(NumberError):
        parse_number(text, "en", stated=Precision.DERIVED)


@pytest.mark.parametrize(
    ("text", "stated", "expected"),
    [
        ("93,1 miljoen", None, "[93.1m, 93.2m)"),
        ("vijftien miljard", None, "[15bn, 16bn)"),
        ("een half miljoen", None, "[0.5m, 1m)"),
        ("28%", None, "[28, 29)"),
        ("861900", Precision.ROUNDED, "[861900, 862k)"),
        ("397.804", None, "397804"),
        ("ruim 4,9 miljoen", None, "[4.9m, 5m)"),
        ("meer dan vier miljard", None, "(4bn, ∞)"),
    ],
)
def test_only_rounded_numbers_may_turn_out_truncated(
    text: str, stated: Precision | None, expected: str
) -> None:
    assert truncated(parse_number(text, "nl", stated=stated)) == interval(expected)


REFUSED = [
    ("", "nl", "empty"),
    (" \u00a0", "nl", "empty"),
    # The separators of another language.
    ("12.5", "nl", "expected the form of 1.234.567,89"),
    ("1.09", "nl", "1.234.567,89"),
    ("1,090.5", "nl", "1.234.567,89"),
    ("0.123", "nl", "1.234.567,89"),
    ("12,5", "en", "1,234,567.89"),
    ("12,34", "en", "1,234,567.89"),
    ("12,345,67", "en", "1,234,567.89"),
    ("1.090", "fr", "form of"),
    ("12.5", "fr", "form of"),
    ("12,5", "de-CH", "form of"),
    ("12,5", "fr-CH", "form of"),
    # Groups that are none.
    ("1 2 3", "nl", "groups of three"),
    ("12 34", "nl", "groups of three"),
    ("5 20", "nl", "groups of three"),
    ("12  345", "nl", "groups of three"),
    ("1'09", "de-CH", "groups of three"),
    ("1'090 000", "de-CH", "groups of three"),
    ("0 090", "nl", "groups of three"),
    ("1234 567", "nl", "groups of three"),
    ("1 090.000", "nl", "form of"),
    ("1234.567", "nl", "form of"),
    ("12\t345", "nl", "one number"),
    ("12\n345", "nl", "one number"),
    # Not a number of things.
    ("-5", "nl", "one number"),
    ("−5", "nl", "one number"),
    ("+5", "nl", "one number"),
    ("+38,3%", "nl", "one number"),
    ("1e5", "nl", "one number"),
    ("0x10", "nl", "one number"),
    ("1_000", "nl", "one number"),
    ("NaN", "en", "number word"),
    ("Infinity", "en", "number word"),
    ("∞", "en", "number word"),
    ("١٢", "nl", "digits 0 to 9"),
    ("\uff11\uff12", "nl", "digits 0 to 9"),
    ("½", "nl", "digits 0 to 9"),
    ("12¹", "nl", "digits 0 to 9"),
    ("12²", "nl", "digits 0 to 9"),
    ("007", "nl", "does not start with a zero"),
    ("00", "nl", "does not start with a zero"),
    ("1/2", "nl", "derived"),
    ("200778 / 1.30", "en", "derived"),
    (".5", "en", "one number"),
    ("5.", "en", "one number"),
    ("5,", "nl", "one number"),
    ("12-13", "nl", "one number"),
    ("12 of 13", "nl", "one number"),
    ("5‰", "nl", "one number"),
    ("€ 5", "nl", "one number"),
    ("45 hits", "nl", "one number"),
    ("zeven landen", "nl", "one number"),
    ("28% van", "nl", "one number"),
    ("20 procentpunt", "nl", "one number"),
    ("600 m", "en", "space"),
    ("600\nm", "en", "space"),
    ("fifteen m", "en", "one number"),
    ("1000000000000000", "en", "at most 15 digits"),
    ("1,000,000,000,000.001", "en", "at most 15 digits"),
    ("9" * 201, "en", "201 characters"),
    # Words that text2num reads past.
    ("nul vijf", "nl", "well spelt"),
    ("nul nul", "nl", "well spelt"),
    ("en twee", "nl", "well spelt"),
    ("twee en dertig", "nl", "well spelt"),
    ("tien en duizend", "nl", "number word"),
    ("honderd vijf", "nl", "well spelt"),
    ("honderd en duizend", "nl", "number word"),
    ("achtenhonderd", "nl", "well spelt"),
    ("o", "en", "well spelt"),
    ("o five", "en", "well spelt"),
    ("ten and one hundred", "en", "number word"),
    ("twenty and one", "en", "well spelt"),
    ("hundred", "en", "well spelt"),
    ("miljoen", "nl", "well spelt"),
    ("tweemiljoen", "nl", "well spelt"),
    ("twee miljoen driehonderdduizend", "nl", "well spelt"),
    # Half numbers, other words.
    ("vijf, zes", "nl", "one number"),
    ("twee drie", "nl", "one number"),
    ("zevende", "nl", "one number"),
    ("half a", "en", "one number"),
    ("a", "en", "one number"),
    ("a twenty", "en", "one number"),
    ("miljoenen", "nl", "one number"),
    ("enkele miljoenen", "nl", "one number"),
    ("meer dan", "nl", "one number"),
    ("meerdan 5", "nl", "one number"),
    ("ca600", "nl", "one number"),
    ("sieben", "de", "one number"),
    ("sept", "fr", "one number"),
    ("5 million", "nl", "one number"),
    # Qualifiers at odds, or below zero.
    ("meer dan circa 5", "nl", "approximate and more_than"),
    ("bijna 5+", "nl", "at_least and just_under"),
    ("minder dan 0", "nl", "below zero"),
    ("bijna 0", "nl", "below zero"),
    # Unknown language: each reading is named.
    ("1.090", None, r"ambiguous (1090 in 'nl', 1.09 in 'en'); give the language"),
    ("1,090", None, r"ambiguous (1.09 in 'nl', 1090 in 'en'); give the language"),
    ("12,5", None, r"ambiguous (12.5 in 'nl', no number in 'en'); give the language"),
    ("1'090.5", None, "ambiguous"),
    ("zeven", None, "give the language"),
    ("5 miljoen", None, "give the language"),
    ("circa 5", None, "give the language"),
    ("5", "it", "expected one of nl, en, de, fr, de-CH, fr-CH, or None"),
    ("5", "", "expected one of"),
    ("5", "NL", "expected one of"),
]


@pytest.mark.parametrize(("text", "language", "message"), REFUSED)
def test_what_is_not_certainly_one_number_is_refused(
    text: str, language: str | None, message: str
) -> None:
    with pytest.raises(NumberError, match=re.escape(message)):
        parse_number(text, language)


def test_every_phrase_of_the_vocabulary_means_what_its_table_says() -> None:
    for language, table in vocabulary.QUALIFIERS.items():
        for precision, phrases in table.items():
            for phrase in phrases:
                number = parse_number(f"{phrase} 600", language)
                assert (phrase, number.value, number.precision) == (phrase, Decimal(600), precision)


@pytest.mark.parametrize("language", vocabulary.SCALES)
def test_every_scale_of_the_vocabulary_is_read(language: str) -> None:
    for word, scale in vocabulary.SCALES[language].items():
        number = parse_number(f"7{word}", language)
        expected = Interval(Decimal(scale) * 13 / 2, Decimal(scale) * 15 / 2, True, False)
        assert (word, number.interval) == (word, expected)


# A second speller, after the rules of the Taalunie: a diaeresis, and a space after "duizend".


def spelt_in_dutch(number: int) -> str:
    units = (
        "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien "
        "vijftien zestien zeventien achttien negentien"
    ).split()
    tens = "twintig dertig veertig vijftig zestig zeventig tachtig negentig".split()
    if number < 20:
        return units[number]
    if number < 100:
        unit = units[number % 10]
        joined = unit + ("ën" if unit.endswith("e") else "en") if number % 10 else ""
        return joined + tens[number // 10 - 2]
    base, word, space = (1000, "duizend", " ") if number >= 1000 else (100, "honderd", "")
    times, rest = divmod(number, base)
    head = word if times == 1 else spelt_in_dutch(times) + word
    return head + space + spelt_in_dutch(rest) if rest else head


def test_every_dutch_number_word_below_ten_thousand_is_read() -> None:
    words = {number: spelt_in_dutch(number) for number in range(10_000)}
    read = {number: parse_number(text, "nl") for number, text in words.items()}
    wrong = [number for number, found in read.items() if found.value != number]
    rounded = [number for number, found in read.items() if not found.interval.is_point]
    assert (wrong, rounded) == ([], [])


@given(st.integers(10_000, 999_999))
def test_dutch_number_words_below_a_million_are_read(number: int) -> None:
    assert parse_number(spelt_in_dutch(number), "nl").value == number


# What holds for every number


@given(st.integers(0, 10**15 - 1), st.sampled_from(LANGUAGES))
def test_a_count_printed_by_babel_is_read_exactly(count: int, language: str) -> None:
    text = format_decimal(count, locale=vocabulary.LOCALES[language])
    assert parse_number(text, language).interval == Interval.point(count)


@given(st.decimals(0, 10**9, places=4), st.integers(1, 3), st.sampled_from(LANGUAGES))
def test_a_rounded_fraction_holds_the_number_it_was(
    number: Decimal, places: int, language: str
) -> None:
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    pattern = "#,##0." + "0" * places
    text = format_decimal(rounded, format=pattern, locale=vocabulary.LOCALES[language])
    found = parse_number(text, language)
    assert found.value == rounded
    assert found.quantum == Decimal(1).scaleb(-places)
    # Rounded half to even, a number may be the upper bound itself; half up, it never is.
    assert number in found.interval or number == found.interval.high


@given(
    st.integers(0, 10**14),
    st.integers(0, 2),
    st.sampled_from(
        [
            ("nl", "duizend", 3),
            ("nl", "miljoen", 6),
            ("nl", "miljard", 9),
            ("en", "billion", 9),
            ("de", "Millionen", 6),
            ("de-CH", "Milliarden", 9),
            ("fr", "milliards", 9),
        ]
    ),
)
def test_a_rounded_or_truncated_scale_holds_the_number_it_was(
    number: int, places: int, printed: tuple[str, str, int]
) -> None:
    language, word, exponent = printed
    scaled = Decimal(number).scaleb(-exponent)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    locale = vocabulary.LOCALES[language]
    for rounding in (ROUND_HALF_EVEN, ROUND_DOWN):
        cut = scaled.quantize(Decimal(1).scaleb(-places), rounding)
        text = f"{format_decimal(cut, format=pattern, locale=locale)} {word}"
        found = parse_number(text, language)
        held = found.interval if rounding == ROUND_HALF_EVEN else truncated(found)
        assert found.precision is Precision.ROUNDED
        assert number in held or (rounding == ROUND_HALF_EVEN and number == held.high)


@given(
    st.integers(1, 10**9),
    st.sampled_from([p for p in Precision if p is not Precision.DERIVED]),
    st.booleans(),
)
def test_an_interval_holds_its_value_unless_it_is_open_there(
    count: int, stated: Precision, continuous: bool
) -> None:
    number = parse_number(str(count), None, stated=stated, continuous=continuous)
    is_open = stated in OPEN_AT_VALUE - {Precision.JUST_OVER}
    assert (number.value in number.interval) is not is_open
    assert number.interval.low is not None
    assert number.interval.low >= 0


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_quotient_of_counts_holds_its_value(dividend: int, divisor: int) -> None:
    number = parse_number(f"{dividend} / {divisor}", None, stated=Precision.DERIVED)
    assert number.value in number.interval


PIECES = (
    "1 12 090 0 . , ' + - / % fte en nul ruim bijna circa miljoen miljard duizend honderd half een "
    "zeven twintig and a one hundred thousand million m ë é \u0308 \u202f"
).split(" ")
ALMOST_NUMBERS = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.lists(
    st.sampled_from(PIECES), max_size=7
).map(" ".join)


@given(
    st.text(max_size=12) | st.text("0123456789.,' ", max_size=12) | ALMOST_NUMBERS,
    st.sampled_from([*LANGUAGES, None]),
    st.sampled_from([None, *Precision]),
    st.booleans(),
)
def test_any_text_is_a_number_or_a_number_error(
    text: str, language: str | None, stated: Precision | None, continuous: bool
) -> None:
    try:
        number = parse_number(text, language, stated=stated, continuous=continuous)
    except NumberError:
        return
    assert number.as_printed == text
    assert number.quantum > 0
    assert number.value in number.interval or number.precision in OPEN_AT_VALUE
    assert number.interval.low is not None
    assert number.interval.low >= 0
