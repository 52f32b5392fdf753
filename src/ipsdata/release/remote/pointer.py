"""The pointer of a location, `releases.json`: its form, and what a push or a pull makes of it.

Nothing of another publisher is lost: a push adds to what is there, and takes away only what this
store had said there before and no longer says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.index import INDEX, ReleaseEntry, ReleaseIndex, index_of
from ipsdata.release.remote.objects import Reader

RELEASE_ID = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,6})")


def decode(data: bytes | None, location: str) -> ReleaseIndex:
    """Read a pointer; no bytes are an empty one.

    Raises:
        DataError: it is damaged, or names a release by what can't be one.
    """
    if data is None:
        return ReleaseIndex()
    try:
        found = index_of(data)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(location) from None
    names = ids(found)
    meant = {*found.tags.values(), *found.rolled_back, found.current} - {None}
    if not all(RELEASE_ID.fullmatch(name) for name in names) or not meant <= names:
        raise _damaged(location)
    return found


def read_pointer(reader: Reader) -> ReleaseIndex:
    """Read the list of releases of a location.

    Raises:
        ConfigurationError: there is none.
        DataError: it is damaged.
    """
    data = reader.read(INDEX)
    if data is None:
        raise ConfigurationError(
            f"{reader.location}: found no {INDEX}: nothing was pushed there yet, or the location "
            "is another one"
        )
    return decode(data, reader.location)


def _damaged(location: str) -> DataError:
    return DataError(
        f"{location}/{INDEX}: is damaged, expected the list of releases as JSON: restore an "
        "earlier version of it; the releases themselves are in the folder beside it"
    )


def safe_path(path: str, location: str) -> str:
    """Return a path of a manifest, which came from elsewhere.

    Raises:
        DataError: it leads out of the release.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise DataError(
            f"{location}: a manifest there names the file {path!r}, which would lie outside its "
            "release: nothing was changed here; don't trust this location"
        )
    return path


def pushed(
    theirs: ReleaseIndex, ours: ReleaseIndex, said: ReleaseIndex, location: str
) -> ReleaseIndex:
    """Return what becomes of a location's pointer.

    Args:
        theirs: the pointer there.
        ours: what this store has to say.
        said: what it had said there before.

    Raises:
        DataError: a release or a name is another one here and there.
    """
    _require_same(theirs, ours, location)
    lost = {name for name, release in said.tags.items() if ours.tags.get(name) != release}
    new = {name: rel for name, rel in ours.tags.items() if said.tags.get(name) != rel}
    kept = {name: release for name, release in theirs.tags.items() if name not in lost}
    _require_free(kept, new, location)
    forgiven = set(said.rolled_back) - set(ours.rolled_back)
    wrong = (set(theirs.rolled_back) - forgiven) | (set(ours.rolled_back) - set(said.rolled_back))
    added = entries_besides(ours, {*ids(said), *ids(theirs)})
    releases = in_order([*theirs.releases, *added])
    return _settled(releases, {**kept, **new}, wrong, (theirs.current, ours.current))


def pulled(ours: ReleaseIndex, theirs: ReleaseIndex, location: str) -> ReleaseIndex:
    """Return what becomes of this store's index: the location's word goes for what it has.

    Raises:
        DataError: a release or a name is another one here and there.
    """
    _require_same(theirs, ours, location)
    there = ids(theirs)
    kept = {name: release for name, release in ours.tags.items() if release not in there}
    _require_free(theirs.tags, kept, location)
    wrong = {*theirs.rolled_back, *(name for name in ours.rolled_back if name not in there)}
    releases = in_order([*theirs.releases, *entries_besides(ours, there)])
    own = ours.current if ours.current not in there else None
    return _settled(releases, {**theirs.tags, **kept}, wrong, (theirs.current, own))


def _settled(
    releases: list[ReleaseEntry],
    tags: Mapping[str, str],
    wrong: set[str],
    proposed: Iterable[str | None],
) -> ReleaseIndex:
    """Make the newer of the proposed releases current that nobody went back from."""
    names = [entry.release_id for entry in releases]
    fit = [name for name in names if name not in wrong]
    chosen = [name for name in fit if name in proposed] or fit
    if releases and not chosen:
        raise DataError(
            "every release here and there was rolled back by somebody, so none can be current: "
            "make one current by `ipsdata rollback RELEASE` and push again"
        )
    told = {name: release for name, release in tags.items() if release in names}
    noted = tuple(name for name in names if name in wrong)
    return ReleaseIndex(chosen[-1] if chosen else None, releases, told, noted)


def restricted(index: ReleaseIndex, names: set[str]) -> ReleaseIndex:
    """Return what an index says of some of its releases."""
    return ReleaseIndex(
        index.current if index.current in names else None,
        [entry for entry in index.releases if entry.release_id in names],
        {name: release for name, release in index.tags.items() if release in names},
        tuple(name for name in index.rolled_back if name in names),
    )


def common(one: ReleaseIndex, other: ReleaseIndex) -> ReleaseIndex:
    """Return what two indexes both say."""
    both = restricted(one, ids(other))
    tags = {name: release for name, release in both.tags.items() if name in other.tags}
    rolled_back = tuple(name for name in both.rolled_back if name in other.rolled_back)
    return replace(both, tags=tags, rolled_back=rolled_back)


def ids(index: ReleaseIndex) -> set[str]:
    """Return the ids of the releases of an index."""
    return {entry.release_id for entry in index.releases}


def entries_besides(index: ReleaseIndex, names: set[str]) -> list[ReleaseEntry]:
    """Return the releases of an index but some."""
    return [entry for entry in index.releases if entry.release_id not in names]


def in_order(entries: Iterable[ReleaseEntry]) -> list[ReleaseEntry]:
    """Sort releases by the day and the number in their ids, oldest first."""
    return sorted(entries, key=lambda entry: _day_and_number(entry.release_id))


def _day_and_number(release_id: str) -> tuple[str, int]:
    day, _, number = release_id.rpartition(".")
    return day, int(number)


def _require_same(theirs: ReleaseIndex, ours: ReleaseIndex, location: str) -> None:
    there = {entry.release_id: entry.manifest_sha256 for entry in theirs.releases}
    for entry in ours.releases:
        if there.get(entry.release_id, entry.manifest_sha256) != entry.manifest_sha256:
            raise DataError(
                f"{location}: release {entry.release_id} there is another one than the one here, "
                "published by another store: nothing of it was changed. A release id is given by "
                "day and number, so let one store publish, or pull there before it publishes; "
                "to keep both, run `ipsdata remote pull` into another store"
            )


def _require_free(taken: Mapping[str, str], wanted: Mapping[str, str], location: str) -> None:
    for name, release in wanted.items():
        if taken.get(name, release) != release:
            raise DataError(
                f"{location}: the name {name} belongs to release {taken[name]} there, and to "
                f"{release} here: remove one of them by `ipsdata releases untag {name}`"
            )
