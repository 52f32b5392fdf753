"""What a look at an installation found, in words, each with what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what was looked at, such as `disk`.
        told: what was found.
        todo: what to do about it; empty if it is as it should be.
    """

    check: str
    told: str
    todo: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing to do."""
        return not self.todo

    @property
    def line(self) -> str:
        """Say it in one line, or in two if there is something to do."""
        mark = "ok   " if self.is_fine else "WRONG"
        todo = f"\n      do: {self.todo}" if self.todo else ""
        return f"{mark} {self.check}: {self.told}{todo}"
