"""A file of daily counts as it is cut into blocks and cells: nothing lost, each line in place."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daily import COLUMNS, HEADER, many, parquet, plain, row, shared_inputs, zipped
from ipsdata.daily import cells
from ipsdata.daily.cells import GZIP, PARQUET, Cells, CountsFile
from ipsdata.read.delimited import ReadError

CSV = "text/csv"
ROWS = many(40)


def opened(path: Path, data: str | bytes, media_type: str = CSV) -> CountsFile:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return CountsFile(path, "a.csv", media_type, shared_inputs().layout)


def rows_of(content: CountsFile) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield line and cells of each row, by the names of the columns."""
    before = content.header_lines
    for block in content.blocks(lambda found: found):
        assert isinstance(block, Cells)
        texts = [
            [value.decode("utf-8", "backslashreplace") for value in block.columns[name].to_pylist()]
            for name in COLUMNS
        ]
        for line, cells_, blank in zip(
            block.lines.tolist(), zip(*texts, strict=True), block.blank.tolist(), strict=True
        ):
            if not blank:
                yield before + line, cells_
        before += len(block.lines) + len(block.malformed)


def expected(rows: list[tuple[str, ...]], first: int = 2) -> list[tuple[int, tuple[str, ...]]]:
    return list(enumerate(rows, start=first))


@pytest.mark.parametrize("block_bytes", [1, 64, 1000, 2**20])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blocks_of_any_size_hold_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int, end: str
) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", block_bytes)
    text = plain(*ROWS).replace("\n", end)
    assert list(rows_of(opened(tmp_path / "a", text))) == expected(ROWS)


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    assert list(rows_of(opened(tmp_path / "a", plain(*ROWS)[:-1]))) == expected(ROWS)


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    turned = [tuple(reversed(cells_)) for cells_ in (COLUMNS, *ROWS)]
    text = "\n".join(map(",".join, turned))
    assert list(rows_of(opened(tmp_path / "a", text))) == expected(ROWS)


def test_header_may_have_a_mark_quotes_and_other_accepted_words(tmp_path: Path) -> None:
    header = '\ufeff"date","member_state",instrument,article,category_id,event,authority_code,count'
    text = plain(*ROWS).replace(HEADER, header)
    assert list(rows_of(opened(tmp_path / "a", text))) == expected(ROWS)


@pytest.mark.parametrize("block_bytes", [7, 2**20])
def test_gzip_of_several_members_is_one_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", block_bytes)
    data = plain(*ROWS).encode()
    members = b"".join(gzip.compress(data[place : place + 100]) for place in range(0, 9_000, 100))
    content = opened(tmp_path / "a", members, GZIP)
    assert list(rows_of(content)) == expected(ROWS)
    assert content.sha256 == hashlib.sha256(members).hexdigest()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(plain(*ROWS).encode(), CSV), (zipped(plain(*ROWS)), GZIP), (parquet(ROWS), PARQUET)],
)
def test_file_is_fingerprinted_while_it_is_read(
    tmp_path: Path, data: bytes, media_type: str
) -> None:
    content = opened(tmp_path / "a", data, media_type)
    assert len(list(content.blocks(lambda found: found))) == 1
    assert content.sha256 == hashlib.sha256(data).hexdigest()


def test_parquet_rows_count_from_one_over_all_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK_ROWS", 7)
    content = opened(tmp_path / "a", parquet(ROWS), PARQUET)
    assert list(rows_of(content)) == expected(ROWS, first=1)


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.int32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64()]
)
def test_parquet_counts_of_any_number_type_are_whole_numbers(
    tmp_path: Path, kind: pa.DataType
) -> None:
    content = opened(tmp_path / "a", parquet(ROWS, count=kind), PARQUET)
    assert list(rows_of(content)) == expected(ROWS, first=1)


def test_parquet_floats_are_told_as_numbers_or_as_what_they_are(tmp_path: Path) -> None:
    values = [0.0, 123456789012.0, 2.0**53 - 1, 2.0**53, 0.5, float("nan"), float("inf"), None]
    table = pq.read_table(pa.BufferReader(parquet(many(len(values)))))
    place = table.schema.get_field_index("count")
    pq.write_table(table.set_column(place, "count", pa.array(values)), tmp_path / "b")
    content = opened(tmp_path / "a", (tmp_path / "b").read_bytes(), PARQUET)
    found = [cells_[-1] for _, cells_ in rows_of(content)]
    # What is beyond 2**53 may have lost digits before it came here.
    assert found[:3] == ["0", "123456789012", "9007199254740991"]
    assert found[3:] == ["9.007199254740992e+15", "0.5", "nan", "inf", ""]


def test_parquet_dates_dictionaries_and_missing_values(tmp_path: Path) -> None:
    rows = [row(), ("",) * 8, row("2024-02-29")]
    text = pa.dictionary(pa.int32(), pa.string())
    content = opened(
        tmp_path / "a", parquet(rows, date=pa.date32(), event=text, count=pa.string()), PARQUET
    )
    # A row of nothing is a row all the same.
    assert list(rows_of(content)) == expected(rows, first=1)


