"""Disks that fail: what the fault suite (faults/) found, each with its message and its end."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release import index as index_module
from ipsdata.release import keeping, store
from ipsdata.release import staging as staging_module
from ipsdata.release.index import RELEASES, Publication, file_problems, read_index
from ipsdata.release.staging import STAGING, Outcome, Staging, open_staging
from ipsdata.release.store import publish, verify
from ipsdata.tables import table_from_rows
from small_store import CONTRACTS, FIGURES, NOON, figures, release

UNCHANGED = "nothing was published and the releases there are unchanged"


def _failing(number: int) -> Callable[..., Any]:
    def fail(*_given: Any, **_named: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return a store with two releases."""
    for names in ("a", "ab"):
        release(tmp_path / "processed", {"figures": figures(names)})
    return tmp_path / "processed"


def _stage(staging: Staging) -> None:
    for name, contract in CONTRACTS.items():
        rows = figures("abc") if name == "figures" else []
        staging.save(name, Outcome(table_from_rows(contract, rows)))
        assert staging.audit(contract) == []


def _stage_and_publish(staging: Staging) -> Publication:
    _stage(staging)
    return publish(staging, CONTRACTS, NOON)


@pytest.mark.parametrize(
    ("module", "name", "number", "told"),
    [
        (staging_module, "write_parquet", errno.ENOSPC, "can't be written to (No space left"),
        (staging_module, "read_parquet", errno.EIO, "reading or writing failed (Input/output"),
        (staging_module, "file_hash", errno.EIO, "reading or writing failed (Input/output"),
        (store, "read_parquet", errno.EIO, "reading or writing failed (Input/output"),
    ],
    ids=["save", "load", "receipt", "publish"],
)
def test_trouble_before_publishing_is_told_in_words(
    published: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int, told: str
) -> None:
    before = read_index(published)
    with open_staging(published, "run") as staging:
        if module is store:
            _stage(staging)
        with monkeypatch.context() as patch:
            patch.setattr(module, name, _failing(number))
            with pytest.raises(ConfigurationError) as caught:
                _stage_and_publish(staging)
        assert str(caught.value).startswith(f"{published}: {told}")
        assert UNCHANGED in str(caught.value)
        assert read_index(published) == before
        assert _stage_and_publish(staging).is_new


def test_error_of_duckdb_while_releases_are_compared_is_told_in_words(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_content: object) -> None:
        raise duckdb.IOException("IO Error: Could not read from file a.parquet\n\nLINE 1")

    before = read_index(published)
    with open_staging(published, "run") as staging, monkeypatch.context() as patch:
        patch.setattr(store, "write_companions", fail)
        with pytest.raises(ConfigurationError) as caught:
            _stage_and_publish(staging)
    told = "reading or writing failed (IO Error: Could not read from file a.parquet): "
    assert str(caught.value).startswith(f"{published}: {told}{UNCHANGED}")
    assert read_index(published) == before


def test_missing_table_is_no_trouble_with_the_disk(published: Path) -> None:
    with open_staging(published, "run") as staging, pytest.raises(DataError, match="was not made"):
        staging.audit(FIGURES)


@pytest.mark.parametrize(
    "change",
    [
        lambda processed: keeping.tag(processed, "2026-11-24.0", "known"),
        lambda processed: keeping.rollback(processed, "2026-11-24.0"),
    ],
    ids=["tag", "rollback"],
)
def test_message_tells_whether_the_list_was_changed(
    published: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    before = read_index(published)
    with monkeypatch.context() as patch:
        patch.setattr(index_module, "write_synced", _failing(errno.ENOSPC))
        with pytest.raises(ConfigurationError, match=UNCHANGED):
            change(published)
    assert read_index(published) == before
    with monkeypatch.context() as patch:
        patch.setattr(index_module, "sync_folder", _failing(errno.EIO))
        with pytest.raises(ConfigurationError, match="list of releases was changed, but what foll"):
            change(published)
    assert read_index(published) != before
    change(published)
    assert verify(published).problems == ()


def test_area_that_cant_be_removed_does_not_spoil_a_release(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, open_staging(published, "run") as staging:
        _stage(staging)
        publication = publish(staging, CONTRACTS, NOON)
        patch.setattr(Path, "unlink", _failing(errno.EIO))
        patch.setattr(os, "unlink", _failing(errno.EIO))
    assert publication.is_new
    assert list((published / STAGING).iterdir()) != []
    release(published, {"figures": figures("abcd")})
    assert list((published / STAGING).iterdir()) == []


def test_folder_that_cant_be_listed_is_a_problem_of_its_release(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the other releases are verified all the same."""
    monkeypatch.setattr(Path, "rglob", _failing(errno.EIO))
    (told,) = file_problems(published, "2026-11-24.0")
    assert told.startswith(f"{published / RELEASES / '2026-11-24.0'}: can't be read")
