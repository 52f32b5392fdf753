"""The code lists of SIS statistics: each rule that holds within and between them."""

import datetime as dt
import re
from functools import cache
from itertools import combinations, pairwise
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.code.codelists import read_code_list
from ipsdata.code.membership import Membership
from ipsdata.contracts import load_contract

SCHEMAS = ROOT / "schemas"
ONE_DAY = dt.timedelta(days=1)
Row = dict[str, Any]

FIRST_DAY = dt.date(1995, 3, 26)
SIS_II = dt.date(2013, 4, 9)
RECAST = dt.date(2023, 3, 7)
ERAS: dict[str | None, tuple[dt.date | None, dt.date | None]] = {
    None: (None, None),
    "CISA": (FIRST_DAY, SIS_II - ONE_DAY),
    "1987/2006": (SIS_II, RECAST - ONE_DAY),
    "2007/533": (SIS_II, RECAST - ONE_DAY),
    "2018/1860": (RECAST, None),
    "2018/1861": (RECAST, None),
    "2018/1862": (RECAST, None),
}
ARTICLES = {
    "CISA": {"95", "96", "97", "98", "99", "99(2)", "99(3)", "100"},
    "1987/2006": {"24"},
    "2007/533": {"26", "32", "34", "36", "36(2)", "36(3)", "38"},
    "2018/1860": {"3"},
    "2018/1861": {"24"},
    "2018/1862": {"26", "32", "34", "36", "38", "40"},
}
# The points of article 38(2) of the laws: point m and point f name two kinds of document.
OBJECTS_OF_THE_RECAST = set(
    "vehicles trailers caravans industrial_equipment boats boat_engines containers aircraft "
    "aircraft_engines firearms blank_documents issued_documents vehicle_documents banknotes "
    "information_technology vehicle_parts industrial_equipment_parts valuable_objects".split()
)
OBJECTS_BEFORE = set(
    "vehicles boats aircraft trailers caravans industrial_equipment outboard_engines containers "
    "firearms blank_documents issued_documents vehicle_documents banknotes securities".split()
)
# Counted from the accessions, independently of the list; the years between do not change.
MEMBERS = {1995: 7, 1997: 10, 2001: 15, 2007: 24, 2008: 25, 2010: 27, 2011: 28, 2015: 29}
MEMBERS |= {2017: 30, 2020: 30, 2021: 30, 2023: 31, 2025: 31}
ALSO_REPORTED = {"alerts_updated", "alerts_expired"}


def rows_of(table: str) -> list[Row]:
    contract = load_contract(SCHEMAS / "tables" / f"{table}.yaml", SCHEMAS)
    return read_code_list(SCHEMAS / "codes" / f"{table}.csv", contract)


CATEGORIES: dict[str, Row] = {row["category_id"]: row for row in rows_of("sis_categories")}
STATES = rows_of("sis_membership")
BREAKS = rows_of("sis_breaks")
INDICATORS = {row["indicator"]: row for row in rows_of("sis_indicators")}
SOURCE_KINDS = rows_of("sis_source_kinds")
COUNTRIES = {row["country_code"]: row for row in rows_of("countries")}
MEMBERSHIP = Membership(STATES)


@cache
def wider(category: str) -> frozenset[str]:
    """Return a category with all those that it is part of."""
    row = CATEGORIES[category]
    above = [row[name] for name in ("parent_id", "also_part_of") if row[name]]
    return frozenset({category}.union(*map(wider, above)))


def parts(category: str) -> set[str]:
    return {other for other in CATEGORIES if category in wider(other)}


def overlap(one: str, other: str) -> bool:
    return bool(parts(one) & parts(other))


# Categories: what their ids say


@pytest.mark.parametrize("row", CATEGORIES.values(), ids=list(CATEGORIES))
def test_id_is_instrument_article_and_kind(row: Row) -> None:
    code = row["category_id"]
    if row["instrument"] is None:
        assert code in {"total", "persons", "objects"}
        assert row["article"] is None
    else:
        base, *kinds = code.removeprefix(f"{row['instrument']}:").split("/")
        assert code.startswith(f"{row['instrument']}:")
        assert base == row["article"]
        assert row["article"] in ARTICLES[row["instrument"]]
        assert all(re.fullmatch("[a-z_]+", kind) for kind in kinds)
        assert not kinds or f"{row['instrument']}:{base}" in CATEGORIES
    assert (row["valid_from"], row["valid_until"]) == ERAS[row["instrument"]]
    assert row["title"]
    assert row["title_nl"]


