"""Contracts: all that is known about a table, written once in `schemas/tables/<table>.yaml`.

From a contract alone come the Arrow schema, the Pandera schema, the data dictionary and (in the
pipeline) the column schema and lineage that Dagster shows.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipsdata.errors import ConfigurationError
from ipsdata.yamlfile import canonical_json, load_yaml

if TYPE_CHECKING:
    import pyarrow as pa

TYPES = ("int32", "int64", "float64", "bool", "string", "date", "timestamp")


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning and what its values may be.

    Attributes:
        type: one of `TYPES`; a timestamp is in UTC, to the microsecond.
        domain: the closed list of values, where there is one.
        pattern: a regular expression that a text must match from its start.
        minimum: least value allowed, itself included; `maximum` likewise.
        derived_from: the columns, as `table.column`, that this one is made from.
        printed_as: the headers under which sources print it, as the layouts know them.
    """

    name: str
    type: str
    title: str
    title_nl: str
    description: str
    unit: str | None = None
    nullable: bool = False
    domain: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    derived_from: tuple[str, ...] = ()
    printed_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForeignKey:
    """A column whose values, where present, must stand in a column of another table."""

    column: str
    table: str
    target: str


@dataclass(frozen=True)
class Partition:
    """How a table is split into files: one a year of `column`.

    Attributes:
        listing: the table that lists the files, one row a year.
    """

    column: str
    by: str
    listing: str


@dataclass(frozen=True)
class Rule:
    """A named rule of `ipsdata.rules` with its parameters."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Contract:
    """The contract of one table."""

    table: str
    group: str
    title: str
    title_nl: str
    description: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    rules: tuple[Rule, ...] = ()
    owners: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    partition: Partition | None = None
    resolved: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the contract with its blocks resolved; comments and layout don't count."""
        return hashlib.sha256(canonical_json(self.resolved)).hexdigest()

    @cached_property
    def arrow_schema(self) -> "pa.Schema":
        """The Arrow schema that is written, titles, descriptions and units in its metadata."""
        import pyarrow as pa  # noqa: PLC0415 - contracts are listed without Arrow

        fields = [
            pa.field(c.name, _arrow_type(c.type), nullable=c.nullable, metadata=_field_metadata(c))
            for c in self.columns
        ]
        metadata = {
            "title": self.title,
            "title_nl": self.title_nl,
            "description": self.description,
            "primary_key": json.dumps(self.primary_key),
        }
        return pa.schema(fields, metadata=metadata)


def _field_metadata(column: Column) -> dict[str, str]:
    texts = {
        "title": column.title,
        "title_nl": column.title_nl,
        "description": column.description,
        "unit": column.unit,
    }
    return {key: text for key, text in texts.items() if text}


