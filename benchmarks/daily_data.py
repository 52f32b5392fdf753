"""Make daily counts of the Schengen Information System, as large and as faulty as asked.

    python -m benchmarks.daily_data --rows 10000000 --out FOLDER [--format csv|csv.gz|parquet]
        [--files N] [--first-year 2013] [--last-year 2024] [--faults 0.01] [--kinds decimal,future]
        [--seed 1]

The numbers are invented; the states, categories, dates and authorities are as the rules allow them.
The same seed makes the same bytes. Each day of the years asked for draws its rows from the cells
(state, category, event, authority) that are valid on it; there are as many authorities a state as
the rows need. A faulty row stands in the place of a right one: the number of rows stays the same.
"""

import csv
import datetime as dt
import gzip
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
CATEGORIES = ROOT / "schemas" / "codes" / "sis_categories.csv"
MEMBERSHIP = ROOT / "schemas" / "codes" / "sis_membership.csv"

COLUMNS = (
    "date",
    "member_state",
    "instrument",
    "article",
    "category",
    "event",
    "authority",
    "count",
)
FORMATS = ("csv", "csv.gz", "parquet")
MEDIA_TYPES = {
    "csv": "text/csv",
    "csv.gz": "application/gzip",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK_ROWS = 1_000_000
DENSITY = 0.9  # of the cells of a day, at most this share has a row
FEWEST_AUTHORITIES = 3
MOST_AUTHORITIES = 40
GZIP_LEVEL = 4
RETRIES = 100
NEAR = 500  # rows between a row and its duplicate, at most

START = dt.date(2013, 4, 9)  # of SIS II
BORDER_CATEGORIES = frozenset({"1987/2006:24", "2018/1861:24", "2018/1860:3"})

# Millions of inhabitants, roughly: the size of a state's figures.
SIZES = {
    "AT": 9, "BE": 12, "BG": 7, "CH": 9, "CY": 1, "CZ": 11, "DE": 83, "DK": 6, "EE": 1.3,
    "ES": 48, "FI": 5.6, "FR": 68, "GB": 67, "GR": 10, "HR": 4, "HU": 10, "IE": 5, "IS": 0.4,
    "IT": 59, "LI": 0.04, "LT": 2.9, "LU": 0.7, "LV": 1.9, "MT": 0.5, "NL": 70, "NO": 5.5,
    "PL": 37, "PT": 10, "RO": 19, "SE": 10.5, "SI": 2.1, "SK": 5.4,
}  # fmt: skip

USUAL_SIZE = 5

AUTHORITIES = ("POL", "BORDER", "CUSTOMS", "MIGRATION", "VEHICLES", "JUSTICE", "CONSULAR", "COAST")
DUTCH_AUTHORITIES = ("POL", "KMAR", "IND", "RDW", "DOUANE", "OM", "BZ", "KUSTWACHT")


@dataclass(frozen=True)
class Event:
    """What is counted.

    Attributes:
        a_day: all states together, on a day of 2013.
        growth: from one year to the next.
        week: the factor of each weekday, from Monday.
        dip: the factor of March to December 2020.
    """

    name: str
    a_day: float
    growth: float
    week: tuple[float, ...]
    dip: float


SEARCH_WEEK = (1.08, 1.10, 1.09, 1.08, 1.05, 0.85, 0.75)
OFFICE_WEEK = (1.25, 1.25, 1.22, 1.20, 1.10, 0.55, 0.43)
EVEN_WEEK = (1.0,) * 7
EVENTS = (
    Event("search", 3_000_000, 1.18, SEARCH_WEEK, 0.62),
    Event("automated_search", 400_000, 1.42, EVEN_WEEK, 0.75),
    Event("hit", 350, 1.11, SEARCH_WEEK, 0.7),
    Event("alert_created", 18_000, 1.04, OFFICE_WEEK, 0.85),
    Event("alert_updated", 14_000, 1.05, OFFICE_WEEK, 0.9),
    Event("alert_deleted", 12_000, 1.04, OFFICE_WEEK, 0.85),
    Event("alert_expired", 4_000, 1.03, EVEN_WEEK, 1.0),
)


@dataclass(frozen=True)
class Category:
    """A category of alerts that has no parts, and the days on which it is valid."""

    name: str
    instrument: str
    article: str
    first: dt.date
    last: dt.date

    def is_valid(self, day: dt.date) -> bool:
        """Tell whether the category is valid on `day`."""
        return self.first <= day <= self.last


def leaf_categories(path: Path = CATEGORIES) -> list[Category]:
    """Return the categories of the code list that no other category of the instrument refines."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["instrument"]]
    refined = {
        (row["instrument"], row.get(key) or "")
        for row in rows
        for key in ("parent_id", "also_part_of")
    }
    return [
        Category(
            row["category_id"],
            row["instrument"],
            row["article"],
            dt.date.fromisoformat(row["valid_from"] or "0001-01-01"),
            dt.date.fromisoformat(row["valid_until"] or "9999-12-31"),
        )
        for row in rows
        if (row["instrument"], row["category_id"]) not in refined
    ]


@dataclass(frozen=True)
class Stay:
    """Days on which a state takes part, and whether in refusal of entry and return too."""

    state: str
    first: dt.date
    last: dt.date
    has_borders: bool


@cache
def stays(path: Path = MEMBERSHIP) -> tuple[Stay, ...]:
    """Return who takes part, and when, by the code list."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Stay(
                row["country_code"],
                dt.date.fromisoformat(row["valid_from"]),
                dt.date.fromisoformat(row["valid_until"] or "9999-12-31"),
                row["refusal_of_entry"] == "true",
            )
            for row in csv.DictReader(file)
        )


