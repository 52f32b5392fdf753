"""Compare two releases by primary key: what was added, removed and revised, and why.

The comparison is made by DuckDB over the Parquet files, so that no table need fit into memory. Of a
table that is split by year, a year that only one release has is one change; within a year that
differs, added and removed rows are counted, and revised ones told one by one, as far as
`MAX_REVISED` of them go.

Why a row changed is concluded from what else did, the nearest cause first: the document that the
row came from, or a correction of its place; the contract of what differs in it; for a row of
several documents, what became of those. What is left is a change of the code, of its lists, or of
what was typed from a document.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ipsdata.contracts import Contract
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.contents import release_contracts
from ipsdata.release.index import file_hash, read_manifest
from ipsdata.release.keys import key_text
from ipsdata.release.parts import part_files
from ipsdata.release.schema_version import Severity, column_changes, contract_changes
from ipsdata.release.views import PATTERN_SIGN
from ipsdata.tables import read_parquet

if TYPE_CHECKING:
    import duckdb

ADDED, REMOVED, REVISED = "added", "removed", "revised"
NEW_DOCUMENT, WITHDRAWN_DOCUMENT = "new_document", "withdrawn_document"
CORRECTION, CONTRACT_CHANGE, CODE_CHANGE = "correction", "contract_change", "code_change"
WHOLE_TABLE = "(table)"
CONTRACT = "(contract)"
CODE_LISTS, FACTS = "codes", "code"  # groups of contracts
DOCUMENTS, CORRECTIONS = "documents", "corrections"
MAX_REVISED = 10_000  # of one year of a split table
BATCH = 1_000
MEMORY = "512MB"  # beyond it DuckDB uses the disk
FIGURE = ("value", "value_low", "value_high")

Row = dict[str, Any]


def _field(name: str, kind: pa.DataType, title: str, title_nl: str) -> pa.Field:
    """Return a field; those that tell what changed, and why, are never empty."""
    is_nullable = name not in ("table", "key", "change", "reason", "rows")
    return pa.field(name, kind, is_nullable, {"title": title, "title_nl": title_nl})


SCHEMA = pa.schema(
    [
        _field("table", pa.string(), "Table", "Tabel"),
        _field("key", pa.string(), "Primary key", "Sleutel"),
        _field("change", pa.string(), "Change", "Wijziging"),
        _field("reason", pa.string(), "Reason", "Reden"),
        _field("rows", pa.int64(), "Rows concerned", "Aantal rijen"),
        _field("columns", pa.string(), "Columns that differ", "Kolommen die verschillen"),
        _field("value_old", pa.float64(), "Value before", "Waarde eerst"),
        _field("value_low_old", pa.float64(), "Lower bound before", "Ondergrens eerst"),
        _field("value_high_old", pa.float64(), "Upper bound before", "Bovengrens eerst"),
        _field("value_new", pa.float64(), "Value now", "Waarde nu"),
        _field("value_low_new", pa.float64(), "Lower bound now", "Ondergrens nu"),
        _field("value_high_new", pa.float64(), "Upper bound now", "Bovengrens nu"),
        _field("as_printed_old", pa.string(), "As printed before", "Zoals gedrukt eerst"),
        _field("as_printed_new", pa.string(), "As printed now", "Zoals gedrukt nu"),
        _field("document_id_old", pa.string(), "Document before", "Document eerst"),
        _field("document_id_new", pa.string(), "Document now", "Document nu"),
        _field("record_old", pa.string(), "Row before, as JSON", "Rij eerst, als JSON"),
        _field("record_new", pa.string(), "Row now, as JSON", "Rij nu, als JSON"),
        _field("note", pa.string(), "Note", "Toelichting"),
    ],
    metadata={
        "title": "Changes",
        "title_nl": "Wijzigingen",
        "description": (
            "What differs from the release before, one row a record, by primary key. What concerns "
            "no single row has the key (table), (contract) or year=YYYY, and a note."
        ),
    },
)


@dataclass(frozen=True)
class Side:
    """One of two releases to compare.

    Attributes:
        schema_version: of its contracts; `None` where it is not known.
    """

    folder: Path
    release_id: str
    contracts: Mapping[str, Contract]
    schema_version: str | None = None

    @classmethod
    def of_content(cls, content: ReleaseContent) -> "Side":
        """Take a release whose content is at hand."""
        version = content.schema_version
        return cls(content.folder, content.release_id, content.contracts, version)

    @classmethod
    def of_folder(cls, folder: Path) -> "Side":
        """Take a release that was published."""
        manifest = read_manifest(folder)
        contracts = release_contracts(folder)
        return cls(folder, manifest["release_id"], contracts, manifest.get("schema_version"))

    @cached_property
    def documents(self) -> dict[str, Row]:
        """The documents that its figures come from, by their fingerprint."""
        return {str(row["document_id"]): row for row in self._rows(DOCUMENTS)}

    @cached_property
    def corrections(self) -> list[Row]:
        """The corrections of its sources, applied or obsolete."""
        return self._rows(CORRECTIONS)

    def _rows(self, table: str) -> list[Row]:
        if not self.has(table):
            return []
        rows: list[Row] = read_parquet(self.folder / f"{table}.parquet").to_pylist()
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
    causes = Causes(old, new)
    with tempfile.TemporaryDirectory() as spilled, duckdb.connect() as base:
        base.execute("SET threads = 1; SET enable_progress_bar = false")
        base.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = {_text(spilled)}")
        rows = (
            row
            for name in names
            if not tables or name in tables
            for row in _Comparison(base, causes, name).rows()
        )
        batches = iter(lambda: list(islice(rows, BATCH)), [])
        return pa.Table.from_batches(
            [pa.RecordBatch.from_pylist(batch, SCHEMA) for batch in batches], SCHEMA
        )


@dataclass(frozen=True)
class Causes:
    """Why rows of one release differ from those of another."""

    old: Side
    new: Side

    @cached_property
    def came(self) -> frozenset[str]:
        """The documents that are new, or at hand now that were not."""
        return _more(self.old.documents, self.new.documents)

    @cached_property
    def went(self) -> frozenset[str]:
        """The documents that are gone, or no longer at hand."""
        return _more(self.new.documents, self.old.documents)

    @cached_property
    def _corrections(self) -> list[Row]:
        """The corrections that only one release has, or that tell or do otherwise there."""
        old, new = self.old.corrections, self.new.corrections
        return [row for row in old if row not in new] + [row for row in new if row not in old]

    @cached_property
    def _corrected_places(self) -> frozenset[tuple[object, object]]:
        return frozenset((row.get("document_id"), row.get("locator")) for row in self._corrections)

    @cached_property
    def _corrected_documents(self) -> frozenset[str]:
        named = {row.get(name) for row in self._corrections for name in ("document", "document_id")}
        documents = {**self.old.documents, **self.new.documents}
        return frozenset(
            id_ for id_, row in documents.items() if id_ in named or row.get("path") in named
        )

    def of_row(self, table: str, before: Row, now: Row, differing: Sequence[str] = ()) -> str:
        """Return why a row is another one; a row that was not there, or isn't now, is empty."""
        named = {row["document_id"] for row in (before, now) if row.get("document_id")}
        if named & self.came:
            return NEW_DOCUMENT
        if named & self.went:
            return WITHDRAWN_DOCUMENT
        if self._is_corrected(before, now):
            return CORRECTION
        if self._is_of_contract(table, differing):
            return CONTRACT_CHANGE
        return self._of_sources(table, named)

    def _is_corrected(self, before: Row, now: Row) -> bool:
        both = bool(before and now)
        return (both and before.get("correction_id") != now.get("correction_id")) or any(
            (row.get("document_id"), row.get("locator")) in self._corrected_places
            for row in (before, now)
            if row.get("locator")
        )

    def _is_of_contract(self, table: str, differing: Sequence[str]) -> bool:
        """Whether a contract says something else of what differs.

        Args:
            differing: the columns; none if the whole row does, which another limit or rule accepts
                or refuses.
        """
        columns, is_other = self._changed_contracts.get(table, (frozenset(), False))
        return bool(columns & set(differing)) if differing else bool(columns) or is_other

    @cached_property
    def _changed_contracts(self) -> dict[str, tuple[frozenset[str], bool]]:
        """What contracts say now that they did not.

        By table: the columns that mean or allow something else, and whether the rules, or the split
        into files, are others.
        """
        old, new = self.old.contracts, self.new.contracts
        return {
            table: (
                _changed_columns(old[table], new[table]),
                (old[table].rules, old[table].partition)
                != (new[table].rules, new[table].partition),
            )
            for table in old.keys() & new.keys()
            if old[table].fingerprint != new[table].fingerprint
        }

    def _of_sources(self, table: str, named: Set[str]) -> str:
        """Return why a row changed whose own document did not: with others, or by our doing."""
        group = (self.new.contracts.get(table) or self.old.contracts[table]).group
        if group == CODE_LISTS:
            return CODE_CHANGE
        is_fact = group == FACTS and bool(named)  # it rests on its own edition alone
        if self._has_any(self.came, named, is_fact=is_fact):
            return NEW_DOCUMENT
        if self._has_any(self.went, named, is_fact=is_fact):
            return WITHDRAWN_DOCUMENT
        corrected = bool(named & self._corrected_documents) if is_fact else bool(self._corrections)
        return CORRECTION if corrected else CODE_CHANGE

    def _has_any(self, documents: Set[str], named: Set[str], *, is_fact: bool) -> bool:
        if not is_fact:
            return bool(documents)
        return bool(self._editions(documents) & self._editions(named))

    def _editions(self, documents: Set[str]) -> frozenset[object]:
        known = {**self.old.documents, **self.new.documents}
        found = (known[id_].get("edition_id") for id_ in documents if id_ in known)
        return frozenset(edition for edition in found if edition)


