"""The place between two pages of the project list, as the address carries it: opaque, and checked before it is used."""

import base64
import binascii
import json
import re
from typing import Any

from core.errors import N_, Broken
from portfolio.project_list import Cursor
from web.choices import PAGE_PLACE

_LONGEST = 800
_NUMBERS = frozenset({"first_year", "last_year", "estimate", "appropriated", "work_done", "paid"})
_SORT_KEY = re.compile(r"[\x21-\x7e]{0,500}")  # the keys that texts are sorted by are plain ASCII
_LARGEST = 2**63 - 1


class NoSuchPlace(Broken):
    sentence = N_("地址中的翻页位置无效，可能链接不完整，或者列表已按别的列排序。请回到第一页。")


def place_text(place: Cursor, sort: str, descending: bool) -> str:
    """The place as one word for an address."""
    facts = json.dumps([sort, int(descending), place.value, place.project_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(facts.encode()).decode().rstrip("=")


def place_from_text(text: str, sort: str, descending: bool) -> Cursor | None:
    """The place that an address names, None for the first page.

    Errors: NoSuchPlace for anything that `place_text` would not have written for this sorting.
    """
    if not text:
        return None
    try:
        if len(text) > _LONGEST:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        kept_sort, kept_direction, value, project_id = json.loads(raw)
        if (kept_sort, kept_direction) != (sort, int(descending)) or not _fits(value, sort) or not _whole(project_id):
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise NoSuchPlace(field=PAGE_PLACE) from None
    return Cursor(value, project_id)


def _fits(value: Any, sort: str) -> bool:
    if value is None:
        return True
    return _whole(value) if sort in _NUMBERS else isinstance(value, str) and bool(_SORT_KEY.fullmatch(value))


def _whole(value: Any) -> bool:
    return type(value) is int and -_LARGEST <= value <= _LARGEST
