"""资金核查: what the rules find in the money, and the place to explain it."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.checks import FORMULAS, RULES
from budgets.explanations import explain
from budgets.sources import source_tree
from core.errors import N_
from portfolio.access import Reader
from reports.warning_list import WarningFilter, warning_list, warning_sheet
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again
from web.ledger_forms import source_words_by_name
from web.list_filters import Filters
from web.pages import page
from web.plan_choice import plan_choice

router = APIRouter()


@router.get("/money/warnings")
def get_warnings(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    filters = Filters(request, choices, chosen)
    wanted = WarningFilter(
        rule=filters.one_of("rule", N_("核查规则"), RULES),
        open_only=filters.flag("open", N_("只看未说明")),
        plan_id=chosen.plan_id,
    )
    found = warning_list(session, reader, wanted, choices.quarter, choices.edition, after=filters.after)
    return filters.listed(
        request,
        "money/warnings.html",
        chosen=chosen,
        found=found,
        rules=RULES,
        formulas=FORMULAS,
        source_names=source_words_by_name(source_tree(session), choices.language),
    )


@router.get("/money/warnings/{rule}/{code}/{source}")
def get_warning(
    request: Request, rule: str, code: str, source: int, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    return _warning_page(request, session, reader, (rule, code, source), choices)


def _warning_page(
    request: Request,
    session: Session,
    reader: Reader,
    named: tuple[str, str, int],
    choices: Choices,
    typed: Typed = NOTHING_TYPED,
    problems: Problems = NO_PROBLEMS,
) -> Response:
    rule, code, source = named
    sheet = warning_sheet(session, reader, rule, code, source or None, choices.quarter, choices.edition)
    return page(
        request,
        "money/warning.html",
        sheet=sheet,
        rules=RULES,
        formulas=FORMULAS,
        source_names=source_words_by_name(source_tree(session), choices.language),
        may_explain=reader.may("explain", sheet.line.plan.id),
        typed=typed,
        problems=problems,
    )


@router.post("/money/warnings/{rule}/{code}/{source}")
def post_explanation(
    request: Request,
    rule: str,
    code: str,
    source: int,
    reader: SignedIn,
    choices: Chosen,
    typed: TypedForm,
    session: Writing,
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    named = (rule, code, source)
    sheet = warning_sheet(session, reader, rule, code, source or None, choices.quarter, choices.edition)
    reader.must("explain", sheet.line.plan.id)
    with shown_again(request, lambda found: _warning_page(request, session, reader, named, choices, typed, found)):
        explain(session, sheet.line.warning, reason=typed["reason"], document=typed["document"], by=reader.actor)
    return leads_to(session, typed.key, reader, choices.url(f"/money/warnings/{sheet.line.key}"))
