"""Archives and XML are read within bounds, and fetch nothing."""

import io
import zipfile

import pytest

from ipsdata.read.delimited import ReadError
from ipsdata.read.markup import MAX_WHOLE, local_name, parse_xml, read_parts, whole
from ipsdata.read.preflight import Limits


def test_a_document_type_is_refused() -> None:
    with pytest.raises(ReadError) as caught:
        parse_xml(b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "a.xml")
    assert caught.value.reason == "hostile"


def test_inflated_bytes_are_counted() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"0" * 1_000_000)
    with pytest.raises(ReadError) as caught:
        read_parts(buffer.getvalue(), ["a.xml"], Limits(inflated_bytes=500_000))
    assert caught.value.reason == "too_large"


def test_a_star_stands_for_any_part() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("word/header1.xml", "word/header2.xml", "word/other.xml"):
            archive.writestr(name, name)
    parts = read_parts(buffer.getvalue(), ["word/header*.xml"])
    assert parts == {name: name.encode() for name in ("word/header1.xml", "word/header2.xml")}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("3", 3),
        (" 3 ", 3),
        (None, 1),
        ("-3", 1),
        ("x", 1),
        ("9" * 13, MAX_WHOLE),
        ("9" * 99, MAX_WHOLE),
    ],
)
def test_counts(value: str | None, number: int) -> None:
    assert whole(value) == number


def test_names_have_no_namespace_and_comments_no_name() -> None:
    root = parse_xml(b'<a:b xmlns:a="urn:x"><!-- c --></a:b>', "a.xml")
    assert [local_name(element) for element in root.iter()] == ["b", ""]
