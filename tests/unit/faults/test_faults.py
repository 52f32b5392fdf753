"""A few faults by strace, and what tells that an order of calls is not safe."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from faults.bench import injections
from faults.inject import Call, lacking, run_apart
from faults.journal import journal_of, lose_bytes, lose_names, order_problems

ROOT = Path(__file__).resolve().parents[3]
STORE = Path("/s")
A_RELEASE = [
    Call("mkdir", 1, '"/s/releases/.incoming-1", 0777) = 0'),
    Call(
        "openat", 1, 'AT_FDCWD</>, "/s/releases/.incoming-1/a", O_WRONLY|O_CREAT, 0666) = 3</s/x>'
    ),
    Call("write", 1, '3</s/releases/.incoming-1/a>, ""..., 9) = 9'),
    Call("fsync", 1, "3</s/releases/.incoming-1/a>) = 0"),
    Call("fsync", 2, "3</s/releases/.incoming-1>) = 0"),
    Call("rename", 1, '"/s/releases/.incoming-1", "/s/releases/1") = 0'),
    Call("fsync", 3, "3</s/releases>) = 0"),
    Call("openat", 2, 'AT_FDCWD</>, "/s/.releases.json.tmp", O_WRONLY|O_CREAT, 0666) = 3</s/x>'),
    Call("write", 2, '3</s/.releases.json.tmp>, ""..., 9) = 9'),
    Call("fsync", 4, "3</s/.releases.json.tmp>) = 0"),
    Call("rename", 2, '"/s/.releases.json.tmp", "/s/releases.json") = 0'),
    Call("fsync", 5, "3</s>) = 0"),
    Call("symlink", 1, '"releases/1", "/s/.latest.tmp") = 0'),
    Call("rename", 3, '"/s/.latest.tmp", "/s/latest") = 0'),
    Call("fsync", 6, "3</s>) = 0"),
]


def test_safe_order_has_no_problems() -> None:
    assert list(order_problems(A_RELEASE, STORE)) == []


@pytest.mark.parametrize(
    ("lacks", "told"),
    [
        (1, "not on the disk when 1 gets its name: bytes of /s/releases/.incoming-1/a"),
        (2, "not on the disk when 1 gets its name: name /s/releases/.incoming-1/a"),
        (3, "not on the disk when the list is replaced: name /s/releases/1"),
        (4, "not on the disk when the list is replaced: bytes of /s/.releases.json.tmp"),
        (5, "not on the disk when latest is moved: name /s/releases.json"),
        (6, "not on the disk when the end: name /s/latest"),
    ],
)
def test_each_sync_that_lacks_is_told(lacks: int, told: str) -> None:
    calls = [call for call in A_RELEASE if (call.name, call.nth) != ("fsync", lacks)]
    assert told in list(order_problems(calls, STORE))


def test_sync_that_failed_is_none() -> None:
    calls = [
        Call("fsync", 3, "3</s/releases>) = -1 EIO (Input/output error)") if call.nth == 3 else call
        for call in A_RELEASE
    ]
    assert list(order_problems(calls, STORE)) != []


def test_loss_of_power_takes_what_was_not_synced(tmp_path: Path) -> None:
    before, store = tmp_path / "before", tmp_path / "store"
    for folder in (before, store):
        folder.mkdir()
        (folder / "kept").write_bytes(b"old")
    (store / "kept").write_bytes(b"new")
    (store / "made").write_bytes(b"new")
    calls = [
        Call(
            "openat", 1, f'AT_FDCWD</>, "{store}/made", O_CREAT|O_WRONLY, 0666) = 3<{store}/made>'
        ),
        Call("write", 1, f'3<{store}/made>, ""..., 3) = 3'),
        Call("rename", 1, f'"{store}/other", "{store}/kept") = 0'),
    ]
    journal = journal_of(calls)
    assert lose_bytes(journal, store)
    assert (store / "made").read_bytes() == b""
    assert lose_names(journal, store, before)
    assert not (store / "made").exists()
    assert (store / "kept").read_bytes() == b"old"
    assert (store / "other").read_bytes() == b"new"


def test_name_replaced_twice_does_not_go_back_to_the_first(tmp_path: Path) -> None:
    """After the first replacement was synced, the copy from before it is no possible state."""
    before, store = tmp_path / "before", tmp_path / "store"
    for folder, data in ((before, b"one"), (store, b"three")):
        folder.mkdir()
        (folder / "list").write_bytes(data)
    again = [Call("rename", nth, f'"{store}/new", "{store}/list") = 0') for nth in (1, 2)]
    calls = [again[0], Call("fsync", 1, f"3<{store}>) = 0"), again[1]]
    assert not lose_names(journal_of(calls), store, before)
    assert (store / "list").read_bytes() == b"three"


def test_all_is_kept_of_what_was_synced(tmp_path: Path) -> None:
    journal = journal_of(A_RELEASE)
    assert not lose_bytes(journal, tmp_path)
    assert (journal.bytes_of, journal.names) == (set(), [])


def test_reads_meet_no_lack_of_space() -> None:
    read = Call("read", 1, '3</s/a>, ""..., 9) = 9')
    write = Call("write", 1, '3</s/a>, ""..., 9) = 9')
    found = [(each.call.name, each.fault) for each in injections([read, read, write])]
    assert found == [("read", "EIO"), ("write", "SIGKILL"), ("write", "EIO"), ("write", "ENOSPC")]
    assert len(list(injections([read, read, write], each=True))) == 7


# --- with strace ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what nine injections into a publication came to, in a process that may fork."""
    if reason := lacking():
        pytest.skip(reason)
    out = tmp_path_factory.mktemp("faults") / "found.json"
    command = [sys.executable, "-m", "faults.publish", "--at", "last", "--only", "publish"]
    done = subprocess.run(
        [*command, "--jobs", "1", "--json", str(out)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert out.exists(), done.stderr
    (share,) = json.loads(out.read_text("utf-8"))
    return {**share, "code": done.returncode}


def test_publication_survives_its_last_calls(found: dict[str, Any]) -> None:
    """Its calls were in a safe order, too: else that is among the violations."""
    assert found["violations"] == []
    assert found["code"] == 0
    assert found["calls"] > 500


def test_each_fault_came(found: dict[str, Any]) -> None:
    ends = {(call, fault): (how, count) for call, fault, how, count in found["ends"]}
    calls, faults = ("fsync", "rename", "write"), ("EIO", "ENOSPC", "SIGKILL")
    assert sorted(ends) == [(call, fault) for call in calls for fault in faults]
    assert found["missed"] == 0
    for (_, fault), end in ends.items():
        assert end == ("killed" if fault == "SIGKILL" else "told", 1)


def test_error_of_a_forked_process_is_told() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_apart(lambda: 1 // 0)
    assert run_apart(lambda: [1, "a"]) == [1, "a"]
