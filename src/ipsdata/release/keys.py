"""Primary keys as a person writes them: `year=2023, area=SIS`, or only the values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# A value stands between commas, or in quotes, where a quote within it is doubled.
PART = re.compile(
    r"\s*(?:(?P<column>[a-z][a-z0-9_]*)=)?"
    r'(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<bare>[^,]*))(?:,|$)'
)
TABLE = re.compile(r"(?P<table>[a-z][a-z0-9_]*):(?P<rest>.*)", re.S)


@dataclass(frozen=True)
class KeyPart:
    """A value, and the column of the key that has it; of any column if that is `None`."""

    column: str | None
    value: str


def key_text(key: Mapping[str, object]) -> str:
    """Write a key so that `key_parts` reads it; a value that could be misread stands in quotes."""
    return ", ".join(f"{name}={_quoted(str(value))}" for name, value in key.items())


def _quoted(value: str) -> str:
    if value == value.strip() and not set(value) & set(',"'):
        return value
    return '"' + value.replace('"', '""') + '"'


def split_table(text: str) -> tuple[str | None, str]:
    """Split `table:key` into both; without a table it is `None`."""
    found = TABLE.fullmatch(text.strip())
    return (found["table"], found["rest"]) if found else (None, text)


def key_parts(text: str) -> list[KeyPart]:
    """Read a key, or a part of one, as `key_text` writes it; names of columns may lack."""
    return [
        KeyPart(found["column"], value)
        for found in PART.finditer(text)
        if (value := _value(found)) or found["column"]
    ]


def _value(found: re.Match[str]) -> str:
    if found["quoted"] is None:
        return found["bare"].strip()
    return found["quoted"].replace('""', '"')
