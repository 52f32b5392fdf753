"""Corrections, end to end: what they change, what they leave out, and when they no longer fit."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Playground, copy_lists, installation
from editions import EditionFile, Ran, Row, letter_file, list_file, named_letter, ran, write_edition
from ipsdata.extract.passages import passages
from ipsdata.read.isolated import read_isolated
from ipsdata.release.store import published_table
from ipsdata.runreport import RunReport
from ipsdata.validate import validate_file
from letters import Grid, Section, render
from running import store

HEADER = ("Missienaam", "Aantal uitgezonden politiefunctionarissen")
DATE, PUBLISHED_ON = "14 mei 2026", "2026-06-11"
SIS = "sis/1999-2024/figures.csv"
SENT = "In februari 2026 zijn zeven agenten naar Bonaire gegaan."
STAFF = (
    "kind=reinforcement; island=BQ-BO; task=basic_policing; status=actual; unit=person; "
    "provided_by=POLITIE_NL"
)


def missions(*counts: str, total: str) -> Grid:
    """Return a list of three missions, or of four where a count is given for it."""
    names = ("EUMM Georgië", "EUMA Armenië", "EUAM Irak", "EUAM Irak")
    return (HEADER, *zip(names, counts, strict=False), ("Totaal", total))


# By edition: what the document prints, and how it is corrected.
LISTS: Mapping[str, tuple[Grid, dict[str, Any]]] = {
    "misprint": (
        missions("7", "6", "4", total="15"),
        {"place": "line 2", "expect": {"count": "7"}, "corrected": {"count": "5"}},
    ),
    "spoilt": (
        missions("8", "6", "4", total="18"),
        {"place": "line 2", "expect": {"count": "8"}, "corrected": {"count": "5"}},
    ),
    "total": (
        missions("9", "6", "4", total="20"),
        {"place": "line 5", "expect": {"count": "20"}, "corrected": {"count": "19"}},
    ),
    "twice": (
        missions("10", "6", "4", "4", total="20"),
        {"place": "line 5", "expect": {"mission": "EUAM Irak", "count": "4"}, "action": "drop"},
    ),
    "renamed": (
        (HEADER, ("EUMM Georgia en", "11"), ("EUMA Armenië", "6"), ("Totaal", "17")),
        {
            "place": "line 2",
            "expect": {"mission": "EUMM Georgia en", "count": "11"},
            "corrected": {"mission": "EUMM Georgië"},
        },
    ),
    "obsolete": (
        missions("12", "6", "4", total="22"),
        {"place": "line 2", "expect": {"count": "21"}, "corrected": {"count": "12"}},
    ),
}
FIGURES: Mapping[str, dict[str, Any]] = {
    "sis-total": {
        "place": "line 2",
        "expect": {"time_period": "1999-03-05", "as_printed": "8826856"},
        "corrected": {"as_printed": "8826857"},
    },
    "sis-drop": {
        "place": "line 6",
        "expect": {"category_id": "CISA:95", "as_printed": "28666"},
        "action": "drop",
    },
    "sis-obsolete": {
        "place": "line 7",
        "expect": {"as_printed": "1"},
        "corrected": {"as_printed": "2"},
    },
    "sis-nowhere": {"place": "line 9999", "expect": {"as_printed": "1"}, "action": "drop"},
}


def correction(key: str, document: str, table: str, **given: Any) -> dict[str, Any]:
    return {
        "id": key,
        "document": document,
        "table": table,
        "action": "override",
        "reason": "Invented for a test.",
        "author_role": "domain_expert",
        "decided_on": "2026-11-25",
        **given,
    }


def write_corrections(playground: Playground, *corrections: dict[str, Any]) -> None:
    folder = playground.settings.schemas_dir / "corrections"
    for number, entry in enumerate(corrections):
        text = json.dumps({"corrections": [entry]}, ensure_ascii=False)
        (folder / f"{number:02}.yaml").write_text(text, "utf-8")


def new_playground(folder: Path) -> Playground:
    copy_lists(folder / "raw")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    made = installation(folder)
    return Playground(replace(made.settings, schemas_dir=folder / "schemas"))


def write_list(playground: Playground, name: str) -> dict[str, Any]:
    """Write an edition with its list, and return its correction."""
    grid, given = LISTS[name]
    file = list_file(grid, "csv", f"Overzicht (peildatum {DATE})")
    write_edition(playground, f"letters/{name}", file, published_on=PUBLISHED_ON)
    return correction(name, f"letters/{name}/list.csv", "deployments", **given)


def write_away_letter(playground: Playground) -> dict[str, Any]:
    """Write what was captured from a letter that is not at hand, and return its correction."""
    name, field = "letters/away", "“Eilanden”, paragraph 1, characters 23-27"
    line = f'caribbean_staffing,away,"{STAFF}",zeven,"{field}",\n'
    captures = EditionFile(
        "captures.csv",
        ("table,row,dimensions,as_printed,locator,note\n" + line).encode(),
        {"media_type": "text/csv", "layout": "captures"},
    )
    letter = letter_file(named_letter("away", DATE, (("EUMA Armenië", "6"),)), "txt").absent()
    write_edition(playground, name, letter, captures, published_on=PUBLISHED_ON)
    return correction(
        "away-staff",
        f"{name}/letter.txt",
        "caribbean_staffing",
        place=field,
        expect={"as_printed": "zeven"},
        corrected={"as_printed": "acht"},
    )


def write_letter(playground: Playground) -> list[dict[str, Any]]:
    """Write a letter with a list and a captured figure, both misprinted."""
    rows = (("EUMM Georgië", "13"), ("EUMA Armenië", "6"))
    letter = named_letter("told", DATE, rows, total="20", extra=(Section("Eilanden", (SENT,)),))
    pages = passages(read_isolated(render(letter, "txt"), "letter.txt"))
    (page,) = (page for page in pages if page.text == SENT)
    start = SENT.index("zeven")
    locator = page.locator(start, start + len("zeven"))
    head = "table,row,dimensions,as_printed,locator,note\n"
    line = f'caribbean_staffing,police,"{STAFF}",zeven,"{locator}",\n'
    captures = EditionFile(
        "captures.csv", (head + line).encode(), {"media_type": "text/csv", "layout": "captures"}
    )
    files = (letter_file(letter, "txt"), captures)
    write_edition(playground, "letters/told", *files, published_on=PUBLISHED_ON)
    document = "letters/told/letter.txt"
    return [
        correction(
            "told-list",
            document,
            "deployments",
            place="table 1, row 2",
            expect={"count": "13"},
            corrected={"count": "14"},
        ),
        correction(
            "told-staff",
            document,
            "caribbean_staffing",
            place=locator,
            expect={"as_printed": "zeven"},
            corrected={"as_printed": "negen"},
        ),
    ]


@dataclass(frozen=True)
class Published:
    """A run, and the tables that it published."""

    run: Ran
    tables: Mapping[str, list[Row]]

    def corrected(self, table: str) -> dict[str, Row]:
        """Return the rows of a table that a correction changed, by its key."""
        rows = self.tables[table]
        return {row["correction_id"]: row for row in rows if row["correction_id"]}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Run once on many editions, each with a correction of its own."""
    playground = new_playground(tmp_path_factory.mktemp("corrections"))
    write_corrections(
        playground,
        *(write_list(playground, name) for name in LISTS),
        *(correction(key, SIS, "sis_statistics", **given) for key, given in FIGURES.items()),
        *write_letter(playground),
        write_away_letter(playground),
        correction(
            "no-document",
            "letters/none/list.csv",
            "deployments",
            place="line 2",
            expect={"count": "1"},
            action="drop",
        ),
    )
    run = ran(playground)
    names = ("sis_statistics", "sis_annual", "caribbean_staffing", "quantities", "corrections")
    tables = {name: published_table(playground.processed, name).to_pylist() for name in names}
    return Published(run, {**tables, "deployments": run.deployments})


