"""The texts of the page: both languages say the same things."""

import re
import string
from importlib.resources import files

import pytest

from ipsdata.release.changes import REASONS
from ipsdata.release.companions import ReleaseContent
from ipsdata.release.report.texts import LANGUAGES, texts
from standards import contract, shipped_release

PACKAGE = files("ipsdata.release.report")
# The texts of codes, which stand in the data.
CODES = {
    "attribution": ("documents", "attribution"),
    "diagnosis": ("sis_conflicts", "diagnosis"),
    "interval": ("sis_annual", "precision"),
    "kind": ("caribbean_staffing", "kind"),
    "outcome": ("reconciliations", "outcome"),
    "rule": ("reconciliations", "rule"),
    "severity": ("reconciliations", "severity"),
    "sis.affects": ("sis_breaks", "affects"),
    "task": ("caribbean_staffing", "task"),
    "verdict": ("sis_conflicts", "verdict"),
    "verification": ("sis_annual", "verification"),
    "averaging": ("sis_statistics", "averaging"),
}
# Those of other codes; the key is put together in the template.
BY_CODE = (
    *CODES,
    "area",
    "find.item",
    "overview.first",
    "overview.untold",
    "place",
    "reason",
    "section",
    "unit",
)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ReleaseContent:
    return shipped_release(tmp_path_factory)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    english, dutch = (texts(language).catalogue for language in LANGUAGES)
    assert english.keys() == dutch.keys()
    for key, text in english.items():
        assert placeholders(text) == placeholders(dutch[key]), key


def test_forms_come_in_pairs() -> None:
    for language in LANGUAGES:
        for group in ("unit", "find.item"):
            for text in texts(language).group(group).values():
                assert re.fullmatch(r"[^|]+\|[^|]+", text), text


def test_no_text_is_left_over() -> None:
    used = (PACKAGE / "page.html.j2").read_text("utf-8")
    for name in ("wording.py", "drawings.py", "links.py", "page.py"):
        used += (PACKAGE / name).read_text("utf-8")
    unused = [
        key
        for key in texts("en").catalogue
        if not re.search(rf"['\"]{re.escape(key)}['\"]", used)
        and not f"{key}.".startswith(tuple(f"{code}." for code in BY_CODE))
    ]
    assert unused == []


@pytest.mark.parametrize(("group", "column"), CODES.items())
def test_every_code_of_the_contracts_has_a_text(group: str, column: tuple[str, str]) -> None:
    table, name = column
    (found,) = [each for each in contract(table).columns if each.name == name]
    assert found.domain
    assert set(found.domain) <= set(texts("en").group(group))


def test_every_unit_and_reason_has_a_text(shipped: ReleaseContent) -> None:
    units = {
        unit
        for table in ("deployments", "sis_statistics", "caribbean_staffing")
        for unit in shipped.tables[table]["unit"].to_pylist()
    }
    assert units <= set(texts("en").group("unit"))
    assert set(REASONS) == set(texts("en").group("reason"))


def test_a_code_without_a_text_is_told_in_its_words() -> None:
    assert texts("en").label("outcome", "neither_nor") == "neither nor"
    assert texts("nl").label("outcome", "holds") == "Klopt"
    assert texts("nl").label("outcome", None) == ""


def test_a_text_that_is_none() -> None:
    with pytest.raises(KeyError):
        texts("en")("no.such.text")
