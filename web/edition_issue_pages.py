"""发布: the check list of a period and the job that makes an edition of it; and the pack of its return workbooks."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_, TooLong
from portfolio.access import Reader
from portfolio.periods import PERIOD_STATES
from reports.issue_checks import check_closed, check_nothing_taken_in, issue_checks, unfinished_issue
from reports.issuing import LONGEST_NOTE
from reports.pack_contents import returns_to_pack
from reports.word_keeping import kept_templates
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.edition_jobs import ISSUE, start_issue, start_return_pack
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.pages import page
from web.period_choice import OpenPeriod, movable
from web.period_shown import period_name

router = APIRouter()


@router.get("/quarter/{code}/{name}/issue")
def get_issue(request: Request, code: str, name: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    found = movable(session, reader, code, name)
    return _issue_page(request, session, reader, choices, found, NOTHING_TYPED, NO_PROBLEMS)


def _issue_page(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    found: OpenPeriod,
    typed: Typed,
    problems: Problems,
) -> Response:
    assert found.plan.id is not None
    templates = kept_templates(session, found.plan.id)
    return page(
        request,
        "editions/issue.html",
        found=found,
        plan=found.plan,
        row=found.row,
        title=period_name(found.row, choices.language),
        checks=issue_checks(session, found.plan, found.row),
        running=unfinished_issue(session, ISSUE, found.plan.id, found.row.name),
        own=reader.actor,
        word_template=templates[0] if templates else None,
        states=PERIOD_STATES,
        longest=LONGEST_NOTE,
        action=f"/quarter/{found.plan.code}/{found.row.name}/issue",
        typed=typed,
        problems=problems,
    )


@router.post("/quarter/{code}/{name}/pack")
def post_return_pack(
    code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    """The workbooks of all departments as one file, made by a background job."""
    if done := answered(session, typed.key, reader):
        return done
    found = movable(session, reader, code, name)
    returns_to_pack(session, found.plan, found.row.name)
    job = start_return_pack(session, found.plan, found.row.name, language=choices.language, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


@router.post("/quarter/{code}/{name}/issue")
def post_issue(
    request: Request, code: str, name: str, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = movable(session, reader, code, name)

    def again(problems: Problems) -> Response:
        return _issue_page(request, session, reader, choices, found, typed, problems)

    with shown_again(request, again):
        # The job asks all of this again, in its own transaction; here it spares people the way to the page of the job.
        assert found.plan.id is not None
        note = typed["note"].strip()
        if len(note) > LONGEST_NOTE:
            raise TooLong(field="note", label=N_("说明"), found=len(note), limit=LONGEST_NOTE)
        check_closed(session, found.row, PERIOD_STATES[found.row.stage])
        check_nothing_taken_in(session, found.plan.id)
        job = unfinished_issue(session, ISSUE, found.plan.id, found.row.name)
        if job is None or job.created_by_id != reader.actor.id:
            job = start_issue(session, found.plan, found.row.name, note or None, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")
