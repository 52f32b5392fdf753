"""Write editions into a playground: documents in any form, and a sidecar that fits them."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fpdf import FPDF

from conftest import Playground
from ipsdata.release.store import published_table
from ipsdata.run import RunReport
from letters import MEDIA_TYPES, NOTES, Grid, Letter, Section, letter_of, render, render_list

Row = dict[str, Any]
COUNTED: Mapping[str, Any] = {"population": "police", "measure": "stock"}


# What is written


@dataclass(frozen=True)
class EditionFile:
    """A file of an edition, and its entry in the sidecar.

    Attributes:
        data: its bytes.
        entry: its entry but for the path; the SHA-256 is that of the bytes unless it is given.
        is_here: whether the file is written, or only named.
    """

    path: str
    data: bytes
    entry: Mapping[str, Any]
    is_here: bool = True

    @property
    def sha256(self) -> str:
        """The fingerprint of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def declared(self, **entry: Any) -> "EditionFile":
        """Return the file with another entry in the sidecar."""
        return replace(self, entry={**self.entry, **entry})

    def only_declared(self, **entry: Any) -> "EditionFile":
        """Return the file with nothing else than this in the sidecar."""
        return replace(self, entry=entry)

    def damaged(self, change: Callable[[bytes], bytes]) -> "EditionFile":
        """Return the file with other bytes, which the sidecar knows."""
        return replace(self, data=change(self.data))

    def renamed(self, path: str) -> "EditionFile":
        """Return the file under another name."""
        return replace(self, path=path)

    def absent(self) -> "EditionFile":
        """Return the file as one that the project does not carry."""
        return replace(self.declared(carried=False), is_here=False)

    def with_forms(self, *forms: "EditionFile") -> "EditionFile":
        """Return the file with other forms of the same document."""
        keys = ("path", "sha256", "media_type")
        return self.declared(
            other_forms=[{key: form.as_entry()[key] for key in keys} for form in forms]
        )

    def as_entry(self) -> dict[str, Any]:
        """Return the entry as it stands in the sidecar."""
        return {"path": self.path, "sha256": self.sha256, **self.entry}


def letter_file(letter: Letter, form: str) -> EditionFile:
    """Return a letter whose list counts police officers on a day."""
    return EditionFile(
        f"letter.{form}",
        render(letter, form),
        {"media_type": MEDIA_TYPES[form], "layout": "letter", **COUNTED},
    )


def list_file(grid: Grid, form: str, caption: str, name: str = "list") -> EditionFile:
    """Return a bare list; a CSV has its caption in the sidecar, the others above the header."""
    entry = {"media_type": MEDIA_TYPES[form], "layout": "deployment_list", **COUNTED}
    if form == "csv":
        entry["caption"] = caption
    return EditionFile(f"{name}.{form}", render_list(grid, form, caption), entry)


def transcription(grid: Grid, caption: str) -> EditionFile:
    """Return a list that a person typed from a document."""
    return list_file(grid, "csv", caption, "deployments")


def named_letter(name: str, date: str, rows: Grid, **changes: Any) -> Letter:
    """Return a letter that differs from every other by its name."""
    mark = Section("Kenmerk", (f"Deze brief heet {name}.",))
    return letter_of(date, rows, **{**changes, "extra": (mark, *changes.get("extra", ()))})


def letter_with(name: str, heading: str, *blocks: str | Grid) -> Letter:
    """Return a letter whose last section holds these blocks instead of one list."""
    *prose, _ = named_letter(name, "", ()).sections
    return Letter((*prose, Section(heading, blocks)), NOTES)


def write_edition(
    playground: Playground,
    edition_id: str,
    *files: EditionFile,
    published_on: str,
    language: str = "nl",
) -> None:
    """Write an edition with its files and its sidecar."""
    folder = playground.raw / edition_id
    folder.mkdir(parents=True)
    for file in files:
        if file.is_here:
            (folder / file.path).write_bytes(file.data)
    title = f"Verzonnen bijlage {edition_id}"
    source = {
        "collection": edition_id.partition("/")[0],
        "title": title,
        "publisher": "Ministerie van Voorbeelden",
        "source_kind": "parliament",
        "url": None,
        "document_number": None,
        "published_on": published_on,
        "retrieved_on": "2026-11-24",
        "language": language,
        "licence": "Invented for tests",
        "citation": title,
        "files": [file.as_entry() for file in files],
    }
    # JSON is YAML.
    (folder / "source.yaml").write_text(json.dumps(source, ensure_ascii=False, indent=2), "utf-8")


