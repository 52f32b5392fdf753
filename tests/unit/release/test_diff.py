"""What changed between two releases: applied to the one, it makes the other."""

import datetime as dt
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
MADE = made_up_contract("figures", COLUMNS, group="mart")
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
        (("a", "ab"), figure(1, 1), figure(1, 2), FIGURES, "code_change"),
        (("a", "ab"), figure(1, 1), figure(1, 2), MADE, "new_document"),
        (("ab", "a"), figure(1, 1), figure(1, 2), MADE, "withdrawn_document"),
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
    new, old = "compatible: column unit (string) is new", "breaking: column unit (string) is gone"
    before = side(tmp_path / "old", {"documents": [], "figures": [figure(1, 1)]})
    now = side(tmp_path / "new", {"documents": [], "figures": [figure(1, 1)]}, more)
    gone = side(tmp_path / "gone", {"documents": []})
    assert [row["note"] for row in compare(before, now).to_pylist()] == [new]
    assert [row["note"] for row in compare(now, before).to_pylist()] == [old]
    text = changes_markdown(compare(before, now), before, now)
    assert "| figures (`figures`) | 0 | 0 | 0 | a change of the contract |" in text.splitlines()
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


def test_a_key_of_fewer_columns_can_not_be_compared(tmp_path: Path) -> None:
    """Two rows of before may have one key now: they would be told as many times as they pair."""
    columns = {"year": "int32", "area": "string", "value": "float64"}
    both = made_up_contract("figures", columns, primary_key=["year", "area"])
    year = made_up_contract("figures", columns)
    rows = [{"year": 2024, "area": area, "value": 1.0} for area in ("NL", "SIS")]
    before = side(tmp_path / "old", {"documents": [], "figures": rows}, both)
    now = side(tmp_path / "new", {"documents": [], "figures": rows[:1]}, year)
    (row,) = compare(before, now).to_pylist()
    assert row["note"].startswith("breaking: its primary key changed: ('year', 'area') before")
    assert row["note"].endswith("its key is year now: its rows can't be compared")
    (row, removed) = compare(now, before).to_pylist()[:2]  # a wider key can
    assert (row["key"], removed["key"]) == ("(contract)", "year=2024, area=SIS")


# A table that is split by year

DAILY = made_up_contract(
    "daily",
    {"date": "date", "area": "string", "value": "int64"},
    primary_key=["date", "area"],
    partition={"column": "date", "by": "year", "listing": "years"},
)


def split(folder: Path, years: dict[int, dict[str, int]]) -> Side:
    """Write a release with a split table; a year has its areas, each with a value."""
    for year, areas in years.items():
        rows = [{"date": dt.date(year, 1, 1), "area": a, "value": v} for a, v in areas.items()]
        path = folder / "daily" / f"year={year}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        write_parquet(table_from_rows(DAILY, rows), path)
    (folder / "daily").mkdir(parents=True, exist_ok=True)
    return Side(folder, folder.name, {"daily": DAILY})


def test_of_a_split_table_years_and_rows_are_counted_and_revisions_told(tmp_path: Path) -> None:
    before = split(
        tmp_path / "old",
        {2021: {"NL": 1}, 2022: {"NL": 1}, 2023: {"NL": 1, "BE": 2, "FR": 3, "DE": 4}},
    )
    now = split(
        tmp_path / "new", {2022: {"NL": 1}, 2023: {"NL": 1, "BE": 20, "IT": 5}, 2024: {"NL": 7}}
    )
    found = [(r["key"], r["change"], r["note"]) for r in compare(before, now).to_pylist()]
    assert found == [
        ("year=2021", "removed", "1 rows"),
        ("year=2023", "added", "1 rows"),
        ("year=2023", "removed", "2 rows"),
        ("date=2023-01-01, area=BE", "revised", None),
        ("year=2024", "added", "1 rows"),
    ]
    text = changes_markdown(compare(before, now), before, now)
    assert "| daily (`daily`) | 2 | 1 | 3 |" in text
    assert "| revised | date=2023-01-01, area=BE | 2 | 20 |" in changes_markdown(
        compare(before, now), before, now
    )


def test_of_very_many_revisions_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipsdata.release.diff.MAX_REVISED", 3)
    areas = {f"a{n}": n for n in range(8)}
    before = split(tmp_path / "old", {2024: areas})
    now = split(tmp_path / "new", {2024: {name: value + 1 for name, value in areas.items()}})
    *told, rest = compare(before, now).to_pylist()
    assert [row["key"][-2:] for row in told] == ["a0", "a1", "a2"]
    assert (rest["key"], rest["change"]) == ("year=2024", "revised")
    assert rest["rows"] == 5
    assert rest["note"] == "5 more rows are revised, which are not told one by one"


