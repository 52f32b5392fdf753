"""Edges of the release store: empty and vanished tables, hostile names, many releases, no links."""

import csv
import errno
import io
import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from click.testing import CliRunner
from lxml import html

from ipsdata.check_bi import check_bi
from ipsdata.cli import cli
from ipsdata.errors import ConfigurationError
from ipsdata.release.index import (
    INDEX,
    LATEST,
    RELEASES,
    ReleaseEntry,
    ReleaseIndex,
    read_index,
    write_index,
)
from ipsdata.release.store import load_content, published_table, verify
from small_store import DOCUMENTS, FIGURES, figures, made_up_contract, release

HOSTILE = (
    "=1+1",
    "+31 6",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.invalid","x")',
    "'single' and \"double\"",
    "two\nlines",
    "carriage\r\nreturn",
    "a,b;c\td",
    "[red]markup[/red]",
    "<script>alert(1)</script>",
    "'; DROP TABLE figures; --",
    "\x1b[2Jcleared",
    "right\u202eto left",
    "Ünïcode ﷽ 🚓",
    " blanks ",
)


@pytest.fixture
def processed(tmp_path: Path) -> Path:
    return tmp_path / "processed"


def _run(processed: Path, *arguments: str) -> Any:
    given = ["--processed-dir", str(processed), *arguments]
    return CliRunner().invoke(cli, given, standalone_mode=False, catch_exceptions=False)


def _folder(processed: Path) -> Path:
    current = read_index(processed).current
    assert current is not None
    return processed / RELEASES / current


# --- an empty table -------------------------------------------------------------------------------


def test_empty_table_is_published_and_every_reader_sees_its_columns(processed: Path) -> None:
    assert release(processed, {}).tables == {"documents": 1, "figures": 0}
    path = _folder(processed) / "figures.parquet"
    names = list(FIGURES.names)
    assert verify(processed).problems == ()
    assert published_table(processed, "figures").column_names == names
    assert list(pd.read_parquet(path).columns) == names
    assert pl.read_parquet(path).schema == {
        "figure_id": pl.Int64,
        "name": pl.String,
        "value": pl.Int64,
    }
    read = duckdb.sql(f"SELECT * FROM '{path}'")
    assert (read.columns, read.fetchall()) == (names, [])
    assert check_bi(path)[0].findings == ()


def test_empty_table_is_shown_and_written_as_json(processed: Path) -> None:
    release(processed, {})
    assert json.loads(_run(processed, "show", "figures", "--json").output) == []
    assert "figures: 0 rows" in _run(processed, "show", "figures").output
    assert "figures: 0 rows" in _run(processed, "show", "figures", "--where", "name=x").output


def test_table_that_becomes_empty_is_told(processed: Path) -> None:
    release(processed, {"figures": figures("abc")})
    assert release(processed, {}).fewer == {"figures": 3}


# --- a table that vanished ------------------------------------------------------------------------


def test_vanished_table_stays_in_its_old_release_only(processed: Path) -> None:
    old = release(processed, {"figures": figures("ab")})
    new = release(processed, {}, {"documents": DOCUMENTS}, schema_major=2)
    assert (new.is_new, new.tables, new.fewer) == (True, {"documents": 1}, {"figures": 2})
    assert verify(processed, old.release_id).problems == ()
    assert verify(processed, new.release_id).problems == ()
    assert published_table(processed, "figures", old.release_id).num_rows == 2
    with pytest.raises(ConfigurationError, match=r"no table 'figures'; it has: documents"):
        published_table(processed, "figures")
    assert not (_folder(processed) / "figures.parquet").exists()
    assert load_content(processed).contracts.keys() == {"documents"}


def test_table_that_comes_back_is_a_release_again(processed: Path) -> None:
    release(processed, {"figures": figures("ab")})
    release(processed, {}, {"documents": DOCUMENTS}, schema_major=2)
    back = release(processed, {"figures": figures("ab")}, schema_major=2)
    assert (back.is_new, back.tables["figures"]) == (True, 2)
    assert len(read_index(processed).releases) == 3


# --- hostile names --------------------------------------------------------------------------------


@pytest.fixture
def hostile(processed: Path) -> Path:
    """Return a store whose table has every hostile name as a value."""
    release(processed, {"figures": figures(HOSTILE)})
    return processed


