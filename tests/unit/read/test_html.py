"""HTML: hidden cells keep their column, marks leave the number, spans are capped."""

from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Heading, NoteMark
from ipsdata.read.html import read_html

GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.text("ab<&é1", min_size=1, max_size=4), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


def _read(body: str) -> Document:
    return read_html(f"<!DOCTYPE html><html><body>{body}</body></html>".encode())


def _grid(document: Document) -> list[list[str]]:
    (table,) = document.tables
    return [[cell.text for cell in row] for row in table.rows]


def test_a_hidden_cell_shifts_nothing_and_is_named() -> None:
    document = _read('<table><tr><td>a<td style="display: none">b<td>c</table>')
    assert _grid(document) == [["a", "b", "c"]]
    assert document.warnings == (
        "table 1, row 1, column 2: found a hidden cell, read all the same",
    )


@pytest.mark.parametrize("mark", ["1", "(1)", '<a href="#n">1</a>'])
def test_a_superscript_is_a_note_mark(mark: str) -> None:
    (table,) = _read(f"<table><tr><td>12<sup>{mark}</sup></table>").tables
    assert (table.rows[0][0].text, table.rows[0][0].notes) == ("12", (NoteMark(2, "1"),))


def test_a_colspan_bomb_is_capped() -> None:
    body = '<tr><td colspan="1000000000" rowspan="1000000000">a</td></tr><tr><td>b</td></tr>'
    assert _grid(_read(f"<table>{body}</table>")) == [["a", ""], ["a", "b"]]


def test_captions_sections_and_hidden_rows() -> None:
    document = _read(
        "<table><caption>On 1 May</caption><thead><tr><th>a<th>b</thead>"
        "<tbody><tr hidden><td>1<td>2</tbody></table>"
    )
    (table,) = document.tables
    assert (table.caption, table.hidden_rows) == ("On 1 May", (2,))
    assert _grid(document) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("12<sup>1,2</sup>", "12"),
        ("12<sup>[1]</sup><sup>[2]</sup>", "12"),
        ('12<span style="vertical-align: super">1</span><sup>2 </sup>x', "12 x"),
    ],
)
def test_several_superscripts_glue_to_no_number(marked: str, text: str) -> None:
    (paragraph,) = _read(f"<p>{marked}</p>").paragraphs
    assert (paragraph.text, [mark.note for mark in paragraph.notes]) == (text, ["1", "2"])


@pytest.mark.parametrize(
    ("marked", "text", "marks"),
    [
        ('12<a href="#n"><sup>a</sup></a>', "12", ["a"]),
        ('<a href="#n">1<sup>e</sup> dag</a>', "1e dag", []),
        ('<a href="#n">5 km<sup>2</sup></a>', "5 km²", []),
    ],
)
def test_a_link_around_more_than_its_superscript_makes_no_mark(
    marked: str, text: str, marks: list[str]
) -> None:
    (paragraph,) = _read(f"<p>{marked}</p>").paragraphs
    assert (paragraph.text, [mark.note for mark in paragraph.notes]) == (text, marks)


def test_what_a_browser_would_fetch_or_never_show_is_named() -> None:
    document = _read(
        "<p>a<iframe src=x></iframe></p><noscript><p>b</p></noscript><noscript></noscript>"
    )
    assert [p.text for p in document.paragraphs] == ["a"]
    assert [warning.partition("found ")[2] for warning in document.warnings] == [
        "an embedded document, left out",
        "text for browsers without scripts, left out",
    ]


def test_a_span_past_those_of_browsers_is_named() -> None:
    document = _read('<table><tr><td>a<td colspan="99999999999999" rowspan="70000">b</table>')
    assert _grid(document) == [["a", "b"]]
    assert document.warnings == (
        "table 1, row 1, column 2: found a colspan of 1,000,000,000,000, cut to 1,000",
        "table 1, row 1, column 2: found a rowspan of 70,000, cut to 65,534",
    )


@pytest.mark.parametrize("how", ["hidden", 'style="display:none"', 'style="VISIBILITY: hidden"'])
def test_whatever_is_hidden_of_a_table_is_named(how: str) -> None:
    document = _read(
        f"<table><caption {how}>c</caption><colgroup><col><col {how}></colgroup>"
        f"<tr><td>a<td>b<tbody {how}><tr><td>1<td>2<span {how}>3</span></table>"
    )
    (table,) = document.tables
    assert _grid(document) == [["a", "b"], ["1", "2"]]
    assert (table.caption, table.hidden_rows) == ("c", (2,))
    assert document.warnings == (
        "table 1: found a hidden caption, read all the same",
        "table 1: found a hidden column, read all the same",
        "table 1, row 2, column 2: found hidden text, left out",
        "table 1, row 2: found a hidden row, read all the same",
    )


