"""What an object location must be able to do, and reading from any that fsspec knows.

A key is a path below the location, such as `releases/2026-11-24.0/manifest.json`. Objects but the
pointer are created once and never changed. No message holds an address with credentials, or the
words of a client library, which may quote one.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from ipsdata.errors import ConfigurationError, IpsdataError

_P = ParamSpec("_P")
_R = TypeVar("_R")


Untyped: TypeAlias = Any  # of fsspec and the client libraries, which have no types


@dataclass(frozen=True)
class Tagged:
    """The bytes of an object and the tag (ETag) of exactly this version of it."""

    data: bytes
    etag: str


class Reader(Protocol):
    """A location that objects are read from. Each method raises ConfigurationError if it fails."""

    location: str

    @property
    def identity(self) -> str:
        """The location and the server it lies on: the same location may lead to another one."""

    def read(self, key: str) -> bytes | None:
        """Return an object; `None` if there is none."""

    def chunks(self, key: str) -> Iterator[bytes] | None:
        """Return an object piece by piece; `None` if there is none."""

    def sizes(self, prefix: str) -> dict[str, int] | None:
        """Return bytes by key below a folder; `None` where the location can't list."""


class Objects(Reader, Protocol):
    """A location where a write may depend on what is there, in one step."""

    def read_tagged(self, key: str) -> Tagged | None:
        """Return an object and its tag; `None` if there is none."""

    def create(self, key: str, source: Path | bytes) -> bool:
        """Write an object unless there is one, and say whether it was written."""

    def swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Replace an object if it still has this tag, and say whether it was replaced.

        Args:
            etag: `None` if there must be none yet.
        """

    def remove(self, key: str) -> None:
        """Remove an object, if there is one."""


class HasLocation(Protocol):
    """Something at a location that may be shown."""

    location: str


_S = TypeVar("_S", bound=HasLocation)


def guarded(
    method: Callable[Concatenate[_S, _P], _R],
) -> Callable[Concatenate[_S, _P], _R]:
    """Say what failed at the location without the words of the client library."""

    @wraps(method)
    def call(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except (IpsdataError, AttributeError, TypeError):  # the latter two are faults of ours
            raise
        except Exception as error:
            raise ConfigurationError(f"{self.location}: {told(error)}") from None

    return call


def told(error: Exception) -> str:
    """Say what a client library found, and what to do; its own words are left out."""
    names = {type(error).__name__, type(error.__cause__).__name__}
    code = error_code(error)
    what = f"{type(error).__name__}{f', {code}' if code else ''}"
    if isinstance(error, PermissionError) or names & _REFUSED or http_status(error) in {401, 403}:
        return (
            f"access was refused ({what}): give credentials by the environment or the client's own "
            "configuration, with the right to read, write and list there"
        )
    if code in _NO_CONTAINER:
        return f"there is no such bucket or container ({what}): make it first"
    return f"can't be reached or did not answer as expected ({what}): look whether it is there"


_REFUSED = {"ClientAuthenticationError", "NoCredentialsError", "CredentialUnavailableError"}
_NO_CONTAINER = {"ContainerNotFound", "NoSuchBucket"}
_CHUNK = 1 << 20  # bytes


def error_code(error: BaseException) -> str | None:
    """Return the code that a service gave: `NoSuchBucket`, `ContainerNotFound`; if it gave one."""
    for each in _with_causes(error):
        response = getattr(each, "response", None)
        given = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        found = getattr(each, "error_code", None) or given
        if found:
            return str(getattr(found, "value", found))
    return None


def http_status(error: BaseException) -> int | None:
    """Return the HTTP status that a service answered with, if it did."""
    for each in _with_causes(error):
        response = getattr(each, "response", None)
        if isinstance(response, dict):
            found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:
            found = getattr(each, "status_code", None)
        if found is not None:
            return int(found)
    return None


def _with_causes(error: BaseException) -> list[BaseException]:
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    return causes


def object_hash(reader: Reader, key: str) -> str | None:
    """SHA-256 of an object's bytes, as hexadecimal digits; `None` if there is none."""
    chunks = reader.chunks(key)
    if chunks is None:
        return None
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


class FsspecReader:
    """Reads from any location that fsspec knows."""

    def __init__(self, fs: Untyped, root: str, location: str) -> None:
        """Take a file system of fsspec, the folder there, and how to call it in messages."""
        self.fs = fs
        self.root = root.rstrip("/")
        self.location = location

    @property
    def identity(self) -> str:
        """The location: where it leads is not known to depend on anything else."""
        return self.location

    def __repr__(self) -> str:
        """Tell the location alone: the file system holds credentials."""
        return f"{type(self).__name__}({self.location!r})"

    def path(self, key: str) -> str:
        """Return where fsspec finds an object."""
        return f"{self.root}/{key}"

    @guarded
    def read(self, key: str) -> bytes | None:
        """Return an object; `None` if there is none."""
        try:
            data: bytes = self.fs.cat_file(self.path(key))
        except FileNotFoundError as error:
            _require_container(error)
            return None
        return data

    def chunks(self, key: str) -> Iterator[bytes] | None:
        """Return an object piece by piece; `None` if there is none."""
        opened = self._open(key)
        return None if opened is None else self._chunks(opened)

    @guarded
    def _open(self, key: str) -> BinaryIO | None:
        try:
            opened: BinaryIO = self.fs.open(self.path(key), "rb")
        except FileNotFoundError as error:
            _require_container(error)
            return None
        return opened

    def _chunks(self, opened: BinaryIO) -> Iterator[bytes]:
        with opened:
            while chunk := self._next(opened):
                yield chunk

    @guarded
    def _next(self, opened: BinaryIO) -> bytes:
        return opened.read(_CHUNK)

    @guarded
    def sizes(self, prefix: str) -> dict[str, int] | None:
        """Return bytes by key below a folder; `None` where the location can't list."""
        if self.fs.protocol in (("http", "https"), "http", "https"):
            return None
        self.fs.invalidate_cache()
        found = self.fs.find(self.path(prefix), detail=True)
        skipped = len(self.root) + 1
        return {path[skipped:]: int(entry["size"]) for path, entry in found.items()}


def _require_container(error: FileNotFoundError) -> None:
    """Take a missing object as such, but not a missing bucket or container."""
    if error_code(error) in _NO_CONTAINER:
        raise error
