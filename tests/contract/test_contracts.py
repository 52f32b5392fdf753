"""The contracts: what follows from each, what each accepts, and how a broken one is told."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest

from benchmarks.daily_data import Wanted, write_edition
from ipsdata.contracts import (
    TYPES,
    Contract,
    contract_from_mapping,
    load_contract,
    load_contracts,
)
from ipsdata.daily.refusals import TABLE as DAILY_TABLE
from ipsdata.errors import ConfigurationError
from ipsdata.plan import (
    CODE_LISTS,
    DAILY_LOAD,
    INVENTORY_SCHEMA,
    PLAN,
    PRINTED_ROWS_SCHEMA,
    READINGS_SCHEMA,
)
from ipsdata.release.store import published_table
from ipsdata.rules import _RULES
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings
from ipsdata.tables import table_from_rows
from ipsdata.validation import (
    MAX_CELL_CHARACTERS,
    SHOWN_VALUE_CHARACTERS,
    Failure,
    contract_failures,
    foreign_key_failures,
    pandera_schema,
)
from ipsdata.yamlfile import load_yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
CONTRACTS = load_contracts(SCHEMAS)
COLUMNS = [(table, name) for table, contract in CONTRACTS.items() for name in contract.names]
PROFILE = {
    pa.int32(),
    pa.int64(),
    pa.float64(),
    pa.bool_(),
    pa.string(),
    pa.date32(),
    pa.timestamp("us", tz="UTC"),
}
ISSUE_2_TABLES = set(
    "documents missions mission_aliases mission_hosts countries sis_categories deployments "
    "sis_statistics reconciliations rejected_rows".split()
)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """Return the tables of a release of the project's own data, with made up daily counts.

    No row of it is rejected, so `rejected_rows` gets two made up ones.
    """
    folder = tmp_path_factory.mktemp("release")
    raw, processed = folder / "raw", folder / "processed"
    shutil.copytree(ROOT / "data" / "raw", raw)
    write_edition(raw / "sis" / "daily", Wanted(rows=3_000, first_year=2022, last_year=2024))
    report = run_pipeline(Settings(raw, processed, SCHEMAS))
    assert report.refusal is None
    found = {name: published_table(processed, name) for name in CONTRACTS}
    row = {"path": "letters/x.csv", "scope": "row", "stage": "code", "reason": "number"}
    row |= {"message": "found x", "document_id": "0" * 64}
    rows = [{**row, "locator": f"row {n}"} for n in (1, 2)]
    contract = CONTRACTS["rejected_rows"]
    if not found["rejected_rows"].num_rows:
        found["rejected_rows"] = table_from_rows(contract, rows)
    return {**found, **_with_corrections(found)}


def _with_corrections(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return made up corrections, and each table that may hold corrected rows with one of them."""
    row = {"action": "drop", "status": "applied", "document": "letters/x.csv", "place": "line 2"}
    row |= {"target": "deployments", "document_id": tables["documents"]["document_id"][0].as_py()}
    row |= {"locator": "line 2", "expected": "{}", "reason": "made up", "author_role": "analyst"}
    row |= {"defined_in": "corrections/x.yaml"}
    days = {"decided_on": dt.date(2026, 11, 25)}
    keys = ("made-up-1", "made-up-2")
    made = [{**row, **days, "correction_id": key} for key in keys]
    marked = {
        name: _with(table, 0, correction_id=keys[0])
        for name, table in tables.items()
        if "correction_id" in table.schema.names and table.num_rows
    }
    return {**marked, "corrections": table_from_rows(CONTRACTS["corrections"], made)}


def _with(table: pa.Table, row: int, **values: object) -> pa.Table:
    """Return `table` with other values in one row."""
    for name, value in values.items():
        place = table.schema.get_field_index(name)
        column = table.column(name).to_pylist()
        column[row] = value
        field = table.schema.field(place)
        table = table.set_column(place, field, pa.array(column, type=field.type))
    return table


def _last(table: pa.Table) -> int:
    return int(table.num_rows) - 1


# --- what follows from a contract -----------------------------------------------------------------


