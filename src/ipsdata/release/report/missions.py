"""Each mission over time with its mandate."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ipsdata.code.dates import EdtfError, parse_edtf_period
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.figures import DEPLOYMENTS, Figure, Figures
from ipsdata.release.report.records import Record, records


@dataclass(frozen=True)
class Group:
    """The figures of a mission that count the same persons in the same way, the oldest first."""

    population: str
    measure: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Mission:
    """A mission.

    Attributes:
        anchor: its id on the page.
        row: its row of `missions`.
        hosts: its rows of `mission_hosts`.
        band: the first and the last day of its mandate as far as known, the last `None` if it goes
            on; `None` if its beginning is not known.
        groups: its figures; none if the page shows none.
    """

    anchor: str
    row: Record
    hosts: tuple[Record, ...]
    band: tuple[dt.date, dt.date | None] | None
    groups: tuple[Group, ...]


def missions(content: ReleaseContent, figures: Figures) -> tuple[Mission, ...]:
    """Return the missions of a release, in the order of their keys."""
    hosts = _by_mission(records(content, "mission_hosts"))
    published = defaultdict(list)
    for figure in figures.of(DEPLOYMENTS):
        published[figure.row["mission_id"]].append(figure)
    return tuple(
        Mission(
            anchor=f"mission-{row['mission_id']}",
            row=row,
            hosts=tuple(hosts[row["mission_id"]]),
            band=_band(row),
            groups=_groups(published[row["mission_id"]]),
        )
        for row in sorted(records(content, "missions"), key=lambda row: str(row["mission_id"]))
    )


def _by_mission(rows: Iterable[Record]) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[row["mission_id"]].append(row)
    return found


def _groups(figures: Iterable[Figure]) -> tuple[Group, ...]:
    groups: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for figure in figures:
        groups[figure.row["population"], figure.row["measure"]].append(figure)
    return tuple(Group(*key, tuple(members)) for key, members in sorted(groups.items()))


def _band(row: Record) -> tuple[dt.date, dt.date | None] | None:
    start = _days(row["start"])
    if start is None:
        return None
    end = _days(row["end"] or row["mandate_until"])
    if end is None:
        return start[0], None
    return (start[0], end[1]) if start[0] <= end[1] else None


def _days(text: str | None) -> tuple[dt.date, dt.date] | None:
    try:
        period = parse_edtf_period(text or "")
    except EdtfError:  # more than level 0, as `1999~`: not a day to draw
        return None
    return period.start, period.end
