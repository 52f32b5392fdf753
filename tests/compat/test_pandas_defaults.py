"""What `pandas.read_parquet` does where nobody says which types it should have."""

from collections.abc import Callable

import pandas as pd
import pytest

from compat_releases import HOSTILE, SPLIT, TABLES, VALUES, Release

Releases = Callable[[str], Release]
WHOLE = [(name, table) for name, table in TABLES if table not in {SPLIT, VALUES}]
BY_DEFAULT = {
    "int32": "int32",
    "int64": "int64",
    "float64": "float64",
    "bool": "bool",
    "string": "str",
    "date": "object",
    "timestamp": "datetime64[us, UTC]",
}
WITH_GAPS = {"int32": "float64", "int64": "float64", "bool": "object"}


@pytest.mark.parametrize(("name", "table"), WHOLE, ids=["-".join(pair) for pair in WHOLE])
def test_integers_with_gaps_become_floats_and_nothing_else_changes(
    name: str, table: str, releases: Releases
) -> None:
    release = releases(name)
    arrow = release.arrow(table)
    frame = pd.read_parquet(release.place(table))
    for column, kind in release.types(table).items():
        values = arrow[column].to_pylist()
        by_default = BY_DEFAULT[kind]
        wanted = WITH_GAPS.get(kind, by_default) if None in values else by_default
        assert str(frame[column].dtype) == wanted, column
        found = [None if pd.isna(value) else value for value in frame[column].tolist()]
        assert found == values, column


def test_integers_with_gaps_lose_digits_beyond_53_bits(releases: Releases) -> None:
    path = releases(HOSTILE).place(VALUES)
    by_default = pd.read_parquet(path)["int64_value"].dropna().tolist()
    exact = pd.read_parquet(path, dtype_backend="numpy_nullable")["int64_value"].dropna().tolist()
    assert 2**53 + 1 in exact
    assert 2**53 + 1 not in by_default
