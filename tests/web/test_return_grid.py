"""成批填写 of a return: all projects in one table, what is right saved, what is wrong shown as it was typed."""

import pytest

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.return_visits import Office

sqlite_database = on_sqlite(plant)


@pytest.fixture
def office(sqlite_database: Database) -> Office:
    return Office(sqlite_database)


def test_the_money_of_all_projects_stands_in_one_table_and_is_saved_together(office: Office):
    address = f"/returns/{office.forestry}/grid/work"
    shown = office.owner.get(address)
    assert [row for row in rows_on(shown) if row[0].startswith("qingshan-01")]
    form = form_on(shown, address) | {office.work_done: "320", office.contracted: "1,200.5"}
    answer = office.owner.post(address, data=form)
    assert answer.headers["location"] == f"{address}?done=2"
    assert office.cells() == {office.work_done: "320000000", office.contracted: "1200500000"}
    assert "已保存 2 项" in office.owner.get(answer.headers["location"]).text


def test_a_bad_cell_is_marked_and_keeps_no_other_back(office: Office):
    address = f"/returns/{office.forestry}/grid/work"
    form = form_on(office.owner.get(address), address) | {office.work_done: "三百", office.contracted: "80"}
    answer = office.owner.post(address, data=form)
    assert answer.status_code == 422
    assert list(errors_on(answer)) == [office.work_done]
    assert form_on(answer, address)[office.work_done] == "三百"
    assert office.cells() == {office.contracted: "80000000"}


def test_works_take_a_number_a_zero_or_the_words_not_applicable(office: Office):
    address = f"/returns/{office.forestry}/grid/works"
    for text, kept in (("0.02", "20000|万亩"), ("0", "0|万亩"), ("不适用", "not-applicable")):
        form = form_on(office.owner.get(address), address) | {office.works: text}
        assert office.owner.post(address, data=form).status_code == 303
        assert office.cells() == {office.works: kept}
        shown = form_on(office.owner.get(address), address)[office.works]
        assert shown == text


def test_a_jump_in_the_table_is_asked_about_above_it(office: Office):
    address = f"/returns/{office.forestry}/grid/works"
    answer = office.owner.post(address, data=form_on(office.owner.get(address), address) | {office.works: "2000"})
    assert answer.status_code == 422
    assert f'name="as_typed_{office.works}"' in answer.text
    again = form_on(answer, address) | {f"as_typed_{office.works}": "1"}
    assert office.owner.post(address, data=again).status_code == 303
    assert office.cells() == {office.works: "2000000000|万亩"}


def test_there_is_no_table_of_another_name_nor_of_a_return_that_was_handed_in(office: Office):
    assert office.owner.get(f"/returns/{office.forestry}/grid/nothing").status_code == 404
    office.handed_in()
    assert office.owner.get(f"/returns/{office.forestry}/grid/work").status_code == 404
