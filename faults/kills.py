"""`kill -9` of whole runs of `ipsdata run`, at random moments.

    python -m faults.kills [--runs 20] [--seed 1]

Each run starts from a store with one release, on documents that make another. After each kill a
reader must see a whole release, no process may be left, and the next run must complete. The exit
code is 1 if there was a violation.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click

from faults.judge import debris
from faults.real import command, first_store, run, store_problems
from ipsdata.release.index import read_index

KILLED = "killed"
GRACE = 10.0  # seconds for the readers of documents to see that nobody waits for them


def killed_runs(folder: Path, runs: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Kill runs; return when that was, and what was wrong."""
    store, pristine = first_store(folder), folder / "pristine"
    shutil.copytree(store, pristine, symlinks=True)
    started = time.monotonic()
    problems = run(folder, store)
    lasts = time.monotonic() - started
    moments = Random(seed)  # noqa: S311 - not for secrets
    counts = Counter[str]()
    for number in range(runs):
        shutil.rmtree(store)
        shutil.copytree(pristine, store, symlinks=True)
        moment = moments.uniform(0, lasts)
        ended = _kill_after(moment, command(folder / "raw", store))
        counts[ended] += 1
        if ended != KILLED:  # on a busy machine one run may last longer than another
            lasts = moment
        counts["left something to clear away"] += bool(debris(store))
        counts["had published"] += len(read_index(store).releases) > 1
        told = [*_survivors(folder), *store_problems(store), *run(folder, store)]
        told += store_problems(store, settled=True)
        problems += [f"run {number}, killed after {moment:.2f} s: {each}" for each in told]
    return counts, problems


def _kill_after(seconds: float, words: list[str]) -> str:
    with subprocess.Popen(  # noqa: S603 - no part of it comes from outside
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        code = process.wait()
    return KILLED if code == -signal.SIGKILL else f"had ended with {code}"


def _survivors(folder: Path) -> list[str]:
    """Return the processes that still work for a killed run after some seconds."""
    end = time.monotonic() + GRACE
    while (found := list(_processes_of(folder))) and time.monotonic() < end:
        time.sleep(0.1)
    return [f"process {number} was left" for number in found]


def _processes_of(folder: Path) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in told:
            yield int(path.parent.name)


@click.command()
@click.option("--runs", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(runs: int, seed: int) -> None:
    """Kill runs at random moments."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        counts, problems = killed_runs(Path(name).resolve(), runs, seed)
    for what, count in counts.items():
        click.echo(f"{what}: {count:,}")
    click.echo(f"violations: {len(problems)}")
    for problem in problems:
        click.echo(f"- {problem}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
