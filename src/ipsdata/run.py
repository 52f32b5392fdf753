"""Run the plan from `data/raw` to a release, without a scheduler."""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Mapping

from ipsdata.audit import standing_errors
from ipsdata.contracts import Contract
from ipsdata.errors import DataError
from ipsdata.observe.stages import publish_fields, stage_fields, tell_stage
from ipsdata.plan import PLAN, Step, Workspace
from ipsdata.release.index import Publication
from ipsdata.release.staging import Staging, open_staging
from ipsdata.release.store import publish
from ipsdata.runreport import RunReport
from ipsdata.settings import Settings
from ipsdata.unchanged import Inputs, remember
from ipsdata.validation import Failure, require_validation_enabled

Progress = Callable[[str, int, int], None]
Finish = Callable[[Workspace, Staging], Publication | None]


def _silent(_step: str, _done: int, _all: int) -> None:
    """Say nothing."""


def run_pipeline(
    settings: Settings,
    *,
    now: dt.datetime | None = None,
    run_id: str | None = None,
    progress: Progress = _silent,
    inputs: Inputs | None = None,
) -> RunReport:
    """Read, validate, reconcile and publish; each stage is told in the log of runs.

    Args:
        now: the moment of publication; the clock's if `None`.
        run_id: names the staging area; a new one if `None`.
        progress: is told each step and, where it reads documents, how many of how many are done.
        inputs: as `ipsdata.unchanged.take_inputs` found them before this module was imported; what
            they came to is noted for the next run.

    Raises:
        ConfigurationError: settings, contracts, code lists or folders are wrong, or Pandera
            validation is disabled.
    """
    moment = now or dt.datetime.now(dt.UTC)

    def publish_staged(work: Workspace, staging: Staging) -> Publication:
        progress("publish", 0, 0)
        started = time.perf_counter()
        publication = publish(staging, work.contracts, moment, work.schema_major)
        tell_stage(publish_fields(staging.run_id, publication, time.perf_counter() - started))
        if inputs is not None:
            remember(settings, inputs, publication.release_id)
        return publication

    return _run(settings, run_id or uuid.uuid4().hex, progress, publish_staged)


def dry_run(settings: Settings, *, progress: Progress = _silent) -> RunReport:
    """Do all that `run_pipeline` does but publish; errors likewise."""
    return _run(settings, uuid.uuid4().hex, progress, lambda _work, _staging: None)


def _run(settings: Settings, run_id: str, progress: Progress, finish: Finish) -> RunReport:
    require_validation_enabled()
    work = Workspace(settings, lambda done, count: progress("readings", done, count))
    contracts = work.contracts
    with open_staging(settings.processed_dir, run_id) as staging:
        failures = _build_all(work, staging, progress)
        publication, refusal = None, _told(failures) or _told_standing(staging)
        if refusal is None:
            try:
                publication = finish(work, staging)
            except DataError as error:
                refusal = str(error)
        return RunReport(
            publication=publication,
            refusal=refusal,
            failures=failures,
            tables=_row_counts(staging, contracts),
            documents=staging.load("documents").table.to_pylist(),
            rejected=staging.load("rejected_rows").table.to_pylist(),
            reconciliations=staging.load("reconciliations").table.to_pylist(),
            quantities=staging.load("quantities").table.to_pylist(),
        )


def _row_counts(staging: Staging, contracts: Mapping[str, Contract]) -> dict[str, int]:
    """Return the rows of each table; those of a split one are told by its listing."""
    counts = {}
    for name, contract in contracts.items():
        if contract.partition is None:
            counts[name] = staging.load(name).table.num_rows
        else:
            counts[name] = sum(staging.load(contract.partition.listing).table["rows"].to_pylist())
    return counts


def _build_all(work: Workspace, staging: Staging, progress: Progress) -> dict[str, list[Failure]]:
    failures: dict[str, list[Failure]] = {}
    for step in PLAN:
        progress(step.name, 0, 0)
        found = _build(step, work, staging)
        if found:
            failures[step.name] = found
    return failures


def _build(step: Step, work: Workspace, staging: Staging) -> list[Failure]:
    """Build, stage and validate one step; return what breaks the contract of its table."""
    started = time.perf_counter()
    outcome = step.build(work, {name: staging.load(name) for name in step.inputs})
    staging.save(step.name, outcome)
    contract = work.contracts.get(step.name)
    found = [] if contract is None else staging.audit(contract)
    seconds = time.perf_counter() - started
    count = None if contract is None else len(found)
    tell_stage(stage_fields(staging.run_id, step.name, outcome, seconds, count))
    return found


def _told(failures: dict[str, list[Failure]]) -> str | None:
    if not failures:
        return None
    lines = [f"{table}: {failure}" for table, found in failures.items() for failure in found[:5]]
    count = sum(len(found) for found in failures.values())
    return f"{count} values break their contract, nothing is published:\n" + "\n".join(lines)


def _told_standing(staging: Staging) -> str | None:
    standing = standing_errors(staging)
    if not standing:
        return None
    told = "\n".join(standing)
    return f"{len(standing)} figures failed a reconciliation and were not withdrawn:\n{told}"
