"""Projects with their money in one go: a new project with estimate and parts, and a new version of all its estimates.

Nothing is written when the parts of a package do not add up to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from budgets.estimates import Estimate, NotPositive, check_parts, set_estimate
from core.audit import Actor
from core.errors import N_, Broken, Missing, SeveralBroken
from portfolio.editing import claim, create_project, next_code
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.values import LABELS, Basis, ProjectValues, check_basis


class NothingChanged(Broken):
    sentence = N_("与现有内容相同，没有需要保存的修改。")


@dataclass(frozen=True)
class NewPart:
    """A part of a new package. `line` counts the lines of the form from 1, so that errors name theirs."""

    line: int
    name: str
    estimate_fen: int | None


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
) -> None:
    if not new.name.strip():
        raise Missing(field=part_field("name", new.line), label=LABELS["name"])
    values = ProjectValues(name=new.name, programme_id=None)
    try:
        part = create_project(session, plan, f"{package.code}-{number}", values, basis, parent=package, by=by)
        if new.estimate_fen is not None:
            set_estimate(session, part, new.estimate_fen, basis, by=by)
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
    session: Session, package: Project, amounts: Mapping[int, NewAmount], basis: Basis, *, by: Actor
) -> None:
    """A new version of the estimates of a project and of its parts, by project id.

    Errors: Archived, Stale, NotPositive, SeveralBroken; NothingChanged; PartsDoNotAddUp in any quarter from then on.
    """
    changed = False
    projects = {id_: session.get_one(Project, id_) for id_ in amounts}
    for id_, new in amounts.items():  # all of them before the first is written: a stale form changes nothing
        claim(session, projects[id_], expected_version=new.expected_version)
    for id_, new in amounts.items():
        try:
            changed |= set_estimate(session, projects[id_], new.amount_fen, basis, by=by)
        except NotPositive as broken:
            broken.field = new.field
            raise
    if not changed:
        raise NothingChanged
    ids = select(Project.id).where((col(Project.id) == package.id) | (col(Project.parent_id) == package.id))
    starts = select(Estimate.effective_from).where(
        col(Estimate.project_id).in_(ids), col(Estimate.effective_from) >= basis.from_quarter
    )
    for quarter in sorted(set(session.exec(starts))):
        check_parts(session, package, quarter)
