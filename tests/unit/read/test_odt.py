"""ODT: the accepted reading, notes apart, repetition capped."""

import io
import zipfile
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, NoteMark
from ipsdata.read.odt import read_odt

SPACES = " ".join(
    f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
    for n in ("office", "text", "table", "style")
)
SPACES += (
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
)
GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.text("ab<é1", min_size=1, max_size=4), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


def _odt(body: str, before: str = "", automatic: str = "", styles: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "content.xml",
            f"{before}<office:document-content {SPACES}>"
            f"<office:automatic-styles>{automatic}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
        )
        if styles:
            archive.writestr(
                "styles.xml",
                f"<office:document-styles {SPACES}>{styles}</office:document-styles>",
            )
    return buffer.getvalue()


def _style(name: str, properties: str = "", parent: str = "", family: str = "text") -> str:
    return (
        f'<style:style style:name="{name}" style:family="{family}" '
        f'style:parent-style-name="{parent}"><style:text-properties {properties}/></style:style>'
    )


def _span(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def _p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def _cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}>{_p(text)}</table:table-cell>"


def _table(*rows: str) -> str:
    return f"<table:table>{''.join(rows)}</table:table>"


def _row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def _grid(document: Document) -> list[list[str]]:
    (table,) = document.tables
    return [[cell.text for cell in row] for row in table.rows]


def test_headings_lists_and_expanded_spaces() -> None:
    body = '<text:h text:outline-level="2">Head</text:h>' + _p(
        'a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d'
    )
    body += f"<text:list><text:list-item>{_p('item')}</text:list-item></text:list>"
    document = read_odt(_odt(body))
    assert [(p.text, p.list_level) for p in document.paragraphs] == [("a  b\tc\nd", 0), ("item", 1)]
    assert [p.place.headings for p in document.paragraphs] == [("Head",), ("Head",)]


def test_notes_stand_apart() -> None:
    note = (
        '<text:note text:id="n"><text:note-citation>1</text:note-citation>'
        f"<text:note-body>{_p('Why')}</text:note-body></text:note>"
    )
    document = read_odt(_odt(_p(f"12{note} cats")))
    (paragraph,) = document.paragraphs
    assert (paragraph.text, paragraph.notes) == ("12 cats", (NoteMark(2, "1"),))
    assert document.footnotes[0].text == "Why"


def test_tracked_changes_are_read_as_accepted_and_named() -> None:
    body = (
        '<text:tracked-changes><text:changed-region text:id="c"><text:deletion>'
        f"{_p('gone')}</text:deletion></text:changed-region></text:tracked-changes>"
    ) + _p('kept<text:change text:change-id="c"/>')
    document = read_odt(_odt(body))
    assert [p.text for p in document.paragraphs] == ["kept"]
    assert "tracked deletion" in document.warnings[0]


CHANGES = (
    "<text:tracked-changes>"
    '<text:changed-region text:id="d"><text:deletion><text:p>9</text:p></text:deletion>'
    "</text:changed-region>"
    '<text:changed-region text:id="i"><text:insertion/></text:changed-region>'
    "</text:tracked-changes>"
)
INSERTED = '<text:change-start text:change-id="i"/>{}<text:change-end text:change-id="i"/>'


def test_tracked_changes_in_cells_are_named_with_their_place() -> None:
    deleted = '<text:change text:change-id="d"/>'
    start, end = INSERTED.split("{}")
    around = f"<table:table-cell>{start}{_p('3')}{end}</table:table-cell>"
    table = _table(_row(_cell("a"), _cell(f"1{deleted}{INSERTED.format('2')}"), around))
    document = read_odt(_odt(CHANGES + _p(f"x{INSERTED.format('y')}") + table))
    assert [p.text for p in document.paragraphs] == ["xy"]
    assert _grid(document) == [["a", "12", "3"]]
    assert document.warnings == (
        "paragraph 1: found a tracked insertion, read as accepted",
        "table 1, row 1, column 2: found a tracked deletion, read as accepted",
        "table 1, row 1, column 2: found a tracked insertion, read as accepted",
        "table 1, row 1, column 3: found a tracked insertion, read as accepted",
    )


RAISED = 'style:text-position="super 58%"'
NAMED = f"<office:styles>{_style('Anchor', RAISED)}{_style('Mine', '', 'Anchor')}</office:styles>"


