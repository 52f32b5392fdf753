"""Run an action in a process of its own under strace, and let one of its system calls fail.

The process is forked from this one, in which everything is imported already, so that an injection
costs no start of Python. strace attaches to it; the process goes on once a call that strace
answers in the kernel's place tells that it is traced. Calls are counted by name, as strace does,
from there on.
"""

import ctypes
import json
import mmap
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.errors import IpsdataError

STRACE = "strace"
LACKING = "strace is not installed: it is Debian's package strace (apt-get install strace)"
TRACED = 4242  # a process group that strace makes up, by which the process sees that it is traced
SECONDS = 60.0  # for one action; far more than it takes
ANSWER_BYTES = 1 << 20
SET_PTRACER, ANY = 0x59616D61, -1  # of prctl(2): whom the Yama module lets attach
LINE = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<told>.*)")
RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. \w+ resumed>(?P<told>.*)")
UNFINISHED = " <unfinished ...>"

DONE, TOLD, KILLED, UNEXPECTED = "done", "told", "killed", "unexpected"


@dataclass(frozen=True)
class Call:
    """A system call that touches the store.

    Attributes:
        nth: which of the calls of this name in its thread it is, from 1.
        told: its arguments and what it returned, as strace prints them.
    """

    name: str
    nth: int
    told: str

    @property
    def creates(self) -> bool:
        """Whether it opens a file that it may create."""
        return self.name == "openat" and "O_CREAT" in self.told


@dataclass(frozen=True)
class Ended:
    """How an action ended.

    Attributes:
        how: done; told: an error that a person can act on; killed; unexpected: anything else.
        message: of the error; the traceback of an unexpected one.
        calls: those that touch the store, in order.
        injected: how often a fault came.
    """

    how: str
    message: str
    calls: tuple[Call, ...]
    injected: int


def lacking() -> str | None:
    """Return what this machine lacks for injections, in words; `None` if it has it."""
    return None if shutil.which(STRACE) else LACKING


def run_traced(action: Callable[[], object], store: Path, fault: str | None = None) -> Ended:
    """Run an action in a forked process under strace.

    Args:
        action: what is done; what it returns is dropped.
        store: calls that name a path in this folder, or a descriptor of one, are told.
        fault: what strace injects, such as `fsync:error=EIO:when=3`.
    """
    with tempfile.TemporaryDirectory() as folder, mmap.mmap(-1, ANSWER_BYTES) as answer:
        trace = Path(folder) / "trace"
        child = os.fork()
        if child == 0:
            _as_child(action, answer)
        status = _traced_to_its_end(child, trace, fault)
        lines = trace.read_text("utf-8", "replace").splitlines()
        how, message = _ended(status, answer)
        return Ended(how, message, tuple(_calls(lines, str(store))), _injected(lines))


def run_apart(action: Callable[[], Any]) -> Any:  # noqa: ANN401 - what JSON gives back
    """Run an action in a forked process, untraced, and return what it returns, as JSON has it.

    Raises:
        RuntimeError: it raised, which is told, or it died.
    """
    how, told = ended_apart(action)
    if how != DONE:
        raise RuntimeError(told)
    return json.loads(told)


def ended_apart(action: Callable[[], Any]) -> tuple[str, str]:
    """Run an action in a forked process, untraced; return how it ended and what it told.

    What it returned is told as JSON.
    """
    with mmap.mmap(-1, ANSWER_BYTES) as answer:
        child = os.fork()
        if child == 0:
            _answer_and_exit(action, answer)
        return _ended(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), answer)


def _as_child(action: Callable[[], object], answer: mmap.mmap) -> None:
    ctypes.CDLL(None).prctl(SET_PTRACER, ctypes.c_ulong(ANY), 0, 0, 0)
    end = time.monotonic() + SECONDS
    while os.getpgid(0) != TRACED:
        time.sleep(0.001)
        if time.monotonic() > end:
            os._exit(3)
    _answer_and_exit(lambda: action() and None, answer)


def _answer_and_exit(action: Callable[[], Any], answer: mmap.mmap) -> None:
    """Leave the answer in shared memory, which takes no system call, and end."""
    try:
        told = [DONE, json.dumps(action())]
    except IpsdataError as error:
        told = [TOLD, str(error)]
    except BaseException:
        told = [UNEXPECTED, traceback.format_exc()]
    data = json.dumps(told).encode()[: ANSWER_BYTES - 1]
    answer[: len(data)] = data
    os._exit(0)


def _ended(status: int, answer: mmap.mmap) -> tuple[str, str]:
    data = answer[:].rstrip(b"\0")
    if data:
        how, message = json.loads(data)
        return how, message
    if status == -signal.SIGKILL:
        return KILLED, ""
    return UNEXPECTED, f"the process ended by itself with {status}"


def _traced_to_its_end(child: int, trace: Path, fault: str | None) -> int:
    injections = [f"getpgid:retval={TRACED}", *([fault] if fault else [])]
    expressions = [part for told in injections for part in ("-e", f"inject={told}")]
    command = [STRACE, "-f", "-y", "-qq", "-s", "0", "-o", str(trace), "-e"]
    command += ["trace=%file,%desc,getpgid", *expressions, "-p", str(child)]
    with subprocess.Popen(  # noqa: S603 - no part of it comes from outside
        command, stderr=subprocess.PIPE, text=True
    ) as tracer:
        status = _waited_for(child)
        told = tracer.communicate(timeout=SECONDS)[1]
    if not trace.exists() or not trace.stat().st_size:
        raise RuntimeError(f"strace could not trace: {told}")
    return status


def _waited_for(child: int) -> int:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 124


def _calls(lines: list[str], store: str) -> Iterator[Call]:
    counted: Counter[tuple[str, str]] = Counter()
    for thread, name, told in _joined(lines):
        counted[thread, name] += 1
        if store in told:
            yield Call(name, counted[thread, name], told)


def _joined(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield thread, name and the rest of each call, those that another thread cut made whole."""
    rest = {
        (found["thread"], number): found["told"]
        for number, line in enumerate(lines)
        if (found := RESUMED.match(line))
    }
    for number, line in enumerate(lines):
        if found := LINE.match(line):
            thread, name, told = found.group("thread", "name", "told")
            if told.endswith(UNFINISHED):
                later = min((n for t, n in rest if t == thread and n > number), default=None)
                told = told.removesuffix(UNFINISHED) + rest.get((thread, later or -1), "")
            yield thread, name, told


def _injected(lines: list[str]) -> int:
    killed = any("+++ killed by SIGKILL +++" in line for line in lines)
    told = sum("(INJECTED)" in line and " getpgid(" not in line for line in lines)
    return told or int(killed)
