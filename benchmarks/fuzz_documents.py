"""Read thousands of mutated documents in isolation, and see that each is refused, told or the same.

    python -m benchmarks.fuzz_documents --folder FOLDER --mutations 10000 --seed 1

Mutation number n of a seed is always the same. The exit code is 1 if anything failed: an exception
that is no refusal, a process that died or hung, a child or a descriptor left behind.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from benchmarks.fuzz_judge import ListRow, finding, is_known_mission, list_rows, silent_difference
from benchmarks.mutations import mutate
from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import EXTENSIONS
from ipsdata.read.document import Document
from ipsdata.read.isolated import REASONS, Limits, read_isolated

LIMITS = Limits(cpu_seconds=10, wall_seconds=20)
HANG_SECONDS = LIMITS.wall_seconds + 10
SHOWN_EXAMPLES = 40
SHOWN_CHARACTERS = 300

REFUSED, SAME, WARNED, DIFFERENT, FAILED = "refused", "same", "warned", "different", "failed"
SILENT = "silent"


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation.

    Attributes:
        outcome: refused; same: the tables are the original's; warned: they differ, and a warning
            says that something is wrong; different: they differ without one; failed.
        verdict: the reason of a refusal; of tables that differ, which check of the pipeline the
            list fails, `list_same`, or `silent`; of the same tables, whether other text differs.
    """

    number: int
    file: str
    kind: str
    outcome: str
    verdict: str
    detail: str
    seconds: float


@dataclass(frozen=True)
class Original:
    """A file of the folder, and what it says; `rows` are those of its list, if it has one."""

    name: str
    data: bytes
    document: Document
    rows: tuple[ListRow, ...] | None


@click.command()
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
@click.option("--mutations", type=click.IntRange(min=1), default=1_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--json", "report_path", type=click.Path(dir_okay=False, path_type=Path))
def main(folder: Path, mutations: int, seed: int, jobs: int, report_path: Path | None) -> None:
    """Mutate the documents of a folder and read them."""
    console = Console(stderr=True)
    started = time.monotonic()
    done: list[Outcome] = []
    with contextlib.suppress(BrokenProcessPool):
        runs = _run(_files(folder), mutations, seed, jobs)
        done.extend(track(runs, "mutations", mutations, console=console))
    report = {"mutations": mutations, "seed": seed, **_report(done, mutations)}
    report["seconds"] = round(time.monotonic() - started, 1)
    text = json.dumps(report, ensure_ascii=False, indent=1)
    if report_path is not None:
        report_path.write_text(text + "\n", encoding="utf-8")
    _show(report, Console())
    sys.exit(1 if report["failures"] else 0)


def _files(folder: Path) -> list[Path]:
    known = {extension for each in EXTENSIONS.values() for extension in each}
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in known)
    if not found:
        raise click.UsageError(f"{folder}: found no document of a known format")
    return found


# One mutation


def _run(files: Sequence[Path], mutations: int, seed: int, jobs: int) -> Iterator[Outcome]:
    with ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), _take_originals, (files,)
    ) as pool:
        yield from pool.map(partial(_mutation, seed), range(mutations), chunksize=4)


ORIGINALS: list[Original] = []


def _take_originals(files: Sequence[Path]) -> None:
    """Read the files of the folder once a process; one that is refused is left out."""
    for path in files:
        data = path.read_bytes()
        with contextlib.suppress(ReadError):
            document = read_isolated(data, path.name, LIMITS)
            ORIGINALS.append(Original(path.name, data, document, _rows(document)))


def _rows(document: Document) -> tuple[ListRow, ...] | None:
    try:
        return list_rows(document)
    except ReadError:
        return None


def _mutation(seed: int, number: int) -> Outcome:
    random = Random(f"{seed}:{number}")  # noqa: S311 - to be repeatable is the point
    original, other = random.choice(ORIGINALS), random.choice(ORIGINALS)
    mutation = mutate(original.data, other.data, random)
    before, started = _left_behind(), time.monotonic()
    outcome, verdict, detail = _outcome(original, mutation.data)
    seconds = time.monotonic() - started
    if _left_behind() != before:
        outcome, verdict, detail = FAILED, "left_behind", f"{before} became {_left_behind()}"
    return Outcome(
        number, original.name, mutation.kind, outcome, verdict, detail, round(seconds, 3)
    )


