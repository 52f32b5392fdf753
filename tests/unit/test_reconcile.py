"""Reconciliations: figures agree, disagree or can't be decided, by their intervals alone.

The rows are made by coding printed numbers, as the pipeline does.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import ROOT
from ipsdata.code.codelists import read_code_list
from ipsdata.code.dates import parse_edtf_period
from ipsdata.code.numbers import Precision, PrintedNumber, parse_number
from ipsdata.contracts import load_contract
from ipsdata.editions import reconcile_editions
from ipsdata.facts.settle import provenance
from ipsdata.intervals import Interval, interval_sum
from ipsdata.marts.additivity import AddingCodes
from ipsdata.reconcile import (
    CLOSED_BOUNDS,
    Reconciliation,
    interval_of,
    reconcile_across_sources,
    reconcile_within_source,
    rows_against_total,
)

SCHEMAS = ROOT / "schemas"
Fact = dict[str, Any]
LIST = {"path": "letters/x/list.csv", "document_id": "a" * 64}


def _rows(table: str) -> list[dict[str, Any]]:
    contract = load_contract(SCHEMAS / "tables" / f"{table}.yaml", SCHEMAS)
    return read_code_list(SCHEMAS / "codes" / f"{table}.csv", contract)


PARENTS = {row["category_id"]: row["parent_id"] for row in _rows("sis_categories")}
CODES = AddingCodes.of_rows(_rows("sis_categories"), _rows("sis_indicators"))
STOCKS = {"alerts"}


def fact(printed: str, indicator: str = "hits", **changes: Any) -> Fact:
    """Code a printed number in Dutch as a fact, `changes` being columns, `stated` or `language`."""
    stated = changes.pop("stated", None)
    language = changes.pop("language", "nl")
    averaging = changes.get("averaging", "none")
    number = parse_number(printed, language, stated=stated, continuous=averaging != "none")
    kind = "stock" if indicator in STOCKS else "flow"
    time_period = changes.get("time_period", "2024")
    period = parse_edtf_period(time_period)
    place = {
        "document_id": "d" * 64,
        "locator": f"line {printed}",
        "verification": "unverified",
    }
    row: Fact = {
        "source": "letter",
        "vintage": "2025-06-12",
        "indicator": indicator,
        "area": "SIS",
        "category_id": "total",
        "scope": "not_stated" if indicator == "hits" else "not_applicable",
        "time_kind": kind,
        "time_period": time_period,
        "reference_date": period.start if kind == "stock" and period.is_day else None,
        "period_start": period.start,
        "period_end": period.end,
        "averaging": averaging,
        **provenance(place, number, "hit", dt.date(2025, 6, 12)),
    }
    return {**row, **changes}


def published(row: Fact) -> Fact:
    """Return the fact as it comes back from its table: every number a float64."""
    numbers = ("value", "value_low", "value_high")
    return {**row, **{n: None if row[n] is None else float(row[n]) for n in numbers}}


def within(*facts: Fact) -> tuple[Reconciliation, ...]:
    return reconcile_within_source(facts, CODES)


def across(*facts: Fact) -> tuple[Reconciliation, ...]:
    """Reconcile across sources, and check that the stored form of the facts gives the same."""
    found = reconcile_across_sources(facts)
    stored = reconcile_across_sources([published(row) for row in facts])
    assert [result.as_row() for result in stored] == [result.as_row() for result in found]
    return found


def only(results: Sequence[Reconciliation]) -> Reconciliation:
    (result,) = results
    return result


def verdict(result: Reconciliation) -> tuple[str, str]:
    return result.outcome, result.severity


# Rows against their total


def numbers(texts: Sequence[str | None]) -> list[Interval | None]:
    return [None if text is None else parse_number(text, "nl").interval for text in texts]


@pytest.mark.parametrize(
    ("counts", "total", "outcome", "told"),
    [
        (["1", "3", "drie"], "7", "holds", "3 rows add up to 7 as printed"),
        (["1", "3", "drie"], "zeven", "holds", "3 rows add up to 7 as printed"),
        ([], "0", "holds", "0 rows add up to 0 as printed"),
        (["1 duizend", "2 duizend"], "3.999", "holds", "2 rows add up to [2,000, 4,000)"),
        (["3", "4"], "ongeveer 8", "holds", "2 rows add up to 7 as printed"),
        (
            ["1", "3"],
            "5",
            "fails",
            "2 rows add up to 4, but the printed total is 5: none of the rows is published",
        ),
        ([], "1", "fails", "0 rows add up to 0, but the printed total is 1: none of"),
        (["1 duizend", "2 duizend"], "4.000", "fails", "2 rows add up to [2,000, 4,000), but"),
        (["meer dan 3", "4"], "7", "fails", "2 rows add up to (7, ∞), but the printed total is 7"),
        (
            ["meer dan 3", "4"],
            "9",
            "undecidable",
            "2 rows add up to (7, ∞), against a printed total of 9: none of the rows is published "
            "until all are counted",
        ),
        (["3", "4"], "meer dan 6", "undecidable", "2 rows add up to 7, against a printed total of"),
        (["3", "4"], "meer dan 7", "fails", "2 rows add up to 7, but the printed total is meer"),
        (
            ["3", None, "4"],
            "9",
            "undecidable",
            "3 rows add up to 7 without 1 that could not be counted, against a printed total of 9:",
        ),
        (
            [None, None],
            "9",
            "undecidable",
            "2 rows add up to 0 without 2 that could not be",
        ),
        (
            ["3", None, "7"],
            "9",
            "fails",
            "3 rows add up to 10 without 1 that could not be counted, but the printed total is 9:",
        ),
        (["5", None, "4"], "9", "undecidable", "3 rows add up to 9 without 1 that could not"),
    ],
)
def test_rows_against_total(counts: list[str | None], total: str, outcome: str, told: str) -> None:
    result = rows_against_total(numbers(counts), parse_number(total, "nl"), LIST)
    assert verdict(result) == (outcome, "info" if outcome == "holds" else "error")
    assert result.message.startswith(f"letters/x/list.csv: {told}")
    assert (result.rule, result.subject) == ("rows_against_total", "letters/x/list.csv")
    assert result.documents == ("a" * 64,)
    assert result.left.label == f"sum of {len(counts)} rows"
    assert result.right.label == f"printed total {total}"


def test_unread_rows_leave_the_sum_open_above() -> None:
    counts = numbers(["3", None])
    row = rows_against_total(counts, parse_number("9", "nl"), LIST).as_row()
    bounds = ("left_low", "left_high", "right_low", "right_high")
    assert [row[name] for name in bounds] == [3.0, None, 9.0, 9.0]


COUNTS = st.integers(0, 10**7)


def printed_roughly(count: int) -> st.SearchStrategy[str]:
    """Print a count in ways that allow it."""
    exact, shorter = str(count), (count + 500) // 1_000
    texts = [exact, f"hooguit {count}", f"ongeveer {count}"]
    return st.sampled_from([*texts, f"{shorter} duizend"] if count >= 500 else texts)


@given(st.data(), st.lists(COUNTS, max_size=6))
def test_true_total_never_fails(data: st.DataObject, counts: list[int]) -> None:
    texts = [data.draw(printed_roughly(count)) for count in counts]
    total = data.draw(printed_roughly(sum(counts)))
    result = rows_against_total(numbers(texts), parse_number(total, "nl"), LIST)
    assert result.outcome == "holds"


@given(st.lists(COUNTS, min_size=1, max_size=6), st.integers(-5, 5))
def test_exact_total_holds_only_if_it_is_the_sum(counts: list[int], off: int) -> None:
    total = max(0, sum(counts) + off)
    points: list[Interval | None] = [Interval.point(count) for count in counts]
    result = rows_against_total(points, parse_number(str(total), "nl"), LIST)
    assert result.outcome == ("holds" if total == sum(counts) else "fails")


# A breakdown against its total


LETTER_HITS = {
    "2018/1860:3": "103.901",
    "2018/1861:24": "73.067",
    "2018/1862:26": "12.212",
    "2018/1862:32": "13.869",
}


def breakdown(parts: dict[str, str], total: str, **changes: Any) -> list[Fact]:
    rows = [fact(text, category_id=category, **changes) for category, text in parts.items()]
    return [*rows, fact(total, **changes)]


def test_breakdown_of_the_letter_states_the_rest() -> None:
    facts = breakdown(LETTER_HITS, "397.804")
    result = only(within(*facts))
    assert verdict(result) == ("holds", "info")
    assert result.message == (
        "4 categories (2018/1860:3, 2018/1861:24, 2018/1862:26, 2018/1862:32) add up to 203,049 of "
        "397,804; the rest, 194,755, is not broken down by the source"
    )
    assert (result.left.interval, result.right.interval) == (
        Interval.point(203_049),
        Interval.point(397_804),
    )
    assert set(result.rests_on) == {(row["document_id"], row["locator"]) for row in facts}


@pytest.mark.parametrize(
    ("parts", "total", "outcome", "told"),
    [
        ({"persons": "60", "objects": "40"}, "100", "holds", "add up to 100 of 100; the rest, 0,"),
        ({"persons": "60"}, "100", "holds", "1 categories (persons) add up to 60 of 100; the rest"),
        (
            {"persons": "60", "objects": "41"},
            "100",
            "fails",
            "2 categories (objects, persons) add up to 101 of 100: more than the total, so none of "
            "these figures is published",
        ),
        ({"persons": "61 duizend"}, "61 duizend", "holds", "the rest, [0, 1,000), is"),
        ({"persons": "61 duizend"}, "60 duizend", "fails", "[60,500, 61,500) of [59,500, 60,500)"),
        (
            {"persons": "61 duizend"},
            "60.000",
            "fails",
            "add up to [60,500, 61,500) of 60,000: more",
        ),
        ({"persons": "meer dan 100"}, "100", "fails", "add up to (100, ∞) of 100: more than"),
        ({"persons": "meer dan 99"}, "100", "undecidable", "(99, ∞) of 100; the rest, [0, 1)"),
        ({"persons": "60"}, "meer dan 50", "undecidable", "60 of (50, ∞); the rest, [0, ∞),"),
        ({"persons": "60"}, "hooguit 60", "holds", "add up to 60 of [0, 60]; the rest, 0,"),
        ({"persons": "60"}, "hooguit 59", "fails", "add up to 60 of [0, 59]: more than"),
    ],
)
def test_breakdown_against_total(
    parts: dict[str, str], total: str, outcome: str, told: str
) -> None:
    result = only(within(*breakdown(parts, total)))
    assert verdict(result) == (outcome, "error" if outcome == "fails" else "info")
    assert told in result.message
    assert result.rule == "breakdown_against_total"


@pytest.mark.parametrize(
    ("parts", "counted"),
    [
        ({"2018/1862:32": "60", "2018/1862:32/missing_persons": "50"}, {"2018/1862:32"}),
        ({"persons": "60", "2018/1862:26": "50", "2018/1862:32": "1"}, {"persons"}),
        ({"persons": "60", "2018/1862:32/missing_persons": "50"}, {"persons"}),
        ({"objects": "60", "2018/1862:26": "40"}, {"objects", "2018/1862:26"}),
        # Article 36 is on persons and objects: it overlaps that split, and its own parts.
        ({"persons": "60", "objects": "40", "2018/1862:36": "20"}, {"persons", "objects"}),
        ({"persons": "60", "2018/1862:36": "50"}, {"persons"}),
        ({"2018/1862:36": "60", "2018/1862:36/persons": "50"}, {"2018/1862:36"}),
        ({"2018/1862:36": "60", "2018/1862:26": "40"}, {"2018/1862:36", "2018/1862:26"}),
        ({"CISA:99": "60", "CISA:99(2)/persons": "50", "CISA:99(2)": "55"}, {"CISA:99"}),
        (
            {"2018/1862:36/objects": "60", "2018/1862:36/persons": "40"},
            {"2018/1862:36/objects", "2018/1862:36/persons"},
        ),
    ],
)
def test_nothing_counts_twice(parts: dict[str, str], counted: set[str]) -> None:
    result = only(within(*breakdown(parts, "100")))
    assert verdict(result) == ("holds", "info")
    assert f"{len(counted)} categories ({', '.join(sorted(counted))}) add up to" in result.message
    assert len(result.rests_on) == len(counted) + 1


def test_every_category_lies_in_the_total() -> None:
    for category, above in PARENTS.items():
        chain, parent = [category], above
        while parent is not None:
            assert parent not in chain
            chain.append(parent)
            parent = PARENTS[parent]
        assert chain[-1] == "total"


def test_hits_of_different_scopes_are_never_added() -> None:
    on_foreign = breakdown({"persons": "60"}, "100", scope="on_foreign_alerts")
    both = [fact("90", category_id="objects", scope="both_directions")]
    result = only(within(*on_foreign, *both))
    assert "1 categories (persons) add up to 60 of 100" in result.message


@pytest.mark.parametrize(
    "changes",
    [{"source": "other"}, {"area": "NL"}, {"time_period": "2023"}, {"averaging": "per_day"}],
)
def test_parts_of_something_else_are_not_added(changes: dict[str, str]) -> None:
    facts = [*breakdown({"persons": "60"}, "100"), fact("90", category_id="objects", **changes)]
    result = only(within(*facts))
    assert verdict(result) == ("holds", "info")
    assert "1 categories (persons) add up to 60 of 100" in result.message


def test_two_vintages_of_a_source_are_told_apart() -> None:
    first = breakdown({"persons": "60"}, "100", vintage="2024-01-01")
    results = within(*first, *breakdown({"persons": "61"}, "100", vintage="2025-01-01"))
    subject = "hits SIS total not_stated 2024 (letter)"
    assert [r.subject for r in results] == [subject, f"{subject} of 2025-01-01"]


def test_breakdown_without_total_or_parts_is_none() -> None:
    assert within(fact("100")) == ()
    assert within(fact("60", category_id="persons"), fact("40", category_id="objects")) == ()


def test_other_indicators_are_not_broken_down() -> None:
    persons = fact("60", "alerts", category_id="persons")
    assert within(persons, fact("50", "alerts")) == ()


# Accesses are searches and alert management


def identity(accesses: str, searches: str, management: str) -> Reconciliation:
    facts = [
        fact(accesses, "accesses"),
        fact(searches, "searches"),
        fact(management, "alert_management"),
    ]
    result = only(within(*facts))
    assert result.rule == "accesses_identity"
    assert set(result.rests_on) == {(row["document_id"], row["locator"]) for row in facts}
    return result


def test_accesses_of_2024_hold() -> None:
    result = identity("15.044.676.229", "15.021.198.103", "23.478.126")
    assert verdict(result) == ("holds", "info")
    assert result.message == (
        "accesses 15,044,676,229 = searches + alert management 15,021,198,103 + 23,478,126"
    )


@pytest.mark.parametrize(
    ("printed", "outcome", "sign"),
    [
        (("15.044.676.229", "15.021.198.103", "23.478.127"), "fails", "≠"),
        (("vijftien miljard", "15.021.198.103", "23.478.126"), "holds", "="),
        (("vijftien miljard", "vijftien miljard", "23.478.126"), "holds", "="),
        (("15.044.676.229", "15.021.198.103", "23 miljoen"), "holds", "="),
        (("15.044.676.229", "15.021.198.103", "24 miljoen"), "fails", "≠"),
        (("veertien miljard", "15.021.198.103", "23.478.126"), "fails", "≠"),
        (("15.044.676.229", "meer dan 15 miljard", "23.478.126"), "undecidable", "≟"),
        (("15.044.676.229", "meer dan 16 miljard", "23.478.126"), "fails", "≠"),
        (("meer dan 15 miljard", "15.021.198.103", "23.478.126"), "undecidable", "≟"),
    ],
)
def test_accesses_identity(printed: tuple[str, str, str], outcome: str, sign: str) -> None:
    result = identity(*printed)
    assert verdict(result) == (outcome, "error" if outcome == "fails" else "info")
    assert f" {sign} searches + alert management " in result.message


def test_identity_needs_all_three_of_one_source() -> None:
    accesses, searches = fact("10", "accesses"), fact("7", "searches")
    assert within(accesses, searches) == ()
    assert within(accesses, searches, fact("4", "alert_management", source="other")) == ()
    assert within(accesses, searches, fact("4", "alert_management", time_period="2023")) == ()
    assert within(accesses, searches, fact("4", "alert_management", category_id="persons")) == ()


# A mean against its annual number


def mean_of(
    mean: str, annual: str, averaging: str = "per_day", time_period: str = "2024"
) -> Reconciliation:
    result = only(
        across(
            fact(mean, averaging=averaging, time_period=time_period),
            fact(annual, time_period=time_period, source="annual"),
        )
    )
    assert result.rule == "average_against_annual"
    return result


def test_divisor_of_the_letter_is_found() -> None:
    result = mean_of("1.090", "397.804")
    assert verdict(result) == ("holds", "warning")
    assert result.message == "1,090 a day is 397,804 / 365, although 2024 had 366 days"
    assert result.left.label == "mean, printed 1.090"
    assert result.right.label == "397,804 / 365"
    assert result.right.interval.low == pytest.approx(Decimal("1089.8739726"))


@pytest.mark.parametrize(
    ("mean", "annual", "time_period", "expected", "told"),
    [
        ("1.087", "397.804", "2024", ("holds", "info"), "1,087 a day agrees with 397,804 / 366, "),
        ("1.090", "397.804", "2023", ("holds", "info"), "1,090 a day agrees with 397,804 / 365, "),
        (
            "1.087",
            "397.804",
            "2023",
            ("holds", "warning"),
            "1,087 a day is 397,804 / 366, although 2023 had 365 days",
        ),
        (
            "1.088",
            "397.804",
            "2024",
            ("fails", "warning"),
            "1,088 a day is not 397,804 / 366, and no divisor of 365 or 366 days gives it",
        ),
        (
            "41 miljoen",
            "15.021.198.103",
            "2024",
            ("holds", "info"),
            "41,000,000 a day agrees with 15,021,198,103 / 366, the days of 2024; its digits can't "
            "tell 365 from 366 days",
        ),
        (
            "10",
            "2.670",
            "2013-04-09/2013-12-31",
            ("holds", "info"),
            "10 a day agrees with 2,670 / 267, the days of 2013-04-09/2013-12-31",
        ),
        (  # 5.5 a day: the very bound of what "6" says
            "6",
            "495",
            "2023-01-01/2023-03-31",
            ("holds", "info"),
            "6 a day agrees with 495 / 90, the days of 2023-01-01/2023-03-31",
        ),
        (
            "7",
            "2.670",
            "2013-04-09/2013-12-31",
            ("holds", "warning"),
            "7 a day is 2,670 / 365, although 2013-04-09/2013-12-31 had 267 days",
        ),
        (
            "11 miljoen",
            "meer dan vier miljard",
            "2024",
            ("undecidable", "info"),
            "11,000,000 a day is not excluded by 4,000,000,000 / 366, a number without an upper "
            "bound",
        ),
        ("10 miljoen", "meer dan vier miljard", "2024", ("fails", "warning"), "is not 4,000,000,0"),
        ("meer dan 10", "36.600", "2024", ("undecidable", "info"), "10 a day is not excluded"),
    ],
)
def test_daily_mean(
    mean: str, annual: str, time_period: str, expected: tuple[str, str], told: str
) -> None:
    result = mean_of(mean, annual, time_period=time_period)
    assert verdict(result) == expected
    assert told in result.message


@pytest.mark.parametrize(
    ("mean", "annual", "expected", "told"),
    [
        (
            "45",
            "397.804",
            ("holds", "info"),
            "45 an hour agrees with 397,804 / 366 / 24, the days of 2024; its digits can't tell",
        ),
        ("45,3", "397.804", ("holds", "info"), "45.3 an hour agrees with 397,804 / 366 / 24, the"),
        (
            "45,4",
            "397.804",
            ("holds", "warning"),
            "45.4 an hour is 397,804 / 365 / 24, although 2024 had 366 days",
        ),
        ("46", "397.804", ("fails", "warning"), "46 an hour is not 397,804 / 366 / 24, and no"),
        ("1.090", "397.804", ("fails", "warning"), "1,090 an hour is not 397,804 / 366 / 24"),
    ],
)
def test_hourly_mean(mean: str, annual: str, expected: tuple[str, str], told: str) -> None:
    result = mean_of(mean, annual, "per_hour")
    assert verdict(result) == expected
    assert result.message.startswith(told)


@example(399_123, 366, False)  # 1,090.5 a day
@example(0, 365, True)
@given(st.integers(0, 10**10), st.sampled_from([365, 366]), st.booleans())
def test_mean_of_an_annual_number_never_fails(annual: int, days: int, hourly: bool) -> None:
    units = days * 24 if hourly else days
    mean = (2 * annual + units) // (2 * units)  # rounded half up, in whole numbers
    averaging = "per_hour" if hourly else "per_day"
    result = mean_of(str(mean), str(annual), averaging, "2024" if days == 366 else "2023")
    assert verdict(result) == ("holds", "info")
    assert f" agrees with {annual:,} / {days}" in result.message


@pytest.mark.parametrize(
    "changes",
    [
        {"time_period": "2023"},
        {"area": "NL"},
        {"category_id": "persons"},
        {"indicator": "searches", "scope": "not_applicable"},
        {"averaging": "per_hour"},
    ],
)
def test_mean_is_compared_with_its_own_annual_number_only(changes: dict[str, str]) -> None:
    mean = fact("1.090", averaging="per_day", scope="on_foreign_alerts")
    annual = {**fact("397.804", source="annual", scope="on_foreign_alerts"), **changes}
    assert across(mean, annual) == ()


def test_mean_is_compared_with_each_source_and_scope_under_its_own_subject() -> None:
    facts = [
        fact("1.090", averaging="per_day"),
        fact("397.804"),
        fact("397.804", source="other", scope="on_foreign_alerts"),
        fact("500.000", source="other", scope="both_directions"),
    ]
    results = [r for r in across(*facts) if r.rule == "average_against_annual"]
    mean = "hits SIS total not_stated 2024 per_day (letter)"
    assert sorted((r.subject, r.outcome) for r in results) == [
        (f"{mean} against letter", "holds"),
        (f"{mean} against other both_directions", "fails"),
        (
            "hits SIS total not_stated 2024 per_day (letter) against other on_foreign_alerts",
            "holds",
        ),
    ]


# Two sources on one figure


def pair(left: str, right: str, **both: Any) -> Reconciliation:
    indicator = both.pop("indicator", "searches")
    one, other = (fact(t, indicator, source=s, **both) for t, s in ((left, "a"), (right, "b")))
    result = only(across(one, other))
    assert result.rule == "two_sources"
    return result


@pytest.mark.parametrize(
    ("left", "right", "expected", "told"),
    [
        ("397.804", "397.804", ("holds", "info"), "397.804 (a) and 397.804 (b) can both be right"),
        ("vijftien miljard", "15.021.198.103", ("holds", "info"), "can both be right"),
        ("ongeveer één miljoen", "ongeveer 960.000", ("holds", "info"), "can both be right"),
        ("meer dan 3", "hooguit 4", ("undecidable", "info"), "don't exclude each other"),
        ("meer dan 90 miljoen", "91.000.001", ("undecidable", "info"), "don't exclude each other"),
        ("meer dan 3", "meer dan 4", ("undecidable", "info"), "don't exclude each other"),
        (
            "539 miljoen",
            "541 miljoen",
            ("fails", "warning"),
            "539 miljoen (a) and 541 miljoen (b) contradict each other: no number satisfies both",
        ),
        ("539 miljoen", "540 miljoen", ("fails", "warning"), "contradict each other"),
        ("meer dan 90", "hooguit 90", ("fails", "warning"), "contradict each other"),
        ("minstens 90", "hooguit 90", ("undecidable", "info"), "don't exclude each other"),
        ("meer dan 90 miljoen", "bijna 90 miljoen", ("fails", "warning"), "contradict each other"),
        (
            "93,1 miljoen",
            "93.195.404",
            ("holds", "warning"),
            "93,1 miljoen (a) and 93.195.404 (b) agree if 93,1 miljoen was truncated, not if it "
            "was rounded",
        ),
        (
            "93.195.404",
            "93,1 miljoen",
            ("holds", "warning"),
            "93.195.404 (a) and 93,1 miljoen (b) agree if 93,1 miljoen was truncated, not if it "
            "was rounded",
        ),
        ("93,1 miljoen", "93.199.999", ("holds", "warning"), "was truncated"),
        ("93,1 miljoen", "93.200.000", ("fails", "warning"), "contradict each other"),
        ("93,1 miljoen", "93.149.999", ("holds", "info"), "can both be right"),
        ("93,1 miljoen", "93.150.000", ("holds", "warning"), "was truncated"),
        ("93,1 miljoen", "93.050.000", ("holds", "info"), "can both be right"),
        ("93,1 miljoen", "93.049.999", ("fails", "warning"), "contradict each other"),
        ("93,1 miljoen", "93,19 miljoen", ("holds", "warning"), "was truncated"),
        ("93,1 miljoen", "93,2 miljoen", ("fails", "warning"), "contradict each other"),
        ("93.100.000", "93.195.404", ("fails", "warning"), "contradict each other"),
    ],
)
def test_two_sources(left: str, right: str, expected: tuple[str, str], told: str) -> None:
    result = pair(left, right)
    assert verdict(result) == expected
    assert told in result.message
    assert result.message.startswith(f"{left} (a) and {right} (b) ")


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ("not_stated", "on_foreign_alerts", True),
        ("both_directions", "not_stated", True),
        ("not_stated", "not_stated", False),
        ("on_foreign_alerts", "on_foreign_alerts", False),
    ],
)
def test_scope_that_is_not_stated_is_compared_and_said(left: str, right: str, told: bool) -> None:
    result = only(across(fact("5", source="a", scope=left), fact("6", source="b", scope=right)))
    assert verdict(result) == ("fails", "warning")
    assert result.message.endswith("satisfies both (one of them states no scope)") is told


def test_different_scopes_are_not_compared() -> None:
    one = fact("5", source="a", scope="on_foreign_alerts")
    assert across(one, fact("6", source="b", scope="both_directions")) == ()


def test_one_source_with_two_scopes_is_compared_under_two_subjects() -> None:
    facts = [
        fact("5", source="a"),
        fact("5", source="b", scope="on_foreign_alerts"),
        fact("6", source="b", scope="both_directions"),
    ]
    found = {(result.subject, result.outcome) for result in across(*facts)}
    assert found == {
        ("hits SIS total not_stated 2024 (a) against b 2024 on_foreign_alerts", "holds"),
        ("hits SIS total not_stated 2024 (a) against b 2024 both_directions", "fails"),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "a"},
        {"indicator": "accesses"},
        {"area": "NL"},
        {"category_id": "persons"},
        {"time_period": "2023"},
        {"averaging": "per_day"},
    ],
)
def test_other_figures_are_not_compared(changes: dict[str, Any]) -> None:
    other = {**fact("6", "searches", source="b"), **changes}
    results = across(fact("5", "searches", source="a"), other)
    assert [result for result in results if result.rule == "two_sources"] == []


def test_latest_vintage_of_a_source_is_compared() -> None:
    corrected = [
        fact("5", "searches", source="a", vintage="undated"),
        fact("6", "searches", source="a", vintage="2024-01-01"),
        fact("7", "searches", source="a", vintage="2025-01-01"),
    ]
    result = only(across(*corrected, fact("7", "searches", source="b")))
    assert verdict(result) == ("holds", "info")


@pytest.mark.parametrize(
    ("left", "right", "compared"),
    [
        ("2024", "2024-12-31", True),
        ("2024-12-31", "2024", True),
        ("2024", "2024", True),
        ("2024-12-31", "2024-12-31", True),
        ("2024-12", "2024-12-31", True),
        ("2024", "2024-01-01", False),
        ("2024", "2024-06-30", False),
        ("2024", "2025-01-01", False),
        ("2024-12-30", "2024-12-31", False),
        ("2023", "2024-12-31", False),
    ],
)
def test_stock_of_a_year_is_that_of_its_last_day(left: str, right: str, compared: bool) -> None:
    one = fact("5", "alerts", source="a", time_period=left)
    other = fact("6", "alerts", source="b", time_period=right)
    assert len(across(one, other)) == compared


def test_flow_of_a_year_is_not_that_of_its_last_day() -> None:
    one = fact("5", "searches", source="a", time_period="2024")
    assert across(one, fact("6", "searches", source="b", time_period="2024-12-31")) == ()


QUALIFIERS = ["", "meer dan ", "minstens ", "minder dan ", "hooguit ", "bijna ", "ruim ", "circa "]


@st.composite
def printed_numbers(draw: st.DrawFn) -> str:
    """Print a number near 93 million, so that pairs of them overlap, touch or miss."""
    qualifier = draw(st.sampled_from(QUALIFIERS))
    digits = draw(st.integers(0, 2))
    tenths = draw(st.integers(920 * 10 ** (digits - 1), 940 * 10 ** (digits - 1))) if digits else 93
    if draw(st.booleans()):
        text = str(Decimal(tenths).scaleb(-digits)).replace(".", ",")
        return f"{qualifier}{text} miljoen"
    return f"{qualifier}{draw(st.integers(92_900_000, 93_300_000))}"


@given(printed_numbers(), printed_numbers())
def test_two_figures_conflict_only_if_no_number_satisfies_both(left: str, right: str) -> None:
    one, other = (parse_number(text, "nl") for text in (left, right))
    disjoint = one.interval.is_disjoint(other.interval)
    result = pair(left, right)
    if result.outcome == "fails":
        assert disjoint
    if not disjoint:
        unbounded = one.interval.high is None or other.interval.high is None
        assert verdict(result) == ("undecidable" if unbounded else "holds", "info")
    if disjoint and result.outcome != "fails":
        assert verdict(result) == ("holds", "warning")
        assert " was truncated, not if it was rounded" in result.message
        assert Precision.ROUNDED in (one.precision, other.precision)
    assert verdict(pair(right, left)) == verdict(result)


@given(printed_numbers())
def test_stored_interval_is_the_printed_one(text: str) -> None:
    number = parse_number(text, "nl")
    row = fact(text, "searches")
    for found in (interval_of(row), interval_of(published(row))):
        assert (found.low, found.high) == (number.interval.low, number.interval.high)
        assert found.contains(number.interval)


def test_every_precision_has_its_bounds() -> None:
    assert set(CLOSED_BOUNDS) == {str(precision) for precision in Precision}


@pytest.mark.parametrize("precision", [p for p in Precision if p is not Precision.DERIVED])
def test_bounds_are_those_of_the_number_module(precision: Precision) -> None:
    number: PrintedNumber = parse_number("8600", "nl", stated=precision)
    row = fact("8600", "searches", stated=precision)
    assert interval_of(row).contains(number.interval)
    if precision is not Precision.JUST_OVER:  # "ruim" includes its number, "iets meer dan" not
        assert interval_of(row) == number.interval


# Rows of the table


def deployment(reference_date: str) -> Fact:
    place = {"document_id": "d" * 64, "locator": "line 2", "verification": "read"}
    return {
        "edition_id": f"letters/{reference_date}",
        "mission_id": "EUAM_UKRAINE",
        "population": "police",
        "measure": "stock",
        "reference_date": dt.date.fromisoformat(reference_date),
        **provenance(place, parse_number("3", "nl"), "person", None),
    }


def test_result_is_a_row_of_the_contract() -> None:
    contract = load_contract(SCHEMAS / "tables" / "reconciliations.yaml", SCHEMAS)
    results = [
        *across(fact("1.090", averaging="per_day"), fact("397.804")),
        *across(fact("5", "searches", source="a"), fact("meer dan 6", "searches", source="b")),
        *within(*breakdown({"persons": "60"}, "100")),
        identity("3", "1", "2"),
        rows_against_total(numbers(["1"]), parse_number("1", "nl"), LIST),
        *reconcile_editions([deployment(f"2025-0{month}-01") for month in (1, 7)]),
    ]
    assert {result.rule for result in results} == set(
        next(column.domain for column in contract.columns if column.name == "rule")
    )
    for result in results:
        assert tuple(result.as_row()) == contract.names


def test_documents_are_named_once() -> None:
    one, other = fact("5", "searches", source="a"), fact("5", "searches", source="b")
    assert only(across(one, other)).as_row()["documents"] == "d" * 64
    other = {**other, "document_id": "c" * 64}
    assert only(across(one, other)).as_row()["documents"] == f"{'c' * 64} {'d' * 64}"


@given(st.lists(COUNTS, max_size=5))
def test_sum_of_points_is_the_point_of_the_sum(counts: list[int]) -> None:
    assert interval_sum(Interval.point(count) for count in counts) == Interval.point(sum(counts))
