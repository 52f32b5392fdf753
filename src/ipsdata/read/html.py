"""Read HTML without a browser: hidden cells stay in their column and are named, marks set apart."""

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Place
from ipsdata.read.grid import Outline, Rich, RichBuilder, Span, whole

MEDIA_TYPE = "text/html"
CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{1,30})""", re.I)
SILENT = frozenset("script style head template noscript title iframe object".split())
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figure "
    "figcaption footer form header html li main nav ol p pre section summary table ul".split()
) | frozenset(HEADINGS)
LISTS = frozenset({"ul", "ol"})
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)

_Element = etree._Element


def read_html(data: bytes) -> Document:
    """Read the bytes of an HTML page.

    Raises:
        ReadError: it is empty, or no HTML.
    """
    if not data.strip():
        raise ReadError("empty", "found an empty file, expected HTML: restore it")
    outline = Outline()
    parser = lxml.html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = lxml.html.document_fromstring(_decoded(data, outline), parser=parser)
    except (etree.ParserError, ValueError):
        raise ReadError("unreadable", "found no HTML: restore the file") from None
    if any("depth" in entry.message for entry in parser.error_log):
        found = "found elements nested too deep, past which text is lost"
        raise ReadError("hostile", f"{found}: save the page anew")
    _Reader(outline).blocks(root, 0)
    return outline.document(MEDIA_TYPE)


def _decoded(data: bytes, outline: Outline) -> str:
    declared = CHARSET.search(data[:4096])
    names = ["utf-8-sig", declared[1].decode() if declared else "utf-8", "cp1252"]
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        names.insert(0, "utf-16")
    for name in names:
        try:
            text = data.decode("cp1252" if name.lower() == "iso-8859-1" else name)
        except (UnicodeDecodeError, LookupError):
            continue
        if name == "cp1252" and not declared:
            outline.warn(Place(), "found no UTF-8, read as Windows-1252: save the file as UTF-8")
        return re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text.replace("\0", "\ufffd"))
    raise ReadError("encoding", "found broken characters: save the file as UTF-8")


def _name(element: _Element) -> str:
    return element.tag.lower() if isinstance(element.tag, str) else ""


def _hidden(element: _Element) -> bool:
    return element.get("hidden") is not None or bool(HIDDEN.search(element.get("style", "")))


class _Reader:
    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._nested: list[_Element] = []

    def blocks(self, parent: _Element, list_level: int) -> None:
        """Read an element whose content may be text and blocks, mixed."""
        builder = RichBuilder(collapse=True)
        builder.add(parent.text or "")
        for child in parent:
            if any(_name(inner) in BLOCKS for inner in child.iter()) and _name(child) not in SILENT:
                self._outline.paragraph(builder.build(), list_level)
                self._block(child, list_level)
                builder = RichBuilder(collapse=True)
            else:
                self._inline(child, builder)
            builder.add(child.tail or "")
        self._outline.paragraph(builder.build(), list_level)
        self._flush()

    def _block(self, element: _Element, list_level: int) -> None:
        name = _name(element)
        if name == "table":
            self._table(element)
            return
        if _hidden(element):
            self._outline.warn(self._outline.next_paragraph(), "found hidden text, read as shown")
        if name in HEADINGS:
            self._outline.heading(self._rich(element), HEADINGS[name])
            self._flush()
        else:
            self.blocks(element, list_level + (name in LISTS))

    def _flush(self) -> None:
        nested, self._nested = self._nested, []
        for table in nested:
            place = self._outline.place(table=self._outline.next_table())
            self._outline.warn(place, "found a table within a cell, read as its own")
            self._table(table)

    def _rich(self, element: _Element) -> Rich:
        builder = RichBuilder(collapse=True)
        self._inside(element, builder)
        return builder.build()

    def _inside(self, element: _Element, builder: RichBuilder) -> None:
        builder.add(element.text or "")
        for child in element:
            self._inline(child, builder)
            builder.add(child.tail or "")

    def _inline(self, element: _Element, builder: RichBuilder) -> None:
        name = _name(element)
        if name == "br":
            builder.raw("\n")
        elif name == "table":
            self._nested.append(element)
        elif name and _hidden(element):
            self._outline.warn(self._outline.next_paragraph(), "found hidden text, left out")
        elif name == "sup":
            self._raised(element, builder)
        elif name and name not in SILENT:
            if name in BLOCKS and builder.last not in {"", "\n"}:
                builder.raw("\n")
            self._inside(element, builder)

    def _raised(self, element: _Element, builder: RichBuilder) -> None:
        text = "".join(str(t) for t in element.itertext())
        linked = element.find(".//a") is not None or _name(_parent(element)) == "a"
        if linked and len(text.strip()) <= 5:
            builder.mark(text.strip().strip("[]()"))
        else:
            builder.superscript(text)

    def _table(self, table: _Element) -> None:
        rows: list[list[Span]] = []
        hidden: list[int] = []
        number = self._outline.next_table()
        caption = table.find("caption")
        title = "" if caption is None else self._rich(caption).text
        for section in _sections(table):
            for index, row in enumerate(section):
                place = Place(self._outline.place().headings, table=number, row=len(rows) + 1)
                if _hidden(row) or _hidden(_parent(row)):
                    hidden.append(len(rows) + 1)
                rows.append(self._row(row, place, len(section) - index))
        self._outline.table(rows, title, hidden)
        self._flush()

    def _row(self, row: _Element, place: Place, left: int) -> list[Span]:
        spans: list[Span] = []
        for cell in row:
            if _name(cell) not in {"td", "th"}:
                continue
            if _hidden(cell):
                where = Place(
                    place.headings, table=place.table, row=place.row, column=len(spans) + 1
                )
                self._outline.warn(where, "found a hidden cell, read all the same")
            height = whole(cell.get("rowspan"))
            height = min(height, left) if height else left
            spans.append(Span(self._rich(cell), height, max(whole(cell.get("colspan")), 1)))
        return spans


def _parent(element: _Element) -> _Element:
    parent = element.getparent()
    return element if parent is None else parent


def _sections(table: _Element) -> Iterator[list[_Element]]:
    """Yield the rows by section: a cell never spans out of its own."""
    loose: list[_Element] = []
    for child in table:
        if _name(child) == "tr":
            loose.append(child)
        elif _name(child) in {"thead", "tbody", "tfoot"}:
            if loose:
                yield loose
                loose = []
            yield [row for row in child if _name(row) == "tr"]
    if loose:
        yield loose
