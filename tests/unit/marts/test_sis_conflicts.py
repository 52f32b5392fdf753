"""Conflicts: each diagnosis from made figures, and none where nothing accounts for a difference."""

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from ipsdata.contracts import load_contract
from ipsdata.marts.sis_conflicts import find_conflicts
from ipsdata.reconcile import reconcile_across_sources
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures
from sis_facts import ADDING, BREAKS, MEMBERSHIP, SCHEMAS, Fact, sis_fact

CONTRACT = load_contract(ROOT / "schemas" / "tables" / "sis_conflicts.yaml", SCHEMAS)
STOCK = "alerts"


def conflicts(*facts: Fact) -> list[Fact]:
    """Find conflicts, the same in any order of the facts, as rows that keep the contract."""
    rows = [dict(row) for row in find_conflicts(facts, ADDING, BREAKS, MEMBERSHIP)]
    backwards = find_conflicts(facts[::-1], ADDING, BREAKS, MEMBERSHIP)
    assert sorted(map(str, rows)) == sorted(map(str, backwards))
    assert contract_failures(CONTRACT, table_from_rows(CONTRACT, rows)) == []
    return rows


def only(*facts: Fact) -> tuple[str, str, str]:
    (row,) = conflicts(*facts)
    return row["verdict"], row["diagnosis"], row["explanation"]


def two(left: str, right: str, indicator: str = "searches", **both: Any) -> tuple[str, str, str]:
    facts = [sis_fact(text, indicator, source=s, **both) for text, s in ((left, "a"), (right, "b"))]
    return only(*facts)


def test_a_contradiction_without_a_reason_is_a_conflict() -> None:
    assert two("539 million", "541 million") == (
        "conflict",
        "none",
        "no number satisfies both 539 million (a) and 541 million (b): [538,500,000, 539,500,000) "
        "and [540,500,000, 541,500,000)",
    )


def test_numbers_that_differ_but_overlap_are_compatible() -> None:
    assert two("15 billion", "15,021,198,103") == (
        "compatible",
        "precision",
        "15 billion (a) and 15,021,198,103 (b) can both be right: [14,500,000,000, 15,500,000,000) "
        "and 15,021,198,103",
    )


@pytest.mark.parametrize(
    "facts",
    [
        (sis_fact("5"), sis_fact("5", source="b")),
        (sis_fact("5"), sis_fact("6")),
        (sis_fact("5"), sis_fact("6", source="b", area="NL")),
        (sis_fact("5"), sis_fact("6", source="b", time_period="2023")),
        (sis_fact("5"), sis_fact("6", "accesses", source="b")),
        (sis_fact("5"), sis_fact("6", source="b", category_id="persons")),
        (sis_fact("5", STOCK), sis_fact("6", STOCK, source="b", time_period="2025-01-02")),
        (sis_fact("5", STOCK), sis_fact("6", STOCK, source="b", time_period="2024-01-01")),
        (
            sis_fact("5", "hits"),
            sis_fact("5", "hits", source="b", scope="both_directions"),
        ),
    ],
)
def test_figures_on_other_things_or_the_same_number_are_no_pair(facts: tuple[Fact, Fact]) -> None:
    assert conflicts(*facts) == []


# Each diagnosis


@pytest.mark.parametrize("earlier", ["2017-12-31", "2017", "2017-12"])
def test_reference_day(earlier: str) -> None:
    found = only(
        sis_fact("129412", STOCK, source="a", time_period="2018-01-01"),
        sis_fact("129983", STOCK, source="b", time_period=earlier),
    )
    assert found == (
        "explained",
        "reference_day",
        f"129983 (b) is of {earlier}, 129412 (a) of 2018-01-01: stocks of two days, which differ "
        "by 571",
    )


def test_a_stock_without_a_day_is_that_of_the_last_day() -> None:
    verdict, diagnosis, told = only(
        sis_fact("5", STOCK, source="a", time_period="2018"),
        sis_fact("7", STOCK, source="b", time_period="2018-12-31"),
    )
    assert (verdict, diagnosis) == ("conflict", "none")
    assert told.endswith(": 5 and 7; one of them does not tell its day")


def test_truncation() -> None:
    assert two("93.1 million", "93,195,404", STOCK) == (
        "explained",
        "truncation",
        "93.1 million (a) and 93,195,404 (b) agree if 93.1 million was cut off to [93,100,000, "
        "93,200,000), not if it was rounded to [93,050,000, 93,150,000)",
    )
    assert two("93.1 million", "93,200,000", STOCK)[:2] == ("conflict", "none")


