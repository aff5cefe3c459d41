"""Small invented data for tests, made through the real write functions. Every name in it is made up."""

from dataclasses import dataclass

from sqlmodel import Session, select

from budgets.estimates import set_estimate
from core.audit import Actor
from core.people import Person, add_person, set_password
from milestones.quantities import add_quantity
from portfolio.departments import Department, add_department
from portfolio.editing import create_project
from portfolio.grants import grant_role
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import add_periods
from portfolio.plans import Plan, Programme, add_plan, add_programme
from portfolio.projects import Project
from portfolio.values import Basis, ProjectValues

SOMEBODY = Actor(None, "测试员")
COUNTY, CITY, PROVINCE = "999901", "999900", "990000"
PASSWORD = "correct horse battery"
WAN = 1_000_000  # fen in 万元


@dataclass(frozen=True)
class SmallPlan:
    """A plan with two programmes and a package heading below the first, four departments and three projects.

    `forest` and `sewage` are single projects (9000 万元 and no estimate); `water` is a package of 25000 万元 whose two parts
    cost 10000 and 15000.
    """

    plan: Plan
    greening: Programme
    packages: Programme
    cleaning: Programme
    forestry: Department
    water_office: Department
    company: Department
    government: Department
    forest: Project
    sewage: Project
    water: Project
    parts: tuple[Project, Project]


def plan_basis(plan: Plan) -> Basis:
    """The plan itself says so, from its first quarter on."""
    return Basis(from_quarter=plan.start, from_plan=True)


def a_basis(from_quarter: int = 20214, *, reason: str = "调整", document: str = "青政办〔2021〕9号") -> Basis:
    """Somebody's change, with its document and reason."""
    return Basis(from_quarter=from_quarter, document=document, reason=reason)


def make_jurisdictions(session: Session) -> None:
    """A province, a city in it and a county in that."""
    for code, name, english, level, parent in (
        (PROVINCE, "样省", "Sample Province", 1, None),
        (CITY, "样市", "Sample City", 2, PROVINCE),
        (COUNTY, "青山县", "Qingshan County", 3, CITY),
    ):
        if session.get(Jurisdiction, code) is None:
            session.add(Jurisdiction(code=code, name=name, name_en=english, level=level, parent_code=parent))
            session.flush()


def make_plan(session: Session, code: str = "qingshan", *, jurisdiction: str = COUNTY, draft: bool = False) -> Plan:
    """A plan of 2021–2025 without anything in it but its reporting periods."""
    make_jurisdictions(session)
    title = f"{code}“十四五”生态保护修复规划"
    plan = Plan(
        code=code,
        jurisdiction_code=jurisdiction,
        title=title,
        short_title=code,
        first_year=2021,
        last_year=2025,
        draft=draft,
    )
    add_plan(session, plan, by=SOMEBODY)
    add_periods(session, identity(plan), plan.first_year, plan.last_year)
    return plan


def identity(row: Plan | Programme | Project | Department | Person) -> int:
    """The id of a row that is stored."""
    assert row.id is not None
    return row.id


def make_programme(
    session: Session, plan: Plan, key: str, name: str, *, parent: Programme | None = None, position: int = 1
) -> Programme:
    return add_programme(session, plan, key, name, parent=parent, position=position, note=None, by=SOMEBODY)


def make_project(
    session: Session,
    plan: Plan,
    code: str,
    name: str,
    programme: Programme,
    *,
    estimate_wan: int | None = None,
    content: str | None = None,
    years: tuple[int | None, int | None] = (None, None),
    lead: Department | None = None,
    body: Department | None = None,
) -> Project:
    """A project as the plan prints it, with its estimate where there is one."""
    values = ProjectValues(
        name=name,
        programme_id=programme.id,
        content=content,
        first_year=years[0],
        last_year=years[1],
        lead_id=None if lead is None else lead.id,
        body_id=None if body is None else body.id,
    )
    project = create_project(session, plan, code, values, plan_basis(plan), by=SOMEBODY)
    if estimate_wan is not None:
        set_estimate(session, project, estimate_wan * WAN, plan_basis(plan), by=SOMEBODY)
    return project


