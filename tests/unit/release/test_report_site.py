"""The pages of a release: whole in themselves, harmless, small; every figure with its source."""

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import html

from ipsdata.errors import ConfigurationError
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.diff import FIGURE, SCHEMA
from ipsdata.release.report import site
from ipsdata.release.report.site import (
    MAX_BYTES,
    figures_shown,
    published_pages,
    report_site,
    write_pages,
)
from ipsdata.release.report.vega import runtime
from standards import shipped_release

SIDES = {"old": 5.0, "new": 6.0}
PAGES = ("report/index.html", "report/nl.html")
NASTY = '</script><script>alert("x")</script>\n<!-- "\' & =1+1 {{ 7 * 7 }} \u202e Ω'
# What a browser would fetch without being asked.
FETCHED = "//link[@rel='stylesheet']|//img|//iframe|//object|//embed|//source|//script[@src]|//base"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


@pytest.fixture(scope="module")
def files(shipped: ReleaseContent) -> dict[str, bytes]:
    return dict(report_site(shipped))


@pytest.fixture(scope="module")
def pages(files: Mapping[str, bytes]) -> dict[str, html.HtmlElement]:
    return {name: parsed(data) for name, data in files.items()}


def parsed(data: bytes) -> html.HtmlElement:
    return html.document_fromstring(data.decode(), parser=html.HTMLParser(huge_tree=True))


def text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def with_rows(content: ReleaseContent, table: str, rows: list[dict[str, Any]]) -> ReleaseContent:
    made = pa.Table.from_pylist(rows, schema=content.tables[table].schema)
    return dataclasses.replace(content, tables={**content.tables, table: made})


def changed(content: ReleaseContent, table: str, **columns: Any) -> ReleaseContent:
    """Return a release in which these columns of all rows of a table hold these values."""
    rows = [{**row, **columns} for row in content.tables[table].to_pylist()]
    return with_rows(content, table, rows)


# The files


def test_a_page_in_each_language(pages: Mapping[str, html.HtmlElement]) -> None:
    assert tuple(pages) == PAGES
    assert [page.get("lang") for page in pages.values()] == ["en", "nl"]
    headings = [text(page.xpath("//h1")[0]) for page in pages.values()]
    assert headings == [
        "International police cooperation in figures",
        "Internationale politiesamenwerking in cijfers",
    ]


def test_the_same_content_gives_the_same_bytes(
    shipped: ReleaseContent, files: Mapping[str, bytes]
) -> None:
    assert dict(report_site(shipped)) == files


def test_the_release_carries_them(shipped: ReleaseContent, files: Mapping[str, bytes]) -> None:
    carried = {path.name: path.read_bytes() for path in published_pages(shipped)}
    assert carried == {Path(name).name: data for name, data in files.items()}
    manifest = json.loads((shipped.folder / "manifest.json").read_bytes())
    assert set(PAGES) <= {entry["path"] for entry in manifest["files"]}


def test_they_are_small(files: Mapping[str, bytes]) -> None:
    assert sum(map(len, files.values())) < MAX_BYTES


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched(pages: Mapping[str, html.HtmlElement], name: str) -> None:
    page = pages[name]
    assert page.xpath(FETCHED) == []
    hrefs = page.xpath("//link/@href")
    assert all(href.startswith("data:") or href in {"index.html", "nl.html"} for href in hrefs)
    style = page.xpath("string(//style)")
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_allows_what_stands_on_the_page_and_nothing_else(
    files: Mapping[str, bytes], name: str
) -> None:
    page = files[name].decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    allowed = {
        part.split()[0]: part.split()[1:] for part in policy.replace("&#39;", "'").split(";")
    }
    assert allowed["default-src"] == ["'none'"]
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert allowed["script-src"] == [sha256(script) for script in scripts]
    assert allowed["style-src"] == [sha256(style) for style in styles]
    assert scripts[0] == runtime()
    assert not re.search(r'\son[a-z]+="|\sstyle="', page.replace(runtime(), ""))


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# Links


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_every_link_leads_somewhere(
    pages: Mapping[str, html.HtmlElement], name: str
) -> None:
    ids = pages[name].xpath("//@id")
    assert len(set(ids)) == len(ids)
    inside = [href for href in pages[name].xpath("//a/@href") if href.startswith("#")]
    assert {href[1:] for href in inside} <= set(ids)
    outside = [href for href in pages[name].xpath("//a/@href") if not href.startswith("#")]
    assert all(href.startswith("http") or href in {"index.html", "nl.html"} for href in outside)


