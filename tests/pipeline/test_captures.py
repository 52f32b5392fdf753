"""Captures, end to end: figures from the prose of invented letters, verified, published, told."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from conftest import Playground, copy_lists, installation
from editions import EditionFile, Ran, Row, letter_file, named_letter, ran, write_edition
from ipsdata.extract.passages import Passage, passages, text_range
from ipsdata.facts.quantities import coverage
from ipsdata.plan import FACTS
from ipsdata.read.isolated import read_isolated
from ipsdata.release.store import published_table
from letters import Letter, Section, render

DATE, PUBLISHED_ON = "14 mei 2026", "2026-06-11"
ROWS = (("EUMM Georgië", "5"), ("EUMA Armenië", "6"), ("EUAM Irak", "4"))
EXTRA = (
    Section(
        "Caribisch gebied",
        ("In februari 2026 zijn zeven agenten en 2 fte van de marechaussee naar Bonaire gegaan.",),
    ),
    Section("Strategie", ("In december 2025 is een strategie voor Ghana vastgesteld.",)),
)
HEADER = ("table", "row", "dimensions", "as_printed", "locator", "note")
CAPTURED = FACTS[1:]


@dataclass(frozen=True)
class Line:
    """A line of captures: the text is that of its n-th place in the letter."""

    table: str
    row: str
    dimensions: str
    text: str
    nth: int = 0


def sis(row: str, dimensions: str, text: str) -> Line:
    shared = "category_id=total; time_period=2025"
    return Line("sis_statistics", row, f"{shared}; {dimensions}", text)


SEARCHES = "indicator=searches; scope=not_applicable; time_kind=flow; unit=search"
ALERTS = "indicator=alerts; scope=not_applicable; time_kind=stock; unit=alert; averaging=none"
HITS = "indicator=hits; scope=not_stated; time_kind=flow; unit=hit; area=SIS"
STAFF = "kind=reinforcement; island=BQ-BO; task=basic_policing; start=2026-02; status=actual"
LINES = (
    Line("no_figure", "", "reason=duration", "half"),
    sis("searches-sis", f"{SEARCHES}; area=SIS; averaging=none", "zestien miljard"),
    Line("sis_statistics", "searches-sis", "gives=time_period", "2025"),
    sis("searches-nl", f"{SEARCHES}; area=NL; averaging=none; rank=1", "meer dan vier miljard"),
    sis("alerts-sis", f"{ALERTS}; area=SIS", "95,2 miljoen"),
    sis("alerts-nl", f"{ALERTS}; area=NL; rank=7", "5,1 miljoen"),
    Line("sis_statistics", "alerts-nl", "gives=rank", "zevende"),
    Line("sis_statistics", "hits-sis", "gives=time_period", "2025", 1),
    sis("hits-sis", f"{HITS}; averaging=none", "401.235"),
    sis("hits-return", f"{HITS}; averaging=none", "104.210"),
    sis("hits-arrest", f"{HITS}; averaging=none", "12.340"),
    sis("searches-per-day", f"{SEARCHES}; area=SIS; averaging=per_day", "44 miljoen"),
    sis("hits-per-day", f"{HITS}; averaging=per_day", "1.099"),
    Line("caribbean_staffing", "police", "gives=start", "februari 2026"),
    Line("caribbean_staffing", "kmar", "gives=start", "februari 2026"),
    Line("caribbean_staffing", "police", f"{STAFF}; unit=person; provided_by=POLITIE_NL", "zeven"),
    Line("caribbean_staffing", "kmar", f"{STAFF}; unit=fte; provided_by=KMAR", "2 fte"),
    Line("cooperation_register", "strategy", "gives=start", "december 2025"),
    Line(
        "cooperation_register",
        "strategy",
        "kind=strategy; title=Strategy; title_nl=Strategie; subject=crime; role=author; "
        "start=2025-12; status=adopted",
        "strategie",
    ),
    Line(
        "cooperation_partners",
        "strategy-gh",
        "instrument_id=strategy; country_code=GH; role=host",
        "Ghana",
    ),
)
CATEGORIES = {"hits-return": "2018/1860:3", "hits-arrest": "2018/1862:26"}
PUBLISHED = {
    "sis_statistics": 9,
    "caribbean_staffing": 2,
    "cooperation_register": 1,
    "cooperation_partners": 1,
}
SUPPORTING = len(LINES) - sum(PUBLISHED.values())


def letter(name: str) -> Letter:
    return named_letter(name, DATE, ROWS, extra=EXTRA)


def moved(name: str) -> Letter:
    """Return the letter with words put before "5,1 miljoen" and what follows it."""

    def change(block: Any) -> Any:
        return block.replace("staat met", "staat al jaren met") if isinstance(block, str) else block

    made = letter(name)
    sections = (replace(s, blocks=tuple(change(b) for b in s.blocks)) for s in made.sections)
    return replace(made, sections=tuple(sections))


@cache
def pages() -> tuple[Passage, ...]:
    """Return the passages of the letter, whose places are the same under every name."""
    return passages(read_isolated(render(letter("verified"), "txt"), "letter.txt"))


def cells(line: Line) -> tuple[str, ...]:
    dimensions = line.dimensions
    if line.row in CATEGORIES:
        dimensions = dimensions.replace("=total", f"={CATEGORIES[line.row]}")
    whole = re.compile(rf"(?<!\w){re.escape(line.text)}(?!\w)")
    places = [page.locator(*m.span()) for page in pages() for m in whole.finditer(page.text)]
    return line.table, line.row, dimensions, line.text, places[line.nth]


def written(name: str, *lines: tuple[str, ...]) -> bytes:
    """Return a file of captures; the name in its notes makes it differ from every other."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((*line, name) for line in lines)
    return stream.getvalue().encode()