def test_hostile_names_are_kept_to_the_letter(hostile: Path) -> None:
    path = _folder(hostile) / "figures.parquet"
    assert pd.read_parquet(path)["name"].tolist() == list(HOSTILE)
    assert pl.read_parquet(path)["name"].to_list() == list(HOSTILE)
    told = json.loads(_run(hostile, "show", "figures", "--json").output)
    assert [row["name"] for row in told] == list(HOSTILE)
    assert verify(hostile).problems == ()


def test_hostile_names_are_found_by_where(hostile: Path) -> None:
    arguments = ("show", "figures", "--json", "--where", "name='; DROP TABLE figures; --")
    assert [row["name"] for row in json.loads(_run(hostile, *arguments).output)] == [HOSTILE[11]]


def test_hostile_names_do_nothing_to_the_terminal(hostile: Path) -> None:
    output = _run(hostile, "show", "figures").output
    assert "[red]markup[/red]" in output
    assert "\x1b" not in output
    assert "\r" not in output
    assert "\u202e" not in output


def _is_harmless(output: str) -> bool:
    return not {"\x1b", "\r", "\u202e"} & set(output)


def test_hostile_names_are_told_by_diff_and_history_and_do_nothing(processed: Path) -> None:
    columns = {"name": "string", "value": "int64"}
    contracts = {"documents": DOCUMENTS, "figures": made_up_contract("figures", columns)}
    rows = [{"name": name, "value": number} for number, name in enumerate(HOSTILE)]
    release(processed, {}, contracts)
    release(processed, {"figures": rows}, contracts)
    told = _run(processed, "diff", "previous", "latest").output
    lines = [line for line in told.splitlines() if line.startswith("| added |")]
    assert len(lines) == len(HOSTILE)
    assert {line.count("|") for line in lines} == {6}
    assert "<script>" not in told
    assert _is_harmless(told)
    keys = {
        row["key"]: row
        for row in json.loads(_run(processed, "diff", "previous", "latest", "--json").output)
    }
    assert len(keys) == len(HOSTILE)
    for key, row in keys.items():
        found = _run(processed, "history", f"figures:{key}")
        assert _is_harmless(found.output), key
        again = json.loads(_run(processed, "history", f"figures:{key}", "--json").output)
        assert again["key"] == {"name": HOSTILE[int(row["value_new"])]}
        assert [s["row"] and s["row"]["value"] for s in again["states"]] == [None, row["value_new"]]


