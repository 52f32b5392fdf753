"""The CSV twins read as their tables: by Python's csv, by R, and by LibreOffice Calc."""

import datetime as dt
import platform
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import compat_sheets as sheets
from compat_releases import SHIPPED, SPLIT, TABLES, Release
from compat_summary import Column, seen

Releases = Callable[[str], Release]
Record = Callable[[str, object], None]
Cells = Callable[[str, str], Path]
WITH_TWIN = [(name, table) for name, table in TABLES if table != SPLIT]
MOST_COLUMNS = 60
# What Calc takes for a number, a share or a day where it stands in a column of text.
LIKE_A_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?%?|\d{4}-\d\d-\d\d", re.ASCII | re.IGNORECASE)
# Excel counts a 29th of February 1900, and XLSX with it.
FIRST_SAFE_DAY, BEFORE_MARCH_1900 = dt.date(1900, 3, 1), dt.timedelta(1)
each_twin = pytest.mark.parametrize(
    ("name", "table"), WITH_TWIN, ids=[f"{name}-{table}" for name, table in WITH_TWIN]
)


def columns_in(release: Release, table: str) -> dict[str, Column]:
    """Return the columns of a table as its Parquet file has them."""
    arrow = release.arrow(table)
    return {
        name: Column(kind, arrow[name].to_pylist()) for name, kind in release.types(table).items()
    }


@each_twin
def test_python_reads_what_the_parquet_file_holds(
    name: str, table: str, releases: Releases, record_property: Record
) -> None:
    record_property("engine", "CSV: Python")
    record_property("version", platform.python_version())
    record_property("table", table)
    release = releases(name)
    assert seen(sheets.read_twin(release, table)) == seen(columns_in(release, table))


@each_twin
def test_pandas_reads_a_twin_with_the_types_of_the_contract(
    name: str, table: str, releases: Releases, record_property: Record
) -> None:
    record_property("engine", "CSV: pandas")
    record_property("version", version("pandas"))
    record_property("table", table)
    release = releases(name)
    assert seen(sheets.read_by_pandas(release, table)) == seen(columns_in(release, table))


# --- LibreOffice Calc -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def as_text(releases: Releases, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Convert all twins with each column as text."""
    return _converted(releases, tmp_path_factory, sheets.import_options(["string"] * MOST_COLUMNS))


@pytest.fixture(scope="session")
def as_opened(releases: Releases, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Convert all twins as Calc's dialog suggests, which finds UTF-8 by the byte order mark."""
    return _converted(releases, tmp_path_factory, sheets.import_options([]))


def _converted(releases: Releases, factory: pytest.TempPathFactory, options: str) -> Cells:
    """Return a function that gives the sheet of a table; a release is converted in one go."""
    folders: dict[str, Path] = {}

    def cells(name: str, table: str) -> Path:
        if name not in folders:
            folders[name] = factory.mktemp(f"calc-{name}")
            twins = [sheets.twin(releases(name), each) for kind, each in WITH_TWIN if kind == name]
            sheets.convert(twins, folders[name], options)
        return folders[name] / f"{table}.xlsx"

    return cells


def columns_of(path: Path, types: dict[str, str]) -> dict[str, list[Any]]:
    """Return the cells of a sheet by column."""
    head, *rows = sheets.sheet(path)
    assert head == list(types)
    return {name: [row[n] for row in rows] for n, name in enumerate(types)}


def with_plain_lines(columns: dict[str, Column]) -> dict[str, Column]:
    """Return columns with the line breaks that spreadsheets and R make of those in a text."""
    return {
        name: Column(column.type, [_plain_lines(value) for value in column.values])
        for name, column in columns.items()
    }


def _plain_lines(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


@each_twin
def test_calc_keeps_every_value_if_columns_are_read_as_text(
    name: str, table: str, releases: Releases, as_text: Cells, record_property: Record
) -> None:
    record_property("engine", "CSV: Calc")
    record_property("version", sheets.office_version())
    record_property("table", table)
    release = releases(name)
    types = release.types(table)
    columns = columns_of(as_text(name, table), types)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found = sheets.typed(types, [{key: cell or "" for key, cell in row.items()} for row in rows])
    assert seen(found) == seen(with_plain_lines(columns_in(release, table)))


@each_twin
def test_calc_reads_numbers_and_days_as_such_and_makes_no_formula(
    name: str, table: str, releases: Releases, as_opened: Cells, record_property: Record
) -> None:
    record_property("engine", "CSV: Calc")
    record_property("version", sheets.office_version())
    record_property("table", table)
    release = releases(name)
    types = release.types(table)
    path = as_opened(name, table)
    found, wanted = columns_of(path, types), columns_in(release, table)
    assert sheets.formulas(path) == 0
    for column, kind in types.items():
        values = [as_calc_holds(value) for value in wanted[column].values]
        if kind == "string":
            kept = [
                (cell, value)
                for cell, value in zip(found[column], values, strict=True)
                if value is None or not LIKE_A_NUMBER.fullmatch(value)
            ]
            assert [cell for cell, _ in kept] == [value for _, value in kept], column
        else:
            assert found[column] == values, column


def test_calc_keeps_each_value_if_it_is_told_what_a_column_is(
    releases: Releases, tmp_path: Path
) -> None:
    shipped = releases(SHIPPED)
    types = shipped.types("deployments")
    options = sheets.import_options(list(types.values()))
    sheets.convert([sheets.twin(shipped, "deployments")], tmp_path, options)
    found = columns_of(tmp_path / "deployments.xlsx", types)
    assert found["value"] == shipped.arrow("deployments")["value"].to_pylist()
    assert found["reference_date"] == shipped.arrow("deployments")["reference_date"].to_pylist()
    assert {"4", "3", "2"} <= set(found["as_printed"])  # a text, although it looks like a number


def as_calc_holds(value: Any) -> Any:
    """Return a value as a sheet in XLSX has it: a number has 15 digits, truth and time are text."""
    if isinstance(value, str):
        return sheets.as_cell(value).replace("\r\n", "\n")
    if isinstance(value, bool | dt.datetime):
        return sheets.as_cell(value)
    if isinstance(value, int | float):
        return float(f"{value:.15g}")
    if isinstance(value, dt.date) and value < FIRST_SAFE_DAY:
        return value + BEFORE_MARCH_1900 if value.year == 1900 else value
    return value


# --- R --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def by_r(
    releases: Releases, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], dict[str, sheets.RColumn]]:
    """Read all twins by R."""
    known: dict[str, dict[str, dict[str, sheets.RColumn]]] = {}

    def columns(name: str, table: str) -> dict[str, sheets.RColumn]:
        if name not in known:
            tables = [each for kind, each in WITH_TWIN if kind == name]
            known[name] = sheets.read_by_r(releases(name), tables, tmp_path_factory.mktemp("r"))
        return known[name][table]

    return columns


@each_twin
def test_r_reads_a_twin_with_the_classes_of_the_contract(
    name: str,
    table: str,
    releases: Releases,
    by_r: Callable[[str, str], dict[str, sheets.RColumn]],
    record_property: Record,
) -> None:
    record_property("engine", "CSV: R read.csv")
    record_property("version", sheets.r_version())
    record_property("table", table)
    release = releases(name)
    found = {
        column: Column(kind, sheets.from_r(kind, by_r(name, table)[column]))
        for column, kind in release.types(table).items()
    }
    assert list(by_r(name, table)) == list(found)
    wanted = with_plain_lines(columns_in(release, table))
    assert seen(found) == seen(sheets.as_r_holds(wanted))