@pytest.mark.parametrize(
    ("style", "automatic"),
    [
        ("T1", _style("T1", RAISED)),
        ("T1", _style("T1", 'style:text-position="33% 58%"')),
        ("Anchor", ""),
        ("Mine", ""),
        ("T1", _style("T1", "", "Mine")),
    ],
)
def test_a_style_that_raises_makes_note_marks(style: str, automatic: str) -> None:
    data = _odt(_p(f"12{_span(style, '1')} cats"), automatic=automatic, styles=NAMED)
    (paragraph,) = read_odt(data).paragraphs
    assert (paragraph.text, paragraph.notes) == ("12 cats", (NoteMark(2, "1"),))


@pytest.mark.parametrize(
    "automatic",
    [
        _style("T1", 'style:text-position="0% 100%"', "Mine"),
        _style("T1", 'style:text-position="sub 58%"'),
        _style("T1", RAISED, family="paragraph"),
        _style("T1", "", "T1"),
    ],
)
def test_other_styles_make_none(automatic: str) -> None:
    # The automatic styles of styles.xml are those of page headers.
    styles = f"<office:automatic-styles>{_style('T1', RAISED)}</office:automatic-styles>{NAMED}"
    (paragraph,) = read_odt(
        _odt(_p(f"x{_span('T1', '1')}"), automatic=automatic, styles=styles)
    ).paragraphs
    assert (paragraph.text, paragraph.notes) == ("x1", ())


def test_a_footnote_in_a_raised_span_is_one_mark() -> None:
    note = (
        '<text:note text:id="n"><text:note-citation>1</text:note-citation>'
        f"<text:note-body>{_p('Why 3')}</text:note-body></text:note>"
    )
    document = read_odt(_odt(_p(f"12{_span('Mine', note)} cats"), styles=NAMED))
    (paragraph,) = document.paragraphs
    assert (paragraph.text, paragraph.notes) == ("12 cats", (NoteMark(2, "1"),))
    assert [note.text for note in document.footnotes] == ["Why 3"]


def test_hidden_text_and_sections_are_named() -> None:
    automatic = _style("T1", 'text:display="none"')
    section = f'<text:section text:display="none">{_p("b")}</text:section>'
    document = read_odt(_odt(_p(f"12{_span('T1', '3')}") + section, automatic=automatic))
    assert [p.text for p in document.paragraphs] == ["12", "b"]
    assert document.warnings == (
        "paragraph 1: found hidden text, left out",
        "paragraph 2: found a hidden section, read all the same",
    )


def test_page_headers_and_comments_are_left_out_and_told() -> None:
    comment = f"<office:annotation>{_p('12?')}</office:annotation>"
    region = f'<text:changed-region text:id="d"><text:deletion>{_p(comment)}</text:deletion>'
    changes = f"<text:tracked-changes>{region}</text:changed-region></text:tracked-changes>"
    number = "Pagina <text:page-number>3</text:page-number>"
    master = (
        f"<style:header>{_p('Ministerie<text:tab/>14 mei 2025')}</style:header>"
        f"<style:header-first>{_p('Ministerie<text:tab/>14 mei 2025')}</style:header-first>"
        f"<style:footer>{_p(number)}</style:footer><style:footer-left>{_p('x')}</style:footer-left>"
    )
    styles = f"<office:master-styles><style:master-page>{master}</style:master-page>"
    body = changes + _p(f"text{comment}") + _table(_row(_cell(f"a{comment}")))
    document = read_odt(_odt(body, styles=f"{styles}</office:master-styles>"))
    assert [p.text for p in document.paragraphs] == ["text"]
    assert _grid(document) == [["a"]]
    assert document.warnings == (
        "document: the page header is left out: “Ministerie 14 mei 2025”",
        "document: the page footer is left out: “x”",
        "document: 2 comments are left out",
    )


