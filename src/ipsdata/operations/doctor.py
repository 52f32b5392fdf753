"""`ipsdata doctor`: say in words what is wrong with an installation, and what to do about it."""

import datetime as dt
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from ipsdata.errors import IpsdataError
from ipsdata.freshness import ALLOWED_DAYS, Freshness, late_sources
from ipsdata.notify import NotifySettings
from ipsdata.operations.automation import Automation
from ipsdata.operations.findings import Finding
from ipsdata.operations.home import FILE, dagster_home
from ipsdata.operations.instance import InstanceState, ask_instance
from ipsdata.operations.places import look_at_disk, look_at_folders, writable
from ipsdata.release.index import file_problems, read_index
from ipsdata.release.lock import OWNER
from ipsdata.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
OWN_SWITCHES = ("daily", "new_documents")  # those that IPSDATA_AUTOMATION may switch on
REPORTERS = ("run_failed", "findings")  # those that are on unless someone switches them off
MIN_PYTHON = (3, 11)
STUCK = 1800.0  # seconds: as long as a run may take (max_runtime_seconds of dagster.yaml)
OWNED = re.compile(r"process (?P<process>[0-9]+) on (?P<host>.+)")
HOST = re.compile(rb"(?:^|\0)(?:-h|--host)(?:=|\0)([^\0]*)")


