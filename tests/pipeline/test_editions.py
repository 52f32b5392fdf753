"""Later letters, end to end: what is published, warned and rejected, in every form."""

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import ipsdata.read.readings
from conftest import LETTER, ROOT, Playground, copy_lists, installation
from editions import (
    EditionFile,
    Ran,
    Row,
    as_bomb,
    half,
    letter_file,
    letter_with,
    list_file,
    named_letter,
    protected_docx,
    protected_pdf,
    ran,
    tracked,
    transcription,
    with_doctype,
    write_edition,
)
from ipsdata.layouts import load_layouts
from ipsdata.read.isolated import read_isolated
from letters import (
    FORMS,
    LIST_FORMS,
    MEDIA_TYPES,
    NOTES,
    RUNNING_HEADER,
    Grid,
    Section,
    letter_of,
)

NewPlayground = Callable[[str], Playground]
TITLE = "Overzicht uitgezonden politiefunctionarissen"
HEADER = ("Missienaam", "Aantal uitgezonden politiefunctionarissen")
DATE = "14 mei 2026"
CAPTION = f"{TITLE} (peildatum {DATE})"
PUBLISHED_ON = "2026-06-11"
ROWS: Grid = (("EUMM Georgië", "5"), ("EUMA Armenië", "6"), ("EUAM Irak", "4"))
COUNTS = {"EUMM_GEORGIA": 5, "EUMA": 6, "EUAM_IRAQ": 4}
BASE_COUNTS = {
    "OSCE_WB": 1,
    "EULEX_KOSOVO": 3,
    "EUMM_GEORGIA": 4,
    "EUMA": 6,
    "EUAM_UKRAINE": 3,
    "EUCAP_SOMALIA": 3,
    "EUBAM_LIBYA": 2,
    "EUCAP_SAHEL_MALI": 3,
    "EUPOL_COPPS": 3,
    "OSC": 1,
    "EUAM_IRAQ": 4,
}


def grid_of(rows: Grid, header: tuple[str, str] = HEADER, total: str = "Totaal") -> Grid:
    """Return a list with its header and its total."""
    return (header, *rows, (total, str(sum(int(count) for _, count in rows))))


GRID = grid_of(ROWS)


@pytest.fixture(scope="module")
def new_playground(tmp_path_factory: pytest.TempPathFactory) -> NewPlayground:
    """Return a function that makes a fresh installation, the edition of 2025 in it."""

    def make(name: str) -> Playground:
        folder = tmp_path_factory.mktemp(name)
        copy_lists(folder / "raw")
        return installation(folder)

    return make


@pytest.fixture(scope="module")
def base(new_playground: NewPlayground) -> Ran:
    """Return the run on the edition of 2025 alone."""
    found = ran(new_playground("base"))
    assert found.report.rejected == []
    assert found.counts(LETTER) == BASE_COUNTS
    return found


def check_the_rest(found: Ran, base: Ran, *editions: str) -> None:
    """Check that everything but some editions is as without them."""
    others = [row for row in found.deployments if row["edition_id"] not in editions]
    assert others == base.deployments
    assert found.report.tables["sis_statistics"] == base.report.tables["sis_statistics"] > 100
    paths = {row["path"]: row for row in found.report.documents}
    assert [paths[row["path"]] for row in base.report.documents] == base.report.documents


# One list in all forms

ALL_FORMS = (*FORMS, *LIST_FORMS)
MANY = 50  # so that the list takes several pages


def many_rows() -> tuple[Grid, dict[str, int]]:
    """Return a long list of missions, and the counts it must come to."""
    with (ROOT / "schemas" / "codes" / "mission_aliases.csv").open(encoding="utf-8") as stream:
        aliases = list(csv.DictReader(stream))
    bearers = Counter(row["alias"] for row in aliases)
    lasting = {
        row["mission_id"]: row["alias"]
        for row in aliases
        if bearers[row["alias"]] == 1 and not row["valid_from"] and not row["valid_until"]
    }
    counted = {mission: 1 + n % 9 for n, mission in enumerate(list(lasting)[:MANY])}
    return tuple((lasting[mission], str(count)) for mission, count in counted.items()), counted


@pytest.fixture(scope="module")
def in_all_forms(new_playground: NewPlayground) -> Ran:
    playground, (rows, _) = new_playground("forms"), many_rows()
    for form in FORMS:
        file = letter_file(letter_of(DATE, rows), form)
        write_edition(playground, f"letters/{form}", file, published_on=PUBLISHED_ON)
    for form in LIST_FORMS:
        file = list_file(grid_of(rows), form, CAPTION)
        write_edition(playground, f"lists/{form}", file, published_on=PUBLISHED_ON)
    return ran(playground)


def edition_in(form: str) -> str:
    return f"{'lists' if form in LIST_FORMS else 'letters'}/{form}"


def coded_rows(found: Ran, form: str) -> list[Row]:
    """Return the rows of a form without what names the form itself."""
    left_out = ("edition_id", "document_id", "locator", "verification")
    rows = found.published(edition_in(form))
    return [{key: str(row[key]) for key in row if key not in left_out} for row in rows]


