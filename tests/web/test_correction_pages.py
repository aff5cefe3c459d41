"""更正单 on its pages: who reaches them, asking for one from a fact, and deciding about it with its effects before one's eyes."""

import html
import re
from collections.abc import Iterator

import pytest
from sqlmodel import Session, select

from budgets.entries import LedgerEntry
from core.database import Database
from milestones.works import WorkEntry
from portfolio.corrections import APPROVED, REFUSED, REQUESTED, WITHDRAWN
from portfolio.periods import CLOSED, ReportingPeriod
from tests.databases import on_sqlite, plant
from tests.reports.correction_samples import entry, paid_instead, requested, work
from tests.web.correction_visits import FOREST, ROLES, Desk
from tests.web.reading_pages import form_on
from tests.web.visiting import visitor
from web import correction_form_pages, correction_pages

sqlite_database = on_sqlite(plant)
SEEING = {"owner", "stranger", "head", "office", "leader", "finance", "auditor"}
NEW = "/corrections/new"
WHO = {
    ("GET", "/corrections"): set(ROLES),  # who sees no plan finds an empty list
    ("GET", NEW): {"owner", "head", "office", "finance"},
    ("POST", NEW): {"owner", "head", "office", "finance"},
    ("GET", "/corrections/{id_}"): SEEING,
    ("GET", "/corrections/{id_}/file"): set(),  # none came with it
    ("POST", "/corrections/{id_}/approve"): {"office", "finance"},
    ("POST", "/corrections/{id_}/refuse"): {"office", "finance"},
    ("POST", "/corrections/{id_}/withdraw"): SEEING,
}


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def routes() -> Iterator[tuple[str, str]]:
    for module in (correction_pages, correction_form_pages):
        for route in module.router.routes:
            for method in route.methods:
                yield method, route.path


def asked(desk: Desk, wan: int = 60) -> int:
    """A correction of the payment that somebody asked for."""
    return desk.do(lambda session: requested(session, paid_instead(session, wan)).id or 0)


# ---- who


def test_every_route_has_a_row() -> None:
    assert set(routes()) == set(WHO)


def test_each_role_reaches_its_routes_and_nothing_else(desk: Desk) -> None:
    id_ = asked(desk)
    for role in ROLES:
        client = desk.client(role)
        for (method, path), allowed in WHO.items():
            address = path.replace("{id_}", str(id_))
            data = {"project": FOREST, "quarter": "2024Q3", "plan": "qingshan"}
            # What is sent is never enough: finance alone may approve the payment, and does it last.
            if (role, path) == ("finance", "/corrections/{id_}/approve"):
                continue
            answer = (
                client.request(method, address, data=data)
                if method == "POST"
                else client.get(address, params=data if path == NEW else {})
            )
            assert (answer.status_code != 404) == (role in allowed), (role, method, path, answer.status_code)
            missing = client.request(method, path.replace("{id_}", "999"))
            assert "{id_}" not in path or missing.status_code == 404, (role, method, path)
        assert (client.get(NEW).status_code == 200) == (role in WHO["GET", NEW] | {"stranger"}), role
    assert desk.newest().state == REQUESTED
    assert desk.client("finance").post(f"/corrections/{id_}/approve").status_code == 303
    assert desk.newest().state == APPROVED


def test_strangers_to_the_system_are_sent_to_sign_in(desk: Desk) -> None:
    client = visitor(desk.app)
    for method, path in WHO:
        answer = client.request(method, path.replace("{id_}", "1"))
        assert answer.status_code == (401 if method == "POST" else 303), path


@pytest.mark.parametrize("state", [REQUESTED, APPROVED, REFUSED, WITHDRAWN])
def test_each_state_offers_its_buttons_to_its_people(desk: Desk, state: str) -> None:
    form = desk.client("owner").get(f"{NEW}?entry={money(desk)}")
    answer = desk.client("owner").post(NEW, data=_filled(form_on(form, NEW), desk))
    address = answer.headers["location"]
    if state == APPROVED:
        desk.client("finance").post(f"{address}/approve")
    elif state == REFUSED:
        desk.client("finance").post(f"{address}/refuse", data={"reason": "没有依据"})
    elif state == WITHDRAWN:
        desk.client("owner").post(f"{address}/withdraw")
    assert desk.newest().state == state
    waits = state == REQUESTED
    for role in ROLES[:-1]:
        page = desk.client(role).get(address).text
        offered = {act: f'action="{address}/{act}"' in page for act in ("approve", "refuse", "withdraw")}
        assert offered == {
            "approve": waits and role == "finance",
            "refuse": waits and role == "finance",
            "withdraw": waits and role == "owner",
        }, (state, role)


