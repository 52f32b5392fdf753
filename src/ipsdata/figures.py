"""Figures: what a stored SIS figure says, and when two of them are on the same thing.

What is compared, and what a printed number allows, must be the same wherever figures meet: the
reconciliations, the conflicts and the tables derived from them all take it from here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from ipsdata.intervals import ZERO, Interval

Row = Mapping[str, Any]

HOURS_A_DAY = 24
ONE_DAY = dt.timedelta(days=1)
NOT_STATED = "not_stated"
UNDATED = "undated"
SERIES = ("source", "indicator", "area", "category_id", "scope", "time_period", "averaging")
CLOSED_BOUNDS = {
    "exact": (True, True),
    "rounded": (True, False),
    "truncated": (True, False),
    "approximate": (True, True),
    "more_than": (False, False),
    "at_least": (True, False),
    "less_than": (True, False),
    "at_most": (True, True),
    "just_under": (False, False),
    "just_over": (True, False),
    "derived": (True, True),
}


def interval_of(fact: Row) -> Interval:
    """Return the interval of a stored figure, its bounds open or closed by its precision."""
    low, high = (_exact(fact[name]) for name in ("value_low", "value_high"))
    low_closed, high_closed = CLOSED_BOUNDS[fact["precision"]]
    if low is not None and low == high:
        return Interval.point(low)
    return Interval(low, high, low_closed, high_closed)


def _exact(number: float | None) -> Decimal | None:
    # The shortest text of a float64 gives back the decimal number that was stored in it.
    if number is None:
        return None
    exact = Decimal(repr(number))
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact


def nominal(fact: Row) -> Decimal:
    """Return the number that was printed, whatever its interval."""
    value = _exact(fact["value"])
    return ZERO if value is None else value


def truncated(fact: Row) -> Interval:
    """Return the interval of a rounded figure if its digits had been cut off instead."""
    rounded, value = interval_of(fact), nominal(fact)
    half = ZERO if rounded.high is None else rounded.high - value
    return Interval(value, value + 2 * half, True, False)


def cut_off(left: Row, right: Row) -> Row | None:
    """Return which of two figures allows the other if it was truncated; `None` if neither does."""
    for cut, other in ((left, right), (right, left)):
        if cut["precision"] == "rounded" and truncated(cut).contains(interval_of(other)):
            return cut
    return None


def outcome_of(left: Interval, right: Interval) -> str:
    """Say whether two intervals can hold the same number, or it can't be decided."""
    if left.is_disjoint(right):
        return "fails"
    return "undecidable" if left.high is None or right.high is None else "holds"


def comparable(left: Row, right: Row) -> bool:
    """Whether two figures are on the same thing at the same time."""
    return same_thing(left, right) and same_time(left, right)


def same_thing(left: Row, right: Row) -> bool:
    """Whether two figures are on the same thing; a scope that is not stated may be any."""
    scopes = {left["scope"], right["scope"]}
    return same_subject(left, right) and (len(scopes) == 1 or NOT_STATED in scopes)


def same_subject(left: Row, right: Row) -> bool:
    """Whether two figures share indicator, area and category, whatever their scopes."""
    return all(left[name] == right[name] for name in ("indicator", "area", "category_id"))


def same_time(left: Row, right: Row) -> bool:
    """Whether two figures are on the same period, or stocks of the same day."""
    if left["time_kind"] != right["time_kind"]:
        return False
    if left["time_period"] == right["time_period"]:
        return True
    # A stock of a year whose day is not told is that of the year's end.
    dated = sum(fact["reference_date"] is not None for fact in (left, right))
    same_end = left["period_end"] == right["period_end"]
    return bool(left["time_kind"] == "stock" and dated < 2 and same_end)


def next_days(left: Row, right: Row) -> bool:
    """Whether two figures are stocks of a 31 December, or its year, and the 1 January after it."""
    if {left["time_kind"], right["time_kind"]} != {"stock"}:
        return False
    return any(
        later["reference_date"] is not None
        and (later["reference_date"].month, later["reference_date"].day) == (1, 1)
        and later["reference_date"] - ONE_DAY == earlier["period_end"]
        for earlier, later in ((left, right), (right, left))
    )


def days_of(fact: Row) -> int:
    """Return how many days the period of a figure has."""
    days: int = (fact["period_end"] - fact["period_start"]).days + 1
    return days


def units_of(mean: Row, days: int) -> int:
    """Return how many days or hours, as the mean says, `days` have."""
    return days * HOURS_A_DAY if mean["averaging"] == "per_hour" else days


def fitting_divisors(mean: Row, annual: Row) -> list[int]:
    """Return the days by which an annual number gives a mean: its own, 365 or 366, own ones first.

    A mean times its units is exact, an annual number divided by them is not.
    """
    days, whole, printed = days_of(annual), interval_of(annual), interval_of(mean)
    divisors = sorted({days, 365, 366}, key=lambda n: (n != days, n))
    return [n for n in divisors if not printed.scaled(units_of(mean, n)).is_disjoint(whole)]


def latest(facts: Sequence[Row]) -> list[Row]:
    """Leave out figures that a later vintage of the same source replaces."""
    newest: dict[tuple[str, ...], str] = {}
    for fact in facts:
        key = _series(fact)
        newest[key] = max(newest.get(key, ""), vintage_order(fact))
    return [fact for fact in facts if vintage_order(fact) == newest[_series(fact)]]


def vintage_order(fact: Row) -> str:
    """Return what sorts the vintages of a source by their age; an undated one is the oldest."""
    vintage: str = fact["vintage"]
    return "" if vintage == UNDATED else vintage


def _series(fact: Row) -> tuple[str, ...]:
    return tuple(str(fact[name]) for name in SERIES)


def plain(fact: Row) -> str:
    """Write the nominal number of a figure."""
    return f"{fact['value']:,}".removesuffix(".0")


def grouped(
    facts: Iterable[Row], names: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Yield the figures that share the values of some columns, in order of these."""

    def key(fact: Row) -> tuple[str, ...]:
        return tuple(str(fact[name]) for name in names)

    for values, group in groupby(sorted(facts, key=key), key=key):
        yield values, list(group)
