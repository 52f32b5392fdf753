"""A year of daily counts: keys that stand once, sums, and bytes that tell nothing else."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daily import Loader, counts_file, many, plain, row, said, shared_inputs, write_daily
from ipsdata.daily import cells, years
from ipsdata.daily.load import Loaded
from ipsdata.daily.partitions import MONTHLY, PART
from ipsdata.daily.years import MonthSums

GOOD = many(5)


def duplicate(file: str, line: int, *others: str) -> str:
    told = f"found the same key as {', '.join(others)}, expected it once"
    return f"sis/daily/{file}, line {line}: {told}: none of them is chosen: remove all but one"


def test_rows_that_share_a_key_are_all_refused(tmp_path: Path) -> None:
    twice = [row(count=1), row(count=2)]
    found = Loader(tmp_path).load_file(plain(twice[0], *GOOD, twice[1]))
    assert found.messages == [
        duplicate("a.csv", 2, "sis/daily/a.csv, line 8"),
        duplicate("a.csv", 8, "sis/daily/a.csv, line 2"),
    ]
    assert set(found.reasons) == {"duplicate"}
    assert found.published == said(GOOD)
    assert found.booked == 7


def test_the_same_row_twice_is_no_better(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(plain(*GOOD, GOOD[2]))
    assert found.refused_lines == [4, 7]
    assert found.published == said([*GOOD[:2], *GOOD[3:]])


@pytest.mark.parametrize("block_bytes", [80, 400, 2**20])
def test_doubles_are_found_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", block_bytes)
    rows = many(60)
    found = Loader(tmp_path).load_file(plain(*rows, rows[7], *many(3, date="2024-06-01")))
    assert found.refused_lines == [9, 62]


def test_doubles_are_found_across_months_and_files(tmp_path: Path) -> None:
    first = [row("2024-01-31"), row("2024-02-01"), *GOOD]
    second = [row("2024-02-01", count=9), row("2024-12-31"), row("2024-01-31", count=8)]
    found = Loader(tmp_path).load_files(
        counts_file("a.csv", plain(*first)), counts_file("b.csv", plain(*second))
    )
    assert found.messages == [
        duplicate("a.csv", 2, "sis/daily/b.csv, line 4"),
        duplicate("a.csv", 3, "sis/daily/b.csv, line 2"),
        duplicate("b.csv", 2, "sis/daily/a.csv, line 3"),
        duplicate("b.csv", 4, "sis/daily/a.csv, line 2"),
    ]
    assert found.published == said([*GOOD, second[1]])
    assert found.booked == len(first) + len(second)


@pytest.mark.parametrize(
    "other",
    [
        row("2024-04-01"),
        row(state="DE"),
        row(category="2018/1862:40"),
        row(event="hit"),
        row(authority="NL-KMAR"),
    ],
)
def test_keys_that_differ_in_one_part_are_two(tmp_path: Path, other: tuple[str, ...]) -> None:
    assert Loader(tmp_path).load_file(plain(row(), other)).published == said([row(), other])


def test_bad_row_makes_no_other_a_double(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(plain(row(count="x"), row(count=7)))
    assert found.reasons == ["number"]
    assert found.published == said([row(count=7)])


def test_row_of_a_refused_file_makes_no_other_a_double(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_files(
        counts_file("a.csv", plain(*GOOD)),
        counts_file("b.csv", plain(*GOOD, *many(300, count="x", date="2024-05-01"))),
    )
    assert set(found.reasons) == {"number", "too_many_bad_rows"}
    assert found.published == said(GOOD)


def test_key_of_very_many_rows_is_told_shortly(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(plain(*[row(count=n) for n in range(3_000)]))
    assert found.published == []
    assert len(found.refused) == 3_000
    assert max(map(len, found.messages)) < 300
    last = next(m for m in found.messages if ", line 3001:" in m)
    places = [f"sis/daily/a.csv, line {line}" for line in range(2, 7)]
    assert last == duplicate("a.csv", 3001, *places).replace(
        ", expected", " and 2,994 more, expected"
    )


def test_contract_refuses_rows_in_any_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(years, "ROWS_AT_ONCE", 4)
    bad = row(authority="NL-pol")
    found = Loader(tmp_path).load_file(plain(*many(9), bad, *many(9, date="2024-06-01")))
    assert found.refused_lines == [11]
    assert found.published == said([*many(9), *many(9, date="2024-06-01")])


# Bytes


def bytes_of(loader: Loader, year: int) -> str:
    return hashlib.sha256(loader.partitions.path(year, PART).read_bytes()).hexdigest()


def content(loaded: Loaded, year: int) -> str:
    return str(loaded.years[year].listing["content_sha256"])


def test_bytes_of_a_year_tell_nothing_of_what_was_loaded_with_it(tmp_path: Path) -> None:
    alone, together = Loader(tmp_path / "alone"), Loader(tmp_path / "together")
    own = counts_file("b.csv", plain(*GOOD, row(authority="NL-Z1"), row(authority="NL-POL")))
    other = counts_file("a.csv", plain(*many(3, date="2023-05-01"), row("x", count="y")), "2023")
    write_daily(alone.raw, own)
    write_daily(together.raw, other, own)
    first, second = alone.load(), together.load()
    assert bytes_of(alone, 2024) == bytes_of(together, 2024)
    assert content(first, 2024) == content(second, 2024)


def test_refused_codes_leave_no_trace_in_the_file(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load_file(plain(*GOOD, row(authority="NL-SECRET", count="x"), row(authority="NL-hush")))
    path = loader.partitions.path(2024, PART)
    with pq.ParquetFile(path, read_dictionary=["authority"]) as file:
        (chunk,) = file.read(["authority"]).column(0).chunks
    assert chunk.dictionary.to_pylist() == [f"NL-A{n}" for n in range(5)]


def test_each_text_stands_once_in_the_dictionaries_of_the_file(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    rows = [*GOOD, row(category="2018/1862:40"), row(category="2018/1861:24")]
    loader.load_file(plain(*rows))
    path = loader.partitions.path(2024, PART)
    texts = [f.name for f in pq.read_schema(path) if f.type == pa.string()]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        for column in file.read(texts).columns:
            values = column.chunk(0).dictionary.to_pylist()
            assert len(set(values)) == len(values)
    laws = {
        (r["instrument"], r["article"], r["category_id"]) for r in pq.read_table(path).to_pylist()
    }
    assert laws == {(cells_[2], cells_[3], cells_[4]) for cells_ in rows}


def test_the_same_rows_make_the_same_bytes_each_time(tmp_path: Path) -> None:
    found = set()
    for number in range(5):
        loader = Loader(tmp_path / str(number))
        loader.load_file(plain(*GOOD))
        found.add(bytes_of(loader, 2024))
    assert len(found) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"authority": "NL-KMAR"},
        {"count": 6},
        {"event": "hit"},
        {"state": "DE", "authority": "DE-POL"},
        {"category": "2018/1862:40"},
        {"date": "2024-03-30"},
    ],
)
def test_fingerprint_of_the_content_tells_each_change(
    tmp_path: Path, change: dict[str, object]
) -> None:
    before, after = Loader(tmp_path / "a"), Loader(tmp_path / "b")
    write_daily(before.raw, counts_file("a.csv", plain(row())))
    write_daily(after.raw, counts_file("a.csv", plain(row(**change))))  # type: ignore[arg-type]
    assert content(before.load(), 2024) != content(after.load(), 2024)


def test_schema_is_the_contracts_without_dictionaries(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load_file(plain(*GOOD))
    schema = pq.read_schema(loader.partitions.path(2024, PART))
    assert schema.equals(shared_inputs().contract.arrow_schema, check_metadata=True)


# Sums


def test_sums_by_month_are_those_of_the_rows(tmp_path: Path) -> None:
    rows = [
        *many(4, date="2024-01-31"),
        *many(4, date="2024-02-29"),
        *many(2, date="2024-02-28", event="hit"),
        *many(3, date="2024-02-28"),
    ]
    loader = Loader(tmp_path)
    loader.load_file(plain(*rows, row("2024-02-28", count="x")))
    found = pq.read_table(loader.partitions.path(2024, MONTHLY)).to_pylist()
    counted: Counter[tuple[str, str]] = Counter()
    for cells_ in rows:
        counted[cells_[0][:7], cells_[5]] += int(cells_[7])
    assert {(str(r["month"])[:7], r["event"]): r["count"] for r in found} == dict(counted)
    days = {(str(r["month"]), r["event"]): r["days"] for r in found}
    assert days == {
        ("2024-01-01", "search"): 1,
        ("2024-02-01", "search"): 2,
        ("2024-02-01", "hit"): 1,
    }


def test_sums_are_exact_beyond_what_a_float_holds() -> None:
    sums = MonthSums(1, 1, 1)
    counts = np.array([999_999_999_999] * 100_000 + [1], dtype=np.int64)
    sums.add(np.zeros(len(counts), np.int64), np.zeros(len(counts), np.int32), counts)
    sums.add(np.zeros(1, np.int64), np.array([30], np.int32), np.array([2**53 + 1]))
    assert sums.counts.tolist() == [999_999_999_999 * 100_000 + 1 + 2**53 + 1]
    assert sums.days.tolist() == [2]


def test_listing_tells_what_the_year_holds(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    rows = [row("2024-03-01"), row("2024-03-05"), row("2024-03-05", "DE"), row("2024-03-06", "ZZ")]
    found = loader.load_file(plain(*rows))
    listing = found.loaded.years[2024].listing
    assert {name: listing[name] for name in listing if not name.endswith("sha256")} == {
        "year": 2024,
        "rows": 3,
        "rejected": 1,
        "first_date": "2024-03-01",
        "last_date": "2024-03-05",
        "days": 2,
        "members": 2,
        "files": 1,
        "source_kind": "eu_lisa",
        "edition_id": "sis/daily",
        "published_on": None,
    }
    assert listing["sha256"] == bytes_of(loader, 2024)


def test_year_without_a_row_has_a_file_without_rows(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    found = loader.load_file(plain(row("2024-03-01")), period="2023/2024")
    assert found.loaded.years[2023].listing["rows"] == 0
    assert pq.read_table(loader.partitions.path(2023, PART)).num_rows == 0
    assert pa.types.is_date(pq.read_schema(loader.partitions.path(2023, MONTHLY)).field(0).type)
