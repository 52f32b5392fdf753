"""Rows of a release's tables, as the page reads them."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ipsdata.release.companions import ReleaseContent

MAX_READ = 20_000  # rows of a table; the page shows far fewer
NEWEST_BY = ("published_on", "year")


class Record(dict[str, Any]):
    """A row; a column that a release by older contracts did not have is empty."""

    def __missing__(self, key: str) -> None:
        """Return nothing, where a column is not there."""


def records(content: ReleaseContent, table: str) -> list[Record]:
    """Return the rows of a table; none if the release has no such table.

    Of a table that is longer than the page can tell, the newest rows.
    """
    found = content.tables.get(table)
    return [] if found is None else [Record(row) for row in _newest(found).to_pylist()]


def _newest(table: pa.Table) -> pa.Table:
    known = [name for name in NEWEST_BY if name in table.column_names]
    if table.num_rows <= MAX_READ or not known:
        return table.slice(0, MAX_READ)
    order = pc.sort_indices(table, [(known[0], "descending")], null_placement="at_end")
    return table.take(order.slice(0, MAX_READ))