def test_a_split_table_without_rows_is_no_change(tmp_path: Path) -> None:
    assert compare(split(tmp_path / "old", {}), split(tmp_path / "new", {})).num_rows == 0


def test_little_memory_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipsdata.release.diff.MEMORY", "30MB")
    areas = {f"area {n:06}": n for n in range(200_000)}
    before = split(tmp_path / "old", {2024: areas})
    now = split(tmp_path / "new", {2024: {**areas, "area 000000": 7}})
    (row,) = compare(before, now).to_pylist()
    assert (row["value_old"], row["value_new"]) == (0, 7)


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


def test_a_figure_is_told_with_the_range_that_was_printed(tmp_path: Path) -> None:
    was = figure(1, 20_000_000, value_low=19_500_000, value_high=20_500_000)
    exact = figure(2, 3, value_low=3, value_high=3, as_printed="3")
    more = figure(3, 0.25, value_low=0.25, value_high=None, as_printed="ruim een kwart")
    before = side(tmp_path / "old", {"documents": [], "figures": [was, exact]})
    now = side(tmp_path / "new", {"documents": [], "figures": [{**exact, "name": "x"}, more]})
    lines = changes_markdown(compare(before, now), before, now).splitlines()
    why = "a change of the code, its lists or what was typed"
    shown = "20,000,000 (19,500,000 to 20,500,000)"
    assert f"| removed | figure_id=1 | {shown} |  | {why} |" in lines
    assert f"| revised | figure_id=2 | 3, printed “3” | differs in name | {why} |" in lines
    shown = "0.25 (0.25 and up), printed “ruim een kwart”"
    assert f"| added | figure_id=3 |  | {shown} | {why} |" in lines


def test_documents_are_told_by_what_became_of_them(tmp_path: Path) -> None:
    documents = made_up_contract(
        "documents", {"document_id": "string", "path": "string", "at_hand": "bool"}
    )
    ids = dict(zip("same changed old new gone hand".split(), "123456", strict=True))
    ids = {name: digit * 64 for name, digit in ids.items()}

    def rows(*named: tuple[str, str, bool]) -> list[Row]:
        return [{"document_id": ids[id_], "path": path, "at_hand": h} for id_, path, h in named]

    def made(name: str, rows: list[Row]) -> Side:
        folder = tmp_path / name
        folder.mkdir()
        write_parquet(table_from_rows(documents, rows), folder / "documents.parquet")
        return Side(folder, name, {"documents": documents})

    same = ("same", "same.txt", True)
    before = made(
        "old",
        rows(same, ("old", "list.csv", True), ("gone", "gone.txt", True), ("hand", "h.txt", False)),
    )
    now = made(
        "new",
        rows(
            same, ("changed", "list.csv", True), ("new", "new.txt", True), ("hand", "h.txt", True)
        ),
    )
    lines = changes_markdown(compare(before, now), before, now).splitlines()
    assert [line for line in lines if line.startswith("- ")] == [
        "- Document at hand now: without a title (`h.txt`)",
        "- Document in another version: without a title (`list.csv`)",
        "- New document: without a title (`new.txt`)",
        "- Withdrawn document: without a title (`gone.txt`)",
    ]
    assert any(line.startswith("| added | document_id=new.txt |  | new.txt |") for line in lines)
    back = changes_markdown(compare(now, before), now, before).splitlines()
    assert "- Document no longer at hand: without a title (`h.txt`)" in back


def test_largest_revisions_come_first(tmp_path: Path) -> None:
    olds = [figure(n, 100) for n in range(30)]
    news = [figure(n, 100 + n) for n in range(30)]
    before = side(tmp_path / "old", {"documents": [document("a")], "figures": olds})
    now = side(tmp_path / "new", {"documents": [document("a"), document("b")], "figures": news})
    text = changes_markdown(compare(before, now), before, now)
    lines = text.splitlines()
    at = lines.index("## Largest revisions")
    assert lines[at + 2].startswith("- figures, figure_id=29: 100 became 129, by ")
    assert lines[at + 22] == "- and 9 more"
    told = "a change of the code, its lists or what was typed"
    assert f"| figures (`figures`) | 0 | 29 | 0 | {told} |" in lines
    assert "letters/b.csv" in text


def test_nothing_changed(tmp_path: Path) -> None:
    one = side(tmp_path / "one", {"documents": [], "figures": []})
    assert compare(one, one).schema.equals(SCHEMA, check_metadata=True)
    assert "Nothing changed." in changes_markdown(pa.Table.from_pylist([], SCHEMA), one, one)