def test_every_article_of_every_law_is_there() -> None:
    expected = {f"{law}:{article}" for law, articles in ARTICLES.items() for article in articles}
    assert expected <= CATEGORIES.keys()


@pytest.mark.parametrize(
    ("article", "kinds"),
    [
        ("CISA:100", OBJECTS_BEFORE),
        ("2007/533:38", OBJECTS_BEFORE),
        ("2018/1862:38", OBJECTS_OF_THE_RECAST),
    ],
)
def test_every_kind_of_object_is_there(article: str, kinds: set[str]) -> None:
    found = [row["category_id"] for row in CATEGORIES.values() if row["parent_id"] == article]
    assert sorted(found) == sorted(f"{article}/{kind}" for kind in kinds)
    documents = parts(f"{article}/vehicle_documents") - {f"{article}/vehicle_documents"}
    assert documents == {f"{article}/registration_certificates", f"{article}/number_plates"}


def test_points_of_the_recast_are_told_in_the_order_of_the_law() -> None:
    found = [
        (row["note"] or "")[:8] for row in CATEGORIES.values() if row["parent_id"] == "2018/1862:38"
    ]
    assert sorted(found) == [f"Point {letter}." for letter in "abcdefghijklmnopqr"]


# Categories: which is part of which


def test_all_categories_but_the_total_are_part_of_it_and_none_of_itself() -> None:
    for code, row in CATEGORIES.items():
        assert "total" in wider(code)
        assert (row["parent_id"] is None) == (code == "total")
        assert row["also_part_of"] is None or row["also_part_of"] != row["parent_id"]
        for name in ("parent_id", "also_part_of"):
            assert row[name] is None or code not in wider(row[name])


def test_a_second_wider_category_says_more_than_the_first() -> None:
    for row in CATEGORIES.values():
        if row["also_part_of"]:
            assert row["also_part_of"] not in wider(row["parent_id"]), row["category_id"]
            assert row["parent_id"] not in wider(row["also_part_of"]), row["category_id"]


def test_a_part_is_of_the_same_law_and_about_what_the_whole_is_about() -> None:
    for code, row in CATEGORIES.items():
        for other in map(CATEGORIES.__getitem__, wider(code)):
            assert other["instrument"] in {row["instrument"], None}, (code, other["category_id"])
            assert other["subject"] in {row["subject"], "both"}, (code, other["category_id"])
        assert (row["subject"] == "person") == ("persons" in wider(code))
        assert (row["subject"] == "object") == ("objects" in wider(code))


def test_a_category_is_part_of_those_that_its_id_begins_with() -> None:
    for code, row in CATEGORIES.items():
        base, *kinds = _divided(code)
        longer = ["/".join([base, *kinds[:n]]) for n in range(len(kinds))]
        article = re.sub(r"\([0-9]\)$", "", base)
        assert row["instrument"] is None or {*longer, article} <= wider(code), code


def _divided(code: str) -> list[str]:
    """Return the parts of a category's id; the slash of 2018/1862 divides none."""
    law, colon, rest = code.rpartition(":")
    base, *kinds = rest.split("/")
    return [law + colon + base, *kinds]


