"""Staging: where one run puts its tables, and the receipts that say which were validated."""

import errno
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from ipsdata.contracts import Contract
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.rejection import Rejection
from ipsdata.release.index import file_hash
from ipsdata.tables import read_parquet, write_parquet
from ipsdata.validation import Failure, contract_failures

STAGING = ".staging"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Outcome:
    """What one step of the pipeline made.

    Attributes:
        table: its table.
        rejections: what it refused.
        reconciliations: rows of `reconciliations` that it found out.
        totals: by document, how many printed rows it used as totals.
        refused: more of what it refused, as rows of `rejected_rows`, where there may be many.
    """

    table: pa.Table
    rejections: tuple[Rejection, ...] = ()
    reconciliations: tuple[Mapping[str, Any], ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    refused: pa.Table | None = None


@dataclass(frozen=True)
class Receipt:
    """Says that a staged file, with these very bytes, holds to this very contract."""

    run_id: str
    table: str
    rows: int
    sha256: str
    contract_sha256: str


class Staging:
    """The staging area of one run, below the release store; readers never look there."""

    def __init__(self, processed_dir: Path, run_id: str) -> None:
        """Name the area of a run; nothing is created yet."""
        if not _RUN_ID.fullmatch(run_id):
            raise ConfigurationError(f"found run id {run_id!r}, expected letters, digits, - and _")
        self.run_id = run_id
        self.processed_dir = processed_dir
        self.folder = processed_dir / STAGING / run_id
        self._lock = FileLock(self.folder.with_suffix(".lock"))

    def open(self) -> None:
        """Create the area and hold its lock, so that nobody sweeps it while the run goes on.

        Raises:
            ConfigurationError: the release store can't be written to.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=1)
            self.folder.mkdir(exist_ok=True)
        except Timeout:
            raise ConfigurationError(
                f"{self.folder}: another run with the id {self.run_id!r} is at work: give each run "
                "an id of its own"
            ) from None
        except OSError as error:
            raise unwritable(self.processed_dir, error) from None

    def close(self) -> None:
        """Remove the area and let go of its lock; what can't be removed, the next publisher sweeps.

        By then the run has ended well or has its error, which no trouble with the area may hide.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)
        with suppress(OSError):
            self._lock.release(force=True)

    def release_lock(self) -> None:
        """Let go of the lock and leave the area: the next publisher sweeps it."""
        self._lock.release(force=True)

    def path(self, table: str) -> Path:
        """Return where a table is staged."""
        return self.folder / f"{table}.parquet"

    def save(self, name: str, outcome: Outcome) -> None:
        """Stage what a step made; a receipt for an earlier version is void.

        Raises:
            ConfigurationError: the area can't be written to.
        """
        with told_in_words(self.processed_dir):
            self._save(name, outcome)

    def _save(self, name: str, outcome: Outcome) -> None:
        self._receipt_path(name).unlink(missing_ok=True)
        write_parquet(_writable(outcome.table), self.path(name))
        self._refused_path(name).unlink(missing_ok=True)
        if outcome.refused is not None:
            write_parquet(outcome.refused, self._refused_path(name))
        beside = {
            "rejections": [asdict(rejection) for rejection in outcome.rejections],
            "reconciliations": list(outcome.reconciliations),
            "totals": dict(outcome.totals),
        }
        self._beside_path(name).write_text(json.dumps(beside, ensure_ascii=False), "utf-8")

    def load(self, name: str) -> Outcome:
        """Read back what a step staged in this run.

        Raises:
            ConfigurationError: the area can't be read.
            DataError: the step did not run in this run.
        """
        with told_in_words(self.processed_dir):
            return self._load(name)

    def _load(self, name: str) -> Outcome:
        try:
            beside = json.loads(self._beside_path(name).read_text("utf-8"))
            refused = self._refused_path(name)
            return Outcome(
                read_parquet(self.path(name)),
                tuple(Rejection(**entry) for entry in beside["rejections"]),
                tuple(beside["reconciliations"]),
                beside["totals"],
                read_parquet(refused) if refused.exists() else None,
            )
        except FileNotFoundError:
            raise DataError(
                f"{name} was not made in run {self.run_id}: run it together with all that it is "
                "made from (the job build_release)"
            ) from None

    def audit(self, contract: Contract) -> list[Failure]:
        """Validate the staged bytes of a table; write a receipt if its contract holds.

        Raises:
            ConfigurationError: Pandera validation is disabled, or the area can't be written to.
            DataError: the table was not made in this run.
        """
        table = self.load(contract.table).table
        failures = contract_failures(contract, table)
        if not failures:
            with told_in_words(self.processed_dir):
                self._write_receipt(contract, table.num_rows)
        return failures

    def _write_receipt(self, contract: Contract, rows: int) -> None:
        name = contract.table
        digest = file_hash(self.path(name))
        receipt = Receipt(self.run_id, name, rows, digest, contract.fingerprint)
        self._receipt_path(name).write_text(json.dumps(asdict(receipt)), "utf-8")

    def checked_receipt(self, contract: Contract) -> Receipt:
        """Return the receipt of a table, after comparing it with the staged bytes.

        Raises:
            DataError: the table was not validated in this run, or changed since.
        """
        name = contract.table
        try:
            receipt = Receipt(**json.loads(self._receipt_path(name).read_text("utf-8")))
            staged = file_hash(self.path(name))
        except FileNotFoundError:
            raise DataError(
                f"{name} was not validated in run {self.run_id}: nothing is published; run the "
                "whole pipeline (the job build_release, or `ipsdata run`)"
            ) from None
        expected = (self.run_id, name, staged, contract.fingerprint)
        found = (receipt.run_id, receipt.table, receipt.sha256, receipt.contract_sha256)
        if found != expected:
            raise DataError(
                f"{name} changed after it was validated in run {self.run_id} (its bytes or its "
                "contract): nothing is published; run the whole pipeline again"
            )
        return receipt

    def _receipt_path(self, name: str) -> Path:
        return self.folder / f"{name}.receipt.json"

    def _refused_path(self, name: str) -> Path:
        return self.folder / f"{name}.refused.parquet"

    def _beside_path(self, name: str) -> Path:
        return self.folder / f"{name}.beside.json"


