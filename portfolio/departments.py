"""Departments (部门) and other bodies that lead or build projects."""

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, select

from core import audit
from core.audit import Actor
from core.database import key_text
from core.errors import N_, Broken, Missing
from core.text import matching_key, sorting_key

KINDS = ("department", "government", "enterprise", "other")


class Department(SQLModel, table=True):
    """A body of a jurisdiction, named as the plan prints it."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("jurisdiction_code", "name_key"),)

    id: int | None = Field(default=None, primary_key=True)
    jurisdiction_code: str = Field(foreign_key="jurisdiction.code")
    name: str = Field(max_length=120)
    name_key: str = Field(max_length=120)
    name_sort: str = Field(sa_column=Column(key_text(120), nullable=False))
    kind: str = Field(default="department", max_length=20)
    note: str | None = Field(default=None, max_length=400)


class UnknownDepartment(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，本行政区划没有登记这个部门。请从列表中选择，或先登记该部门。")


class DepartmentExists(Broken):
    status = 409
    sentence = N_("部门“%(found)s”已经登记过了。")


def add_department(
    session: Session, jurisdiction_code: str, name: str, *, kind: str = "department", note: str | None = None, by: Actor
) -> Department:
    """Errors: Missing, DepartmentExists."""
    name = name.strip()
    if not name:
        raise Missing(field="name", label=N_("部门名称"))
    if find_department(session, jurisdiction_code, name) is not None:
        raise DepartmentExists(field="name", found=name)
    department = Department(
        jurisdiction_code=jurisdiction_code,
        name=name,
        name_key=matching_key(name),
        name_sort=sorting_key(name),
        kind=kind,
        note=note,
    )
    session.add(department)
    session.flush()
    assert department.id is not None
    audit.record(session, "create", "department", department.id, after={"name": name, "kind": kind}, by=by)
    return department


def find_department(session: Session, jurisdiction_code: str, name: str) -> Department | None:
    """The department that a name means there, whatever its width and spaces."""
    return session.exec(
        select(Department).where(
            Department.jurisdiction_code == jurisdiction_code, Department.name_key == matching_key(name)
        )
    ).first()
