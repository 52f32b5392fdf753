"""Write docs/data-dictionary and docs/bi/model.md from the contracts.

With --check, say whether they are up to date.
"""

import sys
from pathlib import Path

from ipsdata.contracts import load_contracts
from ipsdata.dictionary import pages, write_pages
from tools.star_schema import star_schema_page

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "data-dictionary"
MODEL = ROOT / "docs" / "bi" / "model.md"


def outdated() -> list[str]:
    """Return the pages that differ from what the contracts say."""
    contracts = load_contracts(ROOT / "schemas")
    wanted = {**pages(contracts), MODEL.name: star_schema_page(contracts)}
    paths = [*FOLDER.glob("*.md"), *([MODEL] if MODEL.exists() else [])]
    found = {path.name: path.read_text("utf-8") for path in paths}
    return sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        names = outdated()
        if names:
            sys.stderr.write(f"docs: {', '.join(names)} are not up to date: run `make docs`\n")
        return 1 if names else 0
    contracts = load_contracts(ROOT / "schemas")
    write_pages(contracts, FOLDER)
    MODEL.parent.mkdir(exist_ok=True)
    MODEL.write_text(star_schema_page(contracts), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
