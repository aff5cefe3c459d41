"""The description of the API (OpenAPI 3.1): what the routes say, with the shape of refusals and how one signs in."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from web.api_answers import PROBLEM_SCHEMA
from web.deps import SESSION_COOKIE

VERSION = "1"
TITLE = "青山账 Qingshan"
_ABOUT = (
    "Figures and facts of ecological restoration plans. Money is whole fen (分), quantities are exact decimal text or "
    "exact pairs [numerator, denominator], days are ISO texts, quarters such as 2024Q4; null is what nobody said and is never 0. "
    "Reading shows what the person behind the token or cookie may see. Refusals are problem details (RFC 9457)."
)
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An access token, made on the account page."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "The sign-in of a browser. Behind HTTPS __Host- stands before the name.",
    },
}


def description(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The whole description of these routes."""
    told = get_openapi(title=TITLE, version=VERSION, description=_ABOUT, routes=routes)
    told["components"] = _components(told.get("components", {}))
    told["security"] = [{"token": []}, {"session": []}]
    for methods in told["paths"].values():
        for operation in methods.values():
            _say_what_is(operation)
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _put_examples(told["paths"][route.path][method.lower()], route)
    return told


def _put_examples(operation: dict[str, Any], route: APIRoute) -> None:
    """The framework leaves every null of an example out; here it stands as it was written."""
    for status, answer in route.responses.items():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            operation["responses"][str(status)]["content"]["application/json"]["example"] = deepcopy(example)
    body = (route.openapi_extra or {}).get("requestBody")
    if body is not None:
        operation["requestBody"] = deepcopy(body)


def _components(components: dict[str, Any]) -> dict[str, Any]:
    schemas = {name: one for name, one in components.get("schemas", {}).items() if not name.endswith("ValidationError")}
    schemas["Problem"] = PROBLEM_SCHEMA
    return {"schemas": schemas, "securitySchemes": _SCHEMES}


def _say_what_is(operation: dict[str, Any]) -> None:
    """Takes out the refusal that the framework puts in by itself and that we never send."""
    answers = operation["responses"]
    for status, answer in list(answers.items()):
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith("HTTPValidationError"):
            del answers[status]
        elif status == "204":
            answer.pop("content", None)
