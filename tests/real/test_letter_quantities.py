"""The quantities of the real letter, counted by hand."""

from pathlib import Path

import pytest

from ipsdata.extract.quantities import find_quantities
from ipsdata.read.document import Document, Paragraph
from ipsdata.read.plain_text import read_plain_text

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def letter(real_dir: Path) -> Document:
    return read_plain_text((real_dir / "letters/2025-06-12/letter.txt").read_bytes())


def _paragraphs(letter: Document) -> list[Paragraph]:
    return [block for block in letter.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize(
    ("heading", "number", "expected"),
    [
        ("Inleiding", 1, "half"),
        ("Politiesamenwerking met", 1, "vijf|april|twee"),
        ("Reactie op bericht", 1, "22 mei 2025|24/7"),
        ("Reactie op bericht", 2, "20 mei 2025|2023|2024|januari|2024"),
        (
            "Reactie op bericht",
            3,
            "begin februari|zeven|2 fte|drie|februari 2025 tot april 2026|twee|tien"
            "|februari 2025 tot februari 2026",
        ),
        (
            "Reactie op bericht",
            4,
            "2023|september 2023|september|20|2024|februari|elf|Begin 2026",
        ),
        ("Politiesamenwerking in EU", 1, "half"),
        ("Politiesamenwerking in EU", 2, ""),
        ("Politiesamenwerking in EU", 3, "eerste helft van 2025"),
        (
            "Schengeninformatiesysteem",
            2,
            "vijftien miljard|2024|meer dan vier miljard|93,1 miljoen|4,9 miljoen|zesde|2024"
            "|397.804|103.901|73.067|12.212|13.869|41 miljoen|1.090|45",
        ),
        ("Memorandum of Understanding", 1, "7 en 8 april"),
        ("Verlenging Memorandum", 1, "7 maart jl.|ruim zes|november 2023"),
        ("Samenwerking binnen Europa", 1, "11 maart 2025"),
        ("Samenwerking binnen Europa", 3, "2005|12 december 2024"),
        ("Samenwerking binnen Europa", 6, "zeven"),
        ("Strategie Internationale", 1, "december 2024|eerste|januari 2025"),
        ("Verenigde Naties", 1, "16"),
        ("Politiële bijdragen", 1, "één|maximaal één"),
        ("Politiële bijdragen", 2, "één"),
    ],
)
def test_quantities_of_a_paragraph(
    letter: Document, heading: str, number: int, expected: str
) -> None:
    (text,) = (
        paragraph.text
        for paragraph in _paragraphs(letter)
        if paragraph.place.headings[-1].startswith(heading) and paragraph.place.paragraph == number
    )
    found = [quantity.text for quantity in find_quantities(text, "nl")]
    assert "|".join(found) == expected


def test_no_other_paragraph_has_a_quantity(letter: Document) -> None:
    counts = [len(find_quantities(paragraph.text, "nl")) for paragraph in _paragraphs(letter)]
    assert sum(counts) == 59
    assert sum(count > 0 for count in counts) == 18


def test_quantities_of_the_footnotes(letter: Document) -> None:
    found = [[(q.text, q.kind) for q in find_quantities(n.text, "nl")] for n in letter.footnotes]
    session, dossier = ("2024/25", "code"), ("29521 nr. 493", "code")
    assert found == [
        [("Tweede", "ordinal"), ("11 maart 2025", "date")],
        [("12 en 13 december 2024", "date")],
        [session, ("29 911, nr. 454", "code")],
        [session, dossier],
        [session, dossier, ("p. 3", "code")],
    ]


def test_each_count_of_the_table_is_a_number(letter: Document) -> None:
    (table,) = letter.tables
    found = [
        [q.text for cell in row for q in find_quantities(cell.text, "nl")] for row in table.rows
    ]
    assert found == [[], *([cell.text.strip()] for *_, cell in table.rows[1:])]
