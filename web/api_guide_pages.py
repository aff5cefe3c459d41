"""接口说明: the description of the API as a page that people read, out of the description that programs read."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from web.api_guide_words import GROUPS, SUMMARIES
from web.api_lists import described
from web.deps import SignedIn
from web.pages import page

router = APIRouter()


@dataclass(frozen=True)
class Operation:
    """A method and path with what it does in both languages, its parameters, and examples as text; None where there is none."""

    name: str
    method: str
    path: str
    zh: str
    en: str
    about: str
    parameters: tuple[dict[str, Any], ...]
    sent: str | None
    answered: str | None
    statuses: tuple[str, ...]


@router.get("/api")
def get_guide(request: Request, _reader: SignedIn) -> Response:
    return page(request, "api/guide.html", groups=_groups(), server=str(request.base_url).rstrip("/"))


def _groups() -> list[tuple[str, list[Operation]]]:
    """The operations in the order of the description, by what they are about."""
    found: dict[str, list[Operation]] = {name: [] for name in GROUPS}
    for path, methods in described()["paths"].items():
        for method, told in methods.items():
            found[told["tags"][0]].append(_operation(method, path, told))
    return [(GROUPS[name], operations) for name, operations in found.items()]


def _operation(method: str, path: str, told: dict[str, Any]) -> Operation:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers = [one.get("content", {}).get("application/json", {}) for one in told["responses"].values()]
    answered = next((one["example"] for one in answers if "example" in one), None)
    name = told["operationId"]
    return Operation(
        name=name,
        method=method.upper(),
        path=path,
        zh=SUMMARIES[name],
        en=told["summary"],
        about=told.get("description", ""),
        parameters=tuple(told.get("parameters", ())),
        sent=_text(body.get("example")),
        answered=_text(answered),
        statuses=tuple(told["responses"]),
    )


def _text(example: Any) -> str | None:
    return None if example is None else json.dumps(example, ensure_ascii=False, indent=2)
