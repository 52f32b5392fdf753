"""Read a document in a disposable process, so that a hostile one costs itself only.

The child (`ipsdata.read.worker`) is a fresh interpreter with limits on memory, CPU time, open
files and output, in a session of its own that is killed as a whole at the end, however that comes.
It answers in JSON, of which nothing is believed: size, structure and every type are checked before
it becomes a `Document` again.
"""

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from ipsdata.read.delimited import ReadError
from ipsdata.read.document import Document, Table
from ipsdata.read.preflight import Limits
from ipsdata.read.serial import SerialError, from_json

__all__ = ["DEFAULT_LIMITS", "REASONS", "Limits", "read_isolated"]

DEFAULT_LIMITS = Limits()
REASONS = frozenset(
    "type encrypted hostile corrupt limit crashed too_large empty encoding malformed_row "
    "control_character cell_too_long unreadable".split()
)

BOOT = (
    "import sys; root = sys.argv.pop(); root in sys.path or sys.path.insert(0, root); "
    "from ipsdata.read.worker import main; main()"
)
PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
POLL_MILLISECONDS = 100
CHUNK_BYTES = 1 << 16
MAX_MESSAGE_CHARACTERS = 1_000
TEXT_IN_JSON = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_isolated(
    data: bytes, name: str, limits: Limits = DEFAULT_LIMITS, declared: str | None = None
) -> Document:
    """Read a document of any known format, in a process that may die of it.

    Args:
        data: the file's bytes.
        name: its name, for messages; its extension counts for CSV only.
        limits: what reading it may cost.
        declared: the media type that the sidecar names, if it does.

    Raises:
        ReadError: the document can't be read; `reason` is one of `REASONS`, and the message names
            the file, what was found and what to do.
    """
    if len(data) > limits.file_bytes:
        found = f"found {len(data):,} bytes, expected at most {limits.file_bytes:,}"
        raise ReadError("too_large", f"{_shown(name)}: {found}: split the file")
    return _read_in_child(data, _Request(name, declared, limits))


@dataclass(frozen=True)
class _Request:
    """See `ipsdata.read.worker.Request`, which this side does not import."""

    name: str
    declared: str | None
    limits: Limits
    reader: str | None = None
    reader_path: str | None = None


def _read_in_child(data: bytes, request: _Request) -> Document:
    try:
        answer = _ask(data, request)
        document = _document(answer, request.limits)
        _check_size(document, request.limits)
    except ReadError as error:
        # The child may have written the message: it is shown, cut and on one line.
        message = f"{_shown(request.name)}: {_shown(str(error))}"
        reason = error.reason if error.reason in REASONS else "crashed"
        raise ReadError(reason, message) from None
    return document


# The process


def _ask(data: bytes, request: _Request) -> bytes:
    with _input(data, request) as source:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, module and arguments
            [sys.executable, "-I", "-X", "utf8", "-c", BOOT, PACKAGE_ROOT],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    try:
        answer = _collect(process, request.limits)
    finally:
        _end_group(process)
    _check_exit(process.returncode, request.limits)
    return answer


def _input(data: bytes, request: _Request) -> IO[bytes]:
    """Return a file without a name that holds the request and the bytes."""
    file: IO[bytes]
    if hasattr(os, "memfd_create"):
        file = open(os.memfd_create("ipsdata"), "w+b")  # noqa: PTH123, SIM115 - of a descriptor
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(json.dumps(asdict(request)).encode() + b"\n")
    file.write(data)
    file.seek(0)
    return file


def _collect(process: subprocess.Popen[bytes], limits: Limits) -> bytes:
    """Return what the child writes until it ends, within time and size."""
    deadline = time.monotonic() + limits.wall_seconds
    output, answer = _descriptor(process), bytearray()
    poll, is_open = select.poll(), True
    poll.register(output, select.POLLIN)
    while time.monotonic() < deadline:
        has_ended = _has_ended(process.pid)  # before reading: after it, there may be more
        chunk = _chunk(poll, output) if is_open else None
        is_open = chunk != b""
        if chunk:
            answer += chunk
        elif has_ended:
            return bytes(answer)
        elif not is_open:
            time.sleep(0.001)
        if len(answer) > limits.output_bytes:
            raise _over("writes", "output_bytes", f"{limits.output_bytes:,} bytes")
    raise _over("takes", "wall_seconds", f"{limits.wall_seconds:g} seconds")


def _descriptor(process: subprocess.Popen[bytes]) -> int:
    if process.stdout is None:
        raise RuntimeError("the reading process has no output")
    return process.stdout.fileno()


def _chunk(poll: "select.poll", output: int) -> bytes | None:
    """Return the next bytes, none at the end, or `None` if none came for a while."""
    return os.read(output, CHUNK_BYTES) if poll.poll(POLL_MILLISECONDS) else None


def _has_ended(pid: int) -> bool:
    # Without collecting it: while its number is taken, its group can be killed safely.
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _check_exit(status: int, limits: Limits) -> None:
    if status == 0:
        return
    if status == -signal.SIGXCPU:
        raise _over("takes", "cpu_seconds", f"{limits.cpu_seconds} seconds of CPU time")
    died = f"exit status {status}" if status > 0 else _signal_name(-status)
    memory = f"within {limits.memory_bytes:,} bytes of memory"
    raise ReadError(
        "crashed",
        f"reading it {memory} ended in a crash ({died}): a damaged or hostile file, or one that "
        "needs more memory; save the document anew",
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _over(verb: str, limit: str, allowed: str) -> ReadError:
    return ReadError(
        "limit",
        f"reading it {verb} over {allowed}: make the document smaller, or raise the limit "
        f"`{limit}`",
    )


# The answer


def _document(answer: bytes, limits: Limits) -> Document:
    structure = TEXT_IN_JSON.sub(b"", answer)
    if sum(map(structure.count, (b",", b"[", b"{"))) > 6 * limits.cells + 10_000:
        raise _over("yields", "cells", f"{limits.cells:,} cells")
    try:
        value = json.loads(answer)
        if isinstance(value, dict) and set(value) == {"document"}:
            return from_json(value["document"])
        reason, message = value["error"]
    except (ValueError, TypeError, KeyError, RecursionError, SerialError):
        raise _rubbish() from None
    if not isinstance(reason, str) or not isinstance(message, str):
        raise _rubbish()
    raise ReadError(reason, message)


def _rubbish() -> ReadError:
    found = "its reader gave an answer that is no document"
    return ReadError("crashed", f"{found}: a hostile file; save the document anew, or report it")


def _check_size(document: Document, limits: Limits) -> None:
    cells = 0
    for table in document.tables:
        cells += sum(map(len, table.rows))
        if cells > limits.cells:
            raise _over("yields", "cells", f"{limits.cells:,} cells")
        _check_cells(table, limits.cell_characters)
    pages = max((block.place.page or 0 for block in document.blocks), default=0)
    if pages > limits.pages:
        raise _over("yields", "pages", f"{limits.pages:,} pages")


def _check_cells(table: Table, limit: int) -> None:
    for cell in (cell for row in table.rows for cell in row):
        if len(cell.text) > limit:
            found = f"{cell.place}: found a cell of {len(cell.text):,} characters"
            raise ReadError("cell_too_long", f"{found}, expected at most {limit:,}: shorten it")


def _shown(text: str) -> str:
    kept = text[:MAX_MESSAGE_CHARACTERS]
    return "".join(character if character.isprintable() else "�" for character in kept)
