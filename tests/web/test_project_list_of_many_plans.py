"""The project list of somebody who sees more plans than a list to choose from can hold: a plan is named by its code."""

import pytest
from starlette.testclient import TestClient

from core.database import Database
from portfolio.plans import find_plan
from seed.synthetic import fill
from tests.web.project_visits import codes
from tests.web.visiting import visitor_with_role
from web.app import create_app
from web.listed_plans import SELECTABLE


@pytest.fixture
def client(sqlite_database: Database) -> TestClient:
    with sqlite_database.writing() as session:
        fill(session, SELECTABLE + 10, per_plan=1)
        draft = find_plan(session, "synthetic-0003")
        assert draft is not None
        draft.draft = True
        session.add(draft)
    return visitor_with_role(create_app(sqlite_database), "office")


def test_the_plan_is_typed_and_each_row_says_which_it_is_of(client: TestClient):
    page = client.get("/projects")
    assert '<select class="form-select form-select-sm" id="f-plan"' not in page.text
    assert 'id="f-plan" name="plan"' in page.text
    assert page.text.count("试验省 2021–2025") == 50
    assert "初稿" in page.text


def test_a_typed_code_narrows_the_list_and_offers_the_headings_of_its_plan(client: TestClient):
    page = client.get("/projects?plan=synthetic-0007")
    assert codes(page) == ["synthetic-000007"]
    assert "营造林工程" in page.text
    assert 'value="synthetic-0007"' in page.text


def test_a_code_of_no_plan_is_said_at_the_field_and_kept(client: TestClient):
    page = client.get("/projects?plan=nowhere")
    assert page.status_code == 422
    assert "nowhere" in page.text
    assert "一个规划的代码" in page.text


def test_the_export_names_every_plan(client: TestClient):
    text = client.get("/projects.csv?plan=synthetic-0007").text
    assert "试验7" in text


@pytest.mark.parametrize(("language", "word"), [("zh", "初稿"), ("en", "draft")])
def test_a_draft_is_marked_beside_its_place_in_the_language_of_the_page(client: TestClient, language: str, word: str):
    page = client.get(f"/projects?lang={language}")
    assert page.text.count(f'试验省 2021–2025 <span lang="{language}">{word}</span></td>') == 1
