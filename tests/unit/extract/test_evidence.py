"""Evidence: a slip of the pen between a text and the value that rests on it is found."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.extract.evidence import contradicts

MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december"
).split()
DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2090, 12, 31))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2025-05-14", "14 mei 2025"),
        ("2025-05-14", "14 mei"),
        ("2025-05", "14 mei 2025"),
        ("2025-05", "mei 2025"),
        ("2025-05", "mei"),
        ("2025-05", "begin mei"),
        ("2025", "14 mei 2025"),
        ("2025", "2025"),
        ("2026", "Begin 2026"),
        ("2025-03-07", "7 maart jl."),
        ("2025-03-07", "7 maart j.l."),
        ("2025-04-07/2025-04-08", "7 en 8 april"),
        ("2025-04-08", "7 en 8 april"),
        ("2025-02", "februari 2025 tot april 2026"),
        ("2026-04", "februari 2025 tot april 2026"),
        ("2025-01/2025-06", "2025"),
        ("2024-12/2025-01", "januari"),
    ],
)
def test_date_that_can_be_meant_contradicts_nothing(value: str, text: str) -> None:
    assert not contradicts(value, text, "nl")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2025-05-15", "14 mei 2025"),
        ("2025-05-14", "14 juni"),
        ("2024-05-14", "14 mei 2025"),
        ("2025-06", "mei"),
        ("2025-06", "begin mei"),
        ("2024", "14 mei 2025"),
        ("2024", "2025"),
        ("2024", "mei 2025"),
        ("2025-03-08", "7 maart jl."),
        ("2025-04-09", "7 en 8 april"),
        ("2025-04-07/2025-04-08", "9 april"),
        ("2026-05", "februari 2025 tot april 2026"),
        ("2025-01/2025-06", "2024"),
        ("2024-12/2025-01", "maart"),
    ],
)
def test_other_date_contradicts(value: str, text: str) -> None:
    assert contradicts(value, text, "nl")


@pytest.mark.parametrize(
    ("value", "text"), [("2025-05", "early May"), ("2025-05-14", "May 14, 2025"), ("16", "sixteen")]
)
def test_english_is_read_as_english(value: str, text: str) -> None:
    assert not contradicts(value, text, "en")
    assert contradicts("2025-06" if "-" in value else "17", text, "en")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("7", "zeven"),
        ("16", "16"),
        ("2", "2 fte"),
        ("7", "ruim zeven"),
        ("28", "28%"),
        ("0", "nul"),
    ],
)
def test_number_that_can_be_meant_contradicts_nothing(value: str, text: str) -> None:
    assert not contradicts(value, text, "nl")


@pytest.mark.parametrize(
    ("value", "text"),
    [("7", "zes"), ("16", "17"), ("2", "3 fte"), ("7", "meer dan zeven"), ("7", "zeventig")],
)
def test_other_number_contradicts(value: str, text: str) -> None:
    assert contradicts(value, text, "nl")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("completed", "afgerond"),
        ("KPSM", "12"),
        ("2025", "vorig jaar"),
        ("2025-05", "eerste helft van 2025"),
        ("7", "een aantal"),
        ("", "14 mei 2025"),
        ("2025-13", "14 mei 2025"),
        ("2025-05", ""),
    ],
)
def test_what_can_not_be_compared_is_left_to_a_person(value: str, text: str) -> None:
    assert not contradicts(value, text, "nl")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("zevende", "nl"),
        ("Zevende", "nl"),
        ("zevende plek", "nl"),
        ("op de zevende plek", "nl"),
        ("7e plek", "nl"),
        ("op de 7e plek", "nl"),
        ("seventh place", "en"),
    ],
)
def test_same_ordinal_does_not_contradict(text: str, language: str) -> None:
    assert not contradicts("7", text, language)
    assert contradicts("6", text, language)


@pytest.mark.parametrize(("value", "text"), [("6", "zevende"), ("6", "7e"), ("1", "tweede")])
def test_other_ordinal_contradicts(value: str, text: str) -> None:
    assert contradicts(value, text, "nl")


def test_other_number_of_four_digits_contradicts() -> None:
    assert contradicts("1500", "zeven", "nl")


def test_value_of_many_years_is_not_tried_year_by_year(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def count(text: str, _language: str) -> None:
        tried.append(text)

    monkeypatch.setattr("ipsdata.extract.evidence.printed_period", count)
    contradicts("1025/2025", "7 maart jl.", "nl")
    assert len(tried) < 200


@given(DAYS, DAYS)
def test_days_contradict_unless_they_are_one(said: dt.date, coded: dt.date) -> None:
    text = f"{said.day} {MONTHS[said.month - 1]} {said.year}"
    assert contradicts(coded.isoformat(), text, "nl") == (said != coded)


@given(DAYS)
def test_day_contradicts_neither_its_month_nor_its_year(day: dt.date) -> None:
    text = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    for value in (f"{day:%Y-%m}", f"{day:%Y}", f"{day.year}/{day.year + 1}"):
        assert not contradicts(value, text, "nl")