@pytest.mark.parametrize(
    ("mean", "averaging", "year", "told"),
    [
        (
            "1,090",
            "per_day",
            "2024",
            "1,090 a day (a) is 397,804 (b) / 365, although 2024 had 366 days, by which 397,804 is "
            "1,086.90",
        ),
        (
            "1,087",
            "per_day",
            "2023",
            "1,087 a day (a) is 397,804 (b) / 366, although 2023 had 365 days, by which 397,804 is "
            "1,089.87",
        ),
        (
            "45.4",
            "per_hour",
            "2024",
            "45.4 an hour (a) is 397,804 (b) / 8,760 (365 days), although 2024 had 366 days, by "
            "which 397,804 is 45.29",
        ),
    ],
)
def test_other_divisor(mean: str, averaging: str, year: str, told: str) -> None:
    facts = (
        sis_fact(mean, "hits", averaging=averaging, time_period=year, scope="not_stated"),
        sis_fact("397,804", "hits", source="b", time_period=year),
    )
    assert only(*facts) == ("explained", "other_divisor", told)


def test_a_mean_that_agrees_is_no_pair_and_one_by_no_divisor_is_a_conflict() -> None:
    year = sis_fact("397,804", "hits", source="b")
    assert conflicts(sis_fact("1,087", "hits", averaging="per_day"), year) == []
    verdict, diagnosis, told = only(sis_fact("1,088", "hits", averaging="per_day"), year)
    assert (verdict, diagnosis) == ("conflict", "none")
    assert told == (
        "1,088 a day (a) is not of 397,804 (b): 2024 had 366 days, by which 397,804 is 1,086.90"
    )


def test_units_tell_persons_from_records() -> None:
    persons = sis_fact("1,239,055", STOCK, unit="person")
    alerts = sis_fact("8,826,856", STOCK, source="b", unit="alert")
    assert only(persons, alerts) == (
        "compatible",
        "persons_against_records",
        "1,239,055 (a) counts in the unit person, 8,826,856 (b) in alert: they count different "
        "things",
    )


def test_a_total_that_fits_the_persons_of_the_other_source() -> None:
    facts = (
        sis_fact("1.7 million", STOCK, source="a"),
        sis_fact("93,195,404", STOCK, source="b"),
        sis_fact("1,688,012", STOCK, source="b", category_id="persons"),
    )
    assert only(*facts) == (
        "explained",
        "persons_against_records",
        "1.7 million (a) is printed as the total, and fits persons alone: 1,688,012 by b, whose "
        "total is 93,195,404",
    )
    unbounded = sis_fact("over 1.5 million", STOCK, source="b", category_id="persons")
    assert only(*facts[:2], unbounded)[1] == "none"


def test_factor_thousand() -> None:
    assert two("8,350,000", "8.350 billion") == (
        "explained",
        "factor_thousand",
        "8.350 billion (b) is a thousand times 8,350,000 (a): 8,350,000,000 and [8,349,500,000, "
        "8,350,500,000)",
    )
    assert two("8.350 billion", "8,350,000")[1] == "factor_thousand"
    assert two("5", "more than 4000")[:2] == ("conflict", "none"), "an open end fits any factor"
    assert two("5", "6000")[:2] == ("conflict", "none")


def left_sis(before: str, after: str, *deleted: Fact) -> tuple[str, str, str]:
    return only(
        sis_fact(before, STOCK, source="a", category_id="persons", time_period="2020-12-31"),
        sis_fact(after, STOCK, source="b", category_id="persons", time_period="2021-01-01"),
        *deleted,
    )


def deletion(printed: str, **changes: Any) -> Fact:
    told = {"area": "GB", "category_id": "persons", "time_period": "2020-12-31", "source": "c"}
    return sis_fact(printed, "alerts_deleted", **{**told, **changes})


@pytest.mark.parametrize(
    ("before", "after", "verdict", "told"),
    [
        ("970,000", "933,000", "explained", "37,000 (c) of GB: that accounts for it"),
        (
            "965,000",
            "933,061",
            "explained",
            "more than the fall, the rest, 5,061, being new or counted otherwise",
        ),
        ("990,000", "933,000", "conflict", "less than the fall, so that it is one cause only"),
    ],
)
def test_mass_deletion(before: str, after: str, verdict: str, told: str) -> None:
    found = left_sis(before, after, deletion("37,000"))
    assert found[:2] == (verdict, "mass_deletion")
    assert found[2].endswith(told)


def test_deletions_are_added_once() -> None:
    parts = [deletion("30,000", category_id="2007/533:26"), deletion("7,000", area="SIS")]
    doubled = [deletion("30,000", category_id="2007/533:26", source="d"), *parts]
    total = deletion("37,000", source="e")
    _, _, told = left_sis("970,000", "933,000", *doubled, total)
    assert "deleted in between: 7,000, 7,000 (c) of SIS" in told
    _, _, told = left_sis("970,000", "933,000", doubled[0], parts[0])
    assert "deleted in between: 30,000, 30,000 (c) of GB" in told


