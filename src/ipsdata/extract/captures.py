"""Captures: figures that a person took from the prose of a document, each tied to its place.

A line of `captures.csv` says which text stands where, and what it means. Nothing of it is believed:
where the document is at hand, this very text must stand at that very place, and may not cut a
number or its qualifier in two ("vier miljard" is no capture where "meer dan vier miljard" stands).

A line either makes a row (its dimensions are the row's), or supports one of the same table and
name: `gives=<column>` says that this text is what that column rests on. A line of the table
`no_figure` says why a number is no figure. A row whose support fails is rejected with it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ipsdata.extract.passages import TextRange, text_range
from ipsdata.rejection import quoted

CAPTURED = ("sis_statistics", "caribbean_staffing", "cooperation_register", "cooperation_partners")
FIGURE_TABLES = ("sis_statistics", "caribbean_staffing")
NO_FIGURE = "no_figure"
GIVES = "gives"
NO_FIGURE_REASONS = (
    "date",
    "document_number",
    "page_number",
    "ordinal",
    "name",
    "duration",
    "no_count",
)
DIMENSION = re.compile(r"\s*(?P<key>[a-z][a-z0-9_]*)\s*=(?P<value>[^;]*)")


@dataclass(frozen=True)
class Capture:
    """A line of `captures.csv`.

    Attributes:
        line: its line in the file.
        row: the name of the row that it makes or supports.
        dimensions: what the text means, by column of the table.
    """

    line: int
    table: str
    row: str
    dimensions: Mapping[str, str]
    as_printed: str
    locator: str
    note: str = ""

    @property
    def supports(self) -> str | None:
        """The column of another line's row that rests on this text; `None` if it makes a row."""
        return self.dimensions.get(GIVES)

    @property
    def makes_row(self) -> bool:
        """Whether it makes a row of a table that captures may go to."""
        return self.table in CAPTURED and self.supports is None

    @property
    def is_figure(self) -> bool:
        """Whether it makes a row whose value is the number in the text."""
        is_none = self.dimensions.get("number") == "none"
        return self.makes_row and self.table in FIGURE_TABLES and not is_none

    @property
    def range(self) -> TextRange | None:
        """The characters it names, if its locator names any."""
        return text_range(self.locator)


Makers = Mapping[tuple[str, str], Sequence[Capture]]


class CaptureError(ValueError):
    """A line of captures is malformed."""


def parse_dimensions(text: str) -> dict[str, str]:
    """Read "key=value; key=value".

    Raises:
        CaptureError: it is anything else, or a key stands twice.
    """
    found: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        match = DIMENSION.fullmatch(part)
        if match is None:
            raise CaptureError(f"column dimensions: found {quoted(part)}, expected key=value")
        if match["key"] in found:
            raise CaptureError(f"column dimensions: found {match['key']} twice, expected it once")
        found[match["key"]] = match["value"].strip()
    return found


def write_dimensions(dimensions: Mapping[str, str]) -> str:
    """Write dimensions as `parse_dimensions` reads them."""
    return "; ".join(f"{key}={value}" for key, value in dimensions.items())