def _changed_columns(old: Contract, new: Contract) -> frozenset[str]:
    before = {column.name: column for column in old.columns}
    return frozenset(
        column.name
        for column in new.columns
        if column.name in before
        for severity, _ in column_changes(before[column.name], column)
        if severity is not Severity.TEXT
    )


def _more(fewer: Mapping[str, Row], more: Mapping[str, Row]) -> frozenset[str]:
    """Return the documents that only `more` has, or has at hand."""
    return frozenset(
        id_
        for id_, row in more.items()
        if id_ not in fewer or (row.get("at_hand") and fewer[id_].get("at_hand") is False)
    )


@dataclass(frozen=True)
class _Comparison:
    """The comparison of one table."""

    base: "duckdb.DuckDBPyConnection"
    causes: Causes
    table: str

    @property
    def old(self) -> Side:
        return self.causes.old

    @property
    def new(self) -> Side:
        return self.causes.new

    def rows(self) -> Iterator[Row]:
        if not (self.old.has(self.table) and self.new.has(self.table)):
            yield self._whole_table()
            return
        yield from self._contract_changes()
        if self._is_comparable:
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
        change = ADDED if is_new else REMOVED
        return self._row(WHOLE_TABLE, change, CONTRACT_CHANGE, rows=count, note=told)

    @cached_property
    def _is_comparable(self) -> bool:
        """Whether the key of now tells the rows apart on both sides."""
        before = self.old.contracts[self.table].primary_key
        return set(before) <= set(self.key) <= set(self.common)

    def _contract_changes(self) -> Iterator[Row]:
        old, new = ({self.table: s.contracts[self.table]} for s in (self.old, self.new))
        told = [f"{c.severity.told}: {c.told}" for c in contract_changes(old, new)]
        if not self._is_comparable:
            told.append(f"its key is {', '.join(self.key)} now: its rows can't be compared")
        if told:
            yield self._row(CONTRACT, REVISED, CONTRACT_CHANGE, rows=0, note="; ".join(told))

    def _file_changes(self, name: str, old: Path | None, new: Path | None) -> Iterator[Row]:
        if old is None or new is None:
            path = new or old
            if path is not None and (count := self._count(path)):
                change = ADDED if new else REMOVED
                yield self._row(name, change, self._reason(), rows=count, note=f"{count:,} rows")
            return
        if old.samefile(new) or file_hash(old) == file_hash(new):
            return
        self._open(old, new)
        is_split = name != WHOLE_TABLE
        if is_split:
            yield from self._counted(name)
        told = 0
        for row in self._told(is_split=is_split):
            told += 1
            yield row
        if is_split and told == MAX_REVISED and (left := self._revised() - told):
            note = f"{left:,} more rows are revised, which are not told one by one"
            yield self._row(name, REVISED, self._reason(), rows=left, note=note)

    def _open(self, old: Path, new: Path) -> None:
        for name, path in (("old_rows", old), ("new_rows", new)):
            # DuckDB would take a bracket in a path for a pattern, and year=YYYY for a column.
            literal = PATTERN_SIGN.sub(lambda sign: f"[{sign[0]}]", path.as_posix())
            rows = f"read_parquet({_text(literal)}, hive_partitioning = false)"
            self.base.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {rows}")

    def _counted(self, name: str) -> Iterator[Row]:
        on = self._on("a", "b")
        for change, has, lacks in ((ADDED, "new", "old"), (REMOVED, "old", "new")):
            query = f"SELECT count(*) FROM {has}_rows a ANTI JOIN {lacks}_rows b ON {on}"  # noqa: S608
            (count,) = self.base.execute(query).fetchone() or (0,)
            if count:
                yield self._row(name, change, self._reason(), rows=count, note=f"{count:,} rows")

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
                self._reason(before, now, differing),
                columns=", ".join(differing) or None,
                **_figures(before, "old"),
                **_figures(now, "new"),
                record_old=before and json.dumps(before, ensure_ascii=False),
                record_new=now and json.dumps(now, ensure_ascii=False),
            )

    def _revised(self) -> int:
        (count,) = self.base.execute(
            f"SELECT count(*) FROM old_rows o JOIN new_rows n ON {self._on('o', 'n')} "  # noqa: S608
            f"WHERE {self._differs}"
        ).fetchone() or (0,)
        return int(count)

    @cached_property
    def _differs(self) -> str:
        return " OR ".join(f"o.{_name(c)} IS DISTINCT FROM n.{_name(c)}" for c in self.common)

    def _pairs(self, *, is_split: bool) -> Iterator[tuple[Row | None, Row | None]]:
        """Yield each record that differs, as it was and as it is, in order of the key."""
        packed = ", ".join(f"{_text(name)}: {{0}}.{_name(name)}" for name in self.common)
        order = ", ".join(f"coalesce(o.{_name(k)}, n.{_name(k)})" for k in self.key)
        found = self.base.execute(
            f"SELECT CASE WHEN o.here THEN to_json({{{packed.format('o')}}}) END, "  # noqa: S608
            f"CASE WHEN n.here THEN to_json({{{packed.format('n')}}}) END "
            "FROM (SELECT *, true AS here FROM old_rows) o "
            f"{'JOIN' if is_split else 'FULL JOIN'} "
            f"(SELECT *, true AS here FROM new_rows) n ON {self._on('o', 'n')} "
            f"WHERE o.here IS NULL OR n.here IS NULL OR {self._differs} ORDER BY {order}"
            f"{f' LIMIT {MAX_REVISED}' if is_split else ''}"
        )
        while pairs := found.fetchmany(BATCH):
            for before, now in pairs:
                yield before and json.loads(before), now and json.loads(now)

    def _reason(
        self, before: Row | None = None, now: Row | None = None, differing: Sequence[str] = ()
    ) -> str:
        return self.causes.of_row(self.table, before or {}, now or {}, differing)

    def _row(self, key: str, change: str, reason: str, **known: object) -> Row:
        told = {"table": self.table, "key": key, "change": change, "reason": reason}
        return {**told, "rows": 1, **known}

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
