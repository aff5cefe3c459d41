"""The catalogues: complete, up to date, filled in alike in both languages, and English in English."""

import gettext
import re
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core import messages
from core.language import FOLDER, LANGUAGES, catalogue, translate
from core.messages import problems

_NAMED = re.compile(r"%\((\w+)\)")
_CHINESE = re.compile(
    "[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
)  # characters, their punctuation, full-width forms
# English messages that name something in Chinese on purpose, word for word.
_CHINESE_ON_PURPOSE: frozenset[str] = frozenset()


def catalogue_of(language: str) -> Catalog:
    with (FOLDER / language / "messages.po").open("rb") as source:
        return read_po(source, locale=language)


def forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """A text alone, or its singular and plural."""
    return [text or ""] if isinstance(text, str | None) else list(text)


def named(text: str) -> list[str]:
    return sorted(_NAMED.findall(text))


ENGLISH: list[Message] = [message for message in catalogue_of("en") if message.id]


def test_the_catalogues_are_complete_and_up_to_date() -> None:
    assert problems() == []


def test_a_missing_plural_form_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "translations")
    lamed = catalogue_of("en")
    plural = next(message for message in lamed if message.pluralizable)
    plural.string = ("one", "")
    with (tmp_path / "translations" / "en" / "messages.po").open("wb") as target:
        write_po(target, lamed)
    before = problems()
    monkeypatch.setattr(messages, "FOLDER", tmp_path / "translations")
    assert set(problems()) - set(before) == {f"en: no translation: {plural.id}"}


def test_english_keeps_exactly_the_placeholders_of_the_chinese() -> None:
    differing = {
        text: named(written)
        for message in ENGLISH
        for text in forms(message.id)
        for written in forms(message.string)
        if named(written) != named(text)
    }
    assert differing == {}


def test_every_english_message_can_be_filled_in() -> None:
    # Templates fill in every message, also one without placeholders: a lone percent sign would break the page.
    for message in ENGLISH:
        for written in forms(message.string):
            filled = written % dict.fromkeys(named(written), 7)
            assert "%(" not in filled, written


def test_english_messages_hold_no_chinese() -> None:
    chinese = {written for message in ENGLISH for written in forms(message.string) if _CHINESE.search(written)}
    assert chinese == _CHINESE_ON_PURPOSE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_compiles(language: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue_of(language))
    compiled.seek(0)
    assert gettext.GNUTranslations(compiled).info()["language"] == language


def test_one_chinese_word_may_be_two_in_english() -> None:
    assert (translate("规划", "en"), catalogue("en").pgettext("several", "规划")) == ("Plan", "Plans")
    assert catalogue("zh").pgettext("several", "规划") == "规划"


def test_chinese_shows_the_text_as_it_is_written() -> None:
    for message in catalogue_of("zh"):
        if message.id and not message.context:
            text = forms(message.id)[0]
            assert translate(text, "zh") == text
