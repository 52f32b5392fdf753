"""When things run: the job that makes a release, and its daily schedule."""

import dagster as dg

from ipsdata.daily.refusals import TABLE as DAILY_TABLE
from ipsdata.operations.automation import Automation

TIMEZONE = "Europe/Amsterdam"
DAILY_AT = "0 6 * * *"

# Checks of sources belong to assets that no run makes, so that they are to be named themselves.
EVERYTHING = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
COUNTS = dg.AssetSelection.assets(DAILY_TABLE)

build_release = dg.define_asset_job(
    "build_release",
    selection=EVERYTHING - COUNTS,
    description="Read data/raw, validate, reconcile and publish a release if anything changed.",
    tags={"ipsdata/flow": "release"},
    executor_def=dg.in_process_executor,
)


def daily_schedule(automation: Automation) -> dg.ScheduleDefinition:
    """Return the schedule that looks at everything once a day.

    06:00 is no hour that a change of the clock skips or repeats, so every day has one run.
    """
    status = dg.DefaultScheduleStatus
    return dg.ScheduleDefinition(
        name="daily",
        job=build_release,
        cron_schedule=DAILY_AT,
        execution_timezone=TIMEZONE,
        default_status=status.RUNNING if automation.is_on else status.STOPPED,
        description=(
            "Every day at 06:00 in Amsterdam. Off until someone switches it on, or "
            "IPSDATA_AUTOMATION=on says so, so that looking at the UI starts nothing. A day "
            "without news makes no new release."
        ),
    )
