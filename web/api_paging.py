"""Pages of long lists by key: `limit` asks for pages, `Link: <…>; rel="next"` leads to the next one."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response

from core.errors import N_, Broken
from web.api_answers import json_answer

MOST = 1000
_PLACE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
Place = TypeVar("Place")

_LIMIT_SCHEMA: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MOST}
Limit = Annotated[
    str,
    Query(
        description=f"Rows of a page, 1 to {MOST}. Without it: every row.",
        json_schema_extra=_LIMIT_SCHEMA,
    ),
]
CursorText = Annotated[
    str,
    Query(
        max_length=80,
        description="Where the page begins: taken from the Link header of the page before, never made up.",
    ),
]


class NotALimit(Broken):
    sentence = N_("limit 是 %(found)s，应为 1 至 1000 的整数。")


class NotACursor(Broken):
    sentence = N_("cursor 无效：请原样使用上一页 Link 响应头里的地址。")


def limit_asked(limit: str, cursor: str) -> int | None:
    """How many rows a page has; None for the whole list. A cursor alone asks for the largest pages.

    Errors: NotALimit.
    """
    if not limit:
        return MOST if cursor else None
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 4 and 1 <= int(limit) <= MOST):
        raise NotALimit(field="limit", found=limit[:20])
    return int(limit)


def dated_place(cursor: str) -> tuple[date, int] | None:
    """The day and number of the last row before the page; None for the first page.

    Errors: NotACursor.
    """
    if not cursor:
        return None
    match = _PLACE.fullmatch(cursor)
    try:
        if match:
            return date.fromisoformat(match[1]), int(match[2])
    except ValueError:
        pass
    raise NotACursor(field="cursor")


def dated_text(day: date, id_: int) -> str:
    return f"{day.isoformat()}.{id_}"


def numbered_place(cursor: str) -> int:
    """The number of the last row before the page; 0 for the first page.

    Errors: NotACursor.
    """
    if not cursor:
        return 0
    if not _NUMBER.fullmatch(cursor) or int(cursor) >= 2**63:
        raise NotACursor(field="cursor")
    return int(cursor)


def page_of(rows: list[Any], size: int | None, place: Callable[[Any], str]) -> tuple[list[Any], str | None]:
    """The rows of a page out of one more than it holds, and the cursor of the next page where there is one."""
    if size is None or len(rows) <= size:
        return rows, None
    return rows[:size], place(rows[size - 1])


def paged_answer(request: Request, rows: Any, following: str | None) -> Response:
    """The rows, with the address of the next page where there is one."""
    response = json_answer(request, rows)
    if following is not None:
        response.headers["Link"] = next_link(request, following)
    return response


def next_link(request: Request, following: str) -> str:
    # Without the host: who reaches us through a proxy knows better than we what we are called there.
    address = request.url.include_query_params(cursor=following)
    return f'<{address.path}?{address.query}>; rel="next"'
