"""The release store: what is published, what is refused, and what a crash leaves behind.

The contracts here are small and made up, so that a publication takes some milliseconds. A content
is a `generation`, a number that stands in every table: tables that show two of them are a mix.
"""

import datetime as dt
import errno
import io
import json
import multiprocessing as mp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pandera.config import ValidationDepth, config_context

from ipsdata.contracts import Contract, contract_from_mapping
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release import index as index_module
from ipsdata.release import staging as staging_module
from ipsdata.release import store
from ipsdata.release.index import LATEST, MANIFEST, RELEASES, read_index, read_manifest
from ipsdata.release.lock import LOCK
from ipsdata.release.staging import STAGING, Outcome, Staging, open_staging
from ipsdata.release.store import Publication, file_problems, publish, published_table, verify
from ipsdata.release.views import DATABASE
from ipsdata.tables import read_parquet, table_from_rows
from ipsdata.validation import Failure

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HALF_PAST_MIDNIGHT = dt.datetime(2026, 11, 25, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
NOBODY = 65534
PROCESSES = mp.get_context("forkserver")
PROCESSES.set_forkserver_preload(["ipsdata.release.store"])


# --- a small installation -------------------------------------------------------------------------


def _column(name: str, kind: str, **more: Any) -> dict[str, Any]:
    told = {"title": name, "title_nl": name, "description": name}
    return {"name": name, "type": kind, **told, **more}


def _contract(table: str, columns: list[dict[str, Any]], **more: Any) -> Contract:
    names = {"table": table, "title": table, "title_nl": table, "description": table}
    key = [columns[0]["name"]]
    return contract_from_mapping(
        {**names, "group": "code", "primary_key": key, "columns": columns, **more}
    )


DOCUMENTS = _contract(
    "documents",
    [_column("document_id", "string"), _column("path", "string"), _column("size_bytes", "int64")],
)
FIGURES = _contract(
    "figures",
    [
        _column("figure_id", "int64", minimum=0),
        _column("document_id", "string"),
        _column("value", "int64", nullable=True),
    ],
    foreign_keys=[{"column": "document_id", "references": "documents.document_id"}],
)
CONTRACTS = {"documents": DOCUMENTS, "figures": FIGURES}
GENERATION_COLUMN = {"documents": "size_bytes", "figures": "value"}


def _rows(generation: int) -> dict[str, list[dict[str, Any]]]:
    document = {"document_id": "a", "path": "letters/a.csv", "size_bytes": generation}
    figures = [{"figure_id": n, "document_id": "a", "value": generation} for n in range(3)]
    return {"documents": [document], "figures": figures}


def _stage(staging: Staging, generation: int, contracts: Mapping[str, Contract]) -> None:
    for name, rows in _rows(generation).items():
        staging.save(name, Outcome(table_from_rows(contracts[name], rows)))
        assert staging.audit(contracts[name]) == []


def _release(
    processed: Path,
    generation: int,
    now: dt.datetime = NOON,
    contracts: Mapping[str, Contract] = CONTRACTS,
    run_id: str = "run",
) -> Publication:
    """Make, validate and publish a content, as a whole run does."""
    with open_staging(processed, run_id) as staging:
        _stage(staging, generation, contracts)
        return publish(staging, contracts, now)


@contextmanager
def _staged(processed: Path, generation: int, run_id: str = "run") -> Iterator[Staging]:
    with open_staging(processed, run_id) as staging:
        _stage(staging, generation, CONTRACTS)
        yield staging


def _generations(folder: Path) -> set[int]:
    """Return every generation that the tables in a release's folder show."""
    return {
        value
        for name, column in GENERATION_COLUMN.items()
        for value in read_parquet(folder / f"{name}.parquet").column(column).to_pylist()
    }


def _tree(processed: Path) -> dict[str, bytes]:
    """Return what a reader may see: every file but the staging areas and the lock."""
    hidden = (STAGING, LOCK)
    return {
        path.relative_to(processed).as_posix(): path.read_bytes()
        for path in sorted(processed.rglob("*"))
        if path.is_file() and path.relative_to(processed).parts[0] not in hidden
    }


def _debris(processed: Path) -> list[str]:
    """Return what should not be there once nobody runs."""
    known = {LOCK, RELEASES, STAGING, LATEST, index_module.INDEX, DATABASE}
    listed = {entry.release_id for entry in read_index(processed).releases}
    found = [path.name for path in processed.iterdir() if path.name not in known]
    found += [path.name for path in (processed / RELEASES).iterdir() if path.name not in listed]
    found += [f"{STAGING}/{path.name}" for path in (processed / STAGING).glob("*")]
    return found


def _current(processed: Path) -> str:
    current = read_index(processed).current
    assert current is not None
    return current


def _found_good(_: Contract, table: pa.Table) -> list[Failure]:
    """Stand in for validation where hundreds of publications are about files, not about values."""
    assert table.num_rows
    return []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give receipts without asking Pandera."""
    monkeypatch.setattr(staging_module, "contract_failures", _found_good)


@pytest.fixture
def processed(tmp_path: Path) -> Path:
    """Return the folder of an empty store."""
    return tmp_path / "processed"


@pytest.fixture
def published(processed: Path) -> Path:
    """Return a store with one release, generation 1."""
    _release(processed, 1)
    return processed


# --- publishing -----------------------------------------------------------------------------------


def test_first_release_is_complete(processed: Path) -> None:
    publication = _release(processed, 7)
    assert publication == Publication("2026-11-24.0", True, {"documents": 1, "figures": 3})
    index = read_index(processed)
    assert index.current == "2026-11-24.0"
    assert [entry.release_id for entry in index.releases] == ["2026-11-24.0"]
    assert index.releases[0].published_at == "2026-11-24T12:00:00+00:00"
    assert index.releases[0].tables == {"documents": 1, "figures": 3}
    folder = processed / RELEASES / "2026-11-24.0"
    files = (path for path in folder.rglob("*") if path.is_file())
    assert sorted(path.relative_to(folder).as_posix() for path in files) == [
        "CITATION.cff",
        "changes.md",
        "changes.parquet",
        "contracts/documents.json",
        "contracts/figures.json",
        "csv/README.md",
        "csv/csv-metadata.json",
        "csv/documents.csv",
        "csv/figures.csv",
        "datapackage.json",
        "dcat.jsonld",
        "dictionary/README.md",
        "dictionary/index.html",
        "documents.parquet",
        "figures.parquet",
        "manifest.json",
        "report/index.html",
        "report/nl.html",
        "views.sql",
    ]
    assert _generations(processed / LATEST) == {7}
    assert _debris(processed) == []


def test_manifest_tells_documents_contracts_and_every_file(processed: Path) -> None:
    _release(processed, 7)
    folder = processed / RELEASES / "2026-11-24.0"
    manifest = read_manifest(folder)
    assert manifest["documents"] == [{"document_id": "a", "path": "letters/a.csv", "size_bytes": 7}]
    assert manifest["previous"] is None
    assert manifest["tables"]["figures"]["rows"] == 3
    assert manifest["tables"]["figures"]["contract_sha256"] == FIGURES.fingerprint
    sizes = {item["path"]: item["bytes"] for item in manifest["files"]}
    present = {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*.*")}
    assert sizes == {name: size for name, size in present.items() if name != MANIFEST}
    by_file = {item["path"]: item["sha256"] for item in manifest["files"]}
    assert all(by_file[t["file"]] == t["sha256"] for t in manifest["tables"].values())


def test_unchanged_content_makes_no_release(published: Path) -> None:
    before = _tree(published)
    publication = _release(published, 1, NOON + DAY)
    assert publication == Publication("2026-11-24.0", False, {"documents": 1, "figures": 3})
    assert _tree(published) == before
    assert _debris(published) == []


def test_same_content_in_two_stores_gives_the_same_bytes(tmp_path: Path) -> None:
    _release(tmp_path / "one", 3)
    _release(tmp_path / "two", 3, run_id="other")
    trees = [_tree(tmp_path / name) for name in ("one", "two")]
    views = {tree.pop(DATABASE) for tree in trees}
    assert trees[0] == trees[1]
    assert len(views) == 2, "views name the folder of their store"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOON + dt.timedelta(minutes=1), "2026-11-24.1"),
        (NOON + DAY, "2026-11-25.0"),
        (NOON - DAY, "2026-11-23.0"),
        (HALF_PAST_MIDNIGHT, "2026-11-24.1"),  # in Amsterdam; in UTC it is the day before
    ],
)
def test_changed_content_is_the_next_release(
    published: Path, now: dt.datetime, expected: str
) -> None:
    old = _tree(published)
    assert _release(published, 2, now) == Publication(
        expected, True, {"documents": 1, "figures": 3}, previous="2026-11-24.0"
    )
    assert _current(published) == expected
    assert [e.release_id for e in read_index(published).releases] == ["2026-11-24.0", expected]
    assert read_manifest(published / RELEASES / expected)["previous"] == "2026-11-24.0"
    unchanged = {name: data for name, data in _tree(published).items() if "/2026-11-24.0/" in name}
    assert unchanged == {name: data for name, data in old.items() if "/2026-11-24.0/" in name}
    assert (published / LATEST).readlink() == Path(RELEASES) / expected


def test_numbers_of_a_day_go_past_nine(processed: Path) -> None:
    made = [_release(processed, n).release_id for n in range(12)]
    assert made == [f"2026-11-24.{n}" for n in range(12)]
    assert _current(processed) == "2026-11-24.11"


def test_going_back_to_an_older_content_is_a_new_release(published: Path) -> None:
    _release(published, 2)
    assert _release(published, 1).release_id == "2026-11-24.2"
    assert _generations(published / LATEST) == {1}


@pytest.mark.parametrize(
    "change", [{"description": "said in other words"}, {"minimum": 1}], ids=["text", "rule"]
)
def test_changed_contract_is_a_new_release_of_the_same_rows(
    published: Path, change: dict[str, Any]
) -> None:
    *others, value = FIGURES.resolved["columns"]
    figures = contract_from_mapping({**FIGURES.resolved, "columns": [*others, {**value, **change}]})
    publication = _release(published, 1, contracts={**CONTRACTS, "figures": figures})
    assert publication.release_id == "2026-11-24.1"
    rows = [published_table(published, "figures", f"2026-11-24.{n}").to_pylist() for n in (0, 1)]
    assert rows[0] == rows[1]
    kept = store.release_contracts(published / RELEASES / "2026-11-24.0")
    assert kept["figures"].fingerprint == FIGURES.fingerprint
    assert verify(published, "2026-11-24.0").problems == ()


def test_damaged_current_release_is_replaced_by_the_same_content(published: Path) -> None:
    path = published / RELEASES / "2026-11-24.0" / "figures.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert _release(published, 1) == Publication(
        "2026-11-24.1", True, {"documents": 1, "figures": 3}, previous="2026-11-24.0"
    )
    assert verify(published).problems == ()


# --- what is refused ------------------------------------------------------------------------------


def _forget_receipt(staging: Staging) -> None:
    (staging.folder / "figures.receipt.json").unlink()


def _save_again(staging: Staging) -> None:
    staging.save("figures", Outcome(table_from_rows(FIGURES, _rows(3)["figures"])))


def _overwrite_file(staging: Staging) -> None:
    with tempfile.TemporaryDirectory() as folder, _staged(Path(folder), 3) as other:
        shutil.copy(other.path("figures"), staging.path("figures"))


def _break_key_then_audit(staging: Staging) -> None:
    rows = [{**row, "document_id": "b"} for row in _rows(3)["figures"]]
    staging.save("figures", Outcome(table_from_rows(FIGURES, rows)))
    assert staging.audit(FIGURES) == []


def _remove_table(staging: Staging) -> None:
    staging.path("figures").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_forget_receipt, "figures was not validated in run run"),
        (_save_again, "figures was not validated in run run"),
        (_overwrite_file, "figures changed after it was validated in run run"),
        (_break_key_then_audit, "3 keys between tables don't hold.*row 1, column document_id"),
        (_remove_table, "figures"),
    ],
)
def test_what_was_not_validated_in_this_run_is_refused(
    published: Path, damage: Callable[[Staging], None], message: str
) -> None:
    before = _tree(published)
    with _staged(published, 2) as staging:
        damage(staging)
        with pytest.raises(DataError, match=f"(?s){message}"):
            publish(staging, CONTRACTS, NOON)
        assert _tree(published) == before
    assert _debris(published) == []


def test_contract_changed_after_validation_is_refused(published: Path) -> None:
    before = _tree(published)
    stricter = contract_from_mapping({**FIGURES.resolved, "rules": [{"rule": "not_empty"}]})
    with _staged(published, 2) as staging, pytest.raises(DataError, match="figures changed after"):
        publish(staging, {**CONTRACTS, "figures": stricter}, NOON)
    assert _tree(published) == before


def test_receipts_of_another_run_are_refused(published: Path) -> None:
    before = _tree(published)
    with _staged(published, 2, "first") as first, open_staging(published, "second") as second:
        shutil.copytree(first.folder, second.folder, dirs_exist_ok=True)
        with pytest.raises(DataError, match="validated in run second"):
            publish(second, CONTRACTS, NOON)
    assert _tree(published) == before


def test_receipt_of_another_table_is_refused(published: Path) -> None:
    twin = contract_from_mapping({**FIGURES.resolved, "table": "twins"})
    with _staged(published, 2) as staging:
        shutil.copy(staging.path("figures"), staging.path("twins"))
        shutil.copy(staging.folder / "figures.receipt.json", staging.folder / "twins.receipt.json")
        with pytest.raises(DataError, match="twins"):
            publish(staging, {**CONTRACTS, "twins": twin}, NOON)
    assert _current(published) == "2026-11-24.0"


def test_failing_contract_gets_no_receipt(published: Path) -> None:
    before = _tree(published)
    with _staged(published, 2) as staging:
        rows = [{**row, "figure_id": -1 - row["figure_id"]} for row in _rows(2)["figures"]]
        staging.save("figures", Outcome(table_from_rows(FIGURES, rows)))
        assert [failure.row for failure in staging.audit(FIGURES)] == [0, 1, 2]
        with pytest.raises(DataError, match="figures was not validated"):
            publish(staging, CONTRACTS, NOON)
    assert _tree(published) == before


def test_missing_required_value_is_told_with_its_row(published: Path) -> None:
    with _staged(published, 2) as staging:
        rows = _rows(2)["figures"]
        rows[1]["document_id"] = None
        staging.save("figures", Outcome(table_from_rows(FIGURES, rows)))
        assert staging.audit(FIGURES) == [Failure("has a value", "document_id", 1)]
        with pytest.raises(DataError, match="figures was not validated"):
            publish(staging, CONTRACTS, NOON)


def test_bytes_swapped_while_publishing_are_not_published(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = store.sweep
    with _staged(published, 2) as staging:

        def sweep_and_swap(folder: Path) -> object:
            swept = sweep(folder)
            _overwrite_file(staging)
            return swept

        monkeypatch.setattr(store, "sweep", sweep_and_swap)
        with pytest.raises(DataError):
            publish(staging, CONTRACTS, NOON)
    assert _current(published) == "2026-11-24.0"


@pytest.mark.parametrize(
    "reduced",
    [{"validation_enabled": False}, {"validation_depth": ValidationDepth.SCHEMA_ONLY}],
    ids=["disabled", "schema only"],
)
def test_pandera_switched_off_in_the_process_is_refused(
    published: Path, reduced: dict[str, Any]
) -> None:
    before = _tree(published)
    with _staged(published, 2) as staging:
        with config_context(**reduced):
            with pytest.raises(ConfigurationError, match="Pandera validation is switched off"):
                publish(staging, CONTRACTS, NOON)
            with pytest.raises(ConfigurationError, match="Pandera validation is switched off"):
                staging.audit(FIGURES)
        assert _tree(published) == before
        assert publish(staging, CONTRACTS, NOON).is_new


_PUBLISH_ALREADY_STAGED = """
import datetime, json, sys
from pathlib import Path
from ipsdata.contracts import contract_from_mapping
from ipsdata.errors import ConfigurationError
from ipsdata.release.staging import Staging
from ipsdata.release.store import publish
given = json.load(sys.stdin)
contracts = {name: contract_from_mapping(resolved) for name, resolved in given["contracts"].items()}
try:
    publish(Staging(Path(given["folder"]), "run"), contracts, datetime.datetime.now(datetime.UTC))
except ConfigurationError as error:
    sys.exit(str(error))
"""


def test_pandera_switched_off_in_the_environment_is_refused(published: Path) -> None:
    before = _tree(published)
    given = {
        "contracts": {name: contract.resolved for name, contract in CONTRACTS.items()},
        "folder": str(published),
    }
    with _staged(published, 2):
        result = subprocess.run(
            [sys.executable, "-c", _PUBLISH_ALREADY_STAGED],
            env={**os.environ, "PANDERA_VALIDATION_ENABLED": "False"},
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert "PANDERA_VALIDATION_ENABLED': 'False'" in result.stderr
    assert "Traceback" not in result.stderr
    assert _tree(published) == before


@pytest.mark.parametrize("run_id", ["", "../up", "a/b", ".hidden", "a" * 101])
def test_run_id_that_is_no_plain_name_is_refused(processed: Path, run_id: str) -> None:
    with pytest.raises(ConfigurationError, match="expected letters, digits"):
        Staging(processed, run_id)
    assert not processed.exists()


def test_run_id_in_use_is_refused_in_words(published: Path) -> None:
    with _staged(published, 2) as staging:
        with pytest.raises((ConfigurationError, DataError)) as caught:
            Staging(published, "run").open()
        assert "None" not in str(caught.value)
        assert publish(staging, CONTRACTS, NOON).is_new


def test_damaged_index_stops_publishing_and_loses_nothing(published: Path) -> None:
    (published / index_module.INDEX).write_text("{", "utf-8")
    before = _tree(published)
    with pytest.raises(DataError, match="is damaged"):
        _release(published, 2)
    assert _tree(published) == before


def test_lost_index_does_not_cost_the_releases(published: Path) -> None:
    _release(published, 2)
    (published / index_module.INDEX).unlink()
    before = _tree(published)
    with pytest.raises(DataError, match=r"releases\.json"):
        _release(published, 3)
    assert _tree(published) == before


# --- two publishers -------------------------------------------------------------------------------


def _hold_the_lock(processed: Path, generation: int, holding: Event, go_on: Event) -> None:
    sweep = store.sweep

    def sweep_and_wait(folder: Path) -> object:
        swept = sweep(folder)
        holding.set()
        assert go_on.wait(60)
        return swept

    store.sweep = sweep_and_wait
    _release(processed, generation, run_id="winner")


def test_second_publisher_is_told_who_is_at_work(published: Path) -> None:
    holding, go_on = PROCESSES.Event(), PROCESSES.Event()
    winner = PROCESSES.Process(target=_hold_the_lock, args=(published, 2, holding, go_on))
    winner.start()
    try:
        assert holding.wait(60)
        before = _tree(published)
        with pytest.raises(DataError, match=f"another publisher is at work.*process {winner.pid} "):
            _release(published, 3, run_id="loser")
        assert _tree(published) == before
        areas = [path.name for path in (published / STAGING).iterdir() if path.is_dir()]
        assert areas == ["winner"]
    finally:
        go_on.set()
        winner.join()
    assert winner.exitcode == 0
    assert _generations(published / LATEST) == {2}
    assert _release(published, 3).release_id == "2026-11-24.2"
    assert _debris(published) == []


def test_sweep_leaves_live_runs_alone(published: Path) -> None:
    dead = Staging(published, "dead")
    dead.open()
    dead.save("figures", Outcome(table_from_rows(FIGURES, _rows(5)["figures"])))
    dead.release_lock()
    with _staged(published, 5, "live") as live:
        before = {path.name: path.read_bytes() for path in live.folder.iterdir()}
        _release(published, 2)
        assert not dead.folder.exists()
        assert {path.name: path.read_bytes() for path in live.folder.iterdir()} == before
        assert publish(live, CONTRACTS, NOON).is_new
    assert _generations(published / LATEST) == {5}
    assert _debris(published) == []


def test_area_that_is_just_being_opened_is_not_swept(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Staging(published, "opening")
    acquire = opening._lock.acquire

    def sweep_then_acquire(**given: Any) -> object:
        staging_module.sweep_staging(published)
        return acquire(**given)

    monkeypatch.setattr(opening._lock, "acquire", sweep_then_acquire)
    opening.open()
    _stage(opening, 2, CONTRACTS)
    assert publish(opening, CONTRACTS, NOON).is_new
    opening.close()
    assert _debris(published) == []


# --- readers --------------------------------------------------------------------------------------


def _read_on_and_on(
    processed: Path, ready: Event, last: Event, answer: "Connection[Any, Any]"
) -> None:
    """Read whole releases until told that the last one stands; then once more."""
    seen: set[frozenset[int]] = set()
    while True:
        is_last = last.is_set()
        release = _current(processed)
        tables = {name: published_table(processed, name, release) for name in CONTRACTS}
        columns = [tables[name].column(column) for name, column in GENERATION_COLUMN.items()]
        seen.add(frozenset(value for column in columns for value in column.to_pylist()))
        fixed = (processed / LATEST).resolve()
        seen.add(frozenset(_generations(fixed)))
        ready.set()
        if is_last:
            answer.send(seen)
            return


def test_reader_never_sees_a_mix(published: Path) -> None:
    ready, last = PROCESSES.Event(), PROCESSES.Event()
    ours, theirs = PROCESSES.Pipe(duplex=False)
    reader = PROCESSES.Process(target=_read_on_and_on, args=(published, ready, last, theirs))
    reader.start()
    theirs.close()
    assert ready.wait(60)
    for generation in range(2, 22):
        assert _release(published, generation).is_new
    last.set()
    seen = ours.recv()
    reader.join()
    assert reader.exitcode == 0
    assert {len(generations) for generations in seen} == {1}
    assert {frozenset({1}), frozenset({21})} <= seen


def test_reader_of_nothing_is_told(processed: Path) -> None:
    with pytest.raises(ConfigurationError, match="found no release"):
        published_table(processed, "figures")
    with pytest.raises(ConfigurationError, match="found no release"):
        verify(processed)


def test_reader_of_an_unknown_table_is_told_which_there_are(published: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no table 'figuers'.*documents, figures"):
        published_table(published, "figuers")


# --- crashes --------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for a sudden end within the process."""


class Tap:
    """Counts the steps that change the file system and does `action` just before the n-th.

    Of `write_synced`, half of the data is on the disk when the action comes.
    """

    FUNCTIONS = ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir", "symlink", "open")

    def __init__(self, at: int, action: Callable[[], None], *, lasting: bool = False) -> None:
        self.at = at
        self.action = action
        self.lasting = lasting
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.at or (self.lasting and self.count > self.at):
            self.action()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        for name in self.FUNCTIONS:
            patch.setattr(os, name, self._counted(getattr(os, name)))
        patch.setattr(io, "open", self._counted_if_writing(io.open))
        torn = self._torn(index_module.write_synced)
        patch.setattr(index_module, "write_synced", torn)
        patch.setattr(store, "write_synced", torn)

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self.step()
            return function(*given, **named)

        return counted

    def _counted_if_writing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(path: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
            if set(mode) & set("wax+"):
                self.step()
            return function(path, mode, *given, **named)

        return counted

    def _torn(self, write: Callable[[Path, bytes], None]) -> Callable[[Path, bytes], None]:
        def torn(path: Path, data: bytes) -> None:
            path.write_bytes(data[: len(data) // 2])
            self.step()
            write(path, data)

        return torn


@contextmanager
def _tapped(at: int, action: Callable[[], None], *, lasting: bool = False) -> Iterator[Tap]:
    tap = Tap(at, action, lasting=lasting)
    with pytest.MonkeyPatch.context() as patch:
        tap.install(patch)
        yield tap


def _full_disk() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _kill() -> None:
    raise Killed


def _assert_old_or_new(processed: Path, old: int, new: int) -> int:
    """Assert that a reader sees one whole release, old or new, and return which."""
    index = read_index(processed)
    assert index.current == index.releases[-1].release_id
    for entry in index.releases:
        assert file_problems(processed, entry.release_id) == []
    folder = processed / RELEASES / index.current
    (seen,) = _generations(folder)
    assert len(index.releases) == {old: 1, new: 2}[seen]
    (fixed,) = _generations(processed / LATEST)
    assert fixed in {old, seen}
    return seen


def _assert_next_run_mends(processed: Path, old: int, new: int) -> None:
    seen = _assert_old_or_new(processed, old, new)
    publication = _release(processed, new, run_id="next")
    assert publication.is_new == (seen == old)
    assert _assert_old_or_new(processed, old, new) == new
    assert _generations(processed / LATEST) == {new}
    assert _debris(processed) == []


def _publish_in_trouble(
    processed: Path, at: int, action: Callable[[], None], *, lasting: bool = False
) -> str:
    """Publish generation 2, with trouble at one step; leave the staging area as a crash does.

    Return the message of the error, or how it ended.
    """
    staging = Staging(processed, "crashing")
    staging.open()
    try:
        _stage(staging, 2, CONTRACTS)
        with _tapped(at, action, lasting=lasting):
            publish(staging, CONTRACTS, NOON)
    except Killed:
        return "killed"
    except (ConfigurationError, DataError) as error:
        return str(error)
    finally:
        staging.release_lock()
    return "published"


@pytest.fixture
def stores(published: Path, tmp_path: Path) -> Callable[[int], Path]:
    """Return a maker of copies of a store that has generation 1."""

    def copy(number: int) -> Path:
        return Path(shutil.copytree(published, tmp_path / f"copy-{number}", symlinks=True))

    return copy


def _steps_to_publish(processed: Path) -> int:
    with _staged(processed, 2) as staging, _tapped(0, _kill) as tap:
        publish(staging, CONTRACTS, NOON)
    return tap.count


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.usefixtures("quick")
def test_full_disk_at_any_step_leaves_old_or_new_and_says_so(
    stores: Callable[[int], Path], lasting: bool
) -> None:
    ends = []
    for at in range(1, _steps_to_publish(stores(0)) + 1):
        processed = stores(at)
        told = _publish_in_trouble(processed, at, _full_disk, lasting=lasting)
        seen = _assert_old_or_new(processed, 1, 2)
        if told != "published":
            assert "No space left on device" in told
            assert ("releases there are unchanged" in told) == (seen == 1), f"step {at}: {told}"
        ends.append((seen, told == "published"))
        _assert_next_run_mends(processed, 1, 2)
    assert {(1, False), (2, True)} <= set(ends)
    assert (1, True) not in ends


@pytest.mark.usefixtures("quick")
def test_sudden_end_at_any_step_leaves_old_or_new(stores: Callable[[int], Path]) -> None:
    seen = []
    for at in range(1, _steps_to_publish(stores(0)) + 1):
        processed = stores(at)
        assert _publish_in_trouble(processed, at, _kill) == "killed"
        seen.append(_assert_old_or_new(processed, 1, 2))
        _assert_next_run_mends(processed, 1, 2)
    assert len(seen) > 40
    assert seen == sorted(seen), "once new, the release stays"
    assert set(seen) == {1, 2}


@pytest.mark.usefixtures("quick")
def test_change_given_up_after_a_crash_leaves_nothing(stores: Callable[[int], Path]) -> None:
    """The next run finds that nothing changed after all."""
    for at in range(1, _steps_to_publish(stores(0)) + 1):
        processed = stores(at)
        _publish_in_trouble(processed, at, _kill)
        is_current = _assert_old_or_new(processed, 1, 2) == 1
        assert _release(processed, 1, run_id="next").is_new != is_current
        assert _generations(processed / LATEST) == {1}
        assert _debris(processed) == [], f"step {at}"


@pytest.mark.usefixtures("quick")
def test_trouble_does_not_keep_the_lock(published: Path) -> None:
    """Not even while someone holds the error, and with it all that its traceback refers to."""
    generation = 2
    for at in range(1, _steps_to_publish(published) + 1):
        generation += 1
        with _staged(published, generation, "one") as staging:
            caught: OSError | ConfigurationError | DataError | None = None
            try:
                with _tapped(at, _full_disk):
                    publish(staging, CONTRACTS, NOON)
            except (OSError, ConfigurationError, DataError) as error:
                caught = error
            assert publish(staging, CONTRACTS, NOON).release_id == _current(published), caught
        assert _generations(published / LATEST) == {generation}


def _run_until(processed: Path, at: int) -> None:
    """Do all of a run in this process, which ends at once at step `at`."""
    with _tapped(at, lambda: os._exit(9)):
        _release(processed, 2, run_id="killed")


def _kill_at_many_steps(published: Path, folder: Path, answer: "Connection[Any, Any]") -> None:
    """Fork a run for every other step and kill it there, until one comes to its end."""
    staging_module.contract_failures = _found_good
    code, at = 9, -1
    while code == 9:
        at += 2
        copy = Path(shutil.copytree(published, folder / f"{at}", symlinks=True))
        child = os.fork()
        if child == 0:
            try:
                _run_until(copy, at)
            except BaseException:
                os._exit(1)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    answer.send((code, at))


@pytest.mark.usefixtures("quick")
def test_kill_at_many_steps_of_a_run_leaves_old_or_new(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    ours, theirs = PROCESSES.Pipe(duplex=False)
    killer = PROCESSES.Process(target=_kill_at_many_steps, args=(published, folder, theirs))
    killer.start()
    theirs.close()
    code, count = ours.recv()
    killer.join()
    assert code == 0, f"the run failed by itself when it was to be killed at step {count}"
    assert count > 50
    current = []
    for at in range(1, count + 1, 2):
        current.append(_assert_old_or_new(folder / f"{at}", 1, 2))
        _assert_next_run_mends(folder / f"{at}", 1, 2)
    assert current == sorted(current), "once new, the release stays"
    assert set(current) == {1, 2}


@pytest.mark.usefixtures("quick")
def test_crash_before_the_first_release_leaves_none(processed: Path) -> None:
    for at in range(1, _steps_to_publish(processed) + 1):
        shutil.rmtree(processed)
        assert _publish_in_trouble(processed, at, _kill) == "killed"
        current = read_index(processed).current
        assert current in {None, "2026-11-24.0"}
        assert _release(processed, 2).is_new == (current is None)
        assert [entry.release_id for entry in read_index(processed).releases] == ["2026-11-24.0"]
        assert _generations(processed / LATEST) == {2}
        assert _debris(processed) == []


# --- verification ---------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _change_contract(folder: Path) -> None:
    path = folder / "contracts" / "figures.json"
    path.write_text(path.read_text("utf-8").replace('"minimum": 0', '"minimum": -9'), "utf-8")


def _change_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text("utf-8").replace("letters/a.csv", "letters/b.csv"), "utf-8")


@pytest.mark.parametrize(
    ("damage", "name", "told"),
    [
        (lambda folder: _flip(folder / "figures.parquet"), "figures.parquet", "file was changed"),
        (lambda folder: (folder / "figures.parquet").unlink(), "figures.parquet", "can't be read"),
        (lambda folder: (folder / "more.csv").touch(), "more.csv", "is not in the manifest"),
        (_change_manifest, MANIFEST, "expected that of the index"),
        (lambda folder: (folder / MANIFEST).unlink(), MANIFEST, "can't be read"),
        (_change_contract, "contracts/figures.json", "file was changed"),
        (shutil.rmtree, MANIFEST, "can't be read"),
    ],
    ids="flipped missing extra manifest no-manifest contract no-folder".split(),
)
def test_verify_tells_each_damage(
    published: Path, damage: Callable[[Path], None], name: str, told: str
) -> None:
    _release(published, 2)
    folder = published / RELEASES / "2026-11-24.0"
    before = _tree(published)
    damage(folder)
    assert _tree(published) != before
    (problem,) = verify(published, "2026-11-24.0").problems
    assert problem.startswith(f"{folder / name}: ")
    assert told in problem
    assert verify(published).problems == ()


def test_verify_of_a_sound_release(published: Path) -> None:
    _release(published, 2)
    verification = verify(published)
    assert (verification.release_id, verification.files) == ("2026-11-24.1", 18)
    assert verification.problems == ()
    assert verify(published, "2026-11-24.0").release_id == "2026-11-24.0"


def test_verify_checks_the_contracts_again(published: Path) -> None:
    """A release whose hashes all fit, of rows that break its contract and its keys."""
    folder = published / RELEASES / "2026-11-24.0"
    rows = [{"figure_id": -1, "document_id": "b", "value": 1}]
    (folder / "figures.parquet").write_bytes(_parquet(rows))
    manifest = read_manifest(folder)
    for item in manifest["files"]:
        item["sha256"] = store.file_hash(folder / item["path"])
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    index = read_index(published)
    entry = replace(index.releases[0], manifest_sha256=store.file_hash(folder / MANIFEST))
    index_module.write_index(published, replace(index, releases=[entry]))
    assert verify(published).problems == (
        "figures: row 1, column figure_id: is at least 0: found '-1'",
        "figures: row 1, column document_id: stands in documents.document_id: found 'b'",
    )


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder, open_staging(Path(folder), "run") as staging:
        staging.save("figures", Outcome(table_from_rows(FIGURES, rows)))
        return staging.path("figures").read_bytes()


def test_unknown_release_is_told_with_the_newest(published: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no release '2020-01-01\.0'.*2026-11-24\.0"):
        verify(published, "2020-01-01.0")
    with pytest.raises(ConfigurationError, match=r"no release '2020-01-01\.0'"):
        published_table(published, "figures", "2020-01-01.0")


# --- a folder that can't be written to ------------------------------------------------------------


def _try_as_nobody(processed: Path, answer: "Connection[Any, Any]") -> None:
    """Open a run, and publish what is staged in `ready`, without the rights of root."""
    if os.geteuid() == 0:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    told = []
    for attempt in (
        lambda: Staging(processed, "nobody").open(),
        lambda: publish(Staging(processed, "ready"), CONTRACTS, NOON),
    ):
        try:
            attempt()
            told.append("went well")
        except ConfigurationError as error:
            told.append(str(error))
    answer.send(told)


def test_read_only_store_is_told_and_unchanged() -> None:
    with tempfile.TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)
        processed = Path(outer) / "processed"
        _release(processed, 1)
        (processed / LOCK).unlink(missing_ok=True)
        with _staged(processed, 2, "ready"):
            before = _tree(processed)
            processed.chmod(0o555)
            (processed / STAGING).chmod(0o555)
            ours, theirs = PROCESSES.Pipe(duplex=False)
            child = PROCESSES.Process(target=_try_as_nobody, args=(processed, theirs))
            child.start()
            theirs.close()
            told = ours.recv()
            child.join()
            processed.chmod(0o755)
            (processed / STAGING).chmod(0o755)
        assert len(told) == 2
        for message in told:
            assert message.startswith(f"{processed}: can't be written to (Permission denied)")
            assert "releases there are unchanged" in message
        assert _tree(processed) == before
        assert verify(processed).problems == ()


# --- any history ----------------------------------------------------------------------------------


class StoreMachine(RuleBasedStateMachine):
    """Any history of publications, crashes and damage, against a list of what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(staging_module, "contract_failures", _found_good)
        self.folder = tempfile.TemporaryDirectory()
        self.processed = Path(self.folder.name) / "processed"
        self.model: list[tuple[str, int]] = []
        self.damaged: set[str] = set()
        self.today = NOON

    def teardown(self) -> None:
        self.patch.undo()
        self.folder.cleanup()

    def _expect(self, generation: int) -> tuple[str, bool]:
        if self.model:
            current, shown = self.model[-1]
            if shown == generation and current not in self.damaged:
                return current, False
        day = self.today.date().isoformat()
        number = sum(name.startswith(day) for name, _ in self.model)
        return f"{day}.{number}", True

    @initialize(generation=st.integers(0, 2))
    def first(self, generation: int) -> None:
        self.publish(generation)

    @rule(generation=st.integers(0, 2))
    def publish(self, generation: int) -> None:
        expected, is_new = self._expect(generation)
        publication = _release(self.processed, generation, self.today)
        assert (publication.release_id, publication.is_new) == (expected, is_new)
        if is_new:
            self.model.append((expected, generation))
        assert (self.processed / LATEST).resolve().name == expected
        assert _debris(self.processed) == []

    @rule(generation=st.integers(0, 2), at=st.integers(1, 60))
    def crash(self, generation: int, at: int) -> None:
        expected, is_new = self._expect(generation)
        staging = Staging(self.processed, "crashed")
        staging.open()
        try:
            _stage(staging, generation, CONTRACTS)
            with _tapped(at, _kill):
                publish(staging, CONTRACTS, self.today)
        except Killed:
            pass
        finally:
            staging.release_lock()
        if is_new and read_index(self.processed).current == expected:
            self.model.append((expected, generation))

    @rule()
    def next_day(self) -> None:
        self.today += DAY

    @precondition(lambda self: set(dict(self.model)) - self.damaged)
    @rule(data=st.data())
    def tamper(self, data: st.DataObject) -> None:
        sound = sorted(set(dict(self.model)) - self.damaged)
        chosen = data.draw(st.sampled_from(sound))
        folder = self.processed / RELEASES / chosen
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        _flip(data.draw(st.sampled_from(files)))
        self.damaged.add(chosen)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def verify(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(dict(self.model))))
        assert bool(verify(self.processed, chosen).problems) == (chosen in self.damaged)

    @invariant()
    def index_is_the_model(self) -> None:
        index = read_index(self.processed)
        assert [entry.release_id for entry in index.releases] == [name for name, _ in self.model]
        assert index.current == (self.model[-1][0] if self.model else None)

    @invariant()
    def each_release_holds_what_was_published(self) -> None:
        for name, generation in self.model:
            if name not in self.damaged:
                assert file_problems(self.processed, name) == []
                assert _generations(self.processed / RELEASES / name) == {generation}


StoreMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestStoreHistory = StoreMachine.TestCase
