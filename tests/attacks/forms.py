"""The forms and addresses on a page as a browser sees them, with every field, what it holds and what it offers."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit


@dataclass
class Field:
    name: str
    kind: str  # the type of an input; select, textarea or button
    value: str = ""
    offered: list[str] = field(default_factory=list)
    ticked: bool = True

    @property
    def is_text(self) -> bool:
        return self.kind in ("text", "search", "textarea")


@dataclass
class Form:
    method: str
    action: str
    fields: list[Field] = field(default_factory=list)

    def filled(self) -> dict[str, list[str]]:
        """What a browser would send as the page stands; no button was pressed."""
        sent: dict[str, list[str]] = {}
        for one in self.fields:
            if one.kind not in ("button", "submit") and one.ticked:
                sent.setdefault(one.name, []).append(one.value)
        return sent


class _Reading(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.hrefs: list[str] = []
        self._by_id: dict[str, Form] = {}
        self._outside: list[tuple[str, Field]] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._textarea: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in found:
            self.hrefs.append(found["href"])
        elif tag == "form":
            action = found.get("action") or self.address
            self._form = Form(found.get("method", "get").lower(), action)
            self.forms.append(self._form)
            self._by_id[found.get("id", "")] = self._form
        elif tag in ("input", "select", "textarea", "button") and found.get("name"):
            self._add(tag, found)
        elif tag == "option" and self._select is not None:
            value = found.get("value", "")
            self._select.offered.append(value)
            if "selected" in found or len(self._select.offered) == 1:
                self._select.value = value

    def _add(self, tag: str, found: dict[str, str]) -> None:
        kind = found.get("type", "text") if tag == "input" else tag
        ticked = kind not in ("checkbox", "radio") or "checked" in found
        one = Field(found["name"], kind, found.get("value", ""), [], ticked)
        if tag == "select":
            self._select = one
        elif tag == "textarea":
            self._textarea = one
        if found.get("form"):
            self._outside.append((found["form"], one))
        elif self._form is not None:
            self._form.fields.append(one)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.value += data

    def close(self) -> None:
        super().close()
        for id_, one in self._outside:
            if id_ in self._by_id:
                self._by_id[id_].fields.append(one)


def read_page(text: str, address: str) -> tuple[list[Form], list[str]]:
    """The forms and the links of a page that stands at that address."""
    reading = _Reading(address)
    reading.feed(text)
    reading.close()
    return reading.forms, reading.hrefs


def asked_names(forms: list[Form], hrefs: list[str]) -> dict[str, set[str]]:
    """By path: the names that forms which only ask, and links, put into its query."""
    found: dict[str, set[str]] = {}
    for form in forms:
        if form.method == "get":
            found.setdefault(urlsplit(form.action).path, set()).update(one.name for one in form.fields)
            found[urlsplit(form.action).path].update(parse_qs(urlsplit(form.action).query, keep_blank_values=True))
    for href in hrefs:
        split = urlsplit(href)
        if split.path.startswith("/") and split.query and not split.netloc:
            found.setdefault(split.path, set()).update(parse_qs(split.query, keep_blank_values=True))
    return found
