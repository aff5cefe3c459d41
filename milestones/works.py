"""Works (工程量进展): quantities reported, verified, found alive and lost: the table. Writing stands in work_reports.py.

Source: domain page, section 5. Each tier includes the next: 任务 → 上报 → 核实合格 → 保存. Reported is not alive.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text, text
from sqlmodel import Field

from core.database import long_id
from core.errors import N_
from portfolio.facts import Fact, fact_checks

CLAIMED, VERIFIED, SURVIVING, LOST = "claimed", "verified", "surviving", "lost"
TIERS = {
    CLAIMED: N_("上报"),
    VERIFIED: N_("核实合格"),
    SURVIVING: N_("保存量"),
    LOST: N_("损失"),
}
# What may have caused a loss; anything else is written out.
CAUSES = {
    "fire": N_("火灾"),
    "drought": N_("旱灾"),
    "flood": N_("洪涝"),
    "pest": N_("病虫害"),
}
# Whose recording is a second look at an approved row of the tier before it, by somebody else: it counts at once.
SECOND_LOOK = {VERIFIED: CLAIMED, SURVIVING: VERIFIED}
ENTRY, REVERSAL, NOT_APPLICABLE = "entry", "reversal", "not-applicable"
KINDS = {
    ENTRY: N_("发生"),
    REVERSAL: N_("冲销"),
    NOT_APPLICABLE: N_("不适用"),
}


class WorkEntry(Fact, table=True):
    """One quantity of works of a leaf project on a business day.

    A reported 0 is an entry of 0; 不适用 has no quantity; 未填报 has no row. `based_on_id`: of a verification the report that it
    verifies, of a survival check the verification, of a loss the survival check that it lowers. A loss before any check lowers
    nothing: what a check finds alive has it in already.

    Units: `quantity_micro` counts millionths of `unit`; below zero only for a reversal, null for 不适用 and what undoes it.
    Coordinates are millionths of a degree.
    """

    __tablename__ = "work_entry"
    __table_args__ = (
        # Both roll-ups read an index alone, in the order in which they group.
        Index(
            "ix_work_entry_corrected",
            *("state", "project_id", "measure_id", "unit", "occurred_quarter", "tier", "kind", "based_on_id",
              "quantity_micro"),
        ),
        Index(
            "ix_work_entry_issued",
            *("state", "project_id", "measure_id", "unit", "posted_period", "occurred_quarter", "tier", "kind",
              "based_on_id", "quantity_micro"),
        ),
        Index("ix_work_entry_project", "project_id", "occurred_on", "id"),
        Index("ix_work_entry_waiting", "state", "id", postgresql_where=text("state <> 'approved'"),
              sqlite_where=text("state <> 'approved'")),
        Index("ix_work_entry_reverses_id", "reverses_id", unique=True, postgresql_where=text("state <> 'rejected'"),
              sqlite_where=text("state <> 'rejected'")),
        Index("ix_work_entry_based_on_id", "based_on_id"),
        Index("ix_work_entry_plot", "plot_key", "project_id"),
        *fact_checks(except_when="(kind = 'entry' AND tier IN ('verified', 'surviving'))"),
        CheckConstraint("tier IN ('claimed', 'verified', 'surviving', 'lost')", name="tiers"),
        CheckConstraint("tier NOT IN ('verified', 'surviving') OR based_on_id IS NOT NULL", name="second_look"),
        CheckConstraint("tier <> 'claimed' OR based_on_id IS NULL", name="first_look"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reverses"),
        # A comparison with null would let a row pass.
        CheckConstraint("(kind = 'entry' AND coalesce(quantity_micro, -1) >= 0) "
                        "OR (kind = 'reversal' AND coalesce(quantity_micro, 0) <= 0) "
                        "OR (kind = 'not-applicable' AND quantity_micro IS NULL AND tier = 'claimed')", name="quantity"),
        CheckConstraint("(latitude_micro IS NULL) = (longitude_micro IS NULL)", name="point"),
    )  # fmt: skip

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    project_id: int = Field(foreign_key="project.id")
    measure_id: int = Field(foreign_key="measure.id", index=True)
    tier: str = Field(max_length=10)
    kind: str = Field(default=ENTRY, max_length=16)
    quantity_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    unit: str = Field(max_length=40)
    based_on_id: int | None = Field(
        default=None, sa_column=Column(long_id(), ForeignKey("work_entry.id"), nullable=True)
    )
    reverses_id: int | None = Field(
        default=None, sa_column=Column(long_id(), ForeignKey("work_entry.id"), nullable=True)
    )
    cause: str | None = Field(default=None, max_length=200)  # of a loss: one of CAUSES, or free text
    place: str | None = Field(default=None, max_length=400)
    plot: str | None = Field(default=None, max_length=80)  # 小班 code as typed
    plot_key: str | None = Field(default=None, max_length=80)  # the same for matching
    latitude_micro: int | None = None
    longitude_micro: int | None = None
    geometry: str | None = Field(default=None, sa_column=Column(Text))


@dataclass(frozen=True)
class NewWork:
    """What a person says of one quantity of works. `quantity` is the typed decimal; None with `not_applicable`.

    Units: degrees are typed decimals (WGS 84).
    """

    measure_id: int
    quantity: str | None
    unit: str
    occurred_on: date
    not_applicable: bool = False
    place: str | None = None
    plot: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    geometry: str | None = None
    document: str | None = None
    note: str | None = None
    cause: str | None = None
    correction_reason: str | None = None
    as_typed: bool = False  # the person was asked about a jump of ten thousand and says that it is right
