"""Drafts: what a person completes to add an edition, and how far they got.

A draft guesses nothing that would be published: a line without a table, or with an empty time
period, is rejected by a run until it is completed.
"""

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ipsdata.collect import LETTER, SIDECAR, collect
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.extract.captures import write_dimensions
from ipsdata.extract.passages import Passage, passages, text_range
from ipsdata.fates import ACCOUNTED, UNACCOUNTED
from ipsdata.layouts import Phrase, load_phrases
from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import HTML, PLAIN_TEXT, detect_media_type
from ipsdata.read.preflight import DOCX, ODT, PDF
from ipsdata.read.readings import read_documents, reading_document
from ipsdata.run import dry_run
from ipsdata.settings import Settings

COLUMNS = ("table", "row", "dimensions", "as_printed", "locator", "note", "sentence")
CAPTURES_FILE = "captures.csv"
FORM_KEYS = ("path", "media_type", "sha256")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LAYOUTS = dict.fromkeys((PLAIN_TEXT, HTML, PDF, DOCX, ODT), LETTER)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[“\"(]?[A-ZÀ-Þ])")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Accounting:
    """How far the captures of an edition got.

    Attributes:
        quantities: rows of `quantities`, in reading order.
        problems: why something of the edition would be rejected.
        passages: those of the document.
    """

    quantities: tuple[Row, ...]
    problems: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def unaccounted(self) -> list[Row]:
        """The quantities that nothing came of, rejected or not captured."""
        return [row for row in self.quantities if row["fate"] not in ACCOUNTED]


def account_edition(edition_id: str, settings: Settings) -> Accounting:
    """Run without publishing, and say which quantities of an edition's document are accounted for.

    Raises:
        ConfigurationError: there is no such edition, or it has no document to capture from.
        DataError: the document is not at hand, or can't be read.
    """
    letter = _letter(edition_id, settings)
    report = dry_run(settings)
    problems = [row["message"] for row in report.rejected if _is_of(edition_id, row)]
    readings = read_documents(
        [letter], settings.raw_dir, settings.cache_dir, limits=settings.limits
    )
    if not readings.rows:
        raise DataError("\n".join(rejection.message for rejection in readings.rejections))
    quantities = [q for q in report.quantities if q["document_id"] == letter["document_id"]]
    return Accounting(
        tuple(sorted(quantities, key=lambda row: int(row["position"]))),
        tuple(dict.fromkeys(problems)),
        passages(reading_document(readings.rows[0])),
    )


def _is_of(edition_id: str, row: Row) -> bool:
    return edition_id in (row["edition_id"], row["path"])


def _letter(edition_id: str, settings: Settings) -> Row:
    found = collect(settings.raw_dir, settings.schemas_dir)
    letters = [
        d for d in found.documents if d["edition_id"] == edition_id and d["layout"] == LETTER
    ]
    if not letters:
        refused = [r for r in found.rejections if edition_id in (r.edition_id, r.path)]
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


def draft_captures(found: Accounting, schemas_dir: Path) -> str:
    """Return lines for `captures.csv`, one for each quantity that no line covers.

    Each has its sentence. Where a phrase of the layouts fits, table and dimensions are filled in as
    far as the phrase tells them.
    """
    phrases = load_phrases(schemas_dir)
    texts = {passage.key: passage.text for passage in found.passages}
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        _line(row, texts, phrases) for row in found.quantities if row["fate"] == UNACCOUNTED
    )
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

    Several narrative documents are taken for forms of one, as an edition has one letter.

    Raises:
        ConfigurationError: there is no file.
        DataError: one is of no known format.
    """
    files = [_file_entry(path) for path in sorted(folder.iterdir()) if _is_document(path)]
    if not files:
        raise ConfigurationError(f"{folder}: found no document, expected one to capture from")
    day = folder.name if DAY.fullmatch(folder.name) else None
    head = {
        "collection": folder.parent.name,
        **dict.fromkeys(("title", "publisher", "source_kind", "url", "document_number")),
        "published_on": day,
        "retrieved_on": dt.datetime.now(dt.UTC).date().isoformat(),
        **dict.fromkeys(("language", "licence", "citation")),
        "files": _one_letter(files),
    }
    stream = io.StringIO()
    yaml = YAML()
    yaml.indent(sequence=4, offset=2)
    yaml.dump(head, stream)
    return stream.getvalue()


def _one_letter(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    letters = [entry for entry in files if entry["layout"] == LETTER]
    others = [entry for entry in files if entry["layout"] != LETTER]
    if not letters:
        return others
    forms = [{key: entry[key] for key in FORM_KEYS} for entry in letters[1:]]
    return [{**letters[0], **({"other_forms": forms} if forms else {})}, *others]


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
