"""Drafts: what a person completes to add an edition, and how far they got.

A draft guesses nothing that would be published: a line without a table, or with an empty time
period, is rejected by a run until it is completed.
"""

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ipsdata.collect import LETTER, SIDECAR, collect
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.extract.captures import write_dimensions
from ipsdata.extract.passages import Passage, passages, text_range
from ipsdata.extract.printed import SUPPORT
from ipsdata.extract.rows import Extraction, extract
from ipsdata.facts.quantities import account_quantities
from ipsdata.layouts import Phrase, load_layouts, load_phrases
from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import HTML, PLAIN_TEXT, detect_media_type
from ipsdata.read.preflight import DOCX, ODT, PDF
from ipsdata.read.readings import read_documents, reading_document
from ipsdata.rejection import Rejection
from ipsdata.settings import Settings

COLUMNS = ("table", "row", "dimensions", "as_printed", "locator", "note", "sentence")
CAPTURES_FILE = "captures.csv"
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LAYOUTS = dict.fromkeys((PLAIN_TEXT, HTML, PDF, DOCX, ODT), LETTER)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[“\"(]?[A-ZÀ-Þ])")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Accounting:
    """How far the captures of an edition got.

    Attributes:
        quantities: rows of `quantities`, as if every row that can be used were published.
        problems: what is wrong with lines of captures, and with the document.
        passages: those of the document.
    """

    quantities: tuple[Row, ...]
    problems: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def unaccounted(self) -> list[Row]:
        """The quantities that no row and no decision covers."""
        return [row for row in self.quantities if row["fate"] == "unaccounted"]


def account_edition(edition_id: str, settings: Settings) -> Accounting:
    """Read the document of an edition and say which of its quantities are accounted for.

    Raises:
        ConfigurationError: there is no such edition, or it has no document to capture from.
        DataError: the document is not at hand, or can't be read.
    """
    found = collect(settings.raw_dir, settings.schemas_dir)
    documents = [d for d in found.documents if d["edition_id"] == edition_id]
    refused = [r for r in found.rejections if edition_id in (r.edition_id, r.path)]
    letter = _letter(edition_id, documents, refused, settings)
    readings = read_documents([letter], settings.raw_dir, settings.cache_dir)
    if not readings.rows:
        raise DataError("\n".join(rejection.message for rejection in readings.rejections))
    layouts = load_layouts(settings.schemas_dir)
    extraction = extract(documents, readings.rows, layouts, settings.raw_dir)
    printed = [row for row in extraction.rows if row["document_id"] == letter["document_id"]]
    keys = frozenset((row["target"], row["document_id"], row["locator"]) for row in printed)
    quantities = account_quantities(
        letter, readings.rows[0], printed, keys, layouts["deployment_list"]
    )
    return Accounting(
        tuple(quantities),
        tuple(_problems(refused, extraction)),
        passages(reading_document(readings.rows[0])),
    )


def _letter(
    edition_id: str, documents: Sequence[Row], refused: Sequence[Rejection], settings: Settings
) -> Row:
    letters = [d for d in documents if d["layout"] == LETTER]
    if not letters:
        told = "".join(f"\n{rejection.message}" for rejection in refused)
        raise ConfigurationError(
            f"{settings.raw_dir / edition_id}: found no document with the layout {LETTER!r}, "
            f"expected one in its {SIDECAR}{told}"
        )
    if not letters[0]["at_hand"]:
        raise DataError(
            f"{settings.raw_dir / letters[0]['path']}: not at hand: put the file there, or another "
            f"form of it that {SIDECAR} names"
        )
    return letters[0]


def _problems(refused: Iterable[Rejection], extraction: Extraction) -> Iterator[str]:
    yield from (rejection.message for rejection in (*refused, *extraction.rejections))
    for row in extraction.rows:
        if row["problem"] is not None and row["role"] != SUPPORT:
            yield row["problem"]


def draft_captures(found: Accounting, schemas_dir: Path) -> str:
    """Return lines for `captures.csv`, one for each quantity that is not accounted for.

    Each has its sentence. Where a phrase of the layouts fits, table and dimensions are filled in as
    far as the phrase tells them.
    """
    phrases = load_phrases(schemas_dir)
    texts = {passage.key: passage.text for passage in found.passages}
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_line(row, texts, phrases) for row in found.unaccounted)
    return stream.getvalue()


def _line(row: Row, texts: Mapping[str, str], phrases: Iterable[Phrase]) -> dict[str, str]:
    place = text_range(row["locator"])
    if place is None:
        raise ValueError(f"a quantity without characters: {row['locator']}")
    text = texts[place.key]
    sentence, offset = _sentence(text, place.start)
    start, end = place.start - offset, place.end - offset
    phrase = next((p for p in phrases if p.fits(sentence, start, end)), None)
    return {
        "table": phrase.table if phrase else "",
        "row": "",
        "dimensions": write_dimensions(phrase.dimensions) if phrase else "",
        "as_printed": row["as_printed"],
        "locator": row["locator"],
        "note": "",
        "sentence": sentence,
    }


def _sentence(text: str, position: int) -> tuple[str, int]:
    """Return the sentence that holds a character, and where it starts."""
    starts = [0, *(match.end() for match in SENTENCE_END.finditer(text)), len(text) + 1]
    number = next(n for n, start in enumerate(starts) if start > position) - 1
    return text[starts[number] : starts[number + 1]].strip(), starts[number]


def draft_sidecar(folder: Path) -> str:
    """Return a draft of `source.yaml` for the files in a folder; what a person must say is empty.

    Raises:
        DataError: a file is of no known format.
    """
    day = folder.name if DAY.fullmatch(folder.name) else None
    head = {
        "collection": folder.parent.name,
        **dict.fromkeys(("title", "publisher", "url", "document_number")),
        "published_on": day,
        "retrieved_on": dt.datetime.now(dt.UTC).date().isoformat(),
        **dict.fromkeys(("language", "licence", "citation")),
        "files": [_file_entry(path) for path in sorted(folder.iterdir()) if _is_document(path)],
    }
    stream = io.StringIO()
    yaml = YAML()
    yaml.indent(sequence=4, offset=2)
    yaml.dump(head, stream)
    return stream.getvalue()


def _is_document(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.name != SIDECAR


def _file_entry(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    try:
        media_type = detect_media_type(data, path.name, None)
    except ReadError as error:
        raise DataError(f"{path}: {error}") from None
    entry = {
        "path": path.name,
        "media_type": media_type,
        "sha256": hashlib.sha256(data).hexdigest(),
        "layout": LAYOUTS.get(media_type, "deployment_list"),
    }
    # Who is counted, and how, is a question for a person; the pipeline asks for it.
    return entry if path.name != CAPTURES_FILE else {**entry, "layout": "captures"}
