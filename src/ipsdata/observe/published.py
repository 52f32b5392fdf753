"""The rows of a published table, for those who only look."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.release.index import RELEASES


@dataclass(frozen=True)
class PublishedRows:
    """The tables of a release that are one file each."""

    processed_dir: Path
    release_id: str

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a Parquet file of the release; none if it can't be read.

        That a file is damaged is for `ipsdata verify` to say: looking at a run fails no run.
        """
        import pyarrow as pa  # noqa: PLC0415 - only where something is asked for
        import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

        path = self.processed_dir / RELEASES / self.release_id / f"{name}.parquet"
        try:
            rows: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
        except (OSError, pa.ArrowException):
            return []
        return rows


def counted(rows: Iterable[Mapping[str, Any]], *columns: str) -> dict[tuple[str, ...], int]:
    """Count rows by the values of some columns, in order of these."""
    found = Counter(tuple(str(row[column]) for column in columns) for row in rows)
    return dict(sorted(found.items()))
