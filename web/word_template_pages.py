"""Word 模板: the one that is in use for a plan, its fields, and putting back one that the office edited."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_, Missing
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.edition_report import facts_to_try
from reports.exports import plan_for
from reports.word import MOST_TEMPLATE_BYTES, WORD_TYPE
from reports.word_facts import FIELDS, LISTS
from reports.word_keeping import (
    keep_program_template,
    keep_template,
    kept_templates,
    program_template,
    template_in_use,
)
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.downloads import saved_as
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.import_forms import Uploaded
from web.pages import page

router = APIRouter()


def _office_plan(session: Session, reader: Reader, code: str) -> Plan:
    """Errors: NotThere for anybody but the office of the plan."""
    plan = plan_for(session, reader, code)
    reader.must("periods", plan.id)
    return plan


@router.get("/plans/{code}/word-template")
def get_word_template(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    return _template_page(request, session, _office_plan(session, reader, code), NOTHING_TYPED, NO_PROBLEMS)


def _template_page(request: Request, session: Session, plan: Plan, typed: Typed, problems: Problems) -> Response:
    assert plan.id is not None
    return page(
        request,
        "editions/word_template.html",
        plan=plan,
        kept=kept_templates(session, plan.id),
        fields=FIELDS,
        lists=LISTS,
        most_megabytes=MOST_TEMPLATE_BYTES // 1_000_000,
        typed=typed,
        problems=problems,
    )


@router.get("/plans/{code}/word-template/in-use.docx")
def get_template_in_use(code: str, reader: SignedIn, session: Reading) -> Response:
    plan = _office_plan(session, reader, code)
    content, name = template_in_use(session, plan.id or 0)
    return Response(content, media_type=WORD_TYPE, headers=saved_as(name, "template.docx"))


@router.get("/plans/{code}/word-template/program.docx")
def get_program_template(code: str, reader: SignedIn, session: Reading) -> Response:
    _office_plan(session, reader, code)
    return Response(
        program_template(), media_type=WORD_TYPE, headers=saved_as("季度调度报告模板.docx", "template.docx")
    )


@router.post("/plans/{code}/word-template/file")
def post_word_template(
    request: Request, code: str, reader: SignedIn, typed: TypedForm, upload: Uploaded, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    plan = _office_plan(session, reader, code)
    with shown_again(request, lambda problems: _template_page(request, session, plan, typed, problems)):
        if upload is None:
            raise Missing(field="file", label=N_("文件"))
        tries, note = facts_to_try(session, plan), typed["note"].strip() or None
        keep_template(session, plan, upload.content, upload.name, tries, note=note, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/plans/{code}/word-template")


@router.post("/plans/{code}/word-template/program")
def post_program_template(code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Goes back to the template that comes with the program."""
    if done := answered(session, typed.key, reader):
        return done
    keep_program_template(session, _office_plan(session, reader, code), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/plans/{code}/word-template")
