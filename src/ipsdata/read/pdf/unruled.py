"""Tables without rules: the columns are what no word crosses."""

import bisect
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from ipsdata.read.document import Cell
from ipsdata.read.pdf.model import Grid, Line, Rules, Word
from ipsdata.read.pdf.text import holds_numbers, joined_cell, overflows


def unruled_tables(lines: Sequence[Line], rules: Rules) -> list[Grid]:
    """Return the tables among neighbouring lines of a page, from top to bottom."""
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


def _aligned(lines: Sequence[Line], start: int) -> range:
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
    lines: Iterable[Line], columns: Iterable[tuple[float, float]] = ()
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


def _touched(line: Line, columns: Iterable[tuple[float, float]]) -> int:
    return sum(line.x0 < x1 and line.x1 > x0 for x0, x1 in columns)


def _unruled_grid(lines: Sequence[Line], block: range, rules: Rules) -> Grid | None:
    columns = _columns(lines[i] for i in block)
    if sum(_touched(lines[i], columns) > 1 for i in block) < 2:
        return None
    start, columns = _wrapped_header(lines, block, columns)
    block = range(start, block.stop)
    between = ((a[1] + b[0]) / 2 for a, b in pairwise(columns))
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
    return Grid(cells, edges, [line for row in rows for line in row], rows[0][0].page)


def _row_cells(row: Sequence[Line], edges: Sequence[float]) -> list[Cell]:
    parts = [placed for line in row for placed in _columned(line, edges)]
    return [
        joined_cell([part for place, part in parts if place == column], row[0].page)
        for column in range(len(edges) - 1)
    ]


def _without_header_columns(
    rows: Sequence[Sequence[Line]], edges: Sequence[float]
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
    lines: Sequence[Line], block: range, columns: list[tuple[float, float]]
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


def _columned(line: Line, edges: Sequence[float]) -> Iterator[tuple[int, Line]]:
    def where(word: Word) -> int:
        return min(max(bisect.bisect(edges, word.middle[0]) - 1, 0), len(edges) - 2)

    for column, words in groupby(line.words, key=where):
        yield column, replace(line, words=tuple(words))


def _filled(row: Iterable[Line], edges: Sequence[float]) -> set[int]:
    return {column for line in row for column, _ in _columned(line, edges)}


def _is_list(rows: Sequence[Sequence[Line]], edges: Sequence[float]) -> bool:
    """Whether the first of two columns only numbers or marks the items of a list."""
    first = [row[0].words[0].text for row in rows]
    return len(edges) == 3 and all(
        re.fullmatch(r"\(?\w{1,3}[.)]|[•▪◦‣●■–-]", text) for text in first
    )


def _logical_rows(lines: Sequence[Line], edges: Sequence[float], rules: Rules) -> list[list[Line]]:
    """Group the lines into rows: a cell may take several lines."""
    room = [0.0] * (len(edges) - 1)
    for column, part in itertools.chain.from_iterable(_columned(line, edges) for line in lines):
        room[column] = max(room[column], part.x1 - part.x0)
    layout = _Layout(edges, room, _tight_gap(lines), rules)
    rows: list[list[Line]] = []
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
    rules: Rules


def _tight_gap(lines: Sequence[Line]) -> float | None:
    """Return the gap below which two lines belong together; `None` if all gaps are alike."""
    size = median(line.size for line in lines)
    gaps = [a.base - b.base for a, b in pairwise(lines)]
    gaps = [gap for gap in gaps if gap >= 0.8 * size]
    wide = [gap for gap in gaps if gap > min(gaps) + 0.2 * size]
    return (min(gaps) + sum(wide) / len(wide)) / 2 if wide else None


def _same_row(row: list[Line], line: Line, layout: _Layout) -> bool:
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
        return not holds_numbers([*(before.get(c, p) for c, p in parts.items()), line])
    return (
        all(
            column not in before or overflows(before[column], part, layout.room[column])
            for column, part in parts.items()
        )
        and (len(before) > 1 or len(parts) > 1)
        and set(parts) & set(before) != set()
    )
