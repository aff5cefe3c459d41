"""Quantities on the pages of a project: what was typed stays, nobody is overwritten unseen, and a second press does nothing."""

from typing import Any

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from milestones.quantities import Measure, Quantity
from portfolio.projects import Project
from tests.databases import on_both, on_sqlite, plant
from tests.web.project_visits import change_behind_the_back, department, office, rows_kept, sent, small_app
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

FOREST = "/projects/qingshan-01"
NEW = f"{FOREST}/quantities/new"
BASIS = {"document": "青政办〔2024〕5号", "reason": "核定任务", "from_quarter": "2024Q1"}
YEARLY: dict[str, str] = {
    "measure": "营造林面积", "value": "1,000", "unit": "亩", "operator": "≥", "per": "year", "by_year": "2025",
    "wording": "每年造林不少于1000亩", **BASIS,
}  # fmt: skip


def quantities(database: Database, code: str = "qingshan-01") -> list[tuple[str, int, str, str, int | None]]:
    """Every quantity that a project ever had: measure, millionths, unit, operator, until when."""
    with database.reading() as session:
        rows = session.exec(
            select(Measure.name, Quantity)
            .join(Quantity, Quantity.measure_id == Measure.id)  # type: ignore[arg-type]
            .join(Project, Quantity.project_id == Project.id)  # type: ignore[arg-type]
            .where(Project.code == code)
            .order_by(Quantity.id)  # type: ignore[arg-type]
        )
        return [(name, row.value_micro, row.unit, row.operator, row.effective_until) for name, row in rows]


def address(database: Database, what: str = "edit") -> str:
    """Where the quantity that the plan prints is changed."""
    with database.reading() as session:
        row = session.exec(select(Quantity).where(Quantity.supplied_by == None)).one()  # noqa: E711
        return f"{FOREST}/quantities/{row.id}/{what}"


def test_a_quantity_is_added_and_shown_with_who_gave_it_on_what_document(database: Database):
    client = office(database)
    answer = sent(client, NEW, **YEARLY)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{FOREST}#quantities")
    assert quantities(database)[1] == ("营造林面积", 1_000_000_000, "亩", "≥", None)
    page = client.get(FOREST)
    row = next(row for row in rows_on(page) if row and "≥ 1,000 亩" in row[1])
    assert row[1:4] == ["每年 ≥ 1,000 亩", "2025", "每年造林不少于1000亩"]
    assert row[4].startswith("甲the-office（the-office） 于 ")
    assert row[4].endswith("补充；依据：青政办〔2024〕5号；原因：核定任务")
    latest = next(row for row in rows_on(page) if len(row) == 5 and row[2] == "增加工程量")
    assert "工程量 营造林面积：每年≥1000亩（到2025年）" in latest[3]
    assert client.get(f"{FOREST}?as_of=2023Q4").text.count("每年造林不少于1000亩") == 1  # in the history only


def test_a_change_shows_what_holds_and_keeps_the_past(database: Database):
    client = office(database)
    edit = address_of(client, database)
    form = form_on(client.get(edit), edit)
    shown = {name: form[name] for name in ("measure", "value", "unit", "operator", "per", "by_year", "wording")}
    assert shown == {
        "measure": "营造林面积", "value": "0.5", "unit": "万亩", "operator": "=", "per": "", "by_year": "2025",
        "wording": "完成营造林0.5万亩",
    }  # fmt: skip
    assert client.post(edit, data=form | {"value": "0.6"} | BASIS).status_code == 303
    assert quantities(database) == [
        ("营造林面积", 500_000, "万亩", "=", 20241),
        ("营造林面积", 600_000, "万亩", "=", None),
    ]
    assert "0.5 <" in client.get(f"{FOREST}?as_of=2023Q4").text
    assert edit not in client.get(f"{FOREST}?as_of=2023Q4").text, "what was changed already is not changed again"
    assert client.get(edit).status_code == 409


def address_of(client: TestClient, database: Database, what: str = "edit") -> str:
    """The same, after looking that the page of the project leads there."""
    found = address(database, what)
    assert f'href="{found}"' in client.get(FOREST).text
    return found


