"""Creating, changing and archiving projects. Nothing is deleted; every change has a reason and a version."""

from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import current_quarter, now, quarter_name, quarter_of
from core.errors import N_, Broken, Stale
from core.text import needed_text
from portfolio import listing
from portfolio.citations import mark_supplied
from portfolio.dated import put_in_force
from portfolio.periods import earliest_unclosed, is_closed, keep_quarters, must_hold_from_open
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectBody, ProjectProgramme, ProjectState
from portfolio.states import checked_state
from portfolio.values import (
    BASIS_LIMITS,
    PLAIN_FIELDS,
    ROLE_FIELDS,
    Basis,
    ProjectValues,
    check_basis,
    check_values,
    name_key,
    project_values,
)
from portfolio.years import YEARS, keep_years


class AlreadyArchived(Broken):
    status = 409
    sentence = N_("这个项目已经归档。")


class StateOfClosedQuarter(Broken):
    status = 409
    sentence = N_(
        "日期 %(found)s 在已关账的季度 %(quarter)s 内。确需补报的，请填写修改原因，发布时的数字从 %(open)s 起才按新状态计。"
    )


class Archived(Broken):
    status = 409
    sentence = N_("这个项目已经归档，不能再修改。")


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

    Errors: HoldsInClosedQuarter, SeveralBroken.
    """
    assert plan.id is not None
    must_hold_from_open(session, plan.id, basis.from_quarter)
    _lock(session, Plan, plan.id)  # two people adding the same name
    if parent is not None and parent.id is not None:
        _lock(session, Project, parent.id)
    check_basis(basis)
    check_values(session, plan, values, part_of=None if parent is None else parent.id)
    if position is None:
        position = 1 + (session.exec(_last_position(plan.id, None if parent is None else parent.id)).first() or 0)
    project = Project(
        code=code,
        plan_id=plan.id,
        parent_id=None if parent is None else parent.id,
        position=position,
        name_key=name_key(values.name),
        name_completed=name_completed,
        # A part that came with the plan counts from its first quarter, like everything else that the plan says.
        since_quarter=None if parent is None or basis.from_plan else basis.from_quarter,
        created_at=now(),
        **{name: getattr(values, name) for name in PLAIN_FIELDS},
    )
    session.add(project)
    session.flush()
    assert project.id is not None
    if parent is None:
        for field in ("programme_id", *ROLE_FIELDS):
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


def _last_position(plan_id: int, parent_id: int | None) -> Any:
    among = select(Project.position).where(Project.plan_id == plan_id, Project.parent_id == parent_id)
    return among.order_by(col(Project.position).desc()).limit(1)


def next_code(session: Session, plan: Plan) -> str:
    """The next free project code of a plan, for a project made in this transaction: xiaoyi-37 after xiaoyi-36.

    Codes are never used again.
    """
    assert plan.id is not None
    _lock(session, Plan, plan.id)  # until this transaction ends, nobody else is given the same code
    codes = session.exec(select(Project.code).where(Project.plan_id == plan.id, col(Project.parent_id).is_(None))).all()
    numbers = [int(tail) for code in codes if (tail := code.removeprefix(f"{plan.code}-")).isdecimal()]
    return f"{plan.code}-{max(numbers, default=0) + 1:02d}"


def edit_project(
    session: Session, project: Project, values: ProjectValues, basis: Basis, *, expected_version: int, by: Actor
) -> list[str]:
    """Brings a project to the values; the names of the fields that changed come back.

    Errors: Archived, Stale, HoldsInClosedQuarter; SeveralBroken, also when a person gives no reason.
    """
    assert project.id is not None
    keep_quarters(session, {project.plan_id})
    _lock(session, Plan, project.plan_id)  # two people giving the same name
    claim(session, project, expected_version=expected_version)
    plan = session.get_one(Plan, project.plan_id)
    before = project_values(session, project, basis.from_quarter)
    changed = [f.name for f in fields(values) if getattr(before, f.name) != getattr(values, f.name)]
    if not changed:
        return []
    if not set(changed) <= set(PLAIN_FIELDS) - set(YEARS):
        must_hold_from_open(session, project.plan_id, basis.from_quarter)
    check_values(session, plan, values, part_of=project.parent_id, except_id=project.id)
    check_basis(basis, "reason")
    if not set(changed).isdisjoint(YEARS) and basis.from_quarter > plan.start:
        why = {"document": basis.document, "reason": basis.reason}
        keep_years(session, project, basis.from_quarter, **why, by=by)
    for field in changed:
        value = getattr(values, field)
        if field in PLAIN_FIELDS:
            setattr(project, field, value)
        else:
            _put_dated(session, project.id, field, value, basis, by)
        if not basis.from_plan:
            mark_supplied(session, "project", project.id, field, document=basis.document, reason=basis.reason, by=by)
    project.name_key = name_key(project.name)
    project.row_version += 1
    session.add(project)
    session.flush()
    after = {name: value for name, value in _facts(values).items() if name in changed}
    audit.record(session, "edit", "project", project.id, before=_facts(before), after=after, reason=basis.reason, by=by)
    listing.refresh(session, [project.parent_id or project.id])
    return changed


def _facts(values: ProjectValues) -> dict[str, Any]:
    return asdict(values)


def claim(session: Session, project: Project, *, expected_version: int | None) -> None:
    """Keeps a project, and the package that it is a part of, from everybody else until this transaction ends.

    Of two people who save at once the second then finds what the first saved. PostgreSQL needs it; SQLite has one writer. The
    quarters of the plan are kept before, as everybody takes them, so that nobody waits for who closes one while they wait too.

    Errors: Archived; Stale when it is no longer at the version expected (None: whichever).
    """
    assert project.id is not None
    keep_quarters(session, {project.plan_id})
    if project.parent_id is not None:
        _lock(session, Project, project.parent_id)
    session.refresh(project, with_for_update=True)
    if project.archived_at is not None:
        raise Archived
    if expected_version is not None and project.row_version != expected_version:
        raise Stale(who=audit.last_actor(session, "project", project.id))


def _lock(session: Session, table: type[Plan] | type[Project], id_: int) -> None:
    # The weaker lock (key_share) keeps out other writers alike, but not the rows elsewhere that only name this one: whoever
    # reports a state would otherwise wait for an editor who waits for them.
    session.exec(select(table.id).where(table.id == id_).with_for_update(key_share=True)).one()


def _put_dated(session: Session, project_id: int, field: str, value: int | None, basis: Basis, by: Actor) -> None:
    texts = {"document": basis.document or None, "reason": basis.reason or None}
    how = texts | {"from_quarter": basis.from_quarter, "by": None if basis.from_plan else by}
    if field == "programme_id":
        put_in_force(session, ProjectProgramme, {"project_id": project_id}, {"programme_id": value}, **how)  # type: ignore[arg-type]
    else:
        owner = {"project_id": project_id, "role": ROLE_FIELDS[field]}
        put_in_force(session, ProjectBody, owner, {"department_id": value}, **how)  # type: ignore[arg-type]


def archive_project(session: Session, project: Project, *, reason: str, expected_version: int, by: Actor) -> None:
    """Takes a project out of lists and sums without deleting anything; as issued, quarters that are closed keep it.

    Of a part, the caller then derives the package's estimate anew (budgets.estimates.refresh_listing).

    Errors: AlreadyArchived, Stale, Missing, TooLong.
    """
    assert project.id is not None
    open_from = earliest_unclosed(session, project.plan_id, lock=True)
    try:
        claim(session, project, expected_version=expected_version)
    except Archived:
        raise AlreadyArchived from None
    why = needed_text(reason, field="reason", label=N_("归档原因"), limit=BASIS_LIMITS["reason"])
    project.archived_at = now()
    project.archived_reason, project.archived_period = why, open_from
    project.row_version += 1
    session.add(project)
    session.flush()
    audit.record(session, "archive", "project", project.id, reason=why, by=by)
    listing.refresh(session, [project.parent_id or project.id])


def change_state(
    session: Session,
    project: Project,
    state: str,
    *,
    since_on: date,
    document: str,
    reason: str | None,
    refresh: bool = True,
    by: Actor,
) -> ProjectState:
    """Records a reported state; states change with a document. Without `refresh` the caller derives the list anew.

    A day in a closed quarter needs a reason, and the state is posted in the earliest quarter that is not.

    Errors: Archived, Invalid, Missing, TooLong; StateOfClosedQuarter; a day in the future is refused.
    """
    assert project.id is not None
    open_from = earliest_unclosed(session, project.plan_id, lock=True)
    claim(session, project, expected_version=None)
    named, why = checked_state(state, since_on, document, reason)
    quarter = quarter_of(since_on)
    if why is None and is_closed(session, project.plan_id, quarter):
        raise StateOfClosedQuarter(
            field="reason", found=since_on.isoformat(), quarter=quarter_name(quarter), open=quarter_name(open_from)
        )
    before = find_state(session, project.id)
    row = ProjectState(
        project_id=project.id,
        state=state,
        since_on=since_on,
        document=named,
        reason=why,
        recorded_by=by.name,
        recorded_at=now(),
        posted_period=max(quarter, open_from),
    )
    session.add(row)
    facts = {"state": state, "since_on": since_on, "document": named}
    audit.record(
        session,
        "state",
        "project",
        project.id,
        before={"state": None if before is None else before.state},
        after=facts,
        reason=why,
        by=by,
    )
    session.flush()
    if refresh:
        listing.refresh(session, [project.parent_id or project.id])
    return row


def find_state(session: Session, project_id: int, quarter: int | None = None) -> ProjectState | None:
    """The state that holds now, or held at the end of a quarter."""
    rows = session.exec(
        select(ProjectState)
        .where(ProjectState.project_id == project_id, col(ProjectState.withdrawn_period).is_(None))
        .order_by(col(ProjectState.since_on).desc(), col(ProjectState.id).desc())
    )
    limit = current_quarter() if quarter is None else quarter
    return next((row for row in rows if quarter_of(row.since_on) <= limit), None)
