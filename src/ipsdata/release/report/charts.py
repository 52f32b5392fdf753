"""A chart of one series over time, as a Vega-Lite specification built with Altair.

A figure is a point with its interval as a vertical range; a bound that no source gives is an arrow.
A line joins the points, but neither over a gap nor over a break in the series.
"""

import datetime as dt
import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

Row = Mapping[str, Any]

TITLE_WIDTH = 44  # characters: what a narrow phone shows
LOG_FROM = 100  # times the least value: from there a linear axis hides the small ones
ARROW_SHARE = 0.12  # of the value axis: the length of an arrow
HEADROOM = 1.05  # times the greatest value: nothing touches the upper edge
MARGIN_SHARE = 0.04  # of the time axis, at either end
YEAR = dt.timedelta(days=365)  # the shortest time axis
MOST_DATES, MOST_VALUES = 7, 5  # about so many ticks has an axis

LOG_SCALE = {"en": "logarithmic scale", "nl": "logaritmische schaal"}


def chart(
    points: Sequence[Row], breaks: Sequence[Row], band: Row | None, *, title: str, language: str
) -> dict[str, Any]:
    """Return the chart of one series over time.

    Args:
        points: `at` (ISO date), `value`, `low`, `high` (numbers; what isn't known is `None`),
            `label` (tooltip), `key` (the fragment that a click opens). One without any number is a
            gap.
        breaks: `at`, `number` (short, stands above the rule), `label` (tooltip).
        band: `from`, `to` (ISO dates) of a mandate; an end that is `None` is open.
        title: of the value axis, and the name of the chart for a screen reader.
        language: `en` or `nl`: of numbers, dates and the words that the chart adds.

    Raises:
        KeyError: a row lacks one of these, or the language is another one.
    """
    from ipsdata.release.report.chart_template import template  # noqa: PLC0415 - Altair is slow

    points = sorted(points, key=itemgetter("at"))
    drawn = [point for point in points if _known(point)]
    is_log = _is_log(drawn)
    start, end = _time_span([*points, *breaks], band)
    data: dict[str, list[Row]] = {
        "ranges": [_range(point) for point in drawn],
        "arrows": list(_arrows(drawn, is_log)),
        "values": [_target(point, "value") for point in drawn if point["value"] is not None],
        "lines": _lines(points, breaks),
        "breaks": [dict(row) for row in breaks],
        "band": [] if band is None else [_band(band, start, end)],
    }
    spec: dict[str, Any] = json.loads(template(language))
    spec["description"] = title
    spec["title"]["text"] = _title(title, language if is_log else None)
    spec["datasets"] = data
    spec["layer"] = [layer for layer in spec["layer"] if data[layer["data"]["name"]]]
    _set_time_axis(spec["encoding"]["x"], start, end)
    _set_value_axis(spec["layer"], data, is_log)
    return spec


# What is drawn


def _known(point: Row) -> list[float]:
    return [point[name] for name in ("low", "value", "high") if point[name] is not None]


def _extent(points: Sequence[Row]) -> tuple[float, float]:
    known = [number for point in points for number in _known(point)]
    return min(known, default=0), max(known, default=0)


def _is_log(points: Sequence[Row]) -> bool:
    least, most = _extent(points)
    return least > 0 and most / least > LOG_FROM


def _target(point: Row, *names: str) -> dict[str, Any]:
    return {name: point[name] for name in ("at", "label", "key", *names)}


def _range(point: Row) -> Row:
    known = _known(point)
    return {**_target(point), "bottom": min(known), "top": max(known)}


