"""The calendar: every day of whole years, with its periods and its names in two languages."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.contracts import load_contract
from ipsdata.marts.calendar import calendar, half_year, years_of
from ipsdata.validation import contract_failures
from sis_facts import SCHEMAS

CONTRACT = load_contract(SCHEMAS / "tables" / "dim_date.yaml", SCHEMAS)
Row = dict[str, Any]


def table(first_year: int, last_year: int) -> pa.Table:
    return pa.table(dict(calendar(first_year, last_year)), schema=CONTRACT.arrow_schema)


def row(year: int, month: int, day: int) -> Row:
    found = table(year, year).to_pylist()
    return found[dt.date(year, month, day).timetuple().tm_yday - 1]


def test_a_day() -> None:
    assert row(2025, 6, 12) == {
        "date": dt.date(2025, 6, 12),
        "year": 2025,
        "half_year": "2025-H1",
        "half_year_start": dt.date(2025, 1, 1),
        "half_year_end": dt.date(2025, 6, 30),
        "half_year_label": "First half of 2025",
        "half_year_label_nl": "Eerste helft van 2025",
        "quarter": "2025-Q2",
        "month": "2025-06",
        "month_number": 6,
        "month_name": "June",
        "month_name_nl": "juni",
        "weekday_number": 4,
        "weekday_name": "Thursday",
        "weekday_name_nl": "donderdag",
        "iso_week": "2025-W24",
        "is_weekend": False,
    }


def test_the_second_half() -> None:
    first, last = row(2025, 7, 1), row(2025, 12, 31)
    for found in (first, last):
        assert found["half_year"] == "2025-H2"
        assert found["half_year_start"] == dt.date(2025, 7, 1)
        assert found["half_year_end"] == dt.date(2025, 12, 31)
        assert found["half_year_label"] == "Second half of 2025"
        assert found["half_year_label_nl"] == "Tweede helft van 2025"
    assert row(2025, 6, 30)["half_year"] == "2025-H1"


@pytest.mark.parametrize(
    ("day", "week"),
    [((2021, 1, 3), "2020-W53"), ((2024, 12, 30), "2025-W01"), ((2027, 1, 1), "2026-W53")],
)
def test_a_week_may_be_of_another_year_than_its_day(day: tuple[int, int, int], week: str) -> None:
    assert row(*day)["iso_week"] == week


def test_a_week_begins_on_monday_and_ends_with_the_weekend() -> None:
    found = [row(2025, 6, day) for day in range(9, 16)]
    assert [each["weekday_number"] for each in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [each["is_weekend"] for each in found] == [False] * 5 + [True] * 2
    assert {each["iso_week"] for each in found} == {"2025-W24"}
    assert (found[0]["weekday_name"], found[-1]["weekday_name_nl"]) == ("Monday", "zondag")


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9998), st.integers(0, 1))
def test_days_are_whole_years_without_gaps(first: int, more: int) -> None:
    days = calendar(first, first + more)["date"]
    assert (days[0], days[-1]) == (dt.date(first, 1, 1), dt.date(first + more, 12, 31))
    assert [day.toordinal() for day in days] == list(
        range(days[0].toordinal(), days[-1].toordinal() + 1)
    )


@pytest.mark.parametrize("years", [(1, 2), (1899, 1901), (1995, 2026), (9998, 9999)])
def test_it_fits_its_contract(years: tuple[int, int]) -> None:
    assert contract_failures(CONTRACT, table(*years)) == []


@settings(deadline=None, max_examples=50)
@given(st.dates(min_value=dt.date(2, 1, 1), max_value=dt.date(9998, 12, 31)))
def test_every_period_of_a_day_holds_it(day: dt.date) -> None:
    found = row(day.year, day.month, day.day)
    assert found["half_year_start"] <= day <= found["half_year_end"]
    assert found["half_year"] == half_year(day)
    year, week = found["iso_week"].split("-W")
    assert dt.date.fromisocalendar(int(year), int(week), found["weekday_number"]) == day
    assert found["quarter"].endswith(str((day.month - 1) // 3 + 1))
    assert found["month"] == day.isoformat()[:7]


@pytest.mark.parametrize(
    ("days", "years"),
    [
        ((), (1995, 1995)),
        ((dt.date(2025, 5, 14),), (1995, 2025)),
        ((dt.date(1989, 3, 1), dt.date(2026, 1, 1)), (1989, 2026)),
    ],
)
def test_years_reach_from_1995_or_before_to_the_last_day(
    days: tuple[dt.date, ...], years: tuple[int, int]
) -> None:
    assert years_of(days) == years
