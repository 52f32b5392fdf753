"""Read an ODT in its accepted reading: deletions out, notes apart, hidden rows named."""

from collections.abc import Iterator

from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Footnote
from ipsdata.read.grid import (
    MAX_CELLS,
    Outline,
    Rich,
    RichBuilder,
    Span,
    parse_xml,
    read_parts,
    whole,
)

MEDIA_TYPE = "application/vnd.oasis.opendocument.text"
PREFIX = "{urn:oasis:names:tc:opendocument:xmlns:"
TEXT = PREFIX + "text:1.0}"
TABLE = PREFIX + "table:1.0}"
OFFICE = PREFIX + "office:1.0}"
STYLE = PREFIX + "style:1.0}"
CONTENT = "content.xml"
GROUPS = frozenset(
    "section index-body table-of-content alphabetical-index illustration-index".split()
)
ROW_GROUPS = frozenset("table-header-rows table-rows table-row-group".split())
SILENT = frozenset(
    "tracked-changes annotation annotation-end sequence-decls forms soft-page-break".split()
)

_Element = etree._Element


def read_odt(data: bytes) -> Document:
    """Read the bytes of an ODT.

    Raises:
        ReadError: it is damaged, hostile, too large, or no ODT.
    """
    part = read_parts(data, (CONTENT,)).get(CONTENT)
    if part is None:
        raise ReadError("unreadable", f"found no {CONTENT}, expected an ODT: restore the file")
    root = parse_xml(part, CONTENT)
    body = root.find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise ReadError("unreadable", f"{CONTENT}: found no text document: restore the file")
    return _Reader(root).read(body)


