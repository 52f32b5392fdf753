"""A disk that fills up: a small tmpfs of many sizes.

    python -m faults.space [--step 16] [--real 6]

Into a tmpfs just large enough for one release, another is published with ever more room, until it
fits; then whole runs of `ipsdata run` on the project's own documents, likewise. After each the old
release must stand and the error say what lacks, and with more room the next run must complete.
Only root may mount. The exit code is 1 if there was a violation.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from faults.bench import prepare_process
from faults.inject import DONE, TOLD, ended_apart, run_apart
from faults.judge import Expected, message_problems, reader_problems, recovery_problems, state_of
from faults.real import IPSDATA_FAILED, command, first_store, run, store_problems
from faults.scenarios import NEW, OLD, Scenario, whole_run

KIB = 1024
SKIPPED = 77  # the exit code of a part that this machine does not permit
ROOMY = 256 * KIB  # KiB
NO_SPACE = "No space left on device"


def lacking() -> str | None:
    """Return why no tmpfs can be mounted here; `None` if it can."""
    if os.geteuid() != 0:
        return "only root may mount a tmpfs"
    with tempfile.TemporaryDirectory() as folder:
        done = _mount(Path(folder), 64)
        if done.returncode:
            return f"a tmpfs can't be mounted: {done.stderr.strip()}"
        _call("umount", folder)
    return None


def _call(*words: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(words[0]) or words[0]
    return subprocess.run(  # noqa: S603 - no part of it comes from outside
        [found, *words[1:]], capture_output=True, text=True, check=False
    )


def _mount(folder: Path, kib: int, *options: str) -> subprocess.CompletedProcess[str]:
    told = ",".join([f"size={kib}k", *options])
    return _call("mount", "-t", "tmpfs", "-o", told, "tmpfs", str(folder))


@contextmanager
def tmpfs(source: Path, room: int) -> Iterator[Path]:
    """Mount a tmpfs that holds a copy of a store and so many KiB more; yield the store.

    A store names its own folder in its views: it is mounted where the store was made.
    """
    with tempfile.TemporaryDirectory(prefix="faults-") as kept:
        copy = Path(kept) / "store"
        shutil.copytree(source, copy, symlinks=True)
        _mounted(source, ROOMY)
        try:
            shutil.copytree(copy, source, symlinks=True, dirs_exist_ok=True)
            told = os.statvfs(source)
            used = (told.f_blocks - told.f_bfree) * told.f_frsize // KIB
            resize(source, used + room)
            yield source
        finally:
            _call("umount", str(source))


def _mounted(folder: Path, kib: int) -> None:
    done = _mount(folder, kib)
    if done.returncode:
        raise RuntimeError(done.stderr)


def resize(folder: Path, kib: int) -> None:
    """Give a tmpfs another size."""
    done = _mount(folder, kib, "remount")
    if done.returncode:
        raise RuntimeError(done.stderr)


def _run_new(processed: Path) -> str:
    return whole_run(processed, NEW)


def small_stores(folder: Path, step: int) -> tuple[Counter[str], list[str]]:
    """Publish with ever more room; return how that ended, and what was wrong."""
    store = folder / "store"
    run_apart(partial(whole_run, store, OLD))
    expected = _expected(store, folder / "elsewhere")
    counts, problems = Counter[str](), list[str]()
    room = 0
    while counts["small store: published"] < 2:
        with tmpfs(store, room) as processed:
            how, message = ended_apart(partial(_run_new, processed))
            counts[f"small store: {ENDS.get(how, how)}"] += 1
            told = _problems(processed, expected, how, message)
            problems += [f"small store, {room} KiB: {each}" for each in told]
        room += step
    return counts, problems


ENDS = {DONE: "published", TOLD: "error told"}


def _expected(store: Path, other: Path) -> Expected:
    shutil.copytree(store, other, symlinks=True)
    before = state_of(store)
    run_apart(partial(_run_new, other))
    scenario = Scenario("space", _nothing, _run_new, _run_new)
    return Expected(scenario, before, state_of(other))


def _nothing(_processed: Path) -> None:
    """Prepare nothing."""


def _problems(processed: Path, expected: Expected, how: str, message: str) -> list[str]:
    told: list[str] = run_apart(partial(reader_problems, processed, expected))
    if how == TOLD:
        told += message_problems(processed, expected, message)
        if NO_SPACE not in message:
            told.append(f"the error does not say what lacks: {message}")
    elif how != DONE:
        told.append(f"ended otherwise: {message}")
    resize(processed, ROOMY)
    told += run_apart(partial(recovery_problems, processed, expected))
    return told


def real_runs(folder: Path, sizes: int) -> tuple[Counter[str], list[str]]:
    """Run the whole pipeline with ever more room; return how that ended, and what was wrong."""
    store, full = first_store(folder), folder / "full"
    shutil.copytree(store, full, symlinks=True)
    run(folder, full)
    more = _kib_of(full) - _kib_of(store)
    shutil.rmtree(full)
    counts, problems = Counter[str](), list[str]()
    for room in [more * part // (sizes - 2) for part in range(sizes)]:
        with tmpfs(store, room) as processed:
            done = _call(*command(folder / "raw", processed))
            counts[f"ipsdata run: ended with {done.returncode}"] += 1
            told = _real_problems(processed, folder, done)
            problems += [f"ipsdata run, {room} KiB: {each}" for each in told]
    return counts, problems


def _kib_of(folder: Path) -> int:
    return sum(path.stat().st_blocks for path in folder.rglob("*")) // 2


def _real_problems(
    processed: Path, folder: Path, done: subprocess.CompletedProcess[str]
) -> Sequence[str]:
    told = store_problems(processed)
    if done.returncode not in IPSDATA_FAILED | {0} or "Traceback" in done.stderr:
        told.append(f"ended with {done.returncode}: {done.stderr}")
    if done.returncode and NO_SPACE not in done.stderr:
        told.append(f"the error does not say what lacks: {done.stderr}")
    resize(processed, ROOMY)
    again = run(folder, processed)
    return [*told, *again, *store_problems(processed, settled=True)]


@click.command()
@click.option("--step", default=16, show_default=True, help="KiB from one size to the next")
@click.option("--real", default=6, show_default=True, help="sizes for `ipsdata run`; 0 for none")
def main(step: int, real: int) -> None:
    """Fill up a small tmpfs."""
    if told := lacking():
        click.echo(f"not run: {told}")
        sys.exit(SKIPPED)
    prepare_process()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name).resolve()
        counts, problems = small_stores(folder, step)
        if real:
            more, told_more = real_runs(folder / "real", real)
            counts, problems = counts + more, problems + told_more
    for ended, count in counts.items():
        click.echo(f"{ended}: {count:,}")
    click.echo(f"violations: {len(problems)}")
    for problem in problems:
        click.echo(f"- {problem}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
