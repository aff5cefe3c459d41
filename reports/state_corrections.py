"""Late states, archivings and changed years among the corrections of a report: what moved its figures and is no money or works.

A state is late when it was posted in the period and says since when before it; the row says what held at the end of that quarter
before it was known, and after. An archiving takes a project out of every figure, a restoring brings it back.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, col, or_, select

from budgets.rates import UNKNOWN
from core.audit import AuditEntry
from core.calendar import day_of, last_day, quarter_of
from core.database import select_columns
from core.errors import N_
from core.people import aware
from portfolio.access import Reader
from portfolio.corrections import PROJECT_CHANGE, Correction, CorrectionFact
from portfolio.facts import APPROVED as ACCEPTED
from portfolio.facts import AS_ISSUED
from portfolio.project_changes import ARCHIVED, REPORTED, RESTORED, WITHDRAWN, FormerArchiving, ProjectChange
from portfolio.projects import STATES, Project, ProjectState
from portfolio.years import FormerYears
from reports.correction_rows import ARCHIVING, STATE, YEARS, CorrectionRow
from reports.money_groups import within
from reports.money_queries import with_keys
from reports.quarterly_scope import Asked
from reports.rollup import project_facts

COUNTS, GONE = N_("计入"), N_("已归档")
_KINDS = (STATE, ARCHIVING, YEARS)


class _Form(NamedTuple):
    """The 更正单 of an event: its number, who approved it, why, and on which document."""

    number: int | None = None
    approved_by: str | None = None
    reason: str | None = None
    document: str | None = None


NO_FORM = _Form()


@dataclass(frozen=True)
class _Event:
    """What happened to a project (`what`: one of the kinds of ProjectChange, of years None): what held before and after, when it
    happened and was posted, when it was recorded, by whom.
    """

    kind: str
    what: str | None
    project_id: int
    before: str | None
    after: str | None
    occurred: int
    posted: int
    at: datetime | None
    by: str | None
    document: str | None
    reason: str | None
    form: _Form = NO_FORM


@dataclass(frozen=True)
class _Late:
    """Where events are looked for: the projects and parts of the report, by id: code and name; and the 更正单 of the changes."""

    session: Session
    asked: Asked
    names: Mapping[int, tuple[str, str]]
    forms: Mapping[tuple[Any, ...], _Form]

    def holds(self, posted: int | None) -> bool:
        """Whether something posted then moved this report and not the one before."""
        if posted is None or posted < self.asked.first:
            return False
        return self.asked.scope.edition != AS_ISSUED or posted <= self.asked.quarter

    def form(self, *key: Any) -> _Form:
        return self.forms.get(key, NO_FORM)


def state_corrections(session: Session, reader: Reader, asked: Asked) -> tuple[CorrectionRow, ...]:
    """The rows by project, in the order of the codes: states, then archivings, then years."""
    if asked.first <= min(plan.start for plan in asked.plans):
        return ()  # nothing was issued before
    late = _Late(session, asked, _names(session, reader, asked), _forms(session, asked))
    found = [*_states(late), *_archivings(late), *_years(late)]
    found.sort(key=lambda one: (late.names[one.project_id][0], _KINDS.index(one.kind)))
    seen: dict[str, int] = defaultdict(int)
    rows = []
    for one in found:
        code, name = late.names[one.project_id]
        stem = f"{one.kind}/{code}/{one.occurred}"
        seen[stem] += 1
        rows.append(
            CorrectionRow(
                **dict.fromkeys(("label", "unit", "change")),
                what=one.what,
                key=f"{stem}/{seen[stem]}",
                kind=one.kind,
                code=code,
                name=name,
                before=one.before,
                after=one.after,
                occurred_quarter=one.occurred,
                posted_period=one.posted,
                document=one.document,
                reason=one.reason,
                approved_by=one.form.approved_by,
                number=one.form.number,
                recorded_on=None if one.at is None else day_of(one.at),
                recorded_by=one.by,
            )
        )
    return tuple(rows)


def _names(session: Session, reader: Reader, asked: Asked) -> dict[int, tuple[str, str]]:
    """Every project of the scope with its parts, the ended and archived ones too: they are what leaves."""
    facts = project_facts(reader, asked.scope, archived=True).subquery()
    joined, columns = with_keys(facts, facts, asked.group.by, asked.group.level)
    tops = select_columns(facts.c.project_id).select_from(joined).where(*within(asked.group, columns))
    query = select_columns(Project.id, Project.code, Project.name)
    rows = session.execute(query.where(col(Project.id).in_(tops) | col(Project.parent_id).in_(tops)))
    return {id_: (code, name) for id_, code, name in rows}


def _forms(session: Session, asked: Asked) -> dict[tuple[Any, ...], _Form]:
    """The 更正单 by what each change of it did: a state by project, day and state, a withdrawal by the id of the state."""
    query = (
        select(ProjectChange, Correction)
        .join(CorrectionFact, col(CorrectionFact.subject_id) == ProjectChange.id)
        .join(Correction, col(Correction.id) == CorrectionFact.correction_id)
        .where(
            CorrectionFact.subject == PROJECT_CHANGE,
            ProjectChange.state == ACCEPTED,
            col(Correction.plan_id).in_(asked.scope.plan_ids or ()),
        )
    )
    found: dict[tuple[Any, ...], _Form] = {}
    for change, form in session.exec(query):
        if change.kind == REPORTED:
            key: tuple[Any, ...] = (change.project_id, change.occurred_on, change.new_state, change.correction_reason)
        else:
            key = (change.kind, change.withdraws_id or change.project_id, change.posted_period)
        found[key] = _Form(form.number, form.decided_by, change.correction_reason, change.document)
    return found


# ---- states


def _states(late: _Late) -> Iterator[_Event]:
    """Each late state, and each that was taken back, one after the other: what held at the end of its quarter, and holds then."""
    wanted = or_(
        col(ProjectState.posted_period) >= late.asked.first, col(ProjectState.withdrawn_period) >= late.asked.first
    )
    touched = set(late.session.exec(select(ProjectState.project_id).where(wanted))) & late.names.keys()
    if not touched:
        return
    taken_back = {
        row.withdraws_id: row
        for row in late.session.exec(select(ProjectChange).where(ProjectChange.kind == WITHDRAWN))
        if row.state == ACCEPTED
    }
    query = select(ProjectState).where(col(ProjectState.project_id).in_(touched)).order_by(col(ProjectState.id))
    rows: dict[int, list[ProjectState]] = defaultdict(list)
    for row in late.session.exec(query):
        rows[row.project_id].append(row)
    for project_id, of_project in rows.items():
        yield from _states_of(late, project_id, of_project, taken_back)


def _states_of(
    late: _Late, project_id: int, rows: list[ProjectState], taken_back: Mapping[int | None, ProjectChange]
) -> Iterator[_Event]:
    first = late.asked.first
    # What was posted, and not withdrawn yet, when the period before was issued.
    known = [row for row in rows if row.posted_period < first <= (row.withdrawn_period or first)]
    moments: list[tuple[datetime, int, ProjectState]] = []
    for row in rows:
        if late.holds(row.posted_period):
            moments.append((aware(row.recorded_at), 1, row))
        if late.holds(row.withdrawn_period):
            change = taken_back[row.id]
            moments.append((aware(change.approved_at or change.recorded_at), 0, row))
    for at, reported, row in sorted(moments, key=lambda one: (one[0], one[1], one[2].id or 0)):
        occurred = quarter_of(row.since_on)
        before = _at_end(known, occurred)
        known = [*known, row] if reported else [one for one in known if one.id != row.id]
        if occurred >= first:
            continue  # it happened in the period
        about: dict[str, Any] = {"kind": STATE, "project_id": project_id, "occurred": occurred, "at": at}
        about |= {"before": before, "after": _at_end(known, occurred), "what": REPORTED if reported else WITHDRAWN}
        if reported:
            form = late.form(project_id, row.since_on, row.state, row.reason)
            said: dict[str, Any] = {"by": row.recorded_by, "document": row.document, "reason": row.reason}
            yield _Event(**about, **said, posted=row.posted_period, form=form)
        else:
            change = taken_back[row.id]
            form = late.form(WITHDRAWN, row.id, change.posted_period)
            said = {"by": change.recorded_by, "document": change.document, "reason": change.correction_reason}
            yield _Event(**about, **said, posted=row.withdrawn_period or 0, form=form)


def _at_end(known: list[ProjectState], quarter: int) -> str | None:
    """The state of these at the end of a quarter, in Chinese."""
    held = [row for row in known if row.since_on <= last_day(quarter)]
    return None if not held else STATES[max(held, key=lambda row: (row.since_on, row.id or 0)).state]


# ---- archiving and years


def _archivings(late: _Late) -> Iterator[_Event]:
    """Projects that were archived or restored, so that they left the figures or came back."""
    query = select(Project).where(col(Project.archived_period) >= late.asked.first)
    former = select(FormerArchiving).where(col(FormerArchiving.until_quarter) >= late.asked.first)
    now = [row for row in late.session.exec(query) if row.id in late.names and late.holds(row.archived_period)]
    then = [row for row in late.session.exec(former) if row.project_id in late.names]
    who = _archivers(late.session, {row.id or 0 for row in now} | {row.project_id for row in then})
    for project in now:
        gone = (project.archived_period or 0, project.archived_at, project.archived_reason)
        yield _archived(late, who, project.id or 0, *gone)
    for row in then:
        came, went = late.holds(row.until_quarter), late.holds(row.from_quarter)
        if went and not came:
            yield _archived(late, who, row.project_id, row.from_quarter, row.archived_at, row.archived_reason)
        if came and not went:
            form = late.form(RESTORED, row.project_id, row.until_quarter)
            yield _Event(
                kind=ARCHIVING,
                what=RESTORED,
                project_id=row.project_id,
                before=GONE,
                after=COUNTS,
                occurred=row.from_quarter,
                posted=row.until_quarter,
                at=row.restored_at,
                by=row.restored_by,
                document=form.document,
                reason=form.reason,
                form=form,
            )


def _archived(
    late: _Late, who: Sequence[AuditEntry], id_: int, posted: int, at: datetime | None, reason: str | None
) -> _Event:
    occurred = posted if at is None else min(quarter_of(day_of(at)), posted)
    by = next((one.actor for one in who if one.subject_id == id_ and at and aware(one.at) >= aware(at)), None)
    form = late.form(ARCHIVED, id_, posted)
    about: dict[str, Any] = {"at": at, "by": by, "document": form.document, "reason": reason, "form": form}
    return _Event(ARCHIVING, ARCHIVED, id_, COUNTS, GONE, occurred=occurred, posted=posted, **about)


def _archivers(session: Session, project_ids: Collection[int]) -> Sequence[AuditEntry]:
    """Who archived these, in the order in which it happened: a project keeps why, the audit trail who."""
    query = select(AuditEntry).where(AuditEntry.subject == "project", AuditEntry.action == "archive")
    query = query.where(col(AuditEntry.subject_id).in_(project_ids)).order_by(col(AuditEntry.id))
    return session.exec(query).all() if project_ids else ()


def _years(late: _Late) -> Iterator[_Event]:
    """Years that changed from a quarter of the period on: they hold from there in both editions."""
    query = select(FormerYears).where(col(FormerYears.until_quarter) >= late.asked.first)
    rows: dict[int, list[FormerYears]] = defaultdict(list)
    for row in late.session.exec(query.order_by(col(FormerYears.until_quarter))):
        rows[row.project_id].append(row)
    now = {row.id: row for row in late.session.exec(select(Project).where(col(Project.id).in_(rows)))}
    for project_id, held in rows.items():
        following: list[FormerYears | Project] = [*held[1:], now[project_id]]
        for row, after in zip(held, following, strict=True):
            if project_id in late.names and row.until_quarter <= late.asked.quarter:
                yield _Event(
                    kind=YEARS,
                    what=None,
                    project_id=project_id,
                    before=_span(row),
                    after=_span(after),
                    occurred=row.until_quarter,
                    posted=row.until_quarter,
                    at=row.recorded_at,
                    by=row.recorded_by,
                    document=row.document,
                    reason=row.reason,
                )


def _span(row: FormerYears | Project) -> str | None:
    unknown = row.first_year is None and row.last_year is None
    return None if unknown else f"{row.first_year or UNKNOWN}–{row.last_year or UNKNOWN}"
