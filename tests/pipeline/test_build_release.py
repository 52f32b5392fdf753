"""The whole job, run in this process: what it publishes, and what it refuses to publish."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pandera.config import config_context

from conftest import LETTER, Playground
from ipsdata.plan import PLAN, Inputs, Workspace
from ipsdata.release.index import file_hash, read_index
from ipsdata.release.report.site import figures_shown
from ipsdata.release.staging import Outcome
from ipsdata.release.store import published_table, verify
from ipsdata.settings import Settings
from running import (
    errors,
    evaluated,
    evaluation,
    leftovers,
    materialise,
    materialised,
    metadata,
    run_job,
    store,
)

Change = Callable[[Outcome], Outcome]


def change_step(monkeypatch: pytest.MonkeyPatch, name: str, change: Change) -> None:
    """Let a step of the plan make something else."""

    def changed(build: Callable[[Workspace, Inputs], Outcome]):  # noqa: ANN202
        return lambda work, inputs: change(build(work, inputs))

    steps = [
        dataclasses.replace(step, build=changed(step.build)) if step.name == name else step
        for step in PLAN
    ]
    monkeypatch.setattr("pipelines.assets.PLAN", steps)


def with_rows(outcome: Outcome, rows: list[dict[str, object]]) -> Outcome:
    table = pa.Table.from_pylist(rows, schema=outcome.table.schema)
    return dataclasses.replace(outcome, table=table)


def parquet_hashes(processed: Path) -> dict[str, str]:
    return {path.name: file_hash(path) for path in (processed / "latest").glob("*.parquet")}


def test_publishes_what_ipsdata_run_publishes_and_only_once(
    playground: Playground, tmp_path: Path
) -> None:
    first = run_job(playground)
    assert first.success
    assert leftovers(playground.processed) == []
    release_id = str(read_index(playground.processed).current)
    assert verify(playground.processed).problems == ()

    told = metadata(first, "release")
    assert (told["release"], told["outcome"]) == (release_id, "new")
    assert told["path"] == str(playground.processed / "releases" / release_id)
    assert "| deployments | 11 |" in str(told["rows"])
    page = Path(str(metadata(first, "report")["path"]))
    assert page == playground.processed / "releases" / release_id / "report" / "index.html"
    assert metadata(first, "report")["figures"] == figures_shown(page) > 100

    settings = playground.settings
    other = Playground(Settings(settings.raw_dir, tmp_path / "other", settings.schemas_dir))
    other.run()
    assert parquet_hashes(playground.processed) == parquet_hashes(other.processed)

    before = store(playground.processed)
    second = run_job(playground)
    assert second.success
    assert metadata(second, "release")["outcome"] == "unchanged"
    assert store(playground.processed) == before
    assert leftovers(playground.processed) == []


def test_what_a_run_tells_about_its_tables(playground: Playground) -> None:
    result = run_job(playground)
    deployments = metadata(result, "deployments")
    assert deployments["dagster/row_count"] == 11
    preview = str(deployments["preview"]).splitlines()
    assert preview[0].startswith("| edition_id | mission_id |")
    assert len(preview) == 2 + 10
    lineage = deployments["dagster/column_lineage"].deps_by_column  # type: ignore[attr-defined]
    assert [dep.column_name for dep in lineage["population"]] == ["options"]
    assert "rejected" not in deployments

    columns = metadata(result, "printed_rows")["dagster/column_schema"]
    assert columns.columns[0].name == "document_id"  # type: ignore[attr-defined]

    documents = metadata(result, "documents")
    balance = ("rows_read", "rows_published", "rows_total", "rows_supporting", "rows_rejected")
    assert [documents[name] for name in balance] == [144, 143, 1, 0, 0]
    assert "| letters/2025-06-12/deployments.csv | 12 | 11 | 1 | 0 | 0 |" in str(
        documents["balance"]
    )

    failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert [(e.check_name, e.severity.value, e.blocking) for e in failed] == [
        ("warnings", "WARN", False)
    ]
    told = str(evaluated(result, "reconciliations", "warnings")["messages"])
    assert "1,090 a day is 397,804 / 365, although 2024 had 366 days" in told


@pytest.mark.parametrize("assets", [["release"], ["deployments"]])
def test_a_part_alone_is_refused_and_the_store_stays(
    playground: Playground, assets: list[str]
) -> None:
    playground.run()
    before = store(playground.processed)
    playground.edit(f"{LETTER}/deployments.csv", "EULEX Kosovo,3", "EULEX Kosovo,4")
    result = materialise(playground, assets)
    assert not result.success
    assert materialised(result) == set()
    assert "the job build_release" in errors(result)
    assert store(playground.processed) == before
    assert leftovers(playground.processed) == []


def test_all_assets_without_their_checks_are_not_published(playground: Playground) -> None:
    assets = [*(step.name for step in PLAN), "release"]
    result = materialise(playground, assets, with_checks=False)
    assert materialised(result) == {step.name for step in PLAN}
    assert "was not validated in run" in errors(result)
    assert read_index(playground.processed).current is None


def test_a_table_that_breaks_its_contract_stops_the_release(own_schemas: Playground) -> None:
    assert run_job(own_schemas).success
    before = store(own_schemas.processed)
    contract = own_schemas.settings.schemas_dir / "tables" / "missions.yaml"
    text = contract.read_text("utf-8")
    pattern = 'pattern: "^[A-Z][A-Z0-9_]*$"'
    assert text.count(pattern) == 1
    contract.write_text(text.replace(pattern, 'pattern: "^[a-z]+$"'), "utf-8")

    result = run_job(own_schemas)
    assert not result.success
    assert not evaluation(result, "missions", "contract").passed
    told = evaluated(result, "missions", "contract")
    count = len(published_table(own_schemas.processed, "missions"))
    assert told["failures"] == count
    assert str(told["by_check"]).startswith(f"{count} mission_id: ")
    sample = str(told["sample"]).splitlines()
    assert sample[0] == "| row | column | expected | found |"
    assert len(sample) == 2 + 20
    assert evaluation(result, "deployments", "contract").passed
    assert "release" not in materialised(result)
    assert store(own_schemas.processed) == before
    assert leftovers(own_schemas.processed) == []


def test_nothing_is_made_from_a_table_that_breaks_its_contract(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubled(outcome: Outcome) -> Outcome:
        rows = outcome.table.to_pylist()
        return with_rows(outcome, [rows[0], *rows])

    change_step(monkeypatch, "countries", doubled)
    result = run_job(playground)
    assert not result.success
    assert evaluated(result, "countries", "contract")["failures"]
    assert "deployments" in materialised(result)
    downstream = {"sis_statistics", "reconciliations", "rejected_rows", "documents", "release"}
    assert not materialised(result) & downstream
    assert read_index(playground.processed).current is None


def test_disabled_validation_is_refused(playground: Playground) -> None:
    with config_context(validation_enabled=False):
        result = run_job(playground)
    assert not result.success
    assert "Pandera validation is switched off" in errors(result)
    assert read_index(playground.processed).current is None
    assert leftovers(playground.processed) == []


def test_a_total_that_does_not_match_shows_red_and_the_rest_is_published(
    playground: Playground,
) -> None:
    playground.edit(f"{LETTER}/deployments.csv", "Totaal,33", "Totaal,34")
    result = run_job(playground)
    assert result.success
    red = evaluation(result, "rejected_rows", "nothing_rejected")
    assert (red.passed, red.blocking, red.severity.value) == (False, False, "ERROR")
    told = evaluated(result, "rejected_rows", "nothing_rejected")
    assert told["rejected"] == 11
    assert told["by_reason"] == "11 total_not_tied"
    assert "the printed total is 34" in str(told["messages"])
    assert metadata(result, "deployments")["rejected"] == 11

    tied = evaluation(result, "reconciliations", "errors")
    assert tied.passed
    assert evaluated(result, "reconciliations", "errors")["errors"] == 1
    assert published_table(playground.processed, "deployments").num_rows == 0
    assert published_table(playground.processed, "sis_statistics").num_rows == 132


def test_a_list_not_withdrawn_after_an_error_stops_the_release(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(outcome: Outcome) -> Outcome:
        (result,) = outcome.reconciliations
        wrong = {**result, "outcome": "fails", "severity": "error", "message": "33 is not 34"}
        return dataclasses.replace(outcome, reconciliations=(wrong,))

    change_step(monkeypatch, "deployments", failing)
    assert_stopped_by_errors(playground, "33 is not 34")


def test_figures_not_withdrawn_after_an_error_stop_the_release(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contradicting(outcome: Outcome) -> Outcome:
        rows = outcome.table.to_pylist()
        for row in rows:
            if row["indicator"] == "accesses":
                row.update(value=1.0, value_low=1.0, value_high=1.0)
        return with_rows(outcome, rows)

    change_step(monkeypatch, "sis_statistics", contradicting)
    assert_stopped_by_errors(playground, "≠ searches + alert management")


def assert_stopped_by_errors(playground: Playground, message: str) -> None:
    result = run_job(playground)
    assert not result.success
    assert not evaluation(result, "reconciliations", "errors").passed
    told = evaluated(result, "reconciliations", "errors")
    assert told["not_withdrawn"] == 1
    assert message in str(told["standing"])
    assert "release" not in materialised(result)
    assert read_index(playground.processed).current is None
    assert leftovers(playground.processed) == []


def test_a_crashing_step_leaves_the_store_as_it_was(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    playground.run()
    before = store(playground.processed)

    def crash(_: Outcome) -> Outcome:
        raise RuntimeError("out of paper")

    change_step(monkeypatch, "sis_statistics", crash)
    result = run_job(playground)
    assert not result.success
    assert "out of paper" in errors(result)
    assert store(playground.processed) == before
    assert leftovers(playground.processed) == []
    monkeypatch.undo()
    assert run_job(playground).success


def test_a_store_that_cannot_be_written_to_is_told(playground: Playground) -> None:
    playground.processed.write_text("not a folder")
    result = run_job(playground)
    assert not result.success
    assert "can't be written to" in errors(result)
    assert playground.processed.read_text() == "not a folder"


def test_the_moment_of_publication_is_now(playground: Playground) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    assert run_job(playground).success
    (entry,) = read_index(playground.processed).releases
    published = dt.datetime.fromisoformat(entry.published_at)
    assert before <= published <= dt.datetime.now(dt.UTC)
