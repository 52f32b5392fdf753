"""Published figures on international police cooperation as checked, versioned Parquet."""


def __getattr__(name: str) -> str:
    """Look up `__version__` when it is asked for: every reading process imports this package."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - half the start

    try:
        return version("ipsdata")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0+unknown"
