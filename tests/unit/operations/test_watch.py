"""The look at data/raw: what is taken, what waits, and that the same content is one content."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.operations import watch
from ipsdata.operations.watch import Edition, Look, dump_state, load_state, look

QUIET = 10.0
LETTER = b"Geachte voorzitter"
State = dict[str, Edition]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def drop(raw: Path, edition: str = "letters/one", data: bytes = LETTER, sha: str = "") -> Path:
    folder = raw / edition
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "letter.txt").write_bytes(data)
    sidecar(folder, sha or hashlib.sha256(data).hexdigest())
    return folder


def sidecar(folder: Path, sha: str) -> None:
    entry = {"path": "letter.txt", "sha256": sha}
    (folder / "source.yaml").write_text(json.dumps({"files": [entry]}))


def twice(raw: Path, state: State, now: float) -> Look:
    """Look, wait until all is quiet, and look again."""
    first = look(raw, state, now, QUIET)
    assert first.changed == ()
    return look(raw, load_state(dump_state(first.state)), now + QUIET, QUIET)


def taken(raw: Path) -> State:
    return dict(twice(raw, {}, 0).state)


def test_a_new_edition_is_taken_once_it_was_quiet(raw: Path) -> None:
    drop(raw)
    first = look(raw, {}, 100, QUIET)
    assert (first.changed, first.waiting) == ((), {"letters/one": "changed less than 10 s ago"})
    second = look(raw, first.state, 109, QUIET)
    assert second.changed == ()
    third = look(raw, second.state, 110, QUIET)
    assert (third.changed, third.waiting) == (("letters/one",), {})
    fourth = look(raw, third.state, 500, QUIET)
    assert (fourth.changed, fourth.waiting) == ((), {})
    assert fourth.fingerprint == third.fingerprint


def test_a_file_that_grows_waits_from_its_last_change(raw: Path) -> None:
    folder = drop(raw)
    first = look(raw, {}, 0, QUIET)
    (folder / "letter.txt").write_bytes(LETTER * 2)
    second = look(raw, first.state, 10, QUIET)
    assert second.changed == ()
    assert second.state["letters/one"].since == 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no source.yaml yet"),
        ("files: [", "source.yaml is not whole, or names no files"),
        ("title: x", "source.yaml is not whole, or names no files"),
        ("", "source.yaml is not whole, or names no files"),
        ("files: [3]", "source.yaml is not whole, or names no files"),
    ],
)
def test_an_edition_without_a_whole_sidecar_waits(raw: Path, text: str | None, reason: str) -> None:
    path = drop(raw) / "source.yaml"
    path.unlink()
    if text is not None:
        path.write_text(text)
    found = twice(raw, {}, 0)
    assert (found.changed, found.waiting) == ((), {"letters/one": reason})
    assert look(raw, found.state, 99, QUIET).waiting == found.waiting


def test_a_half_copied_file_waits_until_it_is_whole(raw: Path) -> None:
    whole = hashlib.sha256(LETTER).hexdigest()
    folder = drop(raw, data=LETTER[:5], sha=whole)
    found = twice(raw, {}, 0)
    assert found.changed == ()
    assert found.waiting["letters/one"].startswith("letter.txt: not the SHA-256 of source.yaml")
    (folder / "letter.txt").write_bytes(LETTER)
    assert twice(raw, dict(found.state), 50).changed == ("letters/one",)


def test_a_corrected_sidecar_takes_what_waited(raw: Path) -> None:
    folder = drop(raw, sha="0" * 64)
    found = twice(raw, {}, 0)
    sidecar(folder, hashlib.sha256(LETTER).hexdigest())
    assert twice(raw, dict(found.state), 50).changed == ("letters/one",)


def test_a_changed_document_is_taken_again_and_only_it_is_hashed(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(raw)
    drop(raw, "letters/two", b"other")
    state = taken(raw)
    opened: list[str] = []
    hashed = watch._hash

    def noted(path: Path, size: int, declared: str | None) -> str:
        opened.append(path.relative_to(raw).as_posix())
        return hashed(path, size, declared)

    monkeypatch.setattr(watch, "_hash", noted)
    before = look(raw, state, 50, QUIET).fingerprint
    assert opened == []
    drop(raw, data=b"Geachte leden")
    found = twice(raw, state, 100)
    assert found.changed == ("letters/one",)
    assert found.fingerprint != before
    assert opened == ["letters/one/letter.txt", "letters/one/source.yaml"]


def test_a_touched_file_is_no_change(raw: Path) -> None:
    folder = drop(raw)
    state = taken(raw)
    os.utime(folder / "letter.txt", (1, 1))
    found = twice(raw, state, 100)
    assert (found.changed, found.waiting) == ((), {})


def test_going_back_to_former_content_gives_its_fingerprint_again(raw: Path) -> None:
    drop(raw)
    first = twice(raw, {}, 0)
    drop(raw, data=b"other")
    second = twice(raw, dict(first.state), 100)
    drop(raw)
    third = twice(raw, dict(second.state), 200)
    assert third.changed == ("letters/one",)
    assert first.fingerprint == third.fingerprint != second.fingerprint


def test_a_removed_edition_is_a_change_once_it_stays_away(raw: Path) -> None:
    folder = drop(raw)
    drop(raw, "letters/two")
    state = taken(raw)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    found = twice(raw, state, 100)
    assert found.changed == ("letters/one",)
    assert set(found.state) == {"letters/two"}


def test_a_missing_folder_is_no_removal_of_all(raw: Path) -> None:
    drop(raw)
    raw.rename(raw.with_name("away"))
    with pytest.raises(FileNotFoundError):
        look(raw, {}, 0, QUIET)


def test_while_one_edition_waits_the_others_go_on(raw: Path) -> None:
    drop(raw)
    drop(raw, "letters/broken", sha="0" * 64)
    found = twice(raw, {}, 0)
    assert found.changed == ("letters/one",)
    assert set(found.waiting) == {"letters/broken"}


def test_a_file_too_large_to_hash_goes_by_its_sidecar(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MAX_HASHED", 5)
    drop(raw, sha="0" * 64)
    found = twice(raw, {}, 0)
    assert found.changed == ("letters/one",)
    assert found.state["letters/one"].hashes["letter.txt"] == "0" * 64


@pytest.mark.parametrize("text", [None, "", "{}", "3", "[]", '{"version": 1}', '{"version": 0}'])
def test_a_cursor_that_is_none_or_foreign_starts_anew(text: str | None) -> None:
    assert load_state(text) == {}


NAMES = st.sampled_from(["letters/a", "letters/b", "sis/c"])
CHANGES = st.lists(st.tuples(NAMES, st.sampled_from([b"x", b"y", b"zz"])), max_size=6)


@settings(max_examples=25, deadline=None)
@given(changes=CHANGES)
def test_the_fingerprint_is_that_of_the_content_whatever_the_way_there(
    changes: list[tuple[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = tmp_path_factory.mktemp("raw")
    state: State = {}
    for step, (name, data) in enumerate(changes):
        drop(raw, name, data)
        # Two writes may fall into one tick of the file system's clock.
        os.utime(raw / name / "letter.txt", (step, step))
        os.utime(raw / name / "source.yaml", (step, step))
        state = dict(twice(raw, state, step * 100).state)
    assert look(raw, state, 9_000, QUIET).fingerprint == twice(raw, {}, 9_000).fingerprint
