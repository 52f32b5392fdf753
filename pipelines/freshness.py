"""Freshness: a source that is late, and a day on which no release was looked for, are visible."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import dagster as dg

from ipsdata.freshness import ALLOWED_DAYS, Freshness, late_sources
from pipelines.automation import TIMEZONE
from pipelines.resources import STAGING

GROUP = "sources"
IN_TIME = "in_time"

# The daily run starts at 06:00; by 08:00 it has told what there is.
RELEASE_POLICY = dg.FreshnessPolicy.cron(
    deadline_cron="0 8 * * *", lower_bound_delta=dt.timedelta(hours=2), timezone=TIMEZONE
)


def source_key(collection: str) -> dg.AssetKey:
    """Return the asset that stands for a collection of documents."""
    return dg.AssetKey([GROUP, collection])


def source_specs(documents: Sequence[dg.AssetSpec]) -> list[dg.AssetSpec]:
    """Return an asset a collection, above its documents.

    The sensor tells it of each new or changed document. Its freshness policy allows as many days
    without one as the frequency of its newest sidecar; what its documents' own dates say is told
    by the check `in_time`.

    Args:
        documents: the raw documents, with `frequency` and `published_on` in their metadata.
    """
    ordered = sorted(documents, key=_collection)
    return [_source(name, list(group)) for name, group in groupby(ordered, key=_collection)]


def _collection(document: dg.AssetSpec) -> str:
    return document.key.path[2]


def _source(collection: str, documents: Sequence[dg.AssetSpec]) -> dg.AssetSpec:
    frequency = _told(max(documents, key=_day), "frequency")
    allowed = ALLOWED_DAYS.get(frequency)
    often = f"a new one is expected: {frequency}" if allowed else "no frequency is told"
    return dg.AssetSpec(
        key=source_key(collection),
        group_name=GROUP,
        description=f"The documents of the collection {collection}; {often}.",
        deps=[document.key for document in documents],
        owners=["team:ipsdata"],
        kinds={"file"},
        metadata={"frequency": frequency or "none"},
        freshness_policy=_policy(allowed) if allowed else None,
    )


def _told(document: dg.AssetSpec, name: str) -> str:
    entry = document.metadata.get(name)
    return "" if entry is None else str(getattr(entry, "value", entry))


def _day(document: dg.AssetSpec) -> str:
    return _told(document, "published_on") or _told(document, "retrieved_on")


def _policy(days: int) -> dg.FreshnessPolicy:
    return dg.FreshnessPolicy.time_window(
        fail_window=dt.timedelta(days=days), warn_window=dt.timedelta(days=days * 9 // 10)
    )


def build_source_checks(sources: Sequence[dg.AssetSpec]) -> list[dg.AssetChecksDefinition]:
    """Return a check a source: its newest document is not older than its frequency allows."""
    if not sources:
        return []
    keys = [source.key for source in sources]

    @dg.multi_asset_check(
        name="sources_in_time",
        specs=[
            dg.AssetCheckSpec(
                IN_TIME,
                asset=key,
                additional_deps=["documents", "sis_daily_partitions"],
                description="The newest document, or count, is not older than may be expected.",
            )
            for key in keys
        ],
        required_resource_keys={STAGING},
    )
    def in_time(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        area = context.resources.staging.area
        documents, years = (
            area.load(name).table.to_pylist() for name in ("documents", "sis_daily_partitions")
        )
        today = dt.datetime.now(dt.UTC).date()
        found = {source.collection: source for source in late_sources(documents, years, today)}
        for key in keys:
            yield _result(key, found)

    return [in_time]


def _result(key: dg.AssetKey, found: Mapping[str, Freshness]) -> dg.AssetCheckResult:
    source = found.get(key.path[-1])
    is_late = source is None or source.is_late
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=IN_TIME,
        passed=not is_late,
        severity=dg.AssetCheckSeverity.WARN,
        description=_late(source) if is_late else None,
        metadata={"told": source.told if source else "no document was read"},
    )


def _late(source: Freshness | None) -> str:
    """Say it without the age, which is another every day, so that it is news only once."""
    if source is None:
        return "none of its documents could be read"
    return (
        f"late: the newest is of {source.newest}, {source.frequency} ones are expected within "
        f"{source.allowed} days"
    )
