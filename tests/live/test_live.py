"""The whole of it, live: daemon, web server, sensor, release, failure and who is told."""

from pathlib import Path

from conftest import Playground
from hooks import listening
from live_made import documents_become_releases, make_letters
from live_server import running


def test_a_document_becomes_a_release_and_a_broken_one_leaves_it(
    own_schemas: Playground, tmp_path: Path
) -> None:
    made = make_letters(tmp_path / "made")
    home = tmp_path / "home"
    with (
        listening() as hook,
        running(own_schemas, home, {"IPSDATA_NOTIFY_WEBHOOK_URL": hook.url}) as live,
    ):
        documents_become_releases(live, own_schemas, made, hook)