def test_csv_twin_holds_a_row_a_record_and_no_formula(hostile: Path) -> None:
    data = (_folder(hostile) / "csv" / "figures.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    names = [row["name"] for row in rows]
    assert len(names) == len(HOSTILE)
    assert not [name for name in names if name.lstrip(" ")[:1] in "=+-@\t\r"]
    undone = [name.removeprefix("'") for name in names]
    assert undone == list(HOSTILE)


def test_column_and_table_titles_can_not_break_the_dictionary(processed: Path) -> None:
    wild = made_up_contract("wild", {"id": "int64"}, title="\n".join(HOSTILE[:13]))
    release(processed, {"wild": [{"id": 1}]}, {"documents": DOCUMENTS, "wild": wild})
    page = html.fromstring((_folder(processed) / "dictionary" / "index.html").read_text("utf-8"))
    assert len(page.xpath("//script")) == 1
    assert "<script>alert(1)</script>" in page.get_element_by_id("wild").text_content()


# --- a thousand releases --------------------------------------------------------------------------


def _with_a_past(processed: Path, count: int) -> None:
    """Put releases into the index before the first real one; their folders are gone."""
    index = read_index(processed)
    past = [
        ReleaseEntry(f"2020-01-01.{n}", "2020-01-01T12:00:00+00:00", "0" * 64, {"documents": 1})
        for n in range(count)
    ]
    write_index(processed, ReleaseIndex(index.current, [*past, *index.releases]))


def test_publishing_the_thousandth_release_touches_none_of_the_others(processed: Path) -> None:
    release(processed, {"figures": figures("a")})
    _with_a_past(processed, 999)
    assert release(processed, {"figures": figures("a")}).is_new is False
    publication = release(processed, {"figures": figures("ab")})
    assert publication.is_new
    index = read_index(processed)
    assert len(index.releases) == 1001
    assert index.entry("2020-01-01.500").tables == {"documents": 1}
    assert index.current == index.releases[-1].release_id == publication.release_id
    assert verify(processed).problems == ()


def test_thousand_releases_are_listed_and_one_that_is_gone_is_told(processed: Path) -> None:
    release(processed, {"figures": figures("a")})
    _with_a_past(processed, 999)
    lines = _run(processed, "releases").output.splitlines()
    assert len(lines) == 1000
    assert [line for line in lines if line.startswith("*")] == [lines[-1]]
    told = json.loads(_run(processed, "releases", "--json").output)
    assert told["releases"] == [asdict(entry) for entry in read_index(processed).releases]
    (problem,) = verify(processed, "2020-01-01.7").problems
    assert "can't be read (No such file or directory)" in problem


def test_thousand_releases_of_one_day_are_numbered_on(processed: Path) -> None:
    release(processed, {"figures": figures("a")})
    index = read_index(processed)
    (first,) = index.releases
    entries = [
        ReleaseEntry(f"2026-11-24.{n}", *list(asdict(first).values())[1:]) for n in range(1000)
    ]
    write_index(processed, ReleaseIndex(index.current, entries))
    assert release(processed, {"figures": figures("ab")}).release_id == "2026-11-24.1000"


# --- `latest` where there are no links ------------------------------------------------------------


def _no_links(number: int) -> Any:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_without_links_there_is_no_latest_and_readers_go_by_the_index(
    processed: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(Path, "symlink_to", _no_links(number))
    first = release(processed, {"figures": figures("a")})
    second = release(processed, {"figures": figures("ab")})
    assert (first.is_new, first.is_followed, second.is_new) == (True, False, True)
    assert not os.path.lexists(processed / LATEST)
    assert published_table(processed, "figures").num_rows == 2
    current = json.loads((processed / INDEX).read_bytes())["current"]
    assert pd.read_parquet(processed / RELEASES / current / "figures.parquet").shape[0] == 2
    again = release(processed, {"figures": figures("ab")})
    assert (again.is_new, again.is_followed) == (False, False)


def test_link_of_before_is_removed_rather_than_left_to_an_old_release(
    processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert release(processed, {"figures": figures("a")}).is_followed
    monkeypatch.setattr(Path, "symlink_to", _no_links(errno.EPERM))
    assert release(processed, {"figures": figures("ab")}).is_followed is False
    assert not os.path.lexists(processed / LATEST)


def test_trouble_that_is_not_a_lack_of_links_is_told(
    processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", _no_links(errno.ENOSPC))
        with pytest.raises(ConfigurationError, match=r"was published, but what follows it failed"):
            release(processed, {"figures": figures("a")})
    again = release(processed, {"figures": figures("a")})
    assert (again.is_new, again.is_followed) == (False, True)


def test_latest_that_is_a_folder_is_refused_before_anything_is_written(processed: Path) -> None:
    release(processed, {"figures": figures("a")})
    copied = processed.with_name("copied")
    shutil.copytree(processed, copied)  # follows the link, as many tools that copy do
    before = sorted(path for path in copied.rglob("*") if path.is_file())
    for names in ("a", "ab"):
        with pytest.raises(ConfigurationError, match=r"latest: is a folder, expected a link"):
            release(copied, {"figures": figures(names)})
    present = {path for path in copied.rglob("*") if path.is_file() and ".publish" not in path.name}
    assert present == {path for path in before if ".publish" not in path.name}
    shutil.rmtree(copied / LATEST)
    assert release(copied, {"figures": figures("ab")}).is_followed


def test_latest_that_is_a_file_is_replaced(processed: Path) -> None:
    release(processed, {"figures": figures("a")})
    (processed / LATEST).unlink()
    (processed / LATEST).write_text("releases/2026-11-24.0")  # as git keeps links without links
    assert release(processed, {"figures": figures("ab")}).is_followed
    assert published_table(processed, "figures").num_rows == 2
    assert (processed / LATEST / "figures.parquet").is_file()


def test_run_without_links_says_so(processed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "symlink_to", _no_links(errno.EPERM))
    output = _run(processed, "run", "--quiet").output
    assert "this file system has no links; releases.json names the current release" in output


# --- reading while publishing ---------------------------------------------------------------------


def test_reader_that_resolved_latest_once_keeps_its_release(processed: Path) -> None:
    """The race itself, in two processes, is in test_release_store."""
    release(processed, {"figures": figures("a")})
    resolved = (processed / LATEST).resolve()
    stream = (processed / LATEST / "figures.parquet").open("rb")
    release(processed, {"figures": figures("abc")})
    assert pd.read_parquet(resolved / "figures.parquet").shape[0] == 1
    with stream:
        assert pd.read_parquet(stream).shape[0] == 1
    assert pd.read_parquet(processed / LATEST / "figures.parquet").shape[0] == 3
