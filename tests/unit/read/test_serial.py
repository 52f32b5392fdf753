"""Documents survive the way through JSON, and nothing else passes for one."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.read.document import (
    Cell,
    Document,
    Footnote,
    Heading,
    NoteMark,
    Paragraph,
    Place,
    Table,
)
from ipsdata.read.serial import SerialError, from_json, to_json

COUNTS = st.integers(0, 2**31 - 1)
SOME = st.none() | COUNTS
TEXTS = st.text(max_size=12)
PLACES = st.builds(
    Place,
    headings=st.lists(TEXTS, max_size=3).map(tuple),
    paragraph=SOME,
    page=SOME,
    sheet=st.none() | TEXTS,
    table=SOME,
    row=SOME,
    column=SOME,
)
NOTES = st.lists(st.builds(NoteMark, COUNTS, TEXTS), max_size=2).map(tuple)
CELLS = st.builds(Cell, TEXTS, PLACES, st.booleans(), NOTES)
GRIDS = st.integers(0, 3).flatmap(
    lambda width: st.lists(
        st.lists(CELLS, min_size=width, max_size=width).map(tuple), max_size=3
    ).map(tuple)
)
TABLES = st.builds(Table, GRIDS, PLACES, TEXTS, st.lists(COUNTS, max_size=2).map(tuple))
BLOCKS = (
    st.builds(Heading, TEXTS, COUNTS, PLACES)
    | st.builds(Paragraph, TEXTS, PLACES, COUNTS, NOTES)
    | TABLES
)
DOCUMENTS = st.builds(
    Document,
    TEXTS,
    st.lists(BLOCKS, max_size=4).map(tuple),
    st.lists(st.builds(Footnote, TEXTS, TEXTS), max_size=2).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from("hpt"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def _through_json(document: Document) -> Document:
    return from_json(json.loads(json.dumps(to_json(document), ensure_ascii=False)))


@settings(deadline=None)
@given(DOCUMENTS)
def test_document_comes_back_as_it_was(document: Document) -> None:
    assert _through_json(document) == document


def test_plain_cell_is_its_text_alone() -> None:
    place = Place(sheet="Blad1", table=1)
    cell = Cell("93,1", Place(sheet="Blad1", table=1, row=1, column=1))
    document = Document("x/y", (Table(((cell,),), place),))
    assert to_json(document)["blocks"] == [
        ["t", [["93,1"]], [[], None, None, "Blad1", 1, None, None], "", []]
    ]
    assert _through_json(document) == document


def _good() -> dict[str, Any]:
    place = Place(("Kop",), paragraph=1)
    note = (NoteMark(2, "1"),)
    table = Table(((Cell("a", place, notes=note), Cell("b", place)),), place)
    blocks = (Heading("Kop", 1, place), Paragraph("tekst", place, 0, note), table)
    value: dict[str, Any] = json.loads(
        json.dumps(to_json(Document("x/y", blocks, (Footnote("1", "noot"),), ("let op",))))
    )
    return value


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in inner:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found += _leaves(item, (*path, key))
    return found


@pytest.mark.parametrize("path", _leaves(_good()), ids=str)
def test_every_value_of_another_type_is_refused(path: tuple[Any, ...]) -> None:
    value = _good()
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = 1.5
    with pytest.raises(SerialError):
        from_json(value)


@settings(deadline=None)
@given(JUNK)
def test_junk_is_refused(junk: Any) -> None:
    for value in (junk, {**_good(), "blocks": junk if junk != [] else None}):
        with pytest.raises(SerialError):
            from_json(value)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"media_type": "\ud800"},
        {"warnings": "text"},
        {"blocks": [[]]},
        {"blocks": [["x", "y", 1, 2]]},
        {"blocks": [["h", "y", True, [[], None, None, None, None, None, None]]]},
        {"blocks": [["h", "y", -1, [[], None, None, None, None, None, None]]]},
        {"blocks": [["t", [["a"], ["b", "c"]], [[], *[None] * 6], "", []]]},
        {"blocks": [["t", [["a"], 5], [[], *[None] * 6], "", []]]},
    ],
)
def test_changed_document_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SerialError):
        from_json({**_good(), **change})
