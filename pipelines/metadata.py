"""What Dagster shows about a table: columns, column lineage, and what a run made of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import dagster as dg
import pyarrow as pa

from ipsdata.contracts import Column, Contract
from ipsdata.plan import Step
from ipsdata.release.staging import Outcome

COLUMN_SCHEMA = "dagster/column_schema"
COLUMN_LINEAGE = "dagster/column_lineage"
ROW_COUNT = "dagster/row_count"
PREVIEW_ROWS = 10
CELL_CHARACTERS = 60
BALANCE_COLUMNS = (
    "rows_read",
    "rows_published",
    "rows_total",
    "rows_supporting",
    "rows_rejected",
)

Metadata = dict[str, dg.MetadataValue]


def column_schema(contract: Contract) -> dg.TableSchema:
    """Return the contract's columns, with their types, meanings and constraints."""
    keys = [f"primary key: {', '.join(contract.primary_key)}"]
    rules = [
        f"{rule.name}({', '.join(f'{key}={value}' for key, value in rule.parameters.items())})"
        for rule in contract.rules
    ]
    return dg.TableSchema(
        columns=[_table_column(contract, column) for column in contract.columns],
        constraints=dg.TableConstraints(other=[*keys, *rules]),
    )


def _table_column(contract: Contract, column: Column) -> dg.TableColumn:
    return dg.TableColumn(
        name=column.name,
        type=column.type,
        description=_column_description(column),
        constraints=dg.TableColumnConstraints(
            nullable=column.nullable,
            unique=contract.primary_key == (column.name,),
            other=list(_constraints(contract, column)),
        ),
    )


def _column_description(column: Column) -> str:
    """Say what a column means; also where it comes from, as only Dagster+ draws column lineage."""
    unit = f" Unit: {column.unit}." if column.unit else ""
    sources = f" From {', '.join(column.derived_from)}." if column.derived_from else ""
    return f"{column.title}. {column.description}{unit}{sources}"


def _constraints(contract: Contract, column: Column) -> Iterable[str]:
    if column.domain:
        yield f"is one of {', '.join(column.domain)}"
    if column.pattern:
        yield f"matches {column.pattern}"
    if column.minimum is not None:
        yield f"is at least {column.minimum:,g}"
    if column.maximum is not None:
        yield f"is at most {column.maximum:,g}"
    for key in contract.foreign_keys:
        if key.column == column.name:
            yield f"stands in {key.table}.{key.target}"


def arrow_column_schema(schema: pa.Schema) -> dg.TableSchema:
    """Return the columns of a table that has no contract."""
    columns = [
        dg.TableColumn(
            name=field.name,
            type=str(field.type),
            constraints=dg.TableColumnConstraints(nullable=field.nullable),
        )
        for field in schema
    ]
    return dg.TableSchema(columns=columns)


def column_lineage(contract: Contract, step: Step) -> dg.TableColumnLineage:
    """Return which columns of the step's inputs each column comes from."""
    return column_lineage_of(contract, step.inputs)


def column_lineage_of(contract: Contract, tables: Sequence[str]) -> dg.TableColumnLineage:
    """Return which columns of `tables` each column comes from.

    What the contract says to come from elsewhere (the files of code lists) is no asset's column.
    """
    return dg.TableColumnLineage(
        deps_by_column={
            column.name: [
                dg.TableColumnDep(asset_key=dg.AssetKey(table), column_name=name)
                for table, name in (entry.split(".") for entry in column.derived_from)
                if table in tables
            ]
            for column in contract.columns
        }
    )


def outcome_metadata(outcome: Outcome) -> Metadata:
    """Return what a step made: how many rows, the first of them, and what it rejected."""
    table = outcome.table
    found: Metadata = {
        ROW_COUNT: dg.MetadataValue.int(table.num_rows),
        "preview": dg.MetadataValue.md(preview(table)),
    }
    reasons = Counter(rejection.reason for rejection in outcome.rejections)
    if reasons:
        found["rejected"] = dg.MetadataValue.int(reasons.total())
        found["rejected_by_reason"] = counts(reasons)
    return found


def balance(documents: pa.Table) -> Metadata:
    """Return what became of the rows of all documents together, and of each."""
    totals: Metadata = {
        name: dg.MetadataValue.int(sum(documents.column(name).to_pylist()))
        for name in BALANCE_COLUMNS
    }
    rows = documents.select(["path", *BALANCE_COLUMNS]).to_pylist()
    return {**totals, "balance": dg.MetadataValue.md(markdown(["path", *BALANCE_COLUMNS], rows))}


def preview(table: pa.Table) -> str:
    """Return the first rows as a Markdown table; never the text of whole documents."""
    shown = [field.name for field in table.schema if field.type != pa.large_string()]
    return markdown(shown, table.select(shown).slice(0, PREVIEW_ROWS).to_pylist())


def counts(counted: Counter[str]) -> dg.MetadataValue:
    """Return counts as a line of text, which the UI shows without a click; the largest first."""
    return dg.MetadataValue.text("; ".join(f"{n} {name}" for name, n in counted.most_common()))


def listing(lines: Sequence[str], limit: int) -> str:
    """Return the first lines as a Markdown list, and how many more there are."""
    shown = [f"- {_escaped(line)}" for line in lines[:limit]]
    more = [f"- … and {len(lines) - limit} more"] if len(lines) > limit else []
    return "\n".join([*shown, *more])


def markdown(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return a Markdown table; long cells are cut."""
    lines = [columns, ["---"] * len(columns)]
    lines.extend([_cell(row[name]) for name in columns] for row in rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    cut = text if len(text) <= CELL_CHARACTERS else f"{text[:CELL_CHARACTERS]}…"
    return _escaped(cut)


def _escaped(text: str) -> str:
    plain = "".join(char if char.isprintable() else " " for char in text)
    return "".join(f"\\{char}" if char in "\\|`*_<>[]#~" else char for char in plain)
