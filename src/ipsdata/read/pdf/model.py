"""What the stages of reading a PDF hand on: words, lines, drawn rules, pages, grids."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from ipsdata.read.document import Cell, NoteMark

MAX_CELLS = 1_000_000

Turn = Callable[[float, float], tuple[float, float]]
Rule = tuple[float, float, float]


@dataclass(frozen=True)
class Word:
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
        """The point that tells in which cell the word stands."""
        return (self.x0 + self.x1) / 2, self.base + self.size / 4


@dataclass(frozen=True)
class Line:
    """The words of one baseline, from left to right."""

    words: tuple[Word, ...]
    page: int
    base: float

    @property
    def x0(self) -> float:
        """Where the line begins."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Where the line ends."""
        return max(word.x1 for word in self.words)

    @property
    def size(self) -> float:
        """The height of its font."""
        return median(word.size for word in self.words)

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(word.bold for word in self.words)

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.text for word in self.words)

    @property
    def segments(self) -> int:
        """How many parts a wide gap splits the line into."""
        return 1 + sum(b.x0 - a.x1 > 0.8 * b.size for a, b in pairwise(self.words))


@dataclass(frozen=True)
class Rules:
    """The lines drawn on a page: verticals as (x, low, high), horizontals as (y, left, right)."""

    vertical: list[Rule] = field(default_factory=list)
    horizontal: list[Rule] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """A picture that is no mere decoration: what tells it from others, its alternative text."""

    key: tuple[int, int, int, bytes]
    text: str = ""


@dataclass(frozen=True)
class Page:
    """A page as a reader sees it, its pictures, and how many comments and form fields it bears."""

    number: int
    bottom: float
    top: float
    lines: list[Line]
    rules: Rules
    comments: int = 0
    fields: int = 0
    pictures: tuple[Picture, ...] = ()


@dataclass
class Grid:
    """A table on one page: its cells, the columns' edges, and the lines that it takes up."""

    rows: list[list[Cell]]
    edges: Sequence[float]
    lines: list[Line]
    page: int


# A piece of a page: a table or the lines of a paragraph; and the same over page breaks.
Item = Grid | list[Line]
Joined = list[Grid] | list[Line]


def texts(row: Iterable[Cell]) -> list[str]:
    """Return what the cells of a row say."""
    return [cell.text for cell in row]


def shifted(marks: Iterable[NoteMark], by: int) -> tuple[NoteMark, ...]:
    """Return the marks of a text that another one was put before."""
    return tuple(NoteMark(mark.offset + by, mark.note) for mark in marks)
