"""The code location, assembled."""

import os

import dagster as dg

from ipsdata.operations.automation import Automation
from ipsdata.plan import Workspace
from ipsdata.settings import Settings
from pipelines.assets import build_assets
from pipelines.automation import build_release, daily_schedule
from pipelines.checks import build_checks
from pipelines.daily import load_daily_counts
from pipelines.documents import document_specs
from pipelines.freshness import build_source_checks, source_specs
from pipelines.resources import STAGING, staged_tables
from pipelines.sensors import build_sensors


def build_definitions(settings: Settings | None = None) -> dg.Definitions:
    """Return all assets, checks, jobs, schedules and sensors.

    Args:
        settings: the folders; those of the environment (`IPSDATA_*`) if `None`.

    Raises:
        ConfigurationError: a contract is missing or malformed, or a setting of the automation is.
    """
    chosen = settings or Settings.from_environment()
    work = Workspace(chosen)
    automation = Automation.from_environment(os.environ)
    documents = document_specs(work)
    sources = source_specs(documents)
    return dg.Definitions(
        assets=[*documents, *sources, *build_assets(work, documents)],
        asset_checks=[*build_checks(work), *build_source_checks(sources)],
        jobs=[build_release, load_daily_counts],
        schedules=[daily_schedule(automation)],
        sensors=build_sensors(chosen.raw_dir, automation),
        resources={STAGING: staged_tables(chosen.processed_dir)},
        executor=dg.in_process_executor,
    )


defs = build_definitions()
