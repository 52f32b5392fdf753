"""SIS figures for charts: titles, breaks and growth at hand, one row a year of a series."""

import datetime as dt
from typing import Any

import pytest

from ipsdata.contracts import load_contract
from ipsdata.marts.breaks import Breaks
from ipsdata.marts.reporting_sis import SisTitles, reporting_sis
from ipsdata.marts.sis_annual import annual_figures
from ipsdata.marts.sis_derived import derived_figures
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures
from sis_facts import BREAKS, NO_BREAKS, SCHEMAS, Fact, code_rows, sis_fact

CONTRACT = load_contract(SCHEMAS / "tables" / "reporting_sis.yaml", SCHEMAS)
LISTS = ("countries", "sis_indicators", "sis_categories", "sis_source_kinds", "code_titles")
CODES = SisTitles.of_rows({name: code_rows(name) for name in LISTS})
DOCUMENTS = [{"document_id": "d" * 64, "title": "A list", "citation": "Us, a list"}]
STOCK = "alerts"
BROKEN = ("has_break", "break_ids", "break_titles", "break_titles_nl", "segment")
GROWN = ("previous_value", "growth", "growth_low", "growth_high")


def reported(*facts: Fact, breaks: Breaks = BREAKS) -> list[Fact]:
    """Return the rows of annual figures, checked by the contract, in order of their years."""
    annual = annual_figures(facts, breaks)
    rows = reporting_sis(annual, derived_figures(annual, breaks), breaks, CODES, DOCUMENTS)
    table = table_from_rows(CONTRACT, rows)
    assert contract_failures(CONTRACT, table) == []
    assert table.num_rows == len(annual)
    return [dict(row) for row in table.to_pylist()]


def told(row: Fact, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def searches(year: int, printed: str, **changes: Any) -> Fact:
    return sis_fact(printed, time_period=str(year), **changes)


def test_titles_source_and_date() -> None:
    (row,) = reported(
        sis_fact("20", "alerts", category_id="2018/1861:24", area="NL", source_url="https://x.nl")
    )
    assert (row["year"], row["date"]) == (2024, dt.date(2024, 12, 31))
    assert (row["area_title"], row["area_title_nl"]) == ("Netherlands", "Nederland")
    assert (row["indicator_title"], row["indicator_title_nl"]) == ("Alerts", "Signaleringen")
    assert row["category_title"] == "Refusal of entry and stay"
    assert (row["instrument"], row["article"]) == ("2018/1861", "24")
    assert (row["scope_title"], row["scope_title_nl"]) == (
        "Not applicable",
        "Niet van toepassing",
    )
    assert (row["source_kind_title"], row["source_kind_title_nl"]) == ("Press", "Pers")
    assert (row["document_title"], row["citation"], row["url"]) == (
        "A list",
        "Us, a list",
        "https://x.nl",
    )
    assert row["label"] == "Alerts; Netherlands; Refusal of entry and stay; 2024: 20"
    assert row["label_nl"].startswith("Signaleringen; Nederland; ")


def test_the_label_of_hits_tells_their_scope() -> None:
    (row,) = reported(sis_fact("397,804", "hits"))
    assert "; On alerts of other states; 2024: 397,804" in row["label"]
    assert "; Op signaleringen van andere staten; 2024: 397,804" in row["label_nl"]


@pytest.mark.parametrize("day", ["2024-12-31", "2025-01-01", "2024"])
def test_the_date_is_the_last_day_of_the_year_whatever_was_counted(day: str) -> None:
    (row,) = reported(sis_fact("20", STOCK, time_period=day))
    assert (row["year"], row["date"]) == (2024, dt.date(2024, 12, 31))


def test_growth_where_nothing_breaks() -> None:
    before, after = reported(
        searches(2023, "200"), searches(2024, "more than 210"), breaks=NO_BREAKS
    )
    assert told(before, GROWN) == (None,) * 4
    assert after["previous_value"] == 200
    assert (after["growth"], after["growth_low"], after["growth_high"]) == (5.0, 5.0, None)
    assert told(after, BROKEN) == (False, None, None, None, 1)


def test_no_growth_over_a_break_and_a_new_segment() -> None:
    rows = reported(*(searches(year, "200") for year in (2015, 2016, 2020, 2021)))
    first, second, third, fourth = rows
    assert first["break_ids"] == "gb-in-2015", "falls in the first year"
    assert second["break_ids"] == "gb-in-2015", "within the period of the flow before"
    assert third["break_ids"] == "hr-in-2017; bg-full-2018; ro-full-2018; pandemic-2020"
    assert third["break_titles"].startswith("Croatia begins to use SIS; ")
    assert third["break_titles_nl"].endswith("; Reisbeperkingen tegen COVID-19 gaan in")
    assert fourth["break_ids"] == "pandemic-2020; gb-out-2021; ie-in-2021"
    assert [row["segment"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert told(row, GROWN) == (None,) * 4


def test_a_stock_breaks_between_its_days_only() -> None:
    first, second = reported(
        sis_fact("20", STOCK, time_period="2021-12-31"),
        sis_fact("25", STOCK, time_period="2022-12-31"),
    )
    assert first["break_ids"] == "gb-out-2021; ie-in-2021"
    assert told(second, BROKEN) == (False, None, None, None, 1)
    assert (second["previous_value"], second["growth"]) == (20.0, 25.0)


def test_a_change_of_scope_is_a_break() -> None:
    _, after = reported(
        sis_fact("200", "hits", time_period="2023", scope="not_stated"),
        sis_fact("210", "hits", time_period="2024"),
        breaks=NO_BREAKS,
    )
    assert told(after, BROKEN) == (
        True,
        "scope:not_stated→on_foreign_alerts",
        "Scope of hits: “Scope not stated” before, then “On alerts of other states”",
        "Reikwijdte van hits: eerst “Reikwijdte niet vermeld”, daarna "
        "“Op signaleringen van andere staten”",
        2,
    )
    assert told(after, GROWN) == (None,) * 4


def test_a_gap_in_the_years_has_no_growth() -> None:
    _, after = reported(searches(2022, "200"), searches(2024, "210"), breaks=NO_BREAKS)
    assert told(after, GROWN) == (None,) * 4
    assert not after["has_break"]


def test_series_stay_apart() -> None:
    rows = reported(searches(2023, "200"), searches(2024, "50", area="NL"), breaks=NO_BREAKS)
    assert [row["segment"] for row in rows] == [1, 1]
    assert [row["growth"] for row in rows] == [None, None]


def test_the_boundary_of_the_calendar_years() -> None:
    """A break on 1 January is after the stock of the 31 December before it."""
    one = {"break_id": "x-y", "breaks_on": dt.date(2024, 1, 1), "kind": "law", "area": None}
    break_ = {**one, "affects": "all", "title": "New", "title_nl": "Nieuw"}
    before, after = reported(
        sis_fact("20", STOCK, time_period="2023-12-31"),
        sis_fact("25", STOCK, time_period="2024-12-31"),
        breaks=Breaks((break_,)),
    )
    assert told(before, BROKEN) == (False, None, None, None, 1)
    assert told(after, BROKEN) == (True, "x-y", "New", "Nieuw", 2)
