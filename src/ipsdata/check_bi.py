"""`ipsdata check-bi`: what in a Parquet file would break in which tool, and where.

The rules stand in `ipsdata.bi_profile`. Those on metadata read the footer only; those on values
stream the file, a batch at a time, so that 100 million rows need no memory to speak of. Files are
read in another process, since Arrow ends the process that meets some damaged footers.
"""

import multiprocessing
import os
import re
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ipsdata import bi_profile
from ipsdata.bi_profile import RULES, BiRule
from ipsdata.errors import ConfigurationError

MAGIC = b"PAR1"
ENCRYPTED_MAGIC = b"PARE"
RELEASE_MARK = "manifest.json"
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SPARK_REFUSES = frozenset(" ,;{}()\n\t=")
BATCH_ROWS = 65_536
PIPE_WIDTH = 160
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])
EVERYWHERE_CODECS = frozenset({"UNCOMPRESSED", "SNAPPY", "GZIP"})
HYPER_LACKS = frozenset({"DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"})
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "+00:00", "Z"})
OLD_SPARK_LACKS = frozenset({"DELTA_BINARY_PACKED", "DELTA_BYTE_ARRAY"})


@dataclass(frozen=True)
class Finding:
    """Something that would break.

    Attributes:
        file: the file in which it was found first.
        column: the column's name; `None` if it is about the file.
        found: what was found.
    """

    file: str
    column: str | None
    rule: BiRule
    found: str

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        rule = self.rule
        return {
            "file": self.file,
            "column": self.column,
            "rule": rule.name,
            "severity": rule.severity,
            "found": self.found,
            "tools": list(rule.tools),
            "breaks": rule.breaks,
            "remedy": rule.remedy,
            "source": rule.source,
        }


@dataclass(frozen=True)
class Checked:
    """What was found out about one table: a file, or all files of a folder."""

    name: str
    files: int
    rows: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(finding.rule.severity == "error" for finding in self.findings)

    @property
    def verdict(self) -> str:
        """What to say about it in a line."""
        warnings = len(self.findings) - self.errors
        files = f", {self.files} files" if self.files > 1 else ""
        if not self.findings:
            return f"nothing found that a tool would break on ({self.rows:,} rows{files})"
        return f"errors: {self.errors}, warnings: {warnings} ({self.rows:,} rows{files})"

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "table": self.name,
            "files": self.files,
            "rows": self.rows,
            "findings": [finding.as_data() for finding in self.findings],
        }


Told = tuple[str, str | None, str]  # a rule's name, a column's, what was found


def check_bi(path: Path, *, schema_only: bool = False) -> list[Checked]:
    """Check a Parquet file, a folder that holds the files of one table, or a release.

    Args:
        schema_only: leave the rules on values out, and read the footers alone.

    Raises:
        ConfigurationError: a folder holds no Parquet file, or a file can't be opened.
    """
    return [_check_table(name, files, schema_only) for name, files in _tables(path)]


def _tables(path: Path) -> list[tuple[str, list[Path]]]:
    if not path.is_dir():
        return [(str(path), [path])]
    if not (path / RELEASE_MARK).is_file():
        return [(str(path), _parts(path))]
    files = [(str(file), [file]) for file in path.glob("*.parquet")]
    folders = {file.parent for file in path.glob("*/**/*.parquet")}
    split = {path / folder.relative_to(path).parts[0] for folder in folders}
    return sorted([*files, *((str(folder), _parts(folder)) for folder in split)])


def _parts(folder: Path) -> list[Path]:
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise ConfigurationError(
            f"{folder}: found no file that ends in .parquet, expected at least one: give the "
            "folder of a table or of a release"
        )
    return files


def _check_table(name: str, files: Sequence[Path], schema_only: bool) -> Checked:
    findings: dict[tuple[str, str | None], Finding] = {}
    rows = 0
    first: pa.Schema | None = None
    for path in files:
        looked = _check_apart(path, first, schema_only)
        rows += looked.rows
        first = looked.schema if first is None else first
        for rule, column, told in looked.told:
            # A fault that all parts share is told once, with the first of them.
            findings.setdefault((rule, column), Finding(str(path), column, RULES[rule], told))
    if rows > bi_profile.EXCEL_ROWS:
        found = Finding(name, None, RULES["too_many_rows"], f"{rows:,} rows")
        findings[found.rule.name, None] = found
    ordered = sorted(findings.values(), key=lambda finding: finding.rule.severity)
    return Checked(name, len(files), rows, tuple(ordered))


