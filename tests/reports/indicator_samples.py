"""Indicators, rules and works for tests of the indicator engine, put straight into the tables as their writers leave them."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core.calendar import quarter_of
from core.units import micro_from_text, rounded_text
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicator_rules import IndicatorRule, Overlap, ProgrammeLink, RuleMeasure
from milestones.indicators import Indicator, Target
from milestones.quantities import add_quantity, measure_named
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from reports.indicators import IndicatorFigures, indicator_figures
from reports.rollup import Scope
from tests.reports.money_samples import day_in
from tests.samples import SmallPlan, identity, make_project

AT = datetime(2026, 1, 5, tzinfo=UTC)
FOREST, EROSION = "营造林面积", "治理水土流失面积"


def put_indicator(
    session: Session,
    plan: Plan,
    no: str = "1",
    *,
    name: str = "森林覆盖率",
    unit: str | None = "%",
    baseline: str | None = None,
    direction: str = "up",
    **more: Any,
) -> Indicator:
    """An indicator; `more` are columns of its own."""
    values: dict[str, Any] = {"baseline_year": 2020, **more}
    row = Indicator(
        plan_id=identity(plan),
        key=f"{plan.code}-i{no}",
        no=no,
        position=int(no) if no.isdigit() else 1,
        name=name,
        printed_name=name,
        unit=unit,
        direction=direction,
        baseline_printed=baseline or "--",
        baseline_micro=None if baseline is None else micro_from_text(baseline),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def put_target(
    session: Session,
    indicator: Indicator,
    kind: str = "number",
    *,
    operator: str | None = None,
    value: str | None = None,
    high: str | None = None,
    reference: str | None = None,
    printed: str = "目标",
    from_quarter: int = 20211,
    until: int | None = None,
) -> Target:
    """A target; `reference` is the number that the body names where the table delegates."""
    row = Target(
        indicator_id=indicator.id,
        printed=printed,
        kind=kind,
        operator=operator or ("≥" if value else None),
        value_micro=None if value is None else micro_from_text(value),
        high_micro=None if high is None else micro_from_text(high),
        target_year=2025,
        reference_operator="≥" if reference else None,
        reference_micro=None if reference is None else micro_from_text(reference),
        effective_from=from_quarter,
        effective_until=until,
    )
    session.add(row)
    session.flush()
    return row


def put_rule(
    session: Session,
    indicator: Indicator,
    measures: dict[str, Fraction | int],
    *,
    formula: str = "share",
    unit: str = "亩",
    whole: tuple[str, str] | None = None,
    start: tuple[str, str] | None = None,
    tier: str = "verified",
    lag_years: int = 0,
    from_quarter: int = 20211,
    **more: Any,
) -> IndicatorRule:
    """A rule with its measures and their factors; `whole` and `start` are (value, unit)."""
    rule = IndicatorRule(
        indicator_id=indicator.id,
        formula=formula,
        whole_micro=None if whole is None else micro_from_text(whole[0]),
        whole_unit=None if whole is None else whole[1],
        start_micro=None if start is None else micro_from_text(start[0]),
        start_unit=None if start is None else start[1],
        effective_from=from_quarter,
        **more,
    )
    session.add(rule)
    session.flush()
    for name, factor in measures.items():
        exact = Fraction(factor)
        session.add(
            RuleMeasure(
                rule_id=rule.id,
                measure_id=measure_named(session, name, unit).id,
                factor_numerator=exact.numerator,
                factor_denominator=exact.denominator,
                tier=tier,
                lag_years=lag_years,
            )
        )
    session.flush()
    return rule


def put_quantity(
    session: Session, project: Project, value: str, unit: str, *, measure: str = FOREST, per: str | None = None
) -> None:
    """A quantity that the plan prints for a project."""
    words = {"wording": f"{measure}{value}{unit}", "operator": "=", "from_quarter": 20211, "position": 1}
    add_quantity(session, identity(project), measure=measure, value=value, unit=unit, per=per, **words)  # type: ignore[arg-type]


def put_commitment(
    session: Session,
    plan: Plan,
    key: str,
    value: str,
    unit: str,
    *,
    measure: str = FOREST,
    per: str | None = None,
    indicator: Indicator | None = None,
    carriers: tuple[Project, ...] = (),
) -> Commitment:
    """A promise with a number, and the projects that carry it."""
    row = Commitment(
        plan_id=identity(plan),
        key=f"{plan.code}-{key}",
        position=1,
        name=key,
        measure_id=measure_named(session, measure, unit).id,
        value_micro=micro_from_text(value),
        unit=unit,
        operator="=",
        per=per,
        indicator_id=None if indicator is None else indicator.id,
        wording=key,
    )
    session.add(row)
    session.flush()
    for project in carriers:
        session.add(CommitmentProject(commitment_id=row.id, project_id=identity(project)))
    session.flush()
    return row


def put_overlap(session: Session, plan: Plan, inner: Project, outer: Project, *, measure: str = FOREST) -> None:
    """A contradiction of the plan says that the inner project's works may lie in the outer one's."""
    ids = {"inner_project_id": identity(inner), "outer_project_id": identity(outer)}
    measure_id = measure_named(session, measure, "亩").id
    session.add(Overlap(plan_id=identity(plan), measure_id=measure_id, effective_from=20211, **ids))
    session.flush()


def put_link(session: Session, programme: Programme, project: Project, *, from_quarter: int = 20211) -> None:
    """A lower plan's project supports a programme of a higher plan."""
    session.add(
        ProgrammeLink(programme_id=identity(programme), project_id=identity(project), effective_from=from_quarter)
    )
    session.flush()


