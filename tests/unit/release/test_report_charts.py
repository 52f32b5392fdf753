"""The charts' specifications: what is drawn from which figure; the looks are for the browser."""

import datetime as dt
from typing import Any

import altair as alt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipsdata.release.report.charts import chart

Row = dict[str, Any]
BREAK = {"at": "2020-01-01", "number": "1", "label": "Another way of counting"}


def point(at: str, value: float | None, low: float | None, high: float | None) -> Row:
    return {"at": at, "value": value, "low": low, "high": high, "label": f"on {at}", "key": at}


def exact(at: str, value: float) -> Row:
    return point(at, value, value, value)


def drawn(*points: Row, breaks: tuple[Row, ...] = (), band: Row | None = None) -> dict[str, Any]:
    return chart(points, breaks, band, title="Officers", language="en")


def lines(spec: dict[str, Any]) -> list[list[str]]:
    """Return the days that each line joins."""
    found: dict[int, list[str]] = {}
    for row in spec["datasets"]["lines"]:
        found.setdefault(row["line"], []).append(row["at"])
    return list(found.values())


def value_axis(spec: dict[str, Any]) -> dict[str, Any]:
    (found,) = [
        layer["encoding"]["y"]
        for layer in spec["layer"]
        if "scale" in layer["encoding"].get("y", {})
    ]
    return dict(found)


# Ranges and arrows


def test_an_interval_is_a_range_with_its_value() -> None:
    data = drawn(point("2020-06-30", 5, 4, 7))["datasets"]
    mark = {"at": "2020-06-30", "label": "on 2020-06-30", "key": "2020-06-30"}
    assert data["ranges"] == [{**mark, "bottom": 4, "top": 7}]
    assert data["values"] == [{**mark, "value": 5}]
    assert data["arrows"] == []


def test_an_interval_without_a_value_has_no_point() -> None:
    data = drawn(point("2020-06-30", None, 4, 7))["datasets"]
    assert [(row["bottom"], row["top"]) for row in data["ranges"]] == [(4, 7)]
    assert data["values"] == []


@pytest.mark.parametrize(
    ("low", "high", "shapes"),
    [
        (100, None, [(100, "triangle-up")]),
        (None, 100, [(100, "triangle-down")]),
        (None, None, [(100, "triangle-up"), (100, "triangle-down")]),
        (100, 100, []),
    ],
)
def test_a_bound_that_nobody_gave_is_an_arrow(
    low: float | None, high: float | None, shapes: list[tuple[float, str]]
) -> None:
    arrows = drawn(point("2020-06-30", 100, low, high))["datasets"]["arrows"]
    assert [(row["start"], row["shape"]) for row in arrows] == shapes
    for row in arrows:
        assert (row["tip"] > 100) == (row["shape"] == "triangle-up")


def test_an_arrow_does_not_point_below_zero() -> None:
    (arrow,) = drawn(exact("2020-06-30", 100), point("2021-06-30", None, None, 3))["datasets"][
        "arrows"
    ]
    assert arrow["tip"] == 0


def test_arrows_are_equally_long_on_a_logarithmic_axis() -> None:
    points = [point("2020-06-30", None, 10, None), point("2021-06-30", None, 9_000, None)]
    small, large = drawn(*points)["datasets"]["arrows"]
    assert small["tip"] / small["start"] == pytest.approx(large["tip"] / large["start"])
    assert small["tip"] > small["start"]


# Lines


def test_a_line_joins_the_figures_in_the_order_of_time() -> None:
    spec = drawn(exact("2021-06-30", 2), exact("2020-06-30", 1), exact("2022-06-30", 3))
    assert lines(spec) == [["2020-06-30", "2021-06-30", "2022-06-30"]]


@pytest.mark.parametrize(
    "between",
    [
        point("2020-06-30", None, None, None),  # a gap
        point("2020-06-30", None, 3, None),  # no value to join
    ],
)
def test_no_line_joins_over_a_gap(between: Row) -> None:
    around = [exact("2018-06-30", 1), exact("2019-06-30", 2)]
    after = [exact("2021-06-30", 4), exact("2022-06-30", 5)]
    assert lines(drawn(*around, between, *after)) == [
        ["2018-06-30", "2019-06-30"],
        ["2021-06-30", "2022-06-30"],
    ]


def test_no_line_joins_over_a_break_nor_leads_to_a_lone_figure() -> None:
    points = [exact("2018-06-30", 1), exact("2019-06-30", 2), exact("2020-01-01", 9)]
    assert lines(drawn(*points, breaks=(BREAK,))) == [["2018-06-30", "2019-06-30"]]


def test_no_line_passes_through_figures_that_contradict_each_other() -> None:
    points = [exact("2018-06-30", 1), exact("2019-06-30", 2), exact("2019-06-30", 3)]
    points += [exact("2020-06-30", 4), exact("2021-06-30", 5)]
    spec = drawn(*points)
    assert lines(spec) == [["2020-06-30", "2021-06-30"]]
    assert len(spec["datasets"]["values"]) == 5


# Axes


