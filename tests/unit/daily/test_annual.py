"""Annual sums of daily counts: made of what is whole, and of nothing else."""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from daily import shared_inputs
from ipsdata.code.membership import Membership
from ipsdata.code.sis_categories import SisCategories
from ipsdata.daily.annual import DailyYear, annual_facts
from ipsdata.daily.years import MONTHLY

ARREST, RECAST_ARREST = "2007/533:26", "2018/1862:26"
AUTHORITIES = {"eu_lisa": 1, "parliament": 3}
Month = tuple[dt.date, str, str, str, int]


@cache
def categories() -> SisCategories:
    return SisCategories(shared_inputs().categories)


@cache
def membership() -> Membership:
    return Membership(shared_inputs().membership)


def months(
    year: int, states: Iterable[str], category: str, event: str = "search", count: int = 10
) -> list[Month]:
    """Return a count a month, in which the states were members and the category applied."""
    applied = categories().days(category)
    return [
        (first, state, category, event, count)
        for state in states
        for first in (dt.date(year, month, 1) for month in range(1, 13))
        for last in [first + dt.timedelta(27)]
        if membership().uses(state, last, last) and applied.start <= last
        if applied.end >= first
    ]


def members(year: int) -> list[str]:
    return sorted({s for m in range(1, 13) for s in membership().members_on(dt.date(year, m, 28))})


def whole_year(year: int, **changes: Any) -> dict[str, Any]:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return {
        "year": year,
        "rows": 1,
        "rejected": 0,
        "first_date": first,
        "last_date": last,
        "days": (last - first).days + 1,
        "source_kind": "eu_lisa",
        "edition_id": "sis/daily",
        "published_on": dt.date(year + 1, 5, 1),
        **changes,
    }


def facts(rows: Iterable[Month], listing: Mapping[str, Any]) -> list[dict[str, Any]]:
    table = pa.Table.from_pylist(
        [dict(zip(MONTHLY.names, (*found, 1), strict=True)) for found in rows], schema=MONTHLY
    )
    year = DailyYear(listing, ("d" * 64,))
    return annual_facts([year], table, categories(), membership(), AUTHORITIES)


def sums(found: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], tuple[int, str]]:
    return {
        (f["area"], f["category_id"], f["indicator"]): (f["value"], f["time_period"]) for f in found
    }


def test_whole_year_of_all_members() -> None:
    everyone = members(2019)
    found = facts(
        [*months(2019, everyone, ARREST), *months(2019, ["NL"], "2007/533:38", "hit", 3)],
        whole_year(2019),
    )
    told = sums(found)
    assert told["SIS", ARREST, "searches"] == (10 * 12 * len(everyone), "2019")
    assert told["SIS", "total", "searches"] == (10 * 12 * len(everyone), "2019")
    assert told["SIS", "2007/533:38", "hits"] == (36, "2019")
    assert told["NL", "total", "searches"] == (120, "2019")
    assert told["NL", "total", "hits"] == (36, "2019")
    # A state has a total and no categories.
    assert {c for area, c, _ in told if area != "SIS"} == {"total"}


@pytest.mark.parametrize(
    ("year", "count", "period"),
    [(2015, 9, "2015-04-13/2015-12-31"), (2016, 12, "2016"), (2020, 12, "2020")],
)
def test_member_that_came_or_went(year: int, count: int, period: str) -> None:
    found = facts(months(year, members(year), ARREST), whole_year(year))
    assert sums(found)["GB", "total", "searches"] == (10 * count, period)
    (british,) = [f for f in found if f["area"] == "GB"]
    assert british["observation_status"] == ("A" if period == str(year) else "B")


def test_member_that_left_has_no_sum() -> None:
    assert "GB" not in {
        f["area"] for f in facts(months(2021, members(2021), ARREST), whole_year(2021))
    }


def test_year_of_two_laws() -> None:
    everyone = members(2023)
    rows = [*months(2023, everyone, ARREST), *months(2023, everyone, RECAST_ARREST)]
    told = sums(facts(rows, whole_year(2023)))
    by_law = {
        law: sum(count for *_, category, _, count in rows if category == law)
        for law in (ARREST, RECAST_ARREST)
    }
    assert told["SIS", ARREST, "searches"] == (by_law[ARREST], "2023-01-01/2023-03-06")
    assert told["SIS", RECAST_ARREST, "searches"] == (
        by_law[RECAST_ARREST],
        "2023-03-07/2023-12-31",
    )
    assert told["SIS", "total", "searches"] == (sum(by_law.values()), "2023")


@pytest.mark.parametrize(
    "change",
    [
        {"days": 364},
        {"first_date": dt.date(2019, 1, 2), "days": 364},
        {"last_date": dt.date(2019, 12, 30), "days": 364},
        {"rejected": 1},
        {"source_kind": None},
        {"source_kind": "hearsay"},
        {"first_date": None, "last_date": None, "days": 0},
    ],
    ids=str,
)
def test_no_sum_of_what_is_not_whole(change: dict[str, Any]) -> None:
    rows = months(2019, members(2019), ARREST)
    assert facts(rows, whole_year(2019))
    assert facts(rows, whole_year(2019, **change)) == []


def test_part_of_a_year_that_covers_a_member_or_a_category_whole() -> None:
    listing = whole_year(2023, last_date=dt.date(2023, 6, 30), days=181)
    rows = [
        *months(2023, members(2023), ARREST),
        *months(2023, members(2023), RECAST_ARREST)[:1],
    ]
    assert set(sums(facts(rows, listing))) == {("SIS", ARREST, "searches")}


def test_no_sum_of_sis_without_one_of_its_members() -> None:
    told = sums(facts(months(2019, ["DE", "NL"], ARREST), whole_year(2019)))
    assert set(told) == {("DE", "total", "searches"), ("NL", "total", "searches")}


def test_no_sum_of_a_member_without_one_of_its_months() -> None:
    rows = [
        row for row in months(2019, members(2019), ARREST) if row[:2] != (dt.date(2019, 7, 1), "NL")
    ]
    areas = {f["area"] for f in facts(rows, whole_year(2019))}
    assert "DE" in areas
    assert not {"NL", "SIS"} & areas


def test_categories_that_overlap_make_no_total() -> None:
    everyone = members(2019)
    rows = [*months(2019, everyone, "2007/533:38"), *months(2019, everyone, "2007/533:38/boats")]
    told = sums(facts(rows, whole_year(2019)))
    assert set(told) == {
        ("SIS", "2007/533:38", "searches"),
        ("SIS", "2007/533:38/boats", "searches"),
    }


def test_other_years_count_for_nothing() -> None:
    rows = [*months(2019, members(2019), ARREST), *months(2020, members(2020), ARREST, count=999)]
    assert sums(facts(rows, whole_year(2019)))["NL", "total", "searches"] == (120, "2019")


def test_figure_is_exact_and_says_where_it_comes_from() -> None:
    (found,) = [
        f for f in facts(months(2019, members(2019), ARREST), whole_year(2019)) if f["area"] == "NL"
    ]
    assert (found["value"], found["value_low"], found["value_high"]) == (120, 120, 120)
    assert (found["as_printed"], found["precision"], found["unit"]) == ("120", "exact", "search")
    assert found["locator"] == "sum of NL, total, search in sis_daily_counts, 2019"
    assert (found["authority"], found["source_kind"]) == (1, "eu_lisa")
