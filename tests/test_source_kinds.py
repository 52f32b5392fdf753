"""The kind of a source, from sidecar and captures to the published figure, end to end."""

import csv
import io
from pathlib import Path

import pytest

from conftest import LETTER, ROOT, Playground, installation
from ipsdata.collect import collect
from ipsdata.drafts import draft_sidecar
from ipsdata.release.store import published_table

SIDECAR = f"{LETTER}/source.yaml"
CAPTURES = f"{LETTER}/captures.csv"


def edit(playground: Playground, name: str, old: str, new: str) -> None:
    path = playground.raw / name
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_sidecar_says_the_kind_of_its_edition(playground: Playground) -> None:
    found = collect(playground.raw, ROOT / "schemas")
    kinds = {document["edition_id"]: document["source_kind"] for document in found.documents}
    assert kinds == {LETTER: "parliament", "sis/1999-2024": None}


def test_figures_of_an_edition_without_a_kind_are_rejected(playground: Playground) -> None:
    edit(playground, SIDECAR, "source_kind: parliament\n", "")
    report = playground.run()
    assert (report.tables["sis_statistics"], report.tables["deployments"]) == (120, 11)
    assert {(row["reason"], row["stage"]) for row in report.rejected} == {
        ("no_source_kind", "code")
    }
    assert len(report.rejected) == 12
    for row in report.rejected:
        assert "or the key source_kind of the edition's source.yaml" in row["message"]


@pytest.mark.parametrize("kind", ["Parliament", "a b", "''", "[press]", "5"])
def test_a_kind_that_is_no_key_refuses_the_sidecar(playground: Playground, kind: str) -> None:
    edit(playground, SIDECAR, "source_kind: parliament\n", f"source_kind: {kind}\n")
    (rejection,) = collect(playground.raw, ROOT / "schemas").rejections
    assert rejection.reason == "bad_sidecar"
    assert "source_kind" in rejection.message


def test_a_kind_that_no_list_knows_rejects_its_figures(playground: Playground) -> None:
    edit(playground, SIDECAR, "source_kind: parliament\n", "source_kind: rumour\n")
    report = playground.run()
    assert [row["reason"] for row in report.rejected] == ["unknown_code"] * 12


def test_a_capture_may_say_whose_figure_it_quotes(tmp_path: Path) -> None:
    playground = installation(tmp_path)
    folder = playground.raw / LETTER
    folder.mkdir(parents=True)
    for name in ("source.yaml", "captures.csv", "deployments.csv"):
        (folder / name).write_bytes((ROOT / "data" / "raw" / LETTER / name).read_bytes())
    rows = list(csv.DictReader(io.StringIO((folder / "captures.csv").read_text("utf-8"))))
    for row in rows:
        if row["row"] == "alerts-sis":
            row["dimensions"] += "; origin_kind=eu_lisa"
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    playground.write(CAPTURES, text.getvalue())
    assert playground.run().rejected == []
    figures = published_table(playground.processed, "sis_statistics").to_pylist()
    found = {(r["source_kind"], r["origin_kind"], r["authority"]) for r in figures}
    assert found == {("parliament", None, 4), ("parliament", "eu_lisa", 1)}


def test_a_drafted_sidecar_asks_for_the_kind(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Kenmerk\n\nEen brief.\n", "utf-8")
    assert "\nsource_kind:\n" in draft_sidecar(tmp_path)
