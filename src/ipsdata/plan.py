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
from ipsdata.collect import LETTER, collect
from ipsdata.contracts import Contract, load_contracts
from ipsdata.editions import reconcile_editions
from ipsdata.extract.printed import SUPPORT
from ipsdata.extract.rows import extract
from ipsdata.facts.caribbean_staffing import settle_caribbean_staffing
from ipsdata.facts.cooperation import (
    PartnerCodes,
    settle_cooperation_partners,
    settle_cooperation_register,
)
from ipsdata.facts.deployments import settle_deployments
from ipsdata.facts.quantities import account_quantities
from ipsdata.facts.settle import Settled
from ipsdata.facts.sis_statistics import SisCodes, settle_sis_statistics
from ipsdata.layouts import Layout, load_layouts
from ipsdata.read.readings import Progress, read_documents
from ipsdata.reconcile import Reconciliation, reconcile_across_sources
from ipsdata.release.staging import Outcome
from ipsdata.settings import Settings
from ipsdata.tables import table_from_rows

Inputs = Mapping[str, Outcome]

INVENTORY = "inventory"
CODE_LISTS = (
    "countries",
    "mission_aliases",
    "mission_hosts",
    "missions",
    "organisations",
    "sis_categories",
)
FACTS = (
    "deployments",
    "sis_statistics",
    "caribbean_staffing",
    "cooperation_register",
    "cooperation_partners",
)

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
        ("at_hand", pa.bool_()),
        ("size_bytes", pa.int64()),
        ("layout", pa.string()),
        ("options", pa.string()),
    ]
)
READINGS_SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("edition_id", pa.string()),
        ("path", pa.string()),
        ("media_type", pa.string()),
        ("pages", pa.int64()),
        ("headings", pa.int64()),
        ("paragraphs", pa.int64()),
        ("tables", pa.int64()),
        ("footnotes", pa.int64()),
        ("warnings", pa.string()),
        ("document", pa.large_string()),
    ]
)
PRINTED_ROWS_SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("edition_id", pa.string()),
        ("path", pa.string()),
        ("target", pa.string()),
        ("role", pa.string()),
        ("found_at", pa.string()),
        ("locator", pa.string()),
        ("fields", pa.string()),
        ("caption", pa.string()),
        ("verification", pa.string()),
        ("reason", pa.string()),
        ("problem", pa.string()),
    ]
)


@dataclass(frozen=True)
class Workspace:
    """What every step may use: the folders, and what is read from `schemas/`.

    Attributes:
        progress: is told how many of how many documents were read.
    """

    settings: Settings
    progress: Progress = lambda _done, _all: None

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


def _readings(work: Workspace, inputs: Inputs) -> Outcome:
    documents = inputs["inventory"].table.to_pylist()
    settings = work.settings
    found = read_documents(
        documents, settings.raw_dir, settings.cache_dir, work.progress, settings.limits
    )
    table = pa.Table.from_pylist([dict(row) for row in found.rows], schema=READINGS_SCHEMA)
    return Outcome(table, found.rejections)


def _printed_rows(work: Workspace, inputs: Inputs) -> Outcome:
    documents = inputs["inventory"].table.to_pylist()
    readings = inputs["readings"].table.to_pylist()
    found = extract(documents, readings, work.layouts, work.settings.raw_dir)
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
        areas=_codes("area", "country_code", "countries", inputs),
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


def _caribbean_staffing(work: Workspace, inputs: Inputs) -> Outcome:
    contract = work.contracts["caribbean_staffing"]
    settled = settle_caribbean_staffing(
        _rows_for("caribbean_staffing", inputs),
        _documents_by_id(inputs),
        _codes("organisation", "organisation_id", "organisations", inputs),
        contract,
    )
    return _fact_outcome(contract, settled, ())


def _cooperation_register(work: Workspace, inputs: Inputs) -> Outcome:
    contract = work.contracts["cooperation_register"]
    printed = _rows_for("cooperation_register", inputs)
    settled = settle_cooperation_register(printed, _documents_by_id(inputs), contract)
    return _fact_outcome(contract, settled, ())


def _cooperation_partners(work: Workspace, inputs: Inputs) -> Outcome:
    contract = work.contracts["cooperation_partners"]
    register = inputs["cooperation_register"].table.to_pylist()
    settled = settle_cooperation_partners(
        _rows_for("cooperation_partners", inputs),
        _documents_by_id(inputs),
        {(row["edition_id"], row["instrument_id"]) for row in register},
        _partner_codes(inputs),
        contract,
    )
    return _fact_outcome(contract, settled, ())


def _partner_codes(inputs: Inputs) -> PartnerCodes:
    # An aggregate such as the Schengen area is no partner.
    countries = [row for row in inputs["countries"].table.to_pylist() if row["kind"] == "country"]
    return PartnerCodes(
        countries=Codes.of_rows("country", "country_code", countries),
        organisations=_codes("organisation", "organisation_id", "organisations", inputs),
    )