def test_malformed_rows_keep_their_lines(tmp_path: Path) -> None:
    text = plain(ROWS[0], ("a", "b"), ROWS[1], (*ROWS[2], "more"), ROWS[3])
    content = opened(tmp_path / "a", text)
    (block,) = content.blocks(lambda found: found)
    assert block.malformed == ((2, b"a,b"), (4, ",".join((*ROWS[2], "more")).encode()))
    assert block.lines.tolist() == [1, 3, 5]


def test_malformed_rows_that_are_no_utf_8_keep_their_lines(tmp_path: Path) -> None:
    lines = [",".join(ROWS[0]).encode(), b"\xff\xfe,a", b"", b",,,,,,,", b"\xe9", b"x,y"]
    lines += [",".join(ROWS[1]).encode(), ",".join(row(authority="NL-É")).encode("latin-1")]
    content = opened(tmp_path / "a", b"\r\n".join([HEADER.encode(), *lines, b""]))
    (block,) = content.blocks(lambda found: found)
    assert block.malformed == ((2, b"\xff\xfe,a"), (5, b"\xe9"), (6, b"x,y"))
    assert block.lines.tolist() == [1, 3, 4, 7, 8]
    assert block.blank.tolist() == [False, True, False, False, False]
    assert block.columns["authority"].to_pylist()[3:] == [b"NL-A1", b"NL-\xc9"]


def test_block_of_malformed_rows_that_are_no_utf_8_only(tmp_path: Path) -> None:
    (block,) = opened(tmp_path / "a", HEADER.encode() + b"\n\xff\n").blocks(lambda found: found)
    assert block.malformed == ((1, b"\xff"),)
    assert not len(block.lines)


def test_block_of_malformed_rows_only(tmp_path: Path) -> None:
    (block,) = opened(tmp_path / "a", f"{HEADER}\na\nb\n").blocks(lambda found: found)
    assert block.malformed == ((1, b"a"), (2, b"b"))
    assert not len(block.lines)


def test_empty_lines_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    text = f"{HEADER}\n\n" + plain(*ROWS[:2]).removeprefix(f"{HEADER}\n") + "\n\n"
    text = text.replace(",0\n", ",0\n\n")
    content = opened(tmp_path / "a", text)
    assert list(rows_of(content)) == [(3, ROWS[0]), (5, ROWS[1])]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_row_of_commas_is_a_row_beside_an_empty_line(tmp_path: Path, end: str) -> None:
    nothing = ("",) * 8
    text = plain(ROWS[0], (), nothing, ROWS[1], ()).replace("\n", end)
    content = opened(tmp_path / "a", text)
    assert list(rows_of(content)) == [(2, ROWS[0]), (4, nothing), (5, ROWS[1])]


def test_lone_quote_swallows_nothing(tmp_path: Path) -> None:
    text = plain(*ROWS).replace("NL-A3,", '"NL-A3,')
    found = dict(rows_of(opened(tmp_path / "a", text)))
    assert len(found) == len(ROWS)
    assert found[5][6] == '"NL-A3'


@pytest.mark.parametrize("word", ["NA", "null", "NULL", "NaN", "#N/A", "true"])
def test_no_word_means_that_a_value_is_missing(tmp_path: Path, word: str) -> None:
    found = list(rows_of(opened(tmp_path / "a", plain(row(authority=word, count=word)))))
    assert found == [(2, row(authority=word, count=word))]


def refused(content: CountsFile) -> ReadError:
    with pytest.raises(ReadError) as caught:
        list(content.blocks(lambda found: found))
    return caught.value


HEADER_ENDS = (
    "a.csv, line 1: found no end of line, expected a header of less than 65,536 bytes that ends in "
    "LF or CRLF: save the file with one"
)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            HEADER.replace("event", "sighting"),
            "a.csv, line 1: column 'sighting' is unknown; column 'event' is missing: correct the "
            "header",
        ),
        (
            f"{HEADER},note",
            "a.csv, line 1: column 'note' is unknown (near: member_state, instrument): correct the "
            "header",
        ),
        (
            HEADER.replace("event", "count"),
            "a.csv, line 1: column 'count' stands twice; column 'event' is missing: correct the "
            "header",
        ),
        (
            "",
            "a.csv, line 1: column 'article' is missing; column 'authority' is missing; column "
            "'category' is missing; column 'count' is missing; column 'date' is missing; column "
            "'event' is missing; column 'instrument' is missing; column 'member_state' is missing: "
            "correct the header",
        ),
        (HEADER + " " * 70_000, HEADER_ENDS),
        (HEADER.replace(",count", "\r,count"), HEADER_ENDS),
    ],
)
def test_header_that_does_not_fit(tmp_path: Path, header: str, message: str) -> None:
    error = refused(opened(tmp_path / "a", plain(*ROWS).replace(HEADER, header)))
    assert (error.reason, str(error)) == ("columns", message)


