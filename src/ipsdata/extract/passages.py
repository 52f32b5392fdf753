"""Passages: every piece of text of a document, under a name of its place that all its forms share.

A place is told by heading and paragraph, by table, row and column, or by footnote, and characters
are counted in the text with its white space single. So a letter has the same places as DOCX, as
PDF and as plain text; the page, which only some forms have, helps a reader and distinguishes
nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ipsdata.extract.quantities import Quantity, find_quantities
from ipsdata.layouts import printed_form
from ipsdata.read.document import Document, Heading, Paragraph, Place, Table

HEADING_CHARACTERS = 40
PAGE = re.compile(r"^page \d+, ")
RANGE = re.compile(
    r"(?P<place>.+), characters (?P<first>[1-9]\d{0,8})-(?P<last>[1-9]\d{0,8})", re.DOTALL
)


@dataclass(frozen=True)
class Passage:
    """A piece of text and where it stands.

    Attributes:
        place: such as "“Verenigde Naties”, paragraph 1" or "table 1, row 2, column 2".
        text: the text, white space single.
    """

    place: str
    text: str

    @property
    def key(self) -> str:
        """The place without its page: the same in every form of a document."""
        return without_page(self.place)

    def locator(self, start: int, end: int) -> str:
        """Name the place of the characters from `start` up to `end` (from 0, `end` excluded)."""
        return f"{self.place}, characters {start + 1}-{end}"


@dataclass(frozen=True)
class TextRange:
    """A stretch of characters of the passage `key`, from 0, `end` excluded."""

    key: str
    start: int
    end: int

    def contains(self, other: "TextRange") -> bool:
        """Whether `other` lies within this range."""
        return self.key == other.key and self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "TextRange") -> bool:
        """Whether a character lies in both ranges."""
        return self.key == other.key and self.start < other.end and other.start < self.end


def without_page(place: str) -> str:
    """Return the name of a place without its page."""
    return PAGE.sub("", place, count=1)


def text_range(locator: str) -> TextRange | None:
    """Read a locator with characters; `None` if it has none, or they end before they start."""
    found = RANGE.fullmatch(locator)
    if found is None or int(found["first"]) > int(found["last"]):
        return None
    return TextRange(without_page(found["place"]), int(found["first"]) - 1, int(found["last"]))


def row_locator(place: Place, row: int) -> str:
    """Name the place of a table's row."""
    return str(replace(place, headings=(), row=row, column=None))


def passages(document: Document) -> tuple[Passage, ...]:
    """Return every passage of a document, in reading order, footnotes last."""
    found = [passage for passage in _passages(document) if passage.text]
    return tuple(_distinct(found))


def located_quantities(found: Iterable[Passage], language: str) -> Iterator[tuple[str, Quantity]]:
    """Yield every number and date of some passages with its place, in their order."""
    for passage in found:
        for quantity in find_quantities(passage.text, language):
            yield passage.locator(quantity.start, quantity.end), quantity


def _passages(document: Document) -> Iterator[Passage]:
    section = _Sections()
    for block in document.blocks:
        if isinstance(block, Heading):
            yield section.open(block)
        elif isinstance(block, Paragraph):
            yield section.paragraph(block)
        else:
            yield from _table_passages(block, section)
    for note in document.footnotes:
        yield Passage(f"note {note.mark}", printed_form(note.text))


class _Sections:
    """Names the section that a block stands in: the second of a name is told apart."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._name = ""
        self._last_heading = ""

    def open(self, heading: Heading) -> Passage:
        text = printed_form(heading.text)
        name = f"“{_shortened(text)}”"
        self._seen[name] += 1
        self._name = name if self._seen[name] == 1 else f"{name} ({self._seen[name]})"
        self._last_heading = text
        return Passage(_named(replace(heading.place, headings=()), self._name, "heading"), text)

    def paragraph(self, block: Paragraph) -> Passage:
        place = _named(replace(block.place, headings=(), paragraph=None), self._name)
        number = f"paragraph {block.place.paragraph}"
        return Passage(f"{place}, {number}" if place else number, printed_form(block.text))

    def is_heading(self, text: str) -> bool:
        return text == self._last_heading


def _named(place: Place, *names: str) -> str:
    told = str(place)
    page = [] if told == "document" else [told]
    return ", ".join([*page, *(name for name in names if name)])


def _table_passages(table: Table, section: _Sections) -> Iterator[Passage]:
    caption = printed_form(table.caption)
    if not section.is_heading(caption):
        place = str(replace(table.place, headings=()))
        yield Passage(f"{place}, caption", caption)
    for cell in (cell for row in table.rows for cell in row):
        if cell.is_origin:
            yield Passage(str(replace(cell.place, headings=())), printed_form(cell.text))


def _distinct(found: Iterable[Passage]) -> Iterator[Passage]:
    """Tell passages of one name apart, whatever made them alike."""
    seen: Counter[str] = Counter()
    for passage in found:
        seen[passage.key] += 1
        number = seen[passage.key]
        yield passage if number == 1 else replace(passage, place=f"{passage.place} ({number})")


def _shortened(heading: str) -> str:
    """Cut a long heading at a word: it names a place and need not be quoted in full."""
    if len(heading) <= HEADING_CHARACTERS:
        return heading
    start = heading[:HEADING_CHARACTERS]
    return f"{start.rpartition(' ')[0] or start}…"
