"""Log lines: one line each, plain ASCII, and read back as what they told."""

import io
import json
import logging
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipsdata.errors import ConfigurationError
from ipsdata.observe.logs import JSON, TEXT, as_line, as_text, line_format, listening, log_line
from ipsdata.observe.stages import tell_failure

NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
VALUES = st.none() | st.text() | st.integers() | st.floats(allow_nan=False)
HOSTILE = "\x1b[2J\r\nerror=0 \u202e\x9b31m\u2028"


def written(form: str, **fields: str | float | None) -> str:
    stream = io.StringIO()
    with listening(stream, form):
        log_line("stage_finished", fields)
    return stream.getvalue()


@given(st.dictionaries(NAMES, VALUES))
def test_json_is_one_ascii_line_that_says_what_was_told(
    fields: dict[str, str | float | None],
) -> None:
    line = as_line("stage_finished", fields, JSON)
    assert line.isascii()
    assert line.isprintable()
    told = {name: value for name, value in fields.items() if value is not None}
    assert json.loads(line) == {"event": "stage_finished", **told}


@given(NAMES, st.text())
def test_text_is_one_ascii_line_with_one_value_a_name(name: str, value: str) -> None:
    line = as_text({name: value, "rows": 7})
    assert line.isascii()
    assert line.isprintable()
    quoted = line.removeprefix(f"{name}=").removesuffix(" rows=7")
    assert (json.loads(quoted) if quoted.startswith('"') else quoted) == value


@pytest.mark.parametrize("form", [TEXT, JSON])
def test_what_would_move_a_cursor_or_start_a_line_is_escaped(form: str) -> None:
    line = written(form, error=HOSTILE)
    assert line.endswith("\n")
    assert line.isascii()
    assert line.removesuffix("\n").isprintable()


def test_a_line_of_text_begins_with_its_moment_and_level() -> None:
    moment, level, event, *fields = shlex.split(written(TEXT, stage="publish", rows=3, note=None))
    assert moment.endswith("Z")
    assert (level, event, fields) == ("info", "stage_finished", ["stage=publish", "rows=3"])


def test_nobody_is_told_when_nobody_listens() -> None:
    stream = io.StringIO()
    with listening(stream, JSON):
        pass
    log_line("stage_finished", {"rows": 1})
    assert stream.getvalue() == ""
    assert logging.getLogger("ipsdata.run").handlers == []


def test_a_failure_names_its_kind_and_none_of_its_words() -> None:
    stream = io.StringIO()
    with listening(stream, JSON):
        tell_failure("abc", ConfigurationError("the password is hunter2"), 1.23456)
    told = json.loads(stream.getvalue())
    told.pop("time")
    assert told == {
        "level": "error",
        "event": "run_finished",
        "run_id": "abc",
        "outcome": "failed",
        "error": "ConfigurationError",
        "seconds": 1.235,
    }


def test_the_form_is_taken_from_the_environment() -> None:
    assert line_format({}) == TEXT
    assert line_format({"IPSDATA_LOG": ""}) == TEXT
    assert line_format({"IPSDATA_LOG": "json"}) == JSON
    with pytest.raises(ConfigurationError, match="IPSDATA_LOG: found 'xml', expected text or json"):
        line_format({"IPSDATA_LOG": "xml"})
