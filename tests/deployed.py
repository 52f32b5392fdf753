"""Start what deploy/ says, in the folder of a test: the units' own commands, and nginx."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from conftest import ROOT

UNITS = ROOT / "deploy" / "systemd"
NGINX = ROOT / "deploy" / "nginx"
VIEWERS, OPERATORS = "ipsdata.example.org", "operate.ipsdata.example.org"
PATIENCE = 480  # seconds until a process answers; a busy machine is slow


def needed(program: str, package: str) -> str:
    """Return the path of a program, or skip the test."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not here: install the package {package}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(found: Callable[[], bool], what: str) -> None:
    """Call `found` until it says yes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found():
            return
        time.sleep(0.2)
    pytest.fail(f"{what}: not within {PATIENCE} seconds")


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: Mapping[str, str], cwd: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a group of its own, and end the group."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            cwd=cwd,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def unit_command(name: str, places: Mapping[str, str]) -> list[str]:
    """Return the command of a unit, with other places for the folders that it names."""
    text = (UNITS / f"{name}.service").read_text("utf-8").replace("\\\n", " ")
    (command,) = re.findall(r"^ExecStart=(.+)$", text, re.M)
    for old, new in places.items():
        command = command.replace(old, new)
    return shlex.split(command)


@dataclass(frozen=True)
class Deployed:
    """What was started.

    Attributes:
        port: of nginx; `operator` and `viewer` those of the two webservers behind it.
        certificate: of nginx.
    """

    folder: Path
    port: int
    operator: int
    viewer: int
    certificate: Path

    def get(
        self, path: str, host: str, login: tuple[str, str] | None = None, **headers: str
    ) -> requests.Response:
        """Ask nginx."""
        return requests.get(
            f"https://127.0.0.1:{self.port}{path}",
            headers={"Host": f"{host}:{self.port}", **headers},
            auth=login,
            verify=str(self.certificate),
            timeout=60,
        )

    def graphql(self, port: int, query: str, **variables: object) -> dict[str, object]:
        """Ask a webserver itself."""
        answer = requests.post(
            f"http://127.0.0.1:{port}/graphql",
            json={"query": query, "variables": variables},
            timeout=120,
        )
        found: dict[str, object] = answer.json()
        return found


def make_certificate(folder: Path) -> Path:
    """Make a certificate for the two names and 127.0.0.1, and its key beside it."""
    names = f"subjectAltName=DNS:{VIEWERS},DNS:{OPERATORS},IP:127.0.0.1"
    crt, key = folder / "ipsdata.crt", folder / "ipsdata.key"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ipsdata"]
    command = [needed("openssl", "openssl"), "req", "-x509", *options, "-addext", names]
    subprocess.run([*command, "-keyout", key, "-out", crt], check=True, capture_output=True)
    return crt


def password_line(user: str, password: str) -> str:
    command = [needed("openssl", "openssl"), "passwd", "-apr1", password]
    hashed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return f"{user}:{hashed}\n"


def nginx_configuration(folder: Path, port: int, operator: int, viewer: int) -> Path:
    """Write the shipped configuration for this folder and these ports."""
    (folder / "ipsdata-viewers.htpasswd").write_text(password_line("ann", "look"), "utf-8")
    (folder / "ipsdata-operators.htpasswd").write_text(password_line("bob", "act"), "utf-8")
    changes = {
        "/etc/nginx/snippets/": f"{folder}/",
        "/etc/nginx/tls/": f"{folder}/",
        "/etc/nginx/": f"{folder}/",
        "listen 443": f"listen 127.0.0.1:{port}",
        "127.0.0.1:3000": f"127.0.0.1:{operator}",
        "127.0.0.1:3001": f"127.0.0.1:{viewer}",
    }
    for name in ("ipsdata.conf", "ipsdata-proxy.conf"):
        text = (NGINX / name).read_text("utf-8")
        for old, new in changes.items():
            text = text.replace(old, new)
        (folder / name).write_text(text, "utf-8")
    kinds = "client_body proxy fastcgi uwsgi scgi".split()
    paths = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/nginx.pid;\nerror_log stderr;\ndaemon off;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + f"events {{}}\nhttp {{\naccess_log off;\n{paths}\ninclude {folder}/ipsdata.conf;\n}}\n",
        "utf-8",
    )
    return whole


def without_network() -> list[str]:
    """Return what runs the command that follows it without any network; skip where it can't."""
    prefix = [needed("unshare", "util-linux"), "--map-root-user", "--net"]
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no network namespace can be made here: {tried.stderr.strip()}")
    return prefix


def places(folder: Path) -> dict[str, str]:
    """Return where the folders that the units name are in this test."""
    (folder / "workspace.yaml").write_text(
        (UNITS / "workspace.yaml").read_text("utf-8").replace("/run/ipsdata", str(folder)), "utf-8"
    )
    return {
        "/opt/ipsdata/.venv/bin": str(Path(sys.executable).parent),
        "/opt/ipsdata/deploy/systemd/workspace.yaml": str(folder / "workspace.yaml"),
        "/opt/ipsdata": str(ROOT),
        "/run/ipsdata": str(folder),
    }
