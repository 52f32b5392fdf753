"""What was compared with what: the reconciliations, and the conflicts between sources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.figures import DEPLOYMENTS, STATISTICS, Figure, Figures
from ipsdata.release.report.records import Record, records

MAX_FINDINGS = 100  # of each kind
MAX_COMPARED = 12  # figures named at one finding
SEVERITIES = ("error", "warning", "info")
VERDICTS = ("conflict", "explained", "compatible")
LISTS = ("rows_against_total", "between_editions")
SIDES = ("left", "right")


@dataclass(frozen=True)
class Finding:
    """One comparison, and how it came out.

    Attributes:
        row: of `reconciliations` or `sis_conflicts`.
        figures: those compared which the page shows.
        documents: those that the figures stand in.
    """

    row: Record
    figures: tuple[Figure, ...]
    documents: tuple[Record, ...]


@dataclass(frozen=True)
class Findings:
    """The findings that the page shows, the gravest first, and how many more there are."""

    shown: tuple[Finding, ...]
    left_out: int


def reconciliations(
    content: ReleaseContent, figures: Figures, documents: Mapping[str, Record]
) -> Findings:
    """Return the reconciliations of a release; an unchanged mission of the next list is none."""
    rows = [row for row in records(content, "reconciliations") if _tells_something(row)]
    published = list(figures.shown.values())

    def finding(row: Record) -> Finding:
        named = (row["documents"] or "").split()
        found = [documents[name] for name in named if name in documents]
        return Finding(row, tuple(_compared(row, published)), tuple(found))

    return _findings(rows, "severity", SEVERITIES, finding)


def _tells_something(row: Record) -> bool:
    return not (row["rule"] == "between_editions" and row["outcome"] == "holds")


def _compared(row: Record, published: Sequence[Figure]) -> list[Figure]:
    """Return the figures that a reconciliation names, as far as its subject tells them."""
    if row["rule"] in LISTS:
        return []  # of whole lists: the documents lead to them
    named = [figure for figure in published if _is_named(figure, row["subject"] or "")]
    return named[:MAX_COMPARED]


def _is_named(figure: Figure, subject: str) -> bool:
    told = figure.row
    if figure.table != STATISTICS:
        return False
    start = f"{told['indicator']} {told['area']} {told['category_id']} "
    mean = told["averaging"] if told["averaging"] != "none" else ""
    return (
        subject.startswith(start)
        and str(told["source"]) in subject
        and str(told["time_period"]) in subject
        and (not mean or mean in subject)
    )


def conflicts(
    content: ReleaseContent, figures: Figures, documents: Mapping[str, Record]
) -> Findings:
    """Return the pairs of figures that contradict each other, or only seem to."""
    by_place = {_place(figure): figure for figure in figures.of(STATISTICS)}

    def finding(row: Record) -> Finding:
        sides = [by_place.get(_place_of(row, side)) for side in SIDES]
        ids = dict.fromkeys(str(row[f"{side}_document_id"]) for side in SIDES)
        return Finding(
            row,
            tuple(figure for figure in sides if figure is not None),
            tuple(documents[name] for name in ids if name in documents),
        )

    return _findings(records(content, "sis_conflicts"), "verdict", VERDICTS, finding)


def _place(figure: Figure) -> tuple[object, ...]:
    row = figure.row
    names = ("document_id", "locator", "source", "vintage", "time_period")
    return tuple(row[name] for name in names)


def _place_of(row: Record, side: str) -> tuple[object, ...]:
    names = ("document_id", "locator", "source", "vintage", "time_period")
    return tuple(row[f"{side}_{name}"] for name in names)


def _findings(
    rows: Iterable[Record], by: str, order: Sequence[str], finding: Callable[[Record], Finding]
) -> Findings:
    def gravity(row: Record) -> int:
        return order.index(row[by]) if row[by] in order else len(order)

    ordered = sorted(rows, key=gravity)
    shown = tuple(finding(row) for row in ordered[:MAX_FINDINGS])
    return Findings(shown, max(0, len(ordered) - MAX_FINDINGS))


def printed_total(content: ReleaseContent, figures: Sequence[Figure]) -> tuple[str, bool] | None:
    """Return the total printed under a list, and whether its rows add up to it.

    Args:
        figures: of one list.

    Returns:
        `None` if the list prints no total.
    """
    own = {figure.row["document_id"] for figure in figures if figure.table == DEPLOYMENTS}
    for row in records(content, "reconciliations"):
        printed = (row["right"] or "").removeprefix("printed total ")
        is_total = row["rule"] == "rows_against_total" and printed != row["right"]
        if is_total and own & set((row["documents"] or "").split()):
            return printed, row["outcome"] == "holds"
    return None
