"""Make test letters: one invented letter in all forms that are read, always the same bytes.

A letter reads the same in each of its forms if its text is plain running text: single spaces,
characters of Windows-1252 (the fonts of the PDF), no word that is a dash or ends in a hyphen,
paragraphs that end in a full stop, headings that do not and that differ in more than a number,
text between two tables, and tables of two columns and two rows at least, without an empty row.
Notes need a letter that is longer than they are.
"""

import csv
import datetime as dt
import io
import re
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from unittest.mock import patch

import docx
import openpyxl
import xlwt
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from fpdf import FPDF
from odf import style, table, text
from odf.element import Element
from odf.namespaces import nsdict
from odf.opendocument import OpenDocument, OpenDocumentSpreadsheet, OpenDocumentText

from ipsdata.read.detect import CSV, HTML, PLAIN_TEXT, XLS
from ipsdata.read.preflight import DOCX, ODS, ODT, PDF, XLSX

Grid = tuple[tuple[str, ...], ...]

MEDIA_TYPES = {
    "txt": PLAIN_TEXT,
    "docx": DOCX,
    "odt": ODT,
    "html": HTML,
    "pdf": PDF,
    "xlsx": XLSX,
    "xls": XLS,
    "ods": ODS,
    "csv": CSV,
}
FORMS = ("txt", "docx", "odt", "html", "pdf")
LIST_FORMS = ("xlsx", "xls", "ods", "csv")

SAVED = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
RUNNING_HEADER = "Ministerie van Voorbeelden"
SHEET = "Overzicht"
MARK = re.compile(r"\[\^(\d+)\]")
WHOLE_NUMBER = re.compile(r"0|[1-9]\d{0,14}")


