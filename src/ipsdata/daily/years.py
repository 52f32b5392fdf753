"""One year of daily counts: its days checked for double keys, validated, written as Parquet."""

import base64
import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ipsdata.contracts import Contract
from ipsdata.daily.codes import DAYS, FIRST_DAY, DailyCodes
from ipsdata.daily.coding import (
    AUTHORITY_BITS,
    BadRow,
    Codes,
    Flags,
    Ints,
    Problem,
    unpacked,
)
from ipsdata.daily.refusals import Refusals, SourceFile
from ipsdata.daily.spill import MONTH_OF_DAY, MONTHS_A_YEAR, RECORD, Records, Spill
from ipsdata.tables import PARQUET_OPTIONS
from ipsdata.validation import ENCODED_TEXT, Failure, contract_failures

MONTHLY = pa.schema(
    [
        ("month", pa.date32()),
        ("member_state", pa.string()),
        ("category_id", pa.string()),
        ("event", pa.string()),
        ("count", pa.int64()),
        ("days", pa.int32()),
    ]
)
ROWS_AT_ONCE = 262_144
EPOCH = (FIRST_DAY - dt.date(1970, 1, 1)).days
DAYS_A_MONTH = 31
EXACT_FLOATS = 2**53
# What readers skip row groups by; of texts they cost as much as all the rest of writing.
STATISTICS = ["date", "count"]
SHOWN_PLACES = 5
ARROW_SCHEMA = "ARROW:schema"


def _days_of_month() -> Codes:
    days = np.datetime64(FIRST_DAY, "D") + np.arange(DAYS)
    numbers: Codes = (days - days.astype("datetime64[M]")).astype(np.int32)
    return numbers


DAY_OF_MONTH = _days_of_month()


@dataclass
class YearCounts:
    """What was written for a year.

    Attributes:
        days: the days that have a row, as numbers from `FIRST_DAY`.
        documents: rows by document.
        content: the running fingerprint of the rows.
    """

    rows: int = 0
    days: set[int] = field(default_factory=set)
    member_numbers: set[int] = field(default_factory=set)
    documents: Counter[str] = field(default_factory=Counter)
    sums: dict[int, "MonthSums"] = field(default_factory=dict)
    content: Any = field(default_factory=hashlib.sha256)

    @property
    def members(self) -> int:
        """How many members have a row."""
        return len(self.member_numbers)

    @property
    def dates(self) -> list[dt.date]:
        """The days that have a row, in order."""
        return [FIRST_DAY + dt.timedelta(days=day) for day in sorted(self.days)]


