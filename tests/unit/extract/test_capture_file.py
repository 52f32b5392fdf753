"""The file of captures: a line that can't be used is told with its number, and costs no other."""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.extract.capture_file import capture_file_rows
from ipsdata.extract.passages import Passage
from ipsdata.extract.printed import SUPPORT, UNVERIFIED, VERIFIED
from ipsdata.layouts import load_layouts
from ipsdata.read.delimited import ReadError

Row = dict[str, Any]
Line = tuple[str, ...]

EDITION = "letters/2026-06-11"
FILE = f"{EDITION}/captures.csv"
HEADER = ("table", "row", "dimensions", "as_printed", "locator", "note")
LAYOUTS = load_layouts(ROOT / "schemas")
LETTER_ID = "b" * 64
SOURCE = {
    "document_id": LETTER_ID,
    "edition_id": EDITION,
    "path": f"{EDITION}/letter.txt",
    "language": "nl",
}
PLACE = "“Cijfers”, paragraph 1"
PAGES = (Passage(PLACE, "Er waren 401.235 hits in 2025."),)
HITS = {
    "indicator": "hits",
    "area": "SIS",
    "category_id": "total",
    "scope": "not_stated",
    "time_kind": "flow",
    "time_period": "2025",
    "averaging": "none",
    "unit": "hit",
}
LOCATOR = f"{PLACE}, characters 10-16"


def written(dimensions: dict[str, str]) -> str:
    return "; ".join(f"{key}={value}" for key, value in dimensions.items())


def figure(dimensions: dict[str, str] | None = None, note: str = "A note") -> Line:
    told = written(HITS if dimensions is None else dimensions)
    return ("sis_statistics", "hits", told, "401.235", LOCATOR, note)


YEAR: Line = ("no_figure", "", "reason=date", "2025", f"{PLACE}, characters 26-29", "")


def text_of(*lines: Line, header: Line = HEADER) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([header, *lines])
    return stream.getvalue().encode()


def rows_of(
    data: bytes, folder: Path, pages: tuple[Passage, ...] | None = PAGES, **source: str
) -> list[Row]:
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    document = {
        "document_id": hashlib.sha256(data).hexdigest(),
        "edition_id": EDITION,
        "path": FILE,
        "options": "{}",
    }
    return list(capture_file_rows(document, {**SOURCE, **source}, pages, LAYOUTS, folder))


def told(row: Row) -> tuple[str, str]:
    """Return reason and message of a row, without its path."""
    assert row["problem"].startswith(f"{FILE}, {row['found_at']}: ")
    return row["reason"], row["problem"].partition(": ")[2]


def test_lines_become_rows_of_the_letter(tmp_path: Path) -> None:
    hits, year = rows_of(text_of(figure(), YEAR), tmp_path)
    assert {key: value for key, value in hits.items() if key != "fields"} == {
        "document_id": LETTER_ID,
        "edition_id": EDITION,
        "path": FILE,
        "target": "sis_statistics",
        "role": "data",
        "found_at": "line 2",
        "locator": LOCATOR,
        "corrected": None,
        "correction_id": None,
        "caption": None,
        "verification": VERIFIED,
        "reason": None,
        "problem": None,
    }
    assert json.loads(hits["fields"]) == {
        **HITS,
        "row": "hits",
        "as_printed": "401.235",
        "language": "nl",
        "place": PLACE,
        "note": "A note",
    }
    assert (year["target"], year["role"], year["found_at"]) == ("no_figure", SUPPORT, "line 3")
    assert json.loads(year["fields"]) == {"reason": "date", "row": "", "as_printed": "2025"}


def test_language_is_that_of_the_document(tmp_path: Path) -> None:
    (row,) = rows_of(text_of(figure()), tmp_path, language="en")
    assert json.loads(row["fields"])["language"] == "en"


def test_place_of_a_figure_is_told_without_its_page(tmp_path: Path) -> None:
    table, name, dimensions, printed, locator, note = figure()
    line = (table, name, dimensions, printed, f"page 4, {locator}", note)
    (row,) = rows_of(text_of(line), tmp_path)
    assert row["problem"] is None
    assert json.loads(row["fields"])["place"] == PLACE


def test_document_that_is_not_at_hand_leaves_lines_unverified(tmp_path: Path) -> None:
    table, name, dimensions, _, _, note = figure()
    elsewhere = (table, name, dimensions, "999", "“Nergens”, paragraph 4, characters 1-3", note)
    rows = rows_of(text_of(elsewhere, YEAR), tmp_path, pages=None)
    assert [(row["verification"], row["problem"]) for row in rows] == [(UNVERIFIED, None)] * 2


def test_more_dimensions_of_a_figure_may_be_told(tmp_path: Path) -> None:
    more = {**HITS, "rank": "7", "precision": "rounded", "source": "eu-LISA"}
    (row,) = rows_of(text_of(figure(more)), tmp_path)
    assert row["problem"] is None
    assert json.loads(row["fields"]).items() >= more.items()


@pytest.mark.parametrize("name", HITS)
def test_missing_dimension_of_a_figure_is_named(name: str, tmp_path: Path) -> None:
    lacking = {key: value for key, value in HITS.items() if key != name}
    (row,) = rows_of(text_of(figure(lacking)), tmp_path)
    assert told(row) == (
        "capture",
        f"column dimensions: found nothing too many and ['{name}'] missing, expected "
        f"{sorted(HITS)} of sis_statistics",
    )
    assert (row["document_id"], row["role"]) == (LETTER_ID, SUPPORT)


