"""The files that a release carries beside its tables, each made from what is being published.

A companion is a function from a release's content to files. It is called while the release is
written, when its tables and the files of the companions before it lie in its folder already; the
same content gives the same bytes. `load_content` gives the content of a release that was published,
so that a companion can be made, or checked, again.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ipsdata.contracts import Contract
from ipsdata.release.index import write_synced

File = tuple[str, bytes]


@dataclass(frozen=True)
class ReleaseContent:
    """A release, as its companions see it.

    Attributes:
        folder: the folder of the release, which may have another name while it is being written.
        contracts: by table; they also lie in `contracts/<table>.json`.
        tables: the tables that are one file, `<table>.parquet`.
        parts: of each table that is split, its files in the folder, in order.
        entries: what the manifest tells of each table: `rows`, `content_sha256` and so on.
        previous: the folder of the newest release before it whose files are as published; `None` if
            there is none, or not any more.
        previous_id: the release that was current before it; `None` if it is the first.
        schema_version: of all contracts together, by semantic versioning.
    """

    folder: Path
    release_id: str
    published_at: dt.datetime
    contracts: Mapping[str, Contract]
    tables: Mapping[str, pa.Table]
    parts: Mapping[str, tuple[Path, ...]]
    entries: Mapping[str, Mapping[str, Any]]
    previous: Path | None
    previous_id: str | None
    schema_version: str


Companion = Callable[[ReleaseContent], Iterator[File]]


def companions() -> tuple[Companion, ...]:
    """Return all companions, in the order in which they are made."""
    # Imported when a release is made: they import the comparison of two releases.
    from ipsdata.release.changes import changes  # noqa: PLC0415
    from ipsdata.release.csv_twins import csv_twins  # noqa: PLC0415
    from ipsdata.release.dictionary_pages import dictionary_pages  # noqa: PLC0415
    from ipsdata.release.metadata import metadata_files  # noqa: PLC0415
    from ipsdata.release.report.site import report_site  # noqa: PLC0415
    from ipsdata.release.views import views_sql  # noqa: PLC0415

    return (csv_twins, changes, dictionary_pages, views_sql, report_site, metadata_files)


def write_companions(content: ReleaseContent) -> None:
    """Write the files of all companions into the release's folder."""
    for companion in companions():
        for name, data in companion(content):
            path = content.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_synced(path, data)