@pytest.mark.parametrize(
    ("language", "words"), [("en", "(logarithmic scale)"), ("nl", "(logaritmische schaal)")]
)
def test_a_logarithmic_axis_says_so(language: str, words: str) -> None:
    for most, is_log in ((1_000, False), (1_001, True)):
        points = [exact("2020-06-30", 10), exact("2021-06-30", most)]
        spec = chart(points, [], None, title="Officers", language=language)
        assert (value_axis(spec)["scale"]["type"] == "log") == is_log
        assert (words in " ".join(spec["title"]["text"])) == is_log
        assert spec["description"] == "Officers"


def test_values_with_zero_are_never_on_a_logarithmic_axis() -> None:
    spec = drawn(exact("2020-06-30", 0), exact("2021-06-30", 1_000_000))
    assert value_axis(spec)["scale"]["type"] == "linear"
    assert value_axis(spec)["scale"]["domain"][0] == 0


@pytest.mark.parametrize(("most", "ticks"), [(1, 1), (3, 3), (5, 5), (6, 5), (0, 1), (0.5, 5)])
def test_few_whole_numbers_have_no_ticks_between_them(most: float, ticks: int) -> None:
    assert value_axis(drawn(exact("2020-06-30", most)))["axis"]["tickCount"] == ticks


@pytest.mark.parametrize(
    ("last", "form", "interval"),
    [
        ("2020-06-30", "%b %Y", {"interval": "month", "step": 2}),
        ("2022-06-30", "%b %Y", {"interval": "month", "step": 6}),
        ("2026-06-30", "%Y", {"interval": "year", "step": 1}),
        ("2050-06-30", "%Y", {"interval": "year", "step": 5}),
    ],
)
def test_the_time_axis_names_few_days(last: str, form: str, interval: Row) -> None:
    axis = drawn(exact("2020-06-30", 1), exact(last, 1))["encoding"]["x"]["axis"]
    assert axis == {"format": form, "tickCount": interval}


@pytest.mark.parametrize(
    "band", [{"from": "2019-01-01", "to": None}, {"from": None, "to": "2021-01-01"}]
)
def test_an_open_end_of_a_mandate_lies_beyond_the_axis(band: Row) -> None:
    spec = drawn(exact("2020-06-30", 1), band=band)
    (told,) = spec["datasets"]["band"]
    scale = spec["encoding"]["x"]["scale"]
    for end, bound in (("from", scale["domainMin"]), ("to", scale["domainMax"])):
        last = f"{bound['year']}-{bound['month']:02}-{bound['date']:02}"
        is_within = told[end] > last if end == "from" else told[end] < last
        assert is_within == (band[end] is not None)


def test_the_language_brings_its_own_numbers_and_dates() -> None:
    spec = chart([exact("2020-03-31", 1)], [], None, title="Agenten", language="nl")
    told = spec["usermeta"]["embedOptions"]
    assert (told["formatLocale"]["decimal"], told["formatLocale"]["thousands"]) == (",", ".")
    assert told["timeFormatLocale"]["shortMonths"][2:5] == ["mrt", "apr", "mei"]
    assert told["timeFormatLocale"]["days"][0] == "zondag"


# Whatever the figures


numbers = st.none() | st.integers(0, 10**10) | st.floats(0, 1e10, allow_subnormal=False)
days = st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)).map(str)


@st.composite
def figures(draw: st.DrawFn) -> Row:
    low, value, high = sorted(
        (draw(numbers) for _ in range(3)), key=lambda number: -1 if number is None else number
    )
    return point(draw(days), value, low, high)


@settings(deadline=None)
@given(points=st.lists(figures(), max_size=6), day=days)
def test_every_known_number_is_within_the_axes(points: list[Row], day: str) -> None:
    spec = drawn(*points, breaks=({**BREAK, "at": day},))
    data = spec["datasets"]
    known = [row for row in points if any(row[end] is not None for end in ("low", "value", "high"))]
    assert len(data["ranges"]) == len(known)
    if known:
        least, most = value_axis(spec)["scale"]["domain"]
        assert all(least <= row["bottom"] <= row["top"] <= most for row in data["ranges"])
        assert all(least <= row["tip"] <= most for row in data["arrows"])
        assert least < most


@pytest.mark.parametrize("points", [[], [exact("2020-06-30", 1), point("2021-06-30", 9, 8, None)]])
def test_a_specification_is_valid(points: list[Row]) -> None:
    band = {"from": None, "to": "2020-12-31"}
    spec = drawn(*points, breaks=(BREAK,) if points else (), band=band)
    assert alt.LayerChart.from_dict(spec).to_dict()["datasets"] == spec["datasets"]


def test_a_chart_does_not_keep_the_data_of_another() -> None:
    first = drawn(exact("2020-06-30", 1))
    assert drawn(exact("2021-06-30", 2))["datasets"]["values"] != first["datasets"]["values"]
    assert drawn(exact("2020-06-30", 1)) == first


def test_another_language_is_refused() -> None:
    with pytest.raises(KeyError, match="fr"):
        chart([exact("2020-06-30", 1)], [], None, title="Agents", language="fr")
