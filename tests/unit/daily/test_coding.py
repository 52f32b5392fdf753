"""Each fault of a row: its message and reason; and that no other row is lost by it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from daily import Cells, Loader, codes, counts_file, many, plain, row, said
from ipsdata.daily.coding import (
    AUTHORITY_BITS,
    CATEGORY_BITS,
    EVENT_BITS,
    MEMBER_BITS,
    Key,
    _counts,
    days_of,
    packed,
    unpacked,
)
from ipsdata.rejection import MAX_MESSAGE_CHARACTERS

GOOD = many(3)
LATE = "expected none after 2026-11-24, when the file was there: correct the file"
OUTSIDE = (
    "expected 2015-01-01 to 2030-12-31, the period of the file in its sidecar: correct the file"
)
NO_DAY = "expected a day such as 2024-03-31: correct the file"
NO_NUMBER = "expected a whole number such as 1250: correct the file"
STATES = "AT, BE, BG, CH, CY, CZ, DE, DK, EE, ES, FI, FR, …"
EVENTS = "search, automated_search, hit, alert_created, alert_updated, alert_deleted, alert_expired"
PATTERN = "expected that it matches ^[A-Z]{2}-[A-Z0-9]{2,12}$: correct the file"

Case = tuple[Cells, str, str]
CASES: dict[str, Case] = {
    **{
        f"count {text!r}": (row(count=text), "number", f"count: found {text!r}, {NO_NUMBER}")
        for text in (
            *("", "-3", "+5", " 5", "5 ", "1e3", "0x1F", "１２", "٣", "nan", "inf", "1_000", "--"),
            *("5\0", "twelve", '"', '""', "1 000"),
        )
    },
    **{
        f"count {text!r}": (row(count=text), "not_whole", f"count: found {text!r}, {NO_NUMBER}")
        for text in ("12.5", "5.0", "-0.5", ".5", '"12.5"', "1.5e3")
    },
    **{
        f"count {text}": (
            row(count=text),
            "number",
            f"count: found '{text}', expected at most 9223372036854775807: correct the file",
        )
        for text in ("9223372036854775808", "99999999999999999999", "9" * 40)
    },
    **{
        f"count {text}": (
            row(count=text, authority=f"NL-B{len(text)}"),
            "contract",
            f"count: found '{text}', expected that it is at most 999,999,999,999: correct the file",
        )
        for text in ("9223372036854775807", "1000000000000")
    },
    **{
        f"date {text!r}": (row(text), "date", f"date: found {text!r}, {NO_DAY}")
        for text in (
            *("", "20240331", "2024-3-31", "31-03-2024", "2024-02-30", "2023-02-29", "2024-W05-3"),
            *(" 2024-03-31", "2024-03-31 ", "2024-03-31T00:00", "２０２４-03-31", "0000-00-00"),
            *('"2024-03-31', "yesterday"),
        )
    },
    **{
        f"date {text}": (row(text), "date", f"date: found {text}, {LATE}")
        for text in ("2026-11-25", "2099-12-31", "2100-01-01", "9999-12-31")
    },
    **{
        f"date {text}": (
            row(text, category="2007/533:26"),
            "date",
            f"date: found {text}, {OUTSIDE}",
        )
        for text in ("2014-12-31", "2013-05-01")
    },
    "unknown state": (
        row(state="ZZ"),
        "unknown_code",
        f"member_state: found 'ZZ', expected one of {STATES}: correct the file",
    ),
    "state in small letters": (
        row(state="nl", authority="nl-POL"),
        "unknown_code",
        f"member_state: found 'nl', expected one of {STATES}: correct the file",
    ),
    "not yet a member": (
        row("2015-04-12", "GB", "2007/533:26"),
        "not_a_member",
        "member_state: found GB on 2015-04-12, but GB used SIS 2015-04-13 to 2020-12-31: correct "
        "the file",
    ),
    "no longer a member": (
        row("2021-01-01", "GB", "2007/533:26"),
        "not_a_member",
        "member_state: found GB on 2021-01-01, but GB used SIS 2015-04-13 to 2020-12-31: correct "
        "the file",
    ),
    "takes no part in refusal of entry": (
        row("2024-03-31", "IE", "2018/1861:24"),
        "not_a_member",
        "category: found '2018/1861:24', but IE did not take part in refusal of entry on "
        "2024-03-31: correct the file",
    ),
    "unknown event": (
        row(event="sighting"),
        "unknown_code",
        f"event: found 'sighting', expected one of {EVENTS}: correct the file",
    ),
    "another instrument": (
        ("2024-03-31", "NL", "2007/533", "26", "2018/1862:26", "hit", "NL-POL", "1"),
        "code_not_valid",
        "category: found instrument '2007/533' and article '26', expected 2018/1862 and 26 of "
        "2018/1862:26: correct the file",
    ),
    "another article": (
        ("2024-03-31", "NL", "2018/1862", "99", "2018/1862:26", "hit", "NL-POL", "1"),
        "code_not_valid",
        "category: found instrument '2018/1862' and article '99', expected 2018/1862 and 26 of "
        "2018/1862:26: correct the file",
    ),
    "no instrument": (
        ("2024-03-31", "NL", "", "26", "2018/1862:26", "hit", "NL-POL", "1"),
        "code_not_valid",
        "category: found instrument '' and article '26', expected 2018/1862 and 26 of "
        "2018/1862:26: correct the file",
    ),
    **{
        f"authority {text!r}": (
            row(authority=text),
            "unknown_code",
            f"authority: found {text!r}, expected the code of an authority of 'NL': correct the "
            "file",
        )
        for text in ("", "DE-POL", "nl-POL", "N", " NL-POL")
    },
    **{
        f"authority {text!r}": (
            row(authority=text),
            "contract",
            f"authority: found {text!r}, {PATTERN}",
        )
        for text in ("NL", "NL-", "NL-pol", "NL-POL ", "NL-ABCDEFGHIJKLM", "NLPOL", "NL-P\0L")
    },
    "comma in quotes": (
        row(authority='"NL-A,1"'),
        "malformed_row",
        "found 9 cells, expected 8: check the commas",
    ),
    "decimal comma": (
        row(count="1,5"),
        "malformed_row",
        "found 9 cells, expected 8: check the commas",
    ),
    "a cell less": (row()[:-1], "malformed_row", "found 7 cells, expected 8: check the commas"),
    "a cell more": ((*row(), ""), "malformed_row", "found 9 cells, expected 8: check the commas"),
    "white space": (("   ",), "malformed_row", "found 1 cells, expected 8: check the commas"),
    "several": (
        row("2024-02-30", event="sighting", count="1.5"),
        "date",
        f"date: found '2024-02-30', expected a day such as 2024-03-31; event: found 'sighting', "
        f"expected one of {EVENTS}; count: found '1.5', {NO_NUMBER}",
    ),
}


@pytest.mark.parametrize(
    "name", ["count ''", "date 2100-01-01", "authority 'NL-'", "a cell less", "not yet a member"]
)
def test_fault_is_told_with_file_line_and_what_to_do(tmp_path: Path, name: str) -> None:
    cells, reason, message = CASES[name]
    found = Loader(tmp_path).load_file(plain(*GOOD[:2], cells, GOOD[2]), period="2015/2030")
    assert found.messages == [f"sis/daily/a.csv, line 4: {message}"]
    assert found.reasons == [reason]
    assert found.published == said(GOOD)
    assert found.lines == [2, 3, 5]
    assert found.booked == 4


def test_all_faults_at_once_are_told_each_for_itself(tmp_path: Path) -> None:
    cases = list(CASES.values())
    found = Loader(tmp_path).load_file(
        plain(*GOOD, *(cells for cells, _, _ in cases)), period="2015/2030"
    )
    wanted = {
        f"line {line}": (reason, f"sis/daily/a.csv, line {line}: {message}")
        for line, (_, reason, message) in enumerate(cases, start=2 + len(GOOD))
    }
    assert {lost["locator"]: (lost["reason"], lost["message"]) for lost in found.refused} == wanted
    assert found.published == said(GOOD)
    assert found.booked == len(GOOD) + len(cases)


def test_unknown_category_is_told_with_some_that_are_known(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(plain(row(category="2018/1862:99")))
    (message,) = found.messages
    assert found.reasons == ["unknown_code"]
    known = "expected one of 1987/2006:24, 2007/533:26, "
    assert message.startswith(f"sis/daily/a.csv, line 2: category: found '2018/1862:99', {known}")
    assert message.endswith(", …: correct the file")


def test_aggregate_is_no_category_of_law(tmp_path: Path) -> None:
    cells = ("2024-03-31", "NL", "", "", "total", "hit", "NL-POL", "1")
    assert Loader(tmp_path).load_file(plain(cells)).reasons == ["unknown_code"]


def test_category_that_did_not_apply_yet_has_those_that_did_as_candidates(tmp_path: Path) -> None:
    found = Loader(tmp_path).load_file(plain(row("2023-03-06")), period="2023")
    (lost,) = found.refused
    assert lost["reason"] == "code_not_valid"
    assert "2007/533:26" in lost["candidates"].split("; ")
    assert "line 2: category: " in lost["message"]
    assert lost["message"].endswith(": correct the file")


@pytest.mark.parametrize(
    ("day", "category"),
    [
        ("2023-03-06", "2007/533:26"),
        ("2023-03-07", "2018/1862:26"),
        ("2013-04-08", "CISA:95"),
        ("2013-04-09", "2007/533:26"),
    ],
)
def test_category_applies_from_its_first_day_to_its_last(
    tmp_path: Path, day: str, category: str
) -> None:
    loader = Loader(tmp_path)
    assert loader.load_file(plain(row(day, category=category)), period="2013/2023").refused == []


@pytest.mark.parametrize("day", ["2015-04-13", "2020-12-31"])
def test_member_counts_from_its_first_day_to_its_last(tmp_path: Path, day: str) -> None:
    right = row(day, "GB", "2007/533:26")
    assert Loader(tmp_path).load_file(plain(right), period="2015/2020").published == said([right])


def test_limited_member_counts_what_is_not_refusal_of_entry(tmp_path: Path) -> None:
    right = row(state="IE")
    assert Loader(tmp_path).load_file(plain(right)).published == said([right])


def test_day_of_publication_is_the_last_that_can_be_counted(tmp_path: Path) -> None:
    rows = [row("2024-03-31"), row("2024-04-01")]
    found = Loader(tmp_path).load_files(
        counts_file("a.csv", plain(*rows)), published_on="2024-03-31"
    )
    assert found.published == said(rows[:1])
    assert found.messages == [
        "sis/daily/a.csv, line 3: date: found 2024-04-01, expected none after 2024-03-31, when the "
        "file was there: correct the file"
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("999999999999", 999_999_999_999),
        ("0005", 5),
        ("0" * 30 + "7", 7),
        ('"12"', 12),
        ("000000000000000000", 0),
    ],
)
def test_counts_that_are_right(tmp_path: Path, text: str, number: int) -> None:
    found = Loader(tmp_path).load_file(plain(row(count=text), *GOOD))
    assert found.refused == []
    assert found.published == said([row(count=number), *GOOD])


def test_all_cells_may_be_quoted(tmp_path: Path) -> None:
    quoted = [tuple(f'"{cell}"' for cell in cells) for cells in GOOD]
    assert Loader(tmp_path).load_file(plain(*quoted)).published == said(GOOD)


def test_lone_quotes_and_doubled_ones_are_no_part_of_a_code(tmp_path: Path) -> None:
    rows = [row(authority='"NL-POL'), row(authority='NL-POL"'), row(authority='"NL-""POL"'), *GOOD]
    found = Loader(tmp_path).load_file(plain(*rows))
    assert found.refused_lines == [2, 3, 4]
    assert found.published == said(GOOD)


@pytest.mark.parametrize("bad", ["NL-É", "Nederland-É"])
def test_rows_in_latin_1_are_told_each(tmp_path: Path, bad: str) -> None:
    data = plain(*GOOD).encode() + ",".join(row(authority=bad)).encode("latin-1") + b"\n"
    found = Loader(tmp_path).load_file(data)
    (lost,) = found.refused
    shown = bad.replace("É", r"\\xc9")
    assert lost["reason"] == "encoding"
    assert lost["message"].startswith(
        f"sis/daily/a.csv, line 5: authority: found '{shown}', expected UTF-8"
    )
    assert "save the file as UTF-8" in lost["message"]
    assert found.published == said(GOOD)


def test_message_and_row_are_cut_where_they_are_long(tmp_path: Path) -> None:
    rows = [row(authority="NL-" + "x" * 300_000), ("y" * 300_000,), row(count="1" * 300_000)]
    found = Loader(tmp_path).load_file(plain(*rows, *GOOD))
    assert found.refused_lines == [2, 3, 4]
    assert max(map(len, found.messages)) < MAX_MESSAGE_CHARACTERS + 30
    assert max(len(lost["as_printed"]) for lost in found.refused) < 1_100
    assert found.published == said(GOOD)


def test_refused_row_keeps_its_cells_and_its_document(tmp_path: Path) -> None:
    (lost,) = Loader(tmp_path).load_file(plain(row(count="x"))).refused
    assert lost["as_printed"] == (
        '{"date": "2024-03-31", "member_state": "NL", "instrument": "2018/1862", "article": "26", '
        '"category": "2018/1862:26", "event": "search", "authority": "NL-POL", "count": "x"}'
    )
    assert (lost["path"], lost["scope"], lost["stage"]) == ("sis/daily/a.csv", "row", "code")
    assert (lost["target"], lost["edition_id"]) == ("sis_daily_counts", "sis/daily")


# What a row is packed into


def keys(size: int) -> st.SearchStrategy[Key]:
    def part(bits: int) -> st.SearchStrategy[np.ndarray]:
        return arrays.arrays(np.int32, size, elements=st.integers(0, 2**bits - 1))

    return st.builds(
        Key,
        days=arrays.arrays(np.int32, size, elements=st.integers(0, 38_350)),
        members=part(MEMBER_BITS),
        categories=part(CATEGORY_BITS),
        events=part(EVENT_BITS),
        authorities=part(AUTHORITY_BITS),
    )


def parts(key: Key) -> list[list[int]]:
    found = (key.days, key.members, key.categories, key.events, key.authorities)
    return [part.tolist() for part in found]


@given(st.integers(0, 20).flatmap(keys))
def test_packed_keys_can_be_taken_apart(key: Key) -> None:
    found = packed(key)
    assert parts(unpacked(found)) == parts(key)
    assert days_of(found).tolist() == key.days.tolist()
    assert (found >= 0).all()
    tuples = list(zip(*parts(key), strict=True))
    assert np.argsort(found, kind="stable").tolist() == sorted(
        range(len(tuples)), key=tuples.__getitem__
    )


def test_codes_fit_into_the_bits_of_a_key() -> None:
    known = codes()
    assert len(known.members) <= 2**MEMBER_BITS
    assert len(known.categories) <= 2**CATEGORY_BITS
    assert len(known.events) <= 2**EVENT_BITS


# Counts


def whole(text: str) -> int | None:
    """Read a count as slowly and as strictly as can be."""
    bare = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not bare or any(character not in "0123456789" for character in bare):
        return None
    number = int(bare)
    return number if number < 2**63 else None


COUNTS = st.one_of(
    st.integers(0, 2**64).map(str),
    st.text(alphabet='0123456789+-. eExX"_,\0', max_size=25),
    st.text(max_size=4).filter(lambda text: text.isprintable()),
    st.integers(0, 10**9).map(lambda number: f"{number:020}"),
)


@given(st.lists(COUNTS, max_size=12), st.integers(0, 3), st.integers(0, 3))
def test_counts_are_those_of_a_slow_reader(texts: list[str], before: int, after: int) -> None:
    # A column may be a part of a longer one.
    padded = ["x"] * before + texts + ["y"] * after
    array = pa.array([text.encode() for text in padded], pa.binary()).slice(before, len(texts))
    numbers, uncounted = _counts(array)
    wanted = [whole(text) for text in texts]
    assert sorted(uncounted) == [n for n, number in enumerate(wanted) if number is None]
    assert [int(numbers[n]) for n, found in enumerate(wanted) if found is not None] == [
        found for found in wanted if found is not None
    ]


@pytest.mark.parametrize("step", [0, 1, 500, 20_000])
def test_tables_of_days_say_what_the_lists_say(step: int) -> None:
    known = codes()
    day = dt.date(1995, 1, 1) + dt.timedelta(step)

    def same(table: np.ndarray, names: tuple[str, ...], told: Callable[[str], bool]) -> bool:
        return table[:, step].tolist() == [told(name) for name in names]

    uses = known.membership
    assert same(known.member_days, known.members, lambda name: uses.uses(name, day, day))
    assert same(known.limited_days, known.members, lambda name: uses.limited(name, day, day))
    applied = known.sis_categories

    def applies(name: str) -> bool:
        return applied.days(name).start <= day <= applied.days(name).end

    assert same(known.category_days, known.categories, applies)