def digest(rows: list[Row]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def test_list_in_all_forms_comes_to_the_printed_counts(in_all_forms: Ran) -> None:
    _, counted = many_rows()
    assert in_all_forms.report.rejected == []
    assert len(counted) == MANY
    for form in ALL_FORMS:
        assert in_all_forms.counts(edition_in(form)) == counted, form


def test_all_forms_give_identical_rows(in_all_forms: Ran) -> None:
    rows = {form: coded_rows(in_all_forms, form) for form in ALL_FORMS}
    assert rows == dict.fromkeys(ALL_FORMS, rows["txt"])
    assert len({digest(found) for found in rows.values()}) == 1
    (first, *_) = rows["txt"]
    assert {key: first[key] for key in ("reference_date", "published_on", "measure", "unit")} == {
        "reference_date": "2026-05-14",
        "published_on": PUBLISHED_ON,
        "measure": "stock",
        "unit": "person",
    }


@pytest.mark.parametrize("form", ALL_FORMS)
def test_place_tells_row_and_page(form: str, in_all_forms: Ran) -> None:
    start, first = {
        "csv": ("line ", 2),
        "xlsx": ("sheet Overzicht, table 1, row ", 3),
        "xls": ("sheet Overzicht, table 1, row ", 3),
        "ods": ("sheet Overzicht, table 1, row ", 3),
    }.get(form, ("table 1, row ", 2))
    rows = in_all_forms.published(edition_in(form))
    places = [row["locator"] for row in rows]
    bare = [place.partition(", ")[2] if form == "pdf" else place for place in places]
    numbers = sorted(int(place.removeprefix(start)) for place in bare)
    if form == "pdf":
        pages = {place.partition(", ")[0] for place in places}
        assert {"page 1", "page 2"} <= pages
        assert len(set(numbers)) == MANY
    else:
        assert numbers == list(range(first, first + MANY))
    expected = "unverified" if form == "csv" else "read"
    assert {row["verification"] for row in rows} == {expected}


@pytest.mark.parametrize("form", ALL_FORMS)
def test_total_is_reconciled_in_each_form(form: str, in_all_forms: Ran) -> None:
    name = "list" if form in LIST_FORMS else "letter"
    path = f"{edition_in(form)}/{name}.{form}"
    total = sum(many_rows()[1].values())
    rows = in_all_forms.report.reconciliations
    (found,) = (row for row in rows if row["subject"].partition(",")[0] == path)
    assert found["rule"] == "rows_against_total"
    assert (found["outcome"], found["left_low"], found["right_high"]) == ("holds", total, total)
    assert in_all_forms.books(path) == (MANY, 1, 0, 0)
    header = f"document: the page header is left out: “{RUNNING_HEADER}”"
    assert in_all_forms.document(path)["warnings"] == (header if form == "pdf" else None)


# Spellings of the layout: each at least once


@dataclass(frozen=True)
class Spelling:
    """The words of a list, and the language it is in."""

    mission: str
    count: str
    total: str
    caption: str
    form: str
    language: str = "nl"
    column: str | None = None


DUTCH, ENGLISH = "14 mei 2026", "14 May 2026"
SPELLINGS = (
    Spelling(
        "Missie", "Aantal uitgezonden politieambtenaren", "Totaal:", f"Stand per {DUTCH}", "docx"
    ),
    Spelling(
        "Missies",
        "Aantal uitgezonden politiemensen",
        "Totaal aantal",
        f"Bijlage (peildatum: {DUTCH})",
        "odt",
    ),
    Spelling(
        "Naam missie",
        "Aantal politiefunctionarissen",
        "Eindtotaal",
        f"Peildatum: {DUTCH}; voorlopig",
        "html",
    ),
    Spelling(
        "Naam van de missie",
        "Aantal politieambtenaren",
        "Totaal",
        "Tabel 3, peildatum 14-05-2026",
        "pdf",
    ),
    Spelling(
        "Missienaam", "Aantal politiemensen", "Totaal", f"Overzicht, stand per {DUTCH}", "txt"
    ),
    Spelling(
        "Missienaam", "Aantal functionarissen", "Totaal", "Overzicht", "xlsx", column="Peildatum"
    ),
    Spelling("Missienaam", "Aantal", "Totaal", f"Peildatum {DUTCH}", "ods"),
    Spelling(
        "Missienaam",
        "Aantal uitgezonden politiefunctionarissen",
        "Totaal",
        f"Peildatum {DUTCH}",
        "xls",
    ),
    Spelling(
        "Mission",
        "Number of police officers",
        "Total",
        f"Officers on mission (reference date: {ENGLISH})",
        "docx",
        "en",
    ),
    Spelling(
        "Mission name", "Number of officers", "Total:", f"Officers as of {ENGLISH}", "pdf", "en"
    ),
    Spelling(
        "Name of mission",
        "Police officers",
        "Grand total",
        f"Officers as at {ENGLISH}",
        "html",
        "en",
    ),
    Spelling(
        "Mission",
        "Police officers",
        "Total",
        "Officers on mission",
        "csv",
        "en",
        column="Reference date",
    ),
)


def spelt(number: int, spelling: Spelling) -> EditionFile:
    """Return a list of the usual rows in other words."""
    header: tuple[str, ...] = (spelling.mission, spelling.count)
    rows, total, width = ROWS, "15", 2
    if spelling.column is not None:
        date = ENGLISH if spelling.language == "en" else DUTCH
        header, width = (spelling.mission, spelling.column, spelling.count), 3
        rows = tuple((mission, date, count) for mission, count in ROWS)
    grid = (header, *rows, (spelling.total, *[""] * (width - 2), total))
    if spelling.form in LIST_FORMS:
        return list_file(grid, spelling.form, spelling.caption)
    return letter_file(letter_with(f"spelling-{number}", spelling.caption, grid), spelling.form)


@pytest.fixture(scope="module")
def in_all_spellings(new_playground: NewPlayground) -> Ran:
    playground = new_playground("spellings")
    for number, spelling in enumerate(SPELLINGS):
        write_edition(
            playground,
            f"spellings/{number}",
            spelt(number, spelling),
            published_on=PUBLISHED_ON,
            language=spelling.language,
        )
    return ran(playground)


@pytest.mark.parametrize("number", range(len(SPELLINGS)), ids=lambda n: SPELLINGS[n].count)
def test_each_spelling_is_recognised(number: int, in_all_spellings: Ran) -> None:
    assert in_all_spellings.reasons(f"spellings/{number}") == {}
    assert in_all_spellings.counts(f"spellings/{number}") == COUNTS
    rows = in_all_spellings.published(f"spellings/{number}")
    assert {str(row["reference_date"]) for row in rows} == {"2026-05-14"}


def test_every_spelling_of_the_layout_was_tried() -> None:
    layout = load_layouts(ROOT / "schemas")["deployment_list"]
    assert {s.mission for s in SPELLINGS} == set(layout.headers["mission"])
    assert {s.count for s in SPELLINGS} == set(layout.headers["count"])
    assert {s.column for s in SPELLINGS} - {None} == set(layout.headers["reference_date"])
    assert {s.total for s in SPELLINGS} == layout.total_words
    assert len(layout.reference_date) == 4  # "peildatum", "stand per" and their English forms


# A series of editions

RECOVERED = "letters/z-found-later"
WINTER, SUMMER = "letters/2025-12-11", "letters/2026-06-11"
WINTER_ROWS: Grid = (
    ("OVSE Westelijke Balkan", "1"),
    ("EULEX Kosovo", "3"),
    ("EUMM Georgië", "5"),
    ("EUMA Armenië", "6"),
    ("EUAM Oekraïne", "2"),
    ("EUCAP Somalië", "3"),
    ("EUBAM Libië", "2"),
    ("EUPOL COPPS (Palestijnse gebieden)", "3"),
    ("EUAM Irak", "4"),
    ("EUPM Moldova", "2"),
    ("UNMISS", "1"),
)
SUMMER_ROWS: Grid = (
    ("EULEX Kosovo", "12"),
    ("EUCAP Sahel Mali", "1"),
    ("UNMISS", "1"),
    ("EUMM Georgië", "5"),
)
RECOVERED_ROWS: Grid = (("EULEX Kosovo", "4"), ("EUMM Georgië", "4"))
WINTER_LETTER = named_letter(
    "winter",
    "1 december 2025",
    WINTER_ROWS,
    header=("Missie", "Aantal politiemensen"),
    list_heading="Bijlage 2: Nederlandse politiemensen op missie, stand per {date}",
    table_first=True,
)
SUMMER_LETTER = replace(
    named_letter(
        "zomer",
        "1 mei 2026",
        SUMMER_ROWS,
        header=("Naam missie", "Aantal"),
        list_heading="Internationale inzet (peildatum: {date})",
        extra=(
            Section(
                "Middelen",
                (
                    "Er gingen 12[^2] voertuigen mee.",
                    (("Land", "Aantal"), ("België", "7"), ("Totaal", "7")),
                    "Daarvan keerden er 3 terug.[^3]",
                ),
            ),
        ),
    ),
    notes={**NOTES, "2": "Stand van vorig jaar.", "3": "Zie bijlage 4."},
)
Change = tuple[str, str | None, str | None]
STEPS: dict[tuple[str, str, str, str], dict[str, Change]] = {
    (RECOVERED, "2024-11-20", LETTER, "2025-05-14"): {
        "EULEX_KOSOVO": ("changed", "4", "3"),
        "EUMM_GEORGIA": ("holds", "4", "4"),
        **{
            mission: ("started", None, str(count))
            for mission, count in BASE_COUNTS.items()
            if mission not in ("EULEX_KOSOVO", "EUMM_GEORGIA")
        },
    },
    (LETTER, "2025-05-14", WINTER, "2025-12-01"): {
        "OSCE_WB": ("holds", "1", "1"),
        "EULEX_KOSOVO": ("holds", "3", "3"),
        "EUMM_GEORGIA": ("changed", "4", "5"),
        "EUMA": ("holds", "6", "6"),
        "EUAM_UKRAINE": ("changed", "3", "2"),
        "EUCAP_SOMALIA": ("holds", "3", "3"),
        "EUBAM_LIBYA": ("holds", "2", "2"),
        "EUCAP_SAHEL_MALI": ("ended", "3", None),
        "EUPOL_COPPS": ("holds", "3", "3"),
        "OSC": ("ended", "1", None),
        "EUAM_IRAQ": ("holds", "4", "4"),
        "EUPM_MOLDOVA": ("started", None, "2"),
        "UNMISS": ("started", None, "1"),
    },
    (WINTER, "2025-12-01", SUMMER, "2026-05-01"): {
        "EULEX_KOSOVO": ("changed", "3", "12"),
        "EUMM_GEORGIA": ("holds", "5", "5"),
        "UNMISS": ("holds", "1", "1"),
        "EUCAP_SAHEL_MALI": ("started", None, "1"),
        "OSCE_WB": ("ended", "1", None),
        "EUMA": ("ended", "6", None),
        "EUAM_UKRAINE": ("ended", "2", None),
        "EUCAP_SOMALIA": ("ended", "3", None),
        "EUBAM_LIBYA": ("ended", "2", None),
        "EUPOL_COPPS": ("ended", "3", None),
        "EUAM_IRAQ": ("ended", "4", None),
        "EUPM_MOLDOVA": ("ended", "2", None),
    },
}


@pytest.fixture(scope="module", params=[("html", "pdf"), ("odt", "txt")], ids="-".join)
def series(request: pytest.FixtureRequest, new_playground: NewPlayground) -> Ran:
    """Return a run on four editions, written in another order than that of their dates."""
    winter, summer = request.param
    playground = new_playground("series")
    recovered = named_letter("gevonden", "20 november 2024", RECOVERED_ROWS)
    written = (
        (SUMMER, letter_file(SUMMER_LETTER, summer), "2026-06-11"),
        (WINTER, letter_file(WINTER_LETTER, winter), "2025-12-11"),
        (RECOVERED, letter_file(recovered, "docx"), "2024-12-12"),
    )
    for edition_id, file, published_on in written:
        write_edition(playground, edition_id, file, published_on=published_on)
    return ran(playground)


def test_editions_of_a_series_are_published_as_printed(series: Ran, base: Ran) -> None:
    assert series.report.rejected == []
    check_the_rest(series, base, RECOVERED, WINTER, SUMMER)
    assert series.counts(SUMMER) == {
        "EULEX_KOSOVO": 12,
        "EUCAP_SAHEL_MALI": 1,
        "UNMISS": 1,
        "EUMM_GEORGIA": 5,
    }
    assert series.counts(RECOVERED) == {"EULEX_KOSOVO": 4, "EUMM_GEORGIA": 4}
    printed = [(row["mission_as_printed"], row["as_printed"]) for row in series.published(WINTER)]
    assert sorted(printed) == sorted(WINTER_ROWS)


def test_rows_of_a_later_letter_are_exact(series: Ran) -> None:
    (row,) = (r for r in series.published(SUMMER) if r["mission_id"] == "EULEX_KOSOVO")
    (document,) = (r for r in series.report.documents if r["edition_id"] == SUMMER)
    place = row.pop("locator")
    assert place.removeprefix("page 1, ").removeprefix("page 2, ") == "table 2, row 2"
    assert {name: str(value) for name, value in row.items()} == {
        "edition_id": SUMMER,
        "mission_id": "EULEX_KOSOVO",
        "mission_as_printed": "EULEX Kosovo",
        "population": "police",
        "measure": "stock",
        "reference_date": "2026-05-01",
        "value": "12",
        "unit": "person",
        "precision": "exact",
        "value_low": "12",
        "value_high": "12",
        "as_printed": "12",
        "document_id": document["document_id"],
        "verification": "read",
        "published_on": "2026-06-11",
        "correction_id": "None",
    }


def test_absent_mission_is_unknown_and_not_zero(series: Ran) -> None:
    assert "EUMA" in series.counts(WINTER)
    assert "EUMA" not in series.counts(SUMMER)
    assert [row for row in series.deployments if row["value"] == 0] == []
    (ended,) = (
        row
        for row in series.changes()
        if row["outcome"] == "ended" and row["subject"].startswith("EUMA: ")
    )
    assert (ended["left_low"], ended["left_high"]) == (6, 6)
    assert (ended["right_low"], ended["right_high"]) == (0, None)


def told_change(mission: str, change: Change, lists: str) -> str:
    outcome, before, after = change
    unknown = "which is unknown and not zero"
    said, told = {
        "holds": ("unchanged", f"{before} in both"),
        "changed": ("changed", f"{before}, then {after}"),
        "started": ("started", f"{after}, and not listed before, {unknown}"),
        "ended": ("ended", f"{before}, and not listed after, {unknown}"),
    }[outcome]
    return f"{mission} {said}: {told} ({lists})"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[2].rpartition("/")[2])
