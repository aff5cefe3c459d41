"""The pages on which states and archivings are corrected: who may, what is said at which field, what is offered."""

from datetime import date

import pytest
from sqlmodel import Session, select

from core.database import Database
from portfolio.corrections import Correction
from portfolio.editing import archive_project
from portfolio.project_changes import ProjectChange
from tests.databases import on_sqlite, plant
from tests.reports.state_corrections_samples import halted, report_state
from tests.samples import SOMEBODY, find_small_plan
from tests.web.correction_visits import FOREST, Desk
from tests.web.reading_pages import form_on

sqlite_database = on_sqlite(plant)
NEW = "/corrections/new"
WHY = {"title": "更正状态", "reason": "报错了"}


def late(session: Session) -> int:
    """The forest is said to have been halted in the quarter that is closed; the id of that state comes back."""
    report_state(session, find_small_plan(session).forest, "halted", date(2024, 8, 1), "停工令", reason="漏报")
    return halted(session).id or 0


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    desk = Desk(sqlite_database)
    desk.do(late)
    return desk


def asked(desk: Desk) -> list[tuple[str, str | None]]:
    return desk.do(lambda session: [(row.kind, row.new_state) for row in session.exec(select(ProjectChange))])


def test_the_page_of_the_project_leads_to_the_correction_of_its_state(desk: Desk) -> None:
    id_ = desk.do(lambda session: halted(session).id)
    assert f"{NEW}?state={id_}" in desk.client("owner").get(f"/projects/{FOREST}?as_of=2024Q4").text
    assert f"{NEW}?state=" not in desk.client("finance").get(f"/projects/{FOREST}?as_of=2024Q4").text
    form = form_on(desk.client("owner").get(f"{NEW}?state={id_}"), NEW)
    names = (f"{name}-state-{id_}" for name in ("do", "state", "since_on", "document"))
    assert [form[name] for name in names] == ["replace", "halted", "2024-08-01", "停工令"]


@pytest.mark.parametrize(("role", "status"), [("owner", 303), ("head", 303), ("office", 303), ("finance", 404)])
def test_a_state_is_for_who_may_edit(desk: Desk, role: str, status: int) -> None:
    client, id_ = desk.client(role), desk.do(lambda session: halted(session).id)
    form = form_on(client.get(f"{NEW}?project={FOREST}&quarter=2024Q3"), NEW) | WHY
    answer = client.post(NEW, data=form | {f"do-state-{id_}": "undo"})
    assert answer.status_code == status
    assert asked(desk) == ([("withdrawal", None)] if status == 303 else [])


def test_strangers_find_no_state(desk: Desk) -> None:
    id_ = desk.do(lambda session: halted(session).id)
    for role in ("stranger", "leader", "auditor", "admin"):
        assert desk.client(role).get(f"{NEW}?state={id_}").status_code == 404, role
    assert desk.client("owner").get(f"{NEW}?state=999").status_code == 404
    assert desk.client("owner").get(f"{NEW}?state={10**30}").status_code == 404


def test_what_is_wrong_with_a_state_stands_at_its_field(desk: Desk) -> None:
    client = desk.client("owner")
    form = form_on(client.get(f"{NEW}?project={FOREST}&quarter=2024Q3"), NEW) | WHY
    answer = client.post(NEW, data=form | {"state-new-state-1": "building"})
    assert answer.status_code == 422
    assert 'id="e-since_on-new-state-1"' in answer.text
    sent = form | {"state-new-state-1": "building", "since_on-new-state-1": "2024-11-02", "document-new-state-1": "文"}
    assert "这一条属于 2024Q4" in client.post(NEW, data=sent).text
    sent |= {"since_on-new-state-1": "2024-09-02", "document-new-state-1": ""}
    assert 'id="e-document-new-state-1"' in client.post(NEW, data=sent).text
    assert asked(desk) == []
    assert client.post(NEW, data=sent | {"document-new-state-1": "复工令"}).status_code == 303
    assert asked(desk) == [("state", "building")]


def test_a_project_is_archived_and_restored_by_the_same_form(desk: Desk) -> None:
    client = desk.client("office")
    code = desk.do(lambda session: find_small_plan(session).sewage.code)
    form = form_on(client.get(f"{NEW}?project={code}&quarter=2024Q3"), NEW) | WHY
    answer = client.post(NEW, data=form | {"archive-new-archive-1": "1"})
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"]).text
    assert "已归档" in page
    other, place = desk.both(), answer.headers["location"]
    approve = f"{place}/approve"
    assert other.post(approve, data=form_on(other.get(place), approve)).status_code == 303
    assert desk.do(lambda session: find_small_plan(session).sewage.archived_reason) == "报错了"
    shown = client.get(f"/projects/{code}").text
    assert f"{NEW}?project={code}&amp;quarter=2024Q3" in shown
    id_ = desk.do(lambda session: find_small_plan(session).sewage.id)
    restoring = client.get(f"{NEW}?project={code}&quarter=2024Q3")
    assert "补记资金" not in restoring.text
    answer = client.post(NEW, data=form_on(restoring, NEW) | WHY | {f"do-archive-{id_}": "undo"})
    assert answer.status_code == 303, answer.text
    assert [kind for kind, _ in asked(desk)] == ["archiving", "restoring"]


def test_the_part_of_an_archived_package_is_not_corrected(desk: Desk) -> None:
    def archived(session: Session) -> str:
        small = find_small_plan(session)
        archive_project(session, small.water, reason="误", expected_version=small.water.row_version, by=SOMEBODY)
        return small.parts[0].code

    code = desk.do(archived)
    assert desk.client("office").get(f"{NEW}?project={code}&quarter=2024Q3").status_code == 409


def test_a_package_offers_itself_and_its_parts(desk: Desk) -> None:
    def of_water(session: Session) -> tuple[str, str]:
        small = find_small_plan(session)
        return small.water.code, small.parts[0].code

    package, part = desk.do(of_water)
    client = desk.client("office")
    form = form_on(client.get(f"{NEW}?project={package}&quarter=2024Q3"), NEW) | WHY
    said = {"state-new-state-1": "building", "since_on-new-state-1": "2024-09-02", "document-new-state-1": "开工令"}
    assert 'id="e-project-new-state-1"' in client.post(NEW, data=form | said).text
    assert client.post(NEW, data=form | said | {"project-new-state-1": FOREST}).status_code == 422
    assert client.post(NEW, data=form | said | {"project-new-state-1": part}).status_code == 303
    row = desk.do(lambda session: session.exec(select(Correction)).one().title)
    assert row == "更正状态"
