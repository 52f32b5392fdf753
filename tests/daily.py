"""Make editions of daily counts, load them, and look at what came of it."""

import datetime as dt
import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from conftest import ROOT, Playground, installation
from ipsdata.collect import collect
from ipsdata.daily.codes import DailyCodes
from ipsdata.daily.load import DailyInputs, Loaded, load_daily_counts
from ipsdata.daily.partitions import PART, Partitions
from ipsdata.plan import PLAN, Workspace
from ipsdata.settings import MAX_BAD_SHARE, Settings

COLUMNS = (
    "date",
    "member_state",
    "instrument",
    "article",
    "category",
    "event",
    "authority",
    "count",
)
HEADER = ",".join(COLUMNS)
EDITION = "sis/daily"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".parquet": "application/vnd.apache.parquet",
}
Cells = tuple[str, ...]
Published = tuple[str, str, str, str, str, int]


def row(
    date: str = "2024-03-31",
    state: str = "NL",
    category: str = "2018/1862:26",
    event: str = "search",
    authority: str | None = None,
    count: object = 5,
) -> Cells:
    """Return the cells of a right row, but for what is given."""
    instrument, _, article = category.partition(":")
    article = article.partition("/")[0]
    named = f"{state}-POL" if authority is None else authority
    return (date, state, instrument, article, category, event, named, str(count))


def plain(*rows: Sequence[str]) -> str:
    """Return a CSV file with these rows below the header."""
    return "\n".join([HEADER, *(",".join(cells) for cells in rows), ""])


def zipped(text: str | bytes) -> bytes:
    """Return a gzip file with this in it."""
    return gzip.compress(text.encode() if isinstance(text, str) else text, mtime=0)


def many(number: int, **changes: Any) -> list[Cells]:
    """Return right rows of different authorities."""
    state = changes.get("state", "NL")
    return [row(**{"authority": f"{state}-A{n}", "count": n, **changes}) for n in range(number)]


@dataclass(frozen=True)
class DailyEdition:
    """A file of daily counts as its sidecar tells of it.

    Attributes:
        sha256: the fingerprint in the sidecar, if it is not that of the bytes.
    """

    name: str
    data: bytes
    period: str = "2024"
    sha256: str | None = None

    def entry(self) -> dict[str, Any]:
        """Return its entry in the sidecar."""
        return {
            "path": self.name,
            "media_type": MEDIA_TYPES[Path(self.name).suffix],
            "sha256": self.sha256 or hashlib.sha256(self.data).hexdigest(),
            "layout": "daily_counts",
            "period": self.period,
        }


def counts_file(
    name: str, data: str | bytes, period: str = "2024", sha256: str | None = None
) -> DailyEdition:
    """Return a file of daily counts."""
    return DailyEdition(name, data.encode() if isinstance(data, str) else data, period, sha256)


def write_daily(raw: Path, *files: DailyEdition, edition: str = EDITION, **source: Any) -> None:
    """Write an edition of daily counts in the place of what was there."""
    folder = raw / edition
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for file in files:
        (folder / file.name).write_bytes(file.data)
    told = {
        "collection": edition.partition("/")[0],
        "title": f"Invented counts {edition}",
        "publisher": "Agency of examples",
        "source_kind": "eu_lisa",
        "url": None,
        "document_number": None,
        "published_on": None,
        "retrieved_on": "2026-11-24",
        "language": "en",
        "licence": "Invented for tests",
        "citation": f"Invented counts {edition}",
        "files": [file.entry() for file in files],
        **source,
    }
    # JSON is YAML.
    (folder / "source.yaml").write_text(json.dumps(told), "utf-8")


@cache
def shared_inputs() -> DailyInputs:
    """Return what every load is made from, but for the folder."""
    work = Workspace(Settings(schemas_dir=ROOT / "schemas"))
    made = {step.name: step for step in PLAN}
    lists = {
        name: made[name].build(work, {}).table.to_pylist()
        for name in ("sis_categories", "sis_membership")
    }
    return DailyInputs(
        raw_dir=Path(),
        layout=work.layouts["daily_counts"],
        contract=work.contracts["sis_daily_counts"],
        rejected=work.contracts["rejected_rows"],
        categories=lists["sis_categories"],
        membership=lists["sis_membership"],
        max_bad_share=MAX_BAD_SHARE,
    )


