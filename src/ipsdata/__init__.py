"""Published figures on international police cooperation as checked, versioned Parquet."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("ipsdata")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
