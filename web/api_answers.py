"""What routes of the API share: their parameters, how they answer, and what a refusal looks like."""

import hashlib
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse

from core.calendar import current_quarter, period_from_text
from portfolio.facts import EDITIONS
from reports.rollup import UnknownLevel

PlanCode = Annotated[str, Query(description="Plan code, such as xiaoyi.")]
AsOf = Annotated[str, Query(description="The quarter to look back from, such as 2024Q4. Without it: now.")]
Level = Annotated[
    str,
    Query(
        description="Level of the programme tree.", json_schema_extra={"type": "integer", "minimum": 1, "maximum": 3}
    ),
]
Edition = Annotated[
    str,
    Query(
        description="as-corrected: what is approved by now; as-issued: what had been posted by the end of the quarter.",
        json_schema_extra={"enum": list(EDITIONS)},
    ),
]
# A client may keep an answer, and asks each time whether it still holds: whoever may see it less is told so at once.
CACHED = "private, no-cache"
_ONE = {
    "type": "object",
    "required": ["code", "field", "detail"],
    "properties": {
        "code": {"type": "string"},
        "field": {"type": ["string", "null"]},
        "detail": {"type": "string"},
    },
    "additionalProperties": False,
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The stable name of what is wrong."},
        "detail": {
            "type": "string",
            "description": "A sentence for people; `lang=en` in the address asks for English.",
        },
        "field": {"type": "string", "description": "A parameter, a header, or a place in what was sent (RFC 6901)."},
        "problems": {"type": "array", "items": _ONE},
    },
    "additionalProperties": False,
}
_WHY = {
    400: "Cannot be read: not JSON, not UTF-8, or no Idempotency-Key.",
    401: "Nobody is signed in.",
    403: "Refused: the draft is somebody else's, or the request came from another site.",
    404: "Not there, or not yours to see; the two look the same.",
    409: "What stands already forbids it, such as a closed quarter.",
    410: "Kept no longer.",
    412: "Changed since it was read.",
    413: "Larger than the server takes.",
    415: "Not application/json.",
    422: "Something is wrong with a parameter or with what was sent; `field` and `problems` name each place.",
    428: "If-Match is missing.",
    429: "Too many requests; try again later.",
    500: "An error of the system.",
    503: "Nothing can be written right now.",
    507: "The disk is full.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says in its description of the refusals that it may answer with (RFC 9457)."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _WHY[status], "content": content} for status in sorted(statuses)}


# What every route that reads may answer with, and every route that writes.
ANSWERS = problems(400, 401, 404, 422, 429) | {304: {"description": "Unchanged since the ETag of If-None-Match."}}
REFUSALS = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503, 507)
CHANGES = REFUSALS | problems(412, 428)
ROWS = list[dict[str, Any]]


def quarter_asked(as_of: str) -> int:
    """Errors: NotAPeriod."""
    return period_from_text(as_of, field="as_of").last_quarter if as_of.strip() else current_quarter()


def level_asked(level: str) -> int:
    """Errors: UnknownLevel."""
    if level not in ("1", "2", "3"):
        raise UnknownLevel(field="level", found=level[:10])
    return int(level)


def names_asked(by: str) -> list[str]:
    """The keys that a text separates by commas, each once."""
    return list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))


def json_answer(request: Request, rows: Any, etag: str | None = None) -> Response:
    """The rows, for this reader alone, with a strong ETag."""
    return bytes_answer(request, JSONResponse(rows).body, etag)


def bytes_answer(request: Request, content: bytes | memoryview, etag: str | None = None) -> Response:
    """JSON that is whole; 304 without a body when the client holds the same. The ETag is a hash of the content by default."""
    tag = etag or f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"Cache-Control": CACHED, "ETag": tag}
    if is_held(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def is_held(request: Request, etag: str) -> bool:
    """Whether If-None-Match names the ETag; compared weakly, as it asks for (RFC 9110, 13.1.2)."""
    text = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (etag, "*") for one in text.split(","))
