"""Keep releases: name one, go back to one, remove old ones, look whether all are still sound."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.contents import release_contracts
from ipsdata.release.index import (
    RELEASES,
    ReleaseEntry,
    ReleaseIndex,
    file_problems,
    point_latest,
    read_index,
    require_no_folder_latest,
    sync_folder,
    write_index,
)
from ipsdata.release.lock import PRUNED, publish_lock, sweep
from ipsdata.release.staging import unwritable
from ipsdata.release.store import Verification, verify
from ipsdata.release.views import write_database

TAG = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
WORDS = frozenset({"latest", "previous", "current"})
ALWAYS = 2  # the newest releases, which are never removed


@contextmanager
def _changing(processed_dir: Path) -> Iterator[ReleaseIndex]:
    """Be the only one that changes the store, and see what is in it."""
    before = read_index(processed_dir)
    if before.current is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    try:
        with publish_lock(processed_dir):
            sweep(processed_dir)
            before = read_index(processed_dir)
            yield before
    except OSError as error:
        if read_index(processed_dir) == before:
            raise unwritable(processed_dir, error) from None
        raise ConfigurationError(
            f"{processed_dir}: the list of releases was changed, but what follows it failed "
            f"({error.strerror}): do it again to finish it"
        ) from None


def tag(processed_dir: Path, release_id: str, name: str) -> str:
    """Name a release, and return its id; one that has a name is never removed.

    Args:
        name: a letter, then letters, digits, dots, dashes and underscores; 64 at most.

    Raises:
        ConfigurationError: there is no such release, or the name can't be one.
        DataError: another release has this name.
    """
    if not TAG.fullmatch(name) or name in WORDS:
        raise ConfigurationError(
            f"found {name!r}, expected a name of a letter, then letters, digits, '.', '-' or '_' "
            f"(64 at most), and none of {', '.join(sorted(WORDS))}"
        )
    with _changing(processed_dir) as index:
        chosen = index.entry(release_id).release_id
        if index.tags.get(name, chosen) != chosen:
            raise DataError(
                f"the name {name} belongs to release {index.tags[name]}: take another, or remove "
                f"it first by `ipsdata releases untag {name}`"
            )
        write_index(processed_dir, replace(index, tags={**index.tags, name: chosen}))
        return chosen


def untag(processed_dir: Path, name: str) -> str:
    """Take a name away, and return the release that had it.

    Raises:
        ConfigurationError: no release has it.
    """
    with _changing(processed_dir) as index:
        if name not in index.tags:
            known = ", ".join(sorted(index.tags)) or "none"
            raise ConfigurationError(f"no release has the name {name!r}; the names are: {known}")
        others = {key: value for key, value in index.tags.items() if key != name}
        write_index(processed_dir, replace(index, tags=others))
        return index.tags[name]


@dataclass(frozen=True)
class Rollback:
    """Which release was current, and which is."""

    before: str
    now: str


def rollback(processed_dir: Path, release_id: str | None = None) -> Rollback:
    """Make another release current; no file of any release is changed.

    The releases that are gone back from are noted as rolled back: a run that comes to the same
    tables is not published, so that the next scheduled run doesn't bring back what was found wrong.
    Going forward to one of them takes that note away.

    Args:
        release_id: the release; that before the current one, passing over those that were rolled
            back, if `None`.

    Raises:
        ConfigurationError: there is no such release, or none before the current one.
        DataError: its files are not as they were published.
    """
    with _changing(processed_dir) as index:
        require_no_folder_latest(processed_dir)
        before = str(index.current)
        chosen = index.entry(release_id).release_id if release_id else _before(index)
        problems = file_problems(processed_dir, chosen)
        if problems:
            raise DataError(
                f"release {chosen} is not as it was published, so it can't be current:\n"
                + "\n".join(problems)
            )
        write_index(processed_dir, _gone_to(index, chosen))
        point_latest(processed_dir, chosen)
        contracts = release_contracts(processed_dir / RELEASES / chosen)
        write_database(processed_dir, chosen, contracts)
        return Rollback(before, chosen)


def _before(index: ReleaseIndex) -> str:
    names = [entry.release_id for entry in index.releases]
    earlier = names[: names.index(str(index.current))]
    for name in reversed(earlier):
        if name not in index.rolled_back:
            return name
    raise ConfigurationError(f"found no release before {index.current}: there is none to go to")


def _gone_to(index: ReleaseIndex, chosen: str) -> ReleaseIndex:
    names = [entry.release_id for entry in index.releases]
    left = names[names.index(chosen) + 1 : names.index(str(index.current)) + 1]
    wrong = ({*index.rolled_back, *left}) - {chosen}
    return replace(index, current=chosen, rolled_back=tuple(n for n in names if n in wrong))


@dataclass(frozen=True)
class Pruning:
    """Which releases were removed, and why each other one was kept.

    Attributes:
        removed: release ids, oldest first.
        kept: the reason, by release id.
        freed: bytes of the files removed, those not counted that another release shares.
    """

    removed: tuple[str, ...]
    kept: Mapping[str, str]
    freed: int


def prune(processed_dir: Path, keep: int, *, dry_run: bool = False) -> Pruning:
    """Remove old releases.

    Never removed: the current one, the two newest, those with a name, and those that were rolled
    back (a run is compared with them). A release is taken out of the index before its files go, one
    at a time: a reader of the index never meets half of one, and a crash leaves only what the next
    run clears away.

    Args:
        keep: how many of the newest to keep.
        dry_run: only tell.

    Raises:
        ConfigurationError: there is no release, or the store can't be written to.
    """
    with _changing(processed_dir) as index:
        kept = _kept(index, keep)
        going = [entry for entry in index.releases if entry.release_id not in kept]
        freed = sum(_own_bytes(processed_dir / RELEASES / entry.release_id) for entry in going)
        if not dry_run:
            _remove_all(processed_dir, index, going)
        return Pruning(tuple(entry.release_id for entry in going), kept, freed)


def _kept(index: ReleaseIndex, keep: int) -> dict[str, str]:
    names = [entry.release_id for entry in index.releases]
    tagged = {release: f"has the name {name}" for name, release in sorted(index.tags.items())}
    reasons = {
        **dict.fromkeys(names[-keep:] if keep else [], f"one of the {keep} newest"),
        **dict.fromkeys(names[-ALWAYS:], f"one of the {ALWAYS} newest"),
        **dict.fromkeys(index.rolled_back, "was rolled back; runs are compared with it"),
        **tagged,
        str(index.current): "is current",
    }
    return {name: reasons[name] for name in names if name in reasons}


def _remove_all(processed_dir: Path, index: ReleaseIndex, going: list[ReleaseEntry]) -> None:
    left = index.releases
    for gone in going:
        left = [entry for entry in left if entry != gone]
        write_index(processed_dir, replace(index, releases=left))
        _remove(processed_dir, gone.release_id)


def _remove(processed_dir: Path, release_id: str) -> None:
    folder = processed_dir / RELEASES / release_id
    if not folder.exists():
        return
    going = folder.with_name(f"{PRUNED}{release_id}")
    folder.rename(going)
    sync_folder(folder.parent)
    shutil.rmtree(going)


def _own_bytes(folder: Path) -> int:
    found = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(told.st_size for told in found if told.st_nlink == 1)


@dataclass(frozen=True)
class Soundness:
    """What `verify` found of each release, oldest first, and the one to go back to.

    Attributes:
        current: the current release.
        restore: the newest sound release that was not rolled back, if the current one is damaged
            and there is one.
    """

    found: tuple[Verification, ...]
    current: str
    restore: str | None

    @property
    def damaged(self) -> tuple[Verification, ...]:
        """The releases that are not as they were published."""
        return tuple(each for each in self.found if each.problems)

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do about each damaged release, in words."""
        return tuple(self._advice(each.release_id) for each in self.damaged)

    def _advice(self, damaged: str) -> str:
        backup = f"release {damaged} is damaged: restore its folder from a backup"
        if damaged != self.current:
            return f"{backup}, or let `ipsdata prune` remove it"
        if self.restore is None:
            return f"{backup}; there is no sound release to go back to"
        return f"{backup}, or go back to the newest sound one by `ipsdata rollback {self.restore}`"


def verify_all(processed_dir: Path) -> Soundness:
    """Hash every file of every release again and check its tables against its own contracts.

    Raises:
        ConfigurationError: there is no release.
    """
    index = read_index(processed_dir)
    if index.current is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    found = tuple(verify(processed_dir, entry.release_id) for entry in index.releases)
    damaged = {each.release_id for each in found if each.problems}
    sound = [e.release_id for e in index.releases if e.release_id not in damaged]
    fit = [name for name in sound if name not in index.rolled_back]
    restore = fit[-1] if index.current in damaged and fit else None
    return Soundness(found, index.current, restore)