def test_both_languages_have_the_same_anchors(pages: Mapping[str, html.HtmlElement]) -> None:
    english, dutch = (set(page.xpath("//@id")) for page in pages.values())
    assert english == dutch


@pytest.mark.parametrize("name", PAGES)
def test_every_printed_text_is_a_link_to_its_figure_as_printed(
    shipped: ReleaseContent, pages: Mapping[str, html.HtmlElement], name: str
) -> None:
    printed = {
        value
        for table in ("deployments", "sis_statistics", "caribbean_staffing")
        for value in shipped.tables[table]["as_printed"].to_pylist()
    }
    links = pages[name].xpath("//a[@class='figure']")
    assert len(links) > 100
    for link in links:
        entry = pages[name].get_element_by_id(link.get("href")[1:])
        assert entry.get("class") == "entry"
        assert text(link) in {" ".join(value.split()) for value in printed}
        assert text(link) in text(entry)


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_has_an_entry_and_its_source(
    shipped: ReleaseContent, pages: Mapping[str, html.HtmlElement], name: str
) -> None:
    entries = pages[name].xpath("//li[@class='entry']")
    facts = [shipped.tables[table] for table in ("deployments", "sis_statistics")]
    staffing = shipped.tables["caribbean_staffing"]["value"]
    assert len(entries) == sum(table.num_rows for table in facts) + len(staffing.drop_null())
    for entry in entries:
        assert len(entry.xpath(".//dt")) >= 4
        (source,) = entry.xpath("ancestor::div[@class='block'][1]/h3/a/@href")
        assert pages[name].get_element_by_id(source[1:]).get("class") == "source"


# What it tells


def test_the_newest_letter_with_the_total_printed_under_it(
    pages: Mapping[str, html.HtmlElement],
) -> None:
    (table,) = pages["report/index.html"].xpath("//table[@class='letter']")
    rows = [[text(cell) for cell in row] for row in table.xpath(".//tbody/tr")]
    assert rows[4] == [
        "EU Advisory Mission for Civilian Security Sector Reform Ukraine",
        "EUAM Oekraïne",
        "3",
    ]
    assert len(rows) == 11
    assert [text(cell) for cell in table.xpath(".//tfoot//*[self::th or self::td]")] == [
        "Sum of the rows",
        "33",
    ]
    (overview,) = pages["report/index.html"].xpath("//section[@id='overview']")
    assert "Total printed under the list: 33. The rows add up to it." in text(overview)


@pytest.mark.parametrize(
    ("outcome", "told"), [("fails", "do not add up"), ("holds", "The rows add up to it")]
)
def test_whether_the_rows_add_up(shipped: ReleaseContent, outcome: str, told: str) -> None:
    pages = dict(report_site(changed(shipped, "reconciliations", outcome=outcome)))
    assert told in text(parsed(pages["report/index.html"]).get_element_by_id("overview"))


def test_dutch_titles_numbers_and_dates(pages: Mapping[str, html.HtmlElement]) -> None:
    page = pages["report/nl.html"]
    mission = text(page.get_element_by_id("mission-EUMA"))
    assert mission.startswith("EU-missie in Armenië EUMA Europese Unie · Armenië · Mandaat vanaf")
    assert "20 februari 2023" in mission
    assert "14 mei 2025" in mission
    assert "afgerond op 93.100.000: van 93.050.000 tot net onder 93.150.000 signaleringen" in text(
        page.get_element_by_id("figures")
    )


