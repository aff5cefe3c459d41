"""Loads which projects of a lower plan support a programme of a higher one: ours, not the plans' own words, and so with a reason.

A link is made once both plans are there, whichever was loaded first. One that a person ended stays ended.
"""

from pathlib import Path

from sqlmodel import Session, select

from milestones.indicator_rules import ProgrammeLink
from portfolio.periods import earliest_unclosed
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.recording import Tally, cite
from seed.checking import SeedNotLoaded, SeedProblem, read_checked
from seed.loading import LOADER, cited
from seed.rule_records import SeedLink, SeedLinks
from seed.yaml_lines import read_yaml

FILE = "links.yaml"
OURS = "系统整理（seed/links.yaml），两级规划均未写明，待领导小组办公室核定"


def read_links(path: Path) -> SeedLinks:
    """The checked file.

    Errors: SeedNotLoaded, with every problem by file and line.
    """
    found, file = read_checked(path, SeedLinks)
    pairs = [(link.project.key, link.programme.key) for link in found.links]
    twins = [index for index, pair in enumerate(pairs) if pair in pairs[:index]]
    if twins:
        lines = [file.line_of(("links", index, "project")) for index in twins]
        raise SeedNotLoaded([SeedProblem(path, line, "the same link stands twice") for line in lines])
    return found


def put_links(session: Session, seed: SeedLinks, path: Path) -> Tally:
    """Brings the links between loaded plans to what the file says; what came of it.

    Errors: SeedNotLoaded when a plan is there but not the project or programme that the file names.
    """
    tally, problems = Tally(), []
    plans = {plan.code: plan for plan in session.exec(select(Plan))}
    held = {(row.project_id, row.programme_id): row for row in session.exec(select(ProgrammeLink))}
    for index, link in enumerate(seed.links):
        lower, higher = plans.get(link.project.plan), plans.get(link.programme.plan)
        if lower is None or higher is None:
            continue
        project = session.exec(select(Project).where(Project.code == link.project.key)).first()
        programme = session.exec(
            select(Programme).where(Programme.plan_id == higher.id, Programme.key == link.programme.key)
        ).first()
        if project is None or project.plan_id != lower.id or programme is None:
            line = read_yaml(path).line_of(("links", index))
            problems.append(SeedProblem(path, line, "unknown project or programme"))
            continue
        assert project.id is not None
        assert programme.id is not None
        row = held.pop((project.id, programme.id), None)
        _put(session, link, (lower, higher), (project.id, programme.id), row, tally)
    if problems:
        raise SeedNotLoaded(problems)
    for row in held.values():
        if row.supplied_by == LOADER.name and row.effective_until is None:
            row.effective_until = max(row.effective_from, _open_from(session, row))
            session.add(row)
            tally.changed += 1
    session.flush()
    return tally


def _open_from(session: Session, row: ProgrammeLink) -> int:
    """The first quarter that takes changes of the plan that a link supports."""
    return earliest_unclosed(session, session.get_one(Programme, row.programme_id).plan_id, lock=True)


def _put(
    session: Session,
    link: SeedLink,
    plans: tuple[Plan, Plan],
    ends: tuple[int, int],
    row: ProgrammeLink | None,
    tally: Tally,
) -> None:
    if row is None:
        row = ProgrammeLink(
            project_id=ends[0],
            programme_id=ends[1],
            effective_from=max(
                *(plan.start for plan in plans), earliest_unclosed(session, plans[1].id or 0, lock=True)
            ),
            document=OURS,
            reason=link.reason,
            supplied_by=LOADER.name,
        )
        tally.created += 1
    elif row.supplied_by == LOADER.name and row.reason != link.reason:
        row.reason = link.reason
        tally.changed += 1
    else:
        tally.unchanged += 1
    session.add(row)
    session.flush()
    assert row.id is not None
    lower, higher = plans
    assert lower.id is not None
    assert higher.id is not None
    # Each end is cited in its own plan.
    cite(session, "programme_link", row.id, lower.id, [cited(link.project.cite)])
    cite(session, "programme_link_above", row.id, higher.id, [cited(link.programme.cite)])
