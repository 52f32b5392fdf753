"""Deployments for charts: titles at hand, and a change only where both figures exist."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.code.numbers import parse_number
from ipsdata.contracts import load_contract
from ipsdata.errors import ConfigurationError
from ipsdata.facts.settle import provenance
from ipsdata.marts.reporting_deployments import MissionCodes, reporting_deployments
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures
from sis_facts import SCHEMAS, code_rows

CONTRACT = load_contract(SCHEMAS / "tables" / "reporting_deployments.yaml", SCHEMAS)
LISTS = ("missions", "mission_hosts", "countries", "code_titles")
ROWS = {name: code_rows(name) for name in LISTS}
CODES = MissionCodes.of_rows(ROWS)
DOCUMENTS = [
    {
        "document_id": "d" * 64,
        "title": "Bijlage",
        "citation": "Ministerie, bijlage",
        "url": "https://example.org/bijlage",
    }
]
MAY, NOVEMBER = dt.date(2025, 5, 14), dt.date(2025, 11, 12)
Row = dict[str, Any]


def figure(edition: str, day: dt.date, printed: str, **changes: Any) -> Row:
    place = {"document_id": "d" * 64, "locator": "line 2", "verification": "read"}
    return {
        "edition_id": edition,
        "mission_id": "EULEX_KOSOVO",
        "mission_as_printed": "EULEX Kosovo",
        "population": "police",
        "measure": "stock",
        "reference_date": day,
        **provenance(place, parse_number(printed, "nl"), "person", day),
        **changes,
    }


def reported(*facts: Row, codes: MissionCodes = CODES) -> list[Row]:
    """Return the rows, checked by the contract, in the order of the figures."""
    rows = reporting_deployments(facts, codes, DOCUMENTS)
    table = table_from_rows(CONTRACT, rows)
    assert contract_failures(CONTRACT, table) == []
    by_key = {tuple(row[name] for name in CONTRACT.primary_key): row for row in table.to_pylist()}
    return [by_key[tuple(fact[name] for name in CONTRACT.primary_key)] for fact in facts]


def told(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def compared(row: Row) -> tuple[Any, ...]:
    return told(row, "previous_edition_id", "previous_value", "change", "change_low", "change_high")


def test_titles_in_both_languages() -> None:
    (row,) = reported(figure("letters/a", MAY, "5"))
    assert told(row, "population_title", "population_title_nl") == ("Police", "Politie")
    assert told(row, "measure_title", "measure_title_nl") == (
        "On the reference date",
        "Op de peildatum",
    )
    assert told(row, "organisation", "organisation_title_nl") == ("EU", "Europese Unie")
    assert told(row, "mission_type_title", "mission_type_title_nl") == (
        "Civilian CSDP mission",
        "Civiele GVDB-missie",
    )
    assert told(row, "host_country_codes", "host_countries", "host_certainty") == (
        "XK",
        "Kosovo",
        "certain",
    )
    assert told(row, "half_year", "collection", "unit") == ("2025-H1", "letters", "person")
    assert told(row, "document_title", "citation", "url") == (
        "Bijlage",
        "Ministerie, bijlage",
        "https://example.org/bijlage",
    )


def test_labels() -> None:
    (row,) = reported(figure("letters/a", MAY, "5"))
    assert row["label"].endswith(": 5 (Police; On the reference date; 14 May 2025)")
    assert row["label"].startswith(row["mission_title"])
    assert row["label_nl"] == (
        f"{row['mission_title_nl']}: 5 (Politie; Op de peildatum; 14 mei 2025)"
    )


def test_a_mission_without_a_dutch_name_has_its_english_one() -> None:
    nameless = next(row["mission_id"] for row in ROWS["missions"] if row["title_nl"] is None)
    (row,) = reported(figure("letters/a", MAY, "5", mission_id=nameless))
    assert row["mission_title_nl"] == row["mission_title"]


def test_several_presumed_hosts() -> None:
    (row,) = reported(figure("letters/a", MAY, "5", mission_id="OSCE_WB"))
    assert row["host_country_codes"] == "AL; BA; ME; MK; RS; XK"
    assert row["host_countries"].split("; ")[1] == "Bosnia and Herzegovina"
    assert len(row["host_countries_nl"].split("; ")) == 6
    assert row["host_certainty"] == "presumed"


def test_hosts_are_those_of_the_reference_date() -> None:
    hosts = [
        {"mission_id": "EULEX_KOSOVO", "country_code": code, "certainty": "certain", **valid}
        for code, valid in (
            ("RS", {"valid_from": None, "valid_until": MAY}),
            ("XK", {"valid_from": MAY + dt.timedelta(days=1), "valid_until": None}),
        )
    ]
    codes = MissionCodes.of_rows({**ROWS, "mission_hosts": hosts})
    before, after = reported(
        figure("letters/a", MAY, "5"), figure("letters/b", NOVEMBER, "5"), codes=codes
    )
    assert (before["host_country_codes"], after["host_country_codes"]) == ("RS", "XK")


def test_no_known_host_is_empty() -> None:
    hostless = {row["mission_id"] for row in ROWS["missions"]} - {
        row["mission_id"] for row in ROWS["mission_hosts"]
    }
    (row,) = reported(figure("letters/a", MAY, "5", mission_id=min(hostless)))
    assert told(row, "host_country_codes", "host_countries", "host_certainty") == (None,) * 3


def test_change_since_the_edition_before() -> None:
    before, after = reported(figure("letters/a", MAY, "12"), figure("letters/b", NOVEMBER, "9"))
    assert compared(before) == (None,) * 5
    assert compared(after) == ("letters/a", 12, -3, -3, -3)
    assert after["previous_reference_date"] == MAY
    assert (before["is_latest"], after["is_latest"]) == (False, True)


def test_a_change_is_an_interval() -> None:
    before, after = reported(
        figure("letters/a", MAY, "meer dan 10"), figure("letters/b", NOVEMBER, "ongeveer 20")
    )
    assert before["value_high"] is None
    _, value, change, low, high = compared(after)
    assert (value, change, low) == (10, 10, None)
    assert high == after["value_high"] - before["value_low"]


def test_absent_from_the_edition_before_is_unknown_and_not_zero() -> None:
    rows = reported(
        figure("letters/a", dt.date(2024, 11, 13), "5"),
        figure("letters/b", MAY, "2", mission_id="EUAM_UKRAINE"),
        figure("letters/c", NOVEMBER, "6"),
    )
    assert compared(rows[2]) == (None,) * 5


@pytest.mark.parametrize(
    "changes",
    [{"population": "kmar"}, {"measure": "ceiling"}, {"mission_id": "EUAM_UKRAINE"}],
    ids=lambda changes: next(iter(changes)),
)
def test_only_like_is_compared(changes: Row) -> None:
    _, after = reported(
        figure("letters/a", MAY, "5"), figure("letters/b", NOVEMBER, "6", **changes)
    )
    assert compared(after) == (None,) * 5


def test_collections_stay_apart() -> None:
    one, other = reported(figure("letters/a", MAY, "5"), figure("un/b", NOVEMBER, "6"))
    assert compared(other) == (None,) * 5
    assert one["is_latest"]
    assert other["is_latest"]


def test_the_same_date_in_a_later_edition_is_no_change_over_time() -> None:
    rows = reported(
        figure("letters/a", MAY, "5"),
        figure("letters/b", MAY, "6"),
        figure("letters/c", NOVEMBER, "7"),
    )
    assert compared(rows[1]) == (None,) * 5
    assert compared(rows[2])[:3] == ("letters/b", 6, 1)
    assert [row["is_latest"] for row in rows] == [False, False, True]


def test_of_a_list_with_several_dates_the_last_figure_counts() -> None:
    rows = reported(
        figure("un/a", dt.date(2025, 1, 31), "1"),
        figure("un/a", dt.date(2025, 2, 28), "2"),
        figure("un/b", dt.date(2025, 2, 28), "3"),
        figure("un/b", dt.date(2025, 3, 31), "4"),
    )
    assert compared(rows[2]) == (None,) * 5
    assert compared(rows[3])[:3] == ("un/a", 2, 2)
    assert [row["is_latest"] for row in rows] == [False, False, True, True]


DAYS = st.sampled_from([dt.date(2024, 5, 15), dt.date(2024, 11, 13), MAY, NOVEMBER])
FIGURES = st.lists(
    st.builds(
        figure,
        st.sampled_from(["letters/a", "letters/b", "letters/c", "un/a"]),
        DAYS,
        st.sampled_from(["1", "7", "meer dan 10", "ongeveer 20", "bijna 30"]),
        mission_id=st.sampled_from(["EULEX_KOSOVO", "EUAM_UKRAINE"]),
        population=st.sampled_from(["police", "kmar"]),
    ),
    unique_by=lambda row: tuple(row[name] for name in CONTRACT.primary_key),
    max_size=12,
)


@settings(deadline=None)
@given(FIGURES)
def test_every_figure_has_one_row_and_changes_add_up(figures: Sequence[Row]) -> None:
    rows = reporting_deployments(figures, CODES, DOCUMENTS)
    assert [row["value"] for row in rows] == [fact["value"] for fact in figures]
    for row in rows:
        if "change" not in row:
            continue
        assert row["previous_reference_date"] < row["reference_date"]
        assert row["previous_value"] + row["change"] == row["value"]
        (before,) = (
            other
            for other in figures
            if told(other, "edition_id", "reference_date")
            == told(row, "previous_edition_id", "previous_reference_date")
            and told(other, "mission_id", "population") == told(row, "mission_id", "population")
        )
        assert before["value"] == row["previous_value"]
    newest = {row["collection"] for row in rows if row["is_latest"]}
    assert newest == {row["collection"] for row in rows}


def test_a_code_without_titles_is_told() -> None:
    titles = [row for row in ROWS["code_titles"] if row["code"] != "police"]
    codes = MissionCodes.of_rows({**ROWS, "code_titles": titles})
    with pytest.raises(
        ConfigurationError, match=r"code_titles\.csv.*deployments\.population,police"
    ):
        reported(figure("letters/a", MAY, "5"), codes=codes)


def test_a_mission_that_is_not_known_is_left_to_the_keys_between_tables() -> None:
    known = figure("letters/a", MAY, "5")
    rows = reporting_deployments(
        [known, figure("letters/a", MAY, "6", mission_id="NOWHERE")], CODES, DOCUMENTS
    )
    assert [row["value"] for row in rows] == [5]