def test_english_findings_on_the_dutch_page_say_so(pages: Mapping[str, html.HtmlElement]) -> None:
    (findings,) = pages["report/nl.html"].xpath("//section[@id='findings']")
    english = {text(part) for part in findings.xpath(".//*[@lang='en']")}
    assert any("no number satisfies both" in part for part in english)
    verdicts = [text(part) for part in findings.xpath(".//strong")]
    assert {"Klopt", "Klopt niet", "Tegenspraak", "Verklaard", "Verenigbaar"} == set(verdicts)


def test_charts_stand_with_their_figures_breaks_and_mandate(
    pages: Mapping[str, html.HtmlElement],
) -> None:
    page = pages["report/index.html"]
    boxes = page.xpath("//div[@class='chart']")
    specs = {box.get("data-chart"): spec_of(page, box) for box in boxes}
    euma = specs["chart-mission-EUMA-1"]["datasets"]
    assert euma["band"] == [{"from": "2023-02-20", "to": "2027-02-19"}]
    searches = specs["chart-series-searches-sis-total-not-applicable"]["datasets"]
    assert [row["label"].split(":")[0] for row in searches["breaks"]] == [
        "13 April 2015",
        "27 June 2017",
        "1 August 2018",
        "17 March 2020",
        "1 January 2021",
        "15 March 2021",
        "1 January 2023",
        "7 March 2023",
        "25 July 2023",
    ]
    for spec in specs.values():
        keys = {row["key"] for rows in spec["datasets"].values() for row in rows if "key" in row}
        assert keys
        assert all(page.get_element_by_id(key).get("class") == "entry" for key in keys)


def spec_of(page: html.HtmlElement, box: html.HtmlElement) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(page.get_element_by_id(box.get("data-chart")).text)
    return spec


def test_a_first_release_says_so(pages: Mapping[str, html.HtmlElement]) -> None:
    assert "This is the first release" in text(pages["report/index.html"])
    assert "Dit is de eerste uitgave" in text(pages["report/nl.html"])


def change_of(row: dict[str, Any], table: str, change: str, **columns: Any) -> dict[str, Any]:
    told = dict.fromkeys(SCHEMA.names) | {
        "table": table,
        "change": change,
        "key": "key",
        "reason": "new_document",
        "rows": 1,
        "record_new": json.dumps(row, default=str),
    }
    return told | columns


def test_what_changed_with_a_link_to_each_revised_figure(
    shipped: ReleaseContent, pages: Mapping[str, html.HtmlElement], tmp_path: Path
) -> None:
    (deployment,) = [
        row for row in shipped.tables["deployments"].to_pylist() if row["mission_id"] == "EUMA"
    ]
    values = {f"{name}_{side}": value for name in FIGURE for side, value in SIDES.items()}
    revised = {**values, "as_printed_old": "5", "as_printed_new": "6"}
    rows = [
        change_of(deployment, "deployments", "revised", **revised),
        change_of(shipped.tables["documents"].to_pylist()[0], "documents", "added"),
        change_of({}, "dim_date", "added", note="the table is new", key="(table)", rows=9),
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / "changes.parquet")
    later = dataclasses.replace(
        shipped, folder=tmp_path, previous=shipped.folder, previous_id="2026-11-23.0"
    )
    page = parsed(dict(report_site(later))["report/index.html"])
    counted, figures = page.xpath("//section[@id='overview']//table[not(@class)]")
    told = [[text(cell) for cell in row] for row in counted.xpath(".//tbody/tr")]
    assert ["Deployments", "0", "1", "0", "a new document"] in told
    assert ["Documents", "1", "0", "0", "a new document"] in told
    assert [row[1:4] for row in told if "the table is new" in row[-1]] == [["9", "0", "0"]]
    (row,) = figures.xpath(".//tbody/tr")
    assert [text(cell) for cell in row][1:3] == ["5", "6"]
    (anchor,) = row.xpath(".//a[@class='figure']/@href")
    assert "EUMA Armenië" in text(pages["report/index.html"].get_element_by_id(anchor[1:]))
    assert "New document: " in text(page.get_element_by_id("overview"))


