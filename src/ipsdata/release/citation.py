"""`CITATION.cff`: how to cite a release and its sources, by the Citation File Format 1.2.0."""

import io
from typing import Any

from ipsdata.release.about import (
    DESCRIPTION,
    KEYWORDS,
    LICENCE_ID,
    PUBLISHER,
    TITLE,
    Source,
    release_urn,
    sources,
    without_empty,
)
from ipsdata.release.companions import ReleaseContent

_MESSAGE = (
    "If you use these figures, cite this release with its version, and for a single figure the "
    "source that printed it: column citation of the table documents, or source_url of the row."
)


def citation(content: ReleaseContent) -> dict[str, Any]:
    """Return the citation of a release; its `references` are the documents that it rests on."""
    return without_empty(
        {
            "cff-version": "1.2.0",
            "message": _MESSAGE,
            "type": "dataset",
            "title": TITLE["en"],
            "abstract": DESCRIPTION["en"],
            "authors": [{"name": PUBLISHER}],
            "version": content.release_id,
            "date-released": content.published_at.date().isoformat(),
            "license": LICENCE_ID,
            "identifiers": [
                {
                    "type": "other",
                    "value": release_urn(content.release_id, content.entries),
                    "description": "Identifier of this release",
                }
            ],
            "keywords": list(KEYWORDS["en"]),
            "references": [_reference(source) for source in sources(content)],
        }
    )


def _reference(source: Source) -> dict[str, Any]:
    # `license` takes SPDX identifiers only; the terms of documents are sentences.
    return without_empty(
        {
            "type": "government-document" if source.document_number else "generic",
            "title": source.title,
            "authors": [{"name": source.publisher}],
            "url": source.url,
            "number": source.document_number,
            "date-published": source.published_on,
            "languages": [source.language.partition("-")[0]],
            "copyright": source.licence,
            "notes": source.citation,
        }
    )


def as_yaml(mapping: dict[str, Any]) -> bytes:
    """Return a mapping of plain values as YAML, its keys in the order given."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only releases that are written need it

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = 100
    stream = io.BytesIO()
    yaml.dump(mapping, stream)
    return stream.getvalue()
