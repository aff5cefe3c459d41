"""Templates: the milestones of a type of project in one click, their days spread over its years; people change them."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session

from core.audit import history
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken, Stale
from milestones.milestone_reading import milestones_of
from milestones.milestone_templates import (
    SUBJECT,
    AllThere,
    NoItems,
    TemplateItem,
    TemplateRetired,
    TemplateTaken,
    TemplateValues,
    add_template,
    edit_template,
    every_template,
    take_over,
    template_values,
)
from milestones.milestones import MilestoneTemplate
from milestones.plan_rules import WeightsDoNotAdd
from milestones.schedule import MilestoneState
from portfolio.citations import supplied_values
from portfolio.values import Basis
from tests.milestones.milestone_samples import make_milestones
from tests.samples import SOMEBODY, find_small_plan, identity

ITEMS = (
    TemplateItem("tender", "招标", "10", 10),
    TemplateItem("start", "开工（整地）", "20.5", 25),
    TemplateItem("free", "补植完成", "29.5", 75),
    TemplateItem("finish", "完工", "40", 100),
)
VALUES = TemplateValues("造林", "Afforestation", 10, ITEMS)


def template(session: Session, **changes: object) -> MilestoneTemplate:
    return add_template(session, replace(VALUES, **changes), reason="新增类型", by=SOMEBODY)  # type: ignore[arg-type]


def states(session: Session) -> list[MilestoneState]:
    forest = identity(find_small_plan(session).forest)
    return milestones_of(session, [forest], 20264)[forest]


def test_a_project_has_its_milestones_in_one_click(stored: Database):
    with stored.writing() as session:
        take_over(session, find_small_plan(session).forest, template(session), (2022, 2025), Basis(20211), by=SOMEBODY)
    with stored.reading() as session:
        found = [(one.name, str(one.weight), one.planned_on) for one in states(session)]
        assert found == [
            ("招标", "10", date(2022, 5, 31)),
            ("开工（整地）", "41/2", date(2022, 12, 31)),
            ("补植完成", "59/2", date(2024, 12, 31)),
            ("完工", "40", date(2025, 12, 31)),
        ]


def test_without_years_the_milestones_have_no_days_yet(stored: Database):
    with stored.writing() as session:
        take_over(session, find_small_plan(session).forest, template(session), None, Basis(20211), by=SOMEBODY)
        assert {one.planned_on for one in states(session)} == {None}
        assert sum(one.weight for one in states(session)) == 100


def test_what_a_project_has_already_is_left_alone(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        forest = find_small_plan(session).forest
        before = {one.kind: one.planned_on for one in states(session)}
        made = take_over(session, forest, template(session), (2022, 2025), Basis(20211), by=SOMEBODY)
        assert [row.name for row in made] == ["招标", "补植完成"]
        after = {one.kind: one.planned_on for one in states(session)}
        assert {kind: after[kind] for kind in before} == before
        assert sum(one.weight for one in states(session)) == 100
        with pytest.raises(AllThere):
            take_over(session, forest, every_template(session)[0], (2022, 2025), Basis(20211), by=SOMEBODY)


def test_a_retired_template_is_not_taken_over(stored: Database):
    with stored.writing() as session, pytest.raises(TemplateRetired):
        take_over(
            session, find_small_plan(session).forest, template(session, retired=True), None, Basis(20211), by=SOMEBODY
        )


def test_a_change_is_kept_with_its_reason_and_marked_as_a_persons(stored: Database):
    with stored.writing() as session:
        row = template(session)
        changed = replace(template_values(row), name="人工造林")
        assert edit_template(session, row, changed, expected_version=1, reason="名称统一", by=SOMEBODY)
        assert not edit_template(session, row, changed, expected_version=2, reason="名称统一", by=SOMEBODY)
        with pytest.raises(Stale):
            edit_template(session, row, changed, expected_version=1, reason="名称统一", by=SOMEBODY)
        line = history(session, SUBJECT, row.id or 0)[0]
        assert (line.action, line.reason, line.changes) == ("edit", "名称统一", (("name", "造林", "人工造林"),))
        assert "name" in supplied_values(session, SUBJECT, row.id or 0)


@pytest.mark.parametrize(
    ("changes", "field", "broken"),
    [
        ({"name": " "}, "name", Missing),
        ({"name_en": ""}, "name_en", Missing),
        ({"items": ()}, "items", NoItems),
        ({"items": ITEMS[:3]}, "items", WeightsDoNotAdd),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], weight="四十"))}, "item_4", Invalid),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], weight="140"))}, "item_4", Invalid),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], share=101))}, "item_4", Invalid),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], kind="start"))}, "item_4", Invalid),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], name="招 标"))}, "item_4", Invalid),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], kind="begin"))}, "item_4", Invalid),
        ({"items": (*ITEMS[:3], replace(ITEMS[3], name=" "))}, "item_4", Missing),
    ],
)
def test_what_is_no_template_is_named_at_its_field(
    stored: Database, changes: dict[str, object], field: str, broken: type[Broken]
):
    with stored.writing() as session:
        with pytest.raises(SeveralBroken) as caught:
            template(session, **changes)
        assert [(type(one), one.field) for one in caught.value.problems] == [(broken, field)]


def test_two_templates_never_have_one_name(stored: Database):
    with stored.writing() as session:
        template(session)
        with pytest.raises(TemplateTaken):
            template(session, name="造 林")
