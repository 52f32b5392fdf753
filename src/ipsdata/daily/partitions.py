"""The years of daily counts that were loaded, kept by what they were made from.

`data/processed/.partitions/<table>/<year>/` holds a year's Parquet file, its sums by month, its
refusals, and a receipt. The folder only saves time: a year that is missing, damaged or made from
something else is loaded again.
"""

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipsdata.release.index import file_hash, write_synced
from ipsdata.tables import read_parquet, write_parquet

PART = "part-0.parquet"
MONTHLY = "monthly.parquet"
REFUSED = "refused.parquet"
RECEIPT = "receipt.json"
NEW = ".new-"


@dataclass(frozen=True)
class Receipt:
    """What a loaded year is.

    Attributes:
        made_from: fingerprint of all that it was made from.
        sha256: fingerprint of each of its files, by name.
        listing: its row of `sis_daily_partitions`, with dates as ISO texts.
        documents: by document, how many of its rows were published and how many refused.
        rows_per_second: how fast the stream went that it was loaded in.
    """

    made_from: str
    sha256: Mapping[str, str]
    listing: Mapping[str, Any]
    documents: Mapping[str, tuple[int, int]]
    rows_per_second: int = 0


@dataclass(frozen=True)
class Partitions:
    """The loaded years of one table."""

    folder: Path

    def path(self, year: int, name: str) -> Path:
        """Return where a file of a year lies."""
        return self.folder / str(year) / name

    def receipt(self, year: int) -> Receipt | None:
        """Return a year's receipt; `None` if there is none that can be read."""
        try:
            return Receipt(**json.loads(self.path(year, RECEIPT).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def is_made_from(self, year: int, made_from: str) -> bool:
        """Whether a year was made from this very thing, as far as its receipt tells."""
        receipt = self.receipt(year)
        return receipt is not None and receipt.made_from == made_from

    def is_current(self, year: int, made_from: str) -> bool:
        """Whether a year lies there whole, made from this very thing."""
        receipt = self.receipt(year)
        if receipt is None or receipt.made_from != made_from:
            return False
        try:
            return all(file_hash(self.path(year, n)) == h for n, h in receipt.sha256.items())
        except OSError:
            return False

    def building(self, year: int) -> Path:
        """Return an empty folder in which to make a year anew."""
        folder = self.folder / f"{NEW}{year}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def finish(self, year: int, receipt: Receipt, monthly: pa.Table, refused: pa.Table) -> None:
        """Put a year that was made in `building` in the place of what was there."""
        folder = self.folder / f"{NEW}{year}"
        write_parquet(monthly, folder / MONTHLY)
        write_parquet(refused, folder / REFUSED)
        hashes = {name: file_hash(folder / name) for name in (PART, MONTHLY, REFUSED)}
        listing = {**receipt.listing, "sha256": hashes[PART]}
        whole = replace(receipt, sha256=hashes, listing=listing)
        write_synced(folder / RECEIPT, json.dumps(asdict(whole), default=_iso).encode())
        shutil.rmtree(self.folder / str(year), ignore_errors=True)
        folder.rename(self.folder / str(year))

    def monthly(self, year: int) -> pa.Table:
        """Return the sums of a year by month."""
        return read_parquet(self.path(year, MONTHLY))

    def refused(self, year: int) -> pa.Table:
        """Return what was refused of a year, as rows of `rejected_rows`."""
        return read_parquet(self.path(year, REFUSED))

    def keep_only(self, years: frozenset[int]) -> None:
        """Remove the years that no file covers any more, and what crashed loads left."""
        for path in self.folder.glob("*"):
            if path.is_dir() and not (path.name.isdigit() and int(path.name) in years):
                shutil.rmtree(path, ignore_errors=True)


def _iso(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"found {type(value).__name__}, expected a date")
