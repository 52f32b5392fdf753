"""`ipsdata doctor`: each thing that may be wrong, and what it says to do."""

import datetime as dt
import json
import os
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from conftest import NOON, ROOT, Playground, copy_lists, installation
from ipsdata.cli import main
from ipsdata.operations import doctor, places
from ipsdata.operations.automation import Automation
from ipsdata.operations.doctor import (
    examine,
    instance_findings,
    look_at_dagster,
    look_at_lock,
    look_at_release,
    look_at_web_servers,
)
from ipsdata.operations.findings import Finding
from ipsdata.operations.instance import InstanceState
from ipsdata.operations.places import look_at_disk, look_at_folders
from ipsdata.settings import Settings

GOOD = InstanceState(
    storage="SqliteRunStorage",
    switches={"daily": "on", "new_documents": "on"},
    daemons={"SENSOR": True, "SCHEDULER": True},
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    """Return an installation with a release, which no test changes."""
    folder = tmp_path_factory.mktemp("published")
    copy_lists(folder / "raw")
    found = installation(folder)
    sidecar = found.raw / "letters" / "2025-06-12" / "source.yaml"
    sidecar.write_text(f"frequency: semiannual\n{sidecar.read_text('utf-8')}", "utf-8")
    assert found.run().publication is not None
    return found


def wrong(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.is_fine]


def test_all_of_it_by_the_command(
    published: Playground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IPSDATA_RAW_DIR", str(published.raw))
    monkeypatch.setenv("IPSDATA_PROCESSED_DIR", str(published.processed))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--json"])
    assert ended.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert {entry["check"] for entry in found} >= {"python", "disk", "lock", "release", "source"}
    (missing,) = (entry for entry in found if entry["check"] == "dagster.yaml")
    assert missing["todo"] == "run `ipsdata init`"


def test_what_can_not_be_looked_at_is_told_and_the_rest_goes_on(
    published: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    index = published.processed / "releases.json"
    broken = Settings(published.raw, published.processed.with_name("broken"))
    broken.processed_dir.mkdir(exist_ok=True)
    (broken.processed_dir / "releases.json").write_text(index.read_text("utf-8")[:20])
    found = {f.check: f for f in wrong(examine(broken, {"IPSDATA_NOTIFY_TIMEOUT": "never"}))}
    assert "releases.json" in found["release"].told
    assert "IPSDATA_NOTIFY_TIMEOUT: found 'never'" in found["notifications"].told
    assert "DAGSTER_HOME: found ''" in found["dagster"].told


def test_folders_that_are_missing_or_open_to_all_are_told(tmp_path: Path) -> None:
    raw, processed = tmp_path / "raw", tmp_path / "processed"
    first, second = look_at_folders(Settings(raw, processed))
    assert "No such file or directory" in first.told
    assert "IPSDATA_RAW_DIR" in first.todo
    assert "No such file or directory" in second.told
    for folder in (raw, processed):
        folder.mkdir()
        folder.chmod(0o777)
    found = list(look_at_folders(Settings(raw, processed)))
    assert [f.todo for f in found] == [f"chmod o-w {raw}", f"chmod o-w {processed}"]


def test_a_full_disk_is_told_once_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MIN_FREE", 10**18)
    (found,) = look_at_disk(tmp_path, tmp_path / "missing", tmp_path)
    assert "ipsdata prune" in found.todo
    monkeypatch.setattr(places, "MIN_FREE", 1)
    (found,) = look_at_disk(tmp_path)
    assert found.is_fine


def own(tmp_path: Path, text: str, age: float = 0) -> Finding:
    path = tmp_path / ".publish.owner"
    path.write_text(text, "utf-8")
    moment = path.stat().st_mtime - age
    os.utime(path, (moment, moment))
    (found,) = look_at_lock(tmp_path)
    return found


def test_who_publishes_died_or_is_stuck_is_told(tmp_path: Path) -> None:
    (nobody,) = look_at_lock(tmp_path)
    assert nobody.told == "nobody publishes"
    host = socket.gethostname()
    mine = f"process {os.getpid()} on {host}"
    assert own(tmp_path, mine) == Finding("lock", f"{mine} publishes now")
    assert own(tmp_path, mine, age=7200).todo.endswith(f"kill {os.getpid()}")
    dead = own(tmp_path, f"process 99999999 on {host}")
    assert "died while it published" in dead.told
    assert own(tmp_path, "process 1 on elsewhere").is_fine


def test_a_release_that_is_as_published_is_fine(published: Playground) -> None:
    found = list(look_at_release(published.processed, NOON))
    assert found[0].told.endswith("is as it was published")
    letters = next(f for f in found if f.told.startswith("letters: "))
    assert letters.todo == "look for the next edition, and put it into data/raw/letters"


def test_a_store_without_a_release_is_told(tmp_path: Path) -> None:
    (found,) = look_at_release(tmp_path, NOON)
    assert found.todo == "run `ipsdata run`"


def test_no_release_for_longer_than_the_sources_allow_is_told(published: Playground) -> None:
    late = NOON + dt.timedelta(days=246)
    found = [f for f in look_at_release(published.processed, late) if f.check == "release"]
    assert found[1].told == "none was published for 246 days; the sources allow 245"


def test_a_damaged_release_is_told(published: Playground, tmp_path: Path) -> None:
    copy = tmp_path / "processed"
    shutil.copytree(published.processed, copy, symlinks=True)
    path = (copy / "latest").resolve() / "missions.parquet"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.unlink()
    path.write_bytes(data)
    (found,) = look_at_release(copy, NOON)
    assert "is damaged: " in found.told
    assert "missions.parquet" in found.told
    assert "ipsdata verify --all" in found.todo


def test_an_instance_as_it_should_be_is_fine() -> None:
    assert wrong(instance_findings(GOOD, Automation())) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outdated": ("runs", "events")}, "schema of runs, events is older"),
        ({"telemetry": True}, "Dagster sends usage data"),
        ({"switches": {"daily": "off", "new_documents": "on"}}, "daily is off"),
        ({"switches": {"daily": "on"}}, "new_documents is off"),
        ({"switches": {**GOOD.switches, "run_failed": "off"}}, "run_failed is off"),
        ({"daemons": {"SENSOR": False, "SCHEDULER": True}}, "not running: SENSOR"),
        ({"daemons": {}}, "none was ever started"),
    ],
)
def test_what_is_wrong_with_an_instance_is_told(change: dict[str, object], told: str) -> None:
    state = InstanceState(**{**vars(GOOD), **change})
    (found,) = wrong(instance_findings(state, Automation()))
    assert told in found.told


def test_the_environment_may_switch_the_automation_on() -> None:
    state = InstanceState(**{**vars(GOOD), "switches": {}})
    assert len(wrong(instance_findings(state, Automation()))) == 2
    assert wrong(instance_findings(state, Automation(is_on=True))) == []


def test_an_unreadable_dagster_yaml_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: maybe}\n")
    found = wrong(look_at_dagster({"DAGSTER_HOME": str(tmp_path)}))
    assert [f.check for f in found] == ["dagster.yaml"]
    assert "telemetry" in found[0].told


