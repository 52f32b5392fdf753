"""The fingerprint of what a release is made from, and what is noted of it."""

import json
import os
import re
import shutil
import socket
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from conftest import ROOT
from ipsdata import unchanged
from ipsdata.read.preflight import Limits
from ipsdata.release.index import ReleaseEntry, ReleaseIndex, write_index
from ipsdata.settings import Settings
from ipsdata.unchanged import inputs_fingerprint, remember, take_inputs

Tree = Mapping[str, "bytes | Tree"]

NAMES = st.sampled_from(["a", "b", "ab", "a.b", "a b", 'a","b', "a\nb", "é", "file", "folder"])
NODES: st.SearchStrategy[bytes | Tree] = st.recursive(
    st.binary(max_size=2), lambda nodes: st.dictionaries(NAMES, nodes, max_size=3), max_leaves=5
)
TREES: st.SearchStrategy[Tree] = st.dictionaries(NAMES, NODES, max_size=3)
RELEASE = "2026-11-24.0"


def plant(folder: Path, tree: Tree, *, backwards: bool = False) -> None:
    folder.mkdir()
    for name in sorted(tree, reverse=backwards):
        node = tree[name]
        if isinstance(node, bytes):
            (folder / name).write_bytes(node)
        else:
            plant(folder / name, node, backwards=backwards)


def planted(raw: Tree, schemas: Tree, *, backwards: bool = False) -> str:
    """Return the fingerprint of an installation that exists for this moment only."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        patch.setattr(unchanged, "PACKAGE", folder / "none")
        patch.setattr(unchanged, "LIBRARIES", ())
        plant(folder / "raw", raw, backwards=backwards)
        plant(folder / "schemas", schemas, backwards=backwards)
        return inputs_fingerprint(
            Settings(folder / "raw", folder / "processed", folder / "schemas")
        )


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return an installation with a few files, and a package of its own."""
    edition = {"source.yaml": b"a", "list.csv": b"b"}
    plant(tmp_path / "raw", {"letters": {"one": edition, "two": dict(edition)}})
    plant(tmp_path / "schemas", {"tables": {"t.yaml": b"t"}, "codes": {"c.csv": b"c"}})
    plant(tmp_path / "ipsdata", {"run.py": b"run", "read": {"a.py": b"a"}, "note.txt": b"n"})
    monkeypatch.setattr(unchanged, "PACKAGE", tmp_path / "ipsdata")
    return Settings(tmp_path / "raw", tmp_path / "processed", tmp_path / "schemas")


@pytest.fixture
def published(installed: Settings) -> Settings:
    """Return an installation whose index lists a release."""
    installed.processed_dir.mkdir()
    entry = ReleaseEntry(RELEASE, "2026-11-24T12:00:00+00:00", "0" * 64, {})
    write_index(installed.processed_dir, ReleaseIndex(RELEASE, [entry]))
    return installed


@profile(max_examples=150, deadline=None)
@given(TREES, TREES, TREES, TREES)
def test_different_trees_have_different_fingerprints(a: Tree, b: Tree, c: Tree, d: Tree) -> None:
    assume((a, b) != (c, d))
    assert planted(a, b) != planted(c, d)


@profile(max_examples=50, deadline=None)
@given(TREES, TREES)
def test_equal_trees_have_equal_fingerprints_wherever_they_lie(raw: Tree, schemas: Tree) -> None:
    assert planted(raw, schemas) == planted(raw, schemas, backwards=True)


@profile(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=4), st.integers(1, 3))
def test_bytes_that_move_to_another_file_count(one: bytes, other: bytes, moved: int) -> None:
    joined = one + other
    first, rest = joined[:moved], joined[moved:]
    assume(first != one)
    assert planted({"a": one, "b": other}, {}) != planted({"a": first, "b": rest}, {})


def flip(path: Path) -> None:
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]))


def swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a bit of a raw file": lambda here: flip(here / "raw/letters/one/list.csv"),
    "a new raw file": lambda here: (here / "raw/letters/one/new").touch(),
    "a file outside an edition": lambda here: (here / "raw/stray").touch(),
    "a new folder": lambda here: (here / "raw/letters/three").mkdir(),
    "a raw file is gone": lambda here: (here / "raw/letters/one/list.csv").unlink(),
    "an edition is gone": lambda here: shutil.rmtree(here / "raw/letters/one"),
    "all is gone": lambda here: shutil.rmtree(here / "raw"),
    "a raw file is renamed": lambda here: (here / "raw/letters/one/list.csv").rename(
        here / "raw/letters/one/list2.csv"
    ),
    "a raw file is moved": lambda here: (here / "raw/letters/one/list.csv").rename(
        here / "raw/letters/two/new.csv"
    ),
    "an edition is renamed": lambda here: (here / "raw/letters/one").rename(
        here / "raw/letters/uno"
    ),
    "two files change places": lambda here: swap(
        here / "raw/letters/one/list.csv", here / "raw/letters/one/source.yaml"
    ),
    "a schema": lambda here: flip(here / "schemas/tables/t.yaml"),
    "a new schema": lambda here: (here / "schemas/tables/u.yaml").touch(),
    "a hidden schema, which is read": lambda here: (here / "schemas/tables/.u.yaml").touch(),
    "a code list": lambda here: flip(here / "schemas/codes/c.csv"),
    "a source file": lambda here: flip(here / "ipsdata/read/a.py"),
    "a new source file": lambda here: (here / "ipsdata/read/b.py").touch(),
    "a file becomes a folder": lambda here: (
        (here / "raw/letters/one/list.csv").unlink(),
        (here / "raw/letters/one/list.csv").mkdir(),
    ),
    "a file becomes a link to nothing": lambda here: (
        (here / "raw/letters/one/list.csv").unlink(),
        (here / "raw/letters/one/list.csv").symlink_to("nothing"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_changes_the_fingerprint(
    change: str, installed: Settings, tmp_path: Path
) -> None:
    before, digest = take_inputs(installed), inputs_fingerprint(installed)
    CHANGES[change](tmp_path)
    assert inputs_fingerprint(installed) != digest
    assert take_inputs(installed) != before


@pytest.mark.parametrize("limit", [limit.name for limit in fields(Limits)])
def test_each_limit_counts(limit: str, installed: Settings) -> None:
    other = replace(installed.limits, **{limit: getattr(installed.limits, limit) + 1})
    assert inputs_fingerprint(installed) != inputs_fingerprint(replace(installed, limits=other))


def test_each_other_setting_counts(installed: Settings) -> None:
    folders = {"raw_dir", "processed_dir", "schemas_dir"}
    for name in {field.name for field in fields(Settings)} - folders - {"limits"}:
        other = replace(installed, **{name: getattr(installed, name) / 2})
        assert inputs_fingerprint(installed) != inputs_fingerprint(other), name


def test_versions_count(installed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {inputs_fingerprint(installed)}
    for library in unchanged.LIBRARIES:
        with monkeypatch.context() as patch:
            real = unchanged.version
            patch.setattr(
                unchanged, "version", lambda n, x=library, v=real: "0" if n == x else v(n)
            )
            found.add(inputs_fingerprint(installed))
    with monkeypatch.context() as patch:
        patch.setattr("sys.version", "4.0")
        found.add(inputs_fingerprint(installed))
    assert len(found) == len(unchanged.LIBRARIES) + 2


def test_every_library_that_makes_a_table_counts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {re.split("[<>=]", text)[0] for text in project["dependencies"]}
    others = {"click", "filelock", "prometheus-client", "rich"}
    pages = {"altair", "duckdb", "jinja2", "markupsafe", "vl-convert-python"}  # beside the tables
    assert named - others - pages <= set(unchanged.LIBRARIES)


def test_library_that_is_not_installed_is_a_version_too(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LIBRARIES", ("no-such-library",))
    assert len(inputs_fingerprint(installed)) == 64


@pytest.mark.parametrize("name", ["raw/.gitkeep", "raw/letters/.~lock.csv#", "ipsdata/note.txt"])
def test_what_no_run_reads_does_not_count(name: str, installed: Settings, tmp_path: Path) -> None:
    before = inputs_fingerprint(installed)
    (tmp_path / name).write_bytes(b"x")
    assert inputs_fingerprint(installed) == before


def test_times_do_not_count(installed: Settings) -> None:
    before = inputs_fingerprint(installed)
    for path in installed.raw_dir.rglob("*"):
        os.utime(path, (0, 0))
    assert inputs_fingerprint(installed) == before


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path has to be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def make_circle(path: Path) -> None:
    path.symlink_to(path.name)


ODD: dict[str, Callable[[Path], None]] = {
    "pipe": make_pipe,
    "socket": make_socket,
    "link to itself": make_circle,
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "folder": lambda path: path.mkdir(),
    "empty file": lambda path: path.touch(),
}


def test_what_can_not_be_read_is_marked_and_never_waited_for(installed: Settings) -> None:
    path = installed.raw_dir / "letters" / "one" / "odd"
    found = {inputs_fingerprint(installed)}
    for make in ODD.values():
        make(path)
        found.add(inputs_fingerprint(installed))
        path.rmdir() if path.is_dir() else path.unlink()
    assert len(found) == len(ODD) + 1


def test_file_that_may_not_be_read_equals_none_that_may(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {inputs_fingerprint(installed)}
    real = unchanged.file_hash
    for error in (PermissionError(13, "Permission denied"), OSError(5, "Input/output error")):

        def refuse(path: Path, error: OSError = error) -> str:
            if path.name == "list.csv":
                raise error
            return real(path)

        monkeypatch.setattr(unchanged, "file_hash", refuse)
        found.add(inputs_fingerprint(installed))
        assert inputs_fingerprint(installed) in found, "it is the same each time"
    assert len(found) == 3


def test_folder_that_may_not_be_listed_is_marked(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = inputs_fingerprint(installed)
    real = os.listdir

    def refuse(path: Path) -> list[str]:
        if path.name == "two":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "listdir", refuse)
    assert inputs_fingerprint(installed) != before


def test_links_in_a_circle_come_to_an_end(installed: Settings) -> None:
    edition = installed.raw_dir / "letters" / "one"
    for name in ("a", "b"):
        (edition / name).symlink_to(installed.raw_dir)
        (installed.raw_dir / name).symlink_to(installed.raw_dir)
    assert len(take_inputs(installed).entries[0]) < 200


def test_edition_that_is_a_link_is_followed(installed: Settings, tmp_path: Path) -> None:
    plant(tmp_path / "elsewhere", {"list.csv": b"b"})
    (installed.raw_dir / "letters" / "linked").symlink_to(tmp_path / "elsewhere")
    before = inputs_fingerprint(installed)
    flip(tmp_path / "elsewhere" / "list.csv")
    assert inputs_fingerprint(installed) != before


def test_folders_without_end_and_names_that_are_no_utf8(installed: Settings) -> None:
    before = inputs_fingerprint(installed)
    (installed.raw_dir / os.fsdecode(b"bad\xff")).touch()
    odd = inputs_fingerprint(installed)
    made = []
    path = installed.raw_dir
    for _ in range(1_100):  # deeper than Python calls functions
        path /= "d"
        path.mkdir()
        made.append(path)
    deep = inputs_fingerprint(installed)
    for folder in reversed(made):
        folder.rmdir()
    assert len({before, odd, deep}) == 3


def kept(settings: Settings) -> Path:
    return settings.cache_dir / unchanged.KEPT


def test_what_the_inputs_came_to_is_noted(published: Settings) -> None:
    inputs = take_inputs(published)
    remember(published, inputs, RELEASE)
    assert json.loads(kept(published).read_bytes()) == {
        "release_id": RELEASE,
        "inputs_sha256": inputs_fingerprint(published),
        "manifest_sha256": "0" * 64,
    }
    assert [path.name for path in published.cache_dir.iterdir()] == [unchanged.KEPT]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_noted_if_the_inputs_changed_during_the_run(
    change: str, published: Settings, tmp_path: Path
) -> None:
    inputs = take_inputs(published)
    CHANGES[change](tmp_path)
    remember(published, inputs, RELEASE)
    assert not kept(published).exists()


@pytest.mark.parametrize("asked_first", [True, False])
def test_nothing_is_noted_if_a_change_was_undone(asked_first: bool, published: Settings) -> None:
    """The run may have read what stood there in between."""
    inputs = take_inputs(published)
    if asked_first:
        assert inputs.sha256
    path = published.raw_dir / "letters" / "one" / "list.csv"
    before, data = path.stat(), path.read_bytes()
    path.write_bytes(b"other")
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert inputs_fingerprint(published) == inputs.sha256
    remember(published, inputs, RELEASE)
    assert not kept(published).exists()


def test_note_that_can_not_be_written_is_no_error(published: Settings) -> None:
    published.cache_dir.write_text("a file where the folder should be")
    remember(published, take_inputs(published), RELEASE)
    assert published.cache_dir.is_file()
