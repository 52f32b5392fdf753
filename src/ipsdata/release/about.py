"""What all descriptions of a release tell: titles, licence, sources, files, identifiers.

The standards' files (`datapackage.json`, `dcat.jsonld`, `CITATION.cff`, the CSVW metadata) are made
from the release and its contracts; what is the same in several of them is said here once.

Identifiers are URNs (RFC 9562, version 5: made from a name), for the project has no web address of
its own; addresses of files are relative to the folder of the release.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.release.companions import ReleaseContent
from ipsdata.release.index import MANIFEST, file_hash, read_manifest

PUBLISHER = "ipsdata"
TITLE = {
    "en": "Published figures on international police cooperation",
    "nl": "Gepubliceerde cijfers over internationale politiesamenwerking",
}
DESCRIPTION = {
    "en": (
        "Figures on police officers on missions, the Schengen Information System and agreements, "
        "read from government documents. Each figure keeps its place in a fingerprinted document, "
        "and a printed number is given as the interval it stands for."
    ),
    "nl": (
        "Cijfers over uitgezonden politiefunctionarissen, het Schengeninformatiesysteem en "
        "verdragen, gelezen uit overheidsdocumenten. Elk cijfer houdt zijn plaats in een document "
        "met vingerafdruk, en een gedrukt getal is het interval waarvoor het staat."
    ),
}
KEYWORDS = {
    "en": ("international police cooperation", "police missions", "Schengen Information System"),
    "nl": ("internationale politiesamenwerking", "politiemissies", "Schengeninformatiesysteem"),
}
LICENCE_ID = "EUPL-1.2"
LICENCE_TITLE = "European Union Public Licence 1.2"
LICENCE_URL = "https://spdx.org/licenses/EUPL-1.2.html"
RIGHTS = {
    "en": (
        "The licence is that of the compilation, its codes and descriptions. Each source has its "
        "own terms: column licence of the table documents."
    ),
    "nl": (
        "De licentie geldt voor de verzameling, haar codes en beschrijvingen. Elke bron heeft "
        "eigen voorwaarden: kolom licence van de tabel documents."
    ),
}
MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
}

# Drawn at random once: it keeps these names apart from everybody else's.
_NAMESPACE = uuid.UUID("6f1b7d1e-3c0a-4b52-9d0e-8a5f2c7e41b9")
_SOURCE_COLUMNS = frozenset(
    "document_id edition_id path title publisher url document_number published_on language "
    "frequency licence citation media_type at_hand".split()
)
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


@dataclass(frozen=True)
class Source:
    """One edition that the release rests on, with its own licence and citation.

    Attributes:
        url: where it was published; `None` if unknown or no web address.
        published_on: ISO 8601; `None` if unknown.
        language: IETF language tag.
        frequency: how often an edition appears, in the words of the table; `None` if not known.
        documents: its rows of the table `documents`.
    """

    edition_id: str
    title: str
    publisher: str
    url: str | None
    document_number: str | None
    published_on: str | None
    language: str
    frequency: str | None
    licence: str | None
    citation: str | None
    documents: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class DataFile:
    """A file of the release: its path relative to the release's folder, size and fingerprint."""

    path: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class TableFiles:
    """The files of a table.

    Attributes:
        parquet: one, or of a split table one a year.
        csv: its CSV twin; `None` if it has none, as a large split table.
    """

    parquet: tuple[DataFile, ...]
    csv: DataFile | None


def sources(content: ReleaseContent) -> tuple[Source, ...]:
    """Return the editions of the table `documents`, in order.

    A release by older contracts, whose documents don't tell of editions, names none.
    """
    table = content.tables["documents"]
    if not _SOURCE_COLUMNS.issubset(table.column_names):
        return ()
    editions: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        editions.setdefault(row["edition_id"], []).append(row)
    return tuple(_source(edition, rows) for edition, rows in sorted(editions.items()))


def _source(edition_id: str, rows: list[dict[str, Any]]) -> Source:
    first = rows[0]
    return Source(
        edition_id=edition_id,
        title=first["title"],
        publisher=first["publisher"],
        url=web_address(first["url"]),
        document_number=first["document_number"],
        published_on=first["published_on"].isoformat() if first["published_on"] else None,
        language=first["language"],
        frequency=first["frequency"],
        licence=first["licence"] or None,
        citation=first["citation"] or None,
        documents=tuple(rows),
    )


def web_address(text: str | None) -> str | None:
    """Return a web address if the text is one and may stand in JSON-LD as it is, else `None`."""
    return text if text and _WEB_ADDRESS.fullmatch(text) else None


def table_files(content: ReleaseContent) -> dict[str, TableFiles]:
    """Return the files of all tables, by table, in order of name; each file is hashed once."""
    return {
        name: TableFiles(
            parquet=tuple(_data_file(content, path) for path in _parquet_paths(content, name)),
            csv=_twin(content, name),
        )
        for name in sorted(content.contracts)
    }


def _parquet_paths(content: ReleaseContent, table: str) -> tuple[Path, ...]:
    return content.parts.get(table, (content.folder / f"{table}.parquet",))


def _twin(content: ReleaseContent, table: str) -> DataFile | None:
    path = content.folder / "csv" / f"{table}.csv"
    return _data_file(content, path) if path.is_file() else None


def _data_file(content: ReleaseContent, path: Path) -> DataFile:
    return DataFile(
        path=path.relative_to(content.folder).as_posix(),
        media_type=MEDIA_TYPES[path.suffix],
        size=path.stat().st_size,
        sha256=file_hash(path),
    )


def whole_pattern(pattern: str) -> str:
    """Return a contract's pattern, which matches from the start, as one that matches all."""
    return pattern if pattern.endswith("$") else rf"{pattern}[\s\S]*"


def urn(*names: str) -> str:
    """Return the identifier of what has these names: always the same one."""
    return uuid.uuid5(_NAMESPACE, "\n".join(names)).urn


def release_urn(release_id: str, entries: Mapping[str, Mapping[str, Any]], *names: str) -> str:
    """Return the identifier of a release, or of what is named in it.

    Two stores may both have a release of the same day and number: what the tables hold is part of
    the name.
    """
    contents = (f"{table} {entry['content_sha256']}" for table, entry in sorted(entries.items()))
    return urn("release", release_id, *contents, *names)


def previous_urn(content: ReleaseContent, *names: str) -> str | None:
    """Return the identifier of the release before, or of what is named in it.

    `None` if there is none, it is not there any more, or it had no table of that name.
    """
    if content.previous is None or not (content.previous / MANIFEST).is_file():
        return None
    manifest = read_manifest(content.previous)
    if any(name not in manifest["tables"] for name in names):
        return None
    return release_urn(manifest["release_id"], manifest["tables"], *names)


def without_empty(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pairs whose value says something: not `None`, and no empty text or list."""
    return {key: value for key, value in pairs.items() if value not in (None, "", [], (), {})}


def quoted_publications(content: ReleaseContent) -> Iterator[tuple[str, str]]:
    """Yield the publications that rows of `sis_statistics` name: slug and web address, in order."""
    table = content.tables.get("sis_statistics")
    if table is None:
        return
    slugs, urls = (table[name].to_pylist() for name in ("source", "source_url"))
    known = {(slug, web_address(url)) for slug, url in zip(slugs, urls, strict=True)}
    yield from sorted((slug, url) for slug, url in known if url is not None)