@pytest.mark.parametrize(
    "deleted",
    [
        deletion("37,000", category_id="objects"),
        deletion("37,000", time_period="2020"),
        deletion("37,000", averaging="per_day"),
    ],
)
def test_other_deletions_do_not_count(deleted: Fact) -> None:
    verdict, diagnosis, told = left_sis("970,000", "933,000", deleted)
    assert (verdict, diagnosis) == ("explained", "mass_deletion"), "a state left on that day"
    assert told.endswith("(gb-out-2021), no figure says how many alerts were deleted")


def test_a_stock_that_rose_did_not_fall_by_deletions() -> None:
    assert left_sis("933,000", "970,000", deletion("37,000"))[1] == "reference_day"


def test_a_state_that_joins_deletes_nothing() -> None:
    found = only(  # Croatia took part in full from 2023 on
        sis_fact("over 86 million", STOCK, category_id="objects", time_period="2022-12-31"),
        sis_fact("85,398,322", STOCK, category_id="objects", time_period="2023-01-01", source="b"),
    )
    assert found[:2] == ("explained", "reference_day")
    assert found[2].endswith("which differ by (601,678, ∞)")


def test_scope() -> None:
    facts = (
        sis_fact("5", "hits", scope="on_foreign_alerts"),
        sis_fact("9", "hits", scope="both_directions", source="b"),
    )
    assert only(*facts) == (
        "compatible",
        "scope",
        "5 (a) is of the scope on_foreign_alerts, 9 (b) of both_directions: they count different "
        "hits",
    )
    verdict, diagnosis, told = only(facts[0], {**facts[1], "scope": "not_stated"})
    assert (verdict, diagnosis) == ("conflict", "none")
    assert told.endswith("; one of them states no scope, so that it may count other hits")


def test_revision() -> None:
    first = sis_fact("539 million", published_on=dt.date(2018, 1, 1))
    second = sis_fact("541 million", published_on=dt.date(2019, 1, 1))
    finer = sis_fact("541,200,000", published_on=dt.date(2020, 1, 1))
    assert only(second, first) == (
        "explained",
        "revision",
        "a revised 539 million of 2018-01-01 as 541 million of 2019-01-01: [538,500,000, "
        "539,500,000) and [540,500,000, 541,500,000)",
    )
    assert only(second, finer)[:2] == ("compatible", "revision")
    undated = {**first, "vintage": "undated", "published_on": None}
    assert "539 million of undated as 541 million of 2019-01-01" in only(undated, second)[2]


def test_other_sources_are_compared_with_the_latest_vintage() -> None:
    first = sis_fact("539 million", published_on=dt.date(2018, 1, 1))
    second = sis_fact("541 million", published_on=dt.date(2019, 1, 1))
    rows = conflicts(first, second, sis_fact("541 million", source="b"))
    assert [row["diagnosis"] for row in rows] == ["revision"]


NUMBERS = st.sampled_from(
    ["5", "6", "6000", "5 million", "5.1 million", "more than 5", "at most 7", "about 5,190,000"]
)
PERIODS = st.sampled_from(["2020", "2020-12-31", "2021-01-01", "2021"])


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, PERIODS, st.sampled_from("abc")), max_size=5, unique=True))
def test_a_conflict_is_where_no_number_satisfies_both(made: list[tuple[str, str, str]]) -> None:
    facts = [
        sis_fact(text, STOCK, time_period=period, source=source) for text, period, source in made
    ]
    facts = [
        f
        for n, f in enumerate(facts)
        if (f["source"], f["time_period"])
        not in {(g["source"], g["time_period"]) for g in facts[:n]}
    ]
    found = {
        frozenset((row["left_locator"], row["right_locator"])): row["verdict"]
        for row in find_conflicts(facts, ADDING, BREAKS, MEMBERSHIP)
    }
    for result in reconcile_across_sources(facts):
        pair = frozenset(locator for _, locator in result.rests_on)
        if result.outcome == "fails":
            assert found[pair] in {"conflict", "explained"}
        elif pair in found and result.severity == "info":
            assert found[pair] == "compatible"
    assert all(len(pair) == 2 for pair in found)


def test_rows_come_in_order_whatever_the_order_of_the_facts() -> None:
    facts = [sis_fact(str(n), source=s) for n, s in enumerate("abcd")]
    tables = [
        table_from_rows(CONTRACT, find_conflicts(list(order), ADDING, BREAKS, MEMBERSHIP))
        for order in itertools.permutations(facts)
    ]
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0].num_rows == 6
