"""The code lists and raw figures that ship: whole, well-formed, and fitting one another."""

import csv
import datetime as dt
import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from captured import captured_figures

ROOT = Path(__file__).resolve().parents[2]
CODES = ROOT / "schemas" / "codes"
RAW = ROOT / "data" / "raw"
LETTER = RAW / "letters" / "2025-06-12"
SIS_LIST = RAW / "sis" / "1999-2024"
LETTER_DATE = dt.date(2025, 5, 14)

Row = dict[str, str]

HEADERS = {
    CODES / "missions.csv": (
        "mission_id,title,title_nl,organisation,mission_type,start,end,mandate_until,status,"
        "evidence,note"
    ),
    CODES / "mission_aliases.csv": "alias,mission_id,language,valid_from,valid_until,evidence",
    CODES / "mission_hosts.csv": "mission_id,country_code,certainty,valid_from,valid_until,note",
    CODES / "countries.csv": "country_code,alpha3,numeric,title,title_nl,kind,note",
    CODES / "sis_categories.csv": (
        "category_id,instrument,article,parent_id,also_part_of,subject,valid_from,valid_until,"
        "continues_id,continuity,title,title_nl,note"
    ),
    CODES / "sis_membership.csv": (
        "country_code,valid_from,valid_until,refusal_of_entry,limits,source,note"
    ),
    CODES / "sis_breaks.csv": ("break_id,breaks_on,kind,area,affects,title,title_nl,source,note"),
    CODES / "sis_source_kinds.csv": "source_kind,authority,title,title_nl,note",
    CODES / "sis_indicators.csv": (
        "indicator,time_kind,unit,part_of,adds_over_areas,adds_over_categories,adds_over_time,"
        "has_scope,title,title_nl,description"
    ),
    CODES / "organisations.csv": (
        "organisation_id,name,name_nl,abbreviation,kind,country_code,evidence,note"
    ),
    SIS_LIST / "figures.csv": (
        "indicator,area,category_id,scope,time_kind,time_period,averaging,as_printed,language,"
        "precision,unit,rank,source,source_kind,origin_kind,source_url,published_on,place,note"
    ),
    LETTER / "captures.csv": "table,row,dimensions,as_printed,locator,note",
    LETTER / "deployments.csv": "Missienaam,Aantal uitgezonden politiefunctionarissen",
}

ORGANISATIONS = {"EU", "OSCE", "UN", "UN_AU", "NATO", "MFO", "US_COALITION", "NL", "ICC"}
MISSION_TYPES = {
    "csdp_civilian",
    "csdp_military",
    "csdp_civil_military",
    "pre_csdp",
    "commission_project",
    "field_operation",
    "umbrella_label",
    "peacekeeping_operation",
    "special_political_mission",
    "other_un_presence",
    "commission_of_inquiry",
    "nato_military",
    "national_mission",
    "security_coordinator",
    "independent",
    "not_a_mission",
}
INDICATOR_UNITS = {
    "alerts": "alert",
    "alerts_created": "alert",
    "alerts_deleted": "alert",
    "searches": "search",
    "automated_searches": "search",
    "biometric_searches": "search",
    "accesses": "access",
    "alert_management": "operation",
    "hits": "hit",
    "confirmed_returns": "event",
    "alert_share": "percent",
    "search_share": "percent",
    "hit_share": "percent",
    "automated_search_share": "percent",
}
STOCKS = {"alerts", "alert_share"}
PRECISIONS = {"", "exact", "rounded", "approximate", "at_least", "at_most", "derived"}

LETTER_COUNTS = {
    "OVSE Westelijke Balkan": 1,
    "EULEX Kosovo": 3,
    "EUMM Georgië": 4,
    "EUMA Armenië": 6,
    "EUAM Oekraïne": 3,
    "EUCAP Somalië": 3,
    "EUBAM Libië": 2,
    "EUCAP Sahel Mali": 3,
    "EUPOL COPPS (Palestijnse gebieden)": 3,
    "OSC (Israël en Palestijnse gebieden)": 1,
    "EUAM Irak": 4,
}


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def code_list(name: str) -> list[Row]:
    return rows_of(CODES / f"{name}.csv")


