"""Loading whole files: which form they have does not matter, which rows are good does."""

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.daily_data import Wanted, generate
from daily import (
    COLUMNS,
    HEADER,
    Cells,
    Found,
    Loader,
    counts_file,
    many,
    parquet,
    plain,
    row,
    said,
    shared_inputs,
    write_daily,
    zipped,
)
from ipsdata.daily import cells, coding, load
from ipsdata.daily.cells import CountsFile
from ipsdata.daily.codes import DailyCodes

GOOD = [
    *many(6),
    *many(3, date="2024-02-29", state="DE", event="hit"),
    row("2024-12-31", "IE", "2018/1862:40", count=0),
    row("2024-01-01", "CY", "2018/1862:38/boats", "alert_created", count=999_999_999_999),
]
BAD = [row(count="1.5", authority=f"NL-X{n}") for n in range(1_000)]
TEXT = pa.dictionary(pa.int32(), pa.string())
FORMS: dict[str, tuple[str, str | bytes]] = {
    "csv": ("a.csv", plain(*GOOD)),
    "crlf": ("a.csv", plain(*GOOD).replace("\n", "\r\n")),
    "mark": ("a.csv", "\ufeff" + plain(*GOOD)),
    "turned": ("a.csv", "\n".join(",".join(reversed(c)) for c in [COLUMNS, *GOOD])),
    "quoted": ("a.csv", "\n".join(",".join(f'"{x}"' for x in c) for c in [COLUMNS, *GOOD])),
    "blank end": ("a.csv", plain(*GOOD) + "\n\n"),
    "gzip": ("a.gz", zipped(plain(*GOOD))),
    "gzip of members": ("a.gz", zipped(plain(*GOOD)[:200]) + zipped(plain(*GOOD)[200:])),
    "parquet": ("a.parquet", parquet(GOOD)),
    "parquet dates": ("a.parquet", parquet(GOOD, date=pa.date32())),
    "parquet uint64": ("a.parquet", parquet(GOOD, count=pa.uint64())),
    "parquet floats": ("a.parquet", parquet(GOOD, count=pa.float64())),
    "parquet texts": ("a.parquet", parquet(GOOD, count=pa.string())),
    "parquet dictionaries": (
        "a.parquet",
        parquet(GOOD, **dict.fromkeys(COLUMNS[1:7], TEXT)),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_same_rows_in_any_form_are_published_alike(tmp_path: Path, form: str) -> None:
    name, data = FORMS[form]
    found = Loader(tmp_path).load_file(data, name)
    assert found.refused == []
    assert found.published == said(GOOD)
    first = 1 if name.endswith("parquet") else 2
    assert found.lines == list(range(first, first + len(GOOD)))
    assert {r["instrument"] + ":" + r["article"] for r in found.rows} == {
        f"{cells_[2]}:{cells_[3]}" for cells_ in GOOD
    }


def test_parquet_rows_are_refused_by_their_number(tmp_path: Path) -> None:
    rows = [row(), ("",) * 8, row(count=""), row(date="", authority="NL-B1")]
    found = Loader(tmp_path).load_file(parquet(rows), "a.parquet")
    assert found.refused_lines == [2, 3, 4]
    assert sorted(found.reasons) == ["date", "date", "number"]
    assert found.published == said(rows[:1])


def test_int32_counts_of_a_parquet_file(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(parquet(many(6), count=pa.int32()), "a.parquet")
    assert found.published == said(many(6))


# Files and years


def test_many_files_make_one_year(tmp_path: Path) -> None:
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    files = [counts_file(f"{day}.csv", plain(*many(3, date=day)), day) for day in days]
    found = Loader(tmp_path).load_files(*files)
    assert found.published == said([c for day in days for c in many(3, date=day)])
    assert list(found.loaded.years) == [2024]
    assert found.loaded.years[2024].listing["files"] == 30


def test_file_of_several_years_is_divided(tmp_path: Path) -> None:
    rows = [row("2023-12-31"), row("2024-01-01"), row("2025-06-01"), row("2023-12-31", "DE")]
    found = Loader(tmp_path).load_file(plain(*rows), period="2023/2025")
    assert found.published == said(rows)
    listed = {year: receipt.listing["rows"] for year, receipt in found.loaded.years.items()}
    assert listed == {2023: 2, 2024: 1, 2025: 1}


def test_bad_row_is_counted_in_the_year_of_its_day_or_else_in_the_first(tmp_path: Path) -> None:
    rows = [row("2024-05-01", count="x"), row("nonsense"), row("2030-01-01"), row("2023-06-01")]
    found = Loader(tmp_path).load_file(plain(*rows), period="2023/2024")
    listed = {year: r.listing["rejected"] for year, r in found.loaded.years.items()}
    assert listed == {2023: 2, 2024: 1}
    assert found.booked == 4


def test_day_outside_the_period_of_the_file(tmp_path: Path) -> None:
    rows = [row("2024-03-01"), row("2024-03-31"), row("2024-04-01"), row("2024-02-29")]
    found = Loader(tmp_path).load_file(plain(*rows), period="2024-03")
    assert found.refused_lines == [4, 5]
    assert found.messages[0] == (
        "sis/daily/a.csv, line 4: date: found 2024-04-01, expected 2024-03-01 to 2024-03-31, the "
        "period of the file in its sidecar: correct the file"
    )
    assert found.published == said(rows[:2])


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ("2024-13", "found '2024-13', expected a date (2024-12-31), month (2024-12), year (2024)"),
        ("2024-02-30", "found '2024-02-30', expected a date (2024-12-31), month (2024-12), year"),
        ("2024/2023", "found '2024/2023', a period that ends before it starts"),
        ("1994", "found 1994-01-01, expected no day before 1995-01-01"),
        ("2024/9999", "found 9999-12-31, expected no day after 2099-12-31"),
    ],
)
def test_period_that_is_none_refuses_the_file_alone(tmp_path: Path, period: str, told: str) -> None:
    found = Loader(tmp_path).load_files(
        counts_file("a.csv", plain(*GOOD)), counts_file("b.csv", plain(row(state="FR")), period)
    )
    assert found.published == said(GOOD)
    assert found.reasons == ["bad_sidecar"]
    assert found.messages[0].startswith(f"sis/daily/b.csv: key period: {told}")


# Whole files that are refused


FILES: dict[str, tuple[str, str | bytes, str]] = {
    "header only": ("a.csv", f"{HEADER}\n", "empty"),
    "header without end": ("a.csv", HEADER, "empty"),
    "blank lines only": ("a.csv", f"{HEADER}\n\n\r\n\n", "empty"),
    "nothing": ("a.csv", "", "columns"),
    "missing column": ("a.csv", plain(*GOOD).replace(",count", "", 1), "columns"),
    "extra column": ("a.csv", plain(*GOOD).replace(",count", ",count,note", 1), "columns"),
    "semicolons": ("a.csv", plain(*GOOD).replace(",", ";"), "columns"),
    "utf-16": ("a.csv", plain(*GOOD).encode("utf-16"), "encoding"),
    "old mac": ("a.csv", plain(*GOOD).replace("\n", "\r"), "columns"),
    "cut gzip": ("a.gz", zipped(plain(*GOOD))[:-9], "corrupt"),
    "empty gzip": ("a.gz", b"", "columns"),
    "csv named gzip": ("a.gz", plain(*GOOD), "corrupt"),
    "cut parquet": ("a.parquet", parquet(GOOD)[:-9], "unreadable"),
    "parquet without rows": ("a.parquet", parquet([("",) * 8])[:0], "unreadable"),
}


@pytest.mark.parametrize("fault", FILES)
def test_whole_file_is_refused_and_the_others_go_on(tmp_path: Path, fault: str) -> None:
    name, data, reason = FILES[fault]
    right = counts_file("right.csv", plain(*many(3, state="FR")))
    found = Loader(tmp_path).load_files(counts_file(name, data), right)
    (lost,) = found.refused
    assert (lost["path"], lost["scope"], lost["locator"], lost["reason"]) == (
        f"sis/daily/{name}",
        "document",
        "document",
        reason,
    )
    assert lost["message"].startswith(f"sis/daily/{name}")
    assert any(
        advice in lost["message"] for advice in ("correct the", "fetch the file again", "save the")
    )
    assert found.published == said(many(3, state="FR"))


def test_gzip_that_breaks_late_uses_none_of_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", 1_000)
    found = Loader(tmp_path).load_file(zipped(plain(*many(2_000)))[:-20], "a.gz")
    assert found.reasons == ["corrupt"]
    assert found.rows == []


# The threshold


def test_few_bad_rows_never_stop_a_file(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(plain(*GOOD, *BAD[:100]))
    assert len(found.refused) == 100
    assert found.published == said(GOOD)


def test_file_with_too_many_bad_rows_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    bad = counts_file("bad.csv", plain(*GOOD, *BAD[:101]))
    found = Loader(tmp_path).load_files(bad, counts_file("right.csv", plain(*GOOD)))
    (lost,) = [lost for lost in found.refused if lost["scope"] == "document"]
    assert lost["message"] == (
        "sis/daily/bad.csv: found 101 bad rows among the first 112 (101 not_whole), expected at "
        "most 5.0%: the load of this file was stopped and none of its rows is used; correct the "
        "file, or raise IPSDATA_MAX_BAD_SHARE"
    )
    assert lost["reason"] == "too_many_bad_rows"
    assert found.published == said(GOOD)
    assert {r["document_id"] for r in found.rows} == {
        counts_file("right.csv", plain(*GOOD)).entry()["sha256"]
    }


@pytest.mark.parametrize(("bad", "is_refused"), [(200, False), (201, True)])
def test_threshold_is_a_share_of_the_rows(tmp_path: Path, bad: int, is_refused: bool) -> None:
    rows = many(4_000 - bad)
    found = Loader(tmp_path).load_file(plain(*rows, *BAD[:bad]))
    assert ("too_many_bad_rows" in found.reasons) is is_refused
    assert len(found.rows) == (0 if is_refused else len(rows))


@pytest.mark.parametrize(("share", "is_refused"), [(0.5, True), (0.96, False), (1.0, False)])
def test_threshold_may_be_set(tmp_path: Path, share: float, is_refused: bool) -> None:
    found = Loader(tmp_path, share).load_file(plain(*GOOD, *BAD[:200]))
    assert ("too_many_bad_rows" in found.reasons) is is_refused


def test_file_is_stopped_before_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "MANY_BAD_ROWS", 150)
    monkeypatch.setattr(cells, "BLOCK_BYTES", 2_000)
    found = Loader(tmp_path).load_file(plain(*BAD, *many(30_000)))
    assert "too_many_bad_rows" in found.reasons
    assert 150 <= len(found.refused) < 300
    assert found.rows == []


# Fingerprints


def test_other_bytes_than_the_sidecar_says(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    wrong = counts_file("a.csv", plain(*many(3, state="FR")), sha256="0" * 64)
    right = counts_file("b.csv", plain(*GOOD))
    found = loader.load_files(wrong, right)
    sha256 = counts_file("a.csv", wrong.data).entry()["sha256"]
    assert found.messages == [
        f"sis/daily/a.csv: found SHA-256 {sha256}, expected {'0' * 64} of its sidecar: not the "
        "file that was checked. Restore it; or, if the change is right, put the new SHA-256 there"
    ]
    assert found.reasons == ["hash_mismatch"]
    assert found.published == said(GOOD)
    again = loader.found(loader.load())
    assert again.loaded.read == ()
    assert again.refused == found.refused


def test_file_that_changed_after_its_years_were_loaded(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    both = counts_file("a.csv", plain(row("2023-12-31"), row("2024-01-01")), "2023/2024")
    write_daily(loader.raw, both, counts_file("b.csv", plain(*GOOD)))
    loader.load()
    (loader.raw / "sis/daily/a.csv").write_bytes(both.data.replace(b",5\n", b",6\n"))
    for _ in range(2):
        found = loader.found(loader.load())
        assert found.reasons == ["hash_mismatch"]
        # Nothing of it stays, not in a year either that no other file covers.
        assert found.published == said(GOOD)
        assert list(found.loaded.years) == [2024]
    (loader.raw / "sis/daily/a.csv").write_bytes(both.data)
    found = loader.found(loader.load())
    assert found.refused == []
    assert len(found.rows) == len(GOOD) + 2


# Nothing twice, nothing lost


def test_what_lies_ready_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Loader(tmp_path)
    first = loader.load_file(plain(*GOOD, BAD[0]))
    assert first.loaded.read == (2024,)

    def refuse(*_: object) -> None:
        raise AssertionError("a file was read again")

    monkeypatch.setattr(CountsFile, "blocks", refuse)
    again = loader.found(loader.load())
    assert again.loaded.read == ()
    assert (again.rows, again.refused) == (first.rows, first.refused)


def test_changed_file_loads_its_own_years_anew(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    old = [counts_file(f"{y}.csv", plain(row(f"{y}-05-01")), str(y)) for y in (2023, 2024, 2025)]
    old[0] = counts_file("2023.csv", plain(row("2023-05-01")), "2023")
    loader.load_files(*old)
    new = counts_file("2024.csv", plain(row("2024-05-01", count=77)))
    found = loader.load_files(old[0], new, old[2])
    assert found.loaded.read == (2024,)
    assert [published[-1] for published in found.published] == [5, 77, 5]


def test_file_that_is_gone_takes_its_rows_along(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    first, second = (
        counts_file("a.csv", plain(*GOOD)),
        counts_file("b.csv", plain(row("2025-01-01")), "2025"),
    )
    loader.load_files(first, second)
    found = loader.load_files(first)
    assert found.published == said(GOOD)
    assert not loader.partitions.path(2025, "receipt.json").exists()


@pytest.mark.parametrize("change", [{"period": "2024-01/2024-12"}, {"published_on": "2024-06-01"}])
def test_changed_sidecar_loads_anew(tmp_path: Path, change: dict[str, str]) -> None:
    loader = Loader(tmp_path)
    loader.load_file(plain(*many(3)))
    source = {k: v for k, v in change.items() if k != "period"}
    file = counts_file("a.csv", plain(*many(3)), change.get("period", "2024"))
    assert loader.load_files(file, **source).loaded.read == (() if "period" in change else (2024,))


def test_twenty_thousand_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "BLOCK_BYTES", 100_000)
    rows = many(20_000)
    found = Loader(tmp_path).load_file(plain(*rows))
    assert found.refused == []
    assert found.published == said(rows)


def test_more_authorities_than_a_key_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "MAX_AUTHORITIES", 10)
    found = Loader(tmp_path).load_files(
        counts_file("a.csv", plain(*many(11, state="FR"))), counts_file("b.csv", plain(row()))
    )
    assert "limit" in found.reasons
    assert "found more than 10 different authorities" in found.messages[0]


# Any mixture, against the slowest loader there is


DAY = dt.date(2024, 1, 1)


def cells_of(days: Sequence[str]) -> st.SearchStrategy[str]:
    good = st.builds(
        row,
        date=st.sampled_from(days),
        state=st.sampled_from(["NL", "DE", "IE"]),
        category=st.sampled_from(["2018/1862:26", "2018/1861:24", "2007/533:26"]),
        event=st.sampled_from(["search", "hit"]),
        count=st.integers(0, 10**12 - 1),
    ).map(",".join)
    odd = st.sampled_from(
        [
            *("", ",,,,,,,", "   ", '"', "a,b", "NL" * 50, "é,é", ",".join(row(authority="NL-É"))),
            *(",".join(row(count=text)) for text in ("x", "1.5", "+5", "0x1F", "9" * 19, '"7"')),
            *(",".join(row(date=text)) for text in ("2024-W01-1", "2023-12-31", "2024-02-30")),
            ",".join(row(authority="DE-POL")),
            ",".join(row(state="ZZ")),
            ",".join(row(event="x")),
            ",".join(row()) + ",more",
            ",".join(row()[:7]),
            ",".join(f'"{cell}"' for cell in row(authority="NL-QQ")),
        ]
    )
    return st.one_of(good, good, good, odd)


def slow(lines: Sequence[str]) -> tuple[list[tuple[int, Cells]], list[int]]:
    """Return line and cells of the good rows, and the lines of the bad ones, read one by one."""
    coded, bad = [], []
    for line, text in enumerate(lines, start=2):
        if not text:
            continue
        found = [c[1:-1] if len(c) > 1 and c[0] == c[-1] == '"' else c for c in text.split(",")]
        if text.isascii() and len(found) == 8 and is_good(found, shared_inputs().codes):
            coded.append((line, tuple(found)))
        else:
            bad.append(line)
    keys = Counter((c[:2], c[4:7]) for _, c in coded)
    good = [(line, c) for line, c in coded if keys[c[:2], c[4:7]] == 1 and int(c[7]) < 10**12]
    lost = {line for line, _ in coded} - {line for line, _ in good}
    return good, sorted([*bad, *lost])


def is_good(found: Sequence[str], codes: DailyCodes) -> bool:
    date, state, instrument, article, category, event, authority, count = found
    try:
        day = dt.datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return False
    laws = dict(zip(codes.categories, codes.laws, strict=True))
    applies = codes.sis_categories.days(category) if category in laws else None
    return (
        date == day.isoformat()
        and dt.date(2024, 1, 1) <= day <= dt.date(2024, 12, 31)
        and laws.get(category) == (instrument, article)
        and applies is not None
        and applies.start <= day <= applies.end
        and codes.membership.uses(state, day, day)
        and not (category == "2018/1861:24" and codes.membership.limited(state, day, day))
        and event in codes.events
        and authority[:2] == state
        and count.isascii()
        and count.isdigit()
        and int(count) < 2**63
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lines=st.lists(cells_of(["2024-01-01", "2024-01-31", "2024-02-01", "2024-12-31"]), max_size=25),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    packed=st.booleans(),
    encoding=st.sampled_from(["utf-8", "latin-1"]),
    block=st.sampled_from([1, 30, 200, 2**20]),
)
def test_any_mixture_publishes_exactly_its_good_rows(
    lines: list[str], end: str, last: bool, packed: bool, encoding: str, block: int
) -> None:
    good, bad = slow(lines)
    data = (end.join([HEADER, *lines]) + (end if last else "")).encode(encoding)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "BLOCK_BYTES", block)
        loader = Loader(Path(folder))
        name = "a.gz" if packed else "a.csv"
        found = loader.load_file(zipped(data) if packed else data, name)
    if good or bad:
        assert found.refused_lines == bad
        assert {(r["line"], r["count"]) for r in found.rows} == {(n, int(c[7])) for n, c in good}
        assert found.published == said([c for _, c in good])
        assert found.booked == len(good) + len(bad)
    else:
        assert found.reasons == ["empty"]


# The generator's faults


def faulty(folder: Path, form: str, files: int) -> tuple[Found, set[tuple[str, int]], int]:
    made = generate(folder / "made", Wanted(6_000, form, files, 2023, 2024, faults=0.03, seed=7))
    given_files = [
        counts_file(path.name.replace("csv.gz", "gz"), path.read_bytes(), "2023/2024")
        for path in made.files
    ]
    found = Loader(folder).load_files(*given_files)
    lines = {(name.replace("csv.gz", "gz"), line) for name, line, _ in made.faults}
    return found, lines, made.rows


@pytest.mark.parametrize(("form", "files"), [("csv", 1), ("csv.gz", 3), ("parquet", 2)])
def test_faults_of_the_generator_are_all_found_and_nothing_else(
    tmp_path: Path, form: str, files: int
) -> None:
    found, faults, rows = faulty(tmp_path, form, files)
    lost = {
        (lost["path"].rpartition("/")[2], int(lost["locator"].removeprefix("line ")))
        for lost in found.refused
    }
    doubles = {
        (lost["path"].rpartition("/")[2], int(lost["locator"].removeprefix("line ")))
        for lost in found.refused
        if lost["reason"] == "duplicate"
    }
    assert faults <= lost
    assert lost - faults <= doubles  # the rows that a fault has the key of
    assert len(lost - faults) == len(doubles & faults)
    assert len(found.rows) + len(found.refused) == rows == found.booked
