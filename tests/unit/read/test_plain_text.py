"""Plain text: encodings, headings by form, a table that became a cell a line."""

import pytest

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Heading
from ipsdata.read.plain_text import read_plain_text

LETTER = (
    "Cats\nThere are many cats here, é.[footnoteRef:1] [1:  Source of cats] \n\n"
    "Counts (on 1 May)\n\n\tName\n\tCount\n\n\tTom\n\t1\n\n\tFelix\n\t2\n\nThe end is here.\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_reads_alike(encoding: str) -> None:
    document = read_plain_text(LETTER.encode(encoding))
    assert document == read_plain_text(LETTER.encode())
    assert not document.warnings


def test_windows_1252_is_the_last_resort_and_warned() -> None:
    document = read_plain_text(LETTER.encode("cp1252"))
    assert document.blocks == read_plain_text(LETTER.encode()).blocks
    assert "Windows-1252" in document.warnings[0]


def test_a_table_of_a_cell_a_line() -> None:
    document = read_plain_text(LETTER.encode())
    (table,) = document.tables
    assert [[c.text for c in row] for row in table.rows] == [
        ["Name", "Count"],
        ["Tom", "1"],
        ["Felix", "2"],
    ]
    assert table.caption == "Counts (on 1 May)"
    assert table.rows[2][1].place.row == 3


def test_headings_paragraphs_and_notes() -> None:
    document = read_plain_text(LETTER.encode())
    headings = [b.text for b in document.blocks if isinstance(b, Heading)]
    assert headings == ["Cats", "Counts (on 1 May)"]
    first, last = document.paragraphs
    assert first.text == "There are many cats here, é."
    assert [m.note for m in first.notes] == ["1"]
    assert document.footnotes[0].text == "Source of cats"
    assert last.text == "The end is here."


@pytest.mark.parametrize("text", ["\tone\n\ttwo\n", "\tone\n\n\ttwo\n\n\tthree\n"])
def test_one_row_or_one_column_is_no_table(text: str) -> None:
    document = read_plain_text(text.encode())
    assert not list(document.tables)
    assert len(list(document.paragraphs)) == text.count("\t")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ReadError) as caught:
        read_plain_text(b" \n")
    assert caught.value.reason == "empty"


def test_an_empty_cell_keeps_its_column() -> None:
    (table,) = read_plain_text(b"Text.\n\n\t\n\tCount\n\n\tTom\n\t\n\nEnd.").tables
    assert [[c.text for c in row] for row in table.rows] == [["", "Count"], ["Tom", ""]]