def _codes(label: str, key: str, table: str, inputs: Inputs) -> Codes:
    return Codes.of_rows(label, key, inputs[table].table.to_pylist())


def _rows_for(table: str, inputs: Inputs) -> list[dict[str, Any]]:
    rows = inputs["printed_rows"].table.to_pylist()
    return [row for row in rows if row["target"] == table and row["role"] != SUPPORT]


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
    across = (
        *reconcile_across_sources(inputs["sis_statistics"].table.to_pylist()),
        *reconcile_editions(
            inputs["deployments"].table.to_pylist(),
            Counter(str(lost.edition_id) for lost in inputs["deployments"].rejections),
        ),
    )
    rows = [row for name in FACTS for row in inputs[name].reconciliations]
    rows.extend(result.as_row() for result in across)
    return Outcome(table_from_rows(work.contracts["reconciliations"], rows))


def _rejected_rows(work: Workspace, inputs: Inputs) -> Outcome:
    rejected = [rejection for outcome in inputs.values() for rejection in outcome.rejections]
    rows = [rejection.as_row() for rejection in rejected]
    return Outcome(table_from_rows(work.contracts["rejected_rows"], rows))


def _quantities(work: Workspace, inputs: Inputs) -> Outcome:
    readings = {row["document_id"]: row for row in inputs["readings"].table.to_pylist()}
    printed = inputs["printed_rows"].table.to_pylist()
    lost = {(r.path, r.locator) for name in FACTS for r in inputs[name].rejections}
    published = frozenset(
        (row["target"], row["path"], row["found_at"])
        for row in printed
        if (row["path"], row["found_at"]) not in lost
    )
    rows = [
        row
        for document in inputs["inventory"].table.to_pylist()
        if document["layout"] == LETTER
        for row in account_quantities(
            document,
            readings.get(document["document_id"]),
            [row for row in printed if row["document_id"] == document["document_id"]],
            published,
            work.layouts["deployment_list"],
        )
    ]
    return Outcome(table_from_rows(work.contracts["quantities"], rows))


def _documents(work: Workspace, inputs: Inputs) -> Outcome:
    read = _count(inputs["printed_rows"].table, "document_id")
    published: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for name in FACTS:
        published.update(_count(inputs[name].table, "document_id"))
        totals.update(inputs[name].totals)
    supporting = Counter(
        row["document_id"]
        for row in inputs["printed_rows"].table.to_pylist()
        if row["role"] == SUPPORT and row["problem"] is None
    )
    warnings = {r["document_id"]: r["warnings"] for r in inputs["readings"].table.to_pylist()}
    lost = inputs["rejected_rows"].table.to_pylist()
    rejected = Counter(row["document_id"] for row in lost if row["scope"] == "row")
    rows = [
        {
            **document,
            "warnings": warnings.get(document["document_id"]),
            "rows_read": read[document["document_id"]],
            "rows_published": published[document["document_id"]],
            "rows_total": totals[document["document_id"]],
            "rows_supporting": supporting[document["document_id"]],
            "rows_rejected": rejected[document["document_id"]],
        }
        for document in inputs["inventory"].table.drop_columns(["layout", "options"]).to_pylist()
    ]
    return Outcome(table_from_rows(work.contracts["documents"], rows))


def _count(table: pa.Table, column: str) -> Counter[str]:
    return Counter(table.column(column).to_pylist())


PLAN: tuple[Step, ...] = (
    Step(
        INVENTORY,
        "collect",
        (),
        _inventory,
        "The documents found in data/raw whose bytes are those of their sidecar.",
    ),
    Step(
        "readings",
        "read",
        ("inventory",),
        _readings,
        "The documents as read: headings, paragraphs, tables and footnotes, each with its place. "
        "Kept until document or reader changes; not published.",
    ),
    Step(
        "printed_rows",
        "extract",
        ("inventory", "readings"),
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
    Step(
        "caribbean_staffing",
        "code",
        ("inventory", "printed_rows", "organisations"),
        _caribbean_staffing,
    ),
    Step("cooperation_register", "code", ("inventory", "printed_rows"), _cooperation_register),
    Step(
        "cooperation_partners",
        "code",
        ("inventory", "printed_rows", "cooperation_register", "countries", "organisations"),
        _cooperation_partners,
    ),
    Step("reconciliations", "reconcile", FACTS, _reconciliations),
    Step("quantities", "account", ("inventory", "readings", "printed_rows", *FACTS), _quantities),
    Step(
        "rejected_rows",
        "account",
        ("inventory", "readings", "printed_rows", *FACTS),
        _rejected_rows,
    ),
    Step(
        "documents",
        "account",
        ("inventory", "readings", "printed_rows", *FACTS, "rejected_rows"),
        _documents,
    ),
)
