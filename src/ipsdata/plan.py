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
import pyarrow.compute as pc

from ipsdata.code.codelists import Codes, MissionNames, read_code_list
from ipsdata.code.membership import Membership
from ipsdata.code.sis_categories import SisCategories
from ipsdata.collect import DAILY_COUNTS, LETTER, collect
from ipsdata.contracts import Contract, load_contracts, load_schema_major
from ipsdata.corrections import Correction, load_corrections
from ipsdata.daily.annual import DailyYear, annual_facts
from ipsdata.daily.load import CODE_LISTS as DAILY_CODES
from ipsdata.daily.load import DailyInputs, daily_partitions, listing_row, load_daily_counts
from ipsdata.daily.partitions import Partitions
from ipsdata.daily.refusals import TABLE as DAILY_TABLE
from ipsdata.daily.refusals import merged
from ipsdata.editions import reconcile_editions
from ipsdata.extract.correct import correct, correction_rows, judge
from ipsdata.extract.printed import DROPPED, SUPPORT
from ipsdata.extract.rows import extract
from ipsdata.facts.caribbean_staffing import settle_caribbean_staffing
from ipsdata.facts.cooperation import (
    PartnerCodes,
    settle_cooperation_partners,
    settle_cooperation_register,
)
from ipsdata.facts.deployments import settle_deployments
from ipsdata.facts.dimensions import day_of
from ipsdata.facts.quantities import account_quantities
from ipsdata.facts.settle import Settled
from ipsdata.facts.sis_statistics import SisCodes, settle_sis_statistics
from ipsdata.layouts import Layout, load_layouts
from ipsdata.marts.additivity import AddingCodes
from ipsdata.marts.breaks import Breaks
from ipsdata.marts.calendar import calendar, years_of
from ipsdata.marts.reporting_deployments import MissionCodes, reporting_deployments
from ipsdata.marts.reporting_sis import SisTitles, reporting_sis
from ipsdata.marts.sis_annual import annual_figures
from ipsdata.marts.sis_conflicts import find_conflicts
from ipsdata.marts.sis_derived import derived_figures
from ipsdata.read.readings import Progress, read_documents
from ipsdata.reconcile import Reconciliation, reconcile_across_sources, reconcile_sums
from ipsdata.release.staging import Outcome
from ipsdata.settings import Settings
from ipsdata.tables import sorted_by_key, table_from_rows, unsorted_table

Inputs = Mapping[str, Outcome]

