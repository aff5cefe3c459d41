"""Reporting works: the form for a report and for a loss before any check, and changing one's own draft."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import today
from core.errors import Broken, Stale
from milestones.quantities import Measure
from milestones.work_reports import change_work_draft, record_work, submit_works
from milestones.work_rules import LABELS
from milestones.work_verifying import record_loss
from milestones.works import CLAIMED, LOST, WorkEntry
from portfolio.access import Reader
from portfolio.projects import Project
from web.choices import find_choices
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.evidence_shown import evidence_shown
from web.forms import (
    NO_PROBLEMS,
    Problems,
    Typed,
    TypedForm,
    collecting,
    id_from_text,
    raise_any,
    shown_again,
    typed_values,
)
from web.ledger_forms import leaf_from, leaves_of
from web.pages import page
from web.progress_shown import amount
from web.project_forms import Editable, alive, editable_project, version_from
from web.sent_files import EVIDENCE_FIELDS, Sent, SentFiles, attach_sent, check_sent
from web.work_forms import (
    AMOUNT,
    OwnWork,
    known_lines,
    noticing_jump,
    offered,
    offered_measures,
    own_work,
    typed_work,
    with_geometry,
    work_from,
)

router = APIRouter()


@router.get("/projects/{code}/works/new")
def get_new(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    return _empty_page(request, session, reader, code, CLAIMED)


@router.get("/projects/{code}/works/loss")
def get_loss(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    return _empty_page(request, session, reader, code, LOST)


def _empty_page(request: Request, session: Session, reader: Reader, code: str, tier: str) -> Response:
    editable = alive(editable_project(session, reader, code, "record"))
    asked = request.query_params
    leaves = leaves_of(session, editable.project)
    known = [one for leaf, one in known_lines(session, leaves) if asked.get("part") in (None, "", leaf.code)]
    measures = {str(one.measure_id): one.unit for one in known}
    # The only measure of a project needs no choosing.
    measure = asked.get("measure") or (next(iter(measures)) if len(measures) == 1 else "")
    filled = typed_values(
        part=asked.get("part"),
        measure_id=measure,
        unit=measures.get(measure),
        amount_kind=AMOUNT,
        occurred_on=today().isoformat(),
    )
    return _new_page(request, session, editable, tier, filled, NO_PROBLEMS)


def _new_page(
    request: Request,
    session: Session,
    editable: Editable,
    tier: str,
    typed: Typed,
    problems: Problems,
    **more: Any,
) -> Response:
    leaves = leaves_of(session, editable.project)
    act = "new" if tier == CLAIMED else "loss"
    return _form_page(
        request,
        session,
        leaves,
        typed,
        problems,
        editable=editable,
        tier=tier,
        entry=None,
        evidence=None,
        action=f"/projects/{editable.project.code}/works/{act}",
        parts=[] if leaves[0] is editable.project else leaves,
        versions=None,
        **more,
    )


def _form_page(
    request: Request, session: Session, leaves: list[Project], typed: Typed, problems: Problems, **more: Any
) -> Response:
    known = known_lines(session, leaves)
    given: dict[str, Any] = {"lost": [], "ask_as_typed": False} | more
    return page(
        request,
        "works/form.html",
        known=known,
        measures=offered_measures(session, [one for _, one in known]),
        amount=amount,
        typed=typed,
        problems=problems,
        **offered(session, more["editable"].project.plan_id),
        **given,
    )


@router.post("/projects/{code}/works/new")
def post_new(request: Request, code: str, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing) -> Response:
    return _record(request, session, reader, code, CLAIMED, typed, sent)


@router.post("/projects/{code}/works/loss")
def post_loss(
    request: Request, code: str, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing
) -> Response:
    return _record(request, session, reader, code, LOST, typed, sent)


def _record(
    request: Request, session: Session, reader: Reader, code: str, tier: str, typed: Typed, sent: SentFiles
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "record")
    held, jumps = with_geometry(typed, sent), list[Broken]()

    def again(problems: Problems) -> Response:
        more = {"lost": sent.names(*EVIDENCE_FIELDS), "ask_as_typed": bool(jumps) or typed["as_typed"] == "1"}
        return _new_page(request, session, editable, tier, held, problems, **more)

    with shown_again(request, again), noticing_jump(jumps), session.begin_nested():
        wrong: list[Broken] = []
        row = None
        with collecting(wrong):
            leaf = leaf_from(session, editable, typed)
            new, submit = work_from(held, sent), typed["act"] == "submit"
            recording = record_work if tier == CLAIMED else record_loss
            row = recording(session, leaf, new, submit=submit, by=reader.actor)
        with collecting(wrong):
            check_sent(sent)
        raise_any(wrong)
        assert row is not None
        attach_sent(session, "work_entry", row.id or 0, sent, caption=typed["caption"], by=reader.actor)
    return leads_to(session, typed.key, reader, f"/works/{row.id}")


# ---- one's own draft


@router.get("/works/{id_}/edit")
def get_edit(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    draft = own_work(session, reader, id_)
    filled = typed_work(draft.row, find_choices(request).language)
    return _edit_page(request, session, reader, draft, filled, NO_PROBLEMS)


def _edit_page(
    request: Request,
    session: Session,
    reader: Reader,
    draft: OwnWork,
    typed: Typed,
    problems: Problems,
    **more: Any,
) -> Response:
    row = draft.row
    stale = problems.status == Stale.status and version_from(typed) != row.row_version
    versions = _versions(session, row, typed, find_choices(request).language) if stale else None
    if stale:
        typed = Typed({**typed.fields, "row_version": (str(row.row_version),)})
    return _form_page(
        request,
        session,
        [draft.editable.project],
        typed,
        problems,
        editable=draft.editable,
        tier=row.tier,
        entry=row,
        evidence=evidence_shown(session, reader, "work_entry", row.id or 0),
        action=f"/works/{row.id}/edit",
        parts=[],
        versions=versions,
        **more,
    )


def _versions(session: Session, row: WorkEntry, typed: Typed, language: str) -> list[tuple[str, str, str]]:
    """What is saved beside what was typed, where the two differ."""
    saved = typed_work(row, language)

    def said(name: str, one: Typed) -> str:
        measure = session.get(Measure, id_from_text(one[name]) or 0) if name == "measure_id" else None
        return one[name] if measure is None else measure.name

    names = [name for name in LABELS if name != "not_applicable" and saved[name] != typed[name].strip()]
    return [(LABELS[name], said(name, saved), said(name, typed)) for name in names]


@router.post("/works/{id_}/edit")
def post_edit(
    request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, sent: Sent, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    draft = own_work(session, reader, id_)
    held, jumps = with_geometry(typed, sent), list[Broken]()

    def again(problems: Problems) -> Response:
        more = {"lost": sent.names(*EVIDENCE_FIELDS), "ask_as_typed": bool(jumps) or typed["as_typed"] == "1"}
        return _edit_page(request, session, reader, draft, held, problems, **more)

    with shown_again(request, again), noticing_jump(jumps), session.begin_nested():
        wrong: list[Broken] = []
        with collecting(wrong):
            version = version_from(typed)
            change_work_draft(session, draft.row, work_from(held, sent), expected_version=version, by=reader.actor)
        with collecting(wrong):
            check_sent(sent)
        raise_any(wrong)
        attach_sent(session, "work_entry", id_, sent, caption=typed["caption"], by=reader.actor)
        if typed["act"] == "submit":
            submit_works(session, [draft.row], by=reader.actor)
    return leads_to(session, typed.key, reader, f"/works/{id_}")
