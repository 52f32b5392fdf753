"""The cooperation register: instruments with partial dates, and partners that refer to them."""

import datetime as dt
import json
from typing import Any

import pytest

from conftest import ROOT
from ipsdata.code.codelists import Codes, read_code_list
from ipsdata.contracts import Contract, load_contract
from ipsdata.facts.cooperation import (
    REGISTER_TABLE,
    PartnerCodes,
    settle_cooperation_partners,
    settle_cooperation_register,
)
from ipsdata.facts.settle import Settled

SCHEMAS = ROOT / "schemas"


def contract(table: str) -> Contract:
    return load_contract(SCHEMAS / "tables" / f"{table}.yaml", SCHEMAS)


def codes(label: str, key: str, table: str) -> Codes:
    rows = read_code_list(SCHEMAS / "codes" / f"{table}.csv", contract(table))
    return Codes.of_rows(label, key, [row for row in rows if row["kind"] != "aggregate"])


REGISTER, PARTNERS = contract(REGISTER_TABLE), contract("cooperation_partners")
CODES = PartnerCodes(
    codes("country", "country_code", "countries"),
    codes("organisation", "organisation_id", "organisations"),
)
DOCUMENT_ID = "0" * 64
EDITION = "letters/2025-06-12"
PUBLISHED = dt.date(2025, 6, 12)
DOCUMENTS = {DOCUMENT_ID: {"published_on": PUBLISHED, "retrieved_on": dt.date(2026, 11, 24)}}
TREATY = {
    "row": "enschede-treaty-2005",
    "as_printed": "Verdrag van Enschede",
    "kind": "treaty",
    "title": "Treaty of Enschede",
    "title_nl": "Verdrag van Enschede",
    "subject": "operational police cooperation with Germany",
    "role": "party",
    "start": "2005",
    "status": "in_force",
}
COALITION = {
    "row": "coalition-of-seven",
    "as_printed": "coalitie van zeven landen",
    "kind": "coalition",
    "title": "Coalition of seven countries",
    "title_nl": "Coalitie van zeven landen",
    "subject": "organised crime",
    "role": "initiator",
    "status": "ongoing",
    "members": "7",
    "reference_number": "29 911, nr. 454",
}
DECLARATION = {
    **TREATY,
    "row": "declaration-de-2024",
    "kind": "declaration_of_intent",
    "start": "2024-12-12",
    "status": "signed",
    "related_to": "enschede-treaty-2005",
}
GERMANY = {
    "row": "enschede-treaty-2005-de",
    "as_printed": "Duitsland",
    "instrument_id": "enschede-treaty-2005",
    "country_code": "DE",
    "role": "party",
}
PUBLISHED_INSTRUMENTS = {(EDITION, "enschede-treaty-2005"), ("letters/2024-12-01", "hazeldonk")}


def printed(fields: dict[str, str], line: int = 2, **more: object) -> dict[str, Any]:
    row = {
        "document_id": DOCUMENT_ID,
        "edition_id": EDITION,
        "path": f"{EDITION}/captures.csv",
        "target": "cooperation",
        "role": "data",
        "found_at": f"line {line}",
        "locator": "“Europa”, paragraph 3, characters 1-20",
        "fields": json.dumps(fields),
        "verification": "verified",
        "reason": None,
        "problem": None,
    }
    return {**row, **more}


def register(*rows: dict[str, Any]) -> Settled:
    return settle_cooperation_register(rows, DOCUMENTS, REGISTER)


def partners(*rows: dict[str, Any]) -> Settled:
    return settle_cooperation_partners(rows, DOCUMENTS, PUBLISHED_INSTRUMENTS, CODES, PARTNERS)


def only_fact(settled: Settled) -> dict[str, Any]:
    assert settled.rejections == ()
    (found,) = settled.facts
    return {key: value for key, value in found.items() if key != "printed"}


def only_rejection(settled: Settled) -> tuple[str, str]:
    assert settled.facts == ()
    (found,) = settled.rejections
    place = f"{EDITION}/captures.csv, line 2: "
    assert found.message.startswith(place)
    return found.reason, found.message.removeprefix(place)


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    return {key: text for key, text in fields.items() if key != name}


SOURCE = {
    "document_id": DOCUMENT_ID,
    "locator": "“Europa”, paragraph 3, characters 1-20",
    "verification": "verified",
    "published_on": PUBLISHED,
    "correction_id": None,
}