def _name(element: _Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _raised(root: _Element) -> frozenset[str]:
    """Return the names of the styles that raise their text."""
    found = set()
    for style in root.iter(f"{STYLE}style"):
        position = style.find(f"{STYLE}text-properties[@{STYLE}text-position]")
        value = "" if position is None else position.get(f"{STYLE}text-position", "")
        first = value.split(" ")[0]
        if first == "super" or (first[:1].isdigit() and first != "0%"):
            found.add(style.get(f"{STYLE}name", ""))
    return frozenset(found)


class _Reader:
    def __init__(self, root: _Element) -> None:
        self._outline = Outline()
        self._raised = _raised(root)
        self._changes = {
            region.get(f"{TEXT}id", ""): _name(region[0])
            for region in root.iter(f"{TEXT}changed-region")
            if len(region)
        }
        self._nested: list[_Element] = []

    def read(self, body: _Element) -> Document:
        self._blocks(body, 0)
        return self._outline.document(MEDIA_TYPE)

    def _blocks(self, parent: _Element, list_level: int) -> None:
        for block in parent:
            name = _name(block)
            if name == "p":
                self._paragraph(block, list_level)
            elif name == "h":
                self._heading(block)
            elif name == "table":
                self._table(block)
            elif name == "list":
                self._list(block, list_level + 1)
            elif name in GROUPS:
                self._blocks(block, list_level)
            elif name.startswith("change"):
                self._changed(block)

    def _list(self, element: _Element, level: int) -> None:
        for item in element:
            if _name(item) in {"list-item", "list-header"}:
                self._blocks(item, level)

    def _heading(self, element: _Element) -> None:
        self._outline.heading(self._rich(element), whole(element.get(f"{TEXT}outline-level")))
        self._flush()

    def _paragraph(self, element: _Element, list_level: int) -> None:
        self._outline.paragraph(self._rich(element), list_level)
        self._flush()

    def _rich(self, element: _Element) -> Rich:
        builder = RichBuilder(collapse=True)
        self._inline(element, builder)
        return builder.build()

    def _inline(self, parent: _Element, builder: RichBuilder) -> None:
        builder.add(parent.text or "")
        for child in parent:
            self._piece(child, builder)
            builder.add(child.tail or "")

    def _piece(self, piece: _Element, builder: RichBuilder) -> None:
        name = _name(piece)
        if name == "s":
            builder.raw(" " * min(whole(piece.get(f"{TEXT}c")), 1000))
        elif name in {"tab", "line-break"}:
            builder.raw("\t" if name == "tab" else "\n")
        elif name == "note":
            self._note(piece, builder)
        elif name == "text-box":
            self._nested.append(piece)
        elif name.startswith("change"):
            self._changed(piece)
        elif name == "span" and piece.get(f"{TEXT}style-name") in self._raised:
            builder.superscript("".join(str(t) for t in piece.itertext()))
        elif name and name not in SILENT:
            self._inline(piece, builder)

    def _note(self, note: _Element, builder: RichBuilder) -> None:
        mark = (note.findtext(f"{TEXT}note-citation") or "").strip()
        body = note.find(f"{TEXT}note-body")
        builder.mark(mark)
        text = "" if body is None else self._lines(body).text
        self._outline.footnotes.append(Footnote(mark, text))

    def _lines(self, parent: _Element) -> Rich:
        """Read the paragraphs in a cell or note, a line each."""
        builder = RichBuilder(collapse=True)
        for paragraph in self._leaves(parent):
            if builder.last:
                builder.raw("\n")
            self._inline(paragraph, builder)
        return builder.build()

    def _leaves(self, parent: _Element) -> Iterator[_Element]:
        for child in parent:
            name = _name(child)
            if name in {"p", "h"}:
                yield child
            elif name in {"table", "text-box"}:
                self._nested.append(child)
            elif name and name not in SILENT:
                yield from self._leaves(child)

    def _changed(self, element: _Element) -> None:
        if _name(element) == "change-end":
            return
        kind = self._changes.get(element.get(f"{TEXT}change-id", ""), "change")
        finding = f"found a tracked {kind}, read as accepted"
        self._outline.warn(self._outline.next_paragraph(), finding)

    def _flush(self) -> None:
        """Read what stood within a paragraph or cell, after it."""
        nested, self._nested = self._nested, []
        for element in nested:
            if _name(element) == "table":
                place = self._outline.place(table=self._outline.next_table())
                self._outline.warn(place, "found a table within a cell, read as its own")
                self._table(element)
            else:
                self._blocks(element, 0)

    def _table(self, table: _Element) -> None:
        rows: list[list[Span]] = []
        hidden: list[int] = []
        budget = MAX_CELLS
        elements = list(_rows(table))
        for number, row in enumerate(elements, start=1):
            spans = self._row(row)
            repeated = max(whole(row.get(f"{TABLE}number-rows-repeated")), 1)
            if repeated > 1 and number == len(elements) and not _has_text(spans):
                repeated = 1
            budget -= repeated * max(len(spans), 1)
            if budget < 0:
                raise ReadError("too_large", f"found a table of over {MAX_CELLS:,} cells: split it")
            if row.get(f"{TABLE}visibility", "visible") != "visible":
                hidden += range(len(rows) + 1, len(rows) + repeated + 1)
            rows += [spans] * repeated
        self._outline.table(rows, hidden=hidden)
        self._flush()

    def _row(self, row: _Element) -> list[Span]:
        spans: list[Span] = []
        column = 0
        cells = [c for c in row if _name(c) in {"table-cell", "covered-table-cell"}]
        for number, cell in enumerate(cells, start=1):
            repeated = max(whole(cell.get(f"{TABLE}number-columns-repeated")), 1)
            if _name(cell) == "table-cell":
                copies = 1 if number == len(cells) and not len(cell) else repeated
                spans += self._copies(cell, column, copies)
            elif len(cell) and self._lines(cell).text:
                place = self._outline.place(table=self._outline.next_table())
                self._outline.warn(place, "found text in a covered cell, left out")
            column += repeated
        return spans

    def _copies(self, cell: _Element, column: int, copies: int) -> list[Span]:
        if copies > MAX_CELLS:
            raise ReadError("too_large", f"found a table of over {MAX_CELLS:,} cells: split it")
        content = self._lines(cell)
        rows = max(whole(cell.get(f"{TABLE}number-rows-spanned")), 1)
        columns = max(whole(cell.get(f"{TABLE}number-columns-spanned")), 1)
        return [Span(content, rows, columns, column + copy) for copy in range(copies)]


def _has_text(spans: list[Span]) -> bool:
    return any(span.content.text for span in spans)


def _rows(table: _Element) -> Iterator[_Element]:
    for child in table:
        if _name(child) == "table-row":
            yield child
        elif _name(child) in ROW_GROUPS:
            yield from _rows(child)
