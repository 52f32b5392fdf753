"""Write docs/data-dictionary from the contracts; with --check, say whether it is up to date."""

import sys
from pathlib import Path

from ipsdata.contracts import load_contracts
from ipsdata.dictionary import pages, write_pages

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "data-dictionary"


def outdated() -> list[str]:
    """Return the pages that differ from what the contracts say."""
    wanted = pages(load_contracts(ROOT / "schemas"))
    found = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    return sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        names = outdated()
        if names:
            sys.stderr.write(f"{FOLDER}: {', '.join(names)} are not up to date: run `make docs`\n")
        return 1 if names else 0
    write_pages(load_contracts(ROOT / "schemas"), FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
