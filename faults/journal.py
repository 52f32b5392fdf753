"""What of a store would be lost if the power failed: told from the system calls that changed it.

POSIX promises only what was synced: the bytes of a file by an fsync of it, its name by an fsync of
its folder. A file system that keeps more does no harm; this takes the worst.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from faults.inject import Call

WRITES = frozenset({"write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate"})
SYNCS = frozenset({"fsync", "fdatasync"})
MADE = frozenset({"mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat"})
RENAMED = frozenset({"rename", "renameat", "renameat2"})
REMOVED = frozenset({"unlink", "unlinkat", "rmdir"})
OPENED = frozenset({"open", "openat", "creat"})
CHANGES = WRITES | SYNCS | MADE | RENAMED | REMOVED

_DESCRIPTOR = re.compile(r"\d+<([^>]*)>")
_BASE = re.compile(r"(?:AT_FDCWD|\d+)<([^>]*)>, *")
_QUOTED = re.compile(r'"([^"]*)"')
_RESULT = re.compile(r"\) += (-?\d+)")


@dataclass(frozen=True)
class Change:
    """A name that was made, given, or removed, and whose folder is not synced yet.

    Attributes:
        source: where a renamed thing was.
    """

    kind: str
    path: Path
    source: Path | None = None

    @property
    def folders(self) -> set[Path]:
        """The folders that must be synced for it to last."""
        return {self.path.parent} if self.source is None else {self.path.parent, self.source.parent}


@dataclass
class Journal:
    """What is not on the disk yet.

    Attributes:
        bytes_of: files whose bytes are not.
        names: changes of names that are not, in order.
        replaced: names that were given anew, and are: what they stood for before is gone.
    """

    bytes_of: set[Path] = field(default_factory=set)
    names: list[Change] = field(default_factory=list)
    replaced: set[Path] = field(default_factory=set)

    def feed(self, call: Call) -> None:
        """Take in one call; one that failed or never came to its end changed nothing."""
        result = _RESULT.search(call.told)
        if result is None or int(result[1]) < 0:
            return
        if call.name in WRITES | SYNCS:
            self._described(call)
        elif call.name in RENAMED:
            self._renamed(*named_paths(call)[-2:])
        elif call.name in REMOVED:
            self._removed(named_paths(call)[-1])
        elif call.name in MADE or call.creates:
            self._made(call.name, named_paths(call)[-1])

    def below(self, folder: Path) -> list[str]:
        """Tell what below a folder, itself not counted, is there but not on the disk."""
        files = [f"bytes of {path}" for path in sorted(self.bytes_of) if folder in path.parents]
        there = [change.path for change in self.names if change.kind != "removed"]
        return files + [f"name {path}" for path in there if folder in path.parents]

    def _described(self, call: Call) -> None:
        path = described_path(call)
        if path is None:
            return
        if call.name in WRITES:
            self.bytes_of.add(path)
            return
        self.bytes_of.discard(path)
        synced = [change for change in self.names if change.path.parent == path]
        self.replaced |= {change.path for change in synced if change.kind == "renamed"}
        self.names = [change for change in self.names if change not in synced]

    def _made(self, name: str, path: Path) -> None:
        if name in OPENED:
            self.bytes_of.add(path)
        self.names.append(Change("made", path))

    def _renamed(self, source: Path, target: Path) -> None:
        self.bytes_of = {_moved(path, source, target) for path in self.bytes_of - {target}}
        kept = [change for change in self.names if change.path != source]
        inner = [Change(each.kind, _moved(each.path, source, target), each.source) for each in kept]
        self.names = [*inner, Change("renamed", target, source)]

    def _removed(self, path: Path) -> None:
        self.bytes_of.discard(path)
        self.names = [change for change in self.names if change.path != path]
        self.names.append(Change("removed", path))


def _moved(path: Path, source: Path, target: Path) -> Path:
    return target / path.relative_to(source) if path.is_relative_to(source) else path


def described_path(call: Call) -> Path | None:
    """Return the path of the descriptor that a call works on."""
    found = _DESCRIPTOR.match(call.told)
    return Path(found[1]) if found else None


def named_paths(call: Call) -> list[Path]:
    """Return the paths that a call names, those from the folder of a descriptor made whole."""
    base = _BASE.match(call.told)
    folder = Path(base[1]) if base else Path("/")
    return [folder / name for name in _QUOTED.findall(call.told)]


def touched_path(call: Call) -> Path | None:
    """Return the path that a call is about."""
    named = named_paths(call)
    return named[-1] if named else described_path(call)


def journal_of(calls: Sequence[Call]) -> Journal:
    """Return what is not on the disk after calls."""
    journal = Journal()
    for call in calls:
        journal.feed(call)
    return journal


def lose_bytes(journal: Journal, store: Path) -> bool:
    """Empty the files whose bytes are not on the disk; return whether there were any."""
    lost = [path for path in journal.bytes_of if store in path.parents and path.is_file()]
    for path in lost:
        path.write_bytes(b"")
    return bool(lost)


def lose_names(journal: Journal, store: Path, before: Path) -> bool:
    """Take back the changes of names that are not on the disk, the last first.

    A name that was given anew twice keeps what it has when only the first time was synced: what it
    stood for between is not in the copy.

    Args:
        before: a copy of the store as it was on the disk before the calls.
    """
    lost = [
        change
        for change in journal.names
        if store in change.path.parents and change.path not in journal.replaced
    ]
    for change in reversed(lost):
        _take_back(change, store, before)
    return bool(lost)


def _take_back(change: Change, store: Path, before: Path) -> None:
    if change.source is not None and _is_there(change.path):
        change.source.parent.mkdir(parents=True, exist_ok=True)
        change.path.rename(change.source)
    _remove(change.path)
    if change.kind != "made":
        with suppress(FileNotFoundError):
            _copy(before / change.path.relative_to(store), change.path)


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def order_problems(calls: Sequence[Call], store: Path) -> Iterator[str]:
    """Tell where a publication, or another change of the store, relies on what is not on the disk.

    What must hold: before a release gets its name, its bytes and the names in it are on the disk;
    before the list of releases is replaced, so are the new list and the name of the release;
    before `latest` is moved, so is the list.
    """
    journal = Journal()
    releases = store / "releases"
    for call in calls:
        if call.name in RENAMED:
            source, target = named_paths(call)[-2:]
            if target.parent == releases and not target.name.startswith("."):
                yield from _told(journal.below(source), f"{target.name} gets its name")
            if target.name == "releases.json":
                own = [f"bytes of {source}"] if source in journal.bytes_of else []
                lost = [told for told in journal.below(releases) if "/.pruned-" not in told]
                yield from _told([*own, *lost], "the list is replaced")
            if target.name == "latest":
                listed = [c for c in journal.names if c.path == store / "releases.json"]
                yield from _told([f"name {c.path}" for c in listed], "latest is moved")
        journal.feed(call)
    left = [c for c in journal.names if c.path.name in {"releases.json", "latest"}]
    yield from _told([f"name {c.path}" for c in left], "the end")


def _told(lost: Sequence[str], moment: str) -> Iterator[str]:
    for what in lost:
        yield f"not on the disk when {moment}: {what}"
