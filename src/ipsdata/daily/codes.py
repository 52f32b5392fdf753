"""What daily counts are coded by: members and categories with their days, as tables to look up."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ipsdata.code.membership import Membership
from ipsdata.code.sis_categories import REFUSAL_OF_ENTRY, SisCategories

FIRST_DAY = dt.date(1995, 1, 1)  # before SIS began
LAST_DAY = dt.date(2099, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1

Numbers = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class DailyCodes:
    """The codes, each list in an order of its own: the position of a code stands for it.

    Attributes:
        members: the states that ever used SIS.
        categories: the categories of law; total, persons and objects are none.
        laws: instrument and article of each category.
        events: the domain of the column `event`.
        member_days: which member (row) used SIS on which day (column, from `FIRST_DAY`).
        limited_days: which member did not take part in refusal of entry on which day.
        category_days: which category applied on which day.
        refusals: which categories are those of refusal of entry.
    """

    members: tuple[str, ...]
    categories: tuple[str, ...]
    laws: tuple[tuple[str, str], ...]
    events: tuple[str, ...]
    member_days: Flags
    limited_days: Flags
    category_days: Flags
    refusals: Flags
    membership: Membership
    sis_categories: SisCategories

    def always_allowed(self, members: Numbers, categories: Numbers, days: Numbers) -> bool:
        """Say whether all of these categories are allowed to all of these members on each day."""
        limited = self.refusals[categories].any() and self.limited_days[np.ix_(members, days)].any()
        return not limited and bool(
            self.member_days[np.ix_(members, days)].all()
            and self.category_days[np.ix_(categories, days)].all()
        )

    def allowed(self, members: Numbers, categories: Numbers, days: Numbers) -> Flags:
        """Return of each row whether its member used SIS, and its category applied, on its day.

        And whether the member took part in refusal of entry then, where that is the category.
        """
        limited = self.refusals[categories] & self.limited_days[members, days]
        found: Flags = (
            self.member_days[members, days] & self.category_days[categories, days] & ~limited
        )
        return found

    @classmethod
    def of_rows(
        cls, categories: Iterable[Row], membership: Iterable[Row], events: Iterable[str]
    ) -> "DailyCodes":
        """Take the codes from the rows of `sis_categories` and `sis_membership`."""
        categories, uses = list(categories), list(membership)
        of_law = sorted(
            (row for row in categories if row["instrument"]), key=lambda row: row["category_id"]
        )
        members = sorted({row["country_code"] for row in uses})
        names = [row["category_id"] for row in of_law]
        limited = [row for row in uses if not row["refusal_of_entry"]]
        return cls(
            members=tuple(members),
            categories=tuple(names),
            laws=tuple((row["instrument"], row["article"]) for row in of_law),
            events=tuple(events),
            member_days=_by_day(members, uses, "country_code"),
            limited_days=_by_day(members, limited, "country_code"),
            category_days=_by_day(names, of_law, "category_id"),
            refusals=np.array([name in REFUSAL_OF_ENTRY for name in names]),
            membership=Membership(uses),
            sis_categories=SisCategories(categories),
        )


def day_number(day: dt.date) -> int:
    """Return a day's column in the tables; the nearest one for days outside them."""
    return min(max((day - FIRST_DAY).days, 0), DAYS - 1)


def _by_day(names: list[str], rows: Iterable[Row], key: str) -> Flags:
    table = np.zeros((len(names), DAYS), dtype=np.bool_)
    for row in rows:
        first = day_number(row["valid_from"] or FIRST_DAY)
        last = day_number(row["valid_until"] or LAST_DAY)
        table[names.index(row[key]), first : last + 1] = True
    return table
