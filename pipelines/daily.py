"""Daily counts of SIS: an asset with a partition a year, its job, and the freshness of sources."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from ipsdata.daily.load import listing_row, load_years
from ipsdata.daily.partitions import PART, Receipt
from ipsdata.daily.refusals import TABLE as DAILY_TABLE
from ipsdata.freshness import late_sources
from ipsdata.plan import Workspace
from ipsdata.release.parts import part_failures
from pipelines.findings import failure_metadata, warning
from pipelines.metadata import (
    COLUMN_LINEAGE,
    COLUMN_SCHEMA,
    Metadata,
    column_lineage_of,
    column_schema,
)
from pipelines.resources import STAGING

JOB = "load_daily_counts"
FIRST_YEAR = "1995"
DEPENDS_ON = ("sis_categories", "sis_membership")
COUNTED = ("rows", "rejected", "days", "members", "files")

# The year that runs is a partition too: its days come in one by one.
YEARS = dg.TimeWindowPartitionsDefinition(
    start=FIRST_YEAR, cron_schedule="0 0 1 1 *", fmt="%Y", end_offset=1
)


def build_daily_asset(work: Workspace, documents: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the asset of the daily counts.

    A backfill of several years is one run, since one file may cover several of them. Years that lie
    ready, made from the same files, are left as they are.
    """
    contract = work.contracts[DAILY_TABLE]

    @dg.asset(
        name=DAILY_TABLE,
        group_name=contract.group,
        description=f"**{contract.title}** ({contract.title_nl}). {contract.description}",
        partitions_def=YEARS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[*documents, *DEPENDS_ON],
        owners=contract.owners,
        kinds=set(contract.kinds),
        metadata={
            COLUMN_SCHEMA: dg.MetadataValue.table_schema(column_schema(contract)),
            COLUMN_LINEAGE: dg.MetadataValue.column_lineage(
                column_lineage_of(contract, DEPENDS_ON)
            ),
        },
    )
    def made(context: dg.AssetExecutionContext) -> None:
        years = frozenset(int(key) for key in context.partition_keys)
        loaded = load_years(work.settings, years)
        for key in context.partition_keys:
            receipt = loaded.years.get(int(key))
            metadata = receipt_metadata(receipt) if receipt else {"rows": dg.MetadataValue.int(0)}
            context.add_asset_metadata(metadata, partition_key=key)

    return made


def receipt_metadata(receipt: Receipt) -> Metadata:
    """Return what Dagster shows of a loaded year: rows, refusals, throughput and its days."""
    row = listing_row(receipt)
    found: Metadata = {name: dg.MetadataValue.int(row[name]) for name in COUNTED}
    found["dagster/partition_row_count"] = dg.MetadataValue.int(row["rows"])
    found["interval"] = dg.MetadataValue.text(
        f"{row['first_date']} to {row['last_date']}, {row['days']} days"
        if row["rows"]
        else "no days"
    )
    found["rows_per_second"] = dg.MetadataValue.int(receipt.rows_per_second)
    found["sha256"] = dg.MetadataValue.text(row["sha256"])
    return found


def materializations(loaded: Mapping[int, Receipt]) -> Iterable[dg.AssetMaterialization]:
    """Return an event for each year that was loaded within the release's own run."""
    for year, receipt in loaded.items():
        yield dg.AssetMaterialization(
            DAILY_TABLE, partition=str(year), metadata=dict(receipt_metadata(receipt))
        )


def build_daily_check(work: Workspace) -> dg.AssetChecksDefinition:
    """Return the check of the daily counts by their contract, year by year."""
    contract = work.contracts[DAILY_TABLE]

    @dg.asset_check(
        asset=DAILY_TABLE,
        name="contract",
        blocking=True,
        description=f"Each year, as it lies ready, holds to schemas/tables/{contract.table}.yaml.",
    )
    def holds() -> dg.AssetCheckResult:
        paths = sorted(work.partitions.folder.glob(f"*/{PART}"))
        failures = [failure for path in paths for failure in part_failures(contract, path)]
        return dg.AssetCheckResult(passed=not failures, metadata=failure_metadata(failures))

    return holds


@dg.asset_check(
    asset="documents",
    additional_deps=["sis_daily_partitions"],
    required_resource_keys={STAGING},
    description=(
        "No source is late: the newest document of a collection, or the last day of its counts, is "
        "not older than its sidecar's frequency allows."
    ),
)
def sources_fresh(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Tell the age of each source, and which of them are late."""
    area = context.resources.staging.area
    documents, years = (
        area.load(name).table.to_pylist() for name in ("documents", "sis_daily_partitions")
    )
    sources = late_sources(documents, years, dt.datetime.now(dt.UTC).date())
    metadata: dict[str, Any] = {
        source.collection: dg.MetadataValue.text(source.told) for source in sources
    }
    return warning("late", [s.told for s in sources if s.is_late], metadata)


load_daily_counts = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(DAILY_TABLE),
    partitions_def=YEARS,
    description="Load years of daily counts; a backfill of several years is one run.",
    tags={"ipsdata/flow": "daily"},
    executor_def=dg.in_process_executor,
)
