"""Collects the texts of code and templates into the catalogues: `python -m core.messages update|check`.

`check` fails when a text is missing from a catalogue or has no English.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from core.language import FOLDER, LANGUAGES
from core.settings import ROOT

CODE = ("core", "portfolio", "budgets", "milestones", "reports", "seed", "web")
_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_SINCE = datetime(2026, 11, 21, tzinfo=UTC)
_JINJA = {"extensions": "jinja2.ext.do", "silent": "false", "trimmed": "true"}


def collected() -> Catalog:
    """Every text that is marked in code and templates, with the files it stands in."""
    catalogue = Catalog(project="qingshan", version="1", fuzzy=False)
    sources: list[tuple[Path, list[tuple[str, str]], dict[str, Any]]] = [
        (ROOT / folder, [("**.py", "python")], {}) for folder in CODE
    ]
    sources.append((ROOT / "templates", [("**.html", "jinja2")], {"**.html": _JINJA}))
    for folder, methods, options in sources:
        for file, _line, message, _comments, context in extract_from_dir(
            folder, method_map=methods, options_map=options, keywords=_KEYWORDS
        ):
            catalogue.add(message, locations=[(f"{folder.name}/{file}", 0)], context=context)
    return catalogue


def _path(language: str) -> Path:
    return FOLDER / language / "messages.po"


def _kept(language: str) -> Catalog:
    if not _path(language).exists():
        return Catalog(locale=language, project="qingshan", version="1", fuzzy=False)
    with _path(language).open("rb") as source:
        return read_po(source, locale=language)


def update() -> None:
    """Brings the catalogues up to date with the marked texts; translations that are there stay."""
    template = collected()
    for language in LANGUAGES:
        kept = _kept(language)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        _plain_header(kept)
        _path(language).parent.mkdir(parents=True, exist_ok=True)
        with _path(language).open("wb") as target:
            write_po(target, kept, sort_output=True, include_lineno=False, omit_header=False, width=120)


def _plain_header(catalogue: Catalog) -> None:
    """A header that says what is true and does not change with the day."""
    catalogue.header_comment = (
        "# Texts of Qingshan 青山账. Written in Chinese in code and templates; see core/messages.py."
    )
    catalogue.creation_date = catalogue.revision_date = _SINCE
    catalogue.last_translator, catalogue.language_team = "the Qingshan team", "the Qingshan team"
    catalogue.msgid_bugs_address = "the project's issues"


def problems() -> list[str]:
    """What is missing or untranslated, one line each."""
    wanted = set(_by_name(collected()))
    found: list[str] = []
    for language in LANGUAGES:
        kept = _by_name(_kept(language))
        found += [f"{language}: not in the catalogue: {text}" for text in sorted(map(str, wanted - kept.keys()))]
        found += [f"{language}: no longer used: {text}" for text in sorted(map(str, kept.keys() - wanted))]
        if language != "zh":
            silent = (text for text in wanted if not _complete(kept.get(text)))
            found += [f"{language}: no translation: {text}" for text in sorted(map(str, silent))]
    return found


def _by_name(catalogue: Catalog) -> dict[Any, Any]:
    """The translations by text, or by text and context where one Chinese word is several words elsewhere."""
    return {
        (message.id, message.context) if message.context else message.id: message.string
        for message in catalogue
        if message.id
    }


def _complete(translation: str | Iterable[str] | None) -> bool:
    """Whether there is a translation, in every plural form."""
    return bool(translation) if isinstance(translation, str | None) else all(translation)


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    else:
        lines = problems()
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.exit(bool(lines))
