"""`ipsdata init`: a new instance, the same again, and one that somebody changed."""

import json
import stat
from pathlib import Path

import pytest

from conftest import ROOT, Playground
from ipsdata.cli import main
from ipsdata.errors import ConfigurationError
from ipsdata.operations import home
from ipsdata.operations.findings import Finding
from ipsdata.operations.home import dagster_home, require_postgres_url, set_up, settings_text
from ipsdata.operations.instance import InstanceState, ask_instance

SECRET = "s3cr3t"


@pytest.fixture
def without_dagster(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the instance answer at once; return what it was asked."""
    asked: list[str] = []

    def answer(_: Path, action: str) -> InstanceState:
        asked.append(action)
        return InstanceState(storage="SqliteRunStorage")

    monkeypatch.setattr(home, "ask_instance", answer)
    return asked


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def test_it_sets_up_an_instance_and_doing_so_again_changes_nothing(
    playground: Playground,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    folder = tmp_path / "dagster"
    for name, value in {
        "DAGSTER_HOME": folder,
        "IPSDATA_RAW_DIR": playground.raw,
        "IPSDATA_PROCESSED_DIR": playground.processed,
    }.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(SystemExit) as ended:
        main(["init", "--json"])
    assert ended.value.code == 0
    found = {entry["check"]: entry["told"] for entry in json.loads(capsys.readouterr().out)}
    assert found["dagster.yaml"] == f"{folder}/dagster.yaml was written"
    assert found["storage"] == "SqliteRunStorage is ready"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {p: p.read_bytes() for p in folder.rglob("*.yaml")}
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*.db")}
    assert names == {"schedules/schedules.db", "history/runs.db", "history/runs/index.db"}
    assert [path.name for path in before] == ["dagster.yaml"]

    with pytest.raises(SystemExit) as ended:
        main(["init"])
    assert ended.value.code == 0
    assert "dagster.yaml is as `ipsdata init` writes it" in capsys.readouterr().out
    assert {p: p.read_bytes() for p in folder.rglob("*.yaml")} == before
    state = ask_instance(folder, "state")
    assert (state.problem, state.outdated, state.telemetry) == ("", (), False)
    assert set(state.daemons.values()) == {False}


def test_a_file_that_somebody_changed_is_left_and_what_differs_is_told(
    playground: Playground, tmp_path: Path, without_dagster: list[str]
) -> None:
    folder = tmp_path / "dagster"
    list(set_up(playground.settings, folder))
    path = folder / "dagster.yaml"
    changed = path.read_text("utf-8").replace("max_retries: 1", "max_retries: 3")
    path.write_text(changed, "utf-8")
    found = by_check(list(set_up(playground.settings, folder)))["dagster.yaml"]
    assert found.is_fine
    assert "-  max_retries: 1\n" in found.told
    assert found.told.endswith("+  max_retries: 3")
    assert path.read_text("utf-8") == changed
    assert without_dagster == ["init", "init"]


def test_with_postgres_only_the_storage_differs_and_no_address_is_written() -> None:
    plain, server = (settings_text(postgres=postgres) for postgres in (False, True))
    lost = set(plain.splitlines()) - set(server.splitlines())
    new = set(server.splitlines()) - set(plain.splitlines())
    assert lost == {"  sqlite:", "    base_dir:", "      env: DAGSTER_HOME"}
    assert new == {"  postgres:", "    postgres_url:", "      env: IPSDATA_POSTGRES_URL"}


@pytest.mark.parametrize(
    "url",
    ["", f"mysql://u:{SECRET}@h/d", f"postgresql://u:{SECRET}@h", f"postgresql://[{SECRET}/d"],
)
def test_an_address_of_no_database_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="IPSDATA_POSTGRES_URL: found ") as caught:
        require_postgres_url({"IPSDATA_POSTGRES_URL": url} if url else {})
    assert SECRET not in str(caught.value)


def test_an_address_of_a_database_is_taken() -> None:
    url = f"postgresql+psycopg2://u:{SECRET}@h:5432/d"
    require_postgres_url({"IPSDATA_POSTGRES_URL": url})


@pytest.mark.parametrize("text", ["", "dagster"])
def test_without_an_absolute_home_it_says_so(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DAGSTER_HOME: found '{text}'"):
        dagster_home({"DAGSTER_HOME": text})


def test_a_home_that_others_may_change_is_told(
    playground: Playground, tmp_path: Path, without_dagster: list[str]
) -> None:
    folder = tmp_path / "dagster"
    folder.mkdir()
    folder.chmod(0o777)
    (found,) = set_up(playground.settings, folder)
    assert found.todo == f"chmod 750 {folder}"
    assert list(folder.iterdir()) == []
    assert without_dagster == []


def test_a_home_that_is_a_file_is_told(playground: Playground, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("not a folder")
    (found,) = set_up(playground.settings, path)
    assert f"{path} can't be made (File exists)" in found.told


def test_an_instance_that_can_not_be_read_is_told_in_words(
    playground: Playground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "dagster.yaml").write_text("storage: [\n")
    tmp_path.chmod(0o700)
    found = by_check(list(set_up(playground.settings, tmp_path)))["storage"]
    assert not found.is_fine
    assert "dagster.yaml" in found.told
    assert found.todo == "correct dagster.yaml or the database it names"


def test_outside_the_folder_of_the_project_it_says_that_it_can_not_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ask_instance(tmp_path, "state").problem
    assert "run this in the folder of the project, where the folder pipelines is" in told