def test_what_covers_persons_and_objects_shows_its_overlap_with_both() -> None:
    for code, row in CATEGORIES.items():
        assert overlap(code, "persons") == (row["subject"] != "object"), code
        assert overlap(code, "objects") == (row["subject"] != "person"), code


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("persons", "objects", False),
        ("2018/1862:36", "persons", True),
        ("2018/1862:36/persons", "2018/1862:36", True),
        ("2018/1862:36/persons", "2018/1862:36/objects", False),
        ("2018/1862:36/persons", "2018/1862:36/discreet_checks", True),
        ("2018/1862:36/persons/discreet_checks", "2018/1862:36/objects", False),
        ("2018/1862:36/persons/discreet_checks", "2018/1862:36/inquiry_checks", False),
        ("2018/1862:36/inquiry_checks", "2018/1862:36/specific_checks", False),
        ("2018/1862:36", "2018/1862:38", False),
        ("2007/533:36(2)", "2007/533:36/persons", True),
        ("2007/533:36(2)", "2007/533:36(3)", False),
        ("2007/533:36(2)/persons", "2007/533:36/persons", True),
        ("2007/533:36(2)/persons", "2007/533:36(3)/persons", False),
        ("CISA:99(2)/persons", "CISA:99", True),
        ("CISA:99(2)", "CISA:99/objects", True),
        ("CISA:99(2)/persons", "persons", True),
        ("2018/1862:32/missing_persons", "2018/1862:32/vulnerable_persons", False),
        ("2018/1862:26", "2007/533:26", False),
    ],
)
def test_categories_overlap_exactly_if_they_share_a_part(
    one: str, other: str, expected: bool
) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


def test_a_division_that_is_crossed_has_no_cell_missing() -> None:
    kinds = ("persons", "objects")
    crossings = [
        ("2018/1862:36", [f"2018/1862:36/{n}_checks" for n in ("discreet", "inquiry", "specific")]),
        ("2007/533:36", ["2007/533:36(2)", "2007/533:36(3)"]),
        ("CISA:99", ["CISA:99(2)", "CISA:99(3)"]),
    ]
    for whole, divisions in crossings:
        for division in divisions:
            assert CATEGORIES[division]["parent_id"] == whole
            for kind in kinds:
                shared = parts(division) & parts(f"{whole}/{kind}")
                (cell,) = shared
                row = CATEGORIES[cell]
                assert (row["parent_id"], row["also_part_of"]) == (f"{whole}/{kind}", division)


# Categories: what continues what


@pytest.mark.parametrize("row", CATEGORIES.values(), ids=list(CATEGORIES))
def test_continuity_leads_to_the_law_directly_before(row: Row) -> None:
    if row["instrument"] in {None, "CISA"}:
        assert (row["continues_id"], row["continuity"]) == (None, None)
        return
    assert row["continuity"] in {"wholly", "partly", "not"}
    if row["continuity"] == "not":
        assert row["continues_id"] is None
        return
    before = CATEGORIES[row["continues_id"]]
    assert before["instrument"] != row["instrument"]
    assert before["valid_until"] + ONE_DAY == row["valid_from"]
    assert before["subject"] == row["subject"]


def test_no_two_categories_wholly_continue_the_same_one() -> None:
    found: dict[str, list[str]] = {}
    for code, row in CATEGORIES.items():
        if row["continuity"] == "wholly":
            found.setdefault(row["continues_id"], []).append(code)
    assert {before: codes for before, codes in found.items() if len(codes) > 1} == {}


def test_a_part_continues_a_part_of_what_the_whole_continues() -> None:
    for code, row in CATEGORIES.items():
        if row["continues_id"]:
            for whole in map(CATEGORIES.__getitem__, wider(code)):
                if whole["continues_id"]:
                    assert whole["continues_id"] in wider(row["continues_id"]), code


@pytest.mark.parametrize(
    ("code", "continuity", "before"),
    [
        ("2018/1860:3", "not", None),
        ("2018/1861:24", "partly", "1987/2006:24"),
        ("2018/1862:26", "wholly", "2007/533:26"),
        ("2018/1862:32", "partly", "2007/533:32"),
        ("2018/1862:32/missing_persons", "wholly", "2007/533:32"),
        ("2018/1862:32/vulnerable_persons", "not", None),
        ("2018/1862:32/vulnerable_adults", "not", None),
        ("2018/1862:36/inquiry_checks", "not", None),
        ("2018/1862:36/persons/inquiry_checks", "not", None),
        ("2018/1862:38", "partly", "2007/533:38"),
        ("2018/1862:38/information_technology", "not", None),
        ("2018/1862:38/boat_engines", "partly", "2007/533:38/outboard_engines"),
        ("2018/1862:40", "not", None),
        ("1987/2006:24", "wholly", "CISA:96"),
        ("2007/533:36/persons", "wholly", "CISA:99/persons"),
    ],
)
def test_known_continuities(code: str, continuity: str, before: str | None) -> None:
    row = CATEGORIES[code]
    assert (row["continuity"], row["continues_id"]) == (continuity, before)


