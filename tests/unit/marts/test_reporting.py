"""The tables for charts in a release: related to the dimensions, as their contracts say."""

import datetime as dt
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from conftest import Playground, copy_lists, installation
from editions import transcription, write_edition
from ipsdata.contracts import load_contracts
from ipsdata.release.store import published_table
from sis_facts import SCHEMAS, code_rows

CONTRACTS = load_contracts(SCHEMAS)
MADE = ("dim_date", "reporting_deployments", "reporting_sis")
HEADER = ("Missienaam", "Aantal uitgezonden politiefunctionarissen")
Tables = dict[str, pa.Table]


def write_letter(playground: Playground) -> None:
    """Write a letter whose list has one mission that the project's own letter lacks."""
    grid = (HEADER, ("EULEX Kosovo", "9"), ("MINUSMA", "1"), ("Totaal", "10"))
    caption = "Overzicht uitgezonden politiefunctionarissen (peildatum 12 november 2025)"
    file = transcription(grid, caption)
    write_edition(playground, "letters/2025-12-10", file, published_on="2025-12-10")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return all tables of a release of the project's own data and one more letter."""
    folder = tmp_path_factory.mktemp("reporting")
    copy_lists(folder / "raw")
    playground = installation(folder)
    write_letter(playground)
    report = playground.run()
    assert (report.refusal, report.rejected) == (None, [])
    return {
        name: published_table(playground.processed, name)
        for name, contract in CONTRACTS.items()
        if contract.partition is None
    }


def test_every_code_of_a_list_has_titles_and_no_other() -> None:
    titles: dict[str, set[str]] = {}
    for row in code_rows("code_titles"):
        titles.setdefault(row["code_list"], set()).add(row["code"])
        assert row["title"]
        assert row["title_nl"]
    (named,) = (c for c in CONTRACTS["code_titles"].columns if c.name == "code_list")
    assert set(titles) == set(named.domain)
    for code_list, codes in titles.items():
        table, name = code_list.split(".")
        (column,) = (c for c in CONTRACTS[table].columns if c.name == name)
        assert codes == set(column.domain), code_list


@pytest.mark.parametrize(
    ("table", "fact"), [("reporting_deployments", "deployments"), ("reporting_sis", "sis_annual")]
)
def test_one_row_a_figure(tables: Tables, table: str, fact: str) -> None:
    keys = list(CONTRACTS[table].primary_key)
    assert keys == list(CONTRACTS[fact].primary_key)
    shared = [name for name in CONTRACTS[table].names if name in CONTRACTS[fact].names]
    assert {"value", "value_low", "value_high", "as_printed", "locator"} <= set(shared)
    assert tables[table].select(shared).to_pylist() == tables[fact].select(shared).to_pylist()


@pytest.mark.parametrize("name", MADE)
def test_keys_lead_to_the_dimensions(tables: Tables, name: str) -> None:
    """Joined in a database by the declared keys, no row is lost and none is doubled."""
    contract, rows = CONTRACTS[name], tables[name].num_rows
    with duckdb.connect() as database:
        for table, content in tables.items():
            database.register(table, content)
        key = ", ".join(contract.primary_key)
        assert database.sql(f"SELECT DISTINCT {key} FROM {name}").shape[0] == rows
        for foreign in contract.foreign_keys:
            dimension = f"{foreign.table} AS dimension"
            condition = f"fact.{foreign.column} = dimension.{foreign.target}"
            joined = database.sql(f"SELECT 1 FROM {name} AS fact JOIN {dimension} ON {condition}")
            given = rows - tables[name][foreign.column].null_count
            assert joined.shape[0] == given, f"{foreign.column} to {foreign.table}"


def test_dates_are_related_to_the_calendar() -> None:
    related = {
        (name, key.column)
        for name in MADE
        for key in CONTRACTS[name].foreign_keys
        if (key.table, key.target) == ("dim_date", "date")
    }
    assert related >= {("reporting_deployments", "reference_date"), ("reporting_sis", "date")}


def test_the_calendar_reaches_the_newest_document(tables: Tables) -> None:
    days = tables["dim_date"]["date"].to_pylist()
    newest = max(
        row["published_on"] or row["retrieved_on"] for row in tables["documents"].to_pylist()
    )
    assert days[0] == dt.date(1995, 1, 1)
    assert days[-1] == dt.date(newest.year, 12, 31)
    assert len(days) == (days[-1] - days[0]).days + 1


def test_two_letters(tables: Tables) -> None:
    rows = {
        (row["edition_id"], row["mission_id"]): row
        for row in tables["reporting_deployments"].to_pylist()
    }
    before, after = (rows[f"letters/{day}", "EULEX_KOSOVO"] for day in ("2025-06-12", "2025-12-10"))
    assert after["previous_value"] == before["value"]
    assert after["change"] == 9 - before["value"]
    assert (after["half_year"], before["half_year"]) == ("2025-H2", "2025-H1")
    assert (before["is_latest"], after["is_latest"]) == (False, True)
    assert rows["letters/2025-12-10", "MINUSMA"]["change"] is None, "unknown before, not zero"


def test_without_sis_figures(tmp_path: Path) -> None:
    playground = installation(tmp_path)
    write_letter(playground)
    assert playground.run().refusal is None
    assert published_table(playground.processed, "reporting_deployments").num_rows == 2
    assert published_table(playground.processed, "reporting_sis").num_rows == 0
    days = published_table(playground.processed, "dim_date")["date"]
    assert (days[0].as_py(), days[-1].as_py()) == (dt.date(1995, 1, 1), dt.date(2025, 12, 31))
