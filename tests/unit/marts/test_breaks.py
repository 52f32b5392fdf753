"""Breaks: whose series breaks when, and between which moments."""

import datetime as dt

import pytest

from ipsdata.marts.breaks import Breaks, ids_of
from sis_facts import BREAKS, Fact


def row(break_id: str, day: str, kind: str, area: str | None, affects: str = "all") -> Fact:
    return {
        "break_id": break_id,
        "breaks_on": dt.date.fromisoformat(day),
        "kind": kind,
        "area": area,
        "affects": affects,
    }


MADE = Breaks.of_rows(
    [
        row("xx-out", "2021-01-01", "membership", "XX"),
        row("new-law", "2020-06-01", "law", None),
        row("plague", "2020-03-01", "pandemic", None, "flows"),
        row("recount", "2020-09-01", "law", None, "stocks"),
    ]
)


def between(first: str, last: str, area: str, kind: str = "flow") -> list[str]:
    days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return ids_of(MADE.between(*days, area, kind))


@pytest.mark.parametrize(
    ("area", "kind", "found"),
    [
        ("XX", "flow", ["plague", "new-law", "xx-out"]),
        ("SIS", "flow", ["plague", "new-law", "xx-out"]),
        ("SCHENGEN", "flow", ["plague", "new-law", "xx-out"]),
        ("EU", "flow", ["plague", "new-law", "xx-out"]),
        ("YY", "flow", ["plague", "new-law"]),
        ("YY", "stock", ["new-law", "recount"]),
        ("XX", "stock", ["new-law", "recount", "xx-out"]),
    ],
)
def test_a_member_changes_its_own_series_and_the_aggregates(
    area: str, kind: str, found: list[str]
) -> None:
    assert between("2019-12-31", "2021-12-31", area, kind) == found


def test_a_break_lies_after_the_first_day_and_up_to_the_last() -> None:
    assert between("2020-03-01", "2020-05-31", "YY") == []
    assert between("2020-02-29", "2020-03-01", "YY") == ["plague"]
    assert between("2020-03-01", "2020-06-01", "YY") == ["new-law"]


def test_breaks_within_a_year() -> None:
    assert ids_of(MADE.within(2020, "XX", "flow")) == ["plague", "new-law"]
    assert ids_of(MADE.within(2021, "XX", "flow")) == ["xx-out"]
    assert MADE.falls_on(dt.date(2021, 1, 1), "SIS", "stock")
    assert not MADE.falls_on(dt.date(2021, 1, 1), "YY", "stock")


def test_breaks_of_2020_to_2023_in_the_code_list() -> None:
    end = dt.date(2020, 12, 31), dt.date(2023, 12, 31)
    assert ids_of(BREAKS.between(*end, "NL", "stock")) == ["recast-2023"]
    assert "gb-out-2021" in ids_of(BREAKS.between(*end, "SIS", "stock"))
