"""Spreadsheets: nothing hidden, wrong or missing passes in silence."""

import datetime as dt
import io
import itertools
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf import table as odf
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.text import P

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Table
from ipsdata.read.isolated import read_isolated
from ipsdata.read.spreadsheet import read_spreadsheet

Grid = list[list[str]]


def texts(table: Table) -> Grid:
    return [[cell.text for cell in row] for row in table.rows]


def only_table(document: Document) -> Table:
    (table,) = document.tables
    return table


def xlsx(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    workbook = openpyxl.Workbook()
    fill(workbook)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def xlsx_of(rows: list[list[object]]) -> bytes:
    def fill(workbook: openpyxl.Workbook) -> None:
        for row in rows:
            workbook.active.append(row)

    return xlsx(fill)


def xls(fill: Callable[[xlwt.Workbook], None]) -> bytes:
    workbook = xlwt.Workbook()
    fill(workbook)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def ods(fill: Callable[[OpenDocumentSpreadsheet], None]) -> bytes:
    document = OpenDocumentSpreadsheet()
    fill(document)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


def ods_cell(text: str, **known: object) -> odf.TableCell:
    cell = odf.TableCell(**({"valuetype": "string"} | known))
    if text:
        cell.addElement(P(text=text))
    return cell


def ods_of(rows: Grid) -> bytes:
    def fill(document: OpenDocumentSpreadsheet) -> None:
        sheet = odf.Table(name="Sheet")
        document.spreadsheet.addElement(sheet)
        for row in rows:
            line = odf.TableRow()
            sheet.addElement(line)
            for text in row:
                line.addElement(ods_cell(text) if text else odf.TableCell())

    return ods(fill)


def edited(data: bytes, member: str, edit: Callable[[str], str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, edit(content.decode()).encode() if name == member else content)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ROWS: list[list[object]] = [["Missie", "Aantal"], ["EUMA Armenië", 6], ["EUAM Irak", 4]]
READ = [["Missie", "Aantal"], ["EUMA Armenië", "6"], ["EUAM Irak", "4"]]


def test_numbers_dates_and_text_stand_without_artefacts() -> None:
    day, moment = dt.date(2025, 5, 14), dt.datetime(2025, 5, 14, 9, 30)  # noqa: DTZ001
    row = [3.0, 2.5, 0.1 + 0.2, 1e21, -0.0, 15021198103, "007", "397.804", True, day, moment]
    read = texts(only_table(read_spreadsheet(xlsx_of([["h"] * len(row), row]))))[1]
    assert read == [
        "3",
        "2.5",
        "0.3",
        "1000000000000000000000",
        "0",
        "15021198103",
        "007",
        "397.804",
        "TRUE",
        "2025-05-14",
        "2025-05-14T09:30:00",
    ]


def test_rows_and_columns_are_those_of_the_sheet() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        sheet.title = "Blad"
        sheet["C4"], sheet["D4"], sheet["C5"], sheet["D5"] = "a", "b", "c", 1

    table = only_table(read_spreadsheet(xlsx(fill)))
    assert texts(table) == [["a", "b"], ["c", "1"]]
    assert str(table.rows[1][1].place) == "sheet Blad, table 1, row 5, column 4"


def test_a_single_text_above_the_header_is_the_caption() -> None:
    table = only_table(read_spreadsheet(xlsx_of([["Peildatum 14 mei 2025"], [], *ROWS])))
    assert table.caption == "Peildatum 14 mei 2025"
    assert texts(table) == READ
    assert table.rows[0][0].place.row == 3


def test_one_column_has_no_caption() -> None:
    table = only_table(read_spreadsheet(xlsx_of([["a"], ["b"]])))
    assert (table.caption, texts(table)) == ("", [["a"], ["b"]])


def test_each_sheet_with_content_is_a_table() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.create_sheet("Leeg")
        for name in ("Een", "Twee"):
            workbook.create_sheet(name).append([name, 1])

    document = read_spreadsheet(xlsx(fill))
    assert [table.place.sheet for table in document.tables] == ["Een", "Twee"]


def test_xlsx_names_what_is_hidden_and_reads_it() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        for row in ROWS:
            sheet.append(row)
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["B"].hidden = True
        secret = workbook.create_sheet("Geheim")
        secret.append(["x", "y"])
        secret.sheet_state = "veryHidden"

    document = read_spreadsheet(xlsx(fill))
    first, second = document.tables
    assert texts(first) == READ
    assert first.hidden_rows == (2,)
    assert texts(second) == [["x", "y"]]
    assert document.warnings == (
        "sheet “Sheet”: rows 2 hidden; read all the same",
        "sheet “Sheet”: columns 2 hidden; read all the same",
        "sheet “Geheim”: hidden; read all the same",
    )


def test_xlsx_error_cells_and_formulas_without_a_value_are_never_empty() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        sheet.append(["a", "b"])
        sheet["A2"] = "#N/A"
        sheet["A2"].data_type = "e"
        sheet["B2"] = "=1+1"
        sheet["B3"] = "#DIV/0!"
        sheet["B3"].data_type = "e"

    document = read_spreadsheet(xlsx(fill))
    assert texts(only_table(document)) == [["a", "b"], ["#N/A", "=1+1"], ["", "#DIV/0!"]]
    assert document.warnings == (
        "sheet “Sheet”, row 2, column 1: found the error #N/A",
        "sheet “Sheet”, row 3, column 2: found the error #DIV/0!",
        "sheet “Sheet”, row 2, column 2: found a formula without its value, =1+1",
    )


def test_a_cached_formula_value_is_read() -> None:
    def cache(xml: str) -> str:
        return re.sub(r"<f>1\+1</f><v ?/>|<f>1\+1</f><v></v>", "<f>1+1</f><v>2</v>", xml)

    data = edited(xlsx_of([["a", "b"], ["x", "=1+1"]]), SHEET, cache)
    document = read_spreadsheet(data)
    assert (texts(only_table(document))[1], document.warnings) == (["x", "2"], ())


def test_merged_cells_stand_in_each_cell() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        for row in (["a", "b", "c"], ["m", None, 1], [None, None, 2]):
            sheet.append(row)
        sheet.merge_cells("A2:B3")

    table = only_table(read_spreadsheet(xlsx(fill)))
    assert texts(table) == [["a", "b", "c"], ["m", "m", "1"], ["m", "m", "2"]]
    assert [[cell.is_origin for cell in row] for row in table.rows[1:]] == [
        [True, False, True],
        [False, False, True],
    ]


@pytest.mark.parametrize("dimension", ["A1", "A1:A1", "A1:XFD1048576", "C7:D9"])
def test_a_lying_dimension_is_not_believed(dimension: str) -> None:
    def lie(xml: str) -> str:
        return re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="{dimension}"', xml)

    data = edited(xlsx_of(ROWS), SHEET, lie)
    assert texts(only_table(read_spreadsheet(data))) == READ


def test_a_cell_at_the_far_corner_is_refused_before_it_is_read() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active["A1"] = workbook.active["XFD1048576"] = "x"

    with pytest.raises(ReadError, match="row 1048576, column 16384") as caught:
        read_spreadsheet(xlsx(fill))
    assert caught.value.reason == "too_large"


def test_too_many_shared_strings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipsdata.read.spreadsheet.MAX_SHARED_STRINGS_BYTES", 100)
    stream = io.BytesIO(xlsx_of(ROWS))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", "<sst>" + "x" * 100 + "</sst>")
    with pytest.raises(ReadError, match="sharedStrings") as caught:
        read_spreadsheet(stream.getvalue())
    assert caught.value.reason == "too_large"


def test_too_many_merged_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active["A1"], workbook.active["J10"] = "x", "y"
        workbook.active.merge_cells("A1:J9")

    monkeypatch.setattr("ipsdata.read.spreadsheet.MAX_CELLS", 100)
    overlapping = edited(
        xlsx(fill),
        SHEET,
        lambda xml: xml.replace("<mergeCell ", '<mergeCell ref="A1:J9"/><mergeCell '),
    )
    with pytest.raises(ReadError, match="merged"):
        read_spreadsheet(overlapping)


def test_ods_names_what_is_hidden_wrong_or_missing() -> None:
    def fill(document: OpenDocumentSpreadsheet) -> None:
        style = Style(name="hidden", family="table")
        style.addElement(TableProperties(display="false"))
        document.automaticstyles.addElement(style)
        sheet = odf.Table(name="Blad", stylename=style)
        document.spreadsheet.addElement(sheet)
        sheet.addElement(odf.TableColumn())
        sheet.addElement(odf.TableColumn(visibility="collapse"))
        rows = [odf.TableRow(), odf.TableRow(visibility="collapse"), odf.TableRow(), odf.TableRow()]
        cells = [
            (ods_cell("a"), ods_cell("b")),
            (ods_cell("x"), ods_cell("3", valuetype="float", value="3")),
            (ods_cell("#DIV/0!", formula="of:=1/0"), odf.TableCell(formula="of:=1+1")),
            (ods_cell("d"), ods_cell("", valuetype="date", datevalue="2025-05-14")),
        ]
        for row, pair in zip(rows, cells, strict=True):
            sheet.addElement(row)
            for cell in pair:
                row.addElement(cell)
        sheet.addElement(odf.TableRow(visibility="collapse", numberrowsrepeated=1_048_000))

    document = read_spreadsheet(ods(fill))
    table = only_table(document)
    assert texts(table) == [["a", "b"], ["x", "3"], ["#DIV/0!", "=1+1"], ["d", "2025-05-14"]]
    assert table.hidden_rows == (2,)
    assert document.warnings == (
        "sheet “Blad”: hidden; read all the same",
        "sheet “Blad”: rows 2 hidden; read all the same",
        "sheet “Blad”: columns 2 hidden; read all the same",
        "sheet “Blad”, row 3, column 1: found the error #DIV/0!",
        "sheet “Blad”, row 3, column 2: found a formula without its value, =1+1",
    )


def test_ods_merged_and_repeated_cells() -> None:
    def fill(document: OpenDocumentSpreadsheet) -> None:
        sheet = odf.Table(name="Blad")
        document.spreadsheet.addElement(sheet)
        rows = [odf.TableRow(), odf.TableRow(), odf.TableRow()]
        rows[0].addElement(ods_cell("m", numbercolumnsspanned=2, numberrowsspanned=2))
        rows[0].addElement(odf.CoveredTableCell())
        rows[0].addElement(ods_cell("a"))
        rows[1].addElement(odf.CoveredTableCell(numbercolumnsrepeated=2))
        rows[1].addElement(ods_cell("b"))
        rows[2].addElement(ods_cell("r", numbercolumnsrepeated=3))
        for row in rows:
            sheet.addElement(row)

    table = only_table(read_spreadsheet(ods(fill)))
    assert texts(table) == [["m", "m", "a"], ["m", "m", "b"], ["r", "r", "r"]]
    assert not table.rows[1][0].is_origin


def test_ods_repetition_is_limited() -> None:
    def fill(document: OpenDocumentSpreadsheet) -> None:
        sheet = odf.Table(name="Blad")
        document.spreadsheet.addElement(sheet)
        row = odf.TableRow(numberrowsrepeated=1_000_000)
        row.addElement(ods_cell("x", numbercolumnsrepeated=16_000))
        sheet.addElement(row)

    with pytest.raises(ReadError) as caught:
        read_spreadsheet(ods(fill))
    assert caught.value.reason == "too_large"


def test_xls_reads_the_same_and_names_the_same() -> None:
    def fill(workbook: xlwt.Workbook) -> None:
        sheet = workbook.add_sheet("Blad")
        sheet.write(0, 0, "a")
        sheet.write(0, 1, "b")
        sheet.write(1, 0, "007")
        sheet.write(1, 1, 3.0)
        sheet.row(1).hidden = True
        sheet.col(1).hidden = True
        sheet.write_merge(2, 2, 0, 1, "m")
        sheet.row(3).set_cell_error(0, "#N/A!")
        date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
        sheet.write(3, 1, dt.date(2025, 5, 14), date)
        secret = workbook.add_sheet("Geheim")
        secret.write(0, 0, "x")
        secret.visibility = 1

    document = read_spreadsheet(xls(fill))
    first, second = document.tables
    assert texts(first) == [["a", "b"], ["007", "3"], ["m", "m"], ["#N/A", "2025-05-14"]]
    assert first.hidden_rows == (2,)
    assert texts(second) == [["x"]]
    assert document.warnings == (
        "sheet “Blad”: rows 2 hidden; read all the same",
        "sheet “Blad”: columns 2 hidden; read all the same",
        "sheet “Blad”, row 4, column 1: found the error #N/A",
        "sheet “Geheim”: hidden; read all the same",
    )


def plain_xls() -> bytes:
    def fill(workbook: xlwt.Workbook) -> None:
        for name in ("Blad", "Grafiek"):
            sheet = workbook.add_sheet(name)
            for row, column in itertools.product(range(3), range(2)):
                sheet.write(row, column, ROWS[row][column])

    return xls(fill)


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (45791, "yyyy-mm-dd", "2025-05-14"),
        (45791, "[$-413]d mmmm yyyy", "2025-05-14"),
        (45791.5, "d-mmm-yy", "2025-05-14T12:00:00"),
        (45791.25, "yyyy-mm-dd hh:mm", "2025-05-14T06:00:00"),
        (0.75, "h:mm", "18:00:00"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.5, '0.0 "days"', "0.5"),
        (1234.5, "[Red]#,##0.00", "1234.5"),
        (1e15, "yyyy-mm-dd", "1000000000000000"),
        (1e15, "[h]:mm", "1000000000000000"),
    ],
)
@pytest.mark.parametrize("is_1904", [False, True])
def test_xls_numbers_stand_as_they_are_meant(
    number: float, form: str, expected: str, is_1904: bool
) -> None:
    def fill(workbook: xlwt.Workbook) -> None:
        workbook.dates_1904 = is_1904
        is_date = is_1904 and number > 40_000 and expected.startswith("2025")
        shown = number - 1462 if is_date else number
        workbook.add_sheet("Blad").write(0, 0, shown, xlwt.easyxf(num_format_str=form))

    assert texts(only_table(read_spreadsheet(xls(fill)))) == [[expected]]


