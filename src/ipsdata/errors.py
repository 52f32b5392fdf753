"""Errors that a person can act on, each with the exit code of the command line that it ends in."""

from typing import ClassVar


class IpsdataError(Exception):
    """An error whose message names the file, the place, what was found and what to do."""

    exit_code: ClassVar[int] = 4


class DataError(IpsdataError):
    """Data failed: a check did not hold, or a release is not what its manifest says."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(IpsdataError):
    """The configuration or an input is missing or wrong."""

    exit_code: ClassVar[int] = 3
