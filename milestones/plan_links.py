"""Which projects of a lower plan support a programme of a higher one (县 → 市 → 省): linked and ended by document.

Source: domain page, section 8. A linked project counts in the higher plan once, whatever the number of its links.
"""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, SeveralBroken
from core.text import needed_text
from milestones.indicator_rules import ProgrammeLink
from portfolio.jurisdictions import below
from portfolio.periods import keep_quarters, must_hold_from_open
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.values import BASIS_LABELS, BASIS_LIMITS, Basis

LABELS = {
    "project": N_("下级规划的项目"),
    "programme": N_("上级规划的类别"),
    "from_quarter": N_("生效季度"),
    **BASIS_LABELS,
}


class NotBelow(Broken):
    sentence = N_("“%(project)s”所在的%(lower)s不在%(higher)s的范围之内，不能挂接。")


class AlreadyLinked(Broken):
    status = 409
    sentence = N_("“%(project)s”已经挂接到%(higher)s的“%(programme)s”，在一部规划里只计一次。")


class APart(Broken):
    sentence = N_("“%(project)s”是子项目，请挂接它的打包项目。")


class LinkEnded(Broken):
    status = 409
    sentence = N_("这条挂接已经结束。")


class BeforeBoth(Broken):
    sentence = N_("生效季度填写的是 %(found)s，早于两部规划都开始的季度 %(first)s。")


@dataclass(frozen=True)
class LinkLine:
    """A link with both of its ends."""

    link: ProgrammeLink
    project: Project
    lower: Plan
    programme: Programme
    higher: Plan


def link_project(session: Session, project: Project, programme: Programme, basis: Basis, *, by: Actor) -> ProgrammeLink:
    """Makes a project of a lower plan support a programme of a higher one from a quarter on.

    Errors: SeveralBroken with a problem for each field; NotBelow; AlreadyLinked; APart; BeforeBoth; HoldsInClosedQuarter.
    """
    assert project.id is not None
    assert programme.id is not None
    lower = session.get_one(Plan, project.plan_id)
    keep_quarters(session, {lower.id or 0, programme.plan_id})
    # Of two people who link at once the second waits here and then sees the first.
    higher = session.exec(select(Plan).where(Plan.id == programme.plan_id).with_for_update()).one()
    document, reason = _checked(session, project, lower, higher, basis)
    must_hold_from_open(session, programme.plan_id, basis.from_quarter)
    held = session.exec(
        select(Programme.name)
        .join(ProgrammeLink, col(ProgrammeLink.programme_id) == Programme.id)
        .where(
            ProgrammeLink.project_id == project.id,
            Programme.plan_id == higher.id,
            (col(ProgrammeLink.effective_until).is_(None)) | (col(ProgrammeLink.effective_until) > basis.from_quarter),
            (col(ProgrammeLink.effective_until).is_(None))
            | (col(ProgrammeLink.effective_until) > col(ProgrammeLink.effective_from)),
        )
    ).first()
    if held is not None:
        raise AlreadyLinked(field="project", project=project.name, higher=higher.short_title, programme=held)
    row = ProgrammeLink(
        programme_id=programme.id,
        project_id=project.id,
        effective_from=basis.from_quarter,
        document=document,
        reason=reason,
        supplied_by=by.name,
    )
    session.add(row)
    session.flush()
    _recorded(session, "link-project", row, project, programme, basis.from_quarter, (document, reason), by)
    return row


def end_link(session: Session, link: ProgrammeLink, basis: Basis, *, by: Actor) -> None:
    """Ends a link from a quarter on; earlier quarters still count it.

    Errors: SeveralBroken with a problem for each field; LinkEnded; HoldsInClosedQuarter; Invalid for a quarter before the link
    began.
    """
    higher = session.get_one(Programme, link.programme_id).plan_id
    keep_quarters(session, {higher})
    session.refresh(link, with_for_update=True)
    texts = _texts(basis)
    if link.effective_until is not None:
        raise LinkEnded
    if basis.from_quarter < link.effective_from:
        raise Invalid(
            field="from_quarter",
            label=LABELS["from_quarter"],
            found=quarter_name(basis.from_quarter),
            expected=quarter_name(link.effective_from),
        )
    must_hold_from_open(session, higher, basis.from_quarter)
    link.effective_until = basis.from_quarter
    session.add(link)
    session.flush()
    project, programme = session.get_one(Project, link.project_id), session.get_one(Programme, link.programme_id)
    _recorded(session, "end-link", link, project, programme, basis.from_quarter, texts, by)


def _checked(session: Session, project: Project, lower: Plan, higher: Plan, basis: Basis) -> tuple[str, str]:
    document, reason = _texts(basis)
    if project.parent_id is not None:
        raise APart(field="project", project=project.name)
    inside = below(session, higher.jurisdiction_code) - {higher.jurisdiction_code}
    if lower.jurisdiction_code not in inside:
        raise NotBelow(field="programme", project=project.name, lower=lower.short_title, higher=higher.short_title)
    first = max(lower.start, higher.start)
    if basis.from_quarter < first:
        raise BeforeBoth(field="from_quarter", found=quarter_name(basis.from_quarter), first=quarter_name(first))
    return document, reason


def _texts(basis: Basis) -> tuple[str, str]:
    texts, problems = {}, []
    for name, label in BASIS_LABELS.items():
        try:
            texts[name] = needed_text(getattr(basis, name), field=name, label=label, limit=BASIS_LIMITS[name])
        except Broken as problem:
            problems.append(problem)
    if problems:
        raise SeveralBroken(problems)
    return texts["document"], texts["reason"]


def _recorded(
    session: Session,
    action: str,
    row: ProgrammeLink,
    project: Project,
    programme: Programme,
    quarter: int,
    texts: tuple[str, str],
    by: Actor,
) -> None:
    document, reason = texts
    assert row.id is not None
    after: dict[str, Any] = {
        "project": project.code,
        "programme": programme.name,
        "from_quarter": quarter_name(quarter),
        "document": document,
    }
    audit.record(session, action, "programme_link", row.id, after=after, reason=reason, by=by)


def links_of(session: Session, plan_id: int, *, upward: bool) -> list[LinkLine]:
    """The links of a plan: those of its own projects to higher plans (`upward`), or those of lower plans' projects to it.

    Every link that was ever made, those in force first.
    """
    project_plan, programme_plan = col(Project.plan_id), col(Programme.plan_id)
    query = (
        select(ProgrammeLink, Project, Programme)
        .join(Project, col(Project.id) == ProgrammeLink.project_id)
        .join(Programme, col(Programme.id) == ProgrammeLink.programme_id)
        .where((project_plan if upward else programme_plan) == plan_id)
        .order_by(col(ProgrammeLink.effective_until).is_not(None), col(Project.code), col(ProgrammeLink.id))
    )
    rows = session.exec(query).all()
    plans = {one.id: one for one in session.exec(select(Plan))}
    return [
        LinkLine(link, project, plans[project.plan_id], programme, plans[programme.plan_id])
        for link, project, programme in rows
    ]
