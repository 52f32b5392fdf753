"""Start Apache Superset on 127.0.0.1 with the current release and its dashboard.

Run by `make superset` in an environment of its own (requirements/superset.txt). The first start
makes the server's own database (SQLite), its secret key and the user `admin`; each start brings
that database up to date and imports the dashboard of `dashboard/`, over what was imported before.
"""

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATABASE_FILE = "databases/ipsdata.yaml"
ADDRESS = "127.0.0.1"
WORD_BYTES = 32
OWNER_ONLY = 0o077  # umask
INPUT_MISSING = 3  # as the exit codes of ipsdata


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepare the server, say where it is, and become it."""
    options = parse(arguments)
    database, home = options.database.resolve(), options.home.resolve()
    if not database.is_file():
        sys.stderr.write(
            f"{database}: no such file; `make run` publishes a release and writes it\n"
        )
        sys.exit(INPUT_MISSING)
    os.umask(OWNER_ONLY)
    home.mkdir(parents=True, exist_ok=True)
    secret(home / "secret_key")
    os.environ["SUPERSET_HOME"] = str(home)
    os.environ["SUPERSET_CONFIG_PATH"] = str(HERE / "superset_config.py")
    prepare(database, home / "admin_password")
    sys.stdout.write(
        f"Superset: http://{ADDRESS}:{options.port}/superset/dashboard/ipsdata/\n"
        f"User admin, password in {home / 'admin_password'}\n"
    )
    sys.stdout.flush()
    serve(options.port)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, default=Path("data/processed/ipsdata.duckdb"))
    parser.add_argument("--home", type=Path, default=Path(".superset"))
    parser.add_argument("--port", type=int, default=8088)
    return parser.parse_args(arguments)


def secret(path: Path) -> str:
    """Return the secret of a file, which is made if it is missing; its owner alone may read it."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(WORD_BYTES), "ascii")
    return path.read_text("ascii")


def prepare(database: Path, password_file: Path) -> None:
    """Bring the server's own database up to date, with its user and the dashboard."""
    # Superset reads its settings when it is imported.
    from flask_migrate import upgrade  # noqa: PLC0415
    from superset.app import create_app  # noqa: PLC0415

    app = create_app()
    with app.app_context():
        from superset.extensions import appbuilder, security_manager  # noqa: PLC0415

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        import_dashboard(admin(security_manager, secret(password_file)), database)


def admin(security_manager, password: str):  # noqa: ANN001, ANN201 - Superset has no types
    """Return the user `admin`, whose password is that of the file."""
    user = security_manager.find_user("admin")
    if user is None:
        role = security_manager.find_role("Admin")
        return security_manager.add_user(
            "admin", "ipsdata", "admin", "admin@localhost", role, password
        )
    security_manager.reset_password(user.id, password)
    return user


def import_dashboard(user, database: Path) -> None:  # noqa: ANN001 - Superset has no types
    """Import the dashboard with its charts and data sets, over those of an earlier start."""
    from superset.commands.importers.v1.assets import ImportAssetsCommand  # noqa: PLC0415
    from superset.utils.core import override_user  # noqa: PLC0415

    with override_user(user):
        ImportAssetsCommand(exported(database)).run()


def exported(database: Path) -> dict[str, str]:
    """Return the files of `dashboard/`, with the DuckDB file where it lies on this machine."""
    import yaml  # noqa: PLC0415
    from sqlalchemy.engine import URL  # noqa: PLC0415

    folder = HERE / "dashboard"
    files = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.yaml"))
    }
    settings = yaml.safe_load(files[DATABASE_FILE])
    url = URL.create("duckdb", database=str(database), query={"access_mode": "read_only"})
    settings["sqlalchemy_uri"] = url.render_as_string()
    return files | {DATABASE_FILE: yaml.safe_dump(settings)}


def serve(port: int) -> None:
    """Become the server: one process, since its database is SQLite, of several threads."""
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{ADDRESS}:{port}"]
    command += ["--worker-class", "gthread", "--threads", "8", "--timeout", "120"]
    command += ["--log-level", "warning", "superset.app:create_app()"]
    os.execv(sys.executable, command)  # noqa: S606 - no shell, no input of a user


if __name__ == "__main__":
    main()
