"""A `Document` as plain JSON values and back, strictly: what crosses from the reading process.

The form is compact, since a spreadsheet has up to a million cells: a cell that stands where its
table says it does is its text alone. Reading back believes nothing: every type is checked, and a
value too many or of another kind is an error.
"""

import re
from collections.abc import Callable
from dataclasses import astuple
from typing import TypeVar

from ipsdata.read.document import (
    Block,
    Cell,
    Document,
    Footnote,
    Heading,
    NoteMark,
    Paragraph,
    Place,
    Table,
)

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
T = TypeVar("T")

MAX_NUMBER = 2**31 - 1
SURROGATE = re.compile("[\ud800-\udfff]")


class SerialError(ValueError):
    """Values that are no serialised document; the message never quotes them."""


def to_json(document: Document) -> dict[str, Json]:
    """Return the document as values that `json.dumps` takes."""
    return {
        "media_type": document.media_type,
        "blocks": [_block_to_json(block) for block in document.blocks],
        "footnotes": [[note.mark, note.text] for note in document.footnotes],
        "warnings": list(document.warnings),
    }


def from_json(value: object) -> Document:
    """Return the document that `to_json` made the value of.

    Raises:
        SerialError: the value is not such a one.
    """
    fields = _fields(value, {"media_type", "blocks", "footnotes", "warnings"})
    return Document(
        media_type=_text(fields["media_type"]),
        blocks=_each(fields["blocks"], _block),
        footnotes=_each(fields["footnotes"], _footnote),
        warnings=_each(fields["warnings"], _text),
    )


# To JSON


def _block_to_json(block: Block) -> Json:
    if isinstance(block, Heading):
        return ["h", block.text, block.level, _place_to_json(block.place)]
    if isinstance(block, Paragraph):
        notes = _notes_to_json(block.notes)
        return ["p", block.text, _place_to_json(block.place), block.list_level, notes]
    place, hidden = _place_to_json(block.place), list[Json](block.hidden_rows)
    rows: list[Json] = [
        [_cell_to_json(cell, block.place, row, column) for column, cell in enumerate(cells, 1)]
        for row, cells in enumerate(block.rows, 1)
    ]
    return ["t", rows, place, block.caption, hidden]


def _cell_to_json(cell: Cell, table: Place, row: int, column: int) -> Json:
    stands = cell.place.row == row and cell.place.column == column
    stands = stands and cell.place == _cell_place(table, row, column)
    if stands and cell.is_origin and not cell.notes:
        return cell.text
    place = None if stands else _place_to_json(cell.place)
    return [cell.text, place, cell.is_origin, _notes_to_json(cell.notes)]


def _place_to_json(place: Place) -> Json:
    headings, *others = astuple(place)
    return [list(headings), *others]


def _notes_to_json(notes: tuple[NoteMark, ...]) -> Json:
    return [[note.offset, note.note] for note in notes]


def _cell_place(table: Place, row: int, column: int) -> Place:
    # Not `replace`, which is three times slower: a spreadsheet has up to a million of these.
    return Place(table.headings, table.paragraph, table.page, table.sheet, table.table, row, column)


# From JSON


def _block(value: object) -> Block:
    kind, *rest = _list(value) or [None]
    if kind == "h":
        text, level, place = _items(rest, 3)
        return Heading(_text(text), _number(level), _place(place))
    if kind == "p":
        text, place, level, notes = _items(rest, 4)
        return Paragraph(_text(text), _place(place), _number(level), _each(notes, _note))
    if kind == "t":
        return _table(rest)
    raise SerialError("found a block that is no heading, paragraph or table")


def _table(value: list[object]) -> Table:
    rows, place_value, caption, hidden = _items(value, 4)
    place = _place(place_value)
    grid = tuple(
        tuple(_cell(cell, place, row, column) for column, cell in enumerate(_list(cells), 1))
        for row, cells in enumerate(_list(rows), 1)
    )
    if len({len(cells) for cells in grid}) > 1:
        raise SerialError("found a table whose rows differ in length")
    return Table(grid, place, _text(caption), _each(hidden, _number))


def _cell(value: object, table: Place, row: int, column: int) -> Cell:
    if isinstance(value, str):
        return Cell(_text(value), _cell_place(table, row, column))
    text, place, is_origin, notes = _items(value, 4)
    if not isinstance(is_origin, bool):
        raise SerialError("found another value where true or false belongs")
    stands = _cell_place(table, row, column) if place is None else _place(place)
    return Cell(_text(text), stands, is_origin, _each(notes, _note))


def _place(value: object) -> Place:
    headings, paragraph, page, sheet, table, row, column = _items(value, 7)
    return Place(
        headings=_each(headings, _text),
        paragraph=_optional(paragraph, _number),
        page=_optional(page, _number),
        sheet=_optional(sheet, _text),
        table=_optional(table, _number),
        row=_optional(row, _number),
        column=_optional(column, _number),
    )


def _note(value: object) -> NoteMark:
    offset, note = _items(value, 2)
    return NoteMark(_number(offset), _text(note))


def _footnote(value: object) -> Footnote:
    mark, text = _items(value, 2)
    return Footnote(_text(mark), _text(text))


def _fields(value: object, names: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or set(value) != names:
        raise SerialError("found no object with the fields of a document")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise SerialError("found another value where a list belongs")
    return value


def _items(value: object, count: int) -> list[object]:
    items = _list(value)
    if len(items) != count:
        raise SerialError(f"found {len(items)} values where {count} belong")
    return items


def _each(value: object, convert: Callable[[object], T]) -> tuple[T, ...]:
    return tuple(convert(item) for item in _list(value))


def _optional(value: object, convert: Callable[[object], T]) -> T | None:
    return None if value is None else convert(value)


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        raise SerialError("found another value where a count from 0 belongs")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise SerialError("found another value where text belongs")
    if not value.isascii() and SURROGATE.search(value):
        raise SerialError("found half a surrogate pair, which is no text")
    return value
