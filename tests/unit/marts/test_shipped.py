"""The marts made of the project's own data: results worked out by hand from the printed figures."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conftest import LETTER, ROOT
from ipsdata.contracts import load_contracts
from ipsdata.plan import FACTS
from ipsdata.release.store import published_table
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings

Row = dict[str, Any]
Tables = dict[str, list[Row]]
MADE = ("sis_statistics", "sis_conflicts", "sis_annual", "sis_derived", "reconciliations")
KEY = ("year", "area", "indicator", "category_id")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    processed = tmp_path_factory.mktemp("shipped") / "processed"
    settings = Settings(ROOT / "data" / "raw", processed, ROOT / "schemas")
    report = run_pipeline(settings)
    assert (report.refusal, report.rejected) == (None, [])
    return {name: published_table(processed, name).to_pylist() for name in MADE}


def annual(tables: Tables, *key: Any) -> Row:
    (row,) = (row for row in tables["sis_annual"] if tuple(row[name] for name in KEY) == key)
    return row


def conflict(tables: Tables, *printed: str) -> Row:
    sides = ("left_as_printed", "right_as_printed")
    (row,) = (
        row for row in tables["sis_conflicts"] if {row[side] for side in sides} == set(printed)
    )
    return row


def test_every_figure_has_a_kind_of_source(tables: Tables) -> None:
    figures = tables["sis_statistics"]
    listed = [row for row in figures if row["edition_id"].startswith("sis/")]
    assert Counter(row["source_kind"] for row in listed) == {
        "press": 76,
        "parliament": 28,
        "national_authority": 13,
        "eu_lisa": 3,
    }
    kinds = {row["source"]: row["source_kind"] for row in figures}
    assert len(kinds) == 31
    assert kinds[LETTER] == "parliament"
    origins = {(r["source"], r["origin_kind"]) for r in figures if r["origin_kind"]}
    assert origins == {
        ("bundestag-19-3487", "eu_lisa"),
        ("cilip-2018-06-24", "eu_lisa"),
        ("ep-e-001100-2025", "eu_lisa"),
        ("julienfrisch-2010-02-12", "council_or_commission"),
        ("monteoz-sis-2024", "eu_lisa"),
        ("securiteinterieurefr-2017-02-06", "council_or_commission"),
        ("site36-2021-03-18", "national_authority"),
    }


@pytest.mark.parametrize(
    ("printed", "verdict", "diagnosis"),
    [
        (("93,1 miljoen", "93195404"), "explained", "truncation"),
        (("vijftien miljard", "15021198103"), "compatible", "precision"),
        (("539 million", "541 million"), "conflict", "none"),
        (("more than 600m", "571 million"), "conflict", "none"),
        (("19 million", "20 Millionen"), "conflict", "none"),
        (("fast 90 Millionen", "mehr als 90 Millionen"), "conflict", "none"),
        (("129983", "129412"), "explained", "reference_day"),
        (("over 86 million", "85398322"), "explained", "reference_day"),
        (("etwa 965.000", "933061"), "explained", "mass_deletion"),
        (("around 960,000", "around one million"), "compatible", "precision"),
    ],
)
def test_conflicts(tables: Tables, printed: tuple[str, str], verdict: str, diagnosis: str) -> None:
    row = conflict(tables, *printed)
    assert (row["verdict"], row["diagnosis"]) == (verdict, diagnosis)
    assert all(text in row["explanation"] for text in printed)


def test_the_mean_of_the_letter_has_another_divisor(tables: Tables) -> None:
    rows = [row for row in tables["sis_conflicts"] if row["diagnosis"] == "other_divisor"]
    assert {row["right_source"] for row in rows} | {row["left_source"] for row in rows} == {
        LETTER,
        "monteoz-sis-2024",
    }
    assert len(rows) == 2
    for row in rows:
        assert row["explanation"].endswith(
            " / 365, although 2024 had 366 days, by which 397,804 is 1,086.90"
        )
    assert len(tables["sis_conflicts"]) == 12


def test_difference_of_two_days(tables: Tables) -> None:
    told = conflict(tables, "129983", "129412")["explanation"]
    assert told.endswith("of 2018-01-01: stocks of two days, which differ by 571")


def test_deleted_alerts_of_the_united_kingdom(tables: Tables) -> None:
    told = conflict(tables, "etwa 965.000", "933061")["explanation"]
    assert "differ by [30,939, 32,939]; deleted in between: [36,000, 38,000], around 37,000" in told
    assert "the rest, [3,061, 7,061], being new or counted otherwise" in told


def test_alerts_of_2024(tables: Tables) -> None:
    row = annual(tables, 2024, "SIS", "alerts", "total")
    assert (row["value"], row["authority"], row["candidates"]) == (93_195_404, 1, 2)
    assert row["choice"] == (
        "monteoz-sis-2024 (press quoting eu_lisa) 93195404 before letters/2025-06-12 (parliament) "
        "93,1 miljoen: authority"
    )


@pytest.mark.parametrize(
    ("key", "value", "source"),
    [
        ((2013, "SIS", "alerts", "total"), 50_000_000, "eprs-2018-10-24-figure-2"),
        ((2013, "SIS", "searches", "total"), 1_200_000_000, "eprs-2017-05-15-figure-6"),
        ((2017, "GB", "searches", "total"), 541_000_000, "eprs-2018-10-24-figure-2"),
        ((2017, "IT", "alerts", "total"), 20_000_000, "bundestag-19-3487"),
        ((2017, "SIS", "alerts", "2007/533:36/persons"), 129_983, "cilip-2018-06-24"),
        ((2019, "GB", "searches", "total"), 571_000_000, "nca-sec0003"),
        ((2021, "SIS", "alerts", "persons"), 933_061, "site36-2021-03-18"),
        ((2022, "SIS", "alerts", "persons"), 960_000, "site36-2025-05-27"),
        ((2023, "SIS", "alerts", "persons"), 1_400_000, "bka-2024-03"),
        ((2024, "SIS", "hits", "total"), 397_804, "monteoz-sis-2024"),
        ((2024, "SIS", "searches", "total"), 15_021_198_103, "monteoz-sis-2024"),
        ((2024, "NL", "alerts", "total"), 4_900_000, LETTER),
    ],
)
def test_preferred_figures(tables: Tables, key: tuple[Any, ...], value: int, source: str) -> None:
    row = annual(tables, *key)
    assert (row["value"], row["source"]) == (value, source)


def test_deletions_of_one_day_are_no_annual_figure(tables: Tables) -> None:
    assert not [row for row in tables["sis_annual"] if row["indicator"] == "alerts_deleted"]


def test_hits_change_their_scope(tables: Tables) -> None:
    row = annual(tables, 2020, "SIS", "hits", "total")
    assert row["breaks"] == "pandemic-2020; scope:on_foreign_alerts→not_stated"
    row = annual(tables, 2023, "SIS", "hits", "total")
    assert row["breaks"].endswith("; scope:not_stated→on_foreign_alerts")


@pytest.mark.parametrize(
    ("key", "measure", "value"),
    [
        ((2024, "SIS", "hits", "total"), "hits_per_million_searches", 26.48284),
        ((2024, "SIS", "searches", "total"), "searches_per_day", 41_041_524.87),
        ((2024, "NL", "alerts", "total"), "share_of_total", 5.25777),
        ((2024, "NL", "searches", "total"), "share_of_total", 26.62903),
        ((2022, "SIS", "automated_searches", "total"), "automated_search_share", 65.0),
        ((2017, "SIS", "searches", "total"), "growth", 30.76923),
        ((2024, "SIS", "hits", "total"), "growth", 11.0),
    ],
)
def test_derived(tables: Tables, key: tuple[Any, ...], measure: str, value: float) -> None:
    (row,) = (
        row
        for row in tables["sis_derived"]
        if tuple(row[name] for name in KEY) == key and row["measure"] == measure
    )
    assert row["value"] == pytest.approx(value, rel=1e-6)
    assert row["value_low"] <= row["value"]
    assert row["value_high"] is None or row["value"] <= row["value_high"]


def test_two_sources_came_out_as_before(tables: Tables) -> None:
    rows = [row for row in tables["reconciliations"] if row["rule"] == "two_sources"]
    assert Counter((row["outcome"], row["severity"]) for row in rows) == {
        ("fails", "warning"): 4,
        ("holds", "info"): 3,
        ("holds", "warning"): 1,
    }


def test_marts_are_made_of_published_facts_only(tables: Tables) -> None:
    assert set(load_contracts(ROOT / "schemas")) >= {*MADE, *FACTS}
    places = {(row["document_id"], row["locator"]) for row in tables["sis_statistics"]}
    for row in tables["sis_annual"]:
        assert (row["document_id"], row["locator"]) in places
    for row in tables["sis_conflicts"]:
        for side in ("left", "right"):
            assert (row[f"{side}_document_id"], row[f"{side}_locator"]) in places


def test_the_same_without_the_letter(tables: Tables, tmp_path: Path) -> None:
    raw = tmp_path / "raw" / "sis"
    raw.mkdir(parents=True)
    (raw / "1999-2024").symlink_to(ROOT / "data" / "raw" / "sis" / "1999-2024")
    settings = Settings(raw.parent, tmp_path / "processed", ROOT / "schemas")
    assert run_pipeline(settings).refusal is None
    rows = published_table(settings.processed_dir, "sis_conflicts").to_pylist()
    assert rows == [
        row
        for row in tables["sis_conflicts"]
        if LETTER not in (row["left_source"], row["right_source"])
    ]
    assert len(rows) == 8