def _arrow_type(name: str) -> "pa.DataType":
    import pyarrow as pa  # noqa: PLC0415 - as above

    types = {
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "string": pa.string(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return types[name]


def load_contracts(schemas_dir: Path) -> dict[str, Contract]:
    """Read every contract in `schemas_dir/tables`, by table name, in order of name.

    Raises:
        ConfigurationError: a contract is missing, malformed, or refers to something that does not
            exist; the message names file, line and key.
    """
    paths = sorted((schemas_dir / "tables").glob("*.yaml"))
    if not paths:
        raise ConfigurationError(
            f"{schemas_dir / 'tables'}: found no contracts (*.yaml): check the schemas folder"
        )
    contracts = {path.stem: load_contract(path, schemas_dir) for path in paths}
    for contract in contracts.values():
        _check_foreign_keys(contract, contracts)
    return contracts


def load_schema_major(schemas_dir: Path) -> int:
    """Return the major number of the version of all contracts, as `schemas/schema.yaml` has it.

    Raises:
        ConfigurationError: the file is missing or malformed.
    """
    meta = schemas_dir / "meta" / "schema.schema.json"
    return int(load_yaml(schemas_dir / "schema.yaml", meta)["version"])


def load_contract_of(table: str, schemas_dir: Path) -> Contract:
    """Read the contract of one table; errors as `load_contracts`, but keys to others go untried."""
    return load_contract(schemas_dir / "tables" / f"{table}.yaml", schemas_dir)


def load_contract(path: Path, schemas_dir: Path) -> Contract:
    """Read one contract file and resolve its blocks; errors as `load_contracts`."""
    raw = load_yaml(path, schemas_dir / "meta" / "table.schema.json")
    if raw["table"] != path.stem:
        raise ConfigurationError(
            f"{path}, key table: found {raw['table']!r}, expected {path.stem!r}: a contract is "
            "named after its table"
        )
    contract = contract_from_mapping(_resolve(raw, schemas_dir))
    _check_references(contract, path)
    return contract


def contract_from_mapping(resolved: Mapping[str, Any]) -> Contract:
    """Build a contract from its resolved form, as a release keeps it."""
    return Contract(
        table=resolved["table"],
        group=resolved["group"],
        title=resolved["title"],
        title_nl=resolved["title_nl"],
        description=resolved["description"],
        primary_key=tuple(resolved["primary_key"]),
        columns=tuple(_column(entry) for entry in resolved["columns"]),
        foreign_keys=tuple(_foreign_key(entry) for entry in resolved.get("foreign_keys", ())),
        rules=tuple(_rule(entry) for entry in resolved.get("rules", ())),
        owners=tuple(resolved.get("owners", ())),
        kinds=tuple(resolved.get("kinds", ())),
        partition=Partition(**resolved["partition"]) if "partition" in resolved else None,
        resolved=resolved,
    )


def _resolve(raw: Mapping[str, Any], schemas_dir: Path) -> dict[str, Any]:
    columns, rules = _expanded(raw, {}, schemas_dir)
    columns = _with_printed_names(raw["table"], columns, schemas_dir)
    return {**raw, "columns": columns, "rules": rules}


def _with_printed_names(
    table: str, columns: list[dict[str, Any]], schemas_dir: Path
) -> list[dict[str, Any]]:
    """Give each column the headers of the layouts that fill it, other than its own name."""
    printed: dict[str, list[str]] = {}
    for path in sorted((schemas_dir / "layouts").glob("*.yaml")):
        layout = load_yaml(path, schemas_dir / "meta" / "layout.schema.json")
        fields = layout.get("columns", {}) if layout["table"] == table else {}
        for field_name, entry in fields.items():
            for name in entry.get("fills", ()):
                _check_filled(name, columns, f"{path}, key columns.{field_name}.fills")
                printed.setdefault(name, []).extend(h for h in entry["headers"] if h != name)
    return [
        {**column, "printed_as": list(dict.fromkeys(printed[column["name"]]))}
        if printed.get(column["name"])
        else column
        for column in columns
    ]


def _check_filled(name: str, columns: list[dict[str, Any]], place: str) -> None:
    known = [column["name"] for column in columns]
    if name not in known:
        raise ConfigurationError(f"{place}: found {name!r}, expected some of {', '.join(known)}")


def _expanded(
    raw: Mapping[str, Any], use: Mapping[str, Any], schemas_dir: Path
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return the columns and rules of a contract or block, those of the blocks it uses included.

    Args:
        use: what was said where this block was used.
    """
    columns: list[dict[str, Any]] = []
    rules = list(raw.get("rules", ()))
    for entry in raw["columns"]:
        if "block" not in entry:
            columns.append(_filled(entry, use))
            continue
        block = load_yaml(
            schemas_dir / "blocks" / f"{entry['block']}.yaml",
            schemas_dir / "meta" / "block.schema.json",
        )
        more_columns, more_rules = _expanded(block, {**use, **entry}, schemas_dir)
        columns.extend(more_columns)
        rules.extend(more_rules)
    return columns, rules


def _filled(column: Mapping[str, Any], use: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(column)
    if filled["type"] == "value_type":
        filled["type"] = use.get("value_type", "float64")
    if filled["name"] in use.get("nullable", ()):
        filled["nullable"] = True
    if "derived_from" in use:
        filled["derived_from"] = use["derived_from"]
    return filled


def _column(entry: Mapping[str, Any]) -> Column:
    lists = {key: tuple(entry.get(key, ())) for key in ("domain", "derived_from", "printed_as")}
    return Column(**{**entry, **lists})


def _foreign_key(entry: Mapping[str, str]) -> ForeignKey:
    table, target = entry["references"].split(".")
    return ForeignKey(entry["column"], table, target)


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(entry["rule"], {key: value for key, value in entry.items() if key != "rule"})


def _check_references(contract: Contract, path: Path) -> None:
    from ipsdata.rules import rule_problem  # noqa: PLC0415 - rules need pandas

    doubled = {name for name in contract.names if contract.names.count(name) > 1}
    if doubled:
        raise ConfigurationError(f"{path}, key columns: found {sorted(doubled)} more than once")
    named = [*contract.primary_key, *(key.column for key in contract.foreign_keys)]
    unknown = [name for name in named if name not in contract.names]
    if unknown:
        raise ConfigurationError(f"{path}: keys name {unknown}, which are no columns of the table")
    empty = [c.name for c in contract.columns if c.nullable and c.name in contract.primary_key]
    if empty:
        raise ConfigurationError(f"{path}, key primary_key: {empty} may be empty, a key may not")
    for rule in contract.rules:
        problem = rule_problem(rule.name, rule.parameters, contract.names)
        if problem:
            raise ConfigurationError(f"{path}, key rules: {problem}")


def _check_foreign_keys(contract: Contract, contracts: Mapping[str, Contract]) -> None:
    for key in contract.foreign_keys:
        if key.table not in contracts or key.target not in contracts[key.table].names:
            raise ConfigurationError(
                f"{contract.table}.yaml, key foreign_keys: {key.column} refers to "
                f"{key.table}.{key.target}, which no contract defines"
            )