def whole(name: str) -> bytes:
    return written(name, *map(cells, LINES))


def without_alerts(name: str) -> bytes:
    return written(name, *(cells(line) for line in LINES if line.row != "alerts-sis"))


WRONG = "“Inleiding”, paragraph 1, characters 1-7"


def failing_alike(name: str) -> bytes:
    lines = [*map(cells, LINES)]
    decided = ("no_figure", "", "reason=date", "777.777", WRONG)
    figures = [(*lines[1][:1], row, lines[1][2], "777.777", WRONG) for row in ("one", "two")]
    return written(name, *lines, *figures, decided, decided)


def with_odd_cells(name: str) -> bytes:
    huge = [tuple("x" * 40_000 if n == column else "" for n in range(5)) for column in range(5)]
    control = ("no_figure", "", "reason=date", "20\x0025", WRONG)
    return written(name, *map(cells, LINES), *huge, control, ("no_figure", ""))


TXT: Mapping[str, Callable[[str], bytes]] = {
    "verified": whole,
    "line-removed": without_alerts,
    "moved": whole,
    "failing-alike": failing_alike,
    "odd-cells": with_odd_cells,
    "empty": lambda _: b"",
    "header-only": lambda _: written(""),
    "missing-column": lambda name: whole(name).replace(b",locator,", b",place,", 1),
    "semicolons": lambda name: whole(name).replace(b",", b";"),
    "windows": lambda name: written(f"café {name}", cells(LINES[0])).decode().encode("cp1252"),
}
FORMS = ("docx", "odt", "html", "pdf")


@dataclass(frozen=True)
class Published:
    """A run, and the captured tables that it published."""

    run: Ran
    tables: Mapping[str, list[Row]]

    def rows(self, table: str, name: str) -> list[Row]:
        """Return the rows of an edition."""
        return [row for row in self.tables[table] if row["edition_id"] == f"letters/{name}"]

    def counts(self, name: str) -> dict[str, int]:
        """Return how many rows of an edition each table has."""
        return {table: len(self.rows(table, name)) for table in CAPTURED}

    def quantities(self, name: str) -> list[Row]:
        """Return the quantities of an edition."""
        return [q for q in self.run.report.quantities if q["edition_id"] == f"letters/{name}"]

    def fates(self, name: str) -> list[tuple[str, ...]]:
        """Return the quantities of an edition but for their order and document."""
        left_out = ("edition_id", "document_id", "position", "verification")
        return [
            tuple(f"{key}={value}" for key, value in row.items() if key not in left_out)
            for row in self.quantities(name)
        ]

    def told(self, name: str) -> list[tuple[str, str]]:
        """Return place and reason of what was rejected of an edition."""
        rows = self.run.rejected(f"letters/{name}")
        return sorted((row["locator"], row["reason"]) for row in rows)

    def alike(self, name: str) -> dict[str, list[Row]]:
        """Return the published rows of an edition but for what names it."""
        left_out = ("edition_id", "document_id", "source", "verification", "note")
        return {
            table: [
                {k: v for k, v in row.items() if k not in left_out}
                for row in self.rows(table, name)
            ]
            for table in CAPTURED
        }


