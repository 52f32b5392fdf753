"""Settle each printed row in exactly one place: a fact table, a printed total, or a rejection."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ipsdata.code.codelists import CodingError
from ipsdata.code.dates import DateError, EdtfError
from ipsdata.code.numbers import NumberError, PrintedNumber
from ipsdata.contracts import Contract
from ipsdata.extract.correct import STAGE as CORRECT
from ipsdata.rejection import (
    MAX_NAMED_CHARACTERS,
    OBSOLETE_CORRECTION,
    Rejection,
    reject_row,
    shortened,
)
from ipsdata.tables import unsorted_table
from ipsdata.validation import Failure, contract_failures

Row = Mapping[str, Any]

# The columns of the block `provenance` of the contracts, as they stand in every table of figures.
PROVENANCE = (
    "value",
    "unit",
    "precision",
    "value_low",
    "value_high",
    "as_printed",
    "document_id",
    "locator",
    "verification",
    "published_on",
    "correction_id",
)
AS_PRINTED = "as_printed"
MAX_WHOLE = 2**53  # every whole number up to it has a float64 of its own


class NotWholeError(NumberError):
    """A number of persons is no whole number, or too large to be one."""


@dataclass(frozen=True)
class Settled:
    """Where the printed rows of one fact table ended.

    Attributes:
        facts: the rows that may be published; each keeps its printed row under `printed`.
        rejections: the rows that may not.
        totals: the printed rows used as totals.
    """

    facts: tuple[Row, ...]
    rejections: tuple[Rejection, ...] = ()
    totals: tuple[Row, ...] = field(default=())


def is_whole(number: PrintedNumber) -> bool:
    """Whether a number and its bounds are whole, and small enough to be stored as such."""
    bounds = (number.value, number.interval.low, number.interval.high)
    return all(b is None or b == b.to_integral_value() <= MAX_WHOLE for b in bounds)


def provenance(
    printed: Row,
    number: PrintedNumber,
    unit: str,
    published_on: object,
    *,
    field: str = AS_PRINTED,
) -> dict[str, Any]:
    """Return the block `provenance` of a figure that was printed in the row `printed`.

    Args:
        field: the one of its fields that the number was read from.
    """
    return {
        "value": stored(number.value),
        "unit": unit,
        "precision": str(number.precision),
        "value_low": stored(number.interval.low),
        "value_high": stored(number.interval.high),
        **source(printed, number.as_printed, published_on, field=field),
    }


def source(
    printed: Row, as_printed: str, published_on: object, *, field: str = AS_PRINTED
) -> dict[str, Any]:
    """Return the block `source` of a text that stands in the field `field` of the row `printed`.

    Of a corrected row it keeps the text that stands in the document, not the corrected one.
    """
    correction = printed.get("correction_id")
    return {
        "as_printed": printed_fields(printed)[field] if correction else as_printed,
        "document_id": printed["document_id"],
        "locator": printed["locator"],
        "verification": printed["verification"],
        "published_on": published_on,
        "correction_id": correction,
    }


def stored(number: Decimal | None) -> int | float | None:
    """Return a number as it is stored: whole numbers as such, others as the nearest float64."""
    if number is None:
        return None
    is_whole = number == number.to_integral_value() and abs(number) <= MAX_WHOLE
    return int(number) if is_whole else float(number)


def code_rows(rows: Iterable[Row], code: Callable[[Row], dict[str, Any]]) -> Settled:
    """Code each row by `code`; a row that it can't code is rejected, with the reason."""
    facts: list[Row] = []
    rejections: list[Rejection] = []
    for row in rows:
        try:
            if row["problem"] is not None:
                rejections.append(reject_row(row, _stage(row), row["reason"], row["problem"]))
                continue
            facts.append({**code(row), "printed": row})
        except (NumberError, DateError, EdtfError, CodingError) as error:
            rejections.append(_rejected(row, error))
    return Settled(tuple(facts), tuple(rejections))


