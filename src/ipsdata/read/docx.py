"""Read a DOCX in its accepted reading: insertions in, deletions out, notes apart, all of it named.

The XML is read directly: python-docx loses tracked insertions and content controls, and glues the
mark of a note to the number before it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Footnote, Place
from ipsdata.read.grid import Outline, Rich, RichBuilder, Span, parse_xml, read_parts, whole

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
NS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{NS}}}"
BODY = "word/document.xml"
PARTS = (BODY, "word/styles.xml", "word/footnotes.xml", "word/endnotes.xml")
UNWRAPPED = frozenset(
    "sdt sdtContent ins moveTo smartTag hyperlink customXml fldSimple bdo dir".split()
)
DROPPED = frozenset("del moveFrom sdtPr sdtEndPr Fallback pPr rPr tblPr tblGrid trPr tcPr".split())
CHANGES = {
    "ins": "tracked insertion",
    "del": "tracked deletion",
    "moveTo": "tracked move",
    "moveFrom": "tracked move",
    "cellIns": "tracked insertion",
    "cellDel": "tracked deletion",
}
PLAIN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
OFF = frozenset({"0", "false", "off"})

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
    return _Reader(roots).read(body)


def _parts(data: bytes) -> dict[str, bytes]:
    parts = read_parts(data, PARTS)
    if BODY not in parts:
        raise ReadError("unreadable", f"found no {BODY}, expected a DOCX: restore the file")
    return parts


def _name(element: _Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _effective(parent: _Element) -> Iterator[_Element]:
    """Yield the children that the accepted reading has, whatever wraps them."""
    for child in parent:
        name = _name(child)
        if name in UNWRAPPED:
            yield from _effective(child)
        elif name and name not in DROPPED and not _is_deleted(child):
            yield child


def _is_deleted(element: _Element) -> bool:
    return (
        element.find(f"{W}trPr/{W}del") is not None
        or element.find(f"{W}tcPr/{W}cellDel") is not None
    )


def _value(element: _Element | None, path: str, name: str = "val") -> str | None:
    found = (
        element.find("/".join(W + step for step in path.split("/")))
        if element is not None
        else None
    )
    return None if found is None else found.get(W + name)


def _on(element: _Element, path: str) -> bool:
    found = element.find("/".join(W + step for step in path.split("/")))
    return found is not None and found.get(f"{W}val", "1") not in OFF


def _changes(element: _Element) -> str:
    counts = Counter(CHANGES[_name(e)] for e in element.iter() if _name(e) in CHANGES)
    return ", ".join(f"{n} {name}{'s' if n > 1 else ''}" for name, n in sorted(counts.items()))


class _Styles:
    """Which outline level and list level a paragraph's style gives, through its ancestors."""

    def __init__(self, root: _Element | None) -> None:
        styles = root.findall(f"{W}style") if root is not None else []
        self._styles = {s.get(f"{W}styleId", ""): s for s in styles}

    def outline(self, paragraph: _Element) -> int | None:
        """Return the heading level (from 1), or `None` of running text."""
        for element in self._chain(paragraph):
            level = whole(_value(element, "pPr/outlineLvl"), -1)
            level = level if level >= 0 else self._by_name(element)
            if level >= 0:
                return level + 1 if level < 9 else None
        return None

    def list_level(self, paragraph: _Element) -> int:
        """Return the level of a list item (from 1), or 0."""
        for element in self._chain(paragraph):
            number = _value(element, "pPr/numPr/numId")
            if number is not None:
                return 0 if number == "0" else whole(_value(element, "pPr/numPr/ilvl"), 0) + 1
        return 0

    def _by_name(self, style: _Element) -> int:
        name = (_value(style, "name") or "").lower()
        if name == "title":
            return 0
        prefix, _, level = name.rpartition(" ")
        return whole(level, 0) - 1 if prefix == "heading" else -1

    def _chain(self, paragraph: _Element) -> Iterator[_Element]:
        yield paragraph
        name, seen = _value(paragraph, "pPr/pStyle"), set[str]()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield self._styles[name]
            name = _value(self._styles[name], "basedOn")


@dataclass
class _Content:
    """What stands in a paragraph or cell besides its text."""

    boxes: list[_Element] = field(default_factory=list)
    nested: list[_Element] = field(default_factory=list)


