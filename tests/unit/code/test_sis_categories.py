"""SIS categories: what lies in what, and which category was meant outside its time."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.code.codelists import CodingError
from ipsdata.code.sis_categories import SisCategories
from sis_facts import code_rows

ROWS = code_rows("sis_categories")
NAMES = [row["category_id"] for row in ROWS]
SHIPPED = SisCategories(ROWS)
OLD, MIDDLE, NEW = dt.date(2005, 1, 1), dt.date(2015, 1, 1), dt.date(2025, 1, 1)
SPANS = {
    "old": (None, dt.date(2009, 12, 31)),
    "middle": (dt.date(2010, 1, 1), dt.date(2019, 12, 31)),
    "new": (dt.date(2020, 1, 1), None),
}


def row(category: str, span: str, continues: str | None = None, **more: Any) -> dict[str, Any]:
    first, last = SPANS[span]
    made = {
        "category_id": category,
        "article": category.partition(":")[2],
        "parent_id": None,
        "also_part_of": None,
        "valid_from": first,
        "valid_until": last,
        "continues_id": continues,
        "continuity": "wholly" if continues else None,
        "title": f"Title of {category}",
    }
    return {**made, **more}


MADE = SisCategories(
    [
        row("A:1", "old"),
        row("B:2", "middle", "A:1"),
        row("C:3", "new", "B:2", continuity="partly"),
        row("C:4", "new", "B:2"),
        row("C:5", "new", article="1"),
        row("B:9", "middle"),
        row("C:9", "new"),
        row("D:8", "new", article=None),
    ]
)


def meant(category: str, day: dt.date) -> tuple[list[str], str]:
    with pytest.raises(CodingError) as error:
        MADE.check(category, day, day)
    assert error.value.reason == "code_not_valid"
    return list(error.value.candidates), str(error.value)


def test_a_chain_is_followed_both_ways_over_several_links() -> None:
    candidates, told = meant("A:1", NEW)
    assert candidates == ["C:3", "C:4", "C:5"], "the chain goes before the same article"
    assert "'C:3' (Title of C:3), which continues it in part" in told
    assert "'C:4' (Title of C:4), which continues it wholly" in told
    candidates, told = meant("C:3", OLD)
    assert candidates == ["A:1"]
    assert "'A:1' (Title of A:1), which it continues in part" in told
    assert "'A:1' (Title of A:1), which it continues wholly" in meant("C:4", OLD)[1]


def test_the_same_article_is_named_where_there_is_no_chain() -> None:
    candidates, told = meant("B:9", NEW)
    assert candidates == ["C:9"]
    assert told.endswith(
        "and no category of those days continues it; of the same article are then C:9"
    )
    assert meant("D:8", OLD)[0] == []


def test_a_category_of_its_time_is_returned_and_an_unknown_one_refused() -> None:
    assert MADE.check("C:3", NEW, NEW) == "C:3"
    with pytest.raises(CodingError, match="which is not in its code list") as error:
        MADE.check("X:1", NEW, NEW)
    assert error.value.reason == "unknown_code"


def test_graph_of_wider_categories() -> None:
    assert SHIPPED.within("2018/1862:36/persons", "persons")
    assert SHIPPED.within("2018/1862:36/persons", "2018/1862:36")
    assert not SHIPPED.within("2018/1862:36", "persons")
    assert SHIPPED.overlap("2018/1862:36", "persons")
    assert not SHIPPED.overlap("persons", "objects")
    assert not SHIPPED.overlap("2018/1862:36/persons", "2018/1862:36/objects")


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_what_lies_in_a_category_overlaps_all_that_it_does(a: str, b: str, c: str) -> None:
    if SHIPPED.within(a, b):
        assert SHIPPED.overlap(a, b)
        assert SHIPPED.breadth(b) <= SHIPPED.breadth(a) or a == b
        if SHIPPED.overlap(a, c):
            assert SHIPPED.overlap(b, c)
        if SHIPPED.within(b, c):
            assert SHIPPED.within(a, c)
