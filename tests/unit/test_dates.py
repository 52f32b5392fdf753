"""Printed dates: read in full and in one language, or refused; and EDTF periods."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.code.dates import DateError, EdtfError, Period, parse_date, parse_edtf_period

MAY_14 = dt.date(2025, 5, 14)
MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december"
).split()
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("14 mei 2025", "nl"),
        ("14 MEI 2025", "nl"),
        (" 14  mei\u00a02025\n", "nl"),
        ("14-05-2025", "nl"),
        ("14/5/2025", "nl"),
        ("14.5.2025", "nl"),
        ("2025-05-14", "nl"),
        ("2025-05-14", "en"),
        ("14 May 2025", "en"),
        ("May 14, 2025", "en"),
        ("14th May 2025", "en"),
        ("14 mai 2025", "fr"),
        ("14. Mai 2025", "de"),
        ("14. Mai 2025", "de-CH"),
        ("14.05.2025", "de-CH"),
    ],
)
def test_full_date_is_read(text: str, language: str) -> None:
    assert parse_date(text, language) == MAY_14


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mei 2025",
        "14 mei",
        "2025",
        "14",
        "vandaag",
        "gisteren",
        "een jaar geleden",
        "31 juni 2025",
        "29 februari 2025",
        "0 mei 2025",
        "32 mei 2025",
        "14 mei 25",
        "14 mei 205",
        "14 mei 20255",
        "14/5/25",
        "12 11 10",
        "05-14-2025",
        "31-06-2025",
        "00-05-2025",
        "2025-13-14",
        "2025-5-14",
        "14 may 2025",
        "14 mai 2025",
        "14 meo 2025",
        "14 mei 2025 12:00",
        "14 mei 2025 +02:00",
        "14 mei 2025 of later",
        "per 14 mei 2025",
        "14 mei - 15 mei 2025",
        "veertien mei 2025",
        "١٤ mei 2025",
        "1747180800",
        "x" * 40_000,
    ],
)
def test_what_is_no_full_dutch_date_is_refused(text: str) -> None:
    with pytest.raises(DateError) as caught:
        parse_date(text, "nl")
    told = str(caught.value)
    assert told.startswith(f"found {text[:100]!r}"[:90])
    assert "expected a full, existing date in language 'nl', such as '14 mei 2025'" in told
    assert len(told) < 400


@pytest.mark.parametrize("text", ["14-05-2025", "05/04/2025", "4.5.2025"])
def test_english_digits_may_be_month_first_and_are_refused(text: str) -> None:
    with pytest.raises(DateError):
        parse_date(text, "en")


@given(DAYS)
def test_every_day_printed_in_dutch_is_read_back(day: dt.date) -> None:
    assert parse_date(f"{day.day} {MONTHS[day.month - 1]} {day.year}", "nl") == day
    assert parse_date(f"{day.day}-{day.month}-{day.year}", "nl") == day


@given(st.integers(29, 31), st.integers(0, 11), st.integers(1900, 2100))
def test_no_day_is_moved_to_another_month(number: int, month: int, year: int) -> None:
    try:
        expected = dt.date(year, month + 1, number)
    except ValueError:
        with pytest.raises(DateError):
            parse_date(f"{number} {MONTHS[month]} {year}", "nl")
    else:
        assert parse_date(f"{number} {MONTHS[month]} {year}", "nl") == expected


# EDTF


@pytest.mark.parametrize(
    ("text", "start", "end", "days"),
    [
        ("2024", "2024-01-01", "2024-12-31", 366),
        ("2023", "2023-01-01", "2023-12-31", 365),
        ("1900", "1900-01-01", "1900-12-31", 365),
        ("2024-02", "2024-02-01", "2024-02-29", 29),
        ("2023-12", "2023-12-01", "2023-12-31", 31),
        ("2024-12-31", "2024-12-31", "2024-12-31", 1),
        ("2013-04-09/2013-12-31", "2013-04-09", "2013-12-31", 267),
        ("2013-04/2014", "2013-04-01", "2014-12-31", 640),
        ("2024/2024", "2024-01-01", "2024-12-31", 366),
    ],
)
def test_edtf_period_spans_its_days(text: str, start: str, end: str, days: int) -> None:
    period = parse_edtf_period(text)
    assert period == Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert period.days == days
    assert period.is_day == (days == 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "24",
        "2024-13",
        "2024-00",
        "2024-02-30",
        "2024-2",
        "20241231",
        "2024-12-31T00:00",
        "2024/",
        "/2024",
        "2024/2023/2022",
        "2024~",
        "2024-XX",
        "0000",
        "٢٠٢٤",
        " 2024",
        "2024\n",
        "-2024",
        "y" * 40_000,
    ],
)
def test_what_is_no_edtf_is_refused(text: str) -> None:
    with pytest.raises(EdtfError, match=r"expected a date \(2024-12-31\), month") as caught:
        parse_edtf_period(text)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["2024/2023", "2024-02-02/2024-02-01", "2024-06/2024-05-31"])
def test_period_that_ends_before_it_starts_is_refused(text: str) -> None:
    with pytest.raises(EdtfError, match=f"found '{text}', a period that ends before it starts"):
        parse_edtf_period(text)


@given(DAYS, DAYS)
def test_edtf_interval_is_read_back(one: dt.date, other: dt.date) -> None:
    first, last = sorted((one, other))
    period = parse_edtf_period(f"{first}/{last}")
    assert (period.start, period.end) == (first, last)


@given(DAYS, DAYS, DAYS, DAYS)
def test_periods_overlap_where_they_share_a_day(
    a: dt.date, b: dt.date, c: dt.date, d: dt.date
) -> None:
    left, right = Period(*sorted((a, b))), Period(*sorted((c, d)))
    shared = max(left.start, right.start) <= min(left.end, right.end)
    assert left.overlaps(right) is shared
    assert right.overlaps(left) is shared
