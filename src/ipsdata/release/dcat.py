"""`dcat.jsonld`: the release as a catalogue by DCAT-AP 3 and DCAT-AP-NL 3.

The release is a `dcat:Catalog`, each table a `dcat:Dataset`. All distributions of a dataset hold
the same rows: its Parquet file and its CSV twin. A table that is split by year has one part a year,
with one file each. Codes are those of the authority tables of the Publications Office of the EU.

What a dataset rests on: `dct:source` names the datasets that its columns are derived from (by the
contract), `prov:wasDerivedFrom` the documents that its rows come from, each with its own terms and
citation. Addresses of files are relative to the folder of `dcat.jsonld`.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ipsdata.contracts import Contract
from ipsdata.release.about import (
    DESCRIPTION,
    KEYWORDS,
    LICENCE_ID,
    LICENCE_TITLE,
    PUBLISHER,
    RIGHTS,
    TITLE,
    DataFile,
    Source,
    TableFiles,
    previous_urn,
    release_urn,
    sources,
    urn,
    without_empty,
)
from ipsdata.release.companions import ReleaseContent

Node = dict[str, Any]

AUTHORITY = "http://publications.europa.eu/resource/authority/"
THEMES = f"{AUTHORITY}data-theme"
THEME = f"{THEMES}/JUST"
_CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_LANGUAGES = {"nl": "NLD", "en": "ENG", "fr": "FRA", "de": "DEU"}
_FREQUENCIES = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "semiannual": "ANNUAL_2",
    "annual": "ANNUAL",
}
_FORMATS = {"application/vnd.apache.parquet": "PARQUET", "text/csv": "CSV"}
_PROVENANCE = {
    "en": "Read from the documents named and checked against their printed totals; what was not "
    "published stands in the table rejected_rows, each check in reconciliations.",
    "nl": "Gelezen uit de genoemde documenten en gecontroleerd met hun gedrukte totalen; wat niet "
    "is gepubliceerd, staat in de tabel rejected_rows, elke controle in reconciliations.",
}
# Dates of the source, not of what it counts.
_NO_COVERAGE = frozenset({"published_on", "retrieved_on"})


def dcat_catalog(content: ReleaseContent, files: Mapping[str, TableFiles]) -> Node:
    """Return the catalogue of a release, as JSON-LD with its context in it."""
    editions = sources(content)
    cited = {row["document_id"]: source for source in editions for row in source.documents}
    datasets = [node for name in files for node in _datasets(content, name, files[name], cited)]
    documents = [_document(source, row) for source in editions for row in source.documents]
    nodes = [_catalog(content, datasets), *datasets, *documents, *_agents(editions), *_codes()]
    return {"@context": _CONTEXT, "@graph": nodes}


def _catalog(content: ReleaseContent, datasets: Iterable[Node]) -> Node:
    return without_empty(
        {
            "@id": release_urn(content.release_id, content.entries),
            "@type": "dcat:Catalog",
            "dct:identifier": release_urn(content.release_id, content.entries),
            "dct:title": _texts(TITLE),
            "dct:description": _texts(DESCRIPTION),
            **_responsible(),
            **_dated(content, previous_urn(content)),
            "dct:license": _licence(),
            "dct:rights": _rights(RIGHTS),
            "dct:language": [_language("en"), _language("nl")],
            "dcat:themeTaxonomy": {"@id": THEMES},
            "foaf:homepage": _page(content, "report/index.html"),
            "dcat:dataset": [{"@id": node["@id"]} for node in datasets],
        }
    )


def _datasets(
    content: ReleaseContent, name: str, files: TableFiles, cited: Mapping[str, Source]
) -> list[Node]:
    """Return the dataset of a table, and those of its years if it is split."""
    whole = _dataset(content, name, cited)
    parts = [
        _part(content, name, whole, year, file)
        for file in files.parquet
        if (year := _year(file)) is not None
    ]
    own = [*(() if parts else files.parquet), *((files.csv,) if files.csv else ())]
    more = {
        "dct:hasPart": [{"@id": part["@id"]} for part in parts],
        "dcat:distribution": _distributions(content, name, own),
    }
    return [{**whole, **without_empty(more)}, *parts]


def _dataset(content: ReleaseContent, name: str, cited: Mapping[str, Source]) -> Node:
    contract = content.contracts[name]
    documents = _document_ids(content, name, cited)
    editions = [cited[id_] for id_ in documents]
    return without_empty(
        {
            "@id": release_urn(content.release_id, content.entries, name),
            "@type": "dcat:Dataset",
            "dct:identifier": release_urn(content.release_id, content.entries, name),
            "dct:title": _texts({"en": contract.title, "nl": contract.title_nl}),
            "dct:description": _texts({"en": contract.description}),
            "dcat:keyword": [t for tag, words in KEYWORDS.items() for t in _words(tag, words)],
            **_responsible(),
            **_dated(content, previous_urn(content, name)),
            "dct:accessRights": _typed(f"{AUTHORITY}access-right/PUBLIC", "dct:RightsStatement"),
            "dcat:theme": {"@id": THEME},
            "dct:language": _languages(editions),
            "dct:accrualPeriodicity": _frequency(editions),
            "dct:temporal": _temporal(content, contract),
            "dct:spatial": _spatial(content, contract),
            "dct:conformsTo": _contract(content, name),
            "foaf:page": _page(content, "dictionary/index.html"),
            "dcat:landingPage": _page(content, "report/index.html"),
            "dct:provenance": _labelled(_PROVENANCE, "dct:ProvenanceStatement"),
            "dct:source": _derived_from(content, contract),
            "prov:wasDerivedFrom": [{"@id": urn("document", id_)} for id_ in documents],
        }
    )


def _part(content: ReleaseContent, name: str, whole: Node, year: int, file: DataFile) -> Node:
    """Return the dataset of one year of a split table: as the whole, but for its own facts."""
    contract = content.contracts[name]
    identifier = urn(whole["@id"], str(year))
    return {
        # The year of the release before may have been another one, or absent.
        **{key: value for key, value in whole.items() if key != "dcat:previousVersion"},
        "@id": identifier,
        "dct:identifier": identifier,
        "dct:title": _texts(
            {"en": f"{contract.title}, {year}", "nl": f"{contract.title_nl}, {year}"}
        ),
        "dct:temporal": _period(dt.date(year, 1, 1), dt.date(year, 12, 31)),
        "dct:isPartOf": {"@id": whole["@id"]},
        "dcat:distribution": _distributions(content, name, [file]),
    }


def _year(file: DataFile) -> int | None:
    _, found, year = Path(file.path).parent.name.partition("year=")
    return int(year) if found else None


def _distributions(content: ReleaseContent, name: str, files: Iterable[DataFile]) -> list[Node]:
    contract = content.contracts[name]
    return [
        {
            "@id": release_urn(content.release_id, content.entries, "file", file.path),
            "@type": "dcat:Distribution",
            "dct:title": _texts(
                {
                    "en": f"{contract.title} ({_FORMATS[file.media_type]})",
                    "nl": f"{contract.title_nl} ({_FORMATS[file.media_type]})",
                }
            ),
            "dcat:accessURL": _typed(file.path, "rdfs:Resource"),
            "dcat:downloadURL": _typed(file.path, "rdfs:Resource"),
            "dct:format": _typed(
                f"{AUTHORITY}file-type/{_FORMATS[file.media_type]}", "dct:MediaTypeOrExtent"
            ),
            "dcat:mediaType": _typed(
                f"https://www.iana.org/assignments/media-types/{file.media_type}", "dct:MediaType"
            ),
            "dcat:byteSize": {"@value": str(file.size), "@type": "xsd:nonNegativeInteger"},
            "spdx:checksum": _checksum(file.sha256),
            "dct:conformsTo": _contract(content, name),
            "dct:language": [_language("en"), _language("nl")],
            "dct:license": _licence(),
            "dct:rights": _rights(RIGHTS),
            "dct:issued": _moment(content.published_at),
            "dct:modified": _moment(content.published_at),
        }
        for file in files
    ]


def _document(source: Source, row: Mapping[str, Any]) -> Node:
    """Return a document with its own terms and citation."""
    return without_empty(
        {
            "@id": urn("document", row["document_id"]),
            "@type": ["prov:Entity", "foaf:Document"],
            "dct:title": _texts({source.language: source.title}),
            "dct:description": _texts({"en": f"{row['path']} of edition {source.edition_id}"}),
            "dct:identifier": source.document_number,
            "dct:publisher": {"@id": urn("agent", source.publisher)},
            "dct:issued": source.published_on and _day(source.published_on),
            "dct:language": _language(source.language),
            "dct:rights": source.licence and _rights({"en": source.licence}),
            "dct:bibliographicCitation": source.citation,
            "foaf:page": source.url and _typed(source.url, "foaf:Document"),
            "spdx:checksum": _checksum(row["document_id"]),
        }
    )


def _agents(cited: Iterable[Source]) -> Iterator[Node]:
    for name in sorted({PUBLISHER, *(source.publisher for source in cited)}):
        yield {"@id": urn("agent", name), "@type": "foaf:Agent", "foaf:name": name}
    yield {
        "@id": urn("contact", PUBLISHER),
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": PUBLISHER,
    }


def _codes() -> Iterator[Node]:
    yield {
        "@id": THEME,
        "@type": "skos:Concept",
        "skos:prefLabel": _texts(
            {
                "en": "Justice, legal system and public safety",
                "nl": "Justitie, rechtsstelsel en openbare veiligheid",
            }
        ),
        "skos:inScheme": {"@id": THEMES},
    }
    yield {
        "@id": THEMES,
        "@type": "skos:ConceptScheme",
        "dct:title": _texts({"en": "Data theme", "nl": "Datathema"}),
    }


def _responsible() -> Node:
    # Who runs the pipeline is not known to it: the project's name is what can be given.
    return {
        "dct:publisher": {"@id": urn("agent", PUBLISHER)},
        "dct:creator": {"@id": urn("agent", PUBLISHER)},
        "dcat:contactPoint": {"@id": urn("contact", PUBLISHER)},
    }


def _dated(content: ReleaseContent, previous: str | None) -> Node:
    return {
        "dct:issued": _moment(content.published_at),
        "dct:modified": _moment(content.published_at),
        "dcat:version": content.release_id,
        "dcat:previousVersion": {"@id": previous} if previous else None,
    }


def _licence() -> Node:
    return {
        "@id": f"{AUTHORITY}licence/{LICENCE_ID.replace('-', '_').replace('.', '_')}",
        "@type": "dct:LicenseDocument",
        "dct:title": _texts({"en": LICENCE_TITLE}),
    }


def _contract(content: ReleaseContent, name: str) -> Node:
    title = content.contracts[name].title
    return {
        **_typed(f"contracts/{name}.json", "dct:Standard"),
        "dct:title": _texts({"en": f"Contract of the table {title}"}),
    }


def _page(content: ReleaseContent, path: str) -> Node | None:
    """Return a page of the release, if it has that page."""
    return _typed(path, "foaf:Document") if (content.folder / path).is_file() else None


def _derived_from(content: ReleaseContent, contract: Contract) -> list[Node]:
    names = {origin.partition(".")[0] for c in contract.columns for origin in c.derived_from}
    return [
        {"@id": release_urn(content.release_id, content.entries, name)}
        for name in sorted(names & content.contracts.keys() - {contract.table})
    ]


def _document_ids(content: ReleaseContent, name: str, cited: Mapping[str, Source]) -> list[str]:
    """Return the documents of a table's rows; of a split table, those of its editions."""
    contract = content.contracts[name]
    if contract.partition is not None:
        told = content.tables[contract.partition.listing]["edition_id"].to_pylist()
        editions = {edition for text in told if text for edition in text.split()}
        return sorted(id_ for id_, source in cited.items() if source.edition_id in editions)
    keys = (key.column for key in contract.foreign_keys if key.table == "documents")
    table = content.tables[name]
    named = {id_ for key in keys for id_ in pc.unique(table[key]).to_pylist()}
    return sorted(named & cited.keys())