@dataclass
class _Looked:
    """What was found in one file."""

    told: list[Told] = field(default_factory=list)
    rows: int = 0
    schema: pa.Schema | None = None


def _check_apart(path: Path, first: pa.Schema | None, schema_only: bool) -> _Looked:
    """Look at a file in a process that may die of it."""
    faults = list(_magic_faults(path))
    if faults:
        return _Looked(faults)
    try:
        return _reader().submit(_check_file, path, first, schema_only).result()
    except BrokenProcessPool:
        _reader.cache_clear()
        return _Looked([("damaged", None, "a file over which a reader crashes")])


@cache
def _reader() -> ProcessPoolExecutor:
    """Return the process that reads, which lives until a file makes it crash."""
    return ProcessPoolExecutor(1, mp_context=PROCESSES, initializer=_be_quiet)


def _be_quiet() -> None:
    """Let a crash leave neither words on the terminal nor a core file: it is a finding."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _check_file(path: Path, first: pa.Schema | None, schema_only: bool) -> _Looked:
    looked = _Looked()
    with _faults_of_reading(looked), pq.ParquetFile(path, page_checksum_verification=True) as file:
        looked.rows = file.metadata.num_rows
        looked.schema = file.schema_arrow
        looked.told.extend(_file_faults(file))
        looked.told.extend(_difference(looked.schema, first))
        looked.told.extend(_column_faults(file))
        if not schema_only:
            looked.told.extend(_value_faults(file))
    return looked


@contextmanager
def _faults_of_reading(looked: _Looked) -> Iterator[None]:
    """Turn what a reader says about a file that it can't read into a finding."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        # A footer that was hit may hold anything, also names that are no UTF-8 (a ValueError).
        rule = "encrypted" if "crypt" in str(error) else "damaged"
        looked.told.append((rule, None, str(error).partition("\n")[0]))


def _magic_faults(path: Path) -> Iterator[Told]:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(4)
            stream.seek(max(size - 4, 0))
            end = stream.read(4)
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read ({error.strerror})") from None
    if ENCRYPTED_MAGIC in (start, end):
        yield "encrypted", None, "an encrypted footer (PARE)"
    elif start != MAGIC:
        yield "not_parquet", None, f"{size:,} bytes that begin with {start!r}"
    elif end != MAGIC:
        yield "damaged", None, f"{size:,} bytes without a footer: the end of the file is missing"


def _file_faults(file: pq.ParquetFile) -> Iterator[Told]:
    metadata, names = file.metadata, file.schema_arrow.names
    if not names:
        yield "no_columns", None, "a schema without columns"
    yield from _row_group_faults(metadata)
    index = [name for name in names if re.fullmatch(r"__index_level_\d+__", name)]
    yield from (("pandas_index", name, "an index of pandas") for name in index)
    yield from _name_faults(names)


def _row_group_faults(metadata: pq.FileMetaData) -> Iterator[Told]:
    count = metadata.num_row_groups
    if count > 1 and metadata.num_rows / count < bi_profile.SMALL_ROW_GROUP:
        yield "small_row_groups", None, f"{count:,} row groups for {metadata.num_rows:,} rows"
    largest = max((metadata.row_group(n).total_byte_size for n in range(count)), default=0)
    if largest > bi_profile.LARGE_ROW_GROUP_BYTES:
        yield "large_row_groups", None, f"a row group of {largest:,} bytes"


def _difference(schema: pa.Schema, first: pa.Schema | None) -> Iterator[Told]:
    if first is None or schema.equals(first):
        return
    ours, theirs = (dict(zip(s.names, s.types, strict=True)) for s in (schema, first))
    differing = [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name)]
    for name in differing:
        found, expected = _type_or(ours, name), _type_or(theirs, name)
        yield "parts_differ", name, f"{found}, in the first file {expected}"
    if not differing and schema.names != first.names:
        yield "parts_differ", None, "the columns in another order than in the first file"


def _type_or(types: dict[str, pa.DataType], name: str) -> str:
    return str(types[name]) if name in types else "no such column"


def _name_faults(names: Sequence[str]) -> Iterator[Told]:
    folded: dict[str, str] = {}
    for name, times in Counter(names).items():
        if times > 1:
            yield "double_name", name, f"{times} columns of this name"
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            yield "same_but_for_case", name, f"also a column {other!r}"
        yield from _spelling_faults(name)


