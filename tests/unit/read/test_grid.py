"""Spans become full grids at a bounded cost; notes leave the text."""

import pytest

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import NoteMark, Place
from ipsdata.read.grid import Outline, Rich, RichBuilder, Span, resolve


def _texts(rows: list[list[Span]]) -> list[list[str]]:
    return [[rich.text for rich, _ in row] for row in resolve(rows)]


def test_spans_fill_every_field_they_cover() -> None:
    rows = [[Span(Rich("a"), 2), Span(Rich("b"), 1, 2)], [Span(Rich("c")), Span(Rich("d"))]]
    assert _texts(rows) == [["a", "b", "b"], ["a", "c", "d"]]
    assert [[first for _, first in row] for row in resolve(rows)] == [
        [True, True, False],
        [False, True, True],
    ]


def test_short_rows_are_filled_up() -> None:
    assert _texts([[Span(Rich("a")), Span(Rich("b"))], [Span(Rich("c"))]]) == [
        ["a", "b"],
        ["c", ""],
    ]


def test_a_huge_span_costs_nothing() -> None:
    huge = Span(Rich("a"), 10**9, 10**9)
    assert _texts([[huge], [Span(Rich("b"))]]) == [["a", ""], ["a", "b"]]


def test_a_grid_has_a_size_limit() -> None:
    wide = [Span(Rich("x")) for _ in range(2_000)]
    with pytest.raises(ReadError, match="1,000,000") as caught:
        resolve([wide] + [[Span(Rich("y"))]] * 1_000)
    assert caught.value.reason == "too_large"


def test_paragraphs_are_counted_under_their_heading() -> None:
    outline = Outline()
    outline.heading(Rich("One"), 1)
    outline.heading(Rich("Two"), 2)
    outline.paragraph(Rich("first"))
    outline.paragraph(Rich("second"))
    outline.heading(Rich("Three"), 2)
    outline.paragraph(Rich("third"))
    places = [p.place for p in outline.document("x").paragraphs]
    assert places == [
        Place(("One", "Two"), paragraph=1),
        Place(("One", "Two"), paragraph=2),
        Place(("One", "Three"), paragraph=1),
    ]


def test_inline_notes_leave_the_text_also_when_apart() -> None:
    outline = Outline()
    outline.paragraph(
        Rich("Of 12[footnoteRef:1] cats.[footnoteRef:2] [2: Two] More [7: x]. [1: A [b] c]")
    )
    (paragraph,) = outline.document("x").paragraphs
    assert paragraph.text == "Of 12 cats.  More [7: x]."
    assert paragraph.notes == (NoteMark(5, "1"), NoteMark(11, "2"))
    assert [(n.mark, n.text) for n in outline.footnotes] == [("2", "Two"), ("1", "A [b] c")]


@pytest.mark.parametrize(
    ("text", "left", "marks"),
    [("12¹", "12", ["1"]), ("5 km²", "5 km²", []), ("3 m²", "3 m²", []), ("ab¹².", "ab.", ["12"])],
)
def test_raised_digits_are_marks_but_not_powers(text: str, left: str, marks: list[str]) -> None:
    outline = Outline()
    outline.paragraph(Rich(text))
    (paragraph,) = outline.document("x").paragraphs
    assert (paragraph.text, [m.note for m in paragraph.notes]) == (left, marks)


def test_superscripts() -> None:
    builder = RichBuilder()
    for text, raised in (("12", "1"), (" 3 km", "2"), (" 1", "e"), (" x", "(a)")):
        builder.add(text)
        builder.superscript(raised)
    rich = builder.build()
    assert rich.text == "12 3 km² 1e x"
    assert rich.notes == (NoteMark(2, "1"), NoteMark(13, "a"))


@pytest.mark.parametrize(
    ("raised", "text", "marks"),
    [
        ("1,2", "12", ["1", "2"]),
        ("1; 2", "12", ["1", "2"]),
        ("[1][2]", "12", ["1", "2"]),
        ("1 ", "12 cats", ["1"]),
        ("1a", "12¹a", []),
        ("1.", "12¹.", []),
    ],
)
def test_a_superscript_never_glues_to_a_number(raised: str, text: str, marks: list[str]) -> None:
    builder = RichBuilder()
    builder.add("12")
    builder.superscript(raised)
    builder.add("cats" if raised.endswith(" ") else "")
    rich = builder.build()
    assert (rich.text, [mark.note for mark in rich.notes]) == (text, marks)


def test_a_raised_list_of_numbers_alone_is_no_list_of_marks() -> None:
    builder = RichBuilder()
    builder.superscript("12,5")
    assert builder.build() == Rich("12,5")
