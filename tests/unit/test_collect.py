"""The inventory: what is in data/raw, and what is refused of it."""

import datetime as dt
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import LETTER, ROOT, Playground
from ipsdata.collect import MAX_FILE_BYTES, Inventory, collect
from ipsdata.errors import ConfigurationError
from ipsdata.plan import INVENTORY_SCHEMA
from ipsdata.rejection import Rejection

SCHEMAS = ROOT / "schemas"
DEPLOYMENTS = f"{LETTER}/deployments.csv"
FIGURES = f"{LETTER}/figures.csv"
SIDECAR = f"{LETTER}/source.yaml"
SIS_LIST = "sis/1999-2024/figures.csv"
ALL = {DEPLOYMENTS, FIGURES, SIS_LIST}


def inventory(playground: Playground) -> Inventory:
    return collect(playground.raw, SCHEMAS)


def paths(found: Inventory) -> set[str]:
    return {document["path"] for document in found.documents}


def only_rejection(found: Inventory) -> Rejection:
    (rejection,) = found.rejections
    assert rejection.stage == "collect"
    assert rejection.scope == rejection.locator == "document"
    assert rejection.message.startswith(rejection.path)
    return rejection


def edit_sidecar(playground: Playground, old: str, new: str) -> None:
    path = playground.raw / SIDECAR
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_documents_that_ship(playground: Playground) -> None:
    found = inventory(playground)
    assert found.rejections == ()
    assert paths(found) == ALL
    for document in found.documents:
        data = (playground.raw / document["path"]).read_bytes()
        assert document["document_id"] == hashlib.sha256(data).hexdigest()
        assert document["size_bytes"] == len(data)
        assert sorted(document) == sorted(INVENTORY_SCHEMA.names)


def test_document_carries_its_source(playground: Playground) -> None:
    (document,) = (d for d in inventory(playground).documents if d["path"] == DEPLOYMENTS)
    shared: dict[str, Any] = {
        "edition_id": LETTER,
        "collection": "letters",
        "document_number": "Kamerstuk 29 628, nr. 1277",
        "published_on": dt.date(2025, 6, 12),
        "retrieved_on": dt.date(2026, 11, 24),
        "language": "nl",
        "attribution": "probable",
        "layout": "deployment_list",
        "media_type": "text/csv",
    }
    assert {key: document[key] for key in shared} == shared
    assert "22 May 2025" in document["attribution_reason"]
    assert json.loads(document["options"]) == {
        "caption": "Overzicht uitgezonden politiefunctionarissen (peildatum 14 mei 2025)",
        "measure": "stock",
        "population": "police",
    }


def test_what_a_sidecar_leaves_open_is_empty(playground: Playground) -> None:
    (document,) = (d for d in inventory(playground).documents if d["path"] == SIS_LIST)
    assert document["url"] is None
    assert document["published_on"] is None
    assert document["options"] == "{}"


def test_attribution_is_certain_where_nothing_is_said(playground: Playground) -> None:
    text = (playground.raw / SIDECAR).read_text("utf-8")
    start, end = text.index("attribution:\n"), text.index("files:\n")
    (playground.raw / SIDECAR).write_text(text[:start] + text[end:], "utf-8")
    letters = [d for d in inventory(playground).documents if d["edition_id"] == LETTER]
    assert [(d["attribution"], d["attribution_reason"]) for d in letters] == [("certain", None)] * 2


def test_changed_file_is_refused_alone(playground: Playground) -> None:
    path = playground.raw / DEPLOYMENTS
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes() + b" ")
    found = inventory(playground)
    assert paths(found) == ALL - {DEPLOYMENTS}
    rejection = only_rejection(found)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (rejection.path, rejection.reason) == (DEPLOYMENTS, "hash_mismatch")
    assert (rejection.edition_id, rejection.document_id) == (LETTER, digest)
    assert f"found SHA-256 {digest}, expected {expected} of source.yaml" in rejection.message


def test_missing_sidecar_refuses_its_edition(playground: Playground) -> None:
    (playground.raw / SIDECAR).unlink()
    found = inventory(playground)
    assert paths(found) == {SIS_LIST}
    assert (only_rejection(found).path, only_rejection(found).reason) == (LETTER, "no_sidecar")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("licence: Public domain", "license: Public domain", "'license' was unexpected"),
        ('published_on: "2025-06-12"', "published_on: 12 June 2025", "line 7, key published_on"),
        ('published_on: "2025-06-12"', "published_on: 2025-06-31", "line 7, key published_on"),
        ("language: nl", "language: Dutch", "line 9, key language: 'Dutch' is not one of ['nl',"),
        ("collection: letters", "collection: letter", "found 'letter', expected 'letters'"),
        ("path: figures.csv", "path: deployments.csv", "found ['deployments.csv'] more than once"),
        ("path: figures.csv", "path: ../figures.csv", "key files[1].path: '../figures.csv' does"),
        ("path: figures.csv", "path: /etc/passwd", "key files[1].path: '/etc/passwd' does not"),
        ("layout: figures", "layout: figure", "key files[1].layout: 'figure' is not one of"),
        ("    measure: stock\n", "", "key files[0]: 'measure' is a required property"),
        ("title: Internationale", "title: [Internationale", "no valid YAML"),
        ("title: Internationale", "title: !!python/name:os.system Inter", "title"),
        ("collection: letters", "collection: letters\ncollection: sis", "duplicate key"),
    ],
)
def test_wrong_sidecar_refuses_its_edition(
    playground: Playground, old: str, new: str, told: str
) -> None:
    edit_sidecar(playground, old, new)
    found = inventory(playground)
    assert paths(found) == {SIS_LIST}
    rejection = only_rejection(found)
    assert (rejection.path, rejection.reason) == (SIDECAR, "bad_sidecar")
    assert rejection.edition_id == LETTER
    assert told in rejection.message


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"- a\n- b\n", b"text", b"a: \0", b"\0"])
def test_sidecar_that_is_no_mapping_refuses_its_edition(
    playground: Playground, data: bytes
) -> None:
    (playground.raw / SIDECAR).write_bytes(data)
    found = inventory(playground)
    assert paths(found) == {SIS_LIST}
    assert only_rejection(found).reason == "bad_sidecar"


