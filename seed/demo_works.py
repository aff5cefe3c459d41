"""The made-up works: what is reported each quarter, verified with a cut, found alive a year later, lost, reversed, left waiting.

Only calculates. Works follow the building of their leaf (demo_records.DemoTrack). Nothing here is a fact about any real place;
codes, places and documents say so.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

from seed.demo_records import FIRST, LAST, LAST_DAY, LAST_FINISH, DemoTrack, later

AFFORESTED, RESTORED = "营造林面积", "退化林修复面积"
_PLANTED = {AFFORESTED: "造林小班", RESTORED: "修复小班"}  # found alive or not; what their plots are called
_STEPS = {"平方米": Fraction(100), "公里": Fraction(1, 10), "立方米/日": Fraction(100)}  # else whole ones
_TOWNS = ("兑镇镇", "阳泉曲镇", "下堡镇", "西辛庄镇", "高阳镇", "柱濮镇", "南阳乡", "杜村乡", "驿马乡")
_BEHIND = ("xiaoyi-32",)  # whose works lag far behind its money
_NOT_APPLICABLE = ("xiaoyi-02", "湿地面积", "平方米")  # which builds stations only
_STAGES = ("before", "during", "after")


@dataclass(frozen=True)
class DemoTask:
    """What a leaf is to deliver of one measure. `unit` is the one in which it is reported; `counted` in whole ones."""

    leaf: str
    measure: str
    planned: Fraction
    unit: str


@dataclass(frozen=True)
class DemoLook:
    """A second look at a quantity: how much of it was found, on a day."""

    quantity: Fraction
    on: date
    note: str | None = None


@dataclass(frozen=True)
class DemoClaim:
    """A report of works and everything that follows from it. `quantity` None: 不适用.

    `lost` is a loss found after the survival check or, with `lost_early`, before any. `reversed_because` undoes the report.
    """

    leaf: str
    measure: str
    quantity: Fraction | None
    unit: str
    on: date
    place: str | None = None
    plot: str | None = None
    note: str | None = None
    fate: str = "approved"
    verified: DemoLook | None = None
    alive: DemoLook | None = None
    lost: DemoLook | None = None
    lost_early: bool = False
    cause: str | None = None
    reversed_because: str | None = None
    photos: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class ExtraTask:
    """A quantity that the plan does not state and the made-up design of a project does."""

    leaf: str
    measure: str
    value: str
    unit: str


EXTRA_TASKS = (
    ExtraTask("xiaoyi-05", "矿山生态修复面积", "3200", "亩"),
    ExtraTask("xiaoyi-06", "坡耕地治理面积", "12000", "亩"),
    ExtraTask("xiaoyi-07", "缓冲带长度", "18", "公里"),
    ExtraTask("xiaoyi-08", "河道整治长度", "9.6", "公里"),
    ExtraTask("xiaoyi-10-1", "污水管网长度", "186", "公里"),
    ExtraTask("xiaoyi-10-2", "矿井水处理能力", "60000", "立方米/日"),
    ExtraTask("xiaoyi-10-3", "雨水管网长度", "74", "公里"),
    ExtraTask("xiaoyi-29", "充电桩数", "320", "个"),
    ExtraTask("xiaoyi-32", "节能改造企业数", "45", "家"),
)


def works(tracks: Sequence[DemoTrack], tasks: Sequence[DemoTask], seed: int) -> list[DemoClaim]:
    """Every report in the order of its day, with what follows from it."""
    chance = random.Random(f"{seed} works")  # noqa: S311 (the same seed is to give the same history)
    by_leaf = {track.leaf.code: track for track in tracks}
    found: list[DemoClaim] = []
    for task in tasks:
        found += _claims(by_leaf[task.leaf], task, chance)
    if _NOT_APPLICABLE[0] in by_leaf:
        leaf, measure, unit = _NOT_APPLICABLE
        note = "本项目只建监测站点，不涉及湿地面积（演示）"
        found.append(DemoClaim(leaf, measure, None, unit, date(2023, 6, 24), note=note))
    return sorted(_with_slips(_with_losses(found), chance), key=lambda one: (one.on, one.leaf, one.measure))


def _claims(track: DemoTrack, task: DemoTask, chance: random.Random) -> Iterator[DemoClaim]:
    """Quarter by quarter what was done since the last report; planting in spring and autumn only."""
    step = _STEPS.get(task.unit, Fraction(1))
    ahead = Fraction(2, 5) if task.leaf in _BEHIND else Fraction(chance.randint(97, 103), 100)
    planted, so_far, number, quarter = task.measure in _PLANTED, Fraction(0), 0, FIRST
    while quarter <= LAST:
        wanted = _down(min(task.planned * Fraction(103, 100), task.planned * track.share(quarter) * ahead), step)
        if track.finished_on is not None and track.share(quarter) == 1:
            wanted = max(wanted, _down(task.planned * Fraction(95, 100), step), min(task.planned, step))
        season = not planted or quarter % 2 == 0
        if wanted > so_far and season:
            number += 1
            town = chance.choice(_TOWNS)
            claim = DemoClaim(
                leaf=task.leaf,
                measure=task.measure,
                quantity=wanted - so_far,
                unit=task.unit,
                on=_day(quarter, chance),
                place=f"{town}（演示）",
                plot=f"演示{_PLANTED[task.measure]}{task.leaf.partition('-')[2]}-{number:03d}" if planted else None,
                fate=_fate(quarter, chance),
                photos=_STAGES if planted and number in (1, 3) else _STAGES[1:] if number == 2 else (),
            )
            so_far = wanted
            yield _looked_at(claim, step, planted=planted, chance=chance)
        elif quarter % 10 == 1 and so_far == 0 and track.begun_on is not None and task.measure == AFFORESTED:
            note = "冬季未施工，本季完成量为 0（演示）"
            yield DemoClaim(task.leaf, task.measure, Fraction(0), task.unit, _day(quarter, chance), note=note)
        quarter = later(quarter, 1)


def _looked_at(claim: DemoClaim, step: Fraction, *, planted: bool, chance: random.Random) -> DemoClaim:
    """Most reports are verified within a quarter, some with a cut; what was planted is looked at again after a year."""
    on = claim.on + timedelta(chance.randint(12, 75))
    share = chance.choice((100, 100, 100, 98, 96, 93, 90))
    left_open = chance.random() > 0.9
    if claim.fate != "approved" or on > LAST_DAY or left_open or claim.quantity is None:
        return claim
    quantity = _down(claim.quantity * Fraction(share, 100), step) or claim.quantity
    cut = "现场抽查核减（演示）" if quantity < claim.quantity else None
    claim = replace(claim, verified=DemoLook(quantity, on, cut))
    again = on + timedelta(365 + chance.randint(0, 30))
    alive = _down(quantity * Fraction(chance.randint(83, 96), 100), step)
    if not planted or again > LAST_DAY:
        return claim
    return replace(claim, alive=DemoLook(alive, again, "样地调查保存率（演示）"))


def _with_losses(claims: Sequence[DemoClaim]) -> list[DemoClaim]:
    """A fire on what was found alive, and a drought on what nobody had checked yet."""
    found = list(claims)
    forests = [n for n, one in enumerate(found) if one.measure == AFFORESTED and one.alive is not None]
    burnt = max(forests, key=lambda n: found[n].quantity or 0, default=None)
    if burnt is not None and (alive := found[burnt].alive) is not None and alive.on < date(2025, 11, 1):
        lost = DemoLook(_down(alive.quantity * Fraction(6, 100), Fraction(1)), alive.on + timedelta(40), "山火（演示）")
        found[burnt] = replace(found[burnt], lost=lost, cause="fire")
    dry = [n for n, one in enumerate(found) if one.measure in _PLANTED and one.verified and n != burnt]
    if dry and (verified := found[dry[-1]].verified) is not None:
        lost = DemoLook(_down(verified.quantity * Fraction(4, 100), Fraction(1)), verified.on, "伏旱（演示）")
        found[dry[-1]] = replace(found[dry[-1]], lost=lost, lost_early=True, cause="drought")
    return found


def _with_slips(claims: Sequence[DemoClaim], chance: random.Random) -> list[DemoClaim]:
    """One report entered twice and reversed, two sent back, and one plot that two projects claim."""
    found = list(claims)
    sure = [one for one in claims if one.fate == "approved" and one.quantity and one.on.year < 2025]
    for one in chance.sample(sure, min(3, len(sure))):
        bare = replace(one, verified=None, alive=None, lost=None, cause=None, photos=())
        if all(other.reversed_because is None for other in found):
            found.append(replace(bare, note="重复录入（演示）", reversed_because="同一批工程量重复录入，予以冲销"))
        else:
            found.append(replace(bare, note="面积与小班图不符（演示）", fate="rejected"))
    planted = [n for n, one in enumerate(found) if one.measure == RESTORED and one.plot and one.fate == "approved"]
    leaves = {found[n].leaf for n in planted}
    if len(leaves) > 1:
        first, second = (next(n for n in planted if found[n].leaf == leaf) for leaf in sorted(leaves)[:2])
        found[second] = replace(found[second], plot=found[first].plot, place=found[first].place)
    return found


def _fate(quarter: int, chance: random.Random) -> str:
    """Of the last quarter some reports still wait, and some are drafts; a few have waited for longer."""
    draw = chance.random()
    if quarter == LAST:
        return "draft" if draw < 0.25 else "submitted" if draw < 0.7 else "approved"
    return "submitted" if quarter == LAST_FINISH and draw < 0.25 else "approved"


def _day(quarter: int, chance: random.Random) -> date:
    return date(quarter // 10, quarter % 10 * 3, chance.randint(18, 27))


def _down(value: Fraction, step: Fraction) -> Fraction:
    return value // step * step