def test_changes_from_one_edition_to_the_next(step: tuple[str, str, str, str], series: Ran) -> None:
    earlier, first, later, second = step
    lists = f"police, stock: {earlier} ({first}) and {later} ({second})"
    found = {
        row["subject"].partition(": ")[0]: (row["outcome"], row["message"])
        for row in series.changes()
        if row["subject"].endswith(f": {lists}")
    }
    assert found == {
        mission: (change[0], told_change(mission, change, lists))
        for mission, change in STEPS[step].items()
    }


def test_only_neighbours_in_time_are_compared_and_nothing_is_withdrawn(series: Ran) -> None:
    changes = series.changes()
    assert len(changes) == sum(len(step) for step in STEPS.values())
    assert {row["severity"] for row in changes} == {"info"}
    documents = {row["edition_id"]: row["document_id"] for row in series.deployments}
    held = [row for row in changes if row["outcome"] == "holds" and SUMMER in row["subject"]]
    expected = " ".join(sorted((documents[WINTER], documents[SUMMER])))
    assert {row["documents"] for row in held} == {expected}


# What is wrong with one letter

MakeFile = Callable[[str], EditionFile]


def annex(form: str, rows: Grid = ROWS, *, date: str = DATE, **changes: Any) -> MakeFile:
    """Return a letter with something else about its list."""
    return lambda name: letter_file(named_letter(name, date, rows, **changes), form)


