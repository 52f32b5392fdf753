"""Short pieces of HTML that stand on the page in many places: names, printed texts, links.

All texts are escaped. A text in another language than the page's says in which.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from ipsdata.release.report.figures import Figure
from ipsdata.release.report.missions import Mission
from ipsdata.release.report.records import Record
from ipsdata.release.report.sis import BreakDay
from ipsdata.release.report.wording import Phrase, Wording

ENGLISH = "en"


def source_anchor(document: Record) -> str:
    """Return the id of a document on the page."""
    return f"source-{str(document['document_id'])[:16]}"


@dataclass(frozen=True)
class Links:
    """The pieces of a page in one language."""

    w: Wording

    def phrase(self, phrase: Phrase) -> Markup:
        """Return a name."""
        text = escape(phrase.text)
        if phrase.language == self.w.language or not text:
            return text
        return Markup('<span lang="{}">{}</span>').format(phrase.language, text)

    def english(self, text: str | None) -> Markup:
        """Return a text from the data that is in English, and cut if it is very long."""
        return self.phrase(Phrase(self.w.short(text), ENGLISH))

    def printed(self, figure: Figure) -> Markup:
        """Return the printed text of a figure, as it stands in its source."""
        text = self.w.short(figure.row["as_printed"])
        return self.phrase(Phrase(text, figure.printed_language))

    def figure(self, figure: Figure) -> Markup:
        """Return the printed text of a figure as a link to its entry."""
        link = Markup('<a class="figure" href="#{}">{}</a>')
        return link.format(figure.anchor, self.printed(figure))

    def document(self, document: Record) -> Markup:
        """Return the title of a document as a link to its entry."""
        link = Markup('<a href="#{}">{}</a>')
        return link.format(source_anchor(document), self.phrase(self.w.document(document)))

    def origin(self, figure: Figure) -> Markup:
        """Return where a figure is from: the publication that a list quotes, else its document."""
        quoted = self.w.quoted(figure)
        if quoted is None:
            return self.document(figure.document)
        name, address = quoted
        if address is None:
            return escape(name)
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, name)

    def hosts(self, mission: Mission) -> Markup:
        """Return the countries that host a mission."""
        return Markup(", ").join(self._host(host) for host in mission.hosts)

    def _host(self, host: Record) -> Markup:
        country = self.w.area(host["country_code"])
        if host["certainty"] != "presumed":
            return self.phrase(country)
        return escape(self.w.say("missions.presumed", country=country))

    def break_titles(self, day: BreakDay) -> Markup:
        """Return what happened on a day on which series break."""
        titles: Iterable[Markup] = (self.phrase(self.w.title(row)) for row in day.rows)
        return Markup("{}: {}").format(self.w.date(day.day), Markup("; ").join(titles))
