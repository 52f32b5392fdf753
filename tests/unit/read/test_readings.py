"""Readings: each document read once, whatever happens to the cache or to other documents."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ipsdata.read.readings
from ipsdata.plan import READINGS_SCHEMA
from ipsdata.read.delimited import ReadError
from ipsdata.read.detect import CSV, HTML, PLAIN_TEXT
from ipsdata.read.document import Document
from ipsdata.read.isolated import DEFAULT_LIMITS, read_isolated
from ipsdata.read.preflight import PDF
from ipsdata.read.readings import (
    Readings,
    read_bytes,
    read_documents,
    reader_version,
    reading_document,
)
from letters import letter_of, render

Row = dict[str, Any]

LETTER = letter_of("14 mei 2026", (("EUMM Georgië", "5"), ("EUMA Armenië", "6")))
BYTES = render(LETTER, "txt")


class Bench:
    """Raw data and a cache; counts which documents are read for real."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.cache = folder / "raw", folder / "cache"
        self.raw.mkdir()
        self.really: list[str] = []

    def write(self, name: str, data: bytes = BYTES, **given: Any) -> Row:
        """Write a document and return its row of the inventory."""
        (self.raw / name).write_bytes(data)
        row = {
            "document_id": hashlib.sha256(data).hexdigest(),
            "edition_id": "letters/2026-06-11",
            "path": name,
            "media_type": PLAIN_TEXT,
            "at_hand": True,
            "published_on": dt.date(2026, 6, 11),
        }
        return {**row, **given}

    def read(self, *documents: Row, **given: Any) -> Readings:
        """Read documents; `really` then names those that did not come from the cache."""
        self.really.clear()
        return read_documents(documents, self.raw, self.cache, **given)

    @property
    def entries(self) -> list[Path]:
        """The files of the cache."""
        return sorted(self.cache.iterdir())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)

    def read(data: bytes, name: str, *rest: Any) -> Document:
        made.really.append(name)
        return read_isolated(data, name, *rest)

    monkeypatch.setattr(ipsdata.read.readings, "read_isolated", read)
    return made


def reasons(found: Readings) -> dict[str, str]:
    return {rejection.path: rejection.reason for rejection in found.rejections}


# What is read


def test_document_becomes_a_row(bench: Bench) -> None:
    document = bench.write("letter.txt")
    found = bench.read(document)
    (row,) = found.rows
    assert found.rejections == ()
    assert set(row) == set(READINGS_SCHEMA.names)
    counts = ("headings", "paragraphs", "tables", "footnotes", "pages", "warnings")
    assert [row[name] for name in counts] == [3, 4, 1, 1, None, None]
    known = ("document_id", "edition_id", "path", "media_type")
    assert {name: row[name] for name in known} == {name: document[name] for name in known}
    assert reading_document(row) == read_isolated(BYTES, "letter.txt")


def test_pages_of_a_pdf_are_counted(bench: Bench) -> None:
    document = bench.write("letter.pdf", render(LETTER, "pdf"), media_type=PDF)
    (row,) = bench.read(document).rows
    assert row["pages"] >= 1


def test_lists_and_absent_documents_are_not_read(bench: Bench) -> None:
    documents = [
        bench.write("list.csv", b"a,b\n1,2\n", media_type=CSV),
        bench.write("absent.txt", at_hand=False),
    ]
    assert bench.read(*documents) == Readings((), ())
    assert bench.really == []


# The cache


def test_document_is_read_once(bench: Bench) -> None:
    document = bench.write("letter.txt")
    first = bench.read(document)
    assert bench.really == ["letter.txt"]
    second = bench.read(document)
    assert bench.really == []
    assert second == first
    assert len(bench.entries) == 1


def test_hit_needs_no_file(bench: Bench) -> None:
    """The inventory has hashed it; reading it again would tell nothing more."""
    document = bench.write("letter.txt")
    first = bench.read(document)
    (bench.raw / "letter.txt").unlink()
    assert bench.read(document) == first


def test_cache_may_be_deleted(bench: Bench) -> None:
    document = bench.write("letter.txt")
    first = bench.read(document)
    for entry in bench.entries:
        entry.unlink()
    bench.cache.rmdir()
    assert bench.read(document) == first
    assert bench.really == ["letter.txt"]


def with_other_text(entry: Path) -> None:
    text = entry.read_text("utf-8")
    assert "401.235" in text
    entry.write_text(text.replace("401.235", "999.999"), "utf-8")


def with_other_text_and_its_own_hash(entry: Path) -> None:
    text = json.dumps({"media_type": "text/plain", "blocks": [["p"]]})
    entry.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", "utf-8")


