"""What changed between two releases: applied to the one, it makes the other."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.contracts import Contract
from ipsdata.release.changes import changes_markdown
from ipsdata.release.diff import SCHEMA, Side, compare
from ipsdata.tables import table_from_rows, write_parquet
from small_store import CONTRACTS, made_up_contract

Row = dict[str, Any]
Tables = dict[str, list[Row]]

COLUMNS = {
    "figure_id": "int64",
    "name": "string",
    "value": "float64",
    "value_low": "float64",
    "value_high": "float64",
    "as_printed": "string",
    "document_id": "string",
    "correction_id": "string",
}
FIGURES = made_up_contract("figures", COLUMNS)
LISTED = made_up_contract("figures", COLUMNS, group="codes")
NAMES = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
FIGURE = st.tuples(NAMES, st.none() | st.floats(allow_nan=False, allow_infinity=False))
STORES = st.dictionaries(st.integers(-(2**63), 2**63 - 1), FIGURE, max_size=6)


def side(folder: Path, tables: Tables, figures: Contract = FIGURES) -> Side:
    folder.mkdir(parents=True, exist_ok=True)
    contracts = {"documents": CONTRACTS["documents"], "figures": figures}
    contracts = {name: contracts[name] for name in tables}
    for name, rows in tables.items():
        write_parquet(table_from_rows(contracts[name], rows), folder / f"{name}.parquet")
    return Side(folder, folder.name, contracts)


def document(name: str) -> Row:
    return {"document_id": name, "path": f"letters/{name}.csv", "size_bytes": 1}


def figure(number: int, value: float | None, document_id: str = "a", **more: object) -> Row:
    return {"figure_id": number, "value": value, "document_id": document_id, **more}


def changed(tmp_path: Path, old: Tables, new: Tables, contract: Contract = FIGURES) -> list[Row]:
    before = side(tmp_path / "old", old, contract)
    found: list[Row] = compare(before, side(tmp_path / "new", new, contract)).to_pylist()
    return found


def told(rows: list[Row]) -> list[tuple[str, str, str]]:
    return [(row["key"], row["change"], row["reason"]) for row in rows if row["table"] == "figures"]


@settings(deadline=None, max_examples=60)
@given(STORES, STORES)
def test_applied_to_the_old_release_the_changes_make_the_new_one(
    old: dict[int, Any], new: dict[int, Any]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        before, now = (
            side(Path(name) / label, {"documents": [], "figures": _rows(store)})
            for label, store in (("old", old), ("new", new))
        )
        rows = compare(before, now).to_pylist()
        assert _applied(before, rows) == _read(now)
        assert compare(now, now).num_rows == 0
        assert len({row["key"] for row in rows}) == len(rows)


def _rows(store: dict[int, Any]) -> list[Row]:
    return [{"figure_id": n, "name": name, "value": v} for n, (name, v) in store.items()]


def _read(of: Side) -> dict[int, Row]:
    rows = pq.read_table(of.folder / "figures.parquet").to_pylist()
    return {row["figure_id"]: row for row in rows}


def _applied(old: Side, rows: list[Row]) -> dict[int, Row]:
    store = _read(old)
    for row in rows:
        if row["record_old"]:
            assert store.pop(json.loads(row["record_old"])["figure_id"])
        if row["record_new"]:
            record = json.loads(row["record_new"])
            store[record["figure_id"]] = record
    return dict(sorted(store.items()))


def test_a_revision_tells_both_figures_with_their_intervals(tmp_path: Path) -> None:
    was = figure(1, 20, value_low=19.5, value_high=20.5, as_printed="20 miljoen")
    now = figure(1, 19, value_low=19.0, value_high=None, as_printed="ruim 19")
    (row,) = changed(
        tmp_path,
        {"documents": [document("a")], "figures": [was]},
        {
            "documents": [document("a")],
            "figures": [now],
        },
    )
    assert (row["value_old"], row["value_low_old"], row["value_high_old"]) == (20, 19.5, 20.5)
    assert (row["value_new"], row["value_low_new"], row["value_high_new"]) == (19, 19, None)
    assert (row["as_printed_old"], row["as_printed_new"]) == ("20 miljoen", "ruim 19")
    assert row["columns"] == "value, value_low, value_high, as_printed"
    assert (row["key"], row["change"]) == ("figure_id=1", "revised")


@pytest.mark.parametrize(
    ("documents", "was", "now", "contract", "reason"),
    [
        (("a", "ab"), figure(1, 1), figure(1, 2, "b"), FIGURES, "new_document"),
        (("ab", "a"), figure(1, 1, "b"), figure(1, 2), FIGURES, "withdrawn_document"),
        (("a", "a"), figure(1, 1), figure(1, 2, correction_id="c"), FIGURES, "correction"),
        (("a", "a"), figure(1, 1), figure(1, 2), FIGURES, "code_change"),
        (("a", "ab"), figure(1, 1), figure(1, 2), FIGURES, "new_document"),
        (("a", "ab"), figure(1, 1), figure(1, 2), LISTED, "code_change"),
    ],
)
def test_reasons(
    tmp_path: Path,
    documents: tuple[str, str],
    was: Row,
    now: Row,
    contract: Contract,
    reason: str,
) -> None:
    old, new = ([document(name) for name in names] for names in documents)
    found = changed(
        tmp_path,
        {"documents": old, "figures": [was]},
        {"documents": new, "figures": [now]},
        contract,
    )
    assert told(found) == [("figure_id=1", "revised", reason)]


def test_tables_and_columns_that_come_and_go(tmp_path: Path) -> None:
    more = made_up_contract("figures", {**COLUMNS, "unit": "string"})
    before = side(tmp_path / "old", {"documents": [], "figures": [figure(1, 1)]})
    now = side(tmp_path / "new", {"documents": [], "figures": [figure(1, 1)]}, more)
    gone = side(tmp_path / "gone", {"documents": []})
    assert [row["note"] for row in compare(before, now).to_pylist()] == ["unit (string) is new"]
    assert [row["note"] for row in compare(now, before).to_pylist()] == ["unit (string) is gone"]
    (row,) = compare(before, gone).to_pylist()
    assert (row["key"], row["change"], row["note"]) == (
        "(table)",
        "removed",
        "the table is gone, 1 rows",
    )
    assert compare(gone, before).to_pylist()[0]["note"] == "the table is new, 1 rows"
    assert compare(before, gone, ["documents"]).num_rows == 0


def test_another_primary_key_is_told_not_guessed(tmp_path: Path) -> None:
    other = made_up_contract("figures", {"code": "string", "value": "float64"})
    before = side(tmp_path / "old", {"documents": [], "figures": [figure(1, 1)]})
    now = side(tmp_path / "new", {"documents": [], "figures": [{"code": "x", "value": 1}]}, other)
    found = compare(before, now).to_pylist()
    assert {row["reason"] for row in found} == {"contract_change"}
    assert "its key is code now" in found[-1]["note"]


def test_a_folder_with_a_bracket_is_no_pattern(tmp_path: Path) -> None:
    tables: Tables = {"documents": [], "figures": [figure(1, 1)]}
    before = side(tmp_path / "a[b]*" / "old", tables)
    now = side(tmp_path / "a[b]*" / "new", {**tables, "figures": []})
    assert told(compare(before, now).to_pylist()) == [("figure_id=1", "removed", "code_change")]


def test_names_that_are_markdown_do_not_break_it(tmp_path: Path) -> None:
    name = '=A1|"<b>`x`\n# title'
    contract = made_up_contract("figures", {"name": "string", "value": "float64"})
    before = side(tmp_path / "old", {"documents": [], "figures": []}, contract)
    rows = [{"name": name, "value": 1.0}]
    now = side(tmp_path / "new", {"documents": [], "figures": rows}, contract)
    text = changes_markdown(compare(before, now), before, now)
    (line,) = [line for line in text.splitlines() if "added |" in line and "A1" in line]
    assert line.count("|") == 6
    assert not set("<>`#") & set(line.replace("&#", ""))


def test_largest_revisions_come_first(tmp_path: Path) -> None:
    olds = [figure(n, 100) for n in range(30)]
    news = [figure(n, 100 + n) for n in range(30)]
    before = side(tmp_path / "old", {"documents": [document("a")], "figures": olds})
    now = side(tmp_path / "new", {"documents": [document("a"), document("b")], "figures": news})
    text = changes_markdown(compare(before, now), before, now)
    lines = text.splitlines()
    at = lines.index("## Largest revisions")
    assert lines[at + 2].startswith("- figures, figure_id=29: 100 [")
    assert lines[at + 22] == "- and 9 more"
    assert "| figures | 0 | 29 | 0 | a new document |" in lines
    assert "letters/b.csv" in text


def test_nothing_changed(tmp_path: Path) -> None:
    one = side(tmp_path / "one", {"documents": [], "figures": []})
    assert compare(one, one).schema.equals(SCHEMA, check_metadata=True)
    assert "Nothing changed." in changes_markdown(pa.Table.from_pylist([], SCHEMA), one, one)
