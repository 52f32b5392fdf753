"""Read a PDF: paragraphs, headings, footnotes and tables from where its characters stand.

A PDF has no words, lines or cells, only characters at positions. Two ideas carry this module:

* A line broke because its next word did not fit. Where it would have fitted, somebody ended it.
* Columns are what no word crosses: drawn rules, or else white corridors that run through
  neighbouring lines.

Text stands as in the file, ligatures included. A hyphen at the end of a line stays, unless the
word also stands in the document without it. Pages of running text in several columns are read
across, line by line.
"""

import bisect
import ctypes
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from statistics import median
from typing import NamedTuple, TypeVar

import pypdfium2
import pypdfium2.raw as pdfium

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import (
    Block,
    Cell,
    Document,
    Footnote,
    Heading,
    NoteMark,
    Paragraph,
    Place,
    Table,
)

MEDIA_TYPE = "application/pdf"
MAX_PAGES = 500
MAX_CHARACTERS_A_PAGE = 200_000
MAX_RULES_A_PAGE = 20_000
MAX_CELLS = 1_000_000

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SUPERSCRIPT_END = re.compile(r"(?<=[^⁰¹²³⁴⁵⁶⁷⁸⁹])(?<![kcdm]m)(?<!\bm)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)([.,;:)]*)$")
NOTE_MARK = re.compile(r"\(?(\d{1,3}|[a-z]|[*†‡]{1,3})\)?[.,;:]?")
PAGE_NUMBER = re.compile(
    r"\W*(?:pagina|page|blz\.?|p\.)?\s*\d{1,4}(?:\s*(?:/|van|of)\s*\d{1,4})?\W*", re.I
)
BULLET = re.compile(r"^[•▪◦‣●■–]\s+")
NUMBER = re.compile(r"[-−+]?\d[\d.,\s]*%?")
SUSPENDED = frozenset("en of and or und oder et ou".split())
SPACES = frozenset({0, 9, 10, 13, 32, 0xA0, 0x2007, 0x2009, 0x202F, 0x3000})
HYPHENS = "\x02\xad\ufffe"

_T = TypeVar("_T")
_Turn = Callable[[float, float], tuple[float, float]]
_Rule = tuple[float, float, float]


@dataclass(frozen=True)
class _Word:
    """A run of characters without a gap; `size` is the height of its font."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: bool = False
    marks: tuple[NoteMark, ...] = ()

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, self.base + self.size / 4


@dataclass(frozen=True)
class _Line:
    """The words of one baseline, from left to right."""

    words: tuple[_Word, ...]
    page: int
    base: float

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)

    @property
    def size(self) -> float:
        return median(word.size for word in self.words)

    @property
    def bold(self) -> bool:
        return all(word.bold for word in self.words)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def segments(self) -> int:
        """How many parts a wide gap splits the line into."""
        return 1 + sum(b.x0 - a.x1 > 0.8 * b.size for a, b in _pairs(self.words))


@dataclass(frozen=True)
class _Rules:
    """The lines drawn on a page: verticals as (x, low, high), horizontals as (y, left, right)."""

    vertical: list[_Rule] = field(default_factory=list)
    horizontal: list[_Rule] = field(default_factory=list)


@dataclass(frozen=True)
class _Page:
    number: int
    bottom: float
    top: float
    lines: list[_Line]
    rules: _Rules


@dataclass
class _Grid:
    """A table on one page: its cells, the columns' edges, and the lines that it takes up."""

    rows: list[list[Cell]]
    edges: Sequence[float]
    lines: list[_Line]
    page: int

    @property
    def base(self) -> float:
        return max(line.base for line in self.lines)


def _pairs(items: Sequence[_T]) -> Iterator[tuple[_T, _T]]:
    return itertools.pairwise(items)


def read_pdf(data: bytes) -> Document:
    """Read a PDF.

    Raises:
        ReadError: the file is empty, broken, locked with a password, or has too many pages.
    """
    if not data.strip():
        raise ReadError("empty", "found an empty file, expected a PDF: restore it")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ReadError("unreadable", _refusal(error)) from None
    try:
        return _assemble(_pages(document))
    except pypdfium2.PdfiumError as error:
        raise ReadError("unreadable", f"found a PDF with a broken page ({error})") from None
    finally:
        document.close()


def _refusal(error: Exception) -> str:
    if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "assword" in str(error):
        return "found a PDF locked with a password: save it without one"
    return "found a broken PDF that can't be opened: restore it"


def _pages(document: pypdfium2.PdfDocument) -> list[_Page]:
    if len(document) > MAX_PAGES:
        found = f"found {len(document):,} pages, expected at most {MAX_PAGES}: split the file"
        raise ReadError("too_large", found)
    return [_page(document[index], index + 1) for index in range(len(document))]


