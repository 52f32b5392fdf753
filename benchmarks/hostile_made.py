"""Hostile, locked and broken files, each made by code, with the outcomes that are right for it."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fpdf import FPDF

from ipsdata.read.preflight import ODS, ODT
from tests.letters import letter_of, render, render_list

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
BOMB_BYTES = 2_000_000_000
CHUNK = bytes(1 << 20)

LETTER = letter_of("14 mei 2025", (("EUMM Georgië", "4"), ("EUMA Armenië", "6")))
GRID = (("Missie", "Aantal"), ("EUMM Georgië", "4"), ("Totaal", "4"))

BROKEN = frozenset({"corrupt", "unreadable"})


@dataclass(frozen=True)
class Hostile:
    """A file by its name, what makes its bytes, and the outcomes that are right."""

    name: str
    make: Callable[[], bytes]
    right: frozenset[str]


def hostile_files() -> Iterator[Hostile]:
    """Yield every hostile file; none is made before it is asked for."""
    for name, (make, right) in FILES.items():
        yield Hostile(name, make, frozenset(right.split()))
    for form in ("docx", "odt", "pdf"):
        yield Hostile(f"truncated.{form}", _cut(render, LETTER, form), BROKEN)
    for form in ("xlsx", "ods"):
        yield Hostile(f"truncated.{form}", _cut(render_list, GRID, form), BROKEN)
    yield Hostile("truncated.xls", _cut(render_list, GRID, "xls"), BROKEN | {"type"})


# Zip archives


def _zipped(*members: tuple[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _office(kind: str, *members: tuple[str, str | bytes]) -> bytes:
    types = f'<Types><Override PartName="/x" ContentType="{kind}"/></Types>'
    return _zipped(("[Content_Types].xml", types), *members)


def _docx(xml: str) -> bytes:
    return _office(WORD, ("word/document.xml", xml))


def _workbook(sheet: str) -> bytes:
    """Return a whole workbook with another sheet in it."""
    with zipfile.ZipFile(io.BytesIO(render_list(GRID, "xlsx"))) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist() if name != SHEET]
    return _zipped(*members, (SHEET, sheet))


def _sheet(rows: str) -> str:
    return f'<worksheet xmlns="{S}"><sheetData>{rows}</sheetData></worksheet>'


def _cell(reference: str, text: str = "x") -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def _bomb(kind: str, member: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{kind}"/></Types>')
        with archive.open(member, "w") as stream:
            stream.write(b"<a>")
            for _ in range(BOMB_BYTES // len(CHUNK)):
                stream.write(CHUNK)
    return target.getvalue()


def _odt(content: str) -> bytes:
    return _zipped(("mimetype", ODT), ("content.xml", content))


def _repeated_cells() -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    body = (
        f'<office:spreadsheet><table:table table:name="a">{row}</table:table></office:spreadsheet>'
    )
    content = f'<office:body xmlns:office="{office}" xmlns:table="{table}">{body}</office:body>'
    return _zipped(("mimetype", ODS), ("content.xml", content))


def _twice() -> bytes:
    whole = _zipped(
        ("[Content_Types].xml", WORD), ("word/document.xml", "a"), ("word/documenu.xml", "b")
    )
    return whole.replace(b"word/documenu.xml", b"word/document.xml")


def _many_members() -> bytes:
    return _office(WORD, *((f"word/{number}.xml", "<a/>") for number in range(20_000)))


def _nested_archives() -> bytes:
    data: bytes = b"<a/>"
    for _ in range(6):
        data = _zipped(("inner.zip", data))
    return _office(WORD, ("word/document.xml", f'<w:document xmlns:w="{W}"/>'), ("a.zip", data))


def _million_cells(rows: int) -> Callable[[], bytes]:
    def make() -> bytes:
        letters = "ABCDEFGHIJ"
        lines = (
            f'<row r="{row}">'
            + "".join(f'<c r="{letter}{row}"><v>{row}</v></c>' for letter in letters)
            + "</row>"
            for row in range(1, rows + 1)
        )
        return _workbook(_sheet("".join(lines)))

    return make


# PDF


def _pdf(*objects: bytes) -> bytes:
    """Write a PDF of these objects, numbered from 1; the first is the catalogue."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end


def _one_page(resources: bytes, contents: bytes, *others: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Resources<<%s>>/Contents 4 0 R>>"
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page % resources,
        contents,
        *others,
    )


