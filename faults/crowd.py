"""Three writers and two readers at one store, for a bounded time.

    python -m faults.crowd [--seconds 20] [--writers 3] [--readers 2]

Each writer publishes contents of its own as fast as it can; one that finds another publisher at
work tries again. Each reader reads on and on: the list, the manifest by its hash in the list, every
file by its hash in the manifest, the tables through `latest`, and the views of `ipsdata.duckdb`.
The exit code is 1 if a reader met anything but a whole release, or a publication was lost.
"""

import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import duckdb

from faults.bench import prepare_process
from faults.judge import COLUMNS, content_of, debris
from faults.scenarios import whole_run
from ipsdata.errors import DataError
from ipsdata.release.index import LATEST, RELEASES, entry_problems, read_index
from ipsdata.release.store import verify
from ipsdata.release.views import DATABASE

BUSY = "another publisher is at work"
FIRST = 1
Told = tuple[Counter[str], list[str]]


def _write(processed: Path, writer: int, end: float) -> Told:
    """Publish until the time is over; return how often it did, and what went wrong."""
    counts = Counter[str]()
    number = writer * 1_000_000
    while time.time() < end:
        number += 1
        try:
            whole_run(processed, number, f"writer-{writer}")
            counts["published"] += 1
        except DataError as error:
            if BUSY not in str(error):
                return counts, [f"writer {writer}: {error}"]
            counts["found another publisher at work"] += 1
        except Exception as error:  # any at all is a finding
            return counts, [f"writer {writer}: {type(error).__name__}: {error}"]
    return counts, []


def _read(processed: Path, reader: int, end: float) -> Told:
    """Read until the time is over; return how often, and what was not whole."""
    counts, problems = Counter[str](), list[str]()
    while time.time() < end and not problems:
        for way, read in WAYS.items():
            try:
                problems += [f"reader {reader}, {way}: {told}" for told in read(processed)]
            except Exception as error:  # any at all is a finding
                problems.append(f"reader {reader}, {way}: {type(error).__name__}: {error}")
            counts[f"read by {way}"] += 1
    return counts, problems


def _by_list(processed: Path) -> Iterator[str]:
    index = read_index(processed)
    entry = index.entry(str(index.current))
    folder = processed / RELEASES / entry.release_id
    yield from entry_problems(folder, entry)
    if content_of(folder) is None:
        yield f"{entry.release_id} is a mix"


def _by_latest(processed: Path) -> Iterator[str]:
    folder = (processed / LATEST).resolve()
    if content_of(folder) is None:
        yield f"{folder.name} is a mix"
    if folder.name not in {entry.release_id for entry in read_index(processed).releases}:
        yield f"{folder.name} is not listed"


def _by_views(processed: Path) -> Iterator[str]:
    with duckdb.connect(processed / DATABASE, read_only=True) as base:
        for name, column in COLUMNS.items():
            query = f"SELECT DISTINCT {column} FROM {name}"  # noqa: S608 - both are constants
            seen = base.execute(query).fetchall()
            if len(seen) != 1:
                yield f"the view {name} shows {seen}"


WAYS: dict[str, Callable[[Path], Iterator[str]]] = {
    "the list and the hashes": _by_list,
    "latest": _by_latest,
    "the views": _by_views,
}


def _problems_at_the_end(processed: Path, published: int) -> Iterator[str]:
    index = read_index(processed)
    if len(index.releases) != published + 1:
        yield f"{len(index.releases) - 1} releases are listed, {published} were published"
    for entry in index.releases:
        yield from verify(processed, entry.release_id).problems
    yield from (f"left: {name}" for name in debris(processed))


@click.command()
@click.option("--seconds", default=20.0, show_default=True)
@click.option("--writers", default=3, show_default=True)
@click.option("--readers", default=2, show_default=True)
def main(seconds: float, writers: int, readers: int) -> None:
    """Let writers and readers work at one store at once."""
    prepare_process()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        counts, problems = crowd(Path(folder).resolve() / "store", seconds, writers, readers)
    for name, count in counts.items():
        click.echo(f"{name}: {count:,}")
    click.echo(f"violations: {len(problems)}")
    for problem in problems:
        click.echo(f"- {problem}")
    sys.exit(bool(problems))


def crowd(processed: Path, seconds: float, writers: int, readers: int) -> Told:
    """Let writers and readers work; return how often each did what, and what went wrong."""
    whole_run(processed, FIRST)
    end = time.time() + seconds
    counts, problems = Counter[str](), list[str]()
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(writers + readers, context) as pool:
        tasks = [pool.submit(_write, processed, number, end) for number in range(1, writers + 1)]
        tasks += [pool.submit(_read, processed, number, end) for number in range(readers)]
        for task in tasks:
            done, told = task.result()
            counts += done
            problems += told
    problems += _problems_at_the_end(processed, counts["published"])
    return counts, problems


if __name__ == "__main__":
    main()
