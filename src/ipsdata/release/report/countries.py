"""The countries that the page tells of: which missions they host, since when they use SIS."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.figures import Figures
from ipsdata.release.report.missions import Mission
from ipsdata.release.report.records import Record, records


@dataclass(frozen=True)
class Country:
    """A country.

    Attributes:
        row: of `countries`.
        missions: those that it hosts, the ones with figures first.
        spells: its rows of `sis_membership`, the earliest first.
        figures: how many figures of the page are on it.
    """

    row: Record
    missions: tuple[Mission, ...]
    spells: tuple[Record, ...]
    figures: int


def countries(
    content: ReleaseContent, missions: Sequence[Mission], figures: Figures
) -> tuple[Country, ...]:
    """Return the countries of which there is something to tell, by their codes."""
    hosted: dict[str, list[Mission]] = defaultdict(list)
    for mission in sorted(missions, key=lambda mission: not mission.groups):
        for host in mission.hosts:
            hosted[host["country_code"]].append(mission)
    spells: dict[str, list[Record]] = defaultdict(list)
    for row in sorted(records(content, "sis_membership"), key=lambda row: str(row["valid_from"])):
        spells[row["country_code"]].append(row)
    counted = Counter(figure.row["area"] for figure in figures.shown.values())
    found = (
        Country(
            row,
            tuple(hosted[row["country_code"]]),
            tuple(spells[row["country_code"]]),
            counted[row["country_code"]],
        )
        for row in records(content, "countries")
    )
    return tuple(one for one in found if one.missions or one.spells or one.figures)
