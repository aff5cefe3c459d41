"""What every answer carries, and what is refused before any route is asked."""

import re
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from sqlmodel import select
from starlette.types import Message, Receive, Scope, Send

from core.database import Database
from core.people import Person
from core.settings import ROOT
from tests.samples import PASSWORD
from tests.together import at_once
from tests.web.visiting import HERE, person_in, setting, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app
from web.deps import SESSION_COOKIE
from web.pages import environment
from web.security import POLICY, BodyLimit

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


# ---- headers


def test_every_answer_carries_the_policy_whatever_its_status(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)

    @app.get("/breaks")
    def get_breaks() -> None:
        raise RuntimeError("the secret name of a table")

    client = visitor(app)
    asset = re.search(r'href="(/static/[^"]+\.css)"', client.get("/sign-in").text)
    assert asset is not None
    answers = {
        "page": client.get("/sign-in"),
        "redirect": client.get("/people"),
        "missing": client.get("/nothing"),
        "asset": client.get(asset[1]),
        "fault": client.get("/breaks"),
        "refused": visitor(app, Origin="https://evil.example").post("/sign-in"),
        "too large": client.post("/sign-in", content=b"x" * 2_000_001),
        "wrong method": client.put("/sign-in"),
        "api": client.get("/api/nothing"),
    }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert list(statuses.values()) == [200, 303, 404, 200, 500, 403, 413, 405, 404]
    for name, answer in answers.items():
        assert answer.headers.get("content-security-policy") == POLICY, name
        assert answer.headers["x-content-type-options"] == "nosniff", name
        assert answer.headers["referrer-policy"] == "same-origin", name
        assert "permissions-policy" in answer.headers, name
    assert "unsafe" not in POLICY


def test_every_text_says_how_it_is_encoded(sqlite_stored: Database) -> None:
    client = visitor_with_role(create_app(sqlite_stored), "office")
    page = client.get("/projects")
    loaded = re.findall(r'(?:href|src)="(/(?:static|vendor)/[^"]+)"', page.text)
    others = ["/projects.csv", "/api/v1/projects", "/api/nothing", "/nothing", "/health/live"]
    kinds = {address: client.get(address).headers["content-type"] for address in [*loaded, *others]}
    assert {kind.partition(";")[0] for kind in kinds.values()} >= {"text/css", "text/javascript", "image/svg+xml"}
    for address, kind in kinds.items():
        if not kind.startswith(("application/json", "application/problem+json")):  # UTF-8 by RFC 8259
            assert kind.endswith("; charset=utf-8"), (address, kind)


def test_password_fields_are_masked_and_let_a_browser_fill_them(sqlite_database: Database) -> None:
    client = signed_in_visitor(create_app(sqlite_database), person_in(sqlite_database, password=PASSWORD))
    for page, fields in (
        (visitor(create_app(sqlite_database)).get("/sign-in"), 1),
        (client.get("/account/password"), 3),
    ):
        found = re.findall(r"<input[^>]* name=\"[a-z_]*password[a-z_]*\"[^>]*>", page.text)
        assert len(found) == fields
        for field in found:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
    assert "onpaste" not in "".join(path.read_text("utf-8") for path in (ROOT / "web" / "static").glob("*.js"))


def test_every_page_of_somebody_signed_in_leads_out(sqlite_stored: Database) -> None:
    client = visitor_with_role(create_app(sqlite_stored), "office")
    for address in ("/", "/projects", "/money", "/account", "/nothing"):
        assert '<form method="post" action="/sign-out"' in client.get(address).text, address


def test_scripts_of_ours_build_no_markup_and_merge_no_objects() -> None:
    for path in sorted((ROOT / "web" / "static").glob("*.js")):
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|JSON\.parse|Object\.assign"
            r"|__proto__|postMessage|localStorage|sessionStorage",
            path.read_text(encoding="utf-8"),
        )
        assert found == [], path.name


def test_a_fault_tells_its_number_and_nothing_of_the_inside(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)

    @app.get("/breaks")
    def get_breaks() -> None:
        raise RuntimeError("the secret name of a table")

    answer = visitor(app).get("/breaks")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    program = visitor(app).get("/api/breaks-not")
    assert program.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_needs_what_the_policy_forbids(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text), "a style attribute"
    assert not re.search(r"<style", text), "a style element"
    assert not re.search(r"\son[a-z]+=[\"']", text), "a script attribute"
    assert not re.search(r"\shx-on\b|\shx-on:", text), "htmx would evaluate this"
    assert not re.search(r"javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "a script inside the page"
    assert not re.search(r"(src|href)=\"(https?:)?//", text), "another host"
    assert not re.search(r"(?<![\"'])\s*\|\s*safe\b", text), "unescaped text that is no constant of the template"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_compiles(language: str) -> None:
    for template in TEMPLATES:
        environment(language, "万元").get_template(str(template.relative_to(ROOT / "templates")))


# ---- writes from other sites


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": ""},
    ],
)
def test_a_write_from_another_site_is_refused_and_sign_in_too(
    sqlite_database: Database, headers: dict[str, str]
) -> None:
    app = create_app(sqlite_database)
    client = visitor_with_role(app, "admin")
    del client.headers["Origin"]
    answer = client.post("/people", data={"username": "planted", "name": "x", "role": "admin"}, headers=headers)
    assert answer.status_code == 403
    assert visitor(app).post("/sign-in", headers=headers).status_code == 403
    with sqlite_database.reading() as session:
        assert session.exec(select(Person).where(Person.username == "planted")).first() is None


