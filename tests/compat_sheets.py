"""Readers of the CSV twins: Python's own, R's own, and LibreOffice Calc."""

import csv
import datetime as dt
import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import load_workbook

from compat_releases import Release
from compat_summary import Column

Columns = dict[str, Column]
Converter = Callable[[str], Any]

MOST_SECONDS = 120
# The first character by which a spreadsheet takes a text for a formula (OWASP, CSV injection), and
# the apostrophe that marks such a text.
LIKE_A_FORMULA = re.compile(r"[ \u00a0]*[=+\-@\t\r]|'")
UTF_8, COMMA, DOUBLE_QUOTE, ENGLISH = 76, 44, 34, 1033
STANDARD, TEXT, YEAR_MONTH_DAY = 1, 2, 5
FORMATS = {"string": TEXT, "timestamp": TEXT, "date": YEAR_MONTH_DAY}


def twin(release: Release, table: str) -> Path:
    """Return the CSV twin of a table."""
    return release.folder / "csv" / f"{table}.csv"


# --- Python ---------------------------------------------------------------------------------------


def _text(cell: str) -> str:
    return cell.removeprefix("'")


PARSERS: Mapping[str, Converter] = {
    "int32": int,
    "int64": int,
    "float64": float,
    "bool": {"true": True, "false": False}.__getitem__,
    "string": _text,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}


