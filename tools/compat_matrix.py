"""Write which engine read which table into docs/bi/compatibility.md, from a run of tests/compat.

The tests record `engine`, `version` and `table` as properties of the report that
`pytest --junitxml` writes; a table counts as read where every test on it passed.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "bi" / "compatibility.md"
START, END = "<!-- matrix -->", "<!-- end of the matrix -->"
CSV = "CSV: "  # what reads the CSV twin stands last
PASSED, FAILED, SKIPPED = "yes", "**no**", "not run"


@dataclass(frozen=True)
class Tried:
    """One test: an engine, a table, and how it came out."""

    engine: str
    version: str
    table: str
    outcome: str


def tried(report: Path) -> Iterator[Tried]:
    """Yield the tests of a JUnit report that are about an engine and a table."""
    for case in etree.parse(report).iter("testcase"):
        told = {p.get("name", ""): p.get("value", "") for p in case.iter("property")}
        if told.keys() >= {"engine", "version", "table"}:
            yield Tried(told["engine"], told["version"], told["table"], _outcome(case))


def _outcome(case: etree._Element) -> str:
    if case.find("skipped") is not None:
        return SKIPPED
    failed = case.find("failure") is not None or case.find("error") is not None
    return FAILED if failed else PASSED


def matrix(tests: Iterable[Tried]) -> str:
    """Return a Markdown table: a row a table, a column an engine with its version."""
    cells: dict[tuple[str, str], set[str]] = defaultdict(set)
    engines: dict[str, str] = {}
    for test in tests:
        engines[test.engine] = test.version
        cells[test.table, test.engine].add(test.outcome)
    engines = dict(sorted(engines.items(), key=lambda told: told[0].startswith(CSV)))
    heads = ["table", *(f"{engine} {version}" for engine, version in engines.items())]
    rows = [
        [f"`{table}`", *(_cell(cells.get((table, engine), set())) for engine in engines)]
        for table in sorted({table for table, _ in cells})
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])


def _cell(outcomes: set[str]) -> str:
    return next((each for each in (FAILED, SKIPPED, PASSED) if each in outcomes), "–")


def main() -> int:
    """Put the matrix into the page, between its marks."""
    report = Path(sys.argv[1])
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{START}\n{matrix(tried(report))}\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
