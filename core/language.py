"""Chinese first, complete in English. Texts are written in Chinese; catalogues hold the English.

Only .po files are kept; they are compiled in memory when the program starts.
"""

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
FOLDER = Path(__file__).parent / "translations"


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """The compiled messages of a language; texts without a translation stay as they are written."""
    path = FOLDER / language / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def translate(text: str, language: str) -> str:
    """One text in a language."""
    return catalogue(language).gettext(text) if text else ""
