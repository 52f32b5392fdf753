"""What a run in Dagster tells those who watch it: the lines and metrics of `ipsdata run`."""

import datetime as dt
import logging
import os
from pathlib import Path

import dagster as dg

from ipsdata.observe.logs import STAGE_FINISHED, Fields, as_line, line_format
from ipsdata.observe.metrics import Ended, metrics_file, write_metrics


def tell_stage(log: dg.DagsterLogManager, fields: Fields) -> None:
    """Write the line of a stage to the log of the run, in the form that `IPSDATA_LOG` names."""
    line = as_line(STAGE_FINISHED, fields, line_format(os.environ))
    (log.warning if fields.get("failures") else log.info)("%s", line)


def write_run_metrics(
    log: logging.Logger, processed_dir: Path, seconds: float, *, is_success: bool
) -> None:
    """Write the metrics of a run that ends, where `IPSDATA_METRICS_FILE` names a file.

    Metrics that can't be written are told in the log and fail no run.
    """
    path = metrics_file(os.environ)
    if path is None:
        return
    try:
        write_metrics(
            path, processed_dir, Ended(dt.datetime.now(dt.UTC), seconds, None, is_success)
        )
    except OSError as error:
        log.warning("metrics were not written to %s: %s", path, error.strerror)
