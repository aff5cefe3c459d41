"""亮灯规则: which rules hold for each plan, in words, and the form that changes them from a quarter on."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_, Broken, Invalid, NotThere, SeveralBroken
from milestones.lamp_editing import PARAMETERS, active_rules, change_rule, parameters_of, rule_history
from milestones.lamp_rules import FINANCE, LAG, MISMATCH, PRESETS, RULE_KINDS, LampRuleSet
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.values import check_basis
from reports.exports import plan_for
from reports.findings import Sentence
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, shown_again, typed_values
from web.pages import page
from web.plan_choice import plan_choice
from web.project_forms import basis_from, first_open, quarters_since
from web.told import told

router = APIRouter()
_SHOWN = 60  # plans on the page without a choice; who sees more chooses one
IN_WORDS = {
    LAG: N_(
        "落后序时进度 %(yellow_points)s 至 %(red_points)s 个百分点（含两端）亮黄灯，超过 %(red_points)s 个亮红灯；"
        "过了结束年份没有完工亮红灯；"
        "计划开工月的月末没有开工亮黄灯，再过 %(late_start_red_months)s 个月亮红灯"
    ),
    FINANCE: N_(
        "预算执行率 ÷（月数/12）低于 %(red_below)s%% 亮红灯，不到 %(yellow_below)s%% 亮黄灯，达到 %(blue_from)s%% 亮蓝灯"
    ),
    MISMATCH: N_(
        "支付占估算的比重超前工程量超过 %(paid_ahead_points)s 个百分点、连续 %(quarters_without_change)s 个季度没有变化、"
        "没有节点完成而支付超过估算的 %(spend_without_evidence_percent)s%%，都亮黄灯"
    ),
}


def in_words(rule: LampRuleSet) -> Sentence:
    """What a version of a rule says, in one sentence."""
    return Sentence(IN_WORDS[rule.kind], parameters_of(rule))


@router.get("/rules/lamps")
def get_lamp_rules(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    reader.must("view")
    chosen = plan_choice(session, reader, plan.strip())
    plans = [chosen.plan] if chosen.plan else list(chosen.plans)
    shown = plans[:_SHOWN]
    held = active_rules(session, choices.quarter, [one.id or 0 for one in shown])
    rows = [
        (one, [(kind, _held(held.get(one.id or 0, []), kind)) for kind in RULE_KINDS], reader.may("rules", one.id))
        for one in shown
    ]
    return page(
        request,
        "rules/lamps.html",
        chosen=chosen,
        rows=rows,
        left_out=len(plans) - len(shown),
        kinds=RULE_KINDS,
        history=rule_history(session, chosen.plan_id) if chosen.plan_id else [],
        in_words=lambda rule: told(in_words(rule), choices.language),
    )


def _held(rules: list[LampRuleSet], kind: str) -> LampRuleSet | None:
    return next((one for one in rules if one.kind == kind), None)


@router.get("/rules/lamps/{code}/{kind}")
def get_lamp_rule(
    request: Request, code: str, kind: str, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    plan, held = _editable(session, reader, code, kind, choices)
    parameters = PRESETS[kind] if held is None else parameters_of(held)
    filled = typed_values(**parameters, held=0 if held is None else held.id)
    return _form(request, session, plan, kind, held, filled, NO_PROBLEMS)


@router.post("/rules/lamps/{code}/{kind}")
def post_lamp_rule(
    request: Request, code: str, kind: str, reader: SignedIn, typed: TypedForm, choices: Chosen, session: Writing
) -> Response:
    plan, held = _editable(session, reader, code, kind, choices)
    if done := answered(session, typed.key, reader):
        return done
    with shown_again(request, lambda problems: _form(request, session, plan, kind, held, typed, problems)):
        problems: list[Broken] = []
        stopping = typed["stop"] == "1"
        parameters = None if stopping else _parameters(typed, kind, problems)
        basis = basis_from(typed, plan.start, problems)
        with collecting(problems):
            check_basis(basis, "document", "reason")
        if problems:
            raise SeveralBroken(problems)
        seen = int(typed["held"]) if typed["held"].isdecimal() and len(typed["held"]) < 10 else None
        change_rule(session, plan, kind, parameters, basis, expected_id=seen, by=reader.actor)
    return leads_to(session, typed.key, reader, choices.url("/rules/lamps", plan=plan.code))


def _editable(
    session: Session, reader: Reader, code: str, kind: str, choices: Choices
) -> tuple[Plan, LampRuleSet | None]:
    """The plan and the version that holds for it.

    Errors: NotThere, also for who may not change rules.
    """
    plan = plan_for(session, reader, code)
    reader.must("rules", plan.id)
    if kind not in RULE_KINDS:
        raise NotThere
    assert plan.id is not None
    return plan, _held(active_rules(session, choices.quarter, [plan.id]).get(plan.id, []), kind)


def _parameters(typed: Typed, kind: str, problems: list[Broken]) -> dict[str, int]:
    """The whole numbers of a rule; what is no such number is added to the problems."""
    found: dict[str, int] = {}
    for name, known in PARAMETERS[kind].items():
        text = typed[name].strip()
        with collecting(problems):
            if not (text.isdecimal() and len(text) <= 4 and known.lowest <= int(text) <= known.highest):
                expected = f"{known.lowest}—{known.highest}"
                raise Invalid(field=name, label=known.label, found=text, expected=expected)
            found[name] = int(text)
    return found


def _form(
    request: Request,
    session: Session,
    plan: Plan,
    kind: str,
    held: LampRuleSet | None,
    typed: Typed,
    problems: Problems,
) -> Response:
    return page(
        request,
        "rules/lamp_form.html",
        plan=plan,
        kind=kind,
        name=RULE_KINDS[kind],
        held=held,
        known=PARAMETERS[kind],
        presets=PRESETS[kind],
        typed=typed,
        problems=problems,
        quarters=quarters_since(first_open(session, plan)),
    )
