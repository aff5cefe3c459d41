"""Reading milestones: what queries say is what the rules say, whatever was reported, in either edition; no query per row."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from core.calendar import quarter_of
from core.database import Database, select_columns
from core.errors import Invalid
from milestones.milestone_plans import add_milestones
from milestones.milestone_reading import finished_by_milestones, milestones_of, started_by_milestones
from milestones.milestones import ACTUAL, FORECAST, MILESTONE_KINDS, WITHDRAWN, MilestoneReport
from milestones.plan_rules import NewMilestone
from milestones.schedule import finished_on, started_on
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.projects import Project
from portfolio.values import Basis
from reports.self_check_milestones import begun_by_milestones
from tests.milestones.milestone_samples import make_milestones
from tests.samples import SOMEBODY, find_small_plan, identity

QUARTERS = (20221, 20223, 20231, 20234, 20242)
_moments = count()


def put_report(session: Session, milestone_id: int, chance: random.Random) -> None:
    """A report as acceptance leaves it, some of them posted late."""
    kind = chance.choices((ACTUAL, FORECAST, WITHDRAWN), weights=(6, 2, 2))[0]
    day = date(2022, 1, 1) + timedelta(days=chance.randint(0, 900))
    occurred = quarter_of(day)
    session.add(
        MilestoneReport(
            milestone_id=milestone_id,
            kind=kind,
            met_on=None if kind == WITHDRAWN else day,
            occurred_on=day,
            occurred_quarter=occurred,
            state=chance.choices(("approved", "submitted"), weights=(5, 1))[0],
            recorded_by="填报人",
            approved_by="审核人",
            approved_at=datetime(2024, 9, 1, tzinfo=UTC) + timedelta(minutes=next(_moments)),
            posted_period=max(occurred, chance.choice((occurred, 20234, 20242))),
        )
    )
    row = session.new.copy().pop()
    if row.state != "approved":
        row.approved_at = row.approved_by = row.posted_period = None
    session.flush()


@pytest.mark.parametrize("seed", range(4))
def test_queries_find_the_same_projects_as_the_rules(stored: Database, seed: int):
    chance = random.Random(seed)
    with stored.writing() as session:
        small = find_small_plan(session)
        for project in (small.forest, small.sewage, *small.parts):
            kinds = chance.sample([kind for kind in MILESTONE_KINDS if kind != "free"], chance.randint(1, 6))
            new = [NewMilestone(kind) for kind in kinds] + [NewMilestone("free", "中期评估")]
            for row in add_milestones(session, project, new, Basis(20211), by=SOMEBODY):
                for _ in range(chance.randint(0, 3)):
                    put_report(session, row.id or 0, chance)
    with stored.reading() as session:
        for quarter in QUARTERS:
            for edition in (AS_CORRECTED, AS_ISSUED):
                states = milestones_of(session, None, quarter, edition)
                assert set(session.scalars(started_by_milestones(quarter, edition))) == {
                    id_ for id_, own in states.items() if started_on(own)
                }
                assert set(session.scalars(finished_by_milestones(quarter, edition))) == {
                    id_ for id_, own in states.items() if finished_on(own)
                }
                assert begun_by_milestones(session, quarter, edition) == {
                    id_ for id_, own in states.items() if started_on(own)
                }
                assert {sum(one.weight for one in own) for own in states.values()} == {100}


def test_it_is_limited_to_ids_or_to_a_query_for_them(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        small = find_small_plan(session)
        add_milestones(session, small.sewage, [NewMilestone("start")], Basis(20211), by=SOMEBODY)
        forest, sewage = identity(small.forest), identity(small.sewage)
    with stored.reading() as session:
        whole = milestones_of(session, None, 20244)
        assert set(whole) == {forest, sewage}
        of_code = select_columns(Project.id).where(col(Project.code) == "qingshan-01")
        assert milestones_of(session, of_code, 20244) == milestones_of(session, [forest], 20244)
        assert milestones_of(session, [forest], 20244)[forest] == whole[forest]
        assert milestones_of(session, [], 20244) == {}
        assert milestones_of(session, None, 20204) == {}  # before the plan began nothing held
        with pytest.raises(Invalid):
            milestones_of(session, None, 20244, "as-hoped")


def test_more_projects_take_no_more_queries(stored: Database):
    said: list[str] = []
    with stored.writing() as session:
        make_milestones(session)
        small = find_small_plan(session)
        for project in (small.sewage, *small.parts):
            add_milestones(session, project, [NewMilestone("start")], Basis(20211), by=SOMEBODY)
    with stored.reading() as session:
        ids = [id_ for id_ in session.exec(select(Project.id)) if id_ is not None]
        event.listen(stored.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
        assert len(milestones_of(session, ids, 20244)) == 4
    assert len([one for one in said if one.lstrip().upper().startswith("SELECT")]) == 1
