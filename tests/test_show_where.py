"""`ipsdata show --where`: rows chosen by their values."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import ROOT
from ipsdata.cli import cli
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("where") / "processed"
    assert run_pipeline(Settings(ROOT / "data" / "raw", folder, ROOT / "schemas")).refusal is None
    return folder


def show(processed: Path, *where: str, table: str = "sis_annual", **more: str) -> Result:
    options = [part for text in where for part in ("--where", text)]
    options += [part for name, value in more.items() for part in (f"--{name}", value)]
    arguments = ["--processed-dir", str(processed), "show", table, "--json", *options]
    return CliRunner().invoke(cli, arguments)


def test_all_conditions_must_hold(processed: Path) -> None:
    found = show(processed, "area=SIS,NL", "indicator=searches", "year>=2022", "year<=2024")
    rows = json.loads(found.stdout)
    assert [(row["year"], row["area"]) for row in rows] == [
        (2022, "SIS"),
        (2024, "NL"),
        (2024, "SIS"),
    ]


def test_conditions_may_be_on_columns_that_are_not_shown(processed: Path) -> None:
    found = show(processed, 'as_printed="93,1 miljoen"', table="sis_statistics", columns="value")
    assert json.loads(found.stdout) == [{"value": 93_100_000.0}]


def test_dates_and_empty_cells(processed: Path) -> None:
    rows = json.loads(show(processed, "reference_date>=2024-01-01", "area=SIS").stdout)
    assert {row["reference_date"] for row in rows} == {"2024-12-31"}
    rows = json.loads(show(processed, "reference_date=", "time_kind=stock").stdout)
    assert {row["time_period"] for row in rows} == {"2018", "2022", "2023", "2024"}


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("yaer=2024", "sis_annual has no columns ['yaer']; it has year, area, indicator, "),
        ("year=last", "year: found 'last', expected a number such as 2024"),
        ("year", "found 'year', expected COLUMN=VALUE[,VALUE…], >= or <="),
        ("year>=2020,2021", "expected one value after >="),
    ],
)
def test_a_wrong_condition_is_a_usage_error(processed: Path, where: str, told: str) -> None:
    found = show(processed, where)
    assert (found.exit_code, found.stdout) == (2, "")
    assert told in " ".join(found.stderr.split())
