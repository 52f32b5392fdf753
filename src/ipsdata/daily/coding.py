"""Code a block of daily counts: each row becomes a key and a count, or a list of what is wrong.

A key packs the day, member, category, event and authority of a row into 58 bits of one number, so
that rows with the same key are found by sorting numbers.
"""

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
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
from ipsdata.read.delimited import ReadError
from ipsdata.rejection import quoted

MAX_COUNT = 2**63 - 1
SAFE_DIGITS = 18  # any number of so many digits fits into 64 bits
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FRACTION = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
AUTHORITY_BITS, EVENT_BITS, CATEGORY_BITS, MEMBER_BITS = 20, 4, 10, 8
DAY_SHIFT = AUTHORITY_BITS + EVENT_BITS + CATEGORY_BITS + MEMBER_BITS
MAX_AUTHORITIES = 1 << AUTHORITY_BITS
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
class Rows:
    """Rows that are right: their keys, counts and lines."""

    keys: Ints
    counts: Ints
    lines: Codes


@dataclass(frozen=True)
class Coded:
    """A block, coded.

    Attributes:
        bad: the rows that are not right.
        rows_read: how many rows the block has, good and bad.
        lines_read: how many lines that is, with empty ones.
    """

    rows: Rows
    bad: tuple[BadRow, ...]
    rows_read: int
    lines_read: int


class Authorities:
    """The authorities of a load, numbered as they are met by several threads at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def number(self, name: str) -> int:
        """Return the number of an authority, from 0."""
        with self._lock:
            return self._numbers.setdefault(name, len(self._numbers))

    @property
    def names(self) -> list[str]:
        """All authorities, by their numbers."""
        return list(self._numbers)

    def require_room(self, name: str) -> None:
        """Refuse a file that brings more authorities than a key has room for.

        Raises:
            ReadError: there are too many; the message starts with the file's name.
        """
        if len(self._numbers) > MAX_AUTHORITIES:
            raise ReadError(
                "limit",
                f"{name}: found more than {MAX_AUTHORITIES:,} different authorities, expected a "
                "code of each, not of each row",
            )


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
    return (keys >> DAY_SHIFT).astype(np.int32)


@dataclass(frozen=True)
class _Column:
    """A column's distinct values, and which of them stands in each row.

    Attributes:
        texts: `None` for a value that is not UTF-8.
    """

    raw: tuple[bytes, ...]
    texts: tuple[str | None, ...]
    positions: Codes

    def values(self, code: Callable[[str], int]) -> Codes:
        """Return `code` of each distinct value; `UNKNOWN` of what is no text."""
        return np.array([UNKNOWN if t is None else code(t) for t in self.texts], dtype=np.int32)

    @cached_property
    def same(self) -> Codes:
        """Return where the text of each row stands first: a value may stand there quoted too."""
        places = np.array([self._first[text] for text in self.texts], dtype=np.int32)
        is_plain = bool((places == np.arange(len(places))).all())
        return self.positions if is_plain else places[self.positions]

    @cached_property
    def has_strange_bytes(self) -> bool:
        """Whether a value is not UTF-8."""
        return None in self.texts

    def place(self, text: str) -> int:
        """Return where a text stands first among the values, as `same` tells it of the rows."""
        return self._first.get(text, UNKNOWN)

    @cached_property
    def _first(self) -> dict[str | None, int]:
        return {text: place for place, text in reversed(list(enumerate(self.texts)))}

    def of(self, rows: Ints) -> "_Column":
        """Return the column of some of the rows."""
        return replace(self, positions=self.positions[rows])

    def shown(self) -> list[str]:
        """Return each row's value so that it can be stored, whatever its bytes are."""
        values = _decoded(self.raw)
        return [values[position] for position in self.positions.tolist()]


def _decoded(values: Iterable[bytes]) -> list[str]:
    return [value.decode("utf-8", "backslashreplace") for value in values]


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

    days: Codes
    members: Codes
    categories: Codes
    events: Codes


