"""The data dictionary of a release: `dictionary/index.html` to search in, `README.md` to read.

Both are made from the contracts that the release carries, and from nothing else.
"""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ipsdata.contracts import Contract
from ipsdata.dictionary import column_limits, one_page, rule_lines
from ipsdata.release.companions import File, ReleaseContent

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = "dictionary"


def dictionary_pages(content: ReleaseContent) -> Iterator[File]:
    """Make the dictionary as one HTML file, which needs no network, and as one Markdown file."""
    contracts = [content.contracts[name] for name in sorted(content.contracts)]
    yield f"{FOLDER}/index.html", _html(content, contracts).encode()
    title = f"Data dictionary, release {content.release_id}"
    yield f"{FOLDER}/README.md", one_page(content.contracts, title).encode()


def _html(content: ReleaseContent, contracts: list[Contract]) -> str:
    page = _template().render(
        release_id=content.release_id,
        published_on=content.published_at.date().isoformat(),
        schema_version=content.schema_version,
        contracts=contracts,
        limits=column_limits,
        rules=rule_lines,
    )
    return f"{page}\n"


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only here

    loader = PackageLoader("ipsdata.release", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("dictionary.html.j2")
