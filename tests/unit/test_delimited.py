"""Comma-separated text: every cell and its line come back, or the file is refused."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.read.delimited import (
    MAX_CELL_CHARACTERS,
    DelimitedText,
    ReadError,
    ReadRow,
    cell_problem,
    read_delimited,
)

NAME = "letters/x/list.csv"


def read(text: str | bytes) -> DelimitedText:
    return read_delimited(text.encode() if isinstance(text, str) else text, NAME)


def refused(text: str | bytes) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(text)
    return caught.value


# What comes back

PRINTABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
CELLS = st.text(st.one_of(PRINTABLE, st.sampled_from("\",\n\r\t'; ")), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    row = st.lists(CELLS, min_size=width, max_size=width)
    return draw(st.lists(row, min_size=2, max_size=6))


def written(rows: list[list[str]], line_end: str) -> tuple[str, list[int]]:
    """Write rows with the csv module; return the text and the line that each row starts on."""
    text = io.StringIO(newline="")
    # With "\n" as line end the module leaves a "\r" within a cell unquoted.
    quoting = csv.QUOTE_ALL if line_end == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)
    starts = []
    for row in rows:
        starts.append(lines_in(text.getvalue()) + 1)
        writer.writerow(row)
    return text.getvalue(), starts


def lines_in(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@given(tables(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_table_is_read_back_with_its_lines(
    rows: list[list[str]], line_end: str, with_mark: bool
) -> None:
    text, starts = written(rows, line_end)
    found = read((b"\xef\xbb\xbf" if with_mark else b"") + text.encode())
    assert found.header == [cell.strip() for cell in rows[0]]
    assert found.rows == [
        ReadRow(start, row) for start, row in zip(starts[1:], rows[1:], strict=True)
    ]
    assert all(one.line < other.line for one, other in pairwise(found.rows))


def test_quotes_and_newlines_within_cells() -> None:
    found = read('name,note\r\n"EUCAP ""Sahel"", Mali","one\r\ntwo"\r\n"",x\r\n')
    assert found.header == ["name", "note"]
    assert found.rows == [
        ReadRow(2, ['EUCAP "Sahel", Mali', "one\r\ntwo"]),
        ReadRow(4, ["", "x"]),
    ]


def test_blank_lines_are_no_rows_and_keep_the_count() -> None:
    assert read("\n\na,b\n\n1,2\n\n\n3,4").rows == [ReadRow(5, ["1", "2"]), ReadRow(8, ["3", "4"])]


def test_cells_keep_their_text() -> None:
    (row,) = read("a,b,c,d\n007,NA, x ,397.804\n").rows
    assert row.cells == ["007", "NA", " x ", "397.804"]


def test_rows_keep_their_own_number_of_cells() -> None:
    assert [row.cells for row in read("a,b\n1\n1,2,3\n").rows] == [["1"], ["1", "2", "3"]]


def test_huge_cell_is_read_and_not_refused_with_its_file() -> None:
    found = read(f"a,b\n{'x' * 1_000_000},1\ny,2\n")
    assert [len(row.cells[0]) for row in found.rows] == [1_000_000, 1]


def test_nul_is_read_and_left_to_the_row() -> None:
    assert read("a,b\nx\0y,1\n").rows == [ReadRow(2, ["x\0y", "1"])]


# What is refused


@pytest.mark.parametrize("data", [b"", b"\n", b" \t\r\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_empty_file_is_refused(data: bytes) -> None:
    error = refused(data)
    assert error.reason == "empty"
    assert str(error) == f"{NAME}: found an empty file, expected a header and rows: restore it"


@pytest.mark.parametrize("text", ["a,b", "a,b\n", "\n\na,b\r\n\r\n"])
def test_header_without_rows_is_refused(text: str) -> None:
    error = refused(text)
    assert error.reason == "empty"
    assert str(error) == f"{NAME}: found a header without rows, expected at least one row"


@pytest.mark.parametrize(
    ("data", "line", "byte", "offset"),
    [
        ("a,b\nGeorgië,4\n".encode("latin-1"), 2, "EB", 10),
        (b"\xef\xbb\xbf" + "a,b\nGeorgië,4\n".encode("latin-1"), 2, "EB", 13),
        ("a,b\nx,4\n".encode("utf-16"), 1, "FF", 0),
        (b"a,b\n\n\nx,\x80\n", 4, "80", 8),
        (b"a,b\nx,\xe2\x82", 2, "E2", 6),
    ],
)
def test_other_encoding_is_refused_with_its_place(
    data: bytes, line: int, byte: str, offset: int
) -> None:
    error = refused(data)
    assert error.reason == "encoding"
    assert str(error).startswith(
        f"{NAME}, line {line}: found byte 0x{byte} at offset {offset}, which is no UTF-8"
    )
    assert str(error).endswith("save the file as UTF-8")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\nx,1\n"y,2\nz,3\n', 3),
        ('a,b\n"x" y,1\n', 2),
        ('a,b\n"x\n\n\nx",1\n"y"z,2\n', 6),
        ('"a,b\n', 1),
    ],
)
def test_broken_quotes_are_refused_with_the_row_they_open_in(text: str, line: int) -> None:
    error = refused(text)
    assert error.reason == "malformed_row"
    assert str(error).startswith(f"{NAME}, line {line}: found quotes that break RFC 4180")


# What makes a row unusable


@pytest.mark.parametrize(
    ("cells", "reason", "told"),
    [
        (["x" * 32_001], "cell_too_long", "column 1: found a cell of 32,001 characters, expected"),
        (["", "a\0"], "control_character", "column 2: found the control character U+0000,"),
        (["\x1b[31m"], "control_character", "column 1: found the control character U+001B,"),
        (["a\x0cb"], "control_character", "column 1: found the control character U+000C,"),
        (["\0", "x" * 40_000], "control_character", "column 1: "),
    ],
)
def test_unusable_cell_is_told(cells: list[str], reason: str, told: str) -> None:
    problem = cell_problem(cells)
    assert problem is not None
    assert problem[0] == reason
    assert problem[1].startswith(told)


@pytest.mark.parametrize(
    "cells", [[], [""], ["a\tb\r\nc\n"], ["x" * MAX_CELL_CHARACTERS], ["ë €  \u00a0"]]
)
def test_other_cells_are_usable(cells: list[str]) -> None:
    assert cell_problem(cells) is None


def test_semicolons_are_named_as_such() -> None:
    """Excel in Dutch writes them."""
    with pytest.raises(ReadError, match="found semicolons between the cells, expected commas") as e:
        read_delimited(b"Missienaam;Aantal\nEUMM;3\n", "letter.csv")
    assert e.value.reason == "columns"
