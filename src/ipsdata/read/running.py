"""What a reader leaves out: page headers and footers, pictures; told but once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ipsdata.read.document import Block, Document, Place, Table

PAGE_NUMBER = re.compile(
    r"\W*(?:pagina|page|blz\.?|p\.)?\s*\d{1,4}(?:\s*(?:/|van|of)\s*\d{1,4})?\W*", re.I
)
YEAR = re.compile(r"\W*(?:19|20)\d\d\W*")
MAX_TOLD = 80


def told_left_out(kind: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each distinct text that is more than a page number.

    Args:
        kind: "header", "footer" or "menu".
    """
    flat = (" ".join(text.split()) for text in texts)
    for text in dict.fromkeys(flat):
        if text and is_worth_telling(text):
            yield f"{Place()}: the page {kind} is left out: “{_cut(text)}”"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TOLD else text[: MAX_TOLD - 1] + "…"


def is_worth_telling(text: str) -> bool:
    """Whether a running text is more than a page number; a year may be the document's date."""
    return PAGE_NUMBER.fullmatch(text) is None or YEAR.fullmatch(text) is not None


def said(blocks: Iterable[Block]) -> str:
    """Return all that blocks say, as one text."""
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            texts += (cell.text for row in block.rows for cell in row if cell.is_origin)
        else:
            texts.append(block.text)
    return " ".join(texts)


def told_count(count: int, thing: str) -> Iterator[str]:
    """Yield a warning if there are things of a kind that is left out."""
    if count:
        yield f"{Place()}: {count} {thing}{' is' if count == 1 else 's are'} left out"


@dataclass
class Unread:
    """Things of a kind that no reader reads: counted, and told in one warning a document.

    Attributes:
        label: what the words that stand for a thing are.
        first: where the first stands, as far as that is known.
        words: the first words that stand for one of them.
    """

    thing: str = "picture"
    label: str = "alternative text"
    count: int = 0
    first: Place = field(default_factory=Place)
    words: str = ""

    def add(self, place: Place, words: str = "") -> None:
        """Count one."""
        if not self.count:
            self.first = place
        self.count += 1
        self.words = self.words or " ".join(words.split())

    def join(self, after: "Unread") -> None:
        """Count those of a part that stands after, or apart."""
        if not self.count:
            self.first = after.first
        self.count += after.count
        self.words = self.words or after.words

    def told(self) -> Iterator[str]:
        """Yield the warning, if there is something to tell."""
        if not self.count:
            return
        told = [f"the first {_at(self.first)}"] if self.first != Place() else []
        told += [f"{self.label} “{_cut(self.words)}”"] if self.words else []
        said = f"{self.count} {self.thing}{' is' if self.count == 1 else 's are'} not read"
        yield f"{Place()}: {said}{' (' + '; '.join(told) + ')' if told else ''}"


def said_apart(part: Document, own: Unread, pictures: Unread) -> str:
    """Return the text of a part that the body's headings and paragraphs don't place.

    Args:
        part: the part, as read on its own.
        own: its pictures, which are added to `pictures` without a place.
    """
    pictures.join(replace(own, first=Place()))
    return said(part.blocks)


def _at(place: Place) -> str:
    """Return a place as words of a sentence."""
    alone = place.page is not None and place == Place(page=place.page)
    return f"{'on' if alone else 'at'} {place}"
