"""`check-bi`: what each tool would break on is found, told with its column, and nothing else is."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from ipsdata.bi_profile import EXACT_INTEGER, EXCEL_CELL, EXCEL_ROWS, RULES
from ipsdata.check_bi import Checked, check_bi
from ipsdata.cli import cli
from ipsdata.errors import ConfigurationError
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings

DAY = dt.date(2024, 12, 31)
NOON = dt.datetime(2024, 12, 31, 12, 0, tzinfo=dt.UTC)


def _write(path: Path, columns: dict[str, Any] | pa.Table, **options: Any) -> Path:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, path, **options)
    return path


def _found(checked: Checked) -> set[tuple[str, str | None]]:
    return {(finding.rule.name, finding.column) for finding in checked.findings}


def _check(path: Path, **options: Any) -> Checked:
    (checked,) = check_bi(path, **options)
    return checked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.parquet"


# --- the profile ----------------------------------------------------------------------------------


def test_each_rule_is_one_sentence_with_a_remedy_and_a_source() -> None:
    for rule in RULES.values():
        assert rule.breaks.endswith("."), rule.name
        assert ". " not in rule.breaks, rule.name
        assert rule.remedy.endswith("."), rule.name
        assert rule.source.startswith("https://"), rule.name
        assert rule.tools, rule.name


def test_what_contracts_may_have_passes(file: Path) -> None:
    columns = {
        "year": pa.array([2024], pa.int32()),
        "count": pa.array([EXACT_INTEGER], pa.int64()),
        "rate": pa.array([0.5]),
        "is_break": pa.array([True]),
        "mission_id": pa.array(["EUAM"]),
        "day": pa.array([DAY]),
        "at": pa.array([NOON], pa.timestamp("us", "UTC")),
        "amount": pa.array([Decimal("1.5")], pa.decimal128(15, 2)),
        "note": pa.array([None], pa.string()),
    }
    checked = _check(_write(file, columns))
    assert checked.findings == ()
    assert (checked.files, checked.rows, checked.errors) == (1, 1, 0)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (pa.array([1], pa.uint8()), "unsigned"),
        (pa.array([1], pa.uint64()), "unsigned"),
        (pa.array([[1]]), "nested"),
        (pa.array([{"a": 1}]), "nested"),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "nested"),
        (pa.nulls(1), "null_type"),
        (pa.array(["a"]).dictionary_encode(), "dictionary"),
        (pa.array([1], pa.duration("us")), "duration"),
        (pa.array([1], pa.time32("ms")), "time"),
        (pa.array([1], pa.time64("us")), "time"),
        (pa.array([NOON], pa.timestamp("ns", "UTC")), "nanoseconds"),
        (pa.array([NOON], pa.timestamp("us")), "no_time_zone"),
        (pa.array([NOON], pa.timestamp("us", "Europe/Amsterdam")), "other_time_zone"),
        (pa.array([Decimal(1)], pa.decimal256(39, 0)), "wide_decimal"),
        (pa.array([Decimal(1)], pa.decimal128(16, 0)), "rounded_decimal"),
        (pa.array([1.0], pa.float16()), "float16"),
        (pa.array(["a"], pa.large_string()), "large_text"),
        (pa.array(["a"], pa.string_view()), "large_text"),
        (pa.array([b"a"]), "binary"),
        (pa.array([b"a"], pa.binary(1)), "binary"),
        (pa.array([b"a" * 16], pa.uuid()), "other_type"),
        (pa.array(["{}"], pa.json_()), "other_type"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else value,
)
def test_type_that_breaks_a_tool_is_told(file: Path, values: pa.Array, rule: str) -> None:
    checked = _check(_write(file, {"fine": pa.array([1]), "c": values}))
    assert _found(checked) == {(rule, "c")}
    assert checked.errors == (RULES[rule].severity == "error")


def test_int96_is_told_as_such_and_not_as_nanoseconds(file: Path) -> None:
    _write(file, {"at": pa.array([NOON])}, use_deprecated_int96_timestamps=True)
    assert _found(_check(file)) == {("int96", "at")}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "a"], {("double_name", "a")}),
        (["Land", "land"], {("same_but_for_case", "land")}),
        (["", "b"], {("empty_name", "")}),
        (["Missie naam", "b"], {("forbidden_character", "Missie naam")}),
        (["a\nb", "b"], {("forbidden_character", "a\nb")}),
        (["1st", "b"], {("quoted_name", "1st")}),
        (["a.b", "a"], {("quoted_name", "a.b")}),
        (['a"b', "b"], {("quoted_name", 'a"b')}),
        (["__index_level_0__", "b"], {("pandas_index", "__index_level_0__")}),
    ],
)
def test_name_that_breaks_a_tool_is_told(
    file: Path, names: list[str], expected: set[tuple[str, str]]
) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=names)
    assert _found(_check(_write(file, table))) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"compression": "snappy"}, set()),
        ({"compression": "gzip"}, set()),
        ({"compression": "none"}, set()),
        ({"compression": "zstd"}, {("zstd", None)}),
        ({"compression": "brotli"}, {("codec", None)}),
        ({"compression": "lz4"}, {("codec", None)}),
        (
            {"use_dictionary": False, "column_encoding": {"n": "DELTA_BINARY_PACKED"}},
            {("delta_encoding", "n")},
        ),
        (
            {"use_dictionary": False, "column_encoding": {"n": "BYTE_STREAM_SPLIT"}},
            {("encoding", "n")},
        ),
        ({"row_group_size": 10}, {("small_row_groups", None)}),
    ],
    ids=str,
)
def test_packing_that_breaks_a_tool_is_told(
    file: Path, options: dict[str, Any], expected: set[tuple[str, str | None]]
) -> None:
    assert _found(_check(_write(file, {"n": list(range(100))}, **options))) == expected


def test_table_without_columns_is_an_error_and_one_without_rows_is_none(file: Path) -> None:
    assert _found(_check(_write(file, pa.table({})))) == {("no_columns", None)}
    assert _found(_check(_write(file, {"a": pa.array([], pa.int64())}))) == set()


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "rule", "found"),
    [
        (
            [EXACT_INTEGER + 1, 1, None],
            "inexact_integer",
            "1 values, such as 9,007,199,254,740,992",
        ),
        ([-EXACT_INTEGER - 1, 5], "inexact_integer", "1 values, such as -9,007,199,254,740,992"),
        ([float("nan"), 1.0, float("-inf"), None], "not_finite", "2 values, such as nan"),
        ([dt.date(1815, 6, 18), DAY], "strange_date", "1 values, such as the year 1815"),
        (["x" * (EXCEL_CELL + 1), "y"], "long_text", "1 values, such as 32,768"),
    ],
    ids=["integer", "negative", "float", "date", "text"],
)
def test_value_that_a_tool_changes_is_told_with_its_count(
    file: Path, values: list[Any], rule: str, found: str
) -> None:
    _write(file, {"fine": list(range(len(values))), "c": values})
    (finding,) = _check(file).findings
    assert (finding.rule.name, finding.column, finding.found) == (rule, "c", found)
    assert _check(file, schema_only=True).findings == ()


@pytest.mark.parametrize(
    "value", [EXACT_INTEGER, -EXACT_INTEGER, dt.date(1900, 1, 1), "é" * EXCEL_CELL]
)
def test_value_at_the_limit_passes(file: Path, value: Any) -> None:
    assert _check(_write(file, {"c": [value]})).findings == ()


def test_values_are_counted_over_all_batches_and_row_groups(file: Path) -> None:
    numbers = [EXACT_INTEGER + n % 2 for n in range(200_000)]
    (finding,) = _check(_write(file, {"c": numbers}, row_group_size=70_000)).findings
    assert finding.found == "100,000 values, such as 9,007,199,254,740,992"


def test_text_that_is_no_utf8_is_told(file: Path) -> None:
    buffers = pa.array([b"caf\xe9", b"fine"]).buffers()
    _write(file, {"c": pa.StringArray.from_buffers(2, buffers[1], buffers[2])})
    (finding,) = _check(file).findings
    assert (finding.rule.name, finding.column) == ("not_utf8", "c")
    assert finding.found.startswith("1 values")


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_exactly_the_integers_that_a_float_can_not_tell_apart_are_found(
    tmp_path_factory: pytest.TempPathFactory, values: list[int]
) -> None:
    path = _write(tmp_path_factory.mktemp("numbers") / "n.parquet", {"n": values})
    unsafe = [value for value in values if abs(value) >= 2**53]
    counts = [finding.found.partition(" ")[0] for finding in _check(path).findings]
    assert counts == ([f"{len(unsafe):,}"] if unsafe else [])


# --- files that are none --------------------------------------------------------------------------


def _sound(path: Path) -> bytes:
    return _write(path, {"n": list(range(1000))}, write_page_checksum=True).read_bytes()


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda _: b"", "not_parquet"),
        (lambda _: b"a,b\n1,2\n", "not_parquet"),
        (lambda _: b"<!DOCTYPE html><html></html>", "not_parquet"),
        (lambda data: data[:-10], "damaged"),
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1", "damaged"),
        (lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:], "damaged"),
        (lambda _: b"PAR1PAR1", "damaged"),
        (lambda data: b"PARE" + data[4:-4] + b"PARE", "encrypted"),
    ],
    ids=["empty", "csv", "html", "cut", "half", "footer", "bit", "short", "encrypted"],
)
def test_file_that_can_not_be_read_is_an_error(
    file: Path, damage: Callable[[bytes], bytes], rule: str
) -> None:
    file.write_bytes(damage(_sound(file)))
    assert _found(_check(file)) == {(rule, None)}


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_damage_is_a_finding_or_none_but_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("hit") / "t.parquet"
    whole = bytearray(_write(path, {"n": [1, 2], "s": ["a", "b"]}).read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    assert _check(path).name == str(path)


# --- folders --------------------------------------------------------------------------------------


def test_folder_is_one_table_and_a_shared_fault_is_told_once(tmp_path: Path) -> None:
    for year in (2023, 2024):
        folder = tmp_path / "counts" / f"year={year}"
        folder.mkdir(parents=True)
        _write(folder / "part-0.parquet", {"n": pa.array([1, 2], pa.uint8())})
    checked = _check(tmp_path / "counts")
    assert (checked.files, checked.rows) == (2, 4)
    assert _found(checked) == {("unsigned", "n")}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"a": [1], "b": ["x"]}, set()),
        ({"a": [1.5], "b": ["x"]}, {("parts_differ", "a")}),
        ({"a": [1]}, {("parts_differ", "b")}),
        ({"b": ["x"], "a": [1]}, {("parts_differ", None)}),
    ],
    ids=["same", "type", "missing", "order"],
)
def test_part_with_another_schema_is_told(
    tmp_path: Path, second: dict[str, Any], expected: set[tuple[str, str | None]]
) -> None:
    _write(tmp_path / "1.parquet", {"a": [1], "b": ["x"]})
    _write(tmp_path / "2.parquet", second)
    checked = _check(tmp_path)
    assert _found(checked) == expected
    assert all(finding.file.endswith("2.parquet") for finding in checked.findings)


def test_rows_beyond_a_sheet_are_told_of_the_whole_folder(tmp_path: Path) -> None:
    half = EXCEL_ROWS // 2 + 1
    for n in (1, 2):
        _write(tmp_path / f"{n}.parquet", {"a": pa.repeat(1, half)})
    assert _found(_check(tmp_path)) == {("too_many_rows", None)}
    assert _found(_check(tmp_path / "1.parquet")) == set()


def test_folder_without_parquet_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"found no file that ends in \.parquet"):
        check_bi(tmp_path)


def test_every_table_of_a_release_passes(tmp_path: Path) -> None:
    publication = run_pipeline(
        Settings(ROOT / "data" / "raw", tmp_path / "processed", ROOT / "schemas")
    ).publication
    assert publication is not None
    folder = tmp_path / "processed" / "releases" / publication.release_id
    checked = {Path(each.name).name.removesuffix(".parquet"): each for each in check_bi(folder)}
    assert checked.keys() >= publication.tables.keys()
    assert {name: each.findings for name, each in checked.items() if each.findings} == {}
    rows = {name: each.rows for name, each in checked.items() if name in publication.tables}
    assert rows == publication.tables


# --- the tools at hand agree ----------------------------------------------------------------------


def test_duckdb_and_polars_break_as_the_rules_say(tmp_path: Path) -> None:
    wide = _write(tmp_path / "wide.parquet", {"c": pa.array([Decimal(1)], pa.decimal256(39, 0))})
    length = _write(tmp_path / "length.parquet", {"c": pa.array([1], pa.duration("us"))})
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    double = _write(tmp_path / "double.parquet", table)
    assert [str(kind) for kind in duckdb.sql(f"SELECT * FROM '{wide}'").types] == ["DOUBLE"]
    assert [str(kind) for kind in duckdb.sql(f"SELECT * FROM '{length}'").types] == ["BIGINT"]
    with pytest.raises((pl.exceptions.PolarsError, OSError)):
        pl.read_parquet(double)


# --- the command ----------------------------------------------------------------------------------


def _run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli, ["check-bi", *map(str, arguments)], standalone_mode=False)


def test_command_tells_errors_by_its_exit_code(tmp_path: Path) -> None:
    fine = _write(tmp_path / "fine.parquet", {"a": [1]})
    warned = _write(tmp_path / "warned.parquet", {"a": [1]}, compression="zstd")
    wrong = _write(tmp_path / "wrong.parquet", {"a": [[1]]})
    assert _run(fine).return_value == 0
    assert _run(fine, warned).return_value == 0
    assert _run(fine, wrong).return_value == 1
    assert "nothing found" in _run(fine).output
    assert "Hyper" in _run(wrong).output


def test_command_in_json_tells_file_column_rule_and_source(tmp_path: Path) -> None:
    path = _write(tmp_path / "wrong.parquet", {"a": [[1]], "b": [EXACT_INTEGER + 1]})
    told = json.loads(_run("--json", path).output)
    found = {(f["column"], f["rule"], f["severity"]) for f in told[0]["findings"]}
    assert found == {("a", "nested", "error"), ("b", "inexact_integer", "warning")}
    assert told[0]["findings"][0]["source"] == RULES["nested"].source
    (finding,) = json.loads(_run("--json", "--schema-only", path).output)[0]["findings"]
    assert finding["column"] == "a"


def test_hostile_name_can_not_write_on_the_terminal(tmp_path: Path) -> None:
    path = _write(tmp_path / "hostile.parquet", {"\x1b[2J[red]x[/red]": [1]})
    output = _run(path).output
    assert "\x1b" not in output
    assert "[red]x" in output
