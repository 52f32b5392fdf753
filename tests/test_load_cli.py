"""`ipsdata load`: daily counts by themselves."""

import json
from pathlib import Path

import pytest

from daily import counts_file, plain, row, write_daily
from ipsdata.cli import main


def ipsdata(folder: Path, *arguments: str) -> int:
    """Run the command on the folders of a test; return its exit code."""
    folders = ("--raw-dir", str(folder / "raw"), "--processed-dir", str(folder / "processed"))
    with pytest.raises(SystemExit) as done:
        main([*folders, *arguments])
    return int(done.value.code or 0)


def test_years_are_loaded_then_lie_ready(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("2023-12-31"), row("2024-01-01"), row("2024-01-02")]
    write_daily(tmp_path / "raw", counts_file("a.csv", plain(*rows), "2023/2024"))
    for is_new in (True, False):
        assert ipsdata(tmp_path, "load", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert [(y["year"], y["rows"], y["loaded_now"]) for y in found] == [
            (2023, 1, is_new),
            (2024, 2, is_new),
        ]
    assert ipsdata(tmp_path, "load") == 0
    assert "lay ready" in capsys.readouterr().out
    assert not (tmp_path / "processed" / "releases.json").exists()


def test_one_year_and_what_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row("2023-12-31"), row("2024-01-01", count="12.5"), row("2024-01-02")]
    write_daily(tmp_path / "raw", counts_file("a.csv", plain(*rows), "2023/2024"))
    assert ipsdata(tmp_path, "load", "--year", "2024") == 1
    told = capsys.readouterr().out
    assert "2024" in told
    assert "2023 │" not in told
    assert "sis/daily/a.csv, line 3: count: found '12.5', expected a whole number" in "".join(
        told.split("\n")
    )
    assert ipsdata(tmp_path, "load", "--year", "2023") == 0


def test_without_raw_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ipsdata(tmp_path, "load") == 3
    assert "raw" in capsys.readouterr().err
