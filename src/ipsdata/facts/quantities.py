"""Quantities: every number and date of a narrative document, and what became of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ipsdata.code.printed_periods import printed_period
from ipsdata.extract.captures import NO_FIGURE
from ipsdata.extract.passages import (
    Passage,
    TextRange,
    located_quantities,
    passages,
    text_range,
    without_page,
)
from ipsdata.extract.printed import READ, SUPPORT, TOTAL, UNVERIFIED
from ipsdata.extract.quantities import Quantity, find_quantities
from ipsdata.facts.settle import Row, printed_fields, stored
from ipsdata.fates import ACCOUNTED, FATES, REJECTED, UNACCOUNTED
from ipsdata.layouts import Layout, printed_form
from ipsdata.read.readings import reading_document

NAMED_TABLES = ("cooperation_register", "cooperation_partners")
Published = frozenset[tuple[str, str, str]]


@dataclass(frozen=True)
class _Claim:
    """What a printed row says about the numbers in a stretch of text, or in a row of a table."""

    fate: str
    table: str
    row: str
    reason: str | None = None
    range: TextRange | None = None
    table_row: str | None = None
    correction_id: str | None = None

    @property
    def key(self) -> str | None:
        """The passage, or row of a table, that it is about."""
        return self.table_row if self.range is None else self.range.key


class _Claims:
    """Claims by what they are about, since a long document has many of both."""

    def __init__(self, claims: Iterable[_Claim]) -> None:
        self._by_key: dict[str | None, list[_Claim]] = {}
        self.extend(claims)

    def extend(self, claims: Iterable[_Claim]) -> None:
        """Add claims."""
        for claim in claims:
            self._by_key.setdefault(claim.key, []).append(claim)

    def on(self, locator: str) -> list[_Claim]:
        """Return the claims that cover a place."""
        place = text_range(locator)
        if place is None:
            return []
        row, is_cell, _ = place.key.rpartition(", column ")
        own = self._by_key.get(place.key, [])
        of_row = self._by_key.get(row, []) if is_cell else []
        ranges = [claim for claim in own if claim.range is not None and claim.range.contains(place)]
        return [*ranges, *(claim for claim in of_row if claim.range is None)]


@dataclass(frozen=True)
class _Found:
    locator: str
    quantity: Quantity
    verification: str


def account_quantities(
    document: Row,
    reading: Row | None,
    printed: Sequence[Row],
    published: Published,
    layout: Layout,
) -> Iterator[dict[str, Any]]:
    """Return a row of `quantities` for each number and date of a narrative document.

    Args:
        document: its row of the inventory.
        reading: its row of `readings`; `None` if it is not at hand: then only what its captures
            name is known.
        printed: the rows of `printed_rows` that count for it.
        published: table, file and place in it of each printed row that a fact table publishes.
        layout: that of its list, which finds the reference date in a caption.
    """
    language = str(document["language"])
    claims = _Claims(_row_claims(printed, published))
    if reading is None:
        found = _in_captures(printed, language)
    else:
        texts = passages(reading_document(reading))
        claims.extend(_caption_claims(printed, texts, published, layout))
        found = (_Found(place, q, READ) for place, q in located_quantities(texts, language))
    for position, entry in enumerate(found, start=1):
        yield {
            "edition_id": document["edition_id"],
            "position": position,
            **_said(entry.quantity, language),
            **_fate(claims.on(entry.locator)),
            "as_printed": entry.quantity.text,
            "document_id": document["document_id"],
            "locator": entry.locator,
            "verification": entry.verification,
            "published_on": document["published_on"],
        }


# What stands there


def _in_captures(printed: Iterable[Row], language: str) -> Iterator[_Found]:
    """Find the numbers in the texts of captures, each place once."""
    seen: set[str] = set()
    for row in printed:
        place = text_range(row["locator"])
        if place is None or row["problem"] is not None:
            continue
        passage = Passage(place.key, printed_form(printed_fields(row)["as_printed"]))
        for quantity in find_quantities(passage.text, language):
            first = place.start + quantity.start
            locator = passage.locator(first, first + len(quantity.text))
            if locator not in seen:
                seen.add(locator)
                yield _Found(locator, quantity, UNVERIFIED)


def _said(quantity: Quantity, language: str) -> dict[str, Any]:
    number = quantity.number
    bounds: tuple[Decimal | None, ...] = (None, None, None)
    if number is not None:
        bounds = (number.value, number.interval.low, number.interval.high)
    is_date = quantity.kind in ("date", "period")
    period = printed_period(quantity.text, language) if is_date else None
    names = ("value", "value_low", "value_high")
    return {
        "kind": quantity.kind,
        **{name: _float(stored(bound)) for name, bound in zip(names, bounds, strict=True)},
        "first_day": None if period is None else period.start,
        "last_day": None if period is None else period.end,
    }


def _float(number: float | None) -> float | None:
    return None if number is None else float(number)


# What became of it


def _fate(covering: Sequence[_Claim]) -> dict[str, str | None]:
    fate = next((f for f in FATES if any(claim.fate == f for claim in covering)), UNACCOUNTED)
    told = [claim for claim in covering if claim.fate == fate]
    has_target = fate not in (NO_FIGURE, UNACCOUNTED)
    return {
        "fate": fate,
        "target_table": _joined(claim.table for claim in told) if has_target else None,
        "target_row": _joined(claim.row for claim in told) if has_target else None,
        "reason": next((claim.reason for claim in told), None) if fate == NO_FIGURE else None,
        "correction_id": next((c.correction_id for c in told if c.correction_id), None),
    }


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(texts))


def _row_claims(printed: Sequence[Row], published: Published) -> Iterator[_Claim]:
    names = {_name(row): row for row in printed if row["role"] != SUPPORT and _name(row)}
    for row in printed:
        if row["target"] is not None and not _is_only_named(row):
            made = names.get(_name(row)) if row["role"] == SUPPORT else row
            yield _claim(row, made, published)


def _is_only_named(row: Row) -> bool:
    """Whether the row's text is a name: a number in it is accounted for by its support only."""
    return row["role"] != SUPPORT and row["target"] in NAMED_TABLES