def typed(types: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> Columns:
    """Give cells of text the types that the contract declares; an empty cell is no value."""
    return {
        name: Column(kind, [PARSERS[kind](row[name]) if row[name] else None for row in rows])
        for name, kind in types.items()
    }


def read_twin(release: Release, table: str) -> Columns:
    """Read a twin by Python's `csv`."""
    text = twin(release, table).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return typed(release.types(table), rows)


# --- pandas ---------------------------------------------------------------------------------------

PANDAS_TYPES: Mapping[str, Any] = {
    "int32": "Int32",
    "int64": "Int64",
    "float64": "Float64",
    "bool": "boolean",
    "string": "str",
    "date": "str",
    "timestamp": "str",
}


def read_by_pandas(release: Release, table: str) -> Columns:
    """Read a twin by `pandas.read_csv`, with the types that the contract declares."""
    types = release.types(table)
    frame = pd.read_csv(
        twin(release, table),
        keep_default_na=False,
        na_values=[""],
        dtype={name: PANDAS_TYPES[kind] for name, kind in types.items()},
    )
    assert list(frame.columns) == list(types)
    return {
        name: Column(kind, [_from_pandas(kind, value) for value in frame[name].tolist()])
        for name, kind in types.items()
    }


def _from_pandas(kind: str, value: Any) -> Any:
    if pd.isna(value):
        return None
    return PARSERS[kind](value) if isinstance(value, str) else value


# --- LibreOffice Calc -----------------------------------------------------------------------------


def office() -> str:
    """Return the program; skip where it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        pytest.skip("LibreOffice Calc is not here: install libreoffice-calc-nogui")
    return found


@cache
def office_version() -> str:
    """Return the version of LibreOffice."""
    told = subprocess.run([office(), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[1]


def convert(sources: Sequence[Path], target: Path, options: str) -> None:
    """Have Calc open CSV files and save them as XLSX in `target`, all in one go.

    Args:
        options: of the import, as Calc's dialog sets them.
    """
    command = [
        office(),
        f"-env:UserInstallation=file://{target / 'profile'}",
        "--headless",
        f"--infilter=Text - txt - csv (StarCalc):{options}",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(target),
        *map(str, sources),
    ]
    subprocess.run(command, capture_output=True, check=True, timeout=MOST_SECONDS)


def import_options(kinds: Sequence[str]) -> str:
    """Return Calc's options for a twin: UTF-8, comma, English, and each column by its type.

    Args:
        kinds: the types of the columns, in order; what is left out is for Calc to guess.
    """
    formats = "/".join(f"{n}/{FORMATS.get(kind, STANDARD)}" for n, kind in enumerate(kinds, 1))
    return f"{COMMA},{DOUBLE_QUOTE},{UTF_8},1,{formats},{ENGLISH},false,false"


def sheet(path: Path) -> list[list[Any]]:
    """Return the cells of the first sheet, the header among them; `None` for an empty cell."""
    rows = load_workbook(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [[None if cell == "" else cell for cell in row] for row in rows]


def formulas(path: Path) -> int:
    """Return how many cells of a workbook are formulas."""
    with zipfile.ZipFile(path) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(book.read(name).count(b"<f") for name in names)


def as_cell(value: str | bool | dt.datetime) -> str:
    """Return the cell that a twin has for a text, a truth value or a moment."""
    if isinstance(value, str):
        return f"'{value}" if LIKE_A_FORMULA.match(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat().replace("+00:00", "Z")


# --- R --------------------------------------------------------------------------------------------

R_CLASSES = {
    "int32": "numeric",
    "int64": "numeric",
    "float64": "numeric",
    "bool": "logical",
    "string": "character",
    "date": "Date",
    "timestamp": "character",
}
UNIT, GROUP, MISSING = "\x1f", "\x1d", "\x1aNA"
R_SCRIPT = r"""
files <- commandArgs(trailingOnly = TRUE)
for (file in files) {
  classes <- readLines(paste0(file, ".classes"))
  read <- read.csv(readLines(paste0(file, ".path")), fileEncoding = "UTF-8-BOM",
                   na.strings = "", colClasses = classes, check.names = FALSE)
  texts <- sapply(names(read), function(name) {
    column <- read[[name]]
    text <- if (is.numeric(column)) format(column, digits = 17, trim = TRUE) else
      as.character(column)
    text[is.na(column)] <- "\x1aNA"
    paste(c(name, class(column)[1], enc2utf8(text)), collapse = "\x1f")
  })
  writeBin(charToRaw(enc2utf8(paste(texts, collapse = "\x1d"))), paste0(file, ".out"))
}
"""


def rscript() -> str:
    """Return the program; skip where it is not installed."""
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("R is not here: install r-base-core")
    return found


@dataclass(frozen=True)
class RColumn:
    """A column as R read it: its class, and its values as text."""

    kind: str
    values: list[str | None]


def read_by_r(
    release: Release, tables: Sequence[str], folder: Path
) -> dict[str, dict[str, RColumn]]:
    """Read twins by R's own `read.csv`, with the classes that the contracts declare."""
    for table in tables:
        classes = [R_CLASSES[kind] for kind in release.types(table).values()]
        (folder / f"{table}.classes").write_text("\n".join(classes) + "\n", "utf-8")
        (folder / f"{table}.path").write_text(f"{twin(release, table)}\n", "utf-8")
    (folder / "read.R").write_text(R_SCRIPT, "utf-8")
    command = [rscript(), "--vanilla", str(folder / "read.R"), *(str(folder / t) for t in tables)]
    subprocess.run(
        command, check=True, timeout=MOST_SECONDS, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    return {table: _from_r((folder / f"{table}.out").read_bytes().decode()) for table in tables}


def _from_r(text: str) -> dict[str, RColumn]:
    found = {}
    for group in text.split(GROUP):
        name, kind, *values = group.split(UNIT)
        found[name] = RColumn(kind, [None if value == MISSING else value for value in values])
    return found


def from_r(kind: str, column: RColumn) -> list[Any]:
    """Return the values of a column of R, which was declared as `kind`."""
    assert column.kind == R_CLASSES[kind]
    parse: Mapping[str, Converter] = {
        **PARSERS,
        "int32": float,
        "int64": float,
        "bool": {"TRUE": True, "FALSE": False}.__getitem__,
    }
    return [None if value is None else parse[kind](value) for value in column.values]


def as_r_holds(columns: Mapping[str, Column]) -> Columns:
    """Return columns with each integer as the floating-point number that R makes of it."""
    return {
        name: Column(c.type, [float(v) if type(v) is int else v for v in c.values])
        for name, c in columns.items()
    }


@cache
def r_version() -> str:
    """Return the version of R."""
    told = subprocess.run([rscript(), "--version"], capture_output=True, text=True, check=True)
    return (told.stdout + told.stderr).split("version ")[1].split()[0]
