"""Tables with drawn rules: the cells are what the rules enclose."""

import bisect
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from ipsdata.read.pdf.model import MAX_CELLS, Grid, Line, Page, Rule, Rules, Word
from ipsdata.read.pdf.rules import clusters
from ipsdata.read.pdf.text import holds_numbers, joined_cell


def ruled_tables(page: Page) -> list[Grid]:
    """Return the tables that the drawn rules of a page enclose."""
    grids = (_ruled_grid(page, rules) for rules in _touching(page.rules))
    return [grid for grid in grids if grid is not None]


def _touching(rules: Rules) -> Iterator[Rules]:
    """Yield the groups of rules that touch each other."""
    if len(rules.vertical) * len(rules.horizontal) > 200_000:
        return
    left = list(rules.horizontal)
    verticals = list(rules.vertical)
    while verticals:
        group = Rules([verticals.pop()])
        size = 0
        while size != len(group.vertical) + len(group.horizontal):
            size = len(group.vertical) + len(group.horizontal)
            group.horizontal.extend(_taken(left, group.vertical))
            group.vertical.extend(_taken(verticals, group.horizontal))
        yield group


def _taken(rules: list[Rule], across: list[Rule]) -> list[Rule]:
    """Take out of `rules`, and return, those that touch a rule across."""
    touching = [rule for rule in rules if any(_meet(rule, other) for other in across)]
    rules[:] = [rule for rule in rules if rule not in touching]
    return touching


def _meet(rule: Rule, across: Rule) -> bool:
    slack = 3
    return (
        across[1] - slack <= rule[0] <= across[2] + slack
        and rule[1] - slack <= across[0] <= rule[2] + slack
    )


def _ruled_grid(page: Page, rules: Rules) -> Grid | None:
    xs = clusters([x for x, _, _ in rules.vertical] + [e for r in rules.horizontal for e in r[1:]])
    ys = clusters([y for y, _, _ in rules.horizontal] + [e for r in rules.vertical for e in r[1:]])
    xs, ys = _apart(xs), _apart(ys)[::-1]
    if len(xs) < 3 or len(ys) < 3 or (len(xs) - 1) * (len(ys) - 1) > MAX_CELLS // 10:
        return None
    inside = [line for line in page.lines if _within(line, xs, ys)]
    if not inside:
        return None
    groups = _merged_cells(rules, xs, ys)
    words: dict[tuple[int, int], list[Line]] = {}
    for line in inside:
        for where, part in _parts(line, xs, ys):
            words.setdefault(groups[where], []).append(part)
    if any(holds_numbers(lines) for lines in words.values()):
        return None  # rows without a rule between them
    rows = [
        [
            joined_cell(
                words.get(groups[row, column], ()),
                page.number,
                groups[row, column] == (row, column),
            )
            for column in range(len(xs) - 1)
        ]
        for row in range(len(ys) - 1)
    ]
    rows = [row for row in rows if any(cell.text for cell in row)]
    return Grid(rows, xs, inside, page.number) if len(rows) > 1 else None


def _apart(edges: list[float]) -> list[float]:
    """Leave out edges that enclose no text: the two sides of a thick rule."""
    kept: list[float] = []
    for edge in edges:
        if not kept or edge - kept[-1] > 4:
            kept.append(edge)
    return kept


def _within(line: Line, xs: list[float], ys: list[float]) -> bool:
    return all(
        xs[0] - 1 < x < xs[-1] + 1 and ys[-1] < y < ys[0]
        for x, y in (word.middle for word in line.words)
    )


def _parts(line: Line, xs: list[float], ys: list[float]) -> Iterator[tuple[tuple[int, int], Line]]:
    def where(word: Word) -> tuple[int, int]:
        x, y = word.middle
        row = sum(edge > y for edge in ys) - 1
        return row, min(max(bisect.bisect(xs, x) - 1, 0), len(xs) - 2)

    for place, words in groupby(line.words, key=where):
        yield place, replace(line, words=tuple(words))


def _merged_cells(
    rules: Rules, xs: list[float], ys: list[float]
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


def _drawn(rules: list[Rule], at: float, across: float) -> bool:
    return any(abs(rule[0] - at) <= 4 and rule[1] <= across <= rule[2] for rule in rules)
