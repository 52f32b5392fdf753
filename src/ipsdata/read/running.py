"""What a reader leaves out around the text, page headers and footers, told but once."""

import re
from collections.abc import Iterable, Iterator

from ipsdata.read.document import Block, Place, Table

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
            cut = text if len(text) <= MAX_TOLD else text[: MAX_TOLD - 1] + "…"
            yield f"{Place()}: the page {kind} is left out: “{cut}”"


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
