"""Caribbean staffing: captured figures keep their unit, their precision and their partial dates."""

import datetime as dt
import json
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.code.codelists import Codes, read_code_list
from ipsdata.contracts import load_contract
from ipsdata.facts.caribbean_staffing import TABLE, settle_caribbean_staffing
from ipsdata.facts.settle import Settled
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures

SCHEMAS = ROOT / "schemas"
CONTRACT = load_contract(SCHEMAS / "tables" / f"{TABLE}.yaml", SCHEMAS)
ORGANISATIONS = Codes.of_rows(
    "organisation",
    "organisation_id",
    read_code_list(
        SCHEMAS / "codes" / "organisations.csv",
        load_contract(SCHEMAS / "tables" / "organisations.yaml", SCHEMAS),
    ),
)
DOCUMENT_ID = "0" * 64
PUBLISHED = dt.date(2025, 6, 12)
REINFORCEMENT = {
    "row": "kmar-2025",
    "as_printed": "2 fte",
    "kind": "reinforcement",
    "provided_by": "KMAR",
    "task": "basic_policing",
    "island": "BQ-BO",
    "status": "actual",
    "unit": "fte",
}
CLASS = {
    "row": "class-2026",
    "as_printed": "volgende klas",
    "kind": "training_class",
    "provided_by": "KPCN",
    "task": "training",
    "island": "BQ",
    "status": "planned",
    "unit": "person",
    "number": "none",
    "start": "2026",
}


def printed(fields: dict[str, str], **more: object) -> dict[str, Any]:
    row = {
        "document_id": DOCUMENT_ID,
        "edition_id": "letters/2025-06-12",
        "path": "letters/2025-06-12/captures.csv",
        "target": TABLE,
        "role": "data",
        "found_at": "line 2",
        "locator": "“Bonaire”, paragraph 3, characters 1-5",
        "fields": json.dumps(fields),
        "verification": "verified",
        "reason": None,
        "problem": None,
    }
    return {**row, **more}


def settle(*rows: dict[str, Any], published_on: dt.date | None = PUBLISHED) -> Settled:
    document = {
        "published_on": published_on,
        "retrieved_on": dt.date(2026, 11, 24),
        "language": "nl",
    }
    return settle_caribbean_staffing(rows, {DOCUMENT_ID: document}, ORGANISATIONS, CONTRACT)


def fact(fields: dict[str, str]) -> dict[str, Any]:
    settled = settle(printed(fields))
    assert settled.rejections == ()
    (found,) = settled.facts
    return dict(found)


def rejection(fields: dict[str, str]) -> tuple[str, str]:
    settled = settle(printed(fields))
    assert settled.facts == ()
    (found,) = settled.rejections
    assert found.message.startswith("letters/2025-06-12/captures.csv, line 2: ")
    return found.reason, found.message.split(": ", 1)[1]


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    return {key: text for key, text in fields.items() if key != name}


def test_figure_is_published_with_all_it_says() -> None:
    found = fact({**REINFORCEMENT, "start": "2025-02", "end": "2026-02"})
    del found["printed"]
    assert found == {
        "edition_id": "letters/2025-06-12",
        "staffing_id": "kmar-2025",
        "kind": "reinforcement",
        "provided_by": "KMAR",
        "partner": None,
        "task": "basic_policing",
        "island": "BQ-BO",
        "groups": None,
        "start": "2025-02",
        "start_earliest": dt.date(2025, 2, 1),
        "start_latest": dt.date(2025, 2, 28),
        "end": "2026-02",
        "end_earliest": dt.date(2026, 2, 1),
        "end_latest": dt.date(2026, 2, 28),
        "status": "actual",
        "value": 2,
        "unit": "fte",
        "precision": "rounded",
        "value_low": 1.5,
        "value_high": 2.5,
        "as_printed": "2 fte",
        "document_id": DOCUMENT_ID,
        "locator": "“Bonaire”, paragraph 3, characters 1-5",
        "verification": "verified",
        "published_on": PUBLISHED,
        "correction_id": None,
    }


def test_clusters_keep_their_size_and_their_number() -> None:
    cluster = {"kind": "reinforcement_cluster", "as_printed": "tien", "unit": "person"}
    found = fact({**REINFORCEMENT, **cluster, "groups": "2", "status": "agreed"})
    assert (found["value"], found["unit"], found["precision"]) == (10, "person", "exact")
    assert found["groups"] == 2


def test_class_shared_with_another_force() -> None:
    shared = {"as_printed": "elf", "partner": "KPSM", "start": "2025-02", "status": "actual"}
    found = fact({**without(CLASS, "number"), **shared})
    assert (found["value"], found["partner"]) == (11, "KPSM")


def test_event_without_a_number_is_no_zero() -> None:
    found = fact(CLASS)
    figure = [found[name] for name in ("value", "precision", "value_low", "value_high")]
    assert figure == [None] * 4
    assert (found["unit"], found["as_printed"]) == ("person", "volgende klas")


def test_number_without_unit_may_be_of_fte() -> None:
    found = fact({**REINFORCEMENT, "as_printed": "6"})
    assert (found["unit"], found["value_low"], found["value_high"]) == ("fte", 5.5, 6.5)