def _writable(table: pa.Table) -> pa.Table:
    """Let a column that lacks values it must have be written: the audit tells which rows."""
    fields = [
        field.with_nullable(nullable=True) if table.column(field.name).null_count else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


@contextmanager
def open_staging(processed_dir: Path, run_id: str) -> Iterator[Staging]:
    """Open the staging area of a run and remove it at the end."""
    staging = Staging(processed_dir, run_id)
    staging.open()
    try:
        yield staging
    finally:
        staging.close()


def sweep_staging(processed_dir: Path) -> None:
    """Remove the areas of runs that are gone: nobody holds their lock."""
    areas = processed_dir / STAGING
    for name in sorted({path.name.removesuffix(".lock") for path in areas.glob("*")}):
        lock = FileLock(areas / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        shutil.rmtree(areas / name, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


@contextmanager
def told_in_words(processed_dir: Path) -> Iterator[None]:
    """Turn trouble with the disk, before anything was published, into an error with what to do."""
    try:
        yield
    except OSError as error:
        raise unwritable(processed_dir, error) from None


def unwritable(processed_dir: Path, error: OSError) -> ConfigurationError:
    """Say that the release store can't be written to, or that its disk fails."""
    if error.errno == errno.EIO:
        return ConfigurationError(
            f"{processed_dir}: reading or writing failed ({error.strerror}): nothing was published "
            "and the releases there are unchanged; run again, and look at the disk if it stays"
        )
    return ConfigurationError(
        f"{processed_dir}: can't be written to ({error.strerror}): nothing was published and the "
        "releases there are unchanged; give a writable folder by --processed-dir or "
        "IPSDATA_PROCESSED_DIR, or mend its owner, permissions or free space"
    )
