"""Conditional writes of S3 (`If-Match`, `If-None-Match` of PutObject), by s3fs and botocore.

Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes". Services
that speak the S3 protocol don't all keep to the conditions, so a push tries them out first.
"""

import asyncio
from pathlib import Path
from typing import BinaryIO

from ipsdata.errors import ConfigurationError
from ipsdata.release.remote.objects import (
    FsspecReader,
    Tagged,
    Untyped,
    error_code,
    guarded,
    http_status,
)

MOST_BYTES = 5 * 1024**3  # of one PutObject
# 409: another conditional write of the same object was under way; 404: it was removed meanwhile.
_LOST = frozenset({404, 409, 412})


class S3Objects(FsspecReader):
    """A bucket, or a folder in one."""

    @property
    @guarded
    def identity(self) -> str:
        """The location and the server, which the environment may choose."""
        return f"{self.location} {self.fs.s3.meta.endpoint_url}"

    @guarded
    def read_tagged(self, key: str) -> Tagged | None:
        """Return an object and its tag; `None` if there is none."""
        try:
            found = self.fs.call_s3("get_object", **self._place(key))
        except FileNotFoundError as error:
            if error_code(error) == "NoSuchBucket":
                raise
            return None
        return Tagged(self._body(found), found["ETag"])

    @guarded
    def create(self, key: str, source: Path | bytes) -> bool:
        """Write an object unless there is one, and say whether it was written."""
        if isinstance(source, bytes):
            return self._put(key, source, IfNoneMatch="*")
        if source.stat().st_size > MOST_BYTES:
            raise ConfigurationError(
                f"{source}: is larger than 5 GiB, which S3 takes in one conditional write at most: "
                "split the table"
            )
        with source.open("rb") as stream:
            return self._put(key, stream, IfNoneMatch="*")

    @guarded
    def swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Replace an object if it still has this tag, and say whether it was replaced."""
        if etag is None:
            return self._put(key, data, IfNoneMatch="*")
        return self._put(key, data, IfMatch=etag)

    @guarded
    def remove(self, key: str) -> None:
        """Remove an object, if there is one."""
        self.fs.call_s3("delete_object", **self._place(key))

    def _place(self, key: str) -> dict[str, str]:
        bucket, name, _ = self.fs.split_path(self.path(key))
        return {"Bucket": bucket, "Key": name}

    def _body(self, found: Untyped) -> bytes:
        asked = asyncio.run_coroutine_threadsafe(found["Body"].read(), self.fs.loop)
        data: bytes = asked.result()
        return data

    def _put(self, key: str, body: BinaryIO | bytes, **condition: str) -> bool:
        try:
            self.fs.call_s3("put_object", **self._place(key), Body=body, **condition)
        except OSError as error:
            if http_status(error) in _LOST and error_code(error) != "NoSuchBucket":
                return False
            raise
        return True