class _Reader:
    def __init__(self, roots: dict[str, _Element]) -> None:
        self._outline = Outline()
        self._styles = _Styles(roots.get("word/styles.xml"))
        self._notes = {
            "footnoteReference": self._texts(roots.get("word/footnotes.xml"), "footnote"),
            "endnoteReference": self._texts(roots.get("word/endnotes.xml"), "endnote"),
        }
        self._marks: dict[tuple[str, str], str] = {}

    def read(self, body: _Element) -> Document:
        self._blocks(body)
        return self._outline.document(MEDIA_TYPE)

    def _texts(self, root: _Element | None, name: str) -> dict[str, _Element]:
        notes = root.findall(W + name) if root is not None else []
        return {note.get(f"{W}id", ""): note for note in notes}

    def _blocks(self, parent: _Element) -> None:
        carried: list[_Element] = []
        for block in _effective(parent):
            if _name(block) == "p":
                carried.append(block)
                if block.find(f"{W}pPr/{W}rPr/{W}del") is None:
                    self._paragraph(carried)
                    carried = []
            elif _name(block) == "tbl":
                self._table(block)
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
        changes = _changes(element)
        if changes:
            self._outline.warn(place, f"found {changes}, read as accepted")

    def _inline(
        self, parent: _Element, builder: RichBuilder, content: _Content, place: Place
    ) -> None:
        for child in _effective(parent):
            if _name(child) == "r":
                self._run(child, builder, content, place)

    def _run(self, run: _Element, builder: RichBuilder, content: _Content, place: Place) -> None:
        if _on(run, "rPr/vanish"):
            self._outline.warn(place, "found hidden text, left out")
        elif _value(run, "rPr/vertAlign") == "superscript" and run.find(f"{W}t") is not None:
            builder.superscript("".join(t.text or "" for t in run.iterfind(f"{W}t")))
        else:
            for child in _effective(run):
                self._piece(child, builder, content)

    def _piece(self, piece: _Element, builder: RichBuilder, content: _Content) -> None:
        name = _name(piece)
        if name == "t":
            builder.add(piece.text or "")
        elif name in PLAIN:
            builder.raw(PLAIN[name])
        elif name in self._notes:
            builder.mark(self._mark(name, piece.get(f"{W}id", "")))
        else:
            content.boxes += _boxes(piece)

    def _mark(self, kind: str, key: str) -> str:
        """Return the number of a note, in the order of its first mark, and keep its text."""
        if (kind, key) not in self._marks:
            number = 1 + sum(1 for known, _ in self._marks if known == kind)
            mark = f"e{number}" if kind == "endnoteReference" else str(number)
            self._marks[kind, key] = mark
            note = self._notes[kind].get(key)
            text = "" if note is None else self._cell_text(note, _Content(), Place()).text
            self._outline.footnotes.append(Footnote(mark, text))
        return self._marks[kind, key]

    def _cell_text(self, cell: _Element, content: _Content, place: Place) -> Rich:
        """Read the paragraphs of a cell or note, a line each."""
        builder = RichBuilder()
        for block in _effective(cell):
            if _name(block) == "p":
                if builder.last:
                    builder.raw("\n")
                self._inline(block, builder, content, place)
            elif _name(block) == "tbl":
                content.nested.append(block)
        return builder.build()

    def _table(self, table: _Element) -> None:
        content, rows, hidden = _Content(), list[list[Span]](), list[int]()
        number = self._outline.next_table()
        self._warn_rows(table, number)
        open_cells: dict[int, Span] = {}
        for row in _effective(table):
            if _name(row) != "tr":
                continue
            if _on(row, "trPr/hidden"):
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
        column = whole(_value(row, "trPr/gridBefore"), 0)
        for cell in _effective(row):
            if _name(cell) != "tc":
                continue
            width = max(whole(_value(cell, "tcPr/gridSpan")), 1)
            where = Place(place.headings, table=place.table, row=place.row, column=len(spans) + 1)
            span = Span(self._cell_text(cell, content, where), 1, width, column)
            if _continues(cell) and column in above and not span.content.text:
                above[column].rows += 1
            else:
                above[column] = span
                spans.append(span)
            column += width
        return spans


def _continues(cell: _Element) -> bool:
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def _boxes(piece: _Element) -> list[_Element]:
    """Return the text boxes in a drawing, not twice for old and new programs."""
    return [
        box
        for box in piece.iter(f"{W}txbxContent")
        if not any(_name(e) in {"Fallback", "txbxContent"} for e in box.iterancestors())
    ]
