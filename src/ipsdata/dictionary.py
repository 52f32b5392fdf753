"""The data dictionary: a page a table, written from its contract and nothing else."""

from collections.abc import Mapping
from pathlib import Path

from ipsdata.contracts import Column, Contract, Rule

HEADING = "<!-- Written from the contracts in schemas/tables by `make docs`: change those. -->\n"


def table_page(contract: Contract, level: int = 1) -> str:
    """Return the Markdown page of a table.

    Args:
        level: of its heading; 2 for a part of a longer page.
    """
    keys = [f"`{key.column}` → `{key.table}.{key.target}`" for key in contract.foreign_keys]
    lines = [
        f"{'#' * level} {contract.table}: {contract.title}",
        "",
        f"*{contract.title_nl}.* {contract.description}",
        "",
        f"Primary key: {', '.join(f'`{name}`' for name in contract.primary_key)}.",
        *([f"Foreign keys: {'; '.join(keys)}."] if keys else []),
        "",
        "| column | type | unit | empty | title (Dutch) | meaning |",
        "|---|---|---|---|---|---|",
        *(_row(column) for column in contract.columns),
    ]
    if contract.rules:
        rules = (f"- `{name}`{told}" for name, told in rule_lines(contract))
        lines += ["", "Rules:", "", *rules]
    return "\n".join(lines) + "\n"


def _row(column: Column) -> str:
    empty = "yes" if column.nullable else "no"
    meaning = " ".join([column.description, *_limits(column)])
    cells = [f"`{column.name}`", column.type, column.unit or "", empty, _titles(column), meaning]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Return a text so that it stays in its cell: on one line, without the sign that ends it."""
    return " ".join(text.split()).replace("|", "&#124;")


def _titles(column: Column) -> str:
    return f"{column.title} ({column.title_nl})"


def _limits(column: Column) -> list[str]:
    limits = []
    if column.domain:
        limits.append(f"One of: {', '.join(f'`{value}`' for value in column.domain)}.")
    limits += column_limits(column, quote="`")
    if column.printed_as:
        limits.append(f"Printed as: {', '.join(f'“{name}”' for name in column.printed_as)}.")
    return limits


def column_limits(column: Column, quote: str = '"') -> list[str]:
    """Return what a column's values have to be, a sentence each; a list of values is not told.

    Args:
        quote: what stands around a regular expression.
    """
    limits = []
    if column.minimum is not None:
        limits.append(f"At least {column.minimum:,g}.")
    if column.maximum is not None:
        limits.append(f"At most {column.maximum:,g}.")
    if column.pattern:
        limits.append(f"Matches {quote}{column.pattern}{quote}.")
    return limits


def rule_lines(contract: Contract) -> list[tuple[str, str]]:
    """Return the rules of a table, each by its name and what its parameters are."""
    return [(rule.name, _parameters(rule)) for rule in contract.rules]


def _parameters(rule: Rule) -> str:
    told = ", ".join(f"{key}: {_plain(value)}" for key, value in rule.parameters.items())
    return f" ({told})" if told else ""


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def write_pages(contracts: Mapping[str, Contract], folder: Path) -> None:
    """Write the page of each table and an index into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(contracts).items():
        (folder / name).write_text(text, "utf-8")


def pages(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """Return all pages of the dictionary by file name."""
    index = ["# Data dictionary", "", "| table | what it holds |", "|---|---|"]
    index += [f"| [{name}]({name}.md) | {c.description} |" for name, c in sorted(contracts.items())]
    written = {f"{name}.md": HEADING + table_page(c) for name, c in contracts.items()}
    return {"README.md": HEADING + "\n".join(index) + "\n", **written}


def one_page(contracts: Mapping[str, Contract], title: str) -> str:
    """Return the whole dictionary as one Markdown page."""
    lines = [f"# {title}", "", "| table | what it holds |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(c.description)} |" for name, c in sorted(contracts.items())]
    parts = [table_page(contract, level=2) for _, contract in sorted(contracts.items())]
    return "\n".join([*lines, "", *parts])
