"""Code lists: read from `schemas/codes/*.csv`, and the exact matching of printed names to codes."""

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process, utils

from ipsdata.contracts import Contract
from ipsdata.errors import ConfigurationError
from ipsdata.layouts import printed_form
from ipsdata.rejection import MAX_NAMED_CHARACTERS, quoted

MAX_CANDIDATES = 3
LEAST_SIMILARITY = 55
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")


class CodingError(ValueError):
    """A printed name or code can't be coded.

    Attributes:
        reason: `unknown_code`, `ambiguous_code` or `code_not_valid`.
        candidates: the nearest known codes.
    """

    def __init__(self, reason: str, message: str, candidates: Sequence[str] = ()) -> None:
        """Keep reason and candidates beside the message."""
        super().__init__(message)
        self.reason = reason
        self.candidates = tuple(candidates)


@dataclass(frozen=True)
class Validity:
    """The days on which a code or name applies; `None` is unbounded."""

    valid_from: dt.date | None
    valid_until: dt.date | None

    def covers(self, first: dt.date, last: dt.date) -> bool:
        """Whether every day from `first` to `last` is covered."""
        after_start = self.valid_from is None or self.valid_from <= first
        return after_start and (self.valid_until is None or last <= self.valid_until)

    def __str__(self) -> str:
        """Say the days in words."""
        return f"valid from {self.valid_from or 'ever'} until {self.valid_until or 'now'}"


def read_code_list(path: Path, contract: Contract) -> list[dict[str, Any]]:
    """Read a code list whose columns are those of its table's contract.

    Raises:
        ConfigurationError: the file is missing, is not UTF-8, or a column is wrong, or a cell is
            not of its column's type.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            found = tuple(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: can't be read: {error}") from None
    if found != contract.names:
        raise ConfigurationError(
            f"{path}, line 1: found columns {list(found)}, expected {list(contract.names)}"
        )
    return [_typed(row, contract, f"{path}, row {n}") for n, row in enumerate(rows, start=1)]


def _typed(row: Mapping[str, str], contract: Contract, place: str) -> dict[str, Any]:
    if None in row or None in row.values():  # as DictReader marks cells too many and too few
        raise ConfigurationError(
            f"{place}: expected {len(contract.names)} cells: check commas and quotes"
        )
    return {
        column.name: _cell(row[column.name], column.type, f"{place}, column {column.name}")
        for column in contract.columns
    }


def _cell(text: str, kind: str, place: str) -> object:
    if not text or kind not in _READERS:
        return text or None
    read, expected = _READERS[kind]
    try:
        return read(text)
    except (KeyError, ValueError):
        raise ConfigurationError(f"{place}: found {quoted(text)}, expected {expected}") from None


def _whole(text: str, bits: int) -> int:
    """Return a whole number in plain digits that a signed integer of so many bits holds."""
    number = int(text) if WHOLE_NUMBER.fullmatch(text) else None
    if number is None or not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise ValueError
    return number


_READERS: dict[str, tuple[Callable[[str], object], str]] = {
    "date": (dt.date.fromisoformat, "a date as 2025-05-14"),
    "bool": ({"true": True, "false": False}.__getitem__, "true or false"),
    "int32": (partial(_whole, bits=32), "a whole number of 32 bits such as 16"),
    "int64": (partial(_whole, bits=64), "a whole number of 64 bits such as 16"),
}


class MissionNames:
    """The printed names of missions, each with the days on which it means which mission."""

    def __init__(self, aliases: Iterable[Mapping[str, Any]]) -> None:
        """Index rows of `mission_aliases` by their name."""
        self._by_name: dict[str, list[tuple[str, Validity]]] = {}
        for row in aliases:
            meaning = (row["mission_id"], Validity(row["valid_from"], row["valid_until"]))
            self._by_name.setdefault(printed_form(row["alias"]), []).append(meaning)

    def code(self, name: str, on: dt.date) -> str:
        """Return the mission that `name`, exactly, means on a day.

        Raises:
            CodingError: no mission bears that name on that day, or several do.
        """
        meanings = self._by_name.get(printed_form(name))
        if meanings is None:
            raise CodingError(
                "unknown_code",
                f"found mission {quoted(name)}, expected a name of mission_aliases: correct it, or "
                "add the name with its evidence",
                self._nearest(name),
            )
        valid = [mission for mission, validity in meanings if validity.covers(on, on)]
        if len(valid) == 1:
            return valid[0]
        if valid:
            raise CodingError(
                "ambiguous_code",
                f"found mission {name!r}, which on {on} may mean {' or '.join(valid)}: it is not "
                "guessed; have the source say which",
                valid,
            )
        told = "; ".join(f"{mission} is {validity}" for mission, validity in meanings)
        raise CodingError(
            "code_not_valid",
            f"found mission {name!r}, a name that is not in use on {on} ({told})",
            [mission for mission, _ in meanings],
        )

    def _nearest(self, name: str) -> list[str]:
        found = process.extract(
            printed_form(name)[:MAX_NAMED_CHARACTERS],
            list(self._by_name),
            scorer=fuzz.token_sort_ratio,
            processor=utils.default_process,
            limit=MAX_CANDIDATES,
            score_cutoff=LEAST_SIMILARITY,
        )
        return [f"{alias} ({' or '.join(self._missions(alias))})" for alias, _, _ in found]

    def _missions(self, alias: str) -> list[str]:
        return list(dict.fromkeys(mission for mission, _ in self._by_name[alias]))


class Codes:
    """A plain code list: which codes exist and, where they have days of validity, when."""

    def __init__(self, label: str, validities: Mapping[str, Validity]) -> None:
        """Keep the codes of the list called `label` in messages."""
        self._label = label
        self._validities = validities

    @classmethod
    def of_rows(cls, label: str, key: str, rows: Iterable[Mapping[str, Any]]) -> "Codes":
        """Take the codes from a table's rows."""
        return cls(
            label,
            {row[key]: Validity(row.get("valid_from"), row.get("valid_until")) for row in rows},
        )

    def check(self, code: str, first: dt.date, last: dt.date) -> str:
        """Return `code` if it exists and is valid from `first` to `last`.

        Raises:
            CodingError: it does not exist, or not on those days.
        """
        validity = self._validities.get(code)
        if validity is None:
            sought = code[:MAX_NAMED_CHARACTERS]
            near = process.extract(sought, list(self._validities), limit=MAX_CANDIDATES)
            candidates = [name for name, score, _ in near if score >= LEAST_SIMILARITY]
            raise CodingError(
                "unknown_code",
                f"found {self._label} {quoted(code)}, which is not in its code list: correct it, "
                "or add the code with its evidence",
                candidates,
            )
        if not validity.covers(first, last):
            told = self.told_invalid(code, first, last)
            raise CodingError("code_not_valid", told, self._same_article(code, first, last))
        return code

    def told_invalid(self, code: str, first: dt.date, last: dt.date) -> str:
        """Say on which days a known code is valid, where it is not on those asked for."""
        validity = self._validities[code]
        return f"found {self._label} {code!r} for {first} to {last}, but it is {validity}"

    def _same_article(self, code: str, first: dt.date, last: dt.date) -> list[str]:
        article = code.rpartition(":")[2]
        return [
            other
            for other, validity in self._validities.items()
            if other != code
            and other.rpartition(":")[2] == article
            and validity.covers(first, last)
        ]
