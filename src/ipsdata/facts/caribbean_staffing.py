"""Caribbean staffing: captured figures on the police of the Caribbean Netherlands, coded.

Persons and full-time equivalents stay apart, and nothing is summed: a figure of officers sent, one
of officers agreed and one of officers expected may count the same people.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ipsdata.code.codelists import Codes
from ipsdata.code.numbers import PrintedNumber, parse_number
from ipsdata.contracts import Contract
from ipsdata.facts.dimensions import DimensionError, day_of, moment, take, whole
from ipsdata.facts.settle import (
    NotWholeError,
    Row,
    Settled,
    code_rows,
    fields_of,
    is_whole,
    keep_valid,
    provenance,
    source,
)
from ipsdata.rejection import quoted

TABLE = "caribbean_staffing"
REQUIRED = ("kind", "provided_by", "task", "island", "status", "unit")
OPTIONAL = ("partner", "groups", "start", "end", "number")
PERSON = "person"
NO_NUMBER = "none"
NO_FIGURE: Mapping[str, None] = dict.fromkeys(("value", "precision", "value_low", "value_high"))


def settle_caribbean_staffing(
    printed: Iterable[Row],
    documents: Mapping[str, Mapping[str, Any]],
    organisations: Codes,
    contract: Contract,
) -> Settled:
    """Settle the captured rows of this table: each is published, or rejected with its reason.

    Args:
        printed: main lines of captures, as rows of `printed_rows`.
        documents: rows of the inventory by document_id.
    """

    def code(row: Row) -> dict[str, Any]:
        return _code_row(row, documents[row["document_id"]], organisations)

    coded = code_rows(printed, code)
    valid = keep_valid(contract, coded.facts)
    return Settled(valid.facts, (*coded.rejections, *valid.rejections))


def _code_row(row: Row, document: Mapping[str, Any], organisations: Codes) -> dict[str, Any]:
    taken = take(fields_of(row), REQUIRED, OPTIONAL)
    day = day_of(document)
    partner = taken.get("partner")
    return {
        "edition_id": row["edition_id"],
        "staffing_id": taken["row"],
        "kind": taken["kind"],
        "provided_by": organisations.check(taken["provided_by"], day, day),
        "partner": organisations.check(partner, day, day) if partner else None,
        "task": taken["task"],
        "island": taken["island"],
        "groups": whole(taken, "groups"),
        **moment(taken, "start"),
        **moment(taken, "end"),
        "status": taken["status"],
        **_figure(row, taken, document),
    }


def _figure(row: Row, taken: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, Any]:
    unit, published_on = taken["unit"], document["published_on"]
    if "number" not in taken:
        number = _number(taken["as_printed"], unit, document["language"])
        return provenance(row, number, unit, published_on)
    if taken["number"] != NO_NUMBER:
        raise DimensionError(
            f"dimension number: found {quoted(taken['number'])}, expected {NO_NUMBER!r} where no "
            "number was printed, or no such dimension"
        )
    return {**NO_FIGURE, "unit": unit, **source(row, taken["as_printed"], published_on)}


def _number(text: str, unit: str, language: str) -> PrintedNumber:
    number = parse_number(text, language, continuous=unit != PERSON)
    if number.unit not in (None, unit):
        raise DimensionError(
            f"dimension unit: found {quoted(unit)} for {quoted(text)}, expected {number.unit!r}: "
            "persons and fte are different quantities"
        )
    if unit == PERSON and not is_whole(number):
        raise NotWholeError(f"found {text!r}, expected a whole number of persons")
    return number