class TestRegister:
    def test_instrument_is_published_with_all_it_says(self) -> None:
        assert only_fact(register(printed(TREATY))) == {
            "edition_id": EDITION,
            "instrument_id": "enschede-treaty-2005",
            "kind": "treaty",
            "title": "Treaty of Enschede",
            "title_nl": "Verdrag van Enschede",
            "subject": "operational police cooperation with Germany",
            "role": "party",
            "start": "2005",
            "start_earliest": dt.date(2005, 1, 1),
            "start_latest": dt.date(2005, 12, 31),
            "end": None,
            "end_earliest": None,
            "end_latest": None,
            "status": "in_force",
            "members": None,
            "reference_number": None,
            "related_to": None,
            "as_printed": "Verdrag van Enschede",
            **SOURCE,
        }

    def test_members_and_reference_number(self) -> None:
        found = only_fact(register(printed(COALITION)))
        assert (found["members"], found["reference_number"]) == (7, "29 911, nr. 454")
        assert found["start"] is found["start_earliest"] is found["start_latest"] is None

    def test_day_within_two_is_kept_as_a_period(self) -> None:
        found = only_fact(register(printed({**TREATY, "start": "2025-04-07/2025-04-08"})))
        assert (found["start_earliest"], found["start_latest"]) == (
            dt.date(2025, 4, 7),
            dt.date(2025, 4, 8),
        )

    def test_expiry_without_a_start(self) -> None:
        expired = {**without(TREATY, "start"), "end": "2023-11", "status": "expired"}
        found = only_fact(register(printed(expired)))
        assert (found["start"], found["end_latest"]) == (None, dt.date(2023, 11, 30))

    @pytest.mark.parametrize(
        "name", ["row", "as_printed", "kind", "title", "title_nl", "subject", "role", "status"]
    )
    def test_missing_dimension_is_named(self, name: str) -> None:
        reason, message = only_rejection(register(printed(without(TREATY, name))))
        assert reason == "dimension"
        assert message.startswith(f"dimensions: the row misses {name}; expected kind, title, ")

    def test_dimension_of_another_table_is_left_over(self) -> None:
        reason, message = only_rejection(register(printed({**TREATY, "country_code": "DE"})))
        assert reason == "dimension"
        assert "has 'country_code', which is unknown" in message

    @pytest.mark.parametrize(
        ("change", "reason", "told"),
        [
            ({"kind": "pact"}, "contract", "column kind: found 'pact'"),
            ({"role": "friend"}, "contract", "column role: found 'friend'"),
            ({"status": "renewed"}, "contract", "column status: found 'renewed'"),
            ({"members": "zeven"}, "dimension", "dimension members: found 'zeven', expected a"),
            ({"members": "1"}, "contract", "column members: found '1'"),
            ({"start": "7 en 8 april"}, "date", "dimension start: found '7 en 8 april'"),
            ({"end": "2004-12"}, "contract", "not_after(earlier=start_earliest, later=end_latest)"),
            ({"row": "Enschede"}, "contract", "column instrument_id: found 'Enschede'"),
            ({"related_to": "prüm"}, "contract", "column related_to: found 'prüm'"),
        ],
    )
    def test_what_can_not_be_published_is_rejected(
        self, change: dict[str, str], reason: str, told: str
    ) -> None:
        found, message = only_rejection(register(printed({**TREATY, **change})))
        assert found == reason
        assert told in message

    def test_relation_within_the_edition(self) -> None:
        settled = register(printed(DECLARATION), printed(TREATY, 3))
        assert settled.rejections == ()
        assert [f["related_to"] for f in settled.facts] == ["enschede-treaty-2005", None]

    def test_relation_to_an_instrument_of_another_edition_only(self) -> None:
        earlier = printed(TREATY, 3, edition_id="letters/2024-12-01")
        settled = register(printed(DECLARATION), earlier)
        assert [f["instrument_id"] for f in settled.facts] == ["enschede-treaty-2005"]
        (lost,) = settled.rejections
        assert lost.reason == "unknown_code"
        assert "dimension related_to: found 'enschede-treaty-2005', expected" in lost.message
        assert "publishes for letters/2025-06-12" in lost.message

    def test_what_is_related_to_a_rejected_instrument_falls_with_it(self) -> None:
        follow_up = {**DECLARATION, "row": "new-treaty", "related_to": "declaration-de-2024"}
        bad = {**TREATY, "start": "lang geleden"}
        rows = [printed(follow_up), printed(DECLARATION, 3), printed(bad, 4), printed(COALITION, 5)]
        settled = register(*rows)
        assert [f["instrument_id"] for f in settled.facts] == ["coalition-of-seven"]
        assert [(r.locator, r.reason) for r in settled.rejections] == [
            ("line 4", "date"),
            ("line 3", "unknown_code"),
            ("line 2", "unknown_code"),
        ]

    def test_row_of_which_the_evidence_fell_stays_rejected(self) -> None:
        bad = printed(TREATY, reason="evidence", problem="line 9 does not hold")
        (found,) = register(bad).rejections
        assert (found.reason, found.message) == ("evidence", "line 9 does not hold")

    def test_no_rows(self) -> None:
        assert register() == Settled(())


