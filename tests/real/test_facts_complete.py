"""Nothing of the real inputs is missing from what ships, and nothing of it was changed."""

import csv
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from captured import captured_figures
from conftest import REAL_DIR as REAL
from ipsdata.code.numbers import parse_number

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"
LETTER = RAW / "letters" / "2025-06-12"

Row = dict[str, str]

INDICATORS = {
    ("alerts_entered", "return"): "alerts_created",
    ("searches", "automated"): "automated_searches",
    ("searches", "afis"): "biometric_searches",
    ("search_share", "automated"): "automated_search_share",
}
SCOPES = {
    "foreign_alerts": "on_foreign_alerts",
    "swiss_related": "both_directions",
    "german_related_both_directions": "both_directions",
}
NO_CATEGORIES = {"automated", "afis", *SCOPES}
PARTS_OF_YEARS = {"2013": "2013-04-09/2013-12-31", "2023": "2023-03-07/2023-12-31"}
PRECISIONS = {"approx": "approximate"}
UNITS = {"record": "alert"}
CISA = re.compile(r"CISA_(?P<article>9[5-9])(?:_(?P<paragraph>[23]))?_(?P<words>.*)")

# What the list does not have: figures that its remarks name.
ADDED = {
    ("monteoz-sis-2024", "23478126"),
    ("site36-2023-07-11", "65"),
    ("cilip-2018-06-24", "129983"),
    ("bundestag-19-3487", "20 Millionen"),
    ("bcrp-brighton-2018-11-06", "539 million"),
    ("guardian-2023-03-01", "more than 600m"),
    ("netzpolitik-2020-via-list", "fast 90 Millionen"),
    ("site36-2021-03-18", "933061"),
    ("behoerden-spiegel-2023-03-07", "85398322"),
}
# What the list itself rounds, and what its remarks divide.
ROUNDING_OF_QUOTIENTS = {"154445": 0, "12846000000": -6, "358000": -3}

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the real documents are not beside the project (IPSDATA_REAL_DIR)"
    ),
]


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def facts() -> list[Row]:
    return rows_of(REAL / "sis" / "published_facts.csv")


def figures() -> list[Row]:
    letter = [dict(row, source_url="letter") for row in captured_figures()]
    return rows_of(RAW / "sis" / "1999-2024" / "figures.csv") + letter


def letter_text() -> str:
    return (REAL / "letters" / "2025-06-12" / "letter.txt").read_text(encoding="utf-8")


def figures_for(fact: Row, among: list[Row]) -> list[Row]:
    is_letter = fact["source_url"].startswith("seed:")
    expected = {
        "source_url": "letter" if is_letter else fact["source_url"],
        "indicator": INDICATORS.get((fact["measure"], fact["category"]), fact["measure"]),
        "area": {"UK": "GB"}.get(fact["geo"], fact["geo"]),
        "time_period": expected_period(fact, is_letter=is_letter),
        "averaging": "none",
        "unit": UNITS.get(fact["unit"], fact["unit"]),
    }
    return [
        row
        for row in among
        if all(row[name] == text for name, text in expected.items())
        and re.fullmatch(expected_category(fact["category"]), row["category_id"])
        and row["as_printed"] not in {printed for _, printed in ADDED}
    ]


def expected_period(fact: Row, *, is_letter: bool) -> str:
    if fact["note"].startswith("PARTIAL YEAR"):
        return PARTS_OF_YEARS[fact["period"]]
    return fact["period"] if is_letter else fact["as_of"]


def expected_category(category: str) -> str:
    """Return a pattern of our category ids for a category of the list."""
    if category in NO_CATEGORIES:
        return "total"
    if found := CISA.fullmatch(category):
        paragraph = f"({found['paragraph']})" if found["paragraph"] else ""
        missing = {"missing_adults": "/adults", "missing_minors": "/minors"}
        suffix = missing.get(found["words"], "/persons" if paragraph else "")
        return re.escape(f"CISA:{found['article']}{paragraph}{suffix}")
    if category.startswith("obj_"):
        return rf"(CISA:100|2018/1862:38)/{category.removeprefix('obj_')}"
    if category == "return":
        return "2018/1860:3"
    if category.startswith("art"):
        article, _, part = category.removeprefix("art").partition("_")
        return rf"[0-9]{{4}}/[0-9]+:{article}{'/' + part if part else ''}"
    return category


