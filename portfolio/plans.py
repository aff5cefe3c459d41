"""Plans (规划) and their programme trees (工程类别 / 专项)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Select, Text, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, select

from core import audit
from core.audit import Actor
from core.calendar import first_quarter
from core.database import select_columns
from core.errors import N_, Broken
from core.text import sorting_key

DEEPEST_LEVEL = 3


class Plan(SQLModel, table=True):
    """A five-year plan of a jurisdiction, with the file that its records cite."""

    __tablename__ = "plan"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=60, unique=True)
    jurisdiction_code: str = Field(foreign_key="jurisdiction.code", index=True)
    title: str = Field(max_length=200)
    short_title: str = Field(max_length=60)
    first_year: int
    last_year: int
    issuer: str | None = Field(default=None, max_length=200)
    document_number: str | None = Field(default=None, max_length=80)
    issued_on: str | None = Field(default=None, max_length=40)  # as printed
    draft: bool = Field(
        default=False, index=True
    )  # a consultation draft (初稿): marked wherever it is summed with others
    note: str | None = Field(default=None, sa_column=Column(Text))
    source_file: str | None = Field(default=None, max_length=120)
    source_sha256: str | None = Field(default=None, max_length=64)
    row_version: int = 1

    @property
    def start(self) -> int:
        """The quarter from which the plan's own data takes effect."""
        return first_quarter(self.first_year)


class Programme(SQLModel, table=True):
    """A heading that groups projects in a plan; a tree, at most three deep."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("plan_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    key: str = Field(max_length=60)
    parent_id: int | None = Field(default=None, foreign_key="programme.id", index=True)
    level: int
    position: int
    name: str = Field(max_length=200)
    note: str | None = Field(default=None, sa_column=Column(Text))


class YearsBackwards(Broken):
    sentence = N_("起止年限填写的是 %(first)s—%(last)s，起始年份不能晚于结束年份。")


class TreeTooDeep(Broken):
    sentence = N_("规划类别最多三级，“%(name)s”会成为第四级。")


def add_plan(session: Session, plan: Plan, *, by: Actor) -> Plan:
    """Errors: YearsBackwards."""
    if plan.first_year > plan.last_year:
        raise YearsBackwards(field="last_year", first=plan.first_year, last=plan.last_year)
    session.add(plan)
    session.flush()
    assert plan.id is not None
    audit.record(session, "create", "plan", plan.id, after={"code": plan.code, "title": plan.title}, by=by)
    return plan


def add_programme(
    session: Session,
    plan: Plan,
    key: str,
    name: str,
    *,
    parent: Programme | None,
    position: int,
    note: str | None,
    by: Actor,
) -> Programme:
    """A heading under another, or at the top.

    Errors: TreeTooDeep.
    """
    level = 1 if parent is None else parent.level + 1
    if level > DEEPEST_LEVEL:
        raise TreeTooDeep(field="programme", name=name)
    assert plan.id is not None
    programme = Programme(
        plan_id=plan.id,
        key=key,
        parent_id=None if parent is None else parent.id,
        level=level,
        position=position,
        name=name,
        note=note,
    )
    session.add(programme)
    session.flush()
    assert programme.id is not None
    audit.record(session, "create", "programme", programme.id, after={"plan": plan.code, "name": name}, by=by)
    return programme


@dataclass(frozen=True)
class Heading:
    """A programme with its ancestors, from the top level down to itself."""

    id: int
    path: tuple[tuple[int, str], ...]

    @property
    def sort(self) -> str:
        """The key that lists sort it by: those of the names of its path."""
        return "|".join(sorting_key(name)[:100] for _, name in self.path)

    def name_at(self, level: int) -> str | None:
        return self.path[level - 1][1] if level <= len(self.path) else None

    def id_at(self, level: int) -> int | None:
        return self.path[level - 1][0] if level <= len(self.path) else None


@lru_cache(maxsize=512)
def _headings_query(plan_ids: frozenset[int] | None) -> Select[Any]:
    # Every page that offers headings asks for them: the query is kept, because building it costs more than running it, and
    # on plain columns, which come back faster.
    heading = Programme.__table__.c  # type: ignore[attr-defined]
    query = select_columns(heading.id, heading.parent_id, heading.name).order_by(heading.level, heading.id)
    return query if plan_ids is None else query.where(heading.plan_id.in_(plan_ids))


def headings(session: Session, plan_ids: set[int] | None = None) -> dict[int, Heading]:
    """Every programme of the plans with its path, by id."""
    found: dict[int, Heading] = {}
    for id_, parent_id, name in session.execute(_headings_query(None if plan_ids is None else frozenset(plan_ids))):
        above = found[parent_id].path if parent_id is not None else ()
        found[id_] = Heading(id_, (*above, (id_, name)))
    return found


def find_plan(session: Session, code: str) -> Plan | None:
    return session.exec(select(Plan).where(Plan.code == code)).first()
