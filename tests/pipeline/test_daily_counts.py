"""Daily counts from their files to a release that others read."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from benchmarks.daily_data import Wanted, generate
from conftest import NOON, Playground, copy_lists, installation
from daily import (
    DailyEdition,
    counts_file,
    many,
    plain,
    row,
    said,
    small_installation,
    without_place,
    write_daily,
)
from ipsdata import plan
from ipsdata.daily.annual import INDICATORS
from ipsdata.daily.cells import CountsFile
from ipsdata.daily.coding import Coder
from ipsdata.daily.load import Loaded
from ipsdata.errors import ConfigurationError
from ipsdata.release.store import published_table, verify
from ipsdata.run import RunReport
from ipsdata.settings import Settings

GOOD = [*many(5), *many(3, date="2023-12-31", state="DE", event="hit", category="2018/1862:40")]
LATER = NOON + dt.timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Playground:
    """Return an installation with two files of daily counts, one bad row among them."""
    made = small_installation(tmp_path)
    bad = row(count="1.5", authority="NL-X")
    write_daily(made.raw, counts_file("a.csv", plain(*GOOD, bad), "2023/2024"))
    return made


def parts(site: Playground) -> list[Path]:
    return sorted((site.processed / "latest" / "sis_daily_counts").rglob("*.parquet"))


def rows_published(site: Playground) -> list[tuple[str, str, str, str, str, int]]:
    found = pa.concat_tables(pq.ParquetFile(path).read() for path in parts(site))
    return sorted(map(without_place, found.to_pylist()))


def published(report: RunReport) -> str:
    assert report.publication is not None, report.refusal
    return report.publication.release_id


def test_release_holds_a_file_a_year_and_the_books_agree(site: Playground) -> None:
    report = site.run()
    assert published(report) == "2026-11-24.0"
    assert report.tables["sis_daily_counts"] == len(GOOD)
    assert [path.parent.name for path in parts(site)] == ["year=2023", "year=2024"]
    assert rows_published(site) == said(GOOD)
    (document,) = report.documents
    names = ("rows_read", "rows_published", "rows_rejected", "rows_total", "rows_supporting")
    assert [document[name] for name in names] == [len(GOOD) + 1, len(GOOD), 1, 0, 0]
    (lost,) = report.rejected
    assert lost["message"] == (
        "sis/daily/a.csv, line 10: count: found '1.5', expected a whole number such as 1250: "
        "correct the file"
    )
    listing = published_table(site.processed, "sis_daily_partitions").to_pylist()
    assert [(r["year"], r["rows"], r["rejected"]) for r in listing] == [(2023, 3, 0), (2024, 5, 1)]


def test_other_readers_find_plain_texts_and_the_same_sums(site: Playground) -> None:
    site.run()
    folder = site.processed / "latest" / "sis_daily_counts"
    total = sum(int(cells[-1]) for cells in GOOD)
    found = duckdb.sql(f"SELECT * FROM '{folder}/**/*.parquet'")
    assert {n: str(t) for n, t in zip(found.columns, found.types, strict=True)}["authority"] == (
        "VARCHAR"
    )
    summed = duckdb.sql(f"SELECT count(*), sum(count) FROM '{folder}/**/*.parquet'").fetchall()
    assert summed == [(len(GOOD), total)]
    frame = pd.read_parquet(folder)
    assert not any(
        isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes.drop("year", errors="ignore")
    )
    assert (len(frame), int(frame["count"].sum())) == (len(GOOD), total)
    dataset = ds.dataset(folder, partitioning="hive")
    assert {dataset.schema.field(n).type for n in ("member_state", "event", "authority")} == {
        pa.string()
    }
    assert dataset.schema.field("date").type == pa.date32()
    assert dataset.to_table(filter=ds.field("year") == 2023).num_rows == 3


# Nothing changed, something changed


def test_second_run_reads_nothing_and_publishes_nothing(
    site: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.run()
    before = [path.read_bytes() for path in parts(site)]

    def refuse(*_: object) -> Iterator[object]:
        raise AssertionError("a file was read again")

    with monkeypatch.context() as patch:
        patch.setattr(CountsFile, "blocks", refuse)
        patch.setattr(Coder, "code", refuse)
        again = site.run(LATER)
    assert again.publication is not None
    assert not again.publication.is_new
    assert published(again) == published(first)
    assert again.rejected == first.rejected
    # The release has files of its own.
    shutil.rmtree(site.processed / ".partitions")
    assert [path.read_bytes() for path in parts(site)] == before
    assert verify(site.processed).problems == ()
    assert published(site.run(LATER)) == published(first)


def test_changed_file_makes_a_release_of_its_own_and_leaves_the_old_one(site: Playground) -> None:
    first = site.run()
    old = [path.read_bytes() for path in parts(site)]
    changed = [*GOOD[:-1], row("2024-06-01", count=77)]
    write_daily(site.raw, counts_file("a.csv", plain(*changed), "2023/2024"))
    again = site.run(LATER)
    assert published(again) != published(first)
    assert rows_published(site) == said(changed)
    folder = site.processed / "releases" / published(first) / "sis_daily_counts"
    assert [path.read_bytes() for path in sorted(folder.rglob("*.parquet"))] == old
    for release in (published(first), published(again)):
        assert verify(site.processed, release).problems == ()


def test_same_inputs_make_the_same_bytes(site: Playground, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = small_installation(tmp_path / "other")
    shutil.copytree(site.raw, other.raw, dirs_exist_ok=True)
    site.run()
    other.run()

    def files(one: Playground) -> dict[str, bytes]:
        folder = one.processed / "releases" / "2026-11-24.0"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    assert files(site) == files(other)


# What was damaged


def test_flipped_bit_in_a_part_is_found(site: Playground) -> None:
    site.run()
    path = parts(site)[1]
    sound = path.read_bytes()
    for place in (0, len(sound) // 3, len(sound) // 2, len(sound) - 1):
        data = bytearray(sound)
        data[place] ^= 4
        path.write_bytes(data)
        (problem,) = verify(site.processed).problems
        assert "sis_daily_counts/year=2024/part-0.parquet" in problem
    path.unlink()
    (problem,) = verify(site.processed).problems
    assert "sis_daily_counts/year=2024/part-0.parquet" in problem


def test_damaged_release_is_published_anew_from_sound_years(site: Playground) -> None:
    first = site.run()
    path = parts(site)[0]
    # The release and the kept year may be one file on disk.
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    again = site.run(LATER)
    assert published(again) != published(first)
    assert rows_published(site) == said(GOOD)
    assert verify(site.processed).problems == ()


def fewer_rows(path: Path) -> None:
    table = pq.ParquetFile(path).read()
    pq.write_table(table.slice(1), path)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [fewer_rows, cut_off])
def test_year_that_is_not_what_was_checked_is_not_published(
    site: Playground, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    sound = plan.load_daily_counts

    def damaging(*arguments: Any) -> Loaded:
        loaded = sound(*arguments)
        damage(site.processed / ".partitions" / "sis_daily_counts" / "2024" / "part-0.parquet")
        return loaded

    monkeypatch.setattr(plan, "load_daily_counts", damaging)
    report = site.run()
    assert report.publication is None
    assert report.refusal is not None
    assert "run again" in report.refusal
    assert not (site.processed / "latest").exists()


# Sums


def test_sums_by_month_are_those_of_another_implementation(tmp_path: Path) -> None:
    site = small_installation(tmp_path)
    made = generate(tmp_path / "made", Wanted(9_000, "csv", 2, 2024, 2024, seed=3))
    write_daily(site.raw, *(counts_file(path.name, path.read_bytes()) for path in made.files))
    assert site.run().rejected == []
    given = f"read_csv('{tmp_path}/made/*.csv')"
    wanted = duckdb.sql(
        "SELECT date_trunc('month', date)::DATE, member_state, category, event, "
        f"sum(count)::BIGINT, count(DISTINCT date)::INT FROM {given} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    monthly = published_table(site.processed, "sis_monthly_counts").to_pylist()
    assert sorted(tuple(found.values()) for found in monthly) == sorted(wanted)
    events = dict(
        duckdb.sql(f"SELECT event, sum(count)::BIGINT FROM {given} GROUP BY ALL").fetchall()
    )
    assert annual(site, "SIS", "total") == {
        (2024, INDICATORS[event]): count for event, count in events.items()
    }
    dutch = duckdb.sql(
        f"SELECT event, sum(count)::BIGINT FROM {given} WHERE member_state = 'NL' GROUP BY ALL"
    ).fetchall()
    assert annual(site, "NL", "total") == {
        (2024, INDICATORS[event]): count for event, count in dutch
    }


def annual(site: Playground, area: str, category: str) -> dict[tuple[int, str], int]:
    """Return the figures of `sis_annual` that are sums of daily counts."""
    return {
        (found["year"], found["indicator"]): int(found["value"])
        for found in published_table(site.processed, "sis_annual").to_pylist()
        if (found["area"], found["category_id"]) == (area, category)
        if found["source"] == "sis_daily_counts"
    }


def british(count: int) -> DailyEdition:
    days = [str(dt.date(2019, 1, 1) + dt.timedelta(number)) for number in range(365)]
    rows = [row(day, "GB", "2007/533:26", count=count) for day in days]
    return counts_file("gb.csv", plain(*rows), "2019")


def test_annual_sums_are_set_against_published_figures(tmp_path: Path) -> None:
    count, outcomes = 1_564_384, {"571 million": "holds", "more than 600m": "fails"}
    copy_lists(tmp_path / "raw")
    site = installation(tmp_path)
    write_daily(site.raw, british(count))
    report = site.run()
    assert published(report)
    assert annual(site, "GB", "total") == {(2019, "searches"): 365 * count}
    assert annual(site, "SIS", "total") == {}  # SIS is not what one member counted
    found = {
        printed: (r["outcome"], r["severity"])
        for r in report.reconciliations
        for printed in outcomes
        if r["rule"] == "two_sources"
        if "sis_daily_counts" in r["message"]
        if printed in r["message"]
    }
    assert found == {
        printed: (outcome, "warning" if outcome == "fails" else "info")
        for printed, outcome in outcomes.items()
    }


@pytest.mark.parametrize(
    "change",
    [
        {"source_kind": None},
        {"files": [british(10), counts_file("b.csv", plain(row("2019-05-01", count="x")), "2019")]},
        {"files": [british(10), counts_file("b.gz", b"broken", "2019")]},
    ],
    ids=["no kind of source", "a refused row", "a refused file"],
)
def test_no_annual_sum_of_what_is_not_whole(tmp_path: Path, change: dict[str, Any]) -> None:
    site = small_installation(tmp_path)
    files = change.pop("files", [british(10)])
    write_daily(site.raw, *files, **change)
    assert published(site.run())
    assert annual(site, "GB", "total") == {}
    monthly = published_table(site.processed, "sis_monthly_counts")
    assert sum(monthly["count"].to_pylist()) == 3650


def test_release_without_daily_counts_has_an_empty_table(tmp_path: Path) -> None:
    copy_lists(tmp_path / "raw")
    site = installation(tmp_path)
    report = site.run()
    assert report.tables["sis_daily_counts"] == 0
    assert [path.name for path in parts(site)] == ["empty.parquet"]
    found = duckdb.sql(f"SELECT count(*) FROM '{parts(site)[0]}'").fetchall()
    assert found == [(0,)]
    assert verify(site.processed).problems == ()


def test_threshold_is_read_from_the_environment() -> None:
    assert Settings.from_environment({"IPSDATA_MAX_BAD_SHARE": "0.5"}).max_bad_share == 0.5
    assert Settings.from_environment({}).max_bad_share == 0.05
    for text in ("0", "-1", "1.5", "nan", "many"):
        with pytest.raises(ConfigurationError, match="IPSDATA_MAX_BAD_SHARE: found"):
            Settings.from_environment({"IPSDATA_MAX_BAD_SHARE": text})
