"""Series breaks: what changed between two moments, so that figures on either side are not alike."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ipsdata.figures import Row
from ipsdata.marts.additivity import AGGREGATES

AFFECTED = {"stock": ("all", "stocks"), "flow": ("all", "flows")}


@dataclass(frozen=True)
class Breaks:
    """The rows of `sis_breaks`."""

    rows: tuple[Row, ...]

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> "Breaks":
        """Keep the rows in the order of their days."""
        return cls(tuple(sorted(rows, key=lambda row: (row["breaks_on"], row["break_id"]))))

    def between(self, first: dt.date, last: dt.date, area: str, time_kind: str) -> tuple[Row, ...]:
        """Return the breaks after the day `first`, up to and on the day `last`."""
        return tuple(r for r in self._concerning(area, time_kind) if first < r["breaks_on"] <= last)

    def within(self, year: int, area: str, time_kind: str) -> tuple[Row, ...]:
        """Return the breaks dated in a year."""
        return self.between(dt.date(year - 1, 12, 31), dt.date(year, 12, 31), area, time_kind)

    def falls_on(self, day: dt.date, area: str, time_kind: str) -> bool:
        """Whether a break is dated on a day."""
        return any(row["breaks_on"] == day for row in self._concerning(area, time_kind))

    def _concerning(self, area: str, time_kind: str) -> Iterator[Row]:
        """Yield the breaks in the series of an area.

        A country that joins or leaves changes its own series and those of the aggregates; a break
        without an area changes all.
        """
        for row in self.rows:
            concerned = row["area"] is None or area in AGGREGATES or row["area"] == area
            if concerned and row["affects"] in AFFECTED[time_kind]:
                yield row


def ids_of(breaks: Iterable[Row]) -> list[str]:
    """Return the ids of breaks."""
    return [row["break_id"] for row in breaks]
