"""The command line: `ipsdata`. Data on stdout, progress and messages on stderr.

Exit codes: 0 fine, 1 data failed, 2 usage, 3 configuration or input missing, 4 internal error.
Heavy libraries are imported by the commands that need them, so that help comes at once.
"""

import datetime as dt
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ipsdata import __version__
from ipsdata.errors import ConfigurationError, DataError, IpsdataError
from ipsdata.observe.logs import FORMATS, TEXT, listening
from ipsdata.release.remote.commands import remote
from ipsdata.settings import Settings, limits_from, max_bad_share_from

if TYPE_CHECKING:
    import pyarrow as pa

    from ipsdata.observe.watched import Watched
    from ipsdata.operations.findings import Finding
    from ipsdata.release.index import ReleaseIndex
    from ipsdata.release.store import Verification
    from ipsdata.runreport import RunReport
    from ipsdata.unchanged import Inputs

CONFIGURATION_FILES = ("ipsdata.toml", "pyproject.toml")
INTERNAL_ERROR = 4
FOLDER = click.Path(path_type=Path, file_okay=False)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    try:
        # Without standalone mode click returns what a command returned, here its exit code.
        code = cli.main(
            None if arguments is None else list(arguments),
            prog_name="ipsdata",
            standalone_mode=False,
            default_map=_defaults(Path.cwd()),
        )
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        code = 130
    except IpsdataError as error:
        click.echo(f"error: {error}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:  # the last resort of a program
        click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
        click.echo("This is a fault of ipsdata: please report it with the command.", err=True)
        code = INTERNAL_ERROR
    sys.exit(code if isinstance(code, int) else 0)


def _defaults(folder: Path) -> dict[str, Any]:
    """Read defaults from `ipsdata.toml`, or from `[tool.ipsdata]` of `pyproject.toml`."""
    for name in CONFIGURATION_FILES:
        path = folder / name
        try:
            found = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path}: can't be read as TOML: {error}") from None
        section = found if name == "ipsdata.toml" else found.get("tool", {}).get("ipsdata")
        if section is not None:
            return _checked_defaults(path, section)
    return {}


def _checked_defaults(path: Path, section: Mapping[str, Any]) -> dict[str, Any]:
    known = [parameter.name for parameter in cli.params if parameter.name]
    unknown = sorted(set(section) - set(known))
    if unknown:
        raise ConfigurationError(f"{path}: found {unknown}, expected some of {sorted(known)}")
    return dict(section)


@click.group(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "IPSDATA",
        "max_content_width": 100,
    }
)
@click.version_option(__version__, prog_name="ipsdata")
@click.option(
    "--raw-dir",
    type=FOLDER,
    default=Settings.raw_dir,
    show_default=True,
    show_envvar=True,
    help="Documents and facts with their sidecars.",
)
@click.option(
    "--processed-dir",
    type=FOLDER,
    default=Settings.processed_dir,
    show_default=True,
    show_envvar=True,
    help="The release store.",
)
@click.option(
    "--schemas-dir",
    type=FOLDER,
    default=None,
    show_default="those of the package",
    show_envvar=True,
    help="Contracts, layouts and code lists.",
)
@click.pass_context
def cli(
    context: click.Context, raw_dir: Path, processed_dir: Path, schemas_dir: Path | None
) -> None:
    """Turn published figures on international police cooperation into checked, versioned Parquet.

    Defaults for the folders may stand in ipsdata.toml or under [tool.ipsdata] in pyproject.toml.
    """
    given = {"schemas_dir": schemas_dir} if schemas_dir is not None else {}
    context.obj = Settings(
        raw_dir,
        processed_dir,
        **given,
        limits=limits_from(os.environ),
        max_bad_share=max_bad_share_from(os.environ),
    )


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON on stdout.")


