"""Who may change the release store: one process at a time, which first clears what crashes left."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ipsdata.errors import DataError
from ipsdata.release.index import INDEX, LATEST, RELEASES, read_index
from ipsdata.release.staging import sweep_staging

LOCK = ".publish.lock"
OWNER = ".publish.owner"
INCOMING = ".incoming-"
PRUNED = ".pruned-"
UNFINISHED = (INCOMING, PRUNED)


@contextmanager
def publish_lock(processed_dir: Path) -> Iterator[None]:
    """Be the only one that changes the store.

    Raises:
        DataError: somebody else is at it; the message says which process on which machine.
    """
    lock = FileLock(processed_dir / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DataError(
            f"{processed_dir}: another publisher is at work ({_owner(processed_dir)}): nothing was "
            "changed by this run; run again when it is done"
        ) from None
    owner = processed_dir / OWNER
    try:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
        yield
    finally:
        with suppress(OSError):  # it only tells who; the lock is what counts
            owner.unlink(missing_ok=True)
        lock.release()


def _owner(processed_dir: Path) -> str:
    try:
        return (processed_dir / OWNER).read_text("utf-8")
    except OSError:
        return "not known which"


def sweep(processed_dir: Path) -> None:
    """Remove what crashed runs left; only the lock's holder may.

    Raises:
        DataError: the index does not know releases that were published: it was lost or is an old
            one, and nothing may be removed by it.
    """
    releases = processed_dir / RELEASES
    releases.mkdir(parents=True, exist_ok=True)
    listed = {entry.release_id for entry in read_index(processed_dir).releases}
    unlisted = [path for path in releases.iterdir() if path.is_dir() and path.name not in listed]
    whole = sorted(path.name for path in unlisted if not path.name.startswith(UNFINISHED))
    # A crash between renaming a release and listing it leaves one, which `latest` never follows.
    if len(whole) > 1 or (processed_dir / LATEST).resolve().name in whole:
        raise DataError(
            f"{processed_dir / INDEX}: does not list the releases {', '.join(whole)}, which are "
            "there: it was lost or is an old one. Restore it from a backup; nothing was published "
            "or removed"
        )
    for path in unlisted:
        shutil.rmtree(path)
    for path in processed_dir.glob(".*.tmp*"):
        path.unlink()
    sweep_staging(processed_dir)
