"""Everything about one project on one page, gathered in a fixed number of queries."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from budgets.estimates import Estimate, estimate_versions, estimates_in_force, package_amounts
from core import audit
from core.audit import HistoryLine
from core.errors import NotThere
from milestones.commitments import Commitment, CommitmentProject
from milestones.quantities import Quantity, quantities_of
from portfolio.access import Reader
from portfolio.citations import Citation, SuppliedValue, citations_of, supplied_values_of
from portfolio.contradictions import Contradiction
from portfolio.departments import Department
from portfolio.editing import ProjectValues, project_values
from portfolio.facts import AS_CORRECTED
from portfolio.plans import Heading, Plan, headings
from portfolio.projects import Project, ProjectState
from portfolio.states import not_archived, states_in

_ROLES = ("lead_id", "body_id", "reporting_id")


@dataclass(frozen=True)
class QuantityLine:
    """A quantity with its measure's name and where it is printed."""

    quantity: Quantity
    measure: str
    citation: Citation | None


@dataclass(frozen=True)
class PartLine:
    """A part of a package, with its reported state, what is estimated for it (fen) and its quantities."""

    project: Project
    state: ProjectState | None
    estimate_fen: int | None
    quantities: tuple[QuantityLine, ...]
    citations: tuple[Citation, ...]
    supplied: dict[str, SuppliedValue]
    later: bool = False  # it was added after the quarter of the sheet

    @property
    def counts(self) -> bool:
        """Whether it counts as a leaf: an ended (终止) part leaves the counts, one that was added later is not in them yet."""
        return not self.later and (self.state is None or self.state.state != "ended")


@dataclass(frozen=True)
class ProjectSheet:
    """A project as it stands in a quarter: values, sources, money, quantities, contradictions, history.

    Units: fen. `estimate_fen` is what counts: the project's own estimate, else the sum of its parts.
    """

    project: Project
    plan: Plan
    values: ProjectValues
    heading: Heading | None
    bodies: dict[str, Department]
    state: ProjectState | None
    estimate_fen: int | None
    own_estimate_fen: int | None
    estimates: tuple[Estimate, ...]
    quantities: tuple[QuantityLine, ...]
    parts: tuple[PartLine, ...]
    archived_parts: tuple[Project, ...]
    citations: tuple[Citation, ...]
    supplied: dict[str, SuppliedValue]
    contradictions: tuple[Contradiction, ...]
    commitments: tuple[Commitment, ...]
    history: tuple[HistoryLine, ...]

    def citation_of(self, field: str) -> Citation | None:
        """The citation of a field of its own, else that of the whole record."""
        main = [one for one in self.citations if one.role == "main"]
        own = next((one for one in main if one.field == field), None)
        return own or next((one for one in main if one.field == ""), None)

    @property
    def merged(self) -> frozenset[str]:
        """The fields whose value stands in a merged cell above."""
        return frozenset(one.field for one in self.citations if one.role == "merged")

    @property
    def twins(self) -> tuple[Citation, ...]:
        """Where the same project stands a second time."""
        return tuple(one for one in self.citations if one.role == "twin")

    @property
    def department_ids(self) -> frozenset[int]:
        """The departments that answer for the project: lead and reporting department."""
        ids = (self.values.lead_id, self.values.reporting_id)
        return frozenset(id_ for id_ in ids if id_ is not None)


def project_sheet(
    session: Session, reader: Reader, code: str, quarter: int, edition: str = AS_CORRECTED
) -> ProjectSheet:
    """The sheet of a project; a part's code gives the sheet of its package.

    Errors: NotThere, also when the reader may not see the plan.
    """
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is not None and project.parent_id is not None:
        project = session.get(Project, project.parent_id)
    if project is None or project.id is None or not reader.may("view", project.plan_id):
        raise NotThere
    plan = session.get_one(Plan, project.plan_id)
    values = project_values(session, project, quarter)
    every = session.exec(
        select(Project).where(Project.parent_id == project.id).order_by(col(Project.position), col(Project.id))
    ).all()
    there = set(
        session.exec(select(Project.id).where(Project.parent_id == project.id, not_archived(Project, quarter, edition)))
    )
    parts = [part for part in every if part.id in there]
    ids = [project.id, *(part.id for part in parts if part.id is not None)]
    own = estimates_in_force(session, quarter, ids)
    lines = _quantity_lines(session, ids, quarter)
    cited = citations_of(session, "project", ids)
    states = states_in(session, ids, quarter, edition)
    supplied = supplied_values_of(session, "project", ids)
    return ProjectSheet(
        project=project,
        plan=plan,
        values=values,
        heading=headings(session, {project.plan_id}).get(values.programme_id or 0),
        bodies=_bodies(session, values),
        state=states.get(project.id),
        estimate_fen=package_amounts(session, [project.id], quarter, edition)[project.id],
        own_estimate_fen=own.get(project.id),
        estimates=tuple(estimate_versions(session, project.id)),
        quantities=lines[project.id],
        parts=tuple(
            PartLine(
                *(part, states.get(id_), own.get(id_), lines[id_], tuple(cited[id_]), supplied[id_]),
                later=part.since_quarter is not None and part.since_quarter > quarter,
            )
            for part in parts
            if (id_ := part.id) is not None
        ),
        archived_parts=tuple(part for part in every if part.id not in there),
        citations=tuple(cited[project.id]),
        supplied=supplied[project.id],
        contradictions=tuple(_contradictions(session, ids)),
        commitments=tuple(_commitments(session, project.id)),
        history=tuple(audit.history(session, "project", project.id)) if reader.may("history", plan.id) else (),
    )


def _bodies(session: Session, values: ProjectValues) -> dict[str, Department]:
    wanted = {field: getattr(values, field) for field in _ROLES}
    found = {
        row.id: row
        for row in session.exec(select(Department).where(col(Department.id).in_([v for v in wanted.values() if v])))
    }
    return {field: found[id_] for field, id_ in wanted.items() if id_ in found}


def _quantity_lines(session: Session, ids: list[int], quarter: int) -> dict[int, tuple[QuantityLine, ...]]:
    rows = quantities_of(session, ids, quarter)
    cited = citations_of(session, "quantity", [q.id for found in rows.values() for q, _ in found if q.id is not None])
    return {
        id_: tuple(QuantityLine(q, measure, next(iter(cited[q.id or 0]), None)) for q, measure in found)
        for id_, found in rows.items()
    }


def _contradictions(session: Session, ids: list[int]) -> list[Contradiction]:
    query = select(Contradiction).where(Contradiction.subject == "project", col(Contradiction.subject_id).in_(ids))
    return list(session.exec(query.order_by(col(Contradiction.grave).desc(), col(Contradiction.position))))


def _commitments(session: Session, project_id: int) -> list[Commitment]:
    query = (
        select(Commitment)
        .join(CommitmentProject, col(CommitmentProject.commitment_id) == Commitment.id)
        .where(CommitmentProject.project_id == project_id)
    )
    return list(session.exec(query.order_by(col(Commitment.position))))