def _stage(row: Row) -> str:
    """Return the stage that found a printed row's problem."""
    return CORRECT if row["reason"] == OBSOLETE_CORRECTION else "read"


def _rejected(row: Row, error: ValueError) -> Rejection:
    message = _placed(row, str(error))
    if isinstance(error, CodingError):
        return reject_row(row, "code", error.reason, message, error.candidates)
    if isinstance(error, NotWholeError):
        return reject_row(row, "code", "not_whole", message)
    reason = "date" if isinstance(error, DateError | EdtfError) else "number"
    return reject_row(row, "code", reason, message)


def keep_valid(contract: Contract, facts: Sequence[Row]) -> Settled:
    """Split coded rows by the contract: rows that break a row rule or share a key are rejected."""
    table = unsorted_table(contract, facts)
    failed: dict[int, list[str]] = {}
    reasons: dict[int, str] = {}
    for failure in contract_failures(contract, table):
        if failure.row is None:
            continue
        is_double = failure.check == "primary key is unique"
        fact = facts[failure.row]
        told = _double_message(contract, fact) if is_double else _told(failure, contract, fact)
        failed.setdefault(failure.row, []).append(told)
        reasons.setdefault(failure.row, "duplicate" if is_double else "contract")
    rejections = [
        _contract_rejection(facts[n]["printed"], reasons[n], problems)
        for n, problems in sorted(failed.items())
    ]
    kept = tuple(fact for n, fact in enumerate(facts) if n not in failed)
    return Settled(kept, tuple(rejections))


def _told(failure: Failure, contract: Contract, fact: Row) -> str:
    if failure.column:
        found = f"found {failure.value!r}, expected that it {failure.check}"
        return f"column {failure.column}: {found}"
    return f"found {_rule_values(failure, contract, fact)}, expected that {failure.check}"


def _rule_values(failure: Failure, contract: Contract, fact: Row) -> str:
    """Return the values that a rule of several columns was tried on."""
    parameters = [str(p) for rule in contract.rules for p in rule.parameters.values()]
    named = [c for c in contract.names if any(c in p for p in parameters) and c in failure.check]
    told = (f"{name} {shortened(str(fact[name]), MAX_NAMED_CHARACTERS)}" for name in named)
    return ", ".join(told) or "a row"


def _double_message(contract: Contract, fact: Row) -> str:
    values = {
        name: shortened(str(fact[name]), MAX_NAMED_CHARACTERS) for name in contract.primary_key
    }
    key = ", ".join(f"{name} {value}" for name, value in values.items())
    return f"found the key ({key}) on more than one row, expected it once: none of them is chosen"


def _contract_rejection(printed: Row, reason: str, problems: Sequence[str]) -> Rejection:
    message = _placed(printed, "; ".join(dict.fromkeys(problems)))
    return reject_row(printed, "validate", reason, message)


def _placed(printed: Row, told: str) -> str:
    return f"{printed['path']}, {printed['found_at']}: {told}"


def withdraw(
    facts: Sequence[Row], keys: set[tuple[str, str]], reason: str, message: str
) -> Settled:
    """Withdraw the facts whose (document_id, locator) is in `keys`."""
    hit = [fact for fact in facts if (fact["document_id"], fact["locator"]) in keys]
    kept = tuple(f for f in facts if (f["document_id"], f["locator"]) not in keys)
    rejections = [
        reject_row(fact["printed"], "reconcile", reason, _placed(fact["printed"], message))
        for fact in hit
    ]
    return Settled(kept, tuple(rejections))


def printed_fields(printed: Row) -> dict[str, str]:
    """Return a printed row's fields by name, as they stand in the document."""
    fields: dict[str, str] = json.loads(printed["fields"])
    return fields


def fields_of(printed: Row) -> dict[str, str]:
    """Return a printed row's fields by name; a corrected one as it should have been printed."""
    corrected: dict[str, str] = json.loads(printed.get("corrected") or "{}")
    return {**printed_fields(printed), **corrected}
