"""The same store at an object location: nothing is lost, and a reader sees whole releases."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ipsdata.cli import cli
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release import keeping
from ipsdata.release.index import (
    INDEX,
    MANIFEST,
    RELEASES,
    ReleaseEntry,
    ReleaseIndex,
    index_bytes,
    read_index,
    write_index,
)
from ipsdata.release.keeping import prune, rollback, tag, untag, verify_all
from ipsdata.release.remote import push as pushing
from ipsdata.release.remote.check import verify_remote
from ipsdata.release.remote.objects import FsspecReader
from ipsdata.release.remote.opening import open_objects, open_reader
from ipsdata.release.remote.pointer import decode, read_pointer
from ipsdata.release.remote.pull import pull
from ipsdata.release.remote.push import TRIES, push
from ipsdata.release.remote.said import SAID
from ipsdata.release.store import published_table, verify
from memory_objects import CutError, MemoryObjects, publish_on


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing.time, "sleep", lambda _: None)


@pytest.fixture
def there() -> Iterator[MemoryObjects]:
    objects = MemoryObjects()
    yield objects
    objects.fs.store.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with releases of one to four rows, on the first four days."""
    folder = tmp_path_factory.mktemp("made")
    for day in range(1, 5):
        publish_on(folder, day, "abcd"[:day])
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy of that store."""
    return Path(shutil.copytree(made, tmp_path / "store", symlinks=True))


FIRST, SECOND, THIRD, FOURTH = (f"2026-01-0{day}.0" for day in range(1, 5))


def names(objects: MemoryObjects) -> list[str]:
    return [entry.release_id for entry in read_pointer(objects).releases]


def problems(objects: MemoryObjects) -> list[str]:
    return [problem for each in verify_remote(objects).found for problem in each.problems]


def flip(objects: MemoryObjects, key: str) -> None:
    data = bytearray(objects.read(key) or b"")
    data[len(data) // 2] ^= 1
    objects.overwrite(key, bytes(data))


class Moment:
    """What is at a location, and what a store has said there, to begin from again."""

    def __init__(self, store: Path, objects: MemoryObjects) -> None:
        self.objects, self.notes = objects, store / SAID
        self.lying = dict(objects.fs.store)
        self.noted = Path(shutil.copytree(self.notes, store.with_name(f"{store.name}-noted")))
        objects.writes.clear()

    def bring_back(self) -> None:
        shutil.rmtree(self.notes)
        shutil.copytree(self.noted, self.notes)
        self.objects.fs.store.clear()
        self.objects.fs.store.update(self.lying)
        self.objects.writes.clear()


# Pushing


def test_a_push_makes_the_location_equal_to_the_store(store: Path, there: MemoryObjects) -> None:
    done = push(store, there)
    assert done.uploaded == [FIRST, SECOND, THIRD, FOURTH]
    assert there.read(INDEX) == (store / INDEX).read_bytes()
    assert problems(there) == []
    here = {
        path.relative_to(store).as_posix(): path.stat().st_size
        for path in (store / RELEASES).rglob("*")
        if path.is_file()
    }
    assert there.sizes(RELEASES) == here
    assert done.objects == len(here)


def test_the_manifest_is_written_last_and_then_the_pointer(
    store: Path, there: MemoryObjects
) -> None:
    push(store, there, FIRST)
    written = [key for key in there.writes if not key.startswith(pushing.PROBE)]
    assert written[-2:] == [f"{RELEASES}/{FIRST}/{MANIFEST}", INDEX]
    assert written.count(INDEX) == 1


def test_a_push_with_nothing_new_writes_nothing(store: Path, there: MemoryObjects) -> None:
    push(store, there)
    before = len(there.writes)
    done = push(store, there)
    assert (done.uploaded, done.tries, done.current) == ([], 0, FOURTH)
    assert len(there.writes) == before


@pytest.mark.parametrize("is_done_first", [False, True])
def test_a_push_cut_at_any_write_leaves_the_old_release_and_is_resumed(
    tmp_path: Path, there: MemoryObjects, is_done_first: bool
) -> None:
    publish_on(tmp_path, 1, "a")
    push(tmp_path, there)
    publish_on(tmp_path, 2, "ab")
    before = Moment(tmp_path, there)
    push(tmp_path, there)
    count = len(there.writes)
    assert count > 10
    for at in range(count):
        before.bring_back()
        there.cut_at, there.is_done_first = at, is_done_first
        with pytest.raises(CutError):
            push(tmp_path, there)
        assert names(there) == [FIRST, SECOND][: 1 + (INDEX in there.writes)]
        assert problems(there) == []
        there.cut_at = None
        push(tmp_path, there)
        assert read_pointer(there).current == SECOND
        assert problems(there) == []
        written = [key for key in there.writes if key.startswith(RELEASES)]
        assert len(written) == len(set(written))


def test_two_publishers_that_race_are_both_there(tmp_path: Path, there: MemoryObjects) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    late, early = publish_on(one, 2, "ab"), publish_on(other, 1, "a")

    def let_the_other_be_first() -> None:
        if INDEX not in there.writes:
            there.before_swap = lambda: None
            push(other, there)

    pushing.require_conditions(there)
    there.before_swap = let_the_other_be_first
    done = push(one, there)
    assert names(there) == [early, late]
    assert done.current == late
    assert problems(there) == []


def test_a_publisher_that_is_never_first_gives_up(store: Path, there: MemoryObjects) -> None:
    push(store, there, FIRST)
    count = 0

    def be_first() -> None:
        nonlocal count
        count += 1
        found = read_pointer(there)
        there.overwrite(INDEX, index_bytes(replace(found, tags={f"name{count}": FIRST})))

    done_before = there.read(INDEX)
    there.before_swap = be_first
    with pytest.raises(DataError, match=f"first {TRIES} times: the releases are uploaded but"):
        push(store, there, SECOND)
    assert done_before != there.read(INDEX)
    assert names(there) == [FIRST]
    assert verify_remote(there).unlisted == (SECOND,)


def test_an_answer_that_was_lost_is_no_failure(store: Path, there: MemoryObjects) -> None:
    """The swap took place, the answer was lost, and the client asked again: it sees another tag."""
    push(store, there, FIRST)
    swapped = there.swap

    def swap_and_say_no(key: str, data: bytes, etag: str | None) -> bool:
        return swapped(key, data, etag) and key != INDEX

    there.swap = swap_and_say_no  # type: ignore[method-assign]
    assert push(store, there).current == FOURTH
    assert names(there) == [FIRST, SECOND, THIRD, FOURTH]


def test_the_same_id_with_other_bytes_is_refused(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    push(store, there)
    before = dict(there.fs.store)
    publish_on(tmp_path / "other", 2, "xyz")
    with pytest.raises(DataError, match=f"release {SECOND} there is another one than the one here"):
        push(tmp_path / "other", there)
    with pytest.raises(DataError, match=f"release {SECOND} there is another one than the one here"):
        pull(tmp_path / "other", there)
    assert dict(there.fs.store) == before


def test_what_another_upload_left_unfinished_is_not_taken(
    store: Path, there: MemoryObjects
) -> None:
    there.create(f"{RELEASES}/{FIRST}/figures.parquet", b"something else")
    with pytest.raises(DataError, match="lies there with other bytes"):
        push(store, there)
    assert there.read(INDEX) is None


def test_an_object_that_another_writer_did_not_end_is_written(
    store: Path, there: MemoryObjects
) -> None:
    """S3 answers 409 to one of two that write at once, and the other may fail after that."""
    created, answers = there.create, iter([False])

    def say_no_once(key: str, source: Path | bytes) -> bool:
        is_file = key.endswith("figures.parquet")
        return next(answers, True) and created(key, source) if is_file else created(key, source)

    there.create = say_no_once  # type: ignore[method-assign]
    assert push(store, there).resumed == 0
    assert problems(there) == []


def test_a_release_that_is_damaged_here_is_not_pushed(store: Path, there: MemoryObjects) -> None:
    (store / RELEASES / THIRD / "figures.parquet").write_bytes(b"damaged")
    with pytest.raises(DataError, match=f"release {THIRD} is not as it was published"):
        push(store, there)
    assert there.read(INDEX) is None


@pytest.mark.parametrize("lacks", ["heeds_create", "heeds_swap"])
def test_a_server_that_ignores_conditions_is_refused(
    store: Path, there: MemoryObjects, lacks: str
) -> None:
    setattr(there, lacks, False)
    with pytest.raises(ConfigurationError, match="does not keep to conditional writes"):
        push(store, there)
    assert there.sizes("") == {}


def test_no_release_is_no_push(tmp_path: Path, there: MemoryObjects) -> None:
    with pytest.raises(ConfigurationError, match="found no release: run `ipsdata run` first"):
        push(tmp_path, there)


# Names, rolling back, removing


def test_names_and_rolling_back_go_with_a_push(store: Path, there: MemoryObjects) -> None:
    tag(store, FIRST, "sent")
    push(store, there)
    rollback(store)
    push(store, there)
    found = read_pointer(there)
    assert (found.current, found.rolled_back, found.tags) == (THIRD, (FOURTH,), {"sent": FIRST})
    rollback(store, FOURTH)
    untag(store, "sent")
    tag(store, SECOND, "sent")
    push(store, there)
    found = read_pointer(there)
    assert (found.current, found.rolled_back, found.tags) == (FOURTH, (), {"sent": SECOND})


def test_a_newer_release_of_another_publisher_stays_current(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    push(store, there)
    newer = publish_on(tmp_path / "other", 9, "z")
    push(tmp_path / "other", there)
    tag(store, FIRST, "sent")
    rollback(store)
    push(store, there)
    found = read_pointer(there)
    assert (found.current, found.rolled_back, found.tags) == (newer, (FOURTH,), {"sent": FIRST})


def test_what_another_rolled_back_is_not_made_current_again(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    push(store, there)
    other = tmp_path / "other"
    pull(other, there)
    rollback(other)
    push(other, there)
    tag(store, FIRST, "sent")
    assert push(store, there).current == THIRD
    pull(store, there)
    assert read_index(store).current == THIRD
    newer = publish_on(store, 8, "new")
    assert push(store, there).current == newer


def test_what_another_made_current_again_stays_so(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    rollback(store)
    push(store, there)
    other = tmp_path / "other"
    pull(other, there)
    rollback(other, FOURTH)
    push(other, there)
    tag(store, FIRST, "sent")
    assert push(store, there).current == FOURTH
    assert read_pointer(there).rolled_back == ()


def test_a_name_of_another_release_there_is_refused(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    tag(store, FIRST, "sent")
    push(store, there)
    other = tmp_path / "other"
    newer = publish_on(other, 9, "z")
    tag(other, newer, "sent")
    for refused in (push, pull):
        with pytest.raises(DataError, match="the name sent belongs to release"):
            refused(other, there)
    assert names(there)[-1] == FOURTH


def test_removed_here_stays_there_until_it_is_asked_for(store: Path, there: MemoryObjects) -> None:
    push(store, there)
    prune(store, 2)
    done = push(store, there)
    assert (done.stale, done.removed) == ([FIRST, SECOND], [])
    assert names(there) == [FIRST, SECOND, THIRD, FOURTH]
    done = push(store, there, prune=True)
    assert (done.stale, done.removed) == ([], [FIRST, SECOND])
    assert names(there) == [THIRD, FOURTH]
    assert verify_remote(there).unlisted == ()
    assert {key.split("/")[1] for key in there.sizes(RELEASES) or {}} == {THIRD, FOURTH}
    assert pushing.ALWAYS == keeping.ALWAYS


def test_what_is_named_or_never_said_is_not_removed_there(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    push(store, there)
    other = tmp_path / "other"
    pull(other, there)
    tag(other, SECOND, "kept")
    push(other, there)
    prune(store, 2)
    assert push(store, there, prune=True).removed == [FIRST]
    fresh = tmp_path / "fresh"
    publish_on(fresh, 9, "z")
    assert push(fresh, there, prune=True).removed == []
    assert names(there)[:3] == [SECOND, THIRD, FOURTH]


def test_removed_there_is_not_pushed_again_unless_by_its_id(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    push(store, there)
    other = tmp_path / "other"
    pull(other, there)
    prune(other, 2)
    push(other, there, prune=True)
    assert push(store, there).left_out == [FIRST, SECOND]
    assert push(store, there).left_out == [FIRST, SECOND]
    assert push(store, there, SECOND).uploaded == [SECOND]
    assert names(there) == [SECOND, THIRD, FOURTH]


def test_removing_cut_at_any_write_leaves_whole_releases(store: Path, there: MemoryObjects) -> None:
    push(store, there)
    prune(store, 2)
    before = Moment(store, there)
    push(store, there, prune=True)
    for at in range(len(there.writes)):
        before.bring_back()
        there.cut_at = at
        with pytest.raises(CutError):
            push(store, there, prune=True)
        assert problems(there) == []
        assert names(there)[-2:] == [THIRD, FOURTH]
        there.cut_at = None
        push(store, there, prune=True)
        assert names(there) == [THIRD, FOURTH]
        assert verify_remote(there).unlisted == ()


def test_a_location_that_was_emptied_is_filled_again(store: Path, there: MemoryObjects) -> None:
    push(store, there)
    there.fs.store.clear()
    assert push(store, there).uploaded == [FIRST, SECOND, THIRD, FOURTH]


# Pulling


def test_a_store_is_restored_from_the_location_alone(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    tag(store, FIRST, "sent")
    rollback(store)
    push(store, there)
    again = tmp_path / "again"
    done = pull(again, there)
    assert done.fetched == [THIRD, FOURTH, SECOND, FIRST]
    assert (again / INDEX).read_bytes() == (store / INDEX).read_bytes()
    assert (again / "latest").resolve().name == THIRD
    assert verify_all(again).damaged == ()
    assert published_table(again, "figures").num_rows == 3
    assert publish_on(again, 9, "new") == "2026-01-09.0"


def test_a_damaged_release_is_restored(store: Path, there: MemoryObjects) -> None:
    push(store, there)
    (store / RELEASES / SECOND / "figures.parquet").write_bytes(b"damaged")
    assert pull(store, there).restored == []
    done = pull(store, there, SECOND)
    assert (done.restored, done.current) == ([SECOND], FOURTH)
    assert verify(store, SECOND).problems == ()


def test_one_release_is_pulled_by_its_name(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    tag(store, SECOND, "sent")
    push(store, there)
    assert pull(tmp_path / "one", there, "sent").fetched == [SECOND]
    assert read_index(tmp_path / "one").current == SECOND
    assert read_index(tmp_path / "one").tags == {"sent": SECOND}


def test_a_pull_keeps_what_is_here_alone(store: Path, tmp_path: Path, there: MemoryObjects) -> None:
    push(store, there)
    other = tmp_path / "other"
    newer = publish_on(other, 9, "z")
    tag(other, newer, "mine")
    assert pull(other, there).current == newer
    assert len(read_index(other).releases) == 5
    assert read_index(other).tags == {"mine": newer}


def test_what_does_not_agree_with_its_manifest_is_not_pulled(
    store: Path, tmp_path: Path, there: MemoryObjects
) -> None:
    push(store, there)
    pull(tmp_path / "here", there, FIRST)
    flip(there, f"{RELEASES}/{FOURTH}/figures.parquet")
    flip(there, f"{RELEASES}/{THIRD}/{MANIFEST}")
    there.fs.rm_file(there.path(f"{RELEASES}/{SECOND}/figures.parquet"))
    told = {FOURTH: "was not fetched as", THIRD: "other bytes than", SECOND: "is missing"}
    for name, words in told.items():
        with pytest.raises(DataError, match=words):
            pull(tmp_path / "here", there, name)
    assert read_index(tmp_path / "here").current == FIRST
    assert verify_all(tmp_path / "here").damaged == ()


@pytest.mark.parametrize("path", ["../../../out", "/out", "a/../../out", "a\\out", ""])
def test_a_manifest_that_leads_out_of_its_release_is_refused(
    store: Path, tmp_path: Path, there: MemoryObjects, path: str
) -> None:
    push(store, there, FIRST)
    key = f"{RELEASES}/{FIRST}/{MANIFEST}"
    manifest = json.loads(there.read(key) or b"")
    manifest["files"][0]["path"] = path
    there.overwrite(key, json.dumps(manifest).encode())
    digest = hashlib.sha256(there.read(key) or b"").hexdigest()
    index = read_pointer(there)
    entry = replace(index.releases[0], manifest_sha256=digest)
    there.overwrite(INDEX, index_bytes(replace(index, releases=[entry])))
    for look in (lambda: pull(tmp_path / "here", there), lambda: verify_remote(there)):
        with pytest.raises(DataError, match="would lie outside its release"):
            look()
    assert not list(tmp_path.rglob("out"))


def test_nothing_there_is_told(tmp_path: Path, there: MemoryObjects) -> None:
    with pytest.raises(ConfigurationError, match=f"found no {INDEX}: nothing was pushed there"):
        pull(tmp_path, there)


# Verifying


def test_verify_finds_what_changed_at_the_location(store: Path, there: MemoryObjects) -> None:
    push(store, there)
    figures = "figures.parquet"
    flip(there, f"{RELEASES}/{FIRST}/{figures}")
    flip(there, f"{RELEASES}/{SECOND}/{MANIFEST}")
    there.fs.rm_file(there.path(f"{RELEASES}/{THIRD}/{figures}"))
    there.overwrite(f"{RELEASES}/{FOURTH}/extra.txt", b"extra")
    there.overwrite(f"{RELEASES}/2026-01-07.0/{figures}", b"unfinished")
    found = verify_remote(there)
    told = {each.release_id: each.problems for each in found.found}
    assert [len(each) for each in told.values()] == [1, 1, 1, 1]
    assert f"{FIRST}/{figures}: found SHA-256" in told[FIRST][0]
    assert f"{MANIFEST}: found another SHA-256" in told[SECOND][0]
    assert told[THIRD][0].endswith(f"{figures}: is missing")
    assert told[FOURTH][0].endswith("extra.txt: is not in the manifest")
    assert found.unlisted == ("2026-01-07.0",)
    assert [each.release_id for each in verify_remote(there, THIRD).found] == [THIRD]


# The pointer


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"current": null}',
        b'{"current": "2026-01-01.0", "releases": []}',
        b'{"current": null, "releases": [{"release_id": "x"}]}',
    ],
)
def test_a_damaged_pointer_is_told(data: bytes) -> None:
    with pytest.raises(DataError, match=r"s3://b/f/releases\.json: is damaged"):
        decode(data, "s3://b/f")


def test_a_release_id_that_is_a_path_is_damage() -> None:
    entry = ReleaseEntry("../../x", "2026-01-01T00:00:00+00:00", "0" * 64, {})
    with pytest.raises(DataError, match="is damaged"):
        decode(index_bytes(ReleaseIndex("../../x", [entry])), "s3://b/f")


def test_the_pointer_has_the_form_of_the_store(store: Path, tmp_path: Path) -> None:
    tag(store, FIRST, "sent")
    rollback(store)
    data = (store / INDEX).read_bytes()
    assert index_bytes(decode(data, "here")) == data
    write_index(tmp_path, decode(data, "here"))
    assert asdict(read_index(tmp_path)) == asdict(read_index(store))


# A folder


def test_a_folder_swaps_safely(tmp_path: Path) -> None:
    """Four at once add ones to a number; each that was first is counted, and none is lost."""
    location = str(tmp_path / "there")
    open_objects(location).create("number", b"0")

    def add() -> int:
        objects, first = open_objects(location), 0
        for _ in range(20):
            found = objects.read_tagged("number")
            assert found is not None
            first += objects.swap("number", b"%d" % (int(found.data) + 1), found.etag)
        return first

    with ThreadPoolExecutor(4) as pool:
        counts = [pool.submit(add) for _ in range(4)]
    total = sum(count.result() for count in counts)
    assert total >= 20
    assert open_objects(location).read("number") == b"%d" % total


def test_a_folder_creates_once(tmp_path: Path) -> None:
    objects = open_objects(f"file://{tmp_path}/there")
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: objects.create("a/b", b"%d" % n), range(32)))
    assert created.count(True) == 1
    assert objects.read("a/b") == b"%d" % created.index(True)
    objects.remove("a/b")
    assert objects.read_tagged("a/b") is None
    assert not (tmp_path / "there" / "a").exists()
    objects.remove("a/b")


def test_the_commands(store: Path, tmp_path: Path) -> None:
    there, again = str(tmp_path / "there"), tmp_path / "again"

    def invoke(processed: Path, *arguments: str) -> Result:
        given = ["--processed-dir", str(processed), "remote", *arguments]
        return CliRunner().invoke(cli, given, standalone_mode=False, catch_exceptions=False)

    tag(store, FIRST, "sent")
    rollback(store)
    told = invoke(store, "push", there)
    assert told.stdout.splitlines()[0] == f"{FIRST}  pushed"
    assert f"release {THIRD} is current there" in told.stdout
    listed = invoke(store, "releases", there).stdout.splitlines()
    assert [line[0] for line in listed] == [" ", " ", "*", " "]
    assert listed[0].endswith("  sent")
    assert listed[3].endswith("(rolled back)")
    assert json.loads(invoke(store, "releases", there, "--json").stdout)["current"] == THIRD
    assert f"{FIRST}  fetched" in invoke(again, "pull", there).stdout
    assert json.loads(invoke(again, "pull", there, "--json").stdout)["current"] == THIRD
    assert invoke(store, "verify", there).return_value == 0
    (tmp_path / "there" / RELEASES / FIRST / "figures.parquet").write_bytes(b"damaged")
    found = invoke(store, "verify", there)
    assert found.return_value == 1
    assert f"release {FIRST}: 1 problems" in found.stderr
    problems_told = json.loads(invoke(store, "verify", there, FIRST, "--json").stdout)
    assert len(problems_told["found"]) == 1
    untag(store, "sent")
    prune(store, 2)
    assert "stays there, though removed here" in invoke(store, "push", there).stderr
    assert f"{FIRST}  removed there" in invoke(store, "push", "--prune", there).stdout
    assert "not pushed again" in invoke(again, "push", there).stderr
    assert json.loads(invoke(store, "push", there, "--json").stdout)["uploaded"] == []


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_server_is_read_from(store: Path, tmp_path: Path) -> None:
    push(store, open_objects(str(tmp_path / "there")))
    serve = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        reader = open_reader(f"http://127.0.0.1:{running.server_port}/there")
        found = verify_remote(reader)
        done = pull(tmp_path / "again", reader)
        missing = open_reader(f"http://127.0.0.1:{running.server_port}/nothing")
        with pytest.raises(ConfigurationError, match="found no releases"):
            read_pointer(missing)
        running.shutdown()
    assert [each.problems for each in found.found] == [(), (), (), ()]
    assert done.current == FOURTH
    assert verify_all(tmp_path / "again").damaged == ()


# What is refused


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("sftp://host/f", "SFTP can't replace a file on condition"),
        ("ftp://host/f", "FTP can't replace a file on condition"),
        ("https://host/f", "a web server is read from only"),
        ("webdav://host/f", "don't all keep to If-Match"),
        ("gs://bucket/f", "generation numbers"),
        ("memory://f", "it ends with the process"),
        ("other://host/f", "conditional writes over other are not known here"),
        ("simplecache::s3://bucket/f", "chains file systems"),
    ],
)
def test_a_back_end_that_can_not_swap_is_refused(location: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        open_objects(location)


@pytest.mark.parametrize(
    "location",
    [
        "s3://key:hidden@bucket/f",
        "s3://hidden@bucket/f",
        "az://container/f?sv=2026&sig=hidden",
        "abfs://container:hidden@account.dfs.core.windows.net/f",
        "sftp://user:hidden@host/f",
        "https://host/f#hidden",
    ],
)
def test_credentials_in_a_location_are_refused_and_not_told(location: str) -> None:
    for opened in (open_objects, open_reader):
        with pytest.raises(ConfigurationError, match="holds credentials or a query") as caught:
            opened(location)
        assert "hidden" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("location", "library", "extra"),
    [
        ("s3://bucket/f", "s3fs", r"ipsdata\[s3\]"),
        ("az://container/f", "adlfs", r"ipsdata\[azure\]"),
        ("abfs://container@account.dfs.core.windows.net/f", "adlfs", r"ipsdata\[azure\]"),
    ],
)
def test_a_missing_library_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, location: str, library: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    kept = vars(sys.modules["fsspec.registry"])["_registry"]  # what fsspec has imported before
    monkeypatch.delitem(kept, location.partition("://")[0], raising=False)
    with pytest.raises(ConfigurationError, match=f"not installed: install {extra}"):
        open_objects(location)


def test_what_a_client_library_says_is_not_told() -> None:
    class Failing:
        protocol = "made-up"

        def cat_file(self, _: str) -> bytes:
            raise OSError("GET https://account/f?sig=hidden failed")

    reader = FsspecReader(Failing(), "root", "az://container/f")
    assert repr(reader) == "FsspecReader('az://container/f')"
    with pytest.raises(ConfigurationError, match="az://container/f: can't be reached") as caught:
        reader.read("x")
    assert "hidden" not in str(caught.value)
    assert caught.value.__suppress_context__


# Any order of steps


class Publishers(RuleBasedStateMachine):
    """Two stores and one location, in any order of steps, some of them cut."""

    folder: Path
    count = 0

    @initialize()
    def begin(self) -> None:
        Publishers.count += 1
        place = self.folder / str(Publishers.count)
        self.stores = [place / "one", place / "other"]
        self.there = MemoryObjects()
        self.day = 0
        self.listed: set[str] = set()

    def has_release(self, which: int) -> bool:
        return read_index(self.stores[which]).current is not None

    @rule(which=st.integers(0, 1))
    def publish(self, which: int) -> None:
        self.day += 1
        publish_on(self.stores[which], self.day, f"{self.day:0{self.day}d}")

    @rule(which=st.integers(0, 1))
    def push(self, which: int) -> None:
        if self.has_release(which):
            before = self.pointer()
            done = push(self.stores[which], self.there)
            ours = read_index(self.stores[which])
            assert set(done.left_out) == set()
            assert {e.release_id for e in ours.releases} <= set(names(self.there))
            wrong = read_pointer(self.there).rolled_back
            fit = [n for n in (before.current, ours.current) if n and n not in wrong]
            assert read_pointer(self.there).current == max(fit, default=done.current)

    @rule(which=st.integers(0, 1), at=st.integers(0, 40), is_done_first=st.booleans())
    def push_cut(self, which: int, at: int, is_done_first: bool) -> None:
        if not self.has_release(which):
            return
        self.there.cut_at = len(self.there.writes) + at
        self.there.is_done_first = is_done_first
        try:
            push(self.stores[which], self.there)
        except CutError:
            pass
        finally:
            self.there.cut_at = None

    @rule(which=st.integers(0, 1))
    def pull(self, which: int) -> None:
        if self.there.read(INDEX) is not None:
            pull(self.stores[which], self.there)
            here = {e.release_id for e in read_index(self.stores[which]).releases}
            assert set(names(self.there)) <= here
            assert verify_all(self.stores[which]).damaged == ()

    @precondition(lambda self: self.day > 1)
    @rule(which=st.integers(0, 1))
    def roll_back(self, which: int) -> None:
        index = read_index(self.stores[which])
        earlier = [e.release_id for e in index.releases if e.release_id not in index.rolled_back]
        if len(earlier) > 1 and earlier[0] != index.current:
            rollback(self.stores[which])

    def pointer(self) -> ReleaseIndex:
        return decode(self.there.read(INDEX), "there")

    @invariant()
    def nothing_is_lost_and_all_is_whole(self) -> None:
        index = self.pointer()
        here = {entry.release_id for entry in index.releases}
        assert self.listed <= here
        self.listed = here
        assert (index.current is None) == (not here)
        assert index.current not in index.rolled_back
        if here:
            assert problems(self.there) == []


def test_any_order_of_steps(tmp_path: Path) -> None:
    Publishers.folder = tmp_path
    run_state_machine_as_test(
        Publishers,
        settings=settings(
            max_examples=10,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
