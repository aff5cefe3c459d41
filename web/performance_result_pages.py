"""The form that records what was reached of a performance target in a year, and takes it back."""

from dataclasses import fields
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import period_from_text
from core.errors import NotThere
from core.units import text_from_micro
from milestones.performance import REACHED
from milestones.performance_results import LABELS, NewResult, band_text, record_result, take_back_result
from portfolio.access import Reader
from reports.self_evaluation import EvaluatedLine, SelfEvaluation, self_evaluation
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, id_from_text, shown_again, typed_values
from web.pages import page
from web.project_forms import alive, editable_project

router = APIRouter()


def _asked(session: Session, reader: Reader, code: str, key: str, year: str) -> tuple[SelfEvaluation, EvaluatedLine]:
    """The form of the year and its line.

    Errors: NotThere, also for who may not record, a part, or a target that does not hold in that year; Archived, NotAPeriod.
    """
    editable = alive(editable_project(session, reader, code, "record"))
    if editable.is_part:
        raise NotThere
    form = self_evaluation(session, reader, code, period_from_text(year, field="year"))
    line = next((line for level in form.levels for line in level.lines if line.target.key == key), None)
    if line is None:
        raise NotThere
    return form, line


@router.get("/projects/{code}/performance/results/{year}/{key}")
def get_performance_result(
    request: Request, code: str, year: str, key: str, reader: SignedIn, session: Reading
) -> Response:
    form, line = _asked(session, reader, code, key, year)
    held: dict[str, Any] = {"after": 0}
    if line.result is not None:
        row = line.result
        numbers = {"value": row.value_micro, "percent": row.percent_micro}
        held = {name: None if micro is None else text_from_micro(micro) for name, micro in numbers.items()}
        held |= {"after": row.id, "reached": row.reached, "document": row.document, "why": row.why}
    return _result_page(request, form, line, typed_values(**held), NO_PROBLEMS)


@router.post("/projects/{code}/performance/results/{year}/{key}")
def post_performance_result(
    request: Request, code: str, year: str, key: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    form, line = _asked(session, reader, code, key, year)
    after = id_from_text(typed["after"])
    with shown_again(request, lambda problems: _result_page(request, form, line, typed, problems)):
        if typed["take_back"]:
            reason = typed["reason"]
            take_back_result(session, form.project, key, form.year, reason=reason, after=after, by=reader.actor)
        else:
            new = NewResult(**{one.name: typed[one.name].strip() or None for one in fields(NewResult)})
            record_result(session, form.project, key, form.year, new, after=after, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{form.project.code}/performance?year={form.year}")


def _result_page(
    request: Request, form: SelfEvaluation, line: EvaluatedLine, typed: Typed, problems: Problems
) -> Response:
    return page(
        request,
        "performance/result.html",
        form=form,
        line=line,
        labels=LABELS,
        reached=[(key, name, band_text(key)) for key, name in REACHED.items()],
        typed=typed,
        problems=problems,
    )
