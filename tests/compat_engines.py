"""Engines that read Parquet, each by the call that its own manual gives, and what they saw."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from compat_releases import PARTITION, Release
from compat_summary import Column
from conftest import ROOT

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PYTHON = ROOT / ".venv-compat" / "bin" / "python"
WORKER = ROOT / "tests" / "compat_worker.py"
MOST_SECONDS = 60
Columns = dict[str, Column]
Rows = list[tuple[Any, ...]]


class Engine(Protocol):
    """Something that reads Parquet.

    Attributes:
        partitions: whether it makes a column of `year=2024` in the path of a file.
    """

    name: str
    version: str
    partitions: bool

    def read(self, release: Release, table: str) -> Columns:
        """Read a whole table."""


class SqlEngine(Engine, Protocol):
    """An engine that answers questions in SQL, as a BI tool asks them."""

    def query(self, release: Release, table: str, select: str) -> Rows:
        """Answer `SELECT <select> FROM <table>`."""


class Pandas:
    """`pandas.read_parquet`, with the types that know missing values."""

    partitions = True

    def __init__(self, backend: str) -> None:
        """Take one of the values of `dtype_backend`."""
        self.backend: Any = backend
        self.name = f"pandas ({backend})"
        self.version = version("pandas")

    def read(self, release: Release, table: str) -> Columns:
        """Read a whole table."""
        frame = pd.read_parquet(release.place(table), dtype_backend=self.backend)
        return {str(name): _pandas_column(frame[name]) for name in frame.columns}


PANDAS_TYPES = {
    "Int32": "int32",
    "Int64": "int64",
    "Float64": "float64",
    "boolean": "bool",
    "string": "string",
    "object": "date",
    "datetime64[us, UTC]": "timestamp",
    "int32[pyarrow]": "int32",
    "int64[pyarrow]": "int64",
    "double[pyarrow]": "float64",
    "bool[pyarrow]": "bool",
    "string[pyarrow]": "string",
    "date32[day][pyarrow]": "date",
    "timestamp[us, tz=UTC][pyarrow]": "timestamp",
}


def _pandas_column(series: "pd.Series[Any]") -> Column:
    values = [None if pd.isna(value) else _plain(value) for value in series.tolist()]
    return Column(PANDAS_TYPES.get(str(series.dtype), str(series.dtype)), values)


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


class Polars:
    """`polars.scan_parquet`."""

    name = "Polars"
    partitions = True
    version = pl.__version__

    def read(self, release: Release, table: str) -> Columns:
        """Read a whole table."""
        frame = pl.scan_parquet(release.place(table)).collect()
        return {s.name: Column(_polars_type(s.dtype), s.to_list()) for s in frame.iter_columns()}


def _polars_type(kind: pl.DataType) -> str:
    known: dict[pl.DataType, str] = {
        pl.Int32(): "int32",
        pl.Int64(): "int64",
        pl.Float64(): "float64",
        pl.Boolean(): "bool",
        pl.String(): "string",
        pl.Date(): "date",
        pl.Datetime("us", "UTC"): "timestamp",
    }
    return known.get(kind, str(kind))


class ArrowDataset:
    """`pyarrow.dataset.dataset`."""

    name = "PyArrow dataset"
    partitions = True
    version = pa.__version__

    def read(self, release: Release, table: str) -> Columns:
        """Read a whole table."""
        found = ds.dataset(release.place(table), partitioning="hive").to_table()
        return {
            field.name: Column(_arrow_type(field.type), found[field.name].to_pylist())
            for field in found.schema
        }


def _arrow_type(kind: pa.DataType) -> str:
    known = {
        pa.float64(): "float64",
        pa.date32(): "date",
        pa.timestamp("us", tz="UTC"): "timestamp",
    }
    return known.get(kind, str(kind))


DUCKDB_TYPES = {
    "INTEGER": "int32",
    "BIGINT": "int64",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}


class DuckDB:
    """Files read by their places."""

    name = "DuckDB"
    partitions = True
    version = duckdb.__version__

    def read(self, release: Release, table: str) -> Columns:
        """Read a whole table."""
        with self._base(release) as base:
            found = base.execute(f"SELECT * FROM {self._source(release, table)}")
            return _duckdb_columns(found)

    def query(self, release: Release, table: str, select: str) -> Rows:
        """Answer `SELECT <select> FROM <table>`."""
        with self._base(release) as base:
            return base.execute(f"SELECT {select} FROM {self._source(release, table)}").fetchall()

    def _source(self, release: Release, table: str) -> str:
        place = release.place(table)
        return f"'{place}/**/*.parquet'" if place.is_dir() else f"'{place}'"

    def _base(self, release: Release) -> "closing[duckdb.DuckDBPyConnection]":
        del release
        return closing(_in_utc(duckdb.connect()))


class DuckDBViews(DuckDB):
    """The views of `ipsdata.duckdb`, which follow the current release."""

    name = "DuckDB (ipsdata.duckdb)"
    partitions = False

    def _source(self, release: Release, table: str) -> str:
        del release
        return f'"{table}"'

    def _base(self, release: Release) -> "closing[duckdb.DuckDBPyConnection]":
        place = release.processed / "ipsdata.duckdb"
        return closing(_in_utc(duckdb.connect(place, read_only=True)))


def _in_utc(base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    base.execute("SET TimeZone = 'UTC'")
    return base


def _duckdb_columns(found: duckdb.DuckDBPyConnection) -> Columns:
    names = [(name, str(kind)) for name, kind, *_ in found.description or ()]
    rows = found.fetchall()
    return {
        name: Column(DUCKDB_TYPES.get(kind, kind), [row[n] for row in rows])
        for n, (name, kind) in enumerate(names)
    }


SPARK_TYPES = {
    "int": "int32",
    "bigint": "int64",
    "double": "float64",
    "boolean": "bool",
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
}
HYPER_TYPES = {
    "INT": "int32",
    "BIG_INT": "int64",
    "DOUBLE": "float64",
    "BOOL": "bool",
    "TEXT": "string",
    "DATE": "date",
    "TIMESTAMP_TZ": "timestamp",
}


@dataclass(frozen=True)
class Remote:
    """An engine in another process, which `compat_worker` runs.

    Attributes:
        types: the names that the contracts have for the engine's types.
    """

    name: str
    version: str
    partitions: bool
    types: Mapping[str, str]
    line: "Connection[Any, Any]"

    def read(self, release: Release, table: str) -> Columns:
        """Read a whole table."""
        told, rows = self._ask(release, table, "*")
        return {
            name: Column(self.types.get(kind, kind), [row[n] for row in rows])
            for n, (name, kind) in enumerate(told)
        }

    def query(self, release: Release, table: str, select: str) -> Rows:
        """Answer `SELECT <select> FROM <table>`."""
        return [tuple(row) for row in self._ask(release, table, select)[1]]

    def _ask(self, release: Release, table: str, select: str) -> Any:
        files = [str(path) for path in release.files(table)]
        self.line.send((select, files, str(release.place(table))))
        answer = self.line.recv()
        assert not isinstance(answer, str), answer
        return answer


@contextmanager
def spark(folder: Path) -> Iterator[Remote]:
    """Start Spark on 127.0.0.1, with one thread."""
    if not _runs("java", "-version"):
        pytest.skip("Spark needs Java 17 or newer: install default-jre-headless")
    with _worker("spark", folder) as (told, line):
        yield Remote("Apache Spark", told, True, SPARK_TYPES, line)


@contextmanager
def hyper(folder: Path) -> Iterator[Remote]:
    """Start Hyper to read Parquet files."""
    with _worker("hyper", folder) as (told, line):
        yield Remote("Tableau Hyper", told, False, HYPER_TYPES, line)


@contextmanager
def hyper_file(folder: Path) -> Iterator[Remote]:
    """Start Hyper to make a .hyper file of Parquet files, and read that."""
    with _worker("hyper_file", folder) as (told, line):
        yield Remote("Tableau Hyper, .hyper file", told, False, HYPER_TYPES, line)


@contextmanager
def _worker(engine: str, folder: Path) -> Iterator[tuple[str, "Connection[Any, Any]"]]:
    """Start an engine in the environment that has it; return its version and a line to it."""
    if not PYTHON.exists():
        pytest.skip(f"{PYTHON.relative_to(ROOT)} is not here: make .venv-compat/.ready")
    line, far_end = Pipe()
    number = far_end.fileno()
    command = [str(PYTHON), str(WORKER), engine, str(number), str(folder)]
    output = folder / "output.txt"
    with (
        output.open("wb") as written,
        subprocess.Popen(
            command, cwd=folder, stdout=written, stderr=written, pass_fds=[number]
        ) as process,
    ):
        far_end.close()
        try:
            yield _version(line, output), line
        finally:
            line.close()  # upon which it ends by itself
            process.wait(MOST_SECONDS)


def _version(line: "Connection[Any, Any]", output: Path) -> str:
    try:
        return str(line.recv())
    except EOFError:
        pytest.fail(f"the engine did not start:\n{output.read_text(errors='replace')}")


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def without_partition(columns: Mapping[str, Column]) -> tuple[Columns, list[int]]:
    """Take away the column that an engine made of `year=2024`, and return its years."""
    rest = {name: column for name, column in columns.items() if name != PARTITION}
    return rest, [int(year) for year in columns[PARTITION].values]
