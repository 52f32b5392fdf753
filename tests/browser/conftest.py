"""One browser for the tests of a module; where there is none they are skipped."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browsing import TIMEOUT, chromium


# Not for the whole session: as long as Playwright runs, no other test can have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium, the one of the operating system."""
    path = chromium()
    if path is None:
        pytest.skip("no browser here: install chromium (apt-get install chromium)")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
