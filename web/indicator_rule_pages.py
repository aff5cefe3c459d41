"""Changing how works roll up into an indicator, by document."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import current_quarter
from core.errors import Broken, Stale
from core.units import text_from_micro
from milestones.indicator_rules import FORMULAS
from milestones.quantity_values import measure_names
from milestones.rule_changing import LABELS, RULE_TIERS, NewRule, NewShare, change_rule
from milestones.rule_setting import HeldRule, find_rule, share_of
from portfolio.plans import Plan
from portfolio.values import Basis
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again
from web.indicator_forms import OpenIndicator, from_quarter, open_indicator
from web.pages import page
from web.project_forms import first_open, quarters_since, version_from
from web.project_quantity_pages import UNITS_OFFERED

router = APIRouter()

_TEXTS = (
    *("formula", "whole_name", "whole", "whole_unit", "whole_source"),
    *("start", "start_unit", "start_source", "why_not", "assumption"),
)
_ROW = ("measure", "factor", "tier", "lag", "assumption")
_SPARE_ROWS, _MOST_ROWS = 2, 12


@router.get("/indicators/{code}/{no}/rule")
def get_rule(request: Request, code: str, no: str, reader: SignedIn, session: Reading) -> Response:
    found = open_indicator(session, reader, code, no, "rules")
    filled = _typed_rule(find_rule(session, found.id, current_quarter()), found.indicator.row_version)
    return _form_page(request, session, found, filled, NO_PROBLEMS)


def _typed_rule(held: HeldRule | None, row_version: int) -> Typed:
    """The form filled with the rule in force."""
    fields: dict[str, tuple[str, ...]] = {"row_version": (str(row_version),)}
    if held is None:
        return Typed(fields | {"formula": ("none",)})
    rule = held.rule
    plain = [name for name in _TEXTS if name not in ("whole", "start")]
    said = {name: getattr(rule, name) for name in plain}
    said |= {
        name: None if getattr(rule, f"{name}_micro") is None else text_from_micro(getattr(rule, f"{name}_micro"))
        for name in ("whole", "start")
    }
    fields |= {name: (str(value),) for name, value in said.items() if value is not None}
    for number, (row, measure) in enumerate(held.measures):
        share = share_of(row)
        cells = (measure.name, str(share.factor), share.tier, str(share.lag_years), share.assumption or "")
        fields |= {f"{name}-{number}": (value,) for name, value in zip(_ROW, cells, strict=True)}
    return Typed(fields)


def _rows(typed: Typed) -> list[int]:
    """The rows of measures that hold anything."""
    return [number for number in range(_MOST_ROWS) if typed[f"measure-{number}"].strip()]


def _form_page(request: Request, session: Session, found: OpenIndicator, typed: Typed, problems: Problems) -> Response:
    stale = problems.status == Stale.status
    saved = _typed_rule(find_rule(session, found.id, current_quarter()), found.indicator.row_version)
    shown = max([*_rows(typed), -1]) + 1 + _SPARE_ROWS
    return page(
        request,
        "indicators/rule.html",
        found=found,
        row=found.indicator,
        formulas=FORMULAS,
        tiers=RULE_TIERS,
        measures=measure_names(session),
        units_offered=UNITS_OFFERED,
        numbers=range(min(shown, _MOST_ROWS)),
        labels=LABELS,
        quarters=quarters_since(first_open(session, found.plan)),
        versions=_both_versions(saved, typed) if stale else None,
        row_version=found.indicator.row_version if stale else typed["row_version"],
        typed=typed,
        problems=problems,
    )


def _both_versions(saved: Typed, typed: Typed) -> list[tuple[str, str, str | None]]:
    """(label, what is saved, what was typed) for each field that differs."""
    found: list[tuple[str, str, str | None]] = [
        (LABELS[name], saved[name], typed[name]) for name in _TEXTS if saved[name].strip() != typed[name].strip()
    ]
    said = [" ".join(one[f"{name}-{number}"] for name in _ROW) for one in (saved, typed) for number in _rows(one)]
    ours, theirs = said[len(_rows(saved)) :], said[: len(_rows(saved))]
    return [*found, (LABELS["measure"], "；".join(theirs), "；".join(ours))] if ours != theirs else found


@router.post("/indicators/{code}/{no}/rule")
def post_rule(request: Request, code: str, no: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "rules")
    with shown_again(request, lambda problems: _form_page(request, session, found, _joined(typed), problems)):
        basis = _basis(typed, found.plan)
        version = version_from(typed)
        change_rule(session, found.indicator, _rule(typed), basis, expected_version=version, by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.address}#rule")


def _joined(typed: Typed) -> Typed:
    """The form with its rows of measures moved together, as the rules count them: an empty row is no measure."""
    fields = {
        name: values for name, values in typed.fields.items() if name.partition("-")[0] not in _ROW or "-" not in name
    }
    for place, number in enumerate(_rows(typed)):
        fields |= {f"{name}-{place}": (typed[f"{name}-{number}"],) for name in _ROW}
    return Typed(fields)


def _rule(typed: Typed) -> NewRule:
    shares = tuple(
        NewShare(
            measure=typed[f"measure-{number}"].strip(),
            factor=typed[f"factor-{number}"].strip() or "1",
            tier=typed[f"tier-{number}"],
            lag_years=typed[f"lag-{number}"],
            assumption=typed[f"assumption-{number}"].strip() or None,
        )
        for number in _rows(typed)
    )
    texts = {name: typed[name].strip() or None for name in _TEXTS if name != "formula"}
    return NewRule(formula=typed["formula"], shares=() if typed["formula"] == "none" else shares, **texts)


def _basis(typed: Typed, plan: Plan) -> Basis:
    """Errors: those of from_quarter."""
    problems: list[Broken] = []
    quarter = plan.start
    with collecting(problems):
        quarter = from_quarter(typed, plan)
    raise_any(problems)
    return Basis(quarter, document=typed["document"].strip() or None, reason=typed["reason"].strip() or None)
