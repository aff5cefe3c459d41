"""The overview figures that page and workbook share: what is planned, what it costs, what the plans do not say.

Gathered in a fixed number of grouped queries on the roll-up; the arithmetic on top of them is pure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session, and_, col, func, or_, select

from core.text import sorting_key
from milestones.commitments import Commitment
from milestones.indicators import TARGET_KINDS, Indicator, Target
from portfolio.access import Reader
from portfolio.contradictions import Contradiction
from portfolio.dated import in_force
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.findings import DOMINANT, Dominance, MoneyGroup, Sentence, department_finding, programme_finding
from reports.rollup import EstimateFigures, Scope, counted_projects, estimate_rollup


@dataclass(frozen=True)
class PlanOverview:
    """The figures of one plan, or of several together (then `code` is empty). Units: fen.

    `without_years` counts projects of which the first or the last year is not known. `indicators` are (target kind, count).
    """

    code: str
    title: str
    draft: bool
    projects: int
    leaves: int
    without_estimate: int
    estimate_fen: int | None
    without_lead: int
    without_years: int
    indicators: tuple[tuple[str, int], ...]
    commitments: int
    contradictions: int
    contradictions_grave: int
    contradictions_undecided: int
    dominance: Dominance | None

    @property
    def indicator_count(self) -> int:
        return sum(count for _, count in self.indicators)

    def of_kind(self, kind: str) -> int:
        return dict(self.indicators).get(kind, 0)


@dataclass(frozen=True)
class Overview:
    """What the reader's scope adds up to as of a quarter, plan by plan and together."""

    quarter: int
    plans: tuple[PlanOverview, ...]
    total: PlanOverview
    by_programme: tuple[MoneyGroup, ...]
    by_department: tuple[MoneyGroup, ...]

    @property
    def drafts_in_sum(self) -> tuple[str, ...]:
        """The consultation drafts that are summed with other plans, to be named beside every such sum."""
        return tuple(plan.title for plan in self.plans if plan.draft) if len(self.plans) > 1 else ()

    @property
    def programme_finding(self) -> Sentence:
        return programme_finding(self.by_programme, self.total.projects, self.total.dominance)

    @property
    def department_finding(self) -> Sentence:
        return department_finding(self.by_department, self.total.projects)


def overview(session: Session, reader: Reader, scope: Scope) -> Overview:
    """The overview of one plan, several, or every plan that the reader sees."""
    query = select(Plan).where(reader.sees(Plan.id)).order_by(col(Plan.id))  # type: ignore[arg-type]
    if scope.plan_ids is not None:
        query = query.where(col(Plan.id).in_(scope.plan_ids))
    plans = session.exec(query).all()
    by_department = estimate_rollup(session, reader, scope, ("plan", "department"))
    by_years = estimate_rollup(session, reader, scope, ("plan", "first_year", "last_year"))
    lists = _ListCounts.gathered(session, [plan.id for plan in plans if plan.id is not None], scope.quarter)
    largest = _largest_projects(session, reader, scope, plans, by_department)
    departments, years = _by_plan(by_department), _by_plan(by_years)
    each = tuple(
        _plan_overview(plan, departments.get(plan.code, []), years.get(plan.code, []), lists, largest) for plan in plans
    )
    total = together(each)
    return Overview(
        quarter=scope.quarter,
        plans=each,
        total=total,
        by_programme=bars(estimate_rollup(session, reader, scope, ("programme",)), 0),
        by_department=bars(by_department, 1),
    )


def _by_plan(groups: Iterable[EstimateFigures]) -> dict[Any, list[EstimateFigures]]:
    """The groups by the code of their plan."""
    found: dict[Any, list[EstimateFigures]] = {}
    for group in groups:
        found.setdefault(group.keys[0], []).append(group)
    return found


def _plan_overview(
    plan: Plan,
    own: list[EstimateFigures],
    by_years: list[EstimateFigures],
    lists: "_ListCounts",
    largest: dict[str, Dominance],
) -> PlanOverview:
    assert plan.id is not None
    return PlanOverview(
        code=plan.code,
        title=plan.short_title,
        draft=plan.draft,
        projects=sum(group.projects for group in own),
        leaves=sum(group.leaves for group in own),
        without_estimate=sum(group.without_estimate for group in own),
        estimate_fen=known_sum(group.estimate_fen for group in own),
        without_lead=sum(group.projects for group in own if group.keys[1] is None),
        without_years=sum(group.projects for group in by_years if None in group.keys[1:]),
        indicators=tuple((kind, lists.kinds[plan.id, kind]) for kind in TARGET_KINDS if lists.kinds[plan.id, kind]),
        commitments=lists.commitments.get(plan.id, 0),
        contradictions=lists.contradictions[plan.id],
        contradictions_grave=lists.grave[plan.id],
        contradictions_undecided=lists.undecided[plan.id],
        dominance=largest.get(plan.code),
    )


