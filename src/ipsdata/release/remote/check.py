"""Verify what is at a location: hash every object again and compare it with the manifests."""

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ipsdata.release.index import MANIFEST, RELEASES, ReleaseEntry, ReleaseIndex
from ipsdata.release.remote.objects import Reader, object_hash
from ipsdata.release.remote.pointer import ids, read_pointer, safe_path

READS_AT_ONCE = 4


@dataclass(frozen=True)
class RemoteVerification:
    """What is found of one release at a location: no problems if it is as it was published."""

    release_id: str
    files: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class RemoteSoundness:
    """What is found at a location.

    Attributes:
        found: of each release, oldest first.
        unlisted: releases that lie there and are not listed: an upload that is under way or was
            cut short, or what is left of one that was removed. No reader sees them.
    """

    found: tuple[RemoteVerification, ...]
    unlisted: tuple[str, ...]


def verify_remote(reader: Reader, release_id: str | None = None) -> RemoteSoundness:
    """Hash every object of the releases of a location again.

    Args:
        release_id: only this release, by its id or a name there; all if `None`.

    Raises:
        ConfigurationError: there is no such release, or the location can't be read.
        DataError: the list of releases there is damaged.
    """
    index = read_pointer(reader)
    chosen = index.releases if release_id is None else [index.entry(release_id)]
    found = tuple(_verified(reader, entry) for entry in chosen)
    return RemoteSoundness(found, _unlisted(reader, index))


def _verified(reader: Reader, entry: ReleaseEntry) -> RemoteVerification:
    prefix = f"{RELEASES}/{entry.release_id}"
    place = f"{reader.location}/{prefix}"
    data = reader.read(f"{prefix}/{MANIFEST}")
    if data is None:
        return RemoteVerification(entry.release_id, 0, (f"{place}/{MANIFEST}: is missing",))
    if hashlib.sha256(data).hexdigest() != entry.manifest_sha256:
        told = f"{place}/{MANIFEST}: found another SHA-256 than that of the list of releases"
        return RemoteVerification(entry.release_id, 0, (told,))
    files = json.loads(data)["files"]
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        problems = list(pool.map(lambda item: _problem(reader, prefix, item), files))
    listed = {f"{prefix}/{item['path']}" for item in files} | {f"{prefix}/{MANIFEST}"}
    extra = sorted((reader.sizes(prefix) or {}).keys() - listed)
    told_extra = [f"{reader.location}/{key}: is not in the manifest" for key in extra]
    told_files = [problem for problem in problems if problem]
    return RemoteVerification(entry.release_id, len(files), (*told_extra, *told_files))


def _problem(reader: Reader, prefix: str, item: Mapping[str, Any]) -> str | None:
    key = f"{prefix}/{safe_path(item['path'], reader.location)}"
    found = object_hash(reader, key)
    if found == item["sha256"]:
        return None
    if found is None:
        return f"{reader.location}/{key}: is missing"
    return f"{reader.location}/{key}: found SHA-256 {found}, expected {item['sha256']}"


def _unlisted(reader: Reader, index: ReleaseIndex) -> tuple[str, ...]:
    lying = {key.split("/")[1] for key in reader.sizes(RELEASES) or {} if key.count("/") > 1}
    return tuple(sorted(lying - ids(index)))
