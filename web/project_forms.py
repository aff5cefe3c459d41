"""What a person typed about a project, read into values; each thing that cannot be accepted is named at its field."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select

from core.calendar import current_quarter, period_from_text, quarter_name
from core.capital_numerals import capital_numerals
from core.errors import N_, Broken, Invalid, Missing, NotThere
from core.money import UNITS, fen_from_text
from portfolio.access import Action, Reader
from portfolio.departments import Department, UnknownDepartment, find_department
from portfolio.editing import Archived
from portfolio.periods import earliest_unclosed
from portfolio.plans import Plan, headings
from portfolio.projects import Project, ProjectProgramme
from portfolio.values import LABELS, PLAIN_FIELDS, ROLE_FIELDS, Basis, ProjectValues, project_values
from web.forms import Typed, collecting, id_from_text
from web.project_filters import year_from_text

_YEARS = ("first_year", "last_year")
_TEXTS = ("name", "content", "place", "contact", "note")
_LONGEST_NAME = 120
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
ESTIMATE = N_("投资估算")


@dataclass(frozen=True)
class Editable:
    """A project, or a part of one, that the reader may act on, with what holds today.

    `since` is the first quarter in which it stands under a heading and that is not closed. `assigning`: heading and departments
    may be changed too, which a part takes from its package and an owner leaves to the office.
    """

    project: Project
    package: Project
    plan: Plan
    values: ProjectValues
    since: int
    assigning: bool

    @property
    def is_part(self) -> bool:
        return self.project.parent_id is not None


def editable_project(session: Session, reader: Reader, code: str, action: Action) -> Editable:
    """The project of that code; of a part its package's departments decide.

    Errors: NotThere when it does not exist or the reader may not do this.
    """
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is None:
        raise NotThere
    package = project if project.parent_id is None else session.get_one(Project, project.parent_id)
    quarter = current_quarter()
    answering = project_values(session, package, quarter)
    ids = (answering.lead_id, answering.reporting_id)
    reader.must("view", project.plan_id)
    reader.must(action, project.plan_id, frozenset(id_ for id_ in ids if id_ is not None))
    values = answering if project is package else project_values(session, project, quarter)
    plan = session.get_one(Plan, project.plan_id)
    first = session.exec(
        select(func.min(ProjectProgramme.effective_from)).where(ProjectProgramme.project_id == package.id)
    ).one()
    assigning = project is package and reader.may("assign", project.plan_id)
    since = max(first_open(session, plan), first or 0)
    return Editable(project, package, plan, values, since, assigning)


def first_open(session: Session, plan: Plan) -> int:
    """The first quarter of a plan from which a change may hold: closed ones stand."""
    return max(plan.start, earliest_unclosed(session, plan.id or 0))


def alive(editable: Editable) -> Editable:
    """The same, unless it is archived, alone or with its package.

    Errors: Archived.
    """
    if editable.project.archived_at is not None or editable.package.archived_at is not None:
        raise Archived
    return editable


# ---- single fields


def version_from(typed: Typed, name: str = "row_version") -> int:
    """The version that the form was opened at; -1, which no record has, for anything else."""
    found = id_from_text(typed[name])
    return -1 if found is None else found


def quarters_since(first: int) -> list[int]:
    """The quarters from which a change may hold, newest first: up to the current one, from the first that has any data."""
    last = max(current_quarter(), first)
    years = range(last // 10, first // 10 - 1, -1)
    return [q for year in years for q in (year * 10 + n for n in (4, 3, 2, 1)) if first <= q <= last]


def basis_from(typed: Typed, first: int, problems: list[Broken]) -> Basis:
    """On what the change rests; a quarter that cannot be is added to the problems."""
    known = quarters_since(first)
    quarter = known[0]
    with collecting(problems):
        period = period_from_text(typed["from_quarter"], field="from_quarter")
        if period.kind != "quarter" or period.last_quarter not in known:
            raise Invalid(
                field="from_quarter",
                label=N_("生效季度"),
                found=typed["from_quarter"],
                expected=f"{quarter_name(known[-1])}—{quarter_name(known[0])}",
            )
        quarter = period.last_quarter
    return Basis(quarter, document=typed["document"].strip() or None, reason=typed["reason"].strip() or None)


def day_from(typed: Typed, name: str, *, label: str) -> date:
    """A day, typed as 2024-11-02, 2024/11/2 or 2024年11月2日.

    Errors: Missing, Invalid.
    """
    text = typed[name].strip()
    if not text:
        raise Missing(field=name, label=label)
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:  # a 31st of November
        pass
    raise Invalid(field=name, label=label, found=text, expected=N_("如 2024-11-02 的日期"))


def unit_from(typed: Typed, problems: list[Broken]) -> str | None:
    """The unit that the form's amounts are typed in."""
    found = typed["estimate_unit"]
    if found in UNITS:
        return found
    problems.append(Invalid(field="estimate_unit", label=N_("金额单位"), found=found, expected=UNITS))
    return None


