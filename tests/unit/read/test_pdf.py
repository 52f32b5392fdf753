"""PDFs: paragraphs, headings, notes and tables from where the characters stand."""

from collections.abc import Callable

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Heading, NoteMark, Paragraph, Table
from ipsdata.read.pdf import read_pdf

Grid = list[list[str]]

PROSE = (
    "De politie werkt in dit voorbeeld samen met andere diensten, en deze zin is lang genoeg om "
    "over meer dan twee regels te lopen zodat de lezer hem weer moet samenvoegen tot een geheel."
)
LIST = [
    ["Missienaam", "Aantal uitgezonden politiefunctionarissen"],
    ["EUMA Voorbeeld", "6"],
    ["EUPOL COPPS (een heel lange naam tussen haakjes)", "3"],
    ["EUAM Voorbeeld", "4"],
    ["Totaal", "13"],
]


def texts(table: Table) -> Grid:
    return [[cell.text for cell in row] for row in table.rows]


def only_table(document: Document) -> Table:
    (table,) = document.tables
    return table


def paragraphs(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


class Letter(FPDF):
    """A PDF with a running header and footer."""

    def header(self) -> None:
        self.set_font("Helvetica", size=8)
        self.cell(0, 6, "Ministerie van Voorbeelden", new_x="LMARGIN", new_y="NEXT")
        self.ln(6)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.cell(0, 6, f"Pagina {self.page_no()} van {{nb}}", align="C")


def pdf(fill: Callable[[FPDF], None], kind: type[FPDF] = FPDF) -> bytes:
    made = kind(format="A4")
    made.add_page()
    made.set_font("Helvetica", size=11)
    fill(made)
    return bytes(made.output())


def say(made: FPDF, text: str, style: str = "", size: int = 11) -> None:
    made.set_font("Helvetica", style, size)
    made.multi_cell(0, 6, text, align="L", new_x="LMARGIN", new_y="NEXT")
    made.set_font("Helvetica", size=11)


def tabulate(made: FPDF, rows: Grid, **known: object) -> None:
    with made.table(**known) as table:
        for row in rows:
            line = table.row()
            for text in row:
                line.cell(text)


def place(made: FPDF, rows: Grid, xs: list[float], step: float = 6, align: str = "L") -> None:
    """Write the cells at fixed positions, without a rule."""
    for row in rows:
        for column, (x, text) in enumerate(zip(xs, row, strict=True)):
            left = x - made.get_string_width(text) if align == "R" and column else x
            made.text(left, made.get_y(), text)
        made.set_y(made.get_y() + step)


@pytest.mark.parametrize(
    "known",
    [
        {"borders_layout": "ALL"},
        {"borders_layout": "HORIZONTAL_LINES"},
        {"borders_layout": "SINGLE_TOP_LINE"},
        {"borders_layout": "NONE"},
        {"borders_layout": "MINIMAL"},
        {"borders_layout": "NONE", "cell_fill_color": 220, "cell_fill_mode": "ROWS"},
        {"borders_layout": "NONE", "cell_fill_color": 220, "cell_fill_mode": "ALL"},
        {"borders_layout": "ALL", "v_align": "T"},
        {"borders_layout": "NONE", "v_align": "T", "padding": 1.5},
        {"borders_layout": "ALL", "text_align": ("LEFT", "RIGHT")},
        {"borders_layout": "NONE", "text_align": ("LEFT", "RIGHT")},
        {"borders_layout": "NONE", "text_align": "CENTER", "padding": 1},
    ],
    ids=str,
)
def test_wrapped_cells_of_any_table(known: dict[str, object]) -> None:
    known = {"text_align": "LEFT"} | known

    def fill(made: FPDF) -> None:
        say(made, PROSE)
        say(made, "Overzicht (peildatum 1 januari 2030)")
        made.ln(4)
        tabulate(made, LIST, width=110, col_widths=(60, 50), line_height=5, **known)
        made.ln(8)
        say(made, PROSE)

    document = read_pdf(pdf(fill))
    table = only_table(document)
    assert texts(table) == LIST
    assert table.caption == "Overzicht (peildatum 1 januari 2030)"
    assert paragraphs(document) == [PROSE, table.caption, PROSE]


def test_spans_stand_in_each_cell_of_a_ruled_table() -> None:
    def fill(made: FPDF) -> None:
        with made.table(width=120, num_heading_rows=2) as table:
            row = table.row()
            row.cell("Missie", rowspan=2)
            row.cell("Personen", colspan=2)
            row = table.row()
            row.cell("M")
            row.cell("V")
            for cells in (["EUMA", "4", "2"], ["EUAM", "1", "3"]):
                row = table.row()
                for text in cells:
                    row.cell(text)

    table = only_table(read_pdf(pdf(fill)))
    assert texts(table) == [
        ["Missie", "Personen", "Personen"],
        ["Missie", "M", "V"],
        ["EUMA", "4", "2"],
        ["EUAM", "1", "3"],
    ]
    assert [cell.is_origin for cell in table.rows[0]] == [True, True, False]
    assert not table.rows[1][0].is_origin


def test_numbers_right_of_their_header_stay_in_its_column() -> None:
    rows = [["mission", "male", "female"], ["EUMA Voorbeeld", "1", "12"], ["EUAM", "104", "3"]]

    def fill(made: FPDF) -> None:
        made.set_y(40)
        place(made, rows[:1], [20, 100, 140])
        place(made, rows[1:], [20, 118, 165], align="R")

    assert texts(only_table(read_pdf(pdf(fill)))) == rows


@pytest.mark.parametrize("borders", ["ALL", "NONE"])
def test_a_table_over_page_breaks_is_one(borders: str) -> None:
    rows = [["Land", "Aantal"], *([f"Land {chr(65 + n % 26)}{n}", str(n)] for n in range(120))]

    def fill(made: FPDF) -> None:
        say(made, PROSE)
        made.ln(4)
        tabulate(made, rows, width=90, borders_layout=borders, line_height=6)
        made.ln(8)
        say(made, "Daarna. " + PROSE)

    document = read_pdf(pdf(fill, Letter))
    table = only_table(document)
    assert texts(table) == rows
    pages = [row[0].place.page for row in table.rows]
    assert (pages[0], pages[-1]) == (1, 3)
    assert [row[0].place.row for row in table.rows] == list(range(1, 122))
    assert paragraphs(document) == [PROSE, "Daarna. " + PROSE]


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    def fill(made: FPDF) -> None:
        for number in range(20):
            say(made, PROSE.replace("samen", chr(97 + number) * 5))
            made.ln(6)

    document = read_pdf(pdf(fill, Letter))
    assert paragraphs(document) == [PROSE.replace("samen", chr(97 + n) * 5) for n in range(20)]
    assert max(p.place.page or 0 for p in document.paragraphs) > 1
    assert document.warnings == (
        "document: the page header is left out: “Ministerie van Voorbeelden”",
    )


FORM = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[4 0 R]>>endobj\n"
    b"4 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(12)/Rect[10 10 60 30]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def test_form_fields_are_counted() -> None:
    assert "document: 1 form field is left out" in read_pdf(FORM).warnings


def test_comments_are_counted_and_links_are_none() -> None:
    def fill(made: FPDF) -> None:
        say(made, PROSE)
        made.text_annotation(10, 10, "12?")
        made.free_text_annotation("13?", 20, 200, 40, 10)
        made.link(10, 10, 10, 10, "https://example.org")

    document = read_pdf(pdf(fill))
    assert paragraphs(document) == [PROSE]
    assert document.warnings == ("document: 2 comments are left out",)


class Dated(FPDF):
    """A PDF with a date and the page in its footer, and a year above."""

    def header(self) -> None:
        self.set_font("Helvetica", size=8)
        self.cell(0, 6, "2025", new_x="LMARGIN", new_y="NEXT")
        self.ln(6)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.cell(0, 6, f"Brief van 14 mei 2025, pagina {self.page_no()}", align="C")


def test_a_footer_that_counts_is_told_once_and_a_year_is_no_page_number() -> None:
    def fill(made: FPDF) -> None:
        say(made, PROSE)
        made.add_page()
        say(made, "Daarna. " + PROSE)

    document = read_pdf(pdf(fill, Dated))
    assert paragraphs(document) == [PROSE, "Daarna. " + PROSE]
    assert document.warnings == (
        "document: the page header is left out: “2025”",
        "document: the page footer is left out: “Brief van 14 mei 2025, pagina 1”",
    )


def test_a_paragraph_goes_on_over_a_page_break() -> None:
    long = " ".join(f"Woord{n} staat in een alinea die niet eindigt" for n in range(150))

    def fill(made: FPDF) -> None:
        say(made, long)

    assert paragraphs(read_pdf(pdf(fill, Letter))) == [long]


def test_headings_by_size_and_weight_give_places() -> None:
    def fill(made: FPDF) -> None:
        say(made, "Hoofdstuk", size=16)
        say(made, "Onderdeel", style="B")
        say(made, PROSE)
        made.ln(6)
        say(made, PROSE)
        say(made, "Volgend hoofdstuk", size=16)
        say(made, PROSE)

    document = read_pdf(pdf(fill))
    headings = [(b.text, b.level) for b in document.blocks if isinstance(b, Heading)]
    assert headings == [("Hoofdstuk", 1), ("Onderdeel", 2), ("Volgend hoofdstuk", 1)]
    first, second, third = document.paragraphs
    assert first.place.headings == ("Hoofdstuk", "Onderdeel")
    assert (first.place.paragraph, second.place.paragraph) == (1, 2)
    assert str(third.place) == "“Volgend hoofdstuk”, page 1, paragraph 1"


def test_a_short_last_line_ends_a_paragraph_without_white_between() -> None:
    def fill(made: FPDF) -> None:
        say(made, PROSE)
        say(made, PROSE)

    assert paragraphs(read_pdf(pdf(fill))) == [PROSE, PROSE]


def test_list_items_are_paragraphs_without_their_bullet() -> None:
    def fill(made: FPDF) -> None:
        made.text(20, 40, "\xb7 geen bullet")
        made.text(20, 50, "\x96 eerste punt")
        made.text(20, 56, "\x96 tweede punt")

    def fill_dashes(made: FPDF) -> None:
        made.add_font("x", fname=FONT) if FONT else None
        fill(made)

    items = [p for p in read_pdf(pdf(fill_dashes)).paragraphs if p.list_level]
    assert [item.text for item in items] in ([], ["eerste punt", "tweede punt"])


FONT = ""


def superscript(made: FPDF, parts: list[tuple[str, bool]], x: float, y: float) -> None:
    for text, raised in parts:
        made.set_font("Helvetica", size=7 if raised else 11)
        made.text(x, y - (1.4 if raised else 0), text)
        x += made.get_string_width(text)
    made.set_font("Helvetica", size=11)


def test_footnote_marks_never_glue_to_numbers() -> None:
    def fill(made: FPDF) -> None:
        made.set_y(30)
        say(made, PROSE)
        superscript(
            made,
            [
                ("Er waren 12", False),
                ("1", True),
                (" missies en 7", False),
                ("2", True),
                (".", False),
            ],
            10,
            60,
        )
        superscript(made, [("1", True), (" Een noot over twaalf.", True)], 10, 270)
        superscript(made, [("2", True), (" Nog een noot.", True)], 10, 274)

    document = read_pdf(pdf(fill))
    said = list(document.paragraphs)[1]
    assert said.text == "Er waren 12 missies en 7."
    assert said.notes == (NoteMark(11, "1"), NoteMark(24, "2"))
    assert [(n.mark, n.text) for n in document.footnotes] == [
        ("1", "Een noot over twaalf."),
        ("2", "Nog een noot."),
    ]
    assert len(paragraphs(document)) == 2


@pytest.mark.parametrize("mark", ["1", "\xb9"])
def test_a_footnote_mark_in_a_cell_does_not_change_its_number(mark: str) -> None:
    def fill(made: FPDF) -> None:
        made.set_y(40)
        place(made, [["Missie", "Aantal"], ["EUMA", "6"], ["EUAM", ""]], [20, 100])
        parts = [("12", False), (mark, mark == "1")]
        superscript(made, parts, 100, made.get_y() - 6)

    cell = only_table(read_pdf(pdf(fill))).rows[2][1]
    assert (cell.text, cell.notes) == ("12", (NoteMark(2, "1"),))


def test_square_metres_are_no_footnote() -> None:
    def fill(made: FPDF) -> None:
        made.text(20, 40, "Het gebied is 12 km\xb2 groot.")

    assert paragraphs(read_pdf(pdf(fill))) == ["Het gebied is 12 km² groot."]


def test_hyphens_at_the_end_of_a_line() -> None:
    def fill(made: FPDF) -> None:
        lines = [
            "De politiefunctionaris werkt hier en daar samen met speciale interventie-",
            "eenheden van een ander land en met de buitenlandse dienst van een politie-",
            "functionaris uit een ander land die kennis deelt in het kader van informatie-",
            "en kennisuitwisseling.",
        ]
        for number, line in enumerate(lines):
            made.text(20, 40 + 6 * number, line)

    (text,) = paragraphs(read_pdf(pdf(fill)))
    assert "interventie-eenheden" in text  # nothing says that the hyphen goes
    assert "een politiefunctionaris uit" in text  # the word stands elsewhere in one piece
    assert "informatie- en kennisuitwisseling" in text


def test_a_numbered_list_is_no_table() -> None:
    def fill(made: FPDF) -> None:
        made.set_y(40)
        place(made, [["1.", "eerste punt"], ["2.", "tweede punt"], ["3.", "derde"]], [20, 40])

    assert not list(read_pdf(pdf(fill)).tables)


def test_a_turned_page_reads_as_it_is_seen() -> None:
    rows = [["Missie", "Aantal"], ["EUMA", "6"]]

    def fill(made: FPDF) -> None:
        made.set_y(40)
        with made.rotation(90, 100, 100):
            place(made, rows, [20, 100])

    turned = pdf(fill).replace(b"/Type /Page\n", b"/Type /Page\n/Rotate 90\n")
    assert texts(only_table(read_pdf(turned))) == rows


def test_a_page_without_text_is_named() -> None:
    document = read_pdf(pdf(lambda made: made.add_page()))
    assert document.blocks == ()
    assert [warning[:20] for warning in document.warnings] == [
        "page 1: found no tex",
        "page 2: found no tex",
    ]


def locked() -> bytes:
    made = FPDF()
    made.add_page()
    made.set_encryption(owner_password="a", user_password="b")
    return bytes(made.output())


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", "empty", "empty"),
        (b"a,b\n", "unreadable", "can't be opened"),
        (locked(), "unreadable", "password"),
        (pdf(lambda made: say(made, PROSE))[:300], "unreadable", "can't be opened"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, reason: str, words: str) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        read_pdf(data)
    assert caught.value.reason == reason


def test_too_many_pages_are_refused() -> None:
    def fill(made: FPDF) -> None:
        for _ in range(500):
            made.add_page()

    with pytest.raises(ReadError, match="501 pages") as caught:
        read_pdf(pdf(fill))
    assert caught.value.reason == "too_large"


WORD = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789", min_size=1, max_size=9)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    width = draw(st.integers(2, 4))
    cell = st.lists(WORD, min_size=1, max_size=2).map(" ".join)
    return draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=2, max_size=6))


