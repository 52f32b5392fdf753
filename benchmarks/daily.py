"""Measure ipsdata on daily counts, against others and against itself.

    python -m benchmarks.daily [--rows 10000000] [--scale 100000000] [--repeat 3]
        [--only daily,scale,faults,small] [--work FOLDER] [--out benchmarks/results.md]

Steps: `daily` (the peers of benchmarks/daily_peers.py), `scale` (a tenth of the rows, the rows, and
`--scale`), `faults` (one row in a hundred wrong; gzip; Parquet), `small` (the project's own
documents, nothing changed, one new letter among 500).
"""

import csv
import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks.daily_data import ROOT, Wanted, write_edition
from benchmarks.daily_peers import PEERS, UNVALIDATED
from benchmarks.measure import Command, Measured, cost_of, markdown_table, measure, progress

PYTHON = sys.executable
IPSDATA = str(Path(PYTHON).parent / "ipsdata")
LIBRARIES = ("ipsdata", "pyarrow", "pandas", "pandera", "polars", "duckdb", "numpy", "dagster")
LOAD = "ipsdata load"
FAULTY = 0.01
LETTERS = 500
FIRST_LETTER = dt.date(2015, 1, 1)
MISSIONS = ("EULEX Kosovo", "UNMISS", "UNTSO", "UNFICYP", "EUPOL COPPS", "EUBAM Rafah")
MILLION = 1_000_000
MIB_OF_GB = 1e9 / (1 << 20)


@dataclass(frozen=True)
class Target:
    """A threshold, and what was measured; `holds` is `None` if it was not."""

    name: str
    target: str
    measured: str = "not measured"
    holds: bool | None = None

    def line(self) -> str:
        """Return its row of the table."""
        told = {True: "met", False: "**not met**", None: "–"}[self.holds]
        return f"| {self.name} | {self.target} | {self.measured} | {told} |"


@dataclass
class Bench:
    """Where it works, and what it found.

    Attributes:
        sections: titles with the text under them.
    """

    work: Path
    rows: int
    scale: int
    repeat: int
    found: dict[str, Measured] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)

    def load_of(self, name: str, raw: Path, codes: frozenset[int] = frozenset({0})) -> Command:
        """Return the command that loads the daily counts in `raw`, and nothing else."""
        processed = self.work / f"processed-{name}"
        ready = processed / ".partitions" / "sis_daily_counts"
        return Command(name, _load(raw, processed), lambda: _removed(processed), codes, ready)

    def run_of(self, name: str, raw: Path, codes: frozenset[int] = frozenset({0})) -> Command:
        """Return the command that runs ipsdata on `raw` into a fresh folder."""
        processed = self.work / f"processed-{name}"
        release = processed / "releases.json"
        return Command(name, _run(raw, processed), lambda: _removed(processed), codes, release)

    def ratio(self, one: str, other: str) -> float | None:
        """Return how many times as long one took as the other."""
        if one not in self.found or other not in self.found:
            return None
        return self.found[one].seconds / self.found[other].seconds

    def measured(self, *commands: Command, inputs: tuple[Path, ...] = ()) -> dict[str, Measured]:
        """Measure commands by turns, and keep what was found."""
        new = measure(commands, self.repeat, inputs)
        self.found |= new
        for command in commands:
            if command.name.startswith("ipsdata"):
                _removed(self.work / f"processed-{command.name}")
        return new


def _run(raw: Path, processed: Path) -> list[str]:
    return [IPSDATA, "--raw-dir", str(raw), "--processed-dir", str(processed), "run", "--quiet"]


def _load(raw: Path, processed: Path) -> list[str]:
    return [IPSDATA, "--raw-dir", str(raw), "--processed-dir", str(processed), "load", "--json"]


