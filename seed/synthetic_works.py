"""Synthetic works for benchmarks: quantities, milestones and work entries, straight into the tables.

Indicators that count them stand in synthetic_indicators.py. The self-check checks them like any others.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from core.calendar import first_quarter, next_quarter, quarter_of
from core.database import select_columns
from core.units import MICRO, dimension
from milestones.milestones import ACTUAL, MILESTONE_KINDS, Milestone, MilestonePlan, MilestoneReport
from milestones.quantities import Measure, Quantity
from milestones.works import CLAIMED, ENTRY, LOST, NOT_APPLICABLE, REVERSAL, SURVIVING, VERIFIED, WorkEntry
from portfolio.projects import Project
from seed.synthetic_money import chunks

# What is counted, in the units in which it is written.
MEASURES = {
    "营造林面积": ("亩", "万亩", "公顷"),
    "治理水土流失面积": ("平方公里", "公顷"),
    "湿地面积": ("公顷", "万平方米"),
    "矿山生态修复面积": ("亩", "公顷"),
    "污水管网长度": ("公里", "米"),
    "农村污水治理村数": ("个",),
}
_LARGEST = {"亩": 5000, "万亩": 2, "公顷": 300, "平方公里": 20, "万平方米": 40, "公里": 80, "米": 60_000, "个": 30}
_STAGES = ("start", "main", "finish", "acceptance")
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST, _DAYS = date(2021, 1, 1), 5 * 365
LAST_DAY = date(2025, 12, 28)
RECORDED = {
    **{"state": "approved", "own_department": False, "row_version": 1},
    **{"recorded_at": _MOMENT, "recorded_by": "试验录入", "approved_at": _MOMENT, "approved_by": "试验审核"},
}


@dataclass(frozen=True)
class _Row:
    """An entry before it is numbered; `upon` and `undoes` are places of earlier ones in the list that is made."""

    project: int
    measure: int
    tier: str
    kind: str
    micro: int | None
    unit: str
    on: date
    upon: int | None = None
    undoes: int | None = None


def fill_works(session: Session, entries: int, *, seed: int = 1) -> None:
    """Adds quantities and milestones of every project and so many approved work entries of all tiers."""
    chance = random.Random(f"{seed} works")  # noqa: S311 (a benchmark wants the same numbers again, not secrecy)
    rows = session.execute(select_columns(Project.id, Project.first_year, Project.last_year).order_by(col(Project.id)))
    years = {id_: (first, last) for id_, first, last in rows}
    measures = _measures(session)
    put(session, Quantity, _quantities(years, measures, chance))
    put(session, WorkEntry, _entries(list(years), measures, entries, chance))
    for table, facts in _milestones(years, chance).items():
        put(session, table, iter(facts))


def put(session: Session, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    """Adds rows past the objects, which takes half the time."""
    for chunk in chunks(rows):
        session.execute(insert(table.__table__), chunk)


def _measures(session: Session) -> dict[str, int]:
    session.execute(
        insert(Measure), [{"name": name, "dimension": dimension(units[0])} for name, units in MEASURES.items()]
    )
    return {row.name: row.id or 0 for row in session.exec(select(Measure).where(col(Measure.name).in_(MEASURES)))}


def _quantities(
    years: dict[int, tuple[int, int]], measures: dict[str, int], chance: random.Random
) -> Iterator[dict[str, Any]]:
    for project_id in years:
        for position, name in enumerate(chance.sample(list(MEASURES), chance.choice((1, 1, 2))), start=1):
            unit = chance.choice(MEASURES[name])
            yield {
                "project_id": project_id,
                "position": position,
                "measure_id": measures[name],
                "value_micro": chance.randint(1, _LARGEST[unit] * 3) * MICRO,
                "unit": unit,
                "operator": "=",
                "strive": False,
                "per": "year" if chance.random() < 0.05 else None,
                "wording": f"完成{name}",
                "effective_from": first_quarter(2021),
                "recorded_at": _MOMENT,
            }


def _entries(
    projects: list[int], measures: dict[str, int], count: int, chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Entries in the order of their days, as years of work leave them; a few were posted a quarter late."""
    made: list[_Row] = []
    while len(made) < count:
        made += _chain(projects[chance.randrange(len(projects))], measures, len(made), chance)
    del made[count:]
    order = sorted(range(len(made)), key=lambda place: (made[place].on, place))
    numbers = {place: number for number, place in enumerate(order, start=1)}
    for place in order:
        row, id_ = made[place], numbers[place]
        quarter = quarter_of(row.on)
        late = row.tier == CLAIMED and row.kind == ENTRY and chance.random() < 0.02 and quarter < 20254
        yield RECORDED | {
            "id": id_,
            "project_id": row.project,
            "measure_id": row.measure,
            "tier": row.tier,
            "kind": row.kind,
            "quantity_micro": row.micro,
            "unit": row.unit,
            "based_on_id": None if row.upon is None else numbers[row.upon],
            "reverses_id": None if row.undoes is None else numbers[row.undoes],
            "occurred_on": row.on,
            "occurred_quarter": quarter,
            "posted_period": next_quarter(quarter) if late else quarter,
            "document": f"试验凭证{id_}",
        }


