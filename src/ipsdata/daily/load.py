"""Load daily counts: the files that are new, in one stream, into the years that they cover."""

import datetime as dt
import hashlib
import importlib.metadata
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from filelock import FileLock

from ipsdata.code.codelists import read_code_list
from ipsdata.code.dates import EdtfError, Period, parse_edtf_period
from ipsdata.collect import DAILY_COUNTS, collect
from ipsdata.contracts import Contract, load_contract_of
from ipsdata.daily.cells import CountsFile
from ipsdata.daily.codes import FIRST_DAY, LAST_DAY, DailyCodes
from ipsdata.daily.coding import Authorities, BadRow, Coded, Coder
from ipsdata.daily.partitions import PART, Partitions, Receipt
from ipsdata.daily.refusals import TABLE, Refusals, SourceFile, merged
from ipsdata.daily.spill import Spill
from ipsdata.layouts import Layout, load_layout
from ipsdata.read.delimited import ReadError
from ipsdata.rejection import Rejection, reject_document
from ipsdata.release.index import file_hash
from ipsdata.settings import Settings

if TYPE_CHECKING:
    from ipsdata.daily.years import YearCounts, YearWriter

WRITERS = 2
FEW_BAD_ROWS = 100
ROWS_TO_JUDGE_BY = 1_000_000
MANY_BAD_ROWS = 50_000  # not to keep more of a file that is going to be refused
TOLD = ("path", "document_id", "source_kind", "published_on")
LIBRARIES = ("numpy", "pandas", "pandera", "pyarrow")
USED = (  # what of the package decides on a row beside the modules of this folder
    "code/codelists.py",
    "code/dates.py",
    "code/membership.py",
    "code/sis_categories.py",
    "rejection.py",
    "rules.py",
    "tables.py",
    "validation.py",
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class DailyFile:
    """A file of the inventory, and the days that its sidecar says it covers."""

    document: Row
    period: Period

    @property
    def source(self) -> SourceFile:
        """What its rows are told to come from."""
        return SourceFile(
            self.document["path"], self.document["document_id"], self.document["edition_id"]
        )

    @property
    def years(self) -> range:
        """The years of its period."""
        return range(self.period.start.year, self.period.end.year + 1)

    @property
    def known_on(self) -> dt.date:
        """The last day that it can have counted: that of its publication or retrieval."""
        day: dt.date = self.document["published_on"] or self.document["retrieved_on"]
        return day


@dataclass(frozen=True)
class DailyInputs:
    """What a load is made from.

    Attributes:
        raw_dir: the folder that the files' paths start from.
        max_bad_share: the share of bad rows beyond which a file is refused as a whole.
    """

    raw_dir: Path
    layout: Layout
    contract: Contract
    rejected: Contract
    categories: Sequence[Row]
    membership: Sequence[Row]
    max_bad_share: float

    @cached_property
    def codes(self) -> DailyCodes:
        """The codes, tabulated."""
        events = next(c.domain for c in self.contract.columns if c.name == "event")
        return DailyCodes.of_rows(self.categories, self.membership, events)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of all that a year is made from but its files."""
        digest = hashlib.sha256(self.contract.fingerprint.encode())
        told = [self.categories, self.membership, self.max_bad_share, self.layout.headers]
        digest.update(json.dumps(told, default=str, sort_keys=True).encode())
        package = Path(__file__).parent.parent
        for path in (*sorted(Path(__file__).parent.glob("*.py")), *(package / n for n in USED)):
            digest.update(path.read_bytes())
        digest.update(repr([importlib.metadata.version(name) for name in LIBRARIES]).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Loaded:
    """The years that lie ready.

    Attributes:
        years: their receipts.
        refused: rows of `rejected_rows`.
        read: the years that were loaded now; the others lay there.
    """

    years: Mapping[int, Receipt]
    refused: pa.Table
    read: tuple[int, ...] = ()


def daily_files(documents: Iterable[Row]) -> tuple[list[DailyFile], list[Rejection]]:
    """Return the files of daily counts of the inventory, and those whose period is none."""
    files: list[DailyFile] = []
    refused: list[Rejection] = []
    for document in documents:
        if document["layout"] != DAILY_COUNTS:
            continue
        try:
            period = parse_edtf_period(json.loads(document["options"])["period"])
            files.append(DailyFile(document, _checked(period)))
        except EdtfError as error:
            refused.append(_refused(document, "collect", "bad_sidecar", f"key period: {error}"))
    return files, refused


def _checked(period: Period) -> Period:
    if period.start < FIRST_DAY:
        raise EdtfError(f"found {period.start}, expected no day before {FIRST_DAY}")
    if period.end > LAST_DAY:
        raise EdtfError(f"found {period.end}, expected no day after {LAST_DAY}")
    return period


def _refused(document: Row, stage: str, reason: str, told: str) -> Rejection:
    return reject_document(
        document["path"],
        stage,
        reason,
        told if told.startswith(document["path"]) else f"{document['path']}: {told}",
        edition_id=document["edition_id"],
        document_id=document["document_id"],
        target=TABLE,
    )


REJECTED = "rejected_rows"
CODE_LISTS = ("sis_categories", "sis_membership")


def load_years(settings: Settings, only: frozenset[int] | None = None) -> Loaded:
    """Load daily counts by themselves, outside a run of the whole pipeline.

    Args:
        only: the years to see to; all if `None`.

    Raises:
        ConfigurationError: a folder, contract or code list is missing or wrong.
    """
    names = (TABLE, REJECTED, *CODE_LISTS)
    contracts = {name: load_contract_of(name, settings.schemas_dir) for name in names}
    categories, membership = (
        read_code_list(settings.schemas_dir / "codes" / f"{name}.csv", contracts[name])
        for name in CODE_LISTS
    )
    inputs = DailyInputs(
        raw_dir=settings.raw_dir,
        layout=load_layout(settings.schemas_dir, DAILY_COUNTS),
        contract=contracts[TABLE],
        rejected=contracts[REJECTED],
        categories=categories,
        membership=membership,
        max_bad_share=settings.max_bad_share,
    )
    documents = collect(settings.raw_dir, settings.schemas_dir).documents
    return load_daily_counts(documents, inputs, daily_partitions(settings), only)


def daily_partitions(settings: Settings) -> Partitions:
    """Return where the loaded years of an installation lie."""
    return Partitions(settings.partitions_dir / TABLE)


def load_daily_counts(
    documents: Iterable[Row],
    inputs: DailyInputs,
    partitions: Partitions,
    only: frozenset[int] | None = None,
) -> Loaded:
    """See to it that each year covered by a file of the inventory lies ready.

    A year that lies there, made from the same files by the same rules, is left as it is. The others
    are loaded in one stream over their files, whatever their size.

    Args:
        documents: rows of the inventory.
        only: the years to see to; all if `None`.
    """
    partitions.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(partitions.folder.with_suffix(".lock"))
    with lock, ThreadPoolExecutor(1) as background:
        files, refused = daily_files(documents)
        writer = _writer_made_ready(files, inputs, partitions, background)
        while True:
            try:
                return _loaded_once(files, refused, inputs, partitions, only, writer)
            except _ChangedFileError as error:
                # Nothing rests on it: all is settled again without it.
                files = [file for file in files if file != error.file]
                refused = [*refused, _hash_mismatch(error.file, error.found)]


class _ChangedFileError(Exception):
    """A file is not the one that its sidecar names."""

    def __init__(self, file: DailyFile, found: str) -> None:
        super().__init__(found)
        self.file = file
        self.found = found


def _loaded_once(
    files: Sequence[DailyFile],
    refused: Sequence[Rejection],
    inputs: DailyInputs,
    partitions: Partitions,
    only: frozenset[int] | None,
    writer: "Future[type[YearWriter]] | None",
) -> Loaded:
    years = frozenset(year for file in files for year in file.years)
    wanted = years if only is None else years & only
    made_from = {year: _made_from(year, files, inputs) for year in years}
    stale = frozenset(y for y in wanted if not partitions.is_current(y, made_from[y]))
    # A file that is about to be read is hashed then.
    _require_unchanged([file for file in files if stale.isdisjoint(file.years)], inputs)
    pass_ = _Pass(inputs, partitions, stale, made_from)
    if stale:
        wanted_files = [file for file in files if not stale.isdisjoint(file.years)]
        pass_.run(wanted_files, lambda: writer.result() if writer else _writer_class(inputs))
    if only is None:
        partitions.keep_only(years)
    return _loaded(sorted(wanted), refused, inputs, partitions, pass_)


def _made_from(year: int, files: Iterable[DailyFile], inputs: DailyInputs) -> str:
    told = [
        (*(f.document[name] for name in TOLD), str(f.period), str(f.known_on))
        for f in files
        if year in f.years
    ]
    return hashlib.sha256(
        f"{inputs.fingerprint} {json.dumps(told, default=str)}".encode()
    ).hexdigest()


def _require_unchanged(files: Iterable[DailyFile], inputs: DailyInputs) -> None:
    for file in files:
        found = _sha256(inputs.raw_dir / file.source.name)
        if found != file.source.document_id:
            raise _ChangedFileError(file, found)


def _sha256(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError as error:
        return f"none ({error.strerror})"


def _hash_mismatch(file: DailyFile, found: str) -> Rejection:
    told = (
        f"found SHA-256 {found}, expected {file.source.document_id} of its sidecar: not the file "
        "that was checked. Restore it; or, if the change is right, put the new SHA-256 there"
    )
    return _refused(file.document, "collect", "hash_mismatch", told)


def _loaded(
    years: Sequence[int],
    refused: Sequence[Rejection],
    inputs: DailyInputs,
    partitions: Partitions,
    pass_: "_Pass",
) -> Loaded:
    receipts = {year: partitions.receipt(year) for year in years}
    of_files = Refusals()
    for rejection in refused:
        of_files.refuse_file(rejection)
    tables = [of_files.table(inputs.rejected), *(partitions.refused(year) for year in years)]
    return Loaded(
        years={year: receipt for year, receipt in receipts.items() if receipt is not None},
        refused=merged(tables, inputs.rejected),
        read=tuple(sorted(pass_.stale)),
    )


def _writer_made_ready(
    files: Sequence[DailyFile],
    inputs: DailyInputs,
    partitions: Partitions,
    background: ThreadPoolExecutor,
) -> "Future[type[YearWriter]] | None":
    """Import and set up Pandera, which takes two seconds, while files are hashed and read.

    Not if all years lie ready, as far as the sidecars tell.
    """
    years = {year for file in files for year in file.years}
    if all(partitions.is_made_from(year, _made_from(year, files, inputs)) for year in years):
        return None
    return background.submit(_writer_class, inputs)


def _writer_class(inputs: DailyInputs) -> "type[YearWriter]":
    from ipsdata.daily.years import YearWriter, encoded_schema  # noqa: PLC0415 - see its caller
    from ipsdata.validation import contract_failures  # noqa: PLC0415 - likewise

    empty = encoded_schema(inputs.contract).empty_table()
    contract_failures(inputs.contract, empty, part=True)
    return YearWriter


@dataclass
class _Pass:
    """One stream over files, into the years that are stale."""

    inputs: DailyInputs
    partitions: Partitions
    stale: frozenset[int]
    made_from: Mapping[int, str]
    authorities: Authorities = field(default_factory=Authorities)
    refusals: dict[int, Refusals] = field(default_factory=dict)
    rows_read: int = 0
    started: float = 0.0

    def run(
        self, files: Sequence[DailyFile], writer_class: "Callable[[], type[YearWriter]]"
    ) -> None:
        """Read the files and put the years in their places."""
        self.started = time.perf_counter()
        self.refusals = {year: Refusals() for year in self.stale}
        with tempfile.TemporaryDirectory(dir=self.partitions.folder, prefix=".new-") as folder:
            spill = Spill(Path(folder) / "rows", self.stale)
            kept = [
                file.source if self._read(number, file, spill) else None
                for number, file in enumerate(files)
            ]
            writer = writer_class()(
                self.inputs.contract, self.inputs.codes, self.authorities.names, kept
            )
            with ThreadPoolExecutor(WRITERS) as pool:
                for _ in pool.map(
                    lambda y: self._write(y, files, writer, spill), sorted(self.stale)
                ):
                    pass

    def _read(self, number: int, file: DailyFile, spill: Spill) -> bool:
        """Spill the rows of a file; say whether they may be used."""
        try:
            self._spill(number, file, spill)
        except ReadError as error:
            # What can't be read may not be the file at all.
            _require_unchanged([file], self.inputs)
            rejection = _refused(file.document, "read", error.reason, str(error))
        else:
            return True
        for year in self.stale.intersection(file.years):
            self.refusals[year].refuse_file(rejection)
        return False

    def _spill(self, number: int, file: DailyFile, spill: Spill) -> None:
        source = file.source
        content = CountsFile(
            self.inputs.raw_dir / source.name,
            source.name,
            file.document["media_type"],
            self.inputs.layout,
        )
        period = file.period
        coder = Coder(self.inputs.codes, self.authorities, period.start, period.end, file.known_on)
        reasons: Counter[str] = Counter()
        rows, lines = 0, content.header_lines
        for block in content.blocks(coder.code):
            self._spill_block(number, file, block, lines, spill)
            rows, lines = rows + block.rows_read, lines + block.lines_read
            reasons.update(bad.problems[0].reason for bad in block.bad)
            if rows >= ROWS_TO_JUDGE_BY or reasons.total() >= MANY_BAD_ROWS:
                self._judge(file, rows, reasons)
        if content.sha256 != source.document_id:
            raise _ChangedFileError(file, content.sha256)
        if not rows:
            raise ReadError(
                "empty",
                f"{source.name}: found no row, expected one below the header: fetch the file "
                "again, or remove its entry",
            )
        self._judge(file, rows, reasons)
        self.rows_read += rows

    def _spill_block(
        self, number: int, file: DailyFile, block: Coded, lines: int, spill: Spill
    ) -> None:
        self.authorities.require_room(file.source.name)
        spill.add(number, block.rows, lines)
        for bad in block.bad:
            year = self._year_of(bad, file)
            if year in self.stale:
                self.refusals[year].refuse_row(file.source, "code", bad, lines)

    def _year_of(self, bad: BadRow, file: DailyFile) -> int:
        """Return the year that a bad row is counted in: of its day, or else the file's first."""
        year = (FIRST_DAY + dt.timedelta(days=bad.day)).year
        return year if bad.day >= 0 and year in file.years else file.period.start.year

    def _judge(self, file: DailyFile, rows: int, reasons: Counter[str]) -> None:
        bad, allowed = reasons.total(), self.inputs.max_bad_share
        if bad <= FEW_BAD_ROWS or bad <= allowed * rows:
            return
        told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        raise ReadError(
            "too_many_bad_rows",
            f"{file.source.name}: found {bad:,} bad rows among the first {rows:,} ({told}), "
            f"expected at most {allowed:.1%}: the load of this file was stopped and none of its "
            "rows is used; correct the file, or raise IPSDATA_MAX_BAD_SHARE",
        )

    def _write(
        self, year: int, files: Sequence[DailyFile], writer: "YearWriter", spill: Spill
    ) -> None:
        refusals = self.refusals[year]
        path = self.partitions.building(year) / PART
        found = writer.write(spill, year, path, refusals)
        own = [file for file in files if year in file.years]
        documents = {
            file.source.document_id: (
                found.documents[file.source.document_id],
                refusals.documents[file.source.document_id],
            )
            for file in own
        }
        speed = int(self.rows_read / max(time.perf_counter() - self.started, 1e-3))
        listing = _listing(year, found, refusals, own)
        receipt = Receipt(self.made_from[year], {}, listing, documents, speed)
        refused = refusals.table(self.inputs.rejected)
        self.partitions.finish(year, receipt, writer.monthly(found), refused)


def listing_row(receipt: Receipt) -> dict[str, Any]:
    """Return the row of `sis_daily_partitions` that a receipt keeps."""
    row = dict(receipt.listing)
    for name in ("first_date", "last_date", "published_on"):
        row[name] = None if row[name] is None else dt.date.fromisoformat(row[name])
    return row


def _listing(
    year: int, found: "YearCounts", refusals: Refusals, files: Sequence[DailyFile]
) -> dict[str, Any]:
    dates = found.dates
    kinds = {file.document["source_kind"] for file in files}
    published = [day for file in files if (day := file.document["published_on"]) is not None]
    return {
        "year": year,
        "rows": found.rows,
        "rejected": refusals.reasons.total(),
        "first_date": dates[0] if dates else None,
        "last_date": dates[-1] if dates else None,
        "days": len(dates),
        "members": found.members,
        "files": len(files),
        "source_kind": kinds.pop() if len(kinds) == 1 else None,
        "edition_id": " ".join(sorted({file.document["edition_id"] for file in files})),
        "published_on": max(published, default=None),
        "content_sha256": found.content.hexdigest(),
    }
