"""Code a block of daily counts: each row becomes a key and a count, or a list of what is wrong.

A key packs the day, member, category, event and authority of a row into 58 bits of one number, so
that rows with the same key are found by sorting numbers.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from ipsdata.code.codelists import CodingError
from ipsdata.code.sis_categories import REFUSAL_OF_ENTRY
from ipsdata.daily.cells import COUNT, Cells
from ipsdata.daily.codes import (
    FIRST_DAY,
    LAST_DAY,
    DailyCodes,
    day_number,
)
from ipsdata.rejection import quoted

MAX_COUNT = 2**63 - 1
SAFE_DIGITS = 18  # any number of so many digits fits into 64 bits
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
AUTHORITY_BITS, EVENT_BITS, CATEGORY_BITS, MEMBER_BITS = 20, 4, 10, 8
UNKNOWN = -1

Ints = np.ndarray[Any, np.dtype[np.int64]]
Codes = np.ndarray[Any, np.dtype[np.int32]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a row: a reason of `rejected_rows`, a message, what to do."""

    reason: str
    message: str
    candidates: tuple[str, ...] = ()
    advice: str = "correct the file"


@dataclass(frozen=True)
class BadRow:
    """A row that can't be coded.

    Attributes:
        day: its day as a number, `UNKNOWN` where that can't be told.
        texts: its cells by field; of a malformed row its text under "".
    """

    line: int
    day: int
    problems: tuple[Problem, ...]
    texts: dict[str, str]


@dataclass(frozen=True)
class Coded:
    """A block, coded.

    Attributes:
        keys: of the good rows, the authority left open; `counts` and `lines` likewise.
        authorities: the position of each good row's authority in `authority_names`.
        bad: the other rows.
        rows: how many rows the block has, good and bad.
        lines_read: how many lines that is, with empty ones.
    """

    keys: Ints
    counts: Ints
    lines: Codes
    authorities: Codes
    authority_names: tuple[str, ...]
    bad: tuple[BadRow, ...]
    rows: int
    lines_read: int


@dataclass(frozen=True)
class Key:
    """The parts of keys, each as positions in its list; days as numbers from `FIRST_DAY`."""

    days: Codes
    members: Codes
    categories: Codes
    events: Codes
    authorities: Codes


def packed(key: Key) -> Ints:
    """Pack the parts of keys."""
    keys = key.days.astype(np.int64)
    for part, bits in (
        (key.members, MEMBER_BITS),
        (key.categories, CATEGORY_BITS),
        (key.events, EVENT_BITS),
    ):
        keys <<= bits
        keys |= part
    keys <<= AUTHORITY_BITS
    keys |= key.authorities
    return keys


def unpacked(keys: Ints) -> Key:
    """Take keys apart again."""
    parts = []
    shift = 0
    for bits in (AUTHORITY_BITS, EVENT_BITS, CATEGORY_BITS, MEMBER_BITS):
        parts.append((keys >> shift & (1 << bits) - 1).astype(np.int32))
        shift += bits
    authorities, events, categories, members = parts
    return Key(days_of(keys), members, categories, events, authorities)


def days_of(keys: Ints) -> Codes:
    """Return the day of each key."""
    return (keys >> AUTHORITY_BITS + EVENT_BITS + CATEGORY_BITS + MEMBER_BITS).astype(np.int32)


@dataclass(frozen=True)
class _Column:
    """A column's distinct values, and which of them stands in each row.

    Attributes:
        texts: `None` for a value that is not UTF-8.
    """

    raw: tuple[bytes, ...]
    texts: tuple[str | None, ...]
    positions: Codes

    def values(self, code: Callable[[str], int]) -> Ints:
        """Return `code` of each distinct value; `UNKNOWN` of what is no text."""
        return np.array([UNKNOWN if t is None else code(t) for t in self.texts], dtype=np.int64)

    @cached_property
    def same(self) -> Codes:
        """Return where the text of each row stands first: a value may stand there quoted too."""
        places = np.array([self._first[text] for text in self.texts], dtype=np.int32)
        is_plain = bool((places == np.arange(len(places))).all())
        return self.positions if is_plain else places[self.positions]

    def place(self, text: str) -> int:
        """Return where a text stands first among the values, as `same` tells it of the rows."""
        return self._first.get(text, UNKNOWN)

    @cached_property
    def _first(self) -> dict[str | None, int]:
        return {text: place for place, text in reversed(list(enumerate(self.texts)))}

    def shown(self, row: int) -> str:
        """Return a row's value so that it can be stored, whatever its bytes are."""
        raw = self.raw[int(self.positions[row])]
        return raw.decode("utf-8", "backslashreplace")