def examine(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at all there is; never raises for what is wrong, but tells it."""
    parts: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", look_at_python),
        ("folders", lambda: look_at_folders(settings)),
        ("disk", lambda: look_at_disk(settings.processed_dir)),
        ("validation", look_at_validation),
        ("lock", lambda: look_at_lock(settings.processed_dir)),
        ("release", lambda: look_at_release(settings.processed_dir, dt.datetime.now(dt.UTC))),
        ("notifications", lambda: look_at_notifications(environment)),
        ("dagster", lambda: look_at_dagster(environment)),
        ("web server", lambda: look_at_web_servers(Path("/proc"))),
    ]
    for name, part in parts:
        try:
            yield from part()
        except IpsdataError as error:
            yield Finding(name, str(error), "correct what the message names")
        except OSError as error:
            yield Finding(name, str(error), "look at the disk and at the permissions")


def look_at_python() -> Iterator[Finding]:
    """Tell the version of Python, and whether Dagster is installed."""
    version = sys.version_info[:2]
    told = f"Python {version[0]}.{version[1]}"
    if version >= MIN_PYTHON:
        yield Finding("python", told)
    else:
        yield Finding("python", told, "install Python 3.11 or newer, and make the environment anew")
    if find_spec("dagster") is None:
        yield Finding("python", "Dagster is not installed", "install ipsdata[dagster]")


def look_at_validation() -> Iterator[Finding]:
    """Tell whether tables would be checked; if not, nothing would be published."""
    from ipsdata.validation import require_validation_enabled  # noqa: PLC0415 - imports Pandera

    try:
        require_validation_enabled()
    except IpsdataError as error:
        yield Finding("validation", str(error), "unset these variables for the services")
    else:
        yield Finding("validation", "Pandera checks every table")


def look_at_lock(processed_dir: Path, proc: Path = Path("/proc")) -> Iterator[Finding]:
    """Tell whether somebody publishes, died while doing so, or is stuck.

    The lock itself is not tried, since a run that begins at that moment would be refused.
    """
    try:
        owner = (processed_dir / OWNER).read_text("utf-8")
        age = time.time() - (processed_dir / OWNER).stat().st_mtime
    except FileNotFoundError:
        yield Finding("lock", "nobody publishes")
        return
    found = OWNED.fullmatch(owner)
    if found is None or found["host"] != socket.gethostname():
        yield Finding("lock", f"{owner} publishes now, or died there: look on that machine")
    elif not (proc / found["process"]).exists():
        yield Finding(
            "lock",
            f"{owner} died while it published; readers see the release before",
            "nothing is lost: the next run clears up, or run `ipsdata run` now",
        )
    elif age > STUCK:
        yield Finding(
            "lock",
            f"{owner} has been publishing for {age / 60:.0f} minutes",
            f"look at what it does; ending it is safe: kill {found['process']}",
        )
    else:
        yield Finding("lock", f"{owner} publishes now")


def look_at_release(processed_dir: Path, now: dt.datetime) -> Iterator[Finding]:
    """Tell whether the current release is whole, and how old it and its sources are."""
    index = read_index(processed_dir)
    if index.current is None:
        yield Finding("release", f"{processed_dir} has none yet", "run `ipsdata run`")
        return
    problems = file_problems(processed_dir, index.current)
    if problems:
        yield Finding(
            "release",
            f"{index.current} is damaged: {'; '.join(problems[:3])}",
            "`ipsdata verify --all` says which release to go back to",
        )
        return
    yield Finding("release", f"{index.current} is as it was published")
    published = dt.datetime.fromisoformat(index.entry(index.current).published_at)
    yield from _ages(list(_sources(processed_dir, now.date())), (now - published).days)


def _sources(processed_dir: Path, today: dt.date) -> Iterator[Freshness]:
    from ipsdata.release.store import published_table  # noqa: PLC0415 - imports Arrow

    documents, years = (
        published_table(processed_dir, table).to_pylist()
        for table in ("documents", "sis_daily_partitions")
    )
    yield from late_sources(documents, years, today)


def _ages(sources: list[Freshness], age: int) -> Iterator[Finding]:
    """Tell late sources, and a release that is older than the most frequent source allows."""
    for source in sources:
        todo = f"look for the next edition, and put it into data/raw/{source.collection}"
        yield Finding("source", source.told, todo if source.is_late else "")
    allowed = min((s.allowed for s in sources if s.allowed), default=max(ALLOWED_DAYS.values()))
    if age > allowed:
        yield Finding(
            "release",
            f"none was published for {age} days; the sources allow {allowed}",
            "look whether runs start and succeed: `dagster run list`, and the schedule `daily`",
        )


def look_at_notifications(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Tell who is told of failures; raises nothing that holds a secret."""
    channels = NotifySettings.from_environment(environment).channels
    yield Finding("notifications", f"failures are told by {', '.join(channels)}")


def look_at_dagster(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Tell the state of the Dagster instance."""
    home = dagster_home(environment)
    found = writable("DAGSTER_HOME", home)
    yield found
    if not found.is_fine:
        return
    if not (home / FILE).is_file():
        yield Finding(FILE, f"{home} has none, so that telemetry is on", "run `ipsdata init`")
        return
    state = ask_instance(home, "state")
    if state.problem:
        yield Finding(
            FILE, state.problem, f"correct {home / FILE}; `ipsdata init` says what differs"
        )
        return
    yield from instance_findings(state, Automation.from_environment(environment))


def instance_findings(state: InstanceState, automation: Automation) -> Iterator[Finding]:
    """Tell what is wrong with an instance that answers."""
    if state.outdated:
        yield Finding(
            "storage",
            f"the schema of {', '.join(state.outdated)} is older than the installed Dagster",
            "stop the services, back up, and run `dagster instance migrate`",
        )
    else:
        yield Finding("storage", f"{state.storage} is up to date")
    if state.telemetry:
        yield Finding(
            "telemetry",
            "Dagster sends usage data",
            f"write `telemetry: {{enabled: false}}` in {FILE}",
        )
    else:
        yield Finding("telemetry", "off")
    yield from _switches(state, automation)
    yield from _daemons(state)


def _switches(state: InstanceState, automation: Automation) -> Iterator[Finding]:
    defaults = {
        **dict.fromkeys(OWN_SWITCHES, "on" if automation.is_on else "off"),
        **dict.fromkeys(REPORTERS, "on"),
    }
    for name, default in defaults.items():
        found = state.switches.get(name, "default")
        is_on = (default if found == "default" else found) == "on"
        todo = (
            "" if is_on else "switch it on in the UI under Automation, or set IPSDATA_AUTOMATION=on"
        )
        yield Finding("automation", f"{name} is {'on' if is_on else 'off'}", todo)


def _daemons(state: InstanceState) -> Iterator[Finding]:
    dead = sorted(name for name, lives in state.daemons.items() if not lives)
    if not state.daemons or dead:
        told = ", ".join(dead) or "none was ever started"
        yield Finding("daemon", f"not running: {told}", "start the service of `dagster-daemon run`")
    else:
        yield Finding("daemon", f"{len(state.daemons)} parts of it run")


def look_at_web_servers(proc: Path) -> Iterator[Finding]:
    """Tell of web servers of Dagster that anyone on the network could use: it has no passwords."""
    for folder in sorted(proc.glob("[0-9]*")):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"dagster-webserver" not in command and b"\0dev\0" not in command:
            continue
        if b"dagster" not in command:
            continue
        yield _bound(folder.name, command)


def _bound(process: str, command: bytes) -> Finding:
    found = HOST.search(command)
    named = found.group(1).decode(errors="replace") if found else ""
    host = named or os.environ.get("DAGSTER_WEBSERVER_HOST") or "127.0.0.1"
    told = f"process {process} listens on {host}"
    if host in LOOPBACK:
        return Finding("web server", told)
    return Finding(
        "web server",
        f"{told}: anyone who reaches it may start and delete runs, as it asks for no password",
        "bind it to 127.0.0.1, and put a front with authentication before it (docs/security.md)",
    )
