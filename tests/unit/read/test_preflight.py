"""Hostile, broken and oversized containers are refused before a library sees them."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.read.delimited import ReadError
from ipsdata.read.preflight import DOCX, ODS, ODT, PDF, XLSX, Limits, preflight

SMALL = Limits(file_bytes=2_000_000, inflated_bytes=5_000_000, members=100, cells=1_000)
MAIN = "word/document.xml"
SHEET = "xl/worksheets/sheet1.xml"


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names are what some tests are about
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            file.writestr(info, content)
    return target.getvalue()


def refused(data: bytes, media_type: str = DOCX, limits: Limits = SMALL) -> ReadError:
    with pytest.raises(ReadError) as caught:
        preflight(data, media_type, limits)
    return caught.value


def patched(data: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite a field of the first record with this signature."""
    start = data.index(signature) + offset
    return data[:start] + value + data[start + len(value) :]


def lying(data: bytes, size: int) -> bytes:
    field = struct.pack("<L", size)
    return patched(patched(data, b"PK\x03\x04", 22, field), b"PK\x01\x02", 24, field)


def overlapping(count: int) -> bytes:
    """Write many members that share one content (as in Fifield's bomb, without the quoting)."""
    compress = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = bytes(1_000_000)
    packed = compress.compress(content) + compress.flush()
    sizes = struct.pack("<LLL", zlib.crc32(content), len(packed), len(content))
    local = b"PK\x03\x04" + struct.pack("<5H", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", 1, 0)
    body = local + b"a" + packed
    central = b"".join(
        b"PK\x01\x02"
        + struct.pack("<6H", 20, 20, 0, 8, 0, 0)
        + sizes
        + struct.pack("<5H2L", 1, 0, 0, 0, 0, 0, 0)
        + bytes([97 + number])
        for number in range(count)
    )
    end = struct.pack("<4H2LH", 0, 0, count, count, len(central), len(body), 0)
    return body + central + b"PK\x05\x06" + end


def quoted() -> bytes:
    """Write two members of which the first holds the second's header within its own data."""
    inner = archive(("b", b"x" * 100), method=zipfile.ZIP_STORED)
    local = inner[: inner.index(b"PK\x01\x02")]
    outer = archive(("a", local), method=zipfile.ZIP_STORED)
    start, end = outer.index(b"PK\x01\x02"), outer.index(b"PK\x05\x06")
    central_a = outer[start:end]
    inner_start, inner_end = inner.index(b"PK\x01\x02"), inner.index(b"PK\x05\x06")
    central_b = inner[inner_start:inner_end]
    central_b = central_b[:42] + struct.pack("<L", outer.index(local)) + central_b[46:]
    central = central_a + central_b
    tail = struct.pack("<4H2LH", 0, 0, 2, 2, len(central), start, 0)
    return outer[:start] + central + b"PK\x05\x06" + tail


def nested(depth: int, content: bytes = b"<a/>") -> bytes:
    data = content
    for _ in range(depth):
        data = archive(("inner.zip", data))
    return archive(("word/embeddings/1.xlsx", data))


GOOD = archive((MAIN, b"<a>tekst</a>"), ("word/media/1.png", b"\x89PNG\0<x"), ("empty.xml", b""))


@pytest.mark.parametrize("media_type", [DOCX, ODT, XLSX, ODS])
def test_good_archive_passes(media_type: str) -> None:
    assert preflight(GOOD, media_type, SMALL) == ()
    assert preflight(nested(1), media_type, SMALL) == ()


def test_types_without_container_are_only_measured() -> None:
    assert preflight(b"<!DOCTYPE html><p>", "text/html", SMALL) == ()
    assert refused(bytes(2_000_001), "text/html").reason == "too_large"


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (archive((MAIN, b"<a>" + bytes(6_000_000))), "limit", "5,000,000 bytes"),
        (archive(*((f"{n}.xml", bytes(900_000)) for n in range(6))), "corrupt", "no XML"),
        (archive(*((f"{n}.bin", bytes(900_000)) for n in range(6))), "limit", "5,000,000 bytes"),
        (archive(*((str(n), b"") for n in range(101))), "limit", "100 members"),
        (nested(1, archive(("x", bytes(6_000_000)))), "limit", "5,000,000 bytes"),
        (nested(5), "hostile", "archives within archives"),
        (overlapping(20), "hostile", "two names"),
        (quoted(), "hostile", "overlap"),
        (lying(archive((MAIN, b"<a>" + bytes(9_000))), 10), "hostile", "holds 9,003"),
        (lying(archive((MAIN, b"<a>")), 1 << 31), "hostile", "holds 3"),
        (archive((MAIN, b"<a/>"), (MAIN, b"<b/>")), "hostile", "one name"),
        (archive(("../" + MAIN, b"<a/>")), "hostile", "outside"),
        (archive(("word/../../x", b"<a/>")), "hostile", "outside"),
        (archive(("/etc/passwd", b"<a/>")), "hostile", "outside"),
        (archive(("C:/x", b"<a/>")), "hostile", "outside"),
        (archive(("..\\x", b"<a/>")), "hostile", "outside"),
        (patched(GOOD, b"PK\x01\x02", 8, b"\x01\x00"), "encrypted", "password"),
        (patched(GOOD, b"PK\x03\x04", 30, b"W"), "hostile", "two names"),
        (patched(GOOD, b"PK\x03\x04", 0, b"XX"), "corrupt", "header"),
        (patched(GOOD, b"PK\x01\x02", 10, b"\x0e\x00"), "corrupt", "method 14"),
        (patched(GOOD, b"PK\x01\x02", 16, b"\0\0\0\0"), "corrupt", "checksum"),
        (patched(GOOD, b"PK\x01\x02", 42, b"\xff\xff\xff\x7f"), "corrupt", "again"),
        (patched(GOOD, b"PK\x01\x02", 20, b"\x05\0\0\0"), "corrupt", "too early"),
        (archive((MAIN, b"geen xml")), "corrupt", "no XML"),
        (archive((MAIN, b"\x4c\x6f\xa7\x94")), "corrupt", "no XML"),
        (archive((MAIN, b'<?xml version="1.0" encoding="UTF-7"?><a/>')), "hostile", "encoding"),
        (GOOD[:-25], "corrupt", "members"),
        (b"PK\x03\x04", "corrupt", "members"),
    ],
)
def test_hostile_or_broken_archive_is_refused(data: bytes, reason: str, told: str) -> None:
    error = refused(data)
    assert (error.reason, told in str(error)) == (reason, True), str(error)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("name", [MAIN, "word/media/1.bin", "_rels/.rels"])
