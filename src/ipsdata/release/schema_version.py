"""Placeholder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ipsdata.contracts import Contract


@dataclass(frozen=True)
class SchemaVersions:
    """The versions of the contracts of a release, by semantic versioning.

    Attributes:
        overall: of all contracts together.
        tables: of each table.
    """

    overall: str
    tables: Mapping[str, str]


def schema_versions(previous: Path | None, contracts: Mapping[str, Contract]) -> SchemaVersions:
    """Return the versions of a release that follows `previous` (its folder)."""
    return SchemaVersions("1.0.0", dict.fromkeys(contracts, "1.0.0"))
