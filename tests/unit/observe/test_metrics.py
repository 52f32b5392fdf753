"""The metrics file, read back by the library's own parser."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ipsdata.errors import ConfigurationError
from ipsdata.observe.metrics import Ended, metrics_file, store_bytes, write_metrics

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


def samples(path: Path) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels."""
    families = text_string_to_metric_families(path.read_text("utf-8"))
    return {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}


def ended(hour: int, *, well: bool) -> Ended:
    return Ended(NOON.replace(hour=hour), 1.5, None, well)


def test_a_run_that_fails_keeps_when_one_last_ended_well(tmp_path: Path) -> None:
    path, store = tmp_path / "ipsdata.prom", tmp_path / "processed"
    write_metrics(path, store, ended(12, well=True))
    write_metrics(path, store, ended(13, well=False))
    write_metrics(path, store, ended(14, well=False))
    found = samples(path)
    assert found["ipsdata_last_run_success",] == 0
    assert found["ipsdata_last_run_duration_seconds",] == 1.5
    assert found["ipsdata_last_run_timestamp_seconds",] == NOON.replace(hour=14).timestamp()
    assert found["ipsdata_last_success_timestamp_seconds",] == NOON.timestamp()
    assert [p.name for p in tmp_path.iterdir()] == ["ipsdata.prom"], "no temporary file is left"


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"ipsdata_last_success_timestamp_seconds {"])
def test_a_damaged_file_of_the_run_before_is_replaced(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "ipsdata.prom"
    path.write_bytes(damaged)
    write_metrics(path, tmp_path / "processed", ended(13, well=False))
    found = samples(path)
    assert found["ipsdata_last_run_success",] == 0
    assert ("ipsdata_last_success_timestamp_seconds",) not in found


def test_a_damaged_index_hides_the_store_and_not_the_run(tmp_path: Path) -> None:
    store = tmp_path / "processed"
    store.mkdir()
    (store / "releases.json").write_text("{", "utf-8")
    write_metrics(tmp_path / "ipsdata.prom", store, ended(13, well=False))
    found = samples(tmp_path / "ipsdata.prom")
    assert found["ipsdata_last_run_success",] == 0
    assert not [name for name, *_ in found if name.startswith("ipsdata_store")]


def test_a_file_that_no_collector_reads_is_refused() -> None:
    environment: Mapping[str, str] = {"IPSDATA_METRICS_FILE": "/tmp/metrics.txt"}
    with pytest.raises(ConfigurationError, match=r"metrics\.txt.*expected a name in \.prom"):
        metrics_file(environment)
    assert metrics_file({}) is None
    assert metrics_file({"IPSDATA_METRICS_FILE": "a/b.prom"}) == Path("a/b.prom")


def test_a_file_with_two_names_counts_once_and_a_link_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    (tmp_path / "latest").symlink_to("a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "c").write_bytes(b"67")
    assert store_bytes(tmp_path) == 7
    assert store_bytes(tmp_path / "nothing") == 0
