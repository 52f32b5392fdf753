"""A reader may do what it likes in its process: the parent gets a document or a reason."""

import io
import json
import os
import resource
import select
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwt
from fpdf import FPDF

import ipsdata
from ipsdata.read import isolated
from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Paragraph, Place
from ipsdata.read.isolated import DEFAULT_LIMITS, REASONS, Limits, read_isolated
from ipsdata.read.worker import READERS

STUBS = """
import ctypes, os, resource, signal, socket, subprocess, sys, threading, time
from ipsdata.read.document import Cell, Document, Paragraph, Place, Table
from ipsdata.read.delimited import ReadError

GOOD = Document("text/plain", (Paragraph("goed", Place(paragraph=1)),))

def good(data): return GOOD
def echo(data): return Document("text/plain", (Paragraph(data.decode(), Place()),))
def allocate(data): return bytearray(5_000_000_000)
def allocate_slowly(data):
    kept = []
    while True: kept.append(bytearray(1_000_000))
def loop(data):
    while True: pass
def sleep(data): time.sleep(3600)
def ignore_and_sleep(data):
    for number in (signal.SIGTERM, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
    time.sleep(3600)
def close_and_sleep(data):
    os.closerange(3, 64)
    time.sleep(3600)
def abort(data): os.abort()
def segfault(data): ctypes.string_at(0)
def kill_itself(data): signal.raise_signal(signal.SIGKILL)
def exit_at_once(data): os._exit(3)
def exit_quietly(data): os._exit(0)
def raise_exit(data): raise SystemExit(0)
def raise_interrupt(data): raise KeyboardInterrupt
def raise_key(data): raise KeyError("Jan Jansen")
def recurse(data): return recurse(data)
def refuse(data): raise ReadError("encrypted", "found a password:\\n save it without")
def refuse_oddly(data): raise ReadError("made_up", "x" * 100_000)
def no_document(data): return {"document": "geen"}
def wrong_types(data): return Document("x/y", (Paragraph(5, None),))
def surrogate(data): return Document("x/y", (Paragraph("\\udc80", Place()),))
def print_much(data):
    line = b"x" * 1_000_000
    for _ in range(1000): os.write(1, line)
    print("y" * 1_000_000, flush=True)
    print("y" * 1_000_000, file=sys.stderr, flush=True)
    return GOOD
def answer_much(data):
    line = b"x" * 1_000_000
    for _ in range(1000): os.write(answering(), line)
def answering():
    return next(fd for fd in range(3, 64) if is_pipe(fd))
def is_pipe(fd):
    try: return os.readlink(f"/proc/self/fd/{fd}").startswith("pipe")
    except OSError: return False
def answer(text):
    os.write(answering(), text)
    os._exit(0)
def answer_rubbish(data): answer(b"\\xff{]")
def answer_pickle(data): answer(b"\\x80\\x04cposix\\nsystem\\n")
def answer_other(data): answer(b'{"document": {"blocks": 5}}')
def answer_number(data): answer(b"1" * 10_000)
def answer_nothing(data): answer(b"")
def answer_half(data): answer(b'{"document": {"media_type"')
def answer_deep(data): answer(b"[" * 9_000)
def answer_many_lists(data): answer(b"[" + b"[]," * 10_000 + b"[]]")
def answer_odd_error(data): answer(b'{"error": [1, 2]}')
def fork(data):
    child = os.fork() or time.sleep(3600)
    return Document("x/y", (Paragraph(str(child), Place()),))
def run(data): subprocess.run(["/bin/sleep", "3600"])
def connect(data): socket.create_connection(("127.0.0.1", 9))
def write_file(data): open(data, "wb").write(b"x" * 10)
def remove_file(data): os.unlink(data)
def open_many(data): return [open("/dev/null") for _ in range(1000)]
def start_thread(data):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return GOOD
def environment(data):
    told = repr((sorted(os.environ), os.getcwd(), os.getpgrp() == os.getpid(), fds()))
    return Document("text/plain", (Paragraph(told, Place()),))
def fds(): return sorted(os.readlink(f"/proc/self/fd/{fd}") for fd in range(64) if is_open(fd))
def is_open(fd): return os.path.lexists(f"/proc/self/fd/{fd}")
def modules(data):
    return Document("text/plain", (Paragraph(" ".join(sorted(sys.modules)), Place()),))
def many_cells(data):
    row = tuple(Cell("", Place(table=1, row=1, column=n)) for n in range(1, 102))
    return Document("x/y", (Table((row,), Place(table=1)),))
def long_cell(data):
    cell = Cell("x" * 1001, Place(table=1, row=1, column=1))
    return Document("x/y", (Table(((cell,),), Place(table=1)),))
def many_pages(data): return Document("x/y", (Paragraph("", Place(page=4)),))
def long_text(data): return Document("x/y", (Paragraph("x" * 200_000, Place()),))
"""
SMALL = Limits(
    memory_bytes=300_000_000,
    cpu_seconds=10,
    wall_seconds=20,
    cells=100,
    cell_characters=1_000,
    pages=3,
    output_bytes=100_000,
)
QUICK = Limits(memory_bytes=300_000_000, cpu_seconds=1, wall_seconds=1.0)


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    (folder / "stub_readers.py").write_text(STUBS, encoding="utf-8")
    return folder