def test_a_write_with_our_cookie_and_no_word_of_where_it_comes_from_is_refused(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    del client.headers["Origin"]
    assert client.post("/sign-out").status_code == 403
    assert client.get("/people").status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": HERE}])
def test_a_write_from_our_own_pages_passes(sqlite_database: Database, headers: dict[str, str]) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    del client.headers["Origin"]
    assert client.post("/sign-out", headers=headers).status_code == 303


def test_a_program_without_a_cookie_may_sign_in(sqlite_database: Database) -> None:
    person_in(sqlite_database, password=PASSWORD)
    client = visitor(create_app(sqlite_database))
    del client.headers["Origin"]
    assert client.post("/sign-in", data={"username": "reader", "password": PASSWORD}).status_code == 303
    assert SESSION_COOKIE in client.cookies


# ---- large and broken bodies


def chunks(total: int) -> Iterator[bytes]:
    yield b"username="
    for _ in range(total // 10_000):
        yield b"a" * 10_000


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_limit_gets_a_page_that_says_so(sqlite_database: Database, chunked: bool) -> None:
    client = visitor(create_app(sqlite_database), **{"Content-Type": "application/x-www-form-urlencoded"})
    content = chunks(10_000_000) if chunked else b"".join(chunks(10_000_000))
    answer = client.post("/sign-in", content=content)
    assert answer.status_code == 413
    assert "2,000 KB" in answer.text
    assert "<h1>内容太大</h1>" in answer.text


def test_a_body_below_the_limit_reaches_the_rule_of_its_field(sqlite_database: Database) -> None:
    answer = visitor(create_app(sqlite_database)).post("/sign-in", data={"username": "a" * 1_500_000, "password": "b"})
    assert answer.status_code == 401


def test_no_more_than_the_limit_ever_reaches_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            reached.append(len(message["body"]))
            more = message.get("more_body", False)

    sent = 0

    async def receive() -> Message:
        nonlocal sent
        sent += 8_000
        return {"type": "http.request", "body": b"x" * 8_000, "more_body": sent < 1_000_000}

    async def send(_message: Message) -> None: ...

    async def visit() -> None:
        with pytest.raises(Exception, match="413"):
            await BodyLimit(app)({"type": "http", "headers": [], "method": "POST", "path": "/"}, receive, send)

    with setting(monkeypatch, max_body_bytes="50000"):
        assert at_once(lambda: anyio.run(visit)) == [None]  # in a thread: the browser of other tests may hold this one
    assert sum(reached) <= 50_000
    assert sent == 1_000_000, "the rest was read and dropped, so that the browser sees the answer"


ZEROS = [
    *("/sign-in?next=%00", "/plans/%00", "/projects/a%00b", "/people/%00", "/people?q=a%00b", "/projects?plan=%00"),
    *("/projects?%00=1", "/projects/qingshan-01/edit?lang=en%00", "/static/%00.css"),
]


@pytest.mark.parametrize("path", ZEROS)
def test_a_zero_character_in_the_address_is_refused_before_it_reaches_the_database(
    database: Database, path: str
) -> None:
    app = create_app(database)
    for client in (visitor(app), visitor_with_role(app, "office")):
        answer = client.get(path)
        assert answer.status_code == 400
        assert "<h1>无法读取</h1>" in answer.text
        assert "这个网址里有不能使用的字符（空字符）" in answer.text
        assert "%00" not in answer.text, "no link of the page leads there again"
        assert answer.headers["content-security-policy"] == POLICY


def test_a_zero_character_is_refused_in_writes_and_told_to_programs_too(database: Database) -> None:
    client = visitor_with_role(create_app(database), "office")
    assert client.post("/projects/%00/edit", data={"name": "x"}).status_code == 400
    program = client.get("/api/v1/projects?plan=%00")
    assert (program.status_code, program.headers["content-type"]) == (400, "application/problem+json")
    assert program.json()["code"] == "ZeroInAddress"
    assert client.get("/projects?q=%2500").status_code == 200, "a percent sign and two zeros are text"


def test_broken_forms_are_refused_without_a_fault(sqlite_database: Database) -> None:
    client = visitor(create_app(sqlite_database))
    broken = client.post("/sign-in", content=b"--x\r\nbad", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert broken.status_code in (400, 401)
    crowded = client.post("/sign-in", data={f"field{n}": "1" for n in range(1_500)})
    assert crowded.status_code == 400
    zeros = client.post("/sign-in", data={"username": "a\x00b", "password": "\ud800".encode("utf-8", "surrogatepass")})
    assert zeros.status_code == 401
