"""The sensors: new documents start a run, and people are told of what fails."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from ipsdata.notify import Notification, NotifySettings, notify
from ipsdata.operations.automation import Automation
from ipsdata.operations.watch import Look, dump_state, load_state, look
from pipelines.automation import build_release
from pipelines.daily import load_daily_counts
from pipelines.freshness import IN_TIME, source_key

FINGERPRINT = "ipsdata/raw_fingerprint"
MAX_MESSAGES = 20


def build_sensors(raw_dir: Path, automation: Automation) -> list[dg.SensorDefinition]:
    """Return all sensors of the project.

    Those that tell of failures are on from the start: they begin nothing.
    """
    return [_documents_sensor(raw_dir, automation), _failure_sensor(), _finding_sensor()]


def _documents_sensor(raw_dir: Path, automation: Automation) -> dg.SensorDefinition:
    status = dg.DefaultSensorStatus

    @dg.sensor(
        name="new_documents",
        job=build_release,
        minimum_interval_seconds=automation.poll_seconds,
        default_status=status.RUNNING if automation.is_on else status.STOPPED,
        description=(
            "Starts a run when a document in data/raw is new, changed or gone, and its edition "
            "lies there whole and unchanged for some seconds. Never two runs for the same content."
        ),
    )
    def new_documents(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            state = load_state(context.cursor)
            found = look(raw_dir, state, time.time(), automation.quiet_seconds)
        except OSError as error:
            return dg.SkipReason(f"{raw_dir} can't be looked at: {error.strerror}")
        return _asked(found)

    return new_documents


def _asked(found: Look) -> dg.SensorResult:
    """Return a run for what changed; its key is the content, so that Dagster makes only one."""
    cursor = dump_state(found.state)
    if not found.changed:
        return dg.SensorResult(skip_reason=_waiting(found), cursor=cursor)
    tags = {FINGERPRINT: found.fingerprint, "ipsdata/changed": _short(found.changed)}
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=found.fingerprint, tags=tags)],
        cursor=cursor,
        asset_events=list(_arrivals(found)),
    )


def _waiting(found: Look) -> str:
    told = [f"{name} waits: {reason}" for name, reason in found.waiting.items()]
    return "; ".join(told) or "nothing is new or changed"


def _short(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _arrivals(found: Look) -> Iterator[dg.AssetMaterialization]:
    """Tell each source of its new documents; one that lost its last one gets nothing."""
    arrived = [name for name in found.changed if name in found.state]
    for collection in sorted({name.partition("/")[0] for name in arrived}):
        own = [name for name in arrived if name.startswith(f"{collection}/")]
        yield dg.AssetMaterialization(
            source_key(collection), metadata={"editions": dg.MetadataValue.text(_short(own))}
        )


def _failure_sensor() -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="run_failed",
        monitored_jobs=[build_release, load_daily_counts],
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
        description="Tells people of a run that failed, by log, e-mail and webhook.",
    )
    def run_failed(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        found = [*_check_messages(context.instance, run.run_id), *_step_messages(context)]
        messages = found or [context.failure_event.message or "no message"]
        told = Notification(
            "run_failed",
            f"ipsdata: {run.job_name} failed; the current release is as it was",
            messages[:MAX_MESSAGES],
            _facts(run),
        )
        context.log.info("told by %s", ", ".join(_tell(told)))

    return run_failed


def _finding_sensor() -> dg.SensorDefinition:
    @dg.run_status_sensor(
        dg.DagsterRunStatus.SUCCESS,
        name="findings",
        monitored_jobs=[build_release],
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
        description=(
            "Tells people what a run that succeeded refused, and which source is late: once, if "
            "the run before did not find the same."
        ),
    )
    def findings(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        messages = _news(context.instance, run)
        if not messages:
            return
        told = Notification(
            "findings",
            f"ipsdata: {run.job_name} went well, but for {len(messages)} new findings",
            messages[:MAX_MESSAGES],
            _facts(run),
        )
        context.log.info("told by %s", ", ".join(_tell(told)))

    return findings


def _tell(told: Notification) -> Sequence[str]:
    return notify(told, NotifySettings.from_environment(os.environ))


def _facts(run: dg.DagsterRun) -> dict[str, str]:
    changed = run.tags.get("ipsdata/changed")
    facts = {"job": run.job_name, "run_id": run.run_id}
    return {**facts, "changed": changed} if changed else facts


def _news(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    """Return what a run found that the run before it did not."""
    before = _run_before(instance, run)
    known = set(_check_messages(instance, before)) if before else set()
    return [found for found in _check_messages(instance, run.run_id) if found not in known]


def _run_before(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str | None:
    done = dg.RunsFilter(job_name=run.job_name, statuses=[dg.DagsterRunStatus.SUCCESS])
    own = instance.get_run_record_by_id(run.run_id)
    for record in instance.get_run_records(done, limit=20):
        is_other = record.dagster_run.run_id != run.run_id
        if is_other and own is not None and record.create_timestamp <= own.create_timestamp:
            return record.dagster_run.run_id
    return None


def _check_messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Return the failed checks of a run that people are to know of, in words."""
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    events = [record.event_log_entry.dagster_event for record in records]
    checks = [event.asset_check_evaluation_data for event in events if event is not None]
    return [_check_message(check) for check in checks if not check.passed and _is_for_people(check)]


def _is_for_people(check: dg.AssetCheckEvaluation) -> bool:
    return check.severity == dg.AssetCheckSeverity.ERROR or check.check_name == IN_TIME


def _check_message(check: dg.AssetCheckEvaluation) -> str:
    name = f"{check.asset_key.to_user_string()}, check {check.check_name}"
    return f"{name}: {check.description or 'failed; see its metadata'}"


def _step_messages(context: dg.RunFailureSensorContext) -> list[str]:
    """Return the errors that people can do something with, each once."""
    found: list[str] = []
    for event in context.get_step_failure_events():
        data = event.step_failure_data
        found.extend(f"{event.step_key}: {told}" for told in _causes(data.error))
    return list(dict.fromkeys(found))


def _causes(error: object) -> Iterable[str]:
    """Return the innermost message of an error: that is the one of this project."""
    message = ""
    while error is not None:
        message = str(getattr(error, "message", "")).strip() or message
        error = getattr(error, "cause", None)
    return [message] if message else []
