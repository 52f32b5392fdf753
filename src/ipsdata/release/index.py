"""The list of releases, `releases.json`: the truth about which release is current.

Kept free of Arrow and pandas, so that releases are listed, and their files compared, at once.
"""

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ipsdata.errors import ConfigurationError, DataError

INDEX = "releases.json"
RELEASES = "releases"
LATEST = "latest"
MANIFEST = "manifest.json"
WITHOUT_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


@dataclass(frozen=True)
class ReleaseEntry:
    """One published release.

    Attributes:
        release_id: `YYYY-MM-DD.N`, the day of publication (UTC) and a number from 0.
        published_at: the moment of publication, ISO 8601 in UTC.
        manifest_sha256: fingerprint of the manifest, which holds that of every file.
        tables: rows a table.
    """

    release_id: str
    published_at: str
    manifest_sha256: str
    tables: dict[str, int]


@dataclass(frozen=True)
class ReleaseIndex:
    """All releases, oldest first, and the current one (`None` before the first).

    Attributes:
        tags: release by the name that somebody gave it; it is never removed.
        rolled_back: releases that somebody found wrong and went back from; a run that comes to the
            same tables is not published.
    """

    current: str | None = None
    releases: list[ReleaseEntry] = field(default_factory=list)
    tags: Mapping[str, str] = field(default_factory=dict)
    rolled_back: tuple[str, ...] = ()

    def entry(self, release_id: str) -> ReleaseEntry:
        """Return a release's entry.

        Args:
            release_id: its id, or a name that it was given.

        Raises:
            ConfigurationError: there is no such release.
        """
        meant = self.tags.get(release_id, release_id)
        found = next((entry for entry in self.releases if entry.release_id == meant), None)
        if found is None:
            known = ", ".join(e.release_id for e in self.releases[-5:]) or "none yet"
            raise ConfigurationError(f"found no release {release_id!r}; the newest are: {known}")
        return found

    def with_release(self, entry: ReleaseEntry) -> "ReleaseIndex":
        """Return the index with one more release, which is current."""
        return replace(self, current=entry.release_id, releases=[*self.releases, entry])


@dataclass(frozen=True)
class Publication:
    """How publishing ended: a new release, or the current one because nothing changed.

    Attributes:
        tables: rows a table.
        previous: the release that was current before a new one; `None` if there was none.
        fewer: by how many rows a table is shorter than in that release, where it is.
        is_followed: whether `latest` leads to it; not where the file system has no links.
    """

    release_id: str
    is_new: bool
    tables: Mapping[str, int]
    previous: str | None = None
    fewer: Mapping[str, int] = field(default_factory=dict)
    is_followed: bool = True


def read_index(processed_dir: Path) -> ReleaseIndex:
    """Read the index; an empty one if nothing was published yet.

    Raises:
        ConfigurationError: the file can't be read.
        DataError: the file is damaged.
    """
    path = processed_dir / INDEX
    try:
        return index_of(path.read_bytes())
    except FileNotFoundError:
        return ReleaseIndex()
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read ({error.strerror})") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DataError(
            f"{path}: is damaged, expected the list of releases as JSON: restore it from a backup; "
            "the releases themselves are in the folder beside it"
        ) from None


def index_of(data: bytes) -> ReleaseIndex:
    """Read the bytes of `releases.json`.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: they are not of that form.
    """
    raw = json.loads(data)
    entries = [ReleaseEntry(**entry) for entry in raw["releases"]]
    # A store of before tags and rolling back has neither.
    tags, rolled_back = raw.get("tags", {}), raw.get("rolled_back", [])
    return ReleaseIndex(raw["current"], entries, dict(tags), tuple(rolled_back))


def index_bytes(index: ReleaseIndex) -> bytes:
    """Return the bytes of `releases.json`."""
    raw = {
        "current": index.current,
        "tags": dict(sorted(index.tags.items())),
        "rolled_back": list(index.rolled_back),
        "releases": [asdict(entry) for entry in index.releases],
    }
    return (json.dumps(raw, indent=1) + "\n").encode()


def write_index(processed_dir: Path, index: ReleaseIndex) -> None:
    """Replace the index in one step: a reader sees the old one or the new one."""
    path = processed_dir / INDEX
    temporary = path.with_name(f".{INDEX}.tmp")
    write_synced(temporary, index_bytes(index))
    temporary.replace(path)
    sync_folder(processed_dir)


def point_latest(processed_dir: Path, release_id: str) -> bool:
    """Let `latest` follow the current release, for tools that want a fixed path.

    A file system without symbolic links has no `latest`, and one that stands there from before is
    removed: who reads a fixed path shall miss it rather than read an old release. `releases.json`
    is the truth anyway.

    Returns:
        Whether `latest` leads to the release.
    """
    temporary, latest = processed_dir / f".{LATEST}.tmp", processed_dir / LATEST
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(Path(RELEASES) / release_id, target_is_directory=True)
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        latest.unlink(missing_ok=True)
        return False
    temporary.replace(latest)
    sync_folder(processed_dir)
    return True


def require_no_folder_latest(processed_dir: Path) -> None:
    """Refuse a `latest` that is a folder, as a copy of the store may have: no link can replace it.

    Raises:
        ConfigurationError: it is one.
    """
    latest = processed_dir / LATEST
    if latest.is_dir() and not latest.is_symlink():
        raise ConfigurationError(
            f"{latest}: is a folder, expected a link to the current release: the store was copied "
            "by something that follows links, and readers of this path would see an old release "
            "for ever. Remove the folder (the releases are in the folder beside it) and run again"
        )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a release's manifest.

    Raises:
        DataError: it is missing or damaged.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is missing or damaged: {error}") from None
    return manifest


def file_problems(processed_dir: Path, release_id: str) -> list[str]:
    """Compare a release's files with its manifest, and that with the index; say what differs."""
    entry = read_index(processed_dir).entry(release_id)
    return entry_problems(processed_dir / RELEASES / entry.release_id, entry)


def entry_problems(folder: Path, entry: ReleaseEntry) -> list[str]:
    """Compare a release's files with its manifest, and that with an entry of the index."""
    try:
        manifest_digest = file_hash(folder / MANIFEST)
    except OSError as error:
        return [f"{folder / MANIFEST}: can't be read ({error.strerror})"]
    if manifest_digest != entry.manifest_sha256:
        return [f"{folder / MANIFEST}: found SHA-256 {manifest_digest}, expected that of the index"]
    try:
        listed = {item["path"]: item for item in read_manifest(folder)["files"]}
        present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    except (OSError, DataError) as error:
        return [f"{folder}: can't be read ({error})"]
    extra = sorted(present - listed.keys() - {MANIFEST})
    problems = [f"{folder / name}: is not in the manifest" for name in extra]
    for name, item in listed.items():
        problems.extend(_file_problem(folder / name, item))
    return problems


def _file_problem(path: Path, item: Mapping[str, Any]) -> list[str]:
    try:
        found = file_hash(path)
    except OSError as error:
        return [f"{path}: can't be read ({error.strerror})"]
    if found == item["sha256"]:
        return []
    return [f"{path}: found SHA-256 {found}, expected {item['sha256']}: the file was changed"]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and have it on the disk before returning."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_tree(folder: Path) -> None:
    """Have the names in a folder, and in those within it, on the disk before returning."""
    for inner in sorted(path for path in folder.rglob("*") if path.is_dir()):
        sync_folder(inner)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk before returning."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