@pytest.mark.parametrize(
    ("start", "first", "last"),
    [
        ("2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
        ("2024-02", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("2025-02-03", dt.date(2025, 2, 3), dt.date(2025, 2, 3)),
        ("2025-01/2025-06", dt.date(2025, 1, 1), dt.date(2025, 6, 30)),
    ],
)
def test_partial_date_is_an_interval_of_days(start: str, first: dt.date, last: dt.date) -> None:
    found = fact({**CLASS, "start": start})
    assert (found["start"], found["start_earliest"], found["start_latest"]) == (start, first, last)
    assert [found[name] for name in ("end", "end_earliest", "end_latest")] == [None] * 3


@pytest.mark.parametrize(
    "name", ["kind", "provided_by", "task", "island", "status", "unit", "row", "as_printed"]
)
def test_missing_or_empty_dimension_is_named(name: str) -> None:
    expected = f"dimensions: the row misses {name}; expected kind, provided_by, "
    for fields in (without(REINFORCEMENT, name), {**REINFORCEMENT, name: ""}):
        reason, message = rejection(fields)
        assert reason == "dimension"
        assert message.startswith(expected)
        assert message.endswith("unit and perhaps partner, groups, start, end, number")


def test_dimension_left_over_is_named_even_if_empty() -> None:
    for text in ("police", ""):
        reason, message = rejection({**REINFORCEMENT, "sort": text})
        assert reason == "dimension"
        assert "the row has 'sort', which is unknown; expected" in message


def test_everything_wrong_with_the_dimensions_is_told_at_once() -> None:
    _, message = rejection({**without(without(REINFORCEMENT, "unit"), "task"), "taak": "x"})
    assert "misses task, misses unit, has 'taak', which is unknown;" in message


@pytest.mark.parametrize(
    ("change", "reason", "told"),
    [
        ({"unit": "person"}, "dimension", "dimension unit: found 'person' for '2 fte', expected"),
        ({"as_printed": "28%"}, "dimension", "dimension unit: found 'fte' for '28%', expected"),
        ({"as_printed": "enkele"}, "number", "'enkele'"),
        ({"as_printed": "7,5", "unit": "person"}, "not_whole", "a whole number of persons"),
        ({"number": "0"}, "dimension", "dimension number: found '0', expected 'none'"),
        ({"groups": "twee"}, "dimension", "dimension groups: found 'twee', expected a whole"),
        ({"groups": "-2"}, "dimension", "dimension groups: found '-2'"),
        ({"groups": "1234567890"}, "dimension", "dimension groups: found '1234567890'"),
        ({"start": "februari 2025"}, "date", "dimension start: found 'februari 2025', expected"),
        ({"end": "2025-02-30"}, "date", "dimension end: found '2025-02-30', expected"),
        ({"provided_by": "KMARR"}, "unknown_code", "found organisation 'KMARR'"),
        ({"partner": "KPSN"}, "unknown_code", "found organisation 'KPSN'"),
        ({"kind": "loan"}, "contract", "column kind: found 'loan', expected that it is one of"),
        ({"island": "BQ-XX"}, "contract", "column island: found 'BQ-XX'"),
        ({"row": "Kmar 2025"}, "contract", "column staffing_id: found 'Kmar 2025'"),
        ({"unit": "hour", "as_printed": "2"}, "contract", "one_of_when(column=unit"),
        ({"kind": "training_class"}, "contract", "one_of_when(column=unit, allowed=['person']"),
        ({"groups": "2"}, "contract", "given_exactly_when(column=groups"),
        ({"kind": "reinforcement_cluster"}, "contract", "given_exactly_when(column=groups"),
        ({"start": "2026", "end": "2025"}, "contract", "not_after(earlier=start_earliest"),
    ],
)
def test_what_can_not_be_published_is_rejected(
    change: dict[str, str], reason: str, told: str
) -> None:
    found, message = rejection({**REINFORCEMENT, **change})
    assert found == reason
    assert told in message


def test_misspelt_organisation_is_told_the_nearest_and_not_corrected() -> None:
    settled = settle(printed({**REINFORCEMENT, "provided_by": "KMARR"}))
    assert "KMAR" in str(settled.rejections[0].candidates)


def test_row_of_which_the_text_was_not_found_stays_rejected() -> None:
    bad = printed(REINFORCEMENT, reason="not_at_place", problem="found another text there")
    (found,) = settle(bad).rejections
    assert (found.reason, found.message) == ("not_at_place", "found another text there")


def test_every_row_ends_in_one_place_and_one_bad_row_stops_no_other() -> None:
    rows = [
        printed(REINFORCEMENT),
        printed(CLASS, found_at="line 3"),
        printed({**CLASS, "row": "class-2027", "start": "soon"}, found_at="line 4"),
    ]
    settled = settle(*rows)
    assert [f["staffing_id"] for f in settled.facts] == ["kmar-2025", "class-2026"]
    assert [r.locator for r in settled.rejections] == ["line 4"]


def test_same_row_twice_is_none() -> None:
    settled = settle(printed(REINFORCEMENT), printed(REINFORCEMENT, found_at="line 3"))
    assert settled.facts == ()
    assert [r.reason for r in settled.rejections] == ["duplicate"] * 2


def test_document_without_day_of_publication() -> None:
    (found,) = settle(printed(REINFORCEMENT), published_on=None).facts
    assert found["published_on"] is None


def test_persons_and_fte_are_never_summed() -> None:
    persons = {"row": "politie-2025", "as_printed": "zeven", "unit": "person"}
    settled = settle(
        printed(REINFORCEMENT),
        printed({**REINFORCEMENT, **persons, "provided_by": "POLITIE_NL"}, found_at="line 3"),
    )
    assert settled.totals == ()
    assert {f["unit"]: f["value"] for f in settled.facts} == {"fte": 2, "person": 7}
    assert "adds_up" not in {rule.name for rule in CONTRACT.rules}
    assert "Persons and full-time equivalents (fte) never add up" in CONTRACT.description


def test_units_are_those_of_the_contract_whatever_made_the_row() -> None:
    row = {**fact(REINFORCEMENT), "unit": "police officer"}
    failures = contract_failures(CONTRACT, table_from_rows(CONTRACT, [row]))
    assert [failure.row for failure in failures] == [0]
    assert "allowed=['person', 'fte']" in failures[0].check