def make_part(
    session: Session, plan: Plan, code: str, name: str, package: Project, *, estimate_wan: int | None = None
) -> Project:
    """A part of a package, with its estimate where there is one."""
    values = ProjectValues(name=name, programme_id=None)
    part = create_project(session, plan, code, values, plan_basis(plan), parent=package, by=SOMEBODY)
    if estimate_wan is not None:
        set_estimate(session, part, estimate_wan * WAN, plan_basis(plan), by=SOMEBODY)
    return part


def make_person(
    session: Session,
    username: str = "reader",
    role: str | None = "office",
    *,
    plan: Plan | None = None,
    jurisdiction: str | None = None,
    department: Department | None = None,
    password: str | None = None,
) -> Person:
    """Somebody with one role; a password only where the test signs in, because hashing one takes its time."""
    person = add_person(session, username, f"甲{username}", None, by=SOMEBODY)
    if password is not None:
        set_password(session, person, password, by=person.actor)
    if role is not None:
        plan_id = None if plan is None else plan.id
        department_id = None if department is None else department.id
        where = {"plan_id": plan_id, "jurisdiction_code": jurisdiction, "department_id": department_id}
        grant_role(session, person, role, **where, by=SOMEBODY)  # type: ignore[arg-type]
    return person


def make_small_plan(session: Session, code: str = "qingshan", *, jurisdiction: str = COUNTY) -> SmallPlan:
    """The plan that most tests stand on."""
    plan = make_plan(session, code, jurisdiction=jurisdiction)
    greening = make_programme(session, plan, "greening", "国土绿化工程", position=1)
    packages = make_programme(session, plan, "packages", "水源涵养工程", parent=greening, position=1)
    cleaning = make_programme(session, plan, "cleaning", "水环境治理工程", position=2)

    def department(name: str, kind: str = "department") -> Department:
        return add_department(session, jurisdiction, f"{code}{name}", kind=kind, by=SOMEBODY)

    forestry, water_office = department("林业局"), department("水利局")
    company, government = department("青山水务有限公司", "enterprise"), department("人民政府", "government")
    forest = make_project(
        session,
        plan,
        f"{code}-01",
        "天然林保护工程项目",
        greening,
        estimate_wan=9_000,
        content="到2025年完成营造林0.5万亩，修复湿地15公顷。",
        years=(2022, 2025),
        lead=forestry,
        body=forestry,
    )
    add_quantity(
        session,
        identity(forest),
        position=1,
        measure="营造林面积",
        value="0.5",
        unit="万亩",
        operator="=",
        by_year=2025,
        wording="完成营造林0.5万亩",
        from_quarter=plan.start,
    )
    water = make_project(
        session,
        plan,
        f"{code}-02",
        "再生水利用工程",
        packages,
        estimate_wan=25_000,
        years=(2021, 2023),
        lead=water_office,
        body=company,
    )
    parts = (
        make_part(session, plan, f"{code}-02-1", "再生水厂", water, estimate_wan=10_000),
        make_part(session, plan, f"{code}-02-2", "再生水管网", water, estimate_wan=15_000),
    )
    sewage = make_project(session, plan, f"{code}-03", "Ⅴ类水体消除工程（二期）", cleaning)
    return SmallPlan(
        plan, greening, packages, cleaning, forestry, water_office, company, government, forest, sewage, water, parts
    )


def find_small_plan(session: Session, code: str = "qingshan") -> SmallPlan:
    """The small plan that an earlier transaction made, read anew."""
    plan = session.exec(select(Plan).where(Plan.code == code)).one()
    programmes = {row.key: row for row in session.exec(select(Programme).where(Programme.plan_id == plan.id))}
    projects = {row.code: row for row in session.exec(select(Project).where(Project.plan_id == plan.id))}

    def department(name: str) -> Department:
        return session.exec(select(Department).where(Department.name == f"{code}{name}")).one()

    return SmallPlan(
        plan=plan,
        greening=programmes["greening"],
        packages=programmes["packages"],
        cleaning=programmes["cleaning"],
        forestry=department("林业局"),
        water_office=department("水利局"),
        company=department("青山水务有限公司"),
        government=department("人民政府"),
        forest=projects[f"{code}-01"],
        sewage=projects[f"{code}-03"],
        water=projects[f"{code}-02"],
        parts=(projects[f"{code}-02-1"], projects[f"{code}-02-2"]),
    )