def _column(array: pa.DictionaryArray) -> _Column:
    raw = tuple(array.dictionary.to_pylist())
    return _Column(raw, tuple(map(_text, raw)), array.indices.to_numpy())


def _text(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return _unquoted(text)


def _unquoted(text: str) -> str:
    quoted_whole = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if quoted_whole else text


@dataclass(frozen=True)
class _BlockCodes:
    """The codes of a block's distinct values, by column; days as numbers from `FIRST_DAY`."""

    days: Ints
    members: Ints
    categories: Ints
    events: Ints

    def of(self, column: str) -> Ints:
        """Return the codes of a column that is looked up by day."""
        return self.members if column == "member_state" else self.categories


def _open_keys(columns: dict[str, _Column], codes: _BlockCodes, kept: slice | Flags) -> Ints:
    """Return the keys of the rows kept, the authority left open."""

    def of_rows(name: str, values: Ints) -> Codes:
        found: Codes = values.astype(np.int32)[columns[name].positions[kept]]
        return found

    days = of_rows("date", codes.days)
    return packed(
        Key(
            days,
            of_rows("member_state", codes.members),
            of_rows("category", codes.categories),
            of_rows("event", codes.events),
            np.zeros(1, dtype=np.int32),
        )
    )


def _looked_up(table: Flags, codes: Ints, column: _Column, days: Ints, dates: _Column) -> Flags:
    """Return what a table says of each row's code and day."""
    places = codes[column.positions] * table.shape[1] + days[dates.positions]
    found: Flags = table.ravel()[places]
    return found


class Coder:
    """Codes the blocks of one file."""

    def __init__(self, codes: DailyCodes, first: dt.date, last: dt.date, known_on: dt.date) -> None:
        """Take the codes, and what is known of the file.

        Args:
            first: the first day that the file says to cover; `last` likewise.
            known_on: the day on which the file was there: later days can't have been counted.
        """
        self._codes = codes
        self._first, self._last = first, last
        self._known_on = known_on
        self._members = {name: n for n, name in enumerate(codes.members)}
        self._categories = {name: n for n, name in enumerate(codes.categories)}
        self._events = {name: n for n, name in enumerate(codes.events)}

    def code(self, cells: Cells) -> Coded:
        """Code the rows of a block."""
        columns = {name: _column(a) for name, a in cells.columns.items() if name != COUNT}
        authority = columns["authority"]
        codes = self._codes_of(columns)
        counts, uncounted = _counts(cells.columns[COUNT])
        good = self._good(columns, codes)
        good[list(uncounted)] = False
        bad = [
            self._bad_row(cells, columns, codes, int(row), uncounted)
            for row in np.flatnonzero(~good & ~cells.blank)
        ]
        bad.extend(_malformed(line, text, len(cells.columns)) for line, text in cells.malformed)
        kept = slice(None) if good.all() else good
        authority = columns["authority"]
        return Coded(
            keys=_open_keys(columns, codes, kept),
            counts=counts[kept],
            lines=cells.lines[kept],
            authorities=authority.positions[kept],
            authority_names=tuple(text or "" for text in authority.texts),
            bad=tuple(bad),
            rows=int(np.count_nonzero(good)) + len(bad),
            lines_read=len(good) + len(cells.malformed),
        )

    def _codes_of(self, columns: dict[str, _Column]) -> "_BlockCodes":
        return _BlockCodes(
            days=columns["date"].values(_day),
            members=columns["member_state"].values(lambda text: self._members.get(text, UNKNOWN)),
            categories=columns["category"].values(lambda t: self._categories.get(t, UNKNOWN)),
            events=columns["event"].values(lambda text: self._events.get(text, UNKNOWN)),
        )

    def _good(self, columns: dict[str, _Column], codes: "_BlockCodes") -> Flags:
        """Return which rows can be coded; what holds for all values is not asked of each row."""
        first, last = day_number(self._first), day_number(min(self._last, self._known_on))
        usable = {
            "date": (codes.days >= first) & (codes.days <= last),
            "member_state": codes.members >= 0,
            "category": codes.categories >= 0,
            "event": codes.events >= 0,
        }
        good: Flags = np.ones(len(columns["date"].positions), dtype=np.bool_)
        for name, fine in usable.items():
            if not fine.all():
                good &= fine[columns[name].positions]
        for ok in (*self._agreeing(columns, codes), *self._allowed(columns, codes)):
            good &= ok
        return good

    def _agreeing(self, columns: dict[str, _Column], codes: "_BlockCodes") -> Iterator[Flags]:
        """Yield which rows have the instrument and article of their category, and whose authority.

        Each value is looked up as the place at which its partner must stand.
        """
        laws = [self._codes.laws[code] if code >= 0 else ("", "") for code in codes.categories]
        for part, name in enumerate(("instrument", "article")):
            other = columns[name]
            wanted = np.array([other.place(law[part]) for law in laws], dtype=np.int32)
            yield wanted[columns["category"].positions] == other.same
        member, authority = columns["member_state"], columns["authority"]
        owners = [member.place(text[:2]) if text else UNKNOWN for text in authority.texts]
        yield np.array(owners, dtype=np.int32)[authority.positions] == member.same

    def _allowed(self, columns: dict[str, _Column], codes: "_BlockCodes") -> Iterator[Flags]:
        """Yield which rows' category applied, and whose member took part in it, on their day."""
        known = self._codes
        days = np.unique(codes.days[codes.days >= 0])
        members, categories = (np.unique(c[c >= 0]) for c in (codes.members, codes.categories))
        for table, used, name in (
            (known.member_days, members, "member_state"),
            (known.category_days, categories, "category"),
        ):
            if not table[np.ix_(used, days)].all():
                yield _looked_up(table, codes.of(name), columns[name], codes.days, columns["date"])
        if known.refusals[categories].any() and known.limited_days[np.ix_(members, days)].any():
            refusing = known.refusals[codes.categories][columns["category"].positions]
            limited = _looked_up(
                known.limited_days,
                codes.members,
                columns["member_state"],
                codes.days,
                columns["date"],
            )
            yield ~(refusing & limited)

    def _bad_row(
        self,
        cells: Cells,
        columns: dict[str, _Column],
        codes: "_BlockCodes",
        row: int,
        uncounted: dict[int, str],
    ) -> BadRow:
        texts = {name: column.shown(row) for name, column in columns.items()}
        texts[COUNT] = uncounted.get(row) or _shown_count(cells, row)
        problems = [
            *_encoding_problems(columns, row),
            *self._problems({name: _unquoted(text) for name, text in texts.items()}),
        ]
        if row in uncounted:
            problems.append(_count_problem(uncounted[row]))
        day = int(codes.days[columns["date"].positions[row]])
        return BadRow(int(cells.lines[row]), day, tuple(problems), texts)

    def _problems(self, texts: dict[str, str]) -> Iterator[Problem]:
        day = _as_date(texts["date"])
        yield from self._date_problems(texts["date"], day)
        yield from self._member_problems(texts, day)
        yield from self._category_problems(texts, day)
        if texts["event"] not in self._events:
            yield _unknown("event", texts["event"], self._codes.events)
        if texts["authority"][:2] != texts["member_state"]:
            told = f"expected the code of an authority of {quoted(texts['member_state'])}"
            yield Problem("unknown_code", f"authority: found {quoted(texts['authority'])}, {told}")

    def _date_problems(self, text: str, day: dt.date | None) -> Iterator[Problem]:
        if day is None:
            yield Problem("date", f"date: found {quoted(text)}, expected a day such as 2024-03-31")
        elif day > self._known_on:
            told = f"expected none after {self._known_on}, when the file was there"
            yield Problem("date", f"date: found {text}, {told}")
        elif not self._first <= day <= self._last:
            told = f"expected {self._first} to {self._last}, the period of the file in its sidecar"
            yield Problem("date", f"date: found {text}, {told}")

    def _member_problems(self, texts: dict[str, str], day: dt.date | None) -> Iterator[Problem]:
        member = texts["member_state"]
        if member not in self._members:
            yield _unknown("member_state", member, self._codes.members)
            return
        if day is None:
            return
        membership = self._codes.membership
        if not membership.uses(member, day, day):
            told = f"but {member} used SIS {membership.periods(member)}"
            yield Problem("not_a_member", f"member_state: found {member} on {day}, {told}")
        elif texts["category"] in REFUSAL_OF_ENTRY and membership.limited(member, day, day):
            told = f"but {member} did not take part in refusal of entry on {day}"
            yield Problem("not_a_member", f"category: found {texts['category']!r}, {told}")

    def _category_problems(self, texts: dict[str, str], day: dt.date | None) -> Iterator[Problem]:
        category = texts["category"]
        if category not in self._categories:
            yield _unknown("category", category, self._codes.categories)
            return
        instrument, article = self._codes.laws[self._categories[category]]
        if (texts["instrument"], texts["article"]) != (instrument, article):
            found = f"instrument {quoted(texts['instrument'])} and article "
            told = f"{quoted(texts['article'])}, expected {instrument} and {article} of {category}"
            yield Problem("code_not_valid", f"category: found {found}{told}")
        if day is not None:
            try:
                self._codes.sis_categories.check(category, day, day)
            except CodingError as error:
                yield Problem(error.reason, f"category: {error}", error.candidates)


def _as_date(text: str) -> dt.date | None:
    if not ISO_DATE.fullmatch(text):  # fromisoformat reads 2024-W13-7, too
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _day(text: str) -> int:
    day = _as_date(text)
    return UNKNOWN if day is None or not FIRST_DAY <= day <= LAST_DAY else day_number(day)


def _unknown(column: str, text: str, known: Sequence[str]) -> Problem:
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    found = f"found {quoted(text)}, expected one of {shown}"
    return Problem("unknown_code", f"{column}: {found}")


def _encoding_problems(columns: dict[str, _Column], row: int) -> Iterator[Problem]:
    for name, column in columns.items():
        if column.texts[column.positions[row]] is None:
            told = f"{name}: found {quoted(column.shown(row))}, expected UTF-8"
            yield Problem("encoding", told, advice="save the file as UTF-8")


def _malformed(line: int, text: bytes, expected: int) -> BadRow:
    found = text.count(b",") + 1
    problem = Problem(
        "malformed_row", f"found {found} cells, expected {expected}", advice="check the commas"
    )
    shown = text.decode("utf-8", "backslashreplace")
    return BadRow(line, UNKNOWN, (problem,), {"": shown})


def _counts(array: pa.Array) -> tuple[Ints, dict[int, str]]:
    """Return the number of each cell, and the text of those that hold no whole number.

    A cell of up to 18 digits and nothing else is read by Arrow; Python looks at any other. Arrow
    alone would read `0x1F`.
    """
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset :][: len(array) + 1]
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    lengths = np.diff(offsets)
    strange = np.flatnonzero((lengths == 0) | (lengths > SAFE_DIGITS))
    no_digit = np.flatnonzero((data - 48) > 9) + offsets[0]  # unsigned: below "0" wraps around
    rows = np.searchsorted(offsets, no_digit, side="right") - 1
    looked_at = np.union1d(strange, rows)
    if not len(looked_at):
        return array.view(pa.string()).cast(pa.int64()).to_numpy(), {}
    plain = np.ones(len(array), dtype=np.bool_)
    plain[looked_at] = False
    counts = np.zeros(len(array), dtype=np.int64)
    counts[plain] = array.filter(pa.array(plain)).view(pa.string()).cast(pa.int64()).to_numpy()
    uncounted = {}
    for row in looked_at.tolist():
        text = array[row].as_py().decode("utf-8", "backslashreplace")
        number = _whole_number(_unquoted(text))
        if number is None:
            uncounted[row] = text
        else:
            counts[row] = number
    return counts, uncounted


def _whole_number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text.lstrip("0")) <= SAFE_DIGITS + 1):
        return None
    number = int(text)
    return number if number <= MAX_COUNT else None


def _count_problem(text: str) -> Problem:
    number = _unquoted(text)
    is_number = number.isascii() and number.isdigit()
    told = f"at most {MAX_COUNT}" if is_number else "a whole number such as 1250"
    reason = "not_whole" if FRACTION.fullmatch(number) else "number"
    return Problem(reason, f"count: found {quoted(text)}, expected {told}")


def _shown_count(cells: Cells, row: int) -> str:
    return str(cells.columns[COUNT][row].as_py().decode("utf-8", "backslashreplace"))
