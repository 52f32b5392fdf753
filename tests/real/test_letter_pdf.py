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


@pytest.fixture
def plain(real_dir: Path) -> str:
    text = (real_dir / EDITION / "letter.txt").read_text("utf-8-sig").split("\tMissienaam")[0]
    # One line of the PDF ends between a full stop and this mark: a space that the text lacks.
    spaced, count = re.subn(r"(?<=\S)\.(?=\[footnoteRef:4\])", ". ", text)
    assert count == 1
    return spaced


def test_the_prose_holds_the_words_of_the_text_file_in_order(letter: Document, plain: str) -> None:
    theirs, ours = plain.split(), " ".join(prose(letter)).split()
    matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    assert [(theirs[a0:a1], ours[b0:b1]) for _, a0, a1, b0, b1 in changes] == []


def test_each_paragraph_of_the_text_file_is_one(letter: Document, plain: str) -> None:
    theirs = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    assert [" ".join(text.split()) for text in prose(letter)] == theirs
