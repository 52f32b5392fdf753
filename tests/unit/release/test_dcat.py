"""`dcat.jsonld`, by the official rules of DCAT-AP 3 and by those of DCAT-AP-NL 3."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pyshacl
import pytest
from rdflib import DCAT, DCTERMS, FOAF, PROV, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from ipsdata.release.about import table_files
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.dcat import dcat_catalog
from standards import (
    AWKWARD,
    RULES,
    awkward_release,
    contract,
    describe,
    document,
    partition,
    read_json,
    release,
    shipped_release,
)

SPDX = Namespace("http://spdx.org/rdf/terms#")
BASE = "https://example.org/releases/1/"
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "QUARTERLY", "ANNUAL_2", "ANNUAL")
OFFICIAL, DUTCH = "dcat-ap-3.0.0-shacl.jsonld", "dcat-ap-nl-3.0.ttl"


@cache
def rules(name: str) -> Graph:
    return Graph().parse(RULES / name)


def graph_of(content: ReleaseContent) -> Graph:
    """Read the catalogue of a release as if it lay at `BASE`."""
    return Graph().parse(content.folder / "dcat.jsonld", format="json-ld", publicID=BASE)


def findings(graph: Graph, name: str) -> Counter[tuple[str, str]]:
    """Return severity and property of all that a set of rules finds."""
    _, _, text = pyshacl.validate(graph, shacl_graph=rules(name), inference="none")
    return Counter(re.findall(r"Severity: sh:(\w+)[\s\S]*?Result Path: (\S+)", text))


def violations(graph: Graph) -> list[str]:
    """Return the properties that break the rules of DCAT-AP or of DCAT-AP-NL."""
    found = [*findings(graph, OFFICIAL), *findings(graph, DUTCH)]
    return sorted(path for severity, path in found if severity == "Violation")


def dataset(graph: Graph, title: str) -> Node:
    (found,) = graph.subjects(DCTERMS.title, Literal(title, lang="en"))
    return found


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


@pytest.fixture(scope="module")
def catalogue(shipped: ReleaseContent) -> Graph:
    return graph_of(shipped)


def test_the_shipped_data_break_no_rule(catalogue: Graph) -> None:
    assert violations(catalogue) == []


def test_warnings_are_those_of_what_a_release_has_not(
    shipped: ReleaseContent, catalogue: Graph
) -> None:
    pages = {"foaf:page": "dictionary/index.html", "dcat:landingPage": "report/index.html"}
    absent = {path for path, page in pages.items() if not (shipped.folder / page).is_file()}
    expected = {("Warning", path) for path in {"dcat:accessService", *absent}}  # no service
    assert findings(catalogue, DUTCH).keys() == expected
    assert findings(catalogue, OFFICIAL) == {}


def test_pages_of_the_release_are_told(tmp_path: Path) -> None:
    content = release(tmp_path, {"documents": []})
    for page in ("dictionary/index.html", "report/index.html"):
        (tmp_path / page).parent.mkdir()
        (tmp_path / page).write_text("<!doctype html>", "utf-8")
    describe(content)
    graph = graph_of(content)
    assert findings(graph, DUTCH).keys() == {("Warning", "dcat:accessService")}
    found = dataset(graph, "Documents")
    assert str(graph.value(found, FOAF.page)) == f"{BASE}dictionary/index.html"
    assert str(graph.value(found, DCAT.landingPage)) == f"{BASE}report/index.html"


@pytest.mark.parametrize(
    ("removed", "kind"),
    [
        (DCTERMS.title, DCAT.Dataset),
        (DCTERMS.publisher, DCAT.Dataset),
        (DCTERMS.accessRights, DCAT.Dataset),
        (DCTERMS.identifier, DCAT.Dataset),
        (DCAT.theme, DCAT.Dataset),
        (DCAT.contactPoint, DCAT.Catalog),
        (DCTERMS.publisher, DCAT.Catalog),
        (DCTERMS.license, DCAT.Distribution),
        (DCAT.accessURL, DCAT.Distribution),
        (FOAF.name, FOAF.Agent),
        (SPDX.checksumValue, SPDX.Checksum),
        (SKOS.prefLabel, SKOS.Concept),
    ],
)
def test_the_rules_would_see_what_is_missing(tmp_path: Path, removed: URIRef, kind: URIRef) -> None:
    graph = graph_of(release(tmp_path, {"documents": [document()]}))
    assert violations(graph) == []
    for subject in list(graph.subjects(RDF.type, kind)):
        graph.remove((subject, removed, None))
    assert violations(graph) != []


def test_every_table_is_a_dataset_of_parquet_and_csv(
    shipped: ReleaseContent, catalogue: Graph
) -> None:
    (root,) = catalogue.subjects(RDF.type, DCAT.Catalog)
    datasets = set(catalogue.objects(root, DCAT.dataset))
    assert datasets == set(catalogue.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) == len(shipped.contracts)
    for table in shipped.tables:
        found = dataset(catalogue, shipped.contracts[table].title)
        urls = {
            str(url)
            for distribution in catalogue.objects(found, DCAT.distribution)
            for url in catalogue.objects(distribution, DCAT.downloadURL)
        }
        assert urls == {f"{BASE}{table}.parquet", f"{BASE}csv/{table}.csv"}


def test_addresses_lead_to_files_with_that_size_and_checksum(
    shipped: ReleaseContent, catalogue: Graph
) -> None:
    seen = 0
    for distribution in catalogue.subjects(RDF.type, DCAT.Distribution):
        url = catalogue.value(distribution, DCAT.downloadURL)
        data = (shipped.folder / str(url).removeprefix(BASE)).read_bytes()
        checksum = catalogue.value(distribution, SPDX.checksum)
        told = catalogue.value(checksum, SPDX.checksumValue)
        assert str(told) == hashlib.sha256(data).hexdigest()
        assert int(str(catalogue.value(distribution, DCAT.byteSize))) == len(data)
        seen += 1
    assert seen >= 2 * len(shipped.tables)
    for standard in catalogue.subjects(RDF.type, DCTERMS.Standard):
        assert (shipped.folder / str(standard).removeprefix(BASE)).is_file()


def test_no_identifier_is_an_invented_address(shipped: ReleaseContent) -> None:
    told = read_json(shipped.folder / "dcat.jsonld")
    hosts = set(re.findall(r'"@id": "https?://([^/"]+)', json.dumps(told["@graph"])))
    assert hosts == {
        "publications.europa.eu",  # authority tables
        "www.iana.org",
        "spdx.org",
        "zoek.officielebekendmakingen.nl",  # where the letter is published
    }


def test_titles_are_in_both_languages_and_dates_come_from_the_data(catalogue: Graph) -> None:
    found = dataset(catalogue, "Deployments")
    titles = set(catalogue.objects(found, DCTERMS.title))
    assert titles == {Literal("Deployments", lang="en"), Literal("Uitzendingen", lang="nl")}
    period = catalogue.value(found, DCTERMS.temporal)
    assert str(catalogue.value(period, DCAT.startDate)) == "2025-05-14"  # the reference date
    assert str(catalogue.value(period, DCAT.endDate)) == "2025-05-14"
    frequency = catalogue.value(found, DCTERMS.accrualPeriodicity)
    assert str(frequency).endswith("/frequency/ANNUAL_2")  # a letter each half-year
    languages = {str(tag)[-3:] for tag in catalogue.objects(found, DCTERMS.language)}
    assert languages == {"ENG", "NLD"}


def test_a_dataset_names_its_countries(catalogue: Graph) -> None:
    found = dataset(catalogue, "States using SIS")
    places = {str(place)[-3:] for place in catalogue.objects(found, DCTERMS.spatial)}
    assert {"NLD", "CHE", "GBR"} <= places
    assert "USA" not in places


def test_datasets_name_the_documents_and_datasets_they_rest_on(catalogue: Graph) -> None:
    deployments = dataset(catalogue, "Deployments")
    (letter,) = catalogue.objects(deployments, PROV.wasDerivedFrom)
    assert "Kamerstuk 29 628, nr. 1277, 12 juni 2025" in str(
        catalogue.value(letter, DCTERMS.bibliographicCitation)
    )
    rights = catalogue.value(letter, DCTERMS.rights)
    label = Literal("Public domain (Auteurswet, article 15b)", lang="en")
    assert catalogue.value(rights, RDFS.label) == label
    assert catalogue.value(letter, DCTERMS.license) is None
    yearly = dataset(catalogue, "SIS figures by year")
    assert dataset(catalogue, "SIS statistics") in set(catalogue.objects(yearly, DCTERMS.source))


def test_awkward_texts_and_sources_without_address(tmp_path: Path) -> None:
    content = awkward_release(tmp_path)
    graph = graph_of(content)
    assert violations(graph) == []
    (first,) = graph.subjects(DCTERMS.title, Literal(AWKWARD, lang="nl"))
    assert str(graph.value(first, DCTERMS.bibliographicCitation)) == AWKWARD
    assert graph.value(first, FOAF.page) is None
    pages = {str(page) for page in graph.objects(None, FOAF.page)}
    assert pages == {"https://example.org/kst-1.html"}


def test_a_release_without_documents_breaks_no_rule(tmp_path: Path) -> None:
    assert violations(graph_of(release(tmp_path, {"documents": []}))) == []


def test_a_split_table_has_a_part_a_year(tmp_path: Path) -> None:
    rows = {"documents": [document()], "sis_daily_partitions": [partition()]}
    content = release(tmp_path, rows, years=(2023, 2024))
    graph = graph_of(content)
    assert violations(graph) == []
    whole = dataset(graph, "SIS daily counts")
    parts = set(graph.objects(whole, DCTERMS.hasPart))
    assert parts == {dataset(graph, f"SIS daily counts, {year}") for year in (2023, 2024)}
    (root,) = graph.subjects(RDF.type, DCAT.Catalog)
    assert parts <= set(graph.objects(root, DCAT.dataset))
    (file,) = graph.objects(dataset(graph, "SIS daily counts, 2024"), DCAT.distribution)
    url = f"{BASE}sis_daily_counts/year=2024/part-0.parquet"
    assert str(graph.value(file, DCAT.downloadURL)) == url
    period = graph.value(whole, DCTERMS.temporal)
    assert str(graph.value(period, DCAT.startDate)) == "2024-03-01"  # as the listing tells
    assert len(set(graph.objects(whole, PROV.wasDerivedFrom))) == 1  # by its edition


def domain(column: str) -> tuple[str, ...]:
    (found,) = [c for c in contract("documents").columns if c.name == column]
    return found.domain


def test_every_language_of_a_document_has_a_code(tmp_path: Path) -> None:
    rows = [document(n, language=tag) for n, tag in enumerate(domain("language"), start=1)]
    graph = graph_of(release(tmp_path, {"documents": rows}))
    documents = set(graph.subjects(RDF.type, PROV.Entity))
    told = Counter(str(graph.value(d, DCTERMS.language))[-3:] for d in documents)
    assert told == {"NLD": 1, "ENG": 1, "FRA": 1, "DEU": 2}


@pytest.mark.parametrize(
    ("frequency", "code"),
    [*zip(domain("frequency"), FREQUENCIES, strict=True), (None, "IRREG")],
)
def test_how_often_documents_appear(tmp_path: Path, frequency: str | None, code: str) -> None:
    rows = {"documents": [document(frequency=frequency)], "sis_daily_partitions": [partition()]}
    graph = graph_of(release(tmp_path, rows, years=(2024,)))
    told = graph.value(dataset(graph, "SIS daily counts"), DCTERMS.accrualPeriodicity)
    assert str(told).rpartition("/")[2] == code


def catalogue_of(content: ReleaseContent) -> Any:
    return dcat_catalog(content, table_files(content))["@graph"]


def test_a_release_names_the_one_before(tmp_path: Path) -> None:
    before = release(tmp_path / "before", {"documents": [document()]})
    manifest = {"release_id": before.release_id, "tables": before.entries}
    (before.folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    now = replace(
        release(tmp_path / "now", {"documents": [document()], "missions": []}),
        release_id="2026-11-24.1",
        previous=before.folder,
        previous_id=before.release_id,
    )
    old, new = ({node["@id"]: node for node in catalogue_of(c)} for c in (before, now))
    told = [node for node in new.values() if "dcat:previousVersion" in node]
    assert [node["@type"] for node in told] == ["dcat:Catalog", "dcat:Dataset"]  # no missions then
    for node in told:
        assert old[node["dcat:previousVersion"]["@id"]]["@type"] == node["@type"]
        assert node["@id"] not in old


@pytest.mark.parametrize("gone", ["folder", "manifest"])
def test_a_release_before_that_is_gone_is_not_named(tmp_path: Path, gone: str) -> None:
    before = tmp_path / "before"
    if gone == "manifest":
        before.mkdir()
    content = replace(
        release(tmp_path / "now", {"documents": [document()]}),
        previous=None if gone == "folder" else before,
        previous_id="2026-11-23.0",
    )
    assert not any("dcat:previousVersion" in node for node in catalogue_of(content))
