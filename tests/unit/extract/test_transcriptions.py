"""Transcriptions: a typed list confirms the document, or is told where it says otherwise."""

import json
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.extract.printed import DATA, READ, SUPPORT, TOTAL, UNVERIFIED, VERIFIED
from ipsdata.extract.transcriptions import confirm_transcriptions
from ipsdata.layouts import load_layouts

Row = dict[str, Any]
EDITION = "letters/2026-06-11"


def row(mission: str, count: str, verification: str, **given: Any) -> Row:
    known = {
        "document_id": f"{verification} {given.get('edition_id', EDITION)}",
        "edition_id": EDITION,
        "caption": "Peildatum 14 mei 2026",
        "path": f"{EDITION}/deployments.csv",
        "found_at": "line 2",
        "target": "deployments",
        "role": DATA,
        "fields": json.dumps({"mission": mission, "count": count}),
        "verification": verification,
        "reason": None,
        "problem": None,
    }
    return {**known, **given}


def read(mission: str, count: str, **given: Any) -> Row:
    return row(mission, count, READ, **given)


def typed(mission: str, count: str, **given: Any) -> Row:
    return row(mission, count, UNVERIFIED, **given)


def settle(*rows: Row) -> list[Row]:
    layout = load_layouts(ROOT / "schemas")["deployment_list"]
    return list(confirm_transcriptions(rows, [inventory_row(row) for row in rows], layout))


def inventory_row(row: Row) -> Row:
    options = {"population": row.get("population", "police"), "measure": "stock"}
    return {**row, "language": "nl", "options": json.dumps(options)}


def test_without_a_document_nothing_changes() -> None:
    rows = [typed("EUMM Georgië", "4"), typed("Totaal", "4", role=TOTAL)]
    assert settle(*rows) == rows


def test_typed_row_that_agrees_supports_the_document() -> None:
    document, transcription = read("EUMM Georgië", "4"), typed("EUMM Georgië", "4")
    assert settle(document, transcription) == [document, {**transcription, "role": SUPPORT}]


@pytest.mark.parametrize("first", [True, False])
def test_order_does_not_matter(first: bool) -> None:
    rows = [typed("EUMM Georgië", "4"), read("EUMM Georgië", "4")]
    found = settle(*(rows if first else rows[::-1]))
    assert sorted(row["role"] for row in found) == [DATA, SUPPORT]


def test_white_space_and_composition_make_no_difference() -> None:
    _, found = settle(read("EUMM  Georgië ", "4\n"), typed("EUMM Georgie\u0308", " 4"))
    assert (found["role"], found["problem"]) == (SUPPORT, None)


def test_total_is_compared_as_well() -> None:
    document = [read("EUMM Georgië", "4"), read("Totaal", "4", role=TOTAL)]
    same, other = (
        settle(*document, typed("Totaal", count, role=TOTAL))[-1] for count in ("4", "5")
    )
    assert (same["role"], same["problem"]) == (SUPPORT, None)
    assert (other["role"], other["reason"]) == (SUPPORT, "transcription")


@pytest.mark.parametrize(
    ("mission", "count", "told"),
    [
        ("EUMM Georgië", "5", "found 'EUMM Georgië' with '5', but the document has '4'"),
        ("EUMA Armenië", "4", "found 'EUMA Armenië' with '4', but the document has no such row"),
        ("EUMM Georgie", "4", "found 'EUMM Georgie' with '4', but the document has no such row"),
        ("EUMM Georgië", "4,0", "found 'EUMM Georgië' with '4,0', but the document has '4'"),
    ],
)
def test_typed_row_that_says_otherwise_is_told(mission: str, count: str, told: str) -> None:
    _, found = settle(read("EUMM Georgië", "4"), typed(mission, count))
    assert (found["role"], found["reason"]) == (SUPPORT, "transcription")
    assert found["problem"] == (
        f"{EDITION}/deployments.csv, line 2: {told}: the document goes before; correct the "
        "transcription, or the document's fingerprint"
    )


def test_row_of_the_document_that_was_not_typed_is_published_all_the_same() -> None:
    rows = [read("EUMM Georgië", "4"), read("EUMA Armenië", "6"), typed("EUMA Armenië", "6")]
    assert settle(*rows)[:2] == rows[:2]


def test_other_edition_and_other_tables_are_left_alone() -> None:
    others = [
        typed("EUMM Georgië", "9", edition_id="letters/2025-06-12"),
        typed("EUMM Georgië", "9", target="sis_statistics"),
        row("EUMM Georgië", "9", VERIFIED),
    ]
    assert settle(read("EUMM Georgië", "4"), *others)[1:] == others


def test_row_of_the_document_that_can_not_be_used_confirms_nothing() -> None:
    rows = [
        read("EUMM Georgië", "4", problem="told", reason="malformed_row"),
        typed("EUMM Georgië", "4"),
    ]
    assert settle(*rows) == rows


def test_typed_row_that_can_not_be_used_keeps_its_problem() -> None:
    bad = typed("", "", problem="told", reason="malformed_row", fields='["a"]')
    _, found = settle(read("EUMM Georgië", "4"), bad)
    assert found == {**bad, "role": SUPPORT}


def test_list_of_others_is_no_transcription() -> None:
    other = typed("EUMM Georgië", "9", population="kmar", document_id="kmar")
    assert settle(read("EUMM Georgië", "4"), other)[1] == other


@pytest.mark.parametrize(
    ("caption", "reason"),
    [
        ("Peildatum 14-05-2026", None),
        ("Peildatum 15 mei 2026", "transcription"),
        (None, "transcription"),
    ],
)
def test_typed_list_of_another_day_is_told(caption: str | None, reason: str | None) -> None:
    _, found = settle(read("EUMM Georgië", "4"), typed("EUMM Georgië", "4", caption=caption))
    assert (found["role"], found["reason"]) == (SUPPORT, reason)
