"""The CSV twin of a table: read back it is the table, and no cell of it is a formula."""

import csv
import datetime as dt
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.contracts import Column
from ipsdata.release.csv_twins import csv_bytes

TYPES = ("int32", "int64", "float64", "bool", "string", "date", "timestamp")
COLUMNS = tuple(Column(f"a_{t}", t, t, t, t, nullable=True) for t in TYPES)
SCHEMA = pa.schema(
    [
        ("a_int32", pa.int32()),
        ("a_int64", pa.int64()),
        ("a_float64", pa.float64()),
        ("a_bool", pa.bool_()),
        ("a_string", pa.string()),
        ("a_date", pa.date32()),
        ("a_timestamp", pa.timestamp("us", tz="UTC")),
    ]
)
DATES = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
MOMENTS = st.datetimes(timezones=st.just(dt.UTC)).filter(lambda moment: moment.year > 1900)
# No surrogate is text; NUL can't stand in a document's text.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**31), 2**31 - 1),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.booleans(),
        st.none() | TEXTS | st.sampled_from(["=1+1", "'=1", "-5", "@a", "a\nb", 'a"b', " +1"]),
        st.none() | DATES,
        st.none() | MOMENTS,
    ),
    max_size=5,
)


def written(rows: list[tuple[object, ...]]) -> list[list[str]]:
    columns = list(zip(*rows, strict=True)) or [()] * len(TYPES)
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)
    data = csv_bytes(table, COLUMNS)
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def read_back(cells: list[str]) -> tuple[object, ...]:
    readers = (int, int, float, "true".__eq__, without_apostrophe, dt.date.fromisoformat, moment)
    return tuple(
        None if cell == "" else read(cell) for read, cell in zip(readers, cells, strict=True)
    )


def without_apostrophe(text: str) -> str:
    return text.removeprefix("'")


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


@given(ROWS)
def test_what_is_read_back_is_the_table(rows: list[tuple[object, ...]]) -> None:
    header, *lines = written(rows)
    assert header == list(SCHEMA.names)
    assert [read_back(line) for line in lines] == rows


@given(ROWS)
def test_no_text_is_a_formula_and_no_number_is_escaped(rows: list[tuple[object, ...]]) -> None:
    for line in written(rows)[1:]:
        for name, cell in zip(SCHEMA.names, line, strict=True):
            if name == "a_string":
                assert cell.lstrip(" \u00a0")[:1] not in tuple("=+-@\t\r")
            else:
                assert not cell.startswith("'")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("EULEX Kosovo", "EULEX Kosovo"),
        ("Oekraïne, Σένγκεν", "Oekraïne, Σένγκεν"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("  =1", "'  =1"),
        ("-12", "'-12"),
        ("'t Gooi", "''t Gooi"),
    ],
)
def test_texts(text: str, cell: str) -> None:
    assert written([(None, None, None, None, text, None, None)])[1][4] == cell
