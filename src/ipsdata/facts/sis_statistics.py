"""SIS statistics: transcribed figures on the Schengen Information System, coded and checked."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ipsdata.code.codelists import Codes, CodingError
from ipsdata.code.dates import DateError, Period, parse_edtf_period
from ipsdata.code.membership import Membership
from ipsdata.code.numbers import NumberError, Precision, PrintedNumber, parse_number
from ipsdata.code.sis_categories import REFUSAL_OF_ENTRY, SisCategories
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
from ipsdata.figures import UNDATED
from ipsdata.marts.additivity import AddingCodes
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
    """The code lists that a SIS figure refers to.

    Attributes:
        states: the areas that are one state; the others are aggregates of them.
        authorities: the authority of each kind of source.
    """

    areas: Codes
    states: frozenset[str]
    adding: AddingCodes
    membership: Membership
    authorities: Mapping[str, int]

    @classmethod
    def of_rows(cls, tables: Mapping[str, Iterable[Row]]) -> "SisCodes":
        """Take the codes from the rows of their tables, by the tables' names."""
        countries = list(tables["countries"])
        kinds = sorted(tables["sis_source_kinds"], key=lambda row: int(row["authority"]))
        return cls(
            areas=Codes.of_rows("area", "country_code", countries),
            states=frozenset(r["country_code"] for r in countries if r["kind"] == "country"),
            adding=AddingCodes.of_rows(tables["sis_categories"], tables["sis_indicators"]),
            membership=Membership(tables["sis_membership"]),
            authorities={row["source_kind"]: row["authority"] for row in kinds},
        )


def settle_sis_statistics(
    printed: Iterable[Row],
    documents: Mapping[str, Mapping[str, Any]],
    codes: SisCodes,
    contract: Contract,
) -> tuple[Settled, tuple[Reconciliation, ...]]:
    """Settle the printed rows of all lists of SIS figures.

    Figures of one source that contradict each other (a breakdown above its total, accesses that are
    not searches and alert management) are withdrawn.

    Args:
        printed: rows of `printed_rows` for this table.
        documents: rows of the inventory by document_id.
    """

    def code(row: Row) -> dict[str, Any]:
        return _code_row(row, documents[row["document_id"]], codes)

    coded = code_rows(printed, code)
    valid = keep_valid(contract, coded.facts)
    facts, rejections = valid.facts, [*coded.rejections, *valid.rejections]
    results = reconcile_within_source(facts, codes.adding)
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
    published_on = _published_on(fields, document)
    area = codes.areas.check(fields["area"], period.start, period.end)
    category = _category(fields, period, codes.adding.categories)
    if area in codes.states:
        _check_membership(area, category, period, codes)
    return {
        "edition_id": row["edition_id"],
        "source": fields.get("source") or row["edition_id"],
        "source_url": fields["source_url"] or None if "source_url" in fields else document["url"],
        "vintage": published_on.isoformat() if published_on else UNDATED,
        **_kinds(fields, document, codes.authorities),
        "indicator": fields["indicator"],
        "area": area,
        "category_id": category,
        "scope": fields["scope"],
        "time_kind": fields["time_kind"],
        "time_period": fields["time_period"],
        "reference_date": period.start if _is_dated_stock(fields, period) else None,
        "period_start": period.start,
        "period_end": period.end,
        "averaging": fields["averaging"],
        "observation_status": _status(number, fields["time_kind"], area, period, codes),
        "rank": _rank(fields.get("rank", "")),
        "place": fields["place"] or None,
        "note": fields.get("note") or None,
        **provenance(row, number, fields["unit"], published_on),
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


def _kinds(
    fields: Mapping[str, str], document: Mapping[str, Any], authorities: Mapping[str, int]
) -> dict[str, Any]:
    """Return what kind of source printed a figure, whose figure it is, and how far that goes."""
    source_kind = fields.get("source_kind") or document["source_kind"]
    origin_kind = fields.get("origin_kind") or None
    if source_kind is None:
        raise CodingError(
            "no_source_kind",
            "found no kind of source, expected one: fill in the column source_kind of the figure, "
            f"or the key source_kind of the edition's source.yaml; one of {', '.join(authorities)}",
            list(authorities),
        )
    for column, kind in (("source_kind", source_kind), ("origin_kind", origin_kind)):
        if kind is not None and kind not in authorities:
            raise CodingError(
                "unknown_code",
                f"column {column}: found {quoted(kind)}, expected one of {', '.join(authorities)}",
                list(authorities),
            )
    authority = authorities[origin_kind or source_kind]
    return {"source_kind": source_kind, "origin_kind": origin_kind, "authority": authority}


def _check_membership(state: str, category: str, period: Period, codes: SisCodes) -> None:
    """Refuse a figure of a state that did not use SIS then, or not for that category.

    Of a stock that is dated by its year alone, and of a flow, one day of membership is enough.
    """
    membership, days = codes.membership, _days(period)
    if not membership.knows(state):
        raise CodingError(
            "not_a_member",
            f"found a figure of {state}, which has never used SIS: correct the area, or add its "
            "membership to sis_membership with the legal act",
        )
    if not membership.uses(state, period.start, period.end):
        raise CodingError(
            "not_a_member",
            f"found a figure of {state} for {days}, when it did not use SIS (it did "
            f"{membership.periods(state)}): correct the area or the period",
        )
    is_entry = any(codes.adding.categories.within(category, wide) for wide in REFUSAL_OF_ENTRY)
    if is_entry and membership.limited(state, period.start, period.end):
        raise CodingError(
            "not_a_member",
            f"found a figure of {state} in {category!r} for {days}, when it took no part in alerts "
            "for refusal of entry: correct the area, the category or the period",
        )


def _days(period: Period) -> str:
    return str(period.start) if period.is_day else f"{period.start} to {period.end}"


def _category(fields: Mapping[str, str], period: Period, categories: SisCategories) -> str:
    # A year's stock was counted on an unknown day of it: the category need not span the year.
    uncertain = fields["time_kind"] == "stock" and not period.is_day
    last = period.end
    return categories.check(fields["category_id"], last if uncertain else period.start, last)


def _is_dated_stock(fields: Mapping[str, str], period: Period) -> bool:
    return fields["time_kind"] == "stock" and period.is_day


def _status(
    number: PrintedNumber, time_kind: str, area: str, period: Period, codes: SisCodes
) -> str:
    if number.precision is Precision.DERIVED:
        return "E"
    if time_kind == "stock":
        return "A"
    if area in codes.states and not codes.membership.throughout(area, period.start, period.end):
        return "B"
    whole_years = (period.start.month, period.start.day) == (1, 1) and (
        period.end.month,
        period.end.day,
    ) == (12, 31)
    return "A" if whole_years else "B"


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
