"""What routes of the API share: their parameters, how they answer, and what a refusal looks like."""

from typing import Annotated, Any

from fastapi import Query, Response
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
_PROBLEM = {
    "description": "Problem details (RFC 9457): status, code, detail, and the field or problems that it concerns.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "field": {"type": "string"},
                    "problems": {"type": "array", "items": {"type": "object"}},
                },
            }
        }
    },
}
ANSWERS: dict[int | str, dict[str, Any]] = {401: _PROBLEM, 404: _PROBLEM, 422: _PROBLEM}
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


def json_answer(rows: Any) -> Response:
    """The rows, for this reader alone."""
    return JSONResponse(rows, headers={"Cache-Control": "private, no-store"})
