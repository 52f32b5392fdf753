"""Deployments for charts: each published figure with its titles and the figure before it.

Absent from a list means unknown, not zero: where a mission is not in the edition before, nothing is
compared. A change is an interval, as the two figures are.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ipsdata.code.codelists import Validity
from ipsdata.facts.settle import PROVENANCE
from ipsdata.figures import Row, interval_of
from ipsdata.marts.calendar import half_year
from ipsdata.marts.reporting import BETWEEN, LOCALES, Titles, by, day_in_words, titled

KEPT = (
    "edition_id",
    "mission_id",
    "mission_as_printed",
    "population",
    "measure",
    "reference_date",
    *PROVENANCE,
)
Series = tuple[str, str, str]


@dataclass(frozen=True)
class MissionCodes:
    """What is known of missions, and the titles of codes.

    Attributes:
        missions: rows of `missions` by mission_id.
        hosts: rows of `mission_hosts`, in order of mission and country.
        countries: rows of `countries` by country_code.
    """

    missions: Mapping[str, Row]
    hosts: Sequence[Row]
    countries: Mapping[str, Row]
    titles: Titles

    @classmethod
    def of_rows(cls, rows: Mapping[str, Sequence[Row]]) -> "MissionCodes":
        """Take the codes from the rows of their tables, by table name."""
        return cls(
            missions=by("mission_id", rows["missions"]),
            hosts=sorted(rows["mission_hosts"], key=lambda row: str(row["country_code"])),
            countries=by("country_code", rows["countries"]),
            titles=Titles.of_rows(rows["code_titles"]),
        )


def reporting_deployments(
    deployments: Sequence[Row], codes: MissionCodes, documents: Iterable[Row]
) -> tuple[dict[str, Any], ...]:
    """Return the rows of `reporting_deployments`, one a row of `deployments`.

    A row of a mission that is not known is left out: the keys between tables, which are checked
    before anything is published, tell of it.

    Args:
        documents: rows of `documents`.
    """
    newest = _newest_editions(deployments)
    series = _editions_of_series(deployments)
    sources = by("document_id", documents)
    return tuple(
        {
            **{name: row[name] for name in KEPT},
            "collection": _collection(row),
            "is_latest": row["edition_id"] == newest[_collection(row)],
            "half_year": half_year(row["reference_date"]),
            **_titles(row, codes),
            **_hosts(row, codes),
            **_source(sources[row["document_id"]]),
            **_compared(row, _before(row, series[_series(row)])),
        }
        for row in deployments
        if row["mission_id"] in codes.missions
    )


def _collection(row: Row) -> str:
    return str(row["edition_id"]).partition("/")[0]


def _newest_editions(deployments: Iterable[Row]) -> dict[str, str]:
    """Return the newest edition of each collection: of those of one date, the last by name."""
    last: dict[str, tuple[dt.date, str]] = {}
    for row in deployments:
        found = (row["reference_date"], row["edition_id"])
        last[_collection(row)] = max(last.get(_collection(row), found), found)
    return {collection: edition_id for collection, (_, edition_id) in last.items()}


# Titles


def _titles(row: Row, codes: MissionCodes) -> dict[str, Any]:
    mission = codes.missions[row["mission_id"]]
    told = {
        **titled("mission", mission),
        **titled("population", codes.titles.of("deployments.population", row["population"])),
        **titled("measure", codes.titles.of("deployments.measure", row["measure"])),
    }
    organisation = codes.titles.of("missions.organisation", mission["organisation"])
    kind = codes.titles.of("missions.mission_type", mission["mission_type"])
    return {
        **told,
        "organisation": mission["organisation"],
        **titled("organisation", organisation),
        "mission_type": mission["mission_type"],
        **titled("mission_type", kind),
        "mission_start": mission["start"],
        "mission_end": mission["end"],
        "mandate_until": mission["mandate_until"],
        **_labels(row, told),
    }


def _labels(row: Row, told: Mapping[str, str]) -> dict[str, str]:
    day = day_in_words(row["reference_date"])
    return {
        f"label{end}": f"{told[f'mission_title{end}']}: {row['as_printed']} "
        f"({told[f'population_title{end}']}; {told[f'measure_title{end}']}; {day[end]})"
        for end in LOCALES
    }


def _hosts(row: Row, codes: MissionCodes) -> dict[str, str]:
    """Return the countries that were host on the reference date; nothing if none is known."""
    day = row["reference_date"]
    hosts = [
        host
        for host in codes.hosts
        if host["mission_id"] == row["mission_id"]
        and Validity(host["valid_from"], host["valid_until"]).covers(day, day)
    ]
    if not hosts:
        return {}
    countries = [codes.countries[host["country_code"]] for host in hosts]
    are_certain = all(host["certainty"] == "certain" for host in hosts)
    return {
        "host_country_codes": BETWEEN.join(country["country_code"] for country in countries),
        "host_countries": BETWEEN.join(country["title"] for country in countries),
        "host_countries_nl": BETWEEN.join(country["title_nl"] for country in countries),
        "host_certainty": "certain" if are_certain else "presumed",
    }


def _source(document: Row) -> dict[str, Any]:
    return {
        "document_title": document["title"],
        "citation": document["citation"],
        "url": document["url"],
    }


# The figure before


def _series(row: Row) -> Series:
    return _collection(row), row["population"], row["measure"]


def _editions_of_series(deployments: Iterable[Row]) -> dict[Series, list[list[Row]]]:
    """Return the rows of each edition of each series, in order of their last reference date."""
    found: dict[Series, dict[str, list[Row]]] = {}
    for row in sorted(deployments, key=lambda row: row["reference_date"]):
        found.setdefault(_series(row), {}).setdefault(row["edition_id"], []).append(row)
    return {
        series: sorted(editions.values(), key=lambda rows: (_last_date(rows), _edition(rows)))
        for series, editions in found.items()
    }


def _last_date(rows: Sequence[Row]) -> dt.date:
    last: dt.date = rows[-1]["reference_date"]
    return last


def _edition(rows: Sequence[Row]) -> str:
    return str(rows[-1]["edition_id"])


def _before(row: Row, editions: Sequence[Sequence[Row]]) -> Row | None:
    """Return the last figure of a mission in the newest edition that ends before its date."""
    earlier = [rows for rows in editions if _last_date(rows) < row["reference_date"]]
    if not earlier:
        return None
    listed = [one for one in earlier[-1] if one["mission_id"] == row["mission_id"]]
    return listed[-1] if listed else None


def _compared(row: Row, before: Row | None) -> dict[str, Any]:
    if before is None:
        return {}
    change = interval_of(row) - interval_of(before)
    return {
        "previous_edition_id": before["edition_id"],
        "previous_reference_date": before["reference_date"],
        "previous_value": before["value"],
        "previous_value_low": before["value_low"],
        "previous_value_high": before["value_high"],
        "change": row["value"] - before["value"],
        "change_low": _whole(change.low),
        "change_high": _whole(change.high),
    }


def _whole(bound: Decimal | None) -> int | None:
    return None if bound is None else int(bound)
