"""Membership of SIS: on which days a state used it, and what the command line tells of it."""

import datetime as dt
import json
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import ipsdata.release.store
from ipsdata.cli import cli
from ipsdata.code.membership import Membership, YearEnd


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def row(country: str, first: str, last: str | None, *, refuses: bool = True) -> dict[str, Any]:
    return {
        "country_code": country,
        "valid_from": day(first),
        "valid_until": None if last is None else day(last),
        "refusal_of_entry": refuses,
    }


ROWS = [
    row("HR", "2023-01-01", None),
    row("HR", "2017-06-27", "2022-12-31", refuses=False),
    row("GB", "2015-04-13", "2020-12-31", refuses=False),
    row("IE", "2021-03-15", None, refuses=False),
    row("NL", "1995-03-26", None),
    row("ZZ", "2000-01-01", "2000-06-30"),
    row("ZZ", "2001-01-01", "2001-06-30", refuses=False),
]
MEMBERSHIP = Membership(ROWS)


@pytest.mark.parametrize(
    ("country", "first", "last", "some", "every"),
    [
        ("NL", "1995-03-26", "1995-03-26", True, True),
        ("NL", "1995-03-25", "1995-03-25", False, False),
        ("NL", "1995-03-25", "1995-03-26", True, False),
        ("NL", "1995-03-26", "9999-12-31", True, True),
        ("GB", "2015-04-13", "2020-12-31", True, True),
        ("GB", "2020-12-31", "2021-01-01", True, False),
        ("GB", "2021-01-01", "2021-12-31", False, False),
        ("GB", "2015-01-01", "2015-12-31", True, False),
        ("GB", "2014-01-01", "2022-12-31", True, False),
        ("HR", "2022-01-01", "2023-12-31", True, True),
        ("HR", "2017-06-26", "2023-12-31", True, False),
        ("ZZ", "2000-06-30", "2001-01-01", True, False),
        ("ZZ", "2000-07-01", "2000-12-31", False, False),
        ("XX", "2000-01-01", "2024-12-31", False, False),
    ],
)
def test_use_on_some_and_on_every_day(
    country: str, first: str, last: str, some: bool, every: bool
) -> None:
    assert MEMBERSHIP.uses(country, day(first), day(last)) is some
    assert MEMBERSHIP.throughout(country, day(first), day(last)) is every


@pytest.mark.parametrize(
    ("country", "first", "last", "limited"),
    [
        ("GB", "2015-01-01", "2015-12-31", True),
        ("GB", "2021-01-01", "2021-12-31", False),  # no member at all
        ("IE", "2021-03-15", "2024-12-31", True),
        ("HR", "2017-06-27", "2022-12-31", True),
        ("HR", "2022-12-31", "2023-01-01", False),
        ("HR", "2023-01-01", "2023-12-31", False),
        ("NL", "1995-03-26", "2024-12-31", False),
        ("ZZ", "2000-06-30", "2001-06-30", False),
        ("ZZ", "2000-07-01", "2001-06-30", True),
        ("XX", "2015-01-01", "2015-12-31", False),
    ],
)
def test_limited_is_a_member_without_a_day_of_refusal(
    country: str, first: str, last: str, limited: bool
) -> None:
    assert MEMBERSHIP.limited(country, day(first), day(last)) is limited


def test_members_are_sorted_and_counted_on_the_day() -> None:
    assert MEMBERSHIP.members_on(day("2020-12-31")) == ("GB", "HR", "NL")
    assert MEMBERSHIP.members_on(day("2021-01-01")) == ("HR", "NL")
    assert MEMBERSHIP.members_on(day("2021-03-15")) == ("HR", "IE", "NL")
    assert MEMBERSHIP.members_on(day("1995-03-25")) == ()


@pytest.mark.parametrize(
    ("country", "told"),
    [
        ("GB", "2015-04-13 to 2020-12-31"),
        ("HR", "since 2017-06-27"),
        ("ZZ", "2000-01-01 to 2000-06-30; 2001-01-01 to 2001-06-30"),
        ("XX", "never"),
    ],
)
def test_periods_are_told_without_regard_to_limits(country: str, told: str) -> None:
    assert MEMBERSHIP.periods(country) == told
    assert MEMBERSHIP.knows(country) is (told != "never")


def test_year_ends_tell_who_joined_and_left() -> None:
    ends = MEMBERSHIP.year_ends(2021)
    assert [end.year for end in ends] == list(range(1995, 2022))
    assert ends[0] == YearEnd(1995, ("NL",), ("NL",), ())
    assert ends[5] == YearEnd(2000, ("NL",), (), ()), "ZZ came and went within the year"
    assert ends[-1] == YearEnd(2021, ("HR", "IE", "NL"), ("IE",), ("GB",))
    assert Membership(ROWS[2:3]).year_ends(2014) == ()
    assert Membership([]).year_ends(2024) == ()


@given(
    st.sampled_from(["GB", "HR", "IE", "NL", "ZZ"]),
    st.dates(day("1994-01-01"), day("2025-12-31")),
    st.integers(0, 900),
)
def test_periods_agree_with_their_days(country: str, first: dt.date, length: int) -> None:
    days = [first + dt.timedelta(n) for n in range(length + 1)]
    used = [country in MEMBERSHIP.members_on(each) for each in days]
    assert MEMBERSHIP.uses(country, first, days[-1]) is any(used)
    assert MEMBERSHIP.throughout(country, first, days[-1]) is all(used)
    limits = [MEMBERSHIP.limited(country, each, each) for each in days]
    expected = any(used) and limits == used
    assert MEMBERSHIP.limited(country, first, days[-1]) is expected


# The command line


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Return a runner for a program whose release has these rows."""

    def published(_folder: object, table: str) -> pa.Table:
        assert table == "sis_membership"
        return pa.Table.from_pylist(ROWS)

    monkeypatch.setattr(ipsdata.release.store, "published_table", published)
    return CliRunner()


def test_members_at_each_year_end(released: CliRunner) -> None:
    result = released.invoke(cli, ["members"])
    assert result.exit_code == 0
    lines = {tuple(line.replace("│", " ").split()) for line in result.stdout.splitlines()}
    last_year = dt.datetime.now(dt.UTC).year - 1
    assert {("1995", "1", "NL"), ("2021", "3", "IE", "GB"), (str(last_year), "3")} <= lines
    assert not any(line[:1] == (str(last_year + 1),) for line in lines)
    ends = json.loads(released.invoke(cli, ["members", "--json"]).stdout)
    assert ends[0] == {"year": 1995, "members": 1, "joined": ["NL"], "left": []}
    assert [end["year"] for end in ends] == list(range(1995, last_year + 1))


def test_members_on_a_day(released: CliRunner) -> None:
    told = released.invoke(cli, ["members", "--on", "2020-12-31"])
    assert told.stdout == "3 states used SIS on 2020-12-31: GB, HR, NL\n"
    none = released.invoke(cli, ["members", "--on", "1990-01-01"])
    assert none.stdout == "0 states used SIS on 1990-01-01: none\n"
    data = json.loads(released.invoke(cli, ["members", "--on", "2021-01-01", "--json"]).stdout)
    assert data == {"on": "2021-01-01", "members": 2, "codes": ["HR", "NL"]}


@pytest.mark.parametrize("text", ["2020", "31-12-2020", "2020-02-30", "today"])
def test_members_on_no_day_is_wrong_use(released: CliRunner, text: str) -> None:
    result = released.invoke(cli, ["members", "--on", text])
    assert result.exit_code == 2
    assert text in result.stderr
