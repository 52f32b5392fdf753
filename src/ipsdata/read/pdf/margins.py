"""What stands around the body of a page: running headers and footers, footnotes."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from ipsdata.read.document import Footnote
from ipsdata.read.pdf.model import Line, Page
from ipsdata.read.pdf.text import NUMBER, joined_text
from ipsdata.read.pdf.words import NOTE_MARK
from ipsdata.read.running import PAGE_NUMBER, is_worth_telling, told_left_out

# A number that counts the pages, among other words.
COUNTED = re.compile(
    r"\b(?:pagina|pag\.?|page|bladzijde|blz\.?|p\.)\s*\d{1,4}(?:\s*(?:/|van|of)\s*\d{1,4})?\b", re.I
)
COUNT = re.compile(r"(\d{1,4})(?:/\d{1,4})?")
SEPARATORS = frozenset("|-–—•·/")
SMALLER = 0.93


def body_size(pages: Iterable[Page]) -> float:
    """Return the size in which most of the text is set, footnotes aside."""
    sizes = Counter[float]()
    for page in pages:
        for line in _above_notes(page.lines):
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 1.0


def _above_notes(lines: list[Line]) -> list[Line]:
    """Return the lines down to the first small one that starts with a mark from a line above."""
    marked: dict[str, float] = {}
    for at, line in enumerate(lines):
        if line.size < SMALLER * marked.get(_note_mark(line), 0.0):
            return lines[:at]
        marked.update((mark.note, line.size) for word in line.words for mark in word.marks)
    return lines


def without_running(pages: list[Page]) -> tuple[list[Page], list[str]]:
    """Leave out what repeats at the same height of most pages, and what stands small in a margin.

    Returns:
        The pages, and a warning for each text that was left out, page numbers aside.
    """
    margins = _Margins(pages)
    cleaned: list[Page] = []
    headers: list[tuple[str, str]] = []
    footers: list[tuple[str, str]] = []
    for page in pages:
        first = margins.depth(page, page.lines, page.top)
        last = len(page.lines) - margins.depth(page, page.lines[::-1], page.bottom)
        cleaned.append(replace(page, lines=page.lines[first:last]))
        headers += _worth_telling(page, page.lines[:first])
        footers += _worth_telling(page, page.lines[max(first, last) :])
    return cleaned, [*_told("header", headers), *_told("footer", footers)]


class _Margins:
    """What runs along the top and the bottom of pages."""

    def __init__(self, pages: list[Page]) -> None:
        self._often = max(2, 0.4 * len(pages))
        self._body = body_size(pages)
        lines = [line for page in pages for line in page.lines]
        bold = sum(len(line.text) for line in lines if line.bold)
        self._bold = 2 * bold > sum(len(line.text) for line in lines)
        self._pages = Counter(
            key for page in pages for key in {self._key(page, line) for line in page.lines}
        )

    def depth(self, page: Page, inward: list[Line], edge: float) -> int:
        """Count the outermost lines that run, up to the last with white after it.

        Without that, the repeated header of a table would be taken for a running header.

        Args:
            inward: the lines of the page, the outermost first.
            edge: the height of the edge that they are counted from.
        """
        count = 0
        for at, line in enumerate(inward):
            gap = abs(line.base - inward[at + 1].base) if at + 1 < len(inward) else 1e9
            far = abs(line.base - edge) / (page.top - page.bottom)
            if far >= 0.12 or not self._runs(page, line, gap, within_margin=far < 0.08):
                break
            if self._counts(page, line) or gap > (1.5 if line.segments == 1 else 2) * line.size:
                count = at + 1
        return count

    def _runs(self, page: Page, line: Line, gap: float, *, within_margin: bool) -> bool:
        if _is_row(line):
            return False
        if PAGE_NUMBER.fullmatch(line.text):
            return line.size <= 1.1 * self._body or self._counts(page, line)
        return self._repeats(page, line, gap) or (within_margin and self._is_small(line, gap))

    def _repeats(self, page: Page, line: Line, gap: float) -> bool:
        """Whether a line stands on most pages; two sections may have the same heading."""
        heads = self._is_heading(line) and gap < 2.5 * line.size
        return self._pages[self._key(page, line)] >= max(self._often, 3 if heads else 2)

    def _is_heading(self, line: Line) -> bool:
        bold = line.bold and not self._bold and line.size > 0.95 * self._body
        return bold or line.size > 1.1 * self._body

    def _is_small(self, line: Line, gap: float) -> bool:
        """Whether a line is small, alone, and no footnote."""
        small = line.size < SMALLER * self._body and line.segments == 1
        return small and gap > 2 * self._body and not _note_mark(line)

    def _counts(self, page: Page, line: Line) -> bool:
        """Whether a page number goes up with the pages."""
        number = PAGE_NUMBER.fullmatch(line.text) is not None and line.segments == 1
        return number and self._pages[self._key(page, line)] >= self._often

    def _key(self, page: Page, line: Line) -> tuple[str, int]:
        small = line.size < SMALLER * self._body
        return _uncounted(page, line, small=small), round((line.base - page.bottom) / 4)


def _is_row(line: Line) -> bool:
    """Whether several numbers are set apart from what stands before them."""
    pairs = pairwise(line.words)
    apart = [b.text for a, b in pairs if b.x0 - a.x1 > 0.8 * b.size]
    return sum(NUMBER.fullmatch(text) is not None for text in apart) > 1


def _uncounted(page: Page, line: Line, *, small: bool = False) -> str:
    """Return a text without the number of its page, which tells how it counts instead.

    Args:
        small: take any number at either end for that of the page; else it stands apart there.
    """
    if not is_worth_telling(line.text):
        return _relative(page, re.findall(r"\d+", line.text)[0])
    if COUNTED.search(line.text):
        return COUNTED.sub("#", line.text)
    words = [word.text for word in line.words]
    for end, beside in ((-1, -2), (0, 1)):
        if len(words) > 1 and (small or _set_apart(line, end, beside)):
            words[end] = _relative(page, words[end])
    return " ".join(words)


def _set_apart(line: Line, end: int, beside: int) -> bool:
    one, other = sorted((line.words[end], line.words[beside]), key=lambda word: word.x0)
    return other.x0 - one.x1 > 0.8 * other.size or line.words[beside].text in SEPARATORS


def _relative(page: Page, text: str) -> str:
    found = COUNT.fullmatch(text)
    return f"#{int(found[1]) - page.number}" if found else text


def _worth_telling(page: Page, lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """Yield each text, and what stays of it on all pages if it counts them."""
    for line in lines:
        if is_worth_telling(line.text):
            yield _uncounted(page, line), line.text


def _told(kind: str, texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Tell of a text once, also if it counts the pages."""
    told: dict[str, str] = {}
    for key, text in texts:
        told.setdefault(key, text)
    return told_left_out(kind, told.values())


