"""Setting performance targets and recording what was reached, on both databases."""

from fractions import Fraction

import pytest

from core.audit import OPERATOR
from core.database import Database
from core.errors import Broken, SeveralBroken, Stale
from milestones.performance_reading import shares_in, targets_in
from milestones.performance_results import (
    NewResult,
    NothingToTakeBack,
    OutsideItsBand,
    YearOutside,
    record_result,
    results_in,
    score_of,
    take_back_result,
)
from milestones.performance_rules import NewPerformance
from milestones.performance_setting import (
    NotOfAPart,
    ShareExceeded,
    SharesNotAHundred,
    drop_target,
    revise_target,
    set_frame,
    set_target,
)
from tests.databases import on_both, plant
from tests.milestones.performance_samples import TARGETS, make_targets
from tests.samples import SOMEBODY, a_basis, find_small_plan, identity

database = on_both(plant)


def the_problems(error: SeveralBroken) -> list[tuple[str | None, str]]:
    return [(one.field, one.code) for one in error.problems]


def test_targets_hold_from_their_quarter_on_and_earlier_years_keep_theirs(database: Database) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        first, *_, last = make_targets(session, forest)
        revised = NewPerformance("quantity", "营造林面积", "30", operator="≥", value="6000", unit="亩")
        revise_target(session, forest, first, revised, a_basis(20251), by=SOMEBODY)
        drop_target(session, forest, last, a_basis(20251), by=SOMEBODY)
        then, now = (targets_in(session, identity(forest), quarter) for quarter in (20244, 20254))
        assert (then[0].key, then[0].value_micro) == ("p1", 5_000_000_000)
        assert [row.key for row in then] == ["p1", "p2", "p3", "p4"]
        assert (now[0].key, now[0].value_micro) == ("p1", 6_000_000_000)
        assert [row.key for row in now] == ["p1", "p2", "p3"]
        assert targets_in(session, identity(forest), 20234) == []


def test_the_same_target_again_changes_nothing_and_an_old_row_is_stale(database: Database) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        first = make_targets(session, forest)[0]
        assert revise_target(session, forest, first, TARGETS[0], a_basis(20251), by=SOMEBODY).id == first.id
        dearer = NewPerformance("quantity", "营造林面积", "29", operator="≥", value="5000", unit="亩")
        revise_target(session, forest, first, dearer, a_basis(20251), by=SOMEBODY)
        with pytest.raises(Stale):
            revise_target(session, forest, first, dearer, a_basis(20252), by=SOMEBODY)


def test_targets_of_a_level_never_weigh_more_than_its_share(database: Database) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        make_targets(session, forest)
        one_more = NewPerformance("quality", "成活率", "0.5", operator="≥", value="85", unit="%")
        with pytest.raises(ShareExceeded) as refused:
            set_target(session, forest, one_more, a_basis(20241), by=SOMEBODY)
        assert refused.value.facts["found"] == "50.5"


