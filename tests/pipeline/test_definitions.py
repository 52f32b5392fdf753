"""What the code location consists of."""

import datetime as dt
import hashlib
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from conftest import ROOT
from ipsdata.contracts import Contract
from ipsdata.plan import (
    DAILY_LOAD_SCHEMA,
    INVENTORY_SCHEMA,
    PLAN,
    PRINTED_ROWS_SCHEMA,
    READINGS_SCHEMA,
    Workspace,
)
from ipsdata.settings import Settings
from pipelines.definitions import build_definitions
from pipelines.documents import document_specs

CONTRACT_TABLES = {
    "caribbean_staffing",
    "code_titles",
    "cooperation_partners",
    "cooperation_register",
    "corrections",
    "countries",
    "deployments",
    "dim_date",
    "documents",
    "mission_aliases",
    "mission_hosts",
    "missions",
    "organisations",
    "quantities",
    "reconciliations",
    "rejected_rows",
    "reporting_deployments",
    "reporting_sis",
    "sis_annual",
    "sis_breaks",
    "sis_categories",
    "sis_conflicts",
    "sis_daily_partitions",
    "sis_derived",
    "sis_indicators",
    "sis_membership",
    "sis_monthly_counts",
    "sis_source_kinds",
    "sis_statistics",
}
DAILY = "sis_daily_counts"

DOCUMENTS = {
    "data/raw/letters/2025-06-12/captures.csv",
    "data/raw/letters/2025-06-12/deployments.csv",
    "data/raw/letters/2025-06-12/letter.txt",
    "data/raw/sis/1999-2024/figures.csv",
}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions(Settings(raw_dir=ROOT / "data" / "raw", schemas_dir=ROOT / "schemas"))


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return Workspace(Settings(schemas_dir=ROOT / "schemas")).contracts


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_assets_and_groups(specs: dict[str, dg.AssetSpec]) -> None:
    raw = {"documents", "sources"}
    made = {key: spec.group_name for key, spec in specs.items() if spec.group_name not in raw}
    assert made == {
        "inventory": "collect",
        "readings": "read",
        "printed_rows": "extract",
        "corrections": "account",
        "code_titles": "codes",
        "countries": "codes",
        "mission_aliases": "codes",
        "mission_hosts": "codes",
        "missions": "codes",
        "organisations": "codes",
        "sis_breaks": "codes",
        "sis_categories": "codes",
        "sis_indicators": "codes",
        "sis_membership": "codes",
        "sis_source_kinds": "codes",
        "sis_daily_counts": "daily",
        "daily_load": "daily",
        "sis_daily_partitions": "daily",
        "sis_monthly_counts": "daily",
        "daily_annual": "daily",
        "deployments": "code",
        "sis_statistics": "code",
        "caribbean_staffing": "code",
        "cooperation_register": "code",
        "cooperation_partners": "code",
        "reconciliations": "reconcile",
        "sis_conflicts": "mart",
        "sis_annual": "mart",
        "sis_derived": "mart",
        "reporting_deployments": "mart",
        "reporting_sis": "mart",
        "dim_date": "mart",
        "quantities": "account",
        "rejected_rows": "account",
        "documents": "account",
        "release": "release",
        "report": "release",
    }


def test_the_release_waits_for_every_table(specs: dict[str, dg.AssetSpec]) -> None:
    assert upstream(specs["release"]) == CONTRACT_TABLES


def test_the_report_is_that_of_the_release(specs: dict[str, dg.AssetSpec]) -> None:
    assert upstream(specs["report"]) == {"release"}
    assert specs["report"].kinds == {"html"}


def test_dependencies_are_those_of_the_plan(specs: dict[str, dg.AssetSpec]) -> None:
    for step in PLAN:
        outside = {"inventory": DOCUMENTS, "daily_load": {DAILY}}.get(step.name, set())
        assert upstream(specs[step.name]) == {*step.inputs, *outside}


