"""填报本季: what the owner sees and saves, one cell while it is typed or the whole page."""

import re

import pytest

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.samples import find_small_plan
from tests.web.reading_pages import errors_on, form_on
from tests.web.return_meanwhile import record_more
from tests.web.return_visits import FOREST, PART, Office
from tests.web.visiting import visitor

sqlite_database = on_sqlite(plant)


@pytest.fixture
def office(sqlite_database: Database) -> Office:
    return Office(sqlite_database)


def test_the_first_project_stands_open_so_that_the_first_field_is_two_clicks_from_home(office: Office):
    shown = office.owner.get(f"/returns/{office.forestry}")
    assert shown.status_code == 200
    assert f'id="f-{office.work_done}"' in shown.text
    assert "已填 0/1 个项目" in shown.text


def test_a_cell_that_is_typed_is_saved_and_says_when(office: Office):
    answer = office.type_in(office.work_done, "320")
    assert answer.status_code == 200
    assert re.search(r"已保存 \d\d:\d\d", answer.text)
    assert "已填 1/1 个项目" in answer.text
    assert "<html" not in answer.text
    assert office.cells() == {office.work_done: "320000000"}


def test_amounts_are_typed_in_the_unit_that_stands_in_the_frame_of_the_field(office: Office):
    office.owner.get(f"{office.page}?unit=亿元")
    assert office.type_in(office.work_done, "0.032").status_code == 200
    assert office.cells() == {office.work_done: "320000000"}
    assert form_on(office.owner.get(office.page), office.page)[office.work_done] == "0.032"


def test_an_emptied_cell_is_not_reported_and_a_zero_is(office: Office):
    office.type_in(office.work_done, "0")
    assert office.cells() == {office.work_done: "0"}
    answer = office.type_in(office.work_done, "")
    assert "未填报" not in answer.text  # it says that it was saved
    assert office.cells() == {}
    assert "未填报" in office.owner.get(office.page).text


def test_text_in_a_number_is_refused_at_the_field_and_nothing_is_written(office: Office):
    office.type_in(office.work_done, "100")
    answer = office.type_in(office.work_done, "一百")
    assert answer.status_code == 422
    assert errors_on(answer) == {
        office.work_done: "“本季完成投资”填写的是“一百”，应为以万元计的数字，例如 320 或 1,234.50。"
    }
    assert "未保存" in answer.text
    assert office.cells() == {office.work_done: "100000000"}


def test_somebody_elses_save_is_not_overwritten_and_both_versions_are_shown(office: Office):
    page = form_on(office.owner.get(office.page), office.page)
    office.type_in(office.work_done, "500", client=office.client("head"))
    seen = page[f"was_{office.work_done}"]
    answer = office.type_in(office.work_done, "400", **{f"was_{office.work_done}": seen})
    assert answer.status_code == 409
    assert "500 万元" in answer.text
    assert re.search(r"您填写的.*400", answer.text, re.DOTALL)
    assert office.cells() == {office.work_done: "500000000"}
    # The answer holds what stands now: pressed again, what was typed is kept.
    now = re.search(rf'name="was_{office.work_done}" value="([^"]*)"', answer.text)
    assert now is not None
    assert office.type_in(office.work_done, "400", **{f"was_{office.work_done}": now[1]}).status_code == 200
    assert office.cells() == {office.work_done: "400000000"}


def test_what_was_left_alone_on_an_old_page_takes_nothing_back(office: Office):
    old = form_on(office.owner.get(office.page), office.page)
    office.type_in(office.work_done, "500", client=office.client("head"))
    answer = office.owner.post(office.page, data=old | {office.contracted: "80"})
    assert answer.status_code == 303
    assert office.cells() == {office.contracted: "80000000", office.work_done: "500000000"}


def test_the_whole_page_saves_what_is_right_and_shows_what_is_wrong_as_it_was_typed(office: Office):
    problems = f"{office.forest_id}:text.problems:"
    answer = office.save(**{office.work_done: "320", office.contracted: "1.2亿", problems: "苗木不足"})
    assert answer.status_code == 422
    assert list(errors_on(answer)) == [office.contracted]
    assert form_on(answer, office.page)[office.contracted] == "1.2亿"
    assert f'href="#f-{office.contracted}"' in answer.text
    assert office.cells() == {office.work_done: "320000000", problems: "苗木不足"}
    mended = office.owner.post(office.page, data=form_on(answer, office.page) | {office.contracted: "12000"})
    assert mended.status_code == 303
    assert office.cells()[office.contracted] == "12000000000"


def test_a_second_press_of_the_same_form_does_nothing(office: Office):
    form = form_on(office.owner.get(office.page), office.page) | {office.work_done: "320"}
    first = office.owner.post(office.page, data=form)
    office.type_in(office.work_done, "500")
    second = office.owner.post(office.page, data=form)
    assert (first.status_code, second.headers["location"]) == (303, first.headers["location"])
    assert office.cells() == {office.work_done: "500000000"}


