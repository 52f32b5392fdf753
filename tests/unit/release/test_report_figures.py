"""Which figures the page shows, and under which anchors."""

import dataclasses
import datetime as dt
import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.figures import (
    AllFigures,
    all_figures,
    choose,
    newest_letter,
    slug,
)
from standards import contract, document, shipped_release

DAY = dt.date(2025, 1, 1)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


@pytest.fixture(scope="module")
def found(shipped: ReleaseContent) -> AllFigures:
    return all_figures(shipped)


def deployment(mission: str, day: dt.date = DAY, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(contract("deployments").names)
    row |= {
        "edition_id": f"letters/{day.isoformat()}",
        "mission_id": mission,
        "mission_as_printed": mission,
        "population": "police",
        "measure": "stock",
        "reference_date": day,
        "published_on": day,
        "value": 3,
        "value_low": 3,
        "value_high": 3,
        "unit": "person",
        "precision": "exact",
        "as_printed": "3",
        "document_id": f"{1:064x}",
        "locator": "line 2",
        "verification": "read",
    }
    return row | changes


def content_with(shipped: ReleaseContent, rows: list[dict[str, Any]]) -> ReleaseContent:
    schema = shipped.tables["deployments"].schema
    tables = {**shipped.tables, "deployments": pa.Table.from_pylist(rows, schema=schema)}
    return dataclasses.replace(shipped, tables=tables)


def test_every_figure_of_the_release_is_there_once(
    shipped: ReleaseContent, found: AllFigures
) -> None:
    tables = {name: shipped.tables[name] for name in ("deployments", "sis_statistics")}
    staffing = shipped.tables["caribbean_staffing"]
    expected = (
        sum(table.num_rows for table in tables.values()) + staffing["value"].drop_null().length()
    )
    assert len(found.figures) == expected
    assert len({figure.anchor for figure in found.figures}) == expected


def test_every_annual_figure_is_a_published_one(shipped: ReleaseContent, found: AllFigures) -> None:
    anchors = {figure.anchor: figure for figure in found.figures}
    rows = [(anchor, row) for anchor, rows in found.annual.items() for row in rows]
    assert len(rows) == shipped.tables["sis_annual"].num_rows
    for anchor, row in rows:
        assert anchors[anchor].table == "sis_statistics"
        assert anchors[anchor].row["as_printed"] == row["as_printed"]
        assert anchors[anchor].row["value"] == row["value"]


def test_an_anchor_stays_when_other_figures_come(
    shipped: ReleaseContent, found: AllFigures
) -> None:
    own = shipped.tables["deployments"].to_pylist()
    more = all_figures(content_with(shipped, [*own, deployment("EUMA", dt.date(2025, 12, 1))]))
    before = {figure.anchor for figure in found.figures}
    after = {figure.anchor for figure in more.figures}
    assert before < after
    assert len(after - before) == 1


@given(st.text(max_size=80))
def test_anchors_may_stand_in_an_address(text: str) -> None:
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))


def test_the_newest_letter_goes_before_a_newer_list() -> None:
    letters = [deployment("EUMA"), deployment("OSC", dt.date(2025, 7, 1))]
    listed = deployment(
        "UNMISS", dt.date(2026, 1, 1), edition_id="un/2026-01", document_id=f"{2:064x}"
    )
    shown = all_figures(_release([*letters, listed]))
    assert newest_letter(shown.figures) == "letters/2025-07-01"
    only = all_figures(_release([listed]))
    assert newest_letter(only.figures) == "un/2026-01"
    assert newest_letter([]) is None


def _release(rows: list[dict[str, Any]]) -> ReleaseContent:
    schema = contract("deployments").arrow_schema
    documents = [document(1), document(2, collection="un", edition_id="un/2026-01")]
    return ReleaseContent(
        folder=None,  # type: ignore[arg-type]
        release_id="2026-11-24.0",
        published_at=dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
        contracts={},
        tables={
            "deployments": pa.Table.from_pylist(rows, schema=schema),
            "documents": pa.Table.from_pylist(documents, contract("documents").arrow_schema),
        },
        parts={},
        entries={},
        previous=None,
        previous_id=None,
        schema_version="1.0.0",
    )


def test_room_goes_to_the_newest_letter_then_to_the_newest_of_each_series() -> None:
    days = [dt.date(2020 + year, 1, 1) for year in range(5)]
    rows = [
        *(deployment("EUMA", day) for day in days),
        *(deployment("UNMISS", day) for day in days[:4]),
    ]
    found = all_figures(_release(rows))
    shown = [
        (figure.row["mission_id"], figure.row["reference_date"].year)
        for figure in choose(found, 4).shown.values()
    ]
    assert shown == [("EUMA", 2024), ("UNMISS", 2023), ("EUMA", 2023), ("UNMISS", 2022)]
    assert choose(found, 4).left_out == {"deployments": 5}


@pytest.mark.parametrize("limit", [0, 1, 11, 60, 10_000])
def test_shown_and_left_out_add_up(found: AllFigures, limit: int) -> None:
    chosen = choose(found, limit)
    assert len(chosen.shown) <= limit
    assert len(chosen.shown) + sum(chosen.left_out.values()) == len(found.figures)
    assert chosen.annual.keys() <= chosen.shown.keys()


def test_daily_counts_that_were_summed_up_are_figures_of_their_own(
    shipped: ReleaseContent, found: AllFigures
) -> None:
    annual = shipped.tables["sis_annual"].to_pylist()
    summed = {**annual[-1], "year": 2025, "source": "daily", "locator": "sum of 365 days"}
    table = pa.Table.from_pylist([*annual, summed], schema=shipped.tables["sis_annual"].schema)
    more = all_figures(dataclasses.replace(shipped, tables={**shipped.tables, "sis_annual": table}))
    (own,) = [figure for figure in more.figures if figure.table == "sis_annual"]
    assert own.row["locator"] == "sum of 365 days"
    assert own.day == dt.date(2025, 12, 31)
    assert len(more.figures) == len(found.figures) + 1
    assert choose(more, 0).left_out["sis_annual"] == 1