class Coder:
    """Codes the blocks of one file."""

    def __init__(
        self,
        codes: DailyCodes,
        authorities: Authorities,
        first: dt.date,
        last: dt.date,
        known_on: dt.date,
    ) -> None:
        """Take the codes, and what is known of the file.

        Args:
            authorities: those met so far; new ones are added.
            first: the first day that the file says to cover; `last` likewise.
            known_on: the day on which the file was there: later days can't have been counted.
        """
        self._codes = codes
        self._authorities = authorities
        self._first_day, self._last_day = day_number(first), day_number(min(last, known_on))
        self._first, self._last = first, last
        self._known_on = known_on
        self._members = {name: n for n, name in enumerate(codes.members)}
        self._categories = {name: n for n, name in enumerate(codes.categories)}
        self._events = {name: n for n, name in enumerate(codes.events)}

    def code(self, cells: Cells) -> Coded:
        """Code the rows of a block."""
        columns = {name: _column(a) for name, a in cells.columns.items() if name != COUNT}
        codes = self._codes_of(columns)
        counts, uncounted = _counts(cells.columns[COUNT])
        good = self._good(columns, codes)
        good[list(uncounted)] = False
        bad = self._bad_rows(cells, columns, codes, np.flatnonzero(~good & ~cells.blank), uncounted)
        bad.extend(_malformed(line, text, len(cells.columns)) for line, text in cells.malformed)
        kept = slice(None) if good.all() else good
        return Coded(
            rows=Rows(self._keys(columns, codes, kept), counts[kept], cells.lines[kept]),
            bad=tuple(bad),
            rows_read=int(np.count_nonzero(good)) + len(bad),
            lines_read=len(good) + len(cells.malformed),
        )

    def _keys(self, columns: dict[str, _Column], codes: _BlockCodes, kept: slice | Flags) -> Ints:
        authority = columns["authority"]
        positions = authority.positions[kept]
        used = np.flatnonzero(np.bincount(positions, minlength=len(authority.texts)))
        numbers = np.zeros(len(authority.texts), dtype=np.int32)
        numbers[used] = [self._authorities.number(authority.texts[n] or "") for n in used.tolist()]
        return packed(
            Key(
                codes.days[columns["date"].positions[kept]],
                codes.members[columns["member_state"].positions[kept]],
                codes.categories[columns["category"].positions[kept]],
                codes.events[columns["event"].positions[kept]],
                numbers[positions],
            )
        )

    def _codes_of(self, columns: dict[str, _Column]) -> _BlockCodes:
        return _BlockCodes(
            days=columns["date"].values(_day),
            members=columns["member_state"].values(lambda text: self._members.get(text, UNKNOWN)),
            categories=columns["category"].values(lambda t: self._categories.get(t, UNKNOWN)),
            events=columns["event"].values(lambda text: self._events.get(text, UNKNOWN)),
        )

    def _good(self, columns: dict[str, _Column], codes: _BlockCodes) -> Flags:
        """Return which rows can be coded; what holds for all values is not asked of each row."""
        usable = {
            "date": (codes.days >= self._first_day) & (codes.days <= self._last_day),
            "member_state": codes.members >= 0,
            "category": codes.categories >= 0,
            "event": codes.events >= 0,
        }
        good: Flags = np.ones(len(columns["date"].positions), dtype=np.bool_)
        for name, fine in usable.items():
            if not fine.all():
                good &= fine[columns[name].positions]
        for ok in self._agreeing(columns, codes):
            good &= ok
        days, members, categories = codes.days, codes.members, codes.categories
        if not self._codes.always_allowed(*(c[c >= 0] for c in (members, categories, days))):
            good &= self._codes.allowed(
                members[columns["member_state"].positions],
                categories[columns["category"].positions],
                days[columns["date"].positions],
            )
        return good

    def _agreeing(self, columns: dict[str, _Column], codes: _BlockCodes) -> Iterator[Flags]:
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

    def _bad_rows(
        self,
        cells: Cells,
        columns: dict[str, _Column],
        codes: _BlockCodes,
        rows: Ints,
        uncounted: dict[int, str],
    ) -> list[BadRow]:
        """Say of each of some rows what is wrong with it."""
        own = {name: column.of(rows) for name, column in columns.items()}
        shown = {name: column.shown() for name, column in own.items()}
        shown[COUNT] = _decoded(cells.columns[COUNT].take(pa.array(rows)).to_pylist())
        settled = self._settled(own, codes).tolist()
        lines, days = cells.lines[rows].tolist(), codes.days[own["date"].positions].tolist()
        bad = []
        for place, row in enumerate(rows.tolist()):
            texts = {name: values[place] for name, values in shown.items()}
            problems = [
                *_encoding_problems(own, place, texts),
                *self._problems(texts, is_settled=settled[place]),
            ]
            if row in uncounted:
                problems.append(_count_problem(texts[COUNT]))
            bad.append(BadRow(lines[place], days[place], tuple(problems), texts))
        return bad

    def _settled(self, columns: dict[str, _Column], codes: _BlockCodes) -> Flags:
        """Return of which rows the day, member and law are right, so that nobody has to look."""
        days = codes.days[columns["date"].positions]
        members = codes.members[columns["member_state"].positions]
        categories = codes.categories[columns["category"].positions]
        is_instrument, is_article, _ = self._agreeing(columns, codes)
        known = (members >= 0) & (categories >= 0) & is_instrument & is_article
        usable = (days >= self._first_day) & (days <= self._last_day)
        return known & usable & self._codes.allowed(members, categories, days)

    def _problems(self, shown: dict[str, str], *, is_settled: bool) -> Iterator[Problem]:
        texts = {name: _unquoted(text) for name, text in shown.items()}
        if not is_settled:
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
        if day is None or self._is_allowed(texts, day):
            return
        membership = self._codes.membership
        if not membership.uses(member, day, day):
            told = f"but {member} used SIS {membership.periods(member)}"
            yield Problem("not_a_member", f"member_state: found {member} on {day}, {told}")
        elif texts["category"] in REFUSAL_OF_ENTRY and membership.limited(member, day, day):
            told = f"but {member} did not take part in refusal of entry on {day}"
            yield Problem("not_a_member", f"category: found {texts['category']!r}, {told}")

    def _is_allowed(self, texts: dict[str, str], day: dt.date) -> bool:
        """Look up whether a row's member may have its category on its day, if all three are known.

        The tables answer at once what the code lists take long to say, as they can say why not.
        """
        category = self._categories.get(texts["category"])
        if category is None or not FIRST_DAY <= day <= LAST_DAY:
            return False
        member, number = self._members[texts["member_state"]], day_number(day)
        limited = self._codes.refusals[category] and self._codes.limited_days[member, number]
        return bool(self._codes.member_days[member, number] and not limited)

    def _is_valid(self, category: str, day: dt.date) -> bool:
        number = day_number(day) if FIRST_DAY <= day <= LAST_DAY else None
        days = self._codes.category_days[self._categories[category]]
        return number is not None and bool(days[number])

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
        if day is not None and not self._is_valid(category, day):
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


@lru_cache(maxsize=1024)
def _unknown(column: str, text: str, known: tuple[str, ...]) -> Problem:
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    found = f"found {quoted(text)}, expected one of {shown}"
    return Problem("unknown_code", f"{column}: {found}")


def _encoding_problems(
    columns: dict[str, _Column], row: int, shown: dict[str, str]
) -> Iterator[Problem]:
    for name, column in columns.items():
        if column.has_strange_bytes and column.texts[column.positions[row]] is None:
            told = f"{name}: found {quoted(shown[name])}, expected UTF-8"
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
