"""The commands `ipsdata remote`: push, pull, verify and releases at an object location."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ipsdata.settings import Settings

if TYPE_CHECKING:
    from ipsdata.release.remote.check import RemoteSoundness
    from ipsdata.release.remote.push import Push

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON on stdout.")
location_argument = click.argument("location")
release_argument = click.argument("release", required=False)


@click.group()
def remote() -> None:
    """Keep the same releases at LOCATION: s3://…, az://…, abfs://… or a folder.

    Credentials come from the environment or the client's own configuration, never from LOCATION.
    """


@remote.command()
@json_option
@click.option("--prune", is_flag=True, help="Remove there what was removed here since.")
@location_argument
@release_argument
@click.pass_obj
def push(settings: Settings, location: str, release: str | None, prune: bool, as_json: bool) -> int:
    """Write the releases that LOCATION lacks, then its list of releases, in one step.

    Names, which releases were rolled back, and which is current go with them. Nothing of another
    publisher is lost; the newer of two current releases is current. Of all releases, or RELEASE.
    """
    from ipsdata.release.remote.opening import open_objects  # noqa: PLC0415 - imports fsspec
    from ipsdata.release.remote.push import push as push_to  # noqa: PLC0415 - likewise

    done = push_to(settings.processed_dir, open_objects(location), release, prune=prune)
    if as_json:
        _write_json(asdict(done))
    else:
        _say_pushed(done)
    return 0


def _say_pushed(done: "Push") -> None:
    for name in done.uploaded:
        click.echo(f"{name}  pushed")
    for name in done.removed:
        click.echo(f"{name}  removed there")
    for name in done.stale:
        click.echo(f"{name}  stays there, though removed here (--prune removes it)", err=True)
    for name in done.left_out:
        click.echo(f"{name}  was removed there by another publisher; not pushed again", err=True)
    written = f"{done.objects} objects written, {done.resumed} lay there already"
    click.echo(f"release {done.current} is current there; {written}")


@remote.command()
@json_option
@location_argument
@release_argument
@click.pass_obj
def pull(settings: Settings, location: str, release: str | None, as_json: bool) -> int:
    """Fetch the releases of LOCATION that are not here, and check each file by the manifest.

    With RELEASE only that; if it is here but damaged, it is restored.
    """
    from ipsdata.release.remote.opening import open_reader  # noqa: PLC0415 - imports fsspec
    from ipsdata.release.remote.pull import pull as pull_from  # noqa: PLC0415 - imports Arrow

    done = pull_from(settings.processed_dir, open_reader(location), release)
    if as_json:
        _write_json(asdict(done))
        return 0
    for name in done.fetched:
        click.echo(f"{name}  fetched")
    for name in done.restored:
        click.echo(f"{name}  restored")
    click.echo(f"release {done.current} is current")
    return 0


@remote.command()
@json_option
@location_argument
@release_argument
def verify(location: str, release: str | None, as_json: bool) -> int:
    """Hash every object at LOCATION again and compare it with the manifests.

    Exits with 1 if a release there is not as it was published.
    """
    from ipsdata.release.remote.check import verify_remote  # noqa: PLC0415 - only this command's
    from ipsdata.release.remote.opening import open_reader  # noqa: PLC0415 - imports fsspec

    found = verify_remote(open_reader(location), release)
    if as_json:
        _write_json(asdict(found))
    else:
        _say_verified(found)
    return 1 if any(each.problems for each in found.found) else 0


def _say_verified(found: "RemoteSoundness") -> None:
    for each in found.found:
        if each.problems:
            click.echo("\n".join(each.problems))
            click.echo(f"release {each.release_id}: {len(each.problems)} problems", err=True)
        else:
            click.echo(f"release {each.release_id}: {each.files} files as published")
    for name in found.unlisted:
        click.echo(f"{name}: lies there unlisted (an upload, or remains of one)", err=True)


@remote.command()
@json_option
@location_argument
def releases(location: str, as_json: bool) -> int:
    """List the releases at LOCATION, newest last; the current one is marked."""
    from ipsdata.release.remote.opening import open_reader  # noqa: PLC0415 - imports fsspec
    from ipsdata.release.remote.pointer import read_pointer  # noqa: PLC0415 - only here

    index = read_pointer(open_reader(location))
    if as_json:
        _write_json(asdict(index))
        return 0
    for entry in index.releases:
        notes = [name for name, release in index.tags.items() if release == entry.release_id]
        notes += ["(rolled back)"] * (entry.release_id in index.rolled_back)
        mark = "*" if entry.release_id == index.current else " "
        click.echo("  ".join([f"{mark} {entry.release_id}", entry.published_at, *notes]))
    return 0


def _write_json(data: object) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))
