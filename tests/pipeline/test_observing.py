"""What a run in Dagster tells: a line a stage, its summary, and the metrics of its end."""

import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import Playground
from ipsdata.plan import PLAN
from running import metadata, run_job

DEPLOYMENTS = "letters/2025-06-12/deployments.csv"


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ipsdata.prom"
    monkeypatch.setenv("IPSDATA_METRICS_FILE", str(path))
    monkeypatch.setenv("IPSDATA_LOG", "json")
    return path


def samples(path: Path) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(path.read_text("utf-8"))
    return {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}


def test_a_run_tells_its_stages_its_summary_and_its_metrics(
    playground: Playground, metrics: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = run_job(playground)
    assert result.success
    err = capfd.readouterr().err
    told = [
        json.loads(line[line.index('{"event"') :]) for line in err.splitlines() if '{"ev' in line
    ]
    assert {line["stage"] for line in told} == {*(step.name for step in PLAN), "publish"}
    assert {line["run_id"] for line in told} == {result.run_id}
    summary = str(metadata(result, "release")["summary"])
    assert "| deployments | 11 |" in summary
    assert "### Rejected\n\nnone" in summary
    assert "| rows_against_total | holds | info | 1 |" in summary
    found = samples(metrics)
    assert found["ipsdata_last_run_success",] == 1
    assert found["ipsdata_table_rows", "deployments"] == 11

    again = run_job(playground)
    assert "nothing changed" in str(metadata(again, "release")["summary"])

    playground.edit(DEPLOYMENTS, "Totaal,33", "Totaal,34")
    changed = str(metadata(run_job(playground), "release")["summary"])
    assert "| deployments | 0 |  |  | 11 |" in changed
    assert "| total_not_tied | 11 |" in changed


def test_a_run_that_fails_leaves_metrics_that_say_so(playground: Playground, metrics: Path) -> None:
    (playground.processed).mkdir()
    (playground.processed / "latest").mkdir()
    assert not run_job(playground).success
    found = samples(metrics)
    assert found["ipsdata_last_run_success",] == 0
    assert found["ipsdata_store_releases",] == 0
