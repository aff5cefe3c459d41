"""What a person may set about a project, what holds in a quarter, and what must be true of it before it is written."""

from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

from core.errors import N_, Broken, Invalid, Missing, SeveralBroken
from core.text import checked_text, matching_key, needed_text
from portfolio.dated import find_in_force, in_force
from portfolio.departments import Department
from portfolio.plans import Plan, Programme, YearsBackwards
from portfolio.projects import Project, ProjectBody, ProjectProgramme

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
LABELS = {
    "name": N_("项目名称"),
    "content": N_("建设内容"),
    "place": N_("建设地点"),
    "first_year": N_("起始年份"),
    "last_year": N_("结束年份"),
    "contact": N_("联系人"),
    "note": N_("备注"),
    "programme_id": N_("规划类别"),
    "lead_id": N_("牵头部门"),
    "body_id": N_("建设主体"),
    "reporting_id": N_("填报部门"),
}
LIMITS = {"name": 400, "content": 4000, "place": 400, "contact": 200, "note": 2000}
BASIS_LABELS = {"document": N_("依据文件"), "reason": N_("修改原因")}
BASIS_LIMITS = {"document": 200, "reason": 1000}
ROLE_FIELDS = {"lead_id": "lead", "body_id": "body", "reporting_id": "reporting"}
PLAIN_FIELDS = ("name", "content", "place", "first_year", "last_year", "contact", "note")


Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class ProjectValues:
    """Everything about a project that a person may set. None is “the plan does not say”."""

    name: str
    programme_id: int | None
    content: str | None = None
    place: str | None = None
    first_year: int | None = None
    last_year: int | None = None
    contact: str | None = None
    note: str | None = None
    lead_id: int | None = None
    body_id: int | None = None
    reporting_id: int | None = None


@dataclass(frozen=True)
class Basis:
    """On what a change rests: from which quarter it holds, on which document, why. `from_plan`: the plan itself says so."""

    from_quarter: int
    document: str | None = None
    reason: str | None = None
    from_plan: bool = False


class DuplicateProject(Broken):
    status = 409
    sentence = N_("本规划的同一类别下已有同名项目“%(found)s”（%(code)s）。")


def name_key(name: str) -> str:
    """The name as the column of that name holds it."""
    return matching_key(name)[:200]


def project_values(session: Session, project: Project, quarter: int) -> ProjectValues:
    """What holds for a project in a quarter."""
    membership = find_in_force(session, ProjectProgramme, {"project_id": project.id}, quarter)
    bodies = session.exec(
        select(ProjectBody.role, ProjectBody.department_id).where(
            ProjectBody.project_id == project.id, in_force(ProjectBody, quarter)
        )
    )
    roles = dict(bodies.all())
    return ProjectValues(
        programme_id=None if membership is None else membership.programme_id,
        lead_id=roles.get("lead"),
        body_id=roles.get("body"),
        reporting_id=roles.get("reporting"),
        **{name: getattr(project, name) for name in PLAIN_FIELDS},
    )


def check_basis(basis: Basis, *needed: str) -> None:
    """What the plan itself says needs no further basis; a person's change needs those named.

    Errors: SeveralBroken with one problem for each of document and reason that is missing or too long.
    """
    if basis.from_plan:
        return
    problems = []
    for field, label in BASIS_LABELS.items():
        check = needed_text if field in needed else checked_text
        try:
            check(getattr(basis, field), field=field, label=label, limit=BASIS_LIMITS[field])
        except Broken as problem:
            problems.append(problem)
    if problems:
        raise SeveralBroken(problems)


def check_values(
    session: Session, plan: Plan, values: ProjectValues, *, part_of: int | None = None, except_id: int | None = None
) -> None:
    """Errors: SeveralBroken with one problem for each field that cannot be accepted.

    A part (`part_of` is its package) has its package's programme and departments, and so none of its own.
    """
    problems: list[Broken] = []
    for field, limit in LIMITS.items():
        check = needed_text if field == "name" else checked_text
        try:
            check(getattr(values, field), field=field, label=LABELS[field], limit=limit)
        except Broken as problem:
            problems.append(problem)
    for field in ("first_year", "last_year"):
        year = getattr(values, field)
        if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
            expected = f"{EARLIEST_YEAR}—{LATEST_YEAR}"
            problems.append(Invalid(field=field, label=LABELS[field], found=str(year), expected=expected))
    if values.first_year and values.last_year and values.first_year > values.last_year:
        problems.append(YearsBackwards(field="last_year", first=values.first_year, last=values.last_year))
    problems += _unknown_links(session, plan, values) if part_of is None else _links_of_a_part(values)
    if not problems:
        twin = _same_name(session, plan, values, part_of, except_id)
        if twin is not None:
            problems.append(DuplicateProject(field="name", found=values.name, code=twin))
    if problems:
        raise SeveralBroken(problems)


def _links_of_a_part(values: ProjectValues) -> list[Broken]:
    return [
        Invalid(field=field, label=LABELS[field], found=str(id_), expected=N_("空，子项目随其打包项目"))
        for field in ("programme_id", *ROLE_FIELDS)
        if (id_ := getattr(values, field)) is not None
    ]


def _unknown_links(session: Session, plan: Plan, values: ProjectValues) -> list[Broken]:
    problems: list[Broken] = []
    programme = _find(session, Programme, values.programme_id)
    if values.programme_id is None:
        problems.append(Missing(field="programme_id", label=LABELS["programme_id"]))
    elif programme is None or programme.plan_id != plan.id:
        found = str(values.programme_id)
        problems.append(
            Invalid(field="programme_id", label=LABELS["programme_id"], found=found, expected=N_("本规划的一个类别"))
        )
    for field in ROLE_FIELDS:
        id_ = getattr(values, field)
        department = _find(session, Department, id_)
        if id_ is not None and (department is None or department.jurisdiction_code != plan.jurisdiction_code):
            problems.append(
                Invalid(field=field, label=LABELS[field], found=str(id_), expected=N_("本行政区划登记的一个部门"))
            )
    return problems


def _find(session: Session, table: type[Row], id_: int | None) -> Row | None:
    """The row with an id that somebody sent, who may have sent a number that no column holds."""
    return session.get(table, id_) if id_ is not None and 0 < id_ < 2**31 else None


def _same_name(
    session: Session, plan: Plan, values: ProjectValues, part_of: int | None, except_id: int | None
) -> str | None:
    """The code of another project of that name under the same heading, or of another part of the same package."""
    key = matching_key(values.name)
    query = select(Project.code, Project.name).where(
        Project.plan_id == plan.id, Project.name_key == name_key(values.name), col(Project.archived_at).is_(None)
    )
    if part_of is not None:
        query = query.where(Project.parent_id == part_of)
    else:
        query = query.join(ProjectProgramme, col(ProjectProgramme.project_id) == Project.id).where(
            ProjectProgramme.programme_id == values.programme_id, col(ProjectProgramme.effective_until).is_(None)
        )
    if except_id is not None:
        query = query.where(Project.id != except_id)
    # The column holds the beginning of a long key only.
    return next((code for code, name in session.exec(query) if matching_key(name) == key), None)