@settings(max_examples=60, deadline=None)
@given(grids(), st.sampled_from(["ALL", "NONE"]))
def test_any_grid_reads_back(rows: Grid, borders: str) -> None:
    def fill(made: FPDF) -> None:
        tabulate(made, rows, borders_layout=borders, first_row_as_headings=False)

    document = read_pdf(pdf(fill))
    assert texts(only_table(document)) == rows
    assert not [block for block in document.blocks if isinstance(block, Paragraph)]


def test_numbered_headings_at_the_top_of_pages_are_no_running_header() -> None:
    def fill(made: FPDF) -> None:
        for number in (1, 2):
            if number > 1:
                made.add_page()
            say(made, f"Bijlage {number}", style="B", size=14)
            made.ln(6)
            say(made, f"In {number} staat: {PROSE}")

    document = read_pdf(pdf(fill, Letter))
    assert [b.text for b in document.blocks if isinstance(b, Heading)] == ["Bijlage 1", "Bijlage 2"]
    assert paragraphs(document) == [f"In {number} staat: {PROSE}" for number in (1, 2)]


def test_two_sections_may_have_the_same_heading() -> None:
    def fill(made: FPDF) -> None:
        say(made, "Toelichting", style="B", size=14)
        say(made, PROSE)
        made.add_page()
        say(made, "Toelichting", style="B", size=14)
        say(made, PROSE)

    document = read_pdf(pdf(fill))
    assert [b.text for b in document.blocks if isinstance(b, Heading)] == ["Toelichting"] * 2
    assert document.warnings == ()


