"""Rows on disk, a file for some days: what goes in comes out, in its order."""

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.daily.codes import FIRST_DAY
from ipsdata.daily.coding import Key, Rows, packed
from ipsdata.daily.spill import MONTH_OF_DAY, Records, Spill

DAYS = st.dates(dt.date(2019, 11, 1), dt.date(2022, 2, 28))
YEARS = frozenset({2020, 2021})
Row = tuple[dt.date, int, int]


def added(spill: Spill, file: int, rows: list[Row]) -> None:
    nothing = np.zeros(len(rows), dtype=np.int32)
    days = np.array([(day - FIRST_DAY).days for day, _, _ in rows], dtype=np.int32)
    authorities = np.array([line for _, _, line in rows], dtype=np.int32)
    keys = packed(Key(days, nothing, nothing, nothing, authorities))
    counts = np.array([count for _, count, _ in rows], dtype=np.int64)
    spill.add(file, Rows(keys, counts, authorities - 3), lines=3)


def rows_of(records: Records, file: int) -> list[tuple[int, int]]:
    mine = records[records["file"] == file]
    return list(zip(mine["count"].tolist(), mine["line"].tolist(), strict=True))


@given(
    st.lists(
        st.lists(st.tuples(DAYS, st.integers(0, 2**62), st.integers(1, 9_999)), max_size=20),
        max_size=4,
    )
)
def test_rows_come_back_by_stretches_in_their_order(files: list[list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spill = Spill(Path(folder) / "rows", YEARS)
        for number, rows in enumerate(files):
            added(spill, number, rows)
        for year in YEARS:
            found = list(spill.stretches(year))
            wanted = sorted({stretch(d) for rows in files for d, _, _ in rows if d.year == year})
            assert len(found) == len(wanted)
            for days, records in zip(wanted, found, strict=True):
                for number, rows in enumerate(files):
                    assert rows_of(records, number) == [
                        (count, line)
                        for day, count, line in rows
                        if day.year == year and stretch(day) == days
                    ]


def stretch(day: dt.date) -> tuple[int, int]:
    return day.month, (day.day - 1) // 8


def test_years_that_are_not_wanted_take_no_room(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "rows", YEARS)
    added(spill, 0, [(dt.date(2019, 12, 31), 1, 2), (dt.date(2022, 1, 1), 1, 3)])
    assert list((tmp_path / "rows").iterdir()) == []


def test_each_day_has_its_month() -> None:
    for day in (dt.date(1995, 1, 1), dt.date(2000, 2, 29), dt.date(2024, 12, 31)):
        assert MONTH_OF_DAY[(day - FIRST_DAY).days] == day.year * 12 + day.month - 1
    assert MONTH_OF_DAY[-1] == 2099 * 12 + 11