@pytest.mark.parametrize("section", ["", "<tbody>"])
def test_all_rows_of_a_hidden_table_are_hidden(section: str) -> None:
    document = _read(f"<table hidden>{section}<tr><td>a<tr><td>b</table>")
    (table,) = document.tables
    assert (_grid(document), table.hidden_rows) == ([["a"], ["b"]], (1, 2))
    assert document.warnings[0] == "table 1: found a hidden table, read all the same"


def test_hidden_blocks_and_style_sheets_that_hide_are_named() -> None:
    document = _read("<style>.x { display: none }</style><p hidden>a</p><div class=x>b</div>")
    assert [p.text for p in document.paragraphs] == ["a", "b"]
    assert document.warnings == (
        "document: found a style sheet that hides elements, all of them read as shown",
        "paragraph 1: found hidden text, read as shown",
    )


def test_running_text() -> None:
    document = _read(
        "<h1>Head</h1><p>one\n two&nbsp;<b>3</b><br>4</p><script>no</script>"
        "<ul><li>x<ul><li>y</ul></ul>"
    )
    assert isinstance(document.blocks[0], Heading)
    assert [(p.text, p.list_level) for p in document.paragraphs] == [
        ("one two\xa03\n4", 0),
        ("x", 1),
        ("y", 2),
    ]


def test_hidden_text_glues_to_no_number() -> None:
    document = _read('<p>12<span style="display:none">3</span></p>')
    assert [p.text for p in document.paragraphs] == ["12"]
    assert "hidden text" in document.warnings[0]


def test_blocks_within_inline_elements_keep_their_order() -> None:
    document = _read("<font><p>a</p><table><tr><td>b</table><p>c</p></font>")
    assert [type(block).__name__ for block in document.blocks] == [
        "Paragraph",
        "Table",
        "Paragraph",
    ]
    assert not document.warnings


def test_elements_nested_too_deep_are_refused() -> None:
    with pytest.raises(ReadError) as caught:
        _read("<div>" * 3_000 + "<p>lost</p>")
    assert caught.value.reason == "hostile"


def test_a_declared_charset() -> None:
    page = '<meta charset="iso-8859-1"><p>Oekraïne'.encode("iso-8859-1")
    assert [p.text for p in read_html(page).paragraphs] == ["Oekraïne"]


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ReadError):
        read_html(b"")


@settings(max_examples=30, deadline=None)
@given(GRIDS)
def test_any_grid_reads_back(grid: list[list[str]]) -> None:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(t)}</td>' for t in row)}</tr>" for row in grid)
    assert _grid(_read(f"<table>{rows}</table>")) == grid


LIBRE = (
    '<a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a>',
    '<div id="sdfootnote1"><p class="sdfootnote"><a class="sdfootnotesym" name="sdfootnote1sym" '
    'href="#sdfootnote1anc">1</a> De noot over 7.</p></div>',
)
WORD = (
    '<a href="#_ftn1" name="_ftnref1"><span class=MsoFootnoteReference>[1]</span></a>',
    '<p class=MsoFootnoteText><a href="#_ftnref1" name="_ftn1"><span>[1]</span></a> '
    "De noot over 7.</p>",
)
PANDOC = (
    '<a href="#fn1" class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a>',
    '<section class="footnotes"><hr /><ol><li id="fn1"><p>De noot over 7.<a href="#fnref1" '
    'class="footnote-back" role="doc-backlink">↩︎</a></p></li></ol></section>',
)


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        LIBRE,
        WORD,
        (WORD[0], f"<div style='mso-element:footnote-list'><div id=ftn1>{WORD[1]}</div></div>"),
        PANDOC,
        (PANDOC[0], f"<footer>{PANDOC[1]}</footer>"),
    ],
)
def test_footnotes_are_collected(mark: str, note: str) -> None:
    document = _read(f"<p>Er waren 12{mark} missies.</p>{note}<p>Daarna.</p>")
    first, second = document.paragraphs
    assert (first.text, first.notes) == ("Er waren 12 missies.", (NoteMark(11, "1"),))
    assert second.text == "Daarna."
    assert [(n.mark, n.text) for n in document.footnotes] == [("1", "De noot over 7.")]
    assert document.warnings == ()


