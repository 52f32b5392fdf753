"""Collect: take inventory of `data/raw`: which documents there are, and which bytes they are.

Each edition is a folder `<collection>/<edition>/` with a sidecar `source.yaml` that names its files
and their SHA-256. A file that is not what its sidecar says is refused; the others go on.
"""

import datetime as dt
import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.errors import ConfigurationError
from ipsdata.read.preflight import Limits
from ipsdata.rejection import Rejection, reject_document
from ipsdata.yamlfile import parse_yaml

SIDECAR = "source.yaml"
MAX_FILE_BYTES = Limits.file_bytes
LETTER = "letter"
EDITION = re.compile(r"[a-z][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_OPTION_KEYS = ("caption", "population", "measure", "period")
DAILY_COUNTS = "daily_counts"


@dataclass(frozen=True)
class Inventory:
    """What lies in `data/raw`.

    Attributes:
        documents: one mapping a document, with the columns of the inventory table (`INVENTORY`).
        rejections: what was refused.
    """

    documents: tuple[Mapping[str, Any], ...]
    rejections: tuple[Rejection, ...]


def collect(raw_dir: Path, schemas_dir: Path) -> Inventory:
    """Take inventory of `raw_dir`.

    Raises:
        ConfigurationError: `raw_dir` does not exist, can't be listed, or holds no edition.
    """
    documents: list[Mapping[str, Any]] = []
    rejections: list[Rejection] = []
    for edition in _editions(raw_dir, rejections):
        for found in _collect_edition(raw_dir, edition, schemas_dir):
            if isinstance(found, Rejection):
                rejections.append(found)
            else:
                documents.append(found)
    if not documents and not rejections:
        raise ConfigurationError(
            f"{raw_dir}: found no edition, expected <collection>/<edition>/ with its {SIDECAR}: "
            "give the folder with the raw documents by --raw-dir or IPSDATA_RAW_DIR"
        )
    kept, doubled = _without_duplicates(documents)
    return Inventory(tuple(kept), tuple(rejections + doubled))


def _editions(raw_dir: Path, rejections: list[Rejection]) -> Iterator[Path]:
    try:
        collections = _folders(raw_dir)
        rejections.extend(_strays(raw_dir, raw_dir))
    except OSError as error:
        raise ConfigurationError(
            f"{raw_dir}: can't be listed ({error.strerror}): give the folder with the raw "
            "documents by --raw-dir or IPSDATA_RAW_DIR"
        ) from None
    for collection in collections:
        try:
            yield from _folders(collection)
            rejections.extend(_strays(raw_dir, collection))
        except OSError as error:
            rejections.append(_unreadable(raw_dir, collection, error))


def _folders(parent: Path) -> list[Path]:
    return sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))


def _strays(raw_dir: Path, parent: Path) -> Iterator[Rejection]:
    """Refuse files that lie outside an edition, where nothing would ever read them."""
    for path in sorted(parent.iterdir()):
        if path.is_dir() or path.name.startswith("."):
            continue
        name = _shown(path.relative_to(raw_dir).as_posix())
        message = (
            f"{name}: found a file outside an edition, expected <collection>/<edition>/ with its "
            f"{SIDECAR}: move it there, or remove it"
        )
        yield reject_document(name, "collect", "unlisted_file", message)


def _read_bytes(path: Path) -> bytes:
    """Read a file; never a pipe or device, whose end may not come."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "no regular file")
    return path.read_bytes()


def _unreadable(raw_dir: Path, path: Path, error: OSError) -> Rejection:
    name = _shown(path.relative_to(raw_dir).as_posix())
    message = f"{name}: can't be read ({error.strerror}): check its owner and permissions"
    return reject_document(name, "collect", "unreadable", message)


def _collect_edition(
    raw_dir: Path, edition: Path, schemas_dir: Path
) -> Iterator[Mapping[str, Any] | Rejection]:
    edition_id = _shown(edition.relative_to(raw_dir).as_posix())
    if not EDITION.fullmatch(edition_id):
        yield _ill_named(edition_id)
        return
    try:
        names = sorted(p.name for p in edition.iterdir() if not p.name.startswith("."))
    except OSError as error:
        yield _unreadable(raw_dir, edition, error)
        return
    source = _read_sidecar(edition, edition_id, schemas_dir)
    if isinstance(source, Rejection):
        yield source
        return
    listed = [form["path"] for entry in source["files"] for form in _forms(entry)]
    for entry in source["files"]:
        yield from _collect_entry(edition, edition_id, source, entry)
    for name in names:
        if name != SIDECAR and name not in listed:
            yield _unlisted(edition_id, name)


def _forms(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the files that hold this document: its own, then the other forms of it."""
    return [entry, *({**entry, **form} for form in entry.get("other_forms", ()))]


