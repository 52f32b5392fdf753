"""What all charts share: layers, axes and the number and date format of a language, from Altair.

Importing this module loads Altair, which takes its time.
"""

import json
from functools import cache
from typing import Any

import altair as alt
from babel import Locale
from babel.numbers import format_compact_decimal

# The palette of Okabe and Ito, which colour-blind readers can tell apart; on white both exceed the
# contrast of 3:1 that WCAG 2.2 asks of graphics (1.4.11), the greys the 4.5:1 of text (1.4.3).
BLUE, ORANGE, GREY, INK, GRID = "#0072B2", "#D55E00", "#595959", "#333333", "#e5e5e5"
HEIGHT = 220  # pixels
PADDING = {"left": 0, "right": 5, "top": 5, "bottom": 5}  # in line with the text at its left
TARGET = 24  # pixels: the least target of WCAG 2.2 (2.5.8)
LOCALES = {"en": "en_GB", "nl": "nl"}


@cache
def template(language: str) -> str:
    """Return a Vega-Lite specification without its title, the spans of its axes and its data.

    It is JSON, which is faster to parse for each chart than an object is to copy.

    Args:
        language: a key of `LOCALES`.
    """
    spec = _template()
    config = {**spec["config"], "axisY": {"labelExpr": _number_label(language)}}
    own = {"config": config, "usermeta": {"embedOptions": _locale(language)}}
    return json.dumps({**spec, **own})


@cache
def _template() -> dict[str, Any]:
    # In UTC, or a reader west of Greenwich would see the day before.
    time = alt.X("at:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis())
    title = alt.TitleParams("", anchor="start", frame="bounds")
    chart = alt.layer(*_background(), *_figures()).encode(x=time)
    chart = chart.properties(width="container", height=HEIGHT, title=title, padding=PADDING)
    chart = chart.configure(
        aria=False,
        mark=alt.MarkConfig(aria=False),  # the chart is one image with a name
        font="system-ui, sans-serif",
        axis=alt.AxisConfig(labelColor=INK, labelFontSize=12, gridColor=GRID, tickColor=GREY),
        axisX=alt.AxisConfig(labelOverlap="parity", labelSeparation=8, grid=False),
        title=alt.TitleConfig(color=INK, fontSize=13, fontWeight="normal"),
        view=alt.ViewConfig(stroke=None),
    )
    with alt.theme.enable("none"):
        return dict(chart.to_dict())


def _background() -> list[alt.Chart]:
    band = alt.Chart(alt.NamedData(name="band"))
    band = band.encode(x=alt.X("from:T", title=None), x2="to:T")
    breaks = alt.Chart(alt.NamedData(name="breaks")).encode(tooltip="label:N")
    number = breaks.mark_text(color=GREY, fontSize=12, baseline="bottom", dy=-3)
    return [
        band.mark_rect(fill=BLUE, fillOpacity=0.1, stroke=BLUE, strokeWidth=1, clip=True),
        breaks.mark_rule(color=GREY, strokeDash=[4, 3]),
        number.encode(y=alt.value(0), text="number:N"),
    ]


def _figures() -> list[alt.Chart]:
    ranges, arrows, values = (
        alt.Chart(alt.NamedData(name=name)).encode(tooltip="label:N")
        for name in ("ranges", "arrows", "values")
    )
    lines = alt.Chart(alt.NamedData(name="lines")).encode(y=_y("value"), detail="line:N")
    rule: dict[str, Any] = {"color": ORANGE, "strokeWidth": 4, "cursor": "pointer"}
    dot: dict[str, Any] = {"filled": True, "opacity": 1, "cursor": "pointer"}
    target = {**rule, "opacity": 0, "strokeWidth": TARGET, "strokeCap": "square"}
    # The axis of the first layer is that of all.
    axis = alt.Y("bottom:Q", title=None, scale=alt.Scale(nice=True), axis=alt.Axis())
    return [
        ranges.mark_rule(**target).encode(y=axis, y2="top"),
        arrows.mark_rule(**target).encode(y=_y("start"), y2="tip"),
        lines.mark_line(color=BLUE, strokeWidth=1.5),
        ranges.mark_rule(**rule).encode(y=_y("bottom"), y2="top"),
        arrows.mark_rule(**rule).encode(y=_y("start"), y2="tip"),
        arrows.mark_point(color=ORANGE, size=110, **dot).encode(
            y=_y("tip"), shape=alt.Shape("shape:N", scale=None)
        ),
        values.mark_point(color=BLUE, size=70, **dot).encode(y=_y("value")),
    ]


def _y(field: str) -> alt.Y:
    return alt.Y(f"{field}:Q", title=None)


# Numbers and dates of a language, from Unicode's CLDR


def _number_label(language: str) -> str:
    """Return the Vega expression that writes a number: up to the millions in full, then short."""
    label = "format(datum.value, ',')"
    for size in (10**6, 10**9, 10**12):
        short = format_compact_decimal(size, locale=LOCALES[language]).removeprefix("1")
        label = (
            f"abs(datum.value) >= {size} ? "
            f"format(datum.value / {size}, ',') + {json.dumps(short)} : {label}"
        )
    return label


def _locale(language: str) -> dict[str, Any]:
    """Return the definitions that D3 takes (d3-format and d3-time-format, `locale`)."""
    locale = Locale.parse(LOCALES[language])
    symbols = locale.number_symbols["latn"]
    periods = locale.day_periods["format"]["abbreviated"]
    sunday_first = (6, 0, 1, 2, 3, 4, 5)
    days = {width: locale.days["format"][width] for width in ("wide", "abbreviated")}
    months = {width: locale.months["format"][width] for width in ("wide", "abbreviated")}
    return {
        "formatLocale": {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
        },
        "timeFormatLocale": {
            "dateTime": "%-d %B %Y %H:%M:%S",
            "date": "%-d %B %Y",
            "time": "%H:%M:%S",
            "periods": [periods["am"], periods["pm"]],
            "days": [days["wide"][day] for day in sunday_first],
            "shortDays": [days["abbreviated"][day] for day in sunday_first],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
        },
    }