def test_partial_continuity_is_explained() -> None:
    for code, row in CATEGORIES.items():
        assert row["continuity"] != "partly" or row["note"], code


# Membership


def test_states_are_countries_in_order_of_their_periods() -> None:
    keys = [(row["country_code"], row["valid_from"]) for row in STATES]
    assert keys == sorted(set(keys))
    assert {COUNTRIES[code]["kind"] for code, _ in keys} == {"country"}


def test_periods_of_a_state_follow_each_other_and_differ() -> None:
    for one, next_one in pairwise(STATES):
        if one["country_code"] == next_one["country_code"]:
            assert one["valid_until"] + ONE_DAY == next_one["valid_from"]
            assert one["refusal_of_entry"] != next_one["refusal_of_entry"]
    for row in STATES:
        assert row["valid_from"] >= FIRST_DAY
        assert row["source"]
        assert (row["limits"] is None) == row["refusal_of_entry"]


def test_members_at_the_end_of_each_year() -> None:
    counts = {end.year: len(end.members) for end in MEMBERSHIP.year_ends(2025)}
    expected: dict[int, int] = {}
    for year in range(1995, 2026):
        expected[year] = MEMBERS.get(year, expected.get(year - 1, 0))
    assert counts == expected


def test_only_the_united_kingdom_has_left() -> None:
    left = {code for end in MEMBERSHIP.year_ends(2025) for code in end.left}
    assert left == {"GB"}
    assert MEMBERSHIP.periods("GB") == "2015-04-13 to 2020-12-31"


def test_founders_and_who_never_took_part() -> None:
    assert MEMBERSHIP.members_on(FIRST_DAY) == ("BE", "DE", "ES", "FR", "LU", "NL", "PT")
    assert not any(map(MEMBERSHIP.knows, ("SIS", "EU", "SCHENGEN", "TR", "AL", "MC")))


def test_who_takes_no_part_in_refusal_of_entry() -> None:
    always = {row["country_code"] for row in STATES if row["refusal_of_entry"]}
    assert {row["country_code"] for row in STATES} - always == {"GB", "IE", "CY"}
    day = dt.date(2018, 7, 31)
    limited = {code for code in MEMBERSHIP.members_on(day) if MEMBERSHIP.limited(code, day, day)}
    assert limited == {"BG", "GB", "HR", "RO"}
    day += ONE_DAY
    limited = {code for code in MEMBERSHIP.members_on(day) if MEMBERSHIP.limited(code, day, day)}
    assert limited == {"GB", "HR"}


# Breaks


def test_breaks_of_members_are_days_on_which_membership_changes() -> None:
    starts = {(row["country_code"], row["valid_from"]) for row in STATES}
    ends = {
        (row["country_code"], row["valid_until"] + ONE_DAY) for row in STATES if row["valid_until"]
    }
    found = {(row["area"], row["breaks_on"]) for row in BREAKS if row["kind"] == "membership"}
    assert found <= starts | ends


def test_every_start_and_end_of_membership_is_a_break() -> None:
    found = {(row["area"], row["breaks_on"]) for row in BREAKS}
    for end in MEMBERSHIP.year_ends(2025)[1:]:
        for code in end.joined:
            first = min(r["valid_from"] for r in STATES if r["country_code"] == code)
            assert (code, first) in found
        for code in end.left:
            last = max(r["valid_until"] for r in STATES if r["country_code"] == code)
            assert (code, last + ONE_DAY) in found


def test_a_change_of_limits_after_half_a_year_is_a_break() -> None:
    found = {(row["area"], row["breaks_on"]) for row in BREAKS}
    for one, next_one in pairwise(STATES):
        if one["country_code"] == next_one["country_code"]:
            is_long = next_one["valid_from"] - one["valid_from"] > dt.timedelta(days=183)
            assert ((next_one["country_code"], next_one["valid_from"]) in found) is is_long


def test_breaks_of_the_law_are_the_first_days_of_instruments() -> None:
    found = {row["breaks_on"] for row in BREAKS if row["kind"] == "law"}
    assert found == {first for first, _ in ERAS.values() if first} - {FIRST_DAY}