def _collect_entry(
    edition: Path, edition_id: str, source: Mapping[str, Any], entry: Mapping[str, Any]
) -> Iterator[Mapping[str, Any] | Rejection]:
    """Take the first form of a document that lies here; the others are hashed and set aside."""
    forms = _forms(entry)
    present = [form for form in forms if (edition / form["path"]).exists()]
    if not present and not entry.get("carried", True):
        yield _document(f"{edition_id}/{entry['path']}", edition_id, None, source, entry)
        return
    found = [
        _collect_file(edition / form["path"], edition_id, source, form)
        for form in present or forms[:1]
    ]
    documents = [document for document in found if not isinstance(document, Rejection)]
    yield from (rejection for rejection in found if isinstance(rejection, Rejection))
    yield from documents[:1]


def _read_sidecar(edition: Path, edition_id: str, schemas_dir: Path) -> dict[str, Any] | Rejection:
    place = f"{edition_id}/{SIDECAR}"
    try:
        data = _read_bytes(edition / SIDECAR)
    except FileNotFoundError:
        message = (
            f"{edition_id}: found no {SIDECAR}, expected one that names the edition's title, "
            "publisher, dates, licence and files with SHA-256: write it (CONTRIBUTING.md, 'Add a "
            "source')"
        )
        return reject_document(edition_id, "collect", "no_sidecar", message, edition_id=edition_id)
    except OSError as error:
        message = f"{place}: can't be read ({error.strerror}): check its owner and permissions"
        return reject_document(place, "collect", "unreadable", message, edition_id=edition_id)
    try:
        return _checked_sidecar(data, place, edition.parent.name, schemas_dir)
    except ConfigurationError as error:
        return reject_document(place, "collect", "bad_sidecar", str(error), edition_id=edition_id)


def _checked_sidecar(data: bytes, place: str, collection: str, schemas_dir: Path) -> dict[str, Any]:
    source = parse_yaml(data, schemas_dir / "meta" / "source.schema.json", place)
    if source["collection"] != collection:
        raise ConfigurationError(
            f"{place}, key collection: found {source['collection']!r}, expected {collection!r}, "
            "the name of the folder it stands in"
        )
    paths = [form["path"] for entry in source["files"] for form in _forms(entry)]
    doubled = sorted({path for path in paths if paths.count(path) > 1})
    if doubled:
        raise ConfigurationError(f"{place}, key files: found {doubled} more than once")
    published, retrieved = source["published_on"], source["retrieved_on"]
    if published is not None and published > retrieved:
        raise ConfigurationError(
            f"{place}: found published_on {published} after retrieved_on {retrieved}, expected it "
            "on that day or before: correct one of the two"
        )
    letters = [entry["path"] for entry in source["files"] if entry["layout"] == LETTER]
    if len(letters) > 1:
        raise ConfigurationError(
            f"{place}, key files: found {letters} with the layout {LETTER!r}, expected one an "
            "edition, the others as its other_forms"
        )
    return source


