"""Watch `data/raw`: which editions are new or changed, and lie there whole.

A look takes names, sizes and times of change; only files in which one of these changed are hashed.
An edition is taken when nothing in it changed for some seconds, its sidecar can be read, and every
file that lies there has the SHA-256 that the sidecar gives: until then somebody is still copying.
What never comes to that is left to the daily run, which refuses it and says why.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ipsdata.collect import SIDECAR

VERSION = 1
MAX_HASHED = 256_000_000  # bytes: a sensor has a minute, and of a larger file the sidecar tells

Stat = tuple[int, int]  # size in bytes, time of change in nanoseconds
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Edition:
    """An edition as it was last seen.

    Attributes:
        files: size and time of change by name.
        hashes: SHA-256 by name, of the files as they stand in `files`.
        since: the moment since which `files` is as it is, in seconds of the epoch.
        is_settled: whether it was taken, or left, as it stands in `files`.
        fingerprint: the SHA-256 of names and contents when it was last taken; empty before.
    """

    files: Mapping[str, Stat]
    since: float
    hashes: Mapping[str, str] = field(default_factory=dict)
    is_settled: bool = False
    fingerprint: str = ""


@dataclass(frozen=True)
class Look:
    """What a look at the raw data found.

    Attributes:
        state: the editions as they are now, to be given to the next look.
        changed: the editions whose content is new, changed or gone since they were last taken.
        waiting: why others are not taken yet.
    """

    state: Mapping[str, Edition]
    changed: tuple[str, ...]
    waiting: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all that was taken: the same content gives the same one."""
        taken = {name: e.fingerprint for name, e in self.state.items() if e.fingerprint}
        return _digest(taken)


def look(raw_dir: Path, state: Mapping[str, Edition], now: float, quiet: float) -> Look:
    """Look at the raw data, once.

    Args:
        state: what the look before left; empty before the first.
        now: the moment, in seconds of the epoch.
        quiet: the seconds for which an edition must lie unchanged.

    Raises:
        OSError: the folder can't be listed. The state is then to be kept: a disk that is not there
            is no removal of all documents.
    """
    seen = {name: _stats(raw_dir / name) for name in _edition_names(raw_dir)}
    new_state: dict[str, Edition] = {}
    changed: list[str] = []
    waiting: dict[str, str] = {}
    for name in sorted({*seen, *state}):
        before = state.get(name)
        after = _seen(before, seen.get(name, {}), now)
        if not after.is_settled:
            after, reason = _settled(raw_dir / name, after, now, quiet)
            if reason:
                waiting[name] = reason
        if after.fingerprint != (before.fingerprint if before else ""):
            changed.append(name)
        if after.files or not after.is_settled:
            new_state[name] = after
    return Look(new_state, tuple(changed), waiting)


def _edition_names(raw_dir: Path) -> Iterator[str]:
    for collection in _folders(raw_dir):
        for edition in _folders(collection):
            yield f"{collection.name}/{edition.name}"


def _folders(parent: Path) -> list[Path]:
    return sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))


def _stats(folder: Path) -> dict[str, Stat]:
    """Return size and time of change of the regular files; one that vanishes is not there."""
    found: dict[str, Stat] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            told = path.stat()
        except FileNotFoundError:
            continue
        found[path.name] = (told.st_size, told.st_mtime_ns)
    return found


def _seen(before: Edition | None, files: Mapping[str, Stat], now: float) -> Edition:
    if before is None:
        return Edition(files, now)
    if before.files == files:
        return before
    known = {
        name: sha for name, sha in before.hashes.items() if before.files[name] == files.get(name)
    }
    return replace(before, files=files, since=now, hashes=known, is_settled=False)


def _settled(folder: Path, edition: Edition, now: float, quiet: float) -> tuple[Edition, str]:
    """Return the edition as taken if it lies there whole; else as it was, and why it waits."""
    if now - edition.since < quiet:
        return edition, f"changed less than {quiet:g} s ago"
    if not edition.files:
        return replace(edition, is_settled=True, fingerprint="", hashes={}), ""
    try:
        declared = _declared(folder)
        hashes = _hashes(folder, edition, declared)
        is_same = _stats(folder) == edition.files
    except (OSError, ValueError) as error:
        return edition, str(error)
    if not is_same:
        return edition, "changed while it was read"
    hashed = replace(edition, hashes=hashes)
    wrong = [name for name, sha in hashes.items() if declared.get(name, sha) != sha]
    if wrong:
        return hashed, f"{', '.join(wrong)}: not the SHA-256 of {SIDECAR}: half copied, or changed"
    return replace(hashed, is_settled=True, fingerprint=_digest(hashes)), ""


def _declared(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that the sidecar names.

    Raises:
        ValueError: there is no sidecar, or it is not whole.
    """
    path = folder / SIDECAR
    try:
        entries = YAML(typ="safe", pure=True).load(path.read_bytes())["files"]
        forms = [form for entry in entries for form in (entry, *entry.get("other_forms", ()))]
        return {str(form["path"]): str(form["sha256"]) for form in forms}
    except FileNotFoundError:
        raise ValueError(f"no {SIDECAR} yet") from None
    except (YAMLError, UnicodeError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError(f"{SIDECAR} is not whole, or names no files") from None


def _hashes(folder: Path, edition: Edition, declared: Mapping[str, str]) -> dict[str, str]:
    return {
        name: edition.hashes.get(name) or _hash(folder / name, size, declared.get(name))
        for name, (size, _) in edition.files.items()
    }


def _hash(path: Path, size: int, declared: str | None) -> str:
    if size > MAX_HASHED and declared:
        return declared
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest(parts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def dump_state(state: Mapping[str, Edition]) -> str:
    """Write what a look left, for the next one."""
    editions = {name: vars(edition) for name, edition in state.items()}
    return json.dumps({"version": VERSION, "editions": editions}, sort_keys=True)


def load_state(text: str | None) -> dict[str, Edition]:
    """Read what the look before left; nothing if there was none, or of another version.

    Then all is looked at anew. Runs are keyed by content, so nothing runs twice for that.
    """
    try:
        found = json.loads(text or "{}")
        if found.get("version") != VERSION:
            return {}
        return {name: _edition(entry) for name, entry in found["editions"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _edition(entry: Entry) -> Edition:
    files = {name: (int(size), int(time)) for name, (size, time) in entry["files"].items()}
    return Edition(**{**entry, "files": files})