def known_sum(amounts: Iterable[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def together(plans: tuple[PlanOverview, ...]) -> PlanOverview:
    """Several plans as one; a project that dominates its own plan may still dominate the sum."""
    if len(plans) == 1:
        return plans[0]
    kinds: Counter[str] = Counter()
    for plan in plans:
        kinds.update(dict(plan.indicators))
    estimate_fen = known_sum(plan.estimate_fen for plan in plans)
    dominant = max((p.dominance for p in plans if p.dominance), key=lambda found: found.estimate_fen, default=None)
    if dominant is not None and estimate_fen:
        share = Fraction(dominant.estimate_fen, estimate_fen)
        dominant = Dominance(dominant.code, dominant.name, dominant.estimate_fen, share) if share >= DOMINANT else None
    return PlanOverview(
        code="",
        title="",
        draft=any(plan.draft for plan in plans),
        projects=sum(plan.projects for plan in plans),
        leaves=sum(plan.leaves for plan in plans),
        without_estimate=sum(plan.without_estimate for plan in plans),
        estimate_fen=estimate_fen,
        without_lead=sum(plan.without_lead for plan in plans),
        without_years=sum(plan.without_years for plan in plans),
        indicators=tuple((kind, kinds[kind]) for kind in TARGET_KINDS if kinds[kind]),
        commitments=sum(plan.commitments for plan in plans),
        contradictions=sum(plan.contradictions for plan in plans),
        contradictions_grave=sum(plan.contradictions_grave for plan in plans),
        contradictions_undecided=sum(plan.contradictions_undecided for plan in plans),
        dominance=dominant,
    )


def bars(groups: Iterable[EstimateFigures], key: int) -> tuple[MoneyGroup, ...]:
    """The groups under one of their keys, largest amount first, unknown amounts and then the unknown name last."""
    found: dict[str | None, list[EstimateFigures]] = {}
    for group in groups:
        name = group.keys[key]
        found.setdefault(None if name is None else str(name), []).append(group)
    total = known_sum(group.estimate_fen for members in found.values() for group in members)
    rows = []
    for name, members in found.items():
        amount = known_sum(group.estimate_fen for group in members)
        rows.append(
            MoneyGroup(
                name=name,
                projects=sum(group.projects for group in members),
                leaves=sum(group.leaves for group in members),
                without_estimate=sum(group.without_estimate for group in members),
                estimate_fen=amount,
                share=Fraction(amount, total) if amount is not None and total else None,
            )
        )
    return tuple(sorted(rows, key=_bar_order))


def _bar_order(group: MoneyGroup) -> tuple[Any, ...]:
    amount = group.estimate_fen
    return group.name is None, amount is None, -(amount or 0), -group.projects, sorting_key(group.name or "")


def _largest_projects(
    session: Session, reader: Reader, scope: Scope, plans: Iterable[Plan], groups: list[EstimateFigures]
) -> dict[str, Dominance]:
    """The project of each plan that holds a dominant share of the plan's estimate, by plan code."""
    wanted: dict[str, tuple[int, int, int]] = {}
    by_plan = _by_plan(groups)
    for plan in plans:
        own = by_plan.get(plan.code, [])
        total = known_sum(group.estimate_fen for group in own)
        most = max((group.largest_fen for group in own if group.largest_fen is not None), default=0)
        if total and Fraction(most, total) >= DOMINANT:
            wanted[plan.code] = (plan.id or 0, most, total)
    if not wanted:
        return {}
    facts = counted_projects(reader, scope)
    rows = session.execute(
        select(facts.c.plan_id, col(Project.code), col(Project.name), facts.c.fen)
        .join(Project, col(Project.id) == facts.c.project_id)
        .where(or_(*(and_(facts.c.plan_id == id_, facts.c.fen == most) for id_, most, _ in wanted.values())))
        .order_by(facts.c.project_id.desc())
    ).all()
    named = {plan_id: (code, name, int(fen)) for plan_id, code, name, fen in rows}
    return {
        plan_code: Dominance(*named[plan_id], Fraction(most, total))
        for plan_code, (plan_id, most, total) in wanted.items()
    }


@dataclass(frozen=True)
class _ListCounts:
    """How long the lists of each plan are, by plan id."""

    kinds: Counter[tuple[int, str]]
    commitments: dict[int, int]
    contradictions: Counter[int]
    grave: Counter[int]
    undecided: Counter[int]

    @classmethod
    def gathered(cls, session: Session, plan_ids: list[int], quarter: int) -> "_ListCounts":
        counts = cls(Counter(), {}, Counter(), Counter(), Counter())
        kinds = session.exec(
            select(Indicator.plan_id, Target.kind, func.count())
            .outerjoin(Target, and_(col(Target.indicator_id) == Indicator.id, in_force(Target, quarter)))
            .where(col(Indicator.plan_id).in_(plan_ids))
            .group_by(col(Indicator.plan_id), col(Target.kind))
        )
        for plan_id, kind, count in kinds:
            counts.kinds[plan_id, kind or "none"] += count
        counts.commitments.update(
            session.exec(
                select(Commitment.plan_id, func.count())
                .where(col(Commitment.plan_id).in_(plan_ids))
                .group_by(col(Commitment.plan_id))
            ).all()
        )
        for plan_id, grave, decided_at in session.exec(
            select(Contradiction.plan_id, Contradiction.grave, Contradiction.decided_at).where(
                col(Contradiction.plan_id).in_(plan_ids)
            )
        ):
            counts.contradictions[plan_id] += 1
            counts.grave[plan_id] += grave
            counts.undecided[plan_id] += decided_at is None
        return counts