def blocks(form: str, *content: str | Grid) -> MakeFile:
    """Return a letter with something else than one list in its last section."""
    return lambda name: letter_file(letter_with(name, CAPTION, *content), form)


def counted(form: str, count: str, total: str = "14") -> MakeFile:
    """Return a letter with something else than a number of officers on its first row."""
    return annex(form, (("EUMM Georgië", count), *ROWS[1:]), total=total)


def called(form: str, mission: str) -> MakeFile:
    """Return a letter with another mission on its first row."""
    return annex(form, ((mission, "5"), *ROWS[1:]))


def broken(form: str, change: Callable[[bytes], bytes]) -> MakeFile:
    """Return a letter whose bytes were damaged before anyone took their fingerprint."""
    return lambda name: annex(form)(name).damaged(change)


STAGES = {
    "collect": ("hash_mismatch",),
    "read": ("corrupt", "hostile", "limit", "encrypted", "empty", "encoding"),
    "extract": ("two_lists", "no_list", "columns", "no_population"),
    "code": ("not_whole", "number", "unknown_code", "ambiguous_code", "code_not_valid"),
    "validate": ("contract", "duplicate"),
    "reconcile": ("missing_total", "two_totals", "total_not_tied"),
}
STAGE_OF = {reason: stage for stage, reasons in STAGES.items() for reason in reasons}
WHOLE = "document"
SECOND, FIFTH, ON_PAGE = "table 1, row 2", "table 1, row 5", "page 1, table 1, row 2"


@dataclass(frozen=True)
class Case:
    """A letter that something is wrong with, and what is told of it.

    Attributes:
        reason: of what was rejected at `place`, and of `count` rejections altogether.
        told: what its message says, parts left out as " … ".
        others: further rejections, by reason.
        published: the missions that are published all the same.
        totals: how many rows were used as totals.
    """

    name: str
    file: MakeFile
    reason: str
    told: str
    place: str = WHOLE
    count: int = 1
    others: Mapping[str, int] = field(default_factory=dict)
    published: tuple[str, ...] = ()
    totals: int = 0
    candidates: str | None = None

    @property
    def edition_id(self) -> str:
        return f"letters/{self.name}"

    @property
    def stage(self) -> str:
        """Where it is rejected; a reference date may be missing in a list, or doubled before."""
        if self.reason == "reference_date":
            return "extract" if self.place == WHOLE else "code"
        return STAGE_OF[self.reason]


def bad_count(name: str, file: MakeFile, told: str, reason: str = "number") -> Case:
    """Return a letter of which one count can't be read, so that no row of it is published."""
    place = told.partition(": ")[0]
    return Case(name, file, reason, told, place, others={"total_not_tied": 2}, totals=1)


def bad_mission(name: str, file: MakeFile, told: str, reason: str, candidates: str = "") -> Case:
    """Return a letter of which one mission can't be coded: the other two are published."""
    place, rest = told.partition(": ")[0], ("EUMA", "EUAM_IRAQ")
    return Case(
        name, file, reason, told, place, published=rest, totals=1, candidates=candidates or None
    )


COUNT_CASES = (
    bad_count(
        "count-broken",
        counted("txt", "3,5", "13"),
        "table 1, row 2: found '3,5', expected a whole number of persons",
        "not_whole",
    ),
    bad_count("count-choice", counted("html", "drie of vier"), f"{SECOND}: found 'drie of vier'"),
    bad_count("count-missing", counted("docx", ""), f"{SECOND}: found '', which is empty"),
    bad_count("count-missing-in-text", counted("txt", ""), f"{SECOND}: found '', which is empty"),
    bad_count("count-starred", counted("pdf", "3*"), f"{ON_PAGE}: found '3*'"),
    bad_count("count-negative", counted("odt", "-3", "7"), f"{SECOND}: found '-3'"),
)
NEAR_GEORGIA = (
    "EUMM Georgië (EUMM_GEORGIA); EUMM Georgia (EUMM_GEORGIA); EUJUST Georgia (EUJUST_THEMIS)"
)
MISSION_CASES = (
    bad_mission(
        "mission-misspelt",
        called("html", "EUMM Gorgië"),
        "table 1, row 2: found mission 'EUMM Gorgië'",
        "unknown_code",
        NEAR_GEORGIA,
    ),
    bad_mission(
        "mission-unheard-of",
        called("pdf", "Missie Atlantis"),
        "page 1, table 1, row 2: found mission 'Missie Atlantis'",
        "unknown_code",
    ),
    bad_mission(
        "mission-ambiguous",
        called("txt", "EUAM"),
        "table 1, row 2: found mission 'EUAM' … may mean EUAM_IRAQ or EUAM_RCA or EUAM_UKRAINE",
        "ambiguous_code",
        "EUAM_IRAQ; EUAM_RCA; EUAM_UKRAINE",
    ),
    Case(
        "mission-not-yet",
        annex("docx", (*ROWS, ("OSC", "1")), date="1 februari 2025"),
        "code_not_valid",
        "table 1, row 5: found mission 'OSC', a name that is not in use on 2025-02-01",
        FIFTH,
        published=tuple(COUNTS),
        totals=1,
        candidates="OSC",
    ),
    replace(
        bad_mission(
            "mission-twice",
            annex("odt", (*ROWS, ("EUMM Georgië", "2"))),
            "table 1, row 2: found the key … mission_id EUMM_GEORGIA … on more than one row",
            "duplicate",
        ),
        count=2,
    ),
    replace(
        bad_mission(
            "mission-twice-by-alias",
            annex("pdf", (*ROWS, ("EUMM Georgia", "5"))),
            "page 1, table 1, row 5: found the key … mission_id EUMM_GEORGIA",
            "duplicate",
        ),
        count=2,
    ),
)
TWO_TOTALS = (*ROWS, ("Totaal", "15"))
FOUND_TWO = "found 2 total rows, expected one"
UNREAD = f"{FIFTH}: the printed total can't be read: found 'vijftien man'"
UNTIED = "3 rows add up to 15, but the printed total is 16"
UNDATED = f"found no reference date in the caption '{TITLE}'"
IN_PART = "found no reference date in the caption '"
JOINED = "14 mei 2026 en 15 mei 2026"
LATE = f"{SECOND}: … reference_date … published_on"
ROW_CASES = (
    Case("no-total", annex("txt", total=None), "missing_total", "found 0 total rows", SECOND, 3),
    Case("two-totals", annex("docx", TWO_TOTALS, total="15"), "two_totals", FOUND_TWO, FIFTH, 5),
    Case("other-totals", annex("pdf", TWO_TOTALS, total="9"), "two_totals", FOUND_TWO, ON_PAGE, 5),
    Case("total-unread", annex("odt", total="vijftien man"), "missing_total", UNREAD, SECOND, 4),
    Case("total-wrong", annex("pdf", total="16"), "total_not_tied", UNTIED, ON_PAGE, 3, totals=1),
    Case("no-date", annex("html", list_heading=TITLE), "reference_date", UNDATED, SECOND, 4),
    Case("date-in-part", annex("docx", date="mei 2026"), "reference_date", IN_PART, FIFTH, 4),
    Case("date-late", annex("odt", date="12 juni 2026"), "contract", LATE, SECOND, 3, totals=1),
    *COUNT_CASES,
    *MISSION_CASES,
)
BOTH_DATES = f"found two reference dates, in 'Stand per 15 mei 2026.' and '{CAPTION}'"
LAYOUT = "schemas/layouts/deployment_list.yaml"
NO_WORDS = (
    f"expected one with the header words '{HEADER[1]}'; '{HEADER[0]}' … table 1 starts with "
    f"'Operatie | Inzet' … {LAYOUT}"
)
NO_COLUMN = f"table 1, row 1: column 'Vrouwen' is unknown … {LAYOUT}"
NOT_TOLD_WHO = "found a deployment_list, and no population and measure"
TWICE = "found the same deployment_list 2 times … table 1 and  … table 2)"
TWO_FIT = "found 2 tables that fit deployment_list … page 1, table 1 and  … page 1, table 2)"
PASSWORD = "found a password-protected document"  # not one itself
EMPTY = "found an empty file"
CUT = "cut off or damaged?"
WITH_WOMEN: Grid = tuple((mission, "1", count) for mission, count in ROWS)
THREE_COLUMNS = (HEADER[0], "Vrouwen", HEADER[1])


