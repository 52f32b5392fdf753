"""What a person sees on the terminal: the report of a run, tables, contracts."""

import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
)
from rich.table import Table

from ipsdata.extract.printed import READ
from ipsdata.fates import ACCOUNTED
from ipsdata.read.document import Document, Heading, Paragraph
from ipsdata.read.document import Table as DocumentTable
from ipsdata.rejection import shortened
from ipsdata.release.keys import key_text
from ipsdata.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from ipsdata.code.membership import YearEnd
    from ipsdata.contracts import Contract
    from ipsdata.extract.quantities import Quantity
    from ipsdata.release.history import History
    from ipsdata.runreport import RunReport

MAX_REJECTIONS_SHOWN = 20
MAX_QUANTITIES_SHOWN = 10
MAX_CELL_SHOWN = 120
MAX_COLUMN_WIDTH = 36
BORDER_WIDTH = 3
UNLISTED_RULE = "between_editions"  # an unchanged mission is no news
OUTCOME_STYLES = {"info": "green", "warning": "yellow", "error": "red"}
PIPE_WIDTH = 160


def _console() -> Console:
    # Into a pipe rich would fold at 80 characters and break figures over lines.
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


@contextmanager
def progress(*, enabled: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show on a terminal which step is at work, with a bar where it has many documents to read.

    Yields the function to be told the step, and how many of how many are done.
    """
    console = Console(stderr=True, quiet=not enabled)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("start", total=None)

        def tell(step: str, done: int, count: int) -> None:
            bar.update(task, description=step, completed=done, total=count or None)

        yield tell


def report_data(report: "RunReport") -> dict[str, Any]:
    """Return a run's report as plain data for `--json`."""
    publication = report.publication
    return {
        "release_id": publication.release_id if publication else None,
        "is_new": bool(publication and publication.is_new),
        "previous": publication.previous if publication else None,
        "fewer_rows": dict(publication.fewer) if publication else {},
        "refusal": report.refusal,
        "tables": report.tables,
        "documents": report.documents,
        "rejected": report.rejected,
        "reconciliations": report.reconciliations,
        "quantities": report.quantities,
    }


def print_report(report: "RunReport", settings: Settings) -> None:
    """Print what a run did: documents, reconciliations, rejections and the release."""
    console = _console()
    console.print(_documents_table(report))
    console.print(_reconciliations_table(report))
    _print_quantities(console, report)
    _print_warnings(console, report)
    _print_rejections(console, report)
    _print_release(console, report, settings)


def _documents_table(report: "RunReport") -> Table:
    table = Table(title="Documents: rows read = published + totals + supporting + rejected")
    table.add_column("document")
    counts = ("rows_read", "rows_published", "rows_total", "rows_supporting", "rows_rejected")
    for name in counts:
        table.add_column(name.removeprefix("rows_"), justify="right")
    for row in sorted(report.documents, key=lambda row: str(row["path"])):
        absent = "" if row["at_hand"] else " [dim](not at hand)[/]"
        table.add_row(f"{escape(row['path'])}{absent}", *(f"{row[name]:,}" for name in counts))
    return table


def _reconciliations_table(report: "RunReport") -> Table:
    table = Table(title="Reconciliations")
    for name in ("rule", "outcome", "finding"):
        table.add_column(name)
    for row in report.reconciliations:
        if row["rule"] == UNLISTED_RULE and row["outcome"] == "holds":
            continue
        style = OUTCOME_STYLES[row["severity"]]
        outcome = (
            row["outcome"] if row["severity"] == "info" else f"{row['outcome']}, {row['severity']}"
        )
        table.add_row(row["rule"], f"[{style}]{outcome}[/]", escape(row["message"]))
    return table


def _print_quantities(console: Console, report: "RunReport") -> None:
    """Say for each narrative document how many of its numbers are accounted for."""
    for document in sorted(report.documents, key=lambda row: str(row["path"])):
        rows = [q for q in report.quantities if q["document_id"] == document["document_id"]]
        if not rows:
            continue
        rows.sort(key=lambda row: row["position"])
        lost = [row for row in rows if row["fate"] not in ACCOUNTED]
        told = f"{len(rows) - len(lost)} of {len(rows)} quantities accounted for"
        is_read = any(row["verification"] == READ for row in rows)
        if not is_read:
            why = "could not be read" if document["at_hand"] else "not at hand"
            told = f"{why}: its {len(rows)} captured quantities are unverified"
        style = "yellow" if lost or not is_read else "green"
        console.print(f"{escape(document['path'])}: [{style}]{told}[/]", highlight=False)
        for row in lost[:MAX_QUANTITIES_SHOWN]:
            place = f"{row['as_printed']!r} at {row['locator']}"
            console.print(f"  {row['fate']}: {escape(place)}", highlight=False, soft_wrap=True)
        if len(lost) > MAX_QUANTITIES_SHOWN:
            console.print(f"  … and {len(lost) - MAX_QUANTITIES_SHOWN} more: ipsdata capture")


def _print_warnings(console: Console, report: "RunReport") -> None:
    for document in report.documents:
        for warning in filter(None, (document["warnings"] or "").splitlines()):
            told = f"{document['path']}: {warning}"
            console.print(f"[yellow]warning:[/] {escape(told)}", highlight=False, soft_wrap=True)


def _print_rejections(console: Console, report: "RunReport") -> None:
    if not report.rejected:
        return
    console.print(f"\n[red]Rejected: {len(report.rejected)}[/]")
    told = Counter(_rejection_line(row) for row in report.rejected)
    for line, count in list(told.items())[:MAX_REJECTIONS_SHOWN]:
        times = f" [dim](×{count})[/]" if count > 1 else ""
        console.print(f"  {escape(line)}{times}", highlight=False, soft_wrap=True)
    more = len(told) - MAX_REJECTIONS_SHOWN
    if more > 0:
        console.print(f"  … and {more} more: ipsdata show rejected_rows")


def _rejection_line(row: Mapping[str, Any]) -> str:
    near = f" (nearest: {row['candidates']})" if row["candidates"] else ""
    return f"{row['reason']}: {row['message']}{near}"


def _print_release(console: Console, report: "RunReport", settings: Settings) -> None:
    if report.publication is None:
        console.print(f"\n[red]No release:[/] {escape(str(report.refusal))}", soft_wrap=True)
        return
    release = report.publication
    rows = ", ".join(f"{name} {count:,}" for name, count in release.tables.items())
    console.print(f"\nTables: {rows}", highlight=False, soft_wrap=True)
    if release.is_new:
        folder = settings.processed_dir / "releases" / release.release_id
        console.print(
            f"Published release [bold]{release.release_id}[/] in {folder}", soft_wrap=True
        )
        for name, count in release.fewer.items():
            told = f"{name} has {count:,} rows fewer than release {release.previous}"
            console.print(f"[yellow]Note:[/] {told}")
    else:
        console.print(
            f"Nothing changed since release [bold]{release.release_id}[/]: no new release"
        )
    if not release.is_followed:
        told = "latest: this file system has no links; releases.json names the current release"
        console.print(f"[yellow]Note:[/] {told}", soft_wrap=True)


def print_table(name: str, table: "pa.Table", limit: int, *, fit: bool) -> None:
    """Print the first rows of a table.

    Args:
        fit: leave out columns that don't fit, say which, and name a value that all rows share once.
    """
    console = _console()
    rows = [
        [str(value) if name == "year" else _cell(value) for name, value in row.items()]
        for row in table.slice(0, limit).to_pylist()
    ]
    columns = [_Shown(f, [row[n] for row in rows]) for n, f in enumerate(table.schema)]
    shared = [c for c in columns if fit and len(rows) > 1 and len(set(c.cells)) == 1]
    kept, hidden = _fitting([c for c in columns if c not in shared], table, console.width, fit)
    shown = Table(title=f"{name}: {table.num_rows:,} rows")
    for column in kept:
        shown.add_column(column.name, justify=column.justify, overflow="fold")
    for cells in zip(*(column.cells for column in kept), strict=True):
        shown.add_row(*(escape(cell) for cell in cells))
    console.print(shown)
    for column in shared:
        if column.cells[0]:
            console.print(f"all rows shown: {column.name} = {column.cells[0]}", markup=False)
    if hidden:
        names = ", ".join(column.name for column in hidden)
        console.print(f"not shown (--columns): {names}", markup=False)
    if table.num_rows > limit:
        console.print(f"… {table.num_rows - limit:,} more rows (--rows)")


class _Shown:
    """A column as it is shown: its cells as text."""

    def __init__(self, field: "pa.Field", cells: list[str]) -> None:
        self.name = field.name
        self.cells = cells
        is_number = str(field.type) in ("int32", "int64", "double")
        self.justify: Literal["left", "right"] = "right" if is_number else "left"

        self.longest = max(map(len, (self.name, *cells)))

    @property
    def width(self) -> int:
        return min(self.longest, MAX_COLUMN_WIDTH) + BORDER_WIDTH

    @property
    def is_long(self) -> bool:
        return self.longest > MAX_COLUMN_WIDTH


def _fitting(
    columns: list[_Shown], table: "pa.Table", width: int, fit: bool
) -> tuple[list[_Shown], list[_Shown]]:
    """Split columns into those that fit a line, the key's first of all, and the others."""
    if not fit:
        return columns, []
    key = json.loads((table.schema.metadata or {}).get(b"primary_key", b"[]"))
    first = (*key, "value", "as_printed", "message")
    kept: set[str] = set()
    for column in sorted(columns, key=lambda c: (c.name not in first, c.is_long)):
        if column.width <= width:
            kept.add(column.name)
            width -= column.width
    return [c for c in columns if c.name in kept], [c for c in columns if c.name not in kept]


def print_year_ends(ends: Iterable["YearEnd"]) -> None:
    """Print how many states used SIS at the end of each year, and which joined and left."""
    shown = Table(title="States using SIS at the end of the year")
    for name in ("year", "members"):
        shown.add_column(name, justify="right")
    for name in ("joined", "left"):
        shown.add_column(name, overflow="fold")
    for end in ends:
        counts = (str(end.year), str(len(end.members)))
        shown.add_row(*counts, ", ".join(end.joined), ", ".join(end.left))
    _console().print(shown)


FIGURE = ("value", "value_low", "value_high", "as_printed")


def print_history(found: "History") -> None:
    """Print what each release said of a figure, and what each source said."""
    console = _console()
    key = _harmless(key_text(found.key))
    console.print(f"{found.table}: {key}", markup=False, highlight=False)
    shown = _figures_table("By release", "releases", "document", "also changed")
    for state in found.states:
        told = state.since if state.releases == 1 else f"{state.since} … {state.until}"
        cells = [escape(_cell((state.row or {}).get(name))) for name in FIGURE]
        document = escape(_cell(state.document)) if state.row else "not there"
        others = ", ".join(name for name in state.changed if name not in FIGURE)
        shown.add_row(told, *cells, document, others)
    console.print(shown)
    if found.vintages:
        shown = _figures_table("By source", "published_on", "source", "locator")
        for row in found.vintages:
            source = row.get("source") or row.get("edition_id")
            values = (row.get("published_on"), *map(row.get, FIGURE), source, row.get("locator"))
            shown.add_row(*(escape(_cell(value)) for value in values))
        console.print(shown)


def _figures_table(title: str, first: str, *last: str) -> Table:
    table = Table(title=title)
    for name in (first, *FIGURE, *last):
        table.add_column(name, overflow="fold")
    return table


def print_loaded(years: Iterable[Mapping[str, Any]], refused: "pa.Table") -> None:
    """Print what was loaded of each year, and the first of what was refused."""
    shown = Table(title="Daily counts by year")
    shown.add_column("year", justify="right")
    for name in ("rows", "rejected", "days"):
        shown.add_column(name, justify="right")
    for name in ("first day", "last day", "loaded"):
        shown.add_column(name)
    for row in years:
        now = f"now, {row['speed']:,} rows a second" if row["loaded_now"] else "lay ready"
        counts = (f"{row[name]:,}" for name in ("rows", "rejected", "days"))
        days = (_cell(row[name]) for name in ("first_date", "last_date"))
        shown.add_row(str(row["year"]), *counts, *days, now)
    console = _console()
    console.print(shown)
    for row in refused.slice(0, MAX_REJECTIONS_SHOWN).to_pylist():
        console.print(_rejection_line(row), markup=False)
    if refused.num_rows > MAX_REJECTIONS_SHOWN:
        console.print(f"  … and {refused.num_rows - MAX_REJECTIONS_SHOWN:,} more: rejected_rows")


def document_data(
    document: Document, quantities: Iterable[tuple[str, "Quantity"]]
) -> dict[str, Any]:
    """Return a document as plain data for `--json`; each block says of which kind it is.

    Args:
        quantities: its numbers and dates, each with its place.
    """
    blocks = [{"kind": type(b).__name__.lower(), **asdict(b)} for b in document.blocks]
    found = [
        {"place": place, "text": q.text, "kind": q.kind, "says": _says(q)}
        for place, q in quantities
    ]
    return {**asdict(document), "blocks": blocks, "quantities": found}


def _says(quantity: "Quantity") -> str | None:
    """Return the numbers that a text allows, in words; `None` if it is no number."""
    return None if quantity.number is None else str(quantity.number.interval)


def print_document(document: Document, quantities: Iterable[tuple[str, "Quantity"]]) -> None:
    """Print a document as it was read, its numbers and dates, and what the reader warns of."""
    console = _console()
    for block in document.blocks:
        if isinstance(block, Heading):
            console.print(f"\n[bold]{escape(block.text)}[/]", highlight=False)
        elif isinstance(block, Paragraph):
            indent = "  " * block.list_level
            place = f"[dim]{block.place.paragraph or '':>3}[/] "
            console.print(f"{place}{indent}{escape(block.text)}", highlight=False)
        else:
            console.print(_grid(block))
    for note in document.footnotes:
        console.print(f"[dim]note {escape(note.mark)}[/] {escape(note.text)}", highlight=False)
    if found := list(quantities):
        console.print(_quantities_table(found))
    for warning in document.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", highlight=False)


def _quantities_table(quantities: Iterable[tuple[str, "Quantity"]]) -> Table:
    shown = Table(title="Numbers and dates")
    for name in ("text", "kind", "says", "place"):
        shown.add_column(name, overflow="fold")
    for place, quantity in quantities:
        cells = (quantity.text, quantity.kind, _says(quantity) or "", place)
        shown.add_row(*(escape(cell) for cell in cells))
    return shown


def _grid(table: DocumentTable) -> Table:
    """Show a table as it was read: its first row as header, its place as caption."""
    shown = Table(title=escape(table.caption) or None, caption=escape(str(table.place)))
    header, *rows = table.rows
    for cell in header:
        shown.add_column(escape(cell.text), overflow="fold")
    for row in rows:
        shown.add_row(*(escape(cell.text) for cell in row))
    return shown


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return shortened(_harmless(str(value)), MAX_CELL_SHOWN)


def _harmless(text: str) -> str:
    """Return a text whose characters can neither move the cursor nor turn the line around."""
    hidden = ("Cc", "Cf")
    return "".join(
        "�" if unicodedata.category(sign) in hidden and sign not in "\n\t" else sign
        for sign in text
    )


def print_contract(contract: "Contract") -> None:
    """Print a contract: its columns, then its keys and rules."""
    console = _console()
    table = Table(title=f"{contract.table}: {contract.title}", caption=contract.description)
    for heading in ("column", "type", "unit", "empty", "meaning"):
        table.add_column(heading)
    for column in contract.columns:
        key = " (key)" if column.name in contract.primary_key else ""
        empty = "yes" if column.nullable else "no"
        cells = (f"{column.name}{key}", column.type, column.unit or "", empty, column.description)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    for rule in contract.rules:
        console.print(f"rule {rule.name}: {dict(rule.parameters)}", highlight=False)
