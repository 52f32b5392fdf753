"""What deploy/ ships for a server: the units of systemd, and the proxy before the Dagster UI."""

import base64
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from conftest import ROOT, copy_lists
from deployed import (
    OPERATORS,
    UNITS,
    VIEWERS,
    Deployed,
    free_port,
    is_listening,
    make_certificate,
    needed,
    nginx_configuration,
    places,
    running,
    unit_command,
    wait_for,
    without_network,
)
from ipsdata.release.index import read_index

SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
MAX_EXPOSURE = 1.5  # of 10, as `systemd-analyze security` counts
ANN, BOB = ("ann", "look"), ("bob", "act")
LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on UnauthorizedError { message }
    ... on PythonError { message }
  }
}
"""
STATUS = "query Status($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
PARAMETERS = {
    "selector": {
        "repositoryLocationName": "ipsdata",
        "repositoryName": "__repository__",
        "pipelineName": "build_release",
    },
    "mode": "default",
}


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the units, with commands that are there."""
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(UNITS, folder, dirs_exist_ok=True)
    for path in folder.glob("*.service"):
        text = path.read_text("utf-8")
        path.write_text(text.replace("/opt/ipsdata/.venv/bin", str(Path(sys.executable).parent)))
    return folder


def analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [needed("systemd-analyze", "systemd"), *arguments],
        env={"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    files = [
        str(path) for path in sorted(units.glob("*.*")) if path.suffix in (".service", ".timer")
    ]
    done = analyze(units, "verify", "--man=no", *files)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_is_exposed_to_little(units: Path, service: str) -> None:
    done = analyze(units, "security", "--offline=true", "--no-pager", str(units / service))
    told = re.search(r"Overall exposure level for \S+: (\d+\.\d)", done.stdout)
    assert told is not None, done.stderr
    assert float(told[1]) <= MAX_EXPOSURE


def test_what_runs_by_itself_has_no_network_and_writes_where_it_says() -> None:
    for name in ("run", "verify", "prune"):
        text = (UNITS / f"ipsdata-{name}.service").read_text("utf-8")
        assert "PrivateNetwork=yes" in text
    for path in UNITS.glob("*.service"):
        written = re.findall(r"^ReadWritePaths=/var/lib/ipsdata/(.+)$", path.read_text(), re.M)
        assert set(written) <= {"processed", "dagster", "metrics"}, path.name


def test_timers_are_at_hours_that_every_day_has() -> None:
    for path in UNITS.glob("*.timer"):
        (hour, zone) = re.findall(r"^OnCalendar=.* (\d\d):\d\d:00 (\S+)$", path.read_text(), re.M)[
            0
        ]
        assert zone == "Europe/Amsterdam"
        assert hour not in ("02", "03"), "skipped in March, or there twice in October"


def test_the_containers_run_as_nobody_and_publish_on_loopback_only() -> None:
    compose = YAML(typ="safe").load((ROOT / "deploy/container/compose.yaml").read_text("utf-8"))
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["volumes"][0].endswith("/raw:ro"), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    recipe = (ROOT / "deploy/container/Containerfile").read_text("utf-8")
    assert "--require-hashes" in recipe
    assert recipe.index("USER ipsdata") < recipe.index("ENTRYPOINT")


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """Start code location and daemon (without network), both webservers, and nginx."""
    nginx = needed("nginx", "nginx-light")
    with ExitStack() as stack:
        # A socket's path has at most 107 characters.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ipsd-")))
        copy_lists(folder / "raw")
        (folder / "home").mkdir()
        port, operator, viewer = free_port(), free_port(), free_port()
        there = {**places(folder), "3000": str(operator), "3001": str(viewer)}
        environment = {
            "DAGSTER_HOME": str(folder / "home"),
            "IPSDATA_RAW_DIR": str(folder / "raw"),
            "IPSDATA_PROCESSED_DIR": str(folder / "processed"),
            "IPSDATA_SCHEMAS_DIR": str(ROOT / "schemas"),
            "IPSDATA_METRICS_FILE": str(folder / "ipsdata.prom"),
            "PYTHONWARNINGS": "ignore",
            "DAGSTER_DISABLE_TELEMETRY": "yes",
        }

        def start(name: str, *before: str) -> None:
            command = [*before, *unit_command(f"ipsdata-{name}", there)]
            log = folder / f"{name}.log"
            stack.enter_context(running(command, log, environment, folder))

        start("code", *without_network())
        wait_for((folder / "code.sock").exists, "the socket of the code location")
        start("webserver")
        wait_for(lambda: is_listening(operator), "the webserver")
        start("daemon", *without_network())
        start("viewer")
        wait_for(lambda: is_listening(viewer), "the webserver that is read-only")
        certificate = make_certificate(folder)
        configuration = nginx_configuration(folder, port, operator, viewer)
        command = [nginx, "-p", str(folder), "-c", str(configuration)]
        stack.enter_context(running(command, folder / "nginx.log", {}, folder))
        wait_for(lambda: is_listening(port), "nginx")
        yield Deployed(folder, port, operator, viewer, certificate)