@cli.command()
@json_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors.")
@click.option("--full", is_flag=True, help="Do all the work, even if nothing changed.")
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    envvar="IPSDATA_LOG",
    show_envvar=True,
    show_default="text; on a terminal a bar",
    help="How stderr tells each stage, with its counts and duration.",
)
@click.option(
    "--metrics-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="IPSDATA_METRICS_FILE",
    show_envvar=True,
    help="Write metrics for Prometheus' node_exporter: a file *.prom.",
)
@click.pass_obj
def run(
    settings: Settings,
    as_json: bool,
    quiet: bool,
    full: bool,
    log_format: str | None,
    metrics_file: Path | None,
) -> int:
    """Read, validate, reconcile and publish a release.

    Where documents, schemas, code and settings are those of the current release, and that is as it
    was published, its report is printed at once.

    Exits with 1 if a row was rejected or publishing was refused; what holds is published all the
    same, unless a table as a whole breaks its contract.
    """
    from ipsdata import summary, unchanged  # noqa: PLC0415 - the first imports rich

    has_bar = not quiet and log_format is None and sys.stderr.isatty()
    with (
        _log_lines(log_format or TEXT, enabled=not quiet and not has_bar),
        _watched(settings, metrics_file) as watched,
    ):
        inputs = unchanged.take_inputs(settings)
        report = None if full else unchanged.unchanged_report(settings, inputs)
        report = report or _whole_run(settings, inputs, watched.run_id, has_bar=has_bar)
        watched.report = report
    if as_json:
        _write_json(summary.report_data(report))
    else:
        summary.print_report(report, settings)
    return report.exit_code


def _log_lines(form: str, *, enabled: bool) -> AbstractContextManager[None]:
    return listening(sys.stderr, form) if enabled else nullcontext()


def _watched(settings: Settings, metrics: Path | None) -> AbstractContextManager["Watched"]:
    from ipsdata.observe.metrics import required_suffix  # noqa: PLC0415 - needed here only
    from ipsdata.observe.watched import watched  # noqa: PLC0415 - likewise

    return watched(settings.processed_dir, metrics and required_suffix(metrics))


def _whole_run(settings: Settings, inputs: "Inputs", run_id: str, *, has_bar: bool) -> "RunReport":
    from ipsdata import summary  # noqa: PLC0415 - imports rich
    from ipsdata.run import run_pipeline  # noqa: PLC0415 - imports pandas and Pandera

    with summary.progress(enabled=has_bar) as tell:
        return run_pipeline(settings, run_id=run_id, progress=tell, inputs=inputs)


@cli.command()
@json_option
@click.option(
    "--year",
    "years",
    type=int,
    multiple=True,
    help="A year to see to; may be repeated. All by default.",
)
@click.pass_obj
def load(settings: Settings, years: tuple[int, ...], as_json: bool) -> int:
    """Load daily counts of SIS, without the rest of the pipeline.

    Every year covered by a file of daily counts in the raw data is validated and made ready as
    Parquet, unless it lies ready already, made from the same files. The next run publishes it.
    Exits with 1 if a row or a file was refused.
    """
    from ipsdata.daily.load import load_years  # noqa: PLC0415 - imports Arrow

    loaded = load_years(settings, frozenset(years) or None)
    listings = [
        {**receipt.listing, "loaded_now": year in loaded.read, "speed": receipt.rows_per_second}
        for year, receipt in sorted(loaded.years.items())
    ]
    if as_json:
        _write_json(listings)
    else:
        from ipsdata import summary  # noqa: PLC0415 - imports rich

        summary.print_loaded(listings, loaded.refused)
    return 1 if loaded.refused.num_rows else 0


@cli.command()
@json_option
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.pass_obj
def validate(settings: Settings, files: tuple[Path, ...], as_json: bool) -> int:
    """Check FILES without publishing anything.

    A contract (YAML in the folder tables), an edition (its folder, its source.yaml or a file in
    it), or a Parquet file named after its table.
    """
    from ipsdata.validate import validate_file  # noqa: PLC0415 - imports pandas and Pandera

    results = [validate_file(path, settings) for path in files]
    if as_json:
        _write_json([result.as_data() for result in results])
    for result in results if not as_json else ():
        for problem in result.problems:
            click.echo(problem)
        click.echo(f"{result.name}: {result.verdict}", err=True)
    return 1 if any(result.problems for result in results) else 0


