"""What runs by itself: the schedule, the sensor of documents, freshness, and who is told."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from conftest import LETTER, ROOT, Playground
from editions import letter_file, named_letter, write_edition
from hooks import Hook, listening
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.operations.automation import Automation
from ipsdata.settings import Settings
from narrowed import ROWS, know_only_2025
from pipelines import sensors
from pipelines.definitions import build_definitions

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AUTOMATION = Automation(is_on=True, poll_seconds=5, quiet_seconds=10)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def whole() -> dg.Definitions:
    return build_definitions(Settings(raw_dir=ROOT / "data" / "raw", schemas_dir=ROOT / "schemas"))


# The schedule


@pytest.mark.parametrize("changed", ["2026-03-29", "2026-10-25"])
def test_the_schedule_fires_once_a_day_at_six_also_when_the_clock_changes(
    whole: dg.Definitions, changed: str
) -> None:
    day = dt.date.fromisoformat(changed)
    found = ticks(whole.get_repository_def().get_schedule_def("daily"), day - DAY, day + DAY)
    assert [tick.date() for tick in found] == [day - DAY, day, day + DAY]
    assert {tick.time() for tick in found} == {dt.time(6)}
    before, at, after = (tick.utcoffset() for tick in found)
    assert before != at
    assert at == after
    hours = [(late.timestamp() - early.timestamp()) / 3600 for early, late in pairwise(found)]
    assert hours == [23 if changed == "2026-03-29" else 25, 24]


def ticks(schedule: dg.ScheduleDefinition, first: dt.date, last: dt.date) -> list[dt.datetime]:
    """Return when the daemon starts a run on these days."""
    start = dt.datetime.combine(first, dt.time(), AMSTERDAM)
    moments = schedule_execution_time_iterator(
        start.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    found: list[dt.datetime] = []
    for moment in moments:
        local = moment.astimezone(AMSTERDAM)
        if local.date() > last:
            break
        found.append(local)
    return found


# The sensor of documents


class Clock:
    """A clock that a test moves."""

    now = 1_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(sensors, "time", found)
    return found


class Watched:
    """The sensor on a folder, with the cursor it left."""

    def __init__(self, raw: Path, clock: Clock) -> None:
        self.raw, self.clock, self.cursor = raw, clock, ""
        found = {sensor.name: sensor for sensor in sensors.build_sensors(raw, AUTOMATION)}
        self.sensor = found["new_documents"]

    def tick(self, seconds: float = 10) -> dg.SensorResult | dg.SkipReason:
        self.clock.now += seconds
        result = self.sensor(dg.build_sensor_context(cursor=self.cursor or None))
        assert isinstance(result, dg.SensorResult | dg.SkipReason)
        if isinstance(result, dg.SensorResult):
            self.cursor = result.cursor or self.cursor
        return result

    def asked(self) -> list[dg.RunRequest]:
        """Return the runs that some looks ask for."""
        results = [self.tick() for _ in range(4)]
        return [
            run
            for result in results
            if isinstance(result, dg.SensorResult)
            for run in result.run_requests or ()
        ]

    def drop(self, edition: str, data: bytes, sha: str = "") -> None:
        folder = self.raw / edition
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "letter.txt").write_bytes(data)
        entry = {"path": "letter.txt", "sha256": sha or hashlib.sha256(data).hexdigest()}
        (folder / "source.yaml").write_text(json.dumps({"files": [entry]}))


@pytest.fixture
def watched(tmp_path: Path, clock: Clock) -> Watched:
    (tmp_path / "raw").mkdir()
    return Watched(tmp_path / "raw", clock)


def test_a_document_starts_one_run_keyed_by_the_content(watched: Watched) -> None:
    watched.drop("letters/one", b"one")
    (run,) = watched.asked()
    assert run.run_key == run.tags["ipsdata/raw_fingerprint"]
    assert run.tags["ipsdata/changed"] == "letters/one"
    assert watched.asked() == []


def test_two_documents_at_once_start_one_run_and_tell_their_sources(watched: Watched) -> None:
    watched.drop("letters/one", b"one")
    watched.drop("letters/two", b"two")
    watched.drop("sis/2025", b"sis")
    watched.tick()
    result = watched.tick()
    assert isinstance(result, dg.SensorResult)
    assert len(result.run_requests or ()) == 1
    told = {event.asset_key.to_user_string(): event for event in result.asset_events}
    assert set(told) == {"sources/letters", "sources/sis"}
    assert told["sources/letters"].metadata["editions"].value == "letters/one, letters/two"


def test_a_lost_cursor_asks_for_the_same_key_so_that_nothing_runs_twice(watched: Watched) -> None:
    watched.drop("letters/one", b"one")
    (run,) = watched.asked()
    watched.cursor = ""
    (again,) = watched.asked()
    assert again.run_key == run.run_key


def test_a_changed_document_has_another_key(watched: Watched) -> None:
    watched.drop("letters/one", b"one")
    (first,) = watched.asked()
    watched.drop("letters/one", b"another")
    (second,) = watched.asked()
    assert first.run_key != second.run_key


def test_a_half_copied_document_waits_and_says_why(watched: Watched) -> None:
    watched.drop("letters/one", b"on", hashlib.sha256(b"one").hexdigest())
    assert watched.asked() == []
    result = watched.tick()
    assert isinstance(result, dg.SensorResult)
    assert "letters/one waits: letter.txt: not the SHA-256" in str(result.skip_reason)
    watched.drop("letters/one", b"one")
    assert len(watched.asked()) == 1


def test_a_folder_that_is_not_there_is_said_and_changes_nothing(watched: Watched) -> None:
    watched.drop("letters/one", b"one")
    assert len(watched.asked()) == 1
    watched.raw.rename(watched.raw.with_name("away"))
    result = watched.tick()
    assert isinstance(result, dg.SkipReason)
    assert "can't be looked at: No such file or directory" in str(result.skip_message)
    watched.raw.with_name("away").rename(watched.raw)
    assert watched.asked() == []


# Settings


def test_nothing_starts_by_itself_until_it_is_switched_on(whole: dg.Definitions) -> None:
    repository = whole.get_repository_def()
    assert {s.name: s.default_status.value for s in repository.sensor_defs} == {
        "new_documents": "STOPPED",
        "run_failed": "RUNNING",
        "findings": "RUNNING",
    }
    assert {s.name: s.default_status.value for s in repository.schedule_defs} == {
        "daily": "STOPPED"
    }


def test_the_environment_switches_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPSDATA_AUTOMATION", "on")
    monkeypatch.setenv("IPSDATA_POLL_SECONDS", "7")
    found = build_definitions(Settings(ROOT / "data" / "raw", schemas_dir=ROOT / "schemas"))
    repository = found.get_repository_def()
    assert repository.get_schedule_def("daily").default_status.value == "RUNNING"
    sensor = repository.get_sensor_def("new_documents")
    assert sensor.default_status.value == "RUNNING"
    assert sensor.minimum_interval_seconds == 7


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("IPSDATA_AUTOMATION", "maybe"),
        ("IPSDATA_POLL_SECONDS", "0"),
        ("IPSDATA_QUIET_SECONDS", "1.5"),
        ("IPSDATA_QUIET_SECONDS", "99999"),
    ],
)
def test_a_setting_that_is_none_is_told(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}: found '{text}', expected "):
        Automation.from_environment({name: text})


# Freshness


def test_each_source_is_expected_as_often_as_its_newest_sidecar_says(
    whole: dg.Definitions,
) -> None:
    specs = {s.key.to_user_string(): s for s in whole.resolve_all_asset_specs()}
    assert specs["sources/letters"].freshness_policy == dg.FreshnessPolicy.time_window(
        fail_window=dt.timedelta(days=245), warn_window=dt.timedelta(days=220)
    )
    assert specs["sources/sis"].freshness_policy == dg.FreshnessPolicy.time_window(
        fail_window=dt.timedelta(days=550), warn_window=dt.timedelta(days=495)
    )
    letter = dg.AssetKey(["data", "raw", *LETTER.split("/"), "captures.csv"])
    assert letter in {dep.asset_key for dep in specs["sources/letters"].deps}
    assert specs["release"].freshness_policy == dg.FreshnessPolicy.cron(
        "0 8 * * *", dt.timedelta(hours=2), "Europe/Amsterdam"
    )


# Who is told


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with listening() as found:
        monkeypatch.setenv("IPSDATA_NOTIFY_WEBHOOK_URL", found.url)
        yield found


def run(playground: Playground, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = build_definitions(playground.settings).resolve_job_def("build_release")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def tell(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> None:
    """Let the sensor see the end of a run, as the daemon would."""
    name = "findings" if result.success else "run_failed"
    (sensor,) = (s for s in sensors.build_sensors(Path(), AUTOMATION) if s.name == name)
    event = result.get_run_success_event() if result.success else result.get_run_failure_event()
    context = dg.build_run_status_sensor_context(name, event, instance, result.dagster_run)
    sensor(context if result.success else context.for_run_failure())


def test_a_run_that_fails_is_told_with_what_is_wrong(
    own_schemas: Playground, instance: dg.DagsterInstance, hook: Hook
) -> None:
    know_only_2025(own_schemas.settings.schemas_dir)
    letter = named_letter("broken", "14 mei 2026", ROWS)
    file = letter_file(letter, "docx")
    write_edition(own_schemas, "letters/broken", file, published_on="2026-06-11")
    result = run(own_schemas, instance)
    assert not result.success
    tell(result, instance)
    (posted,) = hook.posted
    assert posted["event"] == "run_failed"
    assert posted["subject"] == "ipsdata: build_release failed; the current release is as it was"
    assert (posted["job"], posted["run_id"]) == ("build_release", result.run_id)
    broken = [
        told for told in posted["messages"] if "reporting_deployments, check contract" in told
    ]
    assert len(broken) == 1
    assert "half_year" in broken[0]
    assert "2026-H1" in broken[0]
    assert "Traceback" not in posted["text"]


def test_what_a_run_refused_is_told_once(
    playground: Playground, instance: dg.DagsterInstance, hook: Hook
) -> None:
    playground.edit(f"{LETTER}/deployments.csv", "Totaal,33", "Totaal,34")
    sidecar = playground.raw / LETTER / "source.yaml"
    sidecar.write_text(f"frequency: semiannual\n{sidecar.read_text('utf-8')}", "utf-8")
    result = run(playground, instance)
    assert result.success
    tell(result, instance)
    (posted,) = hook.posted
    assert posted["event"] == "findings"
    assert posted["run_id"] == result.run_id
    refused = [told for told in posted["messages"] if told.startswith("rejected_rows, check ")]
    assert len(refused) == 1
    assert "the printed total is 34" in refused[0]
    late = "sources/letters, check in_time: late: the newest is of 2025-06-12, semiannual ones "
    assert any(told.startswith(late) for told in posted["messages"])

    hook.posted.clear()
    tell(run(playground, instance), instance)
    assert hook.posted == []


def test_a_sensor_whose_message_was_not_delivered_fails_visibly(
    playground: Playground, instance: dg.DagsterInstance, hook: Hook
) -> None:
    hook.status = 503
    (playground.raw / LETTER / "deployments.csv").unlink()
    with pytest.raises(DataError, match="HTTP 503"):
        tell(run(playground, instance), instance)
