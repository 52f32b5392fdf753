"""Watch a run from its start to its end, however that comes."""

import datetime as dt
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ipsdata.observe.logs import log_line
from ipsdata.observe.metrics import Ended, write_metrics
from ipsdata.observe.stages import tell_failure, tell_run

if TYPE_CHECKING:
    from ipsdata.runreport import RunReport


@dataclass
class Watched:
    """A run that is under way.

    Attributes:
        run_id: names it in the log, and its staging area.
        report: what it came to, once it did.
    """

    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    report: "RunReport | None" = None


@contextmanager
def watched(processed_dir: Path, metrics: Path | None) -> Iterator[Watched]:
    """Tell the end of a run in the log and in the metrics, also where an error ends it.

    Args:
        metrics: the file to write; none if `None`.
    """
    run, started = Watched(), time.perf_counter()
    try:
        yield run
    except BaseException as error:
        tell_failure(run.run_id, error, time.perf_counter() - started)
        raise
    finally:
        seconds, report = time.perf_counter() - started, run.report
        if report is not None:
            tell_run(run.run_id, report, seconds)
        if metrics is not None:
            is_success = report is not None and report.publication is not None
            ended = Ended(dt.datetime.now(dt.UTC), seconds, report, is_success)
            write_or_tell(metrics, processed_dir, ended)


def write_or_tell(path: Path, processed_dir: Path, ended: Ended) -> None:
    """Write the metrics of a run; if they can't be written the log says so, and the run goes on."""
    try:
        write_metrics(path, processed_dir, ended)
    except OSError as error:
        fields = {"path": str(path), "error": error.strerror or type(error).__name__}
        log_line("metrics_not_written", fields, logging.WARNING)
