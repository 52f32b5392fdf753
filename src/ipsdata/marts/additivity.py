"""Additivity: whether figures may be added, and the reason when they may not.

A sum is right only if nothing counts twice and the whole means something: figures of one indicator,
unit and scope, of areas, categories or periods that do not overlap. Stocks never add up over time,
shares and means never at all. Where it can't be told that nothing counts twice, figures are not
added.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from ipsdata.code.sis_categories import SisCategories
from ipsdata.figures import Row, interval_of, same_time
from ipsdata.intervals import Interval, interval_sum

AGGREGATES = frozenset({"SIS", "SCHENGEN", "EU"})
ONE_SIDED = frozenset({"on_foreign_alerts", "on_own_alerts", "not_applicable"})


class NotAdditiveError(ValueError):
    """Figures were to be added that do not add up; the message says why."""


@dataclass(frozen=True)
class AddingCodes:
    """The code lists that say what adds up.

    Attributes:
        indicators: rows of `sis_indicators` by indicator.
    """

    categories: SisCategories
    indicators: Mapping[str, Row] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, categories: Iterable[Row], indicators: Iterable[Row]) -> "AddingCodes":
        """Take the codes from the rows of their tables."""
        return cls(SisCategories(categories), {row["indicator"]: row for row in indicators})

    def adds_over(self, indicator: str, dimension: str) -> bool:
        """Whether figures of an indicator add up over areas, categories or time."""
        row = self.indicators.get(indicator)
        return row is None or bool(row[f"adds_over_{dimension}"])

    def wholes(self, indicator: str) -> list[str]:
        """Return what an indicator is part of, the nearest first."""
        found: list[str] = []
        row = self.indicators.get(indicator)
        while row is not None and row["part_of"] is not None:
            found.append(row["part_of"])
            row = self.indicators.get(row["part_of"])
        return found


def add(figures: Sequence[Row], codes: AddingCodes) -> Interval:
    """Return the interval of the sum of figures; of none, zero.

    Raises:
        NotAdditiveError: they do not add up.
    """
    reason = why_not_addable(figures, codes)
    if reason is not None:
        raise NotAdditiveError(reason)
    return interval_sum(interval_of(figure) for figure in figures)


def addable(figures: Iterable[Row], codes: AddingCodes) -> list[Row]:
    """Return the figures that add up, each that does not go with an earlier one left out."""
    chosen: list[Row] = []
    for figure in figures:
        if why_not_addable([*chosen, figure], codes) is None:
            chosen.append(figure)
    return chosen


def why_not_addable(figures: Sequence[Row], codes: AddingCodes) -> str | None:
    """Say why figures do not add up; `None` if they do."""
    if len(figures) < 2:
        return None
    return next(
        (
            reason
            for left, right in combinations(figures, 2)
            for check in CHECKS
            if (reason := check(left, right, codes)) is not None
        ),
        None,
    )


def _indicators(left: Row, right: Row, codes: AddingCodes) -> str | None:
    one, other = left["indicator"], right["indicator"]
    if one == other:
        return None
    for part, whole in ((one, other), (other, one)):
        if whole in codes.wholes(part):
            return f"{part} are part of {whole}: their sum would count them twice"
    return f"{one} and {other} are different indicators"


def _units(left: Row, right: Row, _: AddingCodes) -> str | None:
    units = left["unit"], right["unit"]
    return None if units[0] == units[1] else f"their units differ: {units[0]} and {units[1]}"


def _shares(left: Row, _right: Row, _: AddingCodes) -> str | None:
    # A share of one total and one of another have no common whole, and parts may overlap.
    return "shares do not add up" if left["unit"] == "percent" else None


def _means(left: Row, right: Row, _: AddingCodes) -> str | None:
    means = {left["averaging"], right["averaging"]} - {"none"}
    return f"a mean ({min(means)}) does not add up" if means else None


def _scopes(left: Row, right: Row, _: AddingCodes) -> str | None:
    scopes = left["scope"], right["scope"]
    if scopes[0] == scopes[1]:
        return None
    return f"their scopes differ: {scopes[0]} and {scopes[1]}"


def _areas(left: Row, right: Row, codes: AddingCodes) -> str | None:
    one, other = left["area"], right["area"]
    if one == other:
        return None
    if not AGGREGATES.isdisjoint((one, other)):
        return f"the areas {one} and {other} overlap"
    if not codes.adds_over(left["indicator"], "areas"):
        return f"{left['indicator']} do not add up over areas"
    if left["scope"] not in ONE_SIDED:
        return f"hits of the scope {left['scope']} may count in both {one} and {other}"
    return None


def _categories(left: Row, right: Row, codes: AddingCodes) -> str | None:
    one, other = left["category_id"], right["category_id"]
    if one == other:
        return None
    if codes.categories.overlap(one, other):
        return f"the categories {one} and {other} overlap"
    if not codes.adds_over(left["indicator"], "categories"):
        return f"{left['indicator']} do not add up over categories"
    return None


def _periods(left: Row, right: Row, codes: AddingCodes) -> str | None:
    if same_time(left, right):
        return None
    told = f"{left['time_period']} and {right['time_period']}"
    if "stock" in (left["time_kind"], right["time_kind"]):
        return f"stocks do not add up over time: {told}"
    if left["period_start"] <= right["period_end"] and right["period_start"] <= left["period_end"]:
        return f"the periods {told} overlap"
    if not codes.adds_over(left["indicator"], "time"):
        return f"{left['indicator']} do not add up over time"
    return None


def _the_same(left: Row, right: Row, _: AddingCodes) -> str | None:
    same = all(left[name] == right[name] for name in ("area", "category_id"))
    if not (same and same_time(left, right)):
        return None
    told = " ".join((left["indicator"], left["area"], left["category_id"], left["time_period"]))
    return f"both are on {told}: the same would count twice"


CHECKS: tuple[Callable[[Row, Row, AddingCodes], str | None], ...] = (
    _indicators,
    _units,
    _shares,
    _means,
    _scopes,
    _areas,
    _categories,
    _periods,
    _the_same,
)
