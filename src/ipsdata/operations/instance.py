"""Ask the Dagster instance about itself, in a process of its own.

`ipsdata` works without Dagster and never imports it (decision 16). What only Dagster knows is asked
of `python -m pipelines.instance`, which answers in JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TIMEOUT = 120  # seconds; importing Dagster takes some on a small machine
ASK = (sys.executable, "-m", "pipelines.instance")


@dataclass(frozen=True)
class InstanceState:
    """What a Dagster instance says of itself.

    Attributes:
        problem: why it could not be asked; empty if it could.
        storage: the kind of storage, such as `SqliteRunStorage`.
        outdated: the storages whose schema is older than the installed Dagster.
        telemetry: whether Dagster sends usage data.
        switches: for each schedule and sensor: `on`, `off`, or `default`.
        daemons: for each daemon whether it lives.
    """

    problem: str = ""
    storage: str = ""
    outdated: tuple[str, ...] = ()
    telemetry: bool = False
    switches: Mapping[str, str] = field(default_factory=dict)
    daemons: Mapping[str, bool] = field(default_factory=dict)


def ask_instance(home: Path, action: str) -> InstanceState:
    """Let Dagster set its storage up (`init`), or only tell its state (`state`)."""
    environment = {**os.environ, "DAGSTER_HOME": str(home)}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, with this Python
            [*ASK, action],
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return InstanceState(f"Dagster did not answer within {TIMEOUT} seconds")
    answer = _answer(done.stdout)
    if answer is None:
        return InstanceState(f"Dagster can't be asked: {_last_words(done.stderr)}")
    return InstanceState(**{**answer, "outdated": tuple(answer.get("outdated", ()))})


def _last_words(text: str) -> str:
    last = (text.strip().splitlines() or ["it said nothing"])[-1]
    if "pipelines" in last:
        return f"{last}: run this in the folder of the project, where the folder pipelines is"
    return last


def _answer(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return None
    return found if isinstance(found, dict) else None
