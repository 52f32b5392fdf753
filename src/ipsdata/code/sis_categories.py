"""The categories of SIS alerts: how they lie in each other, and which followed which."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ipsdata.code.codelists import MAX_CANDIDATES, Codes, CodingError, Validity
from ipsdata.code.dates import Period

TOTAL = "total"
REFUSAL_OF_ENTRY = frozenset({"CISA:96", "1987/2006:24", "2018/1861:24"})


class SisCategories:
    """The rows of `sis_categories`, as a graph of wider categories and as chains over time."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Index the rows by category."""
        self._rows = {row["category_id"]: row for row in rows}
        self._codes = Codes.of_rows("category", "category_id", self._rows.values())
        self._validities = {
            name: Validity(row["valid_from"], row["valid_until"])
            for name, row in self._rows.items()
        }
        self._chains: dict[str, list[str]] = {}

    def check(self, category: str, first: dt.date, last: dt.date) -> str:
        """Return `category` if it exists and is valid from `first` to `last`.

        Raises:
            CodingError: it does not exist, or not on those days; then with the categories that were
                meant: those that it continues or that continue it, or else of the same article.
        """
        if category not in self._rows or self._covers(category, first, last):
            return self._codes.check(category, first, last)
        told, candidates = self._meant(category, first, last)
        message = f"{self._codes.told_invalid(category, first, last)}{told}"
        raise CodingError("code_not_valid", message, candidates)

    def _meant(self, category: str, first: dt.date, last: dt.date) -> tuple[str, list[str]]:
        chain = [name for name in self._chain(category) if self._covers(name, first, last)]
        article = self._rows[category]["article"]
        same = [
            name
            for name, row in self._rows.items()
            if row["article"] == article and name not in chain
            if self._covers(name, first, last)
        ]
        near = chain + same[: max(0, MAX_CANDIDATES - len(chain))]
        if chain:
            told = "; ".join(self._relation(category, name) for name in chain)
            return f": {told}; correct the category, or the period", near
        told = f"; of the same article are then {', '.join(near)}" if near else ""
        return f", and no category of those days continues it{told}", near

    def days(self, category: str) -> Period:
        """Return the days on which a category applied; those of a present one have no end."""
        row = self._rows[category]
        return Period(row["valid_from"] or dt.date.min, row["valid_until"] or dt.date.max)

    def _covers(self, category: str, first: dt.date, last: dt.date) -> bool:
        return self._validities[category].covers(first, last)

    def _relation(self, category: str, meant: str) -> str:
        told = f"on those days it was {meant!r} ({self._rows[meant]['title']})"
        if meant in dict(self._earlier(category)):
            return f"{told}, which it continues {self._extent(category, meant)}"
        if category in dict(self._earlier(meant)):
            return f"{told}, which continues it {self._extent(meant, category)}"
        return f"{told}, which continues the same category"

    def _extent(self, later: str, earlier: str) -> str:
        """Say how far a category continues an earlier one: as far as the weakest link does."""
        links = []
        for name, continuity in self._earlier(later):
            links.append(continuity)
            if name == earlier:
                break
        return "wholly" if set(links) == {"wholly"} else "in part"

    def _earlier(self, category: str) -> Iterator[tuple[str, str | None]]:
        """Yield the categories that this one continues, each with how far its successor does."""
        row = self._rows[category]
        while row["continues_id"] is not None:
            yield row["continues_id"], row["continuity"]
            row = self._rows[row["continues_id"]]

    def _chain(self, category: str) -> list[str]:
        """Return the categories linked to this one over time, both ways, the nearest first."""
        if category not in self._chains:
            self._chains[category] = self._linked(category)
        return self._chains[category]

    def _linked(self, category: str) -> list[str]:
        found, queue = [category], [category]
        while queue:
            name = queue.pop(0)
            before = self._rows[name]["continues_id"]
            after = [other for other, row in self._rows.items() if row["continues_id"] == name]
            new = [n for n in (before, *after) if n is not None and n not in found]
            found.extend(new)
            queue.extend(new)
        return found[1:]

    # How they lie in each other

    @cached_property
    def _narrower(self) -> dict[str, frozenset[str]]:
        """Each category with all that lie in it, itself included."""
        within: dict[str, set[str]] = {name: {name} for name in self._rows}
        for name in self._rows:
            for above in self._wider(name):
                within.setdefault(above, {above}).add(name)
        return {name: frozenset(names) for name, names in within.items()}

    def _wider(self, category: str) -> set[str]:
        found: set[str] = set()
        queue = [category]
        while queue:
            row = self._rows.get(queue.pop(), {})
            named = (row.get("parent_id"), row.get("also_part_of"))
            new = [name for name in named if name is not None and name not in found]
            found.update(new)
            queue.extend(new)
        return found

    def within(self, narrow: str, wide: str) -> bool:
        """Whether a category lies in another, or is that one."""
        return narrow in self._narrower.get(wide, frozenset({wide}))

    def overlap(self, one: str, other: str) -> bool:
        """Whether an alert may be of both categories: they share one that lies in both."""
        parts = (self._narrower.get(name, frozenset({name})) for name in (one, other))
        return not frozenset.isdisjoint(*parts)

    def breadth(self, category: str) -> tuple[int, str]:
        """Return a key that sorts categories with many others in them before those with few."""
        return -len(self._narrower.get(category, ())), category
