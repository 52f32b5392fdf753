"""What a capture must be in its document: this very text at this very place, no number cut."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from ipsdata.extract.capture_lines import COUNTED, is_one_number
from ipsdata.extract.captures import Capture
from ipsdata.extract.passages import Passage, TextRange
from ipsdata.extract.printed import Problem
from ipsdata.extract.quantities import Quantity, find_quantities
from ipsdata.layouts import printed_form
from ipsdata.rejection import quoted

SHOWN_PLACES = 3
CACHED_PASSAGES = 4_096  # of one document, which every capture of it asks for
RANGE = re.compile(
    r"-?\s*(?:tot(?: en met)?|t/m|à|a|of|to|or|till|until|bis|ou|[-–—/])\s*", re.IGNORECASE
)
BETWEEN = re.compile(r"\b(?:tussen|between|zwischen|entre)(?: de)?\s*$", re.IGNORECASE)
AND = re.compile(r"\s*(?:en|and|und|et)(?: de)?\s*", re.IGNORECASE)
HYPHENS = ("-", "\u00ad", "‐", "‑")


def place_problem(capture: Capture, language: str, passages: Sequence[Passage]) -> Problem | None:
    """Return why a capture does not hold in its document; `None` if it does."""
    wanted, text = capture.range, printed_form(capture.as_printed)
    passage = next((p for p in passages if wanted and p.key == wanted.key), None)
    if wanted is None or passage is None or passage.text[wanted.start : wanted.end] != text:
        return "not_at_place", _moved(text, language, passages, passage is None)
    whole = _cut_quantity(wanted, passage, language)
    if whole is not None:
        return "cut_number", (
            f"found {quoted(text)}, which cuts the number {quoted(whole)} that stands there: "
            "capture it whole, with its qualifier, scale and unit"
        )
    return None


def context_problem(capture: Capture, language: str, passages: Sequence[Passage]) -> Problem | None:
    """Return why a number that stands there is no figure by itself; `None` if it is one."""
    wanted = capture.range
    passage = next((p for p in passages if wanted and p.key == wanted.key), None)
    if wanted is None or passage is None or _says_one_number(wanted, passage, language):
        return None
    return "cut_number", (
        f"found {quoted(printed_form(capture.as_printed))}, which says no figure by itself there: "
        "it is one end of a range, or shares its scale or end with a number beside it, as in "
        "'2 à 3 miljoen'"
    )


def _says_one_number(wanted: TextRange, passage: Passage, language: str) -> bool:
    found = _quantities(passage.text, language)
    number = next((n for n, q in enumerate(found) if q.start == wanted.start), None)
    if number is None or found[number].end != wanted.end or not is_one_number(found[number]):
        return False
    hangs = passage.text[wanted.end : wanted.end + 1] in HYPHENS  # "twee- tot drieduizend"
    pairs = pairwise(found[max(number - 1, 0) : number + 2])
    return not hangs and not any(_is_range(passage.text, *pair) for pair in pairs)


def _is_range(text: str, first: Quantity, second: Quantity) -> bool:
    """Whether two numbers are the ends of a range: "drie tot vijf", "tussen 3 en 5 miljoen"."""
    if first.kind not in COUNTED or second.kind not in COUNTED:
        return False
    between = text[first.end : second.start]
    opened = BETWEEN.search(text[: first.start])
    return bool(RANGE.fullmatch(between) or (opened and AND.fullmatch(between)))


def _moved(text: str, language: str, passages: Sequence[Passage], is_unknown: bool) -> str:
    places = list(_occurrences(text, language, passages))
    found = "no such place in the document" if is_unknown else "another text there"
    expected = f"found {found}, expected {quoted(text)}"
    if not places:
        return f"{expected}, which stands nowhere in the document: remove the line, or correct it"
    more = f" and {len(places) - SHOWN_PLACES} more" if len(places) > SHOWN_PLACES else ""
    shown = " and at ".join(places[:SHOWN_PLACES])
    return f"{expected}, which now stands at {shown}{more}: correct the locator"


def _occurrences(text: str, language: str, passages: Sequence[Passage]) -> Iterator[str]:
    for passage in passages:
        start = passage.text.find(text)
        while start >= 0:
            found = TextRange(passage.key, start, start + len(text))
            if _cut_quantity(found, passage, language) is None:
                yield passage.locator(start, start + len(text))
            start = passage.text.find(text, start + 1)


@lru_cache(maxsize=CACHED_PASSAGES)
def _quantities(text: str, language: str) -> tuple[Quantity, ...]:
    return find_quantities(text, language)


def _cut_quantity(wanted: TextRange, passage: Passage, language: str) -> str | None:
    """Return a number or date of the passage that the range holds in part only."""
    for quantity in _quantities(passage.text, language):
        found = TextRange(passage.key, quantity.start, quantity.end)
        if wanted.overlaps(found) and not wanted.contains(found):
            return quantity.text
    return None
