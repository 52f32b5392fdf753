"""Settings: the folders and limits that the environment gives."""

from pathlib import Path

import pytest

from conftest import Playground
from editions import letter_file, named_letter, write_edition
from ipsdata.errors import ConfigurationError
from ipsdata.read.preflight import Limits
from ipsdata.settings import Settings


def test_folders_and_limits_of_the_environment() -> None:
    found = Settings.from_environment(
        {"IPSDATA_RAW_DIR": "raw", "IPSDATA_LIMIT_CELLS": "12", "IPSDATA_LIMIT_WALL_SECONDS": "1.5"}
    )
    assert found.raw_dir == Path("raw")
    assert found.processed_dir == Settings.processed_dir
    assert found.limits == Limits(cells=12, wall_seconds=1.5)


@pytest.mark.parametrize("text", ["many", "0", "-3", "1.5", "inf", "nan"])
def test_limit_that_is_no_positive_number(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"IPSDATA_LIMIT_PAGES: found '{text}'"):
        Settings.from_environment({"IPSDATA_LIMIT_PAGES": text})


def test_limits_hold_in_a_run_and_one_that_is_raised_reads_anew(playground: Playground) -> None:
    letter = letter_file(named_letter("x", "14 mei 2026", (("EUAM Irak", "3"),)), "docx")
    write_edition(playground, "letters/x", letter, published_on="2026-06-11")
    settings = playground.settings
    tight = Playground(
        Settings(settings.raw_dir, settings.processed_dir, settings.schemas_dir, Limits(cells=4))
    )
    assert [row["reason"] for row in tight.run().rejected] == ["limit"]
    assert playground.run().rejected == []
