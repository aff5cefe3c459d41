"""When milestones are to be met and what they weigh: dated, audited, the first plan never lost."""

from datetime import date
from fractions import Fraction
from threading import Barrier

import pytest
from sqlmodel import Session, func, select

from core.audit import history
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken, Stale, TooLong
from milestones.milestone_plans import add_milestone, change_weights, drop_milestone, replan
from milestones.milestone_reading import milestones_of
from milestones.milestones import ACTUAL, Milestone, MilestonePlan
from milestones.plan_rules import (
    AlreadyDropped,
    BeforeLastChange,
    InClosedQuarter,
    NewMilestone,
    OtherMilestones,
    ReportsWaiting,
    SameMilestone,
    SamePlan,
    WeightsDoNotAdd,
    plans_now,
)
from milestones.schedule import MilestoneState
from portfolio.editing import Archived, archive_project
from portfolio.values import Basis
from tests.milestones.milestone_samples import close, make_milestones, milestone, moved, report
from tests.samples import SOMEBODY, find_small_plan, identity
from tests.together import at_once


def states(session: Session, quarter: int = 20264) -> list[MilestoneState]:
    forest = identity(find_small_plan(session).forest)
    return milestones_of(session, [forest], quarter).get(forest, [])


def move(session: Session, kind: str, on: date, basis: Basis | None = None, *, version: int = 1) -> None:
    replan(session, milestone(session, kind), on, basis or moved(), expected_version=version, by=SOMEBODY)