def _spelling_faults(name: str) -> Iterator[Told]:
    if not name.strip():
        yield "empty_name", name, f"the name {name!r}"
    elif refused := sorted(set(name) & SPARK_REFUSES):
        yield "forbidden_character", name, f"{''.join(refused)!r} in the name"
    elif not PLAIN_NAME.fullmatch(name):
        yield "quoted_name", name, f"the name {name!r}"


def _column_faults(file: pq.ParquetFile) -> Iterator[Told]:
    leaves = [(file.schema.column(n), _top(file, n)) for n in range(len(file.schema))]
    old = {name for leaf, name in leaves if leaf.physical_type == "INT96"}
    for column in file.schema_arrow:
        # Arrow reads INT96 as nanoseconds, which is not what the file holds.
        if column.name in old:
            yield "int96", column.name, "INT96"
        elif rule := _type_rule(column.type):
            yield rule, column.name, str(column.type)
    for n, (leaf, name) in enumerate(leaves):
        if leaf.logical_type.type in ("ENUM", "BSON", "INTERVAL"):
            yield "other_type", name, leaf.logical_type.type
        yield from _packing_faults(file.metadata, n, name)


def _top(file: pq.ParquetFile, leaf: int) -> str:
    """Return the name of the column that a leaf belongs to; names may hold points themselves."""
    path: str = file.schema.column(leaf).path
    names = file.schema_arrow.names
    return path if path in names else next((n for n in names if path.startswith(f"{n}.")), path)


def _packing_faults(metadata: pq.FileMetaData, leaf: int, name: str) -> Iterator[Told]:
    chunks = [metadata.row_group(n).column(leaf) for n in range(metadata.num_row_groups)]
    codecs = {chunk.compression for chunk in chunks} - EVERYWHERE_CODECS
    for codec in sorted(codecs):
        yield ("zstd" if codec == "ZSTD" else "codec"), None, codec
    encodings = set(chain.from_iterable(chunk.encodings for chunk in chunks))
    for rule, lacking in (("encoding", HYPER_LACKS), ("delta_encoding", OLD_SPARK_LACKS)):
        if found := sorted(encodings & lacking):
            yield rule, name, ", ".join(found)


# The first that fits names the rule; a type that none fits and that is not in `_is_plain` is other.
_TYPE_RULES: tuple[tuple[str, Callable[[pa.DataType], bool]], ...] = (
    ("dictionary", pa.types.is_dictionary),
    ("nested", pa.types.is_nested),
    ("unsigned", pa.types.is_unsigned_integer),
    ("null_type", pa.types.is_null),
    ("duration", pa.types.is_duration),
    ("time", pa.types.is_time),
    ("nanoseconds", lambda kind: pa.types.is_timestamp(kind) and kind.unit == "ns"),
    ("no_time_zone", lambda kind: pa.types.is_timestamp(kind) and kind.tz is None),
    ("other_time_zone", lambda kind: pa.types.is_timestamp(kind) and kind.tz not in UTC_NAMES),
    ("wide_decimal", lambda kind: _digits(kind) > bi_profile.SPARK_DIGITS),
    ("rounded_decimal", lambda kind: _digits(kind) > bi_profile.EXACT_DIGITS),
    ("float16", pa.types.is_float16),
    ("large_text", lambda kind: pa.types.is_large_string(kind) or pa.types.is_string_view(kind)),
    ("binary", lambda kind: _is_bytes(kind)),  # noqa: PLW0108 - defined below
)


def _type_rule(kind: pa.DataType) -> str | None:
    found = next((name for name, fits in _TYPE_RULES if fits(kind)), None)
    return found or (None if _is_plain(kind) else "other_type")


def _digits(kind: pa.DataType) -> int:
    return int(kind.precision) if pa.types.is_decimal(kind) else 0


