"""The version of the contracts: counted on by what changed, and a break must be declared."""

from pathlib import Path
from typing import Any

import pytest

from ipsdata.contracts import Contract, contract_from_mapping
from ipsdata.errors import DataError
from ipsdata.release.index import read_manifest
from ipsdata.release.schema_version import Severity, contract_changes
from small_store import CONTRACTS, DOCUMENTS, made_up_contract, release

COLUMNS = {"figure_id": "int64", "name": "string", "value": "int64"}
FIGURES = made_up_contract("figures", COLUMNS)
TO_NAMES = {"column": "name", "references": "names.name"}
BREAKING, COMPATIBLE, TEXT = Severity.BREAKING, Severity.COMPATIBLE, Severity.TEXT


def with_column(name: str, **change: Any) -> Contract:
    """Return FIGURES with something else said of a column."""
    resolved = dict(FIGURES.resolved)
    resolved["columns"] = [
        {**column, **change} if column["name"] == name else column for column in resolved["columns"]
    ]
    return contract_from_mapping(resolved)


def with_table(**change: Any) -> Contract:
    return contract_from_mapping({**FIGURES.resolved, **change})


@pytest.mark.parametrize(
    ("new", "severity", "told"),
    [
        (made_up_contract("figures", {"figure_id": "int64", "name": "string"}), BREAKING, "gone"),
        (
            made_up_contract("figures", {**COLUMNS, "unit": "string"}),
            COMPATIBLE,
            "unit (string) is new",
        ),
        (with_column("value", type="float64"), BREAKING, "type changed: int64 before, float64 now"),
        (with_column("value", unit="person"), BREAKING, "unit changed: none before, person now"),
        (with_column("figure_id", nullable=True), BREAKING, "figure_id may be empty now"),
        (with_column("name", nullable=False), COMPATIBLE, "name may not be empty now"),
        (with_column("name", domain=["a"]), COMPATIBLE, "domain changed"),
        (with_column("value", minimum=0), COMPATIBLE, "minimum changed"),
        (with_column("value", description="Otherwise."), TEXT, "texts changed"),
        (with_column("value", printed_as=["Aantal"]), TEXT, "value: its printed_as changed"),
        (with_column("value", derived_from=["rows.count"]), TEXT, "its derived_from changed"),
        (with_table(title_nl="Cijfers"), TEXT, "its texts changed"),
        (with_table(owners=["team:a"]), TEXT, "its owners changed"),
        (with_table(group="mart"), TEXT, "its group changed"),
        (with_table(rules=[{"rule": "whole_year"}]), COMPATIBLE, "its rules changed"),
        (with_table(foreign_keys=[TO_NAMES]), COMPATIBLE, "key name to names.name is new"),
        (with_table(primary_key=["name"]), BREAKING, "its primary key changed"),
        (
            made_up_contract(
                "figures", dict([*list(COLUMNS.items())[:1], *list(COLUMNS.items())[:0:-1]])
            ),
            COMPATIBLE,
            "another order",
        ),
    ],
)
def test_each_change_is_classified(new: Contract, severity: Severity, told: str) -> None:
    (change,) = contract_changes({"figures": FIGURES}, {"figures": new})
    assert change.severity is severity
    assert told in str(change)


def test_a_key_to_another_table_that_is_gone_may_lose_rows_of_a_join() -> None:
    keyed = with_table(foreign_keys=[TO_NAMES])
    (change,) = contract_changes({"figures": keyed}, {"figures": FIGURES})
    assert (change.severity, str(change)) == (
        BREAKING,
        "figures: its key name to names.name is gone",
    )


def test_tables_that_come_and_go() -> None:
    both = {"figures": FIGURES, "documents": DOCUMENTS}
    (gone,) = contract_changes(both, {"documents": DOCUMENTS})
    (new,) = contract_changes({"documents": DOCUMENTS}, both)
    assert (gone.severity, str(gone)) == (BREAKING, "figures: the table is gone")
    assert (new.severity, str(new)) == (COMPATIBLE, "figures: the table is new")
    assert list(contract_changes(both, both)) == []


def version(processed: Path, figures: Contract, major: int = 1) -> str:
    """Publish by another contract of `figures`, and return the version of that release."""
    found = release(processed, {"figures": []}, {**CONTRACTS, "figures": figures}, major)
    manifest = read_manifest(processed / "releases" / found.release_id)
    return str(manifest["schema_version"])


def test_versions_are_counted_on(tmp_path: Path) -> None:
    wider = made_up_contract("figures", {**COLUMNS, "unit": "string"})
    assert version(tmp_path, FIGURES) == "1.0.0"
    assert version(tmp_path, with_table(title="Numbers")) == "1.0.1"
    assert version(tmp_path, wider) == "1.1.0"
    with pytest.raises(DataError, match=r"figures: column unit \(string\) is gone") as error:
        version(tmp_path, FIGURES)
    assert "Write version: 2" in str(error.value)
    assert version(tmp_path, FIGURES, 2) == "2.0.0"
    with pytest.raises(DataError, match="expected at least 2"):
        version(tmp_path, wider, 1)
