"""DOCX: the accepted reading; nothing that python-docx loses is lost."""

import io
import zipfile

import docx
import lxml.html
import mammoth
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Heading, NoteMark
from ipsdata.read.docx import read_docx
from ipsdata.read.docx_xml import NS

WORDS = st.text("abc é1", min_size=1, max_size=5).map(str.strip)
GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=1, max_size=4)
)


def _docx(body: str, **parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        text = f'<w:document xmlns:w="{NS}"><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", text)
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", content)
    return buffer.getvalue()


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _p(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def _tc(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{_p(_run(text))}</w:tc>"


def _tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def _grid(document: Document) -> list[list[str]]:
    (table,) = document.tables
    return [[cell.text for cell in row] for row in table.rows]


def test_tracked_changes_are_read_as_accepted_and_named() -> None:
    body = _p(
        _run("1"),
        f"<w:ins>{_run('2')}</w:ins>",
        "<w:del><w:r><w:delText>9</w:delText></w:r></w:del>",
    )
    document = read_docx(_docx(body))
    assert [p.text for p in document.paragraphs] == ["12"]
    assert "1 tracked deletion, 1 tracked insertion" in document.warnings[0]
    assert document.warnings[0].startswith("paragraph 1")


def test_content_control_cells_and_rows_are_read_and_deleted_rows_not() -> None:
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    table = (
        _tr(_tc("a"), control.format(_tc("b")))
        + control.format(_tr(_tc("c"), _tc("d")))
        + _tr(_tc("x"), _tc("y"), properties="<w:del/>")
    )
    document = read_docx(_docx(f"<w:tbl>{table}</w:tbl>"))
    assert _grid(document) == [["a", "b"], ["c", "d"]]
    assert "1 tracked deletion" in document.warnings[0]


def test_a_superscript_is_a_note_mark() -> None:
    raised = '<w:vertAlign w:val="superscript"/>'
    cell = f"<w:tc>{_p(_run('12'), _run('1', raised))}</w:tc>"
    (table,) = read_docx(_docx(f"<w:tbl>{_tr(cell)}</w:tbl>")).tables
    assert table.rows[0][0].text == "12"
    assert table.rows[0][0].notes == (NoteMark(2, "1"),)


def test_a_footnote_reference_is_a_note_mark() -> None:
    note = f'<w:footnote w:id="4">{_p(_run("Why"))}</w:footnote>'
    notes = f'<w:footnotes xmlns:w="{NS}">{note}</w:footnotes>'
    body = _p(_run("12"), '<w:r><w:footnoteReference w:id="4"/></w:r>', _run(" cats"))
    document = read_docx(_docx(body, footnotes=notes))
    (paragraph,) = document.paragraphs
    assert (paragraph.text, paragraph.notes) == ("12 cats", (NoteMark(2, "1"),))
    assert (document.footnotes[0].mark, document.footnotes[0].text) == ("1", "Why")


def test_merged_cells() -> None:
    table = _tr(_tc("a", '<w:vMerge w:val="restart"/>'), _tc("b", '<w:gridSpan w:val="2"/>'))
    table += _tr(_tc("", "<w:vMerge/>"), _tc("c"), _tc("d"))
    assert _grid(read_docx(_docx(f"<w:tbl>{table}</w:tbl>"))) == [["a", "b", "b"], ["a", "c", "d"]]


def test_a_hostile_span_is_capped() -> None:
    table = _tr(_tc("a", '<w:gridSpan w:val="1000000000"/>')) + _tr(_tc("b"), _tc("c"))
    assert _grid(read_docx(_docx(f"<w:tbl>{table}</w:tbl>"))) == [["a", "a"], ["b", "c"]]


def test_nested_tables_are_read_as_their_own_with_a_warning() -> None:
    nested = f"<w:tbl>{_tr(_tc('in'))}</w:tbl>"
    table = _tr(f"<w:tc>{_p(_run('out'))}{nested}</w:tc>")
    document = read_docx(_docx(f"<w:tbl>{table}</w:tbl>"))
    assert [t.rows[0][0].text for t in document.tables] == ["out", "in"]
    assert "table within a cell" in document.warnings[0]


def test_headings_follow_localised_styles_and_their_ancestors() -> None:
    styles = (
        f'<w:styles xmlns:w="{NS}"><w:style w:styleId="Kop1"><w:name w:val="heading 1"/>'
        '</w:style><w:style w:styleId="Mijn"><w:name w:val="Mijn kop"/><w:basedOn w:val="Kop1"/>'
        "</w:style></w:styles>"
    )
    body = _p(_run("Title"), properties='<w:pStyle w:val="Mijn"/>') + _p(_run("text"))
    document = read_docx(_docx(body, styles=styles))
    heading, paragraph = document.blocks
    assert isinstance(heading, Heading)
    assert (heading.text, heading.level) == ("Title", 1)
    assert paragraph.place.headings == ("Title",)


def test_hidden_text_is_warned_lists_and_breaks_are_kept() -> None:
    body = _p(
        _run("a"), _run("z", "<w:vanish/>"), "<w:r><w:tab/><w:t>b</w:t><w:br/></w:r>", _run("c")
    )
    body += _p(
        _run("item"), properties='<w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr>'
    )
    document = read_docx(_docx(body))
    assert [(p.text, p.list_level) for p in document.paragraphs] == [("a\tb\nc", 0), ("item", 2)]
    assert "hidden text" in document.warnings[0]


def test_text_boxes_and_hidden_rows() -> None:
    box = f"<w:r><w:pict><w:txbxContent>{_p(_run('boxed'))}</w:txbxContent></w:pict></w:r>"
    body = _p(_run("before"), box) + f"<w:tbl>{_tr(_tc('h'), properties='<w:hidden/>')}</w:tbl>"
    document = read_docx(_docx(body))
    assert [p.text for p in document.paragraphs] == ["before", "boxed"]
    assert next(document.tables).hidden_rows == (1,)
    assert "hidden row" in document.warnings[0]


def _part(name: str, *blocks: str) -> str:
    return f'<w:{name} xmlns:w="{NS}">{"".join(blocks)}</w:{name}>'


def test_page_headers_and_comments_are_left_out_and_told() -> None:
    table = f"<w:tbl>{_tr(_tc('Ministerie'), _tc('14 mei 2025'))}</w:tbl>"
    comment = f'<w:comment w:id="0">{_p(_run("12?"))}</w:comment>'
    data = _docx(
        _p(_run("text"), '<w:r><w:commentReference w:id="0"/></w:r>'),
        header1=_part("hdr", table),
        header2=_part("hdr", table),
        footer1=_part("ftr", _p(_run("Pagina "), f"<w:fldSimple>{_run('3')}</w:fldSimple>")),
        footer2=_part("ftr", _p(_run("a" * 90))),
        comments=_part("comments", comment, comment),
    )
    document = read_docx(data)
    assert [p.text for p in document.paragraphs] == ["text"]
    assert not list(document.tables)
    assert document.warnings == (
        "document: the page header is left out: “Ministerie 14 mei 2025”",
        f"document: the page footer is left out: “{'a' * 79}…”",
        "document: 2 comments are left out",
    )


def _alternatives(new: str, old: str) -> str:
    return (
        '<mc:AlternateContent xmlns:mc="urn:mc">'
        f'<mc:Choice Requires="wps">{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback>'
        "</mc:AlternateContent>"
    )


def _box(*blocks: str) -> str:
    return f"<w:drawing><w:txbxContent>{''.join(blocks)}</w:txbxContent></w:drawing>"


def _boxed(text: str) -> str:
    box = _box(_p(_run(text)))
    return f"<w:r>{_alternatives(box, box)}</w:r>"


def test_a_text_box_is_read_once_whatever_holds_it() -> None:
    run = _boxed("in a paragraph")
    around = _alternatives(_run("beside"), _run("beside, twice"))
    whole = _alternatives(_p(_run("block")), _p(_run("block, twice")))
    cell = f"<w:tc>{_p(_run('cell'), _boxed('in a cell'))}</w:tc>"
    body = _p(_run("text "), around, run) + whole + f"<w:tbl>{_tr(cell)}</w:tbl>"
    document = read_docx(_docx(body))
    assert [p.text for p in document.paragraphs] == [
        "text beside",
        "in a paragraph",
        "block",
        "in a cell",
    ]
    assert _grid(document) == [["cell"]]


def test_a_text_box_within_another_is_read_once() -> None:
    outer = _box(_p(_run("outer"), _boxed("inner")))
    document = read_docx(_docx(_p(_run("text"), f"<w:r>{outer}</w:r>")))
    assert [p.text for p in document.paragraphs] == ["text", "outer", "inner"]


RAISED = '<w:vertAlign w:val="superscript"/>'
MARKS = (
    f'<w:styles xmlns:w="{NS}">'
    f'<w:style w:type="character" w:styleId="Noot"><w:rPr>{RAISED}</w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Mijn"><w:basedOn w:val="Noot"/></w:style></w:styles>'
)


@pytest.mark.parametrize("style", ["Noot", "Mijn"])
def test_a_style_that_raises_makes_note_marks_too(style: str) -> None:
    named = f'<w:rStyle w:val="{style}"/>'
    lowered = named + '<w:vertAlign w:val="baseline"/>'
    body = _p(_run("12"), _run("1", named), _run(" of 3"), _run("4", lowered))
    (paragraph,) = read_docx(_docx(body, styles=MARKS)).paragraphs
    assert (paragraph.text, paragraph.notes) == ("12 of 34", (NoteMark(2, "1"),))


def test_a_raised_run_keeps_all_its_pieces() -> None:
    note = f'<w:footnote w:id="4">{_p(_run("Why"))}</w:footnote>'
    raised = f'<w:r><w:rPr>{RAISED}</w:rPr><w:footnoteReference w:id="4"/><w:t>*</w:t></w:r>'
    document = read_docx(_docx(_p(_run("12"), raised), footnotes=_part("footnotes", note)))
    (paragraph,) = document.paragraphs
    assert (paragraph.text, paragraph.notes) == ("12", (NoteMark(2, "1"), NoteMark(2, "*")))


def test_a_table_in_a_footnote_is_named() -> None:
    note = f'<w:footnote w:id="4">{_p(_run("Why"))}<w:tbl>{_tr(_tc("1"))}</w:tbl></w:footnote>'
    body = _p(_run("12"), '<w:r><w:footnoteReference w:id="4"/></w:r>')
    document = read_docx(_docx(body, footnotes=_part("footnotes", note)))
    assert [note.text for note in document.footnotes] == ["Why"]
    assert document.warnings == ("document: found a table or text box in note 1, left out",)


def test_what_is_no_text_is_named() -> None:
    body = _p(_run("x"), "<w:oMath/>", "<w:r><w:sym/></w:r>") + "<w:altChunk/>"
    assert [warning.partition("found ")[2] for warning in read_docx(_docx(body)).warnings] == [
        "a formula, left out",
        "a character of a symbol font, left out",
        "an embedded document, left out",
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_docx("", styles="<!DOCTYPE a><a/>"), "hostile"),
        (b"PK\x03\x04 no archive", "corrupt"),
        (_docx("<w:p>"), "unreadable"),
    ],
)
def test_broken_and_hostile_files_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_docx(data)
    assert caught.value.reason == reason


@settings(max_examples=8, deadline=None)
@given(GRIDS)
def test_any_grid_reads_back_and_mammoth_agrees(grid: list[list[str]]) -> None:
    written = docx.Document()
    table = written.add_table(len(grid), len(grid[0]))
    for row, texts in zip(table.rows, grid, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    buffer = io.BytesIO()
    written.save(buffer)
    assert _grid(read_docx(buffer.getvalue())) == grid
    html = lxml.html.fromstring(f"<div>{mammoth.convert_to_html(buffer).value}</div>")
    assert [[c.text_content() for c in row.iter("td", "th")] for row in html.iter("tr")] == grid


LOGO = 'descr="Logo"'


def _drawing(inner: str = "<pic/>", words: str = "", size: int = 900_000) -> str:
    extent = f'<extent cx="{size}" cy="{size}"/>'
    return f'<w:r><w:drawing>{extent}<docPr name="Picture 1" {words}/>{inner}</w:drawing></w:r>'


def _pict(inner: str, style: str = "width:90pt;height:90pt", words: str = "") -> str:
    return f'<w:r><w:pict><shape style="{style}" {words}>{inner}</shape></w:pict></w:r>'


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (_drawing(words='descr="77 agenten"'), "; alternative text “77 agenten”"),
        (_drawing(words='title="77 agenten"'), "; alternative text “77 agenten”"),
        (_drawing(words=f'descr="{"a" * 90}"'), f"; alternative text “{'a' * 79}…”"),
        (_drawing(), ""),
        (_drawing("<graphic><graphicData><chart/></graphicData></graphic>"), ""),
        (_pict("<imagedata/>", words='alt="77 agenten"'), "; alternative text “77 agenten”"),
        (_pict("<imagedata/>"), ""),
        ("<w:r><w:pict/></w:r>", ""),
        ("<w:r><w:object><shape><imagedata/></shape></w:object></w:r>", ""),
        (f"<w:ins>{_drawing()}</w:ins>", ""),
    ],
)
def test_a_picture_is_told(run: str, words: str) -> None:
    heading = _p(_run("Head"), properties='<w:outlineLvl w:val="0"/>')
    document = read_docx(_docx(heading + _p(_run("a")) + _p(_run("b"), run)))
    assert [p.text for p in document.paragraphs] == ["a", "b"]
    assert document.warnings[-1] == (
        f"document: 1 picture is not read (the first at “Head”, paragraph 2{words})"
    )