def test_a_quantity_is_removed_with_a_reason_and_the_page_says_so(database: Database):
    client = office(database)
    remove = address_of(client, database, "remove")
    refused = sent(client, remove, **(BASIS | {"reason": " ", "document": ""}))
    assert refused.status_code == 422
    assert set(errors_on(refused)) == {"reason", "document"}
    assert "营造林面积：0.5万亩（到2025年）" in refused.text
    assert sent(client, remove, **BASIS).status_code == 303
    assert quantities(database)[0][-1] == 20241
    page = client.get(FOREST)
    assert "规划载明的工程量已经删除：" in page.text
    latest = next(row for row in rows_on(page) if len(row) == 5 and row[2] == "删除工程量")
    assert "营造林面积：0.5万亩（到2025年） →" in latest[3]
    assert "完成营造林0.5万亩" in client.get(f"{FOREST}?as_of=2023Q4").text


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("measure", "", "不能为空"),
        ("measure", "造林面积", "还没有名为“造林面积”的工程量指标"),
        ("value", "约五百", "应为最多六位小数的数字"),
        ("value", "-3", "不能小于零"),
        ("unit", "公里", "按面积计量，而“公里”是另一类单位"),
        ("unit", "furlong", "不认识的计量单位“furlong”"),
        ("operator", "大于", "应为"),
        ("per", "月", "应为"),
        ("by_year", "二五", "应为1990—2100"),
        ("wording", " ", "不能为空"),
        ("note", "长" * 2001, "最多 2000 个字"),
        ("from_quarter", "2024Q5", "不是报告期"),
        ("document", "", "不能为空"),
        ("reason", "长" * 1001, "最多 1000 个字"),
    ],
)
def test_each_field_refuses_what_it_cannot_hold_and_keeps_what_was_typed(
    sqlite_database: Database, field: str, typed: str, says: str
):
    page = sent(office(sqlite_database), NEW, **(YEARLY | {field: typed}))
    assert page.status_code == 422
    assert says in errors_on(page)[field]
    assert list(errors_on(page)) == [field]
    form = form_on(page, NEW)
    assert form["value"] == (typed if field == "value" else "1,000")
    assert form[field] == typed or field in ("operator", "per", "from_quarter")
    assert len(quantities(sqlite_database)) == 1


def test_nothing_half_is_written_when_a_field_is_wrong(database: Database):
    client = office(database)
    before = rows_kept(database)
    sent(client, NEW, **(YEARLY | {"measure": "新指标", "new_measure": "1", "value": "x"}))
    both = errors_on(sent(client, NEW, **(YEARLY | {"measure": "新指标", "unit": "万母"})))
    assert set(both) == {"measure", "unit"}
    assert (rows_kept(database), len(quantities(database))) == (before, 1)
    with database.reading() as session:
        assert session.exec(select(Measure.name)).all() == ["营造林面积"]
    kept = sent(client, NEW, **(YEARLY | {"measure": "防火道长度", "unit": "公里", "new_measure": "1"}))
    assert kept.status_code == 303


def test_the_same_again_is_no_change(database: Database):
    client = office(database)
    page = sent(client, address(database), **BASIS)
    assert page.status_code == 422
    assert "没有需要保存的修改" in page.text


def stale(client: TestClient, database: Database, what: str, **changes: Any) -> Response:
    """The form of the printed quantity, sent after somebody else changed that quantity to 0.6."""
    opened = address(database, what)
    form = form_on(client.get(opened), opened)
    sent(client, address(database), value="0.6", **BASIS)
    return client.post(opened, data=form | BASIS | changes)


def test_a_stale_change_is_refused_and_shows_both_and_can_be_saved_then(database: Database):
    client = office(database)
    page = stale(client, database, "edit", value="0.7")
    assert page.status_code == 409
    assert "已经修改了这条记录" in page.text
    assert ["数量", "0.6", "0.7"] in rows_on(page)
    assert [row[1] for row in quantities(database)] == [500_000, 600_000]
    again = next(iter(address_in(page)))
    assert client.post(again, data=form_on(page, again)).status_code == 303
    assert [row[1] for row in quantities(database)] == [500_000, 600_000, 700_000]


