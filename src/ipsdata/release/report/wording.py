"""How the page writes numbers, dates, intervals, names and places, in one language.

A printed text is never written anew: what is worded here stands beside it.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from ipsdata.contracts import Contract
from ipsdata.release.about import web_address
from ipsdata.release.report.figures import DEPLOYMENTS, STAFFING, Figure
from ipsdata.release.report.records import Record
from ipsdata.release.report.texts import FORMS, Texts

SHOWN_CHARACTERS = 300  # of a text from a document: a cell may hold a page
TOTAL, NO_SCOPE = "total", "not_applicable"
CODES = "code_titles"
POPULATION, MEASURE = "deployments.population", "deployments.measure"
SCOPE = "sis_statistics.scope"
UNQUOTED = re.compile(r"[a-z]+")
QUOTED = re.compile(r"(“.*”)", re.DOTALL)
EDTF_PART = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
DATE_PATTERNS = {4: "y", 7: "MMMM y", 10: "d MMMM y"}  # by the length of the EDTF text


@dataclass(frozen=True)
class Phrase:
    """A text and its language: an IETF tag, empty where it is not known."""

    text: str
    language: str

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class Wording:
    """The wording of one language.

    Attributes:
        say: its texts.
        names: the rows of the code lists, by table and key, from which titles are taken.
    """

    say: Texts
    names: dict[str, dict[str, Record]]

    @property
    def language(self) -> str:
        """The language's IETF tag."""
        return self.say.language

    def number(self, value: float) -> str:
        """Write a number with the separators of the language, and all its digits."""
        return _number(float(value), self.language)

    def date(self, day: dt.date | None) -> str:
        """Write a day in full; nothing if there is none."""
        return "" if day is None else _date(day, "d MMMM y", self.language)

    def edtf(self, text: str | None) -> str:
        """Write an EDTF date or period as precisely as it is given; what is no such text, as is."""
        parts = (text or "").split("/")
        if not all(EDTF_PART.fullmatch(part) and len(part) in DATE_PATTERNS for part in parts):
            return text or ""
        return " – ".join(self._edtf_part(part) for part in parts)

    def _edtf_part(self, part: str) -> str:
        completed = part + "-01-01"[len(part) - 4 :]
        try:
            day = dt.date.fromisoformat(completed)
        except ValueError:
            return part
        return _date(day, DATE_PATTERNS[len(part)], self.language)

    def interval(self, row: Record) -> str:
        """Say which numbers a figure can stand for, with its unit."""
        precision = row["precision"] or "unknown"
        key = f"interval.{precision}"
        return self.say(
            key if key in self.say.catalogue else "interval.unknown",
            value=self.number(row["value"]),
            low=self._bound(row["value_low"]),
            high=self._bound(row["value_high"]),
            unit=self.unit(row["unit"], row["value"]),
        ).strip()

    def _bound(self, value: float | None) -> str:
        return self.say("interval.unbounded") if value is None else self.number(value)

    def unit(self, unit: str | None, value: float) -> str:
        """Name a unit, in the singular or plural."""
        forms = self.say.label("unit", unit).split(FORMS)
        return forms[0] if value == 1 else forms[-1]

    def title(self, row: Record) -> Phrase:
        """Return the title of a row of a code list, in English where there is none in Dutch."""
        own = row["title_nl"] if self.language == "nl" else row["title"]
        if own:
            return Phrase(own, self.language)
        return Phrase(row["title"] or "", "en")

    def named(self, table: str, code: str | None) -> Phrase:
        """Return the title of what a code stands for; the code itself if the list has it not."""
        row = self.names.get(table, {}).get(code or "")
        return Phrase(code or "", "") if row is None else self.title(row)

    def code(self, column: str, code: str | None) -> str:
        """Name a code of a column (`table.column`) that has no code list of its own."""
        row = self.names.get(CODES, {}).get(f"{column} {code}")
        return (code or "").replace("_", " ") if row is None else self.title(row).text

    def scope(self, code: str | None) -> str:
        """Say which hits are counted; nothing of figures that are no hits."""
        return "" if code == NO_SCOPE else self.code(SCOPE, code)

    def within(self, title: str) -> str:
        """Return a title as it stands within a sentence; an abbreviation keeps its capitals."""
        is_word = title[1:2].islower()
        return title[:1].lower() + title[1:] if is_word else title

    def area(self, code: str | None) -> Phrase:
        """Name a country, or the area that a figure is on."""
        if f"area.{code}" in self.say.catalogue:
            return Phrase(self.say.label("area", code), self.language)
        return self.named("countries", code)

    def category(self, code: str | None) -> str:
        """Name an alert category, with the article that it stands on."""
        row = self.names.get("sis_categories", {}).get(code or "")
        if row is None:
            return code or ""
        title = self.title(row).text
        if not row["article"] or not row["instrument"]:
            return title
        article = self.say("sis.article", article=row["article"], instrument=row["instrument"])
        return f"{title} ({article})"

    def what(self, figure: Figure) -> str:
        """Say in a line what a figure is on."""
        row = figure.row
        if figure.table == DEPLOYMENTS:
            return self.say(
                "what.deployments",
                mission=self.named("missions", row["mission_id"]),
                population=self.code(POPULATION, row["population"]),
                measure=self.within(self.code(MEASURE, row["measure"])),
                day=self.date(row["reference_date"]),
            )
        if figure.table == STAFFING:
            return self.say(
                "what.staffing",
                kind=self.say.label("kind", row["kind"]),
                task=self.say.label("task", row["task"]),
                period=self.period(row["start"], row["end"]),
            )
        return self.series(row) + f", {self.edtf(row['time_period'])}"

    def period(self, start: str | None, end: str | None) -> str:
        """Write a period whose ends may be unknown."""
        return " – ".join(self.edtf(text) or "…" for text in (start, end))

    def series(self, row: Record) -> str:
        """Name a series of the Schengen Information System: indicator, area, category, scope."""
        parts = [
            self.named("sis_indicators", row["indicator"]).text,
            self.area(row["area"]).text,
            "" if row["category_id"] == TOTAL else self.within(self.category(row["category_id"])),
            self.within(self.scope(row["scope"])),
            self.say.label("averaging", row["averaging"]),
        ]
        return ", ".join(part for part in parts if part)

    def mission_group(self, mission: Record, population: str, measure: str) -> str:
        """Name the figures of a mission that count the same persons in the same way."""
        return self.say(
            "missions.caption",
            mission=self.title(mission),
            population=self.code(POPULATION, population),
            measure=self.within(self.code(MEASURE, measure)),
        )

    def mandate(self, mission: Record) -> str:
        """Say since when and until when a mission has its mandate."""
        start, end = (self.edtf(mission[name]) for name in ("start", "end"))
        until = self.edtf(mission["mandate_until"])
        if not start:
            return end or self.say("missions.unknown")
        if end:
            return self.say("missions.from_until", start=start, end=end)
        if until:
            return self.say("missions.from_mandate", start=start, end=until)
        return self.say("missions.from_on", start=start)

    def membership(self, spell: Record) -> str:
        """Say since when a state uses the Schengen Information System, or from when to when."""
        start, end = (self.date(spell[f"valid_{name}"]) for name in ("from", "until"))
        key = "countries.until" if end else "countries.since"
        return self.say(key, start=start, end=end)

    def document(self, document: Record) -> Phrase:
        """Return the title of a document; its path if it has none."""
        title = document["title"] or document["path"] or self.say("place.document")
        return Phrase(self.short(title), document["language"] or "")

    def rows_told(self, document: Record) -> str:
        """Say what became of the rows of a document."""
        names = ("read", "published", "total", "supporting", "rejected")
        counts = {name: self.number(document[f"rows_{name}"] or 0) for name in names}
        return self.say("sources.rows_told", **counts)

    def table(self, contract: Contract | None, name: str) -> str:
        """Name a table."""
        if contract is None:
            return name
        return contract.title_nl if self.language == "nl" else contract.title

    def revised(self, change: Record, side: str) -> str:
        """Say what a revised figure was (`old`), or is (`new`)."""
        printed, value = change[f"as_printed_{side}"], change[f"value_{side}"]
        if printed:
            return self.short(printed)
        return "" if value is None else self.number(value)

    def place(self, figure: Figure) -> str:
        """Say where in its document a figure stands."""
        told = "".join(
            piece if piece.startswith("“") else self._translated(piece)
            for piece in QUOTED.split(figure.row["locator"] or "")
        )
        file = (figure.document["path"] or "").rpartition("/")[2]
        return self.say("place.of", place=self.short(told), file=file) if file else self.short(told)

    def _translated(self, text: str) -> str:
        return UNQUOTED.sub(lambda found: self.say.label("place", found[0]), text)

    def short(self, text: str | None) -> str:
        """Return a text from a document; a very long one cut, which it says."""
        if text is None or len(text) <= SHOWN_CHARACTERS:
            return text or ""
        return f"{text[:SHOWN_CHARACTERS]}… ({self.say('figures.shortened')})"

    def quoted(self, figure: Figure) -> tuple[str, str | None] | None:
        """Return the publication that a list quotes, and its web address; `None` if none."""
        source = figure.row["source"]
        if source in (None, figure.document["edition_id"]):
            return None
        return self.short(source), web_address(figure.row["source_url"])


@lru_cache(maxsize=10_000)
def _number(value: float, language: str) -> str:
    from babel.numbers import format_decimal  # noqa: PLC0415 - takes its time

    pattern = "#,##0" if value.is_integer() else "#,##0.############"
    text: str = format_decimal(value, format=pattern, locale=language)
    return text


@lru_cache(maxsize=10_000)
def _date(day: dt.date, pattern: str, language: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415 - takes its time

    text: str = format_date(day, pattern, locale=language)
    return text
