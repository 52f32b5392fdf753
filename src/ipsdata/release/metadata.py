"""Placeholder."""

from collections.abc import Iterator

from ipsdata.release.companions import File, ReleaseContent


def metadata_files(content: ReleaseContent) -> Iterator[File]:
    """Make no file yet."""
    yield from ()
