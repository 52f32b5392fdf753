"""The generator of daily counts: what it makes is right but for the faults that were asked for."""

import csv
import datetime as dt
import gzip
import hashlib
import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from benchmarks.daily_data import (
    COLUMNS,
    EVENTS,
    KINDS,
    Wanted,
    Written,
    generate,
    kinds_of,
    leaf_categories,
    write_edition,
)

Row = dict[str, str]
KEY = ("date", "member_state", "category", "event", "authority")
AUTHORITY = re.compile(r"[A-Z]{2}-[A-Z0-9]{2,12}")
MEMBERS = set(
    "AT BE BG CH CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
    " GB".split()
)
FIRST_DAYS = {"GB": "2015-04-13", "HR": "2017-06-27", "IE": "2021-03-15", "CY": "2023-07-25"}
RECAST = "2023-03-07"
SMALL = Wanted(20_000, first_year=2023, last_year=2023)  # both legal bases


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """200,000 rows without a fault."""
    return rows_of(generate(tmp_path_factory.mktemp("right"), Wanted(200_000)).files[0])


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return generate(tmp_path_factory.mktemp("faulty"), replace(SMALL, rows=60_000, faults=0.03))


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet"])
def test_a_seed_always_makes_the_same_bytes(tmp_path: Path, form: str) -> None:
    wanted = replace(SMALL, form=form, faults=0.01)
    first, again, other = (
        sha256(generate(tmp_path / name, each).files[0])
        for name, each in (
            ("first", wanted),
            ("again", wanted),
            ("other", replace(wanted, seed=2)),
        )
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("rows", [1, 999, 50_000])
def test_exactly_the_rows_asked_for(tmp_path: Path, rows: int) -> None:
    assert len(rows_of(generate(tmp_path, replace(SMALL, rows=rows)).files[0])) == rows


def test_files_divide_the_days(tmp_path: Path) -> None:
    wanted = replace(SMALL, rows=30_000, files=3, faults=0.01, kinds=("decimal",))
    written = generate(tmp_path, wanted)
    parts = [rows_of(path) for path in written.files]
    assert sum(map(len, parts)) == 30_000
    assert min(map(len, parts)) > 9_000
    for part, later in itertools.pairwise(parts):
        assert max(row["date"] for row in part) < min(row["date"] for row in later)
    place = {path.name: number for number, path in enumerate(written.files)}
    wrong = [parts[place[path]][line - 2] for path, line, _ in written.faults]
    assert len(wrong) == 300
    assert {row["count"] for row in wrong} == {"12.5"}


def test_keys_are_unique_and_days_in_order(right: list[Row]) -> None:
    assert len({key(row) for row in right}) == len(right)
    days = [row["date"] for row in right]
    assert days == sorted(days)


def test_each_row_holds_what_the_rules_allow(right: list[Row]) -> None:
    categories = {each.name: each for each in leaf_categories()}
    assert not [row for row in right if not is_right(row, categories)]


def is_right(row: Row, categories: dict[str, object]) -> bool:
    category = categories[row["category"]]
    day, state = row["date"], row["member_state"]
    border = row["category"] in ("1987/2006:24", "2018/1861:24", "2018/1860:3")
    return (
        "2013-04-09" <= day <= "2024-12-31"
        and FIRST_DAYS.get(state, "") <= day
        and (state != "GB" or day <= "2020-12-31")
        and (row["instrument"], row["article"]) == (category.instrument, category.article)  # type: ignore[attr-defined]
        and category.is_valid(dt.date.fromisoformat(day))  # type: ignore[attr-defined]
        and (day >= RECAST) == row["instrument"].startswith("2018/")
        and not (border and state in ("IE", "GB"))
        and AUTHORITY.fullmatch(row["authority"]) is not None
        and row["authority"].startswith(state)
        and re.fullmatch(r"0|[1-9]\d{0,17}", row["count"]) is not None
    )


def test_all_states_categories_and_events_occur(right: list[Row]) -> None:
    assert {row["member_state"] for row in right} == MEMBERS
    valid = {each.name for each in leaf_categories() if each.last >= dt.date(2013, 4, 9)}
    assert {row["category"] for row in right} == valid
    assert {row["event"] for row in right} == {event.name for event in EVENTS}


def test_searches_rest_at_weekends_and_grow(tmp_path: Path) -> None:
    wanted = Wanted(200_000, first_year=2018, last_year=2019)
    week: Counter[int] = Counter()
    years: Counter[str] = Counter()
    for row in rows_of(generate(tmp_path, wanted).files[0]):
        if row["event"] == "search":
            week[dt.date.fromisoformat(row["date"]).weekday()] += int(row["count"])
            years[row["date"][:4]] += int(row["count"])
    assert max(week[5], week[6]) < 0.95 * min(week[day] for day in range(5))
    assert years["2019"] > 1.05 * years["2018"]


# Faults


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().removesuffix(b"\n").split(b"\n")


def test_exactly_the_faults_asked_for(faulty: Written) -> None:
    kinds = Counter(kind for _, _, kind in faulty.faults)
    assert set(kinds) == set(KINDS)
    assert sum(kinds.values()) == 1_800
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert len(lines_of(faulty.files[0])) == 60_001
    assert len({line for _, line, _ in faulty.faults}) == 1_800


def test_each_fault_stands_on_its_line(faulty: Written) -> None:
    lines = lines_of(faulty.files[0])
    kinds = {line: kind for _, line, kind in faulty.faults}
    categories: dict[str, object] = {each.name: each for each in leaf_categories()}
    seen: set[tuple[str, ...]] = set()
    for number, line in enumerate(lines[1:], start=2):
        found = "right" if line_is_right(line, categories, seen) else "wrong"
        assert found == ("wrong" if number in kinds else "right"), (number, line, kinds.get(number))


def line_is_right(line: bytes, categories: dict[str, object], seen: set[tuple[str, ...]]) -> bool:
    cells = line.decode("utf-8", "replace").split(",")
    if len(cells) != len(COLUMNS):
        return False
    row = dict(zip(COLUMNS, cells, strict=True))
    known = {event.name for event in EVENTS}
    if row["category"] not in categories or row["event"] not in known:
        return False
    if row["member_state"] not in MEMBERS or row["date"] == "2023-02-30":
        return False
    if "" in cells or key(row) in seen or not is_right(row, categories):
        return False
    seen.add(key(row))
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_alone(tmp_path: Path, kind: str) -> None:
    wanted = replace(SMALL, faults=0.01, kinds=(kind,))
    assert generate(tmp_path, wanted).summary()["kinds"] == {kind: 200}


def test_a_duplicate_repeats_a_right_row_with_another_count(tmp_path: Path) -> None:
    written = generate(tmp_path, replace(SMALL, faults=0.01, kinds=("duplicate",)))
    rows = rows_of(written.files[0])
    wrong = {line - 2 for _, line, _ in written.faults}
    counts = {key(row): row["count"] for place, row in enumerate(rows) if place not in wrong}
    assert len(wrong) == 200
    for place in wrong:
        assert rows[place]["count"] != counts[key(rows[place])]


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    made = generate(tmp_path, replace(SMALL, form="parquet"))
    rows = pq.read_table(made.files[0]).to_pylist()
    text = rows_of(generate(tmp_path, SMALL).files[0])
    assert [{name: str(value) for name, value in row.items()} for row in rows] == text


def test_gzip_holds_the_same_text(tmp_path: Path) -> None:
    packed = generate(tmp_path, replace(SMALL, form="csv.gz", faults=0.02))
    plain = generate(tmp_path, replace(SMALL, faults=0.02))
    assert gzip.decompress(packed.files[0].read_bytes()) == plain.files[0].read_bytes()


def test_parquet_has_only_faults_that_keep_its_types(tmp_path: Path) -> None:
    written = generate(tmp_path, replace(SMALL, form="parquet", faults=0.01))
    assert set(written.summary()["kinds"]) == set(kinds_of("parquet"))
    assert pq.read_table(written.files[0]).num_rows == 20_000
    with pytest.raises(ValueError, match="decimal"):
        replace(SMALL, form="parquet", faults=0.01, kinds=("decimal",))


def test_what_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected at most"):
        generate(tmp_path, Wanted(10**9, first_year=2024))
    with pytest.raises(ValueError, match="too few rows a day"):
        generate(tmp_path, Wanted(100, faults=0.5, kinds=("duplicate",)))
    with pytest.raises(ValueError, match=r"expected 0 to 0\.5"):
        Wanted(100, faults=0.6)


def test_an_edition_has_its_fingerprints(tmp_path: Path) -> None:
    folder = tmp_path / "sis" / "daily"
    written = write_edition(folder, replace(SMALL, form="csv.gz", files=2))
    source = YAML(typ="safe").load(folder / "source.yaml")
    assert source["source_kind"] == "eu_lisa"
    assert [(entry["path"], entry["sha256"], entry["layout"]) for entry in source["files"]] == [
        (path.name, sha256(path), "daily_counts") for path in written.files
    ]
    assert {entry["media_type"] for entry in source["files"]} == {"application/gzip"}
