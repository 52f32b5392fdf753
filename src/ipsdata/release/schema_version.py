"""The version of the contracts of a release, by semantic versioning, and what changes it.

The major number is declared, in `schemas/schema.yaml`; the two others are counted on from the
release before. For whoever reads a release, a change of the contracts is

- breaking, where a query that was right may fail or mean something else: a table or column is gone
  (or renamed, which is the same), a column has another type or unit, it may be empty where it never
  was, the primary key is another one, a key to another table is gone (a join by it may lose rows),
  or a table is split into files otherwise;
- compatible, where there is more: a table, column or key to another table is new, a column's
  domain, pattern or limits, or a table's rules are others, a column that could be empty can't any
  more, or columns stand in another order; counted in the minor number;
- of texts only: titles, descriptions, printed headers, owners and the like; counted in the patch
  number.

A breaking change needs a higher major number; without it nothing is published.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from ipsdata.contracts import Column, Contract
from ipsdata.errors import DataError
from ipsdata.release.contents import release_contracts
from ipsdata.release.index import read_manifest

DECLARED_IN = "schemas/schema.yaml"
SHOWN = 10
TEXTS = ("title", "title_nl", "description")
TOLD_OF_TABLE = ("group", "owners", "kinds")
TOLD_OF_COLUMN = ("printed_as", "derived_from")

T = TypeVar("T")


class Severity(IntEnum):
    """How much a change of a contract matters to a reader."""

    TEXT = 0
    COMPATIBLE = 1
    BREAKING = 2

    @property
    def told(self) -> str:
        """What messages call it."""
        return "of texts only" if self is Severity.TEXT else self.name.lower()


@dataclass(frozen=True)
class ContractChange:
    """One change of a contract.

    Attributes:
        told: what changed, in words.
    """

    table: str
    severity: Severity
    told: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.table}: {self.told}"


def schema_version(previous: Path | None, contracts: Mapping[str, Contract], major: int) -> str:
    """Return the schema version of a release.

    Args:
        previous: the folder of the release before it, if there is one.
        major: the major number that is declared.

    Raises:
        DataError: a change is breaking, and the major number is not higher than it was; or it is
            lower than it was.
    """
    before = None if previous is None else read_manifest(previous).get("schema_version")
    if previous is None or before is None:
        return f"{major}.0.0"
    old_major, minor, patch = map(int, before.split("."))
    changes = list(contract_changes(release_contracts(previous), contracts))
    _require_bump(changes, old_major, major)
    if major > old_major:
        return f"{major}.0.0"
    most = max((change.severity for change in changes), default=None)
    if most is None:
        return f"{major}.{minor}.{patch}"
    return f"{major}.{minor}.{patch + 1}" if most is Severity.TEXT else f"{major}.{minor + 1}.0"


def _require_bump(changes: Sequence[ContractChange], before: int, major: int) -> None:
    if major < before:
        raise DataError(
            f"{DECLARED_IN}: found version {major}, expected at least {before}, as the release "
            "before has it: write that"
        )
    breaking = [change for change in changes if change.severity is Severity.BREAKING]
    if breaking and major == before:
        told = "\n".join(map(str, breaking[:SHOWN]))
        raise DataError(
            f"{len(breaking)} changes of the contracts break what reads a release, and the version "
            f"in {DECLARED_IN} is {major} as before: nothing is published. Write version: "
            f"{before + 1} there, or take them back:\n{told}"
        )


def contract_changes(
    old: Mapping[str, Contract], new: Mapping[str, Contract]
) -> Iterator[ContractChange]:
    """Yield what changed in the contracts, by table."""
    for table in sorted(old.keys() | new.keys()):
        if table not in new:
            yield ContractChange(table, Severity.BREAKING, "the table is gone")
        elif table not in old:
            yield ContractChange(table, Severity.COMPATIBLE, "the table is new")
        elif old[table] != new[table]:
            for severity, told in _table_changes(old[table], new[table]):
                yield ContractChange(table, severity, told)


Change = tuple[Severity, str]


def _table_changes(old: Contract, new: Contract) -> Iterator[Change]:
    yield from _different(Severity.BREAKING, "its primary key", old, new, "primary_key")
    yield from _different(Severity.BREAKING, "how it is split into files", old, new, "partition")
    for severity, told, key in _gone_and_new(old.foreign_keys, new.foreign_keys):
        yield severity, f"its key {key.column} to {key.table}.{key.target} is {told}"
    yield from _different(Severity.COMPATIBLE, "its rules", old, new, "rules")
    yield from _different(Severity.TEXT, "its texts", old, new, *TEXTS)
    for name in TOLD_OF_TABLE:
        yield from _different(Severity.TEXT, f"its {name}", old, new, name)
    yield from _columns_changes(old, new)


def _columns_changes(old: Contract, new: Contract) -> Iterator[Change]:
    before = {column.name: column for column in old.columns}
    now = {column.name: column for column in new.columns}
    for severity, told, name in _gone_and_new(tuple(before), tuple(now)):
        kind = (before.get(name) or now[name]).type
        yield severity, f"column {name} ({kind}) is {told}"
    both = [name for name in before if name in now]
    if both != [name for name in now if name in before]:
        yield Severity.COMPATIBLE, "its columns stand in another order"
    for name in both:
        yield from column_changes(before[name], now[name])


def _gone_and_new(old: Sequence[T], new: Sequence[T]) -> Iterator[tuple[Severity, str, T]]:
    yield from ((Severity.BREAKING, "gone", entry) for entry in old if entry not in new)
    yield from ((Severity.COMPATIBLE, "new", entry) for entry in new if entry not in old)


def column_changes(old: Column, new: Column) -> Iterator[Change]:
    """Yield what changed in a column that both contracts have: how much it matters, and what."""
    column = f"column {new.name}: its "
    yield from _different(Severity.BREAKING, f"{column}type", old, new, "type")
    yield from _different(Severity.BREAKING, f"{column}unit", old, new, "unit")
    if new.nullable != old.nullable:
        severity = Severity.BREAKING if new.nullable else Severity.COMPATIBLE
        yield severity, f"column {new.name} {'may' if new.nullable else 'may not'} be empty now"
    for name in ("domain", "pattern", "minimum", "maximum"):
        yield from _different(Severity.COMPATIBLE, column + name, old, new, name)
    yield from _different(Severity.TEXT, f"{column}texts", old, new, *TEXTS)
    for name in TOLD_OF_COLUMN:
        yield from _different(Severity.TEXT, column + name, old, new, name)


def _different(
    severity: Severity, what: str, old: object, new: object, *names: str
) -> Iterator[Change]:
    before, now = ([getattr(side, name) for name in names] for side in (old, new))
    if before == now:
        return
    told = "" if severity is Severity.TEXT else f": {_said(before[0])} before, {_said(now[0])} now"
    yield severity, f"{what} changed{told}"


def _said(value: Any) -> str:  # noqa: ANN401 - an attribute of a contract or column
    return "none" if value in (None, ()) else str(value)
