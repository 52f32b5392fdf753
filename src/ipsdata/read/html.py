"""Read HTML without a browser: hidden cells stay in their column and are named, marks set apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import lxml.html
from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Footnote, Place
from ipsdata.read.grid import Outline, Rich, RichBuilder, Span
from ipsdata.read.markup import whole
from ipsdata.read.running import Unread, told_left_out

MEDIA_TYPE = "text/html"
CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{1,30})""", re.I)
SILENT = frozenset("script style head template noscript title iframe object".split())
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figure "
    "figcaption footer form header html li main nav ol p pre section summary table ul".split()
) | frozenset(HEADINGS)
LISTS = frozenset({"ul", "ol"})
# Notes go by these names in pages of LibreOffice, Word, pandoc and wikis; a mark and its note link
# to each other.
NOTE = re.compile(
    r"_?(?:sd(?:foot|end)note|ftn|edn|fn|footnote|endnote|cite_note)[-_:.]?(\d{1,4})(?:sym)?"
)
TO_MARK = re.compile(
    r"#_?(?:(?:ftn|edn|fn|footnote|endnote|cite)[-_:.]?ref[-_:.]?\d[\w-]*|sd(?:foot|end)note\d+anc)"
)
MARK = re.compile(r"[\[(]?(\d{1,4}|[a-z]{1,4}|[*†‡]{1,3})[\])]?")
RUNNING = {"nav": "menu", "header": "header", "footer": "footer"}
SECTIONS = frozenset("article main section aside blockquote figure".split())
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)
RAISED = re.compile(r"vertical-align\s*:\s*super", re.I)
UNREAD = {
    "iframe": "an embedded document",
    "object": "an embedded document",
    "noscript": "text for browsers without scripts",
}
PICTURES = frozenset("img svg canvas".split())
UNSEEN = frozenset("script template noscript iframe object".split())  # told, or never shown
# Inputs whose value is no text that somebody filled in.
UNFILLED = frozenset("button checkbox color file hidden image password radio reset submit".split())
TINY = re.compile(r"[01](?:px)?", re.I)
MAX_SPANS = {"colspan": 1_000, "rowspan": 65_534}  # those of browsers

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
    _tell_style_sheets(root, outline)
    _read(root, outline)
    return outline.document(MEDIA_TYPE)


def _read(root: _Element, outline: Outline) -> None:
    """Read the page, and tell of the pictures and filled-in fields all over it.

    They are looked for before: some stand where no text is read, and reading changes the tree.
    """
    pictures = [element for element in root.iter(*PICTURES, "input") if _is_picture(element)]
    fields = [element for element in root.iter("input") if _is_field(element)]
    words = [_alternative_text(picture) for picture in pictures]
    reader = _Reader(outline, [*pictures[:1], *fields[:1]])
    reader.blocks(root, 0)
    told = Unread()
    for picture, text in zip(pictures, words, strict=True):
        told.add(reader.met.get(picture, Place()), text)
    told_fields = Unread("form field", "value")
    for element in fields:
        told_fields.add(reader.met.get(element, Place()), element.get("value", ""))
    outline.warnings += [*told.told(), *told_fields.told()]


def _is_picture(element: _Element) -> bool:
    name = _name(element)
    if name == "input" and element.get("type", "").lower() != "image":
        return False
    above = {_name(each) for each in element.iterancestors()}
    return not above & (UNSEEN | {"svg", "canvas"}) and not _is_pixel(element)


def _is_pixel(element: _Element) -> bool:
    """Whether a picture is of the size of a pixel: it counts who reads the page."""
    style = dict(part.split(":", 1) for part in element.get("style", "").split(";") if ":" in part)
    given = {name.strip().lower(): value for name, value in style.items()}
    sides = (given.get(side, element.get(side, "")).strip() for side in ("width", "height"))
    return all(TINY.fullmatch(side) for side in sides)


def _is_field(element: _Element) -> bool:
    """Whether a field shows text that somebody filled in."""
    shown = element.get("type", "text").lower() not in UNFILLED and element.get("value", "").strip()
    return bool(shown) and not {_name(each) for each in element.iterancestors()} & UNSEEN


def _alternative_text(picture: _Element) -> str:
    found = [picture.get(name, "") for name in ("alt", "aria-label", "title")]
    found.append(picture.findtext("title") or "")  # that of an svg
    return next((text for text in found if text.strip()), "")