def other_bytes(name: str) -> EditionFile:
    return annex("docx")(name).declared(sha256="0" * 64)


def not_told_who(name: str) -> EditionFile:
    return annex("docx")(name).only_declared(media_type=MEDIA_TYPES["docx"], layout="letter")


def as_csv(name: str) -> EditionFile:
    file = list_file(grid_of((("EUMA Armenië", "1"),)), "xlsx", f"{name} (peildatum {DATE})")
    return file.declared(media_type="text/csv", caption=CAPTION)


DOCUMENT_CASES = (
    Case("dates-joined", annex("txt", date=JOINED), "reference_date", "found two reference dates"),
    Case("two-dates", blocks("docx", "Stand per 15 mei 2026.", GRID), "reference_date", BOTH_DATES),
    Case(
        "dates-on-page",
        blocks("pdf", "Stand per 15 mei 2026.", GRID),
        "reference_date",
        f"page 1, table 1: {BOTH_DATES}",
    ),
    Case("list-twice", blocks("odt", GRID, "Nogmaals het overzicht.", GRID), "two_lists", TWICE),
    Case("two-lists", blocks("pdf", GRID, "Nog een.", grid_of(ROWS[:2])), "two_lists", TWO_FIT),
    Case("other-words", annex("html", header=("Operatie", "Inzet")), "no_list", NO_WORDS),
    Case("no-table", blocks("txt", "Er is geen lijst."), "no_list", "found 0 tables"),
    Case("other-column", annex("txt", WITH_WOMEN, header=THREE_COLUMNS), "columns", NO_COLUMN),
    Case("not-told-who", not_told_who, "no_population", NOT_TOLD_WHO),
    Case("cut-html", broken("html", half), "no_list", "found 0 tables"),
    Case("other-bytes", other_bytes, "hash_mismatch", f"expected {'0' * 64} of source.yaml"),
    Case("cut-docx", broken("docx", half), "corrupt", CUT),
    Case("cut-odt", broken("odt", half), "corrupt", CUT),
    Case("cut-pdf", broken("pdf", half), "corrupt", "the end of the PDF is missing"),
    Case("doctype", broken("docx", with_doctype), "hostile", "declares a document type or entity"),
    Case("zip-bomb", broken("docx", as_bomb), "limit", "200,000,000"),
    Case("protected-docx", broken("docx", protected_docx), "encrypted", PASSWORD),
    Case("protected-pdf", broken("pdf", protected_pdf), "encrypted", PASSWORD),
    Case("empty", broken("pdf", lambda _: b""), "empty", EMPTY),
    Case("blank", broken("txt", lambda _: b" \n\n"), "empty", EMPTY),
    Case("xlsx-as-csv", as_csv, "encoding", "which is no UTF-8"),
)
CASES = (*ROW_CASES, *DOCUMENT_CASES)
TEXT_CUT_IN_THE_LIST = Case(
    "cut-in-the-list",
    broken("txt", lambda data: data[: data.index(b"EUAM Irak")]),
    "missing_total",
    "found 0 total rows",
    SECOND,
    2,
)
READ_ALL_THE_SAME = {
    "declared-pdf": (
        lambda name: annex("docx")(name).declared(media_type=MEDIA_TYPES["pdf"]),
        f"the sidecar says {MEDIA_TYPES['pdf']}, the content is {MEDIA_TYPES['docx']}: correct it",
    ),
    "declared-text": (
        lambda name: annex("html")(name).declared(media_type=MEDIA_TYPES["txt"]),
        f"the sidecar says {MEDIA_TYPES['txt']}, the content is {MEDIA_TYPES['html']}: correct it",
    ),
    "named-docx": (
        lambda name: annex("odt")(name).renamed("letter.docx"),
        f"the extension is .docx, the content {MEDIA_TYPES['odt']}: rename the file",
    ),
    "named-html": (
        lambda name: annex("txt")(name).renamed("letter.html"),
        f"the extension is .html, the content {MEDIA_TYPES['txt']}: rename the file",
    ),
}


@pytest.fixture(scope="module")
def all_wrong(new_playground: NewPlayground) -> Ran:
    """Return one run on all bad letters at once: each must leave all others alone."""
    playground = new_playground("wrong")
    made = {case.name: case.file for case in (*CASES, TEXT_CUT_IN_THE_LIST)}
    made |= {name: make for name, (make, _) in READ_ALL_THE_SAME.items()}
    for name, make in {**made, "in-words": counted("odt", "vier")}.items():
        write_edition(playground, f"letters/{name}", make(name), published_on=PUBLISHED_ON)
    return ran(playground)


