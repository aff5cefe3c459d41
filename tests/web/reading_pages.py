"""Pages as tests read them: the form that a browser would send, the rows of tables, the errors at their fields."""

from html.parser import HTMLParser

from httpx2 import Response

_VOID = {"input", "br", "meta", "link", "img", "hr", "rect", "path"}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.posted: dict[str, dict[str, str]] = {}  # the fields of each form that is posted, by its address
        self._current: dict[str, str] | None = None
        self._textarea: str | None = None
        self._select: str | None = None
        self._first_option = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._current = {}
            if found.get("method") == "post":
                self.posted[found.get("action", "").split("?")[0]] = self._current
        if self._current is None:
            return
        name = found.get("name", "")
        if tag == "input" and name and found.get("type") not in ("submit", "checkbox", "radio"):
            self._current[name] = found.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            self._current[name] = ""
        elif tag == "select":
            self._select, self._first_option = name, True
        elif tag == "option" and self._select is not None:
            if self._first_option or "selected" in found:
                self._current[self._select] = found.get("value", "")
            self._first_option = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._current = None
        elif tag == "textarea" and self._current is not None and self._textarea is not None:
            self._current[self._textarea] = self._current[self._textarea].removeprefix("\n")
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None and self._current is not None:
            self._current[self._textarea] += data


def form_on(response: Response, action: str) -> dict[str, str]:
    """What a browser would post to that address, as the page filled it in."""
    parser = _Forms()
    parser.feed(response.text)
    return parser.posted[action.split("?", maxsplit=1)[0]]


class _Texts(HTMLParser):
    """Collects the text of elements that a test is about."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.errors: dict[str, str] = {}
        self._cell = False
        self._error: str | None = None
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self._cell = True
        id_ = found.get("id") or ""
        if self._error is None and id_.startswith("e-"):
            self._error, self._depth = id_[2:], 0
            self.errors[self._error] = ""
        if self._error is not None and tag not in _VOID:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False
        if self._error is not None:
            self._depth -= 1
            if self._depth == 0:
                self._error = None

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data
        if self._error is not None:
            self.errors[self._error] += data


def rows_on(response: Response) -> list[list[str]]:
    """The text of every table cell, row by row, blanks folded."""
    parser = _Texts()
    parser.feed(response.text)
    return [[" ".join(cell.split()) for cell in row] for row in parser.rows]


def errors_on(response: Response) -> dict[str, str]:
    """The sentences that stand at fields, by field."""
    parser = _Texts()
    parser.feed(response.text)
    return {name: " ".join(text.split()) for name, text in parser.errors.items() if text.strip()}
