"""What the project list is narrowed to and sorted by, read from the address, with the choices that its form offers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from fastapi import Request
from sqlalchemy import Select
from sqlmodel import Session, and_, or_, select

from core.database import select_columns
from core.errors import N_, Broken, Invalid, TooLong
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED
from portfolio.plans import Heading, Plan, Programme, headings
from portfolio.project_list import NOW, SORTS, Cursor, ListSource, ProjectFilter
from portfolio.values import EARLIEST_YEAR, LABELS, LATEST_YEAR
from reports.lamp_reading import project_lamps
from reports.lamp_words import COLOURS
from reports.past_listing import listing_at
from reports.rollup import Scope
from web.choices import PAGE_PLACE, Choices, find_choices
from web.forms import collecting, id_from_text
from web.list_places import place_from_text
from web.listed_plans import ListedPlan, find_listed_plan, listed_plans_of, offered_plans

FIELDS = ("plan", "programme", "lead", "year", "no_years", "q", "estimate", "lamp")
LONGEST_SEARCH = 100
NO_LEAD = "none"
_WITH_OR_WITHOUT = {"yes": True, "no": False}


@dataclass(frozen=True)
class Chip:
    """One narrowing that is in force: what it is called, what it is narrowed to, and the parameters that it stands in.

    `words` tells whether the value is one of ours, to be translated, or one of the plan's.
    """

    label: str
    value: str
    names: tuple[str, ...]
    words: bool = False


@dataclass
class ListRequest:
    """The list that an address asks for. With `problems` there is nothing to list; the form shows them."""

    typed: dict[str, str]
    plans: list[ListedPlan]  # those to choose from; none when there are too many for that
    many: bool = False
    drafts: bool = False  # whether any plan that the reader sees is a consultation draft
    chosen: ProjectFilter = field(default_factory=ProjectFilter)
    source: ListSource = NOW
    plan: ListedPlan | None = None
    programmes: list[Heading] = field(default_factory=list)
    leads: list[tuple[int, str]] = field(default_factory=list)
    sort: str = "order"
    descending: bool = False
    after: Cursor | None = None
    chips: list[Chip] = field(default_factory=list)
    problems: list[Broken] = field(default_factory=list)

    @property
    def parameters(self) -> dict[str, str]:
        """What the address says about filter and order, without what is empty or goes without saying."""
        kept = {name: text for name, text in self.typed.items() if text}
        if self.sort != "order" or self.descending:
            kept |= {"sort": self.sort} | ({"dir": "desc"} if self.descending else {})
        return kept

    def address(self, choices: Choices, path: str = "/projects", /, **changes: Any) -> str:
        """An address of this list with some of its parameters changed; it starts at the first page again."""
        return choices.url(path, **self.parameters | changes)

    @property
    def shows_plans(self) -> bool:
        """Whether each row says which plan it is of."""
        return (self.many or len(self.plans) > 1) and not self.typed["plan"]

    @property
    def plan_names(self) -> dict[int, ListedPlan]:
        return {plan.id: plan for plan in self.plans}


def list_request(request: Request, session: Session, reader: Reader) -> ListRequest:
    """What the address asks for, in a few queries whatever the number of plans."""
    offered = offered_plans(session, reader)
    typed = {name: request.query_params.get(name, "").strip() for name in FIELDS}
    asked = ListRequest(typed, *offered)
    facts: dict[str, Any] = {}
    for read in (_read_plan, _read_programme, _read_lead, _read_year, _read_no_years, _read_text, _read_estimate):
        with collecting(asked.problems):
            facts |= read(session, reader, asked)
    choices = find_choices(request)
    with collecting(asked.problems):
        facts |= _read_lamp(session, reader, asked, choices)
    asked.chosen = ProjectFilter(**facts)
    with collecting(asked.problems):
        _read_order(asked, request)
    if (choices.looks_back or choices.edition != AS_CORRECTED) and not asked.problems:
        plan_id = None if asked.plan is None else asked.plan.id
        asked.source = listing_at(
            session, reader, choices.quarter, sort=asked.sort, plan_id=plan_id, edition=choices.edition
        )
    return asked


def _read_plan(session: Session, reader: Reader, asked: ListRequest) -> dict[str, Any]:
    code = asked.typed["plan"]
    if not code:
        # Who sees one plan only need not choose it to be offered its headings and departments.
        asked.plan = asked.plans[0] if len(asked.plans) == 1 else None
        return {}
    if asked.many:
        asked.plan = find_listed_plan(session, reader, code)
    else:
        asked.plan = next((plan for plan in asked.plans if plan.code == code), None)
    if asked.plan is None:
        expected = N_("一个规划的代码，如 xiaoyi") if asked.many else N_("列表中的一个规划")
        raise Invalid(field="plan", label=N_("规划"), found=code, expected=expected)
    asked.chips.append(Chip(N_("规划"), asked.plan.title, ("plan", "programme")))
    return {"plan_id": asked.plan.id}


def _read_programme(session: Session, reader: Reader, asked: ListRequest) -> dict[str, Any]:
    text = asked.typed["programme"]
    id_ = id_from_text(text)
    if id_ is not None and asked.plan is None:
        asked.plan = _plan_of_programme(session, reader, id_)
    if asked.plan is None:
        if text and not asked.problems:
            raise _no_programme(text)
        return {}
    tree = headings(session, {asked.plan.id})
    asked.programmes = _in_tree_order(tree.values())
    if not text:
        return {}
    if id_ not in tree:
        raise _no_programme(text)
    asked.chips.append(Chip(LABELS["programme_id"], tree[id_].path[-1][1], ("programme",)))
    return {"programme_id": id_}


def _plan_of_programme(session: Session, reader: Reader, programme_id: int) -> ListedPlan | None:
    plan_ids = session.exec(select(Programme.plan_id).where(Programme.id == programme_id)).all()
    return next(iter(listed_plans_of(session, reader, plan_ids)), None) if plan_ids else None


def _no_programme(text: str) -> Invalid:
    return Invalid(field="programme", label=LABELS["programme_id"], found=text, expected=N_("所选规划的一个类别"))


def _in_tree_order(found: Iterable[Heading]) -> list[Heading]:
    """Every heading after the one that it stands under."""
    return sorted(found, key=lambda heading: [id_ for id_, _ in heading.path])


def _read_lead(session: Session, reader: Reader, asked: ListRequest) -> dict[str, Any]:
    text = asked.typed["lead"]
    id_ = id_from_text(text)
    asked.leads = _leads(session, reader, asked, id_)
    if not text:
        return {}
    if text == NO_LEAD:
        asked.chips.append(Chip(LABELS["lead_id"], N_("规划未载明"), ("lead",), words=True))
        return {"no_lead": True}
    name = dict(asked.leads).get(id_ or 0)
    if name is None:
        raise Invalid(field="lead", label=LABELS["lead_id"], found=text, expected=N_("列表中的一个部门"))
    asked.chips.append(Chip(LABELS["lead_id"], name, ("lead",)))
    return {"lead_id": id_}


def _leads(session: Session, reader: Reader, asked: ListRequest, chosen: int | None) -> list[tuple[int, str]]:
    """The departments of the chosen plan's jurisdiction, and the one that is chosen, if a plan that the reader sees has it."""
    of = asked.plan.jurisdiction_code if asked.plan else None
    if of is None and chosen is None:
        return []
    return [(id_, name) for id_, name in session.execute(_leads_query(of, chosen, reader.plans_for("view")))]


