"""The page of a release in a real browser, as a reader opens it: from a file, without network."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pypdfium2 import PdfDocument

from browsing import NARROW, PHONE, Visit, overflow, violations, visit
from conftest import LETTER, ROOT, Playground
from ipsdata.release.report.site import MAX_BYTES
from ipsdata.release.store import load_content
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings

PAGES = ("index.html", "nl.html")
FIGURE = "a.figure[href^='#figure-']"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the page of a release of the project's own data."""
    processed = tmp_path_factory.mktemp("page") / "processed"
    report = run_pipeline(Settings(ROOT / "data" / "raw", processed, ROOT / "schemas"))
    assert report.refusal is None
    return load_content(processed).folder / "report"


@contextmanager
def opened(
    browser: Browser, site: Path, file: str = "index.html", **context: Any
) -> Iterator[Visit]:
    with visit(browser, site / file, **context) as seen:
        if context.get("java_script_enabled", True):
            expect(seen.page.locator(".chart:not(:has(svg))")).to_have_count(0)
        yield seen


def shown(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-item='{kind}']:visible")


# It opens


@pytest.mark.parametrize("file", PAGES)
def test_it_opens_without_errors_or_requests(browser: Browser, site: Path, file: str) -> None:
    with opened(browser, site, file) as seen:
        assert seen.page.locator(".chart svg").count() > 10
        assert seen.complaints == []
        assert {url for url in seen.requests if not url.startswith("data:")} == {
            (site / file).as_uri()
        }


@pytest.mark.parametrize("file", PAGES)
def test_every_link_within_the_site_has_its_target(browser: Browser, site: Path, file: str) -> None:
    with opened(browser, site, file) as seen:
        links: list[str] = seen.page.evaluate("[...document.links].map(link => link.href)")
        ids = set(seen.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
    parts = [urlsplit(link) for link in links if link.startswith("file:")]
    own = (site / file).as_uri()
    anchors = {unquote(part.fragment) for part in parts if f"file://{part.path}" == own}
    assert len(anchors) > 100
    assert anchors - ids == set()
    assert {part.path for part in parts if not Path(unquote(part.path)).is_file()} == set()


def test_both_languages_are_whole_and_lead_to_each_other(browser: Browser, site: Path) -> None:
    with opened(browser, site, "index.html") as seen:
        page = seen.page
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("#missions h2")).to_have_text("Missions")
        figures = page.locator(FIGURE).count()
        page.locator("nav a[href='#sis']").click()
        page.locator("#language").click()
        page.wait_for_url("**/nl.html#sis")
        expect(page.locator("html")).to_have_attribute("lang", "nl")
        expect(page.locator("#missions h2")).to_have_text("Missies")
        assert page.locator(FIGURE).count() == figures
        page.locator("#language").click()
        page.wait_for_url("**/index.html#sis")
        assert seen.complaints == []


def test_the_pages_are_small(site: Path) -> None:
    assert {path.name for path in site.iterdir()} == set(PAGES)
    assert sum(path.stat().st_size for path in site.iterdir()) < MAX_BYTES == 3_000_000


# Its figures


