"""`datapackage.json`: the release as a Data Package, version 2 (https://datapackage.org).

One resource a table: its CSV twin with a Table Schema, so that any reader of Data Packages can read
and check it; the Parquet files of the same rows stand in its property `alternatives`. A table
without a twin is a resource of its Parquet files.
"""

from collections.abc import Mapping
from typing import Any

from ipsdata.contracts import Column, Contract
from ipsdata.release.about import (
    DESCRIPTION,
    KEYWORDS,
    LICENCE_ID,
    LICENCE_TITLE,
    LICENCE_URL,
    PUBLISHER,
    RIGHTS,
    TITLE,
    DataFile,
    Source,
    TableFiles,
    quoted_publications,
    release_urn,
    sources,
    whole_pattern,
    without_empty,
)
from ipsdata.release.companions import ReleaseContent

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {
    "int32": "integer",
    "int64": "integer",
    "float64": "number",
    "bool": "boolean",
    "string": "string",
    "date": "date",
    "timestamp": "datetime",
}


def data_package(content: ReleaseContent, files: Mapping[str, TableFiles]) -> dict[str, Any]:
    """Return the descriptor of a release."""
    described = {
        "$schema": PROFILE,
        "name": "ipsdata",
        "id": release_urn(content.release_id, content.entries),
        "title": TITLE["en"],
        "title_nl": TITLE["nl"],
        "description": DESCRIPTION["en"],
        "description_nl": DESCRIPTION["nl"],
        "version": content.release_id,
        "schema_version": content.schema_version,
        "created": content.published_at.isoformat(timespec="seconds"),
        "keywords": list(KEYWORDS["en"]),
        "contributors": [{"title": PUBLISHER, "roles": ["creator", "publisher"]}],
        "licenses": [{"name": LICENCE_ID, "path": LICENCE_URL, "title": LICENCE_TITLE}],
        "rights": RIGHTS["en"],
        "sources": [*map(_source, sources(content)), *_quoted(content)],
        "resources": [_resource(content, name, of_table) for name, of_table in files.items()],
    }
    return without_empty(described)


def _source(source: Source) -> dict[str, Any]:
    # Beyond title, path and version the properties are ours: the standard knows no licence here.
    return without_empty(
        {
            "title": source.title,
            "path": source.url,
            "version": source.published_on,
            "edition_id": source.edition_id,
            "publisher": source.publisher,
            "document_number": source.document_number,
            "language": source.language,
            "licence": source.licence,
            "citation": source.citation,
            "documents": [
                {
                    "path": row["path"],
                    "sha256": row["document_id"],
                    "mediatype": row["media_type"],
                    "at_hand": row["at_hand"],
                }
                for row in source.documents
            ],
        }
    )


def _quoted(content: ReleaseContent) -> list[dict[str, Any]]:
    # Figures that a list quotes come from these; what the list says of each stands in its rows.
    return [{"title": slug, "path": url} for slug, url in quoted_publications(content)]


def _resource(content: ReleaseContent, name: str, files: TableFiles) -> dict[str, Any]:
    contract = content.contracts[name]
    parquet = [_file(file) for file in files.parquet]
    return without_empty(
        {
            "name": name,
            "title": contract.title,
            "title_nl": contract.title_nl,
            "description": contract.description,
            **(_csv(files.csv) if files.csv else _split(parquet)),
            "rows": int(content.entries[name]["rows"]),
            "schema": _table_schema(contract),
            "alternatives": parquet if files.csv else None,
        }
    )


def _csv(file: DataFile) -> dict[str, Any]:
    return {"type": "table", "encoding": "utf-8", **_file(file)}


def _split(files: list[dict[str, Any]]) -> dict[str, Any]:
    # The standard has size and hash of one file only: here they stand with each file.
    return {
        "path": [file["path"] for file in files],
        "format": files[0]["format"],
        "mediatype": files[0]["mediatype"],
        "files": files,
    }


def _file(file: DataFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "format": file.path.rpartition(".")[2],
        "mediatype": file.media_type,
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
    }


def _table_schema(contract: Contract) -> dict[str, Any]:
    return without_empty(
        {
            "fields": [_field(column) for column in contract.columns],
            "missingValues": [""],
            "primaryKey": list(contract.primary_key),
            "foreignKeys": [
                {
                    "fields": [key.column],
                    "reference": {
                        # By the standard a table refers to itself by an empty name.
                        "resource": "" if key.table == contract.table else key.table,
                        "fields": [key.target],
                    },
                }
                for key in contract.foreign_keys
            ],
        }
    )


def _field(column: Column) -> dict[str, Any]:
    return without_empty(
        {
            "name": column.name,
            "type": _TYPES[column.type],
            "title": column.title,
            "title_nl": column.title_nl,
            "description": column.description,
            "unit": column.unit,
            "constraints": _constraints(column),
        }
    )


def _constraints(column: Column) -> dict[str, Any]:
    return without_empty(
        {
            "required": True if not column.nullable else None,
            "enum": list(column.domain),
            "pattern": whole_pattern(column.pattern) if column.pattern else None,
            "minimum": column.minimum,
            "maximum": column.maximum,
        }
    )
