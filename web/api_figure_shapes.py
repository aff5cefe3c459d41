"""What the API shows of figures and of what goes on around them, for its description: nothing here reads or checks."""

from typing import Annotated, Literal

from pydantic import Field

from web.api_fact_shapes import Day, Decimal, Moment, Pair, Quarter, Reported, Shape, State


class BudgetLineRow(Shape):
    """A line as of a quarter: project x span x source."""

    plan: str
    project: str
    span: Literal["total", "year", "quarter"]
    covers: Annotated[str | None, Field(description="2024 or 2024Q4; null: the whole project.")]
    source: str
    original_fen: int | None
    amount_fen: int | None
    carried_fen: int
    versions: int
    waiting: State | None


class ForecastRow(Shape):
    """A source as of a quarter; null with `why_not` where nothing can be told."""

    source: str
    budget_fen: int | None
    paid_fen: int
    balance_fen: int
    year_end_fen: int | None
    execution: Pair | None
    next_quarter_fen: int | None
    to_raise_fen: int | None
    why_not: str | None


class PeriodRow(Shape):
    plan: str
    period: str
    kind: Literal["quarter", "year", "mid-term", "final"]
    state: Literal["not-opened", "open", "returns-in", "under-review", "closed", "issued"]
    takes_entries: bool
    opened_at: Moment | None
    due_on: Day | None
    closed_at: Moment | None
    issued_at: Moment | None


class ReturnRow(Shape):
    """Where the return of a department stands; `days` to its day, below 0 when it is past."""

    plan: str
    period: str
    department: str
    step: Literal["empty", "draft", "submitted", "approved", "accepted", "sent-back"]
    due_on: Day | None
    days: int | None
    projects: int
    filled: int
    no_progress: bool
    round: int
    notes: int
    sent_back_reason: str | None


class OfficialReadingRow(Reported):
    """An official reading of an indicator: a number, a grade or a judgement; or a withdrawal of one."""

    id: int
    plan: str
    indicator: str
    name: str
    kind: Literal["reading", "withdrawal"]
    quarter: Quarter
    value: Decimal | None
    grade: int | None
    judgement: Literal["met", "partly", "not-met"] | None
    agency: str | None
    document: str | None
    note: str | None
    occurred_on: Day
    withdraws: int | None


class Verdicts(Shape):
    enough: int
    short: int
    over: int
    already: int
    not_computable: int


class PlanCoverageRow(Shape):
    plan: str
    indicators: Verdicts
    binding: Verdicts


class CarriedShape(Shape):
    no: str
    name: str
    verdict: str
    unit: str
    planned: Pair
    verified: Pair | None


class ProgrammeCoverageRow(Shape):
    plan: str
    programme: str | None
    indicators: Verdicts
    carried: list[CarriedShape]


class EvaluatedTarget(Shape):
    key: str
    level: str
    name: str
    target: str
    weight: Pair
    reached: str | None
    value: Decimal | None
    points: Pair | None
    document: str | None
    why: str | None


class PerformanceShape(Shape):
    """The self-evaluation of a project for a year; points are exact pairs, null while something is open."""

    plan: str
    project: str
    year: int
    goal: str | None
    fiscal_budget_fen: int | None
    fiscal_paid_fen: int | None
    execution_rate: Pair | None
    execution_share: Pair
    execution_points: Pair | None
    targets: list[EvaluatedTarget]
    full: Pair
    earned: Pair
    open: Pair
    total: Pair | None


class CorrectionRow(Shape):
    id: int
    plan: str
    number: int
    quarter: Quarter
    project: str | None
    title: str
    reason: str
    document: str | None
    state: Literal["requested", "approved", "refused", "withdrawn"]
    posted_period: Quarter | None
    facts: int
    moved_figures: int
    requested_by: str
    requested_at: Moment
    decided_by: str | None
    decided_at: Moment | None
    decided_reason: str | None


class OrderRow(Shape):
    id: int
    plan: str
    number: int
    department: str
    project: str | None
    title: str
    asked: str
    issued_on: Day
    due_on: Day
    state: Literal["open", "answered", "closed"]
    overdue: bool
    closed_on: Day | None
    outcome: str | None


class MeetingItemShape(Shape):
    title: str
    project: str | None
    decision: str | None
    orders: list[int]


class MeetingRow(Shape):
    id: int
    plan: str
    held_on: Day
    title: str
    place: str | None
    chair: str | None
    document: str | None
    edition: int | None
    items: list[MeetingItemShape]
