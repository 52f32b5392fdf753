"""A store under one scenario: which faults it can meet, and what each of them leaves."""

import gc
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from faults.inject import DONE, KILLED, TOLD, UNEXPECTED, Call, Ended, run_apart, run_traced
from faults.journal import (
    CHANGES,
    Journal,
    journal_of,
    lose_bytes,
    lose_names,
    order_problems,
    touched_path,
)
from faults.judge import (
    Expected,
    fingerprint,
    message_problems,
    reader_problems,
    recovery_problems,
    state_of,
)
from faults.scenarios import Scenario, whole_run

FAULTS = {"SIGKILL": "signal=SIGKILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}
# What reads or writes the disk; lseek, fcntl, ioctl and fstat work on what the kernel holds.
MAY_FAIL = CHANGES | frozenset(
    "open openat read pread64 close getdents64 stat lstat newfstatat statx readlink readlinkat "
    "flock chmod fchmod".split()
)
MAY_LACK_SPACE = frozenset(
    "write pwrite64 writev ftruncate fallocate mkdir mkdirat rename renameat renameat2 symlink "
    "symlinkat link linkat fsync fdatasync".split()
)


@dataclass(frozen=True)
class Injection:
    """One fault at one call."""

    fault: str
    call: Call

    @property
    def expression(self) -> str:
        """What strace is told."""
        return f"{self.call.name}:{FAULTS[self.fault]}:when={self.call.nth}"


def injections(calls: Sequence[Call], *, each: bool = False) -> Iterator[Injection]:
    """Yield the faults that calls can meet.

    Args:
        each: at every call; else a process is killed only before those that change something (up to
            the next one the disk holds the same), and of calls that only read, one of each name
            and path fails.
    """
    seen: set[tuple[str, Path | None]] = set()
    for call in calls:
        changes = call.name in CHANGES or call.creates or call.name == "flock"
        key = (call.name, touched_path(call))
        if changes or each:
            yield Injection("SIGKILL", call)
        if call.name in MAY_FAIL and (changes or each or key not in seen):
            yield Injection("EIO", call)
        if call.name in MAY_LACK_SPACE or call.creates:
            yield Injection("ENOSPC", call)
        seen.add(key)


@dataclass
class Found:
    """What a share of the injections of a scenario came to.

    Attributes:
        calls: that touch the store, in a run without a fault.
        ends: how many injections, by call, fault and how the action ended.
        states: how many different states were judged.
        losses: how many of them were made by taking away what was not synced.
        missed: how many faults did not come, because the calls were fewer.
        undone: how many injections there was no time for.
        violations: what must not be, with the injection.
    """

    scenario: str
    calls: int = 0
    ends: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    states: int = 0
    losses: int = 0
    missed: int = 0
    undone: int = 0
    violations: list[dict[str, str]] = field(default_factory=list)


class Bench:
    """A store in a folder, which is put back as it was before each injection."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        """Make the store, and do the action once to see where it leads."""
        self.scenario = scenario
        self.store, self.pristine = folder / "store", folder / "pristine"
        self.killed = folder / "killed"
        run_apart(partial(_none, scenario.prepare, self.store))
        shutil.copytree(self.store, self.pristine, symlinks=True)
        before = state_of(self.store)
        ended = run_traced(partial(scenario.act, self.store), self.store)
        if ended.how != DONE:
            raise RuntimeError(f"{scenario.name}: without any fault: {ended.message}")
        self.calls = ended.calls
        self.expected = Expected(scenario, before, state_of(self.store))
        self.judged: set[str] = set()
        self.found = Found(scenario.name, len(self.calls))

    def check_order(self) -> None:
        """Note where the order of syncs and names is not safe."""
        self._note("the order of the calls", "", order_problems(self.calls, self.store))

    def inject(self, injection: Injection) -> Ended:
        """Let the action meet a fault, and judge what is left."""
        self._put_back(self.pristine)
        act = partial(self.scenario.act, self.store)
        ended = run_traced(act, self.store, injection.expression)
        self.found.missed += not ended.injected
        self.found.ends[injection.call.name, injection.fault, ended.how] += 1
        told = injection.call.told
        self._note(injection.expression, told, self._end_problems(injection, ended))
        if ended.how == KILLED:
            self._judge_losses(injection, ended)
        else:
            self._judge(injection)
        return ended

    def _end_problems(self, injection: Injection, ended: Ended) -> list[str]:
        if ended.how == UNEXPECTED:
            return [f"ended in an unexpected error: {ended.message}"]
        if ended.how == TOLD:
            return message_problems(self.store, self.expected, ended.message)
        if ended.how == KILLED and injection.fault != "SIGKILL":
            return ["died of an error"]
        return []

    def _judge_losses(self, injection: Injection, ended: Ended) -> None:
        """Judge what a killed process left, and what of it would outlive a loss of power."""
        shutil.rmtree(self.killed, ignore_errors=True)
        shutil.copytree(self.store, self.killed, symlinks=True)
        self._judge(injection)
        journal = journal_of(ended.calls)
        for lost, lose in (("bytes", _lose_bytes), ("names", _lose_names), ("both", _lose_both)):
            self._put_back(self.killed)
            if lose(journal, self.store, self.pristine):
                self._judge(injection, lost)

    def _judge(self, injection: Injection, lost: str = "") -> None:
        state = fingerprint(self.store)
        if state in self.judged:
            return
        self.judged.add(state)
        self.found.states += 1
        self.found.losses += bool(lost)
        problems = run_apart(partial(_problems, self.store, self.expected))
        after = f", then unsynced {lost} lost" if lost else ""
        self._note(injection.expression + after, injection.call.told, problems)

    def _note(self, fault: str, call: str, problems: Iterator[str] | Sequence[str]) -> None:
        name = self.scenario.name
        self.found.violations += [
            {"scenario": name, "fault": fault, "call": call, "problem": told} for told in problems
        ]

    def _put_back(self, source: Path) -> None:
        shutil.rmtree(self.store)
        shutil.copytree(source, self.store, symlinks=True)


def _lose_bytes(journal: Journal, store: Path, _before: Path) -> bool:
    return lose_bytes(journal, store)


def _lose_names(journal: Journal, store: Path, before: Path) -> bool:
    return lose_names(journal, store, before)


def _lose_both(journal: Journal, store: Path, before: Path) -> bool:
    some_bytes = lose_bytes(journal, store)
    return lose_names(journal, store, before) and some_bytes


def _none(function: Callable[..., object], *given: object) -> None:
    function(*given)


def _problems(store: Path, expected: Expected) -> list[str]:
    return reader_problems(store, expected) or recovery_problems(store, expected)


def prepare_process() -> None:
    """Import and compute what a publication needs, once; let as few threads work as can be."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    duckdb.connect = partial(duckdb.connect, config={"threads": 1})
    with tempfile.TemporaryDirectory() as folder:
        for number in (1, 2):
            whole_run(Path(folder) / "warm", number)
    gc.collect()
    gc.freeze()  # so that a forked process needs no copies of what is there
