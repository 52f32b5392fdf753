"""Make `schemas/codes/countries.csv` from pycountry (ISO 3166-1), Kosovo and our aggregates.

Without options the CSV goes to stdout; `--check` compares it with the committed file and ends with
exit code 1 if they differ.
"""

import csv
import gettext
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pycountry

COMMITTED = Path(__file__).resolve().parents[1] / "schemas" / "codes" / "countries.csv"
HEADER = ("country_code", "alpha3", "numeric", "title", "title_nl", "kind", "note")
Row = tuple[str, str, str, str, str, str, str]

NOTES = {
    "GB": "Printed as UK in many sources.",
    "NA": "The code of Namibia is text, not a missing value.",
}
# Where pycountry has an English name for the Dutch one; after the letters themselves, and CLDR.
DUTCH = {"GE": "Georgië"}
KOSOVO: Row = (
    "XK",
    "XKX",
    "",
    "Kosovo",
    "Kosovo",
    "country",
    "User-assigned codes: Kosovo is not in ISO 3166-1.",
)
AGGREGATES: tuple[Row, ...] = (
    (
        "EU",
        "",
        "",
        "European Union",
        "Europese Unie",
        "aggregate",
        "The member states at the date of the figure.",
    ),
    (
        "SCHENGEN",
        "",
        "",
        "Schengen area",
        "Schengengebied",
        "aggregate",
        "The states without checks at their internal borders at the date of the figure.",
    ),
    (
        "SIS",
        "",
        "",
        "All states using SIS",
        "Alle staten die het SIS gebruiken",
        "aggregate",
        "The Schengen Information System as a whole, at the date of the figure.",
    ),
)


class _Missing(gettext.NullTranslations):
    """Answers an untranslated name with an empty text: unknown stays empty."""

    def gettext(self, message: str) -> str:  # noqa: ARG002 - the base class names it
        """Return no translation at all."""
        return ""


def dutch_names() -> gettext.NullTranslations:
    """Load the Dutch country names that pycountry ships with."""
    names = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["nl"])
    names.add_fallback(_Missing())
    return names


def rows() -> Iterator[Row]:
    """Yield the rows, unsorted: ISO 3166-1, Kosovo, aggregates."""
    dutch = dutch_names()
    for country in pycountry.countries:
        title = getattr(country, "common_name", country.name)
        code = country.alpha_2
        title_nl = DUTCH.get(code) or dutch.gettext(title) or dutch.gettext(country.name)
        note = NOTES.get(code, "")
        yield (code, country.alpha_3, country.numeric, title, title_nl, "country", note)
    yield KOSOVO
    yield from AGGREGATES


def render() -> str:
    """Return the whole file, sorted by code."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(sorted(rows()))
    return text.getvalue()


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Compare with the committed file, print nothing else.")
def main(check: bool) -> None:
    """Print the file, or check the committed one."""
    made = render()
    if not check:
        sys.stdout.buffer.write(made.encode())
    elif COMMITTED.read_bytes() != made.encode():
        raise click.ClickException(
            f"{COMMITTED.name} differs from what pycountry gives: make it anew with "
            f"'python tools/{Path(__file__).name} > schemas/codes/{COMMITTED.name}'"
        )


if __name__ == "__main__":
    main()
