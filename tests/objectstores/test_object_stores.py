"""The store on real servers for objects on this machine: Azurite, and SeaweedFS with its S3 API."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pytest

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.index import INDEX, RELEASES, read_index
from ipsdata.release.keeping import prune, rollback, verify_all
from ipsdata.release.remote.check import verify_remote
from ipsdata.release.remote.objects import Objects
from ipsdata.release.remote.opening import open_objects
from ipsdata.release.remote.pointer import read_pointer
from ipsdata.release.remote.pull import pull
from ipsdata.release.remote.push import push, require_conditions
from memory_objects import publish_on
from object_servers import CONTAINER, ObjectServer, azurite, seaweedfs

MOST_SECONDS = 180


@pytest.fixture(scope="module", params=[azurite, seaweedfs], ids=["azurite", "seaweedfs"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ObjectServer]:
    """A server with an empty container, which this process finds by its environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (name for name in os.environ if name.startswith(("AWS_", "AZURE_"))):
            patch.delenv(name)
        with request.param(tmp_path_factory.mktemp(request.param.__name__)) as running:
            for name, value in running.environment.items():
                patch.setenv(name, value)
            _make_container(running)
            yield running


def _make_container(running: ObjectServer) -> None:
    """Make it; a server that listens may still be about to take its first request."""
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        try:
            if not running.fs().exists(CONTAINER):
                running.fs().mkdir(CONTAINER)
            require_conditions(open_objects(running.location))
        except Exception:
            assert time.monotonic() < deadline
            time.sleep(1)
        else:
            return


@pytest.fixture
def there(server: ObjectServer, request: pytest.FixtureRequest) -> Objects:
    """A folder of its own for each test."""
    return open_objects(f"{server.location}/{request.function.__name__}")


def started(store: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `ipsdata remote` in a process of its own."""
    command = [sys.executable, "-m", "ipsdata.cli", "--processed-dir", str(store), "remote"]
    return subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for it; return its exit code and what it wrote."""
    out, err = process.communicate(timeout=MOST_SECONDS)
    return process.returncode, out, err


def test_the_server_swaps_safely(there: Objects) -> None:
    """Four at once add ones to a number; each that was first is counted, and none is lost."""
    assert there.swap("number", b"0", None)
    assert not there.swap("number", b"0", None)

    def add() -> int:
        objects, first = open_objects(there.location), 0
        for _ in range(15):
            found = objects.read_tagged("number")
            assert found is not None
            first += objects.swap("number", b"%d" % (int(found.data) + 1), found.etag)
        return first

    with ThreadPoolExecutor(4) as pool:
        counts = [pool.submit(add) for _ in range(4)]
    total = sum(count.result() for count in counts)
    assert total >= 15
    assert there.read("number") == b"%d" % total


def test_the_server_creates_once(there: Objects) -> None:
    """Of eight at once one writes the object, and its bytes are what is there."""
    for key in ("a", "b", "c"):
        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(lambda n, key=key: there.create(key, b"%d" % n), range(8)))
        assert written.count(True) == 1
        assert there.read(key) == b"%d" % written.index(True)


def test_a_release_is_pushed_and_read_by_other_programs(
    server: ObjectServer, there: Objects, tmp_path: Path
) -> None:
    name = publish_on(tmp_path, 1, "abc")
    done = push(tmp_path, there)
    assert (done.current, done.resumed) == (name, 0)
    place = f"{there.location}/{RELEASES}/{name}"
    frame = pd.read_parquet(f"{place}/figures.parquet")
    assert frame["name"].tolist() == ["a", "b", "c"]
    fs, path = server.fs(), f"{place}/figures.parquet".partition("://")[2]
    assert ds.dataset(path, filesystem=fs).count_rows() == 3
    with duckdb.connect() as connection:
        connection.register_filesystem(fs)
        asked = f"select name from read_parquet('{place}/figures.parquet') where value = 2"
        assert connection.sql(asked).fetchall() == [("c",)]
    with fs.open(f"{there.location}/{INDEX}") as stream:
        assert json.load(stream)["current"] == name


