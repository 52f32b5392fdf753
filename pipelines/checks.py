"""The checks: each table's contract, what the reconciliations found, and what was rejected."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from ipsdata.audit import standing_errors
from ipsdata.contracts import Contract
from ipsdata.daily.cells import GZIP, PARQUET
from ipsdata.editions import RULE as EDITIONS
from ipsdata.facts.quantities import coverage
from ipsdata.fates import ACCOUNTED
from ipsdata.plan import Workspace
from ipsdata.read.detect import CSV
from ipsdata.rejection import is_open
from ipsdata.release.staging import Staging
from pipelines.daily import build_daily_check, sources_fresh
from pipelines.findings import failure_metadata, listed, summary, warning
from pipelines.metadata import Metadata, counts, markdown
from pipelines.resources import STAGING

NEVER_READ = (CSV, GZIP, PARQUET)  # their rows are taken as they stream by
COVERAGE = ("document", "accounted", "of", "coverage")

Row = Mapping[str, Any]


def build_checks(work: Workspace) -> list[dg.AssetChecksDefinition]:
    """Return all checks of the project."""
    whole = [contract for contract in work.contracts.values() if contract.partition is None]
    return [
        *(_contract_check(contract) for contract in whole),
        build_daily_check(work),
        errors,
        warnings,
        editions,
        nothing_rejected,
        quantities_accounted,
        captures_verified,
        readers_sure,
        sources_fresh,
    ]


def _contract_check(contract: Contract) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=contract.table,
        name="contract",
        blocking=True,
        required_resource_keys={STAGING},
        description=f"The staged table holds to schemas/tables/{contract.table}.yaml.",
    )
    def holds(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        failures = _area(context).audit(contract)
        return dg.AssetCheckResult(
            passed=not failures,
            description=summary("failures", [str(failure) for failure in failures]),
            metadata=failure_metadata(failures),
        )

    return holds


@dg.asset_check(
    asset="reconciliations",
    blocking=True,
    additional_deps=["deployments", "sis_statistics", "sis_categories", "sis_indicators"],
    required_resource_keys={STAGING},
    description="No figure is published that failed a reconciliation as an error.",
)
def errors(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Look for figures that failed as an error and are about to be published all the same."""
    area = _area(context)
    found = [row for row in _rows(area, "reconciliations") if row["severity"] == "error"]
    standing = standing_errors(area)
    metadata: Metadata = {
        "errors": dg.MetadataValue.int(len(found)),
        "not_withdrawn": dg.MetadataValue.int(len(standing)),
    }
    messages = [row["message"] for row in found]
    metadata |= listed("messages", messages) | listed("standing", standing)
    return dg.AssetCheckResult(
        passed=not standing,
        description=summary("figures or lists not withdrawn", standing),
        metadata=metadata,
    )


