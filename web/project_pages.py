"""The list of projects, and the page of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, func, select

from budgets.entries import STAGES
from budgets.rates import Rate
from core.calendar import quarter_before, quarter_of
from core.capital_numerals import capital_numerals
from core.errors import N_, SeveralBroken
from milestones.lamp_editing import active_rules
from portfolio.access import Reader
from portfolio.facts import EDITIONS
from portfolio.periods import CLOSED, ReportingPeriod, corrected_before
from portfolio.project_list import page_of, plans_among
from portfolio.projects import STATES
from portfolio.values import LABELS
from reports.findings import words_in
from reports.lamp_reading import project_lamps
from reports.lamp_words import COLOURS
from reports.listed_totals import listed_totals
from reports.milestone_sheet import MilestoneSummary, milestone_summary
from reports.progress_rows import reason_of
from reports.project_history import named_history
from reports.project_money import project_money
from reports.project_sheet import ProjectSheet, project_sheet
from reports.rollup import Scope
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, SignedIn, see_other
from web.forms import problems_of
from web.list_places import place_text
from web.listed_plans import ListedPlan, listed_drafts, listed_plans_of
from web.pages import page
from web.project_filters import ListRequest, list_request
from web.project_progress_pages import find_progress

router = APIRouter()

_SHOWN = (
    *("plan_id", "code", "name", "parts", "state", "programme", "package"),
    *("lead", "first_year", "last_year", "estimate_fen"),
    *("appropriated_fen", "work_done_fen", "paid_fen"),
)
_LONG = 34  # characters of a name that may need more than the two lines it is given
# (sort, label, whether it holds numbers, whether it holds money).
_COLUMNS = (
    ("name", LABELS["name"], False, False),
    ("order", N_("编号"), False, False),
    ("programme", LABELS["programme_id"], False, False),
    ("lead", LABELS["lead_id"], False, False),
    ("first_year", N_("起"), True, False),
    ("last_year", N_("止"), True, False),
    ("estimate", N_("投资估算"), True, True),
)
# The same of columns that stand in a list only where there is money.
_MONEY_COLUMNS = (
    ("appropriated", STAGES["appropriated"], True, True),
    ("work_done", STAGES["work_done"], True, True),
    ("paid", STAGES["paid"], True, True),
)


@dataclass(frozen=True)
class Column:
    """A column head: how it is sorted now (for aria-sort), and the address that sorts by it."""

    sort: str
    label: str
    number: bool
    money: bool
    order: str | None
    href: str


def _column(asked: ListRequest, choices: Choices, sort: str, label: str, number: bool, money: bool) -> Column:
    order = None
    descending = money  # the first click on money shows the largest first
    if sort == asked.sort:
        order = "descending" if asked.descending else "ascending"
        descending = not asked.descending
    changes = {"sort": sort if sort != "order" or descending else None, "dir": "desc" if descending else None}
    return Column(sort, label, number, money, order, asked.address(choices, **changes))


@router.get("/projects")
def get_projects(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    asked = list_request(request, session, reader)
    found: dict[str, Any] = {"rows": [], "has_lamps": False, "totals": None, "following": None, "drafts": []}
    status = 200
    if asked.problems:
        refused = problems_of(SeveralBroken(asked.problems), choices.language)
        found, status = found | {"problems": refused}, refused.status
    else:
        found = _found(session, reader, asked, choices)
    has_money = found["totals"] is not None and found["totals"].has_money
    response = page(
        request,
        "projects/list.html",
        part="list",
        status=status,
        asked=asked,
        columns=[_column(asked, choices, *column) for column in (*_COLUMNS, *(_MONEY_COLUMNS if has_money else ()))],
        colours=COLOURS,
        chips=[(chip, asked.address(choices, **dict.fromkeys(chip.names))) for chip in asked.chips],
        first=asked.address(choices),
        csv=asked.address(choices, "/projects.csv"),
        xlsx=asked.address(choices, "/projects.xlsx"),
        may_create=reader.may("create", None if asked.plan is None else asked.plan.id),
        **found,
    )
    response.headers["HX-Push-Url"] = asked.address(choices, after=request.query_params.get(PAGE_PLACE))
    return response


def _found(session: Session, reader: Reader, asked: ListRequest, choices: Choices) -> dict[str, Any]:
    """The rows of the page, each a plain tuple for the template, and what the whole filtered list adds up to."""
    listed = page_of(
        *(session, reader, asked.chosen),
        source=asked.source,
        sort=asked.sort,
        descending=asked.descending,
        after=asked.after,
    )
    plans = _plans_of(session, reader, asked, listed.rows) if asked.shows_plans else {}
    following = None
    if listed.following is not None:
        place = place_text(listed.following, asked.sort, asked.descending)
        following = asked.address(choices, after=place)
    lamps = _lamps_of(session, reader, choices, listed.rows)
    tail, totals = choices.url(""), listed_totals(session, reader, asked.chosen, asked.source)
    rows = [
        (
            f"/projects/{code}{tail}",
            code,
            name,
            len(name) > _LONG,
            parts,
            state == "ended",
            plans.get(plan_id),
            f"{programme} / {package}" if package else programme or "",
            *(lead, first, last, fen),
            _money(fen, *stages) if totals.has_money else None,
            lamps.get(row.project_id),
        )
        for row, (plan_id, code, name, parts, state, programme, package, lead, first, last, fen, *stages) in zip(
            listed.rows, _picked(listed.rows), strict=True
        )
    ]
    return {
        "rows": rows,
        "totals": totals,
        "has_lamps": bool(lamps),
        "following": following,
        "drafts": _drafts_in(session, reader, asked),
    }


def _lamps_of(session: Session, reader: Reader, choices: Choices, rows: Sequence[Any]) -> dict[int, tuple[str, str]]:
    """The colour and the reason of each lamp on the page, by project id; none where no rule is in force."""
    plan_ids = {row.plan_id for row in rows}
    if not rows or not active_rules(session, choices.quarter, plan_ids):
        return {}
    scope = Scope(choices.quarter, frozenset(plan_ids), choices.edition)
    found = project_lamps(session, reader, scope, [row.project_id for row in rows])
    words = words_in(choices.language)
    return {id_: (one.colour, reason_of(one.worst, words)) for id_, one in found.items()}


def _money(estimate: int | None, appropriated: int, done: int, paid: int) -> tuple[Any, ...]:
    """The amounts of a row, the text of its 投资完成率, and how far its bar reaches in percent (None: no bar)."""
    rate = Rate(done, estimate)
    reach = None if not estimate else min(max(done, 0) * 100 // estimate, 100)
    return appropriated, done, paid, rate.text, reach


def _plans_of(session: Session, reader: Reader, asked: ListRequest, rows: Sequence[Any]) -> dict[int, ListedPlan]:
    if not asked.many:
        return asked.plan_names
    return {plan.id: plan for plan in listed_plans_of(session, reader, {row.plan_id for row in rows})}


def _picked(rows: Sequence[Any]) -> Iterable[Any]:
    """The shown columns of each row as plain tuples: reading them by name would cost as much as the query."""
    if not rows:
        return ()
    return map(itemgetter(*map(rows[0]._fields.index, _SHOWN)), rows)


def _drafts_in(session: Session, reader: Reader, asked: ListRequest) -> list[str]:
    """The consultation drafts that have projects in the list: a sum says so when it holds any."""
    if not asked.drafts:
        return []
    known = listed_drafts(session, reader) if asked.many else asked.plans
    drafts = {plan.id: plan.title for plan in known if plan.draft}
    if not drafts or (asked.chosen.plan_id is not None and asked.chosen.plan_id not in drafts):
        return []
    return [drafts[id_] for id_ in plans_among(session, reader, asked.chosen, drafts, asked.source)]


@router.get("/projects/{code}")
def get_project(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    sheet = project_sheet(session, reader, code, choices.quarter, choices.edition)
    if sheet.project.code != code:
        return see_other(choices.url(f"/projects/{sheet.project.code}") + f"#{code}")
    plan_id, answering = sheet.plan.id, sheet.department_ids
    amounts = [part.estimate_fen for part in sheet.parts if part.estimate_fen is not None and part.counts]
    parts_fen = sum(amounts) if amounts else None
    return page(
        request,
        "projects/detail.html",
        sheet=sheet,
        states=STATES,
        capital="" if sheet.estimate_fen is None else capital_numerals(sheet.estimate_fen),
        shares={part.project.id: _share(part.estimate_fen, sheet.estimate_fen) for part in sheet.parts},
        parts_fen=parts_fen,
        parts_share=_share(parts_fen, sheet.estimate_fen),
        progress=find_progress(session, reader, choices, plan_id, sheet.project.id),
        milestones=_milestones(session, sheet, choices),
        money=project_money(session, reader, sheet, choices.quarter, choices.edition),
        stages=STAGES,
        editions=EDITIONS,
        history=_history(session, reader, sheet),
        periods=_periods(session, plan_id),
        corrects=_corrects(session, sheet),
        may={
            "history": reader.may("history", plan_id),
            "edit": reader.may("edit", plan_id, answering),
            "estimate": reader.may("estimate", plan_id),
            "budget": reader.may("budget", plan_id),
            "archive": reader.may("archive", plan_id),
            "create": reader.may("create", plan_id),
        },
    )


def _share(amount: int | None, whole: int | None) -> Fraction | None:
    return None if amount is None or not whole else Fraction(amount, whole)


def _milestones(session: Session, sheet: ProjectSheet, choices: Choices) -> MilestoneSummary:
    ids = [one.id for one in (sheet.project, *(part.project for part in sheet.parts)) if one.id is not None]
    return milestone_summary(session, ids, Scope(choices.quarter, edition=choices.edition))


def _history(session: Session, reader: Reader, sheet: ProjectSheet) -> Any:
    if not reader.may("history", sheet.plan.id):
        return ()
    assert sheet.project.id is not None
    assert sheet.plan.id is not None
    names: dict[int, str | None] = {sheet.project.id: None}
    parts = [*(part.project for part in sheet.parts), *sheet.archived_parts]
    names |= {part.id: part.name for part in parts if part.id is not None}
    return named_history(session, sheet.plan.id, names)


def _corrects(session: Session, sheet: ProjectSheet) -> dict[str, Any]:
    """Whether the state stands in a closed quarter, where only a correction changes it, and the last one that is closed."""
    closed = corrected_before(session, sheet.plan.id or 0)
    return {
        "state": sheet.state is not None and quarter_of(sheet.state.since_on) < closed,
        "quarter": quarter_before(closed) if closed else None,
    }


def _periods(session: Session, plan_id: int | None) -> dict[str, int]:
    """How many of the plan's quarters are closed, and how many there are."""
    rows = session.exec(
        select(ReportingPeriod.state, func.count())
        .where(ReportingPeriod.plan_id == plan_id, ReportingPeriod.kind == "quarter")
        .group_by(col(ReportingPeriod.state))
    ).all()
    counts = dict(rows)
    return {"closed": counts.get(CLOSED, 0), "all": sum(counts.values())}
