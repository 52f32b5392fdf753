"""Quantities: each number and date of a document, and the one thing that became of it."""

import datetime as dt
import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.contracts import load_contract
from ipsdata.extract.passages import passages
from ipsdata.extract.printed import DATA, READ, SUPPORT, TOTAL, UNVERIFIED, VERIFIED
from ipsdata.facts.quantities import FATES, account_quantities, coverage
from ipsdata.layouts import load_layouts
from ipsdata.read.document import Cell, Document, Footnote, Heading, Paragraph, Place, Table
from ipsdata.read.serial import to_json
from ipsdata.tables import table_from_rows
from ipsdata.validation import contract_failures

Row = dict[str, Any]

SCHEMAS = ROOT / "schemas"
CONTRACT = load_contract(SCHEMAS / "tables" / "quantities.yaml", SCHEMAS)
LAYOUT = load_layouts(SCHEMAS)["deployment_list"]
DOCUMENT_ID = "c" * 64
EDITION = "letters/2026-06-11"
DOCUMENT = {
    "document_id": DOCUMENT_ID,
    "edition_id": EDITION,
    "language": "nl",
    "published_on": dt.date(2026, 6, 11),
}
PLACE = "“Cijfers”, paragraph 1"
TEXT = "Er waren 401.235 hits in 2025, meer dan vier miljard bevragingen en zeven landen."
CAPTION = "Overzicht (peildatum 14 mei 2026)"
GRID = (("Missie", "Aantal"), ("EUMM Georgië", "5"), ("EUMA 2", "6"), ("Totaal", "11"))


def content(page: int | None = None) -> Document:
    under = Place(("Cijfers",), page=page)
    cells = tuple(
        tuple(
            Cell(text, Place(("Lijst",), page=page, table=1, row=r, column=c))
            for c, text in enumerate(row, 1)
        )
        for r, row in enumerate(GRID, 1)
    )
    return Document(
        "text/plain",
        (
            Heading("Cijfers", 1, under),
            Paragraph(TEXT, Place(("Cijfers",), paragraph=1, page=page)),
            Heading(CAPTION, 1, Place((CAPTION,), page=page)),
            Table(cells, Place(("Lijst",), page=page, table=1), CAPTION),
        ),
        (Footnote("1", "Kamerstuk 29 911, nr. 454"),),
    )


def reading(document: Document) -> Row:
    return {"document": json.dumps(to_json(document), ensure_ascii=False)}


LINES = count(2)


def place_of(text: str) -> str:
    """Return the locator of a text of the document."""
    for passage in passages(content()):
        start = passage.text.find(text)
        if start >= 0:
            return passage.locator(start, start + len(text))
    raise AssertionError(text)


def printed(text: str, target: str | None = "sis_statistics", **given: Any) -> Row:
    """Return the printed row of a capture of a text."""
    fields = {"row": given.pop("row", ""), "as_printed": text, **given.pop("fields", {})}
    known = {
        "document_id": DOCUMENT_ID,
        "edition_id": EDITION,
        "target": target,
        "role": DATA,
        "path": f"{EDITION}/captures.csv",
        "found_at": f"line {next(LINES)}",
        "locator": place_of(text),
        "fields": json.dumps(fields),
        "caption": None,
        "verification": VERIFIED,
        "reason": None,
        "problem": None,
    }
    return {**known, **given}


def listed(number: int, role: str = DATA, **given: Any) -> Row:
    """Return the printed row of a row of the list."""
    mission, number_of = GRID[number - 1]
    fields = json.dumps({"mission": mission, "count": number_of})
    known = {"role": role, "fields": fields, "caption": CAPTION, "verification": READ, **given}
    return {**printed(number_of, "deployments"), "locator": f"table 1, row {number}", **known}


def no_figure(text: str, why: str, **given: Any) -> Row:
    fields = {"reason": why}
    return printed(text, "no_figure", **{"role": SUPPORT, "fields": fields, **given})


