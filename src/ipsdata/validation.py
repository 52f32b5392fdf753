"""Validation of a table by its contract: the Arrow schema first, then Pandera, then its keys."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.config import get_config_context
from pandera.errors import SchemaErrors

from ipsdata.contracts import Column, Contract
from ipsdata.errors import ConfigurationError
from ipsdata.read.delimited import MAX_CELL_CHARACTERS
from ipsdata.rules import find_rule

SHOWN_VALUE_CHARACTERS = 80
ENCODED_TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Failure:
    """One thing in a table that breaks its contract.

    Attributes:
        check: what did not hold, as the contract calls it.
        column: the column it concerns, or `None` for the row or table as a whole.
        row: the zero-based row, or `None` if the table as a whole failed.
        value: the value found, shortened.
    """

    check: str
    column: str | None = None
    row: int | None = None
    value: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        place = "table" if self.row is None else f"row {self.row + 1}"
        column = f", column {self.column}" if self.column else ""
        found = f": found {self.value!r}" if self.value else ""
        return f"{place}{column}: {self.check}{found}"


def require_validation_enabled() -> None:
    """Refuse to go on where Pandera was told not to validate.

    Raises:
        ConfigurationError: `PANDERA_VALIDATION_ENABLED` or Pandera's configuration switches
            validation off or down.
    """
    config = get_config_context()
    depth = str(config.validation_depth or "SCHEMA_AND_DATA")
    if config.validation_enabled and depth.endswith("SCHEMA_AND_DATA"):
        return
    found = {k: v for k, v in os.environ.items() if k.startswith("PANDERA_VALIDATION")}
    raise ConfigurationError(
        f"Pandera validation is switched off or reduced (environment: {found or 'not by it'}): "
        "nothing can be checked, so nothing is published. Unset PANDERA_VALIDATION_ENABLED and "
        "PANDERA_VALIDATION_DEPTH and run again."
    )


def pandera_schema(contract: Contract, *, part: bool = False) -> pandera.DataFrameSchema:
    """Return the Pandera schema of a contract: strict, ordered, Arrow-backed, nothing coerced.

    Args:
        part: for a part of a table whose texts are dictionaries. Each distinct text is checked
            once; that keys are unique is for the whole table to say.
    """
    make = _encoded_column if part else _pandera_column
    return pandera.DataFrameSchema(
        columns={column.name: make(contract, column) for column in contract.columns},
        checks=[_pandera_rule(rule.name, rule.parameters) for rule in contract.rules],
        unique=None if part else list(contract.primary_key),
        strict=True,
        ordered=True,
        name=contract.table,
        title=contract.title,
        description=contract.description,
    )


class _PartSchemas(threading.local):
    """The schema for parts of a table, kept for the parts to come; each thread has its own."""

    def __init__(self) -> None:
        self._last: tuple[str, pandera.DataFrameSchema] | None = None

    def of(self, contract: Contract) -> pandera.DataFrameSchema:
        told = repr(contract)
        if self._last is None or self._last[0] != told:
            self._last = (told, pandera_schema(contract, part=True))
        return self._last[1]


_part_schemas = _PartSchemas()


def contract_failures(contract: Contract, table: pa.Table, *, part: bool = False) -> list[Failure]:
    """Return everything in `table` that breaks `contract`; nothing if it holds.

    Args:
        part: it is a part of a table, with its texts as dictionaries; its keys are not checked.

    Raises:
        ConfigurationError: Pandera validation is disabled: an empty answer would mean nothing.
    """
    require_validation_enabled()
    mismatch = _schema_failures(contract, table) or _finite_failures(contract, table)
    if mismatch:
        return mismatch
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    try:
        schema = _part_schemas.of(contract) if part else pandera_schema(contract)
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.to_dict("records")
        # A rule of several columns is reported once for each of them.
        return list(dict.fromkeys(_failure(case) for case in cases))
    return []


def foreign_key_failures(contract: Contract, tables: Mapping[str, pa.Table]) -> list[Failure]:
    """Return the values of the contract's table that its foreign keys don't find."""
    table = tables[contract.table]
    failures = []
    for key in contract.foreign_keys:
        known = tables[key.table].column(key.target)
        values = table.column(key.column)
        lost = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=known)))
        check = f"stands in {key.table}.{key.target}"
        for row in pc.indices_nonzero(lost).to_pylist():
            failures.append(Failure(check, key.column, row, _shown(values[row].as_py())))
    return failures


def _schema_failures(contract: Contract, table: pa.Table) -> list[Failure]:
    expected = contract.arrow_schema
    if table.schema.names != expected.names:
        found = ", ".join(table.schema.names)
        return [Failure(f"columns are {', '.join(expected.names)}", value=found)]
    return [
        Failure(f"type is {want.type}", want.name, value=str(have.type))
        for want, have in zip(expected, table.schema, strict=True)
        if want.type != _plain_type(have.type)
    ]


def _plain_type(found: pa.DataType) -> pa.DataType:
    """Return the type of a column's values; that of texts kept as a dictionary is text."""
    return found.value_type if pa.types.is_dictionary(found) else found


