"""The five forms of the real letter say the same."""

import csv
import re
from pathlib import Path

import pytest

from ipsdata.extract.passages import passages
from ipsdata.read.document import Document, Heading
from ipsdata.read.docx import read_docx
from ipsdata.read.html import read_html
from ipsdata.read.odt import read_odt
from ipsdata.read.pdf import read_pdf
from ipsdata.read.plain_text import read_plain_text

ROOT = Path(__file__).resolve().parents[2]
EDITION = "letters/2025-06-12"
READERS = {
    "txt": read_plain_text,
    "docx": read_docx,
    "odt": read_odt,
    "html": read_html,
    "pdf": read_pdf,
}
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def forms(real_dir: Path) -> dict[str, Document]:
    return {
        form: read((real_dir / EDITION / f"letter.{form}").read_bytes())
        for form, read in READERS.items()
    }


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _published() -> list[list[str]]:
    path = ROOT / "data" / "raw" / EDITION / "deployments.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("form", READERS)
def test_the_one_table_is_the_published_one(forms: dict[str, Document], form: str) -> None:
    (table,) = forms[form].tables
    assert [[_flat(cell.text) for cell in row] for row in table.rows] == _published()
    assert len(table.rows) == 13
    assert "peildatum 14 mei 2025" in table.caption


@pytest.mark.parametrize("form", READERS)
def test_headings_and_paragraphs_are_the_same(forms: dict[str, Document], form: str) -> None:
    def said(document: Document) -> list[tuple[str, str]]:
        texts = [b for b in document.blocks if isinstance(b, Heading) or hasattr(b, "list_level")]
        return [(type(b).__name__, _flat(b.text)) for b in texts]

    assert said(forms[form]) == said(forms["docx"])


@pytest.mark.parametrize("form", READERS)
def test_five_footnotes_are_set_apart(forms: dict[str, Document], form: str) -> None:
    document = forms[form]
    assert [note.mark for note in document.footnotes] == ["1", "2", "3", "4", "5"]
    assert [_flat(n.text) for n in document.footnotes] == [
        _flat(n.text) for n in forms["docx"].footnotes
    ]
    marks = [mark.note for paragraph in document.paragraphs for mark in paragraph.notes]
    assert marks == ["1", "2", "3", "4", "5"]
    assert not any("footnoteRef" in paragraph.text for paragraph in document.paragraphs)


@pytest.mark.parametrize("form", READERS)
def test_the_passages_are_the_same(forms: dict[str, Document], form: str) -> None:
    said, expected = ([(p.key, p.text) for p in passages(forms[f])] for f in (form, "docx"))
    assert said == expected
