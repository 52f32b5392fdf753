"""The forms of a generated letter read as one document, and their bytes never change."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from fpdf.errors import FPDFUnicodeEncodingException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipsdata.read.document import Block, Document, Heading, Paragraph, Table
from ipsdata.read.docx import read_docx
from ipsdata.read.html import read_html
from ipsdata.read.isolated import read_isolated
from ipsdata.read.odt import read_odt
from ipsdata.read.pdf import read_pdf
from ipsdata.read.plain_text import read_plain_text
from letters import (
    FORMS,
    LIST_FORMS,
    MEDIA_TYPES,
    NOTES,
    Grid,
    Letter,
    Section,
    letter_of,
    render,
    render_list,
)

READERS = {
    "txt": read_plain_text,
    "docx": read_docx,
    "odt": read_odt,
    "html": read_html,
    "pdf": read_pdf,
}
ROWS: Grid = (
    ("EUMA Armenië", "6"),
    ("EUPOL COPPS (Palestijnse gebieden)", "3"),
    ("OSC (Israël en Palestijnse gebieden)", "1"),
)
HEADER = ("Missienaam", "Aantal uitgezonden politiefunctionarissen")
LIST_HEADING = "Overzicht uitgezonden politiefunctionarissen (peildatum 14 mei 2026)"
SENTENCES = tuple(
    f"Zin {number} van “deze” alinea’s is verzonnen; de coördinatie kostte € {number} per dag."
    for number in range(60)
)
LONG = Section("Een lange paragraaf", tuple(" ".join(SENTENCES[n::9]) for n in range(9)))
NOTED = Letter(
    (
        Section(
            "Onderdeel met noten",
            (
                "Er waren 12[^1] missies, en 7 daarvan (zie hieronder[^2]) begonnen dit jaar.",
                "Deze zin heeft een noot aan het einde, na een getal van 2026.[^3]",
            ),
        ),
        LONG,
    ),
    {
        "1": "Een noot die bij “twaalf” hoort.",
        "2": "Een lange noot: " + " ".join(["die over meer dan een regel gaat"] * 6) + ".",
        "3": "De laatste noot.",
    },
)


def read(letter: Letter, form: str) -> Document:
    return read_isolated(render(letter, form), f"letter.{form}")


def texts(table: Table) -> Grid:
    return tuple(tuple(cell.text for cell in row) for row in table.rows)


def _pageless(block: Block) -> Block:
    place = replace(block.place, page=None)
    if isinstance(block, Table):
        rows = tuple(
            tuple(replace(cell, place=replace(cell.place, page=None)) for cell in row)
            for row in block.rows
        )
        return replace(block, place=place, rows=rows)
    if isinstance(block, Heading):
        return replace(block, place=place, level=1)
    return replace(block, place=place)


def said(document: Document) -> Document:
    """Return what a document says, whatever its form and the pages that the form adds."""
    blocks = tuple(map(_pageless, document.blocks))
    return replace(document, media_type="", blocks=blocks, warnings=())


def only_table(document: Document) -> Table:
    (table,) = document.tables
    return table


LETTERS = {
    "list last": letter_of("14 mei 2026", ROWS),
    "list first": letter_of("14 mei 2026", ROWS, table_first=True),
    "list between": letter_of(
        "14 mei 2026", ROWS, table_first=True, extra=(Section("Overig", SENTENCES[:3]), LONG)
    ),
    "no total": letter_of("14 mei 2026", ROWS, total=None),
    "no rows": letter_of("14 mei 2026", ()),
    "long list": letter_of("14 mei 2026", tuple((f"Missie {n}", str(n)) for n in range(40))),
    "long prose": Letter((LONG, Section("Nog een", LONG.blocks))),
    "headings alone": Letter((Section("Eerst"), Section("Dan"), Section("Slot", SENTENCES[:1]))),
    "two tables": Letter(
        (Section("Twee lijsten", ((HEADER, *ROWS), SENTENCES[0], (("a", "b", "c"),) * 2)),)
    ),
    "notes": NOTED,
    "markup": Letter((Section("R&D <kort>", ("Een zin met <b>haken</b> & “tekens”.",)),)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", LETTERS)
def test_all_forms_read_as_the_same_document(kind: str, form: str) -> None:
    expected = said(read_plain_text(render(LETTERS[kind], "txt")))
    assert said(read(LETTERS[kind], form)) == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_letter_reads_back_as_it_was_made(form: str) -> None:
    letter = LETTERS["list last"]
    document = read(letter, form)
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    assert headings == [section.heading for section in letter.sections]
    assert headings[-1] == LIST_HEADING
    assert texts(only_table(document)) == (HEADER, *ROWS, ("Totaal", "10"))
    assert only_table(document).caption == LIST_HEADING
    spoken = [text for section in letter.sections[:2] for text in section.blocks]
    assert [text.text for text in document.paragraphs] == [
        str(text).replace("[^1]", "") for text in spoken
    ]
    assert {note.mark: note.text for note in document.footnotes} == NOTES
    assert document.media_type == MEDIA_TYPES[form]
    assert document.warnings == ()


@pytest.mark.parametrize("form", FORMS)
def test_notes_stand_beside_the_text(form: str) -> None:
    document = read(NOTED, form)
    first, second, *_ = document.paragraphs
    assert first.text == "Er waren 12 missies, en 7 daarvan (zie hieronder) begonnen dit jaar."
    assert [(mark.offset, mark.note) for mark in first.notes] == [(11, "1"), (48, "2")]
    assert [(mark.offset, mark.note) for mark in second.notes] == [(len(second.text), "3")]
    assert {note.mark: note.text for note in document.footnotes} == NOTED.notes


@pytest.mark.parametrize("form", FORMS)
def test_the_list_may_stand_first(form: str) -> None:
    blocks = read(LETTERS["list first"], form).blocks
    assert [type(block) for block in blocks[:4]] == [Heading, Table, Heading, Paragraph]


def test_the_list_of_a_pdf_goes_on_over_a_page_break() -> None:
    letter = LETTERS["long list"]
    table = only_table(read(letter, "pdf"))
    assert (texts(table),) == letter.sections[-1].blocks
    assert {cell.place.page for row in table.rows for cell in row} == {1, 2}


def test_the_pages_of_a_pdf_repeat_what_is_no_part_of_the_letter() -> None:
    document = read(LETTERS["long prose"], "pdf")
    assert {block.place.page for block in document.blocks} >= {1, 2}
    assert tuple(text.text for text in document.paragraphs) == LONG.blocks * 2


@pytest.mark.parametrize("form", ["docx", "odt", "html"])
def test_a_header_without_rows_is_a_table_where_the_form_says_so(form: str) -> None:
    letter = letter_of("14 mei 2026", (), total=None)
    assert texts(only_table(read(letter, form))) == (HEADER,)


@pytest.mark.parametrize("form", ["txt", "pdf"])
def test_a_header_without_rows_is_no_table_where_only_rows_make_one(form: str) -> None:
    letter = letter_of("14 mei 2026", (), total=None)
    assert not list(read(letter, form).tables)


@pytest.mark.parametrize("form", FORMS)
def test_the_bytes_of_a_letter_do_not_tell_when_it_was_made(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check_stable(lambda: render(LETTERS["list last"], form), monkeypatch)


@pytest.mark.parametrize("form", LIST_FORMS)
def test_the_bytes_of_a_list_do_not_tell_when_it_was_made(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check_stable(lambda: render_list((HEADER, *ROWS), form), monkeypatch)


@pytest.mark.parametrize("caption", [None, "Overzicht (peildatum 14 mei 2026)"])
@pytest.mark.parametrize("form", LIST_FORMS)
def test_a_bare_list_reads_back(form: str, caption: str | None) -> None:
    grid = (HEADER, *ROWS, ("Zonder aantal", ""), ("Nul", "0"), ("Nullen", "007"))
    document = read_isolated(render_list(grid, form, caption), f"list.{form}")
    assert texts(only_table(document)) == grid
    assert only_table(document).caption == ((caption or "") if form != "csv" else "")
    assert document.media_type == MEDIA_TYPES[form]
    assert document.warnings == ()


@pytest.mark.parametrize(
    ("total", "printed"), [("auto", [("Totaal", "10")]), ("12", [("Totaal", "12")]), (None, [])]
)
def test_the_total_is_as_asked(total: str | None, printed: list[tuple[str, str]]) -> None:
    grid = letter_of("14 mei 2026", ROWS, total=total).sections[-1].blocks[0]
    assert grid == (HEADER, *ROWS, *printed)


@pytest.mark.parametrize("marked", ["Geen merk.", "Twee[^1] en nog[^2] een.", "Twee[^1][^1]."])
def test_a_note_without_its_mark_is_refused(marked: str) -> None:
    with pytest.raises(ValueError, match="found the marks"):
        render(Letter((Section("Kop", (marked,)),), {"1": "Een noot."}), "txt")


def test_a_character_that_a_pdf_cannot_show_is_refused() -> None:
    with pytest.raises(FPDFUnicodeEncodingException, match="outside the range"):
        render(Letter((Section("Kop", ("Българска полиция.",)),)), "pdf")


WORD = st.text("abcdefghijklmnopqrstuvwxyzéëABCXYZ0123456789", min_size=1, max_size=9)
CELL = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
GRIDS = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.tuples(*[CELL] * width), min_size=2, max_size=6).map(tuple)
)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grid=GRIDS)
def test_any_grid_reads_back_in_any_form(form: str, grid: Grid) -> None:
    letter = Letter((Section("Kop", (SENTENCES[0], grid, SENTENCES[1])),))
    document = READERS[form](render(letter, form))
    assert texts(only_table(document)) == grid
    assert tuple(text.text for text in document.paragraphs) == SENTENCES[:2]


def _check_stable(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    before = hashlib.sha256(make()).hexdigest()
    later = time.time() + 100_000
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(later))
    assert hashlib.sha256(make()).hexdigest() == before
