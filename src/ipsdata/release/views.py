"""Views over the tables of a release for DuckDB, and for what connects to a DuckDB file.

`views.sql` lies in each release and names its files by their places within it: run it with the
release as working folder. `ipsdata.duckdb` lies beside `releases.json`, and its views go through
`latest`, so that they follow the current release by themselves; where the file system has no
symbolic links they name the release, and the file is replaced when another one is published.
"""

import errno
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ipsdata.contracts import Contract
from ipsdata.release.companions import File, ReleaseContent
from ipsdata.release.index import LATEST, RELEASES

if TYPE_CHECKING:
    import duckdb

SQL = "views.sql"
DATABASE = "ipsdata.duckdb"
DEFINITIONS = "ipsdata_definitions"
STORAGE = "v1.0.0"  # of the file, so that what carries an older DuckDB opens it too
PATTERN_SIGN = re.compile(r"[*?\[]")
HEAD = """\
-- Views over the tables of one release, for DuckDB. The paths start from the folder of the release:
--   cd data/processed/latest && duckdb -init views.sql
-- A file with the same views that follows the current release lies beside releases.json.
"""


def views_sql(content: ReleaseContent) -> Iterator[File]:
    """Write the views of a release as SQL."""
    statements = view_statements(content.contracts, "")
    yield SQL, (HEAD + "\n".join(statements) + "\n").encode()


def view_statements(contracts: Mapping[str, Contract], folder: str) -> list[str]:
    """Return the statements that make a view of each table, with comments from its contract.

    Args:
        folder: what the paths start with; a path that ends in a slash, or nothing.
    """
    return [
        statement
        for name, contract in sorted(contracts.items())
        for statement in _view(name, contract, folder)
    ]


def _view(name: str, contract: Contract, folder: str) -> Iterator[str]:
    inner = f"{name}.parquet" if contract.partition is None else f"{name}/**/*.parquet"
    source = f"read_parquet({_text(folder + inner)}, hive_partitioning = false)"
    view = _name(name)
    yield f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {source};"  # noqa: S608
    told = f"{contract.title} ({contract.title_nl}). {contract.description}"
    yield f"COMMENT ON VIEW {view} IS {_text(told)};"
    for column in contract.columns:
        unit = f" In {column.unit}." if column.unit else ""
        told = f"{column.title} ({column.title_nl}). {column.description}{unit}"
        yield f"COMMENT ON COLUMN {view}.{_name(column.name)} IS {_text(told)};"


def write_database(processed_dir: Path, release_id: str, contracts: Mapping[str, Contract]) -> None:
    """Write `ipsdata.duckdb`, unless the one that is there has the same views.

    It is replaced in one step: who has the old file open keeps it.

    Args:
        release_id: the current release.
        contracts: by which it was published.

    Raises:
        OSError: it can't be written.
    """
    import duckdb  # noqa: PLC0415 - only who publishes needs it

    root = processed_dir.resolve()
    link = root / LATEST
    folder = link if link.is_symlink() else root / RELEASES / release_id
    literal = PATTERN_SIGN.sub(lambda sign: f"[{sign[0]}]", folder.as_posix())
    statements = view_statements(contracts, f"{literal}/")
    definitions = "\n".join(statements)
    try:
        if _definitions(root / DATABASE) != definitions:
            _write(root / DATABASE, statements, definitions)
    except duckdb.Error as error:
        told = str(error).partition("\n")[0]
        raise OSError(errno.EIO, f"{DATABASE} can't be written: {told}") from None


def _definitions(path: Path) -> str | None:
    """Return the definitions that a database was made from; `None` if there is none to be read."""
    import duckdb  # noqa: PLC0415 - as above

    if not path.exists():
        return None
    try:
        with duckdb.connect(path, read_only=True) as base:
            found = base.execute(f"SELECT sql FROM {DEFINITIONS}").fetchone()  # noqa: S608
    except duckdb.Error:
        return None
    return str(found[0]) if found else None


def _write(path: Path, statements: list[str], definitions: str) -> None:
    import duckdb  # noqa: PLC0415 - as above

    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    with duckdb.connect() as base:
        base.execute(f"ATTACH {_text(str(temporary))} AS made (STORAGE_VERSION '{STORAGE}')")
        base.execute("USE made")
        _fill(base, statements, definitions)
        base.execute("USE memory")
        base.execute("DETACH made")
    temporary.replace(path)


def _fill(base: "duckdb.DuckDBPyConnection", statements: list[str], definitions: str) -> None:
    base.execute("\n".join(statements))
    base.execute(f"CREATE TABLE {DEFINITIONS} (sql VARCHAR)")
    base.execute(f"INSERT INTO {DEFINITIONS} VALUES (?)", [definitions])  # noqa: S608


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
