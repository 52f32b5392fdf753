"""The straight lines that are drawn on a page."""

import bisect
import ctypes
from collections.abc import Iterable, Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from ipsdata.read.pdf.model import Rule, Rules, Turn

MAX_RULES_A_PAGE = 20_000


def read_rules(page: pypdfium2.PdfPage, turn: Turn) -> Rules:
    """Return the vertical and horizontal lines of a page; none of a page that is a drawing."""
    rules = Rules()
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=4):
        for (xa, ya), (xb, yb) in _edges(shape, turn):
            if abs(xa - xb) < 0.5 < abs(ya - yb):
                rules.vertical.append((xa, min(ya, yb), max(ya, yb)))
            elif abs(ya - yb) < 0.5 < abs(xa - xb):
                rules.horizontal.append((ya, min(xa, xb), max(xa, xb)))
        if len(rules.vertical) + len(rules.horizontal) > MAX_RULES_A_PAGE:
            return Rules()  # a drawing
    return Rules(_joined(rules.vertical), _joined(rules.horizontal))


def _edges(
    shape: pypdfium2.PdfObject, turn: Turn
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield the straight edges of a drawn shape, closing ones included."""
    matrix, x, y = shape.get_matrix(), ctypes.c_float(), ctypes.c_float()
    start = last = (0.0, 0.0)
    for index in range(min(pdfium.FPDFPath_CountSegments(shape.raw), MAX_RULES_A_PAGE)):
        segment = pdfium.FPDFPath_GetPathSegment(shape.raw, index)
        pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = turn(*matrix.on_point(x.value, y.value))
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield last, point
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield point, start


def _joined(rules: list[Rule]) -> list[Rule]:
    """Join rules that continue each other, or lie on top of each other."""
    places = clusters(at for at, _, _ in rules)
    by_place = sorted((_nearest(places, at), low, high) for at, low, high in rules)
    joined: list[Rule] = []
    for at, low, high in by_place:
        if joined and joined[-1][0] == at and low - joined[-1][2] < 3:
            joined[-1] = (at, joined[-1][1], max(high, joined[-1][2]))
        else:
            joined.append((at, low, high))
    return joined


def clusters(values: Iterable[float], within: float = 2.0) -> list[float]:
    """Return one value for each group of neighbouring values."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] <= within:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def _nearest(places: Sequence[float], value: float) -> float:
    after = bisect.bisect_left(places, value)
    return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - value))
