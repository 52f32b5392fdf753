"""Reconcile: figures against their totals, identities, averages and other sources.

A printed number is an interval, and two figures disagree only where no number satisfies both. No
tolerance is used anywhere. Levels are those of the European Statistical System: an error lies
within one source (levels 0 and 1) and withdraws the rows; what differs between sources or over time
is a warning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Any

from ipsdata.code.numbers import PrintedNumber
from ipsdata.figures import (
    CLOSED_BOUNDS,
    HOURS_A_DAY,
    Row,
    comparable,
    cut_off,
    days_of,
    fitting_divisors,
    grouped,
    interval_of,
    latest,
    outcome_of,
    plain,
    same_thing,
    units_of,
)
from ipsdata.intervals import ZERO, Interval, interval_sum
from ipsdata.marts.additivity import AddingCodes, add, addable

__all__ = [
    "CLOSED_BOUNDS",
    "Reconciliation",
    "Side",
    "interval_of",
    "reconcile_across_sources",
    "reconcile_within_source",
    "rows_against_total",
]

Place = tuple[str, str]

NON_NEGATIVE = Interval(ZERO, None)
BREAKDOWN_INDICATORS = ("hits",)
WITHIN = ("source", "vintage", "area", "time_period", "averaging")


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
    outcome = outcome_of(rows_sum, total.interval)
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


def reconcile_within_source(facts: Sequence[Row], codes: AddingCodes) -> tuple[Reconciliation, ...]:
    """Compare the SIS figures of each source with each other: breakdowns and identities.

    Figures of two vintages are not compared: one source may have corrected itself.
    """
    found: dict[str, Reconciliation] = {}
    for values, group in grouped(facts, WITHIN):
        for result in (*_breakdowns(group, codes), *_accesses_identity(group)):
            key = f"{result.rule} {result.subject}"
            if key in found:
                dated = replace(result, subject=f"{result.subject} of {values[1]}")
                found[f"{key} of {values[1]}"] = dated
            else:
                found[key] = result
    return tuple(found.values())


def reconcile_across_sources(facts: Sequence[Row]) -> tuple[Reconciliation, ...]:
    """Compare SIS figures on the same thing: averages with annual numbers, source with source.

    Of each source the latest vintage counts; `sis_conflicts` tells of revisions.
    """
    current = latest(facts)
    return (*_averages(current), *_two_sources(current))


def reconcile_sums(published: Sequence[Row], sums: Iterable[Row]) -> tuple[Reconciliation, ...]:
    """Compare annual sums of daily counts with the figures published on the same thing."""
    subjects: dict[tuple[str, ...], list[Row]] = {}
    for fact in latest(published):
        if fact["averaging"] == "none":
            subjects.setdefault(_subject_key(fact), []).append(fact)
    return tuple(
        _pair(fact, total)
        for total in sums
        for fact in subjects.get(_subject_key(total), ())
        if comparable(fact, total)
    )


def _subject_key(fact: Row) -> tuple[str, ...]:
    return fact["indicator"], fact["area"], fact["category_id"]


def _breakdowns(group: Sequence[Row], codes: AddingCodes) -> Iterator[Reconciliation]:
    for (indicator, _), facts in grouped(group, ("indicator", "scope")):
        totals = [fact for fact in facts if fact["category_id"] == "total"]
        if indicator not in BREAKDOWN_INDICATORS or len(totals) != 1:
            continue
        parts = addable(_widest_first(facts, codes), codes)
        if parts:
            yield _breakdown(parts, totals[0], codes)


def _widest_first(facts: Sequence[Row], codes: AddingCodes) -> list[Row]:
    """Return the parts of a total: of categories that overlap, the widest alone is to count."""
    parts = [fact for fact in facts if fact["category_id"] != "total"]
    return sorted(parts, key=lambda part: codes.categories.breadth(part["category_id"]))


def _breakdown(parts: Sequence[Row], total: Row, codes: AddingCodes) -> Reconciliation:
    parts_sum = add(parts, codes)
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
    outcome = outcome_of(parts_sum, whole)
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
            if same_thing(mean, year) and mean["time_period"] == year["time_period"]:
                yield _average(mean, year)


def _average(mean: Row, annual: Row) -> Reconciliation:
    """Compare a mean with its annual number, under the divisors in use: 365 and 366 days."""
    days = days_of(annual)
    whole, printed = interval_of(annual), interval_of(mean)
    fitting = fitting_divisors(mean, annual)
    divisor = fitting[0] if fitting else days
    outcome = outcome_of(printed.scaled(units_of(mean, divisor)), whole)
    return Reconciliation(
        rule="average_against_annual",
        subject=f"{_subject(mean)} against {annual['source']}{_other_scope(annual, mean)}",
        left=Side(f"mean, printed {mean['as_printed']}", printed),
        right=Side(
            _division(mean, annual, divisor), whole.scaled(1 / Decimal(units_of(mean, divisor)))
        ),
        outcome=outcome,
        severity="warning" if outcome == "fails" or divisor != days else "info",
        message=_average_message(mean, annual, fitting, outcome),
        documents=(mean["document_id"], annual["document_id"]),
        rests_on=(_place(mean), _place(annual)),
    )


def _division(mean: Row, annual: Row, days: int) -> str:
    hours = f" / {HOURS_A_DAY}" if mean["averaging"] == "per_hour" else ""
    return f"{plain(annual)} / {days}{hours}"


def _average_message(mean: Row, annual: Row, fitting: Sequence[int], outcome: str) -> str:
    days = days_of(annual)
    told = f"{plain(mean)} {'an hour' if mean['averaging'] == 'per_hour' else 'a day'}"
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
    for _, group in grouped(numbers, ("indicator", "area", "category_id")):
        for left, right in combinations(group, 2):
            if left["source"] != right["source"] and comparable(left, right):
                yield _pair(left, right)


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
    outcome = outcome_of(interval_of(left), interval_of(right))
    if outcome != "fails":
        return (
            outcome,
            "info",
            "can both be right" if outcome == "holds" else "don't exclude each other",
        )
    cut = cut_off(left, right)
    if cut is not None:
        verdict = f"agree if {cut['as_printed']} was truncated, not if it was rounded"
        return "holds", "warning", verdict
    return "fails", "warning", "contradict each other: no number satisfies both"


def _subject(fact: Row) -> str:
    names = [fact["indicator"], fact["area"], fact["category_id"]]
    scope = [] if fact["scope"] == "not_applicable" else [fact["scope"]]
    averaging = [] if fact["averaging"] == "none" else [fact["averaging"]]
    return " ".join([*names, *scope, fact["time_period"], *averaging, f"({fact['source']})"])


def _other_scope(fact: Row, first: Row) -> str:
    """Say a scope that the subject of `first` does not: one source may have figures of several."""
    return "" if fact["scope"] == first["scope"] else f" {fact['scope']}"


def _place(fact: Row) -> Place:
    return fact["document_id"], fact["locator"]
