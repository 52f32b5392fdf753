"""Views over a release: what they show is what the files hold, and they follow it."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ipsdata.errors import ConfigurationError
from ipsdata.release.index import read_index
from ipsdata.release.views import DATABASE, SQL
from small_store import figures, release


def names_in(database: Path) -> list[str]:
    with duckdb.connect(database, read_only=True) as base:
        rows = base.execute("SELECT name FROM figures ORDER BY figure_id").fetchall()
    return [name for (name,) in rows]


def test_the_database_follows_the_current_release(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures(["Oekraïne", 'a "b"'])})
    state = (tmp_path / DATABASE).stat()
    assert names_in(tmp_path / DATABASE) == ["Oekraïne", 'a "b"']
    release(tmp_path, {"figures": figures(["new"])})
    assert names_in(tmp_path / DATABASE) == ["new"]
    assert (tmp_path / DATABASE).stat().st_ino == state.st_ino  # it was not written again


def test_a_reader_that_keeps_the_database_open_sees_the_new_release(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures(["old"])})
    with duckdb.connect(tmp_path / DATABASE, read_only=True) as base:
        code = f"import duckdb; duckdb.connect({str(tmp_path / DATABASE)!r}, read_only=True)"
        subprocess.run([sys.executable, "-c", code], check=True)
        release(tmp_path, {"figures": figures(["new"])})
        assert base.execute("SELECT name FROM figures").fetchall() == [("new",)]


def test_without_symbolic_links_the_file_names_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    for names in (["old"], ["new"]):
        release(tmp_path, {"figures": figures(names)})
        assert names_in(tmp_path / DATABASE) == names


def test_comments_tell_titles_and_meaning(tmp_path: Path) -> None:
    release(tmp_path, {"figures": []})
    with duckdb.connect(tmp_path / DATABASE, read_only=True) as base:
        query = "SELECT comment FROM duckdb_columns() WHERE table_name = 'figures'"
        found = {comment for (comment,) in base.execute(query).fetchall()}
    assert "value (value). The value." in found


def test_the_statements_of_a_release_run_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(tmp_path, {"figures": figures(["one", "two"])})
    monkeypatch.chdir(tmp_path / "latest")
    with duckdb.connect() as base:
        base.execute(Path(SQL).read_text("utf-8"))
        assert base.execute("SELECT count(*) FROM figures").fetchone() == (2,)


def test_a_lost_database_is_made_again_by_the_next_run(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures(["one"])})
    (tmp_path / DATABASE).write_bytes(b"no database")
    assert not release(tmp_path, {"figures": figures(["one"])}).is_new
    assert names_in(tmp_path / DATABASE) == ["one"]


def test_a_folder_whose_name_is_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "a[b]*"
    release(folder, {"figures": figures(["one"])})
    assert names_in(folder / DATABASE) == ["one"]


def test_a_database_that_cannot_be_written_undoes_no_release(tmp_path: Path) -> None:
    (tmp_path / DATABASE).mkdir()
    with pytest.raises(ConfigurationError, match="was published, but what follows it failed"):
        release(tmp_path, {"figures": []})
    assert read_index(tmp_path).current == "2026-11-24.0"


def test_the_file_opens_in_older_versions_of_duckdb_too(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures(["a"])})
    with duckdb.connect(tmp_path / DATABASE, read_only=True) as base:
        told = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
        assert base.execute(told).fetchall() == [("v1.0.0+",)]
