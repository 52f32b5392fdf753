"""The Schengen Information System: one preferred figure a year, and the breaks between them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ipsdata.marts.breaks import Breaks
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.figures import Figure, Figures, slug
from ipsdata.release.report.records import Record, records

# What a reader asks for first; the other indicators follow in the order of their names.
INDICATORS = ("alerts", "searches", "accesses", "hits")
WHOLE_SYSTEM = "SIS"
CATEGORIES = ("total", "persons", "objects")
CHARTED_FROM = 2  # figures: one point is no series
MIDDLE_OF_YEAR = (7, 1)


@dataclass(frozen=True)
class Point:
    """The preferred figure of a year.

    Attributes:
        row: of `sis_annual`.
        figure: the published figure that was preferred.
    """

    row: Record
    figure: Figure

    @property
    def day(self) -> dt.date:
        """The day to draw it at: of a stock its own, of a flow the middle of the year."""
        row = self.row
        if row["time_kind"] == "stock":
            return row["reference_date"] or dt.date(row["year"], 12, 31)
        return dt.date(row["year"], *MIDDLE_OF_YEAR)


@dataclass(frozen=True)
class BreakDay:
    """The breaks that fall on one day.

    Attributes:
        number: as charts and words name it, 1 the earliest of all.
        rows: of `sis_breaks`.
    """

    number: int
    day: dt.date
    rows: tuple[Record, ...]

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"break-{self.day.isoformat()}"


@dataclass(frozen=True)
class Series:
    """A series: one indicator, area, category and scope, the oldest figure first.

    Attributes:
        breaks: the days within it on which what it counts changed.
    """

    points: tuple[Point, ...]
    breaks: tuple[BreakDay, ...]

    @property
    def key(self) -> Record:
        """A row that names it."""
        return self.points[0].row

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        names = ("indicator", "area", "category_id", "scope")
        return f"series-{slug('-'.join(str(self.key[name]) for name in names))}"

    @property
    def is_charted(self) -> bool:
        """Whether it is drawn: of the whole system, and more than one figure."""
        return self.key["area"] == WHOLE_SYSTEM and len(self.points) >= CHARTED_FROM


@dataclass(frozen=True)
class Indicator:
    """All that is shown on one indicator.

    Attributes:
        code: as in `sis_indicators`.
        charted: the series that are drawn.
        others: the figures of the other series.
    """

    code: str
    charted: tuple[Series, ...]
    others: tuple[Point, ...]


def break_days(content: ReleaseContent) -> tuple[BreakDay, ...]:
    """Return the breaks of a release by day, the earliest first."""
    days: dict[dt.date, list[Record]] = defaultdict(list)
    for row in records(content, "sis_breaks"):
        days[row["breaks_on"]].append(row)
    return tuple(
        BreakDay(number, day, tuple(sorted(rows, key=lambda row: str(row["break_id"]))))
        for number, (day, rows) in enumerate(sorted(days.items()), start=1)
    )


def indicators(figures: Figures, breaks: Sequence[BreakDay]) -> tuple[Indicator, ...]:
    """Return the annual figures that the page shows, by indicator."""
    points = [
        Point(row, figures.shown[anchor]) for anchor, rows in figures.annual.items() for row in rows
    ]
    groups: dict[tuple[str, ...], list[Point]] = defaultdict(list)
    for point in points:
        groups[_series_key(point.row)].append(point)
    known = Breaks.of_rows(row for day in breaks for row in day.rows)
    series = [_series(members, known, breaks) for _, members in sorted(groups.items(), key=_order)]
    codes = dict.fromkeys(one.key["indicator"] for one in series)
    return tuple(_indicator(code, series) for code in codes)


def _series_key(row: Record) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("indicator", "area", "category_id", "scope"))


def _order(group: tuple[tuple[str, ...], list[Point]]) -> tuple[int, str, bool, str, int, str, int]:
    """Order series: known indicators, the whole system, totals and longer ones first."""
    (indicator, area, category, _), members = group
    return (
        _place(indicator, INDICATORS),
        indicator,
        area != WHOLE_SYSTEM,
        area,
        _place(category, CATEGORIES),
        category,
        -len(members),
    )


def _place(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)


def _series(points: Sequence[Point], known: Breaks, days: Sequence[BreakDay]) -> Series:
    ordered = sorted(points, key=lambda point: (point.day, point.figure.anchor))
    row = ordered[0].row
    first, last = ordered[0].day, ordered[-1].day
    concerned = {
        each["breaks_on"] for each in known.between(first, last, row["area"], row["time_kind"])
    }
    return Series(tuple(ordered), tuple(day for day in days if day.day in concerned))


def _indicator(code: str, series: Sequence[Series]) -> Indicator:
    own = [one for one in series if one.key["indicator"] == code]
    charted = tuple(one for one in own if one.is_charted)
    others = [point for one in own if not one.is_charted for point in one.points]
    return Indicator(code, charted, tuple(others))