def _collect_file(
    path: Path, edition_id: str, source: Mapping[str, Any], entry: Mapping[str, Any]
) -> Mapping[str, Any] | Rejection:
    name = f"{edition_id}/{path.name}"
    try:
        size = path.stat().st_size
        if entry["layout"] == DAILY_COUNTS:
            return _large_file(path, size, edition_id, source, entry)
        if size > MAX_FILE_BYTES:
            return _too_large(name, size, edition_id)
        data = _read_bytes(path)
    except FileNotFoundError:
        message = f"{name}: named in {SIDECAR} but not there: add the file or remove its entry"
        return reject_document(name, "collect", "missing_file", message, edition_id=edition_id)
    except OSError as error:
        message = f"{name}: can't be read ({error.strerror}): check its owner and permissions"
        return reject_document(name, "collect", "unreadable", message, edition_id=edition_id)
    found = hashlib.sha256(data).hexdigest()
    if found != entry["sha256"]:
        return _hash_mismatch(name, edition_id, found, entry["sha256"])
    return _document(name, edition_id, len(data), source, entry)


def _large_file(
    path: Path, size: int, edition_id: str, source: Mapping[str, Any], entry: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Take a file that may be larger than memory as it is named: it is hashed while it is read."""
    if not path.is_file():
        raise OSError(errno.EINVAL, "no regular file")
    return _document(f"{edition_id}/{path.name}", edition_id, size, source, entry)


def _too_large(name: str, size: int, edition_id: str) -> Rejection:
    message = f"{name}: found {size:,} bytes, expected at most {MAX_FILE_BYTES:,}: split the file"
    return reject_document(name, "collect", "too_large", message, edition_id=edition_id)


def _hash_mismatch(name: str, edition_id: str, found: str, expected: str) -> Rejection:
    message = (
        f"{name}: found SHA-256 {found}, expected {expected} of {SIDECAR}: not the file that "
        "was checked. Restore it; or, if the change is right, check it and put the new SHA-256 "
        "into the sidecar"
    )
    return reject_document(
        name, "collect", "hash_mismatch", message, edition_id=edition_id, document_id=found
    )


def _shown(name: str) -> str:
    """Write a file's name so that it can be stored; one that is no UTF-8 has its bytes told."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _ill_named(edition_id: str) -> Rejection:
    message = (
        f"{edition_id}: found a folder of this name, expected <collection>/<edition> of letters, "
        "digits, '.', '_' and '-', the collection in lower case: rename it"
    )
    return reject_document(edition_id, "collect", "bad_name", message)


def _unlisted(edition_id: str, name: str) -> Rejection:
    name = _shown(name)
    message = (
        f"{edition_id}/{name}: found a file that {SIDECAR} does not name: add it under files with "
        "its SHA-256, or remove it"
    )
    path = f"{edition_id}/{name}"
    return reject_document(path, "collect", "unlisted_file", message, edition_id=edition_id)


def _document(
    name: str,
    edition_id: str,
    size: int | None,
    source: Mapping[str, Any],
    entry: Mapping[str, Any],
) -> dict[str, Any]:
    attribution = source.get("attribution", {"certainty": "certain", "reason": None})
    options = {key: entry[key] for key in _OPTION_KEYS if key in entry}
    shared = ("collection", "title", "publisher", "url", "document_number", "language")
    return {
        "document_id": entry["sha256"],
        "edition_id": edition_id,
        "path": name,
        **{key: source[key] for key in (*shared, "licence", "citation")},
        "published_on": _date(source["published_on"]),
        "retrieved_on": _date(source["retrieved_on"]),
        "attribution": attribution["certainty"],
        "attribution_reason": attribution["reason"],
        "source_kind": source.get("source_kind"),
        "frequency": source.get("frequency"),
        "media_type": entry["media_type"],
        "at_hand": size is not None,
        "size_bytes": size,
        "layout": entry["layout"],
        "options": json.dumps(options, ensure_ascii=False, sort_keys=True),
    }


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _without_duplicates(
    documents: list[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], list[Rejection]]:
    first: dict[str, str] = {}
    kept: list[Mapping[str, Any]] = []
    doubled: list[Rejection] = []
    for document in documents:
        earlier = first.setdefault(document["document_id"], document["path"])
        if earlier == document["path"]:
            kept.append(document)
            continue
        message = (
            f"{document['path']}: found the same bytes as {earlier}: one document counts once; "
            "remove one of the two, or fetch the right file"
        )
        doubled.append(
            reject_document(
                document["path"],
                "collect",
                "duplicate_document",
                message,
                edition_id=document["edition_id"],
                document_id=document["document_id"],
            )
        )
    return kept, doubled
