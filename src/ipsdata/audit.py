"""Audit what a run staged as a whole: no figure that failed as an error may be published."""

from collections.abc import Iterable, Mapping
from typing import Any

from ipsdata.marts.additivity import AddingCodes
from ipsdata.reconcile import reconcile_within_source
from ipsdata.release.staging import Staging

Row = Mapping[str, Any]


def standing_errors(staging: Staging) -> list[str]:
    """Return the reconciliations of severity error whose rows still stand in a fact table.

    An error withdraws the rows it rests on, so that this is empty unless the pipeline itself is at
    fault.
    """
    failed = [row for row in _rows(staging, "reconciliations") if row["severity"] == "error"]
    return [*_standing_lists(staging, failed), *_standing_figures(staging)]


def _standing_lists(staging: Staging, failed: Iterable[Row]) -> list[str]:
    """A list that is not tied to its total is withdrawn as a whole."""
    published = {row["document_id"] for row in _rows(staging, "deployments")}
    return [
        row["message"]
        for row in failed
        if row["rule"] == "rows_against_total" and published.intersection(row["documents"].split())
    ]


def _standing_figures(staging: Staging) -> list[str]:
    """SIS figures that contradict each other within a source are withdrawn: the rest agree."""
    codes = AddingCodes.of_rows(_rows(staging, "sis_categories"), _rows(staging, "sis_indicators"))
    results = reconcile_within_source(_rows(staging, "sis_statistics"), codes)
    return [f"{r.subject}: {r.message}" for r in results if r.severity == "error"]


def _rows(staging: Staging, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = staging.load(table).table.to_pylist()
    return rows