def _stream(about: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (about, len(data), data)


def _doubly_compressed() -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(CHUNK) for _ in range(BOMB_BYTES // len(CHUNK)))
    twice = zlib.compress(packed + packer.flush(), 9)
    return _one_page(b"", _stream(b"/Filter[/FlateDecode/FlateDecode]", twice))


def _recursive_form() -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>"
    return _one_page(b"/XObject<</F 5 0 R>>", _stream(b"", b"/F Do"), _stream(form, b"/F Do /F Do"))


# Locked


def _locked_pdf(password: str) -> Callable[[], bytes]:
    def make() -> bytes:
        made = FPDF()
        made.set_encryption(owner_password="owner", user_password=password)  # noqa: S106 - no secret
        made.add_page()
        made.set_font("helvetica")
        made.write(text="Deze brief is beveiligd.")
        return bytes(made.output())

    return make


def _xls() -> bytes:
    return render_list(GRID, "xls")


def _locked_xls() -> bytes:
    data, record = _xls(), bytes.fromhex("2f0006000000") + bytes(4)
    start = data.index(bytes.fromhex("0908100000060500")) + 20
    return data[:start] + record + data[start + len(record) :]


def _lying_xls() -> bytes:
    kind = bytes.fromhex("00020e0000000000")
    return _xls().replace(kind, bytes.fromhex("00020e00000000ff"))


def _locked_xlsx() -> bytes:
    names = ("Root Entry", "EncryptionInfo", "EncryptedPackage")
    streams = (name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return OLE_MAGIC + bytes(504) + b"".join(streams)


def _locked_zip() -> bytes:
    data = bytearray(_docx("<a/>"))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    return bytes(data)


def _locked_odt() -> bytes:
    manifest = f'<m xmlns:manifest="{MANIFEST}"><manifest:encryption-data/></m>'
    noise = bytes(range(128, 256))
    return _zipped(("mimetype", ODT), ("content.xml", noise), ("META-INF/manifest.xml", manifest))


# Others


def _cut(
    make: Callable[..., bytes], content: object, form: str, share: float = 0.6
) -> Callable[[], bytes]:
    def made() -> bytes:
        data = make(content, form)
        return data[: int(len(data) * share)]

    return made


def _deep(start: str, end: str, depth: int = 100_000) -> str:
    return start * depth + "x" + end * depth


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip-bomb.xlsx": (lambda: _bomb(EXCEL, SHEET), "limit"),
    "zip-bomb.docx": (lambda: _bomb(WORD, "word/document.xml"), "limit"),
    "nested-archives.docx": (_nested_archives, "hostile"),
    "many-members.docx": (_many_members, "limit"),
    "one-name-twice.docx": (_twice, "hostile"),
    "name-outside.docx": (lambda: _office(WORD, ("../../etc/passwd", "x")), "hostile"),
    "entity.docx": (lambda: _docx(f"{ENTITY}<a>&e;</a>"), "hostile"),
    "entity.xlsx": (lambda: _workbook(f"{ENTITY}{_sheet(_cell('A1'))}"), "hostile"),
    "entity.odt": (lambda: _odt(f"{ENTITY}<a>&e;</a>"), "hostile"),
    "deep.docx": (
        lambda: _docx(f'<w:document xmlns:w="{W}">{_deep("<w:p>", "</w:p>")}</w:document>'),
        "corrupt unreadable",
    ),
    "deep.html": (lambda: _deep("<div>", "</div>").encode(), "read hostile corrupt unreadable"),
    "far-corner.xlsx": (
        lambda: _workbook(_sheet(_cell("A1") + _cell("XFD1048576"))),
        "limit",
    ),
    "lying-dimension.xls": (_lying_xls, "read"),
    "repeated-cells.ods": (_repeated_cells, "limit"),
    "huge-cell.xlsx": (lambda: _workbook(_sheet(_cell("A1", "x" * 1_000_000))), "cell_too_long"),
    "million-cells.xlsx": (_million_cells(99_999), "read"),
    "over-a-million-cells.xlsx": (_million_cells(100_001), "limit"),
    "span-bomb.html": (
        lambda: b"<table><tr><td colspan=99999999 rowspan=99999999>x<td>y</table>" * 50,
        "read limit too_large hostile",
    ),
    "giant-line.csv": (lambda: b"a,b\n" + b"x" * 20_000_000 + b",1\n", "cell_too_long"),
    "many-commas.csv": (lambda: b"a,b\n" + b"," * 20_000_000 + b"\n", "limit malformed_row"),
    "doubly-compressed.pdf": (_doubly_compressed, "limit crashed corrupt unreadable"),
    "recursive-form.pdf": (_recursive_form, "read crashed corrupt unreadable"),
    "locked.pdf": (_locked_pdf("geheim"), "encrypted"),
    "locked-for-changes.pdf": (_locked_pdf(""), "read"),
    "locked.xls": (_locked_xls, "encrypted"),
    "locked.xlsx": (_locked_xlsx, "encrypted"),
    "locked.zip": (_locked_zip, "encrypted"),
    "locked.odt": (_locked_odt, "encrypted"),
    "really-a-pdf.docx": (lambda: render(LETTER, "pdf"), "read"),
    "really-a-picture.pdf": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "type"),
    "empty.docx": (lambda: b"", "empty"),
}
