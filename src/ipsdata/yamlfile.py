"""YAML files checked against a JSON Schema, with errors that name file, line and key."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ipsdata.errors import ConfigurationError

MAX_YAML_BYTES = 1_000_000


class _Constructor(RoundTripConstructor):
    """Keeps dates as the text that stands in the file, so that a schema can check their form."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_scalar)


def load_yaml(path: Path, meta_schema: Path, *, shown_as: str | None = None) -> dict[str, Any]:
    """Read a YAML 1.2 mapping and validate it.

    Args:
        path: the file.
        meta_schema: a JSON Schema (draft 2020-12) that it must satisfy.
        shown_as: the file's name in messages, where that is not `path`.

    Raises:
        ConfigurationError: the file can't be read, is no YAML mapping, or breaks the schema; the
            message lists each problem with file, line and key.
    """
    name = shown_as or str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{name}: can't be read: {error.strerror}") from None
    return parse_yaml(data, meta_schema, name)


def parse_yaml(data: bytes, meta_schema: Path, name: str) -> dict[str, Any]:
    """Parse and validate the bytes of a YAML file called `name`; as `load_yaml`."""
    plain: dict[str, Any] = json.loads(_validated_json(data, meta_schema, name))
    return plain


@lru_cache(maxsize=128)
def _validated_json(data: bytes, meta_schema: Path, name: str) -> str:
    # Kept by content: a long-lived process reads the same contracts on each run, and slowly.
    document = _parse(data, name)
    validator = jsonschema.Draft202012Validator(
        _meta_schema(meta_schema), format_checker=jsonschema.FormatChecker()
    )
    problems = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    if problems:
        raise ConfigurationError("\n".join(_describe(name, document, error) for error in problems))
    return json.dumps(document)


@cache
def _meta_schema(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _parse(data: bytes, name: str) -> CommentedMap:
    if len(data) > MAX_YAML_BYTES:
        raise ConfigurationError(
            f"{name}: {len(data):,} bytes, expected at most {MAX_YAML_BYTES:,}: split the file"
        )
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    try:
        document = yaml.load(io.BytesIO(data))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{name}, line {line}: no valid YAML: {error.problem}") from None
    except RecursionError:
        raise ConfigurationError(f"{name}: nested too deeply, expected a plain file") from None
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigurationError(f"{name}: no valid YAML in UTF-8: {reason}") from None
    if not isinstance(document, CommentedMap):
        raise ConfigurationError(f"{name}, line 1: found no mapping, expected 'key: value' lines")
    return document


def _describe(name: str, document: CommentedMap, error: jsonschema.ValidationError) -> str:
    keys = list(error.absolute_path)
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in keys).lstrip(".")
    place = f"{name}, line {_line(document, keys)}"
    return f"{place}, key {key or '(top level)'}: {error.message}"


def item_lines(path: Path, key: str) -> list[int]:
    """Return the lines on which the items of a list start in a YAML file that `load_yaml` read.

    Args:
        key: the key of the list, at top level.
    """
    document = _parse(path.read_bytes(), str(path))
    return [_line(document, [key, number]) for number in range(len(document[key]))]


def _line(document: object, keys: Iterable[str | int]) -> int:
    line = 0
    node: Any = document
    for key in keys:
        position = _position(node, key)
        if position is None:
            break
        line, node = position, node[key]
    return line + 1


def _position(node: object, key: str | int) -> int | None:
    try:
        if isinstance(node, CommentedMap):
            return int(node.lc.key(key)[0])
        if isinstance(node, CommentedSeq):
            return int(node.lc.item(key)[0])
    except (KeyError, IndexError, TypeError):
        return None
    return None


def canonical_json(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Write `value` as JSON with one form only: the basis of fingerprints."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
