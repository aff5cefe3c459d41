"""The self-evaluation of a project for a year (项目支出绩效自评表): money, targets, what was reached, and the points they earn.

One build for page, workbook and command. The execution rate is that of the roll-up (预算执行率, fiscal money on both sides). What
was not reported stays open, and then there is no total.

Source: domain page, sections 4 and 10.
"""

from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from budgets.line_reading import plan_lines
from budgets.lines import YEAR
from budgets.rates import Rate
from budgets.sources import fiscal_ids
from core.calendar import Period, today
from core.errors import N_, Broken
from core.units import MICRO, text_from_micro
from milestones.performance import LEVELS, REACHED, SECOND_LEVELS, PerformanceResult, PerformanceTarget
from milestones.performance_reading import shares_in, targets_in
from milestones.performance_results import YearOutside, last_quarter_of, results_in, score_of
from milestones.performance_score import EXECUTION, Points, added_points, execution_score
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.money import money_rollup
from reports.money_groups import Group
from reports.project_sheet import ProjectSheet, project_sheet
from reports.return_words import return_words
from reports.rollup import Scope

TITLE = N_("项目支出绩效自评表")
_PROGRESS = "text.progress"


class NotAYear(Broken):
    sentence = N_("绩效自评按年度进行，报告期填写的是“%(found)s”，应为如 2024 的年份。")


@dataclass(frozen=True)
class EvaluatedLine:
    """A target, what was reached of it, and its points; None while nothing is reported (未填报)."""

    target: PerformanceTarget
    result: PerformanceResult | None
    score: Fraction | None

    @property
    def weight(self) -> Fraction:
        return Fraction(self.target.weight_micro, MICRO)

    @property
    def second_level(self) -> str:
        """The marked name of its second level."""
        return SECOND_LEVELS[self.target.level][1]

    @property
    def wanted(self) -> str:
        """The target as it is written: ≥ 20 亩, or the text of a qualitative one."""
        row = self.target
        if row.value_micro is None:
            return row.value_text or ""
        return f"{row.operator} {text_from_micro(row.value_micro)} {row.unit or ''}".rstrip()

    @property
    def reached(self) -> tuple[str | None, str | None]:
        """What was reached as it is written: the marked word of a qualitative one and its percent, or a number with its unit."""
        row = self.result
        if row is None or self.score is None:
            return None, None
        if row.value_micro is not None:
            return None, f"{text_from_micro(row.value_micro)} {self.target.unit or ''}".rstrip()
        return REACHED[row.reached or "not"], f"{text_from_micro(row.percent_micro or 0)}%"

    @property
    def needs_reason(self) -> bool:
        """Whether it earned less than its weight and nobody said why. What was met needs no reason, whatever it earned."""
        if self.score is None or self.result is None:
            return False
        return self.score < self.weight and self.result.reached != "full" and not self.result.why


@dataclass(frozen=True)
class EvaluatedLevel:
    """The targets of a first level, its share of the hundred points, and what they add up to."""

    level: str
    share: Fraction
    lines: tuple[EvaluatedLine, ...]
    points: Points

    @property
    def name(self) -> str:
        return LEVELS[self.level]

    @property
    def unshared(self) -> Fraction:
        """The points of its share that no target has yet."""
        return self.share - self.points.weight


@dataclass(frozen=True)
class YearMoney:
    """The money of a year. Units: fen; None where no plan says it. `original_fen` is the plan at its first approval (年初)."""

    original_fen: int | None
    budget_fen: int | None
    paid_fen: int | None


@dataclass(frozen=True)
class SelfEvaluation:
    """The form of a project and a year.

    `fiscal` is what the rate is made of, `other` all other money. `goal` was set for the project, else it is what the plan says
    is built (`goal_of_plan`). `words` is what the department's accepted return of the last quarter says of the progress.
    """

    sheet: ProjectSheet
    year: int
    quarter: int
    edition: str
    fiscal: YearMoney
    other: YearMoney
    rate: Rate
    execution_share: Fraction
    execution: Fraction | None
    goal: str | None
    goal_of_plan: bool
    words: str | None
    levels: tuple[EvaluatedLevel, ...]
    points: Points

    @property
    def project(self) -> Project:
        return self.sheet.project

    @property
    def plan(self) -> Plan:
        return self.sheet.plan

    @property
    def lead(self) -> str | None:
        """主管部门."""
        body = self.sheet.bodies.get("lead_id")
        return None if body is None else body.name

    @property
    def builder(self) -> str | None:
        """实施单位: who builds, else who leads."""
        body = self.sheet.bodies.get("body_id")
        return self.lead if body is None else body.name

    @property
    def full(self) -> Fraction:
        """The points that there are: a hundred."""
        return self.execution_share + sum((level.share for level in self.levels), Fraction(0))


