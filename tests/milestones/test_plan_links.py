"""Links between plans: who may be linked to what, from when on, once per plan; ended by document, never deleted."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from core.audit import history
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken
from milestones.indicator_rules import ProgrammeLink
from milestones.plan_links import (
    AlreadyLinked,
    APart,
    BeforeBoth,
    LinkEnded,
    NotBelow,
    end_link,
    link_project,
    links_of,
)
from portfolio.access import OPERATOR_READER
from portfolio.plans import Programme
from portfolio.values import Basis
from reports.indicators import indicator_figures
from reports.rollup import Scope
from tests.databases import on_both, plant
from tests.reports.indicator_samples import FOREST, put_indicator, put_rule, put_target
from tests.samples import CITY, SOMEBODY, SmallPlan, find_small_plan, identity, make_plan, make_programme, make_project

database = on_both(plant)
PAPER = Basis(20231, document="样市发〔2023〕3号", reason="同一处造林")


def higher(session: Session) -> Programme:
    """A heading of the city's plan, whose forest is counted in 亩."""
    plan = make_plan(session, "city", jurisdiction=CITY)
    heading = make_programme(session, plan, "green", "国土绿化")
    area = put_indicator(session, plan, name="营造林面积", unit="亩", change=True)
    put_target(session, area, value="10000")
    put_rule(session, area, {FOREST: 1}, formula="total")
    return heading


def planned(session: Session, quarter: int) -> object:
    found = indicator_figures(session, OPERATOR_READER, Scope(quarter))
    return next(one.coverage.planned for one in found if one.plan == "city")


def test_a_linked_project_counts_above_from_its_quarter_until_it_ends(database: Database) -> None:
    with database.writing() as session:
        small, heading = find_small_plan(session), higher(session)
        link = link_project(session, small.forest, heading, PAPER, by=SOMEBODY)
        assert [planned(session, quarter) for quarter in (20224, 20231, 20244)] == [0, 5000, 5000]
        end_link(session, link, Basis(20243, document="样市发〔2024〕9号", reason="改由县里考核"), by=SOMEBODY)
        assert [planned(session, quarter) for quarter in (20242, 20243)] == [5000, 0]
        assert session.exec(select(ProgrammeLink)).one().reason == "同一处造林"
        lines = history(session, "programme_link", link.id or 0)
        assert [(one.action, one.reason) for one in lines] == [
            ("end-link", "改由县里考核"),
            ("link-project", "同一处造林"),
        ]
        assert [line.link.id for line in links_of(session, heading.plan_id, upward=False)] == [link.id]
        assert [line.higher.code for line in links_of(session, small.plan.id or 0, upward=True)] == ["city"]


def test_a_project_is_linked_once_in_a_plan_whatever_the_heading(database: Database) -> None:
    with database.writing() as session:
        small, heading = find_small_plan(session), higher(session)
        other = make_programme(session, make_plan(session, "more", jurisdiction=CITY), "x", "别的规划")
        link = link_project(session, small.forest, heading, PAPER, by=SOMEBODY)
        second = session.get_one(Programme, heading.id)
        with pytest.raises(AlreadyLinked):
            link_project(session, small.forest, second, Basis(20241, "文", "因"), by=SOMEBODY)
        with pytest.raises(AlreadyLinked):  # nor in the quarters before, which would meet it
            link_project(session, small.forest, second, Basis(20221, "文", "因"), by=SOMEBODY)
        link_project(session, small.forest, other, PAPER, by=SOMEBODY)
        end_link(session, link, Basis(20233, "文", "因"), by=SOMEBODY)
        link_project(session, small.forest, heading, Basis(20234, "文", "因"), by=SOMEBODY)
        with pytest.raises(LinkEnded):
            end_link(session, link, Basis(20241, "文", "因"), by=SOMEBODY)


@pytest.mark.parametrize(
    ("refused", "attempt"),
    [
        (NotBelow, lambda session, small, heading: (_of_above(session, heading), small.greening, PAPER)),
        (NotBelow, lambda session, small, heading: (small.forest, small.cleaning, PAPER)),
        (APart, lambda session, small, heading: (small.parts[0], heading, PAPER)),
        (BeforeBoth, lambda session, small, heading: (small.forest, heading, Basis(20204, "文", "因"))),
    ],
    ids=["from above", "in the same plan", "a part", "before the plans"],
)
def test_what_may_not_be_linked(
    database: Database, refused: type[Broken], attempt: Callable[[Session, SmallPlan, Programme], tuple]
) -> None:
    with database.writing() as session:
        small, heading = find_small_plan(session), higher(session)
        with pytest.raises(refused):
            link_project(session, *attempt(session, small, heading), by=SOMEBODY)
        assert session.exec(select(ProgrammeLink)).all() == []


def _of_above(session: Session, heading: Programme):  # type: ignore[no-untyped-def]
    from portfolio.plans import Plan

    return make_project(session, session.get_one(Plan, heading.plan_id), "city-01", "市级造林", heading)


def test_a_link_and_its_end_rest_on_a_document_and_a_reason(database: Database) -> None:
    with database.writing() as session:
        small, heading = find_small_plan(session), higher(session)
        with pytest.raises(SeveralBroken) as caught:
            link_project(session, small.forest, heading, Basis(20231, " ", None), by=SOMEBODY)
        assert [(type(one), one.field) for one in caught.value.problems] == [(Missing, "document"), (Missing, "reason")]
        link = link_project(session, small.forest, heading, PAPER, by=SOMEBODY)
        with pytest.raises(SeveralBroken):
            end_link(session, link, Basis(20241, "文", " "), by=SOMEBODY)
        with pytest.raises(Invalid):
            end_link(session, link, Basis(20221, "文", "因"), by=SOMEBODY)
        assert link.effective_until is None
        assert identity(small.forest) == link.project_id
