"""后台任务: started, watched, cancelled and told by pages; nobody sees what somebody else started."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlmodel import col, update
from starlette.testclient import TestClient

from core.audit import OPERATOR
from core.calendar import now
from core.claims import claim_next
from core.database import Database
from core.errors import Missing
from core.files import StoredFile, path_of, store_file
from core.jobs import DONE, PAGE, WAITING, Job, enqueue
from core.people import Person
from core.working import RunningJob, work_off
from portfolio.plans import find_plan
from portfolio.projects import ProjectListing
from tests.core.job_samples import KIND, eventually, kept
from tests.web.project_visits import department, small_app
from tests.web.reading_pages import form_on, rows_on
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app
from web.job_handlers import HANDLERS

PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


def job_of(database: Database, person: Person, title: str = "一项工作") -> int:
    with database.writing() as session:
        return enqueue(session, KIND, title, {}, by=person.actor).id or 0


def finished(database: Database, result: dict[str, Any], file: bytes | None = None) -> None:
    """Does what waits, with this result."""

    def handler(job: RunningJob) -> None:
        with job.database.writing() as session:
            row = None if file is None else store_file(session, file, "三月 结果.csv", "text/html", by=job.by)
            job.finish(session, result, row)

    work_off(database, {KIND: handler})


def failed(database: Database, error: Exception) -> None:
    def handler(_job: RunningJob) -> None:
        raise error

    work_off(database, {KIND: handler})


def pressed(client: TestClient, action: str, page: str = "/reports") -> Response:
    return client.post(action, data=form_on(client.get(page), action))


def words(response: Response) -> str:
    return " ".join(response.text.split())


def test_the_office_starts_a_check_and_reads_its_result(stored: Database) -> None:
    app = small_app(stored)
    client = visitor_with_role(app, "office")
    answer = pressed(client, "/jobs/check")
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/1")
    assert "排队中" in client.get("/jobs/1").text
    assert work_off(stored, HANDLERS) == 1
    told = client.get("/jobs/1").text
    assert "已完成" in told
    assert "核对完毕，各项数字一致。" in told


def test_a_rebuild_mends_what_a_check_found(stored: Database) -> None:
    app = small_app(stored)
    client = visitor_with_role(app, "office")
    with stored.writing() as session:
        session.execute(update(ProjectListing).values(estimate_fen=col(ProjectListing.estimate_fen) + 1))
    for action in ("/jobs/check", "/jobs/rebuild", "/jobs/check"):
        assert pressed(client, action).status_code == 303
    work_off(stored, HANDLERS)
    first, second, third = (words(client.get(f"/jobs/{number}")) for number in (1, 2, 3))
    assert "处不一致" in first
    assert "project list, project 1: estimate_fen 9000000001 ≠ 9000000000</li>" in first
    assert "已重建 3 个项目" in second
    assert "各项数字一致" in third


def test_who_does_not_see_every_plan_is_told_how_many_differ_but_not_where(sqlite_stored: Database) -> None:
    app = small_app(sqlite_stored)
    with sqlite_stored.writing() as session:
        plan = find_plan(session, "qingshan")
        session.execute(update(ProjectListing).values(estimate_fen=col(ProjectListing.estimate_fen) + 1))
        session.flush()
        session.expunge_all()
    client = visitor_with_role(app, "office", plan=plan)
    pressed(client, "/jobs/check")
    work_off(sqlite_stored, HANDLERS)
    told = words(client.get("/jobs/1"))
    assert "处不一致" in told
    assert "project list" not in told


@pytest.mark.parametrize("role", ["owner", "head", "leader", "finance", "auditor", "admin"])
def test_other_roles_neither_find_the_buttons_nor_start_the_work(sqlite_stored: Database, role: str) -> None:
    app = small_app(sqlite_stored)
    own = department(sqlite_stored, "水利局") if role in ("owner", "head") else None
    client = signed_in_visitor(app, person_in(sqlite_stored, "somebody", role, department=own))
    assert "/jobs/check" not in client.get("/reports").text
    for action in ("/jobs/check", "/jobs/rebuild"):
        assert client.post(action, data={}).status_code == 404
    assert "还没有提交过后台任务" in client.get("/jobs").text


def test_a_second_press_starts_no_second_job(stored: Database) -> None:
    client = visitor_with_role(small_app(stored), "office")
    form = form_on(client.get("/reports"), "/jobs/check")
    answers = [client.post("/jobs/check", data=form).headers["location"] for _ in range(2)]
    assert answers == ["/jobs/1", "/jobs/1"]
    assert client.get("/jobs/2").status_code == 404


def test_a_rebuild_by_somebody_who_lost_the_right_meanwhile_does_nothing(sqlite_stored: Database) -> None:
    app = small_app(sqlite_stored)
    person = person_in(sqlite_stored, "leaving", "office")
    client = signed_in_visitor(app, person)
    pressed(client, "/jobs/rebuild")
    with sqlite_stored.writing() as session:
        session.execute(update(Person).where(col(Person.id) == person.id).values(active=False))
    work_off(sqlite_stored, HANDLERS)
    with sqlite_stored.reading() as session:
        assert session.get_one(Job, 1).state == "failed"


def test_only_who_started_a_job_sees_it_and_a_strange_one_looks_like_none(database: Database) -> None:
    app = create_app(database)
    job = job_of(database, person_in(database, "wang", "office"), "机密的标题")
    finished(database, {"href": "/projects"}, b"a,b\n")
    for role in ("office", "auditor", "admin"):
        client = visitor_with_role(app, role)
        for address in (f"/jobs/{job}", f"/jobs/{job}/file"):
            strange, missing = client.get(address), client.get(address.replace(f"/{job}", "/4711"))
            assert strange.status_code == missing.status_code == 404, (role, address)
            assert "机密" not in strange.text
        assert client.post(f"/jobs/{job}/cancel", data={}).status_code == 404
        assert "机密" not in client.get("/jobs").text
    assert visitor(app).get(f"/jobs/{job}").headers["location"] == f"/sign-in?next=%2Fjobs%2F{job}"


def test_a_job_is_cancelled_by_its_button(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, "wang", "office")
    client = signed_in_visitor(app, person)
    waiting, running = job_of(database, person), job_of(database, person)
    address = f"/jobs/{waiting}"
    assert pressed(client, f"{address}/cancel", address).headers["location"] == address
    assert "已取消" in client.get(address).text
    assert claim_next(database, "w", {KIND}) is not None
    address = f"/jobs/{running}"
    assert "取消任务" in client.get(address).text
    pressed(client, f"{address}/cancel", address)
    told = client.get(address).text
    assert "已要求取消" in told
    assert "取消任务" not in told


def test_a_running_job_shows_how_far_it_is_and_its_part_asks_for_itself_again(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, "wang", "office")
    client = signed_in_visitor(app, person)
    job = job_of(sqlite_database, person)
    assert claim_next(sqlite_database, "w", {KIND}) is not None
    with sqlite_database.writing() as session:
        session.execute(update(Job).values(done_count=1500, total_count=20000, step="核对各行"))
    part = client.get(f"/jobs/{job}", headers=PART).text
    assert "<html" not in part
    assert f'hx-get="/jobs/{job}" hx-trigger="every 1s"' in part
    for text in ('max="20000" value="1500"', "核对各行", "1,500 / 20,000"):
        assert text in part
    assert '<noscript><meta http-equiv="refresh"' in client.get(f"/jobs/{job}").text
    with sqlite_database.writing() as session:
        session.execute(update(Job).values(state=DONE, result="{}", ended_at=now()))
    ended = client.get(f"/jobs/{job}", headers=PART).text
    assert "hx-trigger" not in ended
    assert 'hx-swap-oob="innerHTML"' in ended
    assert "refresh" not in client.get(f"/jobs/{job}").text


@pytest.mark.parametrize(
    ("error", "zh", "en"),
    [
        (Missing(field="name", label="姓名"), ["“姓名”不能为空。", "请按上面的说明处理"], ["Name"]),
        (RuntimeError("at 0x7f secret"), ["系统出了错，任务没有做完。", "把任务编号告诉系统管理员"], []),
    ],
)
def test_a_failure_says_what_went_wrong_and_what_to_do(
    database: Database, error: Exception, zh: list[str], en: list[str]
) -> None:
    app = create_app(database)
    person = person_in(database, "wang", "office")
    client = signed_in_visitor(app, person)
    job = job_of(database, person)
    failed(database, error)
    told = client.get(f"/jobs/{job}").text
    for text in ["失败", *zh]:
        assert text in told
    for text in en:
        assert text in client.get(f"/jobs/{job}?lang=en").text
    assert "secret" not in told
    assert "RuntimeError" not in told


def test_a_result_leads_on_and_its_file_is_saved_not_shown(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, "wang", "office")
    client = signed_in_visitor(app, person)
    job = job_of(database, person)
    result = {"sentence": "已导入 %(count)s 笔。", "facts": {"count": 3}, "href": "/projects?q=a", "label": "查看项目"}
    finished(database, result, b"<script>alert(1)</script>")
    told = client.get(f"/jobs/{job}?as_of=2024Q4").text
    assert "已导入 3 笔。" in told
    assert 'href="/projects?q=a&amp;as_of=2024Q4">查看项目' in told
    answer = client.get(f"/jobs/{job}/file")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    with database.reading() as session:
        path_of(session.get_one(StoredFile, 1)).unlink()
    gone = client.get(f"/jobs/{job}/file")
    assert gone.status_code == 410
    assert "在服务器上找不到了" in gone.text


def test_the_list_goes_on_page_by_page_and_a_made_up_place_is_refused(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, "wang", "office")
    client = signed_in_visitor(app, person)
    with database.writing() as session:
        more = {"created_by_id": person.id, "created_by": person.name, "created_at": now(), "state": DONE}
        session.add_all(Job(kind=KIND, title=f"100% 第{number}项", given="{}", **more) for number in range(PAGE + 2))
    first = client.get("/jobs")
    assert "100% 第51项" in first.text
    titles = [row[0] for row in rows_on(first)[1:]]
    assert len(titles) == PAGE
    assert 'href="/jobs?after=3"' in first.text
    assert [row[0] for row in rows_on(client.get("/jobs?after=3"))[1:]] == ["100% 第1项", "100% 第0项"]
    assert client.get("/jobs?after=x").status_code == 422
    assert client.get("/jobs?after=99999999999999999999").status_code == 422


def test_the_server_does_jobs_itself_unless_it_is_told_not_to(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with setting(monkeypatch, workers="0"), TestClient(small_app(stored)):
        with stored.writing() as session:
            job = enqueue(session, "check", "核对", {}, by=OPERATOR).id or 0
        time.sleep(1)
        assert kept(stored, job).state == WAITING
    with setting(monkeypatch, workers="2"), TestClient(create_app(stored)):
        eventually(lambda: kept(stored, job).state == DONE)