def _read(stubs: Path, function: str, data: bytes = b"x", limits: Limits = SMALL) -> Document:
    request = isolated._Request("brief.txt", None, limits, f"stub_readers:{function}", str(stubs))
    return isolated._read_in_child(data, request)


def _refused(stubs: Path, function: str, data: bytes = b"x", limits: Limits = SMALL) -> ReadError:
    with pytest.raises(ReadError) as caught:
        _read(stubs, function, data, limits)
    assert caught.value.__cause__ is None
    return caught.value


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie is dead, and left to its parent


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


def _state() -> tuple[set[str], int]:
    return _children(), len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = _state()
    yield
    assert _state() == before
    assert list(folder.iterdir()) == []


GOOD = Document("text/plain", (Paragraph("goed", Place(paragraph=1)),))


def test_good_document_comes_through(stubs: Path) -> None:
    assert _read(stubs, "good") == GOOD


def test_bytes_arrive_whole(stubs: Path) -> None:
    text = "één\n\0" * 5_000
    assert next(_read(stubs, "echo", text.encode()).paragraphs).text == text


@pytest.mark.parametrize(
    ("function", "reason", "told"),
    [
        ("allocate", "limit", "300,000,000 bytes of memory"),
        ("allocate_slowly", "limit", "300,000,000 bytes of memory"),
        ("abort", "crashed", "SIGABRT"),
        ("segfault", "crashed", "SIGSEGV"),
        ("kill_itself", "crashed", "SIGKILL"),
        ("exit_at_once", "crashed", "exit status 3"),
        ("exit_quietly", "crashed", "no document"),
        ("raise_exit", "crashed", "SystemExit"),
        ("raise_interrupt", "crashed", "KeyboardInterrupt"),
        ("raise_key", "crashed", "KeyError"),
        ("recurse", "crashed", "RecursionError"),
        ("refuse", "encrypted", "found a password"),
        ("refuse_oddly", "crashed", "xxx"),
        ("no_document", "crashed", "AttributeError"),
        ("wrong_types", "crashed", "TypeError"),
        ("surrogate", "crashed", "UnicodeEncodeError"),
        ("answer_much", "limit", "output_bytes"),
        ("answer_rubbish", "crashed", "no document"),
        ("answer_pickle", "crashed", "no document"),
        ("answer_other", "crashed", "no document"),
        ("answer_number", "crashed", "no document"),
        ("answer_nothing", "crashed", "no document"),
        ("answer_half", "crashed", "no document"),
        ("answer_deep", "crashed", "no document"),
        ("answer_many_lists", "limit", "cells"),
        ("answer_odd_error", "crashed", "no document"),
        ("run", "crashed", "Error"),
        ("connect", "crashed", "PermissionError"),
        ("open_many", "crashed", "OSError"),
        ("many_cells", "limit", "100 cells"),
        ("long_cell", "cell_too_long", "row 1, column 1"),
        ("many_pages", "limit", "3 pages"),
        ("long_text", "limit", "output_bytes"),
    ],
)
def test_what_a_reader_does_becomes_a_reason(
    stubs: Path, function: str, reason: str, told: str
) -> None:
    error = _refused(stubs, function)
    assert (error.reason, told in str(error)) == (reason, True), str(error)
    assert str(error).startswith("brief.txt: ")
    assert len(str(error)) < 1_100
    assert str(error).isprintable()
    assert "Jansen" not in str(error)
    assert error.reason in REASONS