def test_daily_counts_have_a_partition_a_year_and_one_run_a_backfill(
    definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]
) -> None:
    assert upstream(specs[DAILY]) == {*DOCUMENTS, "sis_categories", "sis_membership"}
    years = specs[DAILY].partitions_def
    assert years is not None
    keys = years.get_partition_keys()
    assert keys[0] == "1995"
    assert keys[-1] == str(dt.datetime.now(dt.UTC).year)
    policy = definitions.resolve_asset_graph().get(dg.AssetKey(DAILY)).backfill_policy
    assert policy == dg.BackfillPolicy.single_run()
    job = definitions.resolve_job_def("load_daily_counts")
    assert job.asset_layer.executable_asset_keys == {dg.AssetKey(DAILY)}


def test_raw_documents_stand_before_the_inventory(specs: dict[str, dg.AssetSpec]) -> None:
    documents = {key: spec for key, spec in specs.items() if spec.group_name == "documents"}
    assert set(documents) == DOCUMENTS
    letter = documents["data/raw/letters/2025-06-12/letter.txt"]
    assert "Not at hand" in str(letter.description)
    assert letter.kinds == {"text"}
    figures = documents["data/raw/sis/1999-2024/figures.csv"]
    path = ROOT / "data" / "raw" / "sis" / "1999-2024" / "figures.csv"
    assert figures.metadata["size_bytes"].value == path.stat().st_size
    assert figures.metadata["sha256"].value == hashlib.sha256(path.read_bytes()).hexdigest()


def test_without_raw_data_there_are_no_documents(tmp_path: Path) -> None:
    settings = Settings(raw_dir=tmp_path / "nothing", schemas_dir=ROOT / "schemas")
    assert document_specs(Workspace(settings)) == []


def upstream(spec: dg.AssetSpec) -> set[str]:
    return {dep.asset_key.to_user_string() for dep in spec.deps}


def test_checks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found = {
        (key.asset_key.to_user_string(), key.name): graph.get(key).blocking
        for key in graph.asset_check_keys
    }
    assert found == {
        ("caribbean_staffing", "contract"): True,
        ("code_titles", "contract"): True,
        ("cooperation_partners", "contract"): True,
        ("cooperation_register", "contract"): True,
        ("corrections", "contract"): True,
        ("countries", "contract"): True,
        ("deployments", "contract"): True,
        ("dim_date", "contract"): True,
        ("documents", "contract"): True,
        ("documents", "sources_fresh"): False,
        ("mission_aliases", "contract"): True,
        ("mission_hosts", "contract"): True,
        ("missions", "contract"): True,
        ("organisations", "contract"): True,
        ("quantities", "captures_verified"): False,
        ("quantities", "contract"): True,
        ("quantities", "quantities_accounted"): False,
        ("readings", "readers_sure"): False,
        ("reconciliations", "contract"): True,
        ("reconciliations", "editions"): False,
        ("reconciliations", "errors"): True,
        ("reconciliations", "warnings"): False,
        ("rejected_rows", "contract"): True,
        ("rejected_rows", "nothing_rejected"): False,
        ("reporting_deployments", "contract"): True,
        ("reporting_sis", "contract"): True,
        ("sis_annual", "contract"): True,
        ("sis_breaks", "contract"): True,
        ("sis_categories", "contract"): True,
        ("sis_conflicts", "contract"): True,
        ("sis_daily_counts", "contract"): True,
        ("sis_daily_partitions", "contract"): True,
        ("sis_derived", "contract"): True,
        ("sis_indicators", "contract"): True,
        ("sis_membership", "contract"): True,
        ("sis_monthly_counts", "contract"): True,
        ("sis_source_kinds", "contract"): True,
        ("sis_statistics", "contract"): True,
        ("sources/letters", "in_time"): False,
        ("sources/sis", "in_time"): False,
    }


