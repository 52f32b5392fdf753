"""Editions: what changed from one list of a series to the next.

Absent from a list means unknown, not zero: a mission that is no longer listed may have ended, or
may have been left out. Such changes are told, for a person to look at, and withdraw nothing (level
2 of the European Statistical System: over time).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ipsdata.intervals import ZERO, Interval
from ipsdata.reconcile import Reconciliation, Side, interval_of

Row = Mapping[str, Any]

RULE = "between_editions"
UNKNOWN = Side("not listed, which is unknown and not zero", Interval(ZERO, None))


def reconcile_editions(
    deployments: Iterable[Row], rejected: Mapping[str, int] | None = None
) -> tuple[Reconciliation, ...]:
    """Compare the deployments of each edition with those of the edition before in its series.

    A series is a collection, population and measure; its editions follow each other by their last
    reference date. Of a list with several dates, each mission's last figure is compared.

    Args:
        rejected: by edition, how many of its rows were rejected: a mission that is absent there may
            be one of them.

    Returns:
        one `Reconciliation` a mission of either list: `holds` where the figures can be the same,
        `changed`, `started` or `ended` otherwise; `undecidable` where a rejected row may be it.
    """
    lost = rejected or {}
    return tuple(
        found
        for series in _series(deployments)
        for earlier, later in pairwise(series)
        for found in _compared(_Edition(earlier, lost), _Edition(later, lost), sorted(lost))
    )


def _series(deployments: Iterable[Row]) -> Iterator[list[list[Row]]]:
    """Yield, for each series, the rows of its editions in order of time."""
    editions: dict[tuple[str, str, str], dict[str, list[Row]]] = {}
    for row in sorted(deployments, key=lambda row: str(row["reference_date"])):
        collection = str(row["edition_id"]).partition("/")[0]
        series = collection, str(row["population"]), str(row["measure"])
        editions.setdefault(series, {}).setdefault(str(row["edition_id"]), []).append(row)
    for _, lists in sorted(editions.items()):
        yield sorted(lists.values(), key=lambda rows: (str(_day(rows)), rows[0]["edition_id"]))


def _day(rows: Sequence[Row]) -> object:
    """Return the last reference date of rows in order of it."""
    return rows[-1]["reference_date"]


def _compared(
    before: "_Edition", after: "_Edition", rejected: Sequence[str]
) -> Iterator[Reconciliation]:
    passed = [name for name in rejected if before.edition_id < name < after.edition_id]
    for mission in sorted({*before.missions, *after.missions}):
        yield _change(mission, before, after, passed)


class _Edition:
    """An edition of a series: its rows by mission, and how many were rejected."""

    def __init__(self, rows: Sequence[Row], rejected: Mapping[str, int]) -> None:
        self.missions = {row["mission_id"]: row for row in rows}
        self.edition_id = str(rows[0]["edition_id"])
        self.lost = rejected.get(self.edition_id, 0)
        self.day = _day(rows)
        self.name = f"{rows[0]['edition_id']} ({self.day})"
        self.series = f"{rows[0]['population']}, {rows[0]['measure']}"


def _change(
    mission: str, before: _Edition, after: _Edition, passed: Sequence[str]
) -> Reconciliation:
    one, other = before.missions.get(mission), after.missions.get(mission)
    left, right = _side(one), _side(other)
    outcome = _outcome(one, other)
    absent_from = {"started": before, "ended": after}.get(outcome)
    if absent_from is not None and absent_from.lost:
        outcome = "undecidable"
    told = {
        "holds": f"{left.label} in both",
        "changed": f"{left.label}, then {right.label}",
        "started": f"{right.label}, and not listed before, which is unknown and not zero",
        "ended": f"{left.label}, and not listed after, which is unknown and not zero",
        "undecidable": _lost(absent_from),
    }[outcome]
    is_revised = outcome == "changed" and before.day == after.day
    verdict = {"holds": "unchanged", "changed": "revised" if is_revised else outcome}
    lists = f"{before.series}: {before.name} and {after.name}"
    skipped = f"; rejected between them: {', '.join(passed)}" if passed else ""
    return Reconciliation(
        rule=RULE,
        subject=f"{mission}: {lists}",
        left=left,
        right=right,
        outcome=outcome,
        severity="info",
        message=f"{mission} {verdict.get(outcome, outcome)}: {told} ({lists}{skipped})",
        documents=tuple(row["document_id"] for row in (one, other) if row is not None),
    )


def _lost(edition: _Edition | None) -> str:
    if edition is None:
        return ""
    return f"not published of {edition.name}, where {edition.lost} rows were rejected"


def _side(row: Row | None) -> Side:
    return UNKNOWN if row is None else Side(str(row["as_printed"]), interval_of(row))


def _outcome(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "started"
    if after is None:
        return "ended"
    is_same = not interval_of(before).is_disjoint(interval_of(after))
    return "holds" if is_same else "changed"
