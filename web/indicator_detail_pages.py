"""One indicator: what is said of it, how works roll up into it, its targets and its official readings with their history."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from core.audit import HistoryLine, history
from core.errors import N_, Broken
from milestones.evidence import evidence_counts
from milestones.indicator_math import GRADE_NAMES
from milestones.indicator_rules import FORMULAS
from milestones.indicators import OVER_PLACES, OVER_TIME
from milestones.reading_reports import accept_readings, every_reading, readings_in, send_back_readings
from milestones.reading_rules import LABELS
from milestones.readings import JUDGEMENTS, OfficialReading
from milestones.rule_changing import LABELS as RULE_LABELS
from milestones.rule_changing import RULE_TIERS
from milestones.rule_setting import find_rule, rule_history
from milestones.target_revising import LABELS as TARGET_LABELS
from milestones.target_revising import TARGET_OPERATORS, target_history
from portfolio.access import Reader
from portfolio.citations import citations_of
from portfolio.corrections import requested_facts
from portfolio.facts import APPROVED, DRAFT, STATES, SUBMITTED
from portfolio.reviewing import Reviewer
from reports.coverage_sheet import coverage_lines
from reports.indicator_list import contradictions_about
from reports.indicator_series import indicator_series
from reports.rollup import Scope
from web.approving import departments_of
from web.choices import Choices, find_choices
from web.coverage_shown import line_finding
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text, shown_again
from web.indicator_chart import series_chart, table_of
from web.indicator_forms import OpenIndicator, may, open_indicator
from web.list_pages import BADGES
from web.pages import page
from web.told import told

router = APIRouter()

DIRECTIONS = {"up": N_("越高越好"), "down": N_("越低越好"), "steady": N_("保持稳定")}
_TARGET_WORDS = {
    "reference": N_("按正文值"),
    "reference_operator": N_("按正文值的关系"),
    "reference_wording": N_("按正文值的原文"),
    "measures": N_("工程量指标"),
}


class NothingTicked(Broken):
    sentence = N_("没有勾选任何监测值。请先勾选要接收或退回的。")


@dataclass(frozen=True)
class ReadingLine:
    """A reading as the page lists it: whether it is the one that holds, and what this reader may do with it."""

    row: OfficialReading
    holds: bool
    own: bool
    may_edit: bool
    may_decide: bool


@router.get("/indicators/{code}/{no}")
def get_indicator(
    request: Request, code: str, no: str, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    found = open_indicator(session, reader, code, no)
    return _detail_page(request, session, reader, found, choices, NOTHING_TYPED, NO_PROBLEMS)


def _detail_page(
    request: Request,
    session: Session,
    reader: Reader,
    found: OpenIndicator,
    choices: Choices,
    typed: Typed,
    problems: Problems,
) -> Response:
    row, id_ = found.indicator, found.id
    held = find_rule(session, id_, choices.quarter)
    rule_id = 0 if held is None else held.rule.id or 0
    scope = Scope(quarter=choices.quarter, plan_ids=frozenset({row.plan_id}), edition=choices.edition)
    series = indicator_series(session, reader, scope, id_)
    line = coverage_lines(session, reader, scope, [series.figures])[0]
    targets = target_history(session, id_)
    lines = _reading_lines(session, reader, found, choices)
    return page(
        request,
        "indicators/detail.html",
        found=found,
        row=row,
        plan=found.plan,
        citations=citations_of(session, "indicator", [id_])[id_],
        contradictions=contradictions_about(session, "indicator", [id_]).get(id_, ()),
        figures=series.figures,
        series=series,
        chart=series_chart(series, (found.plan.first_year, found.plan.last_year), choices.quarter),
        rows=table_of(series),
        finding=told(line_finding(line), choices.language),
        held=held,
        rule_citations=citations_of(session, "indicator_rule", [rule_id])[rule_id],
        rules=rule_history(session, id_),
        targets=targets,
        target=next((one for one in targets if _in_force(one, choices.quarter)), None),
        lines=lines,
        taken_back={
            one.row.withdraws_id: one.row for one in lines if one.row.withdraws_id and one.row.state == APPROVED
        },
        evidence=evidence_counts(session, "official_reading", [one.row.id or 0 for one in lines]),
        may={action: may(reader, action, row.plan_id) for action in ("record", "accept_works", "rules", "history")},
        history=[line for line in _history(session, id_) if may(reader, "history", row.plan_id)],
        history_labels=LABELS | RULE_LABELS | TARGET_LABELS | _TARGET_WORDS,
        history_words=BADGES | FORMULAS | RULE_TIERS,
        badges=BADGES,
        formulas=FORMULAS,
        tiers=RULE_TIERS,
        directions=DIRECTIONS,
        over_time=OVER_TIME,
        over_places=OVER_PLACES,
        operators=TARGET_OPERATORS,
        states=STATES,
        grades=GRADE_NAMES,
        judgements=JUDGEMENTS,
        typed=typed,
        problems=problems,
    )


def _in_force(row: Any, quarter: int) -> bool:
    return row.effective_from <= quarter and (row.effective_until is None or row.effective_until > quarter)


def _history(session: Session, id_: int) -> list[HistoryLine]:
    """What people changed: the audit rows of the indicator but for those of its making."""
    return [line for line in history(session, "indicator", id_) if line.action in ("revise-target", "change-rule")]


def _reading_lines(session: Session, reader: Reader, found: OpenIndicator, choices: Choices) -> list[ReadingLine]:
    rows = every_reading(session, found.id)
    counted = readings_in(session, [found.id], choices.quarter, choices.edition).get(found.id, [])
    holding = {row.id for row in counted}
    accepting = may(reader, "accept_works", found.indicator.plan_id)
    recording = may(reader, "record", found.indicator.plan_id)
    corrected = set(session.scalars(requested_facts("official_reading")))  # decided with their correction
    lines = []
    for row in rows:
        pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
        own = any(name is not None and reader.actor.stands_behind(id_, name) for id_, name in pairs)
        if row.state == DRAFT and not (recording and reader.actor.did(row.recorded_by_id, row.recorded_by)):
            continue  # a draft is its author's alone
        lines.append(
            ReadingLine(
                row,
                holds=row.state == APPROVED and row.id in holding,
                own=own,
                may_edit=row.state == DRAFT,
                may_decide=row.state == SUBMITTED and accepting and not own and row.id not in corrected,
            )
        )
    return lines


@router.post("/indicators/{code}/{no}/readings/decide")
def post_decision(
    request: Request, code: str, no: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    """Accepts the ticked readings, or sends them back with one reason: all of them or none."""
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "accept_works")
    choices = find_choices(request)
    with shown_again(request, lambda problems: _detail_page(request, session, reader, found, choices, typed, problems)):
        _decided(session, reader, found, typed)
    return leads_to(session, typed.key, reader, f"{found.address}#readings")


def _decided(session: Session, reader: Reader, found: OpenIndicator, typed: Typed) -> int:
    """Errors: NothingTicked; NotThere; those of accept_readings and send_back_readings."""
    wanted = {id_ for text in typed.many("reading") if (id_ := id_from_text(text)) is not None}
    known = set(session.exec(select(OfficialReading.id).where(OfficialReading.indicator_id == found.id)).all())
    ids = [id_ for id_ in wanted if id_ in known]
    if not ids:
        raise NothingTicked(field="reading")
    by = Reviewer(reader.actor, departments_of(reader))
    if typed["act"] == "reject":
        return send_back_readings(session, ids, reason=typed["reason"], by=by)
    return accept_readings(session, ids, by=by)
