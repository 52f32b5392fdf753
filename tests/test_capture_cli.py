"""`ipsdata capture` as an analyst uses it: draft, complete, verify."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from conftest import ROOT, Playground
from editions import EditionFile, half, letter_file, with_doctype, write_edition
from ipsdata.collect import collect
from ipsdata.extract.captures import parse_dimensions, write_dimensions
from ipsdata.extract.quantities import find_quantities
from ipsdata.layouts import Phrase, load_phrases
from ipsdata.release.store import published_table
from ipsdata.yamlfile import load_yaml
from letters import Letter, Section, letter_of, render
from test_cli import invoke

EDITION = "letters/2026-06-11"
PUBLISHED_ON = "2026-06-11"
SCHEMAS = ROOT / "schemas"
LETTER = letter_of("14 mei 2026", (("EUMM Georgië", "5"), ("EUMA Armenië", "6")))
COLUMNS = ["table", "row", "dimensions", "as_printed", "locator", "note", "sentence"]
PROSE = (
    "half|zestien miljard|2025|meer dan vier miljard|95,2 miljoen|5,1 miljoen|zevende|2025|401.235|"
    "104.210|12.340|44 miljoen|1.099"
).split("|")
COUNT = len(PROSE) + 4  # the list has two counts, a total and a date
PHRASES = load_phrases(SCHEMAS)

Line = dict[str, str]


def captures(data: bytes) -> EditionFile:
    return EditionFile("captures.csv", data, {"media_type": "text/csv", "layout": "captures"})


def set_up(playground: Playground, data: bytes | None = None, letter: Letter = LETTER) -> None:
    """Write the edition, with captures or without, in place of what was there."""
    shutil.rmtree(playground.raw / EDITION, ignore_errors=True)
    files = [letter_file(letter, "docx"), *([] if data is None else [captures(data)])]
    write_edition(playground, EDITION, *files, published_on=PUBLISHED_ON)


def lines_of(result: Result) -> list[Line]:
    reader = csv.DictReader(io.StringIO(result.stdout))
    assert reader.fieldnames == COLUMNS
    return list(reader)


def draft(playground: Playground) -> list[Line]:
    result = invoke(playground, "capture", EDITION)
    assert result.exit_code == 0
    return lines_of(result)


def check(playground: Playground) -> Result:
    return invoke(playground, "capture", EDITION, "--check")


def written(lines: list[Line]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue().encode()


def completed(lines: list[Line]) -> list[Line]:
    """Return drafted lines as an analyst completes them."""
    done = []
    for number, line in enumerate(lines, start=1):
        text, row = line["as_printed"], f"figure-{number}"
        dimensions = parse_dimensions(line["dimensions"])
        if "time_period" in dimensions:
            told = {**line, "row": row, "dimensions": dated(line, "2025")}
        else:
            reason = {"half": "duration", "zevende": "ordinal"}.get(text, "date")
            told = {**line, "table": "no_figure", "dimensions": f"reason={reason}"}
        done.append(told)
    return done


def dated(line: Line, year: str) -> str:
    return text_of({**parse_dimensions(line["dimensions"]), "time_period": year})


def text_of(dimensions: Mapping[str, str]) -> str:
    return write_dimensions(dimensions)


# Drafts


def test_draft_has_a_line_for_each_number_that_nobody_accounted_for(playground: Playground) -> None:
    set_up(playground)
    result = invoke(playground, "capture", EDITION)
    assert result.exit_code == 0
    assert result.stderr == f"{EDITION}: 4 of {COUNT} quantities accounted for\n"
    lines = lines_of(result)
    assert [line["as_printed"] for line in lines] == PROSE, "those of the list are not drafted"
    for line in lines:
        assert line["as_printed"] in line["sentence"]
        assert (line["row"], line["note"]) == ("", "")
        assert ", characters " in line["locator"]
    assert lines[0]["sentence"].startswith("Hieronder volgen de cijfers")
    assert lines[3]["sentence"] == (
        "Nederland is de grootste bevrager van het systeem, met meer dan vier miljard bevragingen."
    )


def test_draft_is_filled_in_where_a_phrase_fits_and_nowhere_else(playground: Playground) -> None:
    set_up(playground)
    found = {
        line["as_printed"]: parse_dimensions(line["dimensions"]) | {"table": line["table"]}
        for line in draft(playground)
    }
    known = ("table", "indicator", "area", "category_id", "averaging")
    told = {text: tuple(f.get(name, "") for name in known) for text, f in found.items()}
    sis = "sis_statistics"
    nothing = ("", "", "", "", "")
    assert told == {
        **dict.fromkeys(("half", "2025", "zevende"), nothing),
        "zestien miljard": (sis, "searches", "SIS", "total", "none"),
        "meer dan vier miljard": (sis, "searches", "NL", "total", "none"),
        "95,2 miljoen": (sis, "alerts", "SIS", "total", "none"),
        "5,1 miljoen": (sis, "alerts", "NL", "total", "none"),
        "401.235": (sis, "hits", "SIS", "total", "none"),
        "104.210": (sis, "hits", "SIS", "2018/1860:3", "none"),
        "12.340": (sis, "hits", "SIS", "2018/1862:26", "none"),
        "44 miljoen": (sis, "searches", "SIS", "total", "per_day"),
        "1.099": (sis, "hits", "SIS", "total", "per_day"),
    }
    assert {f["time_period"] for f in found.values() if "time_period" in f} == {""}, "no year"


def test_draft_tells_the_sentence_of_a_number_alone(playground: Playground) -> None:
    text = (
        "Eerst de kop. Er waren i.h.k.v. het systeem 1.099 hits per dag! Is dat 12.000 meer? “Ja.”"
    )
    set_up(playground, letter=letter_of("14 mei 2026", (), extra=(Section("Meer", (text,)),)))
    sentences = {line["as_printed"]: line["sentence"] for line in draft(playground)[13:]}
    assert sentences == {
        "1.099": "Er waren i.h.k.v. het systeem 1.099 hits per dag!",
        "12.000": "Is dat 12.000 meer?",
    }


# The phrases of the layout

SAID = (
    ("Het systeem is Schengenbreed zestien miljard keer bevraagd.", "zestien miljard"),
    (
        "Nederland is de grootste bevrager van het systeem, met meer dan vier miljard bevragingen.",
        "meer dan vier miljard",
    ),
    ("Dat zijn gemiddeld 44 miljoen bevragingen van het systeem per dag.", "44 miljoen"),
    (
        "Er zijn in totaal 95,2 miljoen signaleringen ingevoerd in het Schengeninformatiesysteem.",
        "95,2 miljoen",
    ),
    ("Nederland staat met 5,1 miljoen signaleringen op plek zeven.", "5,1 miljoen"),
    ("In dat jaar zijn Schengenbreed 401.235 hits gerapporteerd.", "401.235"),
    ("Er waren 104.210 hits i.h.k.v. een signalering terugkeerbesluit.", "104.210"),
    ("Er waren 73.100 hits i.h.k.v. signaleringen inreisverbod.", "73.100"),
    ("Er waren 12.340 hits in het kader van een signalering Europees arrestatiebevel.", "12.340"),
    ("Er waren 13.900 hits i.h.k.v. een signalering vermiste volwassenen.", "13.900"),
    ("Dat zijn 1.099 hits per dag.", "1.099"),
    ("Dat zijn 46 hits per uur.", "46"),
)
VARIED = (
    ("Het systeem is Schengenbreed maar liefst 16,1 miljard keer bevraagd.", "16,1", 0),
    ("Het systeem is Schengenbreed liefst zestien miljard keer bevraagd.", "zestien", 0),
    ("Dat zijn gemiddeld ruim 44 miljoen bevragingen per dag.", "ruim 44 miljoen", 2),
    ("Gemiddeld zijn dat 44 miljoen bevragingen per dag.", "44 miljoen", 2),
    (
        "Er zijn in totaal 95,2 miljoen signaleringen zijn ingevoerd in het "
        "Schengeninformatiesysteem.",
        "95,2 miljoen",
        3,
    ),
    ("Er waren 9 hits in het kader van signaleringen vermiste kinderen.", "9", 9),
    ("Er waren 9 hits i.h.k.v. signaleringen vermiste personen.", "9", 9),
)
NEAR = (
    ("Schengenbreed zijn 4.100 hits gerapporteerd.", "4.100"),
    ("Het systeem is door Nederland 900 keer bevraagd.", "900"),
    ("Duitsland staat met 6,5 miljoen signaleringen op plek zes.", "6,5 miljoen"),
    ("Er waren 12 hits in het kader van een signalering gestolen voertuig.", "12"),
    ("Dat zijn 45 hits per week.", "45"),
    ("Het gaat met 95,2 miljoen signaleringen ingevoerd goed.", "95,2 miljoen"),
    ("Nederland is er. Duitsland komt met 3 miljoen bevragingen.", "3 miljoen"),
    ("Dat zijn gemiddeld 44 miljoen bevragingen per jaar.", "44 miljoen"),
    ("Schengenbreed 46 meldingen en hits.", "46"),
)
TOO_NEAR = (
    ("Er is Nederland veel aan gelegen, met meer dan vier miljard bevragingen.", "meer dan vier"),
    ("Er zijn in totaal 95,2 miljoen signaleringen ingevoerd.", "95,2 miljoen"),
    ("Er zijn 95,2 miljoen signaleringen zijn ingevoerd.", "95,2 miljoen"),
    ("In Nederland zijn dat gemiddeld 4 miljoen bevragingen per dag.", "4 miljoen"),
    ("In Nederland waren er 46 hits per uur.", "46"),
    ("Nederland had 13 hits i.h.k.v. een signalering vermiste volwassenen.", "13"),
    ("In Nederland zijn 120.000 signaleringen ingevoerd.", "120.000"),
    ("Nederland meldde 310 hits per dag.", "310"),
    ("Nederland had 1.210 hits i.h.k.v. een signalering terugkeerbesluit.", "1.210"),
    ("Na Nederland komt Duitsland met 4,5 miljoen signaleringen.", "4,5 miljoen"),
    ("Nederland volgt op Duitsland met 9,9 miljard bevragingen.", "9,9 miljard"),
    ("Dat zijn 45 hits per dagdeel.", "45"),
    ("Er kwamen Schengenbreed 401.235 hitspogingen.", "401.235"),
)


def fitting(sentence: str, text: str) -> list[int]:
    """Return which phrases fit the number that starts with a text."""
    (found,) = (q for q in find_quantities(sentence, "nl") if q.text.startswith(text))
    return [n for n, phrase in enumerate(PHRASES) if phrase.fits(sentence, found.start, found.end)]


def test_each_phrase_fits_a_sentence_and_no_other_phrase_does() -> None:
    assert [fitting(sentence, text) for sentence, text in SAID] == [[n] for n in range(12)]
    assert len(PHRASES) == len(SAID) == len(phrases_in_file()), "a new phrase has a sentence here"


def phrases_in_file() -> list[Mapping[str, Any]]:
    meta = SCHEMAS / "meta" / "layout.schema.json"
    found: list[Mapping[str, Any]] = load_yaml(SCHEMAS / "layouts" / "sis_figures.yaml", meta)[
        "phrases"
    ]
    return found


@pytest.mark.parametrize(("sentence", "text", "number"), VARIED)
def test_phrase_fits_in_each_of_its_wordings(sentence: str, text: str, number: int) -> None:
    assert fitting(sentence, text) == [number]


@pytest.mark.parametrize(("sentence", "text"), NEAR)
def test_near_miss_fits_no_phrase(sentence: str, text: str) -> None:
    assert fitting(sentence, text) == []


@pytest.mark.parametrize(("sentence", "text"), TOO_NEAR)
def test_number_of_another_subject_fits_no_phrase(sentence: str, text: str) -> None:
    assert fitting(sentence, text) == []


def test_phrase_of_the_netherlands_fits_without_with() -> None:
    assert fitting("Nederland deed 4,1 miljard bevragingen.", "4,1 miljard") == [1]


def test_drafted_dimensions_are_those_of_a_figure_but_for_the_year() -> None:
    required = {"indicator", "area", "category_id", "scope", "time_kind", "averaging", "unit"}
    for phrase in PHRASES:
        assert isinstance(phrase, Phrase)
        assert phrase.table == "sis_statistics"
        assert set(phrase.dimensions) == {*required, "time_period"}
        assert all(phrase.dimensions[name] for name in required)
        assert phrase.dimensions["time_period"] == ""


def test_every_phrase_fills_in_its_line(playground: Playground) -> None:
    sections = tuple(
        Section(f"Cijfer {n}", (s,)) for n, (s, _) in zip("abcdefghijkl", SAID, strict=True)
    )
    set_up(playground, letter=letter_of("14 mei 2026", (), extra=sections))
    drafted = {line["sentence"]: line for line in draft(playground)[13:] if line["table"]}
    for (sentence, text), phrase in zip(SAID, PHRASES, strict=True):
        assert drafted[sentence]["as_printed"].startswith(text)
        assert parse_dimensions(drafted[sentence]["dimensions"]) == dict(phrase.dimensions)


# From draft to figures


def test_draft_that_is_added_unchanged_is_rejected_and_publishes_nothing(
    playground: Playground,
) -> None:
    set_up(playground)
    lines = draft(playground)
    set_up(playground, written(lines))
    report = playground.run()
    rejected = [row for row in report.rejected if row["edition_id"] == EDITION]
    assert len(rejected) == len(lines)
    assert {row["reason"] for row in rejected} == {"capture", "date"}
    published = published_table(playground.processed, "sis_statistics").to_pylist()
    assert [row for row in published if row["edition_id"] == EDITION] == []
    result = check(playground)
    assert result.exit_code == 1
    assert result.stderr.count("column table: found ''") == 4


def test_draft_that_is_added_unchanged_accounts_for_nothing(playground: Playground) -> None:
    set_up(playground)
    lines = draft(playground)
    set_up(playground, written(lines))
    result = check(playground)
    assert f"4 of {COUNT} quantities accounted for" in result.stderr
    fates = {line["locator"]: "rejected" if line["table"] else "unaccounted" for line in lines}
    assert result.stdout.splitlines() == [
        f"{fates[line['locator']]}: {line['as_printed']!r} at {line['locator']}" for line in lines
    ]
    again = [line["locator"] for line in draft(playground)]
    assert again == [place for place, fate in fates.items() if fate == "unaccounted"]
    assert len(again) == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [("time_period", ""), ("area", "ZZ"), ("category_id", "2018/1860:99"), ("indicator", "hit")],
)
def test_check_finds_what_a_run_rejects(name: str, value: str, playground: Playground) -> None:
    set_up(playground)
    lines = completed(draft(playground))
    first = lines[1]
    first["dimensions"] = text_of({**parse_dimensions(first["dimensions"]), name: value})
    set_up(playground, written(lines))
    assert check(playground).exit_code == 1


def test_completed_draft_accounts_for_everything(playground: Playground) -> None:
    set_up(playground)
    lines = completed(draft(playground))
    set_up(playground, written(lines))
    result = check(playground)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{EDITION}: {COUNT} of {COUNT} quantities accounted for\n"
    again = invoke(playground, "capture", EDITION)
    assert (again.exit_code, lines_of(again)) == (0, [])

    run = invoke(playground, "run", "--quiet")
    assert run.exit_code == 0, run.stdout
    assert f"{EDITION}/letter.docx: {COUNT} of {COUNT} quantities accounted for" in run.stdout
    published = published_table(playground.processed, "sis_statistics").to_pylist()
    own = [row for row in published if row["edition_id"] == EDITION]
    assert len(own) == 9
    assert {row["verification"] for row in own} == {"verified"}


def test_number_without_a_line_is_named_by_check_and_by_run(playground: Playground) -> None:
    set_up(playground)
    lines = completed(draft(playground))
    (lost,) = (line for line in lines if line["as_printed"] == "95,2 miljoen")
    set_up(playground, written([line for line in lines if line is not lost]))
    told = f"unaccounted: '95,2 miljoen' at {lost['locator']}\n"
    result = check(playground)
    assert (result.exit_code, result.stdout) == (1, told)
    assert f"{COUNT - 1} of {COUNT} quantities accounted for" in result.stderr
    run = invoke(playground, "run", "--quiet")
    assert run.exit_code == 0, "a number that is not accounted for is a warning"
    assert told in run.stdout
    (again,) = draft(playground)
    assert again["locator"] == lost["locator"]


def test_line_that_does_not_hold_is_told_with_its_number(playground: Playground) -> None:
    set_up(playground)
    lines = completed(draft(playground))
    lines[8]["as_printed"] = "401.236"
    set_up(playground, written(lines))
    result = check(playground)
    assert result.exit_code == 1
    assert f"{EDITION}/captures.csv, line 10: found another text there" in result.stderr
    assert "line 10" in invoke(playground, "capture", EDITION).stderr, "told while drafting too"


# Sidecars


def unsourced(playground: Playground, *forms: str) -> Path:
    folder = playground.raw / EDITION
    folder.mkdir()
    for form in forms:
        (folder / f"letter.{form}").write_bytes(render(LETTER, form))
    return folder


def fill_in(sidecar: Path) -> None:
    """Fill in what is null, as the message asks for."""
    told = {
        "title": "A letter",
        "publisher": "A ministry",
        "language": "nl",
        "licence": "Invented",
        "citation": "A letter",
        "url": "https://example.org/letter",
        "document_number": "12",
    }
    text = sidecar.read_text("utf-8")
    for key, value in told.items():
        assert f"\n{key}:\n" in text, f"{key} is no null in {text}"
        text = text.replace(f"\n{key}:\n", f"\n{key}: {json.dumps(value)}\n")
    sidecar.write_text(text, "utf-8")


@pytest.mark.parametrize("form", ["txt", "docx", "odt", "html", "pdf"])
def test_edition_without_a_sidecar_gets_one_to_fill_in(form: str, playground: Playground) -> None:
    folder = unsourced(playground, form)
    (folder / "captures.csv").write_bytes(b"table,row,dimensions,as_printed,locator\n,,,,\n")
    result = invoke(playground, "capture", EDITION)
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"{EDITION}/source.yaml: drafted, as there was none: fill in what is " in (result.stderr)
    drafted = (folder / "source.yaml").read_text("utf-8")
    sha256 = hashlib.sha256((folder / f"letter.{form}").read_bytes()).hexdigest()
    assert sha256 in drafted
    assert invoke(playground, "capture", EDITION).exit_code == 3, "nulls are not accepted"
    assert (folder / "source.yaml").read_text("utf-8") == drafted, "never written over"

    fill_in(folder / "source.yaml")
    found = collect(playground.raw, SCHEMAS)
    own = [d for d in found.documents if d["edition_id"] == EDITION]
    assert found.rejections == ()
    assert [(d["path"], d["layout"]) for d in own] == [
        (f"{EDITION}/letter.{form}", "letter"),
        (f"{EDITION}/captures.csv", "captures"),
    ]
    assert str(own[0]["published_on"]) == PUBLISHED_ON


def test_forms_of_one_letter_are_drafted_as_one_document(playground: Playground) -> None:
    folder = unsourced(playground, "docx", "pdf")
    invoke(playground, "capture", EDITION)
    assert "other_forms:" in (folder / "source.yaml").read_text("utf-8")
    fill_in(folder / "source.yaml")
    found = collect(playground.raw, SCHEMAS)
    assert found.rejections == ()
    (own,) = (d for d in found.documents if d["edition_id"] == EDITION)
    assert (own["path"], own["layout"]) == (f"{EDITION}/letter.docx", "letter")


@pytest.mark.parametrize("name", ["letters", ".", "../elsewhere", "letters/.."])
def test_folder_that_is_no_edition_gets_no_sidecar(name: str, playground: Playground) -> None:
    (playground.raw.parent / "elsewhere").mkdir()
    result = invoke(playground, "capture", name)
    assert result.exit_code == 3
    assert [path.name for path in playground.raw.parent.rglob("source.yaml")].count(
        "source.yaml"
    ) == 2


def test_empty_edition_gets_no_sidecar(playground: Playground) -> None:
    folder = unsourced(playground)
    assert invoke(playground, "capture", EDITION).exit_code == 3
    assert not (folder / "source.yaml").exists()


def test_file_of_no_known_format_is_named(playground: Playground) -> None:
    folder = unsourced(playground, "docx")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    result = invoke(playground, "capture", EDITION)
    assert result.exit_code == 1
    assert "photo.png" in result.stderr
    assert not (folder / "source.yaml").exists()


# What there is not


def test_unknown_edition_is_told(playground: Playground) -> None:
    result = invoke(playground, "capture", "letters/2031-01-01")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "letters/2031-01-01: found no document with the layout 'letter'" in result.stderr


def test_edition_without_a_letter_is_told(playground: Playground) -> None:
    result = invoke(playground, "capture", "sis/1999-2024")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "sis/1999-2024: found no document with the layout 'letter'" in result.stderr


def test_document_that_is_not_at_hand_is_told(playground: Playground) -> None:
    absent = letter_file(LETTER, "docx").absent()
    write_edition(playground, EDITION, absent, published_on=PUBLISHED_ON)
    for options in ((), ("--check",)):
        result = invoke(playground, "capture", EDITION, *options)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"{EDITION}/letter.docx: not at hand: put the file there" in result.stderr


@pytest.mark.parametrize(
    ("damage", "told"), [(half, "letter.docx"), (with_doctype, "declares a document type")]
)
def test_document_that_can_not_be_read_is_told(
    damage: Callable[[bytes], bytes], told: str, playground: Playground
) -> None:
    bad = letter_file(LETTER, "docx").damaged(damage)
    write_edition(playground, EDITION, bad, published_on=PUBLISHED_ON)
    result = invoke(playground, "capture", EDITION)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_document_that_is_not_the_one_of_the_sidecar_is_told(playground: Playground) -> None:
    set_up(playground)
    (playground.raw / EDITION / "letter.docx").write_bytes(render(LETTER, "odt"))
    result = invoke(playground, "capture", EDITION)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "letter.docx: found SHA-256" in result.stderr


def test_captures_that_changed_are_told_and_the_rest_is_drafted(playground: Playground) -> None:
    set_up(playground, b"table,row,dimensions,as_printed,locator\n,,,,\n")
    (playground.raw / EDITION / "captures.csv").write_bytes(b"other")
    result = invoke(playground, "capture", EDITION)
    assert result.exit_code == 0
    assert "captures.csv: found SHA-256" in result.stderr
    assert [line["as_printed"] for line in lines_of(result)] == PROSE
    assert check(playground).exit_code == 1


def test_slash_behind_the_edition_makes_no_difference(playground: Playground) -> None:
    set_up(playground)
    assert invoke(playground, "capture", f"{EDITION}/").stdout == (
        invoke(playground, "capture", EDITION).stdout
    )