def address_in(page: Response) -> list[str]:
    """Where the form of the page is sent to."""
    return [
        part.split('"')[0] for part in page.text.split('<form method="post" action="') if "/quantities/" in part[:60]
    ]


def test_a_stale_removal_is_refused_and_names_what_holds_now(database: Database):
    client = office(database)
    page = stale(client, database, "remove")
    assert page.status_code == 409
    assert "营造林面积：0.6万亩（到2025年）" in page.text
    assert quantities(database)[1][-1] is None
    again = next(iter(address_in(page)))
    assert client.post(again, data=form_on(page, again)).status_code == 303
    assert quantities(database)[1][-1] == 20241


def test_a_change_of_the_project_meanwhile_is_shown_before_the_quantity_is_saved(database: Database):
    client = office(database)
    edit = address(database)
    form = form_on(client.get(edit), edit) | BASIS | {"value": "0.6"}
    change_behind_the_back(database, "qingshan-01", contact="李雷")
    page = client.post(edit, data=form)
    assert page.status_code == 409
    assert "测试员 已经修改了这条记录" in page.text
    assert client.post(edit, data=form_on(page, edit)).status_code == 303


def test_the_second_press_does_nothing(database: Database):
    client = office(database)
    for opened, changes in ((NEW, YEARLY), (address(database), BASIS | {"value": "0.6"})):
        form = form_on(client.get(opened), opened) | changes
        first, second = client.post(opened, data=form), client.post(opened, data=form)
        assert (first.status_code, second.status_code) == (303, 303)
        assert first.headers["location"] == second.headers["location"]
    assert len(quantities(database)) == 3


def test_a_part_has_quantities_of_its_own(database: Database):
    client = office(database)
    new = "/projects/qingshan-02-1/quantities/new"
    assert f'href="{new}"' in client.get("/projects/qingshan-02").text
    more = {
        "measure": "污水处理能力",
        "new_measure": "1",
        "value": "2",
        "unit": "万立方米/日",
        "per": "",
        "by_year": "",
    }
    answer = sent(client, new, **(YEARLY | more))
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects/qingshan-02#quantities")
    assert quantities(database, "qingshan-02-1") == [("污水处理能力", 2_000_000, "万立方米/日", "≥", None)]
    row = next(row for row in rows_on(client.get("/projects/qingshan-02")) if row and row[0].startswith("再生水厂"))
    assert row[5].startswith("污水处理能力 ≥ 2 万立方米/日 修改 · 删除")


def test_only_who_may_edit_the_project_reaches_its_quantities(database: Database):
    app = small_app(database)
    opened = [NEW, address(database), address(database, "remove")]
    forestry, water = (
        signed_in_visitor(app, person_in(database, name, "owner", department=department(database, body)))
        for name, body in (("forester", "林业局"), ("waterman", "水利局"))
    )
    others = [water, *(visitor_with_role(app, role) for role in ("leader", "auditor", "finance", "admin"))]
    for one in opened:
        assert forestry.get(one).status_code == 200
        for client in others:
            assert client.get(one).status_code == 404
            assert client.post(one, data=YEARLY).status_code == 404
    assert NEW not in water.get(FOREST).text
    assert len(quantities(database)) == 1
    assert sent(forestry, NEW, **YEARLY).status_code == 303


def test_a_quantity_is_reached_only_by_its_own_project(database: Database):
    client = office(database)
    wrong = address(database).replace("qingshan-01", "qingshan-03")
    for one in (wrong, f"{FOREST}/quantities/999/edit", f"{FOREST}/quantities/0/edit", f"{FOREST}/quantities/x/remove"):
        assert client.get(one).status_code == 404, one
        assert client.post(one, data=YEARLY).status_code == 404, one


def test_an_archived_project_keeps_its_quantities_as_they_are(database: Database):
    client = office(database)
    form = form_on(client.get(NEW), NEW) | YEARLY
    sent(client, f"{FOREST}/archive", reason="重复")
    page = client.post(NEW, data=form)
    assert page.status_code == 409
    assert "已经归档" in page.text
    assert form_on(page, NEW)["value"] == "1,000"
    assert client.get(NEW).status_code == 409
    assert len(quantities(database)) == 1
