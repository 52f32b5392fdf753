"""What a release changed: `changes.parquet`, by primary key, and `changes.md`, for a reader."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
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
    Causes,
    Side,
    compare,
)
from ipsdata.tables import PARQUET_OPTIONS

REPORTING = "reporting_"  # tables that repeat figures of others, ready to plot
PARQUET, MARKDOWN = "changes.parquet", "changes.md"
SHOWN_REVISIONS = 20
SHOWN_ROWS = 200  # of one table
SHOWN_CHARACTERS = 300
DECIMALS = 4
DOCUMENT = re.compile(r"[0-9a-f]{64}")
MARKS = re.compile(r"[\\`*<>\[\]|#]")
CHANGES = (ADDED, REVISED, REMOVED)
REASONS: Mapping[str, str] = {
    NEW_DOCUMENT: "a new document",
    WITHDRAWN_DOCUMENT: "a document that was withdrawn",
    CORRECTION: "a correction",
    CONTRACT_CHANGE: "a change of the contract",
    CODE_CHANGE: "a change of the code, its lists or what was typed",
}
# What a reader asks for first: what was printed, how it compares, what is made of it, the rest.
GROUPS = ("code", "reconcile", "daily", "mart", "codes", "account")
# What tells of a row that is no figure.
IN_WORDS = ("message", "explanation", "path", "title", "reason")

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
    rows = found.drop_columns(["record_old", "record_new"]).to_pylist()
    lines = [f"# Release {new.release_id} against {old.release_id}", ""]
    if not rows:
        return "\n".join([*lines, "Nothing changed.", ""])
    tables = sorted({row["table"] for row in rows}, key=lambda name: _rank(name, old, new))
    titles = {name: _title(name, old, new) for name in tables}
    known = [*_documents(old, new), *_version(old, new)]
    lines += [*known, *([""] if known else []), *_counts(rows, titles)]
    lines += _revisions([row for row in rows if not _is_repeated(row["table"])], titles)
    paths = {id_: str(row.get("path")) for s in (old, new) for id_, row in s.documents.items()}
    for table, title in titles.items():
        lines += ["", f"## {title}", ""]
        own = found.filter(pc.equal(found["table"], table))
        lines += _details(table, own.slice(0, SHOWN_ROWS).to_pylist(), own.num_rows, paths)
    return "\n".join(lines) + "\n"


def _is_repeated(table: str) -> bool:
    return table.startswith(REPORTING)


def _title(table: str, old: Side, new: Side) -> str:
    contract = new.contracts.get(table) or old.contracts[table]
    return f"{_plain(contract.title)} (`{table}`)"


def _rank(table: str, old: Side, new: Side) -> tuple[bool, int, str]:
    contract = new.contracts.get(table) or old.contracts[table]
    group = contract.group
    place = GROUPS.index(group) if group in GROUPS else len(GROUPS)
    return (_is_repeated(table), place, table)


def _documents(old: Side, new: Side) -> Iterator[str]:
    causes = Causes(old, new)
    before, now = ({row.get("path") for row in s.documents.values()} for s in (old, new))
    for id_ in _in_order(new, causes.came):
        row = new.documents[id_]
        is_known = id_ in old.documents
        told = "Document at hand now" if is_known else "New document"
        if not is_known and row.get("path") in before:
            told = "Document in another version"
        yield f"- {told}: {_document(row)}"
    for id_ in _in_order(old, causes.went):
        row = old.documents[id_]
        is_known = id_ in new.documents
        if is_known or row.get("path") not in now:
            told = "Document no longer at hand" if is_known else "Withdrawn document"
            yield f"- {told}: {_document(row)}"


def _in_order(side: Side, documents: Iterable[str]) -> list[str]:
    return sorted(documents, key=lambda id_: (str(side.documents[id_].get("path")), id_))


def _document(row: Row) -> str:
    title = row.get("title") or "without a title"
    return f"{_plain(title)} (`{_plain(row['path'])}`)"


def _version(old: Side, new: Side) -> Iterator[str]:
    if old.schema_version != new.schema_version:
        yield f"- Schema version {new.schema_version}, it was {old.schema_version}"


def _counts(rows: Sequence[Row], titles: Mapping[str, str]) -> Iterator[str]:
    yield from (
        "| table | added | revised | removed | why |",
        "| --- | ---: | ---: | ---: | --- |",
    )
    for table, title in titles.items():
        own = [row for row in rows if row["table"] == table]
        counts = {
            change: sum(r["rows"] for r in own if r["change"] == change) for change in CHANGES
        }
        reasons = Counter(row["reason"] for row in own)
        why = ", ".join(REASONS[reason] for reason, _ in reasons.most_common())
        numbers = " | ".join(f"{counts[change]:,}" for change in CHANGES)
        yield f"| {title} | {numbers} | {why} |"
    yield from ("", "Behind a number stands, in brackets, the range that its printed text allows.")


def _revisions(rows: Sequence[Row], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield the largest revisions of figures, by their share of what they were."""
    revised = [row for row in rows if _is_revised_figure(row)]
    if not revised:
        return
    tables = list(titles)
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
    return row["value_old"] is not None and row["change"] == REVISED and not _is_same_figure(row)


