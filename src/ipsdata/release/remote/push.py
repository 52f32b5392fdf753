"""Push releases to a location: the files, the manifest of each last, then the pointer by a swap.

A reader of the location sees a release once the pointer names it. An upload that was cut short is
resumed by the next push: objects that lie there with the same bytes are left as they are.
"""

import random
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.index import (
    INDEX,
    MANIFEST,
    RELEASES,
    ReleaseEntry,
    ReleaseIndex,
    entry_problems,
    index_bytes,
    read_index,
    read_manifest,
)
from ipsdata.release.remote.objects import Objects, object_hash
from ipsdata.release.remote.pointer import decode, ids, pushed, restricted
from ipsdata.release.remote.said import read_said, write_said

TRIES = 10  # at the pointer, each lost to another publisher that was first
UPLOADS_AT_ONCE = 4
ALWAYS = 2  # the newest releases, which are never removed; as on the disk
PROBE = ".ipsdata-probe-"
_MOST_WAIT = 0.5  # seconds, times the number of the try


@dataclass
class Push:
    """What a push did.

    Attributes:
        current: the current release there, after it.
        uploaded: the releases that were written there now, oldest first.
        objects: how many objects were written for them.
        resumed: how many objects of theirs lay there already.
        removed: the releases taken away there.
        stale: releases that this store no longer has, and that stay there.
        left_out: releases of this store that somebody else removed there; pushing one by its id
            brings it back.
        tries: how often the pointer was tried to be replaced; 0 if there was nothing to say.
    """

    current: str | None = None
    uploaded: list[str] = field(default_factory=list)
    objects: int = 0
    resumed: int = 0
    removed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    tries: int = 0


def push(
    processed_dir: Path, objects: Objects, release_id: str | None = None, *, prune: bool = False
) -> Push:
    """Make a location hold the releases of this store, and its names, notes and current release.

    Args:
        release_id: only this release, by its id or a name; all if `None`.
        prune: remove there what was removed here since the last push; never the current one, the
            two newest, one with a name or one that was rolled back.

    Raises:
        ConfigurationError: there is no such release, or the location fails, or does not keep to
            conditions.
        DataError: a release here is damaged; a release or a name is another one there; or other
            publishers were first every time.
    """
    index = read_index(processed_dir)
    if index.current is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    chosen = None if release_id is None else index.entry(release_id).release_id
    pushing = _Pushing(processed_dir, objects, index, chosen, prune)
    for attempt in range(1, TRIES + 1):
        if pushing.attempt():
            return pushing.done
        time.sleep(random.uniform(0, _MOST_WAIT * attempt))  # noqa: S311 - no secret
    raise DataError(
        f"{objects.location}/{INDEX}: other publishers were first {TRIES} times: the releases are "
        "uploaded but not visible there; push again"
    )


@dataclass
class _Pushing:
    """One push: each try at the pointer begins with what is there by then."""

    processed_dir: Path
    objects: Objects
    index: ReleaseIndex
    chosen: str | None
    prune: bool
    done: Push = field(default_factory=Push)

    def attempt(self) -> bool:
        """Read the pointer, upload what it lacks, and replace it; say whether that was so."""
        before = self.objects.read_tagged(INDEX)
        theirs = decode(before.data if before else None, self.objects.location)
        noted = read_said(self.processed_dir, self.objects.identity) if before else ReleaseIndex()
        ours, said = _to_say(self.index, noted, self.chosen)
        after = pushed(theirs, ours, said, self.objects.location)
        stale = ids(said) - ids(self.index)
        left = sorted(stale - ids(after))  # of a removal that was cut short
        gone = [*left, *_removable(after, stale)] if self.prune else []
        after = restricted(after, ids(after) - set(gone))
        if after != theirs and not self._replaced(theirs, after, before.etag if before else None):
            return False
        self.done.current = after.current
        self.done.stale = sorted(stale & ids(after))
        self.done.left_out = sorted(ids(ours) - ids(after))
        _remove_all(self.objects, gone, self.done)
        write_said(self.processed_dir, self.objects.identity, _said_now(ours, said, gone))
        return True

    def _replaced(self, theirs: ReleaseIndex, after: ReleaseIndex, etag: str | None) -> bool:
        if self.done.tries == 0:
            require_conditions(self.objects)
        self.done.tries += 1
        lacking = [entry for entry in after.releases if entry.release_id not in ids(theirs)]
        _upload_all(self.processed_dir, self.objects, lacking, self.done)
        return self.objects.swap(INDEX, index_bytes(after), etag)


