"""Between editions: what started, ended, changed and held, each series on its own."""

import datetime as dt
from typing import Any

import pytest

from ipsdata.editions import RULE, reconcile_editions
from ipsdata.reconcile import Reconciliation

Row = dict[str, Any]
FIRST, SECOND, THIRD = "2024-11-14", "2025-05-14", "2025-11-14"


def row(mission: str, value: float, date: str = FIRST, **given: Any) -> Row:
    known = {
        "edition_id": f"letters/{date}",
        "document_id": date.replace("-", "") * 8,
        "reference_date": dt.date.fromisoformat(date),
        "population": "police",
        "measure": "stock",
        "mission_id": mission,
        "value": value,
        "value_low": value,
        "value_high": value,
        "precision": "exact",
        "as_printed": str(value),
    }
    return {**known, **given}


def outcomes(*rows: Row) -> list[tuple[str, str]]:
    """Return mission and outcome of each comparison."""
    return [(found.subject.partition(":")[0], found.outcome) for found in reconcile_editions(rows)]


def only(*rows: Row) -> Reconciliation:
    (found,) = reconcile_editions(rows)
    return found


@pytest.mark.parametrize("rows", [(), (row("EUMA", 6),), (row("EUMA", 6), row("EUMM_GEORGIA", 4))])
def test_one_list_has_nothing_to_be_compared_with(rows: tuple[Row, ...]) -> None:
    assert reconcile_editions(rows) == ()


def test_each_outcome() -> None:
    assert outcomes(
        row("EUAM_IRAQ", 4),
        row("EUMA", 6),
        row("EUMM_GEORGIA", 4),
        row("EUMA", 6, SECOND),
        row("EUMM_GEORGIA", 5, SECOND),
        row("UNMISS", 1, SECOND),
    ) == [
        ("EUAM_IRAQ", "ended"),
        ("EUMA", "holds"),
        ("EUMM_GEORGIA", "changed"),
        ("UNMISS", "started"),
    ]


LISTS = f"police, stock: letters/{FIRST} ({FIRST}) and letters/{SECOND} ({SECOND})"
MISSING = "which is unknown and not zero"


def test_what_held_is_told() -> None:
    found = only(row("EUMA", 6), row("EUMA", 6, SECOND))
    assert (found.rule, found.severity, found.subject) == (RULE, "info", f"EUMA: {LISTS}")
    assert found.message == f"EUMA unchanged: 6 in both ({LISTS})"
    assert len(set(found.documents)) == 2
    assert found.rests_on == ()


def test_what_changed_is_told() -> None:
    found = only(row("EUMA", 6), row("EUMA", 8, SECOND))
    assert found.message == f"EUMA changed: 6, then 8 ({LISTS})"
    assert (found.left.label, found.right.label, found.severity) == ("6", "8", "info")


def test_what_started_or_ended_is_unknown_and_not_zero() -> None:
    other, later = row("UNMISS", 1), row("UNMISS", 1, SECOND)
    ended, held = reconcile_editions([row("EUMA", 6), other, later])
    assert held.outcome == "holds"
    assert ended.message == f"EUMA ended: 6, and not listed after, {MISSING} ({LISTS})"
    assert ended.documents == (row("EUMA", 6)["document_id"],)
    started, _ = reconcile_editions([other, row("EUMA", 6, SECOND), later])
    assert started.message == f"EUMA started: 6, and not listed before, {MISSING} ({LISTS})"
    for found, side in ((ended, ended.right), (started, started.left)):
        assert MISSING in side.label
        assert (side.interval.low, side.interval.high) == (0, None), found.outcome
    stored = ended.as_row()
    assert (stored["right_low"], stored["right_high"]) == (0.0, None)


def test_lists_are_compared_pairwise_by_date_in_whatever_order_they_come() -> None:
    rows = [row("EUMA", 6), row("EUMA", 7, SECOND), row("EUMA", 6, THIRD)]
    for order in (rows, rows[::-1], [rows[1], rows[0], rows[2]]):
        found = reconcile_editions(order)
        assert [(f.left.label, f.right.label) for f in found] == [("6", "7"), ("7", "6")]
        assert [f.outcome for f in found] == ["changed", "changed"]


def test_mission_that_paused_is_no_change_between_the_outer_two() -> None:
    rows = [
        row(m, 1, d)
        for m, d in (("A", FIRST), ("B", FIRST), ("B", SECOND), ("A", THIRD), ("B", THIRD))
    ]
    assert outcomes(*rows) == [("A", "ended"), ("B", "holds"), ("A", "started"), ("B", "holds")]


def test_missions_come_in_order_of_their_names() -> None:
    rows = [row(m, 1, d) for d in (FIRST, SECOND) for m in ("C", "A", "B")]
    assert [mission for mission, _ in outcomes(*rows)] == ["A", "B", "C"]


@pytest.mark.parametrize(
    "other",
    [{"population": "kmar"}, {"measure": "ceiling"}, {"edition_id": f"lists/{SECOND}"}],
    ids=["population", "measure", "collection"],
)
def test_series_are_not_mixed(other: dict[str, str]) -> None:
    assert outcomes(row("EUMA", 6), row("EUMA", 9, SECOND, **other)) == []


def test_two_populations_are_two_series() -> None:
    rows = [
        row("EUMA", 6),
        row("EUMA", 2, population="kmar"),
        row("EUMA", 6, SECOND),
        row("EUMA", 3, SECOND, population="kmar"),
    ]
    assert sorted(outcomes(*rows)) == [("EUMA", "changed"), ("EUMA", "holds")]


def test_figures_that_can_be_the_same_hold() -> None:
    about = row("EUMA", 6, SECOND, value_low=5, value_high=7, precision="approximate")
    assert only(row("EUMA", 7), about).outcome == "holds"
    assert only(row("EUMA", 8), about).outcome == "changed"
    more = row("EUMA", 6, SECOND, value_low=6, value_high=None, precision="more_than")
    assert only(row("EUMA", 6), more).outcome == "changed"
    assert only(row("EUMA", 7), more).outcome == "holds"