def test_milestones_stand_in_the_order_of_their_kinds_and_share_the_weight(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        forest = find_small_plan(session).forest
        add_milestone(session, forest, NewMilestone("tender", planned_on=date(2022, 6, 30)), Basis(20211), by=SOMEBODY)
        own = NewMilestone("free", "补植完成", date(2025, 3, 31))
        add_milestone(session, forest, own, Basis(20211), by=SOMEBODY)
    with stored.reading() as session:
        assert [one.name for one in states(session)] == ["立项", "招标", "开工", "主体完工", "补植完成", "完工"]
        assert {one.weight for one in states(session)} == {Fraction(100, 6)}
        assert all(one.first_planned_on == one.planned_on is not None for one in states(session))
        line = history(session, "project", identity(find_small_plan(session).forest))[0]
        assert (line.action, line.actor) == ("add-milestone", SOMEBODY.name)
        assert ("milestone", None, "补植完成") in line.changes


def test_places_are_made_when_many_stand_between_two(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        forest = find_small_plan(session).forest
        for number in range(14):
            new = NewMilestone("free", f"节点{number:02d}", date(2024, 1, 31 - number))
            add_milestone(session, forest, new, Basis(20211), by=SOMEBODY)
    with stored.reading() as session:
        found = [one.name for one in states(session)]
    assert found == ["立项", "开工", *(f"节点{number:02d}" for number in reversed(range(14))), "主体完工", "完工"]


def test_replanning_keeps_the_first_plan_and_the_past(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        move(session, "main", date(2024, 12, 31))
        move(session, "main", date(2025, 3, 31), moved(20242), version=2)
    with stored.reading() as session:
        seen = {quarter: states(session, quarter)[2] for quarter in (20224, 20231, 20242)}
        assert {one.first_planned_on for one in seen.values()} == {date(2024, 6, 30)}
        assert [one.planned_on for one in seen.values()] == [date(2024, 6, 30), date(2024, 12, 31), date(2025, 3, 31)]
        line = history(session, "project", identity(find_small_plan(session).forest))[0]
        assert (line.action, line.reason) == ("replan-milestone", "征地推迟")
        assert ("planned_on", "2024-12-31", "2025-03-31") in line.changes


def test_a_plan_replaced_in_its_own_quarter_is_still_the_first(stored: Database):
    with stored.writing() as session:
        make_milestones(session, from_quarter=20231)
        move(session, "main", date(2024, 12, 31))
    with stored.reading() as session:
        one = states(session)[2]
        assert (one.first_planned_on, one.planned_on) == (date(2024, 6, 30), date(2024, 12, 31))


def test_a_milestone_without_a_day_gets_its_first_plan_later(stored: Database):
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        add_milestone(session, forest, NewMilestone("main"), Basis(20211), by=SOMEBODY)
        move(session, "main", date(2024, 12, 31))
    with stored.reading() as session:
        assert states(session, 20224)[0].first_planned_on is None
        assert states(session)[0].first_planned_on == date(2024, 12, 31)


def test_weights_are_set_for_all_at_once_and_must_add_to_100(stored: Database):
    with stored.writing() as session:
        ids = [row.id or 0 for row in make_milestones(session)]
        forest, versions = find_small_plan(session).forest, dict.fromkeys(ids, 1)
        wrong = dict(zip(ids, (10_000_000, 20_000_000, 30_000_000, 37_500_000), strict=True))
        with pytest.raises(WeightsDoNotAdd, match=r"97\.5，应为 100"):
            change_weights(session, forest, wrong, moved(), versions=versions, by=SOMEBODY)
        right = wrong | {ids[3]: 40_000_000}
        assert change_weights(session, forest, right, moved(), versions=versions, by=SOMEBODY)
        same = dict.fromkeys(ids, 2)
        assert not change_weights(session, forest, right, moved(), versions=same, by=SOMEBODY)
    with stored.reading() as session:
        assert [one.weight for one in states(session)] == [10, 20, 30, 40]
        assert {one.weight for one in states(session, 20224)} == {Fraction(25)}


def test_weights_come_whole_or_not_at_all(stored: Database):
    with stored.writing() as session:
        ids = [row.id or 0 for row in make_milestones(session)]
        forest, versions = find_small_plan(session).forest, dict.fromkeys(ids, 1)

        def refused(weights: dict[int, int | None], seen: dict[int, int] | None = None) -> Broken:
            with pytest.raises(Broken) as caught:
                change_weights(session, forest, weights, moved(), versions=seen or versions, by=SOMEBODY)
            return caught.value

        assert isinstance(refused(dict.fromkeys(ids[:3], 0)), OtherMilestones)
        half = refused(dict.fromkeys(ids) | {ids[0]: 100_000_000})
        assert isinstance(half, SeveralBroken)
        assert [one.field for one in half.problems] == [f"weight_{id_}" for id_ in ids[1:]]
        below = dict(zip(ids, (-1, 1, 50_000_000, 50_000_000), strict=True))
        assert isinstance(refused(below), SeveralBroken)
        assert isinstance(refused(dict.fromkeys(ids), versions | {ids[0]: 2}), Stale)


def test_a_dropped_milestone_leaves_from_its_quarter_on(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        drop_milestone(session, milestone(session, "main"), moved(), expected_version=1, by=SOMEBODY)
        with pytest.raises(AlreadyDropped):
            move(session, "main", date(2025, 1, 1), version=2)
        forest = find_small_plan(session).forest
        add_milestone(session, forest, NewMilestone("main"), Basis(20241), by=SOMEBODY)  # it may come back
    with stored.reading() as session:
        assert [one.kind for one in states(session, 20224)] == ["approval", "start", "main", "finish"]
        assert [one.kind for one in states(session, 20232)] == ["approval", "start", "finish"]
        assert sum(one.weight for one in states(session, 20232)) == 100


def test_a_milestone_with_a_waiting_report_is_not_dropped(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        report(session, "start", ACTUAL, date(2022, 10, 1), accept=False)
        with pytest.raises(ReportsWaiting):
            drop_milestone(session, milestone(session, "start"), moved(), expected_version=1, by=SOMEBODY)


@pytest.mark.parametrize(
    ("new", "field", "broken"),
    [
        (NewMilestone("begin"), "kind", Invalid),
        (NewMilestone("free", " "), "name", Missing),
        (NewMilestone("free", "长" * 201), "name", TooLong),
        (NewMilestone("free", "立项 "), "name", SameMilestone),
        (NewMilestone("start"), "kind", SameMilestone),
        (NewMilestone("tender", planned_on=date(1066, 10, 14)), "planned_on", Invalid),
    ],
)
def test_what_is_no_milestone_is_named_at_its_field(
    stored: Database, new: NewMilestone, field: str, broken: type[Broken]
):
    with stored.writing() as session:
        make_milestones(session)
        with pytest.raises(Broken) as caught:
            add_milestone(session, find_small_plan(session).forest, new, Basis(20211), by=SOMEBODY)
        problem = caught.value.problems[0] if isinstance(caught.value, SeveralBroken) else caught.value
        assert (type(problem), problem.field) == (broken, field)


def test_replanning_needs_a_day_a_reason_and_a_document(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        with pytest.raises(SeveralBroken) as caught:
            move(session, "main", date(2025, 1, 1), Basis(20231))
        assert [one.field for one in caught.value.problems] == ["document", "reason"]
        with pytest.raises(SamePlan):
            move(session, "main", date(2024, 6, 30))
        with pytest.raises(Missing):
            move(session, "main", None)  # type: ignore[arg-type]
        with pytest.raises(Stale):
            move(session, "main", date(2025, 1, 1), version=7)
        move(session, "main", date(2025, 1, 1), moved(20234))
        with pytest.raises(BeforeLastChange):
            move(session, "main", date(2025, 2, 1), moved(20233), version=2)


def test_a_closed_quarter_keeps_its_plans(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
    close(stored, "2023Q1", "2023Q2")
    with stored.writing() as session:
        with pytest.raises(InClosedQuarter, match="2023Q3"):
            move(session, "main", date(2025, 1, 1), moved(20232))
        with pytest.raises(InClosedQuarter):
            add_milestone(session, find_small_plan(session).forest, NewMilestone("tender"), Basis(20211), by=SOMEBODY)
        move(session, "main", date(2025, 1, 1), moved(20233))


def test_an_archived_project_takes_no_milestones(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        small = find_small_plan(session)
        archive_project(session, small.forest, reason="并入其他项目", expected_version=1, by=SOMEBODY)
        archive_project(session, small.water, reason="并入其他项目", expected_version=1, by=SOMEBODY)
        for project in (small.forest, small.parts[0]):  # of a package that is archived, the parts neither
            with pytest.raises(Archived):
                add_milestone(session, project, NewMilestone("tender"), Basis(20211), by=SOMEBODY)
        with pytest.raises(Archived):
            move(session, "main", date(2025, 1, 1))


def test_of_two_who_add_the_same_kind_at_once_one_is_told(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
    gate = Barrier(2)

    def add() -> None:
        gate.wait()
        with stored.writing() as session:
            add_milestone(session, find_small_plan(session).forest, NewMilestone("tender"), Basis(20211), by=SOMEBODY)

    outcomes = at_once(add, add)
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "SameMilestone"]


def test_what_stands_now_is_one_plan_for_each_milestone(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        move(session, "main", date(2025, 1, 1))
        forest = find_small_plan(session).forest
        assert len(plans_now(session, forest)) == 4
        assert session.exec(select(func.count()).select_from(MilestonePlan)).one() == 5
        assert session.exec(select(func.count()).select_from(Milestone)).one() == 4