def _to_say(
    index: ReleaseIndex, said: ReleaseIndex, chosen: str | None
) -> tuple[ReleaseIndex, ReleaseIndex]:
    """Return what this store says now, and what it had said; a chosen release is said anew."""
    if chosen is None:
        return index, said
    names = ids(said)
    return restricted(index, {*names, chosen}), restricted(said, names - {chosen})


def _removable(after: ReleaseIndex, stale: set[str]) -> list[str]:
    names = [entry.release_id for entry in after.releases]
    kept = {*names[-ALWAYS:], *after.tags.values(), *after.rolled_back, after.current}
    return [name for name in names if name in stale - kept]


def _said_now(ours: ReleaseIndex, said: ReleaseIndex, gone: list[str]) -> ReleaseIndex:
    """Return what was said until now: what is no longer here, but stays there, is among it."""
    left = [e for e in said.releases if e.release_id not in {*ids(ours), *gone}]
    return replace(ours, releases=[*left, *ours.releases])


def require_conditions(objects: Objects) -> None:
    """Try out on an object of its own whether a location keeps to conditions.

    Raises:
        ConfigurationError: it overwrites what it must not; servers that speak the protocol of S3
            may not know the conditions and ignore them.
    """
    key = f"{PROBE}{uuid.uuid4().hex}"
    try:
        created = objects.create(key, b"1")
        found = objects.read_tagged(key)
        created_again = objects.create(key, b"2")
        swapped = found is not None and objects.swap(key, b"3", found.etag)
        swapped_again = found is not None and objects.swap(key, b"4", found.etag)
    finally:
        with suppress(ConfigurationError):  # what failed before is told
            objects.remove(key)
    answers = (created, created_again, swapped, swapped_again)
    if answers != (True, False, True, False):
        raise ConfigurationError(
            f"{objects.location}: the server does not keep to conditional writes (found "
            f"{answers} for create, create again, replace, replace again; expected True, False, "
            "True, False), so two publishers could lose each other's releases: nothing was "
            "published. Use a server that knows If-Match and If-None-Match, or push to another "
            "location"
        )


def _upload_all(
    processed_dir: Path, objects: Objects, missing: list[ReleaseEntry], done: Push
) -> None:
    for entry in missing:
        if entry.release_id not in done.uploaded:
            _upload(processed_dir, objects, entry, done)
            done.uploaded.append(entry.release_id)


def _upload(processed_dir: Path, objects: Objects, entry: ReleaseEntry, done: Push) -> None:
    folder = processed_dir / RELEASES / entry.release_id
    problems = entry_problems(folder, entry)
    if problems:
        raise DataError(
            f"release {entry.release_id} is not as it was published, so it is not pushed:\n"
            + "\n".join(problems)
        )
    prefix = f"{RELEASES}/{entry.release_id}"
    files = read_manifest(folder)["files"]
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        written = list(pool.map(lambda item: _put(objects, folder, prefix, item), files))
    _require_sizes(objects, prefix, files)
    manifest = {"path": MANIFEST, "sha256": entry.manifest_sha256}
    written.append(_put(objects, folder, prefix, manifest))
    done.objects += sum(written)
    done.resumed += len(written) - sum(written)


def _put(objects: Objects, folder: Path, prefix: str, item: Mapping[str, Any]) -> bool:
    key = f"{prefix}/{item['path']}"
    for _ in range(TRIES):
        if objects.create(key, folder / item["path"]):
            return True
        found = object_hash(objects, key)
        if found == item["sha256"]:
            return False
        if found is not None:  # else another writer was at it, and did not end it
            break
    raise DataError(
        f"{objects.location}/{key}: lies there with other bytes, though no release of this id is "
        "listed: it is what another publisher is uploading, or left unfinished. Try again later; "
        f"if nobody else publishes, remove {objects.location}/{prefix} and push again"
    )


def _require_sizes(objects: Objects, prefix: str, files: list[Mapping[str, Any]]) -> None:
    found = objects.sizes(prefix) or {}
    for item in files:
        key = f"{prefix}/{item['path']}"
        if found.get(key) != item["bytes"]:
            raise DataError(
                f"{objects.location}/{key}: found {found.get(key, 'no')} bytes, expected "
                f"{item['bytes']}: it was not written whole; nothing is visible there, push again"
            )


def _remove_all(objects: Objects, gone: list[str], done: Push) -> None:
    """Remove the objects of releases that the pointer no longer names, their manifests first."""
    for release_id in gone:
        manifest = f"{RELEASES}/{release_id}/{MANIFEST}"
        lying = objects.sizes(f"{RELEASES}/{release_id}") or {}
        for key in sorted(lying, key=lambda key: (key != manifest, key)):
            objects.remove(key)
        if lying:
            done.removed.append(release_id)
