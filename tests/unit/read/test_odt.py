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
    for n in ("office", "text", "table")
)
GRIDS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.text("ab<é1", min_size=1, max_size=4), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


def _odt(body: str, before: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "content.xml",
            f"{before}<office:document-content {SPACES}><office:body><office:text>{body}"
            "</office:text></office:body></office:document-content>",
        )
    return buffer.getvalue()


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