def _outcome(original: Original, data: bytes) -> tuple[str, str, str]:
    try:
        with _time_limit():
            document = read_isolated(data, original.name, LIMITS)
    except ReadError as error:
        is_known = error.reason in REASONS
        return REFUSED if is_known else FAILED, error.reason, str(error)
    except _HungError:
        return FAILED, "hung", f"not done after {HANG_SECONDS} seconds"
    except Exception as error:  # which one is what this job is to find out
        return FAILED, type(error).__name__, str(error)
    return _compared(original, document)


def _compared(original: Original, document: Document) -> tuple[str, str, str]:
    if _tables(document) == _tables(original.document):
        is_same = document.blocks == original.document.blocks
        return SAME, "all_the_same" if is_same else "other_text", ""
    is_warned = bool(set(document.warnings) - set(original.document.warnings))
    verdict, detail = _judged(original, document)
    return WARNED if is_warned else DIFFERENT, verdict, detail


def _judged(original: Original, document: Document) -> tuple[str, str]:
    if original.rows is None:
        return "not_judged", ""
    try:
        rows = list_rows(document)
    except ReadError as error:
        return error.reason, ""
    if silent_difference(original.rows, rows):
        return SILENT, _difference(original.rows, rows)
    return finding(rows, is_known_mission) or "list_same", _difference(original.rows, rows)


def _difference(original: Iterable[ListRow], mutated: Iterable[ListRow]) -> str:
    before, after = Counter(map(_shown, original)), Counter(map(_shown, mutated))
    gone, new = "; ".join(before - after), "; ".join(after - before)
    return f"{gone} became {new}"[:SHOWN_CHARACTERS]


def _shown(row: ListRow) -> str:
    return f"{row.mission} | {row.count} | {row.reference_date}"


def _tables(document: Document) -> list[tuple[Any, ...]]:
    return [
        (
            table.caption,
            table.place.headings[-1:],
            table.hidden_rows,
            [[(cell.text, cell.is_origin) for cell in row] for row in table.rows],
        )
        for table in document.tables
    ]


def _left_behind() -> tuple[list[str], int]:
    """Return this process's children, zombies included, and how many descriptors it has open."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return children.split(), len(list(Path("/proc/self/fd").iterdir()))


class _HungError(BaseException):
    """No `Exception`, so that nothing on the way takes it for its own."""


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def end(*_: object) -> None:
        raise _HungError

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


# The report


def _report(done: Sequence[Outcome], expected: int) -> dict[str, Any]:
    failures = [asdict(each) for each in done if each.outcome == FAILED]
    if len(done) < expected:
        told = f"a process of the job died after {len(done)} of {expected} mutations"
        failures.append({"outcome": FAILED, "verdict": "died", "detail": told})
    return {
        "outcomes": Counter(each.outcome for each in done),
        "verdicts": _nested((each.outcome, each.verdict) for each in done),
        "files": _nested((each.file, each.outcome) for each in done),
        "kinds": _nested((each.kind, each.outcome) for each in done),
        "silent": [asdict(each) for each in done if _is_silent(each)],
        "warned_only": sum(each.outcome == WARNED and each.verdict == SILENT for each in done),
        "crashed": _examples(each for each in done if each.verdict == "crashed"),
        "different": _examples(each for each in done if each.outcome == DIFFERENT),
        "slowest": _slowest(done),
        "failures": failures,
    }


def _is_silent(each: Outcome) -> bool:
    return each.outcome == DIFFERENT and each.verdict == SILENT


def _nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Counter[str]]:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for outer, inner in sorted(pairs):
        counted[outer][inner] += 1
    return counted


def _examples(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    return [asdict(each) for each, _ in zip(outcomes, range(SHOWN_EXAMPLES), strict=False)]


def _slowest(done: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [asdict(each) for each in sorted(done, key=lambda each: -each.seconds)[:5]]


def _show(report: dict[str, Any], console: Console) -> None:
    console.print_json(data={key: report[key] for key in ("outcomes", "verdicts", "files")})
    for title in ("silent", "failures"):
        console.print(f"{title}: {len(report[title])}")
        for each in report[title][:SHOWN_EXAMPLES]:
            console.print(f"  {each}", markup=False, soft_wrap=True)
    console.print(f"{report['mutations']:,} mutations in {report['seconds']} s")


if __name__ == "__main__":
    main()