def test_an_overridden_number_is_published_beside_what_was_printed(found: Published) -> None:
    row = found.corrected("deployments")["misprint"]
    assert (row["value"], row["as_printed"]) == (5, "7")
    assert (row["value_low"], row["value_high"], row["verification"]) == (5, 5, "unverified")
    rows = found.run.published("letters/misprint")
    assert [r["correction_id"] for r in rows].count(None) == 2
    assert found.run.books("letters/misprint/list.csv") == (3, 1, 0, 0)


def test_a_list_is_tied_to_its_total_with_the_corrected_number(found: Published) -> None:
    assert found.run.published("letters/spoilt") == []
    assert found.run.reasons("letters/spoilt") == {"total_not_tied": 3}
    (rejection, *_) = found.run.rejected("letters/spoilt")
    assert "add up to 15, but the printed total is 18" in rejection["message"]


def test_a_printed_total_is_corrected_likewise(found: Published) -> None:
    assert sorted(found.run.counts("letters/total").values()) == [4, 6, 9]
    assert found.run.books("letters/total/list.csv") == (3, 1, 0, 0)


def test_a_dropped_row_is_no_part_of_its_list(found: Published) -> None:
    assert sorted(found.run.counts("letters/twice").values()) == [4, 6, 10]
    (rejection,) = found.run.rejected("letters/twice")
    assert (rejection["reason"], rejection["locator"]) == ("dropped_by_correction", "line 5")
    for told in ("Invented for a test.", "domain_expert", "2026-11-25", "'twice'"):
        assert told in rejection["message"]
    assert found.run.books("letters/twice/list.csv") == (3, 1, 0, 1)


def test_a_corrected_name_is_coded_and_stays_as_printed(found: Published) -> None:
    row = found.corrected("deployments")["renamed"]
    assert row["mission_id"] == "EUMM_GEORGIA"
    assert (row["mission_as_printed"], row["as_printed"]) == ("EUMM Georgia en", "11")