def test_two_processes_that_push_at_once_are_both_there(there: Objects, tmp_path: Path) -> None:
    stores = [tmp_path / name for name in ("one", "other")]
    expected = set()
    for day, store in enumerate(stores, 1):
        expected |= {publish_on(store, day + shift, "abcdef"[: day + shift]) for shift in (0, 10)}
    pushing = [started(store, "push", there.location) for store in stores]
    ends = [ended(process) for process in pushing]
    assert [code for code, _, _ in ends] == [0, 0], ends
    found = read_pointer(there)
    assert {entry.release_id for entry in found.releases} == expected
    assert found.current == max(expected)
    assert not any(each.problems for each in verify_remote(there).found)


def test_a_push_that_is_killed_is_resumed(there: Objects, tmp_path: Path) -> None:
    first = publish_on(tmp_path, 1, "a")
    push(tmp_path, there)
    second = publish_on(tmp_path, 2, "ab")
    process = started(tmp_path, "push", there.location)
    deadline = time.monotonic() + MOST_SECONDS
    while not there.sizes(f"{RELEASES}/{second}"):
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGKILL)
    ended(process)
    assert read_pointer(there).current in {first, second}
    assert not any(each.problems for each in verify_remote(there).found)
    assert push(tmp_path, there).current == second
    assert verify_remote(there).unlisted == ()
    assert not any(each.problems for each in verify_remote(there).found)


def test_rolling_back_and_removing_go_with_a_push(there: Objects, tmp_path: Path) -> None:
    names = [publish_on(tmp_path, day, "abcd"[:day]) for day in range(1, 5)]
    push(tmp_path, there)
    rollback(tmp_path)
    assert push(tmp_path, there).current == names[2]
    assert read_pointer(there) == read_index(tmp_path)
    prune(tmp_path, 2)
    assert push(tmp_path, there, prune=True).removed == names[:2]
    assert [entry.release_id for entry in read_pointer(there).releases] == names[2:]
    assert verify_remote(there).unlisted == ()


def test_a_flipped_bit_is_found_and_the_rest_is_pulled(
    server: ObjectServer, there: Objects, tmp_path: Path
) -> None:
    store, again = tmp_path / "store", tmp_path / "again"
    first, second = (publish_on(store, day, "ab"[:day]) for day in (1, 2))
    push(store, there)
    key = f"{there.location}/{RELEASES}/{first}/figures.parquet"
    data = bytearray((store / RELEASES / first / "figures.parquet").read_bytes())
    data[len(data) // 2] ^= 1
    server.fs().pipe_file(key, bytes(data))
    found = {each.release_id: each.problems for each in verify_remote(there).found}
    assert found[second] == ()
    assert [f"{first}/figures.parquet: found SHA-256" in told for told in found[first]] == [True]
    assert pull(again, there, second).fetched == [second]
    assert verify_all(again).damaged == ()
    with pytest.raises(DataError, match=f"release {first} was not fetched as it was published"):
        pull(again, there, first)
    assert [entry.release_id for entry in read_index(again).releases] == [second]


def test_a_store_is_restored_from_the_server_alone(there: Objects, tmp_path: Path) -> None:
    store, again = tmp_path / "store", tmp_path / "again"
    names = [publish_on(store, day, "ab"[:day]) for day in (1, 2)]
    push(store, there)
    code, out, err = ended(started(again, "pull", there.location))
    assert code == 0, err
    assert sorted(line.split()[0] for line in out.splitlines()[:2]) == names
    assert (again / INDEX).read_bytes() == (store / INDEX).read_bytes()
    assert verify_all(again).damaged == ()


def test_secrets_are_not_told(
    server: ObjectServer, there: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_on(tmp_path, 1, "a")
    for name, value in server.bad_secret.items():
        monkeypatch.setenv(name, value)
    code, out, err = ended(started(tmp_path, "push", there.location))
    assert code == 3
    assert f"{there.location}: access was refused" in err
    shown = out + err + repr(there)
    for secret in (server.secret, "hidden-secret", "aGlkZGVu", "AccountKey"):
        assert secret not in shown


def test_a_container_that_is_not_there_is_told(server: ObjectServer, tmp_path: Path) -> None:
    publish_on(tmp_path, 1, "a")
    there = open_objects(server.location.replace(CONTAINER, "not-there"))
    for act in (lambda: push(tmp_path, there), lambda: verify_remote(there)):
        with pytest.raises(ConfigurationError, match="there is no such bucket or container"):
            act()
