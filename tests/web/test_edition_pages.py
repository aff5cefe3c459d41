"""Editions on pages and in the API: who reaches what, the check list, the job, comparisons, the number beside the picker."""

import html
import io
import json
import re
import zipfile

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlmodel import delete
from starlette.testclient import TestClient

from core.database import Database
from core.jobs import DONE, FAILED
from core.working import RunningJob, work_off
from portfolio.grants import Grant
from tests.core.job_samples import kept
from tests.databases import on_sqlite, plant
from tests.reports.edition_samples import closed, files_of, issue_first
from tests.reports.period_samples import opened
from tests.reports.word_samples import a_docx
from tests.samples import find_small_plan
from tests.web.reaching import each_role_reaches_only_its_own, routes, strangers_are_sent_to_sign_in
from tests.web.visiting import visitor
from tests.web.work_visits import People, apart
from web import (
    edition_compare_pages,
    edition_issue_pages,
    edition_pages,
    word_template_pages,
)
from web.job_handlers import HANDLERS

sqlite_database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

MODULES = (edition_compare_pages, edition_issue_pages, edition_pages, word_template_pages)
ROLES = ("owner", "stranger", "head", "office", "leader", "finance", "auditor", "admin")
SEEING = {"owner", "stranger", "head", "office", "leader", "finance", "auditor"}
WHO = {
    ("GET", "/editions/compare"): {*SEEING, "admin"},  # who sees no plan finds nothing to compare
    ("GET", "/editions/{number}"): SEEING,
    ("GET", "/editions/{number}/file.{kind}"): SEEING,
    ("GET", "/quarter/{code}/{name}/issue"): {"office"},
    ("POST", "/quarter/{code}/{name}/issue"): {"office"},
    ("POST", "/quarter/{code}/{name}/pack"): {"office"},
    ("GET", "/plans/{code}/word-template"): {"office"},
    ("GET", "/plans/{code}/word-template/in-use.docx"): {"office"},
    ("GET", "/plans/{code}/word-template/program.docx"): {"office"},
    ("POST", "/plans/{code}/word-template/file"): {"office"},
    ("POST", "/plans/{code}/word-template/program"): {"office"},
}
ISSUE = "/quarter/qingshan/2024Q2/issue"


def address(path: str) -> str:
    filled = path.replace("{number}", "1").replace("{kind}", "xlsx")
    return filled.replace("{code}", "qingshan").replace("{name}", "2024Q2")


def test_every_route_has_a_row() -> None:
    assert routes(*MODULES) == set(WHO)
    assert not [path for _, path in WHO if re.search(r"[{}]", address(path))]


