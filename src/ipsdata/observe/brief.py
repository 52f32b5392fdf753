"""What a run came to, as Markdown for the page of its release in Dagster."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipsdata.observe.published import PublishedRows, counted
from ipsdata.release.index import Publication

CHANGES = ("added", "revised", "removed")

Row = Mapping[str, Any]


def run_brief(processed_dir: Path, publication: Publication) -> str:
    """Return the tables with their rows and changes, what was rejected, and the reconciliations.

    Only names, codes and counts stand in it, no text of a document.
    """
    published = PublishedRows(processed_dir, publication.release_id)
    rejected, found = (published.rows(name) for name in ("rejected_rows", "reconciliations"))
    parts = [
        f"**Release {publication.release_id}**: {_outcome(publication)}",
        _tables(publication, published),
        _counts("Rejected", rejected, "reason"),
        _counts("Reconciliations", found, "rule", "outcome", "severity"),
    ]
    return "\n\n".join(parts)


def _outcome(publication: Publication) -> str:
    if not publication.is_new:
        return "nothing changed, so it stays current."
    before = f"; before it {publication.previous}" if publication.previous else ", the first"
    return f"new{before}."


def _tables(publication: Publication, published: PublishedRows) -> str:
    """Return rows by table, and of a new release what changed against the one before."""
    if not publication.is_new:
        rows = [(name, count) for name, count in sorted(publication.tables.items())]
        return _titled("Tables", ("table", "rows"), rows)
    changed: dict[str, Counter[str]] = defaultdict(Counter)
    for row in published.rows("changes"):
        changed[row["table"]][row["change"]] += row["rows"]
    told = [
        (name, count, *(changed[name][change] or "" for change in CHANGES))
        for name, count in sorted(publication.tables.items())
    ]
    return _titled("Tables", ("table", "rows", *CHANGES), told)


def _counts(title: str, rows: Sequence[Row], *columns: str) -> str:
    if not rows:
        return f"### {title}\n\nnone"
    told = ((*key, count) for key, count in counted(rows, *columns).items())
    return _titled(title, (*columns, "count"), told)


def _titled(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    table = "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)
    return f"### {title}\n\n{table}"
