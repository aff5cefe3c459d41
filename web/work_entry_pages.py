"""The page of one work entry: its chain, evidence and history, and what may be done about it."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.audit import HistoryLine, history
from core.calendar import current_quarter, quarter_name
from core.degrees import degrees_text
from core.errors import N_, NotThere
from core.units import text_from_micro
from milestones.attachments import ATTACHMENT_KINDS
from milestones.evidence import LABELS as EVIDENCE_LABELS
from milestones.plots import PlotTwin
from milestones.quantities import Measure
from milestones.work_chain import Chain, chain_of
from milestones.work_list import find_listed
from milestones.work_reports import accept_works, discard_work_draft, find_work, send_back_works, submit_works
from milestones.work_rules import LABELS, cause_in_words
from milestones.work_verifying import reverse_work
from milestones.works import CAUSES, CLAIMED, ENTRY, KINDS, REVERSAL, SURVIVING, TIERS, VERIFIED, WorkEntry
from portfolio.access import Action, Reader
from portfolio.facts import APPROVED, DRAFT, STATES, SUBMITTED
from portfolio.periods import is_closed
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.reviewing import Reviewer
from portfolio.values import project_values
from reports.correction_list import correction_of
from web.approving import departments_of
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.evidence_shown import evidence_shown
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.pages import page
from web.progress_shown import amount
from web.project_forms import version_from
from web.work_forms import own_work
from web.work_twins import twins_of

router = APIRouter()

_FIELDS: dict[str, str] = (
    LABELS
    | {
        "quantity_micro": LABELS["quantity"],
        "tier": N_("环节"),
        "kind": N_("类型"),
        "state": N_("状态"),
        "posted_period": N_("计入季度"),
        "based_on_id": N_("依据的编号"),
        "reverses_id": N_("冲销的编号"),
        "latitude_micro": LABELS["latitude"],
        "longitude_micro": LABELS["longitude"],
        "own_department": N_("接收人所在部门牵头的项目"),
        "as_typed": N_("数量无误"),
    }
    | EVIDENCE_LABELS
)
_HIDDEN = frozenset({"project_id", "own_department"})
_ACTS = {"record": "record-work", "approve": "accept"}


@router.get("/works/{id_}")
def get_work(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    return _entry_page(request, session, reader, id_, NOTHING_TYPED, NO_PROBLEMS)


def _entry_page(
    request: Request, session: Session, reader: Reader, id_: int, typed: Typed, problems: Problems
) -> Response:
    shown = _visible(session, reader, id_)
    row = find_work(session, id_)
    chain = chain_of(session, row)
    package = session.get_one(Project, shown.top_id)
    answering = _answering(session, package)
    own = _stands_behind(reader, row)
    reversal = chain.link_of(row).reversal
    correction = correction_of(session, "work_entry", id_, None if reversal is None else reversal.id)
    may = _may(reader, row, chain, package, answering)
    may["correct"] = may["reverse"] and is_closed(session, package.plan_id, row.occurred_quarter)
    if correction is not None:  # what stands in one is decided with it
        may |= {"approve": False, "reject": False}
    return page(
        request,
        "works/entry.html",
        shown=shown,
        row=row,
        plan=session.get_one(Plan, shown.plan_id),
        chain=chain,
        own=chain.link_of(row),
        correction=correction,
        amount=amount,
        point=_point(row),
        twins=_twins(session, reader, shown),
        evidence=evidence_shown(session, reader, "work_entry", id_),
        tiers=TIERS,
        kinds=KINDS,
        states=STATES,
        causes=CAUSES,
        may=may,
        own_report=may["reject"] and own,
        own_chain=may["looks"] and not (may["verify"] or may["survival"]),
        own_department=may["approve"] and bool(departments_of(reader) & answering),
        history=_history(session, row) if may["history"] else None,
        labels=_FIELDS,
        words=TIERS | KINDS | STATES | CAUSES | ATTACHMENT_KINDS,
        typed=typed,
        problems=problems,
    )


def _visible(session: Session, reader: Reader, id_: int) -> Any:
    """Errors: NotThere."""
    shown = find_listed(session, reader, id_)
    if shown is None:
        raise NotThere
    return shown


def _answering(session: Session, package: Project) -> frozenset[int]:
    """The departments that answer for a project today."""
    values = project_values(session, package, current_quarter())
    return frozenset(id_ for id_ in (values.lead_id, values.reporting_id) if id_ is not None)


def _stands_behind(reader: Reader, row: WorkEntry) -> bool:
    """Whether the reader stands behind writing the entry, or behind handing it over."""
    pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
    return any(reader.actor.stands_behind(id_, name) for id_, name in pairs)


def _may(reader: Reader, row: WorkEntry, chain: Chain, package: Project, answering: frozenset[int]) -> dict[str, bool]:
    """What the reader may do about an entry as it stands."""
    plan_id = package.plan_id
    alive = package.archived_at is None

    def able(action: Action) -> bool:
        return alive and reader.may(action, plan_id, answering)

    link = chain.link_of(row)
    stands = row.state == APPROVED and row.kind != REVERSAL and link.reversal is None
    left = link.left or Fraction(0)
    looks = stands and row.kind == ENTRY and row.tier in (CLAIMED, VERIFIED) and left > 0 and able("verify")
    mine = any(_stands_behind(reader, one.row) for one in chain.links if _stands_under(chain, one.row, row))
    waiting = row.state == SUBMITTED and reader.may("accept_works", plan_id)
    undoing: Action = "verify" if row.tier in (VERIFIED, SURVIVING) else "record"
    return {
        "draft": row.state == DRAFT and reader.actor.did(row.recorded_by_id, row.recorded_by) and able("record"),
        "approve": waiting and not _stands_behind(reader, row),
        "reject": waiting,
        "looks": looks,
        "verify": looks and not mine and row.tier == CLAIMED,
        "survival": looks and not mine and row.tier == VERIFIED,
        "loss": stands and row.tier == SURVIVING and left > 0 and able("record"),
        "reverse": stands and able(undoing),
        "history": reader.may("history", plan_id),
    }


def _stands_under(chain: Chain, one: WorkEntry, row: WorkEntry) -> bool:
    """Whether an entry of the chain is the other or what that stands upon."""
    by_id = {link.row.id: link.row for link in chain.links}
    below: WorkEntry | None = row
    while below is not None:
        if below.id == one.id:
            return True
        below = by_id.get(below.based_on_id)
    return False


def _point(row: WorkEntry) -> tuple[str, str] | None:
    """Latitude and longitude as typed."""
    north, east = row.latitude_micro, row.longitude_micro
    return None if north is None or east is None else (degrees_text(north), degrees_text(east))


def _twins(session: Session, reader: Reader, shown: Any) -> PlotTwin | None:
    return twins_of(session, reader).get(shown.id) if shown.plot_key and shown.tier == CLAIMED else None


def _history(session: Session, row: WorkEntry) -> list[HistoryLine]:
    """The audit rows of an entry, with ids as names and millionths as quantities."""

    def said(name: str, value: Any) -> Any:
        if name in ("quantity_micro",) and isinstance(value, int):
            return text_from_micro(value)
        if name in ("latitude_micro", "longitude_micro") and isinstance(value, int):
            return degrees_text(value)
        if name == "measure_id" and isinstance(value, int):
            measure = session.get(Measure, value)
            return value if measure is None else measure.name
        if name == "posted_period" and isinstance(value, int):
            return quarter_name(value)
        if name == "cause" and isinstance(value, str):
            return cause_in_words(value)
        return N_("是") if value is True else value

    lines = []
    for line in history(session, "work_entry", row.id or 0):
        changes = tuple(
            (name, said(name, before), said(name, after))
            for name, before, after in line.changes
            if name not in _HIDDEN and (before, after) != (None, None)
        )
        # A draft that was discarded may have left its number to this entry.
        if line.action == "discard":
            break
        action = _ACTS.get(line.action, line.action)
        lines.append(HistoryLine(line.at, line.actor, action, line.reason, changes))
    return lines


# ---- what may be done about it


def _act(
    request: Request, session: Session, reader: Reader, id_: int, typed: Typed, do: Callable[[Any], int]
) -> Response:
    """Does something about an entry that the reader sees, and leads to the entry that came of it."""
    if done := answered(session, typed.key, reader):
        return done
    shown = _visible(session, reader, id_)
    with shown_again(request, lambda problems: _entry_page(request, session, reader, id_, typed, problems)):
        led_to = do(shown)
    return leads_to(session, typed.key, reader, f"/works/{led_to}")


def _reviewer(reader: Reader, plan_id: int) -> Reviewer:
    """Errors: NotThere for who accepts nothing in that plan."""
    reader.must("accept_works", plan_id)
    return Reviewer(reader.actor, departments_of(reader))


@router.post("/works/{id_}/submit")
def post_submit(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    def submit(_shown: Any) -> int:
        submit_works(session, [own_work(session, reader, id_).row], by=reader.actor)
        return id_

    return _act(request, session, reader, id_, typed, submit)


@router.post("/works/{id_}/discard")
def post_discard(id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    draft = own_work(session, reader, id_)
    discard_work_draft(session, draft.row, expected_version=version_from(typed), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{draft.editable.package.code}/works")


@router.post("/works/{id_}/accept")
def post_accept(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    def accept(shown: Any) -> int:
        accept_works(session, [id_], by=_reviewer(reader, shown.plan_id))
        return id_

    return _act(request, session, reader, id_, typed, accept)


@router.post("/works/{id_}/send-back")
def post_send_back(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    def send_back(shown: Any) -> int:
        send_back_works(session, [id_], reason=typed["reason"], by=_reviewer(reader, shown.plan_id))
        return id_

    return _act(request, session, reader, id_, typed, send_back)


@router.post("/works/{id_}/reverse")
def post_reverse(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    def reverse(shown: Any) -> int:
        row = find_work(session, id_)
        answering = _answering(session, session.get_one(Project, shown.top_id))
        undoing: Action = "verify" if row.tier in (VERIFIED, SURVIVING) else "record"
        reader.must(undoing, shown.plan_id, answering)
        document = typed["document"]
        return reverse_work(session, row, reason=typed["reason"], document=document, by=reader.actor).id or 0

    return _act(request, session, reader, id_, typed, reverse)
