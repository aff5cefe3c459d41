"""督办 and meetings on their pages: who reaches what, from a lamp to the end of an order, and out of a meeting."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select, update

from core.calendar import today
from core.database import Database
from core.people import Person
from portfolio.access import reader_of
from reports.orders import ANSWERED, CLOSED, OPEN, Meeting, SupervisionOrder
from reports.todo import Todo, todo_list
from tests.databases import on_sqlite, plant
from tests.reports.period_samples import opened
from tests.reports.test_ordering import held, issued
from tests.web.correction_visits import FOREST, ROLES, Desk
from tests.web.reaching import routes, strangers_are_sent_to_sign_in
from tests.web.reading_pages import form_on
from web import meeting_pages, order_form_pages, order_pages

sqlite_database = on_sqlite(plant)
SEEING = {"owner", "stranger", "head", "office", "leader", "finance", "auditor"}
ORDERING = {"office", "leader"}
ASKED = {"owner", "head"}  # of the forestry bureau, which the order asks
WHO = {
    ("GET", "/orders"): set(ROLES),
    ("GET", "/orders/new"): ORDERING,
    ("POST", "/orders/new"): ORDERING,
    ("GET", "/orders/{id_}"): SEEING,
    ("GET", "/orders/{id_}/print"): SEEING,
    ("GET", "/orders/answers/{id_}/file"): set(),
    ("POST", "/orders/{id_}/answer"): ASKED,
    ("POST", "/orders/{id_}/return"): ORDERING,
    ("POST", "/orders/{id_}/close"): ORDERING,
    ("GET", "/meetings"): set(ROLES),
    ("GET", "/meetings/new"): {"office"},
    ("POST", "/meetings/new"): {"office"},
    ("GET", "/meetings/{id_}"): SEEING,
    ("GET", "/meetings/{id_}/print"): SEEING,
    ("GET", "/meetings/{id_}/edit"): {"office"},
    ("POST", "/meetings/{id_}/edit"): {"office"},
}


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def order(desk: Desk) -> SupervisionOrder:
    with desk.database.reading() as session:
        row = session.exec(select(SupervisionOrder).order_by(SupervisionOrder.id.desc())).first()  # type: ignore[union-attr]
        assert row is not None
        session.expunge(row)
    return row


# ---- who


def test_every_route_has_a_row() -> None:
    assert routes(order_pages, order_form_pages, meeting_pages) == set(WHO)


def test_each_role_reaches_its_routes_and_nothing_else(desk: Desk) -> None:
    desk.do(issued)
    desk.do(held)
    for role in ROLES:
        client = desk.client(role)
        for (method, path), allowed in WHO.items():
            # What is sent is never enough to be written, so that every role meets the same order.
            data = {"data": {"plan": "qingshan"}} if method == "POST" else {"params": {"plan": "qingshan"}}
            answer = client.request(method, path.replace("{id_}", "1"), **data)  # type: ignore[arg-type]
            reached = answer.status_code != 404 or path in ("/orders", "/meetings")
            assert reached == (role in allowed), (role, method, path, answer.status_code)
            missing = client.request(method, path.replace("{id_}", "999"), **data)  # type: ignore[arg-type]
            assert "{id_}" not in path or missing.status_code == 404, (role, method, path)
    assert order(desk).state == OPEN


def test_strangers_to_the_system_are_sent_to_sign_in(desk: Desk) -> None:
    strangers_are_sent_to_sign_in(desk.app, WHO, lambda path: path.replace("{id_}", "1"))


def test_each_state_offers_its_buttons_to_its_people(desk: Desk) -> None:
    desk.do(issued)
    owner, office = desk.client("owner"), desk.client("office")
    steps = {
        OPEN: lambda: None,
        ANSWERED: lambda: owner.post("/orders/1/answer", data={"text": "已完成"}),
        CLOSED: lambda: office.post("/orders/1/close", data={"outcome": "同意销号"}),
    }
    for state, step in steps.items():
        step()
        assert order(desk).state == state
        for role in ROLES[:-1]:
            page = desk.client(role).get("/orders/1").text
            offered = {act: f'action="/orders/1/{act}"' in page for act in ("answer", "return", "close")}
            assert offered == {
                "answer": state == OPEN and role in ASKED,
                "return": state == ANSWERED and role in ORDERING,
                "close": state != CLOSED and role in ORDERING,
            }, (state, role)


# ---- orders


def test_an_order_goes_from_a_lamp_to_its_end(desk: Desk) -> None:
    leader, owner, office = (desk.client(role) for role in ("leader", "owner", "office"))
    assert f'href="/orders/new?project={FOREST}"' in leader.get(f"/projects/{FOREST}").text
    assert "/orders/new" not in owner.get(f"/projects/{FOREST}").text
    page = leader.get(f"/orders/new?project={FOREST}")
    form = form_on(page, "/orders/new")
    assert form["department_id"] == str(desk.forestry())  # who leads the project
    assert "这时的灯和原因会随督办记下" in page.text
    wrong = leader.post("/orders/new", data=form | {"asked": ""})
    assert wrong.status_code == 422
    answer = leader.post("/orders/new", data=form | {"asked": "月底前完工"})
    assert answer.headers["location"] == "/orders/1"
    assert order(desk).lamp is not None
    assert [one.kind for one in todos(desk, "owner")] == ["answer-order"]
    assert owner.post("/orders/1/answer", data={"text": "已安排"}).status_code == 303
    assert [one.kind for one in todos(desk, "leader")] == ["end-order"]
    assert leader.post("/orders/1/return", data={"reason": "没有时间表"}).status_code == 303
    assert "退回原因：没有时间表" in re.sub(r"<[^>]+>", "", owner.get("/orders/1").text)
    content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    sent = owner.post("/orders/1/answer", data={"text": "已完工"}, files={"document_file": ("验收.pdf", content)})
    assert sent.status_code == 303
    assert office.get("/orders/answers/2/file").content == content
    assert desk.client("admin").get("/orders/answers/2/file").status_code == 404
    assert office.post("/orders/1/close", data={"outcome": "同意销号"}).status_code == 303
    printed = office.get("/orders/1/print").text
    assert all(text in printed for text in ("督 办 单", "月底前完工", "已完工", "同意销号"))
    assert "已安排" not in printed  # an answer that was returned


def test_what_was_typed_is_kept_when_it_cannot_be(desk: Desk) -> None:
    leader, owner, office = (desk.client(role) for role in ("leader", "owner", "office"))
    form = form_on(leader.get(f"/orders/new?project={FOREST}"), "/orders/new") | {"asked": "月底前完工"}
    past = leader.post("/orders/new", data=form | {"due_on": "2024-01-01"})
    assert past.status_code == 422
    assert all(text in past.text for text in ("月底前完工", "2024-01-01", "应不早于今天"))
    assert leader.post("/orders/new", data=form).status_code == 303
    asked = office.post("/orders/1/close", data={"outcome": "项目已终止"})
    assert asked.status_code == 409
    assert "还没有答复" in asked.text
    assert "项目已终止" in asked.text
    assert form_on(asked, "/orders/1/close")["outcome"].strip() == "项目已终止"
    desk.do(lambda session: opened(session, "2024Q4").id)
    board = "/quarter?plan=qingshan&period=2024Q4"
    assert "督办 1 件待答复" in office.get(board).text
    assert office.post("/orders/1/close", data={"outcome": "项目已终止", "unanswered": "1"}).status_code == 303
    assert "待答复" not in office.get(board).text
    late = owner.post("/orders/1/answer", data={"text": "刚刚写好的答复"})
    assert late.status_code == 409
    assert "已销号" in late.text
    assert "刚刚写好的答复" in late.text
    returned = office.post("/orders/1/return", data={"reason": "没有验收单"})
    assert returned.status_code == 409
    assert "没有验收单" in returned.text


def todos(desk: Desk, role: str) -> list[Todo]:
    desk.client(role)
    with desk.database.reading() as session:
        person = session.exec(select(Person).where(Person.username == f"the-{role}")).one()
        return [one for one in todo_list(session, reader_of(session, person)) if "order" in one.kind]


def test_the_list_puts_the_late_first_and_narrows(desk: Desk) -> None:
    def late() -> None:
        desk.do(lambda session: issued(session, title="逾期的事"))
        before = today() - timedelta(days=3)
        desk.do(lambda session: session.execute(update(SupervisionOrder).values(due_on=before, issued_on=before)))
        desk.do(lambda session: issued(session, title="还早的事"))

    late()
    client = desk.client("office")
    text = client.get("/orders").text
    assert text.index("逾期的事") < text.index("还早的事")
    assert "逾期 3 天" in text
    assert "1 件督办逾期没有答复，2 件待办理，0 件等待销号" in text
    narrowed = client.get(f"/orders?state=overdue&department={desk.forestry()}&project={FOREST}").text
    assert "逾期的事" in narrowed
    assert "还早的事" not in narrowed
    assert "没有符合条件的督办" in client.get("/orders?state=closed").text
    assert client.get("/orders?project=no-such").status_code == 404
    assert client.get("/orders?state=other").status_code == 422


def test_a_lamp_list_leads_to_an_order_for_who_gives_them(desk: Desk) -> None:
    for colour in ("red", "yellow"):
        for role, offered in (("leader", True), ("owner", False)):
            text = desk.client(role).get(f"/projects?plan=qingshan&lamp={colour}").text
            rows = re.findall(r'href="/orders/new\?project=', text)
            lit = len(re.findall(rf'class="lamp lamp-{colour}"', text))
            assert len(rows) == (lit if offered else 0), (colour, role)


# ---- meetings


def test_a_meeting_is_recorded_changed_and_printed_and_orders_come_of_it(desk: Desk) -> None:
    office, leader = desk.client("office"), desk.client("leader")
    form = form_on(office.get("/meetings/new?plan=qingshan"), "/meetings/new")
    form |= {"title": "第3次会议", "chair": "组长", "item_title-1": "天然林保护", "project-1": FOREST}
    wrong = office.post("/meetings/new", data=form | {"project-1": "no-such", "held_on": "去年"})
    assert wrong.status_code == 422
    assert "no-such" in wrong.text
    answer = office.post("/meetings/new", data=form | {"decision-1": "月底前完工"})
    assert answer.headers["location"] == "/meetings/1"
    item = re.search(r"/orders/new\?item=(\d+)", leader.get("/meetings/1").text)
    assert item is not None
    filled = form_on(leader.get(f"/orders/new?item={item[1]}"), "/orders/new")
    assert (filled["title"], filled["asked"]) == ("天然林保护", "月底前完工")
    assert leader.post("/orders/new", data=filled).headers["location"] == "/orders/1"
    assert "第3次会议" in leader.get("/orders").text
    assert "督办第 1 号" in leader.get("/meetings/1").text
    held_form = form_on(office.get("/meetings/1/edit"), "/meetings/1/edit")
    without = {"item_title-1": "", "project-1": "", "decision-1": ""}
    gone = office.post(
        "/meetings/1/edit",
        data=held_form | without | {"item_title-2": "新"},
    )
    assert gone.status_code == 409
    assert "已经发出督办，不能删去" in gone.text
    assert office.post("/meetings/1/edit", data=held_form | {"item_title-2": "再生水"}).status_code == 303
    stale = office.post("/meetings/1/edit", data=held_form | {"title": "别的", "request_key": "other"})
    assert stale.status_code == 409
    minutes = leader.get("/meetings/1/print").text
    assert all(text in minutes for text in ("第3次会议", "天然林保护", "再生水", "月底前完工"))
    assert desk.do(lambda session: session.exec(select(Meeting)).one().row_version) == 2
