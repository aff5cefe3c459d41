"""Official readings (监测值) of indicators, each with the document that says so. The table."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
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


class OfficialReading(Fact, table=True):
    """What an indicator was measured to be for a period, in the words of an official source.

    `quarter` is the quarter for whose end it stands (a yearly reading: the fourth). Of several approved ones for the same
    quarter the newest holds. A number for indicators with a unit, a grade (1 to 5 for Ⅰ to Ⅴ) or a judgement for others.

    Units: `value_micro` counts millionths of the indicator's own unit. `occurred_on` is the day of the source document, while
    `occurred_quarter` is `quarter`: what it tells happened then, however late it was published.
    """

    __tablename__ = "official_reading"
    __table_args__ = (
        Index("ix_official_reading_indicator", "indicator_id", "state", "quarter", "id"),
        Index("ix_official_reading_waiting", "state", "id", postgresql_where=text("state <> 'approved'"),
              sqlite_where=text("state <> 'approved'")),
        *fact_checks(),
        CheckConstraint("value_micro IS NOT NULL OR grade IS NOT NULL OR judgement IS NOT NULL", name="says"),
        CheckConstraint("grade IS NULL OR (grade >= 1 AND grade <= 6)", name="grades"),
        CheckConstraint("judgement IS NULL OR judgement IN ('met', 'partly', 'not-met')", name="judgements"),
    )  # fmt: skip

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    indicator_id: int = Field(foreign_key="indicator.id")
    quarter: int
    value_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    grade: int | None = None  # 1 to 5 for Ⅰ to Ⅴ, 6 for 劣Ⅴ
    judgement: str | None = Field(default=None, max_length=10)
    agency: str | None = Field(default=None, max_length=120)
