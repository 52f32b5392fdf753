"""Where the pipeline finds its inputs and puts its releases."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path


def default_schemas_dir() -> Path:
    """Return the schemas shipped in the installed package, or those of the source checkout."""
    packaged = Path(str(files("ipsdata"))) / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "schemas"


@dataclass(frozen=True)
class Settings:
    """The folders of one installation.

    Attributes:
        raw_dir: documents and facts with their sidecars, `<collection>/<edition>/`.
        processed_dir: the release store; also holds the staging areas of running runs.
        schemas_dir: contracts, layouts, code lists and the JSON Schemas that validate them.
    """

    raw_dir: Path = Path("data/raw")
    processed_dir: Path = Path("data/processed")
    schemas_dir: Path = field(default_factory=default_schemas_dir)

    @property
    def cache_dir(self) -> Path:
        """Where documents are kept as they were read; it only saves time and may be deleted."""
        return self.processed_dir / ".cache"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read `IPSDATA_RAW_DIR`, `IPSDATA_PROCESSED_DIR` and `IPSDATA_SCHEMAS_DIR`."""
        given = os.environ if environment is None else environment
        names = ("raw_dir", "processed_dir", "schemas_dir")
        found = {name: given.get(f"IPSDATA_{name.upper()}") for name in names}
        return cls(**{name: Path(value) for name, value in found.items() if value})
