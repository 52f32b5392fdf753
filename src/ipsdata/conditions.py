"""Conditions on the rows of a table, as a person writes them: `column=value,value`."""

import csv
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

CONDITION = re.compile(
    r"\s*(?P<column>[a-z][a-z0-9_]*)\s*(?P<operator>>=|<=|=)(?P<values>.*)", re.S
)


class ConditionError(ValueError):
    """A text is no condition, or its value is not of the column's kind."""


@dataclass(frozen=True)
class Condition:
    """One condition: the cell of `column` is one of `values`, or not below or above the one."""

    column: str
    operator: str
    values: tuple[str, ...]

    def holds(self, cell: object) -> bool:
        """Whether a cell satisfies it; an empty cell is the empty text, and below nothing.

        Raises:
            ConditionError: the cell is a number, and a value is not.
        """
        found = _comparable(cell)
        if self.operator == "=":
            return any(found == self._like(value, found) for value in self.values)
        if cell is None:
            return False
        bound: Any = self._like(self.values[0], found)
        return bool(found >= bound if self.operator == ">=" else found <= bound)

    def _like(self, value: str, cell: object) -> Any:  # noqa: ANN401 - a text or a number
        if not isinstance(cell, Decimal):
            return value
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ConditionError(f"{self.column}: found {value!r}, expected a number such as 2024")
        return number


def parse_condition(text: str) -> Condition:
    """Read `column=value[,value…]`, `column>=value` or `column<=value`.

    A value with a comma stands in double quotes.

    Raises:
        ConditionError: it is anything else.
    """
    match = CONDITION.fullmatch(text)
    if match is None:
        raise ConditionError(f"found {text!r}, expected COLUMN=VALUE[,VALUE…], >= or <=")
    values = next(csv.reader([match["values"]], skipinitialspace=True), [""]) or [""]
    if match["operator"] != "=" and len(values) != 1:
        raise ConditionError(f"found {text!r}, expected one value after {match['operator']}")
    return Condition(match["column"], match["operator"], tuple(v.strip() for v in values))


def matching(rows: Iterable[Mapping[str, object]], conditions: Sequence[Condition]) -> list[int]:
    """Return which rows, by number, satisfy all conditions.

    Raises:
        ConditionError: a value is not of its column's kind.
    """
    return [
        number
        for number, row in enumerate(rows)
        if all(condition.holds(row[condition.column]) for condition in conditions)
    ]


def _comparable(cell: object) -> Any:  # noqa: ANN401 - a text or a number
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return Decimal(repr(cell))
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)
