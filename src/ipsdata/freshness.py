"""Freshness: how old the newest of each source is, and whether the next one is overdue."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

# Days after which the next edition is overdue: the period itself, and time to publish it.
ALLOWED_DAYS = {
    "daily": 3,
    "weekly": 14,
    "monthly": 62,
    "quarterly": 123,
    "semiannual": 245,
    "annual": 550,
}


@dataclass(frozen=True)
class Freshness:
    """The age of one collection.

    Attributes:
        newest: the last day that its documents tell of: of counts their last day, else the latest
            publication, or retrieval where no publication is known.
        allowed: how many days old that may be; `None` if no frequency is told.
    """

    collection: str
    newest: dt.date
    frequency: str | None
    allowed: int | None
    age: int

    @property
    def is_late(self) -> bool:
        """Whether the next edition is overdue."""
        return self.allowed is not None and self.age > self.allowed

    @property
    def told(self) -> str:
        """Say it in words."""
        known = f"{self.collection}: newest of {self.newest}, {self.age} days old"
        if self.allowed is None:
            return f"{known}; its sidecars tell no frequency"
        late = "late" if self.is_late else "in time"
        return f"{known}; {self.frequency}, at most {self.allowed} days: {late}"


def late_sources(
    documents: Iterable[Row], years: Iterable[Row], today: dt.date
) -> tuple[Freshness, ...]:
    """Return the freshness of each collection, in order of name.

    Args:
        documents: rows of `documents`.
        years: rows of `sis_daily_partitions`.
    """
    counted = _last_counts(years)
    newest: dict[str, tuple[dt.date, str | None]] = {}
    for row in documents:
        collection = row["collection"]
        day = counted.get(collection) or row["published_on"] or row["retrieved_on"]
        best = newest.get(collection)
        if best is None or day >= best[0]:
            newest[collection] = (day, row["frequency"])
    return tuple(
        Freshness(name, day, frequency, ALLOWED_DAYS.get(frequency or ""), (today - day).days)
        for name, (day, frequency) in sorted(newest.items())
    )


def _last_counts(years: Iterable[Row]) -> dict[str, dt.date]:
    last: dict[str, dt.date] = {}
    for row in years:
        for edition in row["edition_id"].split():
            collection = edition.partition("/")[0]
            day = row["last_date"]
            if day is not None and day > last.get(collection, dt.date.min):
                last[collection] = day
    return last