def self_evaluation(
    session: Session, reader: Reader, code: str, period: Period, *, edition: str = AS_CORRECTED
) -> SelfEvaluation:
    """The form of a project for a year; a part's code gives that of its package.

    Errors: NotThere, NotAYear, YearOutside.
    """
    if period.kind != "year":
        raise NotAYear(field="period", found=str(period))
    year = period.last_quarter // 10
    quarter = last_quarter_of(year)
    sheet = project_sheet(session, reader, code, quarter)
    if not sheet.plan.first_year <= year <= today().year:
        raise YearOutside(field="period", found=str(year), first=str(sheet.plan.first_year), last=str(today().year))
    id_ = sheet.project.id or 0
    shares, frame = shares_in(session, id_, quarter)
    levels = _levels(session, id_, year, shares)
    fiscal, other, rate = _money(
        session, reader, sheet, year, Scope(quarter, frozenset({sheet.project.plan_id}), edition)
    )
    earned = execution_score(rate.value, shares[EXECUTION])
    lines = [(shares[EXECUTION], earned), *((line.weight, line.score) for level in levels for line in level.lines)]
    said = return_words(session, sheet.plan, quarter).get(id_)
    return SelfEvaluation(
        sheet=sheet,
        year=year,
        quarter=quarter,
        edition=edition,
        fiscal=fiscal,
        other=other,
        rate=rate,
        execution_share=shares[EXECUTION],
        execution=earned,
        goal=frame.goal if frame is not None and frame.goal else sheet.project.content,
        goal_of_plan=frame is None or not frame.goal,
        words=None if said is None else said.texts.get(_PROGRESS),
        levels=levels,
        points=added_points(lines, whole=sum(shares.values(), Fraction(0))),
    )


def _levels(session: Session, project_id: int, year: int, shares: dict[str, Fraction]) -> tuple[EvaluatedLevel, ...]:
    results = results_in(session, project_id, year)
    lines = [
        EvaluatedLine(row, results.get(row.key), score_of(row, results.get(row.key)))
        for row in targets_in(session, project_id, last_quarter_of(year))
    ]
    found = []
    for level in LEVELS:
        own = tuple(line for line in lines if SECOND_LEVELS[line.target.level][0] == level)
        points = added_points([(line.weight, line.score) for line in own], whole=shares[level])
        found.append(EvaluatedLevel(level, shares[level], own, points))
    return tuple(found)


def _money(
    session: Session, reader: Reader, sheet: ProjectSheet, year: int, scope: Scope
) -> tuple[YearMoney, YearMoney, Rate]:
    """Fiscal money and all other money of the year, and the execution rate as the roll-up has it."""
    rows = money_rollup(session, reader, scope, ("project",), inside=Group({"project": sheet.project.code}))
    if not rows:  # ended or archived: it is in no roll-up
        nothing = YearMoney(None, None, None)
        return nothing, nothing, Rate(None, None)
    found = rows[0]
    paid = _paid_in(session, reader, sheet, year, scope)
    fiscal_paid, fiscal_budget = found.fiscal_paid_fen or 0, found.fiscal_budget_fen
    known = fiscal_ids(session)
    ids = [sheet.project.id or 0, *(part.project.id or 0 for part in sheet.parts)]
    lines = [
        line
        for line in plan_lines(session, ids, scope.quarter, edition=scope.edition)
        if line.span == YEAR and line.year == year and line.original_fen is not None
    ]
    originals: dict[bool, list[int]] = {True: [], False: []}
    for line in lines:
        originals[line.source_id in known].append(line.original_fen or 0)
    first = {is_fiscal: sum(amounts) if amounts else None for is_fiscal, amounts in originals.items()}
    others = None if found.year_plan_fen is None else found.year_plan_fen - (fiscal_budget or 0)
    has_others = bool(originals[False])
    return (
        YearMoney(first[True], fiscal_budget, fiscal_paid),
        YearMoney(first[False], others if has_others else None, paid - fiscal_paid),
        found.rates["budget_execution"],
    )


def _paid_in(session: Session, reader: Reader, sheet: ProjectSheet, year: int, scope: Scope) -> int:
    rows = money_rollup(session, reader, scope, ("project", "year"), inside=Group({"project": sheet.project.code}))
    return sum(row.paid_fen or 0 for row in rows if row.keys[1] == year)
