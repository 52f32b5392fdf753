"""The cells of a file of daily counts, block by block, without a row of it in Python.

Every cell comes as the bytes that stand there: what they mean, and whether they may, is decided by
`coding`. A column of text comes as a dictionary of its distinct values, so that each is looked at
once a block.
"""

import csv
import gzip
import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ipsdata.layouts import Layout, LayoutError
from ipsdata.read.delimited import ReadError

GZIP = "application/gzip"
PARQUET = "application/vnd.apache.parquet"
BLOCK_BYTES = 8 * 2**20
BLOCK_ROWS = 131_072
MAX_HEADER_BYTES = 65_536
MAX_LINE_BYTES = 2**20
MAX_LINES = 200_000  # of a block: a row of daily counts is longer than 42 bytes
READERS = 2
EXACT_FLOATS = 2.0**53  # below it, every whole number is a float64 of its own
COUNT = "count"
NEWLINE = b"\n"
MAX_ASCII = 0x7F
TEXTS = pa.dictionary(pa.int32(), pa.binary())


@dataclass(frozen=True)
class Cells:
    """A block of rows.

    Attributes:
        columns: by field; `count` as bytes, every other as a dictionary of bytes.
        lines: the line of each row (of Parquet: the row), counted from 1.
        malformed: line and text of rows with too many or too few cells, which have no cells here.
        blank: whether a row is a line that holds nothing at all, and thus no row.
    """

    columns: Mapping[str, pa.Array]
    lines: "np.ndarray[Any, np.dtype[np.int32]]"
    blank: "np.ndarray[Any, np.dtype[np.bool_]]"
    malformed: tuple[tuple[int, bytes], ...] = ()


class CountsFile:
    """One file of daily counts, fingerprinted while it is read."""

    def __init__(self, path: Path, name: str, media_type: str, layout: Layout) -> None:
        """Name the file; nothing is opened yet.

        Args:
            name: what it is called in messages.
        """
        self._path = path
        self._name = name
        self._media_type = media_type
        self._layout = layout
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file; known once all blocks were read."""
        return self._digest.hexdigest()

    @property
    def header_lines(self) -> int:
        """How many lines stand before the first row."""
        return 0 if self._media_type == PARQUET else 1

    def blocks(self, use: Callable[[Cells], Any]) -> Iterator[Any]:
        """Yield what `use` makes of each block, in the order of the file.

        `use` runs in a thread of its own, several blocks at a time. The lines of its cells count
        from the block's first row: what stood before it, header included, is to be added.

        Raises:
            ReadError: the file can't be read, or its header does not fit the layout.
        """
        try:
            if self._media_type == PARQUET:
                yield from self._parquet_blocks(use)
            else:
                yield from self._csv_blocks(use)
        except (OSError, pa.ArrowException) as error:
            raise ReadError(
                "unreadable",
                f"{self._name}: can't be read ({_first_line(error)}): fetch the file again, or "
                "have it made anew",
            ) from None

    def _csv_blocks(self, use: Callable[[Cells], Any]) -> Iterator[Any]:
        with self._path.open("rb") as raw, self._opened(_Hashing(raw, self._digest)) as stream:
            fields = self._header(_guarded(stream.readline, self._name)(MAX_HEADER_BYTES))
            pending = _whole_lines(stream, self._name)
            yield from _in_order(pending, lambda block: use(_parsed(block, fields)))

    def _opened(self, raw: "_Hashing") -> IO[bytes]:
        if self._media_type == GZIP:
            return gzip.GzipFile(fileobj=raw)  # type: ignore[call-overload, no-any-return]
        return raw  # type: ignore[return-value]

    def _header(self, line: bytes) -> list[str]:
        try:
            text = line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ReadError(
                "encoding",
                f"{self._name}, line 1: found byte 0x{line[error.start]:02x} at {error.start}, "
                "expected UTF-8: save the file as UTF-8",
            ) from None
        if len(line) >= MAX_HEADER_BYTES or "\r" in text:
            raise ReadError(
                "columns",
                f"{self._name}, line 1: found no end of line, expected a header of less than "
                f"{MAX_HEADER_BYTES:,} bytes that ends in LF or CRLF: save the file with one",
            )
        return self._assigned(next(csv.reader([text]), []))

    def _assigned(self, header: list[str]) -> list[str]:
        try:
            return self._layout.assign(header)
        except LayoutError as error:
            raise ReadError(
                "columns", f"{self._name}, line 1: {error}: correct the header"
            ) from None

    def _parquet_blocks(self, use: Callable[[Cells], Any]) -> Iterator[Any]:
        with self._path.open("rb") as raw:
            while block := raw.read(BLOCK_BYTES):
                self._digest.update(block)
        with pq.ParquetFile(self._path, page_checksum_verification=True) as file:
            header = file.schema_arrow.names
            fields = self._assigned(header)
            pending = file.iter_batches(BLOCK_ROWS)
            yield from _in_order(pending, lambda batch: use(_converted(batch, fields)))


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, raw: IO[bytes], digest: "hashlib._Hash") -> None:
        self._raw = raw
        self._digest = digest

    def __enter__(self) -> "_Hashing":
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the file to who opened it."""

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._digest.update(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        data = self._raw.readline(size)
        self._digest.update(data)
        return data


def _guarded(read: Callable[[int], bytes], name: str) -> Callable[[int], bytes]:
    """Return `read` with the faults of a gzip stream told as what they are."""

    def guarded(size: int) -> bytes:
        try:
            return read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ReadError(
                "corrupt",
                f"{name}: found a gzip stream that is broken or cut off ({_first_line(error)}): "
                "none of its rows is used; fetch the file again",
            ) from None

    return guarded


def _whole_lines(stream: IO[bytes], name: str) -> Iterator[bytes]:
    read = _guarded(stream.read, name)
    rest: list[bytes] = []
    while block := read(BLOCK_BYTES):
        if _lines_of(block) > MAX_LINES:
            raise ReadError(
                "limit",
                f"{name}: found more than {MAX_LINES:,} lines in {len(block):,} bytes, expected "
                "rows of daily counts: none of its rows is used; correct the file",
            )
        cut = block.rfind(NEWLINE) + 1
        if not cut:
            rest.append(block)
            if sum(map(len, rest)) > MAX_LINE_BYTES + BLOCK_BYTES:
                raise ReadError(
                    "limit",
                    f"{name}: found a line of more than {MAX_LINE_BYTES:,} bytes, expected one row "
                    "a line: none of its rows is used; correct the file",
                )
            continue
        yield b"".join((*rest, block[:cut]))
        rest = [block[cut:]] if cut < len(block) else []
    if rest:
        yield b"".join(rest)


def _lines_of(block: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == NEWLINE[0]))


