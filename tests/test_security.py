"""Security that is a matter of the whole: no network at run time, pinned hashes, the SBOM."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from conftest import ROOT, copy_lists
from deployed import UNITS, needed, without_network
from letters import letter_of, render

PROGRAM = [sys.executable, "-m", "ipsdata.cli"]
PIN = re.compile(r"[a-z0-9][a-z0-9._\[\], -]*==\S+(?: ; [^\\\n]+)? \\\n")
CALL = re.compile(r"^ +[\d.]+ .* ([a-z][a-z0-9_]*)$", re.M)  # a line of the summary
TALKING = ("socket", "connect", "sendto", "sendmsg", "sendmmsg", "bind", "listen", "accept4")
LETTER = letter_of("14 mei 2026", (("EUMA Armenië", "3"), ("EUCAP Sahel Mali", "4")))


def ipsdata(folder: Path, *arguments: str, before: Sequence[str] = ()) -> str:
    """Run a command in a process of its own; return what it prints."""
    folders = ["--raw-dir", f"{folder}/raw", "--processed-dir", f"{folder}/processed"]
    command = [*before, *PROGRAM, *folders, "--schemas-dir", str(ROOT / "schemas"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation, with a release that was made where there is no network at all."""
    folder = tmp_path_factory.mktemp("installed")
    copy_lists(folder / "raw")
    (folder / "letter.pdf").write_bytes(render(LETTER, "pdf"))
    ipsdata(folder, "run", before=without_network())
    return folder


def test_releases_are_made_and_read_without_a_network(installed: Path) -> None:
    before = without_network()
    assert "EUMA" in ipsdata(installed, "show", "deployments", before=before)
    assert "pages" in ipsdata(installed, "report", "--out", "again", "--json", before=before)
    assert "Nothing changed." in ipsdata(installed, "diff", "latest", "latest", before=before)


@pytest.fixture(scope="module")
def traced(installed: Path) -> str:
    """Return every system call of a whole run, and of reading a PDF, with a summary."""
    told = []
    for number, arguments in enumerate((["run", "--full"], ["inspect", "letter.pdf"])):
        log = installed / f"calls-{number}.txt"
        strace = [needed("strace", "strace"), "--follow-forks", "--quiet=all", "-C", "-o", str(log)]
        ipsdata(installed, *arguments, before=strace)
        told.append(log.read_text("utf-8", "replace"))
    return "\n".join(told)


def test_a_run_talks_to_nobody(traced: str) -> None:
    families = set(re.findall(rf"(?:{'|'.join(TALKING)})\(.*?\b(?:AF|PF)_(\w+)", traced))
    assert families <= {"UNIX"}, "the C library asks a local name service who the user is"
    assert "io_uring_setup(" not in traced


def test_the_units_allow_what_a_run_calls(traced: str) -> None:
    used = {name for name in CALL.findall(traced) if name not in ("total", "calls")}
    assert {"openat", "rename", "memfd_create"} <= used
    text = (UNITS / "ipsdata-.service.d" / "10-hardening.conf").read_text("utf-8")
    (allowed, refused) = re.findall(r"^SystemCallFilter=~?(.+)$", text, re.M)
    assert used <= calls_of(allowed) - calls_of(refused) | calls_of("@default")


def calls_of(groups: str) -> set[str]:
    """Return the system calls of groups such as `@system-service`."""
    found: set[str] = set()
    for group in groups.split():
        command = [needed("systemd-analyze", "systemd"), "syscall-filter", "--no-pager", group]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        names = {line.strip() for line in told.splitlines()[1:]} - {""}
        names = {name for name in names if not name.startswith("#")}
        found |= {name for name in names if not name.startswith("@")}
        found |= calls_of(" ".join(name for name in names if name.startswith("@")))
    return found


def test_no_code_is_made_at_run_time(traced: str) -> None:
    """What `MemoryDenyWriteExecute` would refuse: memory that is writable and executable."""
    maps = re.findall(r"(?:mmap|mprotect|pkey_mprotect)\(.*?(PROT_\S+)", traced)
    assert maps
    assert not [asked for asked in maps if "PROT_WRITE" in asked and "PROT_EXEC" in asked]


@pytest.mark.parametrize("name", ["runtime", "dev", "superset", "compat"])
def test_every_dependency_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    assert len(entries) > 4
    for entry in entries:
        assert PIN.match(entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_bill_of_materials_names_every_pinned_dependency(tmp_path: Path) -> None:
    bill = tmp_path / "sbom.cdx.json"
    command = ["make", "--assume-old=.venv/.ready", "sbom", f"SBOM={bill}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    text = bill.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = json.loads(text)["components"]
    for component in components:
        assert any(place["hashes"] for place in component["externalReferences"]), component["name"]
    pinned = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    wanted = re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[.*?\])?==([^\s;]+)", pinned, re.M)
    assert len(wanted) > 20
    assert {(c["name"], c["version"]) for c in components} == set(wanted)


def test_the_ui_is_served_on_loopback_only() -> None:
    for name in ("webserver", "viewer"):
        assert "--host 127.0.0.1 " in (UNITS / f"ipsdata-{name}.service").read_text("utf-8")
    assert "dagster dev -h 127.0.0.1 " in (ROOT / "Makefile").read_text("utf-8")
