"""Transcriptions: a list that a person typed from a document gives way to the document itself.

Where the document is at hand and its list was read, the rows of the transcription of the same
edition only confirm it; one that says otherwise is rejected, since one of the two is wrong.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ipsdata.extract.printed import READ, SUPPORT, UNVERIFIED, PrintedRow, with_problem
from ipsdata.extract.tables import dates_in
from ipsdata.layouts import Layout, printed_form
from ipsdata.rejection import quoted

TARGET = "deployments"
OTHER_DATE = (
    "found another reference date than that of the document: the document is published; correct "
    "the caption in the sidecar"
)


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
    lists: dict[_Origin, dict[str, str]] = {}
    dates: dict[_Origin, set[Any]] = {}
    for row in found:
        if row["target"] == TARGET and row["verification"] == READ and row["problem"] is None:
            origin = origins[row["document_id"]]
            mission, count = _content(row)
            lists.setdefault(origin, {})[mission] = count
            dates[origin] = _dates(row, origin, layout)
    for row in found:
        is_transcribed = row["target"] == TARGET and row["verification"] == UNVERIFIED
        origin = origins[row["document_id"]]
        if not is_transcribed or origin not in lists:
            yield row
        elif _dates(row, origin, layout) != dates[origin]:
            yield with_problem({**row, "role": SUPPORT}, ("transcription", OTHER_DATE))
        else:
            yield _compared(row, lists[origin])


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


def _dates(row: PrintedRow, origin: _Origin, layout: Layout) -> set[Any]:
    return set(dates_in([row["caption"] or ""], layout, origin.language))


def _content(row: PrintedRow) -> tuple[str, str]:
    fields = json.loads(row["fields"])
    return printed_form(fields["mission"]), printed_form(fields["count"])


def _compared(row: PrintedRow, listed: Mapping[str, str]) -> PrintedRow:
    support = {**row, "role": SUPPORT}
    if row["problem"] is not None:
        return support
    mission, count = _content(row)
    if listed.get(mission) == count:
        return support
    found = quoted(listed[mission]) if mission in listed else "no such row"
    told = (
        f"found {quoted(mission)} with {quoted(count)}, but the document has {found}: the document "
        "is published; correct the transcription, or the document's fingerprint"
    )
    return with_problem(support, ("transcription", told))