def put_work(
    session: Session,
    project: Project,
    tier: str,
    value: str,
    unit: str,
    quarter: int,
    *,
    measure: str = FOREST,
    posted: int | None = None,
    state: str = "approved",
    based_on: WorkEntry | None = None,
    reverses: WorkEntry | None = None,
) -> WorkEntry:
    """An entry of works as its writer leaves it; below zero it is a reversal. A second look needs what it looks at."""
    if based_on is None and tier in ("verified", "surviving"):
        earlier = {"verified": "claimed", "surviving": "verified"}[tier]
        same = {"measure": measure, "posted": posted, "state": state}
        based_on = put_work(session, project, earlier, value, unit, quarter, **same)  # type: ignore[arg-type]
    approved = {"approved_at": AT, "approved_by": "核实人", "posted_period": posted or quarter}
    row = WorkEntry(
        project_id=identity(project),
        measure_id=measure_named(session, measure, unit).id,
        tier=tier,
        kind="entry" if reverses is None else "reversal",
        quantity_micro=micro_from_text(value),
        unit=unit,
        based_on_id=None if based_on is None else based_on.id,
        reverses_id=None if reverses is None else reverses.id,
        occurred_on=day_in(quarter),
        occurred_quarter=quarter_of(day_in(quarter)),
        state=state,
        recorded_by="填报员",
        **(approved if state == "approved" else {}),
    )
    session.add(row)
    session.flush()
    return row


def put_reading(
    session: Session,
    indicator: Indicator,
    quarter: int,
    value: str | None = None,
    *,
    grade: int | None = None,
    judgement: str | None = None,
    posted: int | None = None,
) -> OfficialReading:
    """An approved official reading, whose document is of the same quarter."""
    row = OfficialReading(
        indicator_id=indicator.id,
        quarter=quarter,
        value_micro=None if value is None else micro_from_text(value),
        grade=grade,
        judgement=judgement,
        document="青统〔2024〕1号",
        agency="统计局",
        occurred_on=day_in(quarter),
        occurred_quarter=quarter,
        state="approved",
        recorded_by="填报员",
        approved_at=AT,
        approved_by="审核人",
        posted_period=posted or quarter,
    )
    session.add(row)
    session.flush()
    return row


# ---- the worked example


def forest_cover(session: Session, small: SmallPlan, **rule: Any) -> Project:
    """孝义: 945.8 km² at 33.25 %, 35 % by the body; 0.5 万亩, and a second project of 1000 亩 a year in 2022–2025."""
    cover = put_indicator(session, small.plan, baseline="33.25")
    put_target(session, cover, "delegated", reference="35", printed="完成市级下达指标")
    put_rule(session, cover, {FOREST: 1}, whole=("945.8", "平方公里"), whole_name="国土面积", **rule)
    shelter = make_project(session, small.plan, "qingshan-04", "三北防护林", small.greening, years=(2022, 2025))
    put_quantity(session, shelter, "1000", "亩", per="year")
    return shelter


def one_indicator(session: Session, scope: Scope | None = None, no: str = "1", **more: bool) -> IndicatorFigures:
    """The figures of the indicator of that number, at the end of 2024 unless told otherwise."""
    found = indicator_figures(session, OPERATOR_READER, scope or Scope(20244), **more)
    return next(row for row in found if row.no == no)


def four(value: Fraction | None) -> str | None:
    """A value at four decimals."""
    return None if value is None else rounded_text(value)