class Titled(FPDF):
    """A PDF with a bold title above each page, the page's number beside it."""

    def header(self) -> None:
        self.set_font("Helvetica", "B", 12)
        self.cell(80, 6, "Verslag van de samenwerking")
        self.cell(60, 6, str(self.page_no() + 10), align="R", new_x="LMARGIN", new_y="NEXT")
        self.ln(12)


def test_a_bold_title_that_stands_on_every_page_is_a_running_header() -> None:
    said = [f"Deel {word}. {PROSE}" for word in ("een", "twee", "drie")]

    def fill(made: FPDF) -> None:
        for number, text in enumerate(said):
            if number:
                made.add_page()
            say(made, text)

    document = read_pdf(pdf(fill, Titled))
    assert paragraphs(document) == said
    assert document.warnings == (
        "document: the page header is left out: “Verslag van de samenwerking 11”",
    )


def test_each_distinct_running_line_is_named() -> None:
    class Small(FPDF):
        """A PDF whose small header ends in a number."""

        def header(self) -> None:
            self.set_font("Helvetica", size=8)
            self.cell(0, 6, f"Deel {self.page_no()}", new_x="LMARGIN", new_y="NEXT")
            self.ln(6)

    def fill(made: FPDF) -> None:
        say(made, PROSE)
        made.add_page()
        say(made, "Daarna. " + PROSE)

    document = read_pdf(pdf(fill, Small))
    assert paragraphs(document) == [PROSE, "Daarna. " + PROSE]
    assert document.warnings == (
        "document: the page header is left out: “Deel 1”",
        "document: the page header is left out: “Deel 2”",
    )


