"""The release store: publish what a run validated, in one step; verify what was published.

Order of publishing: lock, sweep, write and sync each file with the manifest last, rename, verify,
replace `releases.json`, point `latest`. A crash at any point leaves the old release current; an
interrupted publication is repeated by the next run.
"""

import datetime as dt
import errno
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

import ipsdata
from ipsdata.contracts import Contract
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.companions import ReleaseContent, write_companions
from ipsdata.release.contents import CONTRACTS, release_contracts
from ipsdata.release.index import (
    MANIFEST,
    RELEASES,
    Publication,
    ReleaseEntry,
    ReleaseIndex,
    entry_problems,
    file_hash,
    file_problems,
    point_latest,
    read_index,
    read_manifest,
    require_no_folder_latest,
    sync_folder,
    sync_tree,
    write_index,
    write_synced,
)
from ipsdata.release.lock import INCOMING, publish_lock, sweep
from ipsdata.release.parts import (
    Part,
    lost_keys,
    part_failures,
    part_files,
    place_parts,
    read_parts,
    ready_parts,
)
from ipsdata.release.schema_version import schema_version
from ipsdata.release.staging import Receipt, Staging, unwritable
from ipsdata.release.views import write_database
from ipsdata.tables import content_hash, read_parquet
from ipsdata.validation import (
    contract_failures,
    foreign_key_failures,
    require_validation_enabled,
)


def publish(
    staging: Staging, contracts: Mapping[str, Contract], now: dt.datetime, schema_major: int = 1
) -> Publication:
    """Publish the tables of a run as a release, unless they equal the current one.

    Args:
        now: the moment of publication, with its time zone.
        schema_major: the declared major number of the version of the contracts.

    Raises:
        ConfigurationError: Pandera validation is disabled, the store can't be written to, or
            `latest` is a folder.
        DataError: a table was not validated in this run, keys between tables don't hold, a change
            of the contracts breaks readers and is not declared, or another publisher is at work.
    """
    require_validation_enabled()
    processed_dir = staging.processed_dir
    before = read_index(processed_dir).current
    try:
        staged = _staged(staging, contracts, schema_major)
        _require_keys_between_tables(staged)
        with publish_lock(processed_dir):
            require_no_folder_latest(processed_dir)
            sweep(processed_dir)
            before = read_index(processed_dir).current
            contents = _contents(staged)
            current = _current_if_equal(processed_dir, contents)
            if current is None:
                _require_not_rolled_back(processed_dir, contents)
                return _publish_new(staged, contents, now.astimezone(dt.UTC))
            followed = point_latest(processed_dir, current)  # a crash may have left it behind
            write_database(processed_dir, current, contracts)
            rows = {name: entry["rows"] for name, entry in contents.items()}
            return Publication(current, False, rows, is_followed=followed)
    except OSError as error:
        after = read_index(processed_dir).current
        if after == before:
            raise unwritable(processed_dir, error) from None
        raise ConfigurationError(
            f"{processed_dir}: release {after} was published, but what follows it failed "
            f"({error.strerror}): run again to finish it"
        ) from None


@dataclass(frozen=True)
class _Staged:
    """What is to be published.

    Attributes:
        receipts: of the tables that are one file; `tables` likewise.
        parts: of the tables that are split into files.
    """

    staging: Staging
    contracts: Mapping[str, Contract]
    schema_major: int
    receipts: Mapping[str, Receipt]
    tables: Mapping[str, pa.Table]
    parts: Mapping[str, tuple[Part, ...]]


def _staged(staging: Staging, contracts: Mapping[str, Contract], schema_major: int) -> _Staged:
    whole = [contract for contract in contracts.values() if contract.partition is None]
    receipts = {contract.table: staging.checked_receipt(contract) for contract in whole}
    tables = {name: read_parquet(staging.path(name)) for name in receipts}
    parts = {
        name: ready_parts(staging.processed_dir, contract, tables[contract.partition.listing])
        for name, contract in contracts.items()
        if contract.partition is not None
    }
    return _Staged(staging, contracts, schema_major, receipts, tables, parts)


def _require_keys_between_tables(staged: _Staged) -> None:
    lost = [
        f"{name}: {failure}"
        for name in staged.tables
        for failure in foreign_key_failures(staged.contracts[name], staged.tables)
    ]
    for name, parts in staged.parts.items():
        ready = [part.ready for part in parts]
        lost.extend(
            f"{name}: {told}" for told in lost_keys(staged.contracts[name], ready, staged.tables)
        )
    if lost:
        shown = "\n".join(lost[:10])
        raise DataError(
            f"{len(lost)} keys between tables don't hold, nothing is published:\n{shown}"
        )


