"""The named rules that a contract may use: of a row (a verdict a row) or of the whole table.

Each is a plain function of a data frame with the contract's columns in Arrow-backed types, and of
the parameters that the contract gives. A missing value satisfies a row rule: whether it may be
missing is the column's own matter.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from operator import add
from typing import TYPE_CHECKING, Any, Literal

from ipsdata.code.dates import EdtfError, parse_edtf_period

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["row", "table"]

_RULES: dict[str, tuple[Level, Callable[..., Any]]] = {}


def _register(level: Level) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        _RULES[function.__name__] = (level, function)
        return function

    return add


def find_rule(name: str) -> tuple[Level, Callable[..., Any]]:
    """Return a rule's level and function; `KeyError` if there is none of that name."""
    return _RULES[name]


def rule_problem(name: str, parameters: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    """Say what is wrong with a contract's use of a rule, or `None`.

    A parameter annotated `str` names a column; `list[str]` names several.
    """
    if name not in _RULES:
        return f"found rule {name!r}, expected one of {sorted(_RULES)}"
    expected = list(inspect.signature(_RULES[name][1]).parameters.values())[1:]
    if set(parameters) != {parameter.name for parameter in expected}:
        wanted = [parameter.name for parameter in expected]
        return f"rule {name!r}: found parameters {sorted(parameters)}, expected {wanted}"
    texts = [
        p.name for p in expected if p.annotation is not str and isinstance(parameters[p.name], str)
    ]
    if texts:
        return f"rule {name!r}: found a text for {texts}, expected a list such as [a, b]"
    named = [parameters[p.name] for p in expected if p.annotation is str]
    named += [
        column for p in expected if p.annotation == list[str] for column in parameters[p.name]
    ]
    unknown = [column for column in named if column not in columns]
    return f"rule {name!r}: {unknown} are no columns of the table" if unknown else None


@_register("row")
def within_interval(frame: "pd.DataFrame", value: str, low: str, high: str) -> "pd.Series[bool]":
    """`low` ≤ `value` ≤ `high`; an empty bound is unbounded."""
    return _true_or_missing(frame[low] <= frame[value]) & _true_or_missing(
        frame[value] <= frame[high]
    )


@_register("row")
def not_after(frame: "pd.DataFrame", earlier: str, later: str) -> "pd.Series[bool]":
    """The date `earlier` is not after the date `later`."""
    return _true_or_missing(frame[earlier] <= frame[later])


@_register("row")
def adds_up(frame: "pd.DataFrame", total: str, parts: list[str]) -> "pd.Series[bool]":
    """`total` is the sum of `parts`."""
    return _true_or_missing(frame[total] == reduce(add, (frame[part] for part in parts)))


@_register("row")
def given_exactly_when(
    frame: "pd.DataFrame", column: str, condition: str, values: Sequence[str]
) -> "pd.Series[bool]":
    """`column` has a value where `condition` is one of `values`, and nowhere else."""
    return frame[column].notna() == frame[condition].isin(list(values))


@_register("row")
def empty_unless(
    frame: "pd.DataFrame", column: str, condition: str, values: Sequence[str]
) -> "pd.Series[bool]":
    """`column` may have a value only where `condition` is one of `values`."""
    return frame[column].isna() | frame[condition].isin(list(values))


@_register("row")
def one_of_when(
    frame: "pd.DataFrame",
    column: str,
    allowed: Sequence[str],
    condition: str,
    values: Sequence[str],
) -> "pd.Series[bool]":
    """Where `condition` is one of `values`, `column` is one of `allowed`."""
    return ~frame[condition].isin(list(values)) | frame[column].isin(list(allowed))


@_register("row")
def given_together(frame: "pd.DataFrame", columns: list[str]) -> "pd.Series[bool]":
    """All of `columns` have a value, or none has."""
    return _number_given(frame, columns).isin([0, len(columns)])


@_register("row")
def exactly_one_given(frame: "pd.DataFrame", columns: list[str]) -> "pd.Series[bool]":
    """One of `columns` has a value, and one only."""
    return _number_given(frame, columns) == 1


@_register("row")
def edtf(frame: "pd.DataFrame", columns: list[str]) -> "pd.Series[bool]":
    """Each of `columns` is an EDTF level 0 string: a date, month, year or period."""
    import pandas as pd  # noqa: PLC0415 - contracts are read without pandas

    verdict = pd.Series(data=True, index=frame.index)
    for column in columns:
        fine = [bool(pd.isna(text)) or _is_edtf(text) for text in frame[column]]
        verdict &= pd.Series(fine, index=frame.index, dtype=bool)
    return verdict


@_register("table")
def parents_exist_without_cycle(frame: "pd.DataFrame", key: str, parents: list[str]) -> bool:
    """Every value of the columns `parents` is a key of the table; no row is its own ancestor."""
    above: dict[str, set[str]] = {str(child): set() for child in frame[key]}
    for column in parents:
        given = frame[frame[column].notna()]
        for child, parent in zip(given[key], given[column], strict=True):
            above[str(child)].add(str(parent))
    return set[str]().union(*above.values()) <= above.keys() and _has_no_cycle(above)


@_register("table")
def not_empty(frame: "pd.DataFrame") -> bool:
    """The table has at least one row."""
    return len(frame) > 0


@_register("table")
def days_of_whole_years(frame: "pd.DataFrame", column: str) -> bool:
    """The dates are all days from a 1 January to a 31 December; without rows they are."""
    days = set(frame[column].dropna())
    if not days:
        return True
    first, last = min(days), max(days)
    is_whole = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    return bool(is_whole and len(days) == (last - first).days + 1)


def _has_no_cycle(above: Mapping[str, Iterable[str]]) -> bool:
    try:
        TopologicalSorter(above).prepare()
    except CycleError:
        return False
    return True


def _number_given(frame: "pd.DataFrame", columns: Sequence[str]) -> "pd.Series[int]":
    return reduce(add, (frame[column].notna().astype(int) for column in columns))


def _true_or_missing(verdict: "pd.Series[bool]") -> "pd.Series[bool]":
    return verdict.fillna(value=True).astype(bool)


def _is_edtf(text: str) -> bool:
    try:
        parse_edtf_period(text)
    except EdtfError:
        return False
    return True