def rezipped(data: bytes, member: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return an archive in which one member was changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        assert member in old.namelist()
        for entry in old.infolist():
            content = old.read(entry)
            changed = change(content) if entry.filename == member else content
            new.writestr(entry.filename, changed, entry.compress_type)
    return stream.getvalue()


# How it is damaged


def half(data: bytes) -> bytes:
    """Cut a file off in the middle."""
    return data[: len(data) // 2]


def with_doctype(data: bytes) -> bytes:
    """Declare a document type with an entity in a DOCX."""
    return rezipped(
        data,
        "word/document.xml",
        lambda xml: xml.replace(b"<w:document", b"<!DOCTYPE a [<!ENTITY b 'c'>]><w:document", 1),
    )


def as_bomb(data: bytes) -> bytes:
    """Add a member of 210 million zeros, which take 0.2 million bytes."""
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.bin", bytes(210_000_000))
    return stream.getvalue()


def protected_docx(_: bytes) -> bytes:
    """Return what a password makes of a document: an OLE file with the document as a stream."""
    magic = bytes.fromhex("d0cf11e0a1b11ae1")
    return magic + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512)


def protected_pdf(_: bytes) -> bytes:
    """Return a PDF that can't be opened without a password."""
    document = FPDF()
    document.set_encryption(owner_password="eigenaar", user_password="lezer")
    document.add_page()
    return bytes(document.output())


def tracked(data: bytes) -> bytes:
    """Change the one 5 in a DOCX to 7, tracked."""

    def change(xml: bytes) -> bytes:
        old = b"<w:r><w:t>5</w:t></w:r>"
        assert xml.count(old) == 1
        return xml.replace(
            old,
            b'<w:del w:id="91" w:author="A"><w:r><w:delText>5</w:delText></w:r></w:del>'
            b'<w:ins w:id="92" w:author="A"><w:r><w:t>7</w:t></w:r></w:ins>',
        )

    return rezipped(data, "word/document.xml", change)


# What came of it


@dataclass(frozen=True)
class Ran:
    """A run that published, and the deployments it published."""

    report: RunReport
    deployments: list[Row]

    def published(self, edition_id: str) -> list[Row]:
        """Return the deployments of an edition."""
        return [row for row in self.deployments if row["edition_id"] == edition_id]

    def counts(self, edition_id: str) -> dict[str, int]:
        """Return the number of officers on each mission of an edition."""
        rows = self.published(edition_id)
        assert len({row["mission_id"] for row in rows}) == len(rows)
        return {row["mission_id"]: row["value"] for row in rows}

    def rejected(self, edition_id: str) -> list[Row]:
        """Return what was rejected of an edition."""
        return [row for row in self.report.rejected if row["edition_id"] == edition_id]

    def reasons(self, edition_id: str) -> dict[str, int]:
        """Return how much of an edition was rejected, by reason."""
        return dict(Counter(row["reason"] for row in self.rejected(edition_id)))

    def document(self, path: str) -> Row:
        """Return the row of `documents` of a file."""
        (found,) = (row for row in self.report.documents if row["path"] == path)
        return found

    def books(self, path: str) -> tuple[int, int, int, int]:
        """Return how many rows of a file were published, totals, supporting and rejected."""
        names = ("rows_published", "rows_total", "rows_supporting", "rows_rejected")
        published, total, supporting, rejected = (self.document(path)[name] for name in names)
        return published, total, supporting, rejected

    def changes(self) -> list[Row]:
        """Return what was found between editions."""
        return [row for row in self.report.reconciliations if row["rule"] == "between_editions"]


def ran(playground: Playground) -> Ran:
    """Run the pipeline; check that it published, and that each row that was read ended once."""
    report = playground.run()
    assert report.refusal is None
    assert report.publication is not None
    assert report.exit_code == (1 if report.rejected else 0)
    deployments = published_table(playground.processed, "deployments").to_pylist()
    found = Ran(report, deployments)
    assert report.documents
    for document in report.documents:
        assert document["rows_read"] == sum(found.books(document["path"])), document["path"]
    return found
