"""What must be true of a quantity of works before it is written, and how what was typed becomes a row."""

from datetime import date
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core import degrees
from core.calendar import quarter_of
from core.errors import N_, Broken, Invalid, SeveralBroken
from core.text import checked_text, matching_key, needed_text
from core.units import MICRO, converted, micro_from_text, text_from_micro, unit_name
from milestones import geojson
from milestones.quantities import Measure, check_dimension
from milestones.quantity_values import plain_number
from milestones.work_balances import quantity_of, taken_of
from milestones.work_context import clashing_report, largest_known
from milestones.works import CAUSES, CLAIMED, ENTRY, LOST, NOT_APPLICABLE, SURVIVING, VERIFIED, NewWork, WorkEntry
from portfolio.projects import Project
from portfolio.reviewing import check_day

LABELS = {
    "measure_id": N_("工程量指标"),
    "quantity": N_("数量"),
    "unit": N_("计量单位"),
    "occurred_on": N_("日期"),
    "not_applicable": N_("不适用"),
    "place": N_("地点"),
    "plot": N_("小班号"),
    **degrees.LABELS,
    "geometry": geojson.LABEL,
    "document": N_("依据文件"),
    "note": N_("说明"),
    "cause": N_("损失原因"),
    "correction_reason": N_("更正理由"),
}
_LIMITS = {"place": 400, "plot": 80, "document": 200, "note": 2000, "correction_reason": 1000}
EARLIEST_DAY = date(1990, 1, 1)
# The territory of a province in square metres is a hundred times less than this; sums of many of them still fit.
LARGEST_QUANTITY = 10**10
# 万 typed by mistake makes a quantity ten thousand times what it is. A report is seldom less than a hundredth of what the
# project is to deliver or of what it reported before, so that from a hundredfold of these on the slip is likely, and asked about.
JUMP = 100


class JumpOfTenThousand(Broken):
    sentence = N_(
        "数量填写的是 %(found)s，而%(known)s是 %(reference)s，前者是后者的 %(times)s 倍，可能多写了“万”。"
        "请核对数量和单位；确实如此的，请勾选“数量无误”后再保存。"
    )


class NotApplicableWithQuantity(Broken):
    sentence = N_("勾选了“不适用”，数量却填写了 %(found)s；不适用的没有数量，没有完成的填 0。")


class BesideNotApplicable(Broken):
    sentence = N_("第 %(id)s 号已报本季度该指标“不适用”，不能再填数量；如有错误请先冲销或退回该号。")


class BesideQuantity(Broken):
    sentence = N_("第 %(id)s 号已报本季度该指标的数量或“不适用”，不能再填“不适用”；如有错误请先冲销或退回该号。")


class BeforeTheFirst(Broken):
    sentence = N_("日期填写的是 %(found)s，应不早于第 %(id)s 号的日期 %(first)s。")


class MoreThanClaimed(Broken):
    sentence = N_("核实合格填写的是 %(found)s，应不超过 %(left)s：第 %(id)s 号上报 %(whole)s，其中 %(taken)s 已核实。")


class MoreThanVerified(Broken):
    sentence = N_(
        "保存填写的是 %(found)s，应不超过 %(left)s：第 %(id)s 号核实合格 %(whole)s，其中 %(taken)s 已计入保存。"
    )


class MoreThanAlive(Broken):
    sentence = N_(
        "损失填写的是 %(found)s，应不超过 %(left)s：第 %(id)s 号检查时保存 %(whole)s，其中 %(taken)s 已报损失。"
    )


_MORE_THAN: dict[str, type[Broken]] = {VERIFIED: MoreThanClaimed, SURVIVING: MoreThanVerified, LOST: MoreThanAlive}


