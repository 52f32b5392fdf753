"""The text of several lines: which words belong together, and what a hyphen means."""

import re
from collections.abc import Iterable, Sequence

from ipsdata.read.document import Cell, NoteMark, Place
from ipsdata.read.pdf.model import Line, shifted

NUMBER = re.compile(r"[-−+]?\d[\d.,\s]*%?")
BULLET = re.compile(r"^[•▪◦‣●■–]\s+")
DASH = re.compile(r"^–\s+")
INLINE_MARK = "[footnoteRef:"  # a line may break before it, without a space
SUSPENDED = frozenset("en of and or und oder et ou".split())


def joined_text(
    lines: Iterable[Line], vocabulary: frozenset[str]
) -> tuple[str, tuple[NoteMark, ...]]:
    """Return the lines as one text, and the footnote marks in it.

    Args:
        vocabulary: words of the document; a hyphen at the end of a line goes if they hold the
            whole word.
    """
    text = ""
    marks: list[NoteMark] = []
    for line in lines:
        for index, word in enumerate(line.words):
            if text:
                text = _with_gap(text, word.text, index == 0, vocabulary)
            marks += shifted(word.marks, len(text))
            text += word.text
    return text, tuple(marks)


def _with_gap(text: str, word: str, new_line: bool, vocabulary: frozenset[str]) -> str:
    if new_line and word.startswith(INLINE_MARK):
        return text
    if not new_line or not text.endswith("-") or not text[-2:-1].isalnum():
        return text + " "
    if word.strip(".,;:)") in SUSPENDED:
        return text + " "
    whole = letters(text[:-1].rsplit(maxsplit=1)[-1] + word)
    return text[:-1] if whole in vocabulary else text


def letters(word: str) -> str:
    """Return a word without what stands around its letters."""
    return word.strip("\"'“”‘’„().,;:!?[]").lower()


def overflows(before: Line, after: Line, room: float) -> bool:
    """Whether a line of `room` width broke because the next word did not fit."""
    if NUMBER.fullmatch(before.text) and NUMBER.fullmatch(after.text):
        return False
    word = after.words[0]
    return before.x1 - before.x0 + 0.2 * word.size + word.x1 - word.x0 > room


def holds_numbers(lines: Sequence[Line]) -> bool:
    """Whether several of the lines are a number each: then they are no one cell."""
    return sum(NUMBER.fullmatch(line.text) is not None for line in lines) > 1


def joined_cell(lines: Sequence[Line], page: int, is_origin: bool = True) -> Cell:
    """Return a cell of these lines."""
    text, notes = joined_text(lines, frozenset())
    return Cell(text, Place(page=page), is_origin, notes)