def test_there_is_a_contract_for_each_table_of_the_foundation() -> None:
    assert set(CONTRACTS) >= ISSUE_2_TABLES
    unpublished = {"inventory", "readings", "printed_rows", DAILY_LOAD, "daily_annual"}
    assert {step.name for step in PLAN} - unpublished == set(CONTRACTS) - {DAILY_TABLE}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_arrow_schema_tells_all_that_the_contract_tells(contract: Contract) -> None:
    schema = contract.arrow_schema
    assert schema.names == list(contract.names)
    for column in contract.columns:
        field = schema.field(column.name)
        expected = {
            b"title": column.title,
            b"title_nl": column.title_nl,
            b"description": column.description,
            **({b"unit": column.unit} if column.unit else {}),
        }
        assert field.metadata == {key: text.encode() for key, text in expected.items()}
        assert field.nullable == column.nullable
        assert field.type in PROFILE
    assert schema.metadata[b"title_nl"].decode() == contract.title_nl
    assert tuple(json.loads(schema.metadata[b"primary_key"])) == contract.primary_key


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_contract_says_what_the_dictionary_needs(contract: Contract) -> None:
    assert contract.owners
    assert contract.kinds
    assert contract.description.endswith(".")
    for column in contract.columns:
        assert column.description.endswith("."), column.name
        assert column.derived_from, f"{column.name}: no lineage"
        assert column.name not in contract.primary_key or not column.nullable


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))
def test_pandera_schema_is_strict_ordered_and_coerces_nothing(contract: Contract) -> None:
    schema = pandera_schema(contract)
    assert (schema.strict, schema.ordered, schema.coerce) == (True, True, False)
    assert list(schema.columns) == list(contract.names)
    assert schema.unique == list(contract.primary_key)
    assert len(schema.checks) == len(contract.rules)
    for column in contract.columns:
        built = schema.columns[column.name]
        assert built.nullable == column.nullable
        assert not built.coerce
        assert built.description == column.description
        assert built.dtype.type == pd.ArrowDtype(contract.arrow_schema.field(column.name).type)


def test_every_type_of_a_contract_is_in_the_profile() -> None:
    columns = [_column(kind, kind) for kind in TYPES]
    schema = _contract(columns, key=TYPES[0]).arrow_schema
    assert set(schema.types) == PROFILE
    assert len(TYPES) == len(PROFILE)


def test_contract_survives_being_kept_with_a_release() -> None:
    for contract in CONTRACTS.values():
        kept = contract_from_mapping(json.loads(json.dumps(contract.resolved)))
        assert kept == contract
        assert kept.fingerprint == contract.fingerprint
        assert kept.arrow_schema.equals(contract.arrow_schema, check_metadata=True)


# --- lineage --------------------------------------------------------------------------------------


def _sources() -> dict[str, set[str]]:
    """Return what a column may be derived from: columns by table."""
    known = {table: set(contract.names) for table, contract in CONTRACTS.items()}
    known["inventory"] = set(INVENTORY_SCHEMA.names)
    known["printed_rows"] = set(PRINTED_ROWS_SCHEMA.names)
    known["readings"] = set(READINGS_SCHEMA.names)
    known["codes"] = {path.stem for path in (SCHEMAS / "codes").glob("*.csv")}
    return known


def _upstream(step: str) -> set[str]:
    inputs = {each.name: each.inputs for each in PLAN}
    # The years of the daily counts are made by this step, which itself makes their listing.
    inputs[DAILY_TABLE] = inputs[DAILY_LOAD]
    if step in (DAILY_LOAD, DAILY_TABLE):
        return {DAILY_LOAD, DAILY_TABLE}.union(*(_upstream(name) for name in inputs[DAILY_LOAD]))
    return {step}.union(*(_upstream(name) for name in inputs[step]))


@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_lineage_leads_to_columns_that_exist_upstream(table: str, name: str) -> None:
    known = _sources()
    (column,) = [column for column in CONTRACTS[table].columns if column.name == name]
    upstream = _upstream(table) - {table}
    for source in column.derived_from:
        origin, origin_column = source.split(".")
        assert origin_column in known.get(origin, ()), source
        if origin == "codes":
            assert origin_column == table
            assert table in CODE_LISTS
        else:
            assert origin in upstream, f"{source} is not made before {table}"


# --- blocks and fingerprints ----------------------------------------------------------------------


def test_provenance_is_shared_by_the_facts_and_comes_last() -> None:
    meta = SCHEMAS / "meta" / "block.schema.json"
    figure = load_yaml(SCHEMAS / "blocks" / "provenance.yaml", meta)["columns"]
    source = load_yaml(SCHEMAS / "blocks" / "source.yaml", meta)["columns"]
    assert figure[-1] == {"block": "source"}
    names = tuple(column["name"] for column in (*figure[:-1], *source))
    for table, value_type in (("deployments", "int64"), ("sis_statistics", "float64")):
        contract = CONTRACTS[table]
        assert contract.names[-len(names) :] == names
        types = {column.name: column.type for column in contract.columns}
        bounds = {types[name] for name in ("value", "value_low", "value_high")}
        assert bounds == {value_type}
        rules = [(rule.name, rule.parameters) for rule in contract.rules]
        assert (
            rules.count(
                ("within_interval", {"value": "value", "low": "value_low", "high": "value_high"})
            )
            == 1
        )
        lineage = {column.derived_from for column in contract.columns[-len(names) :]}
        assert lineage == {
            (
                "printed_rows.fields",
                "printed_rows.document_id",
                "printed_rows.locator",
                "printed_rows.verification",
                "printed_rows.correction_id",
            )
        }


