"""Coded rows on disk, a file a month, so that no load is larger than memory."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ipsdata.daily.codes import DAYS, FIRST_DAY
from ipsdata.daily.coding import Codes, Rows, days_of

MONTHS_A_YEAR = 12
RECORD = np.dtype([("key", "<i8"), ("count", "<i8"), ("line", "<i4"), ("file", "<i4")])
Records = np.ndarray[Any, np.dtype[np.void]]


def _month_numbers() -> Codes:
    """Return each day's month, counted from year 0."""
    days = np.datetime64(FIRST_DAY, "D") + np.arange(DAYS)
    months = days.astype("datetime64[M]").astype(np.int64) + 1970 * MONTHS_A_YEAR
    return months.astype(np.int32)


MONTH_OF_DAY = _month_numbers()


class Spill:
    """The months of a load."""

    def __init__(self, folder: Path, years: frozenset[int]) -> None:
        """Keep the rows of `years` in an empty folder; others are left out."""
        self._folder = folder
        self._years = years
        folder.mkdir(parents=True)

    def add(self, file: int, rows: Rows, lines: int) -> None:
        """Append rows of the file with this number, in their order.

        Args:
            lines: how many lines of the file stand before the block whose lines the rows tell.
        """
        months = MONTH_OF_DAY[days_of(rows.keys)]
        records = np.empty(len(months), dtype=RECORD)
        records["key"], records["count"] = rows.keys, rows.counts
        np.add(rows.lines, np.int32(lines), out=records["line"])
        records["file"] = file
        if (np.diff(months) < 0).any():
            order = np.argsort(months, kind="stable")
            months, records = months[order], records[order]
        bounds = [0, *(np.flatnonzero(np.diff(months)) + 1).tolist(), len(months)]
        for first, last in pairwise(bounds):
            if first < last and int(months[first]) // MONTHS_A_YEAR in self._years:
                with self._path(int(months[first])).open("ab") as stream:
                    stream.write(records[first:last].tobytes())

    def months(self, year: int) -> Iterator[Records]:
        """Yield the rows of each month of a year that has any."""
        for month in range(year * MONTHS_A_YEAR, (year + 1) * MONTHS_A_YEAR):
            path = self._path(month)
            if path.exists():
                yield np.fromfile(path, dtype=RECORD)

    def _path(self, month: int) -> Path:
        return self._folder / f"{month // MONTHS_A_YEAR}-{month % MONTHS_A_YEAR + 1:02}"