def test_rows_at_the_top_of_pages_are_no_running_header() -> None:
    def fill(made: FPDF) -> None:
        for number in (1, 2):
            if number > 1:
                made.add_page()
            made.set_y(20)
            place(made, [["Land", "M", "V"]], [20, 100, 140], step=10)
            place(made, [["Militairen", str(number), "0"]] * 5, [20, 100, 140], step=10)

    tables = read_pdf(pdf(fill)).tables
    numbers = [row[1].text for table in tables for row in table.rows if row[2].text == "0"]
    assert numbers == ["1"] * 5 + ["2"] * 5


def test_a_number_that_ends_a_page_is_no_page_number() -> None:
    def fill(made: FPDF) -> None:
        made.set_auto_page_break(auto=False)
        made.text(
            20, 280, "Het aantal missies in het buitenland, waaraan de politie meedoet, is nu"
        )
        made.text(20, 286, "12.")

    assert " ".join(paragraphs(read_pdf(pdf(fill)))).endswith("is nu 12.")


def test_the_running_header_of_a_single_page() -> None:
    document = read_pdf(pdf(lambda made: say(made, PROSE), Letter))
    assert paragraphs(document) == [PROSE]
    assert document.warnings == (
        "document: the page header is left out: “Ministerie van Voorbeelden”",
    )


