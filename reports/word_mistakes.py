"""What is wrong with a Word template that could not be filled, and in which words of it a reader finds the place."""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from core.errors import N_

_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_PARAGRAPH = re.compile(r"<w:p[ >].*?</w:p>", re.DOTALL)
_WORDS = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>")
_TAG = re.compile(r"\{[{%].*?[%}]\}")
_BLOCK = re.compile(r"\{%-?\s*(?:p|tr|tc|r)?\s*(for|if|endfor|endif)\b")
_MOST_SHOWN = 60
# The beginnings of what the template engine says, in our words.
_SAID = (
    ("Unexpected end of template", N_("有一个 for 或 if 没有用 endfor 或 endif 结束")),
    ("No filter named", N_("用了没有的处理方式")),
    ("No test named", N_("用了没有的判断方式")),
    ("Encountered unknown tag", N_("用了没有的标记，或者 for、if 与 endfor、endif 没有配对")),
    ("expected token", N_("括号没有写完整，或者里面多写了字")),
    ("unexpected", N_("括号没有写完整，或者里面多写了字")),
)


def mistake(said: str) -> str:
    """What the template engine found wrong, for a reader who does not know it."""
    return next((words for start, words in _SAID if said.startswith(start)), said)


def place_of_name(template: bytes, name: str) -> str:
    """The paragraph in which a placeholder names something, in brackets; nothing where none does."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for _part, text in _paragraphs(template):
        if any(word.search(tag) for tag in _TAG.findall(text)):
            return _shown(text)
    return ""


def place_of_mistake(template: bytes, said: str, line: int, around: Sequence[str]) -> str:
    """The paragraph in which a mistake in writing stands, in brackets; nothing where it is not known.

    Shape: `around` are the paragraphs that docxtpl keeps of a mistake: up to three on either side of its line.
    """
    if said.startswith("Unexpected end of template"):
        return _unclosed(template)
    at = min(3, line - 1)
    return _shown(html.unescape(around[at])) if at < len(around) else ""


def _unclosed(template: bytes) -> str:
    """The paragraph that begins the last block of a part that nothing ends."""
    opened: dict[str, list[str]] = {}
    for part, text in _paragraphs(template):
        begun = opened.setdefault(part, [])
        for word in _BLOCK.findall(text):
            if word in ("for", "if"):
                begun.append(text)
            elif begun:
                begun.pop()
    return next((_shown(begun[-1]) for begun in opened.values() if begun), "")


def _paragraphs(template: bytes) -> Iterator[tuple[str, str]]:
    """The part and the words of every paragraph that has any."""
    with zipfile.ZipFile(io.BytesIO(template)) as packed:
        for part in filter(_PARTS.fullmatch, packed.namelist()):
            for paragraph in _PARAGRAPH.findall(packed.read(part).decode("utf-8", "replace")):
                if text := html.unescape("".join(_WORDS.findall(paragraph))):
                    yield part, text


def _shown(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        return ""
    return f" “{plain}”" if len(plain) <= _MOST_SHOWN else f" “{plain[:_MOST_SHOWN]}…”"
