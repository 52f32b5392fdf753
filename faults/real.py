"""Whole runs of `ipsdata run` on the project's own documents, as processes."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from faults.judge import debris
from ipsdata.release.index import LATEST, file_problems, read_index
from ipsdata.release.views import DATABASE

ROOT = Path(__file__).resolve().parents[1]
RAW = ROOT / "data" / "raw"
IPSDATA = str(Path(sys.executable).parent / "ipsdata")
IPSDATA_FAILED = frozenset({1, 3})  # data, configuration; 4 is an error that nobody foresaw
SECONDS = 300


def command(raw: Path, processed: Path) -> list[str]:
    """Return the command of a run."""
    return [IPSDATA, "--raw-dir", str(raw), "--processed-dir", str(processed), "run", "--quiet"]


def first_store(folder: Path) -> Path:
    """Copy the documents to `raw` below a folder, and make a store from all but one letter."""
    raw, store, kept = folder / "raw", folder / "store", folder / "kept"
    shutil.copytree(RAW, raw)
    newest = max((raw / "letters").iterdir())
    newest.rename(kept)
    told = run(folder, store)
    kept.rename(newest)
    if told:
        raise RuntimeError(told[0])
    return store


def run(folder: Path, processed: Path) -> list[str]:
    """Run on the documents of `first_store`; return what is wrong with how it ended."""
    done = subprocess.run(  # noqa: S603 - no part of it comes from outside
        command(folder / "raw", processed),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return [f"the run ended with {done.returncode}: {done.stderr}"] if done.returncode else []


def store_problems(processed: Path, *, settled: bool = False) -> list[str]:
    """Return what a reader meets in a store that it must not.

    Args:
        settled: nothing came between the last run and its end, so that nothing may be left over.
    """
    try:
        return list(_store_problems(processed, settled=settled))
    except Exception as error:  # any at all is a finding
        return [f"a reader meets {type(error).__name__}: {error}"]


def _store_problems(processed: Path, *, settled: bool) -> Iterator[str]:
    index = read_index(processed)
    for entry in index.releases:
        yield from file_problems(processed, entry.release_id)
    followed = (processed / LATEST).resolve().name
    if followed not in {entry.release_id for entry in index.releases}:
        yield f"latest leads to {followed}, which is not listed"
        return
    with duckdb.connect(processed / DATABASE, read_only=True) as base:
        for name, rows in index.entry(followed).tables.items():
            (found,) = base.execute(f'SELECT count(*) FROM "{name}"').fetchall()  # noqa: S608
            if found != (rows,):
                yield f"{DATABASE}: {name} has {found[0]} rows, expected {rows}"
    if settled:
        if followed != index.current:
            yield f"latest leads to {followed}, expected {index.current}"
        yield from (f"left: {name}" for name in debris(processed))