def test_a_release_whose_predecessor_is_gone_says_so(shipped: ReleaseContent) -> None:
    later = dataclasses.replace(shipped, previous_id="2026-11-23.0")
    page = parsed(dict(report_site(later))["report/nl.html"])
    assert "Zij volgt op uitgave 2026-11-23.0, die er niet meer is" in text(page)


def test_a_correction_stands_with_its_figure(shipped: ReleaseContent) -> None:
    correction = dict.fromkeys(shipped.tables["corrections"].column_names, "x") | {
        "correction_id": "wrong-total",
        "reason": "A slip of the printer.",
        "decided_on": dt.date(2025, 7, 1),
    }
    corrected = with_rows(shipped, "corrections", [correction])
    corrected = changed(corrected, "deployments", correction_id="wrong-total")
    page = parsed(dict(report_site(corrected))["report/index.html"])
    (entry,) = page.xpath("//li[@class='entry'][contains(., 'EUMA Armenië')]")
    (told,) = entry.xpath(".//div[dt='Correction']/dd")
    assert text(told) == "wrong-total: A slip of the printer."


# Texts that mean harm


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("missions", "title"),
        ("missions", "title_nl"),
        ("deployments", "mission_as_printed"),
        ("deployments", "as_printed"),
        ("deployments", "locator"),
        ("documents", "title"),
        ("documents", "path"),
        ("documents", "publisher"),
        ("documents", "url"),
        ("documents", "citation"),
        ("documents", "attribution_reason"),
        ("sis_statistics", "source"),
        ("sis_statistics", "source_url"),
        ("sis_breaks", "title"),
        ("sis_indicators", "title"),
        ("countries", "title"),
        ("reconciliations", "message"),
        ("sis_conflicts", "explanation"),
    ],
)
def test_a_hostile_text_stays_a_text(
    shipped: ReleaseContent, pages: Mapping[str, html.HtmlElement], table: str, column: str
) -> None:
    # One row only: the texts of a code list tell its rows apart.
    first, *others = shipped.tables[table].to_pylist()
    hostile = with_rows(shipped, table, [{**first, column: NASTY}, *others])
    for name, data in report_site(hostile):
        page = parsed(data)
        assert len(page.xpath("//script")) >= len(pages[name].xpath("//script")) - 1
        assert [script.text for script in page.xpath("//script[not(@type)]")] == [
            script.text for script in pages[name].xpath("//script[not(@type)]")
        ]
        assert page.xpath("//comment()") == []
        for script in page.xpath("//script[@type='application/json']"):
            json.loads(script.text)
        assert not any(href.startswith("javascript") for href in page.xpath("//@href"))


def test_an_address_that_is_none_is_no_link(shipped: ReleaseContent) -> None:
    harmful = changed(shipped, "sis_statistics", source_url="javascript:alert(1)")
    harmful = changed(harmful, "documents", url="data:text/html,x")
    page = dict(report_site(harmful))["report/index.html"]
    hrefs = parsed(page).xpath("//main//a/@href")
    assert all(href.startswith(("#", "http")) for href in hrefs)


# Big, empty and old releases


