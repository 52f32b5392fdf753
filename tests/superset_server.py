"""Start Superset on a free port with a release made for the test, and ask its API."""

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from conftest import ROOT, Playground
from editions import transcription, write_edition

PYTHON = ROOT / ".venv-superset" / "bin" / "python"
SERVE = ROOT / "deploy" / "superset" / "serve.py"
ADDRESS = "127.0.0.1"
MOST_SECONDS = 600
MISSIONS = {"eulex": "EULEX Kosovo", "euam": "EUAM Oekraïne"}
HEADER = ("Missienaam", "Aantal uitgezonden politiefunctionarissen")


@dataclass(frozen=True)
class Server:
    """A running Superset.

    Attributes:
        home: the folder of its own database, its key and its password.
        output: what it wrote to the terminal.
    """

    playground: Playground
    home: Path
    port: int
    output: Path

    def url(self, path: str) -> str:
        """Return the address of a page."""
        return f"http://{ADDRESS}:{self.port}{path}"

    def get(self, path: str) -> dict[str, Any]:
        """Ask the API as `admin`."""
        return self._answer(requests.get(self.url(path), headers=self._token(), timeout=60))

    def charts(self) -> dict[str, int]:
        """Return the number of each chart by its name."""
        rows = self.get("/api/v1/chart/?q=(page_size:100)")["result"]
        assert len({row["slice_name"] for row in rows}) == len(rows)
        return {row["slice_name"]: row["id"] for row in rows}

    def data(self, name: str) -> list[list[dict[str, Any]]]:
        """Return the rows of each query of a chart, as its saved context asks for them."""
        chart = self.get(f"/api/v1/chart/{self.charts()[name]}/data/?force=true")
        assert [query["error"] for query in chart["result"]] == [None] * len(chart["result"])
        return [query["data"] for query in chart["result"]]

    def _token(self) -> dict[str, str]:
        password = (self.home / "admin_password").read_text("ascii")
        user = {"username": "admin", "password": password, "provider": "db"}
        login = requests.post(self.url("/api/v1/security/login"), json=user, timeout=60)
        return {"Authorization": f"Bearer {self._answer(login)['access_token']}"}

    @staticmethod
    def _answer(response: requests.Response) -> dict[str, Any]:
        assert response.status_code == 200, f"{response.url}: {response.text[:500]}"
        found: dict[str, Any] = response.json()
        return found


def publish_letter(playground: Playground, date: str, words: str, **officers: str) -> None:
    """Publish a release with one more list of officers on missions; a day, and in Dutch words."""
    caption = f"Overzicht uitgezonden politiefunctionarissen (peildatum {words})"
    rows = tuple((MISSIONS[name], count) for name, count in officers.items())
    total = str(sum(int(count) for count in officers.values()))
    grid = (HEADER, *rows, ("Totaal", total))
    write_edition(playground, f"letters/{date}", transcription(grid, caption), published_on=date)
    report = playground.run()
    assert report.refusal is None
    assert not report.rejected


def start(playground: Playground, home: Path, output: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server, and wait until it answers."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    database = playground.processed / "ipsdata.duckdb"
    command = [PYTHON, SERVE, "--database", database, "--home", home, "--port", str(port)]
    with output.open("wb") as file:
        process = subprocess.Popen(
            [os.fspath(part) for part in command], stdout=file, stderr=subprocess.STDOUT
        )
    try:
        wait_for(process, port, output)
    except BaseException:
        process.kill()
        raise
    return process, port


def wait_for(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    """Wait until a server answers; fail with its words if it ended, or takes too long."""
    deadline = time.monotonic() + MOST_SECONDS
    while not answers(port):
        told = output.read_text("utf-8", "replace")[-3000:]
        assert process.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.5)


def answers(port: int) -> bool:
    """Say whether a server is ready."""
    try:
        return requests.get(f"http://{ADDRESS}:{port}/health", timeout=5).ok
    except requests.RequestException:
        return False