@pytest.mark.parametrize("text", ["<!DOCTYPE a [", "<!ENTITY x 'y'>"])
@pytest.mark.parametrize("padding", [1, (1 << 18) - 12])  # the second crosses a chunk's end
def test_declarations_are_refused(encoding: str, name: str, text: str, padding: int) -> None:
    content = ("<a>" + " " * padding + text).encode(encoding)
    error = refused(archive((name, content)))
    assert error.reason == "hostile"
    assert "document type" in str(error)


def test_protected_opendocument_is_told() -> None:
    manifest = (
        b'<m xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b"<manifest:encryption-data/></m>"
    )
    assert refused(archive(("META-INF/manifest.xml", manifest)), ODT).reason == "encrypted"


# Spreadsheets


@pytest.mark.parametrize(
    ("sheet", "is_refused"),
    [
        ('<c r="A1"/><c r="J100"/>', False),
        ('<c r="A1"/><c r="K100"/>', True),
        ('<c r="XFD1048576"/>', False),  # one cell, wherever it stands
        ('<c r="A1"/><c r="XFD1048576"/>', True),
        ('<row r="1"><c r="A1"/></row><row r="1048576"><c r="B2"/></row>', True),
        ("<x:c  s='1'\n r = 'A1'/><x:c r='XFD1'/>", True),
        ('<dimension ref="A1:XFD1048576"/>', True),
        ('<dimension ref="A1:B2"/>', False),
        ('<mergeCell ref="A1:Z1000"/>', True),
        ('<c r="A1"><v>5</v></c>' + "<v>x</v>" * 100_000 + '<c r="XFD1"/>', True),
        ('<c r="A1"/><c spans="1:9" r="B5"/><r><t>x</t></r>', False),
    ],
)
def test_cells_of_a_workbook_are_bounded(sheet: str, is_refused: bool) -> None:
    data = archive((SHEET, f"<worksheet>{sheet}</worksheet>".encode()))
    if is_refused:
        assert refused(data, XLSX).reason == "limit"
    else:
        assert preflight(data, XLSX, SMALL) == ()
    assert preflight(data, DOCX, SMALL) == ()