def _removed(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _edition(bench: Bench, name: str, wanted: Wanted) -> Iterator[tuple[Path, Path]]:
    """Make a folder of raw data with one edition; afterwards it is removed."""
    raw = bench.work / f"raw-{name}"
    progress(f"making {wanted.rows:,} rows, {wanted.form}, faults {wanted.faults}")
    written = write_edition(raw / "sis" / name, wanted)
    try:
        yield raw, written.files[0]
    finally:
        _removed(raw)


# Steps


def daily(bench: Bench) -> None:
    """Compare ipsdata with what others would use."""
    with _edition(bench, "daily", Wanted(bench.rows)) as (raw, source):
        peers = [
            Command(name, [PYTHON, "-m", "benchmarks.daily_peers", name, str(source), str(out)])
            for name in PEERS
            for out in [bench.work / "peers" / name]
        ]
        own = (bench.load_of(LOAD, raw), bench.run_of("ipsdata run", raw))
        found = bench.measured(*own, *peers, inputs=(source,))
    _removed(bench.work / "peers")
    known = [found[name] for name in UNVALIDATED if name in found]
    best = min(known, key=lambda each: each.seconds).name if known else None
    bench.sections[f"Daily counts: {bench.rows:,} rows of CSV"] = markdown_table(found, best)
    slow, fast = bench.ratio(LOAD, best or ""), bench.ratio("pandas", LOAD)
    bench.targets += [
        _at_most("a. against unvalidated read_csv + write_table of Arrow", slow, 1.2),
        _at_least("a. as fast as pandas + Pandera + to_parquet", fast, 2),
    ]


def scale(bench: Bench) -> None:
    """See how time and memory grow with the rows."""
    sizes = (bench.rows // 10, bench.rows, bench.scale)
    found: dict[str, Measured] = {}
    for rows in sizes:
        name = f"ipsdata {rows:,} rows"
        with _edition(bench, f"rows-{rows}", Wanted(rows)) as (raw, source):
            found |= bench.measured(bench.load_of(name, raw), inputs=(source,))
    table = markdown_table(found, f"ipsdata {bench.rows:,} rows")
    small, middle, large = (found.get(f"ipsdata {rows:,} rows") for rows in sizes)
    if not (small and middle and large):
        bench.sections["Growth"] = table
        bench.targets.append(
            Target("b. growth with the rows", "peak ≤ 1.2 × and < 1.2 GB, slope within 10 %")
        )
        return
    first = _slope(sizes[0], small, sizes[1], middle)
    second = _slope(sizes[1], middle, sizes[2], large)
    table += (
        f"\nSeconds a million rows: {first:.3f} from {sizes[0]:,} to {sizes[1]:,} rows, "
        f"{second:.3f} from there to {sizes[2]:,}.\n"
    )
    bench.sections["Growth"] = table
    gigabytes = large.peak_mib / MIB_OF_GB
    bench.targets += [
        _at_most(
            f"b. peak at {sizes[2]:,} rows against {sizes[1]:,}",
            large.peak_mib / middle.peak_mib,
            1.2,
        ),
        Target(f"b. peak at {sizes[2]:,} rows", "< 1.2 GB", f"{gigabytes:.2f} GB", gigabytes < 1.2),
        Target(
            "b. seconds a million rows, later against earlier",
            "within 10 %",
            f"{second / first - 1:+.1%}",
            abs(second / first - 1) <= 0.1,
        ),
    ]


def _slope(fewer: int, small: Measured, more: int, large: Measured) -> float:
    return (large.seconds - small.seconds) / (more - fewer) * MILLION


def faults(bench: Bench) -> None:
    """See what wrong rows cost, and other formats."""
    clean, wrong = "ipsdata clean", f"ipsdata, {FAULTY:.0%} wrong"
    with (
        _edition(bench, "clean", Wanted(bench.rows)) as (clean_raw, clean_file),
        _edition(bench, "wrong", Wanted(bench.rows, faults=FAULTY)) as (wrong_raw, wrong_file),
        _edition(bench, "gzip", Wanted(bench.rows, "csv.gz")) as (gzip_raw, gzip_file),
        _edition(bench, "parquet", Wanted(bench.rows, "parquet")) as (parquet_raw, parquet_file),
    ):
        found = bench.measured(
            bench.load_of(clean, clean_raw),
            bench.load_of(wrong, wrong_raw, frozenset({1})),
            bench.load_of("ipsdata, gzip", gzip_raw),
            bench.load_of("ipsdata, Parquet", parquet_raw),
            inputs=(clean_file, wrong_file, gzip_file, parquet_file),
        )
    title = f"Wrong rows and other formats: {bench.rows:,} rows"
    bench.sections[title] = markdown_table(found, clean)
    bench.targets.append(
        _at_most(f"c. {FAULTY:.0%} wrong rows against none", bench.ratio(wrong, clean), 1.3)
    )


def small(bench: Bench) -> None:
    """Measure what a person waits for: the project's own documents, and one letter more."""
    raw, kept = ROOT / "data" / "raw", bench.work / "processed-kept"
    nothing, dagster = "nothing changed", "import dagster"
    cost_of(Command("the first run", _run(raw, kept)))
    found = bench.measured(
        bench.run_of("ipsdata, fresh", raw),
        Command(nothing, _run(raw, kept)),
        Command(dagster, [PYTHON, "-c", "import dagster"]),
    )
    bench.sections["The project's own documents"] = markdown_table(found, dagster)
    bench.targets.append(
        _at_most(f"d. nothing changed against `{dagster}`", bench.ratio(nothing, dagster), 1.5)
    )
    _one_more(bench)


def _one_more(bench: Bench) -> None:
    """Measure one new letter among many against all of them from scratch."""
    raw, before, after = (bench.work / name for name in ("raw-letters", "before", "after"))
    for number in range(LETTERS):
        _write_letter(raw, number)
    cost_of(Command(f"{LETTERS} letters", _run(raw, before)))
    _write_letter(raw, LETTERS)

    def restore() -> None:
        _removed(after)
        shutil.copytree(before, after, symlinks=True)

    all_of_them = f"all {LETTERS + 1} letters"
    found = bench.measured(
        Command(f"one new letter beside {LETTERS}", _run(raw, after), restore),
        bench.run_of(f"ipsdata, {all_of_them}", raw),
    )
    title = f"One new letter beside {LETTERS}"
    bench.sections[title] = markdown_table(found, f"ipsdata, {all_of_them}")
    for folder in (raw, before, after):
        _removed(folder)


def _write_letter(raw: Path, number: int) -> None:
    day = FIRST_LETTER + dt.timedelta(days=7 * number)
    folder = raw / "letters" / day.isoformat()
    folder.mkdir(parents=True)
    data = _letter(day, number).encode()
    (folder / "letter.txt").write_bytes(data)
    title = f"Verzonnen brief van {day.isoformat()}"
    source = {
        "collection": "letters",
        "title": title,
        "publisher": "Ministerie van Voorbeelden",
        "url": None,
        "document_number": None,
        "published_on": day.isoformat(),
        "retrieved_on": "2026-11-24",
        "language": "nl",
        "licence": "Invented for a benchmark",
        "citation": title,
        "files": [
            {
                "path": "letter.txt",
                "media_type": "text/plain",
                "sha256": hashlib.sha256(data).hexdigest(),
                "layout": "letter",
                "population": "police",
                "measure": "stock",
            }
        ],
    }
    # JSON is YAML.
    (folder / "source.yaml").write_text(json.dumps(source, indent=1), encoding="utf-8")


MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december"
).split()


def _letter(day: dt.date, number: int) -> str:
    """Return a letter as plain text: a cell a line, a blank line before each row."""
    printed = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    counts = [1 + (number + place) % 9 for place in range(len(MISSIONS))]
    rows = [
        ("Missienaam", "Aantal uitgezonden politiefunctionarissen"),
        *((mission, str(count)) for mission, count in zip(MISSIONS, counts, strict=True)),
        ("Totaal", str(sum(counts))),
    ]
    grid = "".join("\n" + "".join(f"\t{cell}\n" for cell in row) for row in rows)
    return (
        "Inleiding\nDeze brief is een voorbeeld en beschrijft verzonnen samenwerking tussen de "
        "politie en haar partners in het buitenland.\n\n"
        f"Overzicht uitgezonden politiefunctionarissen (peildatum {printed})\n{grid}"
    )


STEPS: Mapping[str, Callable[[Bench], None]] = {
    "daily": daily,
    "scale": scale,
    "faults": faults,
    "small": small,
}


# The report


def _at_most(name: str, ratio: float | None, limit: float) -> Target:
    if ratio is None:
        return Target(name, f"≤ {limit:g} ×")
    return Target(name, f"≤ {limit:g} ×", f"{ratio:.2f} ×", ratio <= limit)


def _at_least(name: str, ratio: float | None, limit: float) -> Target:
    if ratio is None:
        return Target(name, f"≥ {limit:g} ×")
    return Target(name, f"≥ {limit:g} ×", f"{ratio:.2f} ×", ratio >= limit)


def report(bench: Bench) -> str:
    """Return the results as Markdown."""
    lines = ["# Results", "", *_machine(), ""]
    if bench.targets:
        lines += ["## Targets", "", "| what | target | measured | |", "| --- | --- | --- | --- |"]
        lines += [target.line() for target in bench.targets]
        lines.append("")
    for title, text in bench.sections.items():
        lines += [f"## {title}", "", text.rstrip("\n"), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _machine() -> list[str]:
    today = dt.datetime.now(dt.UTC).date()
    versions = ", ".join(f"{name} {version}" for name, version in _versions().items())
    return [
        "Made by `python -m benchmarks.daily`; each run in a process of its own, competitors by",
        "turns, the input in the page cache. Peak: resident memory of the largest process.",
        "",
        f"- Date: {today}",
        f"- Machine: {_first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, "
        f"{_gibibytes():.0f} GiB, {platform.system()} {platform.release()}",
        f"- Python {platform.python_version()}, {versions}",
    ]


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            progress(f"{name} is not installed")
    return found


def _first(path: str, key: str) -> str:
    """Return the value of the first line with a key, as the kernel tells it."""
    file = Path(path)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    rows = csv.reader((line for line in lines if line.startswith(key)), delimiter=":")
    return next((row[1].strip() for row in rows), "unknown")


def _gibibytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


@contextmanager
def _working_folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        chosen = chosen.resolve()
    with tempfile.TemporaryDirectory(dir=chosen) as made:
        yield Path(made)


@click.command()
@click.option("--rows", type=click.IntRange(1_000), default=10_000_000, show_default=True)
@click.option("--scale", "most", type=click.IntRange(1_000), default=100_000_000, show_default=True)
@click.option("--repeat", type=click.IntRange(1, 20), default=3, show_default=True)
@click.option("--only", default=",".join(STEPS), show_default=True, help="Steps, by commas.")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(rows: int, most: int, repeat: int, only: str, work: Path | None, out: Path) -> None:
    """Measure, and write the results as Markdown."""
    unknown = sorted(set(only.split(",")) - set(STEPS))
    if unknown:
        raise click.UsageError(f"found the steps {unknown}, expected of {', '.join(STEPS)}")
    if most <= rows:
        raise click.UsageError(f"found --scale {most:,}, expected more than --rows {rows:,}")
    with _working_folder(work) as folder:
        bench = Bench(folder, rows, most, repeat)
        for name in only.split(","):
            progress(f"step {name}")
            _step(bench, name)
            out.write_text(report(bench), encoding="utf-8")
    progress(f"wrote {out}")


def _step(bench: Bench, name: str) -> None:
    """Run a step; what one of them can't do does not stop the others."""
    try:
        STEPS[name](bench)
    except RuntimeError as error:
        progress(f"step {name} failed: {error}")
        bench.sections[f"Step {name}"] = "Not measured: a command failed.\n"


if __name__ == "__main__":
    main()
