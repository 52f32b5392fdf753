"""The type is told by content; the extension only decides between CSV and other text."""

import io
import zipfile

import pytest

from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import (
    CSV,
    EXTENSIONS,
    HTML,
    PLAIN_TEXT,
    XLS,
    detect_media_type,
    type_warnings,
)
from ipsdata.read.preflight import DOCX, ODS, ODT, PDF, XLSX

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def archive(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            # With a fixed moment: the bytes are part of the names of tests.
            file.writestr(zipfile.ZipInfo(name.replace("__", "/")), text, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def office(content_type: str) -> bytes:
    types = f'<Types><Override PartName="/main.xml" ContentType="{content_type}"/></Types>'
    return archive(**{"[Content_Types].xml": types, "main.xml": "<x/>"})


def ole(*streams: str, after: bytes = b"") -> bytes:
    names = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)
    return OLE + bytes(504) + names + bytes(64) + after


def workbook(record: bytes) -> bytes:
    start = b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12)
    return ole("Root Entry", "Workbook", after=start + record + bytes(20))


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"%PDF-1.7\n", "a.pdf", PDF),
        (b"\xef\xbb\xbf\r\n%PDF-1.7\n", "a.pdf", PDF),
        (office(WORD), "a.docx", DOCX),
        (office("application/vnd.ms-word.document.macroEnabled.main+xml"), "a.docm", DOCX),
        (office(EXCEL), "a.xlsx", XLSX),
        (archive(mimetype=ODT), "a.odt", ODT),
        (archive(mimetype=ODS), "a.ods", ODS),
        (workbook(b"\x42\x00"), "a.xls", XLS),
        (ole("Root Entry", "Book"), "a.xls", XLS),
        (ole("Root Entry", "Workbook", "MBD1", "WordDocument"), "a.xls", XLS),
        (b"<!DOCTYPE html><p>x", "a.html", HTML),
        (b"\r\n <HTML lang=nl>", "a.html", HTML),
        (b"<table><tr><td>1", "a.html", HTML),
        (b"<!-- saved --><html>", "a.html", HTML),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', "a.xhtml", HTML),
        ("\ufeff<html>".encode("utf-16-le"), "a.html", HTML),
        (b"a,b\n1,2\n", "a.csv", CSV),
        (b"a,b\n1,2\n", "A.CSV", CSV),
        (b"a,b\n1,2\n", "a.txt", PLAIN_TEXT),
        (b"a,b\n1,2\n", "a", PLAIN_TEXT),
        ("Geachte voorzitter, één".encode("cp1252"), "a.txt", PLAIN_TEXT),
        ("\ufeffGeachte voorzitter".encode("utf-16-be"), "a.txt", PLAIN_TEXT),
        ("Geachte voorzitter".encode("utf-16-le"), "a.txt", PLAIN_TEXT),
        (b"< 5 missies, > 3 landen", "a.txt", PLAIN_TEXT),
        (b"De PDF begint met %PDF-1.7", "a.txt", PLAIN_TEXT),
    ],
)
def test_content_tells_the_type(data: bytes, name: str, expected: str) -> None:
    assert detect_media_type(data, name) == expected
    assert type_warnings(expected, name) == ()


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.html", "a.xlsx", "a"])
def test_wrong_extension_is_no_error_but_told(name: str) -> None:
    for data, expected in ((b"%PDF-1.7\n", PDF), (office(WORD), DOCX)):
        assert detect_media_type(data, name) == expected
        assert len(type_warnings(expected, name)) == (name != "a")


def test_sidecar_decides_between_csv_and_text_only() -> None:
    assert detect_media_type(b"a,b\n", "a.txt", declared=CSV) == CSV
    assert detect_media_type(b"a,b\n", "a.csv", declared=PLAIN_TEXT) == PLAIN_TEXT
    assert detect_media_type(b"<html>", "a.csv", declared=CSV) == HTML
    assert "sidecar" in type_warnings(HTML, "a.html", declared=CSV)[0]
    assert type_warnings(HTML, "a.html", declared=HTML) == ()


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (b"", "empty", "restore"),
        (b" \r\n\t", "empty", "restore"),
        (b"\xff\xfe", "empty", "restore"),
        (bytes(100), "empty", "restore"),
        (ole("Root Entry", "WordDocument"), "type", "save it as DOCX"),
        (ole("Root Entry", "WordDocument", "Workbook"), "type", "Word 97"),
        (ole("Root Entry", "PowerPoint Document"), "type", "PowerPoint"),
        (ole("Root Entry"), "type", "OLE"),
        (OLE, "type", "OLE"),
        (ole("Root Entry", "EncryptionInfo", "EncryptedPackage"), "encrypted", "password"),
        (workbook(b"\x2f\x00"), "encrypted", "password"),
        (b"{\\rtf1 x}", "type", "save it as DOCX"),
        (b"\x89PNG\r\n\x1a\n", "type", "PNG"),
        (b"\xff\xd8\xff\xe0", "type", "JPEG"),
        (b"\x1f\x8b\x08", "type", "gzip"),
        (b"abc\x00\x01\x02def", "type", "no text"),
        (b"<?xml version='1.0'?><feed/>", "type", "XML"),
        (archive(**{"a.txt": "x"}), "type", "zip"),
        (archive(mimetype="application/epub+zip"), "type", "zip"),
        (office("application/vnd.ms-powerpoint.main+xml"), "type", "zip"),
        (office(WORD)[:-30], "corrupt", "fetch it again"),
        (office(WORD)[:60], "corrupt", "fetch it again"),
        (b"PK\x05\x06" + bytes(18), "type", "zip"),
    ],
)
def test_what_can_not_be_read_is_refused(data: bytes, reason: str, told: str) -> None:
    with pytest.raises(ReadError) as caught:
        detect_media_type(data, "a.docx")
    assert caught.value.reason == reason
    assert told in str(caught.value)


@pytest.mark.parametrize("data", [office(WORD), office(EXCEL), archive(mimetype=ODT)])
def test_file_cut_off_anywhere_is_refused_or_another_type(data: bytes) -> None:
    for size in range(4, len(data)):
        with pytest.raises(ReadError) as caught:
            detect_media_type(data[:size], "a.docx")
        assert caught.value.reason in {"corrupt", "type", "hostile"}


def test_each_type_has_extensions_of_its_own() -> None:
    extensions = [extension for each in EXTENSIONS.values() for extension in each]
    assert len(set(extensions)) == len(extensions)
