"""Captures: a text is taken only where it stands, whole, and saying what it is said to mean."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ipsdata.extract.captures import (
    CAPTURED,
    NO_FIGURE,
    NO_FIGURE_REASONS,
    Capture,
    CaptureError,
    parse_dimensions,
    write_dimensions,
)
from ipsdata.extract.passages import Passage, passages
from ipsdata.extract.printed import SUPPORT, UNVERIFIED, VERIFIED
from ipsdata.extract.verification import capture_rows, captured_row
from ipsdata.read.document import Document, Heading, Paragraph, Place

Row = dict[str, Any]

EDITION = "letters/2026-06-11"
FILE = f"{EDITION}/captures.csv"
SOURCE = {
    "document_id": "a" * 64,
    "edition_id": EDITION,
    "path": f"{EDITION}/letter.txt",
    "language": "nl",
}
SIS, REGISTER = "sis_statistics", "cooperation_register"
HITS = {"indicator": "hits", "time_period": "2025"}
NAMED = {"table": REGISTER, "row": "pact", "dimensions": {"title": "Pact", "start": "2025-05-14"}}
PLACE = "“Cijfers”, paragraph 1"
TEXT = (
    "Nederland deed meer dan vier miljard bevragingen op 93,1 miljoen signaleringen. Er waren "
    "397.804 hits tot 14 mei 2025, ook in café De Zon, op de zevende plek van zeven."
)
PAGES = (Passage(PLACE, TEXT), Passage("note 1", "Zie ook de brief met 12 hits."))


def capture(printed: str, **given_: Any) -> Capture:
    """Return a capture of a text where it first stands, or of what is given."""
    start = TEXT.find(printed)
    known = {
        "line": 2,
        "table": SIS,
        "row": "hits",
        "dimensions": HITS,
        "as_printed": printed,
        "locator": PAGES[0].locator(start, start + len(printed)),
    }
    return Capture(**{**known, **given_})


def support(printed: str, column: str, **given_: Any) -> Capture:
    return capture(printed, **{"line": 3, "dimensions": {"gives": column}, **given_})


def no_figure(printed: str, reason: str, **given_: Any) -> Capture:
    known = {"table": NO_FIGURE, "row": "", "dimensions": {"reason": reason}}
    return capture(printed, **{**known, **given_})


def verified(*captures: Capture, pages: tuple[Passage, ...] | None = PAGES) -> list[Row]:
    lines = [
        (captured_row(c, SOURCE, FILE, dict(c.dimensions), at_hand=pages is not None), c)
        for c in captures
    ]
    return list(capture_rows(lines, SOURCE, pages))


def problems(*captures: Capture, pages: tuple[Passage, ...] | None = PAGES) -> list[Row]:
    return [row for row in verified(*captures, pages=pages) if row["problem"] is not None]


def only_problem(*captures: Capture, pages: tuple[Passage, ...] | None = PAGES) -> tuple[str, str]:
    (found,) = problems(*captures, pages=pages)
    place = f"{FILE}, {found['found_at']}: "
    assert found["problem"].startswith(place)
    return found["reason"], found["problem"].removeprefix(place)


# Dimensions


KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_characters=";", exclude_categories=["Cs"]), max_size=20).map(
    str.strip
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_dimensions_come_back_as_they_were_written(dimensions: dict[str, str]) -> None:
    assert parse_dimensions(write_dimensions(dimensions)) == dimensions


def test_dimensions_are_written_so_that_a_person_reads_them() -> None:
    assert write_dimensions({"area": "NL", "category_id": "2018/1860:3"}) == (
        "area=NL; category_id=2018/1860:3"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (" ; ;", {}),
        ("a=1;b=2", {"a": "1", "b": "2"}),
        (" a = 1 ;  b=two words ; ", {"a": "1", "b": "two words"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_dimensions_are_read(text: str, expected: dict[str, str]) -> None:
    assert parse_dimensions(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hits", "column dimensions: found 'hits', expected key=value"),
        ("a=1; b", "column dimensions: found ' b', expected key=value"),
        ("=1", "column dimensions: found '=1', expected key=value"),
        ("A=1", "column dimensions: found 'A=1', expected key=value"),
        ("a=1; a=1", "column dimensions: found a twice, expected it once"),
    ],
)
def test_dimensions_of_another_form_are_refused(text: str, told: str) -> None:
    with pytest.raises(CaptureError) as caught:
        parse_dimensions(text)
    assert str(caught.value) == told


# The text at its place


@pytest.mark.parametrize(
    ("printed", "table"),
    [
        ("meer dan vier miljard", SIS),
        ("93,1 miljoen", SIS),
        ("397.804", SIS),
        ("14 mei 2025", REGISTER),
        ("Nederland", REGISTER),
        ("café De Zon", REGISTER),
    ],
)
def test_text_at_its_place_holds(printed: str, table: str) -> None:
    (row,) = verified(capture(printed, **(NAMED if table == REGISTER else {})))
    assert row["problem"] is None
    assert {key: row[key] for key in ("verification", "role", "target", "document_id")} == {
        "verification": VERIFIED,
        "role": "data",
        "target": table,
        "document_id": SOURCE["document_id"],
    }
    assert (row["path"], row["found_at"]) == (FILE, "line 2")
    assert TEXT[row_start(row) - 1 :].startswith(printed)


def row_start(row: Row) -> int:
    return int(row["locator"].rpartition(" ")[2].partition("-")[0])


def test_text_that_moved_is_told_with_its_new_place() -> None:
    start = TEXT.index("397.804")
    moved = capture("397.804", locator=PAGES[0].locator(start + 1, start + 8))
    assert only_problem(moved) == (
        "not_at_place",
        "found another text there, expected '397.804', which now stands at "
        f"{PAGES[0].locator(start, start + 7)}: correct the locator",
    )


def test_text_that_moved_to_several_places_is_told_with_three() -> None:
    pages = tuple(Passage(f"paragraph {n}", "Er waren 12 hits.") for n in range(1, 6))
    reason, told = only_problem(
        capture("12", locator="paragraph 1, characters 1-2"), pages=(*pages, *PAGES)
    )
    assert reason == "not_at_place"
    assert told.endswith(
        "which now stands at paragraph 1, characters 10-11 and at paragraph 2, characters 10-11 "
        "and at paragraph 3, characters 10-11 and 3 more: correct the locator"
    )


def test_new_place_is_told_only_where_the_text_stands_whole() -> None:
    """ "vier miljard" is no number of its own in "meer dan vier miljard"."""
    reason, told = only_problem(capture("vier miljard", locator=f"{PLACE}, characters 1-12"))
    assert (reason, told) == (
        "not_at_place",
        "found another text there, expected 'vier miljard', which stands nowhere in the document: "
        "remove the line, or correct it",
    )


def test_text_that_stands_nowhere_is_told() -> None:
    reason, told = only_problem(capture("398.805", locator=f"{PLACE}, characters 90-96"))
    assert reason == "not_at_place"
    assert "expected '398.805', which stands nowhere in the document" in told


def test_place_that_is_not_there_is_told() -> None:
    reason, told = only_problem(
        capture("397.804", locator="“Cijfers”, paragraph 9, characters 1-7")
    )
    assert reason == "not_at_place"
    assert told.startswith("found no such place in the document, expected '397.804', which now ")
    assert PLACE in told


def test_text_longer_than_the_passage_does_not_hold() -> None:
    longer = capture(f"{TEXT} x", row="", locator=f"{PLACE}, characters 1-{len(TEXT) + 2}")
    assert only_problem(longer)[0] == "not_at_place"


def test_locator_must_end_where_the_text_does() -> None:
    """Such a locator is published, and claims characters that are not there."""
    place = f"{PLACE}, characters {len(TEXT) - 5}"
    assert problems(capture("zeven.", locator=f"{place}-{len(TEXT)}", **NAMED)) == []
    for end in (len(TEXT) - 1, len(TEXT) + 1, 999_999):
        for pages in (PAGES, None):
            last = capture("zeven.", locator=f"{place}-{end}", **NAMED)
            assert only_problem(last, pages=pages) == (
                "capture",
                f"found 'zeven.', 6 characters at '{place}-{end}', expected as many there: correct "
                "one of the two",
            )


def test_locator_of_many_digits_is_refused() -> None:
    reason, _ = only_problem(capture("zeven", locator=f"{PLACE}, characters 1-{'9' * 5000}"))
    assert reason == "capture"


@pytest.mark.parametrize(
    ("printed", "whole"),
    [
        ("vier miljard", "meer dan vier miljard"),
        ("meer dan vier", "meer dan vier miljard"),
        ("dan vier miljard", "meer dan vier miljard"),
        ("93,1", "93,1 miljoen"),
        ("93", "93,1 miljoen"),
        ("1 miljoen", "93,1 miljoen"),
        ("04", "397.804"),
        ("397", "397.804"),
        ("804 hits", "397.804"),
        ("14 mei", "14 mei 2025"),
        ("2025", "14 mei 2025"),
        ("mei 2025, ook", "14 mei 2025"),
        ("zeven", "zevende"),
    ],
)
def test_number_is_not_cut_in_two(printed: str, whole: str) -> None:
    assert only_problem(capture(printed)) == (
        "cut_number",
        f"found {printed!r}, which cuts the number {whole!r} that stands there: capture it whole, "
        "with its qualifier, scale and unit",
    )


def test_white_space_and_composition_make_no_difference() -> None:
    cafe = TEXT.index("café De Zon")
    locator = PAGES[0].locator(cafe, cafe + len("café De Zon"))
    for printed in (
        unicodedata.normalize("NFD", "café De Zon"),
        "café\u00a0De  Zon",
        " café De\nZon\t",
    ):
        assert problems(capture(printed, locator=locator, **NAMED)) == [], printed
    other = capture("cafe De Zon", locator=locator, **NAMED)
    assert only_problem(other)[0] == "not_at_place"


def test_case_makes_a_difference() -> None:
    start = TEXT.index("Nederland")
    other = capture("nederland", locator=PAGES[0].locator(start, start + 9))
    assert only_problem(other)[0] == "not_at_place"


@pytest.mark.parametrize("page", ["", "page 1, ", "page 27, "])
def test_page_does_not_matter(page: str) -> None:
    held = capture("397.804")
    paged = capture("397.804", locator=page + held.locator)
    assert problems(paged) == []
    in_pdf = tuple(Passage(f"page 4, {p.place}", p.text) for p in PAGES)
    assert problems(paged, pages=in_pdf) == []


def test_heading_that_names_a_page_is_the_same_in_a_pdf() -> None:
    def pages(number: int | None) -> tuple[Passage, ...]:
        heading = "See page 12, below"
        blocks = (
            Heading(heading, 1, Place((heading,), page=number)),
            Paragraph("Er waren 12 hits.", Place((heading,), paragraph=1, page=number)),
        )
        return passages(Document("text/plain", blocks))

    in_text, in_pdf = pages(None), pages(3)
    held = capture("12", locator=in_text[1].locator(9, 11))
    assert problems(held, pages=in_text) == []
    assert problems(held, pages=in_pdf) == []


# What the text says


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Er waren 2 à 3 miljoen hits.", "2"),
        ("Er waren tussen 3 en 5 miljoen hits.", "3"),
        ("Er waren 4 tot 5 miljard hits.", "4"),
    ],
)
def test_number_without_its_shared_scale_is_refused(text: str, printed: str) -> None:
    page = Passage(PLACE, text)
    start = text.index(printed)
    shared = capture(printed, locator=page.locator(start, start + len(printed)))
    assert only_problem(shared, pages=(page,))[0] == "cut_number"


def test_year_is_no_figure_of_the_sis() -> None:
    page = Passage(PLACE, "Dit zijn de hits van 2025.")
    year = capture("2025", locator=page.locator(21, 25))
    assert only_problem(year, pages=(page,))[0] == "capture"
    assert only_problem(year, pages=None)[0] == "capture"


@pytest.mark.parametrize("table", ["sis_statistics", "caribbean_staffing"])
@pytest.mark.parametrize(
    "printed", ["14 mei 2025", "Nederland", "café De Zon", "zevende", "397.804 hits", "zeven."]
)
def test_figure_is_one_number_and_nothing_else(printed: str, table: str) -> None:
    assert len(problems(capture(printed, table=table))) == 1
    assert only_problem(capture(printed, table=table), pages=None) == (
        "capture",
        f"column as_printed: found {printed!r}, expected one number and nothing else",
    )


def test_row_of_staff_without_a_number_may_be_any_text() -> None:
    none = capture("Nederland", table="caribbean_staffing", dimensions={"number": "none"})
    assert problems(none) == []


# Support


def test_support_and_its_row_hold() -> None:
    main, evidence = capture("397.804"), support("14 mei 2025", "time_period")
    rows = verified(main, evidence)
    assert [row["problem"] for row in rows] == [None, None]
    assert [row["role"] for row in rows] == ["data", SUPPORT]
    assert {row["target"] for row in rows} == {SIS}


def test_support_without_its_row_is_told() -> None:
    reason, told = only_problem(support("14 mei 2025", "time_period", row="other"))
    assert reason == "capture"
    assert told == (
        "found support for the row 'other' of sis_statistics, expected one line that makes that "
        "row: add it, or correct the name"
    )


def test_support_of_a_row_of_another_table_is_told() -> None:
    alone = support("14 mei 2025", "start", table=REGISTER)
    reason, told = only_problem(capture("397.804"), alone)
    assert reason == "capture"
    assert "'hits' of cooperation_register" in told


def test_support_without_a_name_is_told() -> None:
    reason, told = only_problem(capture("397.804", row="named"), support("zevende", "rank", row=""))
    assert reason == "capture"
    assert told == (
        "found support for the row '' of sis_statistics, expected one line that makes that row: "
        "add it, or correct the name"
    )


def test_row_that_stands_twice_is_told_on_every_line() -> None:
    lines = (
        capture("397.804"),
        capture("93,1 miljoen", line=3),
        support("14 mei 2025", "time_period", line=4),
    )
    told = {row["found_at"]: (row["reason"], row["problem"]) for row in problems(*lines)}
    assert set(told) == {"line 2", "line 3", "line 4"}
    assert {reason for reason, _ in told.values()} == {"capture"}
    for line in ("line 2", "line 3"):
        assert "column row: found 'hits' on 2 lines, expected one" in told[line][1]


def test_row_without_a_name_may_stand_beside_others() -> None:
    assert problems(capture("397.804", row=""), capture("93,1 miljoen", row="", line=3)) == []


def test_row_falls_with_its_support() -> None:
    moved = support("14 mei 2025", "time_period", locator=f"{PLACE}, characters 1-11")
    found = {row["found_at"]: row for row in problems(capture("397.804"), moved)}
    assert found["line 3"]["reason"] == "not_at_place"
    assert found["line 2"]["reason"] == "evidence"
    assert found["line 2"]["problem"].endswith(
        "line 3, which time_period of this row rests on, does not hold: correct that line, or this "
        "row"
    )


def test_support_does_not_fall_with_its_row_nor_with_other_support() -> None:
    main = capture("397.804", locator=f"{PLACE}, characters 1-7")
    assert only_problem(main, support("14 mei 2025", "time_period"))[0] == "not_at_place"
    bad = support("14 mei 2025", "time_period", locator=f"{PLACE}, characters 1-11")
    good = support("zeven.", "rank", line=4)
    found = problems(capture("397.804", dimensions={**HITS, "rank": "7"}), bad, good)
    assert [(row["found_at"], row["reason"]) for row in found] == [
        ("line 2", "evidence"),
        ("line 3", "not_at_place"),
    ]


def test_support_of_a_row_leaves_others_alone() -> None:
    other = capture("93,1 miljoen", line=4, row="alerts")
    bad = support("14 mei 2025", "time_period", locator=f"{PLACE}, characters 1-11")
    found = problems(capture("397.804"), bad, other)
    assert {row["found_at"] for row in found} == {"line 2", "line 3"}


def test_nameless_support_leaves_nameless_rows_alone() -> None:
    found = problems(capture("397.804", row=""), support("zevende", "rank", row=""))
    assert [row["found_at"] for row in found] == ["line 3"]


def test_wrong_no_figure_line_leaves_others_alone() -> None:
    wrong = no_figure("zevende", "ordinal", dimensions={"gives": "rank"}, line=3)
    found = problems(no_figure("14 mei 2025", "date"), wrong)
    assert [row["found_at"] for row in found] == ["line 3"]


@pytest.mark.parametrize("column", ["", "time_perod", "nothing", "area", "as_printed"])
def test_support_names_a_column_of_its_row_that_has_a_value(column: str) -> None:
    main = capture("397.804", dimensions={**HITS, "area": ""})
    found = {row["found_at"]: row for row in problems(main, support("14 mei 2025", column))}
    assert {line: row["reason"] for line, row in found.items()} == {
        "line 2": "evidence",
        "line 3": "capture",
    }
    assert found["line 3"]["problem"] == (
        f"{FILE}, line 3: found 'gives={column}', expected gives=<column> and nothing else, the "
        "column one of indicator, time_period"
    )


def test_support_holds_one_quantity_at_most() -> None:
    main = capture("397.804", dimensions={**HITS, "rank": "7"})
    assert problems(main, support("zevende", "rank")) == []
    assert problems(main, support("plek", "rank")) == []
    found = problems(main, support("14 mei 2025, ook in café De Zon, op de zevende", "rank"))
    assert [(row["found_at"], row["reason"]) for row in found] == [
        ("line 2", "evidence"),
        ("line 3", "capture"),
    ]
    assert found[1]["problem"].endswith(
        "found several numbers ('14 mei 2025', 'zevende'), expected a line for each"
    )


def test_support_gives_one_column_and_nothing_else() -> None:
    more = support("14 mei 2025", "time_period", dimensions={"gives": "time_period", "area": "NL"})
    found = {row["found_at"]: row for row in problems(capture("397.804"), more)}
    assert found["line 3"]["reason"] == "capture"
    assert (
        "found 'gives=time_period; area=NL', expected gives=<column> and nothing else, the column "
        "one of indicator, time_period" in found["line 3"]["problem"]
    )


def test_evidence_that_says_otherwise_is_told() -> None:
    main = capture("397.804", dimensions={**HITS, "time_period": "2024"})
    found = {row["found_at"]: row for row in problems(main, support("14 mei 2025", "time_period"))}
    assert {row["reason"] for row in found.values()} == {"evidence"}
    assert found["line 3"]["problem"].endswith(
        "found '14 mei 2025' as what time_period=2024 rests on, which says something else: correct "
        "one of the two"
    )
    assert "line 3, which time_period" in found["line 2"]["problem"]


def test_evidence_counts_where_the_document_is_not_at_hand_too() -> None:
    main = capture("397.804", dimensions={**HITS, "time_period": "2024"})
    found = problems(main, support("14 mei 2025", "time_period"), pages=None)
    assert [row["reason"] for row in found] == ["evidence", "evidence"]


# Tables, reasons, shapes


@pytest.mark.parametrize("table", ["", "deployments", "SIS_statistics", "quantities"])
def test_unknown_table_is_told(table: str) -> None:
    reason, told = only_problem(capture("397.804", table=table))
    assert reason == "capture"
    assert (
        told == f"column table: found {table!r}, expected one of {', '.join(CAPTURED)}, no_figure"
    )
    (row,) = problems(capture("397.804", table=table))
    assert (row["target"], row["role"]) == (None, SUPPORT)


@pytest.mark.parametrize("reason", NO_FIGURE_REASONS)
def test_reason_of_the_closed_list_holds(reason: str) -> None:
    (row,) = verified(no_figure("14 mei 2025", reason))
    assert (row["problem"], row["role"], row["target"]) == (None, SUPPORT, NO_FIGURE)


@pytest.mark.parametrize(
    "dimensions", [{}, {"reason": ""}, {"reason": "boring"}, {"reason": "date", "area": "NL"}]
)
def test_reason_of_no_list_is_told(dimensions: dict[str, str]) -> None:
    reason, told = only_problem(no_figure("14 mei 2025", "", dimensions=dimensions))
    assert reason == "capture"
    assert told == (
        f"found {dimensions}, expected reason=… and nothing else, one of "
        f"{', '.join(NO_FIGURE_REASONS)}"
    )


def test_no_figure_may_not_cut_a_number_either() -> None:
    assert only_problem(no_figure("14 mei", "date"))[0] == "cut_number"


@pytest.mark.parametrize("printed", [TEXT, "397.804 hits", "Nederland", "tot 14 mei 2025"])
def test_no_figure_is_one_number_as_it_stands(printed: str) -> None:
    reason, told = only_problem(no_figure(printed, "date"))
    assert reason == "capture"
    assert told.startswith("column as_printed: found ")
    assert told.endswith(", expected one number or date, as it stands")


@pytest.mark.parametrize("locator", ["", "somewhere", PLACE, f"{PLACE}, characters 5-4"])
def test_locator_without_characters_is_told(locator: str) -> None:
    for pages in (PAGES, None):
        reason, told = only_problem(capture("397.804", locator=locator), pages=pages)
        assert reason == "capture"
        assert told.startswith(f"column locator: found {locator!r}, expected a place with ")


@pytest.mark.parametrize("printed", ["", "  ", "\u00a0\n"])
def test_text_of_nothing_is_told(printed: str) -> None:
    reason, told = only_problem(capture(printed, locator=f"{PLACE}, characters 1-1"))
    assert reason == "capture"
    assert told == (
        "column as_printed: found nothing, expected the text as it stands in the document"
    )


def test_long_text_is_cut_in_the_message() -> None:
    reason, told = only_problem(capture("x" * 30_000, locator=f"{PLACE}, characters 1-30000"))
    assert reason == "not_at_place"
    assert len(told) < 400
    assert "(30,000 characters)" in told


def test_line_that_could_not_be_read_passes_as_it_is() -> None:
    (row,) = verified(capture("397.804"))
    unread = {**row, "problem": "told", "reason": "malformed_row"}
    assert list(capture_rows([(unread, None)], SOURCE, PAGES)) == [unread]


def test_rows_come_in_the_order_of_the_lines() -> None:
    lines = [capture("397.804", line=n, row=str(n)) for n in (5, 2, 9)]
    assert [row["found_at"] for row in verified(*lines)] == ["line 5", "line 2", "line 9"]


# Where the document is not at hand


def test_without_the_document_nothing_is_verified_nor_rejected_for_its_place() -> None:
    lines = (
        capture("399.999", locator="“Nergens”, paragraph 7, characters 1-7"),
        no_figure("14 mei", "date", line=3),
    )
    rows = verified(*lines, pages=None)
    assert [(row["problem"], row["verification"]) for row in rows] == [(None, UNVERIFIED)] * 2
    assert {row["document_id"] for row in rows} == {SOURCE["document_id"]}


def test_document_without_text_is_not_the_same_as_none() -> None:
    assert only_problem(capture("397.804"), pages=())[0] == "not_at_place"


def test_fields_are_kept_as_json() -> None:
    (row,) = verified(capture("397.804"))
    assert json.loads(row["fields"]) == HITS


# A number at a random place


WORDS = st.lists(st.sampled_from(["politie", "Bonaire", "en", "hits", "café", "—"]), max_size=8)


@given(WORDS, st.integers(100_000, 999_999), WORDS, st.integers(-30, 30), st.data())
@settings(max_examples=150, deadline=None)
def test_number_holds_at_its_place_alone(
    before: list[str], number: int, after: list[str], shift: int, data: st.DataObject
) -> None:
    printed = f"{number:,}".replace(",", ".")
    text = " ".join([*before, printed, *after, "."])
    page = Passage(PLACE, text)
    start = text.index(printed)
    end = start + len(printed)
    assert problems(capture(printed, locator=page.locator(start, end)), pages=(page,)) == []

    assume(shift and start + shift >= 0)
    shifted = capture(printed, locator=page.locator(start + shift, end + shift))
    reason, told = only_problem(shifted, pages=(page,))
    assert reason == "not_at_place"
    assert page.locator(start, end) in told

    digit = data.draw(st.sampled_from([n for n, c in enumerate(printed) if c != "."]))
    other = str((int(printed[digit]) + data.draw(st.integers(1, 9))) % 10)
    changed = printed[:digit] + other + printed[digit + 1 :]
    reason, told = only_problem(capture(changed, locator=page.locator(start, end)), pages=(page,))
    assert reason == "not_at_place"
    assert "stands nowhere in the document" in told
