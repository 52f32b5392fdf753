"""What releases tell of changes, by real runs: each reason, seen once, and versions of contracts.

One store goes through all of it, a release a step: `HISTORY` says what is done before each.
"""

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import LETTER, NOON, ROOT, Playground, copy_lists, installation
from editions import EditionFile, letter_file, named_letter, write_edition
from ipsdata.extract.passages import passages
from ipsdata.read.isolated import read_isolated
from ipsdata.release.history import history
from ipsdata.release.index import Publication, read_manifest
from ipsdata.runreport import RunReport
from ipsdata.tables import read_parquet
from letters import Section, render

Row = dict[str, Any]

SENT = "In februari 2026 zijn zeven agenten naar Bonaire gegaan."
STAFF = (
    "kind=reinforcement; island=BQ-BO; task=basic_policing; status=actual; unit=person; "
    "provided_by=POLITIE_NL"
)
ROWS = (("EUMM Georgië", "5"), ("EUMA Armenië", "6"), ("EUAM Irak", "4"))
NEW = "letters/2026-06-11"
DROPPED, OVERRIDDEN = "line 6", "line 2"  # of sis/1999-2024/figures.csv
FIGURES = "sis/1999-2024/figures.csv"
LETTER_TEXT = named_letter("nieuw", "14 mei 2026", ROWS, extra=(Section("Eilanden", (SENT,)),))


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def add_letter(playground: Playground) -> None:
    """Add a letter that is not at hand: a list typed from it, and a figure captured from it."""
    pages = passages(read_isolated(render(LETTER_TEXT, "txt"), "letter.txt"))
    (page,) = (page for page in pages if page.text == SENT)
    start = SENT.index("zeven")
    locator = page.locator(start, start + len("zeven"))
    head = "table,row,dimensions,as_printed,locator,note\n"
    line = f'caribbean_staffing,police,"{STAFF}",zeven,"{locator}",\n'
    entry = {"media_type": "text/csv", "layout": "captures"}
    captures = EditionFile("captures.csv", (head + line).encode(), entry)
    letter = letter_file(LETTER_TEXT, "txt").absent()
    write_edition(playground, NEW, letter, captures, published_on="2026-06-11")


def bring_letter(playground: Playground) -> None:
    """Put the letter itself where it was said to be."""
    (playground.raw / NEW / "letter.txt").write_bytes(render(LETTER_TEXT, "txt"))


def correct(playground: Playground) -> None:
    """Correct one figure, and drop another."""
    common = {
        "document": FIGURES,
        "table": "sis_statistics",
        "reason": "Invented for a test.",
        "author_role": "domain_expert",
        "decided_on": "2026-11-25",
    }
    entries = [
        {
            "id": "override",
            "place": OVERRIDDEN,
            "action": "override",
            "expect": {"as_printed": "8826856"},
            "corrected": {"as_printed": "8826857"},
            **common,
        },
        {
            "id": "drop",
            "place": DROPPED,
            "action": "drop",
            "expect": {"as_printed": "28666"},
            **common,
        },
    ]
    path = playground.settings.schemas_dir / "corrections" / "test.yaml"
    path.write_text(json.dumps({"corrections": entries}), "utf-8")


def mend_list(playground: Playground) -> None:
    """Let an alias mean another mission."""
    path = playground.settings.schemas_dir / "codes" / "mission_aliases.csv"
    lines = path.read_text("utf-8").splitlines()
    (number,) = (n for n, line in enumerate(lines) if line.startswith("OVSE Westelijke Balkan,"))
    alias, mission, *rest = lines[number].split(",")
    assert mission == "OSCE_WB"
    lines[number] = ",".join([alias, "OSCE_SERBIA", *rest])
    path.write_text("\n".join(lines) + "\n", "utf-8")


def add_header(playground: Playground) -> None:
    """Let a layout know one more header; only the texts of a contract tell of it."""
    path = playground.settings.schemas_dir / "layouts" / "deployment_list.yaml"
    replaced(path, '"Missienaam", ', '"Missienaam", "Zending", ')


