"""The cooperation register: captured instruments and activities, and the partners in them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ipsdata.code.codelists import Codes, CodingError
from ipsdata.contracts import Contract
from ipsdata.facts.dimensions import day_of, moment, take, whole
from ipsdata.facts.settle import Row, Settled, code_rows, fields_of, keep_valid, source
from ipsdata.rejection import quoted

REGISTER_TABLE = "cooperation_register"
INSTRUMENT_REQUIRED = ("kind", "title", "title_nl", "subject", "role", "status")
INSTRUMENT_OPTIONAL = ("start", "end", "members", "reference_number", "related_to")
PARTNER_REQUIRED = ("instrument_id", "role")
PARTNER_OPTIONAL = ("country_code", "organisation_id", "members")

Instrument = tuple[str, str]


@dataclass(frozen=True)
class PartnerCodes:
    """The code lists that a partner is one of; aggregates of countries are no partners."""

    countries: Codes
    organisations: Codes


def settle_cooperation_register(
    printed: Iterable[Row], documents: Mapping[str, Mapping[str, Any]], contract: Contract
) -> Settled:
    """Settle the captured instruments: each is published, or rejected with its reason.

    An instrument whose `related_to` is not published in the same edition is rejected.

    Args:
        printed: main lines of captures, as rows of `printed_rows`.
        documents: rows of the inventory by document_id.
    """

    def code(row: Row) -> dict[str, Any]:
        return _code_instrument(row, documents[row["document_id"]])

    coded = code_rows(printed, code)
    valid = keep_valid(contract, coded.facts)
    related = _keep_related(valid.facts)
    rejections = (*coded.rejections, *valid.rejections, *related.rejections)
    return Settled(related.facts, rejections)


def settle_cooperation_partners(
    printed: Iterable[Row],
    documents: Mapping[str, Mapping[str, Any]],
    instruments: Collection[Instrument],
    codes: PartnerCodes,
    contract: Contract,
) -> Settled:
    """Settle the captured partners; one whose instrument is not published is rejected.

    Args:
        printed: main lines of captures, as rows of `printed_rows`.
        documents: rows of the inventory by document_id.
        instruments: edition and key of every instrument that is published.
    """

    def code(row: Row) -> dict[str, Any]:
        return _code_partner(row, documents[row["document_id"]], instruments, codes)

    coded = code_rows(printed, code)
    valid = keep_valid(contract, coded.facts)
    return Settled(valid.facts, (*coded.rejections, *valid.rejections))


def _code_instrument(row: Row, document: Mapping[str, Any]) -> dict[str, Any]:
    taken = take(fields_of(row), INSTRUMENT_REQUIRED, INSTRUMENT_OPTIONAL)
    return {
        "edition_id": row["edition_id"],
        "instrument_id": taken["row"],
        **{name: taken[name] for name in INSTRUMENT_REQUIRED},
        **moment(taken, "start"),
        **moment(taken, "end"),
        "members": whole(taken, "members"),
        "reference_number": taken.get("reference_number"),
        "related_to": taken.get("related_to"),
        **source(row, taken["as_printed"], document["published_on"]),
    }


def _keep_related(facts: Sequence[Row]) -> Settled:
    """Reject what is related to an instrument that is not there, and so on up the chain."""
    known = {(fact["edition_id"], fact["instrument_id"]) for fact in facts}
    lost = [f for f in facts if f["related_to"] and (f["edition_id"], f["related_to"]) not in known]
    if not lost:
        return Settled(tuple(facts))
    rest = _keep_related([fact for fact in facts if fact not in lost])
    rejected = code_rows((fact["printed"] for fact in lost), _refuse_unrelated)
    return Settled(rest.facts, (*rejected.rejections, *rest.rejections))


def _refuse_unrelated(row: Row) -> NoReturn:
    told = _not_published("related_to", fields_of(row)["related_to"], row["edition_id"])
    raise CodingError("unknown_code", told)


def _not_published(name: str, instrument: str, edition: str) -> str:
    return (
        f"dimension {name}: found {quoted(instrument)}, expected an instrument that "
        f"{REGISTER_TABLE} publishes for {edition}: correct it, or see why that one is rejected"
    )


def _code_partner(
    row: Row, document: Mapping[str, Any], instruments: Collection[Instrument], codes: PartnerCodes
) -> dict[str, Any]:
    taken = take(fields_of(row), PARTNER_REQUIRED, PARTNER_OPTIONAL)
    edition, instrument = row["edition_id"], taken["instrument_id"]
    if (edition, instrument) not in instruments:
        raise CodingError("unknown_code", _not_published("instrument_id", instrument, edition))
    day = day_of(document)
    country, organisation = taken.get("country_code"), taken.get("organisation_id")
    return {
        "edition_id": edition,
        "instrument_id": instrument,
        "partner_id": country or organisation,
        "country_code": codes.countries.check(country, day, day) if country else None,
        "organisation_id": (
            codes.organisations.check(organisation, day, day) if organisation else None
        ),
        "role": taken["role"],
        "members": whole(taken, "members"),
        **source(row, taken["as_printed"], document["published_on"]),
    }
