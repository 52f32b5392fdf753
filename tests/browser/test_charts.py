"""The charts in a real browser, under the policy that the page has."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, ViewportSize, expect
from pypdfium2 import PdfDocument

from browsing import (
    DESKTOP,
    NARROW,
    PHONE,
    Visit,
    overflow,
    strict_page,
    violations,
    visit,
    wait_until,
)
from ipsdata.release.report.charts import chart
from ipsdata.release.report.vega import runtime

Row = dict[str, Any]


def point(at: str, value: float | None, low: float | None, high: float | None) -> Row:
    return {
        "at": at,
        "value": value,
        "low": low,
        "high": high,
        "label": f"{at}: {value} [{low}, {high}]",
        "key": f"figure-{at}",
    }


def exact(at: str, value: float) -> Row:
    return point(at, value, value, value)


BREAK = {"at": "2018-06-01", "number": "1", "label": "Another way of counting"}
MANDATE = {"from": "2024-01-01", "to": "2026-12-31"}
CASES: Mapping[str, tuple[list[Row], list[Row], Row | None]] = {
    "series": (
        [
            exact("2015-12-31", 1_200_000_000),
            point("2016-12-31", 2_000_000_000, 1_950_000_000, 2_050_000_000),
            point("2017-12-31", None, 2_000_000_000, None),
            point("2018-12-31", 4_000_000_000, 4_000_000_000, None),
            point("2019-12-31", 6_000_000_000, None, 6_000_000_000),
            point("2020-12-31", None, None, None),
            exact("2021-12-31", 7_000_000_000),
            exact("2022-12-31", 7_500_000_000),
            point("2023-12-31", None, 8_000_000_000, 9_000_000_000),
        ],
        [BREAK],
        None,
    ),
    "single": ([exact("2025-05-01", 3)], [], MANDATE),
    "alone": ([exact("2025-05-01", 1)], [], None),
    "open": ([point("2025-05-01", None, 100, None)], [], None),
    "logarithmic": (
        [exact("2019-12-31", 12), point("2021-12-31", 900, 850, 950), exact("2022-12-31", 250_000)],
        [],
        None,
    ),
    "contradiction": (
        [
            exact("2019-12-31", 5),
            exact("2020-12-31", 6),
            exact("2020-12-31", 9),
            exact("2021-12-31", 7),
            exact("2022-12-31", 8),
        ],
        [],
        {"from": None, "to": "2021-06-30"},
    ),
    "crowded": (
        [exact("2000-12-31", 1), exact("2024-12-31", 9)],
        [
            {"at": f"20{year:02}-06-30", "number": f"{year}–{year + 1}", "label": "A break"}
            for year in range(1, 24)
        ],
        None,
    ),
    "empty": ([], [], None),
    "zero": ([exact("2024-05-01", 0), point("2025-05-01", 0, None, None)], [], None),
}


SCRIPT = files("ipsdata.release.report").joinpath("charts.js").read_text("utf-8")
DRAW = "window.drawn = drawCharts(document);"


def title(name: str) -> str:
    return f'Figures of </script> "{name}"'


def page_of(folder: Path, language: str, names: Iterable[str]) -> Path:
    specs = {name: chart(*CASES[name], title=title(name), language=language) for name in names}
    body = "".join(f'<div class="chart" data-chart="{name}"></div>' for name in specs)
    path = folder / f"{language}.html"
    path.write_text(strict_page(runtime() + SCRIPT + DRAW, body, specs), "utf-8")
    return path


@contextmanager
def charts(
    browser: Browser, folder: Path, *names: str, language: str = "en", **context: Any
) -> Iterator[Visit]:
    with visit(browser, page_of(folder, language, names or CASES), **context) as seen:
        seen.page.evaluate("drawn")
        yield seen


def of(page: Page, name: str) -> Locator:
    return page.locator(f'[data-chart="{name}"]')


def texts(page: Page, name: str) -> list[str]:
    return [text for text in of(page, name).locator("svg text").all_text_contents() if text]


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None
    return box


def middle(locator: Locator) -> tuple[float, float]:
    box = box_of(locator)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("language", ["en", "nl"])
def test_all_charts_draw_under_a_strict_policy_without_a_complaint(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    with charts(browser, tmp_path, language=language) as seen:
        assert seen.page.locator("svg").count() == len(CASES)
        assert seen.complaints == []
        assert seen.requests == [(tmp_path / f"{language}.html").as_uri()]


@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("en", {"1M", "100,000", "10,000", "10", "Jan 2020"}),
        ("nl", {"1\xa0mln.", "100.000", "10.000", "10", "jan 2020"}),
    ],
)
def test_numbers_and_dates_follow_the_language(
    browser: Browser, tmp_path: Path, language: str, printed: set[str]
) -> None:
    with charts(browser, tmp_path, "logarithmic", language=language) as seen:
        assert printed <= set(texts(seen.page, "logarithmic"))


def test_a_day_is_the_same_day_everywhere(browser: Browser, tmp_path: Path) -> None:
    drawn = set()
    for zone in ("UTC", "America/Los_Angeles", "Pacific/Kiritimati"):
        with charts(browser, tmp_path, "single", timezone_id=zone) as seen:
            drawn.add(of(seen.page, "single").locator("svg").inner_html())
    assert len(drawn) == 1


def test_lines_stop_at_gaps_breaks_and_contradictions(browser: Browser, tmp_path: Path) -> None:
    with charts(browser, tmp_path, "series", "contradiction") as seen:
        lines = {
            name: of(seen.page, name).locator(".mark-line path").count()
            for name in ("series", "contradiction")
        }
        assert lines == {"series": 3, "contradiction": 1}


@pytest.mark.parametrize(
    ("name", "mark", "key"),
    [
        ("single", ".mark-symbol path", "figure-2025-05-01"),
        ("open", ".mark-symbol path", "figure-2025-05-01"),
        ("series", "line[stroke-width='24']:not([x2='0'][y2='0'])", "figure-2019-12-31"),
    ],
)
def test_a_click_on_a_mark_opens_its_figure(
    browser: Browser, tmp_path: Path, name: str, mark: str, key: str
) -> None:
    for beside in (0, 10):  # a target is 24 pixels wide
        with charts(browser, tmp_path, name) as seen:
            x, y = middle(of(seen.page, name).locator(mark).last)
            seen.page.mouse.click(x + beside, y)
            seen.page.wait_for_url(f"**#{key}")


def test_the_tip_can_be_read_clicked_and_sent_away(browser: Browser, tmp_path: Path) -> None:
    with charts(browser, tmp_path, "single") as seen:
        page, tip = seen.page, seen.page.locator(".chart-tip")
        mark = middle(of(page, "single").locator(".mark-symbol path").first)
        page.mouse.move(*mark)
        expect(tip).to_have_text("2025-05-01: 3 [3, 3]")
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        page.mouse.move(mark[0] + 1, mark[1])
        expect(tip).to_be_visible()
        page.mouse.move(*middle(page.locator("h1")), steps=5)
        expect(tip).to_be_hidden()
        page.mouse.move(*mark)
        page.mouse.move(*middle(tip), steps=5)
        page.mouse.down()
        page.mouse.up()
        page.wait_for_url("**#figure-2025-05-01")


def test_a_break_says_what_it_is_and_leads_nowhere(browser: Browser, tmp_path: Path) -> None:
    with charts(browser, tmp_path, "series") as seen:
        number = of(seen.page, "series").locator("svg text", has_text=re.compile("^1$"))
        seen.page.mouse.move(*middle(number))
        tip = seen.page.locator(".chart-tip")
        expect(tip).to_have_text(BREAK["label"])
        assert tip.get_attribute("href") is None


def test_a_chart_is_an_image_with_a_name_and_no_tab_stop(browser: Browser, tmp_path: Path) -> None:
    with charts(browser, tmp_path) as seen:
        for name in CASES:
            image = of(seen.page, name).get_by_role("img", name=title(name), exact=True)
            assert image.count() == 1
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.tagName") == "BODY"
        assert violations(seen.page) == []


def test_charts_fit_the_window_also_after_it_changed(browser: Browser, tmp_path: Path) -> None:
    with charts(browser, tmp_path, viewport=PHONE) as seen:
        for window in (PHONE, NARROW, DESKTOP):
            seen.page.set_viewport_size(window)
            wait_until(
                seen.page,
                "[...document.querySelectorAll('.chart svg')].every("
                "image => image.viewBox.baseVal.width === image.parentElement.clientWidth)",
            )
            assert overflow(seen.page) == 0


def test_a_chart_that_is_shown_later_is_as_wide_as_the_others(
    browser: Browser, tmp_path: Path
) -> None:
    path = page_of(tmp_path, "en", ["single", "alone"])
    hidden = path.read_text("utf-8").replace('data-chart="alone"', 'data-chart="alone" hidden')
    path.write_text(hidden, "utf-8")
    with visit(browser, path) as seen:
        seen.page.evaluate("drawn")
        of(seen.page, "alone").evaluate("box => { box.hidden = false; }")
        wait_until(
            seen.page,
            "new Set([...document.querySelectorAll('.chart svg')].map("
            "image => image.viewBox.baseVal.width)).size === 1",
        )
        assert seen.complaints == []


@pytest.mark.parametrize("window", [DESKTOP, NARROW])
def test_numbers_of_breaks_do_not_overlap(
    browser: Browser, tmp_path: Path, window: ViewportSize
) -> None:
    with charts(browser, tmp_path, "crowded", viewport=window) as seen:
        numbers = of(seen.page, "crowded").locator("svg text:visible", has_text="–")
        spans = sorted((box["x"], box["x"] + box["width"]) for box in map(box_of, numbers.all()))
        assert len(spans) > 3
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_printed_chart_is_whole(browser: Browser, tmp_path: Path) -> None:
    with charts(browser, tmp_path, "single") as seen, PdfDocument(seen.page.pdf()) as printed:
        page = printed[0]
        text = page.get_textpage()
        start = text.get_text_range().index("Jan 2027")
        boxes = [text.get_charbox(start + place) for place in range(len("Jan 2027"))]
        assert max(right for _, _, right, _ in boxes) < page.get_width()
