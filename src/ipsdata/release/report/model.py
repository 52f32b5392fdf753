"""The report of a release: everything that the page tells, before it is put into words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.countries import Country, countries
from ipsdata.release.report.figures import (
    DEPLOYMENTS,
    AllFigures,
    Figure,
    Figures,
    by_document,
    choose,
    newest_document,
    newest_letter,
    place_in_document,
)
from ipsdata.release.report.findings import Findings, conflicts, printed_total, reconciliations
from ipsdata.release.report.missions import Mission, missions
from ipsdata.release.report.records import Record, records
from ipsdata.release.report.revisions import Revisions, revisions
from ipsdata.release.report.sis import BreakDay, Indicator, break_days, indicators

SPARE_SOURCES = 20  # documents that nothing on the page needs, the newest
KEYED = {
    "missions": ("mission_id",),
    "countries": ("country_code",),
    "sis_indicators": ("indicator",),
    "sis_categories": ("category_id",),
    "sis_source_kinds": ("source_kind",),
    "code_titles": ("code_list", "code"),
}


@dataclass(frozen=True)
class LetterList:
    """A list of deployments of the newest letter.

    Attributes:
        figures: in the order of the list.
        total: the total printed under it, and whether the rows add up to it; `None` if it has none.
    """

    population: str
    measure: str
    reference_date: dt.date
    figures: tuple[Figure, ...]
    total: tuple[str, bool] | None

    @property
    def sum(self) -> float:
        """The sum of its rows."""
        return float(sum(figure.row["value"] for figure in self.figures))


@dataclass(frozen=True)
class Source:
    """A document, with the figures of the page that stand in it."""

    document: Record
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Report:
    """What the page of a release tells.

    Attributes:
        letter: the lists of the newest letter; none if the release has no deployments.
        sources: the documents of all figures and findings, and the newest of the others.
        sources_left_out: how many documents are not among them.
        rejected: how many rows were rejected.
        failing: how many comparisons fail.
        corrections: by their ids.
    """

    content: ReleaseContent
    figures: Figures
    letter: tuple[LetterList, ...]
    revisions: Revisions
    missions: tuple[Mission, ...]
    indicators: tuple[Indicator, ...]
    breaks: tuple[BreakDay, ...]
    reconciliations: Findings
    conflicts: Findings
    countries: tuple[Country, ...]
    sources: tuple[Source, ...]
    sources_left_out: int
    rejected: int
    failing: int
    corrections: Mapping[str, Record]

    @property
    def is_charted(self) -> bool:
        """Whether there is anything to draw."""
        missions = any(mission.groups for mission in self.missions)
        return missions or any(indicator.charted for indicator in self.indicators)

    @property
    def letter_document(self) -> Record:
        """The document of the newest letter."""
        return self.letter[0].figures[0].document


def code_names(content: ReleaseContent) -> dict[str, dict[str, Record]]:
    """Return the rows of the code lists that give titles to codes, by table and key."""
    return {
        table: {" ".join(str(row[name]) for name in key): row for row in records(content, table)}
        for table, key in KEYED.items()
    }


def report(content: ReleaseContent, found: AllFigures, limit: int) -> Report:
    """Return what the page of a release tells.

    Args:
        found: the figures of the release.
        limit: how many of them the page may show.
    """
    figures = choose(found, limit)
    documents = {str(row["document_id"]): row for row in records(content, "documents")}
    breaks = break_days(content)
    known = missions(content, figures)
    compared = reconciliations(content, figures, documents)
    against = conflicts(content, figures, documents)
    sources = tuple(_sources(figures, (compared, against), documents))
    return Report(
        content=content,
        figures=figures,
        letter=tuple(_letter_lists(content, figures)),
        revisions=revisions(content),
        missions=known,
        indicators=indicators(figures, breaks),
        breaks=breaks,
        reconciliations=compared,
        conflicts=against,
        countries=countries(content, known, figures),
        sources=sources,
        sources_left_out=len(documents) - len(sources),
        rejected=_rows(content, "rejected_rows"),
        failing=sum(row["outcome"] == "fails" for row in records(content, "reconciliations")),
        corrections={row["correction_id"]: row for row in records(content, "corrections")},
    )


def _rows(content: ReleaseContent, table: str) -> int:
    return content.tables[table].num_rows if table in content.tables else 0


def _letter_lists(content: ReleaseContent, figures: Figures) -> Iterable[LetterList]:
    deployments = figures.of(DEPLOYMENTS)
    edition = newest_letter(deployments)
    lists: dict[tuple[str, str, dt.date], list[Figure]] = defaultdict(list)
    for figure in deployments:
        row = figure.row
        if row["edition_id"] == edition:
            lists[row["population"], row["measure"], row["reference_date"]].append(figure)
    for (population, measure, day), members in sorted(lists.items()):
        ordered = tuple(sorted(members, key=place_in_document))
        yield LetterList(population, measure, day, ordered, printed_total(content, ordered))


def _sources(
    figures: Figures, findings: Iterable[Findings], documents: Mapping[str, Record]
) -> Iterable[Source]:
    """Yield the documents that the page leads to, and the newest of the others."""
    told = {str(document["document_id"]) for document, _ in by_document(figures.shown.values())}
    for document, members in by_document(figures.shown.values()):
        if document:
            yield Source(document, tuple(members))
    named = {
        str(document["document_id"])
        for group in findings
        for finding in group.shown
        for document in finding.documents
    }
    others = [row for key, row in documents.items() if key not in told]
    spare = sorted((row for row in others if row["document_id"] not in named), key=newest_document)
    for document in (row for row in others if row["document_id"] in named):
        yield Source(document, ())
    for document in spare[:SPARE_SOURCES]:
        yield Source(document, ())
