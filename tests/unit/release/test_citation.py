"""`CITATION.cff` of a release and of the software, by the official schema."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

import ipsdata
from conftest import ROOT
from ipsdata.release.about import LICENCE_ID
from ipsdata.release.citation import as_yaml
from ipsdata.release.companions import ReleaseContent
from standards import AWKWARD, awkward_release, read_yaml, schema_problems, shipped_release

RULES = "citation-file-format-1.2.0.json"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


def test_a_release_cites_itself_and_its_sources(shipped: ReleaseContent) -> None:
    cited = read_yaml(shipped.folder / "CITATION.cff")
    assert schema_problems(cited, RULES) == []
    assert (cited["type"], cited["version"]) == ("dataset", shipped.release_id)
    assert cited["date-released"] == "2026-11-24"
    letter, figures = cited["references"]
    assert letter["type"] == "government-document"
    assert letter["authors"] == [{"name": "Ministerie van Justitie en Veiligheid"}]
    assert letter["url"] == "https://zoek.officielebekendmakingen.nl/kst-29628-1277.html"
    assert letter["copyright"] == "Public domain (Auteurswet, article 15b)"
    assert letter["date-published"] == "2025-06-12"
    assert "url" not in figures


def test_awkward_texts_and_a_source_without_address(tmp_path: Path) -> None:
    content = awkward_release(tmp_path)
    cited = read_yaml(content.folder / "CITATION.cff")
    assert schema_problems(cited, RULES) == []
    first, second, third = cited["references"]
    assert (first["title"], first["notes"], first["copyright"]) == (AWKWARD,) * 3
    assert "url" not in first
    assert second["number"] == "29 628, nr. 1"
    assert third["url"] == "https://example.org/kst-1.html"


def test_the_software_is_cited_with_its_version() -> None:
    cited = read_yaml(ROOT / "CITATION.cff")
    assert schema_problems(cited, RULES) == []
    assert (cited["type"], cited["version"]) == ("software", ipsdata.__version__)
    assert cited["license"] == LICENCE_ID


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])))
def test_yaml_keeps_any_text(text: str) -> None:
    assert YAML(typ="safe", pure=True).load(as_yaml({"title": text})) == {"title": text}
