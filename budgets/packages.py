"""Projects with their money in one go: new projects and parts with estimates, a new version of all estimates of a package.

Nothing is written when the parts of a package do not add up to it. Parts that leave a package stand in leaving_parts.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from budgets.estimates import NOT_SAID, Estimate, NotPositive, OnPaper, check_parts, set_estimate
from core.audit import Actor
from core.errors import N_, Broken, Missing, SeveralBroken
from portfolio.editing import claim, create_project, next_code
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectState
from portfolio.values import LABELS, Basis, ProjectValues, check_basis


class NothingChanged(Broken):
    sentence = N_("与现有内容相同，没有需要保存的修改。")


@dataclass(frozen=True)
class NewPart:
    """A new part of a package. `line` counts the lines of the form from 1, so that errors name theirs."""

    line: int
    name: str
    estimate_fen: int | None
    content: str | None = None


def part_field(field: str, line: int) -> str:
    """The name of a field of a part, as errors and forms use it."""
    return f"part_{field}_{line}"


def create_with_estimate(
    session: Session,
    plan: Plan,
    values: ProjectValues,
    estimate_fen: int | None,
    parts: Sequence[NewPart],
    basis: Basis,
    *,
    by: Actor,
) -> Project:
    """A new project under the plan's next code, with its estimate; a package when it has parts.

    Errors: SeveralBroken, NotPositive, PartsDoNotAddUp.
    """
    check_basis(basis, "document", "reason")
    code = next_code(session, plan)
    project = create_project(session, plan, code, values, basis, by=by)
    if estimate_fen is not None:
        set_estimate(session, project, estimate_fen, basis, by=by)
    for number, part in enumerate(parts, start=1):
        _add_part(session, plan, project, number, part, basis, by)
    check_parts(session, project, basis.from_quarter)
    return project


def _add_part(
    session: Session, plan: Plan, package: Project, number: int, new: NewPart, basis: Basis, by: Actor
) -> Project:
    if not new.name.strip():
        raise Missing(field=part_field("name", new.line), label=LABELS["name"])
    values = ProjectValues(name=new.name, programme_id=None, content=new.content)
    try:
        part = create_project(session, plan, f"{package.code}-{number}", values, basis, parent=package, by=by)
        if new.estimate_fen is not None:
            set_estimate(session, part, new.estimate_fen, basis, by=by)
        return part
    except Broken as broken:
        for one in broken.problems if isinstance(broken, SeveralBroken) else [broken]:
            one.field = part_field(one.field or "name", new.line)
        raise


@dataclass(frozen=True)
class NewAmount:
    """What a project or part is estimated at from now on (None: withdrawn), and the version that the person saw.

    `field` is the name that errors use.
    """

    field: str
    amount_fen: int | None
    expected_version: int


def revise_estimates(
    session: Session,
    package: Project,
    amounts: Mapping[int, NewAmount],
    basis: Basis,
    *,
    on_paper: OnPaper = NOT_SAID,
    by: Actor,
) -> None:
    """A new version of the estimates of a project and of its parts, by project id.

    Errors: Archived, Stale, NotPositive, SeveralBroken; NothingChanged; PartsDoNotAddUp in any quarter from then on.
    """
    if not put_amounts(session, amounts, basis, on_paper=on_paper, by=by):
        raise NothingChanged
    check_parts_since(session, package, basis.from_quarter)


def put_amounts(
    session: Session,
    amounts: Mapping[int, NewAmount],
    basis: Basis,
    *,
    on_paper: OnPaper = NOT_SAID,
    by: Actor,
) -> bool:
    """A new version of these estimates, by project id; whether anything changed comes back. The sum is not looked at.

    Errors: Archived, Stale, NotPositive, SeveralBroken.
    """
    changed = False
    claim_amounts(session, amounts)
    for id_, new in amounts.items():
        try:
            project = session.get_one(Project, id_)
            changed |= set_estimate(session, project, new.amount_fen, basis, on_paper=on_paper, by=by)
        except NotPositive as broken:
            broken.field = new.field
            raise
    return changed


def claim_amounts(session: Session, amounts: Mapping[int, NewAmount]) -> None:
    """Keeps these projects from everybody else, all of them before the first is written: a stale form changes nothing.

    Errors: Archived, Stale.
    """
    for id_, new in amounts.items():
        claim(session, session.get_one(Project, id_), expected_version=new.expected_version)


def check_parts_since(session: Session, package: Project, quarter: int) -> None:
    """Errors: PartsDoNotAddUp in that quarter, or in a later one in which an estimate or a state of a part begins or ends."""
    ids = select(Project.id).where((col(Project.id) == package.id) | (col(Project.parent_id) == package.id))
    starts = session.exec(select(Estimate.effective_from).where(col(Estimate.project_id).in_(ids)))
    states = session.exec(
        select(ProjectState.posted_period, ProjectState.withdrawn_period).where(col(ProjectState.project_id).in_(ids))
    )
    quarters = {quarter, *starts, *(one for both in states for one in both if one is not None)}
    for one in sorted(quarters):
        if one >= quarter:
            check_parts(session, package, one)


class APartOfAPart(Broken):
    status = 409
    sentence = N_("子项目不能再分子项目。请在它的打包项目里增加。")


def add_parts(
    session: Session,
    package: Project,
    parts: Sequence[NewPart],
    amounts: Mapping[int, NewAmount],
    basis: Basis,
    *,
    expected_version: int,
    by: Actor,
) -> list[Project]:
    """New parts of a project, which becomes a package with the first, together with new estimates of what was there before.

    Errors: Archived, Stale, APartOfAPart, Missing, SeveralBroken, NotPositive; PartsDoNotAddUp in any quarter from then on.
    """
    check_basis(basis, "document", "reason")
    claim(session, package, expected_version=expected_version)
    if package.parent_id is not None:
        raise APartOfAPart
    if not parts:
        raise Missing(field=part_field("name", 1), label=LABELS["name"])
    put_amounts(session, amounts, basis, by=by)
    plan = session.get_one(Plan, package.plan_id)
    first = _next_number(session, package)
    added = [_add_part(session, plan, package, first + n, part, basis, by) for n, part in enumerate(parts)]
    package.row_version += 1  # whoever opened a form of the package before did not see these parts
    session.add(package)
    session.flush()
    check_parts_since(session, package, basis.from_quarter)
    return added


def _next_number(session: Session, package: Project) -> int:
    """The number after the highest that a part's code ever had: archived parts keep theirs."""
    codes = session.exec(select(Project.code).where(Project.parent_id == package.id)).all()
    numbers = [int(tail) for code in codes if (tail := code.removeprefix(f"{package.code}-")).isdecimal()]
    return max(numbers, default=0) + 1
