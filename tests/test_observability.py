"""What runs of the command line tell by log and metrics: published, unchanged, refused, failed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from conftest import ROOT, copy_lists, installation
from ipsdata import cli
from ipsdata.plan import PLAN
from ipsdata.release.index import read_index

LIST = "letters/2025-06-12/deployments.csv"
REJECTED = "ipsdata_rejected_rows"
ESCAPES = "\x1b[31mEUMA\x07"


@dataclass(frozen=True)
class Ran:
    """One run of the program, and the metrics that it left."""

    code: int
    lines: list[dict[str, Any]]
    metrics: Mapping[tuple[str, ...], float]
    stderr: str

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


def ran(folder: Path, *options: str, raw: str = "raw") -> Ran:
    path = folder / "ipsdata.prom"
    folders = ["--raw-dir", f"{folder}/{raw}", "--processed-dir", f"{folder}/processed"]
    arguments = [
        *folders,
        "--schemas-dir",
        str(ROOT / "schemas"),
        "run",
        "--metrics-file",
        str(path),
    ]

    @cli.click.command()
    def program() -> None:
        cli.main([*arguments, *options])

    done = CliRunner().invoke(program, [])
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    families = text_string_to_metric_families(path.read_text("utf-8"))
    found = {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}
    return Ran(done.exit_code, told, found, done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("observed")
    copy_lists(made / "raw")
    return made


@pytest.fixture(scope="module")
def published(folder: Path) -> Ran:
    return ran(folder, "--log-format", "json")


def test_each_stage_has_one_line_with_counts_and_duration(published: Ran) -> None:
    assert published.code == 0
    stages = [line for line in published.lines if line["event"] == "stage_finished"]
    assert [line["stage"] for line in stages] == [*(step.name for step in PLAN), "publish"]
    assert len({line["run_id"] for line in published.lines}) == 1
    assert all(line["seconds"] >= 0 and line["rejected"] >= 0 for line in stages[:-1])
    rows = {line["stage"]: line["rows"] for line in stages}
    assert rows["deployments"] == 11
    assert published.last["event"] == "run_finished"
    assert published.last["outcome"] == stages[-1]["outcome"] == "new"


def test_the_metrics_say_what_was_published(folder: Path, published: Ran) -> None:
    index = read_index(folder / "processed")
    found = published.metrics
    assert found["ipsdata_last_run_success",] == 1
    assert found["ipsdata_release_info", str(index.current)] == 1
    assert found["ipsdata_table_rows", "deployments"] == 11
    assert found["ipsdata_store_releases",] == 1
    assert found["ipsdata_store_bytes",] > 1_000_000
    newest = found["ipsdata_source_newest_timestamp_seconds", "letters"]
    assert newest == 1_749_686_400, "the letter of 2025-06-12"
    assert found["ipsdata_source_allowed_age_seconds", "sis"] == 550 * 86_400
    compared = [n for name, n in found.items() if name[0] == "ipsdata_reconciliations"]
    assert sum(compared) == found["ipsdata_table_rows", "reconciliations"] > 0


def test_every_metric_says_what_it_is(folder: Path, published: Ran) -> None:
    assert published.code == 0
    families = list(text_string_to_metric_families((folder / "ipsdata.prom").read_text("utf-8")))
    assert len(families) >= 12
    for family in families:
        assert family.type == "gauge", family.name
        assert family.documentation.endswith((".", ")."))
        assert family.name.startswith("ipsdata_")


def test_an_unchanged_run_is_told_and_counts_as_a_success(folder: Path, published: Ran) -> None:
    again = ran(folder, "--log-format", "json")
    assert again.last["outcome"] == "unchanged"
    assert again.last["release_id"] == published.last["release_id"]
    assert again.metrics["ipsdata_last_run_success",] == 1
    before = published.metrics["ipsdata_last_success_timestamp_seconds",]
    assert again.metrics["ipsdata_last_success_timestamp_seconds",] > before


def test_a_run_that_fails_is_told_and_the_release_stays(folder: Path, published: Ran) -> None:
    failed = ran(folder, "--log-format", "json", raw="nowhere")
    assert failed.code == 3
    assert (failed.last["outcome"], failed.last["error"]) == ("failed", "ConfigurationError")
    assert "nowhere" not in json.dumps(failed.last), "the message has a line of its own"
    assert failed.metrics["ipsdata_last_run_success",] == 0
    assert failed.metrics["ipsdata_release_info", str(published.last["release_id"])] == 1
    assert failed.metrics["ipsdata_table_rows", "deployments"] == 11


def test_a_rejected_row_is_counted_by_its_reason_and_not_quoted(
    folder: Path, published: Ran
) -> None:
    assert published.code == 0
    playground = installation(folder)
    sidecar = (folder / "raw" / LIST).parent / "source.yaml"
    whole = {path: path.read_text("utf-8") for path in (folder / "raw" / LIST, sidecar)}
    playground.edit(LIST, "EUMA Armenië", ESCAPES)
    rejected = ran(folder, "--log-format", "text")
    for path, text in whole.items():
        path.write_text(text, "utf-8")
    assert rejected.code == 1
    counted = {name[1]: n for name, n in rejected.metrics.items() if name[0] == REJECTED}
    assert counted == {"control_character": 1, "total_not_tied": 10}
    lines = [line for line in rejected.stderr.splitlines() if " stage_finished " in line]
    assert len(lines) == len(PLAN) + 1
    assert "\x1b" not in rejected.stderr
    assert "EUMA" not in rejected.stderr


def test_metrics_that_cannot_be_written_fail_no_run(
    folder: Path, published: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert published.code == 0
    monkeypatch.setenv("IPSDATA_METRICS_FILE", str(folder / "nowhere" / "ipsdata.prom"))
    folders = ["--raw-dir", f"{folder}/raw", "--processed-dir", f"{folder}/processed"]

    @cli.click.command()
    def program() -> None:
        cli.main([*folders, "--schemas-dir", str(ROOT / "schemas"), "run"])

    done = CliRunner().invoke(program, [])
    assert done.exit_code == 0
    assert "metrics_not_written" in done.stderr
    assert "No such file or directory" in done.stderr
