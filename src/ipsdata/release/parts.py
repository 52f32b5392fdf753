"""Tables that are split into files, one a year: where the files lie, and how they are read."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ipsdata.contracts import Contract
from ipsdata.errors import DataError
from ipsdata.release.index import file_hash, sync_folder
from ipsdata.tables import write_parquet
from ipsdata.validation import Failure, contract_failures

READY = ".partitions"
PART = "part-0.parquet"
EMPTY = "empty.parquet"


@dataclass(frozen=True)
class Part:
    """One file of a table, ready to be published.

    Attributes:
        ready: where it lies.
        path: where it is to lie in the release.
    """

    year: int
    ready: Path
    path: str
    rows: int
    sha256: str
    content_sha256: str


def ready_parts(processed_dir: Path, contract: Contract, listing: pa.Table) -> tuple[Part, ...]:
    """Return the files that a table's listing names."""
    ready = processed_dir / READY / contract.table
    return tuple(
        Part(
            year=row["year"],
            ready=ready / str(row["year"]) / PART,
            path=f"{contract.table}/year={row['year']}/{PART}",
            rows=row["rows"],
            sha256=row["sha256"],
            content_sha256=row["content_sha256"],
        )
        for row in sorted(listing.to_pylist(), key=lambda row: row["year"])
    )


def place_parts(folder: Path, contract: Contract, parts: Sequence[Part]) -> None:
    """Put a table's files into a release; where there is none, one without rows.

    A file is linked where the file system can, since neither side ever writes into it.

    Raises:
        DataError: a file is not the one that was checked.
    """
    (folder / contract.table).mkdir()
    if not parts:
        write_parquet(contract.arrow_schema.empty_table(), folder / contract.table / EMPTY)
    for part in parts:
        target = folder / part.path
        target.parent.mkdir()
        _place(part.ready, target)
        _sync(target)
        if file_hash(target) != part.sha256:
            raise DataError(
                f"{part.ready}: is not the file that was checked when it was loaded: nothing is "
                "published; run again to load it anew"
            )
        sync_folder(target.parent)
    sync_folder(folder / contract.table)


def _place(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _sync(path: Path) -> None:
    """Have a file on the disk before returning; what was loaded ready need not be there yet."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def part_files(folder: Path, table: str) -> list[Path]:
    """Return the files of a split table of a release, in order of year."""
    return sorted((folder / table).rglob("*.parquet"))


def read_part(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one file with its texts as dictionaries; the checksum of each page is verified.

    Raises:
        DataError: the file is damaged, or gone.
    """
    try:
        with pq.ParquetFile(path) as file:
            texts = [f.name for f in file.schema_arrow if f.type == pa.string()]
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts) as file:
            return file.read(columns=columns)
    except (OSError, pa.ArrowException) as error:
        told = str(error).partition("\n")[0]
        raise DataError(f"{path}: can't be read ({told}): run again to make it anew") from None


def read_parts(folder: Path, table: str) -> pa.Table:
    """Read a whole split table."""
    return pa.concat_tables(
        pq.read_table(path, partitioning=None, page_checksum_verification=True)
        for path in part_files(folder, table)
    )


def part_failures(contract: Contract, path: Path) -> list[Failure]:
    """Return everything in one file that breaks the contract; a key must be unique within it."""
    table = read_part(path).combine_chunks()
    failures = contract_failures(contract, _encoded(table), part=True)
    return failures or _double_keys(contract, table)


def _encoded(table: pa.Table) -> pa.Table:
    """Drop the fields' metadata, which differ from those of a table made in memory."""
    return table.replace_schema_metadata(None).unify_dictionaries().combine_chunks()


def _double_keys(contract: Contract, table: pa.Table) -> list[Failure]:
    names = list(contract.primary_key)
    counts = table.select(names).group_by(names).aggregate([([], "count_all")])
    doubled = pc.sum(pc.greater(counts["count_all"], 1)).as_py() or 0
    return [Failure("primary key is unique", value=f"{doubled} keys twice")] if doubled else []


def lost_keys(
    contract: Contract, parts: Sequence[Path], tables: Mapping[str, pa.Table]
) -> Iterator[str]:
    """Yield the values of a split table that its foreign keys don't find, by file."""
    for path in parts:
        for key in contract.foreign_keys:
            column = read_part(path, [key.column]).column(key.column)
            values = _distinct(column)
            lost = values - set(tables[key.table].column(key.target).to_pylist())
            if lost:
                shown = ", ".join(sorted(map(str, lost))[:5])
                yield f"{path.name}: {key.column} {shown} stands not in {key.table}.{key.target}"


def _distinct(column: pa.ChunkedArray) -> set[Any]:
    return {value for chunk in column.chunks for value in chunk.unique().to_pylist()}