def test_breaks_say_what_they_are_about() -> None:
    ids = {row["break_id"]: row for row in BREAKS}
    assert len(ids) == len(BREAKS)
    assert list(ids.values()) == sorted(BREAKS, key=lambda r: (r["breaks_on"], r["break_id"]))
    for code, row in ids.items():
        assert (row["area"] is None) == (row["kind"] != "membership"), code
        assert row["affects"] == ("flows" if row["kind"] == "pandemic" else "all"), code
        assert code.endswith(f"-{row['breaks_on'].year}"), code
        assert row["area"] is None or code.startswith(f"{row['area'].lower()}-"), code
        assert row["title"], code
        assert row["title_nl"], code
        assert row["source"], code
    assert ids["gb-out-2021"]["breaks_on"] == dt.date(2021, 1, 1)
    assert ids["pandemic-2020"]["breaks_on"] == dt.date(2020, 3, 17)


# Sources and indicators


def test_source_kinds_are_ranked_without_ties() -> None:
    ranked = [row["source_kind"] for row in sorted(SOURCE_KINDS, key=lambda r: r["authority"])]
    kinds = "eu_lisa council_or_commission national_authority parliament press"
    assert ranked == kinds.split()
    assert [row["authority"] for row in SOURCE_KINDS] == [1, 2, 3, 4, 5]
    assert all(row["title"] and row["title_nl"] for row in SOURCE_KINDS)


def test_there_is_a_row_for_each_indicator_of_the_statistics() -> None:
    contract = load_contract(SCHEMAS / "tables" / "sis_statistics.yaml", SCHEMAS)
    (column,) = [column for column in contract.columns if column.name == "indicator"]
    assert set(column.domain) | ALSO_REPORTED == INDICATORS.keys()


def test_shares_add_over_nothing_and_stocks_not_over_time() -> None:
    for code, row in INDICATORS.items():
        is_share = code.endswith("_share")
        assert is_share == (row["unit"] == "percent"), code
        sums = [row[f"adds_over_{name}"] for name in ("areas", "categories", "time")]
        assert any(sums) is not is_share, code
        assert row["adds_over_time"] == (row["time_kind"] == "flow" and not is_share), code
        assert row["adds_over_areas"] is not is_share, code
        assert row["time_kind"] == ("stock" if code in {"alerts", "alert_share"} else "flow"), code
        assert row["has_scope"] == (code == "hits"), code
        assert row["part_of"] is None or not is_share, code


def test_parts_of_indicators() -> None:
    found = {code: row["part_of"] for code, row in INDICATORS.items() if row["part_of"]}
    assert found == {
        "searches": "accesses",
        "alert_management": "accesses",
        "automated_searches": "searches",
        "biometric_searches": "searches",
        "alerts_created": "alert_management",
        "alerts_updated": "alert_management",
        "alerts_deleted": "alert_management",
    }
    for part, whole in found.items():
        for name in ("time_kind", "adds_over_areas", "adds_over_time"):
            assert INDICATORS[part][name] == INDICATORS[whole][name]


def test_what_is_searched_has_no_categories() -> None:
    without = {code for code, row in INDICATORS.items() if not row["adds_over_categories"]}
    shares = {code for code in INDICATORS if code.endswith("_share")}
    assert without - shares == {
        "accesses",
        "searches",
        "automated_searches",
        "biometric_searches",
        "alert_management",
    }


# What was written for people


def test_texts_are_sentences_without_stray_spaces() -> None:
    tables = (CATEGORIES.values(), STATES, BREAKS, SOURCE_KINDS, INDICATORS.values())
    texts = [
        text
        for rows in tables
        for row in rows
        for name, text in row.items()
        if name in {"note", "limits", "description"} and text
    ]
    assert texts
    for text in texts:
        assert text == " ".join(text.split())
        assert text.endswith("."), text


def test_titles_of_categories_tell_them_apart() -> None:
    for language in ("title", "title_nl"):
        for one, other in combinations(CATEGORIES.values(), 2):
            if one["instrument"] == other["instrument"]:
                assert one[language] != other[language], (one["category_id"], other["category_id"])
