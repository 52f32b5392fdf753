"""Tell the state of the Dagster instance as JSON: `python -m pipelines.instance init|state`.

`ipsdata init` and `ipsdata doctor` call this, so that the package itself never imports Dagster.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus

STATUS = {InstigatorStatus.RUNNING: "on", InstigatorStatus.STOPPED: "off"}
PASSWORD = re.compile(r"://[^@\s]*@")


def main(action: str) -> None:
    """Write one line of JSON on stdout: the state, or why it can't be told."""
    try:
        with dg.DagsterInstance.get() as instance:
            if action == "init":
                _touch(instance)
            found = _state(instance)
    except Exception as error:  # whatever is wrong with an instance is to be told, not raised
        told = " ".join(str(error).split()) or type(error).__name__
        found = {"problem": PASSWORD.sub("://…@", told)[:1000]}
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def _touch(instance: dg.DagsterInstance) -> None:
    """Let every storage make its tables, in this one process.

    The daemon and the web server would do so at the same time, and may trip over each other.
    """
    instance.get_runs(limit=1)
    instance.all_asset_keys()
    instance.all_instigator_state()


def _state(instance: dg.DagsterInstance) -> dict[str, Any]:
    return {
        "storage": type(instance.run_storage).__name__,
        "outdated": _outdated(instance),
        "telemetry": instance.telemetry_enabled,
        "switches": _switches(instance),
        "daemons": _daemons(instance),
    }


def _outdated(instance: dg.DagsterInstance) -> list[str]:
    storages = {
        "runs": instance.run_storage,
        "events": instance.event_log_storage,
        "schedules": instance.schedule_storage,
    }
    versions = {name: storage.alembic_version() for name, storage in storages.items() if storage}
    return [name for name, found in versions.items() if found and found[0] != found[1]]


def _switches(instance: dg.DagsterInstance) -> Mapping[str, str]:
    return {
        state.instigator_name: STATUS.get(state.status, "default")
        for state in instance.all_instigator_state()
    }


def _daemons(instance: dg.DagsterInstance) -> Mapping[str, bool]:
    return {name: bool(found.healthy) for name, found in instance.get_daemon_statuses().items()}


if __name__ == "__main__":
    main(sys.argv[1])