@cache
def states() -> tuple[str, ...]:
    """Return the codes of all states that ever took part, in order."""
    return tuple(sorted({stay.state for stay in stays()}))


@cache
def is_member(state: str, day: dt.date) -> bool:
    """Tell whether a state reports on `day`."""
    return any(stay.state == state and stay.first <= day <= stay.last for stay in stays())


def may_report(state: str, category: str, day: dt.date) -> bool:
    """Tell whether a state may have rows of a category on `day`."""
    is_border = category in BORDER_CATEGORIES
    return any(
        stay.has_borders or not is_border
        for stay in stays()
        if stay.state == state and stay.first <= day <= stay.last
    )


# What is asked for, and what was made


@dataclass(frozen=True)
class Wanted:
    """What to make.

    Attributes:
        form: one of `FORMATS`.
        files: how many files; a day is never divided.
        faults: the share of rows that are wrong, at most a half.
        kinds: the kinds of faults, from `KINDS`; by default all that the format can hold.
    """

    rows: int
    form: str = "csv"
    files: int = 1
    first_year: int = 2013
    last_year: int = 2024
    faults: float = 0.0
    kinds: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what can't be made."""
        unknown = set(self.kinds) - set(kinds_of(self.form))
        if unknown:
            raise ValueError(
                f"found the kinds {sorted(unknown)}, expected of {self.form}: "
                f"{', '.join(kinds_of(self.form))}"
            )
        if not 0 <= self.faults <= 0.5:
            raise ValueError(f"found faults {self.faults}, expected 0 to 0.5")
        if not START.year <= self.first_year <= self.last_year:
            raise ValueError(
                f"found {self.first_year} to {self.last_year}, expected "
                f"{START.year} or later, first before last"
            )


@dataclass(frozen=True)
class Written:
    """What was made.

    Attributes:
        rows: how many rows, right and wrong.
        files: the files, in order of date.
        faults: file name, line (the header is line 1; in Parquet, the row, from 1) and kind of each
            wrong row, in order.
    """

    rows: int
    files: tuple[Path, ...]
    faults: tuple[tuple[str, int, str], ...]

    def summary(self) -> dict[str, Any]:
        """Return the numbers, without the lines."""
        kinds = Counter(kind for _, _, kind in self.faults)
        return {
            "rows": self.rows,
            "faults": len(self.faults),
            "kinds": dict(sorted(kinds.items())),
            "files": [str(path) for path in self.files],
        }


