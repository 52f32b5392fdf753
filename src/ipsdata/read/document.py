"""The document model: what a reader makes of a file, each piece with a place a person can follow.

Text stands exactly as in the file. Footnote marks are taken out of the text and kept beside it, so
that "12" with a footnote 1 never becomes 121.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """Where a piece of a document stands; counted from 1, `None` where it does not apply.

    Attributes:
        headings: the headings that it stands under, outermost first.
        paragraph: which paragraph or list item under the last heading.
        page: the page of a PDF.
        sheet: the sheet of a spreadsheet.
        table: which table of the document (of the sheet, in a spreadsheet).
        row: the row of the table; a header is row 1.
        column: the column of the table.
    """

    headings: tuple[str, ...] = ()
    paragraph: int | None = None
    page: int | None = None
    sheet: str | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Write the place so that a person finds it."""
        numbered = ("page", "sheet", "table", "row", "column", "paragraph")
        values = [(name, getattr(self, name)) for name in numbered]
        told = [f"{name} {value}" for name, value in values if value is not None]
        heading = [f"“{self.headings[-1]}”"] if self.headings else []
        return ", ".join([*heading, *told]) or "document"


@dataclass(frozen=True)
class NoteMark:
    """The mark of a footnote: before which character of the text it stands, and which note."""

    offset: int
    note: str


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the outermost."""

    text: str
    level: int
    place: Place


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; of a list, if `list_level` is not 0."""

    text: str
    place: Place
    list_level: int = 0
    notes: tuple[NoteMark, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A cell of a table's grid.

    A cell that spans several rows or columns stands in each of them; `is_origin` is true in the
    first only.
    """

    text: str
    place: Place
    is_origin: bool = True
    notes: tuple[NoteMark, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table as a full grid: every row has the same number of cells.

    Attributes:
        caption: the text that belongs to the table, if the format says so or the paragraph right
            before it ends its section; else empty.
        hidden_rows: rows (from 1) that the file hides; they are in the grid all the same.
    """

    rows: tuple[tuple[Cell, ...], ...]
    place: Place
    caption: str = ""
    hidden_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Footnote:
    """A footnote or endnote."""

    mark: str
    text: str


Block = Heading | Paragraph | Table


@dataclass(frozen=True)
class Document:
    """A document as read.

    Attributes:
        blocks: headings, paragraphs and tables in reading order.
        warnings: what the reader had to decide or could not read (tracked changes, hidden rows and
            sheets, error cells, formulas without a value), each with its place.
    """

    media_type: str
    blocks: tuple[Block, ...]
    footnotes: tuple[Footnote, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def tables(self) -> Iterator[Table]:
        """The tables, in reading order."""
        return (block for block in self.blocks if isinstance(block, Table))

    @property
    def paragraphs(self) -> Iterator[Paragraph]:
        """The paragraphs and list items, in reading order."""
        return (block for block in self.blocks if isinstance(block, Paragraph))
