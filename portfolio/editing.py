"""Creating, changing and archiving projects. Nothing is deleted; every change has a reason and a version."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import current_quarter, now, quarter_of, today
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken, Stale, TooLong
from core.text import matching_key
from portfolio import listing
from portfolio.citations import mark_supplied
from portfolio.dated import find_in_force, in_force, put_in_force
from portfolio.departments import Department
from portfolio.plans import Plan, Programme, YearsBackwards
from portfolio.projects import STATES, Project, ProjectBody, ProjectProgramme, ProjectState

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
_ROLE_FIELDS = {"lead_id": "lead", "body_id": "body", "reporting_id": "reporting"}
_PLAIN = ("name", "content", "place", "first_year", "last_year", "contact", "note")


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


class AlreadyArchived(Broken):
    status = 409
    sentence = N_("这个项目已经归档。")


class Archived(Broken):
    status = 409
    sentence = N_("这个项目已经归档，不能再修改。")


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
        **{name: getattr(project, name) for name in _PLAIN},
    )


def check_values(session: Session, plan: Plan, values: ProjectValues, *, except_id: int | None = None) -> None:
    """Errors: SeveralBroken with one problem for each field that cannot be accepted."""
    problems: list[Broken] = []
    if not values.name.strip():
        problems.append(Missing(field="name", label=LABELS["name"]))
    for field, limit in LIMITS.items():
        text = getattr(values, field)
        if text and len(text) > limit:
            problems.append(TooLong(field=field, label=LABELS[field], found=len(text), limit=limit))
    for field in ("first_year", "last_year"):
        year = getattr(values, field)
        if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
            expected = f"{EARLIEST_YEAR}—{LATEST_YEAR}"
            problems.append(Invalid(field=field, label=LABELS[field], found=str(year), expected=expected))
    if values.first_year and values.last_year and values.first_year > values.last_year:
        problems.append(YearsBackwards(field="last_year", first=values.first_year, last=values.last_year))
    problems += _unknown_links(session, plan, values)
    if not problems:
        twin = _same_name(session, plan, values, except_id)
        if twin is not None:
            problems.append(DuplicateProject(field="name", found=values.name, code=twin))
    if problems:
        raise SeveralBroken(problems)


def _unknown_links(session: Session, plan: Plan, values: ProjectValues) -> list[Broken]:
    problems: list[Broken] = []
    programme = None if values.programme_id is None else session.get(Programme, values.programme_id)
    if values.programme_id is None:
        problems.append(Missing(field="programme_id", label=LABELS["programme_id"]))
    elif programme is None or programme.plan_id != plan.id:
        found = str(values.programme_id)
        problems.append(
            Invalid(field="programme_id", label=LABELS["programme_id"], found=found, expected=N_("本规划的一个类别"))
        )
    for field in _ROLE_FIELDS:
        id_ = getattr(values, field)
        department = None if id_ is None else session.get(Department, id_)
        if id_ is not None and (department is None or department.jurisdiction_code != plan.jurisdiction_code):
            problems.append(
                Invalid(field=field, label=LABELS[field], found=str(id_), expected=N_("本行政区划登记的一个部门"))
            )
    return problems


def _same_name(session: Session, plan: Plan, values: ProjectValues, except_id: int | None) -> str | None:
    query = (
        select(Project.code)
        .join(ProjectProgramme, col(ProjectProgramme.project_id) == Project.id)
        .where(
            Project.plan_id == plan.id,
            Project.name_key == matching_key(values.name)[:200],
            ProjectProgramme.programme_id == values.programme_id,
            col(ProjectProgramme.effective_until).is_(None),
            col(Project.archived_at).is_(None),
        )
    )
    if except_id is not None:
        query = query.where(Project.id != except_id)
    return session.exec(query).first()


def create_project(
    session: Session,
    plan: Plan,
    code: str,
    values: ProjectValues,
    basis: Basis,
    *,
    parent: Project | None = None,
    position: int | None = None,
    name_completed: bool = False,
    by: Actor,
) -> Project:
    """A new project, or a part of one, with its dated rows and its audit row.

    Errors: SeveralBroken.
    """
    assert plan.id is not None
    session.exec(select(Plan.id).where(Plan.id == plan.id).with_for_update()).one()  # two people adding the same name
    if parent is None:
        check_values(session, plan, values)
    if position is None:
        position = 1 + (session.exec(_last_position(plan.id)).first() or 0)
    project = Project(
        code=code,
        plan_id=plan.id,
        parent_id=None if parent is None else parent.id,
        position=position,
        name_key=matching_key(values.name)[:200],
        name_completed=name_completed,
        created_at=now(),
        **{name: getattr(values, name) for name in _PLAIN},
    )
    session.add(project)
    session.flush()
    assert project.id is not None
    if parent is None:
        for field in ("programme_id", *_ROLE_FIELDS):
            if getattr(values, field) is not None:
                _put_dated(session, project.id, field, getattr(values, field), basis, by)
    if not basis.from_plan:
        for field in (f.name for f in fields(values)):
            if getattr(values, field) is not None:
                mark_supplied(
                    session, "project", project.id, field, document=basis.document, reason=basis.reason, by=by
                )
    facts = {"code": code, **_facts(values)}
    audit.record(session, "create", "project", project.id, after=facts, reason=basis.reason, by=by)
    listing.refresh(session, [project.id if parent is None else parent.id or 0])
    return project


def _last_position(plan_id: int) -> Any:
    return select(Project.position).where(Project.plan_id == plan_id).order_by(col(Project.position).desc()).limit(1)


def next_code(session: Session, plan: Plan) -> str:
    """The next free project code of a plan: xiaoyi-37 after xiaoyi-36; codes are never used again."""
    codes = session.exec(select(Project.code).where(Project.plan_id == plan.id, col(Project.parent_id).is_(None))).all()
    numbers = [int(tail) for code in codes if (tail := code.removeprefix(f"{plan.code}-")).isdigit()]
    return f"{plan.code}-{max(numbers, default=0) + 1:02d}"


def edit_project(
    session: Session, project: Project, values: ProjectValues, basis: Basis, *, expected_version: int, by: Actor
) -> list[str]:
    """Brings a project to the values; the names of the fields that changed come back.

    Errors: Archived, Stale, SeveralBroken; Missing when a person gives no reason.
    """
    assert project.id is not None
    if project.archived_at is not None:
        raise Archived
    if project.row_version != expected_version:
        raise Stale(who=_last_writer(session, project.id))
    plan = session.get_one(Plan, project.plan_id)
    before = project_values(session, project, basis.from_quarter)
    changed = [f.name for f in fields(values) if getattr(before, f.name) != getattr(values, f.name)]
    if not changed:
        return []
    if project.parent_id is None:
        check_values(session, plan, values, except_id=project.id)
    if not basis.from_plan and not (basis.reason or "").strip():
        raise Missing(field="reason", label=N_("修改原因"))
    for field in changed:
        value = getattr(values, field)
        if field in _PLAIN:
            setattr(project, field, value)
        else:
            _put_dated(session, project.id, field, value, basis, by)
        if not basis.from_plan:
            mark_supplied(session, "project", project.id, field, document=basis.document, reason=basis.reason, by=by)
    project.name_key = matching_key(project.name)[:200]
    project.row_version += 1
    session.add(project)
    session.flush()
    after = {name: value for name, value in _facts(values).items() if name in changed}
    audit.record(session, "edit", "project", project.id, before=_facts(before), after=after, reason=basis.reason, by=by)
    listing.refresh(session, [project.parent_id or project.id])
    return changed


def _facts(values: ProjectValues) -> dict[str, Any]:
    return asdict(values)


def _last_writer(session: Session, project_id: int) -> str:
    lines = audit.history(session, "project", project_id, limit=1)
    return lines[0].actor if lines else ""


def _put_dated(session: Session, project_id: int, field: str, value: int | None, basis: Basis, by: Actor) -> None:
    supplied_by = None if basis.from_plan else by
    how = {
        "from_quarter": basis.from_quarter,
        "document": basis.document or None,
        "reason": basis.reason or None,
        "by": supplied_by,
    }
    if field == "programme_id":
        put_in_force(session, ProjectProgramme, {"project_id": project_id}, {"programme_id": value}, **how)  # type: ignore[arg-type]
    else:
        owner = {"project_id": project_id, "role": _ROLE_FIELDS[field]}
        put_in_force(session, ProjectBody, owner, {"department_id": value}, **how)  # type: ignore[arg-type]


def archive_project(session: Session, project: Project, *, reason: str, expected_version: int, by: Actor) -> None:
    """Takes a project out of lists and sums without deleting anything.

    Errors: AlreadyArchived, Stale, Missing.
    """
    assert project.id is not None
    if project.archived_at is not None:
        raise AlreadyArchived
    if project.row_version != expected_version:
        raise Stale(who=_last_writer(session, project.id))
    if not reason.strip():
        raise Missing(field="reason", label=N_("归档原因"))
    project.archived_at = now()
    project.archived_reason = reason.strip()[:1000]
    project.row_version += 1
    session.add(project)
    session.flush()
    audit.record(session, "archive", "project", project.id, reason=reason.strip(), by=by)
    listing.refresh(session, [project.id])


def change_state(
    session: Session, project: Project, state: str, *, since_on: date, document: str, reason: str | None, by: Actor
) -> None:
    """Records a reported state; states change with a document.

    Errors: Invalid, Missing; a day in the future is refused.
    """
    assert project.id is not None
    if project.archived_at is not None:
        raise Archived
    if state not in STATES:
        raise Invalid(field="state", label=N_("项目状态"), found=state, expected="、".join(STATES))
    if not document.strip():
        raise Missing(field="document", label=N_("依据文件"))
    if since_on > today():
        raise Invalid(
            field="since_on", label=N_("自何日起"), found=since_on.isoformat(), expected=N_("不晚于今天的日期")
        )
    before = find_state(session, project.id)
    session.add(
        ProjectState(
            project_id=project.id,
            state=state,
            since_on=since_on,
            document=document.strip()[:200],
            reason=(reason or "").strip()[:1000] or None,
            recorded_by=by.name,
            recorded_at=now(),
        )
    )
    facts = {"state": state, "since_on": since_on, "document": document.strip()}
    audit.record(
        session,
        "state",
        "project",
        project.id,
        before={"state": None if before is None else before.state},
        after=facts,
        reason=reason,
        by=by,
    )


def find_state(session: Session, project_id: int, quarter: int | None = None) -> ProjectState | None:
    """The state that holds now, or held at the end of a quarter."""
    rows = session.exec(
        select(ProjectState)
        .where(ProjectState.project_id == project_id)
        .order_by(col(ProjectState.since_on).desc(), col(ProjectState.id).desc())
    )
    limit = current_quarter() if quarter is None else quarter
    return next((row for row in rows if quarter_of(row.since_on) <= limit), None)
