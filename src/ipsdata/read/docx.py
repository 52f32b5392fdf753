"""Read a DOCX in its accepted reading: insertions in, deletions out, notes apart, all of it named.

The XML is read directly: python-docx loses tracked insertions and content controls, and glues the
mark of a note to the number before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Footnote, Place
from ipsdata.read.docx_xml import (
    NS,
    Styles,
    W,
    alternative_text,
    effective,
    goes_on_from_above,
    is_on,
    is_picture,
    text_boxes,
    tracked_changes,
    value_of,
)
from ipsdata.read.grid import Outline, Rich, RichBuilder, Span
from ipsdata.read.markup import local_name, parse_xml, read_parts, whole
from ipsdata.read.running import Unread, said_apart, told_count, told_left_out

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
BODY = "word/document.xml"
COMMENTS = "word/comments.xml"
TEXTS = (BODY, "word/styles.xml", "word/footnotes.xml", "word/endnotes.xml")
PARTS = (*TEXTS, COMMENTS, "word/header*.xml", "word/footer*.xml")
UNREAD = {
    "oMath": "a formula",
    "oMathPara": "a formula",
    "sym": "a character of a symbol font",
    "altChunk": "an embedded document",
}
PLAIN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}

_Element = etree._Element


def read_docx(data: bytes) -> Document:
    """Read the bytes of a DOCX.

    Raises:
        ReadError: it is damaged, hostile, too large, or no DOCX.
    """
    parts = {name: part.replace(STRICT, NS.encode()) for name, part in _parts(data).items()}
    roots = {name: parse_xml(part, name) for name, part in parts.items()}
    body = roots[BODY].find(f"{W}body")
    if body is None:
        raise ReadError("unreadable", f"{BODY}: found no body: restore the file")
    reader = _Reader(roots)
    document = reader.read(body)
    return replace(document, warnings=(*document.warnings, *_left_out(roots, reader.pictures)))


def _parts(data: bytes) -> dict[str, bytes]:
    parts = read_parts(data, PARTS)
    if BODY not in parts:
        raise ReadError("unreadable", f"found no {BODY}, expected a DOCX: restore the file")
    return parts


def _left_out(roots: dict[str, _Element], pictures: Unread) -> Iterator[str]:
    """Tell of the parts that are no running text, and of all pictures."""
    for kind in ("header", "footer"):
        parts = [part for name, part in sorted(roots.items()) if name.startswith(f"word/{kind}")]
        yield from told_left_out(kind, [_said_apart(roots, part, pictures) for part in parts])
    comments = roots.get(COMMENTS)
    count = 0 if comments is None else len(comments.findall(f"{W}comment"))
    yield from told_count(count, "comment")
    yield from pictures.told()


def _said_apart(roots: dict[str, _Element], part: _Element, pictures: Unread) -> str:
    reader = _Reader(roots)
    return said_apart(reader.read(part), reader.pictures, pictures)


@dataclass
class _Content:
    """What stands in a paragraph or cell besides its text."""

    boxes: list[_Element] = field(default_factory=list)
    nested: list[_Element] = field(default_factory=list)


class _Reader:
    def __init__(self, roots: dict[str, _Element]) -> None:
        self._outline = Outline()
        self._styles = Styles(roots.get("word/styles.xml"))
        self._notes = {
            "footnoteReference": self._texts(roots.get("word/footnotes.xml"), "footnote"),
            "endnoteReference": self._texts(roots.get("word/endnotes.xml"), "endnote"),
        }
        self._marks: dict[tuple[str, str], str] = {}
        self.pictures = Unread()

    def read(self, body: _Element) -> Document:
        self._blocks(body)
        return self._outline.document(MEDIA_TYPE)

    def _texts(self, root: _Element | None, name: str) -> dict[str, _Element]:
        notes = root.findall(W + name) if root is not None else []
        return {note.get(f"{W}id", ""): note for note in notes}

    def _blocks(self, parent: _Element) -> None:
        carried: list[_Element] = []
        for block in effective(parent):
            if local_name(block) == "p":
                carried.append(block)
                if block.find(f"{W}pPr/{W}rPr/{W}del") is None:
                    self._paragraph(carried)
                    carried = []
            elif local_name(block) == "tbl":
                self._table(block)
            else:
                self._tell_unread(block, self._outline.next_paragraph())
        if carried:
            self._paragraph(carried)

    def _paragraph(self, parts: list[_Element]) -> None:
        """Read paragraphs that a deleted paragraph mark joined; the last one gives the style."""
        content, builder = _Content(), RichBuilder()
        place = self._outline.next_paragraph()
        for part in parts:
            self._warn_changes(part, place)
            self._inline(part, builder, content, place)
        level = self._styles.outline(parts[-1])
        if level is not None:
            self._outline.heading(builder.build(), level)
        else:
            self._outline.paragraph(builder.build(), self._styles.list_level(parts[-1]))
        for box in content.boxes:
            self._blocks(box)

    def _warn_changes(self, element: _Element, place: Place) -> None:
        if changes := tracked_changes(element):
            self._outline.warn(place, f"found {changes}, read as accepted")

    def _inline(
        self, parent: _Element, builder: RichBuilder, content: _Content, place: Place
    ) -> None:
        for child in effective(parent):
            if local_name(child) == "r":
                self._run(child, builder, content, place)
            else:
                self._tell_unread(child, place)

    def _tell_unread(self, element: _Element, place: Place) -> None:
        if local_name(element) in UNREAD:
            self._outline.warn(place, f"found {UNREAD[local_name(element)]}, left out")

    def _run(self, run: _Element, builder: RichBuilder, content: _Content, place: Place) -> None:
        if is_on(run, "rPr/vanish"):
            self._outline.warn(place, "found hidden text, left out")
            return
        raised = self._styles.raises(run)
        for child in effective(run):
            self._tell_unread(child, place)
            if is_picture(child):
                self.pictures.add(place, alternative_text(child))
            if raised and local_name(child) == "t":
                builder.superscript(child.text or "")
            else:
                self._piece(child, builder, content)

    def _piece(self, piece: _Element, builder: RichBuilder, content: _Content) -> None:
        name = local_name(piece)
        if name == "t":
            builder.add(piece.text or "")
        elif name in PLAIN:
            builder.raw(PLAIN[name])
        elif name in self._notes:
            builder.mark(self._mark(name, piece.get(f"{W}id", "")))
        else:
            content.boxes += text_boxes(piece)

    def _mark(self, kind: str, key: str) -> str:
        """Return the number of a note, in the order of its first mark, and keep its text."""
        if (kind, key) not in self._marks:
            number = 1 + sum(1 for known, _ in self._marks if known == kind)
            mark = f"e{number}" if kind == "endnoteReference" else str(number)
            self._marks[kind, key] = mark
            note = self._notes[kind].get(key)
            content = _Content()
            text = "" if note is None else self._cell_text(note, content, Place()).text
            self._outline.footnotes.append(Footnote(mark, text))
            if content.boxes or content.nested:
                self._outline.warn(Place(), f"found a table or text box in note {mark}, left out")
        return self._marks[kind, key]

    def _cell_text(self, cell: _Element, content: _Content, place: Place) -> Rich:
        """Read the paragraphs of a cell or note, a line each."""
        builder = RichBuilder()
        for block in effective(cell):
            if local_name(block) == "p":
                if builder.last:
                    builder.raw("\n")
                self._inline(block, builder, content, place)
            elif local_name(block) == "tbl":
                content.nested.append(block)
        return builder.build()

    def _table(self, table: _Element) -> None:
        content, rows, hidden = _Content(), list[list[Span]](), list[int]()
        number = self._outline.next_table()
        self._warn_rows(table, number)
        open_cells: dict[int, Span] = {}
        for row in effective(table):
            if local_name(row) != "tr":
                continue
            if is_on(row, "trPr/hidden"):
                hidden.append(len(rows) + 1)
            place = Place(self._outline.place().headings, table=number, row=len(rows) + 1)
            rows.append(self._row(row, open_cells, content, place))
        self._outline.table(rows, hidden=hidden)
        for nested in content.nested:
            self._outline.warn(
                self._outline.place(table=number), "found a table within a cell, read as its own"
            )
            self._table(nested)
        for box in content.boxes:
            self._blocks(box)

    def _warn_rows(self, table: _Element, number: int) -> None:
        self._warn_changes(table, self._outline.place(table=number))

    def _row(
        self, row: _Element, above: dict[int, Span], content: _Content, place: Place
    ) -> list[Span]:
        spans: list[Span] = []
        column = whole(value_of(row, "trPr/gridBefore"), 0)
        for cell in effective(row):
            if local_name(cell) != "tc":
                continue
            width = max(whole(value_of(cell, "tcPr/gridSpan")), 1)
            where = Place(place.headings, table=place.table, row=place.row, column=len(spans) + 1)
            span = Span(self._cell_text(cell, content, where), 1, width, column)
            if goes_on_from_above(cell) and column in above and not span.content.text:
                above[column].rows += 1
            else:
                above[column] = span
                spans.append(span)
            column += width
        return spans