@dataclass(frozen=True)
class Section:
    """A heading, and the paragraphs and tables under it; a table's first row is its header."""

    heading: str
    blocks: tuple[str | Grid, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A letter; `[^1]` in a paragraph is the mark of note "1".

    Attributes:
        notes: the text of each note; numbered from 1, each marked once, in this order.
    """

    sections: tuple[Section, ...]
    notes: Mapping[str, str] = field(default_factory=dict)


def render(letter: Letter, form: str) -> bytes:
    """Return the letter as a file of one of the `FORMS`."""
    _check_notes(letter)
    makers: dict[str, Callable[[Letter], bytes]] = {
        "txt": _txt,
        "docx": _docx,
        "odt": _odt,
        "html": _html,
        "pdf": _pdf,
    }
    return makers[form](letter)


def render_list(grid: Grid, form: str, caption: str | None = None) -> bytes:
    """Return a bare list as a file of one of the `LIST_FORMS`.

    Args:
        grid: the header and the rows; whole numbers become numbers in a spreadsheet.
        form: one of `LIST_FORMS`.
        caption: what stands in a row of its own above the header; a CSV has none.
    """
    if form == "csv":
        return _csv(grid)
    makers: dict[str, Callable[[Grid], bytes]] = {"xlsx": _xlsx, "xls": _xls, "ods": _ods}
    return makers[form](grid if caption is None else ((caption,), *grid))


def _check_notes(letter: Letter) -> None:
    paragraphs = (block for block in _blocks(letter) if isinstance(block, str))
    marks = [mark for paragraph in paragraphs for mark in MARK.findall(paragraph)]
    expected = [str(number) for number in range(1, len(letter.notes) + 1)]
    if not marks == list(letter.notes) == expected:
        raise ValueError(f"found the marks {marks} and the notes {list(letter.notes)}")


def _blocks(letter: Letter) -> Iterator[str | Grid]:
    return (block for section in letter.sections for block in section.blocks)


def _pieces(paragraph: str) -> list[tuple[str, str]]:
    """Return stretches of text, each with the note mark that follows it, or none."""
    parts = [*MARK.split(paragraph), ""]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _with_inline_notes(letter: Letter, paragraph: str) -> str:
    """Write marks and notes as Word does when it saves plain text, notes last."""
    marked = MARK.sub(r"[footnoteRef:\1]", paragraph)
    notes = (f" [{mark}:  {letter.notes[mark]}]" for mark in MARK.findall(paragraph))
    return marked + "".join(notes)


# Ready letters

INTRODUCTION = Section(
    "Inleiding",
    (
        "Deze brief is een voorbeeld en beschrijft verzonnen samenwerking tussen de politie en "
        "haar partners in het buitenland. Wat “vooraf” was afgesproken, stond in de vorige "
        "brief.[^1] Coördinatie blijft daarbij het sleutelwoord.",
        "Hieronder volgen de cijfers van het afgelopen half jaar, in dezelfde volgorde als eerder.",
    ),
)
SIS = Section(
    "Schengeninformatiesysteem",
    (
        "Het systeem is Schengenbreed zestien miljard keer bevraagd in 2025. Nederland is de "
        "grootste bevrager van het systeem, met meer dan vier miljard bevragingen. Er zijn in "
        "totaal 95,2 miljoen signaleringen ingevoerd in het Schengeninformatiesysteem. Nederland "
        "staat met 5,1 miljoen signaleringen op de zevende plek.",
        "In 2025 zijn Schengenbreed 401.235 hits gerapporteerd: 104.210 hits i.h.k.v. een "
        "signalering terugkeerbesluit en 12.340 hits i.h.k.v. een signalering Europees "
        "arrestatiebevel. Gemiddeld zijn dat 44 miljoen bevragingen per dag, die 1.099 hits per "
        "dag gaven.",
    ),
)
NOTES = {"1": "Zie de vorige brief over dit onderwerp."}


def letter_of(  # noqa: PLR0913 - each argument varies one thing about one letter
    date_nl: str,
    rows: Grid,
    *,
    header: tuple[str, ...] = ("Missienaam", "Aantal uitgezonden politiefunctionarissen"),
    total: str | None = "auto",
    list_heading: str = "Overzicht uitgezonden politiefunctionarissen (peildatum {date})",
    table_first: bool = False,
    extra: tuple[Section, ...] = (),
) -> Letter:
    """Return a letter with an introduction, figures of the SIS and a list of missions.

    Args:
        date_nl: the reference date as printed, such as "14 mei 2026".
        rows: the rows of the list, without header and total.
        header: the header of the list.
        total: the printed total; "auto" sums the last column, `None` leaves it out.
        list_heading: the heading of the list, `{date}` standing for the date.
        table_first: put the list before the prose.
        extra: sections that follow the figures of the SIS.
    """
    grid = (header, *rows, *_total_row(rows, len(header), total))
    overview = Section(list_heading.format(date=date_nl), (grid,))
    prose = (INTRODUCTION, SIS, *extra)
    return Letter((overview, *prose) if table_first else (*prose, overview), NOTES)


def _total_row(rows: Grid, width: int, total: str | None) -> Grid:
    if total is None:
        return ()
    printed = str(sum(int(row[-1]) for row in rows)) if total == "auto" else total
    return (("Totaal", *[""] * (width - 2), printed),)


# Plain text, as the real letter's: a cell a line, a blank line before each row


def _txt(letter: Letter) -> bytes:
    sections = (_txt_section(letter, section) for section in letter.sections)
    return ("\n\n".join(sections) + "\n").encode()


def _txt_section(letter: Letter, section: Section) -> str:
    blocks = [
        _with_inline_notes(letter, block) if isinstance(block, str) else _txt_table(block)
        for block in section.blocks
    ]
    return f"{section.heading}\n" + "\n\n".join(blocks)


def _txt_table(grid: Grid) -> str:
    return "".join("\n" + "".join(f"\t{cell}\n" for cell in row) for row in grid).removesuffix("\n")


# DOCX


def _docx(letter: Letter) -> bytes:
    document = docx.Document()
    document.styles.add_style("footnote text", WD_STYLE_TYPE.PARAGRAPH)
    mark_style = document.styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
    mark_style.font.superscript = True
    for section in letter.sections:
        document.add_heading(section.heading, 1)
        for block in section.blocks:
            if isinstance(block, str):
                _docx_paragraph(document.add_paragraph(), block)
            else:
                _docx_table(document, block)
    if letter.notes:
        _docx_notes(document, letter.notes)
    return _zipped_alike(_saved(document.save))


def _docx_paragraph(paragraph: Paragraph, content: str) -> None:
    for said, mark in _pieces(content):
        paragraph.add_run(said)
        if mark:
            reference = OxmlElement("w:footnoteReference")
            reference.set(qn("w:id"), mark)
            paragraph.add_run(style="footnote reference")._r.append(reference)


def _docx_table(document: Any, grid: Grid) -> None:
    made = document.add_table(len(grid), len(grid[0]), style="Table Grid")
    for row, texts in zip(made.rows, grid, strict=True):
        for cell, content in zip(row.cells, texts, strict=True):
            cell.text = content
    made.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _docx_notes(document: Any, notes: Mapping[str, str]) -> None:
    part = Part(
        PackURI("/word/footnotes.xml"),
        CONTENT_TYPE.WML_FOOTNOTES,
        _docx_notes_xml(notes).encode(),
        document.part.package,
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _docx_notes_xml(notes: Mapping[str, str]) -> str:
    separators = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{kind}/></w:r></w:p>'
        "</w:footnote>"
        for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
    )
    written = "".join(
        f'<w:footnote w:id="{mark}"><w:p><w:pPr><w:pStyle w:val="footnotetext"/></w:pPr>'
        '<w:r><w:rPr><w:rStyle w:val="footnotereference"/></w:rPr><w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {escape(note)}</w:t></w:r></w:p></w:footnote>'
        for mark, note in notes.items()
    )
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'{declaration}<w:footnotes xmlns:w="{namespace}">{separators}{written}</w:footnotes>'


# ODT


def _odt(letter: Letter) -> bytes:
    document = OpenDocumentText()
    heading_style = style.Style(name="Heading_20_1", displayname="Heading 1", family="paragraph")
    heading_style.addElement(style.TextProperties(fontsize="16pt", fontweight="bold"))
    document.styles.addElement(heading_style)
    for section in letter.sections:
        document.text.addElement(
            text.H(outlinelevel=1, stylename=heading_style, text=section.heading)
        )
        for number, block in enumerate(section.blocks, start=1):
            if isinstance(block, str):
                document.text.addElement(_odt_paragraph(letter, block))
            else:
                name = f"{section.heading} {number}"
                document.text.addElement(_odt_table(block, name, _odt_cell))
    return _odf_saved(document)


def _odt_paragraph(letter: Letter, content: str) -> Any:
    paragraph = text.P()
    for said, mark in _pieces(content):
        paragraph.addText(said)
        if mark:
            note = text.Note(id=f"ftn{mark}", noteclass="footnote")
            note.addElement(text.NoteCitation(text=mark))
            body = text.NoteBody()
            body.addElement(text.P(text=letter.notes[mark]))
            note.addElement(body)
            paragraph.addElement(note)
    return paragraph


def _odt_table(grid: Grid, name: str, cell: Callable[[str], Any]) -> Any:
    made = table.Table(name=name)
    made.addElement(table.TableColumn(numbercolumnsrepeated=max(map(len, grid))))
    header = table.TableHeaderRows()
    made.addElement(header)
    for number, texts in enumerate(grid):
        row = table.TableRow()
        (made if number else header).addElement(row)
        for content in texts:
            row.addElement(cell(content))
    return made


def _odt_cell(content: str, **known: str) -> Any:
    cell = table.TableCell(**({"valuetype": "string"} | known))
    cell.addElement(text.P(text=content))
    return cell


def _odf_saved(document: OpenDocument) -> bytes:
    # odfpy declares the namespaces that were used since it was imported.
    with patch.object(Element, "namespaces", dict(nsdict)):
        return _zipped_alike(_saved(document.write))


# HTML, as LibreOffice writes it: lines broken at 72 characters, notes as in the real letter


def _html(letter: Letter) -> bytes:
    sections = "".join(_html_section(letter, section) for section in letter.sections)
    return (
        '<!DOCTYPE html>\n<html lang="nl">\n<head>\n'
        '\t<meta http-equiv="content-type" content="text/html; charset=utf-8"/>\n'
        "\t<title>Brief</title>\n"
        '\t<style type="text/css">\n'
        "\t\tp { line-height: 115%; margin-bottom: 0.08in }\n"
        "\t\ttd, th { border: 1px solid #000000; padding: 0in 0.08in }\n"
        f"\t</style>\n</head>\n<body>\n{sections}</body>\n</html>\n"
    ).encode()


def _html_section(letter: Letter, section: Section) -> str:
    blocks = (
        f"<p>{_html_text(_with_inline_notes(letter, block))}</p>\n"
        if isinstance(block, str)
        else _html_table(block)
        for block in section.blocks
    )
    return f"<h1>{_html_text(section.heading)}</h1>\n" + "".join(blocks)


def _html_text(content: str) -> str:
    return textwrap.fill(escape(content), 72, break_long_words=False, break_on_hyphens=False)


def _html_table(grid: Grid) -> str:
    head, *body = (_html_row(row, "td" if number else "th") for number, row in enumerate(grid))
    return (
        f'<table cellpadding="7" cellspacing="0">\n<thead>\n{head}</thead>\n'
        f"<tbody>\n{''.join(body)}</tbody>\n</table>\n"
    )


def _html_row(row: tuple[str, ...], tag: str) -> str:
    cells = "".join(f"\t\t<{tag}><p>{_html_text(cell)}</p></{tag}>\n" for cell in row)
    return f"\t<tr>\n{cells}\t</tr>\n"


# PDF

LINE_HEIGHT = 5.5
NOTE_LINE_HEIGHT = 4.0
PARAGRAPH_GAP = 4.0
MARGIN = 25.0
ROOM_TO_START = 35.0


def _pdf(letter: Letter) -> bytes:
    made = _typeset(letter, "")
    if made.pages_count > 1:  # on a single page, nothing tells a running header from the letter
        made = _typeset(letter, RUNNING_HEADER)
    return bytes(made.output())


def _typeset(letter: Letter, running_header: str) -> "_Pages":
    made = _Pages(letter, running_header)
    made.add_page()
    for section in letter.sections:
        made.heading(section.heading)
        for block in section.blocks:
            if isinstance(block, str):
                made.paragraph(block)
            else:
                made.grid(block)
    return made


class _Pages(FPDF):
    """Pages with a running header, and a footer of notes and a page number."""

    def __init__(self, letter: Letter, running_header: str) -> None:
        super().__init__(format="A4")
        self._running_header = running_header
        self._notes = letter.notes
        self._waiting: list[str] = []
        self.core_fonts_encoding = "windows-1252"
        self.set_creation_date(SAVED)
        self.set_margin(MARGIN)
        self.c_margin = 0
        self._foot = MARGIN + self._notes_height()
        self.set_auto_page_break(auto=True, margin=self._foot)

    def header(self) -> None:
        self.set_font("Helvetica", size=8)
        self.set_y(12)
        self.cell(0, 4, self._running_header)
        self.set_y(MARGIN)

    def footer(self) -> None:
        self.set_y(-self._foot + 4)
        for mark in self._waiting:
            self._say(f"{mark} {self._notes[mark]}", 8, NOTE_LINE_HEIGHT)
        self._waiting = []
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.cell(0, 4, f"Pagina {self.page_no()} van {{nb}}", align="C")

    def heading(self, content: str) -> None:
        self._keep_together()
        self.ln(PARAGRAPH_GAP)
        self.set_font("Helvetica", "B", 14)
        self.multi_cell(0, 7, content, align="L", new_x="LMARGIN", new_y="NEXT")

    def paragraph(self, content: str) -> None:
        self._say(content, 11, LINE_HEIGHT)
        self.ln(PARAGRAPH_GAP)

    def grid(self, grid: Grid) -> None:
        self._keep_together()
        self.ln(PARAGRAPH_GAP)
        self.set_font("Helvetica", size=11)
        with self.table(text_align="LEFT", line_height=LINE_HEIGHT, padding=1) as made:
            for row in grid:
                made.row(row)
        self.ln(PARAGRAPH_GAP)

    def _keep_together(self) -> None:
        """Start a page rather than part a heading, or a table's header, from what follows."""
        if self.will_page_break(ROOM_TO_START):
            self.add_page()

    def _say(self, content: str, size: float, height: float) -> None:
        """Write words and raised marks, a new line where the next word does not fit."""
        self.set_font("Helvetica", size=size)
        for word in content.split(" "):
            if self.x + self._width(word) > self.w - self.r_margin:
                self.ln(height)
            for said, mark in _pieces(f"{word} "):
                self._put(said, height)
                self.char_vpos = "SUP"
                self._put(mark, height)
                self.char_vpos = "LINE"
            if not self.in_footer:
                self._waiting += MARK.findall(word)
        self.ln(height)

    def _put(self, said: str, height: float) -> None:
        if said:
            self.cell(None, height, said)

    def _width(self, word: str) -> float:
        return self.get_string_width(MARK.sub(r"\1", word))

    def _notes_height(self) -> float:
        """Return the room that all notes take, should they stand on one page."""
        self.set_font("Helvetica", size=8)
        lines = sum(1 + int(self._width(note) / (self.epw * 0.9)) for note in self._notes.values())
        return lines * NOTE_LINE_HEIGHT


# Bare lists


def _csv(grid: Grid) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(grid)
    return stream.getvalue().encode()


def _xlsx(grid: Grid) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = SHEET
    for row in grid:
        sheet.append([_value(cell) for cell in row])
    workbook.properties.created = SAVED.replace(tzinfo=None)
    return _zipped_alike(_saved(workbook.save))


def _xls(grid: Grid) -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet(SHEET)
    for y, row in enumerate(grid):
        for x, cell in enumerate(row):
            sheet.write(y, x, _value(cell))
    return _saved(workbook.save)


def _ods(grid: Grid) -> bytes:
    document = OpenDocumentSpreadsheet()
    document.spreadsheet.addElement(_odt_table(grid, SHEET, _ods_cell))
    return _odf_saved(document)


def _ods_cell(content: str) -> Any:
    if WHOLE_NUMBER.fullmatch(content):
        return _odt_cell(content, valuetype="float", value=content)
    return _odt_cell(content) if content else table.TableCell()


def _value(content: str) -> str | int | None:
    return int(content) if WHOLE_NUMBER.fullmatch(content) else content or None


# Files


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def _zipped_alike(data: bytes) -> bytes:
    """Return an archive whose times do not tell when it was made."""
    stream = io.BytesIO()
    stamp = SAVED.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == "docProps/core.xml":
                content = re.sub(rb'(?<=W3CDTF">)[^<]+', stamp, content)
            alike = zipfile.ZipInfo(member.filename, SAVED.timetuple()[:6])
            new.writestr(alike, content, member.compress_type)
    return stream.getvalue()
