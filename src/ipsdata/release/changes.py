"""Placeholder."""

from collections.abc import Iterator

from ipsdata.release.companions import File, ReleaseContent


def changes(content: ReleaseContent) -> Iterator[File]:
    """Make no file yet."""
    yield from ()
