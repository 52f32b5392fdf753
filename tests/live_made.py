"""Let documents come to a running instance, and look at what becomes of them."""

import shutil
from pathlib import Path
from typing import Any

from conftest import Playground, installation
from editions import letter_file, named_letter, write_edition
from hooks import Hook
from ipsdata.release.index import read_index
from ipsdata.release.store import published_table, verify
from live_server import Live, fingerprint
from narrowed import ROWS, know_only_2025

GOOD, BROKEN = "letters/2025-12-01", "letters/2026-06-11"


def make_letters(folder: Path) -> Path:
    """Make a letter that is good, and one that breaks a table's contract; return where they lie."""
    desk = installation(folder)
    for edition, date in ((GOOD, "14 november 2025"), (BROKEN, "14 mei 2026")):
        letter = letter_file(named_letter(edition[8:], date, ROWS), "docx")
        write_edition(desk, edition, letter, published_on=edition[8:])
    return folder / "raw"


def documents_become_releases(live: Live, playground: Playground, made: Path, hook: Hook) -> None:
    """Let documents come, one after the other, and look at what becomes of them."""
    know_only_2025(playground.settings.schemas_dir)
    live.switch_on("new_documents")
    seen: set[str] = set()
    first = succeeds(live, seen)

    drop(live, playground, made, GOOD)
    second = succeeds(live, seen)
    assert second != first
    published = published_table(playground.processed, "deployments").to_pylist()
    new = [row for row in published if row["edition_id"] == GOOD]
    assert {row["mission_id"]: row["value"] for row in new} == {
        "EUMM_GEORGIA": 5,
        "EUMA": 6,
        "EUAM_IRAQ": 4,
    }

    drop(live, playground, made, BROKEN)
    fails(live, seen, hook)
    index = read_index(playground.processed)
    assert (index.current, len(index.releases)) == (second, 2)
    assert (playground.processed / "latest").resolve().name == second
    assert verify(playground.processed, second).problems == ()
    live.tell(f"release {second} is still current, and verified")
    keys = [fingerprint(run) for run in live.runs()]
    assert len(keys) == len(set(keys)) == 3
    live.tell("three contents, three runs")


def drop(live: Live, playground: Playground, made: Path, edition: str) -> None:
    """Copy a document; its sidecar only after the sensor has seen that it is missing."""
    target = playground.raw / edition
    target.mkdir(parents=True)
    shutil.copy(made / edition / "letter.docx", target)
    live.tell(f"{edition}: the document was dropped, without its sidecar")
    reason = live.wait(
        "the sensor waits for the sidecar",
        lambda: live.skipped("new_documents", f"{edition} waits: no source.yaml yet"),
    )
    live.tell(f"the sensor says: {reason}")
    shutil.copy(made / edition / "source.yaml", target)
    live.tell(f"{edition}: the sidecar was dropped")


def succeeds(live: Live, seen: set[str]) -> str:
    """Wait until the run of new content succeeded, and return its release."""
    run = live.follow(seen, "SUCCESS")
    maker, release = live.release()
    assert maker == run["runId"]
    live.tell(f"its release, by GraphQL: {release}")
    return release


def fails(live: Live, seen: set[str], hook: Hook) -> None:
    """Wait until the run of new content failed, and look at what it says, here and by webhook."""
    run = live.follow(seen, "FAILURE")
    found = [event["evaluation"] for event in live.events(run["runId"]) if "evaluation" in event]
    (red,) = [check for check in found if not check["success"] and check["checkName"] == "contract"]
    assert red["assetKey"]["path"] == ["reporting_deployments"]
    assert "half_year" in red["description"]
    assert "2026-H1" in red["description"]
    live.tell(f"its check says: {red['description']}")
    (told,) = live.wait("the webhook is called", lambda: of_failures(hook))
    assert told["run_id"] == run["runId"]
    assert red["description"] in told["text"]
    live.tell(f"the webhook got: {told['subject']}")


def of_failures(hook: Hook) -> list[dict[str, Any]]:
    """Return what the webhook got of runs that failed."""
    return [posted for posted in hook.posted if posted["event"] == "run_failed"]
