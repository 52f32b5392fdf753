"""Printed rows: what every kind of extraction makes, the rows of the table `printed_rows`."""

import json
from collections.abc import Mapping
from typing import Any

DATA, TOTAL, SUPPORT, DROPPED = "data", "total", "support", "dropped"
READ, VERIFIED, UNVERIFIED = "read", "verified", "unverified"

Problem = tuple[str, str]
PrintedRow = dict[str, Any]


def printed_row(
    document: Mapping[str, Any],
    target: str | None,
    *,
    found_at: str,
    fields: Mapping[str, str],
    verification: str,
    locator: str | None = None,
) -> PrintedRow:
    """Return a row of data whose cells can be used.

    Args:
        document: the row of the inventory that the row counts for.
        target: the table that it goes to, where that is known.
        found_at: where it stands in its file.
        fields: its cells, as printed, by the names that the layout gives them.
        locator: where its text stands in the document that it counts for, if that is another.
    """
    return {
        "document_id": document["document_id"],
        "edition_id": document["edition_id"],
        "path": document["path"],
        "target": target,
        "role": DATA,
        "found_at": found_at,
        "locator": locator or found_at,
        "fields": json.dumps(fields, ensure_ascii=False),
        "corrected": None,
        "correction_id": None,
        "caption": None,
        "verification": verification,
        "reason": None,
        "problem": None,
    }


def with_problem(row: PrintedRow, problem: Problem, shown: str | None = None) -> PrintedRow:
    """Return the row with a reason why it can't be used.

    Args:
        problem: the reason, of the closed list of `rejected_rows`, and what was found.
        shown: the row's cells as JSON, where they have no names.
    """
    reason, told = problem
    message = f"{row['path']}, {row['found_at']}: {told}"
    fields = row["fields"] if shown is None else shown
    return {**row, "fields": fields, "reason": reason, "problem": message}