class TestPartners:
    def test_country_is_published_with_all_it_says(self) -> None:
        assert only_fact(partners(printed(GERMANY))) == {
            "edition_id": EDITION,
            "instrument_id": "enschede-treaty-2005",
            "partner_id": "DE",
            "country_code": "DE",
            "organisation_id": None,
            "role": "party",
            "members": None,
            "as_printed": "Duitsland",
            **SOURCE,
        }

    def test_organisation(self) -> None:
        fields = {**without(GERMANY, "country_code"), "organisation_id": "EUROPOL"}
        found = only_fact(partners(printed({**fields, "role": "supporter"})))
        told = [found[name] for name in ("partner_id", "country_code", "organisation_id")]
        assert told == ["EUROPOL", None, "EUROPOL"]

    def test_partner_may_have_two_roles_but_each_once(self) -> None:
        host = {**GERMANY, "row": "enschede-treaty-2005-de-host", "role": "host"}
        assert len(partners(printed(GERMANY), printed(host, 3)).facts) == 2
        again = {**GERMANY, "row": "enschede-treaty-2005-de-2"}
        settled = partners(printed(GERMANY), printed(again, 3), printed(host, 4))
        assert [f["role"] for f in settled.facts] == ["host"]
        assert [r.reason for r in settled.rejections] == ["duplicate"] * 2

    @pytest.mark.parametrize("instrument", ["hazeldonk", "enschede-treaty"])
    def test_partner_of_an_instrument_that_is_not_published(self, instrument: str) -> None:
        row = printed({**GERMANY, "instrument_id": instrument})
        reason, message = only_rejection(partners(row))
        assert reason == "unknown_code"
        assert message == (
            f"dimension instrument_id: found {instrument!r}, expected an instrument that "
            "cooperation_register publishes for letters/2025-06-12: correct it, or see why that "
            "one is rejected"
        )

    def test_partner_falls_with_its_instrument(self) -> None:
        settled = register(printed({**TREATY, "kind": "pact"}), printed(COALITION, 3))
        instruments = {(f["edition_id"], f["instrument_id"]) for f in settled.facts}
        sweden = {**GERMANY, "instrument_id": "coalition-of-seven", "country_code": "SE"}
        rows = [printed(GERMANY, 4), printed(sweden, 5)]
        found = settle_cooperation_partners(rows, DOCUMENTS, instruments, CODES, PARTNERS)
        assert [f["partner_id"] for f in found.facts] == ["SE"]
        assert [(r.locator, r.reason) for r in found.rejections] == [("line 4", "unknown_code")]

    @pytest.mark.parametrize(
        ("change", "reason", "told"),
        [
            ({"country_code": "UK"}, "unknown_code", "found country 'UK'"),
            ({"country_code": "EU"}, "unknown_code", "found country 'EU'"),
            ({"organisation_id": "INTERPOOL"}, "unknown_code", "found organisation 'INTERPOOL'"),
            (
                {"organisation_id": "EUROPOL"},
                "contract",
                "exactly_one_given(columns=['country_code",
            ),
            ({"country_code": ""}, "contract", "column partner_id"),
            ({"role": "friend"}, "contract", "column role: found 'friend'"),
            ({"since": "2005"}, "dimension", "has 'since', which is unknown; expected instrument"),
            ({"role": ""}, "dimension", "the row misses role;"),
        ],
    )
    def test_what_can_not_be_published_is_rejected(
        self, change: dict[str, str], reason: str, told: str
    ) -> None:
        found, message = only_rejection(partners(printed({**GERMANY, **change})))
        assert found == reason
        assert told in message
