"""Check one file before it is used: a contract, an edition of `data/raw`, or a Parquet table."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipsdata.collect import SIDECAR
from ipsdata.contracts import load_contract, load_contracts
from ipsdata.corrections import FOLDER as CORRECTIONS
from ipsdata.corrections import load_corrections
from ipsdata.errors import ConfigurationError
from ipsdata.rejection import is_open
from ipsdata.run import dry_run
from ipsdata.settings import Settings
from ipsdata.tables import read_parquet
from ipsdata.validation import contract_failures


@dataclass(frozen=True)
class Validated:
    """What was found out about one file."""

    name: str
    verdict: str
    problems: tuple[str, ...]

    def as_data(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"file": self.name, "verdict": self.verdict, "problems": list(self.problems)}


def validate_file(path: Path, settings: Settings) -> Validated:
    """Check a file by what it is; nothing is published.

    Raises:
        ConfigurationError: the file is of none of the kinds that can be checked.
    """
    if path.suffix == ".parquet":
        return _parquet(path, settings)
    edition = path if path.is_dir() else path.parent
    if path.suffix == ".yaml" and path.resolve().parent.name == CORRECTIONS:
        return _corrections(path)
    if path.suffix == ".yaml" and path.name != SIDECAR:
        return _contract(path)
    if path.is_dir() or path.name == SIDECAR or (edition / SIDECAR).exists():
        return _edition(edition.resolve(), settings)
    raise ConfigurationError(
        f"{path}: can't be checked: expected a contract or corrections (*.yaml), an edition (a "
        f"folder with {SIDECAR}, or a file in it) or a table (*.parquet)"
    )


def _contract(path: Path) -> Validated:
    try:
        contract = load_contract(path, path.resolve().parents[1])
    except ConfigurationError as error:
        return Validated(str(path), "is no valid contract", (str(error),))
    return Validated(str(path), f"valid contract of {len(contract.columns)} columns", ())


def _corrections(path: Path) -> Validated:
    """Check a file of corrections among the others: whether they fit, only a run can tell."""
    try:
        found = load_corrections(path.resolve().parents[1])
    except ConfigurationError as error:
        return Validated(str(path), "has no valid corrections", (str(error),))
    own = [c for c in found if c.defined_in == f"{CORRECTIONS}/{path.name}"]
    return Validated(str(path), f"{len(own)} valid corrections", ())


def _parquet(path: Path, settings: Settings) -> Validated:
    contracts = load_contracts(settings.schemas_dir)
    if path.stem not in contracts:
        raise ConfigurationError(
            f"{path}: can't be checked: expected a file named after a table: {', '.join(contracts)}"
        )
    try:
        table = read_parquet(path)
    except (pa.ArrowInvalid, OSError) as error:
        return Validated(str(path), "can't be read", (f"{path}: no sound Parquet file: {error}",))
    failures = contract_failures(contracts[path.stem], table)
    problems = tuple(f"{path}: {failure}" for failure in failures)
    verdict = (
        "breaks its contract" if problems else f"holds to its contract, {table.num_rows:,} rows"
    )
    return Validated(str(path), verdict, problems)


def _edition(edition: Path, settings: Settings) -> Validated:
    """Run the whole plan on a copy of this edition alone, without publishing."""
    name = f"{edition.parent.name}/{edition.name}"
    with tempfile.TemporaryDirectory() as folder:
        raw_dir = Path(folder) / "raw"
        shutil.copytree(edition, raw_dir / name)
        alone = replace(settings, raw_dir=raw_dir, processed_dir=Path(folder) / "processed")
        report = dry_run(alone)
    problems = [row["message"] for row in report.rejected if _is_problem(row, name)]
    if report.refusal is not None:
        problems.append(report.refusal)
    read = sum(row["rows_read"] for row in report.documents)
    verdict = f"{len(problems)} problems" if problems else f"fine, {read:,} rows would be published"
    return Validated(name, verdict, tuple(problems))


def _is_problem(row: Mapping[str, Any], edition: str) -> bool:
    """Whether a rejection is one of this edition: corrections of others miss their documents."""
    is_missed = row["stage"] == "correct" and row["document_id"] is None
    return is_open(row) and not (is_missed and not row["path"].startswith(f"{edition}/"))
