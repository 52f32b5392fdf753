"""The checks: each table's contract, what the reconciliations found, and what was rejected."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from ipsdata.audit import standing_errors
from ipsdata.contracts import Contract
from ipsdata.editions import RULE as EDITIONS
from ipsdata.facts.quantities import coverage
from ipsdata.fates import ACCOUNTED
from ipsdata.plan import Workspace
from ipsdata.read.detect import CSV
from ipsdata.release.staging import Staging
from ipsdata.validation import Failure
from pipelines.metadata import Metadata, counts, listing, markdown
from pipelines.resources import STAGING

SAMPLE_FAILURES = 20
SHOWN_MESSAGES = 50
COVERAGE = ("document", "accounted", "of", "coverage")

Row = Mapping[str, Any]


def build_checks(work: Workspace) -> list[dg.AssetChecksDefinition]:
    """Return all checks of the project."""
    contracts = [_contract_check(contract) for contract in work.contracts.values()]
    return [
        *contracts,
        errors,
        warnings,
        editions,
        nothing_rejected,
        quantities_accounted,
        captures_verified,
        readers_sure,
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
            description=_summary("failures", [str(failure) for failure in failures]),
            metadata=_failure_metadata(failures),
        )

    return holds


def _failure_metadata(failures: list[Failure]) -> Metadata:
    found: Metadata = {"failures": dg.MetadataValue.int(len(failures))}
    if failures:
        by_check = Counter(_check_name(failure) for failure in failures)
        found["by_check"] = counts(by_check)
        found["sample"] = dg.MetadataValue.md(_sample(failures[:SAMPLE_FAILURES]))
    return found


def _check_name(failure: Failure) -> str:
    return f"{failure.column}: {failure.check}" if failure.column else failure.check


def _sample(failures: Iterable[Failure]) -> str:
    rows = [
        {
            "row": None if failure.row is None else failure.row + 1,
            "column": failure.column,
            "expected": failure.check,
            "found": failure.value,
        }
        for failure in failures
    ]
    return markdown(["row", "column", "expected", "found"], rows)


@dg.asset_check(
    asset="reconciliations",
    blocking=True,
    additional_deps=["deployments", "sis_statistics", "sis_categories"],
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
    metadata |= _messages("messages", messages) | _messages("standing", standing)
    return dg.AssetCheckResult(
        passed=not standing,
        description=_summary("figures or lists not withdrawn", standing),
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
    return _warning("warnings", found, {"warnings": dg.MetadataValue.int(len(found))})


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
    return _warning("changes", found, metadata)


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
    return _warning("unaccounted", found, metadata)


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
        if row["media_type"] != CSV and row["document_id"] not in read
    ]
    found = [
        f"{row['path']}: {'could not be read' if row['at_hand'] else 'not at hand'}, "
        f"{row['rows_published']} rows unverified"
        for row in absent
    ]
    unverified = sum(int(row["rows_published"]) for row in absent)
    metadata: Metadata = {"unverified": dg.MetadataValue.int(unverified)}
    return _warning("documents not at hand", found, metadata)


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
    return _warning("warnings", found, {"warnings": dg.MetadataValue.int(len(found))})


@dg.asset_check(
    asset="rejected_rows",
    required_resource_keys={STAGING},
    description="Everything that was read is published. What was not stands in rejected_rows.",
)
def nothing_rejected(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Show what was rejected, by reason."""
    rows = _rows(_area(context), "rejected_rows")
    messages = [row["message"] for row in rows]
    metadata: Metadata = {"rejected": dg.MetadataValue.int(len(rows))}
    if rows:
        reasons = Counter(str(row["reason"]) for row in rows)
        metadata["by_reason"] = counts(reasons)
    return dg.AssetCheckResult(
        passed=not rows,
        description=_summary("rejected", messages),
        metadata=metadata | _messages("messages", messages),
    )


def _warning(unit: str, found: list[str], metadata: Metadata) -> dg.AssetCheckResult:
    """Return the result of a check that warns of what was found, and never blocks."""
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description=_summary(unit, found),
        metadata=metadata | _messages("messages", found),
    )


def _area(context: dg.AssetCheckExecutionContext) -> Staging:
    area: Staging = context.resources.staging.area
    return area


def _rows(area: Staging, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = area.load(table).table.to_pylist()
    return rows


def _summary(unit: str, messages: Sequence[str]) -> str | None:
    """Say the first finding, and how many there are; `None` if there is none."""
    return f"{len(messages)} {unit}; the first: {messages[0]}" if messages else None


def _messages(name: str, found: list[str]) -> Metadata:
    unique = list(dict.fromkeys(found))
    return {name: dg.MetadataValue.md(listing(unique, SHOWN_MESSAGES))} if found else {}
