"""The order of a page: tables and paragraphs, joined where they go on over a page break."""

from itertools import groupby, pairwise
from statistics import median
from typing import TypeGuard

from ipsdata.read.document import Cell
from ipsdata.read.pdf.model import Grid, Item, Joined, Line, Page, texts
from ipsdata.read.pdf.ruled import ruled_tables
from ipsdata.read.pdf.text import BULLET, DASH, NUMBER, overflows
from ipsdata.read.pdf.unruled import unruled_tables

ITEM_ENDS = (".", ":", ";", "!", "?")


def page_items(page: Page) -> list[Item]:
    """Return the tables of a page and the runs of lines around them, from top to bottom."""
    ruled = ruled_tables(page)
    taken = {id(line): grid for grid in ruled for line in grid.lines}
    grids = list(ruled)
    free = groupby(page.lines, key=lambda line: id(line) in taken)
    for is_taken, run in free:
        if not is_taken:
            grids += unruled_tables(list(run), page.rules)
    taken = {id(line): grid for grid in grids for line in grid.lines}
    items: list[Item] = []
    for _, run in groupby(page.lines, key=lambda line: id(taken.get(id(line)))):
        lines = list(run)
        grid = taken.get(id(lines[0]))
        if grid is None:
            items += _paragraph_runs(lines)
        elif not any(item is grid for item in items):
            items.append(grid)
    return items


def _paragraph_runs(lines: list[Line]) -> list[list[Line]]:
    right = max(line.x1 for line in lines)
    gaps = [a.base - b.base for a, b in pairwise(lines)]
    usual = median(gaps) if gaps else 0.0
    runs: list[list[Line]] = []
    for line in lines:
        if runs and not _ends(runs[-1], line, usual, right):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _ends(run: list[Line], line: Line, usual: float, right: float) -> bool:
    """Whether a paragraph of these lines ends before a line."""
    last = run[-1]
    if last.page == line.page and last.base - line.base > 1.25 * max(
        min(usual, 2 * line.size), line.size
    ):
        return True
    if abs(last.size - line.size) > 0.05 * line.size or last.bold != line.bold:
        return True
    return _opens_item(run, line) or not overflows(last, line, right - last.x0 - 0.2 * line.size)


def _opens_item(run: list[Line], line: Line) -> bool:
    """Whether a line opens a list item; a dash may be one between two words.

    It is where the text before it has come to an end, where it is indented, and where an item of
    the same dash stands at the same place.
    """
    if DASH.match(line.text) is None:
        return BULLET.match(line.text) is not None
    indent = line.x0 - run[-1].x0
    beside = abs(line.x0 - run[0].x0) < 0.5 * line.size
    return (
        run[-1].text.endswith(ITEM_ENDS)
        or indent > 0.5 * line.size
        or (beside and DASH.match(run[0].text) is not None)
    )


def continued(items: list[Item]) -> list[Joined]:
    """Join tables and paragraphs that go on over a page break."""
    joined: list[Joined] = []
    margin = max(
        (line.x1 for item in items if isinstance(item, list) for line in item), default=0.0
    )
    for item in items:
        last = joined[-1] if joined else None
        if isinstance(item, Grid):
            if last and isinstance(last[-1], Grid) and _goes_on(last[-1], item):
                last.append(item)
            else:
                joined.append([item])
        elif last and _is_lines(last) and _runs_on(last, item[0], margin):
            last += item
        else:
            joined.append(item)
    return joined


def _is_lines(item: Joined) -> TypeGuard[list[Line]]:
    return isinstance(item[-1], Line)


def _runs_on(run: list[Line], line: Line, margin: float) -> bool:
    return run[-1].page != line.page and not _ends(run, line, 0.0, margin)


def _goes_on(grid: Grid, after: Grid) -> bool:
    if len(grid.rows[0]) != len(after.rows[0]) or after.page > grid.page + 1:
        return False
    if after.page == grid.page:  # rules around the header alone
        last, first = grid.lines[-1], after.lines[0]
        return last.base - first.base < 1.5 * first.size and _same_columns(grid, after)
    return texts(grid.rows[0]) == texts(after.rows[0]) or _same_columns(grid, after)


def _same_columns(grid: Grid, after: Grid) -> bool:
    """Whether the columns stand at the same places.

    Without rules, places depend on the widest words of a page; numbers in the same columns then
    make up for it.
    """
    alike = _numbers(grid.rows[-1]) == _numbers(after.rows[0]) != []
    widths = [b - a for edges in (grid.edges, after.edges) for a, b in pairwise(edges)]
    slack = max(12, 0.35 * min(widths)) if alike else 12
    edges = zip(grid.edges[:-1], after.edges[:-1], strict=True)
    return all(abs(a - b) < slack for a, b in edges)


def _numbers(row: list[Cell]) -> list[int]:
    """Return which cells of a row are a number."""
    return [column for column, cell in enumerate(row) if NUMBER.fullmatch(cell.text)]
