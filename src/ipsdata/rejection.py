"""What was found but not published, and why: the rows of `rejected_rows`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_SHOWN_CHARACTERS = 1_000
MAX_NAMED_CHARACTERS = 100
MAX_MESSAGE_CHARACTERS = 2_000
DOCUMENT = "document"

# A correction left the row out; or one names it and no longer fits.
DROPPED_BY_CORRECTION, OBSOLETE_CORRECTION = "dropped_by_correction", "obsolete_correction"


@dataclass(frozen=True)
class Rejection:
    """A row, or a whole document, that is not published.

    Attributes:
        reason: one of the closed list in the contract of `rejected_rows`.
        message: what was found, what was expected, what to do.
        candidates: nearest known codes; suggestions, never applied.
    """

    path: str
    locator: str
    scope: str
    stage: str
    reason: str
    message: str
    as_printed: str | None = None
    candidates: str | None = None
    target: str | None = None
    edition_id: str | None = None
    document_id: str | None = None

    def __post_init__(self) -> None:
        """Cut a message that quotes too much: it is published, and may not fill the release."""
        object.__setattr__(self, "message", shortened(self.message, MAX_MESSAGE_CHARACTERS))

    def as_row(self) -> dict[str, Any]:
        """Return the rejection as a row of its table."""
        return dict(vars(self))


def reject_document(
    path: str, stage: str, reason: str, message: str, **known: str | None
) -> Rejection:
    """Refuse a whole document (or edition); `known` gives edition_id, document_id or target."""
    return Rejection(path, DOCUMENT, DOCUMENT, stage, reason, message, **known)


def reject_row(
    row: Mapping[str, Any], stage: str, reason: str, message: str, candidates: Iterable[str] = ()
) -> Rejection:
    """Reject one printed row, given as a row of `printed_rows`."""
    return Rejection(
        path=row["path"],
        locator=row["found_at"],
        scope="row",
        stage=stage,
        reason=reason,
        message=message,
        as_printed=shortened(row["fields"]),
        candidates="; ".join(candidates) or None,
        target=row["target"],
        edition_id=row["edition_id"],
        document_id=row["document_id"],
    )


def is_open(rejected: Mapping[str, Any]) -> bool:
    """Whether a person has yet to look at a row of `rejected_rows`; one had a dropped row so."""
    return bool(rejected["reason"] != DROPPED_BY_CORRECTION)


def shortened(text: str, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return `text`, cut at `limit` characters with its full length said."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def quoted(text: str) -> str:
    """Return a printed text for use within a message: in quotes, and cut if it is long."""
    return repr(shortened(text, MAX_NAMED_CHARACTERS))


def cells_json(cells: Iterable[str]) -> str:
    """Write a row's cells as JSON, each cut so that one huge cell can't fill the release."""
    return json.dumps([shortened(cell) for cell in cells], ensure_ascii=False)