def all_figures() -> list[Row]:
    return rows_of(SIS_LIST / "figures.csv") + captured_figures()


def doubles(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def edtf_span(text: str) -> tuple[dt.date, dt.date]:
    """Return first and last day of an EDTF level 0 date, month, year or interval."""
    first, _, last = text.partition("/")
    return _edtf_days(first)[0], _edtf_days(last or first)[1]


def _edtf_days(text: str) -> tuple[dt.date, dt.date]:
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text):
        raise ValueError(f"{text!r} is no EDTF level 0 date, month or year")
    start = dt.date.fromisoformat(f"{text}-01-01"[:10])
    if len(text) == len("2024-12-31"):
        return start, start
    months = 12 if len(text) == len("2024") else 1
    following = start.month - 1 + months
    after = start.replace(year=start.year + following // 12, month=following % 12 + 1)
    return start, after - dt.timedelta(days=1)


def covers(row: Row, day: dt.date) -> bool:
    return (not row["valid_from"] or dt.date.fromisoformat(row["valid_from"]) <= day) and (
        not row["valid_until"] or day <= dt.date.fromisoformat(row["valid_until"])
    )


def meanings(alias: str, day: dt.date) -> set[str]:
    rows = code_list("mission_aliases")
    return {row["mission_id"] for row in rows if row["alias"] == alias and covers(row, day)}


@pytest.mark.parametrize("path", HEADERS, ids=lambda path: "/".join(path.parts[-2:]))
def test_file_has_its_header_and_plain_form(path: Path) -> None:
    data = path.read_bytes()
    assert data.decode("utf-8").splitlines()[0] == HEADERS[path]
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")
    rows = rows_of(path)
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell != cell.strip() or "\n" in cell] == []
    assert str(ROOT).encode() not in data
    assert b"../" not in data


SORT_COLUMNS = {
    CODES / "missions.csv": ["mission_id"],
    CODES / "mission_aliases.csv": ["alias", "mission_id"],
    CODES / "mission_hosts.csv": ["mission_id", "country_code"],
    CODES / "countries.csv": ["country_code"],
    CODES / "sis_categories.csv": ["category_id"],
    CODES / "organisations.csv": ["organisation_id"],
    SIS_LIST / "figures.csv": [
        "time_period",
        "indicator",
        "area",
        "category_id",
        "scope",
        "source",
    ],
}


@pytest.mark.parametrize("path", SORT_COLUMNS, ids=lambda path: "/".join(path.parts[-2:]))
def test_keys_are_unique_and_sorted(path: Path) -> None:
    keys = [tuple(row[name] for name in SORT_COLUMNS[path]) for row in rows_of(path)]
    assert doubles(keys) == []
    assert keys == sorted(keys)


class TestMissions:
    def test_ids_are_well_formed(self) -> None:
        bad = [r["mission_id"] for r in code_list("missions") if not is_mission_id(r["mission_id"])]
        assert bad == []

    def test_every_row_has_title_and_evidence(self) -> None:
        assert [r for r in code_list("missions") if not (r["title"] and r["evidence"])] == []

    @pytest.mark.parametrize(
        ("column", "domain"),
        [
            ("organisation", ORGANISATIONS),
            ("mission_type", MISSION_TYPES),
            ("status", {"active", "closed", "label", "not_applicable"}),
        ],
    )
    def test_sets_are_closed_and_used(self, column: str, domain: set[str]) -> None:
        assert {row[column] for row in code_list("missions")} == domain

    def test_dates_are_edtf_and_ordered(self) -> None:
        for row in code_list("missions"):
            spans = [
                edtf_span(row[name]) for name in ("start", "end", "mandate_until") if row[name]
            ]
            assert all(spans[0][0] <= last for _, last in spans), row["mission_id"]

    def test_only_closed_missions_have_ended(self) -> None:
        ended = {row["status"] for row in code_list("missions") if row["end"]}
        assert ended == {"closed", "label"}

    def test_labels_are_umbrella_labels(self) -> None:
        for row in code_list("missions"):
            is_label = row["mission_type"] == "umbrella_label"
            assert is_label == (row["status"] == "label"), row["mission_id"]

    def test_minusma_is_closed_although_the_un_list_has_it_active(self) -> None:
        (row,) = [row for row in code_list("missions") if row["mission_id"] == "MINUSMA"]
        assert (row["end"], row["status"]) == ("2023-12-31", "closed")


