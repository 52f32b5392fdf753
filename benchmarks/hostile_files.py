"""Read hostile and well-formed files in isolation: what came of each, and what it cost.

    python -m benchmarks.hostile_files [--folder FOLDER] [--json OUT]

The exit code is 1 if a hostile file ended otherwise than is right for it, or a well-formed one was
refused.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.hostile_made import LETTER, hostile_files
from ipsdata.read.detect import EXTENSIONS
from tests.letters import FORMS, LIST_FORMS, render, render_list

ROOT = Path(__file__).resolve().parents[1]
LIST_ROWS = 1_000
TABLE_WIDTH = 120
READ = frozenset({"read"})


@click.command()
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "report_path", type=click.Path(dir_okay=False, path_type=Path))
def main(folder: Path | None, report_path: Path | None) -> None:
    """Read every file, and print what came of it."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as made:
        report = {
            "hostile": list(track(_hostile(Path(made)), "hostile", console=console)),
            "well_formed": list(track(_well_formed(Path(made)), "well-formed", console=console)),
            "folder": [_measured(path, READ) for path in _known(folder)],
        }
    for title, rows in report.items():
        Console(width=TABLE_WIDTH).print(_table(title, rows))
    if report_path is not None:
        report_path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    sys.exit(0 if all(row["is_right"] for rows in report.values() for row in rows) else 1)


def _hostile(folder: Path) -> Iterator[dict[str, Any]]:
    for file in hostile_files():
        yield _written(folder / file.name, file.make(), file.right)


def _well_formed(folder: Path) -> Iterator[dict[str, Any]]:
    for form in FORMS:
        yield _written(folder / f"letter.{form}", render(LETTER, form), READ)
    rows = tuple((f"Missie {number}", str(number)) for number in range(LIST_ROWS))
    for form in LIST_FORMS:
        data = render_list((("Missie", "Aantal"), *rows), form)
        yield _written(folder / f"list.{form}", data, READ)


def _known(folder: Path | None) -> list[Path]:
    known = {extension for each in EXTENSIONS.values() for extension in each}
    found = () if folder is None else folder.iterdir()
    return sorted(path for path in found if path.suffix.lower() in known)


def _written(path: Path, data: bytes, right: frozenset[str]) -> dict[str, Any]:
    path.write_bytes(data)
    try:
        return _measured(path, right)
    finally:
        path.unlink()


def _measured(path: Path, right: frozenset[str]) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own interpreter, module and file
        [sys.executable, "-m", "benchmarks.read_one", str(path.resolve())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    row: dict[str, Any] = json.loads(done.stdout)
    return {**row, "right": sorted(right), "is_right": row["outcome"] in right}


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title)
    for heading in ("name", "bytes", "outcome", "seconds", "CPU", "peak MiB", ""):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        shown = (f"{row['bytes']:,}", row["outcome"], *map(str, _costs(row)))
        table.add_row(row["name"], *shown, "" if row["is_right"] else f"expected {row['right']}")
    return table


def _costs(row: dict[str, Any]) -> tuple[float, float, float]:
    return row["seconds"], row["cpu_seconds"], row["peak_mib"]


if __name__ == "__main__":
    main()
