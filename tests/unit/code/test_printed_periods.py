"""The days that a printed date may mean: all that the text allows, and nothing that it adds."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.code.dates import Period, parse_edtf_period
from ipsdata.code.printed_periods import printed_period

NL = "januari februari maart april mei juni juli augustus september oktober november december"
EN = "January February March April May June July August September October November December"
MONTHS = {"nl": NL.split(), "en": EN.split()}
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
LANGUAGES = st.sampled_from(["nl", "en"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 mei 2025", "2025-05-14"),
        ("14  mei\n2025", "2025-05-14"),
        ("14-05-2025", "2025-05-14"),
        ("2025-05-14", "2025-05-14"),
        ("mei 2025", "2025-05"),
        ("Mei 2025", "2025-05"),
        ("februari 2024", "2024-02"),
        ("2025", "2025"),
        ("begin 2026", "2026"),
        ("Begin 2026", "2026"),
        ("eind november 2023", "2023-11"),
        ("medio 2025", "2025"),
        ("7 en 8 april 2025", "2025-04-07/2025-04-08"),
        ("12 maart en 13 december 2024", "2024-03-12/2024-12-13"),
        ("april tot juni 2025", "2025-04/2025-06"),
        ("februari 2025 tot april 2026", "2025-02/2026-04"),
        ("februari 2025 tot en met april 2026", "2025-02/2026-04"),
        ("februari t/m april 2026", "2026-02/2026-04"),
        ("7 april 2025 tot 1 mei 2025", "2025-04-07/2025-05-01"),
        ("2019-2021", "2019/2021"),
        ("2019 – 2021", "2019/2021"),
        ("eind 2024 en begin 2025", "2024/2025"),
    ],
)
def test_dutch(text: str, expected: str) -> None:
    assert printed_period(text, "nl") == parse_edtf_period(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 May 2025", "2025-05-14"),
        ("May 14, 2025", "2025-05-14"),
        ("2025-05-14", "2025-05-14"),
        ("May 2025", "2025-05"),
        ("early 2026", "2026"),
        ("mid-2025", "2025"),
        ("late November 2023", "2023-11"),
        ("7-8 April 2025", "2025-04-07/2025-04-08"),
        ("7 and 8 April 2025", "2025-04-07/2025-04-08"),
        ("April to June 2025", "2025-04/2025-06"),
        ("February 2025 until April 2026", "2025-02/2026-04"),
    ],
)
def test_english(text: str, expected: str) -> None:
    assert printed_period(text, "en") == parse_edtf_period(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mei",
        "14 mei",
        "7 en 8 april",
        "april tot juni",
        "7 maart jl.",
        "vorig jaar",
        "eerste helft van 2025",
        "2024/25",
        "1 tot 5",
        "14",
        "14 mei 25",
        "30 februari 2025",
        "1850000",
        "0999",
        "2100",
        "31 december tot 2 januari 2025",
        "2021-2019",
        "april 2026 tot februari 2025",
        "14 May 2025",
        "mei 2025 tot juni 2025 tot juli 2025",
    ],
)
def test_what_the_text_does_not_say_is_not_completed(text: str) -> None:
    assert printed_period(text, "nl") is None


@pytest.mark.parametrize("text", ["05/06/2025", "05-06-2025", "14 mei 2025", "7-8 April", "May"])
def test_what_english_does_not_say_is_not_completed(text: str) -> None:
    assert printed_period(text, "en") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [("fr", "14 mai 2025"), ("de", "14. Mai 2025"), ("de-CH", "14. Mai 2025")],
)
def test_each_language_of_the_documents_has_its_own_months(language: str, text: str) -> None:
    assert printed_period(text, language) == parse_edtf_period("2025-05-14")
    assert printed_period("2025", language) == parse_edtf_period("2025")
    assert printed_period("14 mei 2025", language) is None


@given(DAYS, LANGUAGES)
@settings(deadline=None)
def test_date_in_full_is_that_day(day: dt.date, language: str) -> None:
    month = MONTHS[language][day.month - 1]
    assert printed_period(f"{day.day} {month} {day.year}", language) == Period(day, day)


@given(DAYS, LANGUAGES)
@settings(deadline=None)
def test_month_and_year_hold_each_day_and_no_other(day: dt.date, language: str) -> None:
    found = printed_period(f"{MONTHS[language][day.month - 1]} {day.year}", language)
    assert found is not None
    assert found.start <= day <= found.end
    assert {found.start.month, found.end.month} == {day.month}
    assert found.start.day == 1
    assert (found.end + dt.timedelta(1)).day == 1
    whole = printed_period(str(day.year), language)
    assert whole is not None
    assert whole.start <= found.start
    assert found.end <= whole.end


@given(DAYS, DAYS)
@settings(deadline=None)
def test_period_runs_from_its_first_day_to_its_last_or_is_unknown(
    first: dt.date, last: dt.date
) -> None:
    ends = [f"{d.day} {MONTHS['nl'][d.month - 1]} {d.year}" for d in (first, last)]
    found = printed_period(" tot ".join(ends), "nl")
    assert found == (Period(first, last) if first <= last else None)
