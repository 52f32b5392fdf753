"""What the page says in English and in Dutch: the files in the folder `texts`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "nl")
FORMS = "|"  # between singular and plural


@dataclass(frozen=True)
class Texts:
    """The texts of one language."""

    language: str
    catalogue: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values put in.

        Raises:
            KeyError: the catalogue has no such text.
        """
        return self.catalogue[key].format(**values)

    def label(self, group: str, code: str | None) -> str:
        """Return what a code is called; one without a name, as of older contracts, in its words."""
        if code is None:
            return ""
        return self.catalogue.get(f"{group}.{code}", code.replace("_", " "))

    def group(self, prefix: str) -> dict[str, str]:
        """Return the texts whose key begins with a prefix and a dot, by the rest of their key."""
        start = f"{prefix}."
        return {
            key.removeprefix(start): text
            for key, text in self.catalogue.items()
            if key.startswith(start)
        }


@cache
def texts(language: str) -> Texts:
    """Return the texts of a language of `LANGUAGES`."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only who makes pages needs it

    folder = files("ipsdata.release.report") / "texts"
    catalogue = YAML(typ="safe").load((folder / f"{language}.yaml").read_text("utf-8"))
    return Texts(language, {key: str(text).strip() for key, text in catalogue.items()})