def check_case(found: Ran, case: Case) -> None:
    """Check that a bad letter is rejected as it should, and that the rest of it is published."""
    assert found.reasons(case.edition_id) == {case.reason: case.count, **case.others}
    (row,) = (
        row
        for row in found.rejected(case.edition_id)
        if (row["reason"], row["locator"]) == (case.reason, case.place)
    )
    scope = "document" if case.place == WHOLE else "row"
    assert (row["scope"], row["stage"]) == (scope, case.stage)
    assert row["message"].startswith(f"{row['path']}")
    assert row["path"].startswith(f"{case.edition_id}/")
    assert [part for part in case.told.split(" … ") if part not in row["message"]] == []
    assert row["candidates"] == case.candidates
    assert set(found.counts(case.edition_id)) == set(case.published)
    assert found.report.exit_code == 1


@pytest.mark.parametrize("case", ROW_CASES, ids=lambda case: case.name)
def test_bad_rows_are_told(case: Case, all_wrong: Ran) -> None:
    check_case(all_wrong, case)
    (document,) = (r for r in all_wrong.report.documents if r["edition_id"] == case.edition_id)
    rejected = case.count + sum(case.others.values())
    assert all_wrong.books(document["path"]) == (len(case.published), case.totals, 0, rejected)


@pytest.mark.parametrize("case", DOCUMENT_CASES, ids=lambda case: case.name)
def test_bad_document_is_told(case: Case, all_wrong: Ran) -> None:
    check_case(all_wrong, case)
    documents = [r for r in all_wrong.report.documents if r["edition_id"] == case.edition_id]
    assert len(documents) == (0 if case.reason == "hash_mismatch" else 1)
    assert [all_wrong.books(d["path"]) for d in documents] == [(0, 0, 0, 0)] * len(documents)


def test_plain_text_that_ends_within_the_list_has_no_total(all_wrong: Ran) -> None:
    check_case(all_wrong, TEXT_CUT_IN_THE_LIST)


def test_number_word_is_a_whole_number(all_wrong: Ran) -> None:
    assert all_wrong.reasons("letters/in-words") == {}
    assert all_wrong.counts("letters/in-words") == {**COUNTS, "EUMM_GEORGIA": 4}


@pytest.mark.parametrize("name", READ_ALL_THE_SAME)
def test_wrong_type_or_extension_is_warned(name: str, all_wrong: Ran) -> None:
    assert all_wrong.reasons(f"letters/{name}") == {}
    assert all_wrong.counts(f"letters/{name}") == COUNTS
    (document,) = (r for r in all_wrong.report.documents if r["edition_id"] == f"letters/{name}")
    assert document["warnings"] == READ_ALL_THE_SAME[name][1]


def test_bad_letters_stop_nothing_else(all_wrong: Ran, base: Ran) -> None:
    editions = {row["edition_id"] for row in all_wrong.deployments} - {LETTER}
    check_the_rest(all_wrong, base, *editions)
    good = {"in-words", *READ_ALL_THE_SAME, *(case.name for case in CASES if case.published)}
    assert editions == {f"letters/{name}" for name in good}
    expected = {case.edition_id for case in (*CASES, TEXT_CUT_IN_THE_LIST)}
    assert {row["edition_id"] for row in all_wrong.report.rejected} == expected


ALONE = ("other-bytes", "cut-docx", "two-lists", "total-wrong")


@pytest.mark.parametrize("name", ALONE)
def test_bad_letter_alone(name: str, new_playground: NewPlayground, base: Ran) -> None:
    (case,) = (case for case in CASES if case.name == name)
    playground = new_playground(name)
    write_edition(playground, case.edition_id, case.file(name), published_on=PUBLISHED_ON)
    found = ran(playground)
    check_case(found, case)
    check_the_rest(found, base, case.edition_id)
    assert {row["edition_id"] for row in found.report.rejected} == {case.edition_id}


# Beside the document: transcriptions, forms, tracked changes

# The same total: no sum would tell.
TYPED_OTHERWISE = grid_of((("EUMM Georgië", "5"), ("EUMA Armenië", "7"), ("EUAM Irak", "3")))
TYPED_IN_PART: Grid = (*GRID[:3], ("Totaal", "11"))


def beside(name: str) -> dict[str, tuple[EditionFile, ...]]:
    """Return editions of more than a letter, by name; each differs from the others by it."""
    caption = f"{TITLE} van {name} (peildatum {DATE})"
    forms = {form: annex(form)(name) for form in FORMS}
    return {
        "agrees": (forms["docx"], transcription(GRID, caption)),
        "disagrees": (forms["pdf"], transcription(TYPED_OTHERWISE, caption)),
        "typed-in-part": (forms["odt"], transcription(TYPED_IN_PART, caption)),
        "typed-only": (forms["txt"].absent(), transcription(grid_of(ROWS[::-1]), caption)),
        "broken-and-typed": (
            forms["docx"].damaged(half),
            transcription(grid_of((*ROWS, ("UNMISS", "1"))), caption),
        ),
        "other-form": (forms["txt"].absent().with_forms(forms["docx"], forms["html"]),),
        "second-form": (forms["odt"].absent().with_forms(forms["docx"], forms["pdf"]),),
        "no-form": (forms["pdf"].absent().with_forms(forms["docx"]),),
        "tracked": (annex("docx", total="17")(name).damaged(tracked),),
    }


LYING_THERE = {"other-form": ("html",), "second-form": ("docx", "pdf")}


@pytest.fixture(scope="module")
def beside_each_other(new_playground: NewPlayground) -> Ran:
    playground = new_playground("beside")
    for name in beside(""):
        edition_id = f"letters/{name}"
        write_edition(playground, edition_id, *beside(name)[name], published_on=PUBLISHED_ON)
        for form in LYING_THERE.get(name, ()):
            file = annex(form)(name)
            (playground.raw / edition_id / file.path).write_bytes(file.data)
    docx = playground.raw / "letters" / "second-form" / "letter.docx"
    docx.write_bytes(docx.read_bytes() + b"changed")
    return ran(playground)


def test_transcription_that_agrees_confirms_the_document(beside_each_other: Ran) -> None:
    found = beside_each_other
    assert found.reasons("letters/agrees") == {}
    assert found.counts("letters/agrees") == COUNTS
    letter = found.document("letters/agrees/letter.docx")
    rows = found.published("letters/agrees")
    assert {row["verification"] for row in rows} == {"read"}
    assert {row["document_id"] for row in rows} == {letter["document_id"]}
    assert found.books("letters/agrees/letter.docx") == (3, 1, 0, 0)
    assert found.books("letters/agrees/deployments.csv") == (0, 0, 4, 0)


