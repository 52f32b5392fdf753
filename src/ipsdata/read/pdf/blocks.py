"""Headings, paragraphs and tables, each with its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import (
    Block,
    Cell,
    Footnote,
    Heading,
    NoteMark,
    Paragraph,
    Place,
    Table,
)
from ipsdata.read.grid import Rich, take_inline_notes
from ipsdata.read.pdf.model import MAX_CELLS, Grid, Joined, Line, shifted, texts
from ipsdata.read.pdf.text import BULLET, NUMBER, joined_text


def make_blocks(
    items: Iterable[Joined], size: float, vocabulary: frozenset[str]
) -> tuple[tuple[Block, ...], list[Footnote]]:
    """Return the blocks of a document whose running text is of that size.

    Args:
        vocabulary: the words that tell which hyphens at the end of a line go.

    Returns:
        The blocks, and the footnotes that stood within their text.
    """
    items = list(items)
    levels = _levels(items, size)
    state = _State()
    blocks: list[Block] = []
    for item in items:
        if isinstance(item[0], Grid):
            blocks.append(_table([grid for grid in item if isinstance(grid, Grid)], state))
        else:
            lines = [line for line in item if isinstance(line, Line)]
            level = levels.get(_style(lines, size), 0)
            blocks.append(_text_block(lines, level, state, vocabulary))
    return tuple(blocks), state.footnotes


@dataclass
class _State:
    """Where the reading is: the headings above, and the numbers last given out."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    paragraph: int = 0
    table: int = 0
    before: str = ""
    footnotes: list[Footnote] = field(default_factory=list)
    marked: set[str] = field(default_factory=set)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)

    def own(self, text: str, notes: tuple[NoteMark, ...]) -> Rich:
        """Take the notes out of a text that holds them as Word writes them in plain text."""
        rich, footnotes = take_inline_notes(Rich(text, notes), self.marked)
        self.footnotes += footnotes
        return rich


_Style = tuple[float, bool]


def _style(lines: Sequence[Line], size: float) -> _Style | None:
    """Return the style of a heading; `None` for running text."""
    first = lines[0]
    larger = first.size > 1.1 * size
    bold = first.bold and first.size > 0.95 * size
    ends = lines[-1].text.endswith((".", ";", ","))
    if len(lines) > 4 or not (larger or bold) or (ends and not larger) or BULLET.match(first.text):
        return None
    return -round(first.size), not first.bold


def _levels(items: Iterable[Joined], size: float) -> dict[_Style | None, int]:
    found = set()
    for item in items:
        lines = [line for line in item if isinstance(line, Line)]
        if lines and (style := _style(lines, size)):
            found.add(style)
    return {style: level for level, style in enumerate(sorted(found), start=1)}


def _text_block(lines: list[Line], level: int, state: _State, vocabulary: frozenset[str]) -> Block:
    rich = state.own(*joined_text(lines, vocabulary))
    text, notes = rich.text, rich.notes
    state.before = text
    if level:
        state.headings = [*(h for h in state.headings if h[0] < level), (level, text)]
        state.paragraph = 0
        return Heading(text, level, Place(state.path, page=lines[0].page))
    state.paragraph += 1
    place = Place(state.path, paragraph=state.paragraph, page=lines[0].page)
    bullet = BULLET.match(text)
    if bullet is None:
        return Paragraph(text, place, notes=notes)
    notes = shifted(notes, -bullet.end())
    return Paragraph(text[bullet.end() :], place, list_level=1, notes=notes)


def _table(grids: list[Grid], state: _State) -> Table:
    state.table += 1
    rows = list(grids[0].rows)
    for grid in grids[1:]:
        rows += grid.rows[_repeated(rows, grid.rows) :]
    if sum(map(len, rows)) > MAX_CELLS:
        raise ReadError("too_large", f"table {state.table}: found more than {MAX_CELLS:,} cells")
    place = Place(state.path, page=grids[0].page, table=state.table)
    numbered = tuple(
        tuple(
            _cell(cell, replace(place, page=cell.place.page, row=row, column=column), state)
            for column, cell in enumerate(cells, start=1)
        )
        for row, cells in enumerate(rows, start=1)
    )
    caption = state.before if len(state.before) <= 300 else ""
    state.before = ""
    return Table(numbered, place, caption)


def _repeated(rows: Sequence[Sequence[Cell]], after: Sequence[Sequence[Cell]]) -> int:
    """Count the rows with which a table starts anew on a page: its header, and titles above it."""
    count = 0
    for one, other in zip(rows, after, strict=False):
        numbers = any(NUMBER.fullmatch(cell.text) for cell in one)
        if texts(one) != texts(other) or (count and numbers):
            break
        count += 1
        if all(cell.is_origin for cell in one):
            break
    return count


def _cell(cell: Cell, place: Place, state: _State) -> Cell:
    if cell.is_origin:
        rich = state.own(cell.text, cell.notes)
    else:
        rich, _ = take_inline_notes(Rich(cell.text, cell.notes), state.marked)
    return replace(cell, text=rich.text, notes=rich.notes, place=place)
