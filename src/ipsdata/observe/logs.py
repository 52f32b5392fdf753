"""Log lines of a run: one a stage and one at its end, as text or as JSON.

A line holds names and counts, never what a document says: it can hold no secret and no sign that a
terminal would obey. Both forms are plain ASCII on one line; other characters are escaped.
"""

import datetime as dt
import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from ipsdata.errors import ConfigurationError

LOG = logging.getLogger("ipsdata.run")
VARIABLE = "IPSDATA_LOG"
TEXT, JSON = "text", "json"
FORMATS = (TEXT, JSON)
STAGE_FINISHED, RUN_FINISHED = "stage_finished", "run_finished"
PLAIN = re.compile(r"[A-Za-z0-9_.:+-]+")

Field = str | int | float | None
Fields = Mapping[str, Field]


def log_line(event: str, fields: Fields, level: int = logging.INFO) -> None:
    """Write a line to the log of runs; it goes nowhere unless someone listens.

    Args:
        event: what happened, such as `STAGE_FINISHED`.
        fields: what is told of it; a `None` is left out.
    """
    LOG.log(level, event, extra={"fields": fields})


def as_text(fields: Fields) -> str:
    """Return fields as `name=value`; a value with other than plain characters is quoted."""
    return " ".join(
        f"{name}={_quoted(value)}" for name, value in fields.items() if value is not None
    )


def as_json(fields: Fields) -> str:
    """Return fields as one line of JSON."""
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def as_line(event: str, fields: Fields, form: str) -> str:
    """Return an event as a message for a log that adds moment and level itself, as Dagster's."""
    return as_json({"event": event, **fields}) if form == JSON else f"{event} {as_text(fields)}"


def _quoted(value: Field) -> str:
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text)


def line_format(environment: Mapping[str, str]) -> str:
    """Return the form of the lines that `IPSDATA_LOG` names; text if it is not set.

    Raises:
        ConfigurationError: it names another.
    """
    text = environment.get(VARIABLE) or TEXT
    if text not in FORMATS:
        raise ConfigurationError(f"{VARIABLE}: found {text!r}, expected {' or '.join(FORMATS)}")
    return text


class LineFormatter(logging.Formatter):
    """Writes a record as one line: its moment (UTC), its level, what happened, and its fields."""

    def __init__(self, form: str) -> None:
        """Write lines as `TEXT` or `JSON`."""
        super().__init__()
        self._is_json = form == JSON

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        level, event = record.levelname.lower(), record.getMessage()
        fields: Fields = getattr(record, "fields", {})
        if self._is_json:
            return as_json({"time": time, "level": level, "event": event, **fields})
        return f"{time} {level} {event} {as_text(fields)}"


@contextmanager
def listening(stream: TextIO, form: str) -> Iterator[None]:
    """Write the log of runs to a stream, as `TEXT` or `JSON`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(form))
    level = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)