@dg.asset_check(
    asset="reconciliations",
    required_resource_keys={STAGING},
    description="Warnings of the reconciliations: sources that differ, roundings, divisors.",
)
def warnings(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """List the warnings of the reconciliations."""
    rows = _rows(_area(context), "reconciliations")
    found = [row["message"] for row in rows if row["severity"] == "warning"]
    return warning("warnings", found, {"warnings": dg.MetadataValue.int(len(found))})


@dg.asset_check(
    asset="reconciliations",
    required_resource_keys={STAGING},
    description=(
        "No mission started, ended or changed between two lists of a series. Such changes are for "
        "a person to look at; a mission that is absent is unknown, not zero."
    ),
)
def editions(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """List the missions that started, ended or changed between editions."""
    rows = [row for row in _rows(_area(context), "reconciliations") if row["rule"] == EDITIONS]
    changes = [row for row in rows if row["outcome"] != "holds"]
    metadata: Metadata = {"compared": dg.MetadataValue.int(len(rows))}
    if changes:
        metadata["by_outcome"] = counts(Counter(str(row["outcome"]) for row in changes))
    found = [row["message"] for row in changes]
    return warning("changes", found, metadata)


@dg.asset_check(
    asset="quantities",
    additional_deps=["documents"],
    required_resource_keys={STAGING},
    description=(
        "Every number and date of each narrative document is in a table, or said to be no figure."
    ),
)
def quantities_accounted(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Report the coverage of each narrative document that is at hand."""
    area = _area(context)
    read = {row["document_id"] for row in _rows(area, "readings")}
    paths = {d["document_id"]: d["path"] for d in _rows(area, "documents")}
    paths = {document_id: path for document_id, path in paths.items() if document_id in read}
    rows = [row for row in _rows(area, "quantities") if row["document_id"] in paths]
    rows.sort(key=lambda row: (paths[row["document_id"]], row["position"]))
    lost = [row for row in rows if row["fate"] not in ACCOUNTED]
    found = [f"{paths[r['document_id']]}: {r['as_printed']!r} at {r['locator']}" for r in lost]
    metadata: Metadata = {
        "quantities": dg.MetadataValue.int(len(rows)),
        "unaccounted": dg.MetadataValue.int(len(lost)),
        "coverage": dg.MetadataValue.md(markdown(COVERAGE, _coverage_rows(paths, rows))),
    }
    return warning("unaccounted", found, metadata)


def _coverage_rows(paths: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    table: list[Row] = []
    for document_id, path in paths.items():
        own = [row for row in rows if row["document_id"] == document_id]
        if own:
            done, count = coverage(own)
            share = f"{done / count:.1%}"
            table.append({"document": path, "accounted": done, "of": count, "coverage": share})
    return table


@dg.asset_check(
    asset="quantities",
    additional_deps=["documents"],
    required_resource_keys={STAGING},
    description=(
        "Every capture was looked up in its document. Where that is not at hand, captures are "
        "published unverified."
    ),
)
def captures_verified(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Name the documents whose captures could not be verified."""
    area = _area(context)
    read = {row["document_id"] for row in _rows(area, "readings")}
    absent = [
        row
        for row in _rows(area, "documents")
        if row["media_type"] not in NEVER_READ and row["document_id"] not in read
    ]
    found = [
        f"{row['path']}: {'could not be read' if row['at_hand'] else 'not at hand'}, "
        f"{row['rows_published']} rows unverified"
        for row in absent
    ]
    unverified = sum(int(row["rows_published"]) for row in absent)
    metadata: Metadata = {"unverified": dg.MetadataValue.int(unverified)}
    return warning("documents not at hand", found, metadata)


@dg.asset_check(
    asset="readings",
    required_resource_keys={STAGING},
    description=(
        "Nothing in a document had to be decided or left out by its reader: tracked changes, "
        "hidden rows and sheets, error cells, formulas without a value."
    ),
)
def readers_sure(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """List what readers warn of."""
    rows = [row for row in _rows(_area(context), "readings") if row["warnings"]]
    found = [f"{row['path']}: {told}" for row in rows for told in row["warnings"].splitlines()]
    return warning("warnings", found, {"warnings": dg.MetadataValue.int(len(found))})


@dg.asset_check(
    asset="rejected_rows",
    required_resource_keys={STAGING},
    description=(
        "Everything that was read is published, but for rows that a correction drops. What was not "
        "stands in rejected_rows."
    ),
)
def nothing_rejected(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Show what was rejected, by reason."""
    rows = [row for row in _rows(_area(context), "rejected_rows") if is_open(row)]
    messages = [row["message"] for row in rows]
    metadata: Metadata = {"rejected": dg.MetadataValue.int(len(rows))}
    if rows:
        reasons = Counter(str(row["reason"]) for row in rows)
        metadata["by_reason"] = counts(reasons)
    return dg.AssetCheckResult(
        passed=not rows,
        description=summary("rejected", messages),
        metadata=metadata | listed("messages", messages),
    )


def _area(context: dg.AssetCheckExecutionContext) -> Staging:
    area: Staging = context.resources.staging.area
    return area


def _rows(area: Staging, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = area.load(table).table.to_pylist()
    return rows
