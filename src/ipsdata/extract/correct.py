"""Correct: corrections applied to printed rows, each to the one row that it names and expects.

A row keeps its fields as printed; the corrected texts stand beside them. A correction that no
longer fits is never passed over: the row at its place is withheld, and every other row of that
document and table that says what it expects, since the error may have moved there.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ipsdata.corrections import DROP, Correction, refuse_same_row
from ipsdata.extract.passages import without_page
from ipsdata.extract.printed import DATA, DROPPED, SUPPORT, PrintedRow, Problem, with_problem
from ipsdata.layouts import printed_form
from ipsdata.rejection import (
    DROPPED_BY_CORRECTION,
    OBSOLETE_CORRECTION,
    Rejection,
    quoted,
    reject_document,
    reject_row,
)

Row = Mapping[str, Any]

STAGE = "correct"
REASONS = (DROPPED_BY_CORRECTION, OBSOLETE_CORRECTION)
APPLIED, OBSOLETE, NO_ROW, SEVERAL_ROWS, NO_DOCUMENT, ROW_REJECTED = (
    "applied",
    "obsolete",
    "no_row",
    "several_rows",
    "no_document",
    "row_rejected",
)
OF_ONE_ROW = (APPLIED, OBSOLETE)
REMEDIES = {
    OBSOLETE: "it is obsolete: look the row up in the document, then mend or remove it",
    NO_ROW: "it is obsolete: look the row up in the document, then mend its place or remove it",
    SEVERAL_ROWS: "name the row by its place in its file, such as 'line 3'",
    NO_DOCUMENT: "correct the name of the document, or see in rejected_rows why it was refused; if "
    "it is gone, the correction is obsolete: remove it",
    ROW_REJECTED: "mend the row first, then see whether the correction still fits",
}


@dataclass(frozen=True)
class Verdict:
    """Whether a correction fits the rows that were read.

    Attributes:
        status: one of the domain of `corrections.status`.
        rows: the positions of the rows that it changes, or, if it doesn't fit, that are withheld.
        message: why it was not applied, and what to do; `None` if it was.
    """

    correction: Correction
    status: str
    rows: tuple[int, ...] = ()
    message: str | None = None


@dataclass(frozen=True)
class Corrected:
    """Printed rows after the corrections.

    Attributes:
        rejections: the rows that were dropped, and the documents of corrections that don't fit and
            of which no row tells.
    """

    rows: tuple[PrintedRow, ...]
    rejections: tuple[Rejection, ...]


def judge(
    corrections: Sequence[Correction], rows: Sequence[Row], documents: Iterable[Row]
) -> tuple[Verdict, ...]:
    """Compare each correction with the rows; corrected ones give the same answer as before.

    Args:
        rows: printed rows, before or after `correct`.
        documents: rows of the inventory.

    Raises:
        ConfigurationError: two corrections name the same row by different names.
    """
    if not corrections:
        return ()
    ids = {str(document["path"]): str(document["document_id"]) for document in documents}
    verdicts = tuple(_judged(correction, rows, ids) for correction in corrections)
    taken: dict[int, Correction] = {}
    for verdict in verdicts:
        if verdict.status == APPLIED:
            for position in verdict.rows:
                refuse_same_row(taken.setdefault(position, verdict.correction), verdict.correction)
    return verdicts


def correct(
    corrections: Sequence[Correction], rows: Sequence[Row], documents: Iterable[Row]
) -> Corrected:
    """Apply corrections to the rows of all documents; errors as `judge`.

    A dropped row is no longer part of its list. Rows that are withheld stay in it, as rows whose
    content is unknown.
    """
    changed: list[PrintedRow] = [dict(row) for row in rows]
    verdicts = judge(corrections, rows, documents)
    for verdict in sorted(verdicts, key=lambda found: found.status != APPLIED):
        for position in verdict.rows:
            changed[position] = _changed(changed[position], verdict)
    dropped = [row for row in changed if row["role"] == DROPPED]
    rejections = [reject_row(row, STAGE, row["reason"], row["problem"]) for row in dropped]
    return Corrected(tuple(changed), (*rejections, *_untold(verdicts, changed)))


def correction_rows(verdicts: Iterable[Verdict], rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Return the rows of the table `corrections`."""
    for verdict in verdicts:
        correction = verdict.correction
        of_one = verdict.rows if verdict.status in OF_ONE_ROW else ()
        row = rows[of_one[0]] if of_one else None
        yield {
            "correction_id": correction.correction_id,
            "action": correction.action,
            "status": verdict.status,
            "document": correction.document,
            "target": correction.table,
            "place": correction.place,
            "document_id": None if row is None else row["document_id"],
            "locator": None if row is None else row["locator"],
            "expected": _json(correction.expect),
            "corrected": _json(correction.corrected) if correction.corrected else None,
            "reason": correction.reason,
            "author_role": correction.author_role,
            "decided_on": correction.decided_on,
            "defined_in": correction.defined_in,
            "message": verdict.message,
        }


