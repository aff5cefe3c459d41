"""What cannot be reported, verified or lost: every field's problem, with what was found and what is expected."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from core.calendar import today
from core.database import Database
from core.degrees import HalfAPoint
from core.errors import Broken, Invalid, Missing, SeveralBroken, TooLong
from core.units import UnknownUnit
from milestones.geojson import SelfCrossing
from milestones.quantities import NotAQuantity, OtherDimension, add_quantity
from milestones.quantity_values import BelowZero
from milestones.work_reports import record_work
from milestones.work_rules import (
    JUMP,
    BesideNotApplicable,
    BesideQuantity,
    JumpOfTenThousand,
    NotApplicableWithQuantity,
)
from milestones.work_verifying import record_loss
from milestones.works import NewWork
from portfolio.reviewing import NotYetHappened, QuarterClosed
from tests.milestones.work_samples import (
    OWNER,
    a_work,
    claimed,
    measure_id,
    only_problem,
    problems_in,
    set_quarter,
    undone,
)
from tests.samples import find_small_plan, identity

BOW_TIE = '{"type":"Polygon","coordinates":[[[111,37],[112,38],[112,37],[111,38],[111,37]]]}'


def refused(session: Session, quantity: str | None = "1000", unit: str = "亩", **more: object) -> Broken:
    with pytest.raises(SeveralBroken) as told:
        record_work(session, find_small_plan(session).forest, a_work(session, quantity, unit, **more), by=OWNER)
    return only_problem(told.value)


def test_every_field_says_what_is_wrong_with_it_at_once(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        new = NewWork(
            measure_id(session),
            "一千",
            "米",
            today() + timedelta(days=1),
            place="长" * 401,
            latitude="37",
            geometry=BOW_TIE,
            cause="fire",
        )
        with pytest.raises(SeveralBroken) as told:
            record_work(session, find_small_plan(session).forest, new, by=OWNER)
        kinds = {field: type(problem) for field, problem in problems_in(told.value).items()}
        assert kinds == {
            "quantity": NotAQuantity,
            "unit": OtherDimension,
            "occurred_on": NotYetHappened,
            "place": TooLong,
            "longitude": HalfAPoint,
            "geometry": SelfCrossing,
            "cause": Invalid,
        }


@pytest.mark.parametrize("typed", ["1,00", "1e3", "12.3456789", "1000亩", "∞", "9" * 30])
def test_what_is_no_number_is_refused(sqlite_stored: Database, typed: str) -> None:
    with sqlite_stored.writing() as session:
        problem = refused(session, typed)
        assert isinstance(problem, NotAQuantity)
        assert (problem.field, problem.facts["found"]) == ("quantity", typed)


def test_nothing_below_zero_and_nothing_larger_than_can_be_summed(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        assert isinstance(refused(session, "-1"), BelowZero)
        assert isinstance(refused(session, None), Missing)
        assert isinstance(refused(session, " "), Missing)
        too_large = refused(session, "10000000001")
        assert (too_large.field, too_large.facts["expected"]) == ("quantity", "不超过 100 亿的数")


def test_another_dimension_and_an_unknown_unit_are_refused(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        other = refused(session, "1000", "米")
        assert isinstance(other, OtherDimension)
        assert other.facts == {"measure": "营造林面积", "known": "面积", "found": "米"}
        assert isinstance(refused(session, "1000", "苗"), UnknownUnit)
        assert isinstance(refused(session, "1000", " "), Missing)


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**40])
def test_a_measure_must_be_there(sqlite_stored: Database, number: int) -> None:
    with sqlite_stored.writing() as session:
        problem = refused(session, measure_id=number)
        assert (problem.field, problem.facts["found"]) == ("measure_id", f"“{number}”")


def test_a_measure_that_the_plan_does_not_name_may_be_reported(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        roads = measure_id(session, "巡护道路", "公里")
        row = claimed(session, find_small_plan(session).forest, "12", "公里", measure_id=roads)
        assert row.quantity_micro == 12_000_000


# ---- days


def test_a_day_to_come_is_refused_and_today_is_not(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        tomorrow = refused(session, on=today() + timedelta(days=1))
        assert isinstance(tomorrow, NotYetHappened)
        assert tomorrow.facts["today"] == today().isoformat()
        assert record_work(session, find_small_plan(session).forest, a_work(session, on=today()), by=OWNER)
        assert isinstance(refused(session, on=date(1924, 5, 6)), Invalid)


def test_a_closed_quarter_asks_for_a_reason(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        set_quarter(session, identity(find_small_plan(session).plan), "2024Q2", "closed")
        for reason in (None, " "):
            problem = refused(session, correction_reason=reason)
            assert isinstance(problem, QuarterClosed)
            assert (problem.field, problem.facts["quarter"]) == ("occurred_on", "2024Q2")
        assert record_work(
            session, find_small_plan(session).forest, a_work(session, correction_reason="补报"), by=OWNER
        )


# ---- ten thousand times too much


def test_a_jump_of_ten_thousand_asks_before_it_saves(stored: Database) -> None:
    with stored.writing() as session:
        jump = refused(session, "1000", "万亩")
        assert isinstance(jump, JumpOfTenThousand)
        assert jump.field == "quantity"
        expected = {"found": "1000 万亩", "known": "规划任务", "reference": "0.5 万亩", "times": 2000}
        assert jump.facts == expected
        assert "数量无误" in str(jump)
        row = claimed(session, find_small_plan(session).forest, "1000", "万亩", as_typed=True)
        assert row.quantity_micro == 10**9
        # It is known now, and nothing is asked about what is like it; what is undone is forgotten.
        assert record_work(session, find_small_plan(session).forest, a_work(session, "1000", "万亩"), by=OWNER)
        undone(session, row)
        assert isinstance(refused(session, "1000", "万亩"), JumpOfTenThousand)


@pytest.mark.parametrize(("quantity", "asked"), [("49.9", False), ("50", True)])
def test_a_hundredfold_of_what_is_planned_is_asked_about(stored: Database, quantity: str, asked: bool) -> None:
    assert JUMP == 100
    with stored.writing() as session:
        new = a_work(session, quantity, "万亩")
        if asked:
            assert isinstance(refused(session, quantity, "万亩"), JumpOfTenThousand)
        else:
            assert record_work(session, find_small_plan(session).forest, new, by=OWNER)


def test_without_a_plan_earlier_reports_are_what_is_known(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        claimed(session, sewage, "300")
        with pytest.raises(SeveralBroken) as told:
            record_work(session, sewage, a_work(session, "280", "万亩"), by=OWNER)
        assert only_problem(told.value).facts["reference"] == "300 亩"
        with pytest.raises(SeveralBroken):
            record_loss(session, sewage, a_work(session, "280", "万亩", cause="fire"), by=OWNER)


def test_a_first_report_of_nothing_planned_is_not_asked_about(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        claimed(session, sewage, "0")
        assert claimed(session, sewage, "30000", "万亩").quantity_micro == 3 * 10**10


def test_of_a_part_what_its_package_is_to_deliver_is_known_yearly_quantities_over_its_years(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        more = {"operator": "=", "per": "year", "wording": "每年100亩", "from_quarter": 20211}
        add_quantity(session, identity(small.water), position=1, measure="营造林面积", value="100", unit="亩", **more)
        assert record_work(session, small.parts[0], a_work(session, "29999", "亩"), by=OWNER)  # 300 亩 in 2021–2023
        with pytest.raises(SeveralBroken) as told:
            record_work(session, small.parts[0], a_work(session, "3", "万亩"), by=OWNER)
        assert only_problem(told.value).facts["reference"] == "300 亩"


# ---- 不适用


def test_not_applicable_has_no_quantity(stored: Database) -> None:
    with stored.writing() as session:
        problem = refused(session, "0", not_applicable=True)
        assert isinstance(problem, NotApplicableWithQuantity)
        assert (problem.field, problem.facts["found"]) == ("quantity", "0")


def test_not_applicable_never_stands_beside_quantities_of_its_measure_and_quarter(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        zero = claimed(session, forest, "0")
        problem = refused(session, None, not_applicable=True)
        assert isinstance(problem, BesideQuantity)
        assert problem.facts["id"] == zero.id
        none = claimed(session, forest, None, on=date(2024, 8, 1), not_applicable=True)
        for on in (date(2024, 7, 1), date(2024, 9, 30)):
            beside = refused(session, "0", on=on)
            assert isinstance(beside, BesideNotApplicable)
            assert beside.facts["id"] == none.id
        assert isinstance(refused(session, None, on=date(2024, 8, 2), not_applicable=True), BesideQuantity)
        with pytest.raises(SeveralBroken):
            record_loss(session, forest, a_work(session, "3", on=date(2024, 8, 2), cause="fire"), by=OWNER)
        # Another quarter, another measure or another project is not beside it.
        claimed(session, forest, "5", on=date(2024, 10, 1))
        claimed(session, forest, "5", "公里", date(2024, 8, 2), measure_id=measure_id(session, "围栏", "公里"))
        claimed(session, find_small_plan(session).sewage, "5", on=date(2024, 8, 2))


def test_what_was_reversed_stands_beside_nothing(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        undone(session, claimed(session, forest, "5"))
        none = claimed(session, forest, None, not_applicable=True)
        assert isinstance(refused(session, "5"), BesideNotApplicable)
        undone(session, none)
        claimed(session, forest, "5")
