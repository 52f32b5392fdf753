"""Intervals of decimal numbers, open or closed, possibly unbounded: what a printed number says."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

ZERO = Decimal(0)
DIGITS = 28
DOWNWARD = Context(prec=DIGITS, rounding=ROUND_FLOOR)
UPWARD = Context(prec=DIGITS, rounding=ROUND_CEILING)


@dataclass(frozen=True)
class Interval:
    """The numbers between `low` and `high`; a bound of `None` is infinite.

    A bound belongs to the interval only where its `…_closed` flag is true (an infinite bound never
    does). Construction fails with `ValueError` on an empty interval.
    """

    low: Decimal | None
    high: Decimal | None
    low_closed: bool = True
    high_closed: bool = True

    def __post_init__(self) -> None:
        """Normalise infinite bounds to open and refuse the empty interval."""
        if self.low is None:
            object.__setattr__(self, "low_closed", False)
        if self.high is None:
            object.__setattr__(self, "high_closed", False)
        if self.low is None or self.high is None:
            return
        is_point = self.low == self.high and self.low_closed and self.high_closed
        if self.low > self.high or (self.low == self.high and not is_point):
            raise ValueError(f"empty interval: {self.low} to {self.high}")

    @classmethod
    def point(cls, value: Decimal | int) -> "Interval":
        """Return the interval that holds one number only."""
        return cls(Decimal(value), Decimal(value))

    @property
    def is_point(self) -> bool:
        """Whether exactly one number is in the interval."""
        return self.low is not None and self.low == self.high

    def __contains__(self, value: Decimal | int) -> bool:
        """Whether `value` lies in the interval."""
        return not self.is_disjoint(Interval.point(value))

    def __str__(self) -> str:
        """Write the interval: a square bracket includes its bound, a round one does not."""
        if self.is_point:
            return f"{self.low:,f}"
        low = "-∞" if self.low is None else f"{self.low:,f}"
        high = "∞" if self.high is None else f"{self.high:,f}"
        return f"{'[' if self.low_closed else '('}{low}, {high}{']' if self.high_closed else ')'}"

    def is_disjoint(self, other: "Interval") -> bool:
        """Whether no number lies in both intervals."""
        return _ends_before(self, other) or _ends_before(other, self)

    def contains(self, other: "Interval") -> bool:
        """Whether every number of `other` lies in this interval."""
        return _low_covers(self, other) and _high_covers(self, other)

    def __add__(self, other: "Interval") -> "Interval":
        """Return all sums of a number here and one there."""
        return Interval(
            None if self.low is None or other.low is None else self.low + other.low,
            None if self.high is None or other.high is None else self.high + other.high,
            self.low_closed and other.low_closed,
            self.high_closed and other.high_closed,
        )

    def __neg__(self) -> "Interval":
        """Return the interval mirrored at zero."""
        return Interval(
            None if self.high is None else -self.high,
            None if self.low is None else -self.low,
            self.high_closed,
            self.low_closed,
        )

    def __sub__(self, other: "Interval") -> "Interval":
        """Return all differences of a number here and one there."""
        return self + -other

    def scaled(self, factor: Decimal | int) -> "Interval":
        """Return the interval multiplied by a positive `factor`; `ValueError` otherwise."""
        if factor <= 0:
            raise ValueError(f"the factor must be positive, not {factor}")
        return Interval(
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
            self.low_closed,
            self.high_closed,
        )

    def divided_by(self, other: "Interval") -> "Interval":
        """Return all quotients of a number here, which is ≥ 0, and one there, which is > 0.

        A bound that has no end in 28 digits is rounded outward. Fails with `ValueError` where
        a number here may be negative, or one there zero or negative.
        """
        is_positive = other.low is not None and (
            other.low > 0 or (other.low == 0 and not other.low_closed)
        )
        if self.low is None or self.low < 0 or not is_positive:
            raise ValueError("only non-negative by positive intervals can be divided")
        low, low_closed = _least_quotient(self, other)
        high, high_closed = _greatest_quotient(self, other)
        return Interval(low, high, low_closed, high_closed)


def interval_sum(parts: Iterable[Interval]) -> Interval:
    """Return the interval of all sums with one number of each part; of no parts, zero."""
    total = Interval.point(ZERO)
    for part in parts:
        total = total + part
    return total


def _least_quotient(dividend: Interval, divisor: Interval) -> tuple[Decimal, bool]:
    # Zero divided by any number is zero, whether or not the divisor's bound belongs to it.
    if dividend.low is None or dividend.low == 0:
        return ZERO, dividend.low_closed
    if divisor.high is None:
        return ZERO, False
    low = DOWNWARD.divide(dividend.low, divisor.high)
    return low, dividend.low_closed and divisor.high_closed


def _greatest_quotient(dividend: Interval, divisor: Interval) -> tuple[Decimal | None, bool]:
    if dividend.high == 0:
        return ZERO, dividend.high_closed
    if dividend.high is None or not divisor.low:
        return None, False
    high = UPWARD.divide(dividend.high, divisor.low)
    return high, dividend.high_closed and divisor.low_closed


def _ends_before(left: Interval, right: Interval) -> bool:
    if left.high is None or right.low is None:
        return False
    if left.high == right.low:
        return not (left.high_closed and right.low_closed)
    return left.high < right.low


def _low_covers(outer: Interval, inner: Interval) -> bool:
    if outer.low is None:
        return True
    if inner.low is None:
        return False
    if outer.low == inner.low:
        return outer.low_closed or not inner.low_closed
    return outer.low < inner.low


def _high_covers(outer: Interval, inner: Interval) -> bool:
    return _low_covers(-outer, -inner)