def _contents(staged: _Staged) -> dict[str, dict[str, Any]]:
    whole = {
        name: {
            "file": f"{name}.parquet",
            "rows": table.num_rows,
            "sha256": staged.receipts[name].sha256,
            "content_sha256": content_hash(table),
            "contract_sha256": staged.contracts[name].fingerprint,
        }
        for name, table in staged.tables.items()
    }
    split = {
        name: {
            "files": [part.path for part in parts],
            "rows": sum(part.rows for part in parts),
            "content_sha256": _hash_of(f"{part.year} {part.content_sha256}" for part in parts),
            "contract_sha256": staged.contracts[name].fingerprint,
        }
        for name, parts in staged.parts.items()
    }
    return dict(sorted({**whole, **split}.items()))


def _hash_of(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _current_if_equal(processed_dir: Path, contents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the current release if it is sound and holds the same tables by the same contracts."""
    current = read_index(processed_dir).current
    if current is None or file_problems(processed_dir, current):
        return None
    return current if _holds(processed_dir / RELEASES / current, contents) else None


def _holds(folder: Path, contents: Mapping[str, Mapping[str, Any]]) -> bool:
    published = read_manifest(folder)["tables"]
    keys = ("content_sha256", "contract_sha256")
    return published.keys() == contents.keys() and all(
        published[name][key] == entry[key] for name, entry in contents.items() for key in keys
    )


def _require_not_rolled_back(
    processed_dir: Path, contents: Mapping[str, Mapping[str, Any]]
) -> None:
    index = read_index(processed_dir)
    for release_id in index.rolled_back:
        folder = release_folder(processed_dir, release_id)
        if folder is not None and _holds(folder, contents):
            raise DataError(
                f"the tables are those of release {release_id}, which was rolled back, so nothing "
                f"is published and {index.current} stays current: correct what was wrong (a "
                "document, or a correction in schemas/corrections), or take it as it is by "
                f"`ipsdata rollback {release_id}`"
            )


def _publish_new(
    staged: _Staged, contents: Mapping[str, Mapping[str, Any]], now: dt.datetime
) -> Publication:
    processed_dir = staged.staging.processed_dir
    index = read_index(processed_dir)
    release_id = _next_id([entry.release_id for entry in index.releases], now.date())
    incoming = processed_dir / RELEASES / f"{INCOMING}{release_id}"
    previous = _newest_sound(processed_dir, index)
    version = schema_version(previous, staged.contracts, staged.schema_major)
    _write_files(incoming, staged)
    content = ReleaseContent(
        folder=incoming,
        release_id=release_id,
        published_at=now,
        contracts=staged.contracts,
        tables=staged.tables,
        parts={name: tuple(part_files(incoming, name)) for name in staged.parts},
        entries=contents,
        previous=previous,
        previous_id=index.current,
        schema_version=version,
    )
    _write_companions(content)
    manifest = _manifest(content)
    manifest_bytes = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    write_synced(incoming / MANIFEST, manifest_bytes)
    sync_tree(incoming)
    incoming.rename(processed_dir / RELEASES / release_id)
    sync_folder(processed_dir / RELEASES)
    rows = {name: int(entry["rows"]) for name, entry in contents.items()}
    digest = hashlib.sha256(manifest_bytes).hexdigest()
    entry = ReleaseEntry(release_id, manifest["published_at"], digest, rows)
    problems = entry_problems(processed_dir / RELEASES / release_id, entry)
    if problems:
        raise DataError(
            f"release {release_id} was not written as it was checked, and is not published:\n"
            + "\n".join(problems)
        )
    write_index(processed_dir, index.with_release(entry))
    followed = point_latest(processed_dir, release_id)
    write_database(processed_dir, release_id, staged.contracts)
    return Publication(release_id, True, rows, index.current, _fewer(index, rows), followed)


def _write_companions(content: ReleaseContent) -> None:
    """Write them; DuckDB, which compares releases, has an error of its own for a failing disk."""
    import duckdb  # noqa: PLC0415 - only who publishes needs it

    try:
        write_companions(content)
    except duckdb.IOException as error:
        raise OSError(errno.EIO, str(error).partition("\n")[0]) from None


def _newest_sound(processed_dir: Path, index: ReleaseIndex) -> Path | None:
    """Return the folder of the newest release whose files are as published: no other is a base."""
    for entry in reversed(index.releases):
        folder = release_folder(processed_dir, entry.release_id)
        if folder is not None and not entry_problems(folder, entry):
            return folder
    return None


def _fewer(index: ReleaseIndex, rows: Mapping[str, int]) -> dict[str, int]:
    if index.current is None:
        return {}
    before = index.entry(index.current).tables
    lost = {name: count - rows.get(name, 0) for name, count in before.items()}
    return {name: count for name, count in lost.items() if count > 0}


def _next_id(existing: list[str], today: dt.date) -> str:
    prefix = f"{today.isoformat()}."
    numbers = [int(name.removeprefix(prefix)) for name in existing if name.startswith(prefix)]
    return f"{prefix}{max(numbers, default=-1) + 1}"


def _write_files(incoming: Path, staged: _Staged) -> None:
    (incoming / CONTRACTS).mkdir(parents=True)
    for name, parts in staged.parts.items():
        place_parts(incoming, staged.contracts[name], parts)
    for name, receipt in staged.receipts.items():
        data = staged.staging.path(name).read_bytes()
        if hashlib.sha256(data).hexdigest() != receipt.sha256:
            raise DataError(f"{name} changed while it was being published: nothing is published")
        write_synced(incoming / f"{name}.parquet", data)
    for name, contract in staged.contracts.items():
        text = json.dumps(contract.resolved, indent=1, ensure_ascii=False) + "\n"
        write_synced(incoming / CONTRACTS / f"{name}.json", text.encode())
    sync_folder(incoming / CONTRACTS)


def _manifest(content: ReleaseContent) -> dict[str, Any]:
    folder = content.folder
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    documents = content.tables["documents"].select(["document_id", "path", "size_bytes"])
    return {
        "release_id": content.release_id,
        "previous": content.previous_id,
        "published_at": content.published_at.isoformat(timespec="seconds"),
        "package": {"name": "ipsdata", "version": ipsdata.__version__},
        "schema_version": content.schema_version,
        "written_by": {"pyarrow": pa.__version__},
        "tables": content.entries,
        "documents": documents.to_pylist(),
        "files": [
            {
                "path": path.relative_to(folder).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": file_hash(path),
            }
            for path in files
        ],
    }


def release_folder(processed_dir: Path, release_id: str | None) -> Path | None:
    """Return the folder of a release; `None` if there is none, or not any more."""
    folder = processed_dir / RELEASES / release_id if release_id else None
    return folder if folder is not None and (folder / MANIFEST).is_file() else None


def chosen_release(processed_dir: Path, name: str | None) -> str:
    """Return the id of a release.

    Args:
        name: its id or a name that it was given; the current one is meant by `None`.

    Raises:
        ConfigurationError: there is no such release.
    """
    index = read_index(processed_dir)
    chosen = name or index.current
    if chosen is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    return index.entry(chosen).release_id


def load_content(processed_dir: Path, release_id: str | None = None) -> ReleaseContent:
    """Return the content of a release that was published; of the current one if `None`.

    Raises:
        ConfigurationError: there is no such release.
        DataError: its files are damaged.
    """
    chosen = chosen_release(processed_dir, release_id)
    folder = processed_dir / RELEASES / chosen
    manifest = read_manifest(folder)
    contracts = release_contracts(folder)
    whole = [name for name, contract in contracts.items() if contract.partition is None]
    return ReleaseContent(
        folder=folder,
        release_id=chosen,
        published_at=dt.datetime.fromisoformat(manifest["published_at"]),
        contracts=contracts,
        tables={name: read_parquet(folder / f"{name}.parquet") for name in whole},
        parts={n: tuple(part_files(folder, n)) for n in contracts if n not in whole},
        entries=manifest["tables"],
        previous=release_folder(processed_dir, manifest["previous"]),
        previous_id=manifest["previous"],
        schema_version=manifest.get("schema_version", "0.0.0"),
    )


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
    chosen = chosen_release(processed_dir, release_id)
    folder = processed_dir / RELEASES / chosen
    problems = file_problems(processed_dir, chosen)
    if problems:
        return Verification(chosen, 0, tuple(problems))
    contracts = release_contracts(folder)
    whole = {n: c for n, c in contracts.items() if c.partition is None}
    tables = {name: read_parquet(folder / f"{name}.parquet") for name in whole}
    told = [
        f"{name}: {failure}"
        for name, contract in whole.items()
        for failure in (
            *contract_failures(contract, tables[name]),
            *foreign_key_failures(contract, tables),
        )
    ]
    for contract in contracts.values():
        if contract.partition is not None:
            told.extend(_split_problems(folder, contract, tables))
    return Verification(chosen, len(read_manifest(folder)["files"]), tuple(told))


def _split_problems(
    folder: Path, contract: Contract, tables: Mapping[str, pa.Table]
) -> Iterator[str]:
    files = part_files(folder, contract.table)
    for path in files:
        place = path.relative_to(folder).as_posix()
        yield from (f"{place}: {failure}" for failure in part_failures(contract, path))
    yield from (f"{contract.table}: {told}" for told in lost_keys(contract, files, tables))


def published_table(processed_dir: Path, table: str, release_id: str | None = None) -> pa.Table:
    """Read a table of a release; of the current one if `release_id` is `None`.

    Raises:
        ConfigurationError: there is no such release or table.
    """
    chosen = chosen_release(processed_dir, release_id)
    entry = read_index(processed_dir).entry(chosen)
    if table not in entry.tables:
        known = ", ".join(sorted(entry.tables))
        raise ConfigurationError(f"release {chosen} has no table {table!r}; it has: {known}")
    folder = processed_dir / RELEASES / chosen
    if (folder / table).is_dir():
        return read_parts(folder, table)
    return read_parquet(folder / f"{table}.parquet")
