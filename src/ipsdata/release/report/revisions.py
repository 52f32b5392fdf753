"""What a release changed, from its own `changes.parquet`."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ipsdata.contracts import Contract
from ipsdata.release.changes import GROUPS, PARQUET
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.diff import ADDED, FIGURE, REMOVED, REVISED
from ipsdata.release.report.figures import KEYS, anchor_of
from ipsdata.release.report.records import Record
from ipsdata.tables import read_parquet

MAX_REVISIONS = 20
MAX_NOTES = 5  # of a table
FIRST, GONE, UNTOLD, TOLD = "first", "gone", "untold", "told"
DOCUMENTS = "documents"
TOLD_BY = ("table", "change", "reason", "rows", "note")  # columns of the changes


@dataclass(frozen=True)
class TableChange:
    """How many rows of a table were added, revised and removed, and why.

    Attributes:
        contract: of the table, as this release has it; `None` if it is a table no more.
        reasons: as the column `reason` of the changes, the most frequent first.
        notes: what is told of it as a whole, in English.
    """

    table: str
    contract: Contract | None
    counts: tuple[int, int, int]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Revision:
    """A figure that was otherwise before.

    Attributes:
        row: of the changes.
        anchor: of the figure as it is now; `None` if it is none of the page's.
    """

    row: Record
    anchor: str | None


@dataclass(frozen=True)
class Revisions:
    """What a release changed.

    Attributes:
        state: `told`; or why nothing is told: `first`, `gone`, `untold`.
        documents: the new and the withdrawn documents, each as the change and its row.
        revised: figures that have another value now.
        left_out: how many more there are.
    """

    state: str
    tables: tuple[TableChange, ...] = ()
    documents: tuple[tuple[str, Record], ...] = ()
    revised: tuple[Revision, ...] = ()
    left_out: int = 0


def revisions(content: ReleaseContent) -> Revisions:
    """Return what a release changed against the one before it."""
    if content.previous is None:
        return Revisions(FIRST if content.previous_id is None else GONE)
    path = content.folder / PARQUET
    if not path.is_file():
        return Revisions(UNTOLD)
    found = read_parquet(path)
    rows = _rows(found, pc.field("table") == DOCUMENTS)
    revised = (pc.field("change") == REVISED) & pc.field("value_old").is_valid()
    figures = [row for row in _rows(found, revised) if _has_other_value(row)]
    return Revisions(
        TOLD,
        tuple(_table_changes(found, content)),
        tuple(_documents(rows)),
        tuple(Revision(row, _anchor(row)) for row in figures[:MAX_REVISIONS]),
        max(0, len(figures) - MAX_REVISIONS),
    )


def _rows(found: pa.Table, wanted: pc.Expression) -> list[Record]:
    return [Record(row) for row in found.filter(wanted).to_pylist()]


def _has_other_value(row: Record) -> bool:
    return any(row[f"{name}_old"] != row[f"{name}_new"] for name in FIGURE)


def _table_changes(found: pa.Table, content: ReleaseContent) -> Iterable[TableChange]:
    names = [name for name in TOLD_BY if name in found.column_names]
    told: dict[str, list[Record]] = defaultdict(list)
    for row in found.select(names).to_pylist():
        told[row["table"]].append(Record(row))
    for table in sorted(told, key=lambda name: _rank(name, content)):
        rows = told[table]
        counts = Counter[str]()
        for row in rows:
            counts[row["change"]] += _rows_concerned(row)
        reasons = Counter(row["reason"] for row in rows)
        yield TableChange(
            table,
            content.contracts.get(table),
            (counts[ADDED], counts[REVISED], counts[REMOVED]),
            tuple(reason for reason, _ in reasons.most_common()),
            tuple(row["note"] for row in rows if row["note"])[:MAX_NOTES],
        )


def _rows_concerned(row: Record) -> int:
    if row["rows"] is not None:
        return int(row["rows"])
    return int(row["note"] is None)  # a note is on a whole table


def _rank(table: str, content: ReleaseContent) -> tuple[int, str]:
    contract = content.contracts.get(table)
    group = contract.group if contract else ""
    return (GROUPS.index(group) if group in GROUPS else len(GROUPS), table)


def _documents(rows: Sequence[Record]) -> Iterable[tuple[str, Record]]:
    for change, side in ((ADDED, "new"), (REMOVED, "old")):
        for row in rows:
            if row["change"] == change and row[f"record_{side}"]:
                yield change, Record(json.loads(row[f"record_{side}"]))


def _anchor(row: Record) -> str | None:
    table = row["table"]
    if table not in KEYS or not row["record_new"]:
        return None
    return anchor_of(table, Record(json.loads(row["record_new"])))
