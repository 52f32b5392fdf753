"""Corrections: what a person decided about an error in a document, in `schemas/corrections`.

A correction names a row by document, table and place, says what must still stand there, and either
drops the row or gives the texts that should have been printed. It is for errors of the source; a
slip in a transcription or capture is corrected in that file.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipsdata.errors import ConfigurationError
from ipsdata.yamlfile import item_lines, load_yaml

FOLDER = "corrections"
BESIDE = ("README.md",)  # what else may lie in the folder
DROP, OVERRIDE = "drop", "override"


@dataclass(frozen=True)
class Correction:
    """A decision about one printed row; see `schemas/meta/correction.schema.json`.

    Attributes:
        document: its path below data/raw, or its SHA-256.
        table: the table that the row goes to.
        place: where the row stands, in its file or in the document that it quotes.
        expect: the texts that must still stand there, by field.
        corrected: the texts that should have been printed, by field; none where the row is dropped.
        defined_in: its file below the schemas folder.
        line: its line there.
    """

    correction_id: str
    action: str
    document: str
    table: str
    place: str
    expect: Mapping[str, str]
    corrected: Mapping[str, str]
    reason: str
    author_role: str
    decided_on: dt.date
    defined_in: str
    line: int

    @property
    def name(self) -> str:
        """What messages call it: its key, file and line."""
        return f"correction {self.correction_id!r} ({self.defined_in}, line {self.line})"


def load_corrections(schemas_dir: Path) -> tuple[Correction, ...]:
    """Read every correction in `schemas_dir/corrections`, in order of file and line.

    Raises:
        ConfigurationError: a file is malformed, or no YAML; a key or a place stands twice; a
            correction changes nothing, or a field that it expects nothing of. The message names
            file and line.
    """
    found = [c for path in _files(schemas_dir / FOLDER) for c in _corrections(path, schemas_dir)]
    _refuse_doubles(found)
    for correction in found:
        _check(correction)
    return tuple(found)


def _files(folder: Path) -> list[Path]:
    """Return the files with corrections; a stray file is no correction that may be passed over."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    seen = [p for p in paths if not p.name.startswith(".") and p.name not in BESIDE]
    strange = [p for p in seen if p.suffix != ".yaml" or not p.is_file()]
    if strange:
        raise ConfigurationError(
            f"{strange[0]}: found something that is no file of corrections, expected *.yaml: "
            "rename or move it"
        )
    return seen


def _corrections(path: Path, schemas_dir: Path) -> Iterator[Correction]:
    raw = load_yaml(path, schemas_dir / "meta" / "correction.schema.json")
    for entry, line in zip(raw["corrections"], item_lines(path, "corrections"), strict=True):
        yield _correction(entry, f"{FOLDER}/{path.name}", line)


def _correction(entry: Mapping[str, Any], defined_in: str, line: int) -> Correction:
    return Correction(
        correction_id=entry["id"],
        action=entry["action"],
        document=entry["document"],
        table=entry["table"],
        place=entry["place"],
        expect=entry["expect"],
        corrected=entry.get("corrected", {}),
        reason=entry["reason"],
        author_role=entry["author_role"],
        decided_on=dt.date.fromisoformat(entry["decided_on"]),
        defined_in=defined_in,
        line=line,
    )


def _refuse_doubles(found: Iterable[Correction]) -> None:
    keys: dict[str, Correction] = {}
    places: dict[tuple[str, str, str], Correction] = {}
    for correction in found:
        other = keys.setdefault(correction.correction_id, correction)
        if other is not correction:
            raise ConfigurationError(
                f"{correction.name}: the same id as in {other.defined_in}, line {other.line}, "
                "expected each once: give one of them another"
            )
        place = (correction.document, correction.table, correction.place)
        refuse_same_row(places.setdefault(place, correction), correction)


def refuse_same_row(one: Correction, other: Correction) -> None:
    """Refuse two corrections of one row: which of them counts, or comes first, is not guessed.

    Raises:
        ConfigurationError: they are not the same one.
    """
    if one is not other:
        raise ConfigurationError(
            f"{other.name}: found a second correction of {other.place} of {other.document} in "
            f"{other.table}, beside the {one.name}, expected one a row: make one of the two"
        )


def _check(correction: Correction) -> None:
    unexpected = sorted(set(correction.corrected) - set(correction.expect))
    if unexpected:
        raise ConfigurationError(
            f"{correction.name}, key corrected: found {', '.join(unexpected)}, of which nothing is "
            "expected: add to expect what is printed there now"
        )
    same = [f for f, text in correction.corrected.items() if text == correction.expect[f]]
    if same:
        raise ConfigurationError(
            f"{correction.name}, key corrected: found {', '.join(same)} as expected: it would "
            "change nothing; give what should have been printed, or leave the field out"
        )
