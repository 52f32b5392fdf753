"""Extract: from documents to rows as printed, whatever form they come in, each with its place."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.collect import LETTER
from ipsdata.extract.capture_file import capture_file_rows
from ipsdata.extract.lists import delimited_rows
from ipsdata.extract.passages import passages
from ipsdata.extract.printed import SUPPORT, PrintedRow
from ipsdata.extract.tables import holds_list, resembles_list, table_rows
from ipsdata.extract.transcriptions import confirm_transcriptions
from ipsdata.layouts import Layout
from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import CSV
from ipsdata.read.document import Document
from ipsdata.read.readings import reading_document, refused
from ipsdata.rejection import Rejection, reject_row

Row = Mapping[str, Any]
CAPTURES = "captures"
LIST = "deployment_list"


@dataclass(frozen=True)
class Extraction:
    """The rows found in documents.

    Attributes:
        rows: one mapping a printed row, with the columns of the table `printed_rows`.
        rejections: the documents that could not be used at all, and rows that support another, or
            tell why a number is no figure, and do not hold.
    """

    rows: tuple[Row, ...]
    rejections: tuple[Rejection, ...]


def extract(
    documents: Sequence[Row],
    readings: Iterable[Row],
    layouts: Mapping[str, Layout],
    raw_dir: Path,
) -> Extraction:
    """Return the rows, as printed, of each document of the inventory.

    A document that can't be used is rejected as a whole and does not stop the others. A row whose
    cells can't be used is returned with its `problem`, so that it is counted like every other.

    Args:
        readings: rows of the table `readings`.
    """
    sources = _Sources(documents, {row["document_id"]: row for row in readings}, layouts, raw_dir)
    rows: list[PrintedRow] = []
    rejections: list[Rejection] = []
    for document in documents:
        try:
            rows.extend(sources.rows(document))
        except ReadError as error:
            rejections.append(_refused(document, layouts[LIST], error))
    settled = tuple(confirm_transcriptions(rows, documents, layouts[LIST]))
    return Extraction(settled, (*rejections, *_failed_support(settled)))


def _refused(document: Row, layout: Layout, error: ReadError) -> Rejection:
    target = {CAPTURES: None, "figures": "sis_statistics"}.get(document["layout"], layout.table)
    return refused(document, "extract" if document["media_type"] != CSV else "read", error, target)


def _failed_support(rows: Iterable[PrintedRow]) -> Iterator[Rejection]:
    for row in rows:
        if row["role"] == SUPPORT and row["problem"] is not None:
            yield reject_row(row, "extract", row["reason"], row["problem"])


@dataclass(frozen=True)
class _Sources:
    documents: Sequence[Row]
    readings: Mapping[str, Row]
    layouts: Mapping[str, Layout]
    raw_dir: Path

    def rows(self, document: Row) -> Iterator[PrintedRow]:
        """Return the rows of one document of the inventory."""
        if document["layout"] == CAPTURES:
            return self._captures(document)
        if document["media_type"] == CSV:
            return delimited_rows(document, self.layouts[document["layout"]], self.raw_dir)
        return self._list(document)

    def _content(self, document: Row) -> Document | None:
        """Return a document as read; `None` if it is not at hand or could not be read."""
        reading = self.readings.get(document["document_id"])
        return None if reading is None else reading_document(reading)

    def _list(self, document: Row) -> Iterator[PrintedRow]:
        content, layout = self._content(document), self.layouts[LIST]
        if content is None:
            return iter(())
        is_told = "population" in json.loads(document["options"])
        expected = is_told or document["layout"] != LETTER
        if expected or (not holds_list(content, layout) and resembles_list(content, layout)):
            return table_rows(document, content, layout)
        if holds_list(content, layout):
            raise ReadError(
                "no_population",
                f"{document['path']}: found a {LIST}, and no population and measure of it in the "
                "sidecar: say there who is counted, and how",
            )
        return iter(())

    def _captures(self, document: Row) -> Iterator[PrintedRow]:
        letters = [
            d
            for d in self.documents
            if d["edition_id"] == document["edition_id"] and d["layout"] == LETTER
        ]
        if not letters:
            raise ReadError(
                "no_document",
                f"{document['path']}: found no document in {document['edition_id']} that it could "
                f"quote, expected one with the layout {LETTER!r} in the sidecar",
            )
        source = letters[0]
        content = self._content(source)
        found = None if content is None else passages(content)
        return capture_file_rows(document, source, found, self.layouts, self.raw_dir)
