"""Read a spreadsheet (XLSX, XLS, ODS): each sheet that holds anything becomes one table.

calamine reads the values of XLSX and ODS. It returns error cells and formulas without a value as
empty and does not tell what is hidden, and a cell far out makes it abort the process; so the file's
own XML is read first, for those facts and for the limits. XLS is read by xlrd alone: on a broken
one, calamine aborts too.

Text stands as stored: a number without its format, dates in ISO 8601. Rows and columns of a place
are those of the sheet.
"""

import contextlib
import datetime as dt
import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import IO

import xlrd
from lxml import etree
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
)

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Cell, Document, Place, Table
from ipsdata.read.xls import open_xls, xls_values

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
XLS = "application/vnd.ms-excel"

MAX_CELLS = 1_000_000
MAX_SHEETS = 1_000
MAX_XML_BYTES = 200_000_000
MAX_SHARED_STRINGS_BYTES = 50_000_000
MAX_CAPTION_ROWS = 5
MAX_NAMED = 50

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
CELL_PARTS = frozenset({"f", "v", "is"})
CELL_NAME = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, KeyError)
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"

Spot = tuple[int, int]
Area = tuple[int, int, int, int]


@dataclass
class _Facts:
    """What a sheet says beside its values; rows and columns count from 0."""

    name: str
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    errors: dict[Spot, str] = field(default_factory=dict)
    formulas: dict[Spot, str] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    rows: int = 0
    columns: int = 0
    cells: int = 0

    def add(self, row: int, column: int, count: int = 1) -> None:
        """Count a cell with content, and keep within the limit."""
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
        self.cells += count
        if max(self.rows * self.columns, self.cells) > MAX_CELLS:
            raise ReadError(
                "too_large",
                f"sheet “{self.name}”: found content in row {row + 1}, column {column + 1}, "
                f"expected a sheet of at most {MAX_CELLS:,} cells: delete what stands far out",
            )


_Sheet = tuple[_Facts, list[list[str]] | None]


def read_spreadsheet(data: bytes) -> Document:
    """Read an XLSX, XLS or ODS file, recognised by its content.

    Raises:
        ReadError: the file is empty, broken, locked with a password, too large or of another kind.
    """
    if not data.strip():
        raise ReadError("empty", "found an empty file, expected a spreadsheet: restore it")
    if data.startswith(OLE_MAGIC):
        return _document(XLS, _xls_sheets(data))
    media_type, facts = _facts(data)
    return _document(media_type, _sheets(data, facts))


def _document(media_type: str, sheets: Iterable[_Sheet]) -> Document:
    tables: list[Table] = []
    warnings: list[str] = []
    for facts, values in sheets:
        if values is None:
            warnings.append(f"sheet “{facts.name}”: found no cells (a chart or macros); not read")
            continue
        warnings += _warnings(facts)
        table = _table(values, facts)
        if table is not None:
            tables.append(table)
    return Document(media_type, tuple(tables), warnings=tuple(warnings))


def _sheets(data: bytes, facts: dict[str, _Facts]) -> Iterator[_Sheet]:
    workbook = _opened(data)
    for about in workbook.sheets_metadata:
        known = facts.get(about.name, _Facts(about.name))
        has_cells = about.typ == SheetTypeEnum.WorkSheet
        yield known, _values(workbook, about.name) if has_cells else None


@contextlib.contextmanager
def _calamine(refusal: ReadError) -> Iterator[None]:
    """Turn whatever calamine says of a broken file, its panics included, into a refusal."""
    try:
        yield
    except PasswordError:
        raise _locked() from None
    except (CalamineError, OSError, ValueError, OverflowError):
        raise refusal from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's; no exception class of Python's
            raise
        raise refusal from None


def _opened(data: bytes) -> CalamineWorkbook:
    with _calamine(_broken()):
        return CalamineWorkbook.from_filelike(io.BytesIO(data))


def _locked() -> ReadError:
    return ReadError("encrypted", "found a file locked with a password: save it without one")


def _broken() -> ReadError:
    return ReadError("unreadable", "found a spreadsheet that can't be opened: restore it")


