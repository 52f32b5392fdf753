"""Placeholder."""

from collections.abc import Iterator

from ipsdata.release.companions import File, ReleaseContent


def dictionary_pages(content: ReleaseContent) -> Iterator[File]:
    """Make no file yet."""
    yield from ()
