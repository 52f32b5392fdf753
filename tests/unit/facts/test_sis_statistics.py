"""SIS statistics: vintages, kinds of sources, categories in their time, states as members."""

import datetime as dt
import json
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.contracts import load_contract
from ipsdata.facts.settle import Settled
from ipsdata.facts.sis_statistics import TABLE, SisCodes, settle_sis_statistics
from ipsdata.rejection import Rejection
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures
from sis_facts import SCHEMAS, code_rows

CONTRACT = load_contract(ROOT / "schemas" / "tables" / f"{TABLE}.yaml", SCHEMAS)
CODES = SisCodes.of_rows(
    {
        name: code_rows(name)
        for name in (
            "countries",
            "sis_categories",
            "sis_indicators",
            "sis_membership",
            "sis_source_kinds",
        )
    }
)
DOCUMENT = {
    "document_id": "0" * 64,
    "url": None,
    "published_on": dt.date(2025, 6, 12),
    "source_kind": "parliament",
}
FIELDS = {
    "indicator": "searches",
    "area": "NL",
    "category_id": "total",
    "scope": "not_applicable",
    "time_kind": "flow",
    "time_period": "2024",
    "averaging": "none",
    "as_printed": "1000",
    "language": "en",
    "unit": "search",
    "place": "",
}
STOCK = {"indicator": "alerts", "time_kind": "stock", "unit": "alert"}
ENTRY = {**STOCK, "category_id": "2018/1861:24", "time_period": "2024-12-31"}


def printed(line: int, fields: dict[str, str]) -> dict[str, Any]:
    return {
        "document_id": DOCUMENT["document_id"],
        "edition_id": "sis/test",
        "path": "sis/test/figures.csv",
        "target": TABLE,
        "role": "data",
        "found_at": f"line {line}",
        "locator": f"line {line}",
        "fields": json.dumps({**FIELDS, **fields}),
        "caption": None,
        "verification": "unverified",
        "reason": None,
        "problem": None,
    }


def settle(*rows: dict[str, str], **document: Any) -> Settled:
    documents = {DOCUMENT["document_id"]: {**DOCUMENT, **document}}
    lines = [printed(n, fields) for n, fields in enumerate(rows, start=2)]
    settled, _ = settle_sis_statistics(lines, documents, CODES, CONTRACT)
    assert contract_failures(CONTRACT, table_from_rows(CONTRACT, settled.facts)) == []
    return settled


def fact(fields: dict[str, str], **document: Any) -> Any:
    settled = settle(fields, **document)
    assert settled.rejections == ()
    (found,) = settled.facts
    return found


def rejected(fields: dict[str, str], **document: Any) -> Rejection:
    settled = settle(fields, **document)
    assert settled.facts == ()
    (found,) = settled.rejections
    return found


# Vintages


def test_a_later_vintage_adds_a_row() -> None:
    vintages = [{"published_on": day} for day in ("", "2024-01-01", "2025-01-01")]
    found = settle(*vintages)
    assert found.rejections == ()
    assert [row["vintage"] for row in found.facts] == ["undated", "2024-01-01", "2025-01-01"]


def test_two_figures_of_one_vintage_collide() -> None:
    found = settle({"as_printed": "1000"}, {"as_printed": "1001"})
    assert [rejection.reason for rejection in found.rejections] == ["duplicate", "duplicate"]
    assert "vintage 2025-06-12" in found.rejections[0].message


def test_vintage_is_that_of_the_document_where_the_row_has_none() -> None:
    assert fact({})["vintage"] == "2025-06-12"
    assert fact({}, published_on=None)["vintage"] == "undated"


# Kinds of sources


@pytest.mark.parametrize(
    ("fields", "sidecar", "expected"),
    [
        ({}, "parliament", ("parliament", None, 4)),
        ({"source_kind": "press"}, "parliament", ("press", None, 5)),
        ({"source_kind": ""}, "parliament", ("parliament", None, 4)),
        ({"source_kind": "press", "origin_kind": "eu_lisa"}, None, ("press", "eu_lisa", 1)),
        ({"origin_kind": "national_authority"}, "press", ("press", "national_authority", 3)),
        ({"source_kind": "eu_lisa", "origin_kind": "press"}, None, ("eu_lisa", "press", 5)),
    ],
)
def test_authority_is_of_the_origin_where_it_is_told(
    fields: dict[str, str], sidecar: str | None, expected: tuple[str, str | None, int]
) -> None:
    found = fact(fields, source_kind=sidecar)
    assert (found["source_kind"], found["origin_kind"], found["authority"]) == expected


def test_a_figure_without_a_kind_of_source_is_rejected_with_what_to_add() -> None:
    found = rejected({}, source_kind=None)
    assert found.reason == "no_source_kind"
    assert found.message == (
        "sis/test/figures.csv, line 2: found no kind of source, expected one: fill in the column "
        "source_kind of the figure, or the key source_kind of the edition's source.yaml; one of "
        "eu_lisa, council_or_commission, national_authority, parliament, press"
    )


@pytest.mark.parametrize("column", ["source_kind", "origin_kind"])
def test_an_unknown_kind_is_rejected(column: str) -> None:
    found = rejected({column: "rumour"})
    assert found.reason == "unknown_code"
    assert f"column {column}: found 'rumour', expected one of eu_lisa, " in found.message


