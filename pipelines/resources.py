"""What a run works with: its staging area, opened at its start and removed at its end."""

import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from ipsdata.release.staging import Outcome, Staging, open_staging
from pipelines.automation import build_release
from pipelines.observing import write_run_metrics

STAGING = "staging"


class StagedTables(dg.IOManager):
    """Passes tables between assets through the staging area of the run, and nowhere else.

    Nothing is pickled and nothing outlives the run. An asset finds only what this very run made:
    one that is materialised without what it is made from is told so.

    Attributes:
        area: the staging area.
        is_published: whether the run published, or found the current release to hold.
    """

    def __init__(self, area: Staging) -> None:
        """Work in an open staging area."""
        self.area = area
        self.is_published = False

    def handle_output(self, context: dg.OutputContext, obj: Outcome) -> None:
        """Stage what an asset made."""
        self.area.save(context.asset_key.to_python_identifier(), obj)

    def load_input(self, context: dg.InputContext) -> Outcome:
        """Read back what another asset of this run made."""
        return self.area.load(context.asset_key.to_python_identifier())


def staged_tables(processed_dir: Path) -> dg.IOManagerDefinition:
    """Return the manager of the staging areas below `processed_dir`, one a run.

    The area and its lock live as long as the resource. The in-process executor makes its resources
    once a run and ends them with it, whether it succeeded, failed or was stopped; other executors
    would do so for every step, each time with an empty area.
    """

    # Dagster runs a generator and closes it at the end; its types don't say so.
    @dg.io_manager(  # type: ignore[arg-type]
        description="The staging area of the run; it is removed when the run ends."
    )
    def staging(context: dg.InitResourceContext) -> Iterator[StagedTables]:
        if context.run is None:
            raise dg.DagsterInvariantViolationError("a staging area belongs to a run: start one")
        started = time.perf_counter()
        with open_staging(processed_dir, context.run.run_id) as area:
            tables = StagedTables(area)
            try:
                yield tables
            finally:
                if context.run.job_name == build_release.name:
                    seconds = time.perf_counter() - started
                    published = tables.is_published
                    log = context.log or dg.get_dagster_logger()
                    write_run_metrics(log, processed_dir, seconds, is_success=published)

    return staging
