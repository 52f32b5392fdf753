"""`ipsdata init`: set up DAGSTER_HOME, as often as one likes."""

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from ipsdata.errors import ConfigurationError
from ipsdata.operations.findings import Finding
from ipsdata.operations.instance import ask_instance
from ipsdata.operations.places import look_at_disk, look_at_folders, writable
from ipsdata.settings import Settings

FILE = "dagster.yaml"
POSTGRES_URL = "IPSDATA_POSTGRES_URL"
# dagster-postgres brings psycopg2, and SQLAlchemy from 2.1 on means another driver by postgresql://.
SCHEME = "postgresql+psycopg2"
SQLITE = "  sqlite:\n    base_dir:\n      env: DAGSTER_HOME\n"
POSTGRES = f"  postgres:\n    postgres_url:\n      env: {POSTGRES_URL}\n"


def template_path() -> Path:
    """Return the `dagster.yaml` of the installed package, or that of the source checkout."""
    packaged = Path(str(files("ipsdata"))) / "deploy" / FILE
    return packaged if packaged.is_file() else Path(__file__).resolve().parents[3] / "deploy" / FILE


def dagster_home(environment: Mapping[str, str]) -> Path:
    """Return the folder that `DAGSTER_HOME` names.

    Raises:
        ConfigurationError: it names none, or one by a relative path, which Dagster refuses.
    """
    text = environment.get("DAGSTER_HOME", "")
    if not text or not Path(text).is_absolute():
        raise ConfigurationError(
            f"DAGSTER_HOME: found {text!r}, expected the absolute path of the folder in which "
            "Dagster keeps its runs: set it in the environment"
        )
    return Path(text)


def require_postgres_url(environment: Mapping[str, str]) -> None:
    """Look whether the environment names a database.

    Raises:
        ConfigurationError: it does not; the message never tells the address, which may hold a
            password.
    """
    url = environment.get(POSTGRES_URL, "")
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme == SCHEME and bool(parts.hostname) and len(parts.path) > 1
    except ValueError:
        is_fit = False
    if not is_fit:
        found = "something else" if url else "nothing"
        raise ConfigurationError(
            f"{POSTGRES_URL}: found {found}, expected {SCHEME}://USER:PASSWORD@HOST:PORT/DATABASE"
        )


def set_up(settings: Settings, home: Path, *, postgres: bool = False) -> Iterator[Finding]:
    """Set up an instance of Dagster and the store, and tell each step.

    What is there already is left as it is, above all a `dagster.yaml` that somebody changed.

    Args:
        home: the folder that DAGSTER_HOME names.
        postgres: whether Dagster keeps its runs in the database of `IPSDATA_POSTGRES_URL`, instead
            of in files below `home`.
    """
    found = _folder("DAGSTER_HOME", home, 0o700)
    yield found
    if not found.is_fine:
        return
    yield _settings_file(home / FILE, settings_text(postgres=postgres))
    yield _folder("store", settings.processed_dir, 0o755)
    yield from look_at_folders(settings)
    yield from look_at_disk(home, settings.processed_dir)
    yield _storage(home)


def settings_text(*, postgres: bool) -> str:
    """Return the text of `dagster.yaml`."""
    text = template_path().read_text("utf-8")
    return text.replace(SQLITE, POSTGRES) if postgres else text


def _folder(check: str, folder: Path, mode: int) -> Finding:
    try:
        is_new = not folder.exists()
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        return Finding(
            check,
            f"{folder} can't be made ({error.strerror})",
            f"make it as root, and give it to the user that runs ipsdata (uid {os.getuid()})",
        )
    if check == "DAGSTER_HOME" and folder.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        return Finding(
            check, f"{folder} is open to others, and holds logs and settings", f"chmod 750 {folder}"
        )
    return Finding(check, f"{folder} was made") if is_new else writable(check, folder)


def _settings_file(path: Path, text: str) -> Finding:
    """Write the file if there is none; else tell how it differs, and leave it."""
    try:
        # Made whole under another name: a crash leaves no half a file, and two calls at once one.
        if not path.exists():
            _write_new(path, text)
            return Finding(FILE, f"{path} was written")
        found = path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        return Finding(FILE, f"{path}: {error}", "look at its owner, its permissions and its text")
    return compared(path, found, text)


def compared(path: Path, found: str, text: str) -> Finding:
    """Tell how a `dagster.yaml` differs from the one that would be written; that is no fault."""
    if found == text:
        return Finding(FILE, f"{path} is as `ipsdata init` writes it")
    lines = difflib.unified_diff(
        text.splitlines(), found.splitlines(), "as init writes it", str(path), lineterm="", n=0
    )
    told = "\n      ".join([f"{path} was changed, and is left as it is:", *lines])
    return Finding(FILE, told)


def _write_new(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another call was first, with the same text
    finally:
        draft.unlink()


def _storage(home: Path) -> Finding:
    state = ask_instance(home, "init")
    if state.problem:
        return Finding("storage", state.problem, "correct dagster.yaml or the database it names")
    if state.outdated:
        names = ", ".join(state.outdated)
        return Finding(
            "storage",
            f"{state.storage}: the schema of {names} is older than the installed Dagster",
            "stop the services, back up, and run `dagster instance migrate`",
        )
    return Finding("storage", f"{state.storage} is ready")
