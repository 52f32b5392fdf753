"""The interval: what holds for every pair of intervals, and the cases at the bounds."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ipsdata.intervals import Interval, interval_sum

# Few distinct whole numbers, so that bounds often meet.
BOUNDS = st.integers(-6, 6).map(Decimal)


@st.composite
def intervals(draw: st.DrawFn, low: int = -6, *, bounded: bool = False) -> Interval:
    """Draw an interval whose low bound is at least `low`."""
    ends = sorted(draw(st.tuples(*[st.integers(low, 6).map(Decimal)] * 2)))
    first: Decimal | None = ends[0]
    last: Decimal | None = ends[1]
    if not bounded:
        first = draw(st.sampled_from([first, None])) if low < 0 else first
        last = draw(st.sampled_from([last, None]))
    closed = draw(st.booleans()), draw(st.booleans())
    if ends[0] == ends[1] and None not in (first, last):
        closed = (True, True)
    return Interval(first, last, *closed)


@st.composite
def members(draw: st.DrawFn, interval: Interval) -> Decimal:
    """Draw a number in an interval, on its bounds where these belong to it."""
    low = Decimal(-20) if interval.low is None else interval.low
    high = Decimal(20) if interval.high is None else interval.high
    parts = draw(st.integers(0, 8))
    number = low + (high - low) * parts / 8
    assume(number in interval)
    return number


@pytest.mark.parametrize(
    ("low", "high", "low_closed", "high_closed"),
    [(2, 1, True, True), (1, 1, True, False), (1, 1, False, True), (1, 1, False, False)],
)
def test_an_empty_interval_is_refused(
    low: int, high: int, low_closed: bool, high_closed: bool
) -> None:
    with pytest.raises(ValueError, match="empty interval: "):
        Interval(Decimal(low), Decimal(high), low_closed, high_closed)


def test_infinite_bounds_are_open() -> None:
    assert Interval(None, None) == Interval(None, None, False, False)


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Interval(Decimal(1), Decimal(2)), ["1", "1.5", "2"], ["0.99", "2.01"]),
        (Interval(Decimal(1), Decimal(2), False, False), ["1.01", "1.99"], ["1", "2"]),
        (Interval(Decimal(1), Decimal(2), True, False), ["1"], ["2"]),
        (Interval(Decimal(4), None, low_closed=False), ["4.01", "1e12"], ["4", "-1"]),
        (Interval(None, Decimal(4)), ["4", "-1e12"], ["4.01"]),
        (Interval.point(7), ["7", "7.0"], ["6.99", "7.01"]),
    ],
)
def test_a_bound_belongs_where_it_is_closed(
    interval: Interval, inside: list[str], outside: list[str]
) -> None:
    assert [number for number in inside if Decimal(number) not in interval] == []
    assert [number for number in outside if Decimal(number) in interval] == []


@pytest.mark.parametrize(
    ("interval", "written"),
    [
        (Interval.point(1090), "1,090"),
        (Interval(Decimal(93050000), Decimal(93150000), True, False), "[93,050,000, 93,150,000)"),
        (Interval(Decimal("0.5"), None, False), "(0.5, ∞)"),
        (Interval(None, Decimal(3)), "(-∞, 3]"),
    ],
)
def test_brackets_tell_which_bounds_belong(interval: Interval, written: str) -> None:
    assert str(interval) == written


@pytest.mark.parametrize(
    ("left", "right", "disjoint"),
    [
        (Interval(Decimal(1), Decimal(2)), Interval(Decimal(2), Decimal(3)), False),
        (Interval(Decimal(1), Decimal(2), True, False), Interval(Decimal(2), Decimal(3)), True),
        (Interval(Decimal(1), Decimal(2)), Interval(Decimal(2), Decimal(3), False), True),
        (Interval(None, Decimal(2)), Interval(Decimal(3), None), True),
        (Interval(None, Decimal(4)), Interval(Decimal(3), None), False),
        (Interval(None, None), Interval.point(0), False),
    ],
)
def test_intervals_that_only_touch_share_a_bound_if_both_own_it(
    left: Interval, right: Interval, disjoint: bool
) -> None:
    assert left.is_disjoint(right) is disjoint


@given(intervals(), intervals())
def test_disjoint_is_symmetric(left: Interval, right: Interval) -> None:
    assert left.is_disjoint(right) == right.is_disjoint(left)


@given(intervals(), intervals(), BOUNDS)
def test_disjoint_intervals_share_no_number(
    left: Interval, right: Interval, number: Decimal
) -> None:
    if left.is_disjoint(right):
        assert not (number in left and number in right)


@given(intervals(), intervals(), st.data())
def test_an_interval_contains_another_with_all_its_numbers(
    outer: Interval, inner: Interval, data: st.DataObject
) -> None:
    number = data.draw(members(inner))
    if outer.contains(inner):
        assert number in outer
        assert not outer.is_disjoint(inner)
    if outer.is_disjoint(inner):
        assert number not in outer


@given(intervals(), intervals())
def test_intervals_that_contain_each_other_are_equal(left: Interval, right: Interval) -> None:
    assert (left.contains(right) and right.contains(left)) == (left == right)


@given(intervals(), intervals(), st.data())
def test_sums_and_differences_of_members_are_members(
    left: Interval, right: Interval, data: st.DataObject
) -> None:
    a, b = data.draw(members(left)), data.draw(members(right))
    assert a + b in left + right
    assert a - b in left - right
    assert -a in -left


@given(intervals(bounded=True), intervals(bounded=True))
def test_a_sum_is_no_wider_than_it_must_be(left: Interval, right: Interval) -> None:
    total = left + right
    assert (total.low, total.high) == (
        Decimal(left.low or 0) + Decimal(right.low or 0),
        Decimal(left.high or 0) + Decimal(right.high or 0),
    )
    assert total.low_closed == (left.low_closed and right.low_closed)


@given(st.lists(intervals(), max_size=4), st.data())
def test_a_sum_of_parts_holds_the_sum_of_their_members(
    parts: list[Interval], data: st.DataObject
) -> None:
    numbers = [data.draw(members(part)) for part in parts]
    assert sum(numbers, Decimal(0)) in interval_sum(parts)


def test_the_sum_of_no_parts_is_zero() -> None:
    assert interval_sum([]) == Interval.point(0)


@given(intervals(), st.sampled_from([1, 2, 4, 5]), st.data())
def test_multiples_of_members_are_members(
    interval: Interval, factor: int, data: st.DataObject
) -> None:
    number = data.draw(members(interval))
    assert number * factor in interval.scaled(factor)
    assert interval.scaled(factor).scaled(Decimal(1) / factor) == interval


@pytest.mark.parametrize("factor", [0, -1])
def test_a_factor_is_positive(factor: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Interval.point(1).scaled(factor)


@given(intervals(0, bounded=True), st.sampled_from(["1", "2", "4"]), st.data())
def test_quotients_of_members_are_members(
    dividend: Interval, divisor: str, data: st.DataObject
) -> None:
    # Powers of two divide without a remainder, so that the bounds are exact.
    divisors = Interval(Decimal(divisor), Decimal(divisor) * 2, data.draw(st.booleans()), True)
    number = data.draw(members(dividend))
    by = data.draw(st.sampled_from([Decimal(divisor) * 2, Decimal(divisor) * Decimal("1.6")]))
    assert number / by in dividend.divided_by(divisors)


@pytest.mark.parametrize(
    ("dividend", "expected"),
    [
        (
            Interval(Decimal(10), Decimal(20), True, False),
            Interval(Decimal(2), Decimal(10), True, False),
        ),
        (Interval(Decimal(10), Decimal(20)), Interval(Decimal(2), Decimal(10), True, False)),
        # Zero by anything is zero, although the divisor's own bound is open.
        (Interval.point(0), Interval.point(0)),
    ],
)
def test_a_quotient_has_the_bounds_of_opposite_ends(dividend: Interval, expected: Interval) -> None:
    divisor = Interval(Decimal(2), Decimal(5), False, True)
    assert dividend.divided_by(divisor) == expected


def test_a_quotient_of_zero_is_zero_where_the_high_bound_of_the_divisor_is_open() -> None:
    dividend, divisor = (
        Interval(Decimal(0), Decimal(6)),
        Interval(Decimal(2), Decimal(3), True, False),
    )
    assert dividend.divided_by(divisor) == Interval(Decimal(0), Decimal(3))


@pytest.mark.parametrize(
    ("dividend", "divisor", "expected"),
    [
        (
            Interval(Decimal(6), None, low_closed=False),
            Interval.point(2),
            Interval(Decimal(3), None, low_closed=False),
        ),
        (
            Interval(Decimal(6), Decimal(8)),
            Interval(Decimal(2), None),
            Interval(Decimal(0), Decimal(4), low_closed=False),
        ),
        (
            Interval(Decimal(6), None),
            Interval(Decimal(2), None),
            Interval(Decimal(0), None, low_closed=False),
        ),
        (
            Interval(Decimal(6), Decimal(8)),
            Interval(Decimal(0), Decimal(2), low_closed=False),
            Interval(Decimal(3), None),
        ),
        (Interval.point(0), Interval(Decimal(2), None), Interval.point(0)),
    ],
)
def test_a_quotient_without_a_bound_is_open_there(
    dividend: Interval, divisor: Interval, expected: Interval
) -> None:
    assert dividend.divided_by(divisor) == expected


def test_a_quotient_that_does_not_end_is_rounded_outward() -> None:
    found = Interval(Decimal(1), Decimal(2)).divided_by(Interval.point(3))
    assert found.low is not None
    assert found.high is not None
    assert 3 * Fraction(found.low) < 1
    assert 3 * Fraction(found.high) > 2


@pytest.mark.parametrize(
    ("dividend", "divisor", "message"),
    [
        (Interval(None, Decimal(1)), Interval.point(1), "non-negative"),
        (Interval.point(1), Interval(Decimal(0), Decimal(1)), "positive"),
        (Interval.point(1), Interval(Decimal(0), None), "positive"),
        (Interval.point(1), Interval(None, Decimal(1)), "positive"),
        (Interval.point(-1), Interval.point(1), "non-negative"),
    ],
)
def test_a_quotient_without_sense_is_refused(
    dividend: Interval, divisor: Interval, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        dividend.divided_by(divisor)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda i: i + Interval.point(1), Interval(Decimal(2), None, False)),
        (lambda i: -i, Interval(None, Decimal(-1), True, False)),
        (lambda i: i - i, Interval(None, None)),
    ],
)
def test_infinite_bounds_stay_infinite(
    operation: Callable[[Interval], Interval], expected: Interval
) -> None:
    assert operation(Interval(Decimal(1), None, low_closed=False)) == expected