def accounted(
    *rows: Row, lost: tuple[Row, ...] = (), at_hand: bool = True, page: int | None = None
) -> list[Row]:
    """Return the quantities, where every row that makes one is published but the `lost`."""
    made = [row for row in rows if row["role"] == DATA and row not in lost]
    published = frozenset((r["target"], r["path"], r["found_at"]) for r in made)
    found = reading(content(page)) if at_hand else None
    return list(account_quantities(DOCUMENT, found, rows, published, LAYOUT))


def only(text: str, rows: list[Row]) -> Row:
    (found,) = (row for row in rows if row["as_printed"] == text)
    return found


def fate(text: str, rows: list[Row]) -> tuple[str, str | None, str | None, str | None]:
    found = only(text, rows)
    return found["fate"], found["target_table"], found["target_row"], found["reason"]


ALL = "401.235|2025|meer dan vier miljard|zeven|14 mei 2026|5|2|6|11|29 911, nr. 454".split("|")
UNACCOUNTED = ("unaccounted", None, None, None)


# What stands there


def test_every_number_and_date_is_found_in_reading_order() -> None:
    rows = accounted()
    assert [row["as_printed"] for row in rows] == ALL
    assert [row["position"] for row in rows] == list(range(1, len(ALL) + 1))
    assert {row["fate"] for row in rows} == {"unaccounted"}
    assert {row["verification"] for row in rows} == {READ}
    assert {(row["edition_id"], row["document_id"], row["published_on"]) for row in rows} == {
        (EDITION, DOCUMENT_ID, dt.date(2026, 6, 11))
    }
    assert rows[0]["locator"] == place_of("401.235") == f"{PLACE}, characters 10-16"


def test_rows_hold_to_their_contract() -> None:
    rows = accounted(
        printed("401.235"),
        no_figure("2025", "date"),
        listed(2),
        listed(4, TOTAL),
        printed("zeven", problem="told", reason="capture"),
    )
    assert contract_failures(CONTRACT, table_from_rows(CONTRACT, rows)) == []
    assert {row["fate"] for row in rows} == set(FATES)


