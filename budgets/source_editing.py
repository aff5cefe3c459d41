"""Editing the tree of funding sources: new ones, new names and places, retired ones. None is ever deleted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from sqlmodel import Session, col, select

from budgets.entries import LedgerEntry
from budgets.lines import BudgetLine
from budgets.sources import LISTS, FundingSource
from core import audit
from core.audit import Actor
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken, Stale
from core.text import checked_text, matching_key, needed_text
from portfolio.citations import mark_supplied

DEEPEST = 3
LAST_PLACE = 9_999
LABELS = {
    "key": N_("代码"),
    "pending": N_("资金渠道待定"),
    "name": N_("名称"),
    "name_en": N_("英文名称"),
    "parent_id": N_("上级"),
    "position": N_("顺序"),
    "fiscal": N_("财政资金"),
    "retired": N_("停用"),
} | LISTS
_LIMITS = {"name": 60, "name_en": 80} | dict.fromkeys(LISTS, 60)


@dataclass(frozen=True)
class SourceValues:
    """What a person may set about a source. `dispatch`, `finance` and `public` are its lines in the three lists."""

    name: str
    name_en: str
    parent_id: int | None
    position: int
    fiscal: bool
    dispatch: str | None = None
    finance: str | None = None
    public: str | None = None
    retired: bool = False


class SourceTaken(Broken):
    status = 409
    sentence = N_("已有同名的资金来源“%(found)s”。")


class SourceLoop(Broken):
    sentence = N_("资金来源“%(found)s”不能放在自己或自己的下级之下，最多三级。")


class HoldsMoney(Broken):
    status = 409
    sentence = N_("“%(found)s”已有记账，不能在它下面再分来源。请另设一个大类。")


class FiscalFixed(Broken):
    status = 409
    sentence = N_("“%(found)s”已有记账，改变是否属于财政资金会改动以往的预算执行率。请停用它，另设一个来源。")


class BelowRetired(Broken):
    sentence = N_("上级“%(found)s”已停用，下面不能有在用的来源。")


class StillUsed(Broken):
    sentence = N_("“%(found)s”下面还有在用的来源：%(below)s。请先停用或移走它们。")


class NoOtherPending(Broken):
    sentence = N_("“%(found)s”代表还没有落实的资金，不能停用，也不能算作财政资金。")


def source_values(row: FundingSource) -> SourceValues:
    """What holds for a source."""
    return SourceValues(**{name: getattr(row, name) for name in SourceValues.__dataclass_fields__})


def add_source(
    session: Session,
    key: str | None,
    values: SourceValues,
    *,
    pending: bool = False,
    reason: str | None = None,
    by: Actor,
) -> FundingSource:
    """A new source; without a key it is given the next free one.

    Errors: SeveralBroken; SourceTaken; SourceLoop when it would stand too deep; HoldsMoney; BelowRetired.
    """
    values = _checked(session, values, None)
    key = key or _next_key(session)
    row = FundingSource(key=key, pending=pending, name_key=matching_key(values.name), **asdict(values))
    session.add(row)
    session.flush()
    assert row.id is not None
    audit.record(
        session, "create", "funding_source", row.id, after={"key": key, **asdict(values)}, reason=reason, by=by
    )
    return row


def _next_key(session: Session) -> str:
    keys = session.exec(select(FundingSource.key).where(col(FundingSource.key).startswith("source-"))).all()
    numbers = [int(tail) for key in keys if (tail := key.removeprefix("source-")).isdecimal()]
    return f"source-{max(numbers, default=0) + 1}"


def edit_source(
    session: Session, row: FundingSource, values: SourceValues, *, expected_version: int, reason: str, by: Actor
) -> bool:
    """Brings a source to the values; whether anything changed comes back. What was recorded on it stays on it.

    Errors: Stale, Missing, SeveralBroken, SourceTaken, SourceLoop, HoldsMoney, FiscalFixed, BelowRetired, StillUsed.
    """
    session.refresh(row, with_for_update=True)
    assert row.id is not None
    if row.row_version != expected_version:
        raise Stale(who=audit.last_actor(session, "funding_source", row.id))
    problems: list[Broken] = []
    try:
        values = _checked(session, values, row.id)
    except SeveralBroken as several:
        problems = several.problems
    try:
        why = needed_text(reason, field="reason", label=N_("修改原因"), limit=1000)
    except Broken as problem:
        problems.append(problem)
    if problems:
        raise SeveralBroken(problems)
    before, after = asdict(source_values(row)), asdict(values)
    changed = [name for name in after if before[name] != after[name]]
    if not changed:
        return False
    _check_change(session, row, values)
    for name in changed:
        setattr(row, name, after[name])
    row.name_key = matching_key(values.name)
    row.row_version += 1
    session.add(row)
    # The seed file does not overwrite what a person changed.
    for name in [*changed, *(["name_key"] if "name" in changed else [])]:
        mark_supplied(session, "funding_source", row.id, name, document=None, reason=why, by=by)
    audit.record(session, "edit", "funding_source", row.id, before=before, after=after, reason=why, by=by)
    session.flush()
    return True


def _check_change(session: Session, row: FundingSource, values: SourceValues) -> None:
    if row.pending and (values.retired or values.fiscal):
        raise NoOtherPending(field="retired" if values.retired else "fiscal", found=row.name)
    if values.fiscal != row.fiscal and holds_money(session, row.id):
        raise FiscalFixed(field="fiscal", found=row.name)
    if values.retired and not row.retired:
        below = select(FundingSource.name).where(
            FundingSource.parent_id == row.id, col(FundingSource.retired).is_(False)
        )
        names = session.exec(below.order_by(col(FundingSource.position), col(FundingSource.id))).all()
        if names:
            raise StillUsed(field="retired", found=row.name, below=tuple(names))


def _checked(session: Session, values: SourceValues, own_id: int | None) -> SourceValues:
    """The values without blanks around their texts.

    Errors: SeveralBroken with every field that cannot be accepted; SourceTaken, SourceLoop, HoldsMoney, BelowRetired.
    """
    problems: list[Broken] = []
    texts: dict[str, str | None] = {}
    for field, limit in _LIMITS.items():
        check = needed_text if field in ("name", "name_en") else checked_text
        try:
            texts[field] = check(getattr(values, field), field=field, label=LABELS[field], limit=limit)
        except Broken as problem:
            problems.append(problem)
    if not 0 <= values.position <= LAST_PLACE:
        expected = f"0—{LAST_PLACE}"
        problems.append(
            Invalid(field="position", label=LABELS["position"], found=str(values.position), expected=expected)
        )
    if problems:
        raise SeveralBroken(problems)
    values = replace(values, **texts)  # type: ignore[arg-type]
    twin = session.exec(select(FundingSource).where(FundingSource.name_key == matching_key(values.name))).first()
    if twin is not None and twin.id != own_id:
        raise SourceTaken(field="name", found=twin.name)
    _check_place(session, values, own_id)
    return values


def _check_place(session: Session, values: SourceValues, own_id: int | None) -> None:
    """A source stands below a heading that exists, never below itself, at most three deep."""
    if values.parent_id is None:
        return
    parents: Mapping[int, int | None] = {
        id_: parent
        for id_, parent in session.exec(select(FundingSource.id, FundingSource.parent_id))
        if id_ is not None
    }
    if values.parent_id not in parents:
        raise Missing(field="parent_id", label=LABELS["parent_id"])
    above, here = [values.parent_id], parents[values.parent_id]
    while here is not None:
        above.append(here)
        here = parents[here]
    if own_id in above or len(above) + _height(parents, own_id) > DEEPEST:
        raise SourceLoop(field="parent_id", found=values.name)
    # Whoever records money on the new heading holds its row; from here on they wait, and find it a heading.
    heading = session.exec(select(FundingSource).where(FundingSource.id == values.parent_id).with_for_update()).one()
    if heading.retired and not values.retired:
        raise BelowRetired(field="parent_id", found=heading.name)
    if heading.pending or holds_money(session, heading.id):
        raise HoldsMoney(field="parent_id", found=heading.name)


def holds_money(session: Session, source_id: int | None) -> bool:
    """Whether an entry or budget line names the source, in whatever state."""
    return any(
        session.exec(select(table.id).where(table.source_id == source_id).limit(1)).first() is not None
        for table in (LedgerEntry, BudgetLine)
    )


def _height(parents: Mapping[int, int | None], id_: int | None) -> int:
    """How many levels a source and what stands below it take; 1 for a new one."""
    if id_ is None:
        return 1
    return 1 + max((_height(parents, child) for child, parent in parents.items() if parent == id_), default=0)
