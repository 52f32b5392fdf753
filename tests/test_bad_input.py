"""Bad input, end to end: what is told and rejected, and that everything else still publishes."""

import csv
import datetime as dt
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from conftest import LETTER, ROOT, Playground, copy_lists, installation
from ipsdata.errors import ConfigurationError
from ipsdata.plan import PLAN
from ipsdata.release.index import read_index
from ipsdata.release.store import published_table
from ipsdata.run import RunReport

Damage = Callable[[Playground], object]

DEPLOYMENTS = f"{LETTER}/deployments.csv"
FIGURES = f"{LETTER}/figures.csv"
SIS_LIST = "sis/1999-2024/figures.csv"
SIDECAR = f"{LETTER}/source.yaml"
HUGE = 10_000_000
NO_LETTER = {"deployments": 0, "sis_statistics": 120, "documents": 1}
NO_LIST = {"deployments": 0}
LIST_WITHDRAWN = {"total_not_tied": 10}
MARTS = tuple(step.name for step in PLAN if step.group == "mart")  # they follow from the facts
COUNTED_LATER = ("rejected_rows", "reconciliations", *MARTS)


@dataclass(frozen=True)
class Base:
    """The run on undamaged data: what every other run is measured by."""

    report: RunReport
    deployments: pa.Table
    sis_statistics: pa.Table


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    playground = new_playground(tmp_path_factory.mktemp("base"))
    report = playground.run()
    assert (report.exit_code, report.rejected) == (0, [])
    assert (report.tables["deployments"], report.tables["sis_statistics"]) == (11, 132)
    tables = (published_table(playground.processed, t) for t in ("deployments", "sis_statistics"))
    return Base(report, *tables)


def new_playground(folder: Path) -> Playground:
    copy_lists(folder / "raw")
    return installation(folder)


# What must be so after any run that published


def check_published(
    report: RunReport, base: Base, changed: Mapping[str, int], reasons: Mapping[str, int]
) -> None:
    """Check that only the tables in `changed` have other row counts, and why rows were rejected."""
    assert report.refusal is None
    assert report.publication is not None
    assert report.publication.is_new
    expected = {**base.report.tables, **changed}
    for name in COUNTED_LATER:
        del expected[name]
    found = {name: rows for name, rows in report.tables.items() if name in expected}
    assert found == expected
    assert dict(Counter(row["reason"] for row in report.rejected)) == dict(reasons)
    assert report.exit_code == (1 if reasons else 0)
    check_books(report)


def check_books(report: RunReport) -> None:
    """Check that every row read ended in one place, and that nothing huge is published of it."""
    assert report.documents
    for row in report.documents:
        settled = row["rows_published"] + row["rows_total"] + row["rows_rejected"]
        assert row["rows_read"] == settled, row["path"]
    for row in report.rejected:
        assert 0 < len(row["message"]) < 2_100
        assert len(row["as_printed"] or "") < 1_100
        assert row["message"].startswith(row["path"])


def rejected(report: RunReport, reason: str) -> list[dict[str, Any]]:
    return [row for row in report.rejected if row["reason"] == reason]


def edit_sidecar(playground: Playground, old: str, new: str) -> None:
    path = playground.raw / SIDECAR
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), "utf-8")


# One bad input a case


@dataclass(frozen=True)
class Case:
    """A damage, and what a user is told.

    Attributes:
        reason: of the row or document at `place`.
        told: its message behind the path.
        others: the other rejected rows, by reason.
        changed: tables with another number of rows than without the damage.
    """

    name: str
    damage: Damage
    reason: str
    place: tuple[str, str]
    told: str
    others: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    candidates: str | None = None


def line(number: int) -> tuple[str, str]:
    return DEPLOYMENTS, f"line {number}"


def whole(path: str) -> tuple[str, str]:
    return path, "document"


def edit(old: str, new: str) -> Damage:
    """Edit the deployment list."""
    return lambda playground: playground.edit(DEPLOYMENTS, old, new)


def rewrite(change: Callable[[str], bytes | str]) -> Damage:
    """Rewrite the deployment list."""
    return lambda playground: playground.write(
        DEPLOYMENTS, change((playground.raw / DEPLOYMENTS).read_text("utf-8"))
    )


def in_sidecar(old: str, new: str) -> Damage:
    """Edit the sidecar of the letter."""
    return lambda playground: edit_sidecar(playground, old, new)


def change_unsealed(playground: Playground) -> None:
    (playground.raw / DEPLOYMENTS).write_bytes(b"Missienaam,Aantal\nEULEX Kosovo,3\nTotaal,3\n")


def remove(name: str) -> Damage:
    return lambda playground: (playground.raw / name).unlink()


def add(name: str) -> Damage:
    def damage(playground: Playground) -> None:
        (playground.raw / name).write_text("something", "utf-8")

    return damage


def double_edition(playground: Playground) -> None:
    later = playground.raw / "letters" / "2025-06-13"
    shutil.copytree(playground.raw / LETTER, later)
    (later / "figures.csv").unlink()
    text = (later / "source.yaml").read_text("utf-8")
    (later / "source.yaml").write_text(text[: text.index("  - path: figures.csv")], "utf-8")


def make_pipe(playground: Playground) -> None:
    (playground.raw / DEPLOYMENTS).unlink()
    os.mkfifo(playground.raw / DEPLOYMENTS)