def limit(playground: Playground) -> None:
    """Let the contract accept fewer names."""
    path = playground.settings.schemas_dir / "tables" / "deployments.yaml"
    name = "    title_nl: Missienaam\n"
    replaced(path, name, f'{name}    pattern: "^[^O]"\n')


def break_contract(playground: Playground) -> None:
    """Let a column be empty that never was."""
    path = playground.settings.schemas_dir / "tables" / "deployments.yaml"
    name = "    title_nl: Missienaam\n"
    replaced(path, name, f"{name}    nullable: true\n")


def bump(playground: Playground) -> None:
    """Declare the break."""
    replaced(playground.settings.schemas_dir / "schema.yaml", "version: 1", "version: 2")


HISTORY: tuple[Callable[[Playground], None], ...] = (
    add_letter,
    bring_letter,
    correct,
    mend_list,
    add_header,
    limit,
    break_contract,
    bump,
)


@dataclass(frozen=True)
class Step:
    """A run, and what its release tells against the one before it."""

    report: RunReport
    changes: tuple[Row, ...]
    markdown: str
    version: str

    def of(self, table: str) -> list[Row]:
        return [row for row in self.changes if row["table"] == table]

    @property
    def publication(self) -> Publication:
        assert self.report.publication is not None
        return self.report.publication

    def told(self, table: str) -> Counter[tuple[str, str]]:
        return Counter((row["change"], row["reason"]) for row in self.of(table))