def is_mission_id(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][A-Z0-9_]*", text))


class TestAliases:
    def test_they_point_to_missions_and_every_mission_has_one(self) -> None:
        aliased = {row["mission_id"] for row in code_list("mission_aliases")}
        assert aliased == {row["mission_id"] for row in code_list("missions")}

    def test_languages_and_evidence(self) -> None:
        rows = code_list("mission_aliases")
        assert {row["language"] for row in rows} <= {"nl", "en", "fr", "de", "mul"}
        assert [row for row in rows if not (row["alias"] and row["evidence"])] == []

    def test_ranges_are_iso_dates_in_order(self) -> None:
        for row in code_list("mission_aliases"):
            first = dt.date.fromisoformat(row["valid_from"] or "0001-01-01")
            last = dt.date.fromisoformat(row["valid_until"] or "9999-12-31")
            assert first <= last, row

    @pytest.mark.parametrize("name", LETTER_COUNTS)
    def test_each_name_of_the_letter_means_one_mission(self, name: str) -> None:
        assert len(meanings(name, LETTER_DATE)) == 1

    def test_the_names_of_the_letter_mean_different_missions(self) -> None:
        assert len(set().union(*(meanings(n, LETTER_DATE) for n in LETTER_COUNTS))) == 11

    @pytest.mark.parametrize("name", ["EUCAP Sahel", "EUTM", "EUBAM", "EUPOL", "EUAM", "EUCAP"])
    def test_short_names_stay_ambiguous(self, name: str) -> None:
        assert len(meanings(name, LETTER_DATE)) > 1

    @pytest.mark.parametrize(
        ("name", "day", "expected"),
        [
            ("EUMM", "2007-12-31", {"EUMM_FRY"}),
            ("EUMM", "2008-01-01", set()),
            ("EUMM", "2008-10-01", {"EUMM_GEORGIA"}),
            ("EUPM", "2012-06-30", {"EUPM_BIH"}),
            ("EUPM", "2025-05-14", {"EUPM_MOLDOVA"}),
            ("EUAM", "2015-06-30", {"EUAM_UKRAINE"}),
            ("EUCAP Nestor", "2016-12-31", {"EUCAP_SOMALIA"}),
            ("EUCAP Nestor", "2017-01-01", set()),
            ("USSC", "2024-12-31", {"OSC"}),
            ("OSC", "2024-12-31", set()),
            ("IPTF", "1999-12-31", {"UNMIBH"}),
            ("UNMIS", "2010-12-31", {"UNMIS"}),
            ("UNMISS", "2012-12-31", {"UNMISS"}),
        ],
    )
    def test_days_tell_names_apart(self, name: str, day: str, expected: set[str]) -> None:
        assert meanings(name, dt.date.fromisoformat(day)) == expected


