"""Transcriptions: a list that a person typed from a document gives way to the document itself.

Where the document is at hand and its list was read, the rows of the transcription of the same
edition only confirm it; one that says otherwise is rejected, since one of the two is wrong.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from ipsdata.extract.printed import READ, SUPPORT, UNVERIFIED, PrintedRow, with_problem
from ipsdata.layouts import printed_form
from ipsdata.rejection import quoted

TARGET = "deployments"


def confirm_transcriptions(rows: Iterable[PrintedRow]) -> Iterator[PrintedRow]:
    """Return the rows; those of a transcription whose document was read only support it."""
    found = list(rows)
    lists: dict[str, dict[str, str]] = {}
    for row in found:
        if row["target"] == TARGET and row["verification"] == READ and row["problem"] is None:
            mission, count = _content(row)
            lists.setdefault(row["edition_id"], {})[mission] = count
    for row in found:
        is_transcribed = row["target"] == TARGET and row["verification"] == UNVERIFIED
        listed = lists.get(row["edition_id"]) if is_transcribed else None
        yield row if listed is None else _compared(row, listed)


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