def as_folder(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


def as_dead_link(entry: Path) -> None:
    entry.unlink()
    entry.symlink_to("nowhere")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda entry: entry.write_bytes(b""),
    "cut": lambda entry: entry.write_bytes(entry.read_bytes()[:-1]),
    "longer": lambda entry: entry.write_bytes(entry.read_bytes() + b" "),
    "binary": lambda entry: entry.write_bytes(bytes(range(256))),
    "other text": with_other_text,
    "no document": with_other_text_and_its_own_hash,
    "no JSON": lambda entry: entry.write_text(f"{hashlib.sha256(b'x').hexdigest()}\nx"),
    "a folder": as_folder,
    "a dead link": as_dead_link,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entry_is_read_anew(damage: str, bench: Bench) -> None:
    document = bench.write("letter.txt")
    first = bench.read(document)
    (entry,) = bench.entries
    DAMAGES[damage](entry)
    assert bench.read(document) == first
    assert bench.really == ["letter.txt"]
    assert bench.read(document) == first
    assert bench.really == (["letter.txt"] if damage == "a folder" else [])


def test_failed_entry_leaves_nothing_behind(bench: Bench) -> None:
    document = bench.write("letter.txt")
    bench.read(document)
    (entry,) = bench.entries
    as_folder(entry)
    bench.read(document)
    assert bench.entries == [entry]


def test_cache_that_can_not_be_written_is_no_error(bench: Bench) -> None:
    document = bench.write("letter.txt")
    bench.cache.write_text("a file where the folder should be")
    first = bench.read(document)
    assert (len(first.rows), first.rejections) == (1, ())
    assert bench.read(document) == first
    assert bench.really == ["letter.txt"]


@pytest.mark.parametrize("change", ["limits", "media type", "extension", "version", "bytes"])
def test_other_circumstances_are_read_anew(
    change: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = bench.write("letter.txt")
    bench.read(document)
    limits = DEFAULT_LIMITS
    if change == "limits":
        limits = replace(limits, cells=limits.cells - 1)
    elif change == "media type":
        document = {**document, "media_type": HTML}
    elif change == "extension":
        document = bench.write("letter.text")
    elif change == "version":
        monkeypatch.setattr(ipsdata.read.readings, "reader_version", lambda: "another")
    else:
        document = bench.write("letter.txt", BYTES + b"\nEnd.\n")
    bench.read(document, limits=limits)
    assert bench.really == [document["path"]]


def test_same_bytes_under_another_name_are_not_read_again(bench: Bench) -> None:
    first, other = bench.write("letter.txt"), bench.write("copy.txt", edition_id="letters/other")
    bench.read(first)
    (row,) = bench.read(other).rows
    assert bench.really == []
    assert (row["path"], row["edition_id"]) == ("copy.txt", "letters/other")


def test_what_could_not_be_read_is_tried_again(bench: Bench) -> None:
    document = bench.write("letter.pdf", b"%PDF-1.7 nothing", media_type=PDF)
    first = bench.read(document)
    assert first.rows == ()
    assert bench.read(document) == first
    assert bench.really == ["letter.pdf"]
    assert not bench.cache.exists()


def test_version_is_a_fingerprint_that_stays() -> None:
    assert reader_version() == reader_version()
    assert len(bytes.fromhex(reader_version())) == 32


# What can't be read


def test_document_that_changed_is_refused(bench: Bench) -> None:
    document = bench.write("letter.txt")
    (bench.raw / "letter.txt").write_bytes(BYTES + b"x")
    found = bench.read(document)
    (rejection,) = found.rejections
    assert (found.rows, rejection.reason, rejection.stage) == ((), "hash_mismatch", "read")
    assert rejection.message == "letter.txt: changed while the run was reading it: run again"
    assert (rejection.edition_id, rejection.document_id, rejection.scope) == (
        document["edition_id"],
        document["document_id"],
        "document",
    )
    assert bench.really == []


def test_document_that_went_is_refused(bench: Bench) -> None:
    document = bench.write("letter.txt")
    (bench.raw / "letter.txt").unlink()
    assert reasons(bench.read(document)) == {"letter.txt": "unreadable"}
    with pytest.raises(ReadError, match=r"letter\.txt: can't be read \(No such file"):
        read_bytes(document, bench.raw)


def test_folder_in_place_of_a_document_is_refused(bench: Bench) -> None:
    document = bench.write("letter.txt")
    (bench.raw / "letter.txt").unlink()
    (bench.raw / "letter.txt").mkdir()
    assert reasons(bench.read(document)) == {"letter.txt": "unreadable"}


def test_one_bad_document_stops_no_other(bench: Bench) -> None:
    documents = [
        bench.write("a.txt"),
        bench.write("b.pdf", b"%PDF-1.7 nothing", media_type=PDF),
        bench.write("c.html", render(LETTER, "html"), media_type=HTML),
    ]
    (bench.raw / "d.txt").write_bytes(b"other")
    documents.append({**documents[0], "path": "d.txt", "document_id": "0" * 64})
    found = bench.read(*documents)
    assert [row["path"] for row in found.rows] == ["a.txt", "c.html"]
    assert set(reasons(found)) == {"b.pdf", "d.txt"}
    assert reasons(found)["d.txt"] == "hash_mismatch"


def test_progress_is_told_of_all_documents_good_and_bad(bench: Bench) -> None:
    documents = [
        bench.write("a.txt"),
        bench.write("b.pdf", b"%PDF-1.7 nothing", media_type=PDF),
        bench.write("c.txt", BYTES + b"\nEnd.\n"),
        bench.write("list.csv", b"a\n1\n", media_type=CSV),
    ]
    told: list[tuple[int, int]] = []
    bench.read(*documents, progress=lambda done, count: told.append((done, count)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_progress_of_nothing(bench: Bench) -> None:
    told: list[tuple[int, int]] = []
    bench.read(progress=lambda done, count: told.append((done, count)))
    assert told == [(0, 0)]
