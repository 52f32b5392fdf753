"""The XML of a DOCX in its accepted reading, and what its styles say of paragraphs and runs."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from ipsdata.read.markup import local_name, whole

NS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{NS}}}"
UNWRAPPED = frozenset(
    "sdt sdtContent ins moveTo smartTag hyperlink customXml fldSimple bdo dir".split()
)
DROPPED = frozenset("del moveFrom sdtPr sdtEndPr pPr rPr tblPr tblGrid trPr tcPr".split())
CHANGES = {
    "ins": "tracked insertion",
    "del": "tracked deletion",
    "moveTo": "tracked move",
    "moveFrom": "tracked move",
    "cellIns": "tracked insertion",
    "cellDel": "tracked deletion",
}
OFF = frozenset({"0", "false", "off"})
DRAWINGS = frozenset("drawing pict object".split())
# What a drawing shows that only eyes read: pictures, charts, diagrams, words drawn as art.
SHOWN = frozenset("pic chart relIds imagedata textpath".split())
# Shapes that say nothing by themselves; their text is read.
SHAPES = frozenset("txbxContent wsp line rect roundrect oval arc curve polyline".split())
PIXEL = 9_525  # in the units of the format, as programs write it
TINY = r"(?:^|;)\s*{}\s*:\s*(?:[01]|0?\.\d+)(?:px|pt)?\s*(?:;|$)"
TINY_WIDTH, TINY_HEIGHT = (re.compile(TINY.format(name), re.I) for name in ("width", "height"))

_Element = etree._Element


def effective(parent: _Element) -> Iterator[_Element]:
    """Yield the children that the accepted reading has, whatever wraps them."""
    for child in parent:
        name = local_name(child)
        if name in UNWRAPPED:
            yield from effective(child)
        elif name == "AlternateContent":
            yield from effective(_alternative(child))
        elif name and name not in DROPPED and not _is_deleted(child):
            yield child


def _alternative(choices: _Element) -> _Element:
    """Return the first of several forms of one thing: that of new programs."""
    return next(iter(choices), choices)


def _is_deleted(element: _Element) -> bool:
    return (
        element.find(f"{W}trPr/{W}del") is not None
        or element.find(f"{W}tcPr/{W}cellDel") is not None
    )


def text_boxes(drawing: _Element) -> Iterator[_Element]:
    """Yield the text boxes in a drawing; one within another is found when that is read."""
    for child in effective(drawing):
        if local_name(child) == "txbxContent":
            yield child
        else:
            yield from text_boxes(child)


def is_picture(element: _Element) -> bool:
    """Whether a piece of a run shows what is no text: no mere shape, text box or pixel."""
    if local_name(element) not in DRAWINGS:
        return False
    pieces = list(_drawn(element))
    names = {local_name(piece) for piece in pieces}
    return bool(names & SHOWN or not names & SHAPES) and not any(map(_is_pixel, pieces))


def alternative_text(drawing: _Element) -> str:
    """Return what the author wrote for those who don't see a picture, or nothing."""
    pieces = list(_drawn(drawing))
    found = (piece.get(name, "") for name in ("descr", "title", "alt") for piece in pieces)
    return next((text for text in found if text.strip()), "")


def _drawn(drawing: _Element) -> Iterator[_Element]:
    """Yield all that a drawing is made of; what its text boxes hold is read by itself."""
    for child in effective(drawing):
        yield child
        if local_name(child) != "txbxContent":
            yield from _drawn(child)


def _is_pixel(piece: _Element) -> bool:
    """Whether a piece of a drawing gives it the size of a pixel: it measures who reads it."""
    if local_name(piece) == "extent":
        return all(whole(piece.get(side), 2 * PIXEL) <= PIXEL for side in ("cx", "cy"))
    style = piece.get("style", "")
    return bool(TINY_WIDTH.search(style) and TINY_HEIGHT.search(style))


def value_of(element: _Element | None, path: str, name: str = "val") -> str | None:
    """Return an attribute of the element at a path of local names, or `None`."""
    found = (
        element.find("/".join(W + step for step in path.split("/")))
        if element is not None
        else None
    )
    return None if found is None else found.get(W + name)


def is_on(element: _Element, path: str) -> bool:
    """Whether the element at a path of local names is there, and not switched off."""
    found = element.find("/".join(W + step for step in path.split("/")))
    return found is not None and found.get(f"{W}val", "1") not in OFF


def goes_on_from_above(cell: _Element) -> bool:
    """Whether a cell is merged with the one above."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def tracked_changes(element: _Element) -> str:
    """Return how many tracked changes of which kind an element holds, in words."""
    counts = Counter(CHANGES[local_name(e)] for e in element.iter() if local_name(e) in CHANGES)
    return ", ".join(f"{n} {name}{'s' if n > 1 else ''}" for name, n in sorted(counts.items()))


class Styles:
    """Which outline level and list level a paragraph's style gives, through its ancestors."""

    def __init__(self, root: _Element | None) -> None:
        """Take the styles of `word/styles.xml`, if there is one."""
        styles = root.findall(f"{W}style") if root is not None else []
        self._styles = {s.get(f"{W}styleId", ""): s for s in styles}

    def outline(self, paragraph: _Element) -> int | None:
        """Return the heading level (from 1), or `None` of running text."""
        for element in self._chain(paragraph):
            level = whole(value_of(element, "pPr/outlineLvl"), -1)
            level = level if level >= 0 else self._by_name(element)
            if level >= 0:
                return level + 1 if level < 9 else None
        return None

    def list_level(self, paragraph: _Element) -> int:
        """Return the level of a list item (from 1), or 0."""
        for element in self._chain(paragraph):
            number = value_of(element, "pPr/numPr/numId")
            if number is not None:
                return 0 if number == "0" else whole(value_of(element, "pPr/numPr/ilvl"), 0) + 1
        return 0

    def raises(self, run: _Element) -> bool:
        """Whether a run is superscript, by itself or by its style."""
        for element in self._chain(run, "rPr/rStyle"):
            position = value_of(element, "rPr/vertAlign")
            if position is not None:
                return position == "superscript"
        return False

    def _by_name(self, style: _Element) -> int:
        name = (value_of(style, "name") or "").lower()
        if name == "title":
            return 0
        prefix, _, level = name.rpartition(" ")
        return whole(level, 0) - 1 if prefix == "heading" else -1

    def _chain(self, element: _Element, style: str = "pPr/pStyle") -> Iterator[_Element]:
        yield element
        name, seen = value_of(element, style), set[str]()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield self._styles[name]
            name = value_of(self._styles[name], "basedOn")
