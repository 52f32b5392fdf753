"""The charts of the page: which points, breaks and bands each of them has."""

from collections.abc import Iterator, Sequence
from typing import Any

from ipsdata.release.report.charts import chart
from ipsdata.release.report.figures import Figure
from ipsdata.release.report.missions import Group, Mission
from ipsdata.release.report.sis import BreakDay, Series
from ipsdata.release.report.wording import Wording

# What charts mostly have in common: their look, and the number and date format of the language.
SHARED = ("$schema", "config", "usermeta")
MAX_LABEL = 3  # breaks of one day that a tooltip names
MANY = 2  # takes the plural
ROOM = 0.035  # of the time axis: what the number of a break takes


class SharedParts:
    """Keeps what the charts of a page have in common, so that it need stand there only once."""

    def __init__(self) -> None:
        """Begin with nothing: the first chart tells."""
        self.parts: dict[str, Any] = {}

    def without(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return a chart without what it has in common with the first one."""
        for name in SHARED:
            self.parts.setdefault(name, spec.get(name))
        return {
            name: value
            for name, value in spec.items()
            if name not in SHARED or value != self.parts[name]
        }


def mission_chart(w: Wording, mission: Mission, group: Group) -> dict[str, Any]:
    """Return the chart of a mission's figures, with the band of its mandate."""
    band = None
    if mission.band is not None:
        start, end = mission.band
        band = {"from": start.isoformat(), "to": end.isoformat() if end else None}
    points = [
        _point(w, figure, figure.day.isoformat(), w.date(figure.row["reference_date"]))
        for figure in group.figures
    ]
    name = w.mission_group(mission.row, group.population, group.measure)
    return _chart(w, points, [], band, name=name, unit=group.figures[0].row["unit"])


def series_chart(w: Wording, series: Series) -> dict[str, Any]:
    """Return the chart of a series of the Schengen Information System, with its breaks."""
    points = [
        _point(w, point.figure, point.day.isoformat(), w.edtf(point.row["time_period"]))
        for point in series.points
    ]
    breaks = list(_breaks(w, series))
    return _chart(w, points, breaks, None, name=w.series(series.key), unit=series.key["unit"])


def _chart(
    w: Wording,
    points: list[dict[str, Any]],
    breaks: list[dict[str, Any]],
    band: dict[str, str | None] | None,
    *,
    name: str,
    unit: str,
) -> dict[str, Any]:
    """Return a chart that shows its unit as title, as its name stands above it already."""
    spec = chart(points, breaks, band, title=w.unit(unit, MANY), language=w.language)
    return {**spec, "description": w.say("chart.name", series=name)}


def _point(w: Wording, figure: Figure, at: str, when: str) -> dict[str, Any]:
    row = figure.row
    return {
        "at": at,
        "value": row["value"],
        "low": row["value_low"],
        "high": row["value_high"],
        "label": f"{when}: {w.short(row['as_printed'])} – {w.interval(row)}",
        "key": figure.anchor,
    }


def _breaks(w: Wording, series: Series) -> Iterator[dict[str, Any]]:
    """Yield the breaks of a chart; of those that are close together the first bears all numbers."""
    first, last = series.points[0].day, series.points[-1].day
    room = (last - first) * ROOM
    groups: list[list[BreakDay]] = []
    for day in series.breaks:
        if groups and day.day - groups[-1][0].day < room:
            groups[-1].append(day)
        else:
            groups.append([day])
    for group in groups:
        for day in group:
            yield {
                "at": day.day.isoformat(),
                "number": _numbers(group) if day is group[0] else "",
                "label": _label(w, day),
            }


def _numbers(days: Sequence[BreakDay]) -> str:
    ends = dict.fromkeys((days[0].number, days[-1].number))
    return "–".join(map(str, ends))


def _label(w: Wording, day: BreakDay) -> str:
    titles = [w.title(row).text for row in day.rows]
    more = ["…"] if len(titles) > MAX_LABEL else []
    return f"{w.date(day.day)}: {'; '.join([*titles[:MAX_LABEL], *more])}"
