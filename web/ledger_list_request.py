"""What the ledger's list is narrowed to, read from the address, with the choices that its form offers."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from fastapi import Request
from sqlmodel import Session, col, select

from budgets.cell_texts import date_from_text
from budgets.entries import KINDS, STAGES, STATES
from budgets.ledger_list import Cursor, LedgerFilter
from budgets.sources import SourceNode, source_tree
from core.calendar import period_from_text
from core.errors import N_, Broken, Invalid, TooLong
from core.money import UNITS, fen_from_text
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.facts import AS_ISSUED
from portfolio.plans import Heading, headings
from web.choices import PAGE_PLACE, Choices, find_choices
from web.forms import collecting, id_from_text
from web.ledger_places import place_from_text
from web.listed_plans import ListedPlan, find_listed_plan, offered_plans
from web.project_filters import Chip

FIELDS = (
    *("plan", "project", "programme", "stage", "state", "kind", "source", "department", "since", "until", "q"),
    *("least", "most", "amount_unit", "mine", "import", "posted"),
)
LONGEST_SEARCH = 100
NO_SOURCE = "none"
LABELS = {
    "plan": N_("规划"),
    "project": N_("项目"),
    "programme": N_("规划类别"),
    "stage": N_("环节"),
    "state": N_("状态"),
    "kind": N_("类型"),
    "source": N_("资金来源"),
    "department": N_("牵头部门"),
    "since": N_("发生日期自"),
    "until": N_("发生日期至"),
    "q": N_("文号或摘要"),
    "least": N_("金额不低于"),
    "most": N_("金额不高于"),
    "mine": N_("只看本人填写的"),
    "import": N_("导入批次"),
    "posted": N_("入账截至"),
}


@dataclass
class LedgerRequest:
    """The list that an address asks for. With `problems` there is nothing to list; the form shows them."""

    typed: dict[str, str]
    plans: list[ListedPlan]
    many: bool
    chosen: LedgerFilter
    tree: list[SourceNode]
    path: str = "/money/ledger"
    plan: ListedPlan | None = None
    programmes: list[Heading] = field(default_factory=list)
    departments: list[tuple[int, str]] = field(default_factory=list)
    descending: bool = True
    after: Cursor | None = None
    chips: list[Chip] = field(default_factory=list)
    problems: list[Broken] = field(default_factory=list)

    @property
    def parameters(self) -> dict[str, str]:
        """What the address says about filter and order, without what is empty or goes without saying."""
        kept = {name: text for name, text in self.typed.items() if text}
        if not (kept.get("least") or kept.get("most")):
            kept.pop("amount_unit", None)
        return kept if self.descending else kept | {"dir": "asc"}

    def address(self, choices: Choices, path: str | None = None, /, **changes: Any) -> str:
        """An address of this list with some of its parameters changed; it starts at the first page again."""
        return choices.url(path or self.path, **self.parameters | changes)

    @property
    def shows_plans(self) -> bool:
        return (self.many or len(self.plans) > 1) and not self.typed["plan"]


def as_of(choices: Choices) -> dict[str, Any]:
    """What narrows the ledger to the quarter that the page looks back to: by business day or, as issued, by posting."""
    return {"posted_until" if choices.edition == AS_ISSUED else "until_quarter": choices.as_of}


def ledger_request(request: Request, session: Session, reader: Reader, **fixed: Any) -> LedgerRequest:
    """What the address asks for, in a few queries whatever the number of plans. `fixed` narrows the list besides."""
    choices = find_choices(request)
    typed = {name: request.query_params.get(name, "").strip() for name in FIELDS}
    typed["amount_unit"] = typed["amount_unit"] or choices.unit
    offered = offered_plans(session, reader)
    chosen = LedgerFilter(choices.quarter, **as_of(choices))
    asked = LedgerRequest(typed, offered.plans, offered.many, chosen, source_tree(session), request.scope["path"])
    facts: dict[str, Any] = {}
    for read in (_read_plan, _read_programme, _read_department):
        with collecting(asked.problems):
            facts |= read(session, reader, asked)
    for look in (_read_known, _read_source, _read_days, _read_texts, _read_amounts, _read_rest):
        with collecting(asked.problems):
            facts |= look(asked)
    if typed["mine"]:
        facts["recorded_by"] = (reader.actor.id, reader.actor.name)
        asked.chips.append(Chip(LABELS["mine"], N_("是"), ("mine",), words=True))
    with collecting(asked.problems):
        asked.descending = _is_descending(request)
        asked.after = place_from_text(request.query_params.get(PAGE_PLACE, ""))
    asked.chosen = replace(chosen, **facts | fixed)
    return asked


def _read_plan(session: Session, reader: Reader, asked: LedgerRequest) -> dict[str, Any]:
    code = asked.typed["plan"]
    if not code:
        asked.plan = asked.plans[0] if len(asked.plans) == 1 else None
        return {}
    if asked.many:
        asked.plan = find_listed_plan(session, reader, code)
    else:
        asked.plan = next((plan for plan in asked.plans if plan.code == code), None)
    if asked.plan is None:
        raise Invalid(field="plan", label=LABELS["plan"], found=code, expected=N_("列表中的一个规划"))
    asked.chips.append(Chip(LABELS["plan"], asked.plan.title, ("plan", "programme", "department")))
    return {"plan_id": asked.plan.id}


def _read_programme(session: Session, _reader: Reader, asked: LedgerRequest) -> dict[str, Any]:
    if asked.plan is None:
        return {}
    tree = headings(session, {asked.plan.id})
    asked.programmes = sorted(tree.values(), key=lambda heading: [id_ for id_, _ in heading.path])
    text = asked.typed["programme"]
    if not text:
        return {}
    id_ = id_from_text(text)
    if id_ not in tree:
        expected = N_("所选规划的一个类别")
        raise Invalid(field="programme", label=LABELS["programme"], found=text, expected=expected)
    asked.chips.append(Chip(LABELS["programme"], tree[id_].path[-1][1], ("programme",)))
    below = frozenset(one.id for one in tree.values() if any(id_ == above for above, _ in one.path))
    return {"programme_ids": below}


def _read_department(session: Session, _reader: Reader, asked: LedgerRequest) -> dict[str, Any]:
    if asked.plan is None:
        return {}
    rows = session.exec(
        select(Department.id, Department.name)
        .where(Department.jurisdiction_code == asked.plan.jurisdiction_code)
        .order_by(col(Department.name_sort), col(Department.id))
    )
    asked.departments = [(id_, name) for id_, name in rows if id_ is not None]
    text = asked.typed["department"]
    if not text:
        return {}
    id_ = id_from_text(text)
    name = dict(asked.departments).get(id_ or 0)
    if name is None:
        expected = N_("列表中的一个部门")
        raise Invalid(field="department", label=LABELS["department"], found=text, expected=expected)
    asked.chips.append(Chip(LABELS["department"], name, ("department",)))
    return {"department_id": id_}


def _read_known(asked: LedgerRequest) -> dict[str, Any]:
    """The filters with a short list of values each."""
    found: dict[str, Any] = {}
    for name, known in (("stage", STAGES), ("state", STATES), ("kind", KINDS)):
        text = asked.typed[name]
        if not text:
            continue
        if text not in known:
            raise Invalid(field=name, label=LABELS[name], found=text, expected=tuple(known.values()))
        asked.chips.append(Chip(LABELS[name], known[text], (name,), words=True))
        found[name] = text
    return found


def _read_source(asked: LedgerRequest) -> dict[str, Any]:
    """A source, or a heading with all that stands below it."""
    text = asked.typed["source"]
    if not text:
        return {}
    if text == NO_SOURCE:
        asked.chips.append(Chip(LABELS["source"], N_("未注明来源"), ("source",), words=True))
        return {"no_source": True}
    node = next((node for node in asked.tree if str(node.id) == text), None)
    if node is None:
        raise Invalid(field="source", label=LABELS["source"], found=text, expected=N_("资金来源表中的一项"))
    asked.chips.append(Chip(LABELS["source"], node.source.name, ("source",)))
    return {"source_ids": frozenset(one.id for one in asked.tree if one.path[: node.depth] == node.path)}


def _read_days(asked: LedgerRequest) -> dict[str, Any]:
    found: dict[str, date] = {}
    for name, column in (("since", "first_on"), ("until", "last_on")):
        if asked.typed[name]:
            day = date_from_text(asked.typed[name], field=name, label=LABELS[name])
            asked.chips.append(Chip(LABELS[name], day.isoformat(), (name,), words=True))
            found[column] = day
    if len(found) == 2 and found["first_on"] > found["last_on"]:
        expected = N_("不早于起始日期的日期")
        raise Invalid(field="until", label=LABELS["until"], found=asked.typed["until"], expected=expected)
    return found


def _read_texts(asked: LedgerRequest) -> dict[str, Any]:
    found: dict[str, str] = {}
    for name, column in (("q", "text"), ("project", "project_text")):
        text = asked.typed[name]
        if len(text) > LONGEST_SEARCH:
            raise TooLong(field=name, label=LABELS[name], found=len(text), limit=LONGEST_SEARCH)
        if text:
            asked.chips.append(Chip(LABELS[name], text, (name,)))
            found[column] = text
    return found


def _read_amounts(asked: LedgerRequest) -> dict[str, Any]:
    unit = asked.typed["amount_unit"]
    if unit not in UNITS:
        raise Invalid(field="amount_unit", label=N_("金额单位"), found=unit, expected=UNITS)
    found: dict[str, int] = {}
    for name, column in (("least", "least_fen"), ("most", "most_fen")):
        if asked.typed[name]:
            found[column] = fen_from_text(asked.typed[name], unit, label=LABELS[name], field=name)
            asked.chips.append(Chip(LABELS[name], f"{asked.typed[name]} {unit}", (name,), words=True))
    return found


def _read_rest(asked: LedgerRequest) -> dict[str, Any]:
    """Where other pages lead here: the entries of one import, or those posted by the end of a quarter."""
    found: dict[str, Any] = {}
    if text := asked.typed["posted"]:
        period = period_from_text(text, field="posted")
        asked.chips.append(Chip(LABELS["posted"], str(period), ("posted",), words=True))
        found["posted_until"] = period.last_quarter
    if text := asked.typed["import"]:
        found["import_id"] = id_from_text(text)
        if found["import_id"] is None:
            raise Invalid(field="import", label=LABELS["import"], found=text, expected=N_("导入批次的编号"))
        asked.chips.append(Chip(LABELS["import"], text, ("import",), words=True))
    return found


def _is_descending(request: Request) -> bool:
    text = request.query_params.get("dir") or "desc"
    if text not in ("asc", "desc"):
        raise Invalid(field="dir", label=N_("排序方向"), found=text, expected=("asc", "desc"))
    return text == "desc"
