"""What both tables for charts share: titles of codes, and labels, in English and Dutch."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from babel.dates import format_date

from ipsdata.errors import ConfigurationError
from ipsdata.figures import Row

LOCALES = {"": "en_GB", "_nl": "nl_NL"}
BETWEEN = "; "


@dataclass(frozen=True)
class Titles:
    """The rows of `code_titles`, by code list and code."""

    by_code: Mapping[tuple[str, str], Row]

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> "Titles":
        """Take the titles from the rows of their table."""
        return cls({(row["code_list"], row["code"]): row for row in rows})

    def of(self, code_list: str, code: str) -> Row:
        """Return the row of a code, with `title` and `title_nl`.

        Args:
            code_list: the table and column of the code, such as `deployments.measure`.

        Raises:
            ConfigurationError: the code has no titles.
        """
        row = self.by_code.get((code_list, code))
        if row is None:
            raise ConfigurationError(
                f"schemas/codes/code_titles.csv: found no row {code_list},{code}, expected the "
                "titles of every code of that column: add one"
            )
        return row


def titled(name: str, row: Row) -> dict[str, str]:
    """Return the titles of a row as columns, such as `area_title` and `area_title_nl`.

    A missing Dutch title is the English one.
    """
    return {
        f"{name}_title": row["title"],
        f"{name}_title_nl": row["title_nl"] or row["title"],
    }


def day_in_words(day: dt.date) -> dict[str, str]:
    """Return a day in English and in Dutch, such as 14 May 2025 and 14 mei 2025."""
    return {end: format_date(day, "long", locale=locale) for end, locale in LOCALES.items()}


def by(name: str, rows: Iterable[Row]) -> dict[str, Row]:
    """Return rows by their key, the column `name`."""
    return {row[name]: row for row in rows}
