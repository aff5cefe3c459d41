"""Evidence: giving out a photo or document to who sees its record, adding some, and taking one off with a reason."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from sqlmodel import Session

from core.errors import Broken, Missing, NotThere
from core.files import path_of
from milestones.attachments import ATTACHMENT_KINDS
from milestones.evidence import LABELS, Attached, detach, find_attached
from milestones.evidence_types import SHOWN_AS, TYPES
from milestones.indicators import Indicator
from milestones.readings import OfficialReading
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.downloads import saved_as
from web.evidence_shown import evidence_shown, may_add, may_remove, must_add, visible_place
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, collecting, raise_any, shown_again
from web.pages import page
from web.project_forms import day_from
from web.sent_files import EVIDENCE_FIELDS, Sent, SentFiles, attach_sent

router = APIRouter()

_TYPES = {one.media_type for one in TYPES}
# A picture that is opened by itself is shown by a page of the browser's own making, which has a style in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": _POLICY}
# What was checked never changes, but who may see it may: browsers ask again after a while.
_KEPT = "private, max-age=600"


@router.api_route("/evidence/{id_}", methods=["GET", "HEAD"])
def get_evidence(id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    found = _visible(session, reader, id_)
    type_ = found.file.media_type if found.file.media_type in _TYPES else "application/octet-stream"
    headers = saved_as(found.file.name, f"evidence-{id_}") | _HEADERS | {"Cache-Control": _KEPT}
    if type_ in SHOWN_AS:
        headers["Content-Disposition"] = headers["Content-Disposition"].replace("attachment", "inline", 1)
    return FileResponse(path_of(found.file), media_type=type_, headers=headers)


def _visible(session: Session, reader: Reader, id_: int) -> Attached:
    """Errors: NotThere; what was taken off is seen by who sees the history."""
    found = find_attached(session, id_)
    place = visible_place(session, reader, found.row.subject, found.row.subject_id)
    if found.row.removed_at is not None:
        reader.must("history", place.plan_id)
    return found


# ---- adding


@router.get("/evidence/on/{subject}/{subject_id}")
def get_add(request: Request, subject: str, subject_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    must_add(session, reader, subject, subject_id)
    return _add_page(request, session, reader, subject, subject_id, NOTHING_TYPED, NO_PROBLEMS, [])


def _add_page(
    request: Request,
    session: Session,
    reader: Reader,
    subject: str,
    subject_id: int,
    typed: Typed,
    problems: Problems,
    lost: list[str],
) -> Response:
    return page(
        request,
        "evidence/add.html",
        evidence=evidence_shown(session, reader, subject, subject_id),
        back=_address(session, subject, subject_id),
        lost=lost,
        typed=typed,
        problems=problems,
    )


@router.post("/evidence/on/{subject}/{subject_id}")
def post_add(
    request: Request,
    subject: str,
    subject_id: RecordId,
    reader: SignedIn,
    typed: TypedForm,
    sent: Sent,
    session: Writing,
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    must_add(session, reader, subject, subject_id)

    def again(problems: Problems) -> Response:
        lost = sent.names(*EVIDENCE_FIELDS)
        return _add_page(request, session, reader, subject, subject_id, typed, problems, lost)

    with shown_again(request, again), session.begin_nested():
        _attached(session, subject, subject_id, typed, sent, reader)
    return leads_to(session, typed.key, reader, f"{_address(session, subject, subject_id)}#evidence")


def _attached(session: Session, subject: str, subject_id: int, typed: Typed, sent: SentFiles, reader: Reader) -> None:
    """Errors: Missing without any file; those of day_from and attach_sent."""
    problems: list[Broken] = []
    taken_on = None
    if not sent.of(*EVIDENCE_FIELDS):
        problems.append(Missing(field="photos_before", label=LABELS["file"]))
    if typed["taken_on"].strip():
        with collecting(problems):
            taken_on = day_from(typed, "taken_on", label=LABELS["taken_on"])
    raise_any(problems)
    caption = typed["caption"]
    attach_sent(session, subject, subject_id, sent, caption=caption, taken_on=taken_on, by=reader.actor)


# ---- taking off


@router.get("/evidence/{id_}/remove")
def get_remove(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    return _remove_page(request, session, _removable(session, reader, id_), NOTHING_TYPED, NO_PROBLEMS)


def _remove_page(request: Request, session: Session, found: Attached, typed: Typed, problems: Problems) -> Response:
    return page(
        request,
        "evidence/remove.html",
        found=found,
        kinds=ATTACHMENT_KINDS,
        back=_address(session, found.row.subject, found.row.subject_id),
        typed=typed,
        problems=problems,
    )


def _removable(session: Session, reader: Reader, id_: int) -> Attached:
    """Errors: NotThere."""
    found = _visible(session, reader, id_)
    place = visible_place(session, reader, found.row.subject, found.row.subject_id)
    if not may_add(session, reader, place) or not may_remove(reader, place, found):
        raise NotThere
    return found


@router.post("/evidence/{id_}/remove")
def post_remove(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = _removable(session, reader, id_)
    with shown_again(request, lambda problems: _remove_page(request, session, found, typed, problems)):
        detach(session, found.row, reason=typed["reason"], by=reader.actor)
    address = _address(session, found.row.subject, found.row.subject_id)
    return leads_to(session, typed.key, reader, f"{address}#evidence")


def _address(session: Session, subject: str, subject_id: int) -> str:
    """The page of a record."""
    if subject == "work_entry":
        return f"/works/{subject_id}"
    if subject == "milestone_report":
        return f"/milestones/reports/{subject_id}"
    if subject == "project":
        return f"/projects/{session.get_one(Project, subject_id).code}"
    indicator = session.get_one(Indicator, session.get_one(OfficialReading, subject_id).indicator_id)
    plan = session.get_one(Plan, indicator.plan_id)
    return f"/indicators/{quote(plan.code)}/{quote(indicator.no)}/readings/{subject_id}"
