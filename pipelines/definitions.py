"""The code location, assembled."""

import dagster as dg

from ipsdata.plan import Workspace
from ipsdata.settings import Settings
from pipelines.assets import build_assets
from pipelines.automation import build_release, daily
from pipelines.checks import build_checks
from pipelines.daily import load_daily_counts
from pipelines.documents import document_specs
from pipelines.resources import STAGING, staged_tables


def build_definitions(settings: Settings | None = None) -> dg.Definitions:
    """Return all assets, checks, jobs and schedules.

    Args:
        settings: the folders; those of the environment (`IPSDATA_*`) if `None`.

    Raises:
        ConfigurationError: a contract is missing or malformed.
    """
    chosen = settings or Settings.from_environment()
    work = Workspace(chosen)
    documents = document_specs(work)
    return dg.Definitions(
        assets=[*documents, *build_assets(work, documents)],
        asset_checks=build_checks(work),
        jobs=[build_release, load_daily_counts],
        schedules=[daily],
        resources={STAGING: staged_tables(chosen.processed_dir)},
        executor=dg.in_process_executor,
    )


defs = build_definitions()