def test_a_web_server_that_others_can_reach_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_WEBSERVER_HOST", raising=False)
    commands = {
        "1": ["/sbin/init"],
        "20": ["python", "/bin/dagster-webserver", "-h", "0.0.0.0", "-p", "80"],
        "21": ["python", "/bin/dagster-webserver", "--host=127.0.0.1"],
        "22": ["python", "/bin/dagster-webserver"],
        "23": ["python", "/bin/dagster", "dev", "--host", "10.0.0.7"],
        "24": ["node", "server", "dev", "--host", "0.0.0.0"],
    }
    for process, words in commands.items():
        folder = tmp_path / process
        folder.mkdir()
        (folder / "cmdline").write_bytes(b"".join(f"{word}\0".encode() for word in words))
    (tmp_path / "99").mkdir()
    found = list(look_at_web_servers(tmp_path))
    assert [f.told.partition(":")[0] for f in found] == [
        "process 20 listens on 0.0.0.0",
        "process 21 listens on 127.0.0.1",
        "process 22 listens on 127.0.0.1",
        "process 23 listens on 10.0.0.7",
    ]
    assert [f.is_fine for f in found] == [False, True, True, False]


def test_another_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    found = wrong(doctor.look_at_python())
    assert [f.told for f in found] == ["Python 3.10", "Dagster is not installed"]