def _is_bytes(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return pa.types.is_fixed_size_binary(kind) or any(fits(kind) for fits in kinds)


def _is_plain(kind: pa.DataType) -> bool:
    plain = (pa.types.is_boolean, pa.types.is_string, pa.types.is_date, pa.types.is_timestamp)
    numbers = (pa.types.is_signed_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(fits(kind) for fits in (*plain, *numbers))


@dataclass
class _Tally:
    """How many values of a column break a rule, and by how much at most."""

    count: int = 0
    extreme: Any = None


def _value_faults(file: pq.ParquetFile) -> Iterator[Told]:
    schema = file.schema_arrow
    tallies: dict[tuple[str, int], _Tally] = {}
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        for n, values in enumerate(batch.columns):
            for rule, count, extreme in _batch_faults(values):
                tally = tallies.setdefault((rule, n), _Tally(extreme=extreme))
                tally.count += count
                tally.extreme = max(tally.extreme, extreme, key=_size)
    for (rule, n), tally in tallies.items():
        yield rule, schema.names[n], f"{tally.count:,} values, such as {_told(tally.extreme)}"


def _size(value: Any) -> Any:  # noqa: ANN401 - a number, a date or a text, compared among its kind
    return abs(value) if isinstance(value, int) else str(value)


def _told(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


Fault = tuple[str, int, Any]  # a rule's name, how many values, the one that is farthest out


def _batch_faults(values: pa.Array) -> Iterable[Fault]:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _batch_faults(values.dictionary)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text_faults(values)
    if pa.types.is_integer(kind) and kind.bit_width == 64:  # narrower ones are exact
        return _integer_faults(values)
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return _float_faults(values)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _date_faults(values)
    return ()


def _text_faults(values: pa.Array) -> Iterator[Fault]:
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        yield "not_utf8", _count_invalid(values), "bytes that are no UTF-8"
        return
    lengths = pc.utf8_length(values)
    count = _count(pc.greater(lengths, bi_profile.EXCEL_CELL))
    if count:
        yield "long_text", count, pc.max(lengths).as_py()


def _count_invalid(values: pa.Array) -> int:
    texts = values.cast(pa.large_binary() if pa.types.is_large_string(values.type) else pa.binary())
    return sum(not _is_utf8(text) for text in texts.to_pylist() if text is not None)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _integer_faults(values: pa.Array) -> Iterator[Fault]:
    limit = bi_profile.EXACT_INTEGER
    beyond = pc.greater(values, limit)
    if pa.types.is_signed_integer(values.type):
        beyond = pc.or_(beyond, pc.less(values, -limit))
    if count := _count(beyond):
        least, greatest = (pc.min_max(values)[end].as_py() for end in ("min", "max"))
        yield "inexact_integer", count, max(least, greatest, key=abs)


def _float_faults(values: pa.Array) -> Iterator[Fault]:
    wrong = values.filter(pc.invert(pc.is_finite(values)))
    if len(wrong):
        yield "not_finite", len(wrong), str(wrong[0].as_py())


def _date_faults(values: pa.Array) -> Iterator[Fault]:
    if pa.types.is_timestamp(values.type):  # without its zone, which may be no known one
        values = values.cast(pa.timestamp(values.type.unit))
    years = pc.year(values)
    first, last = bi_profile.FIRST_YEAR, bi_profile.LAST_YEAR
    strange = years.filter(pc.or_(pc.less(years, first), pc.greater(years, last)))
    if len(strange):
        yield "strange_date", len(strange), f"the year {strange[0].as_py()}"


def _count(wrong: pa.Array) -> int:
    return pc.sum(wrong).as_py() or 0


def print_checked(checked: Iterable[Checked]) -> None:
    """Print what was found, a table of findings for each that has any."""
    from rich.console import Console  # noqa: PLC0415 - not needed with --json
    from rich.markup import escape  # noqa: PLC0415 - likewise
    from rich.table import Table  # noqa: PLC0415 - likewise

    console = Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)
    for each in checked:
        console.print(f"{each.name}: {each.verdict}", markup=False, highlight=False, soft_wrap=True)
        if not each.findings:
            continue
        table = Table()
        for heading in ("severity", "column", "found", "breaks in", "how", "what to do"):
            table.add_column(heading, overflow="fold")
        for finding in each.findings:
            table.add_row(*(escape(cell) for cell in _cells(each, finding)))
        console.print(table)


def _cells(checked: Checked, finding: Finding) -> tuple[str, ...]:
    rule = finding.rule
    where = f" ({finding.file})" if finding.file != checked.name else ""
    name = "" if finding.column is None else _printable(finding.column)
    found = _printable(f"{finding.found}{where}")
    return rule.severity, name, found, ", ".join(rule.tools), rule.breaks, rule.remedy


def _printable(text: str) -> str:
    """Return a text so that control characters in it can't move the cursor or hide."""
    return text if text.isprintable() else repr(text)
