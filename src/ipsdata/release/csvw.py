"""`csv/csv-metadata.json`: what the columns of the CSV twins are, by CSV on the Web.

Follows W3C, Metadata Vocabulary for Tabular Data (2015), and is found beside the CSV files under
the name that section 5.4 of the Model for Tabular Data gives it.
"""

import re
from collections.abc import Mapping
from typing import Any

from ipsdata.contracts import Column, Contract
from ipsdata.release.about import (
    DESCRIPTION,
    TITLE,
    TableFiles,
    release_urn,
    whole_pattern,
    without_empty,
)
from ipsdata.release.companions import ReleaseContent

_BASES = {
    "int32": "int",
    "int64": "long",
    "float64": "double",
    "bool": "boolean",
    "string": "string",
    "date": "date",
    "timestamp": "dateTimeStamp",
}


def csvw_metadata(
    content: ReleaseContent, files: Mapping[str, TableFiles]
) -> dict[str, Any] | None:
    """Return the metadata of all CSV twins of a release; `None` if it has none."""
    named = [name for name, of_table in files.items() if of_table.csv]
    if not named:
        return None
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@id": release_urn(content.release_id, content.entries, "csvw"),
        "dc:title": [{"@value": text, "@language": tag} for tag, text in TITLE.items()],
        "dc:description": [{"@value": text, "@language": tag} for tag, text in DESCRIPTION.items()],
        "dc:issued": content.published_at.date().isoformat(),
        "dialect": {"header": True, "encoding": "utf-8", "delimiter": ",", "quoteChar": '"'},
        "tables": [_table(content.contracts[name], frozenset(named)) for name in named],
    }


def _table(contract: Contract, named: frozenset[str]) -> dict[str, Any]:
    return {
        "url": f"{contract.table}.csv",
        "dc:title": [
            {"@value": contract.title, "@language": "en"},
            {"@value": contract.title_nl, "@language": "nl"},
        ],
        "dc:description": contract.description,
        "tableSchema": without_empty(
            {
                "columns": [_column(column) for column in contract.columns],
                "primaryKey": list(contract.primary_key),
                "foreignKeys": _foreign_keys(contract, named),
            }
        ),
    }


def _foreign_keys(contract: Contract, named: frozenset[str]) -> list[dict[str, Any]]:
    # By section 5.1 of the vocabulary each row must refer to one row: a key that may be empty can't
    # be told. Such keys stand in the Data Package.
    optional = {column.name for column in contract.columns if column.nullable}
    return [
        {
            "columnReference": [key.column],
            "reference": {"resource": f"{key.table}.csv", "columnReference": [key.target]},
        }
        for key in contract.foreign_keys
        if key.table in named and key.column not in optional
    ]


def _column(column: Column) -> dict[str, Any]:
    # A validator compares the header of the file with the titles: the name must be one of them.
    return without_empty(
        {
            "name": column.name,
            "titles": {"en": [column.name, column.title], "nl": [column.title_nl]},
            "dc:description": column.description,
            "schema:unitText": column.unit,
            "datatype": _datatype(column),
            "required": not column.nullable,
        }
    )


def _datatype(column: Column) -> dict[str, Any]:
    return without_empty(
        {
            "base": _BASES[column.type],
            "format": _format(column),
            "minimum": column.minimum,
            "maximum": column.maximum,
        }
    )


def _format(column: Column) -> str | None:
    if column.type == "bool":
        return "true|false"
    if column.type != "string":
        return None
    if column.domain:  # the vocabulary has no list of values: a regular expression says the same
        return "|".join(re.escape(value) for value in column.domain)
    return whole_pattern(column.pattern) if column.pattern else None
