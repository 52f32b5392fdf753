"""The raw documents as assets: what lies in data/raw, shown upstream of the inventory."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ipsdata.collect import collect
from ipsdata.errors import ConfigurationError
from ipsdata.plan import Workspace
from pipelines.metadata import Metadata

GROUP = "documents"
TOLD = (
    "title",
    "publisher",
    "document_number",
    "frequency",
    "licence",
    "attribution",
    "media_type",
    "layout",
)
KINDS = {
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "text",
    "application/pdf": "pdf",
    "application/vnd.ms-excel": "excel",
}


def document_specs(work: Workspace) -> list[dg.AssetSpec]:
    """Return an asset for each document of the inventory, as it lies there when this is called.

    What is refused is no asset: it stands in rejected_rows. Without raw data there are none.
    """
    try:
        found = collect(work.settings.raw_dir, work.settings.schemas_dir)
    except ConfigurationError:
        return []
    return [_spec(document) for document in found.documents]


def _spec(document: Mapping[str, Any]) -> dg.AssetSpec:
    absent = "" if document["at_hand"] else " Not at hand: the project does not carry it."
    return dg.AssetSpec(
        key=["data", "raw", *document["path"].split("/")],
        group_name=GROUP,
        description=f"{document['citation']}.{absent}",
        owners=["team:ipsdata"],
        kinds={KINDS.get(document["media_type"], "file")},
        metadata=_metadata(document),
    )


def _metadata(document: Mapping[str, Any]) -> Metadata:
    found: Metadata = {
        name: dg.MetadataValue.text(document[name]) for name in TOLD if document[name]
    }
    found["sha256"] = dg.MetadataValue.text(document["document_id"])
    if document["url"]:
        found["url"] = dg.MetadataValue.url(document["url"])
    for name in ("published_on", "retrieved_on"):
        if document[name] is not None:
            found[name] = dg.MetadataValue.text(document[name].isoformat())
    if document["size_bytes"] is not None:
        found["size_bytes"] = dg.MetadataValue.int(document["size_bytes"])
    return found