@pytest.mark.parametrize(
    "run",
    [
        _drawing(size=9_525),
        _pict("<imagedata/>", style="position:absolute;width:.75pt;height:1px"),
        _drawing("<wsp/>"),
        '<w:r><w:pict><rect style="width:0;height:1.5pt"/></w:pict></w:r>',
        _drawing(f"<wsp><w:txbxContent>{_p(_run('b'))}</w:txbxContent></wsp>"),
        _pict(f"<textbox><w:txbxContent>{_p(_run('b'))}</w:txbxContent></textbox>"),
    ],
)
def test_a_pixel_a_rule_and_a_text_box_are_no_pictures(run: str) -> None:
    assert not read_docx(_docx(_p(_run("a"), run))).warnings


def test_pictures_are_counted_once_in_cells_notes_boxes_choices_and_page_headers() -> None:
    choice = (
        f"<w:r><AlternateContent><Choice>{_drawing()[5:-6]}</Choice>"
        f"<Fallback>{_pict('<imagedata/>')[5:-6]}</Fallback></AlternateContent></w:r>"
    )
    box = _drawing(f"<wsp><w:txbxContent>{_p(_run('b'), _drawing())}</w:txbxContent></wsp>")
    note = f'<w:footnote w:id="4">{_p(_run("Why"), _drawing())}</w:footnote>'
    cell = f"<w:tc>{_p(_run('c'), choice)}</w:tc>"
    body = f"<w:tbl>{_tr(_tc('d'), cell)}</w:tbl>" + _p(_run("a"), box)
    body += _p('<w:r><w:footnoteReference w:id="4"/></w:r>')
    parts = {
        "footnotes": f'<w:footnotes xmlns:w="{NS}">{note}</w:footnotes>',
        "header1": f'<w:hdr xmlns:w="{NS}">{_p(_drawing(words=LOGO))}</w:hdr>',
    }
    assert read_docx(_docx(body, **parts)).warnings == (
        "document: 4 pictures are not read "
        "(the first at table 1, row 1, column 2; alternative text “Logo”)",
    )
