"""Primary keys as a person writes them: what is printed is read back to the letter."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ipsdata.release.keys import KeyPart, key_parts, key_text, split_table

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
AWKWARD = st.text(st.sampled_from('",:= \n\r\t\0ë=é🚓a1'), max_size=8)
KEYS = st.dictionaries(NAMES, AWKWARD | st.text() | st.integers() | st.dates(), min_size=1)


@given(NAMES, KEYS)
@example("t", {"a": '="x", y:z=1', "b": "", "c": " ", "d": '"', "e": "two\nlines"})
def test_a_key_is_read_as_it_was_printed(table: str, key: dict[str, object]) -> None:
    found, rest = split_table(f"{table}:{key_text(key)}")
    assert found == table
    assert key_parts(rest) == [KeyPart(name, str(value)) for name, value in key.items()]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("year=2020,area=SIS", [("year", "2020"), ("area", "SIS")]),
        (" year=2020 ,  area=SIS ", [("year", "2020"), ("area", "SIS")]),
        ("2020, SIS,", [(None, "2020"), (None, "SIS")]),
        ('name="a, b", c', [("name", "a, b"), (None, "c")]),
        ('name=say "no", c', [("name", 'say "no"'), (None, "c")]),
        ('"a=b"', [(None, "a=b")]),
        ("category_id=2018/1862:26", [("category_id", "2018/1862:26")]),
        ('name="never closed', [("name", '"never closed')]),
        ("name=", [("name", "")]),
        (" , ", []),
    ],
)
def test_a_person_may_write_it_shorter(text: str, parts: list[tuple[str | None, str]]) -> None:
    assert key_parts(text) == [KeyPart(*part) for part in parts]


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("sis_annual:year=2020", "sis_annual"),
        ("category_id=2018/1862:26", None),
        ("2018/1862:26", None),
        ("CISA:95", None),
        ("EULEX", None),
    ],
)
def test_a_colon_within_a_value_names_no_table(text: str, table: str | None) -> None:
    found, rest = split_table(text)
    assert found == table
    assert table is not None or rest == text
