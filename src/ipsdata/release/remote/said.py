"""What this store has said at a location: tells what was taken away here from what is new there.

Lost, it only means that nothing is taken away there.
"""

import hashlib
from pathlib import Path

from ipsdata.errors import DataError
from ipsdata.release.index import ReleaseIndex, read_index, write_index

SAID = ".remotes"


def read_said(processed_dir: Path, identity: str) -> ReleaseIndex:
    """Return what this store had said at a location; nothing if that is not known."""
    try:
        return read_index(_folder(processed_dir, identity))
    except DataError:  # damaged
        return ReleaseIndex()


def write_said(processed_dir: Path, identity: str, said: ReleaseIndex) -> None:
    """Note what this store has said at a location."""
    folder = _folder(processed_dir, identity)
    folder.mkdir(parents=True, exist_ok=True)
    write_index(folder, said)


def _folder(processed_dir: Path, identity: str) -> Path:
    return processed_dir / SAID / hashlib.sha256(identity.encode()).hexdigest()[:16]
