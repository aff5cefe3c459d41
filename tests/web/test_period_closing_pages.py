"""Closing a quarter with its check list, reminders, and more time, on their pages."""

from datetime import date, timedelta

from sqlmodel import Session, select

from core.calendar import today
from core.database import Database
from milestones.work_reports import record_work
from portfolio.periods import CLOSED, NOT_OPENED, OPEN
from reports.returns import ACCEPTED, SENT_BACK, DepartmentReturn, ReturnReminder
from tests.databases import on_sqlite, plant
from tests.milestones.work_samples import OWNER, a_work
from tests.reports.period_samples import move, opened, period, return_of
from tests.samples import find_small_plan
from tests.web.period_visits import AT, BOARD, all_in, done, office, stage

sqlite_database = on_sqlite(plant)


def test_the_check_list_names_what_waits_and_closing_asks_for_the_reason(sqlite_database: Database) -> None:
    def prepare(session: Session) -> None:
        opened(session)
        new = a_work(session, "100", on=date(2024, 11, 5))
        record_work(session, find_small_plan(session).forest, new, submit=True, by=OWNER)
        move(session, "林业局", ACCEPTED)

    done(sqlite_database, prepare)
    client = office(sqlite_database)
    page = client.get(f"{AT}/close")
    for words in ("还有 1 个部门的填报没有接收，1 条内容等待审核", "qingshan水利局", "一并关账", "Ⅴ类水体消除工程"):
        assert words in page.text
    assert 'href="/works/waiting?plan=qingshan"' in page.text
    refused = client.post(f"{AT}/close", data={"reason": "  "})
    assert refused.status_code == 409
    assert "仍要关账请写明原因" in refused.text
    assert stage(sqlite_database) == OPEN
    answer = client.post(f"{AT}/close", data={"reason": "会期已定"})
    page = client.get(answer.headers["location"])
    assert "已关账。没有审核的内容已退回" in page.text
    assert "会期已定" in page.text
    with sqlite_database.reading() as session:
        assert return_of(session, "水利局").state == SENT_BACK


def test_with_nothing_left_to_do_one_press_closes(sqlite_database: Database) -> None:
    done(sqlite_database, opened)
    done(sqlite_database, all_in)
    for name in ("林业局", "水利局"):
        done(sqlite_database, lambda session, name=name: move(session, name, ACCEPTED))
    client = office(sqlite_database)
    page = client.get(f"{AT}/close")
    assert "没有等待办理的内容，可以关账" in page.text
    assert 'name="reason"' not in page.text
    for words in ("此前没有关账的季度 15 个，一并关账", "没有开启过填报的 15 个：2021年第1季度、", "2024年第3季度"):
        assert words in page.text
    assert client.post(f"{AT}/close", data={}).status_code == 303
    assert stage(sqlite_database) == CLOSED
    second = client.post(f"{AT}/close", data={"reason": "再关"})
    assert second.status_code == 409
    assert "2024Q4 已由" in second.text


def test_a_quarter_that_was_never_opened_closes_only_with_a_reason(sqlite_database: Database) -> None:
    client = office(sqlite_database)
    page = client.get(f"{AT}/close")
    assert "这个季度没有开启过填报，没有部门报送" in page.text
    assert "可以关账" not in page.text
    assert 'name="reason"' in page.text
    refused = client.post(f"{AT}/close", data={})
    assert refused.status_code == 409
    assert "2024Q4 没有开启过填报；一并关账的 15 个季度没有开启过填报（2021Q1—2024Q3）" in refused.text
    assert stage(sqlite_database) == stage(sqlite_database, "2021Q1") == NOT_OPENED
    answer = client.post(f"{AT}/close", data={"reason": "此前没有用本系统"})
    assert "此前没有用本系统" in client.get(answer.headers["location"]).text
    with sqlite_database.reading() as session:
        assert {period(session, name).closed_reason for name in ("2021Q1", "2024Q4", "2024")} == {"此前没有用本系统"}


# ---- reminders and more time


def test_all_late_departments_are_reminded_with_one_button(sqlite_database: Database) -> None:
    done(sqlite_database, lambda session: opened(session, due_on=today() - timedelta(days=1)))
    client = office(sqlite_database)
    assert "催报逾期的 2 个部门" in client.get(BOARD).text
    answer = client.post(f"{AT}/remind", data={"all": "late"})
    page = client.get(answer.headers["location"])
    assert "已催报 2 个部门" in page.text
    assert "催报 1 次" in page.text


def test_one_department_is_reminded_in_the_offices_words(sqlite_database: Database) -> None:
    done(sqlite_database, opened)
    with sqlite_database.reading() as session:
        id_ = return_of(session, "水利局").id
    client = office(sqlite_database)
    page = client.get(f"{AT}/remind?return={id_}")
    assert page.text.count(" checked>") == 1
    assert client.post(f"{AT}/remind", data={"text": "x"}).status_code == 409  # nobody was ticked
    assert client.post(f"{AT}/remind", data={"return": "999"}).status_code == 404
    assert client.post(f"{AT}/remind", data={"return": str(id_), "text": "请今天报送"}).status_code == 303
    with sqlite_database.reading() as session:
        assert [(row.return_id, row.text) for row in session.exec(select(ReturnReminder))] == [(id_, "请今天报送")]


def test_more_time_takes_a_later_day_and_a_reason(sqlite_database: Database) -> None:
    done(sqlite_database, opened)
    with sqlite_database.reading() as session:
        id_ = return_of(session).id
    client, path = office(sqlite_database), f"/quarter/returns/{id_}/extend"
    assert "现在的截止日" in client.get(path).text
    assert "应晚于现在的截止日" in client.post(path, data={"due_on": "2025-01-20", "reason": "汛期"}).text
    assert "“延期原因”不能为空" in client.post(path, data={"due_on": "2025-02-20", "reason": ""}).text
    answer = client.post(path, data={"due_on": "2025-02-20", "reason": "汛期"})
    assert "已延期" in client.get(answer.headers["location"]).text
    with sqlite_database.reading() as session:
        assert session.get_one(DepartmentReturn, id_).due_on == date(2025, 2, 20)
