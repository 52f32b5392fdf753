"""A backup of `data/` alone is enough: copied elsewhere it verifies, and runs go on from it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import NOON, ROOT, Playground, copy_lists
from ipsdata.release.index import read_index
from ipsdata.release.keeping import tag, verify_all
from ipsdata.run import run_pipeline
from ipsdata.settings import Settings

LIST = "letters/2025-06-12/deployments.csv"


def settings_of(data: Path) -> Settings:
    return Settings(data / "raw", data / "processed", schemas_dir=ROOT / "schemas")


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of data/ with two releases, one named; what it was copied from is gone."""
    server = tmp_path_factory.mktemp("server") / "data"
    copy_lists(server / "raw")
    playground = Playground(settings_of(server))
    whole = (server / "raw" / LIST).read_text("utf-8")
    sidecar = (server / "raw" / LIST).parent / "source.yaml"
    sealed = sidecar.read_text("utf-8")
    playground.edit(LIST, "Totaal,33", "Totaal,34")
    playground.run(NOON)
    tag(playground.processed, "2026-11-24.0", "wrong-total")
    (server / "raw" / LIST).write_text(whole, "utf-8")
    sidecar.write_text(sealed, "utf-8")
    assert playground.run(NOON).exit_code == 0
    copy = tmp_path_factory.mktemp("elsewhere") / "data"
    subprocess.run(["cp", "-a", str(server), str(copy)], check=True)
    shutil.rmtree(server)
    return copy


def test_every_release_is_as_it_was_published(restored: Path) -> None:
    done = verify_all(restored / "processed")
    assert [each.release_id for each in done.found] == ["2026-11-24.0", "2026-11-24.1"]
    assert done.damaged == ()
    index = read_index(restored / "processed")
    assert (index.current, dict(index.tags)) == ("2026-11-24.1", {"wrong-total": "2026-11-24.0"})
    latest = restored / "processed" / "latest"
    assert latest.resolve() == (restored / "processed/releases/2026-11-24.1").resolve()


def test_the_next_run_finds_nothing_changed(restored: Path) -> None:
    settings = settings_of(restored)
    again = run_pipeline(settings, now=NOON)
    assert again.publication is not None
    assert (again.publication.release_id, again.publication.is_new) == ("2026-11-24.1", False)


def test_releases_are_made_again_from_the_documents_alone(restored: Path) -> None:
    """Where only data/raw was saved, the tables come out the same, under a new number."""
    lost = restored.parent / "lost"
    settings = Settings(restored / "raw", lost, schemas_dir=ROOT / "schemas")
    made = run_pipeline(settings, now=NOON)
    assert made.publication is not None
    before = restored / "processed" / "releases" / "2026-11-24.1"
    for path in sorted((lost / "releases" / made.publication.release_id).glob("*.parquet")):
        if path.name != "changes.parquet":
            assert path.read_bytes() == (before / path.name).read_bytes(), path.name
