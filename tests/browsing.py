"""Open pages in a headless Chromium, and notice all that a reader would not: errors, requests."""

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT, STEP = 15_000, 50  # milliseconds: a busy machine is slow
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# To which WCAG 2.2 wants a page to reflow (1.4.10).
NARROW: ViewportSize = {"width": 320, "height": 640}
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def chromium() -> str | None:
    """Return the browser of this machine, if it has one."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


@dataclass
class Visit:
    """A page that is open, what it complained of and what it asked for beside itself."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def visit(browser: Browser, path: Path, **context: Any) -> Iterator[Visit]:
    """Open a file as a reader would who double-clicks it."""
    context.setdefault("viewport", DESKTOP)
    opened = browser.new_context(offline=True, **context)
    opened.set_default_timeout(TIMEOUT)
    seen = Visit(opened.new_page())
    seen.page.on("console", lambda told: seen.complaints.append(f"{told.type}: {told.text}"))
    seen.page.on("pageerror", lambda error: seen.complaints.append(f"error: {error}"))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    try:
        seen.page.goto(path.as_uri())
        yield seen
    finally:
        opened.close()


def wait_until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression is true, without `eval`, which the page does not allow."""
    for _ in range(0, TIMEOUT, STEP):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(STEP)
    raise AssertionError(f"this did not become true within {TIMEOUT} milliseconds: {condition}")


def violations(page: Page, within: str = "html", *, with_colours: bool = True) -> list[str]:
    """Return what axe-core finds on the page as it stands, against WCAG 2.2 AA.

    Contrasts take most of its time, many seconds on a long page: leave them out where the colours
    were looked at before.
    """
    options = {
        "runOnly": list(WCAG),
        "resultTypes": ["violations"],
        "rules": {"color-contrast": {"enabled": with_colours}},
    }
    found = Axe().run(page, within, options=options)
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return how many pixels the page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def strict_page(script: str, body: str, data: Mapping[str, Any]) -> str:
    """Return a page with one script under the policy of the report, and data in JSON elements."""
    policy = f"default-src 'none'; script-src '{_source(script)}'; style-src 'none'"
    elements = "".join(
        f'<script type="application/json" id="{name}">{_harmless(value)}</script>'
        for name, value in data.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Charts</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>Charts</h1>{body}</main>{elements}<script>{script}</script></body></html>"
    )


def _source(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _harmless(value: Any) -> str:
    return json.dumps(value).replace("<", "\\u003c")
