"""The assets: one a step of the plan, and the release that is published from them."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence

import dagster as dg

from ipsdata.contracts import Contract
from ipsdata.daily.partitions import Receipt
from ipsdata.daily.refusals import TABLE as DAILY_TABLE
from ipsdata.observe.brief import run_brief
from ipsdata.observe.stages import publish_fields, stage_fields
from ipsdata.plan import DAILY_LOAD, INVENTORY, PLAN, Step, Workspace
from ipsdata.release.index import RELEASES
from ipsdata.release.report.site import figures_shown, published_pages
from ipsdata.release.staging import Outcome
from ipsdata.release.store import load_content, publish
from pipelines.daily import build_daily_asset, materializations
from pipelines.freshness import RELEASE_POLICY
from pipelines.metadata import (
    COLUMN_LINEAGE,
    COLUMN_SCHEMA,
    ROW_COUNT,
    Metadata,
    arrow_column_schema,
    balance,
    column_lineage,
    column_schema,
    markdown,
    outcome_metadata,
)
from pipelines.observing import tell_stage
from pipelines.resources import STAGING

RELEASE = "release"
PUBLISH = "publish"  # the pool of the one publisher, whatever job it belongs to
REPORT = "report"


def build_assets(
    work: Workspace, documents: Sequence[dg.AssetSpec] = ()
) -> list[dg.AssetsDefinition]:
    """Return all assets of the project, in the order of the plan.

    Args:
        documents: the raw documents, upstream of the steps that are made from no other.
    """
    keys = [spec.key for spec in documents]
    return [
        *(_step_asset(step, work, keys) for step in PLAN),
        build_daily_asset(work, keys),
        _release_asset(work),
        _report_asset(work),
    ]


def _step_asset(
    step: Step, work: Workspace, documents: Sequence[dg.AssetKey]
) -> dg.AssetsDefinition:
    contract = work.contracts.get(step.name)

    @dg.asset(
        name=step.name,
        group_name=step.group,
        description=_description(step, contract),
        ins={name: dg.AssetIn(key=name) for name in step.inputs},
        deps=_extra_deps(step, documents),
        io_manager_key=STAGING,
        owners=contract.owners if contract else _all_owners(work),
        kinds=set(contract.kinds) if contract else {"python"},
        metadata=_contract_metadata(step, contract) if contract else None,
    )
    def made(context: dg.AssetExecutionContext, **inputs: Outcome) -> dg.Output[Outcome]:
        started = time.perf_counter()
        outcome = step.build(work, inputs)
        seconds = time.perf_counter() - started
        tell_stage(context.log, stage_fields(context.run.run_id, step.name, outcome, seconds))
        if step.name == DAILY_LOAD:
            for event in materializations(_loaded_now(work, outcome)):
                context.log_event(event)
        return dg.Output(outcome, metadata=_made_metadata(step, contract, outcome))

    return made


def _extra_deps(step: Step, documents: Sequence[dg.AssetKey]) -> Sequence[dg.AssetKey] | None:
    """Return what a step rests on that no step of the plan makes."""
    if step.name == DAILY_LOAD:
        return [dg.AssetKey(DAILY_TABLE)]
    return documents if step.name == INVENTORY else None


def _loaded_now(work: Workspace, outcome: Outcome) -> dict[int, Receipt]:
    rows = outcome.table.to_pylist()
    receipts = {
        row["year"]: work.partitions.receipt(row["year"]) for row in rows if row["loaded_now"]
    }
    return {year: receipt for year, receipt in receipts.items() if receipt is not None}


def _description(step: Step, contract: Contract | None) -> str:
    if contract is None:
        return step.description
    return f"**{contract.title}** ({contract.title_nl}). {contract.description}"


def _all_owners(work: Workspace) -> list[str]:
    return sorted({owner for contract in work.contracts.values() for owner in contract.owners})


def _contract_metadata(step: Step, contract: Contract) -> Metadata:
    return {
        COLUMN_SCHEMA: dg.MetadataValue.table_schema(column_schema(contract)),
        COLUMN_LINEAGE: dg.MetadataValue.column_lineage(column_lineage(contract, step)),
    }


def _made_metadata(step: Step, contract: Contract | None, outcome: Outcome) -> Metadata:
    found = outcome_metadata(outcome)
    if contract is None:
        columns = arrow_column_schema(outcome.table.schema)
        found[COLUMN_SCHEMA] = dg.MetadataValue.table_schema(columns)
    else:
        # Dagster follows the column lineage of materialisations, not that of definitions.
        lineage = column_lineage(contract, step)
        found[COLUMN_LINEAGE] = dg.MetadataValue.column_lineage(lineage)
    if step.name == "documents":
        found.update(balance(outcome.table))
    return found


def _release_asset(work: Workspace) -> dg.AssetsDefinition:
    @dg.asset(
        name=RELEASE,
        group_name=RELEASE,
        description=(
            "The published release: every table as Parquet, with its manifest. Made only from "
            "tables that were validated in the same run, and only if something changed."
        ),
        deps=[name for name, contract in work.contracts.items() if contract.partition is None],
        required_resource_keys={STAGING},
        owners=_all_owners(work),
        kinds={"parquet"},
        pool=PUBLISH,
        freshness_policy=RELEASE_POLICY,
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        area = context.resources.staging.area
        now, started = dt.datetime.now(dt.UTC), time.perf_counter()
        publication = publish(area, work.contracts, now, work.schema_major)
        context.resources.staging.is_published = True
        seconds = time.perf_counter() - started
        tell_stage(context.log, publish_fields(context.run.run_id, publication, seconds))
        folder = (area.processed_dir / RELEASES / publication.release_id).resolve()
        return dg.MaterializeResult(
            metadata={
                "release": dg.MetadataValue.text(publication.release_id),
                "outcome": dg.MetadataValue.text("new" if publication.is_new else "unchanged"),
                "path": dg.MetadataValue.path(folder),
                "summary": dg.MetadataValue.md(run_brief(area.processed_dir, publication)),
                "rows": dg.MetadataValue.md(_rows_by_table(publication.tables)),
                ROW_COUNT: dg.MetadataValue.int(sum(publication.tables.values())),
            }
        )

    return release


def _report_asset(work: Workspace) -> dg.AssetsDefinition:
    @dg.asset(
        name=REPORT,
        group_name=RELEASE,
        description=(
            "The page to look at, which the current release carries in English and in Dutch: one "
            "HTML file each, to be opened in a browser, without network."
        ),
        deps=[RELEASE],
        required_resource_keys={STAGING},
        owners=_all_owners(work),
        kinds={"html"},
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        content = load_content(context.resources.staging.area.processed_dir)
        pages = published_pages(content)
        return dg.MaterializeResult(
            metadata={
                "release": dg.MetadataValue.text(content.release_id),
                "path": dg.MetadataValue.path(pages[0].resolve()),
                "bytes": dg.MetadataValue.int(sum(page.stat().st_size for page in pages)),
                "figures": dg.MetadataValue.int(figures_shown(pages[0])),
            }
        )

    return report


def _rows_by_table(tables: Mapping[str, int]) -> str:
    rows = [{"table": name, "rows": count} for name, count in sorted(tables.items())]
    return markdown(["table", "rows"], rows)
