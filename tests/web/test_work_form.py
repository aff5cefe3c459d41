"""Reporting works through the form: what is saved, what is asked about, and that nothing typed is lost."""

import json
import re

import pytest

from core.database import Database
from milestones.evidence import attachments_of
from milestones.works import NOT_APPLICABLE
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.evidence_samples import PDF, WINDOWS_PROGRAM, jpeg, png
from tests.web.reading_pages import form_on
from tests.web.work_visits import (
    FOREST,
    NEW,
    PACKAGE,
    PART,
    SEWAGE,
    People,
    a_claim,
    apart,
    measure,
    report,
    sent_on,
    works,
)

database, sqlite_database = on_both(plant), on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

SQUARE = {"type": "Polygon", "coordinates": [[[111.7, 37.1], [111.8, 37.1], [111.8, 37.2], [111.7, 37.1]]]}
BOW = {"type": "Polygon", "coordinates": [[[111.7, 37.1], [111.8, 37.2], [111.8, 37.1], [111.7, 37.2], [111.7, 37.1]]]}


def test_a_report_with_photos_is_saved_at_once(database: Database) -> None:
    people = People(database)
    files = [
        ("photos_before", ("前.jpg", jpeg("2024:04:01 08:00:00"), "image/jpeg")),
        ("photos_after", ("后.png", png(), "image/png")),
        ("documents", ("验收.pdf", PDF, "application/pdf")),
    ]
    sent = report(database, plot="12-3", place="东坡", latitude="37.1446", longitude="111.7788", caption="东坡")
    answer = people.owner.post(NEW, data=sent, files=files)
    assert answer.headers["location"] == "/works/1"
    (row,) = works(database)
    assert (row.state, row.tier, row.quantity_micro, row.unit, row.plot) == (
        "submitted",
        "claimed",
        800_000_000,
        "亩",
        "12-3",
    )
    assert (row.latitude_micro, row.recorded_by) == (37_144_600, "甲owner（owner）")
    with database.reading() as session:
        kinds = {one.row.kind: one.row.taken_on for one in attachments_of(session, "work_entry", [1])[1]}
    assert list(kinds) == ["before", "after", "document"]
    assert str(kinds["before"]) == "2024-04-01"
    page = people.owner.get("/works/1").text
    assert 'alt="东坡" loading="lazy"' in page
    assert "没有计入任何合计" in page


