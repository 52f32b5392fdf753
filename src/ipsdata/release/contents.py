"""The contracts that lie in a release: those that it was published by."""

import json
from pathlib import Path

from ipsdata.contracts import Contract, contract_from_mapping

CONTRACTS = "contracts"


def release_contracts(folder: Path) -> dict[str, Contract]:
    """Read the contracts that a release was published by."""
    return {
        path.stem: contract_from_mapping(json.loads(path.read_bytes()))
        for path in sorted((folder / CONTRACTS).glob("*.json"))
    }
