"""Lists in documents: the one table of a document whose header words fit the layout."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ipsdata.code.dates import DateError, parse_date
from ipsdata.extract.passages import row_locator
from ipsdata.extract.printed import READ, TOTAL, PrintedRow, Problem, printed_row, with_problem
from ipsdata.layouts import Layout, LayoutError, printed_form
from ipsdata.read.delimited import ReadError, cell_problem
from ipsdata.read.document import Cell, Document, Table
from ipsdata.rejection import cells_json, quoted

HEADER_ROWS = 10  # how far down a header may stand, below titles in a spreadsheet
SHOWN_TABLES = 5


@dataclass(frozen=True)
class _Found:
    """A table that fits: its columns that are used, by field, and the row of its header."""

    table: Table
    header: int
    columns: Mapping[str, int]

    @property
    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """The rows under the header; empty ones and repetitions of the header left out."""
        header = _texts(self.table.rows[self.header])
        for row in self.table.rows[self.header + 1 :]:
            if any(_texts(row)) and _texts(row) != header:
                yield row


def table_rows(
    document: Mapping[str, Any], content: Document, layout: Layout
) -> Iterator[PrintedRow]:
    """Read the list that a document of the inventory holds, wherever it stands in it.

    Raises:
        ReadError: no table fits the layout, several do, a column of the one that does is unknown,
            or its captions give different reference dates.
    """
    found = _the_one(list(content.tables), layout, document["path"])
    caption = _caption(found, document, layout)
    for row in found.rows:
        yield {**_printed(document, layout, found, row), "caption": caption}


def holds_list(content: Document, layout: Layout) -> bool:
    """Whether a table of the document fits the layout."""
    return any(_header_row(table, layout) is not None for table in content.tables)


def resembles_list(content: Document, layout: Layout) -> bool:
    """Whether a table has a total and a dated caption as a list has, whatever its header words."""
    return any(_is_dated(t, layout) and _has_total(t, layout) for t in content.tables)


def _is_dated(table: Table, layout: Layout) -> bool:
    texts = (table.caption, *table.place.headings[-1:])
    return any(layout.find_reference_dates(printed_form(text)) for text in texts)


def _has_total(table: Table, layout: Layout) -> bool:
    return any(text in layout.total_words for row in table.rows for text in _texts(row))


# Recognition


def _the_one(tables: Sequence[Table], layout: Layout, name: str) -> _Found:
    fitting = [(t, row) for t in tables if (row := _header_row(t, layout)) is not None]
    if not fitting:
        raise ReadError("no_list", f"{name}: {_none_fits(tables, layout)}")
    if len(fitting) > 1:
        raise ReadError("two_lists", f"{name}: {_several_fit([t for t, _ in fitting], layout)}")
    table, header = fitting[0]
    try:
        return _Found(table, header, _columns(table, header, layout))
    except LayoutError as error:
        place = row_locator(table.place, header + 1)
        told = f"{error}: add the words to schemas/layouts/{layout.name}.yaml, or mend the document"
        raise ReadError("columns", f"{name}, {place}: {told}") from None


def _header_row(table: Table, layout: Layout) -> int | None:
    rows = range(min(HEADER_ROWS, len(table.rows)))
    return next((n for n in rows if layout.fits(_texts(table.rows[n]))), None)


def _columns(table: Table, header: int, layout: Layout) -> dict[str, int]:
    """Return where each field stands; a column without any text is none."""
    texts = _texts(table.rows[header])
    used = [
        n
        for n in range(len(texts))
        if any(printed_form(row[n].text) for row in table.rows[header:])
    ]
    return dict(zip(layout.assign([texts[n] for n in used]), used, strict=True))


def _texts(row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(printed_form(cell.text) if cell.is_origin else "" for cell in row)


def _none_fits(tables: Sequence[Table], layout: Layout) -> str:
    words = "; ".join(f"{layout.headers[f][0]!r}" for f in sorted(layout.required))
    count = f"{len(tables)} table{'' if len(tables) == 1 else 's'}"
    found = f"found {count}, expected one with the header words {words}"
    if tables:
        shown = [f"{_place(t)} starts with {_start(t)}" for t in tables[:SHOWN_TABLES]]
        found = f"{found}; {'; '.join(shown)}"
    file = f"schemas/layouts/{layout.name}.yaml"
    return f"{found}: add the words it uses to {file}, or take the list from another form"


def _start(table: Table) -> str:
    return quoted(" | ".join(text for text in _texts(table.rows[0]) if text))


def _several_fit(tables: Sequence[Table], layout: Layout) -> str:
    contents = {tuple(_texts(row) for row in table.rows) for table in tables}
    places = " and ".join(_place(table) for table in tables)
    if len(contents) == 1:
        return f"found the same {layout.name} {len(tables)} times ({places}), expected it once"
    return (
        f"found {len(tables)} tables that fit {layout.name} ({places}), expected one: which of "
        "them is the list is not guessed; give each a document of its own"
    )


def _place(table: Table) -> str:
    return str(table.place)


# The reference date


def dates_in(texts: Iterable[str], layout: Layout, language: str) -> set[dt.date | str]:
    """Return the reference dates in some texts; what is no date in this language, as printed."""
    found = (date for text in texts for date in layout.find_reference_dates(text))
    return {date_or_text(date, language) for date in found}


def date_or_text(printed: str, language: str) -> dt.date | str:
    """Return a date as printed; what is none in this language, as the text it is."""
    try:
        return parse_date(printed, language)
    except DateError:
        return printed


def _caption(found: _Found, document: Mapping[str, Any], layout: Layout) -> str | None:
    """Return the text that gives the reference date: of the sidecar, caption, heading or title.

    Where none does, the caption as it is, so that a person sees what was looked at.
    """
    texts = list(dict.fromkeys(text for text in _captions(found, document) if text))
    dated = [text for text in texts if layout.find_reference_dates(text)]
    if len(dates_in(dated, layout, document["language"])) > 1:
        told = " and ".join(quoted(text) for text in dated)
        raise ReadError(
            "reference_date",
            f"{document['path']}, {_place(found.table)}: found two reference dates, in {told}, "
            "expected one: mend the document",
        )
    return next(iter(dated or texts), None)


def _captions(found: _Found, document: Mapping[str, Any]) -> Iterator[str]:
    yield json.loads(document["options"]).get("caption", "")
    yield printed_form(found.table.caption)
    yield from (printed_form(heading) for heading in reversed(found.table.place.headings))
    for row in found.table.rows[: found.header]:
        yield " ".join(text for text in _texts(row) if text)


# Rows


def _printed(
    document: Mapping[str, Any], layout: Layout, found: _Found, row: Sequence[Cell]
) -> PrintedRow:
    place = row[0].place
    fields = {name: printed_form(row[n].text) for name, n in found.columns.items()}
    made = printed_row(
        document,
        layout.table,
        found_at=row_locator(place, place.row or 0),
        fields=fields,
        verification=READ,
    )
    problem = _problem(row, found, layout)
    if problem is not None:
        return with_problem(made, problem, cells_json(cell.text for cell in row))
    return {**made, "role": TOTAL} if layout.is_total(fields) else made


def _problem(row: Sequence[Cell], found: _Found, layout: Layout) -> Problem | None:
    merged = [name for name in layout.required if not row[found.columns[name]].is_origin]
    if merged:
        header = found.table.rows[found.header][found.columns[sorted(merged)[0]]].text
        return (
            "malformed_row",
            f"found a cell under {quoted(header)} that is merged with another, expected one a row: "
            "which row it belongs to is not guessed",
        )
    return cell_problem([cell.text for cell in row])
