"""What the API shows and takes of facts (the ledger, works, milestones), for its description: nothing here reads or checks."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["draft", "submitted", "approved", "rejected"]
Quarter = Annotated[str, Field(pattern=r"^[0-9]{4}Q[1-4]$", examples=["2024Q4"])]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"})]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Decimal = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["1200.5"])]
Pair = Annotated[list[int], Field(min_length=2, max_length=2, description="Exact: numerator and denominator.")]
Stage = Literal["appropriated", "received", "contracted", "work_done", "paid"]


class Shape(BaseModel):
    """An object with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Reported(Shape):
    """Who did what when with a fact."""

    state: State
    posted_period: Quarter | None
    correction_reason: str | None
    rejected_reason: str | None
    recorded_by: str
    recorded_at: Moment
    submitted_by: str | None
    submitted_at: Moment | None
    approved_by: str | None
    approved_at: Moment | None
    own_department: bool


class LedgerRow(Reported):
    """An entry of the ledger. `amount_fen` is below zero for reductions and what reverses an entry."""

    id: int
    plan: str
    project: str
    name: str
    package: str | None
    stage: Stage
    kind: Literal["entry", "reduction", "reversal"]
    source: str | None
    occurred_on: Day
    amount_fen: int
    document: str | None
    note: str | None
    reverses: int | None
    reversed_by: int | None


class LedgerSingle(LedgerRow):
    """The same with its version."""

    row_version: int


class WorkRow(Reported):
    """A quantity of works; null for 不适用 (not-applicable)."""

    id: int
    plan: str
    project: str
    name: str
    package: str | None
    measure: str
    tier: Literal["claimed", "verified", "surviving", "lost"]
    kind: Literal["entry", "reversal", "not-applicable"]
    quantity: Decimal | None
    unit: str
    occurred_on: Day
    place: str | None
    plot: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    cause: str | None
    document: str | None
    note: str | None
    based_on: int | None
    reverses: int | None
    reversed_by: int | None


class WorkSingle(WorkRow):
    """The same with its outline (GeoJSON as text) and its version."""

    geometry: str | None
    row_version: int


class MilestoneRow(Shape):
    """A milestone as of a quarter: first planned, planned now, expected, met."""

    id: int
    plan: str
    project: str
    name: str
    package: str | None
    kind: str
    milestone: str
    weight: Pair
    first_planned_on: Day | None
    planned_on: Day | None
    forecast_on: Day | None
    actual_on: Day | None
    overdue: bool
    slip_days: int | None
    actual_report: int | None
    forecast_report: int | None
    row_version: int


class MilestoneReportRow(Reported):
    """What was reported of a milestone: expected on a day, met on a day, or withdrawn."""

    id: int
    plan: str
    project: str
    name: str
    milestone: int
    milestone_kind: str
    milestone_name: str
    kind: Literal["forecast", "actual", "withdrawn"]
    met_on: Day | None
    occurred_on: Day
    document: str | None
    note: str | None
    row_version: int


# ---- writing


class RecordedOne(Shape):
    """An entry that was written: the quarter of its day, and where it is read and changed."""

    id: int
    state: Literal["draft", "submitted"]
    quarter: Quarter
    row_version: int
    href: str


class Recorded(Shape):
    """What was written, in the order in which it was sent."""

    entries: list[RecordedOne]


class LedgerFields(Shape):
    """What is said of an entry of the ledger."""

    stage: Stage
    amount_fen: Annotated[int, Field(gt=0, description="Whole fen, above zero; no fraction, no text.")]
    occurred_on: Day
    source: Annotated[str | None, Field(description="Key or name of a source; needed for money that moves.")] = None
    document: Annotated[str | None, Field(max_length=200)] = None
    note: Annotated[str | None, Field(max_length=2000)] = None
    reduction: Annotated[bool, Field(description="Taken back, given back or lowered; the amount stays above zero.")] = (
        False
    )
    correction_reason: Annotated[str | None, Field(max_length=1000, description="Needed in a closed quarter.")] = None


class NewLedgerEntry(LedgerFields):
    project: Annotated[str, Field(description="Code of a project or part.")]


class NewLedgerEntries(Shape):
    entries: Annotated[list[NewLedgerEntry], Field(min_length=1, max_length=1000)]
    submit: Annotated[bool, Field(description="Hands all of them over for approval.")] = False


class LedgerChange(Shape):
    """The fields to change; what is not sent stays."""

    stage: Stage | None = None
    amount_fen: Annotated[int, Field(gt=0)] | None = None
    occurred_on: Day | None = None
    source: str | None = None
    document: str | None = None
    note: str | None = None
    reduction: bool = False
    correction_reason: str | None = None
    submit: bool = False


class NewWorkEntry(Shape):
    """A report of works, or a loss. A quantity is exact decimal text, never a number."""

    project: str
    tier: Literal["claimed", "lost"] = "claimed"
    measure: Annotated[str, Field(description="The measure by its name: GET /api/v1/measures.")]
    quantity: Annotated[Decimal | None, Field(description="Not with not_applicable; 0 is a report of 0.")] = None
    unit: str
    occurred_on: Day
    not_applicable: bool = False
    as_typed: Annotated[bool, Field(description="The quantity was asked about (JumpOfTenThousand) and is right.")] = (
        False
    )
    place: str | None = None
    plot: str | None = None
    latitude: Annotated[Decimal | None, Field(description="Degrees, WGS 84, as text.")] = None
    longitude: Decimal | None = None
    geometry: Annotated[str | None, Field(description="GeoJSON, as text.")] = None
    document: str | None = None
    note: str | None = None
    cause: Annotated[str | None, Field(description="Of a loss: fire, drought, flood, pest, or a text.")] = None
    correction_reason: str | None = None


class NewWorkEntries(Shape):
    entries: Annotated[list[NewWorkEntry], Field(min_length=1, max_length=1000)]
    submit: bool = False


class WorkChange(Shape):
    """The fields to change; what is not sent stays."""

    measure: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    occurred_on: Day | None = None
    not_applicable: bool = False
    as_typed: bool = False
    place: str | None = None
    plot: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    geometry: str | None = None
    document: str | None = None
    note: str | None = None
    cause: str | None = None
    correction_reason: str | None = None
    submit: bool = False


class NewMilestoneReport(Shape):
    """`met_on`: the day expected (forecast) or met (actual); none for withdrawn."""

    milestone: Annotated[int, Field(gt=0, description="The number of the milestone: GET /api/v1/milestones.")]
    kind: Literal["forecast", "actual", "withdrawn"]
    met_on: Day | None = None
    document: str | None = None
    note: str | None = None
    correction_reason: str | None = None


class NewMilestoneReports(Shape):
    entries: Annotated[list[NewMilestoneReport], Field(min_length=1, max_length=1000)]
    submit: bool = False


class MilestoneChange(Shape):
    """The fields to change; what is not sent stays."""

    kind: Literal["forecast", "actual", "withdrawn"] | None = None
    met_on: Day | None = None
    document: str | None = None
    note: str | None = None
    correction_reason: str | None = None
    submit: bool = False
