"""What the code location consists of."""

import subprocess
import sys

import dagster as dg
import pytest

from conftest import ROOT
from ipsdata.contracts import Contract
from ipsdata.plan import INVENTORY_SCHEMA, PLAN, PRINTED_ROWS_SCHEMA, Workspace
from ipsdata.settings import Settings
from pipelines.definitions import build_definitions

CONTRACT_TABLES = {
    "countries",
    "deployments",
    "documents",
    "mission_aliases",
    "mission_hosts",
    "missions",
    "reconciliations",
    "rejected_rows",
    "sis_categories",
    "sis_statistics",
}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions(Settings(schemas_dir=ROOT / "schemas"))


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return Workspace(Settings(schemas_dir=ROOT / "schemas")).contracts


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_assets_and_groups(specs: dict[str, dg.AssetSpec]) -> None:
    assert {key: spec.group_name for key, spec in specs.items()} == {
        "inventory": "collect",
        "printed_rows": "extract",
        "countries": "codes",
        "mission_aliases": "codes",
        "mission_hosts": "codes",
        "missions": "codes",
        "sis_categories": "codes",
        "deployments": "code",
        "sis_statistics": "code",
        "reconciliations": "reconcile",
        "rejected_rows": "account",
        "documents": "account",
        "release": "release",
    }


def test_the_release_waits_for_every_table(specs: dict[str, dg.AssetSpec]) -> None:
    assert upstream(specs["release"]) == CONTRACT_TABLES


def test_dependencies_are_those_of_the_plan(specs: dict[str, dg.AssetSpec]) -> None:
    for step in PLAN:
        assert upstream(specs[step.name]) == set(step.inputs)


def upstream(spec: dg.AssetSpec) -> set[str]:
    return {dep.asset_key.to_user_string() for dep in spec.deps}


def test_checks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found = {
        (key.asset_key.to_user_string(), key.name): graph.get(key).blocking
        for key in graph.asset_check_keys
    }
    assert found == {
        ("countries", "contract"): True,
        ("deployments", "contract"): True,
        ("documents", "contract"): True,
        ("mission_aliases", "contract"): True,
        ("mission_hosts", "contract"): True,
        ("missions", "contract"): True,
        ("reconciliations", "contract"): True,
        ("reconciliations", "errors"): True,
        ("reconciliations", "warnings"): False,
        ("rejected_rows", "contract"): True,
        ("rejected_rows", "nothing_rejected"): False,
        ("sis_categories", "contract"): True,
        ("sis_statistics", "contract"): True,
    }


def test_one_job_of_all_assets_and_checks_in_one_process(definitions: dg.Definitions) -> None:
    names = {job.name for job in definitions.resolve_all_job_defs()}
    assert {name for name in names if not name.startswith("__")} == {"build_release"}
    job = definitions.resolve_job_def("build_release")
    assert job.executor_def.name == "in_process"
    assert len(job.asset_layer.executable_asset_keys) == 13
    assert len(job.asset_layer.asset_graph.asset_check_keys) == 13


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