@pytest.mark.parametrize(
    ("name", "form", "typed", "lines", "told"),
    [
        (
            "disagrees",
            "pdf",
            4,
            ("line 3", "line 4"),
            "found 'EUMA Armenië' with '7', but the document has '6'",
        ),
        (
            "typed-in-part",
            "odt",
            3,
            ("line 4",),
            "found 'Totaal' with '11', but the document has '15'",
        ),
    ],
)
def test_transcription_that_disagrees_gives_way(
    name: str, form: str, typed: int, lines: tuple[str, ...], told: str, beside_each_other: Ran
) -> None:
    edition_id, path = f"letters/{name}", f"letters/{name}/deployments.csv"
    rejected = beside_each_other.rejected(edition_id)
    assert tuple(row["locator"] for row in rejected) == lines
    for row in rejected:
        place = (row["path"], row["scope"], row["stage"], row["reason"])
        assert place == (path, "row", "extract", "transcription")
    assert rejected[0]["message"].startswith(f"{path}, {lines[0]}: {told}")
    assert beside_each_other.counts(edition_id) == COUNTS
    assert beside_each_other.books(f"{edition_id}/letter.{form}") == (3, 1, 0, 0)
    assert beside_each_other.books(path) == (0, 0, typed - len(lines), len(lines))


def test_document_that_is_not_at_hand_leaves_its_transcription_unverified(
    beside_each_other: Ran,
) -> None:
    found = beside_each_other
    assert found.reasons("letters/typed-only") == {}
    assert found.counts("letters/typed-only") == COUNTS
    rows = found.published("letters/typed-only")
    assert {row["verification"] for row in rows} == {"unverified"}
    assert {row["locator"] for row in rows} == {"line 2", "line 3", "line 4"}
    letter = found.document("letters/typed-only/letter.txt")
    assert (letter["at_hand"], letter["size_bytes"]) == (False, None)
    assert found.books(letter["path"]) == (0, 0, 0, 0)
    assert found.document("letters/typed-only/deployments.csv")["at_hand"] is True


def test_document_that_cannot_be_read_leaves_its_transcription_unverified(
    beside_each_other: Ran,
) -> None:
    found = beside_each_other
    assert found.reasons("letters/broken-and-typed") == {"corrupt": 1}
    assert found.counts("letters/broken-and-typed") == {**COUNTS, "UNMISS": 1}
    rows = found.published("letters/broken-and-typed")
    assert {row["verification"] for row in rows} == {"unverified"}


def test_whichever_form_lies_there_is_read(beside_each_other: Ran) -> None:
    found = beside_each_other
    assert found.reasons("letters/other-form") == {}
    assert found.counts("letters/other-form") == COUNTS
    document = found.document("letters/other-form/letter.html")
    assert (document["at_hand"], document["media_type"]) == (True, "text/html")
    assert {row["document_id"] for row in found.published("letters/other-form")} == {
        document["document_id"]
    }


def test_form_with_other_bytes_is_told_and_the_next_one_read(beside_each_other: Ran) -> None:
    found = beside_each_other
    assert found.reasons("letters/second-form") == {"hash_mismatch": 1}
    (rejected,) = found.rejected("letters/second-form")
    assert rejected["path"] == "letters/second-form/letter.docx"
    assert found.counts("letters/second-form") == COUNTS
    assert found.books("letters/second-form/letter.pdf") == (3, 1, 0, 0)


def test_document_of_which_no_form_is_at_hand(beside_each_other: Ran) -> None:
    found = beside_each_other
    assert found.reasons("letters/no-form") == {}
    assert found.published("letters/no-form") == []
    assert found.document("letters/no-form/letter.pdf")["at_hand"] is False


def test_tracked_changes_are_read_as_accepted_and_named(beside_each_other: Ran) -> None:
    found = beside_each_other
    assert found.reasons("letters/tracked") == {}
    assert found.counts("letters/tracked") == {**COUNTS, "EUMM_GEORGIA": 7}
    warnings = found.document("letters/tracked/letter.docx")["warnings"]
    assert warnings.endswith(
        "table 1: found 1 tracked deletion, 1 tracked insertion, read as accepted"
    )


def test_editions_of_several_files_stop_nothing_else(beside_each_other: Ran, base: Ran) -> None:
    check_the_rest(beside_each_other, base, *(f"letters/{name}" for name in beside("")))


# Unchanged documents are not read again