def amount_from(
    typed: Typed, name: str, unit: str | None, problems: list[Broken], *, label: str = ESTIMATE
) -> int | None:
    """The amount in fen, None where nothing was typed; without a known unit nothing can be read."""
    if unit is None or not typed[name].strip():
        return None
    with collecting(problems):
        return fen_from_text(typed[name], unit, label=label, field=name)
    return None


def spelled(typed: Typed, *names: str) -> dict[str, str]:
    """The amounts of a form in capital numerals, by field; nothing for what is no amount."""
    found: dict[str, str] = {}
    for name in names:
        problems: list[Broken] = []
        amount = amount_from(typed, name, unit_from(typed, problems), problems)
        if amount is not None:
            found[name] = capital_numerals(amount)
    return found


# ---- a project's values


def project_from(
    session: Session, plan: Plan, typed: Typed, problems: list[Broken], *, assigning: bool = True
) -> ProjectValues:
    """The values that the form holds; years and departments that cannot be are added to the problems."""
    texts = {name: typed[name].strip() or None for name in _TEXTS}
    years: dict[str, int] = {}
    for name in _YEARS:
        if typed[name].strip():
            with collecting(problems):
                years[name] = year_from_text(typed[name].strip(), field=name, label=LABELS[name])
    values = ProjectValues(programme_id=None, **(texts | {"name": texts["name"] or ""}), **years)  # type: ignore[arg-type]
    if not assigning:
        return values
    bodies: dict[str, Any] = {}
    for name in ROLE_FIELDS:
        if typed[name].strip():
            with collecting(problems):
                bodies[name] = _department_id(session, plan, name, typed[name].strip())
    return replace(values, programme_id=_programme_id(typed, problems), **bodies)


def _programme_id(typed: Typed, problems: list[Broken]) -> int | None:
    text = typed["programme_id"]
    found = id_from_text(text)
    if text and found is None:
        expected = N_("本规划的一个类别")
        problems.append(Invalid(field="programme_id", label=LABELS["programme_id"], found=text, expected=expected))
    return found


def _department_id(session: Session, plan: Plan, field: str, name: str) -> int:
    department = find_department(session, plan.jurisdiction_code, name) if len(name) <= _LONGEST_NAME else None
    if department is None or department.id is None:
        raise UnknownDepartment(field=field, label=LABELS[field], found=name[:40])
    return department.id


def changed_values(session: Session, editable: Editable, wanted: ProjectValues, quarter: int) -> ProjectValues:
    """What the project shall hold from a quarter on: what held then, with only those fields that the person changed.

    The form shows what holds today. A field that was left alone must not carry today's value back into an earlier quarter.
    """
    held = project_values(session, editable.project, quarter)
    shown = editable.values
    changes = {
        name: getattr(wanted, name)
        for name in (LABELS if editable.assigning else PLAIN_FIELDS)
        if getattr(wanted, name) != _as_typed(getattr(shown, name)) and getattr(wanted, name) != getattr(shown, name)
    }
    return replace(held, **changes)


def _as_typed(value: object) -> object:
    return (value.strip() or None) if isinstance(value, str) else value


def offered_in(session: Session, plan: Plan) -> dict[str, Any]:
    """What the forms of a plan offer: its headings in tree order, and the bodies of its jurisdiction."""
    assert plan.id is not None
    tree = sorted(headings(session, {plan.id}).values(), key=lambda heading: [id_ for id_, _ in heading.path])
    return {
        "labels": LABELS,
        "programmes": [(one.id, "　" * (len(one.path) - 1) + one.path[-1][1]) for one in tree],
        "departments": [name for _, name in department_names(session, plan)],
    }


def department_names(session: Session, plan: Plan) -> list[tuple[int, str]]:
    """The bodies that the plan's jurisdiction has, in order."""
    rows = session.exec(
        select(Department.id, Department.name)
        .where(Department.jurisdiction_code == plan.jurisdiction_code)
        .order_by(col(Department.name_sort))
    )
    return [(id_, name) for id_, name in rows if id_ is not None]


def typed_project(values: ProjectValues, names: Callable[[int], str], **more: object) -> Typed:
    """A form filled with what holds; departments stand in it by name."""
    filled = {name: getattr(values, name) for name in LABELS}
    filled |= {name: names(filled[name]) for name in ROLE_FIELDS if filled[name] is not None}
    return Typed({name: () if value is None else (str(value),) for name, value in (filled | more).items()})
