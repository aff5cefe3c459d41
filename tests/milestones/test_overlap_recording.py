"""Recording overlaps: chains stand, rounds are refused, also where a part and its package make one."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session, select

from core.database import Database
from milestones.indicator_rules import Overlap
from milestones.overlap_recording import LiesInItself, record_overlap
from milestones.quantities import measure_named
from portfolio.projects import Project
from tests.samples import SmallPlan, identity, make_project, make_small_plan


@pytest.fixture
def plan(database: Database) -> Iterator[tuple[Session, SmallPlan, dict[str, Project]]]:
    with database.writing() as session:
        small = make_small_plan(session)
        made = {key: make_project(session, small.plan, key, key, small.greening, years=(2021, 2025)) for key in "abc"}
        made |= {"package": small.water, "part": small.parts[0], "other part": small.parts[1]}
        yield session, small, made
        session.rollback()


def record(
    session: Session, small: SmallPlan, inner: Project, outer: Project, *, measure: str = "营造林面积"
) -> Overlap:
    measure_id = measure_named(session, measure, "亩").id
    assert measure_id is not None
    return record_overlap(session, identity(small.plan), measure_id, inner, outer, from_quarter=20231)


def test_a_chain_is_recorded(plan: tuple[Session, SmallPlan, dict[str, Project]]) -> None:
    session, small, of = plan
    for inner, outer in (("a", "b"), ("b", "c"), ("a", "c"), ("part", "other part")):
        record(session, small, of[inner], of[outer])
    assert len(session.exec(select(Overlap)).all()) == 4


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "a")],
        [("a", "b"), ("b", "a")],
        [("a", "b"), ("b", "c"), ("c", "a")],
        [("part", "package")],
        [("package", "part")],
        [("package", "a"), ("a", "part")],
    ],
)
def test_what_would_lie_in_itself_is_refused(
    plan: tuple[Session, SmallPlan, dict[str, Project]], pairs: list[tuple[str, str]]
) -> None:
    session, small, of = plan
    for inner, outer in pairs[:-1]:
        record(session, small, of[inner], of[outer])
    inner, outer = (of[key] for key in pairs[-1])
    with pytest.raises(LiesInItself) as told:
        record(session, small, inner, outer)
    assert inner.name in told.value.text(str)
    assert len(session.exec(select(Overlap)).all()) == len(pairs) - 1


def test_other_measures_and_ended_overlaps_stand_in_nobodys_way(
    plan: tuple[Session, SmallPlan, dict[str, Project]],
) -> None:
    session, small, of = plan
    record(session, small, of["a"], of["b"], measure="湿地面积")
    ended = record(session, small, of["a"], of["b"])
    ended.effective_until = 20231
    session.flush()
    assert record(session, small, of["b"], of["a"]).effective_from == 20231
