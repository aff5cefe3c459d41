"""Recording that works of one project may lie in those of another: nothing lies in itself, at once or by way of others.

Chains are allowed (A in B, B in C): each of them may count its works twice. A round is refused, because then nothing at all
would be left in a low reading that is to say what is there at least.
"""

from sqlmodel import Session, col, or_, select

from core.errors import N_, Broken
from milestones.indicator_rules import Overlap
from milestones.overlapping import lies_in_itself
from portfolio.projects import Project


class LiesInItself(Broken):
    status = 409
    sentence = N_(
        "“%(inner)s”的工程量不能记为含在“%(outer)s”之内：后者已经直接或经由其他项目含在前者之内，互相包含无法计算低值。"
    )


def record_overlap(
    session: Session,
    plan_id: int,
    measure_id: int,
    inner: Project,
    outer: Project,
    *,
    from_quarter: int,
    contradiction_id: int | None = None,
) -> Overlap:
    """That the inner project's works of a measure may already be in those of the outer one, as a contradiction of a plan says.

    Errors: LiesInItself, also of a part and its package.
    """
    held = session.exec(
        select(Overlap.inner_project_id, Overlap.outer_project_id).where(
            Overlap.measure_id == measure_id,
            or_(
                col(Overlap.effective_until).is_(None),
                # One that was ended where it began never held.
                (col(Overlap.effective_until) > from_quarter)
                & (col(Overlap.effective_until) > col(Overlap.effective_from)),
            ),
        )
    ).all()
    assert inner.id is not None
    assert outer.id is not None
    every = [*held, (inner.id, outer.id)]
    parts = _with_parts(session, {id_ for pair in every for id_ in pair})
    if lies_in_itself((one, other) for first, second in every for one in parts[first] for other in parts[second]):
        raise LiesInItself(inner=inner.name, outer=outer.name)
    row = Overlap(
        plan_id=plan_id,
        measure_id=measure_id,
        inner_project_id=inner.id,
        outer_project_id=outer.id,
        contradiction_id=contradiction_id,
        effective_from=from_quarter,
    )
    session.add(row)
    session.flush()
    return row


def _with_parts(session: Session, ids: set[int]) -> dict[int, set[int]]:
    """Each of these projects with its parts: what a package has may be in any of them."""
    found = {id_: {id_} for id_ in ids}
    for parent, part in session.exec(select(Project.parent_id, Project.id).where(col(Project.parent_id).in_(ids))):
        if parent is not None and part is not None:
            found[parent].add(part)
    return found
