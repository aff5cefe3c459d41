"""Addresses that lead elsewhere, hosts that are not ours, paths out of the folder, odd methods, and what every answer carries."""

import re

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from core.database import Database
from core.settings import Settings
from tests.attacks.visiting import paths
from tests.samples import PASSWORD
from tests.web.visiting import HERE, person_in, setting, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app
from web.deps import SESSION_COOKIE
from web.evidence_pages import _POLICY as EVIDENCE_POLICY
from web.security import HEADERS, POLICY

ELSEWHERE = [
    *(
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
    ),
    *(
        "HTTPS:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
    ),
    *(
        "%2f%2fevil.example",
        "/%2fevil.example",
        "/%5cevil.example",
        " //evil.example",
        "/\x0b/evil.example",
        "@evil.example",
    ),
    *(
        "http:///evil.example",
        "/ /evil.example",
        "//evil.example@localhost",
        ".evil.example",
        "//localhost@evil.example",
    ),
]
HOSTILE = ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example", "[", "a b", ""]


def leads_here(location: str) -> bool:
    """Whether a browser that stands on a page of ours stays on our site. It takes a backslash for a slash, and drops tabs."""
    read = re.sub(r"[\t\n\r]", "", location).replace("\\", "/").strip()
    return (read.startswith("/") and not read.startswith("//")) or read.startswith(f"{HERE}/")


@pytest.mark.parametrize("next_", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(sqlite_database: Database, next_: str) -> None:
    person_in(sqlite_database, password=PASSWORD)
    client = visitor(create_app(sqlite_database))
    typed = {"username": "reader", "password": PASSWORD, "next": next_}
    answer = client.post("/sign-in", params={"next": next_}, data=typed)
    assert answer.status_code == 303
    assert leads_here(answer.headers["location"])
    for path in ("/sign-in", "/account/second-factor"):
        shown = client.get(path, params={"next": next_})
        assert leads_here(shown.headers.get("location", "/"))
        assert all(
            leads_here(href) or href.startswith(("#", "?"))
            for href in re.findall(r'(?:href|action)="([^"]*)"', shown.text)
        )


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "//evil.example",
        "///evil.example/%2e%2e",
        "/%5cevil.example",
        "/%09/evil.example",
        "//evil.example/%0d%0aX:y",
    ],
)
def test_no_page_links_to_the_host_that_a_path_seems_to_name(sqlite_database: Database, path: str) -> None:
    app = create_app(sqlite_database)
    for client in (visitor(app), visitor_with_role(app, "office")):
        answer = client.get(f"{HERE}{path}")
        assert leads_here(answer.headers.get("location", "/")), answer.headers
        assert "x" not in {name.lower() for name in answer.headers}
        found = re.findall(r'(?:href|action|hx-get)="([^"]*)"', answer.text)
        assert [href for href in found if not leads_here(href) and not href.startswith(("#", "?"))] == []


# ---- hosts


def link_made(client: TestClient, **headers: str) -> str:
    answer = client.post("/people/2/links", headers=headers)
    return answer.text