class TestHosts:
    def test_they_point_to_missions_and_countries(self) -> None:
        missions = {row["mission_id"] for row in code_list("missions")}
        countries = {
            row["country_code"] for row in code_list("countries") if row["kind"] == "country"
        }
        rows = code_list("mission_hosts")
        assert {row["mission_id"] for row in rows} <= missions
        assert {row["country_code"] for row in rows} <= countries
        assert {row["certainty"] for row in rows} == {"certain", "presumed"}

    def test_every_mission_of_the_letter_has_a_host(self) -> None:
        hosted = {row["mission_id"] for row in code_list("mission_hosts")}
        assert set().union(*(meanings(n, LETTER_DATE) for n in LETTER_COUNTS)) <= hosted

    def test_hosts_of_the_umbrella_label_are_presumed(self) -> None:
        rows = [r for r in code_list("mission_hosts") if r["mission_id"] == "OSCE_WB"]
        assert {row["certainty"] for row in rows} == {"presumed"}
        assert {row["country_code"] for row in rows} == {"AL", "BA", "ME", "MK", "RS", "XK"}

    def test_a_mission_without_host_says_why(self) -> None:
        hosted = {row["mission_id"] for row in code_list("mission_hosts")}
        silent = [
            row["mission_id"]
            for row in code_list("missions")
            if row["mission_id"] not in hosted and "host" not in row["note"].lower()
        ]
        assert silent == []


