"""What the API shows of plans and what stands in them, for its description: nothing here reads or checks."""

from typing import Annotated, Literal

from pydantic import Field

from web.api_fact_shapes import Day, Decimal, Moment, Shape

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Source(Shape):
    """Where in the plan's file it stands."""

    file: str | None
    table: str | None
    lines: list[int | None]


class QuantityShape(Shape):
    measure: str
    value: Decimal
    unit: str
    operator: str
    per: str | None
    by_year: int | None
    wording: str | None


class PartRow(Shape):
    code: str
    name: str
    content: str | None
    state: str | None
    state_since_on: Day | None
    estimate_fen: int | None
    quantities: list[QuantityShape]
    source: Source | None


class ProjectRow(PartRow):
    """A project of a plan, as of a quarter, with its parts."""

    plan: str
    programme: str | None
    package: str | None
    place: str | None
    lead_department: str | None
    implementing_body: str | None
    first_year: int | None
    last_year: int | None
    parts: list[PartRow]


class CommitmentRow(Shape):
    """A commitment with a number in it."""

    plan: str
    key: str
    name: str
    programme: str | None
    department: str | None
    measure: str
    value: Decimal
    unit: str
    operator: str
    strive: bool
    per: str | None
    by_year: int | None
    place: str | None
    indicator: str | None
    projects: list[str]
    wording: str | None
    source: Source | None


class ReadingShape(Shape):
    value: str
    wording: str | None
    source: Source | None


class Decision(Shape):
    reading: int | None
    text: str | None
    document: str | None
    by: str | None
    at: Moment


class ContradictionRow(Shape):
    """Where a plan says two things of one."""

    plan: str
    key: str
    grave: bool
    subject: str | None
    field: str | None
    summary: str
    summary_en: str | None
    readings: list[ReadingShape]
    in_use: str | int | None
    why: str | None
    decision: Decision | None


class EditionRow(Shape):
    """An issued report."""

    number: int
    plan: str
    period: str
    issue: int
    title: str
    issued_at: Moment
    issued_by: str
    note: str | None
    demo: bool
    data_sha256: Sha256
    workbook_sha256: Sha256 | None
    word_sha256: Sha256 | None
    word_english_sha256: Sha256 | None


class LampRow(Shape):
    project: str
    lamp: Literal["red", "yellow", "green", "blue", "grey"]
    rule: str | None
    reason: str
    turns_green_by: str | None
    project_lamp: Literal["red", "yellow", "green", "blue", "grey"]


class PlanRow(Shape):
    code: str
    title: str
    short_title: str
    jurisdiction: str
    first_year: int
    last_year: int
    issuer: str | None
    document_number: str | None
    issued_on: str | None
    draft: bool


class ProgrammeRow(Shape):
    """A heading of a plan's tree; `parent` is the key of the one above."""

    plan: str
    key: str
    parent: str | None
    level: int
    position: int
    name: str


class DepartmentRow(Shape):
    id: int
    jurisdiction: str
    name: str
    kind: str


class SourceRow(Shape):
    """A source of money; money is recorded on those that take it."""

    key: str
    name: str
    name_en: str
    parent: str | None
    fiscal: bool
    pending: bool
    retired: bool
    takes_money: bool


class MeasureRow(Shape):
    name: str
    dimension: str


class DefinitionRow(Shape):
    """How a figure is made; a null unit is an amount of money."""

    name: str
    formula: str
    unit: str | None
    counted: str
    left_out: str
