"""The dashboard of a running Superset: its charts show what the Parquet files hold."""

import datetime as dt
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from conftest import ROOT, copy_lists, installation
from superset_server import PYTHON, SERVE, Server, publish_letter, start

DEPLOYMENTS = "Police officers on missions, by mission and reference date"
CATEGORIES = "SIS hits by category, newest year with a breakdown"
SEARCHES = "Searches in SIS per year, with breaks"
HITS = "Hits in SIS per year, by scope, with breaks"
BREAKS = "Breaks in series of SIS"
FIGURES = "Each figure with its interval, source and place"
CHARTS = {DEPLOYMENTS, CATEGORIES, SEARCHES, HITS, BREAKS, FIGURES}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server on a release with one list more than the project's own data."""
    assert PYTHON.is_file(), f"{PYTHON} is missing: run `make test-superset`"
    folder = tmp_path_factory.mktemp("superset")
    copy_lists(folder / "raw")
    playground = installation(folder)
    publish_letter(playground, "2025-12-10", "12 november 2025", eulex="5", euam="2")
    process, port = start(playground, folder / "home", folder / "output.txt")
    yield Server(playground, folder / "home", port, folder / "output.txt")
    process.terminate()
    process.wait(timeout=60)


def parquet(server: Server, query: str) -> list[tuple[Any, ...]]:
    """Query the files of the current release; `{deployments}` is the file of that table."""
    latest = server.playground.processed / "latest"
    return duckdb.sql(re.sub(r"\{(\w+)\}", rf"'{latest}/\1.parquet'", query)).fetchall()


def day(milliseconds: float) -> dt.date:
    """Return a day as the API tells it."""
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).date()


def points(rows: list[dict[str, Any]], axis: str) -> set[tuple[Any, str, float]]:
    """Return the points of a chart: its place on the axis, its series, its value."""
    return {
        (row[axis], series, value)
        for row in rows
        for series, value in row.items()
        if series != axis and value is not None
    }


def test_all_charts_are_there(server: Server) -> None:
    assert set(server.charts()) == CHARTS


def test_deployments_by_mission_over_time(server: Server) -> None:
    (rows,) = server.data(DEPLOYMENTS)
    found = points(rows, "counted_on")
    assert found == set(
        parquet(
            server,
            "SELECT CAST(reference_date AS VARCHAR), title, value FROM {deployments} "
            "JOIN {missions} USING (mission_id) WHERE population = 'police' AND measure = 'stock'",
        )
    )
    # The totals printed under the lists.
    totals = {date: sum(row[2] for row in found if row[0] == date) for date, _, _ in found}
    assert totals == {"2025-05-14": 33, "2025-11-12": 7}


def test_hits_by_category(server: Server) -> None:
    (rows,) = server.data(CATEGORIES)
    # As printed in the letter of 12 June 2025.
    assert points(rows, "label") == {
        ("Return (3)", "2024", 103_901),
        ("Refusal of entry and stay (24)", "2024", 73_067),
        ("Arrest for surrender or extradition (26)", "2024", 12_212),
        ("Missing persons or vulnerable persons who need to… (32)", "2024", 13_869),
    }


@pytest.mark.parametrize(("name", "indicator"), [(SEARCHES, "searches"), (HITS, "hits")])
def test_years_and_breaks(server: Server, name: str, indicator: str) -> None:
    figures, breaks = server.data(name)
    found = sorted((day(row["day"]).year, v) for row in figures for v in values(row, "day"))
    expected = parquet(
        server,
        f"SELECT year, value FROM {{sis_annual}} WHERE indicator = '{indicator}' "
        "AND area = 'SIS' AND category_id = 'total'",
    )
    assert found == sorted(expected)
    assert {(day(row["day"]), kind) for row in breaks for kind in marks(row)} == set(
        parquet(
            server,
            "SELECT breaks_on, kind FROM {sis_breaks} WHERE affects <> 'stocks' "
            f"AND year(breaks_on) BETWEEN {found[0][0]} AND {found[-1][0]}",
        )
    )


def values(row: dict[str, Any], axis: str) -> list[float]:
    """Return the values of a row of a chart."""
    return [value for name, value in row.items() if name != axis and value is not None]


