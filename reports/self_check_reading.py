"""The facts as the self-check reads them: streamed row by row and judged in Python, apart from the queries that it checks."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, SQLModel, select

from budgets.estimates import Estimate
from core.calendar import quarter_of
from portfolio.dated import Dated
from portfolio.departments import Department
from portfolio.facts import AS_ISSUED
from portfolio.plans import Plan, headings
from portfolio.project_changes import FormerArchiving
from portfolio.projects import Project, ProjectBody, ProjectProgramme, ProjectState
from portfolio.years import former_years

CHUNK = 2000


@dataclass(frozen=True)
class Mismatch:
    """A figure that came out differently on the two paths. `plan` is the code or id of the plan whose it is; None: of several."""

    what: str
    shown: Any
    recomputed: Any
    plan: str | int | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.shown} ≠ {self.recomputed}"


@dataclass
class LiveProject:
    """A project that counts, with the names that it is grouped by, its own estimate and those of its parts that count.

    `later` are parts that were added after the quarter: no leaves yet, but money that is dated before counts.
    """

    id: int
    plan: str
    programme: str | None
    department: str | None
    last_year: int | None
    own_fen: int | None
    started: bool
    reported: bool
    parts: dict[int, int | None] = field(default_factory=dict)
    later: tuple[int, ...] = ()

    @property
    def everything(self) -> tuple[int, ...]:
        """What money may be recorded of: the project itself and all of its parts."""
        return (self.id, *self.parts, *self.later)

    @property
    def known(self) -> list[int]:
        """The estimates of the parts that have one."""
        return [fen for fen in self.parts.values() if fen is not None]

    @property
    def leaves(self) -> int:
        return len(self.parts) or 1

    @property
    def missing(self) -> int:
        """The leaves without an estimate; none where the package has its own."""
        if self.own_fen is not None:
            return 0
        return len(self.parts) - len(self.known) if self.parts else 1

    @property
    def fen(self) -> int | None:
        """The amount that counts: its own estimate, else the sum of its parts."""
        return self.own_fen if self.own_fen is not None else (sum(self.known) if self.known else None)


def stream(session: Session, table: type[SQLModel]) -> Iterator[Any]:
    return iter(session.exec(select(table).execution_options(yield_per=CHUNK)))


def holding(session: Session, table: type[Dated], quarter: int) -> Iterator[Any]:
    """The rows of a dated table that hold in a quarter, judged in Python."""
    for row in stream(session, table):
        if row.effective_from <= quarter and (row.effective_until is None or row.effective_until > quarter):
            yield row


def reported(session: Session, quarter: int, edition: str) -> dict[int, list[str]]:
    """The states that were reported of each project and part as of a quarter, the newest last."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in stream(session, ProjectState):
        known = row.posted_period if edition == AS_ISSUED else quarter_of(row.since_on)
        gone = row.withdrawn_period is not None and (edition != AS_ISSUED or row.withdrawn_period <= quarter)
        if known <= quarter and not gone:
            found[row.project_id].append((row.since_on, row.id, row.state))
    return {id_: [state for _, _, state in sorted(rows)] for id_, rows in found.items()}


def is_ended(states: list[str]) -> bool:
    """终止 holds: the newest report says so."""
    return states[-1:] == ["ended"]


def is_started(states: list[str]) -> bool:
    """Building began, and the newest report does not take it back."""
    return states[-1:] != ["not_started"] and not {"building", "finished", "accepted", "halted"}.isdisjoint(states)


def is_archived(project: Project, quarter: int, edition: str, formerly: set[int]) -> bool:
    """Archived now or, as issued, by then; `formerly` are those that were archived then and restored since."""
    now = project.archived_at is not None and (edition != AS_ISSUED or (project.archived_period or 0) <= quarter)
    return now or (edition == AS_ISSUED and project.id in formerly)


def live_projects(session: Session, quarter: int, edition: str) -> dict[int, LiveProject]:
    """Every project that counts at the end of a quarter, by id."""
    members = {row.project_id: row.programme_id for row in holding(session, ProjectProgramme, quarter)}
    leads = {row.project_id: row.department_id for row in holding(session, ProjectBody, quarter) if row.role == "lead"}
    amounts = {row.project_id: row.amount_fen for row in holding(session, Estimate, quarter)}
    states, years = reported(session, quarter, edition), former_years(session, quarter)
    plans = {row.id: row.code for row in stream(session, Plan)}
    departments = {row.id: row.name for row in stream(session, Department)}
    tree = headings(session)
    formerly = {
        row.project_id for row in stream(session, FormerArchiving) if row.from_quarter <= quarter < row.until_quarter
    }
    found: dict[int, LiveProject] = {}
    parts: dict[int, list[int]] = defaultdict(list)
    later: dict[int, list[int]] = defaultdict(list)
    for row in stream(session, Project):
        told = states.get(row.id, [])
        if is_archived(row, quarter, edition, formerly) or is_ended(told):
            continue
        if row.parent_id is not None:
            there = row.since_quarter is None or row.since_quarter <= quarter
            (parts if there else later)[row.parent_id].append(row.id)
        elif row.id in members:
            found[row.id] = LiveProject(
                id=row.id,
                plan=plans[row.plan_id],
                programme=tree[members[row.id]].name_at(1),
                department=departments.get(leads.get(row.id)),
                last_year=years.get(row.id, (None, row.last_year))[1],
                own_fen=amounts.get(row.id),
                started=is_started(told),
                reported=bool(told),
            )
    for id_, project in found.items():
        project.parts = {part: amounts.get(part) for part in parts[id_]}
        project.later = tuple(later[id_])
        told_of = [states.get(one, []) for one in (*parts[id_], *later[id_])]
        project.started = project.started or any(map(is_started, told_of))
        project.reported = project.reported or any(told_of)
    return found
