"""Coded rows on disk, a file for some days of a month, so that no load is larger than memory."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ipsdata.daily.codes import DAYS, FIRST_DAY
from ipsdata.daily.coding import Codes, Rows, days_of

MONTHS_A_YEAR = 12
STRETCHES_A_MONTH = 4
DAYS_A_STRETCH = 8  # the last one of a month has up to seven
STRETCHES_A_YEAR = MONTHS_A_YEAR * STRETCHES_A_MONTH
RECORD = np.dtype([("key", "<i8"), ("count", "<i8"), ("line", "<i4"), ("file", "<i4")])
Records = np.ndarray[Any, np.dtype[np.void]]


def _month_numbers() -> Codes:
    """Return each day's month, counted from year 0."""
    days = np.datetime64(FIRST_DAY, "D") + np.arange(DAYS)
    months = days.astype("datetime64[M]").astype(np.int64) + 1970 * MONTHS_A_YEAR
    return months.astype(np.int32)


MONTH_OF_DAY = _month_numbers()


def _stretch_numbers() -> Codes:
    """Return each day's stretch, counted from year 0; none of them has days of two months."""
    days = np.datetime64(FIRST_DAY, "D") + np.arange(DAYS)
    day_of_month = (days - days.astype("datetime64[M]")).astype(np.int32)
    numbers: Codes = MONTH_OF_DAY * STRETCHES_A_MONTH + day_of_month // DAYS_A_STRETCH
    return numbers


STRETCH_OF_DAY = _stretch_numbers()


class Spill:
    """The stretches of days of a load."""

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
        stretches = STRETCH_OF_DAY[days_of(rows.keys)]
        records = np.empty(len(stretches), dtype=RECORD)
        records["key"], records["count"] = rows.keys, rows.counts
        np.add(rows.lines, np.int32(lines), out=records["line"])
        records["file"] = file
        if (np.diff(stretches) < 0).any():
            order = np.argsort(stretches, kind="stable")
            stretches, records = stretches[order], records[order]
        bounds = [0, *(np.flatnonzero(np.diff(stretches)) + 1).tolist(), len(stretches)]
        for first, last in pairwise(bounds):
            if first < last and int(stretches[first]) // STRETCHES_A_YEAR in self._years:
                with self._path(int(stretches[first])).open("ab") as stream:
                    stream.write(records[first:last].tobytes())

    def stretches(self, year: int) -> Iterator[Records]:
        """Yield the rows of each stretch of a year that has any."""
        for stretch in range(year * STRETCHES_A_YEAR, (year + 1) * STRETCHES_A_YEAR):
            path = self._path(stretch)
            if path.exists():
                yield np.fromfile(path, dtype=RECORD)

    def _path(self, stretch: int) -> Path:
        return self._folder / str(stretch)