def _page(page: pypdfium2.PdfPage, number: int) -> _Page:
    left, bottom, right, top = page.get_cropbox()
    turn = _turn(page.get_rotation(), (left, bottom, right, top))
    words = list(_words(page.get_textpage(), number, turn))
    low, high = sorted((turn(left, bottom)[1], turn(right, top)[1]))
    rules = _rules(page, turn)
    page.close()
    return _Page(number, low, high, _lines(words, number), rules)


def _turn(rotation: int, box: tuple[float, float, float, float]) -> _Turn:
    """Return what turns a point of the page to where a reader sees it."""
    left, bottom, right, top = box
    turns: dict[int, _Turn] = {
        90: lambda x, y: (y - bottom, right - x),
        180: lambda x, y: (right - x, top - y),
        270: lambda x, y: (top - y, x - left),
    }
    return turns.get(rotation, lambda x, y: (x, y))


# --- characters to words to lines


class _Glyph(NamedTuple):
    text: str
    x0: float
    x1: float
    foot: float
    size: float
    at: int


def _glyphs(textpage: pypdfium2.PdfTextPage, number: int, turn: _Turn) -> Iterator[_Glyph]:
    count = textpage.count_chars()
    if count > MAX_CHARACTERS_A_PAGE:
        raise ReadError("too_large", f"page {number}: found {count:,} characters on one page")
    box = pdfium.FS_RECTF()
    ref, raw = ctypes.byref(box), textpage.raw
    unicode_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    for index in range(count):
        code = unicode_of(raw, index)
        if code in SPACES:
            yield _Glyph(" ", 0.0, 0.0, 0.0, 0.0, index)
            continue
        box_of(raw, index, ref)
        ax, ay = turn(box.left, box.bottom)
        bx, by = turn(box.right, box.top)
        if bx < ax:
            ax, bx = bx, ax
        yield _Glyph(chr(code), ax, bx, min(ay, by), abs(by - ay), index)


def _words(textpage: pypdfium2.PdfTextPage, number: int, turn: _Turn) -> Iterator[_Word]:
    """Yield the words in the order of the file, footnote marks attached to the word before."""
    word: _Word | None = None
    for run in _glyph_runs(_glyphs(textpage, number, turn)):
        now = _word(run, textpage, turn)
        if word is not None and _is_mark_of(now, word):
            word = _marked(word, now)
            continue
        if word is not None and _continues(word, now):
            word = replace(
                word,
                text=word.text + now.text,
                x1=now.x1,
                marks=word.marks + _shifted(now.marks, len(word.text)),
            )
            continue
        if word is not None:
            yield _without_superscript(word)
        word = now
    if word is not None:
        yield _without_superscript(word)


def _without_superscript(word: _Word) -> _Word:
    """Turn a superscript character after a word into a footnote mark; not that of km²."""
    found = SUPERSCRIPT_END.search(word.text)
    if found is None:
        return word
    mark = NoteMark(found.start(), found.group(1).translate(SUPERSCRIPTS))
    return replace(
        word, text=word.text[: found.start()] + found.group(2), marks=(*word.marks, mark)
    )


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


def _breaks(last: _Glyph, glyph: _Glyph) -> bool:
    size = max(last.size, glyph.size)
    gap = glyph.x0 - last.x1
    return (
        abs(glyph.foot - last.foot) > 0.1 * size
        or gap > 0.2 * size
        or glyph.x0 < last.x0 - 0.1 * size  # a ligature's letters share a place
        or abs(glyph.size - last.size) > 0.15 * size
    )


def _word(run: list[_Glyph], textpage: pypdfium2.PdfTextPage, turn: _Turn) -> _Word:
    text = "".join("-" if glyph.text in HYPHENS else glyph.text for glyph in run)
    first = run[0]
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage.raw, first.at, ctypes.byref(x), ctypes.byref(y))
    base = turn(x.value, y.value)[1]
    bold = _is_bold(textpage.raw, first.at)
    return _Word(text, first.x0, run[-1].x1, base, first.size or 1.0, bold)