def generate(folder: Path, wanted: Wanted) -> Written:
    """Write the files into `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    calendar = Calendar(wanted)
    faults = _placed_faults(wanted, calendar)
    paths = tuple(folder / name for name in _file_names(wanted))
    found: list[tuple[str, int, str]] = []
    for path, days in zip(paths, calendar.days_of_files(), strict=True):
        first_row = int(calendar.starts[days.start])
        offset = first_row - (1 if wanted.form == "parquet" else 2)
        with _writer(path, wanted.form) as write:
            for chunk in _chunks(calendar, days, wanted.seed):
                mine = faults.between(chunk.first_row, chunk.first_row + len(chunk))
                write(chunk, mine)
                found.extend((path.name, row - offset, kind) for row, kind in mine)
    return Written(wanted.rows, paths, tuple(found))


def _file_names(wanted: Wanted) -> list[str]:
    if wanted.files == 1:
        return [f"daily.{wanted.form}"]
    return [f"daily-{number:03}.{wanted.form}" for number in range(1, wanted.files + 1)]


# Days and cells


@dataclass(frozen=True)
class Cells:
    """All rows that a day may have, but for date and count."""

    members: np.ndarray
    categories: np.ndarray
    events: np.ndarray
    authorities: np.ndarray
    sizes: np.ndarray
    names: tuple[Sequence[str], Sequence[Category], Sequence[str]]

    @cached_property
    def columns(self) -> dict[str, pa.Array]:
        """The columns between date and count, a value a cell."""
        states, categories, authorities = self.names
        return {
            "member_state": _taken(states, self.members),
            "instrument": _taken([each.instrument for each in categories], self.categories),
            "article": _taken([each.article for each in categories], self.categories),
            "category": _taken([each.name for each in categories], self.categories),
            "event": _taken([each.name for each in EVENTS], self.events),
            "authority": _taken(authorities, self.authorities),
        }

    @cached_property
    def lines(self) -> pa.Array:
        """The same as text with commas."""
        return pc.binary_join_element_wise(*self.columns.values(), ",")

    @cached_property
    def rarity(self) -> np.ndarray:
        """What a draw of each cell is multiplied with: large cells are there nearly every day."""
        return 1 / np.maximum(self.sizes, 1e-3) ** 0.25


def _taken(values: Sequence[str], indices: np.ndarray) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(indices))


class Calendar:
    """The days of the years asked for, with the rows and cells of each."""

    def __init__(self, wanted: Wanted) -> None:
        """Divide the rows over the days, in proportion to the cells of each."""
        first = max(START, dt.date(wanted.first_year, 1, 1))
        number = (dt.date(wanted.last_year, 12, 31) - first).days + 1
        self.files = wanted.files
        self.days = [first + dt.timedelta(days) for days in range(number)]
        self.categories = leaf_categories()
        self.regimes = _regimes(self.days, self.categories)
        self.authorities = self._authorities_needed(wanted.rows)
        cells = np.array([len(self._pairs(regime)) for regime in self.regimes], dtype=np.int64)
        until = np.concatenate([[0], np.cumsum(cells)])
        self.starts = until * wanted.rows // until[-1]
        self.seed = wanted.seed
        self._known: dict[dt.date, Cells] = {}

    def _authorities_needed(self, rows: int) -> int:
        pairs = sum(len(self._pairs(regime)) for regime in self.regimes)
        needed = int(-(-rows // (DENSITY * pairs * len(EVENTS))))
        if needed > MOST_AUTHORITIES:
            most = int(MOST_AUTHORITIES * DENSITY * pairs * len(EVENTS))
            raise ValueError(f"found {rows:,} rows, expected at most {most:,} in these years")
        return max(FEWEST_AUTHORITIES, needed)

    def _pairs(self, day: dt.date) -> list[tuple[int, int]]:
        known = self.__dict__.setdefault("_known_pairs", {})
        if day not in known:
            known[day] = [
                (state, category)
                for state, code in enumerate(states())
                for category, each in enumerate(self.categories)
                if each.is_valid(day) and may_report(code, each.name, day)
            ]
        return known[day]

    def days_of_files(self) -> list[range]:
        """Return the days of each file: about as many rows in each."""
        total = int(self.starts[-1])
        edges = [
            int(np.searchsorted(self.starts[:-1], total * file // self.files))
            for file in range(self.files)
        ]
        return [range(*edge) for edge in itertools.pairwise([*edges, len(self.days)])]

    def cells(self, day: int) -> Cells:
        """Return the cells of a day."""
        regime = self.regimes[day]
        if regime not in self._known:
            self._known = {regime: self._cells(regime)}
        return self._known[regime]

    def _cells(self, regime: dt.date) -> Cells:
        pairs = np.array(self._pairs(regime), dtype=np.int32)
        per_pair = self.authorities * len(EVENTS)
        members, categories = np.repeat(pairs, per_pair, axis=0).T
        inner = np.tile(np.arange(per_pair, dtype=np.int32), len(pairs))
        events, kinds = np.divmod(inner, np.int32(self.authorities))
        sizes = self._sizes(members, categories, events, kinds)
        names = (states(), self.categories, self._authority_names())
        return Cells(members, categories, events, members * self.authorities + kinds, sizes, names)

    def _sizes(
        self, members: np.ndarray, categories: np.ndarray, events: np.ndarray, kinds: np.ndarray
    ) -> np.ndarray:
        random = np.random.default_rng([self.seed, 0])
        by_state = np.array([SIZES.get(state, USUAL_SIZE) for state in states()])
        by_category = random.lognormal(0, 1, len(self.categories))
        by_kind = 1 / np.arange(1, self.authorities + 1) ** 1.3
        a_day = np.array([event.a_day for event in EVENTS])
        shares = (by_state / by_state.sum())[members]
        shares = shares * (by_category / by_category.sum())[categories]
        return shares * (by_kind / by_kind.sum())[kinds] * a_day[events] * 2

    def _authority_names(self) -> list[str]:
        return [
            f"{state}-{_authority(state, number)}"
            for state in states()
            for number in range(self.authorities)
        ]

    def factors(self, day: int) -> np.ndarray:
        """Return what the size of each event is multiplied with on a day."""
        date = self.days[day]
        in_dip = date.year == 2020 and date.month >= 3
        years = date.year - START.year + (date.timetuple().tm_yday / 366)
        return np.array(
            [
                event.growth**years * event.week[date.weekday()] * (event.dip if in_dip else 1)
                for event in EVENTS
            ]
        )


def _authority(state: str, number: int) -> str:
    names = DUTCH_AUTHORITIES if state == "NL" else AUTHORITIES
    series, place = divmod(number, len(names))
    return names[place] + (f"{series + 1:02}" if series else "")


def _regimes(days: Sequence[dt.date], categories: Sequence[Category]) -> list[dt.date]:
    """Return for each day the first day on which the same states and categories were valid."""
    day_after = dt.timedelta(1)
    changes = {stay.first for stay in stays()}
    changes |= {stay.last + day_after for stay in stays() if stay.last < dt.date.max}
    changes |= {each.first for each in categories}
    changes |= {each.last + day_after for each in categories if each.last < dt.date.max}
    changes |= {days[0]}
    known = np.array(sorted(change for change in changes if change >= days[0]))
    places = np.searchsorted(known, np.array(days), side="right") - 1
    return list(known[places])


# Rows


@dataclass(frozen=True)
class Chunk:
    """Rows of consecutive days with the same cells.

    Attributes:
        first_row: the number of its first row among all, from 0.
        days: the day of each row, as a place in `dates`.
        places: the cell of each row.
    """

    first_row: int
    dates: Sequence[dt.date]
    days: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    cells: Cells

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.counts)

    def row(self, number: int) -> dict[str, str]:
        """Return a row, as printed."""
        place = int(self.places[number])
        columns = self.cells.columns
        row = {name: columns[name][place].as_py() for name in columns}
        day = self.dates[int(self.days[number])].isoformat()
        return {"date": day, **row, "count": str(self.counts[number])}


def _chunks(calendar: Calendar, days: range, seed: int) -> Iterator[Chunk]:
    for group in _groups(calendar, days):
        cells = calendar.cells(group[0])
        parts = [_day(calendar, day, cells, seed) for day in group]
        lengths = [len(places) for places, _ in parts]
        yield Chunk(
            int(calendar.starts[group[0]]),
            [calendar.days[day] for day in group],
            np.repeat(np.arange(len(group), dtype=np.int32), lengths),
            np.concatenate([places for places, _ in parts]),
            np.concatenate([counts for _, counts in parts]),
            cells,
        )


def _groups(calendar: Calendar, days: range) -> Iterator[list[int]]:
    """Cut days into groups of about a million rows, all of one regime."""
    group: list[int] = []
    for day in days:
        if group and (
            calendar.regimes[day] != calendar.regimes[group[0]]
            or calendar.starts[day + 1] - calendar.starts[group[0]] > CHUNK_ROWS
        ):
            yield group
            group = []
        group.append(day)
    if group:
        yield group


def _day(calendar: Calendar, day: int, cells: Cells, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng([seed, calendar.days[day].toordinal()])
    rows = int(calendar.starts[day + 1] - calendar.starts[day])
    draws = random.standard_exponential(len(cells.sizes)) * cells.rarity
    places = np.sort(np.argpartition(draws, rows)[:rows]).astype(np.int32)
    mean = cells.sizes[places] * calendar.factors(day)[cells.events[places]]
    noise = np.exp(random.standard_normal(rows, dtype=np.float32) * np.float32(0.8) - 0.32)
    return places, np.floor(mean * noise + random.random(rows)).astype(np.int64)


# Faults


def _set(**cells: str) -> Callable[["Chunk", int, int], dict[str, str]]:
    return lambda chunk, row, _: chunk.row(row) | cells


def _negative(chunk: Chunk, row: int, _: int) -> dict[str, str]:
    return chunk.row(row) | {"count": f"-{chunk.counts[row] + 1}"}


def _overflow(chunk: Chunk, row: int, number: int) -> dict[str, str]:
    return chunk.row(row) | {"count": ("9223372036854775808", "99999999999999999999")[number % 2]}


def _text(chunk: Chunk, row: int, number: int) -> dict[str, str]:
    return chunk.row(row) | {"count": ("onbekend", "12 000", "1.234.567", "1e3")[number % 4]}


def _empty(chunk: Chunk, row: int, number: int) -> dict[str, str]:
    return chunk.row(row) | {COLUMNS[number % len(COLUMNS)]: ""}


def _not_yet(chunk: Chunk, row: int, _: int) -> dict[str, str]:
    found = chunk.row(row)
    day = dt.date.fromisoformat(found["date"])
    state = next(state for state in reversed(states()) if not is_member(state, day))
    authority = state + found["authority"][2:]
    return found | {"member_state": state, "authority": authority}


def _unknown_category(chunk: Chunk, row: int, _: int) -> dict[str, str]:
    found = chunk.row(row)
    return found | {"category": f"{found['instrument']}:{found['article']}/unicorns"}


def _expired(chunk: Chunk, row: int, number: int) -> dict[str, str]:
    found = chunk.row(row)
    day = dt.date.fromisoformat(found["date"])
    others = [
        each
        for each in chunk.cells.names[1]
        if not each.is_valid(day) and each.name not in BORDER_CATEGORIES
    ]
    other = others[number % len(others)]
    return found | {
        "instrument": other.instrument,
        "article": other.article,
        "category": other.name,
    }


def _contradiction(chunk: Chunk, row: int, number: int) -> dict[str, str]:
    found = chunk.row(row)
    if number % 2:
        return found | {"article": "99"}
    is_recast = found["instrument"].startswith("2018/")
    return found | {"instrument": "2007/533" if is_recast else "2018/1862"}


def _authority_abroad(chunk: Chunk, row: int, _: int) -> dict[str, str]:
    found = chunk.row(row)
    other = "DE" if found["member_state"] != "DE" else "FR"
    return found | {"authority": other + found["authority"][2:]}


def _wrong(found: dict[str, str]) -> bytes:
    return ",".join(found.values()).encode()


def _few(chunk: Chunk, row: int, number: int) -> bytes:
    cells = list(chunk.row(row).values())
    del cells[number % len(cells)]
    return ",".join(cells).encode()


def _many(chunk: Chunk, row: int, _: int) -> bytes:
    return _wrong(chunk.row(row)) + b",extra"


def _encoding(chunk: Chunk, row: int, _: int) -> bytes:
    found = chunk.row(row)
    return _wrong(found | {"authority": found["authority"][:3] + "~"}).replace(b"~", b"P\xffL")


Fault = Callable[[Chunk, int, int], dict[str, str]]
ROW_FAULTS: dict[str, Fault] = {
    "decimal": _set(count="12.5"),
    "negative": _negative,
    "overflow": _overflow,
    "text": _text,
    "empty": _empty,
    "future": _set(date="2099-01-01"),
    "impossible": _set(date="2023-02-30"),
    "member": lambda chunk, row, _: (
        (found := chunk.row(row))
        | {"member_state": "ZZ", "authority": "ZZ" + found["authority"][2:]}
    ),
    "membership": _not_yet,
    "category": _unknown_category,
    "category_date": _expired,
    "contradiction": _contradiction,
    "event": _set(event="sighting"),
    "authority": _authority_abroad,
}
LINE_FAULTS: dict[str, Callable[[Chunk, int, int], bytes]] = {
    "cells_few": _few,
    "cells_many": _many,
    "encoding": _encoding,
}
DUPLICATE = "duplicate"
KINDS = (*ROW_FAULTS, DUPLICATE, *LINE_FAULTS)
TEXT_ONLY = frozenset({"decimal", "overflow", "text", "impossible", *LINE_FAULTS})


def kinds_of(form: str) -> tuple[str, ...]:
    """Return the kinds of faults that a format can hold: a typed column has no text in it."""
    return tuple(kind for kind in KINDS if form != "parquet" or kind not in TEXT_ONLY)


@dataclass(frozen=True)
class Placed:
    """The rows that are wrong, in order, and how."""

    rows: np.ndarray
    kinds: np.ndarray
    names: tuple[str, ...]

    def between(self, first: int, end: int) -> list[tuple[int, str]]:
        """Return row and kind of the faults from `first` up to `end`."""
        start, stop = np.searchsorted(self.rows, [first, end])
        kinds = (self.names[kind] for kind in self.kinds[start:stop])
        return list(zip(self.rows[start:stop].tolist(), kinds, strict=True))


def _placed_faults(wanted: Wanted, calendar: Calendar) -> Placed:
    names = wanted.kinds or kinds_of(wanted.form)
    number = round(wanted.rows * wanted.faults)
    random = np.random.default_rng([wanted.seed, 1])
    edges = np.arange(number + 1) * wanted.rows // max(number, 1)
    rows = random.integers(edges[:-1], edges[1:]) if number else edges[:0]
    kinds = random.permutation(np.arange(number) % len(names))
    is_duplicate = kinds == (names.index(DUPLICATE) if DUPLICATE in names else -1)
    for _ in range(RETRIES):
        lonely = np.isin(rows, calendar.starts) | np.isin(rows - 1, rows)
        again = np.flatnonzero(is_duplicate & lonely)
        if not len(again):
            return Placed(rows, kinds, names)
        rows[again] = random.integers(edges[again], edges[again + 1])
    raise ValueError("found too few rows a day for duplicates, expected fewer days or more rows")


def _copied(chunk: Chunk, row: int, taken: set[int]) -> dict[str, str]:
    """Return the key of an earlier, right row of the same day, with another count."""
    start = int(np.searchsorted(chunk.days, chunk.days[row]))
    target = max(start, row - 1 - int(chunk.places[row]) % NEAR)
    if target in taken:
        target = row - 1
    found = chunk.row(target)
    return found | {"count": str(int(found["count"]) + 1)}


def _wrong_rows(chunk: Chunk, faults: Sequence[tuple[int, str]]) -> list[dict[str, str] | bytes]:
    taken = {row - chunk.first_row for row, _ in faults}
    made: list[dict[str, str] | bytes] = []
    numbers: Counter[str] = Counter()
    for row, kind in faults:
        local, number = row - chunk.first_row, numbers[kind]
        numbers[kind] += 1
        if kind == DUPLICATE:
            made.append(_copied(chunk, local, taken))
        elif kind in ROW_FAULTS:
            made.append(ROW_FAULTS[kind](chunk, local, number))
        else:
            made.append(LINE_FAULTS[kind](chunk, local, number))
    return made


# Files

Write = Callable[[Chunk, Sequence[tuple[int, str]]], None]


@contextmanager
def _writer(path: Path, form: str) -> Iterator[Write]:
    if form == "parquet":
        with pq.ParquetWriter(path, SCHEMA, compression="snappy") as parquet:
            yield lambda chunk, faults: parquet.write_table(_table(chunk, faults))
        return
    with path.open("wb") as raw, _packed(raw, form) as file:
        file.write(",".join(COLUMNS).encode())
        yield lambda chunk, faults: _write_lines(file, _lines(chunk, faults))
        file.write(b"\n")


@contextmanager
def _packed(raw: IO[bytes], form: str) -> Iterator[IO[bytes]]:
    if form == "csv":
        yield raw
        return
    with gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as file:
        yield file


def _lines(chunk: Chunk, faults: Sequence[tuple[int, str]]) -> pa.Array:
    """Return the rows as text, each with the line break before it."""
    days = pa.array([f"\n{day}" for day in chunk.dates]).take(pa.array(chunk.days))
    cells = chunk.cells.lines.take(pa.array(chunk.places))
    counts = pa.array(chunk.counts).cast(pa.string())
    lines = pc.binary_join_element_wise(days, cells, counts, ",").cast(pa.binary())
    if not faults:
        return lines
    wrong = _wrong_rows(chunk, faults)
    texts = [b"\n" + (each if isinstance(each, bytes) else _wrong(each)) for each in wrong]
    return pc.replace_with_mask(lines, _mask(chunk, faults), pa.array(texts, pa.binary()))


def _mask(chunk: Chunk, faults: Sequence[tuple[int, str]]) -> pa.Array:
    mask = np.zeros(len(chunk), dtype=bool)
    mask[[row - chunk.first_row for row, _ in faults]] = True
    return pa.array(mask)


def _write_lines(file: IO[bytes], lines: pa.Array) -> None:
    _, offsets, data = lines.buffers()
    edges = np.frombuffer(offsets, np.int32)
    first, last = int(edges[lines.offset]), int(edges[lines.offset + len(lines)])
    file.write(data.slice(first, last - first))


SCHEMA = pa.schema(
    [
        ("date", pa.date32()),
        *((name, pa.string()) for name in COLUMNS[1:-1]),
        ("count", pa.int64()),
    ]
)


def _table(chunk: Chunk, faults: Sequence[tuple[int, str]]) -> pa.Table:
    places = pa.array(chunk.places)
    columns = {name: values.take(places) for name, values in chunk.cells.columns.items()}
    columns["date"] = pa.array(chunk.dates, pa.date32()).take(pa.array(chunk.days))
    columns["count"] = pa.array(chunk.counts)
    if faults:
        mask = _mask(chunk, faults)
        wrong = pa.Table.from_pylist(_wrong_rows(chunk, faults))
        for field in SCHEMA:
            texts = wrong[field.name].combine_chunks()
            given = pc.if_else(pc.equal(texts, ""), None, texts).cast(field.type)
            columns[field.name] = pc.replace_with_mask(columns[field.name], mask, given)
    return pa.table([columns[name] for name in COLUMNS], schema=SCHEMA)


# An edition


def write_edition(folder: Path, wanted: Wanted) -> Written:
    """Write the files and their sidecar into the folder of an edition of data/raw."""
    written = generate(folder, wanted)
    write_sidecar(folder, written.files, f"{wanted.first_year}/{wanted.last_year}")
    return written


def write_sidecar(folder: Path, paths: Sequence[Path], period: str) -> None:
    """Write `source.yaml` for files of daily counts that stand in `folder`.

    Args:
        period: the days that each of them may hold, as EDTF.
    """
    head = (
        "collection: sis\n"
        f"title: Invented daily counts of the Schengen Information System ({folder.name})\n"
        "publisher: ipsdata\n"
        "url: null\n"
        "document_number: null\n"
        "published_on: null\n"
        'retrieved_on: "2026-11-24"\n'
        "language: en\n"
        "licence: CC0-1.0\n"
        f"citation: ipsdata, Invented daily counts ({folder.name})\n"
        "source_kind: eu_lisa\n"
        "files:\n"
    )
    files = (
        f"  - path: {path.name}\n"
        f"    media_type: {_media_type(path)}\n"
        f"    sha256: {_sha256(path)}\n"
        f'    layout: daily_counts\n    period: "{period}"\n'
        for path in paths
    )
    (folder / "source.yaml").write_text(head + "".join(files), encoding="utf-8")


def _media_type(path: Path) -> str:
    return next(kind for form, kind in MEDIA_TYPES.items() if path.name.endswith(f".{form}"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@click.command()
@click.option("--rows", type=click.IntRange(1), required=True)
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--files", type=click.IntRange(1), default=1, show_default=True)
@click.option("--first-year", type=int, default=2013, show_default=True)
@click.option("--last-year", type=int, default=2024, show_default=True)
@click.option("--faults", type=float, default=0.0, show_default=True, help="Share of rows.")
@click.option("--kinds", default="", help=f"Comma-separated, of: {', '.join(KINDS)}.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--edition", is_flag=True, help="Write source.yaml beside the files.")
def main(folder: Path, kinds: str, edition: bool, **options: Any) -> None:  # noqa: ANN401 - Wanted's
    """Make daily counts, and print as JSON what was made."""
    chosen = tuple(filter(None, kinds.split(",")))
    try:
        wanted = Wanted(kinds=chosen, **options)
        written = (write_edition if edition else generate)(folder, wanted)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    click.echo(json.dumps(written.summary(), indent=1))


if __name__ == "__main__":
    main()
