"""What people change about quantities: dated, audited, on a document, and left alone by the loader."""

from dataclasses import replace
from threading import Barrier

import pytest
from sqlmodel import Session, func, select

from core.audit import Actor, history
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken, Stale, TooLong
from core.units import UnknownUnit
from milestones.quantities import Measure, NotAQuantity, OtherDimension, Quantity, quantities_of
from milestones.quantity_changes import (
    QuantityEnded,
    change_quantity,
    find_successor,
    record_quantity,
    remove_quantity,
)
from milestones.quantity_values import (
    BelowZero,
    DuplicateQuantity,
    NewQuantity,
    UnknownMeasure,
    measure_of,
    quantity_in_words,
)
from portfolio.citations import supplied_values
from portfolio.editing import Archived, archive_project
from portfolio.values import Basis
from tests.samples import SOMEBODY, a_basis, find_small_plan, identity
from tests.together import at_once

YEARLY = NewQuantity("营造林面积", "1,000", "亩", "≥", "每年造林不少于1000亩", per="year", by_year=2025)


def held(session: Session, quarter: int = 20244) -> list[str]:
    """The quantities of the forest that hold in a quarter, in words."""
    forest = identity(find_small_plan(session).forest)
    return [quantity_in_words(measure, row) for row, measure in quantities_of(session, [forest], quarter)[forest]]


def printed(session: Session) -> Quantity:
    """The quantity that the small plan itself has."""
    return session.exec(select(Quantity).where(Quantity.supplied_by.is_(None))).one()  # type: ignore[union-attr]


def record(session: Session, new: NewQuantity = YEARLY, basis: Basis | None = None) -> Quantity:
    return record_quantity(session, find_small_plan(session).forest, new, basis or a_basis(20231), by=SOMEBODY)


def change(session: Session, *, version: int = 1, basis: Basis | None = None, **changes: object) -> bool:
    row = printed(session)
    same = NewQuantity("营造林面积", "0.5", "万亩", "=", "完成营造林0.5万亩", by_year=2025)
    new = replace(same, **changes)  # type: ignore[arg-type]
    forest = find_small_plan(session).forest
    return change_quantity(session, forest, row, new, basis or a_basis(20231), expected_version=version, by=SOMEBODY)


def test_an_added_quantity_holds_from_its_quarter_and_says_who_gave_it_on_what_document(stored: Database) -> None:
    with stored.writing() as session:
        record(session)
    with stored.reading() as session:
        assert held(session, 20224) == ["营造林面积：0.5万亩（到2025年）"]
        assert held(session) == ["营造林面积：0.5万亩（到2025年）", "营造林面积：每年≥1000亩（到2025年）"]
        forest = find_small_plan(session).forest
        row = quantities_of(session, [identity(forest)], 20244)[identity(forest)][1][0]
        assert (row.supplied_by, row.document, row.reason) == (SOMEBODY.name, "青政办〔2021〕9号", "调整")
        line = history(session, "project", identity(forest))[0]
        assert (line.action, line.actor, line.reason) == ("add-quantity", SOMEBODY.name, "调整")
        assert ("quantity", None, "营造林面积：每年≥1000亩（到2025年）") in line.changes
        assert forest.row_version == 2


def test_a_change_ends_the_old_row_where_the_new_one_begins(stored: Database) -> None:
    with stored.writing() as session:
        assert change(session, value="0.6")
    with stored.reading() as session:
        assert held(session, 20224) == ["营造林面积：0.5万亩（到2025年）"]
        assert held(session, 20231) == ["营造林面积：0.6万亩（到2025年）"]
        line = history(session, "project", identity(find_small_plan(session).forest))[0]
        change_of = ("quantity", "营造林面积：0.5万亩（到2025年）", "营造林面积：0.6万亩（到2025年）")
        assert (line.action, change_of in line.changes) == ("change-quantity", True)
        assert find_successor(session, printed(session)) is not None


def test_the_same_again_changes_nothing(stored: Database) -> None:
    with stored.writing() as session:
        assert not change(session)
        assert find_small_plan(session).forest.row_version == 1
        assert session.exec(select(func.count()).select_from(Quantity)).one() == 1


