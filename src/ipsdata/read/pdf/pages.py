"""The pages of a PDF, each as it is seen: its lines of text and its drawn rules."""

import ctypes
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from ipsdata.read.delimited import ReadError
from ipsdata.read.pdf.model import Page, Turn
from ipsdata.read.pdf.pictures import read_pictures
from ipsdata.read.pdf.rules import read_rules
from ipsdata.read.pdf.words import read_lines

MAX_PAGES = 500
COMMENTS = frozenset({pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT})


def read_pages(document: pypdfium2.PdfDocument) -> list[Page]:
    """Read the pages.

    Raises:
        ReadError: there are too many, or one holds too much.
    """
    if len(document) > MAX_PAGES:
        found = f"found {len(document):,} pages, expected at most {MAX_PAGES}: split the file"
        raise ReadError("too_large", found)
    return [_page(document[index], index + 1) for index in range(len(document))]


def _page(page: pypdfium2.PdfPage, number: int) -> Page:
    left, bottom, right, top = _box(page)
    turn = _turn(page.get_rotation(), (left, bottom, right, top))
    lines = read_lines(page.get_textpage(), number, turn)
    low, high = sorted((turn(left, bottom)[1], turn(right, top)[1]))
    rules = read_rules(page, turn)
    pictures = read_pictures(page, (left, bottom, right, top))
    upon = list(_annotations(page))
    page.close()
    comments = sum(kind in COMMENTS for kind in upon)
    fields = upon.count(pdfium.FPDF_ANNOT_WIDGET)
    return Page(number, low, high, lines, rules, comments, fields, pictures)


def _box(page: pypdfium2.PdfPage) -> tuple[float, float, float, float]:
    """Return what is seen of a page, also if the file gives one size for all its pages."""
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page.raw, ctypes.byref(box))
    return box.left, box.bottom, box.right, box.top


def _annotations(page: pypdfium2.PdfPage) -> Iterator[int]:
    """Yield the kinds of what lies upon a page and is no part of its text."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        yield pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)


def _turn(rotation: int, box: tuple[float, float, float, float]) -> Turn:
    """Return what turns a point of the page to where a reader sees it."""
    left, bottom, right, top = box
    turns: dict[int, Turn] = {
        90: lambda x, y: (y - bottom, right - x),
        180: lambda x, y: (right - x, top - y),
        270: lambda x, y: (top - y, x - left),
    }
    return turns.get(rotation, lambda x, y: (x, y))