def test_zero_not_reported_and_not_applicable_are_three_things(office: Office):
    for text, more, kept in (
        ("0", {}, "0|万亩"),
        ("", {f"na_{office.works}": "1"}, "not-applicable"),
        ("", {}, None),
        ("0.02", {}, "20000|万亩"),
    ):
        assert office.type_in(office.works, text, **more).status_code == 200
        assert office.cells().get(office.works) == kept
    both = office.type_in(office.works, "3", **{f"na_{office.works}": "1"})
    assert both.status_code == 422
    assert "选了“不适用”，又填写了 3" in both.text


def test_a_jump_of_ten_thousand_is_asked_about_before_it_is_saved(office: Office):
    answer = office.type_in(office.works, "2000")
    assert answer.status_code == 422
    assert "没有多写“万”" in answer.text
    assert office.cells() == {}
    assert office.type_in(office.works, "2000", **{f"as_typed_{office.works}": "1"}).status_code == 200
    assert office.cells() == {office.works: "2000000000|万亩"}


def test_an_amount_echoes_in_capital_numerals_and_what_is_none_says_nothing(office: Office):
    asked = {"cell": office.work_done, office.work_done: "320", "amount_unit": "万元"}
    assert "叁佰贰拾万元整" in office.owner.get("/returns/capital-numerals", params=asked).text
    for bad in ({office.work_done: "x"}, {"amount_unit": "美元"}, {"cell": "1:nothing:"}):
        answer = office.owner.get("/returns/capital-numerals", params=asked | bad)
        assert (answer.status_code, answer.text.strip()) == (200, "")


def test_a_source_that_the_project_has_no_money_of_can_be_added(office: Office):
    assert office.paid not in office.owner.get(office.page).text
    answer = office.save(**{f"add_{office.forest_id}": "own", "act": "add"})
    shown = office.owner.get(answer.headers["location"])
    assert f'name="{office.paid}"' in shown.text
    form = form_on(shown, office.page) | {office.paid: "30"}
    assert office.owner.post(office.page, data=form).status_code == 303
    assert office.cells() == {office.paid: "30000000"}


def test_the_words_of_last_quarter_are_copied_into_empty_fields_only(office: Office):
    with office.database.writing() as session:
        from tests.web.return_last_quarter import report_texts

        report_texts(session, find_small_plan(session), {"text.progress": "已整地 300 亩", "text.problems": "缺水"})
    problems, progress = (f"{office.forest_id}:text.{name}:" for name in ("problems", "progress"))
    assert "与上季相同" in office.owner.get(office.page).text
    office.type_in(problems, "已解决")
    assert office.save(act="copy").headers["location"].endswith("done=copied&n=1")
    assert office.cells() == {progress: "已整地 300 亩", problems: "已解决"}


def test_what_is_on_record_of_the_quarter_stands_beside_the_field_and_is_put_into_it(office: Office):
    record_more(office.database, 120)
    shown = office.owner.get(office.page)
    assert re.search(r"本季已登记 <b>120\.00</b>", shown.text)
    below = office.type_in(office.work_done, "100")
    assert below.status_code == 422
    assert "少于本季已记录的 120 万元" in below.text
    assert office.save(put=office.work_done).status_code == 303
    assert office.cells() == {office.work_done: "120000000"}


def test_a_note_is_written_at_a_field_and_settled_there(office: Office):
    name = office.work_done
    answer = office.save(note=name, **{f"note_{name}": "含上年结转", name: "320"})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"#n-{name}")
    assert [one.text for one in office.notes()] == ["含上年结转"]
    assert office.cells() == {name: "320000000"}  # what was typed beside it is saved, too
    assert "含上年结转" in office.owner.get(office.page).text
    office.save(settle=str(office.notes()[0].id))
    assert office.notes()[0].settled_by == "甲owner（owner）"


def test_an_expired_sign_in_keeps_the_page_where_it_is(office: Office):
    stranger = visitor(office.app)
    answer = stranger.post(office.page, data={"cell": office.work_done, office.work_done: "1"}, headers=PART)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert office.cells() == {}


def test_a_return_that_was_handed_in_is_read_only(office: Office):
    office.handed_in()
    shown = office.owner.get(office.page)
    assert shown.status_code == 200
    assert f'name="{office.work_done}"' not in shown.text
    answer = office.owner.post(
        office.page, data={"amount_unit": "万元", "cell": office.work_done, office.work_done: "1"}, headers=PART
    )
    assert answer.status_code == 409
    assert "待部门审核" in answer.text


def test_a_project_of_another_return_is_not_there(office: Office):
    assert office.owner.get(f"/returns/{office.forestry}/projects/qingshan-02").status_code == 404
    name = f"{office.forest_id + 1}:money.work_done:"
    office.save(**{f"was_{name}": "0|", name: "5"})
    assert office.cells() == {}


def test_a_cell_that_there_is_not_is_refused(office: Office):
    for name in ("1:nothing:", "x", f"{office.forest_id}:works:999999"):
        answer = office.owner.post(office.page, data={"amount_unit": "万元", "cell": name, name: "5"}, headers=PART)
        assert answer.status_code == 422, name
    assert FOREST in office.page
