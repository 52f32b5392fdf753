"""What a table holds, in a form that is the same for every engine that reads it."""

import datetime as dt
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NUMBERS = frozenset({"int32", "int64", "float64"})
DAYS = frozenset({"date", "timestamp"})


@dataclass(frozen=True)
class Column:
    """A column as an engine read it.

    Attributes:
        type: as the contracts name it: `int32`, `int64`, `float64`, `bool`, `string`, `date` or
            `timestamp`; else whatever the engine calls it.
        values: a `datetime.date` for a date, a `datetime.datetime` with its zone for a timestamp,
            `None` where there is no value.
    """

    type: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Summary:
    """What a column holds.

    Attributes:
        total: the sum of a column of numbers, as text: exact for integers, correctly rounded for
            floating-point numbers.
        least: the first day or moment of a column of dates; `most` likewise the last.
        values: SHA-256 of all values, sorted.
    """

    type: str
    nulls: int
    total: str | None
    least: str | None
    most: str | None
    values: str


@dataclass(frozen=True)
class Seen:
    """What a table holds.

    Attributes:
        columns: by name, in the order in which they were read.
        rows: SHA-256 of all rows, sorted: the values of a row are still together.
    """

    row_count: int
    columns: Mapping[str, Summary]
    rows: str


def seen(columns: Mapping[str, Column]) -> Seen:
    """Sum up what an engine read."""
    texts = [[_text(value) for value in column.values] for column in columns.values()]
    rows = ["\x1f".join(row) for row in zip(*texts, strict=True)]
    summaries = {name: _summary(column) for name, column in columns.items()}
    return Seen(len(rows), summaries, _digest(rows))


def _summary(column: Column) -> Summary:
    values = [value for value in column.values if value is not None]
    days = [_text(value) for value in values] if column.type in DAYS else []
    return Summary(
        type=column.type,
        nulls=len(column.values) - len(values),
        total=_total(column.type, values),
        least=min(days, default=None),
        most=max(days, default=None),
        values=_digest([_text(value) for value in column.values]),
    )


def _total(kind: str, values: Sequence[Any]) -> str | None:
    if kind not in NUMBERS:
        return None
    return repr(math.fsum(values)) if kind == "float64" else repr(sum(map(int, values)))


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\x1e".join(sorted(texts)).encode()).hexdigest()


def _text(value: Any) -> str:
    """Return a value so that no two values, and no two types of value, have the same text."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return repr(value)
