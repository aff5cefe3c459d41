"""The shapes of the seed files: what a record may hold, checked before anything is written.

Every model forbids unknown fields, so that a misspelt field is an error with a line and not a silent loss.
"""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Operator = Literal["=", "≥", "≤", "<", ">", "约", "力争"]
Nature = Literal["约束性", "预期性"]
TargetKind = Literal["number", "range", "keep", "trend", "grade", "qualitative", "delegated", "none"]
Direction = Literal["up", "down", "steady"]


def _decimal_text(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("a plain decimal number in quotes is expected, such as '0.5'") from error
    if not number.is_finite() or "e" in text.lower():
        raise ValueError("a plain decimal number in quotes is expected, such as '0.5'")
    return text


DecimalText = Annotated[str, AfterValidator(_decimal_text)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Year = Annotated[int, Field(ge=1949, le=2100)]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Cite(Record):
    """Where a record stands in the plan's text file: first and last line, 1-based, both included."""

    lines: Annotated[list[int], Field(min_length=2, max_length=2)]
    table: Text | None = None
    section: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Cite":
        if not 1 <= self.lines[0] <= self.lines[1]:
            raise ValueError("lines are [first, last], counted from 1, first not after last")
        return self


class SeedJurisdiction(Record):
    code: Annotated[str, Field(pattern=r"^\d{6}$")]
    name: Text
    name_en: Text
    level: Literal[1, 2, 3]
    parent: Annotated[str, Field(pattern=r"^\d{6}$")] | None = None


class SeedJurisdictions(Record):
    jurisdictions: list[SeedJurisdiction]


class SeedProgramme(Record):
    key: Key
    name: Text
    cite: Cite
    note: Text | None = None
    children: list["SeedProgramme"] = []


class SeedDepartment(Record):
    """A body that the plan names as lead department or implementing body."""

    name: Text
    kind: Literal["department", "government", "enterprise", "other"] = "department"
    cite: Cite
    note: Text | None = None


class SeedPlan(Record):
    code: Key
    jurisdiction: Annotated[str, Field(pattern=r"^\d{6}$")]
    title: Text
    short_title: Text
    first_year: Year
    last_year: Year
    issuer: Text | None = None
    document_number: Text | None = None
    issued_on: Text | None = None
    draft: bool = False
    file: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    area_km2: DecimalText | None = None
    area_cite: Cite | None = None
    cite: Cite
    note: Text | None = None
    programmes: list[SeedProgramme]
    departments: list[SeedDepartment] = []


class SeedQuantity(Record):
    """A quantity of works as printed: measure, value, unit, operator and the clause that carries it."""

    measure: Text
    value: DecimalText
    unit: Text
    operator: Operator = "="
    strive: bool = False
    per: Literal["year"] | None = None
    by_year: Year | None = None
    wording: Text
    cite: Cite
    note: Text | None = None


class SeedEstimate(Record):
    """An investment estimate as printed, with its unit."""

    value: DecimalText
    unit: Literal["亿元", "万元", "元"]
    cite: Cite


class SeedPart(Record):
    key: Key
    name: Text
    content: Text | None = None
    estimate: SeedEstimate | None = None
    quantities: list[SeedQuantity] = []
    cite: Cite
    note: Text | None = None


class SeedProject(Record):
    key: Key
    programme: Key
    name: Text
    name_completed: bool = False
    content: Text | None = None
    place: Text | None = None
    lead_department: Text | None = None
    implementing_body: Text | None = None
    first_year: Year | None = None
    last_year: Year | None = None
    estimate: SeedEstimate | None = None
    merged: list[Literal["programme", "package", "name", "content", "lead_department", "implementing_body"]] = []
    cite: Cite
    twins: list[Cite] = []
    quantities: list[SeedQuantity] = []
    parts: list[SeedPart] = []
    note: Text | None = None

    @model_validator(mode="after")
    def _years_in_order(self) -> "SeedProject":
        if self.first_year and self.last_year and self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")
        return self


class SeedSite(Record):
    """Where the text says that a project is: counties (or cities, where it names no county) by their full names."""

    project: Key
    places: Annotated[list[Text], Field(min_length=1)]
    wording: Annotated[str, Field(min_length=1, max_length=200)]
    cite: Cite
    note: Text | None = None


class SeedSites(Record):
    sites: list[SeedSite] = []


class SeedBaseline(Record):
    """The baseline as printed, and as read when it is a number; `unit` only where it differs from the indicator's."""

    printed: str
    value: DecimalText | None = None
    operator: Operator | None = None
    unit: Text | None = None
    year: Year | None = None
    cite: Cite | None = None


class SeedTarget(Record):
    """The target as printed, and as read.

    kind: number, range, keep, trend, grade, qualitative, delegated; `none` when the plan prints a baseline only.
    """

    printed: str
    kind: TargetKind
    operator: Operator | None = None
    value: DecimalText | None = None
    high: DecimalText | None = None
    strive: bool = False
    year: Year | None = None
    cite: Cite | None = None

    @model_validator(mode="after")
    def _number_has_value(self) -> "SeedTarget":
        if (self.kind in ("number", "range")) != (self.value is not None):
            raise ValueError("a number or range target has a value, any other kind has none")
        if (self.kind == "range") != (self.high is not None):
            raise ValueError("a range target, and only that, has a high end")
        return self


class SeedReference(Record):
    """A number that the body names where the table delegates the target."""

    value: DecimalText
    operator: Operator
    strive: bool = False
    year: Year | None = None
    wording: Text
    cite: Cite


class SeedIndicator(Record):
    key: Key
    no: Text
    category: Text | None = None
    name: Text
    printed_name: Text
    unit: Text | None = None
    nature: Nature | None = None
    direction: Direction | None = None
    change: bool = False
    baseline: SeedBaseline
    target: SeedTarget
    reference_target: SeedReference | None = None
    merged: list[Literal["category", "baseline", "target", "nature", "unit", "name"]] = []
    cite: Cite
    note: Text | None = None


class SeedCommitment(Record):
    """A promise with a number (任务)."""

    key: Key
    programme: Key | None = None
    name: Text
    measure: Text
    value: DecimalText
    unit: Text
    operator: Operator = "="
    strive: bool = False
    per: Literal["year"] | None = None
    by_year: Year | None = None
    place: Text | None = None
    department: Text | None = None
    projects: list[Key] = []
    indicator: Key | None = None
    wording: Text
    cite: Cite
    note: Text | None = None


class SeedReading(Record):
    value: Text
    wording: Text | None = None
    cite: Cite


class SeedContradiction(Record):
    key: Key
    grave: bool = False
    subject: Key | None = None
    field: Text
    summary: Text
    summary_en: Text
    readings: Annotated[list[SeedReading], Field(min_length=2)]
    in_use: int | None = None
    why: Text | None = None


class SeedProjects(Record):
    projects: list[SeedProject]


class SeedIndicators(Record):
    indicators: list[SeedIndicator]


class SeedCommitments(Record):
    commitments: list[SeedCommitment]


class SeedContradictions(Record):
    contradictions: list[SeedContradiction]
