"""The pictures on a page: what they say is lost, while the text around them is read."""

import ctypes
import hashlib
from collections.abc import Iterator
from itertools import islice

import pypdfium2
import pypdfium2.raw as pdfium

from ipsdata.read.pdf.model import Picture

MAX_PICTURES_A_PAGE = 5_000
MAX_DEPTH = 32  # of the tags of a page
MAX_TAGS = 10_000
MAX_HASHED = 2_000_000
MIN_SHARE = 0.01
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))

_Box = tuple[float, float, float, float]


def read_pictures(page: pypdfium2.PdfPage, box: _Box) -> tuple[Picture, ...]:
    """Return the pictures that take up more of a page than a decoration does.

    Args:
        box: what is seen of the page: left, bottom, right, top.
    """
    images = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4)
    large = [
        image for image in islice(images, MAX_PICTURES_A_PAGE) if _share(image, box) > MIN_SHARE
    ]
    texts = _alternative_texts(page) if large else {}
    return tuple(Picture(_key(image), texts.get(_mark(image), "")) for image in large)


def _mark(image: pypdfium2.PdfObject) -> int:
    """Return the number by which the tags of its page name a picture; forms count their own."""
    if image.container is not None:
        return -1
    return int(pdfium.FPDFPageObj_GetMarkedContentID(image.raw))


def _share(image: pypdfium2.PdfObject, box: _Box) -> float:
    """Return which part of the page a picture's box covers."""
    left, bottom, right, top = box
    corners = [_on_page(image, x, y) for x, y in CORNERS]
    xs = [min(max(x, left), right) for x, _ in corners]
    ys = [min(max(y, bottom), top) for _, y in corners]
    area = (right - left) * (top - bottom)
    return (max(xs) - min(xs)) * (max(ys) - min(ys)) / area if area else 0.0


def _on_page(image: pypdfium2.PdfObject, x: float, y: float) -> tuple[float, float]:
    """Return a point of the unit square that a picture fills, also of one within a form."""
    part = image
    while part is not None:
        x, y = part.get_matrix().on_point(x, y)
        part = part.container
    return x, y


def _key(image: pypdfium2.PdfObject) -> tuple[int, int, int, bytes]:
    """Return what tells a picture from others: the same logo on all pages is one."""
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium.FPDFImageObj_GetImagePixelSize(image.raw, ctypes.byref(width), ctypes.byref(height))
    size = pdfium.FPDFImageObj_GetImageDataRaw(image.raw, None, 0)
    digest = b""
    if size <= MAX_HASHED:  # of larger ones, the very size tells
        data = ctypes.create_string_buffer(size)
        pdfium.FPDFImageObj_GetImageDataRaw(image.raw, data, size)
        digest = hashlib.sha256(data.raw).digest()
    return width.value, height.value, size, digest


def _alternative_texts(page: pypdfium2.PdfPage) -> dict[int, str]:
    """Return the alternative texts that the tags of a page give, by marked content."""
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    if not tree:
        return {}
    try:
        return dict(islice(_tagged(tree), MAX_TAGS))
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def _tagged(tree: object) -> Iterator[tuple[int, str]]:
    """Yield marked content with its alternative text, or that of the tag around it."""
    count = min(pdfium.FPDF_StructTree_CountChildren(tree), MAX_TAGS)
    left = [(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at), 0, "") for at in range(count)]
    for _ in range(MAX_TAGS):
        if not left:
            return
        tag, depth, around = left.pop()
        if not tag:
            continue
        if text := _alternative_text(tag) or around:
            yield from ((mark, text) for mark in _marks(tag))
        if depth < MAX_DEPTH:
            children = min(pdfium.FPDF_StructElement_CountChildren(tag), MAX_TAGS)
            left += (
                (pdfium.FPDF_StructElement_GetChildAtIndex(tag, at), depth + 1, text)
                for at in range(children)
            )


def _alternative_text(tag: object) -> str:
    size = min(pdfium.FPDF_StructElement_GetAltText(tag, None, 0), MAX_TAGS)
    if size <= 2:  # the end alone
        return ""
    text = ctypes.create_string_buffer(size)
    pdfium.FPDF_StructElement_GetAltText(tag, text, size)
    return text.raw.decode("utf-16-le", "replace").rstrip("\0")


def _marks(tag: object) -> Iterator[int]:
    count = min(pdfium.FPDF_StructElement_GetMarkedContentIdCount(tag), MAX_TAGS)
    for at in range(count):
        mark = pdfium.FPDF_StructElement_GetMarkedContentIdAtIndex(tag, at)
        if mark >= 0:  # a tag within has none of its own here
            yield mark