def test_a_removed_quantity_stays_in_the_past_and_in_the_audit(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        remove_quantity(session, forest, printed(session), a_basis(20231), expected_version=1, by=SOMEBODY)
    with stored.reading() as session:
        assert (held(session, 20224), held(session)) == (["营造林面积：0.5万亩（到2025年）"], [])
        forest_id = identity(find_small_plan(session).forest)
        line = history(session, "project", forest_id)[0]
        assert (line.action, line.reason) == ("remove-quantity", "调整")
        assert ("quantity", "营造林面积：0.5万亩（到2025年）", None) in line.changes
        assert supplied_values(session, "project", forest_id)["quantities"].document == "青政办〔2021〕9号"
        assert find_successor(session, printed(session)) is None


@pytest.mark.parametrize(
    ("changes", "field", "broken"),
    [
        ({"measure": " "}, "measure", Missing),
        ({"measure": "长" * 81}, "measure", TooLong),
        ({"measure": "造林面积"}, "measure", UnknownMeasure),
        ({"measure": "新\x00指标", "new_measure": True}, "measure", Invalid),
        ({"value": ""}, "value", Missing),
        ({"value": "约五百"}, "value", NotAQuantity),
        ({"value": "1,00"}, "value", NotAQuantity),
        ({"value": "0.0000001"}, "value", NotAQuantity),
        ({"value": "9" * 30}, "value", NotAQuantity),
        ({"value": "-1"}, "value", BelowZero),
        ({"unit": ""}, "unit", Missing),
        ({"unit": "万母"}, "unit", UnknownUnit),
        ({"unit": "公里"}, "unit", OtherDimension),
        ({"unit": "座"}, "unit", OtherDimension),
        ({"operator": "大于"}, "operator", Invalid),
        ({"per": "month"}, "per", Invalid),
        ({"by_year": 202}, "by_year", Invalid),
        ({"wording": ""}, "wording", Missing),
        ({"wording": "长" * 1001}, "wording", TooLong),
        ({"note": "长" * 2001}, "note", TooLong),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    stored: Database, changes: dict[str, object], field: str, broken: type[Broken]
) -> None:
    with pytest.raises(SeveralBroken) as told, stored.writing() as session:
        record(session, replace(YEARLY, **changes))  # type: ignore[arg-type]
    assert [(problem.field, type(problem)) for problem in told.value.problems] == [(field, broken)]
    with stored.reading() as session:
        assert session.exec(select(Measure.name)).all() == ["营造林面积"]
        assert len(held(session)) == 1


def test_the_other_kind_of_unit_is_named_in_words(stored: Database) -> None:
    with pytest.raises(SeveralBroken) as told, stored.writing() as session:
        record(session, replace(YEARLY, unit="公里"))
    assert str(told.value.problems[0]) == "工程量指标“营造林面积”按面积计量，而“公里”是另一类单位。"


def test_every_wrong_field_is_told_at_once_with_document_and_reason(stored: Database) -> None:
    with pytest.raises(SeveralBroken) as told, stored.writing() as session:
        record(session, replace(YEARLY, value="x", unit="y", wording=""), Basis(20231))
    fields = {problem.field for problem in told.value.problems}
    assert fields == {"value", "unit", "wording", "document", "reason"}


def test_a_measure_is_found_whatever_its_width_and_a_new_one_only_on_purpose(stored: Database) -> None:
    with stored.writing() as session:
        row = record(session, replace(YEARLY, measure=" 营造 林面积", value="１０００．５", unit="Ha"))
        assert (measure_of(session, row), row.value_micro, row.unit) == ("营造林面积", 1_000_500_000, "公顷")
        fresh = record(session, replace(YEARLY, measure="退化林修复面积", new_measure=True))
        assert measure_of(session, fresh) == "退化林修复面积"


def test_the_same_quantity_twice_is_refused(stored: Database) -> None:
    with stored.writing() as session:
        record(session)
    with pytest.raises(SeveralBroken) as told, stored.writing() as session:
        record(session, replace(YEARLY, wording="另一句话"))
    assert isinstance(told.value.problems[0], DuplicateQuantity)


def test_a_change_begins_no_earlier_than_the_quantity_itself(stored: Database) -> None:
    with stored.writing() as session:
        row = record(session, basis=a_basis(20241))
        forest = find_small_plan(session).forest
        with pytest.raises(SeveralBroken) as told:
            change_quantity(
                session, forest, row, replace(YEARLY, value="2000"), a_basis(20231), expected_version=2, by=SOMEBODY
            )
        assert [problem.field for problem in told.value.problems] == ["from_quarter"]


def test_a_stale_change_and_one_of_what_was_changed_already_are_refused(stored: Database) -> None:
    with stored.writing() as session:
        change(session, value="0.6")
    with pytest.raises(Stale, match=SOMEBODY.name), stored.writing() as session:
        change(session, value="0.7")
    with pytest.raises(QuantityEnded), stored.writing() as session:
        change(session, value="0.7", version=2)
    with stored.reading() as session:
        assert held(session) == ["营造林面积：0.6万亩（到2025年）"]


def test_an_archived_project_takes_no_quantity(stored: Database) -> None:
    with stored.writing() as session:
        archive_project(session, find_small_plan(session).forest, reason="重复", expected_version=1, by=SOMEBODY)
    with pytest.raises(Archived), stored.writing() as session:
        record(session)


def test_of_two_who_change_at_once_one_is_told_and_a_new_measure_is_made_once(stored: Database) -> None:
    together = Barrier(2)

    def wait() -> None:
        if not stored.is_sqlite:  # SQLite lets one writer in at a time, so the two never meet here
            together.wait(10)

    def change_to(value: str) -> None:
        with stored.writing() as session:
            forest, row = find_small_plan(session).forest, printed(session)
            wait()
            new = NewQuantity("营造林面积", value, "万亩", "=", "完成营造林", by_year=2025)
            change_quantity(session, forest, row, new, a_basis(20231), expected_version=1, by=Actor(None, value))

    outcomes = at_once(lambda: change_to("0.6"), lambda: change_to("0.7"))
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "Stale"]
    together.reset()

    def add(name: str) -> None:
        with stored.writing() as session:
            small = find_small_plan(session)
            project = small.sewage if name == "sewage" else small.water
            wait()
            new = NewQuantity("清淤长度", "3", "公里", "=", "清淤3公里", new_measure=True)
            record_quantity(session, project, new, a_basis(20231), by=SOMEBODY)

    assert at_once(lambda: add("sewage"), lambda: add("water")) == [None, None]
    with stored.reading() as session:
        assert session.exec(select(func.count()).where(Measure.name == "清淤长度")).one() == 1
