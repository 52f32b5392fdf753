"""Start the real daemon and web server of Dagster, and talk to them as a user would."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from conftest import ROOT, Playground
from hooks import free_port

BOUND = float(os.environ.get("IPSDATA_LIVE_BOUND") or 120)  # seconds that each step may take
BIN = Path(sys.executable).parent
SELECTOR = {"repositoryName": "__repository__", "repositoryLocationName": "ipsdata"}
RUNS = """query Runs {
  runsOrError { ... on Runs { results {
    runId status startTime endTime rootRunId tags { key value } } } } }"""
RUN = """query Run($id: ID!) {
  runOrError(runId: $id) { ... on Run { eventConnection { events {
    __typename
    ... on MessageEvent { message stepKey }
    ... on ErrorEvent { error { message causes { message } } }
    ... on AssetCheckEvaluationEvent { evaluation {
      success checkName assetKey { path } description } } } } } } }"""
RELEASE = """query Release {
  assetOrError(assetKey: {path: ["release"]}) { ... on Asset { assetMaterializations(limit: 1) {
    runId metadataEntries { label ... on TextMetadataEntry { text } } } } } }"""
START = """mutation Start($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) {
    __typename ... on Sensor { sensorState { status } } } }"""
TICKS = """query Ticks($selector: SensorSelector!) {
  sensorOrError(sensorSelector: $selector) { ... on Sensor { sensorState {
    ticks(limit: 5) { status skipReason runIds error { message } } } } } }"""

Row = Mapping[str, Any]
T = TypeVar("T")


@dataclass
class Live:
    """A running instance.

    Attributes:
        told: what happened when, for people.
    """

    home: Path
    port: int
    environment: Mapping[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def tell(self, text: str) -> None:
        """Note what happened, with the time of the day and the seconds since the start."""
        now = dt.datetime.now(dt.UTC).strftime("%H:%M:%S")
        self.told.append(f"{now} +{time.monotonic() - self.began:6.1f} s  {text}")
        sys.stdout.write(f"{self.told[-1]}\n")
        path = os.environ.get("IPSDATA_LIVE_LOG")
        if path:
            with Path(path).open("a", encoding="utf-8") as log:
                log.write(f"{self.told[-1]}\n")

    def start(self, *command: str) -> None:
        """Start a process in the folder of the project, as a service would."""
        log = (self.home / f"{Path(command[0]).name}.log").open("ab")
        with log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=dict(self.environment),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def stop(self) -> None:
        """End all that was started, and what it started."""
        for process in self.processes:
            _signal(process, signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            _signal(process, signal.SIGKILL)
            process.wait(15)

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Ask the web server by GraphQL."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    def wait(self, what: str, look: Callable[[], T | None], bound: float = BOUND) -> T:
        """Look again and again until there is something."""
        end = time.monotonic() + bound
        last = ""
        while time.monotonic() < end:
            assert all(process.poll() is None for process in self.processes), self.logs()
            try:
                found = look()
            except OSError as error:  # the web server is not up yet
                found, last = None, str(error)
            if found:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{what}: not within {bound:g} s {last}\n{self.logs()}")

    def logs(self) -> str:
        """Return the ends of the logs."""
        logs = sorted(self.home.glob("*.log"))
        return "\n".join(f"{p.name}: …{p.read_text(errors='replace')[-3000:]}" for p in logs)

    def runs(self) -> list[Row]:
        """Return all runs, newest first."""
        found: list[Row] = self.ask(RUNS)["runsOrError"]["results"]
        return found

    def new_run(self, fingerprints: set[str], *statuses: str) -> Row | None:
        """Return the run of content that was not seen before, if it is in one of these states."""
        new = [run for run in self.runs() if fingerprint(run) not in fingerprints]
        assert len(new) <= 1, new
        return next((run for run in new if not statuses or run["status"] in statuses), None)

    def follow(self, fingerprints: set[str], status: str) -> Row:
        """Wait until there is a run of new content, until it goes on, and until it ended so."""
        run = self.wait("the sensor asks for a run", lambda: self.new_run(fingerprints))
        self.tell(f"run {run['runId'][:8]} was asked for: {tags_of(run)['ipsdata/changed']}")
        ends = ("SUCCESS", "FAILURE", "CANCELED")
        self.wait("the run goes on", lambda: self.new_run(fingerprints, "STARTED", *ends))
        self.tell(f"run {run['runId'][:8]} goes on")
        ended = self.wait("the run ends", lambda: self.new_run(fingerprints, *ends))
        assert ended["status"] == status, self.why(run["runId"])
        fingerprints.add(fingerprint(ended))
        seconds = ended["endTime"] - ended["startTime"]
        self.tell(f"run {run['runId'][:8]} ended in {seconds:.1f} s: {status}")
        return ended

    def events(self, run_id: str) -> list[Row]:
        """Return what a run tells."""
        found: list[Row] = self.ask(RUN, id=run_id)["runOrError"]["eventConnection"]["events"]
        return found

    def why(self, run_id: str) -> str:
        """Return the errors of a run."""
        return "\n".join(str(event["error"]) for event in self.events(run_id) if event.get("error"))

    def release(self) -> tuple[str, str]:
        """Return the run and the id of the release that was made last."""
        found = self.ask(RELEASE)["assetOrError"].get("assetMaterializations") or []
        if not found:
            return "", ""
        entries = {entry["label"]: entry.get("text") for entry in found[0]["metadataEntries"]}
        return found[0]["runId"], str(entries["release"])

    def switch_on(self, sensor: str) -> None:
        """Switch a sensor on, as somebody would in the UI."""
        found = self.ask(START, selector={**SELECTOR, "sensorName": sensor})["startSensor"]
        assert found == {"__typename": "Sensor", "sensorState": {"status": "RUNNING"}}
        self.tell(f"the sensor {sensor} was switched on over GraphQL")

    def skipped(self, sensor: str, because: str) -> str | None:
        """Return what a recent look of a sensor said, if it said this."""
        selector = {**SELECTOR, "sensorName": sensor}
        found = self.ask(TICKS, selector=selector)["sensorOrError"]["sensorState"]["ticks"]
        reasons = [tick["skipReason"] or "" for tick in found]
        return next((reason for reason in reasons if because in reason), None)


def fingerprint(run: Row) -> str:
    """Return the content that a run is for."""
    return tags_of(run).get("ipsdata/raw_fingerprint", "")


def tags_of(run: Row) -> dict[str, str]:
    """Return the tags of a run."""
    return {tag["key"]: tag["value"] for tag in run["tags"]}


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def running(
    playground: Playground, home: Path, more: Mapping[str, str], *flags: str
) -> Iterator[Live]:
    """Set an instance up by `ipsdata init`, start its daemon and its web server, and end them.

    Args:
        more: environment beside the folders.
        flags: of `ipsdata init`.
    """
    settings = playground.settings
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("IPSDATA_")},
        "DAGSTER_HOME": str(home),
        "IPSDATA_RAW_DIR": str(settings.raw_dir),
        "IPSDATA_PROCESSED_DIR": str(settings.processed_dir),
        "IPSDATA_SCHEMAS_DIR": str(settings.schemas_dir),
        "IPSDATA_POLL_SECONDS": "2",
        "IPSDATA_QUIET_SECONDS": "2",
        # On a busy machine a run's process takes long to start, and Dagster gives up after 60 s.
        "DAGSTER_GRPC_TIMEOUT_SECONDS": "300",
        **more,
    }
    live = Live(home, free_port(), environment)
    done = subprocess.run(
        [str(BIN / "ipsdata"), "init", *flags],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    live.tell("`ipsdata init` is done")
    try:
        live.start(str(BIN / "dagster-daemon"), "run")
        live.start(str(BIN / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(live.port))
        live.wait("the web server answers", lambda: live.ask("query V { version }")["version"])
        live.tell("dagster-webserver answers")
        yield live
    finally:
        live.stop()
        live.tell("all processes ended")
