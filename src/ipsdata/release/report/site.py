"""`report/` of a release: the page to look at, in English (`index.html`) and Dutch (`nl.html`)."""

from collections.abc import Iterator
from pathlib import Path

from ipsdata.errors import ConfigurationError
from ipsdata.release.companions import File, ReleaseContent
from ipsdata.release.report.figures import all_figures
from ipsdata.release.report.model import report
from ipsdata.release.report.page import FILES, page

FOLDER = "report"
MAX_BYTES = 3_000_000  # of the pages together, most of it the script that draws the charts
# How many figures a page may show: the first number with which the pages stay small enough.
LIMITS = (400, 350, 300, 260, 220, 180, 140, 100, 50)
ENTRY = b'<li class="entry"'


def report_site(content: ReleaseContent) -> Iterator[File]:
    """Make the pages of a release, together smaller than `MAX_BYTES`; neither needs the network.

    Figures for which there is no room are counted on the page, which says where they stand.
    """
    pages: dict[str, bytes] = {}
    found = all_figures(content)
    for limit in LIMITS:
        told = report(content, found, limit)
        pages = {file: page(told, language).encode() for language, file in FILES.items()}
        if sum(map(len, pages.values())) < MAX_BYTES:
            break
    for file, data in sorted(pages.items()):
        yield f"{FOLDER}/{file}", data


def published_pages(content: ReleaseContent) -> tuple[Path, ...]:
    """Return the pages that a published release carries.

    Raises:
        ConfigurationError: it carries none, as a release from before there were pages.
    """
    found = tuple(sorted((content.folder / FOLDER).glob("*.html")))
    if not found:
        raise ConfigurationError(
            f"{content.folder}: has no folder {FOLDER}: give --out FOLDER to make its pages there"
        )
    return found


def figures_shown(page: Path) -> int:
    """Return how many figures a page shows with their sources."""
    return page.read_bytes().count(ENTRY)


def write_pages(content: ReleaseContent, folder: Path) -> tuple[Path, ...]:
    """Make the pages of a release in a folder of your choice.

    Raises:
        ConfigurationError: the folder can't be written to.
    """
    written = []
    try:
        for name, data in report_site(content):
            path = folder / name.removeprefix(f"{FOLDER}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            written.append(path)
    except OSError as error:
        raise ConfigurationError(f"{folder}: can't be written to: {error.strerror}") from None
    return tuple(written)
