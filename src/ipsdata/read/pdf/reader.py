"""Read a PDF: the stages in their order, from bytes to blocks."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pypdfium2
import pypdfium2.raw as pdfium

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Footnote, Place
from ipsdata.read.pdf.blocks import make_blocks
from ipsdata.read.pdf.flow import continued, page_items
from ipsdata.read.pdf.margins import body_size, split_footnotes, without_running
from ipsdata.read.pdf.model import Item, Page
from ipsdata.read.pdf.pages import read_pages
from ipsdata.read.pdf.text import letters
from ipsdata.read.running import Unread, told_count

MEDIA_TYPE = "application/pdf"


def read_pdf(data: bytes) -> Document:
    """Read a PDF.

    Raises:
        ReadError: the file is empty, broken, locked with a password, or has too many pages.
    """
    if not data.strip():
        raise ReadError("empty", "found an empty file, expected a PDF: restore it")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ReadError("unreadable", _refusal(error)) from None
    try:
        return _assemble(read_pages(document))
    except pypdfium2.PdfiumError as error:
        raise ReadError("unreadable", f"found a PDF with a broken page ({error})") from None
    finally:
        document.close()


def _refusal(error: Exception) -> str:
    if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "assword" in str(error):
        return "found a PDF locked with a password: save it without one"
    return "found a broken PDF that can't be opened: restore it"


def _assemble(pages: list[Page]) -> Document:
    pages, warnings = without_running(pages)
    size = body_size(pages)
    warnings += [
        f"page {page.number}: found no text (a scan?); what it shows is not read"
        for page in pages
        if not page.lines
    ]
    warnings += told_count(sum(page.comments for page in pages), "comment")
    warnings += told_count(sum(page.fields for page in pages), "form field")
    warnings += _told_pictures(pages)
    footnotes: list[Footnote] = []
    items: list[Item] = []
    for page in pages:
        lines, notes = split_footnotes(page, size)
        footnotes += notes
        items += page_items(replace(page, lines=lines))
    blocks, inline = make_blocks(continued(items), size, _vocabulary(pages))
    return Document(MEDIA_TYPE, blocks, (*footnotes, *inline), tuple(warnings))


def _told_pictures(pages: Iterable[Page]) -> Iterator[str]:
    """Tell of the pictures beside text; all that a page without text shows is told already."""
    told, seen = Unread(), set[tuple[int, int, int, bytes]]()
    for page in pages:
        for picture in page.pictures if page.lines else ():
            if picture.key not in seen:
                seen.add(picture.key)
                told.add(Place(page=page.number), picture.text)
    return told.told()


def _vocabulary(pages: Iterable[Page]) -> frozenset[str]:
    """Return the words that stand within a line."""
    words = (word.text for page in pages for line in page.lines for word in line.words[:-1])
    return frozenset(letters(word) for word in words)
