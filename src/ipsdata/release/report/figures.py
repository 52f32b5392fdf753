"""The figures that the page shows: each with its source, under an anchor of its own.

A page must stay small enough to be sent by mail and opened on a phone, so it has room for a number
of figures only. `choose` says which: the newest letter completely, then of each series the newest
figure, then of each the one before it, and so on. What is left out stands in the tables.
"""

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.records import Record, records

DEPLOYMENTS, STATISTICS = "deployments", "sis_statistics"
ANNUAL, STAFFING = "sis_annual", "caribbean_staffing"
LETTERS = "letters"
NO_MEAN = "none"
SLUG_CHARACTERS = 60

# What tells one figure of a table from another; the anchors are made of it, so that a link to a
# figure holds in every release that has it.
KEYS: Mapping[str, tuple[str, ...]] = {
    DEPLOYMENTS: ("edition_id", "population", "measure", "reference_date", "mission_id"),
    STATISTICS: (
        "source",
        "vintage",
        "indicator",
        "area",
        "category_id",
        "scope",
        "time_period",
        "averaging",
    ),
    ANNUAL: ("year", "indicator", "area", "category_id", "source"),
    STAFFING: ("edition_id", "staffing_id"),
}
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    DEPLOYMENTS: ("mission_id", "reference_date"),
    STATISTICS: ("indicator", "area", "category_id", "time_period"),
    ANNUAL: ("indicator", "area", "category_id", "year"),
    STAFFING: ("staffing_id",),
}
SERIES: Mapping[str, tuple[str, ...]] = {
    DEPLOYMENTS: ("mission_id", "population", "measure"),
    STATISTICS: ("indicator", "area", "category_id", "scope", "averaging"),
    ANNUAL: ("indicator", "area", "category_id", "scope"),
    STAFFING: ("staffing_id",),
}
# An annual figure is a published one that was preferred: this finds which.
PREFERRED_BY = (
    "document_id",
    "locator",
    "source",
    "indicator",
    "area",
    "category_id",
    "scope",
    "time_period",
)


@dataclass(frozen=True)
class Figure:
    """A published figure.

    Attributes:
        anchor: its id on the page, which begins with `figure-`.
        table: the table it stands in.
        row: as it stands there.
        document: the row of `documents` that tells of its document; empty if there is none.
    """

    anchor: str
    table: str
    row: Record
    document: Record

    @property
    def series(self) -> tuple[Any, ...]:
        """What it has in common with the figures of other days."""
        return (self.table, *(self.row[name] for name in SERIES[self.table]))

    @property
    def day(self) -> dt.date:
        """The day it is of, or the last one of its period; that of its publication if unknown."""
        row = self.row
        return row["reference_date"] or _last_day(row) or row["published_on"] or dt.date.min

    @property
    def printed_language(self) -> str:
        """The language of the printed text; empty where a list quotes sources in many languages."""
        quoted = self.row["source"] not in (None, self.document["edition_id"])
        return "" if quoted else self.document["language"] or ""


def _last_day(row: Record) -> dt.date | None:
    if row["period_end"] or row["start_latest"]:
        return row["period_end"] or row["start_latest"]  # type: ignore[no-any-return]
    return dt.date(row["year"], 12, 31) if row["year"] else None


@dataclass(frozen=True)
class Figures:
    """The figures of a release that the page shows.

    Attributes:
        shown: by anchor.
        annual: the row of `sis_annual` for each figure that was preferred, by anchor.
        left_out: how many figures of each table are not shown, where there are any.
    """

    shown: Mapping[str, Figure]
    annual: Mapping[str, tuple[Record, ...]]
    left_out: Mapping[str, int]

    def of(self, *tables: str) -> list[Figure]:
        """Return the shown figures of tables, the oldest first."""
        found = [figure for figure in self.shown.values() if figure.table in tables]
        return sorted(found, key=lambda figure: (figure.day, figure.anchor))


@dataclass(frozen=True)
class AllFigures:
    """All figures of a release, before some are chosen; as `Figures`."""

    figures: tuple[Figure, ...]
    annual: Mapping[str, tuple[Record, ...]]
    rows: Mapping[str, int]


def all_figures(content: ReleaseContent) -> AllFigures:
    """Return the figures of a release; a row without a value (a class to come) is none."""
    documents = {row["document_id"]: row for row in records(content, "documents")}
    found = [
        _figure(table, row, documents)
        for table in (DEPLOYMENTS, STATISTICS, STAFFING)
        for row in records(content, table)
        if row["value"] is not None
    ]
    published = {_preferred_key(figure.row): figure for figure in found if _may_be_annual(figure)}
    annual: dict[str, tuple[Record, ...]] = {}
    for row in records(content, ANNUAL):
        figure = published.get(_preferred_key(row))
        if figure is None:  # summed up from daily counts
            figure = _figure(ANNUAL, row, documents)
            found.append(figure)
        annual[figure.anchor] = (*annual.get(figure.anchor, ()), row)
    return AllFigures(tuple(found), annual, _row_counts(content))