def _in_order(blocks: Iterator[Any], use: Callable[[Any], Any]) -> Iterator[Any]:
    """Yield `use(block)` for each block in order, at most a few of them in work at a time."""
    with ThreadPoolExecutor(READERS) as pool:
        waiting: deque[Future[Any]] = deque()
        for block in blocks:
            waiting.append(pool.submit(use, block))
            if len(waiting) > READERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _parsed(block: bytes, fields: list[str]) -> Cells:
    if block.isascii() or _is_utf8(block):
        return _read(block, fields)
    # Arrow can't hand over a malformed row whose bytes are no UTF-8: it is taken out before.
    lines = block.splitlines() if _has_lone_returns(block) else None
    unreadable = [
        (number, text)
        for number, text in _lines_with_high_bytes(block, lines)
        if text.count(b",") != len(fields) - 1 and not _is_utf8(text)
    ]
    return _read_without(block, unreadable, fields) if unreadable else _read(block, fields)


def _has_lone_returns(block: bytes) -> bool:
    return b"\r" in block and block.count(b"\r") != block.count(b"\r\n")


def _lines_with_high_bytes(
    block: bytes, lines: Sequence[bytes] | None
) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold a byte beyond ASCII, counted from 1.

    Args:
        lines: all lines, where they do not end in a newline.
    """
    if lines is not None:
        yield from ((n, text) for n, text in enumerate(lines, start=1) if not text.isascii())
        return
    data = np.frombuffer(block, dtype=np.uint8)
    ends = np.append(np.flatnonzero(data == NEWLINE[0]), len(block))
    for line in np.unique(np.searchsorted(ends, np.flatnonzero(data > MAX_ASCII))).tolist():
        start = int(ends[line - 1]) + 1 if line else 0
        yield line + 1, block[start : int(ends[line])].rstrip(b"\r")


def _read_without(block: bytes, taken: Sequence[tuple[int, bytes]], fields: list[str]) -> Cells:
    """Read a block without some of its lines, which are told as malformed."""
    numbers = [number - 1 for number, _ in taken]
    lines = block.splitlines(keepends=True)
    places = np.delete(np.arange(1, len(lines) + 1, dtype=np.int32), numbers)
    for number in reversed(numbers):
        del lines[number]
    cells = _read(b"".join(lines) or NEWLINE, fields)
    count = min(len(cells.lines), len(places))
    columns = {name: column.slice(0, count) for name, column in cells.columns.items()}
    malformed = [(int(places[number - 1]), text) for number, text in cells.malformed]
    return Cells(
        columns,
        places[cells.lines[:count] - 1],
        cells.blank[:count],
        tuple(sorted([*malformed, *taken])),
    )


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read(block: bytes, fields: list[str]) -> Cells:
    malformed: list[tuple[int, bytes]] = []

    def set_aside(row: pa_csv.InvalidRow) -> str:
        malformed.append((row.number, _as_bytes(row.text)))
        return "skip"

    # Quotes are no syntax here, so that a lone one can't swallow the lines that follow it: `coding`
    # takes them off the values. No value of these columns holds a comma.
    table = pa_csv.read_csv(
        pa.BufferReader(block),
        read_options=pa_csv.ReadOptions(
            use_threads=False, block_size=len(block) + 1, column_names=fields
        ),
        parse_options=pa_csv.ParseOptions(
            quote_char=False, ignore_empty_lines=False, invalid_row_handler=set_aside
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.binary() if name == COUNT else TEXTS for name in fields},
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    columns = {name: _whole(table.column(name)) for name in fields}
    lines = np.arange(1, table.num_rows + len(malformed) + 1, dtype=np.int32)
    if malformed:
        lines = np.delete(lines, [number - 1 for number, _ in malformed])
    return Cells(columns, lines, _blank(block, columns, lines), tuple(malformed))


def _blank(
    block: bytes, columns: Mapping[str, pa.Array], lines: "np.ndarray[Any, np.dtype[np.int32]]"
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    blank = np.ones(len(lines), dtype=np.bool_)
    dictionaries = [c.dictionary for c in columns.values() if pa.types.is_dictionary(c.type)]
    if any(b"" not in values.to_pylist() for values in dictionaries):
        return ~blank  # a column without an empty value: no row is blank
    for column in columns.values():
        lengths = pc.binary_length(
            column.dictionary if pa.types.is_dictionary(column.type) else column
        )
        is_empty = pc.equal(lengths, 0)
        if pa.types.is_dictionary(column.type):
            is_empty = is_empty.take(column.indices)
        blank &= is_empty.to_numpy(zero_copy_only=False)
    if blank.any() and b"," * (len(columns) - 1) in block:  # a row of nothing but commas
        texts = block.splitlines()
        blank[blank] = [not texts[line - 1] for line in lines[blank].tolist()]
    return blank


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _converted(batch: pa.RecordBatch, fields: list[str]) -> Cells:
    columns = {
        name: _bytes_of(column, name) for name, column in zip(fields, batch.columns, strict=True)
    }
    rows = batch.num_rows
    return Cells(columns, np.arange(1, rows + 1, dtype=np.int32), np.zeros(rows, dtype=np.bool_))


def _bytes_of(column: pa.Array, name: str) -> pa.Array:
    """Return a typed column as the text that a CSV would hold; what is missing is empty."""
    text = _number_texts(column) if pa.types.is_floating(column.type) else column.cast(pa.string())
    text = pc.fill_null(text, "").cast(pa.binary())
    return text if name == COUNT else text.dictionary_encode()


def _number_texts(column: pa.Array) -> pa.Array:
    """Return floats as texts; a large whole one would be 1.5e+11 if Arrow wrote it."""
    numbers = column.cast(pa.float64())
    is_whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), EXACT_FLOATS))
    whole = pc.if_else(is_whole, numbers, 0.0).cast(pa.int64())
    return pc.if_else(is_whole, whole.cast(pa.string()), numbers.cast(pa.string()))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