def test_every_figure_opens_its_source_with_the_printed_text(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        opened_figures = seen.page.evaluate(
            """selector => [...document.querySelectorAll(selector)].map(link => {
              link.click();
              const dialog = document.getElementById("dialog"), isOpen = dialog.open;
              dialog.close();
              return [link.textContent.trim(), isOpen, dialog.textContent];
            })""",
            FIGURE,
        )
    assert len(opened_figures) > 100
    for printed, is_open, told in opened_figures:
        assert is_open
        assert f"“{printed}”" in told


def test_a_figure_says_where_it_was_printed(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        row = seen.page.locator("#overview tr", has_text="EUMM Georgië")
        row.locator("a.figure").click()
        dialog = seen.page.get_by_role("dialog")
        for told in ("“4”", "“EUMM Georgië”", "exactly 4 persons", "Kamerstuk 29 628, nr. 1277"):
            expect(dialog).to_contain_text(told)
        source = "https://zoek.officielebekendmakingen.nl/kst-29628-1277.html"
        expect(dialog.locator(f"a[href='{source}']")).to_be_visible()


def test_a_mark_of_a_chart_opens_its_figure(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        card = seen.page.locator("#mission-EUMM_GEORGIA")
        card.locator(".chart .mark-symbol path").last.click()
        expect(seen.page.get_by_role("dialog")).to_contain_text("“EUMM Georgië”")


# Search and filters


def test_a_search_narrows_the_page_and_says_so(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        page = seen.page
        everything = shown(page, "mission").count()
        page.locator("#search").fill("georgia")
        expect(page.locator("#found")).to_have_text(re.compile(r"^Found: \d+ mission"))
        assert shown(page, "mission").count() < everything
        expect(page.locator("#mission-EUMM_GEORGIA")).to_be_visible()
        expect(page.locator("#mission-EULEX_KOSOVO")).to_be_hidden()
        page.locator("#search").fill("eumm georgie")  # as printed, but for the accent
        expect(page.locator("#found")).to_have_text("Found: 1 figure")
        expect(shown(page, "figure")).to_contain_text("EUMM Georgië")
        page.locator("#search").fill("no such thing")
        expect(page.locator("#none")).to_be_visible()
        page.locator("#search").press("Escape")
        expect(page.locator("#none")).to_be_hidden()
        expect(page.locator("#found")).to_be_empty()
        assert shown(page, "mission").count() == everything


def test_filters_narrow_the_figures(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        page = seen.page
        everything = shown(page, "figure").count()
        page.locator("#filter-indicator").select_option("hits")
        expect(page.locator("#found")).not_to_be_empty()
        narrowed = shown(page, "figure")
        assert 0 < narrowed.count() < everything
        assert {item.get_attribute("data-indicator") for item in narrowed.all()} == {"hits"}
        page.locator("#clear").click()
        assert shown(page, "figure").count() == everything


def test_a_link_leads_to_what_a_search_had_hidden(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        seen.page.locator("#search").fill("kosovo")
        expect(seen.page.locator("#mission-EUMM_GEORGIA")).to_be_hidden()
        seen.page.evaluate("location.hash = '#mission-EUMM_GEORGIA'")
        expect(seen.page.locator("#mission-EUMM_GEORGIA")).to_be_visible()


# For everyone


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id || document.activeElement.className")
    return found


def tab_to(page: Page, name: str, limit: int = 40) -> None:
    for _ in range(limit):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    pytest.fail(f"{limit} times Tab did not reach {name}")


def test_all_can_be_done_with_the_keyboard(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        page, dialog = seen.page, seen.page.get_by_role("dialog")
        tab_to(page, "skip screen", limit=1)
        page.keyboard.press("Enter")
        assert focused(page) == "content"
        tab_to(page, "search", limit=1)
        page.keyboard.type("georgia")
        expect(page.locator("#found")).to_have_text(re.compile(r"^Found: \d+ mission"))
        tab_to(page, "figure")
        link = page.evaluate("document.activeElement.hash")
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text("“EUMM Georgië”")
        assert page.evaluate("document.activeElement.closest('dialog') !== null")
        for _ in range(6):
            page.keyboard.press("Tab")
            inside = page.evaluate("document.activeElement.closest('dialog, body').tagName")
            assert inside == "DIALOG" or focused(page) == ""  # or the browser's own bar
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert page.evaluate("document.activeElement.hash") == link
        page.keyboard.press("/")
        assert focused(page) == "search"


def test_it_meets_wcag(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        assert violations(seen.page) == []
        seen.page.locator(FIGURE).first.click()
        expect(seen.page.get_by_role("dialog")).to_be_visible()
        assert violations(seen.page, "dialog") == []


def test_it_meets_wcag_on_a_phone(browser: Browser, site: Path) -> None:
    with opened(browser, site, "nl.html", viewport=PHONE) as seen:
        assert violations(seen.page, with_colours=False) == []
        seen.page.locator(FIGURE).first.click()
        expect(seen.page.get_by_role("dialog")).to_be_visible()
        assert violations(seen.page, "dialog") == []


def test_it_meets_wcag_in_the_dark_with_what_a_search_found(browser: Browser, site: Path) -> None:
    with opened(browser, site, color_scheme="dark") as seen:
        seen.page.locator("#search").fill("georgia")
        expect(seen.page.locator("#found")).not_to_be_empty()
        assert violations(seen.page) == []


@pytest.mark.parametrize("file", PAGES)
def test_it_fits_a_narrow_window(browser: Browser, site: Path, file: str) -> None:
    with opened(browser, site, file, viewport=NARROW) as seen:
        assert overflow(seen.page) == 0
        seen.page.locator(FIGURE).first.click()
        dialog = seen.page.get_by_role("dialog")
        assert dialog.evaluate("box => box.scrollWidth - box.clientWidth") <= 0
        assert overflow(seen.page) == 0


def test_on_paper_there_are_charts_and_no_controls(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        page = seen.page
        charts = page.locator(".chart svg:visible").count()
        page.locator(".chart .mark-symbol path").first.hover(force=True)
        expect(page.locator(".chart-tip:visible")).to_have_count(1)
        page.emulate_media(media="print")
        expect(page.locator(".chart-tip:visible")).to_have_count(0)
        for control in ("nav", "#find", "#language", ".skip"):
            expect(page.locator(control)).to_be_hidden()
        assert page.locator(".chart svg:visible").count() == charts
        with PdfDocument(page.pdf()) as printed:
            text = "\n".join(leaf.get_textpage().get_text_range() for leaf in printed)
    assert "EUMM Georgië" in text
    assert "93,195,404" in text
    assert "Find a mission" not in text


def test_without_scripts_it_can_be_read(browser: Browser, site: Path) -> None:
    with opened(browser, site, java_script_enabled=False) as seen:
        page = seen.page
        expect(page.locator("#find")).to_be_hidden()
        page.locator("#overview a.figure").first.click()
        entry = page.locator("#figures .entry:target")
        expect(entry).to_be_in_viewport()
        expect(entry).to_contain_text("OVSE Westelijke Balkan")
        assert seen.complaints == []


# Whatever a source says


HOSTILE = """</script><img src="x" onerror="document.body.remove()"> 'one' "two"\n& <!-- three"""


def test_what_a_source_says_is_text(browser: Browser, playground: Playground) -> None:
    sidecar = playground.raw / LETTER / "source.yaml"
    told = sidecar.read_text("utf-8")
    for name in ("title", "publisher", "document_number"):
        told = re.sub(rf"(?m)^{name}: .*$", lambda _, key=name: f"{key}: {quoted(key)}", told)
    sidecar.write_text(told, "utf-8")
    assert playground.run().refusal is None
    folder = load_content(playground.processed).folder / "report"
    for file in PAGES:
        with opened(browser, folder, file) as seen:
            page = seen.page
            assert page.locator("img").count() == 0
            page.locator("#overview a.figure").first.click()
            for name in ("title", "publisher", "document_number"):
                expect(page.get_by_role("dialog")).to_contain_text(f"{name} {HOSTILE}")
            assert seen.complaints == []


def quoted(name: str) -> str:
    return json.dumps(f"{name} {HOSTILE}", ensure_ascii=False)
