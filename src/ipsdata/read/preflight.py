"""Preflight: what can be told about a file's container before any library reads it.

Everything here is bounded by the limits: members are counted before they are listed, and inflated
bytes are counted while they come, whatever the headers say. It is meant to run in the disposable
process of `ipsdata.read.worker`, after the memory and CPU limits are set.
"""

import io
import re
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from ipsdata.read.delimited import MAX_CELL_CHARACTERS, ReadError

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
PDF = "application/pdf"
ARCHIVES = frozenset({DOCX, XLSX, ODT, ODS})

CHUNK_BYTES = 1 << 18
INPUT_BYTES = 1 << 16
MAX_TAG_BYTES = 1 << 13
PDF_END_BYTES = 2048
MAX_NESTING = 2
MANIFEST = "META-INF/manifest.xml"  # first: it says that others are encrypted, which look broken
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DECLARATIONS = tuple(
    text.encode(encoding)
    for text in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("ascii", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037")
)
XML_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0", b"\0<")
XML_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.-]+)""")
KNOWN_ENCODINGS = frozenset(
    {b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"}
)


PDF_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d{1,10}\s+\d{1,5}\s+R|<<)")


@dataclass(frozen=True)
class Limits:
    """What reading one document may cost; beyond it the document is refused, not the run."""

    file_bytes: int = 50_000_000
    inflated_bytes: int = 200_000_000
    members: int = 5_000
    memory_bytes: int = 1_000_000_000
    cpu_seconds: int = 30
    wall_seconds: float = 60
    cells: int = 1_000_000
    cell_characters: int = MAX_CELL_CHARACTERS
    pages: int = 500
    output_bytes: int = 50_000_000


def preflight(data: bytes, media_type: str, limits: Limits) -> tuple[str, ...]:
    """Refuse a container that is hostile, broken, protected or too large; return warnings.

    Raises:
        ReadError: `too_large`, `limit`, `hostile`, `corrupt` or `encrypted`.
    """
    if len(data) > limits.file_bytes:
        raise ReadError(
            "too_large",
            f"found {len(data):,} bytes, expected at most {limits.file_bytes:,}: "
            "split the file, or raise the limit `file_bytes`",
        )
    if media_type in ARCHIVES:
        _Inspection(media_type, limits).archive(data)
    return _pdf(data) if media_type == PDF else ()


def encrypted() -> ReadError:
    """Return the refusal of a document that asks for a password."""
    return ReadError("encrypted", "found a password-protected document: save it without password")


# Zip archives


def open_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """List a zip archive's members, not before it is known that they are not too many.

    Raises:
        ReadError: too many members, or no readable list of them.
    """
    if data.count(b"PK\x01\x02") > limits.members:
        raise ReadError(
            "limit",
            f"found an archive of over {limits.members:,} members: save the document anew, "
            "or raise the limit `members`",
        )
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error):
        raise _corrupt("its list of members can't be read") from None


def inflate(data: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Inflate a member in chunks, from its real bytes, never trusting the sizes in the headers.

    Raises:
        ReadError: the member is damaged, protected, or not what its header says.
    """
    size, checksum = 0, 0
    for chunk in _raw_chunks(data, member):
        size += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        yield chunk
    if size != member.file_size:
        raise _hostile(
            f"a member of the archive says it holds {member.file_size:,} bytes and holds {size:,}"
        )
    if checksum != member.CRC:
        raise _corrupt("a member of the archive does not match its checksum")


