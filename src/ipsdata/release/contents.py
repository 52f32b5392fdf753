"""The contracts that lie in a release: those that it was published by."""

import json
from pathlib import Path

from ipsdata.contracts import Contract, contract_from_mapping
from ipsdata.errors import DataError

CONTRACTS = "contracts"


def release_contracts(folder: Path) -> dict[str, Contract]:
    """Read the contracts that a release was published by; errors as `read_contract`."""
    return {path.stem: read_contract(path) for path in sorted((folder / CONTRACTS).glob("*.json"))}


def read_contract(path: Path) -> Contract:
    """Read one of them.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        return contract_from_mapping(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is missing or damaged: {error}") from None