@cli.command("check-bi")
@json_option
@click.option("--schema-only", is_flag=True, help="Read the footers only, not the values.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def check_bi(files: tuple[Path, ...], schema_only: bool, as_json: bool) -> int:
    """Say what in Parquet FILES would break in which tool, and what to do about it.

    Any file, a folder that holds the files of one table, or the folder of a release. Of pandas,
    Polars, DuckDB, Spark, R, Power BI, Excel, Tableau and Superset. Exits with 1 if there is an
    error; a warning is what some tool shows otherwise than it stands in the file.
    """
    from ipsdata import check_bi as checks  # noqa: PLC0415 - imports Arrow

    checked = [each for path in files for each in checks.check_bi(path, schema_only=schema_only)]
    if as_json:
        _write_json([each.as_data() for each in checked])
    else:
        checks.print_checked(checked)
    return 1 if any(each.errors for each in checked) else 0


@cli.command()
@json_option
@click.option(
    "--language",
    type=click.Choice(("nl", "en", "fr", "de", "de-CH", "fr-CH")),
    default="nl",
    show_default=True,
    help="In which numbers and dates are read.",
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def inspect(settings: Settings, file: Path, language: str, as_json: bool) -> int:
    """Print FILE as it is read: headings, paragraphs, tables, numbers and dates, with their places.

    Reads text, DOCX, ODT, PDF, HTML, XLSX, XLS, ODS and CSV, in a process of its own with limits on
    memory and time. Nothing of it is published.
    """
    from ipsdata import summary  # noqa: PLC0415 - imports rich
    from ipsdata.extract.passages import located_quantities, passages  # noqa: PLC0415 - imports babel
    from ipsdata.read.delimited import ReadError  # noqa: PLC0415 - needed here only
    from ipsdata.read.isolated import read_isolated  # noqa: PLC0415 - needed here only

    try:
        document = read_isolated(file.read_bytes(), str(file), settings.limits)
    except ReadError as error:
        raise DataError(f"{error} ({error.reason})") from None
    found = located_quantities(passages(document), language)
    if as_json:
        _write_json(summary.document_data(document, found))
    else:
        summary.print_document(document, found)
    return 0


@cli.command()
@click.argument("edition")
@click.option("--check", is_flag=True, help="Verify the captures there are; draft nothing.")
@click.pass_obj
def capture(settings: Settings, edition: str, check: bool) -> int:
    """Draft captures for EDITION, such as letters/2025-06-12.

    Writes a line of captures.csv on stdout for every number and date of its document that is not
    accounted for, with its sentence, and table and dimensions filled in where a known phrase tells
    them. Complete the lines, add them to captures.csv and put its new SHA-256 into source.yaml. An
    edition without a source.yaml gets a draft of that first.

    With --check, exits with 1 if a capture does not hold or a number is not accounted for.
    """
    from ipsdata import drafts  # noqa: PLC0415 - imports babel, dateparser and text2num
    from ipsdata.collect import EDITION, SIDECAR  # noqa: PLC0415 - imports a YAML reader

    edition = edition.strip("/")
    folder = settings.raw_dir / edition
    sidecar = folder / SIDECAR
    if EDITION.fullmatch(edition) and folder.is_dir() and not sidecar.exists():
        sidecar.write_text(drafts.draft_sidecar(folder), "utf-8")
        raise ConfigurationError(
            f"{sidecar}: drafted, as there was none: fill in what is empty, give each file its "
            "layout (for a list also population and measure), and run this again"
        )
    found = drafts.account_edition(edition, settings)
    for problem in found.problems:
        click.echo(problem, err=True)
    count, lost = len(found.quantities), len(found.unaccounted)
    click.echo(f"{edition}: {count - lost} of {count} quantities accounted for", err=True)
    if not check:
        click.echo(drafts.draft_captures(found, settings.schemas_dir), nl=False)
        return 0
    for row in found.unaccounted:
        click.echo(f"{row['fate']}: {row['as_printed']!r} at {row['locator']}")
    return 1 if lost or found.problems else 0


@cli.group(invoke_without_command=True)
@json_option
@click.pass_context
def releases(context: click.Context, as_json: bool) -> int:
    """List the releases, newest last; the current one is marked."""
    from ipsdata.release.index import read_index  # noqa: PLC0415 - only this command's

    if context.invoked_subcommand is not None:
        return 0
    settings: Settings = context.obj
    index = read_index(settings.processed_dir)
    if as_json:
        _write_json(asdict(index))
    elif index.releases:
        _say_releases(index)
    else:
        click.echo(f"{settings.processed_dir}: no release yet: run `ipsdata run`", err=True)
    return 0


def _say_releases(index: "ReleaseIndex") -> None:
    for entry in index.releases:
        mark = "*" if entry.release_id == index.current else " "
        rows = sum(entry.tables.values())
        told = f"{len(entry.tables)} tables, {rows:,} rows"
        notes = [name for name, release in index.tags.items() if release == entry.release_id]
        if entry.release_id in index.rolled_back:
            notes.append("(rolled back)")
        words = "  ".join([entry.release_id, entry.published_at, told, *notes])
        click.echo(f"{mark} {words}")


@releases.command("tag")
@click.argument("release")
@click.argument("name")
@click.pass_obj
def tag_release(settings: Settings, release: str, name: str) -> int:
    """Give RELEASE a NAME, by which every command finds it; it is never removed.

    RELEASE is an id, or another name of it.
    """
    from ipsdata.release.keeping import tag  # noqa: PLC0415 - imports Arrow

    chosen = tag(settings.processed_dir, release, name)
    click.echo(f"release {chosen} has the name {name}")
    return 0


@releases.command("untag")
@click.argument("name")
@click.pass_obj
def untag_release(settings: Settings, name: str) -> int:
    """Take a NAME away; the release itself stays."""
    from ipsdata.release.keeping import untag  # noqa: PLC0415 - imports Arrow

    click.echo(f"release {untag(settings.processed_dir, name)} no longer has the name {name}")
    return 0


@cli.command()
@click.argument("release", required=False)
@click.pass_obj
def rollback(settings: Settings, release: str | None) -> int:
    """Make RELEASE current, by default the one before the current; no file is changed.

    A run that comes to the tables of a release that was rolled back is refused, until what was
    wrong is corrected or that release is made current again by the same command.
    """
    from ipsdata.release.keeping import rollback as go_back  # noqa: PLC0415 - imports Arrow

    done = go_back(settings.processed_dir, release)
    click.echo(f"release {done.now} is current; it was {done.before}")
    return 0


@cli.command()
@json_option
@click.option("--keep", type=click.IntRange(2), required=True, help="How many of the newest.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@click.pass_obj
def prune(settings: Settings, keep: int, dry_run: bool, as_json: bool) -> int:
    """Remove old releases; never the current, the two newest, or one with a name."""
    from ipsdata.release.keeping import prune as remove  # noqa: PLC0415 - imports Arrow

    done = remove(settings.processed_dir, keep, dry_run=dry_run)
    if as_json:
        _write_json(asdict(done))
        return 0
    verb = "would be removed" if dry_run else "removed"
    for name in done.removed:
        click.echo(f"{name}  {verb}")
    for name, reason in done.kept.items():
        click.echo(f"{name}  kept: {reason}")
    click.echo(f"{len(done.removed)} releases {verb}, {done.freed / 1e6:,.1f} MB", err=True)
    return 0


@cli.command()
@json_option
@click.argument("old")
@click.argument("new")
@click.option("--table", "tables", multiple=True, help="Only this table; may be given again.")
@click.pass_obj
def diff(settings: Settings, old: str, new: str, tables: tuple[str, ...], as_json: bool) -> int:
    """Say what changed from release OLD to release NEW, by primary key, and why.

    Each is a release id, `latest`, `previous`, or the folder of a release. What a release changed
    against the one before it stands in its changes.md and changes.parquet.
    """
    from ipsdata.release.changes import changes_markdown  # noqa: PLC0415 - imports DuckDB, Arrow
    from ipsdata.release.diff import compare  # noqa: PLC0415 - likewise
    from ipsdata.release.sides import side_of  # noqa: PLC0415 - likewise

    before, now = (side_of(settings.processed_dir, name) for name in (old, new))
    unknown = sorted(set(tables) - before.contracts.keys() - now.contracts.keys())
    if unknown:
        raise click.UsageError(f"neither release has a table {', '.join(unknown)}")
    found = compare(before, now, tables)
    if as_json:
        _write_json(found.to_pylist())
    else:
        click.echo(changes_markdown(found, before, now), nl=False)
    return 0


@cli.command()
@json_option
@click.argument("key")
@click.pass_obj
def history(settings: Settings, key: str, as_json: bool) -> int:
    """Tell the life of one figure: what each release, and each source, said of it.

    KEY is `table:column=value,column=value`, or as much of it as names one figure.
    """
    from ipsdata import summary  # noqa: PLC0415 - imports rich
    from ipsdata.release import history as life  # noqa: PLC0415 - imports Arrow

    found = life.history(settings.processed_dir, key)
    if as_json:
        _write_json(found.as_data())
    else:
        summary.print_history(found)
    return 0


@cli.command()
@json_option
@click.argument("release_id", required=False)
@click.option("--out", "folder", type=FOLDER, help="Make the pages anew, in this folder.")
@click.pass_obj
def report(settings: Settings, release_id: str | None, folder: Path | None, as_json: bool) -> int:
    """Say where the pages of a release are, in English and Dutch: open them in a browser.

    Each release carries them in its folder report. With --out they are made anew, from any release.
    """
    from ipsdata.release.report.site import published_pages, write_pages  # noqa: PLC0415 - Arrow
    from ipsdata.release.store import load_content  # noqa: PLC0415 - imports Arrow

    content = load_content(settings.processed_dir, release_id)
    pages = published_pages(content) if folder is None else write_pages(content, folder)
    if as_json:
        _write_json({"release_id": content.release_id, "pages": [str(page) for page in pages]})
    else:
        click.echo("\n".join(str(page) for page in pages))
    return 0


@cli.command()
@json_option
@click.argument("table")
@click.option("--release", "release_id", help="A release; the current one by default.")
@click.option("--columns", help="Column names, separated by commas; all by default.")
@click.option("--rows", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE[,VALUE…]",
    help="Rows with one of the values; also COLUMN>=VALUE and COLUMN<=VALUE. All given must hold.",
)
@click.pass_obj
def show(  # noqa: PLR0913, PLR0917 - one an option
    settings: Settings,
    table: str,
    release_id: str | None,
    columns: str | None,
    rows: int,
    where: tuple[str, ...],
    as_json: bool,
) -> int:
    """Print a TABLE of a release.

    Values of --where are compared as text, with columns of numbers as numbers; one with a comma
    stands in double quotes.

    Columns that don't fit the terminal are left out and named; --columns chooses, --json has all.
    """
    from ipsdata import summary  # noqa: PLC0415 - imports rich
    from ipsdata.release.store import published_table  # noqa: PLC0415 - imports Arrow

    found = _where(table, published_table(settings.processed_dir, table, release_id), where)
    if columns:
        wanted = [name.strip() for name in columns.split(",")]
        _check_columns(table, found, wanted)
        found = found.select(wanted)
    if as_json:
        _write_json(found.to_pylist())
    else:
        summary.print_table(table, found, rows, fit=not columns)
    return 0


def _where(name: str, table: "pa.Table", where: Sequence[str]) -> "pa.Table":
    """Return the rows of a table that satisfy the conditions of --where."""
    import pyarrow as pa  # noqa: PLC0415 - only commands that read tables need it

    from ipsdata.conditions import ConditionError, matching, parse_condition  # noqa: PLC0415 - only here

    if not where:
        return table
    try:
        conditions = [parse_condition(text) for text in where]
        _check_columns(name, table, [condition.column for condition in conditions])
        # Of none, Arrow could not tell the type.
        return table.take(pa.array(matching(table.to_pylist(), conditions), pa.int64()))
    except ConditionError as error:
        raise click.BadParameter(str(error), param_hint="--where") from None


def _check_columns(name: str, table: "pa.Table", wanted: Sequence[str]) -> None:
    unknown = [column for column in wanted if column not in table.column_names]
    if unknown:
        known = ", ".join(table.column_names)
        raise click.BadParameter(f"{name} has no columns {unknown}; it has {known}")


@cli.command()
@json_option
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="A day, such as 2024-12-31.")
@click.pass_obj
def members(settings: Settings, on: dt.datetime | None, as_json: bool) -> int:
    """Print how many states used the Schengen Information System at the end of each year.

    With --on, print how many and which used it on that day. As the current release has it.
    """
    from ipsdata import summary  # noqa: PLC0415 - imports rich
    from ipsdata.code.membership import Membership  # noqa: PLC0415 - needed here only
    from ipsdata.release.store import published_table  # noqa: PLC0415 - imports Arrow

    found = Membership(published_table(settings.processed_dir, "sis_membership").to_pylist())
    if on is not None:
        codes = found.members_on(on.date())
        if as_json:
            _write_json({"on": on.date(), "members": len(codes), "codes": codes})
        else:
            click.echo(f"{len(codes)} states used SIS on {on.date()}: {', '.join(codes) or 'none'}")
        return 0
    ends = found.year_ends(dt.datetime.now(dt.UTC).year - 1)
    if as_json:
        _write_json([{**asdict(end), "members": len(end.members)} for end in ends])
    else:
        summary.print_year_ends(ends)
    return 0


@cli.command()
@json_option
@click.option("--all", "every", is_flag=True, help="Every release, not only one.")
@click.argument("release_id", required=False)
@click.pass_obj
def verify(settings: Settings, release_id: str | None, every: bool, as_json: bool) -> int:
    """Hash every file of a release again and check its tables against its own contracts.

    If the current release is damaged, `--all` says which one to go back to.
    """
    if every and release_id:
        raise click.UsageError("give a release or --all, not both")
    return (
        _verify_all(settings, as_json=as_json)
        if every
        else _verify_one(settings, release_id, as_json=as_json)
    )


def _verify_one(settings: Settings, release_id: str | None, *, as_json: bool) -> int:
    from ipsdata.release.store import verify as verify_release  # noqa: PLC0415 - imports Pandera

    found = verify_release(settings.processed_dir, release_id)
    if as_json:
        _write_json({"release_id": found.release_id, "problems": list(found.problems)})
    else:
        _say_verified(found)
    return 1 if found.problems else 0


def _verify_all(settings: Settings, *, as_json: bool) -> int:
    from ipsdata.release.keeping import verify_all  # noqa: PLC0415 - imports Pandera

    done = verify_all(settings.processed_dir)
    if as_json:
        _write_json(asdict(done))
    else:
        for each in done.found:
            _say_verified(each)
        for told in done.advice:
            click.echo(told, err=True)
    return 1 if done.damaged else 0


def _say_verified(found: "Verification") -> None:
    if found.problems:
        click.echo("\n".join(found.problems))
        click.echo(f"release {found.release_id}: {len(found.problems)} problems", err=True)
    else:
        click.echo(f"release {found.release_id}: {found.files} files as published, contracts hold")


@cli.command()
@json_option
@click.option("--postgres", is_flag=True, help="Keep runs in the database of IPSDATA_POSTGRES_URL.")
@click.pass_obj
def init(settings: Settings, postgres: bool, as_json: bool) -> int:
    """Set up DAGSTER_HOME: its dagster.yaml, its storage, and the folders; as often as you like.

    A dagster.yaml that somebody changed is left as it is, and what differs is told. Run it in the
    folder of the project, as the user that the services run as. Exits with 1 if something is wrong.
    """
    from ipsdata.operations import home  # noqa: PLC0415 - needed here only

    folder = home.dagster_home(os.environ)
    if postgres:
        home.require_postgres_url(os.environ)
    return _say_findings(home.set_up(settings, folder, postgres=postgres), as_json=as_json)


@cli.command()
@json_option
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> int:
    """Say what is wrong with this installation, and what to do about it.

    Looks at folders, disk, Python, validation, the lock, the current release, the age of sources,
    the Dagster instance of DAGSTER_HOME, and web servers. Exits with 1 if something is wrong.
    """
    from ipsdata.operations.doctor import examine  # noqa: PLC0415 - needed here only

    return _say_findings(examine(settings, os.environ), as_json=as_json)


def _say_findings(findings: "Iterable[Finding]", *, as_json: bool) -> int:
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            click.echo(finding.line)
    if as_json:
        _write_json([asdict(finding) for finding in found])
    return 0 if all(finding.is_fine for finding in found) else 1


@cli.command()
@json_option
@click.argument("table")
@click.option("--markdown", is_flag=True, help="Write the page of the data dictionary.")
@click.pass_obj
def schema(settings: Settings, table: str, as_json: bool, markdown: bool) -> int:
    """Print what the contract of TABLE says: columns, types, units, rules."""
    from ipsdata import summary  # noqa: PLC0415 - imports rich
    from ipsdata.contracts import load_contracts  # noqa: PLC0415 - imports a YAML reader
    from ipsdata.dictionary import table_page  # noqa: PLC0415 - needed here only

    contracts = load_contracts(settings.schemas_dir)
    if table not in contracts:
        raise ConfigurationError(f"found no table {table!r}; there are: {', '.join(contracts)}")
    contract = contracts[table]
    if as_json:
        _write_json(contract.resolved)
    elif markdown:
        click.echo(table_page(contract), nl=False)
    else:
        summary.print_contract(contract)
    return 0


cli.add_command(remote)


def _write_json(data: object) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))


if __name__ == "__main__":
    main()
