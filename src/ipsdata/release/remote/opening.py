"""Open a location: which back end it takes, or why it is refused."""

import re
from importlib import import_module
from urllib.parse import SplitResult, urlsplit

from ipsdata.errors import ConfigurationError
from ipsdata.release.remote.objects import FsspecReader, Objects, Reader, Untyped

BACK_ENDS = {
    "file": ("files", "FileObjects"),
    "local": ("files", "FileObjects"),
    "az": ("azure", "AzureObjects"),
    "abfs": ("azure", "AzureObjects"),
    "abfss": ("azure", "AzureObjects"),
    "s3": ("s3", "S3Objects"),
    "s3a": ("s3", "S3Objects"),
}
EXTRAS = {"azure": "ipsdata[azure]", "s3": "ipsdata[s3]"}
_WITH_CONTAINER_BEFORE_AT = frozenset({"abfs", "abfss", "az"})
_PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_WHY_NOT = {
    "sftp": "SFTP can't replace a file on condition of what it holds",
    "ssh": "SFTP can't replace a file on condition of what it holds",
    "ftp": "FTP can't replace a file on condition of what it holds",
    "http": "a web server is read from only",
    "https": "a web server is read from only",
    "webdav": "WebDAV servers don't all keep to If-Match",
    "smb": "a rename over SMB is not conditional",
    "hdfs": "a rename on HDFS is not conditional",
    "memory": "it ends with the process",
    "gs": "the conditions of Google Cloud Storage (generation numbers) are not written here",
    "gcs": "the conditions of Google Cloud Storage (generation numbers) are not written here",
}


def open_objects(location: str) -> Objects:
    """Open a location to write to.

    Args:
        location: a folder, or `file://`, `s3://`, `az://`, `abfs://` with bucket or container and
            folder; without credentials, which come from the environment.

    Raises:
        ConfigurationError: it holds credentials, its client library is not installed, or its back
            end can't replace the pointer on condition that nobody else did.
    """
    protocol = protocol_of(location)
    if protocol not in BACK_ENDS:
        why = _WHY_NOT.get(protocol, f"conditional writes over {protocol} are not known here")
        raise ConfigurationError(
            f"{shown(location)}: can't be pushed to: {why}, so two publishers could lose each "
            "other's releases. Push to S3, Azure Blob Storage or a folder, or let a tool that you "
            "trust mirror the store there, releases.json last"
        )
    module, name = BACK_ENDS[protocol]
    fs, root = _file_system(location, protocol)
    back_end = import_module(f"ipsdata.release.remote.{module}")
    place = root if module == "files" else shown(location).rstrip("/")
    opened: Objects = getattr(back_end, name)(fs, root, place)
    return opened


def open_reader(location: str) -> Reader:
    """Open a location to read from, of any kind that fsspec knows.

    Raises:
        ConfigurationError: it holds credentials, or its client library is not installed.
    """
    protocol = protocol_of(location)
    if protocol in BACK_ENDS:
        return open_objects(location)
    fs, root = _file_system(location, protocol)
    return FsspecReader(fs, root, shown(location).rstrip("/"))


def protocol_of(location: str) -> str:
    """Return the protocol of a location; that of a path is `file`.

    Raises:
        ConfigurationError: the location holds credentials, or chains file systems.
    """
    protocol, found, _ = location.partition("://")
    if not found:
        return "file"
    if "::" in protocol or not _PROTOCOL.fullmatch(protocol):
        raise ConfigurationError(
            "found a location that chains file systems or has no protocol, expected one such as "
            "s3://bucket/folder"
        )
    _require_no_credentials(location, urlsplit(location))
    return protocol.lower()


def _require_no_credentials(location: str, parts: SplitResult) -> None:
    is_container = parts.scheme.lower() in _WITH_CONTAINER_BEFORE_AT and parts.password is None
    if parts.query or parts.fragment or ("@" in parts.netloc and not is_container):
        raise ConfigurationError(
            f"{shown(location)}: the location holds credentials or a query, which end up in shell "
            "histories and logs: take them out, and give them by the environment (such as "
            "AZURE_STORAGE_CONNECTION_STRING, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
        )


def shown(location: str) -> str:
    """Return a location as it may be shown: without user, password and query."""
    if "://" not in location:
        return location
    parts = urlsplit(location)
    before, _, host = parts.netloc.rpartition("@")
    is_container = parts.scheme.lower() in _WITH_CONTAINER_BEFORE_AT and ":" not in before
    kept = f"{before}@" if before and is_container else ""
    return f"{parts.scheme}://{kept}{host}{parts.path}"


def _file_system(location: str, protocol: str) -> tuple[Untyped, str]:
    try:
        core = import_module("fsspec.core")
        # No cache: what another publisher writes is to be seen.
        fs, root = core.url_to_fs(location, use_listings_cache=False, skip_instance_cache=True)
    except ImportError:
        raise _lacking(location, protocol) from None
    except ValueError as error:
        raise ConfigurationError(
            f"{shown(location)}: can't be opened ({type(error).__name__}): expected a location "
            "that fsspec knows, and its credentials in the environment"
        ) from None
    return fs, root


def _lacking(location: str, protocol: str) -> ConfigurationError:
    module, _ = BACK_ENDS.get(protocol, ("", ""))
    wanted = EXTRAS.get(module, "fsspec and what it needs for this protocol")
    return ConfigurationError(
        f"{shown(location)}: its client library is not installed: install {wanted}"
    )
