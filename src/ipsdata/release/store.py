"""The release store: publish what a run validated, in one step; verify what was published.

Order of publishing: lock, sweep, write and sync each file with the manifest last, rename, verify,
replace `releases.json`, point `latest`. A crash at any point leaves the old release current; an
interrupted publication is repeated by the next run.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

import ipsdata
from ipsdata.contracts import Contract, contract_from_mapping
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.index import (
    INDEX,
    LATEST,
    MANIFEST,
    RELEASES,
    ReleaseEntry,
    ReleaseIndex,
    point_latest,
    read_index,
    read_manifest,
    sync_folder,
    write_index,
    write_synced,
)
from ipsdata.release.staging import Receipt, Staging, sweep_staging, unwritable
from ipsdata.tables import content_hash, file_hash, read_parquet
from ipsdata.validation import (
    Failure,
    contract_failures,
    foreign_key_failures,
    require_validation_enabled,
)

LOCK = ".publish.lock"
OWNER = ".publish.owner"
CONTRACTS = "contracts"
INCOMING = ".incoming-"


@dataclass(frozen=True)
class Publication:
    """How publishing ended: a new release, or the current one because nothing changed.

    Attributes:
        tables: rows a table.
        previous: the release that was current before a new one; `None` if there was none.
        fewer: by how many rows a table is shorter than in that release, where it is.
    """

    release_id: str
    is_new: bool
    tables: Mapping[str, int]
    previous: str | None = None
    fewer: Mapping[str, int] = field(default_factory=dict)


def publish(staging: Staging, contracts: Mapping[str, Contract], now: dt.datetime) -> Publication:
    """Publish the tables of a run as a release, unless they equal the current one.

    Args:
        now: the moment of publication, with its time zone.

    Raises:
        ConfigurationError: Pandera validation is disabled, or the store can't be written to.
        DataError: a table was not validated in this run, keys between tables don't hold, or
            another publisher is at work.
    """
    require_validation_enabled()
    receipts = {name: staging.checked_receipt(contract) for name, contract in contracts.items()}
    tables = {name: read_parquet(staging.path(name)) for name in contracts}
    _require_keys_between_tables(contracts, tables)
    processed_dir = staging.processed_dir
    before = read_index(processed_dir).current
    try:
        with _publish_lock(processed_dir):
            _sweep(processed_dir)
            before = read_index(processed_dir).current
            contents = _contents(contracts, receipts, tables)
            current = _current_if_equal(processed_dir, contents)
            if current is None:
                return _publish_new(staging, contracts, contents, tables, now.astimezone(dt.UTC))
            point_latest(processed_dir, current)  # a crash may have left it behind
            return Publication(current, False, {n: t.num_rows for n, t in tables.items()})
    except OSError as error:
        after = read_index(processed_dir).current
        if after == before:
            raise unwritable(processed_dir, error) from None
        raise ConfigurationError(
            f"{processed_dir}: release {after} was published, but what follows it failed "
            f"({error.strerror}): run again to finish it"
        ) from None


def _require_keys_between_tables(
    contracts: Mapping[str, Contract], tables: Mapping[str, pa.Table]
) -> None:
    lost = [
        f"{name}: {failure}"
        for name, contract in contracts.items()
        for failure in foreign_key_failures(contract, tables)
    ]
    if lost:
        shown = "\n".join(lost[:10])
        raise DataError(
            f"{len(lost)} keys between tables don't hold, nothing is published:\n{shown}"
        )


@contextmanager
def _publish_lock(processed_dir: Path) -> Iterator[None]:
    lock = FileLock(processed_dir / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DataError(
            f"{processed_dir}: another publisher is at work ({_owner(processed_dir)}): nothing was "
            "published by this run; run again when it is done"
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


def _sweep(processed_dir: Path) -> None:
    """Remove what crashed runs left; only the lock's holder may.

    Raises:
        DataError: the index does not know releases that were published: it was lost or is an old
            one, and nothing may be removed by it.
    """
    releases = processed_dir / RELEASES
    releases.mkdir(parents=True, exist_ok=True)
    listed = {entry.release_id for entry in read_index(processed_dir).releases}
    unlisted = [path for path in releases.iterdir() if path.is_dir() and path.name not in listed]
    whole = sorted(path.name for path in unlisted if not path.name.startswith(INCOMING))
    # A crash between renaming a release and listing it leaves one, which `latest` never follows.
    if len(whole) > 1 or (processed_dir / LATEST).resolve().name in whole:
        raise DataError(
            f"{processed_dir / INDEX}: does not list the releases {', '.join(whole)}, which are "
            "there: it was lost or is an old one. Restore it from a backup; nothing was published "
            "or removed"
        )
    for path in unlisted:
        shutil.rmtree(path)
    (processed_dir / f".{INDEX}.tmp").unlink(missing_ok=True)
    sweep_staging(processed_dir)


def _contents(
    contracts: Mapping[str, Contract],
    receipts: Mapping[str, Receipt],
    tables: Mapping[str, pa.Table],
) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "file": f"{name}.parquet",
            "rows": tables[name].num_rows,
            "sha256": receipts[name].sha256,
            "content_sha256": content_hash(tables[name]),
            "contract_sha256": contract.fingerprint,
        }
        for name, contract in sorted(contracts.items())
    }


def _current_if_equal(processed_dir: Path, contents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the current release if it is sound and holds the same tables by the same contracts."""
    current = read_index(processed_dir).current
    if current is None:
        return None
    folder = processed_dir / RELEASES / current
    if file_problems(processed_dir, current):
        return None
    published = read_manifest(folder)["tables"]
    keys = ("content_sha256", "contract_sha256")
    same = published.keys() == contents.keys() and all(
        published[name][key] == entry[key] for name, entry in contents.items() for key in keys
    )
    return current if same else None