def _is_bold(raw: object, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(raw, index) >= 600:
        return True
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(raw, index, name, 128, ctypes.byref(flags))
    return b"bold" in name.value.lower()


def _is_mark_of(mark: _Word, word: _Word) -> bool:
    raised = mark.base - word.base
    return (
        mark.size < 0.85 * word.size
        and 0.1 * word.size < raised < 0.8 * word.size
        and -0.5 * mark.size < mark.x0 - word.x1 < 0.5 * mark.size
        and NOTE_MARK.fullmatch(mark.text) is not None
    )


def _marked(word: _Word, mark: _Word) -> _Word:
    note = NoteMark(len(word.text), mark.text.strip("().,;: "))
    return replace(word, marks=(*word.marks, note), x1=max(word.x1, mark.x1))


def _continues(word: _Word, now: _Word) -> bool:
    """Whether a word goes on in another font, or right after its footnote mark."""
    close = -0.2 * word.size < now.x0 - word.x1 < 0.12 * word.size
    return close and abs(now.base - word.base) < 0.1 * word.size


def _shifted(marks: Iterable[NoteMark], by: int) -> tuple[NoteMark, ...]:
    return tuple(NoteMark(mark.offset + by, mark.note) for mark in marks)


def _lines(words: Iterable[_Word], page: int) -> list[_Line]:
    lines: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: -word.base):
        if lines and lines[-1][0].base - word.base < 0.25 * min(word.size, lines[-1][0].size):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [
        _Line(tuple(sorted(line, key=lambda word: word.x0)), page, line[0].base) for line in lines
    ]


# --- drawn rules


def _rules(page: pypdfium2.PdfPage, turn: _Turn) -> _Rules:
    rules = _Rules()
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=4):
        for (xa, ya), (xb, yb) in _edges(shape, turn):
            if abs(xa - xb) < 0.5 < abs(ya - yb):
                rules.vertical.append((xa, min(ya, yb), max(ya, yb)))
            elif abs(ya - yb) < 0.5 < abs(xa - xb):
                rules.horizontal.append((ya, min(xa, xb), max(xa, xb)))
        if len(rules.vertical) + len(rules.horizontal) > MAX_RULES_A_PAGE:
            return _Rules()  # a drawing
    return _Rules(_joined(rules.vertical), _joined(rules.horizontal))