def step_of(playground: Playground, report: RunReport) -> Step:
    if report.publication is None:
        return Step(report, (), "", "")
    folder = playground.processed / "releases" / report.publication.release_id
    rows = read_parquet(folder / "changes.parquet").to_pylist()
    markdown = (folder / "changes.md").read_text("utf-8")
    return Step(report, tuple(rows), markdown, read_manifest(folder)["schema_version"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    """Return an installation whose lists, contracts and corrections may be changed."""
    folder = tmp_path_factory.mktemp("changes")
    copy_lists(folder / "raw")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    made = installation(folder)
    return Playground(replace(made.settings, schemas_dir=folder / "schemas"))


@pytest.fixture(scope="module")
def steps(store: Playground) -> Mapping[str, Step]:
    """Go through the whole history of a store."""
    found = {"first": step_of(store, store.run(NOON))}
    for number, change in enumerate(HISTORY, start=1):
        change(store)
        report = store.run(NOON + dt.timedelta(days=number))
        found[change.__name__] = step_of(store, report)
    return found


def test_the_first_release_has_nothing_to_compare(steps: Mapping[str, Step]) -> None:
    assert steps["first"].changes == ()
    assert "Nothing to compare it with: it follows none." in steps["first"].markdown
    assert steps["first"].version == "1.0.0"


def test_a_new_document_is_the_reason_of_its_rows(steps: Mapping[str, Step]) -> None:
    step = steps["add_letter"]
    assert step.told("caribbean_staffing") == {("added", "new_document"): 1}
    assert step.told("deployments") == {}
    assert set(step.told("documents")) == {("added", "new_document")}
    assert f"- New document: Verzonnen bijlage {NEW} (`{NEW}/letter.txt`)" in step.markdown
    assert step.version == "1.0.0"


def test_a_document_that_comes_to_hand_is_the_reason_too(steps: Mapping[str, Step]) -> None:
    step = steps["bring_letter"]
    assert step.told("deployments") == {("added", "new_document"): len(ROWS)}
    assert step.told("caribbean_staffing") == {("revised", "new_document"): 1}
    (row,) = step.of("caribbean_staffing")
    assert "verification" in row["columns"].split(", ")
    assert f"- Document at hand now: Verzonnen bijlage {NEW} (`{NEW}/letter.txt`)" in step.markdown


def test_a_correction_is_the_reason_of_what_it_changes_and_drops(steps: Mapping[str, Step]) -> None:
    step = steps["correct"]
    assert step.told("sis_statistics") == {
        ("revised", "correction"): 1,
        ("removed", "correction"): 1,
    }
    (revised,) = (row for row in step.of("sis_statistics") if row["change"] == "revised")
    assert (revised["value_old"], revised["value_new"]) == (8_826_856, 8_826_857)
    assert (revised["value_low_old"], revised["value_high_new"]) == (8_826_856, 8_826_857)
    assert {reason for _, reason in step.told("sis_annual")} == {"correction"}
    assert {(row["key"], row["reason"]) for row in step.of("corrections")} == {
        ("correction_id=override", "correction"),
        ("correction_id=drop", "correction"),
    }
    assert "8,826,856" in step.markdown.partition("## Largest revisions")[2].partition("##")[0]


def test_a_list_of_codes_is_a_change_of_code(steps: Mapping[str, Step]) -> None:
    step = steps["mend_list"]
    assert step.told("mission_aliases") == {
        ("removed", "code_change"): 1,
        ("added", "code_change"): 1,
    }
    assert step.told("deployments") == {("removed", "code_change"): 1, ("added", "code_change"): 1}
    assert {row["as_printed_new"] or row["as_printed_old"] for row in step.of("deployments")} == {
        "1"
    }


def test_one_more_header_of_a_layout_is_a_patch_and_no_break(steps: Mapping[str, Step]) -> None:
    step = steps["add_header"]
    assert step.publication.is_new
    assert step.version == "1.0.1"
    (row,) = step.of("deployments")
    assert (row["key"], row["change"], row["reason"]) == (
        "(contract)",
        "revised",
        "contract_change",
    )
    assert row["note"].startswith("of texts only: column mission_id: its printed_as changed; ")
    assert "- Schema version 1.0.1, it was 1.0.0" in step.markdown


def test_a_contract_that_accepts_less_is_the_reason_of_what_is_gone(
    steps: Mapping[str, Step],
) -> None:
    step = steps["limit"]
    assert step.version == "1.1.0"
    contract, *gone = step.of("deployments")
    assert contract["note"].startswith("compatible: column mission_as_printed: its pattern changed")
    assert {(row["change"], row["reason"]) for row in gone} == {("removed", "contract_change")}
    names = {json.loads(row["record_old"])["mission_as_printed"] for row in gone}
    assert "OVSE Westelijke Balkan" in names
    assert {name[0] for name in names} == {"O"}
    assert step.report.exit_code == 1


def test_a_break_is_refused_until_it_is_declared(steps: Mapping[str, Step]) -> None:
    refused = steps["break_contract"].report
    assert refused.publication is None
    assert refused.exit_code == 1
    assert "deployments: column mission_as_printed may be empty now" in str(refused.refusal)
    assert "Write version: 2 there, or take them back" in str(refused.refusal)
    step = steps["bump"]
    assert step.version == "2.0.0"
    (row,) = step.of("deployments")
    assert row["note"] == "breaking: column mission_as_printed may be empty now"


def test_the_life_of_a_figure_goes_through_all_of_them(
    steps: Mapping[str, Step], store: Playground
) -> None:
    published = [step.report.publication for step in steps.values() if step.report.publication]
    found = history(store.processed, "sis_annual:1999,SIS,alerts,total")
    before, after = found.states
    assert before.releases + after.releases == len(published) == len(steps) - 1
    assert after.since == steps["correct"].publication.release_id
    assert [(s.row or {})["value"] for s in found.states] == [8_826_856, 8_826_857]
    assert {"value", "correction_id"} <= set(after.changed)
    assert {row["source"] for row in found.vintages} >= {"statewatch-sis-feature-1999"}


def test_the_mean_of_a_day_is_no_figure_of_the_year(
    steps: Mapping[str, Step], store: Playground
) -> None:
    assert steps["first"].publication.tables["sis_statistics"] > 0
    found = history(store.processed, "sis_annual:2024,SIS,hits,total")
    printed = {row["as_printed"] for row in found.vintages}
    assert {"397.804", "397804"} <= printed
    assert printed.isdisjoint({"1.090", "45"})


def test_a_figure_that_came_and_went_has_states_without_it(
    steps: Mapping[str, Step], store: Playground
) -> None:
    found = history(store.processed, f"deployments:{LETTER},OSCE_SERBIA")
    assert [s.row and s.row["value"] for s in found.states] == [None, 1, None]
    assert found.states[1].since == steps["mend_list"].publication.release_id
    assert found.states[1].document == f"{LETTER}/deployments.csv"
    assert found.states[2].since == steps["limit"].publication.release_id
