"""Metrics of a run and of the release store, for the textfile collector of node_exporter.

Times are written as moments, not as ages: an age would stand still until the next run, and that is
when it matters. Names follow https://prometheus.io/docs/practices/naming/.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ipsdata import __version__
from ipsdata.errors import ConfigurationError, IpsdataError
from ipsdata.freshness import late_sources
from ipsdata.observe.published import PublishedRows, counted
from ipsdata.release.index import ReleaseEntry, read_index

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ipsdata.runreport import RunReport

VARIABLE = "IPSDATA_METRICS_FILE"
SUFFIX = ".prom"  # the collector reads no other
DAY_SECONDS = 86_400
LAST_SUCCESS = "ipsdata_last_success_timestamp_seconds"


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        at: when.
        seconds: how long it took.
        report: its report; `None` if an error ended it.
        is_success: whether a release was published, or the current one holds already.
    """

    at: dt.datetime
    seconds: float
    report: "RunReport | None"
    is_success: bool


def metrics_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file that `IPSDATA_METRICS_FILE` names, if it names one.

    Raises:
        ConfigurationError: its name is none that the textfile collector reads.
    """
    text = environment.get(VARIABLE)
    return required_suffix(Path(text)) if text else None


def required_suffix(path: Path) -> Path:
    """Return the path of a metrics file.

    Raises:
        ConfigurationError: its name is none that the textfile collector reads.
    """
    if path.suffix != SUFFIX:
        raise ConfigurationError(
            f"{VARIABLE}: found {str(path)!r}, expected a name in {SUFFIX}: no other is collected"
        )
    return path


def write_metrics(path: Path, processed_dir: Path, ended: Ended) -> None:
    """Write the metrics of a run that ended, replacing those of the run before in one step.

    Rows, sources and bytes are those of the current release, whatever became of the run; rejected
    rows and reconciliations those of the run, or where it has no report, of the current release.

    Raises:
        OSError: the file can't be written.
    """
    from prometheus_client import CollectorRegistry, write_to_textfile  # noqa: PLC0415 - seldom used

    registry = CollectorRegistry(auto_describe=True)
    _gauge(registry, "ipsdata_build_info", "The version of ipsdata.", {"version": __version__}, 1)
    _tell_run(registry, path, ended)
    _tell_store(registry, processed_dir, ended)
    write_to_textfile(str(path), registry)


def _gauge(
    registry: "CollectorRegistry", name: str, told: str, labels: Mapping[str, str], value: float
) -> None:
    from prometheus_client import Gauge  # noqa: PLC0415 - as above

    gauge = Gauge(name, told, list(labels), registry=registry)
    (gauge.labels(**labels) if labels else gauge).set(value)


def _gauges(
    registry: "CollectorRegistry",
    name: str,
    told: str,
    labels: Sequence[str],
    values: Iterable[tuple[Sequence[str], float]],
) -> None:
    """Set a metric with labels; `values` gives those of the labels, and the metric's."""
    from prometheus_client import Gauge  # noqa: PLC0415 - as above

    gauge = Gauge(name, told, labels, registry=registry)
    for key, value in values:
        gauge.labels(*key).set(value)


def _tell_run(registry: "CollectorRegistry", path: Path, ended: Ended) -> None:
    moment = ended.at.timestamp()
    success = moment if ended.is_success else _last_success(path)
    for name, told, value in (
        ("ipsdata_last_run_timestamp_seconds", "When the last run ended.", moment),
        ("ipsdata_last_run_duration_seconds", "How long the last run took.", ended.seconds),
        (
            "ipsdata_last_run_success",
            "Whether the last run published a release, or found the current one to hold (1), or "
            "failed or was refused (0).",
            int(ended.is_success),
        ),
        (LAST_SUCCESS, "When a run last ended well.", success),
    ):
        if value is not None:
            _gauge(registry, name, told, {}, value)


def _last_success(path: Path) -> float | None:
    """Return when a run last ended well, as the metrics of the run before tell it."""
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 - as above

    try:
        families = list(text_string_to_metric_families(path.read_text("utf-8")))
    except (OSError, ValueError):
        return None
    samples = (sample for family in families for sample in family.samples)
    return next((sample.value for sample in samples if sample.name == LAST_SUCCESS), None)


def _tell_store(registry: "CollectorRegistry", processed_dir: Path, ended: Ended) -> None:
    try:
        index = read_index(processed_dir)
    except IpsdataError:  # a damaged index: the run says so, and the metrics that it failed
        return
    name, told = "ipsdata_store_releases", "Releases in the store."
    _gauge(registry, name, told, {}, len(index.releases))
    told = "Size of the store's files; one that several releases share counts once."
    _gauge(registry, "ipsdata_store_bytes", told, {}, store_bytes(processed_dir))
    if index.current is None:
        return
    _tell_release(registry, index.entry(index.current))
    published = PublishedRows(processed_dir, index.current)
    _tell_findings(registry, published, ended.report)
    _tell_sources(registry, published, ended.at.date())


def _tell_release(registry: "CollectorRegistry", entry: ReleaseEntry) -> None:
    labels = {"release_id": entry.release_id}
    _gauge(registry, "ipsdata_release_info", "The current release.", labels, 1)
    published = dt.datetime.fromisoformat(entry.published_at).timestamp()
    told = "When the current release was published."
    _gauge(registry, "ipsdata_release_published_timestamp_seconds", told, {}, published)
    rows = [([table], count) for table, count in sorted(entry.tables.items())]
    _gauges(registry, "ipsdata_table_rows", "Rows in the current release.", ("table",), rows)


def _tell_findings(
    registry: "CollectorRegistry", published: PublishedRows, report: "RunReport | None"
) -> None:
    rejected = published.rows("rejected_rows") if report is None else report.rejected
    found = published.rows("reconciliations") if report is None else report.reconciliations
    told = "Rows and documents that were not published."
    _gauges(
        registry, "ipsdata_rejected_rows", told, ("reason",), counted(rejected, "reason").items()
    )
    labels, told = ("outcome", "severity"), "Comparisons of figures with each other."
    _gauges(registry, "ipsdata_reconciliations", told, labels, counted(found, *labels).items())


def _tell_sources(registry: "CollectorRegistry", published: PublishedRows, today: dt.date) -> None:
    documents, years = published.rows("documents"), published.rows("sis_daily_partitions")
    sources = late_sources(documents, years, today)
    newest = [([source.collection], _midnight(source.newest)) for source in sources]
    told = "The last day that a source's documents tell of."
    _gauges(registry, "ipsdata_source_newest_timestamp_seconds", told, ("collection",), newest)
    allowed = [([s.collection], s.allowed * DAY_SECONDS) for s in sources if s.allowed]
    told = "How old that day may be before the next edition is overdue."
    _gauges(registry, "ipsdata_source_allowed_age_seconds", told, ("collection",), allowed)


def _midnight(day: dt.date) -> float:
    return dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()


def store_bytes(processed_dir: Path) -> int:
    """Return the size of all files below a folder in bytes; one with several names counts once.

    A file that goes while it is looked at counts for nothing.
    """
    sizes: dict[tuple[int, int], int] = {}
    for path in processed_dir.rglob("*"):
        try:
            told = path.lstat()
        except OSError:
            continue
        if path.is_file() and not path.is_symlink():
            sizes[told.st_dev, told.st_ino] = told.st_size
    return sum(sizes.values())
