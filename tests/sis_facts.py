"""SIS figures for tests: coded from a printed number, with the project's own code lists."""

import datetime as dt
from typing import Any

from conftest import ROOT
from ipsdata.code.codelists import read_code_list
from ipsdata.code.dates import parse_edtf_period
from ipsdata.code.membership import Membership
from ipsdata.code.numbers import parse_number
from ipsdata.contracts import load_contract
from ipsdata.facts.settle import provenance
from ipsdata.marts.additivity import AddingCodes
from ipsdata.marts.breaks import Breaks

SCHEMAS = ROOT / "schemas"
Fact = dict[str, Any]
UNITS = {"alerts": "alert", "alerts_deleted": "alert", "hits": "hit", "accesses": "access"}
AUTHORITIES = {
    "eu_lisa": 1,
    "council_or_commission": 2,
    "national_authority": 3,
    "parliament": 4,
    "press": 5,
}


def code_rows(table: str) -> list[Fact]:
    contract = load_contract(SCHEMAS / "tables" / f"{table}.yaml", SCHEMAS)
    return read_code_list(SCHEMAS / "codes" / f"{table}.csv", contract)


ADDING = AddingCodes.of_rows(code_rows("sis_categories"), code_rows("sis_indicators"))
BREAKS = Breaks.of_rows(code_rows("sis_breaks"))
MEMBERSHIP = Membership(code_rows("sis_membership"))
NO_BREAKS = Breaks(())


def sis_fact(printed: str, indicator: str = "searches", **changes: Any) -> Fact:
    """Code a number printed in English; `changes` are columns, `stated` or `language`."""
    stated, language = changes.pop("stated", None), changes.pop("language", "en")
    unit = changes.get("unit", UNITS.get(indicator, "search"))
    averaging = changes.get("averaging", "none")
    is_measured = averaging != "none" or unit == "percent"
    number = parse_number(printed, language, stated=stated, continuous=is_measured)
    kind = "stock" if indicator in {"alerts", "alert_share"} else "flow"
    time_period = changes.get("time_period", "2024")
    period = parse_edtf_period(time_period)
    published_on = changes.get("published_on", dt.date(2025, 6, 12))
    source_kind, origin_kind = changes.get("source_kind", "press"), changes.get("origin_kind")
    source = changes.get("source", "a")
    place = {
        "document_id": "d" * 64,
        "locator": f"line {source} {printed}",
        "verification": "unverified",
    }
    fact: Fact = {
        "source": source,
        "source_url": None,
        "vintage": published_on.isoformat() if published_on else "undated",
        "source_kind": source_kind,
        "origin_kind": origin_kind,
        "authority": AUTHORITIES[origin_kind or source_kind],
        "indicator": indicator,
        "area": "SIS",
        "category_id": "total",
        "scope": "on_foreign_alerts" if indicator == "hits" else "not_applicable",
        "time_kind": kind,
        "time_period": time_period,
        "reference_date": period.start if kind == "stock" and period.is_day else None,
        "period_start": period.start,
        "period_end": period.end,
        "averaging": averaging,
        "observation_status": "A",
        **provenance(place, number, unit, published_on),
    }
    return {**fact, **changes}