def test_xls_values_of_other_kinds() -> None:
    def fill(workbook: xlwt.Workbook) -> None:
        row = workbook.add_sheet("Blad").row(0)
        row.set_cell_text(0, "é€ 漢")
        row.set_cell_boolean(1, True)
        row.set_cell_number(2, 12345678901234567890.0)

    read = texts(only_table(read_spreadsheet(xls(fill))))
    assert read == [["é€ 漢", "TRUE", "12345678901234600000"]]


def test_xls_chart_sheet_is_told() -> None:
    chart = bytes([len("Grafiek"), 0]) + b"Grafiek"  # the name, behind the byte of the kind
    data = plain_xls().replace(b"\x00" + chart, b"\x02" + chart)
    document = read_spreadsheet(data)
    assert texts(only_table(document)) == READ
    assert document.warnings == ("sheet “Grafiek”: found no cells (a chart or macros); not read",)


def test_a_lying_dimension_of_an_xls_aborts_nothing() -> None:
    dimension = bytes.fromhex("00020e0000000000")  # the record's kind and size, and the first row
    data = plain_xls().replace(dimension, bytes.fromhex("00020e00000000ff"))
    document = read_isolated(data, "lijst.xls")
    assert [texts(table) for table in document.tables] == [READ, READ]


def test_broken_xls_is_refused_and_crashes_nothing() -> None:
    whole = plain_xls()
    for size in range(600, len(whole), 97):
        with pytest.raises(ReadError) as caught:
            read_spreadsheet(whole[:size])
        assert caught.value.reason == "corrupt"