def _values(workbook: CalamineWorkbook, name: str) -> list[list[str]]:
    found = f"sheet “{name}”: found a broken sheet: restore the file"
    with _calamine(ReadError("unreadable", found)):
        sheet: CalamineSheet = workbook.get_sheet_by_name(name)
        return [[_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]


def _text(value: object) -> str:
    """Write a value: numbers as Excel counts (15 digits), dates and times in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    number = Decimal(format(value, ".15g"))
    if not number.is_finite():
        return str(value)
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- the grid


def _table(values: list[list[str]], facts: _Facts) -> Table | None:
    grid, copies = _grid(values, facts)
    top, left, bottom, right = _used(grid)
    if bottom <= top:
        return None
    caption, top = _caption(grid, copies, (top, left, bottom, right))
    place = Place(sheet=facts.name, table=1)
    rows = tuple(
        tuple(
            Cell(
                grid[row][column],
                Place(sheet=facts.name, table=1, row=row + 1, column=column + 1),
                (row, column) not in copies,
            )
            for column in range(left, right)
        )
        for row in range(top, bottom)
    )
    hidden = tuple(row + 1 for row in sorted(facts.hidden_rows) if top <= row < bottom)
    return Table(rows, place, caption, hidden)


def _grid(values: list[list[str]], facts: _Facts) -> tuple[list[list[str]], set[Spot]]:
    """Return all cells from A1 on, and which only repeat the first cell of a merged area."""
    height = max(len(values), facts.rows)
    width = max(facts.columns, max(map(len, values), default=0))
    grid = [row + [""] * (width - len(row)) for row in values]
    grid += [[""] * width for _ in range(height - len(grid))]
    for (row, column), text in (facts.formulas | facts.errors).items():
        grid[row][column] = text
    copies: set[Spot] = set()
    for row, column, origin in _merged(facts, height, width):
        grid[row][column] = grid[origin[0]][origin[1]]
        copies.add((row, column))
    return grid, copies


def _merged(facts: _Facts, height: int, width: int) -> Iterator[tuple[int, int, Spot]]:
    """Yield the cells that repeat another one."""
    left_over = MAX_CELLS
    for top, left, bottom, right in facts.merged:
        rows, columns = range(top, min(bottom + 1, height)), range(left, min(right + 1, width))
        left_over -= len(rows) * len(columns)
        if left_over < 0:
            raise ReadError("too_large", f"sheet “{facts.name}”: found too many merged cells")
        for row, column in itertools.product(rows, columns):
            if (row, column) != (top, left):
                yield row, column, (top, left)


def _used(grid: list[list[str]]) -> Area:
    rows = [index for index, row in enumerate(grid) if any(row)]
    if not rows:
        return 0, 0, 0, 0
    columns = [i for row in grid for i, text in enumerate(row) if text]
    return rows[0], min(columns), rows[-1] + 1, max(columns) + 1


def _caption(grid: list[list[str]], copies: set[Spot], used: Area) -> tuple[str, int]:
    """Take the rows above the header that hold one text each; return them and the header's row."""
    top, left, bottom, right = used
    lines: list[str] = []
    row = top
    while row < min(bottom, top + MAX_CAPTION_ROWS):
        texts = [grid[row][c] for c in range(left, right) if (row, c) not in copies]
        filled = [text for text in texts if text]
        if len(filled) > 1:
            return " ".join(lines), row
        lines += filled
        row += 1
    return "", top


# --- warnings


def _warnings(facts: _Facts) -> Iterator[str]:
    sheet = f"sheet “{facts.name}”"
    if facts.hidden:
        yield f"{sheet}: hidden; read all the same"
    if rows := [row for row in facts.hidden_rows if row < facts.rows]:
        yield f"{sheet}: rows {_ranges(rows)} hidden; read all the same"
    if columns := [column for column in facts.hidden_columns if column < facts.columns]:
        yield f"{sheet}: columns {_ranges(columns)} hidden; read all the same"
    yield from _named(sheet, facts.errors, "found the error")
    yield from _named(sheet, facts.formulas, "found a formula without its value,")


def _named(sheet: str, cells: dict[Spot, str], found: str) -> Iterator[str]:
    for (row, column), text in list(cells.items())[:MAX_NAMED]:
        yield f"{sheet}, row {row + 1}, column {column + 1}: {found} {text[:100]}"
    if len(cells) > MAX_NAMED:
        yield f"{sheet}: {found} … in {len(cells) - MAX_NAMED:,} more cells"


def _ranges(numbers: Iterable[int]) -> str:
    """Write numbers that count from 0 as "1, 3–5"."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1]:
            spans[-1][1] += 1
        else:
            spans.append([number, number + 1])
    return ", ".join(str(a + 1) if b == a + 1 else f"{a + 1}–{b}" for a, b in spans)


# --- facts, by format


def _facts(data: bytes) -> tuple[str, dict[str, _Facts]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _zip_facts(archive)
    except (*BROKEN_ZIP, etree.XMLSyntaxError, zlib.error, ValueError) as error:
        if isinstance(error, ReadError):
            raise
        raise _broken() from None


def _zip_facts(archive: zipfile.ZipFile) -> tuple[str, dict[str, _Facts]]:
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise _locked()
    names = {member.filename for member in members}
    if "xl/workbook.xml" in names:
        return XLSX, _xlsx_facts(archive, names)
    if "content.xml" in names:
        return ODS, _ods_facts(archive)
    raise ReadError("unreadable", "found a ZIP that is no spreadsheet, expected XLSX, XLS or ODS")


class _Limited(io.RawIOBase):
    """A stream that refuses to give more than `left` bytes."""

    def __init__(self, stream: IO[bytes], left: int, name: str) -> None:
        super().__init__()
        self._stream, self._left, self._name = stream, left, name

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, 1 << 16) if size > 0 else 1 << 16)
        self._left -= len(data)
        if self._left < 0:
            raise ReadError("too_large", f"{self._name}: found more than expected once unpacked")
        return data


def _elements(
    archive: zipfile.ZipFile, name: str, ends: tuple[str, ...], starts: tuple[str, ...] = ()
) -> Iterator[tuple[str, etree._Element]]:
    """Yield elements, by local name, as they end or start; forget them once they ended."""
    with archive.open(name) as stream:
        parser = etree.iterparse(
            _Limited(stream, MAX_XML_BYTES, name),
            events=("start", "end"),
            tag=[f"{{*}}{tag}" for tag in (*ends, *starts)],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
        )
        for event, element in parser:
            tag = _local_name(element)
            if tag in (starts if event == "start" else ends):
                yield tag, element
            if event == "end":
                _forget(element)


def _local_name(element: etree._Element) -> str:
    # Not `QName`, which is ten times slower: a sheet has up to a million cells.
    return str(element.tag).rpartition("}")[2]


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


# --- XLSX


def _xlsx_facts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, _Facts]:
    _check_shared_strings(archive, names)
    targets = {
        element.get("Id"): element.get("Target", "")
        for _, element in _elements(archive, "xl/_rels/workbook.xml.rels", ("Relationship",))
    }
    facts = {}
    for _, element in _elements(archive, "xl/workbook.xml", ("sheet",)):
        sheet = _Facts(element.get("name", ""), element.get("state", "visible") != "visible")
        relation = next((str(v) for k, v in element.attrib.items() if str(k).endswith("}id")), "")
        target = targets.get(relation, "")
        member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if member in names:
            _read_xlsx_sheet(archive, member, sheet)
        facts[sheet.name] = sheet
        if len(facts) > MAX_SHEETS:
            raise ReadError("too_large", f"found more than {MAX_SHEETS:,} sheets: split the file")
    return facts


def _check_shared_strings(archive: zipfile.ZipFile, names: set[str]) -> None:
    member = "xl/sharedStrings.xml"
    if member not in names:
        return
    with archive.open(member) as stream:
        limited = _Limited(stream, MAX_SHARED_STRINGS_BYTES, member)
        while limited.read():
            pass


def _read_xlsx_sheet(archive: zipfile.ZipFile, member: str, facts: _Facts) -> None:
    row, column = -1, -1
    for tag, element in _elements(archive, member, ("c", "col", "mergeCell"), ("row",)):
        if tag == "row":
            row, column = int(element.get("r", row + 2)) - 1, -1
            if _is_true(element.get("hidden")):
                facts.hidden_rows.add(row)
        elif tag == "c":
            row, column = _spot(element.get("r")) or (row, column + 1)
            _note_xlsx_cell(element, row, column, facts)
        elif tag == "mergeCell":
            facts.merged += _area(element.get("ref", ""))
        elif _is_true(element.get("hidden")):
            first, last = int(element.get("min", 1)), int(element.get("max", 1))
            facts.hidden_columns.update(range(first - 1, min(last, 16_384)))


def _note_xlsx_cell(element: etree._Element, row: int, column: int, facts: _Facts) -> None:
    parts = {_local_name(part): part for part in element.iterchildren("*", reversed=True)}
    if not parts.keys() & CELL_PARTS:
        return
    facts.add(row, column)
    formula, value = parts.get("f"), parts.get("v")
    text = "" if value is None else value.text or ""
    if element.get("t") == "e":
        facts.errors[row, column] = text or "#ERROR"
    elif formula is not None and not text and element.get("t") != "str":
        facts.formulas[row, column] = f"={formula.text or '…'}"


def _is_true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def _spot(name: str | None) -> Spot | None:
    found = CELL_NAME.fullmatch(name or "")
    if found is None:
        return None
    return int(found[2]) - 1, _column(found[1]) - 1


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


def _area(name: str) -> list[Area]:
    first, _, last = name.partition(":")
    start, end = _spot(first), _spot(last or first)
    return [(*start, *end)] if start and end else []


# --- ODS


def _ods_facts(archive: zipfile.ZipFile) -> dict[str, _Facts]:
    if b"encryption-data" in _head(archive, "META-INF/manifest.xml"):
        raise _locked()
    facts: dict[str, _Facts] = {}
    hidden_styles: set[str | None] = set()
    reading = _OdsReading(_Facts(""))
    ends = ("style", "table-row", "table-column")
    for tag, element in _elements(archive, "content.xml", ends, ("table",)):
        if tag == "table":
            name = element.get(f"{TABLE}name", "")
            hidden = element.get(f"{TABLE}style-name") in hidden_styles
            facts[name] = _Facts(name, hidden)
            reading = _OdsReading(facts[name])
        elif tag == "style":
            if any(e.get(f"{TABLE}display") == "false" for e in element):
                hidden_styles.add(element.get(f"{STYLE}name"))
        elif tag == "table-row":
            reading.row(element)
        else:
            reading.column(element)
    return facts


def _head(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as stream:
        return stream.read(1_000_000)


def _repeated(element: etree._Element, what: str) -> int:
    return max(1, int(element.get(f"{TABLE}number-{what}-repeated", 1)))


class _OdsReading:
    """Takes in the rows and columns of one sheet; counts where it is."""

    def __init__(self, facts: _Facts) -> None:
        self.facts = facts
        self.rows = 0
        self.columns = 0

    def column(self, element: etree._Element) -> None:
        count = _repeated(element, "columns")
        if element.get(f"{TABLE}visibility", "visible") != "visible":
            self.facts.hidden_columns.update(range(self.columns, min(self.columns + count, 16_384)))
        self.columns += count

    def row(self, element: etree._Element) -> None:
        count = _repeated(element, "rows")
        column = 0
        for cell in element:
            if cell.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                continue
            width = _repeated(cell, "columns")
            if _has_content(cell):
                self._cell(cell, column, width, count)
            column += width
        hidden = element.get(f"{TABLE}visibility", "visible") != "visible"
        if hidden:
            self.facts.hidden_rows.update(range(self.rows, min(self.rows + count, MAX_CELLS)))
        self.rows += count

    def _cell(self, cell: etree._Element, column: int, width: int, height: int) -> None:
        self.facts.add(self.rows + height - 1, column + width - 1, width * height)
        spots = [(self.rows + r, column + c) for r in range(height) for c in range(width)]
        if error := _ods_error(cell):
            self.facts.errors.update(dict.fromkeys(spots, error))
        elif cell.get(f"{TABLE}formula") and not cell.get(f"{OFFICE}value-type"):
            text = cell.get(f"{TABLE}formula", "").removeprefix("of:")
            self.facts.formulas.update(dict.fromkeys(spots, text))
        down = int(cell.get(f"{TABLE}number-rows-spanned", 1))
        across = int(cell.get(f"{TABLE}number-columns-spanned", 1))
        if max(down, across) > 1:
            self.facts.merged.append((self.rows, column, self.rows + down - 1, column + across - 1))


def _has_content(cell: etree._Element) -> bool:
    return bool(len(cell)) or any(
        cell.get(name) for name in (f"{OFFICE}value-type", f"{TABLE}formula")
    )


def _ods_error(cell: etree._Element) -> str:
    text = "".join(str(text) for text in cell.itertext(f"{TEXT}p", f"{TEXT}span"))
    if cell.get(f"{CALCEXT}value-type") == "error":
        return text or "#ERROR"
    is_error = re.fullmatch(r"#[A-Z/0]+[!?]|#N/A|#N/B|Err:\d+", text) is not None
    return text if is_error and cell.get(f"{TABLE}formula") else ""


# --- XLS


def _xls_sheets(data: bytes) -> Iterator[_Sheet]:
    if ENCRYPTED_STREAM in data:
        raise _locked()
    file = open_xls(data)
    for sheet in file.sheets:
        facts = _xls_sheet_facts(sheet)
        yield facts, [[_text(value) for value in row] for row in xls_values(sheet)]
    yield from ((_Facts(name), None) for name in file.others)


def _xls_sheet_facts(sheet: xlrd.sheet.Sheet) -> _Facts:
    facts = _Facts(sheet.name, hidden=bool(sheet.visibility))
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                continue
            facts.add(row, column)
            if kind == xlrd.XL_CELL_ERROR:
                code = sheet.cell_value(row, column)
                facts.errors[row, column] = xlrd.error_text_from_code.get(code, "#ERROR")
    facts.hidden_rows = {row for row, about in sheet.rowinfo_map.items() if about.hidden}
    facts.hidden_columns = {at for at, about in sheet.colinfo_map.items() if about.hidden}
    facts.merged = [(r0, c0, r1 - 1, c1 - 1) for r0, r1, c0, c1 in sheet.merged_cells]
    return facts