@pytest.mark.parametrize("host", HOSTILE)
def test_with_its_address_set_the_system_answers_to_no_other_host(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    with setting(monkeypatch, public_address="https://qingshan.example.gov.cn"):
        app = create_app(sqlite_database)
        client = visitor_with_role(app, "admin")
        person_in(sqlite_database, "new")
        refused = client.get("/people", headers={"Host": host})
        assert refused.status_code == 421
        assert "https://qingshan.example.gov.cn" in refused.text
        assert "evil" not in refused.text
        assert refused.headers["content-security-policy"] == POLICY
        origin = {"Host": host, "Origin": f"http://{host}"}
        assert client.post("/people/2/links", headers=origin).status_code == 421
        assert client.get("/health/live", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_one_time_links_lead_to_the_address_that_the_operator_set(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    person_in(sqlite_database, "new")
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    assert re.search(r"http://localhost/welcome/[\w-]{32}", link_made(client, **forwarded))
    with setting(monkeypatch, public_address="https://Qingshan.example.gov.cn/"):
        assert re.search(r"https://qingshan\.example\.gov\.cn/welcome/[\w-]{32}", link_made(client))


@pytest.mark.parametrize(
    "value", ["qingshan.example", "ftp://a", "https://a/b", "https://a?b", "https://u@a", "https://"]
)
def test_an_address_of_the_system_that_is_none_is_refused_at_start(value: str) -> None:
    with pytest.raises(ValueError, match="expected the address without a path"):
        Settings(public_address=value)


# ---- paths and methods

OUT = [
    *("../core/settings.py", "..%2f..%2fcore/settings.py", "%2e%2e/%2e%2e/core/settings.py", "....//core/settings.py"),
    *(
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "..\\..\\core\\settings.py",
        "..%5c..%5ccore%5csettings.py",
        "app.js%2f..%2f..%2fapp.py",
        ".",
    ),
    *("%252e%252e/settings.py", "\u2025/\u2025/core", ""),
]


@pytest.mark.parametrize("under", ["/static/", "/vendor/"])
@pytest.mark.parametrize("path", OUT)
def test_no_path_leads_out_of_the_folder(sqlite_database: Database, under: str, path: str) -> None:
    answer = visitor(create_app(sqlite_database)).get(f"{under}{path}")
    assert answer.status_code in (303, 400, 404)
    assert "root:" not in answer.text
    assert "BaseSettings" not in answer.text


@pytest.mark.parametrize(
    "method", ["TRACE", "TRACK", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "OPTIONS", "BREW"]
)
def test_odd_methods_do_nothing_and_say_nothing_again(sqlite_database: Database, method: str) -> None:
    client = visitor_with_role(create_app(sqlite_database), "office")
    for path in ("/projects", "/people", "/sign-in", "/api/v1/projects", "/nothing"):
        answer = client.request(method, path, headers={"X-Secret": "told-again"})
        assert answer.status_code in (403, 404, 405), (method, path)
        assert "told-again" not in answer.text
        assert "told-again" not in str(answer.headers)


# ---- errors


def breaking(database: Database) -> FastAPI:
    app = create_app(database)

    @app.get("/breaks")
    @app.get("/api/breaks")
    def get_breaks() -> JSONResponse:
        raise RuntimeError("SELECT password_hash FROM person; /srv/qingshan/core/people.py; psycopg.OperationalError")

    return app


@pytest.mark.parametrize("path", ["/breaks", "/api/breaks"])
def test_a_fault_tells_nothing_of_the_inside_in_any_form(sqlite_database: Database, path: str) -> None:
    client = visitor_with_role(breaking(sqlite_database), "admin")
    for headers in ({}, {"Accept": "application/json"}, {"HX-Request": "true"}, {"X-Request-ID": "<script>"}):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 500
        told = answer.text + str(answer.headers)
        for inside in (
            "Traceback",
            "password_hash",
            "SELECT",
            "/srv",
            "psycopg",
            "RuntimeError",
            ".py",
            "uvicorn",
            "starlette",
        ):
            assert inside not in told, inside
        assert "server" not in answer.headers
        assert "<script>" not in answer.headers["x-request-id"]


# ---- what every answer carries


def is_guarded(answer: object, where: str) -> None:
    headers = answer.headers  # type: ignore[attr-defined]
    for name, value in HEADERS.items():
        found = headers.get_list(name)
        assert len(found) == 1, (where, name, found)
        if name != "Content-Security-Policy":
            assert found == [value], (where, name)
        elif found != [POLICY]:
            assert found == [EVIDENCE_POLICY], where
            assert "sandbox" in found[0], where
            assert "script-src" not in found[0], where
    assert "public" not in headers["cache-control"] or where.startswith(("/static", "/vendor")), where


def test_every_route_answers_with_every_header(sqlite_stored: Database) -> None:
    app = create_app(sqlite_stored)
    clients = (visitor(app), visitor_with_role(app, "office"))
    for method in ("GET", "POST"):
        for path in paths(app, method):
            address = re.sub(r"\{\w+\}", "1", path)
            for client in clients:
                answer = client.request(method, address)
                assert answer.status_code < 500 or path.startswith("/health"), (method, path)
                is_guarded(answer, path)
                assert "strict-transport-security" not in answer.headers
                assert "access-control-allow-origin" not in answer.headers
    assert "'unsafe" not in POLICY
    for needed in (
        "default-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    ):
        assert needed in POLICY


def test_behind_https_every_answer_says_so_and_every_cookie_is_kept_from_the_clear(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_in(sqlite_database, password=PASSWORD)
    with setting(monkeypatch, secure_cookies="true"):
        client = visitor(create_app(sqlite_database))
        answer = client.post("/sign-in", data={"username": "reader", "password": PASSWORD})
        page = client.get("/sign-in?lang=en&unit=元")
    cookies = [*answer.headers.get_list("set-cookie"), *page.headers.get_list("set-cookie")]
    names = {one.partition("=")[0] for one in cookies}
    assert names >= {f"__Host-{name}" for name in (SESSION_COOKIE, "qingshan_lang", "qingshan_unit")}
    for cookie in cookies:
        words = {word.strip().lower() for word in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax"} <= words, cookie
        assert not any(word.startswith("domain") for word in words), cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_no_page_with_somebodys_data_is_kept_on_the_way(sqlite_stored: Database) -> None:
    app = create_app(sqlite_stored)
    client = signed_in_visitor(app, person_in(sqlite_stored, "the-reader", "office"))
    for path in (
        "/",
        "/projects",
        "/account",
        "/projects.csv",
        "/projects.xlsx",
        "/api/v1/projects",
        "/money/ledger.csv",
        "/nothing",
    ):
        kept = client.get(path).headers["cache-control"]
        assert "private" in kept or "no-store" in kept, path
