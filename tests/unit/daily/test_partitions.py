"""The loaded years that are kept: they save time, and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from daily import Loader, counts_file, many, plain, row, write_daily
from ipsdata.daily.partitions import MONTHLY, PART, RECEIPT, REFUSED

GOOD = many(4)
NAMES = (PART, MONTHLY, REFUSED)


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    """Return a load of two years."""
    made = Loader(tmp_path)
    write_daily(
        made.raw,
        counts_file("a.csv", plain(*GOOD, row(count="x"))),
        counts_file("b.csv", plain(row("2025-01-01")), "2025"),
    )
    made.load()
    return made


def kept(loader: Loader) -> dict[str, Any]:
    """Return what lies there, but for how fast it was made."""
    folder = loader.partitions.folder
    return {
        path.relative_to(folder).as_posix(): lasting(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lasting(path: Path) -> Any:
    if path.name != RECEIPT:
        return path.read_bytes()
    return {**json.loads(path.read_bytes()), "rows_per_second": None}


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_year_holds_its_files_and_a_receipt(loader: Loader) -> None:
    names = {*NAMES, RECEIPT}
    assert set(kept(loader)) == {f"{year}/{name}" for year in (2024, 2025) for name in names}
    receipt = json.loads(loader.partitions.path(2024, RECEIPT).read_bytes())
    assert set(receipt["sha256"]) == set(NAMES)
    (counts,) = receipt["documents"].values()
    assert counts == [len(GOOD), 1]


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("name", NAMES)
def test_damaged_year_is_made_anew(loader: Loader, name: str) -> None:
    before = kept(loader)
    for damage in (Path.unlink, flipped, cut_off, emptied):
        damage(loader.partitions.path(2024, name))
        assert loader.load().read == (2024,), damage.__name__
        assert kept(loader) == before
    assert loader.load().read == ()


def test_receipt_that_is_none_is_no_receipt(loader: Loader) -> None:
    before = kept(loader)
    for content in (b"", b"{", b"[]", b"{}", b"null", b"\xff", b'{"made_from": 1}'):
        loader.partitions.path(2025, RECEIPT).write_bytes(content)
        assert loader.load().read == (2025,), content
    assert kept(loader) == before


def test_all_of_it_may_be_deleted(loader: Loader) -> None:
    before = kept(loader)
    shutil.rmtree(loader.partitions.folder)
    assert loader.load().read == (2024, 2025)
    assert kept(loader) == before


def test_what_a_crash_left_is_removed(loader: Loader) -> None:
    before = kept(loader)
    for name in (".new-2024", ".new-abc/months", "1999"):
        (loader.partitions.folder / name).mkdir(parents=True)
    assert loader.load().read == ()
    assert kept(loader) == before
    assert {path.name for path in loader.partitions.folder.iterdir()} == {"2024", "2025"}


def test_no_file_left_no_year_left(loader: Loader) -> None:
    shutil.rmtree(loader.raw / "sis")
    write_daily(loader.raw)
    assert loader.load().years == {}
    assert kept(loader) == {}


def test_another_threshold_loads_anew(loader: Loader) -> None:
    assert Loader(loader.folder, 0.5).load().read == (2024, 2025)


def test_same_inputs_are_kept_as_the_same_bytes(tmp_path: Path) -> None:
    files = [counts_file(f"{n}.csv", plain(*many(3, state=s))) for n, s in enumerate(("NL", "DE"))]
    one, other = Loader(tmp_path / "one"), Loader(tmp_path / "other")
    write_daily(one.raw, *files)
    write_daily(other.raw, *files)
    one.load()
    other.load()
    assert kept(one) == kept(other)
