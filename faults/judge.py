"""What must hold of a store after any fault, as a reader of it sees, who starts anew."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from faults.scenarios import NEXT, Scenario, whole_run
from ipsdata.release.index import (
    INDEX,
    LATEST,
    RELEASES,
    file_problems,
    read_index,
)
from ipsdata.release.lock import LOCK, OWNER
from ipsdata.release.parts import READY
from ipsdata.release.staging import STAGING
from ipsdata.release.store import verify
from ipsdata.release.views import DATABASE
from ipsdata.tables import read_parquet

KNOWN = {LOCK, RELEASES, STAGING, LATEST, INDEX, DATABASE, READY, ".cache"}
COLUMNS = {"documents": "size_bytes", "figures": "value"}
UNCHANGED = "releases there are unchanged"


@dataclass(frozen=True)
class State:
    """A store as its index tells it.

    Attributes:
        releases: id and content of each, oldest first; a content of `None` is a mix.
    """

    releases: tuple[tuple[str, int | None], ...]
    current: str | None
    tags: tuple[tuple[str, str], ...]
    rolled_back: tuple[str, ...]

    @property
    def content(self) -> int | None:
        """The content of the current release."""
        return dict(self.releases).get(self.current or "")


def state_of(processed: Path) -> State:
    """Read the index and the tables of each release."""
    index = read_index(processed)
    folders = [(e.release_id, processed / RELEASES / e.release_id) for e in index.releases]
    return State(
        tuple((name, content_of(folder)) for name, folder in folders),
        index.current,
        tuple(sorted(index.tags.items())),
        index.rolled_back,
    )


def content_of(folder: Path) -> int | None:
    """Return the one content that all tables of a release show; `None` if there are several."""
    seen = {
        value
        for name, column in COLUMNS.items()
        for value in read_parquet(folder / f"{name}.parquet").column(column).to_pylist()
    }
    return seen.pop() if len(seen) == 1 else None


@dataclass(frozen=True)
class Expected:
    """The states before and after the action, by which what is found is judged."""

    scenario: Scenario
    before: State
    after: State

    def allows(self, found: State) -> bool:
        """Whether a reader may find a state: the old one, the new one, or a step between."""
        if found in (self.before, self.after):
            return True
        if self.scenario.stepwise:
            return self._is_step(found)
        return self._is_replaced(found)

    def _is_step(self, found: State) -> bool:
        """Whether some of the releases that are to go have gone, the oldest first."""
        before, after = self.before.releases, self.after.releases
        rest = before[len(before) - len(found.releases) :]
        same = (self.before.current, self.before.tags, self.before.rolled_back)
        return (
            found.releases == rest
            and len(rest) >= len(after)
            and (found.current, found.tags, found.rolled_back) == same
        )

    def _is_replaced(self, found: State) -> bool:
        """Whether the new content became current over a release that could not be read."""
        count = len(self.before.releases)
        more = found.releases[count:]
        return (
            found.releases[:count] == self.before.releases
            and [content for _, content in more] == [self.after.content]
            and found.current == more[0][0]
        )


def reader_problems(processed: Path, expected: Expected) -> list[str]:
    """Return what a reader meets that it must not."""
    try:
        state = state_of(processed)
        told = [] if expected.allows(state) else [f"the store is neither old nor new: {state}"]
        for name, _ in state.releases:
            told += file_problems(processed, name)
        if state.current is not None:
            told += verify(processed).problems
        return [*told, *_latest_problems(processed, state), *_view_problems(processed, expected)]
    except Exception as error:  # any at all is a finding
        return [f"a reader meets {type(error).__name__}: {error}"]


def _latest_problems(processed: Path, state: State) -> Iterator[str]:
    link = processed / LATEST
    if not link.is_symlink():
        if len(state.releases) > 1:
            yield "latest: is gone"
        return
    if link.resolve().name not in dict(state.releases):
        yield f"latest: leads to {link.readlink()}, which is not listed"


def _view_problems(processed: Path, expected: Expected) -> Iterator[str]:
    path = processed / DATABASE
    if not path.exists():
        if expected.before.current is not None:
            yield f"{DATABASE}: is gone"
        return
    seen = _seen_in_views(path)
    followed = content_of((processed / LATEST).resolve())
    if seen != {followed}:
        yield f"{DATABASE}: shows {sorted(seen)}, expected {followed}"


def _seen_in_views(path: Path) -> set[int]:
    with duckdb.connect(path, read_only=True) as base:
        return {
            row[0]
            for name, column in COLUMNS.items()
            for row in base.execute(f"SELECT {column} FROM {name}").fetchall()  # noqa: S608
        }


def message_problems(processed: Path, expected: Expected, message: str) -> list[str]:
    """Return where the message of an error says what is not so."""
    state = read_index(processed)
    is_old = (state.current, len(state.releases), dict(state.tags)) == (
        expected.before.current,
        len(expected.before.releases),
        dict(expected.before.tags),
    )
    if not is_old and (UNCHANGED in message or "nothing was published" in message):
        return [f"the message says that nothing changed, but it did: {message}"]
    return []


def recovery_problems(processed: Path, expected: Expected) -> list[str]:
    """Do what failed again, then publish another content; return what is wrong then."""
    try:
        expected.scenario.again(processed)
        told = _settled_problems(processed, expected.after.content)
        whole_run(processed, NEXT)
        return told + _settled_problems(processed, NEXT)
    except Exception as error:  # any at all is a finding
        return [f"the next run ends in {type(error).__name__}: {error}"]


def _settled_problems(processed: Path, content: int | None) -> list[str]:
    """Return what is not as after a run without any fault."""
    state = state_of(processed)
    told = [problem for name, _ in state.releases for problem in file_problems(processed, name)]
    told += verify(processed).problems
    if state.content != content:
        told.append(f"after the next run the content is {state.content}, expected {content}")
    if (processed / LATEST).resolve().name != state.current:
        told.append("after the next run latest does not lead to the current release")
    if _seen_in_views(processed / DATABASE) != {content}:
        told.append(f"after the next run {DATABASE} shows another content")
    return told + [f"after the next run there is left: {name}" for name in debris(processed)]


def debris(processed: Path) -> list[str]:
    """Return what should not be there once nobody runs."""
    listed = {entry.release_id for entry in read_index(processed).releases}
    found = [path.name for path in processed.iterdir() if path.name not in KNOWN]
    found += [path.name for path in (processed / RELEASES).iterdir() if path.name not in listed]
    return found + [f"{STAGING}/{path.name}" for path in (processed / STAGING).glob("*")]


def fingerprint(processed: Path) -> str:
    """Return a hash of all names and bytes in a store: equal ones need be judged once only.

    Which process holds, or held, the lock makes no difference.
    """
    digest = hashlib.sha256()
    for path in sorted(processed.rglob("*")):
        digest.update(f"{path.relative_to(processed)}\0".encode())
        if path.is_symlink():
            digest.update(str(path.readlink()).encode())
        elif path.is_file() and path.name != OWNER:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