@lru_cache(maxsize=512)
def _leads_query(of: str | None, chosen: int | None, seen: frozenset[int] | None) -> Select[Any]:
    department, plan = Department.__table__.c, Plan.__table__.c  # type: ignore[attr-defined]
    wanted = [] if of is None else [department.jurisdiction_code == of]
    if chosen is not None:
        places = select_columns(plan.jurisdiction_code)
        places = places if seen is None else places.where(plan.id.in_(seen))
        wanted.append(and_(department.id == chosen, department.jurisdiction_code.in_(places)))
    query = select_columns(department.id, department.name).where(or_(*wanted))
    return query.order_by(department.name_sort, department.id)


def _read_year(_session: Session, _reader: Reader, asked: ListRequest) -> dict[str, Any]:
    text = asked.typed["year"]
    if not text:
        return {}
    year = year_from_text(text, field="year", label=N_("年份"))
    asked.chips.append(Chip(N_("年份"), str(year), ("year",)))
    return {"year": year}


def _read_no_years(_session: Session, _reader: Reader, asked: ListRequest) -> dict[str, Any]:
    text = asked.typed["no_years"]
    if not text:
        return {}
    if text != "1":
        raise Invalid(field="no_years", label=N_("起止年限不全"), found=text, expected="1")
    asked.chips.append(Chip(N_("起止年限"), N_("不全"), ("no_years",), words=True))
    return {"no_years": True}