@pytest.mark.parametrize("name", ["colour", "place", "as_printed", "language", "note", "gives_"])
def test_unknown_dimension_of_a_figure_is_named(name: str, tmp_path: Path) -> None:
    """What the line itself or its document says is no dimension either."""
    (row,) = rows_of(text_of(figure({**HITS, name: "x"})), tmp_path)
    reason, message = told(row)
    assert reason == "capture"
    assert message.startswith(f"column dimensions: found ['{name}'] too many and nothing missing")


def test_dimensions_of_no_known_form_are_told(tmp_path: Path) -> None:
    table, name, _, printed, locator, note = figure()
    lines = [
        (table, name, dimensions, printed, locator, note)
        for dimensions in ("hits", written(HITS) + "; unit=hit", "gives")
    ]
    assert [told(row) for row in rows_of(text_of(*lines), tmp_path)] == [
        ("capture", "column dimensions: found 'hits', expected key=value"),
        ("capture", "column dimensions: found unit twice, expected it once"),
        ("capture", "column dimensions: found 'gives', expected key=value"),
    ]


def test_bad_lines_are_told_by_number_and_cost_no_other(tmp_path: Path) -> None:
    """The number is that of the line in the file, whatever stands in cells and between lines."""
    two_lines = figure(note="A note\nof two lines")
    data = text_of(two_lines, (*YEAR, "more"), YEAR[:-1]) + b"\n" + text_of(YEAR)[len(text_of()) :]
    rows = rows_of(data, tmp_path)
    assert [row["found_at"] for row in rows] == ["line 2", "line 4", "line 5", "line 7"]
    assert [row["problem"] is None for row in rows] == [True, False, False, True]
    assert [told(row) for row in rows[1:3]] == [
        ("malformed_row", "found 7, expected 6 cells: check commas and quotes"),
        ("malformed_row", "found 5, expected 6 cells: check commas and quotes"),
    ]
    assert {row["document_id"] for row in rows} == {LETTER_ID}
    assert [row["role"] for row in rows[1:3]] == [SUPPORT, SUPPORT]


@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b"])
def test_control_character_is_told(column: int, character: str, tmp_path: Path) -> None:
    line = list(figure())
    line[column] += character
    first, second = rows_of(text_of(tuple(line), YEAR), tmp_path)
    assert told(first) == (
        "control_character",
        f"column {column + 1}: found the control character U+{ord(character):04X}, expected text: "
        "remove it",
    )
    assert second["problem"] is None


@pytest.mark.parametrize("column", range(6))
def test_huge_cell_is_told_and_not_kept(column: int, tmp_path: Path) -> None:
    line = list(figure())
    line[column] = "x" * 40_000
    first, second = rows_of(text_of(tuple(line), YEAR), tmp_path)
    assert told(first) == (
        "cell_too_long",
        f"column {column + 1}: found a cell of 40,000 characters, expected at most 32,000: check "
        "quotes",
    )
    assert len(first["fields"]) < 2_000
    assert second["problem"] is None


def test_columns_may_stand_in_any_order_and_a_sentence_beside_them(tmp_path: Path) -> None:
    header = (*HEADER[::-1], "sentence")
    (row,) = rows_of(text_of((*figure()[::-1], "Er waren hits."), header=header), tmp_path)
    (plain,) = rows_of(text_of(figure()), tmp_path)
    assert row == plain


def test_note_may_be_left_out(tmp_path: Path) -> None:
    (row,) = rows_of(text_of(figure()[:-1], header=HEADER[:-1]), tmp_path)
    assert json.loads(row["fields"])["note"] == ""


@pytest.mark.parametrize(
    ("data", "reason", "told_"),
    [
        (b"", "empty", "found an empty file"),
        (b"\n \n", "empty", "found an empty file"),
        (text_of(), "empty", "found a header without rows"),
        (text_of(YEAR[:-2], header=HEADER[:-2]), "columns", "column 'locator' is missing"),
        (text_of((*YEAR, ""), header=(*HEADER, "place")), "columns", "column 'place' is unknown"),
        (text_of((*YEAR, ""), header=(*HEADER, "row")), "columns", "column 'row' stands twice"),
        (text_of(YEAR).replace(b",", b";"), "columns", "found semicolons between the cells"),
        (text_of(YEAR) + b'a,"b,c,d,e,f', "malformed_row", "line 3: found quotes that break"),
        (text_of(figure()).decode().encode("cp1252"), "encoding", "which is no UTF-8"),
    ],
)
def test_file_that_can_not_be_read_is_refused(
    data: bytes, reason: str, told_: str, tmp_path: Path
) -> None:
    with pytest.raises(ReadError) as caught:
        rows_of(data, tmp_path)
    assert caught.value.reason == reason
    assert str(caught.value).startswith(FILE)
    assert told_ in str(caught.value)


def test_file_that_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    data = text_of(YEAR)
    rows_of(data, tmp_path)
    (tmp_path / FILE).write_bytes(data + b"\n")
    document = {
        "document_id": hashlib.sha256(data).hexdigest(),
        "edition_id": EDITION,
        "path": FILE,
        "options": "{}",
    }
    with pytest.raises(ReadError, match="changed while the run was reading it"):
        capture_file_rows(document, SOURCE, PAGES, LAYOUTS, tmp_path)