def _tell_style_sheets(root: _Element, outline: Outline) -> None:
    if any(HIDDEN.search(style.text or "") for style in root.iter("style")):
        outline.warn(Place(), "found a style sheet that hides elements, all of them read as shown")


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
    """Reads blocks; `met` tells where those of the wanted elements stand that it came by."""

    def __init__(self, outline: Outline, wanted: Sequence[_Element] = ()) -> None:
        self._outline = outline
        self._wanted = wanted
        self.met: dict[_Element, Place] = {}
        self._nested: list[_Element] = []
        self._cell: Place | None = None

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
        self._meet(element)
        if name == "table":
            self._table(element)
        elif kind := _running_kind(element):
            self._outline.warnings += told_left_out(kind, [_besides_links(element)])
        elif number := _note_number(element):
            self._note(element, number)
        else:
            self._text_block(element, list_level)

    def _text_block(self, element: _Element, list_level: int) -> None:
        name = _name(element)
        if _hidden(element):
            self._outline.warn(self._outline.next_paragraph(), "found hidden text, read as shown")
        if name in HEADINGS:
            self._outline.heading(self._rich(element), HEADINGS[name])
            self._flush()
        else:
            self.blocks(element, list_level + (name in LISTS))

    def _note(self, element: _Element, number: str) -> None:
        """Set a note apart, without the links back to its mark."""
        marks = []
        for link in [link for link in element.iter("a") if TO_MARK.fullmatch(link.get("href", ""))]:
            marks.append(MARK.fullmatch(_text(link).strip()))
            tail = link.tail
            link.clear()
            link.tail = tail
        mark = next((found[1] for found in marks if found), number)
        self._outline.footnotes.append(Footnote(mark, self._rich(element).text))

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

    def _meet(self, element: _Element) -> None:
        if element in self._wanted:
            self.met[element] = self._cell or self._outline.next_paragraph()

    def _inline(self, element: _Element, builder: RichBuilder) -> None:
        name = _name(element)
        self._meet(element)
        if name == "br":
            builder.raw("\n")
        elif name == "table":
            self._nested.append(element)
        elif name and _hidden(element):
            place = self._cell or self._outline.next_paragraph()
            self._outline.warn(place, "found hidden text, left out")
        elif name in UNREAD:
            self._tell_unread(element)
        elif name == "sup" or RAISED.search(element.get("style", "")) or _mark_of_note(element):
            self._raised(element, builder)
        elif name and name not in SILENT:
            if name in BLOCKS and builder.last not in {"", "\n"}:
                builder.raw("\n")
            self._inside(element, builder)

    def _tell_unread(self, element: _Element) -> None:
        name = _name(element)
        if name != "noscript" or _text(element).strip():
            place = self._cell or self._outline.next_paragraph()
            self._outline.warn(place, f"found {UNREAD[name]}, left out")

    def _raised(self, element: _Element, builder: RichBuilder) -> None:
        text, parent = _text(element), _parent(element)
        if mark := _mark_of_note(element):
            builder.mark(mark)
            return
        alone = _name(parent) == "a" and _text(parent) == text
        if (alone or element.find(".//a") is not None) and len(text.strip()) <= 5:
            builder.mark(text.strip().strip("[]()"))
        else:
            builder.superscript(text)

    def _table(self, table: _Element) -> None:
        rows: list[list[Span]] = []
        hidden: list[int] = []
        number = self._outline.next_table()
        self._tell_hidden(table, self._outline.place(table=number))
        caption = table.find("caption")
        title = "" if caption is None else self._rich(caption).text
        for section in _sections(table):
            for index, row in enumerate(section):
                place = replace(self._outline.place(table=number), row=len(rows) + 1)
                if any(_hidden(element) for element in (row, _parent(row), table)):
                    hidden.append(len(rows) + 1)
                rows.append(self._row(row, place, len(section) - index))
        self._cell = None
        self._outline.table(rows, title, hidden)
        self._flush()

    def _tell_hidden(self, table: _Element, place: Place) -> None:
        """Tell of what is hidden as a whole; rows and cells are told one by one."""
        parts = {
            "table": [table],
            "caption": table.findall("caption"),
            "column": [
                e for path in ("col", "colgroup", "colgroup/col") for e in table.findall(path)
            ],
        }
        for name, elements in parts.items():
            if any(_hidden(element) for element in elements):
                self._outline.warn(place, f"found a hidden {name}, read all the same")

    def _row(self, row: _Element, place: Place, left: int) -> list[Span]:
        spans: list[Span] = []
        for cell in row:
            if _name(cell) not in {"td", "th"}:
                continue
            self._cell = replace(place, column=len(spans) + 1)
            if _hidden(cell):
                self._outline.warn(self._cell, "found a hidden cell, read all the same")
            width = max(self._span(cell, "colspan", self._cell), 1)
            height = min(self._span(cell, "rowspan", self._cell) or left, left)
            spans.append(Span(self._rich(cell), height, width))
        return spans

    def _span(self, cell: _Element, name: str, place: Place) -> int:
        span, most = whole(cell.get(name)), MAX_SPANS[name]
        if span > most:
            self._outline.warn(place, f"found a {name} of {span:,}, cut to {most:,}")
        return min(span, most)


def _mark_of_note(element: _Element) -> str:
    """Return the mark that a link to a note shows."""
    href = element.get("href", "")
    found = MARK.fullmatch(_text(element).strip()) if NOTE.fullmatch(href[1:]) else None
    return found[1] if found and href.startswith("#") else ""


def _note_number(element: _Element) -> str:
    """Return the number of the note that an element is, by its own name or its first link's."""
    found = NOTE.fullmatch(element.get("id", "")) or _first_link_name(element)
    if found is None:
        return ""
    inner = {_name(child) for child in element.iter()}
    return "" if inner & HEADINGS.keys() else found[1]


def _first_link_name(element: _Element) -> re.Match[str] | None:
    link = element.find(".//a")
    if link is None or TO_MARK.fullmatch(link.get("href", "")) is None:
        return None
    if any(_name(child) in BLOCKS for child in element.iterdescendants()):
        return None
    return NOTE.fullmatch(link.get("id", link.get("name", "")))


def _running_kind(element: _Element) -> str:
    """Return what an element is that stands around the text of a page; no heading, table or note.

    LibreOffice marks the header and the footer of printed pages by a title.
    """
    name = _name(element)
    kind = RUNNING.get(element.get("title", "") if name == "div" else name, "")
    sections = {_name(above) for above in element.iterancestors()} & SECTIONS
    if not kind or (kind != "menu" and sections):
        return ""
    inner = list(element.iter())
    kept = {"table"} if kind == "menu" else {"table", *HEADINGS}
    return "" if any(_name(each) in kept or _note_number(each) for each in inner) else kind


def _besides_links(element: _Element) -> str:
    if _name(element) in SILENT | {"a", ""}:
        return ""
    parts = (f"{_besides_links(child)} {child.tail or ''}" for child in element)
    return " ".join([element.text or "", *parts])


def _text(element: _Element) -> str:
    return "".join(str(text) for text in element.itertext())


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
