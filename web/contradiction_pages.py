"""矛盾: where a plan says two things, both readings side by side, and the place to decide."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.audit import HistoryLine
from core.errors import N_, Invalid, Missing, NotThere
from core.language import translate
from portfolio.access import Reader
from portfolio.contradictions import Contradiction, NewDecision, decide
from reports.contradiction_sheet import FIELDS, ContradictionFilter, contradiction_list, contradiction_sheet
from web.choices import Choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import Problems, Typed, TypedForm, shown_again, typed_values
from web.list_filters import Filters
from web.pages import page
from web.plan_choice import plan_choice

router = APIRouter()

NEITHER = "none"
LABELS = {"reading": N_("采用"), "decision": N_("处理意见"), "document": N_("依据文件"), "in_use": N_("数据采用")}


@router.get("/contradictions")
def get_contradictions(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = ""
) -> Response:
    chosen = plan_choice(session, reader, plan)
    filters = Filters(request, choices, chosen)
    wanted = ContradictionFilter(
        plan_id=chosen.plan_id,
        field=filters.one_of("field", N_("分歧所在"), FIELDS),
        grave=filters.flag("grave", N_("只看严重")),
        undecided=filters.flag("undecided", N_("只看待裁定")),
        text=filters.text(),
    )
    found = contradiction_list(session, reader, wanted, after=filters.after)
    return filters.listed(
        request,
        "contradictions/contradictions.html",
        chosen=chosen,
        found=found,
        fields=FIELDS,
    )


@router.get("/contradictions/{contradiction_id}")
def get_contradiction(
    request: Request, contradiction_id: RecordId, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    return _sheet_page(request, session, reader, contradiction_id, choices)


def _sheet_page(
    request: Request,
    session: Session,
    reader: Reader,
    contradiction_id: int,
    choices: Choices,
    typed: Typed | None = None,
    problems: Problems | None = None,
) -> Response:
    sheet = contradiction_sheet(session, reader, contradiction_id)
    row = sheet.contradiction
    given = {} if problems is None else {"problems": problems}
    return page(
        request,
        "contradictions/contradiction.html",
        sheet=sheet,
        fields=FIELDS,
        may_decide=reader.may("decide", row.plan_id),
        history=[_readable(line, choices.language) for line in sheet.history],
        labels=LABELS,
        typed=typed or _as_decided(row),
        **given,  # type: ignore[arg-type]
    )


def _as_decided(row: Contradiction) -> Typed:
    """The form as the last decision filled it; empty while there is none."""
    if row.decided_at is None:
        return Typed()
    reading = NEITHER if row.decided_reading is None else row.decided_reading
    return typed_values(reading=reading, decision=row.decision, document=row.decision_document)


def _readable(line: HistoryLine, language: str) -> HistoryLine:
    """The audit row with readings counted as people count them; of a new record only that it was made."""
    if line.action == "create":
        return replace(line, changes=())

    def reading(value: Any) -> Any:
        return translate(N_("说法 %(n)s"), language) % {"n": value + 1} if isinstance(value, int) else value

    changes = tuple(
        (name, reading(before), reading(after)) if name in ("reading", "in_use") else (name, before, after)
        for name, before, after in line.changes
    )
    return replace(line, changes=changes)


@router.post("/contradictions/{contradiction_id}")
def post_decision(
    request: Request,
    contradiction_id: RecordId,
    reader: SignedIn,
    choices: Chosen,
    typed: TypedForm,
    session: Writing,
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    row = session.get(Contradiction, contradiction_id)
    if row is None:
        raise NotThere
    reader.must("decide", row.plan_id)
    with shown_again(
        request,
        lambda problems: _sheet_page(request, session, reader, contradiction_id, choices, typed, problems),
    ):
        readings = len(contradiction_sheet(session, reader, contradiction_id).readings)
        decide(
            session,
            row,
            _new_decision(typed),
            readings=readings,
            expected_version=_version(typed),
            by=reader.actor,
        )
    return leads_to(session, typed.key, reader, choices.url(f"/contradictions/{contradiction_id}"))


def _new_decision(typed: Typed) -> NewDecision:
    """Errors: Missing, Invalid."""
    text = typed["reading"]
    if not text:
        raise Missing(field="reading", label=LABELS["reading"])
    if text != NEITHER and not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Invalid(field="reading", label=LABELS["reading"], found=text, expected=N_("所列说法之一"))
    return NewDecision(None if text == NEITHER else int(text), typed["decision"], typed["document"])


def _version(typed: Typed) -> int:
    """The version that the form was made from; one that no record has when the form does not tell."""
    text = typed["row_version"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