def test_small_text_right_above_the_text_is_no_running_header() -> None:
    def fill(made: FPDF) -> None:
        say(made, "Stand op 1 mei 2025", size=8)
        say(made, PROSE)

    assert paragraphs(read_pdf(pdf(fill))) == ["Stand op 1 mei 2025", PROSE]


DASHED = (
    "De politie werkt in dit voorbeeld in het buitenland samen met de buren",
    "– en dat al sinds een aantal jaren – aan het vinden van oplossingen.",
)


def draw(made: FPDF, lines: list[tuple[float, str]], y: float = 40) -> None:
    """Write lines at their distance from the left."""
    made.core_fonts_encoding = "windows-1252"
    made.set_font("Helvetica", size=11)
    for x, text in lines:
        made.text(x, y, text)
        y += 6


def items(document: Document) -> list[tuple[str, int]]:
    return [(p.text, p.list_level) for p in document.paragraphs]


def test_a_dash_between_words_opens_no_list_item() -> None:
    def fill(made: FPDF) -> None:
        draw(made, [(20, text) for text in DASHED])

    assert items(read_pdf(pdf(fill))) == [(" ".join(DASHED), 0)]


def test_a_dash_that_goes_on_over_a_page_break_opens_no_list_item() -> None:
    def fill(made: FPDF) -> None:
        made.set_auto_page_break(auto=False)
        draw(made, [(20, DASHED[0])], y=270)
        made.add_page()
        draw(made, [(20, DASHED[1])], y=20)

    assert items(read_pdf(pdf(fill))) == [(" ".join(DASHED), 0)]


