"""The real letter as a PDF; its own sentences stay out of the project."""

import csv
import difflib
import re
from pathlib import Path

import pytest

from ipsdata.read.document import Document, Heading, Paragraph
from ipsdata.read.pdf import read_pdf

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
EDITION = "letters/2025-06-12"


@pytest.fixture(scope="module")
def letter(real_dir: Path) -> Document:
    return read_pdf((real_dir / EDITION / "letter.pdf").read_bytes())


def test_the_letter_has_one_table(letter: Document) -> None:
    (table,) = letter.tables
    with (ROOT / "data" / "raw" / EDITION / "deployments.csv").open(encoding="utf-8") as file:
        expected = list(csv.reader(file))
    assert [[cell.text for cell in row] for row in table.rows] == expected
    assert len(table.rows) == 13
    assert "peildatum 14 mei 2025" in table.caption
    assert {cell.place.page for row in table.rows for cell in row} == {8}


def test_no_page_number_stands_in_the_text(letter: Document) -> None:
    texts = [block.text for block in letter.paragraphs]
    assert not [text for text in texts if re.fullmatch(r"\W*\d{1,3}\W*", text)]
    assert letter.warnings == ()


def prose(letter: Document) -> list[str]:
    return [b.text for b in letter.blocks if isinstance(b, Heading | Paragraph)]


@pytest.fixture(scope="module")
def written(real_dir: Path) -> tuple[str, list[str]]:
    """The text file without its notes, and the notes."""
    text = (real_dir / EDITION / "letter.txt").read_text("utf-8-sig").split("\tMissienaam")[0]
    text, count = re.subn(r"\[footnoteRef:\d\]", "", text)
    notes = re.findall(r"\[\d: ([^\]]+)\]", text)
    assert (count, len(notes)) == (5, 5)
    return re.sub(r"\[\d: [^\]]+\]", "", text), notes


@pytest.fixture
def plain(written: tuple[str, list[str]]) -> str:
    return written[0]


def test_the_notes_are_those_of_the_text_file(
    letter: Document, written: tuple[str, list[str]]
) -> None:
    assert [note.text.split() for note in letter.footnotes] == [n.split() for n in written[1]]
    assert [mark.note for text in letter.paragraphs for mark in text.notes] == list("12345")


def test_the_prose_holds_the_words_of_the_text_file_in_order(letter: Document, plain: str) -> None:
    theirs, ours = plain.split(), " ".join(prose(letter)).split()
    matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    assert [(theirs[a0:a1], ours[b0:b1]) for _, a0, a1, b0, b1 in changes] == []


def test_each_paragraph_of_the_text_file_is_one(letter: Document, plain: str) -> None:
    theirs = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    assert [" ".join(text.split()) for text in prose(letter)] == theirs