def _edges(
    shape: pypdfium2.PdfObject, turn: _Turn
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield the straight edges of a drawn shape, closing ones included."""
    matrix, x, y = shape.get_matrix(), ctypes.c_float(), ctypes.c_float()
    start = last = (0.0, 0.0)
    for index in range(min(pdfium.FPDFPath_CountSegments(shape.raw), MAX_RULES_A_PAGE)):
        segment = pdfium.FPDFPath_GetPathSegment(shape.raw, index)
        pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = turn(*matrix.on_point(x.value, y.value))
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield last, point
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield point, start


def _joined(rules: list[_Rule]) -> list[_Rule]:
    """Join rules that continue each other, or lie on top of each other."""
    places = _clusters(at for at, _, _ in rules)
    by_place = sorted((_nearest(places, at), low, high) for at, low, high in rules)
    joined: list[_Rule] = []
    for at, low, high in by_place:
        if joined and joined[-1][0] == at and low - joined[-1][2] < 3:
            joined[-1] = (at, joined[-1][1], max(high, joined[-1][2]))
        else:
            joined.append((at, low, high))
    return joined


def _clusters(values: Iterable[float], within: float = 2.0) -> list[float]:
    clusters: list[list[float]] = []
    for value in sorted(values):
        if clusters and value - clusters[-1][0] <= within:
            clusters[-1].append(value)
        else:
            clusters.append([value])
    return [sum(cluster) / len(cluster) for cluster in clusters]


def _nearest(places: Sequence[float], value: float) -> float:
    after = bisect.bisect_left(places, value)
    return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - value))


# --- ruled tables: the cells are what the rules enclose


def _ruled(page: _Page) -> list[_Grid]:
    grids = (_ruled_grid(page, rules) for rules in _touching(page.rules))
    return [grid for grid in grids if grid is not None]


def _touching(rules: _Rules) -> Iterator[_Rules]:
    """Yield the groups of rules that touch each other."""
    if len(rules.vertical) * len(rules.horizontal) > 200_000:
        return
    left = list(rules.horizontal)
    verticals = list(rules.vertical)
    while verticals:
        group = _Rules([verticals.pop()])
        size = 0
        while size != len(group.vertical) + len(group.horizontal):
            size = len(group.vertical) + len(group.horizontal)
            group.horizontal.extend(_taken(left, group.vertical))
            group.vertical.extend(_taken(verticals, group.horizontal))
        yield group


def _taken(rules: list[_Rule], across: list[_Rule]) -> list[_Rule]:
    """Take out of `rules`, and return, those that touch a rule across."""
    touching = [rule for rule in rules if any(_meet(rule, other) for other in across)]
    rules[:] = [rule for rule in rules if rule not in touching]
    return touching


def _meet(rule: _Rule, across: _Rule) -> bool:
    slack = 3
    return (
        across[1] - slack <= rule[0] <= across[2] + slack
        and rule[1] - slack <= across[0] <= rule[2] + slack
    )


def _ruled_grid(page: _Page, rules: _Rules) -> _Grid | None:
    xs = _clusters([x for x, _, _ in rules.vertical] + [e for r in rules.horizontal for e in r[1:]])
    ys = _clusters([y for y, _, _ in rules.horizontal] + [e for r in rules.vertical for e in r[1:]])
    xs, ys = _apart(xs), _apart(ys)[::-1]
    if len(xs) < 3 or len(ys) < 3 or (len(xs) - 1) * (len(ys) - 1) > MAX_CELLS // 10:
        return None
    inside = [line for line in page.lines if _within(line, xs, ys)]
    if not inside:
        return None
    groups = _merged_cells(rules, xs, ys)
    words: dict[tuple[int, int], list[_Line]] = {}
    for line in inside:
        for where, part in _parts(line, xs, ys):
            words.setdefault(groups[where], []).append(part)
    if any(_holds_numbers(lines) for lines in words.values()):
        return None  # rows without a rule between them
    rows = [
        [
            _cell(
                words.get(groups[row, column], ()),
                page.number,
                groups[row, column] == (row, column),
            )
            for column in range(len(xs) - 1)
        ]
        for row in range(len(ys) - 1)
    ]
    rows = [row for row in rows if any(cell.text for cell in row)]
    return _Grid(rows, xs, inside, page.number) if len(rows) > 1 else None


def _apart(edges: list[float]) -> list[float]:
    """Leave out edges that enclose no text: the two sides of a thick rule."""
    kept: list[float] = []
    for edge in edges:
        if not kept or edge - kept[-1] > 4:
            kept.append(edge)
    return kept


def _within(line: _Line, xs: list[float], ys: list[float]) -> bool:
    return ys[-1] < line.words[0].middle[1] < ys[0] and all(
        xs[0] - 1 < word.middle[0] < xs[-1] + 1 for word in line.words
    )


def _parts(
    line: _Line, xs: list[float], ys: list[float]
) -> Iterator[tuple[tuple[int, int], _Line]]:
    def where(word: _Word) -> tuple[int, int]:
        x, y = word.middle
        row = sum(edge > y for edge in ys) - 1
        return row, min(max(bisect.bisect(xs, x) - 1, 0), len(xs) - 2)

    for place, words in groupby(line.words, key=where):
        yield place, replace(line, words=tuple(words))


def _merged_cells(
    rules: _Rules, xs: list[float], ys: list[float]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Map each cell to the first cell that no rule separates it from."""
    origin = {
        (row, column): (row, column) for row in range(len(ys) - 1) for column in range(len(xs) - 1)
    }

    def root(cell: tuple[int, int]) -> tuple[int, int]:
        while origin[cell] != cell:
            cell = origin[cell]
        return cell

    for row, column in origin:
        y, x = (ys[row] + ys[row + 1]) / 2, (xs[column] + xs[column + 1]) / 2
        if column and not _drawn(rules.vertical, xs[column], y):
            _unite(origin, root((row, column - 1)), root((row, column)))
        if row and not _drawn(rules.horizontal, ys[row], x):
            _unite(origin, root((row - 1, column)), root((row, column)))
    return {cell: root(cell) for cell in origin}


def _unite(
    origin: dict[tuple[int, int], tuple[int, int]], one: tuple[int, int], other: tuple[int, int]
) -> None:
    first, second = sorted((one, other))
    origin[second] = first


def _drawn(rules: list[_Rule], at: float, across: float) -> bool:
    return any(abs(rule[0] - at) <= 4 and rule[1] <= across <= rule[2] for rule in rules)


def _holds_numbers(lines: Sequence[_Line]) -> bool:
    return sum(NUMBER.fullmatch(line.text) is not None for line in lines) > 1


def _cell(lines: Sequence[_Line], page: int, is_origin: bool = True) -> Cell:
    text, notes = _joined_text(lines, frozenset())
    return Cell(text, Place(page=page), is_origin, notes)


# --- tables without rules: the columns are what no word crosses


def _unruled(lines: Sequence[_Line], rules: _Rules) -> list[_Grid]:
    grids = []
    at = 0
    while at < len(lines):
        block = _aligned(lines, at)
        grid = _unruled_grid(lines, block, rules) if len(block) > 1 else None
        if grid is None:
            at += 1
        else:
            grids.append(grid)
            lines, at = lines[lines.index(grid.lines[-1]) + 1 :], 0
    return grids


def _aligned(lines: Sequence[_Line], start: int) -> range:
    """Return the longest run of lines from `start` that share white corridors."""
    if lines[start].segments < 2:
        return range(start, start)
    columns = _columns([lines[start]])
    end = start + 1
    while end < len(lines) and lines[end - 1].base - lines[end].base < 2.5 * lines[end].size:
        joint = _columns([lines[end]], columns)
        # Two lines of other columns, such as a title and a date, are no start of a table.
        if len(joint) < (len(columns) if end - start < 3 else max(2, len(columns) - 1)):
            break
        columns = joint
        end += 1
    return range(start, end)


def _columns(
    lines: Iterable[_Line], columns: Iterable[tuple[float, float]] = ()
) -> list[tuple[float, float]]:
    """Return the intervals that words take up, joined where the white between is too narrow."""
    spans = [(word.x0, word.x1, word.size) for line in lines for word in line.words]
    spans += [(x0, x1, 0.0) for x0, x1 in columns]
    size = max(size for _, _, size in spans)
    joined: list[tuple[float, float]] = []
    for x0, x1, _ in sorted(spans):
        if joined and x0 - joined[-1][1] < 0.4 * size:
            joined[-1] = (joined[-1][0], max(x1, joined[-1][1]))
        else:
            joined.append((x0, x1))
    return joined


def _touched(line: _Line, columns: Iterable[tuple[float, float]]) -> int:
    return sum(line.x0 < x1 and line.x1 > x0 for x0, x1 in columns)


def _unruled_grid(lines: Sequence[_Line], block: range, rules: _Rules) -> _Grid | None:
    columns = _columns(lines[i] for i in block)
    if sum(_touched(lines[i], columns) > 1 for i in block) < 2:
        return None
    start, columns = _wrapped_header(lines, block, columns)
    block = range(start, block.stop)
    between = ((a[1] + b[0]) / 2 for a, b in _pairs(columns))
    all_edges = [columns[0][0] - 1, *between, columns[-1][1] + 1]
    rows = _logical_rows([lines[i] for i in block], all_edges, rules)
    edges = _without_header_columns(rows, all_edges)
    while rows and len(_filled(rows[-1], edges)) < 2:
        rows.pop()
    while rows and len(_filled(rows[0], edges)) < 2:
        rows.pop(0)
    if len(rows) < 2 or _is_list(rows, edges):
        return None
    cells = [_row_cells(row, edges) for row in rows]
    return _Grid(cells, edges, [line for row in rows for line in row], rows[0][0].page)


def _row_cells(row: Sequence[_Line], edges: Sequence[float]) -> list[Cell]:
    parts = [placed for line in row for placed in _columned(line, edges)]
    return [
        _cell([part for place, part in parts if place == column], row[0].page)
        for column in range(len(edges) - 1)
    ]


def _without_header_columns(
    rows: Sequence[Sequence[_Line]], edges: Sequence[float]
) -> Sequence[float]:
    """Join neighbouring columns if the header fills one, and all other rows the other."""
    filled = [_filled(row, edges) for row in rows]
    kept = list(edges)
    column = 0
    while column < len(edges) - 2:
        one = {row for row, columns in enumerate(filled) if column in columns}
        other = {row for row, columns in enumerate(filled) if column + 1 in columns}
        if not one & other and {0} in (one, other) and one | other != {0}:
            kept.remove(edges[column + 1])
            column += 1
        column += 1
    return kept


def _wrapped_header(
    lines: Sequence[_Line], block: range, columns: list[tuple[float, float]]
) -> tuple[int, list[tuple[float, float]]]:
    """Return start and columns once the lines of a wrapped header above the block count as well."""
    start = block.start
    while start:
        line, below = lines[start - 1], lines[start]
        gap = line.base - below.base
        joint = _columns([line], columns)
        beside = line.x0 > columns[0][1] and gap < 2.5 * below.size
        over = _touched(line, joint) > 1 and gap < 1.3 * below.size
        if len(joint) != len(columns) or not (beside or over or gap < 0.8 * below.size):
            break
        columns = joint
        start -= 1
    return start, columns


def _columned(line: _Line, edges: Sequence[float]) -> Iterator[tuple[int, _Line]]:
    def where(word: _Word) -> int:
        return min(max(bisect.bisect(edges, word.middle[0]) - 1, 0), len(edges) - 2)

    for column, words in groupby(line.words, key=where):
        yield column, replace(line, words=tuple(words))


def _filled(row: Iterable[_Line], edges: Sequence[float]) -> set[int]:
    return {column for line in row for column, _ in _columned(line, edges)}


def _is_list(rows: Sequence[Sequence[_Line]], edges: Sequence[float]) -> bool:
    """Whether the first of two columns only numbers or marks the items of a list."""
    first = [row[0].words[0].text for row in rows]
    return len(edges) == 3 and all(
        re.fullmatch(r"\(?\w{1,3}[.)]|[•▪◦‣●■–-]", text) for text in first
    )


def _logical_rows(
    lines: Sequence[_Line], edges: Sequence[float], rules: _Rules
) -> list[list[_Line]]:
    """Group the lines into rows: a cell may take several lines."""
    room = [0.0] * (len(edges) - 1)
    for column, part in itertools.chain.from_iterable(_columned(line, edges) for line in lines):
        room[column] = max(room[column], part.x1 - part.x0)
    layout = _Layout(edges, room, _tight_gap(lines), rules)
    rows: list[list[_Line]] = []
    for line in lines:
        if rows and _same_row(rows[-1], line, layout):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


@dataclass(frozen=True)
class _Layout:
    """A table's columns, the width of the widest text in each, and its drawn rules."""

    edges: Sequence[float]
    room: Sequence[float]
    tight: float | None
    rules: _Rules


def _tight_gap(lines: Sequence[_Line]) -> float | None:
    """Return the gap below which two lines belong together; `None` if all gaps are alike."""
    size = median(line.size for line in lines)
    gaps = [a.base - b.base for a, b in _pairs(lines)]
    gaps = [gap for gap in gaps if gap >= 0.8 * size]
    wide = [gap for gap in gaps if gap > min(gaps) + 0.2 * size]
    return (min(gaps) + sum(wide) / len(wide)) / 2 if wide else None


def _same_row(row: list[_Line], line: _Line, layout: _Layout) -> bool:
    gap = row[-1].base - line.base
    if any(row[-1].base > y > line.base + 0.5 * line.size for y, _, _ in layout.rules.horizontal):
        return False
    if gap < 0.8 * line.size:
        return True
    if layout.tight is not None and gap > layout.tight:
        return False
    parts = dict(_columned(line, layout.edges))
    before = {column: part for old in row for column, part in _columned(old, layout.edges)}
    count = len(layout.edges) - 1
    if len(parts) == count and len(before) == count:
        return False
    if layout.tight is not None and len(parts) == 1 and len(before) > 1:
        return not _holds_numbers([*(before.get(c, p) for c, p in parts.items()), line])
    return (
        all(
            column not in before or _overflows(before[column], part, layout.room[column])
            for column, part in parts.items()
        )
        and (len(before) > 1 or len(parts) > 1)
        and set(parts) & set(before) != set()
    )


def _overflows(before: _Line, after: _Line, room: float) -> bool:
    """Whether a line of `room` width broke because the next word did not fit."""
    if NUMBER.fullmatch(before.text) and NUMBER.fullmatch(after.text):
        return False
    word = after.words[0]
    return before.x1 - before.x0 + 0.2 * word.size + word.x1 - word.x0 > room


# --- text of several lines


def _joined_text(
    lines: Iterable[_Line], vocabulary: frozenset[str]
) -> tuple[str, tuple[NoteMark, ...]]:
    text = ""
    marks: list[NoteMark] = []
    for line in lines:
        for index, word in enumerate(line.words):
            if text:
                text = _with_gap(text, word.text, index == 0, vocabulary)
            marks += _shifted(word.marks, len(text))
            text += word.text
    return text, tuple(marks)


def _with_gap(text: str, word: str, new_line: bool, vocabulary: frozenset[str]) -> str:
    if not new_line or not text.endswith("-") or not text[-2:-1].isalnum():
        return text + " "
    if word.strip(".,;:)") in SUSPENDED:
        return text + " "
    whole = _letters(text[:-1].rsplit(maxsplit=1)[-1] + word)
    return text[:-1] if whole in vocabulary else text


def _letters(word: str) -> str:
    return word.strip("\"'“”‘’„().,;:!?[]").lower()


# --- running headers and footers, footnotes


def _without_running(pages: list[_Page]) -> list[_Page]:
    """Leave out what repeats at the same height of most pages, and page numbers."""
    keys = Counter(key for page in pages for key in {_key(page, line) for line in page.lines})
    often = max(2, 0.4 * len(pages))

    def runs(page: _Page, line: _Line) -> bool:
        return keys[_key(page, line)] >= often or PAGE_NUMBER.fullmatch(line.text) is not None

    cleaned = []
    for page in pages:
        band = 0.12 * (page.top - page.bottom)
        upper = [page.top - line.base < band and runs(page, line) for line in page.lines]
        lower = [line.base - page.bottom < band and runs(page, line) for line in page.lines]
        first = _apart_from_body(page.lines, upper)
        last = len(page.lines) - _apart_from_body(page.lines[::-1], lower[::-1])
        cleaned.append(replace(page, lines=page.lines[first:last]))
    return cleaned


def _apart_from_body(lines: list[_Line], running: list[bool]) -> int:
    """Count the outermost running lines, up to the last with white after it.

    Without that, the repeated header of a table would be taken for a running header.
    """
    count = 0
    for at in itertools.takewhile(running.__getitem__, range(len(lines))):
        gap = abs(lines[at].base - lines[at + 1].base) if at + 1 < len(lines) else 1e9
        number = PAGE_NUMBER.fullmatch(lines[at].text) and lines[at].segments == 1
        if number or gap > (1.5 if lines[at].segments == 1 else 2) * lines[at].size:
            count = at + 1
    return count


def _key(page: _Page, line: _Line) -> tuple[str, int]:
    short = len(line.text) < 60  # a page number stands in it
    text = re.sub(r"\d+", "#", line.text) if short else line.text
    return text, round((line.base - page.bottom) / 4)


def _split_footnotes(page: _Page, body: float) -> tuple[list[_Line], list[Footnote]]:
    """Split off the small lines at the foot of a page that start with a mark."""
    start = len(page.lines)
    while start and page.lines[start - 1].size < 0.93 * body:
        start -= 1
    notes: list[tuple[str, list[_Line]]] = []
    for line in page.lines[start:]:
        if mark := _note_mark(line):
            rest = tuple(line.words[1:])
            notes.append((mark, [replace(line, words=rest)] if rest else []))
        elif notes:
            notes[-1][1].append(line)
        else:
            start += 1
    return page.lines[:start], [
        Footnote(mark, _joined_text(text, frozenset())[0]) for mark, text in notes
    ]


def _note_mark(line: _Line) -> str:
    first = line.words[0]
    if not first.text and first.marks:
        return first.marks[0].note
    small = len(line.words) > 1 and first.size < 0.85 * line.words[1].size
    raised = small and first.base > line.words[1].base
    found = NOTE_MARK.fullmatch(first.text)
    return found.group(1) if found and (raised or not first.text[0].isalpha()) else ""


# --- the document


def _assemble(pages: list[_Page]) -> Document:
    pages = _without_running(pages)
    size = _body_size(pages)
    warnings = tuple(
        f"page {page.number}: found no text (a scan?); what it shows is not read"
        for page in pages
        if not page.lines
    )
    footnotes: list[Footnote] = []
    items: list[_Grid | list[_Line]] = []
    for page in pages:
        lines, notes = _split_footnotes(page, size)
        footnotes += notes
        items += _items(replace(page, lines=lines))
    blocks = tuple(_blocks(_continued(items), size, _vocabulary(pages)))
    return Document(MEDIA_TYPE, blocks, tuple(footnotes), warnings)


def _body_size(pages: Iterable[_Page]) -> float:
    sizes = Counter[float]()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 1.0


def _vocabulary(pages: Iterable[_Page]) -> frozenset[str]:
    """Return the words that stand within a line."""
    words = (word.text for page in pages for line in page.lines for word in line.words[:-1])
    return frozenset(_letters(word) for word in words)


def _items(page: _Page) -> list[_Grid | list[_Line]]:
    """Return the tables of a page and the runs of lines around them, from top to bottom."""
    ruled = _ruled(page)
    taken = {id(line): grid for grid in ruled for line in grid.lines}
    grids = list(ruled)
    free = groupby(page.lines, key=lambda line: id(line) in taken)
    for is_taken, run in free:
        if not is_taken:
            grids += _unruled(list(run), page.rules)
    taken = {id(line): grid for grid in grids for line in grid.lines}
    items: list[_Grid | list[_Line]] = []
    for key, run in groupby(page.lines, key=lambda line: id(taken.get(id(line)))):
        lines = list(run)
        grid = taken.get(id(lines[0]))
        if grid is None:
            items += _paragraph_runs(lines)
        elif not any(item is grid for item in items):
            items.append(grid)
        del key
    return items


def _paragraph_runs(lines: list[_Line]) -> list[list[_Line]]:
    right = max(line.x1 for line in lines)
    gaps = [a.base - b.base for a, b in _pairs(lines)]
    usual = median(gaps) if gaps else 0.0
    runs: list[list[_Line]] = []
    for line in lines:
        if runs and not _ends(runs[-1][-1], line, usual, right):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _ends(last: _Line, line: _Line, usual: float, right: float) -> bool:
    """Whether a paragraph ends between two lines."""
    if last.page == line.page and last.base - line.base > 1.25 * max(
        min(usual, 2 * line.size), line.size
    ):
        return True
    if abs(last.size - line.size) > 0.05 * line.size or last.bold != line.bold:
        return True
    return bool(BULLET.match(line.text)) or not _overflows(
        last, line, right - last.x0 - 0.2 * line.size
    )


def _continued(items: list[_Grid | list[_Line]]) -> list[list[_Grid] | list[_Line]]:
    """Join tables and paragraphs that go on over a page break."""
    joined: list[list[_Grid] | list[_Line]] = []
    margin = max(
        (line.x1 for item in items if isinstance(item, list) for line in item), default=0.0
    )
    for item in items:
        last = joined[-1] if joined else None
        if isinstance(item, _Grid):
            if last and isinstance(last[-1], _Grid) and _goes_on(last[-1], item):
                last.append(item)
            else:
                joined.append([item])
        elif last and isinstance(last[-1], _Line) and _runs_on(last[-1], item[0], margin):
            last += item
        else:
            joined.append(item)
    return joined


def _runs_on(last: _Line, line: _Line, margin: float) -> bool:
    return last.page != line.page and not _ends(last, line, 0.0, margin)


def _goes_on(grid: _Grid, after: _Grid) -> bool:
    if after.page != grid.page + 1 or len(grid.rows[0]) != len(after.rows[0]):
        return False
    if _texts(grid.rows[0]) == _texts(after.rows[0]):
        return True
    return all(abs(a - b) < 12 for a, b in zip(grid.edges[:-1], after.edges[:-1], strict=True))


def _texts(row: Iterable[Cell]) -> list[str]:
    return [cell.text for cell in row]


def _blocks(
    items: Iterable[list[_Grid] | list[_Line]], size: float, vocabulary: frozenset[str]
) -> Iterator[Block]:
    items = list(items)
    levels = _levels(items, size)
    state = _State()
    for item in items:
        if isinstance(item[0], _Grid):
            yield _table([grid for grid in item if isinstance(grid, _Grid)], state)
        else:
            lines = [line for line in item if isinstance(line, _Line)]
            yield _text_block(lines, levels.get(_style(lines, size), 0), state, vocabulary)


@dataclass
class _State:
    """Where the reading is: the headings above, and the numbers last given out."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    paragraph: int = 0
    table: int = 0
    before: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)


_Style = tuple[float, bool]


def _style(lines: Sequence[_Line], size: float) -> _Style | None:
    """Return the style of a heading; `None` for running text."""
    first = lines[0]
    larger = first.size > 1.1 * size
    bold = first.bold and first.size > 0.95 * size
    ends = lines[-1].text.endswith((".", ";", ","))
    if len(lines) > 4 or not (larger or bold) or (ends and not larger) or BULLET.match(first.text):
        return None
    return -round(first.size), not first.bold


def _levels(items: Iterable[list[_Grid] | list[_Line]], size: float) -> dict[_Style | None, int]:
    found = set()
    for item in items:
        lines = [line for line in item if isinstance(line, _Line)]
        if lines and (style := _style(lines, size)):
            found.add(style)
    return {style: level for level, style in enumerate(sorted(found), start=1)}


def _text_block(lines: list[_Line], level: int, state: _State, vocabulary: frozenset[str]) -> Block:
    text, notes = _joined_text(lines, vocabulary)
    state.before = text
    if level:
        state.headings = [*(h for h in state.headings if h[0] < level), (level, text)]
        state.paragraph = 0
        return Heading(text, level, Place(state.path, page=lines[0].page))
    state.paragraph += 1
    place = Place(state.path, paragraph=state.paragraph, page=lines[0].page)
    bullet = BULLET.match(text)
    if bullet is None:
        return Paragraph(text, place, notes=notes)
    notes = _shifted(notes, -bullet.end())
    return Paragraph(text[bullet.end() :], place, list_level=1, notes=notes)


def _table(grids: list[_Grid], state: _State) -> Table:
    state.table += 1
    rows = list(grids[0].rows)
    for grid in grids[1:]:
        repeated = _texts(grid.rows[0]) == _texts(rows[0])
        rows += grid.rows[1:] if repeated else grid.rows
    if sum(map(len, rows)) > MAX_CELLS:
        raise ReadError("too_large", f"table {state.table}: found more than {MAX_CELLS:,} cells")
    place = Place(state.path, page=grids[0].page, table=state.table)
    numbered = tuple(
        tuple(
            replace(cell, place=replace(place, page=cell.place.page, row=row, column=column))
            for column, cell in enumerate(cells, start=1)
        )
        for row, cells in enumerate(rows, start=1)
    )
    caption = state.before if len(state.before) <= 300 else ""
    state.before = ""
    return Table(numbered, place, caption)