def test_text_boxes_and_shapes_are_read_once_and_glue_to_nothing() -> None:
    box = (
        f"<draw:frame><draw:text-box>{_p('3')}</draw:text-box><svg:title>T</svg:title></draw:frame>"
    )
    shape = f"<draw:g><draw:custom-shape>{_p('4')}</draw:custom-shape></draw:g>"
    picture = "<draw:frame><draw:image/><svg:desc>a logo</svg:desc></draw:frame>"
    body = box + _p(f"12{shape}{picture} cats") + _table(_row(_cell(f"5{box}{shape}")))
    document = read_odt(_odt(body))
    assert [p.text for p in document.paragraphs] == ["3", "12 cats", "4", "3", "4"]
    assert _grid(document) == [["5"]]
    assert document.warnings == (
        "document: 1 picture is not read (the first at paragraph 2; alternative text “a logo”)",
    )


def test_spans_header_rows_and_hidden_rows() -> None:
    covered = "<table:covered-table-cell/>"
    head = _row(_cell("a", 'table:number-columns-spanned="2"'), covered, _cell("b"))
    body = _table(
        f"<table:table-header-rows>{head}</table:table-header-rows>",
        _row(_cell("1"), _cell("2"), _cell("3"), attributes='table:visibility="collapse"'),
    )
    document = read_odt(_odt(body))
    assert _grid(document) == [["a", "a", "b"], ["1", "2", "3"]]
    assert next(document.tables).hidden_rows == (2,)
    assert "row 2" in document.warnings[0]


def test_a_hidden_column_is_named() -> None:
    column = '<table:table-column table:visibility="collapse"/>'
    columns = f"<table:table-columns><table:table-column/>{column}</table:table-columns>"
    document = read_odt(_odt(_table(columns, _row(_cell("a"), _cell("b")))))
    assert _grid(document) == [["a", "b"]]
    assert document.warnings == ("table 1: found a hidden column, read all the same",)


def test_repetition_is_expanded_but_capped() -> None:
    twice = 'table:number-columns-repeated="2"'
    assert _grid(read_odt(_odt(_table(_row(_cell("x", twice)))))) == [["x", "x"]]
    huge = 'table:number-columns-repeated="1000000000"'
    with pytest.raises(ReadError) as caught:
        read_odt(_odt(_table(_row(_cell("x", huge)))))
    assert caught.value.reason == "too_large"
    spanned = 'table:number-columns-spanned="1000000000" table:number-rows-spanned="1000000000"'
    assert _grid(read_odt(_odt(_table(_row(_cell("x", spanned)))))) == [["x"]]


def test_a_document_type_is_refused() -> None:
    with pytest.raises(ReadError) as caught:
        read_odt(_odt("", "<!DOCTYPE a>"))
    assert caught.value.reason == "hostile"


@settings(max_examples=30, deadline=None)
@given(GRIDS)
def test_any_grid_reads_back(grid: list[list[str]]) -> None:
    rows = [_row(*(_cell(escape(text)) for text in row)) for row in grid]
    assert _grid(read_odt(_odt(_table(*rows)))) == grid


def test_pictures_are_counted_in_text_cells_notes_boxes_and_page_headers() -> None:
    picture = "<draw:frame><draw:image/><draw:image/>{}</draw:frame>"
    chart = picture.format("<draw:object/><svg:title>77 agenten</svg:title>")
    plain = picture.format("")
    box = f"<draw:frame><draw:text-box>{_p('3' + plain)}</draw:text-box></draw:frame>"
    note = (
        "<text:note><text:note-citation>1</text:note-citation>"
        f"<text:note-body>{_p('Why' + plain)}</text:note-body></text:note>"
    )
    body = '<text:h text:outline-level="1">Head</text:h>' + _p("a") + _p(f"b{plain}{note}{box}")
    body += _table(_row(_cell(f"5<draw:g>{chart}</draw:g>"))) + plain
    header = f"<style:master-page><style:header>{_p(plain)}</style:header></style:master-page>"
    document = read_odt(_odt(body, styles=f"<office:master-styles>{header}</office:master-styles>"))
    assert [p.text for p in document.paragraphs] == ["a", "b", "3"]
    assert document.warnings == (
        "document: 6 pictures are not read "
        "(the first at “Head”, paragraph 2; alternative text “77 agenten”)",
    )


def test_a_picture_between_paragraphs_needs_no_alternative_text_to_be_told() -> None:
    document = read_odt(_odt("<draw:frame><draw:image/></draw:frame>" + _p("a")))
    assert document.warnings == ("document: 1 picture is not read (the first at paragraph 1)",)
