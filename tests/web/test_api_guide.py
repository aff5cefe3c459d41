"""The page about the API: every operation in both languages with its examples, and the ways that lead there."""

import json

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.web.api_visits import operations
from tests.web.visiting import visitor, visitor_with_role
from web.api_guide_words import GROUPS, SUMMARIES
from web.app import create_app

sqlite_database = on_sqlite(plant)


def test_every_operation_has_its_words_and_its_group() -> None:
    told = operations().values()
    assert {one["operationId"] for one in told} == set(SUMMARIES)
    assert {one["tags"][0] for one in told} == set(GROUPS)


def test_the_page_shows_every_operation_in_the_readers_language(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "leader")
    chinese, english = client.get("/api").text, client.get("/api?lang=en").text
    for (method, path), one in operations().items():
        for page in (chinese, english):
            assert f"<code>{method.upper()} {path}</code>" in page
        assert SUMMARIES[one["operationId"]] in chinese
        assert one["summary"].replace("'", "&#39;") in english
    sent = operations()["post", "/api/v1/ledger"]["requestBody"]["content"]["application/json"]["example"]
    shown = json.dumps(sent, ensure_ascii=False, indent=2).replace('"', "&#34;")
    assert shown in chinese


def test_the_account_page_leads_to_it_and_strangers_are_sent_to_sign_in(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    assert 'href="/api"' in visitor_with_role(app, "leader").get("/account").text
    answer = visitor(app).get("/api")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fapi")
