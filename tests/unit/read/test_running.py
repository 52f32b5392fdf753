"""What stands around the text is told once, page numbers aside."""

import pytest

from ipsdata.read.document import Cell, Heading, Paragraph, Place, Table
from ipsdata.read.running import is_worth_telling, said, told_count, told_left_out


@pytest.mark.parametrize(
    "text", ["3", "- 3 -", "3/9", "3 / 9", "Pagina 3 van 9", "p. 3", "Page 1 of46"]
)
def test_a_page_number_is_not_worth_telling(text: str) -> None:
    assert not is_worth_telling(text)


@pytest.mark.parametrize("text", ["2025", "14 mei 2025", "Ministerie", "Brief 3", "12.345"])
def test_anything_else_is(text: str) -> None:
    assert is_worth_telling(text)


def test_each_text_is_told_once_and_cut() -> None:
    told = list(told_left_out("header", ["", " a\tb\n", "a b", "3/9", "x" * 81, "y" * 80]))
    assert told == [
        "document: the page header is left out: “a b”",
        f"document: the page header is left out: “{'x' * 79}…”",
        f"document: the page header is left out: “{'y' * 80}”",
    ]


def test_comments_are_counted() -> None:
    assert not list(told_count(0, "comment"))
    assert list(told_count(1, "comment")) == ["document: 1 comment is left out"]
    assert list(told_count(2, "comment")) == ["document: 2 comments are left out"]


def test_a_spanning_cell_says_its_text_once() -> None:
    cells = (Cell("12", Place()), Cell("12", Place(), is_origin=False))
    blocks = [Heading("a", 1, Place()), Paragraph("b", Place()), Table((cells,), Place())]
    assert said(blocks) == "a b 12"