def many_lists(shipped: ReleaseContent, months: int) -> ReleaseContent:
    """Return a release with a list of many missions each month, as of the United Nations."""
    rows = shipped.tables["deployments"].to_pylist()
    documents = shipped.tables["documents"].to_pylist()
    missions = shipped.tables["missions"]["mission_id"].to_pylist()[:60]
    for month in range(months):
        day = dt.date(2008 + month // 12, month % 12 + 1, 1)
        edition, number = f"un-lists/{day:%Y-%m}", f"{month:064x}"
        documents.append(
            {
                **documents[0],
                "document_id": number,
                "edition_id": edition,
                "collection": "un-lists",
                "path": f"{edition}/list.pdf",
                "title": f"Contributors, {day:%Y-%m}",
                "published_on": day,
            }
        )
        rows += [
            {
                **rows[0],
                "edition_id": edition,
                "mission_id": mission,
                "reference_date": day,
                "published_on": day,
                "document_id": number,
                "locator": f"page 1, table 1, row {row}",
            }
            for row, mission in enumerate(missions, start=2)
        ]
    return with_rows(with_rows(shipped, "documents", documents), "deployments", rows)


def test_a_release_of_thousands_of_figures_stays_small_and_says_what_is_left_out(
    shipped: ReleaseContent,
) -> None:
    files = dict(report_site(many_lists(shipped, 216)))
    assert sum(map(len, files.values())) < MAX_BYTES
    page = parsed(files["report/index.html"])
    entries = page.xpath("//li[@class='entry']")
    (told,) = page.xpath("//section[@id='figures']/p[@class='note']")
    assert f"has room for {len(entries)} figures" in text(told)
    (left,) = re.findall(r"([\d,]+) more in deployments\.csv", text(told))
    shown = [entry for entry in entries if entry.get("data-indicator") == "deployments"]
    assert int(left.replace(",", "")) == 11 + 216 * 60 - len(shown)
    assert len(page.xpath("//table[@class='letter']//tbody/tr")) == 11
    ids = set(page.xpath("//@id"))
    assert {href[1:] for href in page.xpath("//a/@href") if href[0] == "#"} <= ids


def test_fewer_figures_are_shown_until_the_pages_fit(
    shipped: ReleaseContent, files: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "MAX_BYTES", sum(map(len, files.values())))
    smaller = dict(report_site(shipped))
    assert figures_in(smaller) < figures_in(files)
    assert figures_in(smaller) in site.LIMITS


def figures_in(files: Mapping[str, bytes]) -> int:
    return files["report/index.html"].count(b'<li class="entry"')


def test_a_release_without_figures_is_told(shipped: ReleaseContent) -> None:
    empty = dataclasses.replace(
        shipped, tables={name: table.slice(0, 0) for name, table in shipped.tables.items()}
    )
    page = parsed(dict(report_site(empty))["report/index.html"])
    assert "This release has no deployments." in text(page)
    assert "has no figures on the Schengen Information System" in text(page)
    assert page.xpath("//div[@class='chart']") == []
    assert len(dict(report_site(empty))["report/index.html"]) < 100_000  # nothing to draw with


def test_tables_that_are_not_there_are_told_as_empty(shipped: ReleaseContent) -> None:
    kept = {"documents": shipped.tables["documents"].select(["document_id", "path"])}
    old = dataclasses.replace(shipped, tables=kept, contracts={})
    page = parsed(dict(report_site(old))["report/nl.html"])
    assert "Deze uitgave bevat geen uitzendingen." in text(page)
    assert "letters/2025-06-12/letter.txt" in text(page.get_element_by_id("sources"))


# Written anew


def test_pages_are_written_to_any_folder(
    shipped: ReleaseContent, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    written = write_pages(shipped, tmp_path / "a" / "b")
    assert [path.name for path in written] == ["index.html", "nl.html"]
    assert [path.read_bytes() for path in written] == list(files.values())
    assert figures_shown(written[0]) == figures_in(files)


def test_a_folder_that_is_a_file(shipped: ReleaseContent, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="file: can't be written to"):
        write_pages(shipped, tmp_path / "file")


def test_an_older_release_without_pages(shipped: ReleaseContent, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give --out FOLDER"):
        published_pages(dataclasses.replace(shipped, folder=tmp_path))