def test_block_is_put_where_it_is_named_and_is_a_float_unless_said(schemas: Path) -> None:
    _edit(schemas, "tables/deployments.yaml", "    value_type: int64\n", "")
    path = schemas / "tables" / "deployments.yaml"
    text = path.read_text("utf-8").replace(
        "rules:\n", "  - name: after\n    type: bool\n    title: Aft"
    )
    head, _ = text.split("    title: Aft")
    path.write_text(
        f"{head}    title: After\n    title_nl: Erna\n    description: Last.\n", "utf-8"
    )
    contract = load_contract(path, schemas)
    assert contract.names[-2:] == ("correction_id", "after")
    assert contract.columns[contract.names.index("value_low")].type == "float64"
    assert [rule.name for rule in contract.rules] == ["within_interval"]


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        (
            "tables/missions.yaml",
            "group: codes",
            "group: codes  # of the letter\n# and more",
            set(),
        ),
        ("tables/missions.yaml", "rules:\n", "\n\nrules:\n", set()),
        ("tables/missions.yaml", "primary_key: [mission_id]", "primary_key:\n- mission_id", set()),
        ("tables/missions.yaml", "[active, closed,", "[active, sleeping, closed,", {"missions"}),
        ("tables/missions.yaml", "Who leads the mission.", "Who leads it.", {"missions"}),
        ("tables/missions.yaml", "[start, end, mandate", "[end, start, mandate", {"missions"}),
        (
            "blocks/provenance.yaml",
            "[exact, rounded,",
            "[exact, guessed, rounded,",
            {"deployments", "sis_statistics"},
        ),
        ("blocks/provenance.yaml", "block: provenance", "block: provenance # once", set()),
    ],
)
def test_fingerprint_changes_with_the_meaning_only(
    schemas: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    _edit(schemas, file, old, new)
    names = ("countries", "missions", "deployments", "sis_statistics")
    found = {name: load_contract(schemas / "tables" / f"{name}.yaml", schemas) for name in names}
    assert changed == {n for n in names if found[n].fingerprint != CONTRACTS[n].fingerprint}


# --- what a contract accepts and refuses: the published tables ------------------------------------


@pytest.mark.parametrize("name", CONTRACTS)
def test_published_table_is_accepted(tables: dict[str, pa.Table], name: str) -> None:
    assert tables[name].num_rows > 0
    assert contract_failures(CONTRACTS[name], tables[name]) == []
    assert foreign_key_failures(CONTRACTS[name], tables) == []
    assert tables[name].schema.equals(CONTRACTS[name].arrow_schema, check_metadata=True)


@pytest.mark.parametrize("name", CONTRACTS)
def test_published_table_satisfies_pandera_itself(tables: dict[str, pa.Table], name: str) -> None:
    frame = tables[name].to_pandas(types_mapper=pd.ArrowDtype)
    assert pandera_schema(CONTRACTS[name]).validate(frame, lazy=True).equals(frame)


@pytest.mark.parametrize("name", CONTRACTS)
def test_pandera_refuses_columns_too_many_too_few_or_in_another_order(
    tables: dict[str, pa.Table], name: str
) -> None:
    frame = tables[name].to_pandas(types_mapper=pd.ArrowDtype)
    first = frame.columns[0]
    for bad in (frame.assign(extra=1), frame.drop(columns=first), frame[frame.columns[::-1]]):
        with pytest.raises(pandera.errors.SchemaErrors):
            pandera_schema(CONTRACTS[name]).validate(bad, lazy=True)


@pytest.mark.parametrize("name", CONTRACTS)
def test_columns_too_many_too_few_or_in_another_order(
    tables: dict[str, pa.Table], name: str
) -> None:
    table, contract = tables[name], CONTRACTS[name]
    expected = f"columns are {', '.join(contract.names)}"
    reordered = table.select([*contract.names[1:], contract.names[0]])
    extra = table.append_column("extra", pa.nulls(table.num_rows, pa.int64()))
    for bad in (extra, table.drop_columns(contract.names[-1]), reordered):
        (failure,) = contract_failures(contract, bad)
        assert (failure.check, failure.row) == (expected, None)
        assert failure.value.startswith(", ".join(bad.schema.names)[:SHOWN_VALUE_CHARACTERS])


@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_column_of_another_type(tables: dict[str, pa.Table], table: str, name: str) -> None:
    place = tables[table].schema.get_field_index(name)
    have = tables[table].schema.field(place).type
    other = pa.int64() if have != pa.int64() else pa.int32()
    bad = tables[table].set_column(place, name, pa.nulls(tables[table].num_rows, other))
    expected = [Failure(f"type is {have}", name, value=str(other))]
    assert contract_failures(CONTRACTS[table], bad) == expected


REQUIRED = [
    (t, c.name) for t, contract in CONTRACTS.items() for c in contract.columns if not c.nullable
]


@pytest.mark.parametrize(("table", "name"), REQUIRED)
def test_missing_value(tables: dict[str, pa.Table], table: str, name: str) -> None:
    row = _last(tables[table])
    found = contract_failures(CONTRACTS[table], _with(tables[table], row, **{name: None}))
    assert Failure("has a value", name, row) in found
    assert {failure.row for failure in found} <= {row, None}  # None: other rows may refer to it


BOUNDED = [
    (table, column.name)
    for table, contract in CONTRACTS.items()
    for column in contract.columns
    if column.domain or column.pattern or column.minimum is not None
]


@pytest.mark.parametrize(("table", "name"), BOUNDED)
def test_value_outside_its_domain_pattern_or_minimum(
    tables: dict[str, pa.Table], table: str, name: str
) -> None:
    (column,) = [column for column in CONTRACTS[table].columns if column.name == name]
    expected: dict[str, object] = {}
    if column.domain:
        expected[f"is one of {', '.join(column.domain)}"] = "no such value"
    if column.pattern:
        expected[f"matches {column.pattern}"] = "~"
    if column.minimum is not None:
        expected[f"is at least {column.minimum:,g}"] = column.minimum - 1
    row = _last(tables[table])
    for check, value in expected.items():
        found = contract_failures(CONTRACTS[table], _with(tables[table], row, **{name: value}))
        told = {(failure.check, failure.column, failure.row) for failure in found}
        assert (check, name, row) in told
        assert {failure.row for failure in found} == {row}


PATTERNED = [
    (t, c.name) for t, contract in CONTRACTS.items() for c in contract.columns if c.pattern
]


@pytest.mark.parametrize(("table", "name"), PATTERNED)
def test_pattern_that_ends_allows_no_line_end_after_it(
    tables: dict[str, pa.Table], table: str, name: str
) -> None:
    (column,) = [column for column in CONTRACTS[table].columns if column.name == name]
    filled = tables[table].filter(pa.compute.is_valid(tables[table].column(name)))
    value = f"{filled.column(name)[0].as_py()}\n"
    found = contract_failures(CONTRACTS[table], _with(filled, 0, **{name: value}))
    is_told = f"matches {column.pattern}" in {failure.check for failure in found}
    assert is_told == (column.pattern or "").endswith("$")


@pytest.mark.parametrize("name", CONTRACTS)
def test_same_key_twice_is_told_on_both_rows(tables: dict[str, pa.Table], name: str) -> None:
    table = tables[name]
    row = _last(table)
    found = contract_failures(CONTRACTS[name], pa.concat_tables([table, table.slice(row, 1)]))
    assert found == [Failure("primary key is unique", row=n) for n in (row, row + 1)]


@pytest.mark.parametrize(
    ("length", "fits"), [(1, True), (0, False), (32_000, True), (32_001, False)]
)
def test_length_of_a_text(length: int, fits: bool) -> None:
    contract = _contract([_column("id", "int64"), _column("text", "string")])
    table = table_from_rows(contract, [{"id": 1, "text": "a"}, {"id": 2, "text": "é" * length}])
    found = contract_failures(contract, table)
    assert MAX_CELL_CHARACTERS == 32_000
    told = [(failure.check, failure.column, failure.row) for failure in found]
    assert told == ([] if fits else [("has 1 to 32,000 characters", "text", 1)])
    assert all(len(str(failure)) < 200 for failure in found)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_float_that_is_no_number_is_refused(value: float) -> None:
    contract = _contract([_column("id", "int64"), _column("value", "float64")])
    table = table_from_rows(contract, [{"id": 1, "value": 1.5}, {"id": 2, "value": value}])
    assert {(f.column, f.row) for f in contract_failures(contract, table)} == {("value", 1)}


def test_maximum_and_minimum_include_themselves() -> None:
    bounded = _column("share", "float64", minimum=0, maximum=100)
    contract = _contract([_column("id", "int64"), bounded])
    values = [0.0, 100.0, 100.5, -0.5]
    rows = [{"id": n, "share": value} for n, value in enumerate(values)]
    found = {(f.check, f.row) for f in contract_failures(contract, table_from_rows(contract, rows))}
    assert found == {("is at most 100", 2), ("is at least 0", 3)}


def test_all_failures_are_told_at_once_each_once(tables: dict[str, pa.Table]) -> None:
    bad = _with(tables["deployments"], 2, value=-1, population="nobody")
    bad = _with(bad, 4, as_printed=None)
    found = contract_failures(CONTRACTS["deployments"], bad)
    assert len(set(found)) == len(found)
    domain = next(c.domain for c in CONTRACTS["deployments"].columns if c.name == "population")
    assert set(found) == {
        Failure(f"is one of {', '.join(domain)}", "population", 2, "nobody"),
        Failure("has a value", "as_printed", 4),
        Failure("within_interval(value=value, low=value_low, high=value_high)", row=2),
    }


def test_foreign_key_that_leads_nowhere(tables: dict[str, pa.Table]) -> None:
    bad = _with(tables["deployments"], 3, mission_id="EUMA_MISSPELT")
    found = foreign_key_failures(CONTRACTS["deployments"], {**tables, "deployments": bad})
    assert found == [Failure("stands in missions.mission_id", "mission_id", 3, "EUMA_MISSPELT")]


def test_foreign_key_may_be_empty() -> None:
    contract = contract_from_mapping(
        {
            **_contract(
                [_column("id", "int64"), _column("parent", "int64", nullable=True)]
            ).resolved,
            "foreign_keys": [{"column": "parent", "references": "made_up.id"}],
        }
    )
    table = table_from_rows(contract, [{"id": 1}, {"id": 2, "parent": 1}, {"id": 3, "parent": 4}])
    found = foreign_key_failures(contract, {"made_up": table})
    assert found == [Failure("stands in made_up.id", "parent", 2, "4")]


def test_failure_is_told_in_a_line_and_shortened() -> None:
    assert str(Failure("has a value", "end", 0)) == "row 1, column end: has a value"
    assert str(Failure("not_empty()")) == "table: not_empty()"
    contract = _contract([_column("id", "int64"), _column("text", "string", domain=["a"])])
    table = table_from_rows(contract, [{"id": 1, "text": "x" * 1000}])
    (failure,) = contract_failures(contract, table)
    assert failure.value == f"{'x' * 80}… (1,000 characters)"


# --- the named rules ------------------------------------------------------------------------------


def _column(name: str, kind: str, **more: Any) -> Row:
    told = {"title": name, "title_nl": name, "description": name}
    return {"name": name, "type": kind, **told, **more}


def _contract(columns: list[Row], *rules: Row, key: str = "id") -> Contract:
    return contract_from_mapping(
        {
            **dict.fromkeys(("table", "title", "title_nl", "description"), "made_up"),
            "group": "code",
            "primary_key": [key],
            "columns": columns,
            "rules": list(rules),
        }
    )


class RuleCase(NamedTuple):
    """A rule, rows that satisfy it and rows that don't; empty values included."""

    rule: Row
    types: dict[str, str]
    good: list[tuple[Any, ...]]
    bad: list[tuple[Any, ...]]


def _day(day: int) -> dt.date:
    return dt.date(2025, 5, day)


STOCK = {"condition": "kind", "values": ["stock", "mean"]}
ROW_RULES = [
    RuleCase(
        {"rule": "within_interval", "value": "v", "low": "l", "high": "h"},
        {"v": "float64", "l": "float64", "h": "float64"},
        [(1.5, 1.5, 1.5), (1, None, 1), (1, 1, None), (None, 1, 2), (1, None, None)],
        [(1, 1.1, 2), (3, 1, 2.9), (3, None, 2), (0, 1, None)],
    ),
    RuleCase(
        {"rule": "within_interval", "value": "v", "low": "l", "high": "h"},
        {"v": "int64", "l": "int64", "h": "int64"},
        [(2**53 + 1, 2**53 + 1, 2**53 + 1)],
        [(2**53 + 1, 2**53, 2**53)],
    ),
    RuleCase(
        {"rule": "not_after", "earlier": "a", "later": "b"},
        {"a": "date", "b": "date"},
        [(_day(1), _day(1)), (_day(1), _day(2)), (None, _day(1)), (_day(1), None)],
        [(_day(2), _day(1))],
    ),
    RuleCase(
        {"rule": "adds_up", "total": "t", "parts": ["a", "b"]},
        {"t": "int64", "a": "int64", "b": "int64"},
        [(3, 1, 2), (0, 0, 0), (None, 1, 2), (3, None, 2), (3, None, None)],
        [(3, 1, 1), (2, 1, 2)],
    ),
    RuleCase(
        {"rule": "given_exactly_when", "column": "c", **STOCK},
        {"c": "int64", "kind": "string"},
        [(1, "stock"), (1, "mean"), (None, "flow"), (None, None)],
        [(1, "flow"), (None, "stock"), (1, None)],
    ),
    RuleCase(
        {"rule": "empty_unless", "column": "c", **STOCK},
        {"c": "int64", "kind": "string"},
        [(1, "stock"), (None, "stock"), (None, "flow"), (None, None)],
        [(1, "flow"), (1, None)],
    ),
    RuleCase(
        {"rule": "one_of_when", "column": "c", "allowed": ["x", "y"], **STOCK},
        {"c": "string", "kind": "string"},
        [("x", "stock"), ("y", "mean"), ("z", "flow"), ("z", None), (None, "flow")],
        [("z", "stock"), ("X", "mean")],
    ),
    RuleCase(
        {"rule": "given_together", "columns": ["a", "b", "c"]},
        {"a": "string", "b": "date", "c": "int64"},
        [("x", _day(1), 0), (None, None, None)],
        [("x", None, None), (None, _day(1), 1), ("x", _day(1), None)],
    ),
    RuleCase(
        {"rule": "exactly_one_given", "columns": ["a", "b"]},
        {"a": "string", "b": "string"},
        [("x", None), (None, "x")],
        [(None, None), ("x", "x")],
    ),
    RuleCase(
        {"rule": "edtf", "columns": ["a", "b"]},
        {"a": "string", "b": "string"},
        [("2024", "2024-02-29"), (None, "2024-05"), ("2013-04-09/2013-12-31", None), (None, None)],
        [("2024-02-30", "2024"), ("2024", "24-05-2024"), ("2024/2023", None), ("mei 2024", None)],
    ),
]
YEARS = (dt.date(2024, 1, 1), dt.date(2025, 1, 1))
YEAR = [(dt.date.fromordinal(day),) for day in range(*map(dt.date.toordinal, YEARS))]
TABLE_RULES = [
    RuleCase({"rule": "not_empty"}, {"c": "int64"}, [(1,)], []),
    *(
        RuleCase({"rule": "days_of_whole_years", "column": "day"}, {"day": "date"}, YEAR, bad)
        for bad in (YEAR[1:], YEAR[:-1], YEAR[:100] + YEAR[101:])
    ),
    RuleCase(
        {"rule": "parents_exist_without_cycle", "key": "k", "parents": ["p"]},
        {"k": "string", "p": "string"},
        [("total", None), ("persons", "total"), ("missing", "persons"), ("other", None)],
        [("a", "b"), ("b", "c"), ("c", "a")],
    ),
    RuleCase(
        {"rule": "parents_exist_without_cycle", "key": "k", "parents": ["p"]},
        {"k": "string", "p": "string"},
        [("total", None), ("total", None)],
        [("total", None), ("persons", "totl")],
    ),
    RuleCase(
        {"rule": "parents_exist_without_cycle", "key": "k", "parents": ["p", "q"]},
        {"k": "string", "p": "string", "q": "string"},
        [("total", None, None), ("a", "total", None), ("b", "total", None), ("c", "a", "b")],
        [("total", None, None), ("a", "total", "totl")],
    ),
    RuleCase(
        {"rule": "parents_exist_without_cycle", "key": "k", "parents": ["p", "q"]},
        {"k": "string", "p": "string", "q": "string"},
        [("total", None, None), ("a", None, "total"), ("b", "a", "a")],
        [("a", "b", None), ("b", None, "a")],
    ),
    RuleCase(
        {"rule": "parents_exist_without_cycle", "key": "k", "parents": ["p", "q"]},
        {"k": "string", "p": "string", "q": "string"},
        [("total", None, None)],
        [("total", None, "total")],
    ),
]


def _case_table(case: RuleCase, rows: list[tuple[Any, ...]]) -> tuple[Contract, pa.Table]:
    columns = [_column("id", "int64")]
    columns += [_column(name, kind, nullable=True) for name, kind in case.types.items()]
    contract = _contract(columns, case.rule)
    names = list(case.types)
    made = [{"id": n, **dict(zip(names, row, strict=True))} for n, row in enumerate(rows)]
    return contract, table_from_rows(contract, made)


def _told(rule: Row) -> str:
    parameters = ", ".join(f"{key}={value}" for key, value in rule.items() if key != "rule")
    return f"{rule['rule']}({parameters})"


def test_each_rule_is_tried() -> None:
    tried = {case.rule["rule"]: "row" for case in ROW_RULES}
    tried |= {case.rule["rule"]: "table" for case in TABLE_RULES}
    assert tried == {name: level for name, (level, _) in _RULES.items()}


@pytest.mark.parametrize("case", ROW_RULES, ids=lambda case: case.rule["rule"])
def test_row_rule_accepts(case: RuleCase) -> None:
    for row in case.good:
        contract, table = _case_table(case, [row])
        assert contract_failures(contract, table) == [], row
    contract, table = _case_table(case, case.good)
    assert contract_failures(contract, table) == []
    contract, table = _case_table(case, [])
    assert contract_failures(contract, table) == []


@pytest.mark.parametrize("case", ROW_RULES, ids=lambda case: case.rule["rule"])
def test_row_rule_tells_each_failing_row_once(case: RuleCase) -> None:
    mixed = [*case.good, *case.bad, case.good[0]]
    contract, table = _case_table(case, mixed)
    failing = range(len(case.good), len(case.good) + len(case.bad))
    assert contract_failures(contract, table) == [Failure(_told(case.rule), row=n) for n in failing]


@pytest.mark.parametrize("case", TABLE_RULES, ids=lambda case: case.rule["rule"])
def test_table_rule(case: RuleCase) -> None:
    contract, table = _case_table(case, case.good)
    assert contract_failures(contract, table) == []
    contract, table = _case_table(case, case.bad)
    (failure,) = contract_failures(contract, table)
    assert (failure.check, failure.row, failure.column) == (_told(case.rule), None, None)


# --- broken contracts -----------------------------------------------------------------------------


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Return a copy of the schemas that may be damaged."""
    for folder in ("tables", "blocks", "layouts", "meta"):
        shutil.copytree(SCHEMAS / folder, tmp_path / "schemas" / folder)
    return tmp_path / "schemas"


def _edit(schemas: Path, file: str, old: str, new: str) -> None:
    path = schemas / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def _line(file: str, text: str) -> int:
    lines = (SCHEMAS / file).read_text("utf-8").splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)


def _load(schemas: Path, file: str) -> None:
    """Load the contract in `file`, or one that uses the block in it."""
    contract = file if file.startswith("tables/") else "tables/deployments.yaml"
    load_contract(schemas / contract, schemas)


HOSTS = "tables/mission_hosts.yaml"
PROVENANCE = "blocks/provenance.yaml"
BROKEN_SCHEMA = {
    "unknown type": (HOSTS, "type: date", "type: decimal", "columns[3].type", "'decimal'"),
    "unknown key of a column": (
        HOSTS,
        "    title: Host country\n",
        "    title: Host country\n    colour: red\n",
        "columns[1]",
        "'colour'",
    ),
    "missing key of a column": (HOSTS, "    title: Host country\n", "", "columns[1]", "'title'"),
    "pattern that is no pattern": (
        "tables/missions.yaml",
        '"^[A-Z][A-Z0-9_]*$"',
        '"^[A-Z"',
        "columns[0].pattern",
        "'^[A-Z'",
    ),
    "unknown group": (HOSTS, "group: codes", "group: cod", "group", "'cod'"),
    "unknown key": (HOSTS, "group: codes", "group: codes\ngrp: a", "(top level)", "'grp'"),
    "empty primary key": (
        HOSTS,
        "primary_key: [mission_id, country_code]",
        "primary_key: []",
        "primary_key",
        "[]",
    ),
    "foreign key without a column": (
        HOSTS,
        "references: missions.mission_id",
        "references: missions",
        "foreign_keys[0].references",
        "'missions'",
    ),
    "block of an unknown type": (
        PROVENANCE,
        "type: string",
        "type: text",
        "columns[1].type",
        "'text'",
    ),
    "unknown key of a block's column": (
        PROVENANCE,
        "    title: Unit\n",
        "    title: Unit\n    colour: red\n",
        "columns[1]",
        "'colour'",
    ),
}


@pytest.mark.parametrize("damage", BROKEN_SCHEMA.values(), ids=list(BROKEN_SCHEMA))
def test_broken_schema_is_told_with_file_line_and_key(
    schemas: Path, damage: tuple[str, str, str, str, str]
) -> None:
    file, old, new, key, found = damage
    _edit(schemas, file, old, new)
    with pytest.raises(ConfigurationError) as caught:
        _load(schemas, file)
    (message,) = str(caught.value).splitlines()
    place, _, problem = message.partition(": ")
    assert place.startswith(f"{schemas / file}, line ")
    assert place.endswith(f", key {key}")
    assert found in problem
    assert len(problem) < 200, "tells the problem, not the whole entry"


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (HOSTS, "    type: date\n", "    type: decimal\n", _line(HOSTS, "type: date")),
        (HOSTS, "group: codes", "group: cod", 2),
        (PROVENANCE, "type: string", "type: text", _line(PROVENANCE, "type: string")),
    ],
)
def test_line_is_that_of_the_key(schemas: Path, file: str, old: str, new: str, line: int) -> None:
    _edit(schemas, file, old, new)
    with pytest.raises(ConfigurationError, match=rf"{Path(file).name}, line {line}, key "):
        _load(schemas, file)


BROKEN_MEANING: dict[str, tuple[str, str, str, list[str]]] = {
    "unknown rule": (
        HOSTS,
        "rule: not_empty",
        "rule: not_emtpy",
        ["mission_hosts.yaml", "key rules", "'not_emtpy'", "'not_empty'"],
    ),
    "unknown rule parameter": (
        HOSTS,
        "    later: valid_until",
        "    latest: valid_until",
        ["mission_hosts.yaml", "key rules", "'not_after'", "'latest'", "'later'"],
    ),
    "missing rule parameter": (
        HOSTS,
        "    later: valid_until\n",
        "",
        ["mission_hosts.yaml", "key rules", "'not_after'", "['earlier']", "'later'"],
    ),
    "rule on an unknown column": (
        HOSTS,
        "    later: valid_until",
        "    later: valid_untl",
        ["mission_hosts.yaml", "key rules", "'not_after'", "'valid_untl'"],
    ),
    "rule on an unknown column in a list": (
        "tables/missions.yaml",
        "[start, end, mandate_until]",
        "[start, finish, mandate_until]",
        ["missions.yaml", "key rules", "'edtf'", "'finish'"],
    ),
    "rule of a block": (
        PROVENANCE,
        "high: value_high",
        "high: value_top",
        ["deployments.yaml", "key rules", "'within_interval'", "'value_top'"],
    ),
    "column twice": (
        HOSTS,
        "- name: note",
        "- name: certainty",
        ["mission_hosts.yaml", "key columns", "'certainty'", "more than once"],
    ),
    "column also in the block": (
        "tables/deployments.yaml",
        "- name: measure",
        "- name: unit",
        ["deployments.yaml", "key columns", "'unit'", "more than once"],
    ),
    "primary key that is no column": (
        HOSTS,
        "primary_key: [mission_id, country_code]",
        "primary_key: [mission_id, land]",
        ["mission_hosts.yaml", "'land'", "no columns of the table"],
    ),
    "foreign key of no column": (
        HOSTS,
        "{column: mission_id",
        "{column: missie",
        ["mission_hosts.yaml", "'missie'", "no columns of the table"],
    ),
    "key twice": (
        HOSTS,
        "group: codes",
        "group: codes\ngroup: collect",
        ["mission_hosts.yaml, line 3", 'duplicate key "group"'],
    ),
    "no YAML": (
        HOSTS,
        "primary_key: [mission_id, country_code]",
        "primary_key: [mission_id, country_code",
        ["mission_hosts.yaml, line ", "no valid YAML"],
    ),
    "tab": (
        HOSTS,
        "group: codes",
        "\tgroup: codes",
        ["mission_hosts.yaml, line 2", "no valid YAML"],
    ),
    "name of another table": (
        HOSTS,
        "table: mission_hosts",
        "table: hosts",
        ["mission_hosts.yaml", "key table", "'hosts'", "'mission_hosts'"],
    ),
    "unknown block": (
        "tables/deployments.yaml",
        "block: provenance",
        "block: herkomst",
        ["herkomst.yaml", "can't be read"],
    ),
}


@pytest.mark.parametrize("damage", BROKEN_MEANING.values(), ids=list(BROKEN_MEANING))
def test_contract_that_makes_no_sense_is_told(
    schemas: Path, damage: tuple[str, str, str, list[str]]
) -> None:
    file, old, new, expected = damage
    _edit(schemas, file, old, new)
    with pytest.raises(ConfigurationError) as caught:
        _load(schemas, file)
    for text in expected:
        assert text in str(caught.value)


@pytest.mark.parametrize("target", ["missies.mission_id", "missions.id"])
def test_foreign_key_to_nowhere_is_told(schemas: Path, target: str) -> None:
    _edit(schemas, HOSTS, "references: missions.mission_id", f"references: {target}")
    told = f"mission_hosts.yaml, key foreign_keys: mission_id refers to {target}, which no contract"
    with pytest.raises(ConfigurationError, match=told):
        load_contracts(schemas)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "line 1: found no mapping"),
        (b"- a\n- b\n", "line 1: found no mapping"),
        (b"table: \xe9\xe8\n", "no valid YAML in UTF-8"),
        (b"a: \x00\n", "no valid YAML"),
        (b"# " + b"x" * 1_000_001, "1,000,003 bytes, expected at most 1,000,000"),
    ],
    ids="empty list latin-1 nul large".split(),
)
def test_file_that_is_no_contract_is_told(schemas: Path, content: bytes, expected: str) -> None:
    (schemas / HOSTS).write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"mission_hosts.yaml.*{expected}"):
        _load(schemas, HOSTS)


def test_all_problems_of_a_file_are_told(schemas: Path) -> None:
    _edit(schemas, HOSTS, "group: codes", "group: cod")
    _edit(schemas, HOSTS, "kinds: [parquet, csv]", "kinds: [a, b, c, d]")
    with pytest.raises(ConfigurationError) as caught:
        _load(schemas, HOSTS)
    keys = [
        line.partition(", key ")[2].partition(":")[0] for line in str(caught.value).splitlines()
    ]
    assert keys == ["group", "kinds"]


def test_folder_without_contracts_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="found no contracts"):
        load_contracts(tmp_path)


def test_primary_key_that_may_be_empty_is_refused(schemas: Path) -> None:
    told = "    description: The mission.\n"
    _edit(schemas, HOSTS, told, f"{told}    nullable: true\n")
    with pytest.raises(ConfigurationError, match=r"mission_hosts\.yaml.*'mission_id'"):
        _load(schemas, HOSTS)


def test_values_of_a_rule_are_a_list(schemas: Path) -> None:
    """A text in place of a list would be taken for the list of its letters."""
    file = "tables/sis_statistics.yaml"
    _edit(schemas, file, "    values: [stock]\n", "    values: stock\n")
    with pytest.raises(ConfigurationError, match=r"sis_statistics\.yaml.*values"):
        _load(schemas, file)
