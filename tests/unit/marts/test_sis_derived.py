"""SIS derived: what follows from annual figures, with all numbers that their intervals allow."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from ipsdata.contracts import load_contract
from ipsdata.figures import interval_of
from ipsdata.intervals import Interval
from ipsdata.marts.sis_annual import annual_figures
from ipsdata.marts.sis_derived import derived_figures
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures
from sis_facts import BREAKS, SCHEMAS, Fact, sis_fact

CONTRACT = load_contract(ROOT / "schemas" / "tables" / "sis_derived.yaml", SCHEMAS)
STOCK = "alerts"


def derived(*facts: Fact) -> list[Fact]:
    """Derive from facts as `sis_annual` keeps them, and check the rows by the contract."""
    rows = derived_figures(annual_figures(facts, BREAKS), BREAKS)
    assert contract_failures(CONTRACT, table_from_rows(CONTRACT, rows)) == []
    return [dict(row) for row in rows]


def measure(name: str, *facts: Fact) -> Fact:
    (row,) = [row for row in derived(*facts) if row["measure"] == name]
    return row


def has(name: str, *facts: Fact) -> bool:
    return any(row["measure"] == name for row in derived(*facts))


def test_hits_per_million_searches_of_2024() -> None:
    hits, searches = sis_fact("397,804", "hits"), sis_fact("15,021,198,103")
    row = measure("hits_per_million_searches", hits, searches)
    assert row["value"] == pytest.approx(26.4828409)
    assert row["value_low"] <= row["value"] <= row["value_high"]
    assert row["value_high"] - row["value_low"] < 1e-9
    assert row["formula"] == "397,804 / 15,021,198,103 × 1,000,000"
    assert row["rests_on"] == (
        "hits SIS total 397,804 (a, 2024); searches SIS total 15,021,198,103 (a, 2024)"
    )
    assert (row["unit"], row["document_ids"]) == ("hit per million searches", "d" * 64)


def test_automated_search_share_of_rounded_figures() -> None:
    row = measure(
        "automated_search_share", sis_fact("2 billion", "automated_searches"), sis_fact("5 billion")
    )
    assert (row["value"], row["unit"]) == (40.0, "percent")
    assert (row["value_low"], row["value_high"]) == (27.2727272727, 55.5555555556)


@pytest.mark.parametrize(
    ("time_period", "days"),
    [("2024", 366), ("2023", 365), ("2013-04-09/2013-12-31", 267)],
)
def test_searches_per_day(time_period: str, days: int) -> None:
    row = measure("searches_per_day", sis_fact("1000", time_period=time_period))
    assert row["value"] == pytest.approx(1000 / days)
    assert row["formula"] == f"1,000 / {days}"
    assert row["indicator"] == "searches"


def test_share_of_a_state_and_of_a_category() -> None:
    total, state = sis_fact("80", STOCK), sis_fact("20", STOCK, area="NL")
    persons = sis_fact("8", STOCK, category_id="persons")
    german = sis_fact("2", STOCK, category_id="persons", area="DE")
    rows = [r for r in derived(total, state, persons, german) if r["measure"] == "share_of_total"]
    assert {(r["area"], r["category_id"], r["value"]) for r in rows} == {
        ("NL", "total", 25.0),
        ("SIS", "persons", 10.0),
        ("DE", "persons", 25.0),
    }


def test_a_share_has_the_breaks_between_the_days_of_its_stocks() -> None:
    german = sis_fact("20", STOCK, area="DE", time_period="2021-01-01")
    total = sis_fact("80", STOCK, time_period="2020-12-31")
    assert measure("share_of_total", total, german)["breaks"] == "gb-out-2021"
    of_one_day = sis_fact("20", STOCK, area="DE", time_period="2020-12-31")
    assert measure("share_of_total", total, of_one_day)["breaks"] is None


def test_no_share_across_scopes_units_or_periods() -> None:
    total, state = sis_fact("80", "hits"), sis_fact("20", "hits", area="NL")
    assert has("share_of_total", total, state)
    assert not has("share_of_total", total, {**state, "scope": "both_directions"})
    part = sis_fact("20", "hits", area="NL", time_period="2023-03-07/2023-12-31")
    assert not has("share_of_total", sis_fact("80", "hits", time_period="2023"), part)
    stock, other = sis_fact("80", STOCK), sis_fact("20", STOCK, area="NL", time_period="2024-06-30")
    assert not has("share_of_total", stock, other)
    share = {"indicator": "search_share", "unit": "percent"}
    assert not has("share_of_total", sis_fact("80", **share), sis_fact("20", area="NL", **share))


def test_growth_is_with_the_year_before() -> None:
    years = {"2022": "100", "2023": "110", "2024": "55"}
    rows = derived(*(sis_fact(n, time_period=y) for y, n in years.items()))
    growth = {row["year"]: row for row in rows if row["measure"] == "growth"}
    assert {year: row["value"] for year, row in growth.items()} == {2023: 10.0, 2024: -50.0}
    assert growth[2024]["formula"] == "(55 / 110 - 1) × 100"
    assert (growth[2024]["value_low"], growth[2024]["value_high"]) == (-50.0, -50.0)
    assert growth[2023]["breaks"] == "hr-full-2023; recast-2023; cy-in-2023"


def test_growth_of_stocks_has_the_breaks_between_their_days() -> None:
    facts = [sis_fact("5", STOCK, time_period=d) for d in ("2019-12-31", "2020-12-31")]
    assert measure("growth", *facts)["breaks"] is None
    facts = [sis_fact("5", STOCK, time_period=d) for d in ("2020-12-31", "2021-12-31")]
    assert measure("growth", *facts)["breaks"] == "gb-out-2021; ie-in-2021"
    facts = [sis_fact("5", STOCK, time_period=d) for d in ("2019-01-01", "2019-12-31")]
    assert measure("growth", *facts)["value"] == 0.0, "the first stands for the end of 2018"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sis_fact("5", time_period="2022"), sis_fact("6", time_period="2024")),
        (
            sis_fact("5", time_period="2013-04-09/2013-12-31"),
            sis_fact("6", time_period="2014"),
        ),
        (
            sis_fact("5", "hits", time_period="2023"),
            sis_fact("6", "hits", time_period="2024", scope="not_stated"),
        ),
        (
            sis_fact("5", STOCK, time_period="2023-06-30"),
            sis_fact("6", STOCK, time_period="2024-12-31"),
        ),
        (
            sis_fact("10", "search_share", unit="percent", time_period="2023"),
            sis_fact("20", "search_share", unit="percent", time_period="2024"),
        ),
        (sis_fact("0", time_period="2023"), sis_fact("6", time_period="2024")),
        (
            sis_fact("at most 5", time_period="2023"),
            sis_fact("6", time_period="2024"),
        ),
    ],
)
def test_no_growth_of_what_does_not_match(before: Fact, after: Fact) -> None:
    assert not has("growth", before, after)


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [
        ("100", "more than 120", 20.0, None),
        ("more than 100", "120", -100.0, 20.0),
        ("more than 100", "more than 120", -100.0, None),
    ],
)
def test_growth_without_a_bound(before: str, after: str, low: float, high: float | None) -> None:
    facts = sis_fact(before, time_period="2023"), sis_fact(after, time_period="2024")
    row = measure("growth", *facts)
    assert (row["value_low"], row["value_high"], row["value"]) == (low, high, 20.0)


# The interval holds all that the figures allow


@st.composite
def figures(draw: st.DrawFn, indicator: str, **changes: Any) -> tuple[Fact, Decimal]:
    """Draw a figure, and a number that it allows."""
    number = draw(st.integers(1, 10**11))
    way = draw(st.sampled_from(["{}", "about {}", "more than {}", "at least {}", "{} million"]))
    fact = sis_fact(way.format(number), indicator, **changes)
    interval = interval_of(fact)
    assert interval.low is not None
    high = interval.high if interval.high is not None else interval.low * 3
    member = interval.low + (high - interval.low) * draw(st.integers(0, 7)) / 7
    assume(member in interval)
    return fact, member


def holds(row: Fact, number: Fraction) -> bool:
    low, high = (
        None if b is None else Decimal(repr(b)) for b in (row["value_low"], row["value_high"])
    )
    return (low is None or Fraction(low) <= number) and (high is None or number <= Fraction(high))


@settings(deadline=None)
@given(figures("hits"), figures("searches"))
def test_rate_holds_every_quotient(
    hits: tuple[Fact, Decimal], searches: tuple[Fact, Decimal]
) -> None:
    found = measure_or_none("hits_per_million_searches", hits[0], searches[0])
    if found is not None:
        assert holds(found, Fraction(hits[1]) / Fraction(searches[1]) * 1_000_000)


@settings(deadline=None)
@given(figures("searches", time_period="2023"), figures("searches", time_period="2024"))
def test_growth_holds_every_ratio(
    before: tuple[Fact, Decimal], after: tuple[Fact, Decimal]
) -> None:
    found = measure_or_none("growth", before[0], after[0])
    if found is not None:
        assert holds(found, (Fraction(after[1]) / Fraction(before[1]) - 1) * 100)


@settings(deadline=None)
@given(figures("alerts", area="NL"), figures("alerts"))
def test_share_holds_every_quotient(
    part: tuple[Fact, Decimal], total: tuple[Fact, Decimal]
) -> None:
    found = measure_or_none("share_of_total", part[0], total[0])
    if found is not None:
        assert holds(found, Fraction(part[1]) / Fraction(total[1]) * 100)


@settings(deadline=None)
@given(figures("searches"))
def test_a_day_holds_every_quotient(searches: tuple[Fact, Decimal]) -> None:
    found = measure_or_none("searches_per_day", searches[0])
    assert found is not None
    assert holds(found, Fraction(searches[1]) / 366)


def measure_or_none(name: str, *facts: Fact) -> Fact | None:
    """Return a measure; `None`, as a divisor may be zero ("about 5" may mean nothing)."""
    found = [
        row
        for row in derived_figures(annual_figures(facts, BREAKS), BREAKS)
        if row["measure"] == name
    ]
    may_be_zero = any(0 in Interval(interval_of(fact).low, None) for fact in facts)
    assert len(found) == 1 or may_be_zero
    return found[0] if found else None
