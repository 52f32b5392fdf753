"""What is done to a small store while faults come: a publication, a rollback, and so on.

Contents are numbers, which stand in every table: tables that show two of them are a mix.
"""

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.release import keeping
from ipsdata.release.staging import Outcome, Staging
from ipsdata.release.store import publish
from ipsdata.tables import table_from_rows
from tests.small_store import CONTRACTS

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
OLD, NEW, NEXT = 3, 4, 5
RUN, NEXT_RUN = "run", "next"


@dataclass(frozen=True)
class Scenario:
    """An action on a store, with what comes before and after it.

    Attributes:
        prepare: makes the store in a folder that is not there yet.
        act: is what meets the faults.
        again: the same, as it is done after a fault, by a new process.
        stepwise: whether releases may go one by one, so that there are states in between.
    """

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], object]
    again: Callable[[Path], object]
    stepwise: bool = False


def rows_of(number: int) -> Mapping[str, list[dict[str, Any]]]:
    """Return the rows of a content, by table."""
    document = {"document_id": "a", "path": "letters/a.csv", "size_bytes": number}
    names = ("one", "two", "three")
    figures = [{"figure_id": n, "name": name, "value": number} for n, name in enumerate(names)]
    return {"documents": [document], "figures": figures}


def stage(staging: Staging, number: int) -> None:
    """Stage and validate a content, as a run does before it publishes."""
    for name, contract in CONTRACTS.items():
        staging.save(name, Outcome(table_from_rows(contract, rows_of(number)[name])))
        if failures := staging.audit(contract):
            raise AssertionError(f"{name}: {failures}")


def whole_run(processed: Path, number: int, run_id: str = NEXT_RUN) -> str:
    """Stage, validate and publish a content, and return the release that is current then."""
    staging = Staging(processed, run_id)
    staging.open()
    try:
        stage(staging, number)
        return publish(staging, CONTRACTS, NOON).release_id
    finally:
        staging.close()


def _publish_staged(processed: Path) -> str:
    """Do the part of a run that publishes: its tables are staged already."""
    staging = Staging(processed, RUN)
    staging.open()
    try:
        return publish(staging, CONTRACTS, NOON).release_id
    finally:
        staging.close()


def _stage_only(processed: Path) -> None:
    """Do the part of a run before it publishes."""
    staging = Staging(processed, RUN)
    staging.open()
    try:
        stage(staging, NEW)
    finally:
        staging.close()


def _made(processed: Path, contents: tuple[int, ...], staged: int | None) -> None:
    """Publish contents, and leave another one staged, as a run has it before publishing."""
    for number in contents:
        whole_run(processed, number)
    if staged is not None:
        staging = Staging(processed, RUN)
        staging.open()
        stage(staging, staged)
        staging.release_lock()


def _store(*contents: int, staged: int | None = None) -> Callable[[Path], None]:
    return functools.partial(_made, contents=contents, staged=staged)


def _run(number: int) -> Callable[[Path], object]:
    return functools.partial(whole_run, number=number)


def _tag(processed: Path) -> str:
    return keeping.tag(processed, "2026-11-24.0", "known")


def _rollback(processed: Path) -> None:
    keeping.rollback(processed, "2026-11-24.0")


def _prune(processed: Path) -> None:
    keeping.prune(processed, 2)


SCENARIOS = (
    Scenario("publish", _store(OLD, staged=NEW), _publish_staged, _run(NEW)),
    Scenario("publish the first", _store(staged=NEW), _publish_staged, _run(NEW)),
    Scenario("publish, nothing changed", _store(OLD, staged=OLD), _publish_staged, _run(OLD)),
    Scenario("stage", _store(OLD), _stage_only, _run(OLD)),
    Scenario("rollback", _store(2, OLD), _rollback, _rollback),
    Scenario("tag", _store(2, OLD), _tag, _tag),
    Scenario("prune", _store(0, 1, 2, OLD), _prune, _prune, stepwise=True),
)
