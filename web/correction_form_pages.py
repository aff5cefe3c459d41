"""A new 更正单: begun at an entry, works, a milestone or a reading, or at a project and quarter; asked for with its evidence."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from budgets.entries import KINDS as ENTRY_KINDS
from budgets.entries import STAGES
from budgets.ledger import find_entry
from budgets.sources import source_tree
from core.calendar import period_from_text, quarter_of
from core.errors import N_, Invalid, ManyBroken, NotThere
from milestones.indicator_math import GRADE_NAMES
from milestones.indicators import Indicator, Target
from milestones.milestone_reading import EVER, milestones_of
from milestones.milestone_reports import find_report
from milestones.milestones import Milestone
from milestones.reading_reports import find_reading
from milestones.reading_rules import reading_kinds
from milestones.readings import JUDGEMENTS
from milestones.work_reports import find_work
from milestones.works import SURVIVING, TIERS, VERIFIED, WorkEntry
from portfolio.access import Reader
from portfolio.corrections import PROJECT_CHANGE, WORK_ENTRY
from portfolio.dated import find_in_force
from portfolio.editing import Archived
from portfolio.periods import is_closed
from portfolio.plans import Plan
from portfolio.projects import STATES, Project
from reports.correcting import LABELS, NewCorrection, request_correction
from reports.correction_candidates import Candidates, facts_of_indicator, facts_of_projects
from reports.correction_changes import Change
from reports.correction_projects import find_reported_state
from web.answer_files import stored_document
from web.approving import departments_of
from web.choices import Choices
from web.correction_forms import ADDED, DOING, added_keys, begun, changes_from
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, id_from_text, shown_again, typed_values
from web.indicator_forms import OpenIndicator, open_indicator
from web.ledger_forms import leaves_of, offered, source_words
from web.pages import page
from web.plan_choice import plan_choice
from web.project_forms import Editable, editable_project
from web.sent_files import Sent, SentFiles
from web.work_forms import UNITS as WORK_UNITS
from web.work_forms import known_lines, offered_measures

router = APIRouter()


@dataclass(frozen=True)
class Corrected:
    """What is corrected: a project (or part) or an indicator, in a quarter. `focus` is the fact that the person came from."""

    plan: Plan
    quarter: int
    editable: Editable | None = None
    indicator: OpenIndicator | None = None
    focus: str | None = None


@router.get("/corrections/new")
def get_new(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    asked = request.query_params
    typed = typed_values(**{name: asked[name] for name in ("project", "quarter") if name in asked})

    def where(problems: Problems) -> Response:
        return _where_page(request, session, reader, asked.get("plan", ""), typed, problems)

    if not any(asked.get(name) for name in ("entry", "work", "report", "reading", "state", "project", "indicator")):
        return where(NO_PROBLEMS)
    with shown_again(request, where):
        try:
            found = _corrected(session, reader, {name: asked.get(name, "") for name in asked})
        except NotThere:
            if "where" not in asked:
                raise
            expected = N_("您填报的一个项目的编号")
            raise Invalid(field="project", label=N_("项目编号"), found=typed["project"], expected=expected) from None
    held = _held(session, found)
    return _form_page(request, session, found, held, begun(held, choices.unit, found.focus), NO_PROBLEMS, choices)


def _where_page(
    request: Request, session: Session, reader: Reader, code: str, typed: Typed, problems: Problems
) -> Response:
    """Which project and quarter is corrected, asked first. Errors: NotThere for who records nothing."""
    chosen = plan_choice(session, reader, code.strip())
    if not any(reader.may("record", one.id, departments_of(reader)) for one in chosen.plans):
        raise NotThere
    return page(request, "corrections/where.html", chosen=chosen, typed=typed, problems=problems)


def _corrected(session: Session, reader: Reader, asked: dict[str, str]) -> Corrected:
    """What the address names.

    Errors: NotThere unless the reader may record it; NotAPeriod.
    """
    begin = {name: id_from_text(asked.get(name, "")) for name in ("entry", "work", "report", "reading", "state")}
    if begin["reading"] is not None:
        reading = find_reading(session, begin["reading"])
        indicator = session.get_one(Indicator, reading.indicator_id)
        code = session.get_one(Plan, indicator.plan_id).code
        found = open_indicator(session, reader, code, indicator.no, "record")
        return Corrected(found.plan, reading.quarter, indicator=found, focus=f"reading-{reading.id}")
    if asked.get("indicator"):
        found = open_indicator(session, reader, asked.get("plan", ""), asked["indicator"], "record")
        return Corrected(found.plan, _quarter(asked), indicator=found)
    project_id, quarter, focus = None, 0, None
    if begin["entry"] is not None:
        row: Any = find_entry(session, begin["entry"])
        project_id, quarter, focus = row.project_id, row.occurred_quarter, f"money-{row.id}"
    elif begin["work"] is not None:
        row = find_work(session, begin["work"])
        project_id, quarter, focus = row.project_id, row.occurred_quarter, f"work-{row.id}"
    elif begin["report"] is not None:
        row = find_report(session, begin["report"])
        project_id = session.get_one(Milestone, row.milestone_id).project_id
        quarter, focus = row.occurred_quarter, f"milestone-{row.id}"
    elif begin["state"] is not None:
        row = find_reported_state(session, begin["state"])
        project_id, quarter, focus = row.project_id, quarter_of(row.since_on), f"state-{row.id}"
    code = asked.get("project", "") if project_id is None else session.get_one(Project, project_id).code
    editable = editable_project(session, reader, code.strip(), "record")
    if editable.is_part and editable.package.archived_at is not None:
        raise Archived
    return Corrected(editable.plan, quarter or _quarter(asked), editable=editable, focus=focus)


def _quarter(asked: dict[str, str]) -> int:
    """Errors: NotAPeriod, Invalid."""
    period = period_from_text(asked.get("quarter", ""), field="quarter")
    if period.kind != "quarter":
        found = asked.get("quarter", "")
        raise Invalid(field="quarter", label=N_("更正的季度"), found=found, expected=N_("季度，如 2024Q4"))
    return period.last_quarter


def _held(session: Session, found: Corrected) -> Candidates:
    if found.indicator is not None:
        return facts_of_indicator(session, found.indicator.id, found.quarter)
    assert found.editable is not None
    if found.editable.project.archived_at is not None:
        return Candidates(archived=(found.editable.project,))
    return facts_of_projects(session, _leaf_ids(session, found.editable), found.quarter)


def _reached(session: Session, editable: Editable) -> list[Project]:
    """The project and its parts: each has a state of its own."""
    return [editable.project, *(one for one in leaves_of(session, editable.project) if one.id != editable.project.id)]


def _leaf_ids(session: Session, editable: Editable) -> list[int]:
    """The project and its parts: entries may stand on a package from before it had parts."""
    return [editable.project.id or 0, *(one.id or 0 for one in leaves_of(session, editable.project))]


def _form_page(
    request: Request,
    session: Session,
    found: Corrected,
    held: Candidates,
    typed: Typed,
    problems: Problems,
    choices: Choices,
    lost: list[str] | None = None,
) -> Response:
    more: dict[str, Any] = {}
    if found.editable is not None:
        leaves = leaves_of(session, found.editable.project)
        more = offered(session, found.plan.id or 0) | {
            "leaves": leaves,
            "measures": offered_measures(session, [line for _, line in known_lines(session, leaves)]),
            "milestones": _milestones(session, leaves),
            "source_names": source_words(source_tree(session), choices.language),
            "reached": _reached(session, found.editable),
        }
    if found.indicator is not None:
        target = find_in_force(session, Target, {"indicator_id": found.indicator.id}, found.quarter)
        more = {"reading_kinds": reading_kinds(found.indicator.indicator, target)}
    return page(
        request,
        "corrections/form.html",
        found=found,
        held=held,
        labels=LABELS,
        doing=DOING,
        added=ADDED,
        stages=STAGES,
        entry_kinds=ENTRY_KINDS,
        tiers=TIERS,
        grades=GRADE_NAMES,
        judgements=JUDGEMENTS,
        work_units=WORK_UNITS,
        project_states=STATES,
        second_looks=(VERIFIED, SURVIVING),
        is_open=not is_closed(session, found.plan.id or 0, found.quarter),
        lost=lost or [],
        typed=typed,
        problems=problems,
        **{name: value for name, value in more.items() if name not in ("labels", "stages")},
    )


def _milestones(session: Session, leaves: list[Project]) -> list[tuple[int, str]]:
    """The milestones of the leaves that were not met, by name."""
    states = milestones_of(session, [leaf.id or 0 for leaf in leaves], EVER)
    names = {leaf.id: leaf.name for leaf in leaves}
    many = len(leaves) > 1
    return [
        (state.milestone_id, f"{names[id_]}：{state.name}" if many else state.name)
        for id_, found in states.items()
        for state in found
        if state.actual_on is None
    ]


@router.post("/corrections/new")
def post_new(
    request: Request, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing, choices: Chosen
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    names = ("plan", "project", "indicator", "quarter")
    found = _corrected(session, reader, {name: typed[name] for name in names})
    held = _held(session, found)

    def again(problems: Problems) -> Response:
        lost = sent.names("document_file")
        return _form_page(request, session, found, held, typed, problems, choices, lost)

    with shown_again(request, again), session.begin_nested():
        row = _requested(session, reader, found, held, typed, sent)
    return leads_to(session, typed.key, reader, f"/corrections/{row.id}")


def _requested(
    session: Session, reader: Reader, found: Corrected, held: Candidates, typed: Typed, sent: SentFiles
) -> Any:
    """Errors: those of changes_from, stored_document and request_correction, at the fields of the form."""
    read = changes_from(typed, held, _places(session, found, typed))
    _must_reach(session, reader, found, read.changes)
    new = NewCorrection(
        quarter=found.quarter,
        title=typed["title"],
        reason=typed["reason"],
        changes=read.changes,
        document=typed["document"],
        project_id=None if found.editable is None else found.editable.project.id,
        file_id=stored_document(session, sent, "document_file", by=reader.actor),
    )
    try:
        return request_correction(session, found.plan, new, by=reader.actor)
    except ManyBroken as broken:
        raise read.at_fields(broken) from broken


def _places(session: Session, found: Corrected, typed: Typed) -> dict[str, int | None]:
    """The leaf, milestone or indicator of each row for something forgotten; another's is not there."""
    places: dict[str, int | None] = {}
    if found.indicator is not None:
        return {key: found.indicator.id for key, kind in added_keys() if kind == "reading"}
    assert found.editable is not None
    leaves = leaves_of(session, found.editable.project)
    by_code = {leaf.code: leaf.id for leaf in leaves}
    reached = {one.code: one.id for one in _reached(session, found.editable)}
    for key, kind in added_keys():
        if kind == "milestone":
            asked = id_from_text(typed[f"milestone-{key}"])
            own = session.exec(select(Milestone.id).where(col(Milestone.project_id).in_(by_code.values())))
            places[key] = asked if asked in set(own) else None
        elif kind in ("state", "archive"):
            places[key] = reached.get(typed[f"project-{key}"]) if len(reached) > 1 else found.editable.project.id
        else:
            places[key] = by_code.get(typed[f"leaf-{key}"]) if len(leaves) > 1 else leaves[0].id
    return places


def _must_reach(session: Session, reader: Reader, found: Corrected, changes: tuple[Change, ...]) -> None:
    """Taking back a second look is for who may look, a state and an archiving for who may edit. Errors: NotThere."""
    if found.editable is None:
        return
    if any(one.subject == PROJECT_CHANGE for one in changes):
        editable_project(session, reader, found.editable.project.code, "edit")
    ids = [one.undoes for one in changes if one.subject == WORK_ENTRY and one.undoes]
    tiers = set(session.exec(select(WorkEntry.tier).where(col(WorkEntry.id).in_(ids))))
    if tiers & {VERIFIED, SURVIVING}:
        editable_project(session, reader, found.editable.project.code, "verify")
