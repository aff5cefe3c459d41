"""What the description of the API (OpenAPI) says of bodies and headers: request schemas, examples, keys and versions."""

from typing import Any

from pydantic import BaseModel

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "One for each write, made up by the client, such as a UUID. The same write sent again is answered with what "
    "it was answered with, marked `Idempotency-Replayed: true`. Kept for 30 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_VERSION = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the record as it was read.",
    "schema": {"type": "string"},
}


def writing(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """What a POST says of its body and its key."""
    return {"requestBody": _body(model, example), "parameters": [_KEY]}


def changing(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """What a PATCH says of its body, its key and the version."""
    return {"requestBody": _body(model, example), "parameters": [_KEY, _VERSION]}


def at_a_version() -> dict[str, Any]:
    """What a DELETE says of the version."""
    return {"parameters": [_VERSION]}


def _body(model: type[BaseModel], example: Any) -> dict[str, Any]:
    content = {"schema": _whole(model.model_json_schema()), "example": example}
    return {"required": True, "content": {"application/json": content}}


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without references: each object stands where it is used."""
    kept = schema.pop("$defs", {})

    def put(one: Any) -> Any:
        if isinstance(one, list):
            return [put(each) for each in one]
        if not isinstance(one, dict):
            return one
        if "$ref" in one:
            return put(kept[one["$ref"].rpartition("/")[2]])
        return {name: put(each) for name, each in one.items()}

    return put(schema)


def example(value: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route says of an answer: an example of it."""
    return {status: {"content": {"application/json": {"example": value}}}}