def edition(name: str, form: str = "txt") -> EditionFile:
    return letter_file(moved(name) if name == "moved" else letter(name), form)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Run once on many editions, each with a letter of its own."""
    folder = tmp_path_factory.mktemp("captures")
    copy_lists(folder / "raw")
    playground = installation(folder)

    def write(name: str, *files: EditionFile) -> None:
        write_edition(playground, f"letters/{name}", *files, published_on=PUBLISHED_ON)

    for name, make in TXT.items():
        write(name, edition(name), captures(make(name)))
    for form in FORMS:
        write(form, edition(form, form), captures(whole(form)))
    write("absent", edition("absent").absent(), captures(whole("absent")))
    write("alone", captures(whole("alone")))
    run = ran(playground)
    published = {
        table: published_table(playground.processed, table).to_pylist() for table in CAPTURED
    }
    return Published(run, published)


def captures(data: bytes) -> EditionFile:
    return EditionFile("captures.csv", data, {"media_type": "text/csv", "layout": "captures"})


def line_of(text: str, nth: int = 0) -> str:
    """Return the line of the n-th capture of a text, in the whole file."""
    numbers = [n for n, line in enumerate(LINES, start=2) if line.text == text]
    return f"line {numbers[nth]}"


# All is well


@pytest.mark.parametrize("name", ["verified", *FORMS])
def test_captured_rows_are_published_and_verified(name: str, found: Published) -> None:
    assert found.told(name) == []
    assert found.counts(name) == PUBLISHED
    form = name if name in FORMS else "txt"
    for table in CAPTURED:
        for row in found.rows(table, name):
            assert row["verification"] == "verified"
            assert row["document_id"] == edition(name, form).sha256


def test_figures_are_those_of_the_letter(found: Published) -> None:
    figures = {
        (row["indicator"], row["area"], row["category_id"], row["averaging"]): row
        for row in found.rows("sis_statistics", "verified")
    }
    searches = figures[("searches", "NL", "total", "none")]
    assert (searches["value"], searches["precision"]) == (4e9, "more_than")
    assert (searches["value_low"], searches["value_high"], searches["rank"]) == (4e9, None, 1)
    alerts = figures[("alerts", "NL", "total", "none")]
    assert (alerts["value_low"], alerts["value_high"]) == (5_050_000, 5_150_000)
    assert figures[("hits", "SIS", "2018/1860:3", "none")]["value"] == 104_210
    staff = {row["staffing_id"]: row for row in found.rows("caribbean_staffing", "verified")}
    assert (staff["police"]["value"], staff["police"]["unit"]) == (7, "person")
    assert (staff["kmar"]["value_low"], staff["kmar"]["unit"]) == (1.5, "fte")
    (partner,) = found.rows("cooperation_partners", "verified")
    assert (partner["instrument_id"], partner["country_code"]) == ("strategy", "GH")


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_give_the_same_rows_and_fates(form: str, found: Published) -> None:
    def paged(value: Any) -> str:
        return re.sub(r"page \d+, ", "", str(value))

    assert paged(found.alike(form)) == paged(found.alike("verified"))
    assert list(map(paged, found.fates(form))) == list(map(paged, found.fates("verified")))


def test_every_quantity_is_accounted_for(found: Published) -> None:
    rows = found.quantities("verified")
    fates = Counter(row["fate"] for row in rows)
    assert fates == {"published": 20, "total": 1, "no_figure": 1}
    assert coverage(rows) == (22, 22)


def test_books_of_the_letter_balance(found: Published) -> None:
    listed, total = len(ROWS), 1
    captured = sum(PUBLISHED.values())
    assert found.run.books("letters/verified/letter.txt") == (
        listed + captured,
        total,
        SUPPORTING,
        0,
    )
    assert found.run.books("letters/verified/captures.csv") == (0, 0, 0, 0)


# A line too few


def test_line_that_was_removed_leaves_its_number_unaccounted(found: Published) -> None:
    (lost,) = (q for q in found.quantities("line-removed") if q["fate"] == "unaccounted")
    assert (lost["as_printed"], lost["target_table"]) == ("95,2 miljoen", None)
    assert lost["locator"] == cells(LINES[4])[4]
    assert coverage(found.quantities("line-removed")) == (21, 22)


def test_line_that_was_removed_costs_its_own_row_alone(found: Published) -> None:
    assert found.told("line-removed") == []
    assert found.counts("line-removed") == {**PUBLISHED, "sis_statistics": 8}
    assert len(found.run.published("letters/line-removed")) == len(ROWS)


# A document that is not there


def test_absent_document_gives_the_same_rows_unverified(found: Published) -> None:
    assert found.told("absent") == []
    assert found.alike("absent") == found.alike("verified")
    for table in CAPTURED:
        for row in found.rows(table, "absent"):
            assert row["verification"] == "unverified"
            assert row["document_id"] == edition("absent").sha256
    document = found.run.document("letters/absent/letter.txt")
    assert (document["at_hand"], document["size_bytes"]) == (False, None)


def test_absent_document_has_the_quantities_of_its_captures(found: Published) -> None:
    of_lists = {"15", "5", "6", "4", "14 mei 2026"}
    expected = [
        fate
        for fate, row in zip(found.fates("verified"), found.quantities("verified"), strict=True)
        if row["as_printed"] not in of_lists
    ]
    assert found.fates("absent") == expected
    assert len(expected) == 17
    assert {row["verification"] for row in found.quantities("absent")} == {"unverified"}


def test_books_of_an_absent_document_balance(found: Published) -> None:
    captured = sum(PUBLISHED.values())
    assert found.run.books("letters/absent/letter.txt") == (captured, 0, SUPPORTING, 0)


# A document that changed


def test_text_that_moved_is_rejected_with_its_new_place(found: Published) -> None:
    assert found.told("moved") == [
        (line_of("5,1 miljoen"), "not_at_place"),
        (line_of("zevende"), "not_at_place"),
    ]
    for row in found.run.rejected("letters/moved"):
        text = next(line.text for line in LINES if line_of(line.text) == row["locator"])
        place = next(cells(line)[4] for line in LINES if line.text == text)
        moved_to = text_range(place)
        assert moved_to is not None
        shift = len("al jaren ")
        new = f"{moved_to.key}, characters {moved_to.start + 1 + shift}-{moved_to.end + shift}"
        assert f"which now stands at {new}: correct the locator" in row["message"]


def test_text_that_moved_costs_its_own_row_alone(found: Published) -> None:
    assert found.counts("moved") == {**PUBLISHED, "sis_statistics": 8}
    lost = [q["as_printed"] for q in found.quantities("moved") if q["fate"] == "unaccounted"]
    assert lost == ["5,1 miljoen", "zevende"]
    published, total, supporting, rejected = found.run.books("letters/moved/letter.txt")
    assert (published, total) == (len(ROWS) + sum(PUBLISHED.values()) - 1, 1)
    assert (supporting, rejected) == (SUPPORTING - 1, 2)


# Lines that can't be used


def test_lines_that_fail_alike_are_each_told(found: Published) -> None:
    first = len(LINES) + 2
    assert found.told("failing-alike") == [(f"line {first + n}", "not_at_place") for n in range(4)]
    assert found.counts("failing-alike") == PUBLISHED
    assert coverage(found.quantities("failing-alike")) == (22, 22)


def test_odd_cells_cost_their_lines_alone(found: Published) -> None:
    first = len(LINES) + 2
    assert found.told("odd-cells") == [
        *((f"line {first + n}", "cell_too_long") for n in range(5)),
        (f"line {first + 5}", "control_character"),
        (f"line {first + 6}", "malformed_row"),
    ]
    assert found.counts("odd-cells") == PUBLISHED
    assert coverage(found.quantities("odd-cells")) == (22, 22)
    for row in found.run.rejected("letters/odd-cells"):
        assert len(row["message"]) < 500
        assert len(row["as_printed"]) < 1_100
        assert row["document_id"] == edition("odd-cells").sha256
    assert found.run.books("letters/odd-cells/letter.txt")[3] == 7


# Files that can't be used


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("empty", "empty", "found an empty file"),
        ("header-only", "empty", "found a header without rows"),
        ("missing-column", "columns", "column 'locator' is missing"),
        ("semicolons", "columns", "found semicolons between the cells, expected commas"),
        ("windows", "encoding", "which is no UTF-8"),
        ("alone", "no_document", "found no document in letters/alone that it could quote"),
    ],
)
def test_file_that_can_not_be_used_is_refused(
    name: str, reason: str, told: str, found: Published
) -> None:
    (row,) = found.run.rejected(f"letters/{name}")
    assert (row["path"], row["locator"], row["scope"]) == (
        f"letters/{name}/captures.csv",
        "document",
        "document",
    )
    assert row["reason"] == reason
    assert told in row["message"]
    assert found.counts(name) == dict.fromkeys(CAPTURED, 0)


@pytest.mark.parametrize(
    "name", ["empty", "header-only", "missing-column", "semicolons", "windows"]
)
def test_list_of_the_letter_is_published_without_its_captures(name: str, found: Published) -> None:
    assert len(found.run.published(f"letters/{name}")) == len(ROWS)
    rows = found.quantities(name)
    assert len(rows) == 22
    assert coverage(rows) == (5, 22), "the list, its total and its date"


def test_edition_of_2025_is_as_without_the_others(found: Published) -> None:
    assert len(found.run.published("letters/2025-06-12")) == 11
    assert found.run.rejected("letters/2025-06-12") == []


# Figures that the text does not say


@pytest.mark.parametrize(
    ("text", "printed", "reason"),
    [
        ("Het aantal lag op 2 à 3 miljoen.", "2", "cut_number"),
        ("Het aandeel lag op 28% in totaal.", "28%", "number"),
        ("Dit gaat over heel 2023 en verder.", "2023", "capture"),
        ("Er waren drie tot vijf hits.", "drie", "cut_number"),
        ("Er waren 2 à 3 miljoen hits.", "3 miljoen", "cut_number"),
        ("Er waren tussen 3 en 5 miljoen hits.", "5 miljoen", "cut_number"),
        ("Er waren 40–50 hits.", "50", "cut_number"),
        ("Er waren twee- tot drieduizend hits.", "drieduizend", "cut_number"),
        ("Er waren max. 30 hits.", "30", "cut_number"),
    ],
    ids=[
        "shared-scale",
        "percentage",
        "year",
        "first-end",
        "last-end",
        "between",
        "dash",
        "hyphen",
        "abbreviated",
    ],
)
def test_figure_that_the_text_does_not_say_is_rejected(
    text: str, printed: str, reason: str, playground: Playground
) -> None:
    file = letter_file(named_letter("anders", DATE, ROWS, extra=(Section("Wat", (text,)),)), "txt")
    start = text.index(printed)
    locator = f"“Wat”, paragraph 1, characters {start + 1}-{start + len(printed)}"
    dimensions = f"category_id=total; time_period=2025; {HITS}; averaging=none"
    data = written("anders", ("sis_statistics", "hits", dimensions, printed, locator))
    write_edition(playground, "letters/anders", file, captures(data), published_on=PUBLISHED_ON)
    (row,) = ran(playground).rejected("letters/anders")
    assert (row["locator"], row["reason"]) == ("line 2", reason)
    published = published_table(playground.processed, "sis_statistics").to_pylist()
    assert [row for row in published if row["edition_id"] == "letters/anders"] == []