def money(desk: Desk) -> int:
    return desk.do(lambda session: entry(session).id or 0)


def _filled(form: dict[str, str], desk: Desk, amount: str = "60", **more: str) -> dict[str, str]:
    id_ = money(desk)
    return {**form, f"amount-money-{id_}": amount, "title": "更正支付", "reason": "重复记账", **more}


# ---- asking


def test_the_page_of_an_entry_leads_to_its_correction_and_shows_it(desk: Desk) -> None:
    client, id_ = desk.client("owner"), money(desk)
    assert f'href="/corrections/new?entry={id_}"' in client.get(f"/money/ledger/{id_}").text
    form = client.get(f"{NEW}?entry={id_}")
    sent = form_on(form, NEW)
    # The entry that one came from is to be replaced, what stands beside it stays as it is.
    assert sent[f"do-money-{id_}"] == "replace"
    assert [value for name, value in sent.items() if name.startswith("do-") and value] == ["replace"]
    answer = client.post(NEW, data=_filled(sent, desk, **{f"document-money-{id_}": "凭证 7 号"}))
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"]).text
    cells = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", page, re.S)]
    assert ["支付", "万元", "80.00", "60.00", "−20.00"] in cells
    assert ["资金支付率", "%", "80.00", "60.00", "−20.00"] in cells
    assert "由您本人申请，须由他人批准" in page
    shown = client.get(f"/money/ledger/{id_}").text
    assert "更正单第 1 号" in shown
    assert f"/corrections/new?entry={id_}" not in shown
    # Sent twice by two presses of a button, it is one.
    assert client.post(NEW, data=_filled(sent, desk)).headers["location"] == answer.headers["location"]


def test_a_fact_of_a_correction_waits_in_no_other_list(desk: Desk) -> None:
    id_ = asked(desk)
    finance = desk.client("finance")
    made = desk.do(lambda session: [row.id for row in session.exec(select(LedgerEntry)) if row.state == "submitted"])
    assert len(made) == 2
    page = finance.get(f"/money/ledger/{made[0]}").text
    assert f'href="/corrections/{id_}"' in page
    assert "/approve" not in page
    assert "没有" in finance.get("/money/waiting").text
    refused = finance.post(f"/money/ledger/{made[0]}/approve")
    assert refused.status_code == 409
    assert "只能随更正单一起批准或退回" in refused.text


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    client, id_ = desk.client("owner"), money(desk)
    sent = _filled(form_on(client.get(f"{NEW}?entry={id_}"), NEW), desk, "六十")
    sent |= {"stage-new-money-1": "paid", "amount-new-money-1": "-3", "reason": "重复记账的说明"}
    answer = client.post(NEW, data=sent)
    assert answer.status_code == 422
    assert f'id="e-amount-money-{id_}"' in answer.text
    assert 'id="e-occurred_on-new-money-1"' in answer.text
    assert "重复记账的说明" in answer.text
    # Rules that only the whole can break come back to their row, too.
    sent = _filled(form_on(client.get(f"{NEW}?entry={id_}"), NEW), desk)
    sent |= {"stage-new-money-1": "paid", "amount-new-money-1": "3", "occurred_on-new-money-1": "2024-11-05"}
    answer = client.post(NEW, data={**sent, "source-new-money-1": "1"})
    assert "这一条属于 2024Q4" in answer.text
    nothing = client.post(NEW, data={**sent, f"do-money-{id_}": "", "stage-new-money-1": "", "amount-new-money-1": ""})
    assert "没有选择任何更正" in nothing.text
    assert desk.do(lambda session: len(session.exec(select(LedgerEntry)).all())) == 2


def test_something_forgotten_and_works_are_asked_for_on_the_same_form(desk: Desk) -> None:
    client = desk.client("office")
    claim = desk.do(lambda session: work(session).id or 0)
    form = form_on(client.get(f"{NEW}?work={claim}"), NEW)
    assert form[f"do-work-{claim}"] == "replace"
    form |= {f"quantity-work-{claim}": "900", "title": "更正工程量", "reason": "多报一个小班"}
    form |= {"stage-new-money-1": "work_done", "amount-new-money-1": "5", "occurred_on-new-money-1": "2024-09-01"}
    answer = client.post(NEW, data=form)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"]).text
    assert "领导小组办公室（合同、完成投资、工程量、节点、监测值和项目状态）" in page
    assert re.sub(r"<[^>]+>|\s", "", page).count("补报") == 1
    kinds = desk.do(lambda session: sorted(row.kind for row in session.exec(select(WorkEntry))))
    assert kinds == ["entry", "entry", "reversal"]


