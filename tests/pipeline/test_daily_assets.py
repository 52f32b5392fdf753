"""Daily counts in Dagster: a partition a year, loaded alone, by a backfill or by the release."""

from pathlib import Path

import dagster as dg
import pytest

from daily import counts_file, plain, row, write_daily
from ipsdata.daily.partitions import PART
from ipsdata.daily.refusals import TABLE
from ipsdata.settings import Settings
from pipelines.definitions import build_definitions

YEARS = {"dagster/asset_partition_range_start": "2023", "dagster/asset_partition_range_end": "2024"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return an installation with a file that covers two years, one row of which is wrong."""
    raw = tmp_path / "raw"
    rows = [row("2023-12-30"), row("2023-12-31"), row("2024-01-01"), row("2024-01-02", count="x")]
    write_daily(raw, counts_file("counts.csv", plain(*rows), "2023/2024"), frequency="daily")
    return Settings(raw, tmp_path / "processed")


def load(settings: Settings, instance: dg.DagsterInstance, tags: dict[str, str]) -> dict[str, int]:
    """Run the job on partitions; return the rows of each by its metadata."""
    job = build_definitions(settings).resolve_job_def("load_daily_counts")
    done = job.execute_in_process(instance=instance, tags=tags)
    assert done.success
    events = done.asset_materializations_for_node(TABLE)
    return {str(event.partition): event.metadata["rows"].value for event in events}


def test_a_backfill_of_two_years_is_one_run_with_metadata_a_year(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert load(settings, instance, YEARS) == {"2023": 2, "2024": 1}
        records = instance.fetch_materializations(dg.AssetKey(TABLE), limit=5).records
    told = {record.partition_key: record.asset_materialization.metadata for record in records}
    assert told["2024"]["rejected"].value == 1
    assert told["2024"]["interval"].value == "2024-01-01 to 2024-01-01, 1 days"
    assert told["2023"]["interval"].value == "2023-12-30 to 2023-12-31, 2 days"
    assert told["2023"]["rows_per_second"].value > 0
    assert {p.parent.name for p in settings.partitions_dir.glob(f"*/*/{PART}")} == {"2023", "2024"}


def test_one_year_loads_no_other(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert load(settings, instance, {"dagster/partition": "2023"}) == {"2023": 2}
        assert load(settings, instance, {"dagster/partition": "2022"}) == {"2022": 0}
    assert [p.parent.name for p in settings.partitions_dir.glob(f"*/*/{PART}")] == ["2023"]


def test_the_release_loads_what_is_missing_and_tells_of_its_partitions(
    settings: Settings,
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        load(settings, instance, {"dagster/partition": "2023"})
        job = build_definitions(settings).resolve_job_def("build_release")
        done = job.execute_in_process(instance=instance)
        assert done.success
        checks = {
            evaluation.check_name: evaluation
            for evaluation in done.get_asset_check_evaluations()
            if evaluation.asset_key == dg.AssetKey("documents")
        }
        found = instance.fetch_materializations(dg.AssetKey(TABLE), limit=9).records
    assert [record.partition_key for record in found] == ["2024", "2023"]  # the newest first
    fresh = checks["sources_fresh"]
    assert not fresh.passed
    assert fresh.severity == dg.AssetCheckSeverity.WARN
    assert "newest of 2024-01-01" in str(fresh.metadata["sis"].value)
    latest = settings.processed_dir / "latest" / TABLE
    assert sorted(p.name for p in latest.iterdir()) == ["year=2023", "year=2024"]


def test_a_damaged_year_fails_its_check(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        load(settings, instance, YEARS)
        path = next(settings.partitions_dir.glob(f"*/2023/{PART}"))
        other = next(settings.partitions_dir.glob(f"*/2024/{PART}"))
        path.write_bytes(other.read_bytes()[:-4] + b"none")
        job = build_definitions(settings).resolve_job_def("load_daily_counts")
        # The year is found damaged and made anew, so that its check holds again.
        done = job.execute_in_process(instance=instance, tags={"dagster/partition": "2023"})
        assert done.success
        assert all(evaluation.passed for evaluation in done.get_asset_check_evaluations())
