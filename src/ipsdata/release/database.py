"""Placeholder."""

from pathlib import Path


def write_database(processed_dir: Path) -> None:
    """Write `ipsdata.duckdb` beside `releases.json`."""
