"""What a release changed: `changes.parquet`, by primary key, and `changes.md`, for a reader."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ipsdata.release.companions import File, ReleaseContent
from ipsdata.release.diff import (
    ADDED,
    CODE_CHANGE,
    CONTRACT_CHANGE,
    CORRECTION,
    FIGURE,
    NEW_DOCUMENT,
    REMOVED,
    REVISED,
    SCHEMA,
    WITHDRAWN_DOCUMENT,
    Side,
    compare,
)
from ipsdata.tables import PARQUET_OPTIONS, read_parquet

PARQUET, MARKDOWN = "changes.parquet", "changes.md"
SHOWN_REVISIONS = 20
SHOWN_ROWS = 200  # of one table
SHOWN_CHARACTERS = 200
MARKS = re.compile(r"[\\`*<>\[\]|#]")
CHANGES = (ADDED, REVISED, REMOVED)
REASONS: Mapping[str, str] = {
    NEW_DOCUMENT: "a new document",
    WITHDRAWN_DOCUMENT: "a document that was withdrawn",
    CORRECTION: "a correction",
    CONTRACT_CHANGE: "a change of the contract",
    CODE_CHANGE: "a change of the code or its lists",
}
# What a reader asks for first: the figures, then what is made of them, then what is told of them.
GROUPS = ("code", "daily", "mart", "codes", "reconcile", "account")

Row = Mapping[str, Any]


def changes(content: ReleaseContent) -> Iterator[File]:
    """Compare a release with the one before it; the first one has no change."""
    new = Side.of_content(content)
    if content.previous is None:
        told = _no_comparison(content)
        yield PARQUET, _parquet(SCHEMA.empty_table())
    else:
        old = Side.of_folder(content.previous)
        found = compare(old, new)
        told = changes_markdown(found, old, new)
        yield PARQUET, _parquet(found)
    yield MARKDOWN, told.encode()


def _no_comparison(content: ReleaseContent) -> str:
    before = content.previous_id
    told = f"release {before}, which is not there any more as published" if before else "none"
    return f"# Release {content.release_id}\n\nNothing to compare it with: it follows {told}.\n"


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **PARQUET_OPTIONS)
    return buffer.getvalue()


def changes_markdown(found: pa.Table, old: Side, new: Side) -> str:
    """Tell the changes from one release to another: the summary first, then row by row.

    Args:
        found: as `compare` returned it.
    """
    rows = found.to_pylist()
    lines = [f"# Release {new.release_id} against {old.release_id}", ""]
    if not rows:
        return "\n".join([*lines, "Nothing changed.", ""])
    tables = sorted({row["table"] for row in rows}, key=lambda name: _rank(name, old, new))
    lines += [*_documents(old, new), *_counts(rows, tables), *_revisions(rows, tables)]
    for table in tables:
        lines += _details(table, [row for row in rows if row["table"] == table])
    return "\n".join(lines) + "\n"


def _rank(table: str, old: Side, new: Side) -> tuple[int, str]:
    contract = new.contracts.get(table) or old.contracts[table]
    group = contract.group
    return (GROUPS.index(group) if group in GROUPS else len(GROUPS), table)


def _documents(old: Side, new: Side) -> Iterator[str]:
    for told, here, there in (("New", new, old), ("Withdrawn", old, new)):
        for row in _titles(here, here.documents - there.documents):
            title = row.get("title") or "without a title"
            yield f"- {told} document: {_plain(title)} (`{_plain(row['path'])}`)"


def _titles(side: Side, documents: frozenset[str]) -> list[Row]:
    if not documents:
        return []
    table = read_parquet(side.folder / "documents.parquet")
    rows = [row for row in table.to_pylist() if row["document_id"] in documents]
    return sorted(rows, key=lambda row: str(row["path"]))


def _counts(rows: Sequence[Row], tables: Sequence[str]) -> Iterator[str]:
    yield from (
        "",
        "| table | added | revised | removed | why |",
        "| --- | ---: | ---: | ---: | --- |",
    )
    for table in tables:
        own = [row for row in rows if row["table"] == table]
        counts = Counter(row["change"] for row in own)
        reasons = Counter(row["reason"] for row in own)
        why = ", ".join(REASONS[reason] for reason, _ in reasons.most_common())
        numbers = " | ".join(f"{counts[change]:,}" for change in CHANGES)
        yield f"| {table} | {numbers} | {why} |"


def _revisions(rows: Sequence[Row], tables: Sequence[str]) -> Iterator[str]:
    """Yield the largest revisions of figures, by their share of what they were."""
    revised = [row for row in rows if _is_revised_figure(row)]
    if not revised:
        return
    revised.sort(key=lambda row: (-_share(row), tables.index(row["table"]), row["key"]))
    yield from ("", "## Largest revisions", "")
    for row in revised[:SHOWN_REVISIONS]:
        yield (
            f"- {row['table']}, {_plain(row['key'])}: {_figure(row, 'old')} became "
            f"{_figure(row, 'new')}, by {REASONS[row['reason']]}"
        )
    if len(revised) > SHOWN_REVISIONS:
        yield f"- and {len(revised) - SHOWN_REVISIONS:,} more"


def _is_revised_figure(row: Row) -> bool:
    sides = [tuple(row[f"{name}_{side}"] for name in FIGURE) for side in ("old", "new")]
    return row["change"] == REVISED and row["value_old"] is not None and sides[0] != sides[1]


def _share(row: Row) -> float:
    old, new = float(row["value_old"]), row["value_new"]
    if new is None:
        return float("inf")
    return abs(float(new) - old) / abs(old) if old else abs(float(new))


def _figure(row: Row, side: str) -> str:
    low, high = (_number(row[f"value_{bound}_{side}"]) for bound in ("low", "high"))
    printed = row[f"as_printed_{side}"]
    told = f"{_number(row[f'value_{side}'])} [{low}, {high}]"
    return f"{told}, printed {_plain(printed)!r}" if printed else told


def _number(value: float | None) -> str:
    return "…" if value is None else f"{value:,.15g}"


def _details(table: str, rows: Sequence[Row]) -> Iterator[str]:
    yield from ("", f"## {table}", "")
    yield from ("| change | key | was | is | why |", "| --- | --- | --- | --- | --- |")
    for row in rows[:SHOWN_ROWS]:
        was, now = (_told(row, side) for side in ("old", "new"))
        key = _plain(row["key"])
        yield f"| {row['change']} | {key} | {was} | {now} | {REASONS[row['reason']]} |"
    if len(rows) > SHOWN_ROWS:
        yield f"\n{len(rows) - SHOWN_ROWS:,} more stand in `{PARQUET}`."


def _told(row: Row, side: str) -> str:
    if row["note"] is not None:
        return _plain(row["note"]) if side == "new" else ""
    if row[f"value_{side}"] is not None:
        return _figure(row, side)
    if row["columns"] is not None and side == "new":
        return f"differs in {_plain(row['columns'])}"
    return ""


def _plain(text: str) -> str:
    """Return a text that can't break the Markdown that it stands in."""
    short = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(short.split()))