@pytest.mark.parametrize(
    "fact", facts() if REAL.is_dir() else [], ids=lambda fact: "-".join(list(fact.values())[:5])
)
def test_each_fact_stands_in_one_figures_file_once(fact: Row) -> None:
    found = figures_for(fact, figures())
    assert len(found) == 1
    (row,) = found
    if row["indicator"] == "hits" and row["source_url"] != "letter":
        assert row["scope"] == SCOPES.get(fact["category"], "not_stated")
    if re.fullmatch(r"[0-9.]+", row["as_printed"]) and row["language"] == "en":
        assert row["as_printed"] == fact["value"]
        assert row["precision"] == PRECISIONS.get(fact["precision"], fact["precision"])
    elif row.get("precision") == "derived":
        dividend, divisor = (float(part) for part in row["as_printed"].split(" / "))
        rounded = round(dividend / divisor, ROUNDING_OF_QUOTIENTS[fact["value"]])
        assert rounded == float(fact["value"])
    else:
        number = parse_number(row["as_printed"], row["language"])
        assert number.value == Decimal(fact["value"])


def test_no_figure_is_from_elsewhere() -> None:
    rows = figures()
    taken = Counter(id(row) for fact in facts() for row in figures_for(fact, rows))
    assert set(taken.values()) == {1}
    left = {
        (row.get("source", "letter"), row["as_printed"]) for row in rows if id(row) not in taken
    }
    in_the_letter_only = {
        ("letter", text)
        for text in ("vijftien miljard", "93,1 miljoen", "397.804", "41 miljoen", "1.090", "45")
    }
    assert left == ADDED | in_the_letter_only


def test_figures_of_the_letter_stand_in_the_letter() -> None:
    heading = letter_text().index("\nSchengeninformatiesysteem\n")
    paragraph = letter_text()[heading:].split("\n\n")[1]
    texts = [row["as_printed"] for row in captured_figures()]
    assert [text for text in texts if text not in paragraph] == []


def test_deployments_stand_in_the_letter_as_printed() -> None:
    table = letter_text().partition("Overzicht uitgezonden politiefunctionarissen")[2]
    cells = [line.strip() for line in table.splitlines()[1:] if line.strip()]
    with (LETTER / "deployments.csv").open(encoding="utf-8", newline="") as stream:
        assert [cell for row in csv.reader(stream) for cell in row] == cells


def test_missions_of_the_draft_are_all_there() -> None:
    drafted = {row["code"] for row in rows_of(REAL / "missions" / "missions_master_draft.csv")}
    shipped = {row["mission_id"] for row in rows_of(ROOT / "schemas" / "codes" / "missions.csv")}
    assert len(drafted) == 61
    assert drafted <= shipped


def test_missions_of_the_un_list_are_all_there_by_acronym_and_name() -> None:
    aliases = {row["alias"] for row in rows_of(ROOT / "schemas" / "codes" / "mission_aliases.csv")}
    listed = rows_of(REAL / "missions" / "DPPADPOSS-PKO.csv")
    assert len(listed) == 81
    assert {row["mission_acronym"] for row in listed} <= aliases
    names = {row["mission_name"].strip() for row in listed if row["mission_acronym"] != "DOMREP"}
    assert names <= aliases


def test_dates_agree_with_the_un_list_as_far_as_they_go() -> None:
    missions = {row["mission_id"]: row for row in rows_of(ROOT / "schemas/codes/missions.csv")}
    for row in rows_of(REAL / "missions" / "DPPADPOSS-PKO.csv"):
        mission = missions.get(row["mission_acronym"].replace(" ", "_"))
        if mission is None:
            assert row["mission_acronym"] in {"IPTF", "UNCPSG"}
            continue
        assert row["start_date"].startswith(mission["start"]), mission["mission_id"]
        is_later_closed = mission["mission_id"] == "MINUSMA"
        assert is_later_closed or row["end_date"].startswith(mission["end"]), mission["mission_id"]
