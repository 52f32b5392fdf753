"""All parts of the fault suite, one after another.

    python -m faults [--quick] [--out faults/results.md]

What this machine lacks is told: strace is needed; a tmpfs only root may mount, and that part is
left out with the reason. The exit code is 1 if there was a violation in any part.
"""

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from faults.inject import lacking
from faults.space import SKIPPED

PARTS = {
    "publish": ("System calls that fail, and processes killed at them", ["--every", "20"]),
    "space": ("A disk that fills up", ["--step", "64", "--real", "3"]),
    "crowd": ("Writers and readers at once", ["--seconds", "5"]),
    "kills": ("`kill -9` of whole runs", ["--runs", "3"]),
}


@dataclass(frozen=True)
class Part:
    """What a part printed, and how it ended."""

    title: str
    words: str
    told: str
    code: int
    seconds: float

    @property
    def section(self) -> str:
        """Its section of the results, as Markdown."""
        return f"## {self.title}\n\n`{self.words}`, {self.seconds:.0f} s.\n\n{self.told}\n"


def _part(name: str, quick: bool) -> Part:
    title, fewer = PARTS[name]
    given = ["-m", f"faults.{name}", *(fewer if quick else [])]
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - no part of it comes from outside
        [sys.executable, *given], stdout=subprocess.PIPE, text=True, check=False
    )
    told = done.stdout.strip()
    return Part(
        title, " ".join(["python", *given]), told, done.returncode, time.monotonic() - started
    )


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    cores, who = os.cpu_count(), "root" if os.geteuid() == 0 else "an ordinary user"
    return (
        f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}, {cores} "
        f"cores, {memory:.0f} GiB, Python {platform.python_version()}, as {who}"
    )


@click.command()
@click.option("--quick", is_flag=True, help="one injection in twenty, and so on")
@click.option("--out", type=click.Path(path_type=Path), help="write the results here too")
def main(quick: bool, out: Path | None) -> None:
    """Prove that the release store survives what happens."""
    if told := lacking():
        raise click.ClickException(told)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parts = []
    for name in PARTS:
        parts.append(_part(name, quick))
        click.echo(parts[-1].section)
    failed = [part.words for part in parts if part.code not in {0, SKIPPED}]
    verdict = f"Failed: {', '.join(failed)}." if failed else "No violation."
    click.echo(verdict)
    if out:
        told = "\n".join(part.section for part in parts)
        out.write_text(f"# What faults did\n\n{_machine()}.\n\n{verdict}\n\n{told}", "utf-8")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