def checked_work(
    session: Session,
    project: Project,
    new: NewWork,
    tier: str,
    *,
    base: WorkEntry | None = None,
    instead_of: WorkEntry | None = None,
    alone: bool = False,
    day_fits: bool = False,
) -> dict[str, Any]:
    """The columns that a quantity of works fills. `base` is what it is built upon, `instead_of` the draft that it changes.

    `alone`: the caller looked already, and nothing was reported of the measure in the quarter. `day_fits`: a report of the same
    plan, day and reason was found to be in order before.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems: list[Broken] = []

    def read(check: Any, *args: Any, **named: Any) -> Any:
        try:
            return check(*args, **named)
        except Broken as problem:
            problems.append(problem)
            return None

    kept: dict[str, Any] = {"tier": tier, "based_on_id": None if base is None else base.id}
    for field, limit in _LIMITS.items():
        kept[field] = read(checked_text, getattr(new, field), field=field, label=LABELS[field], limit=limit)
    kept["plot_key"] = plot_key(kept["plot"])
    kept["cause"] = read(_cause, new, tier)
    measure = read(_measure, session, new, base)
    kept["measure_id"] = new.measure_id
    kept["unit"] = read(_unit, new.unit, measure)
    kept["quantity_micro"] = read(_quantity_micro, new, tier)
    kept["kind"] = NOT_APPLICABLE if new.not_applicable else ENTRY
    kept["occurred_on"], kept["occurred_quarter"] = new.occurred_on, quarter_of(new.occurred_on)
    if not day_fits:
        read(_check_day, session, project, new, base)
    point = read(degrees.point_micro, new.latitude, new.longitude)
    kept["latitude_micro"], kept["longitude_micro"] = point or (None, None)
    kept["geometry"] = read(geojson.checked_geometry, new.geometry)
    known = measure is not None and kept["unit"] is not None
    except_id = None if instead_of is None else instead_of.id
    if known and kept["quantity_micro"] is not None:
        if base is not None:
            read(_check_within, session, base, kept, except_id)
        elif not new.as_typed:
            read(_check_jump, session, project, kept, except_id)
    if measure is not None and base is None and not alone:
        read(_check_beside, session, project, kept, except_id)
    if problems:
        raise SeveralBroken(problems)
    return kept


def plot_key(plot: str | None) -> str | None:
    """The code of a plot (小班) as it is compared."""
    return None if not plot else matching_key(plot)[:80] or None


def as_new(row: WorkEntry) -> NewWork:
    """What was typed of a row, and confirmed when it was saved."""
    north, east = row.latitude_micro, row.longitude_micro
    return NewWork(
        measure_id=row.measure_id,
        quantity=None if row.quantity_micro is None else text_from_micro(row.quantity_micro),
        unit=row.unit,
        occurred_on=row.occurred_on,
        not_applicable=row.kind == NOT_APPLICABLE,
        latitude=None if north is None else degrees.degrees_text(north),
        longitude=None if east is None else degrees.degrees_text(east),
        place=row.place,
        plot=row.plot,
        geometry=row.geometry,
        document=row.document,
        note=row.note,
        cause=row.cause,
        correction_reason=row.correction_reason,
        as_typed=True,
    )


def amount_text(value: Fraction, unit: str) -> str:
    """A quantity with its unit, to millionths."""
    return f"{text_from_micro(round(value * MICRO))} {unit}"


def _cause(new: NewWork, tier: str) -> str | None:
    if tier == LOST:
        return needed_text(new.cause, field="cause", label=LABELS["cause"], limit=200)
    if (new.cause or "").strip():
        expected = N_("空；只有损失才填写原因")
        raise Invalid(field="cause", label=LABELS["cause"], found=new.cause or "", expected=expected)
    return None


def cause_in_words(cause: str) -> str:
    """What caused a loss, to be translated; free text comes back as it is."""
    return CAUSES.get(cause, cause)


def _measure(session: Session, new: NewWork, base: WorkEntry | None) -> Measure:
    found = session.get(Measure, new.measure_id) if 0 < new.measure_id < 2**31 else None
    if found is None:
        expected = N_("列表中的一个工程量指标")
        raise Invalid(field="measure_id", label=LABELS["measure_id"], found=str(new.measure_id), expected=expected)
    if base is not None and found.id != base.measure_id:
        expected = session.get_one(Measure, base.measure_id).name
        raise Invalid(field="measure_id", label=LABELS["measure_id"], found=found.name, expected=expected)
    return found


def _unit(text: str, measure: Measure | None) -> str:
    """Errors: Missing, UnknownUnit, OtherDimension."""
    kept = unit_name(needed_text(text, field="unit", label=LABELS["unit"], limit=40))
    if measure is not None:
        check_dimension(measure, kept)
    return kept


def _quantity_micro(new: NewWork, tier: str) -> int | None:
    """Millionths of the unit typed; None for 不适用."""
    typed = (new.quantity or "").strip()
    if new.not_applicable:
        if tier != CLAIMED:
            expected = N_("不勾选；只有上报可以填“不适用”")
            raise Invalid(field="not_applicable", label=LABELS["not_applicable"], found=N_("是"), expected=expected)
        if typed:
            raise NotApplicableWithQuantity(field="quantity", found=typed[:40])
        return None
    micro = micro_from_text(plain_number(typed, field="quantity", label=LABELS["quantity"]))
    if micro > LARGEST_QUANTITY * MICRO:
        raise Invalid(field="quantity", label=LABELS["quantity"], found=typed, expected=N_("不超过 100 亿的数"))
    return micro


def _check_day(session: Session, project: Project, new: NewWork, base: WorkEntry | None) -> None:
    if new.occurred_on < EARLIEST_DAY:
        found, expected = new.occurred_on.isoformat(), N_("1990 年以后的日期")
        raise Invalid(field="occurred_on", label=LABELS["occurred_on"], found=found, expected=expected)
    if base is not None and new.occurred_on < base.occurred_on:
        found, first = new.occurred_on.isoformat(), base.occurred_on.isoformat()
        raise BeforeTheFirst(field="occurred_on", found=found, id=base.id, first=first)
    check_day(session, project.plan_id, new)


def _check_within(session: Session, base: WorkEntry, kept: dict[str, Any], except_id: int | None) -> None:
    """What is built upon a row stays within it."""
    value = Fraction(kept["quantity_micro"], MICRO)
    taken = taken_of(session, base, except_id=except_id)
    left = quantity_of(base) - taken
    if converted(value, kept["unit"], base.unit) > left:
        raise _MORE_THAN[kept["tier"]](
            field="quantity",
            found=amount_text(value, kept["unit"]),
            left=amount_text(left, base.unit),
            id=base.id,
            whole=amount_text(quantity_of(base), base.unit),
            taken=amount_text(taken, base.unit),
        )


def _check_jump(session: Session, project: Project, kept: dict[str, Any], except_id: int | None) -> None:
    known = largest_known(session, project, kept["measure_id"], kept["unit"], except_id=except_id)
    value = Fraction(kept["quantity_micro"], MICRO)
    if known is None or value < JUMP * known.value:
        return
    raise JumpOfTenThousand(
        field="quantity",
        found=amount_text(value, kept["unit"]),
        known=known.name,
        reference=amount_text(converted(known.value, kept["unit"], known.unit), known.unit),
        times=int(value / known.value),
    )


def _check_beside(session: Session, project: Project, kept: dict[str, Any], except_id: int | None) -> None:
    """A quantity and 不适用 of one measure never stand beside each other in a quarter."""
    id_ = clashing_report(session, project, kept, except_id=except_id)
    if id_ is not None and kept["kind"] == NOT_APPLICABLE:
        raise BesideQuantity(field="not_applicable", id=id_)
    if id_ is not None:
        raise BesideNotApplicable(field="quantity", id=id_)
