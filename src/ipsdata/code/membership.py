"""Membership: which states used the Schengen Information System on which days, and how far."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ipsdata.code.dates import Period

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class YearEnd:
    """The states that used SIS on the last day of a year.

    Attributes:
        members: their codes, sorted.
        joined: those that did not use it a year before.
        left: those that did, and no longer do.
    """

    year: int
    members: tuple[str, ...]
    joined: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class _Use:
    """The days on which a state used SIS in one way; those of a present member have no end."""

    days: Period
    refuses_entry: bool


class Membership:
    """The states that used SIS, each with its periods."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Index rows of `sis_membership`, with dates as dates, by state."""
        self._uses: dict[str, list[_Use]] = {}
        for row in sorted(rows, key=lambda row: row["valid_from"]):
            days = Period(row["valid_from"], row["valid_until"] or dt.date.max)
            uses = self._uses.setdefault(row["country_code"], [])
            uses.append(_Use(days, row["refusal_of_entry"]))

    def knows(self, country: str) -> bool:
        """Whether the state has used SIS at any time."""
        return country in self._uses

    def uses(self, country: str, first: dt.date, last: dt.date) -> bool:
        """Whether the state used SIS on some day from `first` to `last`."""
        return bool(self._in_use(country, first, last))

    def throughout(self, country: str, first: dt.date, last: dt.date) -> bool:
        """Whether the state used SIS, with limits or without, every day from `first` to `last`."""
        return any(p.start <= first and last <= p.end for p in self.unbroken(country))

    def limited(self, country: str, first: dt.date, last: dt.date) -> bool:
        """Whether the state used SIS from `first` to `last`, but on no day for refusal of entry.

        A state that did not use SIS at all on those days is not limited: `uses` tells of it.
        """
        found = self._in_use(country, first, last)
        return bool(found) and not any(use.refuses_entry for use in found)

    def members_on(self, day: dt.date) -> tuple[str, ...]:
        """Return the states that used SIS on a day, sorted by their codes."""
        return tuple(sorted(code for code in self._uses if self.uses(code, day, day)))

    def periods(self, country: str) -> str:
        """Say when the state used SIS: "2015-04-13 to 2020-12-31", "since 2021-03-15", "never"."""
        return "; ".join(map(_in_words, self.unbroken(country))) or "never"

    def year_ends(self, last_year: int) -> tuple[YearEnd, ...]:
        """Return the members at each year's end, from the first year of use to `last_year`."""
        starts = [use.days.start.year for uses in self._uses.values() for use in uses]
        years = range(min(starts, default=last_year + 1) - 1, last_year + 1)
        ends = [(year, self.members_on(dt.date(year, 12, 31))) for year in years]
        return tuple(
            YearEnd(
                year,
                members,
                joined=tuple(code for code in members if code not in before),
                left=tuple(code for code in before if code not in members),
            )
            for (_, before), (year, members) in pairwise(ends)
        )

    def _in_use(self, country: str, first: dt.date, last: dt.date) -> list[_Use]:
        wanted = Period(first, last)
        return [use for use in self._uses.get(country, ()) if use.days.overlaps(wanted)]

    def unbroken(self, country: str) -> list[Period]:
        """Return a state's periods, those that follow each other without a gap as one."""
        joined: list[Period] = []
        for use in self._uses.get(country, ()):
            if joined and use.days.start - ONE_DAY <= joined[-1].end:
                before = joined.pop()
                joined.append(Period(before.start, max(before.end, use.days.end)))
            else:
                joined.append(use.days)
        return joined


def _in_words(days: Period) -> str:
    return f"since {days.start}" if days.end == dt.date.max else f"{days.start} to {days.end}"
