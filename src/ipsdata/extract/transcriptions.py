"""Transcriptions: a list that a person typed from a document gives way to the document itself.

Where the document is at hand and its list was read, the rows of the transcription of the same
edition only confirm it; one that says otherwise is rejected, since one of the two is wrong.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ipsdata.extract.printed import READ, SUPPORT, UNVERIFIED, PrintedRow, with_problem
from ipsdata.extract.tables import date_or_text, dates_in
from ipsdata.layouts import Layout, printed_form
from ipsdata.rejection import quoted

TARGET = "deployments"
_Key = tuple[str, frozenset[dt.date | str]]


def confirm_transcriptions(
    rows: Iterable[PrintedRow], documents: Iterable[Mapping[str, Any]], layout: Layout
) -> Iterator[PrintedRow]:
    """Return the rows; those of a transcription whose document was read only support it.

    A transcription is a list of the same edition, population and measure.

    Args:
        documents: rows of the inventory.
        layout: that of the lists.
    """
    found = list(rows)
    origins = {document["document_id"]: _Origin.of(document) for document in documents}
    lists: dict[_Origin, dict[_Key, str]] = {}
    for row in found:
        if row["target"] == TARGET and row["verification"] == READ and row["problem"] is None:
            origin = origins[row["document_id"]]
            lists.setdefault(origin, {})[_key(row, origin, layout)] = _cell(row, "count")
    for row in found:
        is_transcribed = row["target"] == TARGET and row["verification"] == UNVERIFIED
        origin = origins[row["document_id"]]
        listed = lists.get(origin) if is_transcribed else None
        yield row if listed is None else _compared(row, listed, origin, layout)


@dataclass(frozen=True)
class _Origin:
    """What two lists must share to be one."""

    edition_id: str
    population: str
    measure: str
    language: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "_Origin":
        options = json.loads(document["options"])
        who, how = options.get("population", ""), options.get("measure", "")
        return cls(document["edition_id"], who, how, document["language"])


def _key(row: PrintedRow, origin: _Origin, layout: Layout) -> _Key:
    """Return a row's mission, and its reference date: of its own, or that of the caption."""
    own = json.loads(row["fields"]).get("reference_date")
    if own is not None:
        return _cell(row, "mission"), frozenset({date_or_text(own, origin.language)})
    dates = dates_in([row["caption"] or ""], layout, origin.language)
    return _cell(row, "mission"), frozenset(dates)


def _cell(row: PrintedRow, name: str) -> str:
    return printed_form(json.loads(row["fields"])[name])


def _compared(
    row: PrintedRow, listed: Mapping[_Key, str], origin: _Origin, layout: Layout
) -> PrintedRow:
    support = {**row, "role": SUPPORT}
    if row["problem"] is not None:
        return support
    key, count = _key(row, origin, layout), _cell(row, "count")
    if listed.get(key) == count:
        return support
    on_another_day = any(mission == key[0] for mission, _ in listed)
    found = "it on another reference date" if on_another_day else "no such row"
    if key in listed:
        found = quoted(listed[key])
    told = (
        f"found {quoted(key[0])} with {quoted(count)}, but the document has {found}: the document "
        "goes before; correct the transcription, or the document's fingerprint"
    )
    return with_problem(support, ("transcription", told))
