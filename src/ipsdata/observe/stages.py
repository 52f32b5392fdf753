"""What is told of each stage of a run and of the whole: counts and durations."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ipsdata.observe.logs import RUN_FINISHED, STAGE_FINISHED, Fields, log_line

if TYPE_CHECKING:
    from ipsdata.release.index import Publication
    from ipsdata.release.staging import Outcome
    from ipsdata.runreport import RunReport

MILLISECONDS = 3  # digits of a duration in seconds
PUBLISH = "publish"
NEW, UNCHANGED, REFUSED, FAILED = "new", "unchanged", "refused", "failed"


def stage_fields(
    run_id: str, stage: str, outcome: "Outcome", seconds: float, failures: int | None = None
) -> Fields:
    """Return what a step of the plan made.

    Args:
        seconds: how long it took, validating included.
        failures: how many values break the contract of its table; `None` if none was looked for.
    """
    refused = outcome.refused.num_rows if outcome.refused is not None else 0
    return {
        "run_id": run_id,
        "stage": stage,
        "rows": outcome.table.num_rows,
        "rejected": len(outcome.rejections) + refused,
        "failures": failures,
        "seconds": round(seconds, MILLISECONDS),
    }


def publish_fields(run_id: str, publication: "Publication", seconds: float) -> Fields:
    """Return what publishing came to."""
    return {
        "run_id": run_id,
        "stage": PUBLISH,
        "rows": sum(publication.tables.values()),
        "outcome": NEW if publication.is_new else UNCHANGED,
        "release_id": publication.release_id,
        "seconds": round(seconds, MILLISECONDS),
    }


def tell_stage(fields: Fields) -> None:
    """Write the line of a stage; as a warning if values break its contract."""
    log_line(STAGE_FINISHED, fields, logging.WARNING if fields.get("failures") else logging.INFO)


def tell_run(run_id: str, report: "RunReport", seconds: float) -> None:
    """Write the line of a run that came to its end."""
    publication = report.publication
    outcome = REFUSED if publication is None else NEW if publication.is_new else UNCHANGED
    fields: Mapping[str, str | int | float | None] = {
        "run_id": run_id,
        "outcome": outcome,
        "release_id": publication.release_id if publication else None,
        "rows": sum(report.tables.values()),
        "rejected": len(report.rejected),
        "seconds": round(seconds, MILLISECONDS),
    }
    log_line(RUN_FINISHED, fields, logging.INFO if publication else logging.ERROR)


def tell_failure(run_id: str, error: BaseException, seconds: float) -> None:
    """Write the line of a run that an error ended; its message is told elsewhere."""
    fields: Fields = {
        "run_id": run_id,
        "outcome": FAILED,
        "error": type(error).__name__,
        "seconds": round(seconds, MILLISECONDS),
    }
    log_line(RUN_FINISHED, fields, logging.ERROR)
