"""What Dagster tells about documents: how sure their reading is, and what was not accounted for."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from conftest import ROOT, Playground, installation
from editions import letter_file, named_letter, tracked, write_edition
from running import evaluated, evaluation, metadata, run_job

ROWS = (("EUMM Georgië", "5"), ("EUAM Irak", "4"))  # the 5 becomes a 7, tracked
PROJECT = "letters/2025-06-12"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    """Return the project's own data, and a later letter with open changes and no captures."""
    folder = tmp_path_factory.mktemp("checks")
    shutil.copytree(ROOT / "data" / "raw", folder / "raw")
    playground = installation(folder)
    letter = letter_file(
        named_letter("later", "1 december 2025", ROWS, total="11"), "docx"
    ).damaged(tracked)
    write_edition(playground, "letters/2025-12-15", letter, published_on="2025-12-15")
    return playground


@pytest.fixture(scope="module")
def result(installed: Playground) -> dg.ExecuteInProcessResult:
    return run_job(installed)


def warned(result: dg.ExecuteInProcessResult, asset: str, check: str) -> str:
    """Return what a check that warns tells first; it never blocks."""
    found = evaluation(result, asset, check)
    assert not found.passed
    assert (found.severity, found.blocking) == (dg.AssetCheckSeverity.WARN, False)
    return str(found.description)


def test_warnings_stop_no_release(result: dg.ExecuteInProcessResult) -> None:
    assert result.success
    assert metadata(result, "release")["outcome"] == "new"


def test_captures_of_an_absent_letter_are_unverified(result: dg.ExecuteInProcessResult) -> None:
    told = warned(result, "quantities", "captures_verified")
    assert told.endswith(f"{PROJECT}/letter.txt: not at hand, 84 rows unverified")
    assert evaluated(result, "quantities", "captures_verified")["unverified"] == 84


def test_numbers_that_nobody_captured_are_told(result: dg.ExecuteInProcessResult) -> None:
    told = warned(result, "quantities", "quantities_accounted")
    assert "letters/2025-12-15/letter.docx: " in told
    found = evaluated(result, "quantities", "quantities_accounted")
    assert "letters/2025-12-15/letter.docx" in str(found["coverage"])
    assert f"{PROJECT}/letter.txt" not in str(found["coverage"])
    assert 0 < int(str(found["unaccounted"])) < int(str(found["quantities"]))


def test_open_changes_are_told(result: dg.ExecuteInProcessResult) -> None:
    assert "tracked" in warned(result, "readings", "readers_sure")


def test_changes_between_editions_are_told(result: dg.ExecuteInProcessResult) -> None:
    assert "changes; the first: " in warned(result, "reconciliations", "editions")
    found = evaluated(result, "reconciliations", "editions")
    assert found["compared"] == 11
    assert found["by_outcome"] == "9 ended; 1 changed"


def test_text_of_a_document_does_not_reach_the_run_database(
    result: dg.ExecuteInProcessResult, installed: Playground
) -> None:
    told = str(metadata(result, "readings")["preview"])
    assert "letters/2025-12-15/letter.docx" in told
    assert "Inleiding" not in told
    assert (Path(installed.processed) / ".cache").is_dir()
