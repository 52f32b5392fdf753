"""What others would use to turn a CSV of daily counts into Parquet, each in its best form.

    python -m benchmarks.daily_peers PEER CSV OUTFOLDER

All write Snappy. Those called pandas and polars_pandera also check what the contract
sis_daily_counts says of the columns and the key, and that the category is known; the others check
nothing but types.
"""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVENTS = (
    "search",
    "automated_search",
    "hit",
    "alert_created",
    "alert_updated",
    "alert_deleted",
    "alert_expired",
)
TEXTS = ("member_state", "instrument", "article", "category", "event", "authority")
KEY = ("date", "member_state", "category", "event", "authority")
AUTHORITY = r"^[A-Z]{2}-[A-Z0-9]{2,12}$"
MEMBER = r"^[A-Z]{2}$"
CATEGORIES = Path(__file__).resolve().parents[1] / "schemas" / "codes" / "sis_categories.csv"
MOST = 999_999_999_999


def _arrow_types(is_dictionary: bool) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 - a peer imports what it needs, no more

    text = pa.dictionary(pa.int32(), pa.string()) if is_dictionary else pa.string()
    return {"date": pa.date32(), **dict.fromkeys(TEXTS, text), "count": pa.int64()}


def arrow_plain(source: Path, folder: Path) -> None:
    """Read the whole file with Arrow, and write it."""
    _arrow(source, folder, is_dictionary=False)


def arrow_dictionary(source: Path, folder: Path) -> None:
    """Read the whole file with Arrow, text as codes, and write it."""
    _arrow(source, folder, is_dictionary=True)


def _arrow(source: Path, folder: Path, *, is_dictionary: bool) -> None:
    import pyarrow.csv as pacsv  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    convert = pacsv.ConvertOptions(column_types=_arrow_types(is_dictionary))
    table = pacsv.read_csv(source, convert_options=convert)
    pq.write_table(table, folder / "daily.parquet", compression="snappy")


def arrow_stream(source: Path, folder: Path) -> None:
    """Read and write with Arrow, block by block."""
    import pyarrow.csv as pacsv  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    convert = pacsv.ConvertOptions(column_types=_arrow_types(is_dictionary=False))
    read = pacsv.ReadOptions(block_size=32 << 20)
    with pacsv.open_csv(source, read_options=read, convert_options=convert) as reader:
        path = folder / "daily.parquet"
        with pq.ParquetWriter(path, reader.schema, compression="snappy") as writer:
            for batch in reader:
                writer.write_batch(batch)


def pandas(source: Path, folder: Path) -> None:
    """Read with pandas through Arrow, validate with Pandera, write with pandas."""
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    types = {name: pd.ArrowDtype(pa.string()) for name in TEXTS}
    frame = pd.read_csv(
        source,
        engine="pyarrow",
        dtype_backend="pyarrow",
        dtype={
            "date": pd.ArrowDtype(pa.date32()),
            **types,
            "count": pd.ArrowDtype(pa.int64()),
        },
    )
    frame = _pandas_schema().validate(frame, lazy=True)
    frame.to_parquet(folder / "daily.parquet", index=False, compression="snappy")


def _pandas_schema() -> Any:  # noqa: ANN401 - pandera has no types for it without its import
    import pandas as pd  # noqa: PLC0415
    import pandera.pandas as pandera  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    text = pd.ArrowDtype(pa.string())
    checks = _checks(pandera.Check)
    return pandera.DataFrameSchema(
        {
            "date": pandera.Column(pd.ArrowDtype(pa.date32())),
            **{name: pandera.Column(text, checks.get(name)) for name in TEXTS},
            "count": pandera.Column(pd.ArrowDtype(pa.int64()), checks["count"]),
        },
        unique=list(KEY),
        strict=True,
        ordered=True,
    )


def _checks(check: Any) -> dict[str, Any]:  # noqa: ANN401 - of pandera.pandas or pandera.polars
    return {
        "member_state": check.str_matches(MEMBER),
        "category": check.isin(_categories()),
        "event": check.isin(list(EVENTS)),
        "authority": check.str_matches(AUTHORITY),
        "count": [check.ge(0), check.le(MOST)],
    }


def _categories() -> list[str]:
    with CATEGORIES.open(encoding="utf-8", newline="") as file:
        return [row["category_id"] for row in csv.DictReader(file)]


def polars_pandera(source: Path, folder: Path) -> None:
    """Read with polars, validate with Pandera, write with polars."""
    import pandera.polars as pandera  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    frame = pl.read_csv(source, schema=_polars_types())
    checks = _checks(pandera.Check)
    schema = pandera.DataFrameSchema(
        {name: pandera.Column(kind, checks.get(name)) for name, kind in _polars_types().items()},
        unique=list(KEY),
        strict=True,
        ordered=True,
    )
    frame = schema.validate(frame, lazy=True)
    frame.write_parquet(folder / "daily.parquet", compression="snappy")


def polars_stream(source: Path, folder: Path) -> None:
    """Read and write with polars' streaming engine."""
    import polars as pl  # noqa: PLC0415

    frame = pl.scan_csv(source, schema=_polars_types())
    frame.sink_parquet(folder / "daily.parquet", compression="snappy")


def _polars_types() -> dict[str, Any]:
    import polars as pl  # noqa: PLC0415

    return {"date": pl.Date, **dict.fromkeys(TEXTS, pl.String), "count": pl.Int64}


def duckdb(source: Path, folder: Path) -> None:
    """Copy from CSV to Parquet with DuckDB."""
    import duckdb as database  # noqa: PLC0415

    types = {"date": "DATE", **dict.fromkeys(TEXTS, "VARCHAR"), "count": "BIGINT"}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    target = folder / "daily.parquet"
    database.execute(
        f"COPY (SELECT * FROM read_csv('{source}', header = true, auto_detect = false, "  # noqa: S608 - our own paths
        f"delim = ',', columns = {{{columns}}})) TO '{target}' "
        "(FORMAT parquet, COMPRESSION snappy)"
    )


PEERS: dict[str, Callable[[Path, Path], None]] = {
    "arrow_plain": arrow_plain,
    "arrow_dictionary": arrow_dictionary,
    "arrow_stream": arrow_stream,
    "pandas": pandas,
    "polars_pandera": polars_pandera,
    "polars_stream": polars_stream,
    "duckdb": duckdb,
}
UNVALIDATED = ("arrow_plain", "arrow_dictionary")  # of these, the faster one is the reference


def main(peer: str, source: Path, folder: Path) -> None:
    """Run one peer in this process."""
    folder.mkdir(parents=True, exist_ok=True)
    PEERS[peer](source, folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
