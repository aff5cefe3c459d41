"""成批填写: many entries of a plan in a grid, typed or pasted from a spreadsheet, all of them written or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from budgets.cell_texts import FIELDS
from budgets.entries import STAGES, NewEntry
from budgets.entry_texts import EntryTexts, NamedProject, PlanNames, plan_names, read_row, rows_from_paste, texts_of
from budgets.ledger import record_entry
from budgets.locking import lock_projects
from core.calendar import current_quarter
from core.database import select_columns
from core.errors import N_, Broken, NotThere, SeveralBroken
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project, ProjectBody
from web.choices import find_choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to, see_other
from web.forms import (
    NO_PROBLEMS,
    Problems,
    ShownAgain,
    Typed,
    TypedForm,
    collecting,
    raise_any,
    shown_again,
    typed_values,
)
from web.ledger_forms import offered, unit_of
from web.listed_plans import offered_plans
from web.pages import page

router = APIRouter()

ROWS = 30
MOST_ROWS = 120  # a form has at most a thousand fields
_OFFERED_PROJECTS = 500  # names that the page offers while typing
_ANSWERING = ("lead", "reporting")


class TooManyRows(Broken):
    sentence = N_("有 %(found)s 行，一次最多 %(limit)s 行。更多的请用文件导入。")


class NothingToWrite(Broken):
    sentence = N_("表格是空的。请填写或粘贴至少一行。")


class NotYourProject(Broken):
    sentence = N_("“%(found)s”不由您所在的部门牵头或填报，不能由您记账。")


@dataclass(frozen=True)
class Recordable:
    """A plan in which the reader records. `top_ids` are the projects that its departments answer for; None: all."""

    plan: Plan
    top_ids: frozenset[int] | None

    @property
    def plan_id(self) -> int:
        assert self.plan.id is not None
        return self.plan.id

    def takes(self, project: NamedProject) -> bool:
        return self.top_ids is None or project.top_id in self.top_ids


def _recordable(session: Session, reader: Reader, code: str) -> Recordable:
    """Errors: NotThere for a plan that is not there, or in which the reader records nothing."""
    plan = find_plan(session, code)
    if plan is None or plan.id is None:
        raise NotThere
    reader.must("view", plan.id)
    if reader.may("record", plan.id):
        return Recordable(plan, None)
    departments = frozenset(reach.department_id for reach in reader.reaches if reach.department_id is not None)
    reader.must("record", plan.id, departments)
    led = select_columns(ProjectBody.project_id).where(
        col(ProjectBody.department_id).in_(departments),
        col(ProjectBody.role).in_(_ANSWERING),
        in_force(ProjectBody, current_quarter()),
    )
    return Recordable(plan, frozenset(session.scalars(led)))


@router.get("/money/ledger/grid")
def get_grid(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    if not plan:
        return _plan_page(request, session, reader)
    recordable = _recordable(session, reader, plan)
    rows = [EntryTexts(project=request.query_params.get("project", "")[:60])]
    return _grid_page(request, session, recordable, rows, typed_values(amount_unit=choices.unit), NO_PROBLEMS)


def _plan_page(request: Request, session: Session, reader: Reader) -> Response:
    """The plan to write for, where there are several.

    Errors: NotThere for who records nowhere.
    """
    inside = reader.plans_for("record")
    plans = offered_plans(session, reader).plans
    among = [plan for plan in plans if inside is None or plan.id in inside]
    if inside == frozenset():
        raise NotThere
    if len(among) == 1:
        return see_other(find_choices(request).url("/money/ledger/grid", plan=among[0].code))
    return page(request, "money/ledger_grid_plan.html", plans=among)


def _grid_page(
    request: Request,
    session: Session,
    recordable: Recordable,
    rows: list[EntryTexts],
    typed: Typed,
    problems: Problems,
    *,
    checked: int | None = None,
) -> Response:
    """The grid with these rows. `checked` tells how many rows were found right, when nothing else was asked for."""
    known = session.exec(
        select(Project.code, Project.name)
        .where(Project.plan_id == recordable.plan_id, col(Project.archived_at).is_(None))
        .order_by(col(Project.position), col(Project.id))
        .limit(_OFFERED_PROJECTS + 1)
    ).all()
    return page(
        request,
        "money/ledger_grid.html",
        plan=recordable.plan,
        fields=FIELDS,
        rows=rows + [EntryTexts()] * max(ROWS - len(rows), 3),
        most=MOST_ROWS,
        projects=known if len(known) <= _OFFERED_PROJECTS else [],
        typed=typed,
        problems=problems,
        checked=checked,
        stage_names=STAGES,
        **offered(session, recordable.plan_id),
    )


def _texts(typed: Typed) -> list[EntryTexts]:
    """The rows of the grid that hold anything, where they stood."""
    columns = [typed.many(name) for name in FIELDS]
    count = max((len(column) for column in columns), default=0)
    rows = [texts_of([column[n].strip() if n < len(column) else "" for column in columns]) for n in range(count)]
    while rows and rows[-1].is_blank:
        rows.pop()
    return rows


@router.post("/money/ledger/grid")
def post_grid(request: Request, reader: SignedIn, typed: TypedForm, session: Writing, plan: str = "") -> Response:
    if done := answered(session, typed.key, reader):
        return done
    recordable = _recordable(session, reader, plan)
    grid, pasted, found = _texts(typed), list[EntryTexts](), list[Broken]()
    with collecting(found):
        pasted = rows_from_paste(typed["pasted"])
    rows = grid + pasted
    if len(rows) > MOST_ROWS:
        found.append(TooManyRows(field="pasted", found=len(rows), limit=MOST_ROWS))
    # What was pasted stands in the grid from now on, unless it cannot be read or does not fit there.
    shown = grid if found else rows
    kept = typed if found else Typed({**typed.fields, "pasted": ()})

    def again(problems: Problems) -> Response:
        return _grid_page(request, session, recordable, shown, kept, problems)

    with shown_again(request, again):
        raise_any(found)
        count = _recorded(session, reader, recordable, rows, typed)
    if typed["act"] not in ("draft", "submit"):
        # Only looked at: the page leaves as if something were wrong, so that nothing of it is kept.
        raise ShownAgain(_grid_page(request, session, recordable, shown, kept, NO_PROBLEMS, checked=count))
    state = "submitted" if typed["act"] == "submit" else "draft"
    return leads_to(
        session, typed.key, reader, f"/money/ledger?plan={recordable.plan.code}&mine=1&state={state}&done={count}"
    )


def _recorded(session: Session, reader: Reader, recordable: Recordable, rows: list[EntryTexts], typed: Typed) -> int:
    """Writes every row that holds anything, as drafts or submitted, and says how many.

    Errors: SeveralBroken with every bad cell, each at its field and row (amount-3); nothing may be kept then.
    """
    unit = unit_of(typed)
    names = plan_names(session, recordable.plan_id)
    problems: list[Broken] = []
    read = []
    for number, texts in enumerate(rows, start=1):
        if texts.is_blank or texts.is_heading:
            continue
        with _of_row(number, problems):
            read.append((number, *_read(names, recordable, texts, typed["correction_reason"], unit)))
    if not read and not problems:
        raise NothingToWrite
    ids = {project.id for _number, project, _new in read}
    lock_projects(session, ids)
    projects = {one.id: one for one in session.exec(select(Project).where(col(Project.id).in_(ids)))}
    for number, project, new in read:
        with _of_row(number, problems):
            record_entry(session, projects[project.id], new, submit=typed["act"] == "submit", by=reader.actor)
    if problems:
        raise SeveralBroken(problems)
    return len(read)


def _read(
    names: PlanNames, recordable: Recordable, texts: EntryTexts, reason: str, unit: str
) -> tuple[NamedProject, NewEntry]:
    project, new = read_row(replace(texts, correction_reason=reason), names, unit=unit)
    if not recordable.takes(project):
        raise NotYourProject(field="project", found=project.name)
    return project, new


@contextmanager
def _of_row(number: int, problems: list[Broken]) -> Iterator[None]:
    """Gathers the problems of one row, each at the field of that row."""
    found: list[Broken] = []
    with collecting(found):
        yield
    for problem in found:
        if problem.field != "correction_reason":  # which the rows share
            problem.field = f"{problem.field or 'project'}-{number}"
        problems.append(problem)
