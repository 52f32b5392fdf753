"""SIS statistics: transcribed figures on the Schengen Information System, coded and checked."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ipsdata.code.codelists import Codes
from ipsdata.code.dates import DateError, Period, parse_edtf_period
from ipsdata.code.numbers import NumberError, Precision, PrintedNumber, parse_number
from ipsdata.code.vocabulary import LOCALES
from ipsdata.contracts import Contract
from ipsdata.facts.settle import (
    Row,
    Settled,
    code_rows,
    fields_of,
    keep_valid,
    provenance,
    withdraw,
)
from ipsdata.reconcile import Reconciliation, reconcile_within_source
from ipsdata.rejection import quoted

TABLE = "sis_statistics"
MAX_RANK_DIGITS = 4
STATED = {
    "": None,
    **{str(precision): precision for precision in Precision},
}


@dataclass(frozen=True)
class SisCodes:
    """The code lists that a SIS figure refers to."""

    areas: Codes
    categories: Codes


def settle_sis_statistics(
    printed: Iterable[Row],
    documents: Mapping[str, Mapping[str, Any]],
    codes: SisCodes,
    contract: Contract,
    parents: Mapping[str, str | None],
) -> tuple[Settled, tuple[Reconciliation, ...]]:
    """Settle the printed rows of all lists of SIS figures.

    Figures of one source that contradict each other (a breakdown above its total, accesses that are
    not searches and alert management) are withdrawn.

    Args:
        printed: rows of `printed_rows` for this table.
        documents: rows of the inventory by document_id.
        parents: each category's wider category.
    """

    def code(row: Row) -> dict[str, Any]:
        return _code_row(row, documents[row["document_id"]], codes)

    coded = code_rows(printed, code)
    valid = keep_valid(contract, coded.facts)
    facts, rejections = valid.facts, [*coded.rejections, *valid.rejections]
    results = reconcile_within_source(facts, parents)
    for result in results:
        if result.severity != "error":
            continue
        message = f"{result.subject}: {result.message}"
        remaining = withdraw(facts, set(result.rests_on), "reconciliation", message)
        facts = remaining.facts
        rejections.extend(remaining.rejections)
    return Settled(facts, tuple(rejections)), results


def _code_row(row: Row, document: Mapping[str, Any], codes: SisCodes) -> dict[str, Any]:
    fields = fields_of(row)
    period = parse_edtf_period(fields["time_period"])
    number = _number(fields)
    return {
        "edition_id": row["edition_id"],
        "source": fields.get("source") or row["edition_id"],
        "source_url": fields["source_url"] or None if "source_url" in fields else document["url"],
        "indicator": fields["indicator"],
        "area": codes.areas.check(fields["area"], period.start, period.end),
        "category_id": _category(fields, period, codes.categories),
        "scope": fields["scope"],
        "time_kind": fields["time_kind"],
        "time_period": fields["time_period"],
        "reference_date": period.start if _is_dated_stock(fields, period) else None,
        "period_start": period.start,
        "period_end": period.end,
        "averaging": fields["averaging"],
        "observation_status": _status(number, fields["time_kind"], period),
        "rank": _rank(fields.get("rank", "")),
        "place": fields["place"] or None,
        "note": fields.get("note") or None,
        **provenance(row, number, fields["unit"], _published_on(fields, document)),
    }


def _number(fields: Mapping[str, str]) -> PrintedNumber:
    printed_precision = fields.get("precision", "")
    if printed_precision not in STATED:
        raise NumberError(
            f"column precision: found {quoted(printed_precision)}, expected one of "
            f"{', '.join(name for name in STATED if name)}, or nothing"
        )
    number = parse_number(
        fields["as_printed"],
        _language(fields["language"]),
        stated=STATED[printed_precision],
        continuous=fields["averaging"] != "none" or fields["unit"] == "percent",
    )
    if number.unit not in (None, fields["unit"]):
        raise NumberError(
            f"column unit: found {quoted(fields['unit'])}, but {quoted(fields['as_printed'])} is "
            f"printed in {number.unit}: correct the one that is wrong"
        )
    return number


def _language(printed: str) -> str | None:
    if printed and printed not in LOCALES:
        raise NumberError(
            f"column language: found {quoted(printed)}, expected one of {', '.join(LOCALES)}, or "
            "nothing where it is unknown"
        )
    return printed or None


def _category(fields: Mapping[str, str], period: Period, categories: Codes) -> str:
    # A year's stock was counted on an unknown day of it: the category need not span the year.
    uncertain = fields["time_kind"] == "stock" and not period.is_day
    last = period.end
    return categories.check(fields["category_id"], last if uncertain else period.start, last)


def _is_dated_stock(fields: Mapping[str, str], period: Period) -> bool:
    return fields["time_kind"] == "stock" and period.is_day


def _status(number: PrintedNumber, time_kind: str, period: Period) -> str:
    if number.precision is Precision.DERIVED:
        return "E"
    whole_years = (period.start.month, period.start.day) == (1, 1) and (
        period.end.month,
        period.end.day,
    ) == (12, 31)
    return "A" if time_kind == "stock" or whole_years else "B"


def _rank(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_RANK_DIGITS):
        raise NumberError(f"column rank: found {quoted(text)}, expected a rank such as 6")
    return int(text)


def _published_on(fields: Mapping[str, str], document: Mapping[str, Any]) -> dt.date | None:
    if "published_on" not in fields:
        published: dt.date | None = document["published_on"]
        return published
    text = fields["published_on"]
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise DateError(
            f"column published_on: found {quoted(text)}, expected a date as 2025-06-12"
        ) from None