def _finite_failures(contract: Contract, table: pa.Table) -> list[Failure]:
    """Find what is no number in columns of numbers: pandas would take it for a missing value."""
    failures = []
    for column in contract.columns:
        if column.type != "float64":
            continue
        values = table.column(column.name)
        strange = pc.and_(pc.is_valid(values), pc.invert(pc.is_finite(values)))
        for row in pc.indices_nonzero(strange).to_pylist():
            value = _shown(values[row].as_py())
            failures.append(Failure("is a finite number", column.name, row, value))
    return failures


def _pandera_column(contract: Contract, column: Column) -> pandera.Column:
    arrow_type = contract.arrow_schema.field(column.name).type
    return pandera.Column(
        pd.ArrowDtype(arrow_type),
        checks=_column_checks(column),
        nullable=column.nullable,
        title=column.title,
        description=column.description,
    )


def _encoded_column(contract: Contract, column: Column) -> pandera.Column:
    made = _pandera_column(contract, column)
    if column.type != "string":
        return made
    checks = [
        pandera.Check(_EachDistinct(check), **_named(str(check.name))) for check in made.checks
    ]
    return pandera.Column(pd.ArrowDtype(ENCODED_TEXT), checks=checks, nullable=column.nullable)


class _EachDistinct:
    """A check of a column of texts that are kept as a dictionary, asked once a distinct text.

    The parts of a table mostly have the same texts: the last verdicts are kept.
    """

    def __init__(self, check: pandera.Check) -> None:
        self._check = check
        self._last: tuple[pa.Array, pa.Array | None] = (pa.array([], pa.string()), None)

    def __deepcopy__(self, memo: object) -> "_EachDistinct":
        """Return itself: Pandera copies each check for each table."""
        return self

    def __call__(self, series: "pd.Series[Any]") -> "pd.Series[bool] | bool":
        """Return the verdict on each row; one for all rows if every text holds."""
        encoded = pa.chunked_array(series.array.__arrow_array__()).combine_chunks()
        verdicts = self._verdicts(encoded.dictionary)
        if verdicts is None:
            return True
        rows = pc.fill_null(verdicts.take(encoded.indices), fill_value=True)  # missing is fine
        return pd.Series(rows.to_numpy(zero_copy_only=False), index=series.index, dtype=bool)

    def _verdicts(self, texts: pa.Array) -> pa.Array | None:
        """Return the verdict on each text; nothing if all hold."""
        asked, verdicts = self._last
        if not (len(asked) and asked.equals(texts)):
            series = pd.Series(texts, dtype=pd.ArrowDtype(pa.string()))
            found = pa.array(self._check(series).check_output.to_numpy(dtype=bool))
            verdicts = None if pc.all(found).as_py() else found
            self._last = (texts, verdicts)
        return verdicts


def _column_checks(column: Column) -> list[pandera.Check]:
    checks: list[pandera.Check] = []
    if column.domain:
        allowed = list(column.domain)
        checks.append(pandera.Check.isin(allowed, **_named(f"is one of {', '.join(allowed)}")))
    if column.pattern:
        named = _named(f"matches {column.pattern}")
        checks.append(pandera.Check.str_matches(column.pattern, **named))
    if column.minimum is not None:
        named = _named(f"is at least {column.minimum:,.15g}")
        checks.append(pandera.Check.ge(column.minimum, **named))
    if column.maximum is not None:
        named = _named(f"is at most {column.maximum:,.15g}")
        checks.append(pandera.Check.le(column.maximum, **named))
    if column.type == "string":
        limit = MAX_CELL_CHARACTERS
        named = _named(f"has 1 to {limit:,} characters")
        checks.append(pandera.Check.str_length(min_value=1, max_value=limit, **named))
    return checks


def _named(name: str) -> dict[str, Any]:
    # Pandera reports a failure by the check's `error`, where a built-in check has one of its own.
    return {"name": name, "error": name}


def _pandera_rule(name: str, parameters: Mapping[str, Any]) -> pandera.Check:
    _, function = find_rule(name)
    told = ", ".join(f"{key}={value}" for key, value in parameters.items())
    return pandera.Check(partial(function, **parameters), **_named(f"{name}({told})"))


def _failure(case: Mapping[Any, Any]) -> Failure:
    row = case["index"]
    column = case["column"]
    check = {
        "not_nullable": "has a value",
        "multiple_fields_uniqueness": "primary key is unique",
    }.get(str(case["check"]), str(case["check"]))
    is_column = isinstance(column, str) and case["schema_context"] == "Column"
    return Failure(
        check=check,
        column=column if is_column else None,
        row=None if row is None or pd.isna(row) else int(row),
        value=_shown(case["failure_case"]) if is_column else "",
    )


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    limit = SHOWN_VALUE_CHARACTERS
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
