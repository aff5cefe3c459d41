"""操作记录: who sees what of the log, what its page says, and that who takes it along stands in it."""

import csv
import io

import pytest
from openpyxl import load_workbook
from sqlmodel import col, select

from core import audit
from core.audit import AuditEntry
from core.audit_seals import seal
from core.audit_verifying import keep_verification, verification
from core.database import Database
from tests.core.audit_samples import tamper
from tests.databases import on_both, on_sqlite, plant
from tests.samples import CITY, find_small_plan, make_small_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app

ROUTES = ("/audit", "/audit/{id}", "/audit.csv", "/audit.xlsx")


def entries(database: Database) -> None:
    """A change of a project of each of two plans, and one of an account; ids 1001 to 1003."""
    with database.writing() as session:
        other = make_small_plan(session, "other", jurisdiction=CITY)
        mine = find_small_plan(session)
        by = audit.Actor(None, "张三")
        for small in (mine, other):
            audit.record(
                *(session, "carry-over", "project", small.forest.id or 0),
                before={"estimate_fen": 100_000_000, "state": "planned"},
                after={"estimate_fen": 320_000_000, "state": "planned"},
                reason=f"概算批复 {small.plan.code}",
                by=by,
            )
        audit.record(session, "unlock", "person", 1, after={"username": "=1+1"}, by=by)


database, sqlite_database = on_both(plant, entries), on_sqlite(plant, entries)


def ids(database: Database) -> dict[str, int]:
    """The entries that these tests made."""
    with database.reading() as session:
        rows = session.execute(
            select(AuditEntry.id, AuditEntry.reason, AuditEntry.subject).where(AuditEntry.actor == "张三")
        )
        return {(reason or subject).split()[-1]: id_ for id_, reason, subject in rows}


def newest(database: Database) -> AuditEntry:
    with database.reading() as session:
        row = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1)).one()
        session.expunge(row)
        return row


# Role x route; whoever sees nothing of the log learns nothing of it.
@pytest.mark.parametrize(
    ("role", "status"),
    [
        *(("auditor", 200), ("admin", 200), ("office", 404), ("finance", 404), ("leader", 404)),
        *((None, 404), ("nobody", 303)),
    ],
)
def test_every_route_for_every_role(sqlite_database: Database, role: str | None, status: int) -> None:
    app = create_app(sqlite_database)
    client = visitor(app)
    if role != "nobody":
        client = signed_in_visitor(app, person_in(sqlite_database, "somebody", role))
    id_ = ids(sqlite_database)["person"]
    for route in ROUTES:
        answer = client.get(route.format(id=id_))
        assert answer.status_code == status, route


@pytest.mark.parametrize("role", ["owner", "head"])
def test_nobody_of_a_department_sees_the_log(sqlite_database: Database, role: str) -> None:
    with sqlite_database.reading() as session:
        small = find_small_plan(session)
        session.expunge_all()
    person = person_in(sqlite_database, f"a-{role}", role, plan=small.plan, department=small.forestry)
    client = signed_in_visitor(create_app(sqlite_database), person)
    id_ = ids(sqlite_database)["qingshan"]
    assert {client.get(route.format(id=id_)).status_code for route in ROUTES} == {404}


def test_an_auditor_of_one_plan_sees_what_concerns_it_and_nothing_else(database: Database) -> None:
    with database.reading() as session:
        plan = find_small_plan(session).plan
        session.expunge_all()
    known, client = ids(database), visitor_with_role(create_app(database), "auditor", plan=plan)
    page = client.get("/audit").text
    assert "概算批复 qingshan" in page
    assert "概算批复 other" not in page
    assert "张三" in page
    assert "=1+1" not in page
    assert [client.get(f"/audit/{known[name]}").status_code for name in ("qingshan", "other", "person")] == [
        200,
        404,
        404,
    ]
    text = client.get("/audit.csv").text
    assert "概算批复 qingshan" in text
    assert "概算批复 other" not in text
    assert client.get("/audit?plan=other").status_code == 404


def test_an_administrator_sees_what_was_done_with_accounts_and_no_money(database: Database) -> None:
    known, client = ids(database), visitor_with_role(create_app(database), "admin")
    page = client.get("/audit").text
    assert "=1+1" in page
    assert "概算批复" not in page
    assert client.get(f"/audit/{known['qingshan']}").status_code == 404
    assert client.get(f"/audit/{known['person']}").status_code == 200


