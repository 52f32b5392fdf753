"""What checks found, as their results show it."""

from collections import Counter
from collections.abc import Iterable, Sequence

import dagster as dg

from ipsdata.validation import Failure
from pipelines.metadata import Metadata, counts, listing, markdown

SAMPLE_FAILURES = 20
SHOWN_MESSAGES = 50


def failure_metadata(failures: Sequence[Failure]) -> Metadata:
    """Return how many values break a contract, by check, and some of them."""
    found: Metadata = {"failures": dg.MetadataValue.int(len(failures))}
    if failures:
        by_check = Counter(_check_name(failure) for failure in failures)
        found["by_check"] = counts(by_check)
        found["sample"] = dg.MetadataValue.md(_sample(failures[:SAMPLE_FAILURES]))
    return found


def _check_name(failure: Failure) -> str:
    return f"{failure.column}: {failure.check}" if failure.column else failure.check


def _sample(failures: Iterable[Failure]) -> str:
    rows = [
        {
            "row": None if failure.row is None else failure.row + 1,
            "column": failure.column,
            "expected": failure.check,
            "found": failure.value,
        }
        for failure in failures
    ]
    return markdown(["row", "column", "expected", "found"], rows)


def warning(unit: str, found: Sequence[str], metadata: Metadata) -> dg.AssetCheckResult:
    """Return the result of a check that warns of what was found, and never blocks."""
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description=summary(unit, found),
        metadata=metadata | listed("messages", found),
    )


def summary(unit: str, found: Sequence[str]) -> str | None:
    """Say the first finding, and how many there are; `None` if there is none."""
    return f"{len(found)} {unit}; the first: {found[0]}" if found else None


def listed(name: str, found: Sequence[str]) -> Metadata:
    """Return messages as a list, each once."""
    unique = list(dict.fromkeys(found))
    return {name: dg.MetadataValue.md(listing(unique, SHOWN_MESSAGES))} if found else {}
