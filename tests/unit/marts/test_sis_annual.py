"""SIS annual: which figures may stand for a year, and each criterion by which one is preferred."""

import datetime as dt
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.contracts import load_contract
from ipsdata.marts.breaks import Breaks
from ipsdata.marts.sis_annual import annual_figures
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures
from sis_facts import BREAKS, NO_BREAKS, SCHEMAS, Fact, sis_fact

CONTRACT = load_contract(ROOT / "schemas" / "tables" / "sis_annual.yaml", SCHEMAS)
STOCK = "alerts"


def annual(*facts: Fact, breaks: Breaks = BREAKS, extra: tuple[Fact, ...] = ()) -> list[Fact]:
    """Return the annual rows, the same in any order of the facts, as the contract has them."""
    rows = list(annual_figures(facts, breaks, extra))
    assert list(annual_figures(facts[::-1], breaks, extra)) == rows
    table = table_from_rows(CONTRACT, rows)
    assert contract_failures(CONTRACT, table) == []
    return [dict(row) for row in rows]


def only(*facts: Fact, **more: Any) -> Fact:
    (row,) = annual(*facts, **more)
    return row


# Which figures may stand for a year


@pytest.mark.parametrize(
    ("indicator", "time_period", "years"),
    [
        ("searches", "2019", [2019]),
        ("searches", "2019-01-01/2019-12-31", [2019]),
        ("searches", "2013-04-09/2013-12-31", [2013]),
        ("searches", "2023-03-07/2023-12-31", [2023]),
        ("searches", "2023-01-01/2023-03-06", [2023]),
        ("searches", "2019-01-01/2019-06-30", []),
        ("searches", "2019-02-01/2019-12-31", []),
        ("searches", "2019-12", []),
        ("searches", "2020-12-31", []),
        ("searches", "2021-01-01", []),
        ("searches", "2018/2019", []),
        ("alerts", "2019-12-31", [2019]),
        ("alerts", "2020-01-01", [2019]),
        ("alerts", "2019", [2019]),
        ("alerts", "2019-12", [2019]),
        ("alerts", "2019-06-30", [2019]),
        ("alerts", "2021-01-01", [2021]),  # the United Kingdom left on that day
        ("alerts", "1999-03-05", [1999]),
    ],
)
def test_year_of_a_figure(indicator: str, time_period: str, years: list[int]) -> None:
    rows = annual(sis_fact("5", indicator, time_period=time_period))
    assert [row["year"] for row in rows] == years


def test_a_break_elsewhere_does_not_move_a_stock() -> None:
    stock = sis_fact("5", STOCK, area="NL", time_period="2021-01-01")
    assert only(stock)["year"] == 2020


def test_a_mean_is_no_annual_figure() -> None:
    assert annual(sis_fact("5", averaging="per_day"), sis_fact("1", averaging="per_hour")) == []


# By what one is preferred


def first(*facts: Fact, breaks: Breaks = NO_BREAKS) -> tuple[str, str]:
    """Return which source was preferred, and the last criterion told."""
    row = only(*facts, breaks=breaks)
    assert row["candidates"] == len(facts)
    return row["source"], row["choice"].rpartition(": ")[2]


def test_only_candidate() -> None:
    row = only(sis_fact("5"))
    assert (row["candidates"], row["choice"]) == (1, "a (press) 5: the only candidate")


@pytest.mark.parametrize(
    ("losing", "winning"),
    [
        ("2024-06-30", "2024-12-31"),
        ("2024-06-30", "2025-01-01"),
        ("2024-06-30", "2024"),
    ],
)
def test_the_end_of_a_year_goes_before_another_day(losing: str, winning: str) -> None:
    better = {"source_kind": "eu_lisa"}
    facts = (
        sis_fact("5", STOCK, source="a", time_period=losing, **better),
        sis_fact("6", STOCK, source="b", time_period=winning),
    )
    assert first(*facts) == ("b", "period")


def test_a_whole_year_goes_before_a_part_of_it() -> None:
    part = sis_fact("5", source="a", time_period="2023-03-07/2023-12-31", source_kind="eu_lisa")
    assert first(part, sis_fact("6", source="b", time_period="2023"), breaks=BREAKS) == (
        "b",
        "period",
    )


