"""The life of one figure: what each release said of it, and what each source said.

A figure is found by its primary key or a part of it, in the newest release that has it. A release
whose file of the table is the same, byte for byte, as in one before is not read again, so that a
store of a thousand releases is gone through in a moment. Releases that are listed but no longer
there are passed over.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import and_, or_
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pa_dataset

from ipsdata.contracts import Contract
from ipsdata.errors import ConfigurationError
from ipsdata.release.contents import CONTRACTS, read_contract
from ipsdata.release.index import MANIFEST, RELEASES, ReleaseEntry, read_index, read_manifest
from ipsdata.release.keys import KeyPart, key_parts, key_text, split_table
from ipsdata.release.parts import part_files

MAX_MATCHES = 10
MAX_NEAR = 3
NEAR = 60  # of 100
WORD = re.compile(r"[^\W_]+")
REPORTING = "reporting_"  # tables that repeat figures of others, ready to plot
ANNUAL, STATISTICS = "sis_annual", "sis_statistics"
# What tells apart who published a figure, and when, from what it is a figure of.
PUBLISHED = ("edition_id", "source", "vintage")
SERIES = ("indicator", "area", "category_id")

Row = dict[str, Any]


@dataclass(frozen=True)
class State:
    """What releases in a row said of a figure.

    Attributes:
        since: the first of them; `until` the last.
        releases: how many they are.
        row: the row; `None` where they had none.
        document: the path of the document it came from, where that is known.
        changed: the columns that differ from the state before, if both have a row.
    """

    since: str
    until: str
    releases: int
    row: Row | None
    document: str | None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """The life of one figure.

    Attributes:
        key: its primary key.
        states: what the releases said, oldest first; equal ones in a row are one.
        vintages: all that was published for it, by whomever and whenever, by date, as the newest
            release that has the figure holds it: rows of the same table, or of `sis_statistics` for
            a figure of `sis_annual`.
    """

    table: str
    key: Mapping[str, Any]
    states: Sequence[State]
    vintages: Sequence[Row]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        states = [vars(state) for state in self.states]
        return {**vars(self), "key": dict(self.key), "states": states}


@dataclass(frozen=True)
class _Release:
    """A release that is at hand."""

    release_id: str
    folder: Path
    known: dict[str, Contract] = field(compare=False, repr=False)  # by hash, of all releases

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        paths = sorted(path for path in self._hashes if path.startswith(f"{CONTRACTS}/"))
        return {Path(path).stem: self._contract(path) for path in paths}

    def _contract(self, path: str) -> Contract:
        digest = self._hashes[path]
        if digest not in self.known:
            self.known[digest] = read_contract(self.folder / path)
        return self.known[digest]

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {file["path"]: file["sha256"] for file in read_manifest(self.folder)["files"]}

    def state(self, table: str) -> tuple[str, ...]:
        """Return what changes whenever the table does: the hashes of its files."""
        own = (f"{table}.parquet", f"{table}/")
        found = [h for path, h in sorted(self._hashes.items()) if path.startswith(own)]
        return (*found, self._hashes.get(f"{CONTRACTS}/{table}.json", ""))

    def rows(self, table: str, condition: pc.Expression, columns: Sequence[str] = ()) -> list[Row]:
        contract = self.contracts[table]
        whole = self.folder / f"{table}.parquet"
        files = [whole] if contract.partition is None else part_files(self.folder, table)
        data = pa_dataset.dataset(files, schema=contract.arrow_schema, format="parquet")
        found: list[Row] = data.to_table(list(columns) or None, filter=condition).to_pylist()
        return found

    def document(self, row: Row | None) -> str | None:
        """Return the path of the document that a row came from."""
        named = row and row.get("document_id")
        if not named or "documents" not in self.contracts:
            return None
        found = self.rows("documents", pc.field("document_id") == named, ["path"])
        return found[0]["path"] if found else None


@dataclass(frozen=True)
class _Match:
    """A row whose key fits what was asked for."""

    release: _Release
    table: str
    key: Row

    def __str__(self) -> str:
        return f"{self.table}:{key_text(self.key)}"


def history(processed_dir: Path, key: str) -> History:
    """Return the life of one figure.

    Args:
        key: `table:column=value,column=value`, or less: without a table, all that have a column
            `value` are searched, but for those that repeat figures of others; a value without a
            column may be of any column of the key.

    Raises:
        ConfigurationError: no figure has this key, or several have it; the message names some.
        DataError: a release is damaged.
    """
    releases = _releases(processed_dir)
    match = _match(releases, key)
    states = list(_states(releases, match))
    return History(match.table, match.key, states, _vintages(match))


def _releases(processed_dir: Path) -> list[_Release]:
    entries: Sequence[ReleaseEntry] = read_index(processed_dir).releases
    folders = [(entry.release_id, processed_dir / RELEASES / entry.release_id) for entry in entries]
    known: dict[str, Contract] = {}
    found = [
        _Release(name, folder, known) for name, folder in folders if (folder / MANIFEST).is_file()
    ]
    if not found:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    return found


# Which figure


def _match(releases: Sequence[_Release], text: str) -> _Match:
    table, rest = split_table(text)
    parts = key_parts(rest)
    if table is not None:
        _require_table(table, releases)
    if not parts:
        raise ConfigurationError(
            f"found no key in {text!r}, expected some of its values, such as "
            "sis_annual:year=2020,area=SIS"
        )
    matches = _newest_matches(releases, table, parts)
    if not matches:
        raise ConfigurationError(f"no figure has the key {text!r}{_told_near(releases[-1], text)}")
    # A key that is given in full goes before one that is given in part.
    whole = [match for match in matches if len(match.key) == len(parts)]
    chosen = whole if len(whole) == 1 else matches
    if len(chosen) > 1:
        raise ConfigurationError(_told_ambiguous(text, chosen))
    return chosen[0]


def _require_table(table: str, releases: Sequence[_Release]) -> None:
    if any((release.folder / CONTRACTS / f"{table}.json").is_file() for release in releases):
        return
    known = ", ".join(releases[-1].contracts)
    raise ConfigurationError(f"no release has a table {table!r}; the newest has: {known}")


def _newest_matches(
    releases: Sequence[_Release], table: str | None, parts: Sequence[KeyPart]
) -> list[_Match]:
    searched: set[tuple[str, ...]] = set()
    for release in reversed(releases):
        found = []
        for name in _searchable(release, table):
            state = (name, *release.state(name))
            if state not in searched:
                searched.add(state)
                found += _matches(release, name, parts)
        if found:
            return found
    return []


def _searchable(release: _Release, table: str | None) -> list[str]:
    if table is not None:
        return [table] if table in release.contracts else []
    # A table of a hundred million rows is searched only when it is asked for.
    return [
        name
        for name, contract in release.contracts.items()
        if "value" in contract.names
        and contract.partition is None
        and not name.startswith(REPORTING)
    ]


def _matches(release: _Release, table: str, parts: Sequence[KeyPart]) -> list[_Match]:
    contract = release.contracts[table]
    conditions = [_condition(contract, part) for part in parts]
    if not all(conditions):
        return []
    condition = reduce(and_, [reduce(or_, each) for each in conditions])
    found = release.rows(table, condition, contract.primary_key)
    return [_Match(release, table, key) for key in found]


def _condition(contract: Contract, part: KeyPart) -> list[pc.Expression]:
    """Return what may hold, one for each column of the key that can have the value."""
    names = [name for name in contract.primary_key if part.column in {None, name}]
    types = {name: contract.arrow_schema.field(name).type for name in names}
    values = {name: _value(part.value, kind) for name, kind in types.items()}
    return [pc.field(name) == value for name, value in values.items() if value is not None]


def _value(text: str, kind: pa.DataType) -> pa.Scalar | None:
    try:
        return pa.scalar(text).cast(kind)
    except pa.ArrowInvalid:
        return None


def _told_near(release: _Release, text: str) -> str:
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only who mistypes needs it

    asked, _ = split_table(text)
    keys = [
        f"{name}:{key_text(row)}"
        for name in _searchable(release, asked)
        if release.contracts[name].partition is None
        for row in release.rows(name, pc.scalar(True), release.contracts[name].primary_key)
    ]
    found = process.extract(
        text, keys, scorer=fuzz.token_set_ratio, processor=_words, limit=None, score_cutoff=NEAR
    )
    # Of keys that have as many of the words, the one that is most like it as a whole goes first.
    found.sort(key=lambda hit: (-hit[1], -fuzz.ratio(_words(text), _words(hit[0]))))
    near = "".join(f"\n  {key}" for key, _, _ in found[:MAX_NEAR])
    how = "give table:column=value,column=value, or some of the values"
    return f"; near it are:{near}" if near else f": {how}"


def _words(text: str) -> str:
    return " ".join(WORD.findall(text.lower()))


def _told_ambiguous(text: str, matches: Sequence[_Match]) -> str:
    shown = "".join(f"\n  {match}" for match in matches[:MAX_MATCHES])
    left = len(matches) - MAX_MATCHES
    more = f"\n  and {left:,} more" if left > 0 else ""
    return f"{text!r} is the key of {len(matches):,} figures; give one of them:{shown}{more}"


# What was said of it


def _states(releases: Sequence[_Release], match: _Match) -> Iterator[State]:
    told: State | None = None
    rows: dict[tuple[str, ...], Row | None] = {}
    for release in releases:
        state = release.state(match.table)
        if state not in rows:
            rows[state] = _row(release, match)
        row = rows[state]
        if told is not None and told.row == row:
            told = replace(told, until=release.release_id, releases=told.releases + 1)
            continue
        changed: tuple[str, ...] = ()
        if told is not None:
            yield told
            changed = _changed(told.row, row)
        document = release.document(row)
        told = State(release.release_id, release.release_id, 1, row, document, changed)
    if told is not None:
        yield told


def _changed(before: Row | None, now: Row | None) -> tuple[str, ...]:
    if before is None or now is None:
        return ()
    return tuple(name for name in now if now[name] != before.get(name))


def _row(release: _Release, match: _Match) -> Row | None:
    contract = release.contracts.get(match.table)
    if contract is None or not match.key.keys() <= set(contract.names):
        return None
    # By their texts: the column may have had another type.
    conditions = [_condition_of(contract, name, value) for name, value in match.key.items()]
    known = [condition for condition in conditions if condition is not None]
    if len(known) < len(conditions):
        return None
    found = release.rows(match.table, reduce(and_, known))
    return found[0] if found else None


def _condition_of(contract: Contract, name: str, value: object) -> pc.Expression | None:
    typed = _value(str(value), contract.arrow_schema.field(name).type)
    return None if typed is None else pc.field(name) == typed


def _vintages(match: _Match) -> list[Row]:
    contracts = match.release.contracts
    if match.table == ANNUAL and STATISTICS in contracts:
        # A mean a day or an hour is no figure of the year.
        whole = pc.field("averaging") == "none"
        condition = _same(match.key, SERIES) & _within(match.key) & whole
        found = match.release.rows(STATISTICS, condition)
    elif set(PUBLISHED) & match.key.keys():
        same = [name for name in match.key if name not in PUBLISHED]
        if not same:
            return []
        found = match.release.rows(match.table, _same(match.key, same))
    else:
        return []
    return sorted(found, key=lambda row: [str(row.get(name)) for name in _ORDER])


_ORDER = ("published_on", "vintage", "time_period", "edition_id", "source")


def _same(key: Mapping[str, Any], names: Sequence[str]) -> pc.Expression:
    return reduce(and_, [pc.field(name) == key[name] for name in names])


def _within(key: Mapping[str, Any]) -> pc.Expression:
    """Choose what may stand for a year: what ends in it, and a stock of the next morning."""
    first, after = dt.date(key["year"], 1, 1), dt.date(key["year"] + 1, 1, 1)
    return (pc.field("period_end") >= first) & (pc.field("period_end") <= after)