CASES = [
    Case(
        "a file that is not the one that was checked",
        change_unsealed,
        "hash_mismatch",
        whole(DEPLOYMENTS),
        ": found SHA-256 "
        "c646d5e923ca336440cd502c1817e85334e1fb8bde7522a5f249dd65f7106f1a, "
        "expected "
        "f0c27774bb2c6ec93645729954b0812a8b08a1f20a025113dc3eec5b73a0030f of "
        "source.yaml: not the file that was checked. Restore it; or, if the "
        "change is right, check it and put the new SHA-256 into the sidecar",
        changed={**NO_LIST, "documents": 2},
    ),
    Case(
        "no sidecar",
        remove(SIDECAR),
        "no_sidecar",
        whole(LETTER),
        ": found no source.yaml, expected one that names the edition's title, "
        "publisher, dates, licence and files with SHA-256: write it "
        "(CONTRIBUTING.md, 'Add a source')",
        changed=NO_LETTER,
    ),
    Case(
        "a sidecar without a key",
        in_sidecar("publisher: Ministerie van Justitie en Veiligheid\n", ""),
        "bad_sidecar",
        whole(SIDECAR),
        ", line 1, key (top level): 'publisher' is a required property",
        changed=NO_LETTER,
    ),
    Case(
        "a sidecar that is no YAML",
        lambda playground: (playground.raw / SIDECAR).write_text("files: [", "utf-8"),
        "bad_sidecar",
        whole(SIDECAR),
        ", line 1: no valid YAML: expected the node content, but found '<stream end>'",
        changed=NO_LETTER,
    ),
    Case(
        "a sidecar that names a file that is not there",
        remove(FIGURES),
        "missing_file",
        whole(FIGURES),
        ": named in source.yaml but not there: add the file or remove its entry",
        changed={"sis_statistics": 120, "documents": 2},
    ),
    Case(
        "a file that the sidecar does not name",
        add(f"{LETTER}/notes.txt"),
        "unlisted_file",
        whole(f"{LETTER}/notes.txt"),
        ": found a file that source.yaml does not name: add it under files with "
        "its SHA-256, or remove it",
    ),
    Case(
        "a file outside an edition",
        add("letters/deployments.csv"),
        "unlisted_file",
        whole("letters/deployments.csv"),
        ": found a file outside an edition, expected <collection>/<edition>/ with"
        " its source.yaml: move it there, or remove it",
    ),
    Case(
        "the same bytes under two editions",
        double_edition,
        "duplicate_document",
        whole("letters/2025-06-13/deployments.csv"),
        ": found the same bytes as letters/2025-06-12/deployments.csv: one "
        "document counts once; remove one of the two, or fetch the right file",
    ),
    Case(
        "a pipe instead of a file",
        make_pipe,
        "unreadable",
        whole(DEPLOYMENTS),
        ": can't be read (no regular file): check its owner and permissions",
        changed={**NO_LIST, "documents": 2},
    ),
    Case(
        "an unknown column",
        edit("Aantal uitgezonden politiefunctionarissen", "Aantal agenten"),
        "columns",
        whole(DEPLOYMENTS),
        ", line 1: column 'Aantal agenten' is unknown (near: Aantal, Aantal "
        "uitgezonden politiefunctionarissen, Aantal uitgezonden "
        "politieambtenaren); column 'Aantal uitgezonden politiefunctionarissen' "
        "is missing: correct the header",
        changed=NO_LIST,
    ),
    Case(
        "a column too many",
        rewrite(lambda text: text.replace("\n", ",x\n")),
        "columns",
        whole(DEPLOYMENTS),
        ", line 1: column 'x' is unknown: correct the header",
        changed=NO_LIST,
    ),
    Case(
        "a header cell of ten million characters",
        lambda playground: playground.edit(DEPLOYMENTS, "Missienaam", "M" * HUGE),
        "columns",
        whole(DEPLOYMENTS),
        f", line 1: column '{'M' * 100}… (10,000,000 characters)' is unknown; column "
        "'Missienaam' is missing: correct the header",
        changed=NO_LIST,
    ),
    Case(
        "an empty file",
        rewrite(lambda _: ""),
        "empty",
        whole(DEPLOYMENTS),
        ": found an empty file, expected a header and rows: restore it",
        changed=NO_LIST,
    ),
    Case(
        "a file of white space",
        rewrite(lambda _: " \r\n\n\t"),
        "empty",
        whole(DEPLOYMENTS),
        ": found an empty file, expected a header and rows: restore it",
        changed=NO_LIST,
    ),
    Case(
        "a header without rows",
        rewrite(lambda text: text.splitlines()[0] + "\n"),
        "empty",
        whole(DEPLOYMENTS),
        ": found a header without rows, expected at least one row",
        changed=NO_LIST,
    ),
    Case(
        "Latin-1 instead of UTF-8",
        rewrite(lambda text: text.encode("latin-1")),
        "encoding",
        whole(DEPLOYMENTS),
        ", line 4: found byte 0xEB at offset 104, which is no UTF-8 (Latin-1 or "
        "Windows-1252?): save the file as UTF-8",
        changed=NO_LIST,
    ),
    Case(
        "Latin-1 behind a UTF-8 byte order mark",
        rewrite(lambda text: b"\xef\xbb\xbf" + text.encode("latin-1")),
        "encoding",
        whole(DEPLOYMENTS),
        ", line 4: found byte 0xEB at offset 107, which is no UTF-8 (Latin-1 or "
        "Windows-1252?): save the file as UTF-8",
        changed=NO_LIST,
    ),
    Case(
        "UTF-16 instead of UTF-8",
        rewrite(lambda text: text.encode("utf-16")),
        "encoding",
        whole(DEPLOYMENTS),
        ", line 1: found byte 0xFF at offset 0, which is no UTF-8 (Latin-1 or "
        "Windows-1252?): save the file as UTF-8",
        changed=NO_LIST,
    ),
    Case(
        "a quote that is never closed",
        edit("EUMM Georgië", '"EUMM Georgië'),
        "malformed_row",
        whole(DEPLOYMENTS),
        ", line 4: found quotes that break RFC 4180 in the row that starts here "
        "(unexpected end of data): close each quote, and double a quote within a "
        "cell",
        changed=NO_LIST,
    ),
    Case(
        "a row with a cell too few",
        edit("EUMM Georgië,4", "EUMM Georgië"),
        "malformed_row",
        line(4),
        ", line 4: found 1, expected 2 cells: check commas and quotes",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "a cell of ten million characters",
        lambda playground: playground.edit(DEPLOYMENTS, "EUMM Georgië", "x" * HUGE),
        "cell_too_long",
        line(4),
        ", line 4: column 1: found a cell of 10,000,000 characters, expected at "
        "most 32,000: check quotes",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "a NUL byte",
        edit("EUMM Georgië", "EUMM\0Georgië"),
        "control_character",
        line(4),
        ", line 4: column 1: found the control character U+0000, expected text: remove it",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "no total",
        edit("Totaal,33\n", ""),
        "missing_total",
        line(2),
        ": found 0 total rows, expected one (such as 'Totaal'): the list can't be"
        " checked, so none of its rows is published",
        others={"missing_total": 10},
        changed=NO_LIST,
    ),
    Case(
        "a total that is no number",
        edit("Totaal,33", "Totaal,veel"),
        "missing_total",
        line(13),
        ", line 13: the printed total can't be read: found 'veel': 'veel' is no "
        "number word, scale, unit or qualifier in language 'nl'; expected one "
        "number and nothing else",
        others={"missing_total": 11},
        changed=NO_LIST,
    ),
    Case(
        "two totals",
        edit("Totaal,33", "Totaal,33\nTotal,33"),
        "two_totals",
        line(14),
        ": found 2 total rows, expected one (such as 'Totaal'): the list can't be"
        " checked, so none of its rows is published",
        others={"two_totals": 12},
        changed=NO_LIST,
    ),
    Case(
        "a total that is not the sum of the rows",
        edit("Totaal,33", "Totaal,34"),
        "total_not_tied",
        line(2),
        ": 11 rows add up to 33, but the printed total is 34: none of the rows is published",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "a mission twice",
        edit("EUMM Georgië,4\n", "EUMM Georgië,3\nEUMM Georgië,1\n"),
        "duplicate",
        line(5),
        ", line 5: found the key (edition_id letters/2025-06-12, population "
        "police, measure stock, reference_date 2025-05-14, mission_id "
        "EUMM_GEORGIA) on more than one row, expected it once: none of them is "
        "chosen",
        others={"duplicate": 1},
        changed={"deployments": 10},
    ),
    Case(
        "a misspelt mission",
        edit("EUMA Armenië", "EUMA Armenie"),
        "unknown_code",
        line(5),
        ", line 5: found mission 'EUMA Armenie', expected a name of "
        "mission_aliases: correct it, or add the name with its evidence",
        changed={"deployments": 10},
        candidates="EUMA Armenia (EUMA); EUMA Armenië (EUMA); EUM Armenia (EUMA)",
    ),
    Case(
        "an ambiguous mission",
        edit("EUCAP Sahel Mali", "EUCAP Sahel"),
        "ambiguous_code",
        line(9),
        ", line 9: found mission 'EUCAP Sahel', which on 2025-05-14 may mean "
        "EUCAP_SAHEL_MALI or EUCAP_SAHEL_NIGER: it is not guessed; have the "
        "source say which",
        changed={"deployments": 10},
        candidates="EUCAP_SAHEL_MALI; EUCAP_SAHEL_NIGER",
    ),
    Case(
        "a mission's name that was not yet in use",
        in_sidecar("14 mei 2025)", "14 mei 2024)"),
        "code_not_valid",
        line(11),
        ", line 11: found mission 'OSC (Israël en Palestijnse gebieden)', a name that is "
        "not in use on 2024-05-14 (OSC is valid from 2025-03-01 until now)",
        changed={"deployments": 10},
        candidates="OSC",
    ),
    Case(
        "a mission's name of 31,999 characters",
        edit("EUMM Georgië", "M" * 31_999),
        "unknown_code",
        line(4),
        f", line 4: found mission '{'M' * 100}… (31,999 characters)', expected a name "
        "of mission_aliases: correct it, or add the name with its evidence",
        changed={"deployments": 10},
    ),
    Case(
        "no mission's name",
        edit("EUMM Georgië", ""),
        "unknown_code",
        line(4),
        ", line 4: found mission '', expected a name of mission_aliases: correct "
        "it, or add the name with its evidence",
        changed={"deployments": 10},
    ),
    Case(
        "a negative head count",
        edit("EUMM Georgië,4", "EUMM Georgië,-4"),
        "number",
        line(4),
        ", line 4: found '-4': '-4' is no number word, scale, unit or qualifier "
        "in language 'nl'; expected one number and nothing else",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "a fractional head count",
        edit("EUMM Georgië,4", 'EUMM Georgië,"3,5"'),
        "not_whole",
        line(4),
        ", line 4: found '3,5', expected a whole number of persons",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "a head count that says to be measured",
        edit("EUMM Georgië,4", 'EUMM Georgië,"4,0"'),
        "not_whole",
        line(4),
        ", line 4: found '4,0', expected a whole number of persons",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "a head count larger than can be stored",
        edit("EUMM Georgië,4", "EUMM Georgië,999999999999999 miljard"),
        "not_whole",
        line(4),
        ", line 4: found '999999999999999 miljard', expected a whole number of persons",
        others=LIST_WITHDRAWN,
        changed=NO_LIST,
    ),
    Case(
        "no reference date",
        in_sidecar(" (peildatum 14 mei 2025)", ""),
        "reference_date",
        line(2),
        ": found no reference date in the caption 'Overzicht uitgezonden "
        "politiefunctionarissen', expected one such as '(peildatum 14 mei 2025)':"
        " correct the caption in the sidecar",
        others={"reference_date": 11},
        changed=NO_LIST,
    ),
    Case(
        "a day that does not exist",
        in_sidecar("14 mei 2025)", "31 juni 2025)"),
        "reference_date",
        line(13),
        ": found '31 juni 2025', expected a full, existing date in language 'nl',"
        " such as '14 mei 2025' in 'nl' or '2025-05-14' in any",
        others={"reference_date": 11},
        changed=NO_LIST,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_told_and_stops_nothing_else(
    case: Case, playground: Playground, base: Base
) -> None:
    case.damage(playground)
    report = playground.run()
    reasons = Counter(case.others) + Counter([case.reason])
    check_published(report, base, case.changed, reasons)
    row = next(r for r in report.rejected if (r["path"], r["locator"]) == case.place)
    assert row["reason"] == case.reason
    assert row["message"] == case.place[0] + case.told
    assert row["candidates"] == case.candidates


def test_reference_date_after_its_document_is_told(playground: Playground, base: Base) -> None:
    edit_sidecar(playground, "14 mei 2025)", "13 juni 2025)")
    report = playground.run()
    check_published(report, base, NO_LIST, {"contract": 11})
    told = {row["locator"]: row["message"] for row in report.rejected}
    assert "line 2" in told["line 2"]
    for word in ("not_after", "reference_date", "published_on"):
        assert word in told["line 2"]


def test_reference_date_is_rejected_with_the_whole_list(playground: Playground) -> None:
    edit_sidecar(playground, "14 mei 2025)", "31 juni 2025)")
    rows = playground.run().rejected
    assert [row["locator"] for row in rows] == sorted(f"line {n}" for n in range(2, 14))
    assert {row["document_id"] for row in rows} == {hash_of(playground, DEPLOYMENTS)}


def hash_of(playground: Playground, name: str) -> str:
    return hashlib.sha256((playground.raw / name).read_bytes()).hexdigest()


def test_huge_entry_of_a_sidecar_is_not_published(playground: Playground, base: Base) -> None:
    edit_sidecar(playground, "files:\n", f"files:\n  - {'y' * 500_000}\n")
    report = playground.run()
    check_published(report, base, NO_LETTER, {"bad_sidecar": 1})
    (row,) = report.rejected
    assert row["message"].startswith(f"{SIDECAR}, line 22, key files[0]: 'yyy")
    assert row["message"].endswith(" characters)")


def test_reader_finds_the_reasons_beside_the_data(playground: Playground) -> None:
    playground.edit(DEPLOYMENTS, "EUMM Georgië,4", "EUMM Georgië,-4")
    playground.run()
    rows = published_table(playground.processed, "rejected_rows").to_pylist()
    (row,) = (row for row in rows if row["reason"] == "number")
    assert json.loads(row["as_printed"]) == {"mission": "EUMM Georgië", "count": "-4"}
    assert (row["scope"], row["stage"], row["target"]) == ("row", "code", "deployments")
    assert row["edition_id"] == LETTER
    assert row["document_id"] == hash_of(playground, DEPLOYMENTS)
    withdrawn = {row["message"] for row in rows if row["reason"] == "total_not_tied"}
    assert withdrawn == {
        f"{DEPLOYMENTS}: 11 rows add up to 29 without 1 that could not be counted, against a "
        "printed total of 33: none of the rows is published until all are counted"
    }


def test_list_that_does_not_add_up_is_in_the_reconciliations(playground: Playground) -> None:
    playground.edit(DEPLOYMENTS, "Totaal,33", "Totaal,34")
    report = playground.run()
    (row,) = (r for r in report.reconciliations if r["rule"] == "rows_against_total")
    assert (row["outcome"], row["severity"]) == ("fails", "error")
    assert (row["left_low"], row["left_high"], row["right_low"], row["right_high"]) == (
        33.0,
        33.0,
        34.0,
        34.0,
    )


def test_bad_input_stays_bad_when_nothing_changed(playground: Playground) -> None:
    playground.edit(DEPLOYMENTS, "EUMA Armenië", "EUMA Armenie")
    first, second = playground.run(), playground.run()
    assert first.publication is not None
    assert second.publication is not None
    assert not second.publication.is_new
    assert second.publication.release_id == first.publication.release_id
    assert (first.exit_code, second.exit_code) == (1, 1)


def test_release_before_the_damage_is_kept(playground: Playground, base: Base) -> None:
    good = playground.run().publication
    assert good is not None
    playground.edit(DEPLOYMENTS, "Totaal,33", "Totaal,34")
    bad = playground.run().publication
    assert bad is not None
    assert bad.release_id != good.release_id
    kept = published_table(playground.processed, "deployments", good.release_id)
    assert kept.equals(base.deployments)
    assert published_table(playground.processed, "deployments").num_rows == 0


# What looks odd and is fine

FINE: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "byte order mark and CRLF": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "no newline at the end": lambda text: text.removesuffix("\n").encode(),
    "every cell quoted": lambda text: re.sub("[^,\n]+", r'"\g<0>"', text).encode(),
    "blank lines": lambda text: text.replace("\nTotaal", "\n\n\nTotaal").encode(),
    "spaces around the header": lambda text: text.replace("Missienaam,", " Missienaam ,").encode(),
    "decomposed characters": lambda text: text.replace("ë", "e\u0308").encode(),
}


@pytest.mark.parametrize("name", FINE)
def test_odd_but_sound_lists_give_the_same_rows(
    name: str, playground: Playground, base: Base
) -> None:
    text = (playground.raw / DEPLOYMENTS).read_text("utf-8")
    playground.write(DEPLOYMENTS, FINE[name](text))
    report = playground.run()
    check_published(report, base, {}, {})
    dropped = ["document_id", "mission_as_printed"]
    found = published_table(playground.processed, "deployments")
    assert found.drop_columns(dropped).equals(base.deployments.drop_columns(dropped))


def test_count_in_words_is_a_count(playground: Playground, base: Base) -> None:
    playground.edit(DEPLOYMENTS, "EUMM Georgië,4", "EUMM Georgië,vier")
    playground.edit(DEPLOYMENTS, "Totaal,33", "Totaal,drieëndertig")
    report = playground.run()
    check_published(report, base, {}, {})
    rows = published_table(playground.processed, "deployments").to_pylist()
    (row,) = (row for row in rows if row["mission_id"] == "EUMM_GEORGIA")
    assert (row["value"], row["value_low"], row["value_high"]) == (4, 4, 4)
    assert (row["as_printed"], row["precision"]) == ("vier", "exact")


# Bad figures, all in one list: each is rejected alone

HEADER = (
    "indicator,area,category_id,scope,time_kind,time_period,averaging,as_printed,language,precision,"
    "unit,rank,source,source_kind,origin_kind,source_url,published_on,place,note"
).split(",")
GOOD = {
    "indicator": "searches",
    "area": "NL",
    "category_id": "total",
    "scope": "not_applicable",
    "time_kind": "flow",
    "time_period": "2021",
    "averaging": "none",
    "as_printed": "1000",
    "language": "en",
    "precision": "",
    "unit": "search",
    "rank": "",
    "source": "test",
    "source_kind": "press",
    "origin_kind": "",
    "source_url": "https://example.org/",
    "published_on": "2025-01-01",
    "place": "",
    "note": "",
}
STOCK = {"indicator": "alerts", "time_kind": "stock", "unit": "alert"}
FIRST_NEW_LINE = 122


def appended(playground: Playground, rows: list[list[str]]) -> None:
    """Append rows to the SIS list."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    before = (playground.raw / SIS_LIST).read_text("utf-8")
    assert before.count("\n") == FIRST_NEW_LINE - 1
    playground.write(SIS_LIST, before + text.getvalue())


def figure(**changes: str) -> list[str]:
    row = {**GOOD, **changes}
    return [row[name] for name in HEADER]


@dataclass(frozen=True)
class BadFigure:
    """A row of the SIS list, and parts of the message that it is rejected with."""

    name: str
    cells: list[str]
    reason: str
    told: tuple[str, ...]
    candidates: str | None = None


def bad(
    name: str, reason: str, *told: str, candidates: str | None = None, **changes: str
) -> BadFigure:
    source = name.replace(" ", "-").replace(",", "").lower()
    cells = figure(**{"source": source, **changes})
    return BadFigure(name, cells, reason, told, candidates)


BAD_FIGURES = [
    bad("unknown indicator", "contract", "column indicator: found 'serches'", indicator="serches"),
    bad(
        "unknown area",
        "unknown_code",
        ": found area 'UK', which is not in its code list: correct it, or add the code with its "
        "evidence",
        area="UK",
    ),
    bad("huge area", "unknown_code", "(31,999 characters)", area="u" * 31_999),
    bad(
        "unknown category",
        "unknown_code",
        ": found category '2018/1862:33', which is not in its code list",
        category_id="2018/1862:33",
        candidates="2018/1862:32; 2018/1862:34; 2018/1862:36",
        **STOCK,
        time_period="2024-12-31",
    ),
    bad(
        "category after its time",
        "code_not_valid",
        ": found category '2007/533:26' for 2024-12-31 to 2024-12-31, but it is valid from "
        "2013-04-09 until 2023-03-06",
        candidates="2018/1862:26",
        category_id="2007/533:26",
        time_period="2024-12-31",
        **STOCK,
    ),
    bad(
        "category before its time",
        "code_not_valid",
        "but it is valid from 2023-03-07 until now",
        candidates="1987/2006:24",
        category_id="2018/1861:24",
        time_period="2014-12-31",
        **STOCK,
    ),
    bad(
        "category for part of the year only",
        "code_not_valid",
        "for 2023-01-01 to 2023-12-31",
        category_id="2018/1862:26",
        time_period="2023",
    ),
    bad(
        "kind of source that is none",
        "unknown_code",
        ": column source_kind: found 'rumour', expected one of eu_lisa, council_or_commission, "
        "national_authority, parliament, press",
        candidates="eu_lisa; council_or_commission; national_authority; parliament; press",
        source_kind="rumour",
    ),
    bad(
        "no kind of source",
        "no_source_kind",
        ": found no kind of source, expected one: fill in the column source_kind of the figure, or "
        "the key source_kind of the edition's source.yaml; one of ",
        candidates="eu_lisa; council_or_commission; national_authority; parliament; press",
        source_kind="",
    ),
    bad(
        "state outside its membership",
        "not_a_member",
        ": found a figure of GB for 2021-01-01 to 2021-12-31, when it did not use SIS (it did "
        "2015-04-13 to 2020-12-31): correct the area or the period",
        area="GB",
    ),
    bad(
        "number of no language",
        "number",
        ": found '1.090': '1.090' is ambiguous (1090 in 'nl', 1.09 in 'en'); give the language",
        as_printed="1.090",
        language="",
    ),
    bad(
        "unknown language",
        "number",
        ": column language: found 'xx', expected one of nl, en, de, fr, de-CH, fr-CH, or nothing "
        "where it is unknown",
        as_printed="1.090",
        language="xx",
    ),
    bad("number of another language", "number", ": found '1.09,5'", as_printed="1.09,5"),
    bad("no number", "number", ": found 'many'", as_printed="many"),
    bad("empty number", "number", ": found '', which is empty", as_printed=""),
    bad("negative number", "number", ": found '-5'", as_printed="-5"),
    bad("huge number text", "number", "found a text of 5000 characters", as_printed="9" * 5_000),
    bad(
        "qualifier against the stated precision",
        "number",
        "says 'more_than', with the stated precision 'exact'",
        as_printed="more than 5",
        precision="exact",
    ),
    bad("unknown precision", "number", "column precision: found 'sure'", precision="sure"),
    bad("rank in words", "number", ": column rank: found 'six', expected a rank", rank="six"),
    bad("rank too large", "number", ": column rank: found '99999999999'", rank="9" * 11),
    bad("rank zero", "contract", "column rank: found '0'", rank="0"),
    bad("month 13", "date", ": found '2024-13', expected a date", time_period="2024-13"),
    bad(
        "period backwards",
        "date",
        "a period that ends before it starts",
        time_period="2022/2021",
    ),
    bad(
        "published on no date",
        "date",
        ": column published_on: found '12-06-2025', expected a date as 2025-06-12",
        published_on="12-06-2025",
    ),
    bad("published before its period", "contract", "published_on", published_on="2020-12-31"),
    bad("scope of searches", "contract", "scope", scope="not_stated"),
    bad("stock of searches", "contract", "time_kind", time_kind="stock"),
    bad("mean of a stock", "contract", "averaging", averaging="per_day", **STOCK),
    bad("share in persons", "contract", "unit", indicator="search_share"),
    bad("no unit", "contract", "column unit", unit=""),
    bad("source with a space", "contract", "column source: found 'a b'", source="a b"),
    bad("address of another kind", "contract", "column source_url", source_url="ftp://x"),
    bad("the same once", "duplicate", "source twin", "on more than one row", source="twin"),
    bad("the same again", "duplicate", "source twin", as_printed="1001", source="twin"),
    BadFigure(
        "a cell too few",
        figure()[:-1],
        "malformed_row",
        (": found 18, expected 19 cells: check commas and quotes",),
    ),
    BadFigure("a million cells", [""] * 1_000_000, "malformed_row", ("found 1000000,",)),
    BadFigure(
        "a bell",
        figure(note="ding\x07"),
        "control_character",
        (": column 19: found the control character U+0007, expected text: remove it",),
    ),
    BadFigure(
        "a long note",
        figure(note="x" * 32_001),
        "cell_too_long",
        (": column 19: found a cell of 32,001 characters, expected at most 32,000",),
    ),
]
SOUND_FIGURES = [
    figure(source="any-language", as_printed="1 090", language=""),
    figure(source="huge", as_printed="999999999999999 billion"),
    figure(source="long-note", note="x" * 32_000),
    figure(source="two-lines", note="one\ntwo"),
]


@pytest.fixture(scope="module")
def bad_figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunReport, pa.Table]:
    playground = new_playground(tmp_path_factory.mktemp("figures"))
    appended(playground, [*(entry.cells for entry in BAD_FIGURES), *SOUND_FIGURES])
    report = playground.run()
    return report, published_table(playground.processed, "sis_statistics")


def test_bad_figures_stop_no_other(bad_figures: tuple[RunReport, pa.Table], base: Base) -> None:
    report, table = bad_figures
    rows = 132 + len(SOUND_FIGURES)
    reasons = Counter(entry.reason for entry in BAD_FIGURES)
    check_published(report, base, {"sis_statistics": rows}, reasons)
    values = {row["source"]: row["value"] for row in table.to_pylist()}
    assert values["any-language"] == 1090.0
    assert values["huge"] == 999999999999999e9
    kept = table.filter(pc.field("published_on") != dt.date(2025, 1, 1))
    was = base.sis_statistics.filter(pc.field("published_on") != dt.date(2025, 1, 1))
    assert kept.drop_columns(["document_id"]).equals(was.drop_columns(["document_id"]))


@pytest.mark.parametrize("number", range(len(BAD_FIGURES)), ids=lambda n: BAD_FIGURES[n].name)
def test_bad_figure_is_told(number: int, bad_figures: tuple[RunReport, pa.Table]) -> None:
    entry = BAD_FIGURES[number]
    place = (SIS_LIST, f"line {FIRST_NEW_LINE + number}")
    report, _ = bad_figures
    (row,) = (row for row in report.rejected if (row["path"], row["locator"]) == place)
    assert row["reason"] == entry.reason
    assert row["message"].startswith(f"{SIS_LIST}, line {FIRST_NEW_LINE + number}: ")
    for part in entry.told:
        assert part in row["message"]
    assert row["candidates"] == entry.candidates


def hits(category: str, printed: str, **changes: str) -> list[str]:
    flow = {"indicator": "hits", "area": "SIS", "scope": "both_directions", "unit": "hit"}
    return figure(**{**flow, "category_id": category, "as_printed": printed, **changes})


def test_breakdown_above_its_total_withdraws_its_rows_only(
    playground: Playground, base: Base
) -> None:
    other = {"time_period": "2022"}
    rows = [hits("persons", "60"), hits("objects", "41"), hits("total", "100")]
    appended(playground, [*rows, hits("persons", "60", **other), hits("total", "100", **other)])
    report = playground.run()
    check_published(report, base, {"sis_statistics": 134}, {"reconciliation": 3})
    assert {row["locator"] for row in report.rejected} == {"line 122", "line 123", "line 124"}
    assert {row["message"].partition(": ")[2] for row in report.rejected} == {
        "hits SIS total both_directions 2021 (test): 2 categories (objects, persons) add up to 101 "
        "of 100: more than the total, so none of these figures is published"
    }


def test_identity_that_fails_withdraws_its_three_rows(playground: Playground, base: Base) -> None:
    playground.edit(SIS_LIST, "23478126", "23478127")
    report = playground.run()
    check_published(report, base, {"sis_statistics": 129}, {"reconciliation": 3})
    for row in report.rejected:
        assert row["message"].startswith(f"{SIS_LIST}, {row['locator']}: accesses SIS total 2024")
        assert (
            "15,044,676,229 ≠ searches + alert management 15,021,198,103 + 23,478,127"
            in (row["message"])
        )


def test_one_source_with_hits_of_two_scopes_publishes(playground: Playground, base: Base) -> None:
    both = {"time_period": "2024", "source": "monteoz-sis-2024"}
    appended(playground, [hits("total", "500000", **both)])
    report = playground.run()
    check_published(report, base, {"sis_statistics": 133}, {})
    against = [r["subject"] for r in report.reconciliations if "both_directions" in r["subject"]]
    assert len(against) == 3  # the letter's hits, its daily and its hourly mean


def test_a_thousand_rows_with_a_hundred_bad_ones(playground: Playground, base: Base) -> None:
    start = dt.date(2020, 1, 1)
    days = [(start + dt.timedelta(days=n)).isoformat() for n in range(1_000)]
    numbers = ["many" if n % 10 == 7 else str(n) for n in range(1_000)]
    rows = [
        figure(time_period=day, as_printed=number)
        for day, number in zip(days, numbers, strict=True)
    ]
    appended(playground, rows)
    report = playground.run()
    check_published(report, base, {"sis_statistics": 132 + 900}, {"number": 100})
    (document,) = (row for row in report.documents if row["path"] == SIS_LIST)
    found = {key: document[key] for key in ("rows_read", "rows_published", "rows_rejected")}
    assert found == {"rows_read": 1_120, "rows_published": 1_020, "rows_rejected": 100}


# A wrong configuration: nothing is published, the old release stays


@pytest.fixture
def released(own_schemas: Playground) -> Iterator[Playground]:
    """Return an installation with a release, and check afterwards that it is still the one."""
    publication = own_schemas.run().publication
    assert publication is not None
    before = snapshot(own_schemas.processed)
    yield own_schemas
    assert read_index(own_schemas.processed).current == publication.release_id
    assert snapshot(own_schemas.processed) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def refused(playground: Playground) -> str:
    with pytest.raises(ConfigurationError) as caught:
        playground.run()
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_contract_with_an_unknown_type(released: Playground) -> None:
    path = released.settings.schemas_dir / "tables" / "documents.yaml"
    text = path.read_text("utf-8")
    assert "    type: int64\n" in text
    line_number = text[: text.index("    type: int64\n")].count("\n") + 1
    path.write_text(text.replace("    type: int64\n", "    type: int46\n", 1), "utf-8")
    told = refused(released)
    found = re.match(r"(?P<path>.+), line (?P<line>[0-9]+), key columns\[18\]", told)
    assert found
    assert found["path"] == str(path)
    assert int(found["line"]) in (line_number, line_number - 1)  # of the type, or of its column
    assert "'int46'" in told


def test_code_list_with_a_wrong_date(released: Playground) -> None:
    path = released.settings.schemas_dir / "codes" / "mission_aliases.csv"
    path.write_text(path.read_text("utf-8").replace("2008-10-01", "01-10-2008", 1), "utf-8")
    told = refused(released)
    assert told.startswith(f"{path}, row ")
    assert told.endswith("column valid_from: found '01-10-2008', expected a date as 2025-05-14")


def test_layout_that_is_no_yaml(released: Playground) -> None:
    path = released.settings.schemas_dir / "layouts" / "figures.yaml"
    path.write_text("layout: [", "utf-8")
    assert refused(released).startswith(f"{path}, line 1: no valid YAML: ")


def test_raw_folder_that_is_not_there(released: Playground) -> None:
    shutil.rmtree(released.raw)
    assert refused(released) == (
        f"{released.raw}: can't be listed (No such file or directory): give the folder with the "
        "raw documents by --raw-dir or IPSDATA_RAW_DIR"
    )


def test_raw_folder_without_editions(released: Playground) -> None:
    shutil.rmtree(released.raw / "letters")
    shutil.rmtree(released.raw / "sis")
    (released.raw / ".gitkeep").touch()
    assert refused(released) == (
        f"{released.raw}: found no edition, expected <collection>/<edition>/ with its source.yaml: "
        "give the folder with the raw documents by --raw-dir or IPSDATA_RAW_DIR"
    )


# What may not be read or written: by a user that is not root

NOBODY = 65534
CHILD = """
import json, os, sys
from pathlib import Path
import duckdb, jinja2  # nobody may read the modules that they would import later
from ipsdata.errors import IpsdataError
from ipsdata.release.index import read_index
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings

folder, nobody, scenarios = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
settings = Settings(folder / "raw", folder / "processed", folder / "schemas")
as_root = os.getuid() == 0

def become(user):
    if as_root:
        os.seteuid(0)
        os.setegid(user)
        os.seteuid(user)

def told(name, mode):
    path = folder / name
    before = path.stat().st_mode & 0o7777
    path.chmod(mode)
    become(nobody)
    try:
        report = run_pipeline(settings)
    except IpsdataError as error:
        return {"error": type(error).__name__, "exit_code": error.exit_code, "message": str(error)}
    else:
        return {
            "exit_code": report.exit_code,
            "tables": report.tables,
            "rejected": report.rejected,
            "documents": report.documents,
            "is_new": report.publication is not None and report.publication.is_new,
        }
    finally:
        become(0)
        path.chmod(before)

first = run_pipeline(settings)  # a release; and all that is imported late is now imported
assert first.exit_code == 0, first.refusal or first.rejected
if as_root:
    for path in [settings.processed_dir, *settings.processed_dir.rglob("*")]:
        os.chown(path, nobody, nobody, follow_symlinks=False)
found = {}
for name, mode in scenarios:
    before = read_index(settings.processed_dir).current
    if name.startswith("processed"):
        (folder / "raw" / "stray.csv").touch()  # so that there is something new to publish
        if as_root:
            os.chown(folder / name, 0, 0)
    found[name] = told(name, mode)
    if name.startswith("processed"):
        (folder / "raw" / "stray.csv").unlink()
        if as_root:
            os.chown(folder / name, nobody, nobody)
    found[name]["same_release"] = read_index(settings.processed_dir).current == before
print(json.dumps(found, default=str))
"""
READ_ONLY = ["processed", "processed/releases"]
UNREADABLE = {
    "raw/letters": NO_LETTER,
    f"raw/{LETTER}": NO_LETTER,
    f"raw/{SIDECAR}": NO_LETTER,
    f"raw/{DEPLOYMENTS}": {**NO_LIST, "documents": 2},
}


@pytest.fixture(scope="module")
def forbidden() -> dict[str, dict[str, Any]]:
    """Run with one thing after another forbidden, as a user that is not root."""
    scenarios = [(name, 0o555) for name in READ_ONLY]
    scenarios += [(name, 0) for name in [*UNREADABLE, "raw"]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        copy_lists(folder / "raw")
        shutil.copytree(ROOT / "schemas", folder / "schemas")
        arguments = [str(folder), str(NOBODY), json.dumps(scenarios)]
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return {key: {**entry, "folder": name} for key, entry in found.items()}


@pytest.mark.parametrize("place", UNREADABLE)
def test_what_may_not_be_read_stops_nothing_else(
    place: str, forbidden: dict[str, dict[str, Any]], base: Base
) -> None:
    found = forbidden[place]
    assert (found["exit_code"], found["is_new"], found["same_release"]) == (1, True, False)
    expected = {**base.report.tables, **UNREADABLE[place]}
    for name in set(expected) - set(COUNTED_LATER):
        assert found["tables"][name] == expected[name], name
    (row,) = found["rejected"]
    path = place.removeprefix("raw/")
    assert (row["path"], row["reason"], row["scope"]) == (path, "unreadable", "document")
    assert row["message"] == (
        f"{path}: can't be read (Permission denied): check its owner and permissions"
    )


def test_raw_folder_that_may_not_be_listed(forbidden: dict[str, dict[str, Any]]) -> None:
    found = forbidden["raw"]
    assert (found["error"], found["exit_code"]) == ("ConfigurationError", 3)
    assert found["same_release"]
    assert found["message"] == (
        f"{found['folder']}/raw: can't be listed (Permission denied): give the folder with the raw "
        "documents by --raw-dir or IPSDATA_RAW_DIR"
    )


@pytest.mark.parametrize("place", READ_ONLY)
def test_release_store_that_may_not_be_written(
    place: str, forbidden: dict[str, dict[str, Any]]
) -> None:
    found = forbidden[place]
    assert (found["error"], found["exit_code"]) == ("ConfigurationError", 3)
    assert found["same_release"]
    assert found["message"] == (
        f"{found['folder']}/processed: can't be written to (Permission denied): nothing was "
        "published and the releases there are unchanged; give a writable folder by --processed-dir "
        "or IPSDATA_PROCESSED_DIR, or mend its owner, permissions or free space"
    )
