"""Measure commands: each run in a process of its own, competitors by turns."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KIB_OF_MIB = 1024  # os.wait4 tells KiB
READ_BYTES = 16 << 20
STDERR_LINES = 20

# A process begins with the peak of the one that started it: it is started by one that is small.
# The peak that os.wait4 tells is that of the process or of its largest descendant.
LAUNCHER = """
import os, sys, time
null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
started = time.perf_counter()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - started
cpu = usage.ru_utime + usage.ru_stime
print(os.waitstatus_to_exitcode(status), seconds, cpu, usage.ru_maxrss)
"""


@dataclass(frozen=True)
class Cost:
    """What one run took.

    Attributes:
        seconds: by the clock on the wall.
        cpu: seconds of processor time, children included.
        peak_mib: resident memory of the largest process.
    """

    seconds: float
    cpu: float
    peak_mib: float


@dataclass(frozen=True)
class Command:
    """A command to measure.

    Attributes:
        before: what is done before each run, unmeasured: it clears what the run before left.
        codes: the exit codes that are right.
        makes: what is there when the command did its work.
    """

    name: str
    arguments: Sequence[str]
    before: Callable[[], None] = lambda: None
    codes: frozenset[int] = frozenset({0})
    makes: Path | None = None
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Measured:
    """All runs of one command."""

    name: str
    runs: tuple[Cost, ...]

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def least(self) -> float:
        """The least seconds."""
        return min(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median of processor time."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def peak_mib(self) -> float:
        """The highest peak."""
        return max(run.peak_mib for run in self.runs)


def cost_of(command: Command) -> Cost:
    """Run a command once.

    Raises:
        RuntimeError: it ended with another exit code than is right, or did not make what it makes.
    """
    command.before()
    environment = None if command.environment is None else {**os.environ, **command.environment}
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *command.arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    )
    code, seconds, cpu, peak = done.stdout.split()
    if int(code) not in command.codes:
        told = "\n".join(done.stderr.splitlines()[-STDERR_LINES:])
        raise RuntimeError(f"{command.name}: ended with {code}\n{told}")
    if command.makes is not None and not command.makes.exists():
        raise RuntimeError(f"{command.name}: ended with {code}, but made no {command.makes.name}")
    return Cost(float(seconds), float(cpu), int(peak) / KIB_OF_MIB)


def measure(
    commands: Sequence[Command], repeat: int, inputs: Sequence[Path] = ()
) -> dict[str, Measured]:
    """Run each command `repeat` times, by turns, with the inputs in the page cache.

    Every second round goes backwards, so that no command always follows the same other one. A
    command that fails is reported, and left out of the answer.
    """
    for path in inputs:
        warm(path)
    found: dict[str, list[Cost]] = {command.name: [] for command in commands}
    failed: set[str] = set()
    for round_number in range(repeat):
        for command in commands[:: -1 if round_number % 2 else 1]:
            if command.name in failed:
                continue
            try:
                cost = cost_of(command)
            except RuntimeError as error:
                progress(str(error))
                failed.add(command.name)
                continue
            found[command.name].append(cost)
            progress(f"{command.name}: {cost.seconds:.2f} s, {cost.peak_mib:,.0f} MiB")
    return {name: Measured(name, tuple(runs)) for name, runs in found.items() if name not in failed}


def warm(path: Path) -> None:
    """Read a file once, so that no run pays for the disk."""
    with path.open("rb") as file:
        while file.read(READ_BYTES):
            pass


def progress(line: str) -> None:
    """Tell a line on stderr."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


def markdown_table(found: Mapping[str, Measured], reference: str | None = None) -> str:
    """Return a table of what was measured, in order of time; ratios are to `reference`."""
    if not found:
        return "Not measured.\n"
    rows = sorted(found.values(), key=lambda each: each.seconds)
    base = found[reference].seconds if reference in found else None
    lines = [
        f"| what | seconds (median) | min | CPU | ratio to {reference or '–'} | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        ratio = "" if base is None else f"{row.seconds / base:.2f}"
        lines.append(
            f"| {row.name} | {row.seconds:.2f} | {row.least:.2f} | {row.cpu:.2f} | {ratio} "
            f"| {row.peak_mib:,.0f} |"
        )
    return "\n".join(lines) + "\n"