@dataclass(frozen=True)
class YearWriter:
    """Writes the years of one load.

    Attributes:
        authorities: by their positions in the keys.
        files: by their numbers in the spill; `None` for one that was refused as a whole.
    """

    contract: Contract
    codes: DailyCodes
    authorities: Sequence[str]
    files: Sequence[SourceFile | None]

    def write(self, spill: Spill, year: int, path: Path, refusals: Refusals) -> YearCounts:
        """Write the rows of a year that hold, and refuse the others."""
        found = YearCounts()
        with _parquet_writer(path, self.contract) as writer:
            for parts in _gathered(self._stretches(spill, year, refusals)):
                kept = self._written(_Rows(parts, self), writer, refusals)
                self._count(kept, found)
        return found

    def _stretches(self, spill: Spill, year: int, refusals: Refusals) -> Iterator[Records]:
        doubles = [np.empty(0, dtype=RECORD)]
        for records in spill.stretches(year):
            kept = self._of_kept_files(records)
            is_double = _shares_its_key(kept)
            if is_double.any():
                doubles.append(kept[is_double])
                kept = kept[~is_double]
            yield kept
        if len(doubles) > 1:
            self._refuse_doubles(np.concatenate(doubles), refusals)

    def _of_kept_files(self, records: Records) -> Records:
        refused = [number for number, file in enumerate(self.files) if file is None]
        return records[~np.isin(records["file"], refused)] if refused else records

    def _refuse_doubles(self, records: Records, refusals: Refusals) -> None:
        """Refuse the rows that share a key: none of them is chosen."""
        places = _places(records, self.files)
        for bad, file, key in self._bad_rows(records):
            others = _others(places[key], _place(file, bad.line))
            told = f"found the same key as {others}, expected it once: none of them is chosen"
            problem = Problem("duplicate", told, advice="remove all but one")
            refusals.refuse_row(file, "validate", BadRow(bad.line, bad.day, (problem,), bad.texts))

    def _written(self, rows: "_Rows", writer: pq.ParquetWriter, refusals: Refusals) -> "_Rows":
        """Validate rows by their contract and write those that hold."""
        table = self._table(rows)
        failures = contract_failures(self.contract, table, part=True)
        if failures:
            records = np.concatenate(rows.parts)
            kept = self._refuse_failures(records, failures, refusals)
            rows = _Rows([records[kept]], self)
            table = self._table(rows)
        writer.write_table(table, row_group_size=ROWS_AT_ONCE)
        return rows

    def _refuse_failures(
        self, records: Records, failures: Sequence[Failure], refusals: Refusals
    ) -> Flags:
        told: dict[int, list[Failure]] = {}
        for failure in failures:
            told.setdefault(-1 if failure.row is None else failure.row, []).append(failure)
        kept = np.ones(len(records), dtype=np.bool_)
        rows = sorted(told) if -1 not in told else list(range(len(records)))
        kept[rows] = False
        for row, (bad, file, _) in zip(rows, self._bad_rows(records[rows]), strict=True):
            problems = tuple(
                Problem(
                    "contract",
                    f"{failure.column}: found {failure.value!r}, expected that it {failure.check}",
                )
                for failure in told.get(row, told.get(-1, []))
            )
            refusals.refuse_row(file, "validate", BadRow(bad.line, bad.day, problems, bad.texts))
        return kept

    def _bad_rows(self, records: Records) -> Iterator[tuple[BadRow, SourceFile, int]]:
        """Yield rows again as they stood in their files, with the file and their key."""
        table = self._table(_Rows([records], self)).to_pylist()
        for record, row in zip(records, table, strict=True):
            file = self.files[record["file"]]
            texts = {
                name: str(value)
                for name, value in row.items()
                if name not in ("document_id", "line")
            }
            if file is not None:
                yield BadRow(row["line"], 0, (), texts), file, int(record["key"])

    def _table(self, rows: "_Rows") -> pa.Table:
        key = rows.key
        instruments, articles = zip(*self.codes.laws, strict=True)
        columns = {
            "date": pa.array(key.days + EPOCH, pa.int32()).cast(pa.date32()),
            "member_state": _texts(key.members, self.codes.members),
            "instrument": _texts(key.categories, instruments),
            "article": _texts(key.categories, articles),
            "category_id": _texts(key.categories, self.codes.categories),
            "event": _texts(key.events, self.codes.events),
            "authority": _texts(*rows.authorities),
            "count": pa.array(rows.counts),
            "document_id": _texts(*rows.documents),
            "line": pa.array(rows.lines),
        }
        return pa.table(
            [columns[name] for name in self.contract.names], schema=encoded_schema(self.contract)
        )

    def _count(self, rows: "_Rows", found: YearCounts) -> None:
        key = rows.key
        self._fingerprint(rows, found)
        found.rows += len(rows.keys)
        places, documents = rows.documents
        for name, count in zip(documents, np.bincount(places).tolist(), strict=False):
            found.documents[name] += count
        found.days.update(_present(key.days))
        found.member_numbers.update(_present(key.members))
        groups = np.ravel_multi_index((key.members, key.categories, key.events), self._shape)
        days = DAY_OF_MONTH[key.days]
        for month, part in _runs(MONTH_OF_DAY[key.days]):
            sums = found.sums.setdefault(month, MonthSums(*self._shape))
            sums.add(groups[part], days[part], rows.counts[part])

    def _fingerprint(self, rows: "_Rows", found: YearCounts) -> None:
        """Add rows to a fingerprint that tells their texts, whatever their positions are here."""
        codes = self.codes
        authorities, names = rows.authorities
        places, documents = rows.documents
        told = (codes.members, codes.categories, codes.events, names, documents)
        found.content.update(json.dumps(told).encode())
        for part in (rows.keys >> AUTHORITY_BITS, authorities, rows.counts, rows.lines, places):
            found.content.update(part)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.codes.members), len(self.codes.categories), len(self.codes.events)

    def monthly(self, found: YearCounts) -> pa.Table:
        """Return the sums of a year by month, member, category and event."""
        tables = [self._month_table(month, sums) for month, sums in sorted(found.sums.items())]
        return pa.concat_tables([MONTHLY.empty_table(), *tables])

    def _month_table(self, month: int, sums: "MonthSums") -> pa.Table:
        days = sums.days
        groups = np.flatnonzero(days)
        places = np.unravel_index(groups, self._shape)
        names = (self.codes.members, self.codes.categories, self.codes.events)
        first = dt.date(month // MONTHS_A_YEAR, month % MONTHS_A_YEAR + 1, 1)
        return pa.table(
            [
                pa.array([first] * len(groups), pa.date32()),
                *(
                    pa.array(known, pa.string()).take(pa.array(place))
                    for known, place in zip(names, places, strict=True)
                ),
                pa.array(sums.counts[groups]),
                pa.array(days[groups]),
            ],
            schema=MONTHLY,
        )


class _Rows:
    """Rows of a year, taken apart once for their table, their fingerprint and their sums."""

    def __init__(self, parts: Sequence[Records], writer: YearWriter) -> None:
        self.parts = parts
        self.keys: Ints = np.concatenate([part["key"] for part in parts])
        self.counts: Ints = np.concatenate([part["count"] for part in parts])
        self.lines: Codes = np.concatenate([part["line"] for part in parts])
        self.key = unpacked(self.keys)
        self.authorities = _used(self.key.authorities, writer.authorities)
        documents = [file.document_id if file else "" for file in writer.files]
        self.documents = _used(np.concatenate([part["file"] for part in parts]), documents)


def _present(numbers: Codes) -> list[int]:
    """Return the numbers that occur, each once."""
    found: list[int] = np.flatnonzero(np.bincount(numbers)).tolist()
    return found


def _runs(numbers: Codes) -> Iterator[tuple[int, slice]]:
    """Yield each stretch of equal numbers, with the number."""
    bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for first, last in pairwise(bounds):
        if first < last:
            yield int(numbers[first]), slice(first, last)


class MonthSums:
    """The sums of a month, by member, category and event as one number."""

    def __init__(self, members: int, categories: int, events: int) -> None:
        """Start with none; the arguments say how many there are of each."""
        self._size = members * categories * events
        self.counts = np.zeros(self._size, dtype=np.int64)
        self._seen = np.zeros((DAYS_A_MONTH, self._size), dtype=np.bool_)

    @property
    def days(self) -> Codes:
        """On how many days each has a row."""
        days: Codes = self._seen.sum(axis=0, dtype=np.int32)
        return days

    def add(self, groups: Ints, days: Codes, counts: Ints) -> None:
        """Add rows; `days` are days of the month, from 0."""
        self._seen[days, groups] = True
        # bincount adds as float64, exact below 2**53: where a sum may be more, halves of 32 bits
        # are added, which stay there.
        if counts.max(initial=0) < EXACT_FLOATS // max(len(counts), 1):
            self.counts += np.bincount(groups, counts, self._size).astype(np.int64)
            return
        high = np.bincount(groups, counts >> 32, self._size).astype(np.int64)
        low = np.bincount(groups, counts & 2**32 - 1, self._size).astype(np.int64)
        self.counts += (high << 32) + low


def _gathered(stretches: Iterator[Records]) -> Iterator[list[Records]]:
    """Gather small stretches, and cut large ones, to what is worth validating at once."""
    waiting: list[Records] = []
    for part in (part for stretch in stretches for part in _cut(stretch)):
        if waiting and sum(map(len, waiting)) + len(part) > ROWS_AT_ONCE:
            yield waiting
            waiting = []
        waiting.append(part)
    yield waiting or [np.empty(0, dtype=RECORD)]


def _cut(stretch: Records) -> list[Records]:
    """Cut a stretch that is too large into parts of the same size."""
    return np.array_split(stretch, -(-len(stretch) // ROWS_AT_ONCE) or 1)


def _shares_its_key(records: Records) -> Flags:
    """Return which rows have a key that another one has."""
    keys = np.sort(records["key"])
    doubled = np.unique(keys[1:][keys[1:] == keys[:-1]])
    if not len(doubled):
        return np.zeros(len(records), dtype=np.bool_)
    return np.isin(records["key"], doubled)


def _places(records: Records, files: Sequence[SourceFile | None]) -> dict[int, list[str]]:
    places: dict[int, list[str]] = {}
    for record in records:
        file = files[record["file"]]
        if file is not None:
            places.setdefault(int(record["key"]), []).append(_place(file, int(record["line"])))
    return places


def _others(places: Sequence[str], own: str) -> str:
    """Name the other places of a key, but not all of thousands."""
    shown = [place for place in places[: SHOWN_PLACES + 1] if place != own][:SHOWN_PLACES]
    more = len(places) - 1 - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _used(positions: Codes, values: Sequence[str]) -> tuple[Codes, list[str]]:
    """Return the values that stand in a row, sorted, and the place of each row's among them.

    A year's bytes may not tell what else was loaded with it, or refused.
    """
    counts = np.bincount(positions, minlength=len(values))
    used = sorted(np.flatnonzero(counts).tolist(), key=values.__getitem__)
    ranks = np.zeros(len(values), dtype=np.int32)
    ranks[used] = np.arange(len(used), dtype=np.int32)
    return ranks[positions], [values[place] for place in used]


def _place(file: SourceFile, line: int) -> str:
    return f"{file.name}, line {line}"


def _texts(positions: Codes, values: Sequence[str]) -> pa.DictionaryArray:
    # Of a dictionary with a value twice, Arrow writes bytes into Parquet that nothing has set.
    known = {value: place for place, value in enumerate(dict.fromkeys(values))}
    if len(known) < len(values):
        positions = np.array([known[value] for value in values], dtype=np.int32)[positions]
    return pa.DictionaryArray.from_arrays(
        pa.array(positions, pa.int32()), pa.array(list(known), pa.string())
    )


def encoded_schema(contract: Contract) -> pa.Schema:
    """Return the contract's schema with its texts as dictionaries, as they are held in memory."""
    return pa.schema(
        [
            pa.field(f.name, ENCODED_TEXT, f.nullable)
            if f.type == pa.string()
            else f.remove_metadata()
            for f in contract.arrow_schema
        ]
    )


@contextmanager
def _parquet_writer(path: Path, contract: Contract) -> Iterator[pq.ParquetWriter]:
    """Open a Parquet file for tables whose texts are dictionaries, but which holds plain texts.

    A dictionary is written as it is, without looking at each row's text again. The schema that the
    file tells is the contract's all the same: no reader sees a dictionary.
    """
    schema = contract.arrow_schema
    texts = [f.name for f in schema if f.type == pa.string()]
    writer = pq.ParquetWriter(
        path,
        encoded_schema(contract),
        **{
            **PARQUET_OPTIONS,
            "use_dictionary": texts,
            "store_schema": False,
            "write_statistics": STATISTICS,
        },
    )
    try:
        yield writer
        told = base64.b64encode(schema.serialize().to_pybytes()).decode()
        writer.add_key_value_metadata({ARROW_SCHEMA: told})
    finally:
        writer.close()
