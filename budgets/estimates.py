"""Investment estimates (投资估算 / 概算): versions with reason, document and date; the newest approved one is in force.

Declared rule for a package: its own estimate counts once; where it has none, the sum of its parts does. When both are known
they must be equal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, Column, Index, func
from sqlmodel import Field, Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import current_quarter, day_of, quarter_of, today
from core.errors import N_, Broken, Invalid, SeveralBroken
from core.money import typed
from core.text import checked_text
from portfolio import listing
from portfolio.citations import mark_supplied
from portfolio.dated import Dated, find_in_force, in_force, put_in_force
from portfolio.editing import claim
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.periods import must_hold_from_open
from portfolio.projects import Project
from portfolio.states import ended_parts, not_archived
from portfolio.values import Basis, check_basis


class Estimate(Dated, table=True):
    """What a project or part is estimated to cost, in fen, from a quarter on. Null: withdrawn, nobody knows."""

    __tablename__ = "estimate"
    __table_args__ = (Index("ix_estimate_project", "project_id", "effective_from"),)

    project_id: int = Field(foreign_key="project.id")
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    printed: str | None = Field(default=None, max_length=40)  # as the plan prints it, with its unit
    approver: str | None = Field(default=None, max_length=120)  # who approved it on paper, on what day
    document_on: date | None = None


ON_PAPER_LABELS = {"approver": N_("批复单位"), "document_on": N_("文件日期")}


@dataclass(frozen=True)
class OnPaper:
    """Who approved an estimate on paper, and the day of the document; None where nobody said."""

    approver: str | None = None
    document_on: date | None = None


NOT_SAID = OnPaper()


class PartsDoNotAddUp(Broken):
    sentence = N_("子项目估算合计 %(parts)s 万元，与打包项目的 %(package)s 万元不相等，相差 %(difference)s 万元。")


class NotPositive(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应大于零；未定时请留空，不要填 0。")


def set_estimate(
    session: Session,
    project: Project,
    amount_fen: int | None,
    basis: Basis,
    *,
    printed: str | None = None,
    on_paper: OnPaper = NOT_SAID,
    expected_version: int | None = None,
    by: Actor,
) -> bool:
    """Makes an estimate hold from a quarter on; whether anything changed comes back.

    Errors: Archived, Stale, NotPositive, HoldsInClosedQuarter; SeveralBroken when a person names no document or reason, or a day
    in the future.
    """
    assert project.id is not None
    claim(session, project, expected_version=expected_version)
    if amount_fen is not None and amount_fen <= 0:
        raise NotPositive(field="estimate", label=N_("投资估算"), found=typed(amount_fen, "万元"))
    held = find_in_force(session, Estimate, {"project_id": project.id}, basis.from_quarter)
    before = None if held is None else held.amount_fen
    if before == amount_fen:
        return False
    must_hold_from_open(session, project.plan_id, basis.from_quarter)
    check_basis(basis, "document", "reason")
    check_on_paper(on_paper)
    approver = (on_paper.approver or "").strip() or None
    if amount_fen is not None and project.since_quarter is not None and basis.from_quarter < project.since_quarter:
        project.since_quarter = basis.from_quarter  # a part that is estimated for a quarter is there in it
        session.add(project)
    put_in_force(
        session,
        Estimate,
        {"project_id": project.id},
        {"amount_fen": amount_fen, "printed": printed, "approver": approver, "document_on": on_paper.document_on},
        from_quarter=basis.from_quarter,
        document=basis.document,
        reason=basis.reason,
        by=None if basis.from_plan else by,
    )
    if not basis.from_plan:
        mark_supplied(session, "project", project.id, "estimate", document=basis.document, reason=basis.reason, by=by)
        project.row_version += 1
        session.add(project)
    facts = {"estimate_fen": amount_fen, "from_quarter": basis.from_quarter, "document": basis.document}
    said = {"approver": approver, "document_on": on_paper.document_on}
    audit.record(
        session,
        "estimate",
        "project",
        project.id,
        before={"estimate_fen": before},
        after=facts | {name: value for name, value in said.items() if value is not None},
        reason=basis.reason,
        by=by,
    )
    session.flush()
    refresh_listing(session, [project.parent_id or project.id])
    return True


def check_on_paper(on_paper: OnPaper) -> None:
    """Errors: SeveralBroken when the approver's name is too long or the document's day lies in the future."""
    problems: list[Broken] = []
    try:
        checked_text(on_paper.approver, field="approver", label=ON_PAPER_LABELS["approver"], limit=120)
    except Broken as problem:
        problems.append(problem)
    day = on_paper.document_on
    if day is not None and day > today():
        label, expected = ON_PAPER_LABELS["document_on"], N_("不晚于今天的日期")
        problems.append(Invalid(field="document_on", label=label, found=day.isoformat(), expected=expected))
    if problems:
        raise SeveralBroken(problems)


def check_parts(session: Session, package: Project, quarter: int) -> None:
    """Ended parts do not count from the quarter in which that was posted, archived ones from that in which they were archived.

    Errors: PartsDoNotAddUp when a package and all of its parts have estimates that differ.
    """
    assert package.id is not None
    own = find_in_force(session, Estimate, {"project_id": package.id}, quarter)
    rows = session.exec(
        select(Project.id, Project.archived_at, Estimate.amount_fen)
        .select_from(Project)
        .outerjoin(Estimate, (col(Estimate.project_id) == Project.id) & in_force(Estimate, quarter))
        .where(Project.parent_id == package.id)
    ).all()
    ended = ended_parts(session, [package.id], quarter, AS_ISSUED)
    parts = [
        amount
        for id_, archived_at, amount in rows
        if id_ not in ended and (archived_at is None or quarter_of(day_of(archived_at)) > quarter)
    ]
    if own is None or own.amount_fen is None or not parts or any(amount is None for amount in parts):
        return
    total = sum(amount or 0 for amount in parts)
    if total != own.amount_fen:
        raise PartsDoNotAddUp(
            field="parts",
            parts=typed(total, "万元"),
            package=typed(own.amount_fen, "万元"),
            difference=typed(abs(total - own.amount_fen), "万元"),
        )


def estimates_in_force(session: Session, quarter: int, project_ids: Iterable[int] | None = None) -> dict[int, int]:
    """The estimates that hold in a quarter, in fen by project or part id; without those that are not known."""
    query = select(Estimate.project_id, Estimate.amount_fen).where(
        in_force(Estimate, quarter), col(Estimate.amount_fen).is_not(None)
    )
    if project_ids is not None:
        query = query.where(col(Estimate.project_id).in_(list(project_ids)))
    return {project_id: int(amount) for project_id, amount in session.exec(query) if amount is not None}


def package_amounts(
    session: Session, project_ids: list[int], quarter: int, edition: str = AS_CORRECTED
) -> dict[int, int | None]:
    """What counts for each top-level project, by the declared rule: its own estimate, else the sum of its parts."""
    own = estimates_in_force(session, quarter, project_ids)
    ended = ended_parts(session, project_ids, quarter, edition)
    parts = session.exec(
        select(Project.parent_id, func.sum(Estimate.amount_fen))
        .join(Estimate, (col(Estimate.project_id) == Project.id) & in_force(Estimate, quarter))
        .where(
            col(Project.parent_id).in_(project_ids),
            not_archived(Project, quarter, edition),
            col(Project.id).not_in(ended),
        )
        .group_by(col(Project.parent_id))
    )
    summed = {id_: int(total) for id_, total in parts if id_ is not None and total is not None}
    return {id_: own.get(id_, summed.get(id_)) for id_ in project_ids}


def refresh_listing(session: Session, project_ids: list[int]) -> None:
    """Derives the estimates that the project list shows anew."""
    listing.set_estimates(session, package_amounts(session, project_ids, current_quarter()))


def estimate_versions(session: Session, project_id: int) -> list[Estimate]:
    """Every version of a project's estimate, newest first."""
    query = select(Estimate).where(Estimate.project_id == project_id)
    return list(session.exec(query.order_by(col(Estimate.effective_from).desc(), col(Estimate.id).desc())))