def _publish_new(
    staging: Staging,
    contracts: Mapping[str, Contract],
    contents: Mapping[str, Mapping[str, Any]],
    tables: Mapping[str, pa.Table],
    now: dt.datetime,
) -> Publication:
    processed_dir = staging.processed_dir
    index = read_index(processed_dir)
    release_id = _next_id([entry.release_id for entry in index.releases], now.date())
    incoming = processed_dir / RELEASES / f"{INCOMING}{release_id}"
    _write_files(incoming, staging, contracts, contents)
    manifest = _manifest(release_id, index.current, contents, tables, incoming, now)
    manifest_bytes = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    write_synced(incoming / MANIFEST, manifest_bytes)
    sync_folder(incoming)
    incoming.rename(processed_dir / RELEASES / release_id)
    sync_folder(processed_dir / RELEASES)
    rows = {name: int(entry["rows"]) for name, entry in contents.items()}
    digest = hashlib.sha256(manifest_bytes).hexdigest()
    entry = ReleaseEntry(release_id, manifest["published_at"], digest, rows)
    problems = _file_problems(processed_dir / RELEASES / release_id, entry)
    if problems:
        raise DataError(
            f"release {release_id} was not written as it was checked, and is not published:\n"
            + "\n".join(problems)
        )
    write_index(processed_dir, index.with_release(entry))
    point_latest(processed_dir, release_id)
    return Publication(release_id, True, rows, index.current, _fewer(index, rows))


def _fewer(index: ReleaseIndex, rows: Mapping[str, int]) -> dict[str, int]:
    if index.current is None:
        return {}
    before = index.entry(index.current).tables
    return {
        name: before[name] - count for name, count in rows.items() if before.get(name, 0) > count
    }


def _next_id(existing: list[str], today: dt.date) -> str:
    prefix = f"{today.isoformat()}."
    numbers = [int(name.removeprefix(prefix)) for name in existing if name.startswith(prefix)]
    return f"{prefix}{max(numbers, default=-1) + 1}"


def _write_files(
    incoming: Path,
    staging: Staging,
    contracts: Mapping[str, Contract],
    contents: Mapping[str, Mapping[str, Any]],
) -> None:
    (incoming / CONTRACTS).mkdir(parents=True)
    for name, contract in contracts.items():
        data = staging.path(name).read_bytes()
        if hashlib.sha256(data).hexdigest() != contents[name]["sha256"]:
            raise DataError(f"{name} changed while it was being published: nothing is published")
        write_synced(incoming / f"{name}.parquet", data)
        text = json.dumps(contract.resolved, indent=1, ensure_ascii=False) + "\n"
        write_synced(incoming / CONTRACTS / f"{name}.json", text.encode())
    sync_folder(incoming / CONTRACTS)


