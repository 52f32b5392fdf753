"""Conditions: how they are read, and what they hold for."""

import datetime as dt

import pytest

from ipsdata.conditions import Condition, ConditionError, matching, parse_condition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("area=SIS", ("area", "=", ("SIS",))),
        ("area = SIS, NL", ("area", "=", ("SIS", "NL"))),
        ("year>=2020", ("year", ">=", ("2020",))),
        ("year<=2020", ("year", "<=", ("2020",))),
        ('as_printed="4,9 miljoen",5', ("as_printed", "=", ("4,9 miljoen", "5"))),
        ("note=a=b", ("note", "=", ("a=b",))),
        ("note=", ("note", "=", ("",))),
    ],
)
def test_reading(text: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    assert parse_condition(text) == Condition(*expected)


@pytest.mark.parametrize("text", ["area", "=SIS", "", "year>2020", "year>=2020,2021", "a b=c"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConditionError, match=r"found .*, expected "):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "cell", "holds"),
    [
        ("x=SIS", "SIS", True),
        ("x=sis", "SIS", False),
        ("x=NL,SIS", "SIS", True),
        ("x=2024", 2024, True),
        ("x=2024.0", 2024, True),
        ("x=397804", 397804.0, True),
        ("x=0.1", 0.1, True),
        ("x=2024", "2024", True),
        ("x=2024.0", "2024", False),
        ("x=", None, True),
        ("x=", "SIS", False),
        ("x=true", True, True),
        ("x=1", True, False),
        ("x=2024-12-31", dt.date(2024, 12, 31), True),
        ("x>=2024-01-01", dt.date(2024, 12, 31), True),
        ("x<=2024-01-01", dt.date(2024, 12, 31), False),
        ("x>=9", 10, True),
        ("x>=9", "10", False),  # text is compared as text
        ("x<=9", 9, True),
        ("x>=9", None, False),
        ("x<=9", None, False),
    ],
)
def test_holding(text: str, cell: object, holds: bool) -> None:
    assert parse_condition(text).holds(cell) is holds


@pytest.mark.parametrize("value", ["many", "nan", "inf", ""])
def test_a_number_is_compared_with_numbers_only(value: str) -> None:
    with pytest.raises(ConditionError, match="expected a number such as 2024"):
        parse_condition(f"year={value}").holds(2024)


def test_all_conditions_must_hold() -> None:
    rows = [{"a": "x", "n": n} for n in range(4)] + [{"a": "y", "n": 3}]
    conditions = [parse_condition(text) for text in ("a=x", "n>=1", "n<=2")]
    assert matching(rows, conditions) == [1, 2]
    assert matching(rows, []) == [0, 1, 2, 3, 4]
