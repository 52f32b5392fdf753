"""The page of the star schema: which table is related to which, written from the contracts."""

from collections.abc import Iterator, Mapping

from ipsdata.contracts import Contract, ForeignKey
from ipsdata.dictionary import HEADING

READY = "reporting_"
INTRODUCTION = """\
# Star schema

Take the tables `reporting_…` as facts: one row is one figure, ready to plot, with its titles in
English and Dutch. Relate them to the dimensions below, many to one, filtering in one direction; all
keys are readable, and every release was checked for keys that lead nowhere. Relate a fact to
`dim_date` by one date at a time: where a table has several, the others are inactive relations.

- Never add up figures of different `measure`, `population` or `scope`, nor stocks of different
  dates.
- A row that is not there is unknown, not zero: do not let a chart fill gaps with 0.
- `value` is the number that was printed; draw `value_low` to `value_high` as its range. An empty
  bound is open.
- In `reporting_sis`, draw a line for each `segment` only: between two segments is a break.
"""


def star_schema_page(contracts: Mapping[str, Contract]) -> str:
    """Return the page in Markdown: a diagram of the star, its relations, and all other keys."""
    facts = [contract for name, contract in sorted(contracts.items()) if name.startswith(READY)]
    others = [contract for _, contract in sorted(contracts.items()) if contract not in facts]
    dimensions = sorted({key.table for contract in facts for key in contract.foreign_keys})
    lines = [
        HEADING + INTRODUCTION,
        "```mermaid",
        "erDiagram",
        *(line for fact in facts for line in _relations(fact)),
        *(line for fact in facts for line in _entity(fact)),
        *(line for name in dimensions for line in _entity(contracts[name])),
        "```",
        "",
        *_table(facts),
        "",
        "| dimension | key | what it holds |",
        "|---|---|---|",
        *(_dimension(contracts[name]) for name in dimensions),
        "",
        "## All other keys",
        "",
        *_table(others),
    ]
    return "\n".join(lines) + "\n"


def _relations(fact: Contract) -> Iterator[str]:
    for key in fact.foreign_keys:
        one = "|o" if _may_be_empty(fact, key) else "||"
        yield f"    {key.table} {one}--o{{ {fact.table} : {key.column}"


def _entity(contract: Contract) -> Iterator[str]:
    """Yield the keys of a table, and no other columns, for the diagram."""
    foreign = {key.column for key in contract.foreign_keys}
    yield f"    {contract.table} {{"
    for column in contract.columns:
        marks = [
            mark
            for mark, names in (("PK", contract.primary_key), ("FK", foreign))
            if column.name in names
        ]
        if marks:
            yield f"        {column.type} {column.name} {', '.join(marks)}"
    yield "    }"


def _table(contracts: list[Contract]) -> Iterator[str]:
    yield from ("| table | column | leads to | may be empty |", "|---|---|---|---|")
    for contract in contracts:
        for key in contract.foreign_keys:
            empty = "yes" if _may_be_empty(contract, key) else "no"
            yield f"| `{contract.table}` | `{key.column}` | `{key.table}.{key.target}` | {empty} |"


def _dimension(contract: Contract) -> str:
    key = ", ".join(f"`{name}`" for name in contract.primary_key)
    page = f"[`{contract.table}`](../data-dictionary/{contract.table}.md)"
    return f"| {page} | {key} | {contract.description} |"


def _may_be_empty(contract: Contract, key: ForeignKey) -> bool:
    return any(column.name == key.column and column.nullable for column in contract.columns)
