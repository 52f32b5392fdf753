"""Run the code location in this process, as Dagster would, and look at what came of it."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from conftest import Playground
from pipelines.definitions import build_definitions


def run_job(playground: Playground) -> dg.ExecuteInProcessResult:
    """Run `build_release` with everything in it."""
    job = build_definitions(playground.settings).resolve_job_def("build_release")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False)


def materialise(
    playground: Playground, assets: Sequence[str], *, with_checks: bool = True
) -> dg.ExecuteInProcessResult:
    """Materialise some assets by themselves, as the UI lets anyone do."""
    selection = dg.AssetSelection.assets(*assets)
    if not with_checks:
        selection = selection.without_checks()
    definitions = build_definitions(playground.settings)
    chosen = dg.define_asset_job("part", selection, executor_def=dg.in_process_executor)
    job = dg.Definitions.merge(definitions, dg.Definitions(jobs=[chosen])).resolve_job_def("part")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False)


def materialised(result: dg.ExecuteInProcessResult) -> set[str]:
    """Return the assets that a run made."""
    events = result.get_asset_materialization_events()
    return {event.asset_key.to_user_string() for event in events if event.asset_key}


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    """Return what a run tells about an asset."""
    (found,) = result.asset_materializations_for_node(asset)
    return {name: entry.value for name, entry in found.metadata.items()}


def evaluation(
    result: dg.ExecuteInProcessResult, asset: str, check: str
) -> dg.AssetCheckEvaluation:
    """Return how a check came out."""
    (found,) = [
        done
        for done in result.get_asset_check_evaluations()
        if (done.asset_key.to_user_string(), done.check_name) == (asset, check)
    ]
    return found


def evaluated(result: dg.ExecuteInProcessResult, asset: str, check: str) -> dict[str, object]:
    """Return what a check tells."""
    found = evaluation(result, asset, check)
    return {name: entry.value for name, entry in found.metadata.items()}


def errors(result: dg.ExecuteInProcessResult) -> str:
    """Return the messages of all errors of a run, their causes included."""
    told = []
    for event in result.filter_events(lambda event: event.is_failure):
        error = getattr(event.event_specific_data, "error", None)
        while error is not None:
            told.append(error.message)
            error = error.cause
    return "\n".join(told)


def leftovers(processed: Path) -> list[Path]:
    """Return what is left of staging areas."""
    return sorted((processed / ".staging").glob("*"))


def store(processed: Path) -> dict[str, bytes]:
    """Return every file of the release store but locks, to be compared."""
    return {
        path.relative_to(processed).as_posix(): path.read_bytes()
        for path in sorted(processed.rglob("*"))
        if path.is_file() and not path.name.startswith(".publish")
    }
