"""SIS figures for charts: each preferred annual figure with its titles, breaks and growth."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ipsdata.facts.settle import PROVENANCE
from ipsdata.figures import Row, grouped
from ipsdata.marts.breaks import Breaks
from ipsdata.marts.reporting import BETWEEN, LOCALES, Titles, by, titled
from ipsdata.marts.sis_annual import SUBJECT
from ipsdata.marts.sis_derived import breaks_between

NOT_APPLICABLE = "not_applicable"
SCOPE = "sis_statistics.scope"
KEPT = (
    "year",
    "area",
    "indicator",
    "category_id",
    "scope",
    "time_kind",
    "time_period",
    "reference_date",
    "observation_status",
    *PROVENANCE,
    "source",
    "source_kind",
    "choice",
)
SCOPE_CHANGES = {
    "": "Scope of hits: “{before}” before, then “{after}”",
    "_nl": "Reikwijdte van hits: eerst “{before}”, daarna “{after}”",
}


@dataclass(frozen=True)
class SisTitles:
    """What titles the codes of SIS figures have: rows of their tables by key."""

    areas: Mapping[str, Row]
    indicators: Mapping[str, Row]
    categories: Mapping[str, Row]
    source_kinds: Mapping[str, Row]
    titles: Titles

    @classmethod
    def of_rows(cls, rows: Mapping[str, Sequence[Row]]) -> "SisTitles":
        """Take the titles from the rows of their tables, by table name."""
        return cls(
            areas=by("country_code", rows["countries"]),
            indicators=by("indicator", rows["sis_indicators"]),
            categories=by("category_id", rows["sis_categories"]),
            source_kinds=by("source_kind", rows["sis_source_kinds"]),
            titles=Titles.of_rows(rows["code_titles"]),
        )


def reporting_sis(
    annual: Sequence[Row],
    derived: Iterable[Row],
    breaks: Breaks,
    codes: SisTitles,
    documents: Iterable[Row],
) -> tuple[dict[str, Any], ...]:
    """Return the rows of `reporting_sis`, one a row of `sis_annual`.

    Args:
        annual: rows of `sis_annual`.
        derived: rows of `sis_derived`, of which growth without a break in between is taken.
        documents: rows of `documents`.
    """
    growth = {_key(row): row for row in derived if row["measure"] == "growth"}
    sources = by("document_id", documents)
    return tuple(
        {
            **_told(row, codes),
            **_source(row, sources[row["document_id"]]),
            **broken,
            **_grown(before, growth.get(_key(row))),
        }
        for _, series in grouped(annual, SUBJECT)
        for before, row, broken in _broken(series, breaks, codes.titles)
    )


def _key(row: Row) -> tuple[Any, ...]:
    return row["year"], *(row[name] for name in SUBJECT)


# Titles


def _told(row: Row, codes: SisTitles) -> dict[str, Any]:
    category = codes.categories[row["category_id"]]
    told = {
        **titled("area", codes.areas[row["area"]]),
        **titled("indicator", codes.indicators[row["indicator"]]),
        **titled("category", category),
        **titled("scope", codes.titles.of(SCOPE, row["scope"])),
    }
    return {
        **{name: row[name] for name in KEPT},
        **told,
        "date": dt.date(row["year"], 12, 31),
        "instrument": category["instrument"],
        "article": category["article"],
        **titled("source_kind", codes.source_kinds[row["source_kind"]]),
        **_labels(row, told),
    }


def _labels(row: Row, told: Mapping[str, str]) -> dict[str, str]:
    has_scope = row["scope"] != NOT_APPLICABLE
    names = ("indicator", "area", "category", *(["scope"] if has_scope else []))
    return {
        f"label{end}": BETWEEN.join(told[f"{name}_title{end}"] for name in names)
        + f"; {row['time_period']}: {row['as_printed']}"
        for end in LOCALES
    }


def _source(row: Row, document: Row) -> dict[str, Any]:
    return {
        "document_title": document["title"],
        "citation": document["citation"],
        "url": row["source_url"],
    }


# Breaks, and growth where there is none


def _broken(
    series: Iterable[Row], breaks: Breaks, titles: Titles
) -> Iterator[tuple[Row | None, Row, dict[str, Any]]]:
    """Yield each row of a series with the one before it, and what breaks between the two."""
    before: Row | None = None
    segment = 1
    for row in sorted(series, key=lambda row: int(row["year"])):
        found = _breaks(before, row, breaks, titles)
        segment += before is not None and bool(found)
        yield before, row, {"has_break": bool(found), **found, "segment": segment}
        before = row


def _breaks(before: Row | None, row: Row, breaks: Breaks, titles: Titles) -> dict[str, str]:
    """Return the breaks before a figure, in columns; nothing if there are none."""
    if before is None:
        found = breaks.within(row["year"], row["area"], row["time_kind"])
    else:
        found = breaks_between(before, row, breaks)
    told = [(one["break_id"], one["title"], one["title_nl"]) for one in found]
    if before is not None and before["scope"] != row["scope"]:
        told.append(_scope_change(before["scope"], row["scope"], titles))
    if not told:
        return {}
    columns = ("break_ids", "break_titles", "break_titles_nl")
    return dict(zip(columns, map(BETWEEN.join, zip(*told, strict=True)), strict=True))


def _scope_change(before: str, after: str, titles: Titles) -> tuple[str, str, str]:
    """Return the id, as `sis_annual` has it, and both titles of a change of scope."""
    told = [titled("scope", titles.of(SCOPE, scope)) for scope in (before, after)]
    title, title_nl = (
        sentence.format(before=told[0][f"scope_title{end}"], after=told[1][f"scope_title{end}"])
        for end, sentence in SCOPE_CHANGES.items()
    )
    return f"scope:{before}→{after}", title, title_nl


def _grown(before: Row | None, growth: Row | None) -> dict[str, Any]:
    if before is None or growth is None or growth["breaks"]:
        return {}
    return {
        "previous_value": before["value"],
        "previous_value_low": before["value_low"],
        "previous_value_high": before["value_high"],
        "growth": growth["value"],
        "growth_low": growth["value_low"],
        "growth_high": growth["value_high"],
    }