def test_numbers_have_their_interval_and_dates_their_days() -> None:
    rows = accounted()
    names = ("kind", "value", "value_low", "value_high", "first_day", "last_day")
    assert {text: tuple(only(text, rows)[name] for name in names) for text in ALL[:5]} == {
        "401.235": ("number", 401_235, 401_235, 401_235, None, None),
        "2025": ("date", None, None, None, dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
        "meer dan vier miljard": ("number_word", 4e9, 4e9, None, None, None),
        "zeven": ("number_word", 7, 7, 7, None, None),
        "14 mei 2026": ("date", None, None, None, *[dt.date(2026, 5, 14)] * 2),
    }
    assert [type(only("zeven", rows)[name]) for name in names[1:4]] == [float] * 3
    assert only("29 911, nr. 454", rows)["kind"] == "code"
    assert only("29 911, nr. 454", rows)["value"] is None


# What became of it


def test_published_figure_names_its_row() -> None:
    rows = accounted(printed("401.235"))
    assert fate("401.235", rows) == ("published", "sis_statistics", place_of("401.235"), None)
    assert {row["fate"] for row in rows if row["as_printed"] != "401.235"} == {"unaccounted"}


def test_support_goes_to_the_row_that_it_supports() -> None:
    evidence = printed("2025", role=SUPPORT, row="hits", fields={"gives": "time_period"})
    rows = accounted(printed("401.235", row="hits"), evidence)
    assert fate("2025", rows) == ("published", "sis_statistics", place_of("401.235"), None)


def test_no_figure_gives_its_reason_and_no_table() -> None:
    assert fate("2025", accounted(no_figure("2025", "date"))) == ("no_figure", None, None, "date")


def test_row_at_the_place_of_a_published_one_may_be_rejected() -> None:
    kept, lost = printed("401.235", row="kept"), printed("401.235", row="lost")
    support = printed("2025", row="lost", role=SUPPORT, fields={"gives": "time_period"})
    rows = accounted(kept, lost, support, lost=(lost,))
    assert fate("401.235", rows)[0] == "published"
    assert fate("2025", rows)[0] == "rejected"


def test_row_that_was_not_published_is_rejected() -> None:
    row = printed("401.235", row="hits")
    evidence = printed("2025", role=SUPPORT, row="hits")
    rows = accounted(row, evidence, lost=(row,))
    told = ("rejected", "sis_statistics", place_of("401.235"), None)
    assert fate("401.235", rows) == fate("2025", rows) == told


def test_row_with_a_problem_is_rejected_whatever_is_published() -> None:
    bad = printed("401.235", problem="told", reason="evidence")
    assert fate("401.235", accounted(bad))[0] == "rejected"


def test_support_of_nothing_is_rejected() -> None:
    evidence = printed("2025", role=SUPPORT, row="hits")
    assert fate("2025", accounted(evidence)) == (
        "rejected",
        "sis_statistics",
        place_of("2025"),
        None,
    )


def test_no_figure_with_a_problem_is_rejected() -> None:
    bad = no_figure("2025", "", problem="told", reason="capture")
    assert fate("2025", accounted(bad))[0] == "rejected"


def test_line_that_names_no_table_accounts_for_nothing() -> None:
    bad = printed("401.235", role=SUPPORT, target=None, problem="told", reason="capture")
    assert fate("401.235", accounted(bad)) == UNACCOUNTED


def test_capture_that_holds_a_number_in_part_accounts_for_nothing() -> None:
    part = printed("vier miljard")
    assert fate("meer dan vier miljard", accounted(part)) == UNACCOUNTED


def test_capture_at_the_same_characters_of_another_place_accounts_for_nothing() -> None:
    elsewhere = printed("401.235", locator="“Cijfers”, paragraph 2, characters 10-16")
    assert fate("401.235", accounted(elsewhere)) == UNACCOUNTED


def test_name_over_a_paragraph_accounts_for_none_of_its_numbers() -> None:
    rows = accounted(printed(TEXT, "cooperation_register"))
    assert fate("401.235", rows) == UNACCOUNTED


def test_quantity_claimed_by_two_rows_names_both() -> None:
    staff = [printed("zeven", "caribbean_staffing", row=name) for name in ("one", "two")]
    rows = accounted(printed("zeven"), *staff)
    assert fate("zeven", rows) == (
        "published",
        "sis_statistics; caribbean_staffing",
        place_of("zeven"),
        None,
    )


@pytest.mark.parametrize("table", ["cooperation_register", "cooperation_partners"])
def test_number_in_a_name_is_accounted_for_by_support_alone(table: str) -> None:
    named = printed("zeven landen", table, row="pact")
    assert fate("zeven", accounted(named)) == UNACCOUNTED
    assert fate("zeven", accounted(printed("zeven"), named)) == (
        "published",
        "sis_statistics",
        place_of("zeven"),
        None,
    )
    evidence = printed("zeven", table, role=SUPPORT, row="pact", fields={"gives": "members"})
    assert fate("zeven", accounted(named, evidence)) == (
        "published",
        table,
        place_of("zeven landen"),
        None,
    )
    assert fate("zeven", accounted(named, evidence, lost=(named,)))[0] == "rejected"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (no_figure("zeven", "no_count"), "published"),
        (printed("zeven", "caribbean_staffing", problem="t", reason="capture"), "published"),
        (printed("zeven", "cooperation_register", problem="t", reason="capture"), "published"),
    ],
)
def test_published_comes_before_any_other_fate(other: Row, expected: str) -> None:
    row = printed("zeven")
    for order in ((row, other), (other, row)):
        assert fate("zeven", accounted(*order)) == (
            expected,
            "sis_statistics",
            place_of("zeven"),
            None,
        )


def test_reason_comes_before_a_rejection() -> None:
    bad = printed("zeven", problem="told", reason="capture")
    found = fate("zeven", accounted(bad, no_figure("zeven", "no_count")))
    assert found == ("no_figure", None, None, "no_count")


# The list


def test_cells_of_a_list_go_to_their_rows() -> None:
    rows = accounted(listed(2), listed(3), listed(4, TOTAL))
    assert fate("5", rows) == ("published", "deployments", "table 1, row 2", None)
    assert (
        fate("6", rows) == fate("2", rows) == ("published", "deployments", "table 1, row 3", None)
    )
    assert fate("11", rows) == ("total", "deployments", "table 1, row 4", None)


