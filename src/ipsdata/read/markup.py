"""What the readers of XML share: bounded parts of an archive, XML that fetches nothing, names."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from lxml import etree

from ipsdata.read.delimited import ReadError
from ipsdata.read.preflight import DECLARATIONS, Limits, inflate, open_archive

MAX_WHOLE = 10**12


def read_parts(data: bytes, names: Sequence[str], limits: Limits | None = None) -> dict[str, bytes]:
    """Inflate the wanted members of an archive, counting the bytes while they come.

    Args:
        names: the members' names; `*` stands for anything.

    Raises:
        ReadError: no archive, damaged, or too large once inflated.
    """
    limits = limits or Limits()
    parts: dict[str, bytes] = {}
    left = limits.inflated_bytes
    with open_archive(data, limits) as archive:
        members = [
            member
            for member in archive.infolist()
            if any(fnmatchcase(member.filename, name) for name in names)
        ]
    for member in members:
        chunks = []
        for chunk in inflate(data, member):
            left -= len(chunk)
            if left < 0:
                found = f"found over {limits.inflated_bytes:,} bytes once inflated"
                raise ReadError("too_large", f"{found}: split the file")
            chunks.append(chunk)
        parts[member.filename] = b"".join(chunks)
    return parts


def parse_xml(data: bytes, name: str) -> etree._Element:
    """Parse a part of a document; nothing outside it is ever looked up.

    Raises:
        ReadError: it declares a document type, or is no well-formed XML.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    if any(declaration in data for declaration in DECLARATIONS):
        raise _declared(name)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ReadError("unreadable", f"{name}: found broken XML: restore the file") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _declared(name)
    return root


def _declared(name: str) -> ReadError:
    found = f"{name}: found a document type declaration, expected none"
    return ReadError("hostile", f"{found}: save the document anew from its program")


def whole(value: str | None, default: int = 1) -> int:
    """Read an attribute that counts something; what is no count is the default."""
    text = (value or "").strip()
    return min(int(text[:20]), MAX_WHOLE) if text.isascii() and text.isdecimal() else default


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace; of a comment, nothing."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
