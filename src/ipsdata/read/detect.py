"""Tell a file's type by its content; its extension only decides between CSV and other text."""

import re
from pathlib import PurePath
from zipfile import ZipInfo

from ipsdata.read.delimited import ReadError
from ipsdata.read.preflight import (
    DOCX,
    ODS,
    ODT,
    PDF,
    XLSX,
    Limits,
    encrypted,
    inflate,
    open_archive,
)

XLS = "application/vnd.ms-excel"
HTML = "text/html"
CSV = "text/csv"
PLAIN_TEXT = "text/plain"

EXTENSIONS = {
    PDF: (".pdf",),
    DOCX: (".docx", ".docm"),
    XLSX: (".xlsx", ".xlsm"),
    ODT: (".odt",),
    ODS: (".ods",),
    XLS: (".xls",),
    HTML: (".html", ".htm", ".xhtml"),
    CSV: (".csv", ".tsv"),
    PLAIN_TEXT: (".txt", ".text", ".md"),
}
EXPECTED = "expected PDF, DOCX, ODT, XLSX, XLS, ODS, HTML, CSV or plain text"
MAX_SNIFFED_BYTES = 4_000_000

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
OLE_STREAMS = {
    name.encode("utf-16-le"): kind
    for name, kind in {
        "EncryptedPackage": "encrypted",
        "EncryptionInfo": "encrypted",
        "WordDocument": "Word 97",
        "PowerPoint Document": "PowerPoint 97",
        "\0Workbook\0": "XLS",
        "\0Book\0": "XLS",
    }.items()
}
XLS_GLOBALS = b"\x09\x08\x10\x00\x00\x06\x05\x00"
XLS_PROTECTED = b"\x2f\x00"

MAIN_PARTS = {
    b"wordprocessingml.document.main+xml": DOCX,
    b"ms-word.document.macroEnabled.main+xml": DOCX,
    b"spreadsheetml.sheet.main+xml": XLSX,
    b"ms-excel.sheet.macroEnabled.main+xml": XLSX,
}
OTHER_MAGIC = {
    b"{\\rtf": "RTF",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
HTML_TAG = re.compile(r"<(?:!doctype\s+html|html|head|body|table|div|p|title|meta)\b", re.I)
HTML_ROOT = re.compile(r"<(?:!doctype\s+html|html)\b", re.I)
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def detect_media_type(data: bytes, name: str, declared: str | None = None) -> str:
    """Return the media type of a file's content.

    Args:
        data: the file's bytes.
        name: its name; only `.csv` counts, and only for text.
        declared: the media type that the sidecar names; only `text/csv` and `text/plain` count.

    Raises:
        ReadError: `empty`, `type` (none that can be read), `encrypted`, `corrupt` or `limit`.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise ReadError("empty", "found an empty file, expected a document: restore it")
    if data.startswith(OLE_MAGIC):
        return _ole(data)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(data)
    if data.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"%PDF-"):
        return PDF
    for magic, kind in OTHER_MAGIC.items():
        if data.startswith(magic):
            raise _unknown(kind)
    return _text(data, name, declared)


def type_warnings(media_type: str, name: str, declared: str | None = None) -> tuple[str, ...]:
    """Return warnings where the extension or the sidecar says another type than the content."""
    extension = PurePath(name).suffix.lower()
    found = []
    if extension and extension not in EXTENSIONS[media_type]:
        found.append(f"the extension is {extension}, the content {media_type}: rename the file")
    if declared is not None and declared != media_type:
        found.append(f"the sidecar says {declared}, the content is {media_type}: correct it")
    return tuple(found)


def _ole(data: bytes) -> str:
    places = {data.find(stream): kind for stream, kind in OLE_STREAMS.items() if stream in data}
    kind = places[min(places)] if places else "an unknown OLE file"
    if kind == "encrypted" or (kind == "XLS" and _is_protected_xls(data)):
        raise encrypted()
    if kind == "XLS":
        return XLS
    raise _unknown(kind)


def _is_protected_xls(data: bytes) -> bool:
    start = data.find(XLS_GLOBALS)
    return start >= 0 and data[start + 20 : start + 22] == XLS_PROTECTED


def _archive(data: bytes) -> str:
    archive = open_archive(data, Limits())
    if any(member.flag_bits & 0x1 for member in archive.infolist()):
        raise encrypted()
    names = {member.filename for member in archive.infolist()}
    if "[Content_Types].xml" in names:
        types = _start(data, archive.getinfo("[Content_Types].xml"))
        found = next((kind for part, kind in MAIN_PARTS.items() if part in types), None)
    elif "mimetype" in names:
        declared = _start(data, archive.getinfo("mimetype")).decode("ascii", "replace").strip()
        found = declared if declared in (ODT, ODS) else None
    else:
        found = None
    if found is None:
        raise _unknown("a zip archive of another kind")
    return found


def _start(data: bytes, member: ZipInfo) -> bytes:
    found = b""
    for chunk in inflate(data, member):
        found += chunk
        if len(found) > MAX_SNIFFED_BYTES:
            break
    return found


def _text(data: bytes, name: str, declared: str | None) -> str:
    encoding = _encoding(data)
    if encoding is None:
        raise _unknown("bytes that are no text")
    start = data[:8192].decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if _is_html(start):
        return HTML
    if start.startswith("<?xml"):
        raise _unknown("XML that is no HTML")
    if declared in (CSV, PLAIN_TEXT):
        return declared
    return CSV if name.lower().endswith(EXTENSIONS[CSV]) else PLAIN_TEXT


def _encoding(data: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    start = data[:8192]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high, low = start[first::2], start[1 - first :: 2]
        if high.count(0) > 0.8 * len(high) and not low.count(0):
            return encoding
    return "latin-1" if CONTROL.search(data) is None else None


def _is_html(start: str) -> bool:
    if not start.startswith("<"):
        return False
    if start.startswith(("<?xml", "<!--")):
        return HTML_ROOT.search(start) is not None
    return HTML_TAG.match(start) is not None


def _unknown(kind: str) -> ReadError:
    hints = {"Word 97": "DOCX", "PowerPoint 97": "PDF", "RTF": "DOCX"}
    save = hints.get(kind, "one of these")
    return ReadError("type", f"found {kind}, {EXPECTED}: save it as {save}")
