"""The pages of a return's workbook: saving it, sending a filled one, its problems, its changes, its conflicts, and who may."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import Response
from openpyxl import load_workbook
from starlette.testclient import TestClient

from core.database import Database
from core.working import work_off
from tests.budgets.importing.samples import kept_files
from tests.databases import on_both, plant
from tests.reports.return_samples import WAN
from tests.reports.return_workbook_samples import (
    FOREST,
    MONEY,
    PROGRESS,
    Form,
    filled,
    kept,
    made,
    on_the_web,
    open_desk,
    return_of,
)
from tests.samples import find_small_plan
from tests.web.reading_pages import form_on
from tests.web.visiting import person_in, signed_in_visitor
from web.app import create_app
from web.job_handlers import HANDLERS

__all__ = ["kept_files"]
database = on_both(plant, open_desk)
pytestmark = pytest.mark.usefixtures("kept_files")
DONE = ("money.work_done", "")


@pytest.fixture
def app(database: Database) -> Iterator[FastAPI]:
    return create_app(database)  # type: ignore[return-value]


@pytest.fixture
def owner(app: FastAPI, database: Database) -> TestClient:
    """Somebody of the forestry department, which fills in its return."""
    return visitor_of(app, "林业局")


def visitor_of(app: FastAPI, department: str, role: str = "owner") -> TestClient:
    with app.state.database.reading() as session:
        small = find_small_plan(session)
        found = {"林业局": small.forestry, "水利局": small.water_office}[department]
        session.expunge_all()
    return signed_in_visitor(app, person_in(app.state.database, f"{role}-of-{found.id}", role, department=found))


def page_of(database: Database, department: str = "林业局") -> str:
    with database.reading() as session:
        return f"/returns/{return_of(session, department).id}/workbook"


def send(client: TestClient, address: str, path: Path) -> str:
    """Sends a file, lets the worker read it, and tells the address of its preview."""
    form = form_on(client.get(address), address)
    form.pop("file", None)
    with path.open("rb") as file:
        response = client.post(address, data=form, files={"file": (path.name, file)})
    assert response.status_code == 303, response.text
    assert work_off(client.app.state.database, HANDLERS) == 1  # type: ignore[attr-defined]
    job = client.get(response.headers["location"]).text
    assert "查看并确认" in job, job
    return f"{address}/" + job.split(f'href="{address}/')[1].split('"')[0]


def pressed(client: TestClient, address: str, act: str, **changes: str) -> Response:
    form = form_on(client.get(address), f"{address}/{act}") | changes
    response = client.post(f"{address}/{act}", data=form)
    work_off(client.app.state.database, HANDLERS)  # type: ignore[attr-defined]
    return response


def fill(form: Form) -> None:
    form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资")
    form.put(PROGRESS, FOREST, "形象进度", "完成整地")


def test_a_workbook_is_saved_filled_in_looked_at_and_taken_in(
    owner: TestClient, database: Database, tmp_path: Path
) -> None:
    address = page_of(database)
    saved = owner.post(f"{address}.xlsx", data={"unit": "元"})
    assert saved.headers["content-type"].endswith("spreadsheetml.sheet")
    path = tmp_path / "a.xlsx"
    path.write_bytes(saved.content)
    filled(path, fill)
    preview = send(owner, address, path)
    text = owner.get(preview).text
    assert "下面 2 格的变化一次填入" in text
    assert "天然林保护工程项目" in text
    assert "完成整地" in text
    assert "0.032 (CNY 10,000)" in owner.get(f"{preview}?lang=en").text
    assert "a.xlsx" in owner.get(f"{address}?lang=zh").text
    assert kept(database) == {}
    assert pressed(owner, preview, "apply").status_code == 303
    assert kept(database)[DONE] == str(320 * WAN // 10_000)
    assert "已按这份文件填入" in owner.get(preview).text
    assert "没有变化" in owner.get(send(owner, address, path)).text


def test_problems_stand_by_cell_with_a_marked_copy(owner: TestClient, database: Database, tmp_path: Path) -> None:
    cells: list[str] = []

    def wrong(form: Form) -> None:
        fill(form)
        cells.append(form.put(MONEY, FOREST, "本季合计", "三百万", 环节="合同"))

    preview = send(owner, page_of(database), filled(made(database, tmp_path / "a.xlsx"), wrong))
    text = owner.get(preview).text
    assert "有 1 处必须改正" in text
    assert f">{MONEY}</span> {cells[0]}" in text
    assert "确认填入" not in text
    copy = owner.get(f"{preview}/marked")
    marked = tmp_path / "marked.xlsx"
    marked.write_bytes(copy.content)
    sheet = load_workbook(marked)[MONEY]
    assert "三百万" in sheet[cells[0]].comment.text
    assert sheet.data_validations.dataValidation, "the rest of the workbook stays as it was sent"
    assert owner.post(f"{preview}/apply", data={"request_key": "k"}).status_code == 409
    assert kept(database) == {}


def test_what_both_changed_is_chosen_cell_by_cell(owner: TestClient, database: Database, tmp_path: Path) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), fill)
    on_the_web(database, {DONE: str(300 * WAN)})
    preview = send(owner, page_of(database), path)
    text = owner.get(preview).text
    assert "有 1 格在下载之后网页上和文件里都改过" in text
    assert pressed(owner, preview, "apply").status_code == 409
    number = text.split('name="choice-')[1].split('"')[0]
    assert pressed(owner, preview, "apply", **{f"choice-{number}": "file"}).status_code == 303
    assert kept(database)[DONE] == str(320 * WAN)


def test_a_second_press_does_nothing_and_one_may_give_up(owner: TestClient, database: Database, tmp_path: Path) -> None:
    address = page_of(database)
    path = filled(made(database, tmp_path / "a.xlsx"), fill)
    preview = send(owner, address, path)
    form = form_on(owner.get(preview), f"{preview}/apply")
    first, second = (owner.post(f"{preview}/apply", data=form) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert work_off(database, HANDLERS) == 1
    other = send(owner, address, filled(path, lambda form: form.put(MONEY, FOREST, "本季合计", 5, 环节="合同")))
    assert pressed(owner, other, "abandon").status_code == 303
    assert "已放弃" in owner.get(other).text
    assert owner.post(f"{other}/apply", data={"request_key": "k"}).status_code == 409


def test_a_file_may_be_compared_anew_after_the_page_was_changed(
    owner: TestClient, database: Database, tmp_path: Path
) -> None:
    preview = send(owner, page_of(database), filled(made(database, tmp_path / "a.xlsx"), fill))
    on_the_web(database, {DONE: str(320 * WAN)})
    pressed(owner, preview, "apply")
    assert kept(database) == {DONE: str(320 * WAN)}, "it was not read against this"
    assert pressed(owner, preview, "again").status_code == 303
    assert "下面 1 格的变化" in owner.get(preview).text
    pressed(owner, preview, "apply")
    assert kept(database)["text.progress", ""] == "完成整地"


def test_another_departments_workbook_is_refused(owner: TestClient, database: Database, tmp_path: Path) -> None:
    preview = send(owner, page_of(database), made(database, tmp_path / "a.xlsx", "水利局"))
    assert "应为“qingshan qingshan林业局 2025Q4”的" in owner.get(preview).text


def test_a_jump_of_ten_thousand_is_ticked_before_it_is_taken_in(
    owner: TestClient, database: Database, tmp_path: Path
) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), lambda form: form.put("工程量", FOREST, "本季合计", 5000))
    preview = send(owner, page_of(database), path)
    refused = pressed(owner, preview, "apply")
    assert refused.status_code == 422
    assert kept(database) == {}
    assert pressed(owner, preview, "apply", as_typed="1").status_code == 303
    assert list(kept(database).values()) == ["5000000000|万亩"]


def test_a_submitted_return_offers_no_upload(owner: TestClient, database: Database) -> None:
    address = page_of(database)
    with database.writing() as session:
        return_of(session).state = "submitted"
    assert "不能上传填报表" in owner.get(address).text


def test_others_find_nothing(app: FastAPI, database: Database, tmp_path: Path) -> None:
    address = page_of(database)
    preview = send(visitor_of(app, "林业局"), address, filled(made(database, tmp_path / "a.xlsx"), fill))
    stranger = visitor_of(app, "水利局")
    for path in (address, preview, f"{preview}/marked"):
        assert stranger.get(path).status_code == 404, path
    for path in (f"{address}.xlsx", f"{preview}/apply", f"{preview}/again", f"{preview}/abandon"):
        assert stranger.post(path, data={"request_key": "k"}).status_code == 404, path
    auditor = signed_in_visitor(app, person_in(database, "auditor", "auditor"))
    assert auditor.get(preview).status_code == 200
    assert "确认填入" not in auditor.get(preview).text
    for path in (f"{address}.xlsx", f"{preview}/apply", f"{preview}/abandon"):
        assert auditor.post(path, data={"request_key": "k"}).status_code == 404, path
