"""Synthetic projects for benchmarks: plausible, seeded, never mixed with the five plans.

A benchmark database is filled straight into the tables; the figures are then checked by the self-check like any others.
"""

import random
from datetime import UTC, datetime

from sqlalchemy import insert
from sqlmodel import Session, col, select

from budgets.estimates import Estimate
from core.calendar import first_quarter
from core.text import matching_key, sorting_key
from portfolio.departments import Department
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan, Programme
from portfolio.projects import Project, ProjectBody, ProjectProgramme
from reports.self_check import rebuild

_WORKS = (
    "河道综合整治",
    "矿山生态修复",
    "营造林",
    "湿地修复",
    "再生水利用",
    "污水管网改造",
    "水土保持综合治理",
    "监测平台建设",
)
_PLACES = ("城关", "河口", "石楼", "云岭", "南关", "北寨", "东坪", "西沟", "清水", "白马", "龙泉", "青石")
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def fill(session: Session, projects: int, *, per_plan: int = 100, seed: int = 1) -> None:
    """Fills an empty, migrated database with plans of `per_plan` projects each, and derives the project list."""
    chance = random.Random(seed)  # noqa: S311 (a benchmark wants the same numbers again, not secrecy)
    session.add(Jurisdiction(code="990000", name="试验省", name_en="Synthetic Province", level=1))
    session.flush()
    plans = -(-projects // per_plan)
    session.execute(insert(Plan), [_plan(number) for number in range(plans)])
    plan_ids = list(session.exec(select(Plan.id).order_by(col(Plan.id))))
    headings = [
        {"plan_id": plan_id, "key": f"p{number}", "level": 1, "position": number, "name": f"{work}工程"}
        for plan_id in plan_ids
        for number, work in enumerate(_WORKS)
    ]
    session.execute(insert(Programme), headings)
    names = [f"试验省{place}{kind}" for place in _PLACES for kind in ("林业局", "水利局", "城市管理局", "自然资源局")]
    session.execute(
        insert(Department),
        [
            {"jurisdiction_code": "990000", "name": name, "name_key": matching_key(name)}
            | {"name_sort": sorting_key(name), "kind": "department"}
            for name in names
        ],
    )
    departments = list(session.exec(select(Department.id)))
    programmes: dict[int, list[int]] = {}
    for programme_id, of_plan in session.exec(select(Programme.id, Programme.plan_id)):
        programmes.setdefault(of_plan, []).append(programme_id or 0)
    rows, members, bodies, estimates = [], [], [], []
    for number in range(projects):
        id_ = number + 1
        plan_id = plan_ids[number // per_plan]
        assert plan_id is not None
        rows.append(_project(id_, plan_id, number, chance))
        dated = {"project_id": id_, "effective_from": first_quarter(2021), "recorded_at": _MOMENT}
        members.append(dated | {"programme_id": chance.choice(programmes[plan_id])})
        if chance.random() < 0.8:
            bodies.append(dated | {"role": "lead", "department_id": chance.choice(departments)})
        if chance.random() < 0.7:
            estimates.append(dated | {"amount_fen": chance.randint(1, 500_000) * 1_000_000})
    for table, facts in ((Project, rows), (ProjectProgramme, members), (ProjectBody, bodies), (Estimate, estimates)):
        session.execute(insert(table), facts)
    session.flush()
    rebuild(session)


def _plan(number: int) -> dict[str, object]:
    return {
        "code": f"synthetic-{number:04d}",
        "jurisdiction_code": "990000",
        "title": f"试验省第{number}号生态规划",
        "short_title": f"试验{number}",
        "first_year": 2021,
        "last_year": 2025,
        "draft": False,
        "row_version": 1,
    }


def _project(id_: int, plan_id: int, number: int, chance: random.Random) -> dict[str, object]:
    name = f"{chance.choice(_PLACES)}镇{chance.choice(_PLACES)}村{chance.choice(_WORKS)}项目{number}"
    first = chance.randint(2021, 2024)
    return {
        "id": id_,
        "code": f"synthetic-{number:06d}",
        "plan_id": plan_id,
        "position": number,
        "name": name,
        "name_key": matching_key(name),
        "name_completed": False,
        "content": f"在{chance.choice(_PLACES)}镇实施{chance.choice(_WORKS)}",
        "first_year": first,
        "last_year": chance.randint(first, 2025),
        "created_at": _MOMENT,
        "row_version": 1,
    }
