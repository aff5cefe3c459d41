"""The body of a write of the API: JSON and nothing else, read strictly, so that what was sent is what is understood."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from core.errors import N_, Broken, Invalid, Missing
from core.text import storable
from web.deps import SignedIn

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 200
_KEY = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")
_MOST_DIGITS = 20  # no number that we keep has more; to read one of a million digits would take minutes
_DEEPEST = 20  # levels of objects and lists within each other


class NotJson(Broken):
    status = 415
    sentence = N_("请求的内容类型是 %(found)s，这里只接受 application/json。")


class UnreadableJson(Broken):
    status = 400
    sentence = N_("请求的内容不是有效的 JSON：第 %(line)s 行第 %(column)s 个字符处有误。")


class NotUtf8(Broken):
    status = 400
    sentence = N_("请求的内容不是 UTF-8 编码的文本。")


class NameTwice(Broken):
    status = 400
    sentence = N_("请求的内容里同一个对象有两个“%(found)s”，不知道以哪一个为准。")


class NotANumberOfJson(Broken):
    status = 400
    sentence = N_("请求的内容里有 %(found)s，它不是 JSON 的数。")


class TooDeep(Broken):
    status = 400
    sentence = N_("请求的内容里对象和列表套得太深，最多 %(limit)s 层。")


class UnstorableText(Broken):
    sentence = N_("%(field_name)s 里有不能保存的字符（空字符或半个代理对）。")


class KeyMissing(Broken):
    status = 400
    sentence = N_(
        "写入的请求须带 Idempotency-Key 请求头：由您生成的、每次写入各不相同的文字，如 UUID；"
        "重发同一次写入时用同一个，系统就不会重复记录。"
    )


@dataclass(frozen=True)
class Fractional:
    """A number with a fraction, an exponent or very many digits, as it was written: no field of ours takes one."""

    text: str


@dataclass(frozen=True)
class SentJson:
    """What was sent: the value, the key of the request, and a hash over method, address and content."""

    value: Any
    key: str
    digest: str


async def sent_json(request: Request, _reader: SignedIn) -> SentJson:
    """Errors: SignInNeeded; KeyMissing, Invalid for a key of other characters; NotJson; those of json_from."""
    key = key_from(request)
    found = request.headers.get("content-type", "")
    kind, _, more = found.partition(";")
    if kind.strip().lower() != "application/json" or more.strip().lower().replace('"', "") not in ("", "charset=utf-8"):
        raise NotJson(found=found[:60] or "—")
    value = json_from(await request.body())
    return SentJson(value, key, digest_of(request, value))


def key_from(request: Request) -> str:
    """Errors: KeyMissing, Invalid."""
    key = request.headers.get(KEY_HEADER)
    if not key:
        raise KeyMissing(field=KEY_HEADER)
    if not _KEY.fullmatch(key):
        expected = N_("1 至 200 个可见的 ASCII 字符，不含空格")
        raise Invalid(field=KEY_HEADER, label=KEY_HEADER, found=key, expected=expected)
    return key


def digest_of(request: Request, value: Any) -> str:
    """A hash of the request that does not depend on how its JSON was laid out."""
    content = json.dumps(value, sort_keys=True, separators=(",", ":"), default=lambda number: {"": number.text})
    asked = (request.method, request.url.path, request.headers.get("if-match", ""), content)
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()


def json_from(content: bytes) -> Any:
    """The value that a text of JSON holds; numbers are whole or stay as they were written.

    Errors: NotUtf8, UnreadableJson, NameTwice, NotANumberOfJson, TooDeep, UnstorableText.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUtf8 from None
    try:
        value = json.loads(
            text,
            parse_float=Fractional,
            parse_int=_whole,
            parse_constant=_no_constant,
            object_pairs_hook=_once_each,
        )
    except json.JSONDecodeError as error:
        raise UnreadableJson(line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise TooDeep(limit=_DEEPEST) from None
    _look(value, "", 0)
    return value


def _whole(digits: str) -> int | Fractional:
    return int(digits) if len(digits) <= _MOST_DIGITS else Fractional(digits)


def _no_constant(found: str) -> Any:
    raise NotANumberOfJson(found=found)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NameTwice(found=name[:60] if storable(name) else "?")
        found[name] = value
    return found


def _look(value: Any, pointer: str, depth: int) -> None:
    """Errors: TooDeep; UnstorableText with the place of a text that no database keeps."""
    if depth > _DEEPEST:
        raise TooDeep(limit=_DEEPEST)
    if isinstance(value, str) and not storable(value):
        raise UnstorableText(field=pointer or "/", field_name=pointer or "/")
    if isinstance(value, dict):
        for name, one in value.items():
            if not storable(name):
                raise UnstorableText(field=pointer or "/", field_name=pointer or "/")
            _look(one, f"{pointer}/{escaped(name)}", depth + 1)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            _look(one, f"{pointer}/{place}", depth + 1)


def escaped(name: str) -> str:
    """A name as a JSON pointer has it (RFC 6901)."""
    return name[:60].replace("~", "~0").replace("/", "~1")


def needed(value: Any, pointer: str) -> Any:
    """Errors: Missing when nothing was said."""
    if value is None or value == "":
        raise Missing(field=pointer, label=pointer)
    return value


Sent = Annotated[SentJson, Depends(sent_json)]
