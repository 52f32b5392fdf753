"""The fuzz job tells refused, warned and silent differences apart, and fails on anything else."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchmarks import fuzz_documents
from benchmarks.fuzz_documents import Original, main
from benchmarks.fuzz_judge import ListRow, finding, is_known_mission, list_rows, silent_difference
from benchmarks.mutations import mutate
from ipsdata.read.isolated import read_isolated
from letters import letter_of, render, render_list

DATE = "14 mei 2025"
ROWS = (("EUMM Georgië", "4"), ("EUMA Armenië", "6"), ("EUAM Irak", "5"))
LETTER = letter_of(DATE, ROWS)
FORMS = ("txt", "docx", "odt", "html", "pdf")


def rows_of(*pairs: tuple[str, str], total: str = "15", date: str = DATE) -> list[ListRow]:
    lines = [ListRow(mission, count, date) for mission, count in pairs]
    return [*lines, ListRow("Totaal", total, date, is_total=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("letters")
    for form in ("txt", "docx"):
        (made / f"letter.{form}").write_bytes(render(LETTER, form))
    (made / "source.yaml").write_text("no document", encoding="utf-8")
    return made


def run(folder: Path, report: Path, mutations: int = 20) -> tuple[Result, dict[str, Any]]:
    arguments = ["--folder", str(folder), "--mutations", str(mutations), "--jobs", "1"]
    result = CliRunner().invoke(main, [*arguments, "--json", str(report)])
    return result, json.loads(report.read_text(encoding="utf-8"))


def test_a_run_sorts_every_mutation(folder: Path, tmp_path: Path) -> None:
    result, report = run(folder, tmp_path / "report.json")
    assert result.exit_code == 0, result.output
    assert sum(report["outcomes"].values()) == report["mutations"] == 20
    assert set(report["outcomes"]) <= {"refused", "same", "warned", "different"}
    assert report["failures"] == []
    assert set(report["files"]) == {"letter.txt", "letter.docx"}


def test_folder_without_documents_is_a_mistake(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--folder", str(tmp_path)])
    assert result.exit_code == 2
    assert "no document of a known format" in result.output


def original(form: str = "txt") -> Original:
    data = render(LETTER, form)
    document = read_isolated(data, f"letter.{form}")
    return Original(f"letter.{form}", data, document, list_rows(document))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x", "x", ("same", "all_the_same")),
        ("Inleiding", "Uitleiding", ("same", "other_text")),
        ("\t4\n", "\t5\n", ("different", "total_not_tied")),
        ("Georgië", "Georgo", ("different", "unknown_code")),
        ("Totaal", "Allen", ("different", "total")),
        ("Missienaam", "Naam", ("different", "no_list")),
        ("14 mei", "15 mei", ("different", "silent")),
        ("\t4\n\n\tEUMA Armenië\n\t6", "\t6\n\n\tEUMA Armenië\n\t4", ("different", "silent")),
    ],
)
def test_what_differs_is_told_with_the_check_that_sees_it(
    old: str, new: str, expected: tuple[str, str]
) -> None:
    whole = original()
    changed = whole.data.decode().replace(old, new).encode()
    assert fuzz_documents._outcome(whole, changed)[:2] == expected


def test_refusals_and_failures_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = original()
    assert fuzz_documents._outcome(whole, b"")[:2] == ("refused", "empty")

    def fail(*_: object) -> None:
        raise RuntimeError("of the parent")

    monkeypatch.setattr(fuzz_documents, "read_isolated", fail)
    assert fuzz_documents._outcome(whole, b"x")[:2] == ("failed", "RuntimeError")


def test_a_failure_or_a_dead_job_is_an_error() -> None:
    failed = fuzz_documents.Outcome(0, "a.txt", "bytes:truncate", "failed", "hung", "", 30.0)
    assert len(fuzz_documents._report([failed], 1)["failures"]) == 1
    assert "died after 0 of 5" in fuzz_documents._report([], 5)["failures"][0]["detail"]


def test_judge_calls_silent_what_no_check_sees() -> None:
    whole = rows_of(*ROWS)
    swapped = rows_of(("EUMM Georgië", "6"), ("EUMA Armenië", "4"), ("EUAM Irak", "5"))
    twice_changed = rows_of(*ROWS[:2], ("EUAM Irak", "6"), total="16")
    fewer = rows_of(*ROWS[:2], total="10")
    for rows in (swapped, twice_changed, fewer, rows_of(*ROWS, date="15 mei 2025")):
        assert silent_difference(whole, rows)
    assert not silent_difference(whole, whole)
    assert not silent_difference(whole, rows_of(*ROWS[::-1]))  # the order means nothing


@pytest.mark.parametrize(
    ("rows", "check"),
    [
        (rows_of(*ROWS[:2]), "total_not_tied"),
        (rows_of(*ROWS, total="16"), "total_not_tied"),
        (rows_of(*ROWS)[:-1], "total"),
        (rows_of(*ROWS[:2], ("EUAM Irak", "")), "number"),
        (rows_of(*ROWS[:2], ("EUAM Irak", "5 miljoen euro")), "number"),
        (rows_of(*ROWS[:2], ("EUXX Irak", "5")), "unknown_code"),
        (rows_of(*ROWS, ("EUAM Irak", "5"), total="20"), "duplicate"),
        (rows_of(*ROWS, date="34 mei 2025"), "reference_date"),
        ([*rows_of(*ROWS), ListRow("", "", "", problem="malformed_row")], "malformed_row"),
    ],
)
def test_judge_knows_the_checks(rows: list[ListRow], check: str) -> None:
    assert finding(rows, is_known_mission) == check
    assert not silent_difference(rows_of(*ROWS), rows)


def test_judge_takes_another_code_list() -> None:
    other = rows_of(("Mars", "15"))
    assert not silent_difference(rows_of(*ROWS), other)
    assert silent_difference(rows_of(*ROWS), other, is_known=lambda name: name == "Mars")


@pytest.mark.parametrize("form", [*FORMS, "xlsx"])
def test_mutations_are_repeatable_and_change_the_file(form: str) -> None:
    grid = (("Missie", "Aantal"), *ROWS, ("Totaal", "15"))
    data = render_list(grid, form) if form == "xlsx" else render(LETTER, form)
    kinds = set()
    for number in range(60):
        made, again = (mutate(data, b"%PDF-1.7 " * 9, Random(number)) for _ in range(2))
        assert made == again
        assert made.data != data
        kinds.add(made.kind)
    assert len(kinds) >= 10
