"""Editions: what changed from one list of a series to the next.

Absent from a list means unknown, not zero: a mission that is no longer listed may have ended, or
may have been left out. Such changes are told, for a person to look at, and withdraw nothing (level
2 of the European Statistical System: over time).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from ipsdata.intervals import ZERO, Interval
from ipsdata.reconcile import Reconciliation, Side, interval_of

Row = Mapping[str, Any]

RULE = "between_editions"
UNKNOWN = Side("not listed, which is unknown and not zero", Interval(ZERO, None))


def reconcile_editions(deployments: Iterable[Row]) -> tuple[Reconciliation, ...]:
    """Compare each list of deployments with the one before in its series.

    A series is a collection, population and measure; its lists follow each other by reference date.

    Returns:
        one `Reconciliation` a mission of either list: `holds` where the figures can be the same,
        `changed`, `started` or `ended` otherwise.
    """
    return tuple(
        found
        for series in _series(deployments)
        for earlier, later in pairwise(series)
        for found in _compared(earlier, later)
    )


def _series(deployments: Iterable[Row]) -> Iterator[list[list[Row]]]:
    """Yield, for each series, its lists in order of time."""

    def series(row: Row) -> tuple[str, str, str]:
        collection = str(row["edition_id"]).partition("/")[0]
        return collection, str(row["population"]), str(row["measure"])

    def dated(row: Row) -> tuple[str, str]:
        return str(row["reference_date"]), str(row["edition_id"])

    for _, rows in groupby(sorted(deployments, key=lambda r: (series(r), dated(r))), key=series):
        yield [list(group) for _, group in groupby(rows, key=dated)]


def _compared(earlier: Sequence[Row], later: Sequence[Row]) -> Iterator[Reconciliation]:
    before = {row["mission_id"]: row for row in earlier}
    after = {row["mission_id"]: row for row in later}
    dates = earlier[0]["reference_date"], later[0]["reference_date"]
    lists = f"{earlier[0]['edition_id']} ({dates[0]}) and {later[0]['edition_id']} ({dates[1]})"
    for mission in sorted({*before, *after}):
        yield _change(mission, before.get(mission), after.get(mission), lists)


def _change(mission: str, before: Row | None, after: Row | None, lists: str) -> Reconciliation:
    left, right = _side(before), _side(after)
    outcome = _outcome(before, after)
    known = [row for row in (before, after) if row is not None]
    told = {
        "holds": f"{left.label} in both",
        "changed": f"{left.label}, then {right.label}",
        "started": f"{right.label}, and not listed before, which is unknown and not zero",
        "ended": f"{left.label}, and not listed after, which is unknown and not zero",
    }[outcome]
    return Reconciliation(
        rule=RULE,
        subject=f"{mission}: {lists}",
        left=left,
        right=right,
        outcome=outcome,
        severity="info",
        message=f"{mission} {outcome if outcome != 'holds' else 'unchanged'}: {told} ({lists})",
        documents=tuple(row["document_id"] for row in known),
    )


def _side(row: Row | None) -> Side:
    return UNKNOWN if row is None else Side(str(row["as_printed"]), interval_of(row))


def _outcome(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "started"
    if after is None:
        return "ended"
    is_same = not interval_of(before).is_disjoint(interval_of(after))
    return "holds" if is_same else "changed"
