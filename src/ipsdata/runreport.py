"""The report of a run: what was published, what was not, and why.

Kept free of pandas and Pandera, so that a run that finds nothing new reports at once.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ipsdata.rejection import is_open
from ipsdata.release.index import Publication

if TYPE_CHECKING:
    from ipsdata.validation import Failure

Row = dict[str, Any]


@dataclass(frozen=True)
class RunReport:
    """What a run did.

    Attributes:
        publication: the release, new or unchanged; `None` if publishing was refused.
        refusal: why, in that case.
        failures: what broke a contract, by table.
        tables: rows made, by table.
        documents: rows of `documents`; likewise `rejected`, `reconciliations`, `quantities`.
    """

    publication: Publication | None
    refusal: str | None
    failures: "dict[str, list[Failure]]"
    tables: dict[str, int]
    documents: list[Row]
    rejected: list[Row]
    reconciliations: list[Row]
    quantities: list[Row]

    @property
    def exit_code(self) -> int:
        """0 if all was published; 1 if publishing was refused, or a row rejected.

        A row that a correction dropped is one that a person decided not to publish.
        """
        is_whole = not any(is_open(row) for row in self.rejected)
        return 0 if self.publication is not None and is_whole else 1
