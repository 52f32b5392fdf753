"""The matrix in docs/bi/compatibility.md is what a run of these tests came to."""

from pathlib import Path

from tools.compat_matrix import matrix, tried

REPORT = """<testsuites><testsuite>
<testcase name="a">{one}<property name="table" value="missions"/></properties></testcase>
<testcase name="b">{one}<property name="table" value="documents"/></properties></testcase>
<testcase name="c">{one}<property name="table" value="documents"/></properties>
  <failure message="other sum"/></testcase>
<testcase name="d">{two}<property name="table" value="missions"/></properties><skipped/></testcase>
<testcase name="about no engine"/>
</testsuite></testsuites>"""
ONE = '<properties><property name="engine" value="One"/><property name="version" value="1.0"/>'
TWO = ONE.replace("One", "Two")


def test_a_table_counts_as_read_where_every_test_passed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT.format(one=ONE, two=TWO), "utf-8")
    assert matrix(tried(report)).splitlines() == [
        "| table | One 1.0 | Two 1.0 |",
        "| --- | --- | --- |",
        "| `documents` | **no** | – |",
        "| `missions` | yes | not run |",
    ]