def _manifest(
    release_id: str,
    previous: str | None,
    contents: Mapping[str, Mapping[str, Any]],
    tables: Mapping[str, pa.Table],
    incoming: Path,
    now: dt.datetime,
) -> dict[str, Any]:
    files = sorted(path for path in incoming.rglob("*") if path.is_file())
    documents = tables["documents"].select(["document_id", "path", "size_bytes"]).to_pylist()
    return {
        "release_id": release_id,
        "previous": previous,
        "published_at": now.isoformat(timespec="seconds"),
        "package": {"name": "ipsdata", "version": ipsdata.__version__},
        "written_by": {"pyarrow": pa.__version__},
        "tables": contents,
        "documents": documents,
        "files": [
            {
                "path": path.relative_to(incoming).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": file_hash(path),
            }
            for path in files
        ],
    }


def file_problems(processed_dir: Path, release_id: str) -> list[str]:
    """Compare a release's files with its manifest, and that with the index; say what differs."""
    entry = read_index(processed_dir).entry(release_id)
    return _file_problems(processed_dir / RELEASES / release_id, entry)


def _file_problems(folder: Path, entry: ReleaseEntry) -> list[str]:
    try:
        manifest_digest = file_hash(folder / MANIFEST)
    except OSError as error:
        return [f"{folder / MANIFEST}: can't be read ({error.strerror})"]
    if manifest_digest != entry.manifest_sha256:
        return [f"{folder / MANIFEST}: found SHA-256 {manifest_digest}, expected that of the index"]
    listed = {item["path"]: item for item in read_manifest(folder)["files"]}
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    extra = sorted(present - listed.keys() - {MANIFEST})
    problems = [f"{folder / name}: is not in the manifest" for name in extra]
    for name, item in listed.items():
        problems.extend(_file_problem(folder / name, item))
    return problems


def _file_problem(path: Path, item: Mapping[str, Any]) -> list[str]:
    try:
        found = file_hash(path)
    except OSError as error:
        return [f"{path}: can't be read ({error.strerror})"]
    if found == item["sha256"]:
        return []
    return [f"{path}: found SHA-256 {found}, expected {item['sha256']}: the file was changed"]


@dataclass(frozen=True)
class Verification:
    """What `verify` found: nothing if a release is what it was when it was published."""

    release_id: str
    files: int
    problems: tuple[str, ...]


def verify(processed_dir: Path, release_id: str | None = None) -> Verification:
    """Hash every file of a release again and check its tables against its own contracts.

    Args:
        release_id: the release; the current one if `None`.

    Raises:
        ConfigurationError: there is no such release.
    """
    chosen = release_id or read_index(processed_dir).current
    if chosen is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    folder = processed_dir / RELEASES / chosen
    problems = file_problems(processed_dir, chosen)
    if problems:
        return Verification(chosen, 0, tuple(problems))
    contracts = release_contracts(folder)
    tables = {name: read_parquet(folder / f"{name}.parquet") for name in contracts}
    failures: list[tuple[str, Failure]] = []
    for name, contract in contracts.items():
        found = [
            *contract_failures(contract, tables[name]),
            *foreign_key_failures(contract, tables),
        ]
        failures.extend((name, failure) for failure in found)
    told = tuple(f"{name}: {failure}" for name, failure in failures)
    return Verification(chosen, len(read_manifest(folder)["files"]), told)


def release_contracts(folder: Path) -> dict[str, Contract]:
    """Read the contracts that a release was published by."""
    return {
        path.stem: contract_from_mapping(json.loads(path.read_bytes()))
        for path in sorted((folder / CONTRACTS).glob("*.json"))
    }


def published_table(processed_dir: Path, table: str, release_id: str | None = None) -> pa.Table:
    """Read a table of a release; of the current one if `release_id` is `None`.

    Raises:
        ConfigurationError: there is no such release or table.
    """
    index = read_index(processed_dir)
    chosen = release_id or index.current
    if chosen is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    entry = index.entry(chosen)
    if table not in entry.tables:
        known = ", ".join(sorted(entry.tables))
        raise ConfigurationError(f"release {chosen} has no table {table!r}; it has: {known}")
    return read_parquet(processed_dir / RELEASES / chosen / f"{table}.parquet")