def test_each_role_reaches_its_routes_and_nothing_else(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    people = People(sqlite_database)
    each_role_reaches_only_its_own(people, ROLES, WHO, address, {})
    for role in ROLES:
        client = people.somebody(role)
        listed = client.get("/api/v1/editions").json()
        assert [row["number"] for row in listed] == ([1] if role in SEEING else [])
        for path in ("/api/v1/editions/1", "/api/v1/editions/1.json"):
            assert client.get(path).status_code == (200 if role in SEEING else 404)


def test_strangers_to_the_system_are_sent_to_sign_in(sqlite_database: Database) -> None:
    app = People(sqlite_database).app
    strangers_are_sent_to_sign_in(app, WHO, address)
    assert visitor(app).get("/api/v1/editions").status_code == 401


def test_what_is_downloaded_is_what_was_issued(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    client, files = People(sqlite_database).with_role("auditor"), files_of(sqlite_database, 1)
    for kind, content in files.items():
        answer = client.get(f"/editions/1/file.{kind}")
        assert answer.content == content
        assert f"2024Q2-1.{kind}" in answer.headers["content-disposition"]
        assert "%E7%AC%AC2%E5%AD%A3" in answer.headers["content-disposition"], "its name is Chinese for new browsers"
    assert client.get("/api/v1/editions/1.json").content == files["json"]
    row = client.get("/api/v1/editions?plan=qingshan").json()[0]
    assert (row["plan"], row["period"], row["number"]) == ("qingshan", "2024Q2", 1)
    assert client.get("/api/v1/editions/1").json() == row
    assert client.get("/editions/1/file.exe").status_code == 404
    assert client.get("/editions/2").status_code == 404


def test_the_page_of_an_edition_says_what_it_holds(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    client = People(sqlite_database).with_role("leader")
    page = client.get("/editions/1").text
    data = json.loads(files_of(sqlite_database, 1)["json"])
    for sentence in data["narrative"][:2]:
        assert sentence in page
    assert "这是本规划发布的第一期" in page
    listed = client.get("/reports").text
    assert 'href="/editions/1"' in listed
    assert "/editions/1/file.docx" in listed
    assert "/editions/1/file.en.docx" in listed


def test_the_page_in_english_says_what_was_issued_in_english(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    page = People(sqlite_database).with_role("leader").get("/editions/1?lang=en").text
    data = json.loads(files_of(sqlite_database, 1)["json"])
    assert len(data["english"]["narrative"]) == len(data["narrative"]) > 2
    assert html.unescape(page).count(data["english"]["narrative"][0]) == 1
    assert data["narrative"][0] not in page


def test_the_cover_of_the_workbook_bears_the_number(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    book = load_workbook(io.BytesIO(files_of(sqlite_database, 1)["xlsx"]))
    texts = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "第 1 号 · 总第 1 期" in texts
    assert all("第 1 号 · 总第 1 期" in str(sheet.oddHeader.right.text) for sheet in book.worksheets)


# ---- issuing


def issue(client: TestClient, **more: str) -> str:
    """Presses the button; where it leads comes back."""
    answer = client.post(ISSUE, data={"request_key": "k1", **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_the_office_issues_by_a_job_and_pressing_twice_does_it_once(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    office = people.with_role("office")
    assert "现在还不能发布" in office.get(ISSUE).text
    refused = office.post(ISSUE, data={"request_key": "k0"})
    assert refused.status_code == 409
    assert "还没有关账" in refused.text
    with sqlite_database.writing() as session:
        closed(session, "2024Q2")
    assert "可以发布" in office.get(ISSUE).text
    led = issue(office, note="第 3 次会议审定")
    assert issue(office) == led
    assert "正在发布这个报告期" in office.get(ISSUE).text
    assert work_off(sqlite_database, HANDLERS) == 1
    assert "已发布，是第 1 号" in office.get(led).text
    assert "第 3 次会议审定" in office.get("/editions/1").text
    assert "这个报告期已经发布" in office.get(ISSUE).text
    again = office.post(ISSUE, data={"request_key": "k2"})
    assert (again.status_code, "第 1 号" in again.text) == (409, True)


def test_a_job_of_somebody_who_is_no_longer_of_the_office_issues_nothing(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    with sqlite_database.writing() as session:
        closed(session, "2024Q2")
    job = int(issue(people.with_role("office")).rpartition("/")[2])
    with sqlite_database.writing() as session:
        session.execute(delete(Grant))
    work_off(sqlite_database, HANDLERS)
    assert kept(sqlite_database, job).state == FAILED


# ---- comparing


def test_an_edition_is_compared_with_the_figures_of_now(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    client = People(sqlite_database).with_role("auditor")
    assert "没有任何不同" in client.get("/editions/compare?a=1&b=now").text
    with sqlite_database.writing() as session:
        plan = find_small_plan(session)
        plan.forest.name = "改了名的造林"
        session.add(plan.forest)
    found = client.get("/editions/compare?a=1&b=now").text
    assert "改了名的造林" in found
    assert client.get("/editions/compare?a=1&b=7").status_code == 422
    assert client.get("/editions/compare?a=x&b=1").status_code == 422


def test_the_picker_names_the_edition_of_the_quarter(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    client = People(sqlite_database).with_role("leader")
    assert "发布时（第 1 号）" in client.get("/progress?as_of=2024Q2").text
    there = client.get("/progress?as_of=2024Q2&edition=as-issued&plan=qingshan").text
    assert 'href="/editions/1"' in there
    assert "（第 1 号）" not in client.get("/progress?as_of=2024Q1").text
    assert "（第 1 号）" not in client.get("/progress").text


# ---- Word templates and packs


def test_the_office_changes_the_template_and_hears_what_is_wrong_with_one(sqlite_database: Database) -> None:
    office = People(sqlite_database).with_role("office")
    place = "/plans/qingshan/word-template"
    good = a_docx("{{ title }}", "{%p for one in red %}", "{{ one.name }}", "{%p endfor %}")
    bad = a_docx("{% for one in orders %}{{ one.bogus }}{% endfor %}")
    refused = office.post(f"{place}/file", data={}, files={"file": ("坏.docx", bad, "x/y")})
    assert (refused.status_code, "bogus" in refused.text) == (422, True), (
        "the report of today has no order, the trial has one"
    )
    assert office.post(f"{place}/file", data={}).status_code == 422
    program = office.get(f"{place}/in-use.docx").content
    done = office.post(f"{place}/file", data={"note": "换标题"}, files={"file": ("好.docx", good, "x/y")})
    assert done.status_code == 303
    assert office.get(f"{place}/in-use.docx").content == good
    assert "换标题" in office.get(place).text
    assert office.post(f"{place}/program", data={}).status_code == 303
    assert office.get(f"{place}/in-use.docx").content == program == office.get(f"{place}/program.docx").content


def unpacked(client: TestClient, led: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(client.get(f"{led}/file").content)) as packed:
        assert packed.testzip() is None
        return {part.filename: packed.read(part) for part in packed.infolist()}


def test_the_reports_of_a_jurisdiction_come_as_one_pack(sqlite_database: Database) -> None:
    issue_first(sqlite_database)
    client = People(sqlite_database).with_role("leader")
    packs = []
    for key in ("p1", "p2"):
        sent = {"jurisdiction": "999901", "period": "2024q2", "request_key": key}
        led = client.post("/reports/pack", data=sent).headers["location"]
        assert work_off(sqlite_database, HANDLERS) == 1
        packs.append(client.get(f"{led}/file").content)
        found = unpacked(client, led)
    assert packs[0] == packs[1]
    assert list(found.values()) == [files_of(sqlite_database, 1)["xlsx"]]
    assert "领导小组季度调度报告" in next(iter(found))
    wrong = client.post("/reports/pack", data={"jurisdiction": "999901", "period": "2031Q1"})
    assert (wrong.status_code, "没有可以打包" in wrong.text) == (422, True)
    assert client.post("/reports/pack", data={"jurisdiction": "x", "period": "2024Q2"}).status_code == 404


def test_the_workbooks_of_all_departments_come_as_one_pack(sqlite_database: Database) -> None:
    office = People(sqlite_database).with_role("office")
    assert office.post("/quarter/qingshan/2024Q4/pack", data={}).status_code == 422
    with sqlite_database.writing() as session:
        opened(session)
    led = office.post("/quarter/qingshan/2024Q4/pack", data={}).headers["location"]
    assert work_off(sqlite_database, HANDLERS) == 1
    assert kept(sqlite_database, int(led.rpartition("/")[2])).state == DONE
    found = unpacked(office, led)
    assert [name.partition(" ")[2].split(" ")[0] for name in found] == ["qingshan林业局", "qingshan水利局"]
    assert all(content.startswith(b"PK") for content in found.values())


def test_others_write_while_the_workbooks_are_put_together(sqlite_database: Database) -> None:
    office = People(sqlite_database).with_role("office")
    with sqlite_database.writing() as session:
        opened(session)
    led = office.post("/quarter/qingshan/2024Q4/pack", data={}).headers["location"]
    told: list[int] = []

    def watched(job: RunningJob) -> None:
        heard = job.progress

        def progress(done: int, total: int | None, step: str | None = None) -> None:
            heard(done, total, step)
            with sqlite_database.writing() as session:  # would wait in vain for a pack that is one transaction
                session.execute(text("UPDATE plan SET title = title"))
            told.append(done)

        job.progress = progress  # type: ignore[method-assign]
        HANDLERS["pack-returns"](job)

    assert work_off(sqlite_database, {"pack-returns": watched}) == 1
    assert (told, kept(sqlite_database, int(led.rpartition("/")[2])).state) == ([0, 1, 2], DONE)
