"""Code lists: a printed name is coded exactly, by alias and date, or not at all."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from ipsdata.code.codelists import Codes, CodingError, MissionNames, Validity, read_code_list
from ipsdata.contracts import Contract, contract_from_mapping, load_contract
from ipsdata.errors import ConfigurationError
from ipsdata.layouts import printed_form

SCHEMAS = ROOT / "schemas"
REFERENCE = dt.date(2025, 5, 14)


def contract(table: str) -> Contract:
    return load_contract(SCHEMAS / "tables" / f"{table}.yaml", SCHEMAS)


def rows_of(table: str) -> list[dict[str, object]]:
    return read_code_list(SCHEMAS / "codes" / f"{table}.csv", contract(table))


ALIASES = rows_of("mission_aliases")
NAMES = MissionNames(ALIASES)
KNOWN = sorted({str(row["alias"]) for row in ALIASES})
CATEGORIES = Codes.of_rows("category", "category_id", rows_of("sis_categories"))
AREAS = Codes.of_rows("area", "country_code", rows_of("countries"))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def not_coded(name: str, on: dt.date = REFERENCE) -> CodingError:
    with pytest.raises(CodingError) as caught:
        NAMES.code(name, on)
    return caught.value


# Missions


@pytest.mark.parametrize(
    ("name", "mission"),
    [
        ("OVSE Westelijke Balkan", "OSCE_WB"),
        ("EULEX Kosovo", "EULEX_KOSOVO"),
        ("EUMM Georgië", "EUMM_GEORGIA"),
        ("EUMA Armenië", "EUMA"),
        ("EUAM Oekraïne", "EUAM_UKRAINE"),
        ("EUCAP Somalië", "EUCAP_SOMALIA"),
        ("EUBAM Libië", "EUBAM_LIBYA"),
        ("EUCAP Sahel Mali", "EUCAP_SAHEL_MALI"),
        ("EUPOL COPPS (Palestijnse gebieden)", "EUPOL_COPPS"),
        ("OSC (Israël en Palestijnse gebieden)", "OSC"),
        ("EUAM Irak", "EUAM_IRAQ"),
    ],
)
def test_missions_of_the_letter_are_coded(name: str, mission: str) -> None:
    assert NAMES.code(name, REFERENCE) == mission


@pytest.mark.parametrize(
    "name", [" EUMM   Georgië ", "EUMM\u00a0Georgië", "EUMM Georgie\u0308", "EUMM\nGeorgië"]
)
def test_only_white_space_and_composition_may_differ(name: str) -> None:
    assert NAMES.code(name, REFERENCE) == "EUMM_GEORGIA"


@pytest.mark.parametrize(
    ("name", "on", "mission"),
    [
        ("EUMM", "2005-06-01", "EUMM_FRY"),
        ("EUMM", "2007-12-31", "EUMM_FRY"),
        ("EUMM", "2008-10-01", "EUMM_GEORGIA"),
        ("EUMM", "2025-05-14", "EUMM_GEORGIA"),
        ("EUAM", "2015-01-01", "EUAM_UKRAINE"),
        ("EUCAP", "2012-02-01", "EUCAP_SOMALIA"),
        ("EUCAP Sahel", "2013-01-01", "EUCAP_SAHEL_NIGER"),
        ("EUCAP Nestor", "2016-12-31", "EUCAP_SOMALIA"),
        ("EUCAP Somalië", "2016-12-01", "EUCAP_SOMALIA"),
        ("UNMIS", "2010-01-01", "UNMIS"),
        ("UNMISS", "2015-01-01", "UNMISS"),
        ("EUMA", "2025-05-14", "EUMA"),
    ],
)
def test_the_day_decides_what_a_short_name_means(name: str, on: str, mission: str) -> None:
    assert NAMES.code(name, day(on)) == mission


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("EUCAP Sahel", {"EUCAP_SAHEL_MALI", "EUCAP_SAHEL_NIGER"}),
        ("EUCAP", {"EUCAP_SAHEL_MALI", "EUCAP_SAHEL_NIGER", "EUCAP_SOMALIA"}),
        ("EUAM", {"EUAM_IRAQ", "EUAM_RCA", "EUAM_UKRAINE"}),
        ("EUBAM", {"EUBAM_LIBYA", "EUBAM_MD_UA", "EUBAM_RAFAH"}),
    ],
)
def test_ambiguous_name_is_told_with_every_mission(name: str, candidates: set[str]) -> None:
    error = not_coded(name)
    assert error.reason == "ambiguous_code"
    assert set(error.candidates) == candidates
    for mission in candidates:
        assert mission in str(error)
    assert f"found mission {name!r}, which on 2025-05-14 may mean " in str(error)


@pytest.mark.parametrize(
    ("name", "candidate"),
    [
        ("EUMA Armenie", "EUMA Armenië (EUMA)"),
        ("EUMAA", "EUMA (EUMA)"),
        ("eumm georgië", "EUMM Georgië (EUMM_GEORGIA)"),
        ("eumm", "EUMM (EUMM_FRY or EUMM_GEORGIA)"),
        ("Euma", "EUMA (EUMA)"),
        ("EUMM-Georgië", "EUMM Georgië (EUMM_GEORGIA)"),
        ("EUCAP Sahel-Mali", "EUCAP Sahel Mali (EUCAP_SAHEL_MALI)"),
        ("EUBAM Lybia", "EUBAM Libya (EUBAM_LIBYA)"),
        ("Kosovo EULEX", "EULEX Kosovo (EULEX_KOSOVO)"),
        ("EUCAP Sahell", "EUCAP Sahel (EUCAP_SAHEL_MALI or EUCAP_SAHEL_NIGER)"),
    ],
)
def test_misspelt_name_is_told_with_the_nearest_and_never_coded(name: str, candidate: str) -> None:
    error = not_coded(name)
    assert error.reason == "unknown_code"
    assert candidate in error.candidates
    assert 1 <= len(error.candidates) <= 3
    assert str(error) == (
        f"found mission {name!r}, expected a name of mission_aliases: correct it, or add the name "
        "with its evidence"
    )


@pytest.mark.parametrize("name", ["", " ", "¿?", "Totaal"])
def test_name_that_is_near_nothing_has_no_candidates(name: str) -> None:
    error = not_coded(name)
    assert (error.reason, error.candidates) == ("unknown_code", ())


def test_huge_name_is_shortened() -> None:
    error = not_coded("EUMM " * 6_000)
    assert "… (30,000 characters)" in str(error)
    assert len(str(error)) < 300


@pytest.mark.parametrize(
    ("name", "on", "candidates"),
    [
        ("EUCAP Nestor", "2017-01-01", ("EUCAP_SOMALIA",)),
        ("EUCAP Somalië", "2016-11-30", ("EUCAP_SOMALIA",)),
        ("EUMM", "2008-03-01", ("EUMM_FRY", "EUMM_GEORGIA")),
        ("EUAM", "2014-11-30", ("EUAM_IRAQ", "EUAM_RCA", "EUAM_UKRAINE")),
    ],
)
def test_name_outside_its_days_is_not_coded(
    name: str, on: str, candidates: tuple[str, ...]
) -> None:
    error = not_coded(name, day(on))
    assert error.reason == "code_not_valid"
    assert error.candidates == candidates
    assert f"found mission {name!r}, a name that is not in use on {on} (" in str(error)


@given(st.one_of(st.text(), st.sampled_from(KNOWN)), st.text(max_size=2), st.integers(0, 40))
def test_what_is_no_alias_is_never_coded(name: str, added: str, place: int) -> None:
    damaged = name[:place] + added + name[place:]
    if printed_form(damaged) in {printed_form(alias) for alias in KNOWN}:
        return
    error = not_coded(damaged)
    assert error.reason == "unknown_code"


@given(st.sampled_from(ALIASES), st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)))
def test_alias_is_coded_on_its_days_or_told_to_be_ambiguous(
    row: dict[str, object], on: dt.date
) -> None:
    same = [other for other in ALIASES if other["alias"] == row["alias"]]
    valid = [str(other["mission_id"]) for other in same if validity(other).covers(on, on)]
    if len(valid) == 1:
        assert NAMES.code(str(row["alias"]), on) == valid[0]
    else:
        error = not_coded(str(row["alias"]), on)
        assert error.reason == ("ambiguous_code" if valid else "code_not_valid")
        assert set(error.candidates) == set(valid or [str(other["mission_id"]) for other in same])


def validity(row: dict[str, object]) -> Validity:
    bounds = (row["valid_from"], row["valid_until"])
    assert all(bound is None or isinstance(bound, dt.date) for bound in bounds)
    return Validity(*bounds)  # type: ignore[arg-type]


# Plain codes


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2018/1862:26", "2023-03-07", "2024-12-31"),
        ("2007/533:26", "2013-04-09", "2023-03-06"),
        ("CISA:96", "2010-01-01", "2010-01-01"),
        ("total", "1999-01-01", "2024-12-31"),
        ("persons", "1999-01-01", "2030-12-31"),
    ],
)
def test_category_in_its_days_is_itself(code: str, first: str, last: str) -> None:
    assert CATEGORIES.check(code, day(first), day(last)) == code


@pytest.mark.parametrize(
    ("code", "first", "last", "meant"),
    [
        ("2007/533:26", "2024-12-31", "2024-12-31", ("2018/1862:26",)),
        ("1987/2006:24", "2024-01-01", "2024-12-31", ("2018/1861:24",)),
        ("2018/1861:24", "2016-12-31", "2016-12-31", ("1987/2006:24",)),
        ("2007/533:36/persons", "2024-01-01", "2024-01-01", ("2018/1862:36/persons",)),
        ("2018/1862:38/vehicles", "2010-01-01", "2010-01-01", ()),
        ("CISA:96", "2024-01-01", "2024-01-01", ()),
        ("2018/1862:26", "2023-01-01", "2023-12-31", ()),
        ("2018/1860:3", "2023-03-06", "2023-03-06", ()),
    ],
)
def test_category_outside_its_days_names_the_one_that_was_meant(
    code: str, first: str, last: str, meant: tuple[str, ...]
) -> None:
    with pytest.raises(CodingError) as caught:
        CATEGORIES.check(code, day(first), day(last))
    assert caught.value.reason == "code_not_valid"
    assert caught.value.candidates == meant
    assert str(caught.value).startswith(
        f"found category {code!r} for {first} to {last}, but it is valid from "
    )


@pytest.mark.parametrize(
    ("code", "candidate"),
    [("2018/1862:33", "2018/1862:32"), ("2018/1862-26", "2018/1862:26"), ("person", "persons")],
)
def test_unknown_category_is_told_with_the_nearest(code: str, candidate: str) -> None:
    with pytest.raises(CodingError) as caught:
        CATEGORIES.check(code, REFERENCE, REFERENCE)
    assert caught.value.reason == "unknown_code"
    assert candidate in caught.value.candidates


@pytest.mark.parametrize("code", ["", "UK", "nl", "NLD", "Nederland", " NL", "x" * 32_000])
def test_unknown_area_is_never_coded(code: str) -> None:
    with pytest.raises(CodingError) as caught:
        AREAS.check(code, REFERENCE, REFERENCE)
    assert caught.value.reason == "unknown_code"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("code", ["NL", "GB", "XK", "SIS", "EU"])
def test_area_has_no_days(code: str) -> None:
    assert AREAS.check(code, dt.date.min, dt.date.max) == code


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "told"),
    [
        (None, None, "valid from ever until now"),
        (REFERENCE, None, "valid from 2025-05-14 until now"),
        (None, REFERENCE, "valid from ever until 2025-05-14"),
    ],
)
def test_validity_is_said(
    valid_from: dt.date | None, valid_until: dt.date | None, told: str
) -> None:
    assert str(Validity(valid_from, valid_until)) == told


# The files


def code_file(folder: Path, *rows: list[str]) -> Path:
    path = folder / "mission_aliases.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


COLUMNS = ["alias", "mission_id", "language", "valid_from", "valid_until", "evidence"]


def test_code_list_is_read_with_dates_and_empty_cells(tmp_path: Path) -> None:
    row = ["NA, 007", "EUMA", "nl", "2025-05-14", "", "letter"]
    (found,) = read_code_list(code_file(tmp_path, COLUMNS, row), contract("mission_aliases"))
    assert found == {
        "alias": "NA, 007",
        "mission_id": "EUMA",
        "language": "nl",
        "valid_from": REFERENCE,
        "valid_until": None,
        "evidence": "letter",
    }


def typed_contract(kind: str) -> Contract:
    """Return a contract whose second column, which may be empty, is of a type."""
    column = {"title": "Column", "title_nl": "Kolom", "description": "A column."}
    return contract_from_mapping(
        {
            "table": "typed",
            "group": "codes",
            "title": "Typed",
            "title_nl": "Met type",
            "description": "One column.",
            "primary_key": ["key"],
            "columns": [
                {**column, "name": "key", "type": "string"},
                {**column, "name": "cell", "type": kind, "nullable": True},
            ],
        }
    )


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("int32", "1", 1),
        ("int32", "-2147483648", -(2**31)),
        ("int32", "2147483647", 2**31 - 1),
        ("int64", "2147483648", 2**31),
        ("int64", "9223372036854775807", 2**63 - 1),
        ("bool", "true", True),
        ("bool", "false", False),
        ("date", "2025-05-14", REFERENCE),
        ("string", "true", "true"),
        *((kind, "", None) for kind in ("int32", "int64", "bool", "date", "string")),
    ],
)
def test_cell_is_read_as_its_column_type(
    tmp_path: Path, kind: str, text: str, expected: object
) -> None:
    path = code_file(tmp_path, ["key", "cell"], ["a", text])
    ((_, found),) = (row.values() for row in read_code_list(path, typed_contract(kind)))
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("int32", "1.0", "a whole number of 32 bits such as 16"),
        ("int32", "1.000", "a whole number of 32 bits such as 16"),
        ("int32", " 1", "a whole number of 32 bits such as 16"),
        ("int32", "1_000", "a whole number of 32 bits such as 16"),
        ("int32", "١", "a whole number of 32 bits such as 16"),
        ("int32", "2147483648", "a whole number of 32 bits such as 16"),
        ("int32", "-2147483649", "a whole number of 32 bits such as 16"),
        ("int64", "9223372036854775808", "a whole number of 64 bits such as 16"),
        ("int64", "9" * 5000, "a whole number of 64 bits such as 16"),
        ("bool", "True", "true or false"),
        ("bool", "1", "true or false"),
        ("bool", "ja", "true or false"),
        ("date", "2025-02-29", "a date as 2025-05-14"),
    ],
)
def test_cell_of_another_type_is_told_with_its_place(
    tmp_path: Path, kind: str, text: str, expected: str
) -> None:
    path = code_file(tmp_path, ["key", "cell"], ["a", ""], ["b", text])
    with pytest.raises(ConfigurationError) as caught:
        read_code_list(path, typed_contract(kind))
    told = str(caught.value)
    assert told.startswith(f"{path}, row 2, column cell: found '{text[:20]}")
    assert told.endswith(f", expected {expected}")
    assert len(told) < len(str(path)) + 300


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([COLUMNS[:-1]], ", line 1: found columns ['alias', 'mission_id', 'language', "),
        ([], ", line 1: found columns [], expected ['alias', "),
        (
            [COLUMNS, ["a", "EUMA", "nl", "", "", "x"], ["a", "EUMA", "nl", "14 mei", "", "x"]],
            ", row 2, column valid_from: found '14 mei', expected a date as 2025-05-14",
        ),
        ([COLUMNS, ["a", "EUMA", "nl"]], ", row 1: expected 6 cells: check commas and quotes"),
        ([COLUMNS, ["a", "EUMA", "nl", "", "", "x", "y"]], ", row 1: expected 6 cells"),
    ],
)
def test_wrong_code_list_is_told(tmp_path: Path, rows: list[list[str]], told: str) -> None:
    path = code_file(tmp_path, *rows)
    with pytest.raises(ConfigurationError) as caught:
        read_code_list(path, contract("mission_aliases"))
    assert str(caught.value).startswith(f"{path}{told}")


def test_code_list_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mission_aliases.csv"
    path.write_bytes(",".join(COLUMNS).encode() + "\nGeorgië,EUMA,nl,,,x\n".encode("latin-1"))
    with pytest.raises(ConfigurationError) as caught:
        read_code_list(path, contract("mission_aliases"))
    assert str(caught.value).startswith(f"{path}: can't be read: ")


def test_code_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"can't be read: .*No such file"):
        read_code_list(tmp_path / "none.csv", contract("mission_aliases"))