class TestCountries:
    def test_the_file_is_what_its_script_makes(self) -> None:
        script = ROOT / "tools" / "make_countries.py"
        done = subprocess.run(
            [sys.executable, script, "--check"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_codes_are_well_formed(self) -> None:
        for row in code_list("countries"):
            is_country = row["kind"] == "country"
            assert re.fullmatch("[A-Z]{2}" if is_country else "[A-Z]{2,8}", row["country_code"])
            assert re.fullmatch("[A-Z]{3}" if is_country else "", row["alpha3"])
            assert re.fullmatch("[0-9]{3}|", row["numeric"])
            assert row["title"], row["country_code"]
            assert row["title_nl"], row["country_code"]

    def test_what_iso_lacks_or_readers_lose(self) -> None:
        by_code = {row["country_code"]: row for row in code_list("countries")}
        assert by_code["NA"]["title"] == "Namibia"
        assert by_code["XK"]["alpha3"] == "XKX"
        assert by_code["NL"]["title_nl"] == "Nederland"
        assert {code for code, row in by_code.items() if row["kind"] == "aggregate"} == {
            "EU",
            "SCHENGEN",
            "SIS",
        }
        assert "UK" not in by_code


class TestOrganisations:
    def test_ids_are_no_country_codes(self) -> None:
        ids = {row["organisation_id"] for row in code_list("organisations")}
        assert all(re.fullmatch("[A-Z][A-Z0-9_]{2,}", code) for code in ids)
        assert not ids & {row["country_code"] for row in code_list("countries")}

    def test_names_and_evidence(self) -> None:
        for name in ("name", "name_nl", "evidence"):
            assert [row for row in code_list("organisations") if not row[name]] == []

    def test_kinds_are_closed_and_used(self) -> None:
        assert {row["kind"] for row in code_list("organisations")} == {
            "police",
            "coast_guard",
            "eu_agency",
            "eu_body",
            "international_organisation",
            "other",
        }

    def test_countries_are_known_and_no_aggregates(self) -> None:
        countries = {r["country_code"] for r in code_list("countries") if r["kind"] == "country"}
        rows = code_list("organisations")
        assert {row["country_code"] for row in rows if row["country_code"]} <= countries

    def test_forces_that_are_counted_apart_are_apart(self) -> None:
        country = {r["organisation_id"]: r["country_code"] for r in code_list("organisations")}
        forces = ("POLITIE_NL", "KMAR", "KPCN", "KPSM")
        assert [country[force] for force in forces] == ["NL", "NL", "BQ", "SX"]


ERAS = {
    "CISA": ("1995-03-26", "2013-04-08"),
    "1987/2006": ("2013-04-09", "2023-03-06"),
    "2007/533": ("2013-04-09", "2023-03-06"),
    "2018/1860": ("2023-03-07", ""),
    "2018/1861": ("2023-03-07", ""),
    "2018/1862": ("2023-03-07", ""),
}
ARTICLES = {
    "CISA": {"95", "96", "97", "98", "99", "100"},
    "1987/2006": {"24"},
    "2007/533": {"26", "32", "34", "36", "36(2)", "36(3)", "38"},
    "2018/1860": {"3"},
    "2018/1861": {"24"},
    "2018/1862": {"26", "32", "34", "36", "38", "40"},
}


class TestSisCategories:
    def test_the_key_is_instrument_and_article(self) -> None:
        for row in code_list("sis_categories"):
            base = row["category_id"]
            if row["instrument"]:
                base = re.sub(r"(?<=[0-9)])(/[a-z_]+)+$", "", base)
                assert base == f"{row['instrument']}:{row['article']}"
            else:
                assert base in {"total", "persons", "objects"}
                assert not row["article"]

    def test_every_article_is_there(self) -> None:
        known = {row["category_id"] for row in code_list("sis_categories")}
        expected = {
            f"{law}:{article}" for law, articles in ARTICLES.items() for article in articles
        }
        assert expected <= known

    def test_parents_exist_and_lead_to_the_total(self) -> None:
        parents = {row["category_id"]: row["parent_id"] for row in code_list("sis_categories")}
        for category in parents:
            path = [category]
            while parent := parents[path[-1]]:
                assert parent not in path
                path.append(parent)
            assert path[-1] == "total"

    def test_a_part_is_about_what_the_whole_is_about(self) -> None:
        rows = {row["category_id"]: row for row in code_list("sis_categories")}
        for row in rows.values():
            subject = rows[row["parent_id"]]["subject"] if row["parent_id"] else "both"
            assert subject in {row["subject"], "both"}, row["category_id"]

    def test_validity_is_that_of_the_instrument(self) -> None:
        for row in code_list("sis_categories"):
            era = ERAS[row["instrument"]] if row["instrument"] else ("", "")
            assert (row["valid_from"], row["valid_until"]) == era, row["category_id"]

    def test_titles_are_in_both_languages(self) -> None:
        assert [r for r in code_list("sis_categories") if not (r["title"] and r["title_nl"])] == []


class TestFigures:
    def test_indicators_have_their_unit_and_kind(self) -> None:
        for row in all_figures():
            assert row["unit"] == INDICATOR_UNITS[row["indicator"]]
            assert row["time_kind"] == ("stock" if row["indicator"] in STOCKS else "flow")
        assert {row["indicator"] for row in all_figures()} == set(INDICATOR_UNITS)

    def test_only_hits_have_a_scope(self) -> None:
        for row in all_figures():
            has_scope = row["scope"] in {"on_foreign_alerts", "both_directions", "not_stated"}
            assert has_scope == (row["indicator"] == "hits"), row
            assert has_scope or row["scope"] == "not_applicable"

    def test_areas_are_known(self) -> None:
        known = {row["country_code"] for row in code_list("countries")}
        assert {row["area"] for row in all_figures()} <= known

    def test_categories_are_valid_on_every_day_of_the_figure(self) -> None:
        categories = {row["category_id"]: row for row in code_list("sis_categories")}
        for row in all_figures():
            first, last = edtf_span(row["time_period"])
            category = categories[row["category_id"]]
            assert covers(category, first), row
            assert covers(category, last), row

    def test_periods_are_ordered_and_not_after_publication(self) -> None:
        for row in all_figures():
            first, last = edtf_span(row["time_period"])
            assert first <= last
            published = row.get("published_on")
            assert not published or first <= dt.date.fromisoformat(published), row

    def test_means_are_flows(self) -> None:
        rows = all_figures()
        assert {row["averaging"] for row in rows} == {"none", "per_day", "per_hour"}
        assert {row["time_kind"] for row in rows if row["averaging"] != "none"} == {"flow"}

    def test_texts_and_precisions(self) -> None:
        for row in rows_of(SIS_LIST / "figures.csv"):
            is_digits = bool(re.fullmatch(r"[0-9]+(\.[0-9]+)?", row["as_printed"]))
            is_quotient = bool(re.fullmatch(r"[0-9]+ / [0-9]\.[0-9]+", row["as_printed"]))
            assert row["precision"] in PRECISIONS
            assert is_quotient == (row["precision"] == "derived"), row
            assert (is_digits or is_quotient) == bool(row["precision"]), row
            assert row["language"] in {"en", "de", "fr"}
            assert row["language"] == "en" or not row["precision"], row

    def test_sources(self) -> None:
        rows = rows_of(SIS_LIST / "figures.csv")
        assert [r for r in rows if not re.fullmatch("[a-z0-9][a-z0-9.-]*", r["source"])] == []
        assert [r["source"] for r in rows if not r["source_url"]] == ["netzpolitik-2020-via-list"]
        urls = {(r["source"], r["source_url"], r["published_on"]) for r in rows}
        assert doubles(source for source, *_ in urls) == []
        assert doubles(url for _, url, _ in urls) == []

    def test_a_figure_stands_once_a_source(self) -> None:
        names = ["indicator", "area", "category_id", "scope", "time_period", "averaging"]
        keys = [tuple(r.get(n, "letter") for n in ["source", *names]) for r in all_figures()]
        assert doubles(keys) == []

    @pytest.mark.parametrize(
        ("key", "both_sides"),
        [
            (("searches", "GB", "total", "2017"), {"541 million", "539 million"}),
            (("searches", "GB", "total", "2019"), {"571 million", "more than 600m"}),
            (("alerts", "IT", "total", "2017-12-31"), {"19 million", "20 Millionen"}),
            (
                ("alerts", "SIS", "total", "2020-01-01"),
                {"mehr als 90 Millionen", "fast 90 Millionen"},
            ),
        ],
    )
    def test_conflicts_keep_both_sides(self, key: tuple[str, ...], both_sides: set[str]) -> None:
        names = ("indicator", "area", "category_id", "time_period")
        rows = [r for r in all_figures() if tuple(r[name] for name in names) == key]
        assert {row["as_printed"] for row in rows} == both_sides

    def test_accesses_are_searches_and_alert_management(self) -> None:
        value = {
            row["indicator"]: int(row["as_printed"])
            for row in rows_of(SIS_LIST / "figures.csv")
            if (row["source"], row["area"]) == ("monteoz-sis-2024", "SIS")
            and row["indicator"] in {"accesses", "searches", "alert_management"}
        }
        assert value["accesses"] == value["searches"] + value["alert_management"]

    def test_hits_of_the_letter_leave_the_stated_rest(self) -> None:
        hits = {
            row["category_id"]: int(row["as_printed"].replace(".", ""))
            for row in captured_figures()
            if row["indicator"] == "hits" and row["averaging"] == "none"
        }
        assert hits.pop("total") - sum(hits.values()) == 194_755


class TestLetterTable:
    def test_rows_are_those_of_the_letter(self) -> None:
        *rows, total = rows_of(LETTER / "deployments.csv")
        counts = {
            r["Missienaam"]: int(r["Aantal uitgezonden politiefunctionarissen"]) for r in rows
        }
        assert counts == LETTER_COUNTS
        assert list(total.values()) == ["Totaal", "33"]
        assert sum(counts.values()) == 33


class TestSidecars:
    @pytest.mark.parametrize("edition", [LETTER, SIS_LIST], ids=lambda path: path.name)
    def test_hashes_are_those_of_the_files(self, edition: Path) -> None:
        sidecar = YAML(typ="safe").load(edition / "source.yaml")
        hashes = {
            file["path"]: file["sha256"] for file in sidecar["files"] if file.get("carried", True)
        }
        assert hashes == {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in edition.glob("*.csv")
        }

    @pytest.mark.parametrize(
        ("edition", "certainty", "published"),
        [(LETTER, "probable", "2025-06-12"), (SIS_LIST, "certain", None)],
        ids=["letter", "sis"],
    )
    def test_attribution_and_dates(
        self, edition: Path, certainty: str, published: str | None
    ) -> None:
        sidecar = YAML(typ="safe").load(edition / "source.yaml")
        assert sidecar["attribution"]["certainty"] == certainty
        assert sidecar["attribution"]["reason"]
        assert sidecar["published_on"] == published
