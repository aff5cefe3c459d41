"""The API's scenarios: what the page says for the same changes, keys that all are taken, nothing saved, clear refusals."""

from urllib.parse import urlencode

import pytest
from sqlmodel import func, select
from starlette.testclient import TestClient

from core.audit import AuditEntry
from core.database import Database
from milestones.scenario_decisions import ScenarioDecision
from tests.databases import on_both
from tests.web.api_visits import must_fit
from tests.web.coverage_visits import AS_OF, SHELTER, covered_app, with_coverage
from tests.web.visiting import visitor_with_role

database = on_both(with_coverage)
ADDRESS, KEYS = "/api/v1/scenario", "/api/v1/scenario/changes"
ASKED = f"plan=qingshan&{AS_OF}"


@pytest.fixture
def office(database: Database) -> TestClient:
    return visitor_with_role(covered_app(database), "office")


def keys_of(office: TestClient) -> list[dict[str, str | None]]:
    answer = office.get(f"{KEYS}?{ASKED}")
    must_fit(answer, "get", KEYS)
    return list(answer.json())


def asking(*changes: str) -> str:
    return f"{ADDRESS}?{ASKED}&{urlencode([('change', one) for one in changes])}"


def test_a_change_moves_the_indicator_as_the_page_says(office: TestClient) -> None:
    answer = office.get(f"{ADDRESS}?{ASKED}&change=finish.{SHELTER}=2023")
    must_fit(answer, "get", ADDRESS)
    told = answer.json()
    assert [(one["kind"], one["before"], one["after"]) for one in told["changes"]] == [("finish", "2025", "2023")]
    (row,) = [one for one in told["moved"] if one["plan"] == "qingshan"]
    assert (row["no"], row["name"]) == ("1", "森林覆盖率")
    before, after = row["before"], row["after"]
    assert [one["if_all_finished"] for one in (before, after)] == ["33.8844", "33.7434"]
    assert [one["planned_exact"] for one in (before, after)] == [[9000, 1], [7000, 1]]
    assert [one["gap_exact"] for one in (before, after)] == [[63309, 4], [71309, 4]]
    assert [one["support_pct"] for one in (before, after)] == ["36.2505", "28.1948"]
    assert told["still"] + len(told["moved"]) == 3


def test_every_key_that_is_listed_is_taken(office: TestClient, database: Database) -> None:
    listed = keys_of(office)
    assert {one["kind"] for one in listed} == {"factor", "survival", "target", "finish"}
    assert len({one["change"] for one in listed}) == len(listed)
    for one in listed:
        other = "2031" if one["kind"] == "finish" else "0.25"
        told = office.get(asking(f"{one['change']}={other}"))
        assert told.status_code == 200, (one, told.text)
        (change,) = told.json()["changes"]
        assert (change["kind"], change["of"], change["what"]) == (one["kind"], one["of"], one["what"] or "")


def test_what_is_now_changes_nothing(office: TestClient) -> None:
    same = [f"{one['change']}={one['now']}" for one in keys_of(office) if one["now"] is not None]
    told = office.get(asking(*same)).json()
    assert (told["changes"], told["moved"]) == ([], [])


def test_nothing_is_saved(office: TestClient, database: Database) -> None:
    def counts() -> list[int]:
        with database.reading() as session:
            return [session.exec(select(func.count()).select_from(one)).one() for one in (AuditEntry, ScenarioDecision)]

    before = counts()
    assert office.get(f"{ADDRESS}?{ASKED}&change=finish.{SHELTER}=2023").status_code == 200
    assert counts() == before


@pytest.mark.parametrize(
    ("asked", "code", "found"),
    [
        ("change=nothing", "Invalid", "nothing"),
        (f"change=finish.{SHELTER}", "Invalid", f"finish.{SHELTER}"),
        (f"change=finish.{SHELTER}=2023&change=finish.{SHELTER}=2024", "Invalid", "2024"),
        (f"change=finish.{SHELTER}=soon", "Invalid", "soon"),
        ("change=finish.nowhere=2023", "NoSuchProject", "nowhere"),
        ("change=factor.1.99999=2", "NoSuchRule", "1.99999"),
        ("change=survival.99999=50", "NoSuchRule", "99999"),
        ("&".join(f"change=finish.p{one}=2023" for one in range(201)), "Invalid", "201"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(office: TestClient, asked: str, code: str, found: str) -> None:
    answer = office.get(f"{ADDRESS}?{ASKED}&{asked}")
    must_fit(answer, "get", ADDRESS)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert found in answer.json()["detail"]


def test_every_wrong_change_is_named(office: TestClient) -> None:
    answer = office.get(f"{ADDRESS}?{ASKED}&change=finish.nowhere=2023&change=survival.99999=50")
    must_fit(answer, "get", ADDRESS)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["problems"]] == ["NoSuchProject", "NoSuchRule"]


@pytest.mark.parametrize("address", [ADDRESS, KEYS])
def test_a_scenario_is_of_one_plan_that_the_reader_sees(office: TestClient, address: str) -> None:
    assert office.get(address).json()["code"] == "Missing"
    assert office.get(f"{address}?plan=nowhere").status_code == 404
