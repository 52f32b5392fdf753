"""The folders of an installation: whether they are there, may be used, and have room."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ipsdata.operations.findings import Finding
from ipsdata.settings import Settings

MIN_FREE = 1_000_000_000  # bytes: some hundred releases of the shipped data, and their staging


def look_at_folders(settings: Settings) -> Iterator[Finding]:
    """Tell whether the raw data can be read and the store written to."""
    yield _readable("raw data", settings.raw_dir)
    yield writable("store", settings.processed_dir)


def _readable(check: str, folder: Path) -> Finding:
    try:
        count = sum(1 for path in folder.iterdir() if path.is_dir())
        mode = folder.stat().st_mode
    except OSError as error:
        return Finding(
            check,
            f"{folder} can't be listed ({error.strerror})",
            "create it or let this user read it; name another by IPSDATA_RAW_DIR",
        )
    if mode & stat.S_IWOTH:
        return Finding(check, f"{folder} may be written to by anyone", f"chmod o-w {folder}")
    return Finding(check, f"{folder} has {count} collections")


def writable(check: str, folder: Path) -> Finding:
    """Tell whether files can be made in a folder, by making one."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".ipsdata-") as file:
            file.write(b"x")
            file.flush()
        mode = folder.stat().st_mode
    except OSError as error:
        return Finding(
            check,
            f"{folder} can't be written to ({error.strerror})",
            f"create it, free it, or give it to the user that runs ipsdata (uid {os.getuid()})",
        )
    if mode & stat.S_IWOTH:
        return Finding(check, f"{folder} may be written to by anyone", f"chmod o-w {folder}")
    return Finding(check, f"{folder} can be written to")


def look_at_disk(*folders: Path) -> Iterator[Finding]:
    """Tell how much room there is, once a disk."""
    seen: set[int] = set()
    for folder in folders:
        if not folder.is_dir() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        free = shutil.disk_usage(folder).free
        told = f"{folder} has {free / 1e9:,.1f} GB free"
        is_enough = free >= MIN_FREE
        todo = "" if is_enough else "make room: `ipsdata prune --keep 10`, or a larger disk"
        yield Finding("disk", told, todo)
