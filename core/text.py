"""Chinese text for matching, searching and sorting, alike on SQLite and PostgreSQL.

The printed text is kept as it is; these are keys beside it.
"""

import re
import unicodedata

from core.errors import N_, Invalid, Missing, TooLong

# Look-alikes in the plan texts that NFKC leaves alone: Cyrillic Ш and М stand for Ⅲ and M, long bars for dashes.
_LOOKALIKES = str.maketrans({"Ш": "Ⅲ", "ш": "Ⅲ", "М": "M", "—": "-", "–": "-", "－": "-", "　": " "})
_SPACE = re.compile(r"[\s\x00\ud800-\udfff]+")  # and what no database keeps
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_SORT_BYTES = 60


def storable(text: str) -> bool:
    """Whether both databases can keep the text: NUL and halves of surrogate pairs they cannot."""
    return not _UNSTORABLE.search(text)


def needed_text(text: str | None, *, field: str, label: str, limit: int) -> str:
    """The text without blanks around it.

    Errors: Missing, and what `checked_text` raises.
    """
    if not (text or "").strip():
        raise Missing(field=field, label=label)
    return checked_text(text, field=field, label=label, limit=limit) or ""


def checked_text(text: str | None, *, field: str, label: str, limit: int) -> str | None:
    """The text without blanks around it, None when nothing is left.

    Errors: TooLong; Invalid when no database could keep it.
    """
    kept = (text or "").strip()
    if len(kept) > limit:
        raise TooLong(field=field, label=label, found=len(kept), limit=limit)
    if not storable(kept):
        raise Invalid(field=field, label=label, found=_UNSTORABLE.sub("�", kept), expected=N_("不含控制字符的文字"))
    return kept or None


def matching_key(text: str) -> str:
    """The text as it is compared: width folded (Ⅴ is V, Ш is Ⅲ is III, （ is (), spaces dropped, letters lowered."""
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", text.translate(_LOOKALIKES))).lower()
    return unicodedata.normalize("NFKC", folded)  # dropping a space or a capital can leave an accent to be joined


def sorting_key(text: str) -> str:
    """A plain ASCII key whose byte order is the order of GB 18030: pinyin order for common characters.

    Sorted under a binary collation it orders Chinese alike on both databases.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_LOOKALIKES)).lower()
    return folded.encode("gb18030", "replace")[:_SORT_BYTES].hex()


def grams(text: str) -> set[str]:
    """Every single character and every pair of neighbours of the matching key: what the search index holds.

    Two-character words such as 湿地 are whole entries, which trigram indexes of both databases would miss.
    """
    key = matching_key(text)
    return set(key) | {key[i : i + 2] for i in range(len(key) - 1)}


def query_grams(text: str) -> set[str]:
    """What a search looks up: the pairs of the words typed, or the single character when a word is one character."""
    wanted: set[str] = set()
    for word in text.split():
        key = matching_key(word)
        wanted |= {key} if len(key) == 1 else {key[i : i + 2] for i in range(len(key) - 1)}
    return wanted
