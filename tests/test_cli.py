"""The command line as a person or a script uses it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import ipsdata.run
from conftest import Playground
from ipsdata import cli
from ipsdata.release.index import read_index

IN_PROCESS = CliRunner()
WORD_PART = (
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/>'
)


def options(playground: Playground) -> list[str]:
    settings = playground.settings
    folders = {
        "--raw-dir": settings.raw_dir,
        "--processed-dir": settings.processed_dir,
        "--schemas-dir": settings.schemas_dir,
    }
    return [part for option, folder in folders.items() for part in (option, str(folder))]


def invoke(playground: Playground, *arguments: str) -> Result:
    """Run a command in this process, exit code and both streams kept."""

    @cli.click.command(context_settings={"ignore_unknown_options": True})
    def program() -> None:
        cli.main([*options(playground), *arguments])

    return IN_PROCESS.invoke(program, [])


def script(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ipsdata.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture
def published(playground: Playground) -> Playground:
    assert playground.run().exit_code == 0
    return playground


def test_run_prints_the_report_and_publishes_once(playground: Playground) -> None:
    first = invoke(playground, "run")
    assert first.exit_code == 0
    assert "11 rows add up to 33 as printed" in first.stdout
    assert "1,090 a day is 397,804 / 365, although 2024 had 366 days" in first.stdout
    assert "194,755" in first.stdout
    assert "Published release" in first.stdout
    assert "sis_statistics" in first.stderr, "steps are told on stderr"
    for options in ((), ("--full",)):
        again = invoke(playground, "run", "--quiet", *options)
        assert again.exit_code == 0
        assert "Nothing changed since release" in again.stdout
        assert again.stderr == ""
    assert len(read_index(playground.processed).releases) == 1


def test_run_as_json_is_json_alone_and_exits_with_1_on_rejected_rows(
    playground: Playground,
) -> None:
    playground.edit("letters/2025-06-12/deployments.csv", "EUMA Armenië", "EUMA Armenie")
    result = invoke(playground, "run", "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [row["reason"] for row in data["rejected"]] == ["unknown_code"]
    assert "EUMA Armenië" in data["rejected"][0]["candidates"]
    assert data["tables"]["deployments"] == 10
    assert data["is_new"] is True


def test_a_release_that_lost_rows_says_so(published: Playground) -> None:
    """A damaged document costs its own rows; who reads `latest` has to hear of it."""
    published.edit("letters/2025-06-12/deployments.csv", "Totaal,33", "Totaal,34")
    result = invoke(published, "run", "-q")
    assert result.exit_code == 1
    assert "deployments has 11 rows fewer than release 2026-11-24.0" in result.stdout
    assert "(×11)" in result.stdout, "one cause is told once, however many rows it costs"


def test_a_rejected_row_is_told_with_its_nearest_names(playground: Playground) -> None:
    playground.edit("letters/2025-06-12/deployments.csv", "EUCAP Sahel Mali", "EUCAP Sahel")
    result = invoke(playground, "run", "-q")
    assert result.exit_code == 1
    assert "Rejected: 1" in result.stdout
    assert "EUCAP_SAHEL_MALI" in result.stdout
    assert "EUCAP_SAHEL_NIGER" in result.stdout
    assert "line 9" in result.stdout


def test_releases_lists_and_marks_the_current_one(published: Playground) -> None:
    plain = invoke(published, "releases")
    assert plain.stdout.startswith("* 2026-11-24.0  2026-11-24T12:00:00+00:00")
    data = json.loads(invoke(published, "releases", "--json").stdout)
    assert data["current"] == "2026-11-24.0"
    assert data["releases"][0]["tables"]["deployments"] == 11


def test_releases_before_the_first_run_says_what_to_do(playground: Playground) -> None:
    result = invoke(playground, "releases")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no release yet: run `ipsdata run`" in result.stderr


def test_show_fits_the_terminal_and_names_what_it_left_out(published: Playground) -> None:
    shown = invoke(published, "show", "sis_statistics", "--rows", "3").stdout
    assert "sis_statistics: 132 rows" in shown
    assert "not shown (--columns): " in shown
    assert "129 more rows" in shown
    assert max(map(len, shown.splitlines())) <= 250


def test_show_chosen_columns_and_json(published: Playground) -> None:
    chosen = invoke(
        published, "show", "deployments", "--columns", "mission_as_printed,value"
    ).stdout
    assert "EUCAP Sahel Mali" in chosen
    rows = json.loads(invoke(published, "show", "deployments", "--json").stdout)
    assert sum(row["value"] for row in rows) == 33
    unknown = invoke(published, "show", "deployments", "--columns", "mission")
    assert unknown.exit_code == 2
    assert "mission_as_printed" in unknown.stderr


def test_show_of_a_rejected_rows_table_without_rows(published: Playground) -> None:
    assert "rejected_rows: 0 rows" in invoke(published, "show", "rejected_rows").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["show", "deployment"], 3, "it has: caribbean_staffing"),
        (["show", "deployments", "--release", "2020-01-01.0"], 3, "found no release"),
        (["show"], 2, "Missing argument 'TABLE'"),
        (["schema", "nothing"], 3, "there are: caribbean_staffing"),
        (["fly"], 2, "No such command 'fly'"),
        (["run", "--fast"], 2, "No such option"),
        (["verify", "2020-01-01.0"], 3, "found no release"),
        (["validate", "nowhere.csv"], 2, "does not exist"),
    ],
)
def test_wrong_use_says_what_there_is(
    published: Playground, arguments: list[str], code: int, told: str
) -> None:
    result = invoke(published, *arguments)
    assert result.exit_code == code
    assert told in result.stderr
    assert result.stdout == ""


def test_verify_finds_a_flipped_byte(published: Playground) -> None:
    fine = invoke(published, "verify")
    assert fine.exit_code == 0
    assert "contracts hold" in fine.stdout
    path = published.processed / "latest" / "deployments.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    broken = invoke(published, "verify")
    assert broken.exit_code == 1
    assert "deployments.parquet: found SHA-256" in broken.stdout


def test_validate_checks_editions_contracts_and_tables(published: Playground) -> None:
    table = published.processed / "latest" / "deployments.parquet"
    contract = published.settings.schemas_dir / "tables" / "deployments.yaml"
    edition = published.raw / "letters" / "2025-06-12"
    result = invoke(published, "validate", str(table), str(contract), str(edition / "figures.csv"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "holds to its contract, 11 rows" in result.stderr
    assert "valid contract of 17 columns" in result.stderr
    assert "fine, 24 rows would be published" in result.stderr
    published.edit("letters/2025-06-12/deployments.csv", "Totaal,33", "Totaal,32")
    bad = invoke(published, "validate", str(edition))
    assert bad.exit_code == 1
    assert "the printed total is 32" in bad.stdout
    assert len(read_index(published.processed).releases) == 1, "validate publishes nothing"


def test_validate_refuses_what_it_does_not_know(published: Playground, tmp_path: Path) -> None:
    stranger = tmp_path / "notes.txt"
    stranger.write_text("hello")
    result = invoke(published, "validate", str(stranger))
    assert result.exit_code == 3
    assert "expected a contract or corrections (*.yaml), an edition" in result.stderr


def test_schema_prints_the_contract(playground: Playground) -> None:
    assert "reference_date (key)" in invoke(playground, "schema", "deployments").stdout
    data = json.loads(invoke(playground, "schema", "deployments", "--json").stdout)
    assert [column["name"] for column in data["columns"]][-11] == "value"
    page = invoke(playground, "schema", "deployments", "--markdown").stdout
    assert page.startswith("# deployments: Deployments")


def test_a_missing_raw_folder_is_a_configuration_error(playground: Playground) -> None:
    (playground.raw).rename(playground.raw.with_name("elsewhere"))
    result = invoke(playground, "run", "-q")
    assert result.exit_code == 3
    assert "IPSDATA_RAW_DIR" in result.stderr
    assert not (playground.processed / "releases.json").exists()


def test_a_fault_of_the_program_exits_with_4(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(ipsdata.run, "run_pipeline", fail)
    result = invoke(playground, "run", "-q")
    assert result.exit_code == 4
    assert "internal error: RuntimeError: boom" in result.stderr


def test_settings_from_environment_and_files(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    named = script("releases", cwd=here, IPSDATA_PROCESSED_DIR=str(tmp_path / "by-variable"))
    assert "by-variable: no release yet" in named.stderr
    (here / "pyproject.toml").write_text('[tool.ipsdata]\nprocessed_dir = "by-pyproject"\n')
    assert "by-pyproject: no release yet" in script("releases", cwd=here).stderr
    (here / "ipsdata.toml").write_text('processed_dir = "by-file"\n')
    assert "by-file: no release yet" in script("releases", cwd=here).stderr
    by_option = script("--processed-dir", "by-option", "releases", cwd=here)
    assert "by-option: no release yet" in by_option.stderr
    (here / "ipsdata.toml").write_text('procesed_dir = "typo"\n')
    typo = script("releases", cwd=here)
    assert typo.returncode == 3
    assert "procesed_dir" in typo.stderr
    assert "processed_dir" in typo.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["releases"], ["run", "--help"], ["--version"]])
def test_help_and_releases_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys, ipsdata.cli\n"
        "try:\n"
        f"    ipsdata.cli.main({arguments!r})\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        "heavy = {'dagster', 'pandas', 'pyarrow', 'pandera', 'numpy', 'babel'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_package_never_imports_dagster() -> None:
    code = (
        "import pkgutil, importlib, sys, ipsdata\n"
        "for module in pkgutil.walk_packages(ipsdata.__path__, 'ipsdata.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert 'dagster' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_inspect_prints_a_document_with_its_places(playground: Playground, tmp_path: Path) -> None:
    page = tmp_path / "letter.html"
    page.write_text(
        "<!DOCTYPE html><html><body><h1>Missies</h1><p>Stand <b>14 mei</b></p>"
        "<table><tr><th>Missie</th><th>Aantal</th></tr><tr><td>EUMM [x]</td><td>12<sup>1</sup></td>"
        "</tr></table></body></html>"
    )
    shown = invoke(playground, "inspect", str(page))
    assert shown.exit_code == 0
    assert "Stand 14 mei" in shown.stdout
    assert "EUMM [x]" in shown.stdout, "brackets are text, not markup"
    assert "“Missies”, table 1" in shown.stdout
    data = json.loads(invoke(playground, "inspect", str(page), "--json").stdout)
    (table,) = [block for block in data["blocks"] if block["kind"] == "table"]
    assert "12" in json.dumps(table)
    assert "121" not in json.dumps(table), "a footnote mark is no digit"


def test_inspect_refuses_a_hostile_document_in_words(
    playground: Playground, tmp_path: Path
) -> None:
    broken = tmp_path / "letter.docx"
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f"<Types>{WORD_PART}</Types>")
        archive.writestr("word/document.xml", "<!DOCTYPE a><a/>")
    result = invoke(playground, "inspect", str(broken))
    assert result.exit_code == 1
    assert "letter.docx" in result.stderr
    assert "declares a document type" in result.stderr
    assert "(hostile)" in result.stderr
    assert result.stdout == ""
