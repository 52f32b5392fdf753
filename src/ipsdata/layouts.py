"""Layouts: how a kind of list is recognised and read, as data in `schemas/layouts/*.yaml`."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import process

from ipsdata.errors import ConfigurationError
from ipsdata.rejection import MAX_NAMED_CHARACTERS, quoted
from ipsdata.yamlfile import load_yaml

# What looks like a full date, in words or digits; whether it is one is for who reads it to say.
DATE = (
    r"(?<![0-9])(?:[0-9]{1,2}(?:\.|er|e|ste|de|st|nd|rd|th)?\s+[^\W\d_]+\.?\s+[0-9]{4}"
    r"|[^\W\d_]+\.?\s+[0-9]{1,2}(?:st|nd|rd|th)?,?\s+[0-9]{4}"
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])"
)


JOINED = re.compile(
    rf"\s*(?:en|and|of|or|tot(?: en met)?|t/m|to|[,/–-])\s*(?P<date>{DATE})", re.IGNORECASE
)


def _with_joined(match: re.Match[str]) -> Iterator[str]:
    """Yield a date, and those that are joined to it: "14 mei 2025 en 15 mei 2025"."""
    found: re.Match[str] | None = match
    while found is not None:
        yield found["date"]
        found = JOINED.match(match.string, found.end("date"))


class LayoutError(ValueError):
    """A header does not fit the layout."""


@dataclass(frozen=True)
class Layout:
    """How to read one kind of list.

    Attributes:
        table: the table that its rows go to.
        headers: each field's accepted header words.
        required: the fields that must be there.
        total_field: the field in which a total row shows one of `total_words`, if it has any.
        reference_date: patterns with a group `date` that find reference dates in a caption.
    """

    name: str
    table: str
    headers: dict[str, tuple[str, ...]]
    required: frozenset[str]
    total_field: str | None
    total_words: frozenset[str]
    reference_date: tuple[re.Pattern[str], ...]

    def assign(self, header: Sequence[str]) -> list[str]:
        """Return the field of each column.

        Raises:
            LayoutError: a column is unknown or stands twice, or a required one is missing.
        """
        fields = [self._field(cell) for cell in header]
        problems = [
            *(self._unknown(cell) for cell, field in zip(header, fields, strict=True) if not field),
            *(
                f"column {field!r} stands twice"
                for field in fields
                if field and fields.count(field) > 1
            ),
            *(
                f"column {self.headers[field][0]!r} is missing"
                for field in sorted(self.required - set(fields))
            ),
        ]
        if problems:
            raise LayoutError("; ".join(dict.fromkeys(problems)))
        return [field for field in fields if field]

    def fits(self, header: Sequence[str]) -> bool:
        """Whether a row of cells holds every required header word, each once."""
        fields = [self._field(cell) for cell in header]
        return all(fields.count(field) == 1 for field in self.required)

    def is_total(self, fields: dict[str, str]) -> bool:
        """Whether the row is the list's printed total."""
        if self.total_field is None:
            return False
        return printed_form(fields[self.total_field]) in self.total_words

    def find_reference_dates(self, caption: str) -> tuple[str, ...]:
        """Return every reference date that a caption prints, as printed, each once."""
        matches = (match for p in self.reference_date for match in p.finditer(caption))
        found = (date for match in matches for date in _with_joined(match))
        return tuple(dict.fromkeys(found))

    def _field(self, cell: str) -> str | None:
        wanted = printed_form(cell)
        return next((field for field, words in self.headers.items() if wanted in words), None)

    def _unknown(self, cell: str) -> str:
        known = [word for words in self.headers.values() for word in words]
        sought = cell[:MAX_NAMED_CHARACTERS]
        near = [word for word, _, _ in process.extract(sought, known, limit=3, score_cutoff=60)]
        hint = f" (near: {', '.join(near)})" if near else ""
        return f"column {quoted(cell)} is unknown{hint}"


@dataclass(frozen=True)
class Phrase:
    """Words around a figure that tell what it means.

    Attributes:
        table: the table that such a figure goes to.
        before: matches what stands before it, up to the figure; `after` what follows.
        dimensions: what it means, by column.
    """

    table: str
    before: re.Pattern[str]
    after: re.Pattern[str]
    dimensions: Mapping[str, str]

    def fits(self, text: str, start: int, end: int) -> bool:
        """Whether the figure that `text` has from `start` to `end` stands in this phrase."""
        return bool(self.after.match(text, end)) and bool(self.before.search(text[:start]))


def printed_form(text: str) -> str:
    """Return a printed name with its characters composed (NFC) and its white space single."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def load_layouts(schemas_dir: Path) -> dict[str, Layout]:
    """Read every layout, by name.

    Raises:
        ConfigurationError: a layout is missing or malformed.
    """
    layouts = [_layout(path, raw) for path, raw in _files(schemas_dir) if "columns" in raw]
    if not layouts:
        raise ConfigurationError(f"{schemas_dir / 'layouts'}: found no layouts (*.yaml)")
    return {layout.name: layout for layout in layouts}


def load_layout(schemas_dir: Path, name: str) -> Layout:
    """Read one layout; errors as `load_layouts`."""
    path = schemas_dir / "layouts" / f"{name}.yaml"
    return _layout(path, load_yaml(path, schemas_dir / "meta" / "layout.schema.json"))


def load_phrases(schemas_dir: Path) -> tuple[Phrase, ...]:
    """Read the phrases of every layout that has them; errors as `load_layouts`."""
    return tuple(
        _phrase(raw["table"], entry)
        for _, raw in _files(schemas_dir)
        for entry in raw.get("phrases", ())
    )


def _files(schemas_dir: Path) -> list[tuple[Path, Any]]:
    meta = schemas_dir / "meta" / "layout.schema.json"
    paths = sorted((schemas_dir / "layouts").glob("*.yaml"))
    return [(path, load_yaml(path, meta)) for path in paths]


def _phrase(table: str, entry: Mapping[str, Any]) -> Phrase:
    before, after = entry["phrase"].split("{figure}")
    return Phrase(table, re.compile(f"(?:{before})$"), re.compile(after), entry["dimensions"])


def _date_pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(phrase.replace("{date}", f"(?P<date>{DATE})"), re.IGNORECASE)


def _layout(path: Path, raw: Mapping[str, Any]) -> Layout:
    total = raw.get("total", {"column": None, "words": []})
    columns = raw["columns"]
    if total["column"] is not None and total["column"] not in columns:
        raise ConfigurationError(
            f"{path}, key total.column: {total['column']!r} is no column of it"
        )
    return Layout(
        name=raw["layout"],
        table=raw["table"],
        headers={
            field: tuple(printed_form(word) for word in entry["headers"])
            for field, entry in columns.items()
        },
        required=frozenset(f for f, entry in columns.items() if entry.get("required", True)),
        total_field=total["column"],
        total_words=frozenset(printed_form(word) for word in total["words"]),
        reference_date=tuple(_date_pattern(phrase) for phrase in raw.get("reference_date", ())),
    )
