"""Read plain text: paragraphs a line, headings by their form, tables that became a cell a line."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Place
from ipsdata.read.grid import Outline, Rich, Span, take_inline_notes

MEDIA_TYPE = "text/plain"
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
HEADING_CHARACTERS = 120
FINAL = tuple(".,;:!?…")
LIST_MARKS = ("- ", "• ", "* ", "– ", "·")


def read_plain_text(data: bytes) -> Document:
    """Read the bytes of a text file.

    Raises:
        ReadError: it is empty, or is no text.
    """
    outline = Outline()
    text = _decoded(data, outline).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ReadError("empty", "found an empty file, expected text: restore it")
    if "\0" in text:
        raise ReadError("unreadable", "found NUL characters, expected text: save it as UTF-8")
    lines = text.split("\n")
    position = 0
    while position < len(lines):
        position = _block(lines, position, outline)
    return outline.document(MEDIA_TYPE)


def _decoded(data: bytes, outline: Outline) -> str:
    encoding = _marked_encoding(data)
    try:
        if encoding:
            return data.decode(encoding).removeprefix("\ufeff")
        return _unmarked(data, outline)
    except UnicodeDecodeError:
        raise ReadError("encoding", "found broken characters: save the file as UTF-8") from None


def _marked_encoding(data: bytes) -> str | None:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return encoding
    odd, even = data[1:2000:2].count(0), data[0:2000:2].count(0)
    if max(odd, even) * 4 > len(data[:2000]):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _unmarked(data: bytes, outline: Outline) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    outline.warn(Place(), "found no UTF-8, read as Windows-1252: save the file as UTF-8")
    return text


def _block(lines: list[str], position: int, outline: Outline) -> int:
    """Read the block that starts at a line; return where the next one starts."""
    line = lines[position]
    opens = position == 0 or _is_blank(lines[position - 1])
    run = _table_run(lines, position) if opens and line.startswith("\t") else None
    if run:
        outline.table([[Span(Rich(cell)) for cell in row] for row in run.rows])
        return run.end
    if line.strip():
        _text(lines, position, outline)
    return position + 1


def _is_blank(line: str) -> bool:
    # A line of a tab alone is an empty cell.
    return not line.strip() and not line.startswith("\t")


@dataclass(frozen=True)
class _Run:
    rows: list[list[str]]
    end: int


def _table_run(lines: list[str], start: int) -> _Run | None:
    """Find a run of indented lines, a cell a line, a blank line before each row."""
    rows: list[list[str]] = []
    end = start
    for group, after in _groups(lines, start):
        if len(group) < 2 or not _is_row(group) or (rows and len(group) != len(rows[0])):
            break
        rows.append([line.strip() for line in group])
        end = after
    if len(rows) >= 2:
        return _Run(rows, end)
    return None


def _is_row(group: list[str]) -> bool:
    # An unindented line ends the table.
    return all(line.startswith("\t") for line in group)


def _groups(lines: list[str], start: int) -> Iterator[tuple[list[str], int]]:
    """Yield lines that follow each other, and the position after them."""
    group: list[str] = []
    for position in range(start, len(lines)):
        line = lines[position]
        if not _is_blank(line):
            group.append(line)
        elif group:
            yield group, position
            group = []
    if group:
        yield group, len(lines)


def _text(lines: list[str], position: int, outline: Outline) -> None:
    rich = Rich(lines[position]).stripped()
    mark = next((m for m in LIST_MARKS if rich.text.startswith(m)), None)
    if mark:
        outline.paragraph(Rich(rich.text.removeprefix(mark).strip()), 1)
    elif _is_heading(lines, position):
        outline.heading(rich, 1)
    else:
        outline.paragraph(rich)


def _is_heading(lines: list[str], position: int) -> bool:
    """Tell a heading: short, no final punctuation, blank before, something to head after it."""
    text = take_inline_notes(Rich(lines[position]), set())[0].text.strip()
    opens = position == 0 or not lines[position - 1].strip()
    short = len(text) <= HEADING_CHARACTERS and not text.endswith(FINAL)
    return opens and short and not lines[position].startswith("\t") and _heads(lines, position)


def _heads(lines: list[str], position: int) -> bool:
    directly = position + 1 < len(lines) and bool(lines[position + 1].strip())
    rest = itertools.islice(lines, position + 1, position + 10)
    after = next((line for line in rest if line.strip()), "")
    return directly or after.startswith("\t") or 0 < len(after.strip()) <= HEADING_CHARACTERS
