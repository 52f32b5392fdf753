"""The life of one figure: how it is found, and what releases and sources said of it."""

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest

from ipsdata.errors import ConfigurationError, DataError
from ipsdata.release.history import History, history
from ipsdata.release.index import ReleaseEntry, ReleaseIndex, read_index, write_index
from ipsdata.tables import table_from_rows, write_parquet
from small_store import CONTRACTS, figures, made_up_contract, release

COUNTS = made_up_contract(
    "counts",
    {"year": "int32", "area": "string", "value": "int64"},
    primary_key=["year", "area"],
)
MANY = 1000
AWKWARD = 'a, "b": c=d\n= é'


def counts(*values: tuple[int, str, int]) -> list[dict[str, Any]]:
    return [{"year": year, "area": area, "value": value} for year, area, value in values]


def states(found: History) -> list[tuple[str, str, int, Any]]:
    return [(s.since, s.until, s.releases, s.row and s.row["value"]) for s in found.states]


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with two tables, of which one has a key of two columns."""
    folder = tmp_path_factory.mktemp("history")
    contracts = {**CONTRACTS, "counts": COUNTS}
    rows = counts((2020, "NL", 1), (2020, "SIS", 2), (2021, "NL", 3), (2022, AWKWARD, 4))
    release(folder, {"counts": rows, "figures": figures("ab")}, contracts)
    return folder


# How a figure is found


@pytest.mark.parametrize(
    "key",
    [
        "counts:year=2020,area=SIS",
        "counts:area=SIS",
        "counts:SIS",
        "SIS",
        " counts: 2020 , SIS ",
        "year=2020, area=SIS",
    ],
)
def test_a_key_may_be_given_in_part(processed: Path, key: str) -> None:
    found = history(processed, key)
    assert (found.table, found.key) == ("counts", {"year": 2020, "area": "SIS"})
    assert [row["value"] for row in (s.row or {} for s in found.states)] == [2]


def test_a_key_is_found_as_the_changes_print_it(processed: Path) -> None:
    path = next((processed / "releases").iterdir())
    assert (path / "changes.md").is_file()
    found = history(processed, 'counts:year=2022, area="a, ""b"": c=d\n= é"')
    assert found.key == {"year": 2022, "area": AWKWARD}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("counts:2020", "'counts:2020' is the key of 2 figures; give one of them:"),
        ("counts:2020", "\n  counts:year=2020, area=SIS"),
        ("counts:year=2020,area=SSI", "no figure has the key"),
        ("counts:year=2020,area=SSI", "near it are:\n  counts:year=2020, area=SIS"),
        ("year=2020 area=NL", "near it are:\n  counts:year=2020, area=NL"),
        ("counts:quarter=1", "no figure has the key"),
        ("qqq", ": give table:column=value,column=value, or some of the values"),
        ("nope:1", "no release has a table 'nope'; the newest has: counts, documents, figures"),
        ("counts:", "found no key in 'counts:', expected some of its values"),
        ("", "found no key in ''"),
    ],
)
def test_what_is_no_key_of_one_figure_is_told(processed: Path, key: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        history(processed, key)
    assert told in str(error.value)


def test_a_whole_key_goes_before_one_in_part(tmp_path: Path) -> None:
    contract = {**CONTRACTS, "counts": COUNTS}
    release(tmp_path, {"counts": counts((1, "x", 5)), "figures": figures("ab")}, contract)
    found = history(tmp_path, "1")  # figures:figure_id=1, not counts:year=1
    assert (found.table, found.key) == ("figures", {"figure_id": 1})


def test_a_table_that_repeats_figures_is_searched_only_by_name(tmp_path: Path) -> None:
    again = made_up_contract("reporting_counts", {"area": "string", "value": "int64"})
    contracts = {**CONTRACTS, "counts": COUNTS, "reporting_counts": again}
    rows = {"counts": counts((1, "x", 5)), "reporting_counts": [{"area": "x", "value": 5}]}
    release(tmp_path, rows, contracts)
    assert history(tmp_path, "x").table == "counts"
    assert history(tmp_path, "reporting_counts:x").table == "reporting_counts"


def test_a_store_without_releases(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="found no release: run"):
        history(tmp_path, "a")


# What releases said


def test_a_figure_that_goes_and_comes_back(tmp_path: Path) -> None:
    rows = figures("ab")
    for given in (rows, rows[:1], rows, [rows[0], {**rows[1], "value": 9}]):
        release(tmp_path, {"figures": given})
    found = history(tmp_path, "figures:1")
    assert states(found) == [
        ("2026-11-24.0", "2026-11-24.0", 1, 1),
        ("2026-11-24.1", "2026-11-24.1", 1, None),
        ("2026-11-24.2", "2026-11-24.2", 1, 1),
        ("2026-11-24.3", "2026-11-24.3", 1, 9),
    ]


def test_a_state_tells_what_else_changed(tmp_path: Path) -> None:
    rows = figures("ab")
    for name in ("b", "c"):
        release(tmp_path, {"figures": [rows[0], {**rows[1], "name": name}]})
    assert [s.changed for s in history(tmp_path, "figures:1").states] == [(), ("name",)]


def test_a_table_that_vanished_keeps_its_history(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures("ab")})
    release(tmp_path, {}, {"documents": CONTRACTS["documents"]}, 2)
    found = history(tmp_path, "figures:1")
    assert [state[3] for state in states(found)] == [1, None]


def test_a_key_whose_type_changed_is_one_figure(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures("ab")})
    text = made_up_contract("figures", {"figure_id": "string", "name": "string", "value": "int64"})
    rows = [{"figure_id": "1", "name": "b", "value": 8}]
    release(tmp_path, {"figures": rows}, {**CONTRACTS, "figures": text}, 2)
    assert [state[3] for state in states(history(tmp_path, "figures:1"))] == [1, 8]


def test_a_damaged_release_is_told(tmp_path: Path) -> None:
    release(tmp_path, {"figures": figures("a")})
    (tmp_path / "releases" / "2026-11-24.0" / "contracts" / "figures.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"contracts/figures\.json: is missing or damaged"):
        history(tmp_path, "figures:0")


# A thousand releases


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of a thousand releases: made once, then linked, with a figure that changes."""
    folder = tmp_path_factory.mktemp("many")
    release(folder, {"figures": figures("ab")})
    (first,) = read_index(folder).releases
    releases = folder / "releases"
    source = releases / first.release_id
    entries = []
    for number in range(MANY):
        made = releases / f"2026-01-01.{number}"
        (made / "contracts").mkdir(parents=True)
        for path in source.glob("contracts/*.json"):
            (made / "contracts" / path.name).hardlink_to(path)
        for name in ("documents.parquet", "figures.parquet", "manifest.json"):
            (made / name).hardlink_to(source / name)
        if number >= 500:
            _revise(made, number // 100)
        entries.append(ReleaseEntry(made.name, first.published_at, "0" * 64, first.tables))
    write_index(folder, ReleaseIndex(entries[-1].release_id, entries))
    return folder


def _revise(folder: Path, value: int) -> None:
    """Give figure 1 another value in a release of which only the hash counts."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    rows = [{**row, "value": value} for row in figures("ab")]
    (folder / "figures.parquet").unlink()
    write_parquet(table_from_rows(CONTRACTS["figures"], rows), folder / "figures.parquet")
    for file in manifest["files"]:
        if file["path"] == "figures.parquet":
            file["sha256"] = f"{value:064x}"
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def test_a_thousand_releases_are_gone_through(many: Path) -> None:
    found = history(many, "figures:1")
    assert states(found) == [
        ("2026-01-01.0", "2026-01-01.499", 500, 1),
        *((f"2026-01-01.{n}00", f"2026-01-01.{n}99", 100, n) for n in range(5, 10)),
    ]


def test_of_a_thousand_releases_only_those_that_differ_are_read(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    dataset = pyarrow.dataset.dataset

    def counted(source: object, **options: Any) -> Any:
        read.append(source)
        return dataset(source, **options)

    monkeypatch.setattr(pyarrow.dataset, "dataset", counted)
    assert len(history(many, "figures:1").states) == 6
    assert len(read) < 20
    read.clear()
    with pytest.raises(ConfigurationError, match="no figure has the key"):
        history(many, "figures:77")
    assert len(read) < 20
