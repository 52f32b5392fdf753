"""The page of a report in one language: one HTML file that needs nothing else.

Everything it needs stands in it, and its Content-Security-Policy lets it run and load nothing but
that: scripts and style are allowed by their SHA-256.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ipsdata.release.about import PUBLISHER, TITLE, web_address
from ipsdata.release.report.drawings import SharedParts, mission_chart, series_chart
from ipsdata.release.report.figures import DEPLOYMENTS, STAFFING, Figure
from ipsdata.release.report.links import Links, source_anchor
from ipsdata.release.report.model import Report, code_names
from ipsdata.release.report.texts import LANGUAGES, texts
from ipsdata.release.report.vega import runtime
from ipsdata.release.report.wording import Wording

if TYPE_CHECKING:
    from jinja2 import Template

FILES = {"en": "index.html", "nl": "nl.html"}
PACKAGE = "ipsdata.release.report"
DRAWING, BEHAVIOUR, STYLE = "charts.js", "page.js", "page.css"


def page(report: Report, language: str) -> str:
    """Return the page of a report as HTML."""
    w = Wording(texts(language), code_names(report.content))
    scripts = (*_drawing(), _own(BEHAVIOUR)) if report.is_charted else (_own(BEHAVIOUR),)
    (other,) = (name for name in LANGUAGES if name != language)
    return _template().render(
        w=w,
        say=w.say,
        link=Links(w),
        language=language,
        other={"language": other, "file": FILES[other]},
        report=report,
        content=report.content,
        published_on=report.content.published_at.date(),
        publisher=PUBLISHER,
        dataset_title=TITLE[language],
        policy=_policy(scripts),
        style=Markup(_style()),  # noqa: S704 - our own file
        shared=SharedParts(),
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - likewise, and Vega
        **_lists(report, w),
        **_functions(),
    )


def _lists(report: Report, w: Wording) -> dict[str, Any]:
    """Return what the page lists, in the order of the language."""
    shown = report.figures.shown.values()
    missions = sorted(report.missions, key=lambda mission: w.title(mission.row).text.casefold())
    codes = dict.fromkeys(subject_of(figure) for figure in shown)
    return {
        "figure_count": len(shown) + sum(report.figures.left_out.values()),
        "with_figures": [mission for mission in missions if mission.groups],
        "without_figures": [mission for mission in missions if not mission.groups],
        "countries": sorted(report.countries, key=lambda one: w.title(one.row).text.casefold()),
        "subjects": sorted({code: _subject(w, report, code) for code in codes}.items(), key=_title),
        "populations": sorted({f.row["population"] for f in shown if f.row["population"]}),
        "source_anchors": {source_anchor(source.document) for source in report.sources},
        "descriptions": _descriptions(w),
        "words": w.say.group("find.item") | {"found": w.say.catalogue["find.found"]},
    }


def _title(subject: tuple[str, str]) -> str:
    return subject[1].casefold()


def _descriptions(w: Wording) -> dict[str, str]:
    rows = w.names["sis_indicators"]
    return {code: row["description"] for code, row in rows.items() if row["description"]}


def _subject(w: Wording, report: Report, code: str) -> str:
    contract = report.content.contracts.get(code)
    return w.table(contract, code) if contract else w.named("sis_indicators", code).text


def subject_of(figure: Figure) -> str:
    """Return what a figure can be filtered by: its indicator, else the table that it stands in."""
    own = figure.table in (DEPLOYMENTS, STAFFING)
    return figure.table if own else str(figure.row["indicator"])


def _functions() -> dict[str, Any]:
    return {
        "mission_chart": mission_chart,
        "series_chart": series_chart,
        "source_anchor": source_anchor,
        "subject_of": subject_of,
        "web_address": web_address,
    }


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only here

    environment = Environment(
        loader=PackageLoader(PACKAGE, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    return environment.get_template("page.html.j2")


# What the page runs, and may run


@cache
def _own(name: str) -> str:
    return (files(PACKAGE) / name).read_text("utf-8")


def _drawing() -> tuple[str, str]:
    """Return what draws charts, which is by far the most of a page that has any."""
    return runtime(), _own(DRAWING)


@cache
def _style() -> str:
    return _own(STYLE)


def _policy(scripts: Sequence[str]) -> str:
    allowed = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(_style())}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
