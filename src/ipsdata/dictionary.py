"""The data dictionary: a page a table, written from its contract and nothing else."""

from collections.abc import Mapping
from pathlib import Path

from ipsdata.contracts import Column, Contract

HEADING = "<!-- Written from the contracts in schemas/tables by `make docs`: change those. -->\n"


def table_page(contract: Contract) -> str:
    """Return the Markdown page of a table."""
    keys = [f"`{key.column}` → `{key.table}.{key.target}`" for key in contract.foreign_keys]
    lines = [
        f"# {contract.table}: {contract.title}",
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
        lines += ["", "Rules:", "", *(_rule_line(rule) for rule in _rules(contract))]
    return "\n".join(lines) + "\n"


def _row(column: Column) -> str:
    empty = "yes" if column.nullable else "no"
    meaning = " ".join([column.description, *_limits(column)])
    cells = [f"`{column.name}`", column.type, column.unit or "", empty, _titles(column), meaning]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _titles(column: Column) -> str:
    return f"{column.title} ({column.title_nl})"


def _limits(column: Column) -> list[str]:
    limits = []
    if column.domain:
        limits.append(f"One of: {', '.join(f'`{value}`' for value in column.domain)}.")
    if column.minimum is not None:
        limits.append(f"At least {column.minimum:,g}.")
    if column.maximum is not None:
        limits.append(f"At most {column.maximum:,g}.")
    if column.pattern:
        limits.append(f"Matches `{column.pattern}`.")
    return limits


def _rules(contract: Contract) -> list[tuple[str, Mapping[str, object]]]:
    return [(rule.name, rule.parameters) for rule in contract.rules]


def _rule_line(rule: tuple[str, Mapping[str, object]]) -> str:
    name, parameters = rule
    told = ", ".join(f"{key}: {_plain(value)}" for key, value in parameters.items())
    return f"- `{name}`{f' ({told})' if told else ''}"


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
