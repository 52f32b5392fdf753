"""Reconcile: figures against their totals, identities, averages and other sources.

A printed number is an interval, and two figures disagree only where no number satisfies both. No
tolerance is used anywhere. Levels are those of the European Statistical System: an error lies
within one source (levels 0 and 1) and withdraws the rows; what differs between sources or over time
is a warning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, groupby
from typing import Any

from ipsdata.code.numbers import PrintedNumber
from ipsdata.intervals import ZERO, Interval, interval_sum

Row = Mapping[str, Any]
Place = tuple[str, str]

NON_NEGATIVE = Interval(ZERO, None)
HOURS_A_DAY = 24
BREAKDOWN_INDICATORS = ("hits",)
SPLIT_BY_SUBJECT = frozenset({"persons", "objects"})


@dataclass(frozen=True)
class Side:
    """One side of a comparison: in words, and the numbers that it allows."""

    label: str
    interval: Interval


@dataclass(frozen=True)
class Reconciliation:
    """What was compared with what, and how it came out; see the contract of `reconciliations`.

    Attributes:
        rests_on: document and place of the rows compared.
    """

    rule: str
    subject: str
    left: Side
    right: Side
    outcome: str
    severity: str
    message: str
    documents: tuple[str, ...]
    rests_on: tuple[Place, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """Return the reconciliation as a row of its table."""
        return {
            "rule": self.rule,
            "subject": self.subject,
            "left": self.left.label,
            "left_low": _stored(self.left.interval.low),
            "left_high": _stored(self.left.interval.high),
            "right": self.right.label,
            "right_low": _stored(self.right.interval.low),
            "right_high": _stored(self.right.interval.high),
            "outcome": self.outcome,
            "severity": self.severity,
            "message": self.message,
            "documents": " ".join(sorted(set(self.documents))),
        }


def _stored(bound: Decimal | None) -> float | None:
    return None if bound is None else float(bound)


def _outcome(left: Interval, right: Interval) -> str:
    if left.is_disjoint(right):
        return "fails"
    return "undecidable" if left.high is None or right.high is None else "holds"


def rows_against_total(
    counts: Sequence[Interval | None], total: PrintedNumber, document: Mapping[str, Any]
) -> Reconciliation:
    """Compare the rows of a list with the total printed under it.

    Args:
        counts: each row's interval; `None` where its number could not be read.

    A list whose rows can't all be counted is undecidable, and not published either.
    """
    known = [count for count in counts if count is not None]
    unread = len(counts) - len(known)
    rows_sum = interval_sum(known) + (NON_NEGATIVE if unread else Interval.point(0))
    outcome = _outcome(rows_sum, total.interval)
    told = f"{len(counts)} rows add up to {interval_sum(known)}"
    unread_told = f" without {unread} that could not be counted" if unread else ""
    verdict = {
        "holds": " as printed",
        "fails": f", but the printed total is {total.as_printed}: none of the rows is published",
        "undecidable": (
            f", against a printed total of {total.as_printed}: none of the rows is published until "
            "all are counted"
        ),
    }[outcome]
    return Reconciliation(
        rule="rows_against_total",
        subject=document["path"],
        left=Side(f"sum of {len(counts)} rows", rows_sum),
        right=Side(f"printed total {total.as_printed}", total.interval),
        outcome=outcome,
        severity="info" if outcome == "holds" else "error",
        message=f"{document['path']}: {told}{unread_told}{verdict}",
        documents=(document["document_id"],),
    )


def reconcile_within_source(
    facts: Sequence[Row], parents: Mapping[str, str | None]
) -> tuple[Reconciliation, ...]:
    """Compare the SIS figures of each source with each other: breakdowns and identities."""
    results: list[Reconciliation] = []
    for _, group in _grouped(facts, ("source", "area", "time_period", "averaging")):
        results.extend(_breakdowns(group, parents))
        results.extend(_accesses_identity(group))
    return tuple(results)


def reconcile_across_sources(facts: Sequence[Row]) -> tuple[Reconciliation, ...]:
    """Compare SIS figures on the same thing: averages with annual numbers, source with source."""
    return (*_averages(facts), *_two_sources(facts))


def _grouped(
    facts: Iterable[Row], names: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    def key(fact: Row) -> tuple[str, ...]:
        return tuple(str(fact[name]) for name in names)

    for values, group in groupby(sorted(facts, key=key), key=key):
        yield values, list(group)


def _breakdowns(
    group: Sequence[Row], parents: Mapping[str, str | None]
) -> Iterator[Reconciliation]:
    for (indicator, _), facts in _grouped(group, ("indicator", "scope")):
        totals = [fact for fact in facts if fact["category_id"] == "total"]
        parts = _outermost([fact for fact in facts if fact["category_id"] != "total"], parents)
        if indicator in BREAKDOWN_INDICATORS and len(totals) == 1 and parts:
            yield _breakdown(parts, totals[0])


def _outermost(parts: Sequence[Row], parents: Mapping[str, str | None]) -> list[Row]:
    """Leave out categories that overlap another of `parts`, so that nothing counts twice."""
    present = {part["category_id"] for part in parts}
    return [part for part in parts if present.isdisjoint(_shadows(part["category_id"], parents))]


def _shadows(category: str, parents: Mapping[str, str | None]) -> set[str]:
    """Return the categories beside which `category` must not be counted."""
    wider = set(_ancestors(category, parents))
    base, slash, _ = category.rpartition("/")
    if slash and base in parents:  # 2018/1862:36/persons lies in persons, and in 2018/1862:36
        wider |= {base, *_ancestors(base, parents)}
    if category in SPLIT_BY_SUBJECT or wider & SPLIT_BY_SUBJECT:
        return wider
    return wider | SPLIT_BY_SUBJECT  # 2018/1862:36 covers persons and objects, but lies in neither


def _ancestors(category: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    parent = parents.get(category)
    while parent is not None:
        yield parent
        parent = parents.get(parent)


def _breakdown(parts: Sequence[Row], total: Row) -> Reconciliation:
    parts_sum = interval_sum(interval_of(part) for part in parts)
    whole = interval_of(total)
    exceeds = whole.high is not None and (
        Interval(ZERO, whole.high, True, whole.high_closed)
    ).is_disjoint(parts_sum)
    rest = whole - parts_sum
    if not NON_NEGATIVE.contains(rest) and not exceeds:
        rest = Interval(ZERO, rest.high, True, rest.high_closed)
    names = ", ".join(sorted(part["category_id"] for part in parts))
    told = f"{len(parts)} categories ({names}) add up to {parts_sum} of {whole}"
    message = (
        f"{told}: more than the total, so none of these figures is published"
        if exceeds
        else f"{told}; the rest, {rest}, is not broken down by the source"
    )
    unbounded = whole.high is None or parts_sum.high is None
    outcome = "fails" if exceeds else "undecidable" if unbounded else "holds"
    return Reconciliation(
        rule="breakdown_against_total",
        subject=_subject(total),
        left=Side(f"sum of {len(parts)} categories", parts_sum),
        right=Side(f"total, printed {total['as_printed']}", whole),
        outcome=outcome,
        severity="error" if exceeds else "info",
        message=message,
        documents=tuple(fact["document_id"] for fact in (*parts, total)),
        rests_on=tuple(_place(fact) for fact in (*parts, total)),
    )


def _accesses_identity(group: Sequence[Row]) -> Iterator[Reconciliation]:
    found = {f["indicator"]: f for f in group if f["category_id"] == "total"}
    names = ("accesses", "searches", "alert_management")
    if not all(name in found for name in names):
        return
    accesses, *parts = (found[name] for name in names)
    whole, parts_sum = interval_of(accesses), interval_sum(interval_of(part) for part in parts)
    outcome = _outcome(parts_sum, whole)
    sign = {"holds": "=", "fails": "≠", "undecidable": "≟"}[outcome]
    sums = " + ".join(str(interval_of(part)) for part in parts)
    facts = (accesses, *parts)
    yield Reconciliation(
        rule="accesses_identity",
        subject=_subject(accesses),
        left=Side("searches + alert management", parts_sum),
        right=Side(f"accesses, printed {accesses['as_printed']}", whole),
        outcome=outcome,
        severity="error" if outcome == "fails" else "info",
        message=f"accesses {whole} {sign} searches + alert management {sums}",
        documents=tuple(fact["document_id"] for fact in facts),
        rests_on=tuple(_place(fact) for fact in facts),
    )


def _averages(facts: Sequence[Row]) -> Iterator[Reconciliation]:
    means = [fact for fact in facts if fact["averaging"] != "none"]
    annual = [fact for fact in facts if fact["averaging"] == "none" and fact["time_kind"] == "flow"]
    for mean in means:
        for year in annual:
            if _same_thing(mean, year) and mean["time_period"] == year["time_period"]:
                yield _average(mean, year)


def _average(mean: Row, annual: Row) -> Reconciliation:
    """Compare a mean with its annual number, under the divisors in use: 365 and 366 days."""
    days = _days(annual)
    whole, printed = interval_of(annual), interval_of(mean)
    divisors = sorted({days, 365, 366}, key=lambda n: (n != days, n))
    # A mean times its units is exact, an annual number divided by them is not.
    fitting = [n for n in divisors if not printed.scaled(_units(mean, n)).is_disjoint(whole)]
    divisor = fitting[0] if fitting else days
    outcome = _outcome(printed.scaled(_units(mean, divisor)), whole)
    return Reconciliation(
        rule="average_against_annual",
        subject=f"{_subject(mean)} against {annual['source']}{_other_scope(annual, mean)}",
        left=Side(f"mean, printed {mean['as_printed']}", printed),
        right=Side(
            _division(mean, annual, divisor), whole.scaled(1 / Decimal(_units(mean, divisor)))
        ),
        outcome=outcome,
        severity="warning" if outcome == "fails" or divisor != days else "info",
        message=_average_message(mean, annual, fitting, outcome),
        documents=(mean["document_id"], annual["document_id"]),
        rests_on=(_place(mean), _place(annual)),
    )


def _days(annual: Row) -> int:
    days: int = (annual["period_end"] - annual["period_start"]).days + 1
    return days


def _units(mean: Row, days: int) -> int:
    return days * HOURS_A_DAY if mean["averaging"] == "per_hour" else days


def _division(mean: Row, annual: Row, days: int) -> str:
    hours = f" / {HOURS_A_DAY}" if mean["averaging"] == "per_hour" else ""
    return f"{_plain(annual)} / {days}{hours}"


def _average_message(mean: Row, annual: Row, fitting: Sequence[int], outcome: str) -> str:
    days = _days(annual)
    told = f"{_plain(mean)} {'an hour' if mean['averaging'] == 'per_hour' else 'a day'}"
    period = annual["time_period"]
    if not fitting:
        division = _division(mean, annual, days)
        return f"{told} is not {division}, and no divisor of 365 or 366 days gives it"
    division = _division(mean, annual, fitting[0])
    if outcome == "undecidable":
        return f"{told} is not excluded by {division}, a number without an upper bound"
    if fitting[0] != days:
        return f"{told} is {division}, although {period} had {days} days"
    either = "; its digits can't tell 365 from 366 days" if len(fitting) > 1 else ""
    return f"{told} agrees with {division}, the days of {period}{either}"


def _two_sources(facts: Sequence[Row]) -> Iterator[Reconciliation]:
    numbers = [fact for fact in facts if fact["averaging"] == "none"]
    for _, group in _grouped(numbers, ("indicator", "area", "category_id")):
        for left, right in combinations(group, 2):
            if left["source"] != right["source"] and _comparable(left, right):
                yield _pair(left, right)


def _comparable(left: Row, right: Row) -> bool:
    return _same_thing(left, right) and _same_time(left, right)


def _same_thing(left: Row, right: Row) -> bool:
    same = all(left[name] == right[name] for name in ("indicator", "area", "category_id"))
    scopes = {left["scope"], right["scope"]}
    return same and (len(scopes) == 1 or "not_stated" in scopes)


def _same_time(left: Row, right: Row) -> bool:
    if left["time_kind"] != right["time_kind"]:
        return False
    if left["time_period"] == right["time_period"]:
        return True
    # A stock of a year whose day is not told is that of the year's end.
    dated = sum(fact["reference_date"] is not None for fact in (left, right))
    same_end = left["period_end"] == right["period_end"]
    return left["time_kind"] == "stock" and dated < 2 and same_end


def _pair(left: Row, right: Row) -> Reconciliation:
    first, second = interval_of(left), interval_of(right)
    outcome, severity, verdict = _compare(left, right)
    scope_told = "" if left["scope"] == right["scope"] else " (one of them states no scope)"
    return Reconciliation(
        rule="two_sources",
        subject=(
            f"{_subject(left)} against {right['source']} {right['time_period']}"
            f"{_other_scope(right, left)}"
        ),
        left=Side(f"{left['source']}: {left['as_printed']}", first),
        right=Side(f"{right['source']}: {right['as_printed']}", second),
        outcome=outcome,
        severity=severity,
        message=(
            f"{left['as_printed']} ({left['source']}) and {right['as_printed']} "
            f"({right['source']}) {verdict}{scope_told}"
        ),
        documents=(left["document_id"], right["document_id"]),
        rests_on=(_place(left), _place(right)),
    )


def _compare(left: Row, right: Row) -> tuple[str, str, str]:
    outcome = _outcome(interval_of(left), interval_of(right))
    if outcome != "fails":
        return (
            outcome,
            "info",
            "can both be right" if outcome == "holds" else "don't exclude each other",
        )
    for cut, other in ((left, right), (right, left)):
        if cut["precision"] == "rounded" and _truncated(cut).contains(interval_of(other)):
            verdict = f"agree if {cut['as_printed']} was truncated, not if it was rounded"
            return "holds", "warning", verdict
    return "fails", "warning", "contradict each other: no number satisfies both"


def _truncated(fact: Row) -> Interval:
    """Return the interval of a rounded figure if its digits had been cut off instead."""
    rounded, value = interval_of(fact), Decimal(repr(fact["value"]))
    half = ZERO if rounded.high is None else rounded.high - value
    return Interval(value, value + 2 * half, True, False)


def _subject(fact: Row) -> str:
    names = [fact["indicator"], fact["area"], fact["category_id"]]
    scope = [] if fact["scope"] == "not_applicable" else [fact["scope"]]
    averaging = [] if fact["averaging"] == "none" else [fact["averaging"]]
    return " ".join([*names, *scope, fact["time_period"], *averaging, f"({fact['source']})"])


def _other_scope(fact: Row, first: Row) -> str:
    """Say a scope that the subject of `first` does not: one source may have figures of several."""
    return "" if fact["scope"] == first["scope"] else f" {fact['scope']}"


def _plain(fact: Row) -> str:
    return f"{fact['value']:,}".removesuffix(".0")


def _place(fact: Row) -> Place:
    return fact["document_id"], fact["locator"]


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
