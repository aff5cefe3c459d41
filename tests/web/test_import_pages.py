"""The pages of the import: sending a file, the preview with its columns, taking it in or giving it up, and who may."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import Response
from openpyxl import load_workbook
from sqlmodel import func, select
from starlette.testclient import TestClient

from budgets.entries import LedgerEntry
from core.database import Database
from core.working import work_off
from tests.budgets.importing.samples import HEADERS, a_row, a_workbook, kept_files, ledger, read_file
from tests.databases import on_both, plant
from tests.samples import make_person
from tests.web.ledger_visits import add_sources, ledger_app
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor, visitor_with_role
from web.job_handlers import HANDLERS

database = on_both(plant, add_sources)

__all__ = ["kept_files"]
pytestmark = pytest.mark.usefixtures("kept_files")


@pytest.fixture
def app(database: Database) -> Iterator[FastAPI]:
    return ledger_app(database)  # type: ignore[return-value]


def send(client: TestClient, path: Path, **fields: str) -> Response:
    form = form_on(client.get("/money/import"), "/money/import") | {"plan": "qingshan"} | fields
    form.pop("file", None)
    with path.open("rb") as file:
        return client.post("/money/import", data=form, files={"file": (path.name, file)})


def sent_and_read(client: TestClient, path: Path, **fields: str) -> str:
    """Sends a file, lets the worker read it, and tells the address of its preview."""
    response = send(client, path, **fields)
    assert response.status_code == 303, response.text
    database = client.app.state.database  # type: ignore[attr-defined]
    assert work_off(database, HANDLERS) == 1
    job = client.get(response.headers["location"]).text
    assert "查看并确认" in job, job
    return "/money/import/" + job.split('href="/money/import/')[1].split('"')[0]


def pressed(client: TestClient, address: str, act: str, **changes: str) -> Response:
    """Presses one of the buttons of the preview, and lets the worker do what it asks for."""
    form = form_on(client.get(address), f"{address}/{act}") | changes
    response = client.post(f"{address}/{act}", data=form)
    work_off(client.app.state.database, HANDLERS)  # type: ignore[attr-defined]
    return response


def test_a_file_is_sent_looked_at_and_taken_in(app: FastAPI, database: Database, tmp_path: Path) -> None:
    client = visitor_with_role(app, "office")
    path = a_workbook(tmp_path / "台账.xlsx", [a_row(), a_row(stage="合同", source="", amount="1,234.5")])
    address = sent_and_read(client, path)
    preview = client.get(address)
    assert "确认导入 2 笔" in preview.text
    assert [row[-2:] for row in rows_on(preview) if row[:1] == ["支付"]] == [["1", "320.00"]]
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(LedgerEntry)).one() == 0, "nothing before it is confirmed"
    assert pressed(client, address, "apply").status_code == 303
    after = client.get(address).text
    assert "已导入 2 笔" in after
    assert f"/money/waiting?import={address.rsplit('/', 1)[1]}" in after
    assert "确认导入" not in after
    with database.reading() as session:
        assert {one.state for one in ledger(session)} == {"submitted"}
    assert client.get(f"/money/ledger?import={address.rsplit('/', 1)[1]}").status_code == 200


def test_problems_stand_by_cell_and_cannot_be_confirmed(app: FastAPI, tmp_path: Path) -> None:
    client = visitor_with_role(app, "finance")
    address = sent_and_read(client, a_workbook(tmp_path / "a.xlsx", [a_row(on="2024/2/30"), a_row()]))
    preview = client.get(address)
    assert ["台账 D2", "必须改正"] in [row[:2] for row in rows_on(preview)]
    assert "确认导入" not in preview.text
    refused = client.post(f"{address}/apply", data={"request_key": "k"})
    assert refused.status_code == 409


def test_columns_can_be_matched_anew(app: FastAPI, tmp_path: Path) -> None:
    client = visitor_with_role(app, "office")
    headers = (*HEADERS[:4], "数额", *HEADERS[5:])
    address = sent_and_read(client, a_workbook(tmp_path / "a.xlsx", [a_row()], headers=headers))
    assert "缺少“金额”一列" in client.get(address).text
    changes = {"column-E": "amount", "unit": "万元"}
    assert pressed(client, address, "columns", **changes).status_code == 303
    preview = client.get(address)
    assert "确认导入 1 笔" in preview.text
    assert form_on(preview, f"{address}/columns")["column-E"] == "amount"


def test_another_sheet_or_header_line_matches_the_names_anew(app: FastAPI, tmp_path: Path) -> None:
    client = visitor_with_role(app, "office")
    path = a_workbook(tmp_path / "a.xlsx", [a_row()], sheets=("一月", "二月"), above=[["编号", "日期"]])
    address = sent_and_read(client, path)
    assert "有 2 张工作表" in client.get(address).text
    assert pressed(client, address, "columns", sheet="二月").status_code == 303
    assert "确认导入 1 笔" in client.get(address).text
    wrong = client.post(
        f"{address}/columns", data=form_on(client.get(address), f"{address}/columns") | {"header_line": "99"}
    )
    assert wrong.status_code == 422
    assert "1 至 20" in wrong.text


def test_an_import_can_be_given_up(app: FastAPI, database: Database, tmp_path: Path) -> None:
    client = visitor_with_role(app, "office")
    address = sent_and_read(client, a_workbook(tmp_path / "a.xlsx", [a_row()]))
    assert pressed(client, address, "abandon").status_code == 303
    assert "已放弃" in client.get(address).text
    assert client.post(f"{address}/apply", data={"request_key": "k"}).status_code == 409


def test_a_second_press_does_nothing(app: FastAPI, database: Database, tmp_path: Path) -> None:
    client = visitor_with_role(app, "office")
    address = sent_and_read(client, a_workbook(tmp_path / "a.xlsx", [a_row()]))
    form = form_on(client.get(address), f"{address}/apply")
    first, second = (client.post(f"{address}/apply", data=form) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert work_off(database, HANDLERS) == 1


def test_a_form_without_file_or_plan_is_shown_again(app: FastAPI) -> None:
    client = visitor_with_role(app, "office")
    response = client.post("/money/import", data={"plan": "", "unit": "美元"})
    assert response.status_code == 422
    assert set(errors_on(response)) >= {"unit"}
    for text in ("“文件”不能为空", "“规划”不能为空"):
        assert text in response.text


@pytest.mark.parametrize("role", ["leader", "auditor"])
def test_who_records_nowhere_finds_no_page(app: FastAPI, role: str) -> None:
    client = visitor_with_role(app, role)
    for address in ("/money/import", "/money/import/template.xlsx"):
        assert client.get(address).status_code == 404
    assert client.post("/money/import", data={"plan": "qingshan"}).status_code == 404


def test_nobody_else_sees_or_takes_in_somebodys_import(app: FastAPI, tmp_path: Path) -> None:
    address = sent_and_read(visitor_with_role(app, "office"), a_workbook(tmp_path / "a.xlsx", [a_row()]))
    other = signed_in_visitor(app, person_in(app.state.database, "another", "office"))
    assert other.get(address).status_code == 404
    for act in ("apply", "columns", "abandon"):
        assert other.post(f"{address}/{act}", data={"request_key": "k"}).status_code == 404
    assert visitor(app).get(address).status_code == 303


def test_an_owner_takes_in_only_the_projects_of_its_department(
    app: FastAPI, database: Database, tmp_path: Path
) -> None:
    with database.writing() as session:
        from tests.samples import find_small_plan

        owner = make_person(session, "owner", "owner", department=find_small_plan(session).forestry)
        session.flush()
        session.expunge(owner)
    client = signed_in_visitor(app, owner)
    path = a_workbook(tmp_path / "a.xlsx", [a_row(), a_row(code="qingshan-03")])
    preview = client.get(sent_and_read(client, path))
    assert ["台账 A3", "必须改正"] in [row[:2] for row in rows_on(preview)]
    assert "台账 A2" not in preview.text


def test_only_this_route_takes_large_bodies(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor_with_role(app, "office")
    path = a_workbook(tmp_path / "a.xlsx", [a_row(note="说明" * 500) for _ in range(400)])
    size = path.stat().st_size
    with setting(monkeypatch, max_body_bytes="10000", max_upload_bytes=str(size), files_folder=str(tmp_path / "f")):
        assert send(client, path).status_code == 303
        assert client.post("/sign-out", data={"x": "y" * 20_000}).status_code == 413
    with setting(monkeypatch, max_body_bytes="10000", max_upload_bytes="1000000", files_folder=str(tmp_path / "f")):
        large = tmp_path / "large.csv"
        for extra in (50_000, 500_000):  # the first is let in with the form around it, and then refused at its field
            large.write_text("x" * (1_000_000 + extra), encoding="utf-8")
            assert send(client, large).status_code == 413
        large.write_text("x" * 1_050_000, encoding="utf-8")
        assert "最多 1 MB" in send(client, large).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_has_lists_and_comes_back_without_its_example(
    app: FastAPI, database: Database, tmp_path: Path, language: str
) -> None:
    client = visitor_with_role(app, "office")
    client.get(f"/money/import?lang={language}")
    response = client.get("/money/import/template.xlsx?plan=qingshan")
    assert response.headers["content-disposition"].startswith("attachment")
    book = load_workbook(BytesIO(response.content))
    sheet = book.worksheets[0]
    assert book["选项"].sheet_state == "hidden"
    lists = {str(one.sqref).split(":")[0][0]: one.formula1 for one in sheet.data_validations.dataValidation}
    assert lists["B"] == "选项!$A$2:$A$5"
    assert [cell.value for cell in book["选项"]["A"][1:5]] == [
        *("qingshan-01", "qingshan-02-1", "qingshan-02-2", "qingshan-03"),
    ]
    assert [cell.value for cell in book["选项"]["B"][1:6]] == ["下达", "到位", "合同", "完成投资", "支付"]
    header = next(row for row in sheet.iter_rows() if row[0].value == "序号")[0].row
    for column, value in enumerate([1, "qingshan-01", None, "支付", "县级财政", "2024-05-06", 320, "发生"], start=1):
        sheet.cell(header + 2, column, value)
    path = tmp_path / "filled.xlsx"
    book.save(path)
    read = read_file(database, path)
    assert (read.blocking, read.fen) == ({}, [320_000_000])
    assert any("示例" in note for note in read.notes)
