"""The same with Dagster's storage in a real PostgreSQL, also when that restarts during a run."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import Playground
from hooks import listening
from ipsdata.release.index import read_index
from ipsdata.release.store import verify
from live_made import documents_become_releases, make_letters
from live_server import Live, Row, running
from postgres import Postgres, binaries, postgres

pytestmark = [
    pytest.mark.skipif(
        binaries() is None, reason="PostgreSQL is not installed: apt install postgresql"
    ),
    pytest.mark.skipif(
        find_spec("dagster_postgres") is None,
        reason="dagster-postgres is not installed: install ipsdata[server]",
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as found:
        yield found


def test_documents_become_releases_with_postgresql(
    own_schemas: Playground, tmp_path: Path, server: Postgres
) -> None:
    made = make_letters(tmp_path / "made")
    home = tmp_path / "home"
    with listening() as hook:
        more = {
            "IPSDATA_NOTIFY_WEBHOOK_URL": hook.url,
            "IPSDATA_POSTGRES_URL": server.url,
        }
        with running(own_schemas, home, more, "--postgres") as live:
            documents_become_releases(live, own_schemas, made, hook)
    assert list(home.rglob("*.db")) == []
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not any(server.password.encode() in path.read_bytes() for path in files)


def test_a_run_survives_a_restart_of_the_database(playground: Playground, tmp_path: Path) -> None:
    with postgres() as own:
        more = {"IPSDATA_POSTGRES_URL": own.url}
        with running(playground, tmp_path / "home", more, "--postgres") as live:
            live.switch_on("new_documents")
            live.wait("the sensor asks for a run", live.runs)
            run = live.wait("the run goes on", lambda: in_status(live, "STARTED"))
            live.tell(f"run {run['runId'][:8]} goes on: the database is restarted")
            own.control("restart", "-m", "fast")
            live.tell("the database is back")
            done = live.wait("the run, or its retry, succeeds", lambda: in_status(live, "SUCCESS"))
            live.tell(f"run {done['runId'][:8]} succeeded: {len(live.runs())} runs in all")
            assert done["runId"] == run["runId"] or done["rootRunId"] == run["runId"]
            release = read_index(playground.processed).current
            assert release is not None
            assert verify(playground.processed, release).problems == ()


def in_status(live: Live, status: str) -> Row | None:
    """Return a run that is in this state."""
    return next((run for run in live.runs() if run["status"] == status), None)
