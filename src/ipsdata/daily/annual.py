"""Annual sums of daily counts, as figures that stand beside the published ones.

A sum is made only of what covers its time whole: every day of the year, or of the part of it in
which the state was a member or the category applied; each month of each state that was a member;
and no row that was refused. For SIS as a whole there is a sum by category and in total, for each
state its total.
"""

import datetime as dt
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ipsdata.code.dates import Period
from ipsdata.code.membership import Membership
from ipsdata.code.sis_categories import TOTAL, SisCategories
from ipsdata.daily.refusals import TABLE

Row = Mapping[str, Any]
Sums = dict[tuple[str, str, str], int]
Months = frozenset[tuple[str, int]]

SIS = "SIS"
ON_FOREIGN_ALERTS = "on_foreign_alerts"  # so hits add up over states: see the contract
INDICATORS = {
    "search": "searches",
    "automated_search": "automated_searches",
    "hit": "hits",
    "alert_created": "alerts_created",
    "alert_updated": "alerts_updated",
    "alert_deleted": "alerts_deleted",
    "alert_expired": "alerts_expired",
}
UNITS = {"search": "search", "automated_search": "search", "hit": "hit"}


@dataclass(frozen=True)
class DailyYear:
    """A year of daily counts: its row of `sis_daily_partitions` and the documents it rests on."""

    listing: Row
    documents: tuple[str, ...]

    @property
    def days(self) -> Period | None:
        """The days that are covered, if none between them is missing and no row was refused."""
        first, last = self.listing["first_date"], self.listing["last_date"]
        if first is None or (last - first).days + 1 != self.listing["days"]:
            return None
        if self.listing["rejected"]:
            return None
        return Period(first, last)


def annual_facts(
    years: Iterable[DailyYear],
    monthly: pa.Table,
    categories: SisCategories,
    membership: Membership,
    authorities: Mapping[str, int],
) -> list[dict[str, Any]]:
    """Return the annual sums, with the columns of `sis_statistics`.

    Args:
        monthly: the table `sis_monthly_counts`.
        authorities: of the kinds of source.
    """
    return [
        fact
        for year in years
        if year.days is not None and year.listing["source_kind"] in authorities
        for fact in _year_facts(year, _of_year(monthly, year), categories, membership, authorities)
    ]


def _of_year(monthly: pa.Table, year: DailyYear) -> pa.Table:
    number = year.listing["year"]
    first, last = (pa.scalar(dt.date(y, 1, 1)) for y in (number, number + 1))
    field = pc.field("month")
    return monthly.filter((field >= first) & (field < last))


def _sums(rows: pa.Table) -> Sums:
    """Return the counts of a year by state, category and event."""
    names = ["member_state", "category_id", "event"]
    grouped = rows.group_by(names).aggregate([("count", "sum")]).to_pylist()
    return {tuple(row[name] for name in names): row["count_sum"] for row in grouped}


def _months(rows: pa.Table) -> Months:
    """Return the months of a year in which each state has a row."""
    found = rows.group_by(["member_state", "month"]).aggregate([]).to_pylist()
    return frozenset((row["member_state"], row["month"].month) for row in found)


def _year_facts(
    year: DailyYear,
    rows: pa.Table,
    categories: SisCategories,
    membership: Membership,
    authorities: Mapping[str, int],
) -> Iterator[dict[str, Any]]:
    covered = year.days
    if covered is None:
        return
    whole = Period(dt.date(covered.start.year, 1, 1), dt.date(covered.start.year, 12, 31))
    months = _months(rows)
    for (area, category, event), count in sorted(_added(_sums(rows), categories).items()):
        wanted = _within(whole, area, category, categories, membership)
        if wanted is None or not (covered.start <= wanted.start and wanted.end <= covered.end):
            continue
        if _reported(wanted, area, months, membership):
            sum_ = _Sum(area, category, event, count, wanted, wanted == whole)
            yield _fact(year, sum_, authorities)


def _reported(wanted: Period, area: str, months: Months, membership: Membership) -> bool:
    """Whether each state of the area that was a member has a row in each month."""
    for month in range(wanted.start.month, wanted.end.month + 1):
        last = dt.date(wanted.start.year, month, monthrange(wanted.start.year, month)[1])
        members = membership.members_on(min(last, wanted.end))
        if any((s, month) not in months for s in members if area in (SIS, s)):
            return False
    return True


def _added(sums: Sums, categories: SisCategories) -> Sums:
    """Add up states and categories, where no category overlaps another."""
    added: Sums = defaultdict(int)
    present = sorted({category for _, category, _ in sums})
    whole = not any(categories.overlap(*pair) for pair in combinations(present, 2))
    for (state, category, event), count in sums.items():
        added[SIS, category, event] += count
        if whole:
            added[SIS, TOTAL, event] += count
            added[state, TOTAL, event] += count
    return added


def _within(
    whole: Period, area: str, category: str, categories: SisCategories, membership: Membership
) -> Period | None:
    """Return the part of a year in which the state was a member and the category applied."""
    days = whole
    if category != TOTAL:
        days = _overlap(days, categories.days(category)) or days
    if area == SIS:
        return days
    uses = [_overlap(days, period) for period in membership.unbroken(area)]
    found = [period for period in uses if period is not None]
    return found[0] if len(found) == 1 else None


def _overlap(one: Period, other: Period) -> Period | None:
    first, last = max(one.start, other.start), min(one.end, other.end)
    return Period(first, last) if first <= last else None


@dataclass(frozen=True)
class _Sum:
    """A sum over the days of `period`, which is the whole year or not."""

    area: str
    category: str
    event: str
    count: int
    period: Period
    is_whole: bool


def _fact(year: DailyYear, found: _Sum, authorities: Mapping[str, int]) -> dict[str, Any]:
    listing, period = year.listing, found.period
    published = listing["published_on"]
    return {
        "edition_id": listing["edition_id"],
        "source": TABLE,
        "source_url": None,
        "vintage": published.isoformat() if published else "undated",
        "source_kind": listing["source_kind"],
        "origin_kind": None,
        "authority": authorities[listing["source_kind"]],
        "indicator": INDICATORS[found.event],
        "area": found.area,
        "category_id": found.category,
        "scope": ON_FOREIGN_ALERTS if found.event == "hit" else "not_applicable",
        "time_kind": "flow",
        "time_period": str(listing["year"]) if found.is_whole else f"{period.start}/{period.end}",
        "reference_date": None,
        "period_start": period.start,
        "period_end": period.end,
        "averaging": "none",
        "observation_status": "A" if found.is_whole else "B",
        "rank": None,
        "place": None,
        "note": None,
        "value": found.count,
        "unit": UNITS.get(found.event, "alert"),
        "precision": "exact",
        "value_low": found.count,
        "value_high": found.count,
        "as_printed": str(found.count),
        "document_id": year.documents[0],
        "locator": (
            f"sum of {found.area}, {found.category}, {found.event} in {TABLE}, {_files(year)}"
        ),
        "verification": "read",
        "published_on": published,
        "correction_id": None,
    }


def _files(year: DailyYear) -> str:
    count = len(year.documents)
    return f"{year.listing['year']}" + (f", {count} files" if count > 1 else "")
