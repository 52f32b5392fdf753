"""Rows of daily counts that are not published, as a table: there may be a hundred thousand."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from ipsdata.contracts import Contract
from ipsdata.daily.coding import BadRow
from ipsdata.rejection import Rejection, shortened

TABLE = "sis_daily_counts"
JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True)
class SourceFile:
    """A file that rows come from.

    Attributes:
        name: its path below data/raw.
    """

    name: str
    document_id: str
    edition_id: str


@dataclass
class Refusals:
    """What was refused, in the order in which it was found.

    Attributes:
        reasons: how many rows by reason.
        documents: how many rows by document.
    """

    rows: list[dict[str, str | None]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)

    def refuse_row(self, file: SourceFile, stage: str, bad: BadRow, lines: int = 0) -> None:
        """Refuse a row; its first problem gives the reason, the message tells all.

        Args:
            lines: how many lines stand before those that the row's line is counted from.
        """
        reason = bad.problems[0].reason
        line = bad.line + lines
        told = "; ".join(problem.message for problem in bad.problems)
        advice = " and ".join(dict.fromkeys(problem.advice for problem in bad.problems))
        candidates = [name for problem in bad.problems for name in problem.candidates]
        rejection = Rejection(
            path=file.name,
            locator=f"line {line}",
            scope="row",
            stage=stage,
            reason=reason,
            message=f"{file.name}, line {line}: {told}: {advice}",
            as_printed=shortened(JSON.encode(bad.texts)),
            candidates="; ".join(dict.fromkeys(candidates)) or None,
            target=TABLE,
            edition_id=file.edition_id,
            document_id=file.document_id,
        )
        self.rows.append(rejection.as_row())
        self.reasons[reason] += 1
        self.documents[file.document_id] += 1

    def refuse_file(self, rejection: Rejection) -> None:
        """Refuse a whole file."""
        self.rows.append(rejection.as_row())

    def table(self, contract: Contract) -> pa.Table:
        """Return the refusals as rows of `rejected_rows`.

        Args:
            contract: that of `rejected_rows`.
        """
        return pa.Table.from_pylist(self.rows, schema=contract.arrow_schema)


def merged(tables: Iterable[pa.Table], contract: Contract) -> pa.Table:
    """Join tables of refusals; a file that was refused for several years stands once."""
    joined = pa.concat_tables([contract.arrow_schema.empty_table(), *tables])
    keys = list(contract.primary_key)
    rows = joined.select(keys).append_column("row", pa.array(range(joined.num_rows), pa.int64()))
    first = rows.group_by(keys).aggregate([("row", "min")]).column("row_min")
    return joined if len(first) == joined.num_rows else joined.take(first.sort())
