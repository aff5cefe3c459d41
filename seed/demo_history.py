"""A made-up but plausible history of the money of a plan's projects: the same seed gives the same history.

Only calculates: what happens, when, how much. demo.py writes it through the functions that people use. Nothing here is a fact
about any real project; every document number says so.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from core.calendar import last_day, next_quarter
from seed.demo_records import (
    FIRST,
    LAST,
    LAST_FINISH,
    DemoEntry,
    DemoLeaf,
    DemoLine,
    DemoState,
    Happening,
    accepted_day,
    between,
    later,
    start_day,
)

YUAN, WAN = 100, 1_000_000  # in fen

# How a project is paid for, by its size: (source key, share in per cent). What is left is the last one's.
_SMALL = (("province", 40), ("county", 60))
_MIDDLE = (("central-special", 50), ("province", 20), ("county", 30))
_LARGE = (("special-bond", 40), ("own", 35), ("policy-loan", 25))
_GREAT = (("special-bond", 30), ("policy-loan", 40), ("private", 20), ("pending", 10))

# How a project fares: quarters of delay, length in per cent of the planned one, share of the estimate that is reached.
_FATES = (
    ("on_time", 50, 0, 100, 100),
    ("late_start", 20, 3, 110, 96),
    ("slow", 15, 1, 140, 88),
    ("early", 10, 0, 85, 94),
    ("never", 5, 99, 100, 0),
)


@dataclass
class _Course:
    """One leaf on its way through the years: what was planned, given and spent of each source so far, in fen."""

    leaf: DemoLeaf
    mix: tuple[tuple[str, int], ...]
    start: int
    quarters: int
    reached: Fraction
    chance: random.Random
    planned: dict[tuple[int, str], int]
    lines: dict[tuple[int, str], tuple[int, int]]
    given: dict[str, int]
    received: dict[str, int]
    paid: dict[str, int]
    contract: int = 0
    done: int = 0
    cut: bool = False


def history(leaves: Sequence[DemoLeaf], seed: int) -> list[Happening]:
    """Everything that happens to the leaves, in the order of its days."""
    chance = random.Random(seed)  # noqa: S311 (the same seed is to give the same history)
    courses = [_course(leaf, number, chance) for number, leaf in enumerate(leaves)]
    _cut_one(courses)
    found: list[Happening] = []
    for course in courses:
        found += _happenings(course)
    found += _states(courses)
    found = _with_slips(found, chance)
    order = {DemoLine: 0, DemoEntry: 1, DemoState: 2}
    return sorted(found, key=lambda one: (one.on, order[type(one)]))


def _course(leaf: DemoLeaf, number: int, chance: random.Random) -> _Course:
    """How the leaf fares. The first leaves take each fate in turn, so that a small plan shows all of them."""
    drawn = chance.choices(_FATES, weights=[weight for _, weight, *_ in _FATES])[0]
    fate = _FATES[number] if number < len(_FATES) else drawn
    _, _, delay, length, reached = fate
    first = max(leaf.first_year * 10 + 1, FIRST)
    planned_quarters = max(2, (min(leaf.last_year, 2025) * 10 + 4 - first) // 10 * 4 + 4)
    wan = leaf.estimate_fen // WAN
    mix = _SMALL if wan < 1_000 else _MIDDLE if wan < 10_000 else _LARGE if wan < 60_000 else _GREAT
    return _Course(
        leaf=leaf,
        mix=mix,
        start=later(first, delay + chance.randint(0, 1)),
        quarters=max(2, (planned_quarters - 1) * length // 100),
        reached=Fraction(reached, 100),
        chance=chance,
        planned={},
        lines={},
        given={},
        received={},
        paid={},
    )


def _cut_one(courses: list[_Course]) -> None:
    """One project of middling size loses a fifth of its budget in 2024."""
    several_years = [one for one in courses if one.leaf.first_year <= 2023 and one.leaf.last_year >= 2024]
    if several_years:
        sorted(several_years, key=lambda one: one.leaf.estimate_fen)[len(several_years) // 2].cut = True


def _happenings(course: _Course) -> Iterator[Happening]:
    years = range(max(course.leaf.first_year, FIRST // 10), min(course.leaf.last_year, LAST // 10) + 1)
    quarter = FIRST
    while quarter <= LAST:
        year, number = divmod(quarter, 10)
        if number == 1 and (year in years or course.planned):
            yield from _budget(course, year, years)
        yield from _funding(course, quarter)
        if course.cut and quarter == 20243:
            yield from _cut(course)
        yield from _building(course, quarter)
        quarter = next_quarter(quarter)


def _budget(course: _Course, year: int, years: range) -> Iterator[Happening]:
    """The year's lines in February: its share of the estimate per source, and what the year before left unspent.

    The years share the estimate as the work is planned to go: little in the first and the last, more between. After its last
    year a project only has what it carried over, and no more than it still needs.
    """
    leaf, on = course.leaf, date(year, 2, 20)
    left = leaf.estimate_fen
    needed = _round(
        int(leaf.estimate_fen * course.reached) * 9 // 10 - sum(course.paid.values())
    )  # is still to be paid
    for position, (source, share) in enumerate(course.mix):
        whole = left if position == len(course.mix) - 1 else _round(leaf.estimate_fen * share // 100)
        left -= whole
        before = sum(amount for (_, of), amount in course.planned.items() if of == source)
        part = Fraction(year - years[0] + 1, len(years))
        due = whole if year == years[-1] else min(whole, _round(int(whole * _curve(part))))
        fresh = max(0, due - before) if year in years else 0
        unspent = course.given.get(source, 0) - course.paid.get(source, 0)
        carried = max(0, min(unspent, needed)) if course.planned and source != "pending" else 0
        needed -= carried
        if fresh + carried > 0:
            document = f"演示投资〔{year}〕{on.month}号"
            course.lines[year, source] = (fresh + carried, carried)
            yield DemoLine(leaf.code, year, source, fresh + carried, carried, on, document)
        course.planned[year, source] = fresh


def _funding(course: _Course, quarter: int) -> Iterator[Happening]:
    """下达 in the first two quarters of a year, 到位 a quarter later; nobody can hand out what has no source yet."""
    year, number = divmod(quarter, 10)
    document = f"演示财建〔{year}〕{number * 7 + len(course.leaf.code) % 5}号"
    for source, _ in course.mix:
        if source == "pending":
            continue
        share = {1: 60, 2: 40}.get(number, 0)
        fresh = _round(course.planned.get((year, source), 0) * share // 100)
        if fresh > 0:
            course.given[source] = course.given.get(source, 0) + fresh
            yield DemoEntry(
                course.leaf.code, "appropriated", source, fresh, _day(course, quarter), document, "下达投资计划"
            )
        waiting = course.given.get(source, 0) - course.received.get(source, 0)
        arrived = _round(waiting * course.chance.randint(60, 100) // 100) if number > 1 else waiting
        if arrived > 0 and number != 1:
            course.received[source] = course.received.get(source, 0) + arrived
            yield DemoEntry(
                course.leaf.code, "received", source, arrived, _day(course, quarter, late=True), None, "到位"
            )


def _cut(course: _Course) -> Iterator[Happening]:
    """A fifth of the year's largest line is taken back: the line is adjusted, and the appropriation reduced."""
    source = course.mix[0][0]
    cut = _round(course.planned.get((2024, source), 0) // 5)
    free = course.given.get(source, 0) - course.received.get(source, 0)
    on, document = date(2024, 9, 10), "演示财预〔2024〕33号"
    if cut <= 0 or (2024, source) not in course.lines:
        return
    amount, carried = course.lines[2024, source]
    course.planned[2024, source] -= cut
    yield DemoLine(course.leaf.code, 2024, source, amount - cut, carried, on, document, "年中压减一般性支出")
    taken = min(cut, max(free, 0))
    if taken:
        course.given[source] -= taken
        yield DemoEntry(course.leaf.code, "appropriated", source, taken, on, document, "收回未拨资金", reduction=True)


def _building(course: _Course, quarter: int) -> Iterator[Happening]:
    """合同 in the first quarter, 完成投资 along a curve, nine tenths of it paid as far as money arrived."""
    elapsed = between(course.start, quarter)
    if elapsed < 0 or course.reached == 0:
        return
    leaf = course.leaf
    if elapsed == 0:
        course.contract = _round(leaf.estimate_fen * course.chance.randint(90, 99) // 100)
        on = _day(course, quarter)
        yield DemoEntry(leaf.code, "contracted", None, course.contract, on, f"演示合同-{leaf.code}", "签订施工合同")
        yield from _pay(course, quarter, course.contract // 10, "预付款")
        return
    wanted = int(leaf.estimate_fen * course.reached * _curve(min(Fraction(1), Fraction(elapsed, course.quarters))))
    step = _round(wanted - course.done, YUAN)
    if step > 0:
        course.done += step
        yield DemoEntry(leaf.code, "work_done", None, step, _day(course, quarter, late=True), None, "本季完成投资")
    yield from _pay(course, quarter, course.done * 9 // 10 - sum(course.paid.values()), "进度款")


def _curve(part: Fraction) -> Fraction:
    """What is done after a part of the time: slow at first, quick in the middle, slow at the end."""
    return part * part * (3 - 2 * part)


def _pay(course: _Course, quarter: int, wanted: int, note: str) -> Iterator[Happening]:
    for source, _ in course.mix:
        free = course.received.get(source, 0) - course.paid.get(source, 0)
        amount = _round(min(free, wanted), YUAN)
        if amount > 0:
            wanted -= amount
            course.paid[source] = course.paid.get(source, 0) + amount
            voucher = f"演示凭证{quarter}-{course.chance.randint(100, 999)}"
            yield DemoEntry(course.leaf.code, "paid", source, amount, _day(course, quarter, late=True), voucher, note)


def _states(courses: list[_Course]) -> Iterator[DemoState]:
    """A project starts with the first of its leaves, is finished with the last and accepted half a year later."""
    tops: dict[str, list[_Course]] = {}
    unbuilt: list[str] = []
    for course in courses:
        tops.setdefault(course.leaf.top_code, []).append(course)
    for code, own in tops.items():
        built = [course for course in own if course.reached > 0 and course.start <= LAST]
        yield DemoState(code, "not_started", date(2022, 1, 5), "演示通知〔2022〕1号")
        if not built:
            unbuilt.append(code)
            continue
        start = min(course.start for course in built)
        yield DemoState(code, "building", start_day(start), f"演示开工报告-{code}")
        end = max(later(course.start, course.quarters) for course in built)
        if len(built) == len(own) and end <= LAST_FINISH:
            yield DemoState(code, "finished", last_day(end), f"演示完工报告-{code}")
            if (accepted := accepted_day(end)) is not None:
                yield DemoState(code, "accepted", accepted, f"演示验收意见书-{code}")
    if unbuilt:  # one of those that never began is put off by document; the others are simply late
        yield DemoState(unbuilt[-1], "slowed", date(2024, 3, 20), "演示缓建通知〔2024〕3号")


def _with_slips(found: list[Happening], chance: random.Random) -> list[Happening]:
    """What goes wrong in every office: a payment booked twice and reversed, one sent back, some still waiting at the end."""
    payments = [one for one in found if isinstance(one, DemoEntry) and one.stage == "paid" and one.on.year < 2025]
    slipped = list(found)
    for one in chance.sample(payments, min(4, len(payments))):
        slipped.append(replace(one, note=f"{one.note}（重复录入）", reversed_because="同一凭证重复录入，予以冲销"))
    for one in chance.sample(payments, min(3, len(payments))):
        wrong = replace(one, amount_fen=one.amount_fen * 10, note="金额多写一位", fate="rejected")
        slipped.append(wrong)
    return [_unfinished(one, chance) for one in slipped]


def _unfinished(one: Happening, chance: random.Random) -> Happening:
    """Of the last quarter some entries still wait, and some are drafts."""
    if not isinstance(one, DemoEntry) or one.on < date(2025, 10, 1) or one.reduction:
        return one
    draw = chance.random()
    return replace(one, fate="draft" if draw < 0.15 else "submitted" if draw < 0.45 else "approved")


def _day(course: _Course, quarter: int, *, late: bool = False) -> date:
    """A day of the quarter, in its last month when it is late; working days are nobody's concern here."""
    month = quarter % 10 * 3 - (0 if late else course.chance.randint(1, 2))
    return date(quarter // 10, month, course.chance.randint(3, 27))


def _round(fen: int, to: int = WAN) -> int:
    """Down to whole 万元 (or 元)."""
    return max(0, fen) // to * to
