"""Additivity: each reason why figures may not be added, and sums that are right."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.intervals import Interval
from ipsdata.marts.additivity import AddingCodes, NotAdditiveError, add, addable, why_not_addable
from sis_facts import ADDING, Fact, sis_fact


def persons_and(category: str, indicator: str = "hits", **changes: Any) -> list[Fact]:
    return [
        sis_fact("5", indicator, category_id="persons"),
        sis_fact("3", indicator, category_id=category, **changes),
    ]


REFUSED = [
    (
        [sis_fact("5"), sis_fact("3", "automated_searches")],
        "automated_searches are part of searches: their sum would count them twice",
    ),
    (
        [sis_fact("5", "accesses"), sis_fact("3", "biometric_searches")],
        "biometric_searches are part of accesses: their sum would count them twice",
    ),
    (
        [sis_fact("5", "automated_searches"), sis_fact("3", "biometric_searches")],
        "automated_searches and biometric_searches are different indicators",
    ),
    (
        persons_and("objects", unit="person"),
        "their units differ: hit and person",
    ),
    (
        [sis_fact("5", "search_share", unit="percent", area=area) for area in ("NL", "DE")],
        "shares do not add up",
    ),
    (
        persons_and("objects", averaging="per_day"),
        "a mean (per_day) does not add up",
    ),
    (
        persons_and("objects", scope="both_directions"),
        "their scopes differ: on_foreign_alerts and both_directions",
    ),
    (
        [sis_fact("5", area="SIS"), sis_fact("3", area="NL")],
        "the areas SIS and NL overlap",
    ),
    (
        [sis_fact("5", area="SCHENGEN"), sis_fact("3", area="EU")],
        "the areas SCHENGEN and EU overlap",
    ),
    (
        [sis_fact("5", "hits", area=area, scope="both_directions") for area in ("NL", "DE")],
        "hits of the scope both_directions may count in both NL and DE",
    ),
    (
        [sis_fact("5", "hits", area=area, scope="not_stated") for area in ("NL", "DE")],
        "hits of the scope not_stated may count in both NL and DE",
    ),
    (persons_and("total"), "the categories persons and total overlap"),
    (persons_and("2018/1862:36"), "the categories persons and 2018/1862:36 overlap"),
    (persons_and("2018/1862:26"), "the categories persons and 2018/1862:26 overlap"),
    (
        [
            sis_fact("5", "hits", category_id="2018/1862:36/persons"),
            sis_fact("3", "hits", category_id="2018/1862:36/discreet_checks"),
        ],
        "the categories 2018/1862:36/persons and 2018/1862:36/discreet_checks overlap",
    ),
    (persons_and("objects", "searches"), "searches do not add up over categories"),
    (
        [sis_fact("5", "alerts", time_period=day) for day in ("2023-12-31", "2024-12-31")],
        "stocks do not add up over time: 2023-12-31 and 2024-12-31",
    ),
    (
        [sis_fact("5", time_period="2024"), sis_fact("3", time_period="2024-06/2025-05")],
        "the periods 2024 and 2024-06/2025-05 overlap",
    ),
    (
        [sis_fact("5", area="NL"), sis_fact("3", area="DE", time_period="2024-12/2025-01")],
        "the periods 2024 and 2024-12/2025-01 overlap",
    ),
    (
        [sis_fact("5"), sis_fact("3", source="b")],
        "both are on searches SIS total 2024: the same would count twice",
    ),
    (
        [sis_fact("5", "alerts"), sis_fact("3", "alerts", time_period="2024-12-31")],
        "both are on alerts SIS total 2024: the same would count twice",
    ),
]


@pytest.mark.parametrize(("figures", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_what_does_not_add_up_is_refused_with_its_reason(figures: list[Fact], reason: str) -> None:
    assert why_not_addable(figures, ADDING) == reason
    assert why_not_addable([*figures, sis_fact("1", time_period="1999")], ADDING) is not None
    with pytest.raises(NotAdditiveError) as refused:
        add(figures, ADDING)
    assert str(refused.value) == reason
    assert addable(figures, ADDING) == figures[:1]


def test_indicator_that_does_not_add_over_areas_or_time() -> None:
    row = {"part_of": None, **{f"adds_over_{name}": False for name in ("areas", "time")}}
    codes = AddingCodes(ADDING.categories, {"searches": row})
    areas = [sis_fact("5", area=area) for area in ("NL", "DE")]
    years = [sis_fact("5", time_period=year) for year in ("2023", "2024")]
    assert why_not_addable(areas, codes) == "searches do not add up over areas"
    assert why_not_addable(years, codes) == "searches do not add up over time"


@pytest.mark.parametrize(
    "figures",
    [
        [],
        [sis_fact("5")],
        [sis_fact("5", averaging="per_day")],
        persons_and("objects"),
        persons_and("objects", "alerts"),
        [sis_fact("5", area=area) for area in ("NL", "DE", "BE")],
        [sis_fact("5", "hits", area=area, scope="on_own_alerts") for area in ("NL", "DE")],
        [sis_fact("5", time_period=year) for year in ("2022", "2023", "2024")],
        [sis_fact("5", area=a, time_period=t) for a in ("NL", "DE") for t in ("2023", "2024")],
        [sis_fact("5", "alerts", category_id=c) for c in ("2018/1862:36/persons", "objects")],
        [sis_fact("5", "alerts", category_id=c) for c in ("2018/1862:26", "2018/1862:36")],
    ],
)
def test_what_adds_up_is_added(figures: list[Fact]) -> None:
    assert why_not_addable(figures, ADDING) is None
    assert add(figures, ADDING).low is not None
    assert addable(figures, ADDING) == figures


def test_a_sum_is_the_interval_of_the_sums() -> None:
    parts = [sis_fact("5 million", area="NL"), sis_fact("more than 3 million", area="DE")]
    assert add(parts, ADDING) == Interval(Decimal(7_500_000), None, low_closed=False)


@given(st.permutations([f for figures, _ in REFUSED[:6] for f in figures]))
def test_the_order_does_not_matter(figures: list[Fact]) -> None:
    assert why_not_addable(figures, ADDING) is not None


CATEGORIES = ["total", "persons", "objects", "2018/1862:36", "2018/1862:36/persons", "CISA:95"]


def test_overlap_is_mutual_and_total_overlaps_all() -> None:
    overlap = ADDING.categories.overlap
    for one, other in itertools.product(CATEGORIES, repeat=2):
        assert overlap(one, other) == overlap(other, one)
        assert overlap("total", one)
        assert overlap(one, one)
