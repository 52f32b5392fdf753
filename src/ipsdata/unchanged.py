"""Tell whether a run would find anything new, without running the plan.

A release is made from the raw data, the schemas, the code and the settings. If all of them are what
they were, byte for byte, when the current release came out of them, and that release is still as
published, then the plan would only make the same tables again.

Kept free of pandas and Pandera, so that the answer comes at once.
"""

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ipsdata.errors import IpsdataError
from ipsdata.release.index import (
    LATEST,
    RELEASES,
    Publication,
    ReleaseEntry,
    entry_problems,
    file_hash,
    read_index,
)
from ipsdata.runreport import RunReport
from ipsdata.settings import Settings

LIBRARIES = (
    "babel",
    "dateparser",
    "jsonschema",
    "lxml",
    "numpy",
    "pandas",
    "pandera",
    "pyarrow",
    "pypdfium2",
    "python-calamine",
    "rapidfuzz",
    "ruamel.yaml",
    "text2num",
    "xlrd",
)
KEPT = "inputs.json"
PACKAGE = Path(__file__).parent
FILE, FOLDER = "file", "folder"
EDITION_DEPTH = 2  # a link to a folder further down is not followed: links can form a circle
VALIDATION_SWITCHES = "PANDERA_VALIDATION"
PASSING = (
    "crashed",
    "limit",
    "unreadable",
)  # a document refused on a busy machine may be read next


@dataclass(frozen=True)
class _Entry:
    """Something in a folder of inputs.

    Attributes:
        name: its path below that folder.
        kind: `FILE`, `FOLDER`, or what it is else; so that one which can't be read equals none
            that can.
        state: size, number and times of change; they change with the bytes, also where a change
            was undone.
    """

    path: Path
    name: str
    kind: str
    state: tuple[int, ...] = ()

    def content(self) -> list[str]:
        """Return what counts of it: a file's bytes, and of everything that it is there."""
        if self.kind != FILE:
            return [self.name, self.kind]
        try:
            return [self.name, FILE, file_hash(self.path)]
        except OSError as error:
            return [self.name, _unreadable(error)]


@dataclass(frozen=True)
class Inputs:
    """What a release is made from, as it was found at one moment.

    Attributes:
        entries: what lies in the raw data, in the schemas and in this package.
        options: the settings that are no folders, such as the limits.
    """

    entries: tuple[tuple[_Entry, ...], ...]
    options: Mapping[str, Any]

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the inputs: names and bytes, options, versions of Python and libraries."""
        contents = [[entry.content() for entry in part] for part in self.entries]
        told = [contents, self.options, sys.version, {n: _version(n) for n in LIBRARIES}]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def take_inputs(settings: Settings) -> Inputs:
    """Look what there is now; bytes are read no sooner than the fingerprint is asked for.

    A hidden file in the raw data counts for nothing: collecting passes it over.
    """
    raw = _below(settings.raw_dir, hidden=False)
    schemas = _below(settings.schemas_dir)
    code = (e for e in _below(PACKAGE) if e.kind == FILE and e.name.endswith(".py"))
    options = {n: value for n, value in asdict(settings).items() if not isinstance(value, Path)}
    return Inputs((tuple(raw), tuple(schemas), tuple(code)), options)


def inputs_fingerprint(settings: Settings) -> str:
    """SHA-256 over everything that a release is made from."""
    return take_inputs(settings).sha256


def unchanged_report(settings: Settings, inputs: Inputs) -> RunReport | None:
    """Return what a run would report, if it would publish nothing new; `None` if it has to run.

    Args:
        inputs: as they are now.
    """
    if any(name.startswith(VALIDATION_SWITCHES) for name in os.environ):
        return None  # a run tells whether anything is switched off, and refuses
    try:
        entry = _release_of(settings, inputs)
        report = None if entry is None else _report(settings.processed_dir, entry)
    except (IpsdataError, OSError):
        return None  # a run tells what is wrong
    if report is None or any(row["reason"] in PASSING for row in report.rejected):
        return None
    return report


def remember(settings: Settings, inputs: Inputs, release_id: str) -> None:
    """Note that a release holds what these inputs come to, unless they changed since.

    Args:
        inputs: as they were before the code that made the release was loaded.
    """
    digest = inputs.sha256
    if take_inputs(settings) != inputs:
        return
    entry = read_index(settings.processed_dir).entry(release_id)
    kept = _Kept(release_id, digest, entry.manifest_sha256)
    _write(settings.cache_dir / KEPT, json.dumps(asdict(kept)))


@dataclass(frozen=True)
class _Kept:
    """What was noted after the last run; it only saves time and may be deleted."""

    release_id: str
    inputs_sha256: str
    manifest_sha256: str


def _kept(settings: Settings) -> _Kept | None:
    try:
        return _Kept(**json.loads((settings.cache_dir / KEPT).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _release_of(settings: Settings, inputs: Inputs) -> ReleaseEntry | None:
    """Return the current release if these inputs came to it and it is as published."""
    kept, index = _kept(settings), read_index(settings.processed_dir)
    if kept is None or kept.release_id != index.current:
        return None
    entry = index.entry(kept.release_id)
    folder = settings.processed_dir / RELEASES / entry.release_id
    if kept != _Kept(entry.release_id, inputs.sha256, entry.manifest_sha256):
        return None
    followed = (settings.processed_dir / LATEST).resolve() == folder.resolve()
    return None if not followed or entry_problems(folder, entry) else entry


def _report(processed_dir: Path, entry: ReleaseEntry) -> RunReport:
    folder = processed_dir / RELEASES / entry.release_id
    return RunReport(
        publication=Publication(entry.release_id, False, entry.tables),
        refusal=None,
        failures={},
        tables=entry.tables,
        documents=_rows(folder, "documents"),
        rejected=_rows(folder, "rejected_rows"),
        reconciliations=_rows(folder, "reconciliations"),
        quantities=_rows(folder, "quantities"),
    )


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - only where nothing changed

    file = pq.ParquetFile(folder / f"{table}.parquet", page_checksum_verification=True)
    rows: list[dict[str, Any]] = file.read().to_pylist()
    return rows


def _below(root: Path, *, hidden: bool = True) -> Iterator[_Entry]:
    """Yield a folder and all that is below it, each folder before what it holds."""
    waiting = [""]
    while waiting:
        name = waiting.pop()
        entry, names = _look(Path(f"{root}{name}"), name)
        yield entry
        seen = (child for child in names if hidden or not child.startswith("."))
        waiting.extend(f"{name}/{child}" for child in seen)


def _look(path: Path, name: str) -> tuple[_Entry, list[str]]:
    """Look what there is at a path, and what it holds."""
    try:
        found = path.stat()
        kind = _kind(path, name, found.st_mode)
        names = sorted(os.listdir(path)) if kind == FOLDER else []  # noqa: PTH208 - names alone
    except OSError as error:
        return _Entry(path, name, _unreadable(error)), []
    state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return _Entry(path, name, kind, state), names


def _kind(path: Path, name: str, mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "link" if name.count("/") > EDITION_DEPTH and path.is_symlink() else FOLDER
    return FILE if stat.S_ISREG(mode) else f"special {stat.S_IFMT(mode)}"


def _unreadable(error: OSError) -> str:
    return f"unreadable {error.errno}"


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; one that can't be written only costs time."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