def _chain(project: int, measures: dict[str, int], first: int, chance: random.Random) -> list[_Row]:
    """A report and what follows from it: a second look, a survival check, a loss; or its reversal, or that it does not apply."""
    name = chance.choice(list(MEASURES))
    unit, measure = chance.choice(MEASURES[name]), measures[name]
    on = _FIRST + timedelta(chance.randrange(_DAYS - 400))
    draw = chance.random()
    if draw < 0.02:
        return [_Row(project, measure, CLAIMED, NOT_APPLICABLE, None, unit, on)]
    micro = chance.randint(0, _LARGEST[unit] * 1000) * MICRO // 1000
    rows = [_Row(project, measure, CLAIMED, ENTRY, micro, unit, on)]
    if draw < 0.05:
        rows.append(_Row(project, measure, CLAIMED, REVERSAL, -micro, unit, on, undoes=first))
    elif draw < 0.8:
        checked = on + timedelta(chance.randint(1, 90))
        verified = micro * chance.randint(80, 100) // 100
        rows.append(_Row(project, measure, VERIFIED, ENTRY, verified, unit, checked, upon=first))
        again = checked + timedelta(365)
        if again <= LAST_DAY and draw < 0.4:
            alive = verified * chance.randint(70, 98) // 100
            rows.append(_Row(project, measure, SURVIVING, ENTRY, alive, unit, again, upon=first + 1))
            if draw < 0.1:
                rows.append(_Row(project, measure, LOST, ENTRY, alive // 10, unit, again, upon=first + 2))
    return rows


def _milestones(years: dict[int, tuple[int, int]], chance: random.Random) -> dict[type[Any], list[dict[str, Any]]]:
    """Four milestones of every project with their plan, and the days on which the earlier ones were met."""
    found: dict[type[Any], list[dict[str, Any]]] = {Milestone: [], MilestonePlan: [], MilestoneReport: []}
    number = 0
    for project_id, (first, last) in years.items():
        met = chance.randint(0, len(_STAGES))
        for position, kind in enumerate(_STAGES):
            number += 1
            planned = date(first, 4, 30) + timedelta((date(last, 12, 31) - date(first, 4, 30)).days * position // 3)
            found[Milestone].append(
                {"id": number, "project_id": project_id, "kind": kind, "name": MILESTONE_KINDS[kind], "row_version": 1}
                | {"position": (position + 1) * 1000, "added_at": _MOMENT, "added_by": "试验录入"}
            )
            found[MilestonePlan].append(
                {"milestone_id": number, "planned_on": planned, "weight_micro": 25 * MICRO, "dropped": False}
                | {"effective_from": first_quarter(2021), "recorded_at": _MOMENT}
            )
            day = min(planned + timedelta(chance.randint(-60, 200)), LAST_DAY)
            if position < met:
                found[MilestoneReport].append(
                    RECORDED
                    | {"milestone_id": number, "kind": ACTUAL, "met_on": day, "occurred_on": day}
                    | {"occurred_quarter": quarter_of(day), "posted_period": quarter_of(day)}
                )
    return found
