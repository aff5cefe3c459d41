"""The second look at works: verifying a report, checking what is alive, and a loss after such a check."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import current_quarter, today
from core.errors import N_, Broken
from core.units import MICRO, text_from_micro
from milestones.quantities import Measure
from milestones.work_balances import left_of, must_stand, quantity_of, taken_of
from milestones.work_reports import find_work
from milestones.work_verifying import record_loss, record_survival, verify_work
from milestones.works import CLAIMED, LOST, SURVIVING, TIERS, VERIFIED, NewWork, WorkEntry
from portfolio.access import Action, Reader
from portfolio.projects import Project
from portfolio.reviewing import Reviewer
from portfolio.values import project_values
from web.approving import departments_of
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.evidence_shown import evidence_shown
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again, typed_values
from web.pages import page
from web.progress_shown import amount
from web.sent_files import EVIDENCE_FIELDS, Sent, SentFiles, attach_sent, check_sent
from web.work_forms import AMOUNT, offered, with_geometry, work_from

router = APIRouter()

# By the word in the address: the tier that is written, the one that it looks at, and who may.
_LOOKS: dict[str, tuple[str, str, Action]] = {
    "verify": (VERIFIED, CLAIMED, "verify"),
    "survival": (SURVIVING, VERIFIED, "verify"),
    "loss": (LOST, SURVIVING, "record"),
}
TITLES = {"verify": N_("核实"), "survival": N_("保存检查"), "loss": N_("上报损失")}


@router.get("/works/{id_}/verify")
def get_verify(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    return _empty_page(request, session, reader, id_, "verify")


@router.get("/works/{id_}/survival")
def get_survival(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    return _empty_page(request, session, reader, id_, "survival")


@router.get("/works/{id_}/loss")
def get_loss(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    return _empty_page(request, session, reader, id_, "loss")


def _empty_page(request: Request, session: Session, reader: Reader, id_: int, look: str) -> Response:
    first, project = _first(session, reader, id_, look)
    must_stand(session, first, _LOOKS[look][1])
    left = left_of(session, first)
    filled = typed_values(
        # What is left is what most verifications accept; of a loss nobody knows how much.
        quantity=None if look == "loss" else text_from_micro(round(left * MICRO)),
        unit=first.unit,
        amount_kind=AMOUNT,
        occurred_on=today().isoformat(),
    )
    return _look_page(request, session, reader, first, project, look, filled, NO_PROBLEMS)


def _first(session: Session, reader: Reader, id_: int, look: str) -> tuple[WorkEntry, Project]:
    """The entry that is looked at.

    Errors: NotThere unless the reader may look at it.
    """
    first = find_work(session, id_)
    project = session.get_one(Project, first.project_id)
    package = project if project.parent_id is None else session.get_one(Project, project.parent_id)
    values = project_values(session, package, current_quarter())
    answering = frozenset(one for one in (values.lead_id, values.reporting_id) if one is not None)
    reader.must("view", project.plan_id)
    reader.must(_LOOKS[look][2], project.plan_id, answering)
    return first, project


def _look_page(
    request: Request,
    session: Session,
    reader: Reader,
    first: WorkEntry,
    project: Project,
    look: str,
    typed: Typed,
    problems: Problems,
    lost: list[str] | None = None,
) -> Response:
    given: dict[str, Any] = offered(session, project.plan_id)
    return page(
        request,
        "works/look.html",
        look=look,
        title=TITLES[look],
        first=first,
        project=project,
        measure=session.get_one(Measure, first.measure_id),
        whole=quantity_of(first),
        taken=taken_of(session, first),
        left=left_of(session, first),
        evidence=evidence_shown(session, reader, "work_entry", first.id or 0),
        tiers=TIERS,
        amount=amount,
        lost=lost or [],
        typed=typed,
        problems=problems,
        **given,
    )


@router.post("/works/{id_}/verify")
def post_verify(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing
) -> Response:
    return _looked(request, session, reader, id_, "verify", typed, sent)


@router.post("/works/{id_}/survival")
def post_survival(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing
) -> Response:
    return _looked(request, session, reader, id_, "survival", typed, sent)


@router.post("/works/{id_}/loss")
def post_loss(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing
) -> Response:
    return _looked(request, session, reader, id_, "loss", typed, sent)


def _looked(
    request: Request, session: Session, reader: Reader, id_: int, look: str, typed: Typed, sent: SentFiles
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    first, project = _first(session, reader, id_, look)
    held = with_geometry(typed, sent)

    def again(problems: Problems) -> Response:
        lost = sent.names(*EVIDENCE_FIELDS)
        return _look_page(request, session, reader, first, project, look, held, problems, lost)

    with shown_again(request, again), session.begin_nested():
        wrong: list[Broken] = []
        row = None
        with collecting(wrong):
            new = work_from(held, sent, measure_id=first.measure_id)
            row = _recorded(session, reader, first, project, look, new, submit=typed["act"] == "submit")
        with collecting(wrong):
            check_sent(sent)
        raise_any(wrong)
        assert row is not None
        attach_sent(session, "work_entry", row.id or 0, sent, caption=typed["caption"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"/works/{row.id}")


def _recorded(
    session: Session, reader: Reader, first: WorkEntry, project: Project, look: str, new: NewWork, *, submit: bool
) -> WorkEntry:
    """Errors: those of verify_work, record_survival and record_loss."""
    by = Reviewer(reader.actor, departments_of(reader))
    if look == "verify":
        return verify_work(session, first, new, by=by)
    if look == "survival":
        return record_survival(session, first, new, by=by)
    return record_loss(session, project, new, based_on=first, submit=submit, by=reader.actor)