def test_the_second_press_does_nothing(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    for _ in range(2):
        answer = people.owner.post(NEW, data=report(sqlite_database, request_key="one"))
        assert answer.headers["location"] == "/works/1"
    assert len(works(sqlite_database)) == 1


def test_zero_and_not_applicable_and_a_quantity_are_three_things(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    post = people.owner.post
    assert post(NEW, data=report(sqlite_database, amount_kind="zero", quantity="")).status_code == 303
    other = report(sqlite_database, amount_kind=NOT_APPLICABLE, quantity="", occurred_on="2024-08-06")
    assert post(NEW, data=other).status_code == 303
    zero, not_applicable = works(sqlite_database)
    assert (zero.kind, zero.quantity_micro) == ("entry", 0)
    assert (not_applicable.kind, not_applicable.quantity_micro) == (NOT_APPLICABLE, None)
    for kind, quantity, sentence in (
        ("zero", "800", "本期没有完成"),
        (NOT_APPLICABLE, "800", "不适用的没有数量"),
        ("quantity", " ", "“数量”不能为空"),
    ):
        refused = post(NEW, data=report(sqlite_database, amount_kind=kind, quantity=quantity, occurred_on="2023-05-06"))
        assert (refused.status_code, sentence in refused.text) == (422, True), kind
    assert len(works(sqlite_database)) == 2


def test_a_jump_of_ten_thousand_is_asked_about_once(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    assert 'name="as_typed"' not in people.owner.get(NEW).text
    asked = people.owner.post(NEW, data=report(sqlite_database, quantity="5000", unit="万亩"))
    assert asked.status_code == 422
    assert "可能多写了“万”" in asked.text
    assert 'name="as_typed"' in asked.text
    assert works(sqlite_database) == []
    # Another mistake beside it neither hides the question nor answers it.
    both = people.owner.post(NEW, data=report(sqlite_database, quantity="5000", unit="万亩", latitude="91"))
    assert 'name="as_typed"' in both.text
    assert "91" in both.text
    sure = report(sqlite_database, quantity="5000", unit="万亩", as_typed="1")
    assert people.owner.post(NEW, data=sure).status_code == 303


def test_errors_keep_what_was_typed_and_name_the_files_to_choose_again(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    sent = report(sqlite_database, unit="米", place="东坡", note="抽查", latitude="37.1")
    files = [("photos_before", ("前.jpg", jpeg(), "image/jpeg")), ("documents", ("批复.pdf", b"", "application/pdf"))]
    refused = people.owner.post(NEW, data=sent, files=files)
    assert refused.status_code == 422
    assert "另一类单位" in refused.text
    assert "“批复.pdf”是空文件" in refused.text  # fields and files are told of together
    assert "没有经度" in refused.text
    assert "文件没有保留，请重新选择" in refused.text
    assert "前.jpg" in refused.text
    form = form_on(refused, NEW)
    assert (form["quantity"], form["place"], form["note"], form["latitude"]) == ("800", "东坡", "抽查", "37.1")
    assert form["measure_id"] == sent["measure_id"]
    assert works(sqlite_database) == []


def test_a_file_that_is_refused_undoes_the_report_and_hides_it(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    files = [
        ("photos_before", ("好.jpg", jpeg(), "image/jpeg")),
        ("photos_before", ("病毒.jpg", WINDOWS_PROGRAM, "image/jpeg")),
        ("photos_after", ("空.jpg", b"", "image/jpeg")),
        ("photos_after", ("大.jpg", b"\xff\xd8" + b"\x00" * 21_000_000, "image/jpeg")),
    ]
    refused = people.owner.post(NEW, data=report(sqlite_database), files=files)
    assert refused.status_code == 422
    assert "“病毒.jpg”的内容是 Windows 程序" in refused.text
    assert "“空.jpg”是空文件" in refused.text
    assert "“大.jpg”有 22 MB，照片每张最多 20 MB" in refused.text
    assert works(sqlite_database) == []
    assert "上次" not in refused.text  # what was undone is not shown as reported


def test_a_photo_of_sixty_megabytes_gets_a_sentence_with_its_name(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    files = [("photos_before", ("全景.jpg", jpeg() + b"\x00" * 60_000_000, "image/jpeg"))]
    refused = people.owner.post(NEW, data=report(sqlite_database), files=files)
    assert refused.status_code == 413
    assert "“全景.jpg”有 61 MB，照片每张最多 20 MB。" in refused.text
    assert form_on(refused, NEW)["quantity"] == "800"


def test_geojson_by_paste_or_by_file(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    pasted = report(sqlite_database, geometry=json.dumps(SQUARE))
    assert people.owner.post(NEW, data=pasted).status_code == 303
    file = [("geometry_file", ("地块.geojson", json.dumps(BOW).encode(), "application/geo+json"))]
    crossing = people.owner.post(NEW, data=report(sqlite_database), files=file)
    assert crossing.status_code == 422
    assert "自相交" in crossing.text
    assert json.loads(form_on(crossing, NEW)["geometry"]) == BOW  # what the file held is not lost
    file = [("geometry_file", ("地块.geojson", json.dumps(SQUARE).encode(), "application/geo+json"))]
    assert people.owner.post(NEW, data=report(sqlite_database, geometry="[]"), files=file).status_code == 303
    large = [("geometry_file", ("地块.geojson", b" " * 300_000, "application/geo+json"))]
    assert "300 kB，应不超过 200 kB" in people.owner.post(NEW, data=report(sqlite_database), files=large).text
    assert [json.loads(row.geometry or "") for row in works(sqlite_database)] == [SQUARE, SQUARE]


def test_the_form_shows_what_is_planned_and_was_reported_last(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    assert re.search(r"营造林面积：任务 5,000 亩，未填报", people.owner.get(NEW).text)
    a_claim(sqlite_database, "800")
    page = people.owner.get(NEW)
    assert re.search(r"累计上报 800 亩，上次 2024-05-06 上报 800 亩", page.text)
    assert form_on(page, NEW)["measure_id"] == measure(sqlite_database)  # the only measure needs no choosing
    assert form_on(page, NEW)["unit"] == "亩"


def test_shares_are_no_works_to_be_reported(sqlite_database: Database) -> None:
    covered = measure(sqlite_database, "林木绿化率", "%")
    ponds = measure(sqlite_database, "湿地面积", "公顷")
    page = People(sqlite_database).owner.get(NEW).text
    assert f'<option value="{ponds}"' in page
    assert f'<option value="{covered}"' not in page
    assert "林木绿化率" not in page


def test_the_works_of_a_package_go_to_a_part(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    address = f"/projects/{PACKAGE}/works/new"
    refused = people.office.post(address, data=report(sqlite_database))
    assert (refused.status_code, "“子项目”不能为空" in refused.text) == (422, True)
    assert people.office.post(address, data=report(sqlite_database, part=PART)).status_code == 303
    assert people.office.post(f"/projects/{PART}/works/new", data=report(sqlite_database)).status_code == 303
    assert len({row.project_id for row in works(sqlite_database)}) == 1


def test_a_loss_before_any_check_names_its_cause(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    address = f"/projects/{FOREST}/works/loss"
    refused = people.owner.post(address, data=report(sqlite_database))
    assert (refused.status_code, "“损失原因”不能为空" in refused.text) == (422, True)
    assert people.owner.post(address, data=report(sqlite_database, cause=" 旱灾 ")).status_code == 303
    assert people.owner.post(address, data=report(sqlite_database, cause="Drought")).status_code == 303
    assert people.owner.post(address, data=report(sqlite_database, cause="野猪啃食")).status_code == 303
    causes = [row.cause for row in works(sqlite_database)]
    assert causes[0] == "drought"
    assert causes[2] == "野猪啃食"
    assert "旱灾" in people.owner.get("/works/1").text


def test_a_draft_is_changed_submitted_and_discarded_by_its_author_alone(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    people.owner.post(NEW, data=report(sqlite_database, act="draft"))
    assert people.head.get("/works/1/edit").status_code == 404
    assert people.office.post("/works/1/submit").status_code == 404
    changed = sent_on(people.owner, "/works/1/edit", quantity="900", amount_kind="quantity", act="draft")
    assert changed.headers["location"] == "/works/1"
    stale = people.owner.post("/works/1/edit", data=report(sqlite_database, row_version="1", note="旧页"))
    assert (stale.status_code, "两个版本对照" in stale.text) == (409, True)
    assert "900" in stale.text
    assert form_on(stale, "/works/1/edit")["row_version"] == "2"
    files = [("photos_after", ("后.png", png(), "image/png"))]
    sent = form_on(people.owner.get("/works/1/edit"), "/works/1/edit") | {"amount_kind": "quantity", "act": "submit"}
    assert people.owner.post("/works/1/edit", data=sent, files=files).status_code == 303
    (row,) = works(sqlite_database)
    assert (row.state, row.quantity_micro) == ("submitted", 900_000_000)
    assert people.owner.get("/works/1/edit").status_code == 404
    people.owner.post(NEW, data=report(sqlite_database, act="draft"))
    gone = people.owner.post("/works/2/discard", data={"row_version": "1"})
    assert gone.headers["location"] == f"/projects/{FOREST}/works"
    assert len(works(sqlite_database)) == 1


def test_an_owner_reports_only_what_its_department_answers_for(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    for code in (PACKAGE, SEWAGE):
        assert people.owner.get(f"/projects/{code}/works/new").status_code == 404
        assert people.owner.post(f"/projects/{code}/works/new", data=report(sqlite_database)).status_code == 404
    assert people.stranger.get(NEW).status_code == 404
    assert works(sqlite_database) == []
