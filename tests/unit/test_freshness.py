"""How old the newest of each source is."""

import datetime as dt
from typing import Any

import pytest

from ipsdata.freshness import ALLOWED_DAYS, late_sources

TODAY = dt.date(2026, 1, 1)


def document(collection: str, published: str | None, frequency: str | None) -> dict[str, Any]:
    return {
        "collection": collection,
        "published_on": dt.date.fromisoformat(published) if published else None,
        "retrieved_on": dt.date(2025, 12, 31),
        "frequency": frequency,
    }


def year(edition: str, last: str | None) -> dict[str, Any]:
    return {"edition_id": edition, "last_date": dt.date.fromisoformat(last) if last else None}


@pytest.mark.parametrize(("frequency", "allowed"), ALLOWED_DAYS.items())
def test_a_source_is_late_from_the_day_after_what_its_frequency_allows(
    frequency: str, allowed: int
) -> None:
    for age, is_late in ((allowed, False), (allowed + 1, True)):
        published = (TODAY - dt.timedelta(days=age)).isoformat()
        (found,) = late_sources([document("letters", published, frequency)], [], TODAY)
        assert (found.age, found.is_late) == (age, is_late)
        assert found.told.endswith("late" if is_late else "in time")


def test_the_newest_edition_counts_and_each_collection_by_itself() -> None:
    documents = [
        document("letters", "2025-06-12", "semiannual"),
        document("letters", "2024-12-01", "annual"),
        document("sis", None, "annual"),
    ]
    letters, sis = late_sources(documents, [], TODAY)
    assert (letters.collection, letters.newest, letters.allowed) == (
        "letters",
        dt.date(2025, 6, 12),
        245,
    )
    assert (sis.collection, sis.newest) == ("sis", dt.date(2025, 12, 31))


def test_of_counts_their_last_day_tells_the_age() -> None:
    documents = [document("daily", "2025-12-31", "daily"), document("other", None, None)]
    years = [year("daily/2024 other/1", "2024-12-31"), year("daily/2025", "2025-11-30")]
    daily, other = late_sources([*documents], [*years, year("daily/2026", None)], TODAY)
    assert (daily.newest, daily.age, daily.is_late) == (dt.date(2025, 11, 30), 32, True)
    assert daily.told == ("daily: newest of 2025-11-30, 32 days old; daily, at most 3 days: late")
    assert not other.is_late
    assert other.told.endswith("its sidecars tell no frequency")
