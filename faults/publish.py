"""SIGKILL, EIO and ENOSPC at the system calls by which the store is changed or read.

    python -m faults.publish [--jobs 2] [--only publish] [--at each] [--json OUT]

For each scenario of faults/scenarios.py the action is traced once; then it is done again from the
same store for each call that touches the store, and for each fault that this call can meet, and
what is left is judged as a reader sees it (faults/judge.py). Of what a killed process left, it is
also judged what would be there if the power had failed: without the bytes, and without the names,
that were not synced. States that were judged already are not judged again. The exit code is 1 if
there was a violation, or no time for all.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from faults.bench import FAULTS, Bench, Found, Injection, injections, prepare_process
from faults.inject import DONE, KILLED, TOLD, UNEXPECTED, Call, lacking
from faults.scenarios import SCENARIOS

SHOWN = 100
SMOKE = frozenset({"write", "fsync", "rename"})
AT = {
    "changes": "kill at what changes something, fail at each sort of read of each file as well",
    "each": "kill and fail at each call",
    "last": "the last write, fsync and rename only",
}


@dataclass(frozen=True)
class Wanted:
    """Which injections are done, and until when, in seconds since 1970."""

    at: str
    every: int
    deadline: float

    def of(self, calls: Sequence[Call]) -> list[Injection]:
        """Return the injections."""
        if self.at == "last":
            calls = [*{call.name: call for call in calls if call.name in SMOKE}.values()]
        return list(injections(calls, each=self.at == "each"))[:: self.every]


def _share(name: str, share: int, shares: int, wanted: Wanted) -> Found:
    """Do one of several equal shares of a scenario's injections."""
    (scenario,) = (each for each in SCENARIOS if each.name == name)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        bench = Bench(Path(folder).resolve(), scenario)
        if share == 0:
            bench.check_order()
        chosen = wanted.of(bench.calls)[share::shares]
        for number, injection in enumerate(chosen):
            if time.time() > wanted.deadline:
                bench.found.undone = len(chosen) - number
                break
            bench.inject(injection)
        return bench.found


@click.command()
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="processes at once")
@click.option("--only", multiple=True, help="only this scenario; may be given several times")
@click.option(
    "--at",
    type=click.Choice(list(AT)),
    default="changes",
    help="; ".join(f"{name}: {told}" for name, told in AT.items()),
)
@click.option("--every", default=1, show_default=True, help="only each n-th injection")
@click.option(
    "--minutes", default=60.0, show_default=True, help="leave the rest undone after these"
)
@click.option("--json", "out", type=click.Path(path_type=Path), help="write what was found here")
def main(
    jobs: int,
    only: tuple[str, ...],
    at: str,
    every: int,
    minutes: float,
    out: Path | None,
) -> None:
    """Inject faults at the system calls of a publication, a rollback, a tag and a pruning."""
    if told := lacking():
        raise click.ClickException(told)
    started = time.time()
    prepare_process()
    wanted = Wanted(at, every, started + 60 * minutes)
    names = [each.name for each in SCENARIOS if not only or each.name in only]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        tasks = [
            pool.submit(_share, name, share, jobs, wanted)
            for name in names
            for share in range(jobs)
        ]
        found = [task.result() for task in tasks]
    report = "\n\n".join([table_of(found), calls_of(found), told_of(found, time.time() - started)])
    click.echo(report)
    if out:
        out.write_text(json.dumps(_as_json(found), indent=1), "utf-8")
    sys.exit(any(each.violations or each.undone for each in found))


def table_of(found: Sequence[Found]) -> str:
    """Return how many injections there were, by scenario, as a Markdown table."""
    lines = [
        "| Scenario | Calls | SIGKILL | EIO | ENOSPC | States judged | Power lost | Violations |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name in dict.fromkeys(each.scenario for each in found):
        shares = [each for each in found if each.scenario == name]
        counts = _by_fault(shares)
        cells = [shares[0].calls, *(counts[fault] for fault in FAULTS)]
        cells += [sum(each.states for each in shares), sum(each.losses for each in shares)]
        cells.append(sum(len(each.violations) for each in shares))
        lines.append(f"| {name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    return "\n".join(lines)


def _by_fault(found: Sequence[Found]) -> Counter[str]:
    counts = Counter[str]()
    for each in found:
        for (_, fault, _), count in each.ends.items():
            counts[fault] += count
    return counts


def calls_of(found: Sequence[Found]) -> str:
    """Return how the injections ended, by call and fault, as a Markdown table."""
    ends = Counter[tuple[str, str, str]]()
    for each in found:
        ends.update(each.ends)
    lines = ["| Call | Fault | Killed | Told | Went on | Other |", "|---|---|--:|--:|--:|--:|"]
    for name, fault in sorted({(name, fault) for name, fault, _ in ends}):
        cells = [ends[name, fault, how] for how in (KILLED, TOLD, DONE, UNEXPECTED)]
        lines.append(f"| {name} | {fault} | " + " | ".join(f"{n:,}" for n in cells) + " |")
    return "\n".join(lines)


def told_of(found: Sequence[Found], seconds: float) -> str:
    """Return the sums, and the violations."""
    count = sum(sum(each.ends.values()) for each in found)
    missed = sum(each.missed for each in found)
    undone = sum(each.undone for each in found)
    violations = [told for each in found for told in each.violations]
    lines = [
        f"{count:,} injections in {seconds:.0f} s, of which {missed} did not come to their call; "
        f"{undone:,} more there was no time for; violations: {len(violations)}"
    ]
    for told in violations[:SHOWN]:
        lines.append(f"- {told['scenario']}, {told['fault']}: {told['problem']}")
        lines.append(f"  {told['call']}")
    return "\n".join(lines)


def _as_json(found: Sequence[Found]) -> list[dict[str, object]]:
    return [
        {**asdict(each), "ends": [[*key, count] for key, count in sorted(each.ends.items())]}
        for each in found
    ]


if __name__ == "__main__":
    main()