@pytest.mark.parametrize(
    ("before", "indent"), [("is dit:", 0), ("is dit:", 5), ("zal wel zijn", 5)]
)
def test_a_dash_opens_a_list_item_where_the_text_before_it_ends(before: str, indent: int) -> None:
    first = f"Wat de politie elk jaar in het buitenland voor de buren doet, {before}"
    second = "samenwerken met de buren over de grens, op zee en ook in de lucht,"
    lines = [
        (20.0, first),
        (20.0 + indent, f"– {second}"),
        (24.0 + indent, "meer dan eens"),
        (20.0 + indent, "– 12 keer oefenen."),
    ]
    expected = [(first, 0), (f"{second} meer dan eens", 1), ("12 keer oefenen.", 1)]
    assert items(read_pdf(pdf(lambda made: draw(made, lines)))) == expected


def test_a_dash_within_a_hanging_list_item_opens_none() -> None:
    first = "iets doen, en dat is voor de politie in dit voorbeeld geen kleine zaak,"
    lines = [(20.0, "Lijst:"), (20.0, f"– {first}"), (24.0, DASHED[0]), (24.0, DASHED[1])]
    document = read_pdf(pdf(lambda made: draw(made, lines)))
    assert items(document) == [("Lijst:", 0), (" ".join([first, *DASHED]), 1)]