# Categories of their time


@pytest.mark.parametrize(
    ("category", "day", "candidates", "told"),
    [
        (
            "2018/1861:24",
            "2017-12-31",
            "1987/2006:24",
            "on those days it was '1987/2006:24' (Refusal of entry or stay), which it continues in "
            "part; correct the category, or the period",
        ),
        (
            "2018/1862:26",
            "2010-01-01",
            "CISA:95",
            "on those days it was 'CISA:95' (Arrest for extradition), which it continues wholly",
        ),
        (
            "CISA:96",
            "2024-12-31",
            "2018/1861:24",
            "on those days it was '2018/1861:24' (Refusal of entry and stay), which continues it "
            "in part",
        ),
    ],
)
def test_a_category_outside_its_time_is_rejected_with_what_was_meant(
    category: str, day: str, candidates: str, told: str
) -> None:
    found = rejected({**STOCK, "area": "SIS", "category_id": category, "time_period": day})
    assert (found.reason, found.candidates) == ("code_not_valid", candidates)
    assert f"found category '{category}' for {day} to {day}, but it is valid from" in found.message
    assert told in found.message


def test_a_category_that_continues_none_has_no_candidate() -> None:
    found = rejected({**STOCK, "category_id": "2018/1862:40", "time_period": "2017-12-31"})
    assert found.candidates is None
    assert "and no category of those days continues it" in found.message


# States that were members


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"area": "US"}, "a figure of US, which has never used SIS"),
        (
            {"area": "GB"},
            "a figure of GB for 2024-01-01 to 2024-12-31, when it did not use SIS (it did "
            "2015-04-13 to 2020-12-31)",
        ),
        (
            {**STOCK, "area": "GB", "time_period": "2021-01-01"},
            "a figure of GB for 2021-01-01, when it did not use SIS",
        ),
        (
            {**STOCK, "area": "IE", "time_period": "2021-03-14"},
            "when it did not use SIS (it did since 2021-03-15)",
        ),
        (
            {**ENTRY, "area": "CY"},
            "a figure of CY in '2018/1861:24' for 2024-12-31, when it took no part in alerts for "
            "refusal of entry",
        ),
        (
            {**ENTRY, "area": "GB", "category_id": "1987/2006:24", "time_period": "2019-12-31"},
            "took no part in alerts for refusal of entry",
        ),
        (
            {**ENTRY, "area": "BG", "category_id": "1987/2006:24", "time_period": "2018-07-31"},
            "took no part in alerts for refusal of entry",
        ),
    ],
)
def test_a_state_has_figures_only_while_it_takes_part(fields: dict[str, str], told: str) -> None:
    found = rejected(fields)
    assert (found.reason, found.stage) == ("not_a_member", "code")
    assert told in found.message


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"area": "GB", "time_period": "2015"}, "B"),
        ({"area": "GB", "time_period": "2016"}, "A"),
        ({"area": "GB", "time_period": "2020-12-31"}, "B"),
        ({"area": "CY", "time_period": "2023"}, "B"),
        ({"area": "CY", "time_period": "2024"}, "A"),
        ({**STOCK, "area": "CY", "time_period": "2023"}, "A"),
        ({**STOCK, "area": "GB", "time_period": "2020-12-31"}, "A"),
        ({**STOCK, "area": "CY", "category_id": "2018/1862:26", "time_period": "2024"}, "A"),
        (
            {**ENTRY, "area": "BG", "category_id": "1987/2006:24", "time_period": "2018-08-01"},
            "A",
        ),
        ({**ENTRY, "area": "BG", "category_id": "1987/2006:24", "time_period": "2018"}, "A"),
        ({"area": "SCHENGEN", "time_period": "2020"}, "A"),
        ({"area": "EU", "time_period": "1990"}, "A"),
        ({"area": "SIS", "time_period": "1990"}, "A"),
    ],
)
def test_a_part_of_a_membership_is_a_break_in_a_flow(fields: dict[str, str], status: str) -> None:
    assert fact(fields)["observation_status"] == status


# Units and scopes


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"unit": "alert"}, "unit"),
        ({**STOCK, "unit": "person"}, "unit"),
        ({"indicator": "hits", "unit": "hit"}, "scope"),
        ({"indicator": "alerts_updated", "unit": "alert", "scope": "not_stated"}, "scope"),
        ({**STOCK, "indicator": "alerts_expired", "time_period": "2024-12-31"}, "time_kind"),
        ({"indicator": "accesses"}, "unit"),
        ({"indicator": "confirmed_returns"}, "unit"),
        ({"indicator": "alert_management"}, "unit"),
    ],
)
def test_units_and_scopes_go_with_their_indicator(fields: dict[str, str], column: str) -> None:
    found = rejected(fields)
    assert found.reason == "contract"
    assert f"one_of_when(column={column}" in found.message


@pytest.mark.parametrize(
    "fields",
    [
        {"indicator": "alerts_updated", "unit": "alert"},
        {"indicator": "alerts_expired", "unit": "alert"},
        {"indicator": "hits", "unit": "hit", "scope": "on_own_alerts"},
    ],
)
def test_new_indicators_and_scope_are_accepted(fields: dict[str, str]) -> None:
    assert fact(fields)["indicator"] == fields["indicator"]