def _raw_chunks(data: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    start = _content_offset(data, member)
    content = memoryview(data)[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(content), CHUNK_BYTES):
            yield bytes(content[at : at + CHUNK_BYTES])
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        yield from _deflated(content)
    else:
        raise _corrupt(f"a member is compressed by method {member.compress_type}, not deflate")


def _deflated(content: memoryview) -> Iterator[bytes]:
    inflater, used = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while used < len(content) and not inflater.eof:
        piece = bytes(content[used : used + INPUT_BYTES])
        used += len(piece)
        yield from _inflated_piece(inflater, piece)
    if not inflater.eof:
        raise _corrupt("a member of the archive ends too early")
    if inflater.unused_data or used < len(content):
        raise _hostile("a member of the archive holds bytes after its end")


def _inflated_piece(inflater: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    while True:
        try:
            chunk = inflater.decompress(piece, CHUNK_BYTES)
        except zlib.error:
            raise _corrupt("a member of the archive can't be inflated") from None
        if chunk:
            yield chunk
        piece = inflater.unconsumed_tail
        if inflater.eof or (not piece and len(chunk) < CHUNK_BYTES):
            return


def _content_offset(data: bytes, member: zipfile.ZipInfo) -> int:
    try:
        header = LOCAL_HEADER.unpack_from(data, member.header_offset)
    except struct.error:
        raise _corrupt("a member lies beyond the end of the archive") from None
    signature, name_size, extra_size = header[0], int(header[-2]), int(header[-1])
    start = member.header_offset + LOCAL_HEADER.size
    if signature != b"PK\x03\x04" or start + name_size + extra_size > len(data):
        raise _corrupt("a member's header is missing")
    encoding = "utf-8" if member.flag_bits & 0x800 else "cp437"
    if data[start : start + name_size] != member.orig_filename.encode(encoding, "replace"):
        raise _hostile("a member of the archive has two names")
    return start + name_size + extra_size


@dataclass
class _Inspection:
    """The walk through one archive and those within it, with what it has inflated so far."""

    media_type: str
    limits: Limits
    inflated: int = 0

    def archive(self, data: bytes, depth: int = 0) -> None:
        archive = open_archive(data, self.limits)
        members = archive.infolist()
        _check_members(data, members, archive.start_dir)
        for member in sorted(members, key=lambda member: member.filename != MANIFEST):
            self.member(self.counted(inflate(data, member)), member.filename, depth)

    def member(self, chunks: Iterator[bytes], name: str, depth: int) -> None:
        first = next(chunks, b"")
        chunks = chain([first], chunks)
        if first.startswith(b"PK\x03\x04"):
            if depth >= MAX_NESTING:
                raise _hostile("archives lie within archives within archives")
            self.archive(b"".join(chunks), depth + 1)
            return
        _check_xml_start(name, first)
        chunks = _without_declarations(chunks)
        if depth == 0 and self.media_type in CELL_SCANNERS:
            CELL_SCANNERS[self.media_type](chunks, self.limits.cells)
        deque(chunks, maxlen=0)  # to the end, with all checks

    def counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.inflated += len(chunk)
            if self.inflated > self.limits.inflated_bytes:
                raise ReadError(
                    "limit",
                    f"found an archive that inflates to over {self.limits.inflated_bytes:,} "
                    "bytes (a zip bomb?): save the document anew without pictures, or raise the "
                    "limit `inflated_bytes`",
                )
            yield chunk


def _check_members(data: bytes, members: list[zipfile.ZipInfo], directory: int) -> None:
    if any(member.flag_bits & 0x1 for member in members):
        raise encrypted()
    if len({member.filename for member in members}) < len(members):
        raise _hostile("two members of the archive have one name")
    if any(_leaves_folder(member.orig_filename) for member in members):
        raise _hostile("a member of the archive has a name outside of it")
    spans = sorted(
        (member.header_offset, _content_offset(data, member) + member.compress_size)
        for member in members
    )
    ends_and_starts = zip(spans, [*(start for start, _ in spans[1:]), directory], strict=True)
    if spans and any(end > start for (_, end), start in ends_and_starts):
        raise _hostile("members of the archive overlap")


def _leaves_folder(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return not parts[0] or ".." in parts or ":" in parts[0] or "\0" in name


# Members that are XML


def _check_xml_start(name: str, first: bytes) -> None:
    if not name.lower().endswith((".xml", ".rels")) or not first:
        return
    if not first.lstrip(b" \t\r\n").startswith(XML_STARTS):
        raise _corrupt("an XML member of the archive is no XML")
    declared = XML_ENCODING.match(first)
    if declared and declared[1].lower() not in KNOWN_ENCODINGS:
        raise _hostile("an XML member of the archive declares an unusual encoding")


def _without_declarations(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = max(map(len, DECLARATIONS)) - 1
    tail = b""
    for chunk in chunks:
        window = tail + chunk
        if any(declaration in window for declaration in DECLARATIONS):
            raise _hostile("a member of the archive declares a document type or entity")
        if b"encryption-data" in window and b"urn:oasis:names:tc:opendocument" in window:
            raise encrypted()
        tail = window[-kept:]
        yield chunk


# Cells of spreadsheets

XLSX_TAG = re.compile(
    rb"""<(?:\w+:)?(c|row|dimension|mergeCell)\s(?:[^>]*?\s)??(?:r|ref)\s*=\s*["']([^"'<]*)"""
)
REFERENCE = re.compile(rb"\$?([A-Z]{0,3})\$?([0-9]{0,7})")
ODS_TAG = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)((?:\s[^>]*)?)>")
ODS_REPEATED = re.compile(rb"""table:number-(?:columns|rows)-repeated\s*=\s*["'](\d{1,10})["']""")


def _scan_xlsx(chunks: Iterator[bytes], limit: int) -> None:
    rows, columns, cells = _Span(), _Span(), 0
    for number, tags in enumerate(_whole_tags(chunks)):
        if number == 0 and tags.startswith(XML_STARTS[2:]):
            raise _hostile("a spreadsheet's member is written in UTF-16")
        found = XLSX_TAG.findall(tags)
        cells += len(found)
        _check_area(cells, 2 * limit)  # cells and rows; before each is looked at
        for tag, reference in found:
            if tag in (b"c", b"row"):
                row, column = _row_and_column(reference)
                rows.take(row)
                columns.take(column)
            else:
                _check_area(_area(reference), limit)
        _check_area(rows.size * columns.size, limit)


def _area(reference: bytes) -> int:
    (top, left), (bottom, right) = map(_row_and_column, (reference.split(b":") * 2)[:2])
    return (bottom - top + 1) * (right - left + 1)


def _row_and_column(reference: bytes) -> tuple[int, int]:
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise _hostile("a spreadsheet has a cell reference that is none")
    return int(match[2] or 0), _column(match[1])


@lru_cache(maxsize=20_000)
def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column


def _scan_ods(chunks: Iterator[bytes], limit: int) -> None:
    # Files end in a million repeated empty rows: only cells with content make a sheet large.
    row = row_repeats = column = cells = 0
    for tags in _whole_tags(chunks):
        for tag in ODS_TAG.finditer(tags):
            repeated = ODS_REPEATED.search(tag[2])
            repeats = int(repeated[1]) if repeated else 1
            if tag[1] == b"table":
                row = row_repeats = column = cells = 0
            elif tag[1] == b"table-row":
                row, row_repeats, column = row + row_repeats, repeats, 0
            else:
                column += repeats
                if b"value-type" in tag[2] or not tag[2].endswith(b"/"):
                    cells = max(cells, column)
                    _check_area((row + row_repeats) * cells, limit)


@dataclass
class _Span:
    """The first and last of some numbers from 1."""

    first: int = 0
    last: int = 0

    def take(self, number: int) -> None:
        if number > self.last:
            self.last = number
            self.first = self.first or number
        elif 0 < number < self.first:
            self.first = number

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def _check_area(cells: int, limit: int) -> None:
    if cells > limit:
        raise ReadError(
            "limit",
            f"found a sheet that spans {cells:,} cells, expected at most {limit:,}: "
            "delete what lies far from the table, or raise the limit `cells`",
        )


def _whole_tags(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        window = rest + chunk
        cut = window.rfind(b"<")
        cut = cut if cut >= 0 and window.find(b">", cut) < 0 else len(window)
        rest = window[cut:][-MAX_TAG_BYTES:]
        yield window[:cut]
    yield rest


CELL_SCANNERS = {XLSX: _scan_xlsx, ODS: _scan_ods}


# Others


def _pdf(data: bytes) -> tuple[str, ...]:
    if b"%%EOF" not in data[-PDF_END_BYTES:]:
        raise _corrupt("the end of the PDF is missing")
    if PDF_ENCRYPTED.search(data) is None:
        return ()
    _check_empty_password(data)
    return ("the PDF is protected; read with the empty password",)


def _check_empty_password(data: bytes) -> None:
    """Refuse a PDF that its own reader can't open without a password."""
    import pypdfium2  # noqa: PLC0415 - for such a file only, and never in the parent

    try:
        pypdfium2.PdfDocument(data).close()
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise encrypted() from None


def _hostile(finding: str) -> ReadError:
    return ReadError("hostile", f"found that {finding}: save the document anew from its program")


def _corrupt(finding: str) -> ReadError:
    return ReadError("corrupt", f"found that {finding} (cut off or damaged?): fetch it again")
