"""The SIS figures that are captured from the letter of 2025, their dimensions as columns."""

import csv

from conftest import LETTER, ROOT

CAPTURES = ROOT / "data" / "raw" / LETTER / "captures.csv"


def captured_figures() -> list[dict[str, str]]:
    """Return the lines that make a figure; `dimensions` taken apart."""
    with CAPTURES.open(encoding="utf-8", newline="") as stream:
        lines = [row for row in csv.DictReader(stream) if row["table"] == "sis_statistics"]
    made = [row for row in lines if not row["dimensions"].startswith("gives=")]
    return [
        {"language": "nl", **dict(part.split("=") for part in row["dimensions"].split("; ")), **row}
        for row in made
    ]
