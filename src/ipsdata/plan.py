"""The plan: the steps of the pipeline, what each is made from, and the function that makes it.

The plan is the one description of the flow: `ipsdata run` walks it, and the Dagster assets are made
from it, so that both do the same.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipsdata.code.codelists import Codes, MissionNames, read_code_list
from ipsdata.collect import collect
from ipsdata.contracts import Contract, load_contracts
from ipsdata.extract.lists import extract
from ipsdata.facts.deployments import settle_deployments
from ipsdata.facts.settle import Settled
from ipsdata.facts.sis_statistics import SisCodes, settle_sis_statistics
from ipsdata.layouts import Layout, load_layouts
from ipsdata.reconcile import Reconciliation, reconcile_across_sources
from ipsdata.release.staging import Outcome
from ipsdata.settings import Settings
from ipsdata.tables import table_from_rows

Inputs = Mapping[str, Outcome]

CODE_LISTS = ("countries", "mission_aliases", "mission_hosts", "missions", "sis_categories")
FACTS = ("deployments", "sis_statistics")

INVENTORY_SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("edition_id", pa.string()),
        ("path", pa.string()),
        ("collection", pa.string()),
        ("title", pa.string()),
        ("publisher", pa.string()),
        ("url", pa.string()),
        ("document_number", pa.string()),
        ("published_on", pa.date32()),
        ("retrieved_on", pa.date32()),
        ("attribution", pa.string()),
        ("attribution_reason", pa.string()),
        ("language", pa.string()),
        ("licence", pa.string()),
        ("citation", pa.string()),
        ("media_type", pa.string()),
        ("size_bytes", pa.int64()),
        ("layout", pa.string()),
        ("options", pa.string()),
    ]
)
PRINTED_ROWS_SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("edition_id", pa.string()),
        ("path", pa.string()),
        ("target", pa.string()),
        ("role", pa.string()),
        ("locator", pa.string()),
        ("line", pa.int64()),
        ("fields", pa.string()),
        ("reason", pa.string()),
        ("problem", pa.string()),
    ]
)


@dataclass(frozen=True)
class Workspace:
    """What every step may use: the folders, and what is read from `schemas/`."""

    settings: Settings

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """The contracts by table."""
        return load_contracts(self.settings.schemas_dir)

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """The layouts by name."""
        return load_layouts(self.settings.schemas_dir)

    @property
    def codes_dir(self) -> Path:
        """The folder of the code lists."""
        return self.settings.schemas_dir / "codes"


@dataclass(frozen=True)
class Step:
    """One step: it makes the table `name` from the steps in `inputs`.

    Attributes:
        group: the stage that it belongs to.
        description: what its table is; of a published table, as its contract says.
    """

    name: str
    group: str
    inputs: tuple[str, ...]
    build: Callable[[Workspace, Inputs], Outcome]
    description: str = ""


def _inventory(work: Workspace, _: Inputs) -> Outcome:
    found = collect(work.settings.raw_dir, work.settings.schemas_dir)
    table = pa.Table.from_pylist([dict(row) for row in found.documents], schema=INVENTORY_SCHEMA)
    return Outcome(table, found.rejections)


def _printed_rows(work: Workspace, inputs: Inputs) -> Outcome:
    documents = inputs["inventory"].table.to_pylist()
    found = extract(documents, work.layouts, work.settings.raw_dir)
    table = pa.Table.from_pylist([dict(row) for row in found.rows], schema=PRINTED_ROWS_SCHEMA)
    return Outcome(table, found.rejections)


def _code_list(name: str) -> Callable[[Workspace, Inputs], Outcome]:
    def build(work: Workspace, _: Inputs) -> Outcome:
        contract = work.contracts[name]
        rows = read_code_list(work.codes_dir / f"{name}.csv", contract)
        return Outcome(table_from_rows(contract, rows))

    return build


def _deployments(work: Workspace, inputs: Inputs) -> Outcome:
    contract = work.contracts["deployments"]
    settled, reconciled = settle_deployments(
        _rows_for("deployments", inputs),
        _documents_by_id(inputs),
        work.layouts["deployment_list"],
        MissionNames(inputs["mission_aliases"].table.to_pylist()),
        contract,
    )
    return _fact_outcome(contract, settled, reconciled)


def _sis_statistics(work: Workspace, inputs: Inputs) -> Outcome:
    contract = work.contracts["sis_statistics"]
    categories = inputs["sis_categories"].table.to_pylist()
    codes = SisCodes(
        areas=Codes.of_rows("area", "country_code", inputs["countries"].table.to_pylist()),
        categories=Codes.of_rows("category", "category_id", categories),
    )
    settled, reconciled = settle_sis_statistics(
        _rows_for("sis_statistics", inputs),
        _documents_by_id(inputs),
        codes,
        contract,
        {row["category_id"]: row["parent_id"] for row in categories},
    )
    return _fact_outcome(contract, settled, reconciled)


def _rows_for(table: str, inputs: Inputs) -> list[dict[str, Any]]:
    return [row for row in inputs["printed_rows"].table.to_pylist() if row["target"] == table]


def _documents_by_id(inputs: Inputs) -> dict[str, dict[str, Any]]:
    return {row["document_id"]: row for row in inputs["inventory"].table.to_pylist()}


def _fact_outcome(
    contract: Contract, settled: Settled, reconciled: tuple[Reconciliation, ...]
) -> Outcome:
    return Outcome(
        table_from_rows(contract, settled.facts),
        settled.rejections,
        tuple(result.as_row() for result in reconciled),
        Counter(str(row["document_id"]) for row in settled.totals),
    )


def _reconciliations(work: Workspace, inputs: Inputs) -> Outcome:
    across = reconcile_across_sources(inputs["sis_statistics"].table.to_pylist())
    rows = [row for name in FACTS for row in inputs[name].reconciliations]
    rows.extend(result.as_row() for result in across)
    return Outcome(table_from_rows(work.contracts["reconciliations"], rows))


def _rejected_rows(work: Workspace, inputs: Inputs) -> Outcome:
    rejected = [rejection for outcome in inputs.values() for rejection in outcome.rejections]
    rows = [rejection.as_row() for rejection in rejected]
    return Outcome(table_from_rows(work.contracts["rejected_rows"], rows))


def _documents(work: Workspace, inputs: Inputs) -> Outcome:
    read = _count(inputs["printed_rows"].table, "document_id")
    published: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for name in FACTS:
        published.update(_count(inputs[name].table, "document_id"))
        totals.update(inputs[name].totals)
    lost = inputs["rejected_rows"].table.to_pylist()
    rejected = Counter(row["document_id"] for row in lost if row["scope"] == "row")
    rows = [
        {
            **document,
            "rows_read": read[document["document_id"]],
            "rows_published": published[document["document_id"]],
            "rows_total": totals[document["document_id"]],
            "rows_rejected": rejected[document["document_id"]],
        }
        for document in inputs["inventory"].table.drop_columns(["layout", "options"]).to_pylist()
    ]
    return Outcome(table_from_rows(work.contracts["documents"], rows))


def _count(table: pa.Table, column: str) -> Counter[str]:
    return Counter(table.column(column).to_pylist())


PLAN: tuple[Step, ...] = (
    Step(
        "inventory",
        "collect",
        (),
        _inventory,
        "The documents found in data/raw whose bytes are those of their sidecar.",
    ),
    Step(
        "printed_rows",
        "extract",
        ("inventory",),
        _printed_rows,
        "Every row found in the documents, as printed, with its place; not published.",
    ),
    *(Step(name, "codes", (), _code_list(name)) for name in CODE_LISTS),
    Step("deployments", "code", ("inventory", "printed_rows", "mission_aliases"), _deployments),
    Step(
        "sis_statistics",
        "code",
        ("inventory", "printed_rows", "countries", "sis_categories"),
        _sis_statistics,
    ),
    Step("reconciliations", "reconcile", FACTS, _reconciliations),
    Step("rejected_rows", "account", ("inventory", "printed_rows", *FACTS), _rejected_rows),
    Step(
        "documents", "account", ("inventory", "printed_rows", *FACTS, "rejected_rows"), _documents
    ),
)