def test_lines_that_end_as_on_an_old_mac(tmp_path: Path) -> None:
    error = refused(opened(tmp_path / "a", plain(*ROWS).replace("\n", "\r")))
    assert (error.reason, str(error)) == ("columns", HEADER_ENDS)


@pytest.mark.parametrize(
    ("encoding", "reason", "told"),
    [
        ("utf-16", "encoding", "a.csv, line 1: found byte 0xff at 0, expected UTF-8: save the"),
        ("utf-16-le", "columns", r"a.csv, line 1: column 'd\x00a\x00t\x00e\x00' is unknown"),
        ("utf-32", "encoding", "a.csv, line 1: found byte 0xff at 0, expected UTF-8: save the"),
    ],
)
def test_wider_encodings_are_told_at_the_header(
    tmp_path: Path, encoding: str, reason: str, told: str
) -> None:
    error = refused(opened(tmp_path / "a", plain(*ROWS).encode(encoding)))
    assert error.reason == reason
    assert str(error).startswith(told)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-10],
        lambda data: data[: len(data) // 2],
        lambda data: data[:12],
        lambda data: data[:3],
        lambda data: data + b"xyz",
        lambda data: data[:-8] + bytes([data[-8] ^ 1]) + data[-7:],
        gzip.decompress,
    ],
    ids=["end", "half", "header", "magic", "garbage behind", "checksum", "not packed"],
)
def test_broken_gzip_is_told_as_such(tmp_path: Path, change: object) -> None:
    assert callable(change)
    error = refused(opened(tmp_path / "a", change(zipped(plain(*ROWS))), GZIP))
    assert error.reason == "corrupt"
    told = "a.csv: found a gzip stream that is broken or cut off ("
    assert str(error).startswith(told)
    assert str(error).endswith("): none of its rows is used; fetch the file again")


def test_zeros_behind_a_gzip_stream_are_no_fault(tmp_path: Path) -> None:
    content = opened(tmp_path / "a", zipped(plain(*ROWS)) + bytes(100), GZIP)
    assert list(rows_of(content)) == expected(ROWS)


def table_with(**columns: pa.Array) -> bytes:
    table = pq.read_table(pa.BufferReader(parquet(ROWS)))
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize(
    "data",
    [
        parquet(ROWS)[:-20],
        parquet(ROWS)[100:],
        plain(*ROWS).encode(),
        b"",
        table_with(authority=pa.array([["NL-A"]] * len(ROWS))),
        table_with(count=pa.array([{"n": 1}] * len(ROWS))),
        table_with(authority=pa.array([b"NL-\xff"] * len(ROWS))),
    ],
    ids=["cut off", "beheaded", "csv", "empty", "lists", "structs", "bytes"],
)
def test_parquet_that_is_none_or_holds_what_is_no_text(tmp_path: Path, data: bytes) -> None:
    error = refused(opened(tmp_path / "a", data, PARQUET))
    assert error.reason == "unreadable"
    assert str(error).startswith("a.csv: can't be read (")
    assert str(error).endswith("): fetch the file again, or have it made anew")


def test_parquet_with_a_flipped_bit(tmp_path: Path) -> None:
    sink = pa.BufferOutputStream()
    table = pq.read_table(pa.BufferReader(parquet(many(2000))))
    pq.write_table(table, sink, write_page_checksum=True, compression="none")
    data = bytearray(sink.getvalue().to_pybytes())
    data[data.index(b"NL-A1234")] ^= 1
    assert refused(opened(tmp_path / "a", bytes(data), PARQUET)).reason == "unreadable"


def test_line_without_end_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", 2**16)
    error = refused(opened(tmp_path / "a", zipped(plain(*ROWS) + "0" * 5_000_000), GZIP))
    assert error.reason == "limit"
    assert str(error) == (
        "a.csv: found a line of more than 1,048,576 bytes, expected one row a line: none of its "
        "rows is used; correct the file"
    )


def test_long_line_within_the_limit_is_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", 2**16)
    long = row(count="0" * 1_000_000 + "7")
    found = list(rows_of(opened(tmp_path / "a", plain(ROWS[0], long, ROWS[1]))))
    assert found == [(2, ROWS[0]), (3, long), (4, ROWS[1])]


@pytest.mark.parametrize("line", ["", ",,,,,,,", "a"])
def test_block_of_very_many_lines_is_not_looked_at(tmp_path: Path, line: str) -> None:
    error = refused(opened(tmp_path / "a", f"{HEADER}\n" + f"{line}\n" * 200_001))
    assert error.reason == "limit"
    assert str(error) == (
        f"a.csv: found more than 200,000 lines in {200_001 * (len(line) + 1):,} bytes, expected "
        "rows of daily counts: none of its rows is used; correct the file"
    )