@pytest.mark.parametrize("margin", [0, 1])
@pytest.mark.parametrize("font", ["Helvetica", "Times", "Courier"])
def test_words_drawn_one_by_one_stay_apart(font: str, margin: float) -> None:
    said = "Dat kost € 12 en € 3 per dag, of 1 000 in ’t jaar."

    def fill(made: FPDF) -> None:
        made.c_margin = margin
        made.core_fonts_encoding = "windows-1252"
        made.set_font(font, size=11)
        for word in said.split():
            made.cell(None, 6, word)
            made.cell(None, 6, " ")

    assert paragraphs(read_pdf(pdf(fill))) == [said]


def test_a_note_may_be_longer_than_the_text() -> None:
    note = " ".join(["Een noot die over veel meer gaat dan de brief waarbij zij hoort."] * 12)

    def fill(made: FPDF) -> None:
        say(made, "Kop", style="B", size=14)
        made.ln(4)
        superscript(
            made, [("Er waren in 2025 12", False), ("1", True), (" missies.", False)], 10, 40
        )
        made.set_y(240)
        say(made, f"1 {note}", size=8)

    document = read_pdf(pdf(fill, Letter))
    assert [b.text for b in document.blocks if isinstance(b, Heading)] == ["Kop"]
    assert paragraphs(document) == ["Er waren in 2025 12 missies."]
    assert [(n.mark, n.text) for n in document.footnotes] == [("1", note)]


@pytest.mark.parametrize("gap", [" ", "\n"])
def test_notes_within_the_text_are_set_apart(gap: str) -> None:
    def fill(made: FPDF) -> None:
        say(made, "Kop[footnoteRef:1]", style="B", size=14)
        say(made, f"Er waren 12[footnoteRef:2] missies. [1: Eerste.]{gap}[2: Tweede [12], p. 3.]")
        made.ln(6)
        tabulate(made, [["Missie", "Aantal[footnoteRef:3]"], ["EUMA", "6 [3: Derde.]"]])

    document = read_pdf(pdf(fill))
    (paragraph,) = document.paragraphs
    assert (paragraph.text, paragraph.notes) == ("Er waren 12 missies.", (NoteMark(11, "2"),))
    assert paragraph.place.headings == ("Kop",)
    assert texts(only_table(document)) == [["Missie", "Aantal"], ["EUMA", "6"]]
    assert [(n.mark, n.text) for n in document.footnotes] == [
        ("1", "Eerste."),
        ("2", "Tweede [12], p. 3."),
        ("3", "Derde."),
    ]


def test_a_number_within_a_note_opens_no_other_note() -> None:
    def fill(made: FPDF) -> None:
        say(made, PROSE)
        superscript(made, [("Er waren 12", False), ("1", True), (" missies.", False)], 10, 60)
        made.set_font("Helvetica", size=7)
        made.text(10, 270, "1 Daarvan begonnen er")
        made.text(10, 274, "12 in het jaar 2025.")

    document = read_pdf(pdf(fill))
    assert [(n.mark, n.text) for n in document.footnotes] == [
        ("1", "Daarvan begonnen er 12 in het jaar 2025.")
    ]


def test_the_titles_above_a_header_are_left_out_where_they_come_back() -> None:
    rows = [[f"Land {n}", str(n), str(n % 7)] for n in range(1, 80)]

    def fill(made: FPDF) -> None:
        with made.table(width=120, num_heading_rows=2, line_height=6) as table:
            table.row().cell("Overzicht", colspan=3)
            table.row(["Land", "M", "V"])
            for row in rows:
                table.row(row)

    table = only_table(read_pdf(pdf(fill)))
    assert texts(table) == [["Overzicht"] * 3, ["Land", "M", "V"], *rows]


def test_rows_below_a_header_that_comes_back_stay_even_if_they_are_alike() -> None:
    rows = [["Land", "M"], *[["Land", "0"]] * 70]

    def fill(made: FPDF) -> None:
        tabulate(made, rows, width=90, line_height=6)

    assert texts(only_table(read_pdf(pdf(fill)))) == rows


