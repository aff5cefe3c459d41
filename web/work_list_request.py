"""What the list of works is narrowed to, read from the address; what cannot be accepted is shown at its field."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from sqlmodel import Session, col, select

from core.calendar import period_from_text
from core.database import select_columns
from core.errors import N_, Broken, Invalid, TooLong
from milestones.quantities import Measure
from milestones.work_list import Cursor, WorkFilter
from milestones.works import KINDS, TIERS, WorkEntry
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.facts import AS_ISSUED, STATES
from portfolio.plans import Heading, headings
from web.choices import PAGE_PLACE, Choices
from web.forms import Typed, collecting, id_from_text
from web.ledger_places import place_from_text as ledger_place
from web.list_filters import LONGEST_SEARCH, Chip
from web.plan_choice import PlanChoice, plan_choice

LABELS = {
    "programme": N_("规划类别"),
    "department": N_("牵头部门"),
    "measure": N_("工程量指标"),
    "tier": N_("环节"),
    "kind": N_("类型"),
    "state": N_("状态"),
    "in": N_("发生季度"),
    "plot": N_("小班号"),
    "project": N_("项目"),
    "twins": N_("小班重复"),
}
NAMES = ("plan", *LABELS)
_OF_PLAN = ("programme", "department", "measure", "plot", "project")


@dataclass
class WorkRequest:
    """The list that an address asks for, with what its form offers."""

    chosen: PlanChoice
    choices: Choices
    typed: Typed
    filter: WorkFilter
    measures: list[tuple[int, str]]
    programmes: list[Heading]
    departments: list[tuple[int, str]]
    twins: bool = False
    after: Cursor | None = None
    chips: list[Chip] = field(default_factory=list)
    problems: list[Broken] = field(default_factory=list)

    def address(self, path: str | None = None, **changes: Any) -> str:
        """This list with some of its parameters changed, at its first page again; empty ones are left out."""
        empty = {name: None for name, value in self.choices.query if not value}
        if path is None:
            return self.choices.here(**(empty | changes))
        kept = {name: self.typed[name] or None for name in NAMES}
        return self.choices.url(path, **(kept | changes))


def work_request(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    *,
    project_ids: frozenset[int] | None = None,
    plan_id: int | None = None,
) -> WorkRequest:
    """The list of one project when `project_ids` are given, else that across projects.

    Errors: NotThere for a plan that the reader does not see.
    """
    typed = Typed({name: (value.strip(),) for name, value in request.query_params.items()})
    chosen = plan_choice(session, reader, "" if project_ids is not None else typed["plan"])
    inside = plan_id if project_ids is not None else chosen.plan_id
    of_plan = chosen.plan_id is not None
    asked = WorkRequest(
        chosen=chosen,
        choices=choices,
        typed=typed,
        filter=WorkFilter(choices.quarter, plan_id=inside, project_ids=project_ids),
        measures=_measures(session, project_ids),
        programmes=_programmes(session, chosen) if of_plan else [],
        departments=_departments(session, chosen) if of_plan else [],
    )
    if chosen.plan is not None:
        without = choices.here(plan=None, programme=None, department=None)
        asked.chips.append(Chip(N_("规划"), chosen.plan.short_title, without, of_plan=True))
    found: dict[str, Any] = {}
    for read in (_read_chosen, _read_texts, _read_quarter):
        with collecting(asked.problems):
            found |= read(asked)
    with collecting(asked.problems):
        place = ledger_place(typed[PAGE_PLACE])
        asked.after = None if place is None else Cursor(place.occurred_on, place.id)
    asked.twins = typed["twins"] == "1"
    if asked.twins:
        asked.chips.append(_chip(asked, "twins", N_("是"), of_plan=False))
    if choices.as_of is not None:
        issued = choices.edition == AS_ISSUED
        found["posted_until" if issued else "until_quarter"] = choices.quarter
    asked.filter = WorkFilter(choices.quarter, plan_id=inside, project_ids=project_ids, **found)
    return asked


def place_text(place: Cursor) -> str:
    """The place between two pages as one word for an address."""
    return f"{place.occurred_on.isoformat()}.{place.id}"


def _chip(asked: WorkRequest, name: str, value: str, *, of_plan: bool | None = None) -> Chip:
    without = asked.choices.here(**{name: None})
    return Chip(LABELS[name], value, without, of_plan=name in _OF_PLAN if of_plan is None else of_plan)


def _read_chosen(asked: WorkRequest) -> dict[str, Any]:
    """The filters whose values are chosen from a list."""
    known: dict[str, tuple[str, dict[str, str]]] = {
        "measure": ("measure_id", {str(id_): name for id_, name in asked.measures}),
        "tier": ("tier", TIERS),
        "kind": ("kind", KINDS),
        "state": ("state", STATES),
        "programme": ("programme_ids", {str(one.id): one.path[-1][1] for one in asked.programmes}),
        "department": ("department_id", {str(id_): name for id_, name in asked.departments}),
    }
    found: dict[str, Any] = {}
    for name, (column, values) in known.items():
        text = asked.typed[name]
        if not text:
            continue
        if text not in values:
            with collecting(asked.problems):
                raise Invalid(field=name, label=LABELS[name], found=text, expected=N_("列表中的一项"))
            continue
        asked.chips.append(_chip(asked, name, values[text]))
        if name == "programme":
            id_ = int(text)
            found[column] = frozenset(one.id for one in asked.programmes if any(id_ == step for step, _ in one.path))
        else:
            found[column] = id_from_text(text) if name in ("measure", "department") else text
    return found


def _read_texts(asked: WorkRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, column in (("plot", "plot"), ("project", "project_text")):
        text = asked.typed[name]
        if len(text) > LONGEST_SEARCH:
            raise TooLong(field=name, label=LABELS[name], found=len(text), limit=LONGEST_SEARCH)
        if text:
            asked.chips.append(_chip(asked, name, text))
            found[column] = text
    return found


def _read_quarter(asked: WorkRequest) -> dict[str, Any]:
    text = asked.typed["in"]
    if not text:
        return {}
    period = period_from_text(text, field="in")
    if period.kind != "quarter":
        raise Invalid(field="in", label=LABELS["in"], found=text, expected=N_("如 2024Q4 的季度"))
    asked.chips.append(_chip(asked, "in", str(period), of_plan=False))
    return {"in_quarter": period.last_quarter}


# ---- what the form offers


def _measures(session: Session, project_ids: frozenset[int] | None) -> list[tuple[int, str]]:
    """The measures of which anything was reported."""
    entries = select_columns(WorkEntry.measure_id)
    if project_ids is not None:
        entries = entries.where(col(WorkEntry.project_id).in_(sorted(project_ids)))
    query = select_columns(Measure.id, Measure.name).where(col(Measure.id).in_(entries)).order_by(col(Measure.name))
    return list(session.execute(query).all())


def _programmes(session: Session, chosen: PlanChoice) -> list[Heading]:
    tree = headings(session, {chosen.plan_id or 0}).values()
    return sorted(tree, key=lambda one: [id_ for id_, _ in one.path])


def _departments(session: Session, chosen: PlanChoice) -> list[tuple[int, str]]:
    assert chosen.plan is not None
    rows = session.exec(
        select(Department.id, Department.name)
        .where(Department.jurisdiction_code == chosen.plan.jurisdiction_code)
        .order_by(col(Department.name_sort))
    )
    return [(id_, name) for id_, name in rows if id_ is not None]
