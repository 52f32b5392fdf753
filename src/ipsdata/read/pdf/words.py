"""Characters to words to lines, footnote marks set apart."""

import ctypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import NoteMark
from ipsdata.read.pdf.model import Line, Turn, Word, shifted

MAX_CHARACTERS_A_PAGE = 200_000
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SUPERSCRIPT_END = re.compile(r"(?<=[^⁰¹²³⁴⁵⁶⁷⁸⁹])(?<![kcdm]m)(?<!\bm)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)([.,;:)]*)$")
NOTE_MARK = re.compile(r"\(?(\d{1,3}|[a-z]|[*†‡]{1,3})\)?[.,;:]?")
SPACES = frozenset({0, 9, 10, 13, 32, 0xA0, 0x2007, 0x2009, 0x202F, 0x3000})
HYPHENS = "\x02\xad\ufffe"


def read_lines(textpage: pypdfium2.PdfTextPage, page: int, turn: Turn) -> list[Line]:
    """Return the lines of a page, from top to bottom.

    Raises:
        ReadError: it holds too many characters.
    """
    lines: list[list[Word]] = []
    for word in sorted(_words(textpage, page, turn), key=lambda word: -word.base):
        if lines and lines[-1][0].base - word.base < 0.25 * min(word.size, lines[-1][0].size):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [
        Line(tuple(sorted(line, key=lambda word: word.x0)), page, line[0].base) for line in lines
    ]


def _words(textpage: pypdfium2.PdfTextPage, number: int, turn: Turn) -> Iterator[Word]:
    """Yield the words in the order of the file, footnote marks attached to the word before."""
    word: Word | None = None
    for run in _glyph_runs(_glyphs(textpage, number, turn)):
        now = _word(run, textpage, turn)
        if word is not None and _is_mark_of(now, word):
            word = _marked(word, now)
            continue
        if word is not None and not run[0].parted and _continues(word, now):
            word = replace(
                word,
                text=word.text + now.text,
                x1=now.x1,
                marks=word.marks + shifted(now.marks, len(word.text)),
            )
            continue
        if word is not None:
            yield _without_superscript(word)
        word = now
    if word is not None:
        yield _without_superscript(word)


class _Glyph(NamedTuple):
    """A character; `parted` if the file holds a space right before it."""

    text: str
    x0: float
    x1: float
    foot: float
    size: float
    at: int
    parted: bool = False


def _glyph_runs(glyphs: Iterable[_Glyph]) -> Iterator[list[_Glyph]]:
    run: list[_Glyph] = []
    for glyph in glyphs:
        space = glyph.text == " "
        if run and (space or _breaks(run[-1], glyph)):
            yield run
            run = []
        if not space:
            run.append(glyph)
    if run:
        yield run


def _glyphs(textpage: pypdfium2.PdfTextPage, number: int, turn: Turn) -> Iterator[_Glyph]:
    count = textpage.count_chars()
    if count > MAX_CHARACTERS_A_PAGE:
        raise ReadError("too_large", f"page {number}: found {count:,} characters on one page")
    box = pdfium.FS_RECTF()
    ref, raw = ctypes.byref(box), textpage.raw
    unicode_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    after_blank = _after_blanks(textpage, count)
    parted = False
    for index in range(count):
        code = unicode_of(raw, index)
        if code in SPACES:
            yield _Glyph(" ", 0.0, 0.0, 0.0, 0.0, index)
            parted = not pdfium.FPDFText_IsGenerated(raw, index)
            continue
        box_of(raw, index, ref)
        ax, ay = turn(box.left, box.bottom)
        bx, by = turn(box.right, box.top)
        if bx < ax:
            ax, bx = bx, ax
        parted = parted or index in after_blank
        yield _Glyph(chr(code), ax, bx, min(ay, by), abs(by - ay), index, parted)
        parted = False


def _after_blanks(textpage: pypdfium2.PdfTextPage, count: int) -> set[int]:
    """Return the characters right before which a piece of the page draws nothing but a space.

    PDFium keeps no character of such a piece.
    """
    starts: dict[int | None, int] = {}
    for index in range(count):
        piece = pdfium.FPDFText_GetTextObject(textpage.raw, index)
        starts.setdefault(_address(piece), index)
    pieces = textpage.page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=4)
    found = [starts.get(_address(piece.raw)) for piece in pieces]
    return {start for before, start in pairwise(found) if before is None and start is not None}


def _address(piece: object) -> int | None:
    return ctypes.cast(piece, ctypes.c_void_p).value  # type: ignore[arg-type]


def _breaks(last: _Glyph, glyph: _Glyph) -> bool:
    size = max(last.size, glyph.size)
    gap = glyph.x0 - last.x1
    return (
        abs(glyph.foot - last.foot) > 0.1 * size
        or gap > (0.02 if glyph.parted else 0.2) * size
        or glyph.x0 < last.x0 - 0.1 * size  # a ligature's letters share a place
        or abs(glyph.size - last.size) > 0.15 * size
    )


def _word(run: list[_Glyph], textpage: pypdfium2.PdfTextPage, turn: Turn) -> Word:
    text = "".join("-" if glyph.text in HYPHENS else glyph.text for glyph in run)
    first = run[0]
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage.raw, first.at, ctypes.byref(x), ctypes.byref(y))
    base = turn(x.value, y.value)[1]
    bold = _is_bold(textpage.raw, first.at)
    return Word(text, first.x0, run[-1].x1, base, first.size or 1.0, bold)


def _is_bold(raw: object, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(raw, index) >= 600:
        return True
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(raw, index, name, 128, ctypes.byref(flags))
    return b"bold" in name.value.lower()


def _is_mark_of(mark: Word, word: Word) -> bool:
    raised = mark.base - word.base
    return (
        mark.size < 0.85 * word.size
        and 0.1 * word.size < raised < 0.8 * word.size
        and -0.5 * mark.size < mark.x0 - word.x1 < 0.5 * mark.size
        and NOTE_MARK.fullmatch(mark.text) is not None
    )


def _marked(word: Word, mark: Word) -> Word:
    note = NoteMark(len(word.text), mark.text.strip("().,;: "))
    return replace(word, marks=(*word.marks, note), x1=max(word.x1, mark.x1))


def _continues(word: Word, now: Word) -> bool:
    """Whether a word goes on in another font, or right after its footnote mark."""
    close = -0.2 * word.size < now.x0 - word.x1 < 0.12 * word.size
    return close and abs(now.base - word.base) < 0.1 * word.size


def _without_superscript(word: Word) -> Word:
    """Turn a superscript character after a word into a footnote mark; not that of km²."""
    found = SUPERSCRIPT_END.search(word.text)
    if found is None:
        return word
    mark = NoteMark(found.start(), found.group(1).translate(SUPERSCRIPTS))
    return replace(
        word, text=word.text[: found.start()] + found.group(2), marks=(*word.marks, mark)
    )