def marks(row: dict[str, Any]) -> list[str]:
    """Return the kinds of break that a row of a chart marks."""
    return [kind for kind, value in row.items() if kind != "day" and value == 1]


def test_hits_of_different_scopes_are_different_series(server: Server) -> None:
    figures, _ = server.data(HITS)
    by_year = {day(row["day"]).year: row for row in figures}
    assert by_year[2016]["On alerts of other states"] == 200_778
    assert by_year[2016]["Scope not stated"] is None
    assert by_year[2020]["Scope not stated"] == 209_178
    assert by_year[2020]["On alerts of other states"] is None


def test_the_breaks_are_explained(server: Server) -> None:
    (rows,) = server.data(BREAKS)
    titles = {(str(day(row["breaks_on"])), row["title"]) for row in rows}
    assert ("2021-01-01", "The United Kingdom leaves SIS") in titles
    assert (len(rows),) in parquet(
        server, "SELECT count(*) FROM {sis_breaks} WHERE affects <> 'stocks'"
    )


def test_each_figure_has_its_interval_and_place(server: Server) -> None:
    (rows,) = server.data(FIGURES)
    told = ("period", "value", "value_low", "value_high", "as_printed", "place")
    found = sorted(tuple(row[name] for name in told) for row in rows)
    columns = "value, value_low, value_high, as_printed, path || ', ' || locator"
    expected = parquet(
        server,
        f"SELECT CAST(reference_date AS VARCHAR), {columns} FROM {{deployments}} "
        "JOIN {documents} USING (document_id) "
        f"UNION ALL SELECT time_period, {columns} FROM {{sis_annual}} "
        "JOIN {documents} USING (document_id) "
        "WHERE area = 'SIS' AND indicator IN ('searches', 'hits')",
    )
    assert found == sorted(expected)
    assert ("2025-11-12", 5, 5, 5, "5", "letters/2025-12-10/deployments.csv, line 2") in found


def test_only_this_machine_and_only_with_the_password(server: Server) -> None:
    assert requests.get(server.url("/api/v1/chart/"), timeout=60).status_code == 401
    with pytest.raises(ConnectionRefusedError):  # the same machine by another of its addresses
        socket.create_connection(("127.0.0.2", server.port), timeout=5)
    assert server.home.stat().st_mode & 0o077 == 0
    for name in ("secret_key", "admin_password", "superset.db"):
        assert (server.home / name).stat().st_mode & 0o077 == 0, name
    password = (server.home / "admin_password").read_text("ascii")
    assert password not in server.output.read_text("utf-8")


def test_pages_may_load_nothing_from_elsewhere(server: Server) -> None:
    policy = requests.get(server.url("/login/"), timeout=60).headers["Content-Security-Policy"]
    assert "img-src 'self' blob: data:" in policy
    assert "http" not in policy


def test_a_publication_is_neither_held_up_nor_missed(server: Server) -> None:
    """The database is open in Superset while the next release replaces it."""
    server.data(DEPLOYMENTS)
    publish_letter(server.playground, "2026-06-11", "13 mei 2026", eulex="6", euam="3")
    (rows,) = server.data(DEPLOYMENTS)
    assert {row["counted_on"] for row in rows} == {"2025-05-14", "2025-11-12", "2026-05-13"}


def test_another_start_imports_over_the_first(server: Server, tmp_path: Path) -> None:
    password = (server.home / "admin_password").read_text("ascii")
    process, port = start(server.playground, server.home, tmp_path / "output.txt")
    try:
        again = Server(server.playground, server.home, port, tmp_path / "output.txt")
        assert set(again.charts()) == CHARTS
        assert again.get("/api/v1/dashboard/")["count"] == 1
        assert (server.home / "admin_password").read_text("ascii") == password
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_without_a_release_it_says_what_to_do(tmp_path: Path) -> None:
    missing = tmp_path / "ipsdata.duckdb"
    run = subprocess.run(
        [sys.executable, SERVE, "--database", missing, "--home", tmp_path / "home"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3
    assert f"{missing}: no such file" in run.stderr
    assert "make run" in run.stderr
    assert not (tmp_path / "home").exists()


def test_superset_reads_with_the_version_that_writes() -> None:
    pins = [
        re.findall(r"^duckdb==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE)
        for name in ("runtime.txt", "superset.txt")
    ]
    assert pins[0] == pins[1] != []
