"""Read an ODT in its accepted reading: deletions out, notes apart, hidden rows named."""

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Footnote, Place
from ipsdata.read.grid import MAX_CELLS, Outline, Rich, RichBuilder, Span
from ipsdata.read.markup import local_name, parse_xml, read_parts, whole
from ipsdata.read.running import Unread, said_apart, told_count, told_left_out

MEDIA_TYPE = "application/vnd.oasis.opendocument.text"
PREFIX = "{urn:oasis:names:tc:opendocument:xmlns:"
TEXT = PREFIX + "text:1.0}"
TABLE = PREFIX + "table:1.0}"
OFFICE = PREFIX + "office:1.0}"
STYLE = PREFIX + "style:1.0}"
DRAW = PREFIX + "drawing:1.0}"
SVG = PREFIX + "svg-compatible:1.0}"
CONTENT = "content.xml"
STYLES = "styles.xml"
GROUPS = frozenset(
    "section index-body index-title table-of-content alphabetical-index illustration-index "
    "table-index object-index user-index bibliography numbered-paragraph".split()
)
HOLDERS = frozenset("p h list table".split()) | GROUPS
SHOWN = frozenset("image object object-ole plugin".split())
ROW_GROUPS = frozenset("table-header-rows table-rows table-row-group".split())
COLUMN_GROUPS = frozenset("table-header-columns table-columns table-column-group".split())
SILENT = frozenset(
    "tracked-changes annotation annotation-end sequence-decls forms soft-page-break".split()
)

_Element = etree._Element


def read_odt(data: bytes) -> Document:
    """Read the bytes of an ODT.

    Raises:
        ReadError: it is damaged, hostile, too large, or no ODT.
    """
    parts = read_parts(data, (CONTENT, STYLES))
    if CONTENT not in parts:
        raise ReadError("unreadable", f"found no {CONTENT}, expected an ODT: restore the file")
    roots = {name: parse_xml(part, name) for name, part in parts.items()}
    body = roots[CONTENT].find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise ReadError("unreadable", f"{CONTENT}: found no text document: restore the file")
    reader = _Reader(roots)
    document = reader.read(body)
    return replace(document, warnings=(*document.warnings, *_left_out(roots, reader.pictures)))


def _left_out(roots: dict[str, _Element], pictures: Unread) -> Iterator[str]:
    """Tell of what is no running text, and of all pictures."""
    masters = roots[STYLES].iter(f"{STYLE}master-page") if STYLES in roots else ()
    pieces = [piece for master in masters for piece in master]
    for kind in ("header", "footer"):
        wanted = (piece for piece in pieces if local_name(piece).startswith(kind))
        yield from told_left_out(kind, [_said_apart(roots, piece, pictures) for piece in wanted])
    comments = roots[CONTENT].iter(f"{OFFICE}annotation")
    deleted = f"{TEXT}tracked-changes"
    count = sum(next(comment.iterancestors(deleted), None) is None for comment in comments)
    yield from told_count(count, "comment")
    yield from pictures.told()


def _said_apart(roots: dict[str, _Element], part: _Element, pictures: Unread) -> str:
    reader = _Reader(roots)
    return said_apart(reader.read(part), reader.pictures, pictures)


class _Styles:
    """What the styles of running text say, through their ancestors."""

    def __init__(self, roots: dict[str, _Element]) -> None:
        # The automatic styles of the other part are those of its page headers, of the same names.
        wanted = ((STYLES, f"{OFFICE}styles"), (CONTENT, f"{OFFICE}automatic-styles"))
        found = [roots[part].iterfind(f"{of}/{STYLE}style") for part, of in wanted if part in roots]
        self._styles = {
            style.get(f"{STYLE}name", ""): style
            for styles in found
            for style in styles
            if style.get(f"{STYLE}family", "text") == "text"
        }

    def raises(self, span: _Element) -> bool:
        """Whether a span is superscript."""
        position = self._value(span, f"{STYLE}text-position").split(" ")[0]
        return position == "super" or (position[:1].isdigit() and position != "0%")

    def hides(self, span: _Element) -> bool:
        """Whether a span is hidden."""
        return self._value(span, f"{TEXT}display") == "none"

    def _value(self, span: _Element, name: str) -> str:
        style, seen = span.get(f"{TEXT}style-name"), set[str]()
        while style in self._styles and style not in seen:
            seen.add(style)
            properties = self._styles[style].find(f"{STYLE}text-properties[@{name}]")
            if properties is not None:
                return properties.get(name, "")
            style = self._styles[style].get(f"{STYLE}parent-style-name")
        return ""


