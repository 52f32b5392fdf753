"""SIS derived: rates, shares and growth by year, each with all numbers that its figures allow.

A figure is an interval, so what is made of it is one too: a quotient lies between the least and the
greatest that the two intervals allow. Nothing is derived from figures of different scopes, or of
periods that do not match.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from ipsdata.code.dates import Period, parse_edtf_period
from ipsdata.code.sis_categories import TOTAL
from ipsdata.figures import ONE_DAY, Row, interval_of, nominal, plain
from ipsdata.intervals import Interval
from ipsdata.marts.breaks import Breaks, ids_of

DIGITS = 12
NEAREST = Context(prec=DIGITS)
BELOW = Context(prec=DIGITS, rounding=ROUND_FLOOR)
ABOVE = Context(prec=DIGITS, rounding=ROUND_CEILING)
WHOLE_SYSTEM = "SIS"
HUNDRED = Interval.point(100)
MILLION = 1_000_000

Key = tuple[int, str, str, str]


@dataclass(frozen=True)
class _Measure:
    """What is made of figures: its name, its unit, and how, as a formula with their numbers."""

    name: str
    unit: str
    formula: str


def derived_figures(annual: Sequence[Row], breaks: Breaks) -> tuple[dict[str, Any], ...]:
    """Return the rows of `sis_derived` for rows of `sis_annual`."""
    by_key: dict[Key, Row] = {_key(row): row for row in annual}
    rows: list[dict[str, Any]] = []
    for row in by_key.values():
        made = (
            _rate(row, by_key, breaks),
            _automated(row, by_key, breaks),
            _per_day(row, breaks),
            _share(row, by_key, breaks),
            _growth(row, by_key, breaks),
        )
        rows.extend(one for one in made if one is not None)
    return tuple(rows)


def _key(row: Row, **changes: object) -> Key:
    changed = {**row, **changes}
    return changed["year"], changed["area"], changed["indicator"], changed["category_id"]


# What is derived


def _rate(row: Row, rows: Mapping[Key, Row], breaks: Breaks) -> dict[str, Any] | None:
    searches = rows.get(_key(row, indicator="searches"))
    if row["indicator"] != "hits" or searches is None or not _same_period(row, searches):
        return None
    formula = f"{plain(row)} / {plain(searches)} × 1,000,000"
    measure = _Measure("hits_per_million_searches", "hit per million searches", formula)
    return _ratio(measure, row, searches, MILLION, breaks)


def _automated(row: Row, rows: Mapping[Key, Row], breaks: Breaks) -> dict[str, Any] | None:
    searches = rows.get(_key(row, indicator="searches"))
    if row["indicator"] != "automated_searches" or searches is None:
        return None
    if not _same_period(row, searches):
        return None
    formula = f"{plain(row)} / {plain(searches)} × 100"
    return _ratio(
        _Measure("automated_search_share", "percent", formula), row, searches, 100, breaks
    )


def _per_day(row: Row, breaks: Breaks) -> dict[str, Any] | None:
    if row["indicator"] != "searches":
        return None
    days = _period(row).days
    measure = _Measure("searches_per_day", "search per day", f"{plain(row)} / {days}")
    number = interval_of(row).divided_by(Interval.point(days))
    return _row(measure, (row,), nominal(row) / days, number, _within((row,), breaks))


def _share(row: Row, rows: Mapping[Key, Row], breaks: Breaks) -> dict[str, Any] | None:
    """Return the share of a state in the whole system, or of a category in all alerts or hits."""
    total = rows.get(_whole_of(row)) if row["unit"] != "percent" else None
    if total is None or total is row:
        return None
    alike = all(row[name] == total[name] for name in ("unit", "scope", "time_kind"))
    if not alike or not _same_period(row, total):
        return None
    formula = f"{plain(row)} / {plain(total)} × 100"
    return _ratio(_Measure("share_of_total", "percent", formula), row, total, 100, breaks)


def _whole_of(row: Row) -> Key:
    if row["area"] != WHOLE_SYSTEM:
        return _key(row, area=WHOLE_SYSTEM)
    return _key(row, category_id=TOTAL)


def _growth(row: Row, rows: Mapping[Key, Row], breaks: Breaks) -> dict[str, Any] | None:
    before = rows.get(_key(row, year=row["year"] - 1))
    if before is None or row["unit"] == "percent" or not (_is_whole(row) and _is_whole(before)):
        return None
    if any(row[name] != before[name] for name in ("unit", "scope", "time_kind")):
        return None
    ratio = _quotient(row, before, 100)
    if ratio is None:
        return None
    measure = _Measure("growth", "percent", f"({plain(row)} / {plain(before)} - 1) × 100")
    value = 100 * nominal(row) / nominal(before) - 100
    between = ids_of(breaks_between(before, row, breaks))
    return _row(measure, (row, before), value, ratio - HUNDRED, between)


def _ratio(
    measure: _Measure, row: Row, whole: Row, factor: int, breaks: Breaks
) -> dict[str, Any] | None:
    number = _quotient(row, whole, factor)
    if number is None:
        return None
    value = factor * nominal(row) / nominal(whole)
    return _row(measure, (row, whole), value, number, _within((row, whole), breaks))


def _quotient(row: Row, whole: Row, factor: int) -> Interval | None:
    """Return a quotient times a factor; `None` where the divisor may be zero."""
    try:
        return interval_of(row).divided_by(interval_of(whole)).scaled(factor)
    except ValueError:
        return None


# Which periods match


def _period(row: Row) -> Period:
    return parse_edtf_period(row["time_period"])


def _same_period(row: Row, other: Row) -> bool:
    if row["time_kind"] == "flow":
        return _period(row) == _period(other)
    return _period(row) == _period(other) or (_is_whole(row) and _is_whole(other))


def _is_whole(row: Row) -> bool:
    """Whether a figure is of the whole year, or a stock of its end."""
    period = _period(row)
    if row["time_kind"] == "flow":
        return period == parse_edtf_period(str(row["year"]))
    last = period.end - ONE_DAY if period.is_day and period.end.year > row["year"] else period.end
    return (last.year, last.month, last.day) == (row["year"], 12, 31)


def _within(rows: Sequence[Row], breaks: Breaks) -> list[str]:
    """Return the breaks within the period of flows, or between the days of two stocks."""
    periods, widest = [_period(row) for row in rows], rows[-1]
    if widest["time_kind"] == "flow":
        first, last = periods[-1].start, periods[-1].end
    else:
        days = sorted(period.end for period in periods)
        first, last = days[0], days[-1]
    return ids_of(breaks.between(first, last, widest["area"], widest["time_kind"]))


def breaks_between(before: Row, row: Row, breaks: Breaks) -> tuple[Row, ...]:
    """Return the breaks that keep two rows of a series in `sis_annual` from being compared.

    A flow is compared as a whole, so a break within the period of the first counts too.
    """
    first, last = _period(before), _period(row)
    start = first.start if row["time_kind"] == "flow" else first.end
    return breaks.between(start, last.end, row["area"], row["time_kind"])


# The row


def _row(
    measure: _Measure, rests_on: Sequence[Row], value: Decimal, number: Interval, broken: list[str]
) -> dict[str, Any]:
    first = rests_on[0]
    return {
        **{name: first[name] for name in ("year", "area", "indicator", "category_id")},
        "measure": measure.name,
        "value": float(NEAREST.plus(value)),
        "unit": measure.unit,
        "value_low": _rounded(number.low, BELOW),
        "value_high": _rounded(number.high, ABOVE),
        "rests_on": "; ".join(_told(row) for row in rests_on),
        "formula": measure.formula,
        "breaks": "; ".join(broken) or None,
        "document_ids": " ".join(sorted({row["document_id"] for row in rests_on})),
    }


def _rounded(bound: Decimal | None, outward: Context) -> float | None:
    """Return a bound as it is stored, rounded so that the interval only widens."""
    return None if bound is None else float(outward.plus(bound))


def _told(row: Row) -> str:
    subject = f"{row['indicator']} {row['area']} {row['category_id']}"
    return f"{subject} {row['as_printed']} ({row['source']}, {row['time_period']})"
