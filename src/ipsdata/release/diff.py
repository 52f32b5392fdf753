"""Compare two releases by primary key: what was added, removed and revised, and why.

The comparison is made by DuckDB over the Parquet files, so that no table need fit into memory. Of a
table that is split by year, a year that only one release has is one change; within a year that
differs, added and removed rows are counted, and revised ones told one by one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq

from ipsdata.contracts import Contract
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.contents import release_contracts
from ipsdata.release.index import file_hash, read_manifest
from ipsdata.release.keys import key_text
from ipsdata.release.parts import part_files
from ipsdata.tables import read_parquet

if TYPE_CHECKING:
    import duckdb

ADDED, REMOVED, REVISED = "added", "removed", "revised"
NEW_DOCUMENT, WITHDRAWN_DOCUMENT = "new_document", "withdrawn_document"
CORRECTION, CONTRACT_CHANGE, CODE_CHANGE = "correction", "contract_change", "code_change"
WHOLE_TABLE = "(table)"
COLUMNS = "(columns)"
CODE_LISTS = "codes"
CORRECTIONS = "corrections"
MAX_REVISED = 100_000  # of one year of a split table
FIGURE = ("value", "value_low", "value_high")

Row = dict[str, Any]

SCHEMA = pa.schema(
    [
        pa.field("table", pa.string(), False, {"title": "Table", "title_nl": "Tabel"}),
        pa.field("key", pa.string(), False, {"title": "Primary key", "title_nl": "Sleutel"}),
        pa.field("change", pa.string(), False, {"title": "Change", "title_nl": "Wijziging"}),
        pa.field("reason", pa.string(), False, {"title": "Reason", "title_nl": "Reden"}),
        pa.field("columns", pa.string(), True, {"title": "Columns that differ"}),
        pa.field("value_old", pa.float64(), True, {"title": "Value before"}),
        pa.field("value_low_old", pa.float64(), True, {"title": "Lower bound before"}),
        pa.field("value_high_old", pa.float64(), True, {"title": "Upper bound before"}),
        pa.field("value_new", pa.float64(), True, {"title": "Value now"}),
        pa.field("value_low_new", pa.float64(), True, {"title": "Lower bound now"}),
        pa.field("value_high_new", pa.float64(), True, {"title": "Upper bound now"}),
        pa.field("as_printed_old", pa.string(), True, {"title": "As printed before"}),
        pa.field("as_printed_new", pa.string(), True, {"title": "As printed now"}),
        pa.field("document_id_old", pa.string(), True, {"title": "Document before"}),
        pa.field("document_id_new", pa.string(), True, {"title": "Document now"}),
        pa.field("record_old", pa.string(), True, {"title": "Row before, as JSON"}),
        pa.field("record_new", pa.string(), True, {"title": "Row now, as JSON"}),
        pa.field("note", pa.string(), True, {"title": "Note"}),
    ],
    metadata={
        "title": "Changes",
        "title_nl": "Wijzigingen",
        "description": "What differs from the release before, one row a record, by primary key.",
    },
)


@dataclass(frozen=True)
class Side:
    """One of two releases to compare."""

    folder: Path
    release_id: str
    contracts: Mapping[str, Contract]

    @classmethod
    def of_content(cls, content: ReleaseContent) -> "Side":
        """Take a release whose content is at hand."""
        return cls(content.folder, content.release_id, content.contracts)

    @classmethod
    def of_folder(cls, folder: Path) -> "Side":
        """Take a release that was published."""
        return cls(folder, read_manifest(folder)["release_id"], release_contracts(folder))

    @cached_property
    def documents(self) -> frozenset[str]:
        """The documents that its figures come from."""
        if not self.has("documents"):
            return frozenset()
        table = read_parquet(self.folder / "documents.parquet")
        return frozenset(table.column("document_id").to_pylist())

    @cached_property
    def corrections(self) -> list[Row]:
        """The corrections that were applied."""
        has_any = self.has(CORRECTIONS)
        rows: list[Row] = (
            read_parquet(self.folder / f"{CORRECTIONS}.parquet").to_pylist() if has_any else []
        )
        return rows

    def has(self, table: str) -> bool:
        """Whether it has a table."""
        return table in self.contracts

    def files(self, table: str) -> dict[str, Path]:
        """Return the files of a table by what they hold: all of it, or a year."""
        if self.contracts[table].partition is None:
            return {WHOLE_TABLE: self.folder / f"{table}.parquet"}
        return {path.parent.name: path for path in part_files(self.folder, table)}


def compare(old: Side, new: Side, tables: Sequence[str] = ()) -> pa.Table:
    """Return the changes from one release to another, as `SCHEMA` says.

    Args:
        tables: only these; all if there are none.
    """
    import duckdb  # noqa: PLC0415 - only who compares needs a database

    names = sorted(old.contracts.keys() | new.contracts.keys())
    with duckdb.connect() as base:
        base.execute("SET threads = 1; SET enable_progress_bar = false")
        rows = [
            row
            for name in names
            if not tables or name in tables
            for row in _Comparison(base, old, new, name).rows()
        ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@dataclass(frozen=True)
class _Comparison:
    """The comparison of one table."""

    base: "duckdb.DuckDBPyConnection"
    old: Side
    new: Side
    table: str

    def rows(self) -> Iterator[Row]:
        if not (self.old.has(self.table) and self.new.has(self.table)):
            yield self._whole_table()
            return
        yield from self._column_changes()
        if not set(self.key) <= set(self.common):
            told = f"its key is {', '.join(self.key)} now: its rows can't be compared"
            yield self._row(COLUMNS, REVISED, CONTRACT_CHANGE, note=told)
            return
        olds, news = self.old.files(self.table), self.new.files(self.table)
        for name in sorted(olds.keys() | news.keys()):
            yield from self._file_changes(name, olds.get(name), news.get(name))

    @property
    def key(self) -> tuple[str, ...]:
        return self.new.contracts[self.table].primary_key

    @cached_property
    def common(self) -> list[str]:
        before = {column.name: column.type for column in self.old.contracts[self.table].columns}
        now = self.new.contracts[self.table].columns
        return [column.name for column in now if before.get(column.name) == column.type]

    def _whole_table(self) -> Row:
        is_new = self.new.has(self.table)
        side = self.new if is_new else self.old
        count = sum(self._count(path) for path in side.files(self.table).values())
        told = f"the table is {'new' if is_new else 'gone'}, {count:,} rows"
        return self._row(WHOLE_TABLE, ADDED if is_new else REMOVED, CONTRACT_CHANGE, note=told)

    def _column_changes(self) -> Iterator[Row]:
        before = {c.name: c.type for c in self.old.contracts[self.table].columns}
        now = {c.name: c.type for c in self.new.contracts[self.table].columns}
        told = [f"{name} ({now[name]}) is new" for name in now if name not in before]
        told += [f"{name} ({before[name]}) is gone" for name in before if name not in now]
        told += [
            f"{name} is {now[name]}, it was {before[name]}"
            for name in now
            if name in before and now[name] != before[name]
        ]
        if told:
            yield self._row(COLUMNS, REVISED, CONTRACT_CHANGE, note="; ".join(told))

    def _file_changes(self, name: str, old: Path | None, new: Path | None) -> Iterator[Row]:
        if old is None or new is None:
            path = new or old
            if path is not None and (count := self._count(path)):
                change = ADDED if new else REMOVED
                yield self._row(name, change, self._reason({}, {}), note=f"{count:,} rows")
            return
        if old.samefile(new) or file_hash(old) == file_hash(new):
            return
        self._open(old, new)
        is_split = name != WHOLE_TABLE
        if is_split:
            yield from self._counted(name)
        yield from self._told(is_split=is_split)

    def _open(self, old: Path, new: Path) -> None:
        # As data sets of Arrow: DuckDB would take a bracket in a path for a pattern.
        self.base.register("old_rows", pa_dataset.dataset(old, format="parquet"))
        self.base.register("new_rows", pa_dataset.dataset(new, format="parquet"))

    def _counted(self, name: str) -> Iterator[Row]:
        on = self._on("a", "b")
        for change, has, lacks in ((ADDED, "new", "old"), (REMOVED, "old", "new")):
            query = f"SELECT count(*) FROM {has}_rows a ANTI JOIN {lacks}_rows b ON {on}"  # noqa: S608
            (count,) = self.base.execute(query).fetchone() or (0,)
            if count:
                yield self._row(name, change, self._reason({}, {}), note=f"{count:,} rows")

    def _on(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{_name(k)} = {other}.{_name(k)}" for k in self.key)

    def _told(self, *, is_split: bool) -> Iterator[Row]:
        for before, now in self._pairs(is_split=is_split):
            one = now or before or {}
            key = key_text({name: one[name] for name in self.key})
            change = REVISED if before and now else (ADDED if now else REMOVED)
            differing = [n for n in self.common if before and now and before[n] != now[n]]
            yield self._row(
                key,
                change,
                self._reason(before or {}, now or {}),
                columns=", ".join(differing) or None,
                **_figures(before, "old"),
                **_figures(now, "new"),
                record_old=before and json.dumps(before, ensure_ascii=False),
                record_new=now and json.dumps(now, ensure_ascii=False),
            )

    def _pairs(self, *, is_split: bool) -> Iterator[tuple[Row | None, Row | None]]:
        """Yield each record that differs, as it was and as it is, in order of the key."""
        packed = ", ".join(f"{_text(name)}: {{0}}.{_name(name)}" for name in self.common)
        differs = " OR ".join(f"o.{_name(c)} IS DISTINCT FROM n.{_name(c)}" for c in self.common)
        order = ", ".join(f"coalesce(o.{_name(k)}, n.{_name(k)})" for k in self.key)
        found = self.base.execute(
            f"SELECT CASE WHEN o.here THEN to_json({{{packed.format('o')}}}) END, "  # noqa: S608
            f"CASE WHEN n.here THEN to_json({{{packed.format('n')}}}) END "
            "FROM (SELECT *, true AS here FROM old_rows) o "
            f"{'JOIN' if is_split else 'FULL JOIN'} "
            f"(SELECT *, true AS here FROM new_rows) n ON {self._on('o', 'n')} "
            f"WHERE o.here IS NULL OR n.here IS NULL OR {differs} ORDER BY {order}"
            f"{f' LIMIT {MAX_REVISED}' if is_split else ''}"
        )
        for before, now in found.fetchall():
            yield before and json.loads(before), now and json.loads(now)

    def _reason(self, before: Row, now: Row) -> str:
        documents = {row.get("document_id") for row in (before, now)} - {None}
        if documents & (self.new.documents - self.old.documents):
            return NEW_DOCUMENT
        if documents & (self.old.documents - self.new.documents):
            return WITHDRAWN_DOCUMENT
        contracts = self.old.contracts[self.table], self.new.contracts[self.table]
        if contracts[0].fingerprint != contracts[1].fingerprint:
            return CONTRACT_CHANGE
        if before.get("correction_id") != now.get("correction_id"):
            return CORRECTION
        return self._reason_of_sources()

    def _reason_of_sources(self) -> str:
        """Return why a row without a document of its own can have changed: with its sources."""
        if self.new.contracts[self.table].group == CODE_LISTS:
            return CODE_CHANGE
        if self.new.documents - self.old.documents:
            return NEW_DOCUMENT
        if self.old.documents - self.new.documents:
            return WITHDRAWN_DOCUMENT
        return CORRECTION if self.old.corrections != self.new.corrections else CODE_CHANGE

    def _row(self, key: str, change: str, reason: str, **known: object) -> Row:
        return {"table": self.table, "key": key, "change": change, "reason": reason, **known}

    def _count(self, path: Path) -> int:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)


def _figures(row: Row | None, side: str) -> Row:
    """Return the figure that a record holds, if it is one."""
    known = row or {}
    numbers = {f"{name}_{side}": known.get(name) for name in FIGURE}
    texts = {f"{name}_{side}": known.get(name) for name in ("as_printed", "document_id")}
    return {k: None if v is None else float(v) for k, v in numbers.items()} | texts


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