def test_one_job_of_all_assets_and_checks_in_one_process(definitions: dg.Definitions) -> None:
    names = {job.name for job in definitions.resolve_all_job_defs()}
    assert {name for name in names if not name.startswith("__")} == {
        "build_release",
        "load_daily_counts",
    }
    job = definitions.resolve_job_def("build_release")
    assert job.executor_def.name == "in_process"
    assert len(job.asset_layer.executable_asset_keys) == 36
    assert dg.AssetKey(DAILY) not in job.asset_layer.executable_asset_keys


def test_schedule(definitions: dg.Definitions) -> None:
    schedules = definitions.get_repository_def().schedule_defs
    found = [
        (s.name, s.cron_schedule, s.execution_timezone, s.job_name, s.default_status.value)
        for s in schedules
    ]
    assert found == [("daily", "0 6 * * *", "Europe/Amsterdam", "build_release", "STOPPED")]


def test_every_asset_says_what_it_is_and_whose(specs: dict[str, dg.AssetSpec]) -> None:
    for spec in specs.values():
        assert spec.description
        assert list(spec.owners) == ["team:ipsdata"]
        assert spec.kinds
    assert specs["deployments"].kinds == {"parquet", "python"}
    assert specs["inventory"].kinds == {"python"}
    assert specs["missions"].kinds == {"parquet", "csv"}
    assert str(specs["deployments"].description).startswith("**Deployments** (Uitzendingen).")


def columns(spec: dg.AssetSpec) -> dict[str, dg.TableColumn]:
    return {c.name: c for c in spec.metadata["dagster/column_schema"].value.columns}


def lineage(spec: dg.AssetSpec) -> dict[str, set[str]]:
    """Return the columns that each column comes from, as `table.column`."""
    found = spec.metadata["dagster/column_lineage"].value.deps_by_column
    return {
        name: {f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in deps}
        for name, deps in found.items()
    }


def test_column_schema_is_that_of_the_contract(
    specs: dict[str, dg.AssetSpec], contracts: dict[str, Contract]
) -> None:
    for name, contract in contracts.items():
        found = [(column.name, column.type) for column in columns(specs[name]).values()]
        assert found == [(column.name, column.type) for column in contract.columns]
    deployments = columns(specs["deployments"])
    assert not deployments["mission_id"].constraints.nullable
    assert deployments["mission_id"].constraints.other == ["stands in missions.mission_id"]
    assert deployments["value_high"].constraints.nullable
    assert deployments["mission_as_printed"].description == (
        "Mission as printed. The mission's name exactly as it stands in the source. "
        "From printed_rows.fields."
    )
    missions = columns(specs["missions"])
    assert missions["mission_id"].constraints.unique
    assert not missions["title"].constraints.unique


def test_column_lineage_of_deployments(specs: dict[str, dg.AssetSpec]) -> None:
    found = lineage(specs["deployments"])
    assert found["mission_id"] == {
        "printed_rows.fields",
        "mission_aliases.alias",
        "mission_aliases.mission_id",
    }
    assert found["population"] == {"inventory.options"}
    assert found["value"] >= {"printed_rows.fields"}
    assert all(found.values())


def test_column_lineage_names_columns_that_exist_in_inputs_only(
    specs: dict[str, dg.AssetSpec], contracts: dict[str, Contract]
) -> None:
    known = {name: set(contract.names) for name, contract in contracts.items()}
    known["inventory"] = set(INVENTORY_SCHEMA.names)
    known["printed_rows"] = set(PRINTED_ROWS_SCHEMA.names)
    known["daily_load"] = set(DAILY_LOAD_SCHEMA.names)
    known["readings"] = set(READINGS_SCHEMA.names)
    for name in contracts:
        inputs = upstream(specs[name])
        for sources in lineage(specs[name]).values():
            tables = dict(source.split(".")[::-1] for source in sources)
            assert set(tables.values()) <= inputs
            assert all(column in known[table] for column, table in tables.items())


def test_the_core_knows_nothing_of_dagster() -> None:
    code = "import sys, ipsdata.run; print([m for m in sys.modules if m.startswith('dagster')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