def _languages(editions: Iterable[Source]) -> list[Node]:
    """Return English, in which codes are written, and the languages of the documents."""
    tags = {source.language.partition("-")[0] for source in editions}
    return [_language(tag) for tag in sorted({"en", *tags})]


def _frequency(editions: Iterable[Source]) -> Node:
    """Return how often the documents appear; irregularly if they differ or don't tell."""
    told = {source.frequency for source in editions}
    only = told.pop() if len(told) == 1 else None
    return _typed(f"{AUTHORITY}frequency/{_FREQUENCIES.get(only or '', 'IRREG')}", "dct:Frequency")


def _temporal(content: ReleaseContent, contract: Contract) -> Node | None:
    """Return the first and last day that a table's dates name, or else its years."""
    partition = contract.partition
    table = content.tables[partition.listing if partition else contract.table]
    days = [
        day
        for field in table.schema
        if pa.types.is_date(field.type) and field.name not in _NO_COVERAGE
        for day in _ends(table[field.name])
    ]
    if not days and "year" in table.column_names and pa.types.is_integer(table["year"].type):
        first, last = _ends(table["year"]) or (None, None)
        days = [dt.date(first, 1, 1), dt.date(last, 12, 31)] if first and last else []
    return _period(min(days), max(days)) if days else None


