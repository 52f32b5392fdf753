"""Conditional writes on a file system of this machine: a lock, and a rename under it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj

from filelock import FileLock, Timeout

from ipsdata.errors import ConfigurationError
from ipsdata.release.index import sync_folder
from ipsdata.release.lock import LOCK
from ipsdata.release.remote.objects import FsspecReader, Tagged, guarded

MOST_SECONDS = 60.0
UNFINISHED = ".tmp"


class FileObjects(FsspecReader):
    """A folder, on a file system that locks files for all its users."""

    @guarded
    def read_tagged(self, key: str) -> Tagged | None:
        """Return an object and its tag, the SHA-256 of its bytes; `None` if there is none."""
        data = self.read(key)
        return None if data is None else Tagged(data, hashlib.sha256(data).hexdigest())

    @guarded
    def create(self, key: str, source: Path | bytes) -> bool:
        """Write an object unless there is one, and say whether it was written."""
        with self._locked():
            target = Path(self.path(key))
            if target.exists():
                return False
            self._write(target, source)
            return True

    @guarded
    def swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Replace an object if it still has this tag, and say whether it was replaced."""
        with self._locked():
            found = self.read_tagged(key)
            if (found.etag if found else None) != etag:
                return False
            self._write(Path(self.path(key)), data)
            return True

    @guarded
    def remove(self, key: str) -> None:
        """Remove an object, if there is one, and the folders that are empty after it."""
        with self._locked():
            path = Path(self.path(key))
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == Path(self.root) or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        Path(self.root).mkdir(parents=True, exist_ok=True)
        lock = FileLock(Path(self.root) / LOCK)
        try:
            lock.acquire(timeout=MOST_SECONDS)
        except Timeout:
            raise ConfigurationError(
                f"{self.location}: another process holds {LOCK} there: try again when it is done"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _write(self, target: Path, source: Path | bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}{UNFINISHED}")
        with temporary.open("wb") as stream:
            if isinstance(source, bytes):
                stream.write(source)
            else:
                with source.open("rb") as given:
                    copyfileobj(given, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
