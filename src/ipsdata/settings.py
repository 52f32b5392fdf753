"""Where the pipeline finds its inputs and puts its releases."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipsdata.errors import ConfigurationError
from ipsdata.read.preflight import Limits

MAX_BAD_SHARE = 0.05


def default_schemas_dir() -> Path:
    """Return the schemas shipped in the installed package, or those of the source checkout."""
    packaged = Path(str(files("ipsdata"))) / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "schemas"


def limits_from(environment: Mapping[str, str]) -> Limits:
    """Read the limits that are given, such as `IPSDATA_LIMIT_CELLS`; the others are the defaults.

    Raises:
        ConfigurationError: a limit is no positive number.
    """
    found: dict[str, Any] = {}
    for limit in fields(Limits):
        name = f"IPSDATA_LIMIT_{limit.name.upper()}"
        text = environment.get(name)
        if text:
            found[limit.name] = _positive(name, text, float if limit.type is float else int)
    return Limits(**found)


def _positive(name: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        number: int | float = kind(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise ConfigurationError(f"{name}: found {text!r}, expected a positive number")
    return number


def max_bad_share_from(environment: Mapping[str, str]) -> float:
    """Read `IPSDATA_MAX_BAD_SHARE`, if it is given.

    Raises:
        ConfigurationError: it is no share.
    """
    text = environment.get("IPSDATA_MAX_BAD_SHARE")
    if not text:
        return MAX_BAD_SHARE
    share = _positive("IPSDATA_MAX_BAD_SHARE", text, float)
    if share > 1:
        raise ConfigurationError(
            f"IPSDATA_MAX_BAD_SHARE: found {text!r}, expected a share up to 1, such as 0.05"
        )
    return share


@dataclass(frozen=True)
class Settings:
    """The folders of one installation.

    Attributes:
        raw_dir: documents and facts with their sidecars, `<collection>/<edition>/`.
        processed_dir: the release store; also holds the staging areas of running runs.
        schemas_dir: contracts, layouts, code lists and the JSON Schemas that validate them.
        limits: what reading one document may cost.
        max_bad_share: the share of bad rows beyond which a file of daily counts is refused whole.
    """

    raw_dir: Path = Path("data/raw")
    processed_dir: Path = Path("data/processed")
    schemas_dir: Path = field(default_factory=default_schemas_dir)
    limits: Limits = field(default_factory=Limits)
    max_bad_share: float = MAX_BAD_SHARE

    @property
    def cache_dir(self) -> Path:
        """Where documents are kept as they were read; it only saves time and may be deleted."""
        return self.processed_dir / ".cache"

    @property
    def partitions_dir(self) -> Path:
        """Where loaded years of daily counts are kept; it only saves time and may be deleted."""
        return self.processed_dir / ".partitions"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read `IPSDATA_RAW_DIR`, `IPSDATA_PROCESSED_DIR`, `IPSDATA_SCHEMAS_DIR` and the limits.

        `IPSDATA_MAX_BAD_SHARE` likewise.

        Raises:
            ConfigurationError: a limit is no positive number.
        """
        given = os.environ if environment is None else environment
        names = ("raw_dir", "processed_dir", "schemas_dir")
        found = {name: given.get(f"IPSDATA_{name.upper()}") for name in names}
        folders = {name: Path(value) for name, value in found.items() if value}
        return cls(**folders, limits=limits_from(given), max_bad_share=max_bad_share_from(given))