def _ends(column: pa.ChunkedArray) -> tuple[Any, ...]:
    ends = pc.min_max(column).as_py()
    return () if ends["min"] is None else (ends["min"], ends["max"])


def _spatial(content: ReleaseContent, contract: Contract) -> list[Node]:
    """Return the countries that a table's keys name, as far as ISO 3166 lists them."""
    if contract.table in content.parts or "countries" not in content.tables:
        return []
    named = {
        code
        for key in contract.foreign_keys
        if key.table == "countries"
        for code in pc.unique(content.tables[contract.table][key.column]).to_pylist()
    }
    countries = content.tables["countries"].to_pylist()
    listed = sorted(c["alpha3"] for c in countries if c["country_code"] in named and c["numeric"])
    return [_typed(f"{AUTHORITY}country/{alpha3}", "dct:Location") for alpha3 in listed]


def _period(first: dt.date, last: dt.date) -> Node:
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": _day(first.isoformat()),
        "dcat:endDate": _day(last.isoformat()),
    }


def _checksum(sha256: str) -> Node:
    return {
        "@type": "spdx:Checksum",
        "spdx:algorithm": _typed(
            "http://spdx.org/rdf/terms#checksumAlgorithm_sha256", "spdx:ChecksumAlgorithm"
        ),
        "spdx:checksumValue": {"@value": sha256, "@type": "xsd:hexBinary"},
    }


def _language(tag: str) -> Node:
    code = _LANGUAGES[tag.partition("-")[0]]
    return _typed(f"{AUTHORITY}language/{code}", "dct:LinguisticSystem")


def _rights(texts: Mapping[str, str]) -> Node:
    return _labelled(texts, "dct:RightsStatement")


def _labelled(texts: Mapping[str, str], kind: str) -> Node:
    return {"@type": kind, "rdfs:label": _texts(texts)}


def _typed(iri: str, kind: str) -> Node:
    return {"@id": iri, "@type": kind}


def _texts(texts: Mapping[str, str]) -> list[Node]:
    return [{"@value": text, "@language": tag} for tag, text in texts.items()]


def _words(tag: str, words: Iterable[str]) -> list[Node]:
    return [{"@value": word, "@language": tag} for word in words]


def _day(text: str) -> Node:
    return {"@value": text, "@type": "xsd:date"}


def _moment(moment: dt.datetime) -> Node:
    return {"@value": moment.isoformat(timespec="seconds"), "@type": "xsd:dateTime"}