@dataclass(frozen=True)
class Loader:
    """The load by itself, without the other steps of the plan and without a release."""

    folder: Path
    max_bad_share: float = MAX_BAD_SHARE

    @property
    def raw(self) -> Path:
        """Where the editions lie."""
        return self.folder / "raw"

    @property
    def partitions(self) -> Partitions:
        """Where the loaded years lie."""
        return Partitions(self.folder / "processed" / ".partitions" / "sis_daily_counts")

    def load(self) -> Loaded:
        """Load what lies there."""
        inputs = replace(shared_inputs(), raw_dir=self.raw, max_bad_share=self.max_bad_share)
        vars(inputs)["codes"] = shared_inputs().codes  # tabulated once for all tests
        documents = collect(self.raw, ROOT / "schemas").documents
        return load_daily_counts(documents, inputs, self.partitions)

    def load_file(self, data: str | bytes, name: str = "a.csv", **file: Any) -> "Found":
        """Load one file, and nothing else."""
        return self.load_files(counts_file(name, data, **file))

    def load_files(self, *files: DailyEdition, **source: Any) -> "Found":
        """Load these files, and nothing else."""
        write_daily(self.raw, *files, **source)
        return self.found(self.load())

    def found(self, loaded: Loaded) -> "Found":
        """Return what a load came to."""
        rows = [
            found
            for year in sorted(loaded.years)
            for found in pq.read_table(
                self.partitions.path(year, PART), partitioning=None
            ).to_pylist()
        ]
        return Found(loaded, rows, loaded.refused.to_pylist())


@dataclass(frozen=True)
class Found:
    """What a load came to: the rows that are ready to be published, and those refused."""

    loaded: Loaded
    rows: list[dict[str, Any]]
    refused: list[dict[str, Any]]

    @property
    def published(self) -> list[Published]:
        """The published rows without their place, sorted."""
        return sorted(map(without_place, self.rows))

    @property
    def lines(self) -> list[int]:
        """The lines of the published rows, sorted."""
        return sorted(found["line"] for found in self.rows)

    @property
    def refused_lines(self) -> list[int]:
        """The lines of the refused rows, sorted."""
        return sorted(
            int(lost["locator"].removeprefix("line "))
            for lost in self.refused
            if lost["scope"] == "row"
        )

    @property
    def reasons(self) -> list[str]:
        """The reasons of all refusals, sorted."""
        return sorted(lost["reason"] for lost in self.refused)

    @property
    def messages(self) -> list[str]:
        """The messages of all refusals, sorted."""
        return sorted(lost["message"] for lost in self.refused)

    @property
    def booked(self) -> int:
        """How many rows the receipts tell of, published and refused."""
        receipts = self.loaded.years.values()
        return sum(sum(pair) for receipt in receipts for pair in receipt.documents.values())


def without_place(found: dict[str, Any]) -> Published:
    """Return what a published row says."""
    names = ("member_state", "category_id", "event", "authority")
    state, category, event, authority = (str(found[name]) for name in names)
    return found["date"].isoformat(), state, category, event, authority, int(found["count"])


def said(rows: Iterable[Sequence[str]]) -> list[Published]:
    """Return what rows of cells say, as `Found.published` does."""
    return sorted((c[0], c[1], c[4], c[5], c[6], int(c[7])) for c in rows)


def parquet(rows: Iterable[Sequence[str]], **types: pa.DataType) -> bytes:
    """Return a Parquet file with these rows; a column is text unless its type is given.

    An empty cell is a missing value.
    """
    texts = list(zip(*rows, strict=True))
    columns = {}
    for name, values in zip(COLUMNS, texts, strict=True):
        wanted = types.get(name, pa.int64() if name == "count" else pa.string())
        columns[name] = _typed([value or None for value in values], wanted)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue().to_pybytes())


def _typed(values: Sequence[str | None], wanted: pa.DataType) -> pa.Array:
    texts = pa.array(values, pa.string())
    if pa.types.is_date(wanted):
        days = [None if value is None else dt.date.fromisoformat(value) for value in values]
        return pa.array(days, wanted)
    return texts.dictionary_encode() if pa.types.is_dictionary(wanted) else texts.cast(wanted)


def codes() -> DailyCodes:
    """Return the codes of the project."""
    return shared_inputs().codes


def small_installation(folder: Path) -> Playground:
    """Return an installation without any raw data."""
    (folder / "raw").mkdir()
    return installation(folder)