def test_a_change_reads_in_words_with_amounts_in_the_readers_unit(sqlite_database: Database) -> None:
    client, id_ = visitor_with_role(create_app(sqlite_database), "auditor"), ids(sqlite_database)["qingshan"]
    page = client.get(f"/audit/{id_}?lang=zh").text
    assert "投资估算" in page
    assert "<del>100.00 万元</del>" in page.replace("\n", "")
    assert "<ins>320.00 万元</ins>" in page.replace("\n", "")
    assert "结转到下一规划" in page
    assert "等待封印" in page
    assert "planned" not in page, "what did not change is not told"
    assert "3,200,000.00 元" in client.get(f"/audit/{id_}?lang=zh&unit=元").text
    with sqlite_database.reading() as session:
        code = find_small_plan(session).forest.code
    assert f'href="/projects/{code}"' in page
    seal(sqlite_database)
    assert "已封印" in client.get(f"/audit/{id_}?lang=zh").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=-&action=carry-over", ["qingshan", "other"]),
        ("q=概算批复 other", ["other"]),
        ("action=unlock&kind=person&record=1", ["person"]),
        ("plan=qingshan&action=carry-over", ["qingshan"]),
        ("since=2000-01-01&until=2000-12-31", []),
        ("from=192.0.2.1", []),
        ("since=2000-01-01&action=carry-over", ["qingshan", "other"]),
    ],
)
def test_the_log_is_narrowed_by_what_the_address_says(sqlite_database: Database, query: str, found: list[str]) -> None:
    known = ids(sqlite_database)
    answer = visitor_with_role(create_app(sqlite_database), "auditor").get(f"/audit?lang=zh&{query}")
    assert answer.status_code == 200
    listed = [int(row[-1]) for row in rows_on(answer) if row and row[-1].isdigit()]
    assert sorted(listed) == sorted(known[name] for name in found)


@pytest.mark.parametrize(
    "query",
    [
        *("person=nobody", "action=nothing", "kind=nothing", "record=5", "kind=project&record=x", "since=2024-02-31"),
        *("after=1", "after=x.y", "after=99999999999999999.9999999999999999999", f"q={'长' * 81}"),
    ],
)
def test_what_cannot_be_looked_for_is_said_at_its_field(sqlite_database: Database, query: str) -> None:
    client = visitor_with_role(create_app(sqlite_database), "auditor")
    assert client.get(f"/audit?{query}").status_code == 422
    assert client.get(f"/audit.csv?{query}").status_code == 422


def test_who_takes_the_log_along_stands_in_it_with_the_number_of_rows(database: Database) -> None:
    client = visitor_with_role(create_app(database), "auditor")
    answer = client.get("/audit.csv?lang=zh&action=carry-over")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["理由"] for row in rows] == ["概算批复 other", "概算批复 qingshan"]
    assert rows[0]["变更"] == "投资估算：100.00 万元 → 320.00 万元"
    said = newest(database)
    assert (said.action, said.subject, said.actor) == ("export", "audit_log", "甲the-auditor（the-auditor）")
    assert said.came_from == "testclient"
    assert said.after == '{"filters":{"action":"carry-over"},"format":"csv","rows":2}'
    book = load_workbook(io.BytesIO(client.get("/audit.xlsx?lang=zh&kind=person").content))
    cells = [cell.value for row in book.active.iter_rows() for cell in row]
    assert any("=1+1" in str(one) and not str(one).startswith("=") for one in cells)
    assert newest(database).after != said.after


def test_the_state_of_the_chain_stands_above_the_log_and_on_the_auditors_desk(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "auditor")
    for address in ("/audit?lang=zh", "/?lang=zh"):
        page = client.get(address).text
        assert "还没有封印" in page
        assert "从未验证过" in page
    seal(sqlite_database)
    for tampered in (False, True):
        if tampered:
            id_ = ids(sqlite_database)["other"]
            tamper(sqlite_database, f"UPDATE audit_entry SET reason = '改过' WHERE id = {id_}")
        with sqlite_database.writing() as session:
            keep_verification(session, verification(session), by=audit.OPERATOR)
        for address in ("/audit?lang=zh", "/?lang=zh"):
            page = client.get(address).text
            assert "已封印到第" in page
            assert ("完整，没有改动" in page) is not tampered
            assert ("发现问题，从封印 1 起" in page) is tampered


def test_a_cell_of_a_return_reads_as_project_field_and_amount(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        project = find_small_plan(session).forest
        after = {
            f"{project.id}:money.paid:": "191111200",
            f"{project.id}:works:3": "x",
            "9999:text.progress:": "已完工",
        }
        audit.record(session, "fill", "department_return", 1, after=after, by=audit.OPERATOR)
        said = f"{project.code} {project.name} · 本季支付资金"
    page = visitor_with_role(create_app(sqlite_database), "auditor").get("/audit?lang=zh").text
    assert f'<span class="change-field">{said}</span> <ins>191.11 万元</ins>' in page
    assert '<span class="change-field">9999 · 形象进度</span> <ins>已完工</ins>' in page


def test_text_in_the_log_is_never_markup(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        audit.record(
            session, "edit", "project", 1, before={"name": "<b>1</b>"}, after={"name": "<script>x</script>"},
            reason="<img src=x>", by=audit.Actor(None, "<i>谁</i>"),
        )  # fmt: skip
    page = visitor_with_role(create_app(sqlite_database), "auditor").get("/audit").text
    for marked in ("<script>x", "<img src=x", "<i>谁", "<b>1"):
        assert marked not in page
