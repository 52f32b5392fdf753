"""What all readers of documents share: notes apart, full grids from spanning cells, places."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ipsdata.read.delimited import ReadError
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

MAX_CELLS = 1_000_000
# A mark and its note may stand apart: the note then closes the paragraph.
INLINE_NOTE = re.compile(
    r"\[footnoteRef:(?P<mark>\d{1,4})\]"
    r"|\[(?P<key>\d{1,4}):(?P<note>(?:[^\[\]]|\[[^\[\]]{0,500}\]){0,5000})\]"
    r"|(?<=[^\s⁰¹²³⁴⁵⁶⁷⁸⁹])(?<![kcdm]m)(?<!\bm)(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?=[.,;:)]*(?:\s|$))"
)
NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡]{1,3})[\])]?|[\[(][a-z][\])]")
# Several marks in one superscript; a closing bracket ends one as well.
BETWEEN_MARKS = re.compile(r"[\s,;]+|(?<=[\])])(?=[\[(])")
AREA = re.compile(r"(?:^|[\s\d(])[kcdm]?m$")
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SPACE = re.compile(r"[ \t\r\n\f]+")


# Text with its notes


@dataclass(frozen=True)
class Rich:
    """Text, and the note marks that were taken out of it."""

    text: str = ""
    notes: tuple[NoteMark, ...] = ()

    def stripped(self) -> "Rich":
        """Return it without space around, its marks moved along."""
        text = self.text.strip()
        lead = len(self.text) - len(self.text.lstrip())
        moved = (NoteMark(min(max(n.offset - lead, 0), len(text)), n.note) for n in self.notes)
        return Rich(text, tuple(moved))


class RichBuilder:
    """Collect text and note marks in reading order."""

    def __init__(self, *, collapse: bool = False) -> None:
        """Collapse white space as a browser does, if asked."""
        self._collapse = collapse
        self._parts: list[str] = []
        self._length = 0
        self._notes: list[NoteMark] = []
        self.last = ""

    def add(self, text: str) -> None:
        """Add running text."""
        if self._collapse:
            text = SPACE.sub(" ", text)
            if self.last in {"", " ", "\n"}:
                text = text.removeprefix(" ")
        self.raw(text)

    def raw(self, text: str) -> None:
        """Add text as it stands, such as the end of a line."""
        if text:
            self._parts.append(text)
            self._length += len(text)
            self.last = text[-1]

    def mark(self, note: str) -> None:
        """Set the mark of a note apart."""
        self._notes.append(NoteMark(self._length, note))

    def superscript(self, text: str) -> None:
        """Add raised text: the marks of notes, a power of a unit, or a plain ordinal."""
        before = "".join(self._parts[-2:])
        mark = text.strip()
        if mark.isdecimal() and AREA.search(before):
            self.raw(mark.translate(POWERS))
        elif marks := _marks(mark, follow_text=bool(before.strip())):
            self.add(text[: len(text) - len(text.lstrip())])
            for each in marks:
                self.mark(each.strip("[]()"))
            self.add(text[len(text.rstrip()) :])
        else:
            glued = before[-1:].isdecimal() and text[:1].isdecimal()
            self.add(text.translate(POWERS) if glued else text)

    def collected(self) -> Rich:
        """Return what was collected."""
        return Rich("".join(self._parts), tuple(self._notes))

    def build(self) -> Rich:
        """Return what was collected, without space around."""
        return self.collected().stripped()


def _marks(raised: str, *, follow_text: bool) -> list[str]:
    """Return the marks that a raised text consists of; a list only where it follows a text."""
    parts = [part for part in BETWEEN_MARKS.split(raised) if part]
    if len(parts) > 1 and not follow_text:
        return []
    return parts if all(NOTE_MARK.fullmatch(part) for part in parts) else []


def take_inline_notes(rich: Rich, known: set[str]) -> tuple[Rich, list[Footnote]]:
    """Take notes of the form `[footnoteRef:1] [1: text]`, and raised digits, out of a text.

    `known` holds the marks that were found so far: brackets without a mark are no note.
    """
    builder, footnotes, end = RichBuilder(), list[Footnote](), 0
    old = list(rich.notes)
    for match in INLINE_NOTE.finditer(rich.text):
        if match["key"] and match["key"] not in known:
            continue
        _copy(builder, rich.text, (end, match.start()), old)
        end = match.end()
        if match["key"]:
            footnotes.append(Footnote(match["key"], match["note"].strip()))
        else:
            known.add(match["mark"] or "")
            builder.mark(match["mark"] or match["raised"].translate(DIGITS))
    _copy(builder, rich.text, (end, len(rich.text)), old)
    return (builder.build() if end else rich), footnotes


def _copy(builder: RichBuilder, text: str, part: tuple[int, int], notes: list[NoteMark]) -> None:
    position, end = part
    while notes and notes[0].offset <= end:
        note = notes.pop(0)
        builder.raw(text[position : max(note.offset, position)])
        position = max(note.offset, position)
        builder.mark(note.note)
    builder.raw(text[position:end])


# Grids


@dataclass
class Span:
    """A cell as written: how many rows and columns it claims; 0 rows reach to the end.

    `column` (from 0) is where it stands, if the format says so.
    """

    content: Rich
    rows: int = 1
    columns: int = 1
    column: int | None = None


@dataclass(frozen=True)
class _Placed:
    span: Span
    row: int
    start: int
    end: int
    until: int


def resolve(rows: Sequence[Sequence[Span]]) -> list[list[tuple[Rich, bool]]]:
    """Lay spanning cells out as a full grid; each field says if it is the first of its cell.

    Spans cost nothing before they are capped to the columns in which some cell really starts.

    Raises:
        ReadError: the grid has more cells than `MAX_CELLS`.
    """
    placed = _place(rows)
    starts = sorted({cell.start for cell in placed})
    _within(len(rows) * len(starts))
    index = {start: number for number, start in enumerate(starts)}
    grid = [[(Rich(), True)] * len(starts) for _ in rows]
    for cell in placed:
        for row in range(cell.row, cell.until):
            column = index[cell.start]
            while column < len(starts) and starts[column] < cell.end:
                first = row == cell.row and starts[column] == cell.start
                grid[row][column] = (cell.span.content, first)
                column += 1
    return grid


def _place(rows: Sequence[Sequence[Span]]) -> list[_Placed]:
    placed: list[_Placed] = []
    active: list[_Placed] = []
    work = 0
    for number, row in enumerate(rows):
        active = sorted((c for c in active if c.until > number), key=lambda c: c.start)
        work += len(active) + len(row)
        _within(work)
        new = list(_place_row(row, number, len(rows), active))
        placed += new
        active = active + new
    return placed


def _place_row(
    row: Sequence[Span], number: int, count: int, active: list[_Placed]
) -> Iterator[_Placed]:
    cursor, waiting = 0, 0
    for span in row:
        cursor = max(cursor, span.column or 0)
        while waiting < len(active) and active[waiting].start <= cursor:
            cursor = max(cursor, active[waiting].end)
            waiting += 1
        end = cursor + max(span.columns, 1)
        if waiting < len(active):
            end = min(end, active[waiting].start)
        until = min(number + span.rows, count) if span.rows > 0 else count
        yield _Placed(span, number, cursor, end, until)
        cursor = end


def _within(cells: int) -> None:
    if cells > MAX_CELLS:
        raise ReadError("too_large", f"found a table of over {MAX_CELLS:,} cells: split it")


# The outline


@dataclass
class Outline:
    """The document as it grows: it knows under which headings the next block stands."""

    blocks: list[Block] = field(default_factory=list)
    footnotes: list[Footnote] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _path: list[tuple[int, str]] = field(default_factory=list)
    _paragraph: int = 0
    _tables: int = 0
    _marked: set[str] = field(default_factory=set)

    def place(self, *, paragraph: int | None = None, table: int | None = None) -> Place:
        """Return a place under the current headings."""
        headings = tuple(text for _, text in self._path)
        return Place(headings, paragraph=paragraph, table=table)

    def next_paragraph(self) -> Place:
        """Return the place where the next paragraph would stand."""
        return self.place(paragraph=self._paragraph + 1)

    def next_table(self) -> int:
        """Return the number of the next table."""
        return self._tables + 1

    def warn(self, place: Place, finding: str) -> None:
        """Keep a warning with its place."""
        self.warnings.append(f"{place}: {finding}")

    def heading(self, rich: Rich, level: int) -> None:
        """Add a heading."""
        rich = self._own(rich)
        if not rich.text:
            return
        self._path = [step for step in self._path if step[0] < level]
        self._path.append((level, rich.text))
        self._paragraph = 0
        self.blocks.append(Heading(rich.text, level, self.place()))

    def paragraph(self, rich: Rich, list_level: int = 0) -> None:
        """Add a paragraph or list item, unless it is empty."""
        rich = self._own(rich)
        if rich.text or rich.notes:
            place = self.next_paragraph()
            self._paragraph += 1
            self.blocks.append(Paragraph(rich.text, place, list_level, rich.notes))

    def table(
        self, rows: Sequence[Sequence[Span]], caption: str = "", hidden: Sequence[int] = ()
    ) -> None:
        """Add a table, its spans resolved, unless it has no cell."""
        grid = resolve(rows)
        if not grid or not grid[0]:
            return
        self._tables += 1
        place = self.place(table=self._tables)
        for number in hidden:
            self.warn(self._cell_place(place, number), "found a hidden row, read all the same")
        owned: dict[int, Rich] = {}
        cells = tuple(
            tuple(
                self._cell(field_, self._cell_place(place, row, column), owned)
                for column, field_ in enumerate(fields, start=1)
            )
            for row, fields in enumerate(grid, start=1)
        )
        self.blocks.append(Table(cells, place, caption or self._caption(), tuple(hidden)))

    def document(self, media_type: str) -> Document:
        """Return the finished document."""
        return Document(media_type, tuple(self.blocks), tuple(self.footnotes), tuple(self.warnings))

    def _cell(self, field_: tuple[Rich, bool], place: Place, owned: dict[int, Rich]) -> Cell:
        content, is_origin = field_
        if id(content) not in owned:
            owned[id(content)] = self._own(content) if content.text else content
        rich = owned[id(content)]
        return Cell(rich.text, place, is_origin, rich.notes)

    def _own(self, rich: Rich) -> Rich:
        rich, footnotes = take_inline_notes(rich, self._marked)
        self.footnotes += footnotes
        return rich

    def _caption(self) -> str:
        """Return the heading, or the short paragraph, right before the table."""
        last = self.blocks[-1] if self.blocks else None
        if isinstance(last, Heading):
            return last.text
        if isinstance(last, Paragraph) and not last.list_level and len(last.text) <= 300:
            return last.text
        return ""

    @staticmethod
    def _cell_place(table: Place, row: int, column: int | None = None) -> Place:
        return Place(table.headings, table=table.table, row=row, column=column)
