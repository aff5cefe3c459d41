"""Forms that set, change and end a performance target, share out the hundred points, and record what was reached."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import current_quarter
from core.errors import Broken, NotThere
from core.units import text_from_micro
from milestones.performance import LEVELS, SECOND_LEVELS, PerformanceTarget
from milestones.performance_reading import SHARES, points_text, shares_in, targets_in, weights_by_level
from milestones.performance_rules import DIRECTIONS, LABELS, OPERATORS, NewPerformance
from milestones.performance_setting import drop_target, revise_target, set_frame, set_target
from portfolio.values import Basis
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, raise_any, shown_again, typed_values
from web.pages import page
from web.project_forms import Editable, alive, basis_from, editable_project, quarters_since

router = APIRouter()
_FIELDS = ("level", "name", "operator", "value", "unit", "better", "value_text", "weight")


def _editable(session: Session, reader: Any, code: str) -> Editable:
    """Errors: NotThere, also for a part, whose package has the targets; Archived."""
    editable = editable_project(session, reader, code, "rules")
    if editable.is_part:
        raise NotThere
    return alive(editable)


def _quarters(editable: Editable, *, since: int = 0) -> list[int]:
    """The quarters from which a change may hold: none that is closed, and none before the last change."""
    return quarters_since(max(editable.since, since))


def _basis(editable: Editable, typed: Typed) -> Basis:
    """Errors: the quarter that cannot be."""
    problems: list[Broken] = []
    basis = basis_from(typed, editable.plan.start, problems)
    raise_any(problems)
    return basis


def _place(editable: Editable) -> str:
    return f"/projects/{editable.project.code}/performance"


# ---- one target


@router.get("/projects/{code}/performance/new")
def get_new_performance(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = _editable(session, reader, code)
    return _target_page(request, session, editable, None, typed_values(operator="≥"), NO_PROBLEMS)


@router.post("/projects/{code}/performance/new")
def post_new_performance(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    with shown_again(request, lambda problems: _target_page(request, session, editable, None, typed, problems)):
        set_target(session, editable.project, _target_from(typed), _basis(editable, typed), by=reader.actor)
    return leads_to(session, typed.key, reader, _place(editable))


@router.get("/projects/{code}/performance/{target_id}/edit")
def get_performance_target(
    request: Request, code: str, target_id: RecordId, reader: SignedIn, session: Reading
) -> Response:
    editable = _editable(session, reader, code)
    row = _target_of(session, editable, target_id)
    filled = typed_values(
        **{name: getattr(row, name) for name in ("level", "name", "operator", "unit", "value_text")},
        better=row.better if row.operator == "=" else None,
        value=None if row.value_micro is None else text_from_micro(row.value_micro),
        weight=text_from_micro(row.weight_micro),
    )
    return _target_page(request, session, editable, row, filled, NO_PROBLEMS)


@router.post("/projects/{code}/performance/{target_id}/edit")
def post_performance_target(
    request: Request, code: str, target_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    row = _target_of(session, editable, target_id)
    with shown_again(request, lambda problems: _target_page(request, session, editable, row, typed, problems)):
        basis = _basis(editable, typed)
        revise_target(session, editable.project, row, _target_from(typed), basis, by=reader.actor)
    return leads_to(session, typed.key, reader, _place(editable))


def _target_of(session: Session, editable: Editable, target_id: int) -> PerformanceTarget:
    """Errors: NotThere when the project never had it, or it was ended."""
    row = session.get(PerformanceTarget, target_id)
    if row is None or row.project_id != editable.project.id or row.dropped:
        raise NotThere
    return row


def _target_from(typed: Typed) -> NewPerformance:
    given: dict[str, Any] = {name: typed[name].strip() or None for name in _FIELDS}
    given |= {name: typed[name] for name in ("level", "name", "weight")}
    if not given["value"]:  # the form always sends an operator
        given["operator"] = given["better"] = None
    return NewPerformance(**given)


def _target_page(
    request: Request,
    session: Session,
    editable: Editable,
    row: PerformanceTarget | None,
    typed: Typed,
    problems: Problems,
) -> Response:
    groups: dict[str, list[tuple[str, str]]] = {level: [] for level in LEVELS}
    for key, (level, name) in SECOND_LEVELS.items():
        groups[level].append((key, name))
    quarters = _quarters(editable, since=0 if row is None else row.effective_from)
    return page(
        request,
        "performance/target.html",
        editable=editable,
        row=row,
        groups=[(LEVELS[level], inside) for level, inside in groups.items()],
        operators=list(OPERATORS),
        directions=DIRECTIONS,
        labels=LABELS,
        left=_left(session, editable),
        quarters=quarters,
        typed=typed,
        problems=problems,
    )


def _left(session: Session, editable: Editable) -> list[tuple[str, str, str]]:
    """Of each level its name, its share, and what of it no target has yet."""
    id_, quarter = editable.project.id or 0, current_quarter()
    shares, weights = shares_in(session, id_, quarter)[0], weights_by_level(targets_in(session, id_, quarter))
    return [(LEVELS[one], points_text(shares[one]), points_text(shares[one] - weights[one])) for one in LEVELS]


@router.get("/projects/{code}/performance/{target_id}/drop")
def get_performance_drop(
    request: Request, code: str, target_id: RecordId, reader: SignedIn, session: Reading
) -> Response:
    editable = _editable(session, reader, code)
    return _drop_page(request, editable, _target_of(session, editable, target_id), Typed(), NO_PROBLEMS)


@router.post("/projects/{code}/performance/{target_id}/drop")
def post_performance_drop(
    request: Request, code: str, target_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    row = _target_of(session, editable, target_id)
    with shown_again(request, lambda problems: _drop_page(request, editable, row, typed, problems)):
        drop_target(session, editable.project, row, _basis(editable, typed), by=reader.actor)
    return leads_to(session, typed.key, reader, _place(editable))


def _drop_page(
    request: Request, editable: Editable, row: PerformanceTarget, typed: Typed, problems: Problems
) -> Response:
    quarters = _quarters(editable, since=row.effective_from)
    return page(
        request,
        "performance/drop.html",
        editable=editable,
        row=row,
        quarters=quarters,
        typed=typed,
        problems=problems,
    )


# ---- how the hundred points are shared out


@router.get("/projects/{code}/performance/weights")
def get_performance_weights(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = _editable(session, reader, code)
    shares, frame = shares_in(session, editable.project.id or 0, current_quarter())
    filled = {name: points_text(share) for name, share in shares.items()}
    return _weights_page(
        request, session, editable, typed_values(**filled, goal=frame.goal if frame else None), NO_PROBLEMS
    )


@router.post("/projects/{code}/performance/weights")
def post_performance_weights(
    request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    with shown_again(request, lambda problems: _weights_page(request, session, editable, typed, problems)):
        shares = {name: typed[name] for name in SHARES}
        set_frame(session, editable.project, shares, typed["goal"], _basis(editable, typed), by=reader.actor)
    return leads_to(session, typed.key, reader, _place(editable))


def _weights_page(request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems) -> Response:
    return page(
        request,
        "performance/weights.html",
        editable=editable,
        shares=SHARES,
        quarters=_quarters(editable),
        typed=typed,
        problems=problems,
    )
