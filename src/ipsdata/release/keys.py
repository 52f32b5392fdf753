"""Primary keys as a person writes them: `year=2023, area=SIS`, or only the values."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NAMED = re.compile(r"(?P<column>[a-z][a-z0-9_]*)=(?P<value>.*)", re.S)
TABLE = re.compile(r"(?P<table>[a-z][a-z0-9_]*):(?P<rest>.*)", re.S)


@dataclass(frozen=True)
class KeyPart:
    """A value, and the column of the key that has it; of any column if that is `None`."""

    column: str | None
    value: str


def key_text(key: Mapping[str, object]) -> str:
    """Write a key as one line, which `key_parts` reads; a part with a comma stands in quotes."""
    return ", ".join(_quoted(f"{name}={value}") for name, value in key.items())


def _quoted(part: str) -> str:
    if not set(part) & set(',"\n\r'):
        return part
    return '"' + part.replace('"', '""') + '"'


def split_table(text: str) -> tuple[str | None, str]:
    """Split `table:key` into both; without a table it is `None`."""
    found = TABLE.fullmatch(text.strip())
    return (found["table"], found["rest"]) if found else (None, text)


def key_parts(text: str) -> list[KeyPart]:
    """Read a key, or a part of one, as `key_text` writes it; names of columns may lack."""
    # One line to the reader of CSV, whatever line breaks stand within quotes.
    rows: Iterable[list[str]] = csv.reader([text], skipinitialspace=True)
    return [_part(part.strip()) for row in rows for part in row if part.strip()]


def _part(text: str) -> KeyPart:
    found = NAMED.fullmatch(text)
    return KeyPart(found["column"], found["value"]) if found else KeyPart(None, text)