def _row_counts(content: ReleaseContent) -> dict[str, int]:
    tables = {name: content.tables[name] for name in KEYS if name in content.tables}
    return {name: table.num_rows - table["value"].null_count for name, table in tables.items()}


def _may_be_annual(figure: Figure) -> bool:
    return figure.table == STATISTICS and figure.row["averaging"] in (None, NO_MEAN)


def _preferred_key(row: Record) -> tuple[Any, ...]:
    return tuple(row[name] for name in PREFERRED_BY)


def _figure(table: str, row: Record, documents: Mapping[str, Record]) -> Figure:
    document = documents.get(row["document_id"], Record())
    return Figure(anchor_of(table, row), table, row, document)


def anchor_of(table: str, row: Record) -> str:
    """Return the id that a figure has on the page; of a row as it is, or as JSON."""
    named = "-".join(str(row[name]) for name in NAMED_BY[table])
    key = json.dumps([table, *(str(row[name]) for name in KEYS[table])], ensure_ascii=False)
    return f"figure-{slug(named)}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def slug(text: str) -> str:
    """Return a text as it may stand in an address: plain letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_CHARACTERS].strip("-")


def choose(found: AllFigures, limit: int) -> Figures:
    """Choose at most `limit` figures: the newest letter, then the newest of each series."""
    letter = newest_letter(found.figures)
    ranks = _ranks(found.figures)

    def order(figure: Figure) -> tuple[int, int, int, str]:
        in_letter = figure.table == DEPLOYMENTS and figure.row["edition_id"] == letter
        spare = figure.table == STATISTICS and figure.anchor not in found.annual
        tier = 0 if in_letter else 2 if spare else 1
        return (tier, ranks[figure.anchor], -figure.day.toordinal(), figure.anchor)

    shown = {figure.anchor: figure for figure in sorted(found.figures, key=order)[:limit]}
    annual = {anchor: rows for anchor, rows in found.annual.items() if anchor in shown}
    return Figures(shown, annual, _left_out(found, shown.values()))


def _ranks(figures: Iterable[Figure]) -> dict[str, int]:
    """Return how many figures of its series are newer than each figure."""
    series: dict[tuple[Any, ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        series[figure.series].append(figure)
    return {
        figure.anchor: rank
        for members in series.values()
        for rank, figure in enumerate(sorted(members, key=_newest_first))
    }


def _newest_first(figure: Figure) -> tuple[int, str]:
    return (-figure.day.toordinal(), figure.anchor)


def _left_out(found: AllFigures, shown: Iterable[Figure]) -> dict[str, int]:
    counted = Counter(figure.table for figure in shown)
    # Annual figures are published ones, but for those summed up from daily counts.
    tables = [name for name in found.rows if name != ANNUAL]
    left = {name: found.rows[name] - counted[name] for name in tables}
    own = sum(figure.table == ANNUAL for figure in found.figures)
    left[ANNUAL] = own - counted[ANNUAL]
    return {name: count for name, count in left.items() if count > 0}


def newest_letter(figures: Sequence[Figure]) -> str | None:
    """Return the edition of the newest letter with deployments; if there is none, of any list."""
    editions = {
        (
            figure.document["collection"] == LETTERS,
            figure.row["published_on"] or dt.date.min,
            figure.day,
            figure.row["edition_id"],
        )
        for figure in figures
        if figure.table == DEPLOYMENTS
    }
    return str(max(editions)[-1]) if editions else None


def by_document(figures: Iterable[Figure]) -> Iterator[tuple[Record, list[Figure]]]:
    """Yield the documents of figures, the newest first, with their figures."""
    groups: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        groups[str(figure.row["document_id"])].append(figure)
    ordered = sorted(groups.values(), key=lambda group: newest_document(group[0].document))
    for group in ordered:
        yield group[0].document, sorted(group, key=place_in_document)


def place_in_document(figure: Figure) -> tuple[list[int], str]:
    """Return a key that sorts figures of a list by their lines."""
    numbers = re.findall(r"[0-9]+", str(figure.row["locator"]))
    return [int(number) for number in numbers], figure.anchor


def newest_document(document: Record) -> tuple[int, str]:
    """Return a key that sorts documents, the newest first."""
    day = document["published_on"] or dt.date.min
    return (-day.toordinal(), str(document["path"]))
