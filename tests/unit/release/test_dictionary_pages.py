"""The dictionary of a release: everything of the contracts, found by any name it ever had."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from conftest import ROOT
from ipsdata.contracts import Contract, contract_from_mapping, load_contract, load_contracts
from ipsdata.dictionary import pages
from ipsdata.errors import ConfigurationError
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.dictionary_pages import dictionary_pages

SCHEMAS = ROOT / "schemas"
HOSTILE = "<script>alert('x')</script>\n| \"=1+1\" `|`"


def _content(contracts: Mapping[str, Contract]) -> ReleaseContent:
    return ReleaseContent(
        folder=Path("unused"),
        release_id="2026-11-24.0",
        published_at=dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC),
        contracts=contracts,
        tables={},
        parts={},
        entries={},
        previous=None,
        previous_id=None,
        schema_version="1.2.3",
    )


def _files(contracts: Mapping[str, Contract]) -> dict[str, str]:
    return {name: data.decode() for name, data in dictionary_pages(_content(contracts))}


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts(SCHEMAS)


@pytest.fixture(scope="module")
def page(contracts: dict[str, Contract]) -> html.HtmlElement:
    return html.fromstring(_files(contracts)["dictionary/index.html"])


def _row(page: html.HtmlElement, column: str) -> str:
    """Return what the search looks through for a column."""
    return " ".join(page.get_element_by_id(column).text_content().split())


def _found(page: html.HtmlElement, words: str) -> set[str]:
    rows = page.xpath("//tbody/tr")
    return {row.get("id") for row in rows if words.lower() in row.text_content().lower()}


def test_old_printed_name_finds_the_columns_that_hold_it(page: html.HtmlElement) -> None:
    found = {name for name in _found(page, "Missienaam") if name.startswith("deployments.")}
    assert found == {"deployments.mission_id", "deployments.mission_as_printed"}
    assert "deployments.reference_date" in _found(page, "Peildatum")
    assert "deployments.value" in _found(page, "Aantal politiemensen")
    assert "sis_daily_counts.authority" in _found(page, "authority_code")


def test_page_tells_all_that_the_contract_does(
    page: html.HtmlElement, contracts: dict[str, Contract]
) -> None:
    for contract in contracts.values():
        told = " ".join(page.get_element_by_id(contract.table).text_content().split())
        assert contract.title_nl in told
        assert " ".join(contract.description.split()) in told
        for column in contract.columns:
            row = _row(page, f"{contract.table}.{column.name}")
            wanted = (column.title, column.title_nl, column.description, column.unit or "")
            for text in (*wanted, *column.domain, *column.printed_as, column.pattern or ""):
                assert " ".join(text.split()) in row


def test_every_link_leads_to_something_on_the_page(page: html.HtmlElement) -> None:
    links = [link.get("href") for link in page.xpath("//a")]
    assert len(links) > len(page.xpath("//tbody/tr"))
    ids = [element.get("id") for element in page.xpath("//*[@id]")]
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_page_needs_no_network_and_can_be_read_without_its_script(page: html.HtmlElement) -> None:
    assert page.xpath("//@src | //link/@href") == []
    styles = "".join(page.xpath("//style/text()"))
    assert "url(" not in styles
    assert "@import" not in styles
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")
    assert len(page.xpath("//form[@hidden]")) == 1  # the script shows it
    assert page.xpath("//main//section[@hidden] | //main//tr[@hidden]") == []


def test_same_content_gives_the_same_bytes(contracts: dict[str, Contract]) -> None:
    backwards = dict(reversed(contracts.items()))
    assert _files(contracts) == _files(backwards)


def test_page_tells_the_release_and_its_schema_version(page: html.HtmlElement) -> None:
    told = " ".join(page.xpath("//header")[0].text_content().split())
    assert "Release 2026-11-24.0, published 2026-11-24, schema version 1.2.3" in told


def test_markdown_holds_every_table_once(contracts: dict[str, Contract]) -> None:
    text = _files(contracts)["dictionary/README.md"]
    headings = re.findall(r"^## (\w+): ", text, re.MULTILINE)
    assert headings == sorted(contracts)
    assert "Printed as: “Missienaam”" in text


def _hostile_contract() -> Contract:
    column: dict[str, Any] = {
        "name": "a",
        "type": "string",
        "title": HOSTILE,
        "title_nl": HOSTILE,
        "description": HOSTILE,
        "unit": HOSTILE,
        "domain": [HOSTILE],
        "pattern": HOSTILE,
        "printed_as": [HOSTILE],
    }
    told = {"title": HOSTILE, "title_nl": HOSTILE, "description": HOSTILE}
    return contract_from_mapping(
        {"table": "hostile", "group": "code", "primary_key": ["a"], "columns": [column], **told}
    )


def test_markup_in_a_text_stays_text() -> None:
    files = _files({"hostile": _hostile_contract()})
    page = html.fromstring(files["dictionary/index.html"])
    assert len(page.xpath("//script")) == 1  # the page's own
    assert _row(page, "hostile.a").count("<script>alert('x')</script>") == 7
    rows = [line for line in files["dictionary/README.md"].splitlines() if line.startswith("| `a`")]
    assert len(rows) == 1
    assert rows[0].count("|") == 7


def test_docs_pages_tell_printed_names(contracts: dict[str, Contract]) -> None:
    line = next(
        line
        for line in pages(contracts)["deployments.md"].splitlines()
        if line.startswith("| `mission_id`")
    )
    assert "“Missienaam”, “Missie”" in line


# --- printed names stand in the layouts, and nowhere else -----------------------------------------


def _installation(tmp_path: Path, fills: str) -> Path:
    """Return a copy of the schemas in which the layout of deployment lists fills `fills`."""
    for folder in ("meta", "blocks", "layouts", "tables"):
        (tmp_path / folder).mkdir()
        for path in (SCHEMAS / folder).iterdir():
            (tmp_path / folder / path.name).write_bytes(path.read_bytes())
    layout = tmp_path / "layouts" / "deployment_list.yaml"
    text = layout.read_text("utf-8")
    layout.write_text(text.replace("fills: [value, as_printed]", f"fills: [{fills}]"), "utf-8")
    return tmp_path


def test_layout_gives_its_headers_to_the_columns_it_fills(tmp_path: Path) -> None:
    schemas = _installation(tmp_path, "unit")
    contract = load_contract(schemas / "tables" / "deployments.yaml", schemas)
    printed = {column.name: column.printed_as for column in contract.columns}
    assert printed["unit"][0] == "Aantal uitgezonden politiefunctionarissen"
    assert printed["value"] == ()
    kept = contract_from_mapping(json.loads(json.dumps(contract.resolved)))
    assert kept == contract


def test_layout_that_fills_an_unknown_column_is_refused(tmp_path: Path) -> None:
    schemas = _installation(tmp_path, "valeu")
    with pytest.raises(ConfigurationError, match=r"columns\.count\.fills: found 'valeu', expected"):
        load_contract(schemas / "tables" / "deployments.yaml", schemas)
