"""An object location in memory that fails, or lets another publisher in, on demand."""

import datetime as dt
import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from fsspec.implementations.memory import MemoryFileSystem

from ipsdata.release.remote.objects import FsspecReader, Tagged
from ipsdata.release.staging import Outcome, open_staging
from ipsdata.release.store import publish
from ipsdata.tables import table_from_rows
from small_store import A_DOCUMENT, CONTRACTS, figures


class CutError(Exception):
    """The connection, or the process, ended."""


class MemoryObjects(FsspecReader):
    """A location in fsspec's memory file system.

    Attributes:
        writes: the keys written, in order.
        cut_at: at which write, counted from 0, and at all after it, the connection ends.
        is_done_first: whether the write that is cut takes place all the same.
        before_swap: called before each swap, such as to let another publisher be first.
        heeds_create: whether it keeps to the condition that there must be no object yet.
        heeds_swap: whether it keeps to the condition that an object is still the same.
    """

    def __init__(self) -> None:
        """Begin with nothing there."""
        super().__init__(MemoryFileSystem(), f"/{uuid.uuid4().hex}", "memory://made-up")
        self.writes: list[str] = []
        self.cut_at: int | None = None
        self.is_done_first = False
        self.before_swap: Callable[[], None] = lambda: None
        self.heeds_create = self.heeds_swap = True
        self._lock = threading.RLock()

    def read_tagged(self, key: str) -> Tagged | None:
        """Return an object and its tag."""
        data = self.read(key)
        return None if data is None else Tagged(data, hashlib.sha256(data).hexdigest())

    def create(self, key: str, source: Path | bytes) -> bool:
        """Write an object unless there is one."""
        with self._lock:
            if self.heeds_create and self.fs.exists(self.path(key)):
                return False
            self._write(key, source if isinstance(source, bytes) else source.read_bytes())
            return True

    def swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Replace an object if it still has this tag."""
        self.before_swap()
        with self._lock:
            found = self.read_tagged(key)
            if self.heeds_swap and (found.etag if found else None) != etag:
                return False
            self._write(key, data)
            return True

    def remove(self, key: str) -> None:
        """Remove an object, if there is one."""
        if self.fs.exists(self.path(key)):
            self._write(key, None)

    def overwrite(self, key: str, data: bytes) -> None:
        """Change an object past all conditions, as a fault does."""
        self.fs.pipe_file(self.path(key), data)

    def _write(self, key: str, data: bytes | None) -> None:
        cut = self.cut_at is not None and len(self.writes) >= self.cut_at
        if cut and not (self.is_done_first and len(self.writes) == self.cut_at):
            raise CutError
        self.writes.append(key)
        if data is None:
            self.fs.rm_file(self.path(key))
        else:
            self.fs.pipe_file(self.path(key), data)
        if cut:
            raise CutError


def publish_on(folder: Path, day: int, names: Iterable[str]) -> str:
    """Publish a release of a row a name on a day of January 2026, and return its id."""
    rows = {"documents": [A_DOCUMENT], "figures": figures(names)}
    now = dt.datetime(2026, 1, day, 12, 0, tzinfo=dt.UTC)
    with open_staging(folder, "run") as staging:
        for name, contract in CONTRACTS.items():
            staging.save(name, Outcome(table_from_rows(contract, rows[name])))
            assert staging.audit(contract) == []
        return publish(staging, CONTRACTS, now).release_id