def _is_same_figure(row: Row) -> bool:
    names = (*FIGURE, "as_printed")
    return all(row[f"{name}_old"] == row[f"{name}_new"] for name in names)


def _share(row: Row) -> float:
    old, new = float(row["value_old"]), row["value_new"]
    if new is None:
        return float("inf")
    return abs(float(new) - old) / abs(old) if old else abs(float(new))


def _figure(row: Row, side: str) -> str:
    """Tell a number, which ones it stands for if not itself alone, and how it was printed."""
    value, low, high = (row[f"{name}_{side}"] for name in FIGURE)
    printed = row[f"as_printed_{side}"]
    told = _number(value)
    if low is not None or high is not None:
        alone = low == high or (_number(low) == told == _number(high))
        told += "" if alone else f" ({_range(low, high)})"
    return f"{told}, printed “{_plain(printed)}”" if printed else told


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{_number(low)} and up"
    return f"up to {_number(high)}" if low is None else f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    if abs(value) < 1:
        return f"{value:.{DECIMALS}g}"
    return f"{value:,.{DECIMALS}f}".rstrip("0").rstrip(".")


def _details(
    table: str, rows: Sequence[Row], count: int, paths: Mapping[str, str]
) -> Iterator[str]:
    """Yield the first rows of a table, of which there are `count`."""
    if _is_repeated(table):
        yield f"It repeats figures of other tables: its {count:,} changes stand in `{PARQUET}`."
        return
    yield from ("| change | key | was | is | why |", "| --- | --- | --- | --- | --- |")
    for row in rows:
        was, now = (_told(row, side) for side in ("old", "new"))
        key = _plain(_with_paths(row["key"], paths))
        yield f"| {row['change']} | {key} | {was} | {now} | {REASONS[row['reason']]} |"
    if count > len(rows):
        yield f"\n{count - len(rows):,} more stand in `{PARQUET}`."


def _with_paths(key: str, paths: Mapping[str, str]) -> str:
    """Name documents by their paths, which a reader knows, not by their fingerprints."""
    named = DOCUMENT.search(key)
    return key.replace(named[0], paths.get(named[0], named[0])) if named else key


def _told(row: Row, side: str) -> str:
    is_now = side == "new"
    if row["note"] is not None:
        return _plain(row["note"]) if is_now else ""
    if is_now and row["change"] == REVISED and _is_same_figure(row):
        return f"differs in {_plain(row['columns'])}"
    if row[f"value_{side}"] is not None:
        return _figure(row, side)
    record = json.loads(row[f"record_{side}"] or "{}")
    return _plain(next((str(record[name]) for name in IN_WORDS if record.get(name)), ""))


def _plain(text: str) -> str:
    """Return a text that breaks neither the Markdown that it stands in, nor a terminal."""
    seen = "".join(sign if sign.isprintable() else " " for sign in text)
    short = seen if len(seen) <= SHOWN_CHARACTERS else f"{seen[:SHOWN_CHARACTERS]}…"
    return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(short.split()))
