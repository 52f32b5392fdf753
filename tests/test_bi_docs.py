"""The BI pages tell the truth: their code is run, and what can't be run is compared with a release.

SQL, Python and R without packages run on a release of the shipped data, with a few daily counts
added. What stands behind `-- ` or `# ` is compared with what came out. Power Query, DAX and the
tables of relations need tools that don't exist here: each file, table, column and type that they
name has to be in the release and its contracts.
"""

import ast
import csv
import datetime as dt
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from conftest import NOON, ROOT, Playground
from daily import counts_file, many, plain, write_daily
from ipsdata.settings import Settings

PAGES = sorted((ROOT / "docs" / "bi").glob("*.md"))
BI = ROOT / "docs" / "bi"
POWER_BI, EXCEL = BI / "power-bi.md", BI / "excel.md"
FENCED = re.compile(r"^( *)```(\w[\w-]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"\b([a-z_]+)\[([a-z_]+)\]")
RELATION = re.compile(r"^ *\| `(\w+)\[(\w+)\]` \| `(\w+)\[(\w+)\]` \| (yes|no) \|$", re.MULTILINE)
TYPED = re.compile(r'\{"(\w+)", (type \w+|Int64\.Type)\}')
TYPES = {
    "type date": {"date"},
    "type text": {"string"},
    "type logical": {"bool"},
    "type number": {"float64"},
    "Int64.Type": {"int32", "int64"},
}
CELLS = {
    "type date": r"\d{4}-\d\d-\d\d",
    "type text": r".*",
    "type logical": r"true|false",
    "type number": r"-?\d+\.\d+(e[+-]?\d+)?",
    "Int64.Type": r"-?\d+",
}
DAILY = [*many(3), *many(2, date="2023-12-31", event="hit")]
FABRIC = "# Fabric notebook"
ENGINES = (
    ROOT / ".venv-compat" / "bin" / "python"
)  # Spark and Hyper, which the project doesn't need
SPARK = """
import os
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for name in ("spark.driver.bindAddress", "spark.driver.host"):
    builder = builder.config(name, "127.0.0.1")
spark = builder.config("spark.sql.warehouse.dir", os.path.abspath("warehouse")).getOrCreate()
"""
COUNT = """
for table in tables:
    print(table, spark.table(table).count())
"""


@dataclass(frozen=True)
class Block:
    """A block of code of a page."""

    page: Path
    language: str
    code: str

    def __str__(self) -> str:
        """Name it by its page and what it starts with."""
        return f"{self.page.name}: {self.code.splitlines()[0][:40]}"


def blocks(*languages: str, pages: list[Path] = PAGES) -> list[Block]:
    return [
        Block(page, language, dedent(code))
        for page in pages
        for _, language, code in FENCED.findall(page.read_text("utf-8"))
        if language in languages
    ]


def readme_queries() -> list[Block]:
    """Return the queries of the README, those within its text too."""
    readme = ROOT / "README.md"
    outside = FENCED.sub("", readme.read_text("utf-8"))
    inline = [code for code in INLINE.findall(outside) if code.startswith("SELECT ")]
    return blocks("sql", pages=[readme]) + [Block(readme, "sql", code) for code in inline]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish a release in `data/processed` of a folder, and return that folder."""
    folder = tmp_path_factory.mktemp("bi")
    shutil.copytree(ROOT / "data" / "raw", folder / "raw")
    write_daily(folder / "raw", counts_file("a.csv", plain(*DAILY), "2023-12/2024-03"))
    settings = Settings(folder / "raw", folder / "data" / "processed", ROOT / "schemas")
    Playground(settings).run(NOON)
    return folder


@pytest.fixture(scope="module")
def release(site: Path) -> Path:
    processed = site / "data" / "processed"
    found = (
        processed / "releases" / json.loads((processed / "releases.json").read_text())["current"]
    )
    assert found.is_dir()
    return found


@pytest.fixture(scope="module")
def types(release: Path) -> dict[str, dict[str, str]]:
    """Return the type of each column of each table, as the contracts of the release give it."""
    contracts = [json.loads(path.read_text("utf-8")) for path in release.glob("contracts/*.json")]
    return {
        contract["table"]: {column["name"]: column["type"] for column in contract["columns"]}
        for contract in contracts
    }


def table(release: Path, name: str) -> pa.Table:
    return pq.ParquetFile(release / f"{name}.parquet").read()


def shown(value: Any) -> str:
    """Write a value of a result as the pages do."""
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@pytest.mark.parametrize("block", [*blocks("sql"), *readme_queries()], ids=str)
def test_a_query_returns_what_the_page_says(
    site: Path, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site)
    from_files = "data/processed/" in block.code
    with duckdb.connect(
        ":memory:" if from_files else "data/processed/ipsdata.duckdb", read_only=not from_files
    ) as base:
        result = base.execute(block.code).fetchall()
        if block.code.startswith("CREATE VIEW"):
            result = base.execute("SELECT count(*) FROM deployments").fetchall()
            assert result == [(11,)]
    assert result
    values = [shown(value) for row in result for value in row]
    for said in re.findall(r"-- (.+)$", block.code, re.MULTILINE):
        expected = said.split(", ")
        assert values[: len(expected)] == expected


def test_the_readme_names_files_that_pandas_reads(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site)
    readme = (ROOT / "README.md").read_text("utf-8")
    paths = set(re.findall(r"data/processed/latest/[\w/.]+\.(?:parquet|csv)", readme))
    assert len(paths) >= 3
    for path in paths:
        assert Path(path).stat().st_size > 0, path
    (calls,) = {tuple(re.findall(r'pandas\.read_parquet\("([^"]+)"\)', readme))}
    assert calls
    for path in calls:
        assert pq.ParquetFile(path).metadata.num_rows > 0


def python_pages() -> dict[str, str]:
    """Return the Python of each page, its blocks one after the other, without Fabric's."""
    found: dict[str, str] = {}
    for block in blocks("python"):
        if not block.code.startswith(FABRIC):
            found[block.page.name] = found.get(block.page.name, "") + "\n" + block.code
    return found


def printed(code: str) -> Iterator[str]:
    """Yield the lines that a page says its code prints."""
    before = ""
    for line in code.splitlines():
        if line.startswith("# ") and before.startswith("print("):
            yield line.removeprefix("# ")
        elif match := re.search(r"print\(.*\)  # (.+)$", line):
            yield match[1]
        before = line


def engines() -> str:
    """Return the Python that has Spark and Hyper."""
    if not ENGINES.exists():
        pytest.skip(f"{ENGINES.relative_to(ROOT)} is not here: make compat")
    return str(ENGINES)


def run_script(code: str, folder: Path, interpreter: str) -> list[str]:
    """Run code in a folder and return the lines that it printed."""
    option = "-e" if Path(interpreter).name == "Rscript" else "-c"
    done = subprocess.run(
        [interpreter, option, code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [line.strip() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("page", sorted(python_pages()))
def test_the_python_of_a_page_prints_what_it_says(site: Path, page: str) -> None:
    code = python_pages()[page]
    on_hyper = "tableauhyperapi" in code
    output = run_script(code, site, engines() if on_hyper else sys.executable)
    expected = list(printed(code))
    assert expected
    assert [line for line in expected if line not in output] == []
    for made in re.findall(r'\.save\("([^"]+)"\)', code):
        assert (site / made).stat().st_size > 0


def test_the_notebook_for_fabric_loads_each_table(release: Path, tmp_path: Path) -> None:
    """Spark runs it, but for the Delta format, which needs a library that is in Fabric."""
    (block,) = [block for block in blocks("python") if block.code.startswith(FABRIC)]
    assert release.name in block.code
    (tmp_path / "Files" / "ipsdata").mkdir(parents=True)
    (tmp_path / "Files" / "ipsdata" / release.name).symlink_to(release)
    code, replaced = re.subn(r'\.format\("delta"\)', '.format("parquet")', block.code)
    assert replaced == 1
    output = run_script(SPARK + code + COUNT, tmp_path, engines())
    (tables,) = re.findall(r"tables = (\[.*?\])", block.code, re.DOTALL)
    for name in ast.literal_eval(tables):
        assert f"{name} {table(release, name).num_rows}" in output


def test_r_reads_the_csv_twin(site: Path) -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("needs Rscript: install r-base-core")
    plain_r = [block for block in blocks("r") if not re.search(r"library\(|::", block.code)]
    assert len(plain_r) == 1
    output = run_script(plain_r[0].code, site, rscript)
    for expected in printed(plain_r[0].code):
        assert f"[1] {expected}" in output
    assert any("more than 89 million" in line for line in output)


def power_query(page: Path) -> list[str]:
    return [block.code for block in blocks("powerquery", pages=[page])]


@pytest.mark.parametrize("page", [POWER_BI, EXCEL], ids=lambda page: page.name)
def test_power_query_names_what_is_in_the_release(
    page: Path, release: Path, types: dict[str, dict[str, str]]
) -> None:
    codes = power_query(page)
    assert len(codes) >= 4
    typed = 0
    for code in codes:
        for name in re.findall(r'\[Name = "([^"]+)"\]', code):
            assert (release / name).exists() or (release.parents[1] / name).exists(), name
        for name in re.findall(r'ipsdata(?:Table|Csv)\("(\w+)"', code):
            assert (release / f"{name}.parquet").exists()
            assert (release / "csv" / f"{name}.csv").exists()
            for column, wanted in TYPED.findall(code):
                assert types[name][column] in TYPES[wanted], f"{name}.{column}"
                typed += 1
    assert typed > 20


@pytest.mark.parametrize("page", [POWER_BI, EXCEL], ids=lambda page: page.name)
def test_power_query_types_each_number_and_date_it_promises(
    page: Path, types: dict[str, dict[str, str]]
) -> None:
    """A number or date of the tables for charts that stayed text would not be plotted."""
    for name in ("reporting_deployments", "reporting_sis"):
        (code,) = [code for code in power_query(page) if f'("{name}"' in code]
        named = {column for column, _ in TYPED.findall(code)}
        needed = {"value", "value_low", "value_high"} | {
            column for column, kind in types[name].items() if kind == "date"
        }
        assert needed <= named


@pytest.mark.parametrize("page", [POWER_BI, EXCEL], ids=lambda page: page.name)
def test_power_query_is_balanced(page: Path) -> None:
    pairs = {")": "(", "]": "[", "}": "{"}
    for code in power_query(page):
        open_ones: list[str] = []
        for sign in re.sub(r'"[^"]*"', "", code):
            if sign in pairs.values():
                open_ones.append(sign)
            elif sign in pairs:
                assert open_ones, code
                assert open_ones.pop() == pairs[sign], code
        assert open_ones == [], code
        assert len(re.findall(r"\blet\b", code)) == len(re.findall(r"^ *in$", code, re.MULTILINE))


def test_the_titles_for_renaming_are_unique(release: Path) -> None:
    for path in release.glob("contracts/*.json"):
        columns = json.loads(path.read_text("utf-8"))["columns"]
        for language in ("title", "title_nl"):
            titles = [column[language] for column in columns]
            assert len(set(titles)) == len(titles), path.name


def test_tables_and_columns_that_pages_name_exist(types: dict[str, dict[str, str]]) -> None:
    found = 0
    for page in PAGES:
        for name, column in REFERENCE.findall(page.read_text("utf-8")):
            if name in types:
                assert column in types[name], f"{page.name}: {name}[{column}]"
                found += 1
    assert found > 20


def test_each_relation_holds(release: Path) -> None:
    """Its "one" side is unique, and has what the "many" side names."""
    relations = RELATION.findall(POWER_BI.read_text("utf-8"))
    assert len(relations) >= 9
    active = [
        (many_table, one_table) for many_table, _, one_table, _, on in relations if on == "yes"
    ]
    assert len(set(active)) == len(active)
    for many_table, many_column, one_table, one_column, _ in relations:
        one = table(release, one_table)[one_column]
        assert one.null_count == 0
        assert len(one.unique()) == len(one)
        named = table(release, many_table)[many_column].drop_null()
        assert pc.all(pc.is_in(named, one.combine_chunks()), min_count=0).as_py(), many_column


def test_dim_date_can_be_marked_as_date_table(release: Path) -> None:
    days = table(release, "dim_date")["date"].to_pylist()
    assert days == [days[0] + dt.timedelta(days=n) for n in range(len(days))]


def test_the_twins_are_as_the_excel_page_says(release: Path) -> None:
    for path in release.glob("csv/*.csv"):
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        header = data.decode("utf-8-sig").splitlines()[0]
        assert ";" not in header
    for name in ("missions", "sis_derived"):
        assert b";" in (release / "csv" / f"{name}.csv").read_bytes()
    assert ",8826856.0," in (release / "csv" / "sis_annual.csv").read_text("utf-8-sig")


def test_each_cell_of_a_twin_is_written_as_its_type_is_read(release: Path) -> None:
    """With the culture en-US, which the queries give: a dot, no thousands separator, ISO dates."""
    codes = {
        name: code
        for code in power_query(EXCEL)
        for name in re.findall(r'ipsdataCsv\("(\w+)"', code)
    }
    assert {"reporting_deployments", "reporting_sis", "dim_date"} <= set(codes)
    for name, code in codes.items():
        text = (release / "csv" / f"{name}.csv").read_text("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        for column, wanted in TYPED.findall(code):
            cells = {row[column] for row in rows} - {""}
            odd = [cell for cell in cells if not re.fullmatch(CELLS[wanted], cell)]
            assert odd == [], f"{name}.{column}"


def pages_with_links() -> list[Path]:
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "deploy").rglob("*.md")),
    ]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a reader of Markdown gives the headings of a page."""
    outside = FENCED.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages_with_links(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_pages_resolve(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"
