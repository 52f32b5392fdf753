"""Tables as files: what is written is read back, by us and by others, and is the same each time."""

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ipsdata.contracts import Contract, contract_from_mapping
from ipsdata.errors import DataError
from ipsdata.release.index import file_hash
from ipsdata.tables import (
    content_hash,
    read_parquet,
    sorted_by_key,
    table_from_rows,
    write_parquet,
)

Row = dict[str, Any]

PROFILE = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
DUCKDB_TYPES = {
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "string": st.text(max_size=20)
    | st.sampled_from(["", "NA", "007", "397.804", "\x00", "a,\n\"b'"]),
    "date": st.dates(),
    "timestamp": st.datetimes(timezones=st.just(dt.UTC)),
}
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _contract() -> Contract:
    def column(name: str, kind: str, **more: Any) -> Row:
        told = {"title": f"Title of {name}", "title_nl": f"Titel van {name}", "unit": "piece"}
        return {"name": name, "type": kind, "description": f"About {name}.", **told, **more}

    columns = [column("part", "string"), column("number", "int64")]
    columns += [column(kind, kind, nullable=True) for kind in PROFILE]
    told = {"title": "Every type", "title_nl": "Elk type", "description": "One column a type."}
    key = ["part", "number"]
    return contract_from_mapping(
        {"table": "all_types", "group": "code", **told, "primary_key": key, "columns": columns}
    )


ALL_TYPES = _contract()