def test_an_obsolete_correction_stops_its_row_and_so_its_list(found: Published) -> None:
    assert found.run.published("letters/obsolete") == []
    assert found.run.reasons("letters/obsolete") == {"obsolete_correction": 1, "total_not_tied": 2}
    (rejection,) = (
        row for row in found.run.rejected("letters/obsolete") if row["stage"] == "correct"
    )
    assert "letters/obsolete/list.csv, line 2: not published" in rejection["message"]
    assert "found count '12', expected '21': it is obsolete" in rejection["message"]
    assert ".yaml, line 1)" in rejection["message"]


def test_a_figure_is_overridden_and_another_dropped(found: Published) -> None:
    (row,) = found.corrected("sis_statistics").values()
    assert (row["correction_id"], row["value"], row["as_printed"]) == (
        "sis-total",
        8_826_857,
        "8826856",
    )
    assert found.corrected("sis_annual")["sis-total"]["value"] == 8_826_857
    reasons = {row["locator"]: row["reason"] for row in found.run.rejected("sis/1999-2024")}
    assert reasons == {"line 6": "dropped_by_correction", "line 7": "obsolete_correction"}
    figures = found.tables["sis_statistics"]
    published = {row["locator"] for row in figures if row["edition_id"] == "sis/1999-2024"}
    assert published.isdisjoint({"line 6", "line 7"})
    assert "line 8" in published


def test_a_row_or_document_that_is_not_there_is_told(found: Published) -> None:
    refused = {
        row["path"]: row["message"]
        for row in found.run.report.rejected
        if row["stage"] == "correct" and row["scope"] == "document"
    }
    assert set(refused) == {SIS, "letters/none/list.csv"}
    assert "line 9999: found no such row" in refused[SIS]
    assert "found no such document" in refused["letters/none/list.csv"]


def test_verification_looks_for_what_the_document_prints(found: Published) -> None:
    row = found.corrected("caribbean_staffing")["told-staff"]
    assert (row["value"], row["as_printed"], row["verification"]) == (9, "zeven", "verified")
    assert found.corrected("deployments")["told-list"]["value"] == 14


def test_a_figure_of_a_letter_that_is_not_at_hand_is_corrected(found: Published) -> None:
    row = found.corrected("caribbean_staffing")["away-staff"]
    assert (row["value"], row["as_printed"], row["verification"]) == (8, "zeven", "unverified")


def test_quantities_tell_the_correction_of_what_became_of_a_number(found: Published) -> None:
    told = {
        row["as_printed"]: (row["fate"], row["correction_id"])
        for row in found.tables["quantities"]
        if row["edition_id"] == "letters/told" and row["correction_id"]
    }
    assert told == {"zeven": ("published", "told-staff"), "13": ("published", "told-list")}


def test_the_table_lists_every_correction_and_whether_it_applied(found: Published) -> None:
    rows = {row["correction_id"]: row for row in found.tables["corrections"]}
    statuses = {
        "obsolete": "obsolete",
        "sis-obsolete": "obsolete",
        "sis-nowhere": "no_row",
        "no-document": "no_document",
    }
    assert {key: row["status"] for key, row in rows.items()} == {
        **dict.fromkeys((*LISTS, *FIGURES, "told-list", "told-staff", "away-staff"), "applied"),
        **statuses,
    }
    published = found.corrected("deployments")
    for key in ("misprint", "told-list"):
        place = (rows[key]["document_id"], rows[key]["locator"])
        assert place == (published[key]["document_id"], published[key]["locator"])


def test_a_dropped_row_alone_leaves_a_run_well(tmp_path: Path) -> None:
    playground = new_playground(tmp_path)
    write_corrections(playground, write_list(playground, "twice"))
    report = playground.run()
    assert [row["reason"] for row in report.rejected] == ["dropped_by_correction"]
    assert report.exit_code == 0


def test_validating_an_edition_passes_over_the_corrections_of_others(tmp_path: Path) -> None:
    playground = new_playground(tmp_path)
    own = write_list(playground, "twice")
    other = write_list(playground, "obsolete")
    write_corrections(playground, own, other)
    folder = playground.raw / "letters"
    assert validate_file(folder / "twice", playground.settings).problems == ()
    problems = validate_file(folder / "obsolete", playground.settings).problems
    assert any("'obsolete' (corrections/01.yaml, line 1)" in problem for problem in problems)


def test_without_corrections_all_is_as_without_their_folder(tmp_path: Path) -> None:
    made: list[tuple[RunReport, dict[str, bytes]]] = []
    for name in ("with", "without"):
        playground = new_playground(tmp_path / name)
        folder = playground.settings.schemas_dir / "corrections"
        for path in folder.glob("*.yaml"):
            path.unlink()
        if name == "without":
            shutil.rmtree(folder)
        report, files = playground.run(), store(playground.processed)
        del files["ipsdata.duckdb"]  # it names its folder
        made.append((report, files))
    (first, released), (second, again) = made
    assert first.exit_code == second.exit_code == 0
    assert released == again