def _name(row: Row) -> tuple[str, str] | None:
    """Return table and name of the row that a capture makes or supports."""
    if row["problem"] is not None:
        return None
    name = printed_fields(row).get("row", "")
    return (row["target"], name) if name else None


def _claim(row: Row, made: Row | None, published: Published) -> _Claim:
    place = text_range(row["locator"])
    fate = _row_fate(row, made, published)
    return _Claim(
        fate=fate,
        table=str(row["target"]),
        row=str((made or row)["locator"]),
        reason=printed_fields(row)["reason"] if fate == NO_FIGURE else None,
        range=place,
        table_row=None if place else without_page(row["locator"]),
        correction_id=(made or row).get("correction_id"),
    )


def _row_fate(row: Row, made: Row | None, published: Published) -> str:
    if row["problem"] is not None:
        return REJECTED
    if row["target"] == NO_FIGURE:
        return NO_FIGURE
    return "total" if row["role"] == TOTAL else _made_fate(made, published)


def _made_fate(made: Row | None, published: Published) -> str:
    if made is None or made["problem"] is not None:
        return REJECTED
    key = (str(made["target"]), str(made["path"]), str(made["found_at"]))
    return "published" if key in published else REJECTED


def _caption_claims(
    printed: Sequence[Row], pages: Iterable[Passage], published: Published, layout: Layout
) -> Iterator[_Claim]:
    """The reference date in a list's caption goes to the rows of the list."""
    rows = [row for row in printed if row["caption"] and row["verification"] == READ]
    dates = layout.find_reference_dates(rows[0]["caption"]) if rows else ()
    if not dates:
        return
    fates = {_made_fate(row, published) for row in rows}
    fate = "published" if "published" in fates else REJECTED
    places = _joined(row["locator"] for row in rows if row["role"] != TOTAL)
    for passage in pages:
        for date in dates if passage.text == rows[0]["caption"] else ():
            start = passage.text.find(date)
            found = TextRange(passage.key, start, start + len(date))
            yield _Claim(fate, rows[0]["target"], places, range=found)


def coverage(rows: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Return how many of some rows of `quantities` are accounted for, and how many there are.

    One whose row was rejected is not: nothing came of it yet.
    """
    fates = [row["fate"] for row in rows]
    return sum(fate in ACCOUNTED for fate in fates), len(fates)
