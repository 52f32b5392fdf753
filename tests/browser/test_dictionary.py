"""The data dictionary in a browser: what is typed finds every column that a source fills."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browsing import NARROW, overflow, violations, visit
from conftest import ROOT
from ipsdata.contracts import load_contracts
from ipsdata.layouts import load_layouts
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.dictionary_pages import dictionary_pages

CONTRACTS = load_contracts(ROOT / "schemas")
SHOWN = "[...document.querySelectorAll('tbody tr')].filter(r => r.checkVisibility()).map(r => r.id)"


def printed_names() -> list[tuple[str, str]]:
    """Return each header of the layouts with a column that it fills."""
    return [
        (header, f"{layout.table}.{name}")
        for layout in load_layouts(ROOT / "schemas").values()
        if layout.table in CONTRACTS
        for name in CONTRACTS[layout.table].names
        for header in _printed(layout.table, name)
    ]


def _printed(table: str, name: str) -> tuple[str, ...]:
    (column,) = (c for c in CONTRACTS[table].columns if c.name == name)
    return column.printed_as


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a dictionary of all tables."""
    content = ReleaseContent(
        folder=Path("unused"),
        release_id="2026-11-24.0",
        published_at=dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC),
        contracts=CONTRACTS,
        tables={},
        parts={},
        entries={},
        previous=None,
        previous_id=None,
        schema_version="1.0.0",
    )
    path = tmp_path_factory.mktemp("dictionary") / "index.html"
    path.write_bytes(dict(dictionary_pages(content))["dictionary/index.html"])
    return path


@pytest.fixture(scope="module")
def page(browser: Browser, dictionary: Path) -> Iterator[Page]:
    """Open the dictionary once; it may complain of nothing, and ask for nothing but itself."""
    with visit(browser, dictionary) as seen:
        yield seen.page
        assert seen.complaints == []
        assert seen.requests == [dictionary.as_uri()]


def shown(page: Page, words: str) -> set[str]:
    """Type words into the search, and return the columns that are seen then."""
    page.get_by_role("searchbox").fill(words)
    return set(page.evaluate(SHOWN))


def test_every_printed_name_finds_the_columns_that_it_fills(page: Page) -> None:
    names = printed_names()
    assert ("Missienaam", "deployments.mission_id") in names
    assert ("Aantal", "deployments.value") in names
    assert ("Peildatum", "deployments.reference_date") in names
    lost = [name for name in names if name[1] not in shown(page, name[0])]
    assert lost == []


def test_a_search_hides_the_rest_and_says_how_much_is_left(page: Page) -> None:
    found = shown(page, "missienaam")
    assert {"deployments.mission_id", "deployments.mission_as_printed"} <= found
    assert len(found) < 10
    tables = {name.partition(".")[0] for name in found}
    told = page.get_by_role("status").text_content()
    assert told == f"{len(found)} columns in {len(tables)} tables"
    assert shown(page, "no such word") == set()
    assert page.get_by_text("No table or column has these words.").is_visible()
    page.get_by_role("searchbox").press("Escape")
    assert len(page.evaluate(SHOWN)) == sum(len(c.columns) for c in CONTRACTS.values())


def test_keyboard_and_screen_reader_can_use_it(page: Page) -> None:
    page.keyboard.press("Escape")
    assert violations(page) == []
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("peildatum")
    assert "deployments.reference_date" in page.evaluate(SHOWN)
    assert violations(page) == []


def test_it_is_read_on_a_phone(browser: Browser, dictionary: Path) -> None:
    with visit(browser, dictionary, viewport=NARROW) as seen:
        assert overflow(seen.page) == 0