def test_cell_of_row_1_is_not_one_of_row_11() -> None:
    rows = accounted({**listed(2), "locator": "table 1, row 22"})
    assert fate("5", rows) == UNACCOUNTED


def test_cell_in_a_pdf_is_found_on_its_page() -> None:
    rows = accounted({**listed(2), "locator": "page 3, table 1, row 2"}, page=3)
    assert only("5", rows)["fate"] == "published"
    assert only("5", rows)["locator"] == "page 3, table 1, row 2, column 2, characters 1-1"


def test_rejected_row_of_a_list_is_told() -> None:
    row = listed(2)
    assert fate("5", accounted(row, listed(3), lost=(row,)))[0] == "rejected"


def test_date_of_a_caption_goes_to_the_rows_of_the_list() -> None:
    rows = accounted(listed(2), listed(3), listed(4, TOTAL))
    assert fate("14 mei 2026", rows) == (
        "published",
        "deployments",
        "table 1, row 2; table 1, row 3",
        None,
    )


def test_date_of_a_caption_is_rejected_with_all_its_rows() -> None:
    lost = (listed(2), listed(3))
    assert fate("14 mei 2026", accounted(*lost, lost=lost))[0] == "rejected"
    assert fate("14 mei 2026", accounted(*lost, lost=lost[:1]))[0] == "published"


def test_date_of_a_typed_list_says_nothing_about_the_document() -> None:
    assert fate("14 mei 2026", accounted(listed(2, verification=UNVERIFIED))) == UNACCOUNTED


# Where the document is not at hand


def captures() -> tuple[Row, ...]:
    held: Mapping[str, str] = {"verification": UNVERIFIED}
    return (
        printed("401.235", row="hits", **held),
        printed("2025", role=SUPPORT, row="hits", **held),
        printed("meer dan vier miljard", **held),
        no_figure("29 911, nr. 454", "document_number", **held),
        printed("landen", "cooperation_register", **held),
    )


def test_without_the_document_the_captures_tell_the_same() -> None:
    names = [column["name"] for column in CONTRACT.resolved["columns"]]
    kept = [name for name in names if name not in ("position", "verification")]
    found = {r["locator"]: [r[n] for n in kept] for r in accounted(*captures(), at_hand=False)}
    at_hand = {r["locator"]: [r[n] for n in kept] for r in accounted(*captures())}
    assert len(found) == 4
    assert found.items() <= at_hand.items()
    assert {r["verification"] for r in accounted(*captures(), at_hand=False)} == {UNVERIFIED}


def test_without_the_document_a_place_counts_once() -> None:
    rows = accounted(*captures(), no_figure("2025", "date"), at_hand=False)
    assert [row["as_printed"] for row in rows].count("2025") == 1
    assert [row["position"] for row in rows] == [1, 2, 3, 4]


def test_without_the_document_lists_and_bad_lines_tell_nothing() -> None:
    typed = {**listed(2, verification=UNVERIFIED), "locator": "line 2"}
    bad = printed("zeven", problem="told", reason="capture")
    assert accounted(typed, bad, at_hand=False) == []


def test_letter_without_captures_and_document_has_no_quantities() -> None:
    assert accounted(at_hand=False) == []


# How much


@pytest.mark.parametrize(
    ("fates", "expected"),
    [
        ([], (0, 0)),
        (["published", "total", "no_figure"], (3, 3)),
        (["published", "unaccounted", "unaccounted"], (1, 3)),
        (["unaccounted"], (0, 1)),
    ],
)
def test_coverage_counts_what_was_said(fates: list[str], expected: tuple[int, int]) -> None:
    assert coverage({"fate": each} for each in fates) == expected


def test_coverage_of_rejected_rows() -> None:
    """Nothing came of a rejected row yet, though somebody said what the number is."""
    assert coverage([{"fate": "rejected"}]) == (0, 1)
    fates = ("published", "rejected", "total", "no_figure", "unaccounted")
    assert coverage([{"fate": each} for each in fates]) == (3, 5)
