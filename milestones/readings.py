"""Official readings (监测值) of indicators, each with the document that says so. The table."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, text
from sqlmodel import Field

from core.database import long_id
from core.errors import N_
from portfolio.facts import Fact, fact_checks

MET, PARTLY, NOT_MET = "met", "partly", "not-met"
JUDGEMENTS = {
    MET: N_("达成"),
    PARTLY: N_("部分达成"),
    NOT_MET: N_("未达成"),
}
READING, WITHDRAWAL = "reading", "withdrawal"
KINDS = {
    READING: N_("监测值"),
    WITHDRAWAL: N_("撤回"),
}


class OfficialReading(Fact, table=True):
    """What an indicator was measured to be for a period, in the words of an official source.

    `quarter` is the quarter for whose end it stands (a yearly reading: the fourth). Of several approved ones for the same
    quarter the newest holds. A number for indicators with a unit, a grade (1 to 5 for Ⅰ to Ⅴ) or a judgement for others.
    A withdrawal takes back an approved one (`withdraws_id`), of the same quarter and source document, and says no number.

    Units: `value_micro` counts millionths of the indicator's own unit. `occurred_on` is the day of the source document, while
    `occurred_quarter` is `quarter`: what it tells happened then, however late it was published.
    """

    __tablename__ = "official_reading"
    __table_args__ = (
        Index("ix_official_reading_indicator", "indicator_id", "state", "quarter", "id"),
        Index("ix_official_reading_waiting", "state", "id", postgresql_where=text("state <> 'approved'"),
              sqlite_where=text("state <> 'approved'")),
        # A reading is withdrawn once at most; a withdrawal that was sent back does not count.
        Index("ix_official_reading_withdraws_id", "withdraws_id", unique=True,
              postgresql_where=text("withdraws_id IS NOT NULL AND state <> 'rejected'"),
              sqlite_where=text("withdraws_id IS NOT NULL AND state <> 'rejected'")),
        *fact_checks(),
        CheckConstraint("(kind = 'reading') = (value_micro IS NOT NULL OR grade IS NOT NULL OR judgement IS NOT NULL)",
                        name="says"),
        CheckConstraint("kind IN ('reading', 'withdrawal')", name="kinds"),
        CheckConstraint("(kind = 'withdrawal') = (withdraws_id IS NOT NULL)", name="withdraws"),
        CheckConstraint("kind = 'reading' OR correction_reason IS NOT NULL", name="reason"),
        CheckConstraint("grade IS NULL OR (grade >= 1 AND grade <= 6)", name="grades"),
        CheckConstraint("judgement IS NULL OR judgement IN ('met', 'partly', 'not-met')", name="judgements"),
    )  # fmt: skip

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    indicator_id: int = Field(foreign_key="indicator.id")
    kind: str = Field(default=READING, max_length=10)
    withdraws_id: int | None = Field(
        default=None, sa_column=Column(long_id(), ForeignKey("official_reading.id"), nullable=True)
    )
    quarter: int
    value_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    grade: int | None = None  # 1 to 5 for Ⅰ to Ⅴ, 6 for 劣Ⅴ
    judgement: str | None = Field(default=None, max_length=10)
    agency: str | None = Field(default=None, max_length=120)
