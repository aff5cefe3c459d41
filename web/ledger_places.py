"""The place between two pages of the ledger, as the address carries it: the day and the number of the last entry."""

import re
from datetime import date

from budgets.ledger_list import Cursor
from web.choices import PAGE_PLACE
from web.list_places import NoSuchPlace

_WRITTEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,18})")


def place_text(place: Cursor) -> str:
    """The place as one word for an address."""
    return f"{place.occurred_on.isoformat()}.{place.id}"


def place_from_text(text: str) -> Cursor | None:
    """The place that an address names, None for the first page.

    Errors: NoSuchPlace.
    """
    if not text:
        return None
    match = _WRITTEN.fullmatch(text)
    try:
        if match:
            return Cursor(date.fromisoformat(match[1]), int(match[2]))
    except ValueError:
        pass
    raise NoSuchPlace(field=PAGE_PLACE)
