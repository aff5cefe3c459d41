"""Requests that no browser sends: good ones with their fields changed, doubled, left out or sent as what they are not."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from tests.attacks.addresses import Ids
from tests.fuzz.alphabets import NASTY, WHOLE, changed_bytes, changed_text
from tests.fuzz.forms import Way, address_of

_TYPES = (
    *(
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "text/plain",
        "",
        "x",
    ),
    *(
        "multipart/form-data; boundary=" + "b" * 300,
        "application/json",
        "application/x-www-form-urlencoded; charset=utf-16",
    ),
    *("multipart/form-data; boundary=é", "application/octet-stream", "multipart/mixed; boundary=b"),
)
_IDS = (
    "0",
    "-1",
    "999999",
    "2147483648",
    "9" * 30,
    "１",
    "%00",
    "a",
    "..",
    "%2e%2e",
    "é",
    "%ff",
    "%ed%a0%80",
    "长" * 80,
    "1.0",
    "+1",
)
_HEADERS = (
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Target": "rows", "HX-Current-URL": "http://[::1"},
    {"Accept-Language": "x" * 3_000},
    {"Cookie": "qingshan_lang=%ff; qingshan_unit=;;;=; a"},
    {"Range": "bytes=9-1,-", "If-None-Match": '"', "If-Modified-Since": "x"},
    {"Content-Encoding": "gzip"},
    {"X-Request-ID": "é"},
    {"Accept": "application/json"},
)
_BOUNDARY = "qs-boundary"


@dataclass
class Wish:
    """One request."""

    method: str
    address: str
    headers: dict[bytes, bytes] = field(default_factory=dict)
    content: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.address[:900]} {self.headers} {self.content[:1500]!r}"


def a_request(way: Way, here: Ids, others: tuple[Ids, ...], files: tuple[bytes, ...], chance: Random) -> Wish:
    """A request of that way, with the records that are there, mostly."""
    ids = here if chance.random() < 0.8 else chance.choice(others)
    path = address_of(way.path, ids)
    if "{" in way.path and chance.random() < 0.12:
        parts = path.split("/")
        parts[chance.randrange(1, len(parts))] = quote(chance.choice(_IDS), safe="%+")
        path = "/".join(parts)
    headers = dict(chance.choice(_HEADERS)) if chance.random() < 0.15 else {}
    pairs = _pairs(way, chance)
    if way.method == "GET":
        return Wish("GET", f"{path}?{_query(pairs, chance)}", _sendable(headers))
    query = _query([pairs.pop() for _ in range(min(len(pairs), chance.choice((0, 0, 1))))], chance)
    kind = chance.random()
    if kind < 0.08:
        headers["Content-Type"] = chance.choice(_TYPES)
        body = chance.choice(
            (_query(pairs, chance).encode(), json.dumps(pairs).encode(), _multipart(way, pairs, files, chance))
        )
    elif way.files or kind < 0.2:
        headers["Content-Type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        body = _multipart(way, pairs, files, chance)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = _query(pairs, chance).encode()
    if chance.random() < 0.06:
        body = changed_bytes(body, chance)
    return Wish("POST", f"{path}?{query}" if query else path, _sendable(headers), body)


def _sendable(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode() for name, value in headers.items()}


def _pairs(way: Way, chance: Random) -> list[tuple[str, str]]:
    """The fields of a form as a page fills them in, or some of those that the way is sent, a few of them spoilt."""
    if way.filled_in and chance.random() < 0.7:
        pairs = [(name, value) for name, value in chance.choice(way.filled_in).items()]
        pairs = [(name, _better(way, name, value, chance)) for name, value in pairs]
    else:
        names = list(way.names)
        pairs = [(name, _better(way, name, "", chance)) for name in chance.sample(names, chance.randint(0, len(names)))]
    for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
        if not pairs:
            pairs.append((chance.choice(tuple(way.names)), ""))
        place = chance.randrange(len(pairs))
        name, value = pairs[place]
        kind = chance.randrange(8)
        if kind == 0:
            del pairs[place]
        elif kind == 1:
            pairs.insert(place, (name, chance.choice(WHOLE)))
        elif kind == 2:
            pairs.append((changed_text(name, chance), value))
        elif kind == 3 and len(pairs) < 200:
            pairs += [(name, value)] * chance.choice((2, 30, 1_100))
        else:
            pairs[place] = (
                name,
                chance.choice((chance.choice(WHOLE), changed_text(value, chance), chance.choice(NASTY) * 3)),
            )
    return pairs


def _better(way: Way, name: str, value: str, chance: Random) -> str:
    """What somebody might fill in: one of the values offered, or something that fits the name."""
    offered = way.names.get(name, [])
    if (value and chance.random() < 0.8) or name == "request_key":
        return value
    if len(offered) > 1 and chance.random() < 0.7:
        return chance.choice(offered)
    if name.endswith(("_on", "since", "until", "day")) or "date" in name:
        return chance.choice(("2024-08-15", "2025-12-31", "2026-01-01", "2024-02-30"))
    if any(part in name for part in ("amount", "quantity", "value", "fen", "weight", "estimate")):
        return chance.choice(("5", "1,200.5", "0", "-3", "0.01"))
    if any(part in name for part in ("year", "span")):
        return chance.choice(("2024", "2025", "2099"))
    if "quarter" in name or name in ("as_of", "period"):
        return chance.choice(("2024Q4", "2025Q4", "2024Q2", "2026"))
    return chance.choice(("", "1", "文字", "on"))


def _query(pairs: list[tuple[str, str]], chance: Random) -> str:
    return "&".join(f"{_escaped(name, chance)}={_escaped(value, chance)}" for name, value in pairs)


def _escaped(text: str, chance: Random) -> str:
    """Percent-encoded, halves of surrogate pairs too; now and then in another encoding."""
    encoding = "utf-8" if chance.random() < 0.95 else chance.choice(("gb18030", "utf-16", "latin-1"))
    try:
        return quote(text.encode(encoding, "surrogatepass"), safe="/")
    except UnicodeEncodeError:
        return quote(text.encode("utf-8", "surrogatepass"), safe="/")


def _multipart(way: Way, pairs: list[tuple[str, str]], files: tuple[bytes, ...], chance: Random) -> bytes:
    parts: list[tuple[str, Any, bytes]] = [
        (name, None, value.encode("utf-8", "surrogatepass")) for name, value in pairs
    ]
    for name in (*way.files, *(("file",) if chance.random() < 0.2 else ())):
        content = chance.choice((*files, b"", b"x"))
        content = changed_bytes(content, chance) if chance.random() < 0.5 else content
        named = chance.choice(
            ("a.jpg", "a.xlsx", "b.pdf", "../../x.csv", "", "长" * 300 + ".png", 'a"b.jpg', "a\x00.jpg", "con.xls")
        )
        parts += [(name, named, content)] * chance.choice((1, 1, 1, 2, 40))
    if parts and chance.random() < 0.1:
        place = chance.randrange(len(parts))
        parts[place] = (parts[place][0], "text.txt", parts[place][2])  # a file in the place of a text
    body = b""
    for name, named, content in parts:
        said = f'form-data; name="{name}"' + ("" if named is None else f'; filename="{named}"')
        head = f"Content-Disposition: {said}" + ("" if named is None else "\r\nContent-Type: image/jpeg")
        body += f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode("utf-8", "surrogatepass") + content + b"\r\n"
    return body + (f"--{_BOUNDARY}--\r\n".encode() if chance.random() < 0.95 else b"")