def test_a_note_of_several_paragraphs_is_one_and_a_heading_is_none() -> None:
    document = _read('<div id="fn:2"><p>a</p><p>3</p></div><div id="fn3"><h2>b</h2><p>c</p></div>')
    assert [(n.mark, n.text) for n in document.footnotes] == [("2", "a\n3")]
    assert [getattr(block, "text", "") for block in document.blocks] == ["b", "c"]


def test_what_stands_around_a_page_is_left_out_and_named() -> None:
    document = _read(
        "<header><a href=x>Start</a><p>Ministerie van Voorbeelden</p></header>"
        "<nav><h2>Menu</h2><ul><li><a href=x>Start</a><li><a href=y>12</a></ul></nav>"
        "<p>Tekst 1.</p><div title=footer><p>3</p></div><footer>Stand 2025</footer>"
    )
    assert [block.text for block in document.paragraphs] == ["Tekst 1."]
    assert len(document.blocks) == 1
    assert document.warnings == (
        "document: the page header is left out: “Ministerie van Voorbeelden”",
        "document: the page menu is left out: “Menu”",
        "document: the page footer is left out: “Stand 2025”",
    )


def test_a_header_that_heads_the_text_is_read() -> None:
    document = _read(
        "<header><h1>Titel</h1></header><main><article><header>14 mei 2025</header><p>Tekst."
        "</article></main><footer><table><tr><td>a<td>3</table></footer>"
    )
    assert [getattr(block, "text", "table") for block in document.blocks] == [
        "Titel",
        "14 mei 2025",
        "Tekst.",
        "table",
    ]
    assert document.warnings == ()


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ('<img src="a" alt="77 agenten">', "; alternative text “77 agenten”"),
        ('<img src="a">', ""),
        ('<picture><source srcset="b"><img src="a"></picture>', ""),
        ('<a href="b"><img width="1" height="90"></a>', ""),
        (
            '<svg aria-label="77 agenten"><path/><svg></svg></svg>',
            "; alternative text “77 agenten”",
        ),
        ("<svg><title>77 agenten</title></svg>", "; alternative text “77 agenten”"),
        ("<canvas></canvas>", ""),
        ('<input type="image" alt="77 agenten">', "; alternative text “77 agenten”"),
        (f'<img alt="{"a" * 90}">', f"; alternative text “{'a' * 79}…”"),
    ],
)
@pytest.mark.parametrize("around", ["<p>b {}</p>", "b {}", "<div>b {}</div>"])
def test_a_picture_is_told(around: str, picture: str, words: str) -> None:
    document = _read(f"<h1>Head</h1><p>a</p>{around.format(picture)}")
    assert [p.text for p in document.paragraphs] == ["a", "b"]
    assert document.warnings == (
        f"document: 1 picture is not read (the first at “Head”, paragraph 2{words})",
    )


@pytest.mark.parametrize(
    "pixel",
    [
        '<img width="1" height="1">',
        '<img style="border: 0; WIDTH: 1px; height:0">',
        "<template><img></template>",
    ],
)
def test_a_pixel_is_no_picture(pixel: str) -> None:
    assert not _read(f"<p>a{pixel}</p>").warnings


def test_pictures_are_counted_in_cells_menus_and_notes() -> None:
    document = _read(
        "<table><tr><td>1<td>2 <img></table><nav><img alt=Logo></nav>"
        '<p>a<a href="#fn1"><sup>1</sup></a></p>'
        '<div id="fn1"><a href="#fnref1">1 <img></a> Why</div>'
    )
    assert document.warnings == (
        "document: 3 pictures are not read "
        "(the first at table 1, row 1, column 2; alternative text “Logo”)",
    )


def test_a_picture_in_a_menu_has_no_place() -> None:
    assert _read("<nav><img></nav><p>a</p>").warnings == ("document: 1 picture is not read",)


def test_the_values_of_form_fields_are_told_and_those_of_buttons_not() -> None:
    document = _read(
        '<p>a</p><p>Aantal <input value="77"><input name="b"><input type="number" value="8">'
        '<input type="submit" value="Zoek"><input type="hidden" value="x"></p>'
    )
    assert [p.text for p in document.paragraphs] == ["a", "Aantal"]
    assert document.warnings == (
        "document: 2 form fields are not read (the first at paragraph 2; value “77”)",
    )
