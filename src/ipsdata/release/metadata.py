"""The descriptions of a release by the field's standards, made last: all its files lie there.

`datapackage.json` (Data Package 2), `dcat.jsonld` (DCAT-AP 3 and DCAT-AP-NL 3),
`csv/csv-metadata.json` (CSV on the Web) and `CITATION.cff` (Citation File Format 1.2.0).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ipsdata.release.about import table_files
from ipsdata.release.citation import as_yaml, citation
from ipsdata.release.companions import File, ReleaseContent
from ipsdata.release.csvw import csvw_metadata
from ipsdata.release.datapackage import data_package
from ipsdata.release.dcat import dcat_catalog


def metadata_files(content: ReleaseContent) -> Iterator[File]:
    """Yield the descriptions; the CSVW one only if there are CSV twins."""
    files = table_files(content)
    csvw = csvw_metadata(content, files)
    if csvw is not None:
        yield "csv/csv-metadata.json", _json(csvw)
    yield "datapackage.json", _json(data_package(content, files))
    yield "dcat.jsonld", _json(dcat_catalog(content, files))
    yield "CITATION.cff", as_yaml(citation(content))


def _json(value: Mapping[str, Any]) -> bytes:
    """Return JSON with a line for each key, and for each entry of a list among the values.

    Indenting all of it would take three times as long and twice the space, at each release.
    """
    lines = (f" {json.dumps(key)}: {_entries(entry)}" for key, entry in value.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _entries(value: object) -> str:
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return "[\n  " + ",\n  ".join(json.dumps(v, ensure_ascii=False) for v in value) + "\n ]"
