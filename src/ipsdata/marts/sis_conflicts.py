"""Conflicts: pairs of SIS figures that contradict each other, or only seem to, and why.

Two figures contradict each other only where no number satisfies both; no tolerance is used. Where
something in the data accounts for the difference (another day, digits cut off, another divisor,
alerts deleted in between), that is the diagnosis, told with the numbers it was found by.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ipsdata.code.membership import Membership
from ipsdata.code.sis_categories import TOTAL
from ipsdata.figures import (
    SERIES,
    Row,
    comparable,
    cut_off,
    days_of,
    fitting_divisors,
    grouped,
    interval_of,
    latest,
    next_days,
    plain,
    same_thing,
    same_time,
    truncated,
    units_of,
    vintage_order,
)
from ipsdata.intervals import Interval
from ipsdata.marts.additivity import AGGREGATES, AddingCodes, add, addable
from ipsdata.marts.breaks import Breaks, ids_of

SUBJECT = ("indicator", "area", "category_id")
SIDE = (
    "source",
    "vintage",
    "time_period",
    "scope",
    "averaging",
    "as_printed",
    "unit",
    "value",
    "value_low",
    "value_high",
    "document_id",
    "locator",
)
EACH = {"per_day": "a day", "per_hour": "an hour"}
THOUSAND = 1_000

Finding = tuple[str, str, str]
"""A verdict, a diagnosis and the sentence that explains it."""


@dataclass(frozen=True)
class Background:
    """What a diagnosis may rest on beside the two figures.

    Attributes:
        facts: all figures, of each source the latest vintage.
    """

    facts: Sequence[Row]
    codes: AddingCodes
    breaks: Breaks
    membership: Membership


def find_conflicts(
    facts: Sequence[Row], codes: AddingCodes, breaks: Breaks, membership: Membership
) -> tuple[dict[str, Any], ...]:
    """Return the rows of `sis_conflicts` for rows of `sis_statistics`."""
    background = Background(latest(facts), codes, breaks, membership)
    current = {id(fact) for fact in background.facts}
    rows = []
    for _, group in grouped(facts, SUBJECT):
        for left, right in combinations(sorted(group, key=_order), 2):
            both = id(left) in current and id(right) in current
            if not both and not _is_revision(left, right):
                continue
            found = _finding(left, right, background)
            if found is not None:
                rows.append(_row(left, right, found))
    return tuple(rows)


def _order(fact: Row) -> tuple[Any, ...]:
    """Sort figures by time, so that the earlier of two is the left one."""
    when = fact["period_end"], fact["period_start"], fact["averaging"] == "none"
    return (*when, fact["source"], vintage_order(fact), fact["scope"], fact["time_period"])


def _row(left: Row, right: Row, found: Finding) -> dict[str, Any]:
    verdict, diagnosis, explanation = found
    return {
        **{name: left[name] for name in SUBJECT},
        **{f"left_{name}": left[name] for name in SIDE},
        **{f"right_{name}": right[name] for name in SIDE},
        "verdict": verdict,
        "diagnosis": diagnosis,
        "explanation": explanation,
    }


def _finding(left: Row, right: Row, background: Background) -> Finding | None:
    """Compare two figures on one indicator, area and category; `None` if they are not to be."""
    if left["averaging"] != right["averaging"]:
        return _mean(left, right)
    if left["source"] == right["source"]:
        return _revision(left, right) if _is_revision(left, right) else None
    if not (same_time(left, right) or next_days(left, right)):
        return None
    return _other_thing(left, right) or _same_thing(left, right, background)


def _same_thing(left: Row, right: Row, background: Background) -> Finding | None:
    if interval_of(left).is_disjoint(interval_of(right)):
        return _diagnosed(left, right, background)
    if left["value"] == right["value"]:
        return None
    told = f"{_both(left, right)} can both be right: {_and(left, right)}"
    return "compatible", "precision", told


def _diagnosed(left: Row, right: Row, background: Background) -> Finding:
    for diagnose in DIAGNOSES:
        found = diagnose(left, right, background)
        if found is not None:
            return found
    reason = ""
    if left["scope"] != right["scope"]:
        reason = "; one of them states no scope, so that it may count other hits"
    elif left["time_period"] != right["time_period"]:
        reason = "; one of them does not tell its day"
    told = f"no number satisfies both {_both(left, right)}: {_and(left, right)}"
    return "conflict", "none", f"{told}{reason}"


def _told(fact: Row) -> str:
    return f"{fact['as_printed']} ({fact['source']})"


def _both(left: Row, right: Row) -> str:
    return f"{_told(left)} and {_told(right)}"


def _and(left: Row, right: Row) -> str:
    return f"{interval_of(left)} and {interval_of(right)}"


# Figures on different things


def _other_thing(left: Row, right: Row) -> Finding | None:
    if left["unit"] != right["unit"]:
        told = f"{_told(left)} counts in the unit {left['unit']}, {_told(right)} in {right['unit']}"
        return "compatible", "persons_against_records", f"{told}: they count different things"
    if not same_thing(left, right) and left["value"] != right["value"]:
        told = f"{_told(left)} is of the scope {left['scope']}, {_told(right)} of {right['scope']}"
        return "compatible", "scope", f"{told}: they count different hits"
    return None


def _mean(left: Row, right: Row) -> Finding | None:
    """Compare a mean with the number of its period; those that agree are not told."""
    mean, whole = (left, right) if left["averaging"] != "none" else (right, left)
    if whole["averaging"] != "none" or whole["time_kind"] != "flow":
        return None
    if not (same_thing(left, right) and left["time_period"] == right["time_period"]):
        return None
    days, fitting = days_of(whole), fitting_divisors(mean, whole)
    if days in fitting:
        return None
    number, each = f"{mean['as_printed']} {EACH[mean['averaging']]}", plain(whole)
    own = interval_of(whole).divided_by(Interval.point(units_of(mean, days)))
    told = f"{whole['time_period']} had {days} days, by which {each} is {_shown(own)}"
    if not fitting:
        return "conflict", "none", f"{number} ({mean['source']}) is not of {_told(whole)}: {told}"
    units = units_of(mean, fitting[0])
    hours = f" ({fitting[0]} days)" if units != fitting[0] else ""
    found = f"{number} ({mean['source']}) is {each} ({whole['source']}) / {units:,}{hours}"
    return "explained", "other_divisor", f"{found}, although {told}"


def _shown(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return str(interval)
    ends = [f"{end:,.2f}" for end in (interval.low, interval.high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


# One source that corrected itself


def _is_revision(left: Row, right: Row) -> bool:
    same = all(left[name] == right[name] for name in SERIES)
    return same and left["vintage"] != right["vintage"]


def _revision(left: Row, right: Row) -> Finding | None:
    if interval_of(left) == interval_of(right):
        return None
    disjoint = interval_of(left).is_disjoint(interval_of(right))
    change = "revised" if disjoint else "told otherwise, within what both allow,"
    told = f"{left['source']} {change} {left['as_printed']} of {left['vintage']}"
    explanation = f"{told} as {right['as_printed']} of {right['vintage']}: {_and(left, right)}"
    return "explained" if disjoint else "compatible", "revision", explanation


# What accounts for a difference


def _truncation(left: Row, right: Row, _: Background) -> Finding | None:
    cut = cut_off(left, right)
    if cut is None:
        return None
    told = f"{_both(left, right)} agree if {cut['as_printed']} was cut off to {truncated(cut)}"
    return "explained", "truncation", f"{told}, not if it was rounded to {interval_of(cut)}"


def _factor_thousand(left: Row, right: Row, _: Background) -> Finding | None:
    for small, large in ((left, right), (right, left)):
        thousandfold = interval_of(small).scaled(THOUSAND)
        if not _is_tied(thousandfold) or not _is_tied(interval_of(large)):
            continue
        if not thousandfold.is_disjoint(interval_of(large)):
            told = f"{_told(large)} is a thousand times {_told(small)}"
            return (
                "explained",
                "factor_thousand",
                f"{told}: {thousandfold} and {interval_of(large)}",
            )
    return None


def _is_tied(interval: Interval) -> bool:
    """Whether an interval says how large its number is; an open end fits any factor."""
    return interval.high is not None and interval.low is not None and interval.low > 0


def _persons(left: Row, right: Row, background: Background) -> Finding | None:
    """Find a figure printed as the total that the other source has for persons only."""
    if left["category_id"] != TOTAL:
        return None
    for figure, other in ((left, right), (right, left)):
        for persons in background.facts:
            if _is_persons_of(other, persons) and _fits(figure, persons):
                told = f"{_told(figure)} is printed as the total, and fits persons alone"
                explanation = (
                    f"{told}: {persons['as_printed']} by {persons['source']}, whose total is "
                    f"{other['as_printed']}"
                )
                return "explained", "persons_against_records", explanation
    return None


def _is_persons_of(total: Row, figure: Row) -> bool:
    on_persons = {**total, "category_id": "persons"}
    same = total["source"] == figure["source"] and total["averaging"] == figure["averaging"]
    return same and comparable(on_persons, figure)


def _fits(figure: Row, other: Row) -> bool:
    intervals = interval_of(figure), interval_of(other)
    return all(map(_is_tied, intervals)) and not intervals[0].is_disjoint(intervals[1])


def _mass_deletion(left: Row, right: Row, background: Background) -> Finding | None:
    """Compare the fall of a stock with the alerts deleted between its two days."""
    days = _day(left), _day(right)
    before, after = interval_of(left), interval_of(right)
    fell = before.low is not None and after.high is not None and after.high <= before.low
    if left["time_kind"] != "stock" or days[0] == days[1] or not fell:
        return None
    deleted = _deleted(left, days, background)
    left_sis = _departures(left["area"], days, background)
    told = f"{_told(left)} of {days[0]} and {_told(right)} of {days[1]} differ by {before - after}"
    if deleted:
        return _against_deleted(before, after, deleted, told, background)
    if left_sis:
        named = f"in between a state left SIS ({', '.join(left_sis)})"
        unknown = "no figure says how many alerts were deleted"
        return "explained", "mass_deletion", f"{told}; {named}, {unknown}"
    return None


def _against_deleted(
    before: Interval, after: Interval, deleted: Sequence[Row], told: str, background: Background
) -> Finding:
    lost = add(deleted, background.codes)
    names = ", ".join(f"{_told(fact)} of {fact['area']}" for fact in deleted)
    told = f"{told}; deleted in between: {lost}, {names}"
    expected = before - lost
    if not expected.is_disjoint(after):
        return "explained", "mass_deletion", f"{told}: that accounts for it"
    # Alerts are entered on any day: the stock may have fallen by less than was deleted.
    if not Interval(expected.low, None, expected.low_closed).is_disjoint(after):
        rest = f"more than the fall, the rest, {after - expected}, being new or counted otherwise"
        return "explained", "mass_deletion", f"{told}: {rest}"
    return "conflict", "mass_deletion", f"{told}: less than the fall, so that it is one cause only"


def _deleted(stock: Row, days: tuple[dt.date, dt.date], background: Background) -> list[Row]:
    """Return the deletions between two days that a stock lost by, none of them twice."""
    codes = background.codes
    found = [
        fact
        for fact in background.facts
        if fact["indicator"] == "alerts_deleted"
        and fact["averaging"] == "none"
        and (fact["area"] == stock["area"] or stock["area"] in AGGREGATES)
        and codes.categories.within(fact["category_id"], stock["category_id"])
        and days[0] <= fact["period_start"]
        and fact["period_end"] <= days[1]
    ]
    return addable(sorted(found, key=lambda fact: _preference(fact, codes)), codes)


def _preference(fact: Row, codes: AddingCodes) -> tuple[Any, ...]:
    breadth = codes.categories.breadth(fact["category_id"])
    return (fact["area"] not in AGGREGATES, *breadth, fact["authority"], *_order(fact))


def _departures(area: str, days: tuple[dt.date, dt.date], background: Background) -> list[str]:
    found = background.breaks.between(*days, area, "stock")
    return ids_of(
        row
        for row in found
        if row["kind"] == "membership"
        and not background.membership.uses(row["area"], row["breaks_on"], row["breaks_on"])
    )


def _reference_day(left: Row, right: Row, _: Background) -> Finding | None:
    if not next_days(left, right):
        return None
    told = f"{_told(left)} is of {left['time_period']}, {_told(right)} of {right['time_period']}"
    difference = _distance(interval_of(left), interval_of(right))
    return "explained", "reference_day", f"{told}: stocks of two days, which differ by {difference}"


def _distance(left: Interval, right: Interval) -> Interval:
    """Return the difference of two disjoint intervals, whichever is the larger."""
    difference = left - right
    is_negative = difference.high is not None and difference.high <= 0
    return -difference if is_negative else difference


def _day(fact: Row) -> dt.date:
    day: dt.date = fact["reference_date"] or fact["period_end"]
    return day


DIAGNOSES: tuple[Callable[[Row, Row, Background], Finding | None], ...] = (
    _truncation,
    _factor_thousand,
    _persons,
    _mass_deletion,
    _reference_day,
)
