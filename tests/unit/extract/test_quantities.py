"""Quantities in running text: each with its span and kind, and no digit missed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.code.numbers import parse_number
from ipsdata.extract.quantities import Quantity, find_quantities
from ipsdata.intervals import Interval

Expected = list[tuple[str, str]]


def found(text: str, language: str = "nl") -> Expected:
    return [(quantity.text, quantity.kind) for quantity in find_quantities(text, language)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("meer dan vier miljard", "number_word"),
        ("meer  dan\u00a0vier\nmiljard", "number_word"),
        ("93,1 miljoen", "number"),
        ("93,1\u00a0miljoen", "number"),
        ("ruim zes", "number_word"),
        ("2 fte", "number"),
        ("2 fte’s", "number"),
        ("28%", "percentage"),
        ("28 %", "percentage"),
        ("28 procent", "percentage"),
        ("ruim vier procent", "percentage"),
        ("minder dan 5%", "percentage"),
        ("zo’n 20", "number"),
        ("vijftien miljard", "number_word"),
        ("circa 1.200", "number"),
        ("ca.20", "number"),
        ("± 20", "number"),
        ("anderhalf miljoen", "number_word"),
        ("20 of meer", "number"),
        ("20+", "number"),
        ("1 234 567", "number"),
        ("1.234.567,89", "number"),
        ("12.5", "number"),
        ("-5", "number"),
        ("onder 3", "number"),
        ("over de 7", "number"),
        ("meer dan liefst 200", "number"),
        ("zeker meer dan vier", "number_word"),
        ("meer dan 2000", "number"),
        ("2024 fte", "number"),
        ("honderd en vijf", "number_word"),
        ("vijfendertigduizend", "number_word"),
        ("tweeduizend vijfhonderd", "number_word"),
        ("vijf-en-twintig", "number_word"),
        ("twee miljoen", "number_word"),
        ("twee miljoen driehonderdduizend", "number_word"),
        ("twee en een half miljoen", "number_word"),
        ("tweeënhalf", "number_word"),
        ("drieëntwintig", "number_word"),
        ("drie\u0065\u0308ntwintig", "number_word"),
        ("een miljoen", "number_word"),
        ("één", "number_word"),
        ("e\u0301e\u0301n", "number_word"),
        ("half", "number_word"),
        ("anderhalve", "number_word"),
        ("nul", "number_word"),
        ("nul komma vijf", "number_word"),
        ("twee derde", "number_word"),
        ("driekwart", "number_word"),
        ("tientallen", "number_word"),
        ("honderden miljoenen", "number_word"),
        ("zesde", "ordinal"),
        ("eerste", "ordinal"),
        ("derde", "ordinal"),
        ("achtste", "ordinal"),
        ("twintigste", "ordinal"),
        ("drieëntwintigste", "ordinal"),
        ("honderdste", "ordinal"),
        ("6e", "ordinal"),
        ("6de", "ordinal"),
        ("24/7", "code"),
        ("2024/25", "code"),
        ("29 911, nr. 454", "code"),
        ("29521 nr. 493", "code"),
        ("COVID-19", "code"),
        ("2018/1861", "code"),
        ("2021-2019", "code"),
        ("A12", "code"),
        ("p. 3", "code"),
        ("artikel 26", "code"),
        ("12a", "code"),
        ("14:30", "code"),
        ("5-10%", "code"),
        ("’24", "code"),
        ("m²", "code"),
        ("12²", "code"),
        ("½", "code"),
        ("2½", "code"),
        ("Ⅳ", "code"),
        ("٣", "code"),
    ],
)
def test_number_of_a_dutch_text(text: str, kind: str) -> None:
    assert found(f"Dat is {text} bij elkaar.") == [(text, kind)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("7 april", "date"),
        ("7 en 8 april", "date"),
        ("7, 8 en 9 april", "date"),
        ("12 en 13 december 2024", "date"),
        ("7 maart jl.", "date"),
        ("22 mei 2025", "date"),
        ("14 MEI 2025", "date"),
        ("14 sept. 2025", "date"),
        ("april 2026", "date"),
        ("februari", "date"),
        ("mei", "date"),
        ("2025-05-14", "date"),
        ("14-05-2025", "date"),
        ("14/5/2025", "date"),
        ("14.5.2025", "date"),
        ("2024", "date"),
        ("begin februari", "date"),
        ("Begin 2026", "date"),
        ("half 2025", "date"),
        ("eind 2024", "date"),
        ("zomer van 2025", "date"),
        ("2 t/m 4 juni 2025", "period"),
        ("3 tot 5 juni", "period"),
        ("februari 2025 tot april 2026", "period"),
        ("7 april tot en met 12 mei 2025", "period"),
        ("2019-2021", "period"),
        ("2019–2021", "period"),
        ("eerste helft van 2025", "period"),
        ("derde kwartaal 2025", "period"),
        ("tweede helft van mei 2025", "period"),
        ("januari–maart 2025", "period"),
    ],
)
def test_date_of_a_dutch_text(text: str, kind: str) -> None:
    assert found(f"Dit was dus d.d. {text} zo bepaald.") == [(text, kind)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("more than four billion", "number_word"),
        ("one", "number_word"),
        ("twenty-five", "number_word"),
        ("two hundred and five thousand", "number_word"),
        ("a hundred and five", "number_word"),
        ("half a million", "number_word"),
        ("a million", "number_word"),
        ("two and a half", "number_word"),
        ("two thirds", "number_word"),
        ("one-third", "number_word"),
        ("zero", "number_word"),
        ("dozens", "number_word"),
        ("over 1,200", "number"),
        ("600m", "number"),
        ("5 per cent", "percentage"),
        ("third", "ordinal"),
        ("twenty-first", "ordinal"),
        ("twentieth", "ordinal"),
        ("1st", "ordinal"),
        ("14 May", "date"),
        ("May 2025", "date"),
        ("May 14, 2025", "date"),
        ("14th of May 2025", "date"),
        ("mid-2025", "date"),
        ("early August", "date"),
        ("April", "date"),
        ("2 to 4 June 2025", "period"),
        ("April 3-5, 2025", "period"),
        ("first half of 2025", "period"),
        ("2019 to 2021", "period"),
        ("March to May 2025", "period"),
        ("Sept. 11, 2001", "date"),
    ],
)
def test_quantity_of_an_english_text(text: str, kind: str) -> None:
    assert found(f"So it was; {text}, they say.", "en") == [(text, kind)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("vanaf 2024", "nl", [("2024", "date")]),
        ("rond 2020", "nl", [("2020", "date")]),
        ("over 2024", "en", [("2024", "date")]),
        ("rond 7 april", "nl", [("7 april", "date")]),
        ("liefst in totaal 20", "nl", [("20", "number")]),
        ("de groep over de 2018/1861", "nl", [("2018/1861", "code")]),
        ("tien tot twaalf", "nl", [("tien", "number_word"), ("twaalf", "number_word")]),
        ("twee en drie", "nl", [("twee", "number_word"), ("drie", "number_word")]),
        ("10–12", "nl", [("10", "number"), ("12", "number")]),
        ("5%-10%", "nl", [("5%", "percentage"), ("10%", "percentage")]),
        ("in 2023 en 2024", "nl", [("2023", "date"), ("2024", "date")]),
        ("in 2024 300 hits", "nl", [("2024", "date"), ("300", "number")]),
        ("2 ½ uur", "nl", [("2", "code"), ("½", "code")]),
        ("12-jarige", "nl", [("12", "number")]),
        ("24/7-noodhulp", "nl", [("24/7", "code")]),
        ("A12-snelweg", "nl", [("A12", "code")]),
        ("de-meer²", "nl", [("de-meer²", "code")]),
        ("In March 3 million", "en", [("March", "date"), ("3 million", "number")]),
        ("five-year plan", "en", [("five", "number_word")]),
        ("14. Mai 2025", "de", [("14. Mai 2025", "date")]),
        ("über 3 Millionen", "de-CH", [("über 3 Millionen", "number")]),
        ("zwei im August", "de", [("August", "date")]),
        ("le 1er mars 2025", "fr", [("1er mars 2025", "date")]),
        ("plus de 3 millions", "fr-CH", [("plus de 3 millions", "number")]),
        ("14 de mayo de 2025", "es", [("14", "number"), ("2025", "date")]),
    ],
)
def test_where_a_quantity_starts_and_ends(text: str, language: str, expected: Expected) -> None:
    assert found(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "nl"),
        ("een man en de helft van een paar, beide en zeker al meer dan ooit", "nl"),
        ("achtergrond viering tiener eenheid tweeledig driehoek zesjarig ééntje halfjaar", "nl"),
        ("driemaandelijks achten verzesvoudigd", "nl"),
        ("a man and someone may march, an august body", "en"),
        ("May they go? often, height and weight, tension", "en"),
        ("zwei drei", "de"),
    ],
)
def test_words_that_are_no_quantity(text: str, language: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("tussen honderd en tweehonderd", Interval.point(100)),
        ("al meer dan vier miljard", Interval(Decimal(4 * 10**9), None, False)),
        ("28 procent", parse_number("28%", "nl").interval),
    ],
)
def test_number_is_what_the_text_says(text: str, interval: Interval) -> None:
    first = find_quantities(text, "nl")[0]
    assert first.number is not None
    assert first.number.interval == interval


@pytest.mark.parametrize(
    "text", ["2024", "zesde", "24/7", "1.2345", "tientallen", "minder dan meer dan 5"]
)
def test_what_is_no_certain_number_has_none(text: str) -> None:
    (quantity,) = find_quantities(text, "nl")
    assert (quantity.text, quantity.number) == (text, None)


@pytest.mark.parametrize(
    ("text", "are_read"),
    [
        ("2 à 3 miljoen", [False, True]),
        ("vijf tot zes procent", [False, True]),
        ("2–3%", [False, True]),
        ("2 miljoen tot 3 miljoen", [True, True]),
        ("5% tot 6%", [True, True]),
        ("tien tot twaalf", [True, True]),
        ("2 landen en 3 miljoen", [True, True]),
    ],
)
def test_what_may_share_a_scale_is_left_open(text: str, are_read: list[bool]) -> None:
    assert [q.number is not None for q in find_quantities(text, "nl")] == are_read


LANGUAGES = st.sampled_from(["nl", "en", "de", "fr", "de-CH", "es"])
SNIPPETS = (
    "1 12 2024 1.200 93,1 % fte miljoen m of meer meer dan ca. rond een één twee en half vijf "
    "honderd duizend derde 6e mei May april tot t/m - – / . , ’ ' + ½ ² ٣ 一 \u0301 nr. p. a "
    "hundred one third begin van ( ) \u00a0 \n −"
).split(" ")
PATCHWORK = st.lists(st.sampled_from([*SNIPPETS, " ", " ", " "]), max_size=30).map("".join)


@given(st.one_of(st.text(), PATCHWORK), LANGUAGES)
def test_every_digit_is_in_one_quantity(text: str, language: str) -> None:
    covered = [
        place
        for quantity in find_quantities(text, language)
        for place in range(quantity.start, quantity.end)
    ]
    assert len(covered) == len(set(covered))
    assert {n for n, character in enumerate(text) if character.isnumeric()} <= set(covered)


@given(PATCHWORK, LANGUAGES)
def test_quantities_stand_in_order_as_printed(text: str, language: str) -> None:
    quantities = find_quantities(text, language)
    assert [q.text for q in quantities] == [text[q.start : q.end] for q in quantities]
    assert all(q.start < q.end and q.text == q.text.strip() for q in quantities)
    assert [q.start for q in quantities] == sorted(q.start for q in quantities)


WORDS = st.lists(st.sampled_from("de politie werkt samen met landen (ook) graag, wij".split()))
KNOWN = st.sampled_from(
    [
        ("meer dan vier miljard", "number_word"),
        ("93,1 miljoen", "number"),
        ("28%", "percentage"),
        ("7 en 8 april", "date"),
        ("februari 2025 tot april 2026", "period"),
        ("zesde", "ordinal"),
        ("24/7", "code"),
    ]
)


@given(WORDS, KNOWN, WORDS)
def test_a_known_quantity_is_found_among_words(
    before: list[str], known: tuple[str, str], after: list[str]
) -> None:
    text, kind = known
    start = len(" ".join([*before, ""]))
    (quantity,) = find_quantities(" ".join([*before, text, *after]), "nl")
    number = parse_number(text, "nl") if kind in ("number", "number_word", "percentage") else None
    assert quantity == Quantity(start, start + len(text), text, kind, number)


@given(st.integers(0, 999_999))
def test_every_whole_number_is_found_as_parse_number_reads_it(number: int) -> None:
    text = f"{number:,}".replace(",", ".")
    (quantity,) = find_quantities(f"er zijn {text} hits", "nl")
    assert quantity.text == text
    is_year = 1900 <= number <= 2099 and "." not in text
    assert is_year or quantity.number == parse_number(text, "nl")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    ("piece", "times", "is_found"),
    [
        ("1 ", 100_000, True),
        ("een ", 50_000, False),
        ("meer dan ", 22_000, False),
        ("honderd ", 2_000, None),
        ("12-", 60_000, True),
        (" ", 200_000, False),
        ("eeneen", 30_000, None),
        ("7, ", 2_000, True),
    ],
)
def test_long_texts_take_seconds(
    language: str, piece: str, times: int, is_found: bool | None
) -> None:
    quantities = find_quantities(piece * times, language)
    assert is_found in (bool(quantities), None)