@st.composite
def rows(draw: st.DrawFn, min_size: int = 0) -> list[Row]:
    """Draw rows of every type, with empty values, whose keys are distinct."""
    keys = st.tuples(st.sampled_from(["", "a", "B", "é"]), st.integers(-3, 3))
    drawn = draw(st.lists(keys, min_size=min_size, max_size=8, unique=True))
    values = st.fixed_dictionaries({kind: st.none() | value for kind, value in VALUES.items()})
    return [{"part": part, "number": number, **draw(values)} for part, number in drawn]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where each example writes its file."""
    return tmp_path_factory.mktemp("tables") / "all_types.parquet"


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection of our own, which tells times in UTC."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _key(row: Row) -> tuple[bytes, int]:
    return row["part"].encode(), row["number"]


def _example() -> list[Row]:
    noon = dt.datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=dt.UTC)
    full = {
        "int32": 7,
        "int64": 2**53 + 1,
        "float64": 0.1,
        "bool": True,
        "string": "vijftien miljard",
        "date": dt.date(2025, 5, 14),
        "timestamp": noon,
    }
    empty = dict.fromkeys(full)
    return [{"part": "a", "number": n, **(full if n % 2 else empty)} for n in range(6)]


# --- there and back -------------------------------------------------------------------------------


@given(rows())
@QUICK
def test_what_is_written_is_read(path: Path, given_rows: list[Row]) -> None:
    table = table_from_rows(ALL_TYPES, given_rows)
    write_parquet(table, path)
    back = read_parquet(path)
    assert back.schema.equals(ALL_TYPES.arrow_schema, check_metadata=True)
    assert back.to_pylist() == sorted(given_rows, key=_key)
    assert content_hash(back) == content_hash(table)


@given(rows(min_size=2), st.randoms(use_true_random=False))
@QUICK
def test_any_order_of_rows_gives_the_same_bytes(
    path: Path, given_rows: list[Row], random: Any
) -> None:
    table = table_from_rows(ALL_TYPES, given_rows)
    write_parquet(table, path)
    once = path.read_bytes()
    shuffled = random.sample(given_rows, len(given_rows))
    again = table_from_rows(ALL_TYPES, shuffled)
    write_parquet(again, path)
    assert path.read_bytes() == once
    assert content_hash(again) == content_hash(table)


def test_chunks_do_not_show(path: Path) -> None:
    whole = table_from_rows(ALL_TYPES, _example())
    parts = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2), whole.slice(3)])
    assert parts.column("part").num_chunks == 3
    assert content_hash(parts) == content_hash(whole)
    write_parquet(whole, path)
    once = path.read_bytes()
    write_parquet(sorted_by_key(ALL_TYPES, parts), path)
    assert path.read_bytes() == once


@given(rows(min_size=1), st.data())
@QUICK
def test_changed_value_changes_the_content_hash(given_rows: list[Row], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(given_rows) - 1))
    kind = data.draw(st.sampled_from(sorted(PROFILE)))
    value = data.draw(st.none() | VALUES[kind])
    assume(value != given_rows[place][kind])
    changed = [dict(row) for row in given_rows]
    changed[place][kind] = value
    before = content_hash(table_from_rows(ALL_TYPES, given_rows))
    assert content_hash(table_from_rows(ALL_TYPES, changed)) != before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", None),
        ("a", "a "),
        ("1", "01"),
        ("a\nb", "a\r\nb"),
        ("\u00e9", "e\u0301"),
        ("null", None),
    ],
)
def test_content_hash_tells_texts_apart(one: str | None, other: str | None) -> None:
    tables = [
        table_from_rows(ALL_TYPES, [{"part": "a", "number": 1, "string": text}])
        for text in (one, other)
    ]
    assert content_hash(tables[0]) != content_hash(tables[1])


def test_content_hash_tells_cells_and_rows_apart() -> None:
    """A text that looks like the end of a cell or row is no end of a cell or row."""
    tricky = [{"part": 'a",1,,,,,,"', "number": 1}, {"part": "b", "number": 1}]
    plain = [{"part": "a", "number": 1}, {"part": "b", "number": 1}]
    split = [{"part": 'a\n"b",1', "number": 1}]
    hashes = {content_hash(table_from_rows(ALL_TYPES, given)) for given in (tricky, plain, split)}
    assert len(hashes) == 3


def test_content_hash_includes_types_and_descriptions() -> None:
    table = table_from_rows(ALL_TYPES, _example())
    place = table.schema.get_field_index("int32")
    field = table.schema.field(place)
    wider = table.set_column(place, field.with_type(pa.int64()), table.column(place).cast("int64"))
    described = table.set_column(place, field.with_metadata({"title": "x"}), table.column(place))
    renamed = table.rename_columns([f"{name}_" for name in table.schema.names])
    hashes = {content_hash(each) for each in (table, wider, described, renamed)}
    assert len(hashes) == 4


def test_missing_key_of_a_row_is_an_empty_value() -> None:
    table = table_from_rows(ALL_TYPES, [{"part": "a", "number": 1}])
    empty = dict.fromkeys(PROFILE)
    assert table.to_pylist() == [{"part": "a", "number": 1, **empty}]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("int32", 2**31),
        ("int64", 1.5),
        ("int64", Decimal("1.5")),
        ("float64", 2**53 + 1),
        ("string", 7),
        ("date", "2025-05-14"),
    ],
)
def test_value_of_another_type_is_never_written(column: str, value: object) -> None:
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError, DataError)):
        table_from_rows(ALL_TYPES, [{"part": "a", "number": 1, column: value}])


# --- what other tools see -------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 3])
def test_all_empty_columns_keep_their_types(
    path: Path, duck: duckdb.DuckDBPyConnection, count: int
) -> None:
    given_rows = [{"part": "a", "number": n} for n in range(count)]
    write_parquet(table_from_rows(ALL_TYPES, given_rows), path)
    schema = read_parquet(path).schema
    assert {kind: schema.field(kind).type for kind in PROFILE} == PROFILE
    found = duck.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    assert {name: kind for name, kind, *_ in found} == {
        "part": "VARCHAR",
        "number": "BIGINT",
        **DUCKDB_TYPES,
    }


@given(rows())
@QUICK
def test_duckdb_reads_the_same(
    path: Path, duck: duckdb.DuckDBPyConnection, given_rows: list[Row]
) -> None:
    write_parquet(table_from_rows(ALL_TYPES, given_rows), path)
    filled = ", ".join(f"count({kind})" for kind in PROFILE)
    sums = "sum(int32)::HUGEINT, sum(int64)::HUGEINT"
    found = duck.execute(f"SELECT count(*), {sums}, {filled} FROM '{path}'").fetchone()
    values = {kind: [r[kind] for r in given_rows if r[kind] is not None] for kind in PROFILE}
    expected = [sum(values[kind]) if values[kind] else None for kind in ("int32", "int64")]
    assert found == (len(given_rows), *expected, *(len(values[kind]) for kind in PROFILE))


def test_duckdb_reads_every_value(path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    write_parquet(table_from_rows(ALL_TYPES, _example()), path)
    columns = ", ".join(kind for kind in PROFILE if kind != "timestamp")
    # a zoned timestamp as DuckDB's Python client gives it needs a time zone library: ask for text
    query = f"SELECT part, number, {columns}, strftime(timestamp, '%c %f') FROM '{path}'"
    found = duck.execute(f"{query} ORDER BY number").fetchall()
    expected = [
        (*(value for value in row.values() if not isinstance(value, dt.datetime)),)
        for row in _example()
        if row["int32"]
    ]
    assert [row[:-1] for row in found[1::2]] == expected
    assert [row[2:] for row in found[::2]] == [(None,) * 7] * 3
    assert all("12:00:00" in row[-1] and row[-1].endswith("123456") for row in found[1::2])


def test_file_has_the_profile_of_every_bi_tool(path: Path) -> None:
    write_parquet(table_from_rows(ALL_TYPES, _example()), path)
    file = pq.ParquetFile(path)
    assert set(file.schema_arrow.types) == set(PROFILE.values())
    assert b"pandas" not in (file.schema_arrow.metadata or {})
    assert b"pandas" not in (file.metadata.metadata or {})
    assert "__index_level_0__" not in file.schema_arrow.names
    chunks = [file.metadata.row_group(0).column(n) for n in range(file.metadata.num_columns)]
    assert {chunk.compression for chunk in chunks} == {"SNAPPY"}
    assert file.metadata.num_row_groups == 1
    assert [chunk.path_in_schema for chunk in chunks] == list(ALL_TYPES.names)


def test_field_metadata_is_in_the_file(path: Path) -> None:
    write_parquet(table_from_rows(ALL_TYPES, _example()), path)
    schema = pq.read_schema(path)
    assert schema.field("date").metadata == {
        b"title": b"Title of date",
        b"title_nl": b"Titel van date",
        b"description": b"About date.",
        b"unit": b"piece",
    }
    assert schema.metadata[b"title_nl"] == b"Elk type"
    assert schema.metadata[b"primary_key"] == b'["part", "number"]'
    assert [schema.field(n).nullable for n in ("part", "number", "date")] == [False, False, True]


def test_special_floats_survive(path: Path) -> None:
    given_values = [math.inf, -math.inf, -0.0, 5e-324, 0.1 + 0.2]
    given_rows = [{"part": "", "number": n, "float64": v} for n, v in enumerate(given_values)]
    write_parquet(table_from_rows(ALL_TYPES, given_rows), path)
    found = read_parquet(path).column("float64").to_pylist()
    assert [value.hex() for value in found] == [value.hex() for value in given_values]


# --- damage ---------------------------------------------------------------------------------------


def test_flipped_bit_in_the_data_is_noticed_on_reading(path: Path, tmp_path: Path) -> None:
    """Wherever in a page: reading fails, unless the bit stood where no value depends on it."""
    table = table_from_rows(ALL_TYPES, _example())
    write_parquet(table, path)
    data, digest = path.read_bytes(), file_hash(path)
    group = pq.ParquetFile(path).metadata.row_group(0)
    end = max(
        (chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size
        for chunk in (group.column(n) for n in range(group.num_columns))
    )
    damaged = tmp_path / "damaged.parquet"
    noticed = 0
    for place in range(4, end):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        damaged.write_bytes(bytes(changed))
        assert file_hash(damaged) != digest
        try:
            found = read_parquet(damaged)
        except (OSError, pa.ArrowException):
            noticed += 1
            continue
        assert found.equals(table, check_metadata=True), f"byte {place} was read as another value"
    assert noticed > end // 2


@pytest.mark.parametrize("length", [0, 3, 100, -1])
def test_shortened_file_is_noticed_on_reading(path: Path, tmp_path: Path, length: int) -> None:
    write_parquet(table_from_rows(ALL_TYPES, _example()), path)
    shortened = tmp_path / "shortened.parquet"
    shortened.write_bytes(path.read_bytes()[:length])
    with pytest.raises((OSError, pa.ArrowException)):
        read_parquet(shortened)


def test_file_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    known = tmp_path / "abc"
    known.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_hash(known) == expected
