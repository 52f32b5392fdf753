"""SIS annual: one preferred figure a year, area, indicator and category, and why it was preferred.

Figures go before others by these criteria, in this order: *period* (the whole year or its end
before another day or a part of it), *authority*, *precision* (the narrower interval for its
number), *recency*, a *scope* that is stated, a *day* that is told, and last the key of the
*source*.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ipsdata.facts.settle import PROVENANCE
from ipsdata.figures import (
    NOT_STATED,
    ONE_DAY,
    Row,
    grouped,
    interval_of,
    latest,
    nominal,
)
from ipsdata.marts.breaks import Breaks, ids_of

CRITERIA = ("period", "authority", "precision", "recency", "scope", "day", "source")
SUBJECT = ("area", "indicator", "category_id")
WHOLE, PART = 0, 1
UNBOUNDED = Decimal("Infinity")
KEPT = (
    *SUBJECT,
    "scope",
    "time_kind",
    "time_period",
    "reference_date",
    "observation_status",
    *PROVENANCE,
    "source",
    "source_url",
    "source_kind",
    "origin_kind",
    "authority",
)


@dataclass(frozen=True)
class _Candidate:
    """A figure that may stand for a year.

    Attributes:
        standing: its place in each of `CRITERIA`, the least first.
    """

    fact: Row
    year: int
    standing: tuple[Any, ...]
    replaced: bool


def annual_figures(
    facts: Sequence[Row], breaks: Breaks, extra: Iterable[Row] = ()
) -> tuple[dict[str, Any], ...]:
    """Return the rows of `sis_annual`.

    Args:
        facts: rows of `sis_statistics`.
        extra: further candidates with the same columns, such as sums of daily counts.
    """
    every = [*facts, *extra]
    current = {id(fact) for fact in latest(every)}
    rows: list[dict[str, Any]] = []
    for _, series in grouped(every, SUBJECT):
        found = [_candidate(fact, breaks, replaced=id(fact) not in current) for fact in series]
        rows.extend(_years([one for one in found if one is not None], breaks))
    return tuple(rows)


def _years(candidates: Sequence[_Candidate], breaks: Breaks) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for year in sorted({candidate.year for candidate in candidates}):
        among = sorted(
            (one for one in candidates if one.year == year),
            key=lambda one: (one.replaced, one.standing, one.fact["time_period"]),
        )
        rows.append(_row(year, among, breaks, rows[-1] if rows else None))
    return rows


def _row(
    year: int, among: Sequence[_Candidate], breaks: Breaks, before: Row | None
) -> dict[str, Any]:
    fact = among[0].fact
    dated = ids_of(breaks.within(year, fact["area"], fact["time_kind"]))
    if before is not None and before["scope"] != fact["scope"]:
        dated.append(f"scope:{before['scope']}→{fact['scope']}")
    return {
        "year": year,
        **{name: fact[name] for name in KEPT},
        "candidates": len(among),
        "choice": _choice(among),
        "breaks": "; ".join(dated) or None,
    }


# Which figures may stand for a year


def _candidate(fact: Row, breaks: Breaks, *, replaced: bool) -> _Candidate | None:
    if fact["averaging"] != "none":
        return None
    placed = _of_flow(fact, breaks) if fact["time_kind"] == "flow" else _of_stock(fact, breaks)
    if placed is None:
        return None
    year, extent = placed
    return _Candidate(fact, year, _standing(fact, extent), replaced)


def _of_flow(fact: Row, breaks: Breaks) -> tuple[int, int] | None:
    """Return the year of a flow and how much of it is covered.

    A part of a year stands for it only between its ends and the breaks of its series, where it is
    all that there is; a flow of one day never does.
    """
    start, end = fact["period_start"], fact["period_end"]
    if start.year != end.year or start == end:
        return None
    first, last = dt.date(start.year, 1, 1), dt.date(start.year, 12, 31)
    if (start, end) == (first, last):
        return start.year, WHOLE

    def is_break(day: dt.date) -> bool:
        return breaks.falls_on(day, fact["area"], "flow")

    starts = start == first or is_break(start)
    ends = end == last or is_break(end) or is_break(end + ONE_DAY)
    return (start.year, PART) if starts and ends else None


def _of_stock(fact: Row, breaks: Breaks) -> tuple[int, int] | None:
    """Return the year whose end a stock shows; a stock of the next morning shows it too.

    Not where the series breaks on that day: what was counted then is no longer that of the year.
    """
    end, day = fact["period_end"], fact["reference_date"]
    if (end.month, end.day) == (12, 31):
        return end.year, WHOLE
    is_new_year = day is not None and (day.month, day.day) == (1, 1)
    if is_new_year and not breaks.falls_on(day, fact["area"], "stock"):
        return end.year - 1, WHOLE
    return end.year, PART


# Which of them is preferred


def _standing(fact: Row, extent: int) -> tuple[Any, ...]:
    published: dt.date | None = fact["published_on"]
    return (
        extent,
        fact["authority"],
        _relative_width(fact),
        -published.toordinal() if published else 0,
        fact["scope"] == NOT_STATED,
        fact["time_kind"] == "stock" and fact["reference_date"] is None,
        fact["source"],
    )


def _relative_width(fact: Row) -> Decimal:
    interval, value = interval_of(fact), nominal(fact)
    if interval.low is None or interval.high is None:
        return UNBOUNDED
    width = interval.high - interval.low
    if not width:
        return width
    return width / value if value else UNBOUNDED


def _choice(among: Sequence[_Candidate]) -> str:
    chosen, *others = among
    if not others:
        return f"{_told(chosen.fact)}: the only candidate"
    lost = [f"before {_loser(chosen, other)}" for other in others]
    return f"{_told(chosen.fact)} {'; '.join(lost)}"


def _loser(chosen: _Candidate, other: _Candidate) -> str:
    if other.replaced:
        return f"{_told(other.fact)} of {other.fact['vintage']}: recency"
    pairs = zip(CRITERIA, chosen.standing, other.standing, strict=True)
    criterion = next((name for name, one, two in pairs if one != two), "day")
    return f"{_told(other.fact)}: {criterion}"


def _told(fact: Row) -> str:
    quoting = f" quoting {fact['origin_kind']}" if fact["origin_kind"] else ""
    return f"{fact['source']} ({fact['source_kind']}{quoting}) {fact['as_printed']}"
