"""Start a server for objects on this machine: Azurite (Azure Blob Storage) or SeaweedFS (S3)."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT

SERVERS = ROOT / ".object-servers"
AZURITE = SERVERS / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
WEED = SERVERS / "seaweedfs" / "bin" / "weed"
HOST = "127.0.0.1"
CONTAINER = "releases"
MOST_SECONDS = 120
# The account that Azurite's own documentation publishes, and a made-up one for SeaweedFS.
AZURITE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
S3_KEY = "made-up-secret-of-a-test"


@dataclass(frozen=True)
class ObjectServer:
    """A running server.

    Attributes:
        location: a folder there for this test module, as `ipsdata remote` takes it.
        environment: the variables by which clients find it and may use it.
        secret: what must never be shown.
        bad_secret: the variables for a client that may not use it.
    """

    name: str
    location: str
    environment: Mapping[str, str]
    secret: str
    bad_secret: Mapping[str, str]

    def fs(self) -> Any:
        """Return the file system of fsspec for it, by the variables in the environment."""
        import fsspec

        protocol = self.location.partition("://")[0]
        return fsspec.filesystem(protocol, skip_instance_cache=True, use_listings_cache=False)


@contextmanager
def azurite(folder: Path) -> Iterator[ObjectServer]:
    """Run Azurite; its state lies in a folder."""
    node = shutil.which("node")
    if node is None or not AZURITE.is_file():
        pytest.skip(
            "Azurite is not here: install Node.js and npm, then `make .object-servers/.ready`"
        )
    (port,) = free_ports(1)
    command = [
        *(node, str(AZURITE), "--blobHost", HOST, "--blobPort", str(port), "--silent"),
        *("--location", str(folder), "--disableTelemetry", "--disableProductStyleUrl"),
        "--skipApiVersionCheck",  # the client speaks a newer version of the protocol
    ]
    account = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1"
    endpoint = f"BlobEndpoint=http://{HOST}:{port}/devstoreaccount1"
    yield from _serving(
        command,
        folder,
        ObjectServer(
            "azurite",
            f"az://{CONTAINER}/ips",
            {"AZURE_STORAGE_CONNECTION_STRING": f"{account};AccountKey={AZURITE_KEY};{endpoint}"},
            AZURITE_KEY,
            {
                "AZURE_STORAGE_CONNECTION_STRING": f"{account};AccountKey=aGlkZGVuLXNlY3JldA==;"
                f"{endpoint}"
            },
        ),
        lambda: answers(port),
    )


@contextmanager
def seaweedfs(folder: Path) -> Iterator[ObjectServer]:
    """Run SeaweedFS with its S3 API; its state lies in a folder."""
    if not WEED.is_file():
        pytest.skip("SeaweedFS is not here: install it by `make .object-servers/.ready`")
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    both = (*names, *(f"{name}.grpc" for name in names))
    ports = dict(zip(both, free_ports(len(both)), strict=True))
    command = [
        *(str(WEED), "server", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}"),
        *(f"-{name}={port}" for name, port in ports.items()),
        *("-filer", "-s3", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-master.telemetry=false", "-volume.max=50", "-master.volumeSizeLimitMB=64"),
        "-volume.preStopSeconds=1",
    ]
    keys = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": S3_KEY}
    place = {
        "AWS_ENDPOINT_URL": f"http://{HOST}:{ports['s3.port']}",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    yield from _serving(
        command,
        folder,
        ObjectServer(
            "seaweedfs",
            f"s3://{CONTAINER}/ips",
            {**keys, **place},
            S3_KEY,
            {**place, "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "hidden-secret"},
        ),
        lambda: answers(ports["s3.port"]),
    )


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def answers(port: int) -> bool:
    """Say whether something listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _serving(
    command: list[str], folder: Path, server: ObjectServer, is_ready: Callable[[], bool]
) -> Iterator[ObjectServer]:
    output = folder.with_suffix(".log")
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **server.environment},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + MOST_SECONDS
        while not is_ready():
            words = output.read_text("utf-8", "replace")[-3000:]
            assert process.poll() is None, words
            assert time.monotonic() < deadline, words
            time.sleep(0.2)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
