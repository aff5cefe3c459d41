"""What the running app takes: every route with the names that its own pages send it, read off the pages themselves."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.attacks.addresses import Ids, filled, told
from tests.attacks.routes import routes_of

# Names that a page sends only in a state that the planted records are not in.
_STATES = (
    *("/works/{work in draft}", "/works/{work that waits}", "/works/{verified work}", "/money/ledger/{entry in draft}"),
    *("/money/ledger/{entry that waits}", "/money/ledger/{entry sent back}", "/milestones/reports/{report in draft}"),
)
BESIDES = (
    "reason",
    "act",
    "request_key",
    "row_version",
    "note",
    "back",
    "next",
    "after",
    "q",
    "sort",
    "as_of",
    "edition",
)
_NO_PAGES = ("/api/", "/static/", "/vendor/")
_NAME = re.compile(r"\{[^}]*\}")


@dataclass
class Way:
    """A route, and what is sent to it: for each name the values that pages offer."""

    method: str
    path: str
    names: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    filled_in: list[dict[str, str]] = field(default_factory=list)  # whole forms as pages show them
    is_seen: bool = False  # on a page, if only as a button

    def learn(self, pairs: Iterable[tuple[str, str]]) -> None:
        for name, value in pairs:
            known = self.names.setdefault(name, [])
            if value not in known and len(known) < 12:
                known.append(value)


class _Page(HTMLParser):
    """The forms and links of a page: (method, address, fields, fields of files)."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, list[tuple[str, str]], set[str]]] = []
        self.links: list[str] = []
        self._text: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said.get("method", "get").upper(), said.get("action", ""), [], set()))
        if tag == "a" and said.get("href", "").startswith("/"):
            self.links.append(said["href"])
        if not self.forms:
            return
        _, _, fields, files = self.forms[-1]
        name = said.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            fields.append((self._select, said.get("value", "")))
        elif tag == "textarea" and name:
            self._text = name
            fields.append((name, ""))
        elif tag in ("input", "button") and name:
            (files.add(name) if said.get("type") == "file" else fields.append((name, said.get("value", ""))))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        self._text = None

    def handle_data(self, data: str) -> None:
        if self._text and self.forms and data.strip():
            self.forms[-1][2].append((self._text, data.strip()))


def ways_of(app: FastAPI, clients: Iterable[TestClient], ids: Ids) -> list[Way]:
    """Every route but files of the program and the API, with what the pages that these people see send to it."""
    ways = [
        Way(method, path)
        for method, path in routes_of(app)
        if method in ("GET", "POST") and not path.startswith(_NO_PAGES)
    ]
    known = [(way, _pattern(way.path)) for way in ways]

    def learn(method: str, address: str, fields: list[tuple[str, str]], files: set[str]) -> None:
        parts = urlsplit(address)
        found = [way for way, pattern in known if way.method == method and pattern.fullmatch(parts.path)]
        # Of /money/ledger/grid and /money/ledger/{id} the first is meant.
        for way in sorted(found, key=lambda way: len(_NAME.findall(way.path)))[:1]:
            way.learn([*parse_qsl(parts.query, keep_blank_values=True), *fields])
            way.files |= files
            way.is_seen = True
            if fields and len(way.filled_in) < 6 and (shown := dict(reversed(fields))) not in way.filled_in:
                way.filled_in.append(shown)

    for page in _pages(ways, clients, ids):
        for method, action, fields, files in page.forms:
            learn(method, action, fields, files)
        for link in page.links:
            learn("GET", link, [], set())
    for way in ways:
        way.learn(told(way.path, ids).items())
        way.learn((name, "") for name in BESIDES)
    return ways


def _pages(ways: Iterable[Way], clients: Iterable[TestClient], ids: Ids) -> Iterator[_Page]:
    asked = [(address_of(way.path, ids), told(way.path, ids)) for way in ways if way.method == "GET"]
    asked += [(place.format_map(ids), {}) for place in _STATES]
    for client in clients:
        for address, besides in asked:
            answer = client.get(address, params=besides)
            if answer.headers.get("content-type", "").startswith("text/html"):
                page = _Page()
                page.feed(answer.text)
                # A form without an action is sent to its own page.
                page.forms = [(one[0], one[1] or address, *one[2:]) for one in page.forms]
                yield page


def address_of(path: str, ids: Ids) -> str:
    """The address of the records that a path names; a name of which nothing is said yet is number 1."""
    try:
        return filled(path, ids)
    except KeyError:  # tests/attacks fails over it, and says what to do
        return _NAME.sub("1", path)


def _pattern(path: str) -> re.Pattern[str]:
    said = "".join(
        part if part.startswith("(") else re.escape(part)
        for part in re.split(r"(\(.*?\))", _NAME.sub(lambda one: "(.+)" if ":path" in one[0] else "([^/]+)", path))
    )
    return re.compile(said)