def test_huge_sidecar_is_not_parsed(playground: Playground) -> None:
    (playground.raw / SIDECAR).write_bytes(b"[" * 1_000_001)
    rejection = only_rejection(inventory(playground))
    assert rejection.reason == "bad_sidecar"
    assert "1,000,001 bytes, expected at most 1,000,000" in rejection.message


def test_missing_and_unlisted_file_are_told(playground: Playground) -> None:
    (playground.raw / FIGURES).rename(playground.raw / LETTER / "figures-2.csv")
    found = inventory(playground)
    assert paths(found) == ALL - {FIGURES}
    assert [(r.path, r.reason) for r in found.rejections] == [
        (FIGURES, "missing_file"),
        (f"{LETTER}/figures-2.csv", "unlisted_file"),
    ]


@pytest.mark.parametrize("name", ["stray.csv", "letters/stray.csv", f"{LETTER}/sub"])
def test_nothing_in_the_folder_is_overlooked(playground: Playground, name: str) -> None:
    path = playground.raw / name
    path.mkdir() if name.endswith("sub") else path.touch()
    found = inventory(playground)
    assert paths(found) == ALL
    assert (only_rejection(found).path, only_rejection(found).reason) == (name, "unlisted_file")


@pytest.mark.parametrize("name", [".gitkeep", "letters/.DS_Store", f"{LETTER}/.figures.csv.swp"])
def test_hidden_files_are_left_alone(playground: Playground, name: str) -> None:
    (playground.raw / name).touch()
    found = inventory(playground)
    assert (paths(found), found.rejections) == (ALL, ())


def test_same_bytes_count_once_under_the_first_edition(playground: Playground) -> None:
    shutil.copytree(playground.raw / LETTER, playground.raw / "letters" / "2025-06-13")
    shutil.copytree(playground.raw / LETTER, playground.raw / "letters" / "2025-06-14")
    found = inventory(playground)
    assert paths(found) == ALL
    assert {(r.path, r.reason) for r in found.rejections} == {
        (f"letters/2025-06-{day}/{name}.csv", "duplicate_document")
        for day in (13, 14)
        for name in ("deployments", "figures")
    }
    for rejection in found.rejections:
        first = f"{LETTER}/{Path(rejection.path).name}"
        assert f"found the same bytes as {first}: " in rejection.message
        assert rejection.edition_id == str(Path(rejection.path).parent)


@pytest.mark.parametrize(
    ("size", "reason"),
    [(MAX_FILE_BYTES + 1, "too_large"), (MAX_FILE_BYTES, "hash_mismatch")],
)
def test_too_large_file_is_not_read(playground: Playground, size: int, reason: str) -> None:
    with (playground.raw / DEPLOYMENTS).open("wb") as stream:
        stream.truncate(size)
    found = inventory(playground)
    assert paths(found) == ALL - {DEPLOYMENTS}
    rejection = only_rejection(found)
    assert rejection.reason == reason
    if reason == "too_large":
        told = "found 50,000,001 bytes, expected at most 50,000,000: split the file"
        assert rejection.message == f"{DEPLOYMENTS}: {told}"


@pytest.mark.parametrize("name", [DEPLOYMENTS, SIDECAR])
@pytest.mark.parametrize("kind", ["pipe", "folder", "loop"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    playground: Playground, name: str, kind: str
) -> None:
    path = playground.raw / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path.name)
    found = inventory(playground)
    assert paths(found) == (ALL - {DEPLOYMENTS} if name == DEPLOYMENTS else {SIS_LIST})
    assert (only_rejection(found).path, only_rejection(found).reason) == (name, "unreadable")


def test_raw_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"can't be listed .*IPSDATA_RAW_DIR"):
        collect(tmp_path / "raw", SCHEMAS)


def test_raw_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "raw").touch()
    with pytest.raises(ConfigurationError, match=r"can't be listed \(Not a directory\)"):
        collect(tmp_path / "raw", SCHEMAS)


@pytest.mark.parametrize("name", ["", "letters"])
def test_raw_folder_without_editions(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(exist_ok=True)
    with pytest.raises(ConfigurationError, match="found no edition, expected <collection>"):
        collect(tmp_path, SCHEMAS)