def test_nobody_gets_in_without_a_password(deployed: Deployed) -> None:
    for host, login in ((VIEWERS, ANN), (OPERATORS, BOB)):
        assert deployed.get("/server_info", host).status_code == 401
        assert deployed.get("/server_info", host, (login[0], "wrong")).status_code == 401
        found = deployed.get("/server_info", host, login)
        assert found.status_code == 200
        assert found.json()["dagster_webserver_version"]
        assert found.headers["X-Frame-Options"] == "DENY"


def test_who_may_look_may_not_operate(deployed: Deployed) -> None:
    assert deployed.get("/server_info", OPERATORS, ANN).status_code == 401
    assert deployed.get("/server_info", VIEWERS, BOB).status_code == 401


def test_no_other_name_is_served(deployed: Deployed) -> None:
    assert deployed.get("/server_info", "other.example.org", BOB).status_code == 421


def test_a_page_of_another_site_cannot_use_the_password(deployed: Deployed) -> None:
    own = f"https://{OPERATORS}:{deployed.port}"
    assert deployed.get("/server_info", OPERATORS, BOB, Origin=own).status_code == 200
    for origin in ("https://evil.example.org", "null", f"{own}.evil.example.org", f"x {own}"):
        told = deployed.get("/server_info", OPERATORS, BOB, Origin=origin)
        assert told.status_code == 403, origin


def websocket(deployed: Deployed, login: tuple[str, str] | None) -> ClientConnection:
    headers = {}
    if login is not None:
        token = base64.b64encode(":".join(login).encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    return connect(
        f"wss://{VIEWERS}:{deployed.port}/graphql",
        sock=socket.create_connection(("127.0.0.1", deployed.port)),
        ssl=ssl.create_default_context(cafile=str(deployed.certificate)),
        subprotocols=[Subprotocol("graphql-ws")],
        additional_headers=headers,
        open_timeout=60,
    )


def test_a_websocket_passes_with_a_password_and_not_without(deployed: Deployed) -> None:
    with websocket(deployed, ANN) as opened:
        assert opened.subprotocol == "graphql-ws"
        opened.send('{"type": "connection_init", "payload": {}}')
        assert "connection_ack" in str(opened.recv(timeout=60))
    with pytest.raises(InvalidStatus) as refused:
        websocket(deployed, None)
    assert refused.value.response.status_code == 401


def test_the_read_only_instance_starts_nothing(deployed: Deployed) -> None:
    answer = deployed.graphql(deployed.viewer, LAUNCH, params=PARAMETERS)
    assert answer["data"] == {
        "launchRun": {"__typename": "UnauthorizedError", "message": "Authorization failed"}
    }
    runs = deployed.graphql(deployed.viewer, "{ runsOrError { ... on Runs { count } } }")
    assert runs["data"] == {"runsOrError": {"count": 0}}


def test_an_operator_starts_a_run_which_needs_no_network(deployed: Deployed) -> None:
    answer = deployed.graphql(deployed.operator, LAUNCH, params=PARAMETERS)
    launched = answer["data"]["launchRun"]  # type: ignore[index]
    assert launched["__typename"] == "LaunchRunSuccess", launched

    def status() -> str:
        run = launched["run"]["runId"]
        found = deployed.graphql(deployed.operator, STATUS, run=run)
        return str(found["data"]["runOrError"]["status"])  # type: ignore[index]

    wait_for(lambda: status() in ("SUCCESS", "FAILURE", "CANCELED"), "the run")
    assert status() == "SUCCESS"
    assert read_index(deployed.folder / "processed").current is not None
    assert "ipsdata_last_run_success 1.0" in (deployed.folder / "ipsdata.prom").read_text("utf-8")