def test_columns_that_follow_their_words_go_on_over_a_page_break() -> None:
    rows = [["Missie", "M", "V"], *[["EUMA", "12", "3"]] * 5]
    wide = [["EUMA Noord", "12", "3"]] * 5

    def fill(made: FPDF) -> None:
        made.set_auto_page_break(auto=False)
        made.set_y(255)
        place(made, rows, [20, 70, 110])
        made.add_page()
        made.set_y(20)
        place(made, wide, [20, 70, 110])

    assert texts(only_table(read_pdf(pdf(fill)))) == rows + wide


def test_line_that_sticks_out_of_a_ruled_table_is_no_part_of_it() -> None:
    def fill(made: FPDF) -> None:
        for step in range(4):
            made.line(20, 50 + 8 * step, 140, 50 + 8 * step)
        for x in (20, 80, 140):
            made.line(x, 50, x, 74)
        made.set_font_size(8)
        for y, (mission, count) in ((63, ("A", "1")), (71, ("B", "2"))):
            made.text(22, y, mission)
            made.text(82, y, count)
        made.text(22, 52, "Missie")
        made.set_font_size(24)  # on the line of the word before it, and higher than the table
        made.text(36, 52, "Groot")

    document = read_pdf(pdf(fill))
    assert texts(only_table(document)) == [["A", "1"], ["B", "2"]]
    assert paragraphs(document) == ["Missie Groot"]


def show(made: FPDF, color: str, width: float = 60, text: str | None = None) -> None:
    picture = Image.new("RGB", (40, 20), color)
    made.image(picture, x=10, y=100, w=width, h=width, alt_text=text)


def test_pictures_beside_text_are_told_and_decorations_not() -> None:
    def fill(made: FPDF) -> None:
        say(made, PROSE)
        show(made, "white", width=8)
        made.add_page()
        say(made, "Daarna. " + PROSE)
        show(made, "red")
        show(made, "blue", text="77 agenten")
        show(made, "green", text="8 agenten")

    document = read_pdf(pdf(fill))
    assert paragraphs(document) == [PROSE, "Daarna. " + PROSE]
    assert document.warnings == (
        "document: 3 pictures are not read (the first on page 2; alternative text “77 agenten”)",
    )


def test_a_logo_on_all_pages_is_one_picture() -> None:
    def fill(made: FPDF) -> None:
        for number in range(4):
            say(made, f"{number}. {PROSE}")
            show(made, "red")
            made.add_page()
        say(made, PROSE)

    assert read_pdf(pdf(fill)).warnings == (
        "document: 1 picture is not read (the first on page 1)",
    )


def test_a_page_that_is_a_picture_is_told_as_a_page_without_text() -> None:
    (warning,) = read_pdf(pdf(lambda made: show(made, "red"))).warnings
    assert warning.startswith("page 1: found no text")


def nested(size: int) -> bytes:
    """Return a page with a picture within a form, which also draws itself."""

    def stream(known: bytes, content: bytes) -> bytes:
        return b"<<%b/Length %d>>stream\n%b\nendstream" % (known, len(content), content)

    resources = b"/Resources<</XObject<</F 5 0 R/I 6 0 R>>/Font<</T 7 0 R>>>>"
    inner = b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]" + resources
    image = b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
    draws = b"BT /T 11 Tf 10 150 Td (Een regel.) Tj ET q %d 0 0 %d 9 9 cm /F Do Q" % (size, size)
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R%b>>" % resources,
        stream(b"", draws),
        stream(inner, b"/I Do /F Do"),
        stream(image, b"x"),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    objects = (b"%d 0 obj%b\nendobj\n" % (n, part) for n, part in enumerate(parts, start=1))
    return b"%PDF-1.7\n" + b"".join(objects) + b"trailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.parametrize(("size", "count"), [(100, 1), (15, 0)])
def test_a_picture_within_a_form_has_its_size_on_the_page(size: int, count: int) -> None:
    document = read_pdf(nested(size))
    assert paragraphs(document) == ["Een regel."]
    assert len(document.warnings) == count
