"""The disposable process that reads one document; started by `ipsdata.read.isolated`, never alone.

It takes one line of JSON (the request) and the file's bytes on standard input, and answers with
one JSON value on what was its standard output. Before it looks at the bytes it gives up what
reading does not need: memory, CPU time, files, other processes, the network.
"""

import ctypes
import errno
import gc
import json
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

from ipsdata.read.delimited import ReadError, read_delimited
from ipsdata.read.detect import CSV, HTML, PLAIN_TEXT, XLS, detect_media_type, type_warnings
from ipsdata.read.document import Cell, Document, Place, Table
from ipsdata.read.preflight import DOCX, ODS, ODT, PDF, XLSX, Limits, preflight
from ipsdata.read.serial import to_json

Reader = Callable[[bytes], Document]

READERS = {
    PLAIN_TEXT: "ipsdata.read.plain_text:read_plain_text",
    CSV: "ipsdata.read.worker:read_csv",
    HTML: "ipsdata.read.html:read_html",
    PDF: "ipsdata.read.pdf:read_pdf",
    DOCX: "ipsdata.read.docx:read_docx",
    ODT: "ipsdata.read.odt:read_odt",
    XLSX: "ipsdata.read.spreadsheet:read_spreadsheet",
    XLS: "ipsdata.read.spreadsheet:read_spreadsheet",
    ODS: "ipsdata.read.spreadsheet:read_spreadsheet",
}
OPEN_FILES = 64
MAX_MESSAGE_CHARACTERS = 1_000


@dataclass(frozen=True)
class Request:
    """What the parent asks for.

    Attributes:
        reader: for tests: the reader to use whatever the type is, as "module:function".
        reader_path: for tests: the folder that this reader's module lies in.
    """

    name: str
    declared: str | None
    limits: Limits
    reader: str | None = None
    reader_path: str | None = None


def main() -> None:
    """Read the document on standard input, answer, and end without any clean-up."""
    request = json.loads(sys.stdin.buffer.readline())
    request = Request(**{**request, "limits": Limits(**request["limits"])})
    _limit_resources(request.limits)
    gc.disable()  # the process ends soon, and a million cells make collecting most of the work
    data = sys.stdin.buffer.read()
    output = _take_standard_streams()
    answer = memoryview(_answer(request, data))
    while answer:
        answer = answer[os.write(output, answer) :]
    os._exit(0)


def read_csv(data: bytes) -> Document:
    """Read comma-separated text as one table; short rows are filled up, with a warning.

    Raises:
        ReadError: the file is empty, is not UTF-8, or breaks the quoting rules.
    """
    read = read_delimited(data, "table")
    rows = [read.header, *(row.cells for row in read.rows)]
    lines = [1, *(row.line for row in read.rows)]
    width = max(map(len, rows))
    grid = tuple(
        tuple(
            Cell(text, Place(table=1, row=number, column=column))
            for column, text in enumerate([*cells, *[""] * (width - len(cells))], start=1)
        )
        for number, cells in enumerate(rows, start=1)
    )
    warnings = tuple(
        f"line {line}: found {len(cells)} cells, expected {width}; the rest is left empty"
        for line, cells in zip(lines, rows, strict=True)
        if len(cells) < width
    )
    return Document(CSV, (Table(grid, Place(table=1)),), warnings=warnings)


def _answer(request: Request, data: bytes) -> bytes:
    try:
        document = _read(request, data)
        return json.dumps(
            {"document": to_json(document)}, ensure_ascii=False, separators=(",", ":")
        ).encode()
    except ReadError as error:
        problem = [error.reason, str(error)[:MAX_MESSAGE_CHARACTERS]]
    except MemoryError:
        memory = f"{request.limits.memory_bytes:,}"
        problem = ["limit", f"needs over {memory} bytes of memory: make the document smaller"]
    except BaseException as error:  # whatever it is, it is told as data, without its values
        kind = type(error).__name__
        problem = ["crashed", f"its reader failed ({kind}): save the document anew, or report it"]
    return json.dumps({"error": problem}).encode()


