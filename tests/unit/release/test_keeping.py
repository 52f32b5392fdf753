"""Releases are named, gone back from, removed and looked through."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release import keeping
from ipsdata.release.index import LATEST, RELEASES, read_index, write_index
from ipsdata.release.keeping import prune, rollback, tag, untag, verify_all
from ipsdata.release.lock import PRUNED
from ipsdata.release.store import published_table, verify
from small_store import figures, release


def store_of(folder: Path, count: int) -> list[str]:
    """Publish releases of 1, 2, … rows; return their ids."""
    return [
        release(folder, {"figures": figures("abcdefghijklmnop"[:rows])}).release_id
        for rows in range(1, count + 1)
    ]


def rows_of(folder: Path, name: str | None = None) -> int:
    return published_table(folder, "figures", name).num_rows


def listed(folder: Path) -> list[str]:
    return [entry.release_id for entry in read_index(folder).releases]


def folders(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / RELEASES).iterdir())


def damage(folder: Path, release_id: str) -> None:
    path = folder / RELEASES / release_id / "figures.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


# A name


def test_a_named_release_is_found_by_its_name(tmp_path: Path) -> None:
    first, _ = store_of(tmp_path, 2)
    assert tag(tmp_path, first, "letter-2025") == first
    assert rows_of(tmp_path, "letter-2025") == 1
    assert verify(tmp_path, "letter-2025").release_id == first
    assert tag(tmp_path, "letter-2025", "sent") == first
    assert untag(tmp_path, "letter-2025") == first
    assert read_index(tmp_path).tags == {"sent": first}
    with pytest.raises(ConfigurationError, match="the names are: sent"):
        untag(tmp_path, "letter-2025")


def test_a_name_stays_with_its_release(tmp_path: Path) -> None:
    first, second = store_of(tmp_path, 2)
    tag(tmp_path, first, "sent")
    tag(tmp_path, first, "sent")
    with pytest.raises(DataError, match=f"the name sent belongs to release {first}"):
        tag(tmp_path, second, "sent")
    assert read_index(tmp_path).tags == {"sent": first}


@pytest.mark.parametrize("name", ["", "latest", "2025", "../x", "a b", "a" * 65, "é"])
def test_what_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    (first,) = store_of(tmp_path, 1)
    with pytest.raises(ConfigurationError, match="expected a name of a letter"):
        tag(tmp_path, first, name)


def test_a_name_outlives_a_publication(tmp_path: Path) -> None:
    first, _ = store_of(tmp_path, 2)
    tag(tmp_path, first, "sent")
    rollback(tmp_path, first)
    release(tmp_path, {"figures": figures("abc")})
    index = read_index(tmp_path)
    assert index.tags == {"sent": first}
    assert len(index.rolled_back) == 1


# Going back


def test_going_back_moves_what_readers_follow_and_no_file(tmp_path: Path) -> None:
    first, second, third = store_of(tmp_path, 3)
    done = rollback(tmp_path)
    assert (done.before, done.now) == (third, second)
    assert rows_of(tmp_path) == 2
    assert (tmp_path / LATEST).resolve().name == second
    assert listed(tmp_path) == [first, second, third]
    assert not verify(tmp_path, third).problems
    assert rollback(tmp_path).now == first
    assert read_index(tmp_path).rolled_back == (second, third)
    with pytest.raises(ConfigurationError, match="found no release before"):
        rollback(tmp_path)


def test_what_was_rolled_back_is_not_published_again(tmp_path: Path) -> None:
    _, second = store_of(tmp_path, 2)
    rollback(tmp_path)
    with pytest.raises(DataError, match=f"are those of release {second}, which was rolled back"):
        release(tmp_path, {"figures": figures("ab")})
    assert rows_of(tmp_path) == 1
    corrected = release(tmp_path, {"figures": figures("ax")})
    assert corrected.is_new
    with pytest.raises(DataError, match="which was rolled back"):
        release(tmp_path, {"figures": figures("ab")})
    assert rollback(tmp_path, second).now == second  # somebody takes it as it is, after all
    assert read_index(tmp_path).rolled_back == (corrected.release_id,)
    assert not release(tmp_path, {"figures": figures("ab")}).is_new


def test_before_the_current_passes_over_what_was_rolled_back(tmp_path: Path) -> None:
    first, second = store_of(tmp_path, 2)
    rollback(tmp_path)
    third = release(tmp_path, {"figures": figures("ax")}).release_id
    assert rollback(tmp_path).now == first
    assert read_index(tmp_path).rolled_back == (second, third)


def test_a_damaged_release_is_not_gone_back_to(tmp_path: Path) -> None:
    first, second = store_of(tmp_path, 2)
    damage(tmp_path, first)
    with pytest.raises(DataError, match=f"release {first} is not as it was published"):
        rollback(tmp_path)
    assert read_index(tmp_path).current == second
    assert read_index(tmp_path).rolled_back == ()


# Removing


def test_old_releases_are_removed_and_said_why_others_are_not(tmp_path: Path) -> None:
    names = store_of(tmp_path, 6)
    tag(tmp_path, names[0], "sent")
    told = prune(tmp_path, 3, dry_run=True)
    assert folders(tmp_path) == names
    done = prune(tmp_path, 3)
    assert done == told
    assert done.removed == (names[1], names[2])
    assert dict(done.kept) == {
        names[0]: "has the name sent",
        names[3]: "one of the 3 newest",
        names[4]: "one of the 2 newest",
        names[5]: "is current",
    }
    assert done.freed > 0
    assert folders(tmp_path) == listed(tmp_path) == [names[0], *names[3:]]
    assert not verify_all(tmp_path).damaged
    assert release(tmp_path, {"figures": figures("z")}).is_new


@settings(max_examples=15, deadline=None)
@given(tagged=st.sets(st.integers(0, 5)), back=st.integers(0, 5), keep=st.integers(0, 7))
def test_never_the_current_the_last_two_or_a_named_one(
    tagged: set[int], back: int, keep: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("store")
    names = store_of(folder, 6)
    for number in tagged:
        tag(folder, names[number], f"name{number}")
    rollback(folder, names[back])
    prune(folder, keep)
    rolled_back = set(names[back + 1 :])
    sacred = {names[back], *names[-2:], *(names[n] for n in tagged), *rolled_back}
    assert set(listed(folder)) == sacred | (set(names[-keep:]) if keep else set())
    assert read_index(folder).current == names[back]


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("at", ["write_index", "sync_folder", "rmtree"])
@pytest.mark.parametrize("time", [1, 2])
def test_a_crash_while_removing_is_mended_by_the_next_run(
    at: str, time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = store_of(tmp_path, 6)
    owner = keeping.shutil if at == "rmtree" else keeping
    real, calls = getattr(owner, at), 0

    def dying(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == time:
            raise Killed
        return real(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(owner, at, dying)
        with pytest.raises(Killed):
            prune(tmp_path, 2)
    assert rows_of(tmp_path) == 6
    assert all(not verify(tmp_path, name).problems for name in listed(tmp_path))
    done = prune(tmp_path, 2)
    assert done.removed or at != "write_index"
    assert folders(tmp_path) == listed(tmp_path) == names[-2:]


def test_a_release_half_removed_is_swept_by_a_publication(tmp_path: Path) -> None:
    names = store_of(tmp_path, 3)
    index = read_index(tmp_path)
    write_index(tmp_path, type(index)(index.current, index.releases[1:]))
    (tmp_path / RELEASES / names[0]).rename(tmp_path / RELEASES / f"{PRUNED}{names[0]}")
    (tmp_path / RELEASES / f"{PRUNED}other").mkdir()
    release(tmp_path, {"figures": figures("z")})
    assert folders(tmp_path) == listed(tmp_path)


# Looking through


def test_all_sound(tmp_path: Path) -> None:
    names = store_of(tmp_path, 3)
    found = verify_all(tmp_path)
    assert [each.release_id for each in found.found] == names
    assert found.damaged == ()
    assert found.restore is None


def test_which_release_to_go_back_to(tmp_path: Path) -> None:
    first, second, third = store_of(tmp_path, 3)
    damage(tmp_path, third)
    found = verify_all(tmp_path)
    assert [each.release_id for each in found.damaged] == [third]
    assert found.restore == second
    (told,) = found.advice
    assert told.endswith(f"go back to the newest sound one by `ipsdata rollback {second}`")
    damage(tmp_path, second)
    assert verify_all(tmp_path).restore == first
    damage(tmp_path, first)
    last = verify_all(tmp_path)
    assert last.restore is None
    assert last.advice[-1].endswith("there is no sound release to go back to")
    assert "or let `ipsdata prune` remove it" in last.advice[0]


def test_a_rolled_back_release_is_none_to_go_back_to(tmp_path: Path) -> None:
    first, second = store_of(tmp_path, 2)
    rollback(tmp_path)
    damage(tmp_path, first)
    assert verify_all(tmp_path).restore is None
    assert verify_all(tmp_path).current == first
    assert second in read_index(tmp_path).rolled_back


@pytest.mark.parametrize("act", [rollback, verify_all, lambda folder: prune(folder, 2)])
def test_without_a_release_there_is_nothing_to_do(act: object, tmp_path: Path) -> None:
    assert callable(act)
    with pytest.raises(ConfigurationError, match="found no release: run `ipsdata run` first"):
        act(tmp_path)