def year_from_text(text: str, *, field: str, label: str) -> int:
    """A year, in full-width digits too.

    Errors: Invalid.
    """
    typed = text.strip()  # which takes away more than int() does
    if typed.isdecimal() and len(typed) == 4 and EARLIEST_YEAR <= int(typed) <= LATEST_YEAR:
        return int(typed)
    raise Invalid(field=field, label=label, found=text, expected=f"{EARLIEST_YEAR}—{LATEST_YEAR}")


def _read_text(_session: Session, _reader: Reader, asked: ListRequest) -> dict[str, Any]:
    text = asked.typed["q"]
    if len(text) > LONGEST_SEARCH:
        raise TooLong(field="q", label=N_("文字"), found=len(text), limit=LONGEST_SEARCH)
    if text:
        asked.chips.append(Chip(N_("文字"), text, ("q",)))
    return {"text": text}


def _read_estimate(_session: Session, _reader: Reader, asked: ListRequest) -> dict[str, Any]:
    text = asked.typed["estimate"]
    if not text:
        return {}
    if text not in _WITH_OR_WITHOUT:
        raise Invalid(field="estimate", label=N_("投资估算"), found=text, expected=tuple(_WITH_OR_WITHOUT))
    word = N_("有投资估算") if _WITH_OR_WITHOUT[text] else N_("无投资估算")
    asked.chips.append(Chip(N_("投资估算"), word, ("estimate",), words=True))
    return {"has_estimate": _WITH_OR_WITHOUT[text]}


def _read_lamp(session: Session, reader: Reader, asked: ListRequest, choices: Choices) -> dict[str, Any]:
    """The projects of a colour; the lamps of everything that the reader sees are worked out for it, or of the chosen plan."""
    colour = asked.typed["lamp"]
    if not colour or asked.problems:
        return {}
    if colour not in COLOURS:
        raise Invalid(field="lamp", label=N_("亮灯"), found=colour, expected=tuple(COLOURS))
    if asked.many and asked.plan is None:
        raise Invalid(field="lamp", label=N_("亮灯"), found=colour, expected=N_("与一个规划的代码一起填写"))
    asked.chips.append(Chip(N_("亮灯"), COLOURS[colour], ("lamp",), words=True))
    plan_ids = None if asked.plan is None else frozenset({asked.plan.id})
    lamps = project_lamps(session, reader, Scope(choices.quarter, plan_ids, choices.edition))
    return {"project_ids": frozenset(id_ for id_, one in lamps.items() if one.colour == colour)}


def _read_order(asked: ListRequest, request: Request) -> None:
    sort, direction = request.query_params.get("sort") or "order", request.query_params.get("dir") or "asc"
    if sort not in SORTS:
        raise Invalid(field="sort", label=N_("排序"), found=sort, expected=tuple(SORTS))
    if direction not in ("asc", "desc"):
        raise Invalid(field="dir", label=N_("排序方向"), found=direction, expected=("asc", "desc"))
    asked.sort, asked.descending = sort, direction == "desc"
    asked.after = place_from_text(request.query_params.get(PAGE_PLACE, ""), sort, asked.descending)
