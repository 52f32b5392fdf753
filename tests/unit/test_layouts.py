"""Layouts: which column is which, which row is the total, and where the reference date stands."""

from pathlib import Path

import pytest

from conftest import ROOT
from ipsdata.errors import ConfigurationError
from ipsdata.layouts import Layout, LayoutError, load_layouts, printed_form

SCHEMAS = ROOT / "schemas"
COUNT = "Aantal uitgezonden politiefunctionarissen"


@pytest.fixture(scope="module")
def layouts() -> dict[str, Layout]:
    return load_layouts(SCHEMAS)


@pytest.fixture(scope="module")
def listed(layouts: dict[str, Layout]) -> Layout:
    return layouts["deployment_list"]


def test_layouts_that_ship(layouts: dict[str, Layout]) -> None:
    assert {name: layout.table for name, layout in layouts.items()} == {
        "captures": "quantities",
        "daily_counts": "sis_daily_counts",
        "deployment_list": "deployments",
        "figures": "sis_statistics",
    }
    optional = set(layouts["figures"].headers) - layouts["figures"].required
    assert optional == {
        "precision",
        "rank",
        "source",
        "source_url",
        "published_on",
        "note",
        "source_kind",
        "origin_kind",
    }


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (["Missienaam", COUNT], ["mission", "count"]),
        ([COUNT, "Missienaam"], ["count", "mission"]),
        (["Mission", "Number of police officers"], ["mission", "count"]),
        (["  Naam   missie ", "Aantal\u00a0politiefunctionarissen"], ["mission", "count"]),
    ],
)
def test_columns_are_assigned_by_their_header(
    listed: Layout, header: list[str], fields: list[str]
) -> None:
    assert listed.assign(header) == fields


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (["Missienaam"], f"column '{COUNT}' is missing"),
        (
            ["Missienaam", COUNT, "Bijzonderheden"],
            "column 'Bijzonderheden' is unknown",
        ),
        (
            ["Missienaam", "Missie", "Aantal"],
            "column 'mission' stands twice",
        ),
        (
            ["Missiename", "Aantal"],
            "column 'Missiename' is unknown (near: Missienaam, Missie, Mission name); "
            "column 'Missienaam' is missing",
        ),
        (["missienaam", "Aantal"], "column 'missienaam' is unknown"),
        (["", "Missienaam", "Aantal"], "column '' is unknown"),
        ([], f"column '{COUNT}' is missing; column 'Missienaam' is missing"),
    ],
)
def test_header_that_does_not_fit_is_told(listed: Layout, header: list[str], told: str) -> None:
    with pytest.raises(LayoutError) as caught:
        listed.assign(header)
    assert str(caught.value).startswith(told)


def test_all_problems_are_told_at_once_and_each_once(listed: Layout) -> None:
    with pytest.raises(LayoutError) as caught:
        listed.assign(["x", "x", "Missie", "Missie"])
    assert str(caught.value) == (
        f"column 'x' is unknown; column 'mission' stands twice; column '{COUNT}' is missing"
    )


def test_huge_header_is_shortened(listed: Layout) -> None:
    with pytest.raises(LayoutError) as caught:
        listed.assign(["m" * 1_000_000, "Aantal"])
    assert "(1,000,000 characters)" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("mission", "is_total"),
    [
        ("Totaal", True),
        (" Totaal ", True),
        ("Total", True),
        ("totaal", False),
        ("Totaal 2025", False),
        ("Subtotaal", False),
        ("EUMM Georgië", False),
        ("", False),
    ],
)
def test_total_row_is_known_by_its_word(listed: Layout, mission: str, is_total: bool) -> None:
    assert listed.is_total({"mission": mission, "count": "33"}) is is_total


def test_layout_without_total_has_no_total_row(layouts: dict[str, Layout]) -> None:
    assert not layouts["figures"].is_total({"indicator": "Totaal"})


@pytest.mark.parametrize(
    ("caption", "printed"),
    [
        ("Overzicht uitgezonden politiefunctionarissen (peildatum 14 mei 2025)", ["14 mei 2025"]),
        ("Peildatum: 14 mei 2025", ["14 mei 2025"]),
        ("PEILDATUM 14 MEI 2025", ["14 MEI 2025"]),
        ("Overview (reference date: 14 May 2025) of officers", ["14 May 2025"]),
        ("Overview as of May 14, 2025", ["May 14, 2025"]),
        ("Overzicht (peildatum  31 juni 2025 )", ["31 juni 2025"]),
        ("Peildatum 14-05-2025; stand per 2025-05-15.", ["14-05-2025", "2025-05-15"]),
        ("Peildatum 14 mei 2025 en 15 mei 2025", ["14 mei 2025", "15 mei 2025"]),
        ("Brief van 12 juni 2025, peildatum 14 mei 2025", ["14 mei 2025"]),
        ("De stand per missie, de stand per 14 mei 2025, is:", ["14 mei 2025"]),
        ("Overzicht van 14 mei 2025", []),
        ("Peildatum mei 2025", []),
        ("", []),
    ],
)
def test_reference_dates_are_found_as_printed(
    listed: Layout, caption: str, printed: list[str]
) -> None:
    assert list(listed.find_reference_dates(caption)) == printed


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("e\u0308", "ë"),
        ("EUMM\u00a0Georgie\u0308", "EUMM Georgië"),
        (" a \n\t b ", "a b"),
        ("Georgië", "Georgië"),
        ("EUMM  Georgië", "EUMM Georgië"),
        ("eumm georgië", "eumm georgië"),
    ],
)
def test_printed_form_composes_and_keeps_case(text: str, form: str) -> None:
    assert printed_form(text) == form


# Layouts that are wrong


def layout_file(folder: Path, text: str) -> Path:
    import shutil

    shutil.copytree(SCHEMAS / "meta", folder / "meta")
    (folder / "layouts").mkdir()
    path = folder / "layouts" / "one.yaml"
    path.write_text(text, "utf-8")
    return path


GOOD = """layout: one
table: deployments
description: A list.
columns:
  mission: {required: true, headers: [Mission]}
total: {column: mission, words: [Total]}
"""


def test_layout_of_ones_own_is_read(tmp_path: Path) -> None:
    layout_file(tmp_path, GOOD)
    (layout,) = load_layouts(tmp_path).values()
    assert layout.assign(["Mission"]) == ["mission"]
    assert layout.is_total({"mission": "Total"})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("column: mission", "column: count", ", key total.column: 'count' is no column of it"),
        ("table: deployments\n", "", ", line 1, key (top level): 'table' is a required property"),
        ("headers: [Mission]", "headers: Mission", ", line 5, key columns.mission.headers: "),
    ],
)
def test_wrong_layout_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert GOOD.count(old) == 1
    path = layout_file(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        load_layouts(tmp_path)
    assert str(caught.value).startswith(f"{path}{told}")


def test_no_layouts_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_layouts(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'layouts'}: found no layouts (*.yaml)"