def _arrows(points: Sequence[Row], is_log: bool) -> Iterator[Row]:
    least, most = _extent(points)
    factor = (most / least) ** ARROW_SHARE if is_log else 1
    length = 0 if is_log else (most - min(least, 0) or 1) * ARROW_SHARE
    for point in points:
        row, known = _target(point), _known(point)
        if point["high"] is None:
            start = max(known)
            yield {**row, "start": start, "tip": start * factor + length, "shape": "triangle-up"}
        if point["low"] is None:
            start = min(known)
            # What is counted is never below zero, so neither does an arrow point there.
            tip = max(start / factor - length, min(least, 0))
            yield {**row, "start": start, "tip": tip, "shape": "triangle-down"}


def _lines(points: Sequence[Row], breaks: Sequence[Row]) -> list[Row]:
    """Return the points that lines join, each with the number of its line.

    Points of the same day contradict each other: no line passes through them.
    """
    days = Counter(point["at"] for point in points if _known(point))
    joined = [point for point in points if point["value"] is not None and days[point["at"]] == 1]
    cuts = {point["at"] for point in points} - {point["at"] for point in joined}
    cuts |= {row["at"] for row in breaks}
    rows = [
        {name: point[name] for name in ("at", "value")}
        | {"line": sum(cut <= point["at"] for cut in cuts)}
        for point in joined
    ]
    sizes = Counter(row["line"] for row in rows)
    return [row for row in rows if sizes[row["line"]] > 1]


# The axes


def _title(title: str, log_language: str | None) -> list[str]:
    told = f"{title} ({LOG_SCALE[log_language]})" if log_language else title
    return textwrap.wrap(told, TITLE_WIDTH)


def _time_span(rows: Sequence[Row], band: Row | None) -> tuple[dt.date, dt.date]:
    days = [row["at"] for row in rows]
    days += [day for day in (band or {}).values() if day is not None]
    dates = [dt.date.fromisoformat(day) for day in days] or [dt.date(2000, 1, 1)]
    span = max(dates) - min(dates)
    margin = max(span * MARGIN_SHARE, (YEAR - span) / 2)
    return min(dates) - margin, max(dates) + margin


def _set_time_axis(x: dict[str, Any], start: dt.date, end: dt.date) -> None:
    x["scale"] |= {"domainMin": _day(start), "domainMax": _day(end)}
    years = (end - start) / YEAR
    if years > MOST_DATES / 2:
        interval, step, form = "year", 1 + int(years / MOST_DATES), "%Y"
    else:
        interval, step, form = "month", 2 if years < 1.5 else 6, "%b %Y"
    x["axis"] |= {"tickCount": {"interval": interval, "step": step}, "format": form}


def _set_value_axis(
    layers: Sequence[dict[str, Any]], data: Mapping[str, Sequence[Row]], is_log: bool
) -> None:
    ends = [row[name] for row in data["ranges"] for name in ("bottom", "top")]
    tips = [row["tip"] for row in data["arrows"]]
    for layer in layers:
        y = layer["encoding"].get("y", {})
        if "scale" in y:  # the first layer with values, for all
            y["scale"]["type"] = "log" if is_log else "linear"
            y["scale"]["domain"] = _value_span([*ends, *tips], is_log)
            y["axis"]["tickCount"] = _value_ticks(ends)


def _value_span(ends: Sequence[float], is_log: bool) -> list[float]:
    return [min(ends), max(ends)] if is_log else [min(0, *ends), max(0, *ends) * HEADROOM or 1]


def _value_ticks(ends: Sequence[float]) -> int:
    """Return about how many values the axis names: no halves between small whole numbers."""
    is_small = all(number == int(number) and 0 <= number <= MOST_VALUES for number in ends)
    return max(1, *map(int, ends)) if is_small else MOST_VALUES


def _day(day: dt.date) -> dict[str, int | bool]:
    # Not as a timestamp, which Vega's interpreter of expressions takes for a year.
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}


def _band(band: Row, start: dt.date, end: dt.date) -> dict[str, str]:
    """Return the band; an open end lies beyond the axis, so that no edge is seen there."""
    return {
        "from": band["from"] or (start - YEAR).isoformat(),
        "to": band["to"] or (end + YEAR).isoformat(),
    }
