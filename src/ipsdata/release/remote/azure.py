"""Conditional writes of Azure Blob Storage, by adlfs and its client library.

Source: Azure Blob service REST API, "Specifying conditional headers for Blob service operations".
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import BinaryIO, TypeVar

from ipsdata.release.remote.objects import (
    FsspecReader,
    Tagged,
    Untyped,
    error_code,
    guarded,
    http_status,
)

_R = TypeVar("_R")
_LOST = frozenset({409, 412})
_CONDITION = frozenset({"BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet"})


class AzureObjects(FsspecReader):
    """A container, or a folder in one."""

    @property
    def identity(self) -> str:
        """The location and the host of the account, which the environment may choose."""
        return f"{self.location} {self.fs.service_client.primary_hostname}"

    @guarded
    def read_tagged(self, key: str) -> Tagged | None:
        """Return an object and its tag; `None` if there is none."""
        found: Tagged | None = self._run(self._download(key))
        return found

    @guarded
    def create(self, key: str, source: Path | bytes) -> bool:
        """Write an object unless there is one, and say whether it was written."""
        if isinstance(source, bytes):
            return self._upload(key, source, overwrite=False)
        with source.open("rb") as stream:
            return self._upload(key, stream, overwrite=False)

    @guarded
    def swap(self, key: str, data: bytes, etag: str | None) -> bool:
        """Replace an object if it still has this tag, and say whether it was replaced."""
        from azure.core import MatchConditions  # noqa: PLC0415 - optional

        if etag is None:
            return self._upload(key, data, overwrite=False)
        same = MatchConditions.IfNotModified
        return self._upload(key, data, overwrite=True, etag=etag, match_condition=same)

    @guarded
    def remove(self, key: str) -> None:
        """Remove an object, if there is one."""
        self._run(self._delete(key))

    def _run(self, asked: Coroutine[None, None, _R]) -> _R:
        return asyncio.run_coroutine_threadsafe(asked, self.fs.loop).result()

    def _blob(self, key: str) -> Untyped:
        container, blob, _ = self.fs.split_path(self.path(key))
        return self.fs.service_client.get_blob_client(container, blob)

    async def _download(self, key: str) -> Tagged | None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - optional

        async with self._blob(key) as blob:
            try:
                found = await blob.download_blob(validate_content=True)
                return Tagged(await found.readall(), found.properties.etag)
            except ResourceNotFoundError as error:
                if error_code(error) == "ContainerNotFound":
                    raise
                return None

    def _upload(self, key: str, data: BinaryIO | bytes, **condition: Untyped) -> bool:
        return self._run(self._put(key, data, condition))

    async def _put(self, key: str, data: BinaryIO | bytes, condition: dict[str, Untyped]) -> bool:
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - optional

        async with self._blob(key) as blob:
            try:
                await blob.upload_blob(data, validate_content=True, **condition)
            except HttpResponseError as error:
                if http_status(error) in _LOST and error_code(error) in _CONDITION:
                    return False
                raise
        return True

    async def _delete(self, key: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - optional

        async with self._blob(key) as blob:
            try:
                await blob.delete_blob()
            except ResourceNotFoundError:
                return