def test_shares_make_a_hundred_and_hold_what_the_targets_weigh(database: Database) -> None:
    usual = {"execution": "10", "output": "50", "benefit": "30", "satisfaction": "10"}
    with database.writing() as session:
        forest = find_small_plan(session).forest
        make_targets(session, forest)
        with pytest.raises(SeveralBroken) as refused:
            set_frame(session, forest, usual | {"output": "49"}, None, a_basis(20241), by=SOMEBODY)
        assert the_problems(refused.value) == [("shares", SharesNotAHundred.__name__)]
        set_frame(session, forest, usual | {"execution": "5", "output": "55"}, "全年造林", a_basis(20251), by=SOMEBODY)
        assert shares_in(session, identity(forest), 20244)[0]["output"] == 50
        assert shares_in(session, identity(forest), 20251)[0]["output"] == 55
    with database.writing() as session:
        forest = find_small_plan(session).forest
        less = usual | {"execution": "20", "output": "40"}
        with pytest.raises(ShareExceeded):
            set_frame(session, forest, less, None, a_basis(20252), by=SOMEBODY)


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (NewPerformance("nowhere", "甲", "1", value_text="好"), ("level", "Invalid")),
        (NewPerformance("quantity", "", "1", value_text="好"), ("name", "Missing")),
        (NewPerformance("quantity", "甲", "0", value_text="好"), ("weight", "Invalid")),
        (NewPerformance("quantity", "甲", "多", value_text="好"), ("weight", "NotAQuantity")),
        (NewPerformance("quantity", "甲", "1"), ("value_text", "Missing")),
        (NewPerformance("quantity", "甲", "1", operator="≥", value="-3", unit="亩"), ("value", "BelowZero")),
        (NewPerformance("quantity", "甲", "1", operator="?", value="3", unit="亩"), ("operator", "Invalid")),
        (NewPerformance("quantity", "甲", "1", operator="≥", value="3"), ("unit", "Missing")),
        (
            NewPerformance("quantity", "甲", "1", operator="≥", value="3", unit="亩", better="down"),
            ("better", "Invalid"),
        ),
    ],
)
def test_a_target_names_what_is_wrong_with_it(database: Database, new: NewPerformance, wrong: tuple[str, str]) -> None:
    with database.writing() as session:
        with pytest.raises(SeveralBroken) as refused:
            set_target(session, find_small_plan(session).forest, new, a_basis(20241), by=SOMEBODY)
        assert the_problems(refused.value) == [wrong]


def test_a_part_has_no_targets_of_its_own(database: Database) -> None:
    with database.writing() as session, pytest.raises(NotOfAPart):
        set_target(session, find_small_plan(session).parts[0], TARGETS[0], a_basis(20241), by=SOMEBODY)


def test_the_newest_result_counts_and_one_taken_back_is_unreported(database: Database) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        area, _, way, _ = make_targets(session, forest)
        record_result(session, forest, "p1", 2024, NewResult(value="4000"), by=OPERATOR)
        newest = record_result(session, forest, "p1", 2024, NewResult(value="4200"), by=OPERATOR)
        record_result(session, forest, "p3", 2024, NewResult(reached="partly", percent="70"), by=OPERATOR)
        found = results_in(session, identity(forest), 2024)
        assert score_of(area, found.get("p1")) == Fraction("25.2")
        assert score_of(way, found.get("p3")) == 21
        assert score_of(area, None) is None
        with pytest.raises(Stale):
            record_result(session, forest, "p1", 2024, NewResult(value="1"), after=0, by=OPERATOR)
        take_back_result(session, forest, "p1", 2024, reason="报错了", after=newest.id, by=OPERATOR)
        assert set(results_in(session, identity(forest), 2024)) == {"p3"}
        with pytest.raises(NothingToTakeBack):
            take_back_result(session, forest, "p1", 2024, reason="再来", by=OPERATOR)
        record_result(session, forest, "p1", 2024, NewResult(value="0"), after=0, by=OPERATOR)
        assert score_of(area, results_in(session, identity(forest), 2024)["p1"]) == 0  # a reported 0 is not 未填报


@pytest.mark.parametrize(
    ("key", "year", "new", "error"),
    [
        ("p1", 2030, NewResult(value="1"), YearOutside),
        ("p1", 2019, NewResult(value="1"), YearOutside),
        ("p3", 2024, NewResult(reached="full", percent="70"), OutsideItsBand),
    ],
)
def test_a_result_outside_its_year_or_band_is_refused(
    database: Database, key: str, year: int, new: NewResult, error: type[Broken]
) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        make_targets(session, forest)
        with pytest.raises((error, SeveralBroken)) as refused:
            record_result(session, forest, key, year, new, by=OPERATOR)
        several = refused.value
        assert isinstance(several, error) or [type(one) for one in several.problems] == [error]  # type: ignore[attr-defined]
