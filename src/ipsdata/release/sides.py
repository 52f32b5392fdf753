"""Which release a person means: by its id, `latest`, `previous`, or a folder."""

from pathlib import Path

from ipsdata.errors import ConfigurationError
from ipsdata.release.diff import Side
from ipsdata.release.index import LATEST, MANIFEST, RELEASES, read_index

PREVIOUS = "previous"


def side_of(processed_dir: Path, name: str) -> Side:
    """Return a release to compare.

    Args:
        name: a release id, `latest`, `previous` (that before the latest), or the path of a
            release's folder.

    Raises:
        ConfigurationError: there is no such release, or its files are not there any more.
    """
    folder = Path(name)
    if not (folder / MANIFEST).is_file():
        folder = processed_dir / RELEASES / _release_id(processed_dir, name)
    if not (folder / MANIFEST).is_file():
        raise ConfigurationError(f"{folder}: found no {MANIFEST}: the release is not here any more")
    return Side.of_folder(folder)


def _release_id(processed_dir: Path, name: str) -> str:
    index = read_index(processed_dir)
    if name not in (LATEST, PREVIOUS):
        return index.entry(name).release_id
    if index.current is None:
        raise ConfigurationError(f"{processed_dir}: found no release: run `ipsdata run` first")
    if name == LATEST:
        return index.current
    known = [entry.release_id for entry in index.releases]
    place = known.index(index.current)
    if not place:
        raise ConfigurationError(f"release {index.current} is the first: there is no previous one")
    return known[place - 1]
