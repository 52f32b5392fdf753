"""The judge: would the pipeline see that the list in a mutated document is not the original's?

It follows what `ipsdata.extract.tables` and `ipsdata.facts.deployments` do with such a list, by
content alone. What it calls silent, only the SHA-256 in the sidecar tells.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from ipsdata.code.dates import DateError, parse_date
from ipsdata.code.numbers import NumberError, parse_number
from ipsdata.extract.printed import TOTAL, PrintedRow
from ipsdata.extract.tables import table_rows
from ipsdata.layouts import Layout, load_layouts, printed_form
from ipsdata.read.document import Document
from ipsdata.settings import default_schemas_dir

LAYOUT = "deployment_list"
LANGUAGE = "nl"
DOCUMENT = {
    "document_id": "fuzz",
    "edition_id": "fuzz",
    "path": "fuzz",
    "language": LANGUAGE,
    "options": "{}",
}


@dataclass(frozen=True)
class ListRow:
    """A row of the list as extracted.

    Attributes:
        reference_date: as printed; of the row, or else of the list.
        problem: why its cells can't be used, if they can't.
    """

    mission: str
    count: str
    reference_date: str
    is_total: bool = False
    problem: str | None = None


def list_rows(document: Document) -> tuple[ListRow, ...]:
    """Return the rows of the one list that the pipeline finds in a document.

    Raises:
        ReadError: it finds none, or does not know which.
    """
    layout = _layout()
    return tuple(_row(printed, layout) for printed in table_rows(DOCUMENT, document, layout))


def silent_difference(
    original_rows: Sequence[ListRow],
    mutated_rows: Sequence[ListRow],
    is_known: Callable[[str], bool] | None = None,
) -> bool:
    """Whether the rows differ from the original's in a way that no check sees.

    Args:
        original_rows: the rows of the list in the original.
        mutated_rows: those in the mutated file.
        is_known: tells whether a mission bears that name; by default, the project's code list.
    """
    differ = _normal(original_rows) != _normal(mutated_rows)
    return differ and finding(mutated_rows, is_known or is_known_mission) is None


def finding(rows: Sequence[ListRow], is_known: Callable[[str], bool]) -> str | None:
    """Return the first check that a list fails, or `None` if it would be published whole."""
    lines = [row for row in rows if not row.is_total]
    totals = [row for row in rows if row.is_total]
    checks: dict[str, Callable[[], bool]] = {
        "malformed_row": lambda: all(row.problem is None for row in rows),
        "total": lambda: len(totals) == 1,
        "number": lambda: all(_number(row) is not None for row in rows),
        "reference_date": lambda: all(_is_date(row.reference_date) for row in rows),
        "unknown_code": lambda: all(is_known(row.mission) for row in lines),
        "duplicate": lambda: max(Counter(row.mission for row in lines).values(), default=1) == 1,
        "total_not_tied": lambda: sum(map(_count, lines)) == _count(totals[0]),
    }
    return next((name for name, passes in checks.items() if not passes()), None)


def is_known_mission(name: str) -> bool:
    """Whether a mission bears that name in the project's code list, on whatever day."""
    return printed_form(name) in _mission_names()


def _normal(rows: Sequence[ListRow]) -> Counter[tuple[str, Decimal | None, str, bool]]:
    """Return what would be published: the order of rows means nothing."""
    return Counter((row.mission, _number(row), row.reference_date, row.is_total) for row in rows)


def _row(printed: PrintedRow, layout: Layout) -> ListRow:
    fields = json.loads(printed["fields"])
    if printed["problem"] is not None:
        return ListRow("", "", "", problem=printed["reason"])
    dates = layout.find_reference_dates(printed["caption"] or "")
    date = fields.get("reference_date") or " / ".join(dates)
    is_total = printed["role"] == TOTAL
    return ListRow(fields["mission"], fields["count"], date, is_total)


def _number(row: ListRow) -> Decimal | None:
    try:
        number = parse_number(row.count, LANGUAGE)
    except NumberError:
        return None
    is_whole = number.unit is None and number.value == number.value.to_integral_value()
    return number.value if is_whole else None


def _count(row: ListRow) -> Decimal:
    return _number(row) or Decimal(0)


def _is_date(text: str) -> bool:
    try:
        parse_date(text, LANGUAGE)
    except DateError:
        return False
    return True


@lru_cache(maxsize=1)
def _layout() -> Layout:
    return load_layouts(default_schemas_dir())[LAYOUT]


@lru_cache(maxsize=1)
def _mission_names() -> frozenset[str]:
    path = default_schemas_dir() / "codes" / "mission_aliases.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return frozenset(printed_form(row["alias"]) for row in csv.DictReader(stream))
