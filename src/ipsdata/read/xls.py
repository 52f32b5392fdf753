"""Open an XLS file and take its values, by xlrd: what is broken raises, and aborts nothing."""

import datetime as dt
import io
import re
from dataclasses import dataclass

import xlrd

from ipsdata.read.delimited import ReadError

Value = str | float | bool | dt.date | dt.time | dt.timedelta

DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
NO_CELLS = re.compile(r"Ignoring non-worksheet data named (['\"])(.*)\1 \(type")


@dataclass(frozen=True)
class XlsFile:
    """An XLS file as opened; `others` are its sheets without cells (charts, macros)."""

    sheets: tuple[xlrd.sheet.Sheet, ...]
    others: tuple[str, ...]


def open_xls(data: bytes) -> XlsFile:
    """Open an XLS file.

    Raises:
        ReadError: `encrypted` or `corrupt`.
    """
    log = io.StringIO()
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=log, verbosity=1
        )
    except MemoryError:
        raise
    except Exception as error:  # xlrd fails in many ways on a broken file
        raise _refusal(error) from None
    return XlsFile(tuple(book.sheets()), tuple(m[2] for m in NO_CELLS.finditer(log.getvalue())))


def xls_values(sheet: xlrd.sheet.Sheet) -> list[list[Value]]:
    """Return the values of a sheet from A1 on; rows end with their last cell, errors are empty."""
    return [
        [_value(sheet, row, column) for column in range(sheet.row_len(row))]
        for row in range(sheet.nrows)
    ]


def _refusal(error: Exception) -> ReadError:
    if isinstance(error, xlrd.XLRDError) and "encrypt" in str(error).lower():
        return ReadError("encrypted", "found a file locked with a password: save it without one")
    found = "found a spreadsheet that can't be opened (cut off or damaged?)"
    return ReadError("corrupt", f"{found}: restore it")


def _value(sheet: xlrd.sheet.Sheet, row: int, column: int) -> Value:
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_DATE:
        return _moment(sheet, row, column, value)
    if kind in (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER):
        found: str | float = value
        return found
    return ""


def _moment(sheet: xlrd.sheet.Sheet, row: int, column: int, value: float) -> Value:
    """Return a number that is shown as a date, a time of day or a duration."""
    book = sheet.book
    shown = book.format_map[book.xf_list[sheet.cell_xf_index(row, column)].format_key].format_str
    try:
        if DURATION.search(shown):
            return dt.timedelta(days=value)
        moment: dt.datetime = xlrd.xldate.xldate_as_datetime(value, book.datemode)
    except (OverflowError, ValueError):  # a year beyond what there are
        return value
    if value < 1:
        return moment.time()
    return moment.date() if moment.time() == dt.time.min else moment
