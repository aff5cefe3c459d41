"""Script in addresses and forms: what a page says again of what was asked or typed is text and nothing else."""

from urllib.parse import quote, urlsplit

import lxml.html
import pytest
from starlette.testclient import TestClient

from tests.attacks.conftest import Planted
from tests.attacks.visiting import addresses, all_routes, paths
from tests.web.visiting import signed_in_visitor

# One that leaves every place in which a page could put it: an attribute, a script, a title, a text area, a style, a comment.
SCRIPT = (
    "\"'>--></script></style></title></textarea></select><planted onload=H(1) hx-get=/canary>{{7*7}}javascript:H(1)"
)
# Names that pages read whatever their signature says.
EVERYWHERE = (
    "q",
    "sort",
    "after",
    "by",
    "plan",
    "programme",
    "department",
    "state",
    "year",
    "period",
    "as_of",
    "edition",
)
CHOICES = ("lang", "unit")
NOT_TYPED = ("request_key", "row_version", "version")
SKIPPED = ("/static/", "/vendor/", "/health/", "/metrics", "/api/", "/audit.")


@pytest.fixture(scope="module")
def client(script_planted: Planted) -> TestClient:
    return signed_in_visitor(script_planted.app, script_planted.person)


def is_harmless(answer_text: str, content_type: str, where: str) -> None:
    if "html" not in content_type or not answer_text.strip():
        return
    tree = lxml.html.document_fromstring(answer_text, ensure_head_body=True)
    assert tree.xpath("//planted") == [], where
    for one in tree.iter():
        if not isinstance(one.tag, str):
            continue
        for name, value in one.attrib.items():
            assert not name.startswith(("on", "hx-on")), (where, name, value)
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
                assert not value.strip().lower().startswith(("javascript:", "//", "/\\", "http")), (where, name, value)
    assert "49" not in "".join(
        text for text in tree.itertext() if "javascript:H(1)" in text and "{{7*7}}" not in text
    ), where


def test_no_page_runs_what_stands_in_its_address(script_planted: Planted, client: TestClient) -> None:
    asked_for: dict[str, set[str]] = {}
    for route in all_routes(script_planted.app):
        names = {one.alias for one in getattr(getattr(route, "dependant", None), "query_params", ())}
        asked_for.setdefault(route.path or "", set()).update(names)
    visited = 0
    for path in paths(script_planted.app):
        if path.startswith(SKIPPED):
            continue
        names = [*EVERYWHERE, *sorted(asked_for.get(path, ()))]
        query = "&".join(f"{name}={quote(SCRIPT)}" for name in names)
        for address in addresses(script_planted.database, path):
            for asked in (query, *(f"{name}={quote(SCRIPT)}" for name in (*CHOICES, *sorted(asked_for.get(path, ()))))):
                answer = client.get(f"{urlsplit(address).path}?{asked}")
                assert answer.status_code < 500, (address, asked)
                is_harmless(answer.text, answer.headers.get("content-type", ""), f"{address}?{asked[:40]}")
                visited += 1
    assert visited > 300


def test_no_page_runs_what_stands_in_its_path(script_planted: Planted, client: TestClient) -> None:
    for path in paths(script_planted.app):
        if "{" not in path or path.startswith(SKIPPED):
            continue
        parts = [quote(SCRIPT, safe="") if "{" in part else part for part in path.split("/")]
        answer = client.get("/".join(parts))
        assert answer.status_code in (303, 400, 404, 405, 422), path
        is_harmless(answer.text, answer.headers["content-type"] if answer.text else "", path)


@pytest.mark.soak
def test_no_form_runs_what_was_typed_into_it(script_planted: Planted, client: TestClient) -> None:
    """Every form of every page, each of its fields filled with script, sent, and shown again with what is wrong."""
    sent: set[str] = set()
    for path in paths(script_planted.app):
        if path.startswith((*SKIPPED, "/sign-", "/welcome")):
            continue
        for address in addresses(script_planted.database, path):
            page = client.get(address)
            if page.status_code != 200 or "html" not in page.headers["content-type"]:
                continue
            for form in lxml.html.document_fromstring(page.text, ensure_head_body=True).forms:
                action = form.get("action") or address
                shape = f"{path} {urlsplit(action).path.rsplit('/', 1)[-1]}"
                if form.method != "POST" or shape in sent or action.endswith("/sign-out"):
                    continue
                sent.add(shape)
                names = {one.get("name") for one in form.xpath(".//input | .//select | .//textarea") if one.get("name")}
                typed = {name: SCRIPT for name in names if name not in NOT_TYPED}
                answer = client.post(action, data=typed)
                assert answer.status_code < 500, (address, action, sorted(names))
                is_harmless(answer.text, answer.headers.get("content-type", ""), f"{address} {action}")
    assert len(sent) > 40