class _Reader:
    def __init__(self, roots: dict[str, _Element]) -> None:
        self._outline = Outline()
        self._styles = _Styles(roots)
        self._changes = {
            region.get(f"{TEXT}id", ""): local_name(region[0])
            for region in roots[CONTENT].iter(f"{TEXT}changed-region")
            if len(region)
        }
        self._nested: list[_Element] = []
        self._cell: Place | None = None
        self.pictures = Unread()

    def read(self, body: _Element) -> Document:
        self._blocks(body, 0)
        return self._outline.document(MEDIA_TYPE)

    def _blocks(self, parent: _Element, list_level: int) -> None:
        for block in parent:
            name = local_name(block)
            if name == "p":
                self._paragraph(block, list_level)
            elif name == "h":
                self._heading(block)
            elif name == "table":
                self._table(block)
            elif name == "list":
                self._list(block, list_level + 1)
            elif name in GROUPS:
                self._group(block, list_level)
            else:
                self._aside(block)

    def _group(self, group: _Element, list_level: int) -> None:
        if group.get(f"{TEXT}display") == "none":
            self._outline.warn(self._place(), "found a hidden section, read all the same")
        self._blocks(group, list_level)

    def _aside(self, block: _Element) -> None:
        """Read what stands between paragraphs: the mark of a change, or a drawing on the page."""
        if local_name(block).startswith("change"):
            self._changed(block)
        else:
            self._drawing(block)
            self._flush()

    def _drawing(self, element: _Element) -> None:
        """Keep the text of a drawing for later, and count its pictures."""
        for picture in _pictures(element):
            self.pictures.add(self._place(), _alternative_text(picture))
        self._nested += _boxes(element)

    def _list(self, element: _Element, level: int) -> None:
        for item in element:
            if local_name(item) in {"list-item", "list-header"}:
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
        name = local_name(piece)
        if name == "s":
            builder.raw(" " * min(whole(piece.get(f"{TEXT}c")), 1000))
        elif name in {"tab", "line-break"}:
            builder.raw("\t" if name == "tab" else "\n")
        elif name == "note":
            self._note(piece, builder)
        elif name == "span":
            self._span(piece, builder)
        elif name.startswith("change"):
            self._changed(piece)
        elif _is_drawn(piece):
            self._drawing(piece)
        elif name and name not in SILENT:
            self._inline(piece, builder)

    def _span(self, span: _Element, builder: RichBuilder) -> None:
        if self._styles.hides(span):
            self._outline.warn(self._place(), "found hidden text, left out")
        elif self._styles.raises(span):
            inner = RichBuilder()
            self._inline(span, inner)
            raised = inner.collected()
            for note in raised.notes:  # a footnote stands in a raised span, its text included
                builder.mark(note.note)
            builder.superscript(raised.text)
        else:
            self._inline(span, builder)

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
            name = local_name(child)
            if name in {"p", "h"}:
                yield child
            elif name == "table":
                self._nested.append(child)
            elif _is_drawn(child):
                self._drawing(child)
            elif name.startswith("change"):
                self._changed(child)
            elif name and name not in SILENT:
                yield from self._leaves(child)

    def _changed(self, element: _Element) -> None:
        if local_name(element) == "change-end":
            return
        kind = self._changes.get(element.get(f"{TEXT}change-id", ""), "change")
        finding = f"found a tracked {kind}, read as accepted"
        self._outline.warn(self._place(), finding)

    def _place(self) -> Place:
        return self._cell or self._outline.next_paragraph()

    def _flush(self) -> None:
        """Read what stood within a paragraph or cell, after it."""
        nested, self._nested = self._nested, []
        for element in nested:
            if local_name(element) == "table":
                place = self._outline.place(table=self._outline.next_table())
                self._outline.warn(place, "found a table within a cell, read as its own")
                self._table(element)
            else:
                self._blocks(element, 0)

    def _table(self, table: _Element) -> None:
        rows: list[list[Span]] = []
        hidden: list[int] = []
        budget = MAX_CELLS
        if any(_is_hidden(column) for column in _members(table, "table-column", COLUMN_GROUPS)):
            place = self._outline.place(table=self._outline.next_table())
            self._outline.warn(place, "found a hidden column, read all the same")
        elements = list(_members(table, "table-row", ROW_GROUPS))
        for number, row in enumerate(elements, start=1):
            self._cell = replace(
                self._outline.place(table=self._outline.next_table()), row=len(rows) + 1
            )
            spans = self._row(row, self._cell)
            repeated = max(whole(row.get(f"{TABLE}number-rows-repeated")), 1)
            if repeated > 1 and number == len(elements) and not _has_text(spans):
                repeated = 1
            budget -= repeated * max(len(spans), 1)
            if budget < 0:
                raise ReadError("too_large", f"found a table of over {MAX_CELLS:,} cells: split it")
            if _is_hidden(row):
                hidden += range(len(rows) + 1, len(rows) + repeated + 1)
            rows += [spans] * repeated
        self._cell = None
        self._outline.table(rows, hidden=hidden)
        self._flush()

    def _row(self, row: _Element, place: Place) -> list[Span]:
        spans: list[Span] = []
        column = 0
        cells = [c for c in row if local_name(c) in {"table-cell", "covered-table-cell"}]
        for number, cell in enumerate(cells, start=1):
            self._cell = replace(place, column=column + 1)
            repeated = max(whole(cell.get(f"{TABLE}number-columns-repeated")), 1)
            if local_name(cell) == "table-cell":
                copies = 1 if number == len(cells) and not len(cell) else repeated
                spans += self._copies(cell, column, copies)
            elif len(cell) and self._lines(cell).text:
                self._outline.warn(self._place(), "found text in a covered cell, left out")
            column += repeated
        return spans

    def _copies(self, cell: _Element, column: int, copies: int) -> list[Span]:
        if copies > MAX_CELLS:
            raise ReadError("too_large", f"found a table of over {MAX_CELLS:,} cells: split it")
        content = self._lines(cell)
        rows = max(whole(cell.get(f"{TABLE}number-rows-spanned")), 1)
        columns = max(whole(cell.get(f"{TABLE}number-columns-spanned")), 1)
        return [Span(content, rows, columns, column + copy) for copy in range(copies)]


