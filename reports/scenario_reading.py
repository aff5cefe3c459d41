"""The records that a scenario of a plan changes: its indicators and those of the higher plans that its projects support."""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from sqlalchemy import or_
from sqlmodel import Session, col

from core.database import select_columns
from core.units import MICRO
from milestones.indicator_rules import Overlap, ProgrammeLink
from milestones.quantities import Measure
from portfolio.access import OPERATOR_READER, Reader
from portfolio.dated import in_force
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from reports.indicator_gathering import gathered
from reports.indicator_links import has_links, linked_leaves
from reports.money_queries import keyed_leaves
from reports.rollup import Scope
from reports.scenario import Copy, PlannedWork
from reports.work_queries import planned_rows


def scenario_copy(session: Session, reader: Reader, plan: Plan, quarter: int, edition: str) -> Copy:
    """Everything that a scenario of the plan may change or move, as of a quarter.

    Errors: Invalid for an edition that there is not.
    """
    assert plan.id is not None
    query = (
        select_columns(Programme.plan_id)
        .join(ProgrammeLink, col(ProgrammeLink.programme_id) == Programme.id)
        .join(Project, col(Project.id) == ProgrammeLink.project_id)
        .where(in_force(ProgrammeLink, quarter), col(Project.plan_id) == plan.id, reader.sees(Programme.plan_id))  # type: ignore[arg-type]
        .distinct()
    )
    plans = frozenset({plan.id, *(id_ for (id_,) in session.execute(query))})
    scope = Scope(quarter, plans, edition)
    records = gathered(session, reader, scope)
    measures = {one.measure_id for record in records.rules.values() for one in record.measures}
    overlaps = select_columns(col(Overlap.measure_id), col(Overlap.inner_project_id), col(Overlap.outer_project_id))
    pairs = session.execute(overlaps.where(in_force(Overlap, quarter), col(Overlap.measure_id).in_(measures)))
    works = _works(session, reader, scope, measures, plan.id) if measures else []
    return Copy(records, tuple(works), tuple((measure, inner, outer) for measure, inner, outer in pairs))


def _works(session: Session, reader: Reader, scope: Scope, measures: set[int], plan_id: int) -> list[PlannedWork]:
    """The planned works of the plan's own projects and of those that support any of the plans, in these measures."""
    everywhere, seen = replace(scope, plan_ids=None), reader.plans_for("view")
    supports: dict[int, list[int]] = defaultdict(list)
    limited_to = select_columns(Project.id).where(col(Project.plan_id).in_(scope.plan_ids or ()))
    if has_links(session, reader, scope):
        pairs = linked_leaves(reader, scope)
        for higher, leaf_id in session.execute(select_columns(pairs.c.plan_id, pairs.c.leaf_id)):
            supports[leaf_id].append(higher)
        limited_to = select_columns(Project.id).where(
            or_(col(Project.plan_id).in_(scope.plan_ids or ()), col(Project.id).in_(supports))
        )
    # What a lower plan's projects give counts for everybody who sees the plan that they support.
    keyed = keyed_leaves(OPERATOR_READER, everywhere, ("plan", "project"), 1, limited_to)
    rows = planned_rows(everywhere, limited_to)
    query = (
        select_columns(
            rows.c.quantity_id,
            Project.code,
            Project.name,
            keyed.c.key_project,
            keyed.c.leaf_id,
            keyed.c.top_id,
            keyed.c.key_plan,
            rows.c.measure_id,
            Measure.name,
            rows.c.unit,
            rows.c.value_micro,
            rows.c.per,
            rows.c.first_year,
            rows.c.last_year,
            rows.c.own_years,
        )
        .select_from(rows.join(keyed, keyed.c.leaf_id == rows.c.project_id))
        .join(Project, col(Project.id) == keyed.c.leaf_id)
        .join(Measure, col(Measure.id) == rows.c.measure_id)
        .where(rows.c.measure_id.in_(measures))
        .order_by(keyed.c.key_plan != plan_id, keyed.c.key_project, Project.code, rows.c.quantity_id)
    )
    return [
        PlannedWork(
            quantity_id=quantity_id,
            code=code,
            name=name,
            project=project,
            ids=frozenset({leaf_id, top_id}),
            years_of=leaf_id if own_years else top_id,
            measure_id=measure_id,
            measure=measure,
            unit=unit,
            value=Fraction(int(micro), MICRO),
            yearly=per == "year",
            first_year=first,
            last_year=last,
            plans=((own_plan, False), *((id_, True) for id_ in supports.get(leaf_id, ()) if id_ != own_plan)),
            shown=seen is None or own_plan in seen,
        )
        for (
            quantity_id, code, name, project, leaf_id, top_id, own_plan, measure_id, measure, unit, micro, per, first,
            last, own_years,
        ) in session.execute(query)
    ]  # fmt: skip
