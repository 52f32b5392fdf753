"""When things run: the job that makes a release, and its daily schedule."""

import dagster as dg

from ipsdata.daily.refusals import TABLE as DAILY_TABLE

build_release = dg.define_asset_job(
    "build_release",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(DAILY_TABLE),
    description="Read data/raw, validate, reconcile and publish a release if anything changed.",
    tags={"ipsdata/flow": "release"},
    executor_def=dg.in_process_executor,
)

daily = dg.ScheduleDefinition(
    name="daily",
    job=build_release,
    cron_schedule="0 6 * * *",
    execution_timezone="Europe/Amsterdam",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description=(
        "Every day at 06:00 in Amsterdam. Off until someone switches it on, so that looking at the "
        "UI starts nothing. A day without news makes no new release."
    ),
)