@pytest.mark.parametrize("reference", ["&#88;FD1", "A99999999", "r1c1", "AAAA1", ":"])
def test_odd_references_are_refused(reference: str) -> None:
    data = archive((SHEET, f'<worksheet><c r="{reference}"/></worksheet>'.encode()))
    assert refused(data, XLSX).reason == "hostile"


def test_workbook_in_utf_16_is_refused() -> None:
    assert refused(archive((SHEET, "<worksheet/>".encode("utf-16"))), XLSX).reason == "hostile"


EMPTY = '<table:table-cell table:number-columns-repeated="16384"/>'
CELL = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
WIDE_CELL = CELL.replace(" ", ' table:number-columns-repeated="5000" ', 1)
MANY_ROWS = '<table:table-row table:number-rows-repeated="1048576">'


@pytest.mark.parametrize(
    ("rows", "is_refused"),
    [
        (f"<table:table-row>{CELL}{EMPTY}</table:table-row>{MANY_ROWS}{EMPTY}", False),
        (f"{MANY_ROWS}{CELL}", True),
        (f"{MANY_ROWS}{EMPTY}</table:table-row><table:table-row>{CELL}", True),
        (f"<table:table-row>{EMPTY}{CELL}", True),
        (
            f"<table:table-row>{WIDE_CELL}",
            True,
        ),
        (f"<table:table-row>{CELL * 3}</table:table-row>" * 300, False),
        (f"<table:table-row>{CELL * 3}</table:table-row>" * 400, True),
    ],
)
def test_cells_of_an_ods_are_bounded(rows: str, is_refused: bool) -> None:
    text = f'<office:body><table:table table:name="a">{rows}</table:table></office:body>'
    data = archive(("content.xml", text.encode()))
    if is_refused:
        assert refused(data, ODS).reason == "limit"
    else:
        assert preflight(data, ODS, SMALL) == ()


# PDF


def test_pdf_without_its_end_is_refused() -> None:
    assert refused(b"%PDF-1.7\n" + b"x" * 3_000, PDF).reason == "corrupt"
    assert preflight(b"%PDF-1.7\n%%EOF\n", PDF, SMALL) == ()


def test_protected_pdf_is_told() -> None:
    assert "protected" in preflight(b"%PDF-1.7\n/Encrypt 5 0 R\n%%EOF\n", PDF, SMALL)[0]


# Mutations


CHANGES: list[Callable[[bytes, int, int], bytes]] = [
    lambda data, at, value: data[:at] + bytes([value]) + data[at + 1 :],
    lambda data, at, _: data[:at],
    lambda data, at, _: data[at:],
    lambda data, at, value: data[:at] + bytes([value]) * value + data[at:],
]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(CHANGES), st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_changed_archive_passes_or_is_refused(
    change: Callable[[bytes, int, int], bytes], at: int, value: int
) -> None:
    changed = change(GOOD, at, value)
    found = {_reason(changed, media_type) for media_type in (DOCX, XLSX, ODS)}
    assert found <= {None, "hostile", "corrupt", "limit", "encrypted"}


def _reason(data: bytes, media_type: str) -> str | None:
    try:
        preflight(data, media_type, SMALL)
    except ReadError as error:
        return error.reason
    return None
