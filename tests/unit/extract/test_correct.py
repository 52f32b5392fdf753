"""Corrections applied to printed rows: which row, and what becomes of it and of the others."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.corrections import Correction
from ipsdata.errors import ConfigurationError
from ipsdata.extract.correct import correct, correction_rows, judge
from ipsdata.extract.printed import READ, PrintedRow, printed_row, with_problem

PATH, OTHER_PATH = "letters/x/list.csv", "letters/x/letter.txt"
LIST, LETTER = "a" * 64, "b" * 64
DOCUMENTS = [
    {"document_id": LIST, "path": PATH, "edition_id": "letters/x"},
    {"document_id": LETTER, "path": OTHER_PATH, "edition_id": "letters/x"},
]
CORRECTION = Correction(
    correction_id="one",
    action="override",
    document=PATH,
    table="deployments",
    place="line 3",
    expect={"count": "3"},
    corrected={"count": "4"},
    reason="The letter counts four.",
    author_role="analyst",
    decided_on=dt.date(2026, 11, 25),
    defined_in="corrections/x.yaml",
    line=7,
)
DROP = replace(CORRECTION, action="drop", corrected={})
NAMED = "correction 'one' (corrections/x.yaml, line 7) of letters/x/list.csv, line 3"


def row(line: int, count: str, **changes: Any) -> PrintedRow:
    fields = {"mission": f"Mission {line}", "count": count}
    made = printed_row(
        DOCUMENTS[0], "deployments", found_at=f"line {line}", fields=fields, verification=READ
    )
    return {**made, **changes}


ROWS = (row(2, "1"), row(3, "3"), row(4, "5"))


def statuses(correction: Correction, rows: Sequence[Mapping[str, Any]] = ROWS) -> str:
    (verdict,) = judge([correction], rows, DOCUMENTS)
    return verdict.status


def reasons(rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    return [row["reason"] for row in rows]


class TestOverride:
    def test_the_corrected_text_stands_beside_what_is_printed(self) -> None:
        found = correct([CORRECTION], ROWS, DOCUMENTS)
        assert found.rejections == ()
        assert found.rows[1] == {
            **ROWS[1],
            "corrected": '{"count": "4"}',
            "correction_id": "one",
        }
        assert (found.rows[0], found.rows[2]) == (ROWS[0], ROWS[2])

    def test_white_space_and_composition_of_characters_make_no_difference(self) -> None:
        rows = [row(3, " 3\n", fields=json.dumps({"mission": "Géorgie", "count": "3 "}))]
        expected = {"mission": "Ge\u0301orgie", "count": "3"}
        assert statuses(replace(CORRECTION, expect=expected), rows) == "applied"

    @pytest.mark.parametrize("document", [PATH, LIST])
    def test_a_document_is_named_by_path_or_by_fingerprint(self, document: str) -> None:
        assert statuses(replace(CORRECTION, document=document)) == "applied"

    @pytest.mark.parametrize("document", [OTHER_PATH, LETTER, PATH])
    @pytest.mark.parametrize("place", ["line 3", "“Kop”, paragraph 1, characters 3-4"])
    def test_a_capture_is_named_by_its_file_or_by_what_it_quotes(
        self, document: str, place: str
    ) -> None:
        locator = "page 2, “Kop”, paragraph 1, characters 3-4"
        capture = row(3, "3", document_id=LETTER, locator=locator)
        assert statuses(replace(CORRECTION, document=document, place=place), [capture]) == "applied"


class TestDrop:
    def test_a_dropped_row_says_by_whom_when_and_why(self) -> None:
        found = correct([DROP], ROWS, DOCUMENTS)
        assert reasons(found.rows) == [None, "dropped_by_correction", None]
        assert found.rows[1]["role"] == "dropped"
        (rejection,) = found.rejections
        assert (rejection.scope, rejection.stage) == ("row", "correct")
        assert (rejection.locator, rejection.document_id) == ("line 3", LIST)
        assert rejection.message == (
            "letters/x/list.csv, line 3: left out by correction 'one' (corrections/x.yaml, line 7),"
            " decided by analyst on 2026-11-25: The letter counts four."
        )


class TestMisfit:
    def test_a_row_that_says_something_else_is_withheld(self) -> None:
        rows = (row(2, "1"), row(3, "30"), row(4, "5"))
        found = correct([CORRECTION], rows, DOCUMENTS)
        assert reasons(found.rows) == [None, "obsolete_correction", None]
        assert f"because of {NAMED}: found count '30', expected '3': it is obsolete" in str(
            found.rows[1]["problem"]
        )
        assert found.rejections == ()

    def test_the_row_it_expects_is_withheld_where_it_moved_to(self) -> None:
        rows = (row(2, "1"), row(3, "2"), row(4, "3"), row(5, "5"))
        found = correct([CORRECTION], rows, DOCUMENTS)
        assert reasons(found.rows) == [None, "obsolete_correction", "obsolete_correction", None]

    def test_a_row_that_another_correction_fits_is_not_withheld(self) -> None:
        rows = (row(2, "3"), row(3, "2"))
        other = replace(CORRECTION, correction_id="two", place="line 2")
        for order in ([CORRECTION, other], [other, CORRECTION]):
            found = correct(order, rows, DOCUMENTS)
            assert reasons(found.rows) == [None, "obsolete_correction"]
            assert found.rows[0]["correction_id"] == "two"

    def test_a_field_that_the_row_lacks(self) -> None:
        (verdict,) = judge([replace(CORRECTION, expect={"number": "3"})], ROWS, DOCUMENTS)
        assert verdict.status == "obsolete"
        assert "no field 'number', expected one of count, mission" in str(verdict.message)

    def test_a_place_without_a_row_refuses_a_document_s_name_once(self) -> None:
        places = ("line 9", "line 10")
        found = correct(
            [
                replace(CORRECTION, correction_id=place[-1], place=place, expect={"count": "9"})
                for place in places
            ],
            ROWS,
            DOCUMENTS,
        )
        assert found.rows == ROWS
        (rejection,) = found.rejections
        assert (rejection.path, rejection.scope) == (PATH, "document")
        assert rejection.reason == "obsolete_correction"
        assert all(place in rejection.message for place in places)
        assert "found no such row among the 3 of its document for deployments" in rejection.message

    def test_a_place_without_a_row_withholds_the_row_it_moved_to(self) -> None:
        found = correct([replace(CORRECTION, place="line 9")], ROWS, DOCUMENTS)
        assert reasons(found.rows) == [None, "obsolete_correction", None]
        assert found.rejections == ()

    def test_a_document_that_is_not_there(self) -> None:
        found = correct([replace(CORRECTION, document="letters/y/list.csv")], ROWS, DOCUMENTS)
        assert found.rows == ROWS
        (rejection,) = found.rejections
        assert rejection.path == "letters/y/list.csv"
        assert "found no such document that can be used" in rejection.message

    @pytest.mark.parametrize("change", [{"target": "sis_statistics"}, {"role": "support"}])
    def test_a_row_of_another_table_or_one_that_only_supports_is_not_meant(
        self, change: dict[str, str]
    ) -> None:
        assert statuses(CORRECTION, [row(3, "3", **change)]) == "no_row"

    def test_two_rows_at_a_place_are_both_withheld(self) -> None:
        rows = (row(3, "3", locator="here"), row(4, "5", locator="here"), row(5, "6"))
        found = correct([replace(CORRECTION, place="here")], rows, DOCUMENTS)
        assert reasons(found.rows) == ["obsolete_correction", "obsolete_correction", None]
        assert "found 2 rows" in str(found.rows[0]["problem"])

    def test_a_row_that_can_not_be_used_keeps_its_own_reason(self) -> None:
        broken = with_problem(row(3, "3"), ("malformed_row", "found 3 cells"), '["x", "3"]')
        found = correct([CORRECTION], [broken], DOCUMENTS)
        assert found.rows == (broken,)
        assert statuses(CORRECTION, [broken]) == "row_rejected"

    def test_a_total_that_is_withheld_is_no_total(self) -> None:
        found = correct([CORRECTION], [row(3, "30", role="total")], DOCUMENTS)
        assert (found.rows[0]["role"], found.rows[0]["reason"]) == ("data", "obsolete_correction")

    def test_a_correction_is_told_where_another_one_settled_its_row(self) -> None:
        stale = replace(CORRECTION, correction_id="two", document=LIST, expect={"count": "30"})
        for order in ([CORRECTION, stale], [stale, CORRECTION]):
            found = correct(order, ROWS, DOCUMENTS)
            assert found.rows[1]["correction_id"] == "one"
            (rejection,) = found.rejections
            assert (rejection.scope, rejection.reason) == ("document", "obsolete_correction")
            assert "'two'" in rejection.message
            assert "found count '3', expected '30': it is obsolete" in rejection.message

    def test_two_names_of_one_row_are_refused(self) -> None:
        other = replace(CORRECTION, correction_id="two", document=LIST, line=9)
        with pytest.raises(ConfigurationError, match=r"line 9\): found a second correction"):
            judge([CORRECTION, other], ROWS, DOCUMENTS)


def test_the_table_tells_each_correction_and_what_it_did() -> None:
    other = replace(DROP, correction_id="two", place="line 9", expect={"count": "9"})
    verdicts = judge([CORRECTION, other], ROWS, DOCUMENTS)
    applied, lost = correction_rows(verdicts, ROWS)
    assert applied == {
        "correction_id": "one",
        "action": "override",
        "status": "applied",
        "document": PATH,
        "target": "deployments",
        "place": "line 3",
        "document_id": LIST,
        "locator": "line 3",
        "expected": '{"count": "3"}',
        "corrected": '{"count": "4"}',
        "reason": "The letter counts four.",
        "author_role": "analyst",
        "decided_on": dt.date(2026, 11, 25),
        "defined_in": "corrections/x.yaml",
        "message": None,
    }
    assert (lost["status"], lost["corrected"], lost["document_id"]) == ("no_row", None, None)
    assert "line 9" in lost["message"]


COUNTS = st.lists(st.sampled_from(["1", "2", "3"]), max_size=6)
CORRECTIONS = st.lists(
    st.builds(
        lambda line, count, is_drop: replace(
            DROP if is_drop else CORRECTION,
            correction_id=f"line-{line}",
            place=f"line {line}",
            expect={"count": count},
        ),
        st.integers(2, 8),
        st.sampled_from(["1", "2", "3"]),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda correction: correction.place,
)


def listed(counts: Sequence[str]) -> list[PrintedRow]:
    return [row(line, count) for line, count in enumerate(counts, start=2)]


@given(COUNTS)
def test_without_corrections_every_row_is_as_it_was(counts: list[str]) -> None:
    found = correct([], listed(counts), DOCUMENTS)
    assert (list(found.rows), found.rejections) == (listed(counts), ())


@given(COUNTS, CORRECTIONS)
def test_no_row_vanishes_and_none_that_is_meant_is_published_as_printed(
    counts: list[str], corrections: list[Correction]
) -> None:
    rows = listed(counts)
    found = correct(corrections, rows, DOCUMENTS)
    assert [(r["found_at"], r["fields"]) for r in found.rows] == [
        (r["found_at"], r["fields"]) for r in rows
    ]
    meant = {c.place for c in corrections}
    for before, after in zip(rows, found.rows, strict=True):
        is_untouched = after == before
        assert not (is_untouched and before["found_at"] in meant)
    assert judge(corrections, found.rows, DOCUMENTS) == judge(corrections, rows, DOCUMENTS)
    applied = sum(verdict.status == "applied" for verdict in judge(corrections, rows, DOCUMENTS))
    assert sum(r["correction_id"] is not None for r in found.rows) == applied