INVENTORY = "inventory"
DAILY_LOAD = "daily_load"
CODE_LISTS = (
    "code_titles",
    "countries",
    "mission_aliases",
    "mission_hosts",
    "missions",
    "organisations",
    "sis_breaks",
    "sis_categories",
    "sis_indicators",
    "sis_membership",
    "sis_source_kinds",
)
SIS_CODES = (
    "countries",
    "sis_categories",
    "sis_indicators",
    "sis_membership",
    "sis_source_kinds",
)
MISSION_CODES = ("missions", "mission_hosts", "countries", "code_titles")
SIS_TITLES = ("countries", "sis_indicators", "sis_categories", "sis_source_kinds", "code_titles")
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
        ("frequency", pa.string()),
        ("source_kind", pa.string()),
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
DAILY_LOAD_SCHEMA = pa.schema(
    [
        ("year", pa.int32()),
        ("document_id", pa.string()),
        ("rows_published", pa.int64()),
        ("rows_rejected", pa.int64()),
        ("loaded_now", pa.bool_()),
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
        ("corrected", pa.string()),
        ("correction_id", pa.string()),
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
    def schema_major(self) -> int:
        """The declared major number of the version of all contracts."""
        return load_schema_major(self.settings.schemas_dir)

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """The layouts by name."""
        return load_layouts(self.settings.schemas_dir)

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """The corrections of what documents print."""
        return load_corrections(self.settings.schemas_dir)

    @property
    def partitions(self) -> Partitions:
        """The loaded years of daily counts."""
        return daily_partitions(self.settings)

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


def _narratives_and_lists(inputs: Inputs) -> list[dict[str, Any]]:
    """Return the documents that are read as such: files of daily counts are streamed instead."""
    rows = inputs[INVENTORY].table.to_pylist()
    return [row for row in rows if row["layout"] != DAILY_COUNTS]


def _readings(work: Workspace, inputs: Inputs) -> Outcome:
    documents = _narratives_and_lists(inputs)
    settings = work.settings
    found = read_documents(
        documents, settings.raw_dir, settings.cache_dir, work.progress, settings.limits
    )
    table = pa.Table.from_pylist([dict(row) for row in found.rows], schema=READINGS_SCHEMA)
    return Outcome(table, found.rejections)


def _printed_rows(work: Workspace, inputs: Inputs) -> Outcome:
    documents = _narratives_and_lists(inputs)
    readings = inputs["readings"].table.to_pylist()
    found = extract(documents, readings, work.layouts, work.settings.raw_dir)
    corrected = correct(work.corrections, found.rows, documents)
    table = pa.Table.from_pylist(list(corrected.rows), schema=PRINTED_ROWS_SCHEMA)
    return Outcome(table, (*found.rejections, *corrected.rejections))


def _corrections(work: Workspace, inputs: Inputs) -> Outcome:
    printed = inputs["printed_rows"].table.to_pylist()
    verdicts = judge(work.corrections, printed, _narratives_and_lists(inputs))
    return Outcome(
        table_from_rows(work.contracts["corrections"], correction_rows(verdicts, printed))
    )


def _daily_load(work: Workspace, inputs: Inputs) -> Outcome:
    loaded = load_daily_counts(
        inputs[INVENTORY].table.to_pylist(), _daily_inputs(work, inputs), work.partitions
    )
    rows = [
        {
            "year": year,
            "document_id": document,
            "rows_published": published,
            "rows_rejected": lost,
            "loaded_now": year in loaded.read,
        }
        for year, receipt in loaded.years.items()
        for document, (published, lost) in receipt.documents.items()
    ]
    return Outcome(pa.Table.from_pylist(rows, schema=DAILY_LOAD_SCHEMA), refused=loaded.refused)


def _daily_inputs(work: Workspace, inputs: Inputs) -> DailyInputs:
    return DailyInputs(
        raw_dir=work.settings.raw_dir,
        layout=work.layouts[DAILY_COUNTS],
        contract=work.contracts[DAILY_TABLE],
        rejected=work.contracts["rejected_rows"],
        categories=inputs["sis_categories"].table.to_pylist(),
        membership=inputs["sis_membership"].table.to_pylist(),
        max_bad_share=work.settings.max_bad_share,
    )


def _sis_daily_partitions(work: Workspace, inputs: Inputs) -> Outcome:
    receipts = [work.partitions.receipt(year) for year in _loaded_years(inputs)]
    rows = [listing_row(receipt) for receipt in receipts if receipt is not None]
    return Outcome(table_from_rows(work.contracts["sis_daily_partitions"], rows))


def _sis_monthly_counts(work: Workspace, inputs: Inputs) -> Outcome:
    contract = work.contracts["sis_monthly_counts"]
    schema = contract.arrow_schema
    found = [work.partitions.monthly(year).cast(schema) for year in _loaded_years(inputs)]
    return Outcome(sorted_by_key(contract, pa.concat_tables([schema.empty_table(), *found])))


def _loaded_years(inputs: Inputs) -> list[int]:
    return sorted(set(inputs[DAILY_LOAD].table.column("year").to_pylist()))


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
    codes = SisCodes.of_rows({name: inputs[name].table.to_pylist() for name in SIS_CODES})
    settled, reconciled = settle_sis_statistics(
        _rows_for("sis_statistics", inputs),
        _documents_by_id(inputs),
        codes,
        contract,
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
    return [row for row in rows if row["target"] == table and row["role"] not in (SUPPORT, DROPPED)]


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
    published = inputs["sis_statistics"].table.to_pylist()
    across = (
        *reconcile_across_sources(published),
        *reconcile_sums(published, inputs["daily_annual"].table.to_pylist()),
        *reconcile_editions(
            inputs["deployments"].table.to_pylist(),
            Counter(str(lost.edition_id) for lost in inputs["deployments"].rejections),
        ),
    )
    rows = [row for name in FACTS for row in inputs[name].reconciliations]
    rows.extend(result.as_row() for result in across)
    return Outcome(table_from_rows(work.contracts["reconciliations"], rows))


def _daily_annual(work: Workspace, inputs: Inputs) -> Outcome:
    broken = _broken_editions(inputs)
    documents: dict[int, list[str]] = {}
    for row in inputs[DAILY_LOAD].table.to_pylist():
        if row["rows_published"]:
            documents.setdefault(row["year"], []).append(row["document_id"])
    years = [
        DailyYear(row, tuple(sorted(documents[row["year"]])))
        for row in inputs["sis_daily_partitions"].table.to_pylist()
        if row["year"] in documents and broken.isdisjoint(row["edition_id"].split())
    ]
    kinds = inputs["sis_source_kinds"].table.to_pylist()
    facts = annual_facts(
        years,
        inputs["sis_monthly_counts"].table,
        SisCategories(inputs["sis_categories"].table.to_pylist()),
        Membership(inputs["sis_membership"].table.to_pylist()),
        {row["source_kind"]: row["authority"] for row in kinds},
    )
    return Outcome(unsorted_table(work.contracts["sis_statistics"], facts))


def _broken_editions(inputs: Inputs) -> frozenset[str]:
    """Return the editions of which a file of daily counts was refused: no sum of them is whole."""
    refused = inputs[DAILY_LOAD].refused
    rows = [] if refused is None else refused.select(["scope", "edition_id"]).to_pylist()
    return frozenset(row["edition_id"] for row in rows if row["scope"] == "document")


def _sis_conflicts(work: Workspace, inputs: Inputs) -> Outcome:
    rows = find_conflicts(
        inputs["sis_statistics"].table.to_pylist(),
        AddingCodes.of_rows(
            inputs["sis_categories"].table.to_pylist(), inputs["sis_indicators"].table.to_pylist()
        ),
        Breaks.of_rows(inputs["sis_breaks"].table.to_pylist()),
        Membership(inputs["sis_membership"].table.to_pylist()),
    )
    return Outcome(table_from_rows(work.contracts["sis_conflicts"], rows))


def _sis_annual(work: Workspace, inputs: Inputs) -> Outcome:
    breaks = Breaks.of_rows(inputs["sis_breaks"].table.to_pylist())
    facts = inputs["sis_statistics"].table.to_pylist()
    rows = annual_figures(facts, breaks, inputs["daily_annual"].table.to_pylist())
    return Outcome(table_from_rows(work.contracts["sis_annual"], rows))


def _sis_derived(work: Workspace, inputs: Inputs) -> Outcome:
    breaks = Breaks.of_rows(inputs["sis_breaks"].table.to_pylist())
    rows = derived_figures(inputs["sis_annual"].table.to_pylist(), breaks)
    return Outcome(table_from_rows(work.contracts["sis_derived"], rows))


def _reporting_deployments(work: Workspace, inputs: Inputs) -> Outcome:
    rows = reporting_deployments(
        inputs["deployments"].table.to_pylist(),
        MissionCodes.of_rows({name: inputs[name].table.to_pylist() for name in MISSION_CODES}),
        inputs["documents"].table.to_pylist(),
    )
    return Outcome(table_from_rows(work.contracts["reporting_deployments"], rows))


def _reporting_sis(work: Workspace, inputs: Inputs) -> Outcome:
    rows = reporting_sis(
        inputs["sis_annual"].table.to_pylist(),
        inputs["sis_derived"].table.to_pylist(),
        Breaks.of_rows(inputs["sis_breaks"].table.to_pylist()),
        SisTitles.of_rows({name: inputs[name].table.to_pylist() for name in SIS_TITLES}),
        inputs["documents"].table.to_pylist(),
    )
    return Outcome(table_from_rows(work.contracts["reporting_sis"], rows))


def _dim_date(work: Workspace, inputs: Inputs) -> Outcome:
    related = [
        inputs["reporting_deployments"].table["reference_date"],
        inputs["reporting_sis"].table["date"],
        inputs["reporting_sis"].table["reference_date"],
    ]
    days = [day for column in related for day in column.drop_null().to_pylist()]
    days += [day_of(document) for document in inputs["documents"].table.to_pylist()]
    columns = calendar(*years_of(days))
    return Outcome(pa.table(dict(columns), schema=work.contracts["dim_date"].arrow_schema))


def _rejected_rows(work: Workspace, inputs: Inputs) -> Outcome:
    rejected = [rejection for outcome in inputs.values() for rejection in outcome.rejections]
    rows = [rejection.as_row() for rejection in rejected]
    contract = work.contracts["rejected_rows"]
    many = [outcome.refused for outcome in inputs.values() if outcome.refused is not None]
    return Outcome(
        sorted_by_key(contract, merged([table_from_rows(contract, rows), *many], contract))
    )


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
    for row in inputs[DAILY_LOAD].table.to_pylist():
        published[row["document_id"]] += row["rows_published"]
        read[row["document_id"]] += row["rows_published"] + row["rows_rejected"]
    supporting = Counter(
        row["document_id"]
        for row in inputs["printed_rows"].table.to_pylist()
        if row["role"] == SUPPORT and row["problem"] is None
    )
    warnings = {r["document_id"]: r["warnings"] for r in inputs["readings"].table.to_pylist()}
    lost = inputs["rejected_rows"].table
    rejected = _count(lost.filter(pc.equal(lost["scope"], "row")), "document_id")
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
    counts = table.column(column).value_counts()
    return Counter({entry["values"]: entry["counts"] for entry in counts.to_pylist()})


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
        "Every row found in the documents, as printed, with its place and what corrects it; not "
        "published.",
    ),
    Step("corrections", "account", (INVENTORY, "printed_rows"), _corrections),
    *(Step(name, "codes", (), _code_list(name)) for name in CODE_LISTS),
    Step(
        DAILY_LOAD,
        "daily",
        (INVENTORY, *DAILY_CODES),
        _daily_load,
        "The years of daily counts that lie ready, by document; not published.",
    ),
    Step("sis_daily_partitions", "daily", (DAILY_LOAD,), _sis_daily_partitions),
    Step("sis_monthly_counts", "daily", (DAILY_LOAD,), _sis_monthly_counts),
    Step("deployments", "code", ("inventory", "printed_rows", "mission_aliases"), _deployments),
    Step(
        "sis_statistics",
        "code",
        ("inventory", "printed_rows", *SIS_CODES),
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
    Step(
        "daily_annual",
        "daily",
        (
            DAILY_LOAD,
            "sis_daily_partitions",
            "sis_monthly_counts",
            "sis_categories",
            "sis_membership",
            "sis_source_kinds",
        ),
        _daily_annual,
        "Annual sums of the daily counts, candidates for sis_annual; not published by themselves.",
    ),
    Step("reconciliations", "reconcile", (*FACTS, "daily_annual"), _reconciliations),
    Step(
        "sis_conflicts",
        "mart",
        ("sis_statistics", "sis_categories", "sis_indicators", "sis_breaks", "sis_membership"),
        _sis_conflicts,
    ),
    Step("sis_annual", "mart", ("sis_statistics", "daily_annual", "sis_breaks"), _sis_annual),
    Step("sis_derived", "mart", ("sis_annual", "sis_breaks"), _sis_derived),
    Step("quantities", "account", ("inventory", "readings", "printed_rows", *FACTS), _quantities),
    Step(
        "rejected_rows",
        "account",
        ("inventory", "readings", "printed_rows", DAILY_LOAD, *FACTS),
        _rejected_rows,
    ),
    Step(
        "documents",
        "account",
        ("inventory", "readings", "printed_rows", DAILY_LOAD, *FACTS, "rejected_rows"),
        _documents,
    ),
    Step(
        "reporting_deployments",
        "mart",
        ("deployments", *MISSION_CODES, "documents"),
        _reporting_deployments,
    ),
    Step(
        "reporting_sis",
        "mart",
        ("sis_annual", "sis_derived", "sis_breaks", *SIS_TITLES, "documents"),
        _reporting_sis,
    ),
    Step("dim_date", "mart", ("reporting_deployments", "reporting_sis", "documents"), _dim_date),
)