def test_a_duration_beyond_measure_is_refused() -> None:
    def fill(workbook: openpyxl.Workbook) -> None:
        workbook.active["A1"] = 1e15
        workbook.active["A1"].number_format = "[h]:mm"

    with pytest.raises(ReadError) as caught:
        read_spreadsheet(xlsx(fill))
    assert caught.value.reason == "unreadable"


def test_xls_far_corner_is_refused() -> None:
    def fill(workbook: xlwt.Workbook) -> None:
        sheet = workbook.add_sheet("Blad")
        sheet.write(0, 0, "x")
        sheet.write(65_535, 255, "x")

    with pytest.raises(ReadError) as caught:
        read_spreadsheet(xls(fill))
    assert caught.value.reason == "too_large"


LOCKED = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b" ", "empty", "empty"),
        (b"a,b\n1,2\n", "unreadable", "can't be opened"),
        (LOCKED, "encrypted", "password"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "corrupt", "can't be opened"),
        (xlsx_of(ROWS)[:-200], "unreadable", "can't be opened"),
        (zipped("word/document.xml"), "unreadable", "no spreadsheet"),
        (zipped("xl/workbook.xml"), "unreadable", "can't be opened"),
        (zipped("content.xml"), "unreadable", "can't be opened"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, reason: str, words: str) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        read_spreadsheet(data)
    assert caught.value.reason == reason


def test_a_damaged_sheet_is_refused() -> None:
    data = edited(xlsx_of(ROWS), SHEET, lambda xml: xml.replace("</row>", "</rwo>"))
    with pytest.raises(ReadError):
        read_spreadsheet(data)


WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), include_characters=" "),
    min_size=1,
    max_size=8,
).filter(lambda text: text == text.strip() and "  " not in text and text[0] not in "=#")


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    width = draw(st.integers(2, 4))
    row = st.lists(st.one_of(WORDS, st.just("")), min_size=width, max_size=width)
    rows = draw(st.lists(row, min_size=1, max_size=5))
    header = draw(st.lists(WORDS, min_size=width, max_size=width))
    last = draw(st.lists(WORDS, min_size=width, max_size=width))
    return [header, *rows, last]


@settings(max_examples=60, deadline=None)
@given(grids())
def test_any_grid_reads_back(grid: Grid) -> None:
    for data in (xlsx_of([[text or None for text in row] for row in grid]), ods_of(grid)):
        assert texts(only_table(read_spreadsheet(data))) == grid