class Reader:
    """The reader of documents, which counts how often it is asked."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, data: bytes, name: str, *rest: Any) -> Any:
        self.names.append(name)
        return read_isolated(data, name, *rest)

    def asked(self) -> list[str]:
        """Return what was read since the last time."""
        names, self.names = self.names, []
        return names


CACHED = "letters/2026-06-11/letter.odt"


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    found = Reader()
    monkeypatch.setattr(ipsdata.read.readings, "read_isolated", found)
    return found


@pytest.fixture
def read_once(tmp_path: Path, reader: Reader) -> tuple[Playground, Ran]:
    """Return an installation that read its one letter, and that run."""
    playground = installation(tmp_path)
    write_edition(playground, SUMMER, annex("odt")("cache"), published_on=PUBLISHED_ON)
    first = ran(playground)
    assert reader.asked() == [CACHED]
    assert first.counts(SUMMER) == COUNTS
    return playground, first


def check_unchanged(again: Ran, first: Ran) -> None:
    """Check that a second run came to the same, and made no new release of it."""
    assert again.deployments == first.deployments
    assert again.report.documents == first.report.documents
    before, after = first.report.publication, again.report.publication
    assert before is not None
    assert after is not None
    assert (after.release_id, after.is_new) == (before.release_id, False)


def cache_entry(playground: Playground) -> Path:
    (entry,) = playground.settings.cache_dir.iterdir()
    return entry


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def edit_cache(change: Callable[[bytes], bytes]) -> Callable[[Playground], None]:
    def damage(playground: Playground) -> None:
        entry = cache_entry(playground)
        old = entry.read_bytes()
        entry.write_bytes(change(old))
        assert entry.read_bytes() != old

    return damage


CACHE_DAMAGES: Mapping[str, Callable[[Playground], None]] = {
    "deleted": lambda playground: shutil.rmtree(playground.settings.cache_dir),
    "flipped-in-the-text": edit_cache(lambda data: flipped(data, data.index(b"EUMM"))),
    "flipped-in-the-digest": edit_cache(lambda data: flipped(data, 3)),
    "no-utf-8": edit_cache(lambda data: data.replace(b"Georgi", b"Georg\xff", 1)),
    "truncated": edit_cache(lambda data: data[:-100]),
    "emptied": edit_cache(lambda _: b""),
}


def test_unchanged_document_is_not_read_again(
    read_once: tuple[Playground, Ran], reader: Reader
) -> None:
    playground, first = read_once
    check_unchanged(ran(playground), first)
    assert reader.asked() == []


@pytest.mark.parametrize("damage", CACHE_DAMAGES)
def test_document_is_read_again_if_the_cache_is_damaged(
    damage: str, read_once: tuple[Playground, Ran], reader: Reader
) -> None:
    playground, first = read_once
    entry = cache_entry(playground)
    kept = entry.read_bytes()
    CACHE_DAMAGES[damage](playground)
    check_unchanged(ran(playground), first)
    assert reader.asked() == [CACHED]
    assert entry.read_bytes() == kept


def test_document_is_read_again_by_another_reader(
    read_once: tuple[Playground, Ran], reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    playground, first = read_once
    monkeypatch.setattr(ipsdata.read.readings, "reader_version", lambda: "another")
    check_unchanged(ran(playground), first)
    assert reader.asked() == [CACHED]
    assert len(list(playground.settings.cache_dir.iterdir())) == 2


def test_only_the_new_document_is_read(tmp_path: Path, reader: Reader) -> None:
    playground = installation(tmp_path)
    write_edition(playground, WINTER, annex("txt")("first"), published_on=PUBLISHED_ON)
    first = ran(playground)
    assert reader.asked() == [f"{WINTER}/letter.txt"]
    write_edition(playground, SUMMER, annex("html")("second"), published_on=PUBLISHED_ON)
    second = ran(playground)
    assert reader.asked() == [f"{SUMMER}/letter.html"]
    assert second.published(WINTER) == first.deployments
    assert second.report.publication is not None
    assert second.report.publication.is_new


# What reading a list must not get wrong


@pytest.mark.parametrize(
    "files",
    [
        (annex("docx")("both"), list_file(GRID, "xlsx", CAPTION)),
        (list_file(GRID, "csv", CAPTION), list_file(grid_of(ROWS[:1]), "csv", CAPTION, "other")),
    ],
    ids=["same-list-in-two-documents", "two-lists"],
)
def test_two_documents_with_one_key_stop_nothing_else(
    files: tuple[EditionFile, ...], new_playground: NewPlayground, base: Ran
) -> None:
    playground = new_playground("both")
    write_edition(playground, SUMMER, *files, published_on=PUBLISHED_ON)
    check_the_rest(ran(playground), base, SUMMER)


@pytest.mark.parametrize("name", ["no-total", "two-totals", "total-wrong", "no-date"])
def test_message_names_the_table(name: str, all_wrong: Ran) -> None:
    messages = [row["message"] for row in all_wrong.rejected(f"letters/{name}")]
    assert messages
    assert [message for message in messages if "table 1" not in message] == []


def test_message_of_a_late_date_tells_both_dates(all_wrong: Ran) -> None:
    (row, *_) = all_wrong.rejected("letters/date-late")
    assert "2026-06-12" in row["message"]
    assert PUBLISHED_ON in row["message"]


DATED_ROWS: Grid = (("EUMM Georgië", "14 mei 2026", "5"), ("EUMA Armenië", "1 mei 2026", "6"))
DOUBTFUL: Mapping[str, MakeFile] = {
    "other-population": annex("odt"),
    "other-date": annex("docx"),
    "two-dates-in-one": annex("html", list_heading=f"{CAPTION} en stand per 15 mei 2026"),
    "two-dates-of-a-kind": annex("txt", list_heading=f"{CAPTION}, eerder (peildatum 1 mei 2026)"),
    "dates-by-row": annex(
        "pdf", DATED_ROWS, header=("Missie", "Peildatum", "Aantal"), list_heading=TITLE
    ),
}
PLAINLY_DATED: Mapping[str, MakeFile] = {
    "in-a-sentence": lambda name: letter_file(
        letter_with(name, TITLE, "De lijst geeft de stand per 14 mei 2026.", GRID), "txt"
    ),
    "same-date-in-digits": blocks("html", "Peildatum: 14-05-2026", GRID),
    "no-date-after-the-words": blocks("odt", "De stand per missie is als volgt.", GRID),
}


REJECTED_LATER = {"mission-misspelt": "EULEX Kosovo", "mission-twice": "UNMISS"}


@pytest.fixture(scope="module")
def doubtful(new_playground: NewPlayground) -> Ran:
    playground = new_playground("doubtful")
    typed = {
        "other-population": transcription(
            grid_of((("EUMM Georgië", "2"), ("UNMISS", "1"))), CAPTION
        ).declared(population="kmar"),
        "other-date": transcription(GRID, f"{TITLE} (peildatum 15 mei 2026)"),
    }
    for name, make in {**DOUBTFUL, **PLAINLY_DATED}.items():
        files = (make(name), *([typed[name]] if name in typed else []))
        write_edition(playground, f"letters/{name}", *files, published_on=PUBLISHED_ON)
    for name, other in REJECTED_LATER.items():
        (case,) = (case for case in CASES if case.name == name)
        earlier = list_file(grid_of((("EUMM Georgië", "5"), (other, "1"))), "csv", CAPTION)
        write_edition(playground, f"{name}/1", earlier, published_on=PUBLISHED_ON)
        write_edition(
            playground, f"{name}/2", case.file(f"later-{name}"), published_on=PUBLISHED_ON
        )
    return ran(playground)


@pytest.mark.parametrize("name", REJECTED_LATER)
def test_rejected_mission_is_not_said_to_have_ended(name: str, doubtful: Ran) -> None:
    lists = f"{name}/1 (2026-05-14) and {name}/2 (2026-05-14)"
    told = [r for r in doubtful.changes() if r["subject"] == f"EUMM_GEORGIA: {lists}"]
    assert [row["message"] for row in told if row["outcome"] == "ended"] == []


def test_list_of_another_population_is_published(doubtful: Ran) -> None:
    assert doubtful.reasons("letters/other-population") == {}
    rows = doubtful.published("letters/other-population")
    kmar = {row["mission_id"]: row["value"] for row in rows if row["population"] == "kmar"}
    assert kmar == {"EUMM_GEORGIA": 2, "UNMISS": 1}


def test_transcription_of_another_day_is_rejected(doubtful: Ran) -> None:
    assert doubtful.counts("letters/other-date") == COUNTS
    assert set(doubtful.reasons("letters/other-date")) == {"transcription"}


@pytest.mark.parametrize("name", ["two-dates-in-one", "two-dates-of-a-kind"])
def test_two_reference_dates_in_one_caption(name: str, doubtful: Ran) -> None:
    assert set(doubtful.reasons(f"letters/{name}")) == {"reference_date"}
    assert doubtful.published(f"letters/{name}") == []


@pytest.mark.parametrize("name", PLAINLY_DATED)
def test_date_is_found_among_other_words(name: str, doubtful: Ran) -> None:
    assert doubtful.reasons(f"letters/{name}") == {}
    assert doubtful.counts(f"letters/{name}") == COUNTS


def test_list_may_date_each_row(doubtful: Ran) -> None:
    rows = doubtful.published("letters/dates-by-row")
    assert {row["mission_id"]: str(row["reference_date"]) for row in rows} == {
        "EUMM_GEORGIA": "2026-05-14",
        "EUMA": "2026-05-01",
    }


def test_list_with_several_dates_is_not_compared_with_itself(doubtful: Ran) -> None:
    edition_id = "letters/dates-by-row"
    itself = [row for row in doubtful.changes() if row["subject"].count(edition_id) == 2]
    assert itself == []