def test_a_project_of_another_department_is_not_corrected(desk: Desk) -> None:
    client = desk.client("stranger")
    assert client.get(f"{NEW}?entry={money(desk)}").status_code == 404
    assert client.get(f"{NEW}?project={FOREST}&quarter=2024Q3").status_code == 404
    # A fact of another project is not on the form, whatever is sent.
    own = form_on(desk.client("stranger").get(f"{NEW}?project=qingshan-02&quarter=2024Q3"), NEW)
    answer = client.post(NEW, data={**own, f"do-money-{money(desk)}": "undo", "title": "更正", "reason": "错"})
    assert answer.status_code == 422
    assert "没有选择任何更正" in answer.text


def test_the_list_says_what_waits_for_the_reader(desk: Desk) -> None:
    asked(desk)
    lists = {role: desk.client(role).get("/corrections").text for role in ("finance", "office", "owner")}
    assert {role: "1 张更正单等您审批" in text for role, text in lists.items()} == {
        "finance": True,
        "office": False,
        "owner": False,
    }
    assert all("更正三季度" in text for text in lists.values())
    narrowed = desk.client("office").get("/corrections?state=approved&quarter=2024Q3&plan=qingshan")
    assert "没有符合条件的更正单" in narrowed.text
    assert desk.client("office").get("/corrections?state=other").status_code == 422


def test_the_evidence_comes_down_as_it_was_sent_to_who_sees_the_plan(desk: Desk) -> None:
    client, id_ = desk.client("owner"), money(desk)
    form = _filled(form_on(client.get(f"{NEW}?entry={id_}"), NEW), desk)
    content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    wrong = client.post(NEW, data=form, files={"document_file": ("a.exe", b"MZ" + b"0" * 100)})
    assert wrong.status_code == 422
    assert "请重新选择" in wrong.text
    answer = client.post(NEW, data=form, files={"document_file": ("更正依据.pdf", content)})
    assert answer.status_code == 303, answer.text
    got = desk.client("auditor").get(f"{answer.headers['location']}/file")
    assert (got.status_code, got.content) == (200, content)
    assert got.headers["content-disposition"].startswith("attachment")
    assert desk.client("admin").get(f"{answer.headers['location']}/file").status_code == 404


def test_an_open_quarter_is_not_corrected_by_a_form(desk: Desk) -> None:
    def reopen(session: Session) -> None:
        for period in session.exec(select(ReportingPeriod)):
            if period.state == CLOSED:
                period.state = "open"
                session.add(period)

    id_ = money(desk)
    client = desk.client("owner")
    form = form_on(client.get(f"{NEW}?entry={id_}"), NEW)
    desk.do(reopen)
    assert "/corrections/new" not in client.get(f"/money/ledger/{id_}").text
    page = client.get(f"{NEW}?entry={id_}")
    assert "不用更正单" in page.text
    assert f'href="/money/ledger/{id_}' in page.text  # where it is reversed
    assert "<textarea" not in page.text
    # Reopened while somebody was writing: refused, and nothing typed is lost.
    answer = client.post(NEW, data=_filled(form, desk) | {"reason": "刚刚写好的理由"})
    assert answer.status_code == 409
    assert "不用更正单" in answer.text
    assert "刚刚写好的理由" in answer.text
    assert desk.do(lambda session: len(session.exec(select(LedgerEntry)).all())) == 2


def test_what_was_asked_for_wrongly_is_asked_again(desk: Desk) -> None:
    client = desk.client("owner")
    for wrong, sentence in (
        ({"project": FOREST, "quarter": "去年"}, "不是报告期"),
        ({"project": FOREST, "quarter": "2024"}, "季度，如 2024Q4"),
        ({"project": "no-such", "quarter": "2024Q3"}, "您填报的一个项目的编号"),
    ):
        answer = client.get(NEW, params=wrong | {"where": "1"})
        assert answer.status_code == 422, wrong
        assert sentence in html.unescape(answer.text)
        assert all(f'value="{text}"' in answer.text for text in wrong.values())
    # A project of another department looks like one that is not there.
    told = [
        desk.client("stranger").get(NEW, params={"project": code, "quarter": "2024Q3", "where": "1"})
        for code in (FOREST, "no-such")
    ]
    assert [one.status_code for one in told] == [422, 422]
