"""Lists in documents: recognised by their words wherever they stand, and never guessed."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.extract.tables import holds_list, table_rows
from ipsdata.layouts import Layout, load_layouts
from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Cell, Document, Heading, Place, Table

Row = Sequence[str]
HEADER = ("Missienaam", "Aantal uitgezonden politiefunctionarissen")
ROWS = (HEADER, ("EUMM Georgië", "4"), ("EUAM Irak", "3"), ("Totaal", "7"))
CAPTION = "Overzicht (peildatum 14 mei 2025)"


@pytest.fixture(scope="module")
def layout() -> Layout:
    return load_layouts(ROOT / "schemas")["deployment_list"]


def inventory_row(**options: str) -> dict[str, Any]:
    return {
        "document_id": "0" * 64,
        "edition_id": "letters/x",
        "path": "letters/x/letter.docx",
        "language": "nl",
        "options": json.dumps(options),
    }


def table(rows: Sequence[Row], caption: str = CAPTION, number: int = 1, **place: Any) -> Table:
    cells = tuple(
        tuple(
            Cell(text, Place(table=number, row=r, column=c, **place))
            for c, text in enumerate(row, 1)
        )
        for r, row in enumerate(rows, 1)
    )
    return Table(cells, Place(table=number, **place), caption)


def read(layout: Layout, *tables: Table, **options: str) -> list[dict[str, Any]]:
    document = Document("text/html", tables)
    return list(table_rows(inventory_row(**options), document, layout))


def said(rows: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, str]]]:
    return [(row["role"], row["locator"], json.loads(row["fields"])) for row in rows]


LIST = [
    ("data", "table 1, row 2", {"mission": "EUMM Georgië", "count": "4"}),
    ("data", "table 1, row 3", {"mission": "EUAM Irak", "count": "3"}),
    ("total", "table 1, row 4", {"mission": "Totaal", "count": "7"}),
]


def test_rows_as_printed_with_place_role_and_caption(layout: Layout) -> None:
    rows = read(layout, table(ROWS))
    assert said(rows) == LIST
    assert {row["caption"] for row in rows} == {CAPTION}
    assert {row["verification"] for row in rows} == {"read"}
    assert {row["problem"] for row in rows} == {None}


def test_other_tables_do_not_matter(layout: Layout) -> None:
    other = table([("Land", "Aantal"), ("België", "3")], number=1)
    rows = read(layout, other, table(ROWS, number=2))
    assert [row["locator"] for row in rows] == [f"table 2, row {n}" for n in (2, 3, 4)]


@pytest.mark.parametrize(
    "header",
    [
        ("Missie", "Aantal"),
        ("Mission", "Number of police officers"),
        ("Naam  missie", "Aantal\npolitiefunctionarissen"),
    ],
)
def test_other_header_words_of_the_layout(layout: Layout, header: Row) -> None:
    assert said(read(layout, table([header, *ROWS[1:]]))) == LIST


def test_columns_may_be_swapped(layout: Layout) -> None:
    assert said(read(layout, table([row[::-1] for row in ROWS]))) == [
        (role, place, dict(reversed(fields.items()))) for role, place, fields in LIST
    ]


def test_header_may_stand_below_titles_which_may_hold_the_date(layout: Layout) -> None:
    titles = [("Uitzendingen", ""), ("Peildatum: 1 december 2025", "")]
    rows = read(layout, table([*titles, *ROWS], caption=""))
    assert [row["locator"] for row in rows] == [f"table 1, row {n}" for n in (4, 5, 6)]
    assert {row["caption"] for row in rows} == {"Peildatum: 1 december 2025"}


def test_repeated_headers_and_empty_rows_are_no_rows(layout: Layout) -> None:
    rows = read(layout, table([*ROWS[:2], ("", ""), HEADER, *ROWS[2:]]))
    assert [fields["mission"] for _, _, fields in said(rows)] == [
        "EUMM Georgië",
        "EUAM Irak",
        "Totaal",
    ]


def test_empty_column_is_none(layout: Layout) -> None:
    assert said(read(layout, table([(*row, "") for row in ROWS]))) == LIST


def test_date_in_the_heading_above(layout: Layout) -> None:
    under = table(ROWS, caption="", headings=("Bijlage", "Overzicht, peildatum 14 mei 2025"))
    assert {row["caption"] for row in read(layout, under)} == {"Overzicht, peildatum 14 mei 2025"}


def test_date_in_a_column(layout: Layout) -> None:
    column = ("Peildatum", "14 mei 2025", "1 mei 2025", "")
    rows = [(*row, date) for row, date in zip(ROWS, column, strict=True)]
    dates = [fields["reference_date"] for _, _, fields in said(read(layout, table(rows)))]
    assert dates == ["14 mei 2025", "1 mei 2025", ""]


def test_no_date_leaves_the_caption_as_it_is(layout: Layout) -> None:
    assert {row["caption"] for row in read(layout, table(ROWS, caption="Overzicht"))} == {
        "Overzicht"
    }
    assert {row["caption"] for row in read(layout, table(ROWS, caption=""))} == {None}


def refused(layout: Layout, *tables: Table) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(layout, *tables)
    assert str(caught.value).startswith("letters/x/letter.docx")
    return caught.value


def test_no_list_tells_what_was_found_instead(layout: Layout) -> None:
    error = refused(layout, table([("Operatie", "Inzet"), ("A", "1")]))
    assert error.reason == "no_list"
    assert "found 1 table," in str(error)
    assert "table 1 starts with 'Operatie | Inzet'" in str(error)
    assert "schemas/layouts/deployment_list.yaml" in str(error)
    assert refused(layout).reason == "no_list"


def test_the_same_list_twice_and_two_lists_are_told_apart(layout: Layout) -> None:
    twice = refused(layout, table(ROWS), table(ROWS, number=2))
    assert twice.reason == "two_lists"
    assert "the same deployment_list 2 times (table 1 and table 2)" in str(twice)
    other = table([*ROWS[:2], ("Totaal", "4")], number=2)
    two = refused(layout, table(ROWS), other)
    assert two.reason == "two_lists"
    assert "2 tables that fit deployment_list (table 1 and table 2)" in str(two)


def test_unknown_column_of_the_list(layout: Layout) -> None:
    error = refused(layout, table([(*HEADER, "Vrouw"), ("EUMM Georgië", "4", "1")]))
    assert error.reason == "columns"
    assert "table 1, row 1" in str(error)
    assert "'Vrouw'" in str(error)


def test_two_reference_dates(layout: Layout) -> None:
    under = table(ROWS, headings=("Overzicht, peildatum 15 mei 2025",))
    error = refused(layout, under)
    assert error.reason == "reference_date"
    assert "15 mei" in str(error)
    assert "14 mei" in str(error)


def test_merged_cell_is_a_problem_of_its_row_only(layout: Layout) -> None:
    found = table(ROWS)
    merged = Cell("4", Place(table=1, row=3, column=2), is_origin=False)
    rows = (*found.rows[:2], (found.rows[2][0], merged), *found.rows[3:])
    result = read(layout, Table(rows, found.place, found.caption))
    assert [row["reason"] for row in result] == [None, "malformed_row", None]
    assert result[1]["problem"].startswith("letters/x/letter.docx, table 1, row 3: ")
    assert json.loads(result[1]["fields"]) == ["EUAM Irak", "4"]


def test_holds_list(layout: Layout) -> None:
    assert holds_list(Document("text/html", (Heading("A", 1, Place()), table(ROWS))), layout)
    assert not holds_list(Document("text/html", (table([("A", "B")]),)), layout)
