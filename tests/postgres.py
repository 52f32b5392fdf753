"""Start a real PostgreSQL in a folder of its own, on a free port of the loopback interface."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hooks import free_port

DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"  # made by Debian's package; the server refuses to run as root


def binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, if PostgreSQL is installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return folders[-1].parent if folders else None


@dataclass(frozen=True)
class Postgres:
    """A server that runs.

    Attributes:
        folder: its data, log and socket.
    """

    bin: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The address of an empty database."""
        return f"postgresql+psycopg2://ipsdata:{self.password}@127.0.0.1:{self.port}/postgres"

    def control(self, action: str, *options: str) -> None:
        """Start, stop or restart it, and wait until that is done."""
        log, data = self.folder / "log", self.folder / "data"
        self.run("pg_ctl", action, "-w", "-t", "60", "-D", str(data), "-l", str(log), *options)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL as a user that is not root."""
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            # pg_ctl hands its output to the server, so that a pipe would never end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
            **({"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}),
        )
        log = self.folder / "log"
        told = log.read_text("utf-8")[-2000:] if log.exists() else ""
        assert done.returncode == 0, f"{program} {arguments}: {told}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Make a new server, and remove it."""
    found = binaries()
    assert found is not None
    folder = Path(tempfile.mkdtemp(prefix="ipsdata-pg-"))
    server = Postgres(found, folder, free_port(), secrets.token_urlsafe(16))
    try:
        secret = folder / "password"
        secret.write_text(server.password, "utf-8")
        if os.getuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, USER, USER)
        data = str(folder / "data")
        asked = ("-A", "scram-sha-256", "-U", "ipsdata", f"--pwfile={secret}", "-E", "UTF8")
        server.run("initdb", "-D", data, "--no-sync", *asked)
        listen = f"-h 127.0.0.1 -p {server.port} -k {folder}"
        server.control("start", "-o", listen)
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("stop", "-m", "immediate")
        shutil.rmtree(folder)
