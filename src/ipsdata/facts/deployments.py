"""Deployments: lists of police officers on missions, each tied to its printed total."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ipsdata.code.codelists import MissionNames
from ipsdata.code.dates import DateError, parse_date
from ipsdata.code.numbers import NumberError, PrintedNumber, parse_number
from ipsdata.contracts import Contract
from ipsdata.extract.printed import READ
from ipsdata.facts.settle import (
    NotWholeError,
    Row,
    Settled,
    code_rows,
    fields_of,
    is_whole,
    keep_valid,
    printed_fields,
    provenance,
)
from ipsdata.intervals import Interval
from ipsdata.layouts import Layout
from ipsdata.reconcile import Reconciliation, rows_against_total
from ipsdata.rejection import Rejection, quoted, reject_row

TABLE = "deployments"
REFERENCE_DATE = "reference_date"


def settle_deployments(
    printed: Iterable[Row],
    documents: Mapping[str, Mapping[str, Any]],
    layout: Layout,
    names: MissionNames,
    contract: Contract,
) -> tuple[Settled, tuple[Reconciliation, ...]]:
    """Settle the printed rows of all deployment lists.

    A row is published if its mission, count and date are coded and valid, and only where all rows
    of its list, the rejected ones included, add up to the total printed under it.

    Args:
        printed: rows of `printed_rows` for this table, in the order of document and line.
        documents: rows of the inventory by document_id.
    """
    facts: list[Row] = []
    rejections: list[Rejection] = []
    totals: list[Row] = []
    reconciled: list[Reconciliation] = []
    for document_id, rows in groupby(printed, key=lambda row: str(row["document_id"])):
        settled, result = _settle_list(list(rows), documents[document_id], layout, names, contract)
        facts.extend(settled.facts)
        rejections.extend(settled.rejections)
        totals.extend(settled.totals)
        reconciled.extend(result)
    once = _without_doubles(facts, documents, contract)
    rejections.extend(once.rejections)
    return Settled(once.facts, tuple(rejections), tuple(totals)), tuple(reconciled)


def _without_doubles(
    facts: Sequence[Row], documents: Mapping[str, Mapping[str, Any]], contract: Contract
) -> Settled:
    """Reject the figures that several documents of an edition give: none of them is chosen."""

    def key(fact: Row) -> tuple[Any, ...]:
        return tuple(fact[name] for name in contract.primary_key)

    sources: dict[tuple[Any, ...], list[str]] = {}
    for fact in facts:
        sources.setdefault(key(fact), []).append(documents[fact["document_id"]]["path"])
    doubled = [fact for fact in facts if len(sources[key(fact)]) > 1]
    kept = tuple(fact for fact in facts if len(sources[key(fact)]) == 1)
    return Settled(kept, tuple(_doubled(fact, sources[key(fact)]) for fact in doubled))


def _doubled(fact: Row, paths: Sequence[str]) -> Rejection:
    printed = fact["printed"]
    found = f"{fact['mission_id']} on {fact['reference_date']} in {' and '.join(paths)}"
    return reject_row(
        printed,
        "validate",
        "duplicate",
        f"{printed['path']}, {printed['found_at']}: found {found}, expected it once an edition: "
        "none of them is chosen; keep one of the documents",
    )


def _settle_list(
    rows: Sequence[Row],
    document: Mapping[str, Any],
    layout: Layout,
    names: MissionNames,
    contract: Contract,
) -> tuple[Settled, tuple[Reconciliation, ...]]:
    try:
        reference_date = _reference_date(_first_readable(rows), document, layout)
    except DateError as error:
        message = f"{_list_place(rows)}: {error}"
        return _all_rejected(rows, "reference_date", message), ()
    options = json.loads(document["options"])

    def code(row: Row) -> dict[str, Any]:
        return _code_row(row, document, options, reference_date, names)

    lines = [row for row in rows if row["role"] == "data"]
    coded = code_rows(lines, code)
    valid = keep_valid(contract, coded.facts)
    settled = Settled(valid.facts, (*coded.rejections, *valid.rejections))
    totals = [row for row in rows if row["role"] == "total"]
    return _tie_to_total(settled, lines, totals, {**document, "path": _list_place(rows)})


def _first_readable(rows: Sequence[Row]) -> Row:
    """Return a row that tells what fields the list has; any, where none can be used."""
    return next((row for row in rows if row["problem"] is None), rows[0])


def _list_place(rows: Sequence[Row]) -> str:
    """Name the file of a list and, in a document, the table that it stands in."""
    table, is_in_table, _ = str(rows[0]["found_at"]).rpartition(", row ")
    path = str(rows[0]["path"])
    return f"{path}, {table}" if is_in_table else path


def _reference_date(row: Row, document: Mapping[str, Any], layout: Layout) -> dt.date | None:
    """Return the date in the caption of a list; `None` if a column gives each row its own."""
    if row["problem"] is None and REFERENCE_DATE in fields_of(row):
        return None
    caption = row["caption"] or ""
    printed = layout.find_reference_dates(caption)
    dates = {parse_date(date, document["language"]) for date in printed}
    if len(dates) != 1:
        found = "no reference date" if not dates else f"{len(dates)} reference dates"
        raise DateError(
            f"found {found} in the caption {quoted(caption)}, expected one such as "
            f"'(peildatum 14 mei 2025)': {_where_to_mend(row)}"
        )
    return dates.pop()


def _where_to_mend(row: Row) -> str:
    is_read = row["verification"] == READ
    return "give a caption in the sidecar" if is_read else "correct the caption in the sidecar"


def _code_row(
    row: Row,
    document: Mapping[str, Any],
    options: Mapping[str, str],
    list_date: dt.date | None,
    names: MissionNames,
) -> dict[str, Any]:
    fields = fields_of(row)
    reference_date = list_date or parse_date(fields[REFERENCE_DATE], document["language"])
    number = _head_count(fields["count"], document["language"])
    return {
        "edition_id": row["edition_id"],
        "mission_id": names.code(fields["mission"], reference_date),
        "mission_as_printed": printed_fields(row)["mission"],
        "population": options["population"],
        "measure": options["measure"],
        "reference_date": reference_date,
        **provenance(row, number, "person", document["published_on"], field="count"),
    }


def _head_count(text: str, language: str) -> PrintedNumber:
    number = parse_number(text, language)
    if number.unit is not None or not is_whole(number):
        raise NotWholeError(f"found {text!r}, expected a whole number of persons")
    return number


def _all_rejected(rows: Sequence[Row], reason: str, message: str) -> Settled:
    return Settled((), tuple(reject_row(row, "code", reason, message) for row in rows))


def _tie_to_total(
    settled: Settled, lines: Sequence[Row], totals: Sequence[Row], document: Mapping[str, Any]
) -> tuple[Settled, tuple[Reconciliation, ...]]:
    """Publish the list only if its rows add up to the one total printed under it."""
    path, language = document["path"], document["language"]
    if len(totals) != 1:
        reason = "missing_total" if not totals else "two_totals"
        message = (
            f"{path}: found {len(totals)} total rows, expected one (such as 'Totaal'): the list "
            "can't be checked, so none of its rows is published"
        )
        return _withdrawn(settled, reason, message, totals), ()
    try:
        total = _head_count(fields_of(totals[0])["count"], language)
    except NumberError as error:
        place = f"{totals[0]['path']}, {totals[0]['found_at']}"
        message = f"{place}: the printed total can't be read: {error}"
        return _withdrawn(settled, "missing_total", message, totals), ()
    counts = [_count_interval(row, language) for row in lines]
    result = rows_against_total(counts, total, document)
    if result.severity == "error":
        withdrawn = _withdrawn(settled, "total_not_tied", result.message, ())
        return Settled((), withdrawn.rejections, tuple(totals)), (result,)
    return Settled(settled.facts, settled.rejections, tuple(totals)), (result,)


def _count_interval(row: Row, language: str) -> Interval | None:
    if row["problem"] is not None:
        return None
    try:
        return _head_count(fields_of(row)["count"], language).interval
    except NumberError:
        return None


def _withdrawn(settled: Settled, reason: str, message: str, totals: Sequence[Row]) -> Settled:
    printed = [fact["printed"] for fact in settled.facts] + list(totals)
    withdrawn = tuple(reject_row(row, "reconcile", reason, message) for row in printed)
    return Settled((), (*settled.rejections, *withdrawn))
