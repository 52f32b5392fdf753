"""Pull releases from a location into a store: fetched, compared with the manifest, then listed."""

import hashlib
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ipsdata.errors import DataError
from ipsdata.release.contents import release_contracts
from ipsdata.release.index import (
    MANIFEST,
    RELEASES,
    ReleaseEntry,
    ReleaseIndex,
    entry_problems,
    point_latest,
    read_index,
    read_manifest,
    require_no_folder_latest,
    sync_folder,
    sync_tree,
    write_index,
    write_synced,
)
from ipsdata.release.lock import INCOMING, PRUNED, publish_lock, sweep
from ipsdata.release.remote.objects import Reader
from ipsdata.release.remote.pointer import (
    common,
    ids,
    pulled,
    read_pointer,
    restricted,
    safe_path,
)
from ipsdata.release.remote.said import write_said
from ipsdata.release.staging import unwritable
from ipsdata.release.views import write_database

FETCHES_AT_ONCE = 4


@dataclass
class Pull:
    """What a pull did.

    Attributes:
        current: the current release here, after it.
        fetched: the releases that were not here, in the order in which they were fetched.
        restored: the releases that were damaged here, and are not any more.
    """

    current: str = ""
    fetched: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)


def pull(processed_dir: Path, reader: Reader, release_id: str | None = None) -> Pull:
    """Make this store hold the releases of a location.

    The location's word goes for its releases: their names, which were rolled back, which is
    current. What is here alone stays as it is; the newer of two current releases is current.

    Args:
        release_id: only this release, by its id or a name there; if it is here but damaged, it is
            restored. All that are not here if `None`.

    Raises:
        ConfigurationError: there is no such release, or one of the two places can't be used.
        DataError: what was fetched is not what was published; a release or a name is another one
            there; or another publisher is at work here.
    """
    theirs = read_pointer(reader)
    if release_id is not None:
        theirs = restricted(theirs, {theirs.entry(release_id).release_id})
    try:
        processed_dir.mkdir(parents=True, exist_ok=True)
        with publish_lock(processed_dir):
            require_no_folder_latest(processed_dir)
            sweep(processed_dir)
            return _pull(processed_dir, reader, theirs, restore=release_id is not None)
    except OSError as error:
        raise unwritable(processed_dir, error) from None


def _pull(processed_dir: Path, reader: Reader, theirs: ReleaseIndex, *, restore: bool) -> Pull:
    ours = read_index(processed_dir)
    after = pulled(ours, theirs, reader.location)
    done = Pull(current=str(after.current))
    here = ids(ours)
    for entry in _current_first(theirs, after.current):
        name = entry.release_id
        if name in here and not _needs(processed_dir, entry, restore=restore):
            continue
        _fetch(processed_dir, reader, entry)
        (done.restored if name in here else done.fetched).append(name)
        write_index(processed_dir, _so_far(after, ours, here | {*done.fetched}))
    write_index(processed_dir, after)
    point_latest(processed_dir, done.current)
    contracts = release_contracts(processed_dir / RELEASES / done.current)
    write_database(processed_dir, done.current, contracts)
    write_said(processed_dir, reader.identity, common(after, theirs))
    return done


def _current_first(theirs: ReleaseIndex, current: str | None) -> list[ReleaseEntry]:
    """Sort the newest first, and the one that will be current before them: it is wanted most."""
    newest = list(reversed(theirs.releases))
    return sorted(newest, key=lambda entry: entry.release_id != current)


def _needs(processed_dir: Path, entry: ReleaseEntry, *, restore: bool) -> bool:
    folder = processed_dir / RELEASES / entry.release_id
    return bool(entry_problems(folder, entry)) if restore else not (folder / MANIFEST).is_file()


def _so_far(after: ReleaseIndex, ours: ReleaseIndex, here: set[str]) -> ReleaseIndex:
    found = restricted(after, here)
    return found if found.current else replace(found, current=ours.current)


def _fetch(processed_dir: Path, reader: Reader, entry: ReleaseEntry) -> None:
    releases = processed_dir / RELEASES
    incoming, folder = releases / f"{INCOMING}{entry.release_id}", releases / entry.release_id
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    _fetch_manifest(reader, entry, incoming)
    files = read_manifest(incoming)["files"]
    prefix = f"{RELEASES}/{entry.release_id}"
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        list(pool.map(lambda item: _fetch_file(reader, prefix, incoming, item), files))
    problems = entry_problems(incoming, entry)
    if problems:
        raise DataError(
            f"release {entry.release_id} was not fetched as it was published:\n"
            + "\n".join(problems)
        )
    sync_tree(incoming)
    _place(incoming, folder)


def _place(incoming: Path, folder: Path) -> None:
    damaged = folder.with_name(f"{PRUNED}{folder.name}")
    if folder.exists():
        folder.rename(damaged)
    incoming.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(damaged, ignore_errors=True)


def _fetch_manifest(reader: Reader, entry: ReleaseEntry, incoming: Path) -> None:
    key = f"{RELEASES}/{entry.release_id}/{MANIFEST}"
    data = reader.read(key)
    if data is None or hashlib.sha256(data).hexdigest() != entry.manifest_sha256:
        found = "no object" if data is None else "other bytes than those published"
        raise DataError(
            f"{reader.location}/{key}: found {found}: nothing was changed here; `ipsdata remote "
            "verify` tells which releases there are sound"
        )
    write_synced(incoming / MANIFEST, data)


def _fetch_file(reader: Reader, prefix: str, incoming: Path, item: Mapping[str, Any]) -> None:
    key = f"{prefix}/{safe_path(item['path'], reader.location)}"
    chunks = reader.chunks(key)
    if chunks is None:
        raise DataError(f"{reader.location}/{key}: is missing: nothing was changed here")
    target = incoming / item["path"]
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
