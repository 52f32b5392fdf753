"""Passages: every piece of text under a place of its own, the same in every form of a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.extract.passages import TextRange, passages, text_range
from ipsdata.read.document import (
    Block,
    Cell,
    Document,
    Footnote,
    Heading,
    Paragraph,
    Place,
    Table,
)


def heading(text: str, page: int | None = None) -> Heading:
    return Heading(text, 1, Place((text,), page=page))


def paragraph(under: str, number: int, text: str, page: int | None = None) -> Paragraph:
    return Paragraph(text, Place((under,) if under else (), paragraph=number, page=page))


def table(caption: str, *rows: tuple[str, ...], under: str = "List") -> Table:
    place = Place((under,), table=1)
    cells = tuple(
        tuple(
            Cell(text, Place((under,), table=1, row=r, column=c)) for c, text in enumerate(row, 1)
        )
        for r, row in enumerate(rows, 1)
    )
    return Table(cells, place, caption)


def places(*blocks: Block, notes: tuple[Footnote, ...] = ()) -> list[str]:
    return [passage.place for passage in passages(Document("text/plain", blocks, notes))]


def test_each_kind_of_text_has_a_place_that_a_person_finds() -> None:
    assert places(
        paragraph("", 1, "Before"),
        heading("Cooperation"),
        paragraph("Cooperation", 1, "Text"),
        heading("List"),
        table("List", ("Mission", "Count"), ("A", "1")),
        notes=(Footnote("1", "A note"),),
    ) == [
        "paragraph 1",
        "“Cooperation”, heading",
        "“Cooperation”, paragraph 1",
        "“List”, heading",
        "table 1, row 1, column 1",
        "table 1, row 1, column 2",
        "table 1, row 2, column 1",
        "table 1, row 2, column 2",
        "note 1",
    ]


def test_caption_that_is_no_heading_is_a_passage_of_its_own() -> None:
    assert places(heading("List"), table("On 1 May", ("A",))) == [
        "“List”, heading",
        "table 1, caption",
        "table 1, row 1, column 1",
    ]


def test_second_section_of_a_name_is_told_apart() -> None:
    found = places(
        heading("Other"), paragraph("Other", 1, "a"), heading("Other"), paragraph("Other", 1, "b")
    )
    assert found == [
        "“Other”, heading",
        "“Other”, paragraph 1",
        "“Other” (2), heading",
        "“Other” (2), paragraph 1",
    ]


def test_long_heading_is_cut_at_a_word() -> None:
    (place,) = places(heading("Cooperation with all the neighbours of the kingdom in this year"))
    assert place == "“Cooperation with all the neighbours of…”, heading"
    (place,) = places(heading("x" * 50))
    assert place == f"“{'x' * 40}…”, heading"


def test_page_is_told_and_distinguishes_nothing() -> None:
    with_page = Document("application/pdf", (paragraph("", 1, "Text", page=3),))
    without = Document("text/plain", (paragraph("", 1, "Text"),))
    (one,), (other,) = passages(with_page), passages(without)
    assert one.place == "page 3, paragraph 1"
    assert one.key == other.key == other.place


def test_merged_cell_is_read_once() -> None:
    cells = ((Cell("A", Place(table=1, row=1, column=1)),),)
    spanned = (Cell("A", Place(table=1, row=2, column=1), is_origin=False),)
    document = Document("text/html", (Table((*cells, spanned), Place(table=1)),))
    assert [p.place for p in passages(document)] == ["table 1, row 1, column 1"]


def test_white_space_is_single_and_empty_text_is_no_passage() -> None:
    document = Document("text/plain", (paragraph("", 1, " a \n b\u00a0c "), paragraph("", 2, " ")))
    assert [p.text for p in passages(document)] == ["a b c"]


@given(st.text("ab “”(),1", min_size=1, max_size=30), st.integers(0, 99), st.integers(1, 99))
def test_locator_gives_back_its_range(name: str, start: int, length: int) -> None:
    document = Document("text/plain", (heading(name), paragraph(name, 1, "x" * 200)))
    for passage in passages(document):
        found = text_range(passage.locator(start, start + length))
        assert found == TextRange(passage.key, start, start + length)


@pytest.mark.parametrize(
    "locator",
    [
        "",
        "paragraph 1",
        "paragraph 1, characters 5-4",
        "paragraph 1, characters 0-4",
        "characters 1-2",
    ],
)
def test_locator_without_a_range_is_none(locator: str) -> None:
    assert text_range(locator) is None


def test_range_contains_and_overlaps() -> None:
    whole, part = TextRange("p", 0, 10), TextRange("p", 2, 4)
    assert whole.contains(part)
    assert not part.contains(whole)
    assert part.overlaps(whole)
    assert not part.overlaps(TextRange("p", 4, 6))
    assert not whole.contains(TextRange("q", 2, 4))
    assert not whole.overlaps(TextRange("q", 2, 4))
