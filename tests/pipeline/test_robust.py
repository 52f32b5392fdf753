"""What a review found to stop or deceive a whole run: each costs its own rows only, and is told."""

import shutil
from pathlib import Path

import pytest

from conftest import LETTER, Playground
from editions import letter_file as as_file
from editions import letter_with, list_file, named_letter, ran, transcription, write_edition
from ipsdata.run import RunReport

ROWS = (("EUMM Georgië", "4"), ("EUAM Irak", "3"))
GRID = (("Missienaam", "Aantal"), *ROWS, ("Totaal", "7"))
CAPTION = "Peildatum 14 mei 2026"
PUBLISHED_ON = "2026-06-11"
OLD = 11


def published_all_the_same(report: RunReport) -> None:
    assert report.refusal is None
    assert report.publication is not None
    assert report.tables["deployments"] >= OLD


def test_two_populations_in_two_editions(playground: Playground) -> None:
    for day in ("2026-06-11", "2026-09-11"):
        caption = f"Editie {day}, {CAPTION}"
        police = list_file(GRID, "csv", caption, "police")
        kmar = list_file((*GRID[:2], ("Totaal", "4")), "csv", caption, "kmar")
        # Blank lines make other bytes of the same list: one document counts once.
        files = (police, kmar.declared(population="kmar"))
        longer = [file.damaged(lambda data, day=day: data + b"\n" * int(day[6])) for file in files]
        write_edition(playground, f"lists/{day}", *longer, published_on=day)
    report = playground.run()
    published_all_the_same(report)
    subjects = [r["subject"] for r in report.reconciliations if r["rule"] == "between_editions"]
    assert sum(subject.startswith("EUMM_GEORGIA: kmar, stock: ") for subject in subjects) == 1
    assert len(subjects) == len(set(subjects)) == 3


def test_sidecar_published_after_it_was_retrieved(playground: Playground) -> None:
    sidecar = playground.raw / LETTER / "source.yaml"
    text = sidecar.read_text("utf-8")
    sidecar.write_text(text.replace('retrieved_on: "2026-11-24"', 'retrieved_on: "2025-06-01"'))
    report = playground.run()
    assert report.publication is not None
    (row,) = report.rejected
    assert (row["path"], row["reason"]) == (f"{LETTER}/source.yaml", "bad_sidecar")
    assert "published_on 2025-06-12 after retrieved_on 2025-06-01" in row["message"]


@pytest.mark.parametrize("name", ["letters/2026 06 11", "letters/é", "letters/-x"])
def test_folder_that_is_no_name_of_an_edition(playground: Playground, name: str) -> None:
    shutil.copytree(playground.raw / LETTER, playground.raw / name)
    report = playground.run()
    published_all_the_same(report)
    assert [(row["path"], row["reason"]) for row in report.rejected] == [(name, "bad_name")]


def test_file_name_that_is_no_utf8(playground: Playground) -> None:
    folder = bytes(playground.raw / LETTER)
    Path((folder + b"/bad\xff.txt").decode("utf-8", "surrogateescape")).write_text("x")
    report = playground.run()
    published_all_the_same(report)
    (row,) = report.rejected
    assert (row["path"], row["reason"]) == (f"{LETTER}/bad\\xff.txt", "unlisted_file")


def test_sidecar_nested_without_end(playground: Playground) -> None:
    (playground.raw / LETTER / "source.yaml").write_text("a: " + "[" * 5_000)
    report = playground.run()
    assert report.publication is not None
    assert {row["reason"] for row in report.rejected} == {"bad_sidecar"}


def test_caption_that_speaks_of_population(playground: Playground) -> None:
    letter = as_file(named_letter("x", "14 mei 2026", ROWS), "txt").only_declared(
        media_type="text/plain", layout="letter", caption="The population (peildatum 14 mei 2026)"
    )
    write_edition(playground, "letters/x", letter, published_on=PUBLISHED_ON)
    report = playground.run()
    published_all_the_same(report)
    assert [row["reason"] for row in report.rejected] == ["no_population"]


@pytest.mark.parametrize("date", ["14 mei 20261", "14-05-20261", "2026-05-141"])
def test_date_that_goes_on_is_none(playground: Playground, date: str) -> None:
    letter = as_file(named_letter("x", date, ROWS), "docx")
    write_edition(playground, "letters/x", letter, published_on=PUBLISHED_ON)
    found = ran(playground)
    assert {row["reason"] for row in found.rejected("letters/x")} == {"reference_date"}
    assert found.published("letters/x") == []


def test_edition_whose_list_was_rejected_is_named_between(playground: Playground) -> None:
    for day, total in (("2026-06-11", "8"), ("2026-09-11", "7")):
        letter = as_file(named_letter(day, "14 mei 2026", ROWS, total=total), "txt")
        write_edition(playground, f"letters/{day}", letter, published_on=day)
    messages = [
        row["message"]
        for row in playground.run().reconciliations
        if row["rule"] == "between_editions"
    ]
    assert messages
    assert all(m.endswith("; rejected between them: letters/2026-06-11)") for m in messages)


def test_transcription_of_several_days_is_compared_day_by_day(playground: Playground) -> None:
    header = (*GRID[0], "Peildatum")
    days = ("14 mei 2026", "1 mei 2026")
    grid = (header, *((*ROWS[0], day) for day in days), ("Totaal", "8", ""))
    letter = as_file(named_letter("x", "14 mei 2026", ()), "docx")
    spread = list_file(grid, "xlsx", CAPTION)
    typed = transcription((*grid[:2], (*ROWS[0], "1 jan 2020"), grid[3]), CAPTION)
    assert letter.path != spread.path
    write_edition(playground, "letters/x", spread, typed, published_on=PUBLISHED_ON)
    found = ran(playground)
    assert len(found.published("letters/x")) == 2
    (row,) = found.rejected("letters/x")
    assert (row["reason"], row["locator"]) == ("transcription", "line 3")
    assert "it on another reference date" in row["message"]


@pytest.mark.parametrize("heading", ["Overzicht (peildatum 14 mei 2026)", "Overzicht"])
def test_list_with_unknown_words_in_a_letter_without_population(
    playground: Playground, heading: str
) -> None:
    """A table that has a total and a date is told; one that has only a total may be anything."""
    grid = (("Operatie", "Inzet"), *GRID[1:])
    letter = as_file(letter_with("x", heading, grid), "docx")
    letter = letter.only_declared(media_type=letter.entry["media_type"], layout="letter")
    write_edition(playground, "letters/x", letter, published_on=PUBLISHED_ON)
    report = playground.run()
    published_all_the_same(report)
    expected = ["no_list"] if "peildatum" in heading else []
    assert [row["reason"] for row in report.rejected] == expected
