"""The Vega runtime as one script, from the package `vl-convert-python`, without network.

Bundling takes seconds, so the script is kept: in the process, and in the user's cache folder under
the version of the package that made it. The same version always makes the same script.
"""

import hashlib
import os
import re
import stat
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

CACHE = "ipsdata"
LICENCES = "vega-licences.txt"
# Only what the page calls; the script's other names stay its own.
EXPORT = "window.vegaEmbed = vegaEmbed;"
# What must not stand in a script element, by the HTML standard ("Restrictions for contents of
# script elements"), which advises this escape.
RISKY = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)


@cache
def runtime() -> str:
    """Return the script that defines `vegaEmbed`, fit to stand inside a `<script>` element.

    It begins with the licences of its parts, which ask to be passed on with them.
    A copy in the cache folder is used only if it is whole and nobody but this user can have written
    it. Without a folder that can be read and written, the script is made anew in each process.
    """
    licences = (files(__package__) / LICENCES).read_text("utf-8")
    return f"/*\n{licences}*/\n{_script()}"


def _script() -> str:
    with suppress(OSError, RuntimeError):  # the latter where the user has no home
        path = _cache_folder() / f"vega-{version('vl-convert-python')}.js"
        return _kept(path) or _keep(path, _bundle())
    return _bundle()


def _cache_folder() -> Path:
    # By the XDG Base Directory Specification, which asks for an absolute path.
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (told if told.is_absolute() else Path("~/.cache").expanduser()) / CACHE


def _kept(path: Path) -> str | None:
    with suppress(OSError), path.open("rb") as file:
        if not _is_ours(os.fstat(file.fileno())):
            return None
        digest, _, script = file.read().partition(b"\n")
        if digest == _digest(script):
            return script.decode()
    return None


def _is_ours(status: os.stat_result) -> bool:
    if not hasattr(os, "geteuid"):  # Windows, where a user's profile is closed to other users
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _keep(path: Path, script: str) -> str:
    data = script.encode()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(_digest(data) + b"\n" + data)
        Path(file.name).replace(path)
    return script


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _bundle() -> str:
    import vl_convert  # noqa: PLC0415 - loads a JavaScript engine

    # In a string or a regular expression of JavaScript, "\x3c" means "<".
    return RISKY.sub(r"\\x3c", vl_convert.javascript_bundle(EXPORT))
