"""Read comma-separated text (RFC 4180, UTF-8), with the place of each row."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CELL_CHARACTERS = 32_000


class ReadError(ValueError):
    """A file that can't be read as a whole; `reason` is of the closed list of `rejected_rows`."""

    def __init__(self, reason: str, message: str) -> None:
        """Keep the reason beside the message."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class ReadRow:
    """One row of cells and the line of the file that it starts on (the header is line 1)."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class DelimitedText:
    """A header and the rows under it; a row may still have the wrong number of cells."""

    header: list[str]
    rows: list[ReadRow]


def read_delimited(data: bytes, name: str) -> DelimitedText:
    """Read the bytes of the file called `name`.

    Raises:
        ReadError: the file is empty, is not UTF-8, or breaks the quoting rules.
    """
    text = _decoded(data, name)
    if not text.strip():
        message = f"{name}: found an empty file, expected a header and rows: restore it"
        raise ReadError("empty", message)
    rows = list(_rows(text, name))
    if rows and len(rows[0].cells) == 1 and ";" in rows[0].cells[0]:
        raise ReadError(
            "columns",
            f"{name}, line 1: found semicolons between the cells, expected commas: save the file "
            "as comma-separated text (RFC 4180)",
        )
    if len(rows) < 2:
        raise ReadError("empty", f"{name}: found a header without rows, expected at least one row")
    return DelimitedText([cell.strip() for cell in rows[0].cells], rows[1:])


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + len(data) - len(error.object)  # that of a byte order mark left out
        line = data.count(b"\n", 0, start) + 1
        raise ReadError(
            "encoding",
            f"{name}, line {line}: found byte 0x{data[start]:02X} at offset {start}, "
            "which is no UTF-8 (Latin-1 or Windows-1252?): save the file as UTF-8",
        ) from None


def _rows(text: str, name: str) -> Iterator[ReadRow]:
    # The module's own limit would fail the whole file; ours, below, fails the row alone.
    csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield ReadRow(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ReadError(
            "malformed_row",
            f"{name}, line {line}: found quotes that break RFC 4180 in the row that starts here "
            f"({error}): close each quote, and double a quote within a cell",
        ) from None


def cell_problem(cells: list[str]) -> tuple[str, str] | None:
    """Return the reason and description of what makes a row's cells unusable, or `None`."""
    for number, cell in enumerate(cells, start=1):
        if len(cell) > MAX_CELL_CHARACTERS:
            found = f"column {number}: found a cell of {len(cell):,} characters"
            expected = f"expected at most {MAX_CELL_CHARACTERS:,}: check quotes"
            return "cell_too_long", f"{found}, {expected}"
        control = next((c for c in cell if ord(c) < 32 and c not in "\t\n\r"), None)
        if control is not None:
            found = f"column {number}: found the control character U+{ord(control):04X}"
            return "control_character", f"{found}, expected text: remove it"
    return None
