"""Every engine reads every table of a release as PyArrow does, with the types of the contract."""

import datetime as dt
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compat_engines import (
    ArrowDataset,
    DuckDB,
    DuckDBViews,
    Engine,
    Pandas,
    Polars,
    SqlEngine,
    without_partition,
)
from compat_releases import DAILY, HOSTILE, SHIPPED, SPLIT, TABLES, TEXTS, VALUES, Release
from compat_summary import NUMBERS, Seen, seen

Releases = Callable[[str], Release]
BEYOND_SUMS = frozenset({"int64_value", "float64_value"})  # a sum of these is of no type

SQL_ENGINES = [
    pytest.param(DuckDB(), id="duckdb"),
    pytest.param(DuckDBViews(), id="duckdb-views"),
    pytest.param("spark", id="spark"),
    pytest.param("hyper", id="hyper"),
    pytest.param("hyper_file", id="hyper-file"),
]
ENGINES = [
    pytest.param(Pandas("numpy_nullable"), id="pandas"),
    pytest.param(Pandas("pyarrow"), id="pandas-pyarrow"),
    pytest.param(Polars(), id="polars"),
    pytest.param(ArrowDataset(), id="pyarrow-dataset"),
    *SQL_ENGINES,
]
each_engine = pytest.mark.parametrize("engine", ENGINES, indirect=True)
each_sql_engine = pytest.mark.parametrize("engine", SQL_ENGINES, indirect=True)
each_table = pytest.mark.parametrize(
    ("name", "table"), TABLES, ids=[f"{name}-{table}" for name, table in TABLES]
)


@pytest.fixture(scope="session")
def expected(releases: Releases) -> Callable[[str, str], Seen]:
    """Return what is in a table, worked out once."""
    known: dict[tuple[str, str], Seen] = {}

    def look(name: str, table: str) -> Seen:
        if (name, table) not in known:
            known[name, table] = releases(name).expected(table)
        return known[name, table]

    return look


def read(engine: Engine, release: Release, table: str) -> Seen:
    columns = engine.read(release, table)
    if engine.partitions and release.is_partitioned(table):
        columns, years = without_partition(columns)
        assert years == [day.year for day in columns["date"].values]
    return seen(columns)


def value_of(engine: Engine, release: Release, table: str, key: dict[str, Any], name: str) -> Any:
    """Return the one value of a column in the row with these values."""
    columns = engine.read(release, table)
    rows = zip(*(columns[each].values for each in (name, *key)), strict=True)
    (found,) = [value for value, *rest in rows if rest == list(key.values())]
    return found


@each_table
@each_engine
def test_table_reads_as_it_was_written(
    engine: Engine,
    name: str,
    table: str,
    releases: Releases,
    expected: Callable[[str, str], Seen],
    record_property: Callable[[str, object], None],
) -> None:
    record_property("engine", engine.name)
    record_property("version", engine.version)
    record_property("table", table)
    wanted = expected(name, table)
    found = read(engine, releases(name), table)
    assert found.columns == wanted.columns
    assert list(found.columns) == list(wanted.columns)
    assert found == wanted


@each_table
@each_sql_engine
def test_engine_counts_and_sums_as_it_should(
    engine: SqlEngine,
    name: str,
    table: str,
    releases: Releases,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("engine", engine.name)
    record_property("version", engine.version)
    record_property("table", table)
    release = releases(name)
    arrow = release.arrow(table)
    asked = [("count(*)", arrow.num_rows)]
    for column, kind in release.types(table).items():
        asked += aggregates(column, kind, arrow[column].to_pylist())
    (found,) = engine.query(release, table, ", ".join(select for select, _ in asked))
    wrong = [
        (*told, value) for told, value in zip(asked, found, strict=True) if not same(value, told[1])
    ]
    assert wrong == []


def aggregates(column: str, kind: str, values: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what to ask about a column, and the answer."""
    there = [value for value in values if value is not None]
    yield f'count("{column}")', len(there)
    if kind in {*NUMBERS, "date"}:
        yield f'min("{column}")', min(there, default=None)
        yield f'max("{column}")', max(there, default=None)
    if kind in NUMBERS and column not in BEYOND_SUMS:
        yield f'sum("{column}")', sum(there) if there else None


def same(found: Any, wanted: Any) -> bool:
    """Compare exactly, but for the sum of floating-point numbers, whose order is the engine's."""
    if isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=1e-12)
    return bool(found == wanted)


# --- what was typed from the documents, and not read by any engine --------------------------------


@each_engine
def test_figures_and_accents_are_those_of_the_documents(engine: Engine, releases: Releases) -> None:
    shipped = releases(SHIPPED)
    officers = value_of(engine, shipped, "deployments", {"mission_id": "EUAM_IRAQ"}, "value")
    assert officers == 4
    day = value_of(engine, shipped, "deployments", {"mission_id": "EUAM_IRAQ"}, "reference_date")
    assert day == dt.date(2025, 5, 14)
    titles = engine.read(shipped, "cooperation_register")["title"].values
    assert "War Room in Curaçao" in titles
    names = engine.read(shipped, "countries")["country_code"].values
    assert "NA" in names  # Namibia, which some readers take for a missing value


@each_engine
def test_texts_come_as_they_were_written(engine: Engine, releases: Releases) -> None:
    texts = engine.read(releases(HOSTILE), VALUES)["string_value"].values
    assert sorted(text for text in texts if text is not None) == sorted(TEXTS)
    assert list(texts).count(None) == 1


@each_engine
def test_years_of_a_split_table_are_all_read(engine: Engine, releases: Releases) -> None:
    columns = engine.read(releases(DAILY), SPLIT)
    assert len(columns["date"].values) == 13
    assert sum(columns["count"].values) == sum(range(5)) + sum(range(7)) + 3_000_000_000
    assert {day.year for day in columns["date"].values} == {2023, 2024}