def _read(request: Request, data: bytes) -> Document:
    if request.reader is not None:
        return _test_reader(request)(data)
    media_type = detect_media_type(data, request.name, request.declared)
    warnings = type_warnings(media_type, request.name, request.declared)
    warnings += preflight(data, media_type, request.limits)
    reader = _imported(READERS[media_type])
    _give_up_the_rest()
    document = reader(data)
    return replace(document, warnings=(*warnings, *document.warnings))


def _test_reader(request: Request) -> Reader:
    sys.path.append(str(request.reader_path))
    reader = _imported(str(request.reader))
    _give_up_the_rest()
    return reader


def _imported(reader: str) -> Reader:
    module, function = reader.split(":")
    found: Reader = getattr(import_module(module), function)
    return found


# What the process gives up


def _take_standard_streams() -> int:
    """Return the descriptor for the answer; what a library prints goes nowhere."""
    output = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return output


def _limit_resources(limits: Limits) -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        _lower(kind, limit, limit)
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 2)


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit, never above one that holds already."""
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(kind, (soft, hard))


def _give_up_the_rest() -> None:
    # After the reader's import: until here, Python may still have to store compiled modules.
    _lower(resource.RLIMIT_FSIZE, 0, 0)
    _lower(resource.RLIMIT_NPROC, 0, 0)  # holds for all users but root; hence the filter below
    _filter_system_calls()


PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, JUMP_EQUAL, JUMP_FROM, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
CLONE_THREAD = 0x00010000
X32_CALLS = 0x40000000


@dataclass(frozen=True)
class _Machine:
    """The numbers of the system calls that no reader needs, on one kind of machine."""

    audit: int
    clone: int
    clone3: int
    calls: str

    @property
    def refused(self) -> list[int]:
        return [int(call.split("=")[1]) for call in self.calls.split()]


MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        clone3=435,
        calls="""
            fork=57 vfork=58 execve=59 execveat=322 setpgid=109 setsid=112 unshare=272 setns=308
            socket=41 connect=42 bind=49 socketpair=53 io_uring_setup=425
            ptrace=101 kill=62 pidfd_send_signal=424 pidfd_open=434 pidfd_getfd=438
            process_vm_writev=311 bpf=321 perf_event_open=298 mount=165
            truncate=76 rename=82 mkdir=83 rmdir=84 creat=85 link=86 unlink=87 symlink=88 chmod=90
            chown=92 lchown=94 mkdirat=258 fchownat=260 unlinkat=263 renameat=264 linkat=265
            symlinkat=266 fchmodat=268 renameat2=316 fchmodat2=452
        """,
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        clone3=435,
        calls="""
            execve=221 execveat=281 setpgid=154 setsid=157 unshare=97 setns=268
            socket=198 connect=203 bind=200 socketpair=199 io_uring_setup=425
            ptrace=117 kill=129 pidfd_send_signal=424 pidfd_open=434 pidfd_getfd=438
            process_vm_writev=271 bpf=280 perf_event_open=241 mount=40
            truncate=45 mkdirat=34 fchownat=54 unlinkat=35 renameat=38 linkat=37 symlinkat=36
            fchmodat=53 renameat2=276 fchmodat2=452
        """,
    ),
}


def _filter_system_calls() -> None:
    """Refuse processes, network and changes to files by seccomp, where the kernel offers it."""
    machine = MACHINES.get(platform.machine())
    if not sys.platform.startswith("linux") or machine is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    program = _filter_program(machine)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0)


def _filter_program(machine: _Machine) -> bytes:
    """Write the filter in the kernel's BPF: one instruction is code, jumps and an operand."""
    refuse = (RETURN, 0, 0, REFUSE | errno.EPERM)
    lines = [
        (LOAD, 0, 0, 4),
        (JUMP_EQUAL, 1, 0, machine.audit),
        refuse,
        (LOAD, 0, 0, 0),
        (JUMP_FROM, 0, 1, X32_CALLS),
        refuse,
        (JUMP_EQUAL, 0, 1, machine.clone3),
        (RETURN, 0, 0, REFUSE | errno.ENOSYS),  # the C library then uses clone
    ]
    for call in machine.refused:
        lines += [(JUMP_EQUAL, 0, 1, call), refuse]
    lines += [
        (JUMP_EQUAL, 0, 3, machine.clone),
        (LOAD, 0, 0, 16),
        (JUMP_BITS, 1, 0, CLONE_THREAD),
        refuse,
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