@pytest.mark.parametrize(
    ("function", "limit"),
    [
        ("loop", "cpu_seconds"),
        ("sleep", "wall_seconds"),
        ("ignore_and_sleep", "wall_seconds"),
        ("close_and_sleep", "wall_seconds"),
    ],
)
def test_reader_that_never_ends_is_ended(stubs: Path, function: str, limit: str) -> None:
    long_wall = Limits(memory_bytes=300_000_000, cpu_seconds=1, wall_seconds=20)
    error = _refused(stubs, function, limits=long_wall if function == "loop" else QUICK)
    assert error.reason == "limit"
    assert limit in str(error)


def test_printing_goes_nowhere(stubs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _read(stubs, "print_much") == GOOD
    assert capfd.readouterr() == ("", "")


def test_reader_can_not_fork(stubs: Path) -> None:
    error = _refused(stubs, "fork")
    assert error.reason == "crashed"
    assert "PermissionError" in str(error) or "BlockingIOError" in str(error)


def test_group_is_killed_where_forking_is_possible(stubs: Path) -> None:
    # Without the filter, as on a machine that it does not know.
    (stubs / "unfiltered.py").write_text(
        "from ipsdata.read import worker\nfrom stub_readers import fork\n"
        "worker._give_up_the_rest = lambda: None\n",
        encoding="utf-8",
    )
    request = isolated._Request("x", None, SMALL, "unfiltered:fork", str(stubs))
    (told,) = isolated._read_in_child(b"x", request).paragraphs
    for _ in range(500):  # it is gone once init has collected it
        if not _is_alive(int(told.text)):
            break
        time.sleep(0.01)
    assert not _is_alive(int(told.text))


@pytest.mark.parametrize("function", ["write_file", "remove_file"])
def test_reader_changes_no_files(stubs: Path, tmp_path: Path, function: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    _refused(stubs, function, str(path).encode())
    assert path.read_bytes() == b""


def test_reader_may_use_threads(stubs: Path) -> None:
    if os.getuid() == 0:  # others can't, by RLIMIT_NPROC
        assert _read(stubs, "start_thread") == GOOD


def test_child_inherits_nothing(stubs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "geheim")
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    try:
        (told,) = (paragraph.text for paragraph in _read(stubs, "environment").paragraphs)
    finally:
        os.close(read_end)
        os.close(write_end)
    names, folder, leads, descriptors = eval(told)
    assert set(names) <= set(isolated.ENVIRONMENT)
    assert folder == "/"
    assert leads
    assert [name.split(":")[0] for name in descriptors] == ["/dev/null"] * 3 + ["pipe"]


def test_child_loads_one_reader_only(stubs: Path) -> None:
    (told,) = (paragraph.text for paragraph in _read(stubs, "modules").paragraphs)
    heavy = {"pandas", "numpy", "pyarrow", "lxml", "pypdfium2", "python_calamine", "babel"}
    assert not heavy & set(told.split())
    assert "importlib.metadata" not in told.split()  # half of the start, for a version unasked for


def test_version_is_there_when_asked_for() -> None:
    assert ipsdata.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'versions'"):
        ipsdata.versions  # noqa: B018 - that is the test


def test_parent_keeps_its_own_limits(stubs: Path) -> None:
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
    before = [resource.getrlimit(kind) for kind in kinds]
    _read(stubs, "good")
    assert [resource.getrlimit(kind) for kind in kinds] == before


def test_interrupt_in_the_parent_ends_the_child(
    stubs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(isolated, "_chunk", interrupt)
    with pytest.raises(KeyboardInterrupt):
        _read(stubs, "sleep")  # what it leaves behind, the fixture would find


def test_answer_that_comes_right_after_waiting_for_it_is_read(
    stubs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, waits = isolated._chunk, iter([True])

    def chunk(poll: select.poll, output: int) -> bytes | None:
        if next(waits, False):
            time.sleep(1)  # meanwhile the child answers and ends
            return None
        return whole(poll, output)

    monkeypatch.setattr(isolated, "_chunk", chunk)
    assert _read(stubs, "good") == GOOD


def test_without_memfd_the_input_has_no_name_either(
    stubs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    assert _read(stubs, "good") == GOOD


def test_no_reader_or_path_reaches_the_child_from_outside() -> None:
    assert json.dumps(isolated.ENVIRONMENT).count("IPSDATA") == 0
    assert set(read_isolated.__annotations__) == {"data", "name", "limits", "declared", "return"}


# With real content


def test_csv_is_read_as_a_table() -> None:
    document = read_isolated(b"missie;aantal,x\nEUMM,4\nEUAM\n", "lijst.csv")
    (table,) = document.tables
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["missie;aantal", "x"],
        ["EUMM", "4"],
        ["EUAM", ""],
    ]
    assert table.rows[1][1].place == Place(table=1, row=2, column=2)
    assert document.warnings == ("line 3: found 1 cells, expected 2; the rest is left empty",)


def test_declared_type_is_heeded_and_an_odd_extension_told() -> None:
    document = read_isolated(b"a,b\n1,2\n", "lijst.docx", declared="text/csv")
    assert document.media_type == "text/csv"
    assert "rename" in document.warnings[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "type"),
        (b"PK\x03\x04" + bytes(100), "corrupt"),
        (b"%PDF-1.7\n" + b"x" * 5000, "corrupt"),
        (b'a,b\n"1,2\n', "malformed_row"),
        (b"a,b\n\xe9,2\n", "encoding"),
        (b"a" * 2_000, "too_large"),
    ],
)
def test_broken_content_is_refused(data: bytes, reason: str) -> None:
    limits = Limits(file_bytes=1_000) if reason == "too_large" else SMALL
    with pytest.raises(ReadError) as caught:
        read_isolated(data, "lijst\n.csv", limits)
    assert caught.value.reason == reason
    assert str(caught.value).startswith("lijst�.csv: ")


def locked_pdf(password: str) -> bytes:
    made = FPDF()
    made.set_encryption(owner_password="eigenaar", user_password=password)
    made.add_page()
    made.set_font("helvetica")
    made.write(text="Deze brief is beveiligd.")
    return bytes(made.output())


def locked_xls(after: bytes = b"") -> bytes:
    """Write an XLS that says, behind the record `after`, that what follows is encrypted."""
    workbook = xlwt.Workbook()
    workbook.add_sheet("Blad").write(0, 0, "x")
    stream = io.BytesIO()
    workbook.save(stream)
    data = stream.getvalue()
    record = after + bytes.fromhex("2f0006000000") + bytes(4)
    start = data.index(bytes.fromhex("0908100000060500")) + 20
    return data[:start] + record + data[start + len(record) :]


def locked_odt() -> bytes:
    stream = io.BytesIO()
    urn = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", bytes.fromhex("8a773c"))
        archive.writestr(
            "META-INF/manifest.xml", f'<m xmlns:manifest="{urn}"><manifest:encryption-data/></m>'
        )
    return stream.getvalue()


def locked_zip(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, bytes(20))
    data = bytearray(stream.getvalue())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    return bytes(data)


LOCKED_OOXML = b"".join(
    [
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504),
        *(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", "EncryptionInfo")),
    ]
)


@pytest.mark.parametrize(
    "data",
    [
        locked_pdf("geheim"),
        locked_xls(),
        locked_xls(after=bytes.fromhex("86000000")),  # after a record that may stand before it
        locked_odt(),
        LOCKED_OOXML,
        locked_zip("a.txt"),
        locked_zip("[Content_Types].xml"),
    ],
)
def test_a_password_is_told_as_such(data: bytes) -> None:
    with pytest.raises(ReadError, match="without") as caught:
        read_isolated(data, "brief", DEFAULT_LIMITS)
    assert caught.value.reason == "encrypted"


def test_a_pdf_that_needs_no_password_is_read() -> None:
    document = read_isolated(locked_pdf(""), "brief.pdf")
    assert [paragraph.text for paragraph in document.paragraphs] == ["Deze brief is beveiligd."]
    assert any("protected" in warning for warning in document.warnings)


def test_every_known_type_has_a_reader() -> None:
    assert all(reader.startswith("ipsdata.read.") for reader in READERS.values())
    assert len(READERS) == 9
    assert sys.executable
