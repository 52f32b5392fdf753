"""What may be set about runs that start by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from ipsdata.errors import ConfigurationError

SWITCH = {"on": True, "off": False, "": False}


@dataclass(frozen=True)
class Automation:
    """How runs start by themselves.

    Attributes:
        is_on: whether the schedule and the sensor of documents run without being switched on.
        poll_seconds: the least time between two looks at the raw data.
        quiet_seconds: how long an edition must lie unchanged before it is taken.
    """

    is_on: bool = False
    poll_seconds: int = 30
    quiet_seconds: int = 10

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Automation":
        """Read `IPSDATA_AUTOMATION` (on or off), `IPSDATA_POLL_SECONDS`, `IPSDATA_QUIET_SECONDS`.

        Raises:
            ConfigurationError: one of them is something else.
        """
        text = environment.get("IPSDATA_AUTOMATION", "").strip().lower()
        if text not in SWITCH:
            raise ConfigurationError(f"IPSDATA_AUTOMATION: found {text!r}, expected on or off")
        return cls(
            is_on=SWITCH[text],
            poll_seconds=_seconds(environment, "IPSDATA_POLL_SECONDS", cls.poll_seconds),
            quiet_seconds=_seconds(environment, "IPSDATA_QUIET_SECONDS", cls.quiet_seconds),
        )


def _seconds(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 86_400:
        raise ConfigurationError(
            f"{name}: found {text!r}, expected whole seconds between 1 and 86400"
        )
    return int(text)
