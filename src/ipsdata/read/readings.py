"""Readings: each document of the inventory read once, and kept until it or a reader changes.

The cache only saves time. It lies under the fingerprint of the document and of the readers, an
entry that is damaged in any way is read anew, and the folder may be deleted at any time.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import CSV
from ipsdata.read.document import Document, Heading
from ipsdata.read.isolated import DEFAULT_LIMITS, Limits, read_isolated
from ipsdata.read.serial import SerialError, from_json, to_json
from ipsdata.rejection import Rejection, reject_document

READER_LIBRARIES = ("lxml", "pypdfium2", "python-calamine", "xlrd")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Readings:
    """The documents that were read.

    Attributes:
        rows: one mapping a document, with the columns of the table `readings`.
        rejections: the documents that could not be read.
    """

    rows: tuple[Mapping[str, Any], ...]
    rejections: tuple[Rejection, ...]


def read_documents(
    documents: Sequence[Mapping[str, Any]],
    raw_dir: Path,
    cache_dir: Path,
    progress: Progress = lambda _done, _all: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Readings:
    """Read the documents of the inventory that are at hand and no comma-separated text.

    A document that can't be read is refused and stops no other.

    Args:
        progress: is told how many of how many documents are done.
    """
    wanted = [d for d in documents if d["at_hand"] and d["media_type"] != CSV]
    rows: list[Mapping[str, Any]] = []
    rejections: list[Rejection] = []
    for number, document in enumerate(wanted):
        progress(number, len(wanted))
        try:
            rows.append(_reading(document, _Reader(raw_dir, cache_dir, limits)))
        except ReadError as error:
            rejections.append(refused(document, "read", error))
    progress(len(wanted), len(wanted))
    return Readings(tuple(rows), tuple(rejections))


def read_bytes(document: Mapping[str, Any], raw_dir: Path) -> bytes:
    """Return the bytes of a document of the inventory.

    Raises:
        ReadError: they can't be read, or are no longer those of the inventory.
    """
    name = document["path"]
    try:
        data: bytes = (raw_dir / name).read_bytes()
    except OSError as error:
        raise ReadError("unreadable", f"{name}: can't be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != document["document_id"]:
        raise ReadError("hash_mismatch", f"{name}: changed while the run was reading it: run again")
    return data


def reading_document(row: Mapping[str, Any]) -> Document:
    """Return the document of a row of the table `readings`."""
    return from_json(json.loads(row["document"]))


@cache
def reader_version() -> str:
    """Return the fingerprint of what reads documents: our own modules and the libraries' versions.

    Computed, since a number kept by hand would be forgotten once.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update(json.dumps({name: version(name) for name in READER_LIBRARIES}).encode())
    return digest.hexdigest()


def refused(
    document: Mapping[str, Any], stage: str, error: ReadError, target: str | None = None
) -> Rejection:
    """Refuse a document of the inventory as a whole.

    Args:
        target: the table that its rows would have gone to, where that is known.
    """
    return reject_document(
        document["path"],
        stage,
        error.reason,
        str(error),
        edition_id=document["edition_id"],
        document_id=document["document_id"],
        target=target,
    )


@dataclass(frozen=True)
class _Reader:
    raw_dir: Path
    cache_dir: Path
    limits: Limits

    def document(self, row: Mapping[str, Any]) -> tuple[Document, str]:
        """Return a document and its JSON, from the cache, or read it and keep it there."""
        entry = self.cache_dir / f"{self._key(row)}.json"
        found = _cached(entry)
        if found is None:
            data = read_bytes(row, self.raw_dir)
            document = read_isolated(data, row["path"], self.limits, row["media_type"])
            found = document, json.dumps(to_json(document), ensure_ascii=False)
            _keep(entry, found[1])
        return found

    def _key(self, row: Mapping[str, Any]) -> str:
        suffix = Path(row["path"]).suffix.lower()
        parts = [row["document_id"], row["media_type"], suffix, reader_version()]
        told = json.dumps([*parts, asdict(self.limits)], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def _reading(row: Mapping[str, Any], reader: _Reader) -> dict[str, Any]:
    document, text = reader.document(row)
    return {
        "document_id": row["document_id"],
        "edition_id": row["edition_id"],
        "path": row["path"],
        "media_type": document.media_type,
        "headings": sum(isinstance(block, Heading) for block in document.blocks),
        "paragraphs": len(list(document.paragraphs)),
        "tables": len(list(document.tables)),
        "footnotes": len(document.footnotes),
        "pages": max((block.place.page or 0 for block in document.blocks), default=0) or None,
        "warnings": "\n".join(document.warnings) or None,
        "document": text,
    }


def _cached(entry: Path) -> tuple[Document, str] | None:
    try:
        digest, _, text = entry.read_text("utf-8").partition("\n")
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            return None
        return from_json(json.loads(text)), text
    except (OSError, ValueError, SerialError):
        return None


def _keep(entry: Path, text: str) -> None:
    """Write a cache entry as a whole or not at all; a cache that can't be written is no error."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, suffix=".tmp")
    except OSError:
        return
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{digest}\n{text}")
        Path(name).replace(entry)
    except OSError:
        Path(name).unlink(missing_ok=True)
