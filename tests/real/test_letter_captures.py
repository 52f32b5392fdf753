"""The real letter in each of its five forms: every captured row verified, every number told."""

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import LETTER, ROOT, Playground, installation
from ipsdata.facts.quantities import coverage
from ipsdata.plan import FACTS
from ipsdata.release.store import published_table
from ipsdata.run import RunReport

pytestmark = pytest.mark.real

Row = dict[str, Any]
FORMS = ("txt", "docx", "odt", "html", "pdf")
CAPTURED = FACTS[1:]
LEFT_OUT = ("document_id", "verification")


@dataclass(frozen=True)
class Ran:
    """A run with the letter in one form, or without it."""

    report: RunReport
    tables: Mapping[str, list[Row]]

    @property
    def quantities(self) -> list[Row]:
        """The quantities of the letter."""
        return [q for q in self.report.quantities if q["edition_id"] == LETTER]

    def coded(self, table: str, *left_out: str) -> list[Row]:
        """Return the rows of the letter but for some columns, without pages."""
        return [
            {k: unpaged(v) for k, v in row.items() if k not in left_out}
            for row in self.tables[table]
            if row["edition_id"] == LETTER
        ]


def unpaged(value: Any) -> Any:
    """Return a locator without the page, which only a PDF has."""
    return re.sub(r"page \d+, ", "", value) if isinstance(value, str) else value


def digest(rows: list[Row]) -> str:
    told = sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def run_with(playground: Playground) -> Ran:
    report = playground.run()
    assert report.publication is not None
    tables = {t: published_table(playground.processed, t).to_pylist() for t in FACTS}
    return Ran(report, tables)


@pytest.fixture(scope="module")
def ran(real_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Ran]:
    found = {}
    for form in (*FORMS, "none"):
        folder = tmp_path_factory.mktemp(form)
        shutil.copytree(ROOT / "data" / "raw", folder / "raw")
        if form != "none":
            shutil.copy(real_dir / LETTER / f"letter.{form}", folder / "raw" / LETTER)
        found[form] = run_with(installation(folder))
    return found


@pytest.mark.parametrize("form", [*FORMS, "none"])
def test_nothing_is_rejected(form: str, ran: Mapping[str, Ran]) -> None:
    told = [(row["path"], row["locator"], row["reason"]) for row in ran[form].report.rejected]
    assert told == []
    assert ran[form].report.exit_code == 0


def test_all_forms_give_the_same_deployments(ran: Mapping[str, Ran]) -> None:
    hashes = {}
    for form in FORMS:
        rows = ran[form].coded("deployments", "document_id")
        assert len(rows) == 11
        assert sum(row["value"] for row in rows) == 33
        assert {row["verification"] for row in rows} == {"read"}
        hashes[form] = digest(rows)
        print(f"{form}: deployments {hashes[form]}")  # noqa: T201 - for the closing note
    assert len(set(hashes.values())) == 1


@pytest.mark.parametrize("form", FORMS)
def test_every_captured_row_is_verified(form: str, ran: Mapping[str, Ran]) -> None:
    name = f"letter.{form}"
    (document,) = (d for d in ran[form].report.documents if d["path"] == f"{LETTER}/{name}")
    for table in CAPTURED:
        rows = [row for row in ran[form].tables[table] if row["edition_id"] == LETTER]
        assert rows, table
        assert {row["verification"] for row in rows} == {"verified"}
        assert {row["document_id"] for row in rows} == {document["document_id"]}
        same = digest(ran["txt"].coded(table, *LEFT_OUT))
        assert digest(ran[form].coded(table, *LEFT_OUT)) == same, table


@pytest.mark.parametrize("form", FORMS)
def test_every_quantity_is_accounted_for(form: str, ran: Mapping[str, Ran]) -> None:
    rows = ran[form].quantities
    done, count = coverage(rows)
    fates = Counter(row["fate"] for row in rows)
    reasons = Counter(row["reason"] for row in rows if row["reason"])
    print(f"{form}: {done} of {count}, {dict(fates)}, {dict(reasons)}")  # noqa: T201
    assert done == count > 80
    assert set(fates) == {"published", "total", "no_figure"}
    first = Counter(row["fate"] for row in ran["txt"].quantities)
    assert fates == first


def test_without_the_letter_the_same_rows_are_unverified(ran: Mapping[str, Ran]) -> None:
    for table in CAPTURED:
        found = ran["none"].coded(table, *LEFT_OUT)
        assert digest(found) == digest(ran["txt"].coded(table, *LEFT_OUT)), table
        rows = [row for row in ran["none"].tables[table] if row["edition_id"] == LETTER]
        assert {row["verification"] for row in rows} == {"unverified"}
    left_out = (*LEFT_OUT, "locator")
    typed, read = (ran[form].coded("deployments", *left_out) for form in ("none", "txt"))
    assert digest(typed) == digest(read)


def test_without_the_letter_the_captures_tell_the_same_fates(ran: Mapping[str, Ran]) -> None:
    def fates(form: str) -> set[tuple[str, ...]]:
        names = ("locator", "as_printed", "fate", "target_table", "target_row", "reason")
        return {tuple(str(q[name]) for name in names) for q in ran[form].quantities}

    assert fates("none") <= fates("txt")
    missing = fates("txt") - fates("none")
    assert {fate[3] for fate in missing} == {"deployments"}, "its list is not in the captures"
