"""A contract that knows one year only, so that a letter of the next breaks a whole table.

An error within a document withdraws that document's rows, and the run goes on. What stops a release
is a table as a whole, here the mart of deployments.
"""

from pathlib import Path

ROWS = (("EUMM Georgië", "5"), ("EUMA Armenië", "6"), ("EUAM Irak", "4"))


def know_only_2025(schemas_dir: Path) -> None:
    """Let the contract of `reporting_deployments` take half-years of 2025 only."""
    contract = schemas_dir / "tables" / "reporting_deployments.yaml"
    text = contract.read_text("utf-8")
    pattern = '"^[0-9]{4}-H[12]$"'
    place = text.index("name: half_year")
    assert pattern in text[place:]
    narrowed = text[place:].replace(pattern, '"^2025-H[12]$"', 1)
    contract.write_text(text[:place] + narrowed, "utf-8")
