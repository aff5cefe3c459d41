"""Projects (项目) and their parts (子项目): the tables.

Writing stands in editing.py; the list that is sorted and searched is derived in listing.py and read in project_list.py.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.database import key_text
from core.errors import N_
from portfolio.dated import Dated

# The states of domain page section 3. A project has no state until one was reported: that is 未填报, not 未开工.
STATES = {
    "not_started": N_("未开工"),
    "building": N_("在建"),
    "finished": N_("完工"),
    "accepted": N_("验收"),
    "slowed": N_("缓建"),
    "halted": N_("停建"),
    "ended": N_("终止"),
}
MONEY_COLUMNS = ("appropriated_fen", "received_fen", "contracted_fen", "work_done_fen", "paid_fen")
SORTED_COLUMNS = (
    *("order_key", "name_sort", "programme_sort", "lead_sort", "first_year", "last_year", "estimate_fen"),
    *("appropriated_fen", "work_done_fen", "paid_fen"),
)


def _sum_column() -> Column[int]:
    return Column(BigInteger, nullable=False, server_default="0")


class Project(SQLModel, table=True):
    """The unit that is tracked. A part has a parent and inherits its programme and departments."""

    __tablename__ = "project"
    __table_args__ = (
        Index("ix_project_plan_position", "plan_id", "position"),
        Index("ix_project_name_key", "plan_id", "name_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    plan_id: int = Field(foreign_key="plan.id")
    parent_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    position: int
    name: str = Field(sa_column=Column(Text, nullable=False))
    name_key: str = Field(max_length=200)
    name_completed: bool = False
    content: str | None = Field(default=None, sa_column=Column(Text))
    place: str | None = Field(default=None, max_length=400)
    first_year: int | None = None
    last_year: int | None = None
    contact: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, sa_column=Column(Text))
    # The quarter from which a part counts among the leaves of its package; null: from the plan's first quarter.
    since_quarter: int | None = None
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    archived_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    archived_reason: str | None = Field(default=None, max_length=1000)
    # The plan's earliest unclosed quarter when it was archived: figures as issued before still count it.
    archived_period: int | None = None
    row_version: int = 1


class ProjectProgramme(Dated, table=True):
    """Under which heading a project stands, from a quarter on."""

    __tablename__ = "project_programme"
    __table_args__ = (Index("ix_project_programme_project", "project_id", "effective_from"),)

    project_id: int = Field(foreign_key="project.id")
    programme_id: int = Field(foreign_key="programme.id", index=True)


class ProjectBody(Dated, table=True):
    """Which department leads (lead), builds (body) or files for (reporting) a project, from a quarter on.

    A null department ends a role: the record then says again that nobody is known.
    """

    __tablename__ = "project_body"
    __table_args__ = (Index("ix_project_body_project", "project_id", "role", "effective_from"),)

    project_id: int = Field(foreign_key="project.id")
    role: str = Field(max_length=12)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)


class ProjectState(SQLModel, table=True):
    """A reported state of a project, with the day since when and the document; the newest one holds.

    `posted_period` is the quarter of the day or, when that was closed, the earliest one that was not: as of an earlier quarter,
    figures as issued do not know of it. Withdrawn by a correction, it holds nowhere; as issued it held before `withdrawn_period`.
    """

    __tablename__ = "project_state"
    __table_args__ = (UniqueConstraint("project_id", "since_on", "recorded_at"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    state: str = Field(max_length=20)
    since_on: date
    document: str = Field(max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
    recorded_by: str = Field(max_length=120)
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    posted_period: int
    withdrawn_period: int | None = None


class ProjectListing(SQLModel, table=True):
    """One row per project with all that the list shows, sorts and filters by, as it stands now.

    Derived: `qingshan rebuild` makes it anew, and `qingshan check` compares it with the facts. Archived projects and
    parts are not in it. Each sortable column has an index (column, project_id).
    """

    __tablename__ = "project_listing"
    __table_args__ = (
        *(Index(f"ix_project_listing_{name}", name, "project_id") for name in SORTED_COLUMNS),
        Index("ix_project_listing_plan", "plan_id", "order_key", "project_id"),
        Index("ix_project_listing_totals", "plan_id", "estimate_fen"),
        Index("ix_project_listing_state", "state", "plan_id", "estimate_fen"),
    )

    project_id: int = Field(primary_key=True, foreign_key="project.id", sa_column_kwargs={"autoincrement": False})
    plan_id: int = Field(foreign_key="plan.id")
    code: str = Field(max_length=60)
    order_key: str = Field(sa_column=Column(key_text(80), nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    name_sort: str = Field(sa_column=Column(key_text(120), nullable=False))
    programme_1: int | None = Field(default=None, index=True)
    programme_2: int | None = Field(default=None, index=True)
    programme_3: int | None = Field(default=None, index=True)
    programme: str | None = Field(default=None, max_length=200)
    package: str | None = Field(default=None, max_length=200)
    programme_sort: str | None = Field(default=None, sa_column=Column(key_text(400)))
    lead_id: int | None = Field(default=None, index=True)
    lead: str | None = Field(default=None, max_length=120)
    lead_sort: str | None = Field(default=None, sa_column=Column(key_text(120)))
    body: str | None = Field(default=None, max_length=120)
    first_year: int | None = None
    last_year: int | None = None
    parts: int = 0
    state: str | None = Field(default=None, max_length=20)
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    estimate_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    # Approved money of the project and its parts, by stage; without entries it is 0.
    appropriated_fen: int = Field(default=0, sa_column=_sum_column())
    received_fen: int = Field(default=0, sa_column=_sum_column())
    contracted_fen: int = Field(default=0, sa_column=_sum_column())
    work_done_fen: int = Field(default=0, sa_column=_sum_column())
    paid_fen: int = Field(default=0, sa_column=_sum_column())


class PlanListing(SQLModel, table=True):
    """One row per plan with what its rows of the project list add up to, so that the list need not be counted each time.

    Derived like the list, and counted up and down with it. A plan without a row has nothing in the list. Where `known` is 0
    nobody knows a sum, and the sum of 0 says nothing.
    """

    __tablename__ = "plan_listing"

    plan_id: int = Field(primary_key=True, foreign_key="plan.id", sa_column_kwargs={"autoincrement": False})
    projects: int
    known: int  # those with an estimate
    estimate_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    ended: int  # the same three of the ended (终止) ones, which the others include
    ended_known: int
    ended_fen: int = Field(sa_column=Column(BigInteger, nullable=False))


class ArchivedListing(SQLModel, table=True):
    """What the list keeps of a project that was archived: as issued, the quarters before `archived_period` still show it.

    Derived with the list, and made anew with it.
    """

    __tablename__ = "archived_listing"

    project_id: int = Field(primary_key=True, foreign_key="project.id", sa_column_kwargs={"autoincrement": False})
    plan_id: int = Field(foreign_key="plan.id")
    code: str = Field(max_length=60)
    order_key: str = Field(sa_column=Column(key_text(80), nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    name_sort: str = Field(sa_column=Column(key_text(120), nullable=False))
    first_year: int | None = None
    last_year: int | None = None
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    archived_period: int


class ProjectGram(SQLModel, table=True):
    """The search index: every character and pair of characters of a project's texts."""

    __tablename__ = "project_gram"

    gram: str = Field(sa_column=Column(key_text(2), primary_key=True))
    project_id: int = Field(foreign_key="project.id", primary_key=True, index=True)
