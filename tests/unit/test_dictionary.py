"""The data dictionary in docs is the one that the contracts make."""

from conftest import ROOT
from ipsdata.contracts import load_contracts
from ipsdata.dictionary import pages
from tools.make_docs import outdated


def test_the_committed_pages_are_up_to_date() -> None:
    assert outdated() == [], "run `make docs`"


def test_a_page_tells_every_column_with_both_titles() -> None:
    contracts = load_contracts(ROOT / "schemas")
    written = pages(contracts)
    assert "Missienaam" in written["deployments.md"]
    for contract in contracts.values():
        page = written[f"{contract.table}.md"]
        for column in contract.columns:
            assert f"| `{column.name}` |" in page
            assert column.title_nl in page