def test_authority_goes_by_origin() -> None:
    quoting = sis_fact("5", source="z", origin_kind="eu_lisa")
    parliament = sis_fact("6", source="b", source_kind="parliament")
    row = only(quoting, parliament)
    assert row["choice"] == "z (press quoting eu_lisa) 5 before b (parliament) 6: authority"
    assert (row["authority"], row["source_kind"], row["origin_kind"]) == (1, "press", "eu_lisa")


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("5 million", "4,999,999"),
        ("5 million", "5.0 million"),
        ("more than 5 million", "about 4 million"),
        ("5 million", "50 million"),
    ],
)
def test_narrower_interval_for_its_number(wide: str, narrow: str) -> None:
    late = {"published_on": dt.date(2026, 1, 1)}
    assert first(sis_fact(wide, source="a", **late), sis_fact(narrow, source="b")) == (
        "b",
        "precision",
    )


def test_recency_with_undated_last() -> None:
    early = sis_fact("5", source="a", published_on=dt.date(2025, 1, 1))
    late = sis_fact("5", source="b", published_on=dt.date(2025, 2, 1))
    undated = sis_fact("5", source="c", published_on=None)
    assert first(early, late) == ("b", "recency")
    assert first(undated, early) == ("a", "recency")


def test_stated_scope_then_told_day_then_source() -> None:
    vague = sis_fact("5", "hits", source="a", scope="not_stated")
    assert first(vague, sis_fact("5", "hits", source="b")) == ("b", "scope")
    year = sis_fact("5", STOCK, source="a")
    assert first(year, sis_fact("5", STOCK, source="b", time_period="2024-12-31")) == ("b", "day")
    assert first(sis_fact("5", source="b"), sis_fact("5", source="a")) == ("a", "source")


def test_every_candidate_is_named_with_its_criterion() -> None:
    facts = (
        sis_fact("5 million", source="a", source_kind="eu_lisa"),
        sis_fact("5,100,000", source="b", source_kind="eu_lisa"),
        sis_fact("6", source="c"),
    )
    assert only(*facts)["choice"] == (
        "b (eu_lisa) 5,100,000 before a (eu_lisa) 5 million: precision; before c (press) 6: "
        "authority"
    )


def test_a_revision_loses_by_recency_however_precise() -> None:
    old = sis_fact("5,012,345", published_on=dt.date(2024, 1, 1))
    new = sis_fact("about 6 million", published_on=dt.date(2025, 1, 1))
    undated = sis_fact("7", published_on=None)
    row = only(old, new, undated)
    assert row["value"] == 6_000_000
    assert "before a (press) 5,012,345 of 2024-01-01: recency" in row["choice"]
    assert "before a (press) 7 of undated: recency" in row["choice"]
    other = sis_fact("5", source="b", source_kind="parliament")
    assert only(old, new, other)["source"] == "b"


# What else a row tells


def test_extra_candidates_compete() -> None:
    given = sis_fact("5 million", source_kind="parliament", source="letter")
    summed = sis_fact("5,012,345", source_kind="national_authority", source="daily")
    row = only(given, extra=(summed,))
    assert (row["source"], row["candidates"]) == ("daily", 2)
    assert row["choice"] == (
        "daily (national_authority) 5,012,345 before letter (parliament) 5 million: authority"
    )


def test_breaks_of_the_year_and_a_change_of_scope() -> None:
    rows = annual(
        sis_fact("5", "hits", time_period="2018"),
        sis_fact("6", "hits", time_period="2020", scope="not_stated"),
        sis_fact("7", "hits", time_period="2021", scope="not_stated"),
    )
    assert [row["breaks"] for row in rows] == [
        "bg-full-2018; ro-full-2018",
        "pandemic-2020; scope:on_foreign_alerts→not_stated",
        "gb-out-2021; ie-in-2021",
    ]
    assert only(sis_fact("6", STOCK, time_period="2020"))["breaks"] is None, "of flows only"
    assert only(sis_fact("6", "hits", area="NL", time_period="2021"))["breaks"] is None


def test_each_area_indicator_and_category_has_its_row() -> None:
    facts = [
        sis_fact("5"),
        sis_fact("6", area="NL"),
        sis_fact("7", "accesses"),
        sis_fact("8", "hits", category_id="persons"),
    ]
    assert sorted(row["value"] for row in annual(*facts)) == [5, 6, 7, 8]
