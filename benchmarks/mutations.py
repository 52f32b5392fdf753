"""Mutations of documents: of their bytes, and of the text within, past any compression."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Change = Callable[[bytes, Random], bytes]

LONGEST_RUN = 2_000
MOST_FLIPS = 8
TAG = re.compile(rb"<[^<>]{1,500}>")
DIGIT = re.compile(rb"[0-9]")
CELLS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rb"<w:tc[ >].*?</w:tc>",
        rb"<table:table-cell\b[^>]*?(?:/>|>.*?</table:table-cell>)",
        rb"<c [^>]*?(?:/>|>.*?</c>)",
        rb"<t[dh]\b.*?</t[dh]>",
        rb"\t[^\t\n]+\n",
        rb"[^,\n]+",
    )
)
MAIN_MEMBER = re.compile(r"word/document\.xml|content\.xml|xl/worksheets/.*|xl/sharedStrings\.xml")
MAIN_SHARE = 0.6
PDF_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


@dataclass(frozen=True)
class Mutation:
    """A changed file, and the name of what was done to it."""

    kind: str
    data: bytes


def mutate(data: bytes, other: bytes, random: Random) -> Mutation:
    """Return the file with one mutation; `other` is the file that a splice takes its end from."""
    level, change_all = random.choice(_levels(data))
    kind = random.choice(sorted([*change_all, "splice"] if level == "bytes" else change_all))
    if kind == "splice":
        changed = _splice(data, other, random)
    else:
        changed = WRAPPERS[level](data, change_all[kind], random)
    if changed == data:  # nothing in it to change in that way
        kind, level, changed = "flip_bits", "bytes", _flip_bits(data, random)
    return Mutation(f"{level}:{kind}", changed)


def _levels(data: bytes) -> list[tuple[str, dict[str, Change]]]:
    if data.startswith(b"PK"):
        inner = "member"
    elif data.startswith(b"%PDF"):
        inner = "stream"
    else:
        return [("bytes", BYTE_CHANGES), ("text", TEXT_CHANGES)]
    return [("bytes", BYTE_CHANGES), (inner, BYTE_CHANGES), (inner, TEXT_CHANGES)]


# Where


def _in_file(data: bytes, change: Change, random: Random) -> bytes:
    return change(data, random)


def _in_member(data: bytes, change: Change, random: Random) -> bytes:
    """Change a member of a zip archive, the main one most often; zip it with a right CRC."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        members = old.infolist()
        chosen = _chosen(members, random)
        for member in members:
            content = old.read(member)
            new.writestr(member, change(content, random) if member is chosen else content)
    return target.getvalue()


def _chosen(members: list[zipfile.ZipInfo], random: Random) -> zipfile.ZipInfo:
    main = [member for member in members if MAIN_MEMBER.fullmatch(member.filename)]
    among = main if main and random.random() < MAIN_SHARE else members
    return random.choices(among, weights=[member.file_size + 1 for member in among])[0]


def _in_stream(data: bytes, change: Change, random: Random) -> bytes:
    """Change a compressed stream of a PDF, if it still fits into its place."""
    streams = [match for match in PDF_STREAM.finditer(data) if _inflated(match[1])]
    if not streams:
        return data
    stream = random.choices(streams, weights=[len(match[1]) for match in streams])[0]
    packed = zlib.compress(change(_inflated(stream[1]), random), 9)
    if len(packed) > len(stream[1]):
        return data
    start, end = stream.span(1)
    return data[:start] + packed.ljust(end - start, b"\0") + data[end:]


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


WRAPPERS: dict[str, Callable[[bytes, Change, Random], bytes]] = {
    "bytes": _in_file,
    "text": _in_file,
    "member": _in_member,
    "stream": _in_stream,
}


# Changes of bytes


def _flip_bits(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, MOST_FLIPS) if data else 0):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _run(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.randint(1, LONGEST_RUN))


def _delete_run(data: bytes, random: Random) -> bytes:
    start, end = _run(data, random)
    return data[:start] + data[end:]


def _duplicate_run(data: bytes, random: Random) -> bytes:
    start, end = _run(data, random)
    return data[:end] + data[start:]


def _zero_run(data: bytes, random: Random) -> bytes:
    start, end = _run(data, random)
    return data[:start] + bytes(end - start) + data[end:]


def _truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _splice(data: bytes, other: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


BYTE_CHANGES: dict[str, Change] = {
    "flip_bits": _flip_bits,
    "delete_run": _delete_run,
    "duplicate_run": _duplicate_run,
    "zero_run": _zero_run,
    "truncate": _truncate,
}


# Changes of text


def _change_digit(data: bytes, random: Random) -> bytes:
    places = [match.start() for match in DIGIT.finditer(data)]
    if not places:
        return data
    place = random.choice(places)
    digits = b"0123456789".replace(data[place : place + 1], b"")
    return data[:place] + bytes([random.choice(digits)]) + data[place + 1 :]


def _drop_tag(data: bytes, random: Random) -> bytes:
    tags = [match.span() for match in TAG.finditer(data)]
    start, end = random.choice(tags or [(0, 0)])
    return data[:start] + data[end:]


def _cells(data: bytes) -> list[tuple[int, int]]:
    found = ([match.span() for match in pattern.finditer(data)] for pattern in CELLS)
    return next((spans for spans in found if spans), [(0, 0)])


def _change_digit_in_cell(data: bytes, random: Random) -> bytes:
    start, end = random.choice(_cells(data))
    return data[:start] + _change_digit(data[start:end], random) + data[end:]


def _drop_cell(data: bytes, random: Random) -> bytes:
    start, end = random.choice(_cells(data))
    return data[:start] + data[end:]


def _duplicate_cell(data: bytes, random: Random) -> bytes:
    start, end = random.choice(_cells(data))
    return data[:end] + data[start:]


def _swap_cells(data: bytes, random: Random) -> bytes:
    cells = _cells(data)
    (start, end), (later, last) = sorted(random.choice(cells) for _ in range(2))
    if end > later:
        return data
    return data[:start] + data[later:last] + data[end:later] + data[start:end] + data[last:]


TEXT_CHANGES: dict[str, Change] = {
    "change_digit": _change_digit,
    "drop_tag": _drop_tag,
    "change_digit_in_cell": _change_digit_in_cell,
    "drop_cell": _drop_cell,
    "duplicate_cell": _duplicate_cell,
    "swap_cells": _swap_cells,
}