def split_footnotes(page: Page, body: float) -> tuple[list[Line], list[Footnote]]:
    """Split off the small lines at the foot of a page that start with a mark."""
    start = len(page.lines)
    while start and page.lines[start - 1].size < SMALLER * body:
        start -= 1
    marked = {mark.note for line in page.lines[:start] for w in line.words for mark in w.marks}
    notes: list[tuple[str, list[Line]]] = []
    for line in page.lines[start:]:
        mark = _note_mark(line)
        # A line of a note may start with a number of its own.
        if mark and (not notes or not marked or mark in marked or _starts_raised(line)):
            rest = tuple(line.words[1:])
            notes.append((mark, [replace(line, words=rest)] if rest else []))
        elif notes:
            notes[-1][1].append(line)
        else:
            start += 1
    return page.lines[:start], [
        Footnote(mark, joined_text(text, frozenset())[0]) for mark, text in notes
    ]


def _note_mark(line: Line) -> str:
    first = line.words[0]
    if not first.text and first.marks:
        return first.marks[0].note
    found = NOTE_MARK.fullmatch(first.text)
    opens = found and (_starts_raised(line) or not first.text[0].isalpha())
    return found.group(1) if found and opens else ""


def _starts_raised(line: Line) -> bool:
    first, *rest = line.words
    if not first.text or not rest:
        return not first.text
    return first.size < 0.85 * rest[0].size and first.base > rest[0].base
