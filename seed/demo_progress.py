"""Writes the made-up works of demo_works.py with their photos, and points on the map, through the functions that people use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from sqlmodel import col, select

from core.calendar import quarter_of
from core.units import MICRO, converted, plain_unit, text_from_micro
from milestones.evidence import attach
from milestones.quantities import Measure, Quantity
from milestones.quantity_changes import record_quantity
from milestones.quantity_values import NewQuantity
from milestones.work_reports import SUBJECT, accept_works, record_work, send_back_works
from milestones.work_verifying import record_loss, record_survival, verify_work
from milestones.works import NewWork, WorkEntry
from portfolio.dated import in_force
from portfolio.projects import Project
from portfolio.reviewing import Reviewer
from portfolio.site_editing import NewSite, put_site
from portfolio.values import Basis
from seed.demo_desk import Desk
from seed.demo_photos import landscape
from seed.demo_records import FIRST, LAST, DemoLeaf, DemoTrack
from seed.demo_works import EXTRA_TASKS, DemoClaim, DemoLook, DemoTask, works

_STAGES = {"before": ("施工前", -45), "during": ("施工中", -12), "after": ("完工", -1)}
# Points that nobody surveyed, inside the county; each name says so.
_POINTS = {
    "xiaoyi-01": ("演示点位·营造林小班", "37.1285", "111.5030"),
    "xiaoyi-05": ("演示点位·矿山修复区", "37.0612", "111.6304"),
    "xiaoyi-10": ("演示点位·污水处理站", "37.1530", "111.7410"),
}


@dataclass
class Works:
    """The reports of works in their order, and what was written of them so far, by place in it."""

    claims: Sequence[DemoClaim]
    measures: dict[str, int | None]
    reports: dict[int, WorkEntry] = field(default_factory=dict)
    verified: dict[int, WorkEntry] = field(default_factory=dict)
    alive: dict[int, WorkEntry] = field(default_factory=dict)


def write_tasks(desk: Desk, leaves: Sequence[DemoLeaf]) -> list[DemoTask]:
    """Adds what the made-up designs promise beyond the plan; every quantity of the leaves comes back, in plain units."""
    first = {leaf.code: leaf.first_year * 10 + 1 for leaf in leaves}
    for one in EXTRA_TASKS:
        if one.leaf not in first:
            continue
        wording = f"{one.measure}{one.value}{one.unit}（演示：实施方案所列，规划未载明）"
        new = NewQuantity(one.measure, one.value, one.unit, "=", wording, new_measure=True)
        basis = Basis(first[one.leaf], f"演示实施方案批复-{one.leaf}", "实施方案明确了工程量（演示）")
        record_quantity(desk.session, desk.projects[one.leaf], new, basis, by=desk.office)
    years = {desk.projects[leaf.code].id: leaf.last_year - leaf.first_year + 1 for leaf in leaves}
    codes = {desk.projects[leaf.code].id: leaf.code for leaf in leaves}
    query = (
        select(Quantity, Measure.name)
        .join(Measure, col(Measure.id) == Quantity.measure_id)
        .where(col(Quantity.project_id).in_(codes), in_force(Quantity, LAST))
        .order_by(col(Quantity.project_id), col(Quantity.position))
    )
    found = []
    for row, measure in desk.session.exec(query):
        unit = plain_unit(row.unit)
        value = converted(Fraction(row.value_micro, MICRO), row.unit, unit)
        found.append(
            DemoTask(codes[row.project_id], measure, value * (years[row.project_id] if row.per == "year" else 1), unit)
        )
    return found


def plan_works(desk: Desk, tracks: Sequence[DemoTrack], tasks: Sequence[DemoTask], seed: int) -> Works:
    """Everything that is going to be reported of works."""
    measures = dict(desk.session.exec(select(Measure.name, Measure.id)).all())
    return Works(works(tracks, tasks, seed), measures)


def write_works(desk: Desk, found: Works, quarter: int) -> list[tuple[WorkEntry, DemoClaim]]:
    """Records the works of a quarter, each report accepted before anybody looks a second time.

    What was reported twice and is to be undone comes back.
    """
    claims = [(number, claim) for number, claim in enumerate(found.claims) if quarter_of(claim.on) == quarter]
    _report(desk, claims, found)
    for number, claim in enumerate(found.claims):
        _look(desk, number, claim, quarter, found)
    return [(found.reports[number], claim) for number, claim in claims if claim.reversed_because]


def _report(desk: Desk, claims: Sequence[tuple[int, DemoClaim]], found: Works) -> None:
    accepted: list[int] = []
    rejected: list[int] = []
    for number, claim in claims:
        new = NewWork(
            measure_id=found.measures[claim.measure] or 0,
            quantity=None if claim.quantity is None else _text(claim.quantity),
            unit=claim.unit,
            occurred_on=claim.on,
            not_applicable=claim.quantity is None,
            place=claim.place,
            plot=claim.plot,
            document=None if claim.quantity is None else f"演示工程量确认单-{claim.leaf}-{quarter_of(claim.on)}",
            note=claim.note,
        )
        owner, project = desk.owners[claim.leaf], desk.projects[claim.leaf]
        row = record_work(desk.session, project, new, submit=claim.fate != "draft", by=owner)
        found.reports[number] = row
        _photos(desk, row, number, claim)
        if claim.fate in ("approved", "rejected"):
            (accepted if claim.fate == "approved" else rejected).append(row.id or 0)
    accept_works(desk.session, accepted, by=Reviewer(desk.office))
    if rejected:
        reason = "面积与小班图不符，请核对后重报（演示）"
        send_back_works(desk.session, rejected, reason=reason, by=Reviewer(desk.office))


def _look(desk: Desk, number: int, claim: DemoClaim, quarter: int, written: Works) -> None:
    """The second looks at a report that fall into a quarter."""
    if claim.verified is not None and quarter_of(claim.verified.on) == quarter:
        report = written.reports[number]
        new = _seen(report, claim.verified)
        written.verified[number] = verify_work(desk.session, report, new, by=Reviewer(desk.head))
    if claim.alive is not None and quarter_of(claim.alive.on) == quarter:
        verified = written.verified[number]
        new = _seen(verified, claim.alive)
        written.alive[number] = record_survival(desk.session, verified, new, by=Reviewer(desk.office))
    if claim.lost is not None and quarter_of(claim.lost.on) == quarter:
        base = None if claim.lost_early else written.alive[number]
        new = _seen(written.reports[number], claim.lost, claim.cause)
        project, owner = desk.projects[claim.leaf], desk.owners[claim.leaf]
        row = record_loss(desk.session, project, new, based_on=base, submit=True, by=owner)
        accept_works(desk.session, [row.id or 0], by=Reviewer(desk.office))


def _seen(row: WorkEntry, look: DemoLook, cause: str | None = None) -> NewWork:
    return NewWork(
        measure_id=row.measure_id,
        quantity=_text(look.quantity),
        unit=row.unit,
        occurred_on=look.on,
        place=row.place,
        plot=row.plot,
        document=f"演示核查记录-{look.on.isoformat()}",
        note=look.note,
        cause=cause,
    )


def _photos(desk: Desk, row: WorkEntry, number: int, claim: DemoClaim) -> None:
    for stage in claim.photos:
        word, days = _STAGES[stage]
        name, caption = f"演示{number:03d}-{word}.png", f"演示照片（程序绘制，不是实景）：{word}"
        content, day = landscape(f"{claim.leaf} {number}", stage), claim.on + timedelta(days)
        owner = desk.owners[claim.leaf]
        attach(desk.session, SUBJECT, row.id or 0, content, name, stage, caption=caption, taken_on=day, by=owner)


def _text(quantity: Fraction) -> str:
    return text_from_micro(int(quantity * MICRO))


def write_points(desk: Desk, county: str) -> None:
    """Points for a few projects, so that the map shows some."""
    for code, (name, north, east) in _POINTS.items():
        project: Project | None = desk.projects.get(code)
        if project is not None:
            basis = Basis(FIRST, f"演示点位图-{code}", "演示数据")
            put_site(desk.session, project, NewSite(county, name, north, east), basis, by=desk.office)
