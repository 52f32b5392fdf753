"""A release store with contracts of two or three columns, so that a publication takes no time."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ipsdata.contracts import Contract, contract_from_mapping
from ipsdata.release.index import Publication
from ipsdata.release.staging import Outcome, open_staging
from ipsdata.release.store import publish
from ipsdata.tables import table_from_rows

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
Rows = Mapping[str, list[dict[str, Any]]]


def made_up_contract(table: str, columns: Mapping[str, str], **more: Any) -> Contract:
    """Make a contract; the first column is its key, the others may be empty.

    Args:
        columns: the type of each column, by name.
    """
    key, *_ = columns
    told = [
        {
            "name": name,
            "type": kind,
            "title": name,
            "title_nl": name,
            "description": f"The {name}.",
            "nullable": name != key,
        }
        for name, kind in columns.items()
    ]
    return contract_from_mapping(
        {
            "table": table,
            "group": "code",
            "title": table,
            "title_nl": table,
            "description": f"The {table}.",
            "primary_key": [key],
            "columns": told,
            **more,
        }
    )


DOCUMENTS = made_up_contract(
    "documents", {"document_id": "string", "path": "string", "size_bytes": "int64"}
)
FIGURES = made_up_contract("figures", {"figure_id": "int64", "name": "string", "value": "int64"})
CONTRACTS = {"documents": DOCUMENTS, "figures": FIGURES}
A_DOCUMENT = {"document_id": "a", "path": "letters/a.csv", "size_bytes": 1}


def figures(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return a row of `figures` for each name."""
    return [{"figure_id": n, "name": name, "value": n} for n, name in enumerate(names)]


def release(
    processed: Path,
    rows: Rows,
    contracts: Mapping[str, Contract] = CONTRACTS,
    schema_major: int = 1,
) -> Publication:
    """Stage, validate and publish rows, as a run does; there is always one document."""
    given = {"documents": [A_DOCUMENT], **rows}
    with open_staging(processed, "run") as staging:
        for name, contract in contracts.items():
            staging.save(name, Outcome(table_from_rows(contract, given.get(name, []))))
            assert staging.audit(contract) == []
        return publish(staging, contracts, NOON, schema_major)
