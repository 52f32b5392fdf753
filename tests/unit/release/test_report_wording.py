"""How the page writes numbers, dates, intervals and places, in each language."""

import datetime as dt
from typing import Any

import pytest

from ipsdata.release.report.figures import Figure
from ipsdata.release.report.records import Record
from ipsdata.release.report.texts import texts
from ipsdata.release.report.wording import SHOWN_CHARACTERS, Phrase, Wording

NAMES = {
    "missions": {
        "EUMA": Record(title="EU Mission in Armenia", title_nl="EU-missie in Armenië"),
        "OSC": Record(title="Office of the Security Coordinator"),
    },
    "countries": {"AM": Record(title="Armenia", title_nl="Armenië")},
    "sis_indicators": {"hits": Record(title="Hits", title_nl="Hits")},
    "sis_categories": {
        "2018/1861:24": Record(
            title="Refusal of entry",
            title_nl="Weigering van toegang",
            instrument="2018/1861",
            article="24",
        )
    },
    "code_titles": {
        "sis_statistics.scope not_stated": Record(
            title="Scope not stated", title_nl="Reikwijdte niet vermeld"
        ),
    },
}


@pytest.fixture
def en() -> Wording:
    return Wording(texts("en"), NAMES)


@pytest.fixture
def nl() -> Wording:
    return Wording(texts("nl"), NAMES)


def figure(**columns: Any) -> Figure:
    document = Record(path="letters/2025-06-12/letter.txt", edition_id="letters/2025-06-12")
    return Figure("figure-a", "sis_statistics", Record(columns), document)


def interval(precision: str, value: float, low: float | None, high: float | None) -> Record:
    row = {"precision": precision, "value": value, "value_low": low, "value_high": high}
    return Record(row, unit="alert")


@pytest.mark.parametrize(
    ("value", "english", "dutch"),
    [
        (93195404.0, "93,195,404", "93.195.404"),
        (15021198103.0, "15,021,198,103", "15.021.198.103"),
        (1089.5, "1,089.5", "1.089,5"),
        (0.0, "0", "0"),
        (0.082194, "0.082194", "0,082194"),
    ],
)
def test_numbers(en: Wording, nl: Wording, value: float, english: str, dutch: str) -> None:
    assert en.number(value) == english
    assert nl.number(value) == dutch


@pytest.mark.parametrize(
    ("edtf", "english", "dutch"),
    [
        ("2025-05-14", "14 May 2025", "14 mei 2025"),
        ("2017-10", "October 2017", "oktober 2017"),
        ("2008", "2008", "2008"),
        ("2013-04-09/2013-12-31", "9 April 2013 – 31 December 2013", None),
        ("2023-02-30", "2023-02-30", "2023-02-30"),
        ("1999~", "1999~", "1999~"),
        ("", "", ""),
    ],
)
def test_dates(en: Wording, nl: Wording, edtf: str, english: str, dutch: str | None) -> None:
    assert en.edtf(edtf) == english
    if dutch is not None:
        assert nl.edtf(edtf) == dutch


@pytest.mark.parametrize(
    ("row", "english"),
    [
        (interval("exact", 1, 1, 1), "exactly 1 alert"),
        (interval("exact", 4, 4, 4), "exactly 4 alerts"),
        (
            interval("rounded", 93.1e6, 93.05e6, 93.15e6),
            "rounded to 93,100,000: from 93,050,000 to just under 93,150,000 alerts",
        ),
        (
            interval("more_than", 4e9, 4e9, None),
            "more than 4,000,000,000 alerts, without an upper bound",
        ),
        (
            interval("just_under", 90e6, 80e6, 90e6),
            "just under 90,000,000 alerts, more than 80,000,000",
        ),
        (interval("at_most", 5, 0, 5), "5 alerts or less"),
        (
            interval("rounded", 5, None, None),
            "rounded to 5: from unknown to just under unknown alerts",
        ),
        (interval("guessed", 5, None, None), "5 alerts"),
    ],
)
def test_intervals_in_words(en: Wording, row: Record, english: str) -> None:
    assert en.interval(row) == english


def test_an_interval_in_dutch(nl: Wording) -> None:
    told = nl.interval(interval("rounded", 93.1e6, 93.05e6, 93.15e6))
    assert told == "afgerond op 93.100.000: van 93.050.000 tot net onder 93.150.000 signaleringen"


def test_a_title_that_is_english_only_says_so(nl: Wording, en: Wording) -> None:
    assert nl.named("missions", "EUMA") == Phrase("EU-missie in Armenië", "nl")
    assert nl.named("missions", "OSC") == Phrase("Office of the Security Coordinator", "en")
    assert en.named("missions", "NO_SUCH") == Phrase("NO_SUCH", "")


@pytest.mark.parametrize(
    ("locator", "dutch"),
    [
        ("line 12", "regel 12 van letter.txt"),
        ("page 3, table 1, row 2", "bladzijde 3, tabel 1, rij 2 van letter.txt"),
        (
            "“A table of line 3”, paragraph 2, characters 396-407",
            "“A table of line 3”, alinea 2, tekens 396-407 van letter.txt",
        ),
    ],
)
def test_places_are_told_in_the_language_of_the_page(nl: Wording, locator: str, dutch: str) -> None:
    assert nl.place(figure(locator=locator)) == dutch


def test_a_series_is_named_with_all_that_tells_it_apart(en: Wording, nl: Wording) -> None:
    row = Record(
        indicator="hits", area="SIS", category_id="2018/1861:24", scope="not_stated", averaging=None
    )
    assert en.series(row) == (
        "Hits, whole system, refusal of entry (article 24 of 2018/1861), scope not stated"
    )
    total = Record(row, area="AM", category_id="total", scope="not_applicable")
    assert nl.series(total) == "Hits, Armenië"


def test_a_list_quotes_another_publication_with_its_address(en: Wording) -> None:
    quoted = figure(source="eulisa-2021", source_url="https://example.org/a")
    assert en.quoted(quoted) == ("eulisa-2021", "https://example.org/a")
    assert en.quoted(figure(source="eulisa-2021", source_url="javascript:alert(1)")) == (
        "eulisa-2021",
        None,
    )
    assert en.quoted(figure(source="letters/2025-06-12")) is None


def test_a_text_as_long_as_a_page_is_cut_and_says_so(en: Wording) -> None:
    assert en.short("a" * SHOWN_CHARACTERS) == "a" * SHOWN_CHARACTERS
    assert en.short("a" * 32_000) == "a" * SHOWN_CHARACTERS + "… (shortened here)"


@pytest.mark.parametrize(
    ("mission", "told"),
    [
        (
            Record(start="2017-10", mandate_until="2026"),
            "from October 2017; latest mandate known until 2026",
        ),
        (Record(start="2005-09", end="2006-12"), "from September 2005 until December 2006"),
        (Record(start="2008"), "from 2008, still under way"),
        (Record(), "not known"),
    ],
)
def test_mandates(en: Wording, mission: Record, told: str) -> None:
    assert en.mandate(mission) == told


def test_membership(nl: Wording) -> None:
    spell = Record(valid_from=dt.date(2015, 4, 13), valid_until=dt.date(2020, 12, 31))
    assert nl.membership(spell) == "van 13 april 2015 tot en met 31 december 2020"