def _is_drawn(element: _Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(DRAW)


def _boxes(drawing: _Element) -> Iterator[_Element]:
    """Yield what holds text in a drawing, the alternative text of a picture aside."""
    if not _is_drawn(drawing):
        return
    if any(local_name(child) in HOLDERS for child in drawing):
        yield drawing
    else:
        for child in drawing:
            yield from _boxes(child)


def _pictures(drawing: _Element) -> Iterator[_Element]:
    """Yield what a drawing shows: a frame holds one picture, in several forms at times."""
    names = {local_name(child) for child in drawing if _is_drawn(child)}
    if not _is_drawn(drawing) or any(local_name(child) in HOLDERS for child in drawing):
        return  # text is read by itself, with the pictures within
    if local_name(drawing) in SHOWN or names & SHOWN:
        yield drawing
    else:
        for child in drawing:
            yield from _pictures(child)


def _alternative_text(picture: _Element) -> str:
    found = (picture.findtext(SVG + name) or "" for name in ("desc", "title"))
    return next((text for text in found if text.strip()), "")


def _has_text(spans: list[Span]) -> bool:
    return any(span.content.text for span in spans)


def _is_hidden(part: _Element) -> bool:
    return part.get(f"{TABLE}visibility", "visible") != "visible"


def _members(table: _Element, name: str, groups: frozenset[str]) -> Iterator[_Element]:
    """Yield the rows or columns of a table, those in groups as well."""
    for child in table:
        if local_name(child) == name:
            yield child
        elif local_name(child) in groups:
            yield from _members(child, name, groups)