def _json(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


# Whether a correction fits


def _judged(correction: Correction, rows: Sequence[Row], ids: Mapping[str, str]) -> Verdict:
    document_id = ids.get(correction.document, correction.document)
    if document_id not in ids.values():
        return _unfit(correction, NO_DOCUMENT, (), "found no such document that can be used")
    candidates = [
        position
        for position, row in enumerate(rows)
        if row["target"] == correction.table
        and row["role"] != SUPPORT
        and (row["path"] == correction.document or row["document_id"] == document_id)
    ]
    named = [n for n in candidates if _stands_at(rows[n], correction.place)]
    status, told = _fit(correction, [rows[n] for n in named], len(candidates))
    if told is None:
        return Verdict(correction, status, tuple(named))
    moved = [n for n in candidates if n not in named and _says_expected(correction, rows[n])]
    return _unfit(correction, status, (*named, *moved), told)


def _stands_at(row: Row, place: str) -> bool:
    return place == row["found_at"] or without_page(place) == without_page(row["locator"])


def _fit(correction: Correction, named: Sequence[Row], among: int) -> tuple[str, str | None]:
    """Return the status of a correction, and why it is none but `applied`.

    Args:
        named: the rows at its place.
        among: how many rows its document has for its table.
    """
    table = correction.table
    if not named:
        return NO_ROW, f"found no such row among the {among} of its document for {table}"
    if len(named) > 1:
        return SEVERAL_ROWS, f"found {len(named)} rows for {table} there, expected one"
    if not _is_readable(named[0]):
        return ROW_REJECTED, f"the row can't be used as it is ({named[0]['problem']})"
    told = _unexpected(correction, json.loads(named[0]["fields"]))
    return (APPLIED, None) if told is None else (OBSOLETE, told)


def _is_readable(row: Row) -> bool:
    return row["problem"] is None or row["reason"] in REASONS


def _says_expected(correction: Correction, row: Row) -> bool:
    return _is_readable(row) and _unexpected(correction, json.loads(row["fields"])) is None


def _unexpected(correction: Correction, fields: Mapping[str, str]) -> str | None:
    """Return which field says something else than expected; `None` if none does."""
    for field, text in correction.expect.items():
        if field not in fields:
            known = ", ".join(sorted(fields))
            return f"found no field {field!r}, expected one of {known}"
        if printed_form(fields[field]) != printed_form(text):
            return f"found {field} {quoted(fields[field])}, expected {quoted(text)}"
    return None


def _unfit(correction: Correction, status: str, withheld: Sequence[int], told: str) -> Verdict:
    place = f"{correction.document}, {correction.place}"
    message = f"{correction.name} of {place}: {told}: {REMEDIES[status]}"
    return Verdict(correction, status, tuple(withheld), message)


# What it changes


def _changed(row: PrintedRow, verdict: Verdict) -> PrintedRow:
    correction = verdict.correction
    if verdict.status != APPLIED:
        return _held(row, verdict)
    marked = {**row, "correction_id": correction.correction_id}
    if correction.action == DROP:
        return {**with_problem(marked, _dropped(correction)), "role": DROPPED}
    return {**marked, "corrected": _json(correction.corrected)}


def _held(row: PrintedRow, verdict: Verdict) -> PrintedRow:
    """Withhold a row, unless it is settled: by a correction that fits it, or as one with a problem.

    A total that is withheld is none: the list can't be checked against it.
    """
    if row["correction_id"] is not None or row["problem"] is not None:
        return row
    told = f"not published because of {verdict.message}"
    return {**with_problem(row, (OBSOLETE_CORRECTION, told)), "role": DATA}


def _dropped(correction: Correction) -> Problem:
    decided = f"decided by {correction.author_role} on {correction.decided_on}"
    return DROPPED_BY_CORRECTION, f"left out by {correction.name}, {decided}: {correction.reason}"


def _untold(verdicts: Iterable[Verdict], rows: Sequence[Row]) -> Iterator[Rejection]:
    """Refuse what corrections are about that don't fit and of which no row tells, once a document.

    They have no row, or one that another correction settled.
    """
    told: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.status in (APPLIED, ROW_REJECTED):
            continue
        if not any(rows[position]["reason"] == OBSOLETE_CORRECTION for position in verdict.rows):
            told.setdefault(verdict.correction.document, []).append(str(verdict.message))
    for document, messages in told.items():
        yield reject_document(document, STAGE, OBSOLETE_CORRECTION, "; ".join(messages))
